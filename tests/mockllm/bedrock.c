/*
 * AWS Bedrock: Converse and ConverseStream. After the API reference of Bedrock Runtime.
 *
 * Strict where AWS is: who signed, roles and blocks of the conversation, members nobody knows.
 */
#include "ask.h"
#include "aws.h"
#include "control.h"
#include "errors.h"
#include "pick.h"

#include <stdlib.h>
#include <time.h>

struct turn {
    struct reply *r;
    struct ask *q;
    struct buf event; // scratch
    int64_t block;    // index of the open content block
    bool is_over;
};

/* --- errors: the type is in the head, the message in the body --- */

struct error_row {
    int status;
    const char *type, *message;
};

static const struct error_row *row_of(enum error_kind kind)
{
    static const struct error_row rows[] = {
        [ERROR_BY_STATUS] = {500, "InternalServerException", "The server had an internal error."},
        [ERROR_INVALID] = {400, "ValidationException", "The request is not valid."},
        [ERROR_UNKNOWN_FIELD] = {400, "ValidationException", "extraneous key is not permitted"},
        [ERROR_CONTEXT_LENGTH] = {400, "ValidationException",
                                  "Input is too long for requested model."},
        [ERROR_CONTENT_FILTER] = {400, "ValidationException",
                                  "Output blocked by content filtering policy"},
        [ERROR_BILLING_LIMIT] = {400, "ServiceQuotaExceededException",
                                 "Your account's quota is used up."},
        [ERROR_AUTH] = {403, "UnrecognizedClientException",
                        "The security token included in the request is invalid."},
        [ERROR_CREDIT] = {400, "ServiceQuotaExceededException", "Your account's quota is used up."},
        [ERROR_PERMISSION] = {403, "AccessDeniedException",
                              "You don't have access to the model with the specified model ID."},
        [ERROR_NOT_FOUND] = {404, "ResourceNotFoundException", "Could not resolve the model."},
        [ERROR_TOO_LARGE] = {413, "ValidationException", "The request is too large."},
        [ERROR_RATE] = {429, "ThrottlingException",
                        "Too many requests, please wait before trying again."},
        [ERROR_QUOTA] = {429, "ThrottlingException", "Too many tokens per day."},
        [ERROR_SERVER] = {500, "InternalServerException", "The server had an internal error."},
        [ERROR_HTML] = {502, "InternalServerException", "Bad gateway"},
        [ERROR_UNAVAILABLE] = {503, "ServiceUnavailableException",
                               "Bedrock is unable to process your request."},
        [ERROR_TIMEOUT] = {408, "ModelTimeoutException", "Model has timed out."},
        [ERROR_OVERLOADED] = {429, "ModelNotReadyException", "The model is not ready."},
    };
    return &rows[kind];
}

void bedrock_put_fields(const struct request *rq, struct buf *fields)
{
    buf_fmt(fields, "x-amzn-RequestId: req-%llu\r\nx-amzn-bedrock-invocation-latency: 5\r\n",
            (unsigned long long)rq->number);
}

static void put_date(struct buf *fields)
{
    char text[64];
    time_t now = (time_t)aws_now_s();
    struct tm t;
    (void)gmtime_r(&now, &t);
    (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &t);
    buf_fmt(fields, "Date: %s\r\n", text);
}

static void refuse_with(struct reply *r, int status, const char *type, const char *message)
{
    struct buf fields = {0}, body = {0};
    buf_fmt(&fields, "x-amzn-RequestId: req-%llu\r\nx-amzn-ErrorType: %s:http://internal/\r\n",
            (unsigned long long)r->claim.number, type);
    put_date(&fields);
    if (r->sc.retry_after != 0)
        buf_fmt(&fields, "Retry-After: %d\r\n", r->sc.retry_after);
    buf_fmt(&body, "{\"message\":\"%s\"}", message);
    reply_whole(r, status, "application/json", &fields, buf_view(&body));
    buf_free(&fields);
    buf_free(&body);
}

static void refuse_kind(struct reply *r, int status, enum error_kind kind)
{
    const struct error_row *row = row_of(kind);
    refuse_with(r, status != 0 ? status : row->status, row->type, row->message);
}

/* --- who asks --- */

static struct span default_secret(struct span id)
{
    struct span known = control_secret(id);
    if (known.n == 0 && control_accepts_key(SPAN("AKIDMOCK:mock-secret")) &&
        span_is(id, "AKIDMOCK"))
        return SPAN("mock-secret");
    return known;
}

static bool is_bearer(const struct request *rq)
{
    return span_starts(request_header(rq, "authorization"), "Bearer ");
}

/* False after having refused. */
static bool check_key(struct request *rq, struct reply *r)
{
    enum aws_verdict verdict;
    if (is_bearer(rq) && control_accepts_key(rq->key))
        return true;
    verdict = is_bearer(rq) ? AWS_UNKNOWN_KEY : aws_verify(rq, "bedrock", default_secret, &rq->key);
    name_set(r->claim.key, sizeof r->claim.key, rq->key);
    switch (verdict) {
    case AWS_GOOD:
        return true;
    case AWS_NO_TOKEN:
        refuse_with(r, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
        return false;
    case AWS_INCOMPLETE:
        refuse_with(r, 403, "IncompleteSignatureException", "Authorization header is incomplete.");
        return false;
    case AWS_UNKNOWN_KEY:
        refuse_kind(r, 0, ERROR_AUTH);
        return false;
    case AWS_EXPIRED:
        refuse_with(r, 403, "InvalidSignatureException", "Signature expired or not yet current.");
        return false;
    case AWS_BAD_SIGNATURE:
        refuse_with(r, 403, "InvalidSignatureException",
                    "The request signature we calculated does not match the signature you "
                    "provided.");
        return false;
    }
    return false;
}

/* --- what is asked: /model/ID/converse[-stream] --- */

static bool is_known_member(struct span name, const char *const *known)
{
    for (; *known != NULL; known++)
        if (span_is(name, *known))
            return true;
    return false;
}

static bool has_only(struct span object, const char *const *known)
{
    struct pick it;
    struct span name, value;
    if (object.n == 0)
        return true;
    if (!pick_enter(&it, object) || *object.p != '{')
        return false;
    while (pick_member(&it, &name, &value))
        if (!is_known_member(name, known))
            return false;
    return true;
}

static void read_tools(struct ask *q, struct span config)
{
    struct pick it;
    struct span tool;
    if (!pick_enter(&it, pick_get(config, "tools")))
        return;
    while (q->tools_n < ASK_TOOLS_MAX && pick_element(&it, &tool)) {
        struct span name = pick_raw(pick_get(pick_get(tool, "toolSpec"), "name"));
        if (name.n != 0)
            q->tools[q->tools_n++] = name;
    }
}

/* Forced to one tool, a model calls that one. */
static void apply_choice(struct ask *q, struct reply *r, struct span config)
{
    struct span named =
        pick_raw(pick_get(pick_get(pick_get(config, "toolChoice"), "tool"), "name"));
    if (named.n == 0)
        return;
    q->tools[0] = named;
    q->tools_n = 1;
    r->sc.tools = r->sc.tools != 0 ? r->sc.tools : 1;
}

static bool read_ask(const struct request *rq, struct reply *r, struct buf *model, struct ask *q)
{
    struct span path = rq->path, config = pick_get(rq->body, "toolConfig");
    *q = (struct ask){.n = 1};
    (void)span_cut(&path, '/');
    (void)span_cut(&path, '/');
    span_unescape(span_cut(&path, '/'), model);
    q->model = buf_view(model);
    q->is_stream = span_is(path, "converse-stream");
    q->messages = pick_get(rq->body, "messages");
    q->max_tokens = span_number(pick_get(pick_get(rq->body, "inferenceConfig"), "maxTokens"), 0);
    read_tools(q, config);
    bool is_understood = ask_complete(q, r);
    apply_choice(q, r, config);
    return is_understood && (q->is_stream || span_is(path, "converse"));
}

/* --- the rules of a conversation; each returns what is wrong, or NULL --- */

struct conversation {
    struct buf open_calls; // ids of the last assistant's calls, each with a space behind it
    bool is_user, has_tools, thinks;
};

static bool is_blank(struct span raw)
{
    struct buf text = {0};
    pick_text(raw, &text);
    bool is_blank = true;
    for (size_t i = 0; i < text.n; i++)
        is_blank &= strchr(" \n\t\r", text.p[i]) != NULL && text.p[i] != '\0';
    buf_free(&text);
    return is_blank;
}

static bool is_tool_id(struct span id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return id.n != 0 && id.n <= 64;
}

static bool take_call(struct conversation *c, struct span id)
{
    struct buf rest = {0};
    struct span all = buf_view(&c->open_calls);
    bool is_there = false;
    while (all.n != 0) {
        struct span one = span_cut(&all, ' ');
        if (span_equal(one, id))
            is_there = true;
        else
            buf_fmt(&rest, "%.*s ", SPANF(one));
    }
    buf_free(&c->open_calls);
    c->open_calls = rest;
    return is_there;
}

static const char *check_document(struct span document)
{
    struct span name = pick_raw(pick_get(document, "name"));
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c != '\0' && strchr(" -()[]", c) != NULL);
        if (!is_good || (c == ' ' && i != 0 && name.p[i - 1] == ' '))
            return "The document name may have only letters, digits, spaces and -()[].";
    }
    return name.n != 0 ? NULL : "A document must have a name.";
}

static const char *check_reasoning(struct span reasoning)
{
    struct span text = pick_get(reasoning, "reasoningText");
    if (pick_get(reasoning, "redactedContent").n != 0)
        return NULL;
    return span_starts(pick_raw(pick_get(text, "signature")), "sig_")
               ? NULL
               : "Invalid signature in reasoningContent";
}

static const char *check_block(struct conversation *c, struct span block, bool is_first)
{
    struct span call = pick_get(block, "toolUse"), result = pick_get(block, "toolResult");
    struct span text = pick_get(block, "text"), image = pick_get(block, "image");
    struct span id = pick_raw(pick_get(call.n != 0 ? call : result, "toolUseId"));
    static const char *const kinds[] = {"text",       "image",      "document",
                                        "toolUse",    "toolResult", "reasoningContent",
                                        "cachePoint", NULL};
    if (!has_only(block, kinds))
        return "There is an unknown kind of content block.";
    if (text.n != 0 && is_blank(text))
        return "The text field in the ContentBlock object is blank.";
    if ((call.n != 0 || result.n != 0) && !is_tool_id(id))
        return "A toolUseId must match [a-zA-Z0-9_-]{1,64}.";
    if ((call.n != 0 || result.n != 0) && !c->has_tools)
        return "The toolConfig field must be defined when using toolUse and toolResult blocks.";
    if (call.n != 0 && pick_get(call, "input").n != 0 && *pick_get(call, "input").p != '{')
        return "The input of a toolUse must be an object.";
    if (call.n != 0 && c->thinks && is_first)
        return "Expected thinking in front of toolUse when thinking is enabled.";
    if (call.n != 0)
        buf_fmt(&c->open_calls, "%.*s ", SPANF(id));
    if (result.n != 0 && !take_call(c, id))
        return "The toolResult has no toolUse in the turn before.";
    if (image.n != 0 && pick_raw(pick_get(pick_get(image, "source"), "bytes")).n == 0)
        return "An image must have bytes.";
    if (pick_get(block, "document").n != 0)
        return check_document(pick_get(block, "document"));
    if (pick_get(block, "reasoningContent").n != 0)
        return check_reasoning(pick_get(block, "reasoningContent"));
    return NULL;
}

static const char *check_message(struct conversation *c, struct span message)
{
    struct pick it;
    struct span block;
    bool is_user = span_is(pick_get(message, "role"), "\"user\""), is_first = true;
    const char *wrong = NULL;
    if (is_user == c->is_user)
        return is_user ? "Roles must alternate." : "A conversation must start with a user message.";
    c->is_user = is_user;
    if (!pick_enter(&it, pick_get(message, "content")))
        return "The content field must be a list.";
    for (; wrong == NULL && pick_element(&it, &block); is_first = false)
        wrong = check_block(c, block, is_first);
    if (wrong == NULL && is_first)
        wrong = "The content field in the Message object is empty.";
    if (wrong == NULL && is_user && c->open_calls.n != 0)
        wrong = "Expected toolResult blocks for every toolUse of the turn before.";
    return wrong;
}

static const char *check_thinking(struct span body, bool *ret_thinks)
{
    struct span fields = pick_get(body, "additionalModelRequestFields");
    struct span thinking = pick_get(fields, "thinking");
    struct span config = pick_get(body, "inferenceConfig");
    int64_t budget = span_number(pick_get(thinking, "budget_tokens"), 0);
    int64_t limit = span_number(pick_get(config, "maxTokens"), 0);
    *ret_thinks = span_is(pick_get(thinking, "type"), "\"enabled\"") ||
                  span_is(pick_get(thinking, "type"), "\"adaptive\"");
    if (span_is(pick_get(thinking, "type"), "\"enabled\"") && budget < 1024)
        return "thinking.budget_tokens must be at least 1024.";
    if (budget != 0 && limit != 0 && budget >= limit)
        return "maxTokens must be greater than thinking.budget_tokens.";
    if (*ret_thinks && pick_get(config, "temperature").n != 0)
        return "temperature may not be set when thinking is enabled.";
    return NULL;
}

static const char *check_members(struct span body)
{
    static const char *const top[] = {"messages",
                                      "system",
                                      "inferenceConfig",
                                      "toolConfig",
                                      "guardrailConfig",
                                      "additionalModelRequestFields",
                                      "additionalModelResponseFieldPaths",
                                      "promptVariables",
                                      "requestMetadata",
                                      "performanceConfig",
                                      "serviceTier",
                                      "outputConfig",
                                      NULL};
    static const char *const inference[] = {"maxTokens", "temperature", "topP", "stopSequences",
                                            NULL};
    static const char *const tools[] = {"tools", "toolChoice", NULL};
    if (!has_only(body, top) || !has_only(pick_get(body, "inferenceConfig"), inference) ||
        !has_only(pick_get(body, "toolConfig"), tools))
        return "extraneous key is not permitted";
    return NULL;
}

static const char *check_body(struct span body)
{
    struct conversation c = {.has_tools = pick_get(body, "toolConfig").n != 0};
    struct pick it;
    struct span message;
    const char *wrong = check_members(body);
    if (wrong == NULL)
        wrong = check_thinking(body, &c.thinks);
    if (wrong == NULL && !pick_enter(&it, pick_get(body, "messages")))
        wrong = "messages must be a list.";
    while (wrong == NULL && pick_element(&it, &message))
        wrong = check_message(&c, message);
    if (wrong == NULL && c.open_calls.n != 0)
        wrong = "Expected toolResult blocks for every toolUse.";
    buf_free(&c.open_calls);
    return wrong;
}

/* --- usage and stop --- */

static const char *stop_reason_of(const struct turn *t)
{
    const struct scenario *sc = &t->r->sc;
    if (sc->finish[0] != '\0')
        return sc->finish;
    if (sc->refusal)
        return "content_filtered";
    if (sc->tools != 0)
        return "tool_use";
    return ask_is_limited(t->q, sc) ? "max_tokens" : "end_turn";
}

static void put_stop(const struct turn *t, struct buf *out)
{
    const char *reason = stop_reason_of(t);
    buf_fmt(out, "\"stopReason\":\"%s\"", reason);
    if (strcmp(reason, "stop_sequence") == 0)
        buf_str(out, ",\"additionalModelResponseFields\":{\"stop_sequence\":\"END\"}");
}

static void put_usage(const struct turn *t, struct buf *out)
{
    const struct claim *c = &t->r->claim;
    const struct scenario *sc = &t->r->sc;
    if (sc->usage == USAGE_NONE)
        return;
    buf_fmt(out,
            ",\"usage\":{\"inputTokens\":%lld,\"outputTokens\":%lld,\"totalTokens\":%lld,"
            "\"cacheReadInputTokens\":%lld,\"cacheWriteInputTokens\":%lld",
            (long long)c->prompt, (long long)c->completion,
            (long long)(c->prompt + c->completion + c->cached + c->cache_write),
            (long long)c->cached, (long long)c->cache_write);
    if (sc->cache_write_1h != 0)
        buf_fmt(out,
                ",\"cacheDetails\":[{\"ttl\":\"5m\",\"inputTokens\":%d},{\"ttl\":\"1h\","
                "\"inputTokens\":%d}]",
                sc->cache_write, sc->cache_write_1h);
    buf_str(out, "}");
}

/* --- streams --- */

static void send_message(struct turn *t, const char *message_type, const char *type_name,
                         const char *type)
{
    struct buf out = {0};
    aws_message(&out, message_type, type_name, type, buf_view(&t->event));
    if (t->r->sc.bad_crc != 0 && t->r->events + 1 == (uint32_t)t->r->sc.bad_crc)
        out.p[out.n - 1] = (char)~out.p[out.n - 1];
    reply_piece(t->r, buf_view(&out), true);
    buf_free(&out);
}

static void send_exception(struct turn *t)
{
    const struct error_row *row =
        row_of(t->r->sc.error != 0 ? (enum error_kind)t->r->sc.error : ERROR_UNAVAILABLE);
    char type[NAME_SIZE];
    name_set(type, sizeof type, span_of(row->type));
    type[0] = (char)(type[0] | 0x20); // in streams they begin with a small letter
    t->event.n = 0;
    buf_fmt(&t->event, "{\"message\":\"%s\"}", row->message);
    send_message(t, "exception", ":exception-type", type);
    reply_end(t->r, NULL);
    t->is_over = true;
}

static void send_event(struct turn *t, const char *type)
{
    const struct scenario *sc = &t->r->sc;
    if (t->is_over || t->r->is_cut)
        return;
    if (sc->fault == FAULT_ERROR && t->r->events >= (uint32_t)sc->fault_at) {
        send_exception(t);
        return;
    }
    if (sc->fault == FAULT_BADJSON && t->r->events + 1 == (uint32_t)sc->fault_at)
        t->event.n /= 2;
    send_message(t, "event", ":event-type", type);
}

static void begin_event(struct turn *t)
{
    t->event.n = 0;
    buf_str(&t->event, "{\"p\":\"abcdefgh\""); // padding against those who watch lengths
}

static void begin_delta(struct turn *t)
{
    begin_event(t);
    buf_fmt(&t->event, ",\"contentBlockIndex\":%lld,\"delta\":{", (long long)t->block);
}

static void stop_block(struct turn *t)
{
    begin_event(t);
    buf_fmt(&t->event, ",\"contentBlockIndex\":%lld}", (long long)t->block++);
    send_event(t, "contentBlockStop");
}

static void send_reasoning(struct turn *t)
{
    for (int64_t i = 0; i < t->r->sc.reasoning; i++) {
        begin_delta(t);
        buf_str(&t->event, "\"reasoningContent\":{\"text\":\"");
        ask_text(t->q, &t->r->sc, i, &t->event);
        buf_str(&t->event, "\"}}}");
        send_event(t, "contentBlockDelta");
    }
    begin_delta(t);
    buf_fmt(&t->event, "\"reasoningContent\":{\"signature\":\"sig_%016llx==\"}}}",
            (unsigned long long)t->q->hash);
    send_event(t, "contentBlockDelta");
    stop_block(t);
}

static void send_text(struct turn *t)
{
    int64_t n = ask_chunks(t->q, &t->r->sc);
    for (int64_t i = 0; i < n; i++) {
        begin_delta(t);
        buf_str(&t->event, "\"text\":\"");
        ask_text(t->q, &t->r->sc, i, &t->event);
        buf_str(&t->event, "\"}}");
        send_event(t, "contentBlockDelta");
    }
    stop_block(t);
}

static void put_tool_identity(const struct turn *t, int64_t tool, struct buf *out)
{
    buf_fmt(out, "\"toolUseId\":\"tooluse_%08llx_%lld\",\"name\":\"%.*s\"",
            (unsigned long long)(t->q->hash & 0xffffffff), (long long)tool,
            SPANF(ask_tool_name(t->q, tool)));
}

static void send_tool(struct turn *t, int64_t tool)
{
    struct span left = ask_arguments(&t->r->sc);
    size_t size = t->r->sc.arg_bytes != 0 ? (size_t)t->r->sc.arg_bytes : left.n;
    begin_event(t);
    buf_fmt(&t->event, ",\"contentBlockIndex\":%lld,\"start\":{\"toolUse\":{", (long long)t->block);
    put_tool_identity(t, tool, &t->event);
    buf_str(&t->event, "}}}");
    send_event(t, "contentBlockStart");
    while (left.n != 0) {
        size_t n = left.n < size ? left.n : size;
        begin_delta(t);
        buf_str(&t->event, "\"toolUse\":{\"input\":\"");
        buf_json(&t->event, (struct span){left.p, n});
        buf_str(&t->event, "\"}}}");
        send_event(t, "contentBlockDelta");
        left = (struct span){left.p + n, left.n - n};
    }
    stop_block(t);
}

static void send_end(struct turn *t)
{
    begin_event(t);
    buf_str(&t->event, ",");
    put_stop(t, &t->event);
    buf_str(&t->event, "}");
    send_event(t, "messageStop");
    if (t->r->sc.nodone)
        return;
    begin_event(t);
    buf_str(&t->event, ",\"metrics\":{\"latencyMs\":12}");
    put_usage(t, &t->event);
    buf_str(&t->event, "}");
    send_event(t, "metadata");
}

static void answer_stream(struct turn *t, const struct buf *fields)
{
    const struct scenario *sc = &t->r->sc;
    reply_head(t->r, 200, "application/vnd.amazon.eventstream", fields, -1);
    begin_event(t);
    buf_str(&t->event, ",\"role\":\"assistant\"}");
    send_event(t, "messageStart");
    if (sc->reasoning != 0)
        send_reasoning(t);
    if (ask_chunks(t->q, sc) != 0)
        send_text(t);
    for (int64_t tool = 0; tool < sc->tools; tool++)
        send_tool(t, tool);
    if (sc->fault != FAULT_NO_TERMINAL)
        send_end(t);
    if (!t->is_over)
        reply_end(t->r, NULL);
}

/* --- one JSON body --- */

static void put_texts(struct turn *t, int64_t n, struct buf *out)
{
    for (int64_t i = 0; i < n; i++)
        ask_text(t->q, &t->r->sc, i, out);
}

static void put_content(struct turn *t, struct buf *out)
{
    const struct scenario *sc = &t->r->sc;
    int64_t chunks = ask_chunks(t->q, sc), blocks = 0;
    if (sc->reasoning != 0) {
        buf_str(out, "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"");
        put_texts(t, sc->reasoning, out);
        buf_fmt(out, "\",\"signature\":\"sig_%016llx==\"}}}", (unsigned long long)t->q->hash);
        blocks++;
    }
    if (chunks != 0) {
        buf_fmt(out, "%s{\"text\":\"", &","[!blocks++]);
        put_texts(t, chunks, out);
        buf_str(out, "\"}");
    }
    for (int64_t tool = 0; tool < sc->tools; tool++) {
        struct span input = ask_arguments(sc);
        buf_fmt(out, "%s{\"toolUse\":{", &","[!blocks++]);
        put_tool_identity(t, tool, out);
        buf_fmt(out, ",\"input\":%.*s}}", SPANF(sc->args == ARGS_OBJECT ? input : SPAN("{}")));
    }
}

static void answer_json(struct turn *t, const struct buf *fields)
{
    struct buf out = {0};
    buf_str(&out, "{\"metrics\":{\"latencyMs\":12},\"output\":{\"message\":{\"content\":[");
    put_content(t, &out);
    buf_str(&out, "],\"role\":\"assistant\"}},");
    put_stop(t, &out);
    put_usage(t, &out);
    buf_str(&out, "}");
    if (t->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(t->r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

/* --- entry --- */

static bool refuse(const struct request *rq, struct reply *r, bool is_understood)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    const char *wrong = is_understood ? check_body(rq->body) : "The request is not understood.";
    if (wrong != NULL)
        refuse_with(r, 400, "ValidationException", wrong);
    else if (sc->status != 0)
        refuse_kind(r, sc->status, kind != 0 ? kind : error_for_status(sc->status));
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        refuse_kind(r, 0, kind);
    else
        return false;
    return true;
}

void bedrock_answer(struct request *rq, struct reply *r)
{
    struct ask q;
    struct buf fields = {0}, model = {0};
    struct turn t = {.r = r, .q = &q};
    if (!check_key(rq, r))
        return;
    if (bedrock_is_invoke(rq)) {
        const char *wrong = bedrock_invoke(rq, r);
        if (wrong != NULL)
            refuse_with(r, 400, "ValidationException", wrong);
        return;
    }
    bool is_understood = read_ask(rq, r, &model, &q) && span_is(rq->method, "POST");
    if (!refuse(rq, r, is_understood)) {
        ask_claim(&q, r);
        bedrock_put_fields(rq, &fields);
        if (q.is_stream)
            answer_stream(&t, &fields);
        else
            answer_json(&t, &fields);
    }
    buf_free(&t.event);
    buf_free(&fields);
    buf_free(&model);
    ask_free(&q);
}
