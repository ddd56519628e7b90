#include "codec/h1.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/httpchar_int.h"
#include "codec/url.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
    CONNECTION_OPTIONS_MAX = 32, /* else comparing them with the fields gets expensive */
    LENGTH_DIGITS_MAX = 19,      /* of 2^63-1 */
    CHUNK_DIGITS_MAX = 16,
    VERSION_BYTES = 8,  /* "HTTP/1.1" */
    FRAMING_BYTES = 96, /* the longest framing and Connection lines together, and the empty line */
};

const struct sl_h1_limits sl_h1_default_limits = {
    .head_bytes = 32768,
    .target_bytes = 8192,
    .field_count = 100,
    .chunk_ext_bytes = 16384,
    .trailer_bytes = 8192,
};

static struct sl_h1_limits with_defaults(const struct sl_h1_limits *given)
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
            return p + __builtin_ctz(stops);
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
            return p + __builtin_ctz(stops);
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

static const char *why_no_name(const char *name, const char *p)
{
    bool is_space = *p == ' ' || *p == '\t';
    if (p == name)
        return is_space    ? "folded or indented header line"
               : *p == ':' ? "empty header name"
                           : "malformed header line";
    return is_space                   ? "white space before the colon of a header"
           : *p == '\r' || *p == '\n' ? "header line without a colon"
                                      : "character not allowed in a header name";
}

/** How far the name at `p` may reach: to a colon nearby, else as far as it is a token. */
static inline const char *name_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    if (end - p >= 16) {
        unsigned colons = (unsigned)_mm_movemask_epi8(equals(load16(p), ':'));
        if (colons != 0)
            return p + __builtin_ctz(colons);
    }
#endif
    return sl_httpchar_skip(p, end, CHAR_TOKEN);
}

/** Read one line and step behind it. `*ret_kinds` is the union of kinds in a name that is not known. */
static inline sl_rc read_field(struct reader *r, struct sl_header *ret, uint8_t *ret_kinds)
{
    const char *name = r->p, *p = name_end(name, r->end);
    uint8_t kinds = 0;
    ret->name = (sl_str){name, (size_t)(p - name)};
    ret->id = (uint16_t)sl_header_id(ret->name);
    if (ret->id == SL_H_OTHER) { /* the known ones are tokens */
        p = name;
        for (uint8_t k; ((k = sl_httpchar[(unsigned char)*p]) & CHAR_TOKEN) != 0; p++)
            kinds |= k;
        if (p == name)
            return refuse(r, why_no_name(name, p));
    }
    if (*p != ':')
        return refuse(r, why_no_name(name, p));

    do
        p++;
    while (*p == ' ' || *p == '\t');
    const char *value = p;
    p = scan_value(p, r->end);
    if (p[0] != '\r' || p[1] != '\n')
        return refuse(r, *p == '\n' ? "bare line feed" : "control character in a header value");
    r->p = p + 2;
    while (p > value && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    ret->value = (sl_str){value, (size_t)(p - value)};
    *ret_kinds = kinds;
    return SL_OK;
}

static sl_rc note_connection(struct reader *r, sl_str value)
{
    sl_str option;
    while (sl_header_next_token(&value, &option)) {
        if (++r->connection_options > CONNECTION_OPTIONS_MAX)
            return refuse(r, "too many connection options");
        r->wants_close |= sl_str_ieq(option, SL_STR("close"));
        r->wants_keep_alive |= sl_str_ieq(option, SL_STR("keep-alive"));
        r->names_upgrade |= sl_str_ieq(option, SL_STR("upgrade"));
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

/** Requests lose names with an underscore; responses a Content-Length that only repeats the first. */
static inline bool is_dropped(const struct reader *r, const struct sl_header *f, uint8_t name_kinds)
{
    if (!r->is_response)
        return (name_kinds & CHAR_UNDERSCORE) != 0;
    return f->id == SL_H_CONTENT_LENGTH && r->has_length && sl_str_eq(f->value, r->length);
}

static inline sl_rc take_field(struct reader *r)
{
    if (++r->fields > r->limits.field_count)
        return refuse_as(r, SL_E_HEAD_TOO_LARGE, "too many header fields");

    struct sl_headers *h = &r->head.headers;
    struct sl_header f;
    uint8_t kinds;
    sl_rc rc = read_field(r, &f, &kinds);
    if (rc != SL_OK || is_dropped(r, &f, kinds))
        return rc;
    rc = note(r, &f);
    if (rc != SL_OK)
        return rc;
    return sl_headers_push(h, &f) ? SL_OK : refuse_as(r, SL_E_NOMEM, "no memory for headers");
}

static sl_rc read_fields(struct reader *r)
{
    sl_rc rc = SL_OK;
    while (rc == SL_OK && r->p < r->end - 2)
        rc = take_field(r);
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
    struct reader r = {.limits = with_defaults(limits)};
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
    struct reader r = {.limits = with_defaults(limits), .is_response = true};
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

/* Bodies (RFC 9112, 6 and 7) */

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
    b->limits = with_defaults(limits);
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

static bool is_trailer(const struct sl_header *f)
{
    const uint32_t never = SL_HF_HOP | SL_HF_FRAMING | SL_HF_GUARDED | SL_HF_SECRET | SL_HF_CONTROL;
    return (sl_header_flags(f->id) & never) == 0;
}

/** Read the collected lines by the rules of header fields. */
static sl_rc read_trailers(struct sl_h1_body *b, const char **ret_why)
{
    struct reader r = {.p = b->trailer_text.p, .end = b->trailer_text.p + b->trailer_text.n};
    while (r.p < r.end - 2) {
        struct sl_header f;
        uint8_t kinds;
        if (++r.fields > b->limits.field_count)
            return beyond("too many trailer fields", ret_why);
        if (read_field(&r, &f, &kinds) != SL_OK)
            return malformed(r.why, ret_why);
        if ((kinds & CHAR_UNDERSCORE) == 0 && is_trailer(&f) && !sl_headers_push(&b->trailers, &f))
            return beyond("no memory for trailers", ret_why);
    }
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
    if (!ends_with_empty_line(sl_strbuf_str(&b->trailer_text)))
        return malformed("bare line feed", ret_why);
    return read_trailers(b, ret_why);
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

static sl_rc feed_chunked(struct sl_h1_body *b, sl_str *in, sl_str *ret_data, const char **ret_why)
{
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
    if (b->left == 0)
        b->state = CHUNK_DATA_CR;
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

/* Writing */

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
