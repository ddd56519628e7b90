/*
 * sluice serve, sluice example, sluice usage.
 */
#include "app/cli.h"
#include "app/demo.h"
#include "app/gateway.h"
#include "app/load.h"
#include "app/quickstart.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"
#include "store/usage.h"

#include <stdio.h>

enum { GATEWAY_PORT = 8080 };
static const char quick_dir[] = "sluice-data";

static int serve(const struct sl_gateway_options *o, struct sl_cli *cli)
{
    struct sl_diag *d = sl_arena_new_of(cli->arena, struct sl_diag);
    sl_diag_init(d, cli->arena);
    if (sl_gateway_run(o, d) == SL_OK)
        return 0;
    sl_print_problems(d);
    return 1;
}

static void greet(void *arg)
{
    const struct sl_strbuf *text = arg;
    (void)sl_cli_print(sl_strbuf_str(text)); /* nobody to tell when stdout is gone */
}

static uint16_t port_option(struct sl_cli *cli)
{
    const char *text = sl_cli_option(cli, "--port");
    uint64_t port = GATEWAY_PORT;
    if (text != NULL && !sl_num_u64(sl_cstr(text), UINT16_MAX, &port))
        fprintf(stderr, "sluice: --port takes a number up to 65535; using %d\n", GATEWAY_PORT);
    return (uint16_t)port;
}

static int serve_quickstart(struct sl_cli *cli)
{
    const char *dir = sl_cli_option(cli, "--data-dir");
    struct sl_quickstart q = {.data_dir = sl_cstr(dir != NULL ? dir : quick_dir),
                              .port = port_option(cli)};
    struct sl_strbuf config, greeting;
    struct sl_demo *demo = NULL;
    sl_str why = {0};
    if (sl_cli_has_unknown_option(cli))
        return 2;
    if (sl_quickstart_prepare(&q, &why, cli->arena) != SL_OK) {
        fprintf(stderr, "sluice: %.*s\n", SL_STRF(why));
        return 1;
    }
    if (sl_demo_start(&demo, &q.demo_port) != SL_OK) {
        fprintf(stderr, "sluice: the demo vendor finds no free port on 127.0.0.1\n");
        return 1;
    }
    sl_strbuf_init(&config, cli->arena, 0);
    sl_strbuf_init(&greeting, cli->arena, 0);
    sl_quickstart_config(&q, &config);
    sl_quickstart_greeting(&q, cli->program, &greeting);
    struct sl_gateway_options o = {
        .text = sl_strbuf_str(&config), .on_ready = greet, .arg = &greeting};
    int status = serve(&o, cli);
    sl_demo_stop(demo);
    return status;
}

int sl_cmd_serve(struct sl_cli *cli)
{
    if (sl_cli_flag(cli, "--quickstart"))
        return serve_quickstart(cli);
    if (sl_cli_has_unknown_option(cli) || cli->argc == 0) {
        fprintf(
            stderr,
            "usage: sluice serve FILE...   or: sluice serve --quickstart [--port N] [--data-dir DIR]\n");
        return 2;
    }
    struct sl_gateway_options o = {
        .files = {.v = sl_arena_array(cli->arena, sl_str, (size_t)cli->argc),
                  .n = (size_t)cli->argc}};
    for (int i = 0; i < cli->argc; i++)
        o.files.v[i] = sl_cstr(cli->argv[i]);
    return serve(&o, cli);
}

int sl_cmd_example(struct sl_cli *cli)
{
    struct sl_quickstart q = {.data_dir = sl_cstr(quick_dir),
                              .port = GATEWAY_PORT,
                              .demo_port = 1,
                              .has_openai = true,
                              .has_anthropic = true,
                              .has_ollama = true};
    struct sl_strbuf b;
    sl_strbuf_init(&b, cli->arena, 0);
    sl_quickstart_config(&q, &b);
    return sl_cli_print(sl_strbuf_str(&b));
}
