/*
 * fuzz_match: the router against the reference that tries every rule; then raw bytes as host and path.
 */
#include "snapshot/match.h"
#include "tests/reference_match.h"

#include "base/str.h"

static void look_up_raw(sl_str text)
{
    static const struct sl_match_rule rules[] = {
        {.path_kind = SL_PATH_PREFIX, .path = SL_STR_INIT("/a/{b}"), .target = "prefix"},
        {.path_kind = SL_PATH_TEMPLATE, .path = SL_STR_INIT("/{a}/{b}/{c}"), .target = "template"},
        {.host = SL_STR_INIT("*.a"),
         .path_kind = SL_PATH_REGEX,
         .path = SL_STR_INIT("/(a|b)*c$"),
         .target = "regex"},
    };
    struct sl_arena *a = sl_arena_new("raw", SL_MIB(1));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_match *m = NULL;
    struct sl_head head = {.method_id = SL_METHOD_GET};
    struct sl_match_result ret;
    sl_diag_init(d, a);
    sl_headers_init(&head.headers, a);
    SL_ASSERT(sl_match_compile(rules, SL_LEN(rules), a, &m, d) == SL_OK);
    size_t slash = sl_str_find(text, '/', 0);
    sl_str host = sl_str_head(text, slash), path = sl_str_from(text, host.n);
    sl_match_find(m, &head, host, path, &ret);
    SL_ASSERT(ret.matched_path_bytes <= path.n);
    for (size_t i = 0; i < ret.param_count; i++)
        SL_ASSERT(ret.params[i].n != 0 && sl_str_find(ret.params[i], '/', 0) == SIZE_MAX);
    sl_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reference_match_check(data, size);
    look_up_raw(sl_str_of((const char *)data, size));
    return 0;
}
