/**
 * bench: a control plane in a directory of a test's own, and calls of its API without sockets.
 */
#pragma once
#include "control/api.h"
#include "control/identity.h"
#include "tests/unit/store/scratch.h"

#include <pthread.h>

struct bench {
    struct scratch s;
    const char *store, *node_id; /* as in sl_control_config */
    struct sl_control *control;
    struct sl_arena *a; /* of the answers */
    struct sl_headers headers;
    bool is_local;      /* of the calls: may do everything */
    const char *remote; /* address of the calls; NULL: one of them all */
    /* what the publishing was asked for */
    int prepared, published, thrown_away;
    bool must_refuse; /* the next prepare fails */
    pthread_mutex_t publishing;
    const struct sl_node *files;  /* a document of the files, or NULL */
    struct sl_snapshot *snapshot; /* that is served, of the test's own; NULL: none */
    sl_str document;              /* of the last prepare, as JSON */
};

/** One type, "signed", with a secret. NULL-terminated. */
extern const struct sl_policy_type *const bench_policies[];

void bench_init(struct bench *b);
void bench_fini(struct bench *b);
/** Another node of the store of `first`, which outlives it. */
void bench_join(struct bench *b, const struct bench *first);
void bench_leave(struct bench *b);
/** A header of all calls from now on. */
void bench_header(struct bench *b, const char *name, sl_str value);
void bench_no_headers(struct bench *b);
/** "GET", "/api/v1/users?limit=1", JSON or NULL. */
struct sl_api_answer bench_call(struct bench *b, const char *method, const char *target,
                                const char *body);
/** The same; fails the test unless it has the status. Returns the body as a tree. */
const struct sl_node *bench_want(struct bench *b, uint16_t status, const char *method,
                                 const char *target, const char *body);
/** Log in and send the session with all calls from now on, not being local any more. */
void bench_login(struct bench *b, const char *name, const char *password);
/** A member's text, by names: "status.state". */
sl_str bench_text(const struct sl_node *n, const char *path);
sl_str bench_header_of(const struct sl_api_answer *a, const char *name);
