#include "codec/nodebuild.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

void sl_nodebuild_init(struct sl_nodebuild *b, sl_str file, struct sl_arena *a, struct sl_diag *d)
{
    *b = (struct sl_nodebuild){.arena = a, .diag = d, .file = file};
}

sl_rc sl_nodebuild_fail(struct sl_nodebuild *b, sl_rc rc, struct sl_node_place at, const char *text)
{
    return sl_diag_fail_at(b->diag, rc, b->file, at.line, at.column, SL_STR(""), "%s", text);
}

static struct sl_nodebuild_level *innermost(struct sl_nodebuild *b)
{
    return b->depth != 0 ? &b->levels[b->depth - 1] : NULL;
}

bool sl_nodebuild_wants_key(const struct sl_nodebuild *b)
{
    if (b->depth == 0)
        return false;
    const struct sl_nodebuild_level *in = &b->levels[b->depth - 1];
    return in->node->kind == SL_NODE_MAP && !in->has_key;
}

void sl_nodebuild_key(struct sl_nodebuild *b, sl_str key, struct sl_node_place at)
{
    SL_ASSERT(sl_nodebuild_wants_key(b));
    innermost(b)->key = key;
    innermost(b)->key_at = at;
    innermost(b)->has_key = true;
}

struct sl_node *sl_nodebuild_last(const struct sl_nodebuild *b)
{
    return b->depth != 0 ? b->levels[b->depth - 1].last : b->root;
}

static void link_child(struct sl_nodebuild_level *in, struct sl_node *n)
{
    n->key = in->key;
    n->key_line = in->key_at.line;
    n->key_column = in->key_at.column;
    in->has_key = false;
    if (in->last != NULL)
        in->last->next = n;
    else
        in->node->children = n;
    in->last = n;
    in->node->child_count++;
}

/* A new node in its place; NULL (and a problem) at the arena's limit. */
static struct sl_node *add(struct sl_nodebuild *b, enum sl_node_kind kind, struct sl_node_place at)
{
    SL_ASSERT(!sl_nodebuild_wants_key(b));
    struct sl_node *n = sl_arena_try_alloc(b->arena, sizeof(*n));
    if (n == NULL) {
        (void)sl_nodebuild_fail(b, SL_E_LIMIT, at, "the file is too large for its memory limit");
        return NULL;
    }
    n->kind = kind;
    n->file = b->file;
    n->line = at.line;
    n->column = at.column;
    if (b->depth != 0) {
        link_child(innermost(b), n);
    } else {
        SL_ASSERT(b->root == NULL);
        b->root = n;
    }
    return n;
}

sl_rc sl_nodebuild_scalar(struct sl_nodebuild *b, enum sl_node_kind kind, sl_str text,
                          bool is_quoted, struct sl_node_place at)
{
    struct sl_node *n = add(b, kind, at);
    if (n == NULL)
        return SL_E_LIMIT;
    n->text = text;
    n->is_quoted = is_quoted;
    return SL_OK;
}

sl_rc sl_nodebuild_open(struct sl_nodebuild *b, enum sl_node_kind kind, struct sl_node_place at)
{
    SL_ASSERT(kind == SL_NODE_LIST || kind == SL_NODE_MAP);
    if (b->depth == SL_NODE_DEPTH_MAX)
        return sl_nodebuild_fail(b, SL_E_LIMIT, at, "is nested deeper than 64 levels");
    struct sl_node *n = add(b, kind, at);
    if (n == NULL)
        return SL_E_LIMIT;
    b->levels[b->depth++] = (struct sl_nodebuild_level){.node = n};
    return SL_OK;
}

/* By name, then by place in the file. */
static int compare_members(const void *a, const void *b)
{
    const struct sl_node *x = *(const struct sl_node *const *)a;
    const struct sl_node *y = *(const struct sl_node *const *)b;
    int by_name = sl_str_cmp(x->key, y->key);
    if (by_name != 0)
        return by_name;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static sl_rc fail_duplicate(struct sl_nodebuild *b, const struct sl_node *first,
                            const struct sl_node *second)
{
    return sl_diag_fail_at(b->diag, SL_E_CONFIG, b->file, second->line, second->column, second->key,
                           "is given twice; it is already in line %u: remove one of them",
                           first->line);
}

static sl_rc check_duplicates(struct sl_nodebuild *b, const struct sl_node *map)
{
    if (map->child_count < 2)
        return SL_OK;
    const struct sl_node **sorted = sl_new_array(const struct sl_node *, map->child_count);
    size_t n = 0;
    for (const struct sl_node *c = map->children; c != NULL; c = c->next)
        sorted[n++] = c;
    qsort(sorted, n, sizeof(*sorted), compare_members);
    sl_rc rc = SL_OK;
    for (size_t i = 1; i < n; i++) {
        if (sl_str_eq(sorted[i - 1]->key, sorted[i]->key))
            rc = fail_duplicate(b, sorted[i - 1], sorted[i]);
    }
    sl_free(sorted);
    return rc;
}

sl_rc sl_nodebuild_close(struct sl_nodebuild *b)
{
    SL_ASSERT(b->depth != 0);
    SL_ASSERT(!innermost(b)->has_key);
    const struct sl_node *n = innermost(b)->node;
    b->depth--;
    return n->kind == SL_NODE_MAP ? check_duplicates(b, n) : SL_OK;
}
