/*
 * Services and routes: what is published where. REST routes come from the configuration, those of AI
 * services from the table of operations.
 */
#include "base/hash.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "snapshot/build_int.h"
#include "snapshot/build_path.h"

#include <stdlib.h>

static const struct {
    const char *name, *path;
    enum sl_path_kind path_kind; /* PREFIX: the dialect reads the rest (sl_ai_line_read) */
    enum sl_method method;
    enum sl_ai_operation operation;
    enum sl_ai_dialect dialect;
    const char *header; /* what tells the dialect from another of the same path; NULL: nothing */
} ai_operations[] = {
    {"chat", "/v1/chat/completions", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT, SL_AI_OPENAI_CHAT},
    {"completions", "/v1/completions", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT,
     SL_AI_OPENAI_COMPLETIONS},
    {"responses", "/v1/responses", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT,
     SL_AI_OPENAI_RESPONSES},
    {"responses-count", "/v1/responses/input_tokens", SL_PATH_EXACT, SL_METHOD_POST,
     SL_AI_COUNT_TOKENS, SL_AI_OPENAI_RESPONSES},
    {"responses-get", "/v1/responses", SL_PATH_PREFIX, SL_METHOD_GET, SL_AI_STORED,
     SL_AI_OPENAI_RESPONSES},
    {"responses-delete", "/v1/responses", SL_PATH_PREFIX, SL_METHOD_DELETE, SL_AI_STORED,
     SL_AI_OPENAI_RESPONSES},
    {"responses-cancel", "/v1/responses", SL_PATH_PREFIX, SL_METHOD_POST, SL_AI_STORED,
     SL_AI_OPENAI_RESPONSES},
    {"embeddings", "/v1/embeddings", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_EMBEDDINGS,
     SL_AI_OPENAI_CHAT},
    {"moderations", "/v1/moderations", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_MODERATIONS,
     SL_AI_OPENAI_CHAT},
    {"images", "/v1/images/generations", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_IMAGES,
     SL_AI_OPENAI_CHAT},
    {"rerank", "/v1/rerank", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_RERANK, SL_AI_OPENAI_CHAT},
    {"rerank-cohere", "/v2/rerank", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_RERANK, SL_AI_COHERE},
    {"chat-cohere", "/v2/chat", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT, SL_AI_COHERE},
    {"embed-cohere", "/v2/embed", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_EMBEDDINGS, SL_AI_COHERE},
    {"chat-ollama", "/api/chat", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT, SL_AI_OLLAMA},
    {"generate-ollama", "/api/generate", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT, SL_AI_OLLAMA},
    {"embed-ollama", "/api/embed", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_EMBEDDINGS, SL_AI_OLLAMA},
    {"models-ollama", "/api/tags", SL_PATH_EXACT, SL_METHOD_GET, SL_AI_MODELS, SL_AI_OLLAMA},
    {"show-ollama", "/api/show", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_SHOW, SL_AI_OLLAMA},
    {"version-ollama", "/api/version", SL_PATH_EXACT, SL_METHOD_GET, SL_AI_VERSION, SL_AI_OLLAMA},
    {"loaded-ollama", "/api/ps", SL_PATH_EXACT, SL_METHOD_GET, SL_AI_LOADED, SL_AI_OLLAMA},
    {"models", "/v1/models", SL_PATH_PREFIX, SL_METHOD_GET, SL_AI_MODELS, SL_AI_OPENAI_CHAT},
    {"models-anthropic", "/v1/models", SL_PATH_PREFIX, SL_METHOD_GET, SL_AI_MODELS, SL_AI_ANTHROPIC,
     "anthropic-version"},
    {"models-cohere", "/v1/models", SL_PATH_PREFIX, SL_METHOD_GET, SL_AI_MODELS, SL_AI_COHERE,
     "x-fern-sdk-name"}, /* of the generator that its official SDKs are made with */
    {"models-gemini", "/v1beta/models", SL_PATH_PREFIX, SL_METHOD_GET, SL_AI_MODELS, SL_AI_GEMINI},
    {"gemini", "/v1beta/models", SL_PATH_PREFIX, SL_METHOD_POST, SL_AI_CHAT, SL_AI_GEMINI},
    {"gemini-v1", "/v1/models", SL_PATH_PREFIX, SL_METHOD_POST, SL_AI_CHAT, SL_AI_GEMINI},
    {"messages", "/v1/messages", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_CHAT, SL_AI_ANTHROPIC},
    {"count-tokens", "/v1/messages/count_tokens", SL_PATH_EXACT, SL_METHOD_POST, SL_AI_COUNT_TOKENS,
     SL_AI_ANTHROPIC},
};

/* Services in the making. */
struct services {
    struct sl_build *b;
    struct sl_route *routes; /* room for all */
    size_t route_count;
    struct sl_match_rule *rules; /* on the heap until they are complete */
    size_t rule_count, rule_cap;
    bool is_canary;       /* what is built now is one */
    struct sl_map names;  /* of routes */
    struct sl_map shared; /* names that several versions have */
};

/* One service, and where its problems go. */
struct scope {
    struct services *all;
    struct sl_build *b;
    const struct sl_item *item;
    const struct sl_service_config *config;
    sl_str label; /* in the names of what it has: "orders", or "orders@v2" beside "orders@v1" */
    struct sl_service *service;
    struct sl_strs hosts;
};

/* One route: its configuration, and where it stands below the service ("routes[2]", or nothing). */
struct route_scope {
    const struct scope *s;
    const struct sl_node *node;
    sl_str path;
    const struct sl_route_config *config;
    struct sl_forwarding_config forwarding;
    struct sl_strs hosts;
    uint32_t methods;
};

static sl_str below(struct sl_build *b, sl_str path, const char *member)
{
    return sl_fmt(b->a, "%.*s%s%s", SL_STRF(path), path.n != 0 ? "." : "", member);
}

/* ------------------------------------------------------------------ rules */

static struct sl_match_rule *new_rule(struct services *all)
{
    if (all->rule_count == all->rule_cap) {
        all->rule_cap = SL_MAX(2 * all->rule_cap, (size_t)64);
        all->rules = sl_realloc(all->rules, all->rule_cap * sizeof(*all->rules));
    }
    struct sl_match_rule *r = &all->rules[all->rule_count];
    *r = (struct sl_match_rule){.rank = (uint32_t)all->rule_count++};
    return r;
}

/* A rule like `pattern` for each host. */
static void add_rules(struct services *all, const struct sl_match_rule *pattern,
                      const struct sl_strs *hosts)
{
    for (size_t i = 0; i < SL_MAX(hosts->n, (size_t)1); i++) {
        struct sl_match_rule *r = new_rule(all);
        uint32_t rank = r->rank;
        *r = *pattern;
        r->rank = rank;
        r->host = hosts->n != 0 ? hosts->v[i] : (sl_str){NULL, 0};
    }
}

/* Preflight requests come with OPTIONS, whatever a route is for: CORS answers them. */
static uint32_t methods_of(uint32_t methods, const struct sl_policies *chain)
{
    for (size_t i = 0; i < chain->n && methods != 0; i++) {
        if (chain->v[i].type->order == SL_ORDER_CORS)
            return methods | 1u << SL_METHOD_OPTIONS;
    }
    return methods;
}

/* ------------------------------------------------------------------ hosts, methods, conditions */

static bool check_host(sl_str host)
{
    sl_str name = sl_str_from(host, sl_str_starts(host, SL_STR("*.")) ? 2 : 0), split;
    uint16_t port;
    return sl_authority_split(name, &split, &port) && port == 0;
}

static sl_str lower(struct sl_arena *a, sl_str s)
{
    sl_str copy = sl_arena_dup(a, s);
    for (size_t i = 0; i < copy.n; i++)
        ((char *)copy.p)[i] = sl_lower(copy.p[i]);
    return copy;
}

/* "[::1]" is the host "::1" to the matcher. */
static sl_str without_brackets(sl_str host)
{
    bool has = host.n > 2 && host.p[0] == '[';
    return has ? sl_str_of(host.p + 1, host.n - 2) : host;
}

static struct sl_strs build_hosts(const struct scope *s, sl_str path, const struct sl_strs *hosts)
{
    struct sl_build *b = s->b;
    struct sl_strs ret = {.v = sl_arena_array(b->a, sl_str, hosts->n)};
    for (size_t i = 0; i < hosts->n; i++) {
        if (!check_host(hosts->v[i]))
            (void)sl_item_fail(b->d, s->item, sl_fmt(b->a, "%.*s[%zu]", SL_STRF(path), i),
                               "must be a host without scheme and port, such as api.example.com "
                               "or *.example.com");
        else
            ret.v[ret.n++] = without_brackets(lower(b->a, hosts->v[i]));
    }
    return ret;
}

static uint32_t build_methods(const struct route_scope *r)
{
    struct sl_build *b = r->s->b;
    uint32_t bits = 0;
    for (size_t i = 0; i < r->config->methods.n; i++) {
        enum sl_method m = sl_method_of(r->config->methods.v[i]);
        if (m == SL_METHOD_OTHER)
            (void)sl_item_fail(b->d, r->s->item, below(b, r->path, "methods"),
                               "'%.*s' is not one of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, "
                               "TRACE; for other methods leave 'methods' out",
                               SL_STRF(r->config->methods.v[i]));
        bits |= 1u << m;
    }
    return bits;
}

struct sl_value_match *sl_build_value_matches(struct sl_build *b, const struct sl_item *item,
                                              const struct sl_node *node, sl_str path,
                                              const struct sl_list_of *list)
{
    const struct sl_condition_config *configs = list->v;
    struct sl_value_match *v = sl_arena_array(b->a, struct sl_value_match, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const struct sl_condition_config *c = &configs[i];
        const struct sl_node *at = sl_node_at(node, sl_fmt(b->a, "[%zu]", i));
        v[i] = (struct sl_value_match){.name = c->name, .kind = SL_VALUE_EXACT, .value = c->value};
        bool has_value = sl_node_get(at, SL_STR("value")) != NULL;
        if (has_value && c->regex.n != 0)
            (void)sl_item_fail(b->d, item, sl_fmt(b->a, "%.*s[%zu]", SL_STRF(path), i),
                               "needs either 'value' or 'regex', not both");
        else if (c->regex.n != 0)
            v[i] = (struct sl_value_match){c->name, SL_VALUE_REGEX, c->regex};
        else if (!has_value)
            v[i].kind = SL_VALUE_PRESENT;
    }
    return v;
}

static struct sl_value_match *build_conditions(const struct route_scope *r, const char *member,
                                               const struct sl_list_of *list)
{
    return sl_build_value_matches(r->s->b, r->s->item, sl_node_get(r->node, sl_cstr(member)),
                                  below(r->s->b, r->path, member), list);
}

/* ------------------------------------------------------------------ routes */

static sl_str unique_name(struct services *all, sl_str name, size_t number)
{
    return sl_map_get(&all->names, name) == NULL
               ? name
               : sl_fmt(all->b->a, "%.*s#%zu", SL_STRF(name), number);
}

static struct sl_route *new_route(const struct scope *s, sl_str name, enum sl_handler handler)
{
    struct services *all = s->all;
    struct sl_route *route = &all->routes[all->route_count];
    *route = (struct sl_route){.name = name,
                               .service = s->service,
                               .handler = handler,
                               .index = (uint32_t)all->route_count++};
    (void)sl_map_put(&all->names, name, route); /* the caller has looked */
    return route;
}

static sl_usec or_else(sl_usec own_us, sl_usec other_us)
{
    return own_us != 0 ? own_us : other_us;
}

/* What the route leaves out is the service's. */
static struct sl_forwarding_config inherit(const struct scope *s, const struct sl_node *node,
                                           const struct sl_route_config *c)
{
    struct sl_forwarding_config f = c->forwarding;
    const struct sl_forwarding_config *base = &s->config->forwarding;
    if (sl_node_get(node, SL_STR("strip_prefix")) == NULL)
        f.strip_prefix = base->strip_prefix;
    if (sl_node_get(node, SL_STR("preserve_host")) == NULL)
        f.preserve_host = base->preserve_host;
    if (sl_node_get(node, SL_STR("upgrade")) == NULL)
        f.upgrade = base->upgrade;
    if (sl_node_get(node, SL_STR("path_mode")) == NULL)
        f.path_mode = base->path_mode;
    f.timeouts.connect_us = or_else(f.timeouts.connect_us, base->timeouts.connect_us);
    f.timeouts.send_us = or_else(f.timeouts.send_us, base->timeouts.send_us);
    f.timeouts.first_byte_us = or_else(f.timeouts.first_byte_us, base->timeouts.first_byte_us);
    f.timeouts.idle_us = or_else(f.timeouts.idle_us, base->timeouts.idle_us);
    f.timeouts.total_us = or_else(f.timeouts.total_us, base->timeouts.total_us);
    f.timeouts.tunnel_idle_us = or_else(f.timeouts.tunnel_idle_us, base->timeouts.tunnel_idle_us);
    return f;
}

static void set_forwarding(struct sl_route *route, const struct sl_forwarding_config *f)
{
    route->strips_prefix = f->strip_prefix;
    route->preserves_host = f->preserve_host;
    route->path_mode = (enum sl_path_mode)f->path_mode;
    route->allows_upgrade = f->upgrade;
    route->timeouts = (struct sl_timeouts){.connect_us = f->timeouts.connect_us,
                                           .send_us = f->timeouts.send_us,
                                           .first_byte_us = f->timeouts.first_byte_us,
                                           .idle_us = f->timeouts.idle_us,
                                           .total_us = f->timeouts.total_us,
                                           .tunnel_idle_us = f->timeouts.tunnel_idle_us};
}

static void set_policies(const struct scope *s, struct sl_route *route, sl_str path,
                         const struct sl_node *policies)
{
    struct sl_build *b = s->b;
    bool is_ai = route->handler == SL_HANDLER_AI;
    struct sl_items entries = sl_document_entries(
        &b->docs, policies,
        sl_fmt(b->a, "%.*s.%.*s", SL_STRF(s->item->path), SL_STRF(below(b, path, "policies"))),
        SL_STR("type"));
    struct sl_policies own = sl_build_policies(
        b, &entries, SL_AT_ROUTE, sl_fmt(b->a, "route/%.*s", SL_STRF(route->name)), is_ai);
    struct sl_policies chain[] = {b->global, s->service->policies, own};
    route->policies = sl_build_chain(b, chain, SL_LEN(chain), is_ai);
}

/* One of the route's paths as rules. */
static void add_path(const struct route_scope *r, struct sl_route *route, const char *member,
                     sl_str text, struct sl_match_rule rule)
{
    const struct scope *s = r->s;
    sl_str prefix = s->config->prefix, place = below(s->b, r->path, member);
    if (!sl_path_build(s->b, s->item, place, prefix, text, &rule))
        return;
    bool is_whole = rule.path_kind == SL_PATH_EXACT || rule.path_kind == SL_PATH_TEMPLATE;
    if (route->strips_prefix && prefix.n == 0 && is_whole) {
        (void)sl_item_fail(s->b->d, s->item, place,
                           "has nothing that strip_prefix could strip; end it in /*, or give the "
                           "service a 'prefix'");
        return;
    }
    rule.strip_bytes = prefix.n;
    add_rules(s->all, &rule, &r->hosts);
}

static void add_paths(const struct route_scope *r, struct sl_route *route)
{
    const struct sl_route_config *c = r->config;
    const struct sl_match_rule rule = {
        .methods = methods_of(r->methods, &route->policies),
        .headers = build_conditions(r, "headers", &c->headers),
        .header_count = c->headers.n,
        .queries = build_conditions(r, "queries", &c->queries),
        .query_count = c->queries.n,
        .target = route,
        .name = route->name,
        .place = r->node,
    };
    if (c->path.n != 0)
        add_path(r, route, "path", c->path, rule);
    for (size_t i = 0; i < c->paths.n; i++) {
        sl_str member = sl_fmt(r->s->b->a, "paths[%zu]", i);
        add_path(r, route, member.p, c->paths.v[i], rule);
    }
    if (c->path.n == 0 && c->paths.n == 0)
        add_path(r, route, "path", SL_STR("/*"), rule);
}

static sl_str route_name(const struct scope *s, size_t index, const struct sl_route_config *c)
{
    struct sl_build *b = s->b;
    sl_str path = c->path.n != 0 ? c->path : c->paths.n != 0 ? c->paths.v[0] : SL_STR("/*");
    if (c->name.n == 0)
        return unique_name(s->all,
                           sl_fmt(b->a, "%.*s%s%.*s", SL_STRF(s->label),
                                  path.p[0] == '/' ? "" : "/", SL_STRF(path)),
                           index + 1);
    sl_str name = sl_fmt(b->a, "%.*s/%.*s", SL_STRF(s->label), SL_STRF(c->name));
    if (sl_map_get(&s->all->names, name) == NULL)
        return name;
    (void)sl_item_fail(b->d, s->item, sl_fmt(b->a, "routes[%zu].name", index),
                       "'%.*s' is a route of this service already", SL_STRF(c->name));
    return unique_name(s->all, name, index + 1);
}

/* `node` stands at `path` in the service: itself and nothing for a route that is the whole service. */
static void build_route(const struct scope *s, sl_str name, const struct sl_node *node, sl_str path,
                        const struct sl_route_config *c)
{
    struct route_scope r = {
        .s = s,
        .node = node,
        .path = path,
        .config = c,
        .forwarding = path.n != 0 ? inherit(s, node, c) : c->forwarding,
        .hosts = path.n != 0 && c->hosts.n != 0
                     ? build_hosts(s, below(s->b, path, "hosts"), &c->hosts)
                     : s->hosts,
    };
    struct sl_route *route = new_route(s, name, SL_HANDLER_PROXY);
    r.methods = build_methods(&r);
    set_forwarding(route, &r.forwarding);
    set_policies(s, route, path, path.n != 0 ? c->policies : NULL);
    add_paths(&r, route);
}

/* Its name is the operation's, which is unique in the service. */
static sl_str operation_name(const struct scope *s, size_t index, sl_str id)
{
    sl_str name = sl_fmt(s->b->a, "%.*s/%.*s", SL_STRF(s->label), SL_STRF(id));
    if (sl_map_get(&s->all->names, name) == NULL)
        return name;
    (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "operations[%zu].id", index),
                       "'%.*s' is an operation of this service already", SL_STRF(id));
    return unique_name(s->all, name, index + 1);
}

static bool wants_operation(const struct sl_policies *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        if (chain->v[i].type->wants_operation)
            return true;
    }
    return false;
}

static const struct sl_operation *describe(const struct scope *s, struct sl_schema_set *schemas,
                                           const struct sl_operation_config *c, sl_str place)
{
    size_t before = s->b->d->count;
    const struct sl_operation *op = sl_build_operation(s->b, schemas, c, place);
    sl_item_adopt(s->b->d, before, s->item, SL_STR(""));
    return op;
}

static void build_operation(const struct scope *s, size_t index, struct sl_schema_set *schemas,
                            const struct sl_operation_config *c, const struct sl_node *node)
{
    struct sl_build *b = s->b;
    sl_str place = sl_fmt(b->a, "operations[%zu]", index);
    sl_str name = operation_name(s, index, c->id);
    struct sl_route *route = new_route(s, name, SL_HANDLER_PROXY);
    enum sl_method method = sl_method_of(sl_cstr(sl_operation_methods[c->method]));
    set_forwarding(route, &s->config->forwarding);
    route->strips_prefix = route->strips_prefix && s->config->prefix.n != 0;
    set_policies(s, route, place, c->policies);
    if (wants_operation(&route->policies))
        route->operation = describe(s, schemas, c, place);
    struct sl_match_rule rule = {.methods = methods_of(1u << method, &route->policies),
                                 .target = route,
                                 .name = name,
                                 .place = node,
                                 .strip_bytes = s->config->prefix.n};
    if (sl_path_build_operation(b, s->item, below(b, place, "path"), s->config->prefix, c->path,
                                &rule))
        add_rules(s->all, &rule, &s->hosts);
}

static void build_document(const struct scope *s)
{
    const struct sl_operation_config *configs = s->config->operations.v;
    const struct sl_node *node = sl_node_get(s->item->node, SL_STR("operations"))->children;
    struct sl_schema_set *schemas = sl_schema_set_new(s->config->schemas, s->b->a, s->b->d);
    for (size_t i = 0; i < s->config->operations.n; i++, node = node->next)
        build_operation(s, i, schemas, &configs[i], node);
    size_t before = s->b->d->count;
    if (sl_schema_set_end(schemas) != SL_OK)
        sl_item_adopt(s->b->d, before, s->item, SL_STR(""));
}

static void build_whole_service(const struct scope *s)
{
    struct sl_route_config c = {.path = s->config->path, .forwarding = s->config->forwarding};
    build_route(s, s->label, s->item->node, SL_STR(""), &c);
}

static void build_routes(const struct scope *s)
{
    const struct sl_route_config *configs = s->config->routes.v;
    if (s->config->path.n != 0 && s->config->routes.n != 0)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("path"),
                           "is short for one route; put it into 'routes' with the others");
    if (s->config->routes.n == 0) {
        if (s->config->path.n == 0 && s->config->operations.n != 0)
            build_document(s);
        else
            build_whole_service(s);
        return;
    }
    const struct sl_node *node = sl_node_get(s->item->node, SL_STR("routes"))->children;
    for (size_t i = 0; i < s->config->routes.n; i++, node = node->next)
        build_route(s, route_name(s, i, &configs[i]), node, sl_fmt(s->b->a, "routes[%zu]", i),
                    &configs[i]);
}

/* A condition on a header that need only be there; NULL for none. */
static const struct sl_value_match *presence_of(const struct scope *s, const char *header)
{
    struct sl_value_match *m;
    if (header == NULL)
        return NULL;
    m = sl_arena_new_of(s->b->a, struct sl_value_match);
    *m = (struct sl_value_match){.name = sl_cstr(header), .kind = SL_VALUE_PRESENT};
    return m;
}

static void build_operations(const struct scope *s)
{
    for (size_t i = 0; i < SL_LEN(ai_operations); i++) {
        sl_str name = sl_fmt(s->b->a, "%.*s/%s", SL_STRF(s->label), ai_operations[i].name);
        struct sl_route *route = new_route(s, name, SL_HANDLER_AI);
        route->ai_operation = (uint8_t)ai_operations[i].operation;
        route->ai_dialect = (uint8_t)ai_operations[i].dialect;
        set_policies(s, route, SL_STR(""), NULL);
        const struct sl_match_rule rule = {
            .path_kind = ai_operations[i].path_kind,
            .path = sl_fmt(s->b->a, "%.*s%s", SL_STRF(s->config->prefix), ai_operations[i].path),
            .methods = methods_of(1u << ai_operations[i].method, &route->policies),
            .headers = presence_of(s, ai_operations[i].header),
            .header_count = ai_operations[i].header != NULL,
            .target = route,
            .name = name,
            .place = s->item->node,
        };
        add_rules(s->all, &rule, &s->hosts);
    }
}

/* ------------------------------------------------------------------ prompts */

static uint32_t prompt_methods(const struct sl_ai_prompt *p)
{
    return (p->takes_get ? 1u << SL_METHOD_GET : 0) | (p->takes_post ? 1u << SL_METHOD_POST : 0);
}

/* A route of this service that no operation table has; `path` is behind the prefix. */
static struct sl_route *add_own_route(const struct scope *s, sl_str name, sl_str place, sl_str path,
                                      uint32_t methods, enum sl_handler handler)
{
    struct sl_route *route = new_route(s, name, handler);
    set_policies(s, route, SL_STR(""), NULL);
    struct sl_match_rule rule = {
        .methods = methods_of(methods, &route->policies),
        .target = route,
        .name = name,
        .place = s->item->node,
    };
    if (sl_path_build(s->b, s->item, place, s->config->prefix, path, &rule))
        add_rules(s->all, &rule, &s->hosts);
    return route;
}

static void build_prompt_route(const struct scope *s, size_t index, const struct sl_ai_prompt *p)
{
    sl_str place = sl_fmt(s->b->a, "prompts[%zu]", index);
    sl_str name = unique_name(
        s->all, sl_fmt(s->b->a, "%.*s/%.*s", SL_STRF(s->label), SL_STRF(p->name)), index + 1);
    struct sl_route *route =
        add_own_route(s, name, place, p->path, prompt_methods(p), SL_HANDLER_AI);
    route->ai_operation = SL_AI_CHAT;
    route->ai_dialect = SL_AI_OPENAI_CHAT;
    route->prompt = p;
}

static void describe_prompts(const struct scope *s, const struct sl_ai_prompt_operation *v,
                             size_t n)
{
    const struct sl_service_config *c = s->config;
    const struct sl_ai_prompt_service service = {.title = c->title.n != 0 ? c->title : c->name,
                                                 .version = c->version,
                                                 .summary = c->summary,
                                                 .operations = v,
                                                 .operation_count = n};
    sl_str name = unique_name(s->all, sl_fmt(s->b->a, "%.*s/openapi", SL_STRF(s->label)), n + 1);
    struct sl_route *route = add_own_route(s, name, SL_STR("prefix"), SL_STR("/openapi.json"),
                                           1u << SL_METHOD_GET, SL_HANDLER_DOCUMENT);
    struct sl_strbuf b;
    sl_strbuf_init(&b, s->b->a, 0);
    sl_ai_prompt_openapi(&service, &b);
    route->document = sl_strbuf_str(&b);
    route->document_type = SL_STR("application/json");
}

static void build_prompts(const struct scope *s)
{
    const struct sl_strs *names = &s->config->prompts;
    struct sl_ai_prompt_operation *v =
        sl_arena_array(s->b->a, struct sl_ai_prompt_operation, names->n);
    size_t n = 0;
    if (names->n == 0)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("prompts"),
                           "is missing; name the prompts that it publishes");
    for (size_t i = 0; i < names->n; i++) {
        const struct sl_ai_prompt *p = sl_map_get(&s->b->prompts, names->v[i]);
        if (p == NULL)
            sl_build_undefined(s->b, s->item, sl_fmt(s->b->a, "prompts[%zu]", i), "prompt",
                               names->v[i], &s->b->prompts);
        if (p == NULL || p->name.n == 0) /* a bad one: told already */
            continue;
        build_prompt_route(s, i, p);
        v[n++] = (struct sl_ai_prompt_operation){
            p, sl_fmt(s->b->a, "%.*s%.*s", SL_STRF(s->config->prefix), SL_STRF(p->path))};
    }
    describe_prompts(s, v, n);
}

/* ------------------------------------------------------------------ services */

static const struct sl_upstream *upstream_of(const struct scope *s)
{
    const struct sl_service_config *c = s->config;
    if ((c->upstream.n != 0) == (c->url.n != 0)) {
        (void)sl_item_fail(s->b->d, s->item, SL_STR(""),
                           "needs either 'upstream' or 'url' to say where it runs");
        return NULL;
    }
    if (c->url.n != 0)
        return sl_build_url_upstream(s->b, s->item, s->label, c->url);
    const struct sl_upstream *u = sl_map_get(&s->b->upstreams, c->upstream);
    if (u == NULL)
        sl_build_undefined(s->b, s->item, SL_STR("upstream"), "upstream", c->upstream,
                           &s->b->upstreams);
    return u;
}

static void refuse_rest_members(const struct scope *s)
{
    static const char *const members[] = {"upstream",   "url",          "path",    "routes",
                                          "operations", "strip_prefix", "upgrade", "path_mode",
                                          "timeouts",   "preserve_host"};
    for (size_t i = 0; i < SL_LEN(members); i++) {
        if (sl_node_get(s->item->node, sl_cstr(members[i])) != NULL)
            (void)sl_item_fail(s->b->d, s->item, sl_cstr(members[i]),
                               "is for services of kind rest; others have their routes themselves");
    }
}

static struct sl_policies service_policies(const struct scope *s)
{
    struct sl_build *b = s->b;
    struct sl_items entries =
        sl_document_entries(&b->docs, s->config->policies,
                            sl_fmt(b->a, "%.*s.policies", SL_STRF(s->item->path)), SL_STR("type"));
    return sl_build_policies(b, &entries, SL_AT_SERVICE,
                             sl_fmt(b->a, "service/%.*s", SL_STRF(s->label)),
                             s->config->kind != SL_SERVICE_REST);
}

static sl_str label_of(const struct services *all, const struct sl_service_config *c)
{
    bool is_shared = c->version.n != 0 && sl_map_get(&all->shared, c->name) != NULL;
    if (all->is_canary)
        return sl_fmt(all->b->a, "%.*s%s%.*s#canary", SL_STRF(c->name), is_shared ? "@" : "",
                      SL_STRF(is_shared ? c->version : SL_STR("")));
    return is_shared ? sl_fmt(all->b->a, "%.*s@%.*s", SL_STRF(c->name), SL_STRF(c->version))
                     : c->name;
}

/* Without a policy that tells who calls, a service for subscribers would refuse everybody. */
static void check_subscribers(struct sl_build *b, const struct sl_item *item,
                              const struct sl_service *service)
{
    if (!service->is_for_subscribers)
        return;
    const struct sl_policies levels[] = {b->global, service->policies};
    for (size_t i = 0; i < SL_LEN(levels); i++) {
        for (size_t k = 0; k < levels[i].n; k++) {
            if (levels[i].v[k].type->order == SL_ORDER_AUTHN)
                return;
        }
    }
    (void)sl_item_fail(b->d, item, SL_STR("subscribers_only"),
                       "needs a policy that knows callers, such as key_auth");
}

static void build_canary(struct services *all, const struct sl_item *item,
                         struct sl_service *service);

static void build_service(struct services *all, const struct sl_item *item)
{
    const struct sl_service_config *c = item->config;
    struct sl_service *service = sl_arena_new_of(all->b->a, struct sl_service);
    struct scope s = {.all = all, .b = all->b, .item = item, .config = c, .service = service};
    s.label = label_of(all, c);
    *service = (struct sl_service){
        .name = c->name,
        .version = c->version,
        .kind = (enum sl_service_kind)c->kind,
        .is_for_subscribers = c->subscribers_only,
    };
    service->policies = service_policies(&s);
    check_subscribers(all->b, item, service);
    s.hosts = build_hosts(&s, SL_STR("hosts"), &c->hosts);
    sl_path_check_prefix(all->b, item, SL_STR("prefix"), c->prefix);
    if (service->kind != SL_SERVICE_PROMPT && c->prompts.n != 0)
        (void)sl_item_fail(all->b->d, item, SL_STR("prompts"), "is for services of kind prompt");
    switch (service->kind) {
    case SL_SERVICE_REST:
        service->upstream = upstream_of(&s);
        build_routes(&s);
        break;
    case SL_SERVICE_AI:
        refuse_rest_members(&s);
        build_operations(&s);
        break;
    case SL_SERVICE_PROMPT:
        refuse_rest_members(&s);
        build_prompts(&s);
        break;
    }
    if (c->canary.service != NULL && !all->is_canary)
        build_canary(all, item, service);
}

/* Its rules are matched by themselves: they are mostly the same as those of the live one. */
static const struct sl_match *canary_rules(struct services *all, const struct sl_item *item)
{
    struct sl_build *b = all->b;
    struct services live = *all;
    struct sl_match *match = NULL;
    all->rules = NULL;
    all->rule_count = all->rule_cap = 0;
    all->is_canary = true;
    build_service(all, item);
    struct sl_match_rule *rules = sl_arena_array(b->a, struct sl_match_rule, all->rule_count);
    if (all->rule_count != 0)
        memcpy(rules, all->rules, all->rule_count * sizeof(*rules));
    sl_free(all->rules);
    sl_rc rc = sl_match_compile(rules, all->rule_count, b->a, &match, b->d);
    all->rules = live.rules;
    all->rule_count = live.rule_count;
    all->rule_cap = live.rule_cap;
    all->is_canary = false;
    return rc == SL_OK ? match : NULL; /* the problems in b->d end the build */
}

static void build_canary(struct services *all, const struct sl_item *item,
                         struct sl_service *service)
{
    struct sl_build *b = all->b;
    const struct sl_service_config *c = item->config;
    struct sl_item own = sl_document_item(&b->docs, &sl_nouns[SL_NOUN_SERVICES], c->canary.service,
                                          sl_fmt(b->a, "%.*s.canary.service", SL_STRF(item->path)));
    const struct sl_service_config *new = own.config;
    if (own.is_bad)
        return;
    if (!sl_str_eq(new->name, c->name) || !sl_str_eq(new->version, c->version) ||
        new->kind != c->kind) {
        (void)sl_item_fail(b->d, item, SL_STR("canary.service"),
                           "must have the name, version and kind of the service");
        return;
    }
    struct sl_canary *canary = sl_arena_new_of(b->a, struct sl_canary);
    *canary = (struct sl_canary){.percent = (uint32_t)c->canary.percent,
                                 .seed = sl_hash_str(c->name),
                                 .header = c->canary.header,
                                 .value = c->canary.value,
                                 .match = canary_rules(all, &own)};
    service->canary = canary->match != NULL ? canary : NULL;
}

static size_t count_children(const struct sl_node *map, const char *list)
{
    const struct sl_node *n = sl_node_get(map, sl_cstr(list));
    return n != NULL ? n->child_count : 0;
}

static size_t count_of_canary(const struct sl_node *service)
{
    return service == NULL
               ? 0
               : 2 + count_children(service, "routes") + count_children(service, "operations") +
                     count_children(service, "prompts") + SL_LEN(ai_operations);
}

static size_t count_routes(const struct sl_items *items)
{
    size_t n = 0;
    for (size_t i = 0; i < items->n; i++) {
        const struct sl_service_config *c = items->v[i].config;
        n += SL_MAX(c->routes.n, (size_t)1) + c->operations.n + SL_LEN(ai_operations) +
             c->prompts.n + 1 + count_of_canary(c->canary.service);
    }
    return n;
}

static int compare_upstreams(const void *a, const void *b)
{
    const struct sl_upstream *const *x = a, *const *y = b;
    return sl_str_cmp((*x)->name, (*y)->name);
}

static void list_upstreams(struct sl_build *b)
{
    const struct sl_upstream **v = sl_arena_array(b->a, const struct sl_upstream *, b->upstreams.n);
    size_t at = 0, n = 0;
    sl_str name;
    void *upstream;
    while (sl_map_next(&b->upstreams, &at, &name, &upstream))
        v[n++] = upstream;
    if (n != 0)
        qsort(v, n, sizeof(*v), compare_upstreams);
    b->s->upstreams = v;
    b->s->upstream_count = n;
}

static void compile_rules(struct services *all)
{
    struct sl_build *b = all->b;
    struct sl_match *match = NULL;
    struct sl_match_rule *rules = sl_arena_array(b->a, struct sl_match_rule, all->rule_count);
    if (all->rule_count != 0)
        memcpy(rules, all->rules, all->rule_count * sizeof(*rules));
    sl_free(all->rules);
    if (sl_match_compile(rules, all->rule_count, b->a, &match, b->d) == SL_OK)
        b->s->match = match; /* else the problems in b->d end the build */
}

/* Those that more than one item has. */
static void note_names(struct services *all, const struct sl_items *items)
{
    struct sl_map seen;
    sl_map_init(&all->shared, all->b->a, 0);
    sl_map_init(&seen, all->b->a, 0);
    for (size_t i = 0; i < items->n; i++) {
        const struct sl_service_config *c = items->v[i].config;
        if (c->name.n != 0 && sl_map_put(&seen, c->name, &items->v[i]) != NULL)
            (void)sl_map_put(&all->shared, c->name,
                             &items->v[i]); /* the third time changes nothing */
    }
}

void sl_build_services(struct sl_build *b, const struct sl_items *items)
{
    struct services all = {.b = b,
                           .routes = sl_arena_array(b->a, struct sl_route, count_routes(items))};
    struct sl_map names;
    sl_map_init(&all.names, b->a, 0);
    sl_build_names(b, items, "version", &names);
    note_names(&all, items);
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            build_service(&all, &items->v[i]);
    }
    compile_rules(&all);
    list_upstreams(b);
    b->s->routes = all.routes;
    b->s->route_count = all.route_count;
}
