#include "codec/yaml.h"

#include <yaml.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/nodebuild.h"

struct anchor {
    struct anchor *next;
    sl_str name;
    const struct sl_node *node;
    bool is_open; /* still inside of it: an alias to it would be endless */
};

struct loader {
    yaml_parser_t parser;
    struct sl_nodebuild build;
    struct anchor *anchors;                 /* newest first: a name may be given again */
    struct anchor *open[SL_NODE_DEPTH_MAX]; /* by depth; NULL: no anchor */
    size_t copied_nodes;
    struct sl_node_place place; /* of the event in hand */
    bool is_done;
};

static sl_rc fail(struct loader *l, sl_rc rc, const char *text)
{
    return sl_nodebuild_fail(&l->build, rc, l->place, text);
}

static struct sl_node_place place_of(yaml_mark_t mark)
{
    return (struct sl_node_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* ---- what libyaml finds wrong ---- */

static const struct {
    const char *problem, *remedy;
} remedies[] = {
    {"found character that cannot start any token",
     "indent with spaces (not tabs), and quote a text that begins with @, ` or %"},
    {"found a tab character that violates indentation", "indent with spaces, not tabs"},
    {"mapping values are not allowed in this context",
     "quote a text that has ': ' in it, and check the indentation"},
    {"could not find expected ':'", "write 'name: value', and check the indentation"},
    {"did not find expected key", "check the indentation of this line and the one above"},
    {"did not find expected '-' indicator", "check the indentation of this list"},
    {"found unexpected end of stream", "close the quote"},
    {"found undefined tag handle", "remove the tag, or quote a text that begins with '!'"},
    {"did not find expected alphabetic or numeric character",
     "quote a text that begins with * or &"},
};

static const char *remedy_for(const char *problem)
{
    for (size_t i = 0; i < SL_LEN(remedies); i++) {
        if (strcmp(remedies[i].problem, problem) == 0)
            return remedies[i].remedy;
    }
    return "check the syntax at this place";
}

static sl_rc fail_syntax(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return fail(l, SL_E_LIMIT, "there is not enough memory for this file");
    const char *problem = p->problem != NULL ? p->problem : "not YAML";
    struct sl_node_place at = place_of(p->problem_mark);
    if (p->error == YAML_READER_ERROR)
        return sl_diag_fail_at(l->build.diag, SL_E_CONFIG, l->build.file, 0, 0, SL_STR(""),
                               "%s at byte %zu: save the file as UTF-8 text", problem,
                               p->problem_offset);
    return sl_diag_fail_at(l->build.diag, SL_E_CONFIG, l->build.file, at.line, at.column,
                           SL_STR(""), "%s: %s", problem, remedy_for(problem));
}

/* ---- scalars (YAML 1.2.2, section 10.3.2) ---- */

static bool is_one_of(sl_str s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sl_str_eq(s, sl_cstr(words[i])))
            return true;
    }
    return false;
}

static size_t take_digits(sl_str *s, const char *digits)
{
    size_t n = 0;
    while (n < s->n && strchr(digits, s->p[n]) != NULL && s->p[n] != '\0')
        n++;
    *s = sl_str_from(*s, n);
    return n;
}

static bool take_sign(sl_str *s)
{
    bool is_sign = s->n != 0 && (s->p[0] == '-' || s->p[0] == '+');
    *s = sl_str_from(*s, is_sign);
    return is_sign;
}

static bool is_based_integer(sl_str s)
{
    bool is_octal = sl_str_starts(s, SL_STR("0o"));
    if (!is_octal && !sl_str_starts(s, SL_STR("0x")))
        return false;
    s = sl_str_from(s, 2);
    return take_digits(&s, is_octal ? "01234567" : "0123456789abcdefABCDEF") != 0 && s.n == 0;
}

static bool is_decimal(sl_str s)
{
    static const char decimal[] = "0123456789";
    (void)take_sign(&s);
    size_t digits = take_digits(&s, decimal);
    if (s.n != 0 && s.p[0] == '.') {
        s = sl_str_from(s, 1);
        digits += take_digits(&s, decimal);
    }
    if (digits == 0)
        return false;
    if (s.n != 0 && (s.p[0] == 'e' || s.p[0] == 'E')) {
        s = sl_str_from(s, 1);
        (void)take_sign(&s);
        if (take_digits(&s, decimal) == 0)
            return false;
    }
    return s.n == 0;
}

static bool is_special_float(sl_str s)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF"};
    static const char *const nan[] = {".nan", ".NaN", ".NAN"};
    if (is_one_of(s, nan, SL_LEN(nan)))
        return true;
    (void)take_sign(&s);
    return is_one_of(s, infinite, SL_LEN(infinite));
}

static enum sl_node_kind kind_of_plain(sl_str s)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    if (is_one_of(s, nulls, SL_LEN(nulls)))
        return SL_NODE_NULL;
    if (is_one_of(s, bools, SL_LEN(bools)))
        return SL_NODE_BOOL;
    if (is_decimal(s) || is_based_integer(s) || is_special_float(s))
        return SL_NODE_NUMBER;
    return SL_NODE_STRING;
}

/* ---- anchors and aliases ---- */

static sl_rc add_anchor(struct loader *l, const yaml_char_t *name, bool is_open)
{
    if (name == NULL)
        return SL_OK;
    struct anchor *n = sl_arena_try_alloc(l->build.arena, sizeof(*n));
    sl_str copy = sl_arena_try_dup(l->build.arena, sl_cstr((const char *)name));
    if (n == NULL || copy.p == NULL)
        return fail(l, SL_E_LIMIT, "the file is too large for its memory limit");
    *n = (struct anchor){.next = l->anchors, .name = copy, .is_open = is_open};
    n->node = is_open ? l->build.levels[l->build.depth - 1].node : sl_nodebuild_last(&l->build);
    l->anchors = n;
    if (is_open)
        l->open[l->build.depth - 1] = n;
    return SL_OK;
}

static const struct anchor *find_anchor(const struct loader *l, sl_str name)
{
    for (const struct anchor *n = l->anchors; n != NULL; n = n->next) {
        if (sl_str_eq(n->name, name))
            return n;
    }
    return NULL;
}

/* Add a copy of `n` without its children; of a container, leave it open. */
static sl_rc copy_one(struct loader *l, const struct sl_node *n)
{
    if (++l->copied_nodes > SL_YAML_ALIAS_NODES_MAX)
        return fail(l, SL_E_LIMIT,
                    "aliases stand for more than 100000 values: write fewer of them");
    struct sl_node_place at = {n->line, n->column};
    if (n->kind == SL_NODE_LIST || n->kind == SL_NODE_MAP)
        return sl_nodebuild_open(&l->build, n->kind, at);
    return sl_nodebuild_scalar(&l->build, n->kind, n->text, n->is_quoted, at);
}

/* Add a copy of the whole tree below `root`, without recursion. */
static sl_rc copy_tree(struct loader *l, const struct sl_node *root)
{
    const struct sl_node *next[SL_NODE_DEPTH_MAX];
    size_t outer = l->build.depth;
    sl_rc rc = copy_one(l, root);
    if (rc == SL_OK && l->build.depth > outer)
        next[outer] = root->children;
    while (rc == SL_OK && l->build.depth > outer) {
        size_t in = l->build.depth - 1;
        const struct sl_node *n = next[in];
        if (n == NULL) {
            rc = sl_nodebuild_close(&l->build);
            continue;
        }
        next[in] = n->next;
        if (sl_nodebuild_wants_key(&l->build))
            sl_nodebuild_key(&l->build, n->key, (struct sl_node_place){n->key_line, n->key_column});
        rc = copy_one(l, n);
        if (l->build.depth - 1 > in)
            next[in + 1] = n->children;
    }
    return rc;
}

static sl_rc add_alias(struct loader *l, const yaml_char_t *name)
{
    if (sl_nodebuild_wants_key(&l->build))
        return fail(l, SL_E_CONFIG, "an alias cannot be a name: write the name out");
    const struct anchor *n = find_anchor(l, sl_cstr((const char *)name));
    if (n == NULL)
        return fail(l, SL_E_CONFIG, "there is no anchor of this name above: define it with '&'");
    if (n->is_open)
        return fail(l, SL_E_CONFIG, "this alias stands inside of what it names: remove it");
    return copy_tree(l, n->node);
}

/* ---- events ---- */

static sl_rc check_tag(struct loader *l, const yaml_char_t *tag)
{
    if (tag == NULL)
        return SL_OK;
    return fail(l, SL_E_CONFIG,
                "tags are not supported: remove it, or quote a text that begins with '!'");
}

static sl_rc add_key(struct loader *l, sl_str text, bool is_plain)
{
    if (is_plain && sl_str_eq(text, SL_STR("<<")))
        return fail(l, SL_E_CONFIG, "merge keys are not supported: write the members out");
    sl_nodebuild_key(&l->build, text, l->place);
    return SL_OK;
}

static sl_str scalar_text(enum sl_node_kind kind, sl_str text)
{
    if (kind != SL_NODE_BOOL)
        return text;
    return sl_lower(text.p[0]) == 't' ? SL_STR("true") : SL_STR("false");
}

static sl_rc on_scalar(struct loader *l, const yaml_event_t *e)
{
    sl_rc rc = check_tag(l, e->data.scalar.tag);
    if (rc != SL_OK)
        return rc;
    bool is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    sl_str text = {(const char *)e->data.scalar.value, e->data.scalar.length};
    text = sl_arena_try_dup(l->build.arena, text);
    if (text.p == NULL)
        return fail(l, SL_E_LIMIT, "the file is too large for its memory limit");
    if (sl_nodebuild_wants_key(&l->build)) {
        if (e->data.scalar.anchor != NULL)
            return fail(l, SL_E_CONFIG, "a name cannot have an anchor: put it before the value");
        return add_key(l, text, is_plain);
    }
    enum sl_node_kind kind = is_plain ? kind_of_plain(text) : SL_NODE_STRING;
    rc = sl_nodebuild_scalar(&l->build, kind, scalar_text(kind, text), !is_plain, l->place);
    return rc == SL_OK ? add_anchor(l, e->data.scalar.anchor, false) : rc;
}

static sl_rc on_open(struct loader *l, enum sl_node_kind kind, const yaml_char_t *tag,
                     const yaml_char_t *anchor)
{
    sl_rc rc = check_tag(l, tag);
    if (rc != SL_OK)
        return rc;
    if (sl_nodebuild_wants_key(&l->build))
        return fail(l, SL_E_CONFIG, "a name must be a text, not a list or a map: quote it");
    rc = sl_nodebuild_open(&l->build, kind, l->place);
    if (rc != SL_OK)
        return rc;
    l->open[l->build.depth - 1] = NULL;
    return add_anchor(l, anchor, true);
}

static sl_rc on_close(struct loader *l)
{
    struct anchor *n = l->open[l->build.depth - 1];
    if (n != NULL)
        n->is_open = false;
    return sl_nodebuild_close(&l->build);
}

static sl_rc on_event(struct loader *l, const yaml_event_t *e)
{
    l->place = place_of(e->start_mark);
    switch (e->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return SL_OK;
    case YAML_DOCUMENT_START_EVENT:
        l->anchors = NULL; /* anchors end with their document */
        return SL_OK;
    case YAML_STREAM_END_EVENT:
        l->is_done = true;
        return sl_nodebuild_close(&l->build);
    case YAML_ALIAS_EVENT:
        return add_alias(l, e->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return on_scalar(l, e);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(l, SL_NODE_LIST, e->data.sequence_start.tag, e->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return on_open(l, SL_NODE_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(l);
    }
    sl_panic(__FILE__, __LINE__, "yaml: no such event");
}

static sl_rc run(struct loader *l)
{
    sl_rc rc = sl_nodebuild_open(&l->build, SL_NODE_LIST, (struct sl_node_place){1, 1});
    while (rc == SL_OK && !l->is_done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&l->parser, &event))
            return fail_syntax(l);
        rc = on_event(l, &event);
        yaml_event_delete(&event);
    }
    return rc;
}

sl_rc sl_yaml_parse(sl_str text, sl_str file, struct sl_arena *a, struct sl_diag *d,
                    const struct sl_node **ret)
{
    struct loader l = {.place = {1, 1}};
    sl_nodebuild_init(&l.build, file, a, d);
    if (!yaml_parser_initialize(&l.parser))
        return fail(&l, SL_E_LIMIT, "there is not enough memory for this file");
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)(text.n != 0 ? text.p : ""),
                                 text.n);
    sl_rc rc = run(&l);
    yaml_parser_delete(&l.parser);
    if (rc == SL_OK)
        *ret = l.build.root;
    return rc;
}
