#include "ai/surface.h"

#include "ai/dialect.h"
#include "ai/operation.h"
#include "base/str.h"

/* ------------------------------------------------------------------ an account's */

static size_t count_rows(const struct sl_ai_vendor *v)
{
    size_t n = 0;
    for (; v != NULL; v = sl_ai_vendor_next(v))
        n++;
    return n;
}

struct sl_ai_surfaces sl_ai_surfaces_make(const struct sl_ai_vendor *vendor, sl_str main_path,
                                          sl_str base_path, struct sl_arena *a)
{
    struct sl_ai_surface *v = sl_arena_array(a, struct sl_ai_surface, count_rows(vendor));
    size_t n = 0;
    bool has_main_path = sl_str_ends(base_path, main_path);
    sl_str above = sl_str_head(base_path, base_path.n - (has_main_path ? main_path.n : 0));
    for (const struct sl_ai_vendor *row = vendor; row != NULL; row = sl_ai_vendor_next(row)) {
        if (row->root.p == NULL)
            v[n++] = (struct sl_ai_surface){.row = row, .base_path = base_path};
        else if (has_main_path)
            v[n++] = (struct sl_ai_surface){
                .row = row, .base_path = sl_fmt(a, "%.*s%.*s", SL_STRF(above), SL_STRF(row->root))};
    }
    return (struct sl_ai_surfaces){v, n};
}

/* ------------------------------------------------------------------ a call's */

/* Rows of a dialect that is not spoken yet are never chosen. */
static bool offers(const struct sl_ai_vendor *row, enum sl_ai_operation operation)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(row->dialect);
    if (ops == NULL && !sl_ai_operations[operation].has_form)
        return false;
    return (ops != NULL && ops->write_path != NULL) ||
           sl_ai_vendor_path(row, sl_ai_operations[operation].path).n != 0;
}

/* A surface that has these models for itself; NULL: there is none. */
static const struct sl_ai_surface *sole_for(const struct sl_ai_surfaces *s, sl_str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].row->is_sole && sl_ai_vendor_serves(s->v[i].row, name))
            return &s->v[i];
    return NULL;
}

static bool is_for(const struct sl_ai_vendor *row, sl_str name, enum sl_ai_operation operation)
{
    return !row->is_sole && sl_ai_vendor_serves(row, name) && offers(row, operation);
}

static const struct sl_ai_surface *find(const struct sl_ai_surfaces *s, enum sl_ai_dialect dialect,
                                        sl_str name, enum sl_ai_operation operation)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].row->dialect == dialect && is_for(s->v[i].row, name, operation))
            return &s->v[i];
    return NULL;
}

/* OpenAI serves some models by /responses only. */
static bool is_responses_only(const struct sl_ai_call *call, const struct sl_ai_model *model)
{
    return call->operation == SL_AI_CHAT && model != NULL && model->mode == SL_AI_MODE_RESPONSES;
}

const struct sl_ai_surface *sl_ai_surface_for(const struct sl_ai_surfaces *s,
                                              const struct sl_ai_call *call, sl_str name,
                                              const struct sl_ai_model *model)
{
    const struct sl_ai_surface *found = sole_for(s, name);
    if (found != NULL)
        return found;
    if (is_responses_only(call, model))
        found = find(s, SL_AI_OPENAI_RESPONSES, name, call->operation);
    if (found == NULL)
        found = find(s, call->dialect, name, call->operation);
    for (size_t i = 0; found == NULL && i < s->n; i++)
        if (is_for(s->v[i].row, name, call->operation))
            found = &s->v[i];
    return found != NULL ? found : &s->v[0];
}
