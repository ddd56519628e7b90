/**
 * fake_exchange: an exchange without a gate, so that a policy's hooks can be called directly.
 *
 *     struct fake_exchange f;
 *     fake_exchange_init(&f);
 *     const void *c = fake_configure(&f, &sl_policy_foo, "limit: 3\n");
 *     EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_foo, c));
 *     fake_exchange_fini(&f);
 *
 * It defines the functions of gate/exchange.h (and of the loop, the server and the snapshot) that
 * policies call: clocks are members, estimates too, and what a policy asked for is recorded.
 * One thread owns a fake; the registry of states may be shared by several (fake_exchange_join).
 */
#pragma once
#include "gate/exchange.h"

enum { FAKE_CREDENTIALS_MAX = 8 };

struct fake_exchange {
    struct sl_exchange x;
    struct sl_arena *arena;
    struct sl_state_registry *states;
    bool owns_states;
    struct sl_diag diag; /* of the last fake_configure */
    struct sl_snapshot snapshot;
    struct sl_inbound in;
    struct sl_route route;
    struct sl_service service;
    struct sl_consumer consumers[FAKE_CREDENTIALS_MAX];
    struct sl_credential credentials[FAKE_CREDENTIALS_MAX];
    size_t credential_count;
    void *state; /* of the last fake_request */
    /* settable */
    sl_usec now_us;
    int64_t wall_us;
    sl_str model; /* sl_exchange_model */
    int64_t tokens_estimate, cost_estimate_nusd;
    /* recorded */
    bool is_output_capped;
    uint64_t inbound_limit;
    sl_model_filter *filter;
    const void *filter_config;
};

/** GET / from 192.0.2.1 on route "orders/list", at a moment in 2026. */
void fake_exchange_init(struct fake_exchange *f);
/** The same over another fake's states: another worker. */
void fake_exchange_join(struct fake_exchange *f, const struct fake_exchange *other);
void fake_exchange_fini(struct fake_exchange *f);
/** A fresh request of the same caller's connection: everything policies change is as at first. */
void fake_exchange_again(struct fake_exchange *f);

/** Read `yaml` by the type's table and compile it as "service/orders/<type>". Fails the test when it is refused. */
const void *fake_configure(struct fake_exchange *f, const struct sl_policy_type *type,
                           const char *yaml);
/** The same for a configuration that must be refused: the text of the first problem. */
sl_str fake_refusal(struct fake_exchange *f, const struct sl_policy_type *type, const char *yaml);

enum sl_verdict fake_request(struct fake_exchange *f, const struct sl_policy_type *type,
                             const void *config);
enum sl_verdict fake_response(struct fake_exchange *f, const struct sl_policy_type *type,
                              const void *config);
void fake_settle(struct fake_exchange *f, const struct sl_policy_type *type, const void *config);

/** "POST", "/a/b?c=d" */
void fake_target(struct fake_exchange *f, const char *method, const char *target);
void fake_header(struct fake_exchange *f, const char *name, const char *value);
void fake_client(struct fake_exchange *f, const char *ip);
/** Who calls, without any authentication. */
void fake_consumer(struct fake_exchange *f, const char *name);
/** A key that the snapshot knows. */
struct sl_credential *fake_credential(struct fake_exchange *f, const char *key,
                                      const char *consumer);
/** The value of a field of the answer (x->add_headers); empty when there is none. */
sl_str fake_answer(const struct fake_exchange *f, const char *name);
/** The value of a field that goes upstream. */
sl_str fake_upstream(const struct fake_exchange *f, const char *name);
