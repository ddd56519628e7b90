#include "control/filter.h"
#include "control/resource.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static size_t count(struct bench *b, const char *filter)
{
    const struct sl_node *list =
        bench_want(b, 200, "GET", sl_fmt(b->a, "/api/v1/services?%s", filter).p, NULL);
    return sl_node_get(list, SL_STR("items"))->child_count;
}

static void make_services(struct bench *b)
{
    bench_want(
        b, 201, "POST", "/api/v1/services",
        "{\"name\":\"one\",\"kind\":\"rest\",\"path\":\"/1\",\"url\":\"http://127.0.0.1:1\"}");
    bench_want(
        b, 201, "POST", "/api/v1/services",
        "{\"name\":\"two\",\"kind\":\"rest\",\"path\":\"/2\",\"url\":\"http://127.0.0.1:1\"}");
    bench_want(b, 200, "POST", "/api/v1/services/two/publish", NULL);
}

static void run(struct bench *b, const char *sql)
{
    struct sl_tx *tx;
    EXPECT_EQ(SL_OK, sl_store_write(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_query_run(sl_tx_query(tx, sql)));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

TEST(reindex, lists_follow_the_members_that_they_are_filtered_by)
{
    struct bench b;
    bench_init(&b);
    make_services(&b);
    EXPECT_EQ(2, count(&b, "kind=rest"));
    EXPECT_EQ(0, count(&b, "kind=ai"));
    EXPECT_EQ(1, count(&b, "status.state=draft"));
    EXPECT_EQ(1, count(&b, "status.state=published&kind=rest"));
    bench_want(&b, 200, "POST", "/api/v1/services/two/offline", NULL);
    EXPECT_EQ(0, count(&b, "status.state=published"));
    EXPECT_EQ(1, count(&b, "status.state=offline"));
    bench_fini(&b);
}

TEST(reindex, puts_rows_of_an_older_program_into_the_index_at_the_start)
{
    struct bench old, now;
    bench_init(&old);
    make_services(&old);
    run(&old, "DELETE FROM reference WHERE to_kind LIKE 'service.%'");
    EXPECT_EQ(0, count(&old, "kind=rest"));
    run(&old, "DELETE FROM setting WHERE name = 'indexed_members'");
    bench_join(&now, &old);
    EXPECT_EQ(2, count(&now, "kind=rest"));
    EXPECT_EQ(1, count(&now, "status.state=draft"));
    bench_leave(&now);
    bench_fini(&old);
}

TEST(reindex, what_is_indexed_is_one_value_that_lists_can_be_filtered_by)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const char *const *member = sl_resource_types[i]->indexed;
        for (; member != NULL && *member != NULL; member++) {
            struct sl_filter f;
            EXPECT(sl_filter_read(sl_resource_types[i], sl_cstr(*member), SL_STR("x"), &f) == NULL);
            EXPECT(f.of != SL_FILTER_OF_ROW && f.field->kind != SL_FIELD_KIND_STRS);
        }
    }
}
