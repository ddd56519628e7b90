/*
 * sluice requests: single requests, from the ledger of a data directory.
 */
#include "app/cli.h"
#include "app/load.h"
#include "base/num.h"
#include "base/str.h"
#include "store/requests.h"

#include <stdio.h>

enum { LIMIT = 50, LIMIT_MAX = 100000 };

static const char *const filter_names[SL_REQUEST_FILTER_COUNT] = {
#define X(ID, name, column, help) #name,
#include "store/request_filter.def"
#undef X
};

/* "--client-ip" of "client_ip" */
static const char *option_of(const char *name, struct sl_arena *a)
{
    sl_str option = sl_fmt(a, "--%s", name);
    for (char *p = (char *)option.p; *p != '\0'; p++) {
        if (*p == '_')
            *p = '-';
    }
    return option.p;
}

static void read_filters(struct sl_cli *cli, struct sl_request_query *q)
{
    for (size_t i = 0; i < SL_LEN(filter_names); i++) {
        const char *value = sl_cli_option(cli, option_of(filter_names[i], cli->arena));
        if (value != NULL)
            q->filters[i] = sl_cstr(value);
    }
}

static bool read_limit(const char *text, size_t *ret)
{
    uint64_t n = LIMIT;
    if (text != NULL && (!sl_num_u64(sl_cstr(text), LIMIT_MAX, &n) || n == 0)) {
        fprintf(stderr, "sluice: --limit takes a number from 1 to %d\n", LIMIT_MAX);
        return false;
    }
    *ret = n;
    return true;
}

static sl_rc write_array(struct sl_cli *cli, struct sl_db *db, const struct sl_request_query *q,
                         struct sl_strbuf *out, struct sl_diag *d)
{
    struct sl_request_place last;
    struct sl_jsonw w;
    bool has_more;
    sl_jsonw_init(&w, out);
    sl_jsonw_array(&w);
    sl_rc rc = sl_requests_write(db, q, &w, cli->arena, &last, &has_more, d);
    sl_jsonw_end(&w);
    sl_strbuf_add_char(out, '\n');
    if (rc == SL_OK && has_more)
        fprintf(stderr, "sluice: there are more: --limit takes up to %d\n", LIMIT_MAX);
    return rc;
}

static int show(struct sl_cli *cli, const char *dir, const struct sl_request_query *q)
{
    struct sl_diag *d = sl_arena_new_of(cli->arena, struct sl_diag);
    struct sl_strbuf out = {0};
    struct sl_db *db;
    sl_diag_init(d, cli->arena);
    sl_rc rc = sl_db_open_to_read(sl_fmt(cli->arena, "%s/usage.db", dir).p, &db, d);
    if (rc == SL_OK) {
        rc = write_array(cli, db, q, &out, d);
        sl_db_close(db);
    }
    int status = 1;
    if (rc == SL_OK)
        status = sl_cli_print(sl_strbuf_str(&out));
    else
        sl_print_problems(d);
    sl_strbuf_fini(&out);
    return status;
}

int sl_cmd_requests(struct sl_cli *cli)
{
    const char *dir = sl_cli_data_dir(cli), *since = sl_cli_option(cli, "--since");
    const char *limit = sl_cli_option(cli, "--limit");
    struct sl_request_query q = {.flags[SL_REQUEST_IS_FAILED] = sl_cli_flag(cli, "--failed")};
    read_filters(cli, &q);
    if (sl_cli_has_unknown_option(cli) || cli->argc != 0) {
        fprintf(stderr, "usage: sluice %s\n", sl_command_find("requests")->usage);
        return 2;
    }
    if ((since != NULL && !sl_cli_parse_since(since, &q.since_us)) || !read_limit(limit, &q.limit))
        return 2;
    return show(cli, dir, &q);
}
