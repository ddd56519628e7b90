#include "codec/jsonscan.h"

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/bytescan.h"

enum {
    TRACKED = 2,          /* levels whose members can be wanted */
    ODD_LETTER_BYTES = 3, /* the longest letter that Unicode folds into an ASCII one */
    ESCAPED_BYTES = 6,    /* \u006d: the most that one decoded byte can take */
    RAW_NAME_BYTES = SL_JSONSCAN_NAME_BYTES * ESCAPED_BYTES
};

/* The member that is being read at one level. */
struct member {
    size_t key_at, key_n, at;
    struct sl_json_range *ret; /* NULL: nobody wants it */
};

/* A wanted name, split at its dot. */
struct wanted {
    sl_str top, nested; /* nested is empty for a member of the top-level object */
};

struct scan {
    const char *base, *p, *end;
    struct wanted wanted[SL_JSONSCAN_WANTED_MAX];
    size_t n_wanted;
    uint8_t
        top_starts[32]; /* bit set: some wanted name begins with such a letter, in either case */
    struct sl_json_range *ret;
    struct sl_jsonscan_info *info;
    sl_rc rc;
    uint32_t depth, depth_max;
    uint64_t
        objects[SL_JSONSCAN_DEPTH_MAX / 64 + 1]; /* bit d: the container at depth d is an object */
    struct member members[TRACKED];
    char parent_buf[RAW_NAME_BYTES];
    sl_str
        parent; /* decoded name of the top-level member, when wanted ones are inside; else empty */
};

enum step { VALUE, FIRST_MEMBER, FIRST_ELEMENT, MEMBER, AFTER, DONE, FAILED };

static enum step fail(struct scan *s, const char *at, sl_rc rc, const char *reason)
{
    s->rc = rc;
    s->info->error_at = (size_t)(at - s->base);
    s->info->reason = reason;
    return FAILED;
}

static enum step bad(struct scan *s, const char *at, const char *reason)
{
    return fail(s, at, SL_E_SYNTAX, at == s->end ? "unexpected end" : reason);
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static enum sl_json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return SL_JSON_OBJECT;
    case '[':
        return SL_JSON_ARRAY;
    case '"':
        return SL_JSON_STRING;
    case 't':
        return SL_JSON_TRUE;
    case 'f':
        return SL_JSON_FALSE;
    case 'n':
        return SL_JSON_NULL;
    default:
        return first == '-' || is_digit(first) ? SL_JSON_NUMBER : SL_JSON_NONE;
    }
}

/* The UTF-16 unit of "\uXXXX" at `p`, or -1. */
static int32_t unit_at(const char *p, const char *end)
{
    if (end - p < ESCAPED_BYTES || p[0] != '\\' || p[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (int i = 2; i < ESCAPED_BYTES; i++) {
        int digit = sl_num_hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What the one-letter escapes stand for; 0: no such escape. */
static const char letter_values[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static inline char letter_value(char c)
{
    return letter_values[(unsigned char)c];
}

/* Step over the escape at s->p. */
static bool scan_escape(struct scan *s)
{
    const char *p = s->p;
    if (s->end - p >= 2 && letter_value(p[1]) != 0) {
        s->p = p + 2;
        return true;
    }
    int32_t unit = unit_at(p, s->end);
    if (unit < 0) {
        (void)fail(s, p, SL_E_SYNTAX, s->end - p < 2 ? "unexpected end" : "malformed escape");
        return false;
    }
    s->p = p + ESCAPED_BYTES;
    if (is_high(unit) && is_low(unit_at(s->p, s->end)))
        s->p += ESCAPED_BYTES;
    else if (is_high(unit) || is_low(unit))
        s->info->has_lone_surrogate = true;
    return true;
}

/* Three bytes, as of most Chinese, Japanese and Korean text: neither overlong nor a surrogate. */
static inline bool is_common_triple(const char *p, const char *end)
{
    return end - p >= 3 && (unsigned char)p[0] >= 0xe1 && (unsigned char)p[0] <= 0xec &&
           sl_scan_is_tail(p[1]) && sl_scan_is_tail(p[2]);
}

static bool scan_utf8(struct scan *s)
{
    const char *p = s->p, *end = s->end;
    while (p < end && (unsigned char)*p >= 0x80) {
        size_t n = is_common_triple(p, end) ? 3 : sl_scan_utf8(p, end);
        if (n == 0) {
            (void)fail(s, p, SL_E_SYNTAX, "invalid UTF-8");
            return false;
        }
        p += n;
    }
    s->p = p;
    return true;
}

/* From behind the opening quote to behind the closing one. */
static bool scan_string(struct scan *s)
{
    for (;;) {
        s->p = sl_scan_plain(s->p, s->end);
        if (s->p == s->end) {
            (void)bad(s, s->p, "");
            return false;
        }
        char c = *s->p;
        if (c == '"') {
            s->p++;
            return true;
        }
        if (c == '\\' ? !scan_escape(s) : (unsigned char)c >= 0x80 && !scan_utf8(s))
            return false;
        if ((unsigned char)c < 0x20) {
            (void)fail(s, s->p, SL_E_SYNTAX, "control character in a string");
            return false;
        }
    }
}

static enum step scan_number(struct scan *s)
{
    const char *p = s->p + (*s->p == '-'), *from = p;
    p = p < s->end && *p == '0' ? p + 1 : skip_digits(p, s->end);
    if (p == from)
        return bad(s, p, "expected a digit");
    if (p < s->end && *p == '.') {
        from = ++p;
        p = skip_digits(p, s->end);
        if (p == from)
            return bad(s, p, "expected a digit after the point");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < s->end && (*p == '+' || *p == '-');
        from = p;
        p = skip_digits(p, s->end);
        if (p == from)
            return bad(s, p, "expected a digit in the exponent");
    }
    s->p = p;
    return AFTER;
}

static enum step scan_word(struct scan *s, const char *word, size_t n)
{
    size_t left = (size_t)(s->end - s->p);
    if (memcmp(s->p, word, SL_MIN(left, n)) != 0)
        return bad(s, s->p, "expected a value");
    if (left < n)
        return bad(s, s->end, "");
    s->p += n;
    return AFTER;
}

static bool is_in_object(const struct scan *s)
{
    return (s->objects[s->depth / 64] >> s->depth % 64 & 1) != 0;
}

static enum step enter(struct scan *s, bool is_object)
{
    if (s->depth == s->depth_max)
        return fail(s, s->p, SL_E_LIMIT, "nested too deeply");
    s->depth++;
    uint64_t bit = 1ULL << s->depth % 64;
    uint64_t *word = &s->objects[s->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    s->p++;
    if (s->depth == 1)
        s->info->body_at = (size_t)(s->p - s->base);
    if (s->depth <= TRACKED)
        s->members[s->depth - 1].ret = NULL;
    return is_object ? FIRST_MEMBER : FIRST_ELEMENT;
}

static enum step scan_value(struct scan *s)
{
    s->p = skip_space(s->p, s->end);
    if (s->p == s->end)
        return bad(s, s->p, "");
    if (s->depth == 0) {
        s->info->kind = kind_of(*s->p);
        s->info->top_at = (size_t)(s->p - s->base);
    } else if (s->depth <= TRACKED) {
        s->members[s->depth - 1].at = (size_t)(s->p - s->base);
    }
    switch (*s->p) {
    case '{':
        return enter(s, true);
    case '[':
        return enter(s, false);
    case '"':
        s->p++;
        return scan_string(s) ? AFTER : FAILED;
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        if (*s->p != '-' && !is_digit(*s->p))
            return bad(s, s->p, "expected a value");
        return scan_number(s);
    }
}

/* UTF-8 of a scalar value; lone surrogates become U+FFFD. Returns the end of what was written. */
static char *put_rune(char *out, uint32_t rune)
{
    if (rune >= 0xd800 && rune <= 0xdfff)
        rune = 0xfffd;
    if (rune < 0x80) {
        *out++ = (char)rune;
    } else if (rune < 0x800) {
        *out++ = (char)(0xc0 | rune >> 6);
        *out++ = (char)(0x80 | (rune & 0x3f));
    } else {
        if (rune < 0x10000) {
            *out++ = (char)(0xe0 | rune >> 12);
        } else {
            *out++ = (char)(0xf0 | rune >> 18);
            *out++ = (char)(0x80 | (rune >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (rune >> 6 & 0x3f));
        *out++ = (char)(0x80 | (rune & 0x3f));
    }
    return out;
}

/* Decode the escape at *p, step over it, and return the end of what was written. */
static char *decode_escape(const char **p, const char *end, char *out)
{
    int32_t unit = unit_at(*p, end);
    if (unit < 0) {
        *out = end - *p >= 2 ? letter_value((*p)[1]) : 0;
        *p += SL_MIN(2, end - *p);
        return out + 1;
    }
    *p += ESCAPED_BYTES;
    int32_t low = is_high(unit) ? unit_at(*p, end) : -1;
    if (!is_low(low))
        return put_rune(out, (uint32_t)unit);
    *p += ESCAPED_BYTES;
    return put_rune(out, 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00)));
}

/* Decode the inside of a string into `out`, which has room for inside.n bytes. Returns the length. */
static size_t decode(sl_str inside, char *out)
{
    const char *p = inside.p, *end = inside.p + inside.n;
    char *start = out;
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t n = (size_t)((escape != NULL ? escape : end) - p);
        memcpy(out, p, n);
        out += n;
        p += n;
        if (p < end)
            out = decode_escape(&p, end, out);
    }
    return (size_t)(out - start);
}

static bool has_escape(sl_str inside)
{
    return inside.n != 0 && memchr(inside.p, '\\', inside.n) != NULL;
}

/* The decoded name, in place or in `buf`; p is NULL for one too long to be wanted. */
static sl_str decode_name(sl_str inside, char buf[RAW_NAME_BYTES])
{
    if (!has_escape(inside))
        return inside;
    if (inside.n > RAW_NAME_BYTES)
        return (sl_str){NULL, 0};
    return (sl_str){buf, decode(inside, buf)};
}

static bool has_wide(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] >= 0x80)
            return true;
    }
    return false;
}

/* Put the two letters that Unicode folds into ASCII (U+212A into k, U+017F into s) in their place. */
static sl_str fold_odd_letters(sl_str name, char buf[SL_JSONSCAN_NAME_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < SL_JSONSCAN_NAME_BYTES; i++) {
        sl_str rest = sl_str_from(name, i);
        buf[n] = name.p[i];
        if (sl_str_starts(rest, SL_STR("\xe2\x84\xaa"))) {
            buf[n] = 'k';
            i += 2;
        } else if (sl_str_starts(rest, SL_STR("\xc5\xbf"))) {
            buf[n] = 's';
            i += 1;
        }
        n++;
    }
    return (sl_str){buf, n};
}

static bool is_lookalike(sl_str name, sl_str wanted)
{
    if (name.n < wanted.n || name.n > wanted.n * ODD_LETTER_BYTES || sl_str_eq(name, wanted))
        return false;
    if (name.n > wanted.n && !has_wide(name))
        return false;
    char buf[SL_JSONSCAN_NAME_BYTES];
    return sl_str_ieq(name.n == wanted.n ? name : fold_odd_letters(name, buf), wanted);
}

static void note_duplicate(struct scan *s, size_t at)
{
    if (!s->info->has_duplicate)
        s->info->duplicate_at = at;
    s->info->has_duplicate = true;
}

static void note_wanted(struct scan *s, struct member *m, size_t i)
{
    if (s->ret[i].count++ == 0)
        m->ret = &s->ret[i];
    else
        note_duplicate(s, m->key_at);
}

static void note_parent(struct scan *s, const struct member *m, sl_str name, size_t i)
{
    s->parent = name;
    if (s->ret[i].parent_count++ != 0)
        note_duplicate(s, m->key_at);
}

static void match_parts(struct scan *s, struct member *m, sl_str name, size_t i)
{
    const struct wanted *w = &s->wanted[i];
    if (is_lookalike(name, w->top))
        s->info->has_lookalike = true;
    if (!sl_str_eq(name, w->top))
        return;
    if (w->nested.n != 0)
        note_parent(s, m, name, i);
    else
        note_wanted(s, m, i);
}

/* Bit of a first letter: case does not count, and all letters beyond ASCII count as one. */
static unsigned start_of(sl_str name)
{
    unsigned char c = (unsigned char)name.p[0];
    return c < 0x80 ? (unsigned char)sl_lower((char)c) : 0x80;
}

/* Look the name of a top-level member up among the wanted ones and the parents of wanted ones. */
static void match_top(struct scan *s, struct member *m, sl_str name)
{
    s->info->member_count++;
    s->parent = (sl_str){NULL, 0};
    if (name.n == 0 || (s->top_starts[start_of(name) / 8] >> start_of(name) % 8 & 1) == 0)
        return;
    for (size_t i = 0; i < s->n_wanted; i++) {
        size_t n = s->wanted[i].top.n;
        if (name.n >= n && name.n <= n * ODD_LETTER_BYTES)
            match_parts(s, m, name, i);
    }
}

static void match_nested(struct scan *s, struct member *m, sl_str name)
{
    for (size_t i = 0; i < s->n_wanted; i++) {
        const struct wanted *w = &s->wanted[i];
        if (w->nested.n == 0 || name.n < w->nested.n || !sl_str_eq(s->parent, w->top))
            continue;
        if (is_lookalike(name, w->nested))
            s->info->has_lookalike = true;
        if (sl_str_eq(name, w->nested))
            note_wanted(s, m, i);
    }
}

static void match_name(struct scan *s, sl_str inside)
{
    struct member *m = &s->members[s->depth - 1];
    m->key_at = (size_t)(inside.p - 1 - s->base);
    m->key_n = inside.n + 2;
    char buf[RAW_NAME_BYTES];
    sl_str name = decode_name(inside, s->depth == 1 ? s->parent_buf : buf);
    if (s->depth == 1)
        match_top(s, m, name);
    else if (s->parent.n != 0)
        match_nested(s, m, name);
}

static enum step scan_member(struct scan *s)
{
    s->p = skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != '"')
        return bad(s, s->p, "expected a member name in quotes");
    const char *from = ++s->p;
    if (!scan_string(s))
        return FAILED;
    if (s->depth <= TRACKED)
        match_name(s, (sl_str){from, (size_t)(s->p - 1 - from)});
    s->p = skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != ':')
        return bad(s, s->p, "expected ':'");
    s->p++;
    return VALUE;
}

static enum step leave(struct scan *s)
{
    s->p++;
    s->depth--;
    return AFTER;
}

static enum step scan_first(struct scan *s, char close, enum step otherwise)
{
    s->p = skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != close)
        return otherwise;
    if (s->depth == 1)
        s->info->is_empty = true;
    return leave(s);
}

/* Behind a value: note its range if it is wanted. */
static void end_member(struct scan *s)
{
    struct member *m = &s->members[s->depth - 1];
    if (m->ret == NULL)
        return;
    m->ret->key_at = m->key_at;
    m->ret->key_n = m->key_n;
    m->ret->at = m->at;
    m->ret->n = (size_t)(s->p - s->base) - m->at;
    m->ret->kind = kind_of(s->base[m->at]);
    m->ret->is_present = true;
    m->ret = NULL;
}

static enum step scan_after(struct scan *s)
{
    if (s->depth != 0 && s->depth <= TRACKED)
        end_member(s);
    s->p = skip_space(s->p, s->end);
    if (s->depth == 0)
        return s->p == s->end ? DONE : bad(s, s->p, "unexpected text after the value");
    bool is_object = is_in_object(s);
    if (s->p < s->end && *s->p == ',') {
        s->p++;
        return is_object ? MEMBER : VALUE;
    }
    if (s->p < s->end && *s->p == (is_object ? '}' : ']'))
        return leave(s);
    return bad(s, s->p, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
}

static enum step scan_step(struct scan *s, enum step step)
{
    switch (step) {
    case VALUE:
        return scan_value(s);
    case FIRST_MEMBER:
        return scan_first(s, '}', MEMBER);
    case FIRST_ELEMENT:
        return scan_first(s, ']', VALUE);
    case MEMBER:
        return scan_member(s);
    case AFTER:
        return scan_after(s);
    case DONE:
    case FAILED:
        break;
    }
    sl_panic(__FILE__, __LINE__, "jsonscan: stepped beyond the end");
}

static sl_rc run(struct scan *s)
{
    if (sl_str_starts((sl_str){s->p, (size_t)(s->end - s->p)}, SL_STR("\xef\xbb\xbf")))
        (void)fail(s, s->p, SL_E_SYNTAX, "starts with a byte order mark");
    for (enum step step = s->rc != SL_OK ? FAILED : VALUE; step != DONE && step != FAILED;)
        step = scan_step(s, step);
    return s->rc;
}

static void want(struct scan *s, size_t i, sl_str name)
{
    SL_ASSERT(name.n != 0 && name.n <= SL_JSONSCAN_NAME_BYTES);
    size_t dot = sl_str_find(name, '.', 0);
    struct wanted *w = &s->wanted[i];
    w->top = sl_str_head(name, dot);
    w->nested = dot != SIZE_MAX ? sl_str_from(name, dot + 1) : (sl_str){NULL, 0};
    SL_ASSERT(w->top.n != 0);
    s->top_starts[start_of(w->top) / 8] |= (uint8_t)(1U << start_of(w->top) % 8);
    s->top_starts[0x80 / 8] |= 1; /* letters beyond ASCII may fold into any name's first one */
}

static void init(struct scan *s, sl_str text, const struct sl_jsonscan_limits *limits)
{
    s->base = s->p = text.n != 0 ? text.p : "";
    s->end = s->p + text.n;
    memset(s->top_starts, 0, sizeof(s->top_starts));
    s->rc = SL_OK;
    s->depth = 0;
    s->depth_max = limits != NULL && limits->depth_max != 0 ? limits->depth_max : SL_JSONSCAN_DEPTH;
    s->parent = (sl_str){NULL, 0};
    SL_ASSERT(s->depth_max <= SL_JSONSCAN_DEPTH_MAX);
}

sl_rc sl_jsonscan(sl_str text, const struct sl_jsonscan_limits *limits, const sl_str *wanted,
                  size_t n_wanted, struct sl_json_range *ret, struct sl_jsonscan_info *info)
{
    struct scan s; /* not zeroed as a whole: it is large, and small texts are frequent */
    SL_ASSERT(n_wanted <= SL_JSONSCAN_WANTED_MAX);
    init(&s, text, limits);
    s.n_wanted = n_wanted;
    s.ret = ret;
    s.info = info;
    for (size_t i = 0; i < n_wanted; i++) {
        want(&s, i, wanted[i]);
        ret[i] = (struct sl_json_range){0};
    }
    *info = (struct sl_jsonscan_info){0};
    return run(&s);
}

/* ---- walking what was accepted ---- */

static const char *skip_string(const char *p, const char *end)
{
    while ((p = sl_scan_plain(p, end)) < end) {
        if (*p == '"')
            return p + 1;
        p += *p == '\\' && end - p >= 2 ? 2 : 1;
    }
    return end;
}

static const char *skip_container(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        char c = *p++;
        if (c == '"')
            p = skip_string(p, end);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return p;
}

static const char *skip_scalar(const char *p, const char *end)
{
    while (p < end && *p != ',' && *p != ']' && *p != '}' && *p != ' ' && *p != '\n' &&
           *p != '\r' && *p != '\t')
        p++;
    return p;
}

static const char *skip_value(const char *p, const char *end)
{
    if (*p == '"')
        return skip_string(p + 1, end);
    return *p == '{' || *p == '[' ? skip_container(p, end) : skip_scalar(p, end);
}

static struct sl_json_range value_at(sl_str text, size_t at, size_t end)
{
    struct sl_json_range r = {
        .at = at, .kind = kind_of(text.p[at]), .is_present = true, .count = 1};
    r.n = (size_t)(skip_value(text.p + at, text.p + end) - text.p) - at;
    return r;
}

struct sl_json_range sl_json_range_top(sl_str text)
{
    size_t at = text.n == 0 ? 0 : (size_t)(skip_space(text.p, text.p + text.n) - text.p);
    return at == text.n ? (struct sl_json_range){0} : value_at(text, at, text.n);
}

void sl_json_iter_init(struct sl_json_iter *it, sl_str text, const struct sl_json_range *container)
{
    *it = (struct sl_json_iter){.text = text};
    if (container->kind != SL_JSON_OBJECT && container->kind != SL_JSON_ARRAY)
        return;
    SL_ASSERT(container->at + container->n <= text.n);
    it->is_object = container->kind == SL_JSON_OBJECT;
    it->at = container->at + 1;
    it->end = container->at + container->n;
}

/* Read the name before the value at *p and step to the value. */
static bool iter_key(struct sl_json_iter *it, const char **p, struct sl_json_range *ret)
{
    const char *end = it->text.p + it->end;
    if (**p != '"')
        return false;
    const char *close = skip_string(*p + 1, end);
    ret->key_at = (size_t)(*p - it->text.p);
    ret->key_n = (size_t)(close - *p);
    *p = skip_space(close, end);
    if (*p == end || **p != ':')
        return false;
    *p = skip_space(*p + 1, end);
    return *p < end;
}

bool sl_json_iter_next(struct sl_json_iter *it, struct sl_json_range *ret)
{
    if (it->at >= it->end)
        return false;
    const char *end = it->text.p + it->end;
    const char *p = skip_space(it->text.p + it->at, end);
    if (p < end && *p == ',')
        p = skip_space(p + 1, end);
    struct sl_json_range key = {0};
    it->at = it->end; /* for every early return */
    if (p == end || *p == ']' || *p == '}' || (it->is_object && !iter_key(it, &p, &key)))
        return false;
    struct sl_json_range value = value_at(it->text, (size_t)(p - it->text.p), it->end);
    if (value.kind == SL_JSON_NONE)
        return false;
    value.key_at = key.key_at;
    value.key_n = key.key_n;
    it->at = (size_t)(p - it->text.p) + value.n;
    *ret = value;
    return true;
}

/* The inside of a string, or p == NULL. */
static sl_str unquote(sl_str raw)
{
    if (raw.n < 2 || raw.p[0] != '"' || raw.p[raw.n - 1] != '"')
        return (sl_str){NULL, 0};
    return (sl_str){raw.p + 1, raw.n - 2};
}

/* Compare without decoding more than the longest text that can be equal. */
static bool string_eq(sl_str raw, sl_str want)
{
    sl_str inside = unquote(raw);
    if (inside.p == NULL || inside.n < want.n)
        return false;
    const char *p = inside.p, *end = inside.p + inside.n;
    size_t at = 0;
    while (p < end) {
        char piece[4];
        size_t n = 1;
        piece[0] = *p;
        if (*p == '\\')
            n = (size_t)(decode_escape(&p, end, piece) - piece);
        else
            p++;
        if (want.n - at < n || memcmp(want.p + at, piece, n) != 0)
            return false;
        at += n;
    }
    return at == want.n;
}

bool sl_json_range_key_eq(sl_str text, const struct sl_json_range *r, sl_str name)
{
    return string_eq((sl_str){text.p + r->key_at, r->key_n}, name);
}

bool sl_json_range_text_eq(sl_str text, const struct sl_json_range *r, sl_str want)
{
    return r->kind == SL_JSON_STRING && string_eq(sl_json_range_text(text, r), want);
}

bool sl_json_range_get(sl_str text, const struct sl_json_range *r, sl_str name,
                       struct sl_json_range *ret)
{
    struct sl_json_iter it;
    struct sl_json_range member;
    sl_json_iter_init(&it, text, r);
    while (it.is_object && sl_json_iter_next(&it, &member)) {
        if (sl_json_range_key_eq(text, &member, name)) {
            *ret = member;
            return true;
        }
    }
    return false;
}

bool sl_json_range_i64(sl_str text, const struct sl_json_range *r, int64_t *ret)
{
    return r->kind == SL_JSON_NUMBER && sl_num_i64(sl_json_range_text(text, r), ret);
}

bool sl_json_range_bool(const struct sl_json_range *r, bool *ret)
{
    if (r->kind != SL_JSON_TRUE && r->kind != SL_JSON_FALSE)
        return false;
    *ret = r->kind == SL_JSON_TRUE;
    return true;
}

sl_rc sl_json_string_decode(sl_str raw, struct sl_arena *a, sl_str *ret)
{
    sl_str inside = unquote(raw);
    if (inside.p == NULL)
        return SL_E_SYNTAX;
    if (!has_escape(inside)) {
        *ret = inside;
        return SL_OK;
    }
    char *out = sl_arena_try_raw(a, inside.n);
    if (out == NULL)
        return SL_E_LIMIT;
    *ret = (sl_str){out, decode(inside, out)};
    return SL_OK;
}
