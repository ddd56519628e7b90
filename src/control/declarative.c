#include "control/declarative.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/json.h"
#include "codec/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct loader {
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_declarative *l;
    size_t document_cap;
    sl_rc rc;
};

static sl_rc fail_path(struct loader *o, sl_str path, const char *what)
{
    o->rc = sl_diag_fail_at(o->d, SL_E_CONFIG, path, 0, 0, (sl_str){0}, "%s", what);
    return o->rc;
}

/* ------------------------------------------------------------------ files */

static void look(struct sl_declarative_file *f)
{
    struct stat st;
    if (stat(f->path.p, &st) != 0) {
        f->modified_ns = -1;
        f->inode = f->bytes = 0;
        return;
    }
    f->modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    f->inode = st.st_ino;
    f->bytes = (uint64_t)st.st_size;
}

/* `path` must end with a NUL. */
static void note_file(struct loader *o, sl_str path)
{
    struct sl_declarative *l = o->l;
    if (l->file_count == SL_DECLARATIVE_FILES_MAX)
        return;
    struct sl_declarative_file *f = &l->files[l->file_count++];
    f->path = path;
    look(f);
}

static sl_rc read_all(struct loader *o, int fd, size_t limit, sl_str path, sl_str *ret)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, o->a, limit);
    for (;;) {
        char *room = sl_strbuf_room(&b, 65536);
        if (room == NULL)
            return fail_path(o, path, "the file is larger than allowed");
        ssize_t n = read(fd, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_path(o, path, strerror(errno));
        if (n == 0)
            break;
        b.n += (size_t)n;
    }
    *ret = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc read_file(struct loader *o, sl_str path, size_t limit, sl_str *ret)
{
    path = sl_arena_dup(o->a, path);
    note_file(o, path);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_path(o, path, strerror(errno));
    sl_rc rc = read_all(o, fd, limit, path, ret);
    close(fd);
    return rc;
}

/* ------------------------------------------------------------------ substitution */

static sl_rc fail_node(struct loader *o, const struct sl_node *n, const char *what, sl_str name)
{
    o->rc = sl_diag_fail_at(o->d, SL_E_CONFIG, n->file, n->line, n->column, n->key, what,
                            SL_STRF(name));
    return o->rc;
}

static sl_rc add_env(struct loader *o, const struct sl_node *n, sl_str expression,
                     struct sl_strbuf *out)
{
    size_t at = sl_str_find_str(expression, SL_STR(":-"));
    sl_str name = at == SIZE_MAX ? expression : sl_str_head(expression, at);
    const char *value = getenv(sl_arena_dup(o->a, name).p);
    if (value != NULL && (value[0] != '\0' || at == SIZE_MAX))
        sl_strbuf_add(out, sl_cstr(value));
    else if (at != SIZE_MAX)
        sl_strbuf_add(out, sl_str_from(expression, at + 2));
    else
        return fail_node(
            o, n,
            "the environment variable '%.*s' is not set; set it, or write ${env:NAME:-default}",
            name);
    return SL_OK;
}

static sl_rc add_file(struct loader *o, const struct sl_node *n, sl_str path, struct sl_strbuf *out)
{
    sl_str text;
    if (read_file(o, path, SL_DECLARATIVE_VALUE_BYTES, &text) != SL_OK)
        return fail_node(o, n, "the file '%.*s' that this value names cannot be read", path);
    if (text.n != 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (text.n != 0 && text.p[text.n - 1] == '\r')
        text.n--;
    sl_strbuf_add(out, text);
    return SL_OK;
}

static sl_rc add_expression(struct loader *o, const struct sl_node *n, sl_str e,
                            struct sl_strbuf *out)
{
    if (sl_str_starts(e, SL_STR("env:")))
        return add_env(o, n, sl_str_from(e, 4), out);
    if (sl_str_starts(e, SL_STR("file:")))
        return add_file(o, n, sl_str_from(e, 5), out);
    return fail_node(
        o, n,
        "'${%.*s}' is not known; there are ${env:NAME}, ${env:NAME:-default} and ${file:PATH}", e);
}

static sl_rc expand(struct loader *o, const struct sl_node *n, struct sl_strbuf *out)
{
    sl_str rest = n->text;
    size_t at;
    while ((at = sl_str_find_str(rest, SL_STR("${"))) != SIZE_MAX) {
        bool is_literal = at > 0 && rest.p[at - 1] == '$';
        sl_strbuf_add(out, sl_str_head(rest, is_literal ? at - 1 : at));
        rest = sl_str_from(rest, at);
        if (is_literal) {
            sl_strbuf_add(out, SL_STR("${"));
            rest = sl_str_from(rest, 2);
            continue;
        }
        size_t end = sl_str_find(rest, '}', 0);
        if (end == SIZE_MAX)
            return fail_node(o, n, "'%.*s' has no closing brace", rest);
        sl_rc rc = add_expression(o, n, (sl_str){rest.p + 2, end - 2}, out);
        if (rc != SL_OK)
            return rc;
        rest = sl_str_from(rest, end + 1);
    }
    sl_strbuf_add(out, rest);
    return SL_OK;
}

/* An unquoted value that came from outside is a number or a boolean when it looks like one. */
static void retype(struct loader *o, struct sl_node *n)
{
    struct sl_diag ignored;
    const struct sl_node *list;
    sl_diag_init(&ignored, o->a);
    if (n->is_quoted || n->text.n == 0 || n->text.n > 64)
        return;
    if (sl_yaml_parse(n->text, n->file, o->a, &ignored, &list) != SL_OK || list->child_count != 1)
        return;
    enum sl_node_kind kind = list->children->kind;
    if (kind == SL_NODE_NUMBER || kind == SL_NODE_BOOL)
        n->kind = kind;
}

static void substitute_scalar(struct loader *o, struct sl_node *n)
{
    struct sl_strbuf out;
    if (n->kind != SL_NODE_STRING || sl_str_find_str(n->text, SL_STR("${")) == SIZE_MAX)
        return;
    sl_strbuf_init(&out, o->a, SL_DECLARATIVE_VALUE_BYTES * 2);
    if (expand(o, n, &out) != SL_OK)
        return;
    n->text = sl_strbuf_str(&out);
    retype(o, n);
}

/* Depth-first without recursion: the way up is a stack, as deep as documents may be. */
static void substitute(struct loader *o, struct sl_node *root)
{
    struct sl_node *up[SL_NODE_DEPTH_MAX + 1], *n = root;
    size_t depth = 0;
    while (n != NULL) {
        substitute_scalar(o, n);
        if (n->children != NULL) {
            SL_ASSERT(depth < SL_LEN(up));
            up[depth++] = n;
            n = n->children;
            continue;
        }
        while (n != NULL && (n->next == NULL || n == root))
            n = depth != 0 ? up[--depth] : NULL;
        n = n != NULL ? n->next : NULL;
    }
}

/* ------------------------------------------------------------------ documents */

static void add_document(struct loader *o, const struct sl_node *n)
{
    struct sl_declarative *l = o->l;
    if (l->n == o->document_cap) {
        size_t cap = SL_MAX(o->document_cap * 2, (size_t)16);
        const struct sl_node **grown = sl_arena_array(o->a, const struct sl_node *, cap);
        if (l->n != 0)
            memcpy(grown, l->v, l->n * sizeof(*grown));
        l->v = grown;
        o->document_cap = cap;
    }
    /* the tree was made for this load and nobody else has seen it yet */
    substitute(o, (struct sl_node *)(uintptr_t)n);
    l->v[l->n++] = n;
}

static void parse(struct loader *o, sl_str text, sl_str name)
{
    if (sl_str_ends(name, SL_STR(".json"))) {
        const struct sl_node *n;
        if (sl_json_to_node(text, name, o->a, o->d, &n) == SL_OK)
            add_document(o, n);
        else
            o->rc = SL_E_CONFIG;
        return;
    }
    const struct sl_node *list = NULL;
    if (sl_yaml_parse(text, name, o->a, o->d, &list) != SL_OK) {
        o->rc = SL_E_CONFIG;
        return;
    }
    for (const struct sl_node *n = list->children; n != NULL; n = n->next)
        add_document(o, n);
}

static void load_file(struct loader *o, sl_str path)
{
    sl_str text;
    if (read_file(o, path, SL_DECLARATIVE_FILE_BYTES, &text) == SL_OK)
        parse(o, text, sl_arena_dup(o->a, path));
}

static int is_config_name(const struct dirent *e)
{
    sl_str name = sl_cstr(e->d_name);
    bool is_hidden = name.p[0] == '.';
    return !is_hidden && (sl_str_ends(name, SL_STR(".yaml")) || sl_str_ends(name, SL_STR(".yml")) ||
                          sl_str_ends(name, SL_STR(".json")));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_directory(struct loader *o, sl_str path)
{
    struct dirent **names = NULL;
    note_file(o, path);
    int n = scandir(path.p, &names, is_config_name, by_bytes);
    if (n < 0) {
        (void)fail_path(o, path, strerror(errno));
        return;
    }
    for (int i = 0; i < n; i++) {
        load_file(o, sl_fmt(o->a, "%s/%s", path.p, names[i]->d_name));
        free(names[i]);
    }
    free(names);
    if (n == 0)
        (void)fail_path(o, path, "there is no .yaml, .yml or .json file in this directory");
}

static void load_path(struct loader *o, sl_str path)
{
    struct stat st;
    path = sl_arena_dup(o->a, path);
    if (stat(path.p, &st) != 0)
        (void)fail_path(o, path, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        load_directory(o, path);
    else
        load_file(o, path);
}

sl_rc sl_declarative_load(struct sl_strs paths, sl_str text, struct sl_arena *a,
                          struct sl_declarative *ret, struct sl_diag *d)
{
    struct sl_declarative l = {
        .files = sl_arena_array(a, struct sl_declarative_file, SL_DECLARATIVE_FILES_MAX)};
    struct loader o = {.a = a, .d = d, .l = &l, .rc = SL_OK};
    for (size_t i = 0; i < paths.n; i++)
        load_path(&o, paths.v[i]);
    if (paths.n == 0)
        parse(&o, text, SL_STR("embedded"));
    if (o.rc != SL_OK)
        return SL_E_CONFIG;
    *ret = l;
    return SL_OK;
}

bool sl_declarative_changed(const struct sl_declarative *l)
{
    for (size_t i = 0; i < l->file_count; i++) {
        struct sl_declarative_file now = l->files[i];
        look(&now);
        if (now.modified_ns != l->files[i].modified_ns || now.inode != l->files[i].inode ||
            now.bytes != l->files[i].bytes)
            return true;
    }
    return false;
}

void sl_declarative_mark_seen(struct sl_declarative *l)
{
    for (size_t i = 0; i < l->file_count; i++)
        look(&l->files[i]);
}
