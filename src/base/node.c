#include "base/node.h"
#include "base/str.h"

const struct sl_node *sl_node_get(const struct sl_node *n, sl_str key)
{
    if (n == NULL || n->kind != SL_NODE_MAP)
        return NULL;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (sl_str_eq(c->key, key))
            return c;
    }
    return NULL;
}
