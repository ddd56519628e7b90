/**
 * cli: the verbs of the program. Each takes what is behind its name and returns the exit status:
 * 0 done, 1 it failed or found problems, 2 the command line is wrong, 3 diff found differences.
 */
#pragma once
#include "base/field.h"

struct sl_cli {
    const char *program; /* argv[0] */
    int argc;            /* words behind the verb */
    char **argv;
    struct sl_arena *arena;
};

struct sl_command {
    const char *name;
    const char
        *usage; /* "get NOUN [KEY] [-o table|json|yaml]": also what completion is made from */
    const char *about;
    int (*run)(struct sl_cli *cli);
};

/** The verbs in the order of the help; NULL behind the last. */
const struct sl_command *sl_command_at(size_t index);
/** NULL: there is none of this name. */
const struct sl_command *sl_command_find(const char *name);

/** The value behind `--name` or in `--name=value`, taken out of the words; NULL when absent. */
const char *sl_cli_option(struct sl_cli *cli, const char *name);
/** Is `--name` there? Taken out. */
bool sl_cli_flag(struct sl_cli *cli, const char *name);
/** `--data-dir`, taken out, else SLUICE_DATA_DIR, else the folder that the program uses by itself. */
const char *sl_cli_data_dir(struct sl_cli *cli);
/** After all options were taken: complain about the first word that looks like one. */
bool sl_cli_has_unknown_option(const struct sl_cli *cli);
/** The words that are left. */
struct sl_strs sl_cli_words(const struct sl_cli *cli);
/** When "24h" ago was: *ret_since_us in Unix microseconds. False when it is no span, which was said. */
bool sl_cli_parse_since(const char *text, int64_t *ret_since_us);
/** Write text to stdout; exit status 1 when that fails. */
int sl_cli_print(sl_str text);

int sl_cmd_apply(struct sl_cli *cli);
int sl_cmd_backup(struct sl_cli *cli);
int sl_cmd_complete(struct sl_cli *cli);
int sl_cmd_completion(struct sl_cli *cli);
int sl_cmd_create(struct sl_cli *cli);
int sl_cmd_delete(struct sl_cli *cli);
int sl_cmd_diff(struct sl_cli *cli);
int sl_cmd_diff_api(struct sl_cli *cli);
int sl_cmd_do(struct sl_cli *cli);
int sl_cmd_export(struct sl_cli *cli);
int sl_cmd_get(struct sl_cli *cli);
int sl_cmd_publish(struct sl_cli *cli);
int sl_cmd_requests(struct sl_cli *cli);
int sl_cmd_reseal(struct sl_cli *cli);
int sl_cmd_restore(struct sl_cli *cli);
int sl_cmd_rollback(struct sl_cli *cli);
int sl_cmd_update(struct sl_cli *cli);
int sl_cmd_serve(struct sl_cli *cli);
int sl_cmd_check(struct sl_cli *cli);
int sl_cmd_explain(struct sl_cli *cli);
int sl_cmd_key(struct sl_cli *cli);
int sl_cmd_usage(struct sl_cli *cli);
int sl_cmd_example(struct sl_cli *cli);
int sl_cmd_reference(struct sl_cli *cli);
int sl_cmd_version(struct sl_cli *cli);
