#include "control/apidoc.h"
#include "base/enc.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "control/apidoc_int.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512, ID_BYTES_MAX = 100, SUMMARY_BYTES_MAX = 1024, TEXT_BYTES_MAX = 8192 };
enum { NAME_BYTES_MAX = 200, PARAMETERS_MAX = 256, MEDIA_MAX = 32, RESPONSES_MAX = 100 };

/* ------------------------------------------------------------------ places and problems */

/* The way from the root to a value: its members' names and elements' numbers. */
struct way {
    const struct sl_node *steps[SL_NODE_DEPTH_MAX + 1];
    size_t numbers[SL_NODE_DEPTH_MAX + 1];
    size_t n;
};

/* By the parsers' limit it is not deeper than that. */
static bool find_way(const struct sl_node *from, const struct sl_node *to, struct way *w)
{
    size_t number = 0;
    if (from == to)
        return true;
    if (w->n == SL_LEN(w->steps))
        return false;
    for (const struct sl_node *n = from->children; n != NULL; n = n->next, number++) {
        w->steps[w->n] = n;
        w->numbers[w->n++] = from->kind == SL_NODE_LIST ? number : SIZE_MAX;
        if (find_way(n, to, w))
            return true;
        w->n--;
    }
    return false;
}

static void add_escaped(struct sl_strbuf *b, sl_str key)
{
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] == '~' || key.p[i] == '/')
            sl_strbuf_add(b, key.p[i] == '~' ? SL_STR("~0") : SL_STR("~1"));
        else
            sl_strbuf_add_char(b, key.p[i]);
    }
}

/* RFC 6901. "/" for the whole, whose pointer would be empty. */
static sl_str pointer_of(struct sl_apidoc_reader *r, struct sl_apidoc_at at)
{
    struct way w = {.n = 0};
    struct sl_strbuf b;
    if (at.node == NULL || !find_way(r->root, at.node, &w) || w.n == 0)
        return SL_STR("/");
    sl_strbuf_init(&b, r->a, 0);
    for (size_t i = 0; i < w.n; i++) {
        sl_strbuf_add_char(&b, '/');
        if (w.numbers[i] != SIZE_MAX)
            sl_strbuf_add_u64(&b, w.numbers[i]);
        else
            add_escaped(&b, w.steps[i]->key);
    }
    return sl_strbuf_str(&b);
}

static sl_str vformat(struct sl_arena *a, const char *fmt, va_list args)
{
    char text[MESSAGE_BYTES];
    vsnprintf(text, sizeof(text), fmt, args);
    sl_str s = sl_cstr(text);
    return sl_arena_dup(a, sl_str_head(s, sl_utf8_valid_prefix(s)));
}

sl_rc sl_apidoc_fail(struct sl_apidoc_reader *r, struct sl_apidoc_at at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    sl_str text = vformat(r->a, fmt, args);
    va_end(args);
    return sl_diag_fail_at(r->d, SL_E_INVALID, (sl_str){0}, at.node != NULL ? at.node->line : 0,
                           at.node != NULL ? at.node->column : 0, pointer_of(r, at), "%.*s",
                           SL_STRF(text));
}

void sl_apidoc_warn(struct sl_apidoc_reader *r, struct sl_apidoc_at at, const char *fmt, ...)
{
    va_list args;
    if (r->warning_count++ >= SL_APIDOC_WARNINGS_MAX)
        return;
    va_start(args, fmt);
    sl_str text = vformat(r->a, fmt, args);
    va_end(args);
    struct sl_node *warning = sl_tree_map(r->a);
    sl_tree_put_str(r->a, warning, "pointer", pointer_of(r, at));
    sl_tree_put_str(r->a, warning, "detail", text);
    sl_tree_add(&r->warnings, warning);
}

bool sl_apidoc_spend(struct sl_apidoc_reader *r, struct sl_apidoc_at at)
{
    if (++r->node_count <= SL_APIDOC_NODES_MAX)
        return true;
    if (!r->is_too_large)
        (void)sl_apidoc_fail(r, at,
                             "the document has more than %d values, with what its references "
                             "lead to",
                             SL_APIDOC_NODES_MAX);
    r->is_too_large = true;
    return false;
}

/* ------------------------------------------------------------------ references */

static sl_str unescape(struct sl_apidoc_reader *r, sl_str segment)
{
    struct sl_strbuf plain, b;
    sl_strbuf_init(&plain, r->a, 0);
    sl_strbuf_init(&b, r->a, 0);
    sl_str s = sl_dec_percent(&plain, segment) ? sl_strbuf_str(&plain) : segment;
    for (size_t i = 0; i < s.n; i++) {
        bool is_escape = s.p[i] == '~' && i + 1 < s.n && (s.p[i + 1] == '0' || s.p[i + 1] == '1');
        if (is_escape)
            sl_strbuf_add_char(&b, s.p[++i] == '0' ? '~' : '/');
        else
            sl_strbuf_add_char(&b, s.p[i]);
    }
    return b.p != NULL ? sl_strbuf_str(&b) : SL_STR("");
}

static const struct sl_node *element(const struct sl_node *list, sl_str segment)
{
    uint64_t index;
    if (!sl_num_u64(segment, list->child_count, &index))
        return NULL;
    const struct sl_node *n = list->children;
    for (; n != NULL && index > 0; index--)
        n = n->next;
    return n;
}

/* "#/components/schemas/Order" */
static const struct sl_node *resolve(struct sl_apidoc_reader *r, sl_str ref)
{
    const struct sl_node *at = sl_map_get(&r->references, ref);
    if (at != NULL)
        return at;
    at = r->root;
    sl_str rest = sl_str_from(ref, 2), segment;
    if (!sl_str_starts(ref, SL_STR("#/")))
        return NULL;
    while (at != NULL && sl_str_split(&rest, '/', &segment)) {
        sl_str key = unescape(r, segment);
        at = at->kind == SL_NODE_LIST ? element(at, key) : sl_node_get(at, key);
    }
    if (at != NULL)
        (void)sl_map_put(&r->references, ref, (void *)at);
    return at;
}

bool sl_apidoc_follow(struct sl_apidoc_reader *r, struct sl_apidoc_at *at)
{
    const struct sl_apidoc_at from = *at;
    for (int hops = 0; at->node != NULL && at->node->kind == SL_NODE_MAP; hops++) {
        sl_str ref = sl_tree_text(at->node, "$ref");
        if (ref.p == NULL)
            return true;
        const struct sl_node *target = resolve(r, ref);
        if (hops == SL_APIDOC_HOPS_MAX)
            (void)sl_apidoc_fail(r, from, "refers in a circle, or over more than %d steps",
                                 SL_APIDOC_HOPS_MAX);
        else if (ref.n == 0 || ref.p[0] != '#')
            (void)sl_apidoc_fail(r, *at,
                                 "refers to '%.*s': only references inside of the document are "
                                 "followed; bundle it first",
                                 SL_STRF(ref));
        else if (target == NULL)
            (void)sl_apidoc_fail(r, *at, "refers to '%.*s', which is not there", SL_STRF(ref));
        if (hops == SL_APIDOC_HOPS_MAX || target == NULL)
            return false;
        *at = sl_apidoc_at(target);
    }
    return true;
}

/* ------------------------------------------------------------------ texts */

static sl_str cut(sl_str text, size_t max)
{
    if (text.n <= max)
        return text;
    sl_str head = sl_str_head(text, max);
    return sl_str_head(head, sl_utf8_valid_prefix(head));
}

static void put_text(struct sl_apidoc_reader *r, struct sl_node *map, const char *key, sl_str text,
                     size_t max)
{
    if (text.n != 0)
        sl_tree_put_str(r->a, map, key, cut(text, max));
}

static void put_flag(struct sl_apidoc_reader *r, struct sl_node *map, const char *key, bool is_set)
{
    if (is_set)
        sl_tree_put(map, sl_cstr(key), sl_tree_bool(r->a, true));
}

/* ------------------------------------------------------------------ bodies */

struct operation {
    struct sl_apidoc_reader *r;
    struct sl_apidoc_at at;
    struct sl_node *node;
    struct sl_node *parameters; /* a list */
    struct sl_apidoc_at body;   /* 2.0: its schema */
    bool is_body_required;
    struct sl_node *form; /* 2.0: an object schema; NULL: none */
    bool has_failed;
};

static struct sl_node *schema_or_fail(struct operation *op, struct sl_apidoc_at at)
{
    struct sl_node *schema = sl_apidoc_schema(op->r, at);
    op->has_failed = op->has_failed || schema == NULL;
    return schema;
}

/* The schema of each media type of `content`; those without one take anything. */
static struct sl_node *read_content(struct operation *op, struct sl_apidoc_at content)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_node *all = sl_tree_map(r->a);
    if (content.node == NULL || content.node->kind != SL_NODE_MAP)
        return all;
    for (const struct sl_node *n = content.node->children; n != NULL; n = n->next) {
        struct sl_apidoc_at media = sl_apidoc_at(n);
        if (all->child_count == MEDIA_MAX) {
            sl_apidoc_warn(r, content, "only its first %d media types are kept", MEDIA_MAX);
            break;
        }
        struct sl_apidoc_at schema = sl_apidoc_member(media, "schema");
        struct sl_node *one = schema.node != NULL ? schema_or_fail(op, schema) : sl_tree_map(r->a);
        if (one != NULL)
            sl_tree_put(all, n->key, one);
    }
    return all;
}

/* A copy that counts as what it is. NULL when there is too much. */
static struct sl_node *copy(struct operation *op, const struct sl_node *schema)
{
    struct sl_node *n = sl_apidoc_again(op->r, schema);
    op->has_failed = op->has_failed || n == NULL;
    return n;
}

/* 2.0: one schema for each of the media types that `consumes` or `produces` lists. */
static struct sl_node *content_of(struct operation *op, const char *list, const char *otherwise,
                                  const struct sl_node *schema)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_node *all = sl_tree_map(r->a);
    const struct sl_node *types = sl_node_get(op->at.node, sl_cstr(list));
    if (types == NULL)
        types = sl_node_get(r->root, sl_cstr(list));
    for (const struct sl_node *n = types != NULL ? types->children : NULL; n != NULL; n = n->next) {
        bool is_kept = all->child_count < MEDIA_MAX && n->kind == SL_NODE_STRING && n->text.n != 0;
        struct sl_node *one = is_kept ? copy(op, schema) : NULL;
        if (one != NULL)
            sl_tree_put(all, n->text, one);
    }
    if (all->child_count == 0 && !op->has_failed)
        sl_tree_put(all, sl_cstr(otherwise), sl_tree_copy(r->a, schema));
    return all;
}

static void put_request(struct operation *op, struct sl_node *content, bool is_required)
{
    struct sl_node *request = sl_tree_map(op->r->a);
    put_flag(op->r, request, "required", is_required);
    sl_tree_put(request, SL_STR("content"), content);
    sl_tree_put(op->node, SL_STR("request"), request);
}

static void read_old_request(struct operation *op)
{
    if (op->form != NULL) {
        put_request(op, content_of(op, "consumes", "application/x-www-form-urlencoded", op->form),
                    op->is_body_required);
    } else if (op->body.node != NULL) {
        const struct sl_node *schema = schema_or_fail(op, op->body);
        if (schema != NULL)
            put_request(op, content_of(op, "consumes", "application/json", schema),
                        op->is_body_required);
    }
}

static void read_request(struct operation *op)
{
    struct sl_apidoc_at body = sl_apidoc_member(op->at, "requestBody");
    if (op->r->dialect == SL_APIDOC_2_0) {
        read_old_request(op);
        return;
    }
    if (body.node == NULL)
        return;
    if (!sl_apidoc_follow(op->r, &body)) {
        op->has_failed = true;
        return;
    }
    put_request(op, read_content(op, sl_apidoc_member(body, "content")),
                sl_tree_is_true(body.node, "required"));
}

static struct sl_node *read_response(struct operation *op, struct sl_apidoc_at at)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_node *response = sl_tree_map(r->a);
    put_text(r, response, "description", sl_tree_text(at.node, "description"), SUMMARY_BYTES_MAX);
    if (r->dialect != SL_APIDOC_2_0) {
        sl_tree_put(response, SL_STR("content"), read_content(op, sl_apidoc_member(at, "content")));
        return response;
    }
    struct sl_apidoc_at schema = sl_apidoc_member(at, "schema");
    struct sl_node *one = schema.node != NULL ? schema_or_fail(op, schema) : NULL;
    if (one != NULL)
        sl_tree_put(response, SL_STR("content"),
                    content_of(op, "produces", "application/json", one));
    return response;
}

static void read_responses(struct operation *op)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_apidoc_at all = sl_apidoc_member(op->at, "responses");
    struct sl_node *responses = sl_tree_map(r->a);
    if (all.node == NULL || all.node->kind != SL_NODE_MAP) {
        sl_apidoc_warn(r, op->at, "says nothing about its responses");
        return;
    }
    for (const struct sl_node *n = all.node->children; n != NULL; n = n->next) {
        struct sl_apidoc_at one = sl_apidoc_at(n);
        if (sl_str_starts(n->key, SL_STR("x-")) || responses->child_count == RESPONSES_MAX)
            continue;
        if (!sl_apidoc_follow(r, &one))
            op->has_failed = true;
        else if (sl_apidoc_spend(r, one))
            sl_tree_put(responses, n->key, read_response(op, one));
    }
    sl_tree_put(op->node, SL_STR("responses"), responses);
}

/* ------------------------------------------------------------------ parameters */

static void add_form_field(struct operation *op, struct sl_apidoc_at at, sl_str name)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_node *schema = sl_apidoc_plain_schema(r, at), *properties;
    if (op->form == NULL) {
        op->form = sl_tree_map(r->a);
        sl_tree_put_str(r->a, op->form, "type", SL_STR("object"));
        sl_tree_put(op->form, SL_STR("properties"), sl_tree_map(r->a));
        sl_tree_put(op->form, SL_STR("required"), sl_tree_list(r->a));
    }
    op->has_failed = op->has_failed || schema == NULL;
    if (schema == NULL)
        return;
    properties = (struct sl_node *)sl_node_get(op->form, SL_STR("properties")); /* made above */
    sl_tree_put(properties, name, schema);
    if (!sl_tree_is_true(at.node, "required"))
        return;
    op->is_body_required = true;
    sl_tree_push((struct sl_node *)sl_node_get(op->form, SL_STR("required")),
                 sl_tree_str(r->a, name));
}

static struct sl_node *parameter_schema(struct operation *op, struct sl_apidoc_at at)
{
    struct sl_apidoc_reader *r = op->r;
    if (r->dialect == SL_APIDOC_2_0)
        return sl_apidoc_plain_schema(r, at);
    struct sl_apidoc_at schema = sl_apidoc_member(at, "schema");
    if (schema.node != NULL)
        return sl_apidoc_schema(r, schema);
    if (sl_node_get(at.node, SL_STR("content")) != NULL)
        sl_apidoc_warn(r, at, "a parameter with 'content' is not checked");
    return sl_tree_map(r->a);
}

/* One of the same place and name, of the path item, is replaced. */
static void put_parameter(struct operation *op, struct sl_node *parameter)
{
    for (struct sl_node **n = &op->parameters->children; *n != NULL; n = &(*n)->next) {
        if (!sl_str_eq(sl_tree_text(*n, "name"), sl_tree_text(parameter, "name")) ||
            !sl_str_eq(sl_tree_text(*n, "in"), sl_tree_text(parameter, "in")))
            continue;
        parameter->next = (*n)->next;
        *n = parameter;
        return;
    }
    sl_tree_push(op->parameters, parameter);
}

static bool is_place(sl_str in)
{
    static const char *const places[] = {"path", "query", "header", "cookie"};
    for (size_t i = 0; i < SL_LEN(places); i++) {
        if (sl_str_eq(in, sl_cstr(places[i])))
            return true;
    }
    return false;
}

/* How lists are written: 3.x has them repeated unless told otherwise, 2.0 with commas. */
static bool is_exploded(const struct operation *op, const struct sl_node *n, sl_str in)
{
    const struct sl_node *explode = sl_node_get(n, SL_STR("explode"));
    if (op->r->dialect == SL_APIDOC_2_0)
        return sl_str_eq(sl_tree_text(n, "collectionFormat"), SL_STR("multi"));
    if (explode != NULL)
        return sl_tree_is_true(n, "explode");
    return sl_str_eq(in, SL_STR("query")) || sl_str_eq(in, SL_STR("cookie"));
}

static void read_named(struct operation *op, struct sl_apidoc_at at, sl_str name, sl_str in)
{
    struct sl_apidoc_reader *r = op->r;
    struct sl_node *schema = parameter_schema(op, at);
    op->has_failed = op->has_failed || schema == NULL;
    if (schema == NULL)
        return;
    struct sl_node *p = sl_tree_map(r->a);
    sl_tree_put_str(r->a, p, "name", name);
    sl_tree_put_str(r->a, p, "in", in);
    put_flag(r, p, "required",
             sl_tree_is_true(at.node, "required") || sl_str_eq(in, SL_STR("path")));
    put_flag(r, p, "deprecated", sl_tree_is_true(at.node, "deprecated"));
    put_flag(r, p, "explode", is_exploded(op, at.node, in));
    put_text(r, p, "description", sl_tree_text(at.node, "description"), SUMMARY_BYTES_MAX);
    sl_tree_put(p, SL_STR("schema"), schema);
    put_parameter(op, p);
}

static void read_parameter(struct operation *op, struct sl_apidoc_at at)
{
    struct sl_apidoc_reader *r = op->r;
    if (!sl_apidoc_follow(r, &at) || !sl_apidoc_spend(r, at)) {
        op->has_failed = true;
        return;
    }
    sl_str name = sl_tree_text(at.node, "name"), in = sl_tree_text(at.node, "in");
    bool is_old = r->dialect == SL_APIDOC_2_0;
    if (is_old && sl_str_eq(in, SL_STR("body"))) {
        op->body = sl_apidoc_member(at, "schema");
        op->is_body_required = sl_tree_is_true(at.node, "required");
    } else if (name.n == 0 || name.n > NAME_BYTES_MAX) {
        op->has_failed = true;
        (void)sl_apidoc_fail(r, at, "a parameter needs a 'name' of at most %d bytes",
                             NAME_BYTES_MAX);
    } else if (is_old && sl_str_eq(in, SL_STR("formData"))) {
        add_form_field(op, at, name);
    } else if (!is_place(in)) {
        op->has_failed = true;
        (void)sl_apidoc_fail(r, at, "'in' must be path, query, header or cookie");
    } else {
        read_named(op, at, name, in);
    }
}

static void read_parameters(struct operation *op, struct sl_apidoc_at owner)
{
    struct sl_apidoc_at all = sl_apidoc_member(owner, "parameters");
    if (all.node == NULL)
        return;
    if (all.node->kind != SL_NODE_LIST) {
        op->has_failed = true;
        (void)sl_apidoc_fail(op->r, all, "must be a list");
        return;
    }
    if (all.node->child_count > PARAMETERS_MAX) {
        op->has_failed = true;
        (void)sl_apidoc_fail(op->r, all, "has more than %d parameters", PARAMETERS_MAX);
        return;
    }
    for (const struct sl_node *n = all.node->children; n != NULL; n = n->next)
        read_parameter(op, sl_apidoc_at(n));
}

/* ------------------------------------------------------------------ operations */

static const struct {
    const char *member, *method;
} methods[] = {{"get", "GET"},         {"put", "PUT"},   {"post", "POST"},   {"delete", "DELETE"},
               {"options", "OPTIONS"}, {"head", "HEAD"}, {"patch", "PATCH"}, {"trace", "TRACE"}};

struct paths {
    struct sl_apidoc_reader *r;
    struct sl_tree_tail operations;
    size_t n;
    struct sl_map ids;
};

static bool is_id_byte(char c)
{
    return (sl_lower(c) >= 'a' && sl_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* Without what names of routes have not. */
static sl_str clean_id(struct sl_apidoc_reader *r, sl_str text)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->a, 0);
    for (size_t i = 0; i < text.n && b.n < ID_BYTES_MAX; i++) {
        bool is_good = is_id_byte(text.p[i]);
        if (is_good || (b.n != 0 && b.p[b.n - 1] != '_'))
            sl_strbuf_add_char(&b, is_good ? text.p[i] : '_');
    }
    return b.n != 0 ? sl_strbuf_str(&b) : SL_STR("operation");
}

static sl_str id_of(struct paths *p, struct sl_apidoc_at at, const char *member, sl_str path)
{
    struct sl_apidoc_reader *r = p->r;
    sl_str given = sl_tree_text(at.node, "operationId");
    if (given.n == 0)
        sl_apidoc_warn(r, at, "has no operationId; one was made of its method and path");
    sl_str id = clean_id(r, given.n != 0 ? given : sl_fmt(r->a, "%s%.*s", member, SL_STRF(path)));
    sl_str unique = id;
    for (int i = 2; sl_map_get(&p->ids, unique) != NULL; i++)
        unique = sl_fmt(r->a, "%.*s_%d", SL_STRF(id), i);
    if (given.n != 0 && !sl_str_eq(unique, given))
        sl_apidoc_warn(r, at,
                       "its operationId is used before or has other characters; it is "
                       "'%.*s' now",
                       SL_STRF(unique));
    (void)sl_map_put(&p->ids, unique, (void *)at.node);
    return unique;
}

static void read_tags(struct operation *op)
{
    const struct sl_node *tags = sl_node_get(op->at.node, SL_STR("tags"));
    struct sl_node *list = sl_tree_list(op->r->a);
    for (const struct sl_node *n = tags != NULL ? tags->children : NULL; n != NULL; n = n->next) {
        if (n->kind == SL_NODE_STRING && list->child_count < 32)
            sl_tree_push(list, sl_tree_str(op->r->a, cut(n->text, ID_BYTES_MAX)));
    }
    if (list->child_count != 0)
        sl_tree_put(op->node, SL_STR("tags"), list);
}

/* The names of the schemes, whichever way they are combined. An empty list: none is needed. */
static void read_security(struct operation *op)
{
    struct sl_apidoc_reader *r = op->r;
    const struct sl_node *all = sl_node_get(op->at.node, SL_STR("security"));
    struct sl_node *names = sl_tree_list(r->a);
    if (all == NULL)
        all = sl_node_get(r->root, SL_STR("security"));
    if (all == NULL)
        return;
    for (const struct sl_node *n = all->children; n != NULL; n = n->next) {
        const struct sl_node *scheme = n->kind == SL_NODE_MAP ? n->children : NULL;
        for (; scheme != NULL && names->child_count < 16; scheme = scheme->next)
            sl_tree_push(names, sl_tree_str(r->a, cut(scheme->key, ID_BYTES_MAX)));
    }
    sl_tree_put(op->node, SL_STR("security"), names);
}

static bool read_operation(struct paths *p, struct sl_apidoc_at item, struct sl_apidoc_at at,
                           size_t method, sl_str path)
{
    struct sl_apidoc_reader *r = p->r;
    struct operation op = {
        .r = r, .at = at, .node = sl_tree_map(r->a), .parameters = sl_tree_list(r->a)};
    if (at.node->kind != SL_NODE_MAP)
        return sl_apidoc_fail(r, at, "must be an operation, which is an object") == SL_OK;
    if (p->n == SL_APIDOC_OPERATIONS_MAX)
        return sl_apidoc_fail(r, at, "the document has more than %d operations",
                              SL_APIDOC_OPERATIONS_MAX) == SL_OK;
    sl_tree_put_str(r->a, op.node, "id", id_of(p, at, methods[method].member, path));
    sl_tree_put_str(r->a, op.node, "method", sl_cstr(methods[method].method));
    sl_tree_put_str(r->a, op.node, "path", path);
    put_text(r, op.node, "summary", sl_tree_text(at.node, "summary"), SUMMARY_BYTES_MAX);
    put_text(r, op.node, "description", sl_tree_text(at.node, "description"), TEXT_BYTES_MAX);
    put_flag(r, op.node, "deprecated", sl_tree_is_true(at.node, "deprecated"));
    read_tags(&op);
    read_security(&op);
    read_parameters(&op, item);
    read_parameters(&op, at);
    if (op.parameters->child_count != 0)
        sl_tree_put(op.node, SL_STR("parameters"), op.parameters);
    read_request(&op);
    read_responses(&op);
    if (sl_node_get(at.node, SL_STR("callbacks")) != NULL)
        sl_apidoc_warn(r, at, "callbacks are not served here");
    sl_tree_add(&p->operations, op.node);
    p->n++;
    return !op.has_failed;
}

static bool is_method(sl_str member, size_t *ret)
{
    for (size_t i = 0; i < SL_LEN(methods); i++) {
        if (sl_str_eq(member, sl_cstr(methods[i].member))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool read_path(struct paths *p, struct sl_apidoc_at at, sl_str path)
{
    size_t method;
    bool is_good = true;
    if (!sl_apidoc_follow(p->r, &at))
        return false;
    if (at.node->kind != SL_NODE_MAP)
        return sl_apidoc_fail(p->r, at, "must be an object of operations") == SL_OK;
    for (const struct sl_node *n = at.node->children; n != NULL && !p->r->is_too_large;
         n = n->next) {
        if (is_method(n->key, &method))
            is_good = read_operation(p, at, sl_apidoc_at(n), method, path) && is_good;
        else if (sl_str_eq(n->key, SL_STR("servers")))
            sl_apidoc_warn(p->r, at, "servers of a path are not followed; the document's are");
    }
    return is_good;
}

static bool read_paths(struct sl_apidoc_reader *r, struct sl_apidoc *ret)
{
    struct sl_apidoc_at root = sl_apidoc_at(r->root);
    struct sl_apidoc_at all = sl_apidoc_member(root, "paths");
    struct paths p = {.r = r, .operations = sl_tree_tail(r->a)};
    bool is_good = true;
    sl_map_init(&p.ids, r->a, 0);
    ret->operations = p.operations.list;
    if (all.node == NULL || all.node->kind != SL_NODE_MAP)
        return sl_apidoc_fail(r, root, "has no 'paths', so there is nothing to serve") == SL_OK;
    for (const struct sl_node *n = all.node->children; n != NULL && !r->is_too_large; n = n->next) {
        struct sl_apidoc_at at = sl_apidoc_at(n);
        if (sl_str_starts(n->key, SL_STR("x-")))
            continue;
        if (n->key.n == 0 || n->key.p[0] != '/' || n->key.n > 1024)
            is_good =
                sl_apidoc_fail(r, at, "a path begins with '/' and has at most 1024 bytes") == SL_OK;
        else
            is_good = read_path(&p, at, n->key) && is_good;
    }
    if (is_good && p.n == 0)
        return sl_apidoc_fail(r, all, "has no operation, so there is nothing to serve") == SL_OK;
    return is_good && !r->is_too_large;
}

/* ------------------------------------------------------------------ the head */

static bool read_dialect(struct sl_apidoc_reader *r, struct sl_apidoc *ret)
{
    struct sl_apidoc_at root = sl_apidoc_at(r->root);
    const struct sl_node *old = sl_node_get(r->root, SL_STR("swagger"));
    const struct sl_node *new = sl_node_get(r->root, SL_STR("openapi"));
    sl_str version = new != NULL ? new->text : old != NULL ? old->text : (sl_str){0};
    if (new == NULL && sl_str_eq(version, SL_STR("2.0")))
        r->dialect = SL_APIDOC_2_0;
    else if (new != NULL && sl_str_starts(version, SL_STR("3.0")))
        r->dialect = SL_APIDOC_3_0;
    else if (new != NULL && sl_str_starts(version, SL_STR("3.1")))
        r->dialect = SL_APIDOC_3_1;
    else if (version.n != 0)
        return sl_apidoc_fail(r, root, "is of version '%.*s'; 2.0, 3.0 and 3.1 are read",
                              SL_STRF(cut(version, 32))) == SL_OK;
    else
        return sl_apidoc_fail(r, root,
                              "is no OpenAPI document: it has neither 'openapi' nor "
                              "'swagger'") == SL_OK;
    ret->format =
        sl_fmt(r->a, "%s %.*s", new != NULL ? "OpenAPI" : "Swagger", SL_STRF(cut(version, 32)));
    return true;
}

static void read_info(struct sl_apidoc_reader *r, struct sl_apidoc *ret)
{
    const struct sl_node *info = sl_node_get(r->root, SL_STR("info"));
    const struct sl_node *version = info != NULL ? sl_node_get(info, SL_STR("version")) : NULL;
    if (info == NULL)
        return;
    ret->title = cut(sl_tree_text(info, "title"), 128);
    ret->description = sl_tree_text(info, "description");
    if (version != NULL && version->children == NULL)
        ret->version = cut(version->text, 64); /* YAML: a number, often */
}

/* "https://{region}.example.com" with the defaults of its variables. */
static sl_str with_variables(struct sl_apidoc_reader *r, const struct sl_node *server, sl_str url)
{
    const struct sl_node *variables = sl_node_get(server, SL_STR("variables"));
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->a, 0);
    for (size_t i = 0; i < url.n; i++) {
        size_t end = url.p[i] == '{' ? sl_str_find(url, '}', i) : SIZE_MAX;
        if (end == SIZE_MAX) {
            sl_strbuf_add_char(&b, url.p[i]);
            continue;
        }
        const struct sl_node *variable =
            variables != NULL ? sl_node_get(variables, sl_str_of(url.p + i + 1, end - i - 1))
                              : NULL;
        if (variable != NULL)
            sl_strbuf_add(&b, sl_tree_text(variable, "default"));
        i = end;
    }
    return sl_strbuf_str(&b);
}

static sl_str old_server(struct sl_apidoc_reader *r)
{
    sl_str host = sl_tree_text(r->root, "host"), base = sl_tree_text(r->root, "basePath");
    const struct sl_node *schemes = sl_node_get(r->root, SL_STR("schemes"));
    bool is_plain = schemes != NULL && schemes->children != NULL &&
                    sl_str_eq(schemes->children->text, SL_STR("http"));
    if (host.n == 0)
        return base;
    return sl_fmt(r->a, "%s://%.*s%.*s", is_plain ? "http" : "https", SL_STRF(host), SL_STRF(base));
}

static void read_server(struct sl_apidoc_reader *r, struct sl_apidoc *ret)
{
    struct sl_apidoc_at root = sl_apidoc_at(r->root);
    struct sl_apidoc_at all = sl_apidoc_member(root, "servers");
    if (r->dialect == SL_APIDOC_2_0) {
        ret->server = cut(old_server(r), 2048);
        return;
    }
    if (all.node == NULL || all.node->children == NULL)
        return;
    if (all.node->child_count > 1)
        sl_apidoc_warn(r, all, "has %zu servers; the first one is taken", all.node->child_count);
    ret->server =
        cut(with_variables(r, all.node->children, sl_tree_text(all.node->children, "url")), 2048);
}

sl_rc sl_apidoc_parse(sl_str text, struct sl_arena *a, struct sl_diag *d,
                      const struct sl_node **ret)
{
    const struct sl_node *documents = NULL;
    sl_str trimmed = sl_str_trim_all(text);
    if (text.n > SL_APIDOC_BYTES_MAX)
        return sl_diag_fail(d, SL_E_INVALID, "/", "is larger than %d MiB",
                            SL_APIDOC_BYTES_MAX >> 20);
    if (trimmed.n != 0 && trimmed.p[0] == '{')
        return sl_json_to_node(text, SL_STR(""), a, d, ret) == SL_OK ? SL_OK : SL_E_INVALID;
    if (sl_yaml_parse(text, SL_STR(""), a, d, &documents) != SL_OK)
        return SL_E_INVALID;
    if (documents->child_count != 1)
        return sl_diag_fail(d, SL_E_INVALID, "/", "must be one document");
    *ret = documents->children;
    return SL_OK;
}

sl_rc sl_apidoc_read(const struct sl_node *document, struct sl_arena *a, struct sl_diag *d,
                     struct sl_apidoc *ret)
{
    struct sl_apidoc_reader r = {.root = document, .a = a, .d = d, .warnings = sl_tree_tail(a)};
    struct sl_apidoc_at root = sl_apidoc_at(document);
    sl_map_init(&r.references, a, 0);
    *ret = (struct sl_apidoc){.warnings = r.warnings.list};
    if (document->kind != SL_NODE_MAP)
        return sl_apidoc_fail(&r, root, "must be an object");
    if (!read_dialect(&r, ret))
        return SL_E_INVALID;
    read_info(&r, ret);
    read_server(&r, ret);
    if (sl_node_get(document, SL_STR("webhooks")) != NULL)
        sl_apidoc_warn(&r, root, "webhooks are not served here");
    ret->schemas = sl_apidoc_schemas(&r);
    bool is_good = read_paths(&r, ret);
    return is_good && ret->schemas != NULL ? SL_OK : SL_E_INVALID;
}
