/**
 * listeners: where the gateway accepts connections: the sockets (one for each worker) and the
 * certificates, brought from one configuration to the next without losing a connection.
 *
 * A change is prepared first, which may fail and then changes nothing, and committed when the rest of the
 * configuration is published. Control thread only; reads files and may block.
 */
#pragma once
#include "gate/worker.h"
#include "snapshot/resource.h"

struct sl_listeners;

/** For these workers (borrowed). `log` may be NULL. */
struct sl_listeners *sl_listeners_new(struct sl_worker *const *workers, size_t worker_count,
                                      struct sl_log *log) SL_CHECKED;
/** The workers close their sockets themselves. Accepts NULL. */
void sl_listeners_free(struct sl_listeners *ls);

/**
 * Open what `c` has and we have not, and read all certificates. On failure (SL_E_CONFIG, _IO; problems in
 * `d`) nothing has changed.
 */
sl_rc sl_listeners_prepare(struct sl_listeners *ls, const struct sl_gateway_config *c,
                           struct sl_diag *d) SL_CHECKED;
/** Hand what was prepared to the workers. */
void sl_listeners_commit(struct sl_listeners *ls);
