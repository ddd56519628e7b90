/**
 * scratch: a directory of a test's own, removed at its end, and records to put into it.
 */
#pragma once
#include "base/diag.h"
#include "snapshot/telemetry.h"
#include "store/db.h"

struct scratch {
    char dir[64];
    struct sl_arena *arena;
    struct sl_diag diag;
};

void scratch_init(struct scratch *s);
void scratch_fini(struct scratch *s);
/** "<dir>/<name>"; lives as long as the scratch. */
const char *scratch_path(struct scratch *s, const char *name);
/**
 * Where a test keeps a database: a file in it; or, when tools/with-postgres runs the test, the URL of a
 * schema of its own.
 */
const char *scratch_db(struct scratch *s, const char *name);
/** Append to a file in it. */
void scratch_append(struct scratch *s, const char *name, sl_str bytes);
bool scratch_has(struct scratch *s, const char *name);

/** An AI request with id "r<i>", cost `i` nano-USD, ten tokens, and one charge of them. */
struct sl_record scratch_record(struct scratch *s, unsigned i);
/** Records [from, until) framed one after another. */
void scratch_frames(struct scratch *s, unsigned from, unsigned until, struct sl_strbuf *out);
/** Into table usage, as the writer of the ledger does it. */
void scratch_insert(struct sl_db *db, const struct sl_record *r);
