/*
 * What API keys cost: memory of each in what is served, and the time to find one, with few and with many.
 *
 *     build/tests/bench/keys [KEYS...]
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "snapshot/build.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOKUPS = 1000000, MANY = 100000 };

static const struct sl_policy_type *const no_policies[] = {NULL};

static sl_str key_of(size_t i, struct sl_strbuf *b)
{
    sl_strbuf_clear(b);
    sl_strbuf_addf(b, "sl-bench-key-%zu", i);
    return sl_strbuf_str(b);
}

/* One key for each consumer: the dearest form. */
static sl_str document_of(size_t n, struct sl_strbuf *out)
{
    struct sl_strbuf key = {0};
    sl_strbuf_add(out, SL_STR("{\"consumers\":["));
    for (size_t i = 0; i < n; i++) {
        sl_str text = key_of(i, &key);
        sl_strbuf_addf(out, "%s{\"name\":\"app-%zu\",\"keys\":[{\"name\":\"k\",\"key\":\"%.*s\"}]}",
                       i == 0 ? "" : ",", i, SL_STRF(text));
    }
    sl_strbuf_add(out, SL_STR("]}"));
    sl_strbuf_fini(&key);
    return sl_strbuf_str(out);
}

static double find_all(const struct sl_snapshot *s, size_t n)
{
    struct sl_strbuf key = {0};
    uint8_t(*digests)[SL_SHA256_BYTES] = malloc(SL_MIN(n, (size_t)65536) * sizeof(*digests));
    size_t m = SL_MIN(n, (size_t)65536), found = 0;
    for (size_t i = 0; i < m; i++)
        sl_sha256(key_of(i * (n / m), &key), digests[i]);
    sl_usec began_us = sl_clock_mono_us();
    for (size_t i = 0; i < LOOKUPS; i++)
        found += sl_snapshot_credential(s, digests[i * 7919 % m]) != NULL;
    sl_usec took_us = sl_clock_mono_us() - began_us;
    free(digests);
    sl_strbuf_fini(&key);
    return found == LOOKUPS ? 1000.0 * (double)took_us / LOOKUPS : -1;
}

static int measure(size_t n)
{
    struct sl_arena *a = sl_arena_new("keys", SL_MIB(8192));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_state_registry *states = sl_state_registry_new();
    struct sl_strbuf text = {0};
    const struct sl_node *document;
    struct sl_snapshot *s;
    sl_diag_init(d, a);
    if (sl_json_to_node(document_of(n, &text), SL_STR("keys"), a, d, &document) != SL_OK)
        return 1;
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    sl_usec began_us = sl_clock_mono_us();
    if (sl_snapshot_build(&document, 1, no_policies, states, 1, &s, d) != SL_OK)
        return 1;
    sl_usec took_us = sl_clock_mono_us() - began_us;
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    printf(
        "%9zu keys: built in %6.2f s, %6.1f bytes each (with their consumers), found in %5.1f ns\n",
        n, (double)took_us / 1e6, (double)(after - before) / (double)n, find_all(s, n));
    sl_snapshot_unref(s);
    sl_state_registry_free(states);
    sl_strbuf_fini(&text);
    sl_arena_free(a);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc <= 1)
        return measure(MANY / 100) + measure(MANY);
    for (int i = 1; i < argc; i++)
        failed += measure(strtoull(argv[i], NULL, 10));
    return failed;
}
