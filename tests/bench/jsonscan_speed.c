/*
 * How fast codec/jsonscan runs, in GB/s of this machine. Not a test: it prints, a person judges.
 *     cc -O2 -D_GNU_SOURCE -std=gnu17 -Isrc -I. tests/bench/jsonscan_speed.c src/codec/json{scan,range,string}.c src/base/[a-z]*.c -lxxhash
 */
#include <stdio.h>
#include <time.h>

#include "base/strbuf.h"
#include "codec/jsonscan.h"

enum { BODY_BYTES = 300000, ROUNDS = 2000 };

static const sl_str names[] = {
    SL_STR_INIT("model"),    SL_STR_INIT("stream"),     SL_STR_INIT("stream_options.include_usage"),
    SL_STR_INIT("messages"), SL_STR_INIT("max_tokens"), SL_STR_INIT("max_completion_tokens"),
    SL_STR_INIT("tools"),    SL_STR_INIT("user"),       SL_STR_INIT("temperature"),
};

/* A chat body whose contents are `piece`, repeated to `content_bytes` each. */
static void build(struct sl_strbuf *b, sl_str piece, size_t content_bytes)
{
    sl_strbuf_add(b, SL_STR("{\"model\":\"gpt-5\",\"stream\":true,\"messages\":["));
    while (b->n < BODY_BYTES) {
        sl_strbuf_add(b, SL_STR("{\"role\":\"user\",\"content\":\""));
        for (size_t n = 0; n < content_bytes; n += piece.n)
            sl_strbuf_add(b, piece);
        sl_strbuf_add(b, SL_STR("\"},"));
    }
    sl_strbuf_add(b, SL_STR("{}]}"));
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure(const char *what, sl_str piece, size_t content_bytes)
{
    struct sl_strbuf b = {0};
    struct sl_json_range r[SL_LEN(names)];
    struct sl_jsonscan_info info;
    build(&b, piece, content_bytes);
    double from = seconds();
    for (int i = 0; i < ROUNDS; i++) {
        if (sl_jsonscan(sl_strbuf_str(&b), NULL, names, SL_LEN(names), r, &info) != SL_OK)
            printf("refused: %s at %zu\n", info.reason, info.error_at);
    }
    double took = seconds() - from;
    printf("%-28s %6.2f GB/s  %6.1f us per body\n", what, (double)b.n * ROUNDS / took * 1e-9,
           took / ROUNDS * 1e6);
    sl_strbuf_fini(&b);
}

int main(void)
{
    sl_str prose = SL_STR("The quick brown fox jumps over the lazy dog, and over again. ");
    sl_str code = SL_STR("    if (rc != SL_OK)\\n        return rc;\\n\\tcall(\\\"x\\\");\\n");
    sl_str chinese = SL_STR("\xe6\x95\x8f\xe6\x8d\xb7\xe7\x9a\x84\xe6\xa3\x95\xe7\x8b\x90");
    measure("base64, 100 KB contents", SL_STR("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"), 100000);
    measure("prose, 4 KB contents", prose, 4000);
    measure("prose, 100 B contents", prose, 100);
    measure("escaped code, 4 KB contents", code, 4000);
    measure("Chinese, 4 KB contents", chinese, 4000);
    return 0;
}
