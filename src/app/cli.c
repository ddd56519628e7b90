#include "app/cli.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>

static void take_out(struct sl_cli *cli, int at, int n)
{
    for (int i = at; i + n <= cli->argc; i++)
        cli->argv[i] = i + n < cli->argc ? cli->argv[i + n] : NULL;
    cli->argc -= n;
}

const char *sl_cli_option(struct sl_cli *cli, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < cli->argc; i++) {
        const char *word = cli->argv[i];
        if (strncmp(word, name, n) != 0)
            continue;
        if (word[n] == '=') {
            take_out(cli, i, 1);
            return word + n + 1;
        }
        if (word[n] == '\0' && i + 1 < cli->argc) {
            const char *value = cli->argv[i + 1];
            take_out(cli, i, 2);
            return value;
        }
    }
    return NULL;
}

bool sl_cli_flag(struct sl_cli *cli, const char *name)
{
    for (int i = 0; i < cli->argc; i++) {
        if (strcmp(cli->argv[i], name) == 0) {
            take_out(cli, i, 1);
            return true;
        }
    }
    return false;
}

bool sl_cli_has_unknown_option(const struct sl_cli *cli)
{
    for (int i = 0; i < cli->argc; i++) {
        if (cli->argv[i][0] == '-' && cli->argv[i][1] != '\0') {
            fprintf(stderr, "sluice: unknown or incomplete option '%s'; see 'sluice help'\n",
                    cli->argv[i]);
            return true;
        }
    }
    return false;
}

struct sl_strs sl_cli_words(const struct sl_cli *cli)
{
    struct sl_strs words = {.n = (size_t)cli->argc};
    words.v = sl_arena_array(cli->arena, sl_str, words.n);
    for (size_t i = 0; i < words.n; i++)
        words.v[i] = sl_cstr(cli->argv[i]);
    return words;
}

const char *sl_cli_data_dir(struct sl_cli *cli)
{
    const char *dir = sl_cli_option(cli, "--data-dir");
    if (dir == NULL)
        dir = getenv("SLUICE_DATA_DIR");
    return dir != NULL && dir[0] != '\0' ? dir : "sluice-data";
}

bool sl_cli_parse_since(const char *text, int64_t *ret_since_us)
{
    sl_usec span_us;
    if (!sl_units_span(sl_cstr(text), &span_us)) {
        fprintf(stderr, "sluice: --since takes a span such as 30m, 24h or 7d\n");
        return false;
    }
    *ret_since_us = sl_clock_wall_us() - span_us;
    return true;
}

int sl_cli_print(sl_str text)
{
    bool is_written = fwrite(text.p, 1, text.n, stdout) == text.n;
    return is_written && fflush(stdout) == 0 ? 0 : 1;
}
