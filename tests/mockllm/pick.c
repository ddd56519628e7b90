#include "pick.h"

#include <stdlib.h>

static struct span skip_space(struct span s)
{
    while (s.n != 0 && (*s.p == ' ' || *s.p == '\n' || *s.p == '\r' || *s.p == '\t'))
        s.p++, s.n--;
    return s;
}

/* `s` starts at the opening quote; the length of the string including both quotes. */
static size_t string_length(struct span s)
{
    size_t from = 1;
    while (from < s.n) {
        const char *quote = memchr(s.p + from, '"', s.n - from);
        if (quote == NULL)
            return s.n;
        size_t at = (size_t)(quote - s.p), slashes = 0;
        while (at - slashes > 1 && s.p[at - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return at + 1;
        from = at + 1;
    }
    return s.n;
}

static size_t nested_length(struct span s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"')
            i += string_length((struct span){s.p + i, s.n - i}) - 1;
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return s.n;
}

static size_t value_length(struct span s)
{
    if (s.n == 0)
        return 0;
    if (*s.p == '"')
        return string_length(s);
    if (*s.p == '{' || *s.p == '[')
        return nested_length(s);
    size_t i = 0;
    while (i < s.n && strchr(",]} \t\r\n", s.p[i]) == NULL)
        i++;
    return i;
}

static struct span advance(struct span s, size_t n)
{
    return (struct span){s.p + n, s.n - n};
}

bool pick_enter(struct pick *it, struct span value)
{
    value = skip_space(value);
    if (value.n == 0 || (*value.p != '{' && *value.p != '['))
        return false;
    it->rest = skip_space(advance(value, 1));
    return true;
}

bool pick_element(struct pick *it, struct span *ret_value)
{
    struct span s = it->rest;
    size_t n = value_length(s);
    if (n == 0)
        return false;
    *ret_value = (struct span){s.p, n};
    s = skip_space(advance(s, n));
    if (s.n != 0 && *s.p == ',')
        s = skip_space(advance(s, 1));
    it->rest = s;
    return true;
}

bool pick_member(struct pick *it, struct span *ret_key, struct span *ret_value)
{
    if (it->rest.n == 0 || *it->rest.p != '"')
        return false;
    size_t n = string_length(it->rest);
    *ret_key = pick_raw((struct span){it->rest.p, n});
    struct span s = skip_space(advance(it->rest, n));
    if (s.n == 0 || *s.p != ':')
        return false;
    it->rest = skip_space(advance(s, 1));
    return pick_element(it, ret_value);
}

struct span pick_get(struct span object, const char *name)
{
    struct pick it;
    struct span key, value;
    if (pick_enter(&it, object))
        while (pick_member(&it, &key, &value))
            if (span_is(key, name))
                return value;
    return (struct span){0};
}

struct span pick_raw(struct span value)
{
    if (value.n < 2 || *value.p != '"')
        return (struct span){0};
    return (struct span){value.p + 1, value.n - 2};
}

static void put_utf8(struct buf *out, uint32_t c)
{
    char u[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        u[i] = (char)(0x80 | (c & 0x3f));
    u[0] = (char)(lead[n] | c);
    buf_put(out, u, n);
}

static uint32_t hex4(struct span s)
{
    char text[5] = {0};
    memcpy(text, s.p, s.n < 4 ? s.n : 4);
    return (uint32_t)strtoul(text, NULL, 16);
}

/* `s` starts behind the backslash; returns the bytes used. */
static size_t put_unescaped(struct buf *out, struct span s)
{
    static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
    const char *known = strchr(names, *s.p);
    if (*s.p != 'u' || s.n < 5) {
        buf_put(out, known != NULL ? &codes[known - names] : s.p, 1);
        return 1;
    }
    uint32_t c = hex4(advance(s, 1));
    bool is_pair = c >= 0xd800 && c < 0xdc00 && s.n >= 11 && s.p[5] == '\\' && s.p[6] == 'u';
    if (is_pair)
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(advance(s, 7)) - 0xdc00);
    put_utf8(out, c);
    return is_pair ? 11 : 5;
}

void pick_text(struct span value, struct buf *out)
{
    struct span s = pick_raw(value);
    while (s.n != 0) {
        const char *slash = memchr(s.p, '\\', s.n);
        size_t plain = slash != NULL ? (size_t)(slash - s.p) : s.n;
        buf_put(out, s.p, plain);
        s = advance(s, plain);
        if (s.n < 2)
            return;
        s = advance(s, 1);
        s = advance(s, put_unescaped(out, s));
    }
}
