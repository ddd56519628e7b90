/*
 * The Responses API of OpenAI: create, retrieve, delete, input items, cancel. After its API reference and
 * the types of its SDK.
 *
 * Responses are kept (`store`, on unless said otherwise) in a ring: the oldest is forgotten.
 */
#include "ask.h"
#include "errors.h"
#include "pick.h"
#include "sse.h"

#include <stdio.h>

enum { CREATED = 1700000000, KEPT_MAX = 256, ID_SIZE = 48 };

static struct kept {
    char id[ID_SIZE];
    struct buf body, input;
} kept[KEPT_MAX];
static size_t kept_next;

/* An answer on its way. */
struct answer {
    struct sse sse; // first member: put_error finds the answer from it
    struct reply *r;
    struct ask *q;
    struct span body; // the request's
    char id[ID_SIZE];
    struct buf event, output; // scratch; the finished items
    int64_t sequence, items;
};

/* --- what is kept --- */

static struct kept *find_kept(struct span id)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (kept[i].id[0] != '\0' && span_is(id, kept[i].id))
            return &kept[i];
    return NULL;
}

static void keep(const struct answer *a, struct span body)
{
    struct kept *k = &kept[kept_next++ % KEPT_MAX];
    memcpy(k->id, a->id, sizeof k->id);
    k->body.n = k->input.n = 0;
    buf_span(&k->body, body);
    buf_span(&k->input, pick_get(a->body, "input"));
}

static bool is_stored(const struct answer *a)
{
    return !span_is(pick_get(a->body, "store"), "false");
}

/* --- the response --- */

static void put_usage(const struct answer *a, struct buf *out)
{
    const struct claim *c = &a->r->claim;
    long long input = (long long)(c->prompt + c->cached + c->cache_write);
    buf_fmt(out,
            "{\"input_tokens\":%lld,\"input_tokens_details\":{\"cached_tokens\":%lld,"
            "\"cache_write_tokens\":%lld},\"output_tokens\":%lld,\"output_tokens_details\":{"
            "\"reasoning_tokens\":%lld},\"total_tokens\":%lld}",
            input, (long long)c->cached, (long long)c->cache_write, (long long)c->completion,
            (long long)c->reasoning, input + (long long)c->completion);
}

static void put_echo(const struct answer *a, struct buf *out)
{
    static const struct {
        const char *name, *otherwise;
    } rows[] = {
        {"instructions", "null"},
        {"max_output_tokens", "null"},
        {"metadata", "{}"},
        {"parallel_tool_calls", "true"},
        {"previous_response_id", "null"},
        {"reasoning", "{\"effort\":null,\"summary\":null}"},
        {"store", "true"},
        {"temperature", "1.0"},
        {"text", "{\"format\":{\"type\":\"text\"}}"},
        {"tool_choice", "\"auto\""},
        {"tools", "[]"},
        {"top_p", "1.0"},
        {"truncation", "\"disabled\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span own = pick_get(a->body, rows[i].name);
        buf_fmt(out, ",\"%s\":", rows[i].name);
        buf_span(out, own.n != 0 ? own : span_of(rows[i].otherwise));
    }
}

static void put_response(const struct answer *a, const char *status, struct buf *out)
{
    bool is_incomplete = span_is(span_of(status), "incomplete");
    bool is_begun = span_is(span_of(status), "in_progress");
    buf_fmt(out,
            "{\"id\":\"%s\",\"object\":\"response\",\"created_at\":%d,\"status\":\"%s\","
            "\"background\":false,\"error\":null,\"incomplete_details\":%s,\"model\":\"%.*s\","
            "\"output\":[",
            a->id, CREATED, status, is_incomplete ? "{\"reason\":\"max_output_tokens\"}" : "null",
            SPANF(ask_model(a->q, &a->r->sc)));
    if (!is_begun)
        buf_span(out, buf_view(&a->output));
    buf_str(out, "],\"service_tier\":\"default\",\"usage\":");
    if (is_begun || a->r->sc.usage == USAGE_NONE)
        buf_str(out, "null");
    else
        put_usage(a, out);
    put_echo(a, out);
    buf_str(out, "}");
}

static const char *status_of(const struct answer *a)
{
    return ask_is_limited(a->q, &a->r->sc) ? "incomplete" : "completed";
}

/* --- events --- */

static void begin_event(struct answer *a, const char *type)
{
    a->event.n = 0;
    buf_fmt(&a->event, "{\"type\":\"%s\",\"sequence_number\":%lld", type, (long long)a->sequence++);
}

static void end_event(struct answer *a, const char *type)
{
    buf_str(&a->event, "}");
    sse_event(&a->sse, type, buf_view(&a->event));
}

static void send_response(struct answer *a, const char *type, const char *status)
{
    begin_event(a, type);
    buf_str(&a->event, ",\"response\":");
    put_response(a, status, &a->event);
    end_event(a, type);
}

static void send_item(struct answer *a, const char *type, const struct buf *item)
{
    begin_event(a, type);
    buf_fmt(&a->event, ",\"output_index\":%lld,\"item\":", (long long)a->items);
    buf_span(&a->event, buf_view(item));
    end_event(a, type);
}

static void begin_part(struct answer *a, const char *type, const char *item_prefix)
{
    begin_event(a, type);
    buf_fmt(&a->event, ",\"item_id\":\"%s%s_%lld\",\"output_index\":%lld", item_prefix, a->id + 5,
            (long long)a->items, (long long)a->items);
}

/* The finished item, to the list and to the client. */
static void finish_item(struct answer *a, struct buf *item)
{
    if (a->q->is_stream)
        send_item(a, "response.output_item.done", item);
    if (a->items++ != 0)
        buf_str(&a->output, ",");
    buf_span(&a->output, buf_view(item));
    buf_free(item);
}

/* --- items --- */

static void put_texts(const struct answer *a, int64_t n, struct buf *out)
{
    for (int64_t i = 0; i < n; i++)
        ask_text(a->q, &a->r->sc, i, out);
}

static void put_reasoning(const struct answer *a, bool is_done, struct buf *out)
{
    buf_fmt(out, "{\"id\":\"rs_%s_%lld\",\"type\":\"reasoning\",\"summary\":[", a->id + 5,
            (long long)a->items);
    if (is_done) {
        buf_str(out, "{\"type\":\"summary_text\",\"text\":\"");
        put_texts(a, a->r->sc.reasoning, out);
        buf_str(out, "\"}");
    }
    buf_fmt(out, "]%s}", is_done ? ",\"encrypted_content\":\"gAAAAAmock==\"" : "");
}

static void send_summary(struct answer *a)
{
    static const char part[] =
        ",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"";
    begin_part(a, "response.reasoning_summary_part.added", "rs_");
    buf_fmt(&a->event, "%s\"}", part);
    end_event(a, "response.reasoning_summary_part.added");
    for (int64_t i = 0; i < a->r->sc.reasoning; i++) {
        begin_part(a, "response.reasoning_summary_text.delta", "rs_");
        buf_str(&a->event, ",\"summary_index\":0,\"delta\":\"");
        ask_text(a->q, &a->r->sc, i, &a->event);
        buf_str(&a->event, "\"");
        end_event(a, "response.reasoning_summary_text.delta");
    }
    begin_part(a, "response.reasoning_summary_text.done", "rs_");
    buf_str(&a->event, ",\"summary_index\":0,\"text\":\"");
    put_texts(a, a->r->sc.reasoning, &a->event);
    buf_str(&a->event, "\"");
    end_event(a, "response.reasoning_summary_text.done");
    begin_part(a, "response.reasoning_summary_part.done", "rs_");
    buf_str(&a->event, part);
    put_texts(a, a->r->sc.reasoning, &a->event);
    buf_str(&a->event, "\"}");
    end_event(a, "response.reasoning_summary_part.done");
}

static void give_reasoning(struct answer *a)
{
    struct buf item = {0};
    if (a->q->is_stream) {
        put_reasoning(a, false, &item);
        send_item(a, "response.output_item.added", &item);
        send_summary(a);
        item.n = 0;
    }
    put_reasoning(a, true, &item);
    finish_item(a, &item);
}

static void put_part(const struct answer *a, int64_t chunks, struct buf *out)
{
    bool is_refusal = a->r->sc.refusal != 0;
    if (is_refusal) {
        buf_str(out, "{\"type\":\"refusal\",\"refusal\":\"");
    } else {
        buf_str(out, "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[");
        ask_likely(a->q, &a->r->sc, 0, chunks, out);
        buf_str(out, "],\"text\":\"");
    }
    put_texts(a, chunks, out);
    buf_str(out, "\"}");
}

static void put_message(const struct answer *a, int64_t chunks, bool is_done, struct buf *out)
{
    buf_fmt(out,
            "{\"id\":\"msg_%s_%lld\",\"type\":\"message\",\"status\":\"%s\",\"role\":\"assistant\","
            "\"content\":[",
            a->id + 5, (long long)a->items, is_done ? "completed" : "in_progress");
    if (is_done)
        put_part(a, chunks, out);
    buf_str(out, "]}");
}

static void send_part(struct answer *a, const char *type, int64_t chunks)
{
    begin_part(a, type, "msg_");
    buf_str(&a->event, ",\"content_index\":0,\"part\":");
    put_part(a, chunks, &a->event);
    end_event(a, type);
}

static void send_text(struct answer *a, int64_t chunks)
{
    bool is_refusal = a->r->sc.refusal != 0;
    const char *delta = is_refusal ? "response.refusal.delta" : "response.output_text.delta";
    const char *done = is_refusal ? "response.refusal.done" : "response.output_text.done";
    send_part(a, "response.content_part.added", 0);
    for (int64_t i = 0; i < chunks; i++) {
        begin_part(a, delta, "msg_");
        buf_str(&a->event, ",\"content_index\":0,\"delta\":\"");
        ask_text(a->q, &a->r->sc, i, &a->event);
        buf_str(&a->event, "\",\"logprobs\":[");
        ask_likely(a->q, &a->r->sc, i, is_refusal ? i : i + 1, &a->event);
        buf_str(&a->event, "],\"obfuscation\":\"x9\"");
        end_event(a, delta);
    }
    begin_part(a, done, "msg_");
    buf_fmt(&a->event, ",\"content_index\":0,\"%s\":\"", is_refusal ? "refusal" : "text");
    put_texts(a, chunks, &a->event);
    buf_str(&a->event, "\"");
    end_event(a, done);
    send_part(a, "response.content_part.done", chunks);
}

static void give_message(struct answer *a, int64_t chunks)
{
    struct buf item = {0};
    if (a->q->is_stream) {
        put_message(a, chunks, false, &item);
        send_item(a, "response.output_item.added", &item);
        send_text(a, chunks);
        item.n = 0;
    }
    put_message(a, chunks, true, &item);
    finish_item(a, &item);
}

static void put_call(const struct answer *a, int64_t tool, bool is_done, struct buf *out)
{
    buf_fmt(out,
            "{\"id\":\"fc_%s_%lld\",\"type\":\"function_call\",\"status\":\"%s\",\"call_id\":"
            "\"call_%08llx_%lld\",\"name\":\"%.*s\",\"arguments\":\"",
            a->id + 5, (long long)a->items, is_done ? "completed" : "in_progress",
            (unsigned long long)(a->q->hash & 0xffffffff), (long long)tool,
            SPANF(ask_tool_name(a->q, tool)));
    if (is_done)
        buf_json(out, ask_arguments(&a->r->sc));
    buf_str(out, "\"}");
}

static void send_arguments(struct answer *a)
{
    struct span all = ask_arguments(&a->r->sc);
    size_t size = a->r->sc.arg_bytes != 0 ? (size_t)a->r->sc.arg_bytes : all.n + 1;
    for (size_t from = 0; from < all.n; from += size) {
        size_t n = all.n - from < size ? all.n - from : size;
        begin_part(a, "response.function_call_arguments.delta", "fc_");
        buf_str(&a->event, ",\"delta\":\"");
        buf_json(&a->event, (struct span){all.p + from, n});
        buf_str(&a->event, "\"");
        end_event(a, "response.function_call_arguments.delta");
    }
    begin_part(a, "response.function_call_arguments.done", "fc_");
    buf_str(&a->event, ",\"arguments\":\"");
    buf_json(&a->event, all);
    buf_str(&a->event, "\"");
    end_event(a, "response.function_call_arguments.done");
}

static void give_call(struct answer *a, int64_t tool)
{
    struct buf item = {0};
    if (a->q->is_stream) {
        put_call(a, tool, false, &item);
        send_item(a, "response.output_item.added", &item);
        send_arguments(a);
        item.n = 0;
    }
    put_call(a, tool, true, &item);
    finish_item(a, &item);
}

static void put_image(const struct answer *a, int64_t i, bool is_done, struct buf *out)
{
    buf_fmt(out, "{\"id\":\"ig_%s_%lld\",\"type\":\"image_generation_call\",\"status\":\"%s\",",
            a->id + 5, (long long)a->items, is_done ? "completed" : "in_progress");
    buf_str(out, "\"output_format\":\"png\",\"result\":");
    if (is_done) {
        buf_str(out, "\"");
        ask_image(i, out);
        buf_str(out, "\"}");
    } else {
        buf_str(out, "null}");
    }
}

static void give_image(struct answer *a, int64_t i)
{
    struct buf item = {0};
    if (a->q->is_stream) {
        put_image(a, i, false, &item);
        send_item(a, "response.output_item.added", &item);
        begin_part(a, "response.image_generation_call.generating", "ig_");
        end_event(a, "response.image_generation_call.generating");
        begin_part(a, "response.image_generation_call.completed", "ig_");
        end_event(a, "response.image_generation_call.completed");
        item.n = 0;
    }
    put_image(a, i, true, &item);
    finish_item(a, &item);
}

static void give_items(struct answer *a)
{
    int64_t chunks = ask_chunks(a->q, &a->r->sc);
    if (a->r->sc.reasoning != 0)
        give_reasoning(a);
    if (chunks != 0)
        give_message(a, chunks);
    for (int64_t i = 0; i < a->r->sc.images; i++)
        give_image(a, i);
    for (int64_t tool = 0; tool < a->r->sc.tools; tool++)
        give_call(a, tool);
}

/* --- create --- */

static void put_stream_error(struct sse *s)
{
    struct answer *a = (struct answer *)s;
    begin_event(a, "error");
    buf_str(&a->event, ",\"code\":\"server_error\",\"message\":\"The server had an error.\","
                       "\"param\":null");
    end_event(a, "error");
}

static void answer_stream(struct answer *a, const struct buf *fields)
{
    const char *status = status_of(a);
    bool is_whole = span_is(span_of(status), "completed");
    sse_begin(&a->sse, fields);
    send_response(a, "response.created", "in_progress");
    send_response(a, "response.in_progress", "in_progress");
    give_items(a);
    if (a->r->sc.fault != FAULT_NO_TERMINAL)
        send_response(a, is_whole ? "response.completed" : "response.incomplete", status);
    sse_end(&a->sse);
}

static void answer_json(struct answer *a, const struct buf *fields)
{
    struct buf out = {0};
    give_items(a);
    if (a->r->sc.fault == FAULT_ERROR)
        openai_error_body(ERROR_SERVER, &out);
    else
        put_response(a, status_of(a), &out);
    if (a->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(a->r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

static void create(const struct request *rq, struct reply *r, struct ask *q,
                   const struct buf *fields)
{
    struct answer a = {
        .sse = {.r = r, .put_error = put_stream_error}, .r = r, .q = q, .body = rq->body};
    struct buf whole = {0};
    snprintf(a.id, sizeof a.id, "resp_%016llx%llu", (unsigned long long)q->hash,
             (unsigned long long)rq->number);
    ask_claim(q, r);
    if (q->is_stream)
        answer_stream(&a, fields);
    else
        answer_json(&a, fields);
    if (is_stored(&a)) {
        put_response(&a, status_of(&a), &whole);
        keep(&a, buf_view(&whole));
    }
    buf_free(&whole);
    buf_free(&a.event);
    buf_free(&a.output);
}

static void refuse_previous(struct reply *r, const struct buf *fields)
{
    reply_whole(r, 400, "application/json", fields,
                SPAN("{\"error\":{\"message\":\"Previous response not found.\",\"type\":"
                     "\"invalid_request_error\",\"param\":\"previous_response_id\",\"code\":"
                     "\"previous_response_not_found\"}}"));
}

static bool refuse(const struct request *rq, struct reply *r, bool is_understood,
                   struct buf *fields)
{
    const struct scenario *sc = &r->sc;
    struct span previous = pick_raw(pick_get(rq->body, "previous_response_id"));
    enum error_kind kind = (enum error_kind)sc->error;
    if (!is_understood || pick_get(rq->body, "input").n == 0 ||
        pick_get(rq->body, "messages").n != 0)
        openai_error(r, 400, ERROR_INVALID, fields);
    else if (sc->status != 0)
        openai_error(r, sc->status, kind != 0 ? kind : error_for_status(sc->status), fields);
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        openai_error(r, 0, kind, fields);
    else if (previous.n != 0 && find_kept(previous) == NULL)
        refuse_previous(r, fields);
    else
        return false;
    return true;
}

/* --- what is kept, by its id --- */

static void put_items(const struct kept *k, struct buf *out)
{
    struct span input = buf_view(&k->input);
    bool is_text = input.n != 0 && *input.p == '"';
    buf_str(out, "{\"object\":\"list\",\"data\":");
    if (is_text)
        buf_fmt(out,
                "[{\"id\":\"msg_in\",\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":"
                "\"input_text\",\"text\":%.*s}]}]",
                SPANF(input));
    else
        buf_span(out, input);
    buf_str(out, ",\"first_id\":\"msg_in\",\"last_id\":\"msg_in\",\"has_more\":false}");
}

static void answer_kept(const struct request *rq, struct reply *r, struct span id, struct span verb,
                        struct buf *fields)
{
    struct kept *k = find_kept(id);
    struct buf out = {0};
    if (k == NULL) {
        openai_error(r, 404, ERROR_NOT_FOUND, fields);
        return;
    }
    if (span_is(verb, "cancel") && span_is(rq->method, "POST")) {
        openai_error(r, 400, ERROR_INVALID, fields);
        return;
    }
    if (span_is(rq->method, "DELETE")) {
        buf_fmt(&out, "{\"id\":\"%s\",\"object\":\"response\",\"deleted\":true}", k->id);
        k->id[0] = '\0';
    } else if (span_is(verb, "input_items")) {
        put_items(k, &out);
    } else {
        buf_span(&out, buf_view(&k->body));
    }
    reply_whole(r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

void responses_answer(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    struct ask q;
    struct span rest = {rq->path.p + sizeof "/v1/responses" - 1,
                        rq->path.n - (sizeof "/v1/responses" - 1)};
    buf_fmt(&fields, "x-request-id: req_%llu\r\n", (unsigned long long)rq->number);
    if (rest.n > 1) {
        rest = (struct span){rest.p + 1, rest.n - 1};
        struct span id = span_cut(&rest, '/');
        answer_kept(rq, r, id, rest, &fields);
    } else if (!span_is(rq->method, "POST")) {
        openai_error(r, 405, ERROR_INVALID, &fields);
    } else {
        bool is_understood = ask_read(rq, r, &q);
        if (!refuse(rq, r, is_understood, &fields))
            create(rq, r, &q, &fields);
        ask_free(&q);
    }
    buf_free(&fields);
}
