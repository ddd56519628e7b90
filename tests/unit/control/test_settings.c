#include "control/settings.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/backing.h"
#include "store/identity.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#include <unistd.h>

#define SETTINGS "/api/v1/settings"
#define PASSWORD "correct horse battery"

static void set(struct bench *b, const char *members)
{
    const char *body = sl_fmt(b->a, "{\"name\":\"default\"%s}", members).p;
    (void)bench_want(b, 201, "POST", SETTINGS, body);
}

static struct sl_settings read_now(struct bench *b)
{
    struct sl_settings s;
    struct sl_tx *tx;
    EXPECT_EQ(SL_OK, sl_store_read(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_settings_read(tx, b->a, &s));
    sl_tx_rollback(tx);
    return s;
}

static void add_admin(struct bench *b)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"ann\",\"grants\":[{\"role\":\"admin\"}]}");
    (void)bench_want(b, 200, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"" PASSWORD "\"}");
}

static size_t backups(struct bench *b)
{
    const struct sl_node *all = bench_want(b, 200, "GET", "/api/v1/backups", NULL);
    return sl_node_get(all, SL_STR("items"))->child_count;
}

TEST(settings, have_their_defaults_until_somebody_chooses)
{
    struct bench b;
    bench_init(&b);
    struct sl_settings s = read_now(&b);
    EXPECT_EQ(SL_SECONDS(12LL * 3600), s.session_idle_us);
    EXPECT_EQ(SL_SECONDS(7LL * 86400), s.session_max_us);
    EXPECT_EQ(12, s.password_min);
    EXPECT_EQ(0, s.backup_every_us);
    set(&b, ",\"session_idle\":\"1h\"");
    s = read_now(&b);
    EXPECT_EQ(SL_SECONDS(3600), s.session_idle_us);
    EXPECT_EQ(SL_SECONDS(7LL * 86400), s.session_max_us);
    bench_fini(&b);
}

TEST(settings, there_is_one_and_it_makes_sense)
{
    static const char *const bad[] = {
        "{\"name\":\"other\"}",
        "{\"name\":\"default\",\"session_idle\":\"2d\",\"session_max\":\"1d\"}",
        "{\"name\":\"default\",\"session_idle\":\"1s\"}",
        "{\"name\":\"default\",\"password_min\":4}",
        "{\"name\":\"default\",\"backup_every\":\"1m\"}",
        "{\"name\":\"default\",\"backup_keep\":0}",
        "{\"name\":\"default\",\"none\":0}",
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++)
        (void)bench_want(&b, 422, "POST", SETTINGS, bad[i]);
    bench_fini(&b);
}

TEST(settings, the_title_is_told_to_who_is_logged_in)
{
    struct bench b;
    bench_init(&b);
    add_admin(&b);
    set(&b, ",\"title\":\"Staging\"");
    bench_login(&b, "ann", PASSWORD);
    const struct sl_node *me = bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    EXPECT_STR("Staging", bench_text(me, "installation"));
    bench_fini(&b);
}

TEST(settings, a_session_lasts_as_long_as_they_say)
{
    struct bench b;
    bench_init(&b);
    add_admin(&b);
    set(&b, ",\"session_idle\":\"5m\",\"session_max\":\"15m\"");
    struct sl_api_answer a =
        bench_call(&b, "POST", "/api/v1/login", "{\"name\":\"ann\",\"password\":\"" PASSWORD "\"}");
    EXPECT_EQ(200, a.status);
    sl_str cookie = bench_header_of(&a, "set-cookie");
    EXPECT(sl_str_ends(cookie, SL_STR("Max-Age=900")));
    const struct sl_node *all = bench_want(&b, 200, "GET", "/api/v1/sessions", NULL);
    const struct sl_node *s = sl_node_get(all, SL_STR("items"))->children;
    int64_t began, ends;
    EXPECT(sl_parse_rfc3339(bench_text(s, "created_at"), &began));
    EXPECT(sl_parse_rfc3339(bench_text(s, "expires_at"), &ends));
    EXPECT_EQ(SL_SECONDS(300), ends - began);
    bench_fini(&b);
}

/* As if the only session had been used last, and begun, that long ago. */
static void age_session(struct bench *b, sl_usec age_us)
{
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open(sl_control_where(b->control, b->a), &db, &b->s.diag));
    struct sl_query *q =
        sl_db_query(db, "UPDATE session SET created_us = ?, seen_us = ?, expires_us = ?");
    int64_t now_us = sl_clock_wall_us();
    sl_query_i64(q, 1, now_us - age_us);
    sl_query_i64(q, 2, now_us - age_us);
    sl_query_i64(q, 3, now_us + SL_SECONDS(3600));
    EXPECT_EQ(SL_OK, sl_query_run(q));
    sl_db_close(db);
}

TEST(settings, stricter_ones_end_sessions_that_are_older_at_once)
{
    struct bench b;
    bench_init(&b);
    add_admin(&b);
    bench_login(&b, "ann", PASSWORD);
    age_session(&b, SL_SECONDS(3600));
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    age_session(&b, SL_SECONDS(3600));
    b.is_local = true;
    struct sl_headers kept = b.headers;
    bench_no_headers(&b);
    set(&b, ",\"session_idle\":\"5m\"");
    b.is_local = false;
    b.headers = kept;
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    bench_fini(&b);
}

TEST(settings, a_password_is_as_long_as_they_want)
{
    struct bench b;
    bench_init(&b);
    set(&b, ",\"password_min\":30");
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"ann\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"" PASSWORD "\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"" PASSWORD PASSWORD "\"}");
    bench_fini(&b);
}

TEST(settings, backups_are_made_by_themselves_as_often_as_they_say)
{
    struct bench b;
    bench_init(&b);
    int64_t now_us = sl_clock_wall_us();
    sl_backing_tick(b.control, now_us);
    EXPECT_EQ(0, backups(&b));
    set(&b, ",\"backup_every\":\"1h\",\"backup_keep\":1");
    sl_backing_tick(b.control, now_us + SL_SECONDS(1)); /* it looks once a minute */
    EXPECT_EQ(0, backups(&b));
    sl_backing_tick(b.control, now_us + SL_SECONDS(61));
    EXPECT_EQ(1, backups(&b));
    sl_backing_tick(b.control, now_us + SL_SECONDS(122));
    EXPECT_EQ(1, backups(&b));
    const struct sl_node *all = bench_want(&b, 200, "GET", "/api/v1/backups", NULL);
    sl_str first = bench_text(sl_node_get(all, SL_STR("items"))->children, "name");
    EXPECT(sl_str_starts(first, SL_STR("scheduled-")));
    sl_backing_tick(b.control, now_us + SL_SECONDS(3700 + 61));
    all = bench_want(&b, 200, "GET", "/api/v1/backups", NULL);
    const struct sl_node *items = sl_node_get(all, SL_STR("items"));
    EXPECT_EQ(1, items->child_count); /* another one: one is kept */
    EXPECT(!sl_str_eq(first, bench_text(items->children, "name")));
    const struct sl_node *trail = bench_want(&b, 200, "GET", "/api/v1/audit?limit=1", NULL);
    const struct sl_node *entry = sl_node_get(trail, SL_STR("items"))->children;
    EXPECT_STR("backup.create", bench_text(entry, "action"));
    EXPECT_STR("schedule", bench_text(entry, "actor"));
    bench_fini(&b);
}

TEST(settings, the_level_of_the_log_is_taken_while_it_runs)
{
    struct bench b;
    struct sl_diag *d;
    struct sl_log *log;
    char said[4096];
    int ends[2];
    EXPECT_EQ(0, pipe(ends));
    const struct sl_log_options options = {.fd = ends[1], .level = SL_LOG_WARN};
    bench_init(&b);
    d = sl_arena_new_of(b.a, struct sl_diag);
    sl_diag_init(d, b.a);
    EXPECT_EQ(SL_OK, sl_log_new(&options, &log, d));
    struct sl_log *own = b.control->config.log;
    b.control->config.log = log;
    b.control->file_log_level = SL_LOG_WARN;
    int64_t now_us = sl_clock_wall_us();
    sl_settings_tick(b.control, now_us);
    EXPECT_EQ(SL_LOG_WARN, sl_log_get_level(log));
    (void)bench_want(&b, 422, "POST", SETTINGS, "{\"name\":\"default\",\"audit_keep\":\"1d\"}");
    set(&b, ",\"log_level\":\"debug\",\"audit_keep\":\"90d\"");
    sl_settings_tick(b.control, now_us + SL_SECONDS(1)); /* it looks every few seconds */
    EXPECT_EQ(SL_LOG_WARN, sl_log_get_level(log));
    sl_settings_tick(b.control, now_us + SL_SECONDS(SL_SETTINGS_LOOK_S));
    EXPECT_EQ(SL_LOG_DEBUG, sl_log_get_level(log));
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 204, "DELETE", SETTINGS "/default", NULL);
    sl_settings_tick(b.control, now_us + SL_SECONDS(2 * SL_SETTINGS_LOOK_S));
    EXPECT_EQ(SL_LOG_WARN, sl_log_get_level(log)); /* as the files say */
    b.control->config.log = own;
    sl_log_free(log);
    ssize_t n = read(ends[0], said, sizeof(said)); /* also that it says less from now on */
    sl_str lines = {said, n > 0 ? (size_t)n : 0};
    EXPECT(sl_str_find_str(lines, SL_STR("\"to\":\"debug\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(lines, SL_STR("\"to\":\"warn\"")) != SIZE_MAX);
    close(ends[0]);
    close(ends[1]);
    bench_fini(&b);
}

static struct {
    sl_usec kept_us;
    uint64_t max_bytes;
    int calls;
} told;

static void note_kept(void *ctx, sl_usec kept_us, uint64_t max_bytes)
{
    (void)ctx;
    told.kept_us = kept_us;
    told.max_bytes = max_bytes;
    told.calls++;
}

TEST(settings, how_long_requests_are_kept_reaches_the_node_while_it_runs)
{
    static const char *const bad[] = {"{\"name\":\"default\",\"requests_kept\":\"1m\"}",
                                      "{\"name\":\"default\",\"requests_max_size\":\"1MiB\"}"};
    static const struct sl_publish_ops ops = {.keep_requests = note_kept};
    struct bench b;
    bench_init(&b);
    const struct sl_publish_ops *own = b.control->config.ops;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        (void)bench_want(&b, 422, "POST", SETTINGS, bad[i]);
    set(&b, ",\"requests_kept\":\"14d\",\"requests_max_size\":\"1GiB\"");
    b.control->config.ops = &ops;
    int64_t now_us = sl_clock_wall_us();
    sl_settings_tick(b.control, now_us);
    EXPECT_EQ(SL_SECONDS(14LL * 86400), told.kept_us);
    EXPECT_EQ(SL_MIB(1024), told.max_bytes);
    b.control->config.ops = own;
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 204, "DELETE", SETTINGS "/default", NULL);
    b.control->config.ops = &ops;
    sl_settings_tick(b.control, now_us + SL_SECONDS(SL_SETTINGS_LOOK_S));
    EXPECT_EQ(2, told.calls);
    EXPECT_EQ(0, told.kept_us); /* as the files say */
    EXPECT_EQ(0, told.max_bytes);
    b.control->config.ops = own;
    bench_fini(&b);
}

TEST(settings, backups_take_no_more_room_than_they_say)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/backups", NULL);
    set(&b, ",\"backup_max_size\":\"1\"");
    const struct sl_node *refused = bench_want(&b, 413, "POST", "/api/v1/backups", NULL);
    EXPECT_STR("limit_exceeded", bench_text(refused, "reason"));
    EXPECT_EQ(1, backups(&b));
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/settings/default",
                     "{\"backup_max_size\":\"1GiB\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/backups", NULL);
    EXPECT_EQ(2, backups(&b));
    bench_fini(&b);
}
