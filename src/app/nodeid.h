/**
 * nodeid: the name by which the nodes that share a store know each other: a ULID in DATA_DIR/node-id, made at the
 * first start.
 */
#pragma once
#include "base/diag.h"
#include "base/id.h"

enum { SL_NODE_ID_BYTES = SL_ID_BYTES + 1 };

/** NUL-terminated. SL_E_IO with a problem in `d`. */
sl_rc sl_node_id_load(const char *path, char ret[SL_NODE_ID_BYTES], struct sl_diag *d) SL_CHECKED;
