#include "ai/frames.h"

#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/jsonrange.h"
#include "codec/jsonscan.h"

void sl_ai_frames_fini(struct sl_ai_frames *f)
{
    sl_sse_fini(&f->sse);
    sl_strbuf_fini(&f->carry);
    sl_awsevents_fini(&f->aws);
    sl_strbuf_fini(&f->name);
    sl_strbuf_fini(&f->text);
}

/* ------------------------------------------------------------------ lines */

static bool is_blank(sl_str line)
{
    return sl_str_trim_all(line).n == 0;
}

static void give_line(sl_str line, struct sl_sse_event *ret)
{
    *ret = (struct sl_sse_event){
        .data = sl_str_trim_all(line), .raw = line, .retry_ms = -1, .has_data = true};
}

/* The line that ends `at` bytes from here; its beginning may have come in an earlier feed. */
static sl_str take_line(struct sl_ai_frames *f, size_t at)
{
    sl_str line = sl_str_head(f->fed, at + 1);
    f->fed = sl_str_from(f->fed, at + 1);
    if (f->carry.n == 0)
        return line;
    sl_strbuf_add(&f->carry, line);
    f->is_carry_given = true;
    return sl_strbuf_str(&f->carry);
}

static void forget_given(struct sl_ai_frames *f)
{
    if (f->is_carry_given)
        sl_strbuf_clear(&f->carry);
    f->is_carry_given = false;
}

static sl_rc next_line(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    size_t at;
    forget_given(f);
    while ((at = sl_str_find(f->fed, '\n', 0)) != SIZE_MAX) {
        if (f->carry.n + at >= SL_SSE_EVENT_BYTES)
            return SL_E_LIMIT;
        sl_str line = take_line(f, at);
        if (!is_blank(line)) {
            give_line(line, ret);
            return SL_OK;
        }
        forget_given(f);
    }
    if (f->carry.n + f->fed.n > SL_SSE_EVENT_BYTES)
        return SL_E_LIMIT;
    sl_strbuf_add(&f->carry, f->fed);
    f->fed = (sl_str){0};
    return SL_E_AGAIN;
}

static sl_rc finish_lines(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    *ret = (struct sl_sse_event){.retry_ms = -1};
    if (f->is_carry_given || is_blank(sl_strbuf_str(&f->carry)))
        return SL_OK;
    give_line(sl_strbuf_str(&f->carry), ret); /* the last line may lack its end */
    return SL_E_UPSTREAM_TRUNCATED;
}

/* ------------------------------------------------------------------ AWS */

sl_str sl_ai_aws_type(sl_str type, struct sl_arena *a)
{
    char *copy = type.n != 0 ? sl_arena_try_raw(a, type.n) : NULL;
    if (copy == NULL)
        return (sl_str){0};
    memcpy(copy, type.p, type.n);
    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return (sl_str){copy, type.n};
}

static void name_exception(struct sl_ai_frames *f, sl_str type)
{
    sl_strbuf_add(&f->name, SL_STR(SL_AI_FRAMES_EXCEPTION));
    sl_strbuf_add(&f->name, type);
}

/* What there is of an error stands in the headers. */
static void give_error(struct sl_ai_frames *f, const struct sl_awsevent *m,
                       struct sl_sse_event *ret)
{
    name_exception(f, sl_awsevent_text(m, SL_STR(":error-code")));
    sl_strbuf_add(&f->text, SL_STR("{\"message\":"));
    sl_enc_json(&f->text, sl_awsevent_text(m, SL_STR(":error-message")));
    sl_strbuf_add_char(&f->text, '}');
    ret->event = sl_strbuf_str(&f->name);
    ret->data = sl_strbuf_str(&f->text);
}

static void give_exception(struct sl_ai_frames *f, const struct sl_awsevent *m,
                           struct sl_sse_event *ret)
{
    name_exception(f, sl_awsevent_text(m, SL_STR(":exception-type")));
    ret->event = sl_strbuf_str(&f->name);
}

/* The text behind "type", plain; empty when there is none. */
static sl_str type_in(sl_str json)
{
    static const sl_str names[] = {SL_STR_INIT("type")};
    struct sl_jsonscan_info info;
    struct sl_json_range type = {0};
    if (sl_jsonscan(json, NULL, names, SL_LEN(names), &type, &info) != SL_OK ||
        type.kind != SL_JSON_STRING)
        return (sl_str){0};
    sl_str name = {json.p + type.at + 1, type.n - 2};
    return sl_str_find(name, '\\', 0) == SIZE_MAX ? name : (sl_str){0};
}

/* f->text as an event of SSE: for clients that speak what is inside. */
static void give_event(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    static const sl_str field = SL_STR_INIT("data: ");
    sl_str type = type_in(sl_strbuf_str(&f->text));
    for (size_t i = 0; i < f->text.n; i++) /* JSON has line ends between its tokens only */
        if (f->text.p[i] == '\n' || f->text.p[i] == '\r')
            f->text.p[i] = ' ';
    if (type.n != 0)
        sl_strbuf_addf(&f->name, "event: %.*s\n", SL_STRF(type));
    sl_strbuf_add(&f->name, field);
    size_t at = f->name.n, n = f->text.n;
    sl_strbuf_add(&f->name, sl_strbuf_str(&f->text));
    sl_strbuf_add(&f->name, SL_STR("\n\n"));
    ret->event = (sl_str){0};
    ret->raw = sl_strbuf_str(&f->name);
    ret->data = (sl_str){ret->raw.p + at, n};
}

/* A chunk that is not what it should be is given out as it came: nobody will understand it. */
static void give_chunk(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    static const sl_str names[] = {SL_STR_INIT("bytes")};
    struct sl_jsonscan_info info;
    struct sl_json_range bytes = {0};
    sl_str inside;

    if (sl_jsonscan(ret->data, NULL, names, SL_LEN(names), &bytes, &info) != SL_OK ||
        bytes.kind != SL_JSON_STRING || bytes.n < 2)
        return;
    inside = (sl_str){ret->data.p + bytes.at + 1, bytes.n - 2};
    if (sl_dec_base64(&f->text, inside))
        give_event(f, ret);
}

static sl_rc next_aws(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    struct sl_awsevent m;
    sl_rc rc = sl_awsevents_next(&f->aws, &m);
    if (rc != SL_OK)
        return rc;
    sl_strbuf_clear(&f->name);
    sl_strbuf_clear(&f->text);
    sl_str kind = sl_awsevent_text(&m, SL_STR(":message-type"));
    *ret = (struct sl_sse_event){.event = sl_awsevent_text(&m, SL_STR(":event-type")),
                                 .data = m.payload,
                                 .raw = m.raw,
                                 .retry_ms = -1,
                                 .has_data = true};
    if (sl_str_eq(kind, SL_STR("error")))
        give_error(f, &m, ret);
    else if (sl_str_eq(kind, SL_STR("exception")))
        give_exception(f, &m, ret);
    else if (sl_str_eq(ret->event, SL_STR("chunk")))
        give_chunk(f, ret);
    return SL_OK;
}

/* ------------------------------------------------------------------ all framings */

void sl_ai_frames_feed(struct sl_ai_frames *f, sl_str bytes)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        sl_sse_feed(&f->sse, bytes);
        return;
    case SL_AI_FRAMING_NDJSON:
        f->fed = bytes;
        return;
    case SL_AI_FRAMING_AWS:
        sl_awsevents_feed(&f->aws, bytes);
        return;
    }
}

sl_rc sl_ai_frames_next(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        return sl_sse_next(&f->sse, ret);
    case SL_AI_FRAMING_NDJSON:
        return next_line(f, ret);
    case SL_AI_FRAMING_AWS:
        return next_aws(f, ret);
    }
    sl_panic(__FILE__, __LINE__, "frames: bad framing");
}

sl_str sl_ai_frames_ahead(struct sl_ai_frames *f)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        return sl_sse_ahead(&f->sse);
    case SL_AI_FRAMING_NDJSON:
        forget_given(f);
        return f->carry.n == 0 ? f->fed : (sl_str){0};
    case SL_AI_FRAMING_AWS:
        return (sl_str){0};
    }
    sl_panic(__FILE__, __LINE__, "frames: bad framing");
}

void sl_ai_frames_skip(struct sl_ai_frames *f, size_t n)
{
    if (f->framing == SL_AI_FRAMING_SSE)
        sl_sse_skip(&f->sse, n);
    else
        f->fed = sl_str_from(f->fed, n);
}

sl_rc sl_ai_frames_finish(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        return sl_sse_finish(&f->sse, ret);
    case SL_AI_FRAMING_NDJSON:
        return finish_lines(f, ret);
    case SL_AI_FRAMING_AWS:
        *ret = (struct sl_sse_event){.retry_ms = -1};
        return sl_awsevents_finish(&f->aws);
    }
    sl_panic(__FILE__, __LINE__, "frames: bad framing");
}
