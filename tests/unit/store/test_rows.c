#include "store/rows.h"
#include "base/strbuf.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

struct fixture {
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *tx;
};

static void begin(struct fixture *f)
{
    scratch_init(&f->s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&f->s, "c.db"), &f->store, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(f->store, &f->tx));
}

static void end(struct fixture *f)
{
    sl_tx_rollback(f->tx);
    sl_store_close(f->store);
    scratch_fini(&f->s);
}

static void add(struct fixture *f, const char *id, const char *kind, const char *name,
                int64_t created_us)
{
    struct sl_row row = {.id = sl_cstr(id),
                         .kind = sl_cstr(kind),
                         .name = sl_cstr(name),
                         .workspace = SL_STR("default"),
                         .revision = 1,
                         .spec = SL_STR("{\"a\":1}"),
                         .status = SL_STR("{}"),
                         .created_us = created_us,
                         .updated_us = 100 - created_us,
                         .created_by = SL_STR("user:x"),
                         .updated_by = SL_STR("user:x")};
    EXPECT_EQ(SL_OK, sl_row_insert(f->tx, &row));
}

static bool note(const struct sl_row *row, void *arg)
{
    sl_strbuf_addf(arg, "%.*s ", SL_STRF(row->name));
    return true;
}

static sl_str names(struct fixture *f, const struct sl_row_query *query)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, f->s.arena, 0);
    EXPECT_EQ(SL_OK, sl_rows_each(f->tx, query, note, &out));
    return sl_strbuf_str(&out);
}

TEST(rows, come_back_as_they_went_in)
{
    struct fixture f;
    struct sl_row row, same;
    begin(&f);
    add(&f, "1", "service", "orders", 7);
    EXPECT_EQ(SL_OK, sl_row_by_name(f.tx, SL_STR("service"), SL_STR("orders"), f.s.arena, &row));
    EXPECT_EQ(SL_OK, sl_row_by_id(f.tx, SL_STR("service"), SL_STR("1"), f.s.arena, &same));
    EXPECT_STR("1", row.id);
    EXPECT_STR("{\"a\":1}", same.spec);
    EXPECT_STR("default", row.workspace);
    EXPECT_STR("user:x", row.created_by);
    EXPECT_EQ(7, row.created_us);
    EXPECT_EQ(93, row.updated_us);
    EXPECT_EQ(SL_E_NOTFOUND, sl_row_by_id(f.tx, SL_STR("upstream"), SL_STR("1"), f.s.arena, &row));
    EXPECT_EQ(SL_E_NOTFOUND,
              sl_row_by_name(f.tx, SL_STR("service"), SL_STR("Orders"), f.s.arena, &row));
    end(&f);
}

TEST(rows, have_a_name_once_in_each_kind)
{
    struct fixture f;
    struct sl_row row = {.id = SL_STR("3"),
                         .kind = SL_STR("service"),
                         .name = SL_STR("orders"),
                         .revision = 1,
                         .spec = SL_STR("{}"),
                         .status = SL_STR("{}")};
    begin(&f);
    add(&f, "1", "service", "orders", 1);
    add(&f, "2", "upstream", "orders", 1);
    EXPECT_EQ(SL_E_CONFLICT, sl_row_insert(f.tx, &row));
    end(&f);
}

TEST(rows, are_updated_by_who_knows_the_revision)
{
    struct fixture f;
    struct sl_row row;
    begin(&f);
    add(&f, "1", "service", "orders", 1);
    EXPECT_EQ(SL_OK, sl_row_by_id(f.tx, SL_STR("service"), SL_STR("1"), f.s.arena, &row));
    row.revision = 2;
    row.spec = SL_STR("{\"a\":2}");
    EXPECT_EQ(SL_OK, sl_row_update(f.tx, &row));
    EXPECT_EQ(SL_E_CONFLICT, sl_row_update(f.tx, &row));
    EXPECT_EQ(SL_OK, sl_row_set_status(f.tx, SL_STR("1"), SL_STR("{\"live\":3}")));
    EXPECT_EQ(SL_OK, sl_row_by_id(f.tx, SL_STR("service"), SL_STR("1"), f.s.arena, &row));
    EXPECT_STR("{\"a\":2}", row.spec);
    EXPECT_STR("{\"live\":3}", row.status);
    EXPECT_EQ(2, row.revision);
    end(&f);
}

TEST(rows, are_listed_in_every_order_and_from_any_place)
{
    struct fixture f;
    begin(&f);
    add(&f, "1", "service", "b", 10);
    add(&f, "2", "service", "c", 20);
    add(&f, "3", "service", "a", 20);
    add(&f, "4", "upstream", "d", 5);
    struct sl_row_query q = {.kind = SL_STR("service")};
    EXPECT_STR("a b c ", names(&f, &q));
    q.is_descending = true;
    EXPECT_STR("c b a ", names(&f, &q));
    q.has_after = true;
    q.after_text = SL_STR("c");
    EXPECT_STR("b a ", names(&f, &q));
    q = (struct sl_row_query){.kind = SL_STR("service"), .order = SL_ROWS_BY_CREATED};
    EXPECT_STR("b c a ", names(&f, &q));
    q.has_after = true;
    q.after_us = 20;
    q.after_text = SL_STR("2");
    EXPECT_STR("a ", names(&f, &q));
    q.is_descending = true;
    EXPECT_STR("b ", names(&f, &q));
    q = (struct sl_row_query){.kind = SL_STR("service"), .order = SL_ROWS_BY_UPDATED};
    EXPECT_STR("c a b ", names(&f, &q));
    q.workspace = SL_STR("other");
    EXPECT_STR("", names(&f, &q));
    end(&f);
}

TEST(rows, are_found_by_a_part_of_their_name)
{
    static const struct {
        const char *search, *want;
    } rows[] = {{"an", "bananas mangos "},
                {"bananas", "bananas "},
                {"a_a", "a_a "},
                {"%", "50% "},
                {"AN", ""},
                {"' OR 1 --", ""},
                {"", "50% a_a bananas mangos "}};
    struct fixture f;
    begin(&f);
    add(&f, "1", "service", "bananas", 1);
    add(&f, "2", "service", "mangos", 2);
    add(&f, "3", "service", "a_a", 3);
    add(&f, "4", "service", "50%", 4);
    add(&f, "5", "upstream", "banana-pool", 5);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_row_query q = {.kind = SL_STR("service"), .search = sl_cstr(rows[i].search)};
        EXPECT_STR(rows[i].want, names(&f, &q));
        q.workspace = SL_STR("other");
        EXPECT_STR("", names(&f, &q));
    }
    struct sl_row_query q = {.kind = SL_STR("service"),
                             .search = SL_STR("an"),
                             .order = SL_ROWS_BY_CREATED,
                             .is_descending = true,
                             .has_after = true,
                             .after_us = 2,
                             .after_text = SL_STR("2")};
    EXPECT_STR("bananas ", names(&f, &q));
    end(&f);
}

TEST(rows, know_who_refers_to_them)
{
    struct fixture f;
    struct sl_strbuf out;
    begin(&f);
    sl_strbuf_init(&out, f.s.arena, 0);
    add(&f, "1", "service", "orders", 1);
    add(&f, "2", "service", "carts", 1);
    add(&f, "3", "upstream", "pool", 1);
    struct sl_ref refs[] = {{SL_STR("upstream"), SL_STR("pool")},
                            {SL_STR("upstream"), SL_STR("pool")},
                            {SL_STR("team"), SL_STR("shop")}};
    EXPECT_EQ(SL_OK, sl_refs_set(f.tx, SL_STR("1"), refs, 3));
    EXPECT_EQ(SL_OK, sl_refs_set(f.tx, SL_STR("2"), refs, 1));
    EXPECT_EQ(SL_OK, sl_refs_each(f.tx, &refs[0], note, &out));
    EXPECT_STR("carts orders ", sl_strbuf_str(&out));
    struct sl_row_query q = {
        .kind = SL_STR("service"), .target_kind = SL_STR("team"), .target = SL_STR("shop")};
    EXPECT_STR("orders ", names(&f, &q));
    EXPECT_EQ(SL_OK, sl_row_delete(f.tx, SL_STR("1")));
    EXPECT_STR("", names(&f, &q));
    EXPECT_EQ(SL_OK, sl_refs_set(f.tx, SL_STR("2"), NULL, 0));
    sl_strbuf_clear(&out);
    EXPECT_EQ(SL_OK, sl_refs_each(f.tx, &refs[0], note, &out));
    EXPECT_STR("", sl_strbuf_str(&out));
    end(&f);
}

static sl_str found(struct fixture *f, const char *text)
{
    struct sl_row_query query = {.kind = SL_STR("service"), .search = sl_cstr(text)};
    return names(f, &query);
}

TEST(rows, are_found_by_a_text_in_their_name)
{
    struct fixture f;
    begin(&f);
    add(&f, "01A", "service", "orders", 1);
    add(&f, "01B", "service", "reorder", 2);
    add(&f, "01C", "service", "ab", 3);
    add(&f, "01D", "plan", "orders", 4);
    EXPECT_STR("orders reorder ", found(&f, "order"));
    EXPECT_STR("orders ", found(&f, "rders"));
    EXPECT_STR("orders ", found(&f, "orders"));
    EXPECT_STR("ab ", found(&f, "ab"));
    EXPECT_STR("ab ", found(&f, "b"));
    EXPECT_EQ(0, found(&f, "xorders").n);
    EXPECT_EQ(0, found(&f, "ORD").n);
    EXPECT_EQ(0, found(&f, "ord\xc3\xa9rs").n);
    EXPECT_EQ(SL_OK, sl_row_delete(f.tx, SL_STR("01A")));
    EXPECT_STR("reorder ", found(&f, "order"));
    add(&f, "01E", "service", "orders", 5);
    EXPECT_STR("orders reorder ", found(&f, "order"));
    end(&f);
}

/* Where nothing is noted nothing is found: the names themselves are not looked at. */
TEST(rows, of_a_rare_text_are_found_by_its_parts)
{
    struct fixture f;
    begin(&f);
    add(&f, "01A", "service", "orders", 1);
    EXPECT_EQ(SL_OK, sl_query_run(sl_tx_query(f.tx, "DELETE FROM name_part")));
    EXPECT_EQ(0, found(&f, "order").n);
    EXPECT_STR("orders ", found(&f, "or"));
    end(&f);
}

TEST(rows, with_a_hint_are_those_that_have_it)
{
    struct fixture f;
    struct sl_ref draft = {SL_STR("service.status.state"), SL_STR("draft")};
    struct sl_row_query query = {.kind = SL_STR("service"), .hint = draft};
    begin(&f);
    add(&f, "01A", "service", "one", 1);
    add(&f, "01B", "service", "two", 2);
    EXPECT_EQ(SL_OK, sl_refs_set(f.tx, SL_STR("01B"), &draft, 1));
    EXPECT_STR("two ", names(&f, &query));
    query.search = SL_STR("two");
    EXPECT_STR("two ", names(&f, &query));
    end(&f);
}

static bool note_head(const struct sl_row_head *head, void *arg)
{
    sl_strbuf_addf(arg, "%.*s %lld %lld ", SL_STRF(head->id), (long long)head->revision,
                   (long long)head->updated_us);
    return true;
}

TEST(rows, have_heads_in_the_order_of_their_names)
{
    struct fixture f;
    struct sl_strbuf out;
    begin(&f);
    sl_strbuf_init(&out, f.s.arena, 0);
    add(&f, "01A", "service", "two", 1);
    add(&f, "01B", "service", "one", 2);
    add(&f, "01C", "plan", "three", 3);
    EXPECT_EQ(SL_OK, sl_row_heads_each(f.tx, SL_STR("service"), note_head, &out));
    EXPECT_STR("01B 1 98 01A 1 99 ", sl_strbuf_str(&out));
    end(&f);
}
