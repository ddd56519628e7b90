#include "ai/answer_int.h"
#include "ai/custom_tool.h"
#include "ai/prompt_int.h"
#include "ai/signature.h"

#include "base/str.h"

/* ------------------------------------------------------------------ the queue */

struct sl_ai_event *sl_ai_emit(struct sl_ai_decoder *d, enum sl_ai_event_kind kind)
{
    struct sl_ai_queued *q = sl_arena_try_alloc(d->scratch, sizeof(*q));

    if (q == NULL) {
        d->spare = (struct sl_ai_event){0};
        return &d->spare;
    }
    q->event.kind = kind;
    if (d->last != NULL)
        d->last->next = q;
    else
        d->first = q;
    d->last = q;
    return &q->event;
}

static void pop(struct sl_ai_decoder *d)
{
    d->first = d->first->next;
    if (d->first == NULL)
        d->last = NULL;
}

static enum sl_ai_custom_step take(struct sl_ai_decoder *d, struct sl_ai_event *ret)
{
    const struct sl_ai_event *ev = &d->first->event;

    if (d->custom != NULL)
        return sl_ai_custom_calls_take(d->custom, ev, d->scratch, ret);
    *ret = *ev;
    return SL_AI_CUSTOM_PASS;
}

bool sl_ai_decoder_next(struct sl_ai_decoder *d, struct sl_ai_event *ret)
{
    while (d->first != NULL) {
        switch (take(d, ret)) {
        case SL_AI_CUSTOM_PASS:
            pop(d);
            return true;
        case SL_AI_CUSTOM_MORE:
            return true;
        case SL_AI_CUSTOM_HOLD:
            pop(d);
            break;
        case SL_AI_CUSTOM_FULL:
            d->first = d->last = NULL;
            d->is_over = false;
            d->custom = NULL;
            sl_ai_emit_cut(d, "the vendor's tool call is too large");
            break;
        }
    }
    return false;
}

void sl_ai_decoder_forget(struct sl_ai_decoder *d)
{
    sl_arena_empty(d->scratch);
    d->first = d->last = NULL;
}

/* ------------------------------------------------------------------ events */

void sl_ai_emit_start(struct sl_ai_decoder *d, sl_str id, sl_str model)
{
    struct sl_ai_event *ev;

    if (d->has_started)
        return;
    d->has_started = true;
    ev = sl_ai_emit(d, SL_AI_EV_START);
    ev->id = id;
    ev->model = model;
    ev->usage = sl_ai_decoder_usage(d);
    ev->service_tier = d->service_tier;
    ev->fingerprint = d->fingerprint;
}

struct sl_ai_event *sl_ai_emit_piece(struct sl_ai_decoder *d, const struct sl_ai_track *t,
                                     enum sl_ai_event_kind kind, sl_str text)
{
    struct sl_ai_event *ev = sl_ai_emit(d, kind);

    ev->choice = t->choice;
    ev->index = t->next_index - 1;
    ev->part = t->kind;
    ev->text = text;
    return ev;
}

void sl_ai_emit_block_stop(struct sl_ai_decoder *d, struct sl_ai_track *t)
{
    if (!t->is_open)
        return;
    (void)sl_ai_emit_piece(d, t, SL_AI_EV_BLOCK_STOP, (sl_str){0});
    t->is_open = false;
}

struct sl_ai_event *sl_ai_emit_block(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                     enum sl_ai_part_kind kind)
{
    sl_ai_emit_block_stop(d, t);
    sl_ai_emit_start(d, (sl_str){0}, (sl_str){0});
    t->kind = kind;
    t->is_open = true;
    t->has_tool |= kind == SL_AI_TOOL_CALL;
    t->next_index++;
    struct sl_ai_event *ev = sl_ai_emit_piece(d, t, SL_AI_EV_BLOCK_START, (sl_str){0});
    ev->dialect = d->dialect;
    return ev;
}

struct sl_ai_event *sl_ai_emit_text(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                    enum sl_ai_part_kind kind, sl_str text)
{
    if (text.n == 0 || t->has_stopped)
        return NULL;
    if (!t->is_open || t->kind != kind)
        (void)sl_ai_emit_block(d, t, kind);
    return sl_ai_emit_piece(d, t, SL_AI_EV_DELTA, text);
}

struct sl_ai_event *sl_ai_emit_stop(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                    enum sl_ai_stop stop, sl_str native)
{
    struct sl_ai_event *ev;

    if (t->has_stopped)
        return NULL;
    sl_ai_emit_start(d, (sl_str){0}, (sl_str){0});
    sl_ai_emit_block_stop(d, t);
    t->has_stopped = true;
    if (stop == SL_AI_STOP_NONE || stop == SL_AI_STOP_END)
        stop = t->has_tool ? SL_AI_STOP_TOOL : SL_AI_STOP_END;
    ev = sl_ai_emit(d, SL_AI_EV_STOP);
    ev->choice = t->choice;
    ev->stop = stop;
    ev->native_stop = native;
    ev->service_tier = d->service_tier;
    return ev;
}

void sl_ai_emit_end(struct sl_ai_decoder *d)
{
    if (d->is_over)
        return;
    (void)sl_ai_emit(d, SL_AI_EV_END);
    d->is_over = true;
}

void sl_ai_emit_fault(struct sl_ai_decoder *d, const struct sl_ai_fault *fault)
{
    if (d->is_over)
        return;
    sl_ai_emit(d, SL_AI_EV_ERROR)->fault = *fault;
    d->is_over = true;
}

void sl_ai_emit_cut(struct sl_ai_decoder *d, const char *message)
{
    struct sl_ai_fault f = {
        .class_ = SL_AI_FAULT_STREAM,
        .rc = SL_E_AI_STREAM_CUT,
        .message = sl_cstr(message),
        .retry_after_us = -1,
    };

    sl_ai_emit_fault(d, &f);
}

struct sl_ai_usage sl_ai_decoder_usage(const struct sl_ai_decoder *d)
{
    struct sl_ai_usage u;

    sl_ai_usage_from_counts(d->flavour, &d->counts, &u);
    return u;
}

/* OpenAI has it beside the usage, Anthropic and Google in it; in message_start that is one level down. */
static void note_tier(struct sl_ai_decoder *d, const struct sl_json *root)
{
    const struct sl_json *message = sl_json_get(root, SL_STR("message"));
    const struct sl_json *google = sl_json_get(root, SL_STR("usageMetadata"));
    const struct sl_json *places[] = {
        root, sl_json_get(root, SL_STR("usage")), sl_json_get(message, SL_STR("usage")),
        sl_json_get(root, SL_STR("response"))}; /* of Responses' events */
    sl_str traffic = sl_json_text(sl_json_get(google, SL_STR("trafficType")));

    for (size_t i = 0; i < SL_LEN(places); i++) {
        sl_str tier = sl_json_text(sl_json_get(places[i], SL_STR("service_tier")));
        if (tier.n != 0 && !sl_str_eq(tier, d->service_tier))
            d->service_tier = sl_ai_decoder_keep(d, tier);
    }
    if (traffic.n != 0 && !sl_str_eq(traffic, d->service_tier))
        d->service_tier = sl_ai_decoder_keep(d, traffic);
}

void sl_ai_emit_usage(struct sl_ai_decoder *d, const struct sl_json *root, bool is_event)
{
    struct sl_ai_event *ev;

    note_tier(d, root);
    if (!sl_ai_counts_read(&d->counts, d->flavour, root) || !is_event)
        return;
    ev = sl_ai_emit(d, SL_AI_EV_USAGE);
    ev->usage = sl_ai_decoder_usage(d);
    ev->service_tier = d->service_tier;
}

/* ------------------------------------------------------------------ reading */

const struct sl_json *sl_ai_decoder_parse(struct sl_ai_decoder *d, sl_str data)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    sl_rc rc = sl_json_parse(data, d->scratch, &v, &info);

    if (rc == SL_E_SYNTAX)
        rc = sl_json_parse(sl_json_mend(data, d->scratch), d->scratch, &v, &info);
    if (rc == SL_OK && (sl_json_kind(v) == SL_JSON_OBJECT ||
                        (d->ops->takes_array && sl_json_kind(v) == SL_JSON_ARRAY))) {
        d->bad_events = 0;
        return v;
    }
    if (++d->bad_events > SL_AI_BAD_EVENTS_MAX)
        sl_ai_emit_cut(d, "the vendor's answer is not readable");
    return NULL;
}

sl_str sl_ai_decoder_keep(struct sl_ai_decoder *d, sl_str text)
{
    sl_str copy = text.n != 0 ? sl_arena_try_dup(d->a, text) : (sl_str){0};

    return copy.p != NULL ? copy : (sl_str){0};
}

sl_str sl_ai_decoder_raw(struct sl_ai_decoder *d, const struct sl_json *v)
{
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, d->scratch, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    return b.is_full ? SL_STR("{}") : sl_strbuf_str(&b);
}

static sl_str word(struct sl_ai_decoder *d, const struct sl_json *v, const char *name)
{
    const struct sl_json *m = sl_json_get(v, sl_cstr(name));
    sl_str text = sl_json_kind(m) == SL_JSON_NUMBER ? sl_json_number(m) : sl_json_text(m);

    return sl_ai_decoder_keep(d, text);
}

static uint16_t status_of(const struct sl_json *code)
{
    int64_t n;

    return sl_json_i64(code, &n) && n >= 400 && n < 600 ? (uint16_t)n : 0;
}

struct sl_ai_fault sl_ai_decoder_fault(struct sl_ai_decoder *d, const struct sl_json *error)
{
    struct sl_ai_fault f = {.retry_after_us = -1};

    if (sl_json_kind(error) == SL_JSON_STRING)
        f.message = sl_ai_decoder_keep(d, sl_json_text(error));
    f.type = word(d, error, "type");
    f.code = word(d, error, "code");
    f.param = word(d, error, "param");
    if (f.message.n == 0)
        f.message = word(d, error, "message");
    f.vendor_status = status_of(sl_json_get(error, SL_STR("code")));
    sl_ai_fault_classify_of(d->config.target->vendor, &f);
    return f;
}

/* ------------------------------------------------------------------ faults */

struct error_word {
    sl_str word;
    enum sl_ai_fault_class class_;
    sl_rc rc;
};

static const struct error_word error_words[] = {
#define X(word, CLASS, rc) {SL_STR_INIT(word), SL_AI_FAULT_##CLASS, SL_E_##rc},
#include "ai/error_word.def"
#undef X
};

static bool classify_by(struct sl_ai_fault *f, sl_str text)
{
    for (size_t i = 0; i < SL_LEN(error_words); i++) {
        if (!sl_str_eq(error_words[i].word, text))
            continue;
        f->class_ = error_words[i].class_;
        f->rc = error_words[i].rc;
        return true;
    }
    return false;
}

static void classify_by_status(struct sl_ai_fault *f)
{
    static const struct {
        uint16_t status;
        const char *word;
    } rows[] = {
        {400, "invalid_request_error"}, {401, "authentication_error"},  {402, "billing_error"},
        {403, "permission_error"},      {404, "not_found_error"},       {409, "conflict_error"},
        {413, "request_too_large"},     {422, "invalid_request_error"}, {429, "rate_limit_error"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (rows[i].status == f->vendor_status && classify_by(f, sl_cstr(rows[i].word)))
            return;
    f->class_ = SL_AI_FAULT_OVERLOAD;
    f->rc = SL_E_AI_VENDOR_OVERLOAD;
}

void sl_ai_fault_classify(struct sl_ai_fault *f)
{
    if (!classify_by(f, f->code) && !classify_by(f, f->type))
        classify_by_status(f);
}

sl_str sl_ai_fault_message(const struct sl_ai_fault *f)
{
    return f->message.n != 0 ? f->message : sl_cstr(sl_err_info(f->rc)->text);
}

/* ------------------------------------------------------------------ public */

static void end_scratch(void *arena)
{
    sl_arena_free(arena);
}

struct sl_ai_decoder *sl_ai_decoder_new(enum sl_ai_dialect vendor,
                                        const struct sl_ai_decoder_config *config,
                                        struct sl_arena *a)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(vendor);
    struct sl_ai_decoder *d;

    SL_ASSERT(ops != NULL);
    SL_ASSERT(config->target != NULL);
    d = sl_arena_alloc(a, ops->decoder->size);
    d->ops = ops->decoder;
    d->dialect = vendor;
    d->config = *config;
    d->flavour = config->target->vendor->usage;
    d->a = a;
    d->custom = sl_ai_custom_calls_new(config->request, config->target, a);
    d->scratch = sl_arena_new("ai-decoder", SL_AI_DECODER_BYTES);
    sl_arena_defer(a, end_scratch, d->scratch);
    return d;
}

void sl_ai_decoder_feed(struct sl_ai_decoder *d, sl_str type, sl_str data)
{
    sl_ai_decoder_forget(d);
    if (!d->is_over)
        d->ops->feed(d, type, data);
}

void sl_ai_decoder_body(struct sl_ai_decoder *d, sl_str body)
{
    const struct sl_json *v;

    sl_ai_decoder_forget(d);
    if (d->is_over)
        return;
    v = sl_ai_decoder_parse(d, body);
    if (v == NULL)
        sl_ai_emit_cut(d, "the vendor's answer is not a JSON object");
    else
        d->ops->body(d, v);
    if (!d->is_over)
        sl_ai_emit_end(d);
}

void sl_ai_decoder_finish(struct sl_ai_decoder *d, bool is_clean)
{
    sl_ai_decoder_forget(d);
    if (d->is_over)
        return;
    if (is_clean && d->bad_events == 0)
        d->ops->finish(d);
    if (!d->is_over)
        sl_ai_emit_cut(d, "the vendor's stream ended before the answer did");
}

struct sl_ai_encoder *sl_ai_encoder_new(enum sl_ai_dialect client,
                                        const struct sl_ai_encoder_config *config,
                                        struct sl_arena *a)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(client);
    struct sl_ai_encoder *e;

    SL_ASSERT(ops != NULL);
    const struct sl_ai_encoder_ops *encoder =
        config->prompt != NULL ? &sl_ai_prompt_encoder : ops->encoder;
    e = sl_arena_alloc(a, encoder->size);
    e->ops = encoder;
    e->config = *config;
    e->a = a;
    e->is_home = config->maker != NULL && sl_ai_target_dialect(config->maker) == client;
    if (e->is_home)
        e->config.maker = NULL;
    return e;
}

/* ------------------------------------------------------------------ signatures of other dialects */

static sl_str wrapped(struct sl_ai_encoder *e, sl_str signature)
{
    return sl_ai_signature_wrap(e->config.maker, signature, e->a);
}

/* A call's signature has its own place, or goes behind the id. */
static void put_call_start(struct sl_ai_encoder *e, struct sl_ai_event ev, struct sl_strbuf *out)
{
    sl_str carrier = wrapped(e, ev.signature);
    struct sl_strbuf id;

    ev.signature = e->ops->signs_calls ? carrier : (sl_str){0};
    if (!e->ops->signs_calls && carrier.n != 0) {
        sl_strbuf_init(&id, e->a, 0);
        sl_strbuf_add(&id, ev.id);
        sl_strbuf_add(&id, carrier);
        if (!id.is_full)
            ev.id = sl_strbuf_str(&id);
    }
    e->ops->put(e, &ev, out);
}

/* What was kept of the open block's signature. NULL: nothing. */
static struct sl_strbuf *kept_signature(struct sl_ai_encoder *e, uint32_t choice)
{
    return choice < SL_AI_CHOICES_MAX ? e->signatures[choice] : NULL;
}

static void keep_signature(struct sl_ai_encoder *e, uint32_t choice, sl_str text)
{
    if (choice >= SL_AI_CHOICES_MAX)
        return;
    if (e->signatures[choice] == NULL) {
        e->signatures[choice] = sl_arena_new_of(e->a, struct sl_strbuf);
        sl_strbuf_init(e->signatures[choice], e->a, SL_AI_SIGNATURE_BYTES);
    }
    sl_strbuf_add(e->signatures[choice], text);
}

static void forget_signature(struct sl_ai_encoder *e, uint32_t choice)
{
    struct sl_strbuf *kept = kept_signature(e, choice);

    if (kept == NULL)
        return;
    sl_strbuf_clear(kept);
    kept->is_full = false;
}

static void put_block_start(struct sl_ai_encoder *e, struct sl_ai_event ev, struct sl_strbuf *out)
{
    forget_signature(e, ev.choice);
    if (ev.part == SL_AI_THINKING) /* what is redacted is a signature, too */
        ev.text = sl_ai_signature_wrap_redacted(e->config.maker, ev.text, e->a);
    e->ops->put(e, &ev, out);
}

/* A text has no place for one in any other dialect: a block of its own holds it (ai/signature.h). */
static void put_text_signature(struct sl_ai_encoder *e, const struct sl_ai_event *stop,
                               sl_str signature, struct sl_strbuf *out)
{
    struct sl_ai_event ev = *stop;

    ev.part = SL_AI_THINKING;
    ev.kind = SL_AI_EV_BLOCK_START;
    ev.text = sl_ai_signature_wrap_text(e->config.maker, signature, e->a);
    if (ev.text.n == 0)
        return;
    e->ops->put(e, &ev, out);
    ev.kind = SL_AI_EV_BLOCK_STOP;
    ev.text = (sl_str){0};
    e->ops->put(e, &ev, out);
}

/* Fragments were kept: a carrier is made of the whole. */
static void put_block_stop(struct sl_ai_encoder *e, const struct sl_ai_event *ev,
                           struct sl_strbuf *out)
{
    const struct sl_strbuf *kept = kept_signature(e, ev->choice);
    sl_str signature = kept != NULL && !kept->is_full ? sl_strbuf_str(kept) : (sl_str){0};
    struct sl_ai_event whole = *ev;

    whole.kind = SL_AI_EV_SIGNATURE;
    whole.text = ev->part == SL_AI_TEXT ? (sl_str){0} : wrapped(e, signature);
    if (whole.text.n != 0)
        e->ops->put(e, &whole, out);
    e->ops->put(e, ev, out);
    if (ev->part == SL_AI_TEXT && signature.n != 0)
        put_text_signature(e, ev, signature, out);
    forget_signature(e, ev->choice);
}

static void put_foreign(struct sl_ai_encoder *e, const struct sl_ai_event *ev,
                        struct sl_strbuf *out)
{
    if (ev->kind == SL_AI_EV_SIGNATURE)
        keep_signature(e, ev->choice, ev->text);
    else if (ev->kind == SL_AI_EV_BLOCK_STOP)
        put_block_stop(e, ev, out);
    else if (ev->kind == SL_AI_EV_BLOCK_START && ev->part == SL_AI_TOOL_CALL)
        put_call_start(e, *ev, out);
    else if (ev->kind == SL_AI_EV_BLOCK_START)
        put_block_start(e, *ev, out);
    else
        e->ops->put(e, ev, out);
}

void sl_ai_encoder_put(struct sl_ai_encoder *e, const struct sl_ai_event *event,
                       struct sl_strbuf *out)
{
    if (e->is_over)
        return;
    if (e->config.maker != NULL)
        put_foreign(e, event, out);
    else
        e->ops->put(e, event, out);
    e->is_over = event->kind == SL_AI_EV_END || event->kind == SL_AI_EV_ERROR;
}

void sl_ai_encoder_keep(struct sl_ai_encoder *e, struct sl_strbuf *b, sl_str text)
{
    sl_strbuf_add(b, text);
    e->is_full |= b->is_full;
}

sl_str sl_ai_encoder_keep_word(struct sl_ai_encoder *e, sl_str text)
{
    sl_str copy = sl_arena_try_dup(e->a, text);

    e->is_full |= copy.p == NULL;
    return copy.p != NULL ? copy : (sl_str){0};
}

sl_str sl_ai_image_note_begin(struct sl_ai_encoder *e, struct sl_ai_image_note *note,
                              sl_str media_type)
{
    note->media_type = sl_ai_encoder_keep_word(e, media_type);
    note->chars = 0;
    return media_type.n == 0 ? SL_AI_IMAGE_LINK_HEAD : (sl_str){0};
}

sl_str sl_ai_image_note_add(struct sl_ai_image_note *note, sl_str text)
{
    note->chars += text.n;
    return note->media_type.n == 0 ? text : (sl_str){0};
}

sl_str sl_ai_image_note_end(struct sl_ai_encoder *e, const struct sl_ai_image_note *note)
{
    enum { TYPE_BYTES = 64, BASE64_CHARS = 4, BASE64_BYTES = 3 };

    if (note->media_type.n == 0)
        return SL_AI_IMAGE_LINK_TAIL;
    return sl_fmt(e->a,
                  "[An image (%.*s, about %zu bytes) is left out: this API has no images in "
                  "answers.]",
                  SL_STRF(sl_str_head(note->media_type, (size_t)TYPE_BYTES)),
                  note->chars / BASE64_CHARS * BASE64_BYTES);
}

bool sl_ai_encoder_is_full(const struct sl_ai_encoder *e)
{
    return e->is_full;
}

size_t sl_ai_encoder_elements(const struct sl_ai_encoder *e)
{
    return e->elements;
}

const struct sl_ai_dialect_ops *sl_ai_dialect_find(enum sl_ai_dialect dialect)
{
    static const struct sl_ai_dialect_ops *const all[SL_AI_DIALECT_COUNT] = {
        [SL_AI_OPENAI_CHAT] = &sl_ai_openai_chat,
        [SL_AI_OPENAI_COMPLETIONS] = &sl_ai_openai_completions,
        [SL_AI_ANTHROPIC] = &sl_ai_anthropic,
        [SL_AI_OPENAI_RESPONSES] = &sl_ai_openai_responses,
        [SL_AI_BEDROCK] = &sl_ai_bedrock,
        [SL_AI_COHERE] = &sl_ai_cohere,
        [SL_AI_OLLAMA] = &sl_ai_ollama,
        [SL_AI_GEMINI] = &sl_ai_gemini,
    };

    return dialect < SL_AI_DIALECT_COUNT ? all[dialect] : NULL;
}

enum sl_ai_framing sl_ai_framing_of(const struct sl_ai_vendor *vendor)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(vendor->dialect);
    if (sl_ai_vendor_has(vendor, SL_AI_QUIRK_AWS_FRAMES))
        return SL_AI_FRAMING_AWS;
    return ops != NULL ? ops->framing : SL_AI_FRAMING_SSE;
}

sl_str sl_ai_stream_type(const struct sl_ai_vendor *vendor)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(vendor->dialect);
    if (sl_ai_vendor_has(vendor, SL_AI_QUIRK_AWS_FRAMES))
        return sl_ai_bedrock.stream_type;
    return ops != NULL && ops->stream_type.n != 0 ? ops->stream_type : SL_STR("text/event-stream");
}

bool sl_ai_is_stream_type(const struct sl_ai_vendor *vendor, sl_str content_type)
{
    return sl_str_istarts(content_type, sl_ai_stream_type(vendor));
}
