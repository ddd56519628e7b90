/**
 * listeners: where the gateway accepts connections: the sockets (one for each worker) and the
 * certificates, brought from one configuration to the next without losing a connection.
 *
 * A change is prepared first, which may fail and then changes nothing, and committed when the rest of the
 * configuration is published. Control thread only; reads files and may block.
 */
#pragma once
#include "codec/jsonw.h"
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
/**
 * Where one of them is reached from this machine: "127.0.0.1:8080"; a plain one if there is any. False when
 * there is none with a port.
 */
bool sl_listeners_local(const struct sl_listeners *ls, struct sl_arena *a, sl_str *ret_address,
                        bool *ret_is_tls);
/** Write the addresses of all as URLs, an array. */
void sl_listeners_write(const struct sl_listeners *ls, struct sl_jsonw *w, struct sl_arena *a);
