/*
 * One HTTP/1.1 exchange on a connection to an upstream (RFC 9112): the request goes out while the
 * response may come in already.
 */
#include "base/str.h"
#include "net/client_int.h"

#include <errno.h>

static void wake_owner(const struct sl_client_conn *c, uint32_t why)
{
    if (c->o->owner != NULL)
        sl_task_wake(c->client->loop, c->o->owner, why);
}

/* The response is complete. The connection stays if both sides know where the next message begins. */
static void finish(struct sl_client_conn *c)
{
    const struct sl_outbound *o = c->o;
    bool is_clean = c->state != SL_UP_TUNNEL && o->res.keep_alive && o->is_request_sent &&
                    !c->is_deaf && !c->has_excess && !c->has_fin && !c->stream.watch.is_at_end &&
                    c->decoder.kind != SL_BODY_CLOSE;
    sl_pipe_end(o->answer);
    sl_outbound_settle(c, SL_OK, NULL);
    if (is_clean)
        sl_pool_checkin(c);
    else
        sl_pool_close(c);
}

/* Tunnels: ends are half-closes. */
static void settle_tunnel(struct sl_client_conn *c)
{
    if (c->out.is_complete && c->out.queue.bytes == 0)
        sl_stream_shutdown(&c->stream);
    if (c->stream.is_shut && (c->has_fin || c->o->answer->is_closed))
        finish(c);
}

/* Sending */

static void note_sent(struct sl_client_conn *c)
{
    struct sl_outbound *o = c->o;
    uint64_t written = c->stream.written_bytes - c->written_base;
    o->head_sent_bytes = SL_MIN(written, c->head_bytes);
    if (c->state != SL_UP_TUNNEL)
        o->sent_bytes = sl_wire_sent(&c->out);
}

static void request_sent(struct sl_client_conn *c)
{
    if (c->o->is_request_sent)
        return;
    c->o->is_request_sent = true;
    c->o->sent_us = sl_loop_now(c->client->loop);
}

/* It may have answered before it stopped reading: what came is still to be read. */
static void stop_sending(struct sl_client_conn *c)
{
    c->is_deaf = true;
    c->stream.watch.is_readable = true;
    sl_chain_clear(&c->out.queue);
    sl_wire_out_reset(&c->out);
}

static void send_on(struct sl_client_conn *c)
{
    sl_rc rc;
    if (c->is_deaf || c->stream.is_shut)
        return;
    enum sl_flush flush = sl_wire_flush(&c->out, &c->stream, &rc);
    note_sent(c);
    switch (flush) {
    case SL_FLUSH_IDLE:
    case SL_FLUSH_WAIT:
        return;
    case SL_FLUSH_YIELD:
        sl_task_wake(c->client->loop, &c->task, SL_WHY_WRITE);
        return;
    case SL_FLUSH_COMPLETE:
        request_sent(c);
        if (c->state == SL_UP_TUNNEL && c->out.body != NULL)
            settle_tunnel(c);
        return;
    case SL_FLUSH_BROKEN:
        sl_outbound_fail(c, rc, "the request body broke off or is not as long as announced");
        return;
    case SL_FLUSH_ERROR:
        stop_sending(c);
        return;
    }
}

/* Taking in the response */

static void malformed(struct sl_client_conn *c, const char *why)
{
    sl_outbound_fail(c, SL_E_UPSTREAM_PROTOCOL, why);
}

static void take_informational(struct sl_client_conn *c, const struct sl_head *head)
{
    struct sl_informational **at = &c->o->informational;
    if (++c->informational_count > SL_CLIENT_INFORMATIONAL_MAX) {
        malformed(c, "too many interim responses");
        return;
    }
    while (*at != NULL)
        at = &(*at)->next;
    *at = sl_arena_try_alloc(c->o->arena, sizeof(**at));
    if (*at == NULL) {
        sl_outbound_fail(c, SL_E_NOMEM, "no memory for interim responses");
        return;
    }
    (*at)->head = *head;
    wake_owner(c, SL_WHY_HEAD);
}

static void take_final(struct sl_client_conn *c, const struct sl_head *head)
{
    struct sl_outbound *o = c->o;
    o->res = *head;
    o->has_head = true;
    wake_owner(c, SL_WHY_HEAD);
    if (head->status == 101) {
        c->state = SL_UP_TUNNEL;
        return;
    }
    sl_h1_body_init(&c->decoder, head, &c->client->h1, o->arena);
    c->state = SL_UP_BODY;
}

static void sort_head(struct sl_client_conn *c, const struct sl_head *head)
{
    if (head->status == 101 && !c->o->req.wants_upgrade)
        malformed(c, "switched protocols without being asked");
    else if (head->status == 101 && !c->o->is_request_sent)
        malformed(c, "switched protocols in the middle of the request");
    else if (head->status < 200 && head->status != 101)
        take_informational(c, head);
    else
        take_final(c, head);
}

static void parse_head(struct sl_client_conn *c, sl_str text)
{
    struct sl_outbound *o = c->o;
    struct sl_head head;
    const char *why = NULL;
    sl_str copy = sl_arena_try_dup(o->arena, text);
    sl_rc rc = copy.p != NULL ? SL_OK : SL_E_NOMEM;
    if (rc == SL_OK)
        rc = sl_h1_parse_response(copy, &c->client->h1, o->req.method_id, o->arena, &head, &why);
    if (rc == SL_E_NOMEM)
        sl_outbound_fail(c, rc, "no memory for the response head");
    else if (rc != SL_OK)
        malformed(c, why);
    else
        sort_head(c, &head);
}

/* Returns how many bytes were used: 0 when the head is not complete. */
static size_t take_head(struct sl_client_conn *c, sl_str bytes)
{
    size_t n = sl_h1_head_end(bytes, &c->backlog.scanned);
    if (n == 0 && bytes.n <= c->client->h1.head_bytes)
        return 0;
    c->backlog.scanned = 0;
    if (n == 0)
        malformed(c, "the response head is too large");
    else
        parse_head(c, sl_str_head(bytes, n));
    return n;
}

static void take_trailers(struct sl_client_conn *c)
{
    struct sl_headers *kept;
    if (c->decoder.trailers.n == 0)
        return;
    kept = sl_arena_try_alloc(c->o->arena, sizeof(*kept));
    if (kept == NULL)
        return;
    *kept = c->decoder.trailers;
    c->o->answer->trailers = kept;
}

static size_t take_body(struct sl_client_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    sl_str rest = bytes, data;
    const char *why = NULL;
    while (rest.n != 0 && !c->decoder.is_done) {
        if (sl_h1_body_feed(&c->decoder, &rest, &data, &why) != SL_OK) {
            malformed(c, why);
            return bytes.n;
        }
        sl_wire_push(c->o->answer, chunk, data);
    }
    return bytes.n - rest.n;
}

/* Returns how many bytes could be used now. */
static size_t take_in(struct sl_client_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    switch (c->state) {
    case SL_UP_HEAD:
        return take_head(c, bytes);
    case SL_UP_BODY:
        return take_body(c, chunk, bytes);
    case SL_UP_TUNNEL:
        sl_wire_push(c->o->answer, chunk, bytes);
        return bytes.n;
    case SL_UP_NEW:
    case SL_UP_RESOLVE:
    case SL_UP_CONNECT:
    case SL_UP_HANDSHAKE:
    case SL_UP_IDLE:
    case SL_UP_CLOSED:
        return 0;
    }
    return 0;
}

static bool is_over(const struct sl_client_conn *c)
{
    return c->o == NULL;
}

/* Returns the bytes that wait for more, or came behind the response. */
static sl_str take_all(struct sl_client_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    size_t used = SIZE_MAX;
    while (used != 0 && bytes.n != 0 && !is_over(c)) {
        used = take_in(c, chunk, bytes);
        bytes = sl_str_from(bytes, used);
    }
    return bytes;
}

/* Into the backlog, if the response goes on. */
static void keep_rest(struct sl_client_conn *c, sl_str rest)
{
    if (is_over(c))
        return;
    if (c->state == SL_UP_BODY && c->decoder.is_done) {
        c->has_excess = rest.n != 0;
        take_trailers(c);
        finish(c);
        return;
    }
    sl_backlog_add(&c->backlog, rest);
}

/* Out of the connection's hands while it is read: the exchange may end within. */
static void take_with_backlog(struct sl_client_conn *c, sl_str bytes)
{
    struct sl_backlog whole = c->backlog;
    sl_backlog_add(&whole, bytes);
    sl_str waiting = sl_backlog_str(&whole);
    c->backlog = (struct sl_backlog){.scanned = whole.scanned};
    sl_str rest = take_all(c, NULL, waiting);
    if (rest.n == waiting.n && !is_over(c)) {
        whole.scanned = c->backlog.scanned;
        c->backlog = whole;
        return;
    }
    keep_rest(c, rest);
    sl_backlog_fini(&whole);
}

static void take_read(struct sl_client_conn *c, struct sl_chunk *chunk, sl_str bytes)
{
    struct sl_outbound *o = c->o;
    if (o->received_bytes == 0)
        o->first_byte_us = sl_loop_now(c->client->loop);
    o->received_bytes += bytes.n;
    if (sl_backlog_is_empty(&c->backlog))
        keep_rest(c, take_all(c, chunk, bytes));
    else
        take_with_backlog(c, bytes);
}

static void take_end(struct sl_client_conn *c)
{
    c->has_fin = true;
    if (c->state == SL_UP_TUNNEL) {
        sl_pipe_end(c->o->answer);
        settle_tunnel(c);
    } else if (c->state == SL_UP_BODY && sl_h1_body_eof(&c->decoder) == SL_OK) {
        finish(c);
    } else if (c->is_deaf) {
        sl_outbound_fail(c, SL_E_UPSTREAM_RESET, "connection reset");
    } else if (c->o->received_bytes == 0) {
        sl_outbound_fail(c, SL_E_UPSTREAM_CLOSED, "closed without an answer");
    } else {
        sl_outbound_fail(c, SL_E_UPSTREAM_TRUNCATED, "closed in the middle of the answer");
    }
}

/* TLS without a goodbye is an end that anybody could have made: never a clean one. */
static void take_error(struct sl_client_conn *c)
{
    bool is_tls_end = c->stream.error == 0;
    if (!is_tls_end)
        sl_outbound_fail(c, SL_E_UPSTREAM_RESET, "connection reset");
    else if (c->o->received_bytes == 0)
        sl_outbound_fail(c, SL_E_UPSTREAM_CLOSED, "closed without an answer");
    else
        sl_outbound_fail(c, SL_E_UPSTREAM_TRUNCATED, "TLS ended without a close_notify");
}

static void read_once(struct sl_client_conn *c)
{
    struct sl_chunk *chunk = NULL;
    sl_str bytes;
    switch (sl_wire_read(&c->stream, c->client->chunks, &chunk, &bytes)) {
    case SL_IO_OK:
        sl_chunk_ref(chunk); /* a head written meanwhile may take the next one that readers share */
        take_read(c, chunk, bytes);
        sl_chunk_unref(chunk);
        return;
    case SL_IO_WAIT:
        return;
    case SL_IO_EOF:
        take_end(c);
        return;
    case SL_IO_ERROR:
        take_error(c);
        return;
    }
}

/* What the answer pipe has no room for stays with the kernel: back-pressure. */
static bool wants_read(struct sl_client_conn *c)
{
    if (is_over(c) || c->has_fin)
        return false;
    return c->state == SL_UP_HEAD || sl_pipe_room(c->o->answer) != 0;
}

static void read_on(struct sl_client_conn *c)
{
    for (int i = 0; wants_read(c) && sl_stream_may_read(&c->stream); i++) {
        if (i == SL_WIRE_READS_PER_RUN) {
            sl_task_wake(c->client->loop, &c->task, SL_WHY_READ);
            return;
        }
        read_once(c);
    }
}

void sl_client_h1_run(struct sl_client_conn *c)
{
    send_on(c);
    read_on(c);
}

/* Beginning */

static void forget_exchange(struct sl_client_conn *c)
{
    c->state = SL_UP_HEAD;
    c->informational_count = 0;
    c->has_fin = c->has_excess = c->is_deaf = false;
    c->written_base = c->stream.written_bytes;
    sl_backlog_fini(&c->backlog);
}

void sl_client_h1_begin(struct sl_client_conn *c)
{
    struct sl_outbound *o = c->o;
    struct sl_strbuf *text = &c->client->head;
    forget_exchange(c);
    sl_strbuf_clear(text);
    sl_h1_write_request(&o->req, true, text);
    if (text->is_full) {
        sl_outbound_fail(c, SL_E_NOMEM, "no memory for the request head");
        return;
    }
    o->is_connected = true;
    o->address = c->address;
    if (o->connected_us == 0)
        o->connected_us = sl_loop_now(c->client->loop);
    c->head_bytes = text->n;
    sl_chain_add_shared(&c->out.queue, sl_strbuf_str(text));

    struct sl_pipe *body = o->req.body_kind != SL_BODY_NONE ? o->body : NULL;
    sl_wire_out_start(&c->out, o->req.body_kind, o->req.body_bytes, body);
    if (body != NULL)
        body->reader = &c->task;
    o->answer->writer = &c->task;
}

void sl_outbound_tunnel(struct sl_outbound *o, struct sl_pipe *body)
{
    struct sl_client_conn *c = o->connection;
    if (c == NULL)
        return;
    SL_ASSERT(c->state == SL_UP_TUNNEL);
    o->body = body;
    body->reader = &c->task;
    sl_wire_out_start(&c->out, SL_BODY_CLOSE, 0, body);
    sl_task_wake(c->client->loop, &c->task, SL_WHY_PIPE_IN);
}
