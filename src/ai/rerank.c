#include "ai/rerank.h"

#include "ai/request_int.h"
#include "base/num.h"
#include "base/str.h"

#include <stdlib.h>

/* What a form takes, for the last column of ai/rerank_form.def. */
enum takes {
    PLAIN = 0,
    OBJECTS = 1 << 0,
    NESTED = 1 << 1,
    LIMIT = 1 << 2,
    EXTRA = 1 << 3,
    NO_MODEL = 1 << 4,
};

static const struct form {
    const char *name, *documents, *top;
    unsigned takes;
} forms[] = {
#define X(ID, name, documents, top, takes) {name, documents, top, takes},
#include "ai/rerank_form.def"
#undef X
};

enum sl_ai_rerank_form sl_ai_rerank_target_form(const struct sl_ai_target *t)
{
    static const struct {
        sl_str id;
        enum sl_ai_rerank_form form;
    } rows[] = {
#define X(id, FORM) {SL_STR_INIT(id), SL_AI_RERANK_##FORM},
#include "ai/rerank_vendor.def"
#undef X
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(rows[i].id, t->vendor->id))
            return rows[i].form;
    return SL_AI_RERANK_JINA;
}

/* ------------------------------------------------------------------ reading requests */

struct decoder {
    struct sl_ai_reader r;
    struct sl_ai_rerank_request *rq;
};

static sl_rc fail(struct decoder *d, const struct sl_ai_place *at, const char *message)
{
    return sl_ai_read_fail(&d->r, at, message);
}

static sl_rc read_text(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v,
                       sl_str *ret)
{
    *ret = sl_json_text(v);
    return ret->p != NULL ? SL_OK : fail(d, at, "must be a string");
}

static sl_rc read_model(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    return read_text(d, at, v, &d->rq->model);
}

static sl_rc read_query(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    if (sl_json_kind(v) == SL_JSON_OBJECT)
        v = sl_json_get(v, SL_STR("text"));
    return read_text(d, at, v, &d->rq->query);
}

static sl_rc read_document(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v,
                           struct sl_ai_rerank_document *ret)
{
    const struct sl_json *text =
        sl_json_kind(v) == SL_JSON_OBJECT ? sl_json_get(v, SL_STR("text")) : v;
    ret->text = sl_json_text(text);
    if (ret->text.p == NULL)
        return fail(d, at, "must be a text, or an object with a text");
    return sl_ai_read_raw(&d->r, v, &ret->json);
}

static sl_rc read_documents(struct decoder *d, const struct sl_ai_place *at,
                            const struct sl_json *v)
{
    struct sl_ai_place document_at = {.up = at};
    struct sl_json_cursor c = sl_json_each(v);
    size_t count = sl_json_count(v);
    sl_rc rc = SL_OK;
    if (sl_json_kind(v) != SL_JSON_ARRAY || count == 0)
        return fail(d, at, "must be a list of texts");
    if (count > SL_AI_RERANK_DOCUMENTS_MAX)
        return fail(d, at, "has too many elements");
    if (d->rq->documents != NULL)
        return fail(d, at, "is a second list of documents");
    d->rq->documents = sl_ai_read_alloc(&d->r, count, sizeof(*d->rq->documents));
    if (d->rq->documents == NULL)
        return SL_E_LIMIT;
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_document(d, &document_at, v, &d->rq->documents[d->rq->count++]);
        document_at.index++;
    }
    return rc;
}

static sl_rc read_number(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v,
                         int64_t *ret)
{
    return sl_json_i64(v, ret) && *ret > 0 ? SL_OK : fail(d, at, "must be an integer above 0");
}

static sl_rc read_top(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    return read_number(d, at, v, &d->rq->top);
}

static sl_rc read_limit(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    return read_number(d, at, v, &d->rq->tokens_per_doc);
}

static sl_rc read_returns(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    d->rq->returns_documents = sl_json_is_true(v);
    return sl_json_kind(v) == SL_JSON_TRUE || sl_json_kind(v) == SL_JSON_FALSE
               ? SL_OK
               : fail(d, at, "must be true or false");
}

static const struct member {
    const char *name;
    sl_rc (*read)(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v);
} members[] = {
    {"model", read_model},
    {"query", read_query},
    {"documents", read_documents},
    {"top_n", read_top},
    {"top_k", read_top},
    {"return_documents", read_returns},
    {"max_tokens_per_doc", read_limit},
};

static sl_rc read_member(struct decoder *d, sl_str name, const struct sl_json *v)
{
    struct sl_pair *extra = &d->rq->extra.v[d->rq->extra.n];
    for (size_t i = 0; i < SL_LEN(members); i++) {
        const struct sl_ai_place at = {.name = members[i].name};
        if (sl_str_eq(sl_cstr(members[i].name), name))
            return members[i].read(d, &at, v);
    }
    extra->name = name;
    d->rq->extra.n++;
    return sl_ai_read_raw(&d->r, v, &extra->value);
}

sl_rc sl_ai_rerank_decode(sl_str body, struct sl_arena *a, struct sl_ai_rerank_request *ret,
                          struct sl_diag *diag)
{
    static const char *const required[] = {"query", "documents"};
    struct decoder d = {.r = {.a = a, .d = diag}, .rq = ret};
    const struct sl_json *v, *m;
    sl_str name;
    sl_rc rc = sl_ai_read_body(&d.r, body, NULL, &v);
    for (size_t i = 0; i < SL_LEN(required) && rc == SL_OK; i++)
        rc = sl_ai_read_require(&d.r, v, required[i]);
    if (rc != SL_OK)
        return rc;
    *ret = (struct sl_ai_rerank_request){.top = -1, .tokens_per_doc = -1, .returns_documents = -1};
    ret->extra.v = sl_ai_read_alloc(&d.r, sl_json_count(v), sizeof(struct sl_pair));
    if (ret->extra.v == NULL)
        return SL_E_LIMIT;
    struct sl_json_cursor c = sl_json_each(v);
    while (rc == SL_OK && (m = sl_json_next(&c, &name)) != NULL)
        if (sl_json_kind(m) != SL_JSON_NULL)
            rc = read_member(&d, name, m);
    return rc;
}

/* ------------------------------------------------------------------ writing requests */

struct encoder {
    const struct sl_ai_rerank_request *rq;
    const struct form *form;
    struct sl_ai_writer w; /* its rq is NULL: for the receipt and problems */
};

static bool takes(const struct encoder *e, unsigned what)
{
    return (e->form->takes & what) != 0;
}

static void write_text(struct encoder *e, sl_str text)
{
    if (!takes(e, OBJECTS)) {
        sl_jsonw_str(&e->w.w, text);
        return;
    }
    sl_jsonw_object(&e->w.w);
    sl_jsonw_key_str(&e->w.w, SL_STR("text"), text);
    sl_jsonw_end(&e->w.w);
}

static void write_query_and_documents(struct encoder *e)
{
    sl_jsonw_key(&e->w.w, SL_STR("query"));
    write_text(e, e->rq->query);
    sl_jsonw_key(&e->w.w, sl_cstr(e->form->documents));
    sl_jsonw_array(&e->w.w);
    for (size_t i = 0; i < e->rq->count; i++)
        write_text(e, e->rq->documents[i].text);
    sl_jsonw_end(&e->w.w);
}

/* Jina sends documents back unless told not to; the answer's are made here. */
static sl_rc write_options(struct encoder *e)
{
    if (e->rq->top > 0 && e->form->top[0] != '\0')
        sl_jsonw_key_i64(&e->w.w, sl_cstr(e->form->top), e->rq->top);
    if (e->form == &forms[SL_AI_RERANK_JINA])
        sl_jsonw_key_bool(&e->w.w, SL_STR("return_documents"), false);
    if (e->rq->tokens_per_doc < 0)
        return SL_OK;
    if (!takes(e, LIMIT))
        return sl_ai_drop(&e->w, "max_tokens_per_doc");
    sl_jsonw_key_i64(&e->w.w, SL_STR("max_tokens_per_doc"), e->rq->tokens_per_doc);
    return SL_OK;
}

static sl_rc write_extra(struct encoder *e)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < e->rq->extra.n && rc == SL_OK; i++) {
        const struct sl_pair *p = &e->rq->extra.v[i];
        if (takes(e, EXTRA) && !sl_ai_vendor_drops(e->w.t->vendor, p->name))
            sl_jsonw_key_raw(&e->w.w, p->name, p->value);
        else
            rc = sl_ai_drop_member(&e->w, p->name);
    }
    return rc;
}

static void open_member(struct encoder *e, sl_str name)
{
    if (!takes(e, NESTED))
        return;
    sl_jsonw_key(&e->w.w, name);
    sl_jsonw_object(&e->w.w);
}

static void close_member(struct encoder *e)
{
    if (takes(e, NESTED))
        sl_jsonw_end(&e->w.w);
}

sl_rc sl_ai_rerank_encode(const struct sl_ai_rerank_request *rq, const struct sl_ai_target *t,
                          struct sl_strbuf *out, struct sl_ai_receipt *receipt, struct sl_diag *d)
{
    struct encoder e = {
        .rq = rq,
        .form = &forms[sl_ai_rerank_target_form(t)],
        .w = {.t = t, .receipt = receipt, .a = receipt->arena, .d = d},
    };
    sl_rc rc;
    sl_jsonw_init(&e.w.w, out);
    sl_jsonw_object(&e.w.w);
    if (!takes(&e, NO_MODEL))
        sl_jsonw_key_str(&e.w.w, SL_STR("model"), t->model);
    open_member(&e, SL_STR("input"));
    write_query_and_documents(&e);
    close_member(&e);
    open_member(&e, SL_STR("parameters"));
    rc = write_options(&e);
    close_member(&e);
    if (rc == SL_OK)
        rc = write_extra(&e);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&e.w.w);
    return SL_OK;
}

/* ------------------------------------------------------------------ reading answers */

enum { RESULTS, DATA, RANKINGS, OUTPUT_RESULTS, ID, REQUEST_ID, MODEL, TOTAL, BILLED, WANTED };

static const sl_str wanted[WANTED] = {
    SL_STR_INIT("results"),
    SL_STR_INIT("data"),
    SL_STR_INIT("rankings"),
    SL_STR_INIT("output.results"),
    SL_STR_INIT("id"),
    SL_STR_INIT("request_id"),
    SL_STR_INIT("model"),
    SL_STR_INIT("usage.total_tokens"),
    SL_STR_INIT("meta.billed_units"),
};

static bool get_any(sl_str body, const struct sl_json_range *object, const char *const *names,
                    size_t count, struct sl_json_range *ret)
{
    for (size_t i = 0; i < count; i++)
        if (sl_json_range_get(body, object, sl_cstr(names[i]), ret))
            return true;
    return false;
}

/* {index, relevance_score}, or {index, score}, or {index, logit}. */
static bool read_result(sl_str body, const struct sl_json_range *v, size_t documents,
                        struct sl_ai_rerank_result *ret)
{
    static const char *const scores[] = {"relevance_score", "score", "logit"};
    enum { SCALE = 9 };
    struct sl_json_range index, score;
    int64_t at;
    if (!sl_json_range_get(body, v, SL_STR("index"), &index) ||
        !sl_json_range_i64(body, &index, &at) || at < 0 || (size_t)at >= documents ||
        !get_any(body, v, scores, SL_LEN(scores), &score) || score.kind != SL_JSON_NUMBER)
        return false;
    ret->index = (size_t)at;
    ret->score_json = sl_json_range_text(body, &score);
    return sl_num_rounded(ret->score_json, SCALE, &ret->score_ppb);
}

static bool read_results(sl_str body, const struct sl_json_range *list, size_t documents,
                         struct sl_ai_rerank_answer *ret)
{
    struct sl_json_iter it;
    struct sl_json_range v;
    sl_json_iter_init(&it, body, list);
    while (sl_json_iter_next(&it, &v)) {
        if (ret->count == documents || !read_result(body, &v, documents, &ret->results[ret->count]))
            return false;
        ret->count++;
    }
    return true;
}

static const struct sl_json_range *list_of(const struct sl_json_range *top,
                                           const struct sl_json_range *m)
{
    static const int places[] = {RESULTS, DATA, RANKINGS, OUTPUT_RESULTS};
    for (size_t i = 0; i < SL_LEN(places); i++)
        if (m[places[i]].kind == SL_JSON_ARRAY)
            return &m[places[i]];
    return top->kind == SL_JSON_ARRAY ? top : NULL; /* TEI */
}

/* Order among equals is the vendor's: the sort is made stable by the place. */
static int by_score(const void *a, const void *b)
{
    const struct sl_ai_rerank_result *x = a, *y = b;
    if (x->score_ppb != y->score_ppb)
        return x->score_ppb > y->score_ppb ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static sl_str text_of(sl_str body, const struct sl_json_range *v, struct sl_arena *a)
{
    sl_str text = {0};
    if (v->kind != SL_JSON_STRING ||
        sl_json_string_decode(sl_json_range_text(body, v), a, &text) != SL_OK)
        return (sl_str){0};
    return text;
}

static int64_t count_of(sl_str body, const struct sl_json_range *v)
{
    int64_t n;
    bool is_count =
        v->kind == SL_JSON_NUMBER && sl_num_rounded(sl_json_range_text(body, v), 0, &n) && n >= 0;
    return is_count ? SL_MIN(n, SL_AI_COUNT_MAX) : -1;
}

static void read_usage(sl_str body, const struct sl_json_range *m, struct sl_ai_rerank_answer *ret)
{
    struct sl_json_range units;
    ret->tokens = count_of(body, &m[TOTAL]);
    ret->searches = -1;
    if (sl_json_range_get(body, &m[BILLED], SL_STR("search_units"), &units))
        ret->searches = count_of(body, &units);
    if (ret->tokens < 0 && sl_json_range_get(body, &m[BILLED], SL_STR("total_tokens"), &units))
        ret->tokens = count_of(body, &units);
}

bool sl_ai_rerank_read(sl_str body, const struct sl_ai_rerank_request *rq, struct sl_arena *a,
                       struct sl_ai_rerank_answer *ret)
{
    struct sl_json_range m[WANTED], top;
    struct sl_jsonscan_info info;
    *ret = (struct sl_ai_rerank_answer){0};
    if (sl_jsonscan(body, NULL, wanted, WANTED, m, &info) != SL_OK)
        return false;
    top = sl_json_range_top(body);
    const struct sl_json_range *list = list_of(&top, m);
    ret->results = sl_arena_try_alloc(a, rq->count * sizeof(*ret->results));
    if (list == NULL || ret->results == NULL || !read_results(body, list, rq->count, ret))
        return false;
    if (ret->count != 0)
        qsort(ret->results, ret->count, sizeof(*ret->results), by_score);
    if (rq->top > 0)
        ret->count = SL_MIN(ret->count, (size_t)rq->top);
    read_usage(body, m, ret);
    ret->model = text_of(body, &m[MODEL], a);
    ret->id = text_of(body, &m[m[ID].is_present ? ID : REQUEST_ID], a);
    return true;
}

/* ------------------------------------------------------------------ writing answers */

static void put_document(struct sl_jsonw *w, const struct sl_ai_rerank_document *d)
{
    sl_jsonw_key(w, SL_STR("document"));
    if (sl_str_starts(d->json, SL_STR("{"))) { /* as it was given */
        sl_jsonw_raw(w, d->json);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("text"), d->text);
    sl_jsonw_end(w);
}

static void put_results(struct sl_jsonw *w, const struct sl_ai_rerank_request *rq,
                        const struct sl_ai_rerank_answer *answer, bool has_documents)
{
    sl_jsonw_key(w, SL_STR("results"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < answer->count; i++) {
        const struct sl_ai_rerank_result *r = &answer->results[i];
        sl_jsonw_object(w);
        sl_jsonw_key_i64(w, SL_STR("index"), (int64_t)r->index);
        sl_jsonw_key_raw(w, SL_STR("relevance_score"), r->score_json);
        if (has_documents)
            put_document(w, &rq->documents[r->index]);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void put_count(struct sl_jsonw *w, const char *object, const char *name, int64_t n)
{
    if (n < 0)
        return;
    sl_jsonw_key(w, sl_cstr(object));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, sl_cstr(name), n);
    sl_jsonw_end(w);
}

void sl_ai_rerank_write(const struct sl_ai_rerank_request *rq,
                        const struct sl_ai_rerank_answer *answer, bool unsaid, sl_str model,
                        sl_str request_id, struct sl_strbuf *out)
{
    bool has_documents = rq->returns_documents >= 0 ? rq->returns_documents != 0 : unsaid;
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("id"), answer->id.n != 0 ? answer->id : request_id);
    sl_jsonw_key_str(&w, SL_STR("model"), model);
    put_results(&w, rq, answer, has_documents);
    put_count(&w, "usage", "total_tokens", answer->tokens);
    if (answer->searches >= 0) {
        sl_jsonw_key(&w, SL_STR("meta"));
        sl_jsonw_object(&w);
        put_count(&w, "billed_units", "search_units", answer->searches);
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
}
