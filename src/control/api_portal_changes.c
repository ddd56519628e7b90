/*
 * What was new for callers, of one service or of all that somebody may find: the rows of kind "news" that services
 * leave behind when a release goes live. Each is told to who would find the service as it was published then, and
 * finds it now. Rows are small: of what was published nothing is read.
 */
#include "base/enc.h"
#include "base/fmt.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "control/api_portal_int.h"
#include "control/api_window.h"

#define NEWS SL_STR("news")

enum {
    LIMIT_DEFAULT = 20,
    LIMIT_MAX = 100,
    OF_SERVICE_MAX = 20, /* that a service's own answer has */
    BATCH = 50,
    LOOKED_MAX =
        500, /* rows for one answer: one that does not get its fill goes on with a cursor */
    SUBJECTS_MAX = 200,
    LOOKED_BYTES_MAX = SL_MIB(64), /* of services that are looked up, with their drafts */
    BATCH_BYTES = SL_MIB(128),
    SERVICE_BYTES = SL_MIB(160)
};

const char sl_portal_changes_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\",\"required\":[\"id\",\"service\",\"number\",\"at\",\"is_first\"],"
    "\"properties\":{\"id\":{\"type\":\"string\"},\"service\":{\"type\":\"string\"},"
    "\"title\":{\"type\":\"string\"},\"is_subscribed\":{\"type\":\"boolean\"},"
    "\"number\":{\"type\":\"integer\"},\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"reason\":{\"type\":\"string\"},\"is_first\":{\"type\":\"boolean\"},"
    "\"prefix\":{\"type\":\"object\"},\"counts\":{\"type\":\"object\"},\"is_cut\":{\"type\":\"boolean\"},"
    "\"operations\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}},"
    "\"next_cursor\":{\"type\":\"string\"}}}";

#define PAGE                                                                         \
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20}", \
     "How many at most."},                                                           \
    {                                                                                \
        "cursor", "{\"type\":\"string\"}", "The `next_cursor` of the page before."   \
    }

const struct sl_api_parameter sl_portal_service_changes_parameters[] = {PAGE, {NULL, NULL, NULL}};

const struct sl_api_parameter sl_portal_changes_parameters[] = {
    {"since", "{\"type\":\"string\"}",
     "Only what is newer: a time (RFC 3339), or how long ago (`7d`)."},
    {"subscribed", "{\"type\":\"boolean\"}", "Only of services that one's applications have."},
    PAGE,
    {NULL, NULL, NULL}};

/* ------------------------------------------------------------------ whose it is */

/* A service that news are of, looked up once for an answer. */
struct subject {
    sl_str key;
    struct sl_row row; /* of it who may find it: workspace and team */
    bool is_told;
    struct subject *next;
};

struct listing {
    struct sl_call *c;
    struct sl_work w;
    struct sl_row_query query;
    const struct sl_node *subscribed; /* names */
    bool only_subscribed;
    const struct sl_row *only; /* of this service, which was found; NULL: of all */
    struct subject *subjects;
    size_t subject_count, bytes; /* that were looked up */
    size_t limit, n, looked;
    struct sl_tree_tail items;
    sl_str last; /* the cursor of the next page */
    bool has_more;
};

static bool has_text(const struct sl_node *list, sl_str text)
{
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        if (sl_str_eq(n->text, text))
            return true;
    }
    return false;
}

static bool is_subscribed(const struct listing *l, sl_str key)
{
    return has_text(l->subscribed, sl_str_head(key, sl_str_find(key, '@', 0)));
}

static bool is_number(const struct sl_node *map, const char *name, const struct sl_node *other)
{
    const struct sl_node *n = sl_node_get(map, sl_cstr(name));
    return n != NULL && other != NULL && sl_str_eq(n->text, other->text);
}

struct newest {
    struct sl_arena *a;
    sl_str spec;
};

static bool take_newest(const struct sl_row *row, void *arg)
{
    struct newest *n = arg;
    n->spec = sl_arena_try_dup(n->a, row->spec);
    return false;
}

/* What went live last is what is live, unless it was taken offline: it says who may find the service now. */
static sl_rc read_newest(struct sl_work *w, sl_str key, struct sl_node **ret)
{
    struct newest n = {.a = w->a};
    const struct sl_row_query query = {.kind = NEWS,
                                       .order = SL_ROWS_BY_CREATED,
                                       .is_descending = true,
                                       .target_kind = SL_STR("service"),
                                       .target = key};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, take_newest, &n));
    if (rc != SL_OK)
        return rc;
    return n.spec.p != NULL ? sl_change_parse(w, n.spec, ret) : SL_E_NOTFOUND;
}

static bool is_told(struct listing *l, struct sl_work *w, const struct sl_row *row)
{
    struct sl_node *status = NULL, *newest = NULL;
    if (sl_change_parse(w, row->status, &status) != SL_OK ||
        sl_str_eq(sl_tree_text(status, "lifecycle"), SL_STR("retired")))
        return false;
    return read_newest(w, row->name, &newest) == SL_OK &&
           is_number(status, "live_release", sl_node_get(newest, SL_STR("number"))) &&
           sl_portal_may_find(l->c, w, row, newest);
}

/* Its row has a draft, which may be long, and is forgotten again. */
static void look_up(struct listing *l, struct subject *s)
{
    struct sl_work w = l->w;
    struct sl_row row;
    w.a = sl_arena_new("service of the changelog", SERVICE_BYTES);
    w.d = sl_arena_new_of(w.a, struct sl_diag);
    sl_diag_init(w.d, w.a);
    sl_arena_keep(w.a, SL_MIB(8));
    if (sl_row_by_name(w.tx, SL_STR("service"), s->key, w.a, &row) == SL_OK) {
        l->bytes += row.spec.n;
        s->is_told = is_told(l, &w, &row);
        s->row = (struct sl_row){.name = s->key,
                                 .workspace = sl_arena_dup(l->w.a, row.workspace),
                                 .team = sl_arena_dup(l->w.a, row.team)};
    }
    sl_arena_free(w.a);
}

static const struct subject *subject_of(struct listing *l, sl_str key)
{
    struct subject *s = l->subjects;
    while (s != NULL && !sl_str_eq(s->key, key))
        s = s->next;
    if (s != NULL)
        return s;
    s = sl_arena_new_of(l->w.a, struct subject);
    *s = (struct subject){.key = sl_arena_dup(l->w.a, key), .next = l->subjects};
    l->subjects = s;
    l->subject_count++;
    if (l->only != NULL) {
        s->row = *l->only;
        s->is_told = true;
    } else {
        look_up(l, s);
    }
    return s;
}

/* ------------------------------------------------------------------ what is told */

struct entry {
    sl_str id;
    int64_t at_us;
    const struct sl_node *news;
};

static void add_item(struct listing *l, const struct entry *e, struct sl_arena *a)
{
    static const char *const told[] = {"service", "number", "title",  "reason",     "is_first",
                                       "prefix",  "counts", "is_cut", "operations", NULL};
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put_str(a, n, "id", e->id);
    sl_tree_put(n, SL_STR("at"), sl_tree_time(a, e->at_us));
    if (l->subscribed != NULL)
        sl_tree_put(n, SL_STR("is_subscribed"),
                    sl_tree_bool(a, is_subscribed(l, sl_tree_text(e->news, "service"))));
    sl_portal_copy(a, n, e->news, told);
    struct sl_node *kept = sl_portal_keep(&l->w, n, a);
    if (kept != NULL)
        sl_tree_add(&l->items, kept);
    l->n++;
}

static void consider(struct listing *l, const struct entry *e, struct sl_arena *a)
{
    sl_str key = sl_tree_text(e->news, "service");
    if (l->only_subscribed && !is_subscribed(l, key))
        return;
    const struct subject *s = subject_of(l, key);
    if (!s->is_told || !sl_portal_may_find(l->c, &l->w, &s->row, e->news))
        return;
    if (l->n == l->limit)
        l->has_more = true;
    else
        add_item(l, e, a);
}

/* ------------------------------------------------------------------ pages */

struct batch {
    struct sl_work *w; /* with memory that is forgotten */
    struct entry v[BATCH];
    size_t n;
    bool is_full;
};

static bool collect(const struct sl_row *row, void *arg)
{
    struct batch *b = arg;
    struct sl_node *news = NULL;
    sl_str spec = sl_arena_try_dup(b->w->a, row->spec);
    b->is_full = spec.p == NULL || sl_change_parse(b->w, spec, &news) != SL_OK;
    if (b->is_full)
        return false;
    b->v[b->n++] = (struct entry){
        .id = sl_arena_dup(b->w->a, row->id), .at_us = row->created_us, .news = news};
    return b->n < BATCH;
}

static bool is_enough(const struct listing *l)
{
    return l->looked >= LOOKED_MAX || l->subject_count >= SUBJECTS_MAX ||
           l->bytes >= LOOKED_BYTES_MAX;
}

static void go_behind(struct listing *l, const struct entry *e)
{
    l->last = sl_fmt(l->c->a, "%lld-%.*s", (long long)e->at_us, SL_STRF(e->id));
    l->query.has_after = true;
    l->query.after_text = sl_arena_dup(l->c->a, e->id);
    l->query.after_us = e->at_us;
}

/* What rows refer to is read beside no other query: so many are collected first. */
static sl_rc scan_batch(struct listing *l, struct batch *b)
{
    sl_rc rc = sl_work_fail(&l->w, sl_rows_each(l->w.tx, &l->query, collect, b));
    if (rc == SL_OK && b->is_full)
        rc = SL_E_LIMIT;
    for (size_t i = 0; rc == SL_OK && i < b->n && !l->has_more; i++) {
        bool is_more = is_enough(l);
        if (!is_more)
            consider(l, &b->v[i], b->w->a);
        l->has_more = l->has_more || is_more;
        l->looked++;
        if (!l->has_more)
            go_behind(l, &b->v[i]);
    }
    return rc;
}

static sl_rc scan(struct listing *l)
{
    sl_rc rc = SL_OK;
    for (bool is_last = false; rc == SL_OK && !is_last && !l->has_more;) {
        struct sl_work w = l->w;
        w.a = sl_arena_new("changelog", BATCH_BYTES);
        w.d = sl_arena_new_of(w.a, struct sl_diag);
        sl_diag_init(w.d, w.a);
        sl_arena_keep(w.a, SL_MIB(8));
        struct batch *b = sl_arena_new_of(w.a, struct batch);
        b->w = &w;
        rc = scan_batch(l, b);
        is_last = b->n < BATCH;
        sl_arena_free(w.a);
    }
    return rc;
}

static struct listing listing_of(struct sl_call *c)
{
    return (struct listing){
        .c = c,
        .query = {.kind = NEWS, .order = SL_ROWS_BY_CREATED, .is_descending = true},
        .limit = LIMIT_DEFAULT,
        .items = sl_tree_tail(c->a)};
}

/*
 * "<Unix microseconds>-<id>" of the row that the page before ended with, which may be forgotten meanwhile. False when
 * it was answered.
 */
static bool read_cursor(struct listing *l)
{
    struct entry e = {0};
    sl_str cursor = sl_call_query(l->c, "cursor");
    size_t dash = sl_str_find(cursor, '-', 0);
    if (cursor.n == 0)
        return true;
    if (dash == SIZE_MAX || !sl_num_i64(sl_str_head(cursor, dash), &e.at_us) || e.at_us <= 0) {
        sl_tx_rollback(l->w.tx);
        return sl_call_refuse(l->c, "cursor", "must be the next_cursor of the page before");
    }
    e.id = sl_str_from(cursor, dash + 1);
    go_behind(l, &e);
    return true;
}

static void answer(struct listing *l, sl_rc rc)
{
    struct sl_call *c = l->c;
    struct sl_node *body = sl_tree_map(c->a);
    sl_tx_rollback(l->w.tx);
    sl_tree_put(body, SL_STR("items"), l->items.list);
    if (l->has_more && l->last.n != 0)
        sl_tree_put_str(c->a, body, "next_cursor", l->last);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such service" : NULL);
}

/* ------------------------------------------------------------------ of one service */

static void choose_service(struct listing *l, const struct sl_row *row)
{
    l->only = row;
    l->query.target_kind = SL_STR("service");
    l->query.target = row->name;
}

void sl_portal_service_changes(struct sl_call *c)
{
    struct listing l = listing_of(c);
    struct sl_row row;
    if (!sl_call_check_query(c, sl_portal_service_changes_parameters) ||
        !sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &l.limit) || !sl_call_read(c, &l.w))
        return;
    if (!read_cursor(&l))
        return;
    sl_rc rc = sl_portal_find_brief(c, &l.w, c->key, &row);
    if (rc == SL_OK)
        rc = sl_portal_subscribed(c, &l.w, (struct sl_node **)&l.subscribed);
    if (rc == SL_OK) {
        choose_service(&l, &row);
        rc = scan(&l);
    }
    answer(&l, rc);
}

sl_rc sl_portal_put_changes(struct sl_call *c, struct sl_work *w, struct sl_node *body,
                            const struct sl_row *row)
{
    struct listing l = listing_of(c);
    l.w = *w;
    l.limit = OF_SERVICE_MAX;
    choose_service(&l, row);
    sl_rc rc = scan(&l);
    sl_tree_put(body, SL_STR("changes"), l.items.list);
    return rc;
}

/* ------------------------------------------------------------------ of all */

/* False when it was answered. */
static bool read_since(struct listing *l)
{
    int64_t us = 0;
    sl_str since = sl_call_query(l->c, "since"), only = sl_call_query(l->c, "subscribed");
    if (since.n != 0 && !sl_window_instant(since, l->w.now_us, &us))
        return sl_call_refuse(l->c, "since", "must be a time, or how long ago, such as 7d");
    if (only.n != 0 && !sl_str_eq(only, SL_STR("true")) && !sl_str_eq(only, SL_STR("false")))
        return sl_call_refuse(l->c, "subscribed", "must be true or false");
    l->only_subscribed = sl_str_eq(only, SL_STR("true"));
    l->query.created.from_us = us != 0 ? us + 1 : 0;
    return true;
}

void sl_portal_changes(struct sl_call *c)
{
    struct listing l = listing_of(c);
    if (!sl_call_check_query(c, sl_portal_changes_parameters) ||
        !sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &l.limit) || !sl_call_read(c, &l.w))
        return;
    if (!read_since(&l)) {
        sl_tx_rollback(l.w.tx);
        return;
    }
    if (!read_cursor(&l))
        return;
    sl_rc rc = sl_portal_subscribed(c, &l.w, (struct sl_node **)&l.subscribed);
    if (rc == SL_OK)
        rc = scan(&l);
    answer(&l, rc);
}

/* ------------------------------------------------------------------ the feed */

/* U+FFFE and U+FFFF, which XML has not (XML 1.0, 2.2): readers would refuse the whole feed. */
static bool is_no_character(sl_str text)
{
    sl_str head = sl_str_head(text, 3);
    return sl_str_eq(head, SL_STR("\xef\xbf\xbe")) || sl_str_eq(head, SL_STR("\xef\xbf\xbf"));
}

static void add_escaped(struct sl_strbuf *out, sl_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        if (is_no_character(sl_str_from(text, i)))
            i += 2;
        else if (ch == '<')
            sl_strbuf_add(out, SL_STR("&lt;"));
        else if (ch == '>')
            sl_strbuf_add(out, SL_STR("&gt;"));
        else if (ch == '&')
            sl_strbuf_add(out, SL_STR("&amp;"));
        else if (ch == '"')
            sl_strbuf_add(out, SL_STR("&quot;"));
        else if ((unsigned char)ch >= 0x20 || ch == '\n' || ch == '\t') /* nor has it others */
            sl_strbuf_add_char(out, ch);
    }
}

static void add_element(struct sl_strbuf *out, const char *name, sl_str text)
{
    sl_strbuf_addf(out, "<%s>", name);
    add_escaped(out, text);
    sl_strbuf_addf(out, "</%s>\n", name);
}

/* "removed (breaking): DELETE /orders/{id} - Forget an order" */
static void add_operation(struct sl_strbuf *out, const struct sl_node *op)
{
    sl_str change = sl_tree_text(op, "change"), method = sl_tree_text(op, "method"),
           path = sl_tree_text(op, "path"), summary = sl_tree_text(op, "summary");
    add_escaped(out, change);
    sl_strbuf_addf(out, "%s: %.*s ", sl_tree_is_true(op, "is_breaking") ? " (breaking)" : "",
                   SL_STRF(method));
    add_escaped(out, path);
    if (summary.n != 0)
        sl_strbuf_add(out, SL_STR(" - "));
    add_escaped(out, summary);
    sl_strbuf_add_char(out, '\n');
}

static void add_content(struct sl_strbuf *out, const struct sl_node *item)
{
    const struct sl_node *move = sl_node_get(item, SL_STR("prefix"));
    const struct sl_node *list = sl_node_get(item, SL_STR("operations"));
    sl_strbuf_add(out, SL_STR("<content type=\"text\">"));
    add_escaped(out, sl_tree_text(item, "reason"));
    sl_strbuf_add_char(out, '\n');
    if (move != NULL) {
        sl_strbuf_add(out, SL_STR("moved (breaking): "));
        add_escaped(out, sl_tree_text(move, "before"));
        sl_strbuf_add(out, SL_STR(" -&gt; "));
        add_escaped(out, sl_tree_text(move, "after"));
        sl_strbuf_add_char(out, '\n');
    }
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next)
        add_operation(out, n);
    sl_strbuf_add(out, SL_STR("</content>\n"));
}

static void add_entry(struct sl_strbuf *out, const struct sl_node *item)
{
    struct sl_strbuf title = {0};
    sl_str service = sl_tree_text(item, "service"), told = sl_tree_text(item, "title"),
           number = sl_node_get(item, SL_STR("number"))->text;
    told = told.n != 0 ? told : service;
    sl_strbuf_addf(&title, "%.*s, release %.*s", SL_STRF(told), SL_STRF(number));
    sl_strbuf_add(out, SL_STR("<entry>\n"));
    add_element(out, "title", sl_strbuf_str(&title));
    sl_strbuf_add(out, SL_STR("<id>urn:sluice:news:"));
    add_escaped(out, sl_tree_text(item, "id"));
    sl_strbuf_add(out, SL_STR("</id>\n"));
    add_element(out, "updated", sl_tree_text(item, "at"));
    sl_strbuf_add(out, SL_STR("<link href=\"/portal/services/"));
    sl_enc_percent(out, service);
    sl_strbuf_add(out, SL_STR("\"/>\n"));
    add_content(out, item);
    sl_strbuf_add(out, SL_STR("</entry>\n"));
    sl_strbuf_fini(&title);
}

static sl_str portal_title(struct sl_work *w)
{
    struct sl_node *look = NULL;
    int64_t revision;
    sl_str title =
        sl_portal_read(w, &look, &revision) == SL_OK ? sl_tree_text(look, "title") : (sl_str){0};
    return title.n != 0 ? title : SL_STR("Sluice");
}

void sl_portal_feed(struct sl_call *c)
{
    struct listing l = listing_of(c);
    struct sl_strbuf out;
    if (!sl_call_check_query(c, (const struct sl_api_parameter[]){{NULL, NULL, NULL}}) ||
        !sl_call_read(c, &l.w))
        return;
    sl_rc rc = scan(&l);
    sl_str title = portal_title(&l.w);
    sl_tx_rollback(l.w.tx);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    const struct sl_node *first = l.items.list->children;
    const struct sl_node *epoch = sl_tree_time(c->a, 1);
    sl_strbuf_init(&out, c->a, 0);
    sl_strbuf_add(&out, SL_STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                               "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"));
    add_element(&out, "title", title);
    add_element(&out, "id", SL_STR("urn:sluice:news"));
    add_element(&out, "updated", first != NULL ? sl_tree_text(first, "at") : epoch->text);
    sl_strbuf_add(&out, SL_STR("<author><name>"));
    add_escaped(&out, title);
    sl_strbuf_add(&out, SL_STR("</name></author>\n<link rel=\"self\" "
                               "href=\"/api/v1/portal/changes.atom\"/>\n"
                               "<link href=\"/portal/changes\"/>\n"));
    for (const struct sl_node *n = first; n != NULL; n = n->next)
        add_entry(&out, n);
    sl_strbuf_add(&out, SL_STR("</feed>\n"));
    sl_call_json(c, 200, sl_strbuf_str(&out));
    c->answer->type = SL_STR("application/atom+xml");
}
