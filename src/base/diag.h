/**
 * diag: what is wrong with an input, where, and what would be right.
 *
 * A diag collects up to SL_DIAG_MAX problems, so that one check of a file names them all. Texts are
 * copied into the diag's arena, messages and params at most 511 bytes of each, cut between characters (UTF-8);
 * at the arena's limit params are empty. Formats are literals, which stay. One thread owns a diag.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>

enum { SL_DIAG_MAX = 64, SL_DIAG_PARAMS_MAX = 4 };

struct sl_problem {
    sl_rc rc;
    sl_str file;   /* may be empty */
    uint32_t line; /* from 1; 0: unknown */
    uint32_t column;
    sl_str path;                       /* "upstreams[2].endpoints[0].url" */
    sl_str message;                    /* "must be a URL, such as http://10.0.0.1:8080" */
    const char *format;                /* what the message was made of, ... */
    sl_str params[SL_DIAG_PARAMS_MAX]; /* ... and with; those beyond are not kept */
    size_t param_count;
};

struct sl_diag {
    struct sl_arena *arena; /* borrowed */
    struct sl_problem problems[SL_DIAG_MAX];
    size_t count;
    size_t dropped; /* beyond SL_DIAG_MAX */
};

void sl_diag_init(struct sl_diag *d, struct sl_arena *a);

/** Record a problem at `path` and return `rc`, so that callers can return the call itself. */
sl_rc sl_diag_fail(struct sl_diag *d, sl_rc rc, const char *path, const char *fmt, ...)
    SL_PRINTF(4, 5);
/** The same with a position in a file. */
sl_rc sl_diag_fail_at(struct sl_diag *d, sl_rc rc, sl_str file, uint32_t line, uint32_t column,
                      sl_str path, const char *fmt, ...) SL_PRINTF(7, 8);

/** The same for functions with arguments of their own. */
sl_rc sl_diag_vfail(struct sl_diag *d, sl_rc rc, const char *path, const char *fmt, va_list args)
    SL_PRINTF(4, 0);
sl_rc sl_diag_vfail_at(struct sl_diag *d, sl_rc rc, sl_str file, uint32_t line, uint32_t column,
                       sl_str path, const char *fmt, va_list args) SL_PRINTF(7, 0);

static inline bool sl_diag_is_clean(const struct sl_diag *d)
{
    return d->count == 0;
}

/** "file:line:column: path: message", one line of text in `a`. */
sl_str sl_problem_text(const struct sl_problem *p, struct sl_arena *a);
