/*
 * fuzz_operations: any bytes as a request for vectors or a ranking, and as the answer to one: no crash; what is
 * written is valid JSON and the same each time; and what was understood is understood again.
 */
#include "ai/count.h"
#include "ai/embed.h"
#include "ai/rerank.h"
#include "ai/tokens.h"
#include "base/str.h"
#include "codec/jsonscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_json(const struct sl_strbuf *b)
{
    struct sl_jsonscan_info info;
    SL_ASSERT(!b->is_full);
    SL_ASSERT(sl_jsonscan(sl_strbuf_str(b), NULL, NULL, 0, NULL, &info) == SL_OK);
}

/* ------------------------------------------------------------------ vectors */

static const struct sl_ai_vendor vendors[] = {
    {.id = SL_STR_INIT("openai"), .dialect = SL_AI_OPENAI_CHAT},
    {.id = SL_STR_INIT("voyage"), .dialect = SL_AI_OPENAI_CHAT},
    {.id = SL_STR_INIT("jina"), .dialect = SL_AI_OPENAI_CHAT},
    {.id = SL_STR_INIT("nomic"), .dialect = SL_AI_OPENAI_CHAT},
    {.id = SL_STR_INIT("tei"), .dialect = SL_AI_OPENAI_CHAT},
    {.id = SL_STR_INIT("alibaba-cn"), .dialect = SL_AI_COHERE},
    {.id = SL_STR_INIT("gemini"), .dialect = SL_AI_GEMINI},
    {.id = SL_STR_INIT("vertex-ai"), .dialect = SL_AI_GEMINI},
    {.id = SL_STR_INIT("aws-bedrock"), .dialect = SL_AI_BEDROCK},
    {.id = SL_STR_INIT("ollama"), .dialect = SL_AI_OLLAMA},
};

static void ask_vectors(enum sl_ai_embed_form client, bool has_many, sl_str body)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_embed_request rq;
    struct sl_diag d;
    sl_diag_init(&d, a);
    if (sl_ai_embed_decode(client, has_many, body, a, &rq, &d) != SL_OK)
        SL_ASSERT(d.count != 0);
    else
        for (size_t i = 0; i < SL_LEN(vendors); i++) {
            const struct sl_ai_target t = {.vendor = &vendors[i], .model = SL_STR("m")};
            struct sl_ai_receipt receipt = {.arena = a};
            struct sl_strbuf out;
            sl_strbuf_init(&out, a, 0);
            if (sl_ai_embed_encode(&rq, &t, &out, &receipt, &d) == SL_OK)
                expect_json(&out);
        }
    sl_arena_free(a);
}

/* An answer in a client's form is read as the same vectors. */
static void read_vectors(sl_str body)
{
    static const enum sl_ai_embed_form forms[] = {SL_AI_EMBED_OPENAI, SL_AI_EMBED_GEMINI,
                                                  SL_AI_EMBED_COHERE};
    struct sl_ai_embed_input inputs[2] = {{.text = SL_STR("a")}, {.text = SL_STR("b")}};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_embed_answer answer, again;
    if (sl_ai_embed_read(body, 2, a, &answer))
        for (size_t i = 0; i < SL_LEN(forms); i++) {
            const struct sl_ai_embed_request rq = {
                .form = forms[i], .inputs = inputs, .count = 2, .encoding = SL_AI_EMBED_UNSAID};
            struct sl_strbuf out;
            sl_strbuf_init(&out, a, 0);
            sl_ai_embed_write(&rq, &answer, SL_STR("m"), SL_STR("r"), answer.input_tokens, &out);
            expect_json(&out);
            SL_ASSERT(sl_ai_embed_read(sl_strbuf_str(&out), 2, a, &again));
            SL_ASSERT(again.input_tokens == answer.input_tokens);
        }
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ rankings */

static void ask_ranking(sl_str body)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_rerank_request rq;
    struct sl_diag d;
    sl_diag_init(&d, a);
    if (sl_ai_rerank_decode(body, a, &rq, &d) != SL_OK)
        SL_ASSERT(d.count != 0);
    else
        for (size_t i = 0; i < SL_LEN(vendors); i++) {
            const struct sl_ai_target t = {.vendor = &vendors[i], .model = SL_STR("m")};
            struct sl_ai_receipt receipt = {.arena = a};
            struct sl_strbuf out;
            sl_strbuf_init(&out, a, 0);
            if (sl_ai_rerank_encode(&rq, &t, &out, &receipt, &d) == SL_OK)
                expect_json(&out);
        }
    sl_arena_free(a);
}

static void read_ranking(sl_str body)
{
    struct sl_ai_rerank_document documents[3] = {{SL_STR("a"), SL_STR("\"a\"")},
                                                 {SL_STR("b"), SL_STR("{\"text\":\"b\"}")},
                                                 {SL_STR("c"), SL_STR("\"c\"")}};
    const struct sl_ai_rerank_request rq = {
        .documents = documents, .count = SL_LEN(documents), .top = -1, .returns_documents = 1};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_rerank_answer answer, again;
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    if (sl_ai_rerank_read(body, &rq, a, &answer)) {
        sl_ai_rerank_write(&rq, &answer, true, SL_STR("m"), SL_STR("r"), &out);
        expect_json(&out);
        SL_ASSERT(sl_ai_rerank_read(sl_strbuf_str(&out), &rq, a, &again));
        SL_ASSERT(again.count == answer.count && again.searches == answer.searches);
        for (size_t i = 0; i < answer.count; i++)
            SL_ASSERT(again.results[i].score_ppb == answer.results[i].score_ppb);
    }
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ counts */

static void count(sl_str body)
{
    int64_t tokens = 0;
    struct sl_jsonscan_info info;
    if (sl_ai_count_read(SL_AI_ANTHROPIC, body, &tokens))
        SL_ASSERT(tokens >= 0);
    SL_ASSERT(sl_ai_text_tokens(body) >= (body.n != 0));
    if (sl_jsonscan(body, NULL, NULL, 0, NULL, &info) == SL_OK)
        SL_ASSERT(sl_ai_json_tokens(body, SL_AI_TOKENS_ALL) >= 0 &&
                  sl_ai_json_tokens(body, SL_AI_TOKENS_SAMPLED) >= 0 &&
                  sl_ai_schema_tokens(body, SL_AI_TOKENS_SAMPLED) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sl_str body = sl_str_of((const char *)data, size);
    ask_vectors(SL_AI_EMBED_OPENAI, false, body);
    ask_vectors(SL_AI_EMBED_COHERE, false, body);
    ask_vectors(SL_AI_EMBED_GEMINI, false, body);
    ask_vectors(SL_AI_EMBED_GEMINI, true, body);
    read_vectors(body);
    ask_ranking(body);
    read_ranking(body);
    count(body);
    return 0;
}
