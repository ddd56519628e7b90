/**
 * document: configuration documents read noun by noun, with the place of everything.
 *
 * An item remembers the node it was read from, so that a problem which a field table cannot see
 * (a reference to something undefined, two routes that collide) still names file, line and column.
 * Documents are maps; null ones are skipped. One thread.
 */
#pragma once
#include "base/guess.h"
#include "snapshot/resource.h"

/** What is checked: nodes (not to be freed before) and where problems go. */
struct sl_documents {
    const struct sl_node *const *v;
    size_t n;
    struct sl_arena *arena;   /* of all that is read */
    struct sl_arena *scratch; /* of items, which may go before their configs; NULL: arena */
    struct sl_diag *d;
};

struct sl_item {
    const struct sl_node *node;
    sl_str path;  /* "services[2]", for problems */
    void *config; /* of the noun's struct */
    bool is_bad;  /* its fields had problems: do not use it, but it counts as defined */
};

struct sl_items {
    struct sl_item *v;
    size_t n;
};

/** Problems for members of documents that are no noun. */
void sl_documents_check(const struct sl_documents *docs);
/** Read every item of a list noun, in order over all documents; or the one map of another noun. */
struct sl_items sl_documents_read(const struct sl_documents *docs, enum sl_noun_index noun);
/** "list[7]" */
sl_str sl_document_path(struct sl_arena *a, const char *list, size_t index);
/** Read one item of a noun from `node`; `path` is its place in problems. */
struct sl_item sl_document_item(const struct sl_documents *docs, const struct sl_noun *noun,
                                const struct sl_node *node, sl_str path);
/**
 * The entries of every document's list `name`, as items without config; a string entry becomes the map
 * {shorthand: string}.
 */
struct sl_items sl_documents_list(const struct sl_documents *docs, sl_str name, sl_str shorthand);
/** The entries of the list `list` (NULL: none), whose path is `path`, in the same way. */
struct sl_items sl_document_entries(const struct sl_documents *docs, const struct sl_node *list,
                                    sl_str path, sl_str shorthand);

/**
 * The node that `path` ("routes[2].path") leads to below `node`, or the deepest one on the way that
 * is there.
 */
const struct sl_node *sl_node_at(const struct sl_node *node, sl_str path);

/** A problem of `item` at `path` below it; `path` may be empty. Returns SL_E_CONFIG. */
sl_rc sl_item_fail(struct sl_diag *d, const struct sl_item *item, sl_str path, const char *fmt, ...)
    SL_PRINTF(4, 5);
/** Give the problems from index `from` on, which somebody without nodes recorded, a place: `path` of `item` and their own path below it. */
void sl_item_adopt(struct sl_diag *d, size_t from, const struct sl_item *item, sl_str path);
