/**
 * rerank: the hub of rankings: documents by their relevance to a query. A client's request is read into
 * struct sl_ai_rerank_request and written for a vendor by the rows of ai/rerank_form.def; the vendor's
 * answer is read, put in order and written for the client.
 *
 * Clients speak Cohere's form (/v2/rerank, /v1/rerank) or Jina's (/v1/rerank), which differ in what an
 * answer tells besides; it tells what is known. Documents in answers come from the request, so no vendor
 * is asked to send them back. Scores are the vendor's, as it wrote them.
 *
 * Texts are borrowed from the body or live in the arena. Pure; any thread.
 */
#pragma once
#include "ai/call.h"
#include "base/strbuf.h"

enum { SL_AI_RERANK_DOCUMENTS_MAX = 10000 };

enum sl_ai_rerank_form {
#define X(ID, name, documents, top, takes) SL_AI_RERANK_##ID,
#include "ai/rerank_form.def"
#undef X
    SL_AI_RERANK_FORM_COUNT
};

struct sl_ai_rerank_document {
    sl_str text;
    sl_str json; /* as the client wrote it: a string, or an object with a text */
};

struct sl_ai_rerank_request {
    sl_str model, query;
    struct sl_ai_rerank_document *documents;
    size_t count;
    int64_t top;            /* -1: all */
    int64_t tokens_per_doc; /* -1: not said */
    int returns_documents;  /* -1: not said */
    struct sl_pairs extra;  /* other members, raw */
};

struct sl_ai_rerank_result {
    size_t index;      /* of the document */
    sl_str score_json; /* a number as the vendor wrote it */
    int64_t score_ppb; /* the same, to compare by */
};

struct sl_ai_rerank_answer {
    struct sl_ai_rerank_result *results; /* the best first */
    size_t count;
    sl_str id, model;
    int64_t tokens, searches; /* -1: not said */
};

/** The form in which this target is asked. */
enum sl_ai_rerank_form sl_ai_rerank_target_form(const struct sl_ai_target *t);

/** SL_E_AI_BAD_BODY with the member's place in *d. */
sl_rc sl_ai_rerank_decode(sl_str body, struct sl_arena *a, struct sl_ai_rerank_request *ret,
                          struct sl_diag *d) SL_CHECKED;
/** Append the vendor's body; see sl_ai_embed_encode(). */
sl_rc sl_ai_rerank_encode(const struct sl_ai_rerank_request *rq, const struct sl_ai_target *t,
                          struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                          struct sl_diag *d) SL_CHECKED;
/** Read an answer of any form, sorted and cut to rq->top. False when it is none. */
bool sl_ai_rerank_read(sl_str body, const struct sl_ai_rerank_request *rq, struct sl_arena *a,
                       struct sl_ai_rerank_answer *ret) SL_CHECKED;
/** Append the client's body. Documents are in it when the client asked, or `unsaid` when it did not say. */
void sl_ai_rerank_write(const struct sl_ai_rerank_request *rq,
                        const struct sl_ai_rerank_answer *answer, bool unsaid, sl_str model,
                        sl_str request_id, struct sl_strbuf *out);
