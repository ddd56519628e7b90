/*
 * relay_peek: read the marks out of what passes by. One strict scan per event finds the members that
 * matter; only the choices are walked. No tree, no memory.
 */
#include "ai/relay_int.h"
#include "ai/stop.h"

#include "base/str.h"

/* ------------------------------------------------------------------ texts */

/* The inside of a string, escapes as they stand; empty when it is none. */
static sl_str inside(sl_str text, const struct sl_json_range *r)
{
    return r->kind == SL_JSON_STRING ? (sl_str){text.p + r->at + 1, r->n - 2} : (sl_str){0};
}

/* Bytes of a string's text: an escape stands for one byte, \uXXXX for three. */
uint64_t sl_ai_relay_text_bytes(sl_str raw)
{
    enum { ESCAPE_BYTES = 2, UNICODE_ESCAPE_BYTES = 6, CHARACTER_BYTES = 3 };
    uint64_t bytes = raw.n;
    const char *p = raw.p, *end = raw.p + raw.n;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        bool is_unicode = end - p >= UNICODE_ESCAPE_BYTES && p[1] == 'u';
        bytes -= is_unicode ? UNICODE_ESCAPE_BYTES - CHARACTER_BYTES : 1;
        p += is_unicode ? UNICODE_ESCAPE_BYTES : ESCAPE_BYTES;
    }
    return bytes;
}

/* A string that is a part of the answer; the next event will have another one. */
static void count_text(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m)
{
    r->state.text_bytes += sl_ai_relay_text_bytes(inside(text, m));
    sl_ai_alike_string(&r->alike, m, true);
}

static bool is_object(const struct sl_json_range *r)
{
    return r->kind == SL_JSON_OBJECT;
}

/* Says something: not null, "", [] or {}. */
static bool is_filled(const struct sl_json_range *r)
{
    enum { EMPTY_BYTES = 2 };
    switch (r->kind) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
        return false;
    case SL_JSON_STRING:
    case SL_JSON_ARRAY:
    case SL_JSON_OBJECT:
        return r->n > EMPTY_BYTES;
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
    case SL_JSON_NUMBER:
        return true;
    }
    return false;
}

static void mark_stop(struct sl_ai_relay *r, sl_str name)
{
    if (name.n == 0)
        return;
    sl_ai_relay_mark(r, SL_AI_MARK_STOP, name);
    r->state.stop = sl_ai_stop_of(r->config.wire->dialect, name);
}

/* ------------------------------------------------------------------ usage */

/* One step of a path: "name" or "name[0]". */
static bool descend(sl_str text, struct sl_json_range *at, sl_str step)
{
    struct sl_json_iter it;
    size_t bracket = sl_str_find(step, '[', 0);
    struct sl_json_range child;
    if (!sl_json_range_get(text, at, sl_str_head(step, bracket), &child))
        return false;
    *at = child;
    if (bracket == SIZE_MAX)
        return true;
    sl_json_iter_init(&it, text, &child);
    return sl_json_iter_next(&it, at);
}

static bool follow(sl_str text, struct sl_json_range *at, sl_str path)
{
    sl_str step;
    while (sl_str_split(&path, '.', &step))
        if (!descend(text, at, step))
            return false;
    return true;
}

/* "list[key=text].member": the sum over the elements whose `key` is that text. */
static bool sum_matching(sl_str text, const struct sl_json_range *root, sl_str path, int64_t *ret)
{
    size_t bracket = sl_str_find(path, '[', 0), equals = sl_str_find(path, '=', 0),
           end = sl_str_find(path, ']', 0);
    sl_str key = sl_str_from(sl_str_head(path, equals), bracket + 1),
           want = sl_str_from(sl_str_head(path, end), equals + 1),
           rest = sl_str_from(path, end + 2);
    struct sl_json_range list, one, member;
    struct sl_json_iter it;
    bool has_any = false;
    int64_t n;
    *ret = 0;
    if (!sl_json_range_get(text, root, sl_str_head(path, bracket), &list))
        return false;
    sl_json_iter_init(&it, text, &list);
    while (sl_json_iter_next(&it, &one)) {
        if (!sl_json_range_get(text, &one, key, &member) ||
            !sl_json_range_text_eq(text, &member, want) ||
            !sl_json_range_get(text, &one, rest, &member) || !sl_json_range_i64(text, &member, &n))
            continue;
        *ret = sl_add_sat_i64(*ret, n);
        has_any = true;
    }
    return has_any;
}

enum { USAGE_PATHS_MAX = 32 };

/* The numbers of a usage object by the rows of its flavour. */
struct places {
    const struct sl_ai_usage_path *rows[USAGE_PATHS_MAX];
    struct sl_json_range at[USAGE_PATHS_MAX];
    size_t n;
};

static void init_places(struct places *p, enum sl_ai_usage_flavour flavour)
{
    const struct sl_ai_usage_path *row = NULL;
    p->n = 0;
    while ((row = sl_ai_usage_path_next(flavour, row)) != NULL) {
        SL_ASSERT(p->n < USAGE_PATHS_MAX);
        p->at[p->n] = (struct sl_json_range){0};
        p->rows[p->n++] = row;
    }
}

/* Does the path go on with this step behind its first `prefix` bytes? */
static bool has_step(sl_str path, size_t prefix, sl_str name)
{
    size_t end = prefix + name.n; /* nearly all differ in their length: nobody compares those */
    if (end > path.n || name.n == 0 || (end < path.n && path.p[end] != '.'))
        return false;
    return memcmp(path.p + prefix, name.p, name.n) == 0;
}

/*
 * Walk an object once, and note what stands at the ends of the paths among `rows` (bits), which have
 * their first `prefix` bytes in common. As deep as the longest path. Names with escapes are nobody's.
 */
static void locate(struct places *p, sl_str text, const struct sl_json_range *object, uint32_t rows,
                   size_t prefix)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    sl_json_iter_init(&it, text, object);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        uint32_t below = 0;
        for (uint32_t left = rows; left != 0; left &= left - 1) {
            size_t i = (size_t)__builtin_ctz(left);
            if (!has_step(p->rows[i]->path, prefix, name))
                continue;
            if (p->rows[i]->path.n > prefix + name.n)
                below |= UINT32_C(1) << i;
            else if (!p->at[i].is_present)
                p->at[i] = m;
        }
        if (below != 0 && is_object(&m))
            locate(p, text, &m, below, prefix + name.n + 1);
    }
}

static void count(struct sl_ai_counts *c, enum sl_ai_usage_flavour flavour, sl_str text,
                  const struct sl_json_range *root)
{
    struct places p;
    init_places(&p, flavour);
    locate(&p, text, root, (uint32_t)((UINT64_C(1) << p.n) - 1), 0);
    for (size_t i = 0; i < p.n; i++) {
        int64_t sum;
        if (p.at[i].kind == SL_JSON_NUMBER)
            (void)sl_ai_counts_set_text(c, p.rows[i]->counter, sl_json_range_text(text, &p.at[i]));
        else if (sl_str_find(p.rows[i]->path, '=', 0) != SIZE_MAX &&
                 sum_matching(text, root, p.rows[i]->path, &sum))
            sl_ai_counts_set(c, p.rows[i]->counter, sum);
    }
}

/*
 * Reports are cumulative: the last one wins, member by member (U4). `usage` is the member of this
 * name, which nearly all have; other roots are looked for.
 */
static enum sl_ai_usage_flavour flavour_of(const struct sl_ai_relay *r)
{
    return r->config.call->operation == SL_AI_IMAGES ? SL_AI_USAGE_OPENAI_MEDIA
                                                     : r->config.target->vendor->usage;
}

static void mark_usage(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *usage)
{
    enum sl_ai_usage_flavour flavour = flavour_of(r);
    struct sl_ai_counts c = {0};
    sl_str path;
    for (size_t i = 0; sl_ai_usage_root(flavour, i, &path); i++) {
        struct sl_json_range root = *usage;
        if (!sl_str_eq(path, SL_STR("usage"))) {
            root = sl_json_range_top(text);
            if (path.n != 0 && !follow(text, &root, path))
                continue;
        }
        if (is_object(&root))
            count(&c, flavour, text, &root);
    }
    sl_ai_counts_merge(&r->counts, &c);
    sl_ai_usage_from_counts(flavour, &r->counts, &r->state.usage);
}

/* Some models cost by the image, and of them no vendor counts any. */
static void mark_images(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *images)
{
    struct sl_json_iter it;
    struct sl_json_range image;
    int64_t n = 0;
    sl_json_iter_init(&it, text, images);
    while (sl_json_iter_next(&it, &image))
        n += image.kind == SL_JSON_OBJECT;
    if (n == 0)
        return;
    sl_ai_counts_set(&r->counts, SL_AI_COUNTER_IMAGES, n);
    sl_ai_usage_from_counts(flavour_of(r), &r->counts, &r->state.usage);
}

/* ------------------------------------------------------------------ OpenAI chat */

static void count_call_text(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *call)
{
    struct sl_json_range part;
    if (sl_json_range_get(text, call, SL_STR("arguments"), &part))
        count_text(r, text, &part);
    if (sl_json_range_get(text, call, SL_STR("name"), &part))
        count_text(r, text, &part);
}

static void count_calls_text(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *calls)
{
    struct sl_json_iter it;
    struct sl_json_range call, function;
    sl_json_iter_init(&it, text, calls);
    while (sl_json_iter_next(&it, &call))
        if (sl_json_range_get(text, &call, SL_STR("function"), &function))
            count_call_text(r, text, &function);
}

/* Whatever a delta says beyond its role is content; one does not need to know what. */
static void peek_delta(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *delta)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    bool has_reasoning = false; /* some send it twice, under two names */
    sl_json_iter_init(&it, text, delta);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        bool is_padding = sl_str_eq(name, SL_STR("obfuscation"));
        if (is_padding)
            sl_ai_alike_string(&r->alike, &m, false);
        if (!is_filled(&m) || is_padding || sl_str_eq(name, SL_STR("role")))
            continue;
        bool is_reasoning = sl_str_starts(name, SL_STR("reasoning"));
        r->state.has_content = true;
        if (m.kind == SL_JSON_STRING && is_reasoning && has_reasoning)
            sl_ai_alike_string(&r->alike, &m, false);
        else if (m.kind == SL_JSON_STRING)
            count_text(r, text, &m);
        else if (sl_str_eq(name, SL_STR("tool_calls")))
            count_calls_text(r, text, &m);
        else if (sl_str_eq(name, SL_STR("function_call")))
            count_call_text(r, text, &m);
        has_reasoning |= is_reasoning;
    }
}

static void peek_text(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m)
{
    r->state.has_content |= is_filled(m);
    if (m->kind == SL_JSON_STRING)
        count_text(r, text, m);
}

static void peek_choice(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *choice,
                        struct sl_ai_peek *p)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    sl_json_iter_init(&it, text, choice);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        if (sl_str_eq(name, SL_STR("delta")) || sl_str_eq(name, SL_STR("message")))
            peek_delta(r, text, &m);
        else if (sl_str_eq(name, SL_STR("finish_reason")))
            mark_stop(r, inside(text, &m));
        else if (sl_str_eq(name, SL_STR("text"))) /* of a completion */
            peek_text(r, text, &m);
        else if (sl_str_eq(name, SL_STR("error")))
            p->has_error |= is_filled(&m);
    }
}

enum {
    OA_MODEL,
    OA_CHOICES,
    OA_USAGE,
    OA_ERROR,
    OA_TIER,
    OA_MESSAGE,
    OA_DETAIL,
    OA_BASE_CODE,
    OA_DATA,
    OA_X_GROQ,
    OA_PADDING,
    OA_RESULTS,
    OA_COUNT
};

static const sl_str openai_names[] = {
    SL_STR_INIT("model"),        SL_STR_INIT("choices"),
    SL_STR_INIT("usage"),        SL_STR_INIT("error"),
    SL_STR_INIT("service_tier"), SL_STR_INIT("message"),
    SL_STR_INIT("detail"),       SL_STR_INIT("base_resp.status_code"),
    SL_STR_INIT("data"),         SL_STR_INIT("x_groq"),
    SL_STR_INIT("obfuscation"),  SL_STR_INIT("results"),
};

_Static_assert(SL_LEN(openai_names) == OA_COUNT, "a name for every member");

/* An error object, or a body that is nothing but a message; MiniMax has a code that is not 0. */
static bool is_openai_error(sl_str text, const struct sl_json_range *m)
{
    bool has_answer = is_filled(&m[OA_CHOICES]) || is_filled(&m[OA_DATA]) ||
                      is_filled(&m[OA_RESULTS]) || is_object(&m[OA_USAGE]);
    bool has_code = m[OA_BASE_CODE].kind == SL_JSON_NUMBER &&
                    !sl_str_eq(sl_json_range_text(text, &m[OA_BASE_CODE]), SL_STR("0"));
    return is_filled(&m[OA_ERROR]) || (has_code && !has_answer) ||
           (!has_answer && !m[OA_CHOICES].is_present &&
            (is_filled(&m[OA_MESSAGE]) || is_filled(&m[OA_DETAIL])));
}

static bool has_usage(const struct sl_ai_relay *r, const struct sl_json_range *m)
{
    enum sl_ai_usage_flavour flavour = r->config.target->vendor->usage;
    return is_object(&m[OA_USAGE]) || is_object(&m[OA_X_GROQ]) ||
           (flavour == SL_AI_USAGE_KIMI && m[OA_CHOICES].is_present);
}

/* The member that an answer must have. */
static const int answer_members[SL_AI_OPERATION_COUNT] = {
#define X(ID, PATH, ANSWER, ...) [SL_AI_##ID] = OA_##ANSWER,
#include "ai/operation.def"
#undef X
};

static int answer_member(const struct sl_ai_relay *r)
{
    return answer_members[r->config.call->operation];
}

bool sl_ai_peek_openai(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    struct sl_json_range m[OA_COUNT], choice;
    struct sl_jsonscan_info info;
    struct sl_json_iter it;
    sl_ai_alike_begin(&r->alike);
    if (sl_jsonscan(text, NULL, openai_names, OA_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    p->model = m[OA_MODEL];
    p->choices = m[OA_CHOICES];
    p->usage = m[OA_USAGE];
    p->data = m[OA_DATA];
    p->has_error = is_openai_error(text, m);
    p->is_answer = m[answer_member(r)].kind == SL_JSON_ARRAY;
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, inside(text, &m[OA_MODEL]));
    sl_ai_relay_mark(r, SL_AI_MARK_TIER, inside(text, &m[OA_TIER]));
    sl_json_iter_init(&it, text, &p->choices);
    while (sl_json_iter_next(&it, &choice))
        peek_choice(r, text, &choice, p);
    if (has_usage(r, m))
        mark_usage(r, text, &m[OA_USAGE]);
    if (r->config.call->operation == SL_AI_IMAGES)
        mark_images(r, text, &m[OA_DATA]);
    if (m[OA_PADDING].kind == SL_JSON_STRING)
        sl_ai_alike_string(&r->alike, &m[OA_PADDING], false);
    return true;
}

/* ------------------------------------------------------------------ Anthropic */

enum {
    AN_TYPE,
    AN_MODEL,
    AN_MESSAGE_MODEL,
    AN_USAGE,
    AN_MESSAGE_USAGE,
    AN_ERROR,
    AN_STOP,
    AN_DELTA_STOP,
    AN_DELTA,
    AN_BLOCK,
    AN_CONTENT,
    AN_TIER,
    AN_INPUT_TOKENS,
    AN_COUNT
};

static const sl_str anthropic_names[] = {
    SL_STR_INIT("type"),          SL_STR_INIT("model"),
    SL_STR_INIT("message.model"), SL_STR_INIT("usage"),
    SL_STR_INIT("message.usage"), SL_STR_INIT("error"),
    SL_STR_INIT("stop_reason"),   SL_STR_INIT("delta.stop_reason"),
    SL_STR_INIT("delta"),         SL_STR_INIT("content_block"),
    SL_STR_INIT("content"),       SL_STR_INIT("usage.service_tier"),
    SL_STR_INIT("input_tokens"),
};

_Static_assert(SL_LEN(anthropic_names) == AN_COUNT, "a name for every member");

/* A delta or a block: its texts, whatever their kind. Only what begins empty is no content yet. */
static void peek_block(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *block,
                       bool is_start)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    bool is_text = false, has_text = false;
    sl_json_iter_init(&it, text, block);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2}, value = inside(text, &m);
        if (sl_str_eq(name, SL_STR("type"))) {
            is_text = sl_str_eq(value, SL_STR("text")) || sl_str_eq(value, SL_STR("thinking"));
        } else if (m.kind == SL_JSON_STRING && !sl_str_eq(name, SL_STR("signature"))) {
            count_text(r, text, &m);
            has_text |= value.n != 0;
        } else if (sl_str_eq(name, SL_STR("input"))) {
            r->state.text_bytes += is_filled(&m) ? m.n : 0;
            sl_ai_alike_spoil(&r->alike);
        }
    }
    r->state.has_content |= has_text || (is_start && !is_text);
}

static void peek_content(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *content)
{
    struct sl_json_iter it;
    struct sl_json_range block;
    sl_json_iter_init(&it, text, content);
    while (sl_json_iter_next(&it, &block))
        peek_block(r, text, &block, true);
}

static void peek_anthropic_parts(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m)
{
    sl_str model = inside(text, &m[m[AN_MODEL].is_present ? AN_MODEL : AN_MESSAGE_MODEL]);
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, model);
    sl_ai_relay_mark(r, SL_AI_MARK_TIER, inside(text, &m[AN_TIER]));
    if (is_object(&m[AN_BLOCK]))
        peek_block(r, text, &m[AN_BLOCK], true);
    else if (is_object(&m[AN_DELTA]) && !m[AN_DELTA_STOP].is_present)
        peek_block(r, text, &m[AN_DELTA], false);
    else if (m[AN_CONTENT].kind == SL_JSON_ARRAY)
        peek_content(r, text, &m[AN_CONTENT]);
    mark_stop(r, inside(text, &m[AN_STOP]));
    mark_stop(r, inside(text, &m[AN_DELTA_STOP]));
    if (is_object(&m[AN_USAGE]) || is_object(&m[AN_MESSAGE_USAGE]))
        mark_usage(r, text, &m[AN_USAGE]);
}

bool sl_ai_peek_anthropic(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    struct sl_json_range m[AN_COUNT];
    struct sl_jsonscan_info info;
    sl_ai_alike_begin(&r->alike);
    if (sl_jsonscan(text, NULL, anthropic_names, AN_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    sl_str type = inside(text, &m[AN_TYPE]);
    bool counts_tokens = r->config.call->operation == SL_AI_COUNT_TOKENS;
    p->model = m[m[AN_MODEL].is_present ? AN_MODEL : AN_MESSAGE_MODEL];
    p->has_error = sl_str_eq(type, SL_STR("error")) || is_filled(&m[AN_ERROR]);
    p->is_terminal = sl_str_eq(type, SL_STR("message_stop"));
    p->is_answer = counts_tokens ? m[AN_INPUT_TOKENS].kind == SL_JSON_NUMBER
                                 : m[AN_CONTENT].kind == SL_JSON_ARRAY;
    peek_anthropic_parts(r, text, m);
    return true;
}

/* ------------------------------------------------------------------ Responses */

enum {
    RS_TYPE,
    RS_SEQUENCE,
    RS_ID,
    RS_RESPONSE_ID,
    RS_MODEL,
    RS_RESPONSE_MODEL,
    RS_USAGE,
    RS_RESPONSE_USAGE,
    RS_TIER,
    RS_RESPONSE_TIER,
    RS_ERROR,
    RS_RESPONSE_ERROR,
    RS_STATUS,
    RS_RESPONSE_STATUS,
    RS_DETAILS,
    RS_RESPONSE_DETAILS,
    RS_ITEM_TYPE,
    RS_DELTA,
    RS_OUTPUT,
    RS_INPUT_TOKENS,
    RS_COUNT
};

static const sl_str responses_names[] = {
    SL_STR_INIT("type"),
    SL_STR_INIT("sequence_number"),
    SL_STR_INIT("id"),
    SL_STR_INIT("response.id"),
    SL_STR_INIT("model"),
    SL_STR_INIT("response.model"),
    SL_STR_INIT("usage"),
    SL_STR_INIT("response.usage"),
    SL_STR_INIT("service_tier"),
    SL_STR_INIT("response.service_tier"),
    SL_STR_INIT("error"),
    SL_STR_INIT("response.error"),
    SL_STR_INIT("status"),
    SL_STR_INIT("response.status"),
    SL_STR_INIT("incomplete_details"),
    SL_STR_INIT("response.incomplete_details"),
    SL_STR_INIT("item.type"),
    SL_STR_INIT("delta"),
    SL_STR_INIT("output"),
    SL_STR_INIT("input_tokens"),
};

_Static_assert(SL_LEN(responses_names) == RS_COUNT, "a name for every member");

/* The reason that it is not complete, else how it stands. */
static void peek_standing(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *details,
                          const struct sl_json_range *status)
{
    struct sl_json_range reason;
    if (sl_json_range_get(text, details, SL_STR("reason"), &reason) &&
        reason.kind == SL_JSON_STRING)
        mark_stop(r, inside(text, &reason));
    else
        mark_stop(r, inside(text, status));
}

/* A message or a thought that is announced is not yet content, as a call is. */
static bool is_content_item(sl_str type)
{
    return type.n != 0 && !sl_str_eq(type, SL_STR("message")) &&
           !sl_str_eq(type, SL_STR("reasoning"));
}

static void peek_responses_event(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m,
                                 struct sl_ai_peek *p)
{
    sl_str type = inside(text, &m[RS_TYPE]), delta = inside(text, &m[RS_DELTA]);
    int64_t sequence;
    p->is_terminal = sl_str_eq(type, SL_STR("response.completed")) ||
                     sl_str_eq(type, SL_STR("response.incomplete"));
    p->has_error = sl_str_eq(type, SL_STR("response.failed")) || sl_str_eq(type, SL_STR("error")) ||
                   (type.n == 0 && is_filled(&m[RS_ERROR]));
    if (is_object(&m[RS_RESPONSE_ERROR]))
        p->error = m[RS_RESPONSE_ERROR];
    if (p->is_terminal)
        peek_standing(r, text, &m[RS_RESPONSE_DETAILS], &m[RS_RESPONSE_STATUS]);
    if (sl_json_range_i64(text, &m[RS_SEQUENCE], &sequence) && sequence >= 0)
        r->sequence = (uint64_t)sequence + 1;
    r->state.has_content |= delta.n != 0 || is_content_item(inside(text, &m[RS_ITEM_TYPE]));
    r->state.text_bytes += sl_ai_relay_text_bytes(delta);
}

static void peek_responses_body(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m,
                                struct sl_ai_peek *p)
{
    bool counts_tokens = r->config.call->operation == SL_AI_COUNT_TOKENS;
    p->has_error = is_filled(&m[RS_ERROR]);
    p->is_answer = counts_tokens ? m[RS_INPUT_TOKENS].kind == SL_JSON_NUMBER
                                 : m[RS_OUTPUT].kind == SL_JSON_ARRAY;
    if (r->config.call->operation == SL_AI_STORED) { /* a list, or a failure that is told about */
        p->has_error = false;
        p->is_answer = true;
    }
    peek_standing(r, text, &m[RS_DETAILS], &m[RS_STATUS]);
    r->state.text_bytes += m[RS_OUTPUT].n;
}

bool sl_ai_peek_responses(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    struct sl_json_range m[RS_COUNT];
    struct sl_jsonscan_info info;
    if (sl_jsonscan(text, NULL, responses_names, RS_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    p->model = m[m[RS_RESPONSE_MODEL].is_present ? RS_RESPONSE_MODEL : RS_MODEL];
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, inside(text, &p->model));
    sl_ai_relay_mark(r, SL_AI_MARK_TIER,
                     inside(text, &m[m[RS_RESPONSE_TIER].is_present ? RS_RESPONSE_TIER : RS_TIER]));
    sl_ai_relay_mark(r, SL_AI_MARK_ANSWER_ID,
                     inside(text, &m[r->config.is_stream ? RS_RESPONSE_ID : RS_ID]));
    if (r->config.is_stream)
        peek_responses_event(r, text, m, p);
    else
        peek_responses_body(r, text, m, p);
    if (is_object(&m[RS_USAGE]) || is_object(&m[RS_RESPONSE_USAGE]))
        mark_usage(r, text, &m[RS_USAGE]);
    return true;
}

/* ------------------------------------------------------------------ Gemini */

enum {
    GE_MODEL,
    GE_CANDIDATES,
    GE_USAGE,
    GE_ERROR,
    GE_BLOCKED,
    GE_TOTAL,
    GE_EMBEDDING,
    GE_EMBEDDINGS,
    GE_TIER,
    GE_COUNT
};

static const sl_str gemini_names[] = {
    SL_STR_INIT("modelVersion"),
    SL_STR_INIT("candidates"),
    SL_STR_INIT("usageMetadata"),
    SL_STR_INIT("error"),
    SL_STR_INIT("promptFeedback.blockReason"),
    SL_STR_INIT("totalTokens"),
    SL_STR_INIT("embedding"),
    SL_STR_INIT("embeddings"),
    SL_STR_INIT("usageMetadata.trafficType"),
};

_Static_assert(SL_LEN(gemini_names) == GE_COUNT, "a name for every member");

/* A part is content but for an empty text, which may carry a signature. */
static void peek_part(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *part)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    sl_json_iter_init(&it, text, part);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        if (sl_str_eq(name, SL_STR("thoughtSignature")) || !is_filled(&m))
            continue;
        if (m.kind == SL_JSON_STRING)
            r->state.text_bytes += sl_ai_relay_text_bytes(inside(text, &m));
        else if (sl_str_eq(name, SL_STR("functionCall")))
            r->state.text_bytes += m.n;
        r->state.has_content |= m.kind == SL_JSON_STRING || m.kind == SL_JSON_OBJECT;
    }
}

static void peek_candidate(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *v)
{
    struct sl_json_range content, parts, part, reason;
    struct sl_json_iter it;
    if (sl_json_range_get(text, v, SL_STR("content"), &content) &&
        sl_json_range_get(text, &content, SL_STR("parts"), &parts)) {
        sl_json_iter_init(&it, text, &parts);
        while (sl_json_iter_next(&it, &part))
            peek_part(r, text, &part);
    }
    if (sl_json_range_get(text, v, SL_STR("finishReason"), &reason))
        mark_stop(r, inside(text, &reason));
}

/* A prompt that is not answered has no candidates; the stream is whole nevertheless. */
static void peek_blocked(struct sl_ai_relay *r, sl_str reason)
{
    if (reason.n == 0)
        return;
    mark_stop(r, reason);
    r->state.stop = SL_AI_STOP_FILTER;
}

static bool is_gemini_answer(const struct sl_ai_relay *r, const struct sl_json_range *m)
{
    if (r->config.call->operation == SL_AI_COUNT_TOKENS)
        return m[GE_TOTAL].kind == SL_JSON_NUMBER;
    if (r->config.call->operation == SL_AI_EMBEDDINGS)
        return is_object(&m[GE_EMBEDDING]) || m[GE_EMBEDDINGS].kind == SL_JSON_ARRAY;
    return m[GE_CANDIDATES].kind == SL_JSON_ARRAY || m[GE_BLOCKED].kind == SL_JSON_STRING;
}

bool sl_ai_peek_gemini(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    struct sl_json_range m[GE_COUNT], candidate;
    struct sl_jsonscan_info info;
    struct sl_json_iter it;
    if (sl_jsonscan(text, NULL, gemini_names, GE_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    p->model = m[GE_MODEL];
    p->has_error = is_filled(&m[GE_ERROR]);
    p->is_answer = is_gemini_answer(r, m);
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, inside(text, &m[GE_MODEL]));
    sl_ai_relay_mark(r, SL_AI_MARK_TIER, inside(text, &m[GE_TIER]));
    sl_json_iter_init(&it, text, &m[GE_CANDIDATES]);
    while (sl_json_iter_next(&it, &candidate))
        peek_candidate(r, text, &candidate);
    peek_blocked(r, inside(text, &m[GE_BLOCKED]));
    if (is_object(&m[GE_USAGE]))
        mark_usage(r, text, &m[GE_USAGE]);
    return true;
}

/* ------------------------------------------------------------------ Cohere */

enum {
    CO_TYPE,
    CO_MESSAGE,
    CO_FINISH,
    CO_USAGE,
    CO_DELTA,
    CO_DELTA_MESSAGE,
    CO_DELTA_FINISH,
    CO_DELTA_USAGE,
    CO_COUNT
};

static const sl_str cohere_names[] = {
    SL_STR_INIT("type"),
    SL_STR_INIT("message"),
    SL_STR_INIT("finish_reason"),
    SL_STR_INIT("usage"),
    SL_STR_INIT("delta"),
    SL_STR_INIT("delta.message"),
    SL_STR_INIT("delta.finish_reason"),
    SL_STR_INIT("delta.usage"),
};

_Static_assert(SL_LEN(cohere_names) == CO_COUNT, "a name for every member");

/* A content block, or the function of a call: what it says. */
static void peek_cohere_texts(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *v)
{
    static const sl_str said[] = {SL_STR_INIT("text"), SL_STR_INIT("thinking"), SL_STR_INIT("name"),
                                  SL_STR_INIT("arguments")};
    struct sl_json_iter it;
    struct sl_json_range m;
    sl_json_iter_init(&it, text, v);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        for (size_t i = 0; i < SL_LEN(said); i++) {
            if (!sl_str_eq(name, said[i]) || m.kind != SL_JSON_STRING)
                continue;
            count_text(r, text, &m);
            r->state.has_content |= is_filled(&m);
        }
    }
}

/* Of a stream an object, of an answer an array of them. */
static void peek_cohere_list(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *v,
                             bool is_calls)
{
    struct sl_json_iter it;
    struct sl_json_range one = *v, function;
    bool is_list = v->kind == SL_JSON_ARRAY;
    sl_json_iter_init(&it, text, v);
    while (is_list ? sl_json_iter_next(&it, &one) : is_object(&one)) {
        if (!is_calls)
            peek_cohere_texts(r, text, &one);
        else if (sl_json_range_get(text, &one, SL_STR("function"), &function))
            peek_cohere_texts(r, text, &function);
        if (!is_list)
            return;
    }
}

static void peek_cohere_message(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *v)
{
    struct sl_json_iter it;
    struct sl_json_range m;
    sl_json_iter_init(&it, text, v);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {text.p + m.key_at + 1, m.key_n - 2};
        bool is_plan = sl_str_eq(name, SL_STR("tool_plan")) && m.kind == SL_JSON_STRING;
        if (is_plan)
            count_text(r, text, &m);
        r->state.has_content |= is_plan && is_filled(&m);
        if (sl_str_eq(name, SL_STR("content")))
            peek_cohere_list(r, text, &m, false);
        else if (sl_str_eq(name, SL_STR("tool_calls")))
            peek_cohere_list(r, text, &m, true);
    }
}

static bool is_cohere_failure(sl_str reason)
{
    return sl_str_eq(reason, SL_STR("ERROR")) || sl_str_eq(reason, SL_STR("TIMEOUT"));
}

bool sl_ai_peek_cohere(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    struct sl_json_range m[CO_COUNT];
    struct sl_jsonscan_info info;
    sl_ai_alike_begin(&r->alike);
    if (sl_jsonscan(text, NULL, cohere_names, CO_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    const struct sl_json_range *reason = &m[m[CO_FINISH].is_present ? CO_FINISH : CO_DELTA_FINISH];
    p->is_terminal = sl_str_eq(inside(text, &m[CO_TYPE]), SL_STR("message-end"));
    p->is_answer = is_object(&m[CO_MESSAGE]);
    p->has_error = m[CO_MESSAGE].kind == SL_JSON_STRING || is_cohere_failure(inside(text, reason));
    if (p->has_error && is_object(&m[CO_DELTA]))
        p->error = m[CO_DELTA];
    peek_cohere_message(r, text, &m[is_object(&m[CO_MESSAGE]) ? CO_MESSAGE : CO_DELTA_MESSAGE]);
    mark_stop(r, inside(text, reason));
    if (is_object(&m[CO_USAGE]) || is_object(&m[CO_DELTA_USAGE]))
        mark_usage(r, text, &m[CO_USAGE]);
    return true;
}

/* ------------------------------------------------------------------ Ollama */

enum {
    OL_MODEL,
    OL_CREATED,
    OL_CONTENT,
    OL_THINKING,
    OL_CALLS,
    OL_MESSAGE,
    OL_DONE,
    OL_REASON,
    OL_ERROR,
    OL_VECTORS,
    OL_COUNT
};

static const sl_str ollama_names[] = {
    SL_STR_INIT("model"),
    SL_STR_INIT("created_at"),
    SL_STR_INIT("message.content"),
    SL_STR_INIT("message.thinking"),
    SL_STR_INIT("message.tool_calls"),
    SL_STR_INIT("message"),
    SL_STR_INIT("done"),
    SL_STR_INIT("done_reason"),
    SL_STR_INIT("error"),
    SL_STR_INIT("embeddings"),
};

_Static_assert(SL_LEN(ollama_names) == OL_COUNT, "a name for every member");

static void peek_ollama_message(struct sl_ai_relay *r, sl_str text, const struct sl_json_range *m)
{
    static const int texts[] = {OL_CONTENT, OL_THINKING};
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        if (m[texts[i]].kind != SL_JSON_STRING)
            continue;
        count_text(r, text, &m[texts[i]]);
        r->state.has_content |= is_filled(&m[texts[i]]);
    }
    if (!is_filled(&m[OL_CALLS]))
        return;
    r->state.has_content = true;
    r->state.text_bytes += m[OL_CALLS].n;
    sl_ai_alike_spoil(&r->alike);
}

bool sl_ai_peek_ollama(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *p)
{
    static const struct sl_json_range nothing = {0};
    struct sl_json_range m[OL_COUNT];
    struct sl_jsonscan_info info;
    bool is_embedding = r->config.call->operation == SL_AI_EMBEDDINGS;
    sl_ai_alike_begin(&r->alike);
    if (sl_jsonscan(text, NULL, ollama_names, OL_COUNT, m, &info) != SL_OK ||
        info.kind != SL_JSON_OBJECT)
        return false;
    p->model = m[OL_MODEL];
    p->has_error = is_filled(&m[OL_ERROR]);
    p->is_terminal = m[OL_DONE].kind == SL_JSON_TRUE;
    p->is_answer = is_embedding ? m[OL_VECTORS].kind == SL_JSON_ARRAY : is_object(&m[OL_MESSAGE]);
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, inside(text, &m[OL_MODEL]));
    if (m[OL_CREATED].kind == SL_JSON_STRING)
        sl_ai_alike_string(&r->alike, &m[OL_CREATED], false);
    peek_ollama_message(r, text, m);
    mark_stop(r, inside(text, &m[OL_REASON]));
    if (p->is_terminal || is_embedding)
        mark_usage(r, text, &nothing);
    return true;
}

/* ------------------------------------------------------------------ either */

bool sl_ai_relay_peek(struct sl_ai_relay *r, sl_str text, struct sl_ai_peek *ret)
{
    *ret = (struct sl_ai_peek){.text = text};
    sl_ai_alike_forget(&r->alike);
    return r->vendor->peek(r, text, ret);
}
