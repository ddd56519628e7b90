/*
 * The catalogue of the portal: what was published of services, for those who may find them.
 */
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/json.h"
#include "codec/markdown.h"
#include "control/apidoc.h"
#include "control/api_portal_int.h"
#include "snapshot/registry.h"

enum {
    LIMIT_DEFAULT = 50,
    LIMIT_MAX = 200,
    BATCH = 100,
    FOUND_MAX = 5,
    LOOKED_MAX =
        1000, /* rows for one answer: one that does not get its fill goes on with a cursor */
    LOOKED_BYTES_MAX = SL_MIB(16), /* of releases that are read for it */
    ENTRY_BYTES = SL_MIB(160),     /* of memory for what was published of one service ... */
    MADE_BYTES = SL_MIB(8)         /* ... and of those for what is made of it */
};

const char sl_portal_list_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\"}},\"next_cursor\":{\"type\":\"string\"}}}";

/* ------------------------------------------------------------------ who may find what */

static bool has_scope(const struct sl_actor *actor)
{
    for (size_t i = 0; actor->has_scopes && i < actor->scopes.n; i++) {
        if (sl_permission_matches(actor->scopes.v[i], SL_STR("portal:use")))
            return true;
    }
    return !actor->has_scopes;
}

bool sl_portal_admit(struct sl_call *c)
{
    const char *why = NULL;
    if (c->actor.user.n == 0)
        why = "the portal is for users; the operator's socket has /api/v1/consumers";
    else if (!has_scope(&c->actor))
        why = "this needs the permission portal:use";
    if (why != NULL)
        sl_call_fail(c, SL_E_DENIED, why);
    return why == NULL;
}

bool sl_portal_is_in_team(const struct sl_actor *actor, const struct sl_row *row)
{
    for (size_t i = 0; i < actor->grant_count && row->team.n != 0; i++) {
        const struct sl_grant *g = &actor->grants[i];
        bool is_near = g->workspace.n == 0 || sl_str_eq(g->workspace, row->workspace);
        for (size_t k = 0; g->is_of_team && is_near && k < g->teams.n; k++) {
            if (sl_str_eq(g->teams.v[k], row->team))
                return true;
        }
    }
    return false;
}

/* By a grant in it, or one that holds everywhere. */
static bool is_member(const struct sl_actor *actor, sl_str workspace)
{
    for (size_t i = 0; i < actor->grant_count; i++) {
        const struct sl_grant *g = &actor->grants[i];
        if (sl_str_eq(g->workspace, workspace) || (g->workspace.n == 0 && !g->is_of_team))
            return true;
    }
    return false;
}

static sl_rc read_workspace(struct sl_work *w, sl_str name, struct sl_node **ret)
{
    struct sl_row row;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("workspace"), name, w->a, &row);
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret) : rc;
}

static bool is_open_to_guests(struct sl_work *w, sl_str workspace)
{
    struct sl_node *spec = NULL;
    return !sl_portal_is_for_members_only(w) && read_workspace(w, workspace, &spec) == SL_OK &&
           sl_tree_is_true(spec, "portal_is_public");
}

bool sl_portal_may_find(struct sl_call *c, struct sl_work *w, const struct sl_row *row,
                        const struct sl_node *config)
{
    const struct sl_actor *actor = &c->actor;
    sl_str visibility = sl_tree_text(config, "visibility");
    bool is_public = sl_str_eq(visibility, SL_STR("public"));
    if (actor->name.n == 0)
        return is_public && is_open_to_guests(w, row->workspace);
    if (!has_scope(actor))
        return false;
    return is_public ||
           (sl_str_eq(visibility, SL_STR("workspace")) && is_member(actor, row->workspace)) ||
           sl_portal_is_in_team(actor, row) ||
           sl_actor_may(actor, SL_STR("services:read"), row->workspace, row->team);
}

/* ------------------------------------------------------------------ what was published */

static int64_t number_of(const struct sl_node *map, const char *name)
{
    int64_t v = 0;
    const struct sl_node *n = sl_node_get(map, sl_cstr(name));
    return n != NULL && sl_num_i64(n->text, &v) ? v : 0;
}

static sl_rc find_release(struct sl_work *w, sl_str service, int64_t number, struct sl_row *ret)
{
    sl_str name = sl_fmt(w->a, "%.*s:%lld", SL_STRF(service), (long long)number);
    return sl_row_by_name(w->tx, SL_STR("release"), name, w->a, ret);
}

/* The release that traffic sees; SL_E_NOTFOUND: none. */
static sl_rc find_live_release(struct sl_work *w, const struct sl_row *row, struct sl_row *ret)
{
    struct sl_node *status = NULL;
    sl_rc rc = sl_change_parse(w, row->status, &status);
    int64_t live = rc == SL_OK ? number_of(status, "live_release") : 0;
    if (rc != SL_OK)
        return rc;
    return live != 0 ? find_release(w, row->name, live, ret) : SL_E_NOTFOUND;
}

/* All of it, which may take much memory. */
static sl_rc read_config(struct sl_work *w, const struct sl_row *release_row,
                         const struct sl_node **ret)
{
    const struct sl_node *release = NULL;
    sl_rc rc = sl_json_to_node(release_row->spec, SL_STR(""), w->a, w->d, &release);
    const struct sl_node *config = rc == SL_OK ? sl_node_get(release, SL_STR("config")) : NULL;
    if (config == NULL)
        return rc != SL_OK ? rc : SL_E_NOTFOUND;
    *ret = config;
    return SL_OK;
}

static sl_rc read_published(struct sl_work *w, const struct sl_row *row, const struct sl_node **ret)
{
    struct sl_row release_row;
    sl_rc rc = find_live_release(w, row, &release_row);
    return rc == SL_OK ? read_config(w, &release_row, ret) : rc;
}

/* An object of those of its members that are named. */
static sl_rc pick(const struct sl_json *v, const char *const *members, struct sl_arena *a,
                  sl_str *ret)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    for (; *members != NULL; members++) {
        const struct sl_json *member = sl_json_of(v, *members);
        if (member == NULL)
            continue;
        sl_jsonw_key(&w, sl_cstr(*members));
        sl_json_write(member, &w);
    }
    sl_jsonw_end(&w);
    *ret = sl_strbuf_str(&b);
    return b.is_full ? SL_E_LIMIT : SL_OK;
}

static sl_rc read_json(sl_str text, struct sl_arena *a, const struct sl_json **ret)
{
    struct sl_jsonscan_info info;
    return sl_json_parse(text, a, ret, &info);
}

/* Of it what is named, which costs no more memory than its text. */
static sl_rc read_some(struct sl_work *w, const struct sl_row *release_row,
                       const char *const *members, const struct sl_node **ret)
{
    const struct sl_json *release = NULL;
    sl_str some = SL_STR("");
    sl_rc rc = read_json(release_row->spec, w->a, &release);
    const struct sl_json *config = rc == SL_OK ? sl_json_of(release, "config") : NULL;
    if (rc == SL_OK && config == NULL)
        rc = SL_E_NOTFOUND;
    if (rc == SL_OK)
        rc = pick(config, members, w->a, &some);
    return rc == SL_OK ? sl_json_to_node(some, SL_STR(""), w->a, w->d, ret) : rc;
}

sl_rc sl_portal_find_service(struct sl_call *c, struct sl_work *w, sl_str key, struct sl_row *ret,
                             const struct sl_node **ret_config)
{
    sl_arena_keep(w->a, sl_arena_left(w->a) / 2);
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("service"), key, w->a, ret);
    if (rc == SL_OK)
        rc = read_published(w, ret, ret_config);
    if (rc == SL_OK && !sl_portal_may_find(c, w, ret, *ret_config))
        rc = SL_E_NOTFOUND;
    return rc;
}

/* ------------------------------------------------------------------ the list */

const struct sl_api_parameter sl_portal_service_parameters[] = {
    {"q", "{\"type\":\"string\"}",
     "Only those with all of these words, eight at most, in name, title, summary, domain and tags, or in one "
     "operation: its id, method, path, summary, description and tags."},
    {"kind", "{\"type\":\"string\"}", "Only of this kind."},
    {"domain", "{\"type\":\"string\"}", "Only of this domain."},
    {"tag", "{\"type\":\"string\"}", "Only those with this tag."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"default\":50}",
     "How many at most; there may be fewer, and more behind them, while there is a `next_cursor`."},
    {"cursor", "{\"type\":\"string\"}", "The `next_cursor` of the page before."},
    {NULL, NULL, NULL},
};

static bool list_has(const struct sl_node *list, sl_str text)
{
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        if (sl_str_eq(n->text, text))
            return true;
    }
    return false;
}

struct search {
    struct sl_call *c;
    struct sl_work w;
    sl_str q, kind, domain, tag;
    struct sl_portal_words words;
    size_t limit;
    struct sl_tree_tail items;
    size_t n, looked, bytes; /* that are told; that were looked at; of what was read for it */
    sl_str last;             /* name of the last row that was looked at */
    bool has_more;
};

static bool is_of_kind(const struct search *s, const struct sl_node *config)
{
    sl_str kind = sl_tree_text(config, "kind");
    return (s->kind.n == 0 || sl_str_eq(kind.n != 0 ? kind : SL_STR("rest"), s->kind)) &&
           (s->domain.n == 0 || sl_str_eq(sl_tree_text(config, "domain"), s->domain)) &&
           (s->tag.n == 0 || list_has(sl_node_get(config, SL_STR("tags")), s->tag));
}

static sl_str base_path(struct sl_arena *a, sl_str prefix)
{
    sl_str slash = SL_STR("/");
    return prefix.n > 1 && prefix.p[prefix.n - 1] == '/'
               ? sl_arena_dup(a, sl_str_head(prefix, prefix.n - 1))
               : (sl_str_eq(prefix, slash) ? SL_STR("") : prefix);
}

static void put_found(struct sl_arena *a, struct sl_tree_tail *found, const struct sl_node *op)
{
    static const char *const told[] = {"id", "method", "path", "summary", "deprecated", NULL};
    struct sl_node *one = sl_tree_map(a);
    sl_portal_copy(a, one, op, told);
    sl_tree_add(found, one);
}

/* Is it looked for? `item` gets those of its operations that are, and how many there are. */
static bool is_found(struct search *s, const struct sl_node *config, struct sl_node *item,
                     struct sl_arena *a)
{
    if (s->q.n == 0)
        return true;
    bool is_whole = sl_portal_words_are_in(&s->words, config, SL_STR(""), SL_STR(""));
    struct sl_tree_tail found = sl_tree_tail(a);
    int64_t n = 0;
    const struct sl_node *list = sl_node_get(config, SL_STR("operations"));
    sl_str prefix = base_path(a, sl_tree_text(config, "prefix"));
    for (const struct sl_node *op = list != NULL ? list->children : NULL; op != NULL;
         op = op->next) {
        if (!sl_portal_words_are_in(&s->words, op, prefix, sl_tree_text(op, "path")))
            continue;
        if (n++ < FOUND_MAX)
            put_found(a, &found, op);
    }
    if (n > 0) {
        sl_tree_put(item, SL_STR("operations"), found.list);
        sl_tree_put(item, SL_STR("operation_count"), sl_tree_i64(a, n));
    }
    return is_whole || n > 0;
}

void sl_portal_copy(struct sl_arena *a, struct sl_node *to, const struct sl_node *from,
                    const char *const *members)
{
    for (; *members != NULL; members++) {
        const struct sl_node *n = sl_node_get(from, sl_cstr(*members));
        if (n == NULL)
            continue;
        struct sl_node *member = sl_arena_new_of(a, struct sl_node);
        *member = *n;
        member->hash = 0;
        sl_tree_put(to, sl_cstr(*members), member);
    }
}

/* What is told of a service of what was published. */
#define DESCRIBED \
    "name", "version", "kind", "title", "summary", "domain", "tags", "logo", "visibility"

/* What people are told of a service: never where it runs or how it is protected. */
static struct sl_node *describe(struct sl_work *w, const struct sl_row *row,
                                const struct sl_node *config)
{
    static const char *const told[] = {DESCRIBED, NULL};
    static const char *const of_status[] = {"lifecycle", "deprecated_at", "sunset_at",
                                            "successor", "documentation", NULL};
    struct sl_node *n = sl_tree_map(w->a), *status = NULL;
    sl_tree_put_str(w->a, n, "key", row->name);
    sl_tree_put_str(w->a, n, "workspace", row->workspace);
    sl_portal_copy(w->a, n, config, told);
    if (sl_change_parse(w, row->status, &status) == SL_OK)
        sl_portal_copy(w->a, n, status, of_status);
    return n;
}

/* Whoever has its address, or a subscription, still reads of it. */
static bool is_retired(const struct sl_node *described)
{
    return sl_str_eq(sl_tree_text(described, "lifecycle"), SL_STR("retired"));
}

struct sl_node *sl_portal_keep(struct sl_work *w, const struct sl_node *n, struct sl_arena *from)
{
    struct sl_node *kept = NULL;
    sl_str json = sl_arena_try_dup(w->a, sl_tree_json(n, from));
    return json.p != NULL && sl_change_parse(w, json, &kept) == SL_OK ? kept : NULL;
}

/* Memory for one of many, which are forgotten again; what was published of it may be long. */
static struct sl_work work_for_one(const struct sl_work *w)
{
    struct sl_work one = *w;
    one.a = sl_arena_new("service of the portal", ENTRY_BYTES);
    one.d = sl_arena_new_of(one.a, struct sl_diag);
    sl_diag_init(one.d, one.a);
    sl_arena_keep(one.a, MADE_BYTES);
    return one;
}

static void log_left_out(const struct sl_call *c, sl_str service, sl_rc rc)
{
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        sl_log(c->control->config.log, WARN, "service left out of the portal",
               SL_KV_STR("service", service), SL_KV_ERR("reason", rc));
}

/* All of it only where operations are looked into. */
static sl_rc read_searched(struct search *s, struct sl_work *w, const struct sl_row *row,
                           const struct sl_node **ret)
{
    static const char *const brief[] = {DESCRIBED, NULL};
    struct sl_row release_row;
    sl_rc rc = find_live_release(w, row, &release_row);
    if (rc != SL_OK)
        return rc;
    s->bytes += release_row.spec.n;
    return s->q.n != 0 ? read_config(w, &release_row, ret) : read_some(w, &release_row, brief, ret);
}

static void add_item(struct search *s, const struct sl_row *row, const struct sl_node *item,
                     struct sl_arena *from)
{
    if (s->n == s->limit) {
        s->has_more = true;
        return;
    }
    struct sl_node *kept = sl_portal_keep(&s->w, item, from);
    s->n++;
    if (kept != NULL)
        sl_tree_add(&s->items, kept);
    else
        log_left_out(s->c, row->name, SL_E_LIMIT);
}

static void consider(struct search *s, const struct sl_row *row)
{
    struct sl_work w = work_for_one(&s->w);
    const struct sl_node *config = NULL;
    sl_rc rc = read_searched(s, &w, row, &config);
    log_left_out(s->c, row->name, rc);
    if (rc == SL_OK && sl_portal_may_find(s->c, &w, row, config) && is_of_kind(s, config)) {
        struct sl_node *item = describe(&w, row, config);
        if (!is_retired(item) && is_found(s, config, item, w.a))
            add_item(s, row, item, w.a);
    }
    sl_arena_free(w.a);
}

static void look_at(struct search *s, const struct sl_row *row)
{
    s->has_more = s->looked >= LOOKED_MAX || s->bytes >= LOOKED_BYTES_MAX;
    if (s->has_more)
        return;
    consider(s, row);
    s->looked++;
    if (!s->has_more)
        s->last = sl_arena_dup(s->c->a, row->name);
}

struct batch {
    struct sl_arena *a;
    struct sl_row rows[BATCH];
    size_t n;
    bool is_full; /* the rows are too large to be looked at */
};

static bool collect(const struct sl_row *row, void *arg)
{
    struct batch *b = arg;
    struct sl_row *copy = &b->rows[b->n];
    *copy = (struct sl_row){.name = sl_arena_try_dup(b->a, row->name),
                            .workspace = sl_arena_try_dup(b->a, row->workspace),
                            .team = sl_arena_try_dup(b->a, row->team),
                            .status = sl_arena_try_dup(b->a, row->status)};
    b->is_full = copy->name.p == NULL || copy->workspace.p == NULL || copy->team.p == NULL ||
                 copy->status.p == NULL;
    return !b->is_full && ++b->n < BATCH;
}

/* Rows are collected first: what they refer to is read beside no other query. */
static sl_rc scan(struct search *s, sl_str after)
{
    struct sl_row_query query = {
        .kind = SL_STR("service"), .has_after = after.n != 0, .after_text = after};
    sl_rc rc = SL_OK;
    for (bool is_last = false; rc == SL_OK && !is_last && !s->has_more;) {
        struct sl_arena *a = sl_arena_new("catalogue", SL_MIB(256));
        struct batch *b = sl_arena_new_of(a, struct batch);
        b->a = a;
        rc = sl_work_fail(&s->w, sl_rows_each(s->w.tx, &query, collect, b));
        if (rc == SL_OK && b->is_full)
            rc = SL_E_LIMIT;
        for (size_t i = 0; rc == SL_OK && i < b->n && !s->has_more; i++)
            look_at(s, &b->rows[i]);
        is_last = b->n < BATCH;
        if (!is_last)
            query.after_text = sl_arena_dup(s->c->a, b->rows[BATCH - 1].name);
        query.has_after = true;
        sl_arena_free(a);
    }
    return rc;
}

/* Each is looked for in each operation that there is. False when it was answered. */
static bool read_words(struct search *s)
{
    struct sl_arena *a = s->c->a;
    if (s->q.n > SL_PORTAL_Q_BYTES_MAX)
        return sl_call_refuse(s->c, "q",
                              sl_fmt(a, "must have at most %d bytes", SL_PORTAL_Q_BYTES_MAX).p);
    if (!sl_portal_words_init(&s->words, s->q, a))
        return sl_call_refuse(s->c, "q",
                              sl_fmt(a, "must have at most %d words", SL_PORTAL_WORDS_MAX).p);
    return true;
}

void sl_portal_services(struct sl_call *c)
{
    struct search s = {.c = c,
                       .q = sl_call_query(c, "q"),
                       .kind = sl_call_query(c, "kind"),
                       .domain = sl_call_query(c, "domain"),
                       .tag = sl_call_query(c, "tag"),
                       .items = sl_tree_tail(c->a)};
    if (!sl_call_check_query(c, sl_portal_service_parameters) ||
        !sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &s.limit))
        return;
    if (!read_words(&s) || !sl_call_read(c, &s.w))
        return;
    sl_rc rc = scan(&s, sl_call_query(c, "cursor"));
    sl_portal_words_fini(&s.words);
    sl_tx_rollback(s.w.tx);
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put(body, SL_STR("items"), s.items.list);
    if (s.has_more)
        sl_tree_put_str(c->a, body, "next_cursor", s.last);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, NULL);
}

/* ------------------------------------------------------------------ plans */

static bool is_near(const struct sl_row *plan, sl_str workspace)
{
    return sl_str_eq(plan->workspace, workspace) || sl_str_eq(plan->workspace, SL_STR("default"));
}

sl_rc sl_portal_check_plan(struct sl_work *w, sl_str plan, sl_str workspace)
{
    struct sl_row row;
    struct sl_node *spec = NULL;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("plan"), plan, w->a, &row);
    if (rc == SL_OK)
        rc = sl_change_parse(w, row.spec, &spec);
    if (rc == SL_OK && (!sl_tree_is_true(spec, "offered") || !is_near(&row, workspace)))
        rc = SL_E_NOTFOUND;
    return rc;
}

struct offers {
    struct sl_work *w;
    sl_str workspace;
    struct sl_tree_tail list;
};

static void put_borrowed(struct sl_arena *a, struct sl_tree_tail *list, const struct sl_node *n)
{
    struct sl_node *one = sl_arena_new_of(a, struct sl_node);
    *one = *n;
    one->hash = 0;
    sl_tree_add(list, one);
}

/* Of its policies those that are limits. */
static struct sl_node *limits_of(struct sl_work *w, const struct sl_node *spec)
{
    struct sl_tree_tail limits = sl_tree_tail(w->a);
    const struct sl_node *list = sl_node_get(spec, SL_STR("policies"));
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        const struct sl_policy_type *type =
            sl_policy_type_find(w->control->config.policies, sl_tree_text(n, "type"));
        if (type != NULL && type->count != NULL)
            put_borrowed(w->a, &limits, n);
    }
    return limits.list;
}

static bool add_offer(const struct sl_row *row, void *arg)
{
    static const char *const told[] = {"name", "title", "description", "approval", NULL};
    struct offers *o = arg;
    struct sl_node *spec = NULL, *n = sl_tree_map(o->w->a);
    sl_str text = sl_arena_try_dup(o->w->a, row->spec);
    if (!is_near(row, o->workspace) || text.p == NULL ||
        sl_change_parse(o->w, text, &spec) != SL_OK || !sl_tree_is_true(spec, "offered"))
        return true;
    sl_portal_copy(o->w->a, n, spec, told);
    sl_tree_put(n, SL_STR("limits"), limits_of(o->w, spec));
    sl_tree_add(&o->list, n);
    return true;
}

static sl_rc put_plans(struct sl_work *w, struct sl_node *body, sl_str workspace)
{
    struct offers o = {.w = w, .workspace = workspace, .list = sl_tree_tail(w->a)};
    struct sl_row_query query = {.kind = SL_STR("plan")};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, add_offer, &o));
    sl_tree_put(body, SL_STR("plans"), o.list.list);
    return rc;
}

/* ------------------------------------------------------------------ one service */

static sl_rc put_readme(struct sl_call *c, struct sl_node *body, const struct sl_node *config)
{
    sl_str html, text = sl_tree_text(config, "readme");
    sl_rc rc = sl_markdown_html(text.p != NULL ? text : SL_STR(""), c->a, &html);
    if (rc == SL_OK)
        sl_tree_put_str(c->a, body, "readme_html", html);
    return rc;
}

static void put_operations(struct sl_work *w, struct sl_node *body, const struct sl_node *config)
{
    static const char *const told[] = {"id",   "method",     "path",       "summary", "description",
                                       "tags", "deprecated", "parameters", NULL};
    struct sl_tree_tail tail = sl_tree_tail(w->a);
    const struct sl_node *list = sl_node_get(config, SL_STR("operations"));
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        struct sl_node *one = sl_tree_map(w->a);
        sl_portal_copy(w->a, one, n, told);
        sl_tree_add(&tail, one);
    }
    sl_tree_put(body, SL_STR("operations"), tail.list);
}

static void spend(struct sl_portal_budget *budget, size_t bytes)
{
    budget->releases -= SL_MIN(1, budget->releases);
    budget->bytes -= SL_MIN(bytes, budget->bytes);
}

static bool is_left(const struct sl_portal_budget *budget)
{
    return budget->releases != 0 && budget->bytes != 0;
}

struct versions {
    struct sl_arena *a;
    sl_str name;
    sl_str keys[LIMIT_MAX];
    size_t n;
};

static bool note_version(const struct sl_row *row, void *arg)
{
    struct versions *v = arg;
    sl_str name = sl_str_head(row->name, sl_str_find(row->name, '@', 0));
    if (!sl_str_eq(name, v->name))
        return sl_str_cmp(row->name, v->name) < 0 || sl_str_starts(row->name, v->name);
    v->keys[v->n++] = sl_arena_dup(v->a, row->name);
    return v->n < LIMIT_MAX;
}

/* What of a version decides who finds it is in its release, but no more of that is read than is told. */
static sl_rc find_brief(struct sl_call *c, struct sl_work *w, sl_str key, struct sl_row *row,
                        const struct sl_node **ret_config, size_t *ret_bytes)
{
    static const char *const members[] = {DESCRIBED, NULL};
    struct sl_row release_row;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("service"), key, w->a, row);
    if (rc == SL_OK)
        rc = find_live_release(w, row, &release_row);
    if (rc != SL_OK)
        return rc;
    *ret_bytes = release_row.spec.n;
    rc = read_some(w, &release_row, members, ret_config);
    if (rc == SL_OK && !sl_portal_may_find(c, w, row, *ret_config))
        rc = SL_E_NOTFOUND;
    return rc;
}

static sl_rc read_version(struct sl_call *c, struct sl_work *w, sl_str key,
                          struct sl_portal_budget *budget, struct sl_node **ret)
{
    struct sl_row row;
    const struct sl_node *config = NULL;
    size_t bytes = 0;
    sl_rc rc = find_brief(c, w, key, &row, &config, &bytes);
    if (bytes != 0)
        spend(budget, bytes);
    if (rc == SL_OK)
        *ret = describe(w, &row, config);
    return rc;
}

sl_rc sl_portal_find_brief(struct sl_call *c, struct sl_work *w, sl_str key, struct sl_row *ret)
{
    struct sl_work one = work_for_one(w);
    struct sl_row row;
    const struct sl_node *config = NULL;
    size_t bytes;
    sl_rc rc = find_brief(c, &one, key, &row, &config, &bytes);
    if (rc == SL_OK)
        *ret = (struct sl_row){.name = sl_arena_dup(w->a, row.name),
                               .workspace = sl_arena_dup(w->a, row.workspace),
                               .team = sl_arena_dup(w->a, row.team)};
    sl_arena_free(one.a);
    return rc;
}

static void add_version(struct sl_call *c, struct sl_work *w, struct sl_tree_tail *tail, sl_str key,
                        struct sl_portal_budget *budget)
{
    struct sl_work one = work_for_one(w);
    struct sl_node *described = NULL;
    sl_rc rc = read_version(c, &one, key, budget, &described);
    struct sl_node *kept = rc == SL_OK ? sl_portal_keep(w, described, one.a) : NULL;
    if (kept != NULL)
        sl_tree_add(tail, kept);
    else
        log_left_out(c, key, rc != SL_OK ? rc : SL_E_LIMIT);
    sl_arena_free(one.a);
}

/* Names with the same beginning stand together. */
sl_rc sl_portal_put_versions(struct sl_call *c, struct sl_work *w, struct sl_node *body, sl_str key,
                             struct sl_portal_budget *budget)
{
    struct sl_tree_tail tail = sl_tree_tail(w->a);
    struct versions *v = sl_arena_new_of(w->a, struct versions);
    v->a = w->a;
    v->name = sl_str_head(key, sl_str_find(key, '@', 0));
    sl_str before =
        sl_str_head(v->name, v->name.n - 1); /* the name itself is the first behind it */
    struct sl_row_query query = {
        .kind = SL_STR("service"), .has_after = true, .after_text = before};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, note_version, v));
    for (size_t i = 0; i < v->n && rc == SL_OK; i++) {
        if (is_left(budget))
            add_version(c, w, &tail, v->keys[i], budget);
    }
    sl_tree_put(body, SL_STR("versions"), tail.list);
    return rc;
}

/* Where the gateway is reached: as the workspace says, else this node. */
static sl_str gateway_url(struct sl_call *c, struct sl_work *w, sl_str workspace)
{
    const struct sl_control_config *config = &c->control->config;
    struct sl_node *spec = NULL;
    sl_str address, url = {0};
    bool is_tls = false;
    if (read_workspace(w, workspace, &spec) == SL_OK)
        url = sl_tree_text(spec, "gateway_url");
    if (url.n != 0)
        return url;
    bool is_there = config->ops != NULL && config->ops->data_plane != NULL &&
                    config->ops->data_plane(config->ctx, w->a, &address, &is_tls) == SL_OK;
    return is_there ? sl_fmt(w->a, "%s://%.*s", is_tls ? "https" : "http", SL_STRF(address))
                    : SL_STR("");
}

static void answer(struct sl_call *c, struct sl_work *w, sl_rc rc, const struct sl_node *body)
{
    sl_tx_rollback(w->tx);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such service" : NULL);
}

void sl_portal_service(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *body = NULL;
    const struct sl_node *config = NULL;
    struct sl_portal_budget budget = SL_PORTAL_BUDGET;
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_portal_find_service(c, &w, c->key, &row, &config);
    if (rc == SL_OK) {
        body = describe(&w, &row, config);
        sl_tree_put_str(c->a, body, "url", gateway_url(c, &w, row.workspace));
        sl_tree_put_str(c->a, body, "prefix", sl_tree_text(config, "prefix"));
        sl_portal_copy(c->a, body, config, (const char *const[]){"hosts", NULL});
        sl_tree_put(body, SL_STR("has_openapi"),
                    sl_tree_bool(c->a, sl_tree_text(config, "document").n != 0 ||
                                           sl_portal_is_of_prompts(config)));
        put_operations(&w, body, config);
        sl_portal_put_proofs(c, body, row.name);
        rc = put_readme(c, body, config);
    }
    if (rc == SL_OK)
        rc = put_plans(&w, body, row.workspace);
    if (rc == SL_OK)
        rc = sl_portal_put_changes(c, &w, body, &row);
    if (rc == SL_OK)
        rc = sl_portal_put_versions(c, &w, body, row.name, &budget);
    answer(c, &w, rc, body);
}

/* ------------------------------------------------------------------ the document */

/* A copy of a tree whose own members may be put; what is below them is borrowed. */
struct sl_node *sl_portal_top(struct sl_arena *a, const struct sl_node *tree)
{
    struct sl_node *top = sl_tree_map(a);
    struct sl_tree_tail members = {.list = top, .end = &top->children};
    for (const struct sl_node *n = tree->children; n != NULL; n = n->next)
        put_borrowed(a, &members, n);
    return top;
}

/* OpenAPI 3 names servers, version 2.0 scheme, host and path each. */
static void put_server(struct sl_arena *a, struct sl_node *document, sl_str url, sl_str path)
{
    if (sl_node_get(document, SL_STR("swagger")) == NULL) {
        struct sl_node *server = sl_tree_map(a), *list = sl_tree_list(a);
        sl_tree_put_str(a, server, "url", sl_fmt(a, "%.*s%.*s", SL_STRF(url), SL_STRF(path)));
        sl_tree_push(list, server);
        sl_tree_put(document, SL_STR("servers"), list);
        return;
    }
    size_t at = sl_str_find_str(url, SL_STR("://"));
    struct sl_node *schemes = sl_tree_list(a);
    sl_tree_push(schemes, sl_tree_str(a, at != SIZE_MAX ? sl_str_head(url, at) : SL_STR("http")));
    sl_tree_put(document, SL_STR("schemes"), schemes);
    sl_tree_put_str(a, document, "host", at != SIZE_MAX ? sl_str_from(url, at + 3) : url);
    sl_tree_put_str(a, document, "basePath", path.n != 0 ? path : SL_STR("/"));
}

static sl_rc read_document(struct sl_call *c, struct sl_work *w, sl_str key, struct sl_node **ret)
{
    struct sl_row row;
    struct sl_node *spec = NULL;
    const struct sl_node *tree = NULL;
    if (key.n == 0)
        return SL_E_NOTFOUND;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("document"), key, w->a, &row);
    if (rc == SL_OK)
        rc = sl_change_parse(w, row.spec, &spec);
    if (rc == SL_OK)
        rc = sl_apidoc_parse(sl_tree_text(spec, "text"), c->a, c->d, &tree);
    if (rc == SL_OK)
        *ret = sl_portal_top(c->a, tree);
    return rc;
}

void sl_portal_openapi(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    const struct sl_node *config = NULL;
    struct sl_node *document = NULL;
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_portal_find_service(c, &w, c->key, &row, &config);
    bool is_made = rc == SL_OK && sl_portal_is_of_prompts(config);
    if (is_made)
        rc = sl_portal_prompts_document(c, row.name, &document);
    else if (rc == SL_OK)
        rc = read_document(c, &w, sl_tree_text(config, "document"), &document);
    if (rc == SL_OK)
        put_server(c->a, document, gateway_url(c, &w, row.workspace),
                   is_made ? SL_STR("") : base_path(c->a, sl_tree_text(config, "prefix")));
    answer(c, &w, rc, document);
}
