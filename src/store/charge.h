/**
 * charge: what a batch of requests adds to what budgets have spent, summed up before it is written:
 * thousands of requests of one consumer are one row's change. The writer's thread owns it.
 */
#pragma once
#include "snapshot/telemetry.h"
#include "store/db.h"

struct sl_charges;

struct sl_charges *sl_charges_new(void);
/** Accepts NULL. */
void sl_charges_free(struct sl_charges *c);
/** Take the record's charges to the sums, which stop at the ends of the integers. Copies the texts. */
void sl_charges_add(struct sl_charges *c, const struct sl_record *r);
/** Add the sums to table budget_spent, in the caller's transaction, and forget them if it worked. */
sl_rc sl_charges_write(struct sl_charges *c, struct sl_db *db) SL_CHECKED;
/** Forget the sums: their transaction was undone. */
void sl_charges_clear(struct sl_charges *c);
