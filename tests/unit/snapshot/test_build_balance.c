#include "base/hash.h"
#include "base/strbuf.h"
#include "snapshot/build.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

/* An upstream "u" of n endpoints http://e0 .. with weights. */
static struct built build(const char *balancer, const int *weights, size_t n)
{
    struct sl_strbuf yaml = {0};
    sl_strbuf_addf(&yaml, "upstreams: [{name: u, balancer: %s, endpoints: [", balancer);
    for (size_t i = 0; i < n; i++)
        sl_strbuf_addf(&yaml, "{url: \"http://e%zu\", weight: %d},", i, weights[i]);
    sl_strbuf_add(&yaml, SL_STR("]}]"));
    sl_strbuf_add_char(&yaml, '\0');
    struct built t = build_text(yaml.p);
    sl_strbuf_fini(&yaml);
    EXPECT_EQ(SL_OK, t.rc);
    return t;
}

static size_t turns_of(const struct sl_upstream *u, uint32_t endpoint)
{
    size_t n = 0;
    for (size_t i = 0; i < u->wheel_size; i++)
        n += u->wheel[i] == endpoint;
    return n;
}

TEST(build_balance, the_wheel_is_smooth_and_as_short_as_the_weights_allow)
{
    static const int weights[] = {50, 10, 10};
    static const uint32_t wheel[] = {0, 0, 1, 0, 2, 0, 0};
    struct built t = build("round_robin", weights, SL_LEN(weights));
    const struct sl_upstream *u = t.s->upstreams[0];
    EXPECT_EQ(SL_LEN(wheel), u->wheel_size);
    EXPECT(memcmp(wheel, u->wheel, sizeof(wheel)) == 0);
    built_free(&t);
}

TEST(build_balance, a_drained_endpoint_has_no_turn_and_no_point)
{
    static const int weights[] = {1, 0, 1};
    struct built t = build("round_robin", weights, 3), h = build("hash", weights, 3);
    EXPECT_EQ(2, t.s->upstreams[0]->wheel_size);
    EXPECT_EQ(0, turns_of(t.s->upstreams[0], 1));
    for (size_t i = 0; i < h.s->upstreams[0]->ring_size; i++)
        EXPECT(h.s->upstreams[0]->ring[i].endpoint != 1);
    built_free(&t);
    built_free(&h);
}

TEST(build_balance, only_drained_endpoints_make_an_empty_wheel_and_ring)
{
    static const int weights[] = {0, 0};
    struct built t = build("round_robin", weights, 2), h = build("hash", weights, 2);
    EXPECT_EQ(0, t.s->upstreams[0]->wheel_size);
    EXPECT_EQ(0, h.s->upstreams[0]->ring_size);
    built_free(&t);
    built_free(&h);
}

TEST(build_balance, a_wheel_is_bounded_and_keeps_small_weights)
{
    int weights[20];
    for (size_t i = 0; i < SL_LEN(weights); i++)
        weights[i] = 981 + (int)i;
    weights[0] = 1;
    struct built t = build("round_robin", weights, SL_LEN(weights));
    const struct sl_upstream *u = t.s->upstreams[0];
    EXPECT(u->wheel_size <= 4096 && u->wheel_size > 3900);
    EXPECT_EQ(1, turns_of(u, 0));
    EXPECT(turns_of(u, 1) > 195 && turns_of(u, 19) >= turns_of(u, 1));
    built_free(&t);
}

/* The endpoint of a key, as gate/balance finds it. */
static sl_str owner_of(const struct sl_upstream *u, uint64_t hash)
{
    size_t lo = 0, hi = u->ring_size;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (u->ring[mid].hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return u->endpoints[u->ring[lo % u->ring_size].endpoint].url;
}

TEST(build_balance, shares_of_the_ring_follow_the_weights)
{
    enum { KEYS = 40000 };
    static const int weights[] = {1, 1, 2};
    static const int shares[] = {KEYS / 4, KEYS / 4, KEYS / 2};
    struct built t = build("hash", weights, SL_LEN(weights));
    const struct sl_upstream *u = t.s->upstreams[0];
    int keys[3] = {0};
    for (uint64_t k = 0; k < KEYS; k++)
        keys[owner_of(u, sl_hash(&k, sizeof(k))).p[8] - '0']++;
    for (size_t i = 0; i < 3; i++)
        EXPECT(keys[i] > shares[i] * 8 / 10 && keys[i] < shares[i] * 12 / 10);
    built_free(&t);
}

TEST(build_balance, an_endpoint_more_takes_only_its_own_share)
{
    enum { KEYS = 20000, ENDPOINTS = 10 };
    static const int weights[ENDPOINTS + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct built before = build("hash", weights, ENDPOINTS),
                 after = build("hash", weights, ENDPOINTS + 1);
    int moved = 0;
    for (uint64_t k = 0; k < KEYS; k++) {
        uint64_t hash = sl_hash(&k, sizeof(k));
        sl_str now = owner_of(after.s->upstreams[0], hash);
        if (sl_str_eq(owner_of(before.s->upstreams[0], hash), now))
            continue;
        moved++;
        EXPECT_STR("http://e10", now);
    }
    EXPECT(moved > KEYS / 11 * 7 / 10 && moved < KEYS / 11 * 13 / 10);
    built_free(&before);
    built_free(&after);
}

TEST(build_balance, a_ring_is_sorted_and_bounded)
{
    int weights[64];
    for (size_t i = 0; i < SL_LEN(weights); i++)
        weights[i] = i == 0 ? 1 : 1000;
    struct built t = build("hash", weights, SL_LEN(weights));
    const struct sl_upstream *u = t.s->upstreams[0];
    EXPECT(u->ring_size <= 1 << 18 && u->ring_size > 1 << 16);
    bool has_smallest = false;
    for (size_t i = 0; i < u->ring_size; i++) {
        EXPECT(i == 0 || u->ring[i - 1].hash <= u->ring[i].hash);
        has_smallest |= u->ring[i].endpoint == 0;
    }
    EXPECT(has_smallest);
    built_free(&t);
}
