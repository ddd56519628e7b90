#include "codec/cookie.h"
#include "base/str.h"

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
