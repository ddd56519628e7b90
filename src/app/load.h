/**
 * load: configuration files to a snapshot, for the running gateway and for the verbs that only look.
 * Control thread only; reads files and may block.
 */
#pragma once
#include "control/declarative.h"
#include "snapshot/resource.h"
#include "snapshot/snapshot.h"

/** The documents of all files. */
struct sl_files {
    struct sl_declarative *sets; /* one for each path */
    size_t set_count;
    const struct sl_node **documents; /* of all sets, in order */
    size_t count;
};

/**
 * Read `paths`; or, when there are none, `text` (YAML, "embedded" in problems). *ret is set in any case:
 * after a failure (SL_E_CONFIG, problems in *d) it still knows what to watch for a change.
 */
sl_rc sl_files_load(struct sl_strs paths, sl_str text, struct sl_files **ret,
                    struct sl_diag *d) SL_CHECKED;
bool sl_files_changed(const struct sl_files *f);
/** Accepts NULL. */
void sl_files_free(struct sl_files *f);

/** A compiled configuration. */
struct sl_loaded {
    struct sl_arena *arena; /* of `gateway` */
    struct sl_gateway_config gateway;
    struct sl_snapshot *snapshot;         /* one reference */
    struct sl_state_registry *own_states; /* made when none was given */
};

/**
 * Compile the documents of `f` and, when there is one, the store's; both must outlive *ret. `states` NULL: a
 * registry of its own, for looking only. On failure *ret is unchanged and every problem is in *d.
 */
sl_rc sl_load(const struct sl_files *f, const struct sl_node *stored,
              struct sl_state_registry *states, uint64_t version, struct sl_loaded **ret,
              struct sl_diag *d) SL_CHECKED;
/** Accepts NULL. */
void sl_loaded_free(struct sl_loaded *l);

/** Every problem, one a line, to stderr. */
void sl_print_problems(const struct sl_diag *d);
