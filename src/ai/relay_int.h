/**
 * relay_int: an answer on its way to the client. relay.c undoes content codings, cuts the bytes into
 * events or gathers a whole body, and keeps the marks; a mode (relay_same, relay_cross) makes the
 * client's bytes of them. relay_peek reads the marks out of events that pass by unparsed.
 */
#pragma once
#include "ai/alike.h"
#include "ai/call.h"
#include "ai/dialect.h"
#include "ai/frames.h"
#include "codec/splice.h"
#include "codec/zip.h"

/** Texts of the vendor's that the state points to. */
enum sl_ai_mark {
    SL_AI_MARK_MODEL,
    SL_AI_MARK_STOP,
    SL_AI_MARK_ANSWER_ID,
    SL_AI_MARK_TIER,
    SL_AI_MARK_COUNT
};

/** Where an event or body has what may have to change. Ranges into `text`. */
struct sl_ai_peek {
    sl_str text;
    struct sl_json_range model, choices, usage, data;
    struct sl_json_range error; /* where it stands, if not at the top; is_present */
    bool has_error;             /* it is an error, or holds one */
    bool is_terminal; /* Anthropic: message_stop; Responses: response.completed and its like */
    bool is_answer;   /* bodies: it has what answers of this kind must have */
};

/** How events and bodies become the client's. */
struct sl_ai_relay_mode {
    /** An event of a stream. */
    void (*event)(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out);
    /** The end of a stream, not called after a terminal or a failure. */
    void (*finish)(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out);
    /** May an event that was found alike be answered so? Takes its marks. */
    bool (*repeat)(struct sl_ai_relay *r, const struct sl_ai_alike_match *m);
    /** A whole body, which lies in `chunk`. */
    void (*body)(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str body, struct sl_chain *out);
};

extern const struct sl_ai_relay_mode sl_ai_relay_same;
extern const struct sl_ai_relay_mode sl_ai_relay_cross;
extern const struct sl_ai_relay_mode sl_ai_relay_value;

struct sl_ai_relay {
    struct sl_ai_relay_config config;
    struct sl_arena *arena;
    const struct sl_ai_relay_mode *mode;
    struct sl_ai_relay_state state;
    bool is_over; /* a terminal or a failure: what follows is ignored */

    const struct sl_ai_dialect_ops *vendor; /* the vendor's dialect */
    struct sl_unzip *unzip;                 /* NULL: identity */
    struct sl_ai_frames frames;
    struct sl_chain whole;  /* of an answer that is no stream */
    struct sl_chunk *chunk; /* holds `fed`, or NULL */
    sl_str fed;
    bool is_tail; /* the event being handled had no blank line behind it */

    uint16_t mark_rooms[SL_AI_MARK_COUNT]; /* bytes of the arena that a mark has for its text */
    struct sl_ai_counts counts;
    uint32_t bad_in_row;
    struct sl_ai_alike alike; /* the event read last */

    /* relay_same */
    bool ends_in_cr;        /* what passed last: its LF is still to come */
    sl_str model_json;      /* shown_model as JSON; empty: the vendor's stays */
    struct sl_strbuf usage; /* OpenAI: the usage event, kept for its place before [DONE] (U2) */
    uint64_t sequence;      /* Responses: the number that the next event has */

    /* relay_cross */
    struct sl_ai_decoder *decoder;
    struct sl_ai_encoder *encoder;
    struct sl_strbuf written;
    uint32_t alike_choice; /* of the text in an event found alike */
    sl_str body;           /* while it is decoded */
};

/* ---- relay.c */

/** Mark the answer as failed. The texts are copied into the arena. */
void sl_ai_relay_fail(struct sl_ai_relay *r, const struct sl_ai_fault *fault);
/** The same for a stream or body that is not what it should be. `message` is static. */
void sl_ai_relay_fail_cut(struct sl_ai_relay *r, const char *message);
/** Keep the beginning of `text`, which is not more than such a mark may have; an empty one changes nothing. */
void sl_ai_relay_mark(struct sl_ai_relay *r, enum sl_ai_mark which, sl_str text);
/** An event that cannot be read: skipped, but not two in a row (T8). */
void sl_ai_relay_skip(struct sl_ai_relay *r);
/** What a string of an event's data adds to state.text_bytes; `raw` with its escapes. */
uint64_t sl_ai_relay_text_bytes(sl_str raw);
/** Append bytes that are part of what is fed by reference, others by copy. */
void sl_ai_relay_pass(struct sl_ai_relay *r, struct sl_chain *out, sl_str bytes);

/* ---- relay_peek.c */

/**
 * Look at an event or a body, and take the marks; false when it is no JSON object. Entries of
 * sl_ai_dialect_ops.peek. *ret is zeroed but for `text`. One whose effects add up over events tells
 * r->alike what they come from, or spoils it.
 */
bool sl_ai_peek_openai(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
bool sl_ai_peek_anthropic(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
bool sl_ai_peek_gemini(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
bool sl_ai_peek_responses(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
bool sl_ai_peek_cohere(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
bool sl_ai_peek_ollama(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);
/** By the dialect of the vendor. */
bool sl_ai_relay_peek(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret);

/* ---- relay_embed.c */

/** Did the client ask for embeddings in base64? */
bool sl_ai_relay_wants_base64(const struct sl_ai_relay *r);
/** Append the body with its arrays of numbers as base64; `model` is a splice of the model's name, or NULL. */
void sl_ai_relay_put_base64(struct sl_ai_relay *r, struct sl_chunk *chunk,
                            const struct sl_ai_peek *p, const struct sl_splice *model,
                            struct sl_chain *out);

/* ---- fault.c */

/** The fault as the client may see it: what a vendor says about our account is not its affair (E6). */
struct sl_ai_fault sl_ai_fault_shown(const struct sl_ai_fault *fault);
/** The error in a JSON text; an HTTP status, or 0 when it came inside of a 200. Texts in `a`. */
void sl_ai_fault_read_json(const struct sl_ai_vendor *vendor, uint16_t status, sl_str json,
                           struct sl_arena *a, struct sl_ai_fault *ret);
