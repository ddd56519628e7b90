#include "tests/unit/store/scratch.h"
#include "base/str.h"
#include "store/usage_block.h"
#include "tests/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void scratch_init(struct scratch *s)
{
    snprintf(s->dir, sizeof(s->dir), "/tmp/sluice-store-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    s->arena = sl_arena_new("scratch", SL_MIB(64));
    sl_diag_init(&s->diag, s->arena);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void scratch_fini(struct scratch *s)
{
    nftw(s->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    sl_arena_free(s->arena);
}

const char *scratch_path(struct scratch *s, const char *name)
{
    return sl_fmt(s->arena, "%s/%s", s->dir, name).p;
}

/* "/tmp/sluice-store-x1", "c.db" -> x1_c_db */
static const char *schema_of(struct scratch *s, const char *name)
{
    sl_str text = sl_fmt(s->arena, "%s_%s", strrchr(s->dir, '-') + 1, name);
    char *schema = (char *)text.p;
    for (size_t i = 0; i < text.n; i++) {
        if (schema[i] == '.')
            schema[i] = '_';
    }
    return schema;
}

const char *scratch_db(struct scratch *s, const char *name)
{
    const char *server = getenv("SLUICE_TEST_POSTGRES");
    if (server == NULL)
        return scratch_path(s, name);
    const char *schema = schema_of(s, name);
    struct sl_db *db;
    assert_int_equal(SL_OK, sl_db_open(server, &db, &s->diag));
    assert_int_equal(SL_OK, sl_db_exec(db, sl_fmt(s->arena, "CREATE SCHEMA \"%s\"", schema).p));
    sl_db_close(db);
    return sl_fmt(s->arena, "%s&options=-csearch_path%%3D%%22%s%%22", server, schema).p;
}

void scratch_append(struct scratch *s, const char *name, sl_str bytes)
{
    int fd = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(bytes.n, write(fd, bytes.p, bytes.n));
    close(fd);
}

bool scratch_has(struct scratch *s, const char *name)
{
    return access(scratch_path(s, name), F_OK) == 0;
}

struct sl_record scratch_record(struct scratch *s, unsigned i)
{
    struct sl_record r = {.request_id = sl_fmt(s->arena, "r%u", i),
                          .wall_us = 1767225600000000 + (int64_t)i,
                          .service = SL_STR("ai"),
                          .route = SL_STR("chat"),
                          .consumer = SL_STR("acme"),
                          .status = 200,
                          .took_us = 1000,
                          .is_ai = true,
                          .is_metered = true,
                          .vendor = SL_STR("openai"),
                          .account = SL_STR("main"),
                          .model = SL_STR("gpt-4o"),
                          .cost_nusd = (int64_t)i};
    r.usage = (struct sl_ai_usage){
        .input = 7, .cache_read = 1, .output = 2, .requests = 1, .source = SL_AI_USAGE_REPORTED};
    r.charges = sl_arena_new_of(s->arena, struct sl_record_charge);
    r.charges[0] = (struct sl_record_charge){.budget = SL_STR("team"),
                                             .subject = SL_STR("acme"),
                                             .window_start_s = 1767225600,
                                             .cost_nusd = (int64_t)i,
                                             .tokens = 10};
    r.charge_count = 1;
    return r;
}

void scratch_frames(struct scratch *s, unsigned from, unsigned until, struct sl_strbuf *out)
{
    for (unsigned i = from; i < until; i++) {
        struct sl_record r = scratch_record(s, i);
        sl_record_encode(&r, out);
    }
}

void scratch_insert(struct sl_db *db, const struct sl_record *r)
{
    struct sl_usage_blocks *b = sl_usage_blocks_new();
    struct sl_strbuf frame = {0};
    sl_record_encode(r, &frame);
    EXPECT_EQ(SL_OK, sl_usage_blocks_add(b, db, r, sl_strbuf_str(&frame)));
    EXPECT_EQ(SL_OK, sl_usage_blocks_write(b, db));
    sl_strbuf_fini(&frame);
    sl_usage_blocks_free(b);
}
