#include "codec/json.h"

#include <yyjson.h>

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/json_int.h"
#include "codec/nodebuild.h"

/* ---- documents ---- */

/* yyjson's memory is the arena's: it is given back with the arena, not before. */
static void *arena_malloc(void *ctx, size_t size)
{
    return sl_arena_try_raw(ctx, size);
}

static void *arena_realloc(void *ctx, void *p, size_t old_size, size_t size)
{
    if (size <= old_size)
        return p;
    void *grown = sl_arena_try_raw(ctx, size);
    if (grown != NULL)
        memcpy(grown, p, old_size);
    return grown;
}

static void arena_keep(void *ctx, void *p)
{
    (void)ctx;
    (void)p;
}

/* yyjson knows no depth. Its values stand in one row, a container right before what is in it. */
static bool is_too_deep(yyjson_val *root)
{
    const yyjson_val *ends[SL_JSONSCAN_DEPTH], *end = unsafe_yyjson_get_next(root);
    size_t depth = 0;
    for (yyjson_val *v = root; v != end; v++) {
        while (depth != 0 && v == ends[depth - 1])
            depth--;
        if (!unsafe_yyjson_is_ctn(v))
            continue;
        if (depth == SL_JSONSCAN_DEPTH)
            return true;
        ends[depth++] = unsafe_yyjson_get_next(v);
    }
    return false;
}

/* The scan says it in our words, and knows nothing against what yyjson alone refuses. */
static sl_rc fail_read(sl_str text, const yyjson_read_err *err, struct sl_jsonscan_info *info)
{
    sl_rc rc = sl_jsonscan(text, NULL, NULL, 0, NULL, info);
    if (rc != SL_OK)
        return rc;
    bool is_full = err->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION;
    info->reason = is_full ? "too large for its memory limit" : err->msg;
    info->error_at = err->pos;
    return is_full ? SL_E_LIMIT : SL_E_SYNTAX;
}

/* The top of the tree; NULL when there is none. Without the in-situ flag the text is copied, not written to. */
static yyjson_val *read_tree(const char *text, size_t n, yyjson_read_flag flags, struct sl_arena *a,
                             yyjson_read_err *err)
{
    yyjson_alc alc = {arena_malloc, arena_realloc, arena_keep, a};
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)text, n, flags | YYJSON_READ_NUMBER_AS_RAW, &alc, err);
    yyjson_val *root = yyjson_doc_get_root(doc);
    return root != NULL && n > SL_JSONSCAN_DEPTH && is_too_deep(root) ? NULL : root;
}

sl_rc sl_json_parse(sl_str text, struct sl_arena *a, const struct sl_json **ret,
                    struct sl_jsonscan_info *info)
{
    yyjson_read_err err;
    yyjson_val *root = read_tree(text.p, text.n, 0, a, &err);
    if (root == NULL)
        return fail_read(text, &err, info);
    *info = (struct sl_jsonscan_info){0};
    *ret = (const struct sl_json *)root;
    return SL_OK;
}

/* ---- opaque values ---- */

/* What is parsed: the text with a digit in the place of each cut, and yyjson's padding. NULL: no memory. */
static char *without_cuts(sl_str text, const struct sl_json_cuts *cuts, struct sl_arena *a,
                          size_t *ret_n)
{
    size_t from = 0, n = 0, cut_bytes = 0;
    for (size_t i = 0; i < cuts->n; i++)
        cut_bytes += cuts->cuts[i].n - 1;
    char *rest = sl_arena_try_raw(a, text.n - cut_bytes + YYJSON_PADDING_SIZE);
    if (rest == NULL)
        return NULL;
    for (size_t i = 0; i < cuts->n; i++) {
        memcpy(rest + n, text.p + from, cuts->cuts[i].at - from);
        n += cuts->cuts[i].at - from;
        from = cuts->cuts[i].at + cuts->cuts[i].n;
        rest[n++] = '0';
    }
    memcpy(rest + n, text.p + from, text.n - from);
    n += text.n - from;
    memset(rest + n, 0, YYJSON_PADDING_SIZE);
    *ret_n = n;
    return rest;
}

static bool is_string_cut(sl_str text, const struct sl_json_cut *cut)
{
    return text.p[cut->at] == '"';
}

/* The strings that are cut out, decoded. False: no memory. */
static bool spell(sl_str text, const struct sl_json_cuts *cuts, struct sl_arena *a,
                  struct sl_json_spellings **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < cuts->n; i++)
        n += is_string_cut(text, &cuts->cuts[i]);
    struct sl_json_spellings *all = sl_arena_try_alloc(a, sizeof(*all) + n * sizeof(all->v[0]));
    if (all == NULL)
        return false;
    all->n = 0;
    for (size_t i = 0; i < cuts->n; i++) {
        const struct sl_json_cut *cut = &cuts->cuts[i];
        if (!is_string_cut(text, cut))
            continue;
        struct sl_json_spelling *s = &all->v[all->n++];
        s->raw = (sl_str){text.p + cut->at, cut->n};
        if (sl_json_string_decode(s->raw, a, &s->text) != SL_OK)
            return false;
    }
    *ret = all;
    return true;
}

/* The raw values of a text that was parsed in its place point into it, in its order. */
static void put_cuts_back(sl_str text, const struct sl_json_cuts *cuts,
                          const struct sl_json_spellings *spelled, yyjson_val *root,
                          const char *rest)
{
    const yyjson_val *end = unsafe_yyjson_get_next(root);
    size_t i = 0, gone = 0, strings = 0;
    for (yyjson_val *v = root; v != end && i < cuts->n; v++) {
        const struct sl_json_cut *cut = &cuts->cuts[i];
        if (!unsafe_yyjson_is_raw(v) || v->uni.str != rest + cut->at - gone)
            continue;
        if (is_string_cut(text, cut)) {
            sl_str s = spelled->v[strings++].text;
            unsafe_yyjson_set_strn(v, s.p, s.n);
        } else {
            unsafe_yyjson_set_raw(v, text.p + cut->at, cut->n);
        }
        gone += cut->n - 1;
        i++;
    }
    SL_ASSERT(i == cuts->n);
}

sl_rc sl_json_parse_opaque(sl_str text, const struct sl_json_cuts *cuts, struct sl_arena *a,
                           const struct sl_json **ret, const struct sl_json_spellings **ret_spelled,
                           struct sl_jsonscan_info *info)
{
    yyjson_read_err err;
    yyjson_val *root = NULL;
    struct sl_json_spellings *spelled = NULL;
    size_t n = 0;
    char *rest = NULL;
    *ret_spelled = NULL;
    if (cuts != NULL && cuts->n != 0 && spell(text, cuts, a, &spelled))
        rest = without_cuts(text, cuts, a, &n);
    if (rest != NULL)
        root = read_tree(rest, n, YYJSON_READ_INSITU, a, &err);
    if (root ==
        NULL) /* nothing is cut; or something is wrong, whose place in the text is to be told */
        return sl_json_parse(text, a, ret, info);
    put_cuts_back(text, cuts, spelled, root, rest);
    *info = (struct sl_jsonscan_info){0};
    *ret = (const struct sl_json *)root;
    *ret_spelled = spelled->n != 0 ? spelled : NULL;
    return SL_OK;
}

/* ---- values ---- */

static yyjson_val *val(const struct sl_json *v)
{
    return (yyjson_val *)(uintptr_t)v;
}

static const struct sl_json *json(const yyjson_val *v)
{
    return (const struct sl_json *)v;
}

enum sl_json_kind sl_json_kind(const struct sl_json *v)
{
    switch (yyjson_get_type(val(v))) {
    case YYJSON_TYPE_NULL:
        return SL_JSON_NULL;
    case YYJSON_TYPE_BOOL:
        return yyjson_get_bool(val(v)) ? SL_JSON_TRUE : SL_JSON_FALSE;
    case YYJSON_TYPE_RAW:
        return sl_json_kind_of(*yyjson_get_raw(val(v)));
    case YYJSON_TYPE_STR:
        return SL_JSON_STRING;
    case YYJSON_TYPE_ARR:
        return SL_JSON_ARRAY;
    case YYJSON_TYPE_OBJ:
        return SL_JSON_OBJECT;
    default:
        return SL_JSON_NONE;
    }
}

const struct sl_json *sl_json_get(const struct sl_json *v, sl_str name)
{
    return json(yyjson_obj_getn(val(v), name.p != NULL ? name.p : "", name.n));
}

const struct sl_json *sl_json_at(const struct sl_json *v, size_t index)
{
    return json(yyjson_arr_get(val(v), index));
}

size_t sl_json_count(const struct sl_json *v)
{
    return yyjson_is_ctn(val(v)) ? yyjson_get_len(val(v)) : 0;
}

struct sl_json_cursor sl_json_each(const struct sl_json *v)
{
    struct sl_json_cursor c = {.left = sl_json_count(v), .is_object = yyjson_is_obj(val(v))};
    if (c.left != 0)
        c.at = json(unsafe_yyjson_get_first(val(v)));
    return c;
}

const struct sl_json *sl_json_next(struct sl_json_cursor *c, sl_str *ret_name)
{
    if (c->left == 0)
        return NULL;
    c->left--;
    yyjson_val *name = c->is_object ? val(c->at) : NULL;
    yyjson_val *value = c->is_object ? yyjson_obj_iter_get_val(name) : val(c->at);
    if (ret_name != NULL)
        *ret_name = sl_json_text(json(name));
    if (c->left != 0)
        c->at = json(unsafe_yyjson_get_next(value));
    return json(value);
}

sl_str sl_json_text(const struct sl_json *v)
{
    if (!yyjson_is_str(val(v)))
        return (sl_str){NULL, 0};
    return (sl_str){yyjson_get_str(val(v)), yyjson_get_len(val(v))};
}

sl_str sl_json_raw(const struct sl_json *v)
{
    if (!yyjson_is_raw(val(v)))
        return (sl_str){NULL, 0};
    return (sl_str){yyjson_get_raw(val(v)), yyjson_get_len(val(v))};
}

sl_str sl_json_number(const struct sl_json *v)
{
    return sl_json_kind(v) == SL_JSON_NUMBER ? sl_json_raw(v) : (sl_str){NULL, 0};
}

bool sl_json_i64(const struct sl_json *v, int64_t *ret)
{
    return sl_num_i64(sl_json_number(v), ret);
}

bool sl_json_is_true(const struct sl_json *v)
{
    return yyjson_is_true(val(v));
}

/* ---- writing ---- */

/* Write a scalar, or open a container. */
static void write_start(const struct sl_json *v, struct sl_jsonw *w)
{
    if (yyjson_is_raw(val(v))) {
        sl_jsonw_raw(w, sl_json_raw(v));
        return;
    }
    switch (sl_json_kind(v)) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
    case SL_JSON_NUMBER: /* is raw */
        sl_jsonw_null(w);
        return;
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
        sl_jsonw_bool(w, sl_json_is_true(v));
        return;
    case SL_JSON_STRING:
        sl_jsonw_str(w, sl_json_text(v));
        return;
    case SL_JSON_ARRAY:
        sl_jsonw_array(w);
        return;
    case SL_JSON_OBJECT:
        sl_jsonw_object(w);
        return;
    }
}

void sl_json_write(const struct sl_json *v, struct sl_jsonw *w)
{
    struct sl_json_cursor open[SL_JSONSCAN_DEPTH];
    size_t depth = 0;
    for (;;) {
        write_start(v, w);
        if (yyjson_is_ctn(val(v)))
            open[depth++] = sl_json_each(v);
        while (depth != 0 && open[depth - 1].left == 0) {
            sl_jsonw_end(w);
            depth--;
        }
        if (depth == 0)
            return;
        sl_str name;
        v = sl_json_next(&open[depth - 1], &name);
        if (open[depth - 1].is_object)
            sl_jsonw_key(w, name);
    }
}

/* ---- configuration files ---- */

struct loader {
    sl_str text;
    struct sl_nodebuild build;
    struct sl_json_iter iters[SL_NODE_DEPTH_MAX];
    size_t at; /* the offset that `place` describes */
    struct sl_node_place place;
};

/* The place of offset `at`, which never goes back: each byte is looked at once. */
static struct sl_node_place place_of(struct loader *l, size_t at)
{
    SL_ASSERT(at >= l->at);
    for (; l->at < at; l->at++) {
        char c = l->text.p[l->at];
        if (c == '\n') {
            l->place.line++;
            l->place.column = 1;
        } else if ((unsigned char)c >> 6 != 2) {
            l->place.column++;
        }
    }
    return l->place;
}

static enum sl_node_kind node_kind(enum sl_json_kind kind)
{
    switch (kind) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
        return SL_NODE_NULL;
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
        return SL_NODE_BOOL;
    case SL_JSON_NUMBER:
        return SL_NODE_NUMBER;
    case SL_JSON_STRING:
        return SL_NODE_STRING;
    case SL_JSON_ARRAY:
        return SL_NODE_LIST;
    case SL_JSON_OBJECT:
        return SL_NODE_MAP;
    }
    sl_panic(__FILE__, __LINE__, "json: no such kind");
}

static sl_rc load_string(struct loader *l, sl_str raw, struct sl_node_place at, sl_str *ret)
{
    if (sl_json_string_decode(raw, l->build.arena, ret) == SL_OK)
        return SL_OK;
    return sl_nodebuild_fail(&l->build, SL_E_LIMIT, at,
                             "the file is too large for its memory limit");
}

static sl_rc load_key(struct loader *l, const struct sl_json_range *r)
{
    sl_str key;
    sl_str raw = {l->text.p + r->key_at, r->key_n};
    sl_rc rc = load_string(l, raw, place_of(l, r->key_at), &key);
    if (rc == SL_OK)
        sl_nodebuild_key(&l->build, key, place_of(l, r->key_at));
    return rc;
}

static sl_rc load_value(struct loader *l, const struct sl_json_range *r)
{
    struct sl_node_place at = place_of(l, r->at);
    enum sl_node_kind kind = node_kind(r->kind);
    if (kind == SL_NODE_LIST || kind == SL_NODE_MAP) {
        sl_rc rc = sl_nodebuild_open(&l->build, kind, at);
        if (rc == SL_OK)
            sl_json_iter_init(&l->iters[l->build.depth - 1], l->text, r);
        return rc;
    }
    sl_str text = sl_json_range_text(l->text, r);
    if (kind == SL_NODE_STRING) {
        sl_rc rc = load_string(l, text, at, &text);
        if (rc != SL_OK)
            return rc;
    }
    return sl_nodebuild_scalar(&l->build, kind, text, kind == SL_NODE_STRING, at);
}

/* One step: the next value of the innermost container, or its end. */
static sl_rc load_next(struct loader *l)
{
    struct sl_json_range r;
    if (!sl_json_iter_next(&l->iters[l->build.depth - 1], &r))
        return sl_nodebuild_close(&l->build);
    sl_rc rc = r.key_n != 0 ? load_key(l, &r) : SL_OK;
    return rc == SL_OK ? load_value(l, &r) : rc;
}

sl_rc sl_json_to_node(sl_str text, sl_str file, struct sl_arena *a, struct sl_diag *d,
                      const struct sl_node **ret)
{
    struct loader l = {.text = text, .place = {1, 1}};
    struct sl_jsonscan_info info;
    struct sl_jsonscan_limits limits = {.depth_max = SL_NODE_DEPTH_MAX};
    sl_nodebuild_init(&l.build, file, a, d);
    sl_rc rc = sl_jsonscan(text, &limits, NULL, 0, NULL, &info);
    if (rc != SL_OK)
        return sl_nodebuild_fail(&l.build, rc == SL_E_SYNTAX ? SL_E_CONFIG : rc,
                                 place_of(&l, info.error_at), info.reason);
    struct sl_json_range top = sl_json_range_top(text);
    rc = load_value(&l, &top);
    while (rc == SL_OK && l.build.depth != 0)
        rc = load_next(&l);
    if (rc == SL_OK)
        *ret = l.build.root;
    return rc;
}
