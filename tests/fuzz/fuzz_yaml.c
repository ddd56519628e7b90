/*
 * Any bytes into codec/yaml: a tree within its limits, or exactly one problem that names the file.
 */
#include "base/err.h"
#include "base/str.h"
#include "codec/yaml.h"

static size_t count_nodes(const struct sl_node *n, unsigned depth)
{
    SL_ASSERT(depth <= SL_NODE_DEPTH_MAX);
    size_t count = 1, children = 0;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        count += count_nodes(c, depth + 1);
        children++;
    }
    SL_ASSERT(children == n->child_count);
    SL_ASSERT(children == 0 || n->kind == SL_NODE_LIST || n->kind == SL_NODE_MAP);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(8));
    struct sl_arena *texts = sl_arena_new("fuzz", SL_MIB(1));
    struct sl_diag d;
    const struct sl_node *docs = NULL;
    sl_diag_init(&d, texts);
    sl_str text = {(const char *)data, size};
    sl_rc rc = sl_yaml_parse(text, SL_STR("f"), a, &d, &docs);
    SL_ASSERT((rc == SL_OK) == (docs != NULL));
    SL_ASSERT((rc == SL_OK) == sl_diag_is_clean(&d));
    if (docs != NULL)
        SL_ASSERT(count_nodes(docs, 0) <= 1 + 2 * size + SL_YAML_ALIAS_NODES_MAX);
    else
        SL_ASSERT(sl_str_eq(d.problems[0].file, SL_STR("f")));
    sl_arena_free(a);
    sl_arena_free(texts);
    return 0;
}
