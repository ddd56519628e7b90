/*
 * What the ledger costs when it is large: records are put in as the writer does, over some months of traffic, while
 * retention takes out what is old; then reports are read. Prints how fast it went, how large the database is, and how
 * long each report takes, after each tenth, so that one sees whether it grows. Times are of the processor.
 *
 *     build/tests/bench/reports [RECORDS [DAYS [MAX_MIB [DIR]]]]        5000000 90 1024
 *
 * Fails when a report takes longer than it should at the end, or when the database passes MAX_MIB by more than a tenth.
 */
#include "base/num.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/retention.h"
#include "store/rollup_read.h"
#include "store/usage_block.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 5000, PARTS = 10, DAY_S = 86400, REPEATS = 5, TARGET_MS = 100 };
#define BEGAN_S \
    INT64_C(    \
        1767311700) /* 2026-01-01, five minutes before its end: sums are made as they are later */

struct bench {
    uint64_t records, days, max_mib;
    char dir[256], path[300];
    struct sl_arena *a; /* of the batch */
    struct sl_usage_blocks *blocks;
    struct sl_strbuf frame;
    struct sl_diag d;
    struct sl_db *db;
    struct sl_rollup *rollup;
    struct sl_ledger_keep keep;
    struct sl_rand rand;
    uint64_t done;
    sl_usec writing_us, slowest_us; /* slowest: of the reports */
};

static sl_str pick(struct bench *b, const char *name, unsigned n)
{
    /* few make most of the traffic, as everywhere */
    uint64_t i = sl_rand_below(&b->rand, sl_rand_below(&b->rand, n) + 1);
    return sl_fmt(b->a, "%s-%u", name, (unsigned)i);
}

static int64_t time_of(const struct bench *b, uint64_t i)
{
    return BEGAN_S * 1000000 +
           (int64_t)((unsigned __int128)i * b->days * DAY_S * 1000000 / b->records);
}

static struct sl_record record_of(struct bench *b, uint64_t i)
{
    bool is_ai = sl_rand_below(&b->rand, 2) == 0, is_bad = sl_rand_below(&b->rand, 50) == 0;
    struct sl_record r = {
        .request_id = sl_fmt(b->a, "01BENCH%019llu", (unsigned long long)i),
        .wall_us = time_of(b, i),
        .service = pick(b, "service", 50),
        .route = pick(b, "route", 4),
        .consumer = pick(b, "consumer", 500),
        .status = is_bad ? 502 : 200,
        .outcome = is_bad ? SL_OUTCOME_UPSTREAM_ERROR : SL_OUTCOME_OK,
        .took_us = (int64_t)sl_rand_below(&b->rand, 3000000) + 500,
        .is_metered = true,
        .is_ai = is_ai,
    };
    if (!is_ai)
        return r;
    r.vendor = pick(b, "vendor", 3);
    r.account = r.vendor;
    r.model = r.model_route = pick(b, "model", 12);
    r.cost_nusd = (int64_t)sl_rand_below(&b->rand, 20000000);
    r.usage = (struct sl_ai_usage){.input = (int64_t)sl_rand_below(&b->rand, 4000),
                                   .output = (int64_t)sl_rand_below(&b->rand, 800),
                                   .requests = 1,
                                   .source = SL_AI_USAGE_REPORTED};
    return r;
}

static void must(struct bench *b, sl_rc rc, const char *what)
{
    if (rc == SL_OK)
        return;
    if (b->d.count != 0)
        fprintf(stderr, "%.*s\n", SL_STRF(b->d.problems[0].message));
    fprintf(stderr, "reports: %s failed (%d)\n", what, (int)rc);
    exit(1);
}

/* Of this program, which has one thread: what it takes on a machine that has nothing else to do. */
static sl_usec cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u); /* cannot fail */
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * SL_SECONDS(1) + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

/* ------------------------------------------------------------------ writing */

static void write_batch(struct bench *b, uint64_t until)
{
    int64_t now_s = time_of(b, until) / 1000000;
    must(b, sl_db_begin(b->db), "begin");
    for (; b->done < until; b->done++) {
        struct sl_record r = record_of(b, b->done);
        sl_strbuf_clear(&b->frame);
        sl_record_encode(&r, &b->frame); /* as the journal has it */
        must(b, sl_usage_blocks_add(b->blocks, b->db, &r, sl_strbuf_str(&b->frame)), "insert");
        must(b, sl_rollup_add(b->rollup, b->db, &r, now_s), "add");
    }
    must(b, sl_usage_blocks_write(b->blocks, b->db), "insert");
    must(b, sl_rollup_flush(b->rollup, b->db, now_s), "flush");
    must(b, sl_db_commit(b->db), "commit");
    sl_arena_reset(b->a);
}

/* Between batches, a step, as the writer does; it must keep up with what comes. */
static void take_out(struct bench *b)
{
    bool has_more = true, has_series;
    int64_t now_s = time_of(b, b->done) / 1000000;
    while (sl_rollup_is_behind(b->rollup, now_s)) {
        must(b, sl_db_begin(b->db), "begin");
        must(b, sl_rollup_close(b->rollup, b->db, now_s), "close");
        must(b, sl_db_commit(b->db), "commit");
    }
    for (int i = 0; i < 4 && has_more; i++) {
        must(b, sl_db_begin(b->db), "begin");
        must(b, sl_retention_step(b->db, &b->keep, time_of(b, b->done), &has_more, &has_series),
             "retention");
        if (has_series)
            sl_rollup_forget(b->rollup);
        sl_usage_blocks_forget(b->blocks);
        must(b, sl_db_commit(b->db), "commit");
    }
}

static void write_part(struct bench *b, uint64_t until)
{
    sl_usec began_us = cpu_us();
    while (b->done < until) {
        write_batch(b, SL_MIN(b->done + BATCH, until));
        take_out(b);
    }
    b->writing_us += cpu_us() - began_us;
}

/* ------------------------------------------------------------------ reading */

#define BIT(ID) (1u << SL_DIM_##ID)

static const struct {
    const char *name;
    int64_t span_s, step_s; /* step_s 0: one step */
    unsigned group;
    bool is_filtered; /* to one consumer */
} reports[] = {
    {"an hour by route, by minute", 3600, 60, BIT(SERVICE) | BIT(ROUTE), false},
    {"a day by service, by hour", DAY_S, 3600, BIT(SERVICE), false},
    {"a day by service, by 15 minutes", DAY_S, 900, BIT(SERVICE), false},
    {"30 days by consumer", 30 * DAY_S, 0, BIT(CONSUMER), false},
    {"30 days by model and vendor, by day", 30 * DAY_S, DAY_S, BIT(MODEL) | BIT(VENDOR), false},
    {"90 days by status, by day", 90 * DAY_S, DAY_S, BIT(STATUS) | BIT(OUTCOME), false},
    {"30 days of one consumer by model", 30 * DAY_S, 0, BIT(MODEL), true},
};

static sl_usec read_once(struct bench *b, size_t i)
{
    int64_t now_s = time_of(b, b->done) / 1000000;
    int64_t step_s = reports[i].step_s != 0 ? reports[i].step_s : reports[i].span_s;
    int64_t to_s = now_s - now_s % SL_MIN(step_s, (int64_t)DAY_S);
    size_t n = (size_t)(reports[i].span_s / step_s);
    struct sl_arena *a = sl_arena_new("report", SL_MIB(1024));
    int64_t *edges_s = sl_arena_array(a, int64_t, n + 1);
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = n + 1, .group = reports[i].group};
    struct sl_rollup_result result;
    for (size_t k = 0; k <= n; k++)
        edges_s[k] = to_s - reports[i].span_s + (int64_t)k * step_s;
    if (reports[i].is_filtered)
        q.filters[q.filter_count++] =
            (struct sl_rollup_filter){.dimension = SL_DIM_CONSUMER, .value = SL_STR("consumer-7")};
    sl_usec began_us = cpu_us();
    must(b, sl_rollup_read(b->db, &q, now_s, a, &result, &b->d), reports[i].name);
    sl_usec took_us = cpu_us() - began_us;
    sl_arena_free(a);
    return took_us;
}

static sl_usec read_report(struct bench *b, size_t i)
{
    sl_usec best_us = INT64_MAX;
    for (int n = 0; n < REPEATS; n++)
        best_us = SL_MIN(best_us, read_once(b, i));
    return best_us;
}

static void read_reports(struct bench *b, bool is_end)
{
    b->slowest_us = 0;
    for (size_t i = 0; i < SL_LEN(reports); i++) {
        sl_usec took_us = read_report(b, i);
        b->slowest_us = SL_MAX(b->slowest_us, took_us);
        if (is_end)
            printf("%-40s %7.1f ms\n", reports[i].name, (double)took_us / 1000);
    }
}

/* ------------------------------------------------------------------ the run */

static double size_mib(const struct bench *b)
{
    struct stat s;
    return stat(b->path, &s) == 0 ? (double)s.st_size / SL_MIB(1) : 0;
}

static bool read_number(int argc, char **argv, int i, uint64_t *ret)
{
    return argc <= i || (sl_num_u64(sl_cstr(argv[i]), UINT64_C(1) << 40, ret) && *ret != 0);
}

static void open_ledger(struct bench *b)
{
    snprintf(b->path, sizeof(b->path), "%s/usage.db", b->dir);
    b->keep = (struct sl_ledger_keep){
        .records_us = SL_SECONDS(30 * DAY_S), /* the defaults of gateway.ledger */
        .rollups.tier_s = {3 * DAY_S, 3 * DAY_S, 92 * DAY_S, 1100 * DAY_S},
        .max_bytes = SL_MIB(b->max_mib)};
    b->a = sl_arena_new("batch", SL_MIB(256));
    sl_diag_init(&b->d, sl_arena_new("problems", SL_MIB(1)));
    sl_rand_seed(&b->rand, 1);
    must(b, sl_db_open(b->path, &b->db, &b->d), "open");
    must(b, sl_db_migrate(b->db, &sl_schema_usage, &b->d), "migrate");
    b->rollup = sl_rollup_new(&b->keep.rollups);
    b->blocks = sl_usage_blocks_new();
}

static void close_ledger(struct bench *b)
{
    static const char *const files[] = {"usage.db", "usage.db-wal", "usage.db-shm"};
    char path[300];
    sl_rollup_free(b->rollup);
    sl_usage_blocks_free(b->blocks);
    sl_strbuf_fini(&b->frame);
    sl_db_close(b->db);
    sl_arena_free(b->a);
    sl_arena_free(b->d.arena);
    for (size_t i = 0; i < SL_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", b->dir, files[i]);
        (void)unlink(path); /* the last two are gone with the connection */
    }
    (void)rmdir(b->dir); /* stays when it holds something else */
}

int main(int argc, char **argv)
{
    struct bench b = {.records = 5000000, .days = 90, .max_mib = 1024};
    snprintf(b.dir, sizeof(b.dir), "%s", argc > 4 ? argv[4] : "/tmp/sluice-reports-XXXXXX");
    if (!read_number(argc, argv, 1, &b.records) || !read_number(argc, argv, 2, &b.days) ||
        !read_number(argc, argv, 3, &b.max_mib) || (argc <= 4 && mkdtemp(b.dir) == NULL)) {
        fprintf(stderr, "usage: reports [RECORDS [DAYS [MAX_MIB [DIR]]]]\n");
        return 2;
    }
    open_ledger(&b);
    printf("%12s %12s %12s %14s\n", "records", "per s", "MiB on disk", "slowest report");
    for (uint64_t part = 1; part <= PARTS; part++) {
        uint64_t before = b.done;
        b.writing_us = 0;
        write_part(&b, b.records * part / PARTS);
        read_reports(&b, false);
        printf("%12llu %12.0f %12.0f %11.1f ms\n", (unsigned long long)b.done,
               (double)(b.done - before) * 1e6 / (double)SL_MAX(b.writing_us, (sl_usec)1),
               size_mib(&b), (double)b.slowest_us / 1000);
        fflush(stdout);
    }
    read_reports(&b, true);
    bool is_small = size_mib(&b) <= (double)b.max_mib * 1.1;
    bool is_fast = b.slowest_us <= SL_MS(TARGET_MS);
    printf("reports within %d ms: %s; database within its limit: %s\n", TARGET_MS,
           is_fast ? "yes" : "no", is_small ? "yes" : "no");
    close_ledger(&b);
    return is_fast && is_small ? 0 : 1;
}
