#include "codec/cookie.h"
#include "base/str.h"
#include "base/strbuf.h"

static bool find_in(sl_str list, sl_str name, sl_str *ret_value)
{
    sl_str pair;
    while (sl_str_split(&list, ';', &pair)) {
        pair = sl_str_trim(pair);
        size_t eq = sl_str_find(pair, '=', 0);
        if (eq == SIZE_MAX || !sl_str_eq(sl_str_head(pair, eq), name))
            continue;
        sl_str value = sl_str_from(pair, eq + 1);
        bool is_quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';
        *ret_value = is_quoted ? (sl_str){value.p + 1, value.n - 2} : value;
        return true;
    }
    return false;
}

bool sl_cookie_get(const struct sl_headers *h, sl_str name, sl_str *ret_value)
{
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->v[i].id == SL_H_COOKIE && find_in(h->v[i].value, name, ret_value))
            return true;
    }
    return false;
}

static void add_others(struct sl_strbuf *b, sl_str list, sl_str name)
{
    sl_str pair;
    while (sl_str_split(&list, ';', &pair)) {
        pair = sl_str_trim(pair);
        if (pair.n == 0 || sl_str_eq(sl_str_head(pair, sl_str_find(pair, '=', 0)), name))
            continue;
        if (b->n != 0)
            sl_strbuf_add(b, SL_STR("; "));
        sl_strbuf_add(b, pair);
    }
}

void sl_cookie_drop(struct sl_headers *h, sl_str name, struct sl_arena *a)
{
    sl_str value;
    struct sl_strbuf others;
    if (!sl_cookie_get(h, name, &value))
        return;
    sl_strbuf_init(&others, a, 0);
    for (uint32_t i = 0; i < h->n; i++)
        if (h->v[i].id == SL_H_COOKIE)
            add_others(&others, h->v[i].value, name);
    if (others.n == 0 || others.is_full ||
        !sl_headers_set_id(h, SL_H_COOKIE, sl_strbuf_str(&others)))
        (void)sl_headers_remove_id(h, SL_H_COOKIE);
}
