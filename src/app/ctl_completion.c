/*
 * Completion for shells. `completion SHELL` prints a short script; it asks `complete WORD...` for what
 * could stand in place of the last word, one candidate a line. What a verb takes is read from its usage.
 */
#include "app/cli.h"
#include "app/client.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/resource.h"
#include "control/tree.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLOTS_MAX = 16, WORDS_MAX = 8, KEYS_MAX = 200 };

/* What stands at one place of a usage: "NOUN", or alternatives such as table, json, yaml. */
struct slot {
    sl_str option; /* the value of this option; empty: a word by its position */
    sl_str words[WORDS_MAX];
    size_t n;
};

struct usage {
    struct slot slots[SLOTS_MAX];
    size_t n;
};

struct completion {
    struct sl_arena *a;
    struct sl_strs typed; /* behind the name of the program; the last is incomplete */
    sl_str last;
    struct sl_strbuf out;
};

/* ------------------------------------------------------------------ usages */

static struct slot *add_slot(struct usage *u, sl_str option)
{
    struct slot *s = &u->slots[SL_MIN(u->n, SLOTS_MAX - 1u)];
    u->n = SL_MIN(u->n + 1, (size_t)SLOTS_MAX);
    *s = (struct slot){.option = option};
    return s;
}

static void add_words(struct slot *s, sl_str text)
{
    sl_str word;
    while (sl_str_split(&text, '|', &word)) {
        if (s->n < WORDS_MAX)
            s->words[s->n++] = word;
    }
}

/* Brackets, quotes and dots say how often a word may stand there, not which. */
static sl_str bare(sl_str token)
{
    while (token.n != 0 && strchr("['", token.p[0]) != NULL)
        token = sl_str_from(token, 1);
    while (token.n != 0 && strchr("]'.", token.p[token.n - 1]) != NULL)
        token.n--;
    return token;
}

/* "get NOUN [KEY] [-o table|json|yaml]": an option's value follows it within the same brackets. */
static struct usage parse_usage(const char *text)
{
    struct usage u = {0};
    struct slot *open = NULL; /* takes the next word */
    sl_str rest = sl_cstr(text), token;

    (void)sl_str_split(&rest, ' ', &token); /* the verb */
    while (sl_str_split(&rest, ' ', &token)) {
        sl_str word = bare(token);
        if (sl_str_eq(word, SL_STR("|"))) {
            open = u.n != 0 && u.slots[u.n - 1].option.n == 0 ? &u.slots[u.n - 1] : NULL;
        } else if (word.p[0] == '-') {
            open = add_slot(&u, word);
            if (token.p[token.n - 1] == ']')
                open = NULL;
        } else {
            add_words(open != NULL ? open : add_slot(&u, (sl_str){0}), word);
            open = NULL;
        }
    }
    return u;
}

static const struct slot *find_option(const struct usage *u, sl_str name)
{
    for (size_t i = 0; name.n != 0 && i < u->n; i++) {
        if (sl_str_eq(u->slots[i].option, name))
            return &u->slots[i];
    }
    return NULL;
}

static const struct slot *find_position(const struct usage *u, size_t position)
{
    for (size_t i = 0; i < u->n; i++) {
        if (u->slots[i].option.n == 0 && position-- == 0)
            return &u->slots[i];
    }
    return NULL;
}

/* ------------------------------------------------------------------ candidates */

static void offer(struct completion *c, sl_str word)
{
    if (!sl_str_starts(word, c->last))
        return;
    sl_strbuf_add(&c->out, word);
    sl_strbuf_add_char(&c->out, '\n');
}

static void offer_verbs(struct completion *c)
{
    for (size_t i = 0; sl_command_at(i) != NULL; i++)
        offer(c, sl_cstr(sl_command_at(i)->name));
}

static void offer_options(struct completion *c, const struct usage *u)
{
    for (size_t i = 0; i < u->n; i++) {
        if (u->slots[i].option.n != 0)
            offer(c, u->slots[i].option);
    }
}

static void offer_nouns(struct completion *c)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++)
        offer(c, sl_cstr(sl_resource_types[i]->noun->name));
}

static void offer_actions(struct completion *c, sl_str noun)
{
    const struct sl_resource_type *type = sl_resource_type_by_plural(noun);
    const struct sl_action *actions = type != NULL ? type->actions : NULL;
    for (size_t i = 0; actions != NULL && actions[i].name != NULL; i++)
        offer(c, sl_cstr(actions[i].name));
}

/* The keys that a running gateway knows; none when there is none. */
static void offer_keys(struct completion *c, sl_str noun)
{
    const char *dir = getenv("SLUICE_DATA_DIR");
    struct sl_client_target target;
    struct sl_client_answer answer;
    struct sl_strbuf path;
    struct sl_diag d;
    const struct sl_node *n = NULL;

    sl_diag_init(&d, c->a);
    sl_strbuf_init(&path, c->a, 0);
    sl_strbuf_addf(&path, "/api/v1/%.*s?limit=%d&q=", SL_STRF(noun), KEYS_MAX);
    sl_enc_percent(&path, c->last);
    if (sl_client_target(getenv("SLUICE_URL"), getenv("SLUICE_TOKEN"),
                         dir != NULL ? dir : "sluice-data", c->a, &target, &d) != SL_OK ||
        sl_client_call(&target, "GET", sl_strbuf_str(&path), SL_STR(""), SL_STR(""), c->a, &answer,
                       &d) != SL_OK ||
        answer.status != 200 ||
        sl_json_to_node(answer.body, SL_STR("answer"), c->a, &d, &n) != SL_OK)
        return;
    const struct sl_node *items = sl_node_get(n, SL_STR("items"));
    for (const struct sl_node *i = items != NULL ? items->children : NULL; i != NULL; i = i->next)
        offer(c, sl_tree_text(i, "key"));
}

/* The word behind the verb with this index, options and their values left out. */
static sl_str position(const struct completion *c, const struct usage *u, size_t index)
{
    for (size_t i = 1; i + 1 < c->typed.n; i++) {
        const struct slot *option = find_option(u, c->typed.v[i]);
        if (option != NULL && option->n != 0)
            i++;
        else if (c->typed.v[i].p[0] != '-' && index-- == 0)
            return c->typed.v[i];
    }
    return (sl_str){0};
}

static void offer_slot(struct completion *c, const struct usage *u, const struct slot *s)
{
    for (size_t i = 0; s != NULL && i < s->n; i++) {
        sl_str word = s->words[i];
        if (sl_str_eq(word, SL_STR("NOUN")))
            offer_nouns(c);
        else if (sl_str_eq(word, SL_STR("KEY")))
            offer_keys(c, position(c, u, 0));
        else if (sl_str_eq(word, SL_STR("SERVICE")))
            offer_keys(c, SL_STR("services"));
        else if (sl_str_eq(word, SL_STR("ACTION")))
            offer_actions(c, position(c, u, 0));
        else if (word.n != 0 && word.p[0] >= 'a' && word.p[0] <= 'z')
            offer(c, word);
    }
}

static void offer_words(struct completion *c, const struct sl_command *verb)
{
    struct usage u = parse_usage(verb->usage);
    const struct slot *option =
        find_option(&u, c->typed.n > 2 ? c->typed.v[c->typed.n - 2] : (sl_str){0});
    size_t typed = 0;

    if (option != NULL && option->n != 0) {
        offer_slot(c, &u, option);
        return;
    }
    if (c->last.n != 0 && c->last.p[0] == '-') {
        offer_options(c, &u);
        return;
    }
    while (position(c, &u, typed).n != 0)
        typed++;
    offer_slot(c, &u, find_position(&u, typed));
}

int sl_cmd_complete(struct sl_cli *cli)
{
    struct completion c = {.a = cli->arena, .typed = sl_cli_words(cli)};
    const struct sl_command *verb = c.typed.n > 1 ? sl_command_find(cli->argv[0]) : NULL;

    sl_strbuf_init(&c.out, c.a, 0);
    c.last = c.typed.n != 0 ? c.typed.v[c.typed.n - 1] : (sl_str){0};
    if (c.typed.n <= 1)
        offer_verbs(&c);
    else if (verb != NULL)
        offer_words(&c, verb);
    return sl_cli_print(sl_strbuf_str(&c.out));
}

/* ------------------------------------------------------------------ scripts */

/* bash takes words apart at ':', '=' and '@' too; only what is behind the last of them may be answered. */
static const char bash[] =
    "_sluice() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} cur=${COMP_WORDS[COMP_CWORD]} word skip\n"
    "    local -a words found\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    word=${words[-1]} skip=$((${#word} - ${#cur}))\n"
    "    mapfile -t found < <(\"${words[0]}\" complete \"${words[@]:1}\" 2>/dev/null)\n"
    "    COMPREPLY=()\n"
    "    for word in \"${found[@]}\"; do COMPREPLY+=(\"${word:skip}\"); done\n"
    "}\n"
    "complete -o default -F _sluice sluice\n";

static const char zsh[] =
    "#compdef sluice\n"
    "_sluice() {\n"
    "    local -a found\n"
    "    found=(${(f)\"$(${words[1]} complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\"})\n"
    "    if (( $#found )); then compadd -a found; else _files; fi\n"
    "}\n"
    "compdef _sluice sluice\n";

static const char fish[] = "function __sluice\n"
                           "    set -l typed (commandline -opc)\n"
                           "    $typed[1] complete $typed[2..] (commandline -ct) 2>/dev/null\n"
                           "end\n"
                           "complete -c sluice -a '(__sluice)'\n";

int sl_cmd_completion(struct sl_cli *cli)
{
    static const struct {
        const char *shell, *script;
    } rows[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

    for (size_t i = 0; cli->argc == 1 && i < SL_LEN(rows); i++) {
        if (strcmp(cli->argv[0], rows[i].shell) == 0)
            return sl_cli_print(sl_cstr(rows[i].script));
    }
    fprintf(stderr, "usage: sluice completion bash|zsh|fish\n"
                    "for this shell only: source <(sluice completion bash)\n");
    return 2;
}
