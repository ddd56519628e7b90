/**
 * aws: the server's side of Signature Version 4, and binary event streams. After AWS's documents; shares no
 * code with the gateway.
 */
#pragma once
#include "mock.h"

enum aws_verdict {
    AWS_GOOD,
    AWS_NO_TOKEN,      // no Authorization at all
    AWS_INCOMPLETE,    // not of the right form, or something is not signed that must be
    AWS_UNKNOWN_KEY,   // the access key, or its session token, is not known
    AWS_EXPIRED,       // signed too long ago, or for later
    AWS_BAD_SIGNATURE, // everything else
};

/**
 * Check who signed. `secret_of` gives "SECRET" or "SECRET:TOKEN" of an access key id; empty: not known.
 * *ret_id is the access key id.
 */
enum aws_verdict aws_verify(const struct request *rq, const char *service,
                            struct span (*secret_of)(struct span id), struct span *ret_id);

/** AWS's clock is `ahead_s` before the machine's. */
void aws_set_clock(int64_t ahead_s);
int64_t aws_now_s(void);

/** Append one message with the headers :TYPE_NAME (such as ":event-type"), :content-type, :message-type. */
void aws_message(struct buf *out, const char *message_type, const char *type_name, const char *type,
                 struct span payload);
