#include "control/filter.h"
#include "base/str.h"
#include "control/tree.h"
#include "tests/test.h"

static const struct sl_field fields[] = {
    {.kind = SL_FIELD_KIND_STR, .name = "name"},
    {.kind = SL_FIELD_KIND_SPAN, .name = "wait"},
    {.kind = SL_FIELD_KIND_SIZE, .name = "size"},
    {.kind = SL_FIELD_KIND_MONEY, .name = "cost"},
    {.kind = SL_FIELD_KIND_TIME, .name = "expires"},
    {.kind = SL_FIELD_KIND_STRS, .name = "tags"},
    {.kind = SL_FIELD_KIND_SECRET, .name = "secret"},
    {.kind = SL_FIELD_KIND_BOOL, .name = "on"},
    SL_FIELD_END,
};
static const struct sl_noun noun = {.name = "things", .fields = fields};
static const struct sl_resource_type type = {.kind = "thing", .noun = &noun, .state = fields};

static struct sl_node *thing(struct sl_arena *a)
{
    struct sl_node *n = sl_tree_map(a), *tags = sl_tree_list(a);
    sl_tree_push(tags, sl_tree_str(a, SL_STR("red")));
    sl_tree_push(tags, sl_tree_str(a, SL_STR("blue")));
    sl_tree_put_str(a, n, "name", SL_STR("orders-v2"));
    sl_tree_put_str(a, n, "wait", SL_STR("90s"));
    sl_tree_put_str(a, n, "size", SL_STR("2MiB"));
    sl_tree_put_str(a, n, "cost", SL_STR("0.5"));
    sl_tree_put_str(a, n, "expires", SL_STR("2026-06-01T12:00:00+02:00"));
    sl_tree_put(n, SL_STR("tags"), tags);
    sl_tree_put_str(a, n, "secret", SL_STR("s"));
    return n;
}

TEST(filter, keeps_what_it_says)
{
    static const struct {
        const char *name, *value;
        bool is_match;
    } rows[] = {
        {"name", "orders-v2", true},
        {"name[prefix]", "orders", true},
        {"name[prefix]", "v2", false},
        {"name[contains]", "v2", true},
        {"name[in]", "a,orders-v2", true},
        {"name[ne]", "orders-v2", false},
        {"wait[gt]", "1m", true},
        {"wait[gt]", "90s", false},
        {"wait[ge]", "1.5m", true},
        {"wait[lt]", "2m", true},
        {"size[le]", "2048KiB", true},
        {"size[lt]", "2MiB", false},
        {"cost[gt]", "0.4999", true},
        {"expires[lt]", "2026-06-01T10:00:00.5Z", true},
        {"expires[lt]", "2026-06-01T10:00:00Z", false},
        {"tags", "blue", true},
        {"tags[in]", "green,red", true},
        {"tags[ne]", "red", false},
        {"tags[contains]", "lu", true},
        {"on", "", true}, /* is not there */
        {"on[ne]", "", false},
        {"on[ne]", "true", true},
        {"status.name", "orders-v2", false},
        {"key[prefix]", "k", true},
        {"revision[ge]", "7", true},
        {"revision", "7", true},
        {"revision[ne]", "7", false},
        {"revision[in]", "6,7", true},
        {"created_at[lt]", "1970-01-01T00:00:02Z", true},
        {"created_at", "1970-01-01T00:00:01Z", true},
    };
    const struct sl_row row = {.name = SL_STR("k1"), .revision = 7, .created_us = 1000000};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_node *spec = thing(a), *status = sl_tree_map(a);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_filter f;
        const char *why = sl_filter_read(&type, sl_cstr(rows[i].name), sl_cstr(rows[i].value), &f);
        if (why != NULL || rows[i].is_match != sl_filter_matches(&f, &row, spec, status))
            EXPECT_STR(rows[i].name, sl_cstr(why != NULL ? why : "does not match"));
    }
    sl_arena_free(a);
}

TEST(filter, tells_what_it_cannot_be)
{
    static const char *const rows[][2] = {
        {"secret", "s"},   {"nothing", ""},  {"name[", "x"},    {"name[]", "x"},
        {"name[eq", "x"},  {"[eq]", "x"},    {"", "x"},         {"name[gt]", "x"},
        {"wait[gt]", "x"}, {"wait[gt]", ""}, {"tags[lt]", "1"}, {"status.", "x"},
    };
    struct sl_filter f;
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT(sl_filter_read(&type, sl_cstr(rows[i][0]), sl_cstr(rows[i][1]), &f) != NULL);
}

TEST(filter, of_times_narrows_what_the_store_looks_at)
{
    static const struct {
        const char *name, *value;
        int64_t from_us, until_us;
    } rows[] = {
        {"created_at[gt]", "1970-01-01T00:00:02Z", 2000000, 0},
        {"created_at[le]", "1970-01-01T00:00:04Z", 2000000, 4000000},
        {"created_at[lt]", "1970-01-01T00:00:09Z", 2000000, 4000000},
        {"created_at[ge]", "1960-01-01T00:00:00Z", 2000000, 4000000},
        {"created_at[lt]", "1960-01-01T00:00:00Z", 2000000, 1},
        {"expires[lt]", "1960-01-01T00:00:00Z", 2000000, 1},
        {"updated_at[gt]", "1970-01-01T00:00:09Z", 2000000, 1},
    };
    struct sl_row_query query = {0};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_filter f;
        EXPECT(sl_filter_read(&type, sl_cstr(rows[i].name), sl_cstr(rows[i].value), &f) == NULL);
        sl_filter_narrow(&f, &query);
        EXPECT_EQ(rows[i].from_us, query.created.from_us);
        EXPECT_EQ(rows[i].until_us, query.created.until_us);
    }
    EXPECT_EQ(9000000, query.updated.from_us);
}
