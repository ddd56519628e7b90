#include "codec/awsevent.h"

#include "base/crc32.h"
#include "base/err.h"
#include "base/str.h"

enum {
    PRELUDE_BYTES = 12, /* both lengths and their checksum */
    CRC_BYTES = 4,
    NAME_BYTES_MAX = 255,
    VALUE_BYTES_MAX = 32767,
    UUID_BYTES = 16,
};

/* ------------------------------------------------------------------ numbers */

static uint32_t u32_at(sl_str s, size_t at)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++)
        n = n << 8 | (uint8_t)s.p[at + i];
    return n;
}

/* Take `n` bytes off the front. */
static bool take(sl_str *rest, size_t n, sl_str *ret)
{
    if (rest->n < n)
        return false;
    *ret = sl_str_head(*rest, n);
    *rest = sl_str_from(*rest, n);
    return true;
}

static bool take_u8(sl_str *rest, uint8_t *ret)
{
    sl_str byte;

    if (!take(rest, 1, &byte))
        return false;
    *ret = (uint8_t)byte.p[0];
    return true;
}

/* A signed number of `n` bytes. */
static bool take_int(sl_str *rest, size_t n, int64_t *ret)
{
    sl_str bytes;
    uint64_t v;

    if (!take(rest, n, &bytes))
        return false;
    v = (bytes.p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)bytes.p[i];
    *ret = (int64_t)v;
    return true;
}

/* Bytes with their length before them, in two bytes. */
static bool take_sized(sl_str *rest, sl_str *ret)
{
    int64_t n;

    return take_int(rest, 2, &n) && take(rest, (size_t)(uint16_t)n, ret);
}

/* ------------------------------------------------------------------ headers */

static bool take_value(sl_str *rest, struct sl_awsevent_header *h)
{
    switch (h->kind) {
    case SL_AWSEVENT_TRUE:
    case SL_AWSEVENT_FALSE:
        return true;
    case SL_AWSEVENT_INT8:
        return take_int(rest, 1, &h->number);
    case SL_AWSEVENT_INT16:
        return take_int(rest, 2, &h->number);
    case SL_AWSEVENT_INT32:
        return take_int(rest, 4, &h->number);
    case SL_AWSEVENT_INT64:
    case SL_AWSEVENT_TIMESTAMP:
        return take_int(rest, 8, &h->number);
    case SL_AWSEVENT_BYTES_VALUE:
    case SL_AWSEVENT_STRING:
        return take_sized(rest, &h->bytes);
    case SL_AWSEVENT_UUID:
        return take(rest, UUID_BYTES, &h->bytes);
    }
    return false;
}

bool sl_awsevent_next_header(sl_str *headers, struct sl_awsevent_header *ret)
{
    struct sl_awsevent_header h = {0};
    sl_str rest = *headers;
    uint8_t name_bytes, kind;

    if (!take_u8(&rest, &name_bytes) || name_bytes == 0 || !take(&rest, name_bytes, &h.name) ||
        !take_u8(&rest, &kind) || kind > SL_AWSEVENT_UUID)
        return false;
    h.kind = (enum sl_awsevent_kind)kind;
    if (!take_value(&rest, &h))
        return false;
    *headers = rest;
    *ret = h;
    return true;
}

static bool are_headers_good(sl_str headers)
{
    struct sl_awsevent_header h;

    while (headers.n != 0)
        if (!sl_awsevent_next_header(&headers, &h))
            return false;
    return true;
}

sl_str sl_awsevent_text(const struct sl_awsevent *ev, sl_str name)
{
    struct sl_awsevent_header h;
    sl_str rest = ev->headers;

    while (sl_awsevent_next_header(&rest, &h))
        if (h.kind == SL_AWSEVENT_STRING && sl_str_eq(h.name, name))
            return h.bytes;
    return (sl_str){0};
}

/* ------------------------------------------------------------------ reading */

void sl_awsevents_fini(struct sl_awsevents *s)
{
    sl_strbuf_fini(&s->carry);
}

void sl_awsevents_feed(struct sl_awsevents *s, sl_str bytes)
{
    s->fed = bytes;
}

/* Lengths are believed only when their checksum is right, and before anything is kept for them. */
static sl_rc read_prelude(const struct sl_awsevents *s, sl_str prelude, size_t *ret_total)
{
    size_t limit = s->event_bytes_max != 0 ? s->event_bytes_max : SL_AWSEVENT_BYTES;
    uint32_t total = u32_at(prelude, 0), headers = u32_at(prelude, 4);

    if (sl_crc32(sl_str_head(prelude, 8)) != u32_at(prelude, 8))
        return SL_E_SYNTAX;
    if (total < SL_AWSEVENT_OVERHEAD_BYTES || headers > total - SL_AWSEVENT_OVERHEAD_BYTES)
        return SL_E_SYNTAX;
    if (total > limit || headers > SL_AWSEVENT_HEADERS_BYTES)
        return SL_E_LIMIT;
    *ret_total = total;
    return SL_OK;
}

static sl_rc read_message(sl_str raw, struct sl_awsevent *ret)
{
    size_t headers = u32_at(raw, 4), body = raw.n - CRC_BYTES;

    if (sl_crc32(sl_str_head(raw, body)) != u32_at(raw, body))
        return SL_E_SYNTAX;
    *ret = (struct sl_awsevent){
        .headers = {raw.p + PRELUDE_BYTES, headers},
        .payload = {raw.p + PRELUDE_BYTES + headers, body - PRELUDE_BYTES - headers},
        .raw = raw,
    };
    return are_headers_good(ret->headers) ? SL_OK : SL_E_SYNTAX;
}

/* Gather until `want` bytes are in the carry; false when they have not all come. */
static bool gather(struct sl_awsevents *s, size_t want)
{
    sl_str part = sl_str_head(s->fed, want - SL_MIN(want, s->carry.n));

    sl_strbuf_add(&s->carry, part);
    s->fed = sl_str_from(s->fed, part.n);
    return s->carry.n >= want;
}

static sl_rc next_carried(struct sl_awsevents *s, struct sl_awsevent *ret)
{
    size_t total;
    sl_rc rc;

    if (!gather(s, PRELUDE_BYTES))
        return SL_E_AGAIN;
    rc = read_prelude(s, sl_strbuf_str(&s->carry), &total);
    if (rc != SL_OK)
        return rc;
    if (!gather(s, total))
        return SL_E_AGAIN;
    s->is_carry_given = true;
    return read_message(sl_strbuf_str(&s->carry), ret);
}

static sl_rc next_whole(struct sl_awsevents *s, struct sl_awsevent *ret)
{
    sl_str raw = s->fed;
    size_t total = 0;
    sl_rc rc;

    if (raw.n < PRELUDE_BYTES)
        return next_carried(s, ret);
    rc = read_prelude(s, raw, &total);
    if (rc != SL_OK)
        return rc;
    if (raw.n < total)
        return next_carried(s, ret);
    s->fed = sl_str_from(raw, total);
    return read_message(sl_str_head(raw, total), ret);
}

sl_rc sl_awsevents_next(struct sl_awsevents *s, struct sl_awsevent *ret)
{
    sl_rc rc;

    if (s->broken != SL_OK)
        return s->broken;
    if (s->is_carry_given)
        sl_strbuf_clear(&s->carry);
    s->is_carry_given = false;
    if (s->carry.n == 0 && s->fed.n == 0)
        return SL_E_AGAIN;
    rc = s->carry.n != 0 ? next_carried(s, ret) : next_whole(s, ret);
    if (rc != SL_OK && rc != SL_E_AGAIN)
        s->broken = rc;
    return rc;
}

sl_rc sl_awsevents_finish(const struct sl_awsevents *s)
{
    return s->broken == SL_OK && (s->carry.n == 0 || s->is_carry_given) ? SL_OK
                                                                        : SL_E_UPSTREAM_TRUNCATED;
}

/* ------------------------------------------------------------------ writing */

static void add_int(struct sl_strbuf *out, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0;)
        sl_strbuf_add_char(out, (char)(uint8_t)(v >> (8 * i)));
}

static bool is_writable(const struct sl_awsevent_header *h)
{
    size_t max = h->kind == SL_AWSEVENT_UUID ? UUID_BYTES : VALUE_BYTES_MAX;

    return h->name.n != 0 && h->name.n <= NAME_BYTES_MAX && h->bytes.n <= max &&
           (h->kind != SL_AWSEVENT_UUID || h->bytes.n == UUID_BYTES);
}

static void add_header(struct sl_strbuf *out, const struct sl_awsevent_header *h)
{
    uint64_t v = (uint64_t)h->number;

    add_int(out, h->name.n, 1);
    sl_strbuf_add(out, h->name);
    add_int(out, h->kind, 1);
    switch (h->kind) {
    case SL_AWSEVENT_TRUE:
    case SL_AWSEVENT_FALSE:
        return;
    case SL_AWSEVENT_INT8:
        add_int(out, v, 1);
        return;
    case SL_AWSEVENT_INT16:
        add_int(out, v, 2);
        return;
    case SL_AWSEVENT_INT32:
        add_int(out, v, 4);
        return;
    case SL_AWSEVENT_INT64:
    case SL_AWSEVENT_TIMESTAMP:
        add_int(out, v, 8);
        return;
    case SL_AWSEVENT_BYTES_VALUE:
    case SL_AWSEVENT_STRING:
        add_int(out, h->bytes.n, 2);
        sl_strbuf_add(out, h->bytes);
        return;
    case SL_AWSEVENT_UUID:
        sl_strbuf_add(out, h->bytes);
        return;
    }
}

static void add_crc(struct sl_strbuf *out, size_t from)
{
    add_int(out, sl_crc32((sl_str){out->p + from, out->n - from}), CRC_BYTES);
}

static void set_u32(struct sl_strbuf *out, size_t at, size_t v)
{
    for (size_t i = 0; i < 4; i++)
        out->p[at + i] = (char)(uint8_t)(v >> (24 - 8 * i));
}

/* The lengths become known behind the headers; the prelude is filled in then. */
static void write_message(struct sl_strbuf *out, const struct sl_awsevent_header *headers, size_t n,
                          sl_str payload)
{
    size_t from = out->n, bytes;

    sl_strbuf_add(out, SL_STR("\0\0\0\0\0\0\0\0\0\0\0\0"));
    for (size_t i = 0; i < n; i++)
        add_header(out, &headers[i]);
    if (out->is_full)
        return;
    bytes = out->n - from - PRELUDE_BYTES;
    set_u32(out, from, bytes + payload.n + SL_AWSEVENT_OVERHEAD_BYTES);
    set_u32(out, from + 4, bytes);
    set_u32(out, from + 8, sl_crc32((sl_str){out->p + from, 8}));
    sl_strbuf_add(out, payload);
    if (!out->is_full)
        add_crc(out, from);
}

bool sl_awsevent_write(struct sl_strbuf *out, const struct sl_awsevent_header *headers, size_t n,
                       sl_str payload)
{
    size_t from = out->n;

    for (size_t i = 0; i < n; i++)
        if (!is_writable(&headers[i]))
            return false;
    if (payload.n > SL_AWSEVENT_BYTES)
        return false;
    write_message(out, headers, n, payload);
    if (out->is_full)
        out->n = from;
    return !out->is_full;
}
