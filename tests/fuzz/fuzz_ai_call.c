/*
 * Any bytes as a client's request, written for some vendor: what was accepted becomes valid JSON with
 * one model, the vendor's, in the body or (Bedrock, Gemini) in the path; twice the same bytes; and usage
 * is asked for in streams only. The first byte says which vendor, the second which dialect the client
 * speaks and what the target knows.
 */
#include "ai/call.h"
#include "base/err.h"
#include "base/str.h"

enum {
    CHOICE_BYTES = 2,
    VENDORS = 64,
    ANTHROPIC = 1,
    REFUSES_OPTIONS = 2,
    CAPS = 4,
    STRICT = 8,
    EMBEDDINGS = 16
};

static const sl_str wanted[] = {SL_STR_INIT("model"), SL_STR_INIT("stream_options.include_usage"),
                                SL_STR_INIT("max_tokens"), SL_STR_INIT("max_completion_tokens")};
enum { MODEL, INCLUDE_USAGE };

struct written {
    sl_str path;
    sl_str body; /* flattened; p == NULL: refused */
};

static void expect_sane(const struct sl_ai_call *call, struct written w)
{
    struct sl_json_range was[SL_LEN(wanted)], is[SL_LEN(wanted)];
    struct sl_jsonscan_info info;
    SL_ASSERT(sl_jsonscan(call->body, NULL, wanted, SL_LEN(wanted), was, &info) == SL_OK);
    SL_ASSERT(sl_jsonscan(w.body, NULL, wanted, SL_LEN(wanted), is, &info) == SL_OK);
    SL_ASSERT(is[MODEL].is_present ? sl_json_range_text_eq(w.body, &is[MODEL], SL_STR("real"))
                                   : sl_str_find_str(w.path, SL_STR("real")) != SIZE_MAX);
    SL_ASSERT(!info.has_duplicate);
    SL_ASSERT(call->is_stream || was[INCLUDE_USAGE].is_present || !is[INCLUDE_USAGE].is_present);
}

static struct written write_once(struct sl_ai_call *call, const struct sl_ai_target *t,
                                 struct sl_arena *a, struct sl_chunk_pool *pool, struct sl_diag *d)
{
    struct sl_headers none;
    struct sl_ai_wire wire;
    sl_headers_init(&none, a);
    if (sl_ai_call_write(call, t, &none, a, pool, &wire, d) != SL_OK)
        return (struct written){0};
    sl_str text = sl_arena_dup(a, sl_chain_flatten(&wire.body, a));
    SL_ASSERT(text.n == wire.body.bytes);
    SL_ASSERT(call->is_stream || !wire.has_hidden_usage);
    sl_chain_fini(&wire.body);
    return (struct written){.path = wire.path, .body = text};
}

static void run(uint8_t vendor, uint8_t choice, sl_str body, struct sl_arena *a,
                struct sl_chunk_pool *pool)
{
    struct sl_ai_target t = {
        .vendor = sl_ai_vendor_at(vendor % VENDORS),
        .base_url_path = SL_STR("/v1"),
        .model = SL_STR("real"),
        .no_stream_options = (choice & REFUSES_OPTIONS) != 0,
        .cap_max_tokens = (choice & CAPS) != 0 ? 7 : -1,
        .is_strict = (choice & STRICT) != 0,
    };
    enum sl_ai_dialect client = (choice & ANTHROPIC) != 0 ? SL_AI_ANTHROPIC : SL_AI_OPENAI_CHAT;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_ai_call call;
    sl_diag_init(d, a);
    if (t.vendor == NULL ||
        sl_ai_call_read((choice & EMBEDDINGS) != 0 ? SL_AI_EMBEDDINGS : SL_AI_CHAT, client, body, a,
                        &call, d) != SL_OK)
        return;
    struct written once = write_once(&call, &t, a, pool, d);
    if (once.body.p == NULL)
        return;
    expect_sane(&call, once);
    SL_ASSERT(sl_str_eq(once.body, write_once(&call, &t, a, pool, d).body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES)
        return 0;
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    run(data[0], data[1], (sl_str){(const char *)data + CHOICE_BYTES, size - CHOICE_BYTES}, a,
        pool);
    sl_chunk_pool_free(pool);
    sl_arena_free(a);
    return 0;
}
