/**
 * mock: what the parts of mockllm share - the request as it came, and the reply as it will go.
 *
 * One thread. A reply is built whole when its request is complete, as bytes plus a list of steps
 * that say what to wait for before which byte; server.c then only plays it. An answer without
 * waits is one step, hence one send().
 */
#pragma once
#include "buf.h"
#include "scenario.h"

enum { HEADERS_MAX = 200 };

struct header {
    struct span name, value;
};

/** A complete request. Everything is borrowed from the connection for the time of the answer. */
struct request {
    struct span method, target, path, query, key, body;
    struct header headers[HEADERS_MAX];
    size_t headers_n;
    struct span head; // request line and header fields as received
    bool is_http10, wants_close;
    uint64_t number; // of all requests of this process, from 1
};

/** The value of the field `name` (first of them), or empty. */
struct span request_header(const struct request *rq, const char *name);
/** The value of `name` in the query, still escaped, or empty. */
struct span request_query(const struct request *rq, const char *name);

enum act { ACT_NONE, ACT_DONE, ACT_RESET, ACT_CLOSE, ACT_STALL, ACT_TUNNEL };

struct step {
    size_t end;       // bytes of the reply up to here ...
    uint32_t wait_ms; // ... are sent after this pause,
    uint32_t events;  // ... and contain that many events since the start
    enum act act;     // what happens then
};

enum { MARKER_SIZE = 64, NAME_SIZE = 64 };

/** What the vendor will claim for one AI request; becomes a ledger row when the answer ends. */
struct claim {
    bool is_ai, is_stream;
    uint64_t number, started_ms;
    int64_t prompt, cached, cache_write, completion, reasoning;
    int status;
    char path[32], key[NAME_SIZE], model[NAME_SIZE], marker[MARKER_SIZE];
};

struct coder;

struct reply {
    struct buf out;
    struct step *steps;
    size_t steps_n, steps_cap;
    struct scenario sc;
    struct claim claim;
    struct coder *coder; // content coding in progress
    uint32_t events;
    bool is_stream, is_chunked, is_cut, keep_alive, no_body;
    bool had_event;
    bool is_framed; // a stream in the frames of AWS
};

/**
 * Begin the answer: status line, `fields` (CRLF-terminated lines, may be NULL) and framing.
 * `length` < 0: a body of unknown length, sent as pieces; chunked, or to the close for HTTP/1.0.
 */
void reply_head(struct reply *r, int status, const char *type, const struct buf *fields,
                int64_t length);
/** Append one piece of the body; `is_event`: it counts for faults and is paced. */
void reply_piece(struct reply *r, struct span bytes, bool is_event);
/** End the body well. `trailers`: CRLF-terminated lines or NULL. */
void reply_end(struct reply *r, const char *trailers);
/** The whole answer with Content-Length; applies faults of bodies that are not streams. */
void reply_whole(struct reply *r, int status, const char *type, const struct buf *fields,
                 struct span body);
/** End here and do `act`; whatever is appended later is ignored. */
void reply_cut(struct reply *r, enum act act);
/** Append bytes outside of any framing (interim responses) as a step of its own. */
void reply_raw(struct reply *r, struct span bytes, uint32_t wait_ms);
/** Ready for the next request; keeps the memory unless it is large. */
void reply_reset(struct reply *r);
void reply_free(struct reply *r);

/** Copy `s` into a fixed text member, cut to fit. */
void name_set(char *to, size_t size, struct span s);
uint64_t wall_ms(void);

/** Answer `rq`. The reply is empty and `r->sc` is already the scenario of this request. */
void rest_answer(struct request *rq, struct reply *r);
void openai_answer(struct request *rq, struct reply *r);
/** False: not for this one. */
bool vertex_answer(struct request *rq, struct reply *r);
void anthropic_answer(struct request *rq, struct reply *r);
/** Checks the key itself, for it may be a signature. */
void bedrock_answer(struct request *rq, struct reply *r);
/** The fields of its answers. */
void bedrock_put_fields(const struct request *rq, struct buf *fields);
/** InvokeModel, below bedrock_answer. */
bool bedrock_is_invoke(const struct request *rq);
/** NULL, or what is wrong with the request. */
const char *bedrock_invoke(struct request *rq, struct reply *r);
bool gemini_is_path(const struct request *rq);
void gemini_answer(struct request *rq, struct reply *r);
void gemini_refuse_key(struct request *rq, struct reply *r);
void cohere_answer(struct request *rq, struct reply *r);
void cohere_refuse_key(struct request *rq, struct reply *r);
void ollama_answer(struct request *rq, struct reply *r);
void ollama_refuse_key(struct request *rq, struct reply *r);
void responses_answer(struct request *rq, struct reply *r);
/** Counting, embeddings and rankings of other vendors. False: the path is none of these. */
bool other_answer(struct request *rq, struct reply *r);
/** Append the vector of the i-th text: [i, 0.5, -0.25, ...]. */
void other_put_vector(int64_t i, int64_t dimensions, struct buf *out);
void control_answer(struct request *rq, struct reply *r);
/** Refuse a request whose key is missing or unknown, in the dialect of its path. */
void openai_refuse_key(struct request *rq, struct reply *r);
void anthropic_refuse_key(struct request *rq, struct reply *r);
