/**
 * cidr: IP addresses and networks (RFC 4632, RFC 4291). Pure; values; any thread.
 *
 * An IPv4 address is kept, and equal to, its IPv4-mapped IPv6 form (::ffff:10.0.0.1), because that is
 * what a dual-stack socket reports. Networks keep the families apart: "::/0" is all of IPv6 and no
 * IPv4 address.
 */
#pragma once
#include "base/strbuf.h"

struct sl_ip {
    uint8_t bytes[16]; /* network order */
};

struct sl_cidr {
    struct sl_ip net;
    uint8_t bits; /* 0..128; of an IPv4 network 96 more than written */
};

/** From a sockaddr's bytes, in network order. */
struct sl_ip sl_ip_from_v4(const uint8_t bytes[4]);
bool sl_ip_is_v4(const struct sl_ip *ip);
bool sl_ip_eq(const struct sl_ip *a, const struct sl_ip *b);

/** "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"; no brackets, ports or zones. False when it is none. */
bool sl_ip_parse(sl_str s, struct sl_ip *ret) SL_CHECKED;
/** IPv4 dotted, IPv6 as RFC 5952 has it. */
void sl_ip_add(struct sl_strbuf *b, const struct sl_ip *ip);

/**
 * "10.0.0.0/8", "2001:db8::/32", or an address alone (its own network). False when it is none, also
 * when bits beyond the prefix are set ("10.0.0.1/8"): that is most often a mistake.
 */
bool sl_cidr_parse(sl_str s, struct sl_cidr *ret) SL_CHECKED;
bool sl_cidr_has(const struct sl_cidr *c, const struct sl_ip *ip);
