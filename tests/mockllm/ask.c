#include "ask.h"
#include "pick.h"

#include <stdio.h>

enum { PROMPT_BASE = 10, USER_BYTES_PER_TOKEN = 4, TOOL_TOKENS = 12 };

/* A content is a string or an array of parts with text. */
static void append_content(struct span content, struct buf *out)
{
    struct pick it;
    struct span part;
    pick_text(content, out);
    if (pick_enter(&it, content))
        while (pick_element(&it, &part))
            pick_text(pick_get(part, "text"), out);
}

static void read_user_text(struct ask *q)
{
    struct pick it;
    struct span message, last = {0};
    pick_text(q->input, &q->user); // Responses: a text, or items
    if (!pick_enter(&it, q->messages.n != 0 ? q->messages : q->input))
        return;
    while (pick_element(&it, &message))
        if (span_is(pick_get(message, "role"), "\"user\""))
            last = message;
    append_content(pick_get(last, "content"), &q->user);
    append_content(pick_get(last, "parts"), &q->user); // Gemini
}

static bool is_marker_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
}

/* `marker:NAME` anywhere in the user text. */
static void read_marker(struct ask *q)
{
    static const char tag[] = "marker:";
    struct span text = buf_view(&q->user);
    const char *at = text.n != 0 ? memmem(text.p, text.n, tag, sizeof tag - 1) : NULL;
    if (at == NULL)
        return;
    at += sizeof tag - 1;
    size_t n = 0, room = (size_t)(text.p + text.n - at);
    while (n < room && is_marker_byte(at[n]))
        n++;
    name_set(q->marker, sizeof q->marker, (struct span){at, n});
}

static void read_tools(struct ask *q, struct span tools)
{
    struct pick it;
    struct span tool;
    if (!pick_enter(&it, tools))
        return;
    while (q->tools_n < ASK_TOOLS_MAX && pick_element(&it, &tool)) {
        struct span function = pick_get(tool, "function"); // OpenAI nests, Anthropic does not
        struct span name = pick_raw(pick_get(function.n != 0 ? function : tool, "name"));
        if (name.n != 0)
            q->tools[q->tools_n++] = name;
    }
}

static void read_functions(struct ask *q, struct span functions)
{
    read_tools(q, functions);
    q->has_functions = q->tools_n != 0;
}

static bool has_element(struct span list, const char *text)
{
    struct pick it;
    struct span one;
    if (!pick_enter(&it, list))
        return false;
    while (pick_element(&it, &one))
        if (span_is(one, text))
            return true;
    return false;
}

static void read_member(struct ask *q, struct span key, struct span value)
{
    if (span_is(key, "model"))
        q->model = pick_raw(value);
    else if (span_is(key, "messages"))
        q->messages = value;
    else if (span_is(key, "stream"))
        q->is_stream = span_is(value, "true");
    else if (span_is(key, "max_tokens") || span_is(key, "max_completion_tokens") ||
             span_is(key, "max_output_tokens"))
        q->max_tokens = span_number(value, 0);
    else if (span_is(key, "n"))
        q->n = span_number(value, 1);
    else if (span_is(key, "tools"))
        read_tools(q, value);
    else if (span_is(key, "functions"))
        read_functions(q, value);
    else if (span_is(key, "input"))
        q->input = value;
    else if (span_is(key, "encoding_format"))
        q->wants_base64 = span_is(value, "\"base64\"");
    else if (span_is(key, "logprobs"))
        q->wants_likely = span_is(value, "true");
    else if (span_is(key, "include"))
        q->wants_likely = has_element(value, "\"message.output_text.logprobs\"");
    else if (span_is(key, "dimensions"))
        q->dimensions = span_number(value, 0);
    else if (span_is(key, "stream_options")) {
        q->has_stream_options = true;
        q->include_usage = span_is(pick_get(value, "include_usage"), "true");
    }
}

bool ask_complete(struct ask *q, struct reply *r)
{
    struct span bad, spec = q->model;
    q->model = span_cut(&spec, '!');
    bool is_understood = scenario_apply(&r->sc, spec, &bad);
    read_user_text(q);
    read_marker(q);
    q->hash = span_hash(buf_view(&q->user), span_hash(q->model, 0));
    name_set(r->claim.model, sizeof r->claim.model, q->model);
    memcpy(r->claim.marker, q->marker, sizeof q->marker);
    r->claim.is_ai = true;
    r->claim.is_stream = q->is_stream;
    return is_understood && q->model.n != 0;
}

bool ask_read(const struct request *rq, struct reply *r, struct ask *ret_ask)
{
    struct ask *q = ret_ask;
    struct pick it;
    struct span key, value;
    *q = (struct ask){.n = 1};
    if (!pick_enter(&it, rq->body))
        return false;
    while (pick_member(&it, &key, &value))
        read_member(q, key, value);
    return ask_complete(q, r);
}

/* What Gemini says in the body: contents of parts, functions in tools, numbers in an object. */
static void read_gemini_member(struct ask *q, struct span key, struct span value)
{
    struct pick it;
    struct span tool;
    if (span_is(key, "contents"))
        q->messages = value;
    else if (span_is(key, "generationConfig")) {
        q->max_tokens = span_number(pick_get(value, "maxOutputTokens"), 0);
        q->n = span_number(pick_get(value, "candidateCount"), 1);
    } else if (span_is(key, "tools") && pick_enter(&it, value)) {
        while (pick_element(&it, &tool))
            read_tools(q, pick_get(tool, "functionDeclarations"));
    }
}

bool ask_read_gemini(const struct request *rq, struct reply *r, struct span model, bool is_stream,
                     struct ask *ret_ask)
{
    struct ask *q = ret_ask;
    struct pick it;
    struct span key, value;
    *q = (struct ask){.n = 1, .is_stream = is_stream};
    if (!pick_enter(&it, rq->body))
        return false;
    while (pick_member(&it, &key, &value))
        read_gemini_member(q, key, value);
    span_unescape(model, &q->name);
    q->model = buf_view(&q->name);
    return ask_complete(q, r);
}

void ask_free(struct ask *q)
{
    buf_free(&q->user);
    buf_free(&q->name);
}

bool ask_is_limited(const struct ask *q, const struct scenario *sc)
{
    return q->max_tokens > 0 && q->max_tokens < sc->chunks;
}

int64_t ask_chunks(const struct ask *q, const struct scenario *sc)
{
    return ask_is_limited(q, sc) ? q->max_tokens : sc->chunks;
}

static void put_filler(struct buf *out, size_t n)
{
    buf_reserve(out, n);
    memset(out->p + out->n, 'x', n);
    out->n += n;
}

void ask_text(const struct ask *q, const struct scenario *sc, int64_t i, struct buf *out)
{
    size_t n = (size_t)(i == 0 && sc->big != 0 ? sc->big : sc->chunk_bytes);
    if (sc->echo && q->marker[0] != '\0')
        buf_fmt(out, "%s.%lld ", q->marker, (long long)i + 1);
    else if (sc->echo && i == 0)
        buf_json(out, buf_view(&q->user));
    else if (n != 0)
        put_filler(out, n);
    else
        buf_fmt(out, "tok%lld ", (long long)i + 1);
}

void ask_likely(const struct ask *q, const struct scenario *sc, int64_t from, int64_t to,
                struct buf *out)
{
    for (int64_t i = from; q->wants_likely && i < to; i++) {
        buf_str(out, i != from ? ",{\"token\":\"" : "{\"token\":\"");
        ask_text(q, sc, i, out);
        buf_str(out, "\",\"logprob\":-0.25,\"bytes\":null,\"top_logprobs\":[]}");
    }
}

void ask_image(int64_t i, struct buf *out)
{
    char png[16];
    int n = snprintf(png, sizeof png, "\x89PNG\r\n\x1a\n%lld", (long long)i);
    buf_base64(out, png, (size_t)n);
}

struct span ask_arguments(const struct scenario *sc)
{
    static const char *const forms[] = {
        [ARGS_OBJECT] = "{\"city\":\"Z\\u00fcrich \\ud83d\\ude00\",\"days\":3}",
        [ARGS_EMPTY] = "",
        [ARGS_NULL] = "null",
        [ARGS_INVALID] = "{\"city\":\"Par",
    };
    return span_of(forms[sc->args]);
}

struct span ask_tool_name(const struct ask *q, int64_t i)
{
    if (q->tools_n == 0)
        return SPAN("get_weather");
    return q->tools[(size_t)i % q->tools_n];
}

struct span ask_model(const struct ask *q, const struct scenario *sc)
{
    return sc->model[0] != '\0' ? span_of(sc->model) : q->model;
}

void ask_claim(const struct ask *q, struct reply *r)
{
    struct claim *c = &r->claim;
    const struct scenario *sc = &r->sc;
    int64_t choices = sc->n != 0 ? sc->n : q->n;
    c->cached = sc->cached;
    c->cache_write = sc->cache_write + sc->cache_write_1h;
    c->prompt =
        sc->prompt != 0 ? sc->prompt : PROMPT_BASE + (int64_t)q->user.n / USER_BYTES_PER_TOKEN;
    c->reasoning = sc->reasoning;
    c->completion = (sc->reasoning + ask_chunks(q, sc) + TOOL_TOKENS * sc->tools) * choices;
}
