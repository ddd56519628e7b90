/**
 * response_keeper: one thread that keeps copies of the responses in gate/response_store in the control plane's
 * store, sealed, so that they outlive the process; and takes over what other nodes of the same store keep.
 *
 * No worker waits for it: what is put in and removed stands in a queue, of limited bytes, and is written
 * together. While the store is away the queue waits; what does not fit is kept in memory only, as the log says.
 * At most as many bytes as the memory may take are kept, of one owner and of all, for the same time.
 */
#pragma once
#include "control/control.h"
#include "gate/response_store.h"

enum {
    SL_RESPONSE_KEEPER_SERVER_MS = 250, /* between looks at what other nodes keep */
    SL_RESPONSE_KEEPER_FILE_MS = 2000,
    SL_RESPONSE_KEEPER_PRUNE_S = 60,
};

struct sl_response_keeper;

/**
 * Fill the store with what is kept (when the control plane's store can be read), observe it, and start. Before
 * the workers do. Borrows all. SL_E_IO when there is no thread to be had.
 */
sl_rc sl_response_keeper_start(struct sl_control *control, struct sl_response_store *store,
                               const struct sl_response_limits *limits, struct sl_log *log,
                               struct sl_response_keeper **ret) SL_CHECKED;
/** Writes what is left, if that can be done. Call it when the workers have ended. Accepts NULL. */
void sl_response_keeper_stop(struct sl_response_keeper *k);
