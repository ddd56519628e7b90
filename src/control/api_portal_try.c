/*
 * Trying a service from the portal: its operations with their bodies, and a request that goes to this node's data
 * plane and nowhere else, only when the service that was opened is the one that takes it there. It is an ordinary
 * request, with a key that the person sends along: who has none is answered as anybody is.
 */
#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "control/apidoc.h"
#include "control/api_portal_int.h"
#include "control/throttle.h"
#include "snapshot/question.h"

enum { BODY_BYTES_MAX = 1 << 20, TRIES_PER_MINUTE = 30 };

/* ------------------------------------------------------------------ what this node serves */

bool sl_portal_is_of(const struct sl_service *s, sl_str key)
{
    size_t at = sl_str_find(key, '@', 0);
    return sl_str_eq(s->name, sl_str_head(key, at)) &&
           sl_str_eq(s->version, at < key.n ? sl_str_from(key, at + 1) : SL_STR(""));
}

struct sl_snapshot *sl_portal_served(struct sl_call *c)
{
    const struct sl_control_config *config = &c->control->config;
    return config->ops != NULL && config->ops->snapshot != NULL ? config->ops->snapshot(config->ctx)
                                                                : NULL;
}

/* The description that the gateway makes of a service of prompts; SL_E_NOTFOUND: this node serves none. */
static sl_rc made_document(struct sl_call *c, sl_str key, const struct sl_node **ret)
{
    struct sl_snapshot *s = sl_portal_served(c);
    sl_str text = {0};
    for (size_t i = 0; s != NULL && i < s->route_count; i++) {
        const struct sl_route *r = &s->routes[i];
        if (r->handler == SL_HANDLER_DOCUMENT && sl_portal_is_of(r->service, key))
            text = sl_arena_dup(c->a, r->document);
    }
    sl_snapshot_unref(s);
    return text.n != 0 ? sl_apidoc_parse(text, c->a, c->d, ret) : SL_E_NOTFOUND;
}

bool sl_portal_is_of_prompts(const struct sl_node *config)
{
    return sl_str_eq(sl_tree_text(config, "kind"), SL_STR("prompt"));
}

sl_rc sl_portal_prompts_document(struct sl_call *c, sl_str key, struct sl_node **ret)
{
    const struct sl_node *document = NULL;
    sl_rc rc = made_document(c, key, &document);
    if (rc == SL_OK)
        *ret = sl_portal_top(c->a, document);
    return rc;
}

/* ------------------------------------------------------------------ operations in full */

const char sl_portal_operations_schema[] =
    "{\"type\":\"object\",\"required\":[\"operations\",\"schemas\",\"prefix\"],\"properties\":{"
    "\"prefix\":{\"type\":\"string\",\"description\":\"Before the path of each.\"},\"operations\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
    "\"schemas\":{\"type\":\"object\"}}}";

/* Not their policies and where they go. */
static struct sl_node *operations_of(struct sl_arena *a, const struct sl_node *config)
{
    static const char *const told[] = {"id",      "method",     "path",       "summary",
                                       "tags",    "deprecated", "parameters", "description",
                                       "request", "responses",  NULL};
    struct sl_tree_tail tail = sl_tree_tail(a);
    const struct sl_node *list = sl_node_get(config, SL_STR("operations"));
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        struct sl_node *one = sl_tree_map(a);
        sl_portal_copy(a, one, n, told);
        sl_tree_add(&tail, one);
    }
    return tail.list;
}

static void put_operations(struct sl_call *c, struct sl_node *body, struct sl_node *operations,
                           const struct sl_node *schemas, sl_str prefix)
{
    sl_tree_put_str(c->a, body, "prefix", prefix.n != 0 ? prefix : SL_STR(""));
    sl_tree_put(body, SL_STR("operations"), operations);
    sl_tree_put(body, SL_STR("schemas"),
                schemas != NULL ? sl_portal_top(c->a, schemas) : sl_tree_map(c->a));
}

/* Their paths have the prefix already. */
static sl_rc put_prompts(struct sl_call *c, struct sl_node *body, sl_str key)
{
    const struct sl_node *document = NULL;
    struct sl_apidoc api = {0};
    sl_rc rc = made_document(c, key, &document);
    if (rc == SL_OK)
        rc = sl_apidoc_read(document, c->a, c->d, &api);
    if (rc == SL_OK)
        put_operations(c, body, api.operations, api.schemas, SL_STR(""));
    return rc;
}

void sl_portal_operations(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    const struct sl_node *config = NULL;
    struct sl_node *body = sl_tree_map(c->a);
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_portal_find_service(c, &w, c->key, &row, &config);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK && sl_portal_is_of_prompts(config))
        rc = put_prompts(c, body, row.name);
    else if (rc == SL_OK)
        put_operations(c, body, operations_of(c->a, config), sl_node_get(config, SL_STR("schemas")),
                       sl_tree_text(config, "prefix"));
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such service" : NULL);
}

/* ------------------------------------------------------------------ a request */

const struct sl_api_parameter sl_portal_call_parameters[] = {
    {"path", "{\"type\":\"string\"}",
     "Path and query of the request, which the service must take."},
    {"method", "{\"type\":\"string\",\"default\":\"POST\"}", "Its method."},
    {"host", "{\"type\":\"string\"}", "Its host, where routes are by host."},
    {NULL, NULL, NULL},
};

/* Fields of the request, which routes may be by: those that the page names "gateway-NAME". */
static sl_rc add_fields(struct sl_call *c, struct sl_question *q, const char **ret_why)
{
    sl_str prefix = SL_STR("gateway-");
    const struct sl_headers *h = c->rq->headers;
    sl_rc rc = SL_OK;
    for (uint32_t i = 0; i < h->n && rc == SL_OK; i++) {
        if (h->v[i].name.n > prefix.n && sl_str_istarts(h->v[i].name, prefix))
            rc = sl_question_header(q, sl_str_from(h->v[i].name, prefix.n), h->v[i].value, ret_why);
    }
    return rc;
}

/* False when it was answered. */
static bool is_taken_by(struct sl_call *c, sl_str key, const struct sl_api_relay *relay)
{
    struct sl_question q;
    struct sl_finding found;
    const char *why = NULL;
    sl_str url = relay->host.n != 0
                     ? sl_fmt(c->a, "http://%.*s%.*s", SL_STRF(relay->host), SL_STRF(relay->target))
                     : relay->target;
    sl_rc rc = sl_question_read(relay->method, url, c->a, &q, &why);
    if (rc == SL_OK)
        rc = add_fields(c, &q, &why);
    if (rc != SL_OK) {
        sl_call_fail(c, SL_E_BAD_REQUEST, why);
        return false;
    }
    struct sl_snapshot *s = sl_portal_served(c);
    bool is_taken = false;
    if (s != NULL) {
        sl_question_ask(&q, s, c->a, &found);
        is_taken = found.route != NULL && sl_portal_is_of(found.route->service, key);
    }
    sl_snapshot_unref(s);
    if (!is_taken)
        sl_call_fail(c, SL_E_BAD_REQUEST, "this service takes no such request on this node");
    return is_taken;
}

static int64_t per_minute_of(const struct sl_node *portal)
{
    const struct sl_node *n = sl_node_get(portal, SL_STR("try_per_minute"));
    int64_t v;
    return n != NULL && sl_num_i64(n->text, &v) ? v : TRIES_PER_MINUTE;
}

static bool may_try(struct sl_call *c, sl_str *ret_key, int64_t *ret_per_minute)
{
    struct sl_work w;
    struct sl_row row;
    const struct sl_node *config = NULL;
    struct sl_node *portal = NULL;
    int64_t revision;
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return false;
    sl_rc rc = sl_portal_find_service(c, &w, c->key, &row, &config);
    if (rc == SL_OK)
        rc = sl_portal_read(&w, &portal, &revision);
    sl_tx_rollback(w.tx);
    bool is_off = rc == SL_OK && sl_tree_is_true(portal, "try_disabled");
    if (rc != SL_OK)
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such service" : NULL);
    else if (is_off)
        sl_call_fail(c, SL_E_DENIED, "nothing can be tried in this portal");
    else if (c->rq->body.n > BODY_BYTES_MAX)
        sl_call_fail(c, SL_E_BODY_TOO_LARGE, "at most 1 MiB can be sent from here");
    *ret_per_minute = per_minute_of(portal);
    *ret_key = rc == SL_OK ? row.name : SL_STR("");
    return rc == SL_OK && !is_off && c->rq->body.n <= BODY_BYTES_MAX;
}

/* Each request that is tried counts, whatever comes of it. False when it was answered. */
static bool is_patient(struct sl_call *c, int64_t per_minute)
{
    sl_str who = sl_fmt(c->a, "try %.*s", SL_STRF(c->actor.user));
    sl_usec wait_us =
        sl_throttle_take(c->control->throttle, who, (uint32_t)per_minute, sl_clock_mono_us());
    long long seconds = (long long)((wait_us + SL_SECONDS(1) - 1) / SL_SECONDS(1));
    if (wait_us == 0)
        return true;
    (void)sl_diag_fail(c->d, SL_E_RATE_LIMITED, "",
                       "at most %lld requests a minute can be tried from here; wait %lld s",
                       (long long)per_minute, seconds);
    sl_call_fail(c, SL_E_RATE_LIMITED, NULL);
    sl_call_header(c, "retry-after", sl_fmt(c->a, "%lld", seconds));
    return false;
}

void sl_portal_call(struct sl_call *c)
{
    struct sl_api_relay relay;
    sl_str key;
    int64_t per_minute;
    if (!sl_call_check_query(c, sl_portal_call_parameters) || !may_try(c, &key, &per_minute) ||
        !sl_call_relay(c, &relay) || !is_taken_by(c, key, &relay) || !is_patient(c, per_minute))
        return;
    c->answer->relay = relay;
}
