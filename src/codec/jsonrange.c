#include "codec/jsonrange.h"

#include "base/num.h"
#include "codec/bytescan.h"
#include "codec/json_int.h"

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
        .at = at, .kind = sl_json_kind_of(text.p[at]), .is_present = true, .count = 1};
    r.n = (size_t)(skip_value(text.p + at, text.p + end) - text.p) - at;
    return r;
}

struct sl_json_range sl_json_range_top(sl_str text)
{
    size_t at = text.n == 0 ? 0 : (size_t)(sl_json_skip_space(text.p, text.p + text.n) - text.p);
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
