/* test_embed: embeddings of every client form by every vendor form (X11). */
#include "ai/embed.h"
#include "base/enc.h"
#include "tests/unit/ai/call_fixture.h"

/* ------------------------------------------------------------------ requests */

/* A vendor's row with another dialect, until its own row has it. */
static struct sl_ai_vendor fake(enum sl_ai_dialect dialect, const char *id)
{
    return (struct sl_ai_vendor){.id = sl_cstr(id), .dialect = dialect};
}

struct asked {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_ai_embed_request rq;
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

static sl_rc ask(struct asked *k, enum sl_ai_embed_form client, bool has_many, const char *body,
                 const struct sl_ai_vendor *v)
{
    const struct sl_ai_target t = {.vendor = v, .model = SL_STR("real")};
    sl_rc rc = sl_ai_embed_decode(client, has_many, sl_cstr(body), k->a, &k->rq, &k->d);
    return rc == SL_OK ? sl_ai_embed_encode(&k->rq, &t, &k->out, &k->receipt, &k->d) : rc;
}

static const char openai[] = "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":8,"
                             "\"encoding_format\":\"base64\",\"input_type\":\"query\"}";

TEST(embed, x11_each_vendor_is_asked_in_its_own_words)
{
    static const struct {
        enum sl_ai_dialect dialect;
        const char *vendor, *want;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, "openai",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"dimensions\":8,\"encoding_format\":\"base64\"}"},
        {SL_AI_OPENAI_CHAT, "voyage",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"output_dimension\":8,\"input_type\":\"query\","
         "\"encoding_format\":\"base64\"}"},
        {SL_AI_OPENAI_CHAT, "jina",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"dimensions\":8,\"task\":\"retrieval.query\","
         "\"embedding_type\":\"base64\"}"},
        {SL_AI_OPENAI_CHAT, "nomic",
         "{\"model\":\"real\",\"texts\":[\"a\",\"b\"],\"dimensionality\":8,\"task_type\":\"search_query\"}"},
        {SL_AI_OPENAI_CHAT, "nvidia",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"dimensions\":8,\"input_type\":\"query\","
         "\"encoding_format\":\"base64\"}"},
        {SL_AI_OPENAI_CHAT, "mistral",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"output_dimension\":8,\"encoding_format\":\"base64\"}"},
        {SL_AI_COHERE, "cohere",
         "{\"model\":\"real\",\"texts\":[\"a\",\"b\"],\"output_dimension\":8,"
         "\"input_type\":\"search_query\",\"embedding_types\":[\"base64\"]}"},
        {SL_AI_OLLAMA, "ollama", "{\"model\":\"real\",\"input\":[\"a\",\"b\"],\"dimensions\":8}"},
        {SL_AI_GEMINI, "gemini",
         "{\"requests\":[{\"model\":\"models/real\",\"content\":{\"parts\":[{\"text\":\"a\"}]},"
         "\"taskType\":\"RETRIEVAL_QUERY\",\"outputDimensionality\":8},"
         "{\"model\":\"models/real\",\"content\":{\"parts\":[{\"text\":\"b\"}]},"
         "\"taskType\":\"RETRIEVAL_QUERY\",\"outputDimensionality\":8}]}"},
        {SL_AI_GEMINI, "vertex-ai",
         "{\"instances\":[{\"content\":\"a\",\"task_type\":\"RETRIEVAL_QUERY\"},"
         "{\"content\":\"b\",\"task_type\":\"RETRIEVAL_QUERY\"}],"
         "\"parameters\":{\"outputDimensionality\":8}}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_vendor v = fake(rows[i].dialect, rows[i].vendor);
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK, ask(&k, SL_AI_EMBED_OPENAI, false, openai, &v));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        sl_arena_free(k.a);
    }
}

TEST(embed, what_is_absent_stays_absent)
{
    static const struct {
        enum sl_ai_dialect dialect;
        const char *vendor, *want;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, "voyage", "{\"model\":\"real\",\"input\":[\"a\"]}"},
        {SL_AI_GEMINI, "gemini",
         "{\"requests\":[{\"model\":\"models/real\",\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}"},
        {SL_AI_GEMINI, "vertex-ai", "{\"instances\":[{\"content\":\"a\"}]}"},
        /* but for what the vendor refuses to be without */
        {SL_AI_COHERE, "cohere",
         "{\"model\":\"real\",\"texts\":[\"a\"],\"input_type\":\"search_document\","
         "\"embedding_types\":[\"float\"]}"},
        {SL_AI_OPENAI_CHAT, "nvidia",
         "{\"model\":\"real\",\"input\":[\"a\"],\"input_type\":\"passage\"}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_vendor v = fake(rows[i].dialect, rows[i].vendor);
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK,
                  ask(&k, SL_AI_EMBED_OPENAI, false,
                      "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":null,\"user\":null}", &v));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        EXPECT_EQ(0, k.receipt.dropped.n);
        sl_arena_free(k.a);
    }
}

TEST(embed, other_clients_ask_the_same)
{
    static const struct {
        enum sl_ai_embed_form client;
        bool has_many;
        const char *body, *want;
    } rows[] = {
        {SL_AI_EMBED_GEMINI, false,
         "{\"content\":{\"parts\":[{\"text\":\"a\"},{\"text\":\"b\"}]},\"taskType\":"
         "\"RETRIEVAL_DOCUMENT\",\"outputDimensionality\":8}",
         "{\"model\":\"real\",\"input\":[\"ab\"],\"output_dimension\":8,\"input_type\":\"document\"}"},
        {SL_AI_EMBED_GEMINI, true,
         "{\"requests\":[{\"model\":\"models/x\",\"content\":{\"parts\":[{\"text\":\"a\"}]}},"
         "{\"model\":\"models/x\",\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}",
         "{\"model\":\"real\",\"input\":[\"a\",\"b\"]}"},
        {SL_AI_EMBED_COHERE, false,
         "{\"model\":\"m\",\"texts\":[\"a\"],\"input_type\":\"search_query\",\"embedding_types\":["
         "\"float\"],\"output_dimension\":8}",
         "{\"model\":\"real\",\"input\":[\"a\"],\"output_dimension\":8,\"input_type\":\"query\"}"},
    };
    struct sl_ai_vendor v = fake(SL_AI_OPENAI_CHAT, "voyage");
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK, ask(&k, rows[i].client, rows[i].has_many, rows[i].body, &v));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        sl_arena_free(k.a);
    }
}

TEST(embed, images_go_to_those_who_take_them)
{
    static const char body[] = "{\"model\":\"m\",\"input\":[{\"text\":\"a\"},"
                               "{\"image\":\"data:image/png;base64,AAAA\"}]}";
    static const struct {
        enum sl_ai_dialect dialect;
        const char *vendor, *want;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, "jina",
         "{\"model\":\"real\",\"input\":[{\"text\":\"a\"},{\"image\":\"data:image/png;base64,AAAA\"}]}"},
        {SL_AI_COHERE, "cohere",
         "{\"model\":\"real\",\"inputs\":[{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},"
         "{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}],"
         "\"input_type\":\"search_document\",\"embedding_types\":[\"float\"]}"},
        {SL_AI_GEMINI, "gemini",
         "{\"requests\":[{\"model\":\"models/real\",\"content\":{\"parts\":[{\"text\":\"a\"}]}},"
         "{\"model\":\"models/real\",\"content\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
         "\"data\":\"AAAA\"}}]}}]}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_vendor v = fake(rows[i].dialect, rows[i].vendor);
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK, ask(&k, SL_AI_EMBED_OPENAI, false, body, &v));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        sl_arena_free(k.a);
    }
}

TEST(embed, what_would_give_other_vectors_is_refused)
{
    static const struct {
        enum sl_ai_dialect dialect;
        const char *vendor, *model, *body, *path;
    } rows[] = {
        {SL_AI_BEDROCK, "aws-bedrock", "amazon.titan-embed-text-v2:0", "{\"input\":[\"a\",\"b\"]}",
         "input"},
        {SL_AI_OPENAI_CHAT, "voyage", "v", "{\"input\":[1,2]}", "input"},
        {SL_AI_COHERE, "cohere", "c", "{\"input\":[[1,2]]}", "input"},
        {SL_AI_OPENAI_CHAT, "voyage", "v", "{\"input\":[{\"image\":\"https://x.example\"}]}",
         "input"},
        {SL_AI_GEMINI, "gemini", "g", "{\"input\":[{\"image\":\"https://x.example\"}]}", "input"},
        {SL_AI_OLLAMA, "ollama", "o", "{\"input\":\"a\",\"encoding_format\":\"int8\"}",
         "encoding_format"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_vendor v = fake(rows[i].dialect, rows[i].vendor);
        const struct sl_ai_target t = {.vendor = &v, .model = sl_cstr(rows[i].model)};
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK, sl_ai_embed_decode(SL_AI_EMBED_OPENAI, false, sl_cstr(rows[i].body), k.a,
                                            &k.rq, &k.d));
        EXPECT_EQ(SL_E_AI_UNSUPPORTED, sl_ai_embed_encode(&k.rq, &t, &k.out, &k.receipt, &k.d));
        EXPECT_STR(rows[i].path, k.d.problems[0].path);
        sl_arena_free(k.a);
    }
}

TEST(embed, bedrock_is_asked_by_model)
{
    static const struct {
        const char *model, *want;
    } rows[] = {
        {"amazon.titan-embed-text-v2:0", "{\"inputText\":\"a\",\"dimensions\":256}"},
        {"us.cohere.embed-v4:0",
         "{\"texts\":[\"a\"],\"output_dimension\":256,\"input_type\":\"search_document\","
         "\"embedding_types\":[\"float\"]}"},
    };
    struct sl_ai_vendor v = fake(SL_AI_BEDROCK, "aws-bedrock");
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_ai_target t = {.vendor = &v, .model = sl_cstr(rows[i].model)};
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_OK, sl_ai_embed_decode(SL_AI_EMBED_OPENAI, false,
                                            SL_STR("{\"input\":\"a\",\"dimensions\":256}"), k.a,
                                            &k.rq, &k.d));
        EXPECT_EQ(SL_OK, sl_ai_embed_encode(&k.rq, &t, &k.out, &k.receipt, &k.d));
        EXPECT_STR(rows[i].want, sl_strbuf_str(&k.out));
        sl_arena_free(k.a);
    }
}

TEST(embed, what_a_vendor_has_no_word_for_is_in_the_receipt)
{
    struct sl_ai_vendor v = fake(SL_AI_OLLAMA, "ollama");
    struct asked k;
    init(&k);
    EXPECT_EQ(SL_OK, ask(&k, SL_AI_EMBED_OPENAI, false,
                         "{\"model\":\"m\",\"input\":\"a\",\"user\":\"u\",\"task\":\"separation\","
                         "\"keep_alive\":\"5m\"}",
                         &v));
    EXPECT_STR("{\"model\":\"real\",\"input\":[\"a\"],\"keep_alive\":\"5m\"}",
               sl_strbuf_str(&k.out));
    EXPECT_STR("input_type,user", k.receipt.dropped);
    sl_strbuf_clear(&k.out);
    k.receipt.is_strict = true;
    EXPECT_EQ(SL_E_AI_UNSUPPORTED, ask(&k, SL_AI_EMBED_OPENAI, false,
                                       "{\"model\":\"m\",\"input\":\"a\",\"user\":\"u\"}", &v));
    sl_arena_free(k.a);
}

TEST(embed, bad_requests_are_refused_by_the_members_place)
{
    static const struct {
        enum sl_ai_embed_form client;
        bool has_many;
        const char *body, *path;
    } rows[] = {
        {SL_AI_EMBED_OPENAI, false, "{}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":null}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[]}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":7}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[\"a\",true]}", "input[1]"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[1,\"a\"]}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[[1],[-1]]}", "input[1]"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[1.5]}", "input"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":[{}]}", "input[0]"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":\"a\",\"texts\":[\"b\"]}", "texts"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":\"a\",\"dimensions\":0}", "dimensions"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":\"a\",\"dimensions\":\"8\"}", "dimensions"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":\"a\",\"input_type\":\"sing\"}", "input_type"},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":\"a\",\"encoding_format\":1}", "encoding_format"},
        {SL_AI_EMBED_COHERE, false, "{\"texts\":[\"a\"],\"embedding_types\":[\"float\",\"int8\"]}",
         "embedding_types"},
        {SL_AI_EMBED_COHERE, false, "{\"images\":[7]}", "images[0]"},
        {SL_AI_EMBED_COHERE, false, "{\"inputs\":[{\"content\":[]}]}", "inputs[0]"},
        {SL_AI_EMBED_GEMINI, false, "{}", ""},
        {SL_AI_EMBED_GEMINI, false, "{\"content\":{}}", "content.parts"},
        {SL_AI_EMBED_GEMINI, false, "{\"content\":{\"parts\":[{}]}}", "content.parts[0]"},
        {SL_AI_EMBED_GEMINI, true, "{}", "requests"},
        {SL_AI_EMBED_GEMINI, true, "{\"requests\":[]}", "requests"},
        {SL_AI_EMBED_GEMINI, true, "{\"requests\":[{}]}", "requests[0]"},
        {SL_AI_EMBED_GEMINI, true,
         "{\"requests\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}},{\"content\":{\"parts\":[{"
         "\"text\":\"a\"}]},\"outputDimensionality\":7}]}",
         "requests[1]"},
        {SL_AI_EMBED_OPENAI, false, "[]", ""},
        {SL_AI_EMBED_OPENAI, false, "{\"input\":", ""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct asked k;
        init(&k);
        EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_embed_decode(rows[i].client, rows[i].has_many,
                                                       sl_cstr(rows[i].body), k.a, &k.rq, &k.d));
        EXPECT_STR(rows[i].path, k.d.problems[0].path);
        sl_arena_free(k.a);
    }
}

TEST(embed, more_inputs_than_the_limit_are_refused)
{
    struct asked k;
    struct sl_strbuf b = {0};
    init(&k);
    sl_strbuf_add(&b, SL_STR("{\"input\":[\"a\""));
    for (int i = 1; i < SL_AI_EMBED_INPUTS_MAX + 1; i++)
        sl_strbuf_add(&b, SL_STR(",\"a\""));
    sl_strbuf_add(&b, SL_STR("]}"));
    EXPECT_EQ(SL_E_AI_BAD_BODY,
              sl_ai_embed_decode(SL_AI_EMBED_OPENAI, false, sl_strbuf_str(&b), k.a, &k.rq, &k.d));
    EXPECT_STR("input", k.d.problems[0].path);
    sl_strbuf_fini(&b);
    sl_arena_free(k.a);
}

/* ------------------------------------------------------------------ answers */

static const char *const answers[] = {
    /* OpenAI's form, out of order; Voyage and Jina tell a total only */
    "{\"object\":\"list\",\"data\":[{\"index\":1,\"embedding\":[0.25,-1]},{\"index\":0,"
    "\"embedding\":[1,2.50]}],\"model\":\"real\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}",
    "{\"data\":[{\"embedding\":[1,2.50]},{\"embedding\":[0.25,-1]}],\"usage\":{\"total_tokens\":3}}",
    "{\"data\":[{\"embedding\":\"AACAPwAAIEA=\"},{\"embedding\":[0.25,-1]}],\"usage\":{\"total_tokens\":3}}",
    /* Nomic, Ollama */
    "{\"embeddings\":[[1,2.50],[0.25,-1]],\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}",
    "{\"embeddings\":[[1,2.50],[0.25,-1]],\"prompt_eval_count\":3}",
    /* Cohere */
    "{\"id\":\"x\",\"embeddings\":{\"float\":[[1,2.50],[0.25,-1]]},\"meta\":{\"billed_units\":{"
    "\"input_tokens\":3}}}",
    /* Gemini, Vertex AI */
    "{\"embeddings\":[{\"values\":[1,2.50]},{\"values\":[0.25,-1]}],\"usageMetadata\":{\"promptTokenCount\":3}}",
    "{\"predictions\":[{\"embeddings\":{\"values\":[1,2.50],\"statistics\":{\"token_count\":1}}},"
    "{\"embeddings\":{\"values\":[0.25,-1],\"statistics\":{\"token_count\":2.0}}}]}",
};

static const struct sl_ai_embed_input two[] = {{.text = SL_STR_INIT("a")},
                                               {.text = SL_STR_INIT("b")}};

static sl_str written(struct asked *k, const char *body, const struct sl_ai_embed_request *rq)
{
    struct sl_ai_embed_answer answer;
    EXPECT(sl_ai_embed_read(sl_cstr(body), rq->count, k->a, &answer));
    sl_strbuf_clear(&k->out);
    sl_ai_embed_write(rq, &answer, SL_STR("m"), SL_STR("req"), answer.input_tokens, &k->out);
    return sl_strbuf_str(&k->out);
}

TEST(embed, x11_every_vendors_answer_comes_in_order_to_every_client)
{
    struct sl_ai_embed_request rq = {
        .form = SL_AI_EMBED_OPENAI, .inputs = (struct sl_ai_embed_input *)two, .count = 2};
    for (size_t i = 0; i < SL_LEN(answers); i++) {
        struct asked k;
        init(&k);
        rq.form = SL_AI_EMBED_OPENAI;
        rq.encoding = SL_AI_EMBED_BASE64;
        EXPECT_STR(
            "{\"id\":\"req\",\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":"
            "\"AACAPwAAIEA=\"},{\"object\":\"embedding\",\"index\":1,\"embedding\":"
            "\"AACAPgAAgL8=\"}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}",
            written(&k, answers[i], &rq));
        rq.encoding = SL_AI_EMBED_UNSAID;
        sl_str numbers = written(&k, answers[i], &rq);
        EXPECT(sl_str_find_str(numbers, SL_STR("\"index\":0,\"embedding\":[1,2.5")) != SIZE_MAX);
        EXPECT(sl_str_find_str(numbers, SL_STR("\"index\":1,\"embedding\":[0.25,-1]")) != SIZE_MAX);
        rq.form = SL_AI_EMBED_GEMINI;
        sl_str gemini = written(&k, answers[i], &rq);
        EXPECT(sl_str_starts(gemini, SL_STR("{\"embeddings\":[{\"values\":[1,2.5")));
        EXPECT(sl_str_ends(gemini, SL_STR("{\"values\":[0.25,-1]}],\"usageMetadata\":{"
                                          "\"promptTokenCount\":3,\"totalTokenCount\":3}}")));
        rq.form = SL_AI_EMBED_COHERE;
        sl_str cohere = written(&k, answers[i], &rq);
        EXPECT(sl_str_find_str(cohere, SL_STR("\"embeddings\":{\"float\":[[1,2.5")) != SIZE_MAX);
        EXPECT(
            sl_str_ends(cohere, SL_STR("\"texts\":[\"a\",\"b\"],\"meta\":{\"api_version\":{"
                                       "\"version\":\"2\"},\"billed_units\":{\"input_tokens\":3}},"
                                       "\"response_type\":\"embeddings_by_type\"}")));
        sl_arena_free(k.a);
    }
}

TEST(embed, a_single_vector_comes_alone_to_gemini)
{
    struct sl_ai_embed_request rq = {.form = SL_AI_EMBED_GEMINI,
                                     .inputs = (struct sl_ai_embed_input *)two,
                                     .count = 1,
                                     .is_single = true};
    struct asked k;
    init(&k);
    EXPECT_STR("{\"embedding\":{\"values\":[1,2]},\"usageMetadata\":{\"promptTokenCount\":4,"
               "\"totalTokenCount\":4}}",
               written(&k, "{\"embedding\":[1,2],\"inputTextTokenCount\":4}", &rq));
    EXPECT_STR("{\"embedding\":{\"values\":[1]}}",
               written(&k, "{\"embedding\":{\"values\":[1]}}", &rq));
    sl_arena_free(k.a);
}

TEST(embed, an_answer_that_is_cut_anywhere_is_none)
{
    struct sl_ai_embed_answer answer;
    for (size_t i = 0; i < SL_LEN(answers); i++)
        for (size_t n = 0; n < strlen(answers[i]); n++) {
            struct asked k;
            init(&k);
            EXPECT(!sl_ai_embed_read(sl_str_of(answers[i], n), 2, k.a, &answer));
            sl_arena_free(k.a);
        }
}

TEST(embed, answers_that_lack_or_repeat_vectors_are_none)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"error\":{\"message\":\"x\"}}",
        "{\"data\":[]}",
        "{\"data\":[{\"embedding\":[1]}]}",
        "{\"data\":[{\"embedding\":[1]},{\"embedding\":[1]},{\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":-1,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":null},{\"index\":1,\"embedding\":[1]}]}",
        "{\"data\":[1,2]}",
        "{\"embeddings\":{}}",
        "{\"embeddings\":[1,2]}",
        "{\"embeddings\":[{\"values\":{\"values\":[1]}},[1]]}",
        "{\"embedding\":[1]}",
        "{\"predictions\":[{},{}]}",
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_ai_embed_answer answer;
        struct asked k;
        init(&k);
        EXPECT(!sl_ai_embed_read(sl_cstr(bad[i]), 2, k.a, &answer));
        sl_arena_free(k.a);
    }
}

/* ------------------------------------------------------------------ numbers */

TEST(embed, x11_base64_and_numbers_are_exact_both_ways)
{
    static const struct {
        const char *numbers, *base64, *back;
    } rows[] = {
        {"[]", "", "[]"},
        {"[0,-0.0,1,-1]", "AAAAAAAAAIAAAIA/AACAvw==", "[0,-0,1,-1]"},
        {"[0.1]", "zczMPQ==", "[0.100000001]"},
        {"[0.100000001]", "zczMPQ==", "[0.100000001]"},
        {"[3.4028234663852886e38]", "//9/fw==", "[3.40282347e+38]"},
        {"[1e-45]", "AQAAAA==", "[1.40129846e-45]"},
        {"[16777217]", "AACASw==", "[16777216]"},
        {"[0.30000000000000004440892098500626]", "mpmZPg==", "[0.300000012]"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_strbuf b = {0};
        sl_ai_floats_to_base64(sl_cstr(rows[i].numbers), &b);
        EXPECT_STR(rows[i].base64, sl_strbuf_str(&b));
        sl_strbuf_clear(&b);
        EXPECT(sl_ai_base64_to_floats(sl_cstr(rows[i].base64), &b));
        EXPECT_STR(rows[i].back, sl_strbuf_str(&b));
        sl_strbuf_fini(&b);
    }
}

TEST(embed, x11_any_float_survives_the_way_there_and_back)
{
    struct sl_strbuf text = {0}, base64 = {0}, again = {0};
    uint32_t bits = 1;
    for (int i = 0; i < 2000; i++, bits = bits * 1664525u + 1013904223u) {
        bool is_finite = (bits >> 23 & 0xff) != 0xff;
        char bytes[4] = {(char)bits, (char)(bits >> 8), (char)(bits >> 16), (char)(bits >> 24)};
        sl_strbuf_clear(&text);
        sl_strbuf_clear(&base64);
        sl_strbuf_clear(&again);
        sl_enc_base64(&base64, (sl_str){bytes, sizeof(bytes)});
        EXPECT(sl_ai_base64_to_floats(sl_strbuf_str(&base64), &text));
        sl_ai_floats_to_base64(sl_strbuf_str(&text), &again);
        if (is_finite)
            EXPECT_STRS(sl_strbuf_str(&base64), sl_strbuf_str(&again));
        else
            EXPECT_STR("[0]", sl_strbuf_str(&text));
    }
    sl_strbuf_fini(&text);
    sl_strbuf_fini(&base64);
    sl_strbuf_fini(&again);
}

TEST(embed, what_is_no_base64_of_floats_is_refused)
{
    static const char *const bad[] = {"A", "AAA=", "AAAAAAA=", "!AAAAA==", "AAAAAAA"};
    struct sl_strbuf b = {0};
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_ai_base64_to_floats(sl_cstr(bad[i]), &b));
    EXPECT_EQ(0, b.n);
    sl_strbuf_fini(&b);
}

/* ------------------------------------------------------------------ the whole way */

TEST(embed, x1_cohere_to_cohere_passes_as_it_is)
{
    struct call_fixture f;
    const struct sl_ai_vendor *v = sl_ai_vendor_find(SL_STR("cohere"));
    while (v->dialect != SL_AI_COHERE)
        v = sl_ai_vendor_next(v);
    fixture_init(&f, "cohere");
    f.target.vendor = v;
    f.target.base_url_path = SL_STR("");
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_EMBEDDINGS, SL_AI_COHERE,
                              SL_STR("{\"model\":\"m\",\"texts\":[\"a\"],\"embedding_types\":["
                                     "\"int8\",\"float\"],\"new\":1e400}"),
                              f.a, &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/v2/embed", f.wire.path);
    EXPECT_STR("{\"model\":\"real\",\"texts\":[\"a\"],\"embedding_types\":[\"int8\",\"float\"],"
               "\"new\":1e400}",
               sl_chain_flatten(&f.wire.body, f.a));
    static const char answer[] = "{\"id\":\"x\",\"embeddings\":{\"int8\":[[1]],\"float\":[[0.1]]},"
                                 "\"meta\":{\"billed_units\":{\"input_tokens\":3}}}";
    fixture_open(&f, false, "m");
    fixture_feed(&f, sl_cstr(answer), 7);
    EXPECT_STR(answer, fixture_finish(&f, true));
    EXPECT_EQ(3, sl_ai_relay_usage(f.relay).input);
    fixture_open(&f, false, "m");
    fixture_feed(&f, SL_STR("{\"message\":\"no\"}"), 7);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}

TEST(embed, bedrock_is_invoked_and_its_count_is_the_usage)
{
    struct call_fixture f;
    fixture_init(&f, "aws-bedrock");
    f.target.base_url_path = SL_STR("");
    f.target.model = SL_STR("amazon.titan-embed-text-v2:0");
    f.target.authority = SL_STR("bedrock-runtime.eu-central-1.amazonaws.com");
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT,
                              SL_STR("{\"model\":\"m\",\"input\":[\"a\"],\"dimensions\":256}"), f.a,
                              &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/model/amazon.titan-embed-text-v2%3A0/invoke", f.wire.path);
    EXPECT_STR("{\"inputText\":\"a\",\"dimensions\":256}", sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, "m");
    fixture_feed(&f, SL_STR("{\"embedding\":[1,2.5],\"inputTextTokenCount\":4}"), 7);
    EXPECT_STR(
        "{\"id\":\"req1\",\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":"
        "[1,2.5]}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":4,\"total_tokens\":4}}",
        fixture_finish(&f, true));
    EXPECT_EQ(4, sl_ai_relay_usage(f.relay).input);
    fixture_fini(&f);
}

TEST(embed, a_call_to_another_form_comes_back_in_the_clients)
{
    struct call_fixture f;
    struct sl_ai_vendor v = fake(SL_AI_OPENAI_CHAT, "voyage");
    fixture_init(&f, "openai");
    f.target.vendor = &v;
    EXPECT_EQ(SL_OK, sl_ai_call_read(
                         SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT,
                         SL_STR("{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"base64\"}"),
                         f.a, &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/v1/embeddings", f.wire.path);
    EXPECT(f.wire.is_crossed);
    fixture_open(&f, false, "m");
    fixture_feed(&f, SL_STR("{\"data\":[{\"embedding\":[1,2.5]}],\"usage\":{\"total_tokens\":3}}"),
                 7);
    EXPECT_STR(
        "{\"id\":\"req1\",\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":"
        "\"AACAPwAAIEA=\"}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}",
        fixture_finish(&f, true));
    EXPECT_EQ(3, sl_ai_relay_usage(f.relay).input);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, sl_ai_relay_usage(f.relay).source);
    fixture_open(&f, false, "m");
    fixture_feed(&f, SL_STR("{\"detail\":\"no\"}"), 7);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}
