/**
 * about: what a node runs with, for people to read: its memory, and the settings of its files as they hold,
 * defaults included and secrets left out, and how long it keeps requests. Any thread.
 */
#pragma once
#include "codec/jsonw.h"
#include "snapshot/resource.h"
#include "store/retention.h"

/** Members of an open object. */
void sl_about_write(const struct sl_gateway_config *config, const struct sl_ledger_keep *kept,
                    struct sl_jsonw *w);
