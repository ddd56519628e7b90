/*
 * openai_chat_answer_encode: events as Chat Completions chunks, or as one body (wire-formats 1.2, 1.3).
 *
 * Members beyond the dialect, for clients that know them (others ignore them):
 *   reasoning_content      the text of the thinking, in deltas and in the message
 *   thinking_blocks        [{type, thinking, signature} or {type, data}], each block whole, in the
 *                          chunk after its last text; send them back with the message, so that the
 *                          vendor that made the signature finds it (X6)
 *   annotations            url_citation, which the dialect has, and file_citation of documents
 *   images                 [{type, image_url: {url}}], as OpenRouter has it; each whole, as a data: URL
 *   native_finish_reason   the vendor's own word, which finish_reason may be too narrow for (X4)
 *   stop_sequence          the one that ended the answer, when the vendor tells
 *
 * To clients that ask in the form of before there were tools (`functions`) the call of a choice is its function_call. There is
 * one: of a model that could not be held to it (parallel_tool_calls) the first is told.
 */
#include "ai/citation.h"
#include "ai/openai_chat_int.h"

#include "ai/ids.h"
#include "ai/likely.h"
#include "ai/stop.h"
#include "base/str.h"

struct call {
    struct call *next;
    sl_str id, name;
    bool is_custom;
    struct sl_strbuf arguments;
};

/* Of a whole answer: the elements of the lists that the pieces had. */
struct logprobs {
    struct sl_strbuf content, refusal;
    struct sl_strbuf other; /* the last object that has neither list */
};

/* How a chunk of a choice begins, up to the inside of its delta: nearly all of a stream begin alike. */
struct head {
    sl_str id, model, service_tier; /* what it was written with */
    sl_str text;                    /* empty: there is none */
    struct sl_jsonw at_end;
    unsigned times; /* it was written */
};

struct choice {
    struct head *head;         /* NULL: none yet */
    bool has_role;             /* the chunk that opens it is out */
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_redacted, has_arguments, has_thought;
    bool is_custom;           /* the open call is one of a free-form tool */
    bool is_muted;            /* ... or one too many: in the old form there is one */
    uint32_t tools;           /* so far: the next tool_calls index */
    struct sl_strbuf thought; /* of the open thinking block, for its thinking_blocks member */
    struct sl_strbuf signature;
    struct sl_strbuf image; /* the open one's URL */
    uint32_t image_count;
    int64_t chars, block_chars_at; /* of the text so far, and where the last block begins */
    bool has_stopped;
    enum sl_ai_stop stop;
    sl_str native_stop, stop_text;
    /* of a whole answer */
    struct sl_strbuf content, refusal, reasoning, blocks, annotations, images;
    struct logprobs logprobs;
    bool has_content, has_refusal;
    struct call *calls, *last_call;
};

struct encoder {
    struct sl_ai_encoder base;
    struct choice *choices[SL_AI_CHOICES_MAX];
    bool has_usage;
};

/* ------------------------------------------------------------------ keeping */

static struct choice *choice_of(struct encoder *e, uint32_t index)
{
    struct choice *c;

    if (index >= SL_AI_CHOICES_MAX)
        return NULL;
    if (e->choices[index] != NULL)
        return e->choices[index];
    c = sl_arena_new_of(e->base.a, struct choice);
    struct sl_strbuf *buffers[] = {
        &c->thought,        &c->signature,   &c->content,          &c->refusal,
        &c->reasoning,      &c->blocks,      &c->logprobs.content, &c->logprobs.refusal,
        &c->logprobs.other, &c->annotations, &c->images,           &c->image,
    };
    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    e->choices[index] = c;
    return c;
}

/* ------------------------------------------------------------------ chunks */

static void begin_answer(struct encoder *e, struct sl_jsonw *w, const char *object)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->base.id);
    sl_jsonw_key_str(w, SL_STR("object"), sl_cstr(object));
    sl_jsonw_key_i64(w, SL_STR("created"), e->base.config.now_unix_s);
    sl_jsonw_key_str(w, SL_STR("model"), e->base.model);
    if (e->base.service_tier.n != 0)
        sl_jsonw_key_str(w, SL_STR("service_tier"), e->base.service_tier);
    if (e->base.fingerprint.n != 0)
        sl_jsonw_key_str(w, SL_STR("system_fingerprint"), e->base.fingerprint);
    sl_jsonw_key(w, SL_STR("choices"));
    sl_jsonw_array(w);
}

static bool is_same(sl_str a, sl_str b)
{
    return a.p == b.p && a.n == b.n; /* texts of an encoder are not changed where they are */
}

static bool is_current(const struct encoder *e, const struct head *h)
{
    return h->text.n != 0 && is_same(h->id, e->base.id) && is_same(h->model, e->base.model) &&
           is_same(h->service_tier, e->base.service_tier);
}

/* NULL: there is no memory, or what it is made of changes too often to keep it. */
static struct head *head_of(struct encoder *e, struct choice *c)
{
    enum { TIMES_MAX = 4 };
    if (c != NULL && c->head == NULL)
        c->head = sl_arena_try_alloc(e->base.a, sizeof(*c->head));
    return c != NULL && c->head != NULL && c->head->times < TIMES_MAX ? c->head : NULL;
}

static void keep_head(struct encoder *e, struct head *h, const struct sl_jsonw *w, sl_str text)
{
    *h = (struct head){
        e->base.id, e->base.model, e->base.service_tier, sl_arena_try_dup(e->base.a, text),
        *w,         h->times + 1};
}

static void write_head(struct encoder *e, struct sl_jsonw *w, uint32_t choice,
                       struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("data: "));
    sl_jsonw_init(w, out);
    begin_answer(e, w, "chat.completion.chunk");
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("index"), choice);
    sl_jsonw_key(w, SL_STR("delta"));
    sl_jsonw_object(w);
}

/* Opens a chunk up to the inside of its delta. */
static void begin_chunk(struct encoder *e, struct sl_jsonw *w, uint32_t choice,
                        struct sl_strbuf *out)
{
    size_t from = out->n;
    struct choice *c = choice_of(e, choice);
    struct head *h;
    if (c != NULL && c->head != NULL && is_current(e, c->head)) {
        sl_strbuf_add(out, c->head->text);
        *w = c->head->at_end;
        w->out = out;
        return;
    }
    write_head(e, w, choice, out);
    h = head_of(e, c);
    if (h != NULL && !out->is_full)
        keep_head(e, h, w, sl_str_from(sl_strbuf_str(out), from));
}

static void write_finish(const struct encoder *e, struct sl_jsonw *w, const struct choice *c)
{
    bool is_function = e->base.config.has_functions && c->stop == SL_AI_STOP_TOOL;

    sl_jsonw_key_str(w, SL_STR("finish_reason"),
                     is_function ? SL_STR("function_call")
                                 : sl_ai_stop_name(SL_AI_OPENAI_CHAT, c->stop));
    if (c->native_stop.n != 0)
        sl_jsonw_key_str(w, SL_STR("native_finish_reason"), c->native_stop);
    if (c->stop_text.n != 0)
        sl_jsonw_key_str(w, SL_STR("stop_sequence"), c->stop_text);
}

static void end_chunk(struct encoder *e, struct sl_jsonw *w, const struct choice *stopped,
                      sl_str logprobs, struct sl_strbuf *out)
{
    sl_jsonw_end(w); /* delta */
    if (logprobs.n != 0)
        sl_jsonw_key_raw(w, SL_STR("logprobs"), logprobs);
    if (stopped != NULL)
        write_finish(e, w, stopped);
    else
        sl_jsonw_key_raw(w, SL_STR("finish_reason"), SL_STR("null"));
    sl_jsonw_end(w); /* choice */
    sl_jsonw_end(w); /* choices */
    if (e->base.config.wants_usage)
        sl_jsonw_key_raw(w, SL_STR("usage"), SL_STR("null"));
    sl_jsonw_end(w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void open_choice(struct encoder *e, struct choice *c, uint32_t index, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (c->has_role || !e->base.config.is_stream)
        return;
    c->has_role = true;
    begin_chunk(e, &w, index, out);
    sl_jsonw_key_str(&w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key_str(&w, SL_STR("content"), SL_STR(""));
    end_chunk(e, &w, NULL, (sl_str){0}, out);
}

static void put_text(struct encoder *e, const struct sl_ai_event *ev, const char *member,
                     struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_chunk(e, &w, ev->choice, out);
    sl_jsonw_key_str(&w, sl_cstr(member), ev->text);
    end_chunk(e, &w, NULL, ev->logprobs_json, out);
}

/* ------------------------------------------------------------------ tool calls */

/* Up to the inside of what is called; with `id`, the beginning of a call. */
static void begin_call(struct sl_jsonw *w, bool is_custom, const sl_str *id, sl_str name)
{
    sl_str type = is_custom ? SL_STR("custom") : SL_STR("function");

    if (id != NULL) {
        sl_jsonw_key_str(w, SL_STR("id"), *id);
        sl_jsonw_key_str(w, SL_STR("type"), type);
    }
    sl_jsonw_key(w, type);
    sl_jsonw_object(w);
    if (id != NULL)
        sl_jsonw_key_str(w, SL_STR("name"), name);
}

static sl_str input_name(bool is_custom)
{
    return is_custom ? SL_STR("input") : SL_STR("arguments");
}

/* The call in the form of old: a whole one, or a piece of it; `name` NULL: its beginning was told. */
static void write_function(struct sl_jsonw *w, const sl_str *name, sl_str arguments)
{
    sl_jsonw_key(w, SL_STR("function_call"));
    sl_jsonw_object(w);
    if (name != NULL)
        sl_jsonw_key_str(w, SL_STR("name"), *name);
    sl_jsonw_key_str(w, SL_STR("arguments"), arguments);
    sl_jsonw_end(w);
}

static void put_function(struct encoder *e, uint32_t index, const sl_str *name, sl_str arguments,
                         struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_chunk(e, &w, index, out);
    write_function(&w, name, arguments);
    end_chunk(e, &w, NULL, (sl_str){0}, out);
}

/* A chunk with a piece of the newest call; with `id`, its first one. */
static void put_call(struct encoder *e, const struct choice *c, uint32_t index, const sl_str *id,
                     sl_str text, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_chunk(e, &w, index, out);
    sl_jsonw_key(&w, SL_STR("tool_calls"));
    sl_jsonw_array(&w);
    sl_jsonw_object(&w);
    sl_jsonw_key_i64(&w, SL_STR("index"), (int64_t)c->tools - 1);
    begin_call(&w, c->is_custom, id, text);
    sl_jsonw_key_str(&w, input_name(c->is_custom), id != NULL ? (sl_str){0} : text);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    end_chunk(e, &w, NULL, (sl_str){0}, out);
}

static void keep_call(struct encoder *e, struct choice *c, const struct sl_ai_event *ev)
{
    struct call *call = sl_arena_try_alloc(e->base.a, sizeof(*call));

    if (call == NULL) {
        e->base.is_full = true;
        return;
    }
    call->id = sl_ai_encoder_keep_word(&e->base, ev->id);
    call->name = sl_ai_encoder_keep_word(&e->base, ev->name);
    call->is_custom = ev->is_custom_tool;
    sl_strbuf_init(&call->arguments, e->base.a, SL_AI_KEPT_BYTES);
    if (c->last_call != NULL)
        c->last_call->next = call;
    else
        c->calls = call;
    c->last_call = call;
}

static void start_call(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                       struct sl_strbuf *out)
{
    c->tools++;
    c->has_arguments = false;
    c->is_custom = ev->is_custom_tool;
    c->is_muted = e->base.config.has_functions && c->tools > 1;
    if (c->is_muted)
        return;
    if (e->base.config.is_stream && e->base.config.has_functions)
        put_function(e, ev->choice, &ev->name, (sl_str){0}, out);
    else if (e->base.config.is_stream)
        put_call(e, c, ev->choice, &ev->id, ev->name, out);
    else
        keep_call(e, c, ev);
}

static void put_arguments(struct encoder *e, struct choice *c, uint32_t index, sl_str text,
                          struct sl_strbuf *out)
{
    c->has_arguments = true;
    if (c->is_muted)
        return;
    if (e->base.config.is_stream && e->base.config.has_functions)
        put_function(e, index, NULL, text, out);
    else if (e->base.config.is_stream)
        put_call(e, c, index, NULL, text, out);
    else if (c->last_call != NULL)
        sl_ai_encoder_keep(&e->base, &c->last_call->arguments, text);
}

/* ------------------------------------------------------------------ thinking */

static void write_block(struct sl_jsonw *w, const struct choice *c)
{
    sl_jsonw_object(w);
    if (c->is_redacted) {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("redacted_thinking"));
        sl_jsonw_key_str(w, SL_STR("data"), sl_strbuf_str(&c->signature));
    } else {
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("thinking"));
        sl_jsonw_key_str(w, SL_STR("thinking"), sl_strbuf_str(&c->thought));
        sl_jsonw_key_str(w, SL_STR("signature"), sl_strbuf_str(&c->signature));
    }
    sl_jsonw_end(w);
}

static void start_thought(struct encoder *e, struct choice *c, const struct sl_ai_event *ev)
{
    sl_strbuf_clear(&c->thought);
    sl_strbuf_clear(&c->signature);
    c->is_redacted = ev->text.n != 0;
    sl_ai_encoder_keep(&e->base, &c->signature, ev->text);
}

/* Without a signature nobody needs the block back. */
static void end_thought(struct encoder *e, struct choice *c, uint32_t index, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (c->signature.n == 0)
        return;
    if (e->base.config.is_stream) {
        begin_chunk(e, &w, index, out);
        sl_jsonw_key(&w, SL_STR("thinking_blocks"));
        sl_jsonw_array(&w);
        write_block(&w, c);
        sl_jsonw_end(&w);
        end_chunk(e, &w, NULL, (sl_str){0}, out);
        return;
    }
    if (c->blocks.n != 0)
        sl_ai_encoder_keep(&e->base, &c->blocks, SL_STR(","));
    sl_jsonw_init(&w, &c->blocks);
    write_block(&w, c);
    e->base.is_full |= c->blocks.is_full;
}

/* ------------------------------------------------------------------ probabilities */

static void keep_logprobs(struct encoder *e, struct logprobs *l, sl_str json)
{
    if (json.n == 0)
        return;
    if (!sl_ai_likely_split(json, &l->content, &l->refusal)) {
        sl_strbuf_clear(&l->other);
        sl_ai_encoder_keep(&e->base, &l->other, json);
    }
    e->base.is_full |= l->content.is_full || l->refusal.is_full;
}

static void write_tokens(struct sl_jsonw *w, const char *name, const struct sl_strbuf *elements)
{
    sl_jsonw_key(w, sl_cstr(name));
    if (elements->n == 0) {
        sl_jsonw_null(w);
        return;
    }
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(elements));
    sl_jsonw_end(w);
}

static void write_logprobs(struct sl_jsonw *w, const struct logprobs *l)
{
    sl_jsonw_key(w, SL_STR("logprobs"));
    if (l->content.n != 0 || l->refusal.n != 0) {
        sl_jsonw_object(w);
        write_tokens(w, "content", &l->content);
        write_tokens(w, "refusal", &l->refusal);
        sl_jsonw_end(w);
    } else if (l->other.n != 0) {
        sl_jsonw_raw(w, sl_strbuf_str(&l->other));
    } else {
        sl_jsonw_null(w);
    }
}

/* ------------------------------------------------------------------ sources and pictures */

/* One element of the list `name`: in a chunk of its own, or kept. */
static struct sl_jsonw begin_element(struct encoder *e, uint32_t index, const char *name,
                                     struct sl_strbuf *kept, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.config.is_stream) {
        begin_chunk(e, &w, index, out);
        sl_jsonw_key(&w, sl_cstr(name));
        sl_jsonw_array(&w);
        return w;
    }
    if (kept->n != 0)
        sl_ai_encoder_keep(&e->base, kept, SL_STR(","));
    sl_jsonw_init(&w, kept);
    return w;
}

static void end_element(struct encoder *e, struct sl_jsonw *w, const struct sl_strbuf *kept,
                        struct sl_strbuf *out)
{
    if (e->base.config.is_stream) {
        sl_jsonw_end(w);
        end_chunk(e, w, NULL, (sl_str){0}, out);
    }
    e->base.is_full |= kept->is_full;
}

static void put_citation(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                         struct sl_strbuf *out)
{
    struct sl_ai_citation said = sl_ai_citation_within(&ev->citation, c->block_chars_at, c->chars);
    struct sl_jsonw w = begin_element(e, ev->choice, "annotations", &c->annotations, out);

    sl_ai_citation_write_chat(&w, &said);
    end_element(e, &w, &c->annotations, out);
}

static void start_image(struct encoder *e, struct choice *c, sl_str media_type)
{
    sl_strbuf_clear(&c->image);
    if (media_type.n != 0)
        sl_strbuf_addf(&c->image, "data:%.*s;base64,", SL_STRF(media_type));
    e->base.is_full |= c->image.is_full;
}

static void end_image(struct encoder *e, struct choice *c, uint32_t index, struct sl_strbuf *out)
{
    struct sl_jsonw w = begin_element(e, index, "images", &c->images, out);

    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("image_url"));
    sl_jsonw_key(&w, SL_STR("image_url"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("url"), sl_strbuf_str(&c->image));
    sl_jsonw_end(&w);
    sl_jsonw_key_i64(&w, SL_STR("index"), c->image_count++);
    sl_jsonw_end(&w);
    end_element(e, &w, &c->images, out);
}

/* ------------------------------------------------------------------ events */

static void start(struct encoder *e, const struct sl_ai_event *ev)
{
    sl_str shown = e->base.config.shown_model;

    e->base.has_started = true;
    e->base.id =
        sl_ai_id_of_answer(e->base.a, SL_STR("chatcmpl-"), ev->id, e->base.config.request_id);
    e->base.model = shown.n != 0 ? shown : sl_ai_encoder_keep_word(&e->base, ev->model);
    e->base.fingerprint = sl_ai_encoder_keep_word(&e->base, ev->fingerprint);
}

static void block_start(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                        struct sl_strbuf *out)
{
    c->kind = ev->part;
    if (ev->part == SL_AI_TOOL_CALL)
        start_call(e, c, ev, out);
    else if (ev->part == SL_AI_THINKING)
        start_thought(e, c, ev);
    else if (ev->part == SL_AI_IMAGE)
        start_image(e, c, ev->name);
    else if (ev->part == SL_AI_TEXT)
        c->block_chars_at = c->chars;
}

static void delta_text(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                       struct sl_strbuf *out)
{
    bool is_refusal = c->kind == SL_AI_REFUSAL;

    if (!is_refusal)
        c->chars += sl_ai_citation_chars(ev->text);
    if (e->base.config.is_stream) {
        put_text(e, ev, is_refusal ? "refusal" : "content", out);
        return;
    }
    c->has_refusal |= is_refusal;
    c->has_content |= !is_refusal;
    sl_ai_encoder_keep(&e->base, is_refusal ? &c->refusal : &c->content, ev->text);
    keep_logprobs(e, &c->logprobs, ev->logprobs_json);
}

static void delta_thought(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                          struct sl_strbuf *out)
{
    sl_ai_encoder_keep(&e->base, &c->thought, ev->text);
    if (e->base.config.is_stream)
        put_text(e, ev, "reasoning_content", out);
    else
        sl_ai_encoder_keep(&e->base, &c->reasoning, ev->text);
}

static void delta(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                  struct sl_strbuf *out)
{
    if (c->kind == SL_AI_TOOL_CALL)
        put_arguments(e, c, ev->choice, ev->text, out);
    else if (c->kind == SL_AI_THINKING)
        delta_thought(e, c, ev, out);
    else if (c->kind == SL_AI_IMAGE)
        sl_ai_encoder_keep(&e->base, &c->image, ev->text);
    else if (c->kind == SL_AI_TEXT || c->kind == SL_AI_REFUSAL)
        delta_text(e, c, ev, out);
}

/* Clients parse the arguments: a call without any has {} (X2). */
static void block_stop(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                       struct sl_strbuf *out)
{
    if (c->kind == SL_AI_TOOL_CALL && !c->has_arguments && !c->is_custom)
        put_arguments(e, c, ev->choice, SL_STR("{}"), out);
    if (c->kind == SL_AI_THINKING)
        end_thought(e, c, ev->choice, out);
    if (c->kind == SL_AI_IMAGE)
        end_image(e, c, ev->choice, out);
}

static void stop(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                 struct sl_strbuf *out)
{
    struct sl_jsonw w;

    c->has_stopped = true;
    c->stop = ev->stop;
    c->native_stop = sl_ai_encoder_keep_word(&e->base, ev->native_stop);
    c->stop_text = sl_ai_encoder_keep_word(&e->base, ev->text);
    if (!e->base.config.is_stream)
        return;
    begin_chunk(e, &w, ev->choice, out);
    end_chunk(e, &w, c, (sl_str){0}, out);
}

/* ------------------------------------------------------------------ the end */

static void put_usage(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("data: "));
    sl_jsonw_init(&w, out);
    begin_answer(e, &w, "chat.completion.chunk");
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_ai_usage_write_openai(&w, &e->base.usage);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void write_calls(const struct encoder *e, struct sl_jsonw *w, const struct choice *c)
{
    if (c->calls == NULL)
        return;
    if (e->base.config.has_functions) {
        write_function(w, &c->calls->name, sl_strbuf_str(&c->calls->arguments));
        return;
    }
    sl_jsonw_key(w, SL_STR("tool_calls"));
    sl_jsonw_array(w);
    for (const struct call *call = c->calls; call != NULL; call = call->next) {
        sl_jsonw_object(w);
        begin_call(w, call->is_custom, &call->id, call->name);
        sl_jsonw_key_str(w, input_name(call->is_custom), sl_strbuf_str(&call->arguments));
        sl_jsonw_end(w);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void write_list(struct sl_jsonw *w, const char *name, const struct sl_strbuf *elements)
{
    if (elements->n == 0)
        return;
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(elements));
    sl_jsonw_end(w);
}

static void write_message(const struct encoder *e, struct sl_jsonw *w, const struct choice *c)
{
    sl_jsonw_key(w, SL_STR("message"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key(w, SL_STR("content"));
    if (c->has_content)
        sl_jsonw_str(w, sl_strbuf_str(&c->content));
    else
        sl_jsonw_null(w);
    sl_jsonw_key(w, SL_STR("refusal"));
    if (c->has_refusal)
        sl_jsonw_str(w, sl_strbuf_str(&c->refusal));
    else
        sl_jsonw_null(w);
    if (c->reasoning.n != 0)
        sl_jsonw_key_str(w, SL_STR("reasoning_content"), sl_strbuf_str(&c->reasoning));
    write_list(w, "thinking_blocks", &c->blocks);
    write_list(w, "annotations", &c->annotations);
    write_list(w, "images", &c->images);
    write_calls(e, w, c);
    sl_jsonw_end(w);
}

static void write_choice(const struct encoder *e, struct sl_jsonw *w, uint32_t index,
                         const struct choice *c)
{
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("index"), index);
    write_message(e, w, c);
    write_logprobs(w, &c->logprobs);
    write_finish(e, w, c);
    sl_jsonw_end(w);
}

static void put_whole(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.is_full)
        return;
    sl_jsonw_init(&w, out);
    begin_answer(e, &w, "chat.completion");
    for (uint32_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (e->choices[i] != NULL)
            write_choice(e, &w, i, e->choices[i]);
    sl_jsonw_end(&w);
    if (e->has_usage) {
        sl_jsonw_key(&w, SL_STR("usage"));
        sl_ai_usage_write_openai(&w, &e->base.usage);
    }
    sl_jsonw_end(&w);
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

/* Others' words for OpenAI's tiers: Anthropic's and Google's. */
static sl_str tier_of(sl_str tier)
{
    static const struct {
        const char *name, *openai;
    } rows[] = {
        {"standard", "default"},
        {"ON_DEMAND", "default"},
        {"ON_DEMAND_FLEX", "flex"},
        {"ON_DEMAND_PRIORITY", "priority"},
        {"PROVISIONED_THROUGHPUT", "default"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(tier, sl_cstr(rows[i].name)))
            return sl_cstr(rows[i].openai);
    return tier;
}

/* Counts and the tier may come with any event. */
static void note(struct encoder *e, const struct sl_ai_event *ev)
{
    sl_str tier = tier_of(ev->service_tier);

    if (ev->usage.source != SL_AI_USAGE_NONE) {
        e->base.usage = ev->usage;
        e->has_usage = true;
    }
    if (tier.n != 0 && !sl_str_eq(tier, e->base.service_tier))
        e->base.service_tier = sl_ai_encoder_keep_word(&e->base, tier);
}

static void put_block_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct choice *c = choice_of(e, ev->choice);

    if (c == NULL || c->has_stopped)
        return;
    open_choice(e, c, ev->choice, out);
    if (ev->kind == SL_AI_EV_BLOCK_START)
        block_start(e, c, ev, out);
    else if (ev->kind == SL_AI_EV_DELTA)
        delta(e, c, ev, out);
    else if (ev->kind == SL_AI_EV_SIGNATURE)
        sl_ai_encoder_keep(&e->base, &c->signature, ev->text);
    else if (ev->kind == SL_AI_EV_CITATION)
        put_citation(e, c, ev, out);
    else if (ev->kind == SL_AI_EV_BLOCK_STOP)
        block_stop(e, c, ev, out);
    else
        stop(e, c, ev, out);
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;

    note(e, ev);
    switch (ev->kind) {
    case SL_AI_EV_START:
        start(e, ev);
        open_choice(e, choice_of(e, 0), 0, out);
        break;
    case SL_AI_EV_BLOCK_START:
    case SL_AI_EV_DELTA:
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_BLOCK_STOP:
    case SL_AI_EV_STOP:
        put_block_event(e, ev, out);
        break;
    case SL_AI_EV_END:
        end(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (e->base.config.is_stream)
            sl_ai_openai_chat.error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_PING:
        if (e->base.config.is_stream)
            sl_strbuf_add(out, SL_STR(": ping\n\n"));
        break;
    case SL_AI_EV_USAGE:
        break;
    }
}

/* Thoughts are kept, for the block that may have to be sent again. */
static bool may_repeat(const struct sl_ai_encoder *base, const struct sl_ai_event *ev)
{
    return base->config.is_stream && ev->part == SL_AI_TEXT;
}

static void note_text(struct sl_ai_encoder *base, uint32_t choice, sl_str raw)
{
    struct choice *c = choice_of((struct encoder *)base, choice);
    if (c != NULL)
        c->chars += sl_ai_citation_raw_chars(raw);
}

const struct sl_ai_encoder_ops sl_ai_openai_chat_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
    .may_repeat = may_repeat,
    .note_text = note_text,
};
