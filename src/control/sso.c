#include "control/sso.h"
#include "base/clock.h"
#include "base/str.h"
#include "codec/oidc.h"
#include "control/sso_user.h"
#include "control/tree.h"

enum {
    METADATA_AGE_S = 3600,
    KEYS_AGE_S = 3600,
    MICRO = 1000000,
};

static const sl_str cookie_context = SL_STR_INIT("sso cookie");

struct sl_sso {
    struct sl_fetched *fetched;
    atomic_int waiting; /* calls that may wait for providers; relaxed: only a count */
    atomic_int trying;  /* those of them that only try one; relaxed, too */
};

struct sl_sso *sl_sso_new(void)
{
    struct sl_sso *s = sl_new(struct sl_sso);
    s->fetched = sl_fetched_new();
    atomic_init(&s->waiting, 0);
    atomic_init(&s->trying, 0);
    return s;
}

void sl_sso_free(struct sl_sso *s)
{
    if (s == NULL)
        return;
    sl_fetched_free(s->fetched);
    sl_free(s);
}

static const struct {
    const char *code, *text;
} failures[] = {
    {"", "done"},
#define X(NAME, code, text) {code, text},
#include "control/sso_failure.def"
#undef X
};

const char *sl_sso_failure_code(enum sl_sso_failure f)
{
    return failures[f].code;
}

const char *sl_sso_failure_text(enum sl_sso_failure f)
{
    return failures[f].text;
}

enum sl_sso_failure sl_sso_fail(const struct sl_sso_call *c, enum sl_sso_failure f, const char *why)
{
    (void)sl_diag_fail(c->d, SL_E_INVALID, "", "%s", why);
    return f;
}

static void leave(atomic_int *places)
{
    atomic_fetch_sub_explicit(places, 1, memory_order_relaxed);
}

static bool enter(atomic_int *places, int max)
{
    if (atomic_fetch_add_explicit(places, 1, memory_order_relaxed) < max)
        return true;
    leave(places);
    return false;
}

static bool may_wait(struct sl_sso *s)
{
    return enter(&s->waiting, SL_SSO_WAITING_MAX);
}

static void has_waited(struct sl_sso *s)
{
    leave(&s->waiting);
}

/* Who only tries a provider leaves a place to those who sign in. */
static bool may_try(struct sl_sso *s)
{
    if (!enter(&s->trying, SL_SSO_TRYING_MAX))
        return false;
    if (may_wait(s))
        return true;
    leave(&s->trying);
    return false;
}

static void has_tried(struct sl_sso *s)
{
    has_waited(s);
    leave(&s->trying);
}

/* ------------------------------------------------------------------ the provider */

sl_rc sl_sso_find(struct sl_control *c, sl_str name, struct sl_arena *a, struct sl_diag *d,
                  struct sl_sso_provider *ret)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("identity-provider"));
    struct sl_work w = {.control = c, .a = a, .d = d};
    struct sl_node *spec = NULL;
    struct sl_row row;
    if (sl_store_read(c->store, &w.tx) != SL_OK)
        return SL_E_STORE;
    sl_rc rc = sl_row_by_name(w.tx, sl_cstr(type->kind), name, a, &row);
    sl_tx_rollback(w.tx);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? rc : SL_E_STORE;
    *ret = (struct sl_sso_provider){.id = row.id};
    rc = sl_change_parse(&w, row.spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_unseal(c, type, row.id, spec, a, &spec, d);
    if (rc == SL_OK)
        rc = sl_field_read(type->noun->fields, &ret->config, spec, SL_STR(""), a, d);
    if (rc != SL_OK)
        return SL_E_STORE;
    return ret->config.disabled ? SL_E_NOTFOUND : SL_OK;
}

static sl_rc ask(const struct sl_sso_call *c, sl_str url, int64_t max_age_s, sl_str *ret)
{
    const struct sl_fetch_request rq = {.url = url,
                                        .allowed = &c->control->config.fetch_from,
                                        .max_bytes = SL_OIDC_DOCUMENT_BYTES_MAX,
                                        .timeout_us = SL_SECONDS(SL_SSO_TIMEOUT_S)};
    return sl_fetched_get(c->control->sso->fetched, &rq, SL_SECONDS(max_age_s), url.p, c->a, c->d,
                          ret);
}

static enum sl_sso_failure read_metadata(const struct sl_sso_call *c, struct sl_oidc_metadata *ret)
{
    sl_str issuer = c->provider->config.issuer, text;
    const char *why;
    if (ask(c, sl_oidc_metadata_url(issuer, c->a), METADATA_AGE_S, &text) != SL_OK)
        return SL_SSO_PROVIDER;
    if (!sl_oidc_metadata_parse(text, issuer, c->a, ret, &why))
        return sl_sso_fail(c, SL_SSO_PROVIDER, why);
    return SL_SSO_DONE;
}

static enum sl_sso_failure read_keys(const struct sl_sso_call *c, sl_str url, size_t *ret)
{
    sl_str text;
    struct sl_jwks keys;
    if (ask(c, url, KEYS_AGE_S, &text) != SL_OK)
        return SL_SSO_PROVIDER;
    if (!sl_jwks_parse(text, c->a, &keys))
        return sl_sso_fail(c, SL_SSO_PROVIDER, "what is at jwks_uri is no set of keys");
    *ret = keys.n;
    return keys.n != 0
               ? SL_SSO_DONE
               : sl_sso_fail(c, SL_SSO_PROVIDER, "none of the keys at jwks_uri can be used");
}

enum sl_sso_failure sl_sso_discover(const struct sl_sso_call *c, struct sl_oidc_metadata *ret,
                                    size_t *ret_keys)
{
    struct sl_sso *sso = c->control->sso;
    sl_str issuer = c->provider->config.issuer;
    *ret = (struct sl_oidc_metadata){0};
    *ret_keys = 0;
    if (!sl_oidc_url_is_safe(issuer))
        return sl_sso_fail(c, SL_SSO_PROVIDER,
                           "the issuer must be an https URL, or an http URL of this machine");
    if (!may_try(sso))
        return sl_sso_fail(c, SL_SSO_BUSY, "too many wait for identity providers; try again");
    (void)sl_fetched_renew(sso->fetched, sl_oidc_metadata_url(issuer, c->a), sl_clock_mono_us());
    enum sl_sso_failure failure = read_metadata(c, ret);
    if (failure == SL_SSO_DONE) {
        (void)sl_fetched_renew(sso->fetched, ret->jwks_uri, sl_clock_mono_us());
        failure = read_keys(c, ret->jwks_uri, ret_keys);
    }
    has_tried(sso);
    return failure;
}

/* ------------------------------------------------------------------ what belongs to one sign-in */

struct flow {
    sl_str provider; /* its id */
    sl_str state, nonce, verifier, redirect_uri, return_to;
    int64_t until_s;
};

static const struct sl_field flow_fields[] = {
    SL_FIELD_STR(struct flow, provider, .required = true),
    SL_FIELD_STR(struct flow, state, .required = true),
    SL_FIELD_STR(struct flow, nonce, .required = true),
    SL_FIELD_STR(struct flow, verifier, .required = true),
    SL_FIELD_STR(struct flow, redirect_uri, .required = true),
    SL_FIELD_STR(struct flow, return_to, .required = true),
    SL_FIELD_INT(struct flow, until_s, .required = true),
    SL_FIELD_END,
};

static sl_str random_text(struct sl_arena *a)
{
    return sl_identity_random(a, "", SL_IDENTITY_SECRET_BYTES);
}

static sl_str seal(const struct sl_sso_call *c, const struct flow *f)
{
    struct sl_strbuf b;
    struct sl_node *n = sl_tree_map(c->a);
    sl_tree_put_str(c->a, n, "provider", f->provider);
    sl_tree_put_str(c->a, n, "state", f->state);
    sl_tree_put_str(c->a, n, "nonce", f->nonce);
    sl_tree_put_str(c->a, n, "verifier", f->verifier);
    sl_tree_put_str(c->a, n, "redirect_uri", f->redirect_uri);
    sl_tree_put_str(c->a, n, "return_to", f->return_to);
    sl_tree_put(n, SL_STR("until_s"), sl_tree_i64(c->a, f->until_s));
    sl_strbuf_init(&b, c->a, 0);
    sl_vault_seal(c->control->vault, sl_tree_json(n, c->a), cookie_context, &b);
    return sl_strbuf_str(&b);
}

static bool unseal(const struct sl_sso_call *c, sl_str cookie, struct flow *ret)
{
    struct sl_strbuf b;
    const struct sl_node *n = NULL;
    sl_strbuf_init(&b, c->a, 0);
    *ret = (struct flow){0};
    return cookie.n != 0 &&
           sl_vault_unseal(c->control->vault, cookie, cookie_context, &b) == SL_OK &&
           sl_json_to_node(sl_strbuf_str(&b), SL_STR(""), c->a, c->d, &n) == SL_OK &&
           sl_field_read(flow_fields, ret, n, SL_STR(""), c->a, c->d) == SL_OK;
}

bool sl_sso_path_is_own(sl_str path)
{
    if (path.n == 0 || path.n > SL_SSO_PATH_BYTES_MAX || path.p[0] != '/' ||
        (path.n > 1 && path.p[1] == '/'))
        return false;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] <= ' ' || path.p[i] >= 0x7f || path.p[i] == '\\')
            return false; /* browsers read '\' as '/', and skip tabs and line ends */
    }
    return true;
}

/* ------------------------------------------------------------------ the start */

/* Who begins waits for the provider only when its metadata is not at hand. */
static enum sl_sso_failure read_metadata_now(const struct sl_sso_call *c,
                                             struct sl_oidc_metadata *ret)
{
    struct sl_sso *sso = c->control->sso;
    sl_str text, url = sl_oidc_metadata_url(c->provider->config.issuer, c->a);
    bool must_ask = sl_fetched_look(sso->fetched, url, SL_SECONDS(METADATA_AGE_S),
                                    sl_clock_mono_us(), c->a, &text) == SL_FETCHED_NOTHING;
    if (must_ask && !may_wait(sso))
        return sl_sso_fail(c, SL_SSO_BUSY, "try again");
    enum sl_sso_failure failure = read_metadata(c, ret);
    if (must_ask)
        has_waited(sso);
    return failure;
}

enum sl_sso_failure sl_sso_start(const struct sl_sso_call *c, struct sl_sso_start *s)
{
    const struct sl_identity_provider_config *config = &c->provider->config;
    struct sl_oidc_metadata metadata;
    SL_ASSERT(sl_sso_path_is_own(s->return_to));
    enum sl_sso_failure failure = read_metadata_now(c, &metadata);
    if (failure != SL_SSO_DONE)
        return failure;
    const struct flow f = {.provider = c->provider->id,
                           .state = random_text(c->a),
                           .nonce = random_text(c->a),
                           .verifier = random_text(c->a),
                           .redirect_uri = s->redirect_uri,
                           .return_to = s->return_to,
                           .until_s = sl_clock_wall_us() / MICRO + SL_SSO_LIFE_S};
    const struct sl_oidc_request rq = {.client_id = config->client_id,
                                       .redirect_uri = f.redirect_uri,
                                       .state = f.state,
                                       .nonce = f.nonce,
                                       .verifier = f.verifier,
                                       .scopes = config->scopes};
    s->location = sl_oidc_authorize_url(&metadata, &rq, c->a);
    s->cookie = seal(c, &f);
    return SL_SSO_DONE;
}

/* ------------------------------------------------------------------ the code and the token */

static enum sl_sso_failure redeem(const struct sl_sso_call *c, const struct sl_oidc_metadata *m,
                                  const struct flow *f, sl_str code, struct sl_oidc_tokens *ret)
{
    const struct sl_oidc_exchange e = {.client_id = c->provider->config.client_id,
                                       .secret = c->provider->config.client_secret,
                                       .code = code,
                                       .redirect_uri = f->redirect_uri,
                                       .verifier = f->verifier};
    sl_str authorization = sl_oidc_authorization(m, &e, c->a);
    const struct sl_pair headers[] = {
        {SL_STR_INIT("content-type"), SL_STR_INIT("application/x-www-form-urlencoded")},
        {SL_STR_INIT("accept"), SL_STR_INIT("application/json")},
        {SL_STR_INIT("authorization"), authorization},
    };
    const struct sl_send_request rq = {.url = m->token_endpoint,
                                       .headers = headers,
                                       .header_count = SL_LEN(headers) - (authorization.n == 0),
                                       .body = sl_oidc_token_form(m, &e, c->a),
                                       .answer_max = SL_OIDC_DOCUMENT_BYTES_MAX,
                                       .timeout_us = SL_SECONDS(SL_SSO_TIMEOUT_S)};
    struct sl_send_answer answer;
    const char *why;
    if (sl_send(&rq, &c->control->config.fetch_from, c->a, c->d, &answer) != SL_OK)
        return SL_SSO_PROVIDER;
    if (answer.status != 200)
        return sl_sso_fail(c, SL_SSO_PROVIDER,
                           sl_fmt(c->a, "the token endpoint answers with %u %.*s", answer.status,
                                  SL_STRF(sl_oidc_error_code(answer.body, c->a)))
                               .p);
    if (answer.is_cut)
        return sl_sso_fail(c, SL_SSO_PROVIDER, "the token endpoint's answer is too large");
    if (!sl_oidc_tokens_parse(answer.body, c->a, ret, &why))
        return sl_sso_fail(c, SL_SSO_PROVIDER, why);
    return SL_SSO_DONE;
}

static bool is_signed(const struct sl_sso_call *c, const struct sl_oidc_metadata *m,
                      const struct sl_jwt *t, bool *ret_has_keys)
{
    sl_str text;
    struct sl_jwks keys;
    *ret_has_keys = ask(c, m->jwks_uri, KEYS_AGE_S, &text) == SL_OK;
    return *ret_has_keys && sl_jwks_parse(text, c->a, &keys) &&
           sl_jwt_signed_by(t, &keys) == SL_JWT_SIGNED;
}

/* Signed by whom we know, after another look at the keys, for they change; and for us, now. */
static enum sl_sso_failure check_token(const struct sl_sso_call *c,
                                       const struct sl_oidc_metadata *m, const struct flow *f,
                                       sl_str id_token, struct sl_jwt *ret)
{
    const char *why;
    bool has_keys;
    struct sl_fetched *fetched = c->control->sso->fetched;
    const struct sl_oidc_expected expected = {.issuer = m->issuer,
                                              .client_id = c->provider->config.client_id,
                                              .nonce = f->nonce,
                                              .now_s = sl_clock_wall_us() / MICRO};
    if (!sl_jwt_parse(id_token, c->a, ret, &why))
        return sl_sso_fail(c, SL_SSO_TOKEN, why);
    bool is_good = is_signed(c, m, ret, &has_keys);
    if (!is_good && has_keys && sl_fetched_renew(fetched, m->jwks_uri, sl_clock_mono_us()))
        is_good = is_signed(c, m, ret, &has_keys);
    if (!is_good)
        return has_keys ? sl_sso_fail(c, SL_SSO_TOKEN,
                                      "the token is not signed with a key of the issuer")
                        : SL_SSO_PROVIDER;
    why = sl_oidc_check(ret, &expected);
    return why == NULL ? SL_SSO_DONE : sl_sso_fail(c, SL_SSO_TOKEN, why);
}

/* ------------------------------------------------------------------ who it is */

static struct sl_strs texts_of(const struct sl_json *v, struct sl_arena *a)
{
    struct sl_strs out = {.v = sl_arena_array(a, sl_str, sl_json_count(v) + 1)};
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *item;
    if (sl_json_text(v).n != 0)
        out.v[out.n++] = sl_json_text(v);
    while (sl_json_kind(v) == SL_JSON_ARRAY && (item = sl_json_next(&c, NULL)) != NULL) {
        if (sl_json_text(item).n != 0)
            out.v[out.n++] = sl_json_text(item);
    }
    return out;
}

/* What the token does not say the other document may: some providers keep their tokens small. */
static const struct sl_json *claim_of(const struct sl_json *const claims[2], sl_str path)
{
    const struct sl_json *v = sl_oidc_claim(claims[0], path);
    return v != NULL ? v : sl_oidc_claim(claims[1], path);
}

static bool needs_more(const struct sl_identity_provider_config *config,
                       const struct sl_json *claims)
{
    bool wants_groups = config->grants.n != 0 || config->allowed_groups.n != 0;
    return sl_oidc_claim(claims, config->username_claim) == NULL ||
           sl_oidc_claim(claims, SL_STR("email")) == NULL ||
           (wants_groups && sl_oidc_claim(claims, config->groups_claim) == NULL);
}

/* Core, 5.3; NULL where there is none, or it is of somebody else. */
static const struct sl_json *ask_userinfo(const struct sl_sso_call *c,
                                          const struct sl_oidc_metadata *m,
                                          const struct sl_oidc_tokens *tokens, sl_str subject)
{
    const struct sl_fetch_request rq = {
        .url = m->userinfo_endpoint,
        .allowed = &c->control->config.fetch_from,
        .max_bytes = SL_OIDC_DOCUMENT_BYTES_MAX,
        .timeout_us = SL_SECONDS(SL_SSO_TIMEOUT_S),
        .authorization = sl_fmt(c->a, "Bearer %.*s", SL_STRF(tokens->access_token))};
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    sl_str text;
    if (m->userinfo_endpoint.n == 0 || tokens->access_token.n == 0 ||
        sl_fetch(&rq, "userinfo_endpoint", c->a, c->d, &text) != SL_OK ||
        sl_json_parse(text, c->a, &v, &info) != SL_OK)
        return NULL;
    return sl_str_eq(sl_json_text(sl_json_get(v, SL_STR("sub"))), subject) ? v : NULL;
}

void sl_sso_person_of(const struct sl_sso_call *c, const struct sl_json *const claims[2],
                      struct sl_sso_person *ret)
{
    const struct sl_identity_provider_config *config = &c->provider->config;
    *ret = (struct sl_sso_person){
        .subject = sl_json_text(sl_json_get(claims[0], SL_STR("sub"))),
        .name = sl_json_text(claim_of(claims, config->username_claim)),
        .display_name = sl_json_text(claim_of(claims, SL_STR("name"))),
        .email = sl_json_text(claim_of(claims, SL_STR("email"))),
        .is_email_verified = sl_json_is_true(claim_of(claims, SL_STR("email_verified"))),
        .groups = texts_of(claim_of(claims, config->groups_claim), c->a),
    };
}

static void read_person(const struct sl_sso_call *c, const struct sl_oidc_metadata *m,
                        const struct sl_oidc_tokens *tokens, const struct sl_jwt *t,
                        struct sl_sso_person *ret)
{
    const struct sl_identity_provider_config *config = &c->provider->config;
    const struct sl_json *claims[2] = {t->claims, NULL};
    sl_str subject = sl_jwt_text(t, SL_STR("sub"));
    if (needs_more(config, t->claims))
        claims[1] = ask_userinfo(c, m, tokens, subject);
    sl_sso_person_of(c, claims, ret);
}

/* ------------------------------------------------------------------ the end */

static enum sl_sso_failure open_flow(const struct sl_sso_call *c, struct sl_sso_end *e,
                                     struct flow *f)
{
    if (!unseal(c, e->cookie, f))
        return sl_sso_fail(c, SL_SSO_EXPIRED, "there is no cookie of a sign-in");
    if (sl_sso_path_is_own(f->return_to))
        e->return_to = f->return_to;
    if (f->until_s < sl_clock_wall_us() / MICRO)
        return sl_sso_fail(c, SL_SSO_EXPIRED, "the sign-in took too long");
    if (!sl_str_eq(f->provider, c->provider->id) || !sl_str_eq_secret(f->state, e->state))
        return sl_sso_fail(c, SL_SSO_EXPIRED, "the answer is of another sign-in (state)");
    return SL_SSO_DONE;
}

/* RFC 9207: an answer that another provider gave must not be redeemed at this one. */
static enum sl_sso_failure check_answer(const struct sl_sso_call *c,
                                        const struct sl_oidc_metadata *m,
                                        const struct sl_sso_end *e)
{
    if (e->issuer.p == NULL ? m->names_issuer_in_answer : !sl_str_eq(e->issuer, m->issuer))
        return sl_sso_fail(c, SL_SSO_TOKEN, "the answer is of another issuer (iss)");
    if (e->error.n != 0)
        return sl_sso_fail(c, SL_SSO_REFUSED, "it answered with an error");
    return e->code.n != 0 ? SL_SSO_DONE
                          : sl_sso_fail(c, SL_SSO_PROVIDER, "it answered without a code");
}

static enum sl_sso_failure learn(const struct sl_sso_call *c, const struct flow *f,
                                 const struct sl_sso_end *e, struct sl_sso_person *ret)
{
    struct sl_oidc_metadata metadata;
    struct sl_oidc_tokens tokens;
    struct sl_jwt token;
    enum sl_sso_failure failure = read_metadata(c, &metadata);
    if (failure == SL_SSO_DONE)
        failure = check_answer(c, &metadata, e);
    if (failure == SL_SSO_DONE)
        failure = redeem(c, &metadata, f, e->code, &tokens);
    if (failure == SL_SSO_DONE)
        failure = check_token(c, &metadata, f, tokens.id_token, &token);
    if (failure == SL_SSO_DONE)
        read_person(c, &metadata, &tokens, &token, ret);
    return failure;
}

enum sl_sso_failure sl_sso_end(const struct sl_sso_call *c, struct sl_sso_end *e)
{
    struct flow f;
    struct sl_sso_person person;
    struct sl_row user;
    enum sl_sso_failure failure = open_flow(c, e, &f);
    if (failure != SL_SSO_DONE)
        return failure;
    if (!may_wait(c->control->sso))
        return sl_sso_fail(c, SL_SSO_BUSY, "try again");
    failure = learn(c, &f, e, &person);
    has_waited(c->control->sso);
    if (failure == SL_SSO_DONE)
        failure = sl_sso_admit(c, &person, &user);
    if (failure != SL_SSO_DONE)
        return failure;
    const struct sl_sign_in s = {
        .user = &user, .provider = c->provider->config.name, .from = c->from};
    sl_rc rc = sl_identity_begin_session(c->control, &s, c->a, &e->login);
    if (rc == SL_E_UNAUTHENTICATED)
        return sl_sso_fail(c, SL_SSO_DISABLED, "the user is disabled");
    return rc == SL_OK ? SL_SSO_DONE : SL_SSO_STORE;
}
