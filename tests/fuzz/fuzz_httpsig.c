/* Signatures of requests and digests of bodies: any bytes. The first byte says which. */
#include "base/str.h"
#include "codec/httpsig.h"

static void signature(sl_str text, struct sl_arena *a)
{
    struct sl_httpsig s;
    struct sl_head rq = {.method = SL_STR("GET"), .target = SL_STR("/"), .version = 11};
    const char *why = NULL;
    sl_str base;
    sl_headers_init(&rq.headers, a);
    SL_ASSERT(sl_headers_add(&rq.headers, SL_STR("date"), text.n < 100 ? text : SL_STR("d")));
    if (!sl_httpsig_parse(text, a, &s, &why)) {
        SL_ASSERT(why != NULL);
        return;
    }
    SL_ASSERT(s.key_id.n != 0 && s.signature.n != 0);
    SL_ASSERT(s.field_count != 0 && s.field_count <= SL_HTTPSIG_FIELDS_MAX);
    for (size_t i = 0; i < s.field_count; i++)
        SL_ASSERT(sl_httpsig_covers(&s, s.fields[i]));
    if (sl_httpsig_base(&s, &rq, a, &base, &why))
        SL_ASSERT(base.n != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(8));
    sl_str text = {(const char *)data + (n != 0), n - (n != 0)};
    if (n != 0 && data[0] % 2 == 0)
        signature(text, a);
    else if (n != 0)
        (void)sl_digest_field_fits(text, &text, 1);
    sl_arena_free(a);
    return 0;
}
