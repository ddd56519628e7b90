/*
 * h1_speed: nanoseconds per head for the HTTP/1 codec, alone on one core. Not part of CI.
 *
 *     cc -O2 -std=gnu17 -D_GNU_SOURCE -Isrc tests/bench/h1_speed.c src/codec/{h1,h1_body,h1_write,header,httpchar,url}.c \
 *        src/base/{arena,base,err,str,strbuf}.c -o h1_speed && ./h1_speed
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/h1.h"

enum { ROUNDS = 2000000, RUNS = 5 };

#define REQUEST                                                                     \
    "POST /v1/chat/completions?trace=1 HTTP/1.1\r\n"                                \
    "Host: gateway.example.com:8080\r\n"                                            \
    "User-Agent: OpenAI/Python 1.51.0\r\n"                                          \
    "Accept: application/json\r\n"                                                  \
    "Accept-Encoding: gzip, deflate\r\n"                                            \
    "Connection: keep-alive\r\n"                                                    \
    "Content-Type: application/json\r\n"                                            \
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef0123456789abcdef\r\n" \
    "X-Stainless-Lang: python\r\n"                                                  \
    "X-Request-Id: 01J9ZK3V2Q8R7W6T5Y4X3C2B1A\r\n"                                  \
    "Content-Length: 1024\r\n"                                                      \
    "\r\n"

#define RESPONSE                                      \
    "HTTP/1.1 200 OK\r\n"                             \
    "Date: Mon, 23 Nov 2026 09:00:00 GMT\r\n"         \
    "Content-Type: application/json\r\n"              \
    "Content-Length: 1024\r\n"                        \
    "Connection: keep-alive\r\n"                      \
    "X-Request-Id: req_0123456789abcdef\r\n"          \
    "OpenAI-Processing-Ms: 312\r\n"                   \
    "Strict-Transport-Security: max-age=31536000\r\n" \
    "CF-Ray: 8d0a1b2c3d4e5f60-FRA\r\n"                \
    "\r\n"

struct bench {
    struct sl_arena *arena;
    struct sl_strbuf out;
    struct sl_head request, response;
    uint64_t sum; /* keeps the work from being optimised away */
};

static void die(const char *why)
{
    fprintf(stderr, "h1_speed: %s\n", why);
    exit(1);
}

static void find_end(struct bench *b)
{
    size_t scanned = 0;
    b->sum += sl_h1_head_end(SL_STR(REQUEST), &scanned);
}

static void parse_request(struct bench *b)
{
    const char *why = NULL;
    sl_arena_reset(b->arena);
    if (sl_h1_parse_request(SL_STR(REQUEST), NULL, b->arena, &b->request, &why) != SL_OK)
        die(why);
    b->sum += b->request.headers.n;
}

static void parse_response(struct bench *b)
{
    const char *why = NULL;
    sl_arena_reset(b->arena);
    if (sl_h1_parse_response(SL_STR(RESPONSE), NULL, SL_METHOD_POST, b->arena, &b->response,
                             &why) != SL_OK)
        die(why);
    b->sum += b->response.headers.n;
}

static void write_request(struct bench *b)
{
    sl_strbuf_clear(&b->out);
    sl_h1_write_request(&b->request, true, &b->out);
    b->sum += b->out.n;
}

static void write_response(struct bench *b)
{
    sl_strbuf_clear(&b->out);
    sl_h1_write_response(&b->response, true, &b->out);
    b->sum += b->out.n;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure(const char *name, void (*run)(struct bench *), struct bench *b)
{
    double best = 1e9;
    for (int i = 0; i < RUNS; i++) {
        double from = seconds();
        for (int n = 0; n < ROUNDS; n++)
            run(b);
        double took = seconds() - from;
        best = took < best ? took : best;
    }
    printf("%-16s %7.1f ns\n", name, best / ROUNDS * 1e9);
}

int main(void)
{
    struct bench b = {.arena = sl_arena_new("bench", SL_KIB(64))};
    measure("head_end", find_end, &b);
    measure("parse_request", parse_request, &b);
    measure("write_request", write_request, &b);
    measure("parse_response", parse_response, &b);
    measure("write_response", write_response, &b);
    printf("(%zu and %zu bytes, sum %llu)\n", sizeof(REQUEST) - 1, sizeof(RESPONSE) - 1,
           (unsigned long long)b.sum);
    sl_strbuf_fini(&b.out);
    sl_arena_free(b.arena);
    return 0;
}
