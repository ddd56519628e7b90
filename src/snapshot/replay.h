/**
 * replay: which signatures were shown already, so that none is taken twice while its time lasts. Shared by all
 * workers, and kept over reloads (snapshot/state.h).
 *
 * What is remembered is a seeded hash and an end, eight bytes for each, in a table of fixed size: callers can
 * make it forget, not grow. In a bucket whose places are all taken, that which ends first is forgotten. A look costs
 * one cache line. Two signatures are taken for the same one by chance less than once in 10^8.
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

/**
 * Remember a signature until `end_s` (Unix seconds). False: it was shown before. Of several threads that show it
 * at once at most one is told true. Any thread.
 */
bool sl_replay_is_new(struct sl_replay *r, sl_str signature, int64_t end_s,
                      int64_t now_s) SL_CHECKED;
