#include "control/compose.h"
#include "base/str.h"
#include "control/follow.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

/* What the store has, made of nothing but the store. */
static sl_str composed_anew(struct bench *b)
{
    struct sl_composed c;
    sl_compose_adopt(b->control, NULL);
    EXPECT_EQ(SL_OK, sl_control_compose(b->control, &c, &b->s.diag));
    sl_str json = sl_tree_json(c.document, b->a);
    sl_arena_free(c.arena);
    return json;
}

static const struct sl_part *part_of(struct bench *b, const char *name)
{
    const struct sl_parts *parts = b->control->parts;
    for (size_t i = 0; i < sl_parts_count(parts); i++)
        if (sl_str_eq(sl_parts_at(parts, i)->name, sl_cstr(name)))
            return sl_parts_at(parts, i);
    return NULL;
}

static void make_consumers(struct bench *b, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        bench_want(b, 201, "POST", "/api/v1/consumers",
                   sl_fmt(b->a, "{\"name\":\"%s-%d\",\"keys\":[{\"key\":\"long-enough-%s-%d\"}]}",
                          name, i, name, i)
                       .p);
}

TEST(compose, of_parts_that_are_kept_is_what_composing_anew_gives)
{
    static const struct {
        uint16_t status;
        const char *method, *target, *body;
    } steps[] = {
        {201, "POST", "/consumers", "{\"name\":\"acme\",\"tags\":{\"a\":\"1\"}}"},
        {201, "POST", "/consumers",
         "{\"name\":\"both\",\"keys\":[{\"name\":\"own\",\"key\":\"long-enough-to-be-one\"}],\"tags\":{\"b\":\"2\"}}"},
        {201, "POST", "/credentials", "{\"name\":\"one\",\"consumer\":\"acme\"}"},
        {201, "POST", "/credentials", "{\"name\":\"two\",\"consumer\":\"both\"}"},
        {201, "POST", "/credentials", "{\"name\":\"three\",\"consumer\":\"both\"}"},
        {200, "POST", "/credentials/two/rotate", "{}"},
        {201, "POST", "/consumers", "{\"name\":\"aaaa\"}"},
        {200, "PATCH", "/consumers/both", "{\"tags\":{\"b\":\"3\"}}"},
        {204, "DELETE", "/credentials/one", NULL},
        {201, "POST", "/plans", "{\"name\":\"gold\"}"},
        {201, "POST", "/upstreams",
         "{\"name\":\"pool\",\"endpoints\":[{\"url\":\"http://127.0.0.1:1\"}]}"},
        {201, "POST", "/services",
         "{\"name\":\"orders\",\"path\":\"/orders/*\",\"upstream\":\"pool\"}"},
        {201, "POST", "/services",
         "{\"name\":\"better\",\"path\":\"/better/*\",\"upstream\":\"pool\",\"policies\":[{\"type\":"
         "\"signed\",\"secret\":\"hush\"}]}"},
        {200, "POST", "/services/orders/publish", "{}"},
        {200, "POST", "/services/better/publish", "{}"},
        {201, "POST", "/subscriptions",
         "{\"consumer\":\"acme\",\"service\":\"orders\",\"plan\":\"gold\"}"},
        {200, "POST", "/subscriptions/acme:orders/suspend", "{}"},
        {200, "POST", "/services/orders/deprecate", "{\"successor\":\"better\"}"},
        {200, "PATCH", "/services/better", "{\"path\":\"/best/*\"}"},
        {200, "POST", "/services/better/publish", "{}"}, /* where the successor is has changed */
        {200, "POST", "/subscriptions/acme:orders/end", "{}"},
        {200, "POST", "/services/orders/offline", "{}"},
        {204, "DELETE", "/consumers/aaaa", NULL},
    };
    struct bench one, two;
    bench_init(&one);
    bench_join(&two, &one);
    bench_header(&one, "If-Match", SL_STR("*"));
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        bench_want(&one, steps[i].status, steps[i].method,
                   sl_fmt(one.a, "/api/v1%s", steps[i].target).p, steps[i].body);
        EXPECT_STRS(composed_anew(&two), one.document);
    }
    bench_leave(&two);
    bench_fini(&one);
}

TEST(compose, makes_only_what_has_changed)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "If-Match", SL_STR("*"));
    bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"one\"}");
    bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"two\"}");
    const struct sl_part *one = part_of(&b, "one"), *two = part_of(&b, "two");
    bench_want(&b, 200, "PATCH", "/api/v1/consumers/two", "{\"tags\":{\"a\":\"b\"}}");
    EXPECT(part_of(&b, "one") == one);
    EXPECT(part_of(&b, "two") != two);
    bench_fini(&b);
}

TEST(compose, keeps_no_part_of_a_change_that_was_undone)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "If-Match", SL_STR("*"));
    bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"one\"}");
    const struct sl_part *one = part_of(&b, "one");
    bench_want(&b, 200, "PATCH", "/api/v1/consumers/one?dry_run=true", "{\"tags\":{\"a\":\"b\"}}");
    EXPECT(part_of(&b, "one") == one);
    b.must_refuse = true;
    bench_want(&b, 422, "PATCH", "/api/v1/consumers/one", "{\"tags\":{\"a\":\"c\"}}");
    EXPECT(part_of(&b, "one") == one);
    bench_fini(&b);
}

/* More rows than are read one by one. */
TEST(compose, takes_many_changed_rows_at_once)
{
    struct bench one, two;
    bench_init(&one);
    bench_join(&two, &one);
    make_consumers(&one, 3, "b");
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    const struct sl_part *kept = part_of(&two, "b-1");
    make_consumers(&one, 120, "a");
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_STRS(one.document, two.document);
    EXPECT(part_of(&two, "b-1") == kept);
    bench_leave(&two);
    bench_fini(&one);
}

TEST(compose, credentials_of_a_consumer_that_is_not_there_are_nothing)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "If-Match", SL_STR("*"));
    bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"one\"}");
    bench_want(&b, 201, "POST", "/api/v1/credentials", "{\"name\":\"key\",\"consumer\":\"one\"}");
    struct sl_tx *tx;
    struct sl_row row;
    EXPECT_EQ(SL_OK, sl_store_write(b.control->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_by_name(tx, SL_STR("consumer"), SL_STR("one"), b.a, &row));
    EXPECT_EQ(SL_OK, sl_row_delete(tx, row.id));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    EXPECT_STR("{}", composed_anew(&b));
    bench_fini(&b);
}
