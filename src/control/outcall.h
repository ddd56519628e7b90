/**
 * outcall: one HTTP request to somebody outside, for a control thread: it waits for the answer, with a loop
 * of its own. For tests that people ask for, not for traffic.
 */
#pragma once
#include "net/client.h"

enum { SL_OUTCALL_BODY_BYTES_MAX = 1 << 20 };

struct sl_outcall {
    const struct sl_origin *origin;
    struct sl_head req; /* body_kind and body_bytes are set from `body` */
    sl_str body;
    sl_usec timeout_us;     /* of all of it */
    size_t answer_max;      /* 0: SL_OUTCALL_BODY_BYTES_MAX */
    sl_addr_filter *admits; /* may it be connected to? NULL: any */
    const void *admits_arg;
    /* results */
    struct sl_head res; /* in the arena, like its texts */
    sl_str answer;      /* at most answer_max of the body */
    bool is_cut;        /* and there was more */
    sl_usec took_us;
    const char *why; /* static detail of a failure; may be NULL */
};

/** SL_OK when there was an answer, whatever its status; else why not (net/client.h, SL_E_UPSTREAM_TIMEOUT). */
sl_rc sl_outcall_run(struct sl_outcall *c, struct sl_arena *a) SL_CHECKED;
