/* A certificate and its key as people give them: any bytes. What is before the first NUL is the chain. */
#include "base/str.h"
#include "net/tls_certificate.h"

static void check(const struct sl_certificate *c)
{
    const struct sl_certificate_facts *f = sl_certificate_facts(c);
    SL_ASSERT(f->fingerprint.n == 64);
    SL_ASSERT(f->chain_count >= 1 && f->chain_count <= SL_CERTIFICATE_CHAIN_MAX);
    SL_ASSERT(sl_certificate_names(c)->n != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(8));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_str text = {(const char *)data, n};
    size_t at = sl_str_find(text, '\0', 0);
    struct sl_certificate_source from = {.chain_pem = sl_str_head(text, SL_MIN(at, n)),
                                         .key_pem = sl_str_from(text, at < n ? at + 1 : n)};
    struct sl_certificate *c;
    sl_diag_init(d, a);
    if (sl_certificate_new(&from, &c, d) == SL_OK) {
        check(c);
        sl_certificate_unref(c);
    } else {
        SL_ASSERT(d->count != 0);
    }
    sl_arena_free(a);
    return 0;
}
