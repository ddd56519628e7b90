/**
 * fetch: what stands at a URL that somebody has named, for a control thread: it waits for the answer.
 *
 * The URL is not ours to trust: the addresses that its name stands for are looked at when they are
 * connected to, and those of this machine and of private networks are refused, unless the operator
 * allows them (`gateway.admin.fetch_from`). Redirects are not followed; the answer has a limit.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"

enum { SL_FETCH_TIMEOUT_S = 15 };

struct sl_ip;
/** Is it an address of the public internet, or in one of the networks of `allowed`? */
bool sl_fetch_admits(const struct sl_strs *allowed, const struct sl_ip *ip);
struct sl_pair;
struct sl_send_request {
    sl_str url;
    sl_str ca;   /* a file with the authorities to trust; empty: the system's */
    bool is_get; /* else POST */
    const struct sl_pair *headers;
    size_t header_count;
    sl_str body;
    size_t answer_max; /* 0: SL_SEND_ANSWER_BYTES */
    sl_usec timeout_us;
};
struct sl_send_answer {
    uint16_t status;
    sl_str body;
    bool is_cut; /* there was more than answer_max of it */
};
enum { SL_SEND_ANSWER_BYTES = 64 << 10 };
/** One request, with the same care; any status is an answer. SL_E_INVALID with the reason at `url` in `d` when there is none. */
sl_rc sl_send(const struct sl_send_request *rq, const struct sl_strs *allowed, struct sl_arena *a,
              struct sl_diag *d, struct sl_send_answer *ret) SL_CHECKED;

struct sl_fetch_request {
    sl_str url;
    const struct sl_strs *allowed;
    size_t max_bytes;
    sl_usec timeout_us;   /* 0: SL_FETCH_TIMEOUT_S */
    sl_str authorization; /* may be empty */
    sl_str ca;            /* as in struct sl_send_request */
};
/** GET. The body of an answer with 200, at most `max_bytes`; SL_E_INVALID with the reason at `path` in `d`. */
sl_rc sl_fetch(const struct sl_fetch_request *rq, const char *path, struct sl_arena *a,
               struct sl_diag *d, sl_str *ret) SL_CHECKED;
