#include "ai/custom_tool.h"

#include "ai/request_int.h"
#include "base/str.h"
#include "codec/json.h"
#include "codec/jsonw.h"

#define INPUT SL_STR("input")
#define SCHEMA                                                                                   \
    SL_STR("{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":" \
           "[\"input\"]}")

bool sl_ai_custom_is_native(const struct sl_ai_target *t)
{
    enum sl_ai_dialect dialect = sl_ai_target_dialect(t);
    return (dialect == SL_AI_OPENAI_CHAT || dialect == SL_AI_OPENAI_RESPONSES) &&
           sl_ai_vendor_has(t->vendor, SL_AI_QUIRK_CUSTOM_TOOLS);
}

bool sl_ai_custom_is_name(const struct sl_ai_request *rq, sl_str name)
{
    for (const struct sl_ai_tool *t = rq->tools; t != NULL; t = t->next)
        if (t->is_custom && sl_str_eq(t->name, name))
            return true;
    return false;
}

static bool has_custom_tool(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_tool *t = rq->tools; t != NULL; t = t->next)
        if (t->is_custom)
            return true;
    return false;
}

/* Or the result of one that is kept elsewhere. */
static bool has_custom_call(const struct sl_ai_part *parts)
{
    for (const struct sl_ai_part *p = parts; p != NULL; p = p->next)
        if (p->is_custom_tool)
            return true;
    return false;
}

static bool calls_custom(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        if (has_custom_call(m->parts))
            return true;
    return false;
}

bool sl_ai_custom_is_bridged(const struct sl_ai_request *rq, const struct sl_ai_target *t)
{
    return !sl_ai_custom_is_native(t) && (has_custom_tool(rq) || calls_custom(rq));
}

/* ------------------------------------------------------------------ tools */

/* {"type": "grammar", "grammar": {definition, syntax}} */
static void describe_grammar(struct sl_strbuf *out, const struct sl_json *grammar)
{
    sl_str syntax = sl_json_text(sl_json_get(grammar, SL_STR("syntax")));
    sl_str definition = sl_json_text(sl_json_get(grammar, SL_STR("definition")));

    if (definition.n == 0)
        return;
    if (out->n != 0)
        sl_strbuf_add(out, SL_STR("\n\n"));
    sl_strbuf_addf(out, "The input must be written in this grammar%s%.*s%s:\n",
                   syntax.n != 0 ? " (" : "", SL_STRF(syntax), syntax.n != 0 ? ")" : "");
    sl_strbuf_add(out, definition);
}

static sl_rc drop_format(struct sl_ai_writer *w, size_t index)
{
    const char *within = w->rq->dialect == SL_AI_OPENAI_RESPONSES ? "" : "custom.";
    return sl_ai_drop_member(w, sl_fmt(w->a, "tools[%zu].%sformat", index, within));
}

/* Plain text is what the function takes anyway; of anything else only the model is told. */
static sl_rc describe_format(struct sl_ai_writer *w, size_t index, struct sl_ai_tool *t)
{
    struct sl_jsonscan_info info;
    const struct sl_json *format;
    struct sl_strbuf text;
    sl_rc rc;

    if (t->format_json.n == 0)
        return SL_OK;
    if (sl_json_parse(t->format_json, w->a, &format, &info) != SL_OK)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tools", "is too large");
    if (sl_str_eq(sl_json_text(sl_json_get(format, SL_STR("type"))), SL_STR("text")))
        return SL_OK;
    sl_strbuf_init(&text, w->a, 0);
    sl_strbuf_add(&text, t->description);
    describe_grammar(&text, sl_json_get(format, SL_STR("grammar")));
    rc = drop_format(w, index);
    if (rc == SL_OK && text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tools", "is too large");
    t->description = sl_strbuf_str(&text);
    return rc;
}

static sl_rc bridge_tools(struct sl_ai_writer *w, struct sl_ai_request *rq)
{
    const struct sl_ai_tool *from = rq->tools;
    struct sl_ai_tool **next = &rq->tools;
    sl_rc rc = SL_OK;

    for (size_t i = 0; from != NULL && rc == SL_OK; from = from->next, i++) {
        struct sl_ai_tool *t = sl_arena_try_alloc(w->a, sizeof(*t));
        if (t == NULL)
            return sl_diag_fail(w->d, SL_E_LIMIT, "tools", "is too large");
        *t = *from;
        *next = t;
        next = &t->next;
        if (!t->is_custom)
            continue;
        rc = describe_format(w, i, t);
        t->is_custom = false;
        t->format_json = (sl_str){0};
        t->schema_json = SCHEMA;
    }
    return rc;
}

/* ------------------------------------------------------------------ the choice of a tool */

static void write_allowed(struct sl_jsonw *w, const struct sl_json *tool)
{
    const struct sl_json *custom = sl_json_get(tool, SL_STR("custom"));

    if (sl_json_kind(custom) != SL_JSON_OBJECT) {
        sl_json_write(tool, w);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("function"));
    sl_jsonw_key(w, SL_STR("function"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), sl_json_text(sl_json_get(custom, SL_STR("name"))));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

/* {"type": "allowed_tools", "allowed_tools": {mode, tools: [{type, custom: {name}}]}} */
static sl_rc bridge_choice(struct sl_ai_writer *w, struct sl_ai_request *rq)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v, *allowed, *tool;
    struct sl_json_cursor c;
    struct sl_strbuf b;
    struct sl_jsonw out;

    if (rq->tool_choice != SL_AI_CHOICE_ALLOWED)
        return SL_OK;
    if (sl_json_parse(rq->tool_choice_json, w->a, &v, &info) != SL_OK)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tool_choice", "is too large");
    allowed = sl_json_get(v, SL_STR("allowed_tools"));
    sl_strbuf_init(&b, w->a, 0);
    sl_jsonw_init(&out, &b);
    sl_jsonw_object(&out);
    sl_jsonw_key_str(&out, SL_STR("type"), SL_STR("allowed_tools"));
    sl_jsonw_key(&out, SL_STR("allowed_tools"));
    sl_jsonw_object(&out);
    sl_jsonw_key_str(&out, SL_STR("mode"), sl_json_text(sl_json_get(allowed, SL_STR("mode"))));
    sl_jsonw_key(&out, SL_STR("tools"));
    sl_jsonw_array(&out);
    c = sl_json_each(sl_json_get(allowed, SL_STR("tools")));
    while ((tool = sl_json_next(&c, NULL)) != NULL)
        write_allowed(&out, tool);
    sl_jsonw_end(&out);
    sl_jsonw_end(&out);
    sl_jsonw_end(&out);
    if (b.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tool_choice", "is too large");
    rq->tool_choice_json = sl_strbuf_str(&b);
    return SL_OK;
}

/* ------------------------------------------------------------------ earlier calls */

/* Empty: no memory. */
static sl_str arguments_of(sl_str input, struct sl_arena *a)
{
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, INPUT, input);
    sl_jsonw_end(&w);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static bool bridge_parts(struct sl_ai_message *m, struct sl_arena *a)
{
    const struct sl_ai_part *from = m->parts;
    struct sl_ai_part **next = &m->parts;

    for (; from != NULL; from = from->next) {
        struct sl_ai_part *p = sl_arena_try_alloc(a, sizeof(*p));
        if (p == NULL)
            return false;
        *p = *from;
        *next = p;
        next = &p->next;
        bool is_call = p->kind == SL_AI_TOOL_CALL && p->is_custom_tool;
        p->is_custom_tool = false;
        if (!is_call)
            continue;
        p->raw_json = (sl_str){0};
        p->arguments_json = arguments_of(p->arguments_json, a);
        if (p->arguments_json.n == 0)
            return false;
    }
    return true;
}

/* Messages without such calls share their parts with the request. */
static sl_rc bridge_messages(struct sl_ai_writer *w, struct sl_ai_request *rq)
{
    const struct sl_ai_message *from = rq->messages;
    struct sl_ai_message **next = &rq->messages;

    if (!calls_custom(rq))
        return SL_OK;
    for (; from != NULL; from = from->next) {
        struct sl_ai_message *m = sl_arena_try_alloc(w->a, sizeof(*m));
        if (m != NULL)
            *m = *from;
        if (m == NULL || (has_custom_call(m->parts) && !bridge_parts(m, w->a)))
            return sl_diag_fail(w->d, SL_E_LIMIT, sl_ai_messages_name(rq), "is too large");
        *next = m;
        next = &m->next;
    }
    return SL_OK;
}

sl_rc sl_ai_custom_bridge(const struct sl_ai_request **rq, const struct sl_ai_target *t,
                          struct sl_ai_receipt *receipt, struct sl_arena *a, struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = *rq, .t = t, .receipt = receipt, .a = a, .d = d};
    struct sl_ai_request *copy;
    sl_rc rc;

    if (!sl_ai_custom_is_bridged(*rq, t))
        return SL_OK;
    copy = sl_arena_try_alloc(a, sizeof(*copy));
    if (copy == NULL)
        return sl_diag_fail(d, SL_E_LIMIT, "", "is too large");
    *copy = **rq;
    rc = bridge_tools(&w, copy);
    if (rc == SL_OK)
        rc = bridge_choice(&w, copy);
    if (rc == SL_OK)
        rc = bridge_messages(&w, copy);
    if (rc == SL_OK)
        *rq = copy;
    return rc;
}

/* ------------------------------------------------------------------ answers */

/* The open call of one choice: blocks follow each other. */
struct held {
    struct sl_strbuf arguments;
    bool is_open;
};

struct sl_ai_custom_calls {
    const struct sl_ai_request *rq;
    struct sl_arena *a;
    struct held *held[SL_AI_CHOICES_MAX]; /* NULL: none so far */
    size_t open_n;
};

struct sl_ai_custom_calls *sl_ai_custom_calls_new(const struct sl_ai_request *rq,
                                                  const struct sl_ai_target *t, struct sl_arena *a)
{
    struct sl_ai_custom_calls *c;

    if (rq == NULL || !has_custom_tool(rq) || sl_ai_custom_is_native(t))
        return NULL;
    c = sl_arena_new_of(a, struct sl_ai_custom_calls);
    c->rq = rq;
    c->a = a;
    return c;
}

bool sl_ai_custom_calls_hold(const struct sl_ai_custom_calls *c)
{
    return c != NULL && c->open_n != 0;
}

/* The text in {"input": text}; anything else is the input itself. False: no memory. */
static bool read_input(sl_str arguments, struct sl_arena *a, sl_str *ret)
{
    static const sl_str wanted = SL_STR_INIT("input");
    struct sl_jsonscan_info info;
    struct sl_json_range r;

    if (sl_jsonscan(arguments, NULL, &wanted, 1, &r, &info) == SL_OK && r.is_present &&
        r.kind == SL_JSON_STRING &&
        sl_json_string_decode(sl_json_range_text(arguments, &r), a, ret) == SL_OK)
        return true;
    *ret = arguments.n != 0 ? sl_arena_try_dup(a, arguments) : (sl_str){0};
    return ret->p != NULL || arguments.n == 0;
}

static enum sl_ai_custom_step begin(struct sl_ai_custom_calls *c, struct sl_ai_event *ev)
{
    struct held **h = &c->held[ev->choice];

    if (ev->part != SL_AI_TOOL_CALL || ev->is_custom_tool || !sl_ai_custom_is_name(c->rq, ev->name))
        return SL_AI_CUSTOM_PASS;
    if (*h == NULL) {
        *h = sl_arena_try_alloc(c->a, sizeof(**h));
        if (*h == NULL)
            return SL_AI_CUSTOM_FULL;
        sl_strbuf_init(&(*h)->arguments, c->a, SL_AI_KEPT_BYTES);
    }
    sl_strbuf_clear(&(*h)->arguments);
    (*h)->is_open = true;
    c->open_n++;
    ev->is_custom_tool = true;
    return SL_AI_CUSTOM_PASS;
}

static enum sl_ai_custom_step end(struct sl_ai_custom_calls *c, struct held *h,
                                  struct sl_arena *scratch, struct sl_ai_event *ev)
{
    sl_str input;

    h->is_open = false;
    c->open_n--;
    if (!read_input(sl_strbuf_str(&h->arguments), scratch, &input))
        return SL_AI_CUSTOM_FULL;
    if (input.n == 0)
        return SL_AI_CUSTOM_PASS;
    ev->kind = SL_AI_EV_DELTA;
    ev->text = input;
    return SL_AI_CUSTOM_MORE;
}

enum sl_ai_custom_step sl_ai_custom_calls_take(struct sl_ai_custom_calls *c,
                                               const struct sl_ai_event *ev,
                                               struct sl_arena *scratch, struct sl_ai_event *ret)
{
    struct held *h = ev->choice < SL_AI_CHOICES_MAX ? c->held[ev->choice] : NULL;
    bool is_held = h != NULL && h->is_open;

    *ret = *ev;
    if (ev->kind == SL_AI_EV_BLOCK_START && ev->choice < SL_AI_CHOICES_MAX)
        return begin(c, ret);
    if (ev->kind == SL_AI_EV_BLOCK_STOP && is_held)
        return end(c, h, scratch, ret);
    if (ev->kind != SL_AI_EV_DELTA || !is_held)
        return SL_AI_CUSTOM_PASS;
    sl_strbuf_add(&h->arguments, ev->text);
    return h->arguments.is_full ? SL_AI_CUSTOM_FULL : SL_AI_CUSTOM_HOLD;
}
