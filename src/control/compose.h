/**
 * compose: what the store says as one document (snapshot/document.h): the same form that a configuration
 * file has, so that there is one way from resources to a snapshot. Each resource's nodes name it as their
 * file ("service/orders"), so that problems say whose they are.
 */
#pragma once
#include "base/map.h"
#include "control/change.h"
#include "control/part.h"
#include "control/tree.h"

struct sl_composer {
    struct sl_control *control;
    struct sl_tx *tx;
    struct sl_arena *a; /* of what a hook makes: it is copied when the hook is done */
    struct sl_diag *d;
    struct sl_arena *document;                    /* of the document */
    struct sl_tree_tail lists[SL_NOUN_COUNT + 1]; /* by enum sl_noun_index; the last: policies */
    struct sl_map owners; /* key of a consumer -> struct owner, see compose.c */
    struct sl_arena *owners_arena;
    struct sl_parts *parts;        /* what is being made */
    struct sl_parts_search before; /* what was served */
    struct sl_piece piece;         /* what the hook that runs gives */
    bool is_of_others;             /* it looked at rows beside its own */
    bool is_of_draft;              /* what its parts refer to themselves is not there */
    sl_rc rc;
};

/** For hooks: the resource is this item of the list. */
void sl_compose_add(struct sl_composer *c, enum sl_noun_index noun, struct sl_node *item);
/** For hooks: the resource is these keys of the consumer; they are nothing while that is not there. */
void sl_compose_add_keys(struct sl_composer *c, sl_str consumer, struct sl_node *keys);
/** A stored text as a tree whose nodes name `row`. NULL with c->rc set when it is damaged. */
struct sl_node *sl_compose_parse(struct sl_composer *c, const struct sl_row *row, sl_str json);

/**
 * The document of what the transaction sees; *ret is the caller's. Parts whose rows are as they were when
 * they were adopted are taken from there.
 */
sl_rc sl_compose(struct sl_control *control, struct sl_tx *tx, struct sl_composed *ret,
                 struct sl_diag *d) SL_CHECKED;
/** What was composed is committed: the next composing may use its parts. Takes the reference. Any thread. */
void sl_compose_adopt(struct sl_control *control, struct sl_parts *parts);

/** Would the draft compile, by itself and with what it refers to? Problems as SL_E_INVALID. */
sl_rc sl_compose_check_draft(struct sl_change *c) SL_CHECKED;
