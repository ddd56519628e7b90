/**
 * declarative: configuration files to documents (the database-less mode, and GitOps).
 *
 * A path is a file (.json is JSON, everything else YAML, which may hold several documents) or a
 * directory, whose *.yaml, *.yml and *.json files are read in byte order of their names.
 *
 * In every scalar "${env:NAME}" becomes the value of an environment variable, "${env:NAME:-TEXT}"
 * TEXT when it is not set, "${file:PATH}" the content of a file without its last line end: the way
 * secrets come in. "$${" is a literal "${". An unquoted scalar that is one such expression as a whole
 * is read again after that, so that numbers and booleans can come from the environment.
 *
 * Control threads only: reads files, blocks. Texts live in the arena given.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"

enum {
    SL_DECLARATIVE_FILE_BYTES = 64 << 20, /* of one file */
    SL_DECLARATIVE_FILES_MAX = 4096,
    SL_DECLARATIVE_VALUE_BYTES = 1 << 20 /* of a file that a value names */
};

/** A file or directory that was read, as it was then. */
struct sl_declarative_file {
    sl_str path;
    int64_t modified_ns; /* -1: it was not there */
    uint64_t inode, bytes;
};

struct sl_declarative {
    const struct sl_node **v; /* documents, in order */
    size_t n;
    struct sl_declarative_file *files; /* also of values and directories */
    size_t file_count;
};

/**
 * Load `paths`; or `text` (YAML, called "embedded" in problems) when there are none. Every problem is
 * recorded before SL_E_CONFIG is returned.
 */
sl_rc sl_declarative_load(struct sl_strs paths, sl_str text, struct sl_arena *a,
                          struct sl_declarative *ret, struct sl_diag *d) SL_CHECKED;

/** Is any file or directory another one than when it was loaded, or last marked as seen? */
bool sl_declarative_changed(const struct sl_declarative *l);
/** Take the files as they are now for seen. */
void sl_declarative_mark_seen(struct sl_declarative *l);
