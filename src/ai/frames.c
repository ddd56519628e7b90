#include "ai/frames.h"

#include "base/err.h"
#include "base/str.h"

void sl_ai_frames_fini(struct sl_ai_frames *f)
{
    sl_sse_fini(&f->sse);
    sl_strbuf_fini(&f->carry);
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

/* ------------------------------------------------------------------ all framings */

void sl_ai_frames_feed(struct sl_ai_frames *f, sl_str bytes)
{
    if (f->framing == SL_AI_FRAMING_SSE)
        sl_sse_feed(&f->sse, bytes);
    else
        f->fed = bytes;
}

sl_rc sl_ai_frames_next(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        return sl_sse_next(&f->sse, ret);
    case SL_AI_FRAMING_NDJSON:
        return next_line(f, ret);
    }
    sl_panic(__FILE__, __LINE__, "frames: bad framing");
}

sl_rc sl_ai_frames_finish(struct sl_ai_frames *f, struct sl_sse_event *ret)
{
    switch (f->framing) {
    case SL_AI_FRAMING_SSE:
        return sl_sse_finish(&f->sse, ret);
    case SL_AI_FRAMING_NDJSON:
        return finish_lines(f, ret);
    }
    sl_panic(__FILE__, __LINE__, "frames: bad framing");
}
