/*
 * Vendors made in configuration: rows like those of ai/provider/compatible.def, with the dialect's customs
 * where nothing else is said.
 */
#include "base/guess.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/header.h"
#include "snapshot/build_int.h"

enum { OPTIONS_MAX = 16 }; /* as in ai/option.h, of all texts together */

/* One surface in the making. */
struct surface {
    struct sl_build *b;
    const struct sl_item *item;
    sl_str path; /* of its place in the item, with a dot at its end; empty: the main one */
    const struct sl_surface_config *config;
};

static void fail(const struct surface *s, const char *member, const char *message)
{
    (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "%.*s%s", SL_STRF(s->path), member), "%s",
                       message);
}

static void fail_for(const struct surface *s, const char *member, sl_str name, const char *message)
{
    (void)sl_item_fail(s->b->d, s->item,
                       sl_fmt(s->b->a, "%.*s%s.%.*s", SL_STRF(s->path), member, SL_STRF(name)),
                       "%s", message);
}

/* ------------------------------------------------------------------ members */

/* By enum sl_ai_dialect: what its vendors do as a rule. */
static const struct {
    enum sl_ai_auth auth;
    enum sl_ai_usage_flavour usage;
    enum sl_ai_reasoning_style reasoning;
} customs[SL_AI_DIALECT_COUNT] = {
    [SL_AI_OPENAI_CHAT] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_OPENAI, SL_AI_REASONING_NONE},
    [SL_AI_ANTHROPIC] = {SL_AI_AUTH_X_API_KEY, SL_AI_USAGE_ANTHROPIC, SL_AI_REASONING_ANTHROPIC},
    [SL_AI_OPENAI_RESPONSES] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_RESPONSES, SL_AI_REASONING_EFFORT},
    [SL_AI_GEMINI] = {SL_AI_AUTH_GOOG_KEY, SL_AI_USAGE_GEMINI, SL_AI_REASONING_NONE},
    [SL_AI_BEDROCK] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_BEDROCK, SL_AI_REASONING_NONE},
    [SL_AI_COHERE] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_COHERE, SL_AI_REASONING_NONE},
    [SL_AI_OLLAMA] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_OLLAMA, SL_AI_REASONING_NONE},
    [SL_AI_OPENAI_COMPLETIONS] = {SL_AI_AUTH_BEARER, SL_AI_USAGE_OPENAI, SL_AI_REASONING_NONE},
};

static sl_str joined(struct sl_arena *a, const struct sl_strs *words)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    for (size_t i = 0; i < words->n; i++)
        sl_strbuf_addf(&out, "%s%.*s", i == 0 ? "" : " ", SL_STRF(words->v[i]));
    return sl_strbuf_str(&out);
}

static bool is_member_name(sl_str name)
{
    return name.n != 0 && sl_str_find(name, ' ', 0) == SIZE_MAX &&
           sl_str_find(name, '=', 0) == SIZE_MAX && sl_str_find(name, '"', 0) == SIZE_MAX &&
           sl_str_find(name, '\\', 0) == SIZE_MAX;
}

static sl_str read_drops(const struct surface *s)
{
    const struct sl_strs *drops = &s->config->drops;
    for (size_t i = 0; i < drops->n; i++)
        if (!is_member_name(drops->v[i]))
            fail(s, "drops", "must be names of members of a request");
    return joined(s->b->a, drops);
}

static sl_str read_renames(const struct surface *s)
{
    const struct sl_pairs *pairs = &s->config->renames;
    struct sl_strbuf out;
    sl_strbuf_init(&out, s->b->a, 0);
    for (size_t i = 0; i < pairs->n; i++) {
        if (!is_member_name(pairs->v[i].name) || !is_member_name(pairs->v[i].value))
            fail_for(s, "renames", pairs->v[i].name, "must be a name of a member of a request");
        sl_strbuf_addf(&out, "%s%.*s=%.*s", i == 0 ? "" : " ", SL_STRF(pairs->v[i].name),
                       SL_STRF(pairs->v[i].value));
    }
    return sl_strbuf_str(&out);
}

static sl_str read_headers(const struct surface *s, bool is_anthropic)
{
    const struct sl_pairs *pairs = &s->config->headers;
    struct sl_strbuf out;
    sl_strbuf_init(&out, s->b->a, 0);
    if (is_anthropic)
        sl_strbuf_add(&out, SL_STR("anthropic-version: 2023-06-01"));
    for (size_t i = 0; i < pairs->n; i++) {
        if (!sl_header_is_valid(pairs->v[i].name, pairs->v[i].value))
            fail_for(s, "headers", pairs->v[i].name, "is no valid field of a head");
        sl_strbuf_addf(&out, "%s%.*s: %.*s", out.n == 0 ? "" : "\n", SL_STRF(pairs->v[i].name),
                       SL_STRF(pairs->v[i].value));
    }
    return sl_strbuf_str(&out);
}

static void read_paths(const struct surface *s, sl_str paths[SL_AI_PATH_COUNT])
{
    static const sl_str names[SL_AI_PATH_COUNT] = {
        [SL_AI_PATH_CHAT] = SL_STR_INIT("chat"),
        [SL_AI_PATH_EMBEDDINGS] = SL_STR_INIT("embeddings"),
        [SL_AI_PATH_RERANK] = SL_STR_INIT("rerank"),
        [SL_AI_PATH_MODERATIONS] = SL_STR_INIT("moderations"),
        [SL_AI_PATH_IMAGES] = SL_STR_INIT("images"),
        [SL_AI_PATH_COUNT_TOKENS] = SL_STR_INIT("count_tokens"),
        [SL_AI_PATH_MODELS] = SL_STR_INIT("models"),
    };
    const struct sl_pairs *pairs = &s->config->paths;
    for (size_t i = 0; i < pairs->n; i++) {
        const struct sl_pair *p = &pairs->v[i];
        size_t at = 0;
        while (at < SL_LEN(names) && !sl_str_eq(names[at], p->name))
            at++;
        if (at == SL_LEN(names))
            fail_for(s, "paths", p->name,
                     "is not known; there are chat, embeddings, rerank, moderations, images, "
                     "count_tokens and models");
        else if (p->value.n != 0 && p->value.p[0] != '/')
            fail_for(s, "paths", p->name, "must begin with '/', or be empty: not offered");
        else /* empty: with a pointer */
            paths[at] = p->value.n != 0 ? p->value : SL_STR("");
    }
}

static uint32_t read_quirks(const struct surface *s)
{
    static const struct {
        sl_str name;
        uint32_t bit;
    } known[] = {
#define X(ID, name, text) {SL_STR_INIT(name), SL_AI_QUIRK_##ID},
#include "ai/provider/quirk.def"
#undef X
    };
    uint32_t bits = 0;
    for (size_t i = 0; i < s->config->quirks.n; i++) {
        sl_str name = s->config->quirks.v[i];
        uint32_t before = bits;
        struct sl_guess g;
        sl_guess_init(&g, name);
        for (size_t k = 0; k < SL_LEN(known); k++) {
            sl_guess_consider(&g, known[k].name);
            bits |= sl_str_eq(known[k].name, name) ? known[k].bit : 0;
        }
        if (bits != before)
            continue;
        (void)sl_item_fail(s->b->d, s->item,
                           sl_fmt(s->b->a, "%.*squirks[%zu]", SL_STRF(s->path), i),
                           "is not known or said twice%s%.*s",
                           g.best.n != 0 ? "; did you mean " : "", SL_STRF(g.best));
    }
    return bits;
}

static int read_temperature(const struct surface *s)
{
    enum { MOST_MILLI = 100000 };
    int64_t milli = 0;
    if (s->config->temperature_max.n == 0)
        return 0;
    if (!sl_num_rounded(s->config->temperature_max, 3, &milli) || milli <= 0 || milli > MOST_MILLI)
        fail(s, "temperature_max", "must be a number above 0 and at most 100, such as 1.5");
    return (int)milli;
}

static void check_auth_header(const struct surface *s)
{
    sl_str text = s->config->auth_header;
    size_t colon = sl_str_find(text, ':', 0), key = sl_str_find_str(text, SL_STR("{key}"));
    if (text.n == 0)
        return;
    if (colon == SIZE_MAX || key == SIZE_MAX || key < colon ||
        !sl_header_is_valid(sl_str_head(text, colon), sl_str_from(text, colon + 1)))
        fail(s, "auth_header", "must be as in \"X-Token: Key {key}\"");
}

/* ------------------------------------------------------------------ rows */

static size_t count_braces(sl_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '{';
    return n;
}

static void check_options(const struct surface *s, const struct sl_ai_vendor *row)
{
    size_t n = count_braces(row->base_url) + count_braces(row->root) + count_braces(row->headers);
    for (size_t i = 0; i < SL_AI_PATH_COUNT; i++)
        n += count_braces(row->paths[i]);
    if (n > OPTIONS_MAX / 2)
        fail(s, "paths", "have too many options in braces");
}

static void make_row(const struct surface *s, struct sl_ai_vendor *row)
{
    const struct sl_surface_config *c = s->config;
    enum sl_ai_dialect dialect = (enum sl_ai_dialect)c->dialect;
    row->dialect = dialect;
    row->root = c->root;
    row->auth = c->auth == 0 ? customs[dialect].auth : (enum sl_ai_auth)(c->auth - 1);
    row->auth_header = c->auth_header;
    row->max_tokens_field = (enum sl_ai_max_tokens_field)c->max_tokens_field;
    row->quirks = read_quirks(s);
    row->drops = read_drops(s);
    row->renames = read_renames(s);
    row->headers = read_headers(s, dialect == SL_AI_ANTHROPIC);
    row->temperature_max_milli = read_temperature(s);
    row->codes = (enum sl_ai_codes)c->codes;
    row->usage = c->usage == 0 ? customs[dialect].usage : (enum sl_ai_usage_flavour)(c->usage - 1);
    row->reasoning = c->reasoning == 0 ? customs[dialect].reasoning
                                       : (enum sl_ai_reasoning_style)(c->reasoning - 1);
    read_paths(s, row->paths);
    check_auth_header(s);
    check_options(s, row);
    if (!sl_ai_is_spoken(dialect))
        fail(s, "dialect", "is not spoken to vendors by this version");
    if (c->root.n != 0 && (c->root.p[0] != '/' || sl_str_ends(c->root, SL_STR("/"))))
        fail(s, "root", "must begin with '/' and not end with one");
}

static void add_further(struct sl_build *b, const struct sl_item *item,
                        const struct sl_vendor_config *c, struct sl_ai_vendor *rows)
{
    const struct sl_surface_config *surfaces = c->surfaces.v;
    for (size_t i = 0; i < c->surfaces.n; i++) {
        const struct surface s = {b, item, sl_fmt(b->a, "surfaces[%zu].", i), &surfaces[i]};
        rows[i + 1] = (struct sl_ai_vendor){.id = c->name, .is_further = true};
        make_row(&s, &rows[i + 1]);
        for (size_t k = 0; k <= i; k++)
            if (rows[k].dialect == rows[i + 1].dialect)
                fail(&s, "dialect", "has a surface already");
    }
}

static void build_vendor(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_vendor_config *c = item->config;
    const struct surface s = {b, item, {0}, &c->main};
    struct sl_ai_vendor *rows = sl_arena_array(b->a, struct sl_ai_vendor, c->surfaces.n + 2);
    rows[0] = (struct sl_ai_vendor){.id = c->name,
                                    .name = c->title.n != 0 ? c->title : c->name,
                                    .base_url = c->base_url,
                                    .catalog = c->catalog};
    if (sl_ai_vendor_find(c->name) != NULL)
        (void)sl_item_fail(b->d, item, SL_STR("name"), "'%.*s' is a vendor that Sluice has already",
                           SL_STRF(c->name));
    if (c->catalog.n != 0 && sl_ai_catalog_model_count(c->catalog) == 0)
        (void)sl_item_fail(b->d, item, SL_STR("catalog"), "'%.*s' has no models in the catalogue",
                           SL_STRF(c->catalog));
    make_row(&s, &rows[0]);
    add_further(b, item, c, rows);
    (void)sl_map_put(&b->vendors, c->name, rows);
}

void sl_build_vendors(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    sl_build_names(b, items, NULL, &names);
    for (size_t i = 0; i < items->n; i++)
        if (!items->v[i].is_bad)
            build_vendor(b, &items->v[i]);
}
