/*
 * What was new of services for callers, and to whom it is told.
 */
#include "base/str.h"
#include "base/strbuf.h"
#include "control/tree.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define P "/api/v1/portal"
#define STARS \
    "{\"id\":\"stars\",\"method\":\"GET\",\"path\":\"/stars\",\"summary\":\"All <stars>\"}"
#define MOONS "{\"id\":\"moons\",\"method\":\"GET\",\"path\":\"/moons\",\"deprecated\":true}"
#define OLD_MOONS "{\"id\":\"moons\",\"method\":\"GET\",\"path\":\"/moons\"}"
#define POST_NEEDS                                                                                \
    "{\"id\":\"make\",\"method\":\"POST\",\"path\":\"/stars\",\"parameters\":[{\"in\":\"query\"," \
    "\"name\":\"q\",\"required\":true,\"schema\":{\"type\":\"string\"}}]}"
#define OLD_POST "{\"id\":\"make\",\"method\":\"POST\",\"path\":\"/stars\"}"

static void add_user(struct bench *b, const char *name, const char *grants)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     sl_fmt(b->a, "{\"name\":\"%s\",\"grants\":%s}", name, grants).p);
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/users/%s/set-password", name).p,
                     "{\"password\":\"a long password\"}");
}

static void as_operator(struct bench *b)
{
    bench_no_headers(b);
    b->is_local = true;
}

static void as(struct bench *b, const char *name)
{
    bench_no_headers(b);
    bench_login(b, name, "a long password");
}

static void publish(struct bench *b, const char *name, const char *reason)
{
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/services/%s/publish", name).p,
                     sl_fmt(b->a, "{\"reason\":\"%s\"}", reason).p);
}

static void add(struct bench *b, const char *name, const char *visibility, const char *operations)
{
    (void)bench_want(
        b, 201, "POST", "/api/v1/services",
        sl_fmt(b->a,
               "{\"name\":\"%s\",\"title\":\"The %s\",\"url\":\"http://secret.internal:1\","
               "\"prefix\":\"/%s\",\"visibility\":\"%s\",\"operations\":[%s]}",
               name, name, name, visibility, operations)
            .p);
    publish(b, name, "first");
}

static void change(struct bench *b, const char *name, const char *patch, const char *reason)
{
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, 200, "PATCH", sl_fmt(b->a, "/api/v1/services/%s", name).p, patch);
    bench_no_headers(b);
    publish(b, name, reason);
}

static void begin(struct bench *b)
{
    bench_init(b);
    add_user(b, "eve", "[]");
    add_user(b, "mel", "[{\"role\":\"viewer\",\"workspace\":\"default\"}]");
}

static const struct sl_node *items(struct bench *b, const char *target)
{
    return sl_node_get(bench_want(b, 200, "GET", target, NULL), SL_STR("items"));
}

static const struct sl_node *nth(const struct sl_node *list, size_t i)
{
    const struct sl_node *n = list->children;
    for (; n != NULL && i != 0; i--)
        n = n->next;
    EXPECT(n != NULL);
    return n;
}

/* "removed! DELETE /a, added GET /b, " */
static sl_str told(struct bench *b, const struct sl_node *item)
{
    struct sl_strbuf out;
    const struct sl_node *list = sl_node_get(item, SL_STR("operations"));
    sl_strbuf_init(&out, b->a, 0);
    for (const struct sl_node *n = list->children; n != NULL; n = n->next)
        sl_strbuf_addf(&out, "%.*s%s %.*s %.*s, ", SL_STRF(sl_tree_text(n, "change")),
                       sl_tree_is_true(n, "is_breaking") ? "!" : "",
                       SL_STRF(sl_tree_text(n, "method")), SL_STRF(sl_tree_text(n, "path")));
    return sl_strbuf_str(&out);
}

TEST(news, a_release_tells_what_changed_for_callers_those_that_break_them_first)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", OLD_MOONS "," OLD_POST "," STARS);
    change(&b, "sky",
           "{\"prefix\":\"/heaven\",\"operations\":[" MOONS "," POST_NEEDS
           ",{\"id\":\"sun\",\"method\":\"GET\",\"path\":\"/sun\"}]}",
           "more light");
    as(&b, "eve");
    const struct sl_node *list = items(&b, P "/services/sky/changes");
    EXPECT_EQ(2, list->child_count);
    const struct sl_node *new = nth(list, 0), *first = nth(list, 1);
    EXPECT_STR("changed! POST /stars, removed! GET /stars, deprecated GET /moons, added GET /sun, ",
               told(&b, new));
    EXPECT_STR("more light", bench_text(new, "reason"));
    EXPECT_STR("2", bench_text(new, "number"));
    EXPECT_STR("2", bench_text(new, "counts.breaking"));
    EXPECT_STR("1", bench_text(new, "counts.removed"));
    EXPECT_STR("/sky", bench_text(new, "prefix.before"));
    EXPECT_STR("/heaven", bench_text(new, "prefix.after"));
    EXPECT(!sl_tree_is_true(new, "is_cut"));
    const struct sl_node *post = nth(sl_node_get(new, SL_STR("operations")), 0);
    const struct sl_node *detail = nth(sl_node_get(post, SL_STR("details")), 0);
    EXPECT_STR("query q", bench_text(detail, "where"));
    EXPECT_STR("was added, and is required", bench_text(detail, "detail"));
    EXPECT(sl_tree_is_true(first, "is_first"));
    EXPECT(sl_node_get(first, SL_STR("operations")) == NULL);
    sl_str body = sl_tree_json(list, b.a);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(body, SL_STR("secret.internal")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(body, SL_STR("local")));
    bench_fini(&b);
}

TEST(news, what_was_before_is_not_told_to_those_who_could_not_find_it)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "workspace", STARS);
    change(&b, "sky", "{\"operations\":[" OLD_MOONS "]}", "inside");
    change(&b, "sky", "{\"visibility\":\"public\",\"operations\":[" OLD_POST "]}", "for all");
    as(&b, "mel");
    EXPECT_EQ(3, items(&b, P "/services/sky/changes")->child_count);
    as(&b, "eve");
    const struct sl_node *list = items(&b, P "/services/sky/changes");
    EXPECT_EQ(1, list->child_count);
    EXPECT_STR("for all", bench_text(nth(list, 0), "reason"));
    EXPECT(sl_node_get(nth(list, 0), SL_STR("operations")) == NULL);
    EXPECT_EQ(1, items(&b, P "/changes")->child_count);
    as_operator(&b);
    change(&b, "sky", "{\"visibility\":\"private\"}", "no more");
    as(&b, "eve");
    (void)bench_want(&b, 404, "GET", P "/services/sky/changes", NULL);
    EXPECT_EQ(0, items(&b, P "/changes")->child_count);
    bench_fini(&b);
}

TEST(news, a_release_that_is_tried_is_new_when_all_get_it)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/sky",
                     "{\"operations\":[" STARS "," OLD_MOONS "]}");
    bench_no_headers(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sky/canary",
                     "{\"percent\":5,\"reason\":\"moons\"}");
    EXPECT_EQ(1, items(&b, "/api/v1/releases?number=2")->child_count);
    as(&b, "eve");
    EXPECT_EQ(1, items(&b, P "/services/sky/changes")->child_count);
    as_operator(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sky/promote", "{}");
    as(&b, "eve");
    const struct sl_node *list = items(&b, P "/services/sky/changes");
    EXPECT_EQ(2, list->child_count);
    EXPECT_STR("added GET /moons, ", told(&b, nth(list, 0)));
    EXPECT_STR("moons", bench_text(nth(list, 0), "reason"));
    bench_fini(&b);
}

TEST(news, of_what_is_offline_retired_or_deleted_nothing_is_told)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    add(&b, "sea", "public", STARS);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sky/offline", "{}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sea/retire", "{\"without_notice\":true}");
    as(&b, "eve");
    EXPECT_EQ(0, items(&b, P "/changes")->child_count);
    as_operator(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sky/online", "{}");
    as(&b, "eve");
    const struct sl_node *list = items(&b, P "/changes");
    EXPECT_EQ(2, list->child_count);
    EXPECT(!sl_tree_is_true(nth(list, 0), "is_first"));
    EXPECT_STR("", told(&b, nth(list, 0)));
    as_operator(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/sky/offline", "{}");
    bench_header(&b, "if-match", SL_STR("*"));
    EXPECT_EQ(204, bench_call(&b, "DELETE", "/api/v1/services/sky", NULL).status);
    bench_no_headers(&b);
    add(&b, "sky", "public", STARS);
    as(&b, "eve");
    EXPECT_EQ(1, items(&b, P "/services/sky/changes")->child_count);
    bench_fini(&b);
}

TEST(news, pages_follow_each_other_and_begin_where_one_wants)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    for (int i = 0; i < 4; i++)
        change(&b, "sky", i % 2 == 0 ? "{\"summary\":\"a\"}" : "{\"summary\":\"b\"}", "again");
    as(&b, "eve");
    sl_str cursor = {0};
    size_t n = 0, pages = 0;
    do {
        const struct sl_node *page = bench_want(
            &b, 200, "GET", sl_fmt(b.a, P "/changes?limit=2&cursor=%.*s", SL_STRF(cursor)).p, NULL);
        const struct sl_node *list = sl_node_get(page, SL_STR("items"));
        n += list->child_count;
        EXPECT_STR(sl_fmt(b.a, "%d", 5 - (int)pages * 2).p, bench_text(nth(list, 0), "number"));
        cursor = sl_tree_text(page, "next_cursor");
        pages++;
    } while (cursor.n != 0);
    EXPECT_EQ(5, n);
    EXPECT_EQ(3, pages);
    EXPECT_EQ(5, items(&b, P "/changes?since=1h")->child_count);
    EXPECT_EQ(0, items(&b, P "/changes?since=2125-01-01T00:00:00Z")->child_count);
    (void)bench_want(&b, 400, "GET", P "/changes?since=never", NULL);
    (void)bench_want(&b, 400, "GET", P "/changes?cursor=nothing", NULL);
    (void)bench_want(&b, 400, "GET", P "/changes?subscribed=maybe", NULL);
    (void)bench_want(&b, 400, "GET", P "/changes?limit=101", NULL);
    bench_fini(&b);
}

/* Make them all so much older than they are. */
static void age(struct bench *b, sl_usec by_us)
{
    struct sl_tx *tx;
    EXPECT_EQ(SL_OK, sl_store_write(b->control->store, &tx));
    struct sl_query *q =
        sl_tx_query(tx, "UPDATE resource SET created_us = created_us - ? WHERE kind = 'news'");
    sl_query_i64(q, 1, by_us);
    EXPECT_EQ(SL_OK, sl_query_run(q));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

TEST(news, what_is_old_is_forgotten_when_something_is_released)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    add(&b, "sea", "public", STARS);
    (void)bench_want(&b, 201, "POST", "/api/v1/settings",
                     "{\"name\":\"default\",\"changelog_kept\":\"2d\"}");
    age(&b, SL_SECONDS(86400));
    change(&b, "sea", "{\"summary\":\"a\"}", "again");
    as(&b, "eve");
    EXPECT_EQ(3, items(&b, P "/changes")->child_count);
    as_operator(&b);
    age(&b, SL_SECONDS(86401));
    change(&b, "sea", "{\"summary\":\"b\"}", "once more");
    as(&b, "eve");
    EXPECT_EQ(2, items(&b, P "/changes")->child_count);
    EXPECT_EQ(0, items(&b, P "/services/sky/changes")->child_count);
    EXPECT_EQ(2, items(&b, P "/services/sea/changes")->child_count);
    bench_fini(&b);
}

TEST(news, a_page_follows_one_whose_last_row_was_forgotten_meanwhile)
{
    struct bench b;
    struct sl_tx *tx;
    begin(&b);
    add(&b, "sky", "public", STARS);
    for (int i = 0; i < 4; i++)
        change(&b, "sky", i % 2 == 0 ? "{\"summary\":\"a\"}" : "{\"summary\":\"b\"}", "again");
    as(&b, "eve");
    const struct sl_node *page = bench_want(&b, 200, "GET", P "/changes?limit=2", NULL);
    sl_str cursor = sl_tree_text(page, "next_cursor"),
           last = sl_str_from(cursor, sl_str_find(cursor, '-', 0) + 1);
    EXPECT_STRS(last, sl_tree_text(nth(sl_node_get(page, SL_STR("items")), 1), "id"));
    EXPECT_EQ(SL_OK, sl_store_write(b.control->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_delete(tx, last));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    page =
        bench_want(&b, 200, "GET", sl_fmt(b.a, P "/changes?cursor=%.*s", SL_STRF(cursor)).p, NULL);
    EXPECT_EQ(3, sl_node_get(page, SL_STR("items"))->child_count);
    EXPECT_STR("3", bench_text(nth(sl_node_get(page, SL_STR("items")), 0), "number"));
    bench_fini(&b);
}

TEST(news, of_one_service_so_many_are_kept)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    add(&b, "sea", "public", STARS);
    for (int i = 0; i < 201; i++) {
        (void)bench_want(&b, 200, "POST", "/api/v1/services/sea/offline", "{}");
        (void)bench_want(&b, 200, "POST", "/api/v1/services/sea/online", "{}");
    }
    as(&b, "eve");
    size_t n = 0;
    sl_str cursor = {0};
    do {
        const struct sl_node *page =
            bench_want(&b, 200, "GET",
                       sl_fmt(b.a, P "/changes?limit=100&cursor=%.*s", SL_STRF(cursor)).p, NULL);
        n += sl_node_get(page, SL_STR("items"))->child_count;
        cursor = sl_tree_text(page, "next_cursor");
    } while (cursor.n != 0);
    EXPECT_EQ(201, n);
    EXPECT_EQ(1, items(&b, P "/services/sky/changes")->child_count);
    bench_fini(&b);
}

TEST(news, of_services_that_ones_applications_have_they_can_be_asked_for_alone)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", STARS);
    add(&b, "sea", "public", STARS);
    (void)bench_want(&b, 201, "POST", "/api/v1/plans", "{\"name\":\"gold\",\"offered\":true}");
    as(&b, "eve");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", P "/subscriptions",
                     "{\"application\":\"eve.shop\",\"service\":\"sky\",\"plan\":\"gold\"}");
    const struct sl_node *list = items(&b, P "/changes?subscribed=true");
    EXPECT_EQ(1, list->child_count);
    EXPECT_STR("sky", bench_text(nth(list, 0), "service"));
    list = items(&b, P "/changes");
    EXPECT_EQ(2, list->child_count);
    EXPECT(!sl_tree_is_true(nth(list, 0), "is_subscribed"));
    EXPECT(sl_tree_is_true(nth(list, 1), "is_subscribed"));
    (void)bench_want(&b, 200, "POST", P "/subscriptions/eve.shop:sky/end", "{}");
    EXPECT_EQ(0, items(&b, P "/changes?subscribed=true")->child_count);
    bench_fini(&b);
}

TEST(news, there_is_an_end_to_the_operations_that_are_told_and_none_to_those_that_are_counted)
{
    struct bench b;
    struct sl_strbuf many = {0};
    begin(&b);
    add(&b, "sky", "public", STARS);
    sl_strbuf_add(&many, SL_STR("{\"operations\":["));
    for (int i = 0; i < 70; i++)
        sl_strbuf_addf(&many, "%s{\"id\":\"o%d\",\"method\":\"GET\",\"path\":\"/o%d\"}",
                       i != 0 ? "," : "", i, i);
    sl_strbuf_addf(&many, "]}");
    sl_strbuf_add_char(&many, '\0');
    change(&b, "sky", many.p, "all");
    as(&b, "eve");
    const struct sl_node *new = nth(items(&b, P "/changes"), 0);
    EXPECT_EQ(50, sl_node_get(new, SL_STR("operations"))->child_count);
    EXPECT_STR("70", bench_text(new, "counts.added"));
    EXPECT_STR("removed! GET /stars, ", sl_str_head(told(&b, new), 21));
    EXPECT(sl_tree_is_true(new, "is_cut"));
    sl_strbuf_fini(&many);
    bench_fini(&b);
}

TEST(news, guests_read_a_feed_of_what_they_may_find)
{
    struct bench b;
    begin(&b);
    add(&b, "sky", "public", OLD_MOONS);
    change(&b, "sky", "{\"operations\":[" STARS "]}", "1 < 2 & so\\uffff\\ufffe\\u0001 on");
    add(&b, "inner", "workspace", STARS);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default", "{\"portal_is_public\":true}");
    bench_no_headers(&b);
    b.is_local = false;
    struct sl_api_answer feed = bench_call(&b, "GET", P "/changes.atom", NULL);
    EXPECT_EQ(200, feed.status);
    EXPECT_STR("application/atom+xml", feed.type);
    EXPECT(sl_str_find_str(feed.body, SL_STR("1 &lt; 2 &amp; so on")) != SIZE_MAX);
    EXPECT(sl_str_find_str(feed.body, SL_STR("added: GET /stars - All &lt;stars&gt;")) != SIZE_MAX);
    EXPECT(sl_str_find_str(feed.body, SL_STR("removed (breaking): GET /moons")) != SIZE_MAX);
    EXPECT(sl_str_find_str(feed.body, SL_STR("<link href=\"/portal/services/sky\"/>")) != SIZE_MAX);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(feed.body, SL_STR("inner")));
    (void)bench_want(&b, 400, "GET", P "/changes.atom?limit=1", NULL);
    bench_fini(&b);
}
