#include "net/pipe.h"
#include "tests/test.h"

enum { LIMIT = 10 };

struct side {
    struct sl_task task;
    uint32_t why;
    int runs;
};

struct world {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_pipe pipe, next;
    struct side writer, reader, last;
};

static void note(struct sl_task *t, uint32_t why)
{
    struct side *s = SL_CONTAINER(t, struct side, task);
    s->runs++;
    s->why = why;
}

/* writer -> pipe -> reader -> next -> last */
static void setup(struct world *w)
{
    *w = (struct world){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    w->writer.task.run = w->reader.task.run = w->last.task.run = note;
    sl_pipe_init(&w->pipe, w->loop, w->pool, LIMIT);
    sl_pipe_init(&w->next, w->loop, w->pool, LIMIT);
    w->pipe.writer = &w->writer.task;
    w->pipe.reader = w->next.writer = &w->reader.task;
    w->next.reader = &w->last.task;
}

static void teardown(struct world *w)
{
    sl_pipe_fini(&w->pipe);
    sl_pipe_fini(&w->next);
    sl_chunk_pool_free(w->pool);
    sl_loop_free(w->loop);
}

/* Why `s` ran since the last call; 0 when it did not. */
static uint32_t woken(struct world *w, struct side *s)
{
    sl_loop_tick(w->loop, 0);
    uint32_t why = s->why;
    s->why = 0;
    return why;
}

static void take(struct world *w, size_t n)
{
    sl_chain_consume(&w->pipe.chain, n);
    sl_pipe_took(&w->pipe);
}

TEST(pipe, bytes_wake_the_reader_and_nothing_does_not)
{
    struct world w;
    setup(&w);
    sl_pipe_push_copy(&w.pipe, SL_STR(""));
    EXPECT_EQ(0, woken(&w, &w.reader));
    sl_pipe_push_copy(&w.pipe, SL_STR("ab"));
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.reader));
    sl_pipe_push_static(&w.pipe, SL_STR("c"));
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.reader));
    EXPECT_EQ(0, w.writer.runs);
    EXPECT_EQ(3, w.pipe.total_bytes);
    EXPECT_EQ(3, w.pipe.chain.bytes);
    teardown(&w);
}

TEST(pipe, a_pushed_chunk_is_shared_and_a_pushed_chain_is_emptied)
{
    struct world w;
    struct sl_chain from;
    setup(&w);
    struct sl_chunk *c = sl_chunk_new(w.pool, 0);
    memcpy(c->data, "chunk", 5);
    sl_pipe_push(&w.pipe, c, sl_str_of(c->data, 5));
    EXPECT_EQ(2, c->refs);
    sl_chunk_unref(c);
    sl_chain_init(&from, w.pool);
    sl_chain_add_static(&from, SL_STR("chain"));
    sl_pipe_push_chain(&w.pipe, &from);
    EXPECT_EQ(0, from.bytes);
    EXPECT_EQ(10, w.pipe.chain.bytes);
    teardown(&w);
}

TEST(pipe, room_shrinks_to_nothing_and_one_push_may_pass_the_limit)
{
    struct world w;
    setup(&w);
    EXPECT_EQ(LIMIT, sl_pipe_room(&w.pipe));
    sl_pipe_push_static(&w.pipe, SL_STR("1234567"));
    EXPECT_EQ(3, sl_pipe_room(&w.pipe));
    EXPECT(!w.pipe.is_starved);
    sl_pipe_push_static(&w.pipe, SL_STR("89abcdef"));
    EXPECT_EQ(15, w.pipe.chain.bytes);
    EXPECT_EQ(0, sl_pipe_room(&w.pipe));
    teardown(&w);
}

TEST(pipe, a_writer_that_found_it_full_is_woken_once_when_there_is_room)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("0123456789ab"));
    EXPECT_EQ(0, sl_pipe_room(&w.pipe));
    take(&w, 2);
    EXPECT_EQ(0, woken(&w, &w.writer)); /* still full */
    take(&w, 1);
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.writer));
    take(&w, 1);
    EXPECT_EQ(0, woken(&w, &w.writer));
    EXPECT_EQ(2, sl_pipe_room(&w.pipe));
    teardown(&w);
}

TEST(pipe, a_writer_that_did_not_find_it_full_is_not_woken)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("0123456789"));
    take(&w, 10);
    EXPECT_EQ(0, woken(&w, &w.writer));
    teardown(&w);
}

TEST(pipe, the_end_wakes_the_reader_once_and_is_reached_when_all_was_read)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("ab"));
    sl_pipe_end(&w.pipe);
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.reader));
    EXPECT(!sl_pipe_is_finished(&w.pipe));
    take(&w, 2);
    EXPECT(sl_pipe_is_finished(&w.pipe));
    sl_pipe_end(&w.pipe);
    EXPECT_EQ(0, woken(&w, &w.reader));
    teardown(&w);
}

TEST(pipe, a_break_wakes_the_reader_and_keeps_what_came_before)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("ab"));
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.reader));
    sl_pipe_break(&w.pipe, SL_E_IO);
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.reader));
    EXPECT_EQ(2, w.pipe.chain.bytes);
    EXPECT(!sl_pipe_is_finished(&w.pipe));
    teardown(&w);
}

TEST(pipe, the_first_of_end_and_break_stays)
{
    struct world w;
    setup(&w);
    sl_pipe_end(&w.pipe);
    sl_pipe_break(&w.pipe, SL_E_IO);
    EXPECT_EQ(SL_OK, w.pipe.broken);
    sl_pipe_break(&w.next, SL_E_IO);
    sl_pipe_break(&w.next, SL_E_LIMIT);
    sl_pipe_end(&w.next);
    EXPECT_EQ(SL_E_IO, w.next.broken);
    EXPECT(!w.next.is_ended);
    teardown(&w);
}

TEST(pipe, closing_drops_what_is_there_and_wakes_the_writer_once)
{
    struct world w;
    setup(&w);
    sl_pipe_push_copy(&w.pipe, SL_STR("0123456789"));
    EXPECT_EQ(0, sl_pipe_room(&w.pipe));
    sl_pipe_close(&w.pipe);
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.writer));
    EXPECT_EQ(0, w.pipe.chain.bytes);
    sl_pipe_close(&w.pipe);
    EXPECT_EQ(0, woken(&w, &w.writer));
    teardown(&w);
}

TEST(pipe, a_closed_pipe_has_room_and_drops_what_is_pushed)
{
    struct world w;
    struct sl_chain from;
    setup(&w);
    sl_pipe_close(&w.pipe);
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.writer));
    EXPECT_EQ(LIMIT, sl_pipe_room(&w.pipe));
    sl_chain_init(&from, w.pool);
    sl_chain_add_copy(&from, SL_STR("abc"));
    sl_pipe_push_chain(&w.pipe, &from);
    EXPECT_EQ(0, from.bytes);
    sl_pipe_push_copy(&w.pipe, SL_STR("abc"));
    EXPECT_EQ(0, w.pipe.chain.bytes);
    EXPECT_EQ(6, w.pipe.total_bytes);
    EXPECT_EQ(0, w.reader.runs);
    teardown(&w);
}

TEST(pipe, closing_an_ended_pipe_wakes_nobody)
{
    struct world w;
    setup(&w);
    sl_pipe_end(&w.pipe);
    sl_pipe_close(&w.pipe);
    EXPECT_EQ(0, woken(&w, &w.writer));
    teardown(&w);
}

TEST(pipe, without_tasks_nobody_is_woken)
{
    struct world w;
    setup(&w);
    w.pipe.reader = w.pipe.writer = NULL;
    sl_pipe_push_static(&w.pipe, SL_STR("0123456789"));
    EXPECT_EQ(0, sl_pipe_room(&w.pipe));
    take(&w, 5);
    sl_pipe_end(&w.pipe);
    sl_pipe_close(&w.pipe);
    sl_loop_tick(w.loop, 0);
    EXPECT_EQ(0, w.reader.runs + w.writer.runs);
    teardown(&w);
}

TEST(pipe, forwarding_moves_what_fits_and_goes_on_when_there_is_room)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("0123456789abcdef"));
    EXPECT_EQ(0, sl_pipe_room(&w.pipe));
    EXPECT_EQ(LIMIT, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT_EQ(SL_WHY_PIPE_IN, woken(&w, &w.last));
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.writer));
    EXPECT_EQ(0, sl_pipe_forward(&w.pipe, &w.next));
    (void)woken(&w, &w.reader);
    sl_chain_consume(&w.next.chain, 4);
    sl_pipe_took(&w.next);
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.reader));
    EXPECT_EQ(4, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT_EQ(14, w.next.total_bytes);
    teardown(&w);
}

TEST(pipe, forwarding_brings_the_end_behind_the_last_byte_with_its_trailers)
{
    struct sl_headers trailers = {0};
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("0123456789ab"));
    w.pipe.trailers = &trailers;
    sl_pipe_end(&w.pipe);
    EXPECT_EQ(LIMIT, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT(!w.next.is_ended);
    sl_chain_consume(&w.next.chain, LIMIT);
    sl_pipe_took(&w.next);
    EXPECT_EQ(2, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT(w.next.is_ended);
    EXPECT(w.next.trailers == &trailers);
    EXPECT_EQ(0, sl_pipe_forward(&w.pipe, &w.next));
    teardown(&w);
}

TEST(pipe, forwarding_brings_a_break_behind_the_last_byte)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("ab"));
    sl_pipe_break(&w.pipe, SL_E_IO);
    EXPECT_EQ(2, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT_EQ(SL_E_IO, w.next.broken);
    EXPECT(!w.next.is_ended);
    teardown(&w);
}

TEST(pipe, forwarding_into_a_closed_pipe_closes_the_source)
{
    struct world w;
    setup(&w);
    sl_pipe_push_static(&w.pipe, SL_STR("ab"));
    sl_pipe_close(&w.next);
    EXPECT_EQ(0, sl_pipe_forward(&w.pipe, &w.next));
    EXPECT(w.pipe.is_closed);
    EXPECT_EQ(SL_WHY_PIPE_OUT, woken(&w, &w.writer));
    teardown(&w);
}

TEST(pipe, a_zeroed_pipe_may_be_ended_with)
{
    struct sl_pipe p = {0};
    sl_pipe_fini(&p);
    EXPECT_EQ(0, p.chain.bytes);
}
