/*
 * Any bytes into codec/sse, whole and chopped: the same events, and the raws in a row are the stream.
 * The first byte says how to chop.
 */
#include "base/err.h"
#include "base/str.h"
#include "codec/sse.h"

struct outcome {
    struct sl_strbuf log, raws;
    sl_rc rc;
};

static void note_part(struct sl_strbuf *log, sl_str part)
{
    sl_strbuf_add_u64(log, part.n);
    sl_strbuf_add_char(log, ':');
    sl_strbuf_add(log, part);
}

static void note(struct outcome *o, const struct sl_sse_event *ev)
{
    note_part(&o->log, ev->event);
    note_part(&o->log, ev->data);
    note_part(&o->log, ev->id);
    sl_strbuf_add_i64(&o->log, ev->retry_ms);
    sl_strbuf_add_i64(&o->log, ev->has_data * 2 + ev->has_id);
    sl_strbuf_add(&o->raws, ev->raw);
}

static struct outcome parse(sl_str text, size_t step)
{
    struct outcome o = {.rc = SL_E_AGAIN};
    struct sl_sse p;
    struct sl_sse_event ev;
    sl_sse_init(&p, 0);
    for (size_t at = 0; at < text.n && o.rc == SL_E_AGAIN; at += step) {
        sl_sse_feed(&p, sl_str_head(sl_str_from(text, at), step));
        while ((o.rc = sl_sse_next(&p, &ev)) == SL_OK)
            note(&o, &ev);
    }
    if (o.rc == SL_E_AGAIN && sl_sse_finish(&p, &ev) != SL_OK)
        note(&o, &ev);
    sl_sse_fini(&p);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    sl_str text = {(const char *)data + 1, size - 1};
    struct outcome whole = parse(text, size), chopped = parse(text, 1 + data[0] % 32);
    SL_ASSERT(whole.rc == chopped.rc || text.n == 0);
    SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.log), sl_strbuf_str(&chopped.log)));
    SL_ASSERT(sl_str_starts(text, sl_strbuf_str(&whole.raws)));
    SL_ASSERT(sl_str_starts(text, sl_strbuf_str(&chopped.raws)));
    SL_ASSERT(whole.rc != SL_E_AGAIN || text.n - whole.raws.n <= 1);
    sl_strbuf_fini(&whole.log);
    sl_strbuf_fini(&whole.raws);
    sl_strbuf_fini(&chopped.log);
    sl_strbuf_fini(&chopped.raws);
    return 0;
}
