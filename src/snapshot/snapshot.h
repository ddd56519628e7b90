/**
 * snapshot: the compiled configuration that workers serve from: immutable, complete, refcounted.
 *
 * One path makes it, whatever the resources came from (files now, the store later):
 * resources (snapshot/resource.h) -> sl_snapshot_build -> workers. A build that fails changes nothing.
 * What must survive a change of snapshot (health, cooldowns, counters) is in snapshot/state.h blocks.
 *
 * Strings and tables live in the snapshot's arena. Reference counting: any thread.
 */
#pragma once
#include "ai/catalog.h"
#include "ai/price.h"
#include "ai/prompt.h"
#include "ai/provider.h"
#include "ai/surface.h"
#include "base/cidr.h"
#include "base/map.h"
#include "codec/jsonschema.h"
#include "codec/url.h"
#include "net/client.h"
#include "net/tls_certificate.h"
#include "snapshot/credential_index.h"
#include "snapshot/match.h"
#include "snapshot/policy_type.h"
#include "snapshot/state.h"
#include "snapshot/vendor_key.h"

/* ------------------------------------------------------------------ upstreams */

/** Shared by all workers, all snapshots: relaxed atomics; a torn view costs a worse choice, never an error. */
struct sl_endpoint_state {
    _Atomic uint32_t active;          /* requests in flight */
    _Atomic uint32_t failures_in_row; /* passive health */
    _Atomic int64_t ejected_until_us; /* monotonic; 0: in */
    _Atomic uint32_t ejections;       /* in a row: the pause doubles */
    _Atomic int64_t ewma_us;          /* peak-sensitive latency */
    _Atomic int64_t ewma_at_us;
    _Atomic bool is_down;           /* active health checks say so */
    _Atomic uint32_t probes_in_row; /* successes or failures since the last change */
    _Atomic uint64_t requests, errors;
    _Atomic int64_t probe_at_us; /* half-open: one probe until this instant */
};

struct sl_endpoint {
    sl_str url; /* as configured */
    struct sl_origin origin;
    sl_str authority; /* "host[:port]" for the Host field */
    sl_str base_path; /* path of the URL without a trailing slash, put before the request's */
    uint32_t weight;  /* 1..1000; 0: drained */
    struct sl_endpoint_state *state;
};

enum sl_balancer {
    SL_BALANCE_ROUND_ROBIN,
    SL_BALANCE_LEAST_REQUEST,
    SL_BALANCE_HASH,
    SL_BALANCE_EWMA
};
enum sl_hash_on {
    SL_HASH_ON_CLIENT_IP,
    SL_HASH_ON_HEADER,
    SL_HASH_ON_COOKIE,
    SL_HASH_ON_QUERY,
    SL_HASH_ON_PATH,
    SL_HASH_ON_CONSUMER
};

struct sl_timeouts {
    sl_usec connect_us;     /* name, TCP, TLS */
    sl_usec send_us;        /* between two writes of the request */
    sl_usec first_byte_us;  /* from the request sent to the response head */
    sl_usec idle_us;        /* between two reads of the response */
    sl_usec total_us;       /* everything: all attempts, pauses and queueing */
    sl_usec tunnel_idle_us; /* after an upgrade, between two bytes of either side */
};

struct sl_retry {
    uint32_t attempts;        /* beyond the first; 0: never */
    uint32_t on_statuses[16]; /* e.g. 502, 503, 504 */
    size_t on_status_count;
    bool retries_non_idempotent;        /* POST and PATCH too, when no byte of the answer came */
    uint32_t budget_percent;            /* of active requests that may be retries (at least 3) */
    sl_usec backoff_us, backoff_max_us; /* full jitter */
};

struct sl_breaker {
    uint32_t failures_in_row; /* passive: eject after; 0: off */
    sl_usec eject_us, eject_max_us;
    uint32_t eject_max_percent; /* never more of the endpoints than this: panic mode serves all */
};

struct sl_health_check {
    bool is_on;
    sl_str path;
    sl_usec interval_us, timeout_us;
    uint32_t healthy_after, unhealthy_after; /* in a row */
    uint32_t status_min, status_max;
};

/** For people: "round robin". */
const char *sl_balancer_name(enum sl_balancer b);

/** Shared: the retry budget of an upstream. */
struct sl_upstream_state {
    _Atomic uint32_t active, retrying;
    _Atomic uint64_t turn; /* round robin */
};

struct sl_upstream {
    sl_str name;
    enum sl_balancer balancer;
    enum sl_hash_on hash_on;
    sl_str hash_name; /* header, cookie or query name */
    struct sl_endpoint *endpoints;
    size_t endpoint_count;
    const uint32_t *wheel; /* ROUND_ROBIN: smooth weighted order of endpoint indices */
    size_t wheel_size;
    const struct sl_ring_point {
        uint64_t hash;
        uint32_t endpoint;
    } * ring; /* HASH: sorted */
    size_t ring_size;
    struct sl_timeouts timeouts;
    struct sl_retry retry;
    struct sl_breaker breaker;
    struct sl_health_check health;
    struct sl_upstream_state *state;
};

/* ------------------------------------------------------------------ services and routes */

enum sl_service_kind { SL_SERVICE_REST, SL_SERVICE_AI, SL_SERVICE_PROMPT };

/** A newer release of a service that some of its requests go to. */
struct sl_canary {
    const struct sl_match *match; /* of its own routes */
    uint32_t percent;             /* of the clients */
    uint64_t seed;                /* so that it is not always the same ones, for each service */
    sl_str header, value;         /* and whoever sends this field; empty value: any */
};

struct sl_service {
    sl_str name, version;
    const struct sl_canary *canary; /* NULL: none */
    enum sl_service_kind kind;
    const struct sl_upstream *upstream; /* REST */
    struct sl_policies policies;        /* its own, for `explain`; routes carry the merged chain */
    bool is_for_subscribers;            /* and for nobody else */
};

enum sl_parameter_place { SL_IN_PATH, SL_IN_QUERY, SL_IN_HEADER, SL_IN_COOKIE };

/** A parameter of an operation. */
struct sl_parameter {
    sl_str name;
    enum sl_parameter_place place;
    bool is_required, is_exploded;
    const struct sl_schema *schema; /* NULL: anything */
    size_t position; /* SL_IN_PATH: among the matcher's; SIZE_MAX: it is none of those */
};

struct sl_body {
    sl_str media_type;              /* lower case; may end in a star */
    const struct sl_schema *schema; /* NULL: anything */
};

struct sl_bodies {
    const struct sl_body *v;
    size_t n;
};

struct sl_response {
    sl_str status; /* "200", "2XX", "default" */
    struct sl_bodies bodies;
};

/** What an API's description says of a route, for policies that check against it. */
struct sl_operation {
    sl_str id;
    const struct sl_parameter *parameters;
    size_t parameter_count;
    bool is_body_required;
    struct sl_bodies bodies;
    const struct sl_response *responses;
    size_t response_count;
};

/** DOCUMENT: an answer that is the same for all, made with the snapshot. */
enum sl_handler { SL_HANDLER_PROXY, SL_HANDLER_AI, SL_HANDLER_DOCUMENT };

struct sl_route {
    sl_str name; /* unique: "orders/list" */
    const struct sl_service *service;
    const struct sl_operation *operation; /* NULL: it is none, or nobody wants to know */
    enum sl_handler handler;
    uint8_t ai_operation, ai_dialect;  /* SL_HANDLER_AI: enum sl_ai_operation, sl_ai_dialect */
    const struct sl_ai_prompt *prompt; /* AI: makes the chat; NULL: the client's own */
    sl_str document, document_type;    /* DOCUMENT */
    bool strips_prefix;                /* forward the path without the matched prefix */
    bool preserves_host;               /* forward the client's Host instead of the endpoint's */
    enum sl_path_mode path_mode;
    bool allows_upgrade;         /* WebSocket and other tunnels pass */
    struct sl_timeouts timeouts; /* zero members: the upstream's */
    struct sl_policies policies; /* global + service + route, merged, sorted */
    uint32_t index;              /* position in sl_snapshot.routes: for metrics */
};

/** Does a field of the request ask for it? */
bool sl_canary_is_asked_for(const struct sl_canary *c, const struct sl_headers *h);

/* ------------------------------------------------------------------ callers */

struct sl_subscription {
    sl_str service, plan;
    bool is_suspended;
    struct sl_policies policies; /* of its plan, counting for itself */
};

/** What not every consumer has. */
struct sl_consumer_extra {
    sl_str team, workspace; /* its tags of these names; may be empty */
    struct sl_policies policies;
    struct sl_pairs tags;
    struct sl_map subscriptions; /* service -> struct sl_subscription */
    bool is_shared;              /* by all whose tags are these, and who have nothing else */
};

/** There may be a million. */
struct sl_consumer {
    sl_str name;
    struct sl_consumer_extra *extra; /* NULL: nothing; see sl_consumer_extra */
};

/** Never NULL. */
static inline const struct sl_consumer_extra *sl_consumer_extra(const struct sl_consumer *c)
{
    static const struct sl_consumer_extra nothing;
    return c->extra != NULL ? c->extra : &nothing;
}

/* ------------------------------------------------------------------ AI */

/** Where a key's access tokens come from, when it is a credential of OAuth. */
struct sl_token_source {
    struct sl_ai_oauth credential;
    struct sl_endpoint endpoint; /* the token endpoint */
    sl_str target;               /* its path */
    sl_str account;              /* for people */
    struct sl_access_token *token;
};

/** Shared: learned about a vendor endpoint. */
struct sl_account_state {
    _Atomic int64_t no_stream_options_until_us; /* U3: it refused them; monotonic; 0: it did not */
    _Atomic int64_t clock_ahead_s;              /* of ours, for signatures: as far as was learned */
    _Atomic uint64_t turn;
};

struct sl_account {
    sl_str name;
    const struct sl_ai_vendor *vendor;
    sl_str region;               /* of the vendor's cloud; empty: it has none */
    struct sl_endpoint endpoint; /* of the base URL; origin, path, health */
    struct sl_ai_surfaces surfaces;
    const struct sl_map *deployments; /* model -> sl_str: its name there; NULL: all as they are */
    struct sl_account_key *keys;
    size_t key_count; /* 0: the vendor needs none */
    struct sl_breaker breaker;
    struct sl_account_state *state;
    enum sl_ai_streaming streaming; /* of targets that do not say */
    sl_usec forget_us;              /* how long what was learned holds */
    bool
        serves_unlisted; /* any vendor/model name is let through, also those not in the catalogue */
};

/** A target of a model route. */
struct sl_model_target {
    const struct sl_account *account;
    sl_str model;
    const struct sl_ai_model *info;  /* catalogue; NULL: unknown */
    const struct sl_ai_price *price; /* override or catalogue; NULL: unknown */
    uint32_t weight;
    uint32_t order;         /* lower first; equal ones share by weight */
    int64_t context_tokens; /* 0: unknown */
    enum sl_ai_streaming streaming;
};

struct sl_model_rule; /* snapshot/model_rule.h */

struct sl_ai_timeouts {
    sl_usec connect_us, first_token_us, idle_us, total_us;
};

enum sl_unknown_price { SL_PRICE_ALLOW, SL_PRICE_DENY, SL_PRICE_CEILING };

struct sl_model_route {
    sl_str name;
    struct sl_strs aliases;
    const struct sl_model_target *targets; /* sorted by order, then as configured */
    size_t target_count;                   /* 0: only requests that a rule takes are served */
    const struct sl_model_rule *rules;     /* in the order of asking */
    size_t rule_count;
    bool asks_who; /* a rule has a condition on the consumer */
    struct sl_ai_timeouts timeouts;
    uint32_t attempts_max; /* in all, over all targets; default 6 */
    bool is_strict;        /* nothing is dropped: a vendor that would need it is passed over */
    bool no_fallback;
    bool shows_real_model;     /* the answer names the vendor's model instead of ours */
    bool drains_on_disconnect; /* U13: read the vendor to its end for exact usage */
    sl_usec drain_us;
    bool caps_max_tokens; /* inject the reserved output as max_tokens (U12) */
    sl_usec heartbeat_us; /* T12: 0 off; default 15 s */
    const struct sl_model_target *context_fallback; /* larger window, E5; NULL: none */
};

/* ------------------------------------------------------------------ the whole */

/** A certificate of listeners, by server name. */
struct sl_named_certificate {
    sl_str name;
    struct sl_certificate *certificate;
};

struct sl_snapshot {
    struct sl_arena *arena;
    _Atomic uint32_t refs;
    uint64_t version; /* rises by one with each build of this process */
    char hash[17];    /* of the resources: the same on every node with the same configuration */
    const struct sl_match *match;
    const struct sl_route *routes;
    size_t route_count;
    const struct sl_upstream *const *upstreams;
    size_t upstream_count;
    struct sl_credential_index credentials;
    const struct sl_key_set *const *key_sets;
    size_t key_set_count;
    const struct sl_consumer *const *consumers;
    size_t consumer_count;
    const struct sl_account *const *accounts;
    size_t account_count;
    const struct sl_model_route *const *model_routes;
    size_t model_route_count;
    struct sl_map *models; /* public name or alias -> struct sl_model_route */
    struct sl_map *prices; /* "vendor/model" -> struct sl_ai_price: operator overrides */
    const struct sl_cidr *trusted_proxies;
    size_t trusted_proxy_count;
    const struct sl_token_source **token_sources; /* of all keys */
    size_t token_source_count;
    sl_str via; /* our name in Via; by default one that no other process has */
    enum sl_unknown_price unknown_price;
    const struct sl_named_certificate *named_certificates;
    size_t named_certificate_count;
    const struct sl_certificate_set *certificates; /* the same, as handshakes look for them */
    struct sl_strs tls_files;                      /* that TLS towards upstreams was made from */
};

struct sl_snapshot *sl_snapshot_ref(struct sl_snapshot *s);
/** Accepts NULL. The last one frees everything. */
void sl_snapshot_unref(struct sl_snapshot *s);

/** The account that "vendor/model" means: by account name, else the first of that vendor; *ret_model the part behind. */
const struct sl_account *sl_snapshot_account(const struct sl_snapshot *s, sl_str name,
                                             sl_str *ret_model);
/** What the vendor calls `model` in this account. */
sl_str sl_account_model_name(const struct sl_account *account, sl_str model);
/** Catalogue price or the operator's override for a model of a vendor; NULL: unknown. */
const struct sl_ai_price *sl_snapshot_price(const struct sl_snapshot *s,
                                            const struct sl_ai_vendor *vendor, sl_str model);
/** The same in the account's region; in `a` where it differs from the catalogue's. */
const struct sl_ai_price *sl_account_price(const struct sl_snapshot *s,
                                           const struct sl_account *account, sl_str model,
                                           struct sl_arena *a);
/** The certificate of this resource; NULL: there is none. */
struct sl_certificate *sl_snapshot_certificate(const struct sl_snapshot *s, sl_str name);
/** An approved (or suspended) subscription; NULL when there is none. In time of the consumers' number. */
const struct sl_subscription *sl_snapshot_subscription(const struct sl_snapshot *s, sl_str consumer,
                                                       sl_str service);
/** The credential with this key; NULL when there is none. Constant cost. */
const struct sl_credential *sl_snapshot_credential(const struct sl_snapshot *s,
                                                   const uint8_t key_hash[32]);
