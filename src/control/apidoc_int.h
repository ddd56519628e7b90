/**
 * apidoc_int: what the parts of the reader of API documents share. Never leaves this folder.
 */
#pragma once
#include "base/map.h"
#include "base/str.h"
#include "control/apidoc.h"
#include "control/tree.h"

/* What the document calls itself. */
enum sl_apidoc_dialect { SL_APIDOC_2_0, SL_APIDOC_3_0, SL_APIDOC_3_1 };

struct sl_apidoc_reader {
    const struct sl_node *root;
    struct sl_arena *a;
    struct sl_diag *d;
    enum sl_apidoc_dialect dialect;
    size_t node_count;        /* of the result */
    bool is_too_large;        /* and it was said */
    struct sl_map references; /* text -> struct sl_node that it leads to */
    struct sl_tree_tail warnings;
    size_t warning_count;
};

/* A value of the document. Its JSON pointer is looked for when somebody wants to know. */
struct sl_apidoc_at {
    const struct sl_node *node; /* NULL: nothing there */
};

static inline struct sl_apidoc_at sl_apidoc_at(const struct sl_node *n)
{
    return (struct sl_apidoc_at){.node = n};
}
/** A member of a value. */
static inline struct sl_apidoc_at sl_apidoc_member(struct sl_apidoc_at at, const char *key)
{
    return sl_apidoc_at(at.node != NULL ? sl_node_get(at.node, sl_cstr(key)) : NULL);
}
/** A problem at a place; returns SL_E_INVALID. */
sl_rc sl_apidoc_fail(struct sl_apidoc_reader *r, struct sl_apidoc_at at, const char *fmt, ...)
    SL_PRINTF(3, 4);
void sl_apidoc_warn(struct sl_apidoc_reader *r, struct sl_apidoc_at at, const char *fmt, ...)
    SL_PRINTF(3, 4);
/** Where a value's "$ref", if it has one, leads in the end. False when it was refused. */
bool sl_apidoc_follow(struct sl_apidoc_reader *r, struct sl_apidoc_at *at);
/** Count a node of the result; false when there are too many. */
bool sl_apidoc_spend(struct sl_apidoc_reader *r, struct sl_apidoc_at at);

/* apidoc_schema.c */

/** A schema in the form of 3.1; NULL when it was refused. */
struct sl_node *sl_apidoc_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at);
/** Another copy of what was read, counted. NULL when there is too much. */
struct sl_node *sl_apidoc_again(struct sl_apidoc_reader *r, const struct sl_node *schema);
/** The named schemas. */
struct sl_node *sl_apidoc_schemas(struct sl_apidoc_reader *r);
/** The schema that a parameter of 2.0 is by itself. */
struct sl_node *sl_apidoc_plain_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at);
