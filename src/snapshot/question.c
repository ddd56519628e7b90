#include "snapshot/question.h"
#include "base/str.h"

sl_rc sl_question_read(sl_str method, sl_str text, struct sl_arena *a, struct sl_question *ret,
                       const char **ret_why)
{
    struct sl_url url = {0};
    sl_str path;
    sl_str t =
        text.n != 0 && text.p[0] == '/' ? sl_fmt(a, "http://localhost%.*s", SL_STRF(text)) : text;
    sl_rc rc = sl_url_parse(t, &url, ret_why);
    sl_str raw = url.path.n != 0 ? url.path : SL_STR("/");
    if (rc == SL_OK)
        rc = sl_path_normalise(raw, SL_PATH_NORMALISE, a, &path, ret_why);
    if (rc != SL_OK)
        return rc;
    *ret = (struct sl_question){.host = url.host,
                                .path = path,
                                .req = {.method = method,
                                        .method_id = sl_method_of(method),
                                        .path = raw,
                                        .query = url.query,
                                        .has_query = url.has_query,
                                        .version = 11}};
    sl_headers_init(&ret->req.headers, a);
    return SL_OK;
}

sl_rc sl_question_header(struct sl_question *q, sl_str name, sl_str value, const char **ret_why)
{
    uint16_t port;
    if (!sl_header_is_valid(name, value)) {
        *ret_why = "a header has a name or a value that no request may have";
        return SL_E_BAD_REQUEST;
    }
    if (sl_header_id(name) == SL_H_HOST && !sl_authority_split(value, &q->host, &port)) {
        *ret_why = "the host is malformed";
        return SL_E_BAD_REQUEST;
    }
    if (sl_headers_add(&q->req.headers, name, value))
        return SL_OK;
    *ret_why = "there are too many headers";
    return SL_E_BAD_REQUEST;
}

static void try_canary(const struct sl_question *q, struct sl_finding *f)
{
    const struct sl_canary *c = f->route->service->canary;
    struct sl_match_result found;
    if (c == NULL || !sl_canary_is_asked_for(c, &q->req.headers))
        return;
    sl_match_find(c->match, &q->req, q->host, q->path, &found);
    if (found.target == NULL)
        return;
    f->match = found;
    f->route = found.target;
    f->is_canary = true;
}

void sl_question_ask(const struct sl_question *q, const struct sl_snapshot *s, struct sl_arena *a,
                     struct sl_finding *ret)
{
    sl_str path;
    const char *why;
    *ret = (struct sl_finding){0};
    sl_match_find(s->match, &q->req, q->host, q->path, &ret->match);
    if (ret->match.target == NULL && ret->match.is_method_known)
        sl_match_find_preflight(s->match, &q->req, q->host, q->path, &ret->match);
    ret->route = ret->match.target;
    if (ret->route == NULL)
        return;
    try_canary(q, ret);
    if (sl_path_normalise(q->req.path, ret->route->path_mode, a, &path, &why) != SL_OK)
        ret->refusal = why;
}
