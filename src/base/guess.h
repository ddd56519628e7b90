/**
 * guess: the known name that a mistyped one most likely means, for messages such as
 * "did you mean 'orders'?". Edits are insertions, deletions, replacements and swaps of neighbours;
 * a guess may take at most a third of what was typed, or one. Pure; one thread owns a guess.
 */
#pragma once
#include "base/base.h"

/** Longer names are not guessed at. */
enum { SL_GUESS_BYTES_MAX = 48 };

struct sl_guess {
    sl_str typed; /* borrowed */
    sl_str best;  /* the nearest name so far, borrowed; p == NULL: none is near enough */
    size_t edits; /* a better name has fewer */
};

void sl_guess_init(struct sl_guess *g, sl_str typed);
/** Consider one known name; of equally near ones the first stays. */
void sl_guess_consider(struct sl_guess *g, sl_str name);
