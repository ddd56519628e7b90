#include "codec/h1.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/h1_int.h"
#include "codec/httpchar_int.h"
#include "codec/url.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
    CONNECTION_OPTIONS_MAX = 32, /* else comparing them with the fields gets expensive */
    LENGTH_DIGITS_MAX = 19,      /* of 2^63-1 */
    VERSION_BYTES = 8,           /* "HTTP/1.1" */
};

const struct sl_h1_limits sl_h1_default_limits = {
    .head_bytes = 32768,
    .target_bytes = 8192,
    .field_count = 100,
    .chunk_ext_bytes = 16384,
    .trailer_bytes = 8192,
};

struct sl_h1_limits sl_h1_limits_or_default(const struct sl_h1_limits *given)
{
    const struct sl_h1_limits *d = &sl_h1_default_limits;
    if (given == NULL)
        return *d;
#define OR_DEFAULT(member) .member = given->member != 0 ? given->member : d->member
    return (struct sl_h1_limits){
        OR_DEFAULT(head_bytes),      OR_DEFAULT(target_bytes),  OR_DEFAULT(field_count),
        OR_DEFAULT(chunk_ext_bytes), OR_DEFAULT(trailer_bytes),
    };
#undef OR_DEFAULT
}

/* Scanning: sixteen bytes at a time, the rest and other machines by table. */

#if defined(__SSE2__)
static inline __m128i load16(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i equals(__m128i v, char c)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/** Control characters but tab. */
static inline unsigned value_stops(__m128i v)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    __m128i bad = _mm_or_si128(_mm_andnot_si128(equals(v, '\t'), low), equals(v, 0x7f));
    return (unsigned)_mm_movemask_epi8(bad);
}

/** Space, control characters, 0x80 and above (negative here), '#', and '?'. */
static inline unsigned target_stops(__m128i v)
{
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x21)), equals(v, 0x7f));
    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(odd, _mm_or_si128(equals(v, '#'), equals(v, '?'))));
}

/** All but letters, digits and '-'. */
static inline unsigned name_stops(__m128i v)
{
    __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i plain = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
                                 _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(plain, equals(v, '-'))) ^ 0xffff;
}

static inline unsigned line_feeds(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(equals(v, '\n'));
}
#endif

/** The end of the field value at `p`: the first byte that cannot be in one. */
static inline const char *scan_value(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (; end - p >= 16; p += 16) {
        unsigned stops = value_stops(load16(p));
        if (stops != 0)
            return p + (unsigned)__builtin_ctz(stops);
    }
#endif
    return sl_httpchar_skip(p, end, CHAR_VALUE);
}

/** The first '?' or byte that cannot be in a target. */
static inline const char *scan_target(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (; end - p >= 16; p += 16) {
        unsigned stops = target_stops(load16(p));
        if (stops != 0)
            return p + (unsigned)__builtin_ctz(stops);
    }
#endif
    while (p < end && *p != '?' && sl_httpchar_is(*p, CHAR_TARGET))
        p++;
    return p;
}

/** Length of the empty line behind the line feed at `p`, or 0. */
static inline size_t empty_line_behind(const char *p, const char *end)
{
    if (end - p >= 2 && p[1] == '\n')
        return 1;
    return end - p >= 3 && p[1] == '\r' && p[2] == '\n' ? 2 : 0;
}

/** Where the head that ends at or after `p` ends, or NULL. */
static const char *find_head_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    /* Candidates are line feeds with CR or LF behind them: lines inside of a head have neither. */
    for (; end - p >= 17; p += 16) {
        __m128i next = load16(p + 1);
        unsigned ends =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(equals(next, '\r'), equals(next, '\n')));
        for (ends &= line_feeds(load16(p)); ends != 0; ends &= ends - 1) {
            const char *lf = p + __builtin_ctz(ends);
            size_t n = empty_line_behind(lf, end);
            if (n != 0)
                return lf + 1 + n;
        }
    }
#endif
    for (; p < end; p++) {
        size_t n = *p == '\n' ? empty_line_behind(p, end) : 0;
        if (n != 0)
            return p + 1 + n;
    }
    return NULL;
}

size_t sl_h1_head_end(sl_str bytes, size_t *scanned)
{
    SL_ASSERT(*scanned <= bytes.n);
    if (bytes.n == 0)
        return 0;
    const char *end = find_head_end(bytes.p + *scanned, bytes.p + bytes.n);
    if (end != NULL)
        return (size_t)(end - bytes.p);
    *scanned = bytes.n < 2 ? 0 : SL_MAX(*scanned, bytes.n - 2); /* "\n\r" may be its last bytes */
    return 0;
}

/**
 * A head while it is read. The text ends with an empty line, so a loop that stops at CR cannot run
 * out of it, and two bytes may be looked at wherever one is not behind that line.
 */
struct reader {
    const char *p, *end;
    const char *why;
    struct sl_h1_limits limits;
    struct sl_head head;
    sl_str length, coding;
    uint32_t fields; /* lines seen, also dropped ones */
    uint8_t connection_options;
    uint8_t hosts; /* Host fields seen, at most 2 counted */
    bool has_length, has_coding, has_upgrade;
    bool is_response;
    bool wants_close, wants_keep_alive, names_upgrade;
};

static sl_rc refuse_as(struct reader *r, sl_rc rc, const char *why)
{
    r->why = why;
    return rc;
}

static sl_rc refuse(struct reader *r, const char *why)
{
    return refuse_as(r, SL_E_BAD_REQUEST, why);
}

static bool ends_with_empty_line(sl_str s)
{
    return s.n >= 4 && memcmp(s.p + s.n - 4, "\r\n\r\n", 4) == 0;
}

/* Field lines (RFC 9112, 5) */

/** For what runs once per field: its calls cost a tenth of the whole. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *why_no_name(const char *name, const char *p)
{
    bool is_space = is_blank(*p);
    if (p == name)
        return is_space    ? "folded or indented header line"
               : *p == ':' ? "empty header name"
                           : "malformed header line";
    return is_space                   ? "white space before the colon of a header"
           : *p == '\r' || *p == '\n' ? "header line without a colon"
                                      : "character not allowed in a header name";
}

/** The end of the name at `p` if it is a token: a colon nearby, else the first byte of no token. */
static inline const char *name_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (int i = 0; i < 2 && end - p >= 16; i++, p += 16) {
        unsigned colons = (unsigned)_mm_movemask_epi8(equals(load16(p), ':'));
        if (colons != 0)
            return p + (unsigned)__builtin_ctz(colons);
    }
#endif
    return sl_httpchar_skip(p, end, CHAR_TOKEN);
}

/** The end of the token at `p`. *ret_kinds tells of an underscore in it. */
static const char *scan_name(const char *p, const char *end, uint8_t *ret_kinds)
{
    uint8_t kinds = 0;
#if defined(__SSE2__)
    for (unsigned stops = 0; stops == 0 && end - p >= 16;) {
        stops = name_stops(load16(p));
        p += stops != 0 ? (unsigned)__builtin_ctz(stops) : 16;
    }
#endif
    for (uint8_t k; ((k = sl_httpchar[(unsigned char)*p]) & CHAR_TOKEN) != 0; p++)
        kinds |= k;
    *ret_kinds = kinds;
    return p;
}

/** Read the line at *at and step behind it. *ret_kinds tells of an underscore in the name. */
ALWAYS_INLINE sl_rc read_field(struct reader *r, const char **at, struct sl_header *ret,
                               uint8_t *ret_kinds)
{
    const char *name = *at, *p = name_end(name, r->end);
    *ret_kinds = 0;
    ret->name = (sl_str){name, (size_t)(p - name)};
    ret->id = (uint16_t)sl_header_id(ret->name);
    if (ret->id == SL_H_OTHER) { /* the known ones are tokens */
        p = scan_name(name, r->end, ret_kinds);
        ret->name.n = (size_t)(p - name);
        if (p == name)
            return refuse(r, why_no_name(name, p));
    }
    if (*p != ':')
        return refuse(r, why_no_name(name, p));

    do
        p++;
    while (is_blank(*p));
    const char *value = p;
    p = scan_value(p, r->end);
    if (p[0] != '\r' || p[1] != '\n')
        return refuse(r, *p == '\n' ? "bare line feed" : "control character in a header value");
    *at = p + 2;
    while (p > value && is_blank(p[-1]))
        p--;
    ret->value = (sl_str){value, (size_t)(p - value)};
    return SL_OK;
}

static sl_rc note_connection(struct reader *r, sl_str value)
{
    sl_str option;
    while (sl_header_next_token(&value, &option)) {
        if (++r->connection_options > CONNECTION_OPTIONS_MAX)
            return refuse(r, "too many connection options");
        r->wants_close |= sl_str_ieq(option, SL_STR("close"));
        enum sl_header_id id = sl_header_id(option);
        r->wants_keep_alive |= id == SL_H_KEEP_ALIVE;
        r->names_upgrade |= id == SL_H_UPGRADE;
    }
    return SL_OK;
}

static sl_rc note_length(struct reader *r, sl_str value)
{
    if (r->has_length)
        return refuse(r, "more than one Content-Length");
    r->has_length = true;
    r->length = value;
    return SL_OK;
}

static sl_rc note_coding(struct reader *r, sl_str value)
{
    if (r->has_coding)
        return refuse(r, "more than one Transfer-Encoding");
    r->has_coding = true;
    r->coding = value;
    return SL_OK;
}

static sl_rc note_expect(struct reader *r, sl_str value)
{
    if (!sl_str_ieq(value, SL_STR("100-continue")))
        return refuse_as(r, SL_E_EXPECTATION, "unknown expectation");
    r->head.expects_continue = true;
    return SL_OK;
}

static void note_host(struct reader *r, sl_str value)
{
    r->hosts = r->hosts == 0 ? 1 : 2;
    r->head.authority = value;
}

/** Remember what framing, routing and connection handling need of a field. */
static sl_rc note(struct reader *r, const struct sl_header *f)
{
    switch (f->id) {
    case SL_H_CONNECTION:
        return note_connection(r, f->value);
    case SL_H_CONTENT_LENGTH:
        return note_length(r, f->value);
    case SL_H_TRANSFER_ENCODING:
        return note_coding(r, f->value);
    case SL_H_UPGRADE:
        r->has_upgrade = true;
        return SL_OK;
    case SL_H_HOST:
        note_host(r, f->value);
        return SL_OK;
    case SL_H_EXPECT:
        return r->is_response ? SL_OK : note_expect(r, f->value);
    default:
        return SL_OK;
    }
}

enum { ALIAS_BYTES_MAX = 32 }; /* no framing field has a longer name */

/** Is it a framing field spelled with underscores? Some peers take it for one (cases-http 15). */
static bool is_framing_alias(sl_str name)
{
    char dashed[ALIAS_BYTES_MAX];
    if (name.n > sizeof(dashed))
        return false;
    for (size_t i = 0; i < name.n; i++)
        dashed[i] = name.p[i] == '_' ? '-' : name.p[i];
    return (sl_header_flags(sl_header_id((sl_str){dashed, name.n})) & SL_HF_FRAMING) != 0;
}

/** Requests lose names with an underscore; responses a Content-Length that only repeats the first. */
static inline bool is_dropped(const struct reader *r, const struct sl_header *f, uint8_t name_kinds)
{
    if (!r->is_response)
        return (name_kinds & CHAR_UNDERSCORE) != 0;
    return f->id == SL_H_CONTENT_LENGTH && r->has_length && sl_str_eq(f->value, r->length);
}

ALWAYS_INLINE sl_rc take_field(struct reader *r, const char **at)
{
    if (++r->fields > r->limits.field_count)
        return refuse_as(r, SL_E_HEAD_TOO_LARGE, "too many header fields");

    struct sl_header *f = sl_headers_next(&r->head.headers);
    uint8_t kinds;
    if (f == NULL)
        return refuse_as(r, SL_E_NOMEM, "no memory for headers");
    sl_rc rc = read_field(r, at, f, &kinds);
    if (rc == SL_OK && (kinds & CHAR_UNDERSCORE) != 0 && is_framing_alias(f->name))
        return refuse(r, "a framing field spelled with an underscore");
    if (rc != SL_OK || is_dropped(r, f, kinds))
        return rc;
    rc = note(r, f);
    if (rc == SL_OK)
        sl_headers_take_next(&r->head.headers);
    return rc;
}

static sl_rc read_fields(struct reader *r)
{
    const char *p = r->p, *end = r->end - 2;
    sl_rc rc = SL_OK;
    while (rc == SL_OK && p < end)
        rc = take_field(r, &p);
    sl_headers_trim(&r->head.headers);
    return rc;
}

/* Framing (RFC 9112, 6) */

static bool parse_length(sl_str s, uint64_t *ret)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > LENGTH_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = v;
    return v <= INT64_MAX;
}

/** Codings in front of a final "chunked" are valid HTTP that we do not speak; the rest is malformed. */
static bool is_foreign_coding(sl_str value)
{
    sl_str part = {NULL, 0};
    bool is_chunked = false;
    while (!is_chunked && sl_str_split(&value, ',', &part)) {
        part = sl_str_trim(part);
        if (part.n == 0 || !sl_httpchar_all(part, CHAR_TOKEN))
            return false;
        is_chunked = sl_str_ieq(part, SL_STR("chunked"));
    }
    return is_chunked && value.p == NULL;
}

static sl_rc settle_coding(struct reader *r)
{
    if (r->has_length)
        return refuse(r, "both Content-Length and Transfer-Encoding");
    if (r->head.version == 10)
        return refuse(r, "Transfer-Encoding in HTTP/1.0");
    if (!sl_str_ieq(r->coding, SL_STR("chunked"))) {
        bool is_foreign = is_foreign_coding(r->coding);
        return refuse_as(r, is_foreign ? SL_E_TRANSFER_CODING : SL_E_BAD_REQUEST,
                         "Transfer-Encoding is not exactly chunked");
    }
    r->head.body_kind = SL_BODY_CHUNKED;
    return SL_OK;
}

/** How the body is delimited when nothing but the fields decides; `otherwise` when they are silent. */
static sl_rc settle_framing(struct reader *r, enum sl_body_kind otherwise)
{
    if (r->has_coding)
        return settle_coding(r);
    r->head.body_kind = r->has_length ? SL_BODY_LENGTH : otherwise;
    if (r->has_length && !parse_length(r->length, &r->head.body_bytes))
        return refuse(r, "malformed Content-Length");
    return SL_OK;
}

static void settle_connection(struct reader *r)
{
    struct sl_head *h = &r->head;
    h->keep_alive = !r->wants_close && (h->version >= 11 || r->wants_keep_alive);
    h->wants_upgrade = h->version >= 11 && r->names_upgrade && r->has_upgrade;
}

/* Requests (RFC 9112, 3) */

/** "HTTP/1.x": 10 or 11 in *ret; later minor versions speak 1.1 (RFC 9110, 2.5). */
static sl_rc read_version(struct reader *r, const char *p, uint8_t *ret)
{
    if (r->end - p < VERSION_BYTES || memcmp(p, "HTTP/", 5) != 0 || p[6] != '.' || p[5] < '1' ||
        p[5] > '9' || p[7] < '0' || p[7] > '9')
        return refuse(r, "malformed HTTP version");
    if (p[5] != '1')
        return refuse_as(r, SL_E_HTTP_VERSION, "HTTP version other than 1.x");
    *ret = p[7] == '0' ? 10 : 11;
    return SL_OK;
}

/** Split head->target, whose query starts behind `question` (NULL: there is none). */
static inline void split_target(struct sl_head *h, const char *question)
{
    h->has_query = question != NULL;
    if (!h->has_query) {
        h->path = h->target;
        return;
    }
    const char *end = h->target.p + h->target.n;
    h->path = (sl_str){h->target.p, (size_t)(question - h->target.p)};
    h->query = (sl_str){question + 1, (size_t)(end - question - 1)};
}

static inline sl_rc read_request_line(struct reader *r)
{
    const char *p = r->p, *question = NULL;
    while (sl_httpchar_is(*p, CHAR_TOKEN))
        p++;
    if (p == r->p || *p != ' ')
        return refuse(r, "malformed method");
    r->head.method = (sl_str){r->p, (size_t)(p - r->p)};
    r->head.method_id = sl_method_of(r->head.method);

    const char *target = ++p;
    p = scan_target(p, r->end);
    if (*p == '?')
        question = p;
    while (*p == '?')
        p = scan_target(p + 1, r->end);
    if (p == target || *p != ' ')
        return refuse(r, "malformed request target");
    r->head.target = (sl_str){target, (size_t)(p - target)};
    if (r->head.target.n > r->limits.target_bytes)
        return refuse_as(r, SL_E_URI_TOO_LONG, "request target too long");
    split_target(&r->head, question);

    sl_rc rc = read_version(r, ++p, &r->head.version);
    if (rc != SL_OK)
        return rc;
    if (p[VERSION_BYTES] != '\r' || p[VERSION_BYTES + 1] != '\n')
        return refuse(r, "malformed request line");
    r->p = p + VERSION_BYTES + 2;
    return SL_OK;
}

/** RFC 9112, 3.2: one Host in HTTP/1.1, whatever the form of the target. */
static sl_rc check_host(struct reader *r)
{
    sl_str host;
    uint16_t port;
    if (r->hosts == 0)
        return r->head.version == 10 ? SL_OK : refuse(r, "no Host");
    if (r->hosts > 1)
        return refuse(r, "more than one Host");
    if (!sl_authority_split(r->head.authority, &host, &port))
        return refuse(r, "malformed Host");
    return SL_OK;
}

/** "host:port": there is nothing but an authority (RFC 9112, 3.2.3). */
static sl_rc settle_connect(struct reader *r)
{
    sl_str host;
    uint16_t port;
    struct sl_head *h = &r->head;
    if (!sl_authority_split(h->target, &host, &port) || port == 0)
        return refuse(r, "the target of CONNECT must be host:port");
    h->authority = h->target;
    h->path = (sl_str){NULL, 0};
    return SL_OK;
}

/** An absolute form without a path: "/" goes in front of the query, OPTIONS means the server. */
static sl_rc settle_empty_path(struct reader *r, sl_str query)
{
    struct sl_head *h = &r->head;
    bool is_server = h->method_id == SL_METHOD_OPTIONS && query.n == 0;
    if (query.n == 0) {
        h->target = is_server ? SL_STR("*") : SL_STR("/");
        split_target(h, NULL);
        return SL_OK;
    }
    char *target = sl_arena_try_raw(h->headers.arena, query.n + 1);
    if (target == NULL)
        return refuse_as(r, SL_E_NOMEM, "no memory for the target");
    target[0] = '/';
    memcpy(target + 1, query.p, query.n);
    h->target = (sl_str){target, query.n + 1};
    split_target(h, target + 1);
    return SL_OK;
}

static size_t scheme_bytes(sl_str target)
{
    if (sl_str_istarts(target, SL_STR("http://")))
        return 7;
    return sl_str_istarts(target, SL_STR("https://")) ? 8 : 0;
}

/** Its authority wins over Host, which then says the same (RFC 9112, 3.2.2). */
static sl_rc settle_absolute(struct reader *r)
{
    struct sl_head *h = &r->head;
    size_t scheme = scheme_bytes(h->target);
    if (scheme == 0)
        return refuse(r, "request target is neither a path nor an http URL");

    sl_str rest = sl_str_from(h->target, scheme), host;
    uint16_t port;
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
        n++;
    h->authority = sl_str_head(rest, n);
    if (!sl_authority_split(h->authority, &host, &port))
        return refuse(r, "malformed host in the request target");
    if (r->hosts != 0 && !sl_headers_set_id(&h->headers, SL_H_HOST, h->authority))
        return refuse_as(r, SL_E_NOMEM, "no memory for headers");

    rest = sl_str_from(rest, n);
    if (rest.n == 0 || rest.p[0] == '?')
        return settle_empty_path(r, rest);
    h->target = rest;
    split_target(h, h->has_query ? h->query.p - 1 : NULL);
    return SL_OK;
}

/** Bring the four forms of RFC 9112, 3.2 down to path, query and authority. */
static sl_rc settle_target(struct reader *r)
{
    struct sl_head *h = &r->head;
    sl_rc rc = check_host(r);
    if (rc != SL_OK)
        return rc;
    if (h->method_id == SL_METHOD_CONNECT)
        return settle_connect(r);
    if (h->target.p[0] == '/')
        return SL_OK;
    if (!sl_str_eq(h->target, SL_STR("*")))
        return settle_absolute(r);
    return h->method_id == SL_METHOD_OPTIONS ? SL_OK : refuse(r, "\"*\" is for OPTIONS only");
}

static sl_rc read_request(struct reader *r)
{
    sl_rc rc = read_request_line(r);
    if (rc == SL_OK)
        rc = read_fields(r);
    if (rc == SL_OK)
        rc = settle_target(r);
    if (rc == SL_OK)
        rc = settle_framing(r, SL_BODY_NONE);
    if (rc != SL_OK)
        return rc;
    settle_connection(r);
    /* HTTP/1.0 clients cannot take an interim answer (RFC 9110, 10.1.1) */
    r->head.expects_continue &= r->head.version >= 11;
    return SL_OK;
}

static sl_rc open_head(struct reader *r, sl_str bytes, struct sl_arena *a)
{
    if (bytes.n > r->limits.head_bytes)
        return refuse_as(r, SL_E_HEAD_TOO_LARGE, "head too large");
    if (!ends_with_empty_line(bytes))
        return refuse(r, "lines do not end with CRLF");
    r->p = bytes.p;
    r->end = bytes.p + bytes.n;
    sl_headers_init(&r->head.headers, a);
    return SL_OK;
}

sl_rc sl_h1_parse_request(sl_str head_bytes, const struct sl_h1_limits *limits, struct sl_arena *a,
                          struct sl_head *ret, const char **ret_why)
{
    struct reader r = {.limits = sl_h1_limits_or_default(limits)};
    sl_rc rc = open_head(&r, head_bytes, a);
    if (rc == SL_OK)
        rc = read_request(&r);
    if (rc == SL_OK)
        *ret = r.head;
    else
        *ret_why = r.why;
    return rc;
}

/* Responses (RFC 9112, 4) */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** The reason phrase may be empty, and then its space missing. */
static sl_rc read_status_line(struct reader *r)
{
    const char *p = r->p;
    sl_rc rc = read_version(r, p, &r->head.version);
    if (rc != SL_OK)
        return rc;
    p += VERSION_BYTES;
    if (r->end - p < 6 || p[0] != ' ' || p[1] < '1' || p[1] > '9' || !is_digit(p[2]) ||
        !is_digit(p[3]) || (p[4] != ' ' && p[4] != '\r'))
        return refuse(r, "malformed status");
    r->head.status = (uint16_t)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));

    p += p[4] == ' ' ? 5 : 4;
    const char *reason = p;
    p = scan_value(p, r->end);
    if (p[0] != '\r' || p[1] != '\n')
        return refuse(r, "malformed status line");
    r->head.reason = (sl_str){reason, (size_t)(p - reason)};
    r->p = p + 2;
    return SL_OK;
}

/** RFC 9112, 6.3, 1 and 2. */
static bool has_no_body(uint16_t status, enum sl_method request_method)
{
    return status < 200 || status == 204 || status == 304 || request_method == SL_METHOD_HEAD ||
           (request_method == SL_METHOD_CONNECT && status < 300);
}

static sl_rc read_response(struct reader *r, enum sl_method request_method)
{
    struct sl_head *h = &r->head;
    sl_rc rc = read_status_line(r);
    if (rc == SL_OK)
        rc = read_fields(r);
    if (rc == SL_OK)
        rc = settle_framing(r, SL_BODY_CLOSE);
    if (rc != SL_OK)
        return rc;
    settle_connection(r);
    if (has_no_body(h->status, request_method))
        h->body_kind = SL_BODY_NONE;
    h->keep_alive &= h->body_kind != SL_BODY_CLOSE;
    h->authority = (sl_str){NULL, 0};
    return SL_OK;
}

sl_rc sl_h1_parse_response(sl_str head_bytes, const struct sl_h1_limits *limits,
                           enum sl_method request_method, struct sl_arena *a, struct sl_head *ret,
                           const char **ret_why)
{
    struct reader r = {.limits = sl_h1_limits_or_default(limits), .is_response = true};
    sl_rc rc = open_head(&r, head_bytes, a);
    if (rc == SL_OK)
        rc = read_response(&r, request_method);
    if (rc == SL_OK) {
        *ret = r.head;
        return SL_OK;
    }
    *ret_why = r.why;
    return rc == SL_E_HEAD_TOO_LARGE || rc == SL_E_NOMEM ? rc : SL_E_UPSTREAM_PROTOCOL;
}

/* Trailers (RFC 9112, 7.1.2) */

static bool is_trailer(const struct sl_header *f)
{
    const uint32_t never = SL_HF_HOP | SL_HF_FRAMING | SL_HF_GUARDED | SL_HF_SECRET | SL_HF_CONTROL;
    return (sl_header_flags(f->id) & never) == 0;
}

static sl_rc take_trailer(struct reader *r, const char **at)
{
    if (++r->fields > r->limits.field_count)
        return refuse_as(r, SL_E_LIMIT, "too many trailer fields");
    struct sl_header *f = sl_headers_next(&r->head.headers);
    uint8_t kinds;
    if (f == NULL)
        return refuse_as(r, SL_E_LIMIT, "no memory for trailers");
    sl_rc rc = read_field(r, at, f, &kinds);
    if (rc == SL_OK && (kinds & CHAR_UNDERSCORE) == 0 && is_trailer(f))
        sl_headers_take_next(&r->head.headers);
    return rc;
}

sl_rc sl_h1_parse_trailers(sl_str text, const struct sl_h1_limits *limits, struct sl_headers *ret,
                           const char **ret_why)
{
    struct reader r = {.limits = *limits, .end = text.p + text.n};
    sl_rc rc = SL_OK;
    if (!ends_with_empty_line(text))
        rc = refuse(&r, "bare line feed");
    sl_headers_init(&r.head.headers, ret->arena);
    for (const char *p = text.p, *end = r.end - 2; rc == SL_OK && p < end;)
        rc = take_trailer(&r, &p);
    if (rc == SL_OK)
        *ret = r.head.headers;
    else
        *ret_why = r.why;
    return rc;
}
