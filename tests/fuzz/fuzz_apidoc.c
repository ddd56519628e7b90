/*
 * Any bytes into control/apidoc: operations and schemas within their limits, or problems that say where.
 */
#include "base/str.h"
#include "control/apidoc.h"
#include "control/tree.h"

static size_t count(const struct sl_node *n, unsigned depth)
{
    SL_ASSERT(depth <= SL_APIDOC_DEPTH_MAX + 8);
    size_t all = 1;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next)
        all += count(c, depth + 1);
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(1024));
    struct sl_diag d;
    struct sl_apidoc api;
    const struct sl_node *tree = NULL;
    sl_diag_init(&d, a);
    sl_rc rc = sl_apidoc_parse((sl_str){(const char *)data, size}, a, &d, &tree);
    if (rc == SL_OK)
        rc = sl_apidoc_read(tree, a, &d, &api);
    SL_ASSERT(rc == SL_OK || rc == SL_E_INVALID);
    SL_ASSERT((rc == SL_OK) == sl_diag_is_clean(&d));
    if (rc == SL_OK) {
        SL_ASSERT(api.operations->child_count > 0);
        SL_ASSERT(api.operations->child_count <= SL_APIDOC_OPERATIONS_MAX);
        SL_ASSERT(api.warnings->child_count <= SL_APIDOC_WARNINGS_MAX);
        (void)count(api.operations, 0);
        (void)count(api.schemas, 0);
    }
    sl_arena_free(a);
    return 0;
}
