#include "base/chunk.h"
#include "tests/test.h"

#include <sys/uio.h>

struct fixture {
    struct sl_chunk_pool *pool;
    struct sl_arena *arena;
    struct sl_chain q;
};

static void setup(struct fixture *t)
{
    *t = (struct fixture){.pool = sl_chunk_pool_new(), .arena = sl_arena_new("test", 1 << 20)};
    sl_chain_init(&t->q, t->pool);
}

static void teardown(struct fixture *t)
{
    sl_chain_fini(&t->q);
    EXPECT_EQ(0, sl_chunk_pool_in_use(t->pool));
    sl_chunk_pool_free(t->pool);
    sl_arena_free(t->arena);
}

static size_t span_count(const struct sl_chain *q)
{
    size_t count = 0;
    for (const struct sl_span *s = q->head; s != NULL; s = s->next)
        count++;
    return count;
}

TEST(chunk, counts_its_memory_until_the_last_reference_is_gone)
{
    struct fixture t;
    setup(&t);
    struct sl_chunk *c = sl_chunk_new(t.pool, 0), *big = sl_chunk_new(t.pool, SL_CHUNK_BYTES + 1);
    EXPECT_EQ(2 * SL_CHUNK_BYTES + 1, sl_chunk_pool_in_use(t.pool));
    sl_chunk_unref(sl_chunk_ref(c));
    EXPECT_EQ(2 * SL_CHUNK_BYTES + 1, sl_chunk_pool_in_use(t.pool));
    sl_chunk_unref(big);
    sl_chunk_unref(c);
    sl_chunk_unref(NULL);
    EXPECT_EQ(0, sl_chunk_pool_in_use(t.pool));
    teardown(&t);
}

TEST(chunk, a_returned_chunk_is_used_again_and_is_empty)
{
    struct fixture t;
    setup(&t);
    struct sl_chunk *c = sl_chunk_new(t.pool, 0);
    c->used = 5;
    sl_chunk_unref(c);
    struct sl_chunk *again = sl_chunk_new(t.pool, 0);
    EXPECT(again == c);
    EXPECT_EQ(0, again->used);
    sl_chunk_unref(again);
    teardown(&t);
}

TEST(chunk, one_of_given_bytes_has_no_room_for_more)
{
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_chain q;
    struct sl_chunk *c = sl_chunk_of(pool, SL_STR("small"));
    EXPECT_EQ(5, sl_chunk_pool_in_use(pool));
    sl_chain_init(&q, pool);
    sl_chain_add(&q, c, (sl_str){c->data, c->used});
    sl_chunk_unref(c);
    sl_chain_add_copy(&q, SL_STR("er"));
    EXPECT_EQ(7, q.bytes);
    EXPECT_EQ(5 + SL_CHUNK_BYTES, sl_chunk_pool_in_use(pool));
    sl_chain_fini(&q);
    EXPECT_EQ(0, sl_chunk_pool_in_use(pool));
    sl_chunk_pool_free(pool);
}

TEST(chain, keeps_a_chunk_alive_and_merges_adjacent_slices)
{
    struct fixture t;
    setup(&t);
    struct sl_chunk *c = sl_chunk_new(t.pool, 0);
    memcpy(c->data, "abcdef", 6);
    sl_chain_add(&t.q, c, (sl_str){c->data, 2});
    sl_chain_add(&t.q, c, (sl_str){c->data + 2, 2});
    sl_chain_add(&t.q, c, (sl_str){c->data + 5, 1});
    sl_chain_add(&t.q, c, (sl_str){NULL, 0});
    sl_chunk_unref(c);
    EXPECT_EQ(2, span_count(&t.q));
    EXPECT_EQ(5, t.q.bytes);
    EXPECT_STR("abcdf", sl_chain_flatten(&t.q, t.arena));
    teardown(&t);
}

TEST(chain, copies_are_collected_in_one_chunk_and_large_ones_spread)
{
    static char big[3 * SL_CHUNK_BYTES];
    struct fixture t;
    setup(&t);
    for (int i = 0; i < 100; i++)
        sl_chain_add_copy(&t.q, SL_STR("0123456789"));
    EXPECT_EQ(1, span_count(&t.q));
    EXPECT_EQ(SL_CHUNK_BYTES, sl_chunk_pool_in_use(t.pool));
    memset(big, 'x', sizeof(big));
    sl_chain_add_copy(&t.q, (sl_str){big, sizeof(big)});
    EXPECT_EQ(1000 + sizeof(big), t.q.bytes);
    EXPECT_EQ(1000 + sizeof(big), sl_chain_flatten(&t.q, t.arena).n);
    teardown(&t);
}

TEST(chain, a_shared_chunk_is_not_written_to)
{
    struct fixture t;
    struct sl_chain other;
    setup(&t);
    sl_chain_init(&other, t.pool);
    sl_chain_add_copy(&t.q, SL_STR("ab"));
    sl_chain_add(&other, t.q.head->chunk, sl_chain_front(&t.q));
    sl_chain_add_copy(&t.q, SL_STR("cd"));
    EXPECT(t.q.head->chunk != t.q.tail->chunk);
    EXPECT_STR("ab", sl_chain_front(&other));
    EXPECT_STR("abcd", sl_chain_flatten(&t.q, t.arena));
    sl_chain_fini(&other);
    teardown(&t);
}

TEST(chain, consumes_and_moves_at_every_position)
{
    for (size_t n = 0; n <= 6; n++) {
        struct fixture t;
        struct sl_chain to;
        setup(&t);
        sl_chain_init(&to, t.pool);
        sl_chain_add_static(&t.q, SL_STR("ab"));
        sl_chain_add_copy(&t.q, SL_STR("cd"));
        sl_chain_add_static(&t.q, SL_STR("ef"));
        EXPECT_EQ(n, sl_chain_move(&to, &t.q, n));
        EXPECT_STRS(sl_str_head(SL_STR("abcdef"), n), sl_chain_flatten(&to, t.arena));
        EXPECT_STRS(sl_str_from(SL_STR("abcdef"), n), sl_chain_flatten(&t.q, t.arena));
        sl_chain_consume(&to, n);
        EXPECT(to.head == NULL && to.tail == NULL && to.bytes == 0);
        sl_chain_fini(&to);
        teardown(&t);
    }
}

TEST(chain, iovecs_stop_at_either_limit)
{
    struct fixture t;
    struct iovec iov[3];
    setup(&t);
    sl_chain_add_static(&t.q, SL_STR("abc"));
    sl_chain_add_copy(&t.q, SL_STR("def"));
    sl_chain_add_static(&t.q, SL_STR("ghi"));
    EXPECT_EQ(2, sl_chain_iov(&t.q, iov, 2, 100));
    EXPECT_EQ(2, sl_chain_iov(&t.q, iov, 3, 4));
    EXPECT_EQ(1, iov[1].iov_len);
    EXPECT_EQ(3, sl_chain_iov(&t.q, iov, 3, 100));
    EXPECT_EQ(0, sl_chain_iov(&t.q, iov, 3, 0));
    teardown(&t);
}

TEST(chain, flattening_beyond_the_arena_fails_softly)
{
    struct fixture t;
    setup(&t);
    struct sl_arena *small = sl_arena_new("small", 4);
    sl_chain_add_static(&t.q, SL_STR("abc"));
    sl_chain_add_copy(&t.q, SL_STR("def"));
    EXPECT(sl_chain_flatten(&t.q, small).p == NULL);
    sl_arena_free(small);
    teardown(&t);
}

TEST(chunk, the_shared_chunk_is_used_again_when_nobody_holds_its_bytes)
{
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_chunk *c = sl_chunk_pool_fill(pool, 4096);
    c->used = SL_CHUNK_BYTES;
    EXPECT_EQ(0, sl_chunk_pool_in_use(pool));
    EXPECT(sl_chunk_pool_fill(pool, 4096) == c);
    EXPECT_EQ(0, c->used);
    sl_chunk_pool_free(pool);
}

TEST(chunk, the_shared_chunk_is_filled_behind_slices_until_room_runs_out)
{
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_chain q;
    sl_chain_init(&q, pool);
    struct sl_chunk *c = sl_chunk_pool_fill(pool, 4096);
    c->used = 100;
    sl_chain_add(&q, c, (sl_str){c->data, 100});
    EXPECT_EQ(SL_CHUNK_BYTES, sl_chunk_pool_in_use(pool));
    EXPECT(sl_chunk_pool_fill(pool, 4096) == c);
    EXPECT_EQ(100, c->used);
    c->used = SL_CHUNK_BYTES - 4095;
    EXPECT(sl_chunk_pool_fill(pool, 4096) != c);
    sl_chain_fini(&q);
    EXPECT_EQ(0, sl_chunk_pool_in_use(pool));
    sl_chunk_pool_free(pool);
}
