/**
 * seeds: what budgets that are new to this process had spent before, here or in another life: read from the ledger.
 */
#pragma once
#include "base/diag.h"

struct sl_state_registry;

/** Nothing is done when no budget is new. What is wrong is in `d`. */
sl_rc sl_seeds_take(struct sl_state_registry *states, sl_str data_dir,
                    struct sl_diag *d) SL_CHECKED;
