/**
 * saying: the sentences with which the admin API refuses, by a code that stays when the wording changes, and what stands in
 * each by its name; so that other programs understand them, and the console says them in another language. Any thread.
 */
#pragma once
#include "base/diag.h"
#include "codec/jsonw.h"

/** The code of a sentence that has nothing in it; NULL: it has none. */
const char *sl_saying_code(sl_str sentence);
/** Members of an open object: `code`, and `params` where there are some. Nothing for what is not in the table. */
void sl_saying_write(const struct sl_problem *p, struct sl_jsonw *w);
/** Appends the codes as a list of JSON strings. */
void sl_saying_codes(struct sl_strbuf *out);
