/**
 * control: the script of behaviours, the counters, the ledger, and the endpoints for them.
 *
 *     POST /_mock/script     add behaviours; JSON {"key","path","next":[spec...],"always":spec}
 *                            or the same as a form: key=K&path=P&next=S&next=S&always=S
 *     GET  /_mock/stats      counters and ledger as JSON (?ledger=0: without the ledger)
 *     GET  /_mock/requests   the last requests as received, bodies in base64 (--record N)
 *     POST /_mock/reset      forget script, counters, ledger and recorded requests
 *
 * A row of the script is for one API key and one path, or for any where these are absent. The
 * oldest matching `next` row is used up by a request; where there is none, the newest matching
 * `always` row holds. State of the process, owned by its one thread.
 */
#pragma once
#include <stdio.h>

#include "mock.h"

enum outcome {
    OUTCOME_COMPLETED, // answered with 2xx to the last byte
    OUTCOME_REFUSED,   // answered with an error status to the last byte
    OUTCOME_FAULTED,   // ended early or wrongly because a fault was asked for
    OUTCOME_ABORTED,   // the client left before the last byte
};

struct control_options {
    struct scenario base; // --default
    size_t ledger_max;    // rows kept; more are counted as dropped
    size_t record_max;    // requests kept for /_mock/requests
    struct span keys[16]; // accepted API keys; none: every key
    size_t keys_n;
    FILE *log; // one JSON line per request, or NULL
};

void control_init(const struct control_options *options);
void control_fini(void);
bool control_accepts_key(struct span key);
/** What stands behind "ID:" in the key of that form; empty: there is none. */
struct span control_secret(struct span id);
/** The scenario of this request before its model name has a say. Uses up a script row. */
bool control_scenario(const struct request *rq, struct scenario *ret_sc, struct span *ret_bad);
void control_count(const struct request *rq);
void control_opened(void);
void control_closed(void);
/** An answer has ended: count it and add the ledger row of AI. `events`: taken by the kernel. */
void control_settle(const struct claim *claim, enum outcome outcome, uint32_t events);
