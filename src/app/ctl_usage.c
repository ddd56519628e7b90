/*
 * sluice usage: what was used and what it cost, from the ledger of a data directory.
 */
#include "app/cli.h"
#include "app/load.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/report.h"

#include <stdio.h>

static const char *const groups[] = {"model",  "consumer", "service", "route",
                                     "vendor", "day",      "hour",    "minute"};

static bool parse_group(const char *text, enum sl_report_group *ret)
{
    for (size_t i = 0; i < SL_LEN(groups); i++) {
        if (strcmp(groups[i], text) == 0) {
            *ret = (enum sl_report_group)i;
            return true;
        }
    }
    fprintf(stderr,
            "sluice: --group takes model, consumer, service, route, vendor, day, hour or minute\n");
    return false;
}

/* Without a group: all traffic by service, then models. */
static sl_rc write_reports(struct sl_db *db, struct sl_report_options o, bool has_group,
                           struct sl_strbuf *out, struct sl_diag *d)
{
    if (has_group || o.is_json)
        return sl_report_write(db, &o, out, d);
    o.group = SL_REPORT_SERVICE;
    sl_rc rc = sl_report_write(db, &o, out, d);
    sl_strbuf_add_char(out, '\n');
    o.group = SL_REPORT_MODEL;
    return rc == SL_OK ? sl_report_write(db, &o, out, d) : rc;
}

static int report(struct sl_cli *cli, const char *dir, const struct sl_report_options *o,
                  bool has_group)
{
    struct sl_diag *d = sl_arena_new_of(cli->arena, struct sl_diag);
    struct sl_strbuf out;
    struct sl_db *db;
    sl_diag_init(d, cli->arena);
    sl_strbuf_init(&out, cli->arena, 0);
    sl_rc rc = sl_db_open_to_read(sl_fmt(cli->arena, "%s/usage.db", dir).p, &db, d);
    if (rc == SL_OK) {
        rc = write_reports(db, *o, has_group, &out, d);
        sl_db_close(db);
    }
    if (rc == SL_OK)
        return sl_cli_print(sl_strbuf_str(&out));
    sl_print_problems(d);
    return 1;
}

int sl_cmd_usage(struct sl_cli *cli)
{
    const char *dir = sl_cli_data_dir(cli), *since = sl_cli_option(cli, "--since");
    const char *group = sl_cli_option(cli, "--group");
    struct sl_report_options o = {.now_us = sl_clock_wall_us(),
                                  .is_json = sl_cli_flag(cli, "--json")};
    if (sl_cli_has_unknown_option(cli) || cli->argc != 0) {
        fprintf(stderr,
                "usage: sluice usage [--data-dir DIR] [--since 24h] [--group model] [--json]\n");
        return 2;
    }
    if (!sl_cli_parse_since(since != NULL ? since : "24h", &o.since_us) ||
        (group != NULL && !parse_group(group, &o.group)))
        return 2;
    return report(cli, dir, &o, group != NULL);
}
