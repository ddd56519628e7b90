#include "app/reference.h"

#include "ai/catalog.h"
#include "ai/dialect.h"
#include "ai/provider.h"
#include "ai/reasoning.h"
#include "ai/support.h"
#include "base/str.h"

/* By enum sl_ai_dialect. */
static const sl_str dialect_titles[] = {
    SL_STR_INIT("OpenAI chat"),      SL_STR_INIT("Anthropic Messages"),
    SL_STR_INIT("OpenAI Responses"), SL_STR_INIT("Gemini"),
    SL_STR_INIT("Bedrock"),          SL_STR_INIT("Cohere"),
    SL_STR_INIT("Ollama"),           SL_STR_INIT("OpenAI completions"),
};

_Static_assert(SL_LEN(dialect_titles) == SL_AI_DIALECT_COUNT, "a title for every dialect");

/* ------------------------------------------------------------------ tables in Markdown */

static void begin(struct sl_strbuf *out)
{
    sl_strbuf_add_char(out, '|');
}

static void cell(struct sl_strbuf *out, sl_str text)
{
    sl_strbuf_addf(out, " %.*s |", SL_STRF(text));
}

static void code_cell(struct sl_strbuf *out, sl_str text, sl_str without)
{
    if (text.n == 0)
        cell(out, without);
    else
        sl_strbuf_addf(out, " `%.*s` |", SL_STRF(text));
}

/* "a b" as "`a`, `b`". */
static void list_cell(struct sl_strbuf *out, sl_str words)
{
    sl_str word;
    const char *before = " `";
    while (sl_str_split(&words, ' ', &word)) {
        sl_strbuf_addf(out, "%s%.*s`", before, SL_STRF(word));
        before = ", `";
    }
    sl_strbuf_add(out, SL_STR(" |"));
}

static void end(struct sl_strbuf *out)
{
    sl_strbuf_add_char(out, '\n');
}

/* ------------------------------------------------------------------ vendors */

static void dialects_cell(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    const char *before = " ";
    for (; v != NULL; v = sl_ai_vendor_next(v)) {
        sl_strbuf_addf(out, "%s%.*s", before, SL_STRF(dialect_titles[v->dialect]));
        before = ", ";
    }
    sl_strbuf_add(out, SL_STR(" |"));
}

/* What the main surface offers besides chat. */
static void offers_cell(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    static const struct {
        enum sl_ai_path path;
        const char *name;
    } rows[] = {{SL_AI_PATH_CHAT, "chat"},
                {SL_AI_PATH_EMBEDDINGS, "embeddings"},
                {SL_AI_PATH_RERANK, "rerank"},
                {SL_AI_PATH_MODERATIONS, "moderations"},
                {SL_AI_PATH_IMAGES, "images"}};
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(v->dialect);
    const char *before = " ";
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        bool is_written = i == 0 && ops != NULL && ops->write_path != NULL;
        if (!is_written && sl_ai_vendor_path(v, rows[i].path).n == 0)
            continue;
        sl_strbuf_addf(out, "%s%s", before, rows[i].name);
        before = ", ";
    }
    sl_strbuf_add(out, SL_STR(" |"));
}

static void models_cell(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    size_t n = v->catalog.n != 0 ? sl_ai_catalog_model_count(v->catalog) : 0;
    if (n == 0)
        cell(out, SL_STR("-"));
    else
        sl_strbuf_addf(out, " %zu |", n);
}

static void add_vendors(struct sl_strbuf *out)
{
    const struct sl_ai_vendor *v;
    sl_strbuf_add(out, SL_STR("| id | vendor | speaks | base URL | offers | models |\n"
                              "|---|---|---|---|---|---|\n"));
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        begin(out);
        code_cell(out, v->id, (sl_str){0});
        cell(out, v->name);
        dialects_cell(out, v);
        code_cell(out, v->base_url, SL_STR("set by you"));
        offers_cell(out, v);
        models_cell(out, v);
        end(out);
    }
}

/* ------------------------------------------------------------------ differences */

static const struct {
    uint32_t bit;
    sl_str name, text;
} quirks[] = {
#define X(ID, name, text) {SL_AI_QUIRK_##ID, SL_STR_INIT(name), SL_STR_INIT(text)},
#include "ai/provider/quirk.def"
#undef X
};

static const sl_str reasoning_texts[] = {
#define X(ID, name, efforts, by_effort, by_budget, off, text) SL_STR_INIT(text),
#include "ai/provider/reasoning.def"
#undef X
};

static void quirks_cell(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    const char *before = " ";
    for (size_t i = 0; i < SL_LEN(quirks); i++) {
        if ((v->quirks & quirks[i].bit) == 0)
            continue;
        sl_strbuf_addf(out, "%s%.*s", before, SL_STRF(quirks[i].name));
        before = ", ";
    }
    sl_strbuf_add(out, SL_STR(" |"));
}

static bool differs(const struct sl_ai_vendor *v)
{
    return v->quirks != 0 || v->drops.n != 0 || v->renames.n != 0 ||
           v->temperature_max_milli != 0 || v->reasoning != SL_AI_REASONING_NONE ||
           v->max_tokens_field != SL_AI_MAX_TOKENS;
}

static void temperature_cell(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    int milli = v->temperature_max_milli;
    if (milli == 0)
        cell(out, (sl_str){0});
    else if (milli % 1000 == 0)
        sl_strbuf_addf(out, " %d |", milli / 1000);
    else
        sl_strbuf_addf(out, " %d.%03d |", milli / 1000, milli % 1000);
}

static void add_difference(struct sl_strbuf *out, const struct sl_ai_vendor *v)
{
    begin(out);
    code_cell(out, v->id, (sl_str){0});
    cell(out, dialect_titles[v->dialect]);
    cell(out, v->max_tokens_field == SL_AI_MAX_TOKENS ? SL_STR("`max_tokens`")
                                                      : SL_STR("`max_completion_tokens`"));
    cell(out,
         v->reasoning == SL_AI_REASONING_NONE ? (sl_str){0} : sl_ai_reasoning_name(v->reasoning));
    quirks_cell(out, v);
    list_cell(out, v->drops);
    list_cell(out, v->renames);
    temperature_cell(out, v);
    end(out);
}

static void add_differences(struct sl_strbuf *out)
{
    const struct sl_ai_vendor *v;
    sl_strbuf_add(out,
                  SL_STR("| id | surface | output limit | reasoning | quirks | left out | "
                         "renamed | temperature up to |\n|---|---|---|---|---|---|---|---|\n"));
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        for (; v != NULL; v = sl_ai_vendor_next(v))
            if (differs(v))
                add_difference(out, v);
}

static void add_quirks(struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("| quirk | the vendor |\n|---|---|\n"));
    for (size_t i = 0; i < SL_LEN(quirks); i++)
        sl_strbuf_addf(out, "| `%.*s` | %.*s |\n", SL_STRF(quirks[i].name),
                       SL_STRF(quirks[i].text));
}

/* One row: what is written for medium effort, a budget and "off". */
static void add_style(struct sl_strbuf *out, enum sl_ai_reasoning_style style, struct sl_arena *a)
{
    begin(out);
    code_cell(out, sl_ai_reasoning_name(style), (sl_str){0});
    code_cell(out, sl_ai_reasoning_members(style, SL_AI_EFFORT_MEDIUM, -1, a), SL_STR("-"));
    code_cell(out, sl_ai_reasoning_members(style, SL_AI_EFFORT_MEDIUM, 5000, a), SL_STR("-"));
    code_cell(out, sl_ai_reasoning_members(style, SL_AI_EFFORT_NONE, 0, a), SL_STR("-"));
    cell(out, reasoning_texts[style]);
    end(out);
}

static void add_styles(struct sl_strbuf *out)
{
    struct sl_arena *a = sl_arena_new("reference", SL_MIB(1));
    sl_strbuf_add(out, SL_STR("| reasoning | effort medium | 5000 tokens | off | used by |\n"
                              "|---|---|---|---|---|\n"));
    for (int i = 0; i < SL_AI_REASONING_COUNT; i++)
        add_style(out, (enum sl_ai_reasoning_style)i, a);
    sl_arena_free(a);
}

void sl_reference_vendors(struct sl_strbuf *out)
{
    sl_strbuf_add(
        out,
        SL_STR(
            "# Vendors\n\n<!-- Written by `sluice reference vendors`; change the tables, not this "
            "page. -->\n\n"
            "Whom an account can be with. A client is served in its own dialect where the vendor "
            "speaks it: then the request\npasses unchanged but for model name, key and what is said "
            "below; else it is translated into the first dialect named.\nA `{name}` is an option of "
            "the account. *Models* is the number of rows in the [catalogue](models.md).\n\n"));
    add_vendors(out);
    sl_strbuf_add(
        out,
        SL_STR("\nAny other endpoint of these dialects is `custom-openai` or `custom-anthropic` "
               "with a `base_url`, or a vendor of your own.\nNot here: APIs of their own for "
               "images, video, speech and agents (Black Forest Labs, Cartesia, Coze,\n"
               "DeepL, Deepgram, Dify, ElevenLabs, fal, Fish Audio, Gladia, Hume, LMNT, Luma, "
               "Prodia, Replicate, Rev AI,\nRunway, Segmind, Stability); text APIs unlike "
               "all others (Aleph Alpha, Nomic, OCI, SageMaker,\nTriton, "
               "watsonx); vendors whose details nobody confirmed (Docker Model Runner, GigaChat, "
               "SenseNova, Writer); and\nsubscriptions whose terms do not allow a gateway ("
               "coding plans).\n\n## Differences\n\n"));
    add_differences(out);
    sl_strbuf_add(out, SL_STR("\n## Quirks\n\n"));
    add_quirks(out);
    sl_strbuf_add(out, SL_STR("\n## Reasoning\n\nHow a vendor is asked to think. A client says "
                              "`reasoning_effort`, `thinking` or what its dialect has.\n\n"));
    add_styles(out);
}

/* ------------------------------------------------------------------ support */

static const sl_str support_words[] = {
    [SL_AI_SUPPORT_MAPPED] = SL_STR_INIT("yes"),
    [SL_AI_SUPPORT_CLAMPED] = SL_STR_INIT("clamped"),
    [SL_AI_SUPPORT_DROPPED] = SL_STR_INIT("dropped"),
    [SL_AI_SUPPORT_REFUSED] = SL_STR_INIT("refused"),
    [SL_AI_SUPPORT_SILENT] = SL_STR_INIT("-"),
};

_Static_assert(SL_LEN(support_words) == SL_AI_SUPPORT_COUNT, "a word for every answer");

static bool is_column(enum sl_ai_dialect d)
{
    return sl_ai_is_spoken(d) && sl_ai_support_row(d) != NULL;
}

static void add_matrix_head(struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("| asked for |"));
    for (int d = 0; d < SL_AI_DIALECT_COUNT; d++)
        if (is_column((enum sl_ai_dialect)d))
            cell(out, dialect_titles[d]);
    sl_strbuf_add(out, SL_STR("\n|---|"));
    for (int d = 0; d < SL_AI_DIALECT_COUNT; d++)
        if (is_column((enum sl_ai_dialect)d))
            sl_strbuf_add(out, SL_STR("---|"));
    end(out);
}

static void add_matrix_row(struct sl_strbuf *out, const struct sl_ai_probe *p)
{
    struct sl_arena *a = sl_arena_new("reference", SL_MIB(64));
    sl_strbuf_addf(out, "| %.*s%s%.*s%s |", SL_STRF(p->name), p->text.n != 0 ? " (" : "",
                   SL_STRF(p->text), p->text.n != 0 ? ")" : "");
    for (int d = 0; d < SL_AI_DIALECT_COUNT; d++)
        if (is_column((enum sl_ai_dialect)d))
            cell(out,
                 support_words[sl_ai_support_of(p, sl_ai_support_row((enum sl_ai_dialect)d), a)]);
    end(out);
    sl_arena_free(a);
}

static bool has_probes(enum sl_ai_dialect client)
{
    const struct sl_ai_probe *p;
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++)
        if (p->client == client)
            return true;
    return false;
}

static void add_matrix(struct sl_strbuf *out, enum sl_ai_dialect client)
{
    const struct sl_ai_probe *p;
    sl_strbuf_addf(out, "\n## A client of %.*s\n\n", SL_STRF(dialect_titles[client]));
    add_matrix_head(out);
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++)
        if (p->client == client)
            add_matrix_row(out, p);
}

void sl_reference_support(struct sl_strbuf *out)
{
    sl_strbuf_add(
        out,
        SL_STR(
            "# What becomes of a request\n\n<!-- Written by `sluice reference support-matrix`; change "
            "the tables, not this page. -->\n\n"
            "Found out by the translators themselves: each row is a request, put to the maker of each "
            "dialect.\n\n"
            "- **yes**: it gets through, in the vendor's own words\n"
            "- **clamped**: brought into the vendor's range; `x-sluice-dropped-params` has it, as "
            "`temperature:clamped`\n"
            "- **dropped**: left out; `x-sluice-dropped-params` names it\n"
            "- **refused**: 400 with the reason, for without it the answer would be another one\n"
            "- **-**: the vendor does so anyway\n\n"
            "With `strict: true` on the model, or the field `x-sluice-strict: true` on a request, what "
            "would be clamped or dropped is refused.\nVendors that depart from their dialect: "
            "[vendors](vendors.md).\n"));
    for (int d = 0; d < SL_AI_DIALECT_COUNT; d++)
        if (has_probes((enum sl_ai_dialect)d))
            add_matrix(out, (enum sl_ai_dialect)d);
}
