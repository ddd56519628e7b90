/*
 * Verbs that talk to a running gateway: get, create, update, delete, do, publish, rollback, apply, diff, export.
 *
 * Exit status: 0 done (diff: no difference), 1 it was refused or cannot be reached, 2 the command line
 * is wrong, 3 diff found differences (diff-api: some that break callers).
 */
#include "app/cli.h"
#include "app/client.h"
#include "app/load.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/resource.h"
#include "control/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIFFERENT = 3, COLUMN_MAX = 60, WORDS_MAX = 64 };
enum output { TABLE, JSON, YAML };

struct admin_cli {
    struct sl_cli *cli;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_client_target target;
    enum output output;
    const char *file;
    bool is_dry;
};

/* ------------------------------------------------------------------ the command line */

static const char *option_or_env(struct sl_cli *cli, const char *option, const char *name,
                                 const char *otherwise)
{
    const char *value = sl_cli_option(cli, option);
    if (value == NULL)
        value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static bool read_output(struct admin_cli *x, const char *text)
{
    static const char *const names[] = {"table", "json", "yaml"};
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if (text != NULL && strcmp(text, names[i]) == 0) {
            x->output = (enum output)i;
            return true;
        }
    }
    if (text != NULL)
        fprintf(stderr, "sluice: -o takes table, json or yaml\n");
    return text == NULL;
}

/* False when the command line is wrong, which was told. */
static bool begin(struct admin_cli *x, struct sl_cli *cli)
{
    *x = (struct admin_cli){.cli = cli, .a = cli->arena};
    x->d = sl_arena_new_of(x->a, struct sl_diag);
    sl_diag_init(x->d, x->a);
    const char *dir = sl_cli_data_dir(cli), *url = option_or_env(cli, "--url", "SLUICE_URL", NULL),
               *token = option_or_env(cli, "--token", "SLUICE_TOKEN", NULL),
               *output = sl_cli_option(cli, "-o");
    x->file = sl_cli_option(cli, "-f");
    x->is_dry = sl_cli_flag(cli, "--dry-run");
    if (sl_client_target(url, token, dir, x->a, &x->target, x->d) == SL_OK)
        return read_output(x, output);
    sl_print_problems(x->d);
    return false;
}

static bool has_words(struct admin_cli *x, int least, int most, const char *usage)
{
    bool is_good =
        !sl_cli_has_unknown_option(x->cli) && x->cli->argc >= least && x->cli->argc <= most;
    if (!is_good)
        fprintf(stderr, "usage: sluice %s\n", usage);
    return is_good;
}

/* ------------------------------------------------------------------ bodies */

/* One file as JSON, with ${env:...} and ${file:...} put in; "-": standard input. */
static bool read_documents(struct admin_cli *x, struct sl_strs paths, struct sl_files **ret)
{
    struct sl_strbuf text;
    bool is_stdin = paths.n == 1 && sl_str_eq(paths.v[0], SL_STR("-"));
    sl_strbuf_init(&text, x->a, 64 << 20);
    if (is_stdin) {
        ssize_t n;
        char *room;
        while ((room = sl_strbuf_room(&text, 65536)) != NULL && (n = read(0, room, 65536)) > 0)
            text.n += (size_t)n;
        paths.n = 0;
    }
    if (sl_files_load(paths, sl_strbuf_str(&text), ret, x->d) == SL_OK)
        return true;
    sl_print_problems(x->d);
    return false;
}

/* The one document of -f. */
static bool read_body(struct admin_cli *x, sl_str *ret)
{
    struct sl_files *files = NULL;
    sl_str path = sl_cstr(x->file);
    struct sl_strs paths = {.v = &path, .n = 1};
    *ret = (sl_str){0};
    if (x->file == NULL)
        return true;
    bool is_read = read_documents(x, paths, &files);
    if (is_read && files->count != 1) {
        fprintf(stderr, "sluice: %s must hold one document\n", x->file);
        is_read = false;
    }
    if (is_read)
        *ret = sl_tree_json(files->documents[0], x->a);
    sl_files_free(files);
    return is_read;
}

/* ------------------------------------------------------------------ what is shown */

static bool is_plain(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = sl_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') ||
              (i != 0 && ((c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/'))))
            return false;
    }
    static const sl_str words[] = {SL_STR_INIT("true"), SL_STR_INIT("false"), SL_STR_INIT("null")};
    for (size_t i = 0; i < SL_LEN(words); i++) {
        if (sl_str_ieq(s, words[i]))
            return false;
    }
    return s.n != 0;
}

static void write_yaml_scalar(const struct sl_node *n, struct sl_strbuf *out)
{
    if (n->kind == SL_NODE_NULL)
        sl_strbuf_add(out, SL_STR("null"));
    else if (n->kind == SL_NODE_STRING && !is_plain(n->text))
        sl_enc_json(out, n->text); /* a double-quoted scalar of YAML is spelled alike */
    else
        sl_strbuf_add(out, n->text);
}

static void write_yaml(const struct sl_node *n, int indent, struct sl_strbuf *out);

/* Behind "key:" or "-". */
static void write_yaml_value(const struct sl_node *n, int indent, bool is_item,
                             struct sl_strbuf *out)
{
    bool is_container = n->kind == SL_NODE_MAP || n->kind == SL_NODE_LIST;
    if (is_container && n->children == NULL) {
        sl_strbuf_add(out, n->kind == SL_NODE_MAP ? SL_STR(" {}\n") : SL_STR(" []\n"));
    } else if (is_container && is_item && n->kind == SL_NODE_MAP) {
        sl_strbuf_add_char(out, ' ');
        write_yaml(n, indent, out); /* its first member stands beside the dash */
    } else if (is_container) {
        sl_strbuf_add_char(out, '\n');
        write_yaml(n, indent, out);
    } else {
        sl_strbuf_add_char(out, ' ');
        write_yaml_scalar(n, out);
        sl_strbuf_add_char(out, '\n');
    }
}

/* A map or a list; a map that follows "- " has its first line begun. Depth is bounded by the parser. */
static void write_yaml(const struct sl_node *n, int indent, struct sl_strbuf *out)
{
    bool is_begun = out->n != 0 && out->p[out->n - 1] == ' ';
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (!is_begun)
            sl_strbuf_addf(out, "%*s", indent, "");
        is_begun = false;
        if (n->kind == SL_NODE_LIST) {
            sl_strbuf_add_char(out, '-');
        } else {
            struct sl_node key = {.kind = SL_NODE_STRING, .text = c->key};
            write_yaml_scalar(&key, out);
            sl_strbuf_add_char(out, ':');
        }
        write_yaml_value(c, indent + 2, n->kind == SL_NODE_LIST, out);
    }
}

static sl_str cell(const struct sl_node *item, const char *path)
{
    sl_str rest = sl_cstr(path), name;
    while (item != NULL && sl_str_split(&rest, '.', &name))
        item = sl_node_get(item, name);
    return item != NULL && item->kind != SL_NODE_LIST && item->kind != SL_NODE_MAP
               ? sl_str_head(item->text, COLUMN_MAX)
               : SL_STR("");
}

static const struct column {
    const char *title, *path;
} columns[] = {{"KEY", "key"},           {"WORKSPACE", "workspace"}, {"STATE", "status.state"},
               {"REVISION", "revision"}, {"UPDATED", "updated_at"},  {"BY", "updated_by"}};

static void write_table(const struct sl_node *items, struct sl_strbuf *out)
{
    size_t widths[SL_LEN(columns)];
    for (size_t k = 0; k < SL_LEN(columns); k++) {
        widths[k] = 0;
        for (const struct sl_node *i = items->children; i != NULL; i = i->next)
            widths[k] = SL_MAX(widths[k], cell(i, columns[k].path).n);
        if (widths[k] != 0) /* nobody has it: no column */
            widths[k] = SL_MAX(widths[k], strlen(columns[k].title));
    }
    for (size_t k = 0; k < SL_LEN(columns); k++)
        if (widths[k] != 0)
            sl_strbuf_addf(out, "%-*s  ", (int)widths[k], columns[k].title);
    sl_strbuf_add_char(out, '\n');
    for (const struct sl_node *i = items->children; i != NULL; i = i->next) {
        for (size_t k = 0; k < SL_LEN(columns); k++) {
            sl_str text = cell(i, columns[k].path);
            if (widths[k] != 0)
                sl_strbuf_addf(out, "%.*s%*s", SL_STRF(text), (int)(widths[k] - text.n + 2), "");
        }
        sl_strbuf_add_char(out, '\n');
    }
}

static bool parse(struct admin_cli *x, sl_str json, const struct sl_node **ret)
{
    return sl_json_to_node(json, SL_STR("answer"), x->a, x->d, ret) == SL_OK;
}

static int show(struct admin_cli *x, sl_str json)
{
    const struct sl_node *n = NULL;
    struct sl_strbuf out;
    sl_strbuf_init(&out, x->a, 0);
    if (json.n == 0)
        return 0;
    if (x->output == JSON || !parse(x, json, &n)) {
        sl_strbuf_add(&out, json);
        sl_strbuf_add_char(&out, '\n');
        return sl_cli_print(sl_strbuf_str(&out));
    }
    const struct sl_node *items = sl_node_get(n, SL_STR("items"));
    if (x->output == TABLE && items != NULL && items->kind == SL_NODE_LIST)
        write_table(items, &out);
    else
        write_yaml(n, 0, &out);
    return sl_cli_print(sl_strbuf_str(&out));
}

/* What the API says about a refusal, a line for each member. */
static int show_problem(struct admin_cli *x, const struct sl_client_answer *answer)
{
    const struct sl_node *n = NULL;
    if (!parse(x, answer->body, &n)) {
        fprintf(stderr, "sluice: the admin API answered %u\n", answer->status);
        return 1;
    }
    sl_str detail = sl_tree_text(n, "detail"), title = sl_tree_text(n, "title");
    fprintf(stderr, "sluice: %.*s (%u)\n", SL_STRF(detail.n != 0 ? detail : title), answer->status);
    const struct sl_node *errors = sl_node_get(n, SL_STR("errors"));
    for (const struct sl_node *e = errors != NULL ? errors->children : NULL; e != NULL; e = e->next)
        fprintf(stderr, "  %.*s%s%.*s: %.*s\n", SL_STRF(sl_tree_text(e, "resource")),
                sl_tree_text(e, "resource").n != 0 ? " " : "", SL_STRF(sl_tree_text(e, "pointer")),
                SL_STRF(sl_tree_text(e, "detail")));
    return 1;
}

/* ------------------------------------------------------------------ calls */

/* False when it failed, which was told. */
static bool call(struct admin_cli *x, const char *method, sl_str path, sl_str body,
                 struct sl_client_answer *ret)
{
    sl_str any =
        strcmp(method, "POST") == 0 || strcmp(method, "GET") == 0 ? SL_STR("") : SL_STR("*");
    if (sl_client_call(&x->target, method, path, body, any, x->a, ret, x->d) != SL_OK) {
        sl_print_problems(x->d);
        return false;
    }
    if (ret->status >= 400)
        (void)show_problem(x, ret);
    return ret->status < 400;
}

static int call_and_show(struct admin_cli *x, const char *method, sl_str path, sl_str body)
{
    struct sl_client_answer answer;
    return call(x, method, path, body, &answer) ? show(x, answer.body) : 1;
}

/* "/api/v1/services/orders%40v2/publish?dry_run=true" */
static sl_str path_of(struct admin_cli *x, const char *noun, const char *key, const char *action,
                      const char *query)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->a, 0);
    sl_strbuf_addf(&b, "/api/v1/%s", noun);
    if (key != NULL) {
        sl_strbuf_add_char(&b, '/');
        sl_enc_percent(&b, sl_cstr(key));
    }
    if (action != NULL)
        sl_strbuf_addf(&b, "/%s", action);
    if (query != NULL || x->is_dry)
        sl_strbuf_addf(&b, "?%s%s%s", query != NULL ? query : "",
                       query != NULL && x->is_dry ? "&" : "", x->is_dry ? "dry_run=true" : "");
    return sl_strbuf_str(&b);
}

int sl_cmd_get(struct sl_cli *cli)
{
    struct admin_cli x;
    if (!begin(&x, cli))
        return 2;
    const char *query = sl_cli_option(cli, "--query");
    if (!has_words(&x, 1, 2, "get NOUN [KEY] [--query 'limit=100&q=text'] [-o table|json|yaml]"))
        return 2;
    const char *key = cli->argc == 2 ? cli->argv[1] : NULL;
    return call_and_show(&x, "GET", path_of(&x, cli->argv[0], key, NULL, query), SL_STR(""));
}

static int with_body(struct sl_cli *cli, const char *method, int words, const char *usage)
{
    struct admin_cli x;
    sl_str body;
    if (!begin(&x, cli))
        return 2;
    if (!has_words(&x, words, words, usage) || x.file == NULL) {
        if (x.file == NULL)
            fprintf(stderr, "sluice: -f FILE is missing ('-': standard input)\n");
        return 2;
    }
    if (!read_body(&x, &body))
        return 1;
    const char *key = words == 2 ? cli->argv[1] : NULL;
    return call_and_show(&x, method, path_of(&x, cli->argv[0], key, NULL, NULL), body);
}

int sl_cmd_create(struct sl_cli *cli)
{
    return with_body(cli, "POST", 1, "create NOUN -f FILE");
}

int sl_cmd_update(struct sl_cli *cli)
{
    return with_body(cli, "PATCH", 2,
                     "update NOUN KEY -f FILE   (members to change; null takes out)");
}

int sl_cmd_delete(struct sl_cli *cli)
{
    struct admin_cli x;
    if (!begin(&x, cli) || !has_words(&x, 2, 2, "delete NOUN KEY"))
        return 2;
    return call_and_show(&x, "DELETE", path_of(&x, cli->argv[0], cli->argv[1], NULL, NULL),
                         SL_STR(""));
}

int sl_cmd_do(struct sl_cli *cli)
{
    struct admin_cli x;
    sl_str body;
    if (!begin(&x, cli) || !has_words(&x, 3, 3, "do NOUN KEY ACTION [-f FILE]"))
        return 2;
    if (!read_body(&x, &body))
        return 1;
    return call_and_show(&x, "POST", path_of(&x, cli->argv[0], cli->argv[1], cli->argv[2], NULL),
                         body);
}

static int act_on_service(struct sl_cli *cli, const char *action, const char *usage)
{
    struct admin_cli x;
    if (!begin(&x, cli))
        return 2;
    const char *reason = sl_cli_option(cli, "--reason");
    struct sl_node *body = sl_tree_map(cli->arena);
    if (reason != NULL)
        sl_tree_put_str(cli->arena, body, "reason", sl_cstr(reason));
    if (!has_words(&x, 1, 1, usage))
        return 2;
    return call_and_show(&x, "POST", path_of(&x, "services", cli->argv[0], action, NULL),
                         sl_tree_json(body, cli->arena));
}

int sl_cmd_publish(struct sl_cli *cli)
{
    return act_on_service(cli, "publish", "publish SERVICE [--reason TEXT]");
}

int sl_cmd_rollback(struct sl_cli *cli)
{
    return act_on_service(cli, "rollback", "rollback SERVICE [--reason TEXT]");
}

/* ------------------------------------------------------------------ apply and diff */

struct apply_options {
    bool prunes, keeps_drafts;
    const char *reason;
};

static sl_str apply_body(struct admin_cli *x, const struct sl_files *files,
                         const struct apply_options *o)
{
    struct sl_node *body = sl_tree_map(x->a);
    struct sl_tree_tail documents = sl_tree_tail(x->a);
    for (size_t i = 0; i < files->count; i++)
        sl_tree_add(&documents, sl_tree_copy(x->a, files->documents[i]));
    sl_tree_put(body, SL_STR("documents"), documents.list);
    sl_tree_put(body, SL_STR("prune"), sl_tree_bool(x->a, o->prunes));
    sl_tree_put(body, SL_STR("publish"), sl_tree_bool(x->a, !o->keeps_drafts));
    if (o->reason != NULL)
        sl_tree_put_str(x->a, body, "reason", sl_cstr(o->reason));
    return sl_tree_json(body, x->a);
}

static void write_difference(const struct sl_node *diff, struct admin_cli *x, struct sl_strbuf *out)
{
    for (const struct sl_node *n = diff != NULL ? diff->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *before = sl_node_get(n, SL_STR("before")),
                             *after = sl_node_get(n, SL_STR("after"));
        sl_str path = sl_tree_text(n, "path");
        if (before != NULL)
            sl_strbuf_addf(out, "  - %.*s: %.*s\n", SL_STRF(path),
                           SL_STRF(sl_tree_json(before, x->a)));
        if (after != NULL)
            sl_strbuf_addf(out, "  + %.*s: %.*s\n", SL_STRF(path),
                           SL_STRF(sl_tree_json(after, x->a)));
    }
}

/* Returns how many are different. */
static size_t write_results(struct admin_cli *x, const struct sl_node *answer,
                            struct sl_strbuf *out)
{
    size_t changes = 0;
    const struct sl_node *results = sl_node_get(answer, SL_STR("results"));
    for (const struct sl_node *n = results != NULL ? results->children : NULL; n != NULL;
         n = n->next) {
        sl_str action = sl_tree_text(n, "action"), secret = sl_tree_text(n, "secret");
        bool is_change = !sl_str_eq(action, SL_STR("unchanged"));
        changes += is_change;
        if (!is_change)
            continue;
        sl_strbuf_addf(out, "%-10.*s %.*s/%.*s\n", SL_STRF(action),
                       SL_STRF(sl_tree_text(n, "kind")), SL_STRF(sl_tree_text(n, "key")));
        if (secret.n != 0)
            sl_strbuf_addf(out, "  its secret, shown this once: %.*s\n", SL_STRF(secret));
        write_difference(sl_node_get(n, SL_STR("diff")), x, out);
    }
    if (changes == 0)
        sl_strbuf_add(out, SL_STR("nothing to change\n"));
    return changes;
}

static int apply(struct admin_cli *x, const struct sl_files *files, const struct apply_options *o,
                 size_t *ret_changes)
{
    struct sl_client_answer answer;
    const struct sl_node *n = NULL;
    struct sl_strbuf out;
    *ret_changes = 0;
    sl_strbuf_init(&out, x->a, 0);
    if (!call(x, "POST", path_of(x, "apply", NULL, NULL, NULL), apply_body(x, files, o), &answer) ||
        !parse(x, answer.body, &n))
        return 1;
    *ret_changes = write_results(x, n, &out);
    return x->output == TABLE ? sl_cli_print(sl_strbuf_str(&out)) : show(x, answer.body);
}

/* -f FILE or the words. */
static bool read_files(struct admin_cli *x, struct sl_files **ret, const char *usage)
{
    struct sl_strs paths = sl_cli_words(x->cli);
    sl_str file = sl_cstr(x->file);
    if (x->file != NULL && paths.n == 0)
        paths = (struct sl_strs){.v = &file, .n = 1};
    if (sl_cli_has_unknown_option(x->cli) || paths.n == 0) {
        fprintf(stderr, "usage: sluice %s\n", usage);
        return false;
    }
    return read_documents(x, paths, ret);
}

static bool is_confirmed(void)
{
    char answer[8] = "";
    fprintf(stderr, "Delete what the files do not have? Type yes: ");
    return fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

int sl_cmd_apply(struct sl_cli *cli)
{
    struct admin_cli x;
    struct sl_files *files = NULL;
    size_t changes;
    if (!begin(&x, cli))
        return 2;
    struct apply_options o = {.prunes = sl_cli_flag(cli, "--prune"),
                              .keeps_drafts = sl_cli_flag(cli, "--no-publish"),
                              .reason = sl_cli_option(cli, "--reason")};
    bool is_sure = sl_cli_flag(cli, "--yes");
    if (!read_files(&x, &files,
                    "apply -f PATH [--prune [--yes]] [--no-publish] [--reason TEXT] [--dry-run]"))
        return files == NULL ? 2 : 1;
    bool may = !o.prunes || x.is_dry || is_sure || is_confirmed();
    int status = may ? apply(&x, files, &o, &changes) : 1;
    sl_files_free(files);
    return status;
}

int sl_cmd_diff(struct sl_cli *cli)
{
    struct admin_cli x;
    struct sl_files *files = NULL;
    size_t changes;
    if (!begin(&x, cli))
        return 2;
    struct apply_options o = {.prunes = sl_cli_flag(cli, "--prune")};
    x.is_dry = true;
    if (!read_files(&x, &files, "diff -f PATH [--prune]"))
        return files == NULL ? 2 : 1;
    int status = apply(&x, files, &o, &changes);
    sl_files_free(files);
    return status == 0 && changes != 0 ? DIFFERENT : status;
}

/* For people, its text; else the answer as it is. */
static int show_comparison(struct admin_cli *x, sl_str json)
{
    const struct sl_node *n = NULL;
    if (!parse(x, json, &n))
        return 1;
    const struct sl_node *breaking = sl_node_get(n, SL_STR("breaking"));
    bool breaks = breaking != NULL && !sl_str_eq(breaking->text, SL_STR("0"));
    int status = x->output == JSON ? show(x, json) : sl_cli_print(sl_tree_text(n, "text"));
    return status == 0 && breaks ? DIFFERENT : status;
}

int sl_cmd_diff_api(struct sl_cli *cli)
{
    struct admin_cli x;
    struct sl_client_answer answer;
    if (!begin(&x, cli) || !has_words(&x, 1, 2, "diff-api SERVICE [OTHER] [-o table|json]"))
        return 2;
    struct sl_node *body = sl_tree_map(x.a);
    if (cli->argc == 2)
        sl_tree_put_str(x.a, body, "with", sl_cstr(cli->argv[1]));
    sl_str path = path_of(&x, "services", cli->argv[0], "compare", NULL);
    return call(&x, "POST", path, sl_tree_json(body, x.a), &answer)
               ? show_comparison(&x, answer.body)
               : 1;
}

/* The lists of `nouns`, in their order; of no noun: everything. */
static sl_str only_nouns(struct admin_cli *x, sl_str json, struct sl_strs nouns)
{
    const struct sl_node *all = NULL;
    struct sl_node only = {.kind = SL_NODE_MAP}, **next = &only.children;

    if (nouns.n == 0 || !parse(x, json, &all))
        return json;
    for (size_t i = 0; i < nouns.n; i++) {
        const struct sl_node *list = sl_node_get(all, nouns.v[i]);
        if (list == NULL)
            continue;
        *next = sl_arena_new_of(x->a, struct sl_node);
        **next = *list;
        (*next)->next = NULL;
        next = &(*next)->next;
    }
    return sl_tree_json(&only, x->a);
}

static bool are_nouns(struct sl_strs words)
{
    for (size_t i = 0; i < words.n; i++) {
        if (sl_resource_type_by_plural(words.v[i]) != NULL)
            continue;
        fprintf(stderr, "sluice: there is no noun '%.*s'; see 'sluice complete get \"\"'\n",
                SL_STRF(words.v[i]));
        return false;
    }
    return true;
}

int sl_cmd_export(struct sl_cli *cli)
{
    struct admin_cli x;
    struct sl_client_answer answer;
    if (!begin(&x, cli) || !has_words(&x, 0, WORDS_MAX, "export [NOUN...] [-o yaml|json]"))
        return 2;
    struct sl_strs nouns = sl_cli_words(cli);
    if (!are_nouns(nouns))
        return 2;
    if (!call(&x, "GET", SL_STR("/api/v1/export"), SL_STR(""), &answer))
        return 1;
    return show(&x, only_nouns(&x, answer.body, nouns));
}
