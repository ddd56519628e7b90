/**
 * secret: a key, token or password that we hold. It has a type of its own so that it cannot get into
 * a log line or a message by mistake: no macro of base/log.h and no printf takes it, and
 * sl_secret_reveal, the only way to its bytes, is easy to search for.
 *
 * The bytes are a heap copy, wiped by sl_secret_fini. One thread changes a secret; any may read it.
 */
#pragma once
#include "base/base.h"

struct sl_secret {
    sl_str hidden; /* owned; use the functions */
};

/** Copies `s`. The secret must be zeroed or finished. */
void sl_secret_init(struct sl_secret *secret, sl_str s);
/** Wipes and frees. Accepts a zeroed secret. */
void sl_secret_fini(struct sl_secret *secret);

/** Is it `s`? Takes the same time wherever they differ; the length is not hidden. */
bool sl_secret_eq(const struct sl_secret *secret, sl_str s) SL_CHECKED;
/** The bytes, borrowed, for the one place that must send or use them. */
sl_str sl_secret_reveal(const struct sl_secret *secret);

static inline bool sl_secret_is_empty(const struct sl_secret *secret)
{
    return secret->hidden.n == 0;
}
