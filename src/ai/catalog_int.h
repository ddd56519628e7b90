/**
 * catalog_int: the shape of the generated table (tools/gen_catalog_c.py writes catalog_data.c).
 *
 * Texts stand in one pool; equal prices stand once. All arrays are constant and sorted by bytes.
 */
#pragma once
#include "ai/catalog.h"

enum { CATALOG_NO_PRICE = UINT16_MAX, CATALOG_MAYBE_FREE = UINT16_MAX - 1 };

struct catalog_text {
    uint32_t at; /* in catalog_pool */
    uint32_t n;
};

struct catalog_vendor {
    struct catalog_text name;
    uint32_t first, count; /* in catalog_models */
};

struct catalog_model {
    struct catalog_text name;
    uint32_t context_tokens, max_output_tokens;
    uint32_t flags;
    uint16_t price; /* in catalog_prices, or CATALOG_* */
    uint8_t mode, status;
    uint8_t source, as_of; /* in catalog_words */
};

extern const char catalog_pool[];
extern const struct catalog_text catalog_words[];
extern const struct sl_ai_price catalog_prices[];
extern const struct catalog_vendor catalog_vendors[];
extern const size_t catalog_vendors_n;
extern const struct catalog_model catalog_models[];
