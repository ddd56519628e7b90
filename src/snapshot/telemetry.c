/*
 * A frame: "SLR" and the format's version; CRC-32 of all that follows it; length of the payload (both
 * 32 bits, little endian); payload. In the payload numbers are zigzag varints and texts a length
 * (16 bits) and bytes; failures travel by their label, which is never renamed, unlike their number.
 */
#include "snapshot/telemetry.h"
#include "base/crc32.h"
#include "base/enc.h"
#include "base/fmt.h"
#include "base/money.h"
#include "base/str.h"

#include <assert.h>

enum { VERSION = 1, MAGIC_BYTES = 4, HEAD_BYTES = 12, VARINT_BYTES = 10 };

#define TEXT(member) +1
enum {
    TEXT_COUNT =
#include "snapshot/record.def"
};
#define NUMBER(member) +1
enum {
    NUMBER_COUNT =
#include "snapshot/record.def"
};

enum {
    TEXT_BYTES = 2 + SL_RECORD_TEXT_MAX,
    USAGE_NUMBERS = SL_AI_BUCKET_COUNT + SL_AI_UNIT_COUNT + 2,
    ATTEMPT_NUMBERS = 5 + USAGE_NUMBERS,
    CHARGE_NUMBERS = 3,
    FRAME_BYTES_MAX = HEAD_BYTES + 5 + (TEXT_COUNT + 1) * TEXT_BYTES +
                      (NUMBER_COUNT + USAGE_NUMBERS) * VARINT_BYTES +
                      SL_RECORD_ATTEMPTS_MAX * (3 * TEXT_BYTES + ATTEMPT_NUMBERS * VARINT_BYTES) +
                      SL_RECORD_BUDGETS_MAX * (2 * TEXT_BYTES + CHARGE_NUMBERS * VARINT_BYTES)
};
static_assert(FRAME_BYTES_MAX <= (int)SL_RECORD_BYTES_MAX, "every record fits");
static_assert(SL_AI_BUCKET_COUNT == 10 && SL_AI_UNIT_COUNT == 6,
              "another payload: raise VERSION, and keep reading the old one");

/* usage's flags */
enum { HAS_REPORTED_COST = 1, IS_INCONSISTENT = 2, SOURCE_SHIFT = 2 };

static const char magic[MAGIC_BYTES] = {'S', 'L', 'R', VERSION};

static sl_str cut(sl_str s)
{
    if (s.n <= SL_RECORD_TEXT_MAX)
        return s;
    size_t n = SL_RECORD_TEXT_MAX;
    while (n > SL_RECORD_TEXT_MAX - 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--; /* not inside a character */
    return sl_str_head(s, n);
}

static sl_str label_of(sl_rc rc)
{
    return rc != SL_OK ? sl_cstr(sl_err_info(rc)->label) : (sl_str){0};
}

/* A label that is no row (any more, or not yet) is some failure. */
static sl_rc rc_of(sl_str label)
{
    if (label.n == 0)
        return SL_OK;
    for (int i = 1; i <= SL_ERR_COUNT; i++) {
        if (sl_str_eq(label, label_of(-i)))
            return -i;
    }
    return SL_E_INTERNAL;
}

/* ---- encode: into room that is large enough ---- */

static size_t text_bound(const struct sl_record *r)
{
    size_t n = 0;
#define TEXT(member) n += SL_MIN(r->member.n, (size_t)SL_RECORD_TEXT_MAX);
#include "snapshot/record.def"
    for (size_t i = 0; i < r->attempt_count; i++)
        n += SL_MIN(r->attempts[i].target.n, (size_t)SL_RECORD_TEXT_MAX) +
             SL_MIN(r->attempts[i].key_label.n, (size_t)SL_RECORD_TEXT_MAX);
    for (size_t i = 0; i < r->charge_count; i++)
        n += SL_MIN(r->charges[i].budget.n, (size_t)SL_RECORD_TEXT_MAX) +
             SL_MIN(r->charges[i].subject.n, (size_t)SL_RECORD_TEXT_MAX);
    return n;
}

enum { LABEL_BYTES_MAX = 64, TEXT_HEAD_BYTES = 2 };

static size_t frame_bound(const struct sl_record *r)
{
    size_t attempt = 3 * TEXT_HEAD_BYTES + LABEL_BYTES_MAX + ATTEMPT_NUMBERS * VARINT_BYTES;
    size_t charge = 2 * TEXT_HEAD_BYTES + CHARGE_NUMBERS * VARINT_BYTES;
    return HEAD_BYTES + 5 + TEXT_COUNT * TEXT_HEAD_BYTES + LABEL_BYTES_MAX +
           (NUMBER_COUNT + USAGE_NUMBERS) * VARINT_BYTES + text_bound(r) +
           r->attempt_count * attempt + r->charge_count * charge;
}

static char *put_u32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        *p++ = (char)(v >> 8 * i);
    return p;
}

static char *put_number(char *p, int64_t v)
{
    uint64_t zigzag = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    for (; zigzag >= 0x80; zigzag >>= 7)
        *p++ = (char)(zigzag | 0x80);
    *p++ = (char)zigzag;
    return p;
}

static char *put_text(char *p, sl_str s)
{
    s = cut(s);
    *p++ = (char)s.n;
    *p++ = (char)(s.n >> 8);
    if (s.n != 0)
        memcpy(p, s.p, s.n);
    return p + s.n;
}

static char *put_usage(char *p, const struct sl_ai_usage *u)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        p = put_number(p, u->tokens[i]);
    for (size_t i = 0; i < SL_AI_UNIT_COUNT; i++)
        p = put_number(p, u->units[i]);
    p = put_number(p, u->reported_cost_nusd);
    return put_number(p, (u->has_reported_cost ? HAS_REPORTED_COST : 0) |
                             (u->is_inconsistent ? IS_INCONSISTENT : 0) |
                             (int64_t)u->source << SOURCE_SHIFT);
}

static char *put_attempt(char *p, const struct sl_record_attempt *at)
{
    p = put_text(p, at->target);
    p = put_text(p, at->key_label);
    p = put_text(p, label_of(at->rc));
    p = put_number(p, at->status);
    p = put_number(p, at->started_us);
    p = put_number(p, at->took_us);
    p = put_number(p, at->wasted_nusd);
    bool is_known = at->usage != NULL && at->usage->source != SL_AI_USAGE_NONE;
    p = put_number(p, is_known);
    return is_known ? put_usage(p, at->usage) : p;
}

static char *put_charge(char *p, const struct sl_record_charge *c)
{
    p = put_text(p, c->budget);
    p = put_text(p, c->subject);
    p = put_number(p, c->window_start_s);
    p = put_number(p, c->cost_nusd);
    return put_number(p, c->tokens);
}

static char *put_payload(char *p, const struct sl_record *r)
{
    *p++ = TEXT_COUNT;
    *p++ = NUMBER_COUNT;
#define TEXT(member) p = put_text(p, r->member);
#define NUMBER(member) p = put_number(p, (int64_t)r->member);
#include "snapshot/record.def"
    p = put_text(p, label_of(r->rc));
    *p++ = r->is_ai ? 1 : 0;
    if (r->is_ai)
        p = put_usage(p, &r->usage);
    *p++ = (char)r->attempt_count;
    for (size_t i = 0; i < r->attempt_count; i++)
        p = put_attempt(p, &r->attempts[i]);
    *p++ = (char)r->charge_count;
    for (size_t i = 0; i < r->charge_count; i++)
        p = put_charge(p, &r->charges[i]);
    return p;
}

void sl_record_encode(const struct sl_record *r, struct sl_strbuf *out)
{
    SL_ASSERT(r->attempt_count <= SL_RECORD_ATTEMPTS_MAX);
    SL_ASSERT(r->charge_count <= SL_RECORD_BUDGETS_MAX);
    char *frame = sl_strbuf_room(out, frame_bound(r));
    if (frame == NULL)
        return;
    char *end = put_payload(frame + HEAD_BYTES, r);
    char *length = frame + MAGIC_BYTES + 4;
    memcpy(frame, magic, MAGIC_BYTES);
    (void)put_u32(length, (uint32_t)(end - frame - HEAD_BYTES));
    (void)put_u32(frame + MAGIC_BYTES, sl_crc32((sl_str){length, (size_t)(end - length)}));
    out->n += (size_t)(end - frame);
}

/* ---- decode: whatever the bytes say ---- */

struct reader {
    sl_str rest;
    bool is_bad; /* something did not fit; sticks, and everything reads as 0 */
};

static uint32_t get_u32(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static sl_str take(struct reader *in, size_t n)
{
    if (n > in->rest.n) {
        in->is_bad = true;
        in->rest.n = 0;
        return (sl_str){0};
    }
    sl_str taken = sl_str_head(in->rest, n);
    in->rest = sl_str_from(in->rest, n);
    return taken;
}

static size_t take_byte(struct reader *in)
{
    sl_str one = take(in, 1);
    return one.n != 0 ? (unsigned char)one.p[0] : 0;
}

static int64_t take_number(struct reader *in)
{
    uint64_t zigzag = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = take_byte(in);
        if (shift == 63 && byte > 1)
            break; /* beyond 64 bits */
        zigzag |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return (int64_t)(zigzag >> 1 ^ (0 - (zigzag & 1)));
    }
    in->is_bad = true;
    return 0;
}

static sl_str take_text(struct reader *in)
{
    size_t n = take_byte(in);
    n |= take_byte(in) << 8;
    if (n > SL_RECORD_TEXT_MAX)
        in->is_bad = true;
    return take(in, n);
}

static void take_usage(struct reader *in, struct sl_ai_usage *u)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        u->tokens[i] = take_number(in);
    for (size_t i = 0; i < SL_AI_UNIT_COUNT; i++)
        u->units[i] = take_number(in);
    u->reported_cost_nusd = take_number(in);
    int64_t flags = take_number(in);
    if (flags < 0 || flags >> SOURCE_SHIFT > SL_AI_USAGE_ESTIMATED) {
        in->is_bad = true;
        return;
    }
    u->has_reported_cost = (flags & HAS_REPORTED_COST) != 0;
    u->is_inconsistent = (flags & IS_INCONSISTENT) != 0;
    u->source = (enum sl_ai_usage_source)(flags >> SOURCE_SHIFT);
}

static uint16_t take_status(struct reader *in)
{
    int64_t v = take_number(in);
    if (v < 0 || v > UINT16_MAX)
        in->is_bad = true;
    return (uint16_t)v;
}

static void take_attempt(struct reader *in, struct sl_record_attempt *at, struct sl_ai_usage *usage)
{
    at->usage = NULL;
    at->target = take_text(in);
    at->key_label = take_text(in);
    at->rc = (int16_t)rc_of(take_text(in));
    at->status = take_status(in);
    at->started_us = take_number(in);
    at->took_us = take_number(in);
    at->wasted_nusd = take_number(in);
    if (take_number(in) == 0)
        return;
    *usage = (struct sl_ai_usage){0};
    take_usage(in, usage);
    at->usage = usage;
}

static void take_charge(struct reader *in, struct sl_record_charge *c)
{
    c->budget = take_text(in);
    c->subject = take_text(in);
    c->window_start_s = take_number(in);
    c->cost_nusd = take_number(in);
    c->tokens = take_number(in);
}

static size_t take_count(struct reader *in, size_t max)
{
    size_t n = take_byte(in);
    if (n <= max)
        return n;
    in->is_bad = true;
    return 0;
}

/* The rows of record.def, as many as were written; what an older writer did not know is empty. */
static void take_rows(struct reader *in, struct sl_record *r)
{
    size_t texts = take_byte(in), numbers = take_byte(in), at = 0;
#define TEXT(member)  \
    if (at++ < texts) \
        r->member = take_text(in);
#include "snapshot/record.def"
    for (; at < texts; at++)
        (void)take_text(in); /* a newer writer's */
    at = 0;
#define NUMBER(member)                         \
    if (at++ < numbers) {                      \
        int64_t v = take_number(in);           \
        r->member = (__typeof__(r->member))v;  \
        in->is_bad |= (int64_t)r->member != v; \
    }
#include "snapshot/record.def"
    for (; at < numbers; at++)
        (void)take_number(in);
    in->is_bad |= r->outcome > SL_OUTCOME_CANCELLED;
}

static void take_payload(struct reader *in, struct sl_record_room *room, struct sl_record *r)
{
    r->attempts = room->attempts;
    r->charges = room->charges;
    take_rows(in, r);
    r->rc = (int16_t)rc_of(take_text(in));
    if (take_byte(in) != 0)
        take_usage(in, &r->usage);
    r->attempt_count = take_count(in, SL_RECORD_ATTEMPTS_MAX);
    for (size_t i = 0; i < r->attempt_count; i++)
        take_attempt(in, &r->attempts[i], &room->usages[i]);
    r->charge_count = take_count(in, SL_RECORD_BUDGETS_MAX);
    for (size_t i = 0; i < r->charge_count; i++)
        take_charge(in, &r->charges[i]);
}

sl_rc sl_record_decode(sl_str bytes, struct sl_record_room *room, struct sl_record *ret,
                       size_t *ret_bytes)
{
    size_t known = SL_MIN(bytes.n, (size_t)MAGIC_BYTES);
    if (known != 0 && memcmp(bytes.p, magic, known) != 0)
        return SL_E_SYNTAX;
    if (bytes.n < HEAD_BYTES)
        return SL_E_AGAIN;
    size_t length = get_u32(bytes.p + MAGIC_BYTES + 4);
    if (length > SL_RECORD_BYTES_MAX - HEAD_BYTES)
        return SL_E_SYNTAX;
    if (bytes.n - HEAD_BYTES < length)
        return SL_E_AGAIN;
    if (get_u32(bytes.p + MAGIC_BYTES) != sl_crc32((sl_str){bytes.p + MAGIC_BYTES + 4, 4 + length}))
        return SL_E_SYNTAX;

    struct reader in = {.rest = {bytes.p + HEAD_BYTES, length}};
    *ret = (struct sl_record){0};
    take_payload(&in, room, ret);
    if (in.is_bad || in.rest.n != 0)
        return SL_E_SYNTAX;
    *ret_bytes = HEAD_BYTES + length;
    return SL_OK;
}

/* ---- the access log's line ---- */

/* As gate/phase.def has them, in its order; a test of the gate compares. */
static const sl_str phase_names[] = {
    SL_STR_INIT("route"), SL_STR_INIT("request"), SL_STR_INIT("body"),     SL_STR_INIT("dispatch"),
    SL_STR_INIT("send"),  SL_STR_INIT("recv"),    SL_STR_INIT("response"), SL_STR_INIT("deliver"),
    SL_STR_INIT("fault"), SL_STR_INIT("settle"),  SL_STR_INIT("end"),
};
static_assert(SL_LEN(phase_names) <= SL_LEN(((struct sl_record *)NULL)->phase_us), "a place each");

const char *sl_record_phase_name(size_t i)
{
    return i < SL_LEN(phase_names) ? phase_names[i].p : NULL;
}

static const sl_str outcome_names[] = {
    [SL_OUTCOME_OK] = SL_STR_INIT("ok"),
    [SL_OUTCOME_CLIENT_ERROR] = SL_STR_INIT("client_error"),
    [SL_OUTCOME_UPSTREAM_ERROR] = SL_STR_INIT("upstream_error"),
    [SL_OUTCOME_GATEWAY_ERROR] = SL_STR_INIT("gateway_error"),
    [SL_OUTCOME_CANCELLED] = SL_STR_INIT("cancelled"),
};

static const sl_str bucket_names[] = {
#define X(ID, name, side, fallback, text) SL_STR_INIT(#name),
#include "ai/usage_bucket.def"
#undef X
};

static const sl_str unit_names[] = {
#define X(ID, counted, price, pico_usd, role, text) SL_STR_INIT(#counted),
#include "ai/usage_unit.def"
#undef X
};

static const sl_str source_names[] = {
    [SL_AI_USAGE_NONE] = SL_STR_INIT("none"),
    [SL_AI_USAGE_REPORTED] = SL_STR_INIT("reported"),
    [SL_AI_USAGE_ESTIMATED] = SL_STR_INIT("estimated"),
};

enum {
    ESCAPED_BYTES = 6, /* of one byte at most: \u0000 */
    NUMBER_BYTES = 21, /* of an int64, or of an amount of money */
    NAME_BYTES = 24,   /* of a member, with quotes, colon and comma */
    USAGE_LINE_BYTES = 64 + (USAGE_NUMBERS + 1) * (NAME_BYTES + NUMBER_BYTES),
    ATTEMPT_LINE_BYTES = USAGE_LINE_BYTES + LABEL_BYTES_MAX + 8 * (NAME_BYTES + NUMBER_BYTES),
    LINE_BYTES = 64 + LABEL_BYTES_MAX +
                 (TEXT_COUNT + NUMBER_COUNT + 8) * (NAME_BYTES + NUMBER_BYTES) + USAGE_LINE_BYTES
};

/* A line in room that holds the longest one; `p` runs ahead of out->n. */
struct line {
    struct sl_strbuf *out;
    char *p;
    bool needs_comma;
};

/* Inlined, as the text is a constant nearly always: its copy is a store or two then. */
__attribute__((always_inline)) static inline void put(struct line *l, sl_str s)
{
    memcpy(l->p, s.p, s.n);
    l->p += s.n;
}

static void open_with(struct line *l, char bracket)
{
    *l->p++ = bracket;
    l->needs_comma = false;
}

static void close_with(struct line *l, char bracket)
{
    *l->p++ = bracket;
    l->needs_comma = true;
}

static void comma(struct line *l)
{
    if (l->needs_comma)
        *l->p++ = ',';
    l->needs_comma = true;
}

/* A plain word of ours. */
__attribute__((always_inline)) static inline void name(struct line *l, sl_str name)
{
    comma(l);
    *l->p++ = '"';
    put(l, name);
    *l->p++ = '"';
    *l->p++ = ':';
}

static void put_u64(struct line *l, uint64_t v)
{
    unsigned width = 1;
    for (uint64_t rest = v; rest >= 10; rest /= 10)
        width++;
    for (unsigned at = width; at-- != 0; v /= 10)
        l->p[at] = (char)('0' + v % 10);
    l->p += width;
}

static void put_i64(struct line *l, int64_t v)
{
    if (v < 0)
        *l->p++ = '-';
    put_u64(l, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void put_digits(struct line *l, int64_t v, size_t width)
{
    for (size_t i = width; i-- != 0; v /= 10)
        l->p[i] = (char)('0' + v % 10);
    l->p += width;
}

/* The high bit of each byte of `v` that is a quote, a backslash, a control character, DEL or not ASCII. */
static uint64_t special_bytes(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\', del = v ^ ones * 0x7f;
    uint64_t found = (v - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones) | v;
    return found & highs; /* a byte after a special one may be named too; never too few */
}

static bool is_plain(sl_str s)
{
    uint64_t word;
    size_t i = 0;
    for (; s.n - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, s.p + i, sizeof(word));
        if (special_bytes(word) != 0)
            return false;
    }
    memset(&word, ' ', sizeof(word));
    memcpy(&word, s.p + i, s.n - i);
    return special_bytes(word) == 0;
}

static void put_string(struct line *l, sl_str s)
{
    s = cut(s);
    if (s.n == 0 || is_plain(s)) {
        *l->p++ = '"';
        if (s.n != 0)
            put(l, s);
        *l->p++ = '"';
        return;
    }
    l->out->n = (size_t)(l->p - l->out->p);
    sl_enc_json(l->out, s);
    l->p = l->out->p + l->out->n;
}

static void put_money(struct line *l, int64_t nusd)
{
    *l->p++ = '"';
    l->out->n = (size_t)(l->p - l->out->p);
    sl_money_add(l->out, nusd);
    l->p = l->out->p + l->out->n;
    *l->p++ = '"';
}

/* RFC 3339, always with milliseconds. */
static void put_time(struct line *l, int64_t unix_us)
{
    const int64_t day_ms = 86400000, max_days = 2932896; /* 9999-12-31 */
    int64_t ms = SL_MAX(unix_us, 0) / 1000;
    int64_t days = SL_MIN(ms / day_ms, max_days), rest = ms % day_ms;
    struct sl_civil date = sl_civil_from_days(days);
    *l->p++ = '"';
    put_digits(l, date.year, 4);
    *l->p++ = '-';
    put_digits(l, date.month, 2);
    *l->p++ = '-';
    put_digits(l, date.day, 2);
    *l->p++ = 'T';
    put_digits(l, rest / 3600000, 2);
    *l->p++ = ':';
    put_digits(l, rest / 60000 % 60, 2);
    *l->p++ = ':';
    put_digits(l, rest / 1000 % 60, 2);
    *l->p++ = '.';
    put_digits(l, rest % 1000, 3);
    put(l, SL_STR("Z\""));
}

__attribute__((always_inline)) static inline void member_text(struct line *l, sl_str key, sl_str s)
{
    if (s.n == 0)
        return;
    name(l, key);
    put_string(l, s);
}

__attribute__((always_inline)) static inline void member_number(struct line *l, sl_str key,
                                                                int64_t v)
{
    if (v == 0)
        return;
    name(l, key);
    put_i64(l, v);
}

static void member_flag(struct line *l, sl_str key, bool is_set)
{
    if (!is_set)
        return;
    name(l, key);
    put(l, SL_STR("true"));
}

/* -1 is "not known", which is not nothing. */
static void member_money(struct line *l, sl_str key, int64_t nusd)
{
    name(l, key);
    if (nusd < 0)
        put(l, SL_STR("null"));
    else
        put_money(l, nusd);
}

static void member_counts(struct line *l, sl_str key, const int64_t *counts, const sl_str *names,
                          size_t n)
{
    int64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= counts[i];
    if (any == 0)
        return;
    name(l, key);
    open_with(l, '{');
    for (size_t i = 0; i < n; i++)
        member_number(l, names[i], counts[i]);
    close_with(l, '}');
}

static void members_of_usage(struct line *l, const struct sl_ai_usage *u)
{
    if (u->source == SL_AI_USAGE_NONE)
        return;
    member_counts(l, SL_STR("tokens"), u->tokens, bucket_names, SL_LEN(bucket_names));
    member_counts(l, SL_STR("units"), u->units, unit_names, SL_LEN(unit_names));
    member_text(l, SL_STR("usage_source"), source_names[u->source]);
    member_flag(l, SL_STR("usage_inconsistent"), u->is_inconsistent);
    if (u->has_reported_cost)
        member_money(l, SL_STR("reported_cost_usd"), u->reported_cost_nusd);
}

static void line_attempt(struct line *l, const struct sl_record_attempt *at)
{
    comma(l);
    open_with(l, '{');
    member_text(l, SL_STR("target"), at->target);
    member_text(l, SL_STR("key"), at->key_label);
    member_number(l, SL_STR("status"), at->status);
    member_text(l, SL_STR("error"), label_of(at->rc));
    member_number(l, SL_STR("started_us"), at->started_us);
    member_number(l, SL_STR("duration_us"), at->took_us);
    if (at->usage != NULL)
        members_of_usage(l, at->usage);
    if (at->wasted_nusd != 0)
        member_money(l, SL_STR("wasted_usd"), at->wasted_nusd);
    close_with(l, '}');
}

static void line_attempts(struct line *l, const struct sl_record *r)
{
    if (r->attempt_count == 0 || (r->attempt_count == 1 && !r->is_ai))
        return;
    name(l, SL_STR("attempts"));
    open_with(l, '[');
    for (size_t i = 0; i < r->attempt_count; i++)
        line_attempt(l, &r->attempts[i]);
    close_with(l, ']');
}

static void line_who(struct line *l, const struct sl_record *r)
{
    name(l, SL_STR("time"));
    put_time(l, r->wall_us);
    member_text(l, SL_STR("request_id"), r->request_id);
    member_text(l, SL_STR("client_ip"), r->client_ip);
    member_text(l, SL_STR("method"), r->method);
    member_text(l, SL_STR("host"), r->host);
    member_text(l, SL_STR("path"), r->path);
    member_text(l, SL_STR("user_agent"), r->user_agent);
    member_text(l, SL_STR("service"), r->service);
    member_text(l, SL_STR("service_version"), r->service_version);
    member_text(l, SL_STR("route"), r->route);
    member_text(l, SL_STR("consumer"), r->consumer);
    member_text(l, SL_STR("team"), r->team);
    member_text(l, SL_STR("credential"), r->credential);
}

static void line_end_of_it(struct line *l, const struct sl_record *r)
{
    member_number(l, SL_STR("status"), r->status);
    member_text(l, SL_STR("outcome"), outcome_names[r->outcome]);
    member_text(l, SL_STR("error"), label_of(r->rc));
    member_text(l, SL_STR("reason"), r->reason);
    member_number(l, SL_STR("request_bytes"), (int64_t)r->request_bytes);
    member_number(l, SL_STR("response_bytes"), (int64_t)r->response_bytes);
    member_number(l, SL_STR("duration_us"), r->took_us);
    member_number(l, SL_STR("upstream_us"), r->upstream_us);
    member_number(l, SL_STR("first_byte_us"), r->first_byte_us);
    member_counts(l, SL_STR("phases_us"), r->phase_us, phase_names, SL_LEN(phase_names));
}

static void line_ai(struct line *l, const struct sl_record *r)
{
    if (!r->is_ai)
        return;
    member_flag(l, SL_STR("stream"), r->is_stream);
    member_text(l, SL_STR("model_asked"), r->model_asked);
    member_text(l, SL_STR("model_route"), r->model_route);
    member_text(l, SL_STR("model_rule"), r->model_rule);
    member_text(l, SL_STR("vendor"), r->vendor);
    member_text(l, SL_STR("account"), r->account);
    member_text(l, SL_STR("model"), r->model);
    member_text(l, SL_STR("vendor_model"), r->vendor_model);
    member_text(l, SL_STR("key"), r->key_label);
    member_text(l, SL_STR("stop"), r->stop);
    member_text(l, SL_STR("service_tier"), r->service_tier);
    members_of_usage(l, &r->usage);
    member_money(l, SL_STR("cost_usd"), r->cost_nusd);
    if (r->reserved_nusd != 0)
        member_money(l, SL_STR("reserved_usd"), r->reserved_nusd);
}

void sl_record_json(const struct sl_record *r, struct sl_strbuf *out)
{
    size_t bound =
        LINE_BYTES + r->attempt_count * ATTEMPT_LINE_BYTES + text_bound(r) * ESCAPED_BYTES;
    struct line l = {.out = out, .p = sl_strbuf_room(out, bound)};
    if (l.p == NULL)
        return;
    open_with(&l, '{');
    line_who(&l, r);
    line_end_of_it(&l, r);
    line_ai(&l, r);
    line_attempts(&l, r);
    put(&l, SL_STR("}\n"));
    out->n = (size_t)(l.p - out->p);
}
