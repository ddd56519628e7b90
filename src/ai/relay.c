/* relay: the answer's bytes to events or to one body, for a mode to hand on; marks and failures. */
#include "ai/relay_int.h"
#include "ai/custom_tool.h"
#include "ai/openai_responses_int.h"
#include "ai/prompt.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/jsonw.h"

enum { UNZIP_ROOM = 4096, BYTES_PER_TOKEN = 4 };

/* ------------------------------------------------------------------ marks and failures */

static sl_str *mark_of(struct sl_ai_relay_state *state, enum sl_ai_mark which)
{
    switch (which) {
    case SL_AI_MARK_MODEL:
        return &state->vendor_model;
    case SL_AI_MARK_STOP:
        return &state->native_stop;
    case SL_AI_MARK_ANSWER_ID:
        return &state->answer_id;
    case SL_AI_MARK_TIER:
        return &state->service_tier;
    case SL_AI_MARK_COUNT:
        break;
    }
    sl_panic(__FILE__, __LINE__, "relay: no such mark");
}

/* A text that grows with each event doubles its room: what is left behind is no more than what is used. */
void sl_ai_relay_mark(struct sl_ai_relay *r, enum sl_ai_mark which, sl_str text)
{
    static const uint16_t bytes_max[SL_AI_MARK_COUNT] = {
        [SL_AI_MARK_MODEL] = 256,
        [SL_AI_MARK_STOP] = 64,
        [SL_AI_MARK_ANSWER_ID] = 256,
        [SL_AI_MARK_TIER] = 32,
    };
    sl_str *mark = mark_of(&r->state, which);
    uint16_t *room = &r->mark_rooms[which];
    text = sl_str_head(text, bytes_max[which]);
    if (sl_str_eq(*mark, text) || text.n == 0)
        return;
    char *p = (char *)(uintptr_t)mark->p;
    if (text.n > *room) {
        size_t bytes = SL_MIN(SL_MAX(text.n, (size_t)*room * 2), bytes_max[which]);
        p = sl_arena_try_raw(r->arena, bytes);
        if (p == NULL)
            return;
        *room = (uint16_t)bytes;
    }
    memcpy(p, text.p, text.n);
    *mark = (sl_str){p, text.n};
}

static sl_str kept(struct sl_arena *a, sl_str text)
{
    return text.n != 0 ? sl_arena_try_dup(a, text) : text;
}

void sl_ai_relay_fail(struct sl_ai_relay *r, const struct sl_ai_fault *fault)
{
    struct sl_ai_fault *f = &r->state.fault;
    if (r->state.has_failed)
        return;
    *f = *fault;
    f->message = kept(r->arena, fault->message);
    f->type = kept(r->arena, fault->type);
    f->code = kept(r->arena, fault->code);
    f->param = kept(r->arena, fault->param);
    r->state.has_failed = r->is_over = true;
}

void sl_ai_relay_fail_cut(struct sl_ai_relay *r, const char *message)
{
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_STREAM_CUT, sl_cstr(message));
    sl_ai_relay_fail(r, &f);
}

void sl_ai_relay_skip(struct sl_ai_relay *r)
{
    r->state.bad_events++;
    if (++r->bad_in_row > SL_AI_BAD_EVENTS_MAX)
        sl_ai_relay_fail_cut(r, "the vendor's stream is malformed");
}

/* ------------------------------------------------------------------ output */

static bool is_inside(sl_str outer, sl_str inner)
{
    return inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n;
}

void sl_ai_relay_pass(struct sl_ai_relay *r, struct sl_chain *out, sl_str bytes)
{
    if (r->chunk != NULL && is_inside(r->fed, bytes))
        sl_chain_add(out, r->chunk, bytes);
    else
        sl_chain_add_shared(out, bytes);
}

/* ------------------------------------------------------------------ life */

static bool has_think_tags(const struct sl_ai_relay_config *c)
{
    return c->call->operation == SL_AI_CHAT &&
           sl_ai_vendor_has(c->target->vendor, SL_AI_QUIRK_THINK_TAGS);
}

/* What the client asked for as a tool of its own kind, or in the form of old, went to the vendor as another. */
static bool has_bridged_tools(const struct sl_ai_relay_config *c)
{
    return c->wire->is_crossed && c->call->decoded != NULL &&
           (c->call->has_functions || sl_ai_custom_is_bridged(c->call->decoded, c->target));
}

static const struct sl_ai_relay_mode *mode_of(const struct sl_ai_relay_config *c)
{
    bool is_cohere = c->call->operation == SL_AI_EMBEDDINGS && c->call->dialect == SL_AI_COHERE;
    if ((c->wire->is_crossed && c->call->operation != SL_AI_CHAT) || is_cohere)
        return &sl_ai_relay_value;
    bool may_pass = c->wire->dialect == c->call->dialect && !has_think_tags(c) &&
                    !c->call->line.is_array && !c->call->is_prompt && c->call->prompt == NULL &&
                    !has_bridged_tools(c) && sl_ai_dialect_find(c->wire->dialect)->peek != NULL;
    return may_pass && c->is_stream == c->call->is_stream ? &sl_ai_relay_same : &sl_ai_relay_cross;
}

static void open_codec(struct sl_ai_relay *r)
{
    sl_str asked = r->config.call->asked_body;
    const struct sl_ai_decoder_config dec = {.request = r->config.call->decoded,
                                             .target = r->config.target};
    const struct sl_ai_encoder_config enc = {
        .is_stream = r->config.call->is_stream,
        .is_array = r->config.call->line.is_array,
        .is_prompt = r->config.call->is_prompt,
        .wants_usage = r->config.call->wants_usage,
        .has_functions = r->config.call->has_functions,
        .shown_model = r->config.shown_model,
        .request_id = r->config.request_id,
        .now_unix_s = r->config.now_unix_s,
        .maker = r->config.target,
        .prompt = r->config.call->prompt,
        .times = r->config.times,
        .request_body = asked.n != 0 ? asked : r->config.call->body,
    };
    r->decoder = sl_ai_decoder_new(r->config.wire->dialect, &dec, r->arena);
    r->encoder = sl_ai_encoder_new(r->config.call->dialect, &enc, r->arena);
}

/* What we did not ask for must still be readable (T14). */
static void open_unzip(struct sl_ai_relay *r)
{
    const struct sl_unzip_limits limits = {
        .out_bytes_max = r->config.is_stream ? SIZE_MAX : r->config.body_limit};
    sl_str coding = sl_str_trim(r->config.content_encoding);
    enum sl_zip_coding which;
    if (coding.n == 0 || sl_str_ieq(coding, SL_STR("identity")))
        return;
    if (!sl_zip_coding_of(coding, &which)) {
        sl_ai_relay_fail_cut(r, "the vendor's answer has an unknown content coding");
        return;
    }
    r->unzip = sl_unzip_new(which, &limits);
    if (r->unzip == NULL)
        sl_ai_relay_fail_cut(r, "no memory to decompress the vendor's answer");
}

static sl_str quoted(struct sl_arena *a, sl_str text)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_str(&w, text);
    return sl_strbuf_str(&b);
}

struct sl_ai_relay *sl_ai_relay_new(const struct sl_ai_relay_config *config, struct sl_arena *a)
{
    struct sl_ai_relay *r = sl_arena_new_of(a, struct sl_ai_relay);
    r->config = *config;
    r->arena = a;
    r->vendor = sl_ai_dialect_find(config->wire->dialect);
    if (r->vendor == NULL) /* only vectors and rankings are asked of it */
        r->vendor = &sl_ai_openai_chat;
    r->frames.framing = sl_ai_framing_of(config->target->vendor);
    r->mode = mode_of(config);
    if (config->shown_model.n != 0)
        r->model_json = quoted(a, config->shown_model);
    if (r->mode == &sl_ai_relay_cross)
        open_codec(r);
    open_unzip(r);
    return r;
}

void sl_ai_relay_free(struct sl_ai_relay *r)
{
    if (r == NULL)
        return;
    sl_unzip_free(r->unzip);
    r->unzip = NULL;
    sl_ai_frames_fini(&r->frames);
    sl_chain_fini(&r->whole);
    sl_strbuf_fini(&r->usage);
    sl_strbuf_fini(&r->written);
}

sl_str sl_ai_relay_content_type(const struct sl_ai_relay *r)
{
    if (r->config.call->prompt != NULL)
        return sl_ai_prompt_content_type(r->config.call->prompt, r->config.call->is_stream);
    return r->config.call->is_stream ? sl_ai_call_stream_type(r->config.call)
                                     : SL_STR("application/json");
}

const struct sl_ai_relay_state *sl_ai_relay_state(const struct sl_ai_relay *r)
{
    return &r->state;
}

/* ------------------------------------------------------------------ input */

static void gather(struct sl_ai_relay *r, struct sl_chain *out)
{
    if (r->whole.pool == NULL)
        sl_chain_init(&r->whole, out->pool);
    if (r->fed.n > r->config.body_limit - SL_MIN(r->whole.bytes, r->config.body_limit)) {
        sl_ai_relay_fail_cut(r, "the vendor's answer is too large");
        return;
    }
    if (r->chunk != NULL)
        sl_chain_add(&r->whole, r->chunk, r->fed);
    else
        sl_chain_add_copy(&r->whole, r->fed);
}

static void put_alike(struct sl_ai_relay *r, const struct sl_ai_alike_match *m, sl_str event,
                      struct sl_chain *out)
{
    size_t n = sl_ai_alike_answer_bytes(&r->alike, m);
    if (r->alike.passes) {
        sl_ai_relay_pass(r, out, event);
        return;
    }
    struct sl_chunk *c = sl_chunk_pool_fill(out->pool, n);
    char *to = c->data + c->used;
    sl_ai_alike_put(&r->alike, m, to);
    c->used += (uint32_t)n;
    sl_chain_add(out, c, (sl_str){to, n});
}

/* Events like the one before, which are whole and lie next, are done without being read. */
static void pass_alike(struct sl_ai_relay *r, struct sl_chain *out)
{
    struct sl_ai_alike_match m;
    sl_str ahead;
    while (r->alike.event.n != 0 && (ahead = sl_ai_frames_ahead(&r->frames)).n != 0 &&
           sl_ai_alike_match(&r->alike, ahead, &m) &&
           sl_ai_alike_answer_bytes(&r->alike, &m) <= SL_CHUNK_BYTES && r->mode->repeat(r, &m)) {
        r->state.events++;
        put_alike(r, &m, sl_str_head(ahead, m.n), out);
        sl_ai_frames_skip(&r->frames, m.n);
    }
}

static void cut_events(struct sl_ai_relay *r, struct sl_chain *out)
{
    struct sl_sse_event ev;
    sl_rc rc;
    sl_ai_frames_feed(&r->frames, r->fed);
    pass_alike(r, out);
    while ((rc = sl_ai_frames_next(&r->frames, &ev)) == SL_OK) {
        if (!r->is_over)
            r->mode->event(r, &ev, out);
        if (!r->is_over)
            pass_alike(r, out);
    }
    if (rc == SL_E_LIMIT)
        sl_ai_relay_fail_cut(r, "an event of the vendor's stream is too large");
    else if (rc != SL_E_AGAIN)
        sl_ai_relay_fail_cut(r, "the vendor's stream is malformed");
}

/* Bytes without a content coding. */
static void take(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str bytes, struct sl_chain *out)
{
    if (bytes.n == 0 || r->is_over)
        return;
    r->chunk = chunk;
    r->fed = bytes;
    if (r->config.is_stream)
        cut_events(r, out);
    else
        gather(r, out);
    r->chunk = NULL;
    r->fed = (sl_str){0};
}

static void unzip(struct sl_ai_relay *r, sl_str in, struct sl_chain *out)
{
    size_t n, room;
    sl_rc rc;
    do {
        struct sl_chunk *c = sl_chunk_ref(sl_chunk_pool_fill(out->pool, UNZIP_ROOM));
        char *to = c->data + c->used;
        room = c->cap - c->used;
        rc = sl_unzip_read(r->unzip, &in, to, room, &n);
        c->used += (uint32_t)n;
        take(r, c, (sl_str){to, n}, out);
        sl_chunk_unref(c);
    } while (rc == SL_OK && n == room && !r->is_over);
    if (rc != SL_OK)
        sl_ai_relay_fail_cut(r, "the vendor's answer cannot be decompressed");
}

void sl_ai_relay_feed(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str bytes,
                      struct sl_chain *out)
{
    if (r->is_over || bytes.n == 0)
        return;
    if (r->unzip != NULL) {
        unzip(r, bytes, out);
        return;
    }
    if (chunk != NULL)
        sl_chunk_ref(chunk); /* else the shared chunk might be filled anew while it is read */
    take(r, chunk, bytes, out);
    sl_chunk_unref(chunk);
}

/* ------------------------------------------------------------------ the end */

static void finish_stream(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    struct sl_sse_event ev;
    if (sl_ai_frames_finish(&r->frames, &ev) != SL_OK && is_clean && ev.has_data) {
        r->is_tail = true;
        r->mode->event(r, &ev, out);
    }
    if (!r->is_over)
        r->mode->finish(r, is_clean, out);
}

static void finish_body(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    const struct sl_span *first = r->whole.head;
    if (!is_clean || first == NULL) {
        sl_ai_relay_fail_cut(r, is_clean ? "the vendor's answer is empty"
                                         : "the vendor's answer broke off");
        return;
    }
    if (first->next == NULL && first->chunk != NULL) {
        r->mode->body(r, first->chunk, (sl_str){first->p, first->n}, out);
        return;
    }
    struct sl_chunk *c = sl_chunk_new(out->pool, r->whole.bytes);
    for (const struct sl_span *s = first; s != NULL; s = s->next) {
        memcpy(c->data + c->used, s->p, s->n);
        c->used += (uint32_t)s->n;
    }
    sl_chain_fini(&r->whole);
    r->mode->body(r, c, (sl_str){c->data, c->used}, out);
    sl_chunk_unref(c);
}

void sl_ai_relay_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    if (r->is_over)
        return;
    if (r->unzip != NULL && sl_unzip_finish(r->unzip) != SL_OK)
        is_clean = false;
    if (r->config.is_stream)
        finish_stream(r, is_clean, out);
    else
        finish_body(r, is_clean, out);
    r->is_over = true;
}

bool sl_ai_relay_response(const struct sl_ai_relay *r, struct sl_arena *a, sl_str *ret_output,
                          sl_str *ret_body)
{
    return r->encoder != NULL && r->config.call->dialect == SL_AI_OPENAI_RESPONSES &&
           sl_ai_openai_responses_written(r->encoder, a, ret_output, ret_body);
}

/* Events of this dialect are numbered, and who wrote them so far knows the next number. */
static void write_numbered_fault(struct sl_ai_relay *r, const struct sl_ai_fault *fault,
                                 struct sl_chain *out)
{
    struct sl_ai_event ev = {.kind = SL_AI_EV_ERROR, .fault = sl_ai_fault_shown(fault)};
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->arena, 0);
    if (r->encoder != NULL)
        sl_ai_encoder_put(r->encoder, &ev, &b);
    else
        sl_ai_openai_responses_error_event(&ev.fault, r->sequence, &b);
    sl_chain_add_shared(out, sl_strbuf_str(&b));
}

void sl_ai_relay_write_fault(struct sl_ai_relay *r, const struct sl_ai_fault *fault,
                             struct sl_chain *out)
{
    r->is_over = true;
    if (r->config.call->dialect == SL_AI_OPENAI_RESPONSES)
        write_numbered_fault(r, fault, out);
    else
        sl_ai_call_fault_event(r->config.call, fault,
                               r->encoder != NULL ? sl_ai_encoder_elements(r->encoder) : 0,
                               r->config.request_id, r->arena, out);
}

sl_str sl_ai_call_stream_type(const struct sl_ai_call *call)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(call->dialect);
    if (call->line.is_array)
        return SL_STR("application/json");
    return ops != NULL && ops->stream_type.n != 0 ? ops->stream_type
                                                  : SL_STR("text/event-stream; charset=utf-8");
}

sl_str sl_ai_heartbeat(const struct sl_ai_call *call)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(call->dialect);
    if (call->line.is_array)
        return SL_STR("\n"); /* between the elements of an array */
    return ops != NULL && ops->heartbeat.n != 0 ? ops->heartbeat : SL_STR(": keep-alive\n\n");
}

/* ------------------------------------------------------------------ usage */

static int64_t output_estimate(const struct sl_ai_relay *r)
{
    return (int64_t)((r->state.text_bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN);
}

struct sl_ai_usage sl_ai_relay_usage(const struct sl_ai_relay *r)
{
    struct sl_ai_usage u = r->state.usage;
    bool is_reported = u.source == SL_AI_USAGE_REPORTED;
    if (r->config.call->operation == SL_AI_COUNT_TOKENS)
        return (struct sl_ai_usage){0}; /* nothing was generated, and nobody bills it */
    if (is_reported && (r->state.stop != SL_AI_STOP_NONE || r->state.is_complete))
        return u;
    /* A stream that ended early: Anthropic has told the input, and of the output only the beginning. */
    if (!is_reported) {
        u = (struct sl_ai_usage){.input = r->config.call->input_tokens_estimate, .requests = 1};
    }
    int64_t missing = output_estimate(r) - sl_ai_usage_completion_total(&u);
    u.output += SL_MAX(missing, 0);
    u.source = SL_AI_USAGE_ESTIMATED;
    return u;
}
