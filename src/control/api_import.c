/*
 * POST /import/openapi: a version of a service made from an OpenAPI document. The document is read before
 * the store is touched, and may come from a URL; what it gives is a draft like any other.
 */
#include "base/enc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/crypto.h"
#include "control/api_int.h"
#include "control/apidiff.h"
#include "control/apidoc.h"
#include "control/fetch.h"

enum { SLUG_BYTES_MAX = 64, README_BYTES_MAX = 262144, IMPORTS_MAX = 10000 };
enum import_routes { ROUTES_OF_OPERATIONS, ONE_ROUTE };

struct import_args {
    const struct sl_node *document;
    sl_str document_url, name, version, workspace, team, base, prefix, upstream, url;
    struct sl_strs hosts;
    int routes; /* enum import_routes */
    bool replace, validate;
};

static const char *const import_routes[] = {"operations", "one", NULL};

const struct sl_field sl_api_import_fields[] = {
    SL_FIELD_NODE(struct import_args, document,
                  .help = "The OpenAPI document (2.0, 3.0, 3.1): a string of JSON or YAML, or the "
                          "object itself."),
    SL_FIELD_URL(struct import_args, document_url, .max = "2048",
                 .help = "Or where to fetch it; private addresses only where "
                         "`gateway.admin.fetch_from` allows them."),
    SL_FIELD_STR(struct import_args, name, .max = "128",
                 .help = "Of the service; left out: that of `base`, else made of the title."),
    SL_FIELD_STR(struct import_args, version, .max = "64", .help = "Left out: the document's."),
    SL_FIELD_STR(struct import_args, workspace, .help = "Left out: that of `base`, or `default`."),
    SL_FIELD_STR(struct import_args, team, .help = "The team that owns it."),
    SL_FIELD_STR(struct import_args, base,
                 .help = "Key of a service whose settings (upstream, prefix, hosts, policies, ...) "
                         "the new version begins with."),
    SL_FIELD_STR(struct import_args, prefix, .max = "512",
                 .help = "Put in front of all paths, and taken off again on the way to the "
                         "upstream.",
                 .example = "/shop"),
    SL_FIELD_STRS(struct import_args, hosts, .max = "256", .help = "Hosts of its routes."),
    SL_FIELD_STR(struct import_args, upstream, .max = "128", .help = "Where it runs: an upstream."),
    SL_FIELD_URL(struct import_args, url, .max = "2048",
                 .help =
                     "Or a URL. Both left out: that of `base`, else the document's first server."),
    SL_FIELD_ENUM(struct import_args, routes, .dflt = "operations", .values = import_routes,
                  .help = "A route for each operation, or one for everything below the prefix."),
    SL_FIELD_BOOL(struct import_args, validate,
                  .help = "Check requests against the document: adds the policy `validate`."),
    SL_FIELD_BOOL(struct import_args, replace,
                  .help = "If there is this version already, change its draft. Else that is a "
                          "conflict."),
    SL_FIELD_END,
};

struct import {
    struct sl_call *c;
    struct sl_work w;
    struct import_args args;
    sl_str text; /* of the document */
    struct sl_apidoc api;
    struct sl_row base_row, row;
    struct sl_node *spec;       /* of the service, in the making */
    struct sl_node *comparison; /* with the draft that is there; NULL: none is */
    sl_str key, document;
    bool has_base, is_there;
};

/* ------------------------------------------------------------------ the document */

static sl_rc take_text(struct import *m)
{
    struct sl_call *c = m->c;
    const struct sl_node *n = m->args.document;
    if ((n != NULL) == (m->args.document_url.n != 0))
        return sl_diag_fail(c->d, SL_E_INVALID, "document",
                            "give either 'document' or 'document_url'");
    const struct sl_fetch_request get = {.url = m->args.document_url,
                                         .allowed = &c->control->config.fetch_from,
                                         .max_bytes = SL_APIDOC_BYTES_MAX};
    if (n == NULL)
        return sl_fetch(&get, "document_url", c->a, c->d, &m->text);
    if (n->kind != SL_NODE_STRING && n->kind != SL_NODE_MAP)
        return sl_diag_fail(c->d, SL_E_INVALID, "document", "must be a string or an object");
    m->text = n->kind == SL_NODE_STRING ? n->text : sl_tree_json(n, c->a);
    return SL_OK;
}

static sl_rc read_document(struct import *m)
{
    const struct sl_node *tree = NULL;
    sl_rc rc = take_text(m);
    if (rc == SL_OK && !sl_utf8_is_valid(m->text))
        rc = sl_diag_fail(m->c->d, SL_E_INVALID, "/", "is no UTF-8");
    if (rc == SL_OK)
        rc = sl_apidoc_parse(m->text, m->c->a, m->c->d, &tree);
    return rc == SL_OK ? sl_apidoc_read(tree, m->c->a, m->c->d, &m->api) : rc;
}

/* ------------------------------------------------------------------ what it is called */

/* "Swagger Petstore (v2)" -> "swagger-petstore-v2" */
static sl_str slug(struct sl_arena *a, sl_str text)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; i < text.n && b.n < SLUG_BYTES_MAX; i++) {
        char ch = sl_lower(text.p[i]);
        bool is_good = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.';
        if (is_good || (b.n != 0 && b.p[b.n - 1] != '-'))
            sl_strbuf_add_char(&b, is_good ? ch : '-');
    }
    while (b.n != 0 && (b.p[b.n - 1] == '-' || b.p[b.n - 1] == '.'))
        b.n--;
    return sl_strbuf_str(&b);
}

static sl_str first_of(sl_str a, sl_str b, sl_str c)
{
    return a.n != 0 ? a : b.n != 0 ? b : c;
}

static sl_rc name_it(struct import *m)
{
    struct sl_arena *a = m->c->a;
    sl_str of_base = m->has_base ? sl_tree_text(m->spec, "name") : (sl_str){0};
    sl_str name = first_of(m->args.name, of_base, slug(a, m->api.title));
    sl_str version = first_of(m->args.version, slug(a, m->api.version), (sl_str){0});
    if (name.n == 0)
        return sl_diag_fail(m->c->d, SL_E_INVALID, "name",
                            "must be given: the document has no title to make one of");
    sl_tree_put_str(a, m->spec, "name", name);
    (void)sl_tree_take(m->spec, SL_STR("version")); /* of the base */
    if (version.n != 0)
        sl_tree_put_str(a, m->spec, "version", version);
    m->key = version.n == 0 ? name : sl_fmt(a, "%.*s@%.*s", SL_STRF(name), SL_STRF(version));
    return SL_OK;
}

/* ------------------------------------------------------------------ what it begins with */

static sl_rc find_readable(struct import *m, sl_str key, struct sl_row *ret)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("service"));
    sl_rc rc = sl_change_find(&m->w, type, key, ret);
    bool may = rc == SL_OK &&
               sl_actor_may(&m->c->actor, SL_STR("services:read"), ret->workspace, ret->team);
    return rc == SL_OK && !may ? SL_E_NOTFOUND : rc;
}

/* Its secrets in clear: they are sealed anew, for the other resource. */
static sl_rc begin_with_base(struct import *m)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("service"));
    struct sl_node *spec = NULL;
    m->spec = sl_tree_map(m->c->a);
    if (m->args.base.n == 0)
        return SL_OK;
    sl_rc rc = find_readable(m, m->args.base, &m->base_row);
    if (rc == SL_E_NOTFOUND)
        return sl_diag_fail(m->c->d, SL_E_INVALID, "base", "there is no service '%.*s'",
                            SL_STRF(m->args.base));
    if (rc == SL_OK)
        rc = sl_change_parse(&m->w, m->base_row.spec, &spec);
    if (rc == SL_OK)
        rc =
            sl_change_unseal(m->c->control, type, m->base_row.id, spec, m->c->a, &m->spec, m->c->d);
    m->has_base = rc == SL_OK;
    return rc;
}

/* The version is there already: its draft is changed, if that is meant. */
static sl_rc begin_with_draft(struct import *m)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("service"));
    struct sl_node *spec = NULL;
    sl_rc rc = find_readable(m, m->key, &m->row);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? SL_OK : rc;
    if (!m->args.replace)
        return sl_diag_fail(m->c->d, SL_E_CONFLICT, "version",
                            "there is a service '%.*s' already; give another version, or 'replace' "
                            "to change its draft",
                            SL_STRF(m->key));
    m->is_there = true;
    rc = sl_change_parse(&m->w, m->row.spec, &spec);
    if (rc == SL_OK)
        m->spec = sl_change_mask(m->c->control, type, spec, m->c->a);
    m->has_base = true;
    return rc;
}

/* ------------------------------------------------------------------ what it is */

static bool is_absolute(sl_str url)
{
    return sl_str_starts(url, SL_STR("http://")) || sl_str_starts(url, SL_STR("https://"));
}

/* A relative server is below the place that the document was fetched from. */
static sl_str server_url(struct import *m)
{
    sl_str server = m->api.server, from = m->args.document_url;
    if (is_absolute(server))
        return server;
    size_t host_at = sl_str_find_str(from, SL_STR("://"));
    if (from.n == 0 || host_at == SIZE_MAX || (server.n != 0 && server.p[0] != '/'))
        return (sl_str){0};
    sl_str origin = sl_str_head(from, sl_str_find(from, '/', host_at + 3));
    return sl_fmt(m->c->a, "%.*s%.*s", SL_STRF(origin), SL_STRF(server));
}

static sl_rc put_upstream(struct import *m)
{
    struct sl_arena *a = m->c->a;
    bool is_given = m->args.upstream.n != 0 || m->args.url.n != 0;
    bool is_inherited =
        sl_tree_text(m->spec, "upstream").n != 0 || sl_tree_text(m->spec, "url").n != 0;
    sl_str url = m->args.url;
    if (!is_given && is_inherited)
        return SL_OK;
    (void)sl_tree_take(m->spec, SL_STR("upstream")); /* the base's, if it had one */
    (void)sl_tree_take(m->spec, SL_STR("url"));
    if (!is_given)
        url = server_url(m);
    if (url.n == 0 && m->args.upstream.n == 0)
        return sl_diag_fail(m->c->d, SL_E_INVALID, "url",
                            "the document names no server with a whole URL; say where the service "
                            "runs: 'upstream' or 'url'");
    if (m->args.upstream.n != 0)
        sl_tree_put_str(a, m->spec, "upstream", m->args.upstream);
    if (url.n != 0)
        sl_tree_put_str(a, m->spec, "url", url);
    return SL_OK;
}

static void put_routes(struct import *m)
{
    struct sl_arena *a = m->c->a;
    (void)sl_tree_take(m->spec, SL_STR("routes")); /* the base's, if it had some */
    (void)sl_tree_take(m->spec, SL_STR("path"));
    if (m->args.routes == ONE_ROUTE)
        sl_tree_put_str(a, m->spec, "path", SL_STR("/*"));
    if (m->args.prefix.n != 0) {
        sl_tree_put_str(a, m->spec, "prefix", m->args.prefix);
        sl_tree_put(m->spec, SL_STR("strip_prefix"), sl_tree_bool(a, true));
    }
    if (m->args.hosts.n == 0)
        return;
    struct sl_node *hosts = sl_tree_list(a);
    for (size_t i = 0; i < m->args.hosts.n; i++)
        sl_tree_push(hosts, sl_tree_str(a, m->args.hosts.v[i]));
    sl_tree_put(m->spec, SL_STR("hosts"), hosts);
}

static void put_validation(struct import *m)
{
    struct sl_arena *a = m->c->a;
    struct sl_node *policies = sl_tree_take(m->spec, SL_STR("policies")),
                   *validate = sl_tree_map(a);
    bool is_there = false;
    if (policies == NULL || policies->kind != SL_NODE_LIST)
        policies = sl_tree_list(a);
    for (const struct sl_node *p = policies->children; p != NULL; p = p->next)
        is_there = is_there || sl_str_eq(sl_tree_text(p, "type"), SL_STR("validate"));
    sl_tree_put_str(a, validate, "type", SL_STR("validate"));
    if (m->args.validate && !is_there)
        sl_tree_push(policies, validate);
    if (policies->child_count != 0)
        sl_tree_put(m->spec, SL_STR("policies"), policies);
}

static void put_catalogue(struct import *m)
{
    struct sl_arena *a = m->c->a;
    sl_str readme = sl_str_head(m->api.description, README_BYTES_MAX);
    readme = sl_str_head(readme, sl_utf8_valid_prefix(readme));
    if (sl_tree_text(m->spec, "title").n == 0 && m->api.title.n != 0)
        sl_tree_put_str(a, m->spec, "title", m->api.title);
    if (sl_tree_text(m->spec, "readme").n == 0 && readme.n != 0)
        sl_tree_put_str(a, m->spec, "readme", readme);
    if (m->args.team.n != 0)
        sl_tree_put_str(a, m->spec, "team", m->args.team);
    if (!m->is_there && m->args.workspace.n + m->base_row.workspace.n != 0)
        sl_tree_put_str(a, m->spec, "workspace",
                        first_of(m->args.workspace, m->base_row.workspace, (sl_str){0}));
}

/* What was described before; the spec has it no more. */
static struct sl_node *take_described(struct import *m)
{
    static const char *const members[] = {"operations", "schemas"};
    struct sl_node *described = sl_tree_map(m->c->a);
    for (size_t i = 0; i < SL_LEN(members); i++) {
        struct sl_node *old = sl_tree_take(m->spec, sl_cstr(members[i]));
        if (old != NULL)
            sl_tree_put(described, sl_cstr(members[i]), old);
    }
    return described;
}

/* What callers of the draft that is there would notice. */
static void compare_with(struct import *m, const struct sl_node *before)
{
    struct sl_apidiff diff;
    sl_apidiff(before, m->spec, m->c->a, &diff);
    m->comparison = sl_apidiff_tree(&diff, m->c->a);
}

static sl_rc complete(struct import *m)
{
    sl_rc rc = put_upstream(m);
    put_routes(m);
    put_catalogue(m);
    put_validation(m);
    const struct sl_node *before = take_described(m);
    sl_tree_put(m->spec, SL_STR("operations"), m->api.operations);
    sl_tree_put(m->spec, SL_STR("schemas"), m->api.schemas);
    if (m->is_there)
        compare_with(m, before);
    sl_tree_put_str(m->c->a, m->spec, "document", m->document);
    return rc;
}

/* ------------------------------------------------------------------ keeping it */

static sl_rc number_document(struct import *m, int64_t *ret)
{
    struct sl_row row;
    sl_rc rc = SL_OK;
    for (*ret = 0; rc == SL_OK && *ret < IMPORTS_MAX;) {
        m->document = sl_fmt(m->c->a, "%.*s:%lld", SL_STRF(m->key), (long long)++*ret);
        rc = sl_row_by_name(m->w.tx, SL_STR("document"), m->document, m->c->a, &row);
    }
    if (rc == SL_OK)
        return sl_diag_fail(m->c->d, SL_E_CONFLICT, "", "it was imported too many times");
    return rc == SL_E_NOTFOUND ? SL_OK : sl_work_fail(&m->w, rc);
}

static struct sl_node *document_spec(struct import *m, int64_t number)
{
    struct sl_arena *a = m->c->a;
    struct sl_node *spec = sl_tree_map(a);
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    sl_strbuf_init(&hex, a, 0);
    sl_sha256_parts(&m->text, 1, digest);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    sl_tree_put_str(a, spec, "service", m->key);
    sl_tree_put(spec, SL_STR("number"), sl_tree_i64(a, number));
    sl_tree_put_str(a, spec, "format", m->api.format);
    if (m->args.document_url.n != 0)
        sl_tree_put_str(a, spec, "source", m->args.document_url);
    sl_tree_put_str(a, spec, "sha256", sl_strbuf_str(&hex));
    sl_tree_put(spec, SL_STR("bytes"), sl_tree_i64(a, (int64_t)m->text.n));
    sl_tree_put(spec, SL_STR("operations"),
                sl_tree_i64(a, (int64_t)m->api.operations->child_count));
    sl_tree_put(spec, SL_STR("warnings"), sl_tree_copy(a, m->api.warnings));
    sl_tree_put_str(a, spec, "text", m->text);
    return spec;
}

/* Who may make the service may make its document: the change of the service has asked. */
static sl_rc insert_document(struct import *m, const struct sl_row *service, int64_t number)
{
    struct sl_ref of = {SL_STR("service"), m->key};
    struct sl_row row = sl_work_row(&m->w, service, SL_STR("document"), m->document,
                                    sl_tree_json(document_spec(m, number), m->c->a));
    sl_rc rc = sl_row_insert(m->w.tx, &row);
    if (rc == SL_OK)
        rc = sl_refs_set(m->w.tx, row.id, &of, 1);
    return sl_work_fail(&m->w, rc);
}

static sl_rc make(struct import *m, struct sl_change *made)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("service"));
    int64_t number = 0;
    sl_rc rc = begin_with_base(m);
    if (rc == SL_OK)
        rc = name_it(m);
    if (rc == SL_OK)
        rc = begin_with_draft(m);
    if (rc == SL_OK)
        rc = number_document(m, &number);
    if (rc == SL_OK)
        rc = complete(m);
    if (rc != SL_OK)
        return rc;
    rc = m->is_there ? sl_change_replace(&m->w, type, &m->row, m->spec, made)
                     : sl_change_create(&m->w, type, m->spec, made);
    return rc == SL_OK ? insert_document(m, &made->row, number) : rc;
}

/* ------------------------------------------------------------------ the call */

static void answer(struct import *m, const struct sl_change *made)
{
    struct sl_arena *a = m->c->a;
    struct sl_node *body = sl_tree_map(a), *service = NULL;
    sl_rc rc = sl_change_render(&m->w, made->type, &made->row, NULL, &service);
    if (rc != SL_OK) {
        sl_call_fail(m->c, rc, NULL);
        return;
    }
    sl_tree_put_str(a, body, "service", m->key);
    sl_tree_put_str(a, body, "document", m->document);
    sl_tree_put_str(a, body, "format", m->api.format);
    sl_tree_put(body, SL_STR("operations"),
                sl_tree_i64(a, (int64_t)m->api.operations->child_count));
    sl_tree_put(body, SL_STR("schemas"), sl_tree_i64(a, (int64_t)m->api.schemas->child_count));
    sl_tree_put(body, SL_STR("is_new"), sl_tree_bool(a, !m->is_there));
    sl_tree_put(body, SL_STR("warnings"), sl_tree_copy(a, m->api.warnings));
    if (m->comparison != NULL)
        sl_tree_put(body, SL_STR("comparison"), m->comparison);
    sl_tree_put(body, SL_STR("resource"), service);
    sl_call_tree(m->c, 200, body);
}

void sl_api_import(struct sl_call *c)
{
    struct import *m = sl_arena_new_of(c->a, struct import);
    struct sl_change made;
    struct sl_node *body;
    m->c = c;
    if (!sl_call_body(c, false, &body))
        return;
    sl_rc rc = sl_field_read(sl_api_import_fields, &m->args, body, SL_STR(""), c->a, c->d);
    if (rc == SL_OK)
        rc = read_document(m);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    if (!sl_call_write(c, &m->w))
        return;
    if (sl_call_settle(c, &m->w, make(m, &made)))
        answer(m, &made);
}
