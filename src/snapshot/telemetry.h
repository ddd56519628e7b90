/**
 * telemetry: the one record of one request: who, which way, which model, what it used and cost, how
 * long each phase took, how it ended. Ledger, access log, metrics and reports all derive from it.
 *
 * Workers encode records into their journal (length, CRC-32, payload; little endian, versioned), one
 * write per tick; store/journal reads them back. Encoding is pure. Strings are cut at
 * SL_RECORD_TEXT_MAX bytes; secrets are never in a record.
 */
#pragma once
#include "ai/usage.h"
#include "base/strbuf.h"
#include "base/err.h"

enum {
    SL_RECORD_TEXT_MAX = 512,
    SL_RECORD_ATTEMPTS_MAX = 8,
    SL_RECORD_BUDGETS_MAX = 20,
    SL_RECORD_BYTES_MAX = 65536
};

struct sl_record_attempt {
    sl_str target; /* "orders-pool http://10.0.0.1:8080" or "openai/gpt-4o" */
    sl_str key_label;
    uint16_t status; /* 0: no answer */
    int16_t rc;
    int64_t started_us; /* after the start of the request */
    int64_t took_us;
    /* of a failed attempt that produced tokens: wasted (U14); NULL: none */
    const struct sl_ai_usage *usage;
    int64_t wasted_nusd;
};

/** A charge against a budget: what the writer adds to the budget's row in the same transaction. */
struct sl_record_charge {
    sl_str budget, subject;
    int64_t window_start_s; /* Unix seconds */
    int64_t cost_nusd;
    int64_t tokens;
};

enum sl_outcome {
    SL_OUTCOME_OK,
    SL_OUTCOME_CLIENT_ERROR,
    SL_OUTCOME_UPSTREAM_ERROR,
    SL_OUTCOME_GATEWAY_ERROR,
    SL_OUTCOME_CANCELLED
};

/** Was an answer compared with what its API's description says? */
enum sl_answer_check {
    SL_ANSWER_UNASKED,
    SL_ANSWER_FITS,
    SL_ANSWER_FAULTY,
    SL_ANSWER_UNCHECKED, /* too large, compressed, or too costly */
    SL_ANSWER_CHECK_COUNT
};

struct sl_record {
    sl_str request_id; /* unique: the ledger's key */
    int64_t wall_us;   /* start, Unix microseconds */
    sl_str client_ip, method, host, path, user_agent;
    sl_str service, service_version, route, consumer, credential;
    sl_str team; /* of the consumer */
    uint16_t status;
    int16_t rc;    /* enum of err.h when the gateway or upstream failed */
    sl_str reason; /* static detail */
    enum sl_outcome outcome;
    uint64_t request_bytes, response_bytes;
    int64_t took_us, upstream_us,
        first_byte_us; /* first_byte: of the response's content (first token) */
    int64_t phase_us[12];
    /* AI */
    bool is_ai, is_stream;
    sl_str model_asked, model_route, vendor, account, model, vendor_model, key_label, stop,
        service_tier;
    sl_str model_rule,
        rule_reason; /* of the model's route: which rule took it, and its conditions */
    struct sl_ai_usage usage;
    int64_t cost_nusd; /* -1: unknown */
    int64_t reserved_nusd;
    int64_t
        price_as_of; /* Unix seconds of the price used; with the price row makes cost re-derivable */
    /* borrowed: most requests have one attempt and few charges, so there is no room for more in each */
    struct sl_record_attempt *attempts; /* at most SL_RECORD_ATTEMPTS_MAX */
    size_t attempt_count;
    struct sl_record_charge *charges; /* at most SL_RECORD_BUDGETS_MAX */
    size_t charge_count;
    enum sl_answer_check answer_check; /* for metrics: not in the journal */
    bool is_metered;                   /* goes to the ledger (health checks of listeners do not) */
};

/** What a record that is decoded borrows. */
struct sl_record_room {
    struct sl_record_attempt attempts[SL_RECORD_ATTEMPTS_MAX];
    struct sl_ai_usage usages[SL_RECORD_ATTEMPTS_MAX];
    struct sl_record_charge charges[SL_RECORD_BUDGETS_MAX];
};

/** Append the framed record to `out`. Never fails but by out->is_full. */
void sl_record_encode(const struct sl_record *r, struct sl_strbuf *out);
/**
 * Decode the frame at the start of `bytes`; strings point into it, the rest into `room`. *ret_bytes is the frame's length.
 * SL_E_AGAIN: incomplete (the tail of a file being written or cut by a crash); SL_E_SYNTAX: not a record.
 */
sl_rc sl_record_decode(sl_str bytes, struct sl_record_room *room, struct sl_record *ret,
                       size_t *ret_bytes) SL_CHECKED;
/** Of phase_us[i], as in gate/phase.def; NULL: there is no such phase. */
const char *sl_record_phase_name(size_t i);
/** The access log's JSON line (with its newline). */
void sl_record_json(const struct sl_record *r, struct sl_strbuf *out);
