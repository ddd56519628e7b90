#include "codec/jsonw.h"

#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/bytescan.h"
#include "codec/json_int.h"

static inline bool has_room(const struct sl_strbuf *out, size_t n)
{
    return !out->is_full && out->cap - out->n >= n &&
           (out->limit_bytes == 0 || out->limit_bytes - out->n >= n);
}

static inline void put(struct sl_strbuf *out, char c)
{
    if (has_room(out, 1))
        out->p[out->n++] = c;
    else
        sl_strbuf_add_char(out, c);
}

void sl_jsonw_init(struct sl_jsonw *w, struct sl_strbuf *out)
{
    w->out = out;
    w->depth = 0;
    w->has_items = false;
    w->has_key = false;
    w->objects[0] = 0;
    w->spelled = NULL;
    w->spelled_at = 0;
}

static bool is_in_object(const struct sl_jsonw *w)
{
    return (w->objects[w->depth / 64] >> w->depth % 64 & 1) != 0;
}

/* Every value passes here first. */
static void begin_value(struct sl_jsonw *w)
{
    SL_ASSERT(w->has_key == is_in_object(w));
    SL_ASSERT(w->depth != 0 || !w->has_items);
    if (w->has_items && !w->has_key)
        put(w->out, ',');
    w->has_items = true;
    w->has_key = false;
}

static void open_container(struct sl_jsonw *w, bool is_object)
{
    begin_value(w);
    SL_ASSERT(w->depth < SL_JSONW_DEPTH_MAX);
    w->depth++;
    uint64_t bit = 1ULL << w->depth % 64;
    uint64_t *word = &w->objects[w->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    w->has_items = false;
    put(w->out, is_object ? '{' : '[');
}

void sl_jsonw_object(struct sl_jsonw *w)
{
    open_container(w, true);
}

void sl_jsonw_array(struct sl_jsonw *w)
{
    open_container(w, false);
}

void sl_jsonw_end(struct sl_jsonw *w)
{
    SL_ASSERT(w->depth != 0);
    SL_ASSERT(!w->has_key);
    put(w->out, is_in_object(w) ? '}' : ']');
    w->depth--;
    w->has_items = true;
}

static const char escape_letters[128] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                         ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};

/* Write the escape of an ASCII character, of at most SL_JSON_ESCAPED_BYTES. Returns its end. */
static char *put_escape(char *to, char c)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char u = (unsigned char)c;
    *to++ = '\\';
    if (escape_letters[u] != 0) {
        *to++ = escape_letters[u];
        return to;
    }
    memcpy(to, "u00", 3);
    to[3] = digits[u >> 4];
    to[4] = digits[u & 15];
    return to + 5;
}

/* Append the character, or ill-formed part, at the front of `rest`. Returns its length. */
static size_t add_wide(struct sl_strbuf *out, sl_str rest)
{
    bool is_valid;
    size_t n = sl_utf8_step(rest, &is_valid);
    sl_strbuf_add(out, is_valid ? sl_str_head(rest, n) : SL_STR("\xef\xbf\xbd"));
    return n;
}

/* The first byte that cannot be copied as it is: plain ASCII and valid UTF-8 can. */
static const char *skip_clean(const char *p, const char *end)
{
    while ((p = sl_scan_plain(p, end)) < end && (unsigned char)*p >= 0x80) {
        size_t n = sl_scan_utf8(p, end);
        if (n == 0)
            break;
        p += n;
    }
    return p;
}

enum { PIECE_BYTES = 256 };

/*
 * Escape from *p on, whole steps as long as that much is left: up to a character that has no escape of one
 * letter. Returns the end of what is written, for which there must be room, a step's more too.
 */
static char *escape_steps(char *to, const char **p, const char *end)
{
    const char *from = *p;
    while (end - from >= SL_SCAN_STEP) {
        unsigned n = sl_scan_plain_step(from);
        memcpy(to, from, SL_SCAN_STEP);
        from += n;
        to += n;
        if (n == SL_SCAN_STEP)
            continue;
        char letter = (signed char)*from >= 0 ? escape_letters[(unsigned char)*from] : '\0';
        if (letter == '\0')
            break;
        to[0] = '\\';
        to[1] = letter;
        to += 2;
        from++;
    }
    *p = from;
    return to;
}

/* Escape from `p` on as long as there is room and all is ASCII. Returns where that ends. */
static const char *escape_pieces(struct sl_strbuf *out, const char *p, const char *end)
{
    size_t n;
    while (p < end &&
           has_room(out, (n = (size_t)SL_MIN(end - p, PIECE_BYTES)) * SL_JSON_ESCAPED_BYTES)) {
        const char *piece_end = p + n;
        char *to = escape_steps(out->p + out->n, &p, piece_end);
        /* less than a step is left to the next piece, unless this is the last */
        for (; p < piece_end && (unsigned char)*p < 0x80; p++) {
            if (!sl_scan_is_plain(*p))
                to = put_escape(to, *p);
            else if (piece_end == end)
                *to++ = *p;
            else
                break;
        }
        out->n = (size_t)(to - out->p);
        if (p < piece_end && (unsigned char)*p >= 0x80)
            break;
    }
    return p;
}

void sl_jsonw_escape(struct sl_strbuf *out, sl_str text)
{
    if (text.n == 0)
        return;
    const char *p = text.p, *end = text.p + text.n;
    while ((p = escape_pieces(out, p, end)) < end) {
        const char *stop = skip_clean(p, end);
        char escape[SL_JSON_ESCAPED_BYTES];
        sl_strbuf_add(out, (sl_str){p, (size_t)(stop - p)});
        p = stop;
        if (p == end)
            return;
        if ((unsigned char)*p >= 0x80) {
            p += add_wide(out, (sl_str){p, (size_t)(end - p)});
            continue;
        }
        sl_strbuf_add(out, (sl_str){escape, (size_t)(put_escape(escape, *p) - escape)});
        p++;
    }
}

static void add_quoted(struct sl_strbuf *out, sl_str text)
{
    put(out, '"');
    sl_jsonw_escape(out, text);
    put(out, '"');
}

void sl_jsonw_key(struct sl_jsonw *w, sl_str name)
{
    SL_ASSERT(is_in_object(w));
    SL_ASSERT(!w->has_key);
    if (w->has_items)
        put(w->out, ',');
    add_quoted(w->out, name);
    put(w->out, ':');
    w->has_key = true;
}

/*
 * Texts are written in the order that they were read in, more or less: what is not near is written as any text is. NULL:
 * not one of those.
 */
static const struct sl_json_spelling *find_spelling(struct sl_jsonw *w, sl_str text)
{
    enum { NEAR = 32 };
    const struct sl_json_spellings *all = w->spelled;
    size_t at = w->spelled_at;
    for (size_t i = 0; i < SL_MIN(all->n, (size_t)NEAR); i++) {
        const struct sl_json_spelling *s = &all->v[at];
        at = at + 1 < all->n ? at + 1 : 0;
        if (s->text.p == text.p && s->text.n == text.n) {
            w->spelled_at = at;
            return s;
        }
    }
    return NULL;
}

void sl_jsonw_str(struct sl_jsonw *w, sl_str text)
{
    const struct sl_json_spelling *s = NULL;
    begin_value(w);
    if (w->spelled != NULL && text.n >= SL_JSONW_LONG_BYTES)
        s = find_spelling(w, text);
    if (s != NULL)
        sl_strbuf_add(w->out, s->raw);
    else
        add_quoted(w->out, text);
}

void sl_jsonw_i64(struct sl_jsonw *w, int64_t v)
{
    begin_value(w);
    sl_strbuf_add_i64(w->out, v);
}

void sl_jsonw_u64(struct sl_jsonw *w, uint64_t v)
{
    begin_value(w);
    sl_strbuf_add_u64(w->out, v);
}

void sl_jsonw_raw(struct sl_jsonw *w, sl_str json)
{
    begin_value(w);
    sl_strbuf_add(w->out, json);
}

void sl_jsonw_bool(struct sl_jsonw *w, bool v)
{
    sl_jsonw_raw(w, v ? SL_STR("true") : SL_STR("false"));
}

void sl_jsonw_null(struct sl_jsonw *w)
{
    sl_jsonw_raw(w, SL_STR("null"));
}

void sl_jsonw_decimal(struct sl_jsonw *w, int64_t v, unsigned scale)
{
    SL_ASSERT(scale <= SL_NUM_SCALE_MAX);
    begin_value(w);
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    for (; scale > 0 && rest % 10 == 0; scale--)
        rest /= 10;
    char fraction[SL_NUM_SCALE_MAX];
    for (unsigned i = scale; i > 0; rest /= 10)
        fraction[--i] = (char)('0' + rest % 10);
    if (v < 0)
        put(w->out, '-');
    sl_strbuf_add_u64(w->out, rest);
    if (scale > 0)
        put(w->out, '.');
    sl_strbuf_add(w->out, (sl_str){fraction, scale});
}

void sl_jsonw_key_str(struct sl_jsonw *w, sl_str name, sl_str text)
{
    sl_jsonw_key(w, name);
    sl_jsonw_str(w, text);
}

void sl_jsonw_key_i64(struct sl_jsonw *w, sl_str name, int64_t v)
{
    sl_jsonw_key(w, name);
    sl_jsonw_i64(w, v);
}

void sl_jsonw_key_bool(struct sl_jsonw *w, sl_str name, bool v)
{
    sl_jsonw_key(w, name);
    sl_jsonw_bool(w, v);
}

void sl_jsonw_key_raw(struct sl_jsonw *w, sl_str name, sl_str json)
{
    sl_jsonw_key(w, name);
    sl_jsonw_raw(w, json);
}
