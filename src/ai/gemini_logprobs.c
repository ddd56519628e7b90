#include "ai/gemini_logprobs.h"

#include "base/money.h"
#include "base/num.h"
#include "base/str.h"

enum {
    SCALE = 9,                 /* digits of the average */
    PARSED_BYTES = SL_MIB(16), /* those of one event */
};

/* ------------------------------------------------------------------ reading */

static void write_token(struct sl_jsonw *w, const struct sl_json *v)
{
    const struct sl_json *p = sl_json_of(v, "logProbability");

    sl_jsonw_key_str(w, SL_STR("token"), sl_json_text_of(v, "token"));
    sl_jsonw_key_raw(w, SL_STR("logprob"),
                     sl_json_kind(p) == SL_JSON_NUMBER ? sl_json_number(p) : SL_STR("0"));
    sl_jsonw_key_raw(w, SL_STR("bytes"), SL_STR("null"));
}

static void write_others(struct sl_jsonw *w, const struct sl_json *top)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(top, "candidates"));
    const struct sl_json *v;

    sl_jsonw_key(w, SL_STR("top_logprobs"));
    sl_jsonw_array(w);
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        sl_jsonw_object(w);
        write_token(w, v);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

sl_str sl_ai_gemini_logprobs_read(struct sl_ai_decoder *d, const struct sl_json *candidate)
{
    const struct sl_json *result = sl_json_of(candidate, "logprobsResult");
    struct sl_json_cursor chosen = sl_json_each(sl_json_of(result, "chosenCandidates"));
    struct sl_json_cursor top = sl_json_each(sl_json_of(result, "topCandidates"));
    const struct sl_json *v;
    struct sl_strbuf b;
    struct sl_jsonw w;

    if (sl_json_count(sl_json_of(result, "chosenCandidates")) == 0)
        return (sl_str){0};
    sl_strbuf_init(&b, d->scratch, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("content"));
    sl_jsonw_array(&w);
    while ((v = sl_json_next(&chosen, NULL)) != NULL) {
        sl_jsonw_object(&w);
        write_token(&w, v);
        write_others(&w, sl_json_next(&top, NULL));
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ writing */

void sl_ai_logprobs_init(struct sl_ai_logprobs *l, struct sl_arena *a)
{
    sl_strbuf_init(&l->chosen, a, SL_AI_KEPT_BYTES);
    sl_strbuf_init(&l->top, a, SL_AI_KEPT_BYTES);
}

static sl_str number_of(const struct sl_json *v)
{
    const struct sl_json *p = sl_json_of(v, "logprob");

    return sl_json_kind(p) == SL_JSON_NUMBER ? sl_json_number(p) : SL_STR("0");
}

/* One that is no number of this world has no part in the average. */
static void count(struct sl_ai_logprobs *l, const struct sl_json *v)
{
    int64_t p;

    if (!sl_num_rounded(number_of(v), SCALE, &p))
        return;
    l->sum = sl_add_sat_i64(l->sum, p);
    l->count++;
}

static void write_candidate(struct sl_jsonw *w, const struct sl_json *v)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("token"), sl_json_text_of(v, "token"));
    sl_jsonw_key_raw(w, SL_STR("logProbability"), number_of(v));
    sl_jsonw_end(w);
}

static void write_top(struct sl_jsonw *w, const struct sl_json *v)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(v, "top_logprobs"));
    const struct sl_json *one;

    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("candidates"));
    sl_jsonw_array(w);
    while ((one = sl_json_next(&c, NULL)) != NULL)
        write_candidate(w, one);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void add_token(struct sl_ai_logprobs *l, const struct sl_json *v)
{
    struct sl_strbuf *buffers[] = {&l->chosen, &l->top};
    struct sl_jsonw w;

    for (size_t i = 0; i < SL_LEN(buffers); i++) {
        if (buffers[i]->n != 0)
            sl_strbuf_add(buffers[i], SL_STR(","));
        sl_jsonw_init(&w, buffers[i]);
        if (i == 0)
            write_candidate(&w, v);
        else
            write_top(&w, v);
    }
    count(l, v);
}

bool sl_ai_logprobs_add(struct sl_ai_logprobs *l, sl_str json)
{
    struct sl_arena *a = sl_arena_new("logprobs", PARSED_BYTES);
    struct sl_jsonscan_info info;
    struct sl_json_cursor c;
    const struct sl_json *v;

    if (sl_json_parse(json, a, &v, &info) == SL_OK) {
        c = sl_json_each(sl_json_of(v, "content"));
        while ((v = sl_json_next(&c, NULL)) != NULL)
            add_token(l, v);
    }
    sl_arena_free(a);
    return !l->chosen.is_full && !l->top.is_full;
}

static void write_list(struct sl_jsonw *w, const char *name, struct sl_strbuf *list)
{
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(list));
    sl_jsonw_end(w);
    sl_strbuf_clear(list);
}

void sl_ai_logprobs_write(struct sl_jsonw *w, struct sl_ai_logprobs *l)
{
    if (l->chosen.n == 0)
        return;
    sl_jsonw_key(w, SL_STR("logprobsResult"));
    sl_jsonw_object(w);
    write_list(w, "topCandidates", &l->top);
    write_list(w, "chosenCandidates", &l->chosen);
    sl_jsonw_end(w);
}

void sl_ai_logprobs_write_average(struct sl_jsonw *w, const struct sl_ai_logprobs *l)
{
    struct sl_strbuf text = {0};

    if (l->count == 0)
        return;
    sl_money_add(&text, l->sum / l->count); /* billionths, as amounts of money are */
    sl_jsonw_key_raw(w, SL_STR("avgLogprobs"), sl_strbuf_str(&text));
    sl_strbuf_fini(&text);
}
