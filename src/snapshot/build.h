/**
 * build: configuration documents -> the snapshot that workers serve from. The one compile path.
 *
 * Everything is checked, and all problems are told at once; a build that fails changes nothing. The
 * documents may be freed afterwards. Control thread; may read certificate files.
 */
#pragma once
#include "base/node.h"
#include "snapshot/resource.h"
#include "snapshot/snapshot.h"

/** The memory that one snapshot may take. */
#define SL_SNAPSHOT_BYTES_MAX SL_MIB(4096)

/**
 * *ret gets one reference. `types` (NULL-terminated) are the policy types; `states` must outlive the
 * snapshot. SL_OK, or SL_E_CONFIG with the problems in `d`.
 */
sl_rc sl_snapshot_build(const struct sl_node *const *documents, size_t n,
                        const struct sl_policy_type *const *types, struct sl_state_registry *states,
                        uint64_t version, struct sl_snapshot **ret, struct sl_diag *d) SL_CHECKED;

/** Only the `gateway` part (defaults when there is none), in `a`: what the program starts with. */
sl_rc sl_gateway_read(const struct sl_node *const *documents, size_t n, struct sl_arena *a,
                      struct sl_gateway_config *ret, struct sl_diag *d) SL_CHECKED;

/**
 * A hash of what the documents say: the same for the same content in the same order, however it is
 * spelled, indented or ordered within a map. 16 hexadecimal digits and a NUL.
 */
void sl_documents_hash(const struct sl_node *const *documents, size_t n, char ret[17]);
/** What it takes of a value in a document. Who shares immutable values among documents keeps it in their `hash`. */
uint64_t sl_node_hash(const struct sl_node *n);
