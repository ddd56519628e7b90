#include "ai/alike.h"

#include "base/str.h"

void sl_ai_alike_forget(struct sl_ai_alike *a)
{
    a->event.n = a->string_count = 0;
    a->is_spoilt = true;
}

void sl_ai_alike_begin(struct sl_ai_alike *a)
{
    a->is_spoilt = false;
}

void sl_ai_alike_spoil(struct sl_ai_alike *a)
{
    a->is_spoilt = true;
}

void sl_ai_alike_string(struct sl_ai_alike *a, const struct sl_json_range *r, bool is_counted)
{
    size_t k = a->string_count;
    if (k == SL_AI_ALIKE_STRINGS || r->kind != SL_JSON_STRING) {
        a->is_spoilt = true;
        return;
    }
    for (; k > 0 && a->strings[k - 1].at > r->at; k--)
        a->strings[k] = a->strings[k - 1];
    a->strings[k] =
        (struct sl_ai_alike_string){.at = r->at + 1, .n = r->n - 2, .is_counted = is_counted};
    a->string_count++;
}

/* ------------------------------------------------------------------ learning */

static bool is_inside(sl_str outer, sl_str inner)
{
    return inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n;
}

/* No part of it belongs to the bytes around it: it neither begins with the end of a line, or with a byte
 * order mark, nor ends with what may be half of a line's end. */
static bool stands_alone(sl_str raw)
{
    return raw.n != 0 && raw.p[0] != '\n' && raw.p[0] != '\r' &&
           !sl_str_starts(raw, SL_STR("\xef\xbb\xbf")) && raw.p[raw.n - 1] == '\n';
}

/* In the room there is, or in new one for texts a little longer. */
static bool keep(struct sl_ai_alike *a, struct sl_ai_alike_text *to, sl_str text)
{
    enum { STEP = 64 };
    if (text.n > to->cap) {
        size_t cap = text.n + STEP;
        to->p = sl_arena_try_raw(a->arena, cap);
        to->cap = to->p != NULL ? cap : 0;
    }
    if (text.n > to->cap)
        return false;
    if (text.n != 0)
        memcpy(to->p, text.p, text.n);
    to->n = text.n;
    return true;
}

static void keep_answer(struct sl_ai_alike *a, sl_str answer)
{
    if (answer.n > SL_AI_ALIKE_BYTES || !keep(a, &a->answer, answer))
        sl_ai_alike_forget(a);
}

bool sl_ai_alike_learn(struct sl_ai_alike *a, struct sl_arena *arena, const struct sl_sse_event *ev)
{
    a->arena = arena;
    if (a->is_spoilt || ev->raw.n > SL_AI_ALIKE_BYTES || !is_inside(ev->raw, ev->data) ||
        !stands_alone(ev->raw) || !keep(a, &a->event, ev->raw)) {
        sl_ai_alike_forget(a);
        return false;
    }
    size_t data_at = (size_t)(ev->data.p - ev->raw.p);
    for (size_t i = 0; i < a->string_count; i++)
        a->strings[i].at += data_at;
    return true;
}

/* The places of the strings up to `at` in the event, when the answer is `by` bytes longer there. */
static size_t place_strings(struct sl_ai_alike *a, size_t from, size_t at, size_t by)
{
    for (; from < a->string_count && a->strings[from].at < at; from++) {
        a->strings[from].to = a->strings[from].at + by;
        a->strings[from].is_written = true;
    }
    return from;
}

void sl_ai_alike_becomes(struct sl_ai_alike *a, const struct sl_splice *edits, size_t count)
{
    sl_str event = {a->event.p, a->event.n};
    size_t from = 0, by = 0; /* may be less than nothing: sums of sizes wrap around */
    a->passes = count == 0;
    if (a->passes || a->event.n == 0)
        return;
    struct sl_strbuf b = {0};
    sl_splice_strbuf(&b, event, edits, count);
    keep_answer(a, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
    for (size_t i = 0; i < count; i++) {
        from = place_strings(a, from, edits[i].at, by);
        by += edits[i].with.n - edits[i].n;
    }
    (void)place_strings(a, from, SIZE_MAX, by);
}

void sl_ai_alike_writes(struct sl_ai_alike *a, sl_str answer, size_t at)
{
    a->passes = false;
    keep_answer(a, answer);
    for (size_t i = 0; i < a->string_count; i++) {
        a->strings[i].is_written = a->strings[i].is_counted;
        a->strings[i].to = at;
    }
}

/* ------------------------------------------------------------------ finding */

/* Is the learnt event from `from` to `to` also what stands at `at`? */
static bool goes_on(const struct sl_ai_alike *a, size_t from, size_t to, sl_str bytes, size_t at)
{
    return bytes.n - at >= to - from && memcmp(bytes.p + at, a->event.p + from, to - from) == 0;
}

bool sl_ai_alike_match(const struct sl_ai_alike *a, sl_str bytes, struct sl_ai_alike_match *ret)
{
    size_t from = 0, at = 0;
    if (a->event.n == 0)
        return false;
    for (size_t i = 0; i < a->string_count; i++) {
        const struct sl_ai_alike_string *was = &a->strings[i];
        size_t n;
        if (!goes_on(a, from, was->at, bytes, at))
            return false;
        at += was->at - from;
        if (!sl_jsonscan_string(bytes, at, &n))
            return false;
        ret->strings[i] = (sl_str){bytes.p + at, n};
        at += n;
        from = was->at + was->n;
    }
    ret->n = at + a->event.n - from;
    return goes_on(a, from, a->event.n, bytes, at);
}

size_t sl_ai_alike_answer_bytes(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m)
{
    size_t bytes = a->answer.n;
    if (a->passes)
        return m->n;
    for (size_t i = 0; i < a->string_count; i++)
        if (a->strings[i].is_written)
            bytes += m->strings[i].n - a->strings[i].n;
    return bytes;
}

static char *add(char *to, const char *p, size_t n)
{
    memcpy(to, p, n);
    return to + n;
}

void sl_ai_alike_put(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m, char *to)
{
    size_t from = 0;
    SL_ASSERT(!a->passes);
    for (size_t i = 0; i < a->string_count; i++) {
        const struct sl_ai_alike_string *s = &a->strings[i];
        if (!s->is_written)
            continue;
        to = add(to, a->answer.p + from, s->to - from);
        to = add(to, m->strings[i].p, m->strings[i].n);
        from = s->to + s->n;
    }
    add(to, a->answer.p + from, a->answer.n - from);
}
