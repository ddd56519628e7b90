/* call: read a client's request: one strict scan, and a second look at its texts for their sizes. */
#include "ai/call_int.h"
#include "ai/dialect.h"

#include "base/str.h"

/* By enum sl_ai_member: `input_` is what a model reads besides the conversation, `config_` where the limit stands. */
#define NAMES(limit_, input_, config_)                                                             \
    SL_STR_INIT("model"), SL_STR_INIT("stream"), SL_STR_INIT("stream_options"),                    \
        SL_STR_INIT("stream_options.include_usage"), SL_STR_INIT(limit_),                          \
        SL_STR_INIT("max_completion_tokens"), SL_STR_INIT("messages"), SL_STR_INIT("system"),      \
        SL_STR_INIT("tools"), SL_STR_INIT("user"), SL_STR_INIT("metadata"),                        \
        SL_STR_INIT("encoding_format"), SL_STR_INIT(input_), SL_STR_INIT(config_),                 \
        SL_STR_INIT("temperature"), SL_STR_INIT("instructions"), SL_STR_INIT("max_output_tokens"), \
        SL_STR_INIT("previous_response_id"), SL_STR_INIT("store"), SL_STR_INIT("background"),      \
        SL_STR_INIT("functions")

static const sl_str names[] = {NAMES("max_tokens", "input", "seed")};
static const sl_str cohere_names[] = {NAMES("max_tokens", "documents", "seed")};
static const sl_str ollama_names[] = {NAMES("options.num_predict", "prompt", "options")};

/* The same of Gemini; what it does not have is absent in any spelling. */
static const sl_str gemini_names[] = {
    SL_STR_INIT("model"),
    SL_STR_INIT("stream"),
    SL_STR_INIT("stream_options"),
    SL_STR_INIT("stream_options.include_usage"),
    SL_STR_INIT("generationConfig.maxOutputTokens"),
    SL_STR_INIT("generation_config.max_output_tokens"),
    SL_STR_INIT("contents"),
    SL_STR_INIT("systemInstruction"),
    SL_STR_INIT("tools"),
    SL_STR_INIT("user"),
    SL_STR_INIT("metadata"),
    SL_STR_INIT("encoding_format"),
    SL_STR_INIT("content"),
    SL_STR_INIT("generationConfig"),
    SL_STR_INIT("generation_config"),
    SL_STR_INIT("instructions"),
    SL_STR_INIT("max_output_tokens"),
    SL_STR_INIT("previous_response_id"),
    SL_STR_INIT("store"),
    SL_STR_INIT("background"),
    SL_STR_INIT("functions"),
};

_Static_assert(SL_LEN(names) == SL_AI_MEMBER_COUNT, "a name for every member");
_Static_assert(SL_LEN(cohere_names) == SL_AI_MEMBER_COUNT, "a name for every member");
_Static_assert(SL_LEN(ollama_names) == SL_AI_MEMBER_COUNT, "a name for every member");
_Static_assert(SL_LEN(gemini_names) == SL_AI_MEMBER_COUNT, "a name for every member");

static const sl_str *names_of(enum sl_ai_dialect client)
{
    static const sl_str *const own[SL_AI_DIALECT_COUNT] = {
        [SL_AI_GEMINI] = gemini_names,
        [SL_AI_COHERE] = cohere_names,
        [SL_AI_OLLAMA] = ollama_names,
    };
    return own[client] != NULL ? own[client] : names;
}

const struct sl_json_range *sl_ai_call_member(const struct sl_ai_call *call, enum sl_ai_member m)
{
    const struct sl_json_range *r = &call->ranges[m];
    return r->is_present && r->kind != SL_JSON_NULL ? r : NULL;
}

sl_str sl_ai_call_metadata(const struct sl_ai_call *call)
{
    const struct sl_json_range *r = sl_ai_call_member(call, SL_AI_MEMBER_METADATA);
    return r != NULL && r->kind == SL_JSON_OBJECT ? sl_json_range_text(call->body, r) : (sl_str){0};
}

/* ------------------------------------------------------------------ size */

/* Is the whole body what a model reads, but for a few words? */
static bool is_all_input(const struct sl_ai_call *call)
{
    bool is_chat = call->operation == SL_AI_CHAT;
    return call->operation == SL_AI_RERANK ||
           (!is_chat && (call->dialect == SL_AI_COHERE || call->dialect == SL_AI_OLLAMA)) ||
           call->dialect == SL_AI_OPENAI_COMPLETIONS;
}

/* The members that are text for the model, besides the tools. */
static const enum sl_ai_member text_members[] = {SL_AI_MEMBER_MESSAGES, SL_AI_MEMBER_SYSTEM,
                                                 SL_AI_MEMBER_INPUT, SL_AI_MEMBER_INSTRUCTIONS};

static int64_t schema_tokens(const struct sl_ai_call *call, enum sl_ai_member member,
                             enum sl_ai_token_care care)
{
    const struct sl_json_range *r = sl_ai_call_member(call, member);
    return r != NULL ? sl_ai_schema_tokens(sl_json_range_text(call->body, r), care) : 0;
}

static int64_t tools_tokens(const struct sl_ai_call *call, enum sl_ai_token_care care)
{
    return schema_tokens(call, SL_AI_MEMBER_TOOLS, care) +
           schema_tokens(call, SL_AI_MEMBER_FUNCTIONS, care);
}

int64_t sl_ai_call_tokens(const struct sl_ai_call *call, enum sl_ai_token_care care)
{
    if (is_all_input(call))
        return sl_ai_json_tokens(call->body, care);
    int64_t tokens = tools_tokens(call, care);
    for (size_t i = 0; i < SL_LEN(text_members); i++) {
        const struct sl_json_range *r = sl_ai_call_member(call, text_members[i]);
        if (r != NULL)
            tokens =
                sl_add_sat_i64(tokens, sl_ai_json_tokens(sl_json_range_text(call->body, r), care));
    }
    return tokens;
}

/* What the scan was told of, by the places in text_members. */
struct meters {
    struct sl_ai_token_meter of[SL_LEN(text_members)];
    struct sl_ai_recall *recall; /* NULL: the scan knows of no other body */
};

/* NULL: the member is no text. */
static struct sl_ai_token_meter *meter_of(struct meters *meters, size_t member)
{
    for (size_t i = 0; i < SL_LEN(text_members); i++)
        if (text_members[i] == member)
            return &meters->of[i];
    return NULL;
}

static void meter_string(void *arg, size_t member, sl_str raw, bool is_name)
{
    struct sl_ai_token_meter *meter = meter_of(arg, member);
    if (is_name)
        sl_ai_token_meter_name(meter, raw);
    else
        sl_ai_token_meter_string(meter, raw);
}

static bool recall_array(void *arg, size_t member, sl_str text, struct sl_jsonscan_progress *ret,
                         const struct sl_json_cut **ret_cuts)
{
    struct meters *meters = arg;
    return sl_ai_recall_array(meters->recall, member, text, meter_of(meters, member), ret,
                              ret_cuts);
}

static void note_element(void *arg, size_t member, const struct sl_jsonscan_progress *so_far,
                         const struct sl_json_cut *cuts, size_t at)
{
    struct meters *meters = arg;
    sl_ai_recall_note(meters->recall, member, meter_of(meters, member), so_far, cuts, at);
}

/* What a body may have in common with the one before: what it offers, and what was said. */
static const struct sl_jsonscan_watch watch = {
    .arrays_of = UINT64_C(1) << SL_AI_MEMBER_TOOLS | UINT64_C(1) << SL_AI_MEMBER_MESSAGES |
                 UINT64_C(1) << SL_AI_MEMBER_SYSTEM | UINT64_C(1) << SL_AI_MEMBER_INPUT,
    .recall = recall_array,
    .note = note_element,
};

/* As sl_ai_call_tokens, without looking at the body again. */
static int64_t metered_tokens(const struct sl_ai_call *call, const struct meters *meters)
{
    if (is_all_input(call))
        return sl_ai_json_tokens(call->body, SL_AI_TOKENS_SAMPLED);
    int64_t tokens = tools_tokens(call, SL_AI_TOKENS_SAMPLED);
    for (size_t i = 0; i < SL_LEN(text_members); i++) {
        const struct sl_json_range *r = sl_ai_call_member(call, text_members[i]);
        if (r != NULL)
            tokens = sl_add_sat_i64(
                tokens, sl_ai_token_meter_total(&meters->of[i], sl_json_range_text(call->body, r)));
    }
    return tokens;
}

/* ------------------------------------------------------------------ members */

static sl_rc refuse(struct sl_diag *d, const char *member, const char *what)
{
    return sl_diag_fail(d, SL_E_AI_BAD_BODY, member, "%s", what);
}

/* Clients of Ollama's first versions ask about a model by its `name`. */
static const struct sl_json_range *model_member(const struct sl_ai_call *call,
                                                struct sl_json_range *room)
{
    const struct sl_json_range *r = sl_ai_call_member(call, SL_AI_MEMBER_MODEL);
    struct sl_json_range top;
    if (r != NULL || call->operation != SL_AI_SHOW)
        return r;
    top = sl_json_range_top(call->body);
    return sl_json_range_get(call->body, &top, SL_STR("name"), room) ? room : NULL;
}

static sl_rc read_model(struct sl_ai_call *call, struct sl_arena *a, struct sl_diag *d)
{
    if (call->line.model.n != 0) {
        call->model = call->line.model;
        return call->model.n <= SL_AI_MODEL_NAME_MAX ? SL_OK : refuse(d, "model", "is too long");
    }
    struct sl_json_range room;
    const struct sl_json_range *r = model_member(call, &room);
    if (r == NULL && call->operation == SL_AI_MODERATIONS) { /* the one operation with a default */
        call->model = SL_STR("omni-moderation-latest");
        return SL_OK;
    }
    if (r == NULL)
        return refuse(d, "model", "you must provide a model parameter");
    if (r->kind != SL_JSON_STRING)
        return refuse(d, "model", "must be a string");
    sl_rc rc = sl_json_string_decode(sl_json_range_text(call->body, r), a, &call->model);
    if (rc != SL_OK || call->model.n > SL_AI_MODEL_NAME_MAX)
        return refuse(d, "model", "is too long");
    if (sl_str_find_str(call->model, SL_STR("\xef\xbf\xbd")) != SIZE_MAX) /* a lone surrogate */
        return refuse(d, "model", "must be valid Unicode");
    return call->model.n != 0 ? SL_OK : refuse(d, "model", "you must provide a model parameter");
}

static sl_rc check_messages(const struct sl_ai_call *call, struct sl_diag *d)
{
    const struct sl_json_range *r = sl_ai_call_member(call, SL_AI_MEMBER_MESSAGES);
    const char *name = call->dialect == SL_AI_GEMINI ? "contents" : "messages";
    bool counts = call->operation == SL_AI_COUNT_TOKENS; /* the estimate asks nobody else */
    if (r == NULL && call->dialect == SL_AI_OLLAMA && !call->is_prompt)
        return refuse(d, name, "is required");
    if (r == NULL && (counts ? call->dialect == SL_AI_ANTHROPIC : call->dialect == SL_AI_GEMINI))
        return refuse(d, name, "is required");
    return r == NULL || r->kind == SL_JSON_ARRAY ? SL_OK : refuse(d, name, "must be a list");
}

static sl_rc check_input(const struct sl_ai_call *call, struct sl_diag *d)
{
    return sl_ai_call_member(call, SL_AI_MEMBER_INPUT) != NULL ? SL_OK
                                                               : refuse(d, "input", "is required");
}

static sl_rc read_text(const struct sl_ai_call *call, const struct sl_json_range *r,
                       struct sl_arena *a, sl_str *ret)
{
    if (r == NULL || r->kind != SL_JSON_STRING)
        return SL_OK;
    return sl_json_string_decode(sl_json_range_text(call->body, r), a, ret);
}

static sl_rc read_bool(const struct sl_ai_call *call, enum sl_ai_member m, bool *ret,
                       struct sl_diag *d)
{
    const struct sl_json_range *r = sl_ai_call_member(call, m);
    if (r == NULL || sl_json_range_bool(r, ret))
        return SL_OK;
    return sl_diag_fail(d, SL_E_AI_BAD_BODY, names[m].p, "must be true or false");
}

/* Read strictly, for budgets are reserved by it; of two the larger. */
static sl_rc read_limit(struct sl_ai_call *call, enum sl_ai_member m, struct sl_diag *d)
{
    const struct sl_json_range *r = sl_ai_call_member(call, m);
    int64_t limit;
    if (r == NULL)
        return SL_OK;
    bool is_number = sl_json_range_i64(call->body, r, &limit);
    if (is_number && limit < 0 && call->dialect == SL_AI_OLLAMA) /* without a limit */
        return SL_OK;
    if (!is_number || limit < 0)
        return sl_diag_fail(d, SL_E_AI_BAD_BODY, names_of(call->dialect)[m].p,
                            "must be an integer, 0 or more");
    call->max_tokens = SL_MAX(call->max_tokens, limit);
    return SL_OK;
}

/* OpenAI has "user", Anthropic "metadata.user_id". */
static sl_rc read_user(struct sl_ai_call *call, struct sl_arena *a)
{
    struct sl_json_range id;
    const struct sl_json_range *metadata = sl_ai_call_member(call, SL_AI_MEMBER_METADATA);
    if (call->dialect != SL_AI_ANTHROPIC)
        return read_text(call, sl_ai_call_member(call, SL_AI_MEMBER_USER), a, &call->user);
    if (metadata == NULL || !sl_json_range_get(call->body, metadata, SL_STR("user_id"), &id))
        return SL_OK;
    return read_text(call, &id, a, &call->user);
}

/* What a Responses request leaves behind, and what it goes on from. */
static sl_rc read_state(struct sl_ai_call *call, struct sl_arena *a, struct sl_diag *d)
{
    const struct sl_json_range *id = sl_ai_call_member(call, SL_AI_MEMBER_PREVIOUS_RESPONSE_ID);
    const struct sl_json_range *store = sl_ai_call_member(call, SL_AI_MEMBER_STORE);
    bool is_background = false;
    sl_rc rc = SL_OK;
    if (id != NULL && id->kind != SL_JSON_STRING)
        return refuse(d, "previous_response_id", "must be a string");
    if (read_text(call, id, a, &call->previous_id) != SL_OK)
        return refuse(d, "previous_response_id", "is too long");
    call->is_stored = true;
    rc = read_bool(call, SL_AI_MEMBER_STORE, &call->is_stored, d);
    if (rc == SL_OK)
        rc = read_bool(call, SL_AI_MEMBER_BACKGROUND, &is_background, d);
    call->has_side_effects = is_background || (store != NULL && call->is_stored);
    return rc;
}

static sl_rc read_texts(struct sl_ai_call *call, struct sl_arena *a, struct sl_diag *d)
{
    const struct sl_json_range *format = sl_ai_call_member(call, SL_AI_MEMBER_ENCODING_FORMAT);
    if (read_user(call, a) != SL_OK)
        return refuse(d, "user", "is too long");
    if (read_text(call, format, a, &call->encoding_format) != SL_OK)
        return refuse(d, "encoding_format", "is too long");
    return call->dialect == SL_AI_OPENAI_RESPONSES ? read_state(call, a, d) : SL_OK;
}

static sl_rc read_switches(struct sl_ai_call *call, struct sl_diag *d)
{
    sl_rc rc = SL_OK;
    bool streams_unasked = call->dialect == SL_AI_OLLAMA && call->operation == SL_AI_CHAT;
    call->is_stream = call->line.is_stream || streams_unasked;
    if (call->operation == SL_AI_CHAT && call->line.model.n == 0)
        rc = read_bool(call, SL_AI_MEMBER_STREAM, &call->is_stream, d);
    bool has_options =
        call->dialect == SL_AI_OPENAI_CHAT || call->dialect == SL_AI_OPENAI_COMPLETIONS;
    if (rc == SL_OK && call->is_stream && has_options)
        rc = read_bool(call, SL_AI_MEMBER_INCLUDE_USAGE, &call->wants_usage, d);
    if (rc == SL_OK)
        rc = read_limit(call, SL_AI_MEMBER_MAX_TOKENS, d);
    if (rc == SL_OK && (call->dialect == SL_AI_OPENAI_CHAT || call->dialect == SL_AI_GEMINI))
        rc = read_limit(call, SL_AI_MEMBER_MAX_COMPLETION_TOKENS, d);
    if (rc == SL_OK && call->dialect == SL_AI_OPENAI_RESPONSES)
        rc = read_limit(call, SL_AI_MEMBER_MAX_OUTPUT_TOKENS, d);
    return rc;
}

/* Read strictly, for budgets are reserved by it. */
static sl_rc read_image_count(struct sl_ai_call *call, struct sl_diag *d)
{
    struct sl_json_range top = sl_json_range_top(call->body), n;
    call->images = 1;
    if (!sl_json_range_get(call->body, &top, SL_STR("n"), &n) || n.kind == SL_JSON_NULL)
        return SL_OK;
    if (sl_json_range_i64(call->body, &n, &call->images) && call->images >= 1)
        return SL_OK;
    return sl_diag_fail(d, SL_E_AI_BAD_BODY, "n", "must be an integer, 1 or more");
}

/* Parts of pictures would come as events of their own, which no relay reads. */
static sl_rc check_images(struct sl_ai_call *call, struct sl_diag *d)
{
    bool is_stream = false;
    sl_rc rc = read_bool(call, SL_AI_MEMBER_STREAM, &is_stream, d);
    call->has_side_effects = true; /* a picture that was made is paid for */
    if (rc == SL_OK)
        rc = read_image_count(call, d);
    if (rc != SL_OK)
        return rc;
    return is_stream ? refuse(d, "stream", "must be false: images are not streamed") : SL_OK;
}

/* ------------------------------------------------------------------ the body */

enum {
    CUTS_MAX = 512
}; /* tools, of which vendors take 128, and long texts; more are read as the rest is */

/* What another parser might read otherwise than we do is refused: what is authorised is what is sent. */
static sl_rc refuse_ambiguous(sl_str body, const struct sl_jsonscan_info *info, struct sl_diag *d)
{
    if (info->has_duplicate) {
        sl_str name = sl_str_head(sl_str_from(body, info->duplicate_at), SL_JSONSCAN_NAME_BYTES);
        size_t quote = sl_str_find(name, '"', 1);
        return sl_diag_fail(d, SL_E_AI_BAD_BODY, "", "the member %.*s occurs more than once",
                            SL_STRF(sl_str_head(name, quote != SIZE_MAX ? quote + 1 : name.n)));
    }
    return refuse(d, "", "a member's name differs from a known one only in upper and lower case");
}

/* Those that were found, kept with the call; without memory for them they are read as the rest is. */
static const struct sl_json_cuts *keep_cuts(const struct sl_json_cuts *found, struct sl_arena *a)
{
    size_t bytes = found->n * sizeof(*found->cuts);
    struct sl_json_cuts *kept = found->n != 0 ? sl_arena_try_alloc(a, sizeof(*kept) + bytes) : NULL;
    if (kept == NULL)
        return NULL;
    *kept = (struct sl_json_cuts){.cuts = (struct sl_json_cut *)(kept + 1), .n = found->n};
    memcpy(kept->cuts, found->cuts, bytes);
    return kept;
}

static sl_rc scan(struct sl_ai_call *call, struct meters *meters, struct sl_arena *a,
                  struct sl_diag *d)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(call->dialect);
    struct sl_json_cut room[CUTS_MAX];
    struct sl_json_cuts cuts = {.cuts = room, .max = SL_LEN(room)};
    static const sl_str counted[] = {SL_STR_INIT("strict"), SL_STR_INIT("custom")};
    struct sl_jsonscan_info info;
    const sl_str *wanted = names_of(call->dialect);
    struct sl_jsonscan_tally tally = {
        .inside_of = UINT64_C(1) << SL_AI_MEMBER_MESSAGES | UINT64_C(1) << SL_AI_MEMBER_TOOLS,
        .names = counted,
        .n_names = SL_LEN(counted),
        .word = SL_STR("developer"),
        .on_string = meter_string,
        .arg = meters,
        .path = ops != NULL ? ops->schemas : NULL,
        .watch = meters->recall != NULL ? &watch : NULL,
        .cuts = &cuts,
    };
    for (size_t i = 0; i < SL_LEN(text_members); i++)
        tally.strings_of |= UINT64_C(1) << text_members[i];
    sl_rc rc = sl_jsonscan_tally(call->body, &tally, wanted, SL_LEN(names), call->ranges, &info);
    if (meters->recall != NULL)
        call->is_bare = !sl_ai_recall_end(meters->recall, rc == SL_OK);
    if (rc != SL_OK)
        return sl_diag_fail(d, SL_E_AI_BAD_BODY, "", "the body is not valid JSON at byte %zu: %s",
                            info.error_at, info.reason);
    if (info.kind != SL_JSON_OBJECT)
        return refuse(d, "", "the body must be a JSON object");
    if (info.has_duplicate || info.has_lookalike)
        return refuse_ambiguous(call->body, &info, d);
    call->cuts = keep_cuts(&cuts, a);
    call->body_at = info.body_at;
    call->may_have_developer = tally.found.words != 0;
    call->may_have_strict = tally.found.named[0] != 0;
    call->may_have_custom = tally.found.named[1] != 0;
    return SL_OK;
}

sl_rc sl_ai_line_read(enum sl_ai_operation operation, enum sl_ai_dialect dialect, sl_str rest,
                      sl_str query, struct sl_arena *a, struct sl_ai_line *ret, struct sl_diag *d)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(dialect);
    *ret = (struct sl_ai_line){.operation = operation};
    if (ops == NULL || ops->read_line == NULL)
        return SL_OK;
    return ops->read_line(rest, query, a, ret, d);
}

sl_rc sl_ai_call_read(enum sl_ai_operation operation, enum sl_ai_dialect dialect, sl_str body,
                      struct sl_arena *a, struct sl_ai_call *ret, struct sl_diag *d)
{
    const struct sl_ai_line line = {.operation = operation};
    return sl_ai_call_read_line(&line, dialect, body, NULL, a, ret, d);
}

static bool has_elements(const struct sl_ai_call *call, enum sl_ai_member member)
{
    const struct sl_json_range *r = sl_ai_call_member(call, member);
    bool is_list = r != NULL && r->kind == SL_JSON_ARRAY;
    sl_str text = is_list ? sl_json_range_text(call->body, r) : SL_STR("[]");
    return sl_str_trim_all(sl_str_of(text.p + 1, text.n - 2)).n != 0;
}

sl_rc sl_ai_call_read_line(const struct sl_ai_line *line, enum sl_ai_dialect dialect, sl_str body,
                           const struct sl_ai_recall_body *known, struct sl_arena *a,
                           struct sl_ai_call *ret, struct sl_diag *d)
{
    enum sl_ai_operation operation = line->operation;
    struct sl_ai_call call = {
        .operation = operation, .dialect = dialect, .line = *line, .body = body, .max_tokens = -1};
    struct meters meters = {0}; /* SL_AI_TOKENS_SAMPLED */
    if (known != NULL && sl_ai_recall_begin(known, dialect, body))
        meters.recall = known->recall;
    sl_rc rc = scan(&call, &meters, a, d);
    if (rc == SL_OK)
        rc = read_model(&call, a, d);
    call.is_prompt = dialect == SL_AI_OLLAMA && operation == SL_AI_CHAT &&
                     sl_ai_call_member(&call, SL_AI_MEMBER_MESSAGES) == NULL &&
                     sl_ai_call_member(&call, SL_AI_MEMBER_INPUT) != NULL;
    if (rc == SL_OK && (operation == SL_AI_CHAT || operation == SL_AI_COUNT_TOKENS))
        rc = check_messages(&call, d);
    if (rc == SL_OK && operation == SL_AI_MODERATIONS)
        rc = check_input(&call, d);
    if (rc == SL_OK)
        rc = read_switches(&call, d);
    if (rc == SL_OK && operation == SL_AI_IMAGES)
        rc = check_images(&call, d);
    if (rc == SL_OK)
        rc = read_texts(&call, a, d);
    if (rc != SL_OK)
        return rc;
    call.has_functions =
        dialect == SL_AI_OPENAI_CHAT && has_elements(&call, SL_AI_MEMBER_FUNCTIONS);
    call.has_tools = call.has_functions || has_elements(&call, SL_AI_MEMBER_TOOLS);
    call.input_tokens_estimate = metered_tokens(&call, &meters);
    *ret = call;
    return SL_OK;
}
