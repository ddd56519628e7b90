/*
 * mockllm: a fast, deterministic AI vendor and REST service for tests and benches.
 *
 * It speaks the dialects of OpenAI, Anthropic and AWS Bedrock after the vendors' documents, fails on request in
 * named ways (scenario.h), and keeps a ledger of what it answered (control.h).
 */
#include "aws.h"
#include "control.h"
#include "server.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { LEDGER_ROWS = 1 << 20, RECORDED = 64 };

static void usage(void)
{
    printf("mockllm [--port N] [--key K]... [--default SCENARIO] [--ledger ROWS] [--record N]\n"
           "        [--requests-log FILE] [--aws-clock SECONDS]\n\n"
           "--port 0 takes a free one; the first line says `listening 127.0.0.1:PORT`.\n"
           "A scenario is name=value,...: --default, POST /_mock/script, the x-mock header, or\n"
           "behind '!' in the model name. Names:\n");
    scenario_help();
}

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "mockllm: %s: %s\n", what, which);
    exit(2);
}

static void on_term(int signal_number)
{
    (void)signal_number;
    server_stop();
}

static void add_key(struct control_options *o, const char *key)
{
    if (o->keys_n == sizeof o->keys / sizeof o->keys[0])
        fail("too many keys", key);
    o->keys[o->keys_n++] = span_of(key);
}

static void set_option(struct control_options *o, int option, const char *value, int *ret_port)
{
    struct span bad;
    switch (option) {
    case 'p':
        *ret_port = (int)span_number(span_of(value), 0);
        return;
    case 'k':
        add_key(o, value);
        return;
    case 'd':
        if (!scenario_apply(&o->base, span_of(value), &bad))
            fail("bad scenario", value);
        return;
    case 'l':
        o->ledger_max = (size_t)span_number(span_of(value), 0);
        return;
    case 'r':
        o->record_max = (size_t)span_number(span_of(value), 0);
        return;
    case 'c':
        aws_set_clock(value[0] == '-' ? -span_number(span_of(value + 1), 0)
                                      : span_number(span_of(value), 0));
        return;
    case 'o':
        o->log = fopen(value, "ae");
        if (o->log == NULL)
            fail("cannot open", value);
        return;
    case 'h':
        usage();
        exit(0);
    default:
        exit(2); // getopt has said why
    }
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},
        {"key", required_argument, NULL, 'k'},
        {"default", required_argument, NULL, 'd'},
        {"ledger", required_argument, NULL, 'l'},
        {"record", required_argument, NULL, 'r'},
        {"requests-log", required_argument, NULL, 'o'},
        {"aws-clock", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct control_options o = {
        .base = scenario_default, .ledger_max = LEDGER_ROWS, .record_max = RECORDED};
    int port = 0, option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        set_option(&o, option, optarg, &port);

    struct sigaction term = {.sa_handler = on_term};
    (void)sigaction(SIGTERM, &term, NULL);
    (void)sigaction(SIGINT, &term, NULL);
    raise_file_limit();
    control_init(&o);
    port = server_listen(port);
    if (port < 0)
        fail("cannot listen", strerror(errno));
    printf("listening 127.0.0.1:%d\n", port);
    (void)fflush(stdout);
    server_run();
    control_fini();
    if (o.log != NULL)
        (void)fclose(o.log);
    return 0;
}
