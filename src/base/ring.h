/**
 * ring: a queue of fixed-size records from exactly one thread to exactly one other; lock-free,
 * never allocates after sl_ring_new. Records are copied in and out.
 *
 * Memory order: what the producer wrote before a push that returned true is visible to the consumer
 * after the pop that returns that record (release and acquire on the head; the tail mirrors it, so
 * that a slot is not refilled before it has been read).
 */
#pragma once
#include "base/base.h"

struct sl_ring;

/** `slots` must be a power of two. On the heap; aborts when the machine has no memory. */
struct sl_ring *sl_ring_new(size_t slots, size_t record_bytes) SL_CHECKED;
/** When neither thread uses it any more. What is still inside is lost. Accepts NULL. */
void sl_ring_free(struct sl_ring *r);

/** Producer only. False when the ring is full: the record is not in it. */
bool sl_ring_push(struct sl_ring *r, const void *record) SL_CHECKED;
/** Consumer only. False when the ring is empty. */
bool sl_ring_pop(struct sl_ring *r, void *ret_record) SL_CHECKED;
/** Any thread: how many records were inside at some recent moment. */
size_t sl_ring_count(const struct sl_ring *r);
