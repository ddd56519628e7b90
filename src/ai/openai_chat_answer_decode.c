/*
 * openai_chat_answer_decode: Chat Completions' answers, streamed or whole, as events (wire-formats 1.2,
 * 1.3), with all that OpenAI-compatible servers do differently (section 9).
 *
 * Fragments of parallel tool calls may be interleaved; blocks may not (X3). The first unfinished call
 * goes out as it comes, the ones behind it are held until its arguments are a whole JSON object, or the
 * choice ends. Texts that come in the middle of a call's arguments are held too, until the calls are out.
 */
#include "ai/citation.h"
#include "ai/openai_chat_int.h"

#include "ai/ids.h"
#include "ai/likely.h"
#include "ai/stop.h"
#include "ai/think.h"
#include "base/str.h"

/* Follows JSON text just closely enough to see where an object ends. */
struct nesting {
    uint32_t depth;
    bool is_in_string, is_after_backslash, is_whole;
};

struct call {
    int64_t index; /* the vendor's; -1: none */
    sl_str id, name;
    bool is_custom; /* of a free-form tool: the arguments are plain text */
    struct sl_strbuf arguments;
    size_t sent_bytes;
    struct nesting nesting;
    bool is_open, is_closed;
};

enum { HELD_KINDS = 3 };
static const enum sl_ai_part_kind held_kinds[HELD_KINDS] = {SL_AI_THINKING, SL_AI_TEXT,
                                                            SL_AI_REFUSAL};

struct choice {
    struct sl_ai_track track;
    struct call **calls;               /* room for SL_AI_CALLS_MAX, with the first */
    size_t calls_n, done_n;            /* the first done_n are closed */
    struct sl_strbuf held[HELD_KINDS]; /* behind a call that is not whole */
    struct sl_strbuf likely, unlikely; /* of the text and refusal to come (ai/likely.h) */
    struct sl_ai_think think;
};

struct decoder {
    struct sl_ai_decoder base;
    struct choice *choices[SL_AI_CHOICES_MAX];
    sl_str id;
    bool is_whole; /* a body: each tool call stands once */
};

static bool is_there(const struct sl_json *v)
{
    return sl_json_kind(v) > SL_JSON_NULL;
}

/* ------------------------------------------------------------------ tool calls: keeping */

static void follow(struct nesting *n, sl_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (n->is_after_backslash)
            n->is_after_backslash = false;
        else if (n->is_in_string && c == '\\')
            n->is_after_backslash = true;
        else if (c == '"')
            n->is_in_string = !n->is_in_string;
        else if (!n->is_in_string && (c == '{' || c == '['))
            n->depth++;
        else if (!n->is_in_string && (c == '}' || c == ']') && n->depth > 0)
            n->is_whole = --n->depth == 0;
    }
}

static struct call *add_call(struct decoder *d, struct choice *c, int64_t index)
{
    struct call *call;

    if (c->calls_n == SL_AI_CALLS_MAX) {
        sl_ai_emit_cut(&d->base, "the vendor's answer has too many tool calls");
        return NULL;
    }
    call = sl_arena_try_alloc(d->base.a, sizeof(*call));
    if (c->calls == NULL)
        c->calls = sl_arena_try_alloc(d->base.a, SL_AI_CALLS_MAX * sizeof(struct call *));
    if (call == NULL || c->calls == NULL) {
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
        return NULL;
    }
    call->index = index;
    sl_strbuf_init(&call->arguments, d->base.a, SL_AI_KEPT_BYTES);
    c->calls[c->calls_n++] = call;
    return call;
}

static struct call *call_by_index(struct choice *c, int64_t index)
{
    for (size_t i = c->calls_n; i > 0; i--) /* the newest first: an index may be used again */
        if (c->calls[i - 1]->index == index)
            return c->calls[i - 1];
    return NULL;
}

static struct call *call_by_id(struct choice *c, sl_str id)
{
    for (size_t i = c->calls_n; i > 0; i--)
        if (sl_str_eq(c->calls[i - 1]->id, id))
            return c->calls[i - 1];
    return NULL;
}

/* Another id together with a name is another call, also at the same index (Cerebras). */
static bool continues(const struct call *call, sl_str id, sl_str name)
{
    if (id.n == 0 || call->id.n == 0 || sl_str_eq(call->id, id))
        return !(id.n == 0 && name.n != 0 && call->name.n != 0 && call->nesting.is_whole);
    return name.n == 0;
}

/* Which call is the fragment of? By index, else by id, else the last one. */
static struct call *call_of(struct decoder *d, struct choice *c, const struct sl_json *v, sl_str id,
                            sl_str name)
{
    int64_t index = -1;
    struct call *call = NULL;

    if (d->is_whole)
        return add_call(d, c, -1);
    if (sl_json_i64(sl_json_get(v, SL_STR("index")), &index))
        call = call_by_index(c, index);
    else if (id.n != 0)
        call = call_by_id(c, id);
    else if (c->calls_n != 0)
        call = c->calls[c->calls_n - 1];
    if (call != NULL && continues(call, id, name))
        return call;
    return add_call(d, c, index);
}

static void add_arguments(struct decoder *d, struct call *call, const struct sl_json *v)
{
    sl_str text = sl_json_text(v);

    if (sl_json_kind(v) == SL_JSON_OBJECT)
        text = sl_ai_decoder_raw(&d->base, v);
    if (call->is_closed || text.n == 0)
        return;
    if (call->arguments.n == 0 && sl_str_eq(text, SL_STR("null"))) /* Cohere: no arguments */
        return;
    sl_strbuf_add(&call->arguments, text);
    if (!call->is_custom) /* plain text has no end of its own */
        follow(&call->nesting, text);
    if (call->arguments.is_full)
        sl_ai_emit_cut(&d->base, "the vendor's tool call is too large");
}

/* ------------------------------------------------------------------ tool calls: giving out */

static void open_call(struct decoder *d, struct choice *c, struct call *call)
{
    struct sl_ai_event *ev = sl_ai_emit_block(&d->base, &c->track, SL_AI_TOOL_CALL);

    if (call->id.n == 0)
        call->id = sl_ai_id_of_call(d->base.a, d->id, c->track.choice, c->done_n);
    ev->id = call->id;
    ev->name = call->name;
    ev->is_custom_tool = call->is_custom;
    call->is_open = true;
}

/* What was buffered may move when more comes, so a piece is copied out of it. */
static void send_arguments(struct decoder *d, struct choice *c, struct call *call)
{
    sl_str rest = sl_str_from(sl_strbuf_str(&call->arguments), call->sent_bytes);
    sl_str copy = rest.n != 0 ? sl_arena_try_dup(d->base.scratch, rest) : (sl_str){0};

    if (copy.n != 0)
        (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA, copy);
    call->sent_bytes = call->arguments.n;
}

static void close_call(struct decoder *d, struct choice *c, struct call *call)
{
    sl_ai_emit_block_stop(&d->base, &c->track);
    call->is_closed = true;
    c->done_n++;
}

static void hold_likely(struct decoder *d, struct choice *c, sl_str logprobs)
{
    if (logprobs.n != 0) /* what is in another form has no place here */
        (void)sl_ai_likely_split(logprobs, &c->likely, &c->unlikely);
    if (c->likely.is_full || c->unlikely.is_full)
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
}

static void hold(struct decoder *d, struct choice *c, enum sl_ai_part_kind kind, sl_str text,
                 sl_str logprobs)
{
    for (size_t i = 0; i < HELD_KINDS; i++)
        if (held_kinds[i] == kind)
            sl_strbuf_add(&c->held[i], text);
    hold_likely(d, c, logprobs);
}

/* What is held for this kind; a thought's are those of the content. */
static sl_str take_likely(struct decoder *d, struct choice *c, enum sl_ai_part_kind kind)
{
    bool is_refusal = kind == SL_AI_REFUSAL;
    struct sl_strbuf *b = is_refusal ? &c->unlikely : &c->likely;
    sl_str elements = b->is_full ? (sl_str){0} : sl_strbuf_str(b); /* the last one is cut off */
    sl_str json = sl_ai_likely_json(d->base.scratch, is_refusal ? "refusal" : "content", elements);

    sl_strbuf_clear(b);
    return json;
}

static void send_held(struct decoder *d, struct choice *c)
{
    struct sl_ai_event *ev;
    sl_str copy;

    if (c->done_n != c->calls_n)
        return;
    for (size_t i = 0; i < HELD_KINDS; i++) {
        if (c->held[i].n == 0)
            continue;
        copy = sl_arena_try_dup(d->base.scratch, sl_strbuf_str(&c->held[i]));
        ev = sl_ai_emit_text(&d->base, &c->track, held_kinds[i], copy);
        if (ev != NULL)
            ev->logprobs_json = take_likely(d, c, held_kinds[i]);
        sl_strbuf_clear(&c->held[i]);
    }
}

/* Give out as much as the order of blocks allows; everything when `is_last`. */
static void pump(struct decoder *d, struct choice *c, bool is_last)
{
    while (c->done_n < c->calls_n) {
        struct call *call = c->calls[c->done_n];
        bool has_next = c->done_n + 1 < c->calls_n;
        if (!call->is_open && call->name.n == 0 && !is_last)
            break;
        if (!call->is_open)
            open_call(d, c, call);
        send_arguments(d, c, call);
        if (!is_last && !(has_next && call->nesting.is_whole))
            break;
        close_call(d, c, call);
    }
    send_held(d, c);
}

static void tool_fragment(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    const struct sl_json *custom = sl_json_get(v, SL_STR("custom"));
    const struct sl_json *f = is_there(custom) ? custom : sl_json_get(v, SL_STR("function"));
    sl_str id = sl_json_text_of(v, "id");
    sl_str name = sl_json_text_of(f, "name");
    struct call *call = call_of(d, c, v, id, name);

    if (call == NULL)
        return;
    if (call->id.n == 0)
        call->id = sl_ai_decoder_keep(&d->base, id);
    if (call->name.n == 0)
        call->name = sl_ai_decoder_keep(&d->base, name);
    call->is_custom |= is_there(custom);
    add_arguments(d, call, sl_json_get(f, call->is_custom ? SL_STR("input") : SL_STR("arguments")));
}

static void tool_calls(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    const struct sl_json *calls = sl_json_get(v, SL_STR("tool_calls"));
    const struct sl_json *legacy = sl_json_get(v, SL_STR("function_call"));
    struct sl_json_cursor cursor = sl_json_each(calls);
    bool is_one = sl_json_kind(calls) == SL_JSON_OBJECT; /* in place of an array */
    const struct sl_json *one;
    struct call *call;

    if (is_one)
        tool_fragment(d, c, calls);
    while (!is_one && !d->base.is_over && (one = sl_json_next(&cursor, NULL)) != NULL)
        tool_fragment(d, c, one);
    if (is_there(legacy) && !d->base.is_over) {
        call = c->calls_n != 0 ? c->calls[0] : add_call(d, c, 0);
        if (call->name.n == 0)
            call->name = sl_ai_decoder_keep(&d->base, sl_json_text_of(legacy, "name"));
        add_arguments(d, call, sl_json_get(legacy, SL_STR("arguments")));
    }
}

/* ------------------------------------------------------------------ text and thinking */

/* With those of the tokens before it that had no text yet. */
static sl_str all_likely(struct decoder *d, struct choice *c, enum sl_ai_part_kind kind,
                         sl_str logprobs)
{
    if (c->likely.n == 0 && c->unlikely.n == 0)
        return logprobs;
    hold_likely(d, c, logprobs);
    return take_likely(d, c, kind);
}

static void text(struct decoder *d, struct choice *c, enum sl_ai_part_kind kind, sl_str t,
                 sl_str logprobs)
{
    bool is_open = c->track.is_open && c->track.kind == kind;
    struct sl_ai_event *ev;

    if (t.n == 0 && !is_open) /* half a letter, or nothing at all */
        hold_likely(d, c, logprobs);
    if (t.n == 0 && (logprobs.n == 0 || !is_open))
        return;
    if (c->done_n + 1 == c->calls_n && c->calls[c->done_n]->is_open &&
        c->calls[c->done_n]->nesting.is_whole)
        close_call(d, c, c->calls[c->done_n]);
    if (c->done_n < c->calls_n) {
        hold(d, c, kind, t, logprobs);
        return;
    }
    ev = t.n != 0 ? sl_ai_emit_text(&d->base, &c->track, kind, t)
                  : sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA, t);
    if (ev != NULL)
        ev->logprobs_json = all_likely(d, c, kind, logprobs);
}

/* The content, of which thoughts may be a part. */
static void content_text(struct decoder *d, struct choice *c, sl_str t, sl_str logprobs)
{
    bool has_tags = sl_ai_vendor_has(d->base.config.target->vendor, SL_AI_QUIRK_THINK_TAGS);
    sl_str piece;
    bool is_thought;

    if (!has_tags)
        text(d, c, SL_AI_TEXT, t, logprobs);
    while (has_tags && sl_ai_think_next(&c->think, &t, &piece, &is_thought)) {
        text(d, c, is_thought ? SL_AI_THINKING : SL_AI_TEXT, piece, logprobs);
        logprobs = (sl_str){0}; /* which are of all of it */
    }
    if (has_tags)
        hold_likely(d, c, logprobs); /* of what may be a tag */
}

static void end_content(struct decoder *d, struct choice *c)
{
    bool is_thought;
    sl_str held = sl_ai_think_finish(&c->think, &is_thought);

    text(d, c, is_thought ? SL_AI_THINKING : SL_AI_TEXT, held, (sl_str){0});
}

/* An array of parts in place of a text (Mistral): text, and thinking made of text. */
static void parts(struct decoder *d, struct choice *c, const struct sl_json *v,
                  enum sl_ai_part_kind kind)
{
    struct sl_json_cursor cursor = sl_json_each(v);
    const struct sl_json *part;

    if (sl_json_kind(v) == SL_JSON_STRING)
        text(d, c, kind, sl_json_text(v), (sl_str){0});
    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return;
    while ((part = sl_json_next(&cursor, NULL)) != NULL) {
        struct sl_json_cursor inner = sl_json_each(sl_json_get(part, SL_STR("thinking")));
        const struct sl_json *thought;
        text(d, c, kind, sl_json_text_of(part, "text"), (sl_str){0});
        text(d, c, SL_AI_THINKING, sl_json_text_of(part, "thinking"), (sl_str){0});
        while ((thought = sl_json_next(&inner, NULL)) != NULL)
            text(d, c, SL_AI_THINKING, sl_json_text_of(thought, "text"), (sl_str){0});
    }
}

static sl_str reasoning_of(const struct sl_json *v)
{
    static const char *const names[] = {"reasoning_content", "reasoning", "reasoning_text"};

    for (size_t i = 0; i < SL_LEN(names); i++) {
        sl_str t = sl_json_text_of(v, names[i]);
        if (t.n != 0)
            return t;
    }
    return (sl_str){0};
}

/* What our own encoder, or another gateway, writes for Anthropic's blocks. */
static void thinking_blocks(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(v, SL_STR("thinking_blocks")));
    const struct sl_json *block;

    while ((block = sl_json_next(&cursor, NULL)) != NULL) {
        struct sl_ai_part p = {0};
        struct sl_ai_event *ev;
        if (!sl_ai_read_thinking_block(block, &p) || p.signature.n == 0)
            continue;
        if (!p.is_redacted && c->track.is_open && c->track.kind == SL_AI_THINKING) {
            (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_SIGNATURE, p.signature);
            sl_ai_emit_block_stop(&d->base, &c->track);
            continue;
        }
        ev = sl_ai_emit_block(&d->base, &c->track, SL_AI_THINKING);
        if (p.is_redacted)
            ev->text = p.signature;
        text(d, c, SL_AI_THINKING, p.text, (sl_str){0});
        if (!p.is_redacted)
            (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_SIGNATURE, p.signature);
        sl_ai_emit_block_stop(&d->base, &c->track);
    }
}

/* OpenRouter's and MiniMax's [{type, text or summary}], where nothing else says the same. */
static void reasoning_details(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(v, SL_STR("reasoning_details")));
    const struct sl_json *detail;

    while ((detail = sl_json_next(&cursor, NULL)) != NULL) {
        sl_str own = sl_json_text_of(detail, "text");
        text(d, c, SL_AI_THINKING, own.n != 0 ? own : sl_json_text_of(detail, "summary"),
             (sl_str){0});
    }
}

static void thinking(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    bool has_blocks = sl_json_count(sl_json_get(v, SL_STR("thinking_blocks"))) != 0;
    sl_str said = reasoning_of(v);

    if (!d->is_whole || !has_blocks)
        text(d, c, SL_AI_THINKING, said, (sl_str){0});
    if (said.n == 0 && !has_blocks)
        reasoning_details(d, c, v);
    if (has_blocks && c->calls_n == 0)
        thinking_blocks(d, c, v);
}

/* ------------------------------------------------------------------ sources and pictures */

static void annotations(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(v, SL_STR("annotations")));
    const struct sl_json *one;
    struct sl_ai_citation said;

    while ((one = sl_json_next(&cursor, NULL)) != NULL)
        if (sl_ai_citation_read_openai(one, &said))
            sl_ai_emit_citation(&d->base, &c->track, &said);
}

/* [{type, image_url: {url}}], as OpenRouter has it; a data: URL is what the hub has of it. */
static void images(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(v, SL_STR("images")));
    const struct sl_json *one;

    while (c->done_n == c->calls_n && (one = sl_json_next(&cursor, NULL)) != NULL) {
        sl_str url = sl_json_text_of(sl_json_get(one, SL_STR("image_url")), "url"), type = {0},
               data;
        if (url.n == 0)
            continue;
        if (!sl_ai_data_url(d->base.scratch, url, &type, &data))
            data = url;
        sl_ai_emit_block(&d->base, &c->track, SL_AI_IMAGE)->name = type;
        (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA, data);
        sl_ai_emit_block_stop(&d->base, &c->track);
    }
}

/* ------------------------------------------------------------------ choices */

static struct choice *choice_of(struct decoder *d, int64_t index)
{
    struct choice *c;

    if (index < 0 || index >= SL_AI_CHOICES_MAX)
        return NULL;
    if (d->choices[index] != NULL)
        return d->choices[index];
    c = sl_arena_try_alloc(d->base.a, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->track.choice = (uint32_t)index;
    for (size_t i = 0; i < HELD_KINDS; i++)
        sl_strbuf_init(&c->held[i], d->base.a, SL_AI_KEPT_BYTES);
    sl_strbuf_init(&c->likely, d->base.a, SL_AI_KEPT_BYTES);
    sl_strbuf_init(&c->unlikely, d->base.a, SL_AI_KEPT_BYTES);
    d->choices[index] = c;
    return c;
}

/* The matched stop string: Anthropic's name of it, or vLLM's. */
static sl_str stop_text_of(const struct sl_json *choice)
{
    sl_str t = sl_json_text_of(choice, "stop_sequence");

    return t.n != 0 ? t : sl_json_text_of(choice, "stop_reason");
}

/* Some gateways, ours too, tell the first vendor's own word, which may say more (X4); others tell nothing else. */
static enum sl_ai_stop why(const struct choice *c, sl_str reason, sl_str native, sl_str stop_text)
{
    enum sl_ai_stop stop = sl_ai_stop_of(SL_AI_OPENAI_CHAT, reason);
    enum sl_ai_stop exact = sl_ai_stop_of(SL_AI_ANTHROPIC, native.n != 0 ? native : reason);
    bool is_end = stop == SL_AI_STOP_END || stop == SL_AI_STOP_TOOL;

    if (c->track.has_tool && is_end && exact != SL_AI_STOP_CONTEXT)
        return SL_AI_STOP_TOOL; /* whose results are waited for */
    if (exact == SL_AI_STOP_CONTEXT || exact == SL_AI_STOP_PAUSE)
        return exact;
    if (stop == SL_AI_STOP_TOOL) /* of calls that did not come */
        return SL_AI_STOP_END;
    return stop == SL_AI_STOP_END && stop_text.n != 0 ? SL_AI_STOP_SEQUENCE : stop;
}

/* An answer may end with a token without text, or have no other. */
static void last_likely(struct decoder *d, struct choice *c)
{
    struct sl_ai_event *ev;

    if (c->calls_n != 0 || c->likely.n == 0)
        return;
    if (!c->track.is_open || c->track.kind != SL_AI_TEXT)
        (void)sl_ai_emit_block(&d->base, &c->track, SL_AI_TEXT);
    ev = sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA, (sl_str){0});
    if (ev != NULL)
        ev->logprobs_json = take_likely(d, c, SL_AI_TEXT);
}

static void stop(struct decoder *d, struct choice *c, const struct sl_json *v)
{
    sl_str reason = sl_json_text_of(v, "finish_reason");
    sl_str native = sl_json_text_of(v, "native_finish_reason");
    struct sl_ai_event *ev;

    end_content(d, c);
    pump(d, c, true);
    last_likely(d, c);
    ev = sl_ai_emit_stop(&d->base, &c->track, why(c, reason, native, stop_text_of(v)),
                         sl_ai_decoder_keep(&d->base, native.n != 0 ? native : reason));
    if (ev != NULL && ev->stop == SL_AI_STOP_SEQUENCE)
        ev->text = stop_text_of(v);
}

static void delta(struct decoder *d, struct choice *c, const struct sl_json *choice,
                  const struct sl_json *v)
{
    const struct sl_json *logprobs = sl_json_get(choice, SL_STR("logprobs"));
    const struct sl_json *content = sl_json_get(v, SL_STR("content"));
    const struct sl_json *refusal = sl_json_get(v, SL_STR("refusal"));
    sl_str raw = is_there(logprobs) ? sl_ai_decoder_raw(&d->base, logprobs) : (sl_str){0};
    bool is_refusal = sl_json_text(refusal).n != 0 && sl_json_text(content).n == 0;

    thinking(d, c, v);
    if (sl_json_kind(content) == SL_JSON_STRING)
        content_text(d, c, sl_json_text(content), is_refusal ? (sl_str){0} : raw);
    else
        parts(d, c, content, SL_AI_TEXT);
    text(d, c, SL_AI_REFUSAL, sl_json_text(refusal), is_refusal ? raw : (sl_str){0});
    annotations(d, c, v);
    images(d, c, v);
    tool_calls(d, c, v);
    pump(d, c, false);
}

static void fault(struct decoder *d, const struct sl_json *error)
{
    struct sl_ai_fault f = sl_ai_decoder_fault(&d->base, error);

    sl_ai_emit_fault(&d->base, &f);
}

static void choice(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *error = sl_json_get(v, SL_STR("error"));
    const struct sl_json *message = sl_json_get(v, SL_STR("delta"));
    sl_str reason = sl_json_text_of(v, "finish_reason");
    int64_t index = 0;
    struct choice *c;

    (void)!sl_json_i64(sl_json_get(v, SL_STR("index")), &index); /* missing: the first */
    c = choice_of(d, index);
    if (c == NULL || c->track.has_stopped)
        return;
    if (is_there(error)) {
        fault(d, error);
        return;
    }
    if (!is_there(message))
        message = sl_json_get(v, SL_STR("message"));
    delta(d, c, v, message);
    if (!d->base.is_over && (reason.n != 0 || d->is_whole))
        stop(d, c, v);
}

/* ------------------------------------------------------------------ the answer */

/* MiniMax says in a 200 that it failed: {base_resp: {status_code, status_msg}}. */
static bool base_resp_fault(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *resp = sl_json_get(v, SL_STR("base_resp"));
    struct sl_ai_fault f = {.retry_after_us = -1};
    int64_t code = 0;

    if (!sl_json_i64(sl_json_get(resp, SL_STR("status_code")), &code) || code == 0)
        return false;
    f.code = sl_ai_decoder_keep(&d->base, sl_json_number(sl_json_get(resp, SL_STR("status_code"))));
    f.message = sl_ai_decoder_keep(&d->base, sl_json_text_of(resp, "status_msg"));
    sl_ai_fault_classify_of(d->base.config.target->vendor, &f);
    sl_ai_emit_fault(&d->base, &f);
    return true;
}

static bool has_fault(struct decoder *d, sl_str type, const struct sl_json *v)
{
    const struct sl_json *error = sl_json_get(v, SL_STR("error"));
    bool is_error = sl_str_eq(type, SL_STR("error")) ||
                    sl_str_eq(sl_json_text_of(v, "object"), SL_STR("error"));

    if (is_there(error)) {
        fault(d, error);
        return true;
    }
    if (is_error) {
        fault(d, v);
        return true;
    }
    return base_resp_fault(d, v);
}

/* A chunk or a body. */
static void answer(struct decoder *d, sl_str type, const struct sl_json *v)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("choices")));
    const struct sl_json *one;

    if (has_fault(d, type, v))
        return;
    sl_ai_emit_usage(&d->base, v, false);
    if (!d->base.has_started && (sl_json_count(sl_json_get(v, SL_STR("choices"))) != 0 ||
                                 sl_json_text_of(v, "id").n != 0)) { /* not Azure's prologue */
        d->id = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "id"));
        d->base.fingerprint =
            sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "system_fingerprint"));
        sl_ai_emit_start(&d->base, d->id,
                         sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "model")));
    }
    while (!d->base.is_over && (one = sl_json_next(&c, NULL)) != NULL)
        choice(d, one);
    if (!d->base.is_over && !d->is_whole)
        sl_ai_emit_usage(&d->base, v, true);
}

static bool has_choices(const struct decoder *d)
{
    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (d->choices[i] != NULL)
            return true;
    return false;
}

/* [DONE]: choices that were never given a reason end here; some servers never send one. */
static void done(struct decoder *d)
{
    if (!has_choices(d)) {
        sl_ai_emit_cut(&d->base, "the vendor's answer is empty");
        return;
    }
    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (d->choices[i] != NULL)
            stop(d, d->choices[i], NULL);
    sl_ai_emit_end(&d->base);
}

const struct sl_json *sl_ai_openai_chat_data(struct sl_ai_decoder *d, sl_str data,
                                             bool *ret_is_done)
{
    sl_str trimmed = sl_str_trim_all(data);

    *ret_is_done = sl_str_starts(trimmed, SL_STR("[DONE]"));
    return trimmed.n == 0 || *ret_is_done ? NULL : sl_ai_decoder_parse(d, data);
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
    if (!base->is_over && !has_choices(d))
        sl_ai_emit_cut(base, "the vendor's answer has no choices");
}

/* No [DONE], but every choice has its reason and the end is clean (T3). */
static void finish(struct sl_ai_decoder *base)
{
    struct decoder *d = (struct decoder *)base;

    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (d->choices[i] != NULL && !d->choices[i]->track.has_stopped)
            return;
    if (has_choices(d))
        sl_ai_emit_end(base);
}

/* Of the only choice; what is said twice, under two names, has two places that differ next time. */
static bool find_in_delta(sl_str data, const struct sl_json_range *choice,
                          const struct sl_ai_event *ev, struct sl_ai_text_places *ret)
{
    static const sl_str thoughts[] = {SL_STR_INIT("reasoning_content"), SL_STR_INIT("reasoning"),
                                      SL_STR_INIT("reasoning_text")};
    struct sl_json_range delta;
    if (!sl_json_range_get(data, choice, SL_STR("delta"), &delta))
        return false;
    if (ev->part == SL_AI_TEXT)
        return sl_json_range_get(data, &delta, SL_STR("content"), &ret->text);
    for (size_t i = 0; i < SL_LEN(thoughts); i++)
        if (sl_json_range_get(data, &delta, thoughts[i], &ret->text) &&
            ret->text.kind == SL_JSON_STRING)
            return true;
    return false;
}

/* With tags of thoughts in the text, the text alone does not tell what it is. */
static bool find_text(const struct sl_ai_decoder *d, sl_str data, const struct sl_ai_event *ev,
                      struct sl_ai_text_places *ret)
{
    struct sl_json_range root = sl_json_range_top(data), choices, choice, second;
    struct sl_json_iter it;
    if (sl_ai_vendor_has(d->config.target->vendor, SL_AI_QUIRK_THINK_TAGS) ||
        !sl_json_range_get(data, &root, SL_STR("choices"), &choices))
        return false;
    sl_json_iter_init(&it, data, &choices);
    if (!sl_json_iter_next(&it, &choice) || sl_json_iter_next(&it, &second) ||
        !find_in_delta(data, &choice, ev, ret))
        return false;
    if (sl_json_range_get(data, &root, SL_STR("obfuscation"), &ret->padding) &&
        ret->padding.kind != SL_JSON_STRING)
        ret->padding = (struct sl_json_range){0};
    return ret->text.kind == SL_JSON_STRING;
}

const struct sl_ai_decoder_ops sl_ai_openai_chat_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .find_text = find_text,
    .body = body,
    .finish = finish,
};
