#include "control/declarative.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "codec/json.h"
#include "codec/yaml.h"

/* Lists that grow while loading; they end up in the set's arena. */
struct loader {
    struct sl_declarative *set;
    struct sl_diag *d;
    size_t document_cap, stamp_cap;
    size_t problems_before;
};

static bool has_problems(const struct loader *l)
{
    return l->d->count + l->d->dropped != l->problems_before;
}

/* Growing in an arena leaves the old array behind, which is fine for doubling. */
static void *grown(struct sl_arena *a, const void *old, size_t n, size_t *cap, size_t item_bytes)
{
    *cap = SL_MAX(2 * *cap, (size_t)16);
    void *v = sl_arena_alloc(a, *cap * item_bytes);
    if (n != 0)
        memcpy(v, old, n * item_bytes);
    return v;
}

/* ------------------------------------------------------------------ stamps */

struct sl_file_stamp sl_file_stamp_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct sl_file_stamp){.path = path};
    return (struct sl_file_stamp){
        .path = path,
        .exists = true,
        .device = st.st_dev,
        .inode = st.st_ino,
        .bytes = (uint64_t)st.st_size,
        .changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
    };
}

/* Before the file is read, so that a change in between is seen later. */
static void add_stamp(struct loader *l, const char *path)
{
    struct sl_declarative *set = l->set;
    for (size_t i = 0; i < set->stamp_count; i++) {
        if (strcmp(set->stamps[i].path, path) == 0)
            return;
    }
    if (set->stamp_count == l->stamp_cap)
        set->stamps =
            grown(set->arena, set->stamps, set->stamp_count, &l->stamp_cap, sizeof(*set->stamps));
    set->stamps[set->stamp_count++] = sl_file_stamp_of(path);
}

bool sl_file_has_changed(const struct sl_file_stamp *stamp)
{
    struct sl_file_stamp now = sl_file_stamp_of(stamp->path);
    return now.exists != stamp->exists || now.device != stamp->device ||
           now.inode != stamp->inode || now.bytes != stamp->bytes ||
           now.changed_ns != stamp->changed_ns;
}

bool sl_declarative_changed(const struct sl_declarative *set)
{
    for (size_t i = 0; i < set->stamp_count; i++) {
        if (sl_file_has_changed(&set->stamps[i]))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ files */

static bool read_all(int fd, struct sl_strbuf *text)
{
    for (;;) {
        char *room = sl_strbuf_room(text, SL_KIB(64));
        if (room == NULL) {
            errno = EFBIG;
            return false;
        }
        ssize_t n = read(fd, room, SL_KIB(64));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        text->n += (size_t)n;
    }
}

/* The content in *text, on the heap; errno says why not. */
static bool read_file(const char *path, size_t limit_bytes, struct sl_strbuf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    sl_strbuf_init(text, NULL, limit_bytes + SL_KIB(64));
    bool is_read = read_all(fd, text);
    if (is_read && text->n > limit_bytes) {
        errno = EFBIG;
        is_read = false;
    }
    int error = errno;
    (void)close(fd); /* only read from */
    errno = error;
    return is_read;
}

/* ------------------------------------------------------------------ ${...} */

static void fail_at(struct loader *l, const struct sl_node *n, sl_str text)
{
    (void)sl_diag_fail_at(l->d, SL_E_CONFIG, n->file, n->line, n->column, n->key, "%.*s",
                          SL_STRF(text));
}

static bool is_variable_name(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = sl_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') || c == '_' || (i != 0 && c >= '0' && c <= '9')))
            return false;
    }
    return s.n != 0;
}

static void put_variable(struct loader *l, const struct sl_node *n, sl_str what,
                         struct sl_strbuf *out)
{
    struct sl_arena *a = l->set->arena;
    size_t at = sl_str_find_str(what, SL_STR(":-"));
    sl_str name = sl_arena_dup(a, sl_str_head(what, at));
    if (!is_variable_name(name)) {
        fail_at(l, n, sl_fmt(a, "'%.*s' is no name of an environment variable", SL_STRF(name)));
        return;
    }
    sl_str value = sl_cstr(getenv(name.p));
    if (value.n != 0)
        sl_strbuf_add(out, value);
    else if (at != SIZE_MAX)
        sl_strbuf_add(out, sl_str_from(what, at + 2));
    else if (value.p == NULL)
        fail_at(l, n,
                sl_fmt(a,
                       "the environment variable %.*s is not set; set it, or write "
                       "${env:%.*s:-default}",
                       SL_STRF(name), SL_STRF(name)));
}

static const char *path_beside(struct sl_arena *a, sl_str file, sl_str path)
{
    size_t slash = sl_str_rfind(file, '/');
    bool is_absolute = path.n != 0 && path.p[0] == '/';
    sl_str folder = is_absolute || slash == SIZE_MAX ? SL_STR("") : sl_str_head(file, slash + 1);
    return sl_fmt(a, "%.*s%.*s", SL_STRF(folder), SL_STRF(path)).p;
}

static sl_str without_line_end(sl_str s)
{
    if (s.n != 0 && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n != 0 && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static void put_file(struct loader *l, const struct sl_node *n, sl_str what, struct sl_strbuf *out)
{
    const char *path = path_beside(l->set->arena, n->file, what);
    struct sl_strbuf text = {0};
    add_stamp(l, path);
    if (!read_file(path, SL_DECLARATIVE_VALUE_BYTES_MAX, &text))
        fail_at(l, n, sl_fmt(l->set->arena, "cannot read the file %s: %s", path, strerror(errno)));
    else
        sl_strbuf_add(out, without_line_end(sl_strbuf_str(&text)));
    sl_strbuf_fini(&text);
}

static void put(struct loader *l, const struct sl_node *n, sl_str what, struct sl_strbuf *out)
{
    static const sl_str env = SL_STR_INIT("env:"), file = SL_STR_INIT("file:");
    if (sl_str_starts(what, env))
        put_variable(l, n, sl_str_from(what, env.n), out);
    else if (sl_str_starts(what, file))
        put_file(l, n, sl_str_from(what, file.n), out);
    else
        fail_at(
            l, n,
            sl_fmt(l->set->arena,
                   "'${%.*s}' is unknown; use ${env:NAME}, ${env:NAME:-default} or ${file:PATH}, "
                   "or $${ for the text itself",
                   SL_STRF(sl_str_head(what, 40))));
}

/* The text with everything put in, on the arena. */
static sl_str replaced(struct loader *l, const struct sl_node *n)
{
    struct sl_strbuf out = {.limit_bytes = SL_DECLARATIVE_VALUE_BYTES_MAX};
    sl_str rest = n->text, result = n->text;
    for (size_t at; (at = sl_str_find_str(rest, SL_STR("${"))) != SIZE_MAX;) {
        bool is_escaped = at != 0 && rest.p[at - 1] == '$';
        size_t end = is_escaped ? at + 1 : sl_str_find(rest, '}', at);
        sl_strbuf_add(&out, sl_str_head(rest, at));
        if (end == SIZE_MAX) {
            fail_at(l, n, SL_STR("'${' has no '}'; write $${ for the text itself"));
            goto done;
        }
        if (is_escaped)
            sl_strbuf_add_char(&out, '{'); /* the '$' is there */
        else
            put(l, n, sl_str_of(rest.p + at + 2, end - at - 2), &out);
        rest = sl_str_from(rest, end + 1);
    }
    sl_strbuf_add(&out, rest);
    if (out.is_full)
        fail_at(l, n, SL_STR("is too long with what was put in"));
    else
        result = sl_arena_dup(l->set->arena, sl_strbuf_str(&out));
done:
    sl_strbuf_fini(&out);
    return result;
}

static bool is_letter(char c)
{
    return sl_lower(c) >= 'a' && sl_lower(c) <= 'z';
}

/* What kind an unquoted text is, by the rules of YAML itself; texts that YAML cannot have are strings. */
static enum sl_node_kind kind_of(struct loader *l, sl_str text)
{
    struct sl_arena *a = sl_arena_new("scalar", SL_MIB(4));
    struct sl_diag d;
    const struct sl_node *docs = NULL;
    enum sl_node_kind kind = SL_NODE_STRING;
    bool is_plain = text.n != 0 && text.n <= 64; /* no number or word of YAML's is longer */
    for (size_t i = 0; i < text.n && is_plain; i++)
        is_plain = (text.p[i] >= '0' && text.p[i] <= '9') || is_letter(text.p[i]) ||
                   text.p[i] == '.' || text.p[i] == '-' || text.p[i] == '+' || text.p[i] == '~';
    sl_diag_init(&d, a);
    if (is_plain && sl_yaml_parse(text, SL_STR(""), a, &d, &docs) == SL_OK &&
        docs->child_count == 1 && sl_str_eq(docs->children->text, text))
        kind = docs->children->kind;
    sl_arena_free(a);
    return kind;
}

static void replace(struct loader *l, struct sl_node *n)
{
    if (n->kind != SL_NODE_STRING || sl_str_find_str(n->text, SL_STR("${")) == SIZE_MAX)
        return;
    n->text = replaced(l, n);
    if (!n->is_quoted)
        n->kind = kind_of(l, n->text);
}

/* Every scalar of a tree; its depth is bounded by the parsers. */
static void replace_all(struct loader *l, struct sl_node *root)
{
    struct sl_node *next[SL_NODE_DEPTH_MAX + 1];
    size_t depth = 0;
    next[0] = root;
    for (;;) {
        struct sl_node *n = next[depth];
        if (n == NULL) {
            if (depth-- == 0)
                return;
            continue;
        }
        next[depth] = depth == 0 ? NULL : n->next;
        replace(l, n);
        if (n->children != NULL) {
            SL_ASSERT(depth < SL_NODE_DEPTH_MAX);
            next[++depth] = n->children;
        }
    }
}

/* ------------------------------------------------------------------ documents */

static void add_document(struct loader *l, const struct sl_node *document)
{
    struct sl_declarative *set = l->set;
    if (set->count == l->document_cap)
        set->documents = grown(set->arena, set->documents, set->count, &l->document_cap,
                               sizeof(*set->documents));
    /* The tree was made in our arena just now, and nobody else has it: it may still be changed. */
    replace_all(l, (struct sl_node *)document);
    set->documents[set->count++] = document;
}

static void add_text(struct loader *l, sl_str text, sl_str name)
{
    struct sl_arena *a = l->set->arena;
    const struct sl_node *root = NULL;
    if (sl_str_ends(name, SL_STR(".json"))) {
        if (sl_json_to_node(text, name, a, l->d, &root) == SL_OK)
            add_document(l, root);
        return;
    }
    if (sl_yaml_parse(text, name, a, l->d, &root) != SL_OK)
        return; /* the problem is recorded, as above */
    for (const struct sl_node *n = root->children; n != NULL; n = n->next)
        add_document(l, n);
}

static void fail_file(struct loader *l, const char *path, const char *text)
{
    (void)sl_diag_fail_at(l->d, SL_E_CONFIG, sl_cstr(path), 0, 0, SL_STR(""), "%s", text);
}

static void add_file(struct loader *l, const char *path)
{
    struct sl_strbuf text = {0};
    add_stamp(l, path);
    if (!read_file(path, SL_DECLARATIVE_FILE_BYTES_MAX, &text))
        fail_file(l, path, strerror(errno));
    else
        add_text(l, sl_arena_dup(l->set->arena, sl_strbuf_str(&text)), sl_cstr(path));
    sl_strbuf_fini(&text);
}

static bool is_configuration(const char *name)
{
    static const sl_str endings[] = {SL_STR_INIT(".yaml"), SL_STR_INIT(".yml"),
                                     SL_STR_INIT(".json")};
    for (size_t i = 0; i < SL_LEN(endings) && name[0] != '.'; i++) {
        if (sl_str_ends(sl_cstr(name), endings[i]))
            return true;
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of a folder's files, sorted; their number, or SL_DECLARATIVE_FILES_MAX + 1 when there are more. */
static size_t list_folder(struct loader *l, DIR *folder, const char *path, const char **paths)
{
    size_t n = 0;
    for (const struct dirent *e; n <= SL_DECLARATIVE_FILES_MAX && (e = readdir(folder)) != NULL;) {
        if (is_configuration(e->d_name))
            paths[n++] = sl_fmt(l->set->arena, "%s/%s", path, e->d_name).p;
    }
    qsort(paths, n, sizeof(*paths), compare_names);
    return n;
}

static void add_folder(struct loader *l, DIR *folder, const char *path)
{
    const char **paths = sl_new_array(const char *, SL_DECLARATIVE_FILES_MAX + 1);
    add_stamp(l, path);
    size_t n = list_folder(l, folder, path, paths);
    if (n > SL_DECLARATIVE_FILES_MAX)
        fail_file(l, path, "has too many configuration files");
    else if (n == 0)
        fail_file(l, path, "has no .yaml, .yml or .json files");
    else
        for (size_t i = 0; i < n; i++)
            add_file(l, paths[i]);
    sl_free(paths);
}

/* ------------------------------------------------------------------ loading */

static struct loader begin(struct sl_declarative *set, struct sl_diag *d)
{
    *set = (struct sl_declarative){
        .arena = sl_arena_new("configuration files", SL_DECLARATIVE_BYTES_MAX)};
    return (struct loader){.set = set, .d = d, .problems_before = d->count + d->dropped};
}

sl_rc sl_declarative_load(const char *path, struct sl_declarative *ret, struct sl_diag *d)
{
    struct loader l = begin(ret, d);
    const char *kept = sl_arena_dup(ret->arena, sl_cstr(path)).p;
    DIR *folder = opendir(kept);
    if (folder != NULL)
        add_folder(&l, folder, kept);
    else
        add_file(&l, kept);
    if (folder != NULL)
        (void)closedir(folder); /* only read from */
    return has_problems(&l) ? SL_E_CONFIG : SL_OK;
}

sl_rc sl_declarative_parse(sl_str text, sl_str name, struct sl_declarative *ret, struct sl_diag *d)
{
    struct loader l = begin(ret, d);
    add_text(&l, text, name);
    return has_problems(&l) ? SL_E_CONFIG : SL_OK;
}

void sl_declarative_fini(struct sl_declarative *set)
{
    sl_arena_free(set->arena);
    *set = (struct sl_declarative){0};
}
