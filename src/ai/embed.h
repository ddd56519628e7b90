/**
 * embed: the hub of embeddings. A client's request is read into struct sl_ai_embed_request, written for a
 * vendor; the vendor's answer is read into struct sl_ai_embed_answer and written for the client. As with
 * conversations there are N readers and M writers, most of which are rows of ai/embed_form.def.
 *
 * Vectors are never taken apart but to change their encoding: numbers stay as the vendor wrote them. base64
 * is of little-endian 32-bit floats; both ways are exact.
 *
 * Texts are borrowed from the body or live in the arena. Pure; any thread.
 */
#pragma once
#include "ai/call.h"
#include "base/strbuf.h"

enum {
    SL_AI_EMBED_INPUTS_MAX = 4096, /* texts in one request */
};

enum sl_ai_embed_form {
#define X(ID, name, inputs, dimensions, task, encoding, takes) SL_AI_EMBED_##ID,
#include "ai/embed_form.def"
#undef X
    SL_AI_EMBED_FORM_COUNT
};

enum sl_ai_embed_task {
    SL_AI_EMBED_TASK_UNSAID,
#define X(ID, voyage, jina, nomic, nvidia, cohere, gemini) SL_AI_EMBED_TASK_##ID,
#include "ai/embed_task.def"
#undef X
    SL_AI_EMBED_TASK_COUNT
};

/** Does the client that names itself so refuse vectors without an id? */
bool sl_ai_embed_wants_id(sl_str user_agent);

enum sl_ai_embed_encoding {
    SL_AI_EMBED_UNSAID, /* numbers */
    SL_AI_EMBED_FLOAT,
    SL_AI_EMBED_BASE64,
    SL_AI_EMBED_OTHER, /* int8, binary, ...: only a vendor with the same word can */
};

/** One of text, tokens, image. */
struct sl_ai_embed_input {
    sl_str text;
    sl_str tokens_json; /* [1, 2, 3] */
    sl_str image;       /* a URL, also of data */
    sl_str title;       /* of the document that the text is */
};

struct sl_ai_embed_request {
    enum sl_ai_embed_form form; /* the client's */
    sl_str model;
    struct sl_ai_embed_input *inputs;
    size_t count;
    bool is_single;     /* asked for one vector, not for a list */
    int64_t dimensions; /* -1: not said */
    enum sl_ai_embed_task task;
    enum sl_ai_embed_encoding encoding;
    sl_str encoding_name; /* OTHER: the client's word */
    sl_str truncate;      /* "NONE", "START", "END" */
    sl_str user;
    struct sl_pairs extra; /* other members of the client's, raw */
};

struct sl_ai_embed_vector {
    sl_str numbers_json; /* "[0.1, ...]" as written, or empty: then */
    sl_str base64;       /* is set */
};

struct sl_ai_embed_answer {
    struct sl_ai_embed_vector *vectors; /* in the order of the inputs */
    size_t count;
    sl_str id, model;     /* may be empty */
    int64_t input_tokens; /* -1: not said */
};

/** The form of a client of this dialect. */
enum sl_ai_embed_form sl_ai_embed_client_form(enum sl_ai_dialect client);
/** The form in which this target is asked. */
enum sl_ai_embed_form sl_ai_embed_target_form(const struct sl_ai_target *t);

/** SL_E_AI_BAD_BODY with the member's place in *d. `has_many` as in struct sl_ai_line. */
sl_rc sl_ai_embed_decode(enum sl_ai_embed_form client, bool has_many, sl_str body,
                         struct sl_arena *a, struct sl_ai_embed_request *ret,
                         struct sl_diag *d) SL_CHECKED;
/**
 * Append the vendor's body. What it has no word for is in the receipt or, when that is strict, refused; what would
 * give other vectors (tokens, images, an encoding that cannot be made) is always refused: SL_E_AI_UNSUPPORTED.
 */
sl_rc sl_ai_embed_encode(const struct sl_ai_embed_request *rq, const struct sl_ai_target *t,
                         struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                         struct sl_diag *d) SL_CHECKED;

/**
 * Read an answer of any form to `expected` inputs. False when it is none, or when vectors are missing. Texts
 * are borrowed from `body`.
 */
bool sl_ai_embed_read(sl_str body, size_t expected, struct sl_arena *a,
                      struct sl_ai_embed_answer *ret) SL_CHECKED;
/** Is it an answer of Cohere's form, of whatever types? *ret_tokens is -1 when it does not say. */
bool sl_ai_embed_peek(sl_str body, int64_t *ret_tokens) SL_CHECKED;
/** Append the client's body; `model` is shown. `tokens` < 0: not known. */
void sl_ai_embed_write(const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_answer *answer, sl_str model, sl_str request_id,
                       int64_t tokens, struct sl_strbuf *out);

/** Append the numbers of a JSON array as base64 of floats, without quotes. What is no number is 0. */
void sl_ai_floats_to_base64(sl_str numbers_json, struct sl_strbuf *out);
/** Append base64 of floats as a JSON array of numbers; false, and nothing appended, when it is none. */
bool sl_ai_base64_to_floats(sl_str base64, struct sl_strbuf *out) SL_CHECKED;
