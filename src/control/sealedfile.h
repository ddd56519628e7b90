/**
 * sealedfile: texts beside the store in files that only this node can read: sealed with its master key, and
 * bound to their names. Control thread; blocks.
 */
#pragma once
#include "store/vault.h"

/** Write <dir>/<name>: whole or not at all. SL_E_IO. */
sl_rc sl_sealed_file_save(const struct sl_vault *vault, const char *dir, const char *name,
                          sl_str clear) SL_CHECKED;
/** What is in it, appended to `ret`. SL_E_NOTFOUND when there is none; SL_E_IO; SL_E_DENIED: of another key. */
sl_rc sl_sealed_file_load(const struct sl_vault *vault, const char *dir, const char *name,
                          struct sl_strbuf *ret) SL_CHECKED;
