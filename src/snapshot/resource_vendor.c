/*
 * The noun of vendors: what a row of ai/provider/compatible.def has, as fields.
 */
#include "snapshot/resource_int.h"

#include "ai/ai.h"

/* By enum sl_ai_dialect. */
const char *const sl_dialect_names[] = {"openai", "anthropic", "responses",   "gemini", "bedrock",
                                        "cohere", "ollama",    "completions", NULL};

_Static_assert(SL_LEN(sl_dialect_names) == SL_AI_DIALECT_COUNT + 1, "a name for every dialect");

/* By enum + 1; the first is what the dialect's vendors do as a rule. */
static const char *const auths[] = {"auto",    "bearer",         "x-api-key",
                                    "api-key", "x-goog-api-key", NULL};
static const char *const reasonings[] = {"auto",
#define X(ID, name, efforts, by_effort, by_budget, off, text) name,
#include "ai/provider/reasoning.def"
#undef X
                                         NULL};
static const char *const usages[] = {"auto",
#define X(ID, name, base, rules) name,
#include "ai/usage_flavour.def"
#undef X
                                     NULL};
static const char *const limits[] = {"max_tokens", "max_completion_tokens", NULL};
static const char *const codes[] = {"none", "zhipu", "minimax", "baidu", NULL};

/* The rows of a surface, which lies in `type` at `at`. */
#define SURFACE_ROWS(type, at)                                                                         \
    NAMED(ENUM, type, at dialect, "dialect", .dflt = "openai", .values = sl_dialect_names,             \
          .help = "The wire format that it speaks."),                                                  \
        NAMED(ENUM, type, at auth, "auth", .dflt = "auto", .values = auths,                            \
              .help = "How the key is sent; auto: as the dialect's maker does."),                      \
        NAMED(STR, type, at auth_header, "auth_header", .max = "256",                                  \
              .help = "The field with the key, where `auth` has none like it.",                        \
              .example = "\"X-Token: Key {key}\""),                                                    \
        NAMED(MAP, type, at headers, "headers", .max = "32",                                           \
              .help = "Fields that every request needs.", .example = "{x-tenant: blue}"),              \
        NAMED(                                                                                         \
            MAP, type, at paths, "paths", .max = "7",                                                  \
            .help =                                                                                    \
                "Paths below the base URL that are not the dialect's: `chat`, "                        \
                "`embeddings`, `rerank`, `moderations`, `images`, `count_tokens`, `models`; an empty " \
                "one is not offered. `{model}` is the model's name.",                                  \
            .example = "{chat: /generate, embeddings: \"\"}"),                                         \
        NAMED(ENUM, type, at max_tokens_field, "max_tokens_field", .dflt = "max_tokens",               \
              .values = limits, .help = "What it calls the limit of the output."),                     \
        NAMED(STRS, type, at drops, "drops", .max = "64",                                              \
              .help = "Members of a request that it refuses; they are left out and named in "          \
                      "`x-sluice-dropped-params`."),                                                   \
        NAMED(MAP, type, at renames, "renames", .max = "64",                                           \
              .help = "Members that it calls otherwise.", .example = "{seed: random_seed}"),           \
        NAMED(STRS, type, at quirks, "quirks", .max = "32",                                            \
              .help = "Other differences: see the page of vendors."),                                  \
        NAMED(STR, type, at temperature_max, "temperature_max", .max = "16",                           \
              .help = "Its highest temperature; left out: 2.", .example = "\"1.5\""),                  \
        NAMED(ENUM, type, at reasoning, "reasoning", .dflt = "auto", .values = reasonings,             \
              .help = "How it is asked to think: see the page of vendors."),                           \
        NAMED(ENUM, type, at usage, "usage", .dflt = "auto", .values = usages,                         \
              .help = "Whose counters it has in its answers."),                                        \
        NAMED(ENUM, type, at codes, "codes", .dflt = "none", .values = codes,                          \
              .help = "Whose numbers its error codes are.")

static const struct sl_field surface_fields[] = {
    SL_FIELD_STR(struct sl_surface_config, root, .max = "256",
                 .help = "Its base as a path of the same host; left out: the same base URL.",
                 .example = "/anthropic/v1"),
    SURFACE_ROWS(struct sl_surface_config, ),
    SL_FIELD_END,
};

const struct sl_field sl_vendor_fields[] = {
    SL_FIELD_STR(struct sl_vendor_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique; what accounts name as their `vendor`.", .example = "acme"),
    SL_FIELD_STR(struct sl_vendor_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_URL(struct sl_vendor_config, base_url, .max = "2048",
                 .help = "Where it is. A `{name}` is an option of the account.",
                 .example = "https://llm.acme.example/v1"),
    SL_FIELD_STR(struct sl_vendor_config, catalog, .max = "64",
                 .help = "Another vendor, whose models and prices it has.", .example = "openai"),
    SURFACE_ROWS(struct sl_vendor_config, main.),
    SL_FIELD_LIST(struct sl_vendor_config, surfaces, .fields = surface_fields,
                  .item_size = sizeof(struct sl_surface_config), .max = "7",
                  .help = "The same models in other dialects. A client that speaks one of them is "
                          "served there, unparsed."),
    SL_FIELD_END,
};
