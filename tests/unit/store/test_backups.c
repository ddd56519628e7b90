#include "store/backups.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/store.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEGIN_US = 1796000000 };

struct fixture {
    struct scratch s;
    const char *where, *dir;
    int64_t now_us;
    uint64_t max_bytes; /* of orders; 0: no limit */
};

static void begin(struct fixture *f)
{
    struct sl_store *store;
    scratch_init(&f->s);
    f->where = scratch_db(&f->s, "control.db");
    f->dir = scratch_path(&f->s, "backups");
    f->now_us = SL_SECONDS((int64_t)BEGIN_US) + 123456;
    EXPECT_EQ(SL_OK, sl_store_open(f->where, &store, &f->s.diag));
    sl_store_close(store);
}

static void end(struct fixture *f)
{
    scratch_fini(&f->s);
}

static sl_rc make(struct fixture *f, enum sl_backup_reason reason, struct sl_backup_file *ret)
{
    const struct sl_backup_order order = {.where = f->where,
                                          .dir = f->dir,
                                          .reason = reason,
                                          .program = SL_STR("9.9"),
                                          .by = SL_STR("user:ann"),
                                          .now_us = f->now_us,
                                          .max_bytes = f->max_bytes};
    f->s.diag.count = 0;
    f->now_us += SL_SECONDS(1);
    return sl_backups_make(&order, f->s.arena, ret, &f->s.diag);
}

static size_t list(struct fixture *f, struct sl_backup_file **ret)
{
    size_t n = 99;
    EXPECT_EQ(SL_OK, sl_backups_list(f->dir, f->s.arena, ret, &n, &f->s.diag));
    return n;
}

TEST(backups, one_that_was_made_is_found_with_all_that_it_says)
{
    struct fixture f;
    struct sl_backup_file made, found, *all;
    struct stat st;
    begin(&f);
    EXPECT_EQ(0, list(&f, &all));
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &made));
    EXPECT_STR("sluice-20261130T005320-123.jsonl", made.name);
    EXPECT_EQ(SL_OK, sl_backups_find(f.dir, made.name, f.s.arena, &found));
    EXPECT(found.is_whole && found.bytes != 0);
    EXPECT_STR("9.9", found.about.program);
    EXPECT_STR("user:ann", found.about.by);
    EXPECT_STR("2026-11-30T00:53:20.123456Z", found.about.created_at);
    EXPECT_EQ((int64_t)sl_schema_control.count, found.about.schema);
    EXPECT(found.about.rows > 0);
    EXPECT_EQ(0, stat(f.dir, &st));
    EXPECT_EQ(0700, st.st_mode & 0777);
    EXPECT_EQ(0, stat(sl_fmt(f.s.arena, "%s/%.*s", f.dir, SL_STRF(made.name)).p, &st));
    EXPECT_EQ(0600, st.st_mode & 0777);
    end(&f);
}

TEST(backups, the_newest_comes_first_and_what_is_no_backup_is_not_listed)
{
    struct fixture f;
    struct sl_backup_file one, two, *all;
    begin(&f);
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &one));
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &two));
    scratch_append(&f.s, "backups/notes.txt", SL_STR("x"));
    scratch_append(&f.s, "backups/.hidden.jsonl", SL_STR("x"));
    EXPECT_EQ(0, symlink(f.where, scratch_path(&f.s, "backups/link.jsonl")));
    EXPECT_EQ(0, mkdir(scratch_path(&f.s, "backups/folder.jsonl"), 0700));
    EXPECT_EQ(2, list(&f, &all));
    EXPECT_STR(two.name.p, all[0].name);
    EXPECT_STR(one.name.p, all[1].name);
    EXPECT_EQ(0, rmdir(scratch_path(&f.s, "backups/folder.jsonl")));
    end(&f);
}

TEST(backups, one_that_was_cut_off_or_is_none_is_listed_as_such)
{
    static const char *const texts[] = {
        "",
        "\n",
        "no JSON\n",
        "{}\n",
        "{\"sluice_backup\":1,\"schema\":2}",
        "{\"sluice_backup\":1,\"schema\":2}\n",
        "{\"sluice_backup\":1,\"schema\":2}\n{\"end\":true}\n",
        "{\"sluice_backup\":1,\"schema\":2}\n{\"end\":true,\"rows\":1}"};
    struct fixture f;
    struct sl_backup_file found;
    begin(&f);
    EXPECT_EQ(0, mkdir(f.dir, 0700));
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        sl_str name = sl_fmt(f.s.arena, "%zu.jsonl", i);
        scratch_append(&f.s, sl_fmt(f.s.arena, "backups/%.*s", SL_STRF(name)).p, sl_cstr(texts[i]));
        EXPECT_EQ(SL_OK, sl_backups_find(f.dir, name, f.s.arena, &found));
        EXPECT(!found.is_whole);
    }
    scratch_append(&f.s, "backups/good.jsonl",
                   SL_STR("{\"sluice_backup\":1,\"schema\":2}\n{\"end\":true,\"rows\":7}\n"));
    EXPECT_EQ(SL_OK, sl_backups_find(f.dir, SL_STR("good.jsonl"), f.s.arena, &found));
    EXPECT(found.is_whole);
    EXPECT_EQ(7, found.about.rows);
    end(&f);
}

TEST(backups, names_lead_nowhere_else)
{
    static const char *const names[] = {"",          ".jsonl",        "../control.db",
                                        "a/b.jsonl", "../x.jsonl",    "a\n.jsonl",
                                        "none",      "missing.jsonl", "..jsonl"};
    struct fixture f;
    struct sl_backup_file found;
    int fd;
    uint64_t bytes;
    begin(&f);
    scratch_append(&f.s, "x.jsonl", SL_STR("x"));
    EXPECT_EQ(0, mkdir(f.dir, 0700));
    for (size_t i = 0; i < SL_LEN(names); i++) {
        sl_str name = sl_cstr(names[i]);
        EXPECT_EQ(SL_E_NOTFOUND, sl_backups_find(f.dir, name, f.s.arena, &found));
        EXPECT_EQ(SL_E_NOTFOUND, sl_backups_open(f.dir, name, f.s.arena, &fd, &bytes));
        EXPECT_EQ(SL_E_NOTFOUND, sl_backups_delete(f.dir, name, f.s.arena));
    }
    EXPECT(scratch_has(&f.s, "x.jsonl"));
    end(&f);
}

/* Larger than what SQLite itself keeps beside the store. */
static void add_large_row(struct fixture *f)
{
    struct sl_store *store;
    struct sl_tx *tx;
    struct sl_row row = {.id = SL_STR("1"), .kind = SL_STR("service"), .name = SL_STR("1")};
    row.spec = sl_fmt(f->s.arena, "{\"a\":\"%0100000d\"}", 1);
    row.status = SL_STR("{}");
    EXPECT_EQ(SL_OK, sl_store_open(f->where, &store, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    sl_store_close(store);
}

TEST(backups, a_full_disk_is_told_and_leaves_nothing_behind)
{
    struct fixture f;
    struct rlimit before, little;
    struct sl_backup_file made, *all;
    begin(&f);
    add_large_row(&f);
    EXPECT_EQ(0, getrlimit(RLIMIT_FSIZE, &before));
    little = (struct rlimit){.rlim_cur = SL_KIB(48), .rlim_max = before.rlim_max};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(0, setrlimit(RLIMIT_FSIZE, &little));
    sl_rc rc = make(&f, SL_BACKUP_ASKED, &made);
    EXPECT_EQ(0, setrlimit(RLIMIT_FSIZE, &before));
    (void)signal(SIGXFSZ, old);
    EXPECT_EQ(SL_E_NO_SPACE, rc);
    EXPECT_EQ(1, f.s.diag.count);
    EXPECT_EQ(0, list(&f, &all));
    EXPECT_EQ(0, rmdir(f.dir)); /* it is empty */
    end(&f);
}

TEST(backups, a_directory_that_cannot_be_made_is_told)
{
    struct fixture f;
    struct sl_backup_file made;
    begin(&f);
    scratch_append(&f.s, "backups", SL_STR("a file"));
    EXPECT_EQ(SL_E_IO, make(&f, SL_BACKUP_ASKED, &made));
    EXPECT(sl_str_find_str(f.s.diag.problems[0].message, SL_STR("Not a directory")) != SIZE_MAX);
    end(&f);
}

TEST(backups, what_a_killed_process_left_is_taken_away_by_the_next)
{
    struct fixture f;
    struct sl_backup_file made;
    begin(&f);
    EXPECT_EQ(0, mkdir(f.dir, 0700));
    scratch_append(&f.s, "backups/sluice-1.jsonl.new", SL_STR("half"));
    scratch_append(&f.s, "backups/mine.new", SL_STR("of somebody else"));
    EXPECT_EQ(4, sl_backups_unfinished(f.dir));
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &made));
    EXPECT(!scratch_has(&f.s, "backups/sluice-1.jsonl.new"));
    EXPECT_EQ(0, sl_backups_unfinished(f.dir));
    EXPECT(scratch_has(&f.s, "backups/mine.new"));
    end(&f);
}

TEST(backups, only_scheduled_ones_make_way)
{
    struct fixture f;
    struct sl_backup_file made, *all;
    begin(&f);
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &made));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &made));
    EXPECT_EQ(SL_OK, sl_backups_prune(f.dir, 2, 0, f.s.arena, &f.s.diag));
    EXPECT_EQ(3, list(&f, &all));
    EXPECT_STR(made.name.p, all[0].name);
    EXPECT(sl_str_starts(all[1].name, SL_STR("scheduled-")));
    EXPECT(sl_str_starts(all[2].name, SL_STR("sluice-")));
    end(&f);
}

TEST(backups, scheduled_ones_make_way_for_bytes_too_but_for_the_newest)
{
    struct fixture f;
    struct sl_backup_file made, *all;
    begin(&f);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &made));
    EXPECT_EQ(SL_OK, sl_backups_prune(f.dir, 100, 2 * made.bytes, f.s.arena, &f.s.diag));
    EXPECT_EQ(2, list(&f, &all));
    EXPECT_STR(made.name.p, all[0].name);
    EXPECT_EQ(SL_OK, sl_backups_prune(f.dir, 100, 1, f.s.arena, &f.s.diag));
    EXPECT_EQ(1, list(&f, &all));
    EXPECT_STR(made.name.p, all[0].name);
    end(&f);
}

TEST(backups, there_is_a_limit_of_bytes_which_scheduled_ones_only_reach_with_those_that_people_made)
{
    struct fixture f;
    struct sl_backup_file made;
    begin(&f);
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &made));
    f.max_bytes = made.bytes;
    EXPECT_EQ(SL_E_LIMIT, make(&f, SL_BACKUP_ASKED, &made));
    EXPECT(sl_str_find_str(f.s.diag.problems[0].message, SL_STR("backup_max_size")) != SIZE_MAX);
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &made));
    f.max_bytes = 0;
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &made));
    f.max_bytes = made.bytes;
    EXPECT_EQ(SL_E_LIMIT, make(&f, SL_BACKUP_SCHEDULED, &made));
    f.max_bytes = made.bytes + 1;
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_SCHEDULED, &made));
    end(&f);
}

TEST(backups, there_is_a_limit)
{
    struct fixture f;
    struct sl_backup_file made;
    begin(&f);
    EXPECT_EQ(0, mkdir(f.dir, 0700));
    for (int i = 0; i < SL_BACKUPS_MAX; i++)
        scratch_append(&f.s, sl_fmt(f.s.arena, "backups/%d.jsonl", i).p, SL_STR("x"));
    EXPECT_EQ(SL_E_LIMIT, make(&f, SL_BACKUP_ASKED, &made));
    EXPECT_EQ(SL_OK, sl_backups_delete(f.dir, SL_STR("0.jsonl"), f.s.arena));
    EXPECT_EQ(SL_OK, make(&f, SL_BACKUP_ASKED, &made));
    end(&f);
}
