/*
 * The models that the program knows, of all vendors: searched by words, narrowed, put in order, page by page. They are
 * constant, so a page begins at a count; which models of the table fit is looked up again for each page.
 */
#include "ai/catalog.h"
#include "ai/provider.h"
#include "base/money.h"
#include "base/num.h"
#include "base/str.h"
#include "control/api_int.h"

#include <stdlib.h>

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 500, WORDS_MAX = 8, WORDS_BYTES_MAX = 256 };

const struct sl_api_parameter sl_api_catalogue_parameters[] = {
    {"vendor", "{\"type\":\"string\"}",
     "Only those of this vendor: an id of `GET /catalogue/vendors`. Without `limit` all of them."},
    {"model", "{\"type\":\"string\"}", "Only those with exactly this name."},
    {"q", "{\"type\":\"string\",\"maxLength\":256}",
     "At most 8 words, all of which stand in the model's name or the vendor's."},
    {"ability", "{\"type\":\"string\"}", "Only those with this one of `abilities`."},
    {"mode", "{\"type\":\"string\"}", "Only those of this `mode`."},
    {"sort",
     "{\"enum\":[\"name\",\"input\",\"-input\",\"output\",\"-output\",\"context_tokens\","
     "\"-context_tokens\"],\"default\":\"name\"}",
     "`name`: by vendor, then name; else by price or size, `-` the greatest first. Those of which it "
     "is not known are last."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":100}",
     "How many at most."},
    {"cursor", "{\"type\":\"string\"}", "`next_cursor` of the page before."},
    {NULL, NULL, NULL},
};

const char sl_api_catalogue_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\",\"total\"],\"properties\":{\"items\":{\"type\":"
    "\"array\",\"items\":{\"type\":\"object\",\"required\":[\"vendor\",\"name\",\"mode\","
    "\"is_deprecated\",\"context_tokens\",\"max_output_tokens\",\"has_price\",\"abilities\"],"
    "\"properties\":{\"vendor\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"mode\":{"
    "\"type\":\"string\"},\"is_deprecated\":{\"type\":\"boolean\"},\"context_tokens\":{\"type\":"
    "\"integer\",\"description\":\"0: not known.\"},\"max_output_tokens\":{\"type\":\"integer\","
    "\"description\":\"0: not known.\"},\"has_price\":{\"type\":\"boolean\"},\"prices\":{\"type\":"
    "\"object\",\"description\":\"US dollars per million tokens.\",\"additionalProperties\":{\"type\":"
    "\"string\"}},\"has_price_rules\":{\"type\":\"boolean\",\"description\":\"Others hold under "
    "conditions.\"},\"abilities\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}},"
    "\"total\":{\"type\":\"integer\",\"description\":\"How many fit.\"},\"next_cursor\":{\"type\":"
    "\"string\"}}}";

/* ------------------------------------------------------------------ one model */

static void write_flags(const struct sl_ai_model *m, struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("abilities"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < SL_AI_MODEL_FLAG_COUNT; i++) {
        if ((m->flags & 1u << i) != 0)
            sl_jsonw_str(w, sl_ai_model_flag_name(i));
    }
    sl_jsonw_end(w);
}

/* US dollars per million tokens, those that are known. */
static void write_prices(const struct sl_ai_price *p, struct sl_arena *a, struct sl_jsonw *w)
{
    static const char *const names[] = {
#define X(ID, name, side, fallback, text) #name,
#include "ai/usage_bucket.def"
#undef X
    };
    sl_jsonw_key(w, SL_STR("prices"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < SL_LEN(names); i++) {
        struct sl_strbuf usd;
        if (p->base.musd[i] == SL_AI_PRICE_UNKNOWN)
            continue;
        sl_strbuf_init(&usd, a, 0);
        sl_money_add(&usd, p->base.musd[i] * 1000); /* at most 1e15: SL_AI_PRICE_MAX */
        sl_jsonw_key_str(w, sl_cstr(names[i]), sl_strbuf_str(&usd));
    }
    sl_jsonw_end(w);
    sl_jsonw_key_bool(w, SL_STR("has_price_rules"), p->rules_n != 0);
}

static void write_model(const struct sl_ai_vendor *v, const struct sl_ai_model *m,
                        struct sl_arena *a, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("vendor"), v->id);
    sl_jsonw_key_str(w, SL_STR("name"), m->name);
    sl_jsonw_key_str(w, SL_STR("mode"), sl_ai_mode_name(m->mode));
    sl_jsonw_key_bool(w, SL_STR("is_deprecated"), m->status == SL_AI_MODEL_DEPRECATED);
    sl_jsonw_key_i64(w, SL_STR("context_tokens"), m->context_tokens);
    sl_jsonw_key_i64(w, SL_STR("max_output_tokens"), m->max_output_tokens);
    sl_jsonw_key_bool(w, SL_STR("has_price"), m->price != NULL);
    if (m->price != NULL)
        write_prices(m->price, a, w);
    write_flags(m, w);
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ which */

enum order { BY_NAME, BY_INPUT, BY_OUTPUT, BY_CONTEXT };

struct asked {
    const struct sl_ai_vendor *vendor; /* NULL: all */
    sl_str model;                      /* p == NULL: any */
    sl_str words[WORDS_MAX];
    size_t word_count;
    uint32_t flag; /* 0: whatever it can do */
    sl_str mode;   /* p == NULL: any */
    enum order order;
    bool is_falling;
    size_t limit, skip;
};

struct fit {
    const struct sl_ai_vendor *vendor;
    uint32_t model; /* of those of the vendor */
    uint32_t place; /* by name */
    int64_t value;  /* by which they are put in order */
};

static bool is_at(sl_str text, size_t at, sl_str word)
{
    return sl_str_istarts(sl_str_from(text, at), word);
}

static bool has_word(sl_str text, sl_str word)
{
    for (size_t i = 0; i + word.n <= text.n; i++) {
        if (is_at(text, i, word))
            return true;
    }
    return false;
}

static bool has_words(const struct asked *q, const struct sl_ai_vendor *v, sl_str name)
{
    for (size_t i = 0; i < q->word_count; i++) {
        if (!has_word(name, q->words[i]) && !has_word(v->name, q->words[i]) &&
            !has_word(v->id, q->words[i]))
            return false;
    }
    return true;
}

static bool fits(const struct asked *q, const struct sl_ai_vendor *v, const struct sl_ai_model *m)
{
    return (q->flag == 0 || (m->flags & q->flag) != 0) &&
           (q->mode.p == NULL || sl_str_eq(q->mode, sl_ai_mode_name(m->mode))) &&
           (q->model.p == NULL || sl_str_eq(q->model, m->name)) && has_words(q, v, m->name);
}

/* The smallest is first; what is not known is last, whichever way. */
static int64_t value_of(const struct asked *q, const struct sl_ai_model *m)
{
    int64_t value = -1;
    if (q->order == BY_CONTEXT && m->context_tokens != 0)
        value = m->context_tokens;
    else if ((q->order == BY_INPUT || q->order == BY_OUTPUT) && m->price != NULL)
        value =
            m->price->base.musd[q->order == BY_INPUT ? SL_AI_BUCKET_INPUT : SL_AI_BUCKET_OUTPUT];
    if (value < 0)
        return q->order == BY_NAME ? 0 : INT64_MAX;
    return q->is_falling ? -value : value;
}

static int compare(const void *a, const void *b)
{
    const struct fit *one = a, *other = b;
    if (one->value != other->value)
        return one->value < other->value ? -1 : 1;
    return one->place < other->place ? -1 : one->place > other->place;
}

/* Into a list that has room for all that the vendors have. */
static void gather(const struct asked *q, const struct sl_ai_vendor *v, struct fit *fit, size_t *n)
{
    struct sl_ai_model m;
    for (uint32_t i = 0; sl_ai_catalog_model(v->catalog, i, &m); i++) {
        if (!fits(q, v, &m))
            continue;
        fit[*n] = (struct fit){v, i, (uint32_t)*n, value_of(q, &m)};
        (*n)++;
    }
}

static struct fit *find(const struct asked *q, struct sl_arena *a, size_t *ret_n)
{
    const struct sl_ai_vendor *v;
    size_t most = 1, n = 0;
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        most += sl_ai_catalog_model_count(v->catalog);
    struct fit *fit = sl_arena_alloc(a, most * sizeof(*fit));
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        if (q->vendor == NULL || q->vendor == v)
            gather(q, v, fit, &n);
    }
    qsort(fit, n, sizeof(*fit), compare);
    *ret_n = n;
    return fit;
}

/* ------------------------------------------------------------------ the question */

static bool read_words(struct sl_call *c, struct asked *q)
{
    sl_str text = sl_call_query(c, "q"), word;
    if (text.n > WORDS_BYTES_MAX)
        return sl_call_refuse(c, "q", "must have at most 256 bytes");
    while (text.p != NULL && sl_str_split(&text, ' ', &word)) {
        if (word.n == 0)
            continue;
        if (q->word_count == WORDS_MAX)
            return sl_call_refuse(c, "q", "must have at most 8 words");
        q->words[q->word_count++] = word;
    }
    return true;
}

static bool read_order(struct sl_call *c, struct asked *q)
{
    static const char *const names[] = {[BY_NAME] = "name",
                                        [BY_INPUT] = "input",
                                        [BY_OUTPUT] = "output",
                                        [BY_CONTEXT] = "context_tokens"};
    sl_str text = sl_call_query(c, "sort");
    q->is_falling = sl_str_starts(text, SL_STR("-"));
    for (size_t i = 0; text.p != NULL && i < SL_LEN(names); i++) {
        if (!sl_str_eq(sl_str_from(text, q->is_falling ? 1 : 0), sl_cstr(names[i])))
            continue;
        q->order = (enum order)i;
        if (q->order != BY_NAME || !q->is_falling)
            return true;
    }
    return text.p == NULL ||
           sl_call_refuse(c, "sort", "must be name, input, output or context_tokens");
}

static bool read_mode(struct sl_call *c, struct asked *q)
{
    q->mode = sl_call_query(c, "mode");
    for (size_t i = 0; q->mode.p != NULL && i < SL_AI_MODE_COUNT; i++) {
        if (sl_str_eq(q->mode, sl_ai_mode_name((enum sl_ai_mode)i)))
            return true;
    }
    return q->mode.p == NULL || sl_call_refuse(c, "mode", "must be the mode of a model");
}

static bool read_cursor(struct sl_call *c, struct asked *q)
{
    sl_str text = sl_call_query(c, "cursor");
    int64_t skip = 0;
    if (text.p != NULL && (!sl_num_i64(text, &skip) || skip < 0))
        return sl_call_refuse(c, "cursor", "must be one of an answer before");
    q->skip = (size_t)skip;
    return true;
}

static bool read_asked(struct sl_call *c, struct asked *q)
{
    sl_str vendor = sl_call_query(c, "vendor"), ability = sl_call_query(c, "ability");
    *q = (struct asked){.vendor = sl_ai_vendor_find(vendor),
                        .model = sl_call_query(c, "model"),
                        .flag = sl_ai_model_flag_of(ability)};
    uint32_t dflt = q->vendor != NULL ? UINT32_MAX : LIMIT_DEFAULT;
    if (!sl_call_check_query(c, sl_api_catalogue_parameters))
        return false;
    if (vendor.p != NULL && q->vendor == NULL)
        return sl_call_refuse(c, "vendor", "must be the id of one of GET /catalogue/vendors");
    if (ability.p != NULL && q->flag == 0)
        return sl_call_refuse(c, "ability", "must be an ability of a model");
    return sl_call_limit(c, dflt, LIMIT_MAX, &q->limit) && read_words(c, q) && read_order(c, q) &&
           read_mode(c, q) && read_cursor(c, q);
}

void sl_api_catalogue(struct sl_call *c)
{
    struct sl_ai_model m;
    struct sl_strbuf out;
    struct sl_jsonw w;
    struct asked q;
    size_t n;
    if (!read_asked(c, &q))
        return;
    const struct fit *fit = find(&q, c->a, &n);
    size_t begin = SL_MIN(q.skip, n), end = begin + SL_MIN(q.limit, n - begin);
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("items"));
    sl_jsonw_array(&w);
    for (size_t i = begin; i < end; i++) {
        if (sl_ai_catalog_model(fit[i].vendor->catalog, fit[i].model, &m))
            write_model(fit[i].vendor, &m, c->a, &w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_key_i64(&w, SL_STR("total"), (int64_t)n);
    if (end < n)
        sl_jsonw_key_str(&w, SL_STR("next_cursor"), sl_fmt(c->a, "%zu", end));
    sl_jsonw_end(&w);
    sl_call_json(c, 200, sl_strbuf_str(&out));
}
