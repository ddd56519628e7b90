/* The Anthropic dialect: messages. After the API reference of Anthropic. */
#include "ask.h"
#include "errors.h"
#include "pick.h"
#include "sse.h"

struct message {
    struct sse sse;
    struct reply *r;
    struct ask *q;
    struct buf event; // scratch
    int64_t block;    // index of the open content block
    int64_t sent;     // output tokens so far
};

static void put_vendor_fields(const struct request *rq, const struct scenario *sc,
                              struct buf *fields)
{
    if (span_starts(rq->path, "/model/")) { // Bedrock's
        bedrock_put_fields(rq, fields);
        return;
    }
    buf_fmt(fields,
            "request-id: req_%llu\r\nanthropic-organization-id: org-mock\r\n"
            "anthropic-ratelimit-requests-limit: 4000\r\n"
            "anthropic-ratelimit-requests-remaining: %d\r\n"
            "anthropic-ratelimit-requests-reset: %s\r\n"
            "anthropic-ratelimit-tokens-limit: 400000\r\n"
            "anthropic-ratelimit-tokens-remaining: 399000\r\n"
            "anthropic-ratelimit-input-tokens-remaining: 299000\r\n"
            "anthropic-ratelimit-output-tokens-remaining: 99000\r\n"
            "anthropic-priority-input-tokens-remaining: 9000\r\n"
            "cf-ray: mock-FRA\r\nset-cookie: __cf_bm=mock; path=/\r\nx-robots-tag: none\r\n",
            (unsigned long long)rq->number, sc->status == 429 ? 0 : 3999,
            sc->reset[0] != '\0' ? sc->reset : "2030-01-01T00:00:00Z");
}

static const char *stop_reason_of(const struct message *m)
{
    const struct scenario *sc = &m->r->sc;
    if (sc->finish[0] != '\0')
        return sc->finish;
    if (sc->refusal)
        return "refusal";
    if (sc->tools != 0)
        return "tool_use";
    return ask_is_limited(m->q, sc) ? "max_tokens" : "end_turn";
}

static void put_stop(const struct message *m, struct buf *out)
{
    const char *reason = stop_reason_of(m);
    bool has_text = strcmp(reason, "stop_sequence") == 0;
    buf_fmt(out, "\"stop_reason\":\"%s\",\"stop_sequence\":%s", reason,
            has_text ? "\"END\"" : "null");
}

static void put_input_usage(const struct message *m, struct buf *out)
{
    const struct scenario *sc = &m->r->sc;
    buf_fmt(out,
            "\"input_tokens\":%lld,\"cache_creation_input_tokens\":%d,"
            "\"cache_read_input_tokens\":%d,\"cache_creation\":{"
            "\"ephemeral_5m_input_tokens\":%d,\"ephemeral_1h_input_tokens\":%d},",
            (long long)m->r->claim.prompt, sc->cache_write + sc->cache_write_1h, sc->cached,
            sc->cache_write + (sc->usage == USAGE_WRONG ? 7 : 0), sc->cache_write_1h);
}

static void put_usage(const struct message *m, bool with_input, int64_t output, struct buf *out)
{
    buf_str(out, "\"usage\":{");
    if (m->r->sc.usage == USAGE_INVALID) {
        buf_str(out, "\"input_tokens\":\"many\",\"output_tokens\":-1}");
        return;
    }
    if (with_input)
        put_input_usage(m, out);
    buf_fmt(out, "\"output_tokens\":%lld", (long long)output);
    if (m->r->sc.reasoning != 0)
        buf_fmt(out, ",\"output_tokens_details\":{\"thinking_tokens\":%d}", m->r->sc.reasoning);
    if (with_input)
        buf_str(out, ",\"service_tier\":\"standard\"");
    buf_str(out, "}");
}

static void put_identity(const struct message *m, struct buf *out)
{
    buf_fmt(out,
            "\"id\":\"msg_%016llx\",\"type\":\"message\",\"role\":\"assistant\","
            "\"model\":\"%.*s\",",
            (unsigned long long)m->q->hash, SPANF(ask_model(m->q, &m->r->sc)));
}

/* --- streams --- */

static void send_message_start(struct message *m)
{
    int usage = m->r->sc.usage;
    m->event.n = 0;
    buf_str(&m->event, "{\"type\":\"message_start\",\"message\":{");
    put_identity(m, &m->event);
    buf_str(&m->event, "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null");
    if (usage != USAGE_NONE && usage != USAGE_WITH_LAST) {
        buf_str(&m->event, ",");
        put_usage(m, true, 1, &m->event);
    }
    buf_str(&m->event, "}}");
    sse_event(&m->sse, "message_start", buf_view(&m->event));
}

static void start_block(struct message *m, const char *content)
{
    m->event.n = 0;
    buf_fmt(&m->event, "{\"type\":\"content_block_start\",\"index\":%lld,\"content_block\":{%s}}",
            (long long)m->block, content);
    sse_event(&m->sse, "content_block_start", buf_view(&m->event));
}

static void begin_delta(struct message *m, const char *type, const char *member)
{
    m->event.n = 0;
    buf_fmt(&m->event,
            "{\"type\":\"content_block_delta\",\"index\":%lld,\"delta\":{"
            "\"type\":\"%s\",\"%s\":\"",
            (long long)m->block, type, member);
}

static void end_delta(struct message *m)
{
    buf_str(&m->event, "\"}}");
    sse_event(&m->sse, "content_block_delta", buf_view(&m->event));
}

static void stop_block(struct message *m)
{
    m->event.n = 0;
    buf_fmt(&m->event, "{\"type\":\"content_block_stop\",\"index\":%lld}", (long long)m->block++);
    sse_event(&m->sse, "content_block_stop", buf_view(&m->event));
}

static void send_texts(struct message *m, const char *type, const char *member, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        m->sent++;
        begin_delta(m, type, member);
        ask_text(m->q, &m->r->sc, i, &m->event);
        end_delta(m);
    }
}

static void send_thinking(struct message *m)
{
    start_block(m, "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"");
    send_texts(m, "thinking_delta", "thinking", m->r->sc.reasoning);
    begin_delta(m, "signature_delta", "signature");
    buf_fmt(&m->event, "sig_%016llx==", (unsigned long long)m->q->hash);
    end_delta(m);
    stop_block(m);
}

static void send_ping(struct message *m)
{
    sse_event(&m->sse, "ping", SPAN("{\"type\":\"ping\"}"));
}

static void send_text(struct message *m)
{
    start_block(m, "\"type\":\"text\",\"text\":\"\"");
    send_ping(m);
    send_texts(m, "text_delta", "text", ask_chunks(m->q, &m->r->sc));
    stop_block(m);
}

static void put_tool_identity(const struct message *m, int64_t tool, struct buf *out)
{
    buf_fmt(out, "\"type\":\"tool_use\",\"id\":\"toolu_%08llx_%lld\",\"name\":\"%.*s\"",
            (unsigned long long)(m->q->hash & 0xffffffff), (long long)tool,
            SPANF(ask_tool_name(m->q, tool)));
}

static void send_arguments(struct message *m)
{
    struct span left = ask_arguments(&m->r->sc);
    size_t size = m->r->sc.arg_bytes != 0 ? (size_t)m->r->sc.arg_bytes : left.n;
    do { // no arguments are still one empty fragment
        size_t n = left.n < size ? left.n : size;
        begin_delta(m, "input_json_delta", "partial_json");
        buf_json(&m->event, (struct span){left.p, n});
        end_delta(m);
        left = (struct span){left.p + n, left.n - n};
    } while (left.n != 0);
}

static void send_tool(struct message *m, int64_t tool)
{
    struct buf content = {0};
    put_tool_identity(m, tool, &content);
    buf_put(&content, ",\"input\":{}", sizeof ",\"input\":{}");
    start_block(m, content.p);
    buf_free(&content);
    send_arguments(m);
    stop_block(m);
}

static void send_message_delta(struct message *m, int64_t output)
{
    int usage = m->r->sc.usage;
    bool with_input = usage == USAGE_WITH_LAST || usage == USAGE_ALWAYS || usage == USAGE_TWICE;
    m->event.n = 0;
    buf_str(&m->event, "{\"type\":\"message_delta\",\"delta\":{");
    put_stop(m, &m->event);
    buf_str(&m->event, "}");
    if (usage != USAGE_NONE) {
        buf_str(&m->event, ",");
        put_usage(m, with_input, output, &m->event);
    }
    buf_str(&m->event, "}");
    sse_event(&m->sse, "message_delta", buf_view(&m->event));
}

static void send_end(struct message *m)
{
    if (m->r->sc.usage == USAGE_TWICE)
        send_message_delta(m, m->sent);
    send_message_delta(m, m->r->claim.completion);
    if (!m->r->sc.nodone)
        sse_event(&m->sse, "message_stop", SPAN("{\"type\":\"message_stop\"}"));
}

/* The error of FAULT_ERROR: inside a 200. */
static void put_late_error(const struct reply *r, struct buf *out)
{
    enum error_kind kind = (enum error_kind)r->sc.error;
    anthropic_error_body(kind != ERROR_BY_STATUS ? kind : ERROR_OVERLOADED, r->claim.number, out);
}

static void put_stream_error(struct sse *s)
{
    struct buf body = {0};
    put_late_error(s->r, &body);
    sse_event(s, "error", buf_view(&body));
    buf_free(&body);
}

static void answer_stream(struct message *m, const struct buf *fields)
{
    const struct scenario *sc = &m->r->sc;
    sse_begin(&m->sse, fields);
    send_message_start(m);
    if (sc->reasoning != 0)
        send_thinking(m);
    if (ask_chunks(m->q, sc) != 0)
        send_text(m);
    for (int64_t tool = 0; tool < sc->tools; tool++)
        send_tool(m, tool);
    if (sc->fault != FAULT_NO_TERMINAL)
        send_end(m);
    sse_end(&m->sse);
}

/* --- one JSON body --- */

static void put_texts(struct message *m, const char *type, const char *member, int64_t n,
                      struct buf *out)
{
    buf_fmt(out, "{\"type\":\"%s\",\"%s\":\"", type, member);
    for (int64_t i = 0; i < n; i++)
        ask_text(m->q, &m->r->sc, i, out);
    buf_str(out, "\"");
}

static void put_tool(struct message *m, int64_t tool, struct buf *out)
{
    struct span input = ask_arguments(&m->r->sc);
    buf_str(out, "{");
    put_tool_identity(m, tool, out);
    bool is_object = m->r->sc.args == ARGS_OBJECT;
    buf_fmt(out, ",\"input\":%.*s}", SPANF(is_object ? input : SPAN("{}")));
}

static void put_content(struct message *m, struct buf *out)
{
    const struct scenario *sc = &m->r->sc;
    int64_t chunks = ask_chunks(m->q, sc), blocks = 0;
    if (sc->reasoning != 0) {
        put_texts(m, "thinking", "thinking", sc->reasoning, out);
        buf_fmt(out, ",\"signature\":\"sig_%016llx==\"}", (unsigned long long)m->q->hash);
        blocks++;
    }
    if (chunks != 0) {
        buf_str(out, &","[!blocks++]);
        put_texts(m, "text", "text", chunks, out);
        buf_str(out, "}");
    }
    for (int64_t tool = 0; tool < sc->tools; tool++) {
        buf_str(out, &","[!blocks++]);
        put_tool(m, tool, out);
    }
}

static void put_whole_message(struct message *m, struct buf *out)
{
    buf_str(out, "{");
    put_identity(m, out);
    buf_str(out, "\"content\":[");
    put_content(m, out);
    buf_str(out, "],");
    put_stop(m, out);
    if (m->r->sc.usage != USAGE_NONE) {
        buf_str(out, ",");
        put_usage(m, true, m->r->claim.completion, out);
    }
    buf_str(out, "}");
}

static void answer_json(struct message *m, const struct buf *fields)
{
    struct buf out = {0};
    if (m->r->sc.fault == FAULT_ERROR)
        put_late_error(m->r, &out);
    else
        put_whole_message(m, &out);
    if (m->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(m->r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

/* --- entry --- */

static bool refuse(struct ask *q, struct reply *r, bool is_understood, struct buf *fields)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    if (!is_understood || q->max_tokens <= 0 || q->messages.n == 0) // max_tokens is required
        anthropic_error(r, 400, ERROR_INVALID, fields);
    else if (sc->status != 0)
        anthropic_error(r, sc->status, kind != 0 ? kind : error_for_status(sc->status), fields);
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        anthropic_error(r, 0, kind, fields);
    else
        return false;
    return true;
}

static void answer_messages(struct request *rq, struct reply *r, struct buf *fields)
{
    struct ask q;
    bool is_understood = ask_read(rq, r, &q) && request_header(rq, "anthropic-version").n != 0;
    struct message m = {.sse = {.r = r, .put_error = put_stream_error}, .r = r, .q = &q};
    put_vendor_fields(rq, &r->sc, fields);
    if (!refuse(&q, r, is_understood, fields)) {
        ask_claim(&q, r);
        if (q.is_stream)
            answer_stream(&m, fields);
        else
            answer_json(&m, fields);
    }
    buf_free(&m.event);
    ask_free(&q);
}

void anthropic_answer(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    if (span_is(rq->method, "POST")) {
        answer_messages(rq, r, &fields);
    } else {
        put_vendor_fields(rq, &r->sc, &fields);
        anthropic_error(r, 405, ERROR_INVALID, &fields);
    }
    buf_free(&fields);
}

void anthropic_refuse_key(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    put_vendor_fields(rq, &r->sc, &fields);
    anthropic_error(r, 401, ERROR_AUTH, &fields);
    buf_free(&fields);
}
