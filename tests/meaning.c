#include "tests/meaning.h"

#include "ai/frames.h"
#include "ai/tool_args.h"
#include "ai/turns.h"
#include "base/str.h"
#include "codec/json.h"
#include "tests/json_edit.h"

#include <stdio.h>
#include <stdlib.h>

enum { KINDS = SL_AI_OPAQUE + 1 };

/** Results of calls, which may stand in the order of these or not, and media in them, which may stand behind them. */
struct results {
    sl_str v[SL_AI_CALLS_MAX];
    size_t n;
};

/** What one side says. A buffer for each kind: how kinds may follow each other differs between dialects. */
struct said {
    struct sl_strbuf kinds[KINDS];
    struct results results, media;
    bool sorts_media;           /* for there are some in results */
    const char *speaker[KINDS]; /* of the last text of a request; NULL: none */
    struct sl_strbuf block;     /* the open one's text or arguments */
    struct sl_strbuf signature; /* the open one's */
    sl_str opaque;              /* the open one, as it began */
    struct sl_strbuf citations, logprobs, settings;
    bool is_custom;   /* the open call is one of a free-form tool */
    bool is_redacted; /* the open thought has no text */
};

/** Of an answer. */
struct meaning {
    struct sl_arena *a;
    struct said *choices[SL_AI_CHOICES_MAX];
    struct sl_ai_usage usage;
    bool has_failed;
    bool is_ambiguous; /* an object in it has a name twice */
};

static struct said *said_new(struct sl_arena *a)
{
    struct said *s = sl_arena_new_of(a, struct said);
    struct sl_strbuf *others[] = {&s->block, &s->signature, &s->citations, &s->logprobs,
                                  &s->settings};

    for (size_t i = 0; i < KINDS; i++)
        sl_strbuf_init(&s->kinds[i], a, 0);
    for (size_t i = 0; i < SL_LEN(others); i++)
        sl_strbuf_init(others[i], a, 0);
    return s;
}

static void add_line(struct sl_strbuf *b, const char *name, sl_str text)
{
    if (text.n == 0)
        return;
    sl_strbuf_add_char(b, '\n');
    sl_strbuf_add(b, sl_cstr(name));
    sl_strbuf_add_char(b, '=');
    sl_strbuf_add(b, text);
}

static void add_number(struct sl_strbuf *b, const char *name, int64_t value)
{
    sl_strbuf_addf(b, "\n%s=", name);
    sl_strbuf_add_i64(b, value);
}

static int compare(const void *one, const void *two)
{
    return sl_str_cmp(*(const sl_str *)one, *(const sl_str *)two);
}

/* In one order, whatever they stood in. */
static void add_results(struct sl_strbuf *out, struct results *all)
{
    qsort(all->v, all->n, sizeof(all->v[0]), compare);
    for (size_t i = 0; i < all->n; i++)
        sl_strbuf_add(out, all->v[i]);
    all->n = 0;
}

static void add_said(struct sl_strbuf *out, struct said *s)
{
    static const char *const names[KINDS] = {
        [SL_AI_TEXT] = "texts",      [SL_AI_THINKING] = "thoughts",
        [SL_AI_TOOL_CALL] = "calls", [SL_AI_TOOL_RESULT] = "results",
        [SL_AI_IMAGE] = "images",    [SL_AI_DOCUMENT] = "documents",
        [SL_AI_AUDIO] = "audio",     [SL_AI_REFUSAL] = "refusals",
        [SL_AI_OPAQUE] = "opaque",
    };

    add_results(&s->kinds[SL_AI_TOOL_RESULT], &s->results);
    add_results(&s->kinds[SL_AI_IMAGE], &s->media);
    for (size_t i = 0; i < KINDS; i++)
        add_line(out, names[i], sl_strbuf_str(&s->kinds[i]));
    add_line(out, "sources", sl_strbuf_str(&s->citations));
    add_line(out, "logprobs", sl_strbuf_str(&s->logprobs));
    add_line(out, "settings", sl_strbuf_str(&s->settings));
}

static sl_str value_json(const struct sl_json *v, struct sl_arena *a)
{
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    return sl_strbuf_str(&b);
}

/* JSON in one spelling; what is none stays as it is. */
static sl_str normal(sl_str json, struct sl_arena *a)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;

    return sl_json_parse(json, a, &v, &info) == SL_OK ? value_json(v, a) : json;
}

/* Arguments that are no object are put into one (X2), and none are {}. */
static sl_str normal_arguments(sl_str text, bool is_custom, struct sl_arena *a)
{
    struct sl_strbuf b;

    if (is_custom)
        return text;
    sl_strbuf_init(&b, a, 0);
    sl_ai_args_add_object(&b, sl_ai_args_text(a, text));
    return normal(sl_strbuf_str(&b), a);
}

/* None is what {} is; some vendors want an object's in full. */
static sl_str normal_schema(sl_str json, struct sl_arena *a)
{
    static const char *const nothing[] = {"{}", "{\"type\":\"object\"}",
                                          "{\"type\":\"object\",\"properties\":{}}"};
    sl_str one = normal(json, a);

    for (size_t i = 0; i < SL_LEN(nothing); i++)
        if (sl_str_eq(one, sl_cstr(nothing[i])))
            return (sl_str){0};
    return one;
}

/* ------------------------------------------------------------------ answers */

/* Without the id of its item, which stands before it in the Responses dialect. */
static sl_str normal_signature(sl_str signature)
{
    size_t dot = sl_str_find(signature, '.', 0);

    return sl_str_from(signature, dot != SIZE_MAX ? dot + 1 : 0);
}

static void add_logprobs(struct said *s, sl_str json, struct sl_arena *a)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v, *token;
    struct sl_json_cursor c;

    if (json.n == 0 || sl_json_parse(json, a, &v, &info) != SL_OK)
        return;
    c = sl_json_each(sl_json_get(v, SL_STR("content")));
    while ((token = sl_json_next(&c, NULL)) != NULL)
        add_line(&s->logprobs, "token", sl_json_text(sl_json_get(token, SL_STR("token"))));
}

static void start_block(struct said *s, const struct sl_ai_event *ev, struct sl_arena *a)
{
    struct sl_strbuf *b = &s->kinds[ev->part];

    sl_strbuf_clear(&s->block);
    sl_strbuf_clear(&s->signature);
    s->is_custom = ev->is_custom_tool;
    s->is_redacted = ev->part == SL_AI_THINKING && ev->text.n != 0;
    if (ev->part == SL_AI_TOOL_CALL) {
        add_line(b, ev->is_custom_tool ? "custom call" : "call", ev->name);
        add_line(b, "id", ev->id);
        add_line(b, "signature", ev->signature);
    } else if (ev->part == SL_AI_IMAGE) {
        add_line(b, "media_type", ev->name);
    } else if (ev->part == SL_AI_OPAQUE) {
        s->opaque = sl_arena_dup(a, ev->text);
    } else {
        add_line(b, "redacted", ev->text);
    }
}

/* A block that a dialect does not read, with the arguments that came behind it, if any. */
static void add_opaque(struct said *s, struct sl_arena *a)
{
    struct sl_strbuf *b = &s->kinds[SL_AI_OPAQUE];
    sl_str grown = sl_strbuf_str(&s->block), name;
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    struct sl_json_cursor c;

    if (sl_json_parse(s->opaque, a, &v, &info) != SL_OK)
        return;
    bool has_grown_anew = grown.n != 0 && sl_json_get(v, SL_STR("input")) == NULL;
    c = sl_json_each(v);
    while ((v = sl_json_next(&c, &name)) != NULL) {
        bool is_input = grown.n != 0 && sl_str_eq(name, SL_STR("input"));
        struct sl_jsonw w;
        add_line(b, "member", name);
        sl_strbuf_add_char(b, '=');
        sl_jsonw_init(&w, b);
        if (is_input)
            sl_strbuf_add(b, normal_arguments(grown, false, a));
        else
            sl_json_write(v, &w);
    }
    if (has_grown_anew)
        add_line(b, "member=input", normal_arguments(grown, false, a));
}

static void add_delta(struct said *s, const struct sl_ai_event *ev, struct sl_arena *a)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;

    if (ev->part != SL_AI_OPAQUE)
        sl_strbuf_add(&s->block, ev->text);
    else if (sl_json_parse(ev->text, a, &v, &info) == SL_OK &&
             sl_str_eq(sl_json_text(sl_json_get(v, SL_STR("type"))), SL_STR("input_json_delta")))
        sl_strbuf_add(&s->block, sl_json_text(sl_json_get(v, SL_STR("partial_json"))));
    add_logprobs(s, ev->logprobs_json, a);
}

static void stop_block(struct said *s, const struct sl_ai_event *ev, struct sl_arena *a)
{
    sl_str text = sl_strbuf_str(&s->block);

    if (ev->part == SL_AI_TOOL_CALL)
        add_line(&s->kinds[ev->part], "arguments", normal_arguments(text, s->is_custom, a));
    else if (ev->part == SL_AI_OPAQUE)
        add_opaque(s, a);
    else if (!s->is_redacted)
        sl_strbuf_add(&s->kinds[ev->part], text);
    add_line(&s->kinds[ev->part], "signature", normal_signature(sl_strbuf_str(&s->signature)));
}

static void add_citation(struct said *s, const struct sl_ai_citation *c)
{
    add_line(&s->citations, "url", c->url);
    add_line(&s->citations, "title", c->title);
    add_line(&s->citations, "quote", c->quote);
}

static void add_stop(struct said *s, const struct sl_ai_event *ev)
{
    static const char *const names[] = {
        [SL_AI_STOP_NONE] = "none",     [SL_AI_STOP_END] = "end",
        [SL_AI_STOP_LENGTH] = "length", [SL_AI_STOP_CONTEXT] = "context",
        [SL_AI_STOP_SEQUENCE] = "stop", [SL_AI_STOP_TOOL] = "tool",
        [SL_AI_STOP_FILTER] = "filter", [SL_AI_STOP_PAUSE] = "pause",
        [SL_AI_STOP_BROKEN] = "end", /* not all have a word for it */
    };

    add_line(&s->settings, "ended", sl_cstr(names[ev->stop]));
    add_line(&s->settings, "by", ev->text);
}

static void add_event(struct meaning *m, const struct sl_ai_event *ev)
{
    struct said *s;

    m->has_failed |= ev->kind == SL_AI_EV_ERROR;
    if (ev->usage.source != SL_AI_USAGE_NONE)
        m->usage = ev->usage;
    if (ev->choice >= SL_AI_CHOICES_MAX)
        return;
    if (m->choices[ev->choice] == NULL)
        m->choices[ev->choice] = said_new(m->a);
    s = m->choices[ev->choice];
    if (ev->kind == SL_AI_EV_BLOCK_START)
        start_block(s, ev, m->a);
    else if (ev->kind == SL_AI_EV_DELTA)
        add_delta(s, ev, m->a);
    else if (ev->kind == SL_AI_EV_SIGNATURE)
        sl_strbuf_add(&s->signature, ev->text);
    else if (ev->kind == SL_AI_EV_CITATION)
        add_citation(s, &ev->citation);
    else if (ev->kind == SL_AI_EV_BLOCK_STOP)
        stop_block(s, ev, m->a);
    else if (ev->kind == SL_AI_EV_STOP)
        add_stop(s, ev);
}

static bool says_something(const struct said *s)
{
    size_t n = 0;

    for (size_t i = 0; s != NULL && i < KINDS; i++)
        n += s->kinds[i].n;
    return n != 0;
}

/* Choices are numbered without gaps: where the second says something, the first is there. */
static bool is_gap(const struct meaning *m, size_t choice)
{
    size_t last = SL_AI_CHOICES_MAX - 1;

    while (last > 0 && m->choices[last] == NULL)
        last--;
    return choice < last && !says_something(m->choices[choice]);
}

static sl_str meaning_text(const struct meaning *m)
{
    const struct sl_ai_usage *u = &m->usage;
    struct sl_strbuf out;

    sl_strbuf_init(&out, m->a, 0);
    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++)
        if (m->choices[i] != NULL && !is_gap(m, i))
            add_said(&out, m->choices[i]);
    add_number(&out, "input", SL_MIN(sl_ai_usage_prompt_total(u), SL_AI_COUNT_MAX));
    add_number(&out, "output", SL_MIN(sl_ai_usage_completion_total(u), SL_AI_COUNT_MAX));
    add_number(&out, "cached", u->cache_read);
    add_number(&out, "written", u->cache_write_5m + u->cache_write_1h);
    add_number(&out, "reasoning", u->reasoning);
    return sl_strbuf_str(&out);
}

/* ------------------------------------------------------------------ reading and writing answers */

struct side {
    struct sl_ai_decoder *decoder;
    struct sl_ai_encoder *encoder;
    struct meaning said;
    struct sl_strbuf out;
};

static void drain(struct side *s)
{
    struct sl_ai_event ev;

    while (sl_ai_decoder_next(s->decoder, &ev)) {
        add_event(&s->said, &ev);
        sl_ai_encoder_put(s->encoder, &ev, &s->out);
    }
}

static void feed(struct side *s, enum sl_ai_dialect dialect, sl_str bytes)
{
    struct sl_ai_frames frames = {.framing = sl_ai_dialect_find(dialect)->framing};
    struct sl_sse_event ev;

    sl_ai_frames_feed(&frames, bytes);
    while (sl_ai_frames_next(&frames, &ev) == SL_OK) {
        if (!ev.has_data)
            continue;
        s->said.is_ambiguous |= json_has_twins(ev.data, s->said.a);
        sl_ai_decoder_feed(s->decoder, ev.event, ev.data);
        drain(s);
    }
    sl_ai_decoder_finish(s->decoder, true);
    drain(s);
    sl_ai_frames_fini(&frames);
}

static struct side *read_answer(enum sl_ai_dialect dialect, sl_str vendor_id, bool is_stream,
                                bool to_stream, sl_str bytes, struct sl_arena *a)
{
    struct sl_ai_target *target = sl_arena_new_of(a, struct sl_ai_target);
    struct sl_ai_decoder_config dc = {.target = target};
    struct sl_ai_encoder_config ec = {
        .is_stream = to_stream, .wants_usage = true, .request_id = SL_STR("R"), .maker = target};
    struct side *s = sl_arena_new_of(a, struct side);

    target->vendor = sl_ai_vendor_find(vendor_id);
    s->said.a = a;
    sl_strbuf_init(&s->out, a, 0);
    s->decoder = sl_ai_decoder_new(dialect, &dc, a);
    s->encoder = sl_ai_encoder_new(dialect, &ec, a);
    if (is_stream) {
        feed(s, dialect, bytes);
    } else {
        s->said.is_ambiguous = json_has_twins(bytes, a);
        sl_ai_decoder_body(s->decoder, bytes);
        drain(s);
    }
    return s;
}

bool meaning_keeps_answer(enum sl_ai_dialect dialect, sl_str vendor_id, bool is_stream,
                          bool to_stream, sl_str bytes, struct sl_arena *a, sl_str *ret_was,
                          sl_str *ret_is)
{
    struct side *was = read_answer(dialect, vendor_id, is_stream, to_stream, bytes, a);
    struct side *is;

    if (was->said.has_failed || was->said.is_ambiguous || sl_ai_encoder_is_full(was->encoder))
        return true;
    is = read_answer(dialect, vendor_id, to_stream, to_stream, sl_strbuf_str(&was->out), a);
    *ret_was = meaning_text(&was->said);
    *ret_is = meaning_text(&is->said);
    return !is->said.has_failed && sl_str_eq(*ret_was, *ret_is);
}

/* ------------------------------------------------------------------ requests */

/* Vendors refuse blank texts; "..." stands before a conversation that begins with the answer. */
static bool is_nothing(sl_str text)
{
    sl_str trimmed = sl_str_trim_all(text);

    return trimmed.n == 0 || sl_str_eq(trimmed, SL_STR("..."));
}

/*
 * Messages that follow each other may be written as one, in which their texts are apart by an empty line or not:
 * breaks of lines count as one, and what is white at the ends of a line as nothing.
 */
static void add_lines(struct sl_strbuf *b, sl_str text)
{
    sl_str rest = sl_str_trim_all(text), line;

    while (rest.n != 0 && sl_str_split(&rest, '\n', &line)) {
        line = sl_str_trim_all(line);
        if (line.n == 0)
            continue;
        sl_strbuf_add_char(b, '\n');
        sl_strbuf_add(b, line);
    }
}

static void add_text(struct said *s, enum sl_ai_part_kind kind, const char *speaker, sl_str text)
{
    struct sl_strbuf *b = &s->kinds[kind];

    if (is_nothing(text))
        return;
    if (s->speaker[kind] == NULL || strcmp(s->speaker[kind], speaker) != 0)
        sl_strbuf_addf(b, "\n%s=", speaker);
    s->speaker[kind] = speaker;
    add_lines(b, text);
}

static void add_part(struct said *s, const struct sl_ai_part *p, const char *role,
                     struct sl_arena *a);

static void add_parts(struct said *s, const struct sl_ai_part *p, const char *role,
                      struct sl_arena *a)
{
    for (; p != NULL; p = p->next)
        add_part(s, p, role, a);
}

static void describe_media(struct sl_strbuf *b, const struct sl_ai_part *p)
{
    add_line(b, "data", p->text);
    if (p->source == SL_AI_SOURCE_BASE64) /* beside an address it may be guessed */
        add_line(b, "media_type", p->media_type);
    if (!sl_str_eq(p->file_name, SL_STR("document.pdf"))) /* of a document without a name */
        add_line(b, "file_name", p->file_name);
    add_line(b, "title", p->title);
}

static void add_result_line(struct results *all, const struct sl_strbuf *b)
{
    if (all->n < SL_LEN(all->v))
        all->v[all->n++] = sl_strbuf_str(b);
}

static void add_media(struct said *s, const struct sl_ai_part *p, struct sl_arena *a)
{
    struct sl_strbuf b;

    if (!s->sorts_media) {
        describe_media(&s->kinds[p->kind], p);
        return;
    }
    sl_strbuf_init(&b, a, 0);
    describe_media(&b, p);
    add_result_line(&s->media, &b);
}

/* Gemini's results are objects, of which {"output": x} is what others say as x. */
static sl_str normal_result(sl_str text, bool *is_error, struct sl_arena *a)
{
    static const char *const names[] = {"output", "result", "error"};
    const struct sl_json *v, *only = NULL;
    struct sl_jsonscan_info info;

    if (sl_json_parse(text, a, &v, &info) != SL_OK)
        return text;
    for (size_t i = 0; i < SL_LEN(names) && only == NULL && sl_json_count(v) == 1; i++) {
        only = sl_json_of(v, names[i]);
        *is_error |= only != NULL && strcmp(names[i], "error") == 0;
    }
    if (only == NULL)
        return text;
    return sl_json_kind(only) == SL_JSON_STRING ? sl_json_text(only) : value_json(only, a);
}

/* However many times it was put into one. */
static sl_str unwrapped(sl_str text, bool *is_error, struct sl_arena *a)
{
    sl_str before;

    do {
        before = text;
        text = normal_result(text, is_error, a);
    } while (text.n < before.n);
    return text;
}

/* Results hold parts, which hold none. */
static void add_result(struct said *s, const struct sl_ai_part *p, struct sl_arena *a)
{
    struct said *inner = said_new(a);
    bool is_error = p->is_error;
    struct sl_strbuf b;

    for (const struct sl_ai_part *one = p->parts; one != NULL; one = one->next) {
        struct sl_ai_part copy = *one;
        copy.text = one->kind == SL_AI_TEXT ? unwrapped(one->text, &is_error, a) : one->text;
        bool is_media =
            one->kind == SL_AI_IMAGE || one->kind == SL_AI_DOCUMENT || one->kind == SL_AI_AUDIO;
        if (one->kind != SL_AI_TOOL_RESULT)
            add_part(is_media ? s : inner, &copy, "tool", a);
    }
    sl_strbuf_init(&b, a, 0);
    add_line(&b, "id", p->id);
    add_line(&b, "error", is_error ? SL_STR("yes") : (sl_str){0});
    add_said(&b, inner);
    add_result_line(&s->results, &b);
}

static void add_part(struct said *s, const struct sl_ai_part *p, const char *role,
                     struct sl_arena *a)
{
    struct sl_strbuf *b = &s->kinds[p->kind];

    switch (p->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        add_text(s, p->kind, role, p->text);
        return;
    case SL_AI_THINKING: /* goes back to its maker only, by rules of its own (ai/signature.h) */
        return;
    case SL_AI_TOOL_CALL:
        add_line(b, p->is_custom_tool ? "custom call" : "call", p->name);
        add_line(b, "id", p->id);
        add_line(b, "arguments", normal_arguments(p->arguments_json, p->is_custom_tool, a));
        return;
    case SL_AI_TOOL_RESULT:
        add_result(s, p, a);
        return;
    case SL_AI_IMAGE:
    case SL_AI_DOCUMENT:
    case SL_AI_AUDIO:
        add_media(s, p, a);
        return;
    case SL_AI_OPAQUE:
        add_line(b, role, normal(p->raw_json, a));
        return;
    }
}

static void add_tools(struct said *s, const struct sl_ai_request *rq, struct sl_arena *a)
{
    add_number(&s->settings, "choice", rq->tool_choice);
    add_line(&s->settings, "choice_name", rq->tool_choice_name);
    add_number(&s->settings, "parallel", rq->parallel_tools);
    for (const struct sl_ai_tool *t = rq->tools; t != NULL; t = t->next) {
        if (t->is_vendor) { /* Gemini's stand apart from functions */
            add_line(&s->kinds[SL_AI_OPAQUE], "tool", normal(t->raw_json, a));
            continue;
        }
        add_line(&s->settings, t->is_custom ? "custom tool" : "tool", t->name);
        add_line(&s->settings, "description", t->description);
        add_line(&s->settings, "schema", normal_schema(t->schema_json, a));
        add_line(&s->settings, "format", normal(t->format_json, a));
    }
}

static void add_settings(struct said *s, const struct sl_ai_request *rq, struct sl_arena *a)
{
    struct sl_strbuf *b = &s->settings;

    add_line(b, "temperature", rq->temperature);
    add_line(b, "top_p", rq->top_p);
    add_line(b, "top_k", rq->top_k);
    add_line(b, "seed", rq->seed);
    add_line(b, "presence_penalty", rq->presence_penalty);
    add_line(b, "frequency_penalty", rq->frequency_penalty);
    if (!sl_str_eq(rq->format_name, SL_STR("answer"))) /* of one without a name */
        add_line(b, "schema_name", rq->format_name);
    add_line(b, "format_schema", normal_schema(rq->format_schema_json, a));
    add_line(b, "user", rq->user);
    add_number(b, "n", rq->choices);
    if (rq->format == SL_AI_FORMAT_JSON || rq->format == SL_AI_FORMAT_SCHEMA)
        add_number(b, "format", rq->format);
    for (size_t i = 0; rq->stop != NULL && i < rq->stop->n; i++)
        add_line(b, "stop", rq->stop->v[i]);
}

/* A list of allowed tools is kept by naming no others, and the limit with thoughts is another than without. */
struct scope {
    bool has_tools, has_limit;
    bool has_result_media; /* which may stand behind the result */
};

static bool has_result_media(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        for (const struct sl_ai_part *p = m->parts; p != NULL; p = p->next)
            for (const struct sl_ai_part *one = p->parts; one != NULL; one = one->next)
                if (one->source != SL_AI_SOURCE_NONE)
                    return true;
    return false;
}

static struct scope scope_of(const struct sl_ai_request *rq)
{
    return (struct scope){
        .has_result_media = has_result_media(rq),
        .has_tools = rq->tool_choice != SL_AI_CHOICE_ALLOWED,
        .has_limit = rq->thinking_budget <= 0 && rq->effort == SL_AI_EFFORT_UNSET,
    };
}

static const char *role_name(enum sl_ai_role role)
{
    switch (role) {
    case SL_AI_ROLE_SYSTEM:
    case SL_AI_ROLE_DEVELOPER:
        return "system";
    case SL_AI_ROLE_USER:
        return "user";
    case SL_AI_ROLE_ASSISTANT:
        return "assistant";
    case SL_AI_ROLE_TOOL:
        return "tool";
    }
    return "";
}

static sl_str meaning_of_request(const struct sl_ai_request *rq, const struct scope *scope,
                                 struct sl_arena *a)
{
    struct said *system = said_new(a), *others = said_new(a);
    struct sl_strbuf out;

    others->sorts_media = scope->has_result_media;
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next) {
        bool is_system = m->role == SL_AI_ROLE_SYSTEM || m->role == SL_AI_ROLE_DEVELOPER;
        add_parts(is_system ? system : others, m->parts, role_name(m->role), a);
    }
    if (scope->has_tools && rq->tools != NULL)
        add_tools(others, rq, a);
    if (scope->has_limit)
        add_number(&others->settings, "max_tokens", rq->max_tokens);
    add_settings(others, rq, a);
    sl_strbuf_init(&out, a, 0);
    add_said(&out, system);
    add_said(&out, others);
    return sl_strbuf_str(&out);
}

/* What was written cannot be read: why, and what it is. */
static bool read_fails(const struct sl_diag *d, struct sl_arena *a, sl_str *body)
{
    *body = sl_fmt(a, "%.*s\n%.*s", SL_STRF(sl_problem_text(&d->problems[0], a)), SL_STRF(*body));
    return false;
}

/* A request on its way: read, written for a vendor, and what the vendor reads. */
struct request {
    enum sl_ai_dialect client;
    sl_str body;
    struct sl_ai_target target;
    struct sl_ai_receipt receipt;
    struct sl_ai_request was, is;
    struct sl_strbuf out;
    struct sl_diag d;
};

static struct request *request_new(enum sl_ai_dialect client, sl_str vendor_id, sl_str body,
                                   struct sl_arena *a)
{
    static const struct sl_ai_model model = {
        .flags = SL_AI_MODEL_REASONING | SL_AI_MODEL_JSON_SCHEMA, .context_tokens = 100000};
    struct request *rq = sl_arena_new_of(a, struct request);

    *rq = (struct request){
        .client = client,
        .body = body,
        .target = {.vendor = sl_ai_vendor_find(vendor_id),
                   .model = SL_STR("gemini-3-pro"), /* whose names say what they can */
                   .model_info = &model,
                   .cap_max_tokens = -1},
        .receipt = {.arena = a},
    };
    sl_strbuf_init(&rq->out, a, 0);
    sl_diag_init(&rq->d, a);
    return rq;
}

/* False when it cannot be read, or be put to the vendor. */
static bool write_request(struct request *rq)
{
    const struct sl_ai_dialect_ops *vendor = sl_ai_dialect_find(rq->target.vendor->dialect);
    const struct sl_ai_dialect_ops *client = sl_ai_dialect_find(rq->client);

    return !json_has_twins(rq->body, rq->receipt.arena) &&
           client->decode_request(rq->body, NULL, rq->receipt.arena, &rq->was, &rq->d) == SL_OK &&
           vendor->encode_request(&rq->was, &rq->target, &rq->out, &rq->receipt, &rq->d) == SL_OK;
}

static bool read_again(struct request *rq)
{
    const struct sl_ai_dialect_ops *vendor = sl_ai_dialect_find(rq->target.vendor->dialect);

    return vendor->decode_request(sl_strbuf_str(&rq->out), NULL, rq->receipt.arena, &rq->is,
                                  &rq->d) == SL_OK;
}

bool meaning_keeps_request(enum sl_ai_dialect dialect, sl_str vendor_id, sl_str body,
                           struct sl_arena *a, sl_str *ret_was, sl_str *ret_is)
{
    struct request *rq = request_new(dialect, vendor_id, body, a);
    struct scope scope;

    if (!write_request(rq))
        return true;
    scope = scope_of(&rq->was);
    *ret_was = meaning_of_request(&rq->was, &scope, a);
    *ret_is = sl_strbuf_str(&rq->out);
    if (!read_again(rq))
        return read_fails(&rq->d, a, ret_is);
    *ret_is = meaning_of_request(&rq->is, &scope, a);
    return rq->receipt.dropped.n != 0 || sl_str_eq(*ret_was, *ret_is);
}

/* ------------------------------------------------------------------ into other dialects */

/*
 * What every vendor must be told, whatever is dropped: who said what in which order, calls with their results, the
 * functions. Of one turn results come first, then texts, then calls: not all dialects know of another order.
 */
struct told {
    struct sl_arena *a;
    struct sl_strbuf system, functions, turns;
    struct sl_strbuf texts, calls; /* of the turn */
    struct results results;
    const char *side;
    sl_str ids[SL_AI_CALLS_MAX]; /* of calls: each dialect has its own */
    size_t n_ids;
};

static void end_turn(struct told *t)
{
    if (t->results.n + t->texts.n + t->calls.n != 0)
        sl_strbuf_addf(&t->turns, "\n-- %s", t->side);
    add_results(&t->turns, &t->results);
    sl_strbuf_add(&t->turns, sl_strbuf_str(&t->texts));
    sl_strbuf_add(&t->turns, sl_strbuf_str(&t->calls));
    sl_strbuf_clear(&t->texts);
    sl_strbuf_clear(&t->calls);
}

static size_t number_of(const struct told *t, sl_str id)
{
    size_t i = t->n_ids;

    while (i > 0 && !sl_str_eq(t->ids[i - 1], id))
        i--;
    return i;
}

static void tell_call(struct told *t, const struct sl_ai_part *p)
{
    if (t->n_ids < SL_AI_CALLS_MAX)
        t->ids[t->n_ids++] = p->id;
    sl_strbuf_addf(&t->calls, "\ncall %zu: %.*s ", t->n_ids, SL_STRF(p->name));
    if (!p->is_custom_tool)
        sl_strbuf_add(&t->calls, normal_arguments(p->arguments_json, false, t->a));
}

static void tell_result(struct told *t, const struct sl_ai_part *p)
{
    static const sl_str mark = SL_STR_INIT("Error:"); /* where a result has no other */
    bool is_error = false;
    struct sl_strbuf text, result;

    sl_strbuf_init(&text, t->a, 0);
    sl_strbuf_init(&result, t->a, 0);
    for (const struct sl_ai_part *one = p->parts; one != NULL; one = one->next)
        if (one->kind == SL_AI_TEXT && !is_nothing(one->text))
            sl_strbuf_addf(&text, "%.*s\n", SL_STRF(one->text));
    sl_strbuf_addf(&result, "\nresult %03zu:", number_of(t, p->id));
    sl_str plain =
        sl_str_from(sl_strbuf_str(&text), sl_str_starts(sl_strbuf_str(&text), mark) ? mark.n : 0);
    add_lines(&result, unwrapped(sl_str_trim_all(plain), &is_error, t->a));
    add_result_line(&t->results, &result);
}

static void tell_part(struct told *t, const struct sl_ai_part *p)
{
    switch (p->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        add_lines(&t->texts, p->text);
        return;
    case SL_AI_TOOL_CALL:
        tell_call(t, p);
        return;
    case SL_AI_TOOL_RESULT:
        tell_result(t, p);
        return;
    case SL_AI_THINKING:
    case SL_AI_IMAGE:
    case SL_AI_DOCUMENT:
    case SL_AI_AUDIO:
    case SL_AI_OPAQUE:
        return;
    }
}

/* A side of which nothing needs to be told says nothing: its turn vanishes, and those beside it are one. */
static bool is_told(const struct sl_ai_part *p)
{
    bool is_text = p->kind == SL_AI_TEXT || p->kind == SL_AI_REFUSAL;

    return (is_text && !is_nothing(p->text)) || p->kind == SL_AI_TOOL_CALL ||
           p->kind == SL_AI_TOOL_RESULT;
}

static void tell_message(struct told *t, const struct sl_ai_message *m)
{
    const char *side = m->role == SL_AI_ROLE_ASSISTANT ? "assistant" : "user";
    bool is_system = m->role == SL_AI_ROLE_SYSTEM || m->role == SL_AI_ROLE_DEVELOPER;

    for (const struct sl_ai_part *p = m->parts; p != NULL; p = p->next) {
        if (is_system) {
            add_lines(&t->system, p->text);
            continue;
        }
        if (!is_told(p))
            continue;
        if (t->side == NULL || strcmp(t->side, side) != 0)
            end_turn(t);
        t->side = side;
        tell_part(t, p);
    }
}

/* A format may be asked for by a function that must be called; those that are not to be called may be left out. */
static bool names_all_functions(const struct sl_ai_request *rq)
{
    bool has_format = rq->format == SL_AI_FORMAT_JSON || rq->format == SL_AI_FORMAT_SCHEMA;
    bool may_call_all = rq->tool_choice == SL_AI_CHOICE_UNSET ||
                        rq->tool_choice == SL_AI_CHOICE_AUTO ||
                        rq->tool_choice == SL_AI_CHOICE_REQUIRED;

    return may_call_all && !has_format;
}

static sl_str told_by(const struct sl_ai_request *rq, bool has_functions, struct sl_arena *a)
{
    struct told *t = sl_arena_new_of(a, struct told);
    struct sl_strbuf *all[] = {&t->system, &t->functions, &t->turns, &t->texts, &t->calls};

    t->a = a;
    for (size_t i = 0; i < SL_LEN(all); i++)
        sl_strbuf_init(all[i], a, 0);
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        tell_message(t, m);
    end_turn(t);
    for (const struct sl_ai_tool *tool = rq->tools; tool != NULL; tool = tool->next)
        if (has_functions && !tool->is_vendor)
            add_line(&t->functions, "function", tool->name);
    sl_strbuf_add(&t->system, sl_strbuf_str(&t->turns));
    sl_strbuf_add(&t->system, sl_strbuf_str(&t->functions));
    return sl_strbuf_str(&t->system);
}

/* What is no base64, or of no type, is refused by whom it concerns. */
static bool is_bad_data(const struct sl_ai_part *p)
{
    return p->source == SL_AI_SOURCE_BASE64 &&
           (p->media_type.n == 0 || sl_str_find(p->media_type, ',', 0) != SIZE_MAX ||
            sl_str_find(p->text, ':', 0) != SIZE_MAX);
}

/* Documents have another place in each dialect, and what one does not know in a result becomes a text of it. */
static bool has_moved_part(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        for (const struct sl_ai_part *p = m->parts; p != NULL; p = p->next) {
            bool is_moved = p->kind == SL_AI_DOCUMENT || is_bad_data(p);
            for (const struct sl_ai_part *one = p->parts; one != NULL; one = one->next)
                is_moved |=
                    one->kind == SL_AI_OPAQUE || one->kind == SL_AI_DOCUMENT || is_bad_data(one);
            if (is_moved)
                return true;
        }
    return false;
}

bool meaning_reaches(enum sl_ai_dialect dialect, sl_str vendor_id, sl_str body, struct sl_arena *a,
                     sl_str *ret_was, sl_str *ret_is)
{
    struct request *rq = request_new(dialect, vendor_id, body, a);
    bool has_functions;

    if (!write_request(rq) || has_moved_part(&rq->was))
        return true;
    has_functions = names_all_functions(&rq->was);
    *ret_was = told_by(&rq->was, has_functions, a);
    *ret_is = sl_strbuf_str(&rq->out);
    if (!read_again(rq))
        return read_fails(&rq->d, a, ret_is);
    *ret_is = told_by(&rq->is, has_functions, a);
    return sl_str_eq(*ret_was, *ret_is);
}

void meaning_panic(sl_str was, sl_str is)
{
    fprintf(stderr, "it said:%.*s\nit says:%.*s\n", SL_STRF(was), SL_STRF(is));
    sl_panic(__FILE__, __LINE__, "the meaning is kept");
}
