#include "base/num.h"
#include "base/str.h"
#include "tests/unit/control/bench.h"
#include "tests/test.h"

static const struct sl_node *models(struct bench *b, const char *query)
{
    return bench_want(b, 200, "GET", sl_fmt(b->a, "/api/v1/catalogue/models?%s", query).p, "");
}

static const struct sl_node *first_of(const struct sl_node *page)
{
    return sl_node_get(page, SL_STR("items"))->children;
}

static int64_t number(const struct sl_node *n, const char *member)
{
    int64_t v = -1;
    const struct sl_node *m = sl_node_get(n, sl_cstr(member));
    return m != NULL && sl_num_i64(m->text, &v) ? v : -1;
}

TEST(api_catalogue, words_are_looked_for_in_models_and_vendors_of_all)
{
    static const struct {
        const char *query, *vendor, *name;
    } rows[] = {
        {"q=GPT-4o-mini&vendor=openai", "openai", "gpt-4o-mini"},
        {"q=amazon%20CLAUDE", "aws-bedrock", ""},
        {"model=gpt-4o-mini&vendor=openai", "openai", "gpt-4o-mini"},
        {"mode=embedding&q=text-embedding-3-small&vendor=openai", "openai",
         "text-embedding-3-small"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct bench b;
        bench_init(&b);
        const struct sl_node *m = first_of(models(&b, rows[i].query));
        EXPECT(m != NULL);
        EXPECT_STR(rows[i].vendor, bench_text(m, "vendor"));
        if (rows[i].name[0] != '\0')
            EXPECT_STR(rows[i].name, bench_text(m, "name"));
        bench_fini(&b);
    }
}

TEST(api_catalogue, pages_have_every_model_once)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *page = models(&b, "q=claude&limit=7");
    int64_t total = number(page, "total"), seen = 0;
    sl_str last = {0};
    EXPECT(total > 14);
    for (;;) {
        for (const struct sl_node *m = first_of(page); m != NULL; m = m->next) {
            sl_str key = sl_fmt(b.a, "%.*s/%.*s", SL_STRF(bench_text(m, "vendor")),
                                SL_STRF(bench_text(m, "name")));
            EXPECT(last.p == NULL || !sl_str_eq(key, last));
            last = key;
            seen++;
        }
        if (sl_node_get(page, SL_STR("next_cursor")) == NULL)
            break;
        sl_str cursor = bench_text(page, "next_cursor");
        page = models(&b, sl_fmt(b.a, "q=claude&limit=7&cursor=%.*s", SL_STRF(cursor)).p);
    }
    EXPECT_EQ(total, seen);
    bench_fini(&b);
}

TEST(api_catalogue, the_order_is_by_size_with_what_is_not_known_last)
{
    struct bench b;
    bench_init(&b);
    int64_t before = INT64_MAX;
    const struct sl_node *page = models(&b, "sort=-context_tokens&limit=500");
    for (const struct sl_node *m = first_of(page); m != NULL; m = m->next) {
        EXPECT(number(m, "context_tokens") <= before);
        before = number(m, "context_tokens");
    }
    before = 1;
    page = models(&b, "sort=context_tokens&vendor=openai");
    for (const struct sl_node *m = first_of(page); m != NULL; m = m->next) {
        int64_t n = number(m, "context_tokens");
        EXPECT(n == 0 || (before != 0 && n >= before));
        before = n;
    }
    EXPECT_EQ(0, before); /* some are not known */
    bench_fini(&b);
}

TEST(api_catalogue, what_cannot_be_asked_is_refused)
{
    static const char *const queries[] = {
        "vendor=nobody", "ability=flying", "mode=none",           "sort=-name",
        "sort=colour",   "limit=0",        "limit=501",           "cursor=x",
        "cursor=-1",     "color=red",      "q=a+b+c+d+e+f+g+h+i",
    };
    for (size_t i = 0; i < SL_LEN(queries); i++) {
        struct bench b;
        bench_init(&b);
        (void)bench_want(&b, 400, "GET", sl_fmt(b.a, "/api/v1/catalogue/models?%s", queries[i]).p,
                         "");
        bench_fini(&b);
    }
}

TEST(api_catalogue, what_fits_nothing_is_an_empty_page)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *page = models(&b, "q=no-such-model-anywhere");
    EXPECT(first_of(page) == NULL);
    EXPECT_EQ(0, number(page, "total"));
    EXPECT(sl_node_get(page, SL_STR("next_cursor")) == NULL);
    bench_fini(&b);
}
