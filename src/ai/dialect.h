/**
 * dialect: the public wire formats, each as one table of functions over the hub (ai/ai.h).
 *
 * Requests: decode_request turns a client's body into an sl_ai_request, encode_request turns that into a
 * vendor's body. Answers: a decoder turns what a vendor sends into sl_ai_events, an encoder turns
 * events into what the client reads:
 *
 *     dec = sl_ai_decoder_new(vendor_dialect, &decoder_config, a);
 *     enc = sl_ai_encoder_new(client_dialect, &encoder_config, a);
 *     sl_ai_decoder_feed(dec, sse.event, sse.data);       ... or sl_ai_decoder_body(dec, body)
 *     while (sl_ai_decoder_next(dec, &ev))
 *         sl_ai_encoder_put(enc, &ev, &out);
 *     sl_ai_decoder_finish(dec, is_clean);                 ... and the same loop again
 *
 * Every pair of dialects works, also a dialect with itself (an answer streamed by the vendor and wanted
 * whole, or the reverse). Pure: no I/O, no clock; the same input gives the same bytes. One thread.
 */
#pragma once
#include "ai/ai.h"
#include "ai/call.h"
#include "base/strbuf.h"

/* ------------------------------------------------------------------ limits */

enum {
    SL_AI_MODEL_NAME_MAX = 1024, /* bytes of a model's name in a request */
    SL_AI_MESSAGES_MAX = 100000, /* in a request, and parts in one message */
    SL_AI_TOOLS_MAX = 4096,      /* in a request */
    SL_AI_CHOICES_MAX = 16,      /* n; answers of further choices are ignored */
    SL_AI_CALLS_MAX = 256,       /* tool calls in one choice of an answer; further ones break it */
    SL_AI_BAD_EVENTS_MAX = 1,    /* unreadable events in a row that are skipped (T8) */
    SL_AI_TOOL_ID_BYTES = 64,    /* of a portable tool call id */
};
/** Memory of one event of a stream, or of a whole answer, while it is understood. */
#define SL_AI_DECODER_BYTES SL_MIB(128)
/** Of text that must be kept: arguments of held calls, a thinking text until its signature, a whole answer. */
#define SL_AI_KEPT_BYTES SL_MIB(32)
/** max_tokens when the vendor wants one and neither the client nor the catalogue has it. */
#define SL_AI_MAX_TOKENS_DEFAULT INT64_C(4096)

/* ------------------------------------------------------------------ answers: bytes to events */

struct sl_ai_decoder; /* in the arena */

struct sl_ai_decoder_config {
    /* what was asked, as decode_request gave it: tells how to undo an emulation, here and of
       ai/custom_tool.h. NULL: nothing to undo */
    const struct sl_ai_request *request;
    const struct sl_ai_target *target; /* the vendor's way of counting; model flags */
};

struct sl_ai_decoder *sl_ai_decoder_new(enum sl_ai_dialect vendor,
                                        const struct sl_ai_decoder_config *config,
                                        struct sl_arena *a) SL_CHECKED;
/** One SSE event. `type` may be empty. Events given out before are no longer valid. */
void sl_ai_decoder_feed(struct sl_ai_decoder *d, sl_str type, sl_str data);
/** A whole answer of status 200, which may hold an error nevertheless. Ends the answer: no finish needed. */
void sl_ai_decoder_body(struct sl_ai_decoder *d, sl_str body);
/**
 * The stream is over. What is due follows as events: END when the answer is whole (T3: a stop reason
 * and a clean end suffice), else ERROR with SL_E_AI_STREAM_CUT.
 */
void sl_ai_decoder_finish(struct sl_ai_decoder *d, bool is_clean);
/**
 * The next event; false when more bytes are needed. Texts are valid until the next feed, body or finish.
 * In one choice blocks follow each other without gaps or overlap: BLOCK_START, DELTAs and SIGNATUREs,
 * BLOCK_STOP, index 0, 1, 2. START comes first, once (an ERROR may come without it), STOP once per
 * choice after its blocks; END or ERROR is the last, and nothing follows it. USAGE is the whole usage as
 * known so far: it replaces. Of an OPAQUE block BLOCK_START has the raw block in `text`, DELTA raw deltas.
 */
bool sl_ai_decoder_next(struct sl_ai_decoder *d, struct sl_ai_event *ret) SL_CHECKED;
/** Give back the memory of the events given out, as the next feed would: a silent stream holds none of it. */
void sl_ai_decoder_forget(struct sl_ai_decoder *d);

/* ------------------------------------------------------------------ answers: events to bytes */

struct sl_ai_encoder; /* in the arena */

struct sl_ai_encoder_config {
    bool is_stream;     /* what the client asked for; false: one body, written at END */
    bool is_array;      /* Gemini: the stream is one JSON array instead of events */
    bool is_prompt;     /* Ollama: the client asked for a completion */
    bool wants_usage;   /* OpenAI: the client asked for a usage chunk */
    bool has_functions; /* OpenAI chat: the one call of a choice is wanted as its function_call */
    sl_str shown_model; /* empty: what the vendor says */
    sl_str request_id;  /* ids are made of it when the vendor's have another dialect's shape */
    int64_t now_unix_s; /* "created" */
    /* who answers: signatures of another dialect's are wrapped (ai/signature.h). NULL: as they are */
    const struct sl_ai_target *maker;
    const struct sl_ai_prompt
        *prompt; /* write its answer instead (ai/prompt.h); NULL: the client's */
    const struct sl_ai_times *times; /* how long it took (Ollama); NULL: not told */
    sl_str
        request_body; /* the client's, for dialects whose answers repeat it (Responses); may be empty */
};

struct sl_ai_encoder *sl_ai_encoder_new(enum sl_ai_dialect client,
                                        const struct sl_ai_encoder_config *config,
                                        struct sl_arena *a) SL_CHECKED;
/**
 * Append what the event means to the client, which may be nothing. A stream ends with the dialect's
 * own terminal: at END the clean one, at ERROR the error event and never the clean one (T4). Of a whole answer
 * nothing is written before END, and nothing at ERROR: the caller then still has the choice of status.
 */
void sl_ai_encoder_put(struct sl_ai_encoder *e, const struct sl_ai_event *event,
                       struct sl_strbuf *out);
/** Of a stream as one JSON array: how many elements were written. */
size_t sl_ai_encoder_elements(const struct sl_ai_encoder *e);
/** Did a kept text pass SL_AI_KEPT_BYTES? Then the answer is not complete and must fail. */
bool sl_ai_encoder_is_full(const struct sl_ai_encoder *e);

/* ------------------------------------------------------------------ the table */

struct sl_ai_decoder_ops;
struct sl_ai_encoder_ops;
struct sl_ai_peek;

/** How the events of a vendor's stream are told apart. */
enum sl_ai_framing {
    SL_AI_FRAMING_SSE = 0, /* text/event-stream */
    SL_AI_FRAMING_NDJSON,  /* a JSON value on each line */
    SL_AI_FRAMING_AWS,     /* binary, application/vnd.amazon.eventstream */
};

struct sl_ai_dialect_ops {
    enum sl_ai_dialect dialect;
    sl_str name;
    enum sl_ai_framing framing; /* of a vendor's streams */
    sl_str stream_type;         /* their Content-Type; empty: text/event-stream */
    sl_str heartbeat;           /* for clients in silence (T12); empty: an SSE comment */
    sl_str terminal;            /* the clean end of a stream, where a vendor left it out (T3) */
    /**
     * Look at an event or a body of an answer that passes unparsed, and take its marks
     * (ai/relay_int.h). NULL: answers in this dialect never pass, they go through the hub.
     */
    bool (*peek)(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
    /** See sl_ai_line_read(). NULL: the line says nothing. */
    sl_rc (*read_line)(sl_str rest, sl_str query, struct sl_arena *a, struct sl_ai_line *ret,
                       struct sl_diag *d);
    /**
     * What to append to target->base_url_path, with a query. NULL: the vendor's row has it
     * (ai/provider.h). SL_E_AI_UNSUPPORTED with *d for an operation that the vendor does not offer.
     */
    sl_rc (*write_path)(const struct sl_ai_call *call, const struct sl_ai_target *t,
                        struct sl_arena *a, sl_str *ret, struct sl_diag *d);
    /** Where schemas of tools are in a request: they are passed as they are. NULL: they are read. */
    const struct sl_jsonscan_path *schemas;
    /**
     * `body` is one that sl_jsonscan accepts; it and its cuts (may be NULL: none) are borrowed by *ret. All members that the hub names are taken, the others are in
     * ret->extra; null counts as absent. SL_E_AI_BAD_BODY with the member's place in *d:
     * "messages[3].content[1].image_url.url".
     */
    sl_rc (*decode_request)(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                            struct sl_ai_request *ret, struct sl_diag *d);
    /**
     * Append the vendor's body to `out` (see its is_full afterwards). What the vendor has no word for is
     * listed in the receipt or, when that is strict, refused; what would change the meaning (n > 1) is
     * always refused: SL_E_AI_UNSUPPORTED, and SL_E_AI_BAD_BODY for a conversation that no vendor takes.
     * The receipt's arena is used for everything. Custom tools have gone through ai/custom_tool.h.
     */
    sl_rc (*encode_request)(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                            struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                            struct sl_diag *d);
    /** An error as a terminal event of a stream (T4), and as a whole body. Any class, any text. */
    void (*error_event)(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out);
    void (*error_body)(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out);
    const struct sl_ai_decoder_ops *decoder;
    const struct sl_ai_encoder_ops *encoder;
};

extern const struct sl_ai_dialect_ops sl_ai_openai_chat;
extern const struct sl_ai_dialect_ops sl_ai_openai_completions;
extern const struct sl_ai_dialect_ops sl_ai_anthropic;
extern const struct sl_ai_dialect_ops sl_ai_bedrock;
extern const struct sl_ai_dialect_ops sl_ai_cohere;
extern const struct sl_ai_dialect_ops sl_ai_ollama;
extern const struct sl_ai_dialect_ops sl_ai_gemini;
extern const struct sl_ai_dialect_ops sl_ai_openai_responses;

/** NULL for a dialect that has no crossing yet. */
const struct sl_ai_dialect_ops *sl_ai_dialect_find(enum sl_ai_dialect dialect);

/** The Content-Type of a vendor's streams on this surface. */
sl_str sl_ai_stream_type(const struct sl_ai_vendor *vendor);
/** How the events of a vendor's stream are told apart: as its dialect does, unless its row says otherwise. */
enum sl_ai_framing sl_ai_framing_of(const struct sl_ai_vendor *vendor);

/* ------------------------------------------------------------------ errors inside of answers */

/**
 * Fill class_ and rc of a vendor's error from its type and code, by the words in ai/error_word.def;
 * where no word is known, from vendor_status; else it is an overload (retryable before the commit).
 */
void sl_ai_fault_classify(struct sl_ai_fault *f);
/** The same, but first by the vendor's own numbers (ai/error_code.def). */
void sl_ai_fault_classify_of(const struct sl_ai_vendor *vendor, struct sl_ai_fault *f);
