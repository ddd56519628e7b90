#include "control/fetch.h"
#include "base/cidr.h"
#include "base/str.h"
#include "tests/test.h"

TEST(fetch, addresses_of_the_machine_and_of_private_networks_are_out_of_reach)
{
    static const char *const closed[] = {"127.0.0.1",       "0.0.0.0",     "10.1.2.3",
                                         "172.31.0.1",      "192.168.0.1", "169.254.169.254",
                                         "100.64.0.1",      "::1",         "::",
                                         "fe80::1",         "fd00::1",     "::ffff:10.0.0.1",
                                         "64:ff9b::7f00:1", "224.0.0.1",   "255.255.255.255"};
    static const char *const open[] = {"93.184.216.34", "172.32.0.1", "2606:2800:220:1::1"};
    struct sl_ip ip;
    for (size_t i = 0; i < SL_LEN(closed); i++) {
        EXPECT(sl_ip_parse(sl_cstr(closed[i]), &ip));
        EXPECT(!sl_fetch_admits(NULL, &ip));
    }
    for (size_t i = 0; i < SL_LEN(open); i++) {
        EXPECT(sl_ip_parse(sl_cstr(open[i]), &ip));
        EXPECT(sl_fetch_admits(NULL, &ip));
    }
}

TEST(fetch, what_the_operator_names_is_open)
{
    sl_str nets[] = {SL_STR("10.20.0.0/16")};
    const struct sl_strs allowed = {.v = nets, .n = 1};
    struct sl_ip in, out;
    EXPECT(sl_ip_parse(SL_STR("10.20.3.4"), &in) && sl_ip_parse(SL_STR("10.21.3.4"), &out));
    EXPECT(sl_fetch_admits(&allowed, &in));
    EXPECT(!sl_fetch_admits(&allowed, &out));
}

static sl_rc get(const char *url, struct sl_arena *a, struct sl_diag *d)
{
    const struct sl_fetch_request rq = {.url = sl_cstr(url), .max_bytes = 100};
    sl_str got;
    return sl_fetch(&rq, "u", a, d, &got);
}

TEST(fetch, names_that_mean_such_an_address_are_found_out)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_diag d;
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_E_INVALID, get("http://localhost:1/x", a, &d));
    EXPECT_STR("cannot be fetched: the name stands for an address that may not be connected to",
               d.problems[0].message);
    EXPECT_EQ(SL_E_INVALID, get("file:///etc/passwd", a, &d));
    EXPECT_EQ(SL_E_INVALID, get("http://[::1]/", a, &d));
    sl_arena_free(a);
}
