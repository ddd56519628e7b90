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
    const struct sl_pair *headers;
    size_t header_count;
    sl_str body;
    sl_usec timeout_us;
};
/**
 * POST, with the same care. *ret_status is the answer's, whatever it is; its body is dropped. SL_E_INVALID with the
 * reason in `d` when there is none.
 */
sl_rc sl_send(const struct sl_send_request *rq, const struct sl_strs *allowed, struct sl_arena *a,
              struct sl_diag *d, uint16_t *ret_status) SL_CHECKED;
/** GET. The body, at most `max_bytes`; SL_E_INVALID with the reason at `path` in `d`. */
sl_rc sl_fetch(sl_str url, const struct sl_strs *allowed, size_t max_bytes, const char *path,
               struct sl_arena *a, struct sl_diag *d, sl_str *ret) SL_CHECKED;
