/* test_rerank: rankings of both client forms by every vendor form. */
#include "ai/rerank.h"
#include "tests/unit/ai/call_fixture.h"

struct asked {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_ai_rerank_request rq;
    struct sl_ai_receipt receipt;
    struct sl_strbuf out;
};

static void init(struct asked *k)
{
    memset(k, 0, sizeof(*k));
    k->a = sl_arena_new("test", SL_MIB(16));
    sl_diag_init(&k->d, k->a);
    sl_strbuf_init(&k->out, k->a, 0);
    k->receipt.arena = k->a;
}

static const char full[] = "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\",{\"text\":\"b\","
                           "\"title\":\"t\"}],\"top_n\":1,\"return_documents\":true,\"x\":1e400}";

static void read_full(struct asked *k)
{
    EXPECT_EQ(SL_OK, sl_ai_rerank_decode(sl_cstr(full), k->a, &k->rq, &k->d));
}

TEST(rerank, each_vendor_is_asked_in_its_own_words)
{
    static const struct {
        const char *vendor, *want, *dropped;
    } rows[] = {
        {"cohere",
         "{\"model\":\"real\",\"query\":\"q\",\"documents\":[\"a\",\"b\"],\"top_n\":1,\"x\":1e400}",
         ""},
        {"siliconflow",
         "{\"model\":\"real\",\"query\":\"q\",\"documents\":[\"a\",\"b\"],\"top_n\":1,"
         "\"return_documents\":false,\"x\":1e400}",
         ""},
        {"voyage",
         "{\"model\":\"real\",\"query\":\"q\",\"documents\":[\"a\",\"b\"],\"top_k\":1,\"x\":1e400}",
         ""},
        {"mixedbread",
         "{\"model\":\"real\",\"query\":\"q\",\"input\":[\"a\",\"b\"],\"top_k\":1,\"x\":1e400}",
         ""},
        {"tei", "{\"query\":\"q\",\"texts\":[\"a\",\"b\"]}", "x"},
        {"nvidia",
         "{\"model\":\"real\",\"query\":{\"text\":\"q\"},\"passages\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
         "x"},
        {"alibaba-intl",
         "{\"model\":\"real\",\"input\":{\"query\":\"q\",\"documents\":[\"a\",\"b\"]},"
         "\"parameters\":{\"top_n\":1}}",
         "x"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_ai_vendor v = {.id = sl_cstr(rows[i].vendor)};
        const struct sl_ai_target t = {.vendor = &v, .model = SL_STR("real")};
        struct asked k;
        init(&k);
        read_full(&k);
        EXPECT_EQ(SL_OK, sl_ai_rerank_encode(&k.rq, &t, &k.out, &k.receipt, &k.d));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        EXPECT_STR(rows[i].dropped, k.receipt.dropped);
        sl_arena_free(k.a);
    }
}

TEST(rerank, every_vendors_answer_comes_sorted_and_cut)
{
    static const struct {
        const char *body, *usage;
    } rows[] = {
        {"{\"id\":\"i\",\"results\":[{\"index\":0,\"relevance_score\":0.2},{\"index\":1,"
         "\"relevance_score\":0.90}],\"meta\":{\"billed_units\":{\"search_units\":1}}}",
         ",\"meta\":{\"billed_units\":{\"search_units\":1}}"},
        {"{\"id\":\"i\",\"results\":[{\"index\":1,\"relevance_score\":0.90},{\"index\":0,"
         "\"relevance_score\":2e-1,\"document\":{\"text\":\"other\"}}],\"usage\":{\"total_tokens\":9}}",
         ",\"usage\":{\"total_tokens\":9}"},
        {"{\"id\":\"i\",\"data\":[{\"index\":1,\"relevance_score\":0.90}],\"usage\":{\"total_tokens\":9}}",
         ",\"usage\":{\"total_tokens\":9}"},
        {"{\"id\":\"i\",\"data\":[{\"index\":1,\"score\":0.90}]}", ""},
        {"{\"id\":\"i\",\"rankings\":[{\"index\":0,\"logit\":-2.5},{\"index\":1,\"logit\":0.90}]}",
         ""},
        {"{\"request_id\":\"i\",\"output\":{\"results\":[{\"index\":1,\"relevance_score\":0.90}]},"
         "\"usage\":{\"total_tokens\":9}}",
         ",\"usage\":{\"total_tokens\":9}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_rerank_answer answer;
        struct asked k;
        init(&k);
        read_full(&k);
        EXPECT(sl_ai_rerank_read(sl_cstr(rows[i].body), &k.rq, k.a, &answer));
        sl_ai_rerank_write(&k.rq, &answer, false, SL_STR("m"), SL_STR("req"), &k.out);
        sl_str want =
            sl_fmt(k.a,
                   "{\"id\":\"i\",\"model\":\"m\",\"results\":[{\"index\":1,\"relevance_score\":"
                   "0.90,\"document\":{\"text\":\"b\",\"title\":\"t\"}}]%s}",
                   rows[i].usage);
        EXPECT_STRS(want, sl_strbuf_str(&k.out));
        sl_arena_free(k.a);
    }
}

TEST(rerank, a_bare_list_is_an_answer_too)
{
    struct sl_ai_rerank_answer answer;
    struct asked k;
    init(&k);
    read_full(&k);
    k.rq.top = -1;
    k.rq.returns_documents = -1;
    EXPECT(sl_ai_rerank_read(SL_STR("[{\"index\":1,\"score\":0.1},{\"index\":0,\"score\":0.7}]"),
                             &k.rq, k.a, &answer));
    EXPECT_EQ(-1, answer.tokens);
    EXPECT_EQ(-1, answer.searches);
    sl_ai_rerank_write(&k.rq, &answer, false, SL_STR("m"), SL_STR("req"), &k.out);
    EXPECT_STR("{\"id\":\"req\",\"model\":\"m\",\"results\":[{\"index\":0,\"relevance_score\":0.7},"
               "{\"index\":1,\"relevance_score\":0.1}]}",
               sl_strbuf_str(&k.out));
    sl_strbuf_clear(&k.out);
    sl_ai_rerank_write(&k.rq, &answer, true, SL_STR("m"), SL_STR("req"), &k.out);
    EXPECT(sl_str_find_str(sl_strbuf_str(&k.out), SL_STR("\"document\":{\"text\":\"a\"}")) !=
           SIZE_MAX);
    sl_arena_free(k.a);
}

TEST(rerank, what_is_no_ranking_of_these_documents_is_refused)
{
    static const char *const bad[] = {
        "",
        "{}",
        "null",
        "[1]",
        "{\"error\":\"x\"}",
        "{\"results\":[{\"index\":2,\"relevance_score\":1}]}",
        "{\"results\":[{\"index\":-1,\"relevance_score\":1}]}",
        "{\"results\":[{\"relevance_score\":1}]}",
        "{\"results\":[{\"index\":0}]}",
        "{\"results\":[{\"index\":0,\"relevance_score\":\"1\"}]}",
        "{\"results\":[{\"index\":0,\"relevance_score\":1e99}]}",
        "{\"results\":[{\"index\":0,\"score\":1},{\"index\":0,\"score\":1},{\"index\":0,\"score\":1}]}",
        "{\"results\":[{\"index\":0,\"relevance_score\":1}]",
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_ai_rerank_answer answer;
        struct asked k;
        init(&k);
        read_full(&k);
        EXPECT(!sl_ai_rerank_read(sl_cstr(bad[i]), &k.rq, k.a, &answer));
        sl_arena_free(k.a);
    }
}

TEST(rerank, bad_requests_are_refused_by_the_members_place)
{
    static const struct {
        const char *body, *path;
    } rows[] = {
        {"{}", "query"},
        {"{\"query\":\"q\"}", "documents"},
        {"{\"query\":\"q\",\"documents\":[]}", "documents"},
        {"{\"query\":\"q\",\"documents\":\"a\"}", "documents"},
        {"{\"query\":\"q\",\"documents\":[\"a\",7]}", "documents[1]"},
        {"{\"query\":\"q\",\"documents\":[{}]}", "documents[0]"},
        {"{\"query\":7,\"documents\":[\"a\"]}", "query"},
        {"{\"query\":\"q\",\"documents\":[\"a\"],\"top_n\":0}", "top_n"},
        {"{\"query\":\"q\",\"documents\":[\"a\"],\"return_documents\":1}", "return_documents"},
        {"{\"query\":\"q\",\"documents\":[\"a\"],\"max_tokens_per_doc\":\"9\"}",
         "max_tokens_per_doc"},
        {"[]", ""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_rerank_decode(sl_cstr(rows[i].body), k.a, &k.rq, &k.d));
        EXPECT_STR(rows[i].path, k.d.problems[0].path);
        sl_arena_free(k.a);
    }
}

/* ------------------------------------------------------------------ the whole way */

TEST(rerank, a_call_is_billed_by_what_the_vendor_counts)
{
    struct call_fixture f;
    struct sl_ai_vendor v = *sl_ai_vendor_find(SL_STR("openai"));
    fixture_init(&f, "openai");
    v.paths[SL_AI_PATH_RERANK] = SL_STR("/rerank");
    f.target.vendor = &v;
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_RERANK, SL_AI_OPENAI_CHAT,
                              SL_STR("{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\"]}"),
                              f.a, &f.call, &f.d));
    EXPECT(f.call.input_tokens_estimate >= 2);
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/v1/rerank", f.wire.path);
    EXPECT_STR(
        "{\"model\":\"real\",\"query\":\"q\",\"documents\":[\"a\"],\"return_documents\":false}",
        sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, "m");
    fixture_feed(&f,
                 SL_STR("{\"results\":[{\"index\":0,\"relevance_score\":1}],\"meta\":{"
                        "\"billed_units\":{\"search_units\":2}}}"),
                 9);
    EXPECT_STR("{\"id\":\"req1\",\"model\":\"m\",\"results\":[{\"index\":0,\"relevance_score\":1,"
               "\"document\":{\"text\":\"a\"}}],\"meta\":{\"billed_units\":{\"search_units\":2}}}",
               fixture_finish(&f, true));
    EXPECT_EQ(2, sl_ai_relay_usage(f.relay).searches);
    EXPECT_EQ(0, sl_ai_relay_usage(f.relay).input);
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ moderations */

TEST(moderations, they_pass_and_the_model_has_a_default)
{
    struct call_fixture f;
    struct sl_ai_vendor v = *sl_ai_vendor_find(SL_STR("openai"));
    fixture_init(&f, "openai");
    v.paths[SL_AI_PATH_MODERATIONS] = SL_STR("/moderations");
    f.target.vendor = &v;
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_MODERATIONS, SL_AI_OPENAI_CHAT,
                                     SL_STR("{\"input\":\"a\"}"), f.a, &f.call, &f.d));
    EXPECT_STR("omni-moderation-latest", f.call.model);
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("{\"model\":\"real\",\"input\":\"a\"}", sl_chain_flatten(&f.wire.body, f.a));
    sl_chain_fini(&f.wire.body);
    f.target.model = SL_STR("omni-moderation-latest");
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("{\"input\":\"a\"}", sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, NULL);
    fixture_feed(
        &f, SL_STR("{\"id\":\"modr-1\",\"model\":\"x\",\"results\":[{\"flagged\":false}]}"), 9);
    EXPECT_STR("{\"id\":\"modr-1\",\"model\":\"x\",\"results\":[{\"flagged\":false}]}",
               fixture_finish(&f, true));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_call_read(SL_AI_MODERATIONS, SL_AI_OPENAI_CHAT, SL_STR("{}"),
                                                f.a, &f.call, &f.d));
    fixture_fini(&f);
}

TEST(images, they_pass_and_are_never_asked_for_twice)
{
    struct sl_ai_call call;
    struct sl_diag d;
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_IMAGES, SL_AI_OPENAI_CHAT,
                                     SL_STR("{\"model\":\"gpt-image-2\",\"prompt\":\"a cat\"}"), a,
                                     &call, &d));
    EXPECT(call.has_side_effects);
    EXPECT_EQ(1, call.images);
    EXPECT_EQ(SL_E_AI_BAD_BODY,
              sl_ai_call_read(SL_AI_IMAGES, SL_AI_OPENAI_CHAT,
                              SL_STR("{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}"), a,
                              &call, &d));
    sl_arena_free(a);
}

TEST(images, how_many_are_asked_for_is_known_before_they_are_made)
{
    static const struct {
        const char *n;
        sl_rc rc;
        int64_t images;
    } rows[] = {
        {"3", SL_OK, 3},
        {"null", SL_OK, 1},
        {"9223372036854775807", SL_OK, INT64_MAX},
        {"0", SL_E_AI_BAD_BODY, 0},
        {"-1", SL_E_AI_BAD_BODY, 0},
        {"\"3\"", SL_E_AI_BAD_BODY, 0},
        {"1.5", SL_E_AI_BAD_BODY, 0},
        {"9223372036854775808", SL_E_AI_BAD_BODY, 0},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_ai_call call;
        struct sl_diag d;
        sl_diag_init(&d, a);
        sl_str body = sl_fmt(a, "{\"model\":\"m\",\"prompt\":\"a\",\"n\":%s}", rows[i].n);
        EXPECT_EQ(rows[i].rc, sl_ai_call_read(SL_AI_IMAGES, SL_AI_OPENAI_CHAT, body, a, &call, &d));
        if (rows[i].rc == SL_OK)
            EXPECT_EQ(rows[i].images, call.images);
        else
            EXPECT_STR("n", d.problems[0].path);
        sl_arena_free(a);
    }
}

TEST(moderations, a_vendor_without_them_says_so)
{
    struct call_fixture f;
    fixture_init(&f, "groq");
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_MODERATIONS, SL_AI_OPENAI_CHAT,
                                     SL_STR("{\"input\":\"a\"}"), f.a, &f.call, &f.d));
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}
