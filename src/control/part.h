/**
 * part: what one row of the store gives to the composed document, kept as long as the row does not change.
 *
 * A part is immutable and in one piece of memory; documents share it, and whoever has a table of parts has a
 * reference to each of them. A table that was committed serves the next composing, which makes only those anew
 * whose row is another one. So there are at most two tables of one size: what is served, and what is being made.
 */
#pragma once
#include "base/map.h"
#include "base/node.h"
#include "store/rows.h"

/** What a noun's hook makes of its row; borrowed texts and nodes. */
struct sl_piece {
    size_t list;          /* of the document: enum sl_noun_index, or SL_NOUN_COUNT: policies */
    struct sl_node *item; /* NULL: nothing */
    sl_str consumer; /* whose keys the items of `item` become; p == NULL: it is an item of `list` */
};

struct sl_part {
    _Atomic uint32_t refs;
    struct sl_row_head head; /* of its row; its texts are the part's own */
    sl_str name;             /* the row's */
    size_t list;
    const struct sl_node *item;
    sl_str consumer;
};

/** A copy of `piece`, with one reference. */
struct sl_part *sl_part_new(const struct sl_row *row, const struct sl_piece *piece);
struct sl_part *sl_part_ref(struct sl_part *p);
/** Accepts NULL. Any thread. */
void sl_part_unref(struct sl_part *p);

struct sl_parts;
/** Empty, with one reference. */
struct sl_parts *sl_parts_new(void);
struct sl_parts *sl_parts_ref(struct sl_parts *t);
/** Accepts NULL. Any thread. */
void sl_parts_unref(struct sl_parts *t);
/** Takes the reference; NULL: a place that is filled later. */
void sl_parts_add(struct sl_parts *t, struct sl_part *p);
/** In the place of an empty one; takes the reference. */
void sl_parts_put(struct sl_parts *t, size_t i, struct sl_part *p);
/** Drop the newest until `n` are left. */
void sl_parts_cut(struct sl_parts *t, size_t n);
size_t sl_parts_count(const struct sl_parts *t);
const struct sl_part *sl_parts_at(const struct sl_parts *t, size_t i);

/** Looking up one after another what is in a table, mostly in its order. */
struct sl_parts_search {
    struct sl_parts *table; /* NULL: nothing is found */
    size_t at;
    struct sl_map by_id; /* made when the order is not the table's */
};
void sl_parts_search_init(struct sl_parts_search *s, struct sl_parts *table);
void sl_parts_search_fini(struct sl_parts_search *s);
/** The part of just this state of the row, borrowed; NULL when there is none. */
struct sl_part *sl_parts_find(struct sl_parts_search *s, const struct sl_row_head *head);
