/*
 * A schema and a value, between them a zero byte, into codec/jsonschema: a verdict within its limits.
 */
#include "base/str.h"
#include "codec/jsonschema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(512));
    struct sl_diag d;
    struct sl_jsonscan_info info;
    const struct sl_node *n = NULL;
    const struct sl_schema *s = NULL;
    const struct sl_json *v = NULL;
    sl_str text = {(const char *)data, size};
    size_t cut = SL_MIN(sl_str_find(text, '\0', 0), size);
    sl_diag_init(&d, a);
    if (sl_json_to_node(sl_str_head(text, cut), SL_STR(""), a, &d, &n) == SL_OK &&
        sl_json_parse(sl_str_from(text, SL_MIN(cut + 1, size)), a, &v, &info) == SL_OK) {
        struct sl_schema_set *set = sl_schema_set_new(n, a, &d);
        struct sl_schema_report report = {.arena = a, .seed = 1};
        if (sl_schema_add(set, n, SL_STR("s"), &s) == SL_OK && sl_schema_set_end(set) == SL_OK) {
            bool fits = sl_schema_check(s, v, &report);
            SL_ASSERT(fits == (report.n == 0));
            SL_ASSERT(report.n <= SL_SCHEMA_FAULTS_MAX);
        } else {
            SL_ASSERT(!sl_diag_is_clean(&d));
        }
    }
    sl_arena_free(a);
    return 0;
}
