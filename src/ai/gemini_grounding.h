/**
 * gemini_grounding: where an answer has it from, as Gemini says it (wire-formats 3.3): `groundingMetadata`
 * of searches, with sources (chunks) and the stretches of text that they support, and `citationMetadata` of
 * what the model quotes. Both count bytes, the hub counts characters: the text is kept to tell.
 */
#pragma once
#include "ai/citation.h"

enum { /* of one candidate; what is more is left out */
       SL_AI_GROUNDING_SOURCES_MAX = 256,
       SL_AI_GROUNDING_CITED_MAX = 512,
       SL_AI_GROUNDING_TEXT_BYTES = SL_MIB(1),
};

struct sl_ai_grounding_source {
    sl_str url, title, quote;
};

/** Of one candidate, over all chunks of a stream. */
struct sl_ai_grounding {
    struct sl_strbuf text;
    struct sl_ai_grounding_source *sources; /* NULL: none yet */
    size_t source_count, cited_count;
    struct sl_strbuf
        supports; /* of an encoder: written, each with a comma before all but the first */
};

void sl_ai_grounding_init(struct sl_ai_grounding *g, struct sl_arena *a);

/** Emit the CITATIONs of a chunk's candidate, whose text is kept already from `chunk_at` on. */
void sl_ai_grounding_read(struct sl_ai_decoder *d, struct sl_ai_grounding *g,
                          const struct sl_ai_track *t, const struct sl_json *candidate,
                          size_t chunk_at);

/** Where the text that a citation is of stands in all of it. */
struct sl_ai_grounding_place {
    size_t at;    /* its first byte */
    size_t base;  /* the byte that positions are counted from */
    int64_t part; /* the number of its part */
};

/** Keep a citation for the end. False: no memory. */
bool sl_ai_grounding_add(struct sl_ai_grounding *g, const struct sl_ai_citation *c,
                         struct sl_ai_grounding_place place, struct sl_arena *a) SL_CHECKED;
/** `groundingMetadata`, if there is any. */
void sl_ai_grounding_write(struct sl_jsonw *w, const struct sl_ai_grounding *g);
