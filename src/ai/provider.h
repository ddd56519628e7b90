/**
 * provider: the vendors whose API is one of the public dialects, as rows of data.
 *
 * A row says where a vendor is, how it takes a key and where it departs from its dialect; the
 * dialect's encoder and decoder read it. To add such a vendor, add a row to
 * ai/provider/compatible.def. The zero value of every member is what most third parties do, so a
 * row names differences only.
 *
 * A vendor may have further surfaces: the same models in another dialect, at another path of the
 * same host. Each is a row of its own behind the vendor's first, with the same id. Which of them an
 * attempt uses is chosen by ai/surface.h; whoever reads the row that was chosen need not know.
 *
 * Constant data, no ownership. Pure; any thread.
 */
#pragma once
#include "ai/ai.h"

enum sl_ai_auth {
    SL_AI_AUTH_BEARER = 0, /* Authorization: Bearer KEY */
    SL_AI_AUTH_X_API_KEY,  /* x-api-key: KEY */
    SL_AI_AUTH_API_KEY,    /* api-key: KEY */
    SL_AI_AUTH_GOOG_KEY,   /* x-goog-api-key: KEY */
    SL_AI_AUTH_AWS, /* KEY is ID:SECRET or ID:SECRET:TOKEN: signed (codec/sigv4); else as BEARER */
};

/** The member that bounds the output in a chat request. */
enum sl_ai_max_tokens_field { SL_AI_MAX_TOKENS = 0, SL_AI_MAX_COMPLETION_TOKENS };

/** How a vendor is asked to think: ai/reasoning.h. */
enum sl_ai_reasoning_style {
#define X(ID, name, efforts, by_effort, by_budget, off, text) SL_AI_REASONING_##ID,
#include "ai/provider/reasoning.def"
#undef X
    SL_AI_REASONING_COUNT
};

/** Whose numbers a vendor's error codes are: ai/error_code.def. */
enum sl_ai_codes {
    SL_AI_CODES_NONE = 0,
    SL_AI_CODES_ZHIPU,
    SL_AI_CODES_MINIMAX,
    SL_AI_CODES_BAIDU
};

/** What a surface offers, each at a path. */
enum sl_ai_path {
    SL_AI_PATH_CHAT, /* the dialect's own main operation, whatever it is called there */
    SL_AI_PATH_EMBEDDINGS,
    SL_AI_PATH_RERANK,
    SL_AI_PATH_MODERATIONS,
    SL_AI_PATH_IMAGES,
    SL_AI_PATH_COUNT_TOKENS,
    SL_AI_PATH_MODELS,
    SL_AI_PATH_STREAM, /* chat that is streamed; empty: at the path of CHAT */
    SL_AI_PATH_COUNT
};

enum sl_ai_quirk_ordinal {
#define X(ID, name, text) SL_AI_QUIRK_ORDINAL_##ID,
#include "ai/provider/quirk.def"
#undef X
    SL_AI_QUIRK_COUNT
};

/** Bits of sl_ai_vendor.quirks. */
enum sl_ai_quirk {
#define X(ID, name, text) SL_AI_QUIRK_##ID = 1 << SL_AI_QUIRK_ORDINAL_##ID,
#include "ai/provider/quirk.def"
#undef X
};

struct sl_ai_vendor {
    sl_str id;   /* "openai"; in configuration, logs and metrics; never renamed */
    sl_str name; /* for people */
    enum sl_ai_dialect dialect;
    sl_str
        base_url; /* without a final '/'; empty: the account or the program sets it; {region}: its */
    sl_str global_url; /* its base in the region "global"; empty: the same */
    bool is_further;   /* a further surface of the row before; then: */
    sl_str root;       /* its base as a path of the same host; without a pointer: the same base */
    sl_str models;     /* parts of names, separated by spaces: it has no other models; empty: all */
    bool is_sole;      /* and they are on no other surface */
    enum sl_ai_auth auth;
    sl_str auth_header;             /* "name: scheme {key}", where `auth` has none like it */
    sl_str paths[SL_AI_PATH_COUNT]; /* read them with sl_ai_vendor_path() */
    enum sl_ai_max_tokens_field max_tokens_field;
    uint32_t quirks; /* SL_AI_QUIRK_* */
    sl_str drops;    /* request members it refuses, separated by spaces; see sl_ai_vendor_drops() */
    sl_str renames;  /* "seed=random_seed": those it calls otherwise; see sl_ai_vendor_name_of() */
    sl_str headers;  /* "name: value" that every request needs, on lines; empty: none */
    sl_str
        body_version; /* Anthropic's: anthropic_version stands in the body, the model in the path */
    sl_str aws_service;        /* AUTH_AWS: the service that signatures are for */
    int temperature_max_milli; /* 0: 2 */
    enum sl_ai_codes codes;
    enum sl_ai_usage_flavour usage;
    enum sl_ai_reasoning_style reasoning;
    sl_str catalog; /* its name in the model catalogue; empty: it has no rows there */
};

/** The first row with this id, the vendor's main surface; NULL when there is none. */
const struct sl_ai_vendor *sl_ai_vendor_find(sl_str id);
/** The `i`th vendor in byte order of ids; NULL past the last. */
const struct sl_ai_vendor *sl_ai_vendor_at(size_t i);
/** The same vendor's next surface; NULL when this is its last. */
const struct sl_ai_vendor *sl_ai_vendor_next(const struct sl_ai_vendor *v);

/** Can requests be sent in this dialect? */
bool sl_ai_is_spoken(enum sl_ai_dialect dialect);
/** What to append to the base URL: the row's path, else its dialect's. Empty: not offered. */
sl_str sl_ai_vendor_path(const struct sl_ai_vendor *v, enum sl_ai_path which);
/** Must the encoder leave out this top-level member of a request? */
bool sl_ai_vendor_drops(const struct sl_ai_vendor *v, sl_str member);

/** Are the vendor's models with this name to be had on this surface? */
bool sl_ai_vendor_serves(const struct sl_ai_vendor *v, sl_str model);
/** What it calls this member of a request. */
sl_str sl_ai_vendor_name_of(const struct sl_ai_vendor *v, sl_str member);

static inline bool sl_ai_vendor_has(const struct sl_ai_vendor *v, enum sl_ai_quirk quirk)
{
    return (v->quirks & (uint32_t)quirk) != 0;
}
