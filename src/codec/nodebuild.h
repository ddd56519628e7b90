/**
 * nodebuild: the common back half of the parsers of configuration files (codec/yaml, codec/json):
 * events in, a tree of nodes (base/node.h) out.
 *
 * It owns the rules that do not depend on the notation: the depth (SL_NODE_DEPTH_MAX), the arena's
 * limit, and that no name occurs twice in a map. Every failure stands in the diag with its place.
 * Use: events in document order, until one fails; then b->root is the tree. Nothing to free. One thread.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"

struct sl_node_place {
    uint32_t line, column; /* from 1 */
};

struct sl_nodebuild_level {
    struct sl_node *node, *last; /* the container, its newest child */
    sl_str key;                  /* of the member whose value comes next */
    struct sl_node_place key_at;
    bool has_key;
};

struct sl_nodebuild {
    struct sl_arena *arena; /* of the tree; borrowed */
    struct sl_diag *diag;   /* borrowed */
    sl_str file;            /* borrowed; must live as long as the tree */
    struct sl_nodebuild_level levels[SL_NODE_DEPTH_MAX];
    size_t depth;
    struct sl_node *root;
};

void sl_nodebuild_init(struct sl_nodebuild *b, sl_str file, struct sl_arena *a, struct sl_diag *d);

/** Begin a LIST or MAP. SL_E_LIMIT beyond the depth. */
sl_rc sl_nodebuild_open(struct sl_nodebuild *b, enum sl_node_kind kind,
                        struct sl_node_place at) SL_CHECKED;
/** End the innermost one; SL_E_CONFIG when a name is in a map twice. */
sl_rc sl_nodebuild_close(struct sl_nodebuild *b) SL_CHECKED;
/** Is a name wanted next (and not a value)? */
bool sl_nodebuild_wants_key(const struct sl_nodebuild *b);
/** The name of the next member; must live as long as the tree. */
void sl_nodebuild_key(struct sl_nodebuild *b, sl_str key, struct sl_node_place at);
/** A scalar; `text` must live as long as the tree. */
sl_rc sl_nodebuild_scalar(struct sl_nodebuild *b, enum sl_node_kind kind, sl_str text,
                          bool is_quoted, struct sl_node_place at) SL_CHECKED;
/** The node that was added last at this level, or the root. */
struct sl_node *sl_nodebuild_last(const struct sl_nodebuild *b);

/** Record a problem at a place and return `rc`. */
sl_rc sl_nodebuild_fail(struct sl_nodebuild *b, sl_rc rc, struct sl_node_place at,
                        const char *text);
