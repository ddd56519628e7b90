/** ask: what an AI request asks for, read from either dialect, and the text that answers it. */
#pragma once
#include "mock.h"

enum { ASK_TOOLS_MAX = 16 };

struct ask {
    struct span model; // name without the scenario, still JSON-escaped
    struct span messages, input;
    struct buf user; // decoded text of the last user message
    struct buf name; // of a model that stands in the path
    char marker[MARKER_SIZE];
    struct span tools[ASK_TOOLS_MAX]; // names, still JSON-escaped
    size_t tools_n;
    bool is_valid; // a JSON object with a model
    bool is_stream, has_stream_options, include_usage, wants_base64, wants_likely;
    bool has_functions; // OpenAI, before there were tools
    int64_t max_tokens, n, dimensions;
    uint64_t hash; // of model and user text: makes ids that repeat with the request
};

/** Read the body and apply the scenario in the model name to `r->sc`. False: not understood. */
bool ask_read(const struct request *rq, struct reply *r, struct ask *ret_ask);
/** What remains to be done when model and messages are known: scenario, user text, marker, claim. */
bool ask_complete(struct ask *q, struct reply *r);
/** The same in Gemini's dialect, where model and stream stand in the path. `model` is escaped. */
bool ask_read_gemini(const struct request *rq, struct reply *r, struct span model, bool is_stream,
                     struct ask *ret_ask);
void ask_free(struct ask *q);
/** Text chunks to send: the scenario's, or fewer where max_tokens says so. */
int64_t ask_chunks(const struct ask *q, const struct scenario *sc);
bool ask_is_limited(const struct ask *q, const struct scenario *sc);
/** Append the text of chunk `i`, JSON-escaped. */
void ask_text(const struct ask *q, const struct scenario *sc, int64_t i, struct buf *out);
/** Append how likely chunks from `from` on, below `to`, were: elements of OpenAI's lists. None if nobody asked. */
void ask_likely(const struct ask *q, const struct scenario *sc, int64_t from, int64_t to,
                struct buf *out);
/** The PNG that is picture `i`, in base64. */
void ask_image(int64_t i, struct buf *out);
/** Arguments of tool call `i`, as JSON text. */
struct span ask_arguments(const struct scenario *sc);
struct span ask_tool_name(const struct ask *q, int64_t i);
/** The model name of the answer. */
struct span ask_model(const struct ask *q, const struct scenario *sc);
/** Fill `r->claim` with what the usage of this answer will say. */
void ask_claim(const struct ask *q, struct reply *r);
