/*
 * openai_responses_answer_decode: Responses' answers, streamed or whole, as events (wire-formats 7.3, 7.4).
 *
 * Blocks come from the parts of the output's items. Items may be interleaved; blocks may not (X3): the
 * first unfinished one goes out as it comes, those behind it are held until it is done. Every item
 * stands in the stream several times (added, deltas, done, and once more at the end of everything), and
 * servers leave some of that out: whatever has not been given out yet is taken from where it comes
 * first, so that the deltas, the done events or the last event alone suffice.
 */
#include "ai/citation.h"
#include "ai/openai_responses_int.h"

#include "ai/ids.h"
#include "ai/likely.h"
#include "ai/stop.h"
#include "base/str.h"

enum { BLOCKS_MAX = 1024, WHOLE_ITEM = -1, FORMAT_BYTES = 16, PHASE_BYTES = 32 };

struct block {
    struct block *next;
    enum sl_ai_part_kind kind;
    int64_t output_index, content_index; /* of a message's part; WHOLE_ITEM for other items */
    sl_str id, name, signature; /* name: of a tool; a text's phase; of others what they are */
    bool is_custom;
    bool is_raw;             /* reasoning: the thoughts themselves, not a summary of them */
    int64_t thought_index;   /* reasoning: which of its texts came last */
    size_t received;         /* bytes of its text, given out or held */
    struct sl_strbuf held;   /* as long as it is not its turn */
    struct sl_strbuf likely; /* of its text (ai/likely.h), not given out yet */
    size_t likely_n;         /* tokens that came with it */
    bool is_open, is_done, is_signed;
};

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track track;
    sl_str id;
    struct block *blocks, *last; /* from the first that is not given out whole */
    struct block *past;          /* those that are, newest first: nothing of them comes again */
    size_t count;
    int64_t chars;         /* of the text of parts that are done */
    int64_t message_index; /* the message that was told of last, and what it is said for */
    sl_str phase;
};

static int64_t number(const struct sl_json *v, const char *name)
{
    int64_t n;

    return sl_json_i64(sl_json_get(v, sl_cstr(name)), &n) && n >= 0 ? n : 0;
}

/* ------------------------------------------------------------------ giving out */

static void open_block(struct decoder *d, struct block *b)
{
    struct sl_ai_event *ev = sl_ai_emit_block(&d->base, &d->track, b->kind);

    b->is_open = true;
    ev->id = b->id;
    ev->name = b->name;
    ev->is_custom_tool = b->is_custom;
    if (b->kind == SL_AI_OPAQUE) {
        ev->text = b->name;
        ev->dialect = SL_AI_OPENAI_RESPONSES;
    }
}

/* With the tokens that came, if only behind it. */
static void give_text(struct decoder *d, struct block *b, sl_str text)
{
    struct sl_ai_event *ev;

    if (text.n == 0 && b->likely.n == 0)
        return;
    ev = sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, text);
    if (ev != NULL)
        ev->logprobs_json =
            sl_ai_likely_json(d->base.scratch, "content", sl_strbuf_str(&b->likely));
    sl_strbuf_clear(&b->likely);
}

static void give_signature(struct decoder *d, struct block *b)
{
    if (b->is_signed || b->signature.n == 0)
        return;
    (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_SIGNATURE, b->signature);
    b->is_signed = true;
}

/* It is the turn of the first block: what was held of it may move when more comes, so it is copied. */
static void give_held(struct decoder *d, struct block *b)
{
    sl_str held = sl_strbuf_str(&b->held);

    if (!b->is_open)
        open_block(d, b);
    if (held.n != 0 || b->is_done)
        give_text(d, b, sl_arena_try_dup(d->base.scratch, held));
    sl_strbuf_clear(&b->held);
}

static void pump(struct decoder *d)
{
    struct block *b;

    while ((b = d->blocks) != NULL) {
        give_held(d, b);
        if (!b->is_done)
            return;
        give_signature(d, b);
        sl_ai_emit_block_stop(&d->base, &d->track);
        d->blocks = b->next;
        if (d->blocks == NULL)
            d->last = NULL;
        b->next = d->past;
        d->past = b;
    }
}

/* ------------------------------------------------------------------ blocks */

static struct block *find_in(struct block *b, int64_t output_index, int64_t content_index)
{
    for (; b != NULL; b = b->next)
        if (b->output_index == output_index && b->content_index == content_index)
            return b;
    return NULL;
}

static struct block *find(struct decoder *d, int64_t output_index, int64_t content_index)
{
    struct block *b = find_in(d->blocks, output_index, content_index);

    return b != NULL ? b : find_in(d->past, output_index, content_index);
}

static struct block *add(struct decoder *d, enum sl_ai_part_kind kind, int64_t output_index,
                         int64_t content_index)
{
    struct block *b;

    if (++d->count > BLOCKS_MAX) {
        sl_ai_emit_cut(&d->base, "the vendor's answer has too many items");
        return NULL;
    }
    b = sl_arena_try_alloc(d->base.a, sizeof(*b));
    if (b == NULL) {
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
        return NULL;
    }
    b->kind = kind;
    b->output_index = output_index;
    b->content_index = content_index;
    if ((kind == SL_AI_TEXT || kind == SL_AI_REFUSAL) && output_index == d->message_index)
        b->name = d->phase;
    sl_strbuf_init(&b->held, d->base.a, SL_AI_KEPT_BYTES);
    sl_strbuf_init(&b->likely, d->base.a, SL_AI_KEPT_BYTES);
    if (d->last != NULL)
        d->last->next = b;
    else
        d->blocks = b;
    d->last = b;
    return b;
}

static struct block *block_of(struct decoder *d, enum sl_ai_part_kind kind, int64_t output_index,
                              int64_t content_index)
{
    struct block *b = find(d, output_index, content_index);

    return b != NULL ? b : add(d, kind, output_index, content_index);
}

static void receive(struct decoder *d, struct block *b, sl_str text)
{
    if (b == NULL || b->is_done || text.n == 0)
        return;
    b->received += text.n;
    if (b == d->blocks) {
        give_held(d, b);
        give_text(d, b, text);
        return;
    }
    sl_strbuf_add(&b->held, text);
    if (b->held.is_full)
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
}

/* Not in the middle of one: then what was received is not what the text begins with. */
static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* The whole text: what the deltas have not brought follows. */
static void complete(struct decoder *d, struct block *b, sl_str whole)
{
    if (b != NULL && whole.n > b->received && begins_character(whole.p[b->received]))
        receive(d, b, sl_str_from(whole, b->received));
}

static void finish_block(struct decoder *d, struct block *b)
{
    if (b == NULL || b->is_done)
        return;
    b->is_done = true;
    pump(d);
}

/* `list` repeats the first `told` tokens. */
static void receive_likely(struct decoder *d, struct block *b, const struct sl_json *list,
                           size_t told)
{
    struct sl_json_cursor c = sl_json_each(list);
    const struct sl_json *token;

    while (b != NULL && !b->is_done && (token = sl_json_next(&c, NULL)) != NULL) {
        if (told != 0) {
            told--;
            continue;
        }
        sl_ai_likely_add(&b->likely, token);
        b->likely_n++;
    }
    if (b != NULL && b->likely.is_full)
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
}

/* ------------------------------------------------------------------ parts of messages */

static struct block *part_block(struct decoder *d, const struct sl_json *v,
                                enum sl_ai_part_kind kind)
{
    return block_of(d, kind, number(v, "output_index"), number(v, "content_index"));
}

static void text_delta(struct decoder *d, const struct sl_json *v)
{
    sl_str text = sl_json_text_of(v, "delta");
    const struct sl_json *list = sl_json_get(v, SL_STR("logprobs"));
    struct block *b;

    if (text.n == 0 && sl_json_count(list) == 0)
        return;
    b = part_block(d, v, SL_AI_TEXT);
    receive_likely(d, b, list, 0);
    receive(d, b, text);
}

static void refusal_delta(struct decoder *d, const struct sl_json *v)
{
    if (sl_json_text_of(v, "delta").n != 0)
        receive(d, part_block(d, v, SL_AI_REFUSAL), sl_json_text_of(v, "delta"));
}

/* They count from the part's beginning. Of a part whose turn it is not they are left out. */
static void annotations(struct decoder *d, const struct block *b, const struct sl_json *part)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(part, SL_STR("annotations")));
    const struct sl_json *one;
    struct sl_ai_citation c;

    while (b->is_open && (one = sl_json_next(&cursor, NULL)) != NULL) {
        if (!sl_ai_citation_read_openai(one, &c))
            continue;
        c.from += c.from >= 0 ? d->chars : 0;
        c.to += c.to >= 0 ? d->chars : 0;
        sl_ai_emit_citation(&d->base, &d->track, &c);
    }
}

static void part_done(struct decoder *d, int64_t output_index, int64_t content_index,
                      const struct sl_json *part)
{
    bool is_refusal = sl_str_eq(sl_json_text_of(part, "type"), SL_STR("refusal"));
    sl_str whole = sl_json_text_of(part, is_refusal ? "refusal" : "text");
    struct block *b = find(d, output_index, content_index);

    if (b == NULL && whole.n != 0)
        b = add(d, is_refusal ? SL_AI_REFUSAL : SL_AI_TEXT, output_index, content_index);
    receive_likely(d, b, sl_json_get(part, SL_STR("logprobs")), b != NULL ? b->likely_n : 0);
    complete(d, b, whole);
    if (b != NULL && !b->is_done && !is_refusal) {
        annotations(d, b, part);
        d->chars += sl_ai_citation_chars(whole);
    }
    finish_block(d, b);
}

static void content_part_done(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *part = sl_json_get(v, SL_STR("part"));

    if (!sl_str_eq(sl_json_text_of(part, "type"), SL_STR("reasoning_text")))
        part_done(d, number(v, "output_index"), number(v, "content_index"), part);
}

static void message_added(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    sl_str phase = sl_str_head(sl_json_text_of(item, "phase"), PHASE_BYTES);

    d->message_index = output_index;
    if (!sl_str_eq(phase, d->phase)) /* it lives as long as the answer */
        d->phase = sl_ai_decoder_keep(&d->base, phase);
}

static void message_done(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(item, SL_STR("content")));
    const struct sl_json *part;

    message_added(d, output_index, item); /* who streams nothing says it here alone */
    for (int64_t i = 0; (part = sl_json_next(&c, NULL)) != NULL && !d->base.is_over; i++)
        part_done(d, output_index, i, part);
}

/* ------------------------------------------------------------------ calls */

static struct block *call_block(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    struct block *b = find(d, output_index, WHOLE_ITEM);
    sl_str id = sl_json_text_of(item, "call_id");

    if (b != NULL || item == NULL)
        return b;
    b = add(d, SL_AI_TOOL_CALL, output_index, WHOLE_ITEM);
    if (b == NULL)
        return NULL;
    b->is_custom = sl_str_eq(sl_json_text_of(item, "type"), SL_STR("custom_tool_call"));
    b->id = id.n != 0 ? sl_ai_decoder_keep(&d->base, id)
                      : sl_ai_id_of_call(d->base.a, d->id, 0, (size_t)output_index);
    b->name = sl_ai_decoder_keep(&d->base, sl_json_text_of(item, "name"));
    return b;
}

/* Of a call that was never announced nothing is known before its item comes: the text waits for that. */
static void call_delta(struct decoder *d, const struct sl_json *v)
{
    receive(d, call_block(d, number(v, "output_index"), NULL), sl_json_text_of(v, "delta"));
}

static void call_done(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    struct block *b = call_block(d, output_index, item);

    complete(d, b, sl_json_text_of(item, b != NULL && b->is_custom ? "input" : "arguments"));
    finish_block(d, b);
}

static void call_added(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    if (call_block(d, output_index, item) != NULL)
        pump(d);
}

/* ------------------------------------------------------------------ reasoning */

static void name_thought(struct decoder *d, struct block *b, sl_str id)
{
    if (b != NULL && b->id.n == 0)
        b->id = sl_ai_decoder_keep(&d->base, id);
}

/* Several texts of one item become one, with a blank line between them. */
static void thought_delta(struct decoder *d, const struct sl_json *v, bool is_raw)
{
    int64_t index = number(v, is_raw ? "content_index" : "summary_index");
    sl_str text = sl_json_text_of(v, "delta");
    struct block *b;

    if (text.n == 0)
        return;
    b = block_of(d, SL_AI_THINKING, number(v, "output_index"), WHOLE_ITEM);
    if (b == NULL || (b->received != 0 && b->is_raw != is_raw))
        return;
    name_thought(d, b, sl_json_text_of(v, "item_id"));
    if (b->received != 0 && b->thought_index != index)
        receive(d, b, SL_STR("\n\n"));
    b->is_raw = is_raw;
    b->thought_index = index;
    receive(d, b, text);
}

static void summary_delta(struct decoder *d, const struct sl_json *v)
{
    thought_delta(d, v, false);
}

static void reasoning_delta(struct decoder *d, const struct sl_json *v)
{
    thought_delta(d, v, true);
}

static sl_str thought_of(struct decoder *d, const struct sl_json *item)
{
    const struct sl_json *content = sl_json_get(item, SL_STR("content"));
    bool is_raw = sl_json_count(content) != 0;
    struct sl_json_cursor c = sl_json_each(is_raw ? content : sl_json_get(item, SL_STR("summary")));
    const struct sl_json *part;
    struct sl_strbuf text;

    sl_strbuf_init(&text, d->base.scratch, 0);
    while ((part = sl_json_next(&c, NULL)) != NULL) {
        sl_str t = sl_json_text_of(part, "text");
        if (text.n != 0 && t.n != 0)
            sl_strbuf_add(&text, SL_STR("\n\n"));
        sl_strbuf_add(&text, t);
    }
    if (text.is_full)
        sl_ai_emit_cut(&d->base, "the vendor's answer is too large");
    return sl_strbuf_str(&text);
}

/* A signature that comes when its thought is over (Azure) goes out in a block of its own. */
static void sign(struct decoder *d, struct block **b, int64_t output_index,
                 const struct sl_json *item)
{
    sl_str signature = sl_ai_openai_responses_sign(d->base.a, sl_json_text_of(item, "id"),
                                                   sl_json_text_of(item, "encrypted_content"));

    if (signature.n == 0 || ((*b) != NULL && (*b)->signature.n != 0))
        return;
    if (*b == NULL || (*b)->is_done) {
        if (*b != NULL)
            (*b)->signature = signature; /* not again */
        *b = add(d, SL_AI_THINKING, output_index, WHOLE_ITEM);
    }
    name_thought(d, *b, sl_json_text_of(item, "id"));
    if (*b != NULL)
        (*b)->signature = signature;
}

static void reasoning_done(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    struct block *b = find(d, output_index, WHOLE_ITEM);
    sl_str thought = b == NULL ? thought_of(d, item) : (sl_str){0};

    if (b != NULL && b->kind != SL_AI_THINKING) /* another item has this place */
        return;
    if (thought.n != 0) {
        b = add(d, SL_AI_THINKING, output_index, WHOLE_ITEM);
        name_thought(d, b, sl_json_text_of(item, "id"));
        receive(d, b, thought);
    }
    if (!d->base.is_over)
        sign(d, &b, output_index, item);
    finish_block(d, b);
}

/* ------------------------------------------------------------------ items */

/* Calls of tools that the vendor runs: for those who asked in this dialect. */
static void hosted_done(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    const struct sl_ai_request *rq = d->base.config.request;
    struct block *b;

    if (rq == NULL || rq->dialect != SL_AI_OPENAI_RESPONSES ||
        !sl_ai_openai_responses_is_hosted(sl_json_text_of(item, "type")) ||
        find(d, output_index, WHOLE_ITEM) != NULL)
        return;
    b = add(d, SL_AI_OPAQUE, output_index, WHOLE_ITEM);
    if (b == NULL)
        return;
    b->name = sl_ai_decoder_keep(&d->base, sl_ai_decoder_raw(&d->base, item));
    finish_block(d, b);
}

/* What the vendor's tool has drawn: an image for whom it is no item of their dialect. */
static void image_done(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    const struct sl_ai_request *rq = d->base.config.request;
    sl_str format = sl_str_head(sl_json_text_of(item, "output_format"), FORMAT_BYTES);
    sl_str data = sl_json_text_of(item, "result");
    struct block *b;

    if (rq != NULL && rq->dialect == SL_AI_OPENAI_RESPONSES) {
        hosted_done(d, output_index, item);
        return;
    }
    if (data.n == 0 || find(d, output_index, WHOLE_ITEM) != NULL)
        return;
    b = add(d, SL_AI_IMAGE, output_index, WHOLE_ITEM);
    if (b == NULL)
        return;
    if (format.n == 0)
        format = SL_STR("png");
    b->name = sl_ai_decoder_keep(&d->base, sl_fmt(d->base.scratch, "image/%.*s", SL_STRF(format)));
    receive(d, b, data);
    finish_block(d, b);
}

static const struct {
    const char *type;
    void (*added)(struct decoder *d, int64_t output_index, const struct sl_json *item);
    void (*done)(struct decoder *d, int64_t output_index, const struct sl_json *item);
} item_types[] = {
    {"message", message_added, message_done},    {"reasoning", NULL, reasoning_done},
    {"function_call", call_added, call_done},    {"custom_tool_call", call_added, call_done},
    {"image_generation_call", NULL, image_done},
};

static void item_added(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *item = sl_json_get(v, SL_STR("item"));
    sl_str type = sl_json_text_of(item, "type");

    for (size_t i = 0; i < SL_LEN(item_types); i++)
        if (sl_str_eq(sl_cstr(item_types[i].type), type) && item_types[i].added != NULL)
            item_types[i].added(d, number(v, "output_index"), item);
}

static void item_done_at(struct decoder *d, int64_t output_index, const struct sl_json *item)
{
    sl_str type = sl_json_text_of(item, "type");

    for (size_t i = 0; i < SL_LEN(item_types); i++) {
        if (!sl_str_eq(sl_cstr(item_types[i].type), type))
            continue;
        item_types[i].done(d, output_index, item);
        return;
    }
    hosted_done(d, output_index, item);
}

static void item_done(struct decoder *d, const struct sl_json *v)
{
    item_done_at(d, number(v, "output_index"), sl_json_get(v, SL_STR("item")));
}

/* ------------------------------------------------------------------ the response */

static void fault(struct decoder *d, const struct sl_json *error)
{
    struct sl_ai_fault f = sl_ai_decoder_fault(&d->base, error);

    if (f.message.n == 0 && f.code.n == 0)
        f.message = SL_STR("the vendor's answer failed");
    sl_ai_emit_fault(&d->base, &f);
}

static void start(struct decoder *d, const struct sl_json *response)
{
    if (d->base.has_started || sl_json_text_of(response, "id").n == 0)
        return;
    d->id = sl_ai_decoder_keep(&d->base, sl_json_text_of(response, "id"));
    sl_ai_emit_start(&d->base, d->id,
                     sl_ai_decoder_keep(&d->base, sl_json_text_of(response, "model")));
}

static void take_output(struct decoder *d, const struct sl_json *response)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(response, SL_STR("output")));
    const struct sl_json *item;

    for (int64_t i = 0; (item = sl_json_next(&c, NULL)) != NULL && !d->base.is_over; i++)
        item_done_at(d, i, item);
    for (struct block *b = d->blocks; b != NULL; b = b->next)
        b->is_done = true;
    if (!d->base.is_over)
        pump(d);
}

/* Why it ended is the status, or the reason that it is not complete. */
static void stop(struct decoder *d, const struct sl_json *response)
{
    sl_str status = sl_json_text_of(response, "status");
    sl_str reason = sl_json_text_of(sl_json_get(response, SL_STR("incomplete_details")), "reason");
    sl_str native = reason.n != 0 ? reason : status;

    if (sl_str_eq(status, SL_STR("failed")) || sl_str_eq(status, SL_STR("cancelled"))) {
        fault(d, sl_json_get(response, SL_STR("error")));
        return;
    }
    take_output(d, response);
    if (d->base.is_over)
        return;
    (void)sl_ai_emit_stop(&d->base, &d->track, sl_ai_stop_of(SL_AI_OPENAI_RESPONSES, native),
                          sl_ai_decoder_keep(&d->base, native));
    sl_ai_emit_end(&d->base);
}

static void response_begun(struct decoder *d, const struct sl_json *v)
{
    start(d, sl_json_get(v, SL_STR("response")));
}

static void response_over(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *response = sl_json_get(v, SL_STR("response"));

    start(d, response);
    stop(d, response);
}

static void response_failed(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *response = sl_json_get(v, SL_STR("response"));

    fault(d, sl_json_get(response, SL_STR("error")));
}

/* {type: "error", code, message}; some servers nest it as Chat Completions does. */
static void error_event(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *nested = sl_json_get(v, SL_STR("error"));

    fault(d, sl_json_kind(nested) == SL_JSON_OBJECT ? nested : v);
}

static const struct {
    const char *type;
    void (*take)(struct decoder *d, const struct sl_json *v);
} events[] = {
    {"response.output_text.delta", text_delta},
    {"response.function_call_arguments.delta", call_delta},
    {"response.custom_tool_call_input.delta", call_delta},
    {"response.reasoning_summary_text.delta", summary_delta},
    {"response.reasoning_text.delta", reasoning_delta},
    {"response.refusal.delta", refusal_delta},
    {"response.output_item.added", item_added},
    {"response.content_part.done", content_part_done},
    {"response.output_item.done", item_done},
    {"response.created", response_begun},
    {"response.in_progress", response_begun},
    {"response.queued", response_begun},
    {"response.completed", response_over},
    {"response.incomplete", response_over},
    {"response.failed", response_failed},
    {"error", error_event},
};

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *v;
    sl_str own;

    if (sl_str_trim_all(data).n == 0 || sl_str_starts(sl_str_trim_all(data), SL_STR("[DONE]")))
        return;
    v = sl_ai_decoder_parse(base, data);
    if (v == NULL)
        return;
    own = sl_json_text_of(v, "type");
    type = own.n != 0 ? own : type;
    sl_ai_emit_usage(base, v, base->has_started);
    for (size_t i = 0; i < SL_LEN(events); i++) {
        if (!sl_str_eq(sl_cstr(events[i].type), type))
            continue;
        events[i].take(d, v);
        return;
    }
    if (own.n == 0 && sl_json_kind(sl_json_get(v, SL_STR("error"))) == SL_JSON_OBJECT)
        error_event(d, v);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *error = sl_json_get(v, SL_STR("error"));

    if (sl_json_kind(error) > SL_JSON_NULL) {
        fault(d, error);
        return;
    }
    if (sl_json_kind(sl_json_get(v, SL_STR("output"))) != SL_JSON_ARRAY) {
        sl_ai_emit_cut(base, "the vendor's answer has no output");
        return;
    }
    sl_ai_emit_usage(base, v, false);
    start(d, v);
    stop(d, v);
}

/* The last event alone says how it ended: without it nothing is whole. */
static void finish(struct sl_ai_decoder *base)
{
    (void)base;
}

const struct sl_ai_decoder_ops sl_ai_openai_responses_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .body = body,
    .finish = finish,
};
