/**
 * change: one mutation of one resource: checked, sealed, written, referenced, audited.
 *
 * Errors: SL_E_INVALID (problems in the work's diag, with paths below the resource), SL_E_CONFLICT (the name is
 * taken; or something depends on it), SL_E_DENIED, SL_E_NOTFOUND, or what the store failed with. After an
 * error the work must be undone.
 */
#pragma once
#include "control/control.h"
#include "store/rows.h"

enum { SL_KEY_BYTES_MAX = 256 };

struct sl_change {
    struct sl_work *work;
    const struct sl_resource_type *type;
    const char *verb; /* "create", "update", "delete" or an action's name */
    bool is_delete;
    /* before: NULL when it is created */
    const struct sl_row *before;
    const struct sl_node *before_spec, *before_status;
    /* as it will be; hooks may change spec and status */
    struct sl_row row;
    struct sl_node *spec, *status; /* as stored: secrets sealed */
    const void *config;            /* the spec, read into the noun's struct; secrets as they came */
    struct sl_node *reveal; /* members that the answer shows this once (a new key); NULL: none */
    bool keeps_secret;      /* one of the body's secrets is a handle of what was there */
    bool is_unchanged;      /* nothing was written: it was so already */
};

/** From a body (a map). Metadata members in it are read or ignored, see docs/reference/admin-api.md. */
sl_rc sl_change_create(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_node *body, struct sl_change *ret) SL_CHECKED;
/** Replace the spec of `row`. */
sl_rc sl_change_replace(struct sl_work *w, const struct sl_resource_type *type,
                        const struct sl_row *row, const struct sl_node *body,
                        struct sl_change *ret) SL_CHECKED;
/** Merge a patch into it; secrets are handles there. */
sl_rc sl_change_patch(struct sl_work *w, const struct sl_resource_type *type,
                      const struct sl_row *row, const struct sl_node *patch,
                      struct sl_change *ret) SL_CHECKED;
sl_rc sl_change_delete(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_row *row, struct sl_change *ret) SL_CHECKED;
sl_rc sl_change_act(struct sl_work *w, const struct sl_resource_type *type,
                    const struct sl_row *row, const struct sl_action *action,
                    const struct sl_node *body, struct sl_change *ret) SL_CHECKED;

/** The same with arguments that are read already. */
sl_rc sl_change_run(struct sl_work *w, const struct sl_resource_type *type,
                    const struct sl_row *row, const struct sl_action *action, const void *args,
                    struct sl_change *ret) SL_CHECKED;

/** Write what the row refers to and the values of its indexed members. Hooks need not: saving does it. */
sl_rc sl_change_index(struct sl_work *w, const struct sl_resource_type *type,
                      const struct sl_row *row, const struct sl_node *spec,
                      const struct sl_node *status) SL_CHECKED;
/** For hooks: write c->spec, what it refers to, and c->status as they are now. */
sl_rc sl_change_save(struct sl_change *c) SL_CHECKED;
/** A problem of the resource at `path`; returns SL_E_INVALID. */
sl_rc sl_change_fail(struct sl_change *c, const char *path, const char *fmt, ...) SL_PRINTF(3, 4);
/** It is in a state in which that cannot be done; returns SL_E_CONFLICT. */
sl_rc sl_change_conflict(struct sl_change *c, const char *fmt, ...) SL_PRINTF(2, 3);

/** A new row that belongs to another one, made by who works. Its texts are borrowed, but for the id. */
struct sl_row sl_work_row(struct sl_work *w, const struct sl_row *of, sl_str kind, sl_str name,
                          sl_str spec);

/** By id or key; SL_E_NOTFOUND. */
sl_rc sl_change_find(struct sl_work *w, const struct sl_resource_type *type, sl_str id_or_key,
                     struct sl_row *ret) SL_CHECKED;
/** A stored JSON text as a tree that may be changed. */
sl_rc sl_change_parse(struct sl_work *w, sl_str json, struct sl_node **ret) SL_CHECKED;
/** Is it a name that representations have for themselves, so that no noun may have a member of it? */
bool sl_change_is_metadata(sl_str member);
/** The spec with handles in place of secrets. */
struct sl_node *sl_change_mask(struct sl_control *control, const struct sl_resource_type *type,
                               const struct sl_node *spec, struct sl_arena *a);
/** The spec with its secrets in clear. SL_E_* of the vault, with a problem in `d`. */
sl_rc sl_change_unseal(struct sl_control *control, const struct sl_resource_type *type, sl_str id,
                       const struct sl_node *spec, struct sl_arena *a, struct sl_node **ret,
                       struct sl_diag *d) SL_CHECKED;
/** What the API shows: metadata, spec with handles, status. */
sl_rc sl_change_render(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_row *row, const struct sl_node *reveal,
                       struct sl_node **ret) SL_CHECKED;
/** Add to it which actions the work's actor may take now, which are refused, and why. */
void sl_change_tell_actions(struct sl_work *w, const struct sl_resource_type *type,
                            const struct sl_row *row, struct sl_node *shown);
