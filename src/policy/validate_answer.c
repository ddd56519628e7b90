/*
 * The half of `validate` that looks at answers of upstreams: their status, media type and JSON body. The gate holds a
 * body back until all of it is there; one that is too large, or compressed, passes and is counted as unchecked. When
 * a worker holds as many as it may, further ones are refused.
 */
#include "base/str.h"
#include "policy/validate_int.h"

/* A body of some bytes may hold half as many values: what one check may take. */
enum { CHECK_ARENA_BYTES = 64 << 20 };

/* "200", then "2XX", then "default". NULL: none is for it. */
static const struct sl_response *find_response(const struct sl_operation *op, uint16_t status)
{
    char exact[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                    (char)('0' + status % 10)};
    char range[] = {exact[0], 'x', 'x'};
    const struct sl_response *ranged = NULL, *rest = NULL;
    for (size_t i = 0; i < op->response_count; i++) {
        const struct sl_response *r = &op->responses[i];
        if (sl_str_eq(r->status, sl_str_of(exact, sizeof(exact))))
            return r;
        if (sl_str_ieq(r->status, sl_str_of(range, sizeof(range))))
            ranged = r;
        if (sl_str_eq(r->status, SL_STR("default")))
            rest = r;
    }
    return ranged != NULL ? ranged : rest;
}

/* Answers of the gateway's own making are none of the API's; 304 stands for what the client has, 101 for a tunnel. */
static bool is_checked(const struct sl_exchange *x, const struct sl_validate_config *c)
{
    const struct sl_operation *op = x->route->operation;
    bool is_ours = x->failed != SL_OK || x->outbound.owner == NULL;
    return op != NULL && op->response_count != 0 && c->responses != SL_VALIDATE_OFF && !is_ours &&
           x->res.status != 304 && x->res.status != 101;
}

/* Of the answer's media type; NULL: the API knows none such. */
static const struct sl_body *described(struct sl_exchange *x, const struct sl_response *r)
{
    sl_str type = sl_headers_get_id(&x->res.headers, SL_H_CONTENT_TYPE);
    return sl_media_find(&r->bodies, sl_media_essence(x, type));
}

static bool has_schema(struct sl_exchange *x, const struct sl_body *body)
{
    sl_str type = sl_headers_get_id(&x->res.headers, SL_H_CONTENT_TYPE);
    return body != NULL && body->schema != NULL && sl_media_is_json(sl_media_essence(x, type));
}

/* By its framing: answers to HEAD, and those that cannot have a body. */
static bool is_bodiless(const struct sl_exchange *x)
{
    return x->res.body_kind == SL_BODY_NONE || x->req.method_id == SL_METHOD_HEAD ||
           x->res.status == 204;
}

uint64_t sl_validate_answer_bytes(struct sl_exchange *x, const void *config)
{
    const struct sl_validate_config *c = config;
    if (!is_checked(x, c) || is_bodiless(x))
        return 0;
    const struct sl_response *r = find_response(x->route->operation, x->res.status);
    bool is_wanted =
        r != NULL && has_schema(x, described(x, r)) && sl_media_is_plain(&x->res.headers);
    return is_wanted ? c->body_max : 0;
}

static enum sl_answer_check check_json(struct sl_findings *f, const struct sl_schema *schema)
{
    struct sl_exchange *x = f->x;
    bool is_there = x->hold == SL_HOLD_WHOLE && sl_media_is_plain(&x->res.headers);
    if (!is_there)
        return SL_ANSWER_UNCHECKED;
    struct sl_arena *a = sl_arena_new("answer check", CHECK_ARENA_BYTES);
    sl_str text = sl_chain_flatten(&x->in->response.chain, a);
    bool is_empty = x->in->response.chain.bytes == 0;
    sl_rc rc = text.p == NULL && !is_empty ? SL_E_LIMIT : SL_OK;
    if (rc == SL_OK)
        rc = sl_findings_check(f, schema, text, SL_STR("body"), SL_STR(""), a);
    sl_arena_free(a);
    if (rc == SL_E_LIMIT)
        return SL_ANSWER_UNCHECKED;
    return f->n == 0 ? SL_ANSWER_FITS : SL_ANSWER_FAULTY;
}

static enum sl_answer_check check_answer(struct sl_findings *f)
{
    struct sl_exchange *x = f->x;
    const struct sl_response *r = find_response(x->route->operation, x->res.status);
    if (r == NULL) {
        sl_findings_add(f, SL_STR("status"), SL_STR(""), SL_STR(""),
                        sl_fmt(x->arena, "%u is not described", x->res.status));
        return SL_ANSWER_FAULTY;
    }
    if (r->bodies.n == 0 || is_bodiless(x))
        return SL_ANSWER_FITS;
    const struct sl_body *body = described(x, r);
    if (body == NULL) {
        sl_findings_add(f, SL_STR("header"), SL_STR("content-type"), SL_STR(""),
                        SL_STR("is of no type that is described"));
        return SL_ANSWER_FAULTY;
    }
    return has_schema(x, body) ? check_json(f, body->schema) : SL_ANSWER_FITS;
}

static enum sl_verdict report(struct sl_findings *f, enum sl_answer_check found)
{
    struct sl_exchange *x = f->x;
    if (found == SL_ANSWER_UNCHECKED)
        sl_validate_tell(x, SL_STR("response; unchecked"));
    if (found == SL_ANSWER_FAULTY)
        sl_validate_tell(x, sl_fmt(x->arena, "response; faults=%zu", f->n));
    return SL_PASS;
}

enum sl_verdict sl_validate_answer(struct sl_exchange *x, const struct sl_validate_config *c)
{
    struct sl_findings f;
    if (!is_checked(x, c))
        return SL_PASS;
    sl_findings_begin(&f, x);
    enum sl_answer_check found = check_answer(&f);
    x->record.answer_check = found;
    if (c->responses == SL_VALIDATE_REPORT)
        return report(&f, found);
    if (x->hold == SL_HOLD_FULL)
        return sl_fail(x, SL_E_OVERLOADED, "too many answers wait to be checked");
    if (found != SL_ANSWER_FAULTY)
        return SL_PASS;
    x->errors = sl_findings_end(&f);
    return sl_fail(x, SL_E_RESPONSE_INVALID, "the answer does not keep to the API's description");
}
