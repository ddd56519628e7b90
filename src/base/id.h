/**
 * id: ULIDs, the names of resources and requests: 48 bits of Unix milliseconds, then 80 random
 * bits, as 26 characters of Crockford's base32. Sorting the texts sorts by time; within one
 * millisecond the order is random. An id is no secret: it may be guessed from its neighbours.
 */
#pragma once
#include "base/rand.h"

enum { SL_ID_BYTES = 26 };

struct sl_id {
    char text[SL_ID_BYTES]; /* not NUL-terminated */
};

/** `unix_ms` in 0 .. 2^48-1. */
struct sl_id sl_id_make(int64_t unix_ms, struct sl_rand *r);
/** Read one of either case; *ret is upper case. False when it is none. */
bool sl_id_parse(sl_str s, struct sl_id *ret) SL_CHECKED;
/** When it was made, in Unix milliseconds. */
int64_t sl_id_time_ms(const struct sl_id *id);

/** Borrows `id`. */
static inline sl_str sl_id_str(const struct sl_id *id)
{
    return (sl_str){id->text, SL_ID_BYTES};
}
