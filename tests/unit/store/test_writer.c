#include "store/writer.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sl_usage_writer *start(struct scratch *s)
{
    struct sl_usage_writer *w = NULL;
    EXPECT_EQ(SL_OK, sl_usage_writer_start(s->dir, scratch_path(s, "usage.db"), NULL, NULL,
                                           SL_MS(5), &w, &s->diag));
    return w;
}

static void append(struct scratch *s, const char *name, unsigned from, unsigned until)
{
    struct sl_strbuf b = {0};
    scratch_frames(s, from, until, &b);
    scratch_append(s, name, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

static int64_t number(struct scratch *s, const char *sql)
{
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open_to_read(scratch_path(s, "usage.db"), &db, &s->diag));
    struct sl_query *q = sl_db_query(db, sql);
    EXPECT(sl_query_row(q));
    int64_t v = sl_query_i64_at(q, 0);
    EXPECT_EQ(SL_OK, sl_query_end(q));
    sl_db_close(db);
    return v;
}

/* All of r0 .. r<n-1>, each once, and their charges once: no more and no less. */
static void expect_exactly(struct scratch *s, int64_t n)
{
    EXPECT_EQ(n, number(s, "SELECT count(*) FROM usage"));
    EXPECT_EQ(n * (n - 1) / 2, number(s, "SELECT sum(cost_nusd) FROM usage"));
    EXPECT_EQ(n * (n - 1) / 2, number(s, "SELECT sum(substr(request_id, 2)) FROM usage"));
    EXPECT_EQ(n * (n - 1) / 2, number(s, "SELECT cost_nusd FROM budget_spent"));
    EXPECT_EQ(n * 10, number(s, "SELECT tokens FROM budget_spent"));
    for (int tier = 0; tier < SL_TIER_COUNT; tier++) {
        EXPECT_EQ(
            n,
            number(s, sl_fmt(s->arena,
                             "SELECT sum(requests) FROM rollup WHERE view = 4 AND tier = %d", tier)
                          .p));
        EXPECT_EQ(
            n * (n - 1) / 2,
            number(s, sl_fmt(s->arena,
                             "SELECT sum(cost_nusd) FROM rollup WHERE view = 0 AND tier = %d", tier)
                          .p));
    }
}

/* What the program before this one left: a ledger without sums. */
static void make_old_ledger(struct scratch *s, int requests)
{
    const struct sl_schema first = {sl_schema_usage.steps, 1};
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &first, &s->diag));
    struct sl_query *q = sl_db_query(
        db,
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO usage SELECT 'old' || i, 1767225600000000, '', 'ai', '', 'chat', 'acme', "
        "'', 'POST', 200, 'ok', '', 0, 0, 1500, 0, 900, 1, 0, '', 'fast', 'openai', 'main', "
        "'gpt-4o', '', '', '', '', 'reported', 0, 25, 0, NULL, 0, 0, 1, NULL, 7, 0, 0, 0, 2, 0, "
        "0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM n");
    sl_query_i64(q, 1, requests);
    EXPECT_EQ(SL_OK, sl_query_run(q));
    sl_db_close(db);
}

TEST(writer, makes_sums_of_a_ledger_that_has_none)
{
    enum { OLD = 3 * SL_ROLLUP_BACKFILL + 5 };
    struct scratch s;
    scratch_init(&s);
    make_old_ledger(&s, OLD);
    append(&s, "w0-100-0.journal", 0, 10);
    sl_usage_writer_stop(start(&s));
    EXPECT_EQ(OLD + 10, number(&s, "SELECT count(*) FROM usage"));
    EXPECT_EQ(OLD + 10, number(&s, "SELECT sum(requests) FROM rollup WHERE tier = 2 AND view = 4"));
    EXPECT_EQ(OLD * 25 + 45,
              number(&s, "SELECT sum(cost_nusd) FROM rollup WHERE tier = 0 AND view = 0"));
    EXPECT_EQ(OLD, number(&s, "SELECT sum(requests) FROM rollup JOIN rollup_series ON series = id "
                              "WHERE tier = 1 AND rollup.view = 3 AND model = 'fast'"));
    scratch_fini(&s);
}

/* The requests of scratch_frames() are of long ago. */
static int64_t left_after(struct scratch *s, int64_t want)
{
    int64_t n = -1;
    for (int i = 0; i < 500 && n != want; i++) {
        (void)usleep(10000);
        n = number(s, "SELECT count(*) FROM usage");
    }
    return n;
}

TEST(writer, takes_out_nothing_before_it_is_told_what_to_keep)
{
    const struct sl_ledger_keep keep = {.records_us = SL_SECONDS(3600),
                                        .wait_us = SL_SECONDS(3600)};
    struct sl_usage_writer *w;
    struct scratch s;
    scratch_init(&s);
    append(&s, "w0-100-0.journal", 0, 10);
    EXPECT_EQ(SL_OK, sl_usage_writer_start(s.dir, scratch_path(&s, "usage.db"), NULL, &keep,
                                           SL_MS(5), &w, &s.diag));
    EXPECT_EQ(10, left_after(&s, 10));
    sl_usage_writer_keep(w, SL_SECONDS(100LL * 365 * 86400), 0); /* longer than its files say */
    (void)usleep(100000);
    EXPECT_EQ(10, number(&s, "SELECT count(*) FROM usage"));
    sl_usage_writer_keep(w, SL_SECONDS(7200), 1 << 20);
    EXPECT_EQ(SL_SECONDS(7200), sl_usage_writer_kept(w).records_us);
    EXPECT_EQ(1 << 20, sl_usage_writer_kept(w).max_bytes);
    EXPECT_EQ(0, left_after(&s, 0)); /* at once, not with the next look */
    sl_usage_writer_keep(w, 0, 0);
    EXPECT_EQ(SL_SECONDS(3600), sl_usage_writer_kept(w).records_us);
    EXPECT_EQ(0, sl_usage_writer_kept(w).max_bytes);
    sl_usage_writer_stop(w);
    scratch_fini(&s);
}

TEST(writer, moves_everything_before_it_stops)
{
    enum { MANY = 2 * SL_WRITER_BATCH + 7 };
    struct scratch s;
    scratch_init(&s);
    append(&s, "w0-100-0.journal", 0, MANY - 1);
    struct sl_usage_writer *w = start(&s);
    append(&s, "w1-101-0.journal", MANY - 1, MANY);
    sl_usage_writer_stop(w);
    expect_exactly(&s, MANY);
    scratch_fini(&s);
}

TEST(writer, takes_no_request_twice_however_often_it_starts_u17)
{
    struct scratch s;
    scratch_init(&s);
    for (unsigned i = 0; i < 12; i += 3) {
        append(&s, "w0-100-0.journal", i, i + 3);
        sl_usage_writer_stop(start(&s));
        sl_usage_writer_stop(start(&s));
    }
    expect_exactly(&s, 12);
    EXPECT_EQ(1,
              number(&s, "SELECT count(*) FROM usage_block")); /* a quiet gateway's are together */
    scratch_fini(&s);
}

TEST(writer, takes_no_record_without_an_id)
{
    struct scratch s;
    struct sl_strbuf b = {0};
    struct sl_record r = {.status = 200};
    scratch_init(&s);
    sl_record_encode(&r, &b);
    scratch_append(&s, "w0-100-0.journal", sl_strbuf_str(&b));
    append(&s, "w0-100-0.journal", 0, 2);
    sl_usage_writer_stop(start(&s));
    expect_exactly(&s, 2);
    sl_strbuf_fini(&b);
    scratch_fini(&s);
}

TEST(writer, removes_the_files_that_a_kill_after_the_last_commit_left)
{
    struct scratch s;
    scratch_init(&s);
    append(&s, "w0-100-0.journal", 0, 3);
    sl_usage_writer_stop(start(&s));
    scratch_append(&s, "w0-100-1.journal", (sl_str){0}); /* a later one: the first is done with */
    sl_usage_writer_stop(start(&s));
    EXPECT(!scratch_has(&s, "w0-100-0.journal"));
    EXPECT_EQ(0, number(&s, "SELECT count(*) FROM journal_file"));
    expect_exactly(&s, 3);
    scratch_fini(&s);
}

TEST(writer, says_what_is_wrong_with_its_directory)
{
    struct scratch s;
    struct sl_usage_writer *w = NULL;
    scratch_init(&s);
    EXPECT_EQ(SL_E_IO, sl_usage_writer_start("/nowhere", scratch_path(&s, "usage.db"), NULL, NULL,
                                             0, &w, &s.diag));
    EXPECT_STR("/nowhere", s.diag.problems[0].file);
    EXPECT(w == NULL);
    scratch_fini(&s);
}

/* As another process would; closing it lets go. */
static int hold_lock(struct scratch *s)
{
    int fd = open(scratch_path(s, "writer.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT(fd >= 0);
    EXPECT_EQ(0, flock(fd, LOCK_EX));
    return fd;
}

TEST(writer, waits_until_another_process_has_ended)
{
    struct scratch s;
    scratch_init(&s);
    int held = hold_lock(&s);
    append(&s, "w0-100-0.journal", 0, 3);
    struct sl_usage_writer *w = start(&s);
    usleep(30000);
    EXPECT_EQ(0, sl_usage_writer_stats(w).inserted);
    close(held);
    sl_usage_writer_stop(w);
    expect_exactly(&s, 3);
    scratch_fini(&s);
}

static bool comes_true(struct sl_usage_writer *w, bool is_failing)
{
    sl_usec until_us = sl_clock_mono_us() + SL_SECONDS(20);
    while (sl_usage_writer_stats(w).is_failing != is_failing && sl_clock_mono_us() < until_us)
        usleep(2000);
    return sl_usage_writer_stats(w).is_failing == is_failing;
}

/* No file may grow beyond `bytes`: what a full disk is to a database. */
static void limit_files(rlim_t bytes)
{
    struct rlimit now;
    EXPECT_EQ(0, getrlimit(RLIMIT_FSIZE, &now));
    now.rlim_cur = bytes;
    EXPECT_EQ(0, setrlimit(RLIMIT_FSIZE, &now));
}

TEST(writer, keeps_the_journals_while_the_disk_is_full_and_recovers_u17)
{
    struct scratch s;
    scratch_init(&s);
    int held = hold_lock(&s);
    append(&s, "w0-100-0.journal", 0, 3000);
    append(&s, "w0-100-1.journal", 3000, 3001);
    struct sl_usage_writer *w = start(&s);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(SL_KIB(64));
    close(held);
    bool has_failed = comes_true(w, true);
    bool is_kept = scratch_has(&s, "w0-100-0.journal");
    limit_files(RLIM_INFINITY);
    EXPECT(has_failed);
    EXPECT(is_kept);
    EXPECT(comes_true(w, false));
    EXPECT(sl_usage_writer_stats(w).failures > 0);
    sl_usage_writer_stop(w);
    expect_exactly(&s, 3001);
    EXPECT(!scratch_has(&s, "w0-100-0.journal"));
    scratch_fini(&s);
}

/* ---- kill -9 ---- */

enum { KILLS = 25, RECORDS = 6000 };

/* A process that moves records until it is killed. */
static pid_t fork_writer(struct scratch *s)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct sl_usage_writer *w = NULL;
    if (sl_usage_writer_start(s->dir, scratch_path(s, "usage.db"), NULL, NULL, SL_MS(1), &w,
                              &s->diag) == SL_OK)
        pause();
    _exit(1);
}

static void kill_writer(pid_t pid)
{
    int status;
    EXPECT_EQ(0, kill(pid, SIGKILL));
    EXPECT_EQ(pid, waitpid(pid, &status, 0));
    EXPECT(WIFSIGNALED(status));
}

/* Workers write on meanwhile: in pieces that end anywhere, into one file after the other. */
static void write_some(struct scratch *s, sl_str *rest, size_t n, unsigned file)
{
    char name[64];
    snprintf(name, sizeof(name), "w0-100-%u.journal", file);
    scratch_append(s, name, sl_str_head(*rest, n));
    *rest = sl_str_from(*rest, n);
}

TEST(writer, killed_in_a_loop_loses_no_record_and_doubles_none)
{
    struct scratch s;
    struct sl_strbuf all = {0};
    struct sl_rand random = {0};
    unsigned next = 0;
    scratch_init(&s);
    sl_rand_seed(&random, 4711);
    for (unsigned kills = 0; kills < KILLS; kills++) {
        pid_t pid = fork_writer(&s);
        sl_strbuf_clear(&all);
        scratch_frames(&s, next, next + RECORDS / KILLS, &all);
        next += RECORDS / KILLS;
        for (sl_str rest = sl_strbuf_str(&all); rest.n != 0;) {
            write_some(&s, &rest, 1 + sl_rand_below(&random, 20000), kills / 3);
            usleep((useconds_t)sl_rand_below(&random, 4000));
        }
        usleep((useconds_t)sl_rand_below(&random, 30000));
        kill_writer(pid);
    }
    sl_usage_writer_stop(start(&s));
    expect_exactly(&s, next);
    EXPECT_EQ(1, number(&s, "SELECT count(*) FROM journal_file"));
    sl_strbuf_fini(&all);
    scratch_fini(&s);
}
