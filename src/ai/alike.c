#include "ai/alike.h"

#include "base/str.h"

void sl_ai_alike_forget(struct sl_ai_alike *a)
{
    a->n = a->string_count = 0;
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

void sl_ai_alike_learn(struct sl_ai_alike *a, sl_str text)
{
    if (a->is_spoilt || text.n > sizeof(a->text))
        return;
    memcpy(a->text, text.p, text.n);
    a->n = text.n;
}

/* Is the learnt text from `from` to `to` also what stands at `at`? */
static bool goes_on(const struct sl_ai_alike *a, size_t from, size_t to, sl_str text, size_t at)
{
    return text.n - at >= to - from && memcmp(text.p + at, a->text + from, to - from) == 0;
}

bool sl_ai_alike_match(const struct sl_ai_alike *a, sl_str text, struct sl_ai_alike_match *ret)
{
    size_t from = 0, at = 0;
    if (a->n == 0)
        return false;
    for (size_t i = 0; i < a->string_count; i++) {
        const struct sl_ai_alike_string *was = &a->strings[i];
        struct sl_ai_alike_string *is = &ret->strings[i];
        if (!goes_on(a, from, was->at, text, at))
            return false;
        *is = (struct sl_ai_alike_string){.at = at + was->at - from, .is_counted = was->is_counted};
        if (!sl_jsonscan_string(text, is->at, &is->n))
            return false;
        at = is->at + is->n;
        from = was->at + was->n;
    }
    return text.n - at == a->n - from && goes_on(a, from, a->n, text, at);
}

/* By how much what stands at `at` has moved. */
static size_t moved(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m, size_t at)
{
    size_t to = at;
    for (size_t i = 0; i < a->string_count && a->strings[i].at < at; i++)
        to = to - a->strings[i].n + m->strings[i].n;
    return to;
}

void sl_ai_alike_move(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m,
                      struct sl_json_range *r)
{
    if (!r->is_present)
        return;
    size_t at = moved(a, m, r->at);
    r->n = moved(a, m, r->at + r->n) - at;
    r->at = at;
    r->key_at = moved(a, m, r->key_at);
}
