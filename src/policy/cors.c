/*
 * cors: which web pages may call from a browser (the Fetch standard's CORS protocol; cases-http 55).
 *
 * Preflights are answered here, before anybody is authenticated: browsers send no credentials with
 * them. Origins compare as wholes; there are no patterns but a leading "*." of the host. What an
 * upstream says about origins itself is replaced.
 */
#include "codec/url.h"
#include "policy/policy_int.h"

struct cors_config {
    struct sl_strs origins, methods, allow_headers, expose_headers;
    bool credentials;
    sl_usec max_age_us;
    /* compiled */
    bool allows_any;
    sl_str method_list, allow_list, expose_list, max_age;
};

struct cors_state {
    sl_str origin; /* that may read the answer; empty: none */
};

static const struct sl_field cors_fields[] = {
    SL_FIELD_STRS(struct cors_config, origins, .required = true, .min = "1", .max = "256",
                  .example = "[https://app.example.com, 'https://*.example.org']",
                  .help = "Pages that may call: scheme, host and port; `*.` takes any subdomain; "
                          "`*` any page; `null` pages without an origin, such as files."),
    SL_FIELD_STRS(struct cors_config, methods, .max = "32",
                  .dflt = "[GET, HEAD, POST, PUT, PATCH, DELETE]",
                  .help = "Methods that pages may use."),
    SL_FIELD_STRS(struct cors_config, allow_headers, .max = "128",
                  .dflt = "[accept, authorization, content-type, x-api-key]", .example = "['*']",
                  .help = "Request fields that pages may set. `*` does not take in "
                          "`authorization`, which must be named."),
    SL_FIELD_STRS(struct cors_config, expose_headers, .max = "128",
                  .example = "[x-request-id, ratelimit]",
                  .help = "Answer fields that pages may read."),
    SL_FIELD_BOOL(struct cors_config, credentials, .dflt = "false",
                  .help = "Let browsers send cookies and client certificates. Then nothing may be "
                          "`*`, and pages that could be anybody's must not be listed."),
    SL_FIELD_SPAN(struct cors_config, max_age_us, "max_age", .dflt = "10m", .min = "0s",
                  .max = "1d", .help = "How long browsers may remember the answer."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ compiling */

static const sl_str any = SL_STR_INIT("*");
static const sl_str wildcard = SL_STR_INIT("://*.");

/* Scheme, host and perhaps port; the host may stand behind "*.". */
static bool is_origin(sl_str text, struct sl_arena *a)
{
    struct sl_url url;
    const char *why;
    sl_str plain = sl_arena_dup(a, text);
    size_t at = sl_str_find_str(plain, wildcard);
    if (at != SIZE_MAX)
        memcpy((char *)plain.p + at, "://x.", wildcard.n);
    return sl_url_parse(plain, &url, &why) == SL_OK && url.path.n == 0 && !url.has_query;
}

static sl_rc check_origins(struct cors_config *c, struct sl_arena *a, struct sl_diag *d)
{
    for (size_t i = 0; i < c->origins.n; i++) {
        sl_str o = c->origins.v[i];
        if (sl_str_eq(o, any))
            c->allows_any = true;
        else if (!sl_str_eq(o, SL_STR("null")) && !is_origin(o, a))
            return sl_diag_fail(d, SL_E_CONFIG, "origins",
                                "'%.*s' must be scheme and host without a path, such as "
                                "https://app.example.com or https://*.example.com",
                                SL_STRF(o));
    }
    return SL_OK;
}

static bool has(const struct sl_strs *list, sl_str item)
{
    for (size_t i = 0; i < list->n; i++) {
        if (sl_str_eq(list->v[i], item))
            return true;
    }
    return false;
}

static sl_rc check_credentials(const struct cors_config *c, struct sl_diag *d)
{
    static const char *const names[] = {"origins", "methods", "allow_headers", "expose_headers"};
    const struct sl_strs *lists[] = {&c->origins, &c->methods, &c->allow_headers,
                                     &c->expose_headers};
    for (size_t i = 0; i < SL_LEN(lists); i++) {
        if (c->credentials && has(lists[i], any))
            return sl_diag_fail(d, SL_E_CONFIG, names[i],
                                "must not hold '*' together with credentials: true");
    }
    return SL_OK;
}

static sl_rc join(const struct sl_strs *names, const char *path, sl_str *ret, struct sl_arena *a,
                  struct sl_diag *d)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; i < names->n; i++) {
        if (!sl_header_is_valid(names->v[i], SL_STR("")))
            return sl_diag_fail(d, SL_E_CONFIG, path, "'%.*s' must be a plain name",
                                SL_STRF(names->v[i]));
        sl_strbuf_add(&b, i != 0 ? SL_STR(", ") : SL_STR(""));
        sl_strbuf_add(&b, names->v[i]);
    }
    *ret = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc cors_compile(void *config, sl_str identity, struct sl_state_registry *states,
                          struct sl_arena *a, struct sl_diag *d)
{
    struct cors_config *c = config;
    (void)identity, (void)states;

    sl_rc rc = check_origins(c, a, d);
    if (rc == SL_OK)
        rc = check_credentials(c, d);
    if (rc == SL_OK)
        rc = join(&c->methods, "methods", &c->method_list, a, d);
    if (rc == SL_OK)
        rc = join(&c->allow_headers, "allow_headers", &c->allow_list, a, d);
    if (rc == SL_OK)
        rc = join(&c->expose_headers, "expose_headers", &c->expose_list, a, d);
    c->max_age = sl_fmt(a, "%lld", (long long)(c->max_age_us / SL_SECONDS(1)));
    return rc;
}

/* ------------------------------------------------------------------ origins */

static bool is_host_text(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = sl_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return s.n != 0 && s.p[0] != '.';
}

/* "*." behind the scheme: the scheme, at least one label, and the rest as a whole. */
static bool matches_subdomain(sl_str pattern, size_t at, sl_str origin)
{
    size_t scheme_bytes = at + 3;
    sl_str scheme = sl_str_head(pattern, scheme_bytes);
    sl_str domain = sl_str_from(pattern, scheme_bytes + 1); /* with its dot */
    if (origin.n <= scheme_bytes + domain.n || !sl_str_istarts(origin, scheme))
        return false;
    sl_str labels = sl_str_of(origin.p + scheme_bytes, origin.n - scheme_bytes - domain.n);
    return is_host_text(labels) && sl_str_ieq(sl_str_from(origin, scheme_bytes + labels.n), domain);
}

static bool matches(sl_str pattern, sl_str origin)
{
    size_t at = sl_str_find_str(pattern, wildcard);
    return at == SIZE_MAX ? sl_str_ieq(pattern, origin) : matches_subdomain(pattern, at, origin);
}

static bool is_allowed(const struct cors_config *c, sl_str origin)
{
    if (c->allows_any && !sl_str_eq(origin, SL_STR("null")))
        return true;
    for (size_t i = 0; i < c->origins.n; i++) {
        if (matches(c->origins.v[i], origin))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ hooks */

static void set_field(struct sl_exchange *x, const char *name, sl_str value)
{
    if (value.n != 0)
        (void)sl_headers_set(&x->res.headers, sl_cstr(name), value); /* without it the page fails */
}

static enum sl_verdict answer_preflight(struct sl_exchange *x, const struct cors_config *c)
{
    (void)sl_reply(x, 204, (sl_str){0}, (sl_str){0});
    x->res.body_kind = SL_BODY_NONE;
    set_field(x, "access-control-allow-methods", c->method_list);
    set_field(x, "access-control-allow-headers", c->allow_list);
    set_field(x, "access-control-max-age", c->max_age);
    (void)sl_headers_add_id(
        &x->res.headers, SL_H_VARY,
        SL_STR("access-control-request-method, access-control-request-headers"));
    return SL_REPLY;
}

static bool is_preflight(const struct sl_exchange *x)
{
    return x->req.method_id == SL_METHOD_OPTIONS &&
           sl_headers_find_id(&x->req.headers, SL_H_ACCESS_CONTROL_REQUEST_METHOD) != NULL;
}

static enum sl_verdict cors_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct cors_config *c = config;
    struct cors_state *s = state;

    sl_str origin = sl_headers_get_id(&x->req.headers, SL_H_ORIGIN);
    if (origin.n == 0)
        return SL_PASS;
    if (is_allowed(c, origin))
        s->origin = origin;
    if (!is_preflight(x))
        return SL_PASS; /* of a foreign page too: the browser keeps the answer from it */
    if (s->origin.n == 0)
        return sl_fail_hint(x, SL_E_DENIED, "pages of this origin may not call",
                            sl_fmt(x->arena, "the origin is %.*s", SL_STRF(origin)));
    return answer_preflight(x, c);
}

/* Of an answer that depends on it, also when this one went to nobody's page. */
static void vary_by_origin(struct sl_exchange *x)
{
    struct sl_headers *h = &x->res.headers;
    if (!sl_headers_has_token(h, SL_H_VARY, SL_STR("origin")) &&
        !sl_headers_has_token(h, SL_H_VARY, any))
        (void)sl_headers_add_id(h, SL_H_VARY, SL_STR("origin"));
}

static void drop_upstreams_own(struct sl_exchange *x)
{
    (void)sl_headers_remove(&x->res.headers, SL_STR("access-control-allow-origin"));
    (void)sl_headers_remove(&x->res.headers, SL_STR("access-control-allow-credentials"));
    (void)sl_headers_remove(&x->res.headers, SL_STR("access-control-expose-headers"));
}

static enum sl_verdict cors_on_response(struct sl_exchange *x, const void *config, void *state)
{
    const struct cors_config *c = config;
    const struct cors_state *s = state;

    drop_upstreams_own(x);
    vary_by_origin(x);
    if (s->origin.n == 0)
        return SL_PASS;
    set_field(x, "access-control-allow-origin", s->origin);
    set_field(x, "access-control-expose-headers", c->expose_list);
    if (c->credentials)
        set_field(x, "access-control-allow-credentials", SL_STR("true"));
    return SL_PASS;
}

const struct sl_policy_type sl_policy_cors = {
    .name = "cors",
    .summary = "Let pages of other origins call from browsers.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_CORS,
    .narrowest_wins = true,
    .fields = cors_fields,
    .config_size = sizeof(struct cors_config),
    .state_size = sizeof(struct cors_state),
    .compile = cors_compile,
    .on_request = cors_on_request,
    .on_response = cors_on_response,
};
