/*
 * HTTP/1 on one connection of the server (RFC 9112). One task: it sends what there is, then takes in
 * what may be read in its state, then sets its deadlines.
 */
#include "base/str.h"
#include "net/server_int.h"

static void wake(struct sl_server_conn *c, uint32_t why)
{
    sl_task_wake(c->server->loop, &c->task, why);
}

static sl_usec due_in(const struct sl_server_conn *c, sl_usec span_us)
{
    return sl_loop_now(c->server->loop) + span_us;
}

/* Ends of exchanges and connections */

/* Close our direction and wait a little, so that unread input does not reset our last answer away. */
static void linger(struct sl_server_conn *c)
{
    sl_server_detach(c);
    sl_backlog_fini(&c->backlog);
    sl_stream_shutdown(&c->stream);
    c->state = SL_CONN_LINGER;
    c->dropped_bytes = 0;
    c->read_due_us = due_in(c, SL_SERVER_LINGER_US);
    if (c->has_fin)
        sl_server_close(c, false);
}

static void await_next(struct sl_server_conn *c)
{
    const struct sl_server_config *config = &c->server->config;
    bool has_more = !sl_backlog_is_empty(&c->backlog);
    sl_server_detach(c);
    c->state = SL_CONN_HEAD;
    c->head_us = sl_loop_now(c->server->loop);
    c->read_due_us = due_in(c, has_more ? config->head_timeout_us : config->idle_timeout_us);
    if (c->server->is_draining && !has_more)
        sl_server_close(c, false);
}

/* Response and request body are over. */
static void exchange_over(struct sl_server_conn *c)
{
    const struct sl_server_inbound *in = c->in;
    bool client_closes = !in->pub.req.keep_alive && in->pub.bad == SL_OK;
    if (in->may_keep_alive && !c->must_close)
        await_next(c);
    else if (client_closes && !c->must_close)
        sl_server_close(c, false);
    else
        linger(c);
}

static void response_sent(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    in->pub.is_sent = true;
    sl_server_wake_owner(in, SL_WHY_DONE);
    if (in->is_body_over) {
        exchange_over(c);
        return;
    }
    in->pub.request.writer = NULL;
    sl_pipe_close(&in->pub.request);
    if (!in->may_keep_alive || c->must_close) {
        linger(c);
        return;
    }
    c->state = SL_CONN_DRAIN;
    c->dropped_bytes = 0;
}

/* Tunnels: ends are half-closes. */
static void settle_tunnel(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    if (c->out.is_complete && c->out.queue.bytes == 0 && !c->stream.is_shut)
        sl_stream_shutdown(&c->stream);
    if (!c->stream.is_shut || !(c->has_fin || in->pub.request.is_closed))
        return;
    in->pub.is_sent = true;
    sl_server_wake_owner(in, SL_WHY_DONE);
    sl_server_close(c, false);
}

/* Sending */

static void send_on(struct sl_server_conn *c)
{
    sl_rc rc;
    enum sl_flush flush = sl_wire_flush(&c->out, &c->stream, &rc);
    if (c->in != NULL)
        c->in->pub.sent_bytes = sl_wire_sent(&c->out);
    switch (flush) {
    case SL_FLUSH_IDLE:
    case SL_FLUSH_WAIT:
        return;
    case SL_FLUSH_YIELD:
        wake(c, SL_WHY_WRITE);
        return;
    case SL_FLUSH_COMPLETE:
        if (c->state == SL_CONN_BUSY && c->in->is_tunnel)
            settle_tunnel(c);
        else if (c->state == SL_CONN_BUSY)
            response_sent(c);
        return;
    case SL_FLUSH_BROKEN:
        sl_server_cut(c);
        return;
    case SL_FLUSH_ERROR:
        sl_server_lost(c);
        return;
    }
}

/* Taking in a request body */

static void end_body(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    in->is_body_over = true;
    if (in->decoder.trailers.n != 0)
        in->pub.request.trailers = &in->decoder.trailers;
    sl_pipe_end(&in->pub.request);
    if (c->state == SL_CONN_DRAIN)
        exchange_over(c);
}

void sl_server_h1_break_body(struct sl_server_conn *c, sl_rc rc)
{
    c->in->is_body_over = true;
    c->must_close = true;
    sl_pipe_break(&c->in->pub.request, rc);
    if (c->state == SL_CONN_DRAIN)
        linger(c);
}

/* Count decoded bytes against the limits. */
static sl_rc count_body(struct sl_server_conn *c, size_t n)
{
    struct sl_server_inbound *in = c->in;
    in->pub.received_bytes += n;
    if (in->pub.received_bytes > in->body_limit)
        return SL_E_BODY_TOO_LARGE;
    if (c->state != SL_CONN_DRAIN)
        return SL_OK;
    c->dropped_bytes += n;
    return c->dropped_bytes > c->server->config.drain_bytes ? SL_E_LIMIT : SL_OK;
}

/* Returns how many bytes belong to the body of c->in. */
static size_t take_body(struct sl_server_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    struct sl_server_inbound *in = c->in;
    sl_str rest = bytes, data;
    while (rest.n != 0 && !in->is_body_over) {
        sl_rc rc = sl_h1_body_feed(&in->decoder, &rest, &data, &in->pub.bad_why);
        if (rc == SL_OK)
            rc = count_body(c, data.n);
        if (rc != SL_OK) {
            sl_server_h1_break_body(c, rc);
            return bytes.n; /* nobody can tell any more what the rest is */
        }
        sl_wire_push(&in->pub.request, chunk, data);
        if (in->decoder.is_done)
            end_body(c);
    }
    return bytes.n - rest.n;
}

/* Beginning requests */

static sl_rc parse_head(struct sl_server_conn *c, struct sl_server_inbound *in, sl_str head)
{
    sl_str copy = sl_arena_try_dup(in->pub.arena, head);
    if (copy.p == NULL)
        return SL_E_NOMEM;
    return sl_h1_parse_request(copy, &c->server->config.h1, in->pub.arena, &in->pub.req,
                               &in->pub.bad_why);
}

static void refuse_head(struct sl_server_conn *c, struct sl_server_inbound *in, sl_rc rc)
{
    in->pub.bad = rc;
    in->pub.req = (struct sl_head){.version = 11};
    sl_headers_init(&in->pub.req.headers, in->pub.arena);
    c->must_close = true;
}

static void begin_body(struct sl_server_conn *c, struct sl_server_inbound *in)
{
    const struct sl_head *req = &in->pub.req;
    sl_h1_body_init(&in->decoder, req, &c->server->config.h1, in->pub.arena);
    if (in->decoder.is_done)
        end_body(c);
    else if (req->body_kind == SL_BODY_LENGTH && req->body_bytes > in->body_limit)
        sl_server_h1_break_body(c, SL_E_BODY_TOO_LARGE);
}

/* `rc` not SL_OK: the head could not even be read. */
static void begin(struct sl_server_conn *c, sl_str head, sl_rc rc, const char *why)
{
    struct sl_server_inbound *in = sl_server_inbound_new(c);
    in->pub.bad_why = why;
    if (rc == SL_OK)
        rc = parse_head(c, in, head);
    if (rc != SL_OK)
        refuse_head(c, in, rc);
    c->in = in;
    c->state = SL_CONN_BUSY;
    c->read_due_us = 0;
    c->request_count++;
    begin_body(c, in);
    c->server->ops->begin(c->server->ctx, &in->pub);
}

/* A head that is still not complete: may it go on? */
static void check_growth(struct sl_server_conn *c, sl_str bytes)
{
    const struct sl_h1_limits *limits = &c->server->config.h1;
    bool has_line = memchr(bytes.p, '\n', bytes.n) != NULL;
    if (!has_line && bytes.n > limits->target_bytes + 64)
        begin(c, bytes, SL_E_URI_TOO_LONG, "the request line is too long");
    else if (bytes.n > limits->head_bytes)
        begin(c, bytes, SL_E_HEAD_TOO_LARGE, "the head is too large");
}

/* RFC 9112, 2.2: empty lines in front of a request line. */
static size_t skip_empty_lines(sl_str bytes)
{
    size_t at = 0;
    while (bytes.n - at >= 2 && bytes.p[at] == '\r' && bytes.p[at + 1] == '\n')
        at += 2;
    return at;
}

static void note_first_byte(struct sl_server_conn *c)
{
    if (!sl_backlog_is_empty(&c->backlog))
        return;
    c->head_us = sl_loop_now(c->server->loop);
    c->read_due_us = due_in(c, c->server->config.head_timeout_us);
}

/* Returns how many bytes were used; c->state tells whether a request was begun. */
static size_t take_head(struct sl_server_conn *c, sl_str bytes)
{
    size_t skipped = skip_empty_lines(bytes);
    bytes = sl_str_from(bytes, skipped);
    if (skipped != 0)
        c->backlog.scanned = 0;
    if (bytes.n == 0)
        return skipped;
    note_first_byte(c);
    size_t n = sl_h1_head_end(bytes, &c->backlog.scanned);
    if (n != 0) {
        c->backlog.scanned = 0;
        begin(c, sl_str_head(bytes, n), SL_OK, NULL);
        return skipped + n;
    }
    check_growth(c, bytes);
    return skipped + (c->state == SL_CONN_BUSY ? bytes.n : 0);
}

/* Taking in whatever comes */

static size_t drop(struct sl_server_conn *c, sl_str bytes)
{
    c->dropped_bytes += bytes.n;
    if (c->dropped_bytes > SL_SERVER_LINGER_BYTES)
        sl_server_close(c, false);
    return bytes.n;
}

/* Returns how many bytes could be used now. */
static size_t take_in(struct sl_server_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    size_t used = 0;
    if (c->state == SL_CONN_LINGER)
        return drop(c, bytes);
    if (c->state == SL_CONN_BUSY && c->in->is_tunnel) {
        sl_wire_push(&c->in->pub.request, chunk, bytes);
        return bytes.n;
    }
    if (c->state == SL_CONN_HEAD)
        used = take_head(c, bytes);
    if (c->state == SL_CONN_BUSY || c->state == SL_CONN_DRAIN)
        used += take_body(c, chunk, sl_str_from(bytes, used));
    return c->state == SL_CONN_CLOSED ? bytes.n : used;
}

/* Bytes that waited until the state allowed for them. */
static void take_backlog(struct sl_server_conn *c)
{
    size_t used = SIZE_MAX;
    while (used != 0 && !sl_backlog_is_empty(&c->backlog)) {
        used = take_in(c, NULL, sl_backlog_str(&c->backlog));
        if (c->state == SL_CONN_CLOSED || c->state == SL_CONN_LINGER)
            return;
        sl_backlog_take(&c->backlog, used);
    }
}

static void take_read(struct sl_server_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    if (!sl_backlog_is_empty(&c->backlog)) {
        sl_backlog_add(&c->backlog, bytes);
        take_backlog(c);
        return;
    }
    size_t used = 0, n = SIZE_MAX;
    while (n != 0 && used < bytes.n) {
        n = take_in(c, chunk, sl_str_from(bytes, used));
        used += n;
    }
    if (c->state != SL_CONN_CLOSED && c->state != SL_CONN_LINGER)
        sl_backlog_add(&c->backlog, sl_str_from(bytes, used));
}

/* May bytes be taken from the kernel now? What does not fit stays there: back-pressure. */
static bool wants_read(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    switch (c->state) {
    case SL_CONN_HEAD:
    case SL_CONN_DRAIN:
    case SL_CONN_LINGER:
        return !c->has_fin;
    case SL_CONN_BUSY:
        if (c->has_fin)
            return false;
        if (in->is_tunnel || !in->is_body_over)
            return sl_pipe_room(&in->pub.request) != 0;
        return !c->must_close && sl_backlog_str(&c->backlog).n < c->server->config.h1.head_bytes;
    case SL_CONN_HANDSHAKE:
    case SL_CONN_CLOSED:
        return false;
    }
    return false;
}

/* The piece that the gate has made for this body, while some of it is missing. */
static struct sl_chunk *piece_of(const struct sl_server_conn *c)
{
    const struct sl_server_inbound *in = c->in;
    bool is_wanted = c->state == SL_CONN_BUSY && in->piece != NULL && !in->is_body_over &&
                     sl_backlog_is_empty(&c->backlog);
    return is_wanted && in->piece->used < in->piece->cap ? in->piece : NULL;
}

static void read_once(struct sl_server_conn *c)
{
    struct sl_chunk *chunk = piece_of(c);
    sl_str bytes;
    switch (chunk != NULL ? sl_wire_read_into(&c->stream, chunk, &bytes)
                          : sl_wire_read(&c->stream, c->server->pool, &chunk, &bytes)) {
    case SL_IO_OK:
        sl_chunk_ref(chunk); /* a head written meanwhile may take the next one that readers share */
        take_read(c, chunk, bytes);
        sl_chunk_unref(chunk);
        return;
    case SL_IO_WAIT:
        return;
    case SL_IO_EOF:
        c->has_fin = true;
        return;
    case SL_IO_ERROR:
        sl_server_lost(c);
        return;
    }
}

/* Has the client closed its direction while a request is being answered? */
static bool is_half_closed(struct sl_server_conn *c)
{
    return c->has_fin || (c->stream.watch.is_at_end && !wants_read(c));
}

/* Has one that did so left the request that is being answered? */
static bool is_hung_up(const struct sl_server_conn *c)
{
    const struct sl_server_inbound *in = c->in;
    if ((!in->is_body_over && c->has_fin) || c->stream.watch.is_reset)
        return true;
    return !c->server->config.half_close_ok && in->pub.bad == SL_OK &&
           sl_backlog_is_empty(&c->backlog);
}

/*
 * A client that has only finished sending and one that has left look alike, until something is sent: the
 * second one's system answers with a reset (decision 0011). So begin what will be sent in any case.
 */
static void probe(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    if (in->is_probed)
        return;
    in->is_probed = true;
    in->is_line_begun = !in->has_response;
    if (in->has_response)
        sl_wire_out_probe(&c->out);
    else
        sl_chain_add_static(&c->out.queue, SL_SERVER_LINE_START);
    wake(c, SL_WHY_PIPE_IN);
}

static void settle_end(struct sl_server_conn *c)
{
    switch (c->state) {
    case SL_CONN_BUSY:
        if (c->in->is_tunnel && c->has_fin) {
            sl_pipe_end(&c->in->pub.request);
            settle_tunnel(c);
        } else if (!c->in->is_tunnel && is_half_closed(c)) {
            if (is_hung_up(c))
                sl_server_lost(c);
            else
                probe(c);
        }
        return;
    case SL_CONN_HEAD:
    case SL_CONN_DRAIN:
    case SL_CONN_LINGER:
        if (c->has_fin)
            sl_server_close(c, false);
        return;
    case SL_CONN_HANDSHAKE:
    case SL_CONN_CLOSED:
        return;
    }
}

/* Behind a head the gate comes first: it may say where the body is to go. */
static bool has_begun(const struct sl_server_conn *c, uint32_t requests_before)
{
    return c->request_count != requests_before && c->state == SL_CONN_BUSY && !c->in->is_body_over;
}

static void read_on(struct sl_server_conn *c)
{
    bool must_yield = false;
    for (int i = 0; wants_read(c) && sl_stream_may_read(&c->stream); i++) {
        if (i == SL_WIRE_READS_PER_RUN || must_yield) {
            wake(c, SL_WHY_READ);
            return;
        }
        uint32_t requests = c->request_count;
        read_once(c);
        must_yield = has_begun(c, requests);
    }
}

/* Deadlines */

/* Of a request body: between two reads, while we do read and the client was let send. */
static void set_body_deadline(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    bool is_held = in->pub.req.expects_continue && !in->wants_body;
    bool is_awaited = !in->is_tunnel && !in->is_body_over && !is_held && wants_read(c);
    if (!is_awaited)
        c->read_due_us = 0;
    else if (c->read_due_us == 0 || c->read_before != c->stream.read_bytes)
        c->read_due_us = due_in(c, c->server->config.body_timeout_us);
    c->read_before = c->stream.read_bytes;
}

static void set_write_deadline(struct sl_server_conn *c)
{
    if (c->out.queue.bytes == 0)
        c->write_due_us = 0;
    else if (c->write_due_us == 0 || c->written_before != c->stream.written_bytes)
        c->write_due_us = due_in(c, c->server->config.write_timeout_us);
    c->written_before = c->stream.written_bytes;
}

static void set_deadlines(struct sl_server_conn *c)
{
    if (c->state == SL_CONN_BUSY || c->state == SL_CONN_DRAIN)
        set_body_deadline(c);
    set_write_deadline(c);
    sl_server_arm(c);
}

static void read_is_overdue(struct sl_server_conn *c)
{
    switch (c->state) {
    case SL_CONN_HEAD:
        if (sl_backlog_is_empty(&c->backlog)) {
            sl_server_close(c, false);
            return;
        }
        begin(c, (sl_str){NULL, 0}, SL_E_REQUEST_TIMEOUT, "the head did not arrive in time");
        return;
    case SL_CONN_BUSY:
        sl_server_h1_break_body(c, SL_E_REQUEST_TIMEOUT);
        return;
    case SL_CONN_HANDSHAKE:
    case SL_CONN_DRAIN:
    case SL_CONN_LINGER:
    case SL_CONN_CLOSED:
        sl_server_close(c, false);
        return;
    }
}

static void check_deadlines(struct sl_server_conn *c)
{
    sl_usec now_us = sl_loop_now(c->server->loop);
    if (c->write_due_us != 0 && c->write_due_us <= now_us)
        sl_server_lost(c);
    else if (c->read_due_us != 0 && c->read_due_us <= now_us)
        read_is_overdue(c);
}

/* The task */

/* False when there is nothing more to do in this run. */
static bool shake_hands(struct sl_server_conn *c)
{
    switch (sl_stream_handshake(&c->stream)) {
    case SL_IO_OK:
        c->state = SL_CONN_HEAD;
        c->read_due_us = due_in(c, c->server->config.idle_timeout_us);
        return true;
    case SL_IO_WAIT:
        return false;
    case SL_IO_EOF:
    case SL_IO_ERROR:
        break;
    }
    sl_server_close(c, false);
    return false;
}

static void serve(struct sl_server_conn *c)
{
    send_on(c);
    if (c->state == SL_CONN_HEAD || (c->state == SL_CONN_BUSY && c->in->is_tunnel))
        take_backlog(c);
    read_on(c);
    settle_end(c);
}

void sl_server_h1_run(struct sl_task *t, uint32_t why)
{
    struct sl_server_conn *c = SL_CONTAINER(t, struct sl_server_conn, task);
    bool may_unblock = (why & SL_WHY_WRITE) != 0 || (c->stream.tls != NULL && (why & SL_WHY_READ));
    if (may_unblock)
        c->out.is_blocked = false;
    if ((why & SL_WHY_TIMER) != 0)
        check_deadlines(c);
    if (c->state == SL_CONN_CLOSED)
        return;
    if (c->state != SL_CONN_HANDSHAKE || shake_hands(c))
        serve(c);
    if (c->state != SL_CONN_CLOSED)
        set_deadlines(c);
}
