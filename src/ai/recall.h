/**
 * recall: request bodies read a moment ago, so that what the next one has in common with them is compared, not scanned.
 *
 * An agent sends its tools and its whole conversation again with each step. Of the last bodies are kept: the bytes, by
 * reference, and what the scan had found behind elements of their arrays (sl_jsonscan_watch). Elements that are the same,
 * byte for byte and from the array's beginning, are stepped over; nothing rests on a hash.
 *
 * Bodies are compared with those of their own owner only, so that the time a request takes tells nobody what others
 * sent. At most SL_AI_RECALL_BODIES of them and SL_AI_RECALL_BYTES, the one used least recently goes first; those that
 * nobody used for a while go with sl_ai_recall_age. One thread owns it; no clock of its own.
 */
#pragma once
#include "ai/ai.h"
#include "ai/tokens.h"
#include "base/chunk.h"
#include "base/units.h"
#include "codec/jsonscan.h"

enum {
    SL_AI_RECALL_BODIES = 16,
    SL_AI_RECALL_BODY_BYTES_MIN = 16 << 10, /* what is smaller is scanned as fast */
    SL_AI_RECALL_BYTES = 8 << 20,           /* memory of all bodies, one at most half of it */
    SL_AI_RECALL_OWNER_BYTES = 256,         /* who is called longer has nothing kept */
    SL_AI_RECALL_MARKS = 64,                /* places of an array from which a scan can go on */
    SL_AI_RECALL_ARRAYS = 3,                /* tools, a conversation, instructions */
    SL_AI_RECALL_CUTS = 512
};
#define SL_AI_RECALL_AGE_US SL_MS(300000) /* bodies that nobody used for so long go */

struct sl_ai_recall;

/** A body, and whom it is from. */
struct sl_ai_recall_body {
    struct sl_ai_recall *recall; /* NULL: nothing is known and nothing is kept */
    struct sl_chunk *chunk;      /* holds the body; NULL: the same */
    sl_str owner;                /* empty: the same */
    sl_usec now_us;
};

struct sl_ai_recall *sl_ai_recall_new(void) SL_CHECKED;
/** Before the pool of the chunks. Accepts NULL. */
void sl_ai_recall_free(struct sl_ai_recall *r);
/** Let go of what was not used since SL_AI_RECALL_AGE_US. False: nothing is left. */
bool sl_ai_recall_age(struct sl_ai_recall *r, sl_usec now_us);
/** Memory of the bodies that are kept, and how many there are. */
size_t sl_ai_recall_bytes(const struct sl_ai_recall *r);
size_t sl_ai_recall_count(const struct sl_ai_recall *r);

/* ---- for a scan of the body */

/** Before it. False: it is not worth while, or not wanted; then none of the following. */
bool sl_ai_recall_begin(const struct sl_ai_recall_body *b, enum sl_ai_dialect dialect, sl_str body);
/**
 * sl_jsonscan_watch.recall. `meter` is what measures the strings of the array, and continues as it did in the body that
 * is known; NULL: none does.
 */
bool sl_ai_recall_array(struct sl_ai_recall *r, size_t member, sl_str text,
                        struct sl_ai_token_meter *meter, struct sl_jsonscan_progress *ret,
                        const struct sl_json_cut **ret_cuts);
/** sl_jsonscan_watch.note. */
void sl_ai_recall_note(struct sl_ai_recall *r, size_t member, const struct sl_ai_token_meter *meter,
                       const struct sl_jsonscan_progress *so_far, const struct sl_json_cut *cuts,
                       size_t at);
/** Behind it. Keep the body if it is good. Does a carrier of a signature stand in it (ai/signature.h)? */
bool sl_ai_recall_end(struct sl_ai_recall *r, bool is_good);
