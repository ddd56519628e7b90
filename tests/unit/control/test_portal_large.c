/*
 * The portal of those who publish as much as they may: nobody who looks at it ends the gateway, or keeps it busy.
 */
#include "base/str.h"
#include "base/strbuf.h"
#include "control/api_portal_int.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define P "/api/v1/portal"

static void publish(struct bench *b, const char *name, const char *version, const char *title)
{
    sl_str body = sl_fmt(b->a,
                         "{\"name\":\"%s\",\"version\":\"%s\",\"title\":\"%s\","
                         "\"url\":\"http://127.0.0.1:1\",\"prefix\":\"/%s/%s\","
                         "\"visibility\":\"public\"}",
                         name, version, title, name, version);
    (void)bench_want(b, 201, "POST", "/api/v1/services", body.p);
    (void)bench_want(b, 200, "POST",
                     sl_fmt(b->a, "/api/v1/services/%s@%s/publish", name, version).p, "{}");
}

/* Takes what it is to be. */
static void set_release(struct bench *b, const char *name, struct sl_strbuf *spec)
{
    struct sl_tx *tx;
    struct sl_row row;
    EXPECT_EQ(SL_OK, sl_store_write(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_by_name(tx, SL_STR("release"), sl_cstr(name), b->a, &row));
    row.spec = sl_strbuf_str(spec);
    row.revision++;
    EXPECT_EQ(SL_OK, sl_row_update(tx, &row));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    sl_strbuf_fini(spec);
}

/* What was published of it, with so many numbers in an operation that is asked for "star". */
static void fill_release(struct bench *b, const char *name, size_t numbers)
{
    struct sl_strbuf spec = {0};
    sl_strbuf_addf(&spec, "{\"reason\":\"first\",\"config\":{\"name\":\"deep\",\"version\":\"v1\","
                          "\"title\":\"Deep\",\"visibility\":\"public\",\"prefix\":\"/deep\","
                          "\"operations\":[{\"id\":\"star\",\"method\":\"GET\",\"path\":\"/z\","
                          "\"responses\":{\"200\":{\"x\":[0");
    for (size_t i = 1; i < numbers; i++)
        sl_strbuf_add(&spec, SL_STR(",0"));
    sl_strbuf_add(&spec, SL_STR("]}}}]}}"));
    set_release(b, name, &spec);
}

/* The same, with a text of so many bytes. */
static void lengthen_release(struct bench *b, const char *name, size_t bytes)
{
    struct sl_strbuf spec = {0};
    sl_strbuf_addf(&spec, "{\"reason\":\"first\",\"config\":{\"name\":\"deep\","
                          "\"visibility\":\"public\",\"readme\":\"");
    for (size_t i = 0; i < bytes; i += 64)
        sl_strbuf_addf(&spec, "%064d", 0);
    sl_strbuf_add(&spec, SL_STR("\"}}"));
    set_release(b, name, &spec);
}

static void begin(struct bench *b, size_t numbers)
{
    bench_init(b);
    publish(b, "deep", "v1", "Deep");
    publish(b, "deep", "v2", "Deeper");
    fill_release(b, "deep@v1:1", numbers);
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, 200, "PATCH", "/api/v1/workspaces/default", "{\"portal_is_public\":true}");
    bench_no_headers(b);
    b->is_local = false;
}

static const struct sl_node *list_of(struct bench *b, const char *target, const char *list)
{
    return sl_node_get(bench_want(b, 200, "GET", target, NULL), sl_cstr(list));
}

TEST(portal, tells_guests_of_a_service_of_many_values)
{
    struct bench b;
    begin(&b, 220000);
    EXPECT_EQ(2, list_of(&b, P "/services", "items")->child_count);
    const struct sl_node *found = list_of(&b, P "/services?q=star", "items");
    EXPECT_EQ(1, found->child_count);
    EXPECT_STR("1", bench_text(found->children, "operation_count"));
    EXPECT_EQ(2, list_of(&b, P "/services/deep@v1", "versions")->child_count);
    EXPECT_EQ(2, list_of(&b, P "/services/deep@v2", "versions")->child_count);
    EXPECT_EQ(1, list_of(&b, P "/services/deep@v1", "changes")->child_count);
    bench_fini(&b);
}

TEST(portal, a_service_of_more_values_than_memory_is_an_error_and_no_end)
{
    struct bench b;
    begin(&b, 2300000);
    EXPECT_EQ(2, list_of(&b, P "/services", "items")->child_count);
    EXPECT_EQ(0, list_of(&b, P "/services?q=star", "items")->child_count);
    EXPECT_EQ(2, list_of(&b, P "/services/deep@v2", "versions")->child_count);
    EXPECT_EQ(413, bench_call(&b, "GET", P "/services/deep@v1", NULL).status);
    bench_fini(&b);
}

TEST(news, a_release_that_is_too_large_to_be_compared_goes_live)
{
    struct bench b;
    begin(&b, 2300000);
    b.is_local = true;
    (void)bench_want(&b, 200, "POST", "/api/v1/services/deep@v1/offline", "{}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/deep@v1/publish",
                     "{\"reason\":\"smaller\"}");
    b.is_local = false;
    const struct sl_node *newest = list_of(&b, P "/changes", "items")->children;
    EXPECT_STR("smaller", bench_text(newest, "reason"));
    EXPECT(sl_tree_is_true(newest, "is_first"));
    bench_fini(&b);
}

TEST(portal, operations_of_more_values_than_memory_are_an_error)
{
    struct bench b;
    begin(&b, 1500000);
    EXPECT_EQ(413, bench_call(&b, "GET", P "/services/deep@v1/operations", NULL).status);
    bench_fini(&b);
}

TEST(portal, versions_are_told_as_long_as_the_budget_of_an_answer_lasts)
{
    struct bench b;
    struct sl_portal_budget budget = {.releases = 1, .bytes = SL_MIB(1)};
    struct sl_diag d;
    begin(&b, 1);
    struct sl_api_request rq = {0};
    struct sl_call c = {.control = b.control, .rq = &rq, .a = b.a, .d = &d};
    struct sl_work w;
    struct sl_node *body = sl_tree_map(b.a);
    sl_diag_init(&d, b.a);
    EXPECT(sl_call_read(&c, &w));
    EXPECT_EQ(SL_OK, sl_portal_put_versions(&c, &w, body, SL_STR("deep@v1"), &budget));
    EXPECT_EQ(1, sl_node_get(body, SL_STR("versions"))->child_count);
    EXPECT_EQ(0, budget.releases);
    budget = (struct sl_portal_budget){.releases = 9, .bytes = 1};
    EXPECT_EQ(SL_OK, sl_portal_put_versions(&c, &w, body, SL_STR("deep@v1"), &budget));
    EXPECT_EQ(1, sl_node_get(body, SL_STR("versions"))->child_count);
    sl_tx_rollback(w.tx);
    bench_fini(&b);
}

TEST(portal, one_answer_reads_so_much_and_the_next_goes_on)
{
    struct bench b;
    begin(&b, 1);
    b.is_local = true;
    publish(&b, "tiny", "v1", "Needle");
    b.is_local = false;
    lengthen_release(&b, "deep@v1:1", SL_MIB(9));
    lengthen_release(&b, "deep@v2:1", SL_MIB(9));
    const struct sl_node *page = bench_want(&b, 200, "GET", P "/services?q=needle", NULL);
    EXPECT_EQ(0, sl_node_get(page, SL_STR("items"))->child_count);
    EXPECT_STR("deep@v2", bench_text(page, "next_cursor"));
    page = bench_want(&b, 200, "GET", P "/services?q=needle&cursor=deep@v2", NULL);
    EXPECT_STR("tiny@v1", bench_text(sl_node_get(page, SL_STR("items"))->children, "key"));
    EXPECT(sl_node_get(page, SL_STR("next_cursor")) == NULL);
    bench_fini(&b);
}

TEST(portal, a_search_takes_eight_different_words)
{
    struct bench b;
    begin(&b, 1);
    EXPECT_EQ(0, list_of(&b, P "/services?q=1%202%203%204%205%206%207%208", "items")->child_count);
    EXPECT_EQ(1, list_of(&b, P "/services?q=z%20Z%20z%20z%20z%20z%20z%20z%20z%20%20STAR%20/deep/z",
                         "items")
                     ->child_count);
    (void)bench_want(&b, 400, "GET", P "/services?q=1%202%203%204%205%206%207%208%209", NULL);
    bench_fini(&b);
}
