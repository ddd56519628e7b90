/*
 * openai_responses_answer_encode: events as the full sequence of Responses' stream, or as one response
 * (wire-formats 7.3, 7.4).
 *
 * Every item is announced, filled and closed, because clients build the answer from these brackets. The
 * finished items are kept, for the last event repeats them all, as is the request, which every
 * response echoes. Texts that follow each other are parts of one message.
 *
 * An image is a call of the tool that draws them at OpenAI, with its result. One that is only an address,
 * which has no place there, is a text of the message.
 *
 * What another vendor signed its thoughts with stands in encrypted_content, in a carrier that says so
 * (ai/signature.h); the client sends it back as it is.
 */
#include "ai/citation.h"
#include "ai/openai_responses_int.h"

#include "ai/ids.h"
#include "ai/likely.h"
#include "ai/stop.h"
#include "base/str.h"

enum { ID_BYTES = 48 }; /* of the response's id in those of its items, which have 64 at most */

struct encoder {
    struct sl_ai_encoder base;
    uint64_t sequence;       /* number of the next event */
    uint32_t items;          /* finished ones: the open item's output_index */
    struct sl_strbuf output; /* finished items, a comma between them */
    sl_str echo;             /* members of the request as a response has them, commas before them */
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_open, is_custom, is_redacted, has_text;
    bool is_address; /* the open text is that of an image */
    sl_str format;   /* of the open image: "png" */
    sl_str item_id, call_id, call_name;
    sl_str thought_id;            /* the vendor's, of the open thought; its signature is for that */
    bool has_message;             /* a message is open, perhaps between two of its parts */
    sl_str phase;                 /* of the open message */
    uint32_t parts;               /* of the open message that are finished */
    struct sl_strbuf message;     /* these parts, a comma between them */
    struct sl_strbuf text;        /* of the open block */
    struct sl_strbuf signature;   /* of the open thought */
    struct sl_strbuf annotations; /* of the open text, with commas between them */
    uint32_t annotation_count;
    struct sl_strbuf likely;       /* of the open text (ai/likely.h) */
    size_t likely_told;            /* bytes of it that the deltas had */
    int64_t chars, block_chars_at; /* of the answer's text, and where the open block begins */
    enum sl_ai_stop stop;
    bool has_ended;
};

/* ------------------------------------------------------------------ the response */

/* What a response repeats of its request, and what it says where the request does not. */
static const struct {
    const char *name, *otherwise;
} echoed[] = {
    {"background", "false"},
    {"instructions", "null"},
    {"max_output_tokens", "null"},
    {"max_tool_calls", "null"},
    {"metadata", "{}"},
    {"parallel_tool_calls", "true"},
    {"previous_response_id", "null"},
    {"prompt_cache_key", NULL},
    {"reasoning", "{\"effort\":null,\"summary\":null}"},
    {"safety_identifier", NULL},
    {"store", "true"},
    {"temperature", "1"},
    {"text", "{\"format\":{\"type\":\"text\"}}"},
    {"tool_choice", "\"auto\""},
    {"tools", "[]"},
    {"top_logprobs", NULL},
    {"top_p", "1"},
    {"truncation", "\"disabled\""},
    {"user", NULL},
};

/* The values are as they were written. */
static sl_str echo_of(struct encoder *e, sl_str body)
{
    struct sl_json_range m[SL_LEN(echoed)] = {0};
    sl_str names[SL_LEN(echoed)];
    struct sl_jsonscan_info info;
    struct sl_strbuf b;

    for (size_t i = 0; i < SL_LEN(echoed); i++)
        names[i] = sl_cstr(echoed[i].name);
    if (body.n != 0 && sl_jsonscan(body, NULL, names, SL_LEN(names), m, &info) != SL_OK)
        memset(m, 0, sizeof(m));
    sl_strbuf_init(&b, e->base.a, SL_AI_KEPT_BYTES);
    for (size_t i = 0; i < SL_LEN(echoed); i++) {
        bool is_there = m[i].is_present && m[i].kind != SL_JSON_NULL;
        if (!is_there && echoed[i].otherwise == NULL)
            continue;
        sl_strbuf_addf(&b, ",\"%s\":", echoed[i].name);
        sl_strbuf_add(&b,
                      is_there ? sl_json_range_text(body, &m[i]) : sl_cstr(echoed[i].otherwise));
    }
    e->base.is_full |= b.is_full;
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static void write_incomplete(struct sl_jsonw *w, sl_str reason)
{
    sl_jsonw_key(w, SL_STR("incomplete_details"));
    if (reason.n == 0) {
        sl_jsonw_null(w);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("reason"), reason);
    sl_jsonw_end(w);
}

static void write_error(struct sl_jsonw *w, const struct sl_ai_fault *f)
{
    sl_jsonw_key(w, SL_STR("error"));
    if (f == NULL) {
        sl_jsonw_null(w);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("code"), sl_cstr(sl_err_info(f->rc)->label));
    sl_jsonw_key_str(w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_end(w);
}

static void write_usage(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    sl_jsonw_key(w, SL_STR("usage"));
    if (u->source == SL_AI_USAGE_NONE)
        sl_jsonw_null(w);
    else
        sl_ai_usage_write_responses(w, u);
}

/* How the answer stands. */
struct standing {
    const char *event, *status;
    sl_str reason;                   /* that it is incomplete; empty: it is not */
    const struct sl_ai_fault *fault; /* NULL: none */
    bool has_usage;
};

static void write_response(struct encoder *e, struct sl_jsonw *w, const struct standing *s)
{
    const struct sl_ai_usage none = {0};

    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->base.id);
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("response"));
    sl_jsonw_key_i64(w, SL_STR("created_at"), e->base.config.now_unix_s);
    sl_jsonw_key_str(w, SL_STR("status"), sl_cstr(s->status));
    write_error(w, s->fault);
    write_incomplete(w, s->reason);
    sl_jsonw_key_str(w, SL_STR("model"), e->base.model);
    sl_jsonw_key(w, SL_STR("output"));
    sl_jsonw_array(w);
    if (e->output.n != 0)
        sl_jsonw_raw(w, sl_strbuf_str(&e->output));
    sl_jsonw_end(w);
    if (e->base.service_tier.n != 0)
        sl_jsonw_key_str(w, SL_STR("service_tier"), e->base.service_tier);
    write_usage(w, s->has_usage ? &e->base.usage : &none);
    sl_strbuf_add(w->out, e->echo); /* members, each with its comma */
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ stream events */

static void begin_event(struct encoder *e, struct sl_jsonw *w, const char *type,
                        struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "event: %s\ndata: ", type);
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type));
    sl_jsonw_key_i64(w, SL_STR("sequence_number"), (int64_t)e->sequence++);
}

static void end_event(struct sl_jsonw *w, struct sl_strbuf *out)
{
    sl_jsonw_end(w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_response(struct encoder *e, const struct standing *s, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(e, &w, s->event, out);
    sl_jsonw_key(&w, SL_STR("response"));
    write_response(e, &w, s);
    end_event(&w, out);
}

static void begin_item_event(struct encoder *e, struct sl_jsonw *w, const char *type,
                             struct sl_strbuf *out)
{
    begin_event(e, w, type, out);
    sl_jsonw_key_str(w, SL_STR("item_id"), e->item_id);
    sl_jsonw_key_i64(w, SL_STR("output_index"), e->items);
}

/* An event about a part of the open item: of a message, or of a thought's summary. */
static void begin_part_event(struct encoder *e, struct sl_jsonw *w, const char *type,
                             struct sl_strbuf *out)
{
    begin_item_event(e, w, type, out);
    if (e->kind == SL_AI_THINKING)
        sl_jsonw_key_i64(w, SL_STR("summary_index"), 0);
    else if (e->kind != SL_AI_TOOL_CALL)
        sl_jsonw_key_i64(w, SL_STR("content_index"), e->parts);
}

/* ------------------------------------------------------------------ probabilities */

/* Of a text alone: no other part has them here. What is in another form has no place. */
static void keep_likely(struct encoder *e, sl_str json)
{
    struct sl_strbuf refusal;

    if (json.n == 0 || e->kind != SL_AI_TEXT)
        return;
    sl_strbuf_init(&refusal, e->base.a, SL_AI_KEPT_BYTES);
    (void)sl_ai_likely_split(json, &e->likely, &refusal);
    e->base.is_full |= e->likely.is_full;
}

/* Elements from byte `from` on, which may be a comma. */
static void write_likely(const struct encoder *e, struct sl_jsonw *w, size_t from)
{
    sl_str elements = sl_str_from(sl_strbuf_str(&e->likely), from);

    if (sl_str_starts(elements, SL_STR(",")))
        elements = sl_str_from(elements, 1);
    sl_jsonw_key(w, SL_STR("logprobs"));
    sl_jsonw_array(w);
    if (elements.n != 0)
        sl_jsonw_raw(w, elements);
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ items and parts */

static void write_part(const struct encoder *e, struct sl_jsonw *w, sl_str text)
{
    sl_jsonw_object(w);
    if (e->kind == SL_AI_REFUSAL) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("refusal"));
        sl_jsonw_key_str(w, SL_STR("refusal"), text);
    } else if (e->kind == SL_AI_THINKING) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("summary_text"));
        sl_jsonw_key_str(w, SL_STR("text"), text);
    } else {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("output_text"));
        sl_jsonw_key(w, SL_STR("annotations"));
        sl_jsonw_array(w);
        if (e->annotations.n != 0)
            sl_jsonw_raw(w, sl_strbuf_str(&e->annotations));
        sl_jsonw_end(w);
        write_likely(e, w, 0);
        sl_jsonw_key_str(w, SL_STR("text"), text);
    }
    sl_jsonw_end(w);
}

static void begin_item(const struct encoder *e, struct sl_jsonw *w, const char *type)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->item_id);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type));
}

static void write_message(const struct encoder *e, struct sl_jsonw *w, const char *status)
{
    begin_item(e, w, "message");
    sl_jsonw_key_str(w, SL_STR("status"), sl_cstr(status));
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    if (e->phase.n != 0)
        sl_jsonw_key_str(w, SL_STR("phase"), e->phase);
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_array(w);
    if (e->message.n != 0)
        sl_jsonw_raw(w, sl_strbuf_str(&e->message));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void write_call(const struct encoder *e, struct sl_jsonw *w, sl_str text, const char *status)
{
    begin_item(e, w, e->is_custom ? "custom_tool_call" : "function_call");
    if (!e->is_custom)
        sl_jsonw_key_str(w, SL_STR("status"), sl_cstr(status));
    sl_jsonw_key_str(w, SL_STR("call_id"), e->call_id);
    sl_jsonw_key_str(w, SL_STR("name"), e->call_name);
    sl_jsonw_key_str(w, e->is_custom ? SL_STR("input") : SL_STR("arguments"), text);
    sl_jsonw_end(w);
}

/* Of this dialect's vendors, or a carrier (ai/signature.h). */
static void write_signature(struct encoder *e, struct sl_jsonw *w)
{
    sl_str signature = sl_strbuf_str(&e->signature), id, encrypted;

    if (signature.n == 0)
        return;
    if (!sl_ai_openai_responses_signed(signature, &id, &encrypted))
        encrypted = signature;
    sl_jsonw_key_str(w, SL_STR("encrypted_content"), encrypted);
}

static void write_reasoning(struct encoder *e, struct sl_jsonw *w, bool is_done)
{
    begin_item(e, w, "reasoning");
    sl_jsonw_key(w, SL_STR("summary"));
    sl_jsonw_array(w);
    if (is_done && e->text.n != 0)
        write_part(e, w, sl_strbuf_str(&e->text));
    sl_jsonw_end(w);
    if (is_done)
        write_signature(e, w);
    sl_jsonw_end(w);
}

static void write_image(struct encoder *e, struct sl_jsonw *w, bool is_done)
{
    begin_item(e, w, "image_generation_call");
    sl_jsonw_key_str(w, SL_STR("status"), is_done ? SL_STR("completed") : SL_STR("in_progress"));
    sl_jsonw_key_str(w, SL_STR("output_format"), e->format);
    sl_jsonw_key(w, SL_STR("result"));
    if (is_done)
        sl_jsonw_str(w, sl_strbuf_str(&e->text));
    else
        sl_jsonw_null(w);
    sl_jsonw_end(w);
}

static void write_item(struct encoder *e, struct sl_jsonw *w, bool is_done)
{
    const char *status = is_done ? "completed" : "in_progress";

    if (e->has_message)
        write_message(e, w, status);
    else if (e->kind == SL_AI_THINKING)
        write_reasoning(e, w, is_done);
    else if (e->kind == SL_AI_IMAGE)
        write_image(e, w, is_done);
    else if (e->kind == SL_AI_TOOL_CALL)
        write_call(e, w, is_done ? sl_strbuf_str(&e->text) : (sl_str){0}, status);
    else
        sl_jsonw_raw(w, sl_strbuf_str(&e->text));
}

static void put_item(struct encoder *e, bool is_done, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_event(e, &w, is_done ? "response.output_item.done" : "response.output_item.added", out);
    sl_jsonw_key_i64(&w, SL_STR("output_index"), e->items);
    sl_jsonw_key(&w, SL_STR("item"));
    write_item(e, &w, is_done);
    end_event(&w, out);
}

/* Made of the response's id, so that it is the same in every event. */
static void new_item_id(struct encoder *e, const char *prefix)
{
    sl_str rest = sl_str_from(e->base.id, SL_STR("resp_").n);

    e->item_id =
        sl_fmt(e->base.a, "%s%.*s_%u", prefix, SL_STRF(sl_str_head(rest, ID_BYTES)), e->items);
}

static void begin_item_of(struct encoder *e, const char *prefix, struct sl_strbuf *out)
{
    new_item_id(e, prefix);
    if (e->kind == SL_AI_THINKING && sl_str_starts(e->thought_id, SL_STR("rs_")))
        e->item_id = e->thought_id;
    put_item(e, false, out);
}

static void end_item(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    put_item(e, true, out);
    if (e->output.n != 0)
        sl_ai_encoder_keep(&e->base, &e->output, SL_STR(","));
    sl_jsonw_init(&w, &e->output);
    write_item(e, &w, true);
    e->base.is_full |= e->output.is_full;
    e->items++;
}

static void end_message(struct encoder *e, struct sl_strbuf *out)
{
    if (!e->has_message)
        return;
    end_item(e, out);
    e->has_message = false;
    e->parts = 0;
    sl_strbuf_clear(&e->message);
}

/* ------------------------------------------------------------------ blocks: beginning */

static void put_part_added(struct encoder *e, const char *type, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_part_event(e, &w, type, out);
    sl_jsonw_key(&w, SL_STR("part"));
    write_part(e, &w, (sl_str){0});
    end_event(&w, out);
}

static void start_said(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (!e->has_message) {
        e->has_message = true;
        e->phase = e->is_address ? (sl_str){0} : sl_ai_encoder_keep_word(&e->base, ev->name);
        begin_item_of(e, "msg_", out);
    }
    put_part_added(e, "response.content_part.added", out);
}

static void start_call(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    e->is_custom = ev->is_custom_tool;
    e->call_id = sl_ai_encoder_keep_word(&e->base, ev->id);
    e->call_name = sl_ai_encoder_keep_word(&e->base, ev->name);
    begin_item_of(e, e->is_custom ? "ctc_" : "fc_", out);
}

/* Not announced before there is something of it: an empty thought says nothing. */
static void start_thought(struct encoder *e, const struct sl_ai_event *ev)
{
    e->is_redacted = ev->text.n != 0;
    e->thought_id =
        sl_ai_encoder_keep_word(&e->base, sl_str_head(ev->id, SL_AI_RESPONSES_ID_BYTES));
    sl_ai_encoder_keep(&e->base, &e->signature, ev->text);
}

static bool is_said(enum sl_ai_part_kind kind)
{
    return kind == SL_AI_TEXT || kind == SL_AI_REFUSAL;
}

/* Of which nothing is written, so that it is no end of a message either. */
static bool is_left_out(const struct sl_ai_event *ev)
{
    return ev->part == SL_AI_OPAQUE && ev->dialect != SL_AI_OPENAI_RESPONSES;
}

static enum sl_ai_part_kind kind_of(const struct sl_ai_event *ev)
{
    return ev->part == SL_AI_IMAGE && ev->name.n == 0 ? SL_AI_TEXT : ev->part;
}

/* What is said for one thing is one message; an image's address belongs to any. */
static bool goes_on(const struct encoder *e, const struct sl_ai_event *ev)
{
    bool is_same = ev->part == SL_AI_IMAGE || sl_str_eq(ev->name, e->phase);

    return is_left_out(ev) || (is_said(kind_of(ev)) && is_same);
}

static void put_image_event(struct encoder *e, const char *type, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_item_event(e, &w, type, out);
    end_event(&w, out);
}

/* "image/png" */
static void start_image(struct encoder *e, sl_str media_type, struct sl_strbuf *out)
{
    size_t slash = sl_str_find(media_type, '/', 0);

    e->format = sl_ai_encoder_keep_word(
        &e->base, slash != SIZE_MAX ? sl_str_from(media_type, slash + 1) : media_type);
    begin_item_of(e, "ig_", out);
    put_image_event(e, "response.image_generation_call.in_progress", out);
}

static void block_start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    enum sl_ai_part_kind kind = kind_of(ev);

    if (!goes_on(e, ev))
        end_message(e, out);
    e->is_open = true;
    e->has_text = false;
    e->kind = kind;
    e->is_address = kind != ev->part;
    sl_strbuf_clear(&e->text);
    sl_strbuf_clear(&e->signature);
    sl_strbuf_clear(&e->annotations);
    sl_strbuf_clear(&e->likely);
    e->annotation_count = 0;
    e->likely_told = 0;
    e->block_chars_at = e->chars;
    e->is_redacted = false;
    if (is_said(kind))
        start_said(e, ev, out);
    else if (kind == SL_AI_TOOL_CALL)
        start_call(e, ev, out);
    else if (kind == SL_AI_THINKING)
        start_thought(e, ev);
    else if (kind == SL_AI_IMAGE)
        start_image(e, ev->name, out);
    else if (kind == SL_AI_OPAQUE)
        sl_ai_encoder_keep(&e->base, &e->text, ev->text);
}

/* ------------------------------------------------------------------ blocks: text */

static void begin_thought(struct encoder *e, struct sl_strbuf *out)
{
    begin_item_of(e, "rs_", out);
    put_part_added(e, "response.reasoning_summary_part.added", out);
}

static const char *delta_type(const struct encoder *e)
{
    if (e->kind == SL_AI_THINKING)
        return "response.reasoning_summary_text.delta";
    if (e->kind == SL_AI_REFUSAL)
        return "response.refusal.delta";
    if (e->kind != SL_AI_TOOL_CALL)
        return "response.output_text.delta";
    return e->is_custom ? "response.custom_tool_call_input.delta"
                        : "response.function_call_arguments.delta";
}

static void put_delta(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    e->has_text = true;
    if (e->kind == SL_AI_TEXT)
        e->chars += sl_ai_citation_chars(text);
    sl_ai_encoder_keep(&e->base, &e->text, text);
    if (!e->base.config.is_stream)
        return;
    begin_part_event(e, &w, delta_type(e), out);
    sl_jsonw_key_str(&w, SL_STR("delta"), text);
    if (e->kind == SL_AI_TEXT) {
        write_likely(e, &w, e->likely_told);
        e->likely_told = e->likely.n;
    }
    end_event(&w, out);
}

static void delta(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    keep_likely(e, ev->logprobs_json);
    if (e->kind == SL_AI_OPAQUE || e->is_redacted || ev->text.n == 0)
        return;
    if (e->kind == SL_AI_IMAGE) {
        sl_ai_encoder_keep(&e->base, &e->text, ev->text);
        return;
    }
    if (e->is_address && !e->has_text)
        put_delta(e, SL_AI_IMAGE_LINK_HEAD, out);
    if (e->kind == SL_AI_THINKING && !e->has_text)
        begin_thought(e, out);
    put_delta(e, ev->text, out);
}

/* Positions count within the part. What a part that is over has its from is no longer said. */
static void citation(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_ai_citation c = sl_ai_citation_within(&ev->citation, e->block_chars_at, e->chars);
    struct sl_jsonw w;

    if (!e->is_open || e->kind != SL_AI_TEXT)
        return;
    c.from = SL_MAX(c.from - e->block_chars_at, (int64_t)0);
    c.to = SL_MAX(c.to - e->block_chars_at, c.from);
    if (e->annotations.n != 0)
        sl_ai_encoder_keep(&e->base, &e->annotations, SL_STR(","));
    sl_jsonw_init(&w, &e->annotations);
    sl_ai_citation_write_responses(&w, &c);
    e->base.is_full |= e->annotations.is_full;
    if (e->base.config.is_stream) {
        begin_part_event(e, &w, "response.output_text.annotation.added", out);
        sl_jsonw_key_i64(&w, SL_STR("annotation_index"), e->annotation_count);
        sl_jsonw_key(&w, SL_STR("annotation"));
        sl_ai_citation_write_responses(&w, &c);
        end_event(&w, out);
    }
    e->annotation_count++;
}

/* ------------------------------------------------------------------ blocks: end */

/* The text once more, whole, and for parts the part. */
static void put_done(struct encoder *e, const char *type, const char *name, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_part_event(e, &w, type, out);
    if (e->kind == SL_AI_TOOL_CALL && !e->is_custom)
        sl_jsonw_key_str(&w, SL_STR("name"), e->call_name);
    if (e->kind == SL_AI_TEXT)
        write_likely(e, &w, 0);
    sl_jsonw_key_str(&w, sl_cstr(name), sl_strbuf_str(&e->text));
    end_event(&w, out);
}

static void put_part_done(struct encoder *e, const char *type, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream)
        return;
    begin_part_event(e, &w, type, out);
    sl_jsonw_key(&w, SL_STR("part"));
    write_part(e, &w, sl_strbuf_str(&e->text));
    end_event(&w, out);
}

static void end_said(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    bool is_refusal = e->kind == SL_AI_REFUSAL;

    if (e->is_address && e->has_text)
        put_delta(e, SL_AI_IMAGE_LINK_TAIL, out);
    put_done(e, is_refusal ? "response.refusal.done" : "response.output_text.done",
             is_refusal ? "refusal" : "text", out);
    put_part_done(e, "response.content_part.done", out);
    if (e->message.n != 0)
        sl_ai_encoder_keep(&e->base, &e->message, SL_STR(","));
    sl_jsonw_init(&w, &e->message);
    write_part(e, &w, sl_strbuf_str(&e->text));
    e->base.is_full |= e->message.is_full;
    e->parts++;
}

/* Clients parse the arguments: a call without any has {} (X2). */
static void end_call(struct encoder *e, struct sl_strbuf *out)
{
    if (!e->has_text && !e->is_custom)
        put_delta(e, SL_STR("{}"), out);
    if (e->is_custom)
        put_done(e, "response.custom_tool_call_input.done", "input", out);
    else
        put_done(e, "response.function_call_arguments.done", "arguments", out);
    end_item(e, out);
}

static void end_thought(struct encoder *e, struct sl_strbuf *out)
{
    if (!e->has_text && e->signature.n == 0)
        return;
    if (e->has_text) {
        put_done(e, "response.reasoning_summary_text.done", "text", out);
        put_part_done(e, "response.reasoning_summary_part.done", out);
    } else {
        begin_item_of(e, "rs_", out);
    }
    end_item(e, out);
}

static void end_image(struct encoder *e, struct sl_strbuf *out)
{
    put_image_event(e, "response.image_generation_call.completed", out);
    end_item(e, out);
}

/* What the vendor's tools did, as it stands; other dialects' blocks have no meaning here. */
static void end_opaque(struct encoder *e, struct sl_strbuf *out)
{
    sl_str raw = sl_strbuf_str(&e->text);
    struct sl_json_range top, type;

    if (raw.n == 0)
        return;
    top = sl_json_range_top(raw);
    if (!sl_json_range_get(raw, &top, SL_STR("type"), &type) || type.kind != SL_JSON_STRING ||
        !sl_ai_openai_responses_is_hosted((sl_str){raw.p + type.at + 1, type.n - 2}))
        return;
    put_item(e, false, out);
    end_item(e, out);
}

static void block_stop(struct encoder *e, struct sl_strbuf *out)
{
    e->is_open = false;
    if (is_said(e->kind))
        end_said(e, out);
    else if (e->kind == SL_AI_TOOL_CALL)
        end_call(e, out);
    else if (e->kind == SL_AI_THINKING)
        end_thought(e, out);
    else if (e->kind == SL_AI_IMAGE)
        end_image(e, out);
    else if (e->kind == SL_AI_OPAQUE)
        end_opaque(e, out);
}

/* ------------------------------------------------------------------ beginning and end */

/* A vendor of this dialect may keep the response: it is asked for it by the name that it gave. */
static sl_str id_of(struct encoder *e, sl_str vendor_id)
{
    if (e->base.is_home && vendor_id.n != 0)
        return sl_ai_encoder_keep_word(&e->base, vendor_id);
    return sl_ai_id_of_answer(e->base.a, SL_STR("resp_"), vendor_id, e->base.config.request_id);
}

static void start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    static const struct standing created = {.event = "response.created", .status = "in_progress"};
    static const struct standing in_progress = {.event = "response.in_progress",
                                                .status = "in_progress"};
    struct sl_strbuf *buffers[] = {&e->output,    &e->message,     &e->text,
                                   &e->signature, &e->annotations, &e->likely};
    sl_str shown = e->base.config.shown_model;

    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    e->base.has_started = true;
    e->base.id = id_of(e, ev->id);
    e->base.model = shown.n != 0 ? shown : sl_ai_encoder_keep_word(&e->base, ev->model);
    e->echo = echo_of(e, e->base.config.request_body);
    if (!e->base.config.is_stream)
        return;
    put_response(e, &created, out);
    put_response(e, &in_progress, out);
}

static struct standing standing_of(const struct encoder *e)
{
    static const struct sl_ai_fault broken = {
        .class_ = SL_AI_FAULT_STREAM,
        .rc = SL_E_AI_VENDOR_OVERLOAD,
        .message = SL_STR_INIT("the model made a call that is not valid"),
        .retry_after_us = -1,
    };
    struct standing s = {.event = "response.completed", .status = "completed", .has_usage = true};

    s.reason = sl_ai_stop_name(SL_AI_OPENAI_RESPONSES, e->stop);
    if (e->stop == SL_AI_STOP_BROKEN) {
        s.event = "response.failed";
        s.status = "failed";
        s.fault = &broken;
    } else if (s.reason.n != 0) {
        s.event = "response.incomplete";
        s.status = "incomplete";
    }
    return s;
}

static void end(struct encoder *e, struct sl_strbuf *out)
{
    struct standing s = standing_of(e);
    struct sl_jsonw w;

    end_message(e, out);
    e->has_ended = true;
    if (e->base.config.is_stream) {
        put_response(e, &s, out);
    } else if (!e->base.is_full) {
        sl_jsonw_init(&w, out);
        write_response(e, &w, &s);
    }
}

bool sl_ai_openai_responses_written(struct sl_ai_encoder *base, struct sl_arena *a,
                                    sl_str *ret_output, sl_str *ret_body)
{
    struct encoder *e = (struct encoder *)base;
    struct standing s = standing_of(e);
    struct sl_strbuf b;
    struct sl_jsonw w;

    if (!e->has_ended || base->is_full || e->stop == SL_AI_STOP_BROKEN)
        return false;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    write_response(e, &w, &s);
    *ret_output = sl_strbuf_str(&e->output);
    *ret_body = sl_strbuf_str(&b);
    return !b.is_full;
}

/* The stream ends with the next number, and with what is finished so far (T4). */
static void fail(struct encoder *e, const struct sl_ai_fault *fault, struct sl_strbuf *out)
{
    const struct standing s = {
        .event = "response.failed", .status = "failed", .fault = fault, .has_usage = true};

    if (!e->base.config.is_stream)
        return;
    if (e->base.has_started)
        put_response(e, &s, out);
    else
        sl_ai_openai_responses.error_event(fault, e->base.config.request_id, out);
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
        sl_ai_encoder_keep(&e->base, &e->signature, ev->text);
    else if (ev->kind == SL_AI_EV_CITATION)
        citation(e, ev, out);
    else
        block_stop(e, out);
}

static void note(struct encoder *e, const struct sl_ai_event *ev)
{
    sl_str tier = ev->service_tier;

    if (sl_str_eq(tier, SL_STR("standard"))) /* Anthropic's word for it */
        tier = SL_STR("default");
    if (ev->usage.source != SL_AI_USAGE_NONE)
        e->base.usage = ev->usage;
    if (tier.n != 0 && !sl_str_eq(tier, e->base.service_tier))
        e->base.service_tier = sl_ai_encoder_keep_word(&e->base, tier);
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;

    note(e, ev);
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
        if (ev->choice == 0)
            e->stop = ev->stop;
        break;
    case SL_AI_EV_END:
        if (base->has_started)
            end(e, out);
        break;
    case SL_AI_EV_ERROR:
        fail(e, &ev->fault, out);
        break;
    case SL_AI_EV_PING:
        if (e->base.config.is_stream)
            sl_strbuf_add(out, SL_STR(": ping\n\n"));
        break;
    case SL_AI_EV_USAGE:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_openai_responses_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
};
