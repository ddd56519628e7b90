#include "base/cidr.h"
#include "tests/test.h"

static struct sl_ip ip(const char *text)
{
    struct sl_ip v = {0};
    EXPECT(sl_ip_parse(sl_cstr(text), &v));
    return v;
}

TEST(cidr, addresses_are_written_in_their_shortest_form)
{
    static const char *const rows[][2] = {{"10.0.0.1", "10.0.0.1"},
                                          {"2001:DB8:0:0::1", "2001:db8::1"},
                                          {"::ffff:10.0.0.1", "10.0.0.1"},
                                          {"::", "::"}};
    struct sl_strbuf b = {0};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ip v = ip(rows[i][0]);
        sl_strbuf_clear(&b);
        sl_ip_add(&b, &v);
        EXPECT_STR(rows[i][1], sl_strbuf_str(&b));
    }
    sl_strbuf_fini(&b);
}

TEST(cidr, a_mapped_address_equals_the_ipv4_one)
{
    struct sl_ip mapped = ip("::ffff:10.0.0.1"), plain = ip("10.0.0.1");
    EXPECT(sl_ip_eq(&mapped, &plain));
    EXPECT(sl_ip_is_v4(&mapped));
    struct sl_ip raw = sl_ip_from_v4((const uint8_t[]){10, 0, 0, 1});
    EXPECT(sl_ip_eq(&raw, &plain));
}

TEST(cidr, refuses_what_is_no_address)
{
    static const sl_str bad[] = {SL_STR_INIT(""),
                                 SL_STR_INIT("10.0.0"),
                                 SL_STR_INIT("10.0.0.256"),
                                 SL_STR_INIT("010.0.0.1"),
                                 SL_STR_INIT("10.0.0.1 "),
                                 SL_STR_INIT("[::1]"),
                                 SL_STR_INIT("fe80::1%eth0"),
                                 SL_STR_INIT("1::2::3"),
                                 SL_STR_INIT("10.0.0.1\0"),
                                 SL_STR_INIT("10.0.0.1:80"),
                                 SL_STR_INIT("00000000000000000000000000000000000000000000000::1")};
    struct sl_ip v;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_ip_parse(bad[i], &v));
}

TEST(cidr, refuses_what_is_no_network)
{
    static const char *const bad[] = {"10.0.0.0/33",    "10.0.0.1/8",   "10.0.0.0/",
                                      "10.0.0.0/-1",    "10.0.0.0/8/8", "::/129",
                                      "2001:db8::1/32", "/8",           "10.0.0.0/ 8"};
    struct sl_cidr c;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_cidr_parse(sl_cstr(bad[i]), &c));
}

TEST(cidr, has_the_addresses_of_its_network_and_family)
{
    static const struct {
        const char *net, *ip;
        bool want;
    } rows[] = {{"10.0.0.0/8", "10.255.255.255", true},
                {"10.0.0.0/8", "11.0.0.0", false},
                {"10.0.0.0/8", "::ffff:10.1.2.3", true},
                {"::ffff:10.0.0.0/104", "10.1.2.3", true},
                {"192.0.2.128/25", "192.0.2.129", true},
                {"192.0.2.128/25", "192.0.2.127", false},
                {"192.0.2.7", "192.0.2.7", true},
                {"192.0.2.7", "192.0.2.6", false},
                {"0.0.0.0/0", "203.0.113.9", true},
                {"0.0.0.0/0", "2001:db8::1", false},
                {"::/0", "2001:db8::1", true},
                {"::/0", "203.0.113.9", false},
                {"2001:db8::/33", "2001:db8:7fff::", true},
                {"2001:db8::/33", "2001:db8:8000::", false}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_cidr c;
        EXPECT(sl_cidr_parse(sl_cstr(rows[i].net), &c));
        struct sl_ip v = ip(rows[i].ip);
        EXPECT_EQ(rows[i].want, sl_cidr_has(&c, &v));
    }
}
