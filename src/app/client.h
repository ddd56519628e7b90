/**
 * client: one request to the admin API at a time, for the command line. Blocks; no TLS: the API is on
 * loopback or on the local socket.
 */
#pragma once
#include "base/diag.h"
#include "codec/header.h"

enum { SL_CLIENT_ANSWER_BYTES_MAX = 1 << 30, SL_CLIENT_TIMEOUT_MS = 120000 };

struct sl_client_target {
    sl_str address;   /* "127.0.0.1:9080" or "unix:/path" */
    sl_str authority; /* for Host */
    sl_str token;     /* empty: none */
};

struct sl_client_answer {
    uint16_t status;
    sl_str type, body;
};

/**
 * `url` NULL: the socket in `dir`. SL_E_CONFIG with a problem when the URL is none that can be used.
 */
sl_rc sl_client_target(const char *url, const char *token, const char *dir, struct sl_arena *a,
                       struct sl_client_target *ret, struct sl_diag *d) SL_CHECKED;
/** `body` empty: none. `if_match` empty: none. SL_E_IO and the like with a problem that says what to do. */
sl_rc sl_client_call(const struct sl_client_target *t, const char *method, sl_str path, sl_str body,
                     sl_str if_match, struct sl_arena *a, struct sl_client_answer *ret,
                     struct sl_diag *d) SL_CHECKED;
