/*
 * validate: do a request and its answer keep to what the API's description says of the operation? Here: parameters
 * and JSON bodies against their schemas; else 400 with each fault and its place. validate_answer.c has the other half.
 * On routes that are no operation it does nothing.
 */
#include "base/enc.h"
#include "codec/cookie.h"
#include "codec/url.h"
#include "policy/validate_int.h"

static const char *const modes[] = {"refuse", "report", "off", NULL};

static const struct sl_field validate_fields[] = {
    SL_FIELD_ENUM(
        struct sl_validate_config, parameters, .dflt = "refuse", .values = modes,
        .help = "What happens to requests whose parameters (path, query, headers, cookies) do "
                "not keep to the operation: 400, only a field `x-sluice-validation` in the "
                "answer, or nothing."),
    SL_FIELD_ENUM(struct sl_validate_config, body, .dflt = "refuse", .values = modes,
                  .help =
                      "The same for JSON bodies (400) and media types (415). The body is held in "
                      "memory for it."),
    SL_FIELD_ENUM(struct sl_validate_config, responses, .dflt = "off", .values = modes,
                  .help = "The same for answers of the upstream: status, media type and JSON body. "
                          "Refused ones become 502. Bodies are held back for it up to `body_max`; "
                          "larger and compressed ones pass unchecked."),
    SL_FIELD_SIZE(
        struct sl_validate_config, body_max, .dflt = "1MiB", .min = "1", .max = "32MiB",
        .help = "The largest body that is checked; of requests a larger one is refused (413)."),
    SL_FIELD_BOOL(struct sl_validate_config, unknown_queries, .dflt = "true",
                  .help = "Let query parameters through that the operation does not name."),
    SL_FIELD_END,
};

static const sl_str places[] = {[SL_IN_PATH] = SL_STR_INIT("path"),
                                [SL_IN_QUERY] = SL_STR_INIT("query"),
                                [SL_IN_HEADER] = SL_STR_INIT("header"),
                                [SL_IN_COOKIE] = SL_STR_INIT("cookie")};

/* ------------------------------------------------------------------ parameters */

static bool is_number(sl_str s)
{
    struct sl_jsonscan_info info;
    return sl_jsonscan(s, NULL, NULL, 0, NULL, &info) == SL_OK && info.kind == SL_JSON_NUMBER;
}

/* A text as the value that the schema wants, where it can be one; else as a string, which will not fit. */
static void write_value(struct sl_jsonw *w, const struct sl_schema *schema, sl_str text)
{
    uint32_t types = schema != NULL ? sl_schema_types(schema) : 0;
    bool wants_number = (types & (1u << SL_SCHEMA_INTEGER | 1u << SL_SCHEMA_NUMBER)) != 0;
    bool wants_bool = (types & 1u << SL_SCHEMA_BOOLEAN) != 0;
    bool is_bool = sl_str_eq(text, SL_STR("true")) || sl_str_eq(text, SL_STR("false"));
    if ((wants_number && is_number(text)) || (wants_bool && is_bool))
        sl_jsonw_raw(w, text);
    else
        sl_jsonw_str(w, text);
}

static bool is_list(const struct sl_parameter *p)
{
    return p->schema != NULL && (sl_schema_types(p->schema) & 1u << SL_SCHEMA_ARRAY) != 0;
}

/* What the exploded form repeats, or the other has between commas. */
static void write_list(struct sl_jsonw *w, const struct sl_parameter *p, const sl_str *values,
                       size_t n)
{
    const struct sl_schema *items = sl_schema_items(p->schema);
    sl_jsonw_array(w);
    for (size_t i = 0; i < n; i++) {
        sl_str rest = values[i], one;
        if (p->is_exploded)
            write_value(w, items, rest);
        while (!p->is_exploded && sl_str_split(&rest, ',', &one))
            write_value(w, items, one);
    }
    sl_jsonw_end(w);
}

static void check_values(struct sl_findings *f, const struct sl_parameter *p, const sl_str *values,
                         size_t n)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_str place = places[p->place];
    if (n == 0) {
        if (p->is_required)
            sl_findings_add(f, place, p->name, SL_STR(""), SL_STR("is required"));
        return;
    }
    if (n > 1 && !is_list(p)) {
        sl_findings_add(f, place, p->name, SL_STR(""), SL_STR("must not be given twice"));
        return;
    }
    sl_strbuf_init(&b, f->x->arena, 0);
    sl_jsonw_init(&w, &b);
    if (is_list(p))
        write_list(&w, p, values, n);
    else
        write_value(&w, p->schema, values[0]);
    (void)sl_findings_check(f, p->schema, sl_strbuf_str(&b), place, p->name, f->x->arena);
}

/* Decoded; the raw text where the escapes are malformed. */
static sl_str decoded(struct sl_exchange *x, sl_str raw, bool is_form)
{
    struct sl_strbuf plain, out;
    sl_strbuf_init(&plain, x->arena, 0);
    sl_strbuf_init(&out, x->arena, 0);
    for (size_t i = 0; i < raw.n; i++)
        sl_strbuf_add_char(&plain, is_form && raw.p[i] == '+' ? ' ' : raw.p[i]);
    bool is_good = sl_dec_percent(&out, sl_strbuf_str(&plain));
    if (!is_good)
        return raw;
    return out.p != NULL ? sl_strbuf_str(&out) : SL_STR("");
}

enum { VALUES_MAX = 128 };

static void check_query(struct sl_findings *f, const struct sl_parameter *p)
{
    sl_str values[VALUES_MAX], rest = f->x->req.query, pair;
    size_t n = 0;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        size_t eq = sl_str_find(pair, '=', 0);
        if (!sl_str_eq(decoded(f->x, sl_str_head(pair, eq), true), p->name))
            continue;
        if (n == VALUES_MAX) {
            sl_findings_add(f, places[p->place], p->name, SL_STR(""), SL_STR("is given too often"));
            return;
        }
        values[n++] = eq != SIZE_MAX ? decoded(f->x, sl_str_from(pair, eq + 1), true) : SL_STR("");
    }
    check_values(f, p, values, n);
}

static void check_parameter(struct sl_findings *f, const struct sl_parameter *p)
{
    struct sl_exchange *x = f->x;
    sl_str value = {0};
    bool is_there = false;
    switch (p->place) {
    case SL_IN_QUERY:
        check_query(f, p);
        return;
    case SL_IN_PATH:
        if (p->position >= x->match.param_count)
            return; /* it shares its segment with other text */
        is_there = true;
        value = decoded(x, x->match.params[p->position], false);
        break;
    case SL_IN_HEADER: {
        const struct sl_header *h = sl_headers_find(&x->req.headers, p->name);
        is_there = h != NULL;
        value = is_there ? h->value : value;
        break;
    }
    case SL_IN_COOKIE:
        is_there = sl_cookie_get(&x->req.headers, p->name, &value);
        break;
    }
    check_values(f, p, &value, is_there);
}

static bool is_named(const struct sl_operation *op, sl_str name)
{
    for (size_t i = 0; i < op->parameter_count; i++) {
        if (op->parameters[i].place == SL_IN_QUERY && sl_str_eq(op->parameters[i].name, name))
            return true;
    }
    return false;
}

static void check_unknown(struct sl_findings *f, const struct sl_operation *op)
{
    sl_str rest = f->x->req.query, pair;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        sl_str name = decoded(f->x, sl_str_head(pair, sl_str_find(pair, '=', 0)), true);
        if (name.n != 0 && !is_named(op, name))
            sl_findings_add(f, places[SL_IN_QUERY], name, SL_STR(""),
                            SL_STR("is not allowed here"));
    }
}

static void check_parameters(struct sl_findings *f, const struct sl_validate_config *c,
                             const struct sl_operation *op)
{
    for (size_t i = 0; i < op->parameter_count; i++)
        check_parameter(f, &op->parameters[i]);
    if (!c->unknown_queries)
        check_unknown(f, op);
}

/* ------------------------------------------------------------------ bodies */

static const sl_str body_place = SL_STR_INIT("body");

/* False when it is of a type that the operation does not take. */
static bool check_body(struct sl_findings *f, const struct sl_operation *op)
{
    struct sl_exchange *x = f->x;
    if (x->body.bytes == 0) {
        if (op->is_body_required)
            sl_findings_add(f, body_place, SL_STR(""), SL_STR(""), SL_STR("is required"));
        return true;
    }
    sl_str type = sl_media_essence(x, sl_headers_get_id(&x->req.headers, SL_H_CONTENT_TYPE));
    const struct sl_body *body = sl_media_find(&op->bodies, type);
    if (body == NULL ||
        (sl_media_is_json(type) && body->schema != NULL && !sl_media_is_plain(&x->req.headers)))
        return false;
    if (!sl_media_is_json(type) || body->schema == NULL)
        return true;
    sl_str text = sl_chain_flatten(&x->body, x->arena);
    if (text.p == NULL)
        sl_findings_add(f, body_place, SL_STR(""), SL_STR(""),
                        SL_STR("is too large to be checked"));
    else
        (void)sl_findings_check(f, body->schema, text, body_place, SL_STR(""), x->arena);
    return true;
}

/* ------------------------------------------------------------------ the hook */

/* SL_PASS, or the refusal. */
static enum sl_verdict judge(struct sl_findings *f, int mode)
{
    struct sl_exchange *x = f->x;
    if (f->n == 0)
        return SL_PASS;
    if (mode == SL_VALIDATE_REPORT) {
        sl_validate_tell(x, sl_fmt(x->arena, "request; faults=%zu", f->n));
        return SL_PASS;
    }
    x->errors = sl_findings_end(f);
    return sl_fail(x, SL_E_REQUEST_INVALID, "the request does not keep to the API's description");
}

static enum sl_verdict judge_parameters(struct sl_exchange *x, const struct sl_validate_config *c)
{
    struct sl_findings f;
    if (c->parameters == SL_VALIDATE_OFF)
        return SL_PASS;
    sl_findings_begin(&f, x);
    check_parameters(&f, c, x->route->operation);
    return judge(&f, c->parameters);
}

static enum sl_verdict judge_body(struct sl_exchange *x, const struct sl_validate_config *c)
{
    const struct sl_operation *op = x->route->operation;
    struct sl_findings f;
    if (c->body == SL_VALIDATE_OFF || op->bodies.n == 0)
        return SL_PASS;
    if (x->body.bytes > c->body_max)
        return sl_fail(x, SL_E_BODY_TOO_LARGE, "the request body is larger than allowed here");
    sl_findings_begin(&f, x);
    if (check_body(&f, op))
        return judge(&f, c->body);
    if (c->body == SL_VALIDATE_REPORT) {
        sl_validate_tell(x, SL_STR("request; media-type"));
        return SL_PASS;
    }
    return sl_fail_hint(x, SL_E_MEDIA_TYPE, "the operation takes no body of this type",
                        SL_STR("see Content-Type and Content-Encoding"));
}

/* A compressed answer cannot be looked at: ask for none. */
static void ask_for_plain(struct sl_exchange *x)
{
    (void)sl_headers_set_id(&x->req.headers, SL_H_ACCEPT_ENCODING, SL_STR("identity"));
}

static enum sl_verdict validate_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct sl_validate_config *c = config;
    (void)state;
    if (x->route->operation == NULL)
        return SL_PASS;
    if (c->responses != SL_VALIDATE_OFF)
        ask_for_plain(x);
    enum sl_verdict verdict = judge_parameters(x, c);
    return verdict == SL_PASS ? judge_body(x, c) : verdict;
}

static enum sl_verdict validate_on_response(struct sl_exchange *x, const void *config, void *state)
{
    (void)state;
    return sl_validate_answer(x, config);
}

const struct sl_policy_type sl_policy_validate = {
    .name = "validate",
    .summary = "Check requests and answers against the API's description.",
    .levels = SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_BODY,
    .narrowest_wins = true,
    .wants_operation = true,
    .fields = validate_fields,
    .config_size = sizeof(struct sl_validate_config),
    .on_request = validate_on_request,
    .answer_bytes = sl_validate_answer_bytes,
    .on_response = validate_on_response,
};
