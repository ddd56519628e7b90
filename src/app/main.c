/*
 * The program: `sluice VERB ...`.
 */
#include "app/cli.h"

#include <stdio.h>

enum { ARENA_BYTES = 256 << 20 };

static const struct sl_command verbs[] = {
    {"serve", "serve [--quickstart | FILE...]",
     "run the gateway with these configuration files (or directories)", sl_cmd_serve},
    {"check", "check FILE...",
     "say what is wrong in a configuration, where, and what would be right", sl_cmd_check},
    {"explain", "explain METHOD URL --config FILE [--model NAME]",
     "say which route, policies and targets a request would take, and why", sl_cmd_explain},
    {"key", "key create NAME", "make an API key and print the lines for a configuration",
     sl_cmd_key},
    {"get", "get NOUN [KEY] [--query 'q=text'] [-o table|json|yaml]",
     "list resources of a running gateway, or show one", sl_cmd_get},
    {"create", "create NOUN -f FILE", "create one", sl_cmd_create},
    {"update", "update NOUN KEY -f FILE", "change members of one", sl_cmd_update},
    {"delete", "delete NOUN KEY", "delete one", sl_cmd_delete},
    {"do", "do NOUN KEY ACTION [-f FILE]", "act on one, such as: do credentials k1 rotate",
     sl_cmd_do},
    {"publish", "publish SERVICE [--reason TEXT]", "make its draft a release and serve it",
     sl_cmd_publish},
    {"rollback", "rollback SERVICE [--reason TEXT]", "serve the release before again",
     sl_cmd_rollback},
    {"apply", "apply -f PATH [--prune [--yes]] [--no-publish] [--dry-run]",
     "bring a running gateway to what configuration files say", sl_cmd_apply},
    {"diff", "diff -f PATH [--prune]", "say what apply would change; exit status 3 if anything",
     sl_cmd_diff},
    {"diff-api", "diff-api SERVICE [OTHER] [-o table|json]",
     "compare two versions of an API, or a draft with what is live; exit status 3 if callers break",
     sl_cmd_diff_api},
    {"export", "export [NOUN...] [-o yaml|json]",
     "print everything, or these nouns, as a configuration file", sl_cmd_export},
    {"backup", "backup FILE [--config FILE] [--data-dir DIR] [--store URL]",
     "write all that the store keeps into a file, while the gateway runs or not", sl_cmd_backup},
    {"restore", "restore FILE [--config FILE] [--data-dir DIR] [--store URL] [--replace]",
     "put what a backup has in the place of what the store has", sl_cmd_restore},
    {"reseal", "reseal [--config FILE] [--data-dir DIR] [--store URL]",
     "seal all secrets anew, under the first key of the key file", sl_cmd_reseal},
    {"usage", "usage [--data-dir DIR] [--since 24h] [--group model] [--json]",
     "requests, tokens and money from the ledger", sl_cmd_usage},
    {"requests",
     "requests [--data-dir DIR] [--since 24h] [--limit 50] [--failed] [--service NAME] [--route NAME] "
     "[--consumer NAME] [--credential NAME] [--team NAME] [--model NAME] [--vendor NAME] [--status N] "
     "[--outcome NAME] [--error NAME] [--method NAME] [--client-ip IP]",
     "single requests from the ledger as JSON, the newest first", sl_cmd_requests},
    {"example", "example", "print the configuration of --quickstart, to build on", sl_cmd_example},
    {"reference", "reference [configuration | vendors | support-matrix | admin-api-operations]",
     "print the reference of all settings, of the vendors, what becomes of requests, or of the "
     "admin API (Markdown)",
     sl_cmd_reference},
    {"completion", "completion bash|zsh|fish",
     "print a script for the shell: source <(sluice completion bash)", sl_cmd_completion},
    {"complete", "complete WORD...",
     "what could stand for the last of these words; for that script", sl_cmd_complete},
    {"version", "version", "print the version", sl_cmd_version},
};

static int help(FILE *to)
{
    fprintf(to, "Sluice, an AI gateway and API gateway in one program.\n\n");
    for (size_t i = 0; i < SL_LEN(verbs); i++)
        fprintf(to, "  sluice %s\n      %s\n", verbs[i].usage, verbs[i].about);
    return to == stdout ? 0 : 2;
}

const struct sl_command *sl_command_at(size_t index)
{
    return index < SL_LEN(verbs) ? &verbs[index] : NULL;
}

const struct sl_command *sl_command_find(const char *name)
{
    for (size_t i = 0; i < SL_LEN(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(stdout);
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct sl_command *v = sl_command_find(name);
    if (v == NULL) {
        fprintf(stderr, "sluice: there is no verb '%s'; see 'sluice help'\n", name);
        return 2;
    }
    struct sl_cli cli = {.program = argv[0],
                         .argc = argc - 2,
                         .argv = argv + 2,
                         .arena = sl_arena_new("command line", ARENA_BYTES)};
    int status = v->run(&cli);
    sl_arena_free(cli.arena);
    return status;
}
