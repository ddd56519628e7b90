/*
 * A prompt's request: its variables become a chat, and the exchange goes on as if the client had sent that.
 */
#include "base/hash.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

/* The problems for the caller: in one sentence, and as `errors` of the problem document. */
static enum sl_phase refuse(struct sl_exchange *x, sl_rc rc, const struct sl_diag *d)
{
    struct sl_strbuf text, json;
    struct sl_jsonw w;
    sl_strbuf_init(&text, x->arena, 0);
    sl_strbuf_init(&json, x->arena, 0);
    sl_jsonw_init(&w, &json);
    sl_jsonw_array(&w);
    for (size_t i = 0; i < d->count; i++) {
        const struct sl_problem *p = &d->problems[i];
        sl_strbuf_addf(&text, "%s%.*s%s%.*s", i == 0 ? "" : "; ", SL_STRF(p->path),
                       p->path.n != 0 ? " " : "", SL_STRF(p->message));
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("pointer"),
                         p->path.n != 0 ? sl_fmt(x->arena, "/%.*s", SL_STRF(p->path)) : p->path);
        sl_jsonw_key_str(&w, SL_STR("detail"), p->message);
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    if (!json.is_full && d->count != 0)
        x->errors = sl_strbuf_str(&json);
    (void)sl_fail_hint(x, rc,
                       rc == SL_E_MEDIA_TYPE ? "the body's media type is not one of this operation"
                                             : "the variables of the prompt are not valid",
                       sl_strbuf_str(&text));
    return SL_PHASE_FAULT;
}

static enum sl_phase out_of_memory(struct sl_exchange *x)
{
    (void)sl_fail(x, SL_E_NOMEM, "no memory for the request body");
    return SL_PHASE_FAULT;
}

static bool accepts_stream(const struct sl_exchange *x)
{
    sl_str accept = sl_headers_get_id(&x->in->req.headers, SL_H_ACCEPT);
    return sl_str_find_str(accept, SL_STR("text/event-stream")) != SIZE_MAX;
}

/* A caller stays with its prompt; of those that nobody knows, by the address. */
static uint64_t number_of_caller(const struct sl_exchange *x, const struct sl_ai_prompt *p)
{
    uint64_t seed = sl_hash_str(p->name);
    if (x->consumer != NULL)
        return sl_hash_seeded(x->consumer->name.p, x->consumer->name.n, seed);
    uint8_t address[16];
    sl_addr_bytes(&x->client, address);
    return sl_hash_seeded(address, sizeof(address), seed);
}

/* The prompt of the route, or one that is on trial in its place. */
static const struct sl_ai_prompt *choose(struct sl_exchange *x)
{
    const struct sl_ai_prompt *p = x->route->prompt;
    const struct sl_ai_prompt_trial *t = p->trial;
    if (t == NULL)
        return p;
    const struct sl_ai_prompt_arm *arm = sl_ai_prompt_choose(
        t, t->is_random ? sl_rand_u64(&x->worker->rand) : number_of_caller(x, p));
    x->ai->arm_route = sl_fmt(x->arena, "%.*s#%.*s", SL_STRF(x->route->name), SL_STRF(arm->key));
    sl_answer_header(x, SL_STR("x-sluice-prompt"), arm->key);
    return arm->prompt;
}

static sl_rc read_values(struct sl_exchange *x, sl_str body, struct sl_ai_prompt_values *ret,
                         struct sl_diag *d)
{
    struct sl_pair params[SL_MATCH_PARAMS_MAX];
    for (size_t i = 0; i < x->match.param_count; i++)
        params[i] = (struct sl_pair){x->match.param_names[i], x->match.params[i]};
    const struct sl_ai_prompt_input in = {
        .params = params,
        .param_count = x->match.param_count,
        .query = x->req.query,
        .content_type = sl_headers_get_id(&x->in->req.headers, SL_H_CONTENT_TYPE),
        .body = body,
        .accepts_stream = accepts_stream(x),
    };
    return sl_ai_prompt_read(x->ai->call.prompt, &in, x->arena, ret, d);
}

enum sl_phase sl_ai_take_prompt(struct sl_exchange *x, sl_str body, sl_str *ret_chat)
{
    struct sl_diag diag, *d = &diag; /* too large to be kept for the life of a stream */
    struct sl_ai_prompt_values values;
    struct sl_strbuf chat;
    sl_diag_init(d, x->arena);
    x->ai->call.prompt = choose(x);
    sl_rc rc = read_values(x, body, &values, d);
    if (rc == SL_E_NOMEM)
        return out_of_memory(x);
    if (rc != SL_OK)
        return refuse(x, rc, d);
    sl_strbuf_init(&chat, x->arena, SL_AI_PROMPT_CHAT_BYTES);
    if (sl_ai_prompt_write(x->ai->call.prompt, &values, &chat) != SL_OK) {
        (void)sl_fail(x, SL_E_BODY_TOO_LARGE, "the prompt is too large with these variables");
        return SL_PHASE_FAULT;
    }
    *ret_chat = sl_strbuf_str(&chat);
    return SL_PHASE_REQUEST;
}
