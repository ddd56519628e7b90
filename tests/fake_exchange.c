#include "tests/fake_exchange.h"
#include "codec/crypto.h"
#include "codec/yaml.h"
#include "tests/test.h"

enum { ARENA_BYTES = 16 << 20 };

static struct fake_exchange *fake_of(const struct sl_exchange *x)
{
    return SL_CONTAINER(x, struct fake_exchange, x);
}

/* ------------------------------------------------------------------ the functions that policies call */

/* A fake's "loop" is the fake itself. */
sl_usec sl_loop_now(const struct sl_loop *l)
{
    return ((const struct fake_exchange *)(const void *)l)->now_us;
}

int64_t sl_loop_wall_us(const struct sl_loop *l)
{
    return ((const struct fake_exchange *)(const void *)l)->wall_us;
}

void sl_inbound_limit_body(struct sl_inbound *in, uint64_t bytes)
{
    SL_CONTAINER(in, struct fake_exchange, in)->inbound_limit = bytes;
}

const struct sl_credential *sl_snapshot_credential(const struct sl_snapshot *s,
                                                   const uint8_t key_hash[32])
{
    const struct fake_exchange *f = SL_CONTAINER(s, struct fake_exchange, snapshot);
    for (size_t i = 0; i < f->credential_count; i++) {
        if (memcmp(f->credentials[i].key_hash, key_hash, 32) == 0)
            return &f->credentials[i];
    }
    return NULL;
}

enum sl_verdict sl_fail(struct sl_exchange *x, sl_rc rc, const char *reason)
{
    x->failed = rc;
    x->reason = reason;
    return SL_FAIL;
}

enum sl_verdict sl_fail_hint(struct sl_exchange *x, sl_rc rc, const char *reason, sl_str hint)
{
    x->hint = hint;
    return sl_fail(x, rc, reason);
}

enum sl_verdict sl_reply(struct sl_exchange *x, uint16_t status, sl_str content_type, sl_str body)
{
    x->res = (struct sl_head){.status = status, .body_kind = SL_BODY_LENGTH, .body_bytes = body.n};
    sl_headers_init(&x->res.headers, x->arena);
    if (content_type.n != 0)
        EXPECT(sl_headers_add_id(&x->res.headers, SL_H_CONTENT_TYPE, content_type));
    x->reply_body = body;
    return SL_REPLY;
}

void sl_answer_header(struct sl_exchange *x, sl_str name, sl_str value)
{
    EXPECT(sl_headers_set(&x->add_headers, name, value));
}

sl_str sl_exchange_subject(struct sl_exchange *x)
{
    if (x->consumer != NULL)
        return x->consumer->name;
    return x->credential != NULL ? x->credential->name : sl_addr_ip(&x->client, x->arena);
}

sl_str sl_exchange_model(const struct sl_exchange *x)
{
    return fake_of(x)->model;
}

int64_t sl_exchange_tokens_estimate(struct sl_exchange *x)
{
    return fake_of(x)->tokens_estimate;
}

int64_t sl_exchange_cost_estimate(struct sl_exchange *x)
{
    return fake_of(x)->cost_estimate_nusd;
}

void sl_exchange_cap_output(struct sl_exchange *x)
{
    fake_of(x)->is_output_capped = true;
}

void sl_exchange_restrict_models(struct sl_exchange *x, sl_model_filter *allows, const void *config)
{
    fake_of(x)->filter = allows;
    fake_of(x)->filter_config = config;
}

const struct sl_record *sl_exchange_record(const struct sl_exchange *x)
{
    return &x->record;
}

void sl_exchange_charge(struct sl_exchange *x, const struct sl_record_charge *charge)
{
    EXPECT(x->record.charge_count < SL_RECORD_BUDGETS_MAX);
    if (x->record.charge_count == 0)
        x->record.charges =
            sl_arena_array(x->arena, struct sl_record_charge, SL_RECORD_BUDGETS_MAX);
    x->record.charges[x->record.charge_count++] = *charge;
}

/* ------------------------------------------------------------------ the fake */

static void begin(struct fake_exchange *f)
{
    struct sl_addr client = f->x.client;
    f->x = (struct sl_exchange){
        .loop = (struct sl_loop *)(void *)f,
        .arena = f->arena,
        .in = &f->in,
        .snapshot = &f->snapshot,
        .route = &f->route,
        .client = client,
        .host = SL_STR("api.example.com"),
        .body_limit = UINT64_MAX,
    };
    sl_headers_init(&f->x.req.headers, f->arena);
    sl_headers_init(&f->x.res.headers, f->arena);
    sl_headers_init(&f->x.add_headers, f->arena);
    f->is_output_capped = false;
    f->inbound_limit = 0;
    f->filter = NULL;
    f->state = NULL;
    fake_target(f, "GET", "/");
}

static void init(struct fake_exchange *f, struct sl_state_registry *states)
{
    *f = (struct fake_exchange){
        .arena = sl_arena_new("fake exchange", ARENA_BYTES),
        .states = states,
        .now_us = SL_SECONDS(5000),
        .wall_us = 1767225600LL * 1000000, /* 2026-01-01T00:00:00Z */
        .route = {.name = SL_STR_INIT("orders/list"), .service = &f->service},
        .service = {.name = SL_STR_INIT("orders")},
    };
    fake_client(f, "192.0.2.1");
    begin(f);
}

void fake_exchange_init(struct fake_exchange *f)
{
    init(f, sl_state_registry_new());
    f->owns_states = true;
}

void fake_exchange_join(struct fake_exchange *f, const struct fake_exchange *other)
{
    init(f, other->states);
}

void fake_exchange_again(struct fake_exchange *f)
{
    begin(f);
}

void fake_exchange_fini(struct fake_exchange *f)
{
    sl_arena_free(f->arena);
    if (f->owns_states)
        sl_state_registry_free(f->states);
}

static sl_rc configure(struct fake_exchange *f, const struct sl_policy_type *type, const char *yaml,
                       void *config)
{
    const struct sl_node *files = NULL;
    sl_diag_init(&f->diag, f->arena);
    sl_rc rc = sl_yaml_parse(sl_cstr(yaml), SL_STR("test.yaml"), f->arena, &f->diag, &files);
    if (rc == SL_OK)
        rc = sl_field_read(type->fields, config, files->children, SL_STR(""), f->arena, &f->diag);
    if (rc != SL_OK || type->compile == NULL)
        return rc;
    sl_str identity = sl_fmt(f->arena, "service/orders/%s", type->name);
    return type->compile(config, identity, f->states, f->arena, &f->diag);
}

static sl_str first_problem(const struct fake_exchange *f)
{
    return f->diag.count != 0 ? sl_problem_text(&f->diag.problems[0], f->arena) : (sl_str){0};
}

const void *fake_configure(struct fake_exchange *f, const struct sl_policy_type *type,
                           const char *yaml)
{
    void *config = sl_arena_alloc(f->arena, type->config_size);
    sl_rc rc = configure(f, type, yaml, config);
    EXPECT_STRS(SL_STR(""), first_problem(f));
    EXPECT_EQ(SL_OK, rc);
    return config;
}

sl_str fake_refusal(struct fake_exchange *f, const struct sl_policy_type *type, const char *yaml)
{
    void *config = sl_arena_alloc(f->arena, type->config_size);
    EXPECT_EQ(SL_E_CONFIG, configure(f, type, yaml, config));
    return first_problem(f);
}

enum sl_verdict fake_request(struct fake_exchange *f, const struct sl_policy_type *type,
                             const void *config)
{
    f->state = sl_arena_alloc(f->arena, type->state_size);
    return type->on_request(&f->x, config, f->state);
}

enum sl_verdict fake_response(struct fake_exchange *f, const struct sl_policy_type *type,
                              const void *config)
{
    return type->on_response(&f->x, config, f->state);
}

void fake_settle(struct fake_exchange *f, const struct sl_policy_type *type, const void *config)
{
    type->on_settle(&f->x, config, f->state);
}

void fake_target(struct fake_exchange *f, const char *method, const char *target)
{
    sl_str text = sl_arena_dup(f->arena, sl_cstr(target));
    size_t mark = sl_str_find(text, '?', 0);
    f->x.req.method = sl_cstr(method);
    f->x.req.method_id = sl_method_of(f->x.req.method);
    f->x.req.target = text;
    f->x.req.path = f->x.path = mark == SIZE_MAX ? text : sl_str_head(text, mark);
    f->x.req.has_query = mark != SIZE_MAX;
    f->x.req.query = mark == SIZE_MAX ? (sl_str){0} : sl_str_from(text, mark + 1);
}

void fake_header(struct fake_exchange *f, const char *name, const char *value)
{
    EXPECT(sl_headers_add(&f->x.req.headers, sl_cstr(name), sl_cstr(value)));
}

void fake_client(struct fake_exchange *f, const char *ip)
{
    EXPECT_EQ(SL_OK, sl_addr_from_ip(sl_cstr(ip), 4000, &f->x.client));
}

static struct sl_consumer *consumer(struct fake_exchange *f, const char *name)
{
    for (size_t i = 0; i < SL_LEN(f->consumers); i++) {
        struct sl_consumer *c = &f->consumers[i];
        if (c->name.n == 0)
            c->name = sl_cstr(name);
        if (sl_str_eq(c->name, sl_cstr(name)))
            return c;
    }
    sl_panic(__FILE__, __LINE__, "too many consumers");
}

void fake_consumer(struct fake_exchange *f, const char *name)
{
    f->x.consumer = consumer(f, name);
}

struct sl_credential *fake_credential(struct fake_exchange *f, const char *key,
                                      const char *consumer_name)
{
    SL_ASSERT(f->credential_count < FAKE_CREDENTIALS_MAX);
    struct sl_credential *c = &f->credentials[f->credential_count++];
    sl_sha256(sl_cstr(key), c->key_hash);
    c->name = sl_fmt(f->arena, "%s/key", consumer_name);
    c->consumer = consumer(f, consumer_name);
    return c;
}

static sl_str value_of(const struct sl_headers *h, const char *name)
{
    const struct sl_header *f = sl_headers_find(h, sl_cstr(name));
    return f != NULL ? f->value : (sl_str){0};
}

sl_str fake_answer(const struct fake_exchange *f, const char *name)
{
    return value_of(&f->x.add_headers, name);
}

sl_str fake_upstream(const struct fake_exchange *f, const char *name)
{
    return value_of(&f->x.req.headers, name);
}
