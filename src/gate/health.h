/**
 * health: active checks: one thread asks each endpoint of each upstream that wants it, every
 * interval, whatever the number of routes and workers. Its verdict is sl_endpoint_state.is_down.
 *
 * A snapshot is handed over as to a worker; checks of endpoints that are gone stop, those that stay
 * keep their rhythm and their state.
 */
#pragma once
#include "snapshot/snapshot.h"

struct sl_log;
struct sl_prober;

struct sl_prober *sl_prober_new(struct sl_log *log) SL_CHECKED;
/** Stops its thread. Accepts NULL. */
void sl_prober_free(struct sl_prober *p);
/** SL_E_IO when there is no thread to be had. */
sl_rc sl_prober_start(struct sl_prober *p) SL_CHECKED;
/** Any thread: check what `s` asks for (a reference is taken). */
void sl_prober_publish(struct sl_prober *p, struct sl_snapshot *s);
