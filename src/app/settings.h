/**
 * settings: which settings of the gateway hold from the next start on.
 */
#pragma once
#include "base/log.h"
#include "snapshot/resource.h"

/** Name those that a reload to `c` changes in vain, one a line of the log. */
void sl_settings_warn(const struct sl_gateway_config *now, const struct sl_gateway_config *c,
                      struct sl_log *log);
