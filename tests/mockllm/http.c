#include "http.h"

#include <stdlib.h>
#include <strings.h>

enum { HEAD_MAX = 1 << 20, BODY_MAX = 256 << 20 };

struct span request_header(const struct request *rq, const char *name)
{
    for (size_t i = 0; i < rq->headers_n; i++)
        if (span_is_nocase(rq->headers[i].name, name))
            return rq->headers[i].value;
    return (struct span){0};
}

struct span request_query(const struct request *rq, const char *name)
{
    struct span left = rq->query;
    while (left.n != 0) {
        struct span value = span_cut(&left, '&');
        if (span_equal(span_cut(&value, '='), span_of(name)))
            return value;
    }
    return (struct span){0};
}

static struct span trim(struct span s)
{
    while (s.n != 0 && (*s.p == ' ' || *s.p == '\t'))
        s.p++, s.n--;
    while (s.n != 0 && strchr(" \t\r", s.p[s.n - 1]) != NULL)
        s.n--;
    return s;
}

static bool read_request_line(struct request *rq, struct span line)
{
    struct span rest = trim(line);
    rq->method = span_cut(&rest, ' ');
    rq->target = span_cut(&rest, ' ');
    rq->query = rq->target;
    rq->path = span_cut(&rq->query, '?');
    rq->is_http10 = span_is(rest, "HTTP/1.0");
    return rq->target.n != 0 && (rq->is_http10 || span_is(rest, "HTTP/1.1"));
}

static bool read_head(struct request *rq, struct span head)
{
    rq->head = head;
    rq->headers_n = 0;
    if (!read_request_line(rq, span_cut(&head, '\n')))
        return false;
    while (head.n != 0) {
        struct span value = span_cut(&head, '\n');
        if (rq->headers_n == HEADERS_MAX || memchr(value.p, ':', value.n) == NULL)
            return false;
        struct span name = span_cut(&value, ':');
        rq->headers[rq->headers_n++] = (struct header){name, trim(value)};
    }
    return true;
}

/* Chunk by chunk into `body`; the bytes used, 0 when incomplete. Malformed: *ret_bad. */
static size_t read_chunked(struct span in, struct buf *body, bool *ret_bad)
{
    size_t at = 0;
    body->n = 0;
    for (;;) {
        const char *line_end = memmem(in.p + at, in.n - at, "\r\n", 2);
        if (line_end == NULL)
            return 0;
        char *digits_end;
        unsigned long n = strtoul(in.p + at, &digits_end, 16);
        if (digits_end == in.p + at || n > BODY_MAX - body->n) {
            *ret_bad = true;
            return 0;
        }
        at = (size_t)(line_end - in.p) + 2;
        if (n == 0)
            break;
        if (in.n - at < n + 2)
            return 0;
        buf_put(body, in.p + at, n);
        at += n + 2;
    }
    for (;;) { // trailers up to the empty line
        const char *line_end = memmem(in.p + at, in.n - at, "\r\n", 2);
        if (line_end == NULL)
            return 0;
        bool is_last = line_end == in.p + at;
        at = (size_t)(line_end - in.p) + 2;
        if (is_last)
            return at;
    }
}

static bool wants_continue(const struct request *rq, struct http_reader *h)
{
    bool asks = !h->said_continue && span_is_nocase(request_header(rq, "expect"), "100-continue");
    h->said_continue |= asks;
    return asks;
}

static struct span read_key(const struct request *rq)
{
    struct span key = request_header(rq, "x-api-key");
    struct span bearer = request_header(rq, "authorization");
    if (key.n == 0)
        key = request_header(rq, "api-key");
    if (key.n == 0)
        key = request_header(rq, "x-goog-api-key");
    if (key.n == 0 && bearer.n > 7 && strncasecmp(bearer.p, "bearer ", 7) == 0)
        key = trim((struct span){bearer.p + 7, bearer.n - 7});
    return key;
}

enum http_result http_read(struct http_reader *h, struct span in, struct buf *body,
                           struct request *ret, size_t *ret_used, bool *ret_continue)
{
    if (in.n == 0 || in.n < h->need)
        return HTTP_MORE;
    const char *end = memmem(in.p, in.n, "\r\n\r\n", 4);
    if (end == NULL)
        return in.n > HEAD_MAX ? HTTP_BAD : HTTP_MORE;
    size_t head_n = (size_t)(end - in.p) + 4;
    if (!read_head(ret, (struct span){in.p, head_n - 2}))
        return HTTP_BAD;

    struct span rest = {in.p + head_n, in.n - head_n};
    bool is_bad = false;
    if (span_is_nocase(request_header(ret, "transfer-encoding"), "chunked")) {
        size_t used = read_chunked(rest, body, &is_bad);
        if (used == 0) {
            *ret_continue = wants_continue(ret, h);
            return is_bad ? HTTP_BAD : HTTP_MORE;
        }
        ret->body = buf_view(body);
        *ret_used = head_n + used;
    } else {
        int64_t length = span_number(request_header(ret, "content-length"), 0);
        if (length > BODY_MAX)
            return HTTP_BAD;
        h->need = head_n + (size_t)length;
        if (in.n < h->need) {
            *ret_continue = wants_continue(ret, h);
            return HTTP_MORE;
        }
        ret->body = (struct span){rest.p, (size_t)length};
        *ret_used = h->need;
    }
    ret->key = read_key(ret);
    ret->wants_close = ret->is_http10 || span_is_nocase(request_header(ret, "connection"), "close");
    *h = (struct http_reader){0};
    return HTTP_READY;
}
