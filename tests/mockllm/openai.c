/* The OpenAI dialect: chat completions, embeddings, models. After the API reference of OpenAI. */
#include "ask.h"
#include "errors.h"
#include "like.h"
#include "pick.h"
#include "sse.h"

enum { CREATED = 1700000000, EMBEDDING_DIMS = 8, EMBEDDING_DIMS_MAX = 65536, INPUTS_MAX = 2048 };

/* A chat answer on its way. */
struct chat {
    struct sse sse; // first member: put_error finds the chat from it
    struct reply *r;
    struct ask *q;
    struct buf event; // scratch
    int64_t sent;     // completion tokens so far, for USAGE_ALWAYS
};

static void put_vendor_fields(const struct request *rq, const struct scenario *sc,
                              struct buf *fields)
{
    like_put_fields(rq, sc, fields);
    buf_fmt(fields,
            "x-ratelimit-limit-requests: 10000\r\nx-ratelimit-limit-tokens: 2000000\r\n"
            "x-ratelimit-remaining-requests: %d\r\nx-ratelimit-remaining-tokens: 1999000\r\n"
            "x-ratelimit-reset-requests: %s\r\nx-ratelimit-reset-tokens: 6ms\r\n",
            sc->status == 429 ? 0 : 9999, sc->reset[0] != '\0' ? sc->reset : "6ms");
}

static void put_prompt_details(const struct chat *c, struct buf *out)
{
    const struct claim *claim = &c->r->claim;
    int64_t wrong = c->r->sc.usage == USAGE_WRONG ? claim->prompt + 1000 : 0;
    buf_fmt(out,
            "\"prompt_tokens_details\":{\"cached_tokens\":%lld,\"cache_write_tokens\":%lld,"
            "\"audio_tokens\":0}",
            (long long)(claim->cached + wrong), (long long)claim->cache_write);
}

static void put_usage_object(const struct chat *c, int64_t completion, struct buf *out)
{
    const struct claim *claim = &c->r->claim;
    const struct scenario *sc = &c->r->sc;
    if (sc->usage == USAGE_INVALID) {
        buf_str(out,
                "{\"prompt_tokens\":\"many\",\"completion_tokens\":-1,\"total_tokens\":1e400}");
        return;
    }
    int64_t prompt = claim->prompt + claim->cached + claim->cache_write;
    if (sc->reasoning_outside && completion >= claim->reasoning)
        completion -= claim->reasoning;
    int64_t total = prompt + completion + (sc->usage == USAGE_WRONG ? 7 : 0);
    buf_fmt(out, "{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld,",
            (long long)prompt, (long long)completion, (long long)total);
    put_prompt_details(c, out);
    buf_fmt(out, ",\"completion_tokens_details\":{\"reasoning_tokens\":%lld,\"audio_tokens\":0}}",
            (long long)claim->reasoning);
}

static const char *finish_of(const struct chat *c)
{
    const struct scenario *sc = &c->r->sc;
    if (sc->finish[0] != '\0')
        return sc->finish;
    if (sc->tools != 0)
        return c->q->has_functions ? "function_call" : "tool_calls";
    return ask_is_limited(c->q, sc) ? "length" : "stop";
}

static void put_identity(const struct chat *c, const char *object, struct buf *out)
{
    buf_fmt(out,
            "{\"id\":\"chatcmpl-%016llx\",\"object\":\"%s\",\"created\":%d,\"model\":\"%.*s\","
            "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_mock\",",
            (unsigned long long)c->q->hash, object, CREATED, SPANF(ask_model(c->q, &c->r->sc)));
}

/* --- streams --- */

static void begin_chunk(struct chat *c, int64_t choice)
{
    c->event.n = 0;
    put_identity(c, "chat.completion.chunk", &c->event);
    buf_fmt(&c->event, "\"choices\":[{\"index\":%lld,\"delta\":{", (long long)choice);
}

static void put_chunk_usage(struct chat *c, bool is_last)
{
    const struct scenario *sc = &c->r->sc;
    bool with_last = is_last && (sc->usage == USAGE_WITH_LAST || sc->usage == USAGE_TWICE);
    if (sc->usage == USAGE_ALWAYS || with_last) {
        buf_str(&c->event, ",\"usage\":");
        put_usage_object(c, is_last ? c->r->claim.completion : c->sent, &c->event);
    } else if (c->q->include_usage && sc->usage != USAGE_NONE) {
        buf_str(&c->event, ",\"usage\":null");
    }
}

/* Groq tells it beside the last choice, in an object of its own. */
static void put_groq_usage(struct chat *c, bool is_last)
{
    if (c->r->sc.like != LIKE_GROQ || !is_last)
        return;
    buf_str(&c->event, ",\"x_groq\":{\"id\":\"req_1\",\"usage\":");
    put_usage_object(c, c->r->claim.completion, &c->event);
    buf_str(&c->event, "}");
}

/* Of chunks [from, to) of the text. */
static void put_logprobs(const struct chat *c, int64_t from, int64_t to, struct buf *out)
{
    buf_str(out, "\"logprobs\":");
    if (!c->q->wants_likely || from >= to) {
        buf_str(out, "null");
        return;
    }
    buf_str(out, "{\"content\":[");
    ask_likely(c->q, &c->r->sc, from, to, out);
    buf_str(out, "],\"refusal\":null}");
}

/* One of chunk `i` of the text; of none: -1. */
static void end_chunk_of(struct chat *c, int64_t i, const char *finish)
{
    buf_str(&c->event, "},");
    put_logprobs(c, i, i < 0 ? i : i + 1, &c->event);
    buf_str(&c->event, ",\"finish_reason\":");
    if (finish != NULL)
        buf_fmt(&c->event, "\"%s\"}]", finish);
    else
        buf_str(&c->event, "null}]");
    put_groq_usage(c, finish != NULL);
    put_chunk_usage(c, finish != NULL);
    buf_str(&c->event, "}");
    sse_event(&c->sse, NULL, buf_view(&c->event));
}

static void end_chunk(struct chat *c, const char *finish)
{
    end_chunk_of(c, -1, finish);
}

static void send_role(struct chat *c, int64_t choice)
{
    begin_chunk(c, choice);
    buf_str(&c->event, "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null");
    end_chunk(c, NULL);
}

static void send_text(struct chat *c, int64_t choice, const char *member, int64_t i)
{
    c->sent++;
    begin_chunk(c, choice);
    buf_fmt(&c->event, "\"%s\":\"", member);
    ask_text(c->q, &c->r->sc, i, &c->event);
    buf_str(&c->event, "\"");
    end_chunk_of(c, strcmp(member, "content") == 0 ? i : -1, NULL);
}

static void put_images(const struct chat *c, struct buf *out)
{
    buf_str(out, "\"images\":[");
    for (int64_t i = 0; i < c->r->sc.images; i++) {
        buf_fmt(
            out,
            "%s{\"index\":%lld,\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,",
            &","[i == 0], (long long)i);
        ask_image(i, out);
        buf_str(out, "\"}}");
    }
    buf_str(out, "]");
}

static void send_images(struct chat *c, int64_t choice)
{
    begin_chunk(c, choice);
    put_images(c, &c->event);
    end_chunk(c, NULL);
}

static void begin_tool_delta(struct chat *c, int64_t choice, int64_t tool)
{
    begin_chunk(c, choice);
    buf_str(&c->event, "\"tool_calls\":[{");
    if (c->r->sc.tool_index != 1)
        buf_fmt(&c->event, "\"index\":%lld,", c->r->sc.tool_index == 2 ? 0LL : (long long)tool);
}

/* The one call of a message, as it was told before there were tools. */
static void put_function(struct chat *c, bool has_name, struct span arguments, struct buf *out)
{
    buf_str(out, "\"function_call\":{");
    if (has_name)
        buf_fmt(out, "\"name\":\"%.*s\",", SPANF(ask_tool_name(c->q, 0)));
    buf_str(out, "\"arguments\":\"");
    buf_json(out, arguments);
    buf_str(out, "\"}");
}

static void send_tool_fragment(struct chat *c, int64_t choice, int64_t tool, struct span fragment)
{
    begin_tool_delta(c, choice, tool);
    buf_str(&c->event, "\"function\":{\"arguments\":\"");
    buf_json(&c->event, fragment);
    buf_str(&c->event, "\"}}]");
    end_chunk(c, NULL);
}

static struct span fragment_of(const struct scenario *sc, size_t i)
{
    struct span all = ask_arguments(sc);
    size_t size = sc->arg_bytes != 0 ? (size_t)sc->arg_bytes : all.n + 1, from = i * size;
    if (from >= all.n)
        return (struct span){0};
    return (struct span){all.p + from, all.n - from < size ? all.n - from : size};
}

static void send_tool_start(struct chat *c, int64_t choice, int64_t tool)
{
    begin_tool_delta(c, choice, tool);
    buf_fmt(&c->event,
            "\"id\":\"call_%08llx_%lld\",\"type\":\"function\",\"function\":{\"name\":\"%.*s\","
            "\"arguments\":\"",
            (unsigned long long)(c->q->hash & 0xffffffff), (long long)tool,
            SPANF(ask_tool_name(c->q, tool)));
    if (c->r->sc.args_first)
        buf_json(&c->event, fragment_of(&c->r->sc, 0));
    buf_str(&c->event, "\"}}]");
    end_chunk(c, NULL);
}

static void send_function(struct chat *c, int64_t choice)
{
    for (size_t i = 0; i == 0 || fragment_of(&c->r->sc, i - 1).n != 0; i++) {
        begin_chunk(c, choice);
        put_function(c, i == 0, i == 0 ? (struct span){0} : fragment_of(&c->r->sc, i - 1),
                     &c->event);
        end_chunk(c, NULL);
    }
}

/* Fragment i of every call before fragment i+1 of any: the calls interleave. */
static void send_tools(struct chat *c, int64_t choice)
{
    const struct scenario *sc = &c->r->sc;
    if (c->q->has_functions && sc->tools != 0) {
        send_function(c, choice);
        return;
    }
    for (int64_t tool = 0; tool < sc->tools; tool++)
        send_tool_start(c, choice, tool);
    for (size_t i = sc->args_first ? 1 : 0; fragment_of(sc, i).n != 0; i++)
        for (int64_t tool = 0; tool < sc->tools; tool++)
            send_tool_fragment(c, choice, tool, fragment_of(sc, i));
}

static void send_finish(struct chat *c, int64_t choice)
{
    begin_chunk(c, choice);
    end_chunk(c, finish_of(c));
}

static void send_usage(struct chat *c)
{
    if (!c->q->include_usage || c->r->sc.usage == USAGE_NONE || c->r->sc.usage == USAGE_WITH_LAST)
        return;
    c->event.n = 0;
    put_identity(c, "chat.completion.chunk", &c->event);
    buf_str(&c->event, "\"choices\":[],\"usage\":");
    put_usage_object(c, c->r->claim.completion, &c->event);
    buf_str(&c->event, "}");
    sse_event(&c->sse, NULL, buf_view(&c->event));
}

static int64_t choices_of(const struct chat *c)
{
    return c->r->sc.n != 0 ? c->r->sc.n : c->q->n;
}

static void send_content(struct chat *c)
{
    const struct scenario *sc = &c->r->sc;
    int64_t choices = choices_of(c), chunks = ask_chunks(c->q, sc);
    for (int64_t i = 0; i < sc->reasoning; i++)
        for (int64_t choice = 0; choice < choices; choice++)
            send_text(c, choice, "reasoning_content", i);
    for (int64_t i = 0; i < chunks; i++)
        for (int64_t choice = 0; choice < choices; choice++)
            send_text(c, choice, sc->refusal ? "refusal" : "content", i);
    for (int64_t choice = 0; choice < choices && sc->images != 0; choice++)
        send_images(c, choice);
    for (int64_t choice = 0; choice < choices && sc->tools != 0; choice++)
        send_tools(c, choice);
}

/* The error of FAULT_ERROR: inside a 200. */
static void put_late_error(const struct scenario *sc, struct buf *out)
{
    enum error_kind kind = (enum error_kind)sc->error;
    openai_error_body(kind != ERROR_BY_STATUS ? kind : ERROR_SERVER, out);
}

static void put_stream_error(struct sse *s)
{
    struct buf body = {0};
    put_late_error(&s->r->sc, &body);
    sse_event(s, NULL, buf_view(&body));
    buf_free(&body);
}

static void answer_stream(struct chat *c, const struct buf *fields)
{
    int64_t choices = choices_of(c);
    sse_begin(&c->sse, fields);
    like_begin_stream(&c->sse);
    for (int64_t choice = 0; choice < choices; choice++)
        send_role(c, choice);
    send_content(c);
    if (c->r->sc.fault != FAULT_NO_TERMINAL) {
        for (int64_t choice = 0; choice < choices; choice++)
            send_finish(c, choice);
        send_usage(c);
        if (!c->r->sc.nodone)
            sse_event(&c->sse, NULL, SPAN("[DONE]"));
    }
    sse_end(&c->sse);
}

/* --- one JSON body --- */

static void put_all_text(struct chat *c, int64_t chunks, struct buf *out)
{
    buf_str(out, "\"");
    for (int64_t i = 0; i < chunks; i++)
        ask_text(c->q, &c->r->sc, i, out);
    buf_str(out, "\"");
}

static void put_tool_calls(struct chat *c, struct buf *out)
{
    buf_str(out, ",\"tool_calls\":[");
    for (int64_t tool = 0; tool < c->r->sc.tools; tool++) {
        buf_fmt(out, "%s{\"id\":\"call_%08llx_%lld\",\"type\":\"function\",\"function\":{",
                &","[!tool], (unsigned long long)(c->q->hash & 0xffffffff), (long long)tool);
        buf_fmt(out, "\"name\":\"%.*s\",\"arguments\":\"", SPANF(ask_tool_name(c->q, tool)));
        buf_json(out, ask_arguments(&c->r->sc));
        buf_str(out, "\"}}");
    }
    buf_str(out, "]");
}

static void put_message(struct chat *c, struct buf *out)
{
    const struct scenario *sc = &c->r->sc;
    int64_t chunks = ask_chunks(c->q, sc);
    buf_fmt(out, "\"message\":{\"role\":\"assistant\",\"%s\":null,\"%s\":",
            sc->refusal ? "content" : "refusal", sc->refusal ? "refusal" : "content");
    if (chunks == 0)
        buf_str(out, "null");
    else
        put_all_text(c, chunks, out);
    if (sc->reasoning != 0) {
        buf_str(out, ",\"reasoning_content\":");
        put_all_text(c, sc->reasoning, out);
    }
    if (sc->images != 0) {
        buf_str(out, ",");
        put_images(c, out);
    }
    if (sc->tools != 0 && c->q->has_functions) {
        buf_str(out, ",");
        put_function(c, true, ask_arguments(sc), out);
    } else if (sc->tools != 0) {
        put_tool_calls(c, out);
    }
    buf_str(out, ",\"annotations\":[]}");
}

static void put_completion(struct chat *c, struct buf *out)
{
    put_identity(c, "chat.completion", out);
    buf_str(out, "\"choices\":[");
    for (int64_t i = 0; i < choices_of(c); i++) {
        buf_fmt(out, "%s{\"index\":%lld,", &","[!i], (long long)i);
        put_message(c, out);
        buf_str(out, ",");
        put_logprobs(c, 0, c->r->sc.refusal ? 0 : ask_chunks(c->q, &c->r->sc), out);
        buf_fmt(out, ",\"finish_reason\":\"%s\"}", finish_of(c));
    }
    buf_str(out, "]");
    if (c->r->sc.usage != USAGE_NONE) {
        buf_str(out, ",\"usage\":");
        put_usage_object(c, c->r->claim.completion, out);
    }
    buf_str(out, "}");
}

static void answer_json(struct chat *c, const struct buf *fields)
{
    struct buf out = {0};
    like_begin_body(&c->r->sc, &out);
    if (c->r->sc.fault == FAULT_ERROR)
        put_late_error(&c->r->sc, &out);
    else
        put_completion(c, &out);
    if (c->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(c->r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

static void answer_chat(struct ask *q, struct reply *r, const struct buf *fields)
{
    struct chat c = {.sse = {.r = r, .put_error = put_stream_error}, .r = r, .q = q};
    ask_claim(q, r);
    if (q->is_stream)
        answer_stream(&c, fields);
    else
        answer_json(&c, fields);
    buf_free(&c.event);
}

/* --- embeddings --- */

/* Multiples of 1/64 in [-1, 1): exact in float and short in decimal. */
static float dimension_of(uint64_t seed, int64_t i)
{
    uint64_t h = (seed + (uint64_t)i) * 0x9e3779b97f4a7c15u;
    return (float)((int64_t)(h >> 57) - 64) / 64.0f;
}

static void put_vector(const struct ask *q, uint64_t seed, int64_t dims, struct buf *out)
{
    if (!q->wants_base64) {
        buf_str(out, "[");
        for (int64_t i = 0; i < dims; i++)
            buf_fmt(out, "%s%.6f", &","[!i], (double)dimension_of(seed, i));
        buf_str(out, "]");
        return;
    }
    struct buf floats = {0};
    for (int64_t i = 0; i < dims; i++) {
        float v = dimension_of(seed, i); // little-endian on every machine we build for
        buf_put(&floats, &v, sizeof v);
    }
    buf_str(out, "\"");
    buf_base64(out, floats.p, floats.n);
    buf_str(out, "\"");
    buf_free(&floats);
}

static void put_embedding(const struct ask *q, struct span input, int64_t index, int64_t dims,
                          struct buf *out)
{
    buf_fmt(out, "%s{\"object\":\"embedding\",\"index\":%lld,\"embedding\":", &","[!index],
            (long long)index);
    put_vector(q, span_hash(input, 0), dims, out);
    buf_str(out, "}");
}

/* A string, an array of strings, an array of token ids, or an array of such arrays. */
static void put_embeddings(const struct ask *q, int64_t dims, struct buf *out)
{
    struct pick it;
    struct span input;
    int64_t index = 0;
    bool is_list =
        pick_enter(&it, q->input) && it.rest.n != 0 && (*it.rest.p == '"' || *it.rest.p == '[');
    if (!is_list) {
        put_embedding(q, q->input, 0, dims, out);
        return;
    }
    while (index < INPUTS_MAX && pick_element(&it, &input))
        put_embedding(q, input, index++, dims, out);
}

static void answer_embeddings(struct ask *q, struct reply *r, const struct buf *fields)
{
    struct buf out = {0};
    int64_t dims = r->sc.dims != 0 ? r->sc.dims : q->dimensions;
    if (dims <= 0 || dims > EMBEDDING_DIMS_MAX)
        dims = EMBEDDING_DIMS;
    r->claim.prompt = r->sc.prompt != 0 ? r->sc.prompt : 1 + (int64_t)q->input.n / 4;
    buf_fmt(&out, "{%s\"object\":\"list\",\"data\":[",
            r->sc.like == LIKE_MISTRAL ? "\"id\":\"embd-1\"," : "");
    put_embeddings(q, dims, &out);
    buf_fmt(&out, "],\"model\":\"%.*s\"", SPANF(ask_model(q, &r->sc)));
    if (r->sc.usage != USAGE_NONE)
        buf_fmt(&out, ",\"usage\":{\"prompt_tokens\":%lld,\"total_tokens\":%lld}",
                (long long)r->claim.prompt, (long long)r->claim.prompt);
    buf_str(&out, "}");
    reply_whole(r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

/* --- entry --- */

static const char models[] =
    "{\"object\":\"list\",\"data\":["
    "{\"id\":\"mock-1\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"mock\"},"
    "{\"id\":\"mock-2\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"mock\"},"
    "{\"id\":\"mock-embed\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"mock\"}]}";

static bool refuse(const struct request *rq, struct ask *q, struct reply *r, bool is_understood,
                   struct buf *fields)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    if (!is_understood)
        openai_error(r, 400, ERROR_INVALID, fields);
    else if (like_refuses(rq, q, r, fields))
        return true;
    else if (sc->status != 0)
        openai_error(r, sc->status, kind != 0 ? kind : error_for_status(sc->status), fields);
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        openai_error(r, 0, kind, fields);
    else if (q->has_stream_options && (sc->reject_stream_options || !q->is_stream))
        openai_error(r, 400, ERROR_UNKNOWN_FIELD, fields);
    else
        return false;
    return true;
}

static void answer_post(struct request *rq, struct reply *r, struct buf *fields)
{
    struct ask q;
    bool is_understood = ask_read(rq, r, &q);
    put_vendor_fields(rq, &r->sc, fields);
    if (!refuse(rq, &q, r, is_understood, fields)) {
        if (span_is(rq->path, "/v1/embeddings"))
            answer_embeddings(&q, r, fields);
        else
            answer_chat(&q, r, fields);
    }
    ask_free(&q);
}

void openai_answer(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    bool is_known =
        span_is(rq->path, "/v1/chat/completions") || span_is(rq->path, "/v1/embeddings");
    if (span_is(rq->path, "/v1/models") && span_is(rq->method, "GET")) {
        put_vendor_fields(rq, &r->sc, &fields);
        if (r->sc.status != 0)
            openai_error(r, r->sc.status, error_for_status(r->sc.status), &fields);
        else
            reply_whole(r, 200, "application/json", &fields, SPAN(models));
    } else if (is_known && span_is(rq->method, "POST")) {
        answer_post(rq, r, &fields);
    } else {
        put_vendor_fields(rq, &r->sc, &fields);
        openai_error(r, is_known ? 405 : 404, ERROR_INVALID, &fields);
    }
    buf_free(&fields);
}

void openai_refuse_key(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    put_vendor_fields(rq, &r->sc, &fields);
    openai_error(r, 401, ERROR_AUTH, &fields);
    buf_free(&fields);
}
