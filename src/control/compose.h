/**
 * compose: what the store says as one document (snapshot/document.h): the same form that a configuration
 * file has, so that there is one way from resources to a snapshot. Each resource's nodes name it as their
 * file ("service/orders"), so that problems say whose they are.
 */
#pragma once
#include "base/map.h"
#include "control/change.h"
#include "control/tree.h"

struct sl_composer {
    struct sl_control *control;
    struct sl_tx *tx;
    struct sl_arena *a; /* of the document */
    struct sl_diag *d;
    struct sl_tree_tail lists[SL_NOUN_COUNT + 1]; /* by enum sl_noun_index; the last: policies */
    struct sl_map consumers;                      /* key -> struct sl_node of the list */
    bool is_of_draft; /* what its parts refer to themselves is not there */
    sl_rc rc;
};

/** Add an item to a list of the document. */
void sl_compose_add(struct sl_composer *c, enum sl_noun_index noun, struct sl_node *item);
/** The consumer's item, to which credentials are added; NULL when there is none. */
struct sl_node *sl_compose_consumer(struct sl_composer *c, sl_str key);
/** A stored text as a tree whose nodes name `row`. NULL with c->rc set when it is damaged. */
struct sl_node *sl_compose_parse(struct sl_composer *c, const struct sl_row *row, sl_str json);

/** The document of what the transaction sees. *ret is the caller's. */
sl_rc sl_compose(struct sl_control *control, struct sl_tx *tx, struct sl_composed *ret,
                 struct sl_diag *d) SL_CHECKED;

/** Would the draft compile, by itself and with what it refers to? Problems as SL_E_INVALID. */
sl_rc sl_compose_check_draft(struct sl_change *c) SL_CHECKED;
