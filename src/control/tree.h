/**
 * tree: values of the admin API: trees of base/node.h that are built and changed here, and written as JSON.
 *
 * What is built lives in the arena it was built in; what a tree borrows (texts, subtrees) must live as
 * long. Trees that a parser made are never changed: the functions that change take trees made here.
 * Depth is bounded by the parsers (SL_NODE_DEPTH_MAX). One thread.
 */
#pragma once
#include "base/arena.h"
#include "base/node.h"
#include "codec/jsonw.h"

struct sl_node *sl_tree_map(struct sl_arena *a);
struct sl_node *sl_tree_list(struct sl_arena *a);
/** Borrows `text`. */
struct sl_node *sl_tree_str(struct sl_arena *a, sl_str text);
struct sl_node *sl_tree_i64(struct sl_arena *a, int64_t v);
struct sl_node *sl_tree_bool(struct sl_arena *a, bool v);
/** RFC 3339; `unix_us` 0: null. */
struct sl_node *sl_tree_time(struct sl_arena *a, int64_t unix_us);

/** Set a member of a map: in the place of the one with this name, else at the end. Takes `value`; borrows `key`. */
void sl_tree_put(struct sl_node *map, sl_str key, struct sl_node *value);
void sl_tree_put_str(struct sl_arena *a, struct sl_node *map, const char *key, sl_str text);
/** Take a member out; NULL when there is none. */
struct sl_node *sl_tree_take(struct sl_node *map, sl_str key);
/** Add to the end of a list, in time of its length. Takes `value`. */
void sl_tree_push(struct sl_node *list, struct sl_node *value);

/** A list that grows without looking for its end. */
struct sl_tree_tail {
    struct sl_node *list, **end;
};
struct sl_tree_tail sl_tree_tail(struct sl_arena *a);
void sl_tree_add(struct sl_tree_tail *t, struct sl_node *value);

/** A deep copy, texts borrowed. */
struct sl_node *sl_tree_copy(struct sl_arena *a, const struct sl_node *n);
/** The same; NULL where the arena's limit would be passed: of what a peer chose. */
struct sl_node *sl_tree_try_copy(struct sl_arena *a, const struct sl_node *n);
/** As sl_tree_copy without members of maps that are null, at any depth. */
struct sl_node *sl_tree_copy_given(struct sl_arena *a, const struct sl_node *n);
/** `target` with the merge patch (RFC 7396) applied, as a new tree. `target` may be NULL. */
struct sl_node *sl_tree_merge(struct sl_arena *a, const struct sl_node *target,
                              const struct sl_node *patch);
/** The same value? The order of a map's members does not count, and null members count as absent. */
bool sl_tree_eq(const struct sl_node *a, const struct sl_node *b);

/** The text of a member that is a string; p == NULL when it is none. */
sl_str sl_tree_text(const struct sl_node *map, const char *key);
bool sl_tree_is_true(const struct sl_node *map, const char *key);

/** As JSON. Numbers that JSON cannot spell (YAML's "0x10") become strings. */
void sl_tree_write(const struct sl_node *n, struct sl_jsonw *w);
sl_str sl_tree_json(const struct sl_node *n, struct sl_arena *a);

/**
 * The members that differ, as a list of {path, before, after}, at most `max`; lists are compared whole.
 * Missing sides are left out. Either tree may be NULL.
 */
struct sl_node *sl_tree_diff(struct sl_arena *a, const struct sl_node *before,
                             const struct sl_node *after, size_t max);
