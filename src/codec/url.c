#include "codec/url.h"

#include <arpa/inet.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/bytescan.h"
#include "codec/httpchar_int.h"

enum { HOST_BYTES_MAX = 255, PORT_DIGITS_MAX = 5 };

static bool parse_port(sl_str digits, uint16_t *ret)
{
    uint32_t port = 0;
    if (digits.n == 0 || digits.n > PORT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(digits.p[i] - '0');
    }
    *ret = (uint16_t)port;
    return port >= 1 && port <= UINT16_MAX;
}

static bool is_ipv6(sl_str s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET6, text, &addr) == 1;
}

/** Behind the host of `authority` with its brackets, or 0 when it has none that is valid. */
static size_t host_bytes(sl_str authority)
{
    if (authority.n != 0 && authority.p[0] == '[') {
        size_t close = sl_str_find(authority, ']', 1);
        bool is_valid = close != SIZE_MAX && is_ipv6(sl_str_of(authority.p + 1, close - 1));
        return is_valid ? close + 1 : 0;
    }
    const char *end = authority.p + authority.n;
    return (size_t)(sl_httpchar_skip(authority.p, end, CHAR_HOST) - authority.p);
}

bool sl_authority_split(sl_str authority, sl_str *ret_host, uint16_t *ret_port)
{
    size_t n = host_bytes(authority);
    uint16_t port = 0;
    if (n == 0 || n > HOST_BYTES_MAX)
        return false;
    if (n < authority.n &&
        (authority.p[n] != ':' || !parse_port(sl_str_from(authority, n + 1), &port)))
        return false;
    bool is_bracketed = authority.p[0] == '[';
    *ret_host = is_bracketed ? sl_str_of(authority.p + 1, n - 2) : sl_str_head(authority, n);
    *ret_port = port;
    return true;
}

static sl_rc refuse_url(const char *why, const char **ret_why)
{
    *ret_why = why;
    return SL_E_SYNTAX;
}

static sl_str take_scheme(sl_str *rest)
{
    static const sl_str schemes[] = {SL_STR_INIT("https"), SL_STR_INIT("http")};
    for (size_t i = 0; i < SL_LEN(schemes); i++) {
        sl_str behind = sl_str_from(*rest, schemes[i].n);
        if (sl_str_istarts(*rest, schemes[i]) && sl_str_starts(behind, SL_STR("://"))) {
            *rest = sl_str_from(behind, 3);
            return schemes[i];
        }
    }
    return (sl_str){NULL, 0};
}

sl_rc sl_url_parse(sl_str text, struct sl_url *ret, const char **ret_why)
{
    struct sl_url u = {.scheme = take_scheme(&text)};
    size_t n = 0;
    if (u.scheme.n == 0)
        return refuse_url("must start with http:// or https://", ret_why);
    if (!sl_httpchar_all(text, CHAR_TARGET))
        return refuse_url("must not contain spaces, '#' or other than ASCII characters", ret_why);

    while (n < text.n && text.p[n] != '/' && text.p[n] != '?')
        n++;
    sl_str authority = sl_str_head(text, n), rest = sl_str_from(text, n);
    if (sl_str_find(authority, '@', 0) != SIZE_MAX)
        return refuse_url("must not contain a user name or password", ret_why);
    if (!sl_authority_split(authority, &u.host, &u.port))
        return refuse_url("must have a valid host, with or without a port", ret_why);
    u.is_ipv6 = authority.p[0] == '[';

    size_t question = sl_str_find(rest, '?', 0);
    u.has_query = question != SIZE_MAX;
    u.path = sl_str_head(rest, question);
    u.query = u.has_query ? sl_str_from(rest, question + 1) : (sl_str){NULL, 0};
    *ret = u;
    return SL_OK;
}

uint16_t sl_url_port(const struct sl_url *u)
{
    if (u->port != 0)
        return u->port;
    return sl_str_eq(u->scheme, SL_STR("https")) ? 443 : 80;
}

/** An empty segment, or one of nothing but ";params": as segment_kind_within has it, but not normalised. */
static bool is_raw_nothing(sl_str segment)
{
    bool is_empty = segment.n == 0 || segment.p[0] == ';' || sl_str_istarts(segment, SL_STR("%3B"));
    return is_empty && sl_str_find_str(segment, SL_STR("%2F")) == SIZE_MAX &&
           sl_str_find_str(segment, SL_STR("%2f")) == SIZE_MAX;
}

/** Length of the head of `text` whose escapes normalised are at least `*left` bytes; takes them off it. */
static size_t raw_head(sl_str text, size_t *left)
{
    size_t at = 0;
    while (at < text.n && *left != 0) {
        const char *p = text.p + at;
        bool is_escape = *p == '%';
        unsigned c = is_escape ? sl_httpchar_hex(p[1]) << 4 | sl_httpchar_hex(p[2]) : 0;
        bool stays = is_escape && !sl_httpchar_is((char)c, CHAR_UNRESERVED);
        at += is_escape ? 3 : 1;
        *left -= SL_MIN(*left, stays ? (size_t)3 : (size_t)1);
    }
    return at;
}

size_t sl_path_preserved_head(sl_str path, size_t normal_bytes)
{
    size_t at = 0;
    while (at < path.n && normal_bytes != 0) {
        sl_str rest = sl_str_from(path, at + 1);
        sl_str segment = sl_str_head(rest, sl_str_find(rest, '/', 0));
        bool is_last = segment.n == rest.n, is_nothing = is_raw_nothing(segment);
        if (is_last && is_nothing)
            return path.n;
        if (!is_nothing) {
            normal_bytes--; /* the slash */
            at += 1 + raw_head(segment, &normal_bytes);
        } else {
            at += 1 + segment.n;
        }
    }
    return at;
}

bool sl_query_get(sl_str query, sl_str name, sl_str *ret_value)
{
    sl_str part;
    while (sl_str_split(&query, '&', &part)) {
        sl_str key = sl_str_head(part, sl_str_find(part, '=', 0));
        if (!sl_str_eq(key, name))
            continue;
        *ret_value = sl_str_from(part, key.n + 1);
        return true;
    }
    return false;
}

/* Paths: escapes first, then segments, each step only when it would change something. */

static sl_rc refuse_path(const char *why, const char **ret_why)
{
    *ret_why = why;
    return SL_E_BAD_REQUEST;
}

/** The byte that the escape at `p` stands for, or -1 when there is no whole escape. */
static int escaped_byte(const char *p, const char *end)
{
    if (end - p < 3 || p[0] != '%' || !sl_httpchar_is(p[1], CHAR_HEX) ||
        !sl_httpchar_is(p[2], CHAR_HEX))
        return -1;
    return (int)(sl_httpchar_hex(p[1]) << 4 | sl_httpchar_hex(p[2]));
}

/** How many escapes at `p` make one character of UTF-8 (RFC 3629), or 0 when they do not. */
static size_t escaped_utf8(const char *p, const char *end)
{
    char bytes[4] = {0};
    size_t n = 0;
    for (int c; n < sizeof(bytes) && (c = escaped_byte(p + 3 * n, end)) >= 0; n++)
        bytes[n] = (char)c;
    return n != 0 ? sl_scan_utf8(bytes, bytes + n) : 0;
}

/** Bytes of the well-formed escape at `p`, three for each byte of a character; 0 when it is refused. */
static size_t check_escape(const char *p, const char *end, const char **ret_why)
{
    int c = escaped_byte(p, end);
    *ret_why = c < 0                   ? "broken escape in the path"
               : c < 0x20 || c == 0x7f ? "encoded control character in the path"
               : c == '\\'             ? "encoded backslash in the path"
                                       : "escapes in the path are not UTF-8";
    if (c < 0x20 || c == 0x7f || c == '\\')
        return 0;
    return 3 * escaped_utf8(p, end);
}

static bool is_lower_hex(char c)
{
    return c >= 'a';
}

/** Is the escape at `p` written in another way when normalised? */
static bool escape_changes(const char *p)
{
    unsigned c = sl_httpchar_hex(p[1]) << 4 | sl_httpchar_hex(p[2]);
    return is_lower_hex(p[1]) || is_lower_hex(p[2]) || sl_httpchar_is((char)c, CHAR_UNRESERVED);
}

static sl_rc check_bytes(sl_str path, bool *ret_changes, const char **ret_why)
{
    const char *p = path.p, *end = path.p + path.n;
    bool changes = false;
    while (p < end) {
        if (*p == '\\')
            return refuse_path("backslash in the path", ret_why);
        if (!sl_httpchar_is(*p, CHAR_TARGET) || *p == '?')
            return refuse_path("character not allowed in a path", ret_why);
        if (*p != '%') {
            p++;
            continue;
        }
        size_t n = check_escape(p, end, ret_why);
        if (n == 0)
            return SL_E_BAD_REQUEST;
        for (size_t i = 0; i < n; i += 3)
            changes |= escape_changes(p + i);
        p += n;
    }
    *ret_changes = changes;
    return SL_OK;
}

static char *put_escape(char *to, unsigned c)
{
    static const char digits[] = "0123456789ABCDEF";
    if (sl_httpchar_is((char)c, CHAR_UNRESERVED)) {
        *to = (char)c;
        return to + 1;
    }
    to[0] = '%';
    to[1] = digits[c >> 4];
    to[2] = digits[c & 0xf];
    return to + 3;
}

/** Rewrite the escapes of a path that check_bytes has passed; `to` has room for as many bytes. */
static sl_str rewrite_escapes(sl_str path, char *to)
{
    const char *p = path.p, *end = path.p + path.n;
    char *at = to;
    while (p < end) {
        if (*p != '%') {
            *at++ = *p++;
            continue;
        }
        at = put_escape(at, sl_httpchar_hex(p[1]) << 4 | sl_httpchar_hex(p[2]));
        p += 3;
    }
    return (sl_str){to, (size_t)(at - to)};
}

enum segment { PLAIN, NOTHING, HERE, UP, TWO_READINGS };

/** Without ";params", whose semicolon some servers also take encoded. */
static sl_str without_params(sl_str segment)
{
    size_t at = SL_MIN(sl_str_find(segment, ';', 0), sl_str_find_str(segment, SL_STR("%3B")));
    return sl_str_head(segment, at);
}

static enum segment segment_kind(sl_str segment)
{
    sl_str name = without_params(segment);
    if (name.n == 0)
        return NOTHING;
    if (sl_str_eq(name, SL_STR(".")))
        return HERE;
    return sl_str_eq(name, SL_STR("..")) ? UP : PLAIN;
}

/** An encoded slash is no separator, but a server that takes it for one must not find dots either. */
static enum segment segment_kind_within(sl_str segment)
{
    size_t slash;
    if (sl_str_find_str(segment, SL_STR("%2F")) == SIZE_MAX)
        return segment_kind(segment);
    do {
        slash = sl_str_find_str(segment, SL_STR("%2F"));
        enum segment kind = segment_kind(sl_str_head(segment, slash));
        if (kind == HERE || kind == UP)
            return TWO_READINGS;
        segment = slash != SIZE_MAX ? sl_str_from(segment, slash + 3) : segment;
    } while (slash != SIZE_MAX);
    return PLAIN;
}

/** What the segments of a path need: `has_dots` and `has_nothing` tell which kinds were met. */
static sl_rc check_segments(sl_str path, bool *ret_has_dots, bool *ret_has_nothing,
                            const char **ret_why)
{
    sl_str rest = sl_str_from(path, 1), segment;
    bool has_dots = false, has_nothing = false;
    while (sl_str_split(&rest, '/', &segment)) {
        enum segment kind = segment_kind_within(segment);
        bool is_trailing_slash = segment.n == 0 && rest.p == NULL;
        if (kind == TWO_READINGS)
            return refuse_path("dot segment beside an encoded slash", ret_why);
        has_dots |= kind == HERE || kind == UP;
        has_nothing |= kind == NOTHING && !is_trailing_slash;
    }
    *ret_has_dots = has_dots;
    *ret_has_nothing = has_nothing;
    return SL_OK;
}

/** RFC 3986, 5.2.4, and without empty segments. `to` may be the path's own memory. */
static sl_rc resolve_segments(sl_str path, char *to, sl_str *ret, const char **ret_why)
{
    sl_str rest = sl_str_from(path, 1), segment;
    size_t n = 0;
    while (sl_str_split(&rest, '/', &segment)) {
        enum segment kind = segment_kind_within(segment);
        if (kind == UP && n == 0)
            return refuse_path("path climbs above its root", ret_why);
        if (kind == UP)
            n = sl_str_rfind(sl_str_of(to, n), '/');
        if (kind == PLAIN || rest.p == NULL)
            to[n++] = '/';
        if (kind == PLAIN) {
            memmove(to + n, segment.p, segment.n);
            n += segment.n;
        }
    }
    *ret = sl_str_of(to, n);
    return SL_OK;
}

/** A path while it is normalised: what it reads like so far, and in whose memory. */
struct walk {
    sl_str text;
    char *copy; /* of text; NULL while that is the path itself */
    struct sl_arena *arena;
    bool escapes_change, has_dots, has_nothing;
    const char *why;
};

static sl_rc own_copy(struct walk *w)
{
    if (w->copy == NULL)
        w->copy = sl_arena_try_raw(w->arena, w->text.n);
    if (w->copy != NULL)
        return SL_OK;
    w->why = "no memory for the path";
    return SL_E_NOMEM;
}

static sl_rc normalise_escapes(struct walk *w)
{
    sl_rc rc = check_bytes(w->text, &w->escapes_change, &w->why);
    if (rc != SL_OK || !w->escapes_change)
        return rc;
    rc = own_copy(w);
    if (rc == SL_OK)
        w->text = rewrite_escapes(w->text, w->copy);
    return rc;
}

static sl_rc normalise_segments(struct walk *w)
{
    if (!w->has_dots && !w->has_nothing)
        return SL_OK;
    sl_rc rc = own_copy(w);
    if (rc == SL_OK)
        rc = resolve_segments(w->text, w->copy, &w->text, &w->why);
    return rc;
}

/** Bring the checked path into the form that `mode` asks for. */
static sl_rc settle(struct walk *w, sl_str path, enum sl_path_mode mode)
{
    switch (mode) {
    case SL_PATH_NORMALISE:
        return normalise_segments(w);
    case SL_PATH_REJECT:
        if (w->escapes_change || w->has_dots || w->has_nothing)
            return refuse_path("path is not in normal form", &w->why);
        return SL_OK;
    case SL_PATH_PRESERVE:
        if (w->has_dots)
            return refuse_path("dot segment in the path", &w->why);
        w->text = path;
        return SL_OK;
    }
    sl_panic(__FILE__, __LINE__, "no such path mode");
}

sl_rc sl_path_normalise(sl_str path, enum sl_path_mode mode, struct sl_arena *a, sl_str *ret,
                        const char **ret_why)
{
    struct walk w = {.text = path, .arena = a};
    if (sl_str_eq(path, SL_STR("*"))) {
        *ret = path;
        return SL_OK;
    }
    if (path.n == 0 || path.p[0] != '/')
        return refuse_path("path does not start with a slash", ret_why);

    sl_rc rc = normalise_escapes(&w);
    if (rc == SL_OK)
        rc = check_segments(w.text, &w.has_dots, &w.has_nothing, &w.why);
    if (rc == SL_OK)
        rc = settle(&w, path, mode);
    if (rc == SL_OK)
        *ret = w.text;
    else
        *ret_why = w.why;
    return rc;
}
