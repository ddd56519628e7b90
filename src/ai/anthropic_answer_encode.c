/*
 * anthropic_answer_encode: events as Anthropic's stream, in its exact order (wire-formats 2.5), or as one
 * message. The reason to stop and the usage go out together at the end, because other vendors send
 * their usage last; message_start then has what is known by then.
 *
 * Anthropic has no images in answers: of one a text says that it is left out, and where it is.
 *
 * One choice: Anthropic has no n. Arguments of a tool call that do not begin as an object are held and
 * go out in a carrier object at the block's end (ai/tool_args.h); the others go out as they come.
 */
#include "ai/citation.h"
#include "ai/anthropic_int.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "ai/tool_args.h"
#include "base/str.h"

/* Which member of a block that passes unread a delta adds to. */
struct growth {
    const char *delta, *piece, *member;
    bool is_json;
};

struct encoder {
    struct sl_ai_encoder base;
    enum sl_ai_part_kind kind;  /* of the open block */
    uint32_t index, next_index; /* of the open block, and of the one after it */
    bool is_open, is_redacted, has_refusal;
    bool is_image; /* the open text stands for one */
    struct sl_ai_image_note image;
    bool is_object;             /* the open call's arguments begin with '{' */
    struct sl_strbuf text;      /* of the open block, as far as it must be kept */
    struct sl_strbuf signature; /* of the open block of a whole answer */
    struct sl_strbuf
        citations;            /* of the open block of a whole answer, each with a comma behind it */
    struct sl_strbuf content; /* blocks of a whole answer, each with a comma behind it */
    sl_str call_id, call_name, opaque;
    const struct growth *growth; /* of the open opaque block of a whole answer; NULL: none so far */
    enum sl_ai_stop stop;
    sl_str stop_text;
};

/* ------------------------------------------------------------------ stream events */

static void begin_event(struct sl_jsonw *w, const char *type, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "event: %s\ndata: ", type);
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type));
}

static void end_event(struct sl_jsonw *w, struct sl_strbuf *out)
{
    sl_jsonw_end(w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void write_head(struct encoder *e, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->base.id);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("message"));
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key_str(w, SL_STR("model"), e->base.model);
}

static void write_stop(struct encoder *e, struct sl_jsonw *w)
{
    enum sl_ai_stop why = sl_ai_stop_of_refusal(e->stop, e->has_refusal);

    sl_jsonw_key_str(w, SL_STR("stop_reason"), sl_ai_stop_name(SL_AI_ANTHROPIC, why));
    sl_jsonw_key(w, SL_STR("stop_sequence"));
    if (e->stop_text.n != 0)
        sl_jsonw_str(w, e->stop_text);
    else
        sl_jsonw_null(w);
}

static void put_start(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "message_start", out);
    sl_jsonw_key(&w, SL_STR("message"));
    write_head(e, &w);
    sl_jsonw_key_raw(&w, SL_STR("content"), SL_STR("[]"));
    sl_jsonw_key_raw(&w, SL_STR("stop_reason"), SL_STR("null"));
    sl_jsonw_key_raw(&w, SL_STR("stop_sequence"), SL_STR("null"));
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_anthropic(&w, &e->base.usage);
    sl_jsonw_end(&w);
    end_event(&w, out);
}

static void begin_delta(struct sl_jsonw *w, uint32_t index, const char *type, struct sl_strbuf *out)
{
    begin_event(w, "content_block_delta", out);
    sl_jsonw_key_i64(w, SL_STR("index"), index);
    sl_jsonw_key(w, SL_STR("delta"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type));
}

static void put_delta(uint32_t index, const char *type, sl_str member, sl_str text,
                      struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_delta(&w, index, type, out);
    sl_jsonw_key_str(&w, member, text);
    sl_jsonw_end(&w);
    end_event(&w, out);
}

/* ------------------------------------------------------------------ blocks */

/* The block as it begins in a stream or, with the kept texts, as it stands in a whole answer. */
static void write_block(struct encoder *e, struct sl_jsonw *w, sl_str text, sl_str input)
{
    sl_jsonw_object(w);
    if (e->kind == SL_AI_TOOL_CALL) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("tool_use"));
        sl_jsonw_key_str(w, SL_STR("id"), e->call_id);
        sl_jsonw_key_str(w, SL_STR("name"), e->call_name);
        sl_jsonw_key_raw(w, SL_STR("input"), input);
    } else if (e->kind == SL_AI_THINKING && e->is_redacted) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("redacted_thinking"));
        sl_jsonw_key_str(w, SL_STR("data"), sl_strbuf_str(&e->signature));
    } else if (e->kind == SL_AI_THINKING) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("thinking"));
        sl_jsonw_key_str(w, SL_STR("thinking"), text);
        sl_jsonw_key_str(w, SL_STR("signature"), sl_strbuf_str(&e->signature));
    } else {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("text"));
        sl_jsonw_key_str(w, SL_STR("text"), text);
        if (e->citations.n != 0) {
            sl_jsonw_key(w, SL_STR("citations"));
            sl_jsonw_array(w);
            sl_jsonw_raw(w, sl_strbuf_str(&e->citations));
            sl_jsonw_end(w);
        }
    }
    sl_jsonw_end(w);
}

static void begin_block(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_event(&w, "content_block_start", out);
    sl_jsonw_key_i64(&w, SL_STR("index"), e->index);
    sl_jsonw_key(&w, SL_STR("content_block"));
    if (e->kind == SL_AI_OPAQUE)
        sl_jsonw_raw(&w, e->opaque);
    else
        write_block(e, &w, SL_STR(""), SL_STR("{}"));
    end_event(&w, out);
}

static void say(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    if (text.n == 0)
        return;
    if (e->base.config.is_stream)
        put_delta(e->index, "text_delta", SL_STR("text"), text, out);
    else
        sl_ai_encoder_keep(&e->base, &e->text, text);
}

static void block_start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    /* what only another dialect knows is left out, and not counted */
    e->is_open = ev->part != SL_AI_OPAQUE || ev->dialect == SL_AI_ANTHROPIC;
    if (!e->is_open)
        return;
    e->index = e->next_index++;
    e->is_image = ev->part == SL_AI_IMAGE;
    e->kind = e->is_image ? SL_AI_TEXT : ev->part;
    e->has_refusal |= ev->part == SL_AI_REFUSAL;
    e->is_object = false;
    e->growth = NULL;
    sl_strbuf_clear(&e->text);
    sl_strbuf_clear(&e->signature);
    sl_strbuf_clear(&e->citations);
    e->is_redacted = ev->part == SL_AI_THINKING && ev->text.n != 0;
    if (e->is_redacted)
        sl_ai_encoder_keep(&e->base, &e->signature, ev->text);
    if (ev->part == SL_AI_OPAQUE)
        e->opaque = sl_ai_encoder_keep_word(&e->base, ev->text.n != 0 ? ev->text : SL_STR("{}"));
    if (ev->part == SL_AI_TOOL_CALL) {
        e->call_id = sl_ai_encoder_keep_word(&e->base, ev->id);
        e->call_name = sl_ai_encoder_keep_word(&e->base, ev->name);
    }
    begin_block(e, out);
    if (e->is_image)
        say(e, sl_ai_image_note_begin(&e->base, &e->image, ev->name), out);
}

static void arguments(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    sl_str pending;

    if (e->base.config.is_stream && e->is_object) {
        put_delta(e->index, "input_json_delta", SL_STR("partial_json"), ev->text, out);
        return;
    }
    sl_ai_encoder_keep(&e->base, &e->text, ev->text);
    pending = sl_str_trim_all(sl_strbuf_str(&e->text));
    e->is_object = pending.n != 0 && pending.p[0] == '{';
    if (e->base.config.is_stream && e->is_object)
        put_delta(e->index, "input_json_delta", SL_STR("partial_json"), sl_strbuf_str(&e->text),
                  out);
}

static void put_opaque_delta(uint32_t index, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "content_block_delta", out);
    sl_jsonw_key_i64(&w, SL_STR("index"), index);
    sl_jsonw_key_raw(&w, SL_STR("delta"), ev->text.n != 0 ? ev->text : SL_STR("{}"));
    end_event(&w, out);
}

static const struct growth *growth_of(const struct sl_json *delta)
{
    static const struct growth rows[] = {
        {"input_json_delta", "partial_json", "input", true}, /* of tools that run at the vendor */
        {"compaction_delta", "content", "content", false},
    };
    sl_str type = sl_json_text(sl_json_get(delta, SL_STR("type")));

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(type, sl_cstr(rows[i].delta)))
            return &rows[i];
    return NULL;
}

static void keep_opaque_delta(struct encoder *e, sl_str raw)
{
    struct sl_arena *a = sl_arena_new("delta", SL_AI_KEPT_BYTES);
    const struct growth *growth = NULL;
    struct sl_jsonscan_info info;
    const struct sl_json *v;

    if (sl_json_parse(raw, a, &v, &info) == SL_OK)
        growth = growth_of(v);
    if (e->growth == NULL)
        e->growth = growth;
    if (growth != NULL && growth == e->growth)
        sl_ai_encoder_keep(&e->base, &e->text,
                           sl_json_text(sl_json_get(v, sl_cstr(growth->piece))));
    sl_arena_free(a);
}

static void delta(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (e->is_image)
        say(e, sl_ai_image_note_add(&e->image, ev->text), out);
    else if (e->kind == SL_AI_TOOL_CALL)
        arguments(e, ev, out);
    else if (e->kind == SL_AI_OPAQUE && e->base.config.is_stream)
        put_opaque_delta(e->index, ev, out);
    else if (e->kind == SL_AI_OPAQUE)
        keep_opaque_delta(e, ev->text);
    else if (e->is_redacted)
        return;
    else if (!e->base.config.is_stream)
        sl_ai_encoder_keep(&e->base, &e->text, ev->text);
    else if (e->kind == SL_AI_THINKING)
        put_delta(e->index, "thinking_delta", SL_STR("thinking"), ev->text, out);
    else
        put_delta(e->index, "text_delta", SL_STR("text"), ev->text, out);
}

/* Only thinking has one here; what others sign besides goes with the calls' ids (ai/signature.h). */
static void signature(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (e->kind != SL_AI_THINKING)
        return;
    if (e->base.config.is_stream)
        put_delta(e->index, "signature_delta", SL_STR("signature"), ev->text, out);
    else
        sl_ai_encoder_keep(&e->base, &e->signature, ev->text);
}

/* Of a text that is over nothing more can be said. */
static void citation(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->kind != SL_AI_TEXT)
        return;
    if (e->base.config.is_stream) {
        begin_delta(&w, e->index, "citations_delta", out);
        sl_jsonw_key(&w, SL_STR("citation"));
        sl_ai_citation_write_anthropic(&w, &ev->citation);
        sl_jsonw_end(&w);
        end_event(&w, out);
        return;
    }
    if (e->citations.n != 0)
        sl_ai_encoder_keep(&e->base, &e->citations, SL_STR(","));
    sl_jsonw_init(&w, &e->citations);
    sl_ai_citation_write_anthropic(&w, &ev->citation);
    e->base.is_full |= e->citations.is_full;
}

/* The open call's kept arguments as an object; empty when there is nothing to add to {}. */
static sl_str kept_object(struct encoder *e)
{
    struct sl_strbuf object;

    sl_strbuf_init(&object, e->base.a, 0);
    sl_ai_args_add_object(&object, sl_strbuf_str(&e->text));
    e->base.is_full |= object.is_full;
    return object.is_full ? SL_STR("{}") : sl_strbuf_str(&object);
}

/* The block as it began, with what its deltas have added. */
static void write_grown(struct encoder *e, struct sl_jsonw *w)
{
    struct sl_arena *a = sl_arena_new("block", SL_AI_DECODER_BYTES);
    sl_str name, grown = sl_cstr(e->growth->member);
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    struct sl_json_cursor c;

    e->base.is_full |= sl_json_parse(e->opaque, a, &v, &info) != SL_OK;
    c = sl_json_each(e->base.is_full ? NULL : v);
    sl_jsonw_object(w);
    while ((v = sl_json_next(&c, &name)) != NULL) {
        if (sl_str_eq(name, grown))
            continue;
        sl_jsonw_key(w, name);
        sl_json_write(v, w);
    }
    if (e->growth->is_json)
        sl_jsonw_key_raw(w, grown, kept_object(e));
    else
        sl_jsonw_key_str(w, grown, sl_strbuf_str(&e->text));
    sl_jsonw_end(w);
    sl_arena_free(a);
}

static void end_kept_block(struct encoder *e)
{
    sl_str input = e->kind == SL_AI_TOOL_CALL ? kept_object(e) : (sl_str){0};
    struct sl_jsonw w;

    if (e->content.n != 0)
        sl_ai_encoder_keep(&e->base, &e->content, SL_STR(","));
    sl_jsonw_init(&w, &e->content);
    if (e->kind == SL_AI_OPAQUE && e->growth != NULL && e->text.n != 0)
        write_grown(e, &w);
    else if (e->kind == SL_AI_OPAQUE)
        sl_jsonw_raw(&w, e->opaque);
    else
        write_block(e, &w, sl_strbuf_str(&e->text), input);
    e->base.is_full |= e->content.is_full;
}

static void block_stop(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    e->is_open = false;
    if (e->is_image)
        say(e, sl_ai_image_note_end(&e->base, &e->image), out);
    if (!e->base.config.is_stream) {
        end_kept_block(e);
        return;
    }
    if (e->kind == SL_AI_TOOL_CALL && !e->is_object && e->text.n != 0)
        put_delta(e->index, "input_json_delta", SL_STR("partial_json"), kept_object(e), out);
    begin_event(&w, "content_block_stop", out);
    sl_jsonw_key_i64(&w, SL_STR("index"), e->index);
    end_event(&w, out);
}

/* ------------------------------------------------------------------ the message */

static void start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_strbuf *buffers[] = {&e->text, &e->signature, &e->citations, &e->content};
    sl_str shown = e->base.config.shown_model;

    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    e->base.has_started = true;
    e->base.id = sl_ai_id_of_answer(e->base.a, SL_STR("msg_"), ev->id, e->base.config.request_id);
    e->base.model = shown.n != 0 ? shown : sl_ai_encoder_keep_word(&e->base, ev->model);
    if (e->base.config.is_stream)
        put_start(e, out);
}

static void put_whole(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.is_full)
        return;
    sl_jsonw_init(&w, out);
    write_head(e, &w);
    sl_jsonw_key(&w, SL_STR("content"));
    sl_jsonw_array(&w);
    if (e->content.n != 0)
        sl_jsonw_raw(&w, sl_strbuf_str(&e->content));
    sl_jsonw_end(&w);
    write_stop(e, &w);
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_anthropic(&w, &e->base.usage);
    sl_jsonw_end(&w);
}

static void end(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream) {
        put_whole(e, out);
        return;
    }
    begin_event(&w, "message_delta", out);
    sl_jsonw_key(&w, SL_STR("delta"));
    sl_jsonw_object(&w);
    write_stop(e, &w);
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_anthropic(&w, &e->base.usage);
    end_event(&w, out);
    begin_event(&w, "message_stop", out);
    end_event(&w, out);
}

static void put_block_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (ev->choice != 0 || !e->base.has_started)
        return;
    if (ev->kind == SL_AI_EV_BLOCK_START)
        block_start(e, ev, out);
    else if (!e->is_open)
        return;
    else if (ev->kind == SL_AI_EV_DELTA)
        delta(e, ev, out);
    else if (ev->kind == SL_AI_EV_SIGNATURE)
        signature(e, ev, out);
    else if (ev->kind == SL_AI_EV_CITATION)
        citation(e, ev, out);
    else
        block_stop(e, out);
}

static void stop(struct encoder *e, const struct sl_ai_event *ev)
{
    if (ev->choice != 0)
        return;
    e->stop = ev->stop;
    e->stop_text = sl_ai_encoder_keep_word(&e->base, ev->text);
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;

    if (ev->usage.source != SL_AI_USAGE_NONE)
        base->usage = ev->usage;
    switch (ev->kind) {
    case SL_AI_EV_START:
        start(e, ev, out);
        break;
    case SL_AI_EV_BLOCK_START:
    case SL_AI_EV_DELTA:
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_BLOCK_STOP:
        put_block_event(e, ev, out);
        break;
    case SL_AI_EV_STOP:
        stop(e, ev);
        break;
    case SL_AI_EV_END:
        if (base->has_started)
            end(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (e->base.config.is_stream)
            sl_ai_anthropic.error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_PING:
        if (e->base.config.is_stream)
            sl_strbuf_add(out, SL_STR("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
        break;
    case SL_AI_EV_USAGE:
        break;
    }
}

/* What a stream's texts and thoughts say is not kept; a note in place of an image counts what it is told. */
static bool may_repeat(const struct sl_ai_encoder *base, const struct sl_ai_event *ev)
{
    const struct encoder *e = (const struct encoder *)base;
    return base->config.is_stream && !e->is_image && !e->is_redacted && ev->choice == 0;
}

const struct sl_ai_encoder_ops sl_ai_anthropic_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
    .may_repeat = may_repeat,
};
