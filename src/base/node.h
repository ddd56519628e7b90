/**
 * node: a value of a configuration file (YAML or JSON) with the place where it stands.
 *
 * Trees are made by codec/yaml and codec/json in an arena, are immutable, and are read through
 * field tables (base/field.h). Depth is bounded by the parser (SL_NODE_DEPTH_MAX).
 */
#pragma once
#include "base/base.h"

enum { SL_NODE_DEPTH_MAX = 64 };

enum sl_node_kind {
    SL_NODE_NULL,
    SL_NODE_BOOL,
    SL_NODE_NUMBER,
    SL_NODE_STRING,
    SL_NODE_LIST,
    SL_NODE_MAP
};

struct sl_node {
    enum sl_node_kind kind;
    uint32_t line, column; /* from 1 */
    bool is_quoted;        /* a quoted scalar is never a number, a bool or null */
    sl_str file;
    sl_str text;   /* scalars: the text as written, unquoted; BOOL: "true" or "false" */
    uint64_t hash; /* of it and what is below, where it was taken (snapshot/build.h); 0: not */
    sl_str key;    /* members of a map ... */
    uint32_t key_line, key_column; /* ... and where it stands */
    struct sl_node *children;      /* LIST and MAP, in order */
    struct sl_node *next;          /* sibling */
    size_t child_count;
};

/** The member `key` of a map; NULL when there is none or `n` is no map. */
const struct sl_node *sl_node_get(const struct sl_node *n, sl_str key);
