/**
 * resource: the nouns of a configuration as C structs, each with the field table that reads,
 * validates, defaults and documents it (base/field.h). These tables are the product's reference:
 * docs/reference/configuration.md is printed from them by sl_resource_reference.
 *
 * A configuration is one or more documents, each a map of the nouns' lists (`services`, `upstreams`,
 * ...) and at most one `gateway`. What the tables alone cannot say (references, paths, vendors)
 * is checked by snapshot/build. Values live in the arena they were read into. Any thread.
 */
#pragma once
#include "base/field.h"
#include "net/server.h"
#include "snapshot/credential.h"
#include "snapshot/policy_type.h"

/* ------------------------------------------------------------------ gateway */

struct sl_identity_config {
    sl_str cert, key; /* paths of PEM files */
    struct sl_strs hosts;
};

enum sl_tls_version { SL_TLS_1_2, SL_TLS_1_3 };

struct sl_listener_tls_config {
    struct sl_list_of certs; /* struct sl_identity_config */
    bool sni_only;
    sl_str client_ca;
    bool require_client_cert;
    int min_version; /* enum sl_tls_version */
};

struct sl_listener_config {
    sl_str address;
    struct sl_listener_tls_config tls; /* neither certs nor sni_only: plain */
};

struct sl_admin_config {
    bool enabled;
    sl_str address;
    struct sl_strs fetch_from;
    sl_usec audit_keep_us; /* 0: all */
};

struct sl_log_config {
    int level; /* enum sl_log_level */
    sl_str path;
};

struct sl_access_log_config {
    bool enabled;
    sl_str path;
};

struct sl_limits_config {
    uint64_t head_bytes, target_bytes, chunk_ext_bytes, trailer_bytes, body_bytes, ai_body_bytes;
    uint64_t held_bytes, pipe_bytes, exchange_bytes, drain_bytes, memory_bytes;
    uint64_t responses_bytes, responses_owner_bytes;
    int64_t field_count, requests_per_connection, connections;
    sl_usec head_us, idle_us, body_us, write_us, handshake_us, responses_us;
    bool half_close;
};

struct sl_ledger_config {
    sl_usec records_us, minutes_us, hours_us, days_us;
    uint64_t max_bytes; /* 0: no limit */
};

struct sl_gateway_config {
    struct sl_list_of listeners; /* struct sl_listener_config */
    struct sl_admin_config admin;
    int64_t workers; /* 0: one per core */
    sl_str data_dir;
    sl_str store; /* the URL of a database; empty: a file in data_dir */
    struct sl_log_config log;
    struct sl_access_log_config access_log;
    struct sl_limits_config limits;
    struct sl_ledger_config ledger;
    sl_usec drain_us;
    bool watch;
    struct sl_strs trusted_proxies;
    sl_str via;
    int unknown_price; /* enum sl_unknown_price */
};

/* ------------------------------------------------------------------ services and routes */

struct sl_condition_config {
    sl_str name, value, regex;
};

struct sl_timeouts_config {
    sl_usec connect_us, send_us, first_byte_us, idle_us, total_us, tunnel_idle_us;
};

/** What a service says for all of its routes, and a route for itself. */
struct sl_forwarding_config {
    bool strip_prefix, preserve_host, upgrade;
    int path_mode; /* enum sl_path_mode */
    struct sl_timeouts_config timeouts;
};

struct sl_route_config {
    sl_str name, path;
    struct sl_strs paths, hosts, methods;
    struct sl_list_of headers, queries; /* struct sl_condition_config */
    struct sl_forwarding_config forwarding;
    const struct sl_node *policies;
};

extern const char *const sl_operation_methods[]; /* NULL-terminated */

/** An operation of an API, as its document has it. */
struct sl_parameter_config {
    sl_str name, description;
    int in; /* enum sl_parameter_place */
    bool required, deprecated, explode;
    const struct sl_node *schema;
};

struct sl_request_config {
    bool required;
    const struct sl_node *content; /* media type -> schema */
};

struct sl_operation_config {
    sl_str id, path, summary, description;
    int method; /* index into sl_operation_methods */
    bool deprecated;
    struct sl_strs tags, security;
    struct sl_list_of parameters; /* struct sl_parameter_config */
    struct sl_request_config request;
    const struct sl_node *responses; /* status -> {description, content} */
    const struct sl_node *policies;
};

/** Who may find a service in the catalogue. */
enum sl_visibility { SL_VISIBLE_PRIVATE, SL_VISIBLE_WORKSPACE, SL_VISIBLE_PUBLIC };

struct sl_canary_config {
    int64_t percent;
    sl_str header, value;
    const struct sl_node *service;
};

struct sl_service_config {
    sl_str name, version;
    struct sl_canary_config canary;
    sl_str title, summary, readme, team, domain, logo; /* for the catalogue; no effect on traffic */
    struct sl_strs tags;
    int visibility; /* enum sl_visibility */
    int kind;       /* enum sl_service_kind */
    sl_str upstream, url, prefix, path;
    bool subscribers_only;
    struct sl_strs hosts, prompts;
    struct sl_list_of routes;      /* struct sl_route_config */
    struct sl_list_of operations;  /* struct sl_operation_config */
    const struct sl_node *schemas; /* name -> JSON Schema */
    sl_str document;               /* for people; no effect on traffic */
    struct sl_forwarding_config forwarding;
    const struct sl_node *policies;
};

/* ------------------------------------------------------------------ upstreams */

struct sl_endpoint_config {
    sl_str url;
    int64_t weight;
};

struct sl_upstream_tls_config {
    bool verify;
    sl_str ca, cert, key; /* paths of PEM files */
    sl_str name;
};

struct sl_pool_config {
    int64_t connections, idle, queue;
    sl_usec idle_us, queue_us;
};

struct sl_retry_config {
    int64_t attempts;
    const struct sl_node *statuses; /* a list of numbers */
    bool non_idempotent;
    int64_t budget_percent;
    sl_usec backoff_us, backoff_max_us;
};

struct sl_breaker_config {
    int64_t failures;
    sl_usec eject_us, eject_max_us;
    int64_t eject_max_percent;
};

struct sl_health_check_config {
    sl_str path;
    sl_usec interval_us, timeout_us;
    int64_t healthy_after, unhealthy_after, status_min, status_max;
};

struct sl_upstream_config {
    sl_str name;
    int balancer, hash_on; /* enum sl_balancer, sl_hash_on */
    sl_str hash_name;
    struct sl_list_of endpoints; /* struct sl_endpoint_config */
    struct sl_upstream_tls_config tls;
    struct sl_pool_config pool;
    struct sl_timeouts_config timeouts;
    struct sl_retry_config retry;
    struct sl_breaker_config breaker;
    struct sl_health_check_config health_check;
};

/* ------------------------------------------------------------------ consumers */

/** Rows of members that a key in a file and a credential have, both by these names. */
#define SL_CREDENTIAL_ROWS(type_)                                                                 \
    SL_FIELD_ENUM(type_, type, .dflt = "api_key", .values = sl_credential_kinds,                  \
                  .help = "How it proves the consumer: `api_key` for key_auth, `basic` (which a " \
                          "`username` makes it) for basic_auth, `jwt` for jwt_auth, `hmac` for "  \
                          "hmac_auth."),                                                          \
        SL_FIELD_STR(type_, key_id, .max = "256",                                                 \
                     .help = "What a `jwt` is named by in its tokens, in the claim that the "     \
                             "policy looks at (`iss`), and an `hmac` in signatures (`keyId`).",   \
                     .example = "https://login.example.com"),                                     \
        SL_FIELD_ENUM(type_, algorithm, .dflt = "any", .values = sl_credential_algorithms,        \
                      .help = "Of a `jwt` or `hmac`: what is signed with. `any`: HS256 with a "   \
                              "secret, else all that the kind of the public key allows."),        \
        SL_FIELD_STR(type_, public_key, .max = "16384",                                           \
                     .help = "Of a `jwt`: the key that checks its tokens, as PEM or JWK."),       \
        SL_FIELD_STR(type_, key_set, .max = "128",                                                \
                     .help = "Of a `jwt`: or the key set with the keys of who signs them.",       \
                     .example = "corp"),                                                          \
        SL_FIELD_STR(type_, issuer, .max = "512",                                                 \
                     .help = "Of a `jwt`: the `iss` that its tokens must have. Left out: any."),  \
        SL_FIELD_STR(type_, audience, .max = "512",                                               \
                     .help = "Of a `jwt`: the `aud` that its tokens must have. Left out: any.")

struct sl_consumer_key_config {
    sl_str name, username, key, key_sha256;
    int type; /* enum sl_credential_kind */
    sl_str key_id;
    int algorithm; /* enum sl_jws_alg */
    sl_str public_key, key_set, issuer, audience;
    sl_str former_key, former_public_key; /* of those that sign */
    int64_t former_until;                 /* Unix seconds */
    int64_t expires;                      /* Unix seconds; 0: never */
    bool disabled;
    struct sl_strs services, models, networks;
};

/** Keys that stand at a URL; see snapshot/key_set.h. */
struct sl_key_set_config {
    sl_str name, url, authorization;
    sl_str ca;    /* path of a PEM file */
    sl_str owner; /* who made it in the portal; empty: operators */
    sl_usec refresh_us, pause_us;
};

/** See net/tls_certificate.h. */
struct sl_certificate_config {
    sl_str name, certificate, private_key; /* PEM */
    struct sl_strs server_names;
};

enum sl_plan_approval { SL_APPROVAL_AUTO, SL_APPROVAL_MANUAL };

struct sl_plan_config {
    sl_str name, title, description;
    int approval; /* enum sl_plan_approval; no effect on traffic */
    bool offered; /* in the portal; no effect on traffic */
    const struct sl_node *policies;
};

struct sl_subscription_config {
    sl_str consumer, service, plan, reason;
    bool suspended;
};

enum sl_budget_period { SL_BUDGET_DAY, SL_BUDGET_WEEK, SL_BUDGET_MONTH, SL_BUDGET_TOTAL };
enum sl_budget_key {
    SL_BUDGET_CONSUMER,
    SL_BUDGET_CREDENTIAL,
    SL_BUDGET_GLOBAL,
    SL_BUDGET_TEAM,
    SL_BUDGET_WORKSPACE,
    SL_BUDGET_SERVICE,
    SL_BUDGET_MODEL,
    SL_BUDGET_KEY_COUNT
};
enum sl_budget_status { SL_BUDGET_STATUS_429, SL_BUDGET_STATUS_402 };
/** Their names; NULL-terminated. */
extern const char *const sl_budget_keys[], *const sl_budget_periods[];

/** Of the noun, and of the policy `budget`, which has no name, subject and description. */
struct sl_budget_config {
    sl_str name, description, subject, time_zone;
    int64_t amount_nusd, tokens; /* 0: not limited */
    int key, period, status;     /* enums above */
    bool cap_output, disabled;
    int64_t ceiling_nusd;
};

struct sl_consumer_config {
    sl_str name, owner, team; /* owner, team: for people; no effect on traffic */
    struct sl_list_of keys;   /* struct sl_consumer_key_config */
    struct sl_pairs tags;
    const struct sl_node *policies;
};

/* ------------------------------------------------------------------ AI */

/** One API of a vendor. Enums: 0 is what the dialect's vendors do as a rule, then by enum + 1. */
struct sl_surface_config {
    int dialect; /* enum sl_ai_dialect */
    int auth, reasoning, usage;
    int max_tokens_field, codes; /* by enum */
    sl_str root, auth_header, temperature_max;
    struct sl_pairs headers, paths, renames;
    struct sl_strs drops, quirks;
};

struct sl_vendor_config {
    sl_str name, title, base_url, catalog;
    struct sl_surface_config main;
    struct sl_list_of surfaces; /* struct sl_surface_config */
};

struct sl_account_key_config {
    sl_str key, label;
    int64_t weight, order;
    int64_t expires; /* Unix seconds; 0: never */
    bool disabled;
};

struct sl_account_config {
    sl_str name, vendor, base_url, region;
    struct sl_pairs options, deployments;
    int auth;               /* 0: the vendor's; else enum sl_ai_auth + 1 */
    struct sl_list_of keys; /* struct sl_account_key_config */
    bool serves_unlisted;
    int stream; /* enum sl_ai_streaming */
    sl_usec forget_us;
    struct sl_upstream_tls_config tls;
    struct sl_pool_config pool;
    struct sl_breaker_config breaker;
};

struct sl_target_config {
    sl_str account, model;
    int64_t weight, order;
    int stream; /* 0: the account's; else one more than enum sl_ai_streaming */
};

struct sl_model_tokens_config {
    int64_t min, max; /* max 0: not limited */
};

struct sl_model_hours_config {
    sl_str from, until, time_zone;
    struct sl_strs days;
};

/** One member for each row of snapshot/model_condition.def. */
struct sl_model_when_config {
    struct sl_strs has, dialects, consumers, teams, plans, users;
    struct sl_model_tokens_config input_tokens;
    struct sl_pairs tags;
    struct sl_list_of headers, metadata; /* struct sl_condition_config */
    struct sl_model_hours_config hours;
};

struct sl_model_rule_config {
    sl_str name;
    struct sl_model_when_config when;
    struct sl_list_of targets; /* struct sl_target_config */
};

struct sl_model_timeouts_config {
    sl_usec connect_us, first_token_us, idle_us, total_us;
};

struct sl_model_config {
    sl_str name;
    struct sl_strs aliases;
    struct sl_list_of targets; /* struct sl_target_config */
    struct sl_list_of rules;   /* struct sl_model_rule_config */
    sl_str context_fallback;
    struct sl_model_timeouts_config timeouts;
    int64_t attempts;
    bool strict, no_fallback, show_real_model, cap_max_tokens, drain_on_disconnect;
    sl_usec drain_us, heartbeat_us;
};

struct sl_prompt_variable_config {
    sl_str name, description, dflt, example;
    int type; /* enum sl_ai_prompt_type */
    bool optional;
    struct sl_strs values;
    int64_t min, max; /* given: in the node */
};

struct sl_prompt_message_config {
    int role; /* enum sl_prompt_role */
    sl_str content;
};

enum sl_prompt_role { SL_PROMPT_SYSTEM, SL_PROMPT_USER, SL_PROMPT_ASSISTANT };
enum sl_prompt_output { SL_PROMPT_OUTPUT_JSON, SL_PROMPT_OUTPUT_TEXT };

struct sl_prompt_output_config {
    int as; /* enum sl_prompt_output */
    sl_str member;
    const struct sl_node *schema;
    struct sl_pairs map;
};

enum sl_prompt_trial_by { SL_PROMPT_TRIAL_BY_CONSUMER, SL_PROMPT_TRIAL_BY_CALL };

struct sl_prompt_arm_config {
    sl_str prompt;
    int64_t percent;
};

struct sl_prompt_trial_config {
    int by;                 /* enum sl_prompt_trial_by */
    struct sl_list_of arms; /* struct sl_prompt_arm_config */
};

struct sl_prompt_config {
    sl_str name, version, title, description, path, model, system, template;
    struct sl_strs methods;
    struct sl_list_of variables,
        messages; /* struct sl_prompt_variable_config, ..._message_config */
    const struct sl_node *parameters;
    struct sl_prompt_output_config output;
    bool stream;
    struct sl_prompt_trial_config trial;
};

/** Amounts are nano-USD here: dollars per million tokens, dollars per unit. */
struct sl_rates_config {
#define X(ID, name, side, fallback, text) int64_t name;
#include "ai/usage_bucket.def"
#undef X
};

struct sl_price_tier_config {
    int64_t above_tokens;
    int64_t from, until; /* Unix seconds; 0: open */
    struct sl_rates_config rates;
};

struct sl_price_config {
    sl_str vendor, model;
    struct sl_rates_config rates;
    int64_t request, search, image, page; /* dollars each */
    int64_t flex_percent, batch_percent, priority_percent;
    struct sl_list_of tiers; /* struct sl_price_tier_config */
};

/* ------------------------------------------------------------------ tables */

/** By enum sl_ai_dialect; NULL-terminated. */
extern const char *const sl_dialect_names[];

extern const struct sl_field sl_gateway_fields[], sl_service_fields[], sl_upstream_fields[],
    sl_consumer_fields[], sl_plan_fields[], sl_subscription_fields[], sl_vendor_fields[],
    sl_account_fields[], sl_model_fields[], sl_price_fields[], sl_prompt_fields[],
    sl_budget_fields[], sl_budget_policy_fields[], sl_key_set_fields[], sl_certificate_fields[];

/** One noun: a member of a document. */
struct sl_noun {
    const char *name;    /* "services" */
    const char *summary; /* a paragraph of the reference */
    const struct sl_field *fields;
    size_t size; /* of the struct; of each item when it is a list */
    bool is_list;
    /** Lists whose items may be plain strings: {"keys", "key"} reads `- abc` as `- {key: abc}`; also in the items of another list: "rules[].targets". Ends with NULL. */
    const char *const (*shorthands)[2];
    const char *example; /* YAML for the reference */
};

enum sl_noun_index {
    SL_NOUN_GATEWAY,
    SL_NOUN_SERVICES,
    SL_NOUN_UPSTREAMS,
    SL_NOUN_CONSUMERS,
    SL_NOUN_VENDORS,
    SL_NOUN_PLANS,
    SL_NOUN_SUBSCRIPTIONS,
    SL_NOUN_ACCOUNTS,
    SL_NOUN_MODELS,
    SL_NOUN_PRICES,
    SL_NOUN_PROMPTS,
    SL_NOUN_BUDGETS,
    SL_NOUN_KEY_SETS,
    SL_NOUN_CERTIFICATES,
    SL_NOUN_COUNT
};
extern const struct sl_noun sl_nouns[SL_NOUN_COUNT];

/** A heading, a table and an example for every noun and every policy type (NULL-terminated), as Markdown. */
void sl_resource_reference(struct sl_strbuf *out, const struct sl_policy_type *const *types);

/** The server's limits that the configuration asks for. */
struct sl_server_config sl_limits_server(const struct sl_limits_config *c);
