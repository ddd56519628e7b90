/**
 * turns: a conversation as strict vendors want it (X5). From the client's messages come
 *
 *   - the system parts, hoisted from wherever they stand;
 *   - turns that alternate between user and assistant, the user's first, each made of as many of
 *     the client's messages as follow each other, tool results before everything else;
 *   - without blank text, which vendors refuse, and without turns that are then empty;
 *   - with every tool call of an assistant answered in the next turn, by others, and every result answering such a call.
 *
 * A conversation that starts with the assistant gets a user turn of the text "..." before it. One that goes on from
 * what a vendor of Responses keeps may begin in any way, for the vendor knows the rest.
 *
 * Parts are copied, texts and nested parts are shared with the request. Pure; one arena.
 */
#pragma once
#include "ai/ai.h"

struct sl_ai_turn {
    struct sl_ai_turn *next;
    bool is_assistant;
    struct sl_ai_part *parts; /* at least one */
    size_t index;             /* of the first message in it, in the client's messages[] */
};

struct sl_ai_turns {
    struct sl_ai_part *system; /* TEXT parts; NULL: none */
    struct sl_ai_turn *first;
    bool has_lost_images;    /* that an assistant made, which this vendor does not take back */
    bool has_lost_citations; /* of documents or search results, which this vendor gives none of */
    bool has_lost_titles;    /* of documents, for which this vendor has no word */
    bool has_lost_names;     /* of files, the same */
    bool has_lost_contexts;  /* the same */
    bool has_lost_thoughts;  /* that this vendor may not or need not see */
};

/**
 * `vendor`: thinking that another dialect's vendor signed goes, because this one would refuse it (X6).
 * `keep_unsigned`: thinking without a signature stays (vendors that want reasoning echoed); otherwise
 * it goes, too.
 * SL_E_AI_BAD_BODY with "messages[2]" in *d for a call or result without its other half or of the wrong side, and for a
 * conversation without any turn; SL_E_LIMIT.
 */
sl_rc sl_ai_turns_make(const struct sl_ai_request *rq, enum sl_ai_dialect vendor,
                       bool keep_unsigned, struct sl_arena *a, struct sl_ai_turns *ret,
                       struct sl_diag *d) SL_CHECKED;
/** In the user's turn after a call: the result that answers it. */
const struct sl_ai_part *sl_ai_turn_result(const struct sl_ai_turn *turn, sl_str call_id);
/** A last turn of the assistant's is to be continued; vendors refuse one that ends in white space. */
void sl_ai_turn_trim_prefill(struct sl_ai_turn *last);
/** The part's text has something to read in it. */
bool sl_ai_text_is_blank(sl_str text);
