/**
 * usage_block: requests of the ledger, many to a row (table usage_block, schema/003_blocks.sql).
 *
 * A block has the frames of the journal as they are, one after another; how early and how late its
 * requests began; and a filter that says which values of some columns (usage_filter.def) it may have, so
 * that who looks for one consumer's requests need not read everybody's. Readers use table `usage`, which
 * store/sqlite_usage makes of the blocks.
 *
 * Few requests at a time go to the block that came last until it has SL_USAGE_REWRITE_BYTES, so that a
 * quiet gateway has no row for each; many make blocks of about SL_USAGE_BLOCK_BYTES.
 */
#pragma once
#include "snapshot/telemetry.h"
#include "store/db.h"

enum {
    SL_USAGE_BLOCK_BYTES = 128 * 1024,
    SL_USAGE_REWRITE_BYTES =
        16 * 1024, /* a block that is stored and has less is written again with more */
    SL_USAGE_BLOCK_SPAN_S =
        3600 /* no later start in a block than so long after the first: retention takes blocks */
};

/** What `data` of a block is. */
enum sl_usage_form {
    SL_USAGE_FRAMES,
    SL_USAGE_OBJECT /* one request of before there were blocks: its columns as JSON */
};

/* ---- write: by the one writer of the ledger ---- */

struct sl_usage_blocks;

struct sl_usage_blocks *sl_usage_blocks_new(void);
/** Accepts NULL. */
void sl_usage_blocks_free(struct sl_usage_blocks *b);
/**
 * Take a request: its record, and the frame that it was decoded from. Blocks that are full are written, within the
 * caller's transaction. Errors as in store/db.h.
 */
sl_rc sl_usage_blocks_add(struct sl_usage_blocks *b, struct sl_db *db, const struct sl_record *r,
                          sl_str frame) SL_CHECKED;
/** Write the rest, within the same transaction. */
sl_rc sl_usage_blocks_write(struct sl_usage_blocks *b, struct sl_db *db) SL_CHECKED;
/** The transaction was undone, or somebody else took out blocks: look again what there is. */
void sl_usage_blocks_forget(struct sl_usage_blocks *b);

/* ---- filters ---- */

/** Of a value of the column with this number in usage_filter.def. */
uint64_t sl_usage_filter_hash(unsigned number, sl_str value);
/** False: no request of the block has the value. True may be wrong, about one time in a hundred. */
bool sl_usage_filter_may_have(sl_str filter, uint64_t hash);
