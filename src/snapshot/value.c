#include "snapshot/value.h"
#include "base/str.h"
#include "base/strbuf.h"

const struct sl_regex *sl_value_regex(sl_str pattern, enum sl_regex_how how, struct sl_arena *a,
                                      sl_str *ret_why)
{
    const struct sl_regex *regex;
    sl_str why;
    size_t at;
    if (sl_regex_compile(pattern, how, a, &regex, &why, &at) == SL_OK)
        return regex;
    *ret_why = sl_fmt(a, "the regular expression '%.*s' is not valid: %.*s at character %zu",
                      SL_STRF(pattern), SL_STRF(why), at + 1);
    return NULL;
}

sl_rc sl_value_test_init(struct sl_value_test *t, const struct sl_value_match *m,
                         struct sl_arena *a, sl_str *ret_why)
{
    *t = (struct sl_value_test){.match = m, .header = sl_header_id(m->name)};
    if (m->kind != SL_VALUE_REGEX)
        return SL_OK;
    t->regex = sl_value_regex(m->value, SL_REGEX_WHOLE, a, ret_why);
    return t->regex != NULL ? SL_OK : SL_E_CONFIG;
}

bool sl_value_is_met(const struct sl_value_test *t, sl_str value)
{
    switch (t->match->kind) {
    case SL_VALUE_EXACT:
        return sl_str_eq(value, t->match->value);
    case SL_VALUE_REGEX:
        return sl_regex_match(t->regex, value, NULL, 0);
    case SL_VALUE_PRESENT:
        return true;
    }
    return false;
}

bool sl_value_header_is_met(const struct sl_value_test *t, const struct sl_headers *h)
{
    for (uint32_t i = 0; i < h->n; i++) {
        bool is_it = t->header != SL_H_OTHER ? h->v[i].id == t->header
                                             : sl_str_ieq(h->v[i].name, t->match->name);
        if (is_it && sl_value_is_met(t, h->v[i].value))
            return true;
    }
    return false;
}

bool sl_value_same(const struct sl_value_match *a, const struct sl_value_match *b, bool has_case)
{
    bool is_same_name = has_case ? sl_str_eq(a->name, b->name) : sl_str_ieq(a->name, b->name);
    return is_same_name && a->kind == b->kind && sl_str_eq(a->value, b->value);
}
