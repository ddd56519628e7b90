#include "net/resolve_int.h"
#include "tests/test.h"
#include "tests/unit/net/fake_dns.h"

#include <stdio.h>
#include <unistd.h>

enum { TICKS_MAX = 2000, PORT = 8443 };

struct asker {
    struct sl_task task;
    struct sl_lookup lookup;
    int wakes;
};

struct world {
    struct sl_loop *loop;
    struct sl_arena *arena;
    struct fake_dns dns;
    struct sl_resolver *resolver;
    struct asker asker, other;
};

static void count_wake(struct sl_task *t, uint32_t why)
{
    struct asker *a = SL_CONTAINER(t, struct asker, task);
    a->wakes += (why & SL_WHY_RESOLVED) != 0;
}

static void setup(struct world *w)
{
    *w = (struct world){.loop = sl_loop_new(), .arena = sl_arena_new("test", SL_MIB(1))};
    w->asker.task.run = w->other.task.run = count_wake;
    fake_dns_open(&w->dns, w->loop);
    w->dns.a[0] = "192.0.2.1";
    w->dns.ttl_s = 60;
    w->resolver = sl_resolver_new(w->loop);
    EXPECT_EQ(SL_OK, sl_resolver_set_servers(w->resolver, w->dns.servers));
}

static void teardown(struct world *w)
{
    sl_resolver_free(w->resolver);
    fake_dns_close(&w->dns);
    sl_arena_free(w->arena);
    sl_loop_free(w->loop);
}

static sl_rc ask(struct world *w, struct asker *a, const char *host)
{
    a->wakes = 0;
    return sl_resolve(w->resolver, &a->lookup, sl_cstr(host), PORT, &a->task);
}

static sl_rc wait_for(struct world *w, struct asker *a)
{
    for (int i = 0; i < TICKS_MAX && a->wakes == 0; i++)
        sl_loop_tick(w->loop, SL_MS(10));
    return a->lookup.rc;
}

/* Ask and wait if need be. */
static sl_rc resolve(struct world *w, const char *host)
{
    sl_rc rc = ask(w, &w->asker, host);
    return rc == SL_E_AGAIN ? wait_for(w, &w->asker) : rc;
}

static sl_str ip_of(struct world *w, size_t i)
{
    return sl_addr_ip(&w->asker.lookup.addrs[i], w->arena);
}

TEST(resolve, numeric_addresses_and_localhost_are_known_at_once)
{
    static const struct {
        const char *host, *ip;
        size_t count;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", 1},     {"2001:db8::1", "2001:db8::1", 1},
        {"localhost", "127.0.0.1", 2},     {"LocalHost.", "127.0.0.1", 2},
        {"api.localhost", "127.0.0.1", 2},
    };
    struct world w;
    setup(&w);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(SL_OK, ask(&w, &w.asker, rows[i].host));
        EXPECT_EQ(rows[i].count, w.asker.lookup.count);
        EXPECT_STR(rows[i].ip, ip_of(&w, 0));
        EXPECT_EQ(PORT, sl_addr_port(&w.asker.lookup.addrs[0]));
    }
    EXPECT_EQ(0, w.dns.questions);
    EXPECT_EQ(0, sl_resolver_count(w.resolver));
    teardown(&w);
}

TEST(resolve, names_that_cannot_be_names_are_refused)
{
    static char long_name[254];
    struct world w;
    memset(long_name, 'a', sizeof(long_name));
    setup(&w);
    EXPECT_EQ(SL_E_RESOLVE, ask(&w, &w.asker, ""));
    EXPECT_EQ(SL_E_RESOLVE, sl_resolve(w.resolver, &w.asker.lookup, SL_STR("a\0b"), 1, NULL));
    EXPECT_EQ(SL_E_RESOLVE, sl_resolve(w.resolver, &w.asker.lookup,
                                       sl_str_of(long_name, sizeof(long_name)), 1, NULL));
    EXPECT_EQ(0, sl_resolver_count(w.resolver));
    teardown(&w);
}

TEST(resolve, a_name_is_asked_once_while_its_answer_lives)
{
    struct world w;
    setup(&w);
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    EXPECT_EQ(SL_OK, wait_for(&w, &w.asker));
    EXPECT_EQ(1, w.asker.lookup.count);
    EXPECT_STR("192.0.2.1", ip_of(&w, 0));
    EXPECT_EQ(PORT, sl_addr_port(&w.asker.lookup.addrs[0]));
    EXPECT_EQ(SL_OK, ask(&w, &w.asker, "A.Test"));
    EXPECT_EQ(1, w.dns.questions);
    EXPECT_EQ(0, w.asker.wakes);
    teardown(&w);
}

TEST(resolve, an_answer_dies_with_its_time_to_live_but_lives_a_second_at_least)
{
    struct world w;
    setup(&w);
    w.dns.ttl_s = 0;
    EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
    EXPECT_EQ(SL_OK, ask(&w, &w.asker, "a.test"));
    usleep(1010000);
    sl_loop_tick(w.loop, 0);
    w.dns.a[0] = "192.0.2.2";
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    EXPECT_EQ(SL_OK, wait_for(&w, &w.asker));
    EXPECT_STR("192.0.2.2", ip_of(&w, 0));
    EXPECT_EQ(2, w.dns.questions);
    teardown(&w);
}

TEST(resolve, both_families_are_given)
{
    struct world w;
    setup(&w);
    w.dns.aaaa = "2001:db8::5";
    EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
    EXPECT_EQ(2, w.asker.lookup.count);
    teardown(&w);
}

TEST(resolve, more_addresses_than_fit_are_left_out)
{
    static char texts[FAKE_DNS_ADDRS_MAX][16];
    struct world w;
    setup(&w);
    for (int i = 0; i < FAKE_DNS_ADDRS_MAX; i++) {
        snprintf(texts[i], sizeof(texts[i]), "192.0.2.%d", i + 1);
        w.dns.a[i] = texts[i];
    }
    EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
    EXPECT_EQ(SL_RESOLVE_ADDRS_MAX, w.asker.lookup.count);
    teardown(&w);
}

TEST(resolve, a_failure_is_remembered_for_a_while)
{
    struct world w;
    setup(&w);
    w.dns.rcode = 3;
    EXPECT_EQ(SL_E_RESOLVE, resolve(&w, "gone.test"));
    int before = w.dns.questions;
    EXPECT_EQ(SL_E_RESOLVE, ask(&w, &w.asker, "gone.test"));
    EXPECT_EQ(before, w.dns.questions);
    w.dns.rcode = 0;
    sl_resolver_expire(w.resolver);
    EXPECT_EQ(SL_OK, resolve(&w, "gone.test"));
    EXPECT(!w.asker.lookup.is_stale);
    teardown(&w);
}

TEST(resolve, the_last_good_addresses_are_served_when_asking_again_fails)
{
    static const int rcodes[] = {2, 3};
    for (size_t i = 0; i < SL_LEN(rcodes); i++) {
        struct world w;
        setup(&w);
        EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
        sl_resolver_expire(w.resolver);
        w.dns.rcode = rcodes[i];
        EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
        EXPECT(w.asker.lookup.is_stale);
        EXPECT_STR("192.0.2.1", ip_of(&w, 0));
        EXPECT_EQ(SL_OK, ask(&w, &w.asker, "a.test"));
        EXPECT(w.asker.lookup.is_stale);

        sl_resolver_expire(w.resolver);
        w.dns.rcode = 0;
        w.dns.a[0] = "192.0.2.9";
        EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
        EXPECT(!w.asker.lookup.is_stale);
        EXPECT_STR("192.0.2.9", ip_of(&w, 0));
        teardown(&w);
    }
}

TEST(resolve, lookups_of_one_name_share_a_question)
{
    struct world w;
    setup(&w);
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.other, "a.test"));
    EXPECT_EQ(SL_OK, wait_for(&w, &w.asker));
    EXPECT_EQ(SL_OK, wait_for(&w, &w.other));
    EXPECT_EQ(1, w.dns.questions);
    teardown(&w);
}

TEST(resolve, a_cancelled_lookup_wakes_nobody_and_its_answer_is_kept)
{
    struct world w;
    setup(&w);
    sl_resolve_cancel(&w.other.lookup);
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.other, "a.test"));
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    sl_resolve_cancel(&w.other.lookup);
    EXPECT_EQ(SL_OK, wait_for(&w, &w.asker));
    EXPECT_EQ(0, w.other.wakes);
    EXPECT_EQ(SL_OK, ask(&w, &w.other, "a.test"));
    EXPECT_EQ(1, w.dns.questions);
    teardown(&w);
}

TEST(resolve, a_truncated_answer_is_asked_for_over_tcp)
{
    struct world w;
    setup(&w);
    w.dns.truncates = true;
    EXPECT_EQ(SL_OK, resolve(&w, "a.test"));
    EXPECT_STR("192.0.2.1", ip_of(&w, 0));
    EXPECT_EQ(1, w.dns.tcp_questions);
    teardown(&w);
}

TEST(resolve, a_lost_question_is_asked_again)
{
    struct world w;
    setup(&w);
    w.dns.is_silent = true;
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    while (w.dns.questions == 0)
        sl_loop_tick(w.loop, SL_MS(10));
    w.dns.is_silent = false;
    EXPECT_EQ(SL_OK, wait_for(&w, &w.asker));
    EXPECT(w.dns.questions >= 2);
    teardown(&w);
}

TEST(resolve, a_silent_server_fails_the_lookup_in_time)
{
    struct world w;
    setup(&w);
    w.dns.is_silent = true;
    sl_usec before_us = sl_loop_now(w.loop);
    EXPECT_EQ(SL_E_RESOLVE, resolve(&w, "a.test"));
    EXPECT(sl_loop_now(w.loop) - before_us >= SL_RESOLVE_TIMEOUT_US);
    EXPECT(sl_loop_now(w.loop) - before_us < SL_RESOLVE_TIMEOUT_US + SL_SECONDS(1));
    teardown(&w);
}

TEST(resolve, the_cache_forgets_the_oldest_names)
{
    char host[32];
    struct world w;
    setup(&w);
    w.dns.is_silent = true;
    for (int i = 0; i < SL_RESOLVE_NAMES_MAX; i++) {
        struct sl_lookup q = {0};
        snprintf(host, sizeof(host), "n%d.test", i);
        EXPECT_EQ(SL_E_AGAIN, sl_resolve(w.resolver, &q, sl_cstr(host), PORT, &w.asker.task));
        sl_resolve_cancel(&q);
    }
    EXPECT_EQ(SL_RESOLVE_NAMES_MAX, sl_resolver_count(w.resolver));
    EXPECT_EQ(SL_E_RESOLVE, ask(&w, &w.asker, "too-many.test"));
    EXPECT_EQ(SL_RESOLVE_NAMES_MAX, sl_resolver_count(w.resolver));
    teardown(&w);
}

TEST(resolve, ending_the_resolver_lets_go_of_who_waits)
{
    struct world w;
    setup(&w);
    EXPECT_EQ(SL_E_AGAIN, ask(&w, &w.asker, "a.test"));
    teardown(&w);
    EXPECT_EQ(0, w.asker.wakes);
    sl_resolve_cancel(&w.asker.lookup);
    sl_resolver_free(NULL);
}
