/*
 * validate: does a request keep to what the API's description says of its operation? Parameters and JSON bodies
 * against their schemas; else 400 with each fault and its place. On routes that are no operation it does nothing.
 */
#include "base/enc.h"
#include "codec/cookie.h"
#include "codec/jsonschema.h"
#include "codec/jsonw.h"
#include "codec/url.h"
#include "policy/policy_int.h"

enum { REPORT_BYTES_MAX = 16 << 10 };
enum validate_mode { REFUSE, REPORT, OFF };

struct validate_config {
    int parameters, body; /* enum validate_mode */
    bool unknown_queries;
    uint64_t body_max;
};

static const char *const modes[] = {"refuse", "report", "off", NULL};

static const struct sl_field validate_fields[] = {
    SL_FIELD_ENUM(
        struct validate_config, parameters, .dflt = "refuse", .values = modes,
        .help = "What happens to requests whose parameters (path, query, headers, cookies) do "
                "not keep to the operation: 400, only a field `x-sluice-validation` in the "
                "answer, or nothing."),
    SL_FIELD_ENUM(struct validate_config, body, .dflt = "refuse", .values = modes,
                  .help =
                      "The same for JSON bodies (400) and media types (415). The body is held in "
                      "memory for it."),
    SL_FIELD_SIZE(struct validate_config, body_max, .dflt = "1MiB", .min = "1", .max = "32MiB",
                  .help = "The largest body that is checked; a larger one is refused (413)."),
    SL_FIELD_BOOL(struct validate_config, unknown_queries, .dflt = "true",
                  .help = "Let query parameters through that the operation does not name."),
    SL_FIELD_END,
};

/* What was found: a list of JSON objects. */
struct findings {
    struct sl_exchange *x;
    struct sl_strbuf out;
    struct sl_jsonw w;
    size_t n;
};

static const sl_str places[] = {[SL_IN_PATH] = SL_STR_INIT("path"),
                                [SL_IN_QUERY] = SL_STR_INIT("query"),
                                [SL_IN_HEADER] = SL_STR_INIT("header"),
                                [SL_IN_COOKIE] = SL_STR_INIT("cookie")};

static void add_finding(struct findings *f, sl_str place, sl_str name, sl_str pointer,
                        sl_str detail)
{
    if (f->n++ >= SL_SCHEMA_FAULTS_MAX)
        return;
    sl_jsonw_object(&f->w);
    sl_jsonw_key_str(&f->w, SL_STR("in"), place);
    if (name.n != 0)
        sl_jsonw_key_str(&f->w, SL_STR("name"), sl_str_head(name, 128));
    sl_jsonw_key_str(&f->w, SL_STR("pointer"), pointer.p != NULL ? pointer : SL_STR(""));
    sl_jsonw_key_str(&f->w, SL_STR("detail"), detail);
    sl_jsonw_end(&f->w);
}

/* The id of a request is as good as random to those who send them. */
static uint64_t seed_of(const struct sl_exchange *x)
{
    uint64_t seed;
    _Static_assert(sizeof(x->id) >= sizeof(seed), "an id is larger than a seed");
    memcpy(&seed, (const uint8_t *)&x->id + sizeof(x->id) - sizeof(seed), sizeof(seed));
    return seed;
}

static void check(struct findings *f, const struct sl_schema *schema, sl_str json, sl_str place,
                  sl_str name)
{
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    struct sl_schema_report report = {.arena = f->x->arena, .seed = seed_of(f->x)};
    if (schema == NULL)
        return;
    if (sl_json_parse(json, f->x->arena, &v, &info) != SL_OK) {
        add_finding(f, place, name, SL_STR(""),
                    sl_fmt(f->x->arena, "is not good JSON: %s (at byte %zu)",
                           info.reason != NULL ? info.reason : "?", info.error_at));
        return;
    }
    (void)sl_schema_check(schema, v, &report); /* its faults say it */
    for (size_t i = 0; i < report.n; i++)
        add_finding(f, place, name, report.faults[i].pointer, report.faults[i].message);
}

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

static void check_values(struct findings *f, const struct sl_parameter *p, const sl_str *values,
                         size_t n)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_str place = places[p->place];
    if (n == 0) {
        if (p->is_required)
            add_finding(f, place, p->name, SL_STR(""), SL_STR("is required"));
        return;
    }
    if (n > 1 && !is_list(p)) {
        add_finding(f, place, p->name, SL_STR(""), SL_STR("must not be given twice"));
        return;
    }
    sl_strbuf_init(&b, f->x->arena, 0);
    sl_jsonw_init(&w, &b);
    if (is_list(p))
        write_list(&w, p, values, n);
    else
        write_value(&w, p->schema, values[0]);
    check(f, p->schema, sl_strbuf_str(&b), place, p->name);
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

static void check_query(struct findings *f, const struct sl_parameter *p)
{
    sl_str values[VALUES_MAX], rest = f->x->req.query, pair;
    size_t n = 0;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        size_t eq = sl_str_find(pair, '=', 0);
        if (!sl_str_eq(decoded(f->x, sl_str_head(pair, eq), true), p->name))
            continue;
        if (n == VALUES_MAX) {
            add_finding(f, places[p->place], p->name, SL_STR(""), SL_STR("is given too often"));
            return;
        }
        values[n++] = eq != SIZE_MAX ? decoded(f->x, sl_str_from(pair, eq + 1), true) : SL_STR("");
    }
    check_values(f, p, values, n);
}

static void check_parameter(struct findings *f, const struct sl_parameter *p)
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
        value = decoded(x, x->match.params[p->position].value, false);
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

static void check_unknown(struct findings *f, const struct sl_operation *op)
{
    sl_str rest = f->x->req.query, pair;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        sl_str name = decoded(f->x, sl_str_head(pair, sl_str_find(pair, '=', 0)), true);
        if (name.n != 0 && !is_named(op, name))
            add_finding(f, places[SL_IN_QUERY], name, SL_STR(""), SL_STR("is not allowed here"));
    }
}

static void check_parameters(struct findings *f, const struct validate_config *c,
                             const struct sl_operation *op)
{
    for (size_t i = 0; i < op->parameter_count; i++)
        check_parameter(f, &op->parameters[i]);
    if (!c->unknown_queries)
        check_unknown(f, op);
}

/* ------------------------------------------------------------------ bodies */

static sl_str essence(struct sl_exchange *x, sl_str type)
{
    sl_str s = sl_arena_dup(x->arena, sl_str_trim(sl_str_head(type, sl_str_find(type, ';', 0))));
    for (size_t i = 0; i < s.n; i++)
        ((char *)s.p)[i] = sl_lower(s.p[i]);
    return s;
}

/* The very type, else a range that it is in: "text/" and a star, or two stars. */
static const struct sl_body *find_body(const struct sl_bodies *all, sl_str type)
{
    const struct sl_body *range = NULL;
    for (size_t i = 0; i < all->n; i++) {
        sl_str media = all->v[i].media_type;
        if (sl_str_eq(media, type))
            return &all->v[i];
        bool is_range = sl_str_ends(media, SL_STR("/*"));
        sl_str head = sl_str_head(media, media.n - is_range);
        if (sl_str_eq(media, SL_STR("*/*")) || (is_range && sl_str_starts(type, head)))
            range = &all->v[i];
    }
    return range;
}

static bool is_json(sl_str type)
{
    return sl_str_eq(type, SL_STR("application/json")) || sl_str_ends(type, SL_STR("+json"));
}

static const sl_str body_place = SL_STR_INIT("body");

/* False when it is of a type that the operation does not take. */
static bool check_body(struct findings *f, const struct sl_operation *op)
{
    struct sl_exchange *x = f->x;
    if (x->body.bytes == 0) {
        if (op->is_body_required)
            add_finding(f, body_place, SL_STR(""), SL_STR(""), SL_STR("is required"));
        return true;
    }
    sl_str type = essence(x, sl_headers_get_id(&x->req.headers, SL_H_CONTENT_TYPE));
    const struct sl_body *body = find_body(&op->bodies, type);
    sl_str coding = sl_headers_get_id(&x->req.headers, SL_H_CONTENT_ENCODING);
    bool is_plain = coding.n == 0 || sl_str_ieq(coding, SL_STR("identity"));
    if (body == NULL || (is_json(type) && body->schema != NULL && !is_plain))
        return false;
    if (!is_json(type) || body->schema == NULL)
        return true;
    sl_str text = sl_chain_flatten(&x->body, x->arena);
    if (text.p == NULL)
        add_finding(f, body_place, SL_STR(""), SL_STR(""), SL_STR("is too large to be checked"));
    else
        check(f, body->schema, text, body_place, SL_STR(""));
    return true;
}

/* ------------------------------------------------------------------ the hook */

static void begin(struct findings *f, struct sl_exchange *x)
{
    *f = (struct findings){.x = x};
    sl_strbuf_init(&f->out, x->arena, REPORT_BYTES_MAX);
    sl_jsonw_init(&f->w, &f->out);
    sl_jsonw_array(&f->w);
}

/* SL_PASS, or the refusal. */
static enum sl_verdict judge(struct findings *f, int mode)
{
    struct sl_exchange *x = f->x;
    sl_jsonw_end(&f->w);
    if (f->n == 0)
        return SL_PASS;
    if (mode == REPORT) {
        sl_answer_header(x, SL_STR("x-sluice-validation"),
                         sl_fmt(x->arena, "request; faults=%zu", f->n));
        return SL_PASS;
    }
    if (!f->out.is_full)
        x->errors = sl_strbuf_str(&f->out);
    return sl_fail(x, SL_E_REQUEST_INVALID, "the request does not keep to the API's description");
}

static enum sl_verdict judge_parameters(struct sl_exchange *x, const struct validate_config *c)
{
    struct findings f;
    if (c->parameters == OFF)
        return SL_PASS;
    begin(&f, x);
    check_parameters(&f, c, x->route->operation);
    return judge(&f, c->parameters);
}

static enum sl_verdict judge_body(struct sl_exchange *x, const struct validate_config *c)
{
    const struct sl_operation *op = x->route->operation;
    struct findings f;
    if (c->body == OFF || op->bodies.n == 0)
        return SL_PASS;
    if (x->body.bytes > c->body_max)
        return sl_fail(x, SL_E_BODY_TOO_LARGE, "the request body is larger than allowed here");
    begin(&f, x);
    if (check_body(&f, op))
        return judge(&f, c->body);
    if (c->body == REPORT) {
        sl_answer_header(x, SL_STR("x-sluice-validation"), SL_STR("request; media-type"));
        return SL_PASS;
    }
    return sl_fail_hint(x, SL_E_MEDIA_TYPE, "the operation takes no body of this type",
                        SL_STR("see Content-Type and Content-Encoding"));
}

static enum sl_verdict validate_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct validate_config *c = config;
    (void)state;
    if (x->route->operation == NULL)
        return SL_PASS;
    enum sl_verdict verdict = judge_parameters(x, c);
    return verdict == SL_PASS ? judge_body(x, c) : verdict;
}

const struct sl_policy_type sl_policy_validate = {
    .name = "validate",
    .summary = "Check requests against the API's description.",
    .levels = SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_BODY,
    .narrowest_wins = true,
    .wants_operation = true,
    .fields = validate_fields,
    .config_size = sizeof(struct validate_config),
    .on_request = validate_on_request,
};
