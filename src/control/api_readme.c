/*
 * Readmes as HTML. Browsers get no Markdown: what may stand in a page is decided in one place.
 */
#include "base/str.h"
#include "codec/markdown.h"
#include "control/api_int.h"

struct markdown_args {
    sl_str text;
};

const struct sl_field sl_api_markdown_fields[] = {
    SL_FIELD_STR(struct markdown_args, text, .required = true, .max = "262144",
                 .help = "Markdown, as GitHub has it."),
    SL_FIELD_END,
};

static void answer(struct sl_call *c, sl_str text)
{
    sl_str html;
    sl_rc rc = sl_markdown_html(text, c->a, &html);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, "the text is too long to be shown");
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put_str(c->a, body, "html", html);
    sl_call_tree(c, 200, body);
}

static sl_rc find_service(struct sl_call *c, struct sl_work *w, sl_str key, sl_str *ret_text)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("service"));
    struct sl_row row;
    struct sl_node *spec = NULL;
    sl_rc rc = sl_change_find(w, type, key, &row);
    if (rc == SL_OK && !sl_actor_may(&c->actor, SL_STR("services:read"), row.workspace, row.team))
        rc = SL_E_NOTFOUND;
    if (rc == SL_OK)
        rc = sl_change_parse(w, row.spec, &spec);
    if (rc == SL_OK) {
        sl_str text = sl_tree_text(spec, "readme");
        *ret_text = text.p != NULL ? text : SL_STR("");
    }
    return rc;
}

void sl_api_readme(struct sl_call *c)
{
    struct sl_work w;
    sl_str key = sl_call_query(c, "service"), text;
    if (key.n == 0) {
        sl_call_fail(c, SL_E_BAD_REQUEST,
                     "query parameter 'service': must be the key of a service");
        return;
    }
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = find_service(c, &w, key, &text);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        answer(c, text);
    else
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such service" : NULL);
}

void sl_api_markdown(struct sl_call *c)
{
    struct markdown_args args = {0};
    struct sl_node *body;
    if (!sl_call_body(c, false, &body))
        return;
    sl_rc rc = sl_field_read(sl_api_markdown_fields, &args, body, SL_STR(""), c->a, c->d);
    if (rc == SL_OK)
        answer(c, args.text);
    else
        sl_call_fail(c, rc, NULL);
}
