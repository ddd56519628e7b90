/* prompt: templates, the variables of a request, and the chat that they make. */
#include "ai/prompt.h"

#include "base/enc.h"
#include "base/guess.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

const char *const sl_ai_prompt_types[SL_AI_PROMPT_TYPE_COUNT + 1] = {
    "string", "integer", "number", "boolean", "list", "json", NULL};

/* ------------------------------------------------------------------ templates */

struct compiler {
    const struct sl_ai_prompt_variable *variables;
    size_t variable_count;
    const char *path;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_ai_prompt_piece *v;
    size_t n, cap;
};

static void add_piece(struct compiler *c, struct sl_ai_prompt_piece piece)
{
    if (piece.variable == NULL && piece.text.n == 0)
        return;
    if (c->n == c->cap) {
        size_t cap = SL_MAX(2 * c->cap, (size_t)4);
        struct sl_ai_prompt_piece *v = sl_arena_array(c->a, struct sl_ai_prompt_piece, cap);
        if (c->n != 0)
            memcpy(v, c->v, c->n * sizeof(*v));
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = piece;
}

static const struct sl_ai_prompt_variable *variable_of(const struct sl_ai_prompt_variable *v,
                                                       size_t n, sl_str name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_str_eq(v[i].name, name))
            return &v[i];
    return NULL;
}

static sl_rc fail_unknown(struct compiler *c, sl_str name)
{
    struct sl_guess g;
    sl_guess_init(&g, name);
    for (size_t i = 0; i < c->variable_count; i++)
        sl_guess_consider(&g, c->variables[i].name);
    if (g.best.p != NULL)
        return sl_diag_fail(c->d, SL_E_CONFIG, c->path,
                            "'{{%.*s}}' is none of the variables; did you mean '%.*s'?",
                            SL_STRF(name), SL_STRF(g.best));
    return sl_diag_fail(c->d, SL_E_CONFIG, c->path,
                        "'{{%.*s}}' is none of the variables; list it under 'variables', or write "
                        "\\{{ for the braces themselves",
                        SL_STRF(name));
}

static sl_rc add_placeholder(struct compiler *c, sl_str name)
{
    const struct sl_ai_prompt_variable *v = variable_of(c->variables, c->variable_count, name);
    if (v == NULL)
        return fail_unknown(c, name);
    add_piece(c, (struct sl_ai_prompt_piece){.variable = v});
    return SL_OK;
}

sl_rc sl_ai_prompt_compile(sl_str text, const struct sl_ai_prompt_variable *variables, size_t n,
                           const char *path, struct sl_arena *a, struct sl_ai_prompt_message *ret,
                           struct sl_diag *d)
{
    static const sl_str open = SL_STR_INIT("{{"), close = SL_STR_INIT("}}");
    struct compiler c = {.variables = variables, .variable_count = n, .path = path, .a = a, .d = d};
    sl_rc rc = SL_OK;
    while (rc == SL_OK && text.n != 0) {
        size_t at = sl_str_find_str(text, open);
        bool is_escaped = at != SIZE_MAX && at != 0 && text.p[at - 1] == '\\';
        size_t before = at == SIZE_MAX ? text.n : at - is_escaped;
        add_piece(&c, (struct sl_ai_prompt_piece){.text = sl_str_head(text, before)});
        if (at == SIZE_MAX)
            break;
        text = sl_str_from(text, at + open.n);
        if (is_escaped) {
            add_piece(&c, (struct sl_ai_prompt_piece){.text = open});
            continue;
        }
        size_t end = sl_str_find_str(text, close);
        if (end == SIZE_MAX)
            return sl_diag_fail(d, SL_E_CONFIG, path,
                                "has '{{' without '}}'; write \\{{ for the braces themselves");
        rc = add_placeholder(&c, sl_str_trim_all(sl_str_head(text, end)));
        text = sl_str_from(text, end + close.n);
    }
    ret->pieces = c.v;
    ret->piece_count = c.n;
    return rc;
}

/* ------------------------------------------------------------------ reading variables */

struct reader {
    const struct sl_ai_prompt *prompt;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_ai_prompt_values *values;
    bool given[SL_AI_PROMPT_VARIABLES_MAX];
    bool is_full;
};

SL_PRINTF(3, 4)
static void problem(struct reader *r, sl_str name, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args); /* cut off at worst */
    va_end(args);
    sl_str path = sl_arena_try_dup(r->a, sl_str_head(name, 128));
    r->is_full |= path.p == NULL;
    if (path.p != NULL)
        (void)sl_diag_fail(r->d, SL_E_PROMPT_INPUT, path.p, "%s", text);
}

static sl_str kept(struct reader *r, sl_str text)
{
    sl_str copy = sl_arena_try_dup(r->a, text);
    r->is_full |= copy.p == NULL;
    return copy;
}

static size_t count_characters(sl_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

static bool is_one_of(const struct sl_strs *values, sl_str text)
{
    for (size_t i = 0; i < values->n; i++)
        if (sl_str_eq(values->v[i], text))
            return true;
    return values->n == 0;
}

static void fail_values(struct reader *r, const struct sl_ai_prompt_variable *v)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->a, 0);
    for (size_t i = 0; i < v->values.n; i++)
        sl_strbuf_addf(&b, "%s'%.*s'", i == 0 ? "" : ", ", SL_STRF(v->values.v[i]));
    problem(r, v->name, "must be one of %.*s", SL_STRF(sl_str_head(sl_strbuf_str(&b), 200)));
}

static void check_size(struct reader *r, const struct sl_ai_prompt_variable *v, size_t n,
                       const char *of)
{
    if (v->has_min && (int64_t)n < v->min)
        problem(r, v->name, "must have at least %lld %s", (long long)v->min, of);
    if (v->has_max && (int64_t)n > v->max)
        problem(r, v->name, "must have at most %lld %s", (long long)v->max, of);
}

/* In millionths, which is as fine as bounds of a number are. */
static void check_number(struct reader *r, const struct sl_ai_prompt_variable *v, sl_str text)
{
    enum { SCALE = 6 };
    int64_t millionths, least = INT64_MIN / 1000000, most = INT64_MAX / 1000000;
    if (!v->has_min && !v->has_max)
        return;
    if (!sl_num_rounded(text, SCALE, &millionths)) {
        problem(r, v->name, "is out of range");
        return;
    }
    if (v->has_min && millionths < SL_MAX(v->min, least) * 1000000)
        problem(r, v->name, "must be %lld or more", (long long)v->min);
    if (v->has_max && millionths > SL_MIN(v->max, most) * 1000000)
        problem(r, v->name, "must be %lld or less", (long long)v->max);
}

static bool is_json(struct reader *r, sl_str text, enum sl_json_kind *ret_kind)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    if (sl_json_parse(text, r->a, &v, &info) != SL_OK)
        return false;
    *ret_kind = sl_json_kind(v);
    return true;
}

/* As a number of JSON: what goes to the model is what was checked. */
static bool is_number(struct reader *r, sl_str text, bool is_integer)
{
    enum sl_json_kind kind = SL_JSON_NONE; /* gcc does not see that is_json sets it */
    int64_t n;
    if (is_integer)
        return sl_num_i64(text, &n);
    return text.n <= 64 && is_json(r, text, &kind) && kind == SL_JSON_NUMBER;
}

/* ---- one value */

static void set(struct reader *r, const struct sl_ai_prompt_variable *v, sl_str text)
{
    r->values->texts[v - r->prompt->variables] = text;
}

static void take_list(struct reader *r, const struct sl_ai_prompt_variable *v, const sl_str *items,
                      size_t n)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->a, 0);
    for (size_t i = 0; i < n; i++) {
        sl_strbuf_add(&b, i == 0 ? SL_STR("") : SL_STR(", "));
        sl_strbuf_add(&b, items[i]);
        if (!sl_utf8_is_valid(items[i]))
            problem(r, v->name, "must be valid UTF-8");
        if (!is_one_of(&v->values, items[i]))
            fail_values(r, v);
    }
    r->is_full |= b.is_full;
    check_size(r, v, n, "items");
    set(r, v, sl_strbuf_str(&b));
}

/* A scalar that is text: of a path, a query, a form, a default. */
static void take_text(struct reader *r, const struct sl_ai_prompt_variable *v, sl_str text)
{
    enum sl_json_kind kind;
    if (v->type == SL_AI_PROMPT_LIST) {
        take_list(r, v, &text, 1);
        return;
    }
    set(r, v, text);
    if (!sl_utf8_is_valid(text)) {
        problem(r, v->name, "must be valid UTF-8");
        return;
    }
    switch (v->type) {
    case SL_AI_PROMPT_STRING:
    case SL_AI_PROMPT_LIST:
    case SL_AI_PROMPT_TYPE_COUNT:
        check_size(r, v, count_characters(text), "characters");
        break;
    case SL_AI_PROMPT_INTEGER:
    case SL_AI_PROMPT_NUMBER:
        if (is_number(r, text, v->type == SL_AI_PROMPT_INTEGER))
            check_number(r, v, text);
        else
            problem(r, v->name, "must be a%s number",
                    v->type == SL_AI_PROMPT_INTEGER ? " whole" : "");
        break;
    case SL_AI_PROMPT_BOOLEAN:
        if (!sl_str_eq(text, SL_STR("true")) && !sl_str_eq(text, SL_STR("false")))
            problem(r, v->name, "must be true or false");
        break;
    case SL_AI_PROMPT_JSON:
        if (!is_json(r, text, &kind))
            problem(r, v->name, "must be JSON");
        break;
    }
    if (!is_one_of(&v->values, text))
        fail_values(r, v);
}

/* False: told already, or it came before. */
static bool claim(struct reader *r, sl_str name, const struct sl_ai_prompt_variable **ret)
{
    const struct sl_ai_prompt *p = r->prompt;
    const struct sl_ai_prompt_variable *v = variable_of(p->variables, p->variable_count, name);
    struct sl_guess g;
    if (v != NULL) {
        bool *given = &r->given[v - p->variables];
        if (*given)
            problem(r, name, "is given twice");
        bool is_first = !*given;
        *given = true;
        *ret = v;
        return is_first;
    }
    sl_guess_init(&g, name);
    for (size_t i = 0; i < p->variable_count; i++)
        sl_guess_consider(&g, p->variables[i].name);
    if (g.best.p != NULL)
        problem(r, name, "is none of the variables; did you mean '%.*s'?", SL_STRF(g.best));
    else
        problem(r, name, "is none of the variables");
    return false;
}

/* ---- query and form */

static sl_str decoded(struct reader *r, sl_str raw)
{
    struct sl_strbuf plus, out;
    sl_strbuf_init(&plus, r->a, 0);
    sl_strbuf_init(&out, r->a, 0);
    char *to = sl_strbuf_room(&plus, raw.n + 1);
    if (to == NULL) {
        r->is_full = true;
        return (sl_str){0};
    }
    for (size_t i = 0; i < raw.n; i++)
        to[i] = raw.p[i] == '+' ? ' ' : raw.p[i];
    plus.n = raw.n;
    if (!sl_dec_percent(&out, sl_strbuf_str(&plus)))
        return sl_strbuf_str(&plus); /* as it is: it was not meant as an escape */
    r->is_full |= out.is_full;
    return sl_strbuf_str(&out);
}

static bool is_stream_word(const struct reader *r, sl_str name)
{
    return r->prompt->may_stream && sl_str_eq(name, SL_STR("stream"));
}

/* Beyond what is told to the caller nobody looks any further. */
static bool is_enough(const struct reader *r)
{
    return r->is_full || r->d->count == SL_DIAG_MAX;
}

/* All values of one name, from `rest` on: lists may be repeated. */
static void take_repeated(struct reader *r, const struct sl_ai_prompt_variable *v, sl_str first,
                          sl_str rest)
{
    enum { ITEMS_MAX = 256 };
    sl_str items[ITEMS_MAX] = {first}, part;
    size_t n = 1;
    while (sl_str_split(&rest, '&', &part) && n < ITEMS_MAX) {
        size_t eq = sl_str_find(part, '=', 0);
        if (sl_str_eq(decoded(r, sl_str_head(part, eq)), v->name))
            items[n++] = eq == SIZE_MAX ? (sl_str){0} : decoded(r, sl_str_from(part, eq + 1));
    }
    take_list(r, v, items, n);
}

static void take_pair(struct reader *r, sl_str name, sl_str value, sl_str rest)
{
    const struct sl_ai_prompt_variable *v =
        variable_of(r->prompt->variables, r->prompt->variable_count, name);
    if (is_stream_word(r, name)) {
        r->values->is_stream = sl_str_eq(value, SL_STR("true"));
        return;
    }
    if (v != NULL && v->type == SL_AI_PROMPT_LIST && r->given[v - r->prompt->variables])
        return; /* taken with the first one */
    if (!claim(r, name, &v))
        return;
    if (v->type == SL_AI_PROMPT_LIST)
        take_repeated(r, v, value, rest);
    else
        take_text(r, v, value);
}

static void read_query(struct reader *r, sl_str query)
{
    sl_str part;
    while (!is_enough(r) && sl_str_split(&query, '&', &part)) {
        size_t eq = sl_str_find(part, '=', 0);
        if (part.n != 0)
            take_pair(r, decoded(r, sl_str_head(part, eq)),
                      eq == SIZE_MAX ? (sl_str){0} : decoded(r, sl_str_from(part, eq + 1)), query);
    }
}

/* ---- JSON */

static sl_str compact(struct reader *r, const struct sl_json *v)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, r->a, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    r->is_full |= b.is_full;
    return sl_strbuf_str(&b);
}

static void take_array(struct reader *r, const struct sl_ai_prompt_variable *v,
                       const struct sl_json *array)
{
    size_t n = sl_json_count(array), at = 0;
    sl_str *items = sl_arena_try_alloc(r->a, (n + 1) * sizeof(*items));
    struct sl_json_cursor c = sl_json_each(array);
    const struct sl_json *one;
    r->is_full |= items == NULL;
    while (items != NULL && (one = sl_json_next(&c, NULL)) != NULL) {
        if (sl_json_kind(one) != SL_JSON_STRING) {
            problem(r, v->name, "must be a list of strings");
            return;
        }
        items[at++] = sl_json_text(one);
    }
    if (items != NULL)
        take_list(r, v, items, at);
}

static void take_json(struct reader *r, const struct sl_ai_prompt_variable *v,
                      const struct sl_json *value)
{
    static const struct {
        enum sl_json_kind kind;
        const char *wanted;
    } wants[SL_AI_PROMPT_TYPE_COUNT] = {
        [SL_AI_PROMPT_STRING] = {SL_JSON_STRING, "a string"},
        [SL_AI_PROMPT_INTEGER] = {SL_JSON_NUMBER, "a whole number"},
        [SL_AI_PROMPT_NUMBER] = {SL_JSON_NUMBER, "a number"},
        [SL_AI_PROMPT_BOOLEAN] = {SL_JSON_TRUE, "true or false"},
        [SL_AI_PROMPT_LIST] = {SL_JSON_ARRAY, "a list of strings"},
    };
    enum sl_json_kind kind = sl_json_kind(value);
    if (v->type == SL_AI_PROMPT_JSON) {
        set(r, v, compact(r, value));
        return;
    }
    bool is_bool = kind == SL_JSON_FALSE && wants[v->type].kind == SL_JSON_TRUE;
    if (kind != wants[v->type].kind && !is_bool)
        problem(r, v->name, "must be %s", wants[v->type].wanted);
    else if (kind == SL_JSON_ARRAY)
        take_array(r, v, value);
    else
        take_text(r, v, kind == SL_JSON_STRING ? sl_json_text(value) : compact(r, value));
}

static void take_member(struct reader *r, sl_str name, const struct sl_json *value)
{
    const struct sl_ai_prompt_variable *v;
    enum sl_json_kind kind = sl_json_kind(value);
    if (is_stream_word(r, name)) {
        if (kind != SL_JSON_TRUE && kind != SL_JSON_FALSE)
            problem(r, name, "must be true or false");
        r->values->is_stream = kind == SL_JSON_TRUE;
        return;
    }
    if (kind == SL_JSON_NULL) /* as if it were not there, but a wrong name is one nevertheless */
        value = NULL;
    if (value == NULL && variable_of(r->prompt->variables, r->prompt->variable_count, name) != NULL)
        return;
    if (claim(r, name, &v))
        take_json(r, v, value);
}

static void read_json(struct reader *r, sl_str body)
{
    struct sl_jsonscan_info info;
    const struct sl_json *root = NULL, *value;
    sl_str name;
    sl_rc rc = sl_json_parse(body, r->a, &root, &info);
    if (rc != SL_OK) {
        problem(r, (sl_str){0}, "the body is not valid JSON at byte %zu: %s", info.error_at,
                info.reason);
        return;
    }
    if (sl_json_kind(root) != SL_JSON_OBJECT) {
        problem(r, (sl_str){0}, "the body must be a JSON object of the variables");
        return;
    }
    struct sl_json_cursor c = sl_json_each(root);
    while (!is_enough(r) && (value = sl_json_next(&c, &name)) != NULL)
        take_member(r, name, value);
}

/* ---- all of it */

static sl_rc read_body(struct reader *r, const struct sl_ai_prompt_input *in)
{
    sl_str type = sl_str_trim(sl_str_head(in->content_type, sl_str_find(in->content_type, ';', 0)));
    if (in->body.n == 0)
        return SL_OK;
    if (sl_str_ieq(type, SL_STR("application/x-www-form-urlencoded")))
        read_query(r, in->body);
    else if (type.n == 0 || sl_str_ieq(type, SL_STR("application/json")) ||
             sl_str_ends(type, SL_STR("+json")))
        read_json(r, in->body);
    else
        return sl_diag_fail(r->d, SL_E_MEDIA_TYPE, "",
                            "the body must be application/json or "
                            "application/x-www-form-urlencoded");
    return SL_OK;
}

static void read_path(struct reader *r, const struct sl_ai_prompt_input *in)
{
    const struct sl_ai_prompt_variable *v;
    for (size_t i = 0; i < in->param_count; i++) {
        struct sl_strbuf b;
        sl_strbuf_init(&b, r->a, 0);
        if (!sl_dec_percent(&b, in->params[i].value))
            problem(r, in->params[i].name, "is malformed in the path");
        else if (claim(r, in->params[i].name, &v))
            take_text(r, v, kept(r, sl_strbuf_str(&b)));
    }
}

static void fill_defaults(struct reader *r)
{
    for (size_t i = 0; i < r->prompt->variable_count; i++) {
        const struct sl_ai_prompt_variable *v = &r->prompt->variables[i];
        if (r->given[i])
            continue;
        if (v->dflt.p != NULL)
            set(r, v, v->dflt);
        else if (v->is_required)
            problem(r, v->name, "is missing");
    }
}

sl_rc sl_ai_prompt_read(const struct sl_ai_prompt *p, const struct sl_ai_prompt_input *in,
                        struct sl_arena *a, struct sl_ai_prompt_values *ret, struct sl_diag *d)
{
    struct reader r = {.prompt = p, .a = a, .d = d, .values = ret};
    SL_ASSERT(p->variable_count <= SL_AI_PROMPT_VARIABLES_MAX);
    *ret = (struct sl_ai_prompt_values){.is_stream = p->may_stream && in->accepts_stream};
    ret->texts = sl_arena_try_alloc(a, (p->variable_count + 1) * sizeof(*ret->texts));
    if (ret->texts == NULL)
        return SL_E_NOMEM;
    read_path(&r, in);
    read_query(&r, in->query);
    sl_rc rc = read_body(&r, in);
    if (rc != SL_OK)
        return rc;
    fill_defaults(&r);
    if (r.is_full)
        return SL_E_NOMEM;
    return sl_diag_is_clean(d) ? SL_OK : SL_E_PROMPT_INPUT;
}

/* ------------------------------------------------------------------ the chat */

static void write_message(const struct sl_ai_prompt *p, const struct sl_ai_prompt_message *m,
                          const struct sl_ai_prompt_values *values, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "{\"role\":\"%.*s\",\"content\":\"", SL_STRF(m->role));
    for (size_t i = 0; i < m->piece_count; i++) {
        const struct sl_ai_prompt_piece *piece = &m->pieces[i];
        sl_jsonw_escape(out, piece->variable == NULL
                                 ? piece->text
                                 : values->texts[piece->variable - p->variables]);
    }
    sl_strbuf_add(out, SL_STR("\"}"));
}

static void write_format(const struct sl_ai_prompt *p, struct sl_strbuf *out)
{
    if (p->output.schema.n == 0)
        return;
    sl_strbuf_add(out, SL_STR(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{"
                              "\"name\":\"answer\",\"schema\":"));
    sl_strbuf_add(out, p->output.schema);
    sl_strbuf_add(out, SL_STR("}}"));
}

sl_rc sl_ai_prompt_write(const struct sl_ai_prompt *p, const struct sl_ai_prompt_values *values,
                         struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("{\"model\":\""));
    sl_jsonw_escape(out, p->model);
    sl_strbuf_add(out, SL_STR("\",\"messages\":["));
    for (size_t i = 0; i < p->message_count; i++) {
        sl_strbuf_add(out, i == 0 ? SL_STR("") : SL_STR(","));
        write_message(p, &p->messages[i], values, out);
    }
    sl_strbuf_add(out, SL_STR("]"));
    if (p->parameters.n != 0) {
        sl_strbuf_add(out, SL_STR(","));
        sl_strbuf_add(out, p->parameters);
    }
    write_format(p, out);
    sl_strbuf_add(out, values->is_stream ? SL_STR(",\"stream\":true}") : SL_STR("}"));
    return out->is_full || out->n > SL_AI_PROMPT_CHAT_BYTES ? SL_E_BODY_TOO_LARGE : SL_OK;
}

/* ------------------------------------------------------------------ several behind one operation */

const struct sl_ai_prompt_arm *sl_ai_prompt_choose(const struct sl_ai_prompt_trial *t,
                                                   uint64_t number)
{
    enum { HUNDRED = 100 };
    uint32_t point = (uint32_t)(number % HUNDRED), below = 0;
    for (size_t i = 0; i < t->arm_count; i++) {
        below += t->arms[i].percent;
        if (point < below)
            return &t->arms[i];
    }
    return &t->arms[0];
}
