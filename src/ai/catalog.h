/**
 * catalog: the models that the program knows, with limits, abilities and prices.
 *
 * The table is generated from data/models.csv when the program is built and is constant; an
 * operator's own prices and models are laid over it elsewhere. Prices are second-hand defaults:
 * each row says from which source and month.
 *
 * Names are matched exactly, byte for byte, first. The only alias rule is that a leading "models/"
 * (Gemini's resource form) is ignored. Date suffixes are not stripped: gpt-4o-2024-05-13 costs
 * twice what gpt-4o does, so a guess would be a wrong price. A caller that finds no row for the
 * model named in a response asks again with the one it requested.
 *
 * Constant data, no ownership. Pure; any thread.
 */
#pragma once
#include "ai/price.h"

enum sl_ai_mode {
#define X(ID, name) SL_AI_MODE_##ID,
#include "ai/model_mode.def"
#undef X
    SL_AI_MODE_COUNT
};

enum sl_ai_model_flag_ordinal {
#define X(ID, name, text) SL_AI_MODEL_ORDINAL_##ID,
#include "ai/model_flag.def"
#undef X
    SL_AI_MODEL_FLAG_COUNT
};

/** Bits of sl_ai_model.flags. */
enum sl_ai_model_flag {
#define X(ID, name, text) SL_AI_MODEL_##ID = 1 << SL_AI_MODEL_ORDINAL_##ID,
#include "ai/model_flag.def"
#undef X
};

enum sl_ai_model_status { SL_AI_MODEL_ACTIVE, SL_AI_MODEL_BETA, SL_AI_MODEL_DEPRECATED };

struct sl_ai_model {
    sl_str vendor; /* the catalogue's name: sl_ai_vendor.catalog */
    sl_str name;
    enum sl_ai_mode mode;
    enum sl_ai_model_status status;
    int64_t context_tokens;          /* 0: not known */
    int64_t max_output_tokens;       /* 0: not known */
    uint32_t flags;                  /* SL_AI_MODEL_* */
    const struct sl_ai_price *price; /* NULL: not known */
    bool is_maybe_free; /* the source says 0: free, by subscription, or not priced. `price`
                                        is NULL; it costs nothing only if the operator says so */
    sl_str source;      /* where the price comes from; see data/README.md */
    sl_str as_of;       /* "2026-11"; empty: no price */
};

/** The model, copied into *ret. False (and *ret unchanged) when the catalogue has no such row. */
bool sl_ai_catalog_find(sl_str vendor, sl_str name, struct sl_ai_model *ret) SL_CHECKED;

size_t sl_ai_catalog_vendor_count(void);
/** Vendors in byte order; `i` < sl_ai_catalog_vendor_count(). */
sl_str sl_ai_catalog_vendor(size_t i);

/** How many models `vendor` has; 0 for an unknown one. */
size_t sl_ai_catalog_model_count(sl_str vendor);
/** The `i`th model of `vendor` in byte order of names. False when there is none. */
bool sl_ai_catalog_model(sl_str vendor, size_t i, struct sl_ai_model *ret) SL_CHECKED;

/** "chat"; the word used in data/models.csv. */
sl_str sl_ai_mode_name(enum sl_ai_mode mode);
/** The flag of a word such as "vision"; 0 when there is none. */
uint32_t sl_ai_model_flag_of(sl_str name);
/** The word of the flag with ordinal `i` < SL_AI_MODEL_FLAG_COUNT. */
sl_str sl_ai_model_flag_name(size_t i);
