/**
 * arena: a lifetime. Memory is taken piece by piece and given back all at once.
 *
 * One thread owns an arena. Every allocation counts against `limit_bytes`; what a peer can grow is
 * taken with the _try_ form, which returns NULL at the limit, the rest with the plain form, which
 * panics there (a bug: the limit was chosen too small for what we ourselves need).
 * Memory is aligned for any type and, from the plain and zeroing forms, zeroed where said.
 *
 * Built with AddressSanitizer every piece is a heap block of its own, so that an overrun or a use
 * after reset is found at once.
 */
#pragma once
#include "base/base.h"

struct sl_arena;

/** `name` is for diagnostics and must be static. */
struct sl_arena *sl_arena_new(const char *name, size_t limit_bytes) SL_CHECKED;
/** Run the deferred functions, newest first, and free everything. Accepts NULL. */
void sl_arena_free(struct sl_arena *a);
/** The same, but keep the arena and its first block for reuse. */
void sl_arena_reset(struct sl_arena *a);
/** The same, but keep the arena only: for one that is empty most of its time. */
void sl_arena_empty(struct sl_arena *a);

/** Zeroed memory; never NULL. `bytes` may be 0. */
void *sl_arena_alloc(struct sl_arena *a, size_t bytes) SL_CHECKED;
/** Zeroed memory, or NULL when the limit would be passed: for sizes that a peer chooses. */
void *sl_arena_try_alloc(struct sl_arena *a, size_t bytes) SL_CHECKED;
/** As sl_arena_try_alloc but not zeroed: for buffers that are filled at once. */
void *sl_arena_try_raw(struct sl_arena *a, size_t bytes) SL_CHECKED;
#define sl_arena_new_of(a, type) ((type *)sl_arena_alloc((a), sizeof(type)))
#define sl_arena_array(a, type, n) ((type *)sl_arena_alloc((a), sizeof(type) * (n)))

/** A copy of `s` with a NUL behind it (not counted in n). Panics at the limit. */
sl_str sl_arena_dup(struct sl_arena *a, sl_str s);
/** The same; at the limit the result has p == NULL. */
sl_str sl_arena_try_dup(struct sl_arena *a, sl_str s);

/** Call fn(arg) when the arena ends or is reset; newest first. */
void sl_arena_defer(struct sl_arena *a, void (*fn)(void *), void *arg);

/**
 * Make the piece that was taken last longer where it is, from `from` bytes to `to`, which count as with
 * the _try_ forms. False: another one was taken since, or its block or the limit has no room; take a new one.
 */
bool sl_arena_try_extend(struct sl_arena *a, const void *p, size_t from, size_t to) SL_CHECKED;
/** Give back what is behind the first `to` of the `from` bytes of the piece that was taken last. Of another: nothing. */
void sl_arena_trim(struct sl_arena *a, const void *p, size_t from, size_t to);

/**
 * Until the next reset, leave at least `bytes` of the limit to the plain forms: the _try_ forms fail
 * before they would touch it. So a peer that fills an arena cannot make the plain form panic in those
 * who must still tell it so. A smaller reserve than the present one changes nothing.
 */
void sl_arena_keep(struct sl_arena *a, size_t bytes);
/**
 * From now on leave only `bytes` to the plain forms: the moment has come that the reserve was for. A reserve
 * that is smaller already stays.
 */
void sl_arena_spend_kept(struct sl_arena *a, size_t bytes);

/** Bytes handed out since the last reset. */
size_t sl_arena_used(const struct sl_arena *a);
/** Bytes that may still be taken by the _try_ forms. */
size_t sl_arena_left(const struct sl_arena *a);
