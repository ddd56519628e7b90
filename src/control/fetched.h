/**
 * fetched: what stood at URLs, kept for a while, so that not every question is asked of others anew.
 *
 * A copy that cannot be renewed is used on for SL_FETCHED_STALE_US; a failure is an answer for
 * SL_FETCHED_FAILURE_US, so that one who is away is not waited for by everybody. At most SL_FETCHED_MAX
 * texts; the one that was asked for longest ago goes first. Any thread; waits (control/fetch.h).
 */
#pragma once
#include "control/fetch.h"

enum { SL_FETCHED_MAX = 32 };
#define SL_FETCHED_STALE_US SL_SECONDS(86400)
#define SL_FETCHED_FAILURE_US SL_SECONDS(5)
#define SL_FETCHED_RENEW_US SL_SECONDS(30)

struct sl_fetched;

struct sl_fetched *sl_fetched_new(void) SL_CHECKED;
/** Accepts NULL. */
void sl_fetched_free(struct sl_fetched *f);
/**
 * As sl_fetch, with a copy that is not older than `max_age_us`, if there is one. Requests that carry an
 * authorization are not for this.
 */
sl_rc sl_fetched_get(struct sl_fetched *f, const struct sl_fetch_request *rq, sl_usec max_age_us,
                     const char *path, struct sl_arena *a, struct sl_diag *d,
                     sl_str *ret) SL_CHECKED;

/**
 * The copy is fetched anew when it is asked for next, for it has turned out to be too old; still, not more than once
 * in SL_FETCHED_RENEW_US. False: it was, lately.
 */
bool sl_fetched_renew(struct sl_fetched *f, sl_str url, sl_usec now_us);

/* what would be answered at a time, and what is remembered */
enum sl_fetched_state { SL_FETCHED_NOTHING, SL_FETCHED_FRESH, SL_FETCHED_STALE, SL_FETCHED_FAILED };
/** *ret_text: the copy, or why it could not be fetched; in `a`. */
enum sl_fetched_state sl_fetched_look(struct sl_fetched *f, sl_str url, sl_usec max_age_us,
                                      sl_usec now_us, struct sl_arena *a, sl_str *ret_text);
void sl_fetched_note(struct sl_fetched *f, sl_str url, sl_str text, sl_usec now_us);
void sl_fetched_note_failure(struct sl_fetched *f, sl_str url, sl_str why, sl_usec now_us);
