/**
 * zone: a time zone by its name, from the system's database. Reads a file: for control threads.
 */
#pragma once
#include "codec/tzif.h"

#define SL_ZONE_RULE                                                                    \
    "must be UTC, an offset such as +02:00, or a name that this system knows, such as " \
    "Europe/Berlin"

/** "UTC" (also when empty), "+02:00" or "Europe/Berlin"; its tables are in `a`. SL_E_NOTFOUND: there is none. */
sl_rc sl_zone_load(sl_str name, struct sl_arena *a, struct sl_zone *ret) SL_CHECKED;
