/**
 * audit: who changed what, as a chain of hashes: each entry's hash covers the entry and the hash of the one
 * before, so that a row that was changed or taken out later is found by sl_audit_verify.
 */
#pragma once
#include "store/store.h"

struct sl_audit {
    int64_t seq; /* from 1, without gaps; set when it is appended */
    int64_t at_us;
    sl_str actor;  /* "user:alice", "token:ci", "local", "system" */
    sl_str remote; /* an IP address */
    sl_str request_id, action, kind, subject_id, subject, workspace;
    sl_str before, after; /* JSON without secrets; may be empty */
    sl_str hash;          /* 64 hexadecimal digits; set when it is appended */
};

/** Append to the chain, in the transaction that makes the change. */
sl_rc sl_audit_append(struct sl_tx *tx, const struct sl_audit *entry) SL_CHECKED;

struct sl_audit_query {
    int64_t before_seq; /* newest first, after this one; 0: from the newest */
    int64_t after_seq;  /* oldest first, above this, when is_ascending */
    bool is_ascending;
    sl_str subject_id; /* p == NULL: any; so are those below */
    sl_str actor, kind, action, subject;
    /* Those from then on, those before then; 0: any. Then it is their times that put them in order. */
    int64_t since_us, until_us;
};

/** Visit entries until `visit` returns false; their texts live until it returns. */
sl_rc sl_audit_each(struct sl_tx *tx, const struct sl_audit_query *query,
                    bool (*visit)(const struct sl_audit *entry, void *arg), void *arg) SL_CHECKED;

/** The front of the trail that went. */
struct sl_audit_cut {
    int64_t seq, count; /* of the last entry that went; count 0: none did */
    char hash[65];
};
/**
 * Take the entries from before `before_us` off the front, at most `most`; the newest one always stays. The place
 * is noted, so that the rest of the chain is checked from there.
 */
sl_rc sl_audit_cut(struct sl_tx *tx, int64_t before_us, int64_t most,
                   struct sl_audit_cut *ret) SL_CHECKED;

/** Check the whole chain, from where it was cut. *ret_broken_seq: the first entry that does not fit; 0: all do. */
sl_rc sl_audit_verify(struct sl_tx *tx, int64_t *ret_broken_seq, int64_t *ret_count) SL_CHECKED;
