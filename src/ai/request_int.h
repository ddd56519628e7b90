/**
 * request_int: what the readers and writers of all dialects' requests share.
 *
 * Reading: members are found through tables of struct sl_ai_param; a problem names its place, which is
 * built only then, from a chain of struct sl_ai_place on the stack. Writing: struct sl_ai_writer.
 */
#pragma once
#include "ai/dialect.h"
#include "ai/turns.h"
#include "codec/json.h"

/* ------------------------------------------------------------------ reading */

struct sl_ai_reader {
    struct sl_arena *a;
    struct sl_diag *d;
    const struct sl_json_spellings *spelled; /* of the body's long texts; NULL: none */
};

/** A step on the way to a value: a member (`name`), or an element (`name` NULL). */
struct sl_ai_place {
    const struct sl_ai_place *up; /* NULL: the body */
    const char *name;
    size_t index;
};

/** What the client's dialect calls the list of messages. Static. */
const char *sl_ai_messages_name(const struct sl_ai_request *rq);
/** The place of the client's message with this index, in its dialect's words: "messages[3]". In `a`. */
sl_str sl_ai_message_place(struct sl_arena *a, const struct sl_ai_request *rq, size_t index);
/** Record SL_E_AI_BAD_BODY "place: message" and return it. */
sl_rc sl_ai_read_fail(struct sl_ai_reader *r, const struct sl_ai_place *at, const char *message);
/** Zeroed memory for a count that the client chose; NULL after having recorded SL_E_LIMIT. */
void *sl_ai_read_alloc(struct sl_ai_reader *r, size_t count, size_t size);
/** The members of an object, parsed; what is cut out (may be NULL) is only for sl_ai_read_raw(). */
sl_rc sl_ai_read_body(struct sl_ai_reader *r, sl_str body, const struct sl_json_cuts *cuts,
                      const struct sl_json **ret) SL_CHECKED;

/** A string; `v` absent or null: empty, and an error only if `is_required`. */
sl_rc sl_ai_read_text(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                      const struct sl_json *object, bool is_required, sl_str *ret) SL_CHECKED;
/** The value as JSON, compact unless it was cut out; empty when it is absent or null. */
sl_rc sl_ai_read_raw(struct sl_ai_reader *r, const struct sl_json *v, sl_str *ret) SL_CHECKED;
/** The same of a JSON Schema, which must be an object. */
sl_rc sl_ai_read_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, sl_str *ret) SL_CHECKED;
/** The same of the member `name` of `object`. */
sl_rc sl_ai_read_schema_of(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                           const struct sl_json *object, sl_str *ret) SL_CHECKED;

enum sl_ai_param_kind {
    SL_AI_PARAM_TEXT,   /* sl_str */
    SL_AI_PARAM_NUMBER, /* sl_str, as written */
    SL_AI_PARAM_INT,    /* int64_t >= 0 */
    SL_AI_PARAM_BOOL,   /* bool */
    SL_AI_PARAM_FLAG,   /* int: -1, 0, 1 */
    SL_AI_PARAM_JSON,   /* sl_str, raw */
    SL_AI_PARAM_OTHER,  /* by `read` */
};

struct sl_ai_param {
    const char *name;
    enum sl_ai_param_kind kind;
    size_t offset; /* in struct sl_ai_request */
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_request *ret);
};

#define SL_AI_PARAM(kind_, name_, member)                \
    {                                                    \
        .name = (name_), .kind = SL_AI_PARAM_##kind_,    \
        .offset = offsetof(struct sl_ai_request, member) \
    }
#define SL_AI_PARAM_BY(name_, read_)                                \
    {                                                               \
        .name = (name_), .kind = SL_AI_PARAM_OTHER, .read = (read_) \
    }

/** Nothing said: every member that has such a value is -1. */
void sl_ai_request_init(struct sl_ai_request *rq, enum sl_ai_dialect dialect);
/** Take all members of `body` by the rows, at most 64, each once; those without a row go to ret->extra. */
sl_rc sl_ai_read_params(struct sl_ai_reader *r, const struct sl_json *body,
                        const struct sl_ai_param *rows, size_t count,
                        struct sl_ai_request *ret) SL_CHECKED;
/** The same for an object that is the member `up` of the body: ret->extra has its names as "up.name". */
sl_rc sl_ai_read_nested(struct sl_ai_reader *r, const struct sl_ai_place *up,
                        const struct sl_json *object, const struct sl_ai_param *rows, size_t count,
                        struct sl_ai_request *ret) SL_CHECKED;
/** Append to ret->extra; SL_E_LIMIT is recorded. */
sl_rc sl_ai_extra_add(struct sl_ai_reader *r, struct sl_pairs *extra, sl_str name,
                      sl_str value) SL_CHECKED;
/** Fails when the member is absent. */
sl_rc sl_ai_read_require(struct sl_ai_reader *r, const struct sl_json *body,
                         const char *name) SL_CHECKED;

/** A list of parts that is being built. */
struct sl_ai_parts {
    struct sl_ai_part *first, *last;
    size_t count;
};

/** Append a part; NULL after having recorded SL_E_LIMIT. */
struct sl_ai_part *sl_ai_parts_add(struct sl_ai_reader *r, struct sl_ai_parts *parts,
                                   enum sl_ai_part_kind kind);
/** One for the object `v`, which must say its type. */
sl_rc sl_ai_parts_add_typed(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts,
                            struct sl_ai_part **ret, sl_str *ret_type) SL_CHECKED;
struct sl_ai_message *sl_ai_messages_add(struct sl_ai_reader *r, struct sl_ai_request *rq,
                                         struct sl_ai_message **last, enum sl_ai_role role,
                                         size_t index);
struct sl_ai_tool *sl_ai_tools_add(struct sl_ai_reader *r, struct sl_ai_request *rq,
                                   struct sl_ai_tool **last);
/** An array of tools, each read by `read_tool`. */
sl_rc sl_ai_read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v,
                       sl_rc (*read_tool)(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                          const struct sl_json *v, struct sl_ai_tool *ret),
                       struct sl_ai_request *ret) SL_CHECKED;
/** OpenAI's words none, auto and required; UNSET for any other. */
enum sl_ai_choice sl_ai_choice_of_word(sl_str word);
/** true or false, into 1 or 0; anything else leaves *ret as it is. */
void sl_ai_read_flag(const struct sl_json *v, int *ret);
/** A member `reasoning_effort`, or one that means it: a word of ai/effort.def. */
sl_rc sl_ai_read_effort(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret);
/** `user`, and `safety_identifier`, which has taken its place and wins when both are there. */
sl_rc sl_ai_read_user(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                      struct sl_ai_request *ret);
/** A member `thinking` of Anthropic's form, which some OpenAI clients send too. */
sl_rc sl_ai_read_thinking(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_request *ret);
/** An array of strings or one string. */
sl_rc sl_ai_read_stop(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                      struct sl_ai_request *ret);
/** The blocks thinking and redacted_thinking of Anthropic's form; false when it is neither. */
bool sl_ai_read_thinking_block(const struct sl_json *block, struct sl_ai_part *ret);
/** A cache marker, {type, ttl} of either dialect, of which absent is none. */
sl_rc sl_ai_read_cache_mark(struct sl_ai_reader *r, const struct sl_json *mark, bool *ret_has,
                            sl_str *ret_ttl, sl_str *ret_json) SL_CHECKED;

/** "data:image/png;base64,...": the media type in lower case and clean base64. False: not such a URL. */
bool sl_ai_data_url(struct sl_arena *a, sl_str url, sl_str *ret_type, sl_str *ret_base64);
/** Some writers use the URL-safe alphabet or break lines: then a corrected copy, else `text`. Empty: no memory. */
sl_str sl_ai_clean_base64(struct sl_arena *a, sl_str text);
/** The same of what stands at a place; fails when there is none. */
sl_rc sl_ai_read_base64(struct sl_ai_reader *r, const struct sl_ai_place *at, sl_str text,
                        sl_str *ret) SL_CHECKED;

/* ------------------------------------------------------------------ writing */

struct sl_ai_writer {
    const struct sl_ai_request *rq;
    const struct sl_ai_target *t;
    struct sl_ai_receipt *receipt;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_jsonw w;
};

/** Write a body to `out`, in which long texts of the request stand as its client spelt them. */
static inline void sl_ai_writer_begin(struct sl_ai_writer *w, struct sl_strbuf *out)
{
    sl_jsonw_init(&w->w, out);
    w->w.spelled = w->rq->spelled;
}

/** The client's dialect is the vendor's: nothing is foreign. */
static inline bool sl_ai_is_home(const struct sl_ai_writer *w)
{
    return w->rq->dialect == sl_ai_target_dialect(w->t);
}

static inline bool sl_ai_model_has(const struct sl_ai_target *t, enum sl_ai_model_flag flag)
{
    return t->model_info != NULL && (t->model_info->flags & (uint32_t)flag) != 0;
}

/**
 * Encoders name places and spell ids with memory of their own for each message, part and tool: it must be
 * there also when the request's own bytes fill the arena. SL_E_LIMIT when it is not.
 */
sl_rc sl_ai_keep_room(const struct sl_ai_request *rq, struct sl_arena *a,
                      struct sl_diag *d) SL_CHECKED;

/** Say that `member` does not get through: in the receipt, once; SL_E_AI_UNSUPPORTED when it is strict. */
sl_rc sl_ai_drop(struct sl_ai_writer *w, const char *member) SL_CHECKED;
/** The same for a name that the client chose, of any length. */
sl_rc sl_ai_drop_member(struct sl_ai_writer *w, sl_str member) SL_CHECKED;
/** The same for a value that was brought into the vendor's range: "temperature:clamped". */
sl_rc sl_ai_clamped(struct sl_ai_writer *w, const char *member) SL_CHECKED;
/** The conversation (ai/turns.h), and what of it is dropped in the receipt. */
sl_rc sl_ai_writer_turns(struct sl_ai_writer *w, enum sl_ai_dialect vendor, bool keep_unsigned,
                         struct sl_ai_turns *ret) SL_CHECKED;
/** Of a vendor that caches by itself, or not at all: markers of tools, system texts and turns go, and the receipt says so. */
sl_rc sl_ai_drop_marks(struct sl_ai_writer *w, const struct sl_ai_turns *turns) SL_CHECKED;

/**
 * `strict` of a tool or of the answer's schema, for a vendor of OpenAI's dialects: -1, 0 or 1. By a dialect's default it is
 * 1 where vendor and model take it and the schema is fit for it, and not said elsewhere; nobody is told that it was left out.
 */
int sl_ai_strict_of(const struct sl_ai_writer *w, int strict, sl_str schema);

/** What stands before the text of a tool result that is an error, where there is no member for it. */
#define SL_AI_ERROR_RESULT SL_STR("Error: ")
/**
 * A tool result's texts, each on lines of its own; parts that only the client's dialect knows as they were written.
 * `tells_error`: in the text, there being no member for it.
 */
sl_rc sl_ai_result_text(struct sl_ai_writer *w, const struct sl_ai_part *result, bool tells_error,
                        sl_str *ret) SL_CHECKED;
/** Of a vendor that cannot be held to one call at a time: say so, unless it was the old form that meant it. */
sl_rc sl_ai_drop_serial(struct sl_ai_writer *w) SL_CHECKED;
/** The request cannot be put to this vendor: SL_E_AI_UNSUPPORTED. */
sl_rc sl_ai_refuse(struct sl_ai_writer *w, const char *place, const char *message) SL_CHECKED;

/** A hub member that the vendor's dialect has no word for. */
struct sl_ai_foreign {
    const char *name;
    enum sl_ai_param_kind kind;
    size_t offset;
};

#define SL_AI_FOREIGN(kind_, name_, member)              \
    {                                                    \
        .name = (name_), .kind = SL_AI_PARAM_##kind_,    \
        .offset = offsetof(struct sl_ai_request, member) \
    }

/** Was the member given? By its kind: not empty, not -1. */
bool sl_ai_is_given(const struct sl_ai_request *rq, enum sl_ai_param_kind kind, size_t offset);
/** Says `value`, as it stands in JSON, what holds where the member `name` is left out (n: 1)? Then nothing is lost. */
bool sl_ai_is_default(sl_str name, sl_str value);
/** sl_ai_drop() of a member, if it was given and says something; and of several. */
sl_rc sl_ai_drop_row(struct sl_ai_writer *w, const struct sl_ai_foreign *row) SL_CHECKED;
sl_rc sl_ai_drop_foreign(struct sl_ai_writer *w, const struct sl_ai_foreign *rows,
                         size_t count) SL_CHECKED;
/** Members without a place in the hub: kept for the same dialect, else refused (by name) or dropped. */
sl_rc sl_ai_write_extra(struct sl_ai_writer *w) SL_CHECKED;
/** The same, without what `is_done` says was written in another way. */
sl_rc sl_ai_write_extra_but(struct sl_ai_writer *w,
                            bool (*is_done)(sl_str name, sl_str value)) SL_CHECKED;
/** The stop sequences as an array; blank ones, which Claude refuses, are left out, and listed ("stop:clamped"). */
sl_rc sl_ai_write_stop(struct sl_ai_writer *w, const char *name) SL_CHECKED;
/** The highest value not above `max` of a number as written; *ret_is_clamped says whether it was. */
sl_str sl_ai_number_upto(sl_str number, int max, bool *ret_is_clamped);
/** "1.5" of 1500. */
sl_str sl_ai_number_of_milli(int64_t milli, struct sl_arena *a);
