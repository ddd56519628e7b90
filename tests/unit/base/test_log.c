#include "base/log.h"
#include "base/strbuf.h"
#include "tests/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, LINES = 2000 };

struct fixture {
    struct sl_arena *arena;
    struct sl_diag diag;
    char path[64], moved[64];
    struct sl_log *log;
};

static void setup(struct fixture *t, size_t buffer_bytes)
{
    *t = (struct fixture){.arena = sl_arena_new("test", 8 << 20)};
    sl_diag_init(&t->diag, t->arena);
    snprintf(t->path, sizeof(t->path), "/tmp/sluice-test-log-XXXXXX");
    int fd = mkstemp(t->path);
    EXPECT(fd >= 0);
    close(fd);
    snprintf(t->moved, sizeof(t->moved), "%s.1", t->path);
    struct sl_log_options options = {
        .path = t->path, .level = SL_LOG_INFO, .buffer_bytes = buffer_bytes};
    EXPECT_EQ(SL_OK, sl_log_new(&options, &t->log, &t->diag));
}

static sl_str contents(struct fixture *t, const char *path)
{
    struct sl_strbuf b;
    ssize_t n;
    sl_strbuf_init(&b, t->arena, 0);
    int fd = open(path, O_RDONLY);
    EXPECT(fd >= 0);
    while ((n = read(fd, sl_strbuf_room(&b, 65536), 65536)) > 0)
        b.n += (size_t)n;
    close(fd);
    return sl_strbuf_str(&b);
}

/* The log's only line from its level on: what comes before depends on the clock. */
static sl_str after_time(sl_str line)
{
    size_t at = sl_str_find_str(line, SL_STR(",\"level\""));
    EXPECT(at != SIZE_MAX);
    return sl_str_from(line, at);
}

static size_t count_of(sl_str text, const char *part)
{
    size_t count = 0, at;
    while ((at = sl_str_find_str(text, sl_cstr(part))) != SIZE_MAX) {
        text = sl_str_from(text, at + 1);
        count++;
    }
    return count;
}

static void teardown(struct fixture *t)
{
    sl_log_free(t->log);
    unlink(t->path);
    unlink(t->moved);
    sl_arena_free(t->arena);
}

TEST(log, writes_one_json_object_with_its_fields_per_line)
{
    struct fixture t;
    setup(&t, 0);
    sl_log(t.log, WARN, "it happened", SL_KV_U64("n", 7), SL_KV_I64("m", -7),
           SL_KV_BOOL("yes", true), SL_KV_STR("who", SL_STR("a\"b")),
           SL_KV_ERR("why", SL_E_RATE_LIMITED));
    sl_log_flush(t.log);
    sl_str text = contents(&t, t.path);
    EXPECT(sl_str_starts(text, SL_STR("{\"time\":\"2")));
    EXPECT_STR(",\"level\":\"warn\",\"msg\":\"it happened\",\"n\":7,\"m\":-7,\"yes\":true,"
               "\"who\":\"a\\\"b\",\"why\":\"rate_limited\"}\n",
               after_time(text));
    teardown(&t);
}

TEST(log, a_line_needs_no_fields)
{
    struct fixture t;
    setup(&t, 0);
    sl_log(t.log, INFO, "ready");
    sl_log_flush(t.log);
    EXPECT_STR(",\"level\":\"info\",\"msg\":\"ready\"}\n", after_time(contents(&t, t.path)));
    teardown(&t);
}

TEST(log, a_peer_cannot_forge_a_line_or_reach_a_terminal)
{
    struct fixture t;
    setup(&t, 0);
    sl_log(t.log, INFO, "x", SL_KV_STR("path", SL_STR("/\n{\"level\":\"error\"}\x1b[2J\xff")));
    sl_log_flush(t.log);
    sl_str text = contents(&t, t.path);
    EXPECT_EQ(1, count_of(text, "\n"));
    EXPECT_EQ(0, count_of(text, "\x1b"));
    EXPECT_EQ(1, count_of(text, "\\n{\\\"level\\\":\\\"error\\\"}\\u001b[2J\xef\xbf\xbd\""));
    teardown(&t);
}

TEST(log, long_strings_are_cut)
{
    static char text[SL_LOG_TEXT_MAX + 500];
    struct fixture t;
    setup(&t, 0);
    memset(text, 'a', sizeof(text));
    sl_log(t.log, INFO, "x", SL_KV_STR("s", ((sl_str){text, sizeof(text)})));
    sl_log_flush(t.log);
    EXPECT_EQ(SL_LOG_TEXT_MAX, count_of(contents(&t, t.path), "a"));
    teardown(&t);
}

TEST(log, less_important_lines_are_not_written)
{
    struct fixture t;
    setup(&t, 0);
    sl_log(t.log, DEBUG, "one");
    sl_log_set_level(t.log, SL_LOG_DEBUG);
    sl_log(t.log, DEBUG, "two");
    sl_log_set_level(t.log, SL_LOG_OFF);
    sl_log(t.log, ERROR, "three");
    sl_log_flush(t.log);
    EXPECT_STR(",\"level\":\"debug\",\"msg\":\"two\"}\n", after_time(contents(&t, t.path)));
    EXPECT(!sl_log_wants(NULL, SL_LOG_ERROR));
    sl_log(NULL, ERROR, "nobody hears this");
    teardown(&t);
}

TEST(log, finished_lines_are_written_as_they_are)
{
    struct fixture t;
    setup(&t, 0);
    sl_log_line(t.log, SL_STR("{\"a\":1}\n{\"a\":2}\n"));
    sl_log_line(t.log, SL_STR(""));
    sl_log_flush(t.log);
    EXPECT_STR("{\"a\":1}\n{\"a\":2}\n", contents(&t, t.path));
    teardown(&t);
}

TEST(log, that_lingers_writes_when_asked_when_half_full_and_at_its_end)
{
    enum { FOREVER_S = 3600 };
    struct fixture t;
    setup(&t, 0);
    char path[] = "/tmp/sluice-test-log-XXXXXX", half[600];
    struct sl_log_options options = {
        .fd = mkstemp(path), .buffer_bytes = 1000, .linger_us = SL_SECONDS(FOREVER_S)};
    struct sl_log *l = NULL;
    EXPECT_EQ(SL_OK, sl_log_new(&options, &l, &t.diag));
    sl_log_line(l, SL_STR("a\n"));
    sl_log_line(l, SL_STR("b\n"));
    sl_log_flush(l);
    EXPECT_STR("a\nb\n", contents(&t, path));
    memset(half, '\n', sizeof(half));
    for (int i = 0; i < 3;
         i++) { /* each waits until there is room for it: half of the buffer is free again */
        uint64_t lost;
        do {
            lost = sl_log_lost(l);
            sl_log_line(l, (sl_str){half, sizeof(half)});
        } while (sl_log_lost(l) != lost);
    }
    sl_log_line(l, SL_STR("c\n"));
    sl_log_free(l);
    EXPECT(sl_str_find_str(contents(&t, path), SL_STR("\nc\n")) != SIZE_MAX);
    close(options.fd);
    unlink(path);
    teardown(&t);
}

TEST(log, what_does_not_fit_the_buffer_is_counted_and_told)
{
    struct fixture t;
    setup(&t, 200);
    char lines[300];
    memset(lines, '\n', sizeof(lines));
    sl_log_line(t.log, (sl_str){lines, sizeof(lines)});
    EXPECT_EQ(300, sl_log_lost(t.log));
    sl_log(t.log, INFO, "next");
    sl_log_flush(t.log);
    sl_str text = contents(&t, t.path);
    EXPECT_EQ(2, count_of(text, "\n"));
    EXPECT_EQ(1, count_of(text, "\"msg\":\"next\""));
    EXPECT_EQ(1, count_of(text, "\"level\":\"warn\",\"msg\":\"log lines lost\",\"count\":300}"));
    teardown(&t);
}

TEST(log, a_full_disk_loses_lines_and_nothing_else)
{
    struct fixture t;
    setup(&t, 0);
    struct sl_log *full = NULL;
    struct sl_log_options options = {.path = "/dev/full"};
    EXPECT_EQ(SL_OK, sl_log_new(&options, &full, &t.diag));
    sl_log(full, ERROR, "x");
    sl_log_line(full, SL_STR("a\nb\n"));
    sl_log_flush(full);
    EXPECT_EQ(3, sl_log_lost(full));
    sl_log_free(full);
    teardown(&t);
}

TEST(log, reopening_goes_on_in_a_new_file)
{
    struct fixture t;
    setup(&t, 0);
    sl_log_line(t.log, SL_STR("old\n"));
    sl_log_flush(t.log);
    EXPECT_EQ(0, rename(t.path, t.moved));
    sl_log_reopen(t.log);
    sl_log_line(t.log, SL_STR("new\n"));
    sl_log_flush(t.log);
    EXPECT_STR("old\n", contents(&t, t.moved));
    EXPECT_STR("new\n", contents(&t, t.path));
    teardown(&t);
}

TEST(log, a_path_that_cannot_be_opened_is_an_error_with_its_reason)
{
    struct fixture t;
    setup(&t, 0);
    struct sl_log *l = NULL;
    struct sl_log_options options = {.path = "/nonexistent/x.log"};
    EXPECT_EQ(SL_E_IO, sl_log_new(&options, &l, &t.diag));
    EXPECT(l == NULL);
    EXPECT_STR("cannot open the log '/nonexistent/x.log': No such file or directory",
               t.diag.problems[0].message);
    teardown(&t);
}

TEST(log, writes_to_a_descriptor_that_stays_open)
{
    struct fixture t;
    int ends[2];
    char got[8] = {0};
    setup(&t, 0);
    EXPECT_EQ(0, pipe(ends));
    struct sl_log *l = NULL;
    struct sl_log_options options = {.fd = ends[1]};
    EXPECT_EQ(SL_OK, sl_log_new(&options, &l, &t.diag));
    sl_log_line(l, SL_STR("hello\n"));
    sl_log_free(l); /* writes what is left */
    EXPECT_EQ(6, read(ends[0], got, sizeof(got)));
    EXPECT_EQ(0, close(ends[1]));
    close(ends[0]);
    teardown(&t);
}

static void *log_many(void *arg)
{
    for (uint64_t i = 0; i < LINES; i++)
        sl_log(arg, INFO, "many", SL_KV_U64("i", i));
    return NULL;
}

TEST(log, lines_of_many_threads_are_whole_and_none_is_missing)
{
    struct fixture t;
    pthread_t threads[THREADS];
    setup(&t, 4 << 20);
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, log_many, t.log));
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_join(threads[i], NULL));
    sl_log_flush(t.log);
    sl_str text = contents(&t, t.path);
    EXPECT_EQ(THREADS * LINES, count_of(text, "}\n"));
    EXPECT_EQ(THREADS, count_of(text, "\"msg\":\"many\",\"i\":1999}\n"));
    EXPECT_EQ(0, sl_log_lost(t.log));
    teardown(&t);
}
