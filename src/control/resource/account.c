/*
 * account: credentials with an AI vendor. Its keys are sealed in the store; `test` asks the vendor with each.
 */
#include "ai/call.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"
#include "control/compose.h"
#include "control/outcall.h"
#include "snapshot/build.h"

enum { TEST_TIMEOUT_S = 20, MESSAGE_BYTES = 500 };

struct test_args {
    sl_str model;
};

static const struct sl_field test_fields[] = {
    SL_FIELD_STR(struct test_args, model, .max = "256",
                 .help = "The vendor's name of the model to ask. Left out: the first chat model of "
                         "the catalogue.",
                 .example = "gpt-4o-mini"),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ what is asked */

static sl_str first_chat_model(const struct sl_ai_vendor *vendor)
{
    struct sl_ai_model m;
    for (size_t i = 0; sl_ai_catalog_model(vendor->catalog, i, &m); i++) {
        if (m.mode == SL_AI_MODE_CHAT && m.status == SL_AI_MODEL_ACTIVE)
            return m.name;
    }
    return (sl_str){0};
}

/* A vendor of one's own, if it is one; the program knows the others. */
static sl_rc add_vendor(struct sl_change *c, sl_str vendor, struct sl_node *document)
{
    struct sl_work *w = c->work;
    struct sl_row row;
    struct sl_tx *tx;
    struct sl_node *spec = NULL, *list = sl_tree_list(w->a);
    if (sl_store_read(w->control->store, &tx) != SL_OK)
        return SL_E_STORE;
    sl_rc rc = sl_row_by_name(tx, SL_STR("vendor"), vendor, w->a, &row);
    sl_tx_rollback(tx);
    if (rc == SL_OK)
        rc = sl_change_parse(w, row.spec, &spec);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? SL_OK : SL_E_STORE;
    sl_tree_push(list, spec);
    sl_tree_put(document, SL_STR("vendors"), list);
    return SL_OK;
}

/* The account alone, compiled as the gateway compiles it. */
static sl_rc compile(struct sl_change *c, struct sl_state_registry *states,
                     struct sl_snapshot **ret)
{
    struct sl_work *w = c->work;
    struct sl_node *document = sl_tree_map(w->a), *list = sl_tree_list(w->a), *spec = NULL;
    sl_rc rc = sl_change_unseal(w->control, c->type, c->row.id, c->before_spec, w->a, &spec, w->d);
    if (rc == SL_OK)
        rc = add_vendor(c, sl_tree_text(spec, "vendor"), document);
    if (rc != SL_OK)
        return rc;
    sl_tree_push(list, spec);
    sl_tree_put(document, SL_STR("accounts"), list);
    const struct sl_node *documents = document;
    return sl_snapshot_build(&documents, 1, w->control->config.policies, states, 1, ret, w->d);
}

static sl_str question(struct sl_arena *a, sl_str model)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"model\":"));
    sl_enc_json(&b, model);
    sl_strbuf_add(&b, SL_STR(",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":"
                             "\"Say ok.\"}]}"));
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ one key */

static void put_failure(struct sl_change *c, struct sl_node *row, const struct sl_ai_vendor *vendor,
                        const struct sl_outcall *call)
{
    struct sl_arena *a = c->work->a;
    struct sl_ai_fault fault;
    sl_ai_fault_read(vendor, &call->res, call->answer, c->work->now_us / 1000000, a, &fault);
    sl_tree_put_str(a, row, "reason", sl_cstr(sl_err_info(fault.rc)->label));
    sl_tree_put_str(a, row, "message", sl_str_head(fault.message, MESSAGE_BYTES));
}

static void ask(struct sl_change *c, const struct sl_account *account,
                const struct sl_ai_wire *wire, struct sl_node *row)
{
    struct sl_arena *a = c->work->a;
    struct sl_outcall call = {
        .origin = &account->endpoint.origin,
        .req = {.method = SL_STR("POST"),
                .method_id = SL_METHOD_POST,
                .target = wire->path,
                .authority = account->endpoint.authority,
                .version = 11,
                .headers = wire->headers},
        .body = sl_chain_flatten(&wire->body, a),
        .timeout_us = SL_SECONDS(TEST_TIMEOUT_S),
    };
    sl_rc rc = sl_outcall_run(&call, a);
    bool is_ok = rc == SL_OK && call.res.status < 400;
    sl_tree_put(row, SL_STR("is_ok"), sl_tree_bool(a, is_ok));
    sl_tree_put(row, SL_STR("took_ms"), sl_tree_i64(a, call.took_us / 1000));
    if (rc != SL_OK) {
        sl_tree_put_str(a, row, "reason", sl_cstr(sl_err_info(rc)->label));
        sl_tree_put_str(a, row, "message",
                        sl_cstr(call.why != NULL ? call.why : sl_err_info(rc)->text));
        return;
    }
    sl_tree_put(row, SL_STR("status"), sl_tree_i64(a, call.res.status));
    if (!is_ok)
        put_failure(c, row, account->vendor, &call);
}

/* ------------------------------------------------------------------ a token for a credential */

static void put_reason(struct sl_change *c, struct sl_node *row, sl_rc rc, sl_str message)
{
    struct sl_arena *a = c->work->a;
    sl_tree_put(row, SL_STR("is_ok"), sl_tree_bool(a, false));
    sl_tree_put_str(a, row, "reason", sl_cstr(sl_err_info(rc)->label));
    sl_tree_put_str(a, row, "message", sl_str_head(message, MESSAGE_BYTES));
}

/* False: `row` says why. */
static bool get_token(struct sl_change *c, const struct sl_token_source *source,
                      struct sl_node *row, sl_str *ret)
{
    struct sl_arena *a = c->work->a;
    sl_str form = sl_ai_oauth_form(&source->credential, c->work->now_us / 1000000, a);
    struct sl_outcall call = {
        .origin = &source->endpoint.origin,
        .req = sl_ai_oauth_head(&source->credential, form, a),
        .body = form,
        .timeout_us = SL_SECONDS(TEST_TIMEOUT_S),
    };
    call.req.target = source->target;
    call.req.authority = source->endpoint.authority;
    sl_rc rc = sl_outcall_run(&call, a);
    if (rc != SL_OK) {
        put_reason(c, row, SL_E_AI_TOKEN,
                   sl_cstr(call.why != NULL ? call.why : sl_err_info(rc)->text));
        return false;
    }
    struct sl_ai_oauth_answer answer = sl_ai_oauth_read(call.res.status, call.answer, a);
    if (answer.token.n == 0)
        put_reason(c, row, SL_E_AI_TOKEN, answer.error);
    *ret = answer.token;
    return answer.token.n != 0;
}

/* ------------------------------------------------------------------ one key's question */

static sl_rc ask_with(struct sl_change *c, const struct sl_account *account,
                      const struct sl_account_key *key, sl_str model, struct sl_node *row)
{
    struct sl_arena *a = c->work->a;
    struct sl_diag *d = c->work->d;
    struct sl_headers none;
    struct sl_ai_call call;
    struct sl_ai_wire wire;
    sl_str secret = key->secret;
    if (key->source != NULL && !get_token(c, key->source, row, &secret))
        return SL_OK;
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_ai_target target = {
        .authority = account->endpoint.authority,
        .region = account->region,
        .now_unix_s = c->work->now_us / 1000000,
        .model = model,
        .key = secret,
        .is_token = key->source != NULL,
        .streaming = SL_AI_STREAM_AS_ASKED,
        .cap_max_tokens = -1,
    };
    sl_headers_init(&none, a);
    sl_rc rc = sl_ai_call_read(SL_AI_CHAT, SL_AI_OPENAI_CHAT, question(a, model), a, &call, d);
    const struct sl_ai_surface *surface = sl_ai_surface_for(&account->surfaces, &call, model, NULL);
    target.vendor = surface->row;
    target.base_url_path = surface->base_path;
    if (rc == SL_OK)
        rc = sl_ai_call_write(&call, &target, &none, a, pool, &wire, d);
    if (rc == SL_OK) {
        ask(c, account, &wire, row);
        sl_chain_fini(&wire.body);
    }
    sl_chunk_pool_free(pool);
    return rc == SL_OK ? rc : SL_E_INVALID;
}

/* ------------------------------------------------------------------ the action */

static sl_rc test_keys(struct sl_change *c, const struct sl_account *account, sl_str model)
{
    static const struct sl_account_key without = {.label = SL_STR_INIT("")};
    struct sl_arena *a = c->work->a;
    struct sl_tree_tail results = sl_tree_tail(a);
    size_t n = SL_MAX(account->key_count, (size_t)1);
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < n && rc == SL_OK; i++) {
        const struct sl_account_key *key = account->key_count != 0 ? &account->keys[i] : &without;
        struct sl_node *row = sl_tree_map(a);
        sl_tree_put_str(a, row, "key", sl_arena_dup(a, key->label));
        rc = ask_with(c, account, key, model, row);
        sl_tree_add(&results, row);
    }
    c->reveal = sl_tree_map(a);
    sl_tree_put_str(a, c->reveal, "model", model);
    sl_tree_put(c->reveal, SL_STR("results"), results.list);
    return rc;
}

static sl_rc account_test(struct sl_change *c, const void *args)
{
    const struct test_args *t = args;
    struct sl_state_registry *states = sl_state_registry_new();
    struct sl_snapshot *s = NULL;
    sl_rc rc = compile(c, states, &s);
    if (rc == SL_OK) {
        sl_str model = t->model.n != 0 ? t->model : first_chat_model(s->accounts[0]->vendor);
        rc = model.n == 0 ? sl_change_fail(c, "model",
                                           "is missing: the catalogue has none of this "
                                           "vendor")
                          : test_keys(c, s->accounts[0], sl_arena_dup(c->work->a, model));
    }
    sl_snapshot_unref(s);
    sl_state_registry_free(states);
    return rc;
}

static const struct sl_action account_actions[] = {
    {.name = "test",
     .summary = "Ask the vendor a short question with each key; answers with what came back.",
     .fields = test_fields,
     .size = sizeof(struct test_args),
     .is_outside = true,
     .run = account_test},
    {0},
};

static const struct sl_secret_route account_secret_route = {
    .at = "keys", .goes_to = {"vendor", "base_url", "tls"}};

static const char *const indexed_members[] = {"vendor", NULL};

const struct sl_resource_type sl_resource_account = {
    .kind = "account",
    .indexed = indexed_members,
    .noun = &sl_nouns[SL_NOUN_ACCOUNTS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .secret_route = &account_secret_route,
    .actions = account_actions,
};
