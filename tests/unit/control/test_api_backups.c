#include "base/str.h"
#include "control/api_int.h"
#include "control/backing.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#include <unistd.h>

static const char *make(struct bench *b)
{
    const struct sl_node *made = bench_want(b, 201, "POST", "/api/v1/backups", NULL);
    EXPECT_STR("true", bench_text(made, "is_whole"));
    return sl_arena_dup(b->a, bench_text(made, "name")).p;
}

static const char *path_of(struct bench *b, const char *name, const char *more)
{
    return sl_fmt(b->a, "/api/v1/backups/%s%s", name, more).p;
}

TEST(api_backups, one_is_made_listed_and_deleted)
{
    struct bench b;
    bench_init(&b);
    const char *name = make(&b);
    const struct sl_node *all = bench_want(&b, 200, "GET", "/api/v1/backups", NULL);
    const struct sl_node *items = sl_node_get(all, SL_STR("items"));
    EXPECT_EQ(1, items->child_count);
    EXPECT_STR(name, bench_text(items->children, "name"));
    EXPECT_STR("local", bench_text(items->children, "by"));
    EXPECT(bench_text(items->children, "created_at").n != 0);
    EXPECT(sl_node_get(all, SL_STR("in_progress_since")) == NULL);
    EXPECT(sl_str_starts(bench_text(all, "restore_command"), SL_STR("sluice restore FILE --")));
    EXPECT(sl_str_ends(bench_text(all, "master_key"), SL_STR("/master.key")));
    (void)bench_want(&b, 200, "GET", path_of(&b, name, ""), NULL);
    (void)bench_want(&b, 204, "DELETE", path_of(&b, name, ""), NULL);
    (void)bench_want(&b, 404, "GET", path_of(&b, name, ""), NULL);
    (void)bench_want(&b, 404, "DELETE", path_of(&b, name, ""), NULL);
    (void)bench_want(&b, 404, "GET", path_of(&b, name, "/download"), NULL);
    bench_fini(&b);
}

TEST(api_backups, one_that_is_taken_away_can_be_restored_and_has_no_secret_that_can_be_read)
{
    struct bench b;
    struct sl_db *db;
    struct sl_backup_about about;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/accounts",
        "{\"name\":\"oa\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"sk-very-secret\"}]}");
    struct sl_api_answer a = bench_call(&b, "GET", path_of(&b, make(&b), "/download"), NULL);
    EXPECT_EQ(200, a.status);
    EXPECT(sl_str_starts(bench_header_of(&a, "content-disposition"), SL_STR("attachment")));
    char *text = sl_arena_alloc(b.a, a.file->bytes);
    EXPECT_EQ((ssize_t)a.file->bytes, pread(a.file->fd, text, a.file->bytes, 0));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(sl_str_of(text, a.file->bytes), SL_STR("very-secret")));
    FILE *in = fmemopen(text, a.file->bytes, "r");
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b.s, "other.db"), &db, &b.s.diag));
    EXPECT_EQ(SL_OK, sl_backup_read(db, &sl_schema_control, in, false, &about, &b.s.diag));
    EXPECT_STR("local", about.by);
    fclose(in);
    sl_db_close(db);
    bench_fini(&b);
}

TEST(api_backups, the_audit_trail_tells_who_made_took_and_deleted_one)
{
    static const char *const actions[] = {"backup.delete", "backup.download", "backup.create"};
    struct bench b;
    bench_init(&b);
    const char *name = make(&b);
    EXPECT_EQ(200, bench_call(&b, "GET", path_of(&b, name, "/download"), NULL).status);
    (void)bench_want(&b, 204, "DELETE", path_of(&b, name, ""), NULL);
    const struct sl_node *trail = bench_want(&b, 200, "GET", "/api/v1/audit?limit=3", NULL);
    const struct sl_node *entry = sl_node_get(trail, SL_STR("items"))->children;
    for (size_t i = 0; i < SL_LEN(actions); i++, entry = entry->next) {
        EXPECT_STR(actions[i], bench_text(entry, "action"));
        EXPECT_STR(name, bench_text(entry, "subject"));
    }
    bench_fini(&b);
}

TEST(api_backups, only_one_is_made_at_a_time)
{
    struct bench b;
    bench_init(&b);
    atomic_store(&b.control->backup_began_us, SL_SECONDS(1800000000LL));
    struct sl_api_answer a = bench_call(&b, "POST", "/api/v1/backups", NULL);
    EXPECT_EQ(409, a.status);
    const struct sl_node *all = bench_want(&b, 200, "GET", "/api/v1/backups", NULL);
    EXPECT_STR("2027-01-15T08:00:00Z", bench_text(all, "in_progress_since"));
    EXPECT_STR("0", bench_text(all, "in_progress_bytes")); /* none was begun in truth */
    atomic_store(&b.control->backup_began_us, 0);
    (void)make(&b);
    EXPECT_EQ(0, sl_backing_began_us(b.control));
    bench_fini(&b);
}

TEST(api_backups, a_grant_in_one_workspace_or_to_read_all_takes_none_away)
{
    static const struct {
        const char *grant;
        uint16_t list, make, download;
    } cases[] = {
        {"{\"role\":\"admin\",\"workspace\":\"default\"}", 403, 403, 403},
        {"{\"role\":\"auditor\"}", 200, 403, 403},
        {"{\"role\":\"editor\"}", 403, 403, 403},
        {"{\"role\":\"admin\"}", 200, 201, 404},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct bench b;
        bench_init(&b);
        (void)bench_want(&b, 201, "POST", "/api/v1/users",
                         sl_fmt(b.a, "{\"name\":\"ann\",\"grants\":[%s]}", cases[i].grant).p);
        (void)bench_want(&b, 200, "POST", "/api/v1/users/ann/set-password",
                         "{\"password\":\"a long password\"}");
        bench_login(&b, "ann", "a long password");
        (void)bench_want(&b, cases[i].list, "GET", "/api/v1/backups", NULL);
        (void)bench_want(&b, cases[i].make, "POST", "/api/v1/backups", NULL);
        (void)bench_want(&b, cases[i].download, "GET", "/api/v1/backups/x.jsonl/download", NULL);
        bench_fini(&b);
    }
}

TEST(api_backups, a_place_that_cannot_be_written_is_told)
{
    struct bench b;
    bench_init(&b);
    scratch_append(&b.s, "backups", SL_STR("a file"));
    struct sl_api_answer a = bench_call(&b, "POST", "/api/v1/backups", NULL);
    EXPECT_EQ(500, a.status);
    EXPECT(sl_str_find_str(a.body, SL_STR("Not a directory")) != SIZE_MAX);
    bench_fini(&b);
}
