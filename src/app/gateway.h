/**
 * gateway: the running program: configuration, workers, ledger, admin listener, and their lives.
 *
 * The calling thread becomes the one that waits for signals: SIGHUP and changed files reload the
 * configuration (a bad one changes nothing and is reported), SIGUSR1 reopens log files, SIGTERM and
 * SIGINT drain: listeners close, live requests end, at most gateway.drain long; a second one ends now.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"

struct sl_gateway_options {
    struct sl_strs files;        /* configuration files or directories */
    sl_str text;                 /* or the text of one; not watched */
    void (*on_ready)(void *arg); /* once, when all workers serve */
    void *arg;
};

/** Returns when the program is to end: SL_OK after a clean drain. Problems of the start are in *d. */
sl_rc sl_gateway_run(const struct sl_gateway_options *options, struct sl_diag *d) SL_CHECKED;
