/*
 * fuzz_vendor_answer: any bytes as an answer in a dialect that only vendors speak, streamed and whole: no
 * crash, and whatever a client gets is valid, with at most one terminal. The first byte says which dialect.
 * A stream is one event on each line, behind its type where the dialect's frames have one; framing is
 * fuzzed elsewhere (awsevent, sse).
 */
#include "tests/fuzz/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_lines(struct sl_ai_decoder *dec, struct sl_ai_encoder *enc, sl_str bytes,
                       bool has_type, struct sl_strbuf *out)
{
    sl_str line, type;

    while (bytes.n != 0 && sl_str_split(&bytes, '\n', &line)) {
        type = (sl_str){0};
        if (has_type && line.n != 0) {
            size_t space = sl_str_find(line, ' ', 0);
            type = sl_str_head(line, space);
            line = sl_str_from(line, space != SIZE_MAX ? space + 1 : line.n);
        }
        sl_ai_decoder_feed(dec, type, line);
        fuzz_drain(dec, enc, out);
    }
    sl_ai_decoder_finish(dec, true);
    fuzz_drain(dec, enc, out);
}

static void cross_lines(enum sl_ai_dialect vendor, sl_str vendor_id, enum sl_ai_dialect client,
                        sl_str bytes)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_target target = {.vendor = sl_ai_vendor_find(vendor_id), .model = SL_STR("m")};
    struct sl_ai_decoder_config dc = {.target = &target};
    struct sl_ai_encoder_config ec = {
        .is_stream = true, .wants_usage = true, .request_id = SL_STR("R")};
    struct sl_ai_decoder *dec = sl_ai_decoder_new(vendor, &dc, a);
    struct sl_ai_encoder *enc = sl_ai_encoder_new(client, &ec, a);
    struct sl_strbuf out = {0};

    feed_lines(dec, enc, bytes, vendor == SL_AI_BEDROCK, &out);
    fuzz_expect_stream(client, sl_strbuf_str(&out));
    sl_strbuf_fini(&out);
    sl_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        enum sl_ai_dialect dialect;
        sl_str id;
    } vendors[] = {
        {SL_AI_BEDROCK, SL_STR_INIT("aws-bedrock")},
        {SL_AI_COHERE, SL_STR_INIT("cohere-v2")},
        {SL_AI_OLLAMA, SL_STR_INIT("ollama-native")},
    };
    if (size == 0)
        return 0;
    size_t i = data[0] % SL_LEN(vendors);
    sl_str bytes = sl_str_of((const char *)data + 1, size - 1);
    fuzz_answer(vendors[i].dialect, vendors[i].id, bytes);
    cross_lines(vendors[i].dialect, vendors[i].id, SL_AI_OPENAI_CHAT, bytes);
    cross_lines(vendors[i].dialect, vendors[i].id, SL_AI_ANTHROPIC, bytes);
    return 0;
}
