/**
 * saying: the sentences with which the admin API refuses, by a code that stays when the wording changes, and what stands in
 * each by its name; so that other programs understand them, and the console says them in another language. Any thread.
 */
#pragma once
#include "base/diag.h"
#include "codec/jsonw.h"

/** The code of a sentence that has nothing in it; NULL: it has none. */
const char *sl_saying_code(sl_str sentence);

/** What a sentence is made of; borrows from it. */
struct sl_said {
    const char *code;
    sl_str names; /* of the params, with blanks between them */
    sl_str params[SL_DIAG_PARAMS_MAX];
    size_t n;
};
/** One that was said before, and of which the text alone was kept: by the format of the table that has most of it. */
bool sl_saying_read(sl_str sentence, struct sl_said *ret);

/** Members of an open object: `code`, and `params` where there are some. Nothing for what is not in the table. */
void sl_saying_write(const struct sl_problem *p, struct sl_jsonw *w);
/** Appends the codes as a list of JSON strings. */
void sl_saying_codes(struct sl_strbuf *out);
