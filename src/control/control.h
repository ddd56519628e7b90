/**
 * control: the control plane of one node: the store, the vault, and how what is in the store reaches the
 * workers.
 *
 * Every change is one transaction (struct sl_work). Before it is committed the whole configuration that
 * it would give is composed and compiled; what does not compile is undone and told, so that what is
 * committed can always be served. After the commit that very snapshot is published.
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

struct sl_actor;

/** The store's part of the configuration: a document (snapshot/document.h) and the arena that holds it. */
struct sl_composed {
    struct sl_arena *arena;
    const struct sl_node *document;
    int64_t change; /* number of the store's change that it has */
};

/** What the program does with it; called with the store's writer held, one after the other. */
struct sl_publish_ops {
    /** Compile it, with what the files say. Problems in `d`. Takes `c` on success only. */
    sl_rc (*prepare)(void *ctx, struct sl_composed *c, struct sl_diag *d);
    /** Follows every prepare that succeeded: serve it, or throw it away. */
    void (*finish)(void *ctx, bool is_committed);
    /** Members of each node's state, as an array of objects. */
    void (*nodes)(void *ctx, struct sl_jsonw *w);
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
};

struct sl_throttle;

struct sl_control {
    struct sl_control_config config;
    struct sl_store *store;
    struct sl_vault *vault;
    struct sl_throttle *throttle; /* of logins */
    const char *data_dir;
};

/** Open the store (made when missing). What is wrong is in `d`. */
sl_rc sl_control_open(const struct sl_control_config *config, struct sl_control **ret,
                      struct sl_diag *d) SL_CHECKED;
/** No call may be under way. Accepts NULL. */
void sl_control_close(struct sl_control *c);

/** Compose what the store has now, for the start. *ret is the caller's: free its arena. */
sl_rc sl_control_compose(struct sl_control *c, struct sl_composed *ret,
                         struct sl_diag *d) SL_CHECKED;

/* ------------------------------------------------------------------ a transaction */

struct sl_work {
    struct sl_control *control;
    struct sl_tx *tx;
    struct sl_arena *a; /* borrowed: of all that the work makes */
    struct sl_diag *d;  /* borrowed */
    const struct sl_actor *actor;
    int64_t now_us;
    struct sl_rand rand;
    bool must_publish; /* a change reaches the traffic */
    bool is_dry;       /* check everything, commit nothing */
};

sl_rc sl_work_begin(struct sl_work *w) SL_CHECKED;
/** Compose, compile, commit, publish. Ends the work in any case. */
sl_rc sl_work_commit(struct sl_work *w) SL_CHECKED;
void sl_work_undo(struct sl_work *w);
/** Record the failure of a call of the store in w->d and return what the client is to see. */
sl_rc sl_work_fail(struct sl_work *w, sl_rc rc);
