/**
 * declarative: configuration files -> documents (base/node.h) for snapshot/build.
 *
 * A path is a file, or a folder whose *.yaml, *.yml and *.json files are read in byte order of their names
 * (hidden ones and folders within are not). YAML files may hold several documents. In every scalar
 *
 *   ${env:NAME}          is replaced by an environment variable, which must be set
 *   ${env:NAME:-text}    by it or, when it is not set or empty, by the text
 *   ${file:PATH}         by the content of a file without its last line end; a relative PATH is
 *                        relative to the file it stands in
 *   $${                  is "${" itself
 *
 * What is put in is never looked at again. A scalar without quotes that has come to be a number, true,
 * false or null counts as one, as if it had been written so; a text in quotes stays a text.
 *
 * Blocks on files: control threads only. A loaded set belongs to one thread.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"

enum {
    SL_DECLARATIVE_FILE_BYTES_MAX = 64 << 20,
    SL_DECLARATIVE_FILES_MAX = 1000,
    SL_DECLARATIVE_VALUE_BYTES_MAX = 1 << 20, /* of a scalar after replacement */
};
/** The memory that a set of files may take when loaded. */
#define SL_DECLARATIVE_BYTES_MAX SL_MIB(2048)

/** Where a file was, to see whether it changed: also those of ${file:...}, the folder, and missing ones. */
struct sl_file_stamp {
    const char *path;
    bool exists;
    uint64_t device, inode, bytes;
    int64_t changed_ns;
};

/** How `path` (borrowed) is now. */
struct sl_file_stamp sl_file_stamp_of(const char *path);
/** Is the file other than at the stamp? */
bool sl_file_has_changed(const struct sl_file_stamp *stamp);

struct sl_declarative {
    struct sl_arena *arena; /* of everything; sl_declarative_fini frees it */
    const struct sl_node **documents;
    size_t count;
    struct sl_file_stamp *stamps;
    size_t stamp_count;
};

/**
 * Load `path`. On failure (SL_E_CONFIG, with all problems in `d`), too, *ret has the stamps, so that a
 * change can be waited for. *ret must be zeroed or finished; finish it in any case.
 */
sl_rc sl_declarative_load(const char *path, struct sl_declarative *ret,
                          struct sl_diag *d) SL_CHECKED;
/** The same from a text: the embedded defaults. `name` stands for the file; both must live as long. */
sl_rc sl_declarative_parse(sl_str text, sl_str name, struct sl_declarative *ret,
                           struct sl_diag *d) SL_CHECKED;
/** Accepts a zeroed one. */
void sl_declarative_fini(struct sl_declarative *set);

/** Is any file other than when it was loaded? Costs one stat() for each. */
bool sl_declarative_changed(const struct sl_declarative *set);
