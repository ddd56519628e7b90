/**
 * ai: the one vocabulary for all models. N decoders and M encoders meet here, never N x M converters.
 *
 * Requests: a decoder turns a client's body into an sl_ai_request; an encoder turns that into a
 * vendor's body. Answers: a decoder turns a vendor's bytes (whole or streamed) into sl_ai_events, an
 * encoder turns events into the client's bytes. What the hub must be able to carry without loss is
 * listed in docs/reference/ai-hub.md (ordered blocks, opaque signatures with provenance, cache
 * markers, tool ids and names, disjoint usage buckets, native stop reasons).
 *
 * Everything is pure and lives in the exchange's arena: no I/O, no clock, no globals. Strings are
 * decoded text unless a member's name ends in _json (then it is raw JSON, kept byte for byte).
 */
#pragma once
#include "ai/usage.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/field.h"

enum sl_ai_dialect {
    SL_AI_OPENAI_CHAT,
    SL_AI_ANTHROPIC,
    SL_AI_OPENAI_RESPONSES,
    SL_AI_GEMINI,
    SL_AI_BEDROCK,
    SL_AI_COHERE,
    SL_AI_OLLAMA,
    SL_AI_OPENAI_COMPLETIONS, /* the legacy one, of prompts */
    SL_AI_DIALECT_COUNT
};

/** STORED is about a response that is kept: /v1/responses/{id}. */
enum sl_ai_operation {
#define X(ID, ...) SL_AI_##ID,
#include "ai/operation.def"
#undef X
    SL_AI_OPERATION_COUNT
};

enum sl_ai_role {
    SL_AI_ROLE_SYSTEM,
    SL_AI_ROLE_DEVELOPER,
    SL_AI_ROLE_USER,
    SL_AI_ROLE_ASSISTANT,
    SL_AI_ROLE_TOOL
};

enum sl_ai_part_kind {
    SL_AI_TEXT,
    SL_AI_THINKING,    /* text + signature; is_redacted: only opaque data */
    SL_AI_TOOL_CALL,   /* id, name, arguments_json (a string that may be invalid JSON) */
    SL_AI_TOOL_RESULT, /* id, name, parts, is_error */
    SL_AI_IMAGE,
    SL_AI_DOCUMENT,
    SL_AI_AUDIO,
    SL_AI_REFUSAL,
    SL_AI_OPAQUE, /* a block only its own dialect knows: raw_json */
};

enum sl_ai_source {
    SL_AI_SOURCE_NONE,
    SL_AI_SOURCE_BASE64,
    SL_AI_SOURCE_URL,
    SL_AI_SOURCE_FILE,
    SL_AI_SOURCE_TEXT
};

struct sl_ai_part {
    struct sl_ai_part *next;
    enum sl_ai_part_kind kind;
    sl_str text;           /* TEXT, THINKING, REFUSAL; base64 data, URL, file id or text of media */
    sl_str signature;      /* TEXT, THINKING, TOOL_CALL: opaque, valid for its maker only */
    bool is_redacted;      /* THINKING: `signature` holds the opaque data */
    sl_str id, name;       /* TOOL_CALL, TOOL_RESULT */
    sl_str arguments_json; /* TOOL_CALL: as the client or the model wrote it */
    bool is_custom_tool;   /* TOOL_CALL of a free-form tool: arguments are plain text; its
                              TOOL_RESULT, where the client says so */
    bool is_error;         /* TOOL_RESULT */
    struct sl_ai_part *parts; /* TOOL_RESULT: its blocks */
    enum sl_ai_source source; /* media */
    sl_str media_type, file_name, detail, title;
    sl_str context;       /* DOCUMENT: what is said of it beside its text */
    bool wants_citations; /* DOCUMENT: the answer is to say what it takes from it */
    sl_str phase;         /* TEXT of an assistant's in Responses: what it was said for */
    sl_str cache_json;    /* cache marker of the client's dialect, raw ("" none) */
    sl_str cache_ttl;     /* "5m", "1h", "30m", "12h" when marked */
    bool has_cache_mark;
    sl_str raw_json; /* OPAQUE; also the original of any part, for the same dialect */
    bool is_item;    /* raw_json is an item of Responses' input, not a part of a message */
};

struct sl_ai_message {
    struct sl_ai_message *next;
    enum sl_ai_role role;
    struct sl_ai_part *parts;
    size_t part_count;
    size_t index; /* in the client's messages[], for errors that name it */
};

/** Of `strict`: what a dialect is by default, which is meant where the schema is fit for it (ai/schema.h). */
enum { SL_AI_STRICT_WHERE_FIT = 2 };

struct sl_ai_tool {
    struct sl_ai_tool *next;
    sl_str name, description, schema_json;
    bool is_custom; /* free-form; format_json */
    sl_str format_json;
    int strict; /* -1: not said; SL_AI_STRICT_WHERE_FIT */
    bool has_cache_mark;
    sl_str cache_ttl;
    sl_str raw_json; /* vendor tools ("web_search_..."): only their own dialect knows them */
    bool is_vendor;
};

enum sl_ai_choice {
    SL_AI_CHOICE_UNSET,
    SL_AI_CHOICE_AUTO,
    SL_AI_CHOICE_NONE,
    SL_AI_CHOICE_REQUIRED,
    SL_AI_CHOICE_NAMED,
    SL_AI_CHOICE_ALLOWED
};
enum sl_ai_format { SL_AI_FORMAT_UNSET, SL_AI_FORMAT_TEXT, SL_AI_FORMAT_JSON, SL_AI_FORMAT_SCHEMA };
enum sl_ai_effort {
    SL_AI_EFFORT_UNSET,
    SL_AI_EFFORT_NONE,
    SL_AI_EFFORT_MINIMAL,
    SL_AI_EFFORT_LOW,
    SL_AI_EFFORT_MEDIUM,
    SL_AI_EFFORT_HIGH,
    SL_AI_EFFORT_XHIGH,
    SL_AI_EFFORT_MAX
};

/** Numbers are kept as written ("0.70"): empty when absent. */
struct sl_ai_request {
    enum sl_ai_operation operation;
    enum sl_ai_dialect dialect; /* the client's */
    sl_str model;               /* as the client named it */
    struct sl_ai_message *messages;
    size_t message_count;
    struct sl_ai_tool *tools;
    size_t tool_count;
    enum sl_ai_choice tool_choice;
    sl_str tool_choice_name;
    sl_str tool_choice_json; /* ALLOWED and unknown forms */
    int parallel_tools;      /* -1: not said */
    int store;               /* Responses: may the vendor keep it? -1: not said, which means yes */
    bool is_stream, wants_usage;
    int64_t max_tokens; /* -1: not said */
    sl_str temperature, top_p, top_k, seed, presence_penalty, frequency_penalty;
    int64_t choices;      /* n; -1: not said */
    struct sl_strs *stop; /* NULL: not said */
    enum sl_ai_format format;
    sl_str format_name, format_description, format_schema_json;
    int format_strict; /* as `strict` of a tool */
    enum sl_ai_effort effort;
    int64_t thinking_budget; /* -1: not said; 0: off */
    sl_str thought_summary;  /* Responses: how thoughts are to be summed up; empty: not said */
    bool has_functions;      /* OpenAI chat: tools in the form of old; the answer has one call */
    bool names_speakers;     /* OpenAI chat: a message says who of its role it is of */
    sl_str kept_at; /* Responses: place of the first item that is named and kept by the vendor */
    sl_str thinking_json; /* raw, for the same dialect */
    sl_str user, service_tier;
    sl_str verbosity, prompt_cache_key; /* of the OpenAI family */
    sl_str metadata_json, logit_bias_json;
    int logprobs; /* -1: not said */
    int64_t top_logprobs;
    /* what no member above holds, in the client's order: name and raw value */
    struct sl_pairs extra;
    /* names of what stands deeper and is lost ("tools.defer_loading,..."); and of what a vendor of the dialect gets */
    sl_str unread, unread_kept;
    const struct sl_json_spellings
        *spelled; /* how long texts of it stood in the body; NULL: not known */
};

/* ---------------------------------------------------------------- answers as events */

enum sl_ai_event_kind {
    SL_AI_EV_START,       /* id, model, usage so far */
    SL_AI_EV_BLOCK_START, /* index, part kind; tool id and name; redacted data; an IMAGE's media type
                             in `name`, and its DELTAs are base64 (no media type: a URL) */
    SL_AI_EV_DELTA,       /* index, text of the block's kind (tool: arguments fragment) */
    SL_AI_EV_SIGNATURE,   /* index, signature fragment */
    SL_AI_EV_CITATION,    /* index of the text it is of, which may have ended: citation */
    SL_AI_EV_BLOCK_STOP,  /* index */
    SL_AI_EV_STOP,        /* stop reason, native reason, stop sequence */
    SL_AI_EV_USAGE,       /* usage: replaces what is present in it */
    SL_AI_EV_END,         /* the dialect's clean terminal (message_stop, [DONE]) */
    SL_AI_EV_ERROR,       /* fault */
    SL_AI_EV_PING,
};

enum sl_ai_stop {
    SL_AI_STOP_NONE,
    SL_AI_STOP_END,
    SL_AI_STOP_LENGTH,
    SL_AI_STOP_CONTEXT, /* the context window is full */
    SL_AI_STOP_SEQUENCE,
    SL_AI_STOP_TOOL,
    SL_AI_STOP_FILTER, /* refusal, safety, recitation */
    SL_AI_STOP_PAUSE,
    SL_AI_STOP_BROKEN, /* malformed tool call and the like */
};

/** Who is to blame and what to do: the classes of wire-formats 8.7. */
enum sl_ai_fault_class {
    SL_AI_FAULT_NONE,
    SL_AI_FAULT_REQUEST,           /* never retried */
    SL_AI_FAULT_CONTEXT,           /* too long: only for a larger window */
    SL_AI_FAULT_CONTENT,           /* content policy: propagated */
    SL_AI_FAULT_AUTH,              /* this key is dead: next key */
    SL_AI_FAULT_CREDIT,            /* this key has no credit: next key */
    SL_AI_FAULT_RATE,              /* this key cools down */
    SL_AI_FAULT_OVERLOAD,          /* other target, or again after a pause */
    SL_AI_FAULT_STREAM,            /* broke off */
    SL_AI_FAULT_NO_STREAM_OPTIONS, /* the vendor refuses stream_options: learn and retry once */
    SL_AI_FAULT_CLOCK, /* a signature of a wrong time: learn the vendor's and retry once */
};

struct sl_ai_fault {
    enum sl_ai_fault_class class_;
    sl_rc rc;                 /* SL_E_AI_*: what it is to the caller */
    uint16_t vendor_status;   /* 0: none */
    sl_str message;           /* the vendor's, or ours */
    sl_str type, code, param; /* the vendor's, may be empty */
    sl_usec retry_after_us;   /* -1: not said */
    int64_t vendor_unix_s;    /* CLOCK: the time there; 0: not said */
    bool no_retry;            /* x-should-retry: false */
};

/** A source of a stretch of the answer's text, in characters from its beginning; -1: of the whole block. */
struct sl_ai_citation {
    sl_str url, title, quote; /* each may be empty */
    int64_t from, to;
};

struct sl_ai_event {
    enum sl_ai_event_kind kind;
    uint32_t index;            /* of the block, from 0, contiguous */
    uint32_t choice;           /* n > 1: which one; blocks are counted per choice */
    enum sl_ai_part_kind part; /* BLOCK_START, DELTA */
    sl_str text;               /* DELTA, SIGNATURE; redacted data; stop sequence of STOP */
    sl_str id, name;     /* START: id; BLOCK_START of a tool: id and name, of a thought: its id
                                   in a dialect that has one, of a text: name is its phase in Responses */
    bool is_custom_tool; /* BLOCK_START of a free-form tool: its DELTAs are plain text */
    sl_str signature;    /* BLOCK_START of a tool */
    enum sl_ai_dialect dialect; /* BLOCK_START of an OPAQUE: whose block it is */
    sl_str model;               /* START */
    sl_str fingerprint;         /* START: OpenAI's, for clients of its dialect */
    enum sl_ai_stop stop;
    sl_str native_stop;
    sl_str service_tier;
    struct sl_ai_usage usage;
    struct sl_ai_fault fault;
    sl_str logprobs_json; /* DELTA; raw; same dialect family only */
    struct sl_ai_citation citation;
};

/** What became of the members of a request that crossed dialects. */
struct sl_ai_receipt {
    struct sl_arena *arena;
    sl_str dropped; /* "seed,logit_bias": for x-sluice-dropped-params */
    bool is_strict; /* in: refuse instead of dropping */
};
