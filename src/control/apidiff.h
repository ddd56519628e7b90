/**
 * apidiff: what is different between two descriptions of an API, and what of it breaks its callers.
 *
 * Both are specs of services (members `operations` and `schemas`). Operations are the same when method and path
 * are, whatever parameters are called. What callers send may only become more, what they get only less:
 * a new required parameter breaks them, and so does a value that an answer could not have before. Pure.
 *
 * How much there is to do is decided by who wrote the descriptions: it has memory of its own, and ends when it took
 * too long, or when little of that is left (is_cut). The caller's arena gets the changes, which are few and short.
 */
#pragma once
#include "base/arena.h"
#include "base/node.h"

enum {
    SL_APIDIFF_CHANGES_MAX = 1000,
    SL_APIDIFF_DEPTH_MAX = 64,
    SL_APIDIFF_STEPS_MAX = 500000,
    SL_APIDIFF_OPERATIONS_MAX = 20000 /* services with more are not compared */
};

struct sl_apidiff {
    struct sl_node
        *changes; /* a list of {kind, level, operation, where, detail}; kind: added, removed,
                                deprecated, changed */
    size_t breaking, total; /* also of those beyond the limit */
    bool is_cut;            /* there were too many, or it took too long */
    bool is_partial;        /* not all was compared: there may be others, breaking ones too */
};

void sl_apidiff(const struct sl_node *before, const struct sl_node *after, struct sl_arena *a,
                struct sl_apidiff *ret);
/** For people, a line for each change, breaking ones first. */
sl_str sl_apidiff_text(const struct sl_apidiff *d, struct sl_arena *a);
/** As the API answers it: {breaking, total, is_cut, changes, text}. It takes `changes`. */
struct sl_node *sl_apidiff_tree(const struct sl_apidiff *d, struct sl_arena *a);
