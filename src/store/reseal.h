/**
 * reseal: seal every secret of a store anew, under the newest master key, so that an older one can be thrown
 * away. Blocks.
 */
#pragma once
#include "store/db.h"
#include "store/vault.h"

struct sl_reseal_counts {
    int64_t resealed, current; /* secrets: sealed anew; were so already */
};

/**
 * One transaction: all, or, when a secret cannot be opened with the keys of `v` (SL_E_DENIED; `d` names the
 * resource), none. Resources keep their revisions; handles of secrets change.
 */
sl_rc sl_reseal(struct sl_db *db, const struct sl_vault *v, struct sl_reseal_counts *ret,
                struct sl_diag *d) SL_CHECKED;
