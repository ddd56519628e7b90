/**
 * load: configuration files to a snapshot, for the running gateway and for the verbs that only look.
 * Control thread only; reads files and may block.
 */
#pragma once
#include "control/declarative.h"
#include "snapshot/resource.h"
#include "snapshot/snapshot.h"

/** What was loaded; owns all of it. */
struct sl_loaded {
    struct sl_arena *arena;
    struct sl_declarative documents; /* and the files they came from */
    struct sl_gateway_config gateway;
    struct sl_snapshot *snapshot;         /* one reference */
    struct sl_state_registry *own_states; /* made when no registry was given */
};

struct sl_load_options {
    struct sl_strs files;
    sl_str text;                      /* instead of files: YAML, called "embedded" in problems */
    struct sl_state_registry *states; /* NULL: one of its own, for looking only */
    uint64_t version;
};

/** Load, check and compile. On failure *ret is unchanged and every problem is in *d. */
sl_rc sl_load(const struct sl_load_options *options, struct sl_loaded **ret,
              struct sl_diag *d) SL_CHECKED;
/** Accepts NULL. */
void sl_loaded_free(struct sl_loaded *l);
/** For verbs: load, or print every problem to stderr and return NULL. */
struct sl_loaded *sl_load_or_complain(const struct sl_strs *files);
/** Every problem, one a line, to stderr. */
void sl_print_problems(const struct sl_diag *d);
