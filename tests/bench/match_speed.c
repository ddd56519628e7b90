/*
 * match_speed: nanoseconds per look-up of the router with 1, 1,000 and 40,000 routes, alone on one
 * core. Not part of CI.
 *
 *     ninja -C build tests/bench/match_speed && build/tests/bench/match_speed
 */
#include "snapshot/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/strbuf.h"

enum { LOOK_UPS = 2000000, RUNS = 5, SAMPLES = 1024, HOSTS = 100 };

struct bench {
    struct sl_arena *arena;
    struct sl_match *match;
    struct sl_head head;
    sl_str hosts[SAMPLES], paths[SAMPLES];
};

/* Every fourth route is exact, a template, a prefix, a template behind a shared literal; on 100 hosts. */
static void make_route(struct bench *b, size_t i, struct sl_match_rule *r, sl_str *ret_path)
{
    static const struct {
        enum sl_path_kind kind;
        const char *rule, *request;
    } shapes[] = {
        {SL_PATH_EXACT, "/api/v1/service-%zu/status", "/api/v1/service-%zu/status"},
        {SL_PATH_TEMPLATE, "/api/v1/service-%zu/items/{id}", "/api/v1/service-%zu/items/4711"},
        {SL_PATH_PREFIX, "/api/v1/service-%zu", "/api/v1/service-%zu/a/b/c"},
        {SL_PATH_TEMPLATE, "/tenants/{tenant}/service-%zu/x", "/tenants/acme/service-%zu/x"}};
    size_t shape = i % SL_LEN(shapes);
    *r = (struct sl_match_rule){.host = sl_fmt(b->arena, "host-%zu.example.com", i % HOSTS),
                                .path_kind = shapes[shape].kind,
                                .path = sl_fmt(b->arena, shapes[shape].rule, i),
                                .methods = 1u << SL_METHOD_GET,
                                .rank = (uint32_t)i,
                                .target = r};
    *ret_path = sl_fmt(b->arena, shapes[shape].request, i);
}

static void setup(struct bench *b, size_t routes)
{
    struct sl_diag *d;
    *b = (struct bench){.arena = sl_arena_new("bench", SL_MIB(1024)),
                        .head = {.method_id = SL_METHOD_GET}};
    struct sl_match_rule *rules = sl_arena_array(b->arena, struct sl_match_rule, routes);
    sl_str *paths = sl_arena_array(b->arena, sl_str, routes);
    for (size_t i = 0; i < routes; i++)
        make_route(b, i, &rules[i], &paths[i]);
    d = sl_arena_new_of(b->arena, struct sl_diag);
    sl_diag_init(d, b->arena);
    if (sl_match_compile(rules, routes, b->arena, &b->match, d) != SL_OK)
        abort();
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = i * 7919 % routes;
        b->hosts[i] = rules[at].host;
        b->paths[i] = paths[at];
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double look_up_all(const struct bench *b)
{
    double from = seconds();
    for (size_t i = 0; i < LOOK_UPS; i++) {
        struct sl_match_result ret;
        sl_match_find(b->match, &b->head, b->hosts[i % SAMPLES], b->paths[i % SAMPLES], &ret);
        if (ret.target == NULL)
            abort();
    }
    return seconds() - from;
}

int main(void)
{
    static const size_t counts[] = {1, 1000, 40000};
    static struct bench b;
    for (size_t i = 0; i < SL_LEN(counts); i++) {
        double from = seconds(), best = 1e9;
        setup(&b, counts[i]);
        double compiled = seconds() - from;
        for (int run = 0; run < RUNS; run++) {
            double took = look_up_all(&b);
            best = took < best ? took : best;
        }
        printf("%6zu routes  %7.1f ns  (compiled in %.1f ms, %zu KiB)\n", counts[i],
               best / LOOK_UPS * 1e9, compiled * 1e3, sl_arena_used(b.arena) >> 10);
        sl_arena_free(b.arena);
    }
    return 0;
}
