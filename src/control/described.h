/**
 * described: the API's description as most ask for it: compressed, with its tag. It hangs on nothing but the program, so it
 * is made once, when somebody asks first, and kept; whoever takes no gzip gets it written anew.
 */
#pragma once
#include "base/str.h"

struct sl_described;

struct sl_described *sl_described_new(void) SL_CHECKED;
/** Accepts NULL. Nobody may be using it. */
void sl_described_free(struct sl_described *d);

/** The tag, quoted, and the gzipped document of that version of the program. Both live as long as `d`. Any thread. */
void sl_described_get(struct sl_described *d, const char *version, sl_str *ret_tag,
                      sl_str *ret_gzip);
