/*
 * The Cohere dialect: chat of the v2 API, whole and streamed. After Cohere's API reference and its guide
 * to streaming.
 *
 * Strict where Cohere is: members and tool choices nobody knows, penalties outside of 0 to 1, results
 * that answer no call. Counts are told twice: the tokens that the model saw, with the vendor's own
 * preamble, and the units that are billed.
 */
#include "ask.h"
#include "errors.h"
#include "pick.h"
#include "sse.h"

#include <stdlib.h>

enum { PREAMBLE_TOKENS = 200 };

struct turn {
    struct sse sse;
    struct reply *r;
    struct ask *q;
    struct buf event; // scratch
    int64_t content;  // index of the next content block; calls are counted apart
};

/* --- errors --- */

static void put_error(const struct reply *r, const char *message, struct buf *out)
{
    buf_fmt(out, "{\"id\":\"err-%llu\",\"message\":\"%s\"}", (unsigned long long)r->claim.number,
            message);
}

static const char *message_of(int status)
{
    switch (status) {
    case 401:
        return "invalid api token";
    case 402:
        return "Please add or update your payment method at the dashboard to continue";
    case 404:
        return "model 'mock-1' not found, make sure the correct model ID was used";
    case 429:
        return "You are using a Trial key, which is limited to 20 API calls / minute.";
    case 498:
        return "invalid token";
    default:
        return status < 500 ? "invalid request: the request could not be understood"
                            : "internal server error, please try again";
    }
}

static int status_of(enum error_kind kind)
{
    switch (kind) {
    case ERROR_AUTH:
        return 401;
    case ERROR_CREDIT:
        return 402;
    case ERROR_NOT_FOUND:
        return 404;
    case ERROR_RATE:
    case ERROR_QUOTA:
        return 429;
    case ERROR_BY_STATUS:
    case ERROR_SERVER:
    case ERROR_HTML:
        return 500;
    case ERROR_UNAVAILABLE:
    case ERROR_OVERLOADED:
        return 503;
    case ERROR_TIMEOUT:
        return 504;
    case ERROR_INVALID:
    case ERROR_UNKNOWN_FIELD:
    case ERROR_CONTEXT_LENGTH:
    case ERROR_CONTENT_FILTER:
    case ERROR_BILLING_LIMIT:
    case ERROR_PERMISSION:
    case ERROR_TOO_LARGE:
        return 400;
    }
    return 500;
}

static const char *message_of_kind(enum error_kind kind, int status)
{
    return kind == ERROR_CONTEXT_LENGTH ? "too many tokens: total number of tokens in the prompt "
                                          "cannot exceed 128000 - received 210000."
                                        : message_of(status);
}

static void put_vendor_fields(const struct reply *r, struct buf *fields)
{
    buf_fmt(fields,
            "x-debug-trace-id: req_%llu\r\nx-endpoint-monthly-call-limit: 1000\r\n"
            "x-trial-endpoint-call-limit: 40\r\nx-trial-endpoint-call-remaining: 39\r\n"
            "num_tokens: 12\r\n",
            (unsigned long long)r->claim.number);
}

static void refuse_with(struct reply *r, int status, const char *message)
{
    struct buf fields = {0}, body = {0};
    put_vendor_fields(r, &fields);
    put_retry_hints(&r->sc, &fields);
    put_error(r, message, &body);
    reply_whole(r, status, "application/json", &fields, buf_view(&body));
    buf_free(&fields);
    buf_free(&body);
}

/* --- what the real one checks --- */

static bool is_in(struct span key, const char *const *names)
{
    while (*names != NULL)
        if (span_is(key, *names++))
            return true;
    return false;
}

static const char *check_members(struct span body)
{
    static const char *const known[] = {"model",
                                        "messages",
                                        "stream",
                                        "tools",
                                        "strict_tools",
                                        "tool_choice",
                                        "documents",
                                        "citation_options",
                                        "response_format",
                                        "safety_mode",
                                        "max_tokens",
                                        "stop_sequences",
                                        "temperature",
                                        "seed",
                                        "p",
                                        "frequency_penalty",
                                        "k",
                                        "presence_penalty",
                                        "logprobs",
                                        "thinking",
                                        "priority",
                                        "raw_prompting",
                                        NULL};
    struct pick it;
    struct span key, value;
    if (pick_enter(&it, body))
        while (pick_member(&it, &key, &value))
            if (!is_in(key, known))
                return "unknown field: a parameter is not a valid field";
    return NULL;
}

static const char *check_penalty(struct span value)
{
    char text[32];
    name_set(text, sizeof text, value);
    double number = value.n != 0 ? strtod(text, NULL) : 0;
    return number < 0 || number > 1 ? "invalid request: penalties must be between 0 and 1" : NULL;
}

static const char *check_choices(struct span body)
{
    static const char *const choices[] = {"\"REQUIRED\"", "\"NONE\"", NULL};
    static const char *const formats[] = {"\"text\"", "\"json_object\"", NULL};
    struct span choice = pick_get(body, "tool_choice");
    struct span format = pick_get(body, "response_format");
    const char *wrong = check_penalty(pick_get(body, "frequency_penalty"));
    if (choice.n != 0 && !is_in(choice, choices))
        return "invalid request: tool_choice must be one of REQUIRED, NONE";
    if (format.n != 0 && !is_in(pick_get(format, "type"), formats))
        return "invalid request: response_format.type must be one of text, json_object";
    return wrong != NULL ? wrong : check_penalty(pick_get(body, "presence_penalty"));
}

/* The ids of the calls that wait for a result, each within its quotes. */
static void add_calls(struct span calls, struct buf *open)
{
    struct pick it;
    struct span call;
    open->n = 0;
    if (pick_enter(&it, calls))
        while (pick_element(&it, &call))
            buf_span(open, pick_get(call, "id"));
}

static bool is_open(const struct buf *open, struct span id)
{
    return id.n != 0 && open->n != 0 && memmem(open->p, open->n, id.p, id.n) != NULL;
}

static const char *check_message(struct span message, struct buf *open)
{
    static const char *const roles[] = {"\"system\"", "\"user\"", "\"assistant\"", "\"tool\"",
                                        NULL};
    struct span role = pick_get(message, "role"), content = pick_get(message, "content");
    struct span calls = pick_get(message, "tool_calls");
    if (!is_in(role, roles))
        return "invalid request: message role must be one of system, user, assistant, tool";
    if (span_is(role, "\"tool\""))
        return is_open(open, pick_get(message, "tool_call_id"))
                   ? NULL
                   : "invalid request: tool_call_id not found in previous tool calls";
    if (calls.n == 0 && (content.n == 0 || span_is(content, "\"\"") || span_is(content, "[]")))
        return "invalid request: all elements in messages must have content";
    if (span_is(role, "\"assistant\""))
        add_calls(calls, open);
    return NULL;
}

static const char *check_body(struct span body)
{
    struct buf open = {0};
    struct pick it;
    struct span message;
    const char *wrong = check_members(body);
    if (wrong == NULL)
        wrong = check_choices(body);
    if (wrong == NULL && !pick_enter(&it, pick_get(body, "messages")))
        wrong = "invalid request: messages must be a list";
    while (wrong == NULL && pick_element(&it, &message))
        wrong = check_message(message, &open);
    buf_free(&open);
    return wrong;
}

/* --- parts of both forms --- */

static const char *finish_of(const struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    if (sc->finish[0] != '\0')
        return sc->finish;
    if (sc->refusal)
        return "ERROR_TOXIC";
    if (sc->tools != 0)
        return "TOOL_CALL";
    return ask_is_limited(t->q, sc) ? "MAX_TOKENS" : "COMPLETE";
}

static void put_usage(const struct turn *t, struct buf *out)
{
    const struct claim *c = &t->r->claim;
    int64_t prompt = c->prompt + c->cached;
    if (t->r->sc.usage == USAGE_NONE)
        return;
    if (t->r->sc.usage == USAGE_INVALID) {
        buf_str(out, ",\"usage\":{\"billed_units\":{\"input_tokens\":\"many\"},\"tokens\":7}");
        return;
    }
    buf_fmt(out,
            ",\"usage\":{\"billed_units\":{\"input_tokens\":%lld,\"output_tokens\":%lld},"
            "\"tokens\":{\"input_tokens\":%lld,\"output_tokens\":%lld}",
            (long long)c->prompt, (long long)c->completion, (long long)(prompt + PREAMBLE_TOKENS),
            (long long)(c->completion + 2));
    if (c->cached != 0)
        buf_fmt(out, ",\"cached_tokens\":%lld",
                (long long)(t->r->sc.usage == USAGE_WRONG ? 2 * prompt : c->cached));
    buf_str(out, "}");
}

static void put_call(const struct turn *t, int64_t tool, struct span arguments, struct buf *out)
{
    buf_fmt(out,
            "{\"id\":\"%.*s_%08llx%lld\",\"type\":\"function\",\"function\":{\"name\":\"%.*s\","
            "\"arguments\":\"",
            SPANF(ask_tool_name(t->q, tool)), (unsigned long long)(t->q->hash & 0xffffffff),
            (long long)tool, SPANF(ask_tool_name(t->q, tool)));
    buf_json(out, arguments);
    buf_str(out, "\"}}");
}

static void put_texts(const struct turn *t, int64_t n, struct buf *out)
{
    for (int64_t i = 0; i < n; i++)
        ask_text(t->q, &t->r->sc, i, out);
}

/* The i-th citation is of the i-th token, from the i-th document. */
static void put_citation(int64_t i, struct buf *out)
{
    buf_fmt(out,
            "{\"start\":%lld,\"end\":%lld,\"text\":\"tok%lld\",\"sources\":[{\"type\":\"document\","
            "\"id\":\"doc:%lld\",\"document\":{\"id\":\"doc:%lld\",\"title\":\"Title %lld\","
            "\"url\":\"https://example.com/%lld\"}}],\"type\":\"TEXT_CONTENT\"}",
            (long long)(5 * i), (long long)(5 * i + 4), (long long)i + 1, (long long)i,
            (long long)i, (long long)i, (long long)i);
}

/* --- streams --- */

static void send_event(struct turn *t, const char *type)
{
    buf_fmt(&t->event, ",\"type\":\"%s\"}", type);
    sse_event(&t->sse, type, buf_view(&t->event));
    t->event.n = 0;
}

static void put_stream_error(struct sse *s)
{
    struct buf body = {0};
    put_error(s->r, message_of(status_of((enum error_kind)s->r->sc.error)), &body);
    sse_event(s, NULL, buf_view(&body));
    buf_free(&body);
}

static void send_content(struct turn *t, const char *type, int64_t n)
{
    int64_t index = t->content++;
    buf_fmt(&t->event,
            "{\"index\":%lld,\"delta\":{\"message\":{\"content\":{\"type\":\"%s\",\"%s\":\"\"}}}",
            (long long)index, type, type);
    send_event(t, "content-start");
    for (int64_t i = 0; i < n; i++) {
        buf_fmt(&t->event, "{\"index\":%lld,\"delta\":{\"message\":{\"content\":{\"%s\":\"",
                (long long)index, type);
        ask_text(t->q, &t->r->sc, i, &t->event);
        buf_str(&t->event, "\"}}}");
        send_event(t, "content-delta");
    }
    buf_fmt(&t->event, "{\"index\":%lld", (long long)index);
    send_event(t, "content-end");
}

static void send_citations(struct turn *t)
{
    for (int64_t i = 0; i < t->r->sc.citations; i++) {
        buf_fmt(&t->event, "{\"index\":%lld,\"delta\":{\"message\":{\"citations\":", (long long)i);
        put_citation(i, &t->event);
        buf_str(&t->event, "}}");
        send_event(t, "citation-start");
        buf_fmt(&t->event, "{\"index\":%lld", (long long)i);
        send_event(t, "citation-end");
    }
}

static void send_plan(struct turn *t)
{
    for (int64_t i = 0; i < t->r->sc.reasoning; i++) {
        buf_str(&t->event, "{\"delta\":{\"message\":{\"tool_plan\":\"");
        ask_text(t->q, &t->r->sc, i, &t->event);
        buf_str(&t->event, "\"}}");
        send_event(t, "tool-plan-delta");
    }
}

static void send_call(struct turn *t, int64_t tool)
{
    struct span left = ask_arguments(&t->r->sc);
    size_t size = t->r->sc.arg_bytes != 0 ? (size_t)t->r->sc.arg_bytes : left.n;
    buf_fmt(&t->event, "{\"index\":%lld,\"delta\":{\"message\":{\"tool_calls\":", (long long)tool);
    put_call(t, tool, SPAN(""), &t->event);
    buf_str(&t->event, "}}");
    send_event(t, "tool-call-start");
    while (left.n != 0) {
        size_t n = left.n < size ? left.n : size;
        buf_fmt(
            &t->event,
            "{\"index\":%lld,\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"",
            (long long)tool);
        buf_json(&t->event, (struct span){left.p, n});
        buf_str(&t->event, "\"}}}}");
        send_event(t, "tool-call-delta");
        left = (struct span){left.p + n, left.n - n};
    }
    buf_fmt(&t->event, "{\"index\":%lld", (long long)tool);
    send_event(t, "tool-call-end");
}

static void send_end(struct turn *t)
{
    buf_fmt(&t->event, "{\"delta\":{\"finish_reason\":\"%s\"", finish_of(t));
    put_usage(t, &t->event);
    buf_str(&t->event, "}");
    send_event(t, "message-end");
}

/* What is thought before calls is the plan; before a text it is a block of its own. */
static void answer_stream(struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    int64_t chunks = ask_chunks(t->q, sc);
    struct buf fields = {0};
    put_vendor_fields(t->r, &fields);
    sse_begin(&t->sse, &fields);
    buf_free(&fields);
    buf_fmt(&t->event,
            "{\"id\":\"co-%016llx\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],"
            "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}",
            (unsigned long long)t->q->hash);
    send_event(t, "message-start");
    if (sc->tools != 0)
        send_plan(t);
    else if (sc->reasoning != 0)
        send_content(t, "thinking", sc->reasoning);
    if (chunks != 0)
        send_content(t, "text", chunks);
    send_citations(t);
    for (int64_t tool = 0; tool < sc->tools; tool++)
        send_call(t, tool);
    if (sc->fault != FAULT_NO_TERMINAL)
        send_end(t);
    sse_end(&t->sse);
}

/* --- one JSON body --- */

static void put_content(const struct turn *t, struct buf *out)
{
    const struct scenario *sc = &t->r->sc;
    int64_t chunks = ask_chunks(t->q, sc);
    bool has_thinking = sc->reasoning != 0 && sc->tools == 0;
    if (sc->reasoning != 0 && sc->tools != 0) {
        buf_str(out, ",\"tool_plan\":\"");
        put_texts(t, sc->reasoning, out);
        buf_str(out, "\"");
    }
    if (!has_thinking && chunks == 0)
        return;
    buf_str(out, ",\"content\":[");
    if (has_thinking) {
        buf_str(out, "{\"type\":\"thinking\",\"thinking\":\"");
        put_texts(t, sc->reasoning, out);
        buf_str(out, "\"}");
    }
    if (chunks != 0) {
        buf_fmt(out, "%s{\"type\":\"text\",\"text\":\"", &","[!has_thinking]);
        put_texts(t, chunks, out);
        buf_str(out, "\"}");
    }
    buf_str(out, "]");
}

static void put_list(const struct turn *t, struct buf *out)
{
    const struct scenario *sc = &t->r->sc;
    for (int64_t i = 0; i < sc->tools; i++) {
        buf_str(out, i == 0 ? ",\"tool_calls\":[" : ",");
        put_call(t, i, ask_arguments(sc), out);
    }
    buf_str(out, sc->tools != 0 ? "]" : "");
    for (int64_t i = 0; i < sc->citations; i++) {
        buf_str(out, i == 0 ? ",\"citations\":[" : ",");
        put_citation(i, out);
    }
    buf_str(out, sc->citations != 0 ? "]" : "");
}

static void answer_json(struct turn *t)
{
    struct buf out = {0}, fields = {0};
    put_vendor_fields(t->r, &fields);
    buf_fmt(&out,
            "{\"id\":\"co-%016llx\",\"finish_reason\":\"%s\",\"message\":{\"role\":\"assistant\"",
            (unsigned long long)t->q->hash, finish_of(t));
    put_content(t, &out);
    put_list(t, &out);
    buf_str(&out, "}");
    put_usage(t, &out);
    buf_str(&out, "}");
    if (t->r->sc.fault == FAULT_ERROR) {
        out.n = 0;
        put_error(t->r, message_of(status_of((enum error_kind)t->r->sc.error)), &out);
    }
    if (t->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(t->r, 200, "application/json", &fields, buf_view(&out));
    buf_free(&out);
    buf_free(&fields);
}

/* --- entry --- */

static bool refuse(const struct request *rq, struct reply *r, bool is_understood)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    const char *wrong = is_understood ? check_body(rq->body) : message_of(400);
    int status = sc->status != 0 ? sc->status : status_of(kind);
    if (wrong != NULL)
        refuse_with(r, 400, wrong);
    else if (sc->status != 0 || (sc->error != 0 && sc->fault != FAULT_ERROR))
        refuse_with(r, status, message_of_kind(kind, status));
    else
        return false;
    return true;
}

void cohere_answer(struct request *rq, struct reply *r)
{
    struct ask q;
    struct turn t = {.sse = {.r = r, .put_error = put_stream_error}, .r = r, .q = &q};
    bool is_understood = ask_read(rq, r, &q) && span_is(rq->method, "POST");
    if (!refuse(rq, r, is_understood)) {
        ask_claim(&q, r);
        if (q.is_stream)
            answer_stream(&t);
        else
            answer_json(&t);
    }
    buf_free(&t.event);
    ask_free(&q);
}

void cohere_refuse_key(struct request *rq, struct reply *r)
{
    (void)rq;
    refuse_with(r, 401, "invalid api token");
}
