/**
 * admin: the operator's listeners (loopback unless configured otherwise, and a socket that only the owner of
 * the process can open): /metrics, /healthz, /readyz, and the admin API under /api/v1.
 *
 * A thread and a loop of its own; it only reads what the workers publish, and hands requests of the API to
 * a pool of control threads (app/api_pool.h).
 */
#pragma once
#include "control/control.h"
#include "gate/worker.h"
#include "store/writer.h"

struct sl_admin;

struct sl_admin_config_run {
    sl_str address;     /* "127.0.0.1:9080" */
    struct sl_log *log; /* borrowed; may be NULL */
    struct sl_worker *const *workers;
    size_t worker_count;
    struct sl_usage_writer *writer; /* NULL: no ledger */
    int64_t started_unix_s;
    struct sl_control *control;
    const char *socket_path; /* of the local socket; NULL: none */
    sl_str relay_secret;     /* borrowed: that of the workers */
};

/** SL_E_IO with a problem in *d naming the address when it cannot be listened on. */
sl_rc sl_admin_start(const struct sl_admin_config_run *config, struct sl_admin **ret,
                     struct sl_diag *d) SL_CHECKED;
/** The address that is listened on (a port of 0 was replaced). */
sl_str sl_admin_address(const struct sl_admin *a, struct sl_arena *arena);
/** Accepts NULL. */
void sl_admin_stop(struct sl_admin *a);
