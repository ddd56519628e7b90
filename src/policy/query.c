/*
 * query: raw query strings. What is not named stays byte for byte (cases-http 32).
 */
#include "base/enc.h"
#include "codec/url.h"
#include "policy/policy_int.h"

static bool is_named(sl_str part, sl_str name)
{
    return sl_str_starts(part, name) && (part.n == name.n || part.p[name.n] == '=');
}

static bool has(sl_str query, sl_str name)
{
    sl_str part;
    while (sl_str_split(&query, '&', &part)) {
        if (is_named(part, name))
            return true;
    }
    return false;
}

static void add_part(struct sl_strbuf *b, bool *is_first, sl_str part)
{
    if (!*is_first)
        sl_strbuf_add_char(b, '&');
    *is_first = false;
    sl_strbuf_add(b, part);
}

static void add_pair(struct sl_strbuf *b, bool *is_first, sl_str name, sl_str value)
{
    add_part(b, is_first, name);
    sl_strbuf_add_char(b, '=');
    sl_strbuf_add(b, value);
}

sl_str sl_query_without(sl_str query, sl_str name, struct sl_arena *a)
{
    if (!has(query, name))
        return query;
    struct sl_strbuf b;
    sl_str part;
    bool is_first = true;
    sl_strbuf_init(&b, a, 0);
    while (sl_str_split(&query, '&', &part)) {
        if (!is_named(part, name))
            add_part(&b, &is_first, part);
    }
    return sl_strbuf_str(&b);
}

sl_str sl_query_with(sl_str query, sl_str name, sl_str value, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_str part;
    bool is_first = true, is_set = false;
    sl_strbuf_init(&b, a, 0);
    while (query.n != 0 && sl_str_split(&query, '&', &part)) {
        if (!is_named(part, name))
            add_part(&b, &is_first, part);
        else if (!is_set)
            add_pair(&b, &is_first, name, value);
        is_set = is_set || is_named(part, name);
    }
    if (!is_set)
        add_pair(&b, &is_first, name, value);
    return sl_strbuf_str(&b);
}

sl_str sl_query_parameter(struct sl_exchange *x, sl_str name)
{
    sl_str raw;
    struct sl_strbuf b;
    if (name.n == 0 || !sl_query_get(x->req.query, name, &raw))
        return (sl_str){0};
    sl_strbuf_init(&b, x->arena, 0);
    return sl_dec_percent(&b, raw) && !b.is_full ? sl_strbuf_str(&b) : raw;
}

void sl_query_drop(struct sl_exchange *x, sl_str name)
{
    if (name.n == 0 || !x->req.has_query)
        return;
    x->req.query = sl_query_without(x->req.query, name, x->arena);
    x->req.has_query = x->req.query.n != 0;
}
