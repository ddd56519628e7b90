#include "ai/openai_responses_state.h"

#include "ai/call_int.h"
#include "ai/openai_responses_int.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonw.h"
#include "codec/splice.h"

/* ------------------------------------------------------------------ requests */

static sl_rc taken(const struct sl_strbuf *b, sl_str *ret)
{
    if (b->is_full)
        return SL_E_LIMIT;
    *ret = sl_strbuf_str(b);
    return SL_OK;
}

sl_rc sl_ai_responses_items(const struct sl_ai_call *call, struct sl_arena *a, sl_str *ret)
{
    const struct sl_json_range *input = sl_ai_call_member(call, SL_AI_MEMBER_INPUT);
    struct sl_strbuf b;

    if (input == NULL)
        return SL_E_AI_BAD_BODY;
    sl_str text = sl_json_range_text(call->body, input);
    if (input->kind == SL_JSON_ARRAY) {
        *ret = sl_str_trim_all((sl_str){text.p + 1, text.n - 2});
        return SL_OK;
    }
    if (input->kind != SL_JSON_STRING)
        return SL_E_AI_BAD_BODY;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":"
                             "\"input_text\",\"text\":"));
    sl_strbuf_add(&b, text);
    sl_strbuf_add(&b, SL_STR("}]}"));
    return taken(&b, ret);
}

sl_rc sl_ai_responses_join(sl_str before, sl_str after, struct sl_arena *a, sl_str *ret)
{
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, before);
    if (before.n != 0 && after.n != 0)
        sl_strbuf_add_char(&b, ',');
    sl_strbuf_add(&b, after);
    return taken(&b, ret);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The member with the comma behind it or, for the last one, the one before it. There is another member. */
static struct sl_splice without(sl_str body, const struct sl_json_range *m)
{
    size_t from = m->key_at, to = m->at + m->n, next = to;

    while (is_space(body.p[next])) /* there is a '}' at the latest */
        next++;
    if (body.p[next] == ',') {
        to = next + 1;
    } else {
        while (is_space(body.p[from - 1]))
            from--;
        from -= body.p[from - 1] == ',';
    }
    return (struct sl_splice){.at = from, .n = to - from};
}

sl_rc sl_ai_responses_expand(const struct sl_ai_call *call, sl_str items, struct sl_arena *a,
                             sl_str *ret)
{
    const struct sl_json_range *input = &call->ranges[SL_AI_MEMBER_INPUT];
    struct sl_splice cut = without(call->body, &call->ranges[SL_AI_MEMBER_PREVIOUS_RESPONSE_ID]);
    struct sl_splice put = {.at = input->at, .n = input->n};
    struct sl_strbuf list, b;
    sl_rc rc;

    sl_strbuf_init(&list, a, 0);
    sl_strbuf_add_char(&list, '[');
    sl_strbuf_add(&list, items);
    sl_strbuf_add_char(&list, ']');
    rc = taken(&list, &put.with);
    if (rc != SL_OK)
        return rc;
    const struct sl_splice edits[] = {cut.at < put.at ? cut : put, cut.at < put.at ? put : cut};
    sl_strbuf_init(&b, a, 0);
    sl_splice_strbuf(&b, call->body, edits, SL_LEN(edits));
    return taken(&b, ret);
}

/* ------------------------------------------------------------------ references to items */

bool sl_ai_responses_refs_init(struct sl_ai_responses_refs *r, const struct sl_ai_call *call)
{
    const struct sl_json_range *input = sl_ai_call_member(call, SL_AI_MEMBER_INPUT);

    if (input == NULL || input->kind != SL_JSON_ARRAY ||
        sl_str_find_str(call->body, SL_STR("item_reference")) == SIZE_MAX)
        return false;
    sl_json_iter_init(&r->it, call->body, input);
    return true;
}

/* An id with escapes is none of ours: left as it is, it is not found. */
bool sl_ai_responses_next_ref(struct sl_ai_responses_refs *r, struct sl_json_range *ret_at,
                              sl_str *ret_id)
{
    sl_str text = r->it.text;
    struct sl_json_range type, id;

    while (sl_json_iter_next(&r->it, ret_at)) {
        if (!sl_json_range_get(text, ret_at, SL_STR("type"), &type) ||
            !sl_json_range_text_eq(text, &type, SL_STR("item_reference")) ||
            !sl_json_range_get(text, ret_at, SL_STR("id"), &id) || id.kind != SL_JSON_STRING)
            continue;
        *ret_id = (sl_str){text.p + id.at + 1, id.n - 2};
        return true;
    }
    return false;
}

/* "fc_ID_3" is an item of "resp_ID": see new_item_id of the encoder. */
sl_str sl_ai_responses_of_item(sl_str item_id, struct sl_arena *a)
{
    size_t from = sl_str_find(item_id, '_', 0), to = item_id.n;

    while (to > 0 && item_id.p[to - 1] != '_')
        to--;
    if (from >= item_id.n || to <= from + 2 || item_id.n > SL_AI_RESPONSES_ID_BYTES)
        return (sl_str){0};
    return sl_fmt(a, "resp_%.*s", (int)(to - from - 2), item_id.p + from + 1);
}

bool sl_ai_responses_item(sl_str items, sl_str id, sl_str *ret)
{
    struct sl_json_iter it = {.text = items, .end = items.n};
    struct sl_json_range item, own;

    while (sl_json_iter_next(&it, &item)) {
        if (!sl_json_range_get(items, &item, SL_STR("id"), &own) ||
            !sl_json_range_text_eq(items, &own, id))
            continue;
        *ret = sl_json_range_text(items, &item);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ paths */

enum sl_ai_responses_verb sl_ai_responses_verb_of(sl_str rest, sl_str *ret_id)
{
    sl_str id;

    if (!sl_str_starts(rest, SL_STR("/")))
        return SL_AI_RESPONSES_NONE;
    rest = sl_str_from(rest, 1);
    size_t slash = sl_str_find(rest, '/', 0);
    id = sl_str_head(rest, slash);
    rest = sl_str_from(rest, SL_MIN(slash, rest.n));
    if (id.n == 0)
        return SL_AI_RESPONSES_NONE;
    *ret_id = id;
    if (rest.n == 0)
        return SL_AI_RESPONSES_ITSELF;
    if (sl_str_eq(rest, SL_STR("/input_items")))
        return SL_AI_RESPONSES_INPUT_ITEMS;
    return sl_str_eq(rest, SL_STR("/cancel")) ? SL_AI_RESPONSES_CANCEL : SL_AI_RESPONSES_NONE;
}

/* ------------------------------------------------------------------ lists */

enum { LIMIT_MAX = 100, LIMIT_UNSAID = 20 };

struct page {
    bool is_rising;
    uint64_t limit;
    sl_str after;
};

static sl_rc read_page(sl_str query, struct page *ret, struct sl_diag *d)
{
    sl_str part;

    *ret = (struct page){.limit = LIMIT_UNSAID};
    while (sl_str_split(&query, '&', &part)) {
        size_t at = sl_str_find(part, '=', 0);
        sl_str name = sl_str_head(part, at), value = sl_str_from(part, SL_MIN(at, part.n - 1) + 1);
        if (sl_str_eq(name, SL_STR("order")))
            ret->is_rising = sl_str_eq(value, SL_STR("asc"));
        else if (sl_str_eq(name, SL_STR("after")))
            ret->after = value;
        else if (sl_str_eq(name, SL_STR("limit")) &&
                 (!sl_num_u64(value, LIMIT_MAX, &ret->limit) || ret->limit == 0))
            return sl_diag_fail(d, SL_E_AI_BAD_BODY, "limit", "must be from 1 to 100");
    }
    return SL_OK;
}

struct item {
    sl_str text, id; /* `id` raw; made up when the item has none */
    bool has_id;
};

static sl_str id_of(sl_str text, const struct sl_json_range *item)
{
    struct sl_json_range id;

    if (!sl_json_range_get(text, item, SL_STR("id"), &id) || id.kind != SL_JSON_STRING)
        return (sl_str){0};
    return (sl_str){text.p + id.at + 1, id.n - 2};
}

static sl_str tail_of(sl_str response_id)
{
    enum { TAIL_BYTES = 40 };
    sl_str tail = sl_str_from(response_id, sl_str_starts(response_id, SL_STR("resp_")) ? 5 : 0);

    return sl_str_head(tail, TAIL_BYTES);
}

static size_t count_items(sl_str items)
{
    struct sl_json_iter it = {.text = items, .end = items.n};
    struct sl_json_range m;
    size_t n = 0;

    while (sl_json_iter_next(&it, &m))
        n += m.kind == SL_JSON_OBJECT;
    return n;
}

/* Empty: no memory. */
static sl_str made_id(struct sl_arena *a, sl_str tail, size_t index)
{
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, "msg_%.*s_in%zu", SL_STRF(tail), index);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static struct item *read_items(sl_str items, sl_str response_id, struct sl_arena *a, size_t *ret_n)
{
    size_t n = count_items(items);
    struct item *v = sl_arena_try_alloc(a, (n + 1) * sizeof(*v));
    struct sl_json_iter it = {.text = items, .end = items.n};
    struct sl_json_range m;
    sl_str tail = tail_of(response_id);

    *ret_n = 0;
    if (v == NULL)
        return NULL;
    while (sl_json_iter_next(&it, &m)) {
        struct item *item = &v[*ret_n];
        if (m.kind != SL_JSON_OBJECT)
            continue;
        item->text = sl_json_range_text(items, &m);
        item->id = id_of(items, &m);
        item->has_id = item->id.n != 0;
        if (!item->has_id)
            item->id = made_id(a, tail, *ret_n);
        if (item->id.n == 0)
            return NULL;
        ++*ret_n;
    }
    return v;
}

static void write_item(struct sl_jsonw *w, const struct item *item)
{
    sl_str inside = sl_str_trim_all((sl_str){item->text.p + 1, item->text.n - 2});

    if (item->has_id) {
        sl_jsonw_raw(w, item->text);
        return;
    }
    sl_jsonw_raw(w, SL_STR("{\"id\":\""));
    sl_strbuf_add(w->out, item->id);
    sl_strbuf_add(w->out, inside.n != 0 ? SL_STR("\",") : SL_STR("\""));
    sl_strbuf_add(w->out, inside);
    sl_strbuf_add_char(w->out, '}');
}

static void write_ids(struct sl_jsonw *w, const struct item *first, const struct item *last)
{
    sl_jsonw_key(w, SL_STR("first_id"));
    if (first != NULL)
        sl_jsonw_raw(w, sl_fmt(w->out->arena, "\"%.*s\"", SL_STRF(first->id)));
    else
        sl_jsonw_null(w);
    sl_jsonw_key(w, SL_STR("last_id"));
    if (last != NULL)
        sl_jsonw_raw(w, sl_fmt(w->out->arena, "\"%.*s\"", SL_STRF(last->id)));
    else
        sl_jsonw_null(w);
}

/* The `i`th of the list as it is asked for. */
static const struct item *nth(const struct item *v, size_t n, size_t i, const struct page *p)
{
    return &v[p->is_rising ? i : n - 1 - i];
}

static size_t first_of(const struct item *v, size_t n, const struct page *p)
{
    for (size_t i = 0; p->after.n != 0 && i < n; i++)
        if (sl_str_eq(nth(v, n, i, p)->id, p->after))
            return i + 1;
    return 0;
}

sl_rc sl_ai_responses_list(sl_str items, sl_str response_id, sl_str query, struct sl_arena *a,
                           sl_str *ret, struct sl_diag *d)
{
    struct page p;
    struct sl_strbuf b;
    struct sl_jsonw w;
    size_t n, from, to;
    sl_rc rc = read_page(query, &p, d);
    struct item *v;

    if (rc != SL_OK)
        return rc;
    v = read_items(items, response_id, a, &n);
    if (v == NULL)
        return SL_E_LIMIT;
    from = first_of(v, n, &p);
    to = SL_MIN(n, from + (size_t)p.limit);
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(&w, SL_STR("data"));
    sl_jsonw_array(&w);
    for (size_t i = from; i < to; i++)
        write_item(&w, nth(v, n, i, &p));
    sl_jsonw_end(&w);
    write_ids(&w, from < to ? nth(v, n, from, &p) : NULL, from < to ? nth(v, n, to - 1, &p) : NULL);
    sl_jsonw_key_bool(&w, SL_STR("has_more"), to < n);
    sl_jsonw_end(&w);
    return taken(&b, ret);
}

sl_str sl_ai_responses_deleted(sl_str id, struct sl_arena *a)
{
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("id"), id);
    sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("response"));
    sl_jsonw_key_bool(&w, SL_STR("deleted"), true);
    sl_jsonw_end(&w);
    return sl_strbuf_str(&b);
}
