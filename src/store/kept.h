/**
 * kept: answers of /v1/responses in the store, so that they outlive the process that gave them, and are found
 * by the nodes beside it (table kept_response).
 *
 * Each process writes what it keeps and deletes, and looks for what the others did since it looked last. What is
 * written later has a higher number, whoever commits it, so that a look misses nothing. Blocks.
 */
#pragma once
#include "store/db.h"

struct sl_kept {
    sl_str owner, id;
    sl_str sealed; /* empty: it was deleted */
    int64_t written_us, bytes;
};

/** In one transaction: each in place of one with the same owner and id, unless that was deleted: this is final. */
sl_rc sl_kept_write(struct sl_db *db, sl_str writer, const struct sl_kept *rows,
                    size_t n) SL_CHECKED;

/** Texts live for the call. */
typedef void sl_kept_fn(const struct sl_kept *row, void *arg);
/**
 * Tell what other writers did after number *seen, oldest first; *seen becomes the number of the last one. A store
 * that was restored from a backup may have begun anew: then all that it has is told.
 */
sl_rc sl_kept_look(struct sl_db *db, sl_str writer, int64_t *seen, sl_kept_fn *fn,
                   void *arg) SL_CHECKED;

struct sl_kept_limits {
    int64_t before_us;   /* what was written before goes */
    int64_t owner_bytes; /* of one owner's */
    int64_t bytes;       /* of all */
};
/** Take out what is too old, then the oldest of each owner that has too much, then the oldest of all. */
sl_rc sl_kept_prune(struct sl_db *db, const struct sl_kept_limits *limits) SL_CHECKED;
