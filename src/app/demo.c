#include "app/demo.h"
#include "base/str.h"
#include "base/thread.h"
#include "codec/json.h"
#include "net/server.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BODY_BYTES = 8 << 20, ARENA_BYTES = 64 << 20, WORD_BYTES = 4, EMBEDDING_DIMENSIONS = 8 };

struct sl_demo {
    pthread_t thread;
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_server *server;
    uint64_t requests;
};

/* What the model's name asks for. */
struct behaviour {
    sl_str model;
    sl_usec first_us, pace_us; /* before the first word, between words */
    uint16_t status;           /* not 0: an error */
    uint32_t fails_every;      /* every n-th request is a 503 */
    uint32_t cut_after;        /* words, then the connection breaks */
    const char *about;
};

static const struct behaviour models[] = {
    {SL_STR_INIT("demo"), 0, SL_MS(15), 0, 0, 0,
     "answers at once, a word every 15 ms when streamed"},
    {SL_STR_INIT("demo-fast"), 0, 0, 0, 0, 0, "without any pause"},
    {SL_STR_INIT("demo-slow"), SL_SECONDS(2), SL_MS(250), 0, 0, 0, "thinks for two seconds"},
    {SL_STR_INIT("demo-429"), 0, 0, 429, 0, 0, "is always rate limited, with Retry-After: 2"},
    {SL_STR_INIT("demo-500"), 0, 0, 500, 0, 0, "always fails"},
    {SL_STR_INIT("demo-flaky"), 0, 0, 0, 2, 0, "fails every second time"},
    {SL_STR_INIT("demo-cut"), 0, SL_MS(15), 0, 0, 6, "breaks off after six words"},
};

struct demo_request {
    struct sl_task task;
    struct sl_timer timer;
    struct sl_demo *demo;
    struct sl_inbound *in;
    struct sl_chain body;
    enum { READ_BODY = 0, STREAM, FINISH } step;
    const struct behaviour *how;
    sl_str model, text; /* the answer */
    sl_str tool;        /* call this tool instead of answering */
    size_t at;          /* of text: sent so far */
    uint32_t words;
    int64_t prompt_tokens;
    bool is_stream, wants_usage;
};

/* ------------------------------------------------------------------ writing */

static void respond(struct demo_request *r, uint16_t status, sl_str type, sl_str body)
{
    struct sl_head res = {
        .status = status, .version = 11, .body_kind = SL_BODY_LENGTH, .body_bytes = body.n};
    sl_headers_init(&res.headers, r->in->arena);
    (void)sl_headers_add_id(&res.headers, SL_H_CONTENT_TYPE, type);
    if (status == 429)
        (void)sl_headers_add_id(&res.headers, SL_H_RETRY_AFTER, SL_STR("2"));
    sl_inbound_respond(r->in, &res);
    sl_pipe_push_static(&r->in->response, body);
    sl_pipe_end(&r->in->response);
    r->step = FINISH;
}

static void respond_json(struct demo_request *r, uint16_t status, const struct sl_strbuf *b)
{
    respond(r, status, SL_STR("application/json"), sl_strbuf_str(b));
}

static void respond_error(struct demo_request *r, uint16_t status, sl_str message)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->in->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("error"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("message"), message);
    sl_jsonw_key_str(&w, SL_STR("type"),
                     status == 429 ? SL_STR("rate_limit_error") : SL_STR("demo_error"));
    sl_jsonw_key(&w, SL_STR("param"));
    sl_jsonw_null(&w);
    sl_jsonw_key_str(&w, SL_STR("code"),
                     status == 429 ? SL_STR("rate_limit_exceeded") : SL_STR("demo"));
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    respond_json(r, status, &b);
}

static int64_t answer_tokens(const struct demo_request *r)
{
    return (int64_t)(r->text.n / WORD_BYTES) + 1;
}

static void write_usage(const struct demo_request *r, struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("usage"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("prompt_tokens"), r->prompt_tokens);
    sl_jsonw_key_i64(w, SL_STR("completion_tokens"), answer_tokens(r));
    sl_jsonw_key_i64(w, SL_STR("total_tokens"), r->prompt_tokens + answer_tokens(r));
    sl_jsonw_end(w);
}

static void write_head(const struct demo_request *r, struct sl_jsonw *w, sl_str object)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), SL_STR("chatcmpl-demo"));
    sl_jsonw_key_str(w, SL_STR("object"), object);
    sl_jsonw_key_i64(w, SL_STR("created"), sl_loop_wall_us(r->in->loop) / 1000000);
    sl_jsonw_key_str(w, SL_STR("model"), r->model);
}

static void write_tool_call(const struct demo_request *r, struct sl_jsonw *w, bool has_index)
{
    sl_jsonw_key(w, SL_STR("tool_calls"));
    sl_jsonw_array(w);
    sl_jsonw_object(w);
    if (has_index)
        sl_jsonw_key_i64(w, SL_STR("index"), 0);
    sl_jsonw_key_str(w, SL_STR("id"), SL_STR("call_demo_1"));
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("function"));
    sl_jsonw_key(w, SL_STR("function"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), r->tool);
    sl_jsonw_key_str(w, SL_STR("arguments"), SL_STR("{}"));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static sl_str finish_reason(const struct demo_request *r)
{
    return r->tool.n != 0 ? SL_STR("tool_calls") : SL_STR("stop");
}

static void write_message(const struct demo_request *r, struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("message"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key(w, SL_STR("content"));
    if (r->tool.n != 0) {
        sl_jsonw_null(w);
        write_tool_call(r, w, false);
    } else {
        sl_jsonw_str(w, r->text);
    }
    sl_jsonw_end(w);
}

static void respond_whole(struct demo_request *r)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->in->arena, 0);
    sl_jsonw_init(&w, &b);
    write_head(r, &w, SL_STR("chat.completion"));
    sl_jsonw_key(&w, SL_STR("choices"));
    sl_jsonw_array(&w);
    sl_jsonw_object(&w);
    sl_jsonw_key_i64(&w, SL_STR("index"), 0);
    write_message(r, &w);
    sl_jsonw_key_str(&w, SL_STR("finish_reason"), finish_reason(r));
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    write_usage(r, &w);
    sl_jsonw_end(&w);
    respond_json(r, 200, &b);
}

/* ------------------------------------------------------------------ streaming */

enum delta { DELTA_ROLE, DELTA_TEXT, DELTA_TOOL, DELTA_FINISH };

static void write_delta(const struct demo_request *r, struct sl_jsonw *w, enum delta kind,
                        sl_str text)
{
    sl_jsonw_key(w, SL_STR("delta"));
    sl_jsonw_object(w);
    if (kind == DELTA_ROLE)
        sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    if (kind == DELTA_ROLE || kind == DELTA_TEXT)
        sl_jsonw_key_str(w, SL_STR("content"), text);
    if (kind == DELTA_TOOL)
        write_tool_call(r, w, true);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("finish_reason"));
    if (kind == DELTA_FINISH)
        sl_jsonw_str(w, finish_reason(r));
    else
        sl_jsonw_null(w);
}

static void push_event(struct demo_request *r, const struct sl_strbuf *b)
{
    sl_pipe_push_copy(&r->in->response, SL_STR("data: "));
    sl_pipe_push_copy(&r->in->response, sl_strbuf_str(b));
    sl_pipe_push_copy(&r->in->response, SL_STR("\n\n"));
}

static void push_chunk(struct demo_request *r, enum delta kind, sl_str text)
{
    struct sl_strbuf b = {0};
    struct sl_jsonw w;
    sl_jsonw_init(&w, &b);
    write_head(r, &w, SL_STR("chat.completion.chunk"));
    sl_jsonw_key(&w, SL_STR("choices"));
    sl_jsonw_array(&w);
    sl_jsonw_object(&w);
    sl_jsonw_key_i64(&w, SL_STR("index"), 0);
    write_delta(r, &w, kind, text);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    push_event(r, &b);
    sl_strbuf_fini(&b);
}

static void push_usage(struct demo_request *r)
{
    struct sl_strbuf b = {0};
    struct sl_jsonw w;
    sl_jsonw_init(&w, &b);
    write_head(r, &w, SL_STR("chat.completion.chunk"));
    sl_jsonw_key(&w, SL_STR("choices"));
    sl_jsonw_array(&w);
    sl_jsonw_end(&w);
    write_usage(r, &w);
    sl_jsonw_end(&w);
    push_event(r, &b);
    sl_strbuf_fini(&b);
}

static void begin_stream(struct demo_request *r)
{
    struct sl_head res = {.status = 200, .version = 11, .body_kind = SL_BODY_CHUNKED};
    sl_headers_init(&res.headers, r->in->arena);
    (void)sl_headers_add_id(&res.headers, SL_H_CONTENT_TYPE, SL_STR("text/event-stream"));
    sl_inbound_respond(r->in, &res);
    push_chunk(r, DELTA_ROLE, SL_STR(""));
    if (r->tool.n != 0)
        push_chunk(r, DELTA_TOOL, SL_STR(""));
    r->step = STREAM;
}

static void end_stream(struct demo_request *r)
{
    push_chunk(r, DELTA_FINISH, SL_STR(""));
    if (r->wants_usage)
        push_usage(r);
    sl_pipe_push_copy(&r->in->response, SL_STR("data: [DONE]\n\n"));
    sl_pipe_end(&r->in->response);
    r->step = FINISH;
}

static void push_word(struct demo_request *r)
{
    size_t end = sl_str_find(r->text, ' ', r->at + 1);
    end = end == SIZE_MAX ? r->text.n : end;
    push_chunk(r, DELTA_TEXT, (sl_str){r->text.p + r->at, end - r->at});
    r->at = end;
    r->words++;
}

static void stream_step(struct demo_request *r)
{
    while (r->tool.n == 0 && r->at < r->text.n) {
        if (r->how->cut_after != 0 && r->words == r->how->cut_after) {
            sl_inbound_abort(r->in);
            r->step = FINISH;
            return;
        }
        push_word(r);
        if (r->how->pace_us != 0) {
            sl_timer_start(r->in->loop, &r->timer, &r->task, SL_WHY_TIMER,
                           sl_loop_now(r->in->loop) + r->how->pace_us);
            return;
        }
    }
    end_stream(r);
}

/* ------------------------------------------------------------------ reading */

static sl_str last_text(const struct sl_json *messages, bool *ret_is_tool_result)
{
    sl_str text = {0};
    struct sl_json_cursor c = sl_json_each(messages);
    for (const struct sl_json *m; (m = sl_json_next(&c, NULL)) != NULL;) {
        const struct sl_json *content = sl_json_get(m, SL_STR("content"));
        if (sl_json_text(content).p == NULL)
            content = sl_json_get(sl_json_at(content, 0), SL_STR("text"));
        *ret_is_tool_result =
            sl_str_eq(sl_json_text(sl_json_get(m, SL_STR("role"))), SL_STR("tool"));
        text = sl_json_text(content);
    }
    return text;
}

static const struct behaviour *behaviour_of(sl_str model)
{
    for (size_t i = 0; i < SL_LEN(models); i++) {
        if (sl_str_eq(models[i].model, model))
            return &models[i];
    }
    return NULL;
}

static void choose_answer(struct demo_request *r, const struct sl_json *body)
{
    bool has_result = false;
    sl_str asked = last_text(sl_json_get(body, SL_STR("messages")), &has_result);
    const struct sl_json *tool = sl_json_at(sl_json_get(body, SL_STR("tools")), 0);
    bool may_call =
        !sl_str_eq(sl_json_text(sl_json_get(body, SL_STR("tool_choice"))), SL_STR("none"));
    if (tool != NULL && may_call && !has_result)
        r->tool = sl_json_text(sl_json_get(sl_json_get(tool, SL_STR("function")), SL_STR("name")));
    r->text = sl_fmt(r->in->arena, "This is Sluice's built-in demo model, not a real one. %s: %.*s",
                     has_result ? "The tool said" : "You said", SL_STRF(sl_str_head(asked, 2000)));
}

static void chat(struct demo_request *r, const struct sl_json *body)
{
    r->model = sl_json_text(sl_json_get(body, SL_STR("model")));
    r->how = behaviour_of(r->model);
    r->is_stream = sl_json_is_true(sl_json_get(body, SL_STR("stream")));
    r->wants_usage = sl_json_is_true(
        sl_json_get(sl_json_get(body, SL_STR("stream_options")), SL_STR("include_usage")));
    r->prompt_tokens = (int64_t)(r->body.bytes / WORD_BYTES) + 1;
    if (r->how == NULL) {
        respond_error(r, 404,
                      SL_STR("the demo vendor has no such model; GET /v1/models lists them"));
        return;
    }
    bool is_turn_to_fail =
        r->how->fails_every != 0 && ++r->demo->requests % r->how->fails_every == 0;
    if (r->how->status != 0 || is_turn_to_fail) {
        respond_error(r, r->how->status != 0 ? r->how->status : 503,
                      SL_STR("this demo model was asked to fail"));
        return;
    }
    choose_answer(r, body);
    if (r->how->first_us != 0) {
        r->step = STREAM;
        sl_timer_start(r->in->loop, &r->timer, &r->task, SL_WHY_TIMER,
                       sl_loop_now(r->in->loop) + r->how->first_us);
        return;
    }
    r->step = STREAM;
    sl_task_wake(r->in->loop, &r->task, SL_WHY_TIMER);
}

static void write_embedding(struct sl_jsonw *w, sl_str text, size_t index)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (unsigned char)text.p[i]) * 16777619u;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("embedding"));
    sl_jsonw_key_i64(w, SL_STR("index"), (int64_t)index);
    sl_jsonw_key(w, SL_STR("embedding"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < EMBEDDING_DIMENSIONS; i++)
        sl_jsonw_decimal(w, (int64_t)((h >> (i * 4)) & 15) * 125 - 1000, 3);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void embeddings(struct demo_request *r, const struct sl_json *body)
{
    const struct sl_json *input = sl_json_get(body, SL_STR("input"));
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->in->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(&w, SL_STR("data"));
    sl_jsonw_array(&w);
    if (sl_json_text(input).p != NULL)
        write_embedding(&w, sl_json_text(input), 0);
    for (size_t i = 0; i < sl_json_count(input); i++)
        write_embedding(&w, sl_json_text(sl_json_at(input, i)), i);
    sl_jsonw_end(&w);
    sl_jsonw_key_str(&w, SL_STR("model"), sl_json_text(sl_json_get(body, SL_STR("model"))));
    sl_jsonw_key(&w, SL_STR("usage"));
    sl_jsonw_object(&w);
    sl_jsonw_key_i64(&w, SL_STR("prompt_tokens"), (int64_t)(r->body.bytes / WORD_BYTES) + 1);
    sl_jsonw_key_i64(&w, SL_STR("total_tokens"), (int64_t)(r->body.bytes / WORD_BYTES) + 1);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    respond_json(r, 200, &b);
}

static void list_models(struct demo_request *r)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->in->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(&w, SL_STR("data"));
    sl_jsonw_array(&w);
    for (size_t i = 0; i < SL_LEN(models); i++) {
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("id"), models[i].model);
        sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("model"));
        sl_jsonw_key_str(&w, SL_STR("description"), sl_cstr(models[i].about));
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    respond_json(r, 200, &b);
}

static void echo(struct demo_request *r)
{
    const struct sl_head *req = &r->in->req;
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->in->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("message"), SL_STR("hello from the demo service behind Sluice"));
    sl_jsonw_key_str(&w, SL_STR("method"), req->method);
    sl_jsonw_key_str(&w, SL_STR("path"), req->target);
    sl_jsonw_key_i64(&w, SL_STR("body_bytes"), (int64_t)r->body.bytes);
    sl_jsonw_end(&w);
    sl_strbuf_add_char(&b, '\n');
    respond_json(r, 200, &b);
}

static void answer(struct demo_request *r)
{
    sl_str path = r->in->req.path, body = sl_chain_flatten(&r->body, r->in->arena);
    bool is_chat = sl_str_eq(path, SL_STR("/v1/chat/completions"));
    if (sl_str_eq(path, SL_STR("/v1/models"))) {
        list_models(r);
        return;
    }
    if (!is_chat && !sl_str_eq(path, SL_STR("/v1/embeddings"))) {
        echo(r);
        return;
    }
    const struct sl_json *json;
    struct sl_jsonscan_info info;
    if (sl_json_parse(body, r->in->arena, &json, &info) != SL_OK)
        respond_error(r, 400, SL_STR("the body is not JSON"));
    else if (is_chat)
        chat(r, json);
    else
        embeddings(r, json);
}

static void read_body(struct demo_request *r)
{
    struct sl_pipe *p = &r->in->request;
    sl_chain_move(&r->body, &p->chain, BODY_BYTES);
    sl_pipe_took(p);
    if (p->broken != SL_OK || r->body.bytes >= BODY_BYTES)
        respond_error(r, 413, SL_STR("the body cannot be read"));
    else if (p->is_ended || r->in->req.body_kind == SL_BODY_NONE)
        answer(r);
}

static void release(struct demo_request *r)
{
    sl_timer_stop(&r->timer);
    sl_chain_fini(&r->body);
    sl_task_cancel(&r->task);
    sl_inbound_release(r->in);
}

static void advance(struct demo_request *r, uint32_t why)
{
    switch (r->step) {
    case READ_BODY:
        read_body(r);
        return;
    case STREAM:
        if ((why & SL_WHY_TIMER) == 0)
            return;
        if (!r->is_stream) {
            respond_whole(r);
            return;
        }
        if (!r->in->is_committed && r->at == 0 && r->words == 0)
            begin_stream(r);
        stream_step(r);
        return;
    case FINISH:
        return;
    }
}

static void run(struct sl_task *t, uint32_t why)
{
    struct demo_request *r = SL_CONTAINER(t, struct demo_request, task);
    if (r->in->is_gone || r->in->is_sent || r->in->is_cut) {
        release(r);
        return;
    }
    advance(r, why);
}

static void begin(void *ctx, struct sl_inbound *in)
{
    struct demo_request *r = sl_arena_new_of(in->arena, struct demo_request);
    r->task.run = run;
    r->demo = ctx;
    r->in = in;
    sl_chain_init(&r->body, in->pool);
    in->owner = &r->task;
    in->request.reader = &r->task;
    if (in->bad != SL_OK) {
        respond_error(r, 400, sl_cstr(in->bad_why));
        return;
    }
    sl_inbound_want_body(in);
    sl_task_wake(in->loop, &r->task, SL_WHY_START);
}

/* ------------------------------------------------------------------ thread */

static const struct sl_server_ops ops = {.begin = begin};

static void *run_thread(void *arg)
{
    struct sl_demo *d = arg;
    sl_loop_run(d->loop);
    sl_server_abort_all(d->server);
    for (int i = 0; i < 4; i++)
        sl_loop_tick(d->loop, 0);
    return NULL;
}

static void demo_free(struct sl_demo *d)
{
    sl_server_free(d->server);
    sl_loop_tick(d->loop, 0);
    sl_loop_free(d->loop);
    sl_chunk_pool_free(d->pool);
    sl_free(d);
}

static sl_rc listen_on_loopback(struct sl_demo *d, uint16_t *ret_port)
{
    struct sl_addr addr;
    int fd;
    if (sl_addr_parse(SL_STR("127.0.0.1:0"), &addr) != SL_OK ||
        sl_sock_listen(&addr, 128, &fd) != SL_OK)
        return SL_E_IO;
    sl_rc rc = sl_sock_local(fd, &addr);
    if (rc == SL_OK)
        rc = sl_server_listen(d->server, fd, NULL);
    *ret_port = sl_addr_port(&addr);
    return rc;
}

sl_rc sl_demo_start(struct sl_demo **ret, uint16_t *ret_port)
{
    struct sl_demo *d = sl_new(struct sl_demo);
    struct sl_server_config config = sl_server_defaults;
    config.body_bytes = BODY_BYTES;
    config.arena_bytes = ARENA_BYTES;
    d->loop = sl_loop_new();
    d->pool = sl_chunk_pool_new();
    d->server = sl_server_new(d->loop, d->pool, &config, &ops, d);
    sl_rc rc = listen_on_loopback(d, ret_port);
    if (rc == SL_OK && !sl_thread_start(&d->thread, run_thread, d))
        rc = SL_E_IO;
    if (rc != SL_OK) {
        demo_free(d);
        return rc;
    }
    *ret = d;
    return SL_OK;
}

void sl_demo_stop(struct sl_demo *d)
{
    if (d == NULL)
        return;
    sl_loop_stop(d->loop);
    pthread_join(d->thread, NULL);
    demo_free(d);
}
