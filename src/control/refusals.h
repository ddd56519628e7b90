/**
 * refusals: attempts that were refused, for the audit trail: who has no permission, who does not know the password.
 *
 * Whoever is refused can cause few entries: they are gathered here, the same ones as one with their number, and
 * written by sl_refusals_flush: SL_REFUSALS_MAX at once, then one in SL_REFUSALS_PAUSE_US. What has no place
 * is counted. Nobody takes the place of all: beyond SL_REFUSALS_OF_ADDRESS of one actor and address, and
 * SL_REFUSALS_OF_ACTOR of one actor, theirs are counted together, as "others" of that actor. Of one node; what was not written when it ends is lost.
 */
#pragma once
#include "control/control.h"

enum {
    SL_REFUSALS_MAX = 64,
    SL_REFUSALS_OF_ADDRESS = 8,
    SL_REFUSALS_OF_ACTOR = 24,
    SL_REFUSAL_TEXT_BYTES = 160
};
#define SL_REFUSALS_PAUSE_US SL_SECONDS(10)

struct sl_refusals;

struct sl_refusal {
    const char *action; /* "access.refused", "session.refused": static */
    const char *kind;   /* static */
    sl_str actor, remote, request_id, subject;
    uint16_t status;
};

struct sl_refusals *sl_refusals_new(void) SL_CHECKED;
/** Accepts NULL. */
void sl_refusals_free(struct sl_refusals *r);

/** Any thread; texts are copied, as far as there is room; what is no text (a NUL, ill-formed UTF-8) is U+FFFD. */
void sl_refusals_note(struct sl_refusals *r, const struct sl_refusal *one, int64_t now_us);
/**
 * Write what may be written now. Every second or so, by one thread at a time. What cannot be written waits for the
 * next time; an entry that the store does not take though it takes others is told in the log instead.
 */
void sl_refusals_flush(struct sl_control *c, int64_t now_us);
