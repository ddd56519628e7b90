/*
 * prompt_answer: a model's answer as a prompt's: {"text": ...}, plain text, or what the output's schema and map
 * say. Of a stream each piece of text is an event, and an event "done" ends it.
 */
#include "ai/prompt_int.h"

#include "ai/stop.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"

struct encoder {
    struct sl_ai_encoder base;
    struct sl_strbuf text; /* of a whole answer */
    bool is_text;          /* the open block is */
    bool has_refused;
    enum sl_ai_stop stop;
};

sl_str sl_ai_prompt_content_type(const struct sl_ai_prompt *p, bool is_stream)
{
    if (is_stream)
        return SL_STR("text/event-stream; charset=utf-8");
    return p->output.is_text ? SL_STR("text/plain; charset=utf-8") : SL_STR("application/json");
}

/* ------------------------------------------------------------------ pointers */

/* "~1" is "/", "~0" is "~" */
static sl_str unescaped(sl_str step, struct sl_arena *scratch)
{
    struct sl_strbuf b;
    if (sl_str_find(step, '~', 0) == SIZE_MAX)
        return step;
    sl_strbuf_init(&b, scratch, 0);
    for (size_t i = 0; i < step.n; i++) {
        bool is_escape = step.p[i] == '~' && i + 1 < step.n;
        sl_strbuf_add_char(&b, !is_escape ? step.p[i] : step.p[i + 1] == '1' ? '/' : '~');
        i += is_escape;
    }
    return sl_strbuf_str(&b);
}

const struct sl_json *sl_ai_prompt_at(const struct sl_json *root, sl_str pointer,
                                      struct sl_arena *scratch)
{
    sl_str rest = sl_str_from(pointer, 1), step;
    uint64_t index;
    if (pointer.n == 0)
        return root;
    while (root != NULL && sl_str_split(&rest, '/', &step)) {
        if (sl_json_kind(root) != SL_JSON_ARRAY)
            root = sl_json_get(root, unescaped(step, scratch));
        else
            root = sl_num_u64(step, UINT32_MAX, &index) ? sl_json_at(root, (size_t)index) : NULL;
    }
    return root;
}

/* ------------------------------------------------------------------ a whole answer */

/* Models like to put JSON into a fence, whatever they are told. */
static sl_str without_fence(sl_str text)
{
    static const sl_str fence = SL_STR_INIT("```");
    text = sl_str_trim_all(text);
    size_t line = sl_str_find(text, '\n', 0);
    if (!sl_str_starts(text, fence) || !sl_str_ends(text, fence) || line == SIZE_MAX)
        return text;
    text = sl_str_from(text, line + 1);
    return sl_str_trim_all(sl_str_head(text, text.n - SL_MIN(text.n, fence.n)));
}

static void write_mapped(struct encoder *e, const struct sl_json *answer, struct sl_jsonw *w)
{
    const struct sl_pairs *map = &e->base.config.prompt->output.map;
    sl_jsonw_object(w);
    for (size_t i = 0; i < map->n; i++) {
        const struct sl_json *v = sl_ai_prompt_at(answer, map->v[i].value, e->base.a);
        sl_jsonw_key(w, map->v[i].name);
        if (v != NULL)
            sl_json_write(v, w);
        else
            sl_jsonw_null(w);
    }
    sl_jsonw_end(w);
}

static const char *why_not_json(const struct encoder *e)
{
    if (e->has_refused || e->stop == SL_AI_STOP_FILTER)
        return "the model refused to answer";
    if (e->stop == SL_AI_STOP_LENGTH)
        return "the model's answer was cut off at its limit of tokens";
    return "the model's answer is not the JSON that the prompt promises";
}

/* It is the model's fault, so one problem tells enough. */
static const char *why_not_kept(struct encoder *e, const struct sl_json *answer)
{
    static const char plain[] = "the model's answer does not keep to the prompt's schema";
    struct sl_schema_report report = {.arena = e->base.a};
    const struct sl_schema *check = e->base.config.prompt->output.check;
    if (check == NULL || sl_schema_check(check, answer, &report))
        return NULL;
    if (report.n == 0)
        return plain;
    const struct sl_schema_fault *f = &report.faults[0];
    struct sl_strbuf b;
    sl_strbuf_init(&b, e->base.a, 0);
    sl_strbuf_addf(&b, "%s: '%.*s' %.*s", plain, SL_STRF(sl_str_head(f->pointer, 128)),
                   SL_STRF(sl_str_head(f->message, 256)));
    sl_strbuf_add_char(&b, '\0');
    return b.is_full ? plain : b.p;
}

static void put_structured(struct encoder *e, struct sl_strbuf *out)
{
    const struct sl_json *answer;
    struct sl_jsonscan_info info;
    struct sl_jsonw w;
    if (sl_json_parse(without_fence(sl_strbuf_str(&e->text)), e->base.a, &answer, &info) != SL_OK ||
        sl_json_kind(answer) == SL_JSON_NULL) {
        e->base.failure = why_not_json(e);
        return;
    }
    e->base.failure = why_not_kept(e, answer);
    if (e->base.failure != NULL)
        return;
    sl_jsonw_init(&w, out);
    if (e->base.config.prompt->output.map.n != 0)
        write_mapped(e, answer, &w);
    else
        sl_json_write(answer, &w);
}

static void put_whole(struct encoder *e, struct sl_strbuf *out)
{
    const struct sl_ai_prompt_output *o = &e->base.config.prompt->output;
    struct sl_jsonw w;
    if (e->base.is_full)
        return;
    if (o->schema.n != 0) {
        put_structured(e, out);
        return;
    }
    if (o->is_text) {
        sl_utf8_add_lossy(out, sl_strbuf_str(&e->text));
        return;
    }
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, o->member, sl_strbuf_str(&e->text));
    sl_jsonw_end(&w);
}

/* ------------------------------------------------------------------ a stream */

static void put_piece(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_strbuf_add(out, SL_STR("data: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, e->base.config.prompt->output.member, text);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_done(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_strbuf_add(out, SL_STR("event: done\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("finish"), sl_ai_stop_name(SL_AI_OPENAI_CHAT, e->stop));
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_openai(&w, &e->base.usage);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

void sl_ai_prompt_error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    const struct sl_err_info *info = sl_err_info(f->rc);
    struct sl_jsonw w;
    sl_strbuf_add(out, SL_STR("event: error\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("type"));
    struct sl_strbuf type;
    sl_strbuf_init(&type, NULL, 0);
    sl_strbuf_addf(&type, "urn:sluice:problem:%s", info->label);
    sl_jsonw_str(&w, sl_strbuf_str(&type));
    sl_strbuf_fini(&type);
    sl_jsonw_key_str(&w, SL_STR("title"), sl_cstr(info->text));
    sl_jsonw_key_i64(&w, SL_STR("status"), info->status);
    sl_jsonw_key_str(&w, SL_STR("reason"), sl_cstr(info->label));
    sl_jsonw_key_str(&w, SL_STR("detail"), sl_ai_fault_message(f));
    sl_jsonw_key_str(&w, SL_STR("request_id"), request_id);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

/* ------------------------------------------------------------------ events */

static void delta(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    if (!e->is_text || text.n == 0)
        return;
    if (e->base.config.is_stream) {
        put_piece(e, text, out);
        return;
    }
    sl_strbuf_add(&e->text, text);
    e->base.is_full |= e->text.is_full;
}

static void block_start(struct encoder *e, const struct sl_ai_event *ev)
{
    e->is_text = ev->part == SL_AI_TEXT || ev->part == SL_AI_REFUSAL;
    e->has_refused |= ev->part == SL_AI_REFUSAL;
    if (e->text.arena == NULL)
        sl_strbuf_init(&e->text, e->base.a, SL_AI_KEPT_BYTES);
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;
    bool is_stream = base->config.is_stream;
    if (ev->usage.source != SL_AI_USAGE_NONE)
        base->usage = ev->usage;
    if (ev->choice != 0)
        return; /* one answer is wanted */
    switch (ev->kind) {
    case SL_AI_EV_BLOCK_START:
        block_start(e, ev);
        break;
    case SL_AI_EV_DELTA:
        delta(e, ev->text, out);
        break;
    case SL_AI_EV_STOP:
        e->stop = ev->stop;
        break;
    case SL_AI_EV_END:
        if (is_stream)
            put_done(e, out);
        else
            put_whole(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (is_stream)
            sl_ai_prompt_error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_PING:
        if (is_stream)
            sl_strbuf_add(out, SL_STR(": ping\n\n"));
        break;
    case SL_AI_EV_START:
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_BLOCK_STOP:
    case SL_AI_EV_USAGE:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_prompt_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
};
