#include "store/reseal.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

static const sl_str old_key = SL_STR_INIT("old AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
static const sl_str both_keys = SL_STR_INIT("new //////////////////////////////////////////8=\n"
                                            "old AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
static const sl_str new_key = SL_STR_INIT("new //////////////////////////////////////////8=\n");

struct fixture {
    struct scratch s;
    struct sl_store *store;
    struct sl_db *db;
    struct sl_vault *before, *now, *after;
};

static sl_str spec_of(struct fixture *f, const char *kind, const char *id)
{
    struct sl_tx *tx;
    struct sl_row row;
    EXPECT_EQ(SL_OK, sl_store_read(f->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_by_id(tx, sl_cstr(kind), sl_cstr(id), f->s.arena, &row));
    sl_tx_rollback(tx);
    EXPECT_EQ(1, row.revision);
    return row.spec;
}

static void add(struct fixture *f, const char *kind, const char *id, const char *sealed_for)
{
    struct sl_strbuf spec;
    struct sl_tx *tx;
    struct sl_ref ref = {SL_STR("service"), SL_STR("s")};
    sl_strbuf_init(&spec, f->s.arena, 0);
    sl_strbuf_add(&spec, SL_STR("{\"a\":\"sealed: is a word\",\"b\":\""));
    sl_vault_seal(f->before, SL_STR("secret"), sl_cstr(sealed_for), &spec);
    sl_strbuf_add(&spec, SL_STR("\",\"c\":1}"));
    struct sl_row row = {.id = sl_cstr(id),
                         .kind = sl_cstr(kind),
                         .name = sl_cstr(id),
                         .revision = 1,
                         .spec = sl_strbuf_str(&spec),
                         .status = SL_STR("{}")};
    EXPECT_EQ(SL_OK, sl_store_write(f->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    EXPECT_EQ(SL_OK, sl_refs_set(tx, row.id, &ref, 1));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

static void init(struct fixture *f)
{
    scratch_init(&f->s);
    const char *where = scratch_db(&f->s, "c.db");
    EXPECT_EQ(SL_OK, sl_store_open(where, &f->store, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_db_open(where, &f->db, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_vault_new(old_key, &f->before, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_vault_new(both_keys, &f->now, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_vault_new(new_key, &f->after, &f->s.diag));
}

static void fini(struct fixture *f)
{
    sl_db_close(f->db);
    sl_store_close(f->store);
    sl_vault_free(f->before);
    sl_vault_free(f->now);
    sl_vault_free(f->after);
    scratch_fini(&f->s);
}

/* The secret behind "b", with the newest key alone. */
static sl_str open_with_new(struct fixture *f, sl_str spec, const char *context)
{
    struct sl_strbuf clear;
    size_t at = sl_str_find_str(spec, SL_STR("\"b\":\"")) + 5;
    sl_str sealed = sl_str_from(spec, at);
    sealed = sl_str_head(sealed, sl_str_find(sealed, '"', 0));
    sl_strbuf_init(&clear, f->s.arena, 0);
    EXPECT_EQ(SL_OK, sl_vault_unseal(f->after, sealed, sl_cstr(context), &clear));
    return sl_strbuf_str(&clear);
}

TEST(reseal, leaves_nothing_that_needs_the_old_key)
{
    struct fixture f;
    struct sl_reseal_counts counts = {0};
    init(&f);
    add(&f, "service", "s", "s");
    add(&f, "release", "r", "s"); /* holds what was sealed for the service that it refers to */
    EXPECT_EQ(SL_OK, sl_reseal(f.db, f.now, &counts, &f.s.diag));
    EXPECT_EQ(2, counts.resealed);
    EXPECT_EQ(0, counts.current);
    EXPECT_STR("secret", open_with_new(&f, spec_of(&f, "service", "s"), "s"));
    EXPECT_STR("secret", open_with_new(&f, spec_of(&f, "release", "r"), "s"));
    EXPECT(sl_str_starts(spec_of(&f, "service", "s"), SL_STR("{\"a\":\"sealed: is a word\",")));
    EXPECT_EQ(SL_OK, sl_reseal(f.db, f.now, &counts, &f.s.diag));
    EXPECT_EQ(0, counts.resealed);
    EXPECT_EQ(2, counts.current);
    fini(&f);
}

TEST(reseal, changes_nothing_when_one_secret_cannot_be_opened)
{
    struct fixture f;
    struct sl_reseal_counts counts = {0};
    init(&f);
    add(&f, "service", "s", "s");
    sl_str before = spec_of(&f, "service", "s");
    EXPECT_EQ(SL_E_DENIED, sl_reseal(f.db, f.after, &counts, &f.s.diag));
    EXPECT(sl_str_find_str(f.s.diag.problems[0].message, SL_STR("service/s")) != SIZE_MAX);
    EXPECT_STRS(before, spec_of(&f, "service", "s"));
    fini(&f);
}
