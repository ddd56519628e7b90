#include "ai/catalog.h"

#include "ai/catalog_int.h"
#include "base/str.h"

static const sl_str mode_names[] = {
#define X(ID, name) SL_STR_INIT(name),
#include "ai/model_mode.def"
#undef X
};

static const sl_str flag_names[] = {
#define X(ID, name, text) SL_STR_INIT(name),
#include "ai/model_flag.def"
#undef X
};

_Static_assert(SL_AI_MODEL_FLAG_COUNT <= 31, "an enum constant holds each flag");

static sl_str text_of(struct catalog_text t)
{
    return sl_str_of(catalog_pool + t.at, t.n);
}

static const struct catalog_vendor *find_vendor(sl_str name)
{
    size_t low = 0, high = catalog_vendors_n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sl_str_cmp(text_of(catalog_vendors[middle].name), name);
        if (order == 0)
            return &catalog_vendors[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct catalog_model *find_model(const struct catalog_vendor *v, sl_str name)
{
    size_t low = v->first, high = v->first + v->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sl_str_cmp(text_of(catalog_models[middle].name), name);
        if (order == 0)
            return &catalog_models[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct sl_ai_model model_of(const struct catalog_vendor *v, const struct catalog_model *m)
{
    return (struct sl_ai_model){
        .vendor = text_of(v->name),
        .name = text_of(m->name),
        .mode = (enum sl_ai_mode)m->mode,
        .status = (enum sl_ai_model_status)m->status,
        .context_tokens = m->context_tokens,
        .max_output_tokens = m->max_output_tokens,
        .flags = m->flags,
        .price = m->price < CATALOG_MAYBE_FREE ? &catalog_prices[m->price] : NULL,
        .is_maybe_free = m->price == CATALOG_MAYBE_FREE,
        .source = text_of(catalog_words[m->source]),
        .as_of = text_of(catalog_words[m->as_of]),
    };
}

bool sl_ai_catalog_find(sl_str vendor, sl_str name, struct sl_ai_model *ret)
{
    const sl_str resource = SL_STR("models/");
    const struct catalog_vendor *v = find_vendor(vendor);
    if (v == NULL)
        return false;

    const struct catalog_model *m = find_model(v, name);
    if (m == NULL && sl_str_starts(name, resource))
        m = find_model(v, sl_str_from(name, resource.n));
    if (m == NULL)
        return false;

    *ret = model_of(v, m);
    return true;
}

size_t sl_ai_catalog_vendor_count(void)
{
    return catalog_vendors_n;
}

sl_str sl_ai_catalog_vendor(size_t i)
{
    SL_ASSERT(i < catalog_vendors_n);
    return text_of(catalog_vendors[i].name);
}

size_t sl_ai_catalog_model_count(sl_str vendor)
{
    const struct catalog_vendor *v = find_vendor(vendor);

    return v != NULL ? v->count : 0;
}

bool sl_ai_catalog_model(sl_str vendor, size_t i, struct sl_ai_model *ret)
{
    const struct catalog_vendor *v = find_vendor(vendor);
    if (v == NULL || i >= v->count)
        return false;

    *ret = model_of(v, &catalog_models[v->first + i]);
    return true;
}

sl_str sl_ai_mode_name(enum sl_ai_mode mode)
{
    SL_ASSERT(mode < SL_AI_MODE_COUNT);
    return mode_names[mode];
}

uint32_t sl_ai_model_flag_of(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(flag_names); i++)
        if (sl_str_eq(flag_names[i], name))
            return UINT32_C(1) << i;
    return 0;
}

sl_str sl_ai_model_flag_name(size_t i)
{
    SL_ASSERT(i < SL_AI_MODEL_FLAG_COUNT);
    return flag_names[i];
}
