#include "base/utf8.h"
#include "base/str.h"

struct lead {
    unsigned char length;                 /* of the whole sequence; 0: not a first byte */
    unsigned char second_min, second_max; /* what may follow it (RFC 3629 section 4) */
};

static struct lead classify(unsigned char c)
{
    if (c < 0x80)
        return (struct lead){1, 0, 0};
    if (c < 0xc2 || c > 0xf4)
        return (struct lead){0, 0, 0};
    if (c < 0xe0)
        return (struct lead){2, 0x80, 0xbf};
    if (c < 0xf0)
        return (struct lead){3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf};
    return (struct lead){4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf};
}

size_t sl_utf8_step(sl_str s, bool *ret_is_valid)
{
    SL_ASSERT(s.n != 0);
    const unsigned char *p = (const unsigned char *)s.p;
    struct lead lead = classify(p[0]);
    size_t n = 1;

    if (lead.length > 1 && s.n > 1 && p[1] >= lead.second_min && p[1] <= lead.second_max) {
        n = 2;
        while (n < lead.length && n < s.n && (p[n] & 0xc0) == 0x80)
            n++;
    }
    *ret_is_valid = n == lead.length;
    return n;
}

static size_t skip_ascii(sl_str s, size_t at)
{
    uint64_t word;
    for (; s.n - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, s.p + at, sizeof(word));
        if ((word & 0x8080808080808080) != 0)
            break;
    }
    while (at < s.n && (unsigned char)s.p[at] < 0x80)
        at++;
    return at;
}

size_t sl_utf8_valid_prefix(sl_str s)
{
    size_t at = skip_ascii(s, 0);
    while (at < s.n) {
        bool is_valid;
        size_t n = sl_utf8_step(sl_str_from(s, at), &is_valid);
        if (!is_valid)
            return at;
        at = skip_ascii(s, at + n);
    }
    return at;
}

void sl_utf8_add_lossy(struct sl_strbuf *b, sl_str s)
{
    for (;;) {
        size_t good = sl_utf8_valid_prefix(s);
        bool is_valid;
        sl_strbuf_add(b, sl_str_head(s, good));
        if (good == s.n)
            return;
        s = sl_str_from(s, good);
        s = sl_str_from(s, sl_utf8_step(s, &is_valid));
        sl_strbuf_add(b, SL_STR("\xef\xbf\xbd"));
    }
}
