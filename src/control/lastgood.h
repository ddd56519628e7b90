/**
 * lastgood: the composed resources that were served last, in a file beside the store, sealed: what a node
 * serves when it cannot read its store. Control thread; blocks.
 */
#pragma once
#include "control/control.h"

/** Add what stands in the file to `text`, which has secrets. */
void sl_last_good_write(const struct sl_composed *composed, struct sl_strbuf *text);
/** Write <dir>/last-good: whole or not at all. Wipes the text. SL_E_IO. */
sl_rc sl_last_good_save(struct sl_control *c, struct sl_strbuf *text) SL_CHECKED;
/** Read it without a store. SL_E_NOTFOUND when there is none. */
sl_rc sl_last_good_load(const struct sl_control_config *config, struct sl_composed *ret,
                        struct sl_diag *d) SL_CHECKED;
