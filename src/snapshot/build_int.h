/**
 * build_int: what the parts of the build share. Each part reads its nouns' items, checks them against
 * the others and puts what it makes into b->s; problems go to b->d and the build goes on.
 */
#pragma once
#include "snapshot/build.h"
#include "snapshot/document.h"

struct sl_build {
    struct sl_arena *a;       /* the snapshot's */
    struct sl_arena *scratch; /* of what only the build needs */
    struct sl_snapshot *s;
    struct sl_diag *d;
    struct sl_documents docs;
    const struct sl_policy_type *const *types;
    struct sl_state_registry *states;
    struct sl_policies global;
    struct sl_map vendors;             /* name -> struct sl_ai_vendor: those of the configuration */
    struct sl_map upstreams;           /* name -> struct sl_upstream */
    struct sl_map accounts;            /* name -> struct sl_account */
    struct sl_map tls_clients;         /* settings -> struct sl_tls_client */
    struct sl_map key_sets;            /* name -> struct sl_key_set */
    struct sl_map consumers;           /* name -> struct sl_consumer */
    struct sl_consumer *next_consumer; /* of those that there is room for */
    struct sl_credential *next_credential;
    struct sl_consumer_extra *tagged; /* of the consumer before who has nothing but tags */
    struct sl_map prompts; /* name[@version] -> struct sl_ai_prompt; bad ones have no messages */
    struct sl_map plans;   /* name -> struct sl_item; those that are good */
    struct sl_map zones;   /* name -> struct sl_zone: one for all rules of models in it */
};

/* build.c */
/**
 * Every item's name is well-formed and its own; afterwards all are in `ret` (name -> struct sl_item). With
 * `version`, the name of a member, items of one name may differ in that: "name@version" in `ret`.
 */
void sl_build_names(struct sl_build *b, const struct sl_items *items, const char *version,
                    struct sl_map *ret);
/** "'x' is not defined; did you mean 'y'?" for a reference to a key of `known`. */
void sl_build_undefined(struct sl_build *b, const struct sl_item *item, sl_str path,
                        const char *noun, sl_str name, const struct sl_map *known);

/* build_oauth.c */
/** Where the access tokens of `key`, at `path` in `item`, come from; NULL when it is no credential of OAuth. */
const struct sl_token_source *sl_build_token_source(struct sl_build *b, const struct sl_item *item,
                                                    sl_str path, sl_str account, sl_str key);
/** List those of all accounts. */
void sl_build_token_sources(struct sl_build *b);

/* build_policies.c */
/**
 * Compile the policies of one place. `level` is one of enum sl_policy_level, `place` its name:
 * "service/orders". `is_ai`: may types be attached that need AI traffic?
 */
struct sl_policies sl_build_policies(struct sl_build *b, const struct sl_items *entries,
                                     uint32_t level, sl_str place, bool is_ai);
/** One chain from the widest to the narrowest, by order; what does not fit the kind is left out. */
struct sl_policies sl_build_chain(struct sl_build *b, const struct sl_policies *levels, size_t n,
                                  bool is_ai);

/* build_upstream.c */
void sl_build_upstreams(struct sl_build *b, const struct sl_items *items);
/** An upstream of one endpoint: a service's `url`. NULL when it is no URL. */
const struct sl_upstream *sl_build_url_upstream(struct sl_build *b, const struct sl_item *item,
                                                sl_str name, sl_str url);
/** An endpoint's origin, authority and state. False when `url` is none; `path` is its place in `item`. */
bool sl_build_endpoint(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str owner,
                       sl_str url, const struct sl_upstream_tls_config *tls,
                       const struct sl_pool_config *pool, struct sl_endpoint *ret);
struct sl_breaker sl_build_breaker(const struct sl_breaker_config *c);

/* build_balance.c */
void sl_build_wheel(struct sl_upstream *u, struct sl_arena *a);
void sl_build_ring(struct sl_upstream *u, struct sl_arena *a);

/* build_rest.c */
/** Conditions (struct sl_condition_config) that stand at `path` in `item`, whose node there is `node`. */
struct sl_value_match *sl_build_value_matches(struct sl_build *b, const struct sl_item *item,
                                              const struct sl_node *node, sl_str path,
                                              const struct sl_list_of *list);
void sl_build_services(struct sl_build *b, const struct sl_items *items);

/* build_operation.c */
const struct sl_operation *sl_build_operation(struct sl_build *b, struct sl_schema_set *set,
                                              const struct sl_operation_config *c, sl_str place);

/* build_key_sets.c */
void sl_build_key_sets(struct sl_build *b, const struct sl_items *items);

/* build_certificates.c */
void sl_build_certificates(struct sl_build *b, const struct sl_items *items);

/* build_consumers.c */
void sl_build_consumers(struct sl_build *b, const struct sl_items *items);
void sl_build_plans(struct sl_build *b, const struct sl_items *items);
void sl_build_subscriptions(struct sl_build *b, const struct sl_items *items);

/* build_budgets.c */
/** To the global policies: before the services are built. */
void sl_build_budgets(struct sl_build *b, const struct sl_items *items);

/* build_vendors.c */
void sl_build_vendors(struct sl_build *b, const struct sl_items *items);

/* build_prompts.c */
void sl_build_prompts(struct sl_build *b, const struct sl_items *items);

/* build_model_rules.c */
/** The rules of the model `item` into `r`, behind its own targets. */
void sl_build_model_rules(struct sl_build *b, const struct sl_item *item,
                          const struct sl_model_config *c, struct sl_model_route *r);

/* build_ai.c */
/** Targets that stand at `path` in `item`, sorted; those that are bad are left out, and told. */
const struct sl_model_target *sl_build_targets(struct sl_build *b, const struct sl_item *item,
                                               sl_str path, const struct sl_list_of *list,
                                               size_t *ret_n);
void sl_build_prices(struct sl_build *b, const struct sl_items *items);
void sl_build_accounts(struct sl_build *b, const struct sl_items *items);
void sl_build_models(struct sl_build *b, const struct sl_items *items);
