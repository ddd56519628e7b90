#include "base/cidr.h"
#include "base/num.h"
#include "base/str.h"

#include <arpa/inet.h>

enum { V4_AT = 12, V4_BITS = 96, ALL_BITS = 128 };

static const uint8_t mapped_prefix[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct sl_ip sl_ip_from_v4(const uint8_t bytes[4])
{
    struct sl_ip ip;
    memcpy(ip.bytes, mapped_prefix, V4_AT);
    memcpy(ip.bytes + V4_AT, bytes, 4);
    return ip;
}

bool sl_ip_is_v4(const struct sl_ip *ip)
{
    return memcmp(ip->bytes, mapped_prefix, V4_AT) == 0;
}

bool sl_ip_eq(const struct sl_ip *a, const struct sl_ip *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool sl_ip_parse(sl_str s, struct sl_ip *ret)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t v4[4];
    if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';

    if (inet_pton(AF_INET, text, v4) == 1) {
        *ret = sl_ip_from_v4(v4);
        return true;
    }
    struct sl_ip v6;
    if (inet_pton(AF_INET6, text, v6.bytes) != 1)
        return false;
    *ret = v6;
    return true;
}

void sl_ip_add(struct sl_strbuf *b, const struct sl_ip *ip)
{
    char text[INET6_ADDRSTRLEN];
    const char *written = sl_ip_is_v4(ip)
                              ? inet_ntop(AF_INET, ip->bytes + V4_AT, text, sizeof(text))
                              : inet_ntop(AF_INET6, ip->bytes, text, sizeof(text));
    SL_ASSERT(written != NULL);
    sl_strbuf_add(b, sl_cstr(written));
}

/* Are the first `bits` bits the same? */
static bool same_prefix(const struct sl_ip *a, const struct sl_ip *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

static bool has_bits_from(const struct sl_ip *ip, unsigned from)
{
    for (unsigned i = from; i < ALL_BITS; i++) {
        if ((ip->bytes[i / 8] >> (7 - i % 8) & 1) != 0)
            return true;
    }
    return false;
}

bool sl_cidr_parse(sl_str s, struct sl_cidr *ret)
{
    size_t slash = sl_str_find(s, '/', 0);
    sl_str address = sl_str_head(s, slash);
    struct sl_ip net;
    if (!sl_ip_parse(address, &net))
        return false;

    unsigned family_at = sl_str_find(address, ':', 0) == SIZE_MAX ? V4_BITS : 0;
    uint64_t bits = ALL_BITS - family_at;
    if (slash != SIZE_MAX && !sl_num_u64(sl_str_from(s, slash + 1), bits, &bits))
        return false;
    if (has_bits_from(&net, family_at + (unsigned)bits))
        return false;
    *ret = (struct sl_cidr){.net = net, .bits = (uint8_t)(family_at + bits)};
    return true;
}

bool sl_cidr_has(const struct sl_cidr *c, const struct sl_ip *ip)
{
    if (c->bits < V4_BITS && sl_ip_is_v4(ip))
        return false;
    return same_prefix(&c->net, ip, c->bits);
}
