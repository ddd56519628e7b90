#include "codec/jsonrange.h"

#include "base/num.h"
#include "codec/blockscan.h"
#include "codec/json_int.h"

/* The first quote or backslash, or where less than 16 bytes are left. */
static const char *skip_simple(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (; end - p >= 16; p += 16) {
        __m128i v = sl_block_load(p);
        __m128i quotes = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
        __m128i backslashes = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
        int stops = _mm_movemask_epi8(_mm_or_si128(quotes, backslashes));
        if (stops != 0)
            return p + __builtin_ctz((unsigned)stops);
    }
#endif
    return p;
}

/* From behind the opening quote to behind the closing one. Strings are short, or long without escapes, or
 * full of them: each of the three has its loop. */
static const char *skip_string(const char *p, const char *end)
{
    p = skip_simple(p, end);
    if (p < end && *p == '"')
        return p + 1;
    while (end - p >= SL_BLOCK_BYTES) {
        size_t n;
        uint64_t quotes = sl_block_quotes(p, &n);
        if (quotes != 0)
            return p + __builtin_ctzll(quotes) + 1;
        p += n;
    }
    while (p < end) {
        if (*p == '"')
            return p + 1;
        p += *p == '\\' && end - p >= 2 ? 2 : 1;
    }
    return end;
}

/* Where the brackets of a block bring *depth to 0: behind that one; else NULL. */
static const char *close_in_block(const char *p, uint64_t opens, uint64_t closes, size_t *depth)
{
    for (uint64_t left = opens | closes; left != 0; left &= left - 1) {
        unsigned at = (unsigned)__builtin_ctzll(left);
        if ((opens >> at & 1) != 0)
            ++*depth;
        else if (--*depth == 0)
            return p + at + 1;
    }
    return NULL;
}

/* The rest of a container, without blocks: `depth` containers and perhaps a string are open. */
static const char *skip_tail(const char *p, const char *end, size_t depth, bool is_in_string)
{
    if (is_in_string)
        p = skip_string(p, end);
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

static const char *skip_container(const char *p, const char *end)
{
    enum { BRACKET_BIT = 0x20 }; /* by which [ and {, and ] and } differ */
    size_t depth = 0, n;
    uint64_t in_string = 0; /* all bits or none */
    for (; end - p >= SL_BLOCK_BYTES; p += n) {
        uint64_t strings = sl_block_parity(sl_block_quotes(p, &n)) ^ in_string;
        uint64_t opens = sl_block_eq(p, '[', BRACKET_BIT) & ~strings;
        uint64_t closes = sl_block_eq(p, ']', BRACKET_BIT) & ~strings;
        in_string = 0 - (strings >> 63);
        size_t n_closes = sl_block_count(closes);
        if (n_closes < depth) {
            depth += sl_block_count(opens) - n_closes;
            continue;
        }
        const char *after = close_in_block(p, opens, closes, &depth);
        if (after != NULL)
            return after;
    }
    return skip_tail(p, end, depth, in_string != 0);
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
        .at = at, .kind = sl_json_kind_of(text.p[at]), .is_present = true, .count = 1};
    r.n = (size_t)(skip_value(text.p + at, text.p + end) - text.p) - at;
    return r;
}

/* Nothing but space stands behind the value, so its end need not be looked for from its beginning. */
struct sl_json_range sl_json_range_top(sl_str text)
{
    const char *from = text.p, *end = text.p + text.n;
    if (text.n != 0)
        from = sl_json_skip_space(text.p, end);
    if (from == end || text.n > SL_JSON_TEXT_MAX)
        return (struct sl_json_range){0};
    while (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')
        end--;
    return (struct sl_json_range){.at = (size_t)(from - text.p),
                                  .n = (size_t)(end - from),
                                  .kind = sl_json_kind_of(*from),
                                  .is_present = true,
                                  .count = 1};
}

const char *sl_json_string_skip(const char *p, const char *end)
{
    return skip_string(p, end);
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
    *p = sl_json_skip_space(close, end);
    if (*p == end || **p != ':')
        return false;
    *p = sl_json_skip_space(*p + 1, end);
    return *p < end;
}

bool sl_json_iter_next(struct sl_json_iter *it, struct sl_json_range *ret)
{
    if (it->at >= it->end)
        return false;
    const char *end = it->text.p + it->end;
    const char *p = sl_json_skip_space(it->text.p + it->at, end);
    if (p < end && *p == ',')
        p = sl_json_skip_space(p + 1, end);
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

bool sl_json_range_key_eq(sl_str text, const struct sl_json_range *r, sl_str name)
{
    return sl_json_string_eq((sl_str){text.p + r->key_at, r->key_n}, name);
}

bool sl_json_range_text_eq(sl_str text, const struct sl_json_range *r, sl_str want)
{
    return r->kind == SL_JSON_STRING && sl_json_string_eq(sl_json_range_text(text, r), want);
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
