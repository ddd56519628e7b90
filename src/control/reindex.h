/**
 * reindex: the index of members (struct sl_resource_type, `indexed`) after a program with other tables: rows
 * that an older one wrote are put into it, once.
 */
#pragma once
#include "control/control.h"

/** In the transaction of `w`, at the start. */
sl_rc sl_reindex(struct sl_work *w) SL_CHECKED;
