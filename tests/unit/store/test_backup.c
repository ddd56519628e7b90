#include "store/backup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "store/audit.h"
#include "store/identity.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <stdlib.h>

struct fixture {
    struct scratch s;
    struct sl_db *db;
    char *text; /* of the backup */
    size_t size;
    struct sl_backup_about about;
};

static void add_rows(struct sl_store *store)
{
    struct sl_tx *tx;
    struct sl_row row = {.kind = SL_STR("service"),
                         .revision = 7,
                         .spec = SL_STR("{\"a\":\"\\u0000 \xc3\xbc\"}"),
                         .status = SL_STR("{}"),
                         .created_us = INT64_MAX};
    struct sl_audit entry = {.at_us = 1, .actor = SL_STR("x"), .before = SL_STR("\"'\n\\")};
    struct sl_session session = {.hash = SL_STR("h"), .user_id = SL_STR("u")};
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    row.id = row.name = SL_STR("1");
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    row.id = row.name = SL_STR("2");
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    EXPECT_EQ(SL_OK, sl_audit_append(tx, &entry));
    EXPECT_EQ(SL_OK, sl_audit_append(tx, &entry));
    EXPECT_EQ(SL_OK, sl_password_set(tx, SL_STR("u"), SL_STR("hash"), 5));
    EXPECT_EQ(SL_OK, sl_session_insert(tx, &session));
    EXPECT_EQ(SL_OK, sl_tx_count_change(tx));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

static void write_backup(struct fixture *f)
{
    f->about = (struct sl_backup_about){.program = SL_STR("test"), .created_at = SL_STR("now")};
    FILE *out = open_memstream(&f->text, &f->size);
    EXPECT_EQ(SL_OK, sl_backup_write(f->db, &sl_schema_control, out, &f->about, &f->s.diag));
    fclose(out);
}

static void open_full(struct fixture *f)
{
    struct sl_store *store;
    scratch_init(&f->s);
    const char *where = scratch_db(&f->s, "full.db");
    EXPECT_EQ(SL_OK, sl_store_open(where, &store, &f->s.diag));
    add_rows(store);
    sl_store_close(store);
    EXPECT_EQ(SL_OK, sl_db_open(where, &f->db, &f->s.diag));
    write_backup(f);
}

static void close_full(struct fixture *f)
{
    sl_db_close(f->db);
    free(f->text);
    scratch_fini(&f->s);
}

static sl_rc read_into(struct fixture *f, struct sl_db *db, sl_str text, bool may_replace)
{
    struct sl_backup_about about;
    FILE *in = fmemopen((char *)text.p, text.n, "r");
    f->s.diag.count = 0;
    sl_rc rc = sl_backup_read(db, &sl_schema_control, in, may_replace, &about, &f->s.diag);
    fclose(in);
    return rc;
}

/* Its rows, without those of `setting`, where the change moves on. */
static sl_str rows_of(struct fixture *f, sl_str backup)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, f->s.arena, 0);
    for (sl_str line; sl_str_split(&backup, '\n', &line);) {
        if (sl_str_find_str(line, SL_STR("\"change\"")) == SIZE_MAX &&
            !sl_str_starts(line, SL_STR("{\"end\"")))
            sl_strbuf_addf(&b, "%.*s\n", SL_STRF(line));
    }
    return sl_strbuf_str(&b);
}

TEST(backup, gives_back_every_row_and_moves_the_change_on)
{
    struct fixture f, g;
    open_full(&f);
    EXPECT_EQ(sl_schema_control.count, f.about.schema);
    EXPECT_EQ(7, f.about.rows); /* without the session; with the rows of settings */
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(sl_str_of(f.text, f.size), SL_STR("session")));
    g = f;
    EXPECT_EQ(SL_OK, sl_db_open(scratch_db(&f.s, "empty.db"), &g.db, &f.s.diag));
    EXPECT_EQ(SL_OK, read_into(&f, g.db, sl_str_of(f.text, f.size), false));
    write_backup(&g);
    EXPECT_STRS(rows_of(&f, sl_str_of(f.text, f.size)), rows_of(&f, sl_str_of(g.text, g.size)));
    EXPECT(sl_str_find_str(sl_str_of(g.text, g.size), SL_STR("[\"change\",\"2\"]")) != SIZE_MAX);
    sl_db_close(g.db);
    free(g.text);
    close_full(&f);
}

TEST(backup, does_not_replace_resources_unless_it_is_told_to)
{
    struct fixture f;
    open_full(&f);
    sl_str text = sl_str_of(f.text, f.size);
    EXPECT_EQ(SL_E_CONFLICT, read_into(&f, f.db, text, false));
    EXPECT_EQ(SL_OK, read_into(&f, f.db, text, true));
    char *before = f.text;
    write_backup(&f);
    EXPECT_STRS(rows_of(&f, text), rows_of(&f, sl_str_of(f.text, f.size)));
    free(before);
    close_full(&f);
}

TEST(backup, that_is_cut_off_or_damaged_changes_nothing)
{
    struct fixture f;
    open_full(&f);
    sl_str whole = sl_str_of(f.text, f.size);
    for (size_t n = 1; n < whole.n; n += 1 + n / 40)
        EXPECT_EQ(SL_E_SYNTAX, read_into(&f, f.db, sl_str_head(whole, n), true));
    size_t at = sl_str_find_str(whole, SL_STR("\"hash\",5]")) + 1;
    f.text[at] = 'H';
    EXPECT_EQ(SL_E_SYNTAX, read_into(&f, f.db, whole, true));
    f.text[at] = 'h';
    EXPECT_EQ(SL_E_SYNTAX, read_into(&f, f.db, SL_STR("{\"sluice_backup\":1}\n"), true));
    EXPECT_EQ(SL_E_SYNTAX, read_into(&f, f.db, SL_STR("[]\n"), true));
    char *before = f.text;
    write_backup(&f);
    EXPECT_STRS(whole, sl_str_of(f.text, f.size));
    free(before);
    close_full(&f);
}

TEST(backup, of_a_newer_schema_is_refused_with_advice)
{
    struct fixture f;
    open_full(&f);
    EXPECT_EQ(SL_E_UNSUPPORTED,
              read_into(&f, f.db, SL_STR("{\"sluice_backup\":1,\"schema\":999}\n"), true));
    EXPECT(sl_str_find_str(f.s.diag.problems[0].message, SL_STR("or a later one")) != SIZE_MAX);
    EXPECT_EQ(SL_E_UNSUPPORTED,
              read_into(&f, f.db, SL_STR("{\"sluice_backup\":2,\"schema\":1}\n"), true));
    close_full(&f);
}

TEST(backup, of_an_older_schema_is_brought_up_to_date)
{
    struct fixture f;
    open_full(&f);
    struct sl_schema first = {sl_schema_control.steps, 1};
    struct sl_db *old, *now;
    EXPECT_EQ(SL_OK, sl_db_open(scratch_db(&f.s, "old.db"), &old, &f.s.diag));
    EXPECT_EQ(SL_OK, sl_db_open(scratch_db(&f.s, "now.db"), &now, &f.s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(old, &first, &f.s.diag));
    struct fixture g = {.s = f.s, .db = old};
    write_backup(&g);
    EXPECT_EQ(1, g.about.schema);
    EXPECT_EQ(SL_OK, read_into(&f, now, sl_str_of(g.text, g.size), false));
    EXPECT_EQ(SL_OK, sl_db_check_schema(now, &sl_schema_control, &f.s.diag));
    sl_db_close(old);
    sl_db_close(now);
    free(g.text);
    close_full(&f);
}
