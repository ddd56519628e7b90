#include "ai/request_int.h"

#include "ai/effort.h"
#include "ai/schema.h"
#include "ai/turns.h"
#include "ai/unread.h"

#include "base/num.h"
#include "base/str.h"

/* ------------------------------------------------------------------ places and problems */

static void add_place(struct sl_strbuf *out, const struct sl_ai_place *at)
{
    if (at->up != NULL)
        add_place(out, at->up); /* as deep as our readers nest, not as the input does */
    if (at->name == NULL) {
        sl_strbuf_addf(out, "[%zu]", at->index);
        return;
    }
    if (out->n != 0)
        sl_strbuf_add_char(out, '.');
    sl_strbuf_add(out, sl_cstr(at->name));
}

sl_rc sl_ai_read_fail(struct sl_ai_reader *r, const struct sl_ai_place *at, const char *message)
{
    struct sl_strbuf text;
    sl_rc rc;

    sl_strbuf_init(&text, NULL, SL_KIB(1));
    if (at != NULL)
        add_place(&text, at);
    sl_strbuf_add_char(&text, '\0');
    rc = sl_diag_fail(r->d, SL_E_AI_BAD_BODY, text.p, "%s", message);
    sl_strbuf_fini(&text);
    return rc;
}

const char *sl_ai_messages_name(const struct sl_ai_request *rq)
{
    if (rq->dialect == SL_AI_OPENAI_RESPONSES)
        return "input";
    if (rq->dialect == SL_AI_OPENAI_COMPLETIONS)
        return "prompt";
    return rq->dialect == SL_AI_GEMINI ? "contents" : "messages";
}

sl_str sl_ai_message_place(struct sl_arena *a, const struct sl_ai_request *rq, size_t index)
{
    return sl_fmt(a, "%s[%zu]", sl_ai_messages_name(rq), index);
}

void *sl_ai_read_alloc(struct sl_ai_reader *r, size_t count, size_t size)
{
    size_t bytes;
    void *p = NULL;

    if (sl_mul_checked(count, size, &bytes))
        p = sl_arena_try_alloc(r->a, bytes);
    if (p == NULL)
        (void)sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large"); /* NULL says it to the caller */
    return p;
}

sl_rc sl_ai_read_body(struct sl_ai_reader *r, sl_str body, const struct sl_json_cuts *cuts,
                      const struct sl_json **ret)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    sl_rc rc = sl_json_parse_opaque(body, cuts, r->a, &v, &r->spelled, &info);

    if (rc == SL_E_LIMIT)
        return sl_diag_fail(r->d, rc, "", "%s", info.reason);
    if (rc != SL_OK)
        return sl_diag_fail(r->d, SL_E_AI_BAD_BODY, "", "is not valid JSON at byte %zu: %s",
                            info.error_at, info.reason);
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, NULL, "must be a JSON object");
    *ret = v;
    return SL_OK;
}

static bool is_absent(const struct sl_json *v)
{
    return sl_json_kind(v) == SL_JSON_NONE || sl_json_kind(v) == SL_JSON_NULL;
}

sl_rc sl_ai_read_text(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                      const struct sl_json *object, bool is_required, sl_str *ret)
{
    const struct sl_json *v = sl_json_get(object, sl_cstr(name));
    struct sl_ai_place at = {.up = up, .name = name};

    if (is_absent(v) && !is_required) {
        *ret = (sl_str){0};
        return SL_OK;
    }
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, &at, is_absent(v) ? "is required" : "must be a string");
    *ret = sl_json_text(v);
    return SL_OK;
}

sl_rc sl_ai_read_raw(struct sl_ai_reader *r, const struct sl_json *v, sl_str *ret)
{
    struct sl_strbuf text = {0};
    struct sl_jsonw w;
    sl_str copy;

    if (is_absent(v)) {
        *ret = (sl_str){0};
        return SL_OK;
    }
    *ret = sl_json_raw(v);
    if (ret->p != NULL)
        return SL_OK;
    sl_jsonw_init(&w, &text);
    sl_json_write(v, &w);
    copy = sl_arena_try_dup(r->a, sl_strbuf_str(&text));
    sl_strbuf_fini(&text);
    if (copy.p == NULL)
        return sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
    *ret = copy;
    return SL_OK;
}

sl_rc sl_ai_read_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, sl_str *ret)
{
    if (!is_absent(v) && sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    return sl_ai_read_raw(r, v, ret);
}

sl_rc sl_ai_read_schema_of(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                           const struct sl_json *object, sl_str *ret)
{
    struct sl_ai_place at = {.up = up, .name = name};

    return sl_ai_read_schema(r, &at, sl_json_get(object, sl_cstr(name)), ret);
}

/* ------------------------------------------------------------------ tables of members */

static bool is_openais(enum sl_ai_dialect dialect)
{
    return dialect == SL_AI_OPENAI_CHAT || dialect == SL_AI_OPENAI_RESPONSES;
}

/* Where a schema of the answer is a promise; OpenAI's clients ask for that apart. */
static bool has_strict_formats(enum sl_ai_dialect dialect)
{
    return !is_openais(dialect);
}

void sl_ai_request_init(struct sl_ai_request *rq, enum sl_ai_dialect dialect)
{
    *rq = (struct sl_ai_request){
        .operation = SL_AI_CHAT,
        .dialect = dialect,
        .parallel_tools = -1,
        .store = -1,
        .max_tokens = -1,
        .choices = -1,
        .format_strict = has_strict_formats(dialect) ? SL_AI_STRICT_WHERE_FIT : -1,
        .thinking_budget = -1,
        .logprobs = -1,
        .top_logprobs = -1,
    };
}

static sl_rc read_int(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                      int64_t *ret)
{
    int64_t n;

    if (!sl_json_i64(v, &n) || n < 0)
        return sl_ai_read_fail(r, at, "must be an integer that is not negative");
    *ret = n;
    return SL_OK;
}

static sl_rc read_bool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, bool *ret)
{
    enum sl_json_kind kind = sl_json_kind(v);

    if (kind != SL_JSON_TRUE && kind != SL_JSON_FALSE)
        return sl_ai_read_fail(r, at, "must be true or false");
    *ret = kind == SL_JSON_TRUE;
    return SL_OK;
}

static sl_rc read_flag(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, int *ret)
{
    bool is_on = false;
    sl_rc rc = read_bool(r, at, v, &is_on);

    if (rc == SL_OK)
        *ret = is_on;
    return rc;
}

static sl_rc read_scalar(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, bool is_number, sl_str *ret)
{
    sl_str text = is_number ? sl_json_number(v) : sl_json_text(v);

    if (sl_json_kind(v) != (is_number ? SL_JSON_NUMBER : SL_JSON_STRING))
        return sl_ai_read_fail(r, at, is_number ? "must be a number" : "must be a string");
    *ret = text;
    return SL_OK;
}

static sl_rc read_param(struct sl_ai_reader *r, const struct sl_ai_place *up,
                        const struct sl_ai_param *row, const struct sl_json *v,
                        struct sl_ai_request *ret)
{
    struct sl_ai_place at = {.up = up, .name = row->name};
    void *member = (char *)ret + row->offset;

    switch (row->kind) {
    case SL_AI_PARAM_TEXT:
        return read_scalar(r, &at, v, false, member);
    case SL_AI_PARAM_NUMBER:
        return read_scalar(r, &at, v, true, member);
    case SL_AI_PARAM_INT:
        return read_int(r, &at, v, member);
    case SL_AI_PARAM_BOOL:
        return read_bool(r, &at, v, member);
    case SL_AI_PARAM_FLAG:
        return read_flag(r, &at, v, member);
    case SL_AI_PARAM_JSON:
        return sl_ai_read_raw(r, v, member);
    case SL_AI_PARAM_OTHER:
        return row->read(r, &at, v, ret);
    }
    sl_panic(__FILE__, __LINE__, "request: bad kind of parameter");
}

static const struct sl_ai_param *find_row(const struct sl_ai_param *rows, size_t count, sl_str name)
{
    for (size_t i = 0; i < count; i++)
        if (sl_str_eq(sl_cstr(rows[i].name), name))
            return &rows[i];
    return NULL;
}

/* There is room for a power of two of them. */
sl_rc sl_ai_extra_add(struct sl_ai_reader *r, struct sl_pairs *extra, sl_str name, sl_str value)
{
    enum { FIRST = 8 };
    bool is_full = extra->n == 0 || (extra->n >= FIRST && (extra->n & (extra->n - 1)) == 0);

    if (is_full) {
        struct sl_pair *v = sl_ai_read_alloc(r, extra->n == 0 ? FIRST : extra->n * 2, sizeof(*v));
        if (v == NULL)
            return SL_E_LIMIT;
        if (extra->n != 0)
            memcpy(v, extra->v, extra->n * sizeof(*v));
        extra->v = v;
    }
    extra->v[extra->n++] = (struct sl_pair){.name = name, .value = value};
    return SL_OK;
}

static sl_rc read_extra(struct sl_ai_reader *r, const struct sl_ai_place *up, sl_str name,
                        const struct sl_json *v, struct sl_pairs *extra)
{
    sl_str value;
    sl_rc rc = sl_ai_read_raw(r, v, &value);

    if (rc != SL_OK)
        return rc;
    if (up != NULL)
        name = sl_fmt(r->a, "%s.%.*s", up->name, SL_STRF(sl_str_head(name, 64)));
    return sl_ai_extra_add(r, extra, name, value);
}

static sl_rc refuse_twice(struct sl_ai_reader *r, const struct sl_ai_place *up,
                          const struct sl_ai_param *row)
{
    struct sl_ai_place at = {.up = up, .name = row->name};

    return sl_ai_read_fail(r, &at, "occurs more than once");
}

sl_rc sl_ai_read_nested(struct sl_ai_reader *r, const struct sl_ai_place *up,
                        const struct sl_json *object, const struct sl_ai_param *rows, size_t count,
                        struct sl_ai_request *ret)
{
    struct sl_json_cursor c = sl_json_each(object);
    uint64_t seen = 0; /* bit i: rows[i] */
    sl_rc rc = SL_OK;
    const struct sl_json *v;
    sl_str name;

    SL_ASSERT(count <= 64);
    while (rc == SL_OK && (v = sl_json_next(&c, &name)) != NULL) {
        const struct sl_ai_param *row = find_row(rows, count, name);
        uint64_t bit = row != NULL ? UINT64_C(1) << (row - rows) : 0;
        if ((seen & bit) != 0)
            return refuse_twice(r, up, row);
        seen |= bit;
        if (is_absent(v))
            continue;
        rc = row != NULL ? read_param(r, up, row, v, ret) : read_extra(r, up, name, v, &ret->extra);
    }
    return rc;
}

sl_rc sl_ai_read_params(struct sl_ai_reader *r, const struct sl_json *body,
                        const struct sl_ai_param *rows, size_t count, struct sl_ai_request *ret)
{
    sl_rc rc;

    ret->spelled = r->spelled;
    rc = sl_ai_read_nested(r, NULL, body, rows, count, ret);
    if (rc == SL_OK)
        sl_ai_read_unread(r, body, ret);
    return rc;
}

sl_rc sl_ai_read_require(struct sl_ai_reader *r, const struct sl_json *body, const char *name)
{
    struct sl_ai_place at = {.name = name};

    if (is_absent(sl_json_get(body, sl_cstr(name))))
        return sl_ai_read_fail(r, &at, "is required");
    return SL_OK;
}

/* ------------------------------------------------------------------ lists */

struct sl_ai_part *sl_ai_parts_add(struct sl_ai_reader *r, struct sl_ai_parts *parts,
                                   enum sl_ai_part_kind kind)
{
    struct sl_ai_part *p = sl_ai_read_alloc(r, 1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->kind = kind;
    if (parts->last != NULL)
        parts->last->next = p;
    else
        parts->first = p;
    parts->last = p;
    parts->count++;
    return p;
}

sl_rc sl_ai_parts_add_typed(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts,
                            struct sl_ai_part **ret, sl_str *ret_type)
{
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "type", v, true, ret_type);
    if (rc != SL_OK)
        return rc;
    *ret = sl_ai_parts_add(r, parts, SL_AI_TEXT);
    return *ret != NULL ? SL_OK : SL_E_LIMIT;
}

struct sl_ai_message *sl_ai_messages_add(struct sl_ai_reader *r, struct sl_ai_request *rq,
                                         struct sl_ai_message **last, enum sl_ai_role role,
                                         size_t index)
{
    struct sl_ai_message *m = sl_ai_read_alloc(r, 1, sizeof(*m));

    if (m == NULL)
        return NULL;
    m->role = role;
    m->index = index;
    if (*last != NULL)
        (*last)->next = m;
    else
        rq->messages = m;
    *last = m;
    rq->message_count++;
    return m;
}

struct sl_ai_tool *sl_ai_tools_add(struct sl_ai_reader *r, struct sl_ai_request *rq,
                                   struct sl_ai_tool **last)
{
    struct sl_ai_tool *t = sl_ai_read_alloc(r, 1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->strict = rq->dialect == SL_AI_OPENAI_RESPONSES ? SL_AI_STRICT_WHERE_FIT : -1;
    if (*last != NULL)
        (*last)->next = t;
    else
        rq->tools = t;
    *last = t;
    rq->tool_count++;
    return t;
}

/* ------------------------------------------------------------------ members that dialects share */

sl_rc sl_ai_read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v,
                       sl_rc (*read_tool)(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                          const struct sl_json *v, struct sl_ai_tool *ret),
                       struct sl_ai_request *ret)
{
    struct sl_ai_place tool_at = {.up = at};
    struct sl_ai_tool *last = NULL;
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    if (sl_json_count(v) > SL_AI_TOOLS_MAX)
        return sl_ai_read_fail(r, at, "has too many tools");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        struct sl_ai_tool *t = sl_ai_tools_add(r, ret, &last);
        rc = t != NULL ? read_tool(r, &tool_at, v, t) : SL_E_LIMIT;
        tool_at.index++;
    }
    return rc;
}

enum sl_ai_choice sl_ai_choice_of_word(sl_str word)
{
    static const struct {
        const char *word;
        enum sl_ai_choice choice;
    } rows[] = {
        {"none", SL_AI_CHOICE_NONE},
        {"auto", SL_AI_CHOICE_AUTO},
        {"required", SL_AI_CHOICE_REQUIRED},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(sl_cstr(rows[i].word), word))
            return rows[i].choice;
    return SL_AI_CHOICE_UNSET;
}

void sl_ai_read_flag(const struct sl_json *v, int *ret)
{
    if (sl_json_kind(v) == SL_JSON_TRUE || sl_json_kind(v) == SL_JSON_FALSE)
        *ret = sl_json_is_true(v);
}

sl_rc sl_ai_read_effort(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->effort = sl_ai_effort_of(sl_json_text(v));
    if (ret->effort == SL_AI_EFFORT_UNSET)
        return sl_ai_read_fail(r, at, "must be none, minimal, low, medium, high, xhigh or max");
    return SL_OK;
}

sl_rc sl_ai_read_user(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                      struct sl_ai_request *ret)
{
    bool is_newer = sl_str_eq(sl_cstr(at->name), SL_STR("safety_identifier"));

    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    if (is_newer || ret->user.n == 0)
        ret->user = sl_json_text(v);
    return SL_OK;
}

sl_rc sl_ai_read_thinking(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type = sl_json_text(sl_json_get(v, SL_STR("type")));
    struct sl_ai_place budget_at = {.up = at, .name = "budget_tokens"};

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    if (sl_str_eq(type, SL_STR("disabled")))
        ret->thinking_budget = 0;
    else if (sl_str_eq(type, SL_STR("enabled"))) {
        sl_rc rc =
            read_int(r, &budget_at, sl_json_get(v, SL_STR("budget_tokens")), &ret->thinking_budget);
        if (rc != SL_OK)
            return rc;
    }
    return sl_ai_read_raw(r, v, &ret->thinking_json);
}

sl_rc sl_ai_read_stop(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                      struct sl_ai_request *ret)
{
    bool is_one = sl_json_kind(v) == SL_JSON_STRING;
    size_t n = is_one ? 1 : sl_json_count(v);
    struct sl_json_cursor c = sl_json_each(v);
    struct sl_strs *stop;

    if (!is_one && sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be a string or an array of strings");
    stop = sl_ai_read_alloc(r, 1, sizeof(*stop));
    if (stop == NULL || (stop->v = sl_ai_read_alloc(r, n, sizeof(sl_str))) == NULL)
        return SL_E_LIMIT;
    for (size_t i = 0; i < n; i++) {
        const struct sl_json *item = is_one ? v : sl_json_next(&c, NULL);
        struct sl_ai_place item_at = {.up = at, .index = i};
        if (sl_json_kind(item) != SL_JSON_STRING)
            return sl_ai_read_fail(r, &item_at, "must be a string");
        stop->v[stop->n++] = sl_json_text(item);
    }
    ret->stop = stop;
    return SL_OK;
}

bool sl_ai_read_thinking_block(const struct sl_json *block, struct sl_ai_part *ret)
{
    sl_str type = sl_json_text(sl_json_get(block, SL_STR("type")));

    if (sl_str_eq(type, SL_STR("redacted_thinking"))) {
        ret->is_redacted = true;
        ret->signature = sl_json_text(sl_json_get(block, SL_STR("data")));
    } else if (sl_str_eq(type, SL_STR("thinking"))) {
        ret->text = sl_json_text(sl_json_get(block, SL_STR("thinking")));
        ret->signature = sl_json_text(sl_json_get(block, SL_STR("signature")));
    } else {
        return false;
    }
    ret->kind = SL_AI_THINKING;
    return true;
}

sl_rc sl_ai_read_cache_mark(struct sl_ai_reader *r, const struct sl_json *mark, bool *ret_has,
                            sl_str *ret_ttl, sl_str *ret_json)
{
    if (sl_json_kind(mark) != SL_JSON_OBJECT)
        return SL_OK;
    *ret_has = true;
    *ret_ttl = sl_json_text(sl_json_get(mark, SL_STR("ttl")));
    return ret_json != NULL ? sl_ai_read_raw(r, mark, ret_json) : SL_OK;
}

/* ------------------------------------------------------------------ data URLs */

sl_str sl_ai_clean_base64(struct sl_arena *a, sl_str text)
{
    static const char odd[] = "-_ \t\r\n%";
    char *copy;
    size_t n = 0;
    bool is_odd = false;

    for (size_t i = 0; i < sizeof(odd) - 1 && text.n != 0; i++)
        is_odd |= memchr(text.p, odd[i], text.n) != NULL;
    if (!is_odd)
        return text;
    copy = sl_arena_try_raw(a, text.n);
    if (copy == NULL)
        return (sl_str){0};
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        copy[n++] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return (sl_str){copy, n};
}

sl_rc sl_ai_read_base64(struct sl_ai_reader *r, const struct sl_ai_place *at, sl_str text,
                        sl_str *ret)
{
    *ret = sl_ai_clean_base64(r->a, text);
    if (ret->p == NULL && text.n != 0)
        return sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
    return ret->n != 0 ? SL_OK : sl_ai_read_fail(r, at, "must be base64");
}

static sl_str media_type_of(struct sl_arena *a, sl_str text)
{
    char *copy = sl_arena_try_raw(a, text.n);

    if (copy == NULL)
        return (sl_str){0};
    for (size_t i = 0; i < text.n; i++)
        copy[i] = sl_lower(text.p[i]);
    if (sl_str_eq(sl_str_of(copy, text.n), SL_STR("image/jpg")))
        return SL_STR("image/jpeg");
    return sl_str_of(copy, text.n);
}

bool sl_ai_data_url(struct sl_arena *a, sl_str url, sl_str *ret_type, sl_str *ret_base64)
{
    sl_str head, type, param;
    size_t comma;
    bool is_base64 = false;

    if (!sl_str_istarts(url, SL_STR("data:")))
        return false;
    comma = sl_str_find(sl_str_head(url, SL_KIB(1)), ',', 0);
    if (comma == SIZE_MAX)
        return false;
    head = sl_str_from(sl_str_head(url, comma), SL_STR("data:").n);
    if (!sl_str_split(&head, ';', &type))
        return false;
    while (sl_str_split(&head, ';', &param))
        is_base64 |= sl_str_ieq(sl_str_trim(param), SL_STR("base64"));
    *ret_type = media_type_of(a, sl_str_trim(type));
    *ret_base64 = sl_ai_clean_base64(a, sl_str_from(url, comma + 1));
    return is_base64 && ret_base64->n != 0;
}

/* ------------------------------------------------------------------ writing */

static bool has_word(sl_str list, sl_str word)
{
    sl_str part;

    while (sl_str_split(&list, ',', &part))
        if (sl_str_eq(part, word))
            return true;
    return false;
}

static void note(struct sl_ai_receipt *receipt, sl_str word)
{
    sl_str before = receipt->dropped;
    if (has_word(before, word))
        return;
    size_t n = before.n + (before.n != 0) + word.n;
    char *list = sl_arena_try_raw(receipt->arena, n);
    if (list == NULL)
        return; /* there are more important things to do with the rest of the memory */
    if (before.n != 0) {
        memcpy(list, before.p, before.n);
        list[before.n] = ',';
    }
    memcpy(list + n - word.n, word.p, word.n);
    receipt->dropped = (sl_str){list, n};
}

enum { WORD_BYTES = 64 };

sl_rc sl_ai_keep_room(const struct sl_ai_request *rq, struct sl_arena *a, struct sl_diag *d)
{
    enum { EACH_BYTES = 128, BASE_BYTES = 64 * 1024 };
    size_t n = rq->tool_count;

    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        n += 1 + m->part_count;
    if (n * EACH_BYTES + BASE_BYTES > sl_arena_left(a))
        return sl_diag_fail(d, SL_E_LIMIT, "", "is too large");
    sl_arena_keep(a, n * EACH_BYTES + BASE_BYTES);
    return SL_OK;
}

/* The list becomes a header's value: a client's own names must not break it, nor make it long. */
static sl_str header_word(sl_str name, char copy[WORD_BYTES])
{
    size_t n = SL_MIN(name.n, (size_t)WORD_BYTES);

    for (size_t i = 0; i < n; i++) {
        char c = name.p[i];
        copy[i] = c > ' ' && c < 0x7f && c != ',' ? c : '_';
    }
    return (sl_str){copy, n};
}

static sl_rc drop_named(struct sl_ai_writer *w, sl_str member, const char *message)
{
    enum { LIST_BYTES = 2048 };
    char copy[WORD_BYTES];
    sl_str word = header_word(member, copy);

    if (w->receipt->is_strict)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, sl_fmt(w->a, "%.*s", SL_STRF(word)).p, "%s",
                            message);
    if (w->receipt->dropped.n + word.n < LIST_BYTES)
        note(w->receipt, word);
    return SL_OK;
}

sl_rc sl_ai_drop(struct sl_ai_writer *w, const char *member)
{
    return drop_named(w, sl_cstr(member), "is not supported by the chosen model");
}

sl_rc sl_ai_drop_serial(struct sl_ai_writer *w)
{
    bool is_asked = w->rq->parallel_tools == 0 && w->rq->tools != NULL && !w->rq->has_functions;

    return is_asked ? sl_ai_drop(w, "parallel_tool_calls") : SL_OK;
}

sl_rc sl_ai_drop_member(struct sl_ai_writer *w, sl_str member)
{
    return drop_named(w, member, "is not supported by the chosen model");
}

sl_rc sl_ai_clamped(struct sl_ai_writer *w, const char *member)
{
    return drop_named(w, sl_fmt(w->a, "%s:clamped", member),
                      "is outside of what the chosen model takes");
}

/* Not what anybody asked for, but what must be left out: also where strictness is wanted. */
static void drop_thoughts(struct sl_ai_writer *w)
{
    note(w->receipt, SL_STR("messages.thinking"));
}

sl_rc sl_ai_writer_turns(struct sl_ai_writer *w, enum sl_ai_dialect vendor, bool keep_unsigned,
                         struct sl_ai_turns *ret)
{
    if (w->rq->kept_at.n != 0 && !sl_ai_is_home(w))
        return sl_ai_refuse(
            w, w->rq->kept_at.p,
            "refers to an item that this gateway does not keep; send the item itself");
    sl_rc rc = sl_ai_turns_make(w->rq, vendor, keep_unsigned, w->a, ret, w->d);
    if (rc == SL_OK && w->rq->names_speakers)
        rc = sl_ai_drop(w, "messages.name");
    if (rc == SL_OK && ret->has_lost_thoughts)
        drop_thoughts(w);
    if (rc == SL_OK && ret->has_lost_names)
        rc = sl_ai_drop(w, "filename");
    if (rc == SL_OK && ret->has_lost_images)
        rc = sl_ai_drop(w, "images");
    if (rc == SL_OK && ret->has_lost_titles)
        rc = sl_ai_drop(w, "title");
    if (rc == SL_OK && ret->has_lost_contexts)
        rc = sl_ai_drop(w, "context");
    return rc == SL_OK && ret->has_lost_citations ? sl_ai_drop(w, "citations") : rc;
}

/* Results have parts, which have none. */
static bool has_mark(const struct sl_ai_part *p)
{
    for (; p != NULL; p = p->next) {
        if (p->has_cache_mark)
            return true;
        for (const struct sl_ai_part *in = p->parts; in != NULL; in = in->next)
            if (in->has_cache_mark)
                return true;
    }
    return false;
}

static bool is_marked(const struct sl_ai_request *rq, const struct sl_ai_turns *turns)
{
    bool is_marked = has_mark(turns->system);

    for (const struct sl_ai_turn *t = turns->first; t != NULL && !is_marked; t = t->next)
        is_marked = has_mark(t->parts);
    for (const struct sl_ai_tool *t = rq->tools; t != NULL && !is_marked; t = t->next)
        is_marked = t->has_cache_mark;
    return is_marked;
}

sl_rc sl_ai_drop_marks(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    return is_marked(w->rq, turns) ? sl_ai_drop(w, "cache_control") : SL_OK;
}

sl_rc sl_ai_result_text(struct sl_ai_writer *w, const struct sl_ai_part *result, bool tells_error,
                        sl_str *ret)
{
    struct sl_strbuf text;
    bool has_any = false;

    sl_strbuf_init(&text, w->a, 0);
    if (tells_error && result->is_error)
        sl_strbuf_add(&text, SL_AI_ERROR_RESULT);
    for (const struct sl_ai_part *p = result->parts; p != NULL; p = p->next) {
        bool is_opaque = p->kind == SL_AI_OPAQUE;
        if (p->kind != SL_AI_TEXT && p->kind != SL_AI_REFUSAL && !is_opaque)
            continue;
        if (has_any)
            sl_strbuf_add_char(&text, '\n');
        sl_strbuf_add(&text, is_opaque ? p->raw_json : p->text);
        has_any = true;
    }
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, sl_ai_messages_name(w->rq), "is too large");
    *ret = sl_strbuf_str(&text);
    return SL_OK;
}

sl_rc sl_ai_refuse(struct sl_ai_writer *w, const char *place, const char *message)
{
    return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, place, "%s", message);
}

bool sl_ai_is_given(const struct sl_ai_request *rq, enum sl_ai_param_kind kind, size_t offset)
{
    const void *member = (const char *)rq + offset;

    switch (kind) {
    case SL_AI_PARAM_TEXT:
    case SL_AI_PARAM_NUMBER:
    case SL_AI_PARAM_JSON:
        return ((const sl_str *)member)->n != 0;
    case SL_AI_PARAM_INT:
        return *(const int64_t *)member >= 0;
    case SL_AI_PARAM_FLAG:
        return *(const int *)member > 0;
    case SL_AI_PARAM_BOOL:
        return *(const bool *)member;
    case SL_AI_PARAM_OTHER:
        break;
    }
    sl_panic(__FILE__, __LINE__, "request: bad kind of foreign member");
}

bool sl_ai_is_default(sl_str name, sl_str value)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"store", "false"},
        {"n", "1"},
        {"best_of", "1"},
        {"logprobs", "false"},
        {"logit_bias", "{}"},
        {"parallel_tool_calls", "true"},
        {"service_tier", "auto"},
        {"presence_penalty", "0"},
        {"presence_penalty", "0.0"},
        {"frequency_penalty", "0"},
        {"frequency_penalty", "0.0"},
    };

    if (value.n > 2 && value.p[0] == '"') /* a string as it stands in JSON */
        value = sl_str_of(value.p + 1, value.n - 2);
    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(name, sl_cstr(rows[i].name)) && sl_str_eq(value, sl_cstr(rows[i].value)))
            return true;
    return false;
}

sl_rc sl_ai_drop_row(struct sl_ai_writer *w, const struct sl_ai_foreign *row)
{
    const void *member = (const char *)w->rq + row->offset;
    bool is_text = row->kind == SL_AI_PARAM_TEXT || row->kind == SL_AI_PARAM_NUMBER ||
                   row->kind == SL_AI_PARAM_JSON;

    if (!sl_ai_is_given(w->rq, row->kind, row->offset))
        return SL_OK;
    if (is_text && sl_ai_is_default(sl_cstr(row->name), *(const sl_str *)member))
        return SL_OK;
    return sl_ai_drop(w, row->name);
}

sl_rc sl_ai_drop_foreign(struct sl_ai_writer *w, const struct sl_ai_foreign *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sl_rc rc = sl_ai_drop_row(w, &rows[i]);
        if (rc != SL_OK)
            return rc;
    }
    return SL_OK;
}

/*
 * Members that no other dialect has and that change what is answered: the conversation, prompt or cache that
 * the vendor keeps (never silently ignored), tools that it runs, other media, and answers given later.
 */
static bool is_refused(sl_str name)
{
    static const char *const refused[] = {
        "previous_response_id",
        "conversation",
        "prompt",
        "background",
        "tool_choice",
        "audio",
        "modalities",
        "web_search_options",
        "mcp_servers",
        "container",
        "cachedContent",
        "cached_content", /* the same: Google takes both */
        "generationConfig.responseModalities",
    };

    for (size_t i = 0; i < SL_LEN(refused); i++)
        if (sl_str_eq(name, sl_cstr(refused[i])))
            return true;
    return false;
}

/* Members that OpenAI's two dialects have alike, and nobody else; who knows its newest role knows them. */
static bool is_shared(const struct sl_ai_writer *w, sl_str name)
{
    return (sl_str_eq(name, SL_STR("prompt_cache_retention")) ||
            sl_str_eq(name, SL_STR("prompt_cache_options"))) &&
           is_openais(w->rq->dialect) && is_openais(sl_ai_target_dialect(w->t)) &&
           sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_DEVELOPER_ROLE);
}

sl_rc sl_ai_write_extra_but(struct sl_ai_writer *w, bool (*is_done)(sl_str name, sl_str value))
{
    for (size_t i = 0; i < w->rq->extra.n; i++) {
        const struct sl_pair *p = &w->rq->extra.v[i];
        sl_rc rc = SL_OK;
        if (is_done != NULL && is_done(p->name, p->value))
            continue;
        if (sl_ai_is_home(w) || is_shared(w, p->name))
            sl_jsonw_key_raw(&w->w, p->name, p->value);
        else if (sl_ai_is_default(p->name, p->value))
            continue;
        else if (is_refused(p->name))
            rc = sl_ai_refuse(w, sl_fmt(w->a, "%.*s", SL_STRF(sl_str_head(p->name, WORD_BYTES))).p,
                              "is not supported by the chosen model");
        else
            rc = drop_named(w, p->name, "is not supported by the chosen model");
        if (rc != SL_OK)
            return rc;
    }
    return sl_ai_drop_unread(w);
}

sl_rc sl_ai_write_extra(struct sl_ai_writer *w)
{
    return sl_ai_write_extra_but(w, NULL);
}

/* OpenAI's own models know it; of others' those that are said to, and those of which nothing is known. */
static bool may_be_strict(const struct sl_ai_target *t)
{
    return sl_ai_vendor_has(t->vendor, SL_AI_QUIRK_STRICT_TOOLS) &&
           (sl_ai_vendor_has(t->vendor, SL_AI_QUIRK_DEVELOPER_ROLE) || t->model_info == NULL ||
            sl_ai_model_has(t, SL_AI_MODEL_STRICT_TOOLS));
}

int sl_ai_strict_of(const struct sl_ai_writer *w, int strict, sl_str schema)
{
    if (strict != SL_AI_STRICT_WHERE_FIT)
        return strict;
    return may_be_strict(w->t) && sl_ai_schema_is_strict(schema, w->a) ? 1 : -1;
}

sl_rc sl_ai_write_stop(struct sl_ai_writer *w, const char *name)
{
    const struct sl_strs *stop = w->rq->stop;
    bool has_any = false, has_blank = false;

    for (size_t i = 0; stop != NULL && i < stop->n; i++) {
        if (sl_ai_text_is_blank(stop->v[i])) {
            has_blank = true;
            continue;
        }
        if (!has_any) {
            sl_jsonw_key(&w->w, sl_cstr(name));
            sl_jsonw_array(&w->w);
            has_any = true;
        }
        sl_jsonw_str(&w->w, stop->v[i]);
    }
    if (has_any)
        sl_jsonw_end(&w->w);
    if (!has_blank)
        return SL_OK;
    return has_any ? sl_ai_clamped(w, "stop") : sl_ai_drop(w, "stop");
}

sl_str sl_ai_number_upto(sl_str number, int max, bool *ret_is_clamped)
{
    int64_t micro;

    *ret_is_clamped = false;
    if (number.n != 0 && number.p[0] == '-') {
        *ret_is_clamped = true;
        return SL_STR("0");
    }
    if (!sl_num_rounded(number, 6, &micro) || micro > (int64_t)max * 1000000) {
        *ret_is_clamped = true;
        return max == 1 ? SL_STR("1") : SL_STR("2");
    }
    return number;
}

sl_str sl_ai_number_of_milli(int64_t milli, struct sl_arena *a)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    sl_strbuf_init(&out, a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_decimal(&w, milli, 3);
    return sl_strbuf_str(&out);
}
