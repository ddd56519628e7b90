/*
 * key_auth: who calls, by an API key of ours.
 *
 * Keys are known by their SHA-256 only. Every field and parameter that may carry a key is taken out
 * of the request, so that no key of a caller ever goes upstream (I1). A missing or unknown key is
 * 401, one that is known but may not be used any more 403 (E11).
 */
#include "codec/crypto.h"
#include "policy/policy_int.h"

struct key_auth_config {
    struct sl_strs headers;
    sl_str query;
    bool optional;
};

static const struct sl_field key_auth_fields[] = {
    SL_FIELD_STRS(struct key_auth_config, headers, .min = "1", .max = "16",
                  .dflt = "[authorization, x-api-key, api-key, x-goog-api-key]",
                  .example = "[x-api-key]",
                  .help = "Header fields that may carry the key; the first that is there counts. "
                          "In `authorization` it stands behind `Bearer`. All of them are removed "
                          "before the request goes upstream."),
    SL_FIELD_STR(
        struct key_auth_config, query, .max = "64", .example = "api_key",
        .help =
            "Query parameter that may carry the key when no header does; removed, too. "
            "Not given: none, but `key` on the paths of Gemini. Keys in URLs get into browsers' histories and logs of "
            "others."),
    SL_FIELD_BOOL(struct key_auth_config, optional, .dflt = "false",
                  .help = "Let callers without any key pass, as nobody. A wrong key is refused "
                          "all the same."),
    SL_FIELD_END,
};

static sl_rc key_auth_compile(void *config, sl_str identity, struct sl_state_registry *states,
                              struct sl_arena *a, struct sl_diag *d)
{
    const struct key_auth_config *c = config;
    (void)identity, (void)states, (void)a;
    return sl_header_names_check(&c->headers, d);
}

static sl_str key_in_headers(const struct key_auth_config *c, const struct sl_headers *h)
{
    for (size_t i = 0; i < c->headers.n; i++) {
        const struct sl_header *f = sl_headers_find(h, c->headers.v[i]);
        if (f == NULL)
            continue;
        sl_str key = f->id == SL_H_AUTHORIZATION ? sl_bearer(f->value) : f->value;
        if (key.n != 0)
            return key;
    }
    return (sl_str){0};
}

/* Gemini's clients may send it as ?key=, which is part of that API. */
static sl_str query_name(const struct key_auth_config *c, const struct sl_exchange *x)
{
    bool is_gemini = x->route != NULL && x->route->handler == SL_HANDLER_AI &&
                     x->route->ai_dialect == SL_AI_GEMINI;
    return c->query.n == 0 && is_gemini ? SL_STR("key") : c->query;
}

static void remove_keys(const struct key_auth_config *c, sl_str query, struct sl_exchange *x)
{
    for (size_t i = 0; i < c->headers.n; i++)
        (void)sl_headers_remove(&x->req.headers, c->headers.v[i]);
    sl_query_drop(x, query);
}

static enum sl_verdict ask_for_key(struct sl_exchange *x, const struct key_auth_config *c)
{
    sl_str field = c->headers.v[0];
    bool is_bearer = sl_str_ieq(field, SL_STR("authorization"));
    sl_answer_header(x, SL_STR("www-authenticate"), SL_STR("Bearer realm=\"sluice\""));
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, "no API key was sent",
                        sl_fmt(x->arena, "send your key as '%.*s: %sKEY'", SL_STRF(field),
                               is_bearer ? "Bearer " : ""));
}

static enum sl_verdict refuse_unknown(struct sl_exchange *x)
{
    sl_answer_header(x, SL_STR("www-authenticate"),
                     SL_STR("Bearer realm=\"sluice\", error=\"invalid_token\""));
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, "the API key is not known",
                        SL_STR("check the key for a typing error; it may have been replaced"));
}

static enum sl_verdict key_auth_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct key_auth_config *c = config;
    uint8_t hash[SL_SHA256_BYTES];
    (void)state;

    sl_str query = query_name(c, x), key = key_in_headers(c, &x->req.headers);
    if (key.n == 0)
        key = sl_query_parameter(x, query);
    remove_keys(c, query, x);
    if (x->consumer != NULL) /* known by another policy already */
        return SL_PASS;
    if (key.n == 0)
        return c->optional ? SL_PASS : ask_for_key(x, c);

    sl_sha256(key, hash);
    const struct sl_credential *credential = sl_snapshot_credential(x->snapshot, hash);
    return credential != NULL && credential->kind == SL_CREDENTIAL_API_KEY
               ? sl_credential_admit(x, credential)
               : refuse_unknown(x);
}

static const char *const told[] = {"headers", "query", NULL};

const struct sl_policy_type sl_policy_key_auth = {
    .name = "key_auth",
    .summary = "Know callers by their API keys, and refuse those without one.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_AUTHN,
    .narrowest_wins = true,
    .identifies = 1 << SL_CREDENTIAL_API_KEY,
    .told = told,
    .fields = key_auth_fields,
    .config_size = sizeof(struct key_auth_config),
    .compile = key_auth_compile,
    .on_request = key_auth_on_request,
};
