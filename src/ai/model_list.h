/**
 * model_list: which models there are, told in the dialect of the one who asks: whole (OpenAI) or page by
 * page (Anthropic, Gemini), and one of them by its name.
 *
 * Limits and abilities are told where the dialect has members for them. An ability that the catalogue does
 * not state is told as absent. Pure; any thread.
 */
#pragma once
#include "ai/ai.h"
#include "ai/catalog.h"
#include "base/strbuf.h"

struct sl_ai_listed {
    sl_str name;                    /* what to ask for */
    sl_str owner;                   /* the vendor */
    const struct sl_ai_model *info; /* NULL: not in the catalogue */
};

/** What of a list was asked for. */
struct sl_ai_page {
    size_t from, n;
    bool has_more; /* in the direction of paging */
};

/**
 * Read the query string of a list of `count` models: Anthropic's limit, after_id, before_id; Gemini's pageSize,
 * pageToken. SL_E_AI_BAD_BODY with *d for a value that is none. `a` holds temporary texts.
 */
sl_rc sl_ai_page_read(enum sl_ai_dialect client, sl_str query, const struct sl_ai_listed *all,
                      size_t count, struct sl_arena *a, struct sl_ai_page *ret,
                      struct sl_diag *d) SL_CHECKED;
/** Append the page as a whole body. */
void sl_ai_models_write(enum sl_ai_dialect client, const struct sl_ai_listed *all,
                        const struct sl_ai_page *page, struct sl_strbuf *out);
/** Append one model as a whole body. */
void sl_ai_model_write(enum sl_ai_dialect client, const struct sl_ai_listed *model,
                       struct sl_strbuf *out);
/** Append what Ollama's clients are shown of a model: what it can do, how much it reads. */
void sl_ai_model_show(const struct sl_ai_listed *model, struct sl_strbuf *out);
