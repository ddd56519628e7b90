/**
 * rows: resources in the store, whatever their kind: an id, a name unique in the kind, who owns it, and
 * two JSON texts. What they mean is the business of control/.
 *
 * Texts of a row that was got are in the caller's arena; those that a visitor sees live until it returns.
 */
#pragma once
#include "store/store.h"

struct sl_row {
    sl_str id, kind, name;
    sl_str workspace, team; /* may be empty */
    int64_t revision;
    sl_str spec, status; /* JSON objects */
    int64_t created_us, updated_us;
    sl_str created_by, updated_by;
    sl_str origin; /* of one that is not in the store: "sluice.yaml:12" */
};

/** Which state of which row: a committed row of the same head is the same row. */
struct sl_row_head {
    sl_str id;
    int64_t revision, updated_us;
};

/** SL_E_NOTFOUND when there is none. */
sl_rc sl_row_by_id(struct sl_tx *tx, sl_str kind, sl_str id, struct sl_arena *a,
                   struct sl_row *ret) SL_CHECKED;
sl_rc sl_row_by_name(struct sl_tx *tx, sl_str kind, sl_str name, struct sl_arena *a,
                     struct sl_row *ret) SL_CHECKED;
/** SL_E_CONFLICT when the kind has the name already. */
sl_rc sl_row_insert(struct sl_tx *tx, const struct sl_row *row) SL_CHECKED;
/** Everything but id, kind and creation; the revision must be row->revision - 1 still, else SL_E_CONFLICT. */
sl_rc sl_row_update(struct sl_tx *tx, const struct sl_row *row) SL_CHECKED;
/** Only the status: neither revision nor time change. */
sl_rc sl_row_set_status(struct sl_tx *tx, sl_str id, sl_str status) SL_CHECKED;
/** With its references. */
sl_rc sl_row_delete(struct sl_tx *tx, sl_str id) SL_CHECKED;

/** What a row refers to; or a member of it and its value, "service.status.state" and "draft". */
struct sl_ref {
    sl_str kind, name;
};

enum sl_row_order { SL_ROWS_BY_NAME, SL_ROWS_BY_CREATED, SL_ROWS_BY_UPDATED };

/** From the one to the other, both included; 0: open. */
struct sl_row_span {
    int64_t from_us, until_us;
};

struct sl_row_query {
    sl_str kind;
    enum sl_row_order order;
    bool is_descending;
    sl_str workspace;           /* p == NULL: any */
    sl_str search;              /* only rows whose name has this in it; empty: any */
    sl_str target_kind, target; /* only rows that refer to this; p == NULL: any */
    struct sl_ref
        hint; /* rows without this are not wanted, and may be left out; name.p == NULL: none */
    struct sl_row_span created, updated;
    bool has_after;    /* begin behind this row: */
    sl_str after_text; /* BY_NAME: its name; else its id ... */
    int64_t after_us;  /* ... and its time */
};

/** Visit rows in order until `visit` returns false. */
sl_rc sl_rows_each(struct sl_tx *tx, const struct sl_row_query *query,
                   bool (*visit)(const struct sl_row *row, void *arg), void *arg) SL_CHECKED;
/** Visit the heads of all rows of a kind, by name, until `visit` returns false. */
sl_rc sl_row_heads_each(struct sl_tx *tx, sl_str kind,
                        bool (*visit)(const struct sl_row_head *head, void *arg),
                        void *arg) SL_CHECKED;
sl_rc sl_rows_count(struct sl_tx *tx, sl_str kind, int64_t *ret) SL_CHECKED;

/** Replace what `id` refers to. Duplicates count once. */
sl_rc sl_refs_set(struct sl_tx *tx, sl_str id, const struct sl_ref *refs, size_t n) SL_CHECKED;
/** Visit the rows that refer to `target`, until `visit` returns false. */
sl_rc sl_refs_each(struct sl_tx *tx, const struct sl_ref *target,
                   bool (*visit)(const struct sl_row *row, void *arg), void *arg) SL_CHECKED;
