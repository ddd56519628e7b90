#include "ai/unread.h"

#include "ai/gemini_int.h"
#include "base/str.h"

enum { NAMES_BYTES = 1024, COMPARED_BYTES = 4 << 20 };

static const struct known {
    enum sl_ai_dialect dialect;
    bool keeps;
    const char *path, *types, *members;
} known[] = {
#define X(dialect, keeps, path, types, members) {SL_AI_##dialect, keeps, path, types, members},
#include "ai/unread.def"
#undef X
};

struct search {
    const struct known *row;
    struct sl_strbuf names; /* a comma between them */
    size_t compared_bytes;  /* of them: each name that comes is, with all */
};

/* Google takes names with underscores, too. */
static bool is_same(sl_str word, sl_str name)
{
    size_t i = 0, k = 0;

    if (name.n > 2 * word.n) /* of whatever length it is */
        return false;
    for (; i < word.n && k < name.n; k++) {
        if (name.p[k] == '_' && word.p[i] != '_')
            continue;
        if (sl_lower(word.p[i++]) != sl_lower(name.p[k]))
            return false;
    }
    return i == word.n && k == name.n;
}

static bool has_word(const char *list, sl_str name)
{
    sl_str rest = sl_cstr(list), word;

    while (sl_str_split(&rest, ' ', &word))
        if (is_same(word, name))
            return true;
    return false;
}

/* null, false and what is empty say nothing. */
static bool says_something(const struct sl_json *v)
{
    switch (sl_json_kind(v)) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
    case SL_JSON_FALSE:
        return false;
    case SL_JSON_STRING:
        return sl_json_text(v).n != 0;
    case SL_JSON_ARRAY:
    case SL_JSON_OBJECT:
        return sl_json_count(v) != 0;
    case SL_JSON_TRUE:
    case SL_JSON_NUMBER:
        break;
    }
    return true;
}

static bool is_listed(sl_str names, sl_str path, sl_str member)
{
    sl_str one;

    while (sl_str_split(&names, ',', &one))
        if (one.n == path.n + 1 + member.n && sl_str_starts(one, path) &&
            sl_str_eq(sl_str_from(one, path.n + 1), member))
            return true;
    return false;
}

/* A name with a comma in it would be two. */
static void add(struct search *s, sl_str member)
{
    sl_str path = sl_cstr(s->row->path);

    if (s->names.n + path.n + member.n + 2 > NAMES_BYTES || s->compared_bytes > COMPARED_BYTES)
        return;
    s->compared_bytes += s->names.n;
    if (sl_str_find(member, ',', 0) != SIZE_MAX ||
        is_listed(sl_strbuf_str(&s->names), path, member))
        return;
    if (s->names.n != 0)
        sl_strbuf_add_char(&s->names, ',');
    sl_strbuf_add(&s->names, path);
    sl_strbuf_add_char(&s->names, '.');
    sl_strbuf_add(&s->names, member);
}

static void look_at(struct search *s, const struct sl_json *v)
{
    struct sl_json_cursor c = sl_json_each(v);
    sl_str type = sl_json_text_of(v, "type"), name;
    const struct sl_json *member;

    if (s->row->types[0] != '\0' && !has_word(s->row->types, type.n != 0 ? type : SL_STR("-")))
        return;
    while ((member = sl_json_next(&c, &name)) != NULL)
        if (!has_word(s->row->members, name) && says_something(member))
            add(s, name);
}

/* Each object that the rest of the path leads to. */
static void walk(struct search *s, const struct sl_json *v, const char *path)
{
    enum { STEP_BYTES = 32 };
    struct sl_json_cursor c = sl_json_each(v);
    size_t n = strcspn(path, ".");
    char step[STEP_BYTES];
    const struct sl_json *one;

    if (sl_json_kind(v) == SL_JSON_ARRAY) {
        while ((one = sl_json_next(&c, NULL)) != NULL)
            if (sl_json_kind(one) == SL_JSON_OBJECT) /* lists do not nest */
                walk(s, one, path);
        return;
    }
    if (sl_json_kind(v) != SL_JSON_OBJECT || n >= STEP_BYTES)
        return;
    if (n == 0) {
        look_at(s, v);
        return;
    }
    memcpy(step, path, n);
    step[n] = '\0';
    walk(s, sl_ai_gemini_get(v, step), path + n + (path[n] == '.'));
}

void sl_ai_read_unread(struct sl_ai_reader *r, const struct sl_json *body,
                       struct sl_ai_request *ret)
{
    struct search lost = {0}, kept = {0};

    sl_strbuf_init(&lost.names, r->a, 0);
    sl_strbuf_init(&kept.names, r->a, 0);
    for (size_t i = 0; i < SL_LEN(known); i++) {
        struct search *s = known[i].keeps ? &kept : &lost;
        if (known[i].dialect != ret->dialect)
            continue;
        s->row = &known[i];
        walk(s, body, known[i].path);
    }
    ret->unread = sl_strbuf_str(&lost.names);
    ret->unread_kept = sl_strbuf_str(&kept.names);
}

sl_rc sl_ai_drop_unread(struct sl_ai_writer *w)
{
    sl_str lists[] = {w->rq->unread, sl_ai_is_home(w) ? (sl_str){0} : w->rq->unread_kept}, name;
    sl_rc rc = SL_OK;

    for (size_t i = 0; i < SL_LEN(lists); i++)
        while (rc == SL_OK && lists[i].n != 0 && sl_str_split(&lists[i], ',', &name))
            rc = sl_ai_drop_member(w, name);
    return rc;
}
