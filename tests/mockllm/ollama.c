/*
 * The Ollama dialect: /api/chat as lines of JSON, /api/embed. After Ollama's API documentation.
 *
 * As the real one it streams unless told otherwise, takes texts only as strings and arguments only as
 * objects, gives calls no ids, and says that a prompt was cached by leaving its count out.
 */
#include "ask.h"
#include "errors.h"
#include "pick.h"

enum { DIMENSIONS = 4, TOKENS_PER_TEXT = 5, TOOLS_AT_ONCE = 1 };

struct turn {
    struct reply *r;
    struct ask *q;
    struct buf line; // scratch
    bool is_over;
};

/* --- errors --- */

static void put_error(struct buf *out, const char *message)
{
    buf_fmt(out, "{\"error\":\"%s\"}", message);
}

static const char *message_of(int status)
{
    switch (status) {
    case 401:
        return "unauthorized";
    case 404:
        return "model 'mock-1' not found";
    case 429:
        return "too many requests";
    case 503:
        return "server busy, please try again. maximum pending requests exceeded";
    default:
        return status < 500 ? "invalid request" : "llama runner process has terminated";
    }
}

static int status_of(enum error_kind kind)
{
    switch (kind) {
    case ERROR_AUTH:
        return 401;
    case ERROR_NOT_FOUND:
        return 404;
    case ERROR_RATE:
    case ERROR_QUOTA:
    case ERROR_CREDIT:
        return 429;
    case ERROR_UNAVAILABLE:
    case ERROR_OVERLOADED:
        return 503;
    case ERROR_INVALID:
    case ERROR_UNKNOWN_FIELD:
    case ERROR_CONTEXT_LENGTH:
    case ERROR_CONTENT_FILTER:
    case ERROR_BILLING_LIMIT:
    case ERROR_PERMISSION:
    case ERROR_TOO_LARGE:
        return 400;
    case ERROR_BY_STATUS:
    case ERROR_SERVER:
    case ERROR_HTML:
    case ERROR_TIMEOUT:
        return 500;
    }
    return 500;
}

static void refuse_with(struct reply *r, int status, const char *message)
{
    struct buf fields = {0}, body = {0};
    put_retry_hints(&r->sc, &fields);
    put_error(&body, message);
    reply_whole(r, status, "application/json; charset=utf-8", &fields, buf_view(&body));
    buf_free(&fields);
    buf_free(&body);
}

/* --- what the real one checks: what its types do not take --- */

static bool is_text(struct span value)
{
    return value.n == 0 || *value.p == '"';
}

static const char *check_calls(struct span calls)
{
    struct pick it;
    struct span call;
    if (pick_enter(&it, calls))
        while (pick_element(&it, &call)) {
            struct span arguments = pick_get(pick_get(call, "function"), "arguments");
            if (arguments.n == 0 || *arguments.p != '{')
                return "json: cannot unmarshal string into Go struct field "
                       "ChatRequest.messages.tool_calls.function.arguments";
        }
    return NULL;
}

static const char *check_images(struct span images)
{
    struct pick it;
    struct span image;
    if (pick_enter(&it, images))
        while (pick_element(&it, &image))
            if (span_starts(pick_raw(image), "data:") || span_starts(pick_raw(image), "http"))
                return "illegal base64 data at input byte 4";
    return NULL;
}

static const char *check_message(struct span message)
{
    const char *wrong;
    if (!is_text(pick_get(message, "content")))
        return "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of "
               "type string";
    wrong = check_calls(pick_get(message, "tool_calls"));
    return wrong != NULL ? wrong : check_images(pick_get(message, "images"));
}

static const char *check_body(struct span body)
{
    struct pick it;
    struct span message, format = pick_get(body, "format"), options = pick_get(body, "options");
    const char *wrong = NULL;
    if (format.n != 0 && !span_is(format, "\"json\"") && *format.p != '{')
        return "invalid format: expected json or a JSON schema";
    if (options.n != 0 && *options.p != '{')
        return "json: cannot unmarshal into Go struct field ChatRequest.options";
    if (pick_enter(&it, pick_get(body, "messages")))
        while (wrong == NULL && pick_element(&it, &message))
            wrong = check_message(message);
    return wrong;
}

/* --- lines --- */

static void begin_line(struct turn *t)
{
    t->line.n = 0;
    buf_fmt(&t->line,
            "{\"model\":\"%.*s\",\"created_at\":\"2026-11-20T08:15:30.%09uZ\",\"message\":{"
            "\"role\":\"assistant\",\"content\":\"",
            SPANF(ask_model(t->q, &t->r->sc)), (unsigned)(t->q->hash % 1000000000u));
}

static void put_calls(struct turn *t, int64_t from, int64_t n)
{
    const struct scenario *sc = &t->r->sc;
    struct span arguments = sc->args == ARGS_OBJECT ? ask_arguments(sc) : SPAN("{}");
    for (int64_t i = from; i < from + n; i++)
        buf_fmt(&t->line, "%s{\"function\":{\"index\":%lld,\"name\":\"%.*s\",\"arguments\":%.*s}}",
                i == from ? ",\"tool_calls\":[" : ",", (long long)i, SPANF(ask_tool_name(t->q, i)),
                SPANF(arguments));
    buf_str(&t->line, n != 0 ? "]" : "");
}

static const char *done_reason_of(const struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    return sc->finish[0] != '\0' ? sc->finish : ask_is_limited(t->q, sc) ? "length" : "stop";
}

static void put_done(struct turn *t)
{
    const struct claim *c = &t->r->claim;
    buf_fmt(&t->line,
            ",\"done_reason\":\"%s\",\"done\":true,\"total_duration\":4883583458,"
            "\"load_duration\":1334875,\"prompt_eval_duration\":342546000",
            done_reason_of(t));
    if (t->r->sc.usage == USAGE_INVALID)
        buf_str(&t->line, ",\"prompt_eval_count\":\"many\",\"eval_count\":-1");
    else if (t->r->sc.usage != USAGE_NONE)
        buf_fmt(&t->line, ",\"prompt_eval_count\":%lld,\"eval_count\":%lld", (long long)c->prompt,
                (long long)c->completion);
    buf_str(&t->line, ",\"eval_duration\":4535599000}");
}

static void send_error(struct turn *t)
{
    t->line.n = 0;
    put_error(&t->line, message_of(status_of((enum error_kind)t->r->sc.error)));
    buf_str(&t->line, "\n");
    reply_piece(t->r, buf_view(&t->line), true);
    reply_end(t->r, NULL);
    t->is_over = true;
}

static void send_line(struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    if (t->is_over || t->r->is_cut)
        return;
    if (sc->fault == FAULT_ERROR && t->r->events >= (uint32_t)sc->fault_at) {
        send_error(t);
        return;
    }
    if (sc->fault == FAULT_BADJSON && t->r->events + 1 == (uint32_t)sc->fault_at)
        t->line.n /= 2;
    buf_str(&t->line, "\n");
    reply_piece(t->r, buf_view(&t->line), true);
}

static void send_texts(struct turn *t, int64_t n, bool is_thinking)
{
    for (int64_t i = 0; i < n; i++) {
        begin_line(t);
        buf_str(&t->line, is_thinking ? "\",\"thinking\":\"" : "");
        ask_text(t->q, &t->r->sc, i, &t->line);
        buf_str(&t->line, "\"},\"done\":false}");
        send_line(t);
    }
}

static void answer_stream(struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    reply_head(t->r, 200, "application/x-ndjson", NULL, -1);
    send_texts(t, sc->reasoning, true);
    send_texts(t, ask_chunks(t->q, sc), false);
    for (int64_t i = 0; i < sc->tools; i += TOOLS_AT_ONCE) {
        begin_line(t);
        buf_str(&t->line, "\"");
        put_calls(t, i, TOOLS_AT_ONCE);
        buf_str(&t->line, "},\"done\":false}");
        send_line(t);
    }
    if (sc->fault != FAULT_NO_TERMINAL) {
        begin_line(t);
        buf_str(&t->line, "\"}");
        put_done(t);
        send_line(t);
    }
    if (!t->is_over)
        reply_end(t->r, NULL);
}

/* --- one JSON body --- */

static void answer_json(struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    int64_t chunks = ask_chunks(t->q, sc);
    begin_line(t);
    for (int64_t i = 0; i < chunks; i++)
        ask_text(t->q, sc, i, &t->line);
    buf_str(&t->line, sc->reasoning != 0 ? "\",\"thinking\":\"" : "");
    for (int64_t i = 0; i < sc->reasoning; i++)
        ask_text(t->q, sc, i, &t->line);
    buf_str(&t->line, "\"");
    put_calls(t, 0, sc->tools);
    buf_str(&t->line, "}");
    put_done(t);
    if (sc->fault == FAULT_ERROR) {
        t->line.n = 0;
        put_error(&t->line, message_of(status_of((enum error_kind)sc->error)));
    }
    if (sc->fault == FAULT_BADJSON)
        t->line.n /= 2;
    reply_whole(t->r, 200, "application/json; charset=utf-8", NULL, buf_view(&t->line));
}

/* --- vectors --- */

static void answer_embed(struct ask *q, struct reply *r)
{
    struct buf out = {0};
    struct pick it;
    struct span text;
    int64_t n = 0, dimensions = q->dimensions != 0 ? q->dimensions : DIMENSIONS;
    bool is_list = pick_enter(&it, q->input);
    buf_fmt(&out, "{\"model\":\"%.*s\",\"embeddings\":[", SPANF(q->model));
    while (is_list ? pick_element(&it, &text) : n == 0) {
        buf_fmt(&out, "%s[%lld", &","[n == 0], (long long)n);
        for (int64_t k = 1; k < dimensions; k++)
            buf_str(&out, k % 2 != 0 ? ",0.5" : ",-0.25");
        buf_str(&out, "]");
        n++;
    }
    r->claim.prompt = r->sc.prompt != 0 ? r->sc.prompt : n * TOKENS_PER_TEXT;
    buf_fmt(&out,
            "],\"total_duration\":14143917,\"load_duration\":1019500,\"prompt_eval_count\":%lld}",
            (long long)r->claim.prompt);
    reply_whole(r, 200, "application/json; charset=utf-8", NULL, buf_view(&out));
    buf_free(&out);
}

/* --- entry --- */

static bool refuse(const struct request *rq, struct reply *r, bool is_understood)
{
    const struct scenario *sc = &r->sc;
    const char *wrong = is_understood ? check_body(rq->body) : "missing request body";
    if (wrong != NULL)
        refuse_with(r, 400, wrong);
    else if (sc->status != 0)
        refuse_with(r, sc->status, message_of(sc->status));
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        refuse_with(r, status_of((enum error_kind)sc->error),
                    message_of(status_of((enum error_kind)sc->error)));
    else
        return false;
    return true;
}

/* It streams unless told not to; the limit stands in the options. */
static void read_options(const struct request *rq, struct reply *r, struct ask *q)
{
    q->is_stream = !span_is(pick_get(rq->body, "stream"), "false");
    q->max_tokens = span_number(pick_get(pick_get(rq->body, "options"), "num_predict"), 0);
    r->claim.is_stream = q->is_stream;
}

void ollama_answer(struct request *rq, struct reply *r)
{
    struct ask q;
    struct turn t = {.r = r, .q = &q};
    bool is_understood = ask_read(rq, r, &q) && span_is(rq->method, "POST");
    read_options(rq, r, &q);
    if (!refuse(rq, r, is_understood)) {
        if (span_is(rq->path, "/api/embed")) {
            r->claim.is_stream = false;
            answer_embed(&q, r);
        } else {
            ask_claim(&q, r);
            if (q.is_stream)
                answer_stream(&t);
            else
                answer_json(&t);
        }
    }
    buf_free(&t.line);
    ask_free(&q);
}

void ollama_refuse_key(struct request *rq, struct reply *r)
{
    (void)rq;
    refuse_with(r, 401, "unauthorized");
}
