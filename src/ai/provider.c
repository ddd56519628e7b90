#include "ai/provider.h"

#include "ai/dialect.h"
#include "base/str.h"

#define S(text) SL_STR_INIT(text)
#define Q(quirk) SL_AI_QUIRK_##quirk
#define PATH(which, text) .paths[SL_AI_PATH_##which] = S(text)
#define NO_PATH(which) PATH(which, "")
#define AUTH(which) .auth = SL_AI_AUTH_##which
#define AUTH_HEADER(text) .auth_header = S(text)
#define MAX_COMPLETION_TOKENS .max_tokens_field = SL_AI_MAX_COMPLETION_TOKENS
#define QUIRKS(...) .quirks = __VA_ARGS__
#define DROPS(text) .drops = S(text)
#define RENAMES(text) .renames = S(text)
#define HEADERS(text) .headers = S(text)
#define AWS_SERVICE(text) .auth = SL_AI_AUTH_AWS, .aws_service = S(text)
#define TEMPERATURE_TO(milli) .temperature_max_milli = (milli)
#define CODES(which) .codes = SL_AI_CODES_##which
#define USAGE(which) .usage = SL_AI_USAGE_##which
#define REASONING(which) .reasoning = SL_AI_REASONING_##which
#define GLOBAL_URL(text) .global_url = S(text)
#define MODELS(text) .models = S(text)
#define SOLE_FOR(text) MODELS(text), .is_sole = true
#define BODY_VERSION(text) .body_version = S(text)
#define CATALOG(text) .catalog = S(text)
#define LIKE_ANTHROPIC \
    HEADERS("anthropic-version: 2023-06-01"), USAGE(ANTHROPIC), REASONING(ANTHROPIC)
#define SAME_BASE \
    {             \
        NULL, 0   \
    }
#define V(id_, name_, dialect_, base_, ...) \
    {.id = S(id_),                          \
     .name = S(name_),                      \
     .dialect = SL_AI_##dialect_,           \
     .base_url = S(base_),                  \
     __VA_ARGS__},
#define AND(id_, dialect_, root_, ...) \
    {.id = S(id_), .dialect = SL_AI_##dialect_, .is_further = true, .root = root_, __VA_ARGS__},

/* The last row is empty: it ends the surfaces of the one before. */
static const struct sl_ai_vendor vendors[] = {
#include "ai/provider/compatible.def"
    {.is_further = false}};

#undef AND
#undef V
#undef SAME_BASE
#undef LIKE_ANTHROPIC
#undef CATALOG
#undef BODY_VERSION
#undef SOLE_FOR
#undef MODELS
#undef GLOBAL_URL
#undef REASONING
#undef USAGE
#undef CODES
#undef TEMPERATURE_TO
#undef AWS_SERVICE
#undef HEADERS
#undef RENAMES
#undef DROPS
#undef QUIRKS
#undef MAX_COMPLETION_TOKENS
#undef AUTH_HEADER
#undef AUTH
#undef NO_PATH
#undef PATH
#undef Q
#undef S

const struct sl_ai_vendor *sl_ai_vendor_find(sl_str id)
{
    for (size_t i = 0; i + 1 < SL_LEN(vendors); i++)
        if (sl_str_eq(vendors[i].id, id))
            return &vendors[i];
    return NULL;
}

const struct sl_ai_vendor *sl_ai_vendor_at(size_t i)
{
    for (size_t row = 0; row + 1 < SL_LEN(vendors); row++)
        if (!vendors[row].is_further && i-- == 0)
            return &vendors[row];
    return NULL;
}

const struct sl_ai_vendor *sl_ai_vendor_next(const struct sl_ai_vendor *v)
{
    return v[1].is_further ? &v[1] : NULL;
}

bool sl_ai_is_spoken(enum sl_ai_dialect dialect)
{
    return sl_ai_dialect_find(dialect) != NULL;
}

/* By dialect; a path that is left out is not offered, or the dialect writes it itself. */
static const sl_str dialect_paths[SL_AI_DIALECT_COUNT][SL_AI_PATH_COUNT] = {
    [SL_AI_OPENAI_CHAT] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/chat/completions"),
                           [SL_AI_PATH_EMBEDDINGS] = SL_STR_INIT("/embeddings"),
                           [SL_AI_PATH_MODELS] = SL_STR_INIT("/models")},
    [SL_AI_ANTHROPIC] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/messages"),
                         [SL_AI_PATH_COUNT_TOKENS] = SL_STR_INIT("/messages/count_tokens"),
                         [SL_AI_PATH_MODELS] = SL_STR_INIT("/models")},
    [SL_AI_GEMINI] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/models"), /* of models; methods behind */
                      [SL_AI_PATH_EMBEDDINGS] = SL_STR_INIT("/models"),
                      [SL_AI_PATH_COUNT_TOKENS] = SL_STR_INIT("/models"),
                      [SL_AI_PATH_MODELS] = SL_STR_INIT("/models")},
    [SL_AI_OPENAI_RESPONSES] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/responses")},
    [SL_AI_COHERE] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/v2/chat"),
                      [SL_AI_PATH_EMBEDDINGS] = SL_STR_INIT("/v2/embed"),
                      [SL_AI_PATH_RERANK] = SL_STR_INIT("/v2/rerank"),
                      [SL_AI_PATH_MODELS] = SL_STR_INIT("/v1/models")},
    [SL_AI_OLLAMA] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/api/chat"),
                      [SL_AI_PATH_EMBEDDINGS] = SL_STR_INIT("/api/embed"),
                      [SL_AI_PATH_MODELS] = SL_STR_INIT("/api/tags")},
    [SL_AI_OPENAI_COMPLETIONS] = {[SL_AI_PATH_CHAT] = SL_STR_INIT("/completions")},
};

/* A path that a row leaves out has no pointer; that of NO_PATH has one, to no bytes. */
sl_str sl_ai_vendor_path(const struct sl_ai_vendor *v, enum sl_ai_path which)
{
    return v->paths[which].p != NULL ? v->paths[which] : dialect_paths[v->dialect][which];
}

bool sl_ai_vendor_drops(const struct sl_ai_vendor *v, sl_str member)
{
    sl_str rest = v->drops, name;

    while (sl_str_split(&rest, ' ', &name))
        if (sl_str_eq(name, member))
            return true;
    return false;
}

bool sl_ai_vendor_serves(const struct sl_ai_vendor *v, sl_str model)
{
    sl_str rest = v->models, part;

    while (sl_str_split(&rest, ' ', &part))
        if (sl_str_find_str(model, part) != SIZE_MAX)
            return true;
    return v->models.n == 0;
}

sl_str sl_ai_vendor_name_of(const struct sl_ai_vendor *v, sl_str member)
{
    sl_str rest = v->renames, pair;

    while (sl_str_split(&rest, ' ', &pair)) {
        size_t at = sl_str_find(pair, '=', 0);
        if (at != SIZE_MAX && sl_str_eq(sl_str_head(pair, at), member))
            return sl_str_from(pair, at + 1);
    }
    return member;
}
