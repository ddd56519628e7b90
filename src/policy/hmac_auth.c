/*
 * hmac_auth: who calls, by a signature of the request with a secret that both sides have (codec/httpsig).
 *
 * The signature counts for what it covers: it must cover the request's target and its time, which must be of now; a
 * digest that it covers must be the body's. The body is taken in only for a caller whose signature is good.
 */
#include "base/num.h"
#include "codec/httpdate.h"
#include "codec/httpsig.h"
#include "policy/policy_int.h"
#include "snapshot/replay.h"

/* Of which requests a second one with the same signature is refused. */
enum replays { REPLAYS_UNSAFE, REPLAYS_ALL, REPLAYS_NONE };
static const char *const replays[] = {"unsafe", "all", "none", NULL};

struct hmac_auth_config {
    struct sl_strs signed_fields;
    sl_usec clock_skew_us;
    bool requires_digest, optional;
    int refuse_replays; /* enum replays */
    int64_t remember;
    sl_str challenge;         /* made from signed_fields */
    struct sl_replay *replay; /* NULL: any may be sent again */
};

static const struct sl_field hmac_auth_fields[] = {
    {.kind = SL_FIELD_KIND_STRS,
     .name = "signed",
     .offset = offsetof(struct hmac_auth_config, signed_fields),
     .dflt = "[(request-target)]",
     .max = "16",
     .help =
         "What a signature must cover, beside the time (`x-date`, `date` or `(created)`): names "
         "of header fields, and `(request-target)`: method, path and query.",
     .example = "[(request-target), host]"},
    SL_FIELD_SPAN(struct hmac_auth_config, clock_skew_us, "clock_skew", .dflt = "5m", .min = "1s",
                  .max = "1d",
                  .help = "How far the time of a request may be from ours, either way."),
    SL_FIELD_ENUM(
        struct hmac_auth_config, refuse_replays, .dflt = "unsafe", .values = replays,
        .help = "Refuse a signature that was shown before: `unsafe`: of requests that may "
                "change something (all but GET, HEAD, OPTIONS and TRACE); `all`: callers then "
                "make each signature another one, by a field such as `x-nonce` among what "
                "they sign; `none`. Each node remembers what it has seen."),
    SL_FIELD_INT(struct hmac_auth_config, remember, .dflt = "1048576", .min = "1024",
                 .max = "16777216",
                 .help = "How many signatures are remembered for that, of 16 bytes each, until "
                         "their time is over. None is forgotten before: requests with more of them "
                         "are refused (503)."),
    SL_FIELD_BOOL(struct hmac_auth_config, requires_digest, .dflt = "false",
                  .help = "Refuse bodies that are not signed, by `digest` or `content-digest`. One "
                          "that is signed is always compared with the body."),
    SL_FIELD_BOOL(struct hmac_auth_config, optional, .dflt = "false",
                  .help = "Let callers without a signature pass, as nobody, or to the next policy "
                          "that knows callers. A wrong signature is refused all the same."),
    SL_FIELD_END,
};

static bool is_signable(sl_str name)
{
    return sl_str_eq(name, SL_STR("(request-target)")) || sl_header_is_valid(name, SL_STR(""));
}

static sl_rc hmac_auth_compile(void *config, sl_str identity, struct sl_state_registry *states,
                               struct sl_arena *a, struct sl_diag *d)
{
    struct hmac_auth_config *c = config;
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("Signature realm=\"sluice\",headers=\""));
    for (size_t i = 0; i < c->signed_fields.n; i++) {
        sl_str name = c->signed_fields.v[i];
        if (!is_signable(name))
            return sl_diag_fail(
                d, SL_E_CONFIG, "signed",
                "must be names of header fields or (request-target); '%.*s' is neither",
                SL_STRF(name));
        sl_strbuf_addf(&b, "%.*s ", SL_STRF(name));
    }
    sl_strbuf_add(&b, SL_STR("date\""));
    c->challenge = sl_strbuf_str(&b);
    if (c->refuse_replays != REPLAYS_NONE)
        c->replay = sl_replay_get(states, identity, (uint32_t)c->remember, a);
    return SL_OK;
}

/* ------------------------------------------------------------------ the signature */

/* key_auth may have taken the field out already. */
static sl_str find_signature(const struct sl_exchange *x)
{
    sl_str value = sl_httpsig_of(sl_headers_get_id(&x->req.headers, SL_H_AUTHORIZATION));
    return value.p != NULL
               ? value
               : sl_httpsig_of(sl_headers_get_id(&x->in->req.headers, SL_H_AUTHORIZATION));
}

static bool covers_all(const struct hmac_auth_config *c, const struct sl_httpsig *s)
{
    for (size_t i = 0; i < c->signed_fields.n; i++) {
        if (!sl_httpsig_covers(s, c->signed_fields.v[i]))
            return false;
    }
    return true;
}

static bool is_near(const struct hmac_auth_config *c, int64_t now_s, int64_t at_s)
{
    int64_t skew_s = c->clock_skew_us / SL_SECONDS(1);
    return at_s >= now_s - skew_s && at_s <= now_s + skew_s;
}

/* The time that is signed: that of x-date, which clients can set who cannot set Date, before the others. */
static bool time_of(const struct sl_httpsig *s, const struct sl_headers *h, struct sl_arena *a,
                    int64_t *ret_s)
{
    static const sl_str fields[] = {SL_STR_INIT("x-date"), SL_STR_INIT("date")};
    for (size_t i = 0; i < SL_LEN(fields); i++) {
        if (sl_httpsig_covers(s, fields[i]))
            return sl_httpdate_parse(sl_httpsig_field(h, fields[i], a), ret_s);
    }
    return sl_httpsig_covers(s, SL_STR("(created)")) && sl_num_i64(s->created, ret_s);
}

static const char *check_time(const struct hmac_auth_config *c, const struct sl_exchange *x,
                              const struct sl_httpsig *s)
{
    int64_t at_s, end_s, now_s = sl_wall_seconds(x);
    if (!time_of(s, &x->in->req.headers, x->arena, &at_s))
        return "no time of the request is signed (x-date, date or (created))";
    if (!is_near(c, now_s, at_s))
        return "the request's time is too far from now";
    if (sl_httpsig_covers(s, SL_STR("(expires)")) &&
        !(sl_num_i64(s->expires, &end_s) && end_s > now_s))
        return "the signature has expired";
    return NULL;
}

static const struct sl_credential *find_credential(const struct sl_exchange *x, sl_str key_id)
{
    uint8_t hash[SL_SHA256_BYTES];
    sl_credential_id_hash(SL_CREDENTIAL_HMAC, key_id, hash);
    const struct sl_credential *found = sl_snapshot_credential(x->snapshot, hash);
    return found != NULL && found->kind == SL_CREDENTIAL_HMAC ? found : NULL;
}

/* NULL: it is signed by that credential, now; else why not. Reads only. */
static const char *check_head(const struct hmac_auth_config *c, const struct sl_exchange *x,
                              sl_str text, struct sl_httpsig *s,
                              const struct sl_credential **ret_credential)
{
    const char *why;
    sl_str base;
    if (!sl_httpsig_parse(text, x->arena, s, &why))
        return why;
    if (!covers_all(c, s))
        return "the signature does not cover all that it must";
    if (!sl_httpsig_base(s, &x->in->req, x->arena, &base, &why))
        return why;
    *ret_credential = find_credential(x, s->key_id);
    const struct sl_credential_proof *proof =
        *ret_credential != NULL ? (*ret_credential)->proof : NULL;
    if (proof == NULL || !sl_credential_proof_verifies(proof, sl_wall_seconds(x),
                                                       sl_httpsig_alg(s->algorithm, &proof->key),
                                                       base, s->signature))
        return "the signature is wrong, or of nobody that is known";
    return check_time(c, x, s);
}

/* ------------------------------------------------------------------ the body */

static sl_str signed_digest(const struct sl_httpsig *s, const struct sl_headers *h,
                            struct sl_arena *a)
{
    static const sl_str fields[] = {SL_STR_INIT("content-digest"), SL_STR_INIT("digest")};
    for (size_t i = 0; i < SL_LEN(fields); i++) {
        if (sl_httpsig_covers(s, fields[i]))
            return sl_httpsig_field(h, fields[i], a);
    }
    return (sl_str){0};
}

static bool fits_body(struct sl_exchange *x, sl_str digest)
{
    size_t n = 0;
    for (const struct sl_span *s = x->body.head; s != NULL; s = s->next)
        n++;
    sl_str *parts = sl_arena_array(x->arena, sl_str, n + 1);
    n = 0;
    for (const struct sl_span *s = x->body.head; s != NULL; s = s->next)
        parts[n++] = (sl_str){s->p, s->n};
    return sl_digest_field_fits(digest, parts, n);
}

static const char *check_body(const struct hmac_auth_config *c, struct sl_exchange *x,
                              const struct sl_httpsig *s)
{
    sl_str digest = signed_digest(s, &x->in->req.headers, x->arena);
    bool is_empty = x->req.body_kind == SL_BODY_LENGTH && x->req.body_bytes == 0;
    bool has_body = x->req.body_kind != SL_BODY_NONE && !is_empty;
    if (digest.p == NULL)
        return c->requires_digest && has_body ? "the body is not signed (digest)" : NULL;
    return fits_body(x, digest) ? NULL : "the body is not the one that was signed (digest)";
}

/* ------------------------------------------------------------------ the hook */

static enum sl_verdict refuse(struct sl_exchange *x, const struct hmac_auth_config *c,
                              const char *why)
{
    sl_answer_header(x, SL_STR("www-authenticate"), c->challenge);
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, why,
                        SL_STR("sign it as 'Authorization: Signature keyId=...' says "
                               "(draft-cavage-http-signatures)"));
}

/* A time that was near has been checked: it is remembered for as long as it will be. */
static enum sl_replay_seen look_for_replay(const struct hmac_auth_config *c,
                                           const struct sl_exchange *x, const struct sl_httpsig *s)
{
    int64_t at_s, now_s = sl_wall_seconds(x);
    bool may_change = !sl_method_is_safe(x->in->req.method_id);
    if (c->replay == NULL || (c->refuse_replays == REPLAYS_UNSAFE && !may_change) ||
        !time_of(s, &x->in->req.headers, x->arena, &at_s))
        return SL_REPLAY_NEW;
    int64_t end_s = SL_MAX(at_s, now_s) + c->clock_skew_us / SL_SECONDS(1) + 1;
    return sl_replay_show(c->replay, s->signature, end_s, now_s);
}

/* What cannot be remembered is not taken: else who fills the memory could send again what others have sent. */
static enum sl_verdict admit_once(const struct hmac_auth_config *c, struct sl_exchange *x,
                                  const struct sl_httpsig *s, const struct sl_credential *who)
{
    switch (look_for_replay(c, x, s)) {
    case SL_REPLAY_AGAIN:
        return refuse(x, c, "the signature was sent before");
    case SL_REPLAY_FULL:
        return sl_fail_hint(x, SL_E_OVERLOADED, "too many signatures are remembered",
                            SL_STR("try again later, or raise `remember` of hmac_auth"));
    case SL_REPLAY_NEW:
        break;
    }
    return sl_credential_admit(x, who);
}

static enum sl_verdict judge(const struct hmac_auth_config *c, struct sl_exchange *x, sl_str text)
{
    struct sl_httpsig s;
    const struct sl_credential *credential = NULL;
    const char *why = check_head(c, x, text, &s, &credential);
    if (why == NULL)
        why = check_body(c, x, &s);
    return why != NULL ? refuse(x, c, why) : admit_once(c, x, &s, credential);
}

static bool hmac_auth_wants_body(const struct sl_exchange *x, const void *config)
{
    struct sl_httpsig s;
    const struct sl_credential *credential = NULL;
    sl_str text = find_signature(x);
    return x->consumer == NULL && x->req.body_kind != SL_BODY_NONE && text.p != NULL &&
           check_head(config, x, text, &s, &credential) == NULL &&
           signed_digest(&s, &x->in->req.headers, x->arena).p != NULL;
}

static enum sl_verdict hmac_auth_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct hmac_auth_config *c = config;
    sl_str text = find_signature(x);
    (void)state;

    if (text.p != NULL)
        (void)sl_headers_remove(&x->req.headers, SL_STR("authorization"));
    if (x->consumer != NULL) /* known by another policy already */
        return SL_PASS;
    if (text.p == NULL)
        return c->optional ? SL_PASS : refuse(x, c, "no signature was sent");
    return judge(c, x, text);
}

static const char *const told[] = {"signed", "requires_digest", NULL};

const struct sl_policy_type sl_policy_hmac_auth = {
    .name = "hmac_auth",
    .summary = "Know callers by signatures of their requests (HMAC), and refuse those without.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_AUTHN,
    .narrowest_wins = true,
    .identifies = 1 << SL_CREDENTIAL_HMAC,
    .told = told,
    .fields = hmac_auth_fields,
    .config_size = sizeof(struct hmac_auth_config),
    .compile = hmac_auth_compile,
    .wants_body = hmac_auth_wants_body,
    .on_request = hmac_auth_on_request,
};
