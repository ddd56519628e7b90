#include "net/stream.h"
#include "tests/test.h"
#include "tests/unit/net/ends.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUF = 4096, SPANS = 200, FLOOD_BYTES = 8 << 20 };

TEST(stream, a_short_read_says_that_nothing_more_is_there)
{
    struct ends e;
    char buf[BUF];
    size_t n;
    ends_open(&e, NULL, NULL, NULL);
    EXPECT_EQ(SL_IO_OK, end_write(&e, &e.client, SL_STR("hello")));
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.server, buf, 3, &n));
    EXPECT_EQ(3, n);
    EXPECT(sl_stream_may_read(&e.server.stream));
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.server, buf, sizeof(buf), &n));
    EXPECT_STR("lo", sl_str_of(buf, n));
    EXPECT(!sl_stream_may_read(&e.server.stream));
    EXPECT_EQ(5, e.server.stream.read_bytes);
    EXPECT_EQ(5, e.client.stream.written_bytes);
    ends_close(&e);
}

TEST(stream, an_end_that_came_with_the_last_bytes_is_not_missed)
{
    struct ends e;
    char buf[BUF];
    size_t n;
    ends_open(&e, NULL, NULL, NULL);
    EXPECT_EQ(SL_IO_OK, end_write(&e, &e.client, SL_STR("bye")));
    sl_stream_shutdown(&e.client.stream);
    usleep(2000);
    sl_loop_tick(e.loop, 0); /* one event for both */
    EXPECT_EQ(SL_IO_OK, sl_stream_read(&e.server.stream, buf, sizeof(buf), &n));
    EXPECT(sl_stream_may_read(&e.server.stream));
    EXPECT_EQ(SL_IO_EOF, sl_stream_read(&e.server.stream, buf, sizeof(buf), &n));
    EXPECT(!sl_stream_may_read(&e.server.stream));
    ends_close(&e);
}

TEST(stream, an_end_that_comes_after_a_short_read_wakes_again)
{
    struct ends e;
    char buf[BUF];
    size_t n;
    ends_open(&e, NULL, NULL, NULL);
    EXPECT_EQ(SL_IO_OK, end_write(&e, &e.client, SL_STR("bye")));
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.server, buf, sizeof(buf), &n));
    EXPECT(!sl_stream_may_read(&e.server.stream));
    sl_stream_shutdown(&e.client.stream);
    EXPECT_EQ(SL_IO_EOF, end_read(&e, &e.server, buf, sizeof(buf), &n));
    ends_close(&e);
}

TEST(stream, many_small_slices_go_out_in_order)
{
    struct ends e;
    struct sl_chain q;
    char buf[BUF];
    size_t n;
    ends_open(&e, NULL, NULL, NULL);
    sl_chain_init(&q, e.pool);
    for (int i = 0; i < SPANS; i++)
        sl_chain_add_static(&q, i % 2 == 0 ? SL_STR("ab") : SL_STR("c"));
    EXPECT_EQ(SL_IO_OK, sl_stream_write(&e.client.stream, &q, 299));
    EXPECT_EQ(1, q.bytes);
    EXPECT_EQ(SL_IO_OK, sl_stream_write(&e.client.stream, &q, SIZE_MAX));
    EXPECT_EQ(0, q.bytes);
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.server, buf, sizeof(buf), &n));
    EXPECT_EQ(300, n);
    EXPECT_STR("abcabcabc", sl_str_of(buf, 9));
    ends_close(&e);
}

static void flood(struct ends *e, struct sl_chain *q)
{
    static const char zeroes[1 << 16];
    sl_chain_init(q, e->pool);
    while (q->bytes < FLOOD_BYTES)
        sl_chain_add_static(q, sl_str_of(zeroes, sizeof(zeroes)));
}

TEST(stream, a_full_socket_waits_and_is_woken_when_it_drains)
{
    struct ends e;
    struct sl_chain q;
    char buf[BUF];
    size_t n, got = 0;
    ends_open(&e, NULL, NULL, NULL);
    flood(&e, &q);
    EXPECT_EQ(SL_IO_WAIT, sl_stream_write(&e.client.stream, &q, SIZE_MAX));
    for (e.client.why = 0; got < FLOOD_BYTES; got += n) {
        n = 0;
        sl_loop_tick(e.loop, sl_stream_may_read(&e.server.stream) ? 0 : SL_SECONDS(2));
        if ((e.client.why & SL_WHY_WRITE) != 0)
            EXPECT(sl_stream_write(&e.client.stream, &q, SIZE_MAX) != SL_IO_ERROR);
        e.client.why = 0;
        if (sl_stream_may_read(&e.server.stream))
            EXPECT(sl_stream_read(&e.server.stream, buf, sizeof(buf), &n) != SL_IO_ERROR);
    }
    EXPECT_EQ(FLOOD_BYTES, got);
    sl_chain_fini(&q);
    ends_close(&e);
}

TEST(stream, a_reset_is_an_error_with_its_errno)
{
    struct ends e;
    char buf[BUF];
    size_t n;
    ends_open(&e, NULL, NULL, NULL);
    sl_stream_close(&e.client.stream, true);
    sl_loop_tick(e.loop, SL_MS(100));
    EXPECT_EQ(SL_IO_ERROR, end_read(&e, &e.server, buf, sizeof(buf), &n));
    EXPECT_EQ(ECONNRESET, e.server.stream.error);
    EXPECT((e.server.why & SL_WHY_HANGUP) != 0);
    ends_close(&e);
}

TEST(stream, writing_to_a_reader_that_left_is_an_error_and_no_signal)
{
    struct ends e;
    enum sl_io io = SL_IO_OK;
    ends_open(&e, NULL, NULL, NULL);
    sl_stream_close(&e.server.stream, true);
    usleep(2000);
    for (int i = 0; i < 3 && io == SL_IO_OK; i++)
        io = end_write(&e, &e.client, SL_STR("x"));
    EXPECT_EQ(SL_IO_ERROR, io);
    ends_close(&e);
}

TEST(stream, closing_twice_or_never_opened_is_fine)
{
    struct sl_stream s = {0};
    struct ends e;
    sl_stream_close(&s, false);
    ends_open(&e, NULL, NULL, NULL);
    sl_stream_close(&e.client.stream, false);
    ends_close(&e);
}

TEST(stream, opening_takes_the_descriptor_also_when_it_fails)
{
    struct sl_stream s;
    struct sl_loop *l = sl_loop_new();
    struct sl_task t = {0};
    EXPECT_EQ(SL_E_IO, sl_stream_open(&s, l, 999, NULL, &t));
    sl_stream_close(&s, false);
    sl_loop_free(l);
}
