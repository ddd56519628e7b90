/* json_node: nodes of configuration files (base/node.h), written as JSON. */
#include "codec/json.h"

#include "base/str.h"

static size_t skip_digits(sl_str s, size_t at)
{
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    return at;
}

/* RFC 8259, 6 */
static bool is_json_number(sl_str s)
{
    size_t at = s.n != 0 && s.p[0] == '-', from = at;
    at = skip_digits(s, at);
    if (at == from || (s.p[from] == '0' && at > from + 1))
        return false;
    if (at < s.n && s.p[at] == '.') {
        from = ++at;
        at = skip_digits(s, at);
        if (at == from)
            return false;
    }
    if (at < s.n && sl_lower(s.p[at]) == 'e') {
        at++;
        at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
        from = at;
        at = skip_digits(s, at);
        if (at == from)
            return false;
    }
    return at == s.n;
}

static void write_children(const struct sl_node *n, struct sl_jsonw *w)
{
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (n->kind == SL_NODE_MAP)
            sl_jsonw_key(w, c->key);
        sl_json_write_node(c, w);
    }
    sl_jsonw_end(w);
}

void sl_json_write_node(const struct sl_node *n, struct sl_jsonw *w)
{
    switch (n->kind) {
    case SL_NODE_NULL:
        sl_jsonw_null(w);
        return;
    case SL_NODE_BOOL:
        sl_jsonw_bool(w, sl_str_eq(n->text, SL_STR("true")));
        return;
    case SL_NODE_NUMBER:
        if (is_json_number(n->text))
            sl_jsonw_raw(w, n->text);
        else
            sl_jsonw_str(w, n->text);
        return;
    case SL_NODE_STRING:
        sl_jsonw_str(w, n->text);
        return;
    case SL_NODE_LIST:
        sl_jsonw_array(w);
        write_children(n, w);
        return;
    case SL_NODE_MAP:
        sl_jsonw_object(w);
        write_children(n, w);
        return;
    }
}
