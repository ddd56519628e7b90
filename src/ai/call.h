/**
 * call: one AI request as the gate handles it. The gate sees bytes and marks; dialects stay in here.
 *
 *   sl_ai_call_read    the client's body: what routing, limits and policies need (one strict scan)
 *   sl_ai_call_write   the vendor's request: same dialect by splices, else translated
 *   sl_ai_relay_*      the vendor's answer to the client's bytes, usage read on the side
 *   sl_ai_fault_*      what a vendor's error means, and errors in the client's shape
 *
 * Pure; all memory in the arenas given; one thread.
 */
#pragma once
#include "ai/ai.h"
#include "ai/catalog.h"
#include "ai/provider.h"
#include "ai/recall.h"
#include "base/chunk.h"
#include "codec/header.h"
#include "codec/jsonscan.h"

/* ------------------------------------------------------------------ the request */

/** What a request's line says already, where other dialects say it in the body (Gemini). */
struct sl_ai_line {
    enum sl_ai_operation operation;
    sl_str model;   /* decoded; empty: the body has it */
    bool is_stream; /* asked for by the path */
    bool is_array;  /* a stream as one JSON array instead of server-sent events */
    bool has_many;  /* embeddings: a batch of requests */
};

/**
 * Read what stands behind the route's path: `rest` is "/NAME:generateContent", raw, and `query` the
 * query string, raw. For a dialect that says nothing there *ret is just the operation. Else
 * SL_E_AI_BAD_BODY or SL_E_NO_ROUTE for a method that does not exist.
 */
sl_rc sl_ai_line_read(enum sl_ai_operation operation, enum sl_ai_dialect dialect, sl_str rest,
                      sl_str query, struct sl_arena *a, struct sl_ai_line *ret,
                      struct sl_diag *d) SL_CHECKED;

struct sl_ai_embed_request;  /* ai/embed.h */
struct sl_ai_rerank_request; /* ai/rerank.h */
struct sl_ai_prompt;         /* ai/prompt.h */

struct sl_ai_call {
    enum sl_ai_operation operation;
    enum sl_ai_dialect dialect; /* the client's */
    struct sl_ai_line line;     /* `model` empty: it stands in the body */
    sl_str body;                /* borrowed; immutable; the exchange keeps it for every attempt */
    sl_str model;               /* decoded text of "model" */
    bool is_stream;
    bool is_prompt;                /* Ollama: a completion, not a chat */
    bool wants_usage;              /* OpenAI: stream_options.include_usage */
    int64_t max_tokens;            /* -1: not said */
    int64_t input_tokens_estimate; /* from sizes: for admission only */
    int64_t images;                /* IMAGES: how many are asked for */
    bool may_have_developer; /* somewhere in the texts "developer" is a string: perhaps a role */
    bool may_have_strict;    /* ... "strict" is a member */
    bool may_have_custom;    /* ... "custom" is a member */
    sl_str user;
    bool has_tools;     /* functions included */
    bool has_functions; /* OpenAI: in the form before tools, in which the answer is wanted too */
    sl_str previous_id; /* Responses: previous_response_id; empty: none */
    sl_str asked_body;  /* Responses: as it came, where a conversation was put into `body` */
    sl_str stored_path; /* STORED: what stands behind the endpoint's path, with a query */
    bool is_stored;     /* Responses: `store`, which is true unless said otherwise */
    bool
        has_side_effects; /* doing it twice leaves two traces: not retried once it was sent (E12) */
    sl_str encoding_format; /* embeddings: "float", "base64", or empty */
    struct sl_json_range
        ranges[24]; /* where known members stand; by enum sl_ai_member (call_int.h) */
    const struct sl_ai_prompt *prompt; /* whose chat this is, and answer; NULL: the client's own */
    const struct sl_json_cuts *cuts;   /* schemas of tools and long texts, in `body`; NULL: none */
    bool is_bare;   /* known: no carrier of a signature (ai/signature.h) stands in `body` */
    size_t body_at; /* just behind the first '{': where a member can be put in */
    /* made on first need by a crossing, then kept */
    const struct sl_ai_request *decoded;
    const struct sl_ai_embed_request *embed;
    const struct sl_ai_rerank_request *rerank;
};

/** SL_E_AI_BAD_BODY with a message in *d that names the member. Duplicate "model" (or any routed member) is refused. */
sl_rc sl_ai_call_read(enum sl_ai_operation operation, enum sl_ai_dialect dialect, sl_str body,
                      struct sl_arena *a, struct sl_ai_call *ret, struct sl_diag *d) SL_CHECKED;
/**
 * The same for a request whose line has been read. `known` are bodies of before, which this one joins; NULL: none. What
 * is read is the same with them and without.
 */
sl_rc sl_ai_call_read_line(const struct sl_ai_line *line, enum sl_ai_dialect dialect, sl_str body,
                           const struct sl_ai_recall_body *known, struct sl_arena *a,
                           struct sl_ai_call *ret, struct sl_diag *d) SL_CHECKED;

/**
 * The request in the words of the hub, read on first need and kept with the call, in `a`. NULL with the problem in *d.
 * Chats and counts only.
 */
const struct sl_ai_request *sl_ai_call_decode(struct sl_ai_call *call, struct sl_arena *a,
                                              struct sl_diag *d) SL_CHECKED;
/** The object `metadata` of the body, as it stands there; empty: there is none. */
sl_str sl_ai_call_metadata(const struct sl_ai_call *call);

/** Whether a vendor is asked for a stream (T15): when the client wants one, or whatever it wants. */
enum sl_ai_streaming { SL_AI_STREAM_AS_ASKED, SL_AI_STREAM_ALWAYS, SL_AI_STREAM_NEVER };

/** What one attempt is made with. */
struct sl_ai_target {
    const struct sl_ai_vendor *vendor; /* the surface's row: see ai/surface.h */
    sl_str base_url_path; /* path part of the base URL, without a trailing slash: "/v1" */
    sl_str authority;     /* the vendor's host, as the Host field has it: some sign it */
    sl_str region;        /* of the account; some sign that, too */
    int64_t now_unix_s;   /* some sign that, too */
    sl_str model;         /* the vendor's name for it */
    const struct sl_ai_model *model_info; /* NULL: not in the catalogue */
    sl_str key;                           /* secret; empty: none */
    bool
        is_token; /* the key is an access token (ai/oauth.h): sent as such, whatever the vendor's keys are */
    enum sl_ai_streaming streaming;
    bool no_stream_options; /* learned: this vendor refuses them */
    int64_t cap_max_tokens; /* inject as max_tokens when the client gave none; -1: do not */
    bool is_strict;         /* refuse what would be dropped */
};

/** The dialect that this attempt speaks. */
static inline enum sl_ai_dialect sl_ai_target_dialect(const struct sl_ai_target *t)
{
    return t->vendor->dialect;
}

struct sl_ai_wire {
    sl_str path; /* with query */
    struct sl_headers
        headers; /* credentials, versions, content type: to be added to the outgoing head */
    struct sl_chain
        body; /* spans of the client's body and of the arena: no copies in the same dialect */
    sl_str dropped_params; /* x-sluice-dropped-params; empty: none */
    bool has_hidden_usage; /* we asked for usage that the client did not ask for: strip it (U1) */
    enum sl_ai_dialect dialect; /* the vendor's */
    bool is_crossed; /* it was written through a hub: the answer has to come back through it */
};

/**
 * Encode `call` for `target`. `client_headers` supplies what may pass by allow-list (anthropic-version,
 * anthropic-beta, openai-organization, ...). SL_E_AI_UNSUPPORTED / SL_E_AI_BAD_BODY with *d when the vendor cannot do it.
 * Deterministic: the same call and target give the same bytes.
 */
sl_rc sl_ai_call_write(struct sl_ai_call *call, const struct sl_ai_target *target,
                       const struct sl_headers *client_headers, struct sl_arena *a,
                       struct sl_chunk_pool *pool, struct sl_ai_wire *ret,
                       struct sl_diag *d) SL_CHECKED;

/* ------------------------------------------------------------------ the answer */

/** Of a request, on one clock that may begin anywhere. */
struct sl_ai_times {
    sl_usec began_us, now_us;
};

struct sl_ai_relay_config {
    const struct sl_ai_call *call;
    const struct sl_ai_target *target;
    const struct sl_ai_wire *wire;
    sl_str shown_model;      /* rewrite "model" in the answer to this; empty: leave the vendor's */
    sl_str request_id;       /* for ids we must make up */
    int64_t now_unix_s;      /* "created" */
    sl_str content_encoding; /* of the answer: gzip, br, zstd are undone (T14) */
    size_t body_limit;       /* of a whole (not streamed) answer */
    bool is_stream; /* the answer is a stream (by its content type), not only what was asked */
    bool wants_id;  /* of embeddings: the client refuses an answer without an id */
    const struct sl_ai_times
        *times; /* the caller's, who sets now_us before each call; NULL: not told */
};

struct sl_ai_relay; /* in the arena */

/** Marks, valid after each call below. */
struct sl_ai_relay_state {
    bool has_content; /* the first content-bearing delta went through: the commit point */
    bool is_complete; /* a clean terminal (or finish reason and clean EOF) was seen */
    bool
        has_failed; /* `fault` says how: an error event, a broken stream, malformed beyond repair */
    struct sl_ai_fault fault;
    struct sl_ai_usage usage;
    enum sl_ai_stop stop;
    sl_str native_stop;
    sl_str vendor_model; /* as answered */
    sl_str answer_id;    /* as the client sees it */
    sl_str service_tier;
    uint64_t events;
    uint64_t bad_events; /* skipped, for they could not be read (T8) */
    uint64_t
        text_bytes; /* of generated text, to estimate tokens when the vendor says nothing (U3, U13) */
};

struct sl_ai_relay *sl_ai_relay_new(const struct sl_ai_relay_config *config,
                                    struct sl_arena *a) SL_CHECKED;
/** Frees what is not in the arena (decompressors). Accepts NULL. */
void sl_ai_relay_free(struct sl_ai_relay *r);
/** The client's Content-Type for this answer. */
sl_str sl_ai_relay_content_type(const struct sl_ai_relay *r);
/**
 * Take bytes of the vendor's answer; append the client's bytes to `out` as soon as they are whole
 * events (no lag, T1). `chunk` owns `bytes` (NULL: copy). Bytes that pass unchanged are referenced, not copied.
 * Failures are marks in the state, not return values; after one, nothing more is appended.
 */
void sl_ai_relay_feed(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str bytes,
                      struct sl_chain *out);
/** The vendor's body ended (`is_clean`: properly delimited). Appends what is due ([DONE] after a finish reason, T3; the whole translated body of an answer that was not streamed). */
void sl_ai_relay_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out);
const struct sl_ai_relay_state *sl_ai_relay_state(const struct sl_ai_relay *r);
/** After commit: the dialect's terminal error event (T4), never a clean end. */
void sl_ai_relay_write_fault(struct sl_ai_relay *r, const struct sl_ai_fault *fault,
                             struct sl_chain *out);
/**
 * Responses that were translated, when is_complete: the items of the output, without brackets, and the
 * whole response, as the client has them. In `a`. False: there is none.
 */
bool sl_ai_relay_response(const struct sl_ai_relay *r, struct sl_arena *a, sl_str *ret_output,
                          sl_str *ret_body);
/** Is a vendor's answer with this Content-Type a stream? */
bool sl_ai_is_stream_type(const struct sl_ai_vendor *vendor, sl_str content_type);
/** The Content-Type of a stream to this client. */
sl_str sl_ai_call_stream_type(const struct sl_ai_call *call);
/** A keep-alive that the client's dialect ignores (T12). Static bytes. */
sl_str sl_ai_heartbeat(const struct sl_ai_call *call);
/** Usage for the ledger: the reported one, or an estimate flagged as such. */
struct sl_ai_usage sl_ai_relay_usage(const struct sl_ai_relay *r);

/* ------------------------------------------------------------------ errors */

/**
 * What a vendor's error answer means: by status, headers and body, for every dialect (HTML and empty
 * bodies too). Texts in `a`.
 */
void sl_ai_fault_read(const struct sl_ai_vendor *vendor, const struct sl_head *res, sl_str body,
                      int64_t now_unix_s, struct sl_arena *a, struct sl_ai_fault *ret);
/** A fault of our own making. `message` is borrowed. */
struct sl_ai_fault sl_ai_fault_of(sl_rc rc, sl_str message);
/** The same of a request that cannot be read or written: the first problem's text, and the member it is about. */
struct sl_ai_fault sl_ai_fault_of_request(sl_rc rc, const struct sl_diag *d, struct sl_arena *a);
/** The status that the client of this dialect expects for the fault (E10): 529 for Anthropic where OpenAI has 503. */
uint16_t sl_ai_fault_status(const struct sl_ai_fault *fault, enum sl_ai_dialect client);
/** A stream that ends before any vendor answered: the dialect's terminal error event (T4). */
void sl_ai_fault_event(const struct sl_ai_fault *fault, enum sl_ai_dialect client,
                       sl_str request_id, struct sl_arena *a, struct sl_chain *out);
/** The same in the form of the call's stream, of which `elements` were written (Gemini's arrays). */
void sl_ai_call_fault_event(const struct sl_ai_call *call, const struct sl_ai_fault *fault,
                            size_t elements, sl_str request_id, struct sl_arena *a,
                            struct sl_chain *out);
/** The error body in the client's shape. */
sl_str sl_ai_fault_body(const struct sl_ai_fault *fault, enum sl_ai_dialect client,
                        sl_str request_id, struct sl_arena *a);
