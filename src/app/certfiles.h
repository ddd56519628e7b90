/**
 * certfiles: the PEM files that a configuration names, to see when their contents change. Control
 * thread only.
 */
#pragma once
#include "app/load.h"

struct sl_certfiles;

/** Those of `l`, as they are now. */
struct sl_certfiles *sl_certfiles_new(const struct sl_loaded *l) SL_CHECKED;
/** Accepts NULL. */
void sl_certfiles_free(struct sl_certfiles *c);
/** Is any of them other than it was? Costs one stat() for each. */
/** Visit all; `is_served`: a listener's own certificate. */
void sl_certfiles_each(const struct sl_certfiles *c,
                       void (*visit)(const char *path, bool is_served, void *arg), void *arg);
bool sl_certfiles_changed(const struct sl_certfiles *c);
/** Take them as they are now: what is wrong with them was told. */
void sl_certfiles_look(struct sl_certfiles *c);
