/**
 * exchange: one request on its way through the gateway: the only thing that policies see of the gate.
 *
 * An exchange belongs to one worker thread and lives in its inbound's arena. It is driven by the
 * phase table (gate/phase.def); only gate/exchange.c changes a phase. Memory taken from x->arena lives
 * until the exchange ends. A hook must not keep pointers into other exchanges.
 */
#pragma once
#include "ai/call.h"
#include "base/id.h"
#include "base/str.h"
#include "net/client.h"
#include "net/server.h"
#include "snapshot/snapshot.h"
#include "snapshot/telemetry.h"

enum sl_phase {
#define X(name, label, text) SL_PHASE_##name,
#include "gate/phase.def"
#undef X
    SL_PHASE_COUNT
};

struct sl_worker;
struct sl_lease;

/** What an exchange waits for: one thing at a time. */
enum sl_wait {
    SL_WAIT_NONE,
    SL_WAIT_BODY,
    SL_WAIT_UPSTREAM,
    SL_WAIT_CLIENT,
    SL_WAIT_TIMER,
    SL_WAIT_POLICY
};

/** What became of an answer's body that a policy has to see before its head goes out. */
enum sl_hold {
    SL_HOLD_NONE,     /* nobody asked */
    SL_HOLD_WAITS,    /* for the rest of it */
    SL_HOLD_WHOLE,    /* all of it is in x->in->response.chain: look, but take nothing */
    SL_HOLD_TOO_LONG, /* it passes unseen */
    SL_HOLD_FULL      /* the worker holds as much as it may: refuse it, or let it pass unseen */
};

/** A policy's run within one exchange. */
struct sl_policy_run {
    const struct sl_policy *policy;
    void *state;
    bool has_run; /* on_request was called: on_settle is due */
};

struct sl_ai_exchange; /* gate/ai_exchange.h; NULL for REST */

struct sl_exchange {
    struct sl_task task;
    struct sl_link finishing; /* in the worker's list, while its end waits for the journal */
    struct sl_worker *worker;
    struct sl_loop *loop;
    struct sl_arena *arena;
    struct sl_inbound *in;
    const struct sl_snapshot *snapshot;
    struct sl_lease *lease;

    enum sl_phase phase;
    enum sl_wait waits_for;
    sl_usec phase_began_us;
    sl_usec phase_us[SL_PHASE_COUNT];
    sl_usec began_us, deadline_us;
    int64_t began_wall_s;

    /* the request as policies see and change it; goes upstream */
    struct sl_id id;
    sl_str request_id;     /* the text of `id` */
    struct sl_head req;    /* headers: a copy that may be changed */
    sl_str host;           /* of the authority, without port */
    sl_str path;           /* normalised; rewrite policies may set it */
    struct sl_addr client; /* the caller, behind trusted proxies */
    const struct sl_route *route;
    struct sl_match_result match;
    const struct sl_consumer *consumer;     /* set by an authentication policy */
    const struct sl_credential *credential; /* may be NULL although there is a consumer */

    /* the answer */
    struct sl_head res; /* as it goes to the client; on_response hooks change it */
    enum sl_hold hold;
    size_t hold_bytes;   /* at most so many */
    size_t held_bytes;   /* of the worker's, until the exchange settles */
    size_t unheld_bytes; /* the limit of the answer's pipe at other times */
    sl_str reply_body;   /* SL_REPLY and faults: the whole body */
    struct sl_headers
        add_headers; /* for the answer whatever it will be (RateLimit, CORS): hooks may add from on_request on */
    sl_rc failed;       /* sl_fail */
    const char *reason; /* static; for people and logs */
    sl_str hint;        /* for the caller; may be empty */
    sl_str errors;      /* for the caller: a JSON array, what is wrong and where; may be empty */
    sl_usec retry_after_us; /* of the error answer; 0: none */

    /* policies */
    struct sl_policy_run *runs; /* route's and consumer's, in order */
    size_t run_count, run_at;
    uint64_t body_limit;

    /* attempts */
    struct sl_timer timer; /* the current phase's */
    struct sl_outbound outbound;
    struct sl_pipe attempt_body; /* a private copy of the request body, when it may be sent again */
    struct sl_chain body;        /* the whole request body, when buffered */
    bool is_body_buffered;
    bool is_body_gathered; /* its bytes are read into one piece */
    const struct sl_endpoint *endpoint;
    uint64_t tried;    /* bits: endpoints tried (the first 64) */
    uint32_t attempts; /* begun */
    uint32_t retries;  /* of those, that used the budget */
    bool is_committed; /* the final head went to the client */
    bool is_settled;   /* the record was submitted */
    bool is_cut;       /* the answer must not look complete */
    bool is_endpoint_counted;
    bool is_retry_counted;
    bool is_upstream_counted;
    bool needs_fresh;       /* the next attempt uses no kept-alive connection */
    uint64_t progress_mark; /* bytes seen when the timer was armed */
    sl_usec progress_us;    /* when they were seen to have grown */

    struct sl_ai_exchange *ai;
    struct sl_record record; /* filled along the way */
};

/* ------------------------------------------------------------------ for policies */

/** Refuse: the error answer will have `rc`'s status and label. `reason` is static. Returns SL_FAIL. */
enum sl_verdict sl_fail(struct sl_exchange *x, sl_rc rc, const char *reason);
/** The same with a hint for the caller (in x->arena or static). */
enum sl_verdict sl_fail_hint(struct sl_exchange *x, sl_rc rc, const char *reason, sl_str hint);
/** Answer with `status`, `content_type` and `body` (living in x->arena or static). Returns SL_REPLY. */
enum sl_verdict sl_reply(struct sl_exchange *x, uint16_t status, sl_str content_type, sl_str body);
/** A field of the answer, also of an error answer. Replaces one of the same name. */
void sl_answer_header(struct sl_exchange *x, sl_str name, sl_str value);

static inline sl_usec sl_now(const struct sl_exchange *x)
{
    return sl_loop_now(x->loop);
}

static inline int64_t sl_wall_seconds(const struct sl_exchange *x)
{
    return sl_loop_wall_us(x->loop) / 1000000;
}

/** The caller's address as text, made once. */
sl_str sl_exchange_client_ip(struct sl_exchange *x);
/** The caller's identity for counters: consumer, else credential, else client address. In x->arena or longer. */
sl_str sl_exchange_subject(struct sl_exchange *x);

/* AI routes; all need the body to be read (order >= SL_ORDER_BODY) */

/** Public name of the model after alias resolution ("fast", "openai/gpt-4o"). Empty for REST. */
sl_str sl_exchange_model(const struct sl_exchange *x);
/** Tokens that the request will take at most: estimated input plus the output it may produce. */
int64_t sl_exchange_tokens_estimate(struct sl_exchange *x);
/** What the request may cost at most over its targets; -1 when a price is unknown. */
int64_t sl_exchange_cost_estimate(struct sl_exchange *x);
/** Ask that the vendor be capped to the reserved output when the client named no limit (U12). */
void sl_exchange_cap_output(struct sl_exchange *x);
/**
 * Restrict models (I7): `allows` is asked for the public name when models are listed, and with
 * `is_target` for every "account/model" before it is tried, fallbacks too. All restrictions apply.
 * `config` must live as long as the exchange.
 */
typedef bool sl_model_filter(const void *config, sl_str name, bool is_target);
void sl_exchange_restrict_models(struct sl_exchange *x, sl_model_filter *allows,
                                 const void *config);
/** In on_settle: what it really used and cost (cost -1: unknown). */
const struct sl_record *sl_exchange_record(const struct sl_exchange *x);
/** A charge that the ledger's writer adds to the budget's row with the record (at most SL_RECORD_BUDGETS_MAX). */
void sl_exchange_charge(struct sl_exchange *x, const struct sl_record_charge *charge);
