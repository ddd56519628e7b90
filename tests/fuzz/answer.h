/**
 * answer: a vendor's answer through decoder and encoders, for the fuzzers of answers.
 */
#pragma once
#include "ai/dialect.h"
#include "ai/frames.h"
#include "base/str.h"
#include "codec/jsonscan.h"
#include "codec/sse.h"

static void fuzz_expect_json(sl_str text)
{
    struct sl_jsonscan_info info;

    SL_ASSERT(sl_jsonscan(text, NULL, NULL, 0, NULL, &info) == SL_OK);
}

static bool is_terminal(sl_str event)
{
    static const sl_str names[] = {
        SL_STR_INIT("message_stop"),       SL_STR_INIT("error"),
        SL_STR_INIT("response.completed"), SL_STR_INIT("response.incomplete"),
        SL_STR_INIT("response.failed"),    SL_STR_INIT("message-end")};

    for (size_t i = 0; i < SL_LEN(names); i++)
        if (sl_str_eq(names[i], event))
            return true;
    return false;
}

/* Of Ollama's stream, which has no names of events. What is said in it has its quotes escaped. */
static bool is_last_line(sl_str line)
{
    return sl_str_starts(line, SL_STR("{\"error\":\"")) ||
           sl_str_find_str(line, SL_STR("\"done\":true,\"done_reason\":\"")) != SIZE_MAX;
}

static void fuzz_expect_stream(enum sl_ai_dialect client, sl_str stream)
{
    struct sl_ai_frames frames = {.framing = sl_ai_dialect_find(client)->framing};
    struct sl_sse_event ev;
    unsigned terminals = 0;

    sl_ai_frames_feed(&frames, stream);
    while (sl_ai_frames_next(&frames, &ev) == SL_OK) {
        bool is_done = sl_str_eq(ev.data, SL_STR("[DONE]"));
        SL_ASSERT(terminals == 0);
        terminals +=
            is_done || (client == SL_AI_OLLAMA ? is_last_line(ev.data) : is_terminal(ev.event));
        if (ev.has_data && !is_done)
            fuzz_expect_json(ev.data);
    }
    SL_ASSERT(frames.carry.n == 0 && frames.sse.carry.n == 0);
    sl_ai_frames_fini(&frames);
}

static void fuzz_drain(struct sl_ai_decoder *dec, struct sl_ai_encoder *enc, struct sl_strbuf *out)
{
    struct sl_ai_event ev;

    while (sl_ai_decoder_next(dec, &ev))
        sl_ai_encoder_put(enc, &ev, out);
}

static void fuzz_feed(struct sl_ai_decoder *dec, struct sl_ai_encoder *enc, sl_str bytes,
                      struct sl_strbuf *out)
{
    struct sl_sse sse = {0};
    struct sl_sse_event ev;

    sl_sse_feed(&sse, bytes);
    while (sl_sse_next(&sse, &ev) == SL_OK) {
        if (!ev.has_data)
            continue;
        sl_ai_decoder_feed(dec, ev.event, ev.data);
        fuzz_drain(dec, enc, out);
    }
    sl_ai_decoder_finish(dec, true);
    fuzz_drain(dec, enc, out);
    sl_sse_fini(&sse);
}

static void fuzz_cross(enum sl_ai_dialect vendor, sl_str vendor_id, enum sl_ai_dialect client,
                       bool from_stream, bool to_stream, sl_str bytes)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    struct sl_ai_target target = {.vendor = sl_ai_vendor_find(vendor_id)};
    struct sl_ai_decoder_config dc = {.target = &target};
    struct sl_ai_encoder_config ec = {
        .is_stream = to_stream, .wants_usage = true, .request_id = SL_STR("R"), .maker = &target};
    struct sl_ai_decoder *dec = sl_ai_decoder_new(vendor, &dc, a);
    struct sl_ai_encoder *enc = sl_ai_encoder_new(client, &ec, a);
    struct sl_strbuf out = {0};

    if (from_stream) {
        fuzz_feed(dec, enc, bytes, &out);
    } else {
        sl_ai_decoder_body(dec, bytes);
        fuzz_drain(dec, enc, &out);
    }
    if (to_stream)
        fuzz_expect_stream(client, sl_strbuf_str(&out));
    else if (out.n != 0)
        fuzz_expect_json(sl_strbuf_str(&out));
    sl_strbuf_fini(&out);
    sl_arena_free(a);
}

static void fuzz_answer(enum sl_ai_dialect vendor, sl_str vendor_id, sl_str bytes)
{
    static const enum sl_ai_dialect clients[] = {SL_AI_OPENAI_CHAT,      SL_AI_ANTHROPIC,
                                                 SL_AI_OPENAI_RESPONSES, SL_AI_GEMINI,
                                                 SL_AI_COHERE,           SL_AI_OLLAMA};

    for (size_t i = 0; i < SL_LEN(clients); i++)
        for (unsigned way = 0; way < 4; way++)
            fuzz_cross(vendor, vendor_id, clients[i], (way & 1) != 0, (way & 2) != 0, bytes);
}
