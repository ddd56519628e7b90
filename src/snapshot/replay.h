/**
 * replay: which signatures were shown already, so that none is taken twice while its time lasts. Shared by all
 * workers, and kept over reloads (snapshot/state.h).
 *
 * What is remembered is a seeded hash and an end, eight bytes in a table of fixed size with twice the places, which
 * callers can neither make grow nor make forget: a signature for which there is no place is not taken. It may lie in two
 * buckets, of which it gets the emptier one: so all that are asked for find a place. A look costs two cache lines.
 * Two signatures are taken for the same one by chance less than once in 10^8.
 */
#pragma once
#include "snapshot/state.h"

enum { SL_REPLAY_MIN = 1 << 10, SL_REPLAY_MAX = 1 << 24 };

struct sl_replay;

/**
 * The memory of `identity` for `signatures`, SL_REPLAY_MIN .. SL_REPLAY_MAX; held by `holder`. Another number is
 * another memory, which begins empty. Control threads.
 */
struct sl_replay *sl_replay_get(struct sl_state_registry *states, sl_str identity,
                                uint32_t signatures, struct sl_arena *holder) SL_CHECKED;

enum sl_replay_seen {
    SL_REPLAY_NEW,
    SL_REPLAY_AGAIN, /* it was shown before */
    SL_REPLAY_FULL   /* it cannot be remembered: whoever takes it takes it twice */
};

/**
 * Remember a signature until `end_s` (Unix seconds). Of several threads that show it at once at most one is told
 * that it is new. Any thread.
 */
enum sl_replay_seen sl_replay_show(struct sl_replay *r, sl_str signature, int64_t end_s,
                                   int64_t now_s) SL_CHECKED;
