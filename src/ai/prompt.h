/**
 * prompt: a template that is called like any REST operation. Variables come in by path, query or body,
 * a chat goes to the model, and what comes back is a small answer of the prompt's own.
 *
 *   sl_ai_prompt_compile   texts with {{placeholders}} to pieces; once, with the configuration
 *   sl_ai_prompt_read      the request's variables, checked: all problems at once
 *   sl_ai_prompt_write     the chat as a body of OpenAI's dialect, which the gate takes from there
 *   sl_ai_prompt_encoder   the model's answer as the prompt's (ai/answer_int.h)
 *
 * A value is put in as text, once: it is never looked through for placeholders, and as a part of one JSON
 * string it cannot become another message or role. Pure; memory in the arenas given; any thread.
 */
#pragma once
#include "ai/call.h"
#include "base/field.h"
#include "codec/json.h"
#include "codec/jsonschema.h"

enum {
    SL_AI_PROMPT_VARIABLES_MAX = 64,
    SL_AI_PROMPT_MESSAGES_MAX = 64,
    SL_AI_PROMPT_CHAT_BYTES = 32 << 20 /* of the chat with all values put in */
};

enum sl_ai_prompt_type {
    SL_AI_PROMPT_STRING,
    SL_AI_PROMPT_INTEGER,
    SL_AI_PROMPT_NUMBER,
    SL_AI_PROMPT_BOOLEAN,
    SL_AI_PROMPT_LIST, /* of strings; put in with ", " between them */
    SL_AI_PROMPT_JSON, /* any value; put in as compact JSON */
    SL_AI_PROMPT_TYPE_COUNT
};

/** As files spell them; NULL-terminated. */
extern const char *const sl_ai_prompt_types[SL_AI_PROMPT_TYPE_COUNT + 1];

struct sl_ai_prompt_variable {
    sl_str name, description, example;
    enum sl_ai_prompt_type type;
    bool is_required;
    sl_str dflt;           /* as a query would have it; p == NULL: none */
    struct sl_strs values; /* none: any */
    bool has_min, has_max;
    int64_t min, max; /* the number; of strings the characters, of lists the items */
    bool is_in_path;
};

/** A stretch of a message: text, or the value of a variable. */
struct sl_ai_prompt_piece {
    sl_str text;
    const struct sl_ai_prompt_variable *variable; /* NULL: text */
};

struct sl_ai_prompt_message {
    sl_str role; /* "system", "user", "assistant" */
    const struct sl_ai_prompt_piece *pieces;
    size_t piece_count;
};

/** What the caller gets. */
struct sl_ai_prompt_output {
    bool is_text;                  /* text/plain; else an object */
    sl_str member;                 /* of the object: the model's text, where there is no schema */
    const struct sl_schema *check; /* the same, compiled */
    sl_str schema;                 /* JSON Schema of what the model answers; empty: none */
    struct sl_pairs
        map; /* members of the object, from pointers (RFC 6901) into what the model answered */
};

struct sl_ai_prompt;

/** One of the prompts behind an operation, and its share of the calls. */
struct sl_ai_prompt_arm {
    const struct sl_ai_prompt *prompt;
    sl_str key; /* "name@version" */
    uint32_t percent;
};

/** Several prompts behind one operation, to be compared. */
struct sl_ai_prompt_trial {
    const struct sl_ai_prompt_arm *arms; /* the first is the prompt itself, with what is left */
    size_t arm_count;
    bool is_random; /* for each call; else a caller stays with one */
};

struct sl_ai_prompt {
    sl_str name, version, title, description, model;
    const struct sl_ai_prompt_variable *variables;
    size_t variable_count;
    const struct sl_ai_prompt_message *messages;
    size_t message_count;
    sl_str parameters; /* further members of the chat: "\"temperature\":0", without braces */
    struct sl_ai_prompt_output output;
    bool may_stream;
    bool takes_get, takes_post;
    sl_str path;                            /* of the operation, as configured */
    const struct sl_ai_prompt_trial *trial; /* NULL: none */
};

/** The arm that a number falls to: any number, all are as likely. Shares are of one hundred. */
const struct sl_ai_prompt_arm *sl_ai_prompt_choose(const struct sl_ai_prompt_trial *t,
                                                   uint64_t number);

/**
 * Cut `text` at its placeholders, {{name}} with spaces inside if wanted; \{{ is {{ itself. SL_E_CONFIG with the
 * problem at `path` in *d: a name that is no variable, braces that are not closed.
 */
sl_rc sl_ai_prompt_compile(sl_str text, const struct sl_ai_prompt_variable *variables, size_t n,
                           const char *path, struct sl_arena *a, struct sl_ai_prompt_message *ret,
                           struct sl_diag *d) SL_CHECKED;

/** Where the values of a request are. All borrowed and raw. */
struct sl_ai_prompt_input {
    const struct sl_pair *params; /* of the path */
    size_t param_count;
    sl_str query, content_type, body;
    bool accepts_stream; /* the client asks for text/event-stream */
};

/** The values of a request: by the variables' order; empty for those that were not given. */
struct sl_ai_prompt_values {
    sl_str *texts;
    bool is_stream;
};

/** SL_E_PROMPT_INPUT, SL_E_MEDIA_TYPE or SL_E_NOMEM; every problem is in *d under its variable's name. */
sl_rc sl_ai_prompt_read(const struct sl_ai_prompt *p, const struct sl_ai_prompt_input *in,
                        struct sl_arena *a, struct sl_ai_prompt_values *ret,
                        struct sl_diag *d) SL_CHECKED;

/** Append the chat. SL_E_BODY_TOO_LARGE beyond SL_AI_PROMPT_CHAT_BYTES. */
sl_rc sl_ai_prompt_write(const struct sl_ai_prompt *p, const struct sl_ai_prompt_values *values,
                         struct sl_strbuf *out) SL_CHECKED;

/** A stream that breaks off: the last event. */
void sl_ai_prompt_error_event(const struct sl_ai_fault *f, sl_str request_id,
                              struct sl_strbuf *out);
/** The Content-Type of an answer. */
sl_str sl_ai_prompt_content_type(const struct sl_ai_prompt *p, bool is_stream);
/** The value that a pointer (RFC 6901) leads to; NULL when there is none. `scratch` for escaped names. */
const struct sl_json *sl_ai_prompt_at(const struct sl_json *root, sl_str pointer,
                                      struct sl_arena *scratch);

/** One operation of a document: a prompt at a path. */
struct sl_ai_prompt_operation {
    const struct sl_ai_prompt *prompt;
    sl_str
        path; /* with the service's prefix; a template of RFC 6570's simplest form, as OpenAPI has it */
};

/** What an OpenAPI document of prompts says besides. */
struct sl_ai_prompt_service {
    sl_str title, version, summary;
    const struct sl_ai_prompt_operation *operations;
    size_t operation_count;
};

/** The OpenAPI 3.1 document of a service of prompts. */
void sl_ai_prompt_openapi(const struct sl_ai_prompt_service *service, struct sl_strbuf *out);
