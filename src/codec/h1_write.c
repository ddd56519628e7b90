/* Heads of HTTP/1 to bytes: the size is known first, then everything is copied into one reservation. */
#include "codec/h1.h"

/* The longest framing and Connection lines together, and the empty line. */
enum { FRAMING_BYTES = 96 };

enum { IN_REQUEST = 1, IN_RESPONSE = 2, WHEN_CLOSING = 4 };

/** Fields that the writers make themselves: those among the headers are passed over. */
static const uint8_t replaced[SL_H_COUNT] = {
    [SL_H_HOST] = IN_REQUEST,
    [SL_H_CONTENT_LENGTH] = IN_REQUEST | IN_RESPONSE,
    [SL_H_TRANSFER_ENCODING] = IN_REQUEST | IN_RESPONSE,
    [SL_H_CONNECTION] = WHEN_CLOSING,
};

/** memcpy that the compiler inlines for the short texts of which heads consist. */
static inline char *put(char *to, sl_str s)
{
    if (s.n >= 8 && s.n <= 16) {
        memcpy(to, s.p, 8);
        memmove(to + s.n - 8, s.p + s.n - 8, 8);
    } else if (s.n != 0) {
        memcpy(to, s.p, s.n);
    }
    return to + s.n;
}

#define PUT(to, literal) \
    ((char *)memcpy((to), (literal), sizeof(literal) - 1) + sizeof(literal) - 1)

static char *put_number(char *to, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    return put(to, (sl_str){digits + at, sizeof(digits) - at});
}

static char *put_fields(char *to, const struct sl_headers *h, uint8_t passed_over)
{
    for (uint32_t i = 0; i < h->n; i++) {
        const struct sl_header *f = &h->v[i];
        if ((replaced[f->id] & passed_over) != 0)
            continue;
        to = PUT(put(to, f->name), ": ");
        to = PUT(put(to, f->value), "\r\n");
    }
    return to;
}

static size_t fields_bytes(const struct sl_headers *h)
{
    size_t n = 0;
    for (uint32_t i = 0; i < h->n; i++)
        n += h->v[i].name.n + h->v[i].value.n + 4;
    return n;
}

static char *put_length(char *to, uint64_t bytes)
{
    return PUT(put_number(PUT(to, "Content-Length: "), bytes), "\r\n");
}

static char *put_framing(char *to, const struct sl_head *head)
{
    if (head->body_kind == SL_BODY_LENGTH)
        return put_length(to, head->body_bytes);
    if (head->body_kind == SL_BODY_CHUNKED)
        return PUT(to, "Transfer-Encoding: chunked\r\n");
    return to;
}

static char *put_end(char *to, bool keep_alive)
{
    return keep_alive ? PUT(to, "\r\n") : PUT(to, "Connection: close\r\n\r\n");
}

void sl_h1_write_request(const struct sl_head *head, bool keep_alive, struct sl_strbuf *out)
{
    size_t most = head->method.n + head->target.n + head->authority.n +
                  fields_bytes(&head->headers) + FRAMING_BYTES + sizeof("  HTTP/1.1\r\nHost: \r\n");
    char *to = sl_strbuf_room(out, most);
    if (to == NULL)
        return;
    to = PUT(put(to, head->method), " ");
    to = PUT(put(to, head->target), " HTTP/1.1\r\nHost: ");
    to = PUT(put(to, head->authority), "\r\n");
    to = put_fields(to, &head->headers, IN_REQUEST | (keep_alive ? 0 : WHEN_CLOSING));
    to = put_end(put_framing(to, head), keep_alive);
    out->n = (size_t)(to - out->p);
}

/** The whole line for statuses with a registered phrase. */
static sl_str known_status_line(uint16_t status)
{
    switch (status) {
#define X(code, phrase) \
    case code:          \
        return SL_STR("HTTP/1.1 " #code " " phrase "\r\n");
#include "codec/status.def"
#undef X
    default:
        return (sl_str){NULL, 0};
    }
}

static char *put_status_line(char *to, const struct sl_head *head)
{
    sl_str line = head->reason.n == 0 ? known_status_line(head->status) : (sl_str){NULL, 0};
    if (line.n != 0)
        return put(to, line);
    to = PUT(put_number(PUT(to, "HTTP/1.1 "), head->status), " ");
    return PUT(put(to, head->reason), "\r\n");
}

/** 1xx, 204: never a length (RFC 9110, 8.6). 304 and answers to HEAD: that of the body left out. */
static char *put_response_framing(char *to, const struct sl_head *head)
{
    if (head->status < 200 || head->status == 204)
        return to;
    bool is_bare = head->body_kind == SL_BODY_NONE || head->status == 304;
    if (!is_bare)
        return put_framing(to, head);
    return head->body_bytes != 0 ? put_length(to, head->body_bytes) : to;
}

void sl_h1_write_response(const struct sl_head *head, bool keep_alive, struct sl_strbuf *out)
{
    enum { STATUS_LINE_BYTES = 64 };
    bool stays = keep_alive && head->body_kind != SL_BODY_CLOSE;
    char *to = sl_strbuf_room(out, STATUS_LINE_BYTES + head->reason.n +
                                       fields_bytes(&head->headers) + FRAMING_BYTES);
    if (to == NULL)
        return;
    to = put_status_line(to, head);
    to = put_fields(to, &head->headers, IN_RESPONSE | (stays ? 0 : WHEN_CLOSING));
    to = put_end(put_response_framing(to, head), stays);
    out->n = (size_t)(to - out->p);
}

size_t sl_h1_write_chunk_size(uint64_t n, char out[20])
{
    unsigned digits = n == 0 ? 1 : (67 - (unsigned)__builtin_clzll(n)) / 4;
    for (unsigned i = 0; i < digits; i++)
        out[i] = "0123456789abcdef"[n >> (4 * (digits - 1 - i)) & 0xf];
    memcpy(out + digits, "\r\n", 2);
    return digits + 2;
}
