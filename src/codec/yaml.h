/**
 * yaml: configuration files in YAML as nodes (base/node.h) with line and column.
 *
 * A strict subset of YAML 1.2 with its core schema, in which a text means one thing to every reader:
 * `no`, `on` and `12:30` are strings; tags, merge keys (<<) and names that are not plain texts are
 * refused; so are names given twice. Anchors and aliases work, up to SL_YAML_ALIAS_NODES_MAX copied
 * nodes in a file, which ends the "billion laughs". A document may be SL_NODE_DEPTH_MAX - 1 deep. The
 * whole tree counts against the arena's limit.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"

/* Nodes that all aliases of a file together may stand for. */
enum { SL_YAML_ALIAS_NODES_MAX = 100000 };

/**
 * Parse every document of `text`. *ret is a LIST with one child for each (a document without content
 * is a NULL node; an empty file is an empty list). The tree and its texts are in `a`; `file` must live
 * as long. The first problem ends it: SL_E_CONFIG or SL_E_LIMIT, with the place and the remedy in `d`.
 */
sl_rc sl_yaml_parse(sl_str text, sl_str file, struct sl_arena *a, struct sl_diag *d,
                    const struct sl_node **ret) SL_CHECKED;
