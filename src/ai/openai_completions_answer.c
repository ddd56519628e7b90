/*
 * openai_completions_answer: text completions as events, and events as text completions. Of an answer only
 * the text has a place here: thinking and tool calls are left out.
 */
#include "ai/answer_int.h"
#include "ai/openai_chat_int.h"
#include "ai/openai_completions_int.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "base/str.h"

/* ------------------------------------------------------------------ bytes to events */

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track tracks[SL_AI_CHOICES_MAX];
    bool has_choice[SL_AI_CHOICES_MAX];
    bool is_whole;
};

static void choice(struct decoder *d, const struct sl_json *v)
{
    sl_str reason = sl_json_text_of(v, "finish_reason");
    int64_t index = 0;

    (void)!sl_json_i64(sl_json_get(v, SL_STR("index")), &index); /* missing: the first */
    if (index < 0 || index >= SL_AI_CHOICES_MAX)
        return;
    struct sl_ai_track *t = &d->tracks[index];
    t->choice = (uint32_t)index;
    d->has_choice[index] = true;
    (void)sl_ai_emit_text(&d->base, t, SL_AI_TEXT, sl_json_text_of(v, "text"));
    if (reason.n != 0 || d->is_whole)
        (void)sl_ai_emit_stop(&d->base, t, sl_ai_stop_of(SL_AI_OPENAI_COMPLETIONS, reason),
                              sl_ai_decoder_keep(&d->base, reason));
}

static void answer(struct decoder *d, sl_str type, const struct sl_json *v)
{
    const struct sl_json *error = sl_json_get(v, SL_STR("error")), *one;
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("choices")));

    if (sl_json_kind(error) > SL_JSON_NULL || sl_str_eq(type, SL_STR("error"))) {
        struct sl_ai_fault f =
            sl_ai_decoder_fault(&d->base, sl_json_kind(error) > SL_JSON_NULL ? error : v);
        sl_ai_emit_fault(&d->base, &f);
        return;
    }
    sl_ai_emit_usage(&d->base, v, false);
    if (sl_json_text_of(v, "id").n != 0)
        sl_ai_emit_start(&d->base, sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "id")),
                         sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "model")));
    while ((one = sl_json_next(&c, NULL)) != NULL)
        choice(d, one);
    if (!d->is_whole)
        sl_ai_emit_usage(&d->base, v, true);
}

static bool has_choices(const struct decoder *d, bool is_stopped)
{
    size_t n = 0;

    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++) {
        if (d->has_choice[i] && is_stopped && !d->tracks[i].has_stopped)
            return false;
        n += d->has_choice[i];
    }
    return n != 0;
}

/* [DONE]: choices that were never given a reason end here. */
static void done(struct decoder *d)
{
    if (!has_choices(d, false)) {
        sl_ai_emit_cut(&d->base, "the vendor's answer is empty");
        return;
    }
    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (d->has_choice[i])
            (void)sl_ai_emit_stop(&d->base, &d->tracks[i], SL_AI_STOP_END, (sl_str){0});
    sl_ai_emit_end(&d->base);
}

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    struct decoder *d = (struct decoder *)base;
    bool is_done;
    const struct sl_json *v = sl_ai_openai_chat_data(base, data, &is_done);

    if (is_done)
        done(d);
    else if (v != NULL)
        answer(d, type, v);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;

    d->is_whole = true;
    answer(d, (sl_str){0}, v);
    if (!base->is_over && !has_choices(d, false))
        sl_ai_emit_cut(base, "the vendor's answer has no choices");
}

/* No [DONE], but every choice has its reason and the end is clean (T3). */
static void finish(struct sl_ai_decoder *base)
{
    if (has_choices((struct decoder *)base, true))
        sl_ai_emit_end(base);
}

const struct sl_ai_decoder_ops sl_ai_openai_completions_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .body = body,
    .finish = finish,
};

/* ------------------------------------------------------------------ events to bytes */

struct written_choice {
    struct sl_strbuf text; /* of a whole answer */
    bool is_text;          /* the open block is */
    bool has_refusal, has_stopped;
    enum sl_ai_stop stop;
};

struct encoder {
    struct sl_ai_encoder base;
    struct written_choice *choices[SL_AI_CHOICES_MAX];
    bool has_usage;
};

static struct written_choice *choice_of(struct encoder *e, uint32_t index)
{
    if (index >= SL_AI_CHOICES_MAX)
        return NULL;
    if (e->choices[index] == NULL) {
        e->choices[index] = sl_arena_new_of(e->base.a, struct written_choice);
        sl_strbuf_init(&e->choices[index]->text, e->base.a, SL_AI_KEPT_BYTES);
    }
    return e->choices[index];
}

static void begin_answer(struct encoder *e, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->base.id);
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("text_completion"));
    sl_jsonw_key_i64(w, SL_STR("created"), e->base.config.now_unix_s);
    sl_jsonw_key_str(w, SL_STR("model"), e->base.model);
    sl_jsonw_key(w, SL_STR("choices"));
    sl_jsonw_array(w);
}

static void write_choice(struct sl_jsonw *w, uint32_t index, sl_str text,
                         const struct written_choice *stopped)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("text"), text);
    sl_jsonw_key_i64(w, SL_STR("index"), index);
    sl_jsonw_key_raw(w, SL_STR("logprobs"), SL_STR("null"));
    if (stopped != NULL)
        sl_jsonw_key_str(w, SL_STR("finish_reason"),
                         sl_ai_stop_name(SL_AI_OPENAI_COMPLETIONS, stopped->stop));
    else
        sl_jsonw_key_raw(w, SL_STR("finish_reason"), SL_STR("null"));
    sl_jsonw_end(w);
}

static void put_chunk(struct encoder *e, uint32_t index, sl_str text,
                      const struct written_choice *stopped, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("data: "));
    sl_jsonw_init(&w, out);
    begin_answer(e, &w);
    write_choice(&w, index, text, stopped);
    sl_jsonw_end(&w);
    if (e->base.config.wants_usage)
        sl_jsonw_key_raw(&w, SL_STR("usage"), SL_STR("null"));
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_usage(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("data: "));
    sl_jsonw_init(&w, out);
    begin_answer(e, &w);
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_openai(&w, &e->base.usage);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_whole(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.is_full)
        return;
    sl_jsonw_init(&w, out);
    begin_answer(e, &w);
    for (uint32_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (e->choices[i] != NULL)
            write_choice(&w, i, sl_strbuf_str(&e->choices[i]->text), e->choices[i]);
    sl_jsonw_end(&w);
    if (e->has_usage) {
        sl_jsonw_key(&w, SL_STR("usage"));
        sl_ai_usage_write_openai(&w, &e->base.usage);
    }
    sl_jsonw_end(&w);
}

static sl_str kept(struct encoder *e, sl_str text)
{
    sl_str copy = sl_arena_try_dup(e->base.a, text);

    e->base.is_full |= copy.p == NULL;
    return copy.p != NULL ? copy : (sl_str){0};
}

static void start(struct encoder *e, const struct sl_ai_event *ev)
{
    const struct sl_ai_encoder_config *c = &e->base.config;

    e->base.id = kept(e, sl_ai_id_of_answer(e->base.a, SL_STR("cmpl-"), ev->id, c->request_id));
    e->base.model = kept(e, c->shown_model.n != 0 ? c->shown_model : ev->model);
}

static void delta(struct encoder *e, struct written_choice *c, const struct sl_ai_event *ev,
                  struct sl_strbuf *out)
{
    if (!c->is_text || ev->text.n == 0)
        return;
    if (e->base.config.is_stream) {
        put_chunk(e, ev->choice, ev->text, NULL, out);
        return;
    }
    sl_strbuf_add(&c->text, ev->text);
    e->base.is_full |= c->text.is_full;
}

static void put_choice_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct written_choice *c = choice_of(e, ev->choice);

    if (c == NULL || c->has_stopped)
        return;
    if (ev->kind == SL_AI_EV_BLOCK_START) {
        c->is_text = ev->part == SL_AI_TEXT || ev->part == SL_AI_REFUSAL;
        c->has_refusal |= ev->part == SL_AI_REFUSAL;
    } else if (ev->kind == SL_AI_EV_DELTA) {
        delta(e, c, ev, out);
    } else if (ev->kind == SL_AI_EV_STOP) {
        c->has_stopped = true;
        c->stop = sl_ai_stop_of_refusal(ev->stop, c->has_refusal);
        if (e->base.config.is_stream)
            put_chunk(e, ev->choice, (sl_str){0}, c, out);
    }
}

static void end(struct encoder *e, struct sl_strbuf *out)
{
    if (!e->base.config.is_stream) {
        put_whole(e, out);
        return;
    }
    if (e->base.config.wants_usage)
        put_usage(e, out);
    sl_strbuf_add(out, SL_STR("data: [DONE]\n\n"));
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;

    if (ev->usage.source != SL_AI_USAGE_NONE) {
        base->usage = ev->usage;
        e->has_usage = true;
    }
    switch (ev->kind) {
    case SL_AI_EV_START:
        start(e, ev);
        break;
    case SL_AI_EV_BLOCK_START:
    case SL_AI_EV_DELTA:
    case SL_AI_EV_STOP:
        put_choice_event(e, ev, out);
        break;
    case SL_AI_EV_END:
        end(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (base->config.is_stream)
            sl_ai_openai_completions.error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_PING:
        if (base->config.is_stream)
            sl_strbuf_add(out, SL_STR(": ping\n\n"));
        break;
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_BLOCK_STOP:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_USAGE:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_openai_completions_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
};
