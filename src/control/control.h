/**
 * control: the control plane of one node: the store, the vault, and how what is in the store reaches the
 * workers.
 *
 * Every change is one transaction (struct sl_work). Before it is committed the whole configuration that
 * it would give is composed and compiled; what does not compile is undone and told, so that what is
 * committed can always be served. After the commit that very snapshot is published. What other nodes
 * commit is taken by control/follow.h.
 *
 * Blocks: control threads only; any number of them at once.
 */
#pragma once
#include "base/id.h"
#include "base/log.h"
#include "codec/jsonw.h"
#include "control/resource.h"
#include "store/store.h"
#include "store/vault.h"

#include <pthread.h>
#include <stdatomic.h>

struct sl_actor;
struct sl_parts;
struct sl_policy;
struct sl_limit_count;
struct sl_snapshot;

/** The store's part of the configuration: a document (snapshot/document.h) and the arena that holds it. */
struct sl_composed {
    struct sl_arena *arena;
    const struct sl_node *document;
    int64_t change;         /* number of the store's change that it has */
    struct sl_parts *parts; /* what it is made of, held by the arena; NULL: it is of no store */
};

/** What other nodes compare. */
struct sl_node_summary {
    char hash[17]; /* of the configuration that is served */
};

/** What the program does with it; prepare and finish are called with the store's writer held, one after the other. */
struct sl_publish_ops {
    /** Compile it, with what the files say. Problems in `d`. Takes `c` on success only. */
    sl_rc (*prepare)(void *ctx, struct sl_composed *c, struct sl_diag *d);
    /** Follows every prepare that succeeded: serve it, or throw it away. */
    void (*finish)(void *ctx, bool is_committed);
    /** Write what this node is and serves, as members of an open object. Any thread. */
    void (*node)(void *ctx, struct sl_jsonw *w, struct sl_node_summary *ret);
    /** Write what it runs with, as members of an open object. NULL: nothing to tell. Any thread. */
    void (*about)(void *ctx, struct sl_jsonw *w);
    /**
     * Visit the documents of the files that are served, then call `done`, before anything else can be
     * served. NULL: there are none.
     */
    void (*files)(void *ctx, void (*visit)(const struct sl_node *document, void *arg),
                  void (*done)(void *arg), void *arg);
    /** Try again to open a store that could not be opened at the start: sl_control_connect and the like. */
    sl_rc (*open)(void *ctx, struct sl_diag *d);
    /**
     * What the limits of a subscription's plan have counted on this node. SL_E_NOTFOUND: it is not
     * served. NULL: nothing is. Any thread.
     */
    sl_rc (*limits)(void *ctx, sl_str consumer, sl_str service,
                    void (*visit)(const struct sl_policy *policy,
                                  const struct sl_limit_count *count, void *arg),
                    void *arg);
    /** How long single requests are kept on this node from now on, and in how much room; 0: as its files say. NULL: nothing keeps them. Any thread. */
    void (*keep_requests)(void *ctx, sl_usec kept_us, uint64_t max_bytes);
    /** Compile what is served once more, for keys of a key set have changed, and serve that. NULL: nothing is. Any thread. */
    void (*rebuild)(void *ctx);
    /** The configuration that is served, with a reference for who asks; NULL: none. Any thread. */
    struct sl_snapshot *(*snapshot)(void *ctx);
    /** Visit the files of certificates and keys; `is_served`: a listener's own certificate. NULL: there are none. */
    void (*certificates)(void *ctx, void (*visit)(const char *path, bool is_served, void *arg),
                         void *arg);
    /** Where this node's data plane is reached from itself: "127.0.0.1:8080". SL_E_NOTFOUND: nowhere. */
    sl_rc (*data_plane)(void *ctx, struct sl_arena *a, sl_str *ret_address, bool *ret_is_tls);
};

struct sl_control_config {
    const char *version; /* of the program */
    const char *dir;     /* holds control.db, master.key, last-good */
    const char *store;   /* the URL of a PostgreSQL database; NULL: <dir>/control.db */
    struct sl_log *log;
    const struct sl_policy_type *const *policies;
    const struct sl_publish_ops *ops; /* NULL: nothing is published (tests, verbs that only look) */
    void *ctx;
    const char *master_key_path; /* NULL: <dir>/master.key */
    struct sl_strs fetch_from;   /* private networks that documents may be fetched from */
    sl_usec audit_keep_us;       /* of the audit trail; 0: all of it */
    const char *node_id; /* by which other nodes know this one; NULL: it tells them nothing */
    enum sl_password_cost password_cost; /* of passwords that are set */
};

struct sl_throttle;
struct sl_sso;
struct sl_key_sets;
struct sl_refusals;
struct sl_described;

struct sl_control {
    struct sl_control_config config;
    struct sl_store *store;          /* only when is_open */
    atomic_bool is_open, is_failing; /* is_failing: it was away when it was looked at last */
    _Atomic int64_t served_change, refused_change; /* -1: none */
    _Atomic int64_t backup_began_us;               /* of the one that is being made; 0: none */
    _Atomic int64_t backup_look_us;                /* when it is looked next whether one is due */
    pthread_mutex_t parts_lock;
    struct sl_parts *parts; /* of what was composed and committed last; under the lock */
    struct sl_vault *vault;
    struct sl_throttle *throttle; /* of logins */
    struct sl_sso *sso;
    struct sl_key_sets *key_sets;
    struct sl_refusals *refusals; /* for the audit trail */
    int64_t trail_due_us;         /* of control/trail */
    int64_t settings_due_us;      /* of control/settings, as the next */
    enum sl_log_level file_log_level;
    struct sl_described *described;
    const char *data_dir;
};

/** With its vault, and without its store: the API answers 503 until sl_control_connect. */
sl_rc sl_control_new(const struct sl_control_config *config, struct sl_control **ret,
                     struct sl_diag *d) SL_CHECKED;
/** Open the store (made when missing). What is wrong is in `d`. */
sl_rc sl_control_connect(struct sl_control *c, struct sl_diag *d) SL_CHECKED;
/** Both. */
sl_rc sl_control_open(const struct sl_control_config *config, struct sl_control **ret,
                      struct sl_diag *d) SL_CHECKED;
/** Where the store is: a path or a URL; in `a`. */
const char *sl_control_where(const struct sl_control *c, struct sl_arena *a);
/** No call may be under way. Accepts NULL. */
void sl_control_close(struct sl_control *c);

/** The configuration that this node serves, with a reference for who asks; NULL: none. Any thread. */
struct sl_snapshot *sl_control_snapshot(struct sl_control *c);

/** Compose what the store has now, for the start. *ret is the caller's: free its arena. */
sl_rc sl_control_compose(struct sl_control *c, struct sl_composed *ret,
                         struct sl_diag *d) SL_CHECKED;

/** Do what is due: releases whose time has come. Every second or so, by one thread at a time. */
void sl_control_tick(struct sl_control *c, int64_t now_us);

/* ------------------------------------------------------------------ a transaction */

struct sl_work {
    struct sl_control *control;
    struct sl_tx *tx;
    struct sl_arena *a; /* borrowed: of all that the work makes */
    struct sl_diag *d;  /* borrowed */
    const struct sl_actor *actor;
    int64_t now_us;
    struct sl_rand rand;
    bool must_publish;              /* a change reaches the traffic */
    bool is_dry;                    /* check everything, commit nothing */
    int password_count;             /* with resources: each takes long */
    struct sl_passwords *passwords; /* borrowed: those that were foreseen; NULL: none */
};

sl_rc sl_work_begin(struct sl_work *w) SL_CHECKED;
/** Compose, compile, commit, publish. Ends the work in any case. */
sl_rc sl_work_commit(struct sl_work *w) SL_CHECKED;
void sl_work_undo(struct sl_work *w);
/** Record the failure of a call of the store in w->d and return what the client is to see. */
sl_rc sl_work_fail(struct sl_work *w, sl_rc rc);
