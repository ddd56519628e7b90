/*
 * Any bytes as a vendor's answer, whole and chopped: the same events for the client, each of them
 * valid, and never a clean end after a failure. The first byte says how to chop, the second who
 * speaks what to whom.
 */
#include "ai/call.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/sse.h"

enum {
    CHOICE_BYTES = 2,
    VENDOR_ANTHROPIC = 1,
    CLIENT_ANTHROPIC = 2,
    STREAM_ASKED = 4,
    STREAM_GIVEN = 8,
    USAGE_ASKED = 16,
    CLEAN = 32,
    SHOWN = 64,
    OTHER_VENDOR = 128
};

struct outcome {
    struct sl_strbuf text;   /* the client's bytes */
    struct sl_strbuf events; /* their data, for streams */
    bool has_failed, is_complete, has_content;
    struct sl_ai_usage usage;
};

static const char *vendor_of(uint8_t choice)
{
    if (choice & VENDOR_ANTHROPIC)
        return choice & OTHER_VENDOR ? "custom-anthropic" : "anthropic";
    return choice & OTHER_VENDOR ? "groq" : "openai";
}

static const char *body_of(uint8_t choice)
{
#define MESSAGES \
    "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
    if ((choice & STREAM_ASKED) == 0)
        return "{" MESSAGES;
    return choice & USAGE_ASKED
               ? "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," MESSAGES
               : "{\"stream\":true," MESSAGES;
}

static void feed(struct sl_ai_relay *r, struct sl_chunk_pool *pool, sl_str bytes,
                 struct sl_chain *out)
{
    struct sl_chunk *c = sl_chunk_new(pool, bytes.n);
    memcpy(c->data, bytes.p, bytes.n);
    c->used = (uint32_t)bytes.n;
    sl_ai_relay_feed(r, c, (sl_str){c->data, bytes.n}, out);
    sl_chunk_unref(c);
}

static void note_events(struct outcome *o)
{
    struct sl_sse p = {0};
    struct sl_sse_event ev;
    struct sl_jsonscan_info info;
    sl_sse_feed(&p, sl_strbuf_str(&o->text));
    while (sl_sse_next(&p, &ev) == SL_OK) {
        if (!ev.has_data)
            continue;
        bool is_done = sl_str_starts(ev.data, SL_STR("[DONE]"));
        SL_ASSERT(is_done || sl_jsonscan(ev.data, NULL, NULL, 0, NULL, &info) == SL_OK);
        SL_ASSERT(!is_done || o->is_complete);
        sl_strbuf_add(&o->events, ev.data);
        sl_strbuf_add_char(&o->events, '\n');
    }
    (void)sl_sse_finish(&p, &ev); /* a LF of the last CRLF may be left */
    sl_sse_fini(&p);
}

static void relay(struct sl_ai_relay *r, sl_str in, size_t step, bool is_clean,
                  struct sl_chunk_pool *pool, struct outcome *o)
{
    struct sl_chain out;
    sl_chain_init(&out, pool);
    for (size_t at = 0; at < in.n; at += step)
        feed(r, pool, sl_str_head(sl_str_from(in, at), step), &out);
    sl_ai_relay_finish(r, is_clean, &out);
    for (const struct sl_span *s = out.head; s != NULL; s = s->next)
        sl_strbuf_add(&o->text, (sl_str){s->p, s->n});
    sl_chain_fini(&out);
}

static struct outcome run(uint8_t choice, sl_str in, size_t step)
{
    struct outcome o = {0};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(64));
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_ai_target t = {.vendor = sl_ai_vendor_find(sl_cstr(vendor_of(choice))),
                             .model = SL_STR("real"),
                             .cap_max_tokens = -1};
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_ai_call call;
    struct sl_ai_wire wire;
    struct sl_headers none;
    sl_diag_init(d, a);
    sl_headers_init(&none, a);
    SL_ASSERT(sl_ai_call_read(SL_AI_CHAT,
                              choice & CLIENT_ANTHROPIC ? SL_AI_ANTHROPIC : SL_AI_OPENAI_CHAT,
                              sl_cstr(body_of(choice)), a, &call, d) == SL_OK);
    SL_ASSERT(sl_ai_call_write(&call, &t, &none, a, pool, &wire, d) == SL_OK);
    struct sl_ai_relay_config config = {.call = &call,
                                        .target = &t,
                                        .wire = &wire,
                                        .shown_model = choice & SHOWN ? SL_STR("m") : SL_STR(""),
                                        .request_id = SL_STR("r"),
                                        .body_limit = SL_MIB(1),
                                        .is_stream = (choice & STREAM_GIVEN) != 0};
    struct sl_ai_relay *r = sl_ai_relay_new(&config, a);
    relay(r, in, step, (choice & CLEAN) != 0, pool, &o);
    const struct sl_ai_relay_state *st = sl_ai_relay_state(r);
    o.has_failed = st->has_failed;
    o.is_complete = st->is_complete;
    o.has_content = st->has_content;
    o.usage = sl_ai_relay_usage(r);
    SL_ASSERT(st->has_failed != st->is_complete);
    if (call.is_stream)
        note_events(&o);
    sl_ai_relay_free(r);
    sl_chain_fini(&wire.body);
    sl_chunk_pool_free(pool);
    sl_arena_free(a);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES)
        return 0;
    sl_str in = {(const char *)data + CHOICE_BYTES, size - CHOICE_BYTES};
    struct outcome whole = run(data[1], in, size), chopped = run(data[1], in, 1 + data[0] % 32);
    SL_ASSERT(whole.has_failed == chopped.has_failed);
    SL_ASSERT(whole.has_content == chopped.has_content);
    SL_ASSERT(memcmp(&whole.usage, &chopped.usage, sizeof(whole.usage)) == 0);
    SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.events), sl_strbuf_str(&chopped.events)));
    if ((data[1] & STREAM_ASKED) == 0)
        SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.text), sl_strbuf_str(&chopped.text)));
    sl_strbuf_fini(&whole.text);
    sl_strbuf_fini(&whole.events);
    sl_strbuf_fini(&chopped.text);
    sl_strbuf_fini(&chopped.events);
    return 0;
}
