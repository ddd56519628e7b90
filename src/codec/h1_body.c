/* Bodies of HTTP/1 (RFC 9112, 6 and 7), as slices of what arrives. */
#include "base/err.h"
#include "base/str.h"
#include "codec/h1_int.h"
#include "codec/httpchar_int.h"

enum { CHUNK_DIGITS_MAX = 16 };

enum body_state {
    CHUNK_SIZE = 0,
    CHUNK_EXT,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_LINE_START,
    TRAILER_LINE,
    TRAILER_END_LF,
};

void sl_h1_body_init(struct sl_h1_body *b, const struct sl_head *head,
                     const struct sl_h1_limits *limits, struct sl_arena *a)
{
    *b = (struct sl_h1_body){.kind = head->body_kind, .arena = a};
    b->limits = sl_h1_limits_or_default(limits);
    b->left = head->body_kind == SL_BODY_LENGTH ? head->body_bytes : 0;
    b->is_done =
        head->body_kind == SL_BODY_NONE || (head->body_kind == SL_BODY_LENGTH && b->left == 0);
    sl_headers_init(&b->trailers, a);
    sl_strbuf_init(&b->trailer_text, a, b->limits.trailer_bytes);
}

static sl_str take(sl_str *in, uint64_t most)
{
    sl_str taken = sl_str_head(*in, most < in->n ? (size_t)most : in->n);
    *in = sl_str_from(*in, taken.n);
    return taken;
}

static sl_rc malformed(const char *why, const char **ret_why)
{
    *ret_why = why;
    return SL_E_BAD_REQUEST;
}

static sl_rc beyond(const char *why, const char **ret_why)
{
    *ret_why = why;
    return SL_E_LIMIT;
}

static sl_rc step_size(struct sl_h1_body *b, char c, const char **ret_why)
{
    if (sl_httpchar_is(c, CHAR_HEX)) {
        if (++b->size_digits > CHUNK_DIGITS_MAX || b->left >> 59 != 0)
            return malformed("chunk size too large", ret_why);
        b->left = b->left << 4 | sl_httpchar_hex(c);
        return SL_OK;
    }
    if (b->size_digits == 0 || (c != '\r' && c != ';'))
        return malformed("malformed chunk size", ret_why);
    b->size_digits = 0;
    b->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXT;
    return SL_OK;
}

static sl_rc step_ext(struct sl_h1_body *b, char c, const char **ret_why)
{
    if (c == '\r')
        b->state = CHUNK_SIZE_LF;
    else if (!sl_httpchar_is(c, CHAR_VALUE))
        return malformed("malformed chunk extension", ret_why);
    if (++b->ext_bytes > b->limits.chunk_ext_bytes)
        return beyond("chunk extensions too large", ret_why);
    return SL_OK;
}

/** A known byte must come now. */
static sl_rc step_to(struct sl_h1_body *b, char c, char want, enum body_state next,
                     const char **ret_why)
{
    if (c != want)
        return malformed("malformed line end in a chunked body", ret_why);
    b->state = next;
    return SL_OK;
}

static sl_rc keep_trailer_text(struct sl_h1_body *b, sl_str text, const char **ret_why)
{
    sl_strbuf_add(&b->trailer_text, text);
    return b->trailer_text.is_full ? beyond("trailers too large", ret_why) : SL_OK;
}

static sl_rc step_trailer(struct sl_h1_body *b, char c, const char **ret_why)
{
    if (b->state == TRAILER_LINE_START && c == '\r') {
        b->state = TRAILER_END_LF;
        return SL_OK;
    }
    if (b->state == TRAILER_LINE_START && c == '\n')
        return malformed("bare line feed", ret_why);
    b->state = c == '\n' ? TRAILER_LINE_START : TRAILER_LINE;
    return keep_trailer_text(b, (sl_str){&c, 1}, ret_why);
}

static sl_rc step_end(struct sl_h1_body *b, char c, const char **ret_why)
{
    if (c != '\n')
        return malformed("malformed line end in a chunked body", ret_why);
    b->is_done = true;
    if (b->trailer_text.n == 0)
        return SL_OK;
    sl_rc rc = keep_trailer_text(b, SL_STR("\r\n"), ret_why);
    if (rc != SL_OK)
        return rc;
    return sl_h1_parse_trailers(sl_strbuf_str(&b->trailer_text), &b->limits, &b->trailers, ret_why);
}

static sl_rc step(struct sl_h1_body *b, char c, const char **ret_why)
{
    switch ((enum body_state)b->state) {
    case CHUNK_SIZE:
        return step_size(b, c, ret_why);
    case CHUNK_EXT:
        return step_ext(b, c, ret_why);
    case CHUNK_SIZE_LF:
        return step_to(b, c, '\n', b->left != 0 ? CHUNK_DATA : TRAILER_LINE_START, ret_why);
    case CHUNK_DATA_CR:
        return step_to(b, c, '\r', CHUNK_DATA_LF, ret_why);
    case CHUNK_DATA_LF:
        return step_to(b, c, '\n', CHUNK_SIZE, ret_why);
    case TRAILER_LINE_START:
    case TRAILER_LINE:
        return step_trailer(b, c, ret_why);
    case TRAILER_END_LF:
        return step_end(b, c, ret_why);
    case CHUNK_DATA:
        break;
    }
    sl_panic(__FILE__, __LINE__, "data is no step");
}

/* A size line as nearly all are, which lies whole at the front of *in; else nothing is taken. */
static void take_plain_size(struct sl_h1_body *b, sl_str *in)
{
    enum { DIGITS_MAX = 8, LINE_BYTES = DIGITS_MAX + 2 };
    uint64_t size = 0;
    size_t i = 0, end = SL_MIN(in->n, (size_t)LINE_BYTES);
    if (b->state != CHUNK_SIZE || b->size_digits != 0)
        return;
    for (; i < end && sl_httpchar_is(in->p[i], CHAR_HEX); i++)
        size = size << 4 | sl_httpchar_hex(in->p[i]);
    if (size == 0 || i + 2 > end || in->p[i] != '\r' || in->p[i + 1] != '\n')
        return;
    b->left = size;
    b->state = CHUNK_DATA;
    *in = sl_str_from(*in, i + 2);
}

/* The line end behind a chunk's data, when it lies whole at the front of *in. */
static void take_plain_end(struct sl_h1_body *b, sl_str *in)
{
    if (b->state != CHUNK_DATA_CR || in->n < 2 || in->p[0] != '\r' || in->p[1] != '\n')
        return;
    b->state = CHUNK_SIZE;
    *in = sl_str_from(*in, 2);
}

static sl_rc feed_chunked(struct sl_h1_body *b, sl_str *in, sl_str *ret_data, const char **ret_why)
{
    take_plain_size(b, in);
    while (b->state != CHUNK_DATA) {
        if (in->n == 0 || b->is_done)
            return SL_OK;
        sl_rc rc = step(b, *in->p, ret_why);
        if (rc != SL_OK)
            return rc;
        *in = sl_str_from(*in, 1);
    }
    *ret_data = take(in, b->left);
    b->left -= ret_data->n;
    if (b->left == 0) {
        b->state = CHUNK_DATA_CR;
        take_plain_end(b, in);
    }
    return SL_OK;
}

sl_rc sl_h1_body_feed(struct sl_h1_body *b, sl_str *in, sl_str *ret_data, const char **ret_why)
{
    *ret_data = (sl_str){NULL, 0};
    if (b->is_done)
        return SL_OK;
    switch (b->kind) {
    case SL_BODY_LENGTH:
        *ret_data = take(in, b->left);
        b->left -= ret_data->n;
        b->is_done = b->left == 0;
        return SL_OK;
    case SL_BODY_CHUNKED:
        return feed_chunked(b, in, ret_data, ret_why);
    case SL_BODY_CLOSE:
        *ret_data = take(in, in->n);
        return SL_OK;
    case SL_BODY_NONE:
        break;
    }
    sl_panic(__FILE__, __LINE__, "no body is a done body");
}

sl_rc sl_h1_body_eof(struct sl_h1_body *b)
{
    if (b->kind == SL_BODY_CLOSE)
        b->is_done = true;
    return b->is_done ? SL_OK : SL_E_UPSTREAM_TRUNCATED;
}
