#include "codec/splice.h"
#include "tests/test.h"

static const sl_str text = SL_STR_INIT("{\"model\":\"a\",\"n\":1}");
static const struct sl_splice splices[] = {
    {.at = 1, .n = 0, .with = SL_STR_INIT("\"x\":0,")},
    {.at = 9, .n = 3, .with = SL_STR_INIT("\"long-name\"")},
    {.at = 12, .n = 6, .with = SL_STR_INIT("")},
};

TEST(splice, inserts_replaces_and_removes)
{
    struct sl_strbuf b = {0};
    sl_splice_strbuf(&b, text, splices, SL_LEN(splices));
    EXPECT_STR("{\"x\":0,\"model\":\"long-name\"}", sl_strbuf_str(&b));
    EXPECT_EQ(b.n, sl_splice_bytes(text, splices, SL_LEN(splices)));
    sl_strbuf_fini(&b);
}

TEST(splice, references_what_stays_when_the_output_is_a_chain)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_chain q;
    sl_chain_init(&q, pool);
    sl_splice_chain(&q, text, splices, SL_LEN(splices));
    EXPECT(sl_chain_front(&q).p == text.p);
    EXPECT_STR("{\"x\":0,\"model\":\"long-name\"}", sl_chain_flatten(&q, a));
    EXPECT_EQ(0, sl_chunk_pool_in_use(pool));
    sl_chain_fini(&q);
    sl_chunk_pool_free(pool);
    sl_arena_free(a);
}

TEST(splice, without_splices_is_the_text)
{
    struct sl_strbuf b = {0};
    sl_splice_strbuf(&b, text, NULL, 0);
    EXPECT_STRS(text, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(splice, an_empty_text_can_be_filled)
{
    struct sl_strbuf b = {0};
    sl_splice_strbuf(&b, (sl_str){NULL, 0}, &(struct sl_splice){.with = SL_STR("{}")}, 1);
    EXPECT_STR("{}", sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}
