/**
 * worker: one thread of the data plane: a loop with its server, client, resolver and buffers.
 *
 * Everything of a worker belongs to its thread but the functions marked "any thread". Workers share
 * nothing but the snapshot and the state blocks it names (snapshot/state.h).
 */
#pragma once
#include <stdatomic.h>

#include "ai/recall.h"
#include "base/log.h"
#include "base/rand.h"
#include "gate/exchange.h"
#include "gate/meter.h"
#include "gate/metric.h"
#include "gate/response_store.h"

/** A worker's hold on a snapshot: counted without atomics, one reference to the snapshot for all. */
struct sl_lease {
    struct sl_snapshot *snapshot;
    uint32_t uses;
    bool is_current;
};

struct sl_worker_config {
    uint32_t index;
    struct sl_server_config server;
    struct sl_client_config client;
    struct sl_log *log;                  /* borrowed; NULL: silent */
    struct sl_log *access_log;           /* borrowed; NULL: none */
    const char *journal_dir;             /* NULL: no ledger */
    struct sl_response_store *responses; /* borrowed, of all workers; NULL: nothing is kept */
    size_t ai_body_bytes;                /* of requests to AI endpoints; 0: 32 MiB */
    size_t held_bytes;                   /* of all answers that are held back; 0: 64 MiB */
    sl_str
        relay_secret; /* borrowed; who sends it (x-sluice-relay) says where a request comes from; empty: nobody */
};

/** A change of listeners on its way to a worker. */
struct sl_worker_listeners {
    struct sl_worker_listeners *next; /* older */
    size_t n;
    struct sl_server_listen v[]; /* each holds its fd and a reference to its tls */
};

struct sl_worker {
    struct sl_worker_config config;
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_server *server;
    struct sl_rand rand;
    struct sl_lease *lease;                    /* the current one */
    struct sl_task control;                    /* woken by other threads */
    struct sl_snapshot *_Atomic next_snapshot; /* handed over by sl_worker_publish */
    struct sl_worker_listeners
        *_Atomic next_listeners;       /* by sl_worker_set_listeners, newest first */
    _Atomic uint64_t snapshot_version; /* what this worker serves now */
    _Atomic bool is_draining;
    _Atomic uint32_t exchanges; /* live */
    _Atomic uint32_t connections;
    _Atomic uint64_t dropped_records; /* that neither the disk nor memory took */
    _Atomic bool is_journal_failing;
    _Atomic bool is_accept_paused; /* the system gives no more descriptors */
    _Atomic bool is_shedding;      /* written by the control thread: refuse new requests */
    bool is_drain_begun;
    bool is_stopping; /* exchanges that go on without a client must end */
    struct sl_tick_hook tick;
    struct sl_meter meter;
    struct sl_strbuf access_lines; /* of this tick */
    size_t held_bytes; /* of answers that policies have to see whole, until they are sent */
    struct sl_ai_recall *recall; /* bodies of before */
    struct sl_timer recall_age;  /* runs while there are some */
    struct sl_metrics *metrics;
    struct sl_link finishing; /* exchanges whose answer may end once the journal is written */
};

struct sl_worker *sl_worker_new(const struct sl_worker_config *config) SL_CHECKED;
/** The thread must have ended. Accepts NULL. */
void sl_worker_free(struct sl_worker *w);
/** Any thread: have these listeners from now on (sl_server_set_listeners). Takes the fds. */
void sl_worker_set_listeners(struct sl_worker *w, const struct sl_server_listen *v, size_t n);
/** The thread's body: returns after sl_worker_stop. */
void sl_worker_run(struct sl_worker *w);

/** Any thread: serve from `s` (a reference is taken) from the next request on. */
void sl_worker_publish(struct sl_worker *w, struct sl_snapshot *s);
/** Any thread: stop accepting, let live exchanges end. */
void sl_worker_drain(struct sl_worker *w);
/** Any thread: refuse new requests (the process is at its memory limit), or take them again. */
void sl_worker_shed(struct sl_worker *w, bool is_shedding);
/** Any thread: end now; what is live is cut. */
void sl_worker_stop(struct sl_worker *w);
/** Any thread: live exchanges and connections. */
size_t sl_worker_exchanges(const struct sl_worker *w);
size_t sl_worker_connections(const struct sl_worker *w);

/* for the exchanges of this worker */
void sl_worker_access_log(struct sl_worker *w, const struct sl_record *r);
/** The body `chunk` holds of the exchange's consumer, for who reads it. */
struct sl_ai_recall_body sl_worker_recall(struct sl_worker *w, const struct sl_consumer *consumer,
                                          struct sl_chunk *chunk);
struct sl_lease *sl_lease_take(struct sl_worker *w);
void sl_lease_give(struct sl_worker *w, struct sl_lease *lease);
