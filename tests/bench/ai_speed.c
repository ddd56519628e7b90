/*
 * What AI traffic costs in the same dialect, in processor time of this machine: a request read and
 * written, an event of a stream relayed, in one feed and in one event per feed; the best of some
 * batches, so that the neighbours count little. Not a test: it prints, a person judges.
 * Aims: 3 us per request of 1 KB, 1 us per event of 200 bytes.
 *     meson setup build-release --buildtype=release && ninja -C build-release tests/bench/ai_speed
 */
#include <stdio.h>
#include <time.h>

#include "ai/call.h"

enum { BATCHES = 50, REQUESTS = 2000, STREAMS = 20, EVENTS = 100, BODY_BYTES = 1024 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct rig {
    struct sl_arena *lasting, *a; /* `a`: one request's */
    struct sl_chunk_pool *pool;
    struct sl_headers none;
    struct sl_diag d;
    struct sl_ai_target target;
    struct sl_ai_call call;
    struct sl_ai_wire wire;
};

static void setup(struct rig *g)
{
    g->lasting = sl_arena_new("bench", SL_MIB(64));
    g->a = sl_arena_new("request", SL_MIB(64));
    g->pool = sl_chunk_pool_new();
    g->target = (struct sl_ai_target){
        .vendor = sl_ai_vendor_find(SL_STR("openai")),
        .base_url_path = SL_STR("/v1"),
        .model = SL_STR("gpt-5-2026-08-07"),
        .key = SL_STR("sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        .cap_max_tokens = -1,
    };
    sl_headers_init(&g->none, g->lasting);
    sl_diag_init(&g->d, g->lasting);
}

static void request(struct rig *g, sl_str body)
{
    if (sl_ai_call_read(SL_AI_CHAT, SL_AI_OPENAI_CHAT, body, g->a, &g->call, &g->d) != SL_OK ||
        sl_ai_call_write(&g->call, &g->target, &g->none, g->a, g->pool, &g->wire, &g->d) != SL_OK)
        printf("refused\n");
}

static sl_str build_body(struct rig *g, size_t bytes)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, g->lasting, 0);
    sl_strbuf_add(&b,
                  SL_STR("{\"model\":\"fast\",\"stream\":true,\"temperature\":0.7,\"messages\":["));
    while (b.n < bytes - 100)
        sl_strbuf_add(
            &b, SL_STR("{\"role\":\"user\",\"content\":\"The quick brown fox jumps over the lazy "
                       "dog, and then \\\"over\\\" it again.\\n\"},"));
    sl_strbuf_add(&b, SL_STR("{\"role\":\"user\",\"content\":\"Why?\"}]}"));
    return sl_strbuf_str(&b);
}

static void requests(struct rig *g, sl_str body, int count)
{
    for (int i = 0; i < count; i++) {
        request(g, body);
        sl_chain_fini(&g->wire.body);
        sl_arena_reset(g->a);
    }
}

static void measure_requests(struct rig *g, size_t bytes, int count)
{
    sl_str body = build_body(g, bytes);
    double best = 1;
    for (int i = 0; i < BATCHES; i++) {
        double from = seconds();
        requests(g, body, count);
        best = SL_MIN(best, (seconds() - from) / count);
    }
    printf("request, %6zu bytes                        %8.0f ns\n", body.n, best * 1e9);
}

static sl_str build_stream(struct rig *g)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, g->lasting, 0);
    for (int i = 0; i < EVENTS; i++)
        sl_strbuf_add(
            &b,
            SL_STR(
                "data: {\"id\":\"chatcmpl-Abc123\",\"object\":\"chat.completion.chunk\",\"created\":"
                "1790000000,\"model\":\"gpt-5-2026-08-07\",\"choices\":[{\"index\":0,\"delta\":{"
                "\"content\":\" hello\"},\"finish_reason\":null}],\"usage\":null}\n\n"));
    return sl_strbuf_str(&b);
}

static void relay(struct rig *g, struct sl_chunk *c, size_t step, sl_str shown)
{
    const struct sl_ai_relay_config config = {
        .call = &g->call,
        .target = &g->target,
        .wire = &g->wire,
        .shown_model = shown,
        .body_limit = SL_MIB(1),
        .is_stream = true,
    };
    struct sl_ai_relay *r = sl_ai_relay_new(&config, g->a);
    struct sl_chain out;
    sl_chain_init(&out, g->pool);
    for (size_t at = 0; at < c->used; at += step) {
        sl_ai_relay_feed(r, c, (sl_str){c->data + at, SL_MIN(step, c->used - at)}, &out);
        sl_chain_clear(&out);
    }
    sl_ai_relay_free(r);
}

static void measure_events(struct rig *g, const char *what, bool one_by_one, sl_str shown)
{
    sl_str text = build_stream(g);
    struct sl_chunk *c = sl_chunk_new(g->pool, text.n);
    memcpy(c->data, text.p, text.n);
    c->used = (uint32_t)text.n;
    request(g, SL_STR("{\"model\":\"fast\",\"stream\":true,\"messages\":[]}"));
    double best = 1;
    for (int i = 0; i < BATCHES; i++) {
        double from = seconds();
        for (int k = 0; k < STREAMS; k++)
            relay(g, c, one_by_one ? text.n / EVENTS : text.n, shown);
        best = SL_MIN(best, (seconds() - from) / STREAMS / EVENTS);
    }
    printf("event of %zu bytes, %-24s %5.0f ns\n", text.n / EVENTS, what, best * 1e9);
    sl_chunk_unref(c);
    sl_chain_fini(&g->wire.body);
    sl_arena_reset(g->a);
}

int main(void)
{
    struct rig g = {0};
    setup(&g);
    measure_requests(&g, BODY_BYTES, REQUESTS);
    measure_requests(&g, 300 * BODY_BYTES, REQUESTS / 200);
    measure_events(&g, "many at once", false, (sl_str){0});
    measure_events(&g, "many at once, renamed", false, SL_STR("fast"));
    measure_events(&g, "one by one", true, (sl_str){0});
    measure_events(&g, "one by one, renamed", true, SL_STR("fast"));
    sl_arena_free(g.a);
    sl_arena_free(g.lasting);
    sl_chunk_pool_free(g.pool);
    return 0;
}
