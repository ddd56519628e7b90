#include "ai/option.h"

#include "base/enc.h"
#include "base/str.h"
#include "base/strbuf.h"

enum { OPTIONS_MAX = 16 }; /* of one vendor */

/* ------------------------------------------------------------------ one place */

/* A {name=value} in a text. */
struct place {
    size_t at, n; /* with braces */
    sl_str name, dflt;
};

static bool is_option(sl_str name)
{
    return !sl_str_eq(name, SL_STR("key")) && !sl_str_eq(name, SL_STR("model"));
}

/* The first place at or behind `from`, of an option or not. */
static bool find_place(sl_str text, size_t from, struct place *ret)
{
    size_t open = sl_str_find(text, '{', from);
    size_t close = open != SIZE_MAX ? sl_str_find(text, '}', open) : SIZE_MAX;
    if (close == SIZE_MAX)
        return false;
    sl_str inside = {text.p + open + 1, close - open - 1};
    size_t equals = sl_str_find(inside, '=', 0);
    *ret = (struct place){.at = open, .n = close + 1 - open, .name = sl_str_head(inside, equals)};
    if (equals != SIZE_MAX)
        ret->dflt = sl_str_from(inside, equals + 1);
    return true;
}

/* ------------------------------------------------------------------ all texts of a vendor */

/* Call `fn` for each text that may have options. */
static void each_text(struct sl_ai_vendor *v, void (*fn)(void *ctx, sl_str *text), void *ctx)
{
    fn(ctx, &v->base_url);
    fn(ctx, &v->global_url);
    fn(ctx, &v->root);
    fn(ctx, &v->headers);
    for (size_t i = 0; i < SL_AI_PATH_COUNT; i++)
        fn(ctx, &v->paths[i]);
}

static const sl_str *value_of(const struct sl_pairs *pairs, sl_str name)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (sl_str_eq(pairs->v[i].name, name))
            return &pairs->v[i].value;
    return NULL;
}

static void note_options(void *ctx, sl_str *text)
{
    struct sl_pairs *found = ctx;
    struct place p;
    for (size_t from = 0; find_place(*text, from, &p); from = p.at + p.n) {
        if (!is_option(p.name) || value_of(found, p.name) != NULL)
            continue;
        SL_ASSERT(found->n < OPTIONS_MAX);
        found->v[found->n++] = (struct sl_pair){p.name, p.dflt};
    }
}

struct sl_pairs sl_ai_options_of(const struct sl_ai_vendor *v, struct sl_arena *a)
{
    struct sl_pairs found = {.v = sl_arena_array(a, struct sl_pair, OPTIONS_MAX)};
    for (; v != NULL; v = sl_ai_vendor_next(v)) {
        struct sl_ai_vendor row = *v;
        each_text(&row, note_options, &found);
    }
    return found;
}

bool sl_ai_option_is_valid(sl_str value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i], low = sl_lower(c);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
            c != '~' && c != '-')
            return false;
    }
    return value.n != 0;
}

/* ------------------------------------------------------------------ filling in */

struct sl_ai_vendor *sl_ai_vendor_copy(const struct sl_ai_vendor *v, struct sl_arena *a)
{
    size_t n = 0;
    for (const struct sl_ai_vendor *row = v; row != NULL; row = sl_ai_vendor_next(row))
        n++;
    struct sl_ai_vendor *rows = sl_arena_array(a, struct sl_ai_vendor, n + 1);
    memcpy(rows, v, n * sizeof(*rows));
    return rows;
}

struct filling {
    const struct sl_pairs *given;
    struct sl_arena *a;
};

static void fill_text(void *ctx, sl_str *text)
{
    const struct filling *f = ctx;
    struct sl_strbuf out;
    struct place p;
    size_t from = 0;
    if (sl_str_find(*text, '{', 0) == SIZE_MAX)
        return;
    sl_strbuf_init(&out, f->a, 0);
    for (; find_place(*text, from, &p); from = p.at + p.n) {
        const sl_str *given = value_of(f->given, p.name);
        sl_strbuf_add(&out, (sl_str){text->p + from, p.at - from});
        if (!is_option(p.name))
            sl_strbuf_add(&out, (sl_str){text->p + p.at, p.n});
        else
            sl_strbuf_add(&out, given != NULL ? *given : p.dflt);
    }
    sl_strbuf_add(&out, sl_str_from(*text, from));
    *text = sl_strbuf_str(&out);
}

void sl_ai_options_fill(struct sl_ai_vendor *v, const struct sl_pairs *given, struct sl_arena *a)
{
    struct filling f = {given, a};
    each_text(v, fill_text, &f);
    for (size_t i = 1; v[i].is_further; i++)
        each_text(&v[i], fill_text, &f);
}

sl_str sl_ai_option_put(sl_str text, sl_str name, sl_str value, struct sl_arena *a)
{
    struct sl_strbuf out;
    struct place p;
    size_t from = 0;
    if (sl_str_find(text, '{', 0) == SIZE_MAX)
        return text;
    sl_strbuf_init(&out, a, 0);
    for (; find_place(text, from, &p); from = p.at + p.n) {
        sl_strbuf_add(&out, (sl_str){text.p + from, p.at - from});
        if (sl_str_eq(p.name, name))
            sl_enc_percent(&out, value);
        else
            sl_strbuf_add(&out, (sl_str){text.p + p.at, p.n});
    }
    sl_strbuf_add(&out, sl_str_from(text, from));
    return sl_strbuf_str(&out);
}
