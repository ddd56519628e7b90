/*
 * The portal's own look, for everybody who opens it: what the page needs before anybody has signed in.
 */
#include "base/str.h"
#include "codec/markdown.h"
#include "control/api_portal_int.h"
#include "control/look.h"

sl_rc sl_portal_read(struct sl_work *w, struct sl_node **ret, int64_t *ret_revision)
{
    struct sl_row row;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("portal"), SL_STR("default"), w->a, &row);
    *ret_revision = 0;
    if (rc == SL_E_NOTFOUND) {
        *ret = sl_tree_map(w->a);
        return SL_OK;
    }
    if (rc == SL_OK)
        *ret_revision = row.revision;
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret) : sl_work_fail(w, rc);
}

bool sl_portal_is_for_members_only(struct sl_work *w)
{
    int64_t revision;
    struct sl_node *spec = NULL;
    return sl_portal_read(w, &spec, &revision) != SL_OK || sl_tree_is_true(spec, "members_only");
}

/* The dark one that was chosen, or the light one made lighter. */
static void put_accents(struct sl_arena *a, struct sl_node *body, const struct sl_node *spec)
{
    struct sl_colour light, dark;
    bool has_light = sl_colour_read(sl_tree_text(spec, "accent"), &light);
    bool has_dark = sl_colour_read(sl_tree_text(spec, "accent_dark"), &dark);
    if (has_light)
        sl_tree_put_str(a, body, "accent", sl_colour_write(light, a));
    if (has_light && !has_dark)
        dark = sl_look_readable(light, SL_THEME_DARK);
    if (has_light || has_dark)
        sl_tree_put_str(a, body, "accent_dark", sl_colour_write(dark, a));
}

static sl_rc put_welcome(struct sl_arena *a, struct sl_node *body, const struct sl_node *spec)
{
    sl_str html, text = sl_tree_text(spec, "welcome");
    sl_rc rc = text.n != 0 ? sl_markdown_html(text, a, &html) : SL_OK;
    if (rc == SL_OK && text.n != 0)
        sl_tree_put_str(a, body, "welcome_html", html);
    return rc;
}

/* ------------------------------------------------------------------ languages */

const struct sl_api_parameter sl_portal_look_parameters[] = {
    {"language", "{\"type\":\"string\"}",
     "The visitor's, such as `zh-CN`: texts in it, or in the nearest that there is."},
    {NULL, NULL, NULL},
};

/* How well it suits who wants `wish`: the same (3), a wider one (`de` for de-AT: 2), another one of that language (1). */
static int suits(sl_str wish, sl_str language)
{
    sl_str first = sl_str_head(wish, sl_str_find(wish, '-', 0));
    bool is_wider =
        wish.n > language.n && sl_str_istarts(wish, language) && wish.p[language.n] == '-';
    if (sl_str_ieq(wish, language))
        return 3;
    if (is_wider)
        return 2;
    return sl_str_ieq(first, sl_str_head(language, sl_str_find(language, '-', 0)));
}

static const struct sl_node *nearest(const struct sl_node *spec, sl_str wish)
{
    const struct sl_node *list = sl_node_get(spec, SL_STR("translations")), *best = NULL;
    int most = 0;
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        int how = suits(wish, sl_tree_text(n, "language"));
        if (how > most)
            best = n;
        most = SL_MAX(most, how);
    }
    return best;
}

/* What it has of them stands in the place of the portal's own. */
static void translate(struct sl_call *c, struct sl_node *spec)
{
    static const char *const texts[] = {"title", "welcome", "footer", "links", "language", NULL};
    const struct sl_node *translation = nearest(spec, sl_call_query(c, "language"));
    if (translation != NULL)
        sl_portal_copy(c->a, spec, translation, texts);
}

const char sl_portal_look_schema[] =
    "{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"},"
    "\"language\":{\"type\":\"string\",\"description\":\"Of the texts, where they are a translation.\"},"
    "\"welcome_html\":{\"type\":\"string\"},\"footer\":{\"type\":\"string\"},"
    "\"links\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"text\",\"url\"],"
    "\"properties\":{\"text\":{\"type\":\"string\"},\"url\":{\"type\":\"string\"}}}},"
    "\"accent\":{\"type\":\"string\"},\"accent_dark\":{\"type\":\"string\"},"
    "\"self_registration\":{\"type\":\"boolean\"},\"try_disabled\":{\"type\":\"boolean\"},\"logo\":{\"type\":\"string\",\"description\":\"Where the picture is.\"}}}";

void sl_portal_look(struct sl_call *c)
{
    static const char *const told[] = {"title",        "footer",   "links", "self_registration",
                                       "try_disabled", "language", NULL};
    struct sl_work w;
    struct sl_node *spec = NULL, *body = sl_tree_map(c->a);
    int64_t revision;
    if (!sl_call_check_query(c, sl_portal_look_parameters) || !sl_call_read(c, &w))
        return;
    sl_rc rc = sl_portal_read(&w, &spec, &revision);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK) {
        translate(c, spec);
        sl_portal_copy(c->a, body, spec, told);
        put_accents(c->a, body, spec);
        if (sl_tree_text(spec, "logo").n != 0)
            sl_tree_put_str(c->a, body, "logo",
                            sl_fmt(c->a, "/api/v1/portal/logo?revision=%lld", (long long)revision));
        rc = put_welcome(c->a, body, spec);
    }
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, NULL);
}

const struct sl_api_parameter sl_portal_logo_parameters[] = {
    {"revision", "{\"type\":\"string\"}", "Another one for each change, for caches."},
    {NULL, NULL, NULL},
};

/* Whatever is in an SVG: opened by itself it runs nothing and fetches nothing. */
void sl_portal_logo(struct sl_call *c)
{
    struct sl_work w;
    struct sl_node *spec = NULL;
    int64_t revision;
    const char *type = NULL;
    sl_str bytes;
    if (!sl_call_check_query(c, sl_portal_logo_parameters) || !sl_call_read(c, &w))
        return;
    sl_rc rc = sl_portal_read(&w, &spec, &revision);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK && sl_logo_read(sl_tree_text(spec, "logo"), c->a, &type, &bytes) != NULL)
        rc = SL_E_NOTFOUND;
    if (rc != SL_OK) {
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "the portal has no logo of its own" : NULL);
        return;
    }
    sl_call_json(c, 200, bytes);
    c->answer->type = sl_cstr(type);
    sl_call_etag(c, revision);
    sl_call_header(c, "cache-control", SL_STR("public, max-age=3600"));
    sl_call_header(c, "content-security-policy",
                   SL_STR("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
}
