/*
 * Answers: JSON, and problems as RFC 9457 has them.
 */
#include "base/err.h"
#include "base/str.h"
#include "codec/zip.h"
#include "control/api_int.h"
#include "control/saying.h"

void sl_call_header(struct sl_call *c, const char *name, sl_str value)
{
    struct sl_api_answer *r = c->answer;
    SL_ASSERT(r->header_count < SL_API_HEADERS_MAX);
    r->headers[r->header_count++] = (struct sl_pair){.name = sl_cstr(name), .value = value};
}

sl_str sl_call_etag(struct sl_call *c, int64_t revision)
{
    sl_str tag = sl_fmt(c->a, "\"%lld\"", (long long)revision);
    sl_call_header(c, "etag", tag);
    return tag;
}

bool sl_call_has_header(const struct sl_call *c, const char *name)
{
    const struct sl_api_answer *r = c->answer;
    for (size_t i = 0; i < r->header_count; i++) {
        if (sl_str_eq(r->headers[i].name, sl_cstr(name)))
            return true;
    }
    return false;
}

void sl_call_zip(struct sl_call *c)
{
    struct sl_api_answer *r = c->answer;
    struct sl_strbuf b;
    if (r->status != 200 || r->body.n < SL_CALL_ZIP_BYTES_MIN)
        return;
    sl_call_header(c, "vary", SL_STR("accept-encoding"));
    if (!sl_headers_accept_coding(c->rq->headers, SL_STR("gzip")))
        return;
    sl_strbuf_init(&b, c->a, 0);
    sl_gzip(r->body, SL_CALL_ZIP_LEVEL, &b);
    r->body = sl_strbuf_str(&b);
    sl_call_header(c, "content-encoding", SL_STR("gzip"));
}

void sl_call_json(struct sl_call *c, uint16_t status, sl_str body)
{
    c->answer->status = status;
    c->answer->type = SL_STR("application/json");
    c->answer->body = body;
}

void sl_call_tree(struct sl_call *c, uint16_t status, const struct sl_node *body)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, c->a, 0);
    sl_jsonw_init(&w, &b);
    sl_tree_write(body, &w);
    if (b.is_full)
        sl_call_fail(c, SL_E_LIMIT, "the answer is too large");
    else
        sl_call_json(c, status, sl_strbuf_str(&b));
}

/* ------------------------------------------------------------------ problems */

/* "services[3].routes[0].path" of the list of a document -> "routes[0].path" of the resource */
static sl_str path_below(const struct sl_problem *p)
{
    size_t bracket = sl_str_find(p->path, ']', 0);
    bool is_of_document = p->file.n != 0 && bracket != SIZE_MAX &&
                          sl_str_find(p->path, '[', 0) < sl_str_find(p->path, '.', 0);
    if (!is_of_document)
        return p->path;
    sl_str rest = sl_str_from(p->path, bracket + 1);
    return rest.n != 0 && rest.p[0] == '.' ? sl_str_from(rest, 1) : rest;
}

/* RFC 6901 of "routes[0].path": "/routes/0/path" */
static sl_str pointer_of(sl_str path, struct sl_arena *a)
{
    struct sl_strbuf b;
    if (path.n != 0 && path.p[0] == '/') /* of a document: one already */
        return path;
    sl_strbuf_init(&b, a, 0);
    if (path.n != 0 && path.p[0] != '[')
        sl_strbuf_add_char(&b, '/');
    for (size_t i = 0; i < path.n; i++) {
        char ch = path.p[i];
        if (ch == '.' || ch == '[')
            sl_strbuf_add_char(&b, '/');
        else if (ch == '~')
            sl_strbuf_add(&b, SL_STR("~0"));
        else if (ch == '/')
            sl_strbuf_add(&b, SL_STR("~1"));
        else if (ch != ']')
            sl_strbuf_add_char(&b, ch);
    }
    return sl_strbuf_str(&b);
}

static void write_error(struct sl_call *c, const struct sl_problem *p, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("pointer"), pointer_of(path_below(p), c->a));
    sl_jsonw_key_str(w, SL_STR("detail"), p->message);
    sl_saying_write(p, w);
    if (p->file.n != 0)
        sl_jsonw_key_str(w, SL_STR("resource"), p->file);
    sl_jsonw_end(w);
}

/* Its sentence, and the code of that: of the first problem, where nothing else is said. */
static void write_detail(struct sl_call *c, const char *detail, struct sl_jsonw *w)
{
    const char *code = detail != NULL ? sl_saying_code(sl_cstr(detail)) : NULL;
    if (detail == NULL && c->d->count != 0) {
        sl_jsonw_key_str(w, SL_STR("detail"), c->d->problems[0].message);
        sl_saying_write(&c->d->problems[0], w);
    } else if (detail != NULL) {
        sl_jsonw_key_str(w, SL_STR("detail"), sl_cstr(detail));
    }
    if (code != NULL)
        sl_jsonw_key_str(w, SL_STR("code"), sl_cstr(code));
}

static void write_problem(struct sl_call *c, const struct sl_err_info *e, const char *detail,
                          struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_fmt(c->a, "urn:sluice:problem:%s", e->label));
    sl_jsonw_key_str(w, SL_STR("title"), sl_cstr(e->text));
    sl_jsonw_key_i64(w, SL_STR("status"), e->status);
    sl_jsonw_key_str(w, SL_STR("reason"), sl_cstr(e->label));
    write_detail(c, detail, w);
    sl_jsonw_key_str(w, SL_STR("request_id"), c->rq->request_id);
    if (c->d->count != 0) {
        sl_jsonw_key(w, SL_STR("errors"));
        sl_jsonw_array(w);
        for (size_t i = 0; i < c->d->count; i++)
            write_error(c, &c->d->problems[i], w);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

void sl_call_fail(struct sl_call *c, sl_rc rc, const char *detail)
{
    const struct sl_err_info *e = sl_err_info(rc == SL_E_CONFIG ? SL_E_INVALID : rc);
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, c->a, 0);
    sl_jsonw_init(&w, &b);
    write_problem(c, e, detail, &w);
    sl_call_json(c, (uint16_t)e->status, sl_strbuf_str(&b));
    c->answer->type = SL_STR("application/problem+json");
    if (rc == SL_E_UNAUTHENTICATED)
        sl_call_header(c, "www-authenticate", SL_STR("Bearer realm=\"sluice-admin\""));
}

void sl_api_refuse(const struct sl_api_request *rq, struct sl_arena *a, sl_rc rc, const char *why,
                   struct sl_api_answer *ret)
{
    struct sl_call c = {.rq = rq, .a = a, .d = sl_arena_new_of(a, struct sl_diag), .answer = ret};
    sl_diag_init(c.d, a);
    sl_call_fail(&c, rc, why);
}
