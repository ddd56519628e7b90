/*
 * headers: fields set, added or removed, of requests on their way upstream and of answers.
 *
 * Fields that frame a message or concern one connection are the gateway's own business.
 */
#include "policy/policy_int.h"

struct edits {
    struct sl_pairs set, add;
    struct sl_strs remove;
};

struct headers_config {
    struct edits request, response;
};

static const struct sl_field edit_fields[] = {
    SL_FIELD_STRS(struct edits, remove, .max = "64", .example = "[server]",
                  .help = "Names of fields to remove, first of all."),
    SL_FIELD_MAP(struct edits, set, .max = "64", .example = "{x-team: orders}",
                 .help = "Fields to set, in place of any of that name."),
    SL_FIELD_MAP(struct edits, add, .max = "64", .example = "{cache-control: no-store}",
                 .help = "Fields to add, beside any of that name."),
    SL_FIELD_END,
};

static const struct sl_field headers_fields[] = {
    SL_FIELD_OBJECT(struct headers_config, request, .fields = edit_fields,
                    .help = "Edits of the request as it goes upstream."),
    SL_FIELD_OBJECT(struct headers_config, response, .fields = edit_fields,
                    .help = "Edits of the answer, also of the gateway's own errors."),
    SL_FIELD_END,
};

static sl_rc check(sl_str name, sl_str value, const char *path, struct sl_diag *d)
{
    if (!sl_header_is_valid(name, value))
        return sl_diag_fail(d, SL_E_CONFIG, path,
                            "'%.*s' must be a field name with a value without control characters",
                            SL_STRF(name));
    if ((sl_header_flags(sl_header_id(name)) & (SL_HF_HOP | SL_HF_FRAMING)) != 0)
        return sl_diag_fail(d, SL_E_CONFIG, path,
                            "'%.*s' is set by the gateway itself and cannot be edited",
                            SL_STRF(name));
    return SL_OK;
}

static sl_rc check_pairs(const struct sl_pairs *pairs, const char *path, struct sl_diag *d)
{
    for (size_t i = 0; i < pairs->n; i++) {
        sl_rc rc = check(pairs->v[i].name, pairs->v[i].value, path, d);
        if (rc != SL_OK)
            return rc;
    }
    return SL_OK;
}

static sl_rc check_edits(const struct edits *e, const char *const paths[3], struct sl_diag *d)
{
    for (size_t i = 0; i < e->remove.n; i++) {
        sl_rc rc = check(e->remove.v[i], SL_STR(""), paths[0], d);
        if (rc != SL_OK)
            return rc;
    }
    sl_rc rc = check_pairs(&e->set, paths[1], d);
    return rc == SL_OK ? check_pairs(&e->add, paths[2], d) : rc;
}

static sl_rc headers_compile(void *config, sl_str identity, struct sl_state_registry *states,
                             struct sl_arena *a, struct sl_diag *d)
{
    static const char *const of_request[] = {"request.remove", "request.set", "request.add"};
    static const char *const of_response[] = {"response.remove", "response.set", "response.add"};
    const struct headers_config *c = config;
    (void)identity, (void)states, (void)a;

    sl_rc rc = check_edits(&c->request, of_request, d);
    return rc == SL_OK ? check_edits(&c->response, of_response, d) : rc;
}

/* False at the arena's limit. */
static bool edit(const struct edits *e, struct sl_headers *h)
{
    bool is_done = true;
    for (size_t i = 0; i < e->remove.n; i++)
        (void)sl_headers_remove(h, e->remove.v[i]);
    for (size_t i = 0; i < e->set.n; i++)
        is_done = is_done && sl_headers_set(h, e->set.v[i].name, e->set.v[i].value);
    for (size_t i = 0; i < e->add.n; i++)
        is_done = is_done && sl_headers_add(h, e->add.v[i].name, e->add.v[i].value);
    return is_done;
}

static enum sl_verdict no_memory(struct sl_exchange *x)
{
    return sl_fail_hint(x, SL_E_NOMEM, "no memory for header fields",
                        SL_STR("send fewer or shorter header fields"));
}

static enum sl_verdict headers_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct headers_config *c = config;
    (void)state;
    return edit(&c->request, &x->req.headers) ? SL_PASS : no_memory(x);
}

static enum sl_verdict headers_on_response(struct sl_exchange *x, const void *config, void *state)
{
    const struct headers_config *c = config;
    (void)state;
    return edit(&c->response, &x->res.headers) ? SL_PASS : no_memory(x);
}

const struct sl_policy_type sl_policy_headers = {
    .name = "headers",
    .summary = "Set, add and remove header fields of requests and answers.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_TRANSFORM,
    .fields = headers_fields,
    .config_size = sizeof(struct headers_config),
    .compile = headers_compile,
    .on_request = headers_on_request,
    .on_response = headers_on_response,
};
