/*
 * The REST service behind the gateway in tests:
 *
 *     /echo/...        the request as JSON           /sse/N/MS     N events, MS apart
 *     /status/NNN      that status                   /early-hints  103, then 200
 *     /delay/MS        200 after a pause             /close        HTTP/1.0 answer to the close
 *     /bytes/N         N bytes, Content-Length       /trailers     chunked with trailers
 *     /chunked/N/SIZE  N chunks of SIZE bytes        /ws           WebSocket echo
 */
#include "errors.h"
#include "sse.h"
#include "ws.h"

enum { BYTES_MAX = 256 << 20, ECHO_BODY_MAX = 4096, PIECES_MAX = 1000000 };

/* The i-th path component behind the leading slash, as a number. */
static int64_t path_number(const struct request *rq, int i, int64_t max)
{
    struct span left = {rq->path.p + 1, rq->path.n - 1}, part = {0};
    for (int at = 0; at <= i; at++)
        part = span_cut(&left, '/');
    int64_t v = span_number(part, 0);
    return v < max ? v : max;
}

static void put_echo_headers(const struct request *rq, struct buf *out)
{
    for (size_t i = 0; i < rq->headers_n; i++) {
        buf_str(out, i != 0 ? ",[\"" : "[\"");
        buf_json(out, rq->headers[i].name);
        buf_str(out, "\",\"");
        buf_json(out, rq->headers[i].value);
        buf_str(out, "\"]");
    }
}

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "%02x", p[i]);
}

static void answer_echo(const struct request *rq, struct reply *r)
{
    struct buf out = {0};
    uint8_t digest[20];
    sha1(rq->body.p, rq->body.n, digest);
    buf_fmt(&out, "{\"method\":\"%.*s\",\"target\":\"", SPANF(rq->method));
    buf_json(&out, rq->target);
    buf_str(&out, "\",\"headers\":[");
    put_echo_headers(rq, &out);
    buf_fmt(&out, "],\"body_bytes\":%zu,\"body_sha1\":\"", rq->body.n);
    put_hex(&out, digest, sizeof digest);
    buf_str(&out, "\",\"body\":\"");
    buf_json(&out,
             (struct span){rq->body.p, rq->body.n < ECHO_BODY_MAX ? rq->body.n : ECHO_BODY_MAX});
    buf_str(&out, "\"}");
    reply_whole(r, 200, "application/json", NULL, buf_view(&out));
    buf_free(&out);
}

/* Letters that tell their position, so that lost or doubled bytes show. */
static void put_pattern(struct buf *out, size_t n, size_t from)
{
    buf_reserve(out, n);
    for (size_t i = 0; i < n; i++)
        out->p[out->n + i] = (char)('a' + (from + i) % 26);
    out->n += n;
}

static void answer_bytes(const struct request *rq, struct reply *r)
{
    struct buf out = {0};
    put_pattern(&out, (size_t)path_number(rq, 1, BYTES_MAX), 0);
    reply_whole(r, 200, "application/octet-stream", NULL, buf_view(&out));
    buf_free(&out);
}

static void send_pieces(struct reply *r, int64_t n, size_t size, const struct buf *fields,
                        const char *trailers)
{
    struct buf piece = {0};
    reply_head(r, 200, "application/octet-stream", fields, -1);
    for (int64_t i = 0; i < n && (size_t)i * size < BYTES_MAX; i++) {
        piece.n = 0;
        put_pattern(&piece, size, (size_t)i * size);
        reply_piece(r, buf_view(&piece), true);
    }
    reply_end(r, trailers);
    buf_free(&piece);
}

static void answer_chunked(const struct request *rq, struct reply *r)
{
    r->sc.each = 1;
    send_pieces(r, path_number(rq, 1, PIECES_MAX), (size_t)path_number(rq, 2, BYTES_MAX), NULL,
                NULL);
}

static void answer_trailers(struct reply *r)
{
    struct buf fields = {0};
    buf_str(&fields, "Trailer: x-checksum, x-note\r\n");
    send_pieces(r, 3, 10, &fields, "x-checksum: 30\r\nx-note: late\r\n");
    buf_free(&fields);
}

static void answer_sse(const struct request *rq, struct reply *r)
{
    struct sse s = {.r = r};
    struct buf data = {0};
    int64_t n = path_number(rq, 1, PIECES_MAX);
    if (r->sc.delay == 0)
        r->sc.delay = (int32_t)path_number(rq, 2, 3600 * 1000);
    if (r->sc.fault == FAULT_ERROR)
        r->sc.fault = FAULT_FIN; // plain events know no error event
    sse_begin(&s, NULL);
    for (int64_t i = 0; i < n; i++) {
        data.n = 0;
        buf_fmt(&data, "{\"i\":%lld}", (long long)i);
        sse_event(&s, NULL, buf_view(&data));
    }
    sse_end(&s);
    buf_free(&data);
}

static void answer_early_hints(struct reply *r)
{
    reply_raw(r, SPAN("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"), 0);
    r->sc.first = r->sc.first != 0 ? r->sc.first : 20; // the hints must be seen alone
    reply_whole(r, 200, "text/plain", NULL, SPAN("after the hints\n"));
}

static void answer_close(struct reply *r)
{
    reply_raw(r, SPAN("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the close\n"), 0);
    r->claim.status = 200;
    r->keep_alive = false;
    reply_cut(r, ACT_CLOSE);
}

static void answer_ws(const struct request *rq, struct reply *r)
{
    struct span key = request_header(rq, "sec-websocket-key");
    if (!span_is_nocase(request_header(rq, "upgrade"), "websocket") || key.n == 0) {
        reply_whole(r, 400, "text/plain", NULL, SPAN("not a WebSocket handshake\n"));
        return;
    }
    struct buf head = {0};
    buf_str(&head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    ws_accept(key, &head);
    buf_str(&head, "\r\n\r\n");
    reply_raw(r, buf_view(&head), 0);
    r->claim.status = 101;
    reply_cut(r, ACT_TUNNEL);
    buf_free(&head);
}

static void answer_status(const struct request *rq, struct reply *r)
{
    int64_t status = path_number(rq, 1, 599);
    reply_whole(r, status >= 200 ? (int)status : 400, "text/plain", NULL,
                status == 204 || status == 304 ? SPAN("") : SPAN("as you wish\n"));
}

static void answer_delay(const struct request *rq, struct reply *r)
{
    r->sc.first = (int32_t)path_number(rq, 1, 3600 * 1000);
    reply_whole(r, 200, "text/plain", NULL, SPAN("late\n"));
}

static void answer_scripted(struct reply *r)
{
    struct buf fields = {0};
    put_retry_hints(&r->sc, &fields);
    reply_whole(r, r->sc.status, "text/plain", &fields, SPAN("as scripted\n"));
    buf_free(&fields);
}

void rest_answer(struct request *rq, struct reply *r)
{
    if (r->sc.status != 0)
        answer_scripted(r);
    else if (span_starts(rq->path, "/bytes/"))
        answer_bytes(rq, r);
    else if (span_starts(rq->path, "/status/"))
        answer_status(rq, r);
    else if (span_starts(rq->path, "/delay/"))
        answer_delay(rq, r);
    else if (span_starts(rq->path, "/chunked/"))
        answer_chunked(rq, r);
    else if (span_starts(rq->path, "/sse/"))
        answer_sse(rq, r);
    else if (span_is(rq->path, "/early-hints"))
        answer_early_hints(r);
    else if (span_is(rq->path, "/close"))
        answer_close(r);
    else if (span_is(rq->path, "/trailers"))
        answer_trailers(r);
    else if (span_is(rq->path, "/ws"))
        answer_ws(rq, r);
    else
        answer_echo(rq, r); // /echo/..., and whatever a test routes here
}
