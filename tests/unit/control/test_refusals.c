#include "control/refusals.h"
#include "base/str.h"
#include "base/clock.h"
#include "control/trail.h"
#include "store/audit.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define NOW INT64_C(1767225600000000)
#define PASSWORD "a long password"

static const struct sl_refusal one = {.action = "access.refused",
                                      .kind = "operation",
                                      .actor = SL_STR_INIT("user:eve"),
                                      .remote = SL_STR_INIT("::1"),
                                      .subject = SL_STR_INIT("POST /api/v1/users"),
                                      .status = 403};

struct counted {
    const char *action;
    sl_str last_after, last_subject, last_actor, last_remote;
    struct sl_arena *a;
    size_t n;
};

static bool count_entry(const struct sl_audit *e, void *arg)
{
    struct counted *c = arg;
    if (!sl_str_eq(e->action, sl_cstr(c->action)))
        return true;
    c->n++;
    c->last_after = sl_arena_dup(c->a, e->after);
    c->last_subject = sl_arena_dup(c->a, e->subject);
    c->last_actor = sl_arena_dup(c->a, e->actor);
    c->last_remote = sl_arena_dup(c->a, e->remote);
    return true;
}

static struct counted count(struct bench *b, const char *action)
{
    const struct sl_audit_query all = {.is_ascending = true};
    struct counted c = {.action = action, .a = b->a};
    struct sl_tx *tx;
    EXPECT_EQ(SL_OK, sl_store_read(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_audit_each(tx, &all, count_entry, &c));
    sl_tx_rollback(tx);
    return c;
}

static void expect_whole(struct bench *b)
{
    bench_no_headers(b);
    b->is_local = true;
    EXPECT_STR("true",
               bench_text(bench_want(b, 200, "GET", "/api/v1/audit/verify", NULL), "is_whole"));
}

TEST(refusals, of_the_same_are_one_entry_with_their_number)
{
    struct bench b;
    bench_init(&b);
    for (int i = 0; i < 1000; i++)
        sl_refusals_note(b.control->refusals, &one, NOW);
    EXPECT_EQ(0, count(&b, "access.refused").n); /* not yet */
    sl_refusals_flush(b.control, NOW);
    sl_refusals_flush(b.control, NOW + 1000000);
    EXPECT_EQ(1, count(&b, "access.refused").n);
    EXPECT_STR("{\"status\":403,\"times\":1000}", count(&b, "access.refused").last_after);
    expect_whole(&b);
    bench_fini(&b);
}

/* Of many. */
static void note_many(struct bench *b, int n)
{
    for (int i = 0; i < n; i++) {
        struct sl_refusal other = one;
        other.actor = sl_fmt(b->a, "user:%d", i);
        other.subject = sl_fmt(b->a, "GET /%d", i);
        sl_refusals_note(b->control->refusals, &other, NOW);
    }
}

TEST(refusals, of_many_kinds_grow_the_trail_slowly_and_none_is_uncounted)
{
    struct bench b;
    bench_init(&b);
    note_many(&b, 5000);
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(SL_REFUSALS_MAX, count(&b, "access.refused").n);
    note_many(&b, 5000);
    sl_refusals_flush(b.control, NOW + SL_REFUSALS_PAUSE_US - 1);
    EXPECT_EQ(SL_REFUSALS_MAX, count(&b, "access.refused").n);
    sl_refusals_flush(b.control, NOW + 2 * SL_REFUSALS_PAUSE_US);
    EXPECT_EQ(SL_REFUSALS_MAX + 2, count(&b, "access.refused").n);
    /* those that waited, and how many more there were */
    sl_refusals_flush(b.control, NOW + 1000 * SL_REFUSALS_PAUSE_US);
    struct counted all = count(&b, "access.refused");
    EXPECT_EQ(2 * SL_REFUSALS_MAX + 1, all.n);
    EXPECT_STR("{\"times\":9872}", all.last_after);
    expect_whole(&b);
    bench_fini(&b);
}

/* Of one, at as many made-up paths. */
static void note_paths(struct bench *b, const char *remote, int n)
{
    for (int i = 0; i < n; i++) {
        struct sl_refusal other = one;
        other.remote = sl_cstr(remote);
        other.subject = sl_fmt(b->a, "GET /%d", i);
        sl_refusals_note(b->control->refusals, &other, NOW);
    }
}

TEST(refusals, of_one_actor_leave_room_for_those_of_others)
{
    struct bench b;
    bench_init(&b);
    struct sl_refusal other = one;
    other.actor = SL_STR("user:alice");
    note_paths(&b, "192.0.2.1", 1000);
    sl_refusals_note(b.control->refusals, &other, NOW);
    note_paths(&b, "192.0.2.1", SL_REFUSALS_OF_ADDRESS); /* those have a place */
    sl_refusals_flush(b.control, NOW);
    struct counted all = count(&b, "access.refused");
    EXPECT_EQ(SL_REFUSALS_OF_ADDRESS + 2, all.n);
    EXPECT_STR("user:alice", all.last_actor);
    EXPECT_STR("{\"status\":403,\"times\":1}", all.last_after);
    note_paths(&b, "192.0.2.1", SL_REFUSALS_OF_ADDRESS + 3);
    sl_refusals_flush(b.control, NOW);
    all = count(&b, "access.refused"); /* the others of one keep who and where it was */
    EXPECT_STR("user:eve", all.last_actor);
    EXPECT_STR("192.0.2.1", all.last_remote);
    EXPECT_STR("others", all.last_subject);
    EXPECT_STR("{\"times\":3}", all.last_after);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(refusals, of_one_actor_at_many_addresses_leave_room_too)
{
    struct bench b;
    bench_init(&b);
    for (int i = 0; i < 100; i++)
        note_paths(&b, sl_fmt(b.a, "192.0.2.%d", i).p, 2);
    sl_refusals_flush(b.control, NOW);
    struct counted all = count(&b, "access.refused");
    EXPECT_EQ(SL_REFUSALS_OF_ACTOR + 1, all.n);
    EXPECT_STR("user:eve", all.last_actor);
    EXPECT_STR("", all.last_remote);
    EXPECT_STR(sl_fmt(b.a, "{\"times\":%d}", 200 - SL_REFUSALS_OF_ACTOR).p, all.last_after);
    bench_fini(&b);
}

TEST(refusals, long_texts_are_cut_and_clocks_may_go_back)
{
    struct bench b;
    bench_init(&b);
    struct sl_refusal long_one = one;
    char text[4096];
    memset(text, 'x', sizeof(text));
    long_one.subject = (sl_str){text, sizeof(text)};
    sl_refusals_note(b.control->refusals, &long_one, NOW);
    sl_refusals_note(b.control->refusals, &long_one, NOW - 1);
    sl_refusals_flush(b.control, NOW);
    sl_refusals_flush(b.control, NOW - 3600000000);
    EXPECT_STR("{\"status\":403,\"times\":2}", count(&b, "access.refused").last_after);
    bench_fini(&b);
}

TEST(refusals, what_is_no_text_is_replaced_and_characters_stay_whole)
{
    struct bench b;
    bench_init(&b);
    struct sl_refusal other = one;
    other.subject = (sl_str)SL_STR_INIT("a\0b\xff\xc3\xa4");
    sl_refusals_note(b.control->refusals, &other, NOW);
    sl_refusals_flush(b.control, NOW);
    EXPECT_STR("a\xef\xbf\xbd"
               "b\xef\xbf\xbd\xc3\xa4",
               count(&b, "access.refused").last_subject);
    char text[SL_REFUSAL_TEXT_BYTES + 1];
    memset(text, 'x', sizeof(text));
    memcpy(text + SL_REFUSAL_TEXT_BYTES - 1, "\xc3\xa4", 2);
    other.subject = (sl_str){text, sizeof(text)};
    sl_refusals_note(b.control->refusals, &other, NOW);
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(SL_REFUSAL_TEXT_BYTES - 1, count(&b, "access.refused").last_subject.n);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(refusals, a_login_name_with_a_nul_loses_nobodys_entry)
{
    struct bench b;
    bench_init(&b);
    sl_refusals_note(b.control->refusals, &one, NOW);
    b.is_local = false;
    (void)bench_want(&b, 401, "POST", "/api/v1/login",
                     "{\"name\":\"e\\u0000ve\",\"password\":\"wrong wrong\"}");
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(1, count(&b, "access.refused").n);
    EXPECT_EQ(1, count(&b, "session.refused").n);
    expect_whole(&b);
    bench_fini(&b);
}

static void change_store(struct bench *b, const char *sql)
{
    struct sl_tx *tx;
    EXPECT_EQ(SL_OK, sl_store_write(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_query_run(sl_tx_query(tx, sql)));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

TEST(refusals, that_the_store_does_not_take_keep_no_others_out)
{
    struct bench b;
    bench_init(&b);
    change_store(&b, "CREATE UNIQUE INDEX once ON audit (subject) WHERE action = 'access.refused'");
    struct sl_refusal other = one;
    sl_refusals_note(b.control->refusals, &one, NOW);
    other.actor = SL_STR("user:mallory"); /* the same subject */
    sl_refusals_note(b.control->refusals, &other, NOW);
    other.subject = SL_STR("another");
    sl_refusals_note(b.control->refusals, &other, NOW);
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(2, count(&b, "access.refused").n);
    EXPECT_STR("another", count(&b, "access.refused").last_subject);
    change_store(&b, "DROP INDEX once"); /* it waits for its turn */
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(3, count(&b, "access.refused").n);
    EXPECT_STR("POST /api/v1/users", count(&b, "access.refused").last_subject);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(refusals, that_the_store_never_takes_are_given_up)
{
    struct bench b;
    bench_init(&b);
    change_store(&b, "CREATE UNIQUE INDEX once ON audit (subject) WHERE action = 'access.refused'");
    struct sl_refusal other = one;
    other.actor = SL_STR("user:mallory");
    sl_refusals_note(b.control->refusals, &one, NOW);
    sl_refusals_note(b.control->refusals, &other, NOW);
    for (int i = 0; i < 3; i++)
        sl_refusals_flush(b.control, NOW);
    change_store(&b, "DROP INDEX once");
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(1, count(&b, "access.refused").n);
    bench_fini(&b);
}

TEST(refusals, wait_for_a_store_that_fails)
{
    struct bench b;
    bench_init(&b);
    note_many(&b, SL_REFUSALS_MAX + 5);
    change_store(&b, "ALTER TABLE audit RENAME TO away");
    sl_refusals_flush(b.control, NOW);
    note_many(&b, 1); /* the oldest of them again */
    change_store(&b, "ALTER TABLE away RENAME TO audit");
    sl_refusals_flush(b.control, NOW);
    struct counted all = count(&b, "access.refused");
    EXPECT_EQ(SL_REFUSALS_MAX, all.n); /* in their order, and no more than without the failure */
    EXPECT_STR(sl_fmt(b.a, "GET /%d", SL_REFUSALS_MAX - 1).p, all.last_subject);
    sl_refusals_flush(b.control, NOW + SL_REFUSALS_PAUSE_US);
    EXPECT_STR("{\"times\":5}", count(&b, "access.refused").last_after);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(refusals, of_one_actor_leave_room_also_while_the_store_fails)
{
    struct bench b;
    bench_init(&b);
    change_store(&b, "ALTER TABLE audit RENAME TO away");
    note_paths(&b, "192.0.2.1", 1000);
    sl_refusals_flush(b.control, NOW);
    note_paths(&b, "192.0.2.1", 1000);
    change_store(&b, "ALTER TABLE away RENAME TO audit");
    sl_refusals_flush(b.control, NOW);
    struct counted all = count(&b, "access.refused");
    EXPECT_EQ(SL_REFUSALS_OF_ADDRESS + 1, all.n);
    EXPECT_STR(sl_fmt(b.a, "{\"times\":%d}", 2000 - 2 * SL_REFUSALS_OF_ADDRESS).p, all.last_after);
    bench_fini(&b);
}

TEST(refusals, of_the_api_are_those_of_who_is_known_and_of_logins)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"eve\",\"grants\":[{\"role\":\"viewer\"}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/eve/set-password",
                     "{\"password\":\"" PASSWORD "\"}");
    b.is_local = false;
    (void)bench_want(&b, 401, "GET", "/api/v1/users", NULL); /* nobody that is known */
    (void)bench_want(&b, 401, "POST", "/api/v1/login",
                     "{\"name\":\"eve\",\"password\":\"wrong wrong\"}");
    bench_login(&b, "eve", PASSWORD);
    (void)bench_want(&b, 403, "POST", "/api/v1/consumers", "{\"name\":\"x\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/consumers", NULL);
    sl_refusals_flush(b.control, NOW);
    EXPECT_EQ(1, count(&b, "access.refused").n);
    EXPECT_EQ(1, count(&b, "session.refused").n);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(trail, is_kept_for_as_long_as_is_said_and_says_what_went)
{
    struct bench b;
    bench_init(&b);
    int64_t later_us = sl_clock_wall_us() + SL_SECONDS(86400);
    sl_trail_tick(b.control, later_us); /* for ever */
    EXPECT_EQ(0, count(&b, "audit.cut").n);
    size_t roles = count(&b, "role.create").n;
    EXPECT(roles > 1);
    later_us += SL_SECONDS(SL_TRAIL_LOOK_S);
    b.control->config.audit_keep_us = SL_SECONDS(3600);
    sl_trail_tick(b.control, later_us);
    EXPECT_EQ(1, count(&b, "audit.cut").n);
    EXPECT(count(&b, "role.create").n <= 1);
    sl_trail_tick(b.control, later_us + 1); /* not again within the hour */
    EXPECT_EQ(1, count(&b, "audit.cut").n);
    expect_whole(&b);
    bench_fini(&b);
}

TEST(trail, is_not_kept_shorter_than_the_files_say)
{
    struct bench b;
    bench_init(&b);
    int64_t later_us = sl_clock_wall_us() + SL_SECONDS(60LL * 86400);
    size_t roles = count(&b, "role.create").n;
    b.control->config.audit_keep_us = SL_SECONDS(90LL * 86400);
    const struct sl_node *refused = bench_want(&b, 422, "POST", "/api/v1/settings",
                                               "{\"name\":\"default\",\"audit_keep\":\"89d\"}");
    const struct sl_node *error = sl_node_get(refused, SL_STR("errors"))->children;
    EXPECT_STR("/audit_keep", bench_text(error, "pointer"));
    EXPECT_STR("must be at least 90d, as gateway.admin.audit_keep of this node's files says",
               bench_text(error, "detail"));
    EXPECT_STR("audit_least", bench_text(error, "code"));
    b.control->config.audit_keep_us = 0; /* as another node, whose files say nothing */
    (void)bench_want(&b, 201, "POST", "/api/v1/settings",
                     "{\"name\":\"default\",\"audit_keep\":\"30d\"}");
    b.control->config.audit_keep_us = SL_SECONDS(90LL * 86400);
    sl_trail_tick(b.control, later_us);
    EXPECT_EQ(0, count(&b, "audit.cut").n);
    EXPECT_EQ(roles, count(&b, "role.create").n);
    sl_trail_tick(b.control, later_us + SL_SECONDS(40LL * 86400));
    EXPECT_EQ(1, count(&b, "audit.cut").n);
    bench_fini(&b);
}

TEST(trail, what_the_settings_keep_is_never_cut_by_the_files)
{
    struct bench b;
    bench_init(&b);
    int64_t later_us = sl_clock_wall_us() + SL_SECONDS(60LL * 86400);
    size_t roles = count(&b, "role.create").n;
    b.control->config.audit_keep_us = SL_SECONDS(3600);
    (void)bench_want(&b, 201, "POST", "/api/v1/settings",
                     "{\"name\":\"default\",\"audit_keep\":\"90d\"}");
    sl_trail_tick(b.control, later_us); /* the first of a program that has only begun */
    EXPECT_EQ(0, count(&b, "audit.cut").n);
    EXPECT_EQ(roles, count(&b, "role.create").n);
    later_us += SL_SECONDS(40LL * 86400);
    sl_trail_tick(b.control, later_us);
    EXPECT_EQ(1, count(&b, "audit.cut").n);
    expect_whole(&b);
    bench_fini(&b);
}
