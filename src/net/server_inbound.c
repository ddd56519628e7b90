/*
 * What the gate asks of an inbound. Nothing is written here: heads are queued, the connection's task is
 * woken and sends them together with what there is of the body.
 */
#include "base/str.h"
#include "net/server_int.h"

static const sl_str CONTINUE = SL_STR_INIT("HTTP/1.1 100 Continue\r\n\r\n");

static struct sl_server_inbound *inbound_of(struct sl_inbound *pub)
{
    return SL_CONTAINER(pub, struct sl_server_inbound, pub);
}

static void wake(const struct sl_server_inbound *in)
{
    sl_task_wake(in->pub.loop, &in->conn->task, SL_WHY_PIPE_IN);
}

void sl_inbound_want_body(struct sl_inbound *pub)
{
    struct sl_server_inbound *in = inbound_of(pub);
    if (!in->is_attached || in->wants_body || in->has_response)
        return;
    in->wants_body = true;
    if (!pub->req.expects_continue || in->is_body_over || pub->received_bytes != 0)
        return;
    sl_chain_add_static(&in->conn->out.queue, CONTINUE);
    wake(in);
}

void sl_inbound_gather(struct sl_inbound *pub, struct sl_chunk *piece)
{
    struct sl_server_inbound *in = inbound_of(pub);
    SL_ASSERT(in->piece == NULL);
    in->piece = sl_chunk_ref(piece);
}

void sl_inbound_limit_body(struct sl_inbound *pub, uint64_t bytes)
{
    struct sl_server_inbound *in = inbound_of(pub);
    if (!in->is_attached || bytes >= in->body_limit)
        return;
    in->body_limit = bytes;
    uint64_t announced = pub->req.body_kind == SL_BODY_LENGTH ? pub->req.body_bytes : 0;
    if (SL_MAX(announced, pub->received_bytes) <= bytes)
        return;
    /* a body that is complete already is refused all the same */
    pub->request.is_ended = false;
    sl_server_h1_break_body(in->conn, SL_E_BODY_TOO_LARGE);
}

/* Add text behind the fields of a written head. */
static void add_field_line(struct sl_strbuf *head, sl_str line)
{
    if (head->is_full)
        return;
    head->n -= 2;
    sl_strbuf_add(head, line);
    sl_strbuf_add(head, SL_STR("\r\n"));
}

/* Queue a head; false when it is too large. */
static bool queue_head(struct sl_server_inbound *in, const struct sl_head *res, bool keep_alive,
                       bool is_final)
{
    struct sl_strbuf *text = &in->pub.server->head;
    sl_strbuf_clear(text);
    sl_h1_write_response(res, keep_alive, text);
    if (is_final && sl_headers_find_id(&res->headers, SL_H_DATE) == NULL)
        add_field_line(text, sl_server_date_line(in->pub.server));
    if (is_final && keep_alive && in->pub.req.version < 11)
        add_field_line(text, SL_STR("Connection: keep-alive\r\n"));
    if (text->is_full)
        return false;
    size_t begun = in->is_line_begun ? SL_SERVER_LINE_START.n : 0;
    in->is_line_begun = false;
    sl_chain_add_shared(&in->conn->out.queue, sl_str_from(sl_strbuf_str(text), begun));
    return true;
}

void sl_inbound_inform(struct sl_inbound *pub, const struct sl_head *res)
{
    struct sl_server_inbound *in = inbound_of(pub);
    SL_ASSERT(res->status >= 100 && res->status < 200 && res->status != 101);
    if (!in->is_attached || in->has_response || pub->req.version < 11)
        return;
    if (queue_head(in, res, true, false))
        wake(in);
}

static bool has_no_body(const struct sl_inbound *pub, uint16_t status)
{
    return pub->req.method_id == SL_METHOD_HEAD || status < 200 || status == 204 || status == 304;
}

/* How the body goes out to this client (RFC 9112, 6). */
static void choose_framing(const struct sl_inbound *pub, struct sl_head *res)
{
    bool is_head = pub->req.method_id == SL_METHOD_HEAD;
    if (!is_head && has_no_body(pub, res->status)) {
        res->body_kind = SL_BODY_NONE;
        res->body_bytes = 0;
    } else if (res->body_kind == SL_BODY_NONE && !is_head) {
        res->body_kind = SL_BODY_LENGTH;
        res->body_bytes = 0;
    } else if (res->body_kind == SL_BODY_CHUNKED && pub->req.version < 11) {
        res->body_kind = SL_BODY_CLOSE;
    }
    if (res->body_kind == SL_BODY_CLOSE && is_head)
        res->body_kind = SL_BODY_NONE;
}

/* Could the rest of the request body be dropped, so that the next request can be found? */
static bool is_body_bounded(const struct sl_server_inbound *in)
{
    const struct sl_inbound *pub = &in->pub;
    if (in->is_body_over)
        return true;
    if (pub->req.expects_continue && !in->wants_body)
        return false; /* the client may send it or not */
    bool is_read = in->wants_body && !pub->request.is_closed;
    return is_read || in->decoder.kind != SL_BODY_LENGTH ||
           in->decoder.left <= pub->server->config.drain_bytes;
}

static bool decide_keep_alive(const struct sl_server_inbound *in, const struct sl_head *res)
{
    const struct sl_server *s = in->pub.server;
    const struct sl_server_conn *c = in->conn;
    return in->pub.req.keep_alive && !in->pub.finish_then_close && !c->must_close &&
           !s->is_draining && c->request_count < s->config.requests_per_connection &&
           res->body_kind != SL_BODY_CLOSE && is_body_bounded(in);
}

/* Queue the final head and let the body follow. */
static void commit(struct sl_server_inbound *in, const struct sl_head *res, struct sl_pipe *body)
{
    struct sl_server_conn *c = in->conn;
    in->has_response = true;
    in->pub.is_committed = true;
    if (!queue_head(in, res, in->may_keep_alive || in->is_tunnel, true)) {
        sl_server_cut(c);
        return;
    }
    sl_wire_out_start(&c->out, res->body_kind, body != NULL ? res->body_bytes : 0, body);
    if (sl_headers_has_token(&in->pub.req.headers, SL_H_TE, SL_STR("trailers")))
        c->out.arena = in->pub.arena;
    in->pub.response.reader = &c->task;
    wake(in);
}

void sl_inbound_respond(struct sl_inbound *pub, const struct sl_head *res)
{
    struct sl_server_inbound *in = inbound_of(pub);
    SL_ASSERT(!in->has_response);
    SL_ASSERT(res->status >= 200);
    if (!in->is_attached)
        return;
    struct sl_head head = *res;
    bool drops_body = has_no_body(pub, res->status);
    choose_framing(pub, &head);
    in->may_keep_alive = decide_keep_alive(in, &head);
    if (drops_body)
        sl_pipe_close(&pub->response);
    commit(in, &head, drops_body ? NULL : &pub->response);
}

void sl_inbound_tunnel(struct sl_inbound *pub, const struct sl_head *res)
{
    struct sl_server_inbound *in = inbound_of(pub);
    SL_ASSERT(!in->has_response);
    SL_ASSERT(res->status == 101 || pub->req.method_id == SL_METHOD_CONNECT);
    if (!in->is_attached)
        return;
    if (!in->is_body_over) {
        sl_inbound_abort(pub); /* where it ends and the tunnel begins, nobody could tell */
        return;
    }
    struct sl_head head = *res;
    head.body_kind = SL_BODY_NONE;
    in->is_tunnel = true;
    in->conn->must_close = true;
    pub->request.is_ended = false;
    commit(in, &head, &pub->response);
    in->conn->out.kind = SL_BODY_CLOSE;
}

void sl_inbound_abort(struct sl_inbound *pub)
{
    struct sl_server_inbound *in = inbound_of(pub);
    if (!in->is_attached)
        return;
    sl_pipe_break(&pub->request, SL_E_CANCELLED);
    sl_pipe_close(&pub->response);
    pub->is_cut = true;
    sl_server_close(in->conn, in->has_response && in->conn->out.kind == SL_BODY_CLOSE);
}

/* Will the response come to its end without the gate? */
static bool can_finish(const struct sl_server_inbound *in)
{
    const struct sl_wire_out *out = &in->conn->out;
    if (!in->has_response)
        return false;
    return out->is_complete || out->body == NULL || out->body->is_ended ||
           out->body->broken != SL_OK;
}

void sl_inbound_release(struct sl_inbound *pub)
{
    struct sl_server_inbound *in = inbound_of(pub);
    SL_ASSERT(!in->is_released);
    in->is_released = true;
    pub->owner = NULL;
    pub->request.reader = NULL;
    pub->response.writer = NULL;
    if (!in->is_attached)
        sl_server_inbound_bury(in);
    else if (!can_finish(in))
        sl_inbound_abort(pub);
}
