/**
 * policy_type: what a policy is. One file in src/policy/ per type; tables of them are made by the
 * build (ARCHITECTURE.md, section 6). Control validates configurations through the field table
 * without linking the policy.
 */
#pragma once
#include "base/field.h"

struct sl_exchange;
struct sl_ai_event;
struct sl_state_registry;

/** What a hook decided. */
enum sl_verdict {
    SL_PASS,  /* go on */
    SL_REPLY, /* x->res (and its body) is the answer: do not forward */
    SL_AWAIT, /* call me again when the one thing that I wait for is there */
    SL_FAIL,  /* sl_fail() was called: answer with that error */
};

/** Where a type may be attached. */
enum sl_policy_level {
    SL_AT_GLOBAL = 1 << 0,
    SL_AT_SERVICE = 1 << 1,
    SL_AT_ROUTE = 1 << 2,
    SL_AT_CONSUMER = 1 << 3,
};

/** Policies of one exchange run by rising order; those of AI routes at or above SL_ORDER_BODY see the parsed request. */
enum sl_policy_order {
    SL_ORDER_LIFECYCLE = 100,
    SL_ORDER_CORS = 200,
    SL_ORDER_NETWORK = 300,
    SL_ORDER_AUTHN = 400,
    SL_ORDER_RATE = 500,
    SL_ORDER_BODY = 600,
    SL_ORDER_AUTHZ = 700, /* what the caller may ask for: needs the model */
    SL_ORDER_QUOTA = 800,
    SL_ORDER_TRANSFORM = 900,
};

/** What a limit has counted for one consumer so far, on this node. */
struct sl_limit_count {
    const char *unit;       /* "requests", "tokens" or "usd" (nano-USD) */
    const char *period;     /* "day", "month", "total": windows of the calendar; NULL: it slides */
    const char *counted_by; /* not by consumer: "ip", "credential", ...; the rest is not known */
    sl_usec window_us;      /* of one that slides */
    int64_t limit;          /* for each window or period */
    int64_t burst;          /* of one that slides: what may come at once */
    int64_t used;
    int64_t remaining;    /* what would be let through now */
    int64_t resets_at_us; /* Unix microseconds: nothing counts any more; 0: never, or now already */
};

/** Whom a limit is asked about, and when. */
struct sl_limit_query {
    sl_str consumer;
    sl_usec now_us;  /* monotonic */
    int64_t wall_us; /* Unix microseconds */
};

struct sl_policy_type {
    const char *name, *summary;
    uint32_t levels;     /* enum sl_policy_level bits */
    uint32_t order;      /* enum sl_policy_order */
    bool narrowest_wins; /* several levels have one: only the narrowest runs; else all run */
    bool is_ai_only;
    bool is_internal;    /* nobody attaches it: it comes with a noun */
    uint32_t identifies; /* bits of enum sl_credential_kind: what callers prove themselves with */
    const char *const
        *told; /* members that callers must know to do so (STR, STRS, BOOL); NULL: none */
    bool
        wants_operation; /* x->route->operation with its schemas, and the body where it describes one */
    const struct sl_field *fields;
    size_t config_size, state_size;
    /**
     * Check what tables cannot, and precompute. Shared state that must survive a reload comes from
     * `states` under `identity` (the place of attachment, unique: "service/orders/rate_limit"). May be NULL.
     */
    sl_rc (*compile)(void *config, sl_str identity, struct sl_state_registry *states,
                     struct sl_arena *snapshot_arena, struct sl_diag *d);
    /** Must on_request see the whole body of this request? Asked before it, and changes nothing. May be NULL. */
    bool (*wants_body)(const struct sl_exchange *x, const void *config);
    enum sl_verdict (*on_request)(struct sl_exchange *x, const void *config, void *state);
    /**
     * Of how many bytes of this answer's body must on_response see all? x->res is its head. 0: of none. A body that
     * is longer passes without having been held back: x->hold says what became of it. May be NULL.
     */
    uint64_t (*answer_bytes)(struct sl_exchange *x, const void *config);
    enum sl_verdict (*on_response)(struct sl_exchange *x, const void *config, void *state);
    /** Exactly once per exchange whose on_request ran, whatever became of it. */
    void (*on_settle)(struct sl_exchange *x, const void *config, void *state);
    /** What it has counted for a consumer. Any thread, also beside the hooks. NULL: it limits nothing. */
    void (*count)(const void *config, const struct sl_limit_query *q, struct sl_limit_count *ret);
    /** What it will do, in a few words, for `sluice explain`. May be NULL. */
    void (*describe)(const void *config, struct sl_strbuf *out);
};

struct sl_policy {
    const struct sl_policy_type *type;
    const void *config;
    sl_str identity;
};

/** Sorted by type->order, stable. */
struct sl_policies {
    const struct sl_policy *v;
    size_t n;
};
