#include "base/str.h"

bool sl_str_ieq(sl_str a, sl_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (sl_lower(a.p[i]) != sl_lower(b.p[i]))
            return false;
    }
    return true;
}

int sl_str_cmp(sl_str a, sl_str b)
{
    size_t n = SL_MIN(a.n, b.n);
    int order = n != 0 ? memcmp(a.p, b.p, n) : 0;
    if (order != 0 || a.n == b.n)
        return order;
    return a.n < b.n ? -1 : 1;
}

bool sl_str_starts(sl_str s, sl_str prefix)
{
    return s.n >= prefix.n && sl_str_eq(sl_str_head(s, prefix.n), prefix);
}

bool sl_str_istarts(sl_str s, sl_str prefix)
{
    return s.n >= prefix.n && sl_str_ieq(sl_str_head(s, prefix.n), prefix);
}

bool sl_str_ends(sl_str s, sl_str suffix)
{
    return s.n >= suffix.n && sl_str_eq(sl_str_from(s, s.n - suffix.n), suffix);
}

static sl_str trim_set(sl_str s, const char *set)
{
    while (s.n != 0 && strchr(set, s.p[0]) != NULL && s.p[0] != '\0') {
        s.p++;
        s.n--;
    }
    while (s.n != 0 && strchr(set, s.p[s.n - 1]) != NULL && s.p[s.n - 1] != '\0')
        s.n--;
    return s;
}

sl_str sl_str_trim(sl_str s)
{
    return trim_set(s, " \t");
}

sl_str sl_str_trim_all(sl_str s)
{
    return trim_set(s, " \t\r\n\f\v");
}

size_t sl_str_find(sl_str s, char c, size_t from)
{
    if (from >= s.n)
        return SIZE_MAX;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit != NULL ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t sl_str_rfind(sl_str s, char c)
{
    const char *hit = s.n != 0 ? memrchr(s.p, c, s.n) : NULL;
    return hit != NULL ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t sl_str_find_str(sl_str s, sl_str needle)
{
    if (needle.n == 0)
        return 0;
    const char *hit = s.n != 0 ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return hit != NULL ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool sl_str_split(sl_str *rest, char sep, sl_str *ret_part)
{
    if (rest->p == NULL)
        return false;
    size_t at = sl_str_find(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *ret_part = *rest;
        *rest = (sl_str){NULL, 0};
        return true;
    }
    *ret_part = sl_str_head(*rest, at);
    *rest = (sl_str){rest->p + at + 1, rest->n - at - 1};
    return true;
}

bool sl_str_eq_secret(sl_str a, sl_str b)
{
    if (a.n != b.n)
        return false;
    unsigned char differs = 0;
    for (size_t i = 0; i < a.n; i++)
        differs |= (unsigned char)(a.p[i] ^ b.p[i]);
    return differs == 0;
}
