/**
 * token_keeper: one thread that keeps the access tokens of all credentials fresh (snapshot/access_token.h): it
 * asks for one when a snapshot names a credential, again some minutes before it expires, and again when a
 * vendor has refused it. Each credential has one request at a time, whatever the number of accounts, workers
 * and clients; these only read.
 *
 * A failure is tried again with growing pauses. What went wrong is in the log and in the block, never a secret.
 */
#pragma once
#include "snapshot/snapshot.h"

struct sl_log;
struct sl_token_keeper;

struct sl_token_keeper *sl_token_keeper_new(struct sl_log *log) SL_CHECKED;
/** Stops its thread. Accepts NULL. */
void sl_token_keeper_free(struct sl_token_keeper *k);
/** SL_E_IO when there is no thread to be had. */
sl_rc sl_token_keeper_start(struct sl_token_keeper *k) SL_CHECKED;
/** Any thread: keep the tokens that `s` names (a reference is taken). */
void sl_token_keeper_publish(struct sl_token_keeper *k, struct sl_snapshot *s);
