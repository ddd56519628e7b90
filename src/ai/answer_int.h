/**
 * answer_int: what the decoders and encoders of all dialects' answers share.
 *
 * A dialect's decoder embeds struct sl_ai_decoder as its first member and reports through the emit
 * functions, which keep the promises of sl_ai_decoder_next(): one block open at a time, START first, nothing
 * after END or ERROR.
 */
#pragma once
#include "ai/dialect.h"
#include "codec/json.h"

/* ------------------------------------------------------------------ decoders */

struct sl_ai_queued {
    struct sl_ai_queued *next;
    struct sl_ai_event event;
};

/** Strings of an event's data. */
struct sl_ai_text_places {
    struct sl_json_range text, padding;
};

struct sl_ai_decoder_ops {
    size_t size;
    bool takes_array; /* a body may be an array of chunks */
    void (*feed)(struct sl_ai_decoder *d, sl_str type, sl_str data);
    void (*body)(struct sl_ai_decoder *d, const struct sl_json *body);
    void (*finish)(struct sl_ai_decoder *d);
    /**
     * `ev` is a DELTA of TEXT or THINKING, and all that this event's `data` was understood as. Where its text
     * stands there, and what besides may be different each time without a meaning; *ret is zeroed. False, or
     * NULL: the decoder is not sure that it would understand the next such event as no more than its text.
     */
    bool (*find_text)(const struct sl_ai_decoder *d, sl_str data, const struct sl_ai_event *ev,
                      struct sl_ai_text_places *ret);
};

struct sl_ai_decoder {
    const struct sl_ai_decoder_ops *ops;
    enum sl_ai_dialect dialect;
    struct sl_ai_decoder_config config;
    struct sl_arena *a;       /* lives as long as the answer */
    struct sl_arena *scratch; /* lives until the next feed */
    struct sl_ai_queued *first, *last;
    struct sl_ai_custom_calls *custom; /* to be turned back (ai/custom_tool.h); NULL: none */
    struct sl_ai_event spare;          /* stands in when memory is at its limit */
    enum sl_ai_usage_flavour flavour;
    struct sl_ai_counts counts;
    sl_str service_tier; /* as the answer names it */
    sl_str fingerprint;  /* OpenAI's; set before START */
    unsigned bad_events; /* in a row */
    bool has_started, is_over;
};

/** The blocks of one choice. */
struct sl_ai_track {
    uint32_t choice;
    uint32_t next_index;
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_open, has_tool, has_stopped;
};

/** A new event at the end of the queue, to be filled in. */
struct sl_ai_event *sl_ai_emit(struct sl_ai_decoder *d, enum sl_ai_event_kind kind);
/** START, if it has not been given. */
void sl_ai_emit_start(struct sl_ai_decoder *d, sl_str id, sl_str model);
/** Close the open block, if there is one, and open another; id and name may be filled in. */
struct sl_ai_event *sl_ai_emit_block(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                     enum sl_ai_part_kind kind);
/** Text for a block of that kind: the open one, or a new one. Nothing for no text. */
struct sl_ai_event *sl_ai_emit_text(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                    enum sl_ai_part_kind kind, sl_str text);
/** A piece for the open block, which is of the kind DELTA or SIGNATURE. */
struct sl_ai_event *sl_ai_emit_piece(struct sl_ai_decoder *d, const struct sl_ai_track *t,
                                     enum sl_ai_event_kind kind, sl_str text);
void sl_ai_emit_block_stop(struct sl_ai_decoder *d, struct sl_ai_track *t);
/** Close the open block and say why the choice ended, once; a tool call makes END and NONE to TOOL (X4). */
struct sl_ai_event *sl_ai_emit_stop(struct sl_ai_decoder *d, struct sl_ai_track *t,
                                    enum sl_ai_stop stop, sl_str native);
void sl_ai_emit_end(struct sl_ai_decoder *d);
/** END or ERROR was given out: nothing may follow. */
void sl_ai_emit_fault(struct sl_ai_decoder *d, const struct sl_ai_fault *fault);
/** The answer broke off, or cannot be understood. `message` is static. */
void sl_ai_emit_cut(struct sl_ai_decoder *d, const char *message);
/** Merge the counters in `root` (a body or an event); a USAGE event if there are any and `is_event`. */
void sl_ai_emit_usage(struct sl_ai_decoder *d, const struct sl_json *root, bool is_event);
struct sl_ai_usage sl_ai_decoder_usage(const struct sl_ai_decoder *d);

/** An event's JSON object; NULL when it has none, after which the answer may have been given up (T8). */
const struct sl_json *sl_ai_decoder_parse(struct sl_ai_decoder *d, sl_str data);
/** A copy that lives as long as the answer; empty at the limit of memory. */
sl_str sl_ai_decoder_keep(struct sl_ai_decoder *d, sl_str text);
/** A value as compact JSON, until the next feed. */
sl_str sl_ai_decoder_raw(struct sl_ai_decoder *d, const struct sl_json *v);
/** An error object ({message, type, code, param}, or a text) as a fault. Numeric codes are statuses. */
struct sl_ai_fault sl_ai_decoder_fault(struct sl_ai_decoder *d, const struct sl_json *error);

/** Merge the counters that stand in `root`, by the rows of ai/usage_path.def; false when there are none. */
bool sl_ai_counts_read(struct sl_ai_counts *c, enum sl_ai_usage_flavour flavour,
                       const struct sl_json *root);

/* ------------------------------------------------------------------ encoders */

struct sl_ai_encoder_ops {
    size_t size;
    bool signs_calls; /* the dialect has a place for the signature of a tool call */
    void (*put)(struct sl_ai_encoder *e, const struct sl_ai_event *event, struct sl_strbuf *out);
    /**
     * Of a stream: what was written for this DELTA of TEXT or THINKING can be written again with
     * another text in its place, of which the encoder is only told with `note_text`. NULL: never.
     */
    bool (*may_repeat)(const struct sl_ai_encoder *e, const struct sl_ai_event *event);
    /** A text that was written so; `raw` is JSON, with escapes of one letter only. NULL: it needs not know. */
    void (*note_text)(struct sl_ai_encoder *e, uint32_t choice, sl_str raw);
};

struct sl_ai_encoder {
    const struct sl_ai_encoder_ops *ops;
    struct sl_ai_encoder_config config;
    struct sl_arena *a;
    sl_str id, model; /* as shown */
    sl_str service_tier, fingerprint;
    struct sl_ai_usage usage;
    /* of the open block of each choice, until it is whole and can be wrapped; NULL: none so far */
    struct sl_strbuf *signatures[SL_AI_CHOICES_MAX];
    size_t elements;     /* of a stream as one array: written so far */
    const char *failure; /* the answer is not what it must be: NULL: it is. As long as the answer */
    bool is_home;        /* the vendor speaks the client's dialect */
    bool has_started, is_over, is_full;
};

/** Append to a buffer of the answer's; the encoder knows when it is full. */
void sl_ai_encoder_keep(struct sl_ai_encoder *e, struct sl_strbuf *b, sl_str text);
/** A copy that lives as long as the answer; empty, and the encoder full, at the limit of memory. */
sl_str sl_ai_encoder_keep_word(struct sl_ai_encoder *e, sl_str text);

/** Around the address of an image, in the texts of dialects that have no images in answers. */
#define SL_AI_IMAGE_LINK_HEAD SL_STR("![image](")
#define SL_AI_IMAGE_LINK_TAIL SL_STR(")")

/** What dialects without images in answers say in their place: its address, or that it is left out. */
struct sl_ai_image_note {
    sl_str media_type; /* empty: it is an address */
    size_t chars;      /* of base64, so far */
};

/** What to say at the image's beginning, of a piece of it, and at its end; may be empty. */
sl_str sl_ai_image_note_begin(struct sl_ai_encoder *e, struct sl_ai_image_note *note,
                              sl_str media_type);
sl_str sl_ai_image_note_add(struct sl_ai_image_note *note, sl_str text);
sl_str sl_ai_image_note_end(struct sl_ai_encoder *e, const struct sl_ai_image_note *note);

/** What a counter shows: the usage as the object that each of these dialects has. */
void sl_ai_usage_write_openai(struct sl_jsonw *w, const struct sl_ai_usage *u);
void sl_ai_usage_write_responses(struct sl_jsonw *w, const struct sl_ai_usage *u);
void sl_ai_usage_write_anthropic(struct sl_jsonw *w, const struct sl_ai_usage *u);
void sl_ai_usage_write_gemini(struct sl_jsonw *w, const struct sl_ai_usage *u);
void sl_ai_usage_write_cohere(struct sl_jsonw *w, const struct sl_ai_usage *u);

/** The vendor's message or, when it has none, what the error code means. */
sl_str sl_ai_fault_message(const struct sl_ai_fault *f);
