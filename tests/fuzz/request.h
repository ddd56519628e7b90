/**
 * request: a client's request through decoder and encoders, for the fuzzers of requests.
 */
#pragma once
#include "ai/dialect.h"
#include "base/str.h"
#include "codec/jsonscan.h"

static void fuzz_encode(const struct sl_ai_request *rq, sl_str vendor_id,
                        const struct sl_ai_model *model, struct sl_arena *a, struct sl_strbuf *out)
{
    struct sl_ai_target t = {
        .vendor = sl_ai_vendor_find(vendor_id),
        .model = SL_STR("anthropic.claude-m"),
        .model_info = model,
        .cap_max_tokens = -1,
    };
    struct sl_ai_receipt receipt = {.arena = a};
    struct sl_jsonscan_info info;
    struct sl_diag d;

    sl_diag_init(&d, a);
    sl_strbuf_init(out, a, 0);
    if (sl_ai_dialect_find(t.vendor->dialect)->encode_request(rq, &t, out, &receipt, &d) != SL_OK) {
        SL_ASSERT(d.count != 0);
        sl_strbuf_clear(out);
        return;
    }
    SL_ASSERT(!out->is_full);
    SL_ASSERT(sl_jsonscan(sl_strbuf_str(out), NULL, NULL, 0, NULL, &info) == SL_OK);
}

static void fuzz_request(enum sl_ai_dialect client, sl_str body)
{
    static const sl_str vendors[] = {
        SL_STR_INIT("anthropic"),     SL_STR_INIT("openai"),      SL_STR_INIT("deepseek"),
        SL_STR_INIT("mistral"),       SL_STR_INIT("aws-bedrock"), SL_STR_INIT("cohere-v2"),
        SL_STR_INIT("ollama-native"), SL_STR_INIT("gemini"),      SL_STR_INIT("custom-responses")};
    const struct sl_ai_model model = {.flags = SL_AI_MODEL_REASONING | SL_AI_MODEL_JSON_SCHEMA,
                                      .max_output_tokens = 8000,
                                      .context_tokens = 32000};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_request rq;
    struct sl_diag d;

    sl_diag_init(&d, a);
    if (sl_ai_dialect_find(client)->decode_request(body, NULL, a, &rq, &d) != SL_OK) {
        SL_ASSERT(d.count != 0);
        sl_arena_free(a);
        return;
    }
    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        struct sl_strbuf one, two;
        fuzz_encode(&rq, vendors[i], i % 2 == 0 ? &model : NULL, a, &one);
        fuzz_encode(&rq, vendors[i], i % 2 == 0 ? &model : NULL, a, &two);
        SL_ASSERT(sl_str_eq(sl_strbuf_str(&one), sl_strbuf_str(&two)));
    }
    sl_arena_free(a);
}
