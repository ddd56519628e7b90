/**
 * console: the web console as the binary carries it: constant bytes, made by tools/gen_assets.py of what
 * tools/console built. A binary that was built without it says so at `/`; the admin API is whole all the same.
 *
 * What is compressed is stored compressed (brotli) and inflated for clients that do not take that. Names
 * of files below /assets/ carry a hash of their content: they never change, and may be kept for ever.
 * Constant data; any thread.
 */
#pragma once
#include "codec/header.h"

struct sl_console_asset {
    sl_str path; /* "/assets/index-32fW3qQJ.js" */
    sl_str type;
    sl_str etag; /* with its quotes */
    sl_str data;
    size_t plain_bytes; /* of the content, inflated */
    bool is_brotli;
};

/** In byte order of paths; ends with a path of NULL. */
extern const struct sl_console_asset sl_console_assets[];

struct sl_console_answer {
    uint16_t status; /* 200, 304, 404 */
    sl_str body;
    struct sl_headers headers; /* all but the length */
};

/**
 * Is this path the console's: a file of it, or a page ("/services/orders"), which is its index? Never one
 * below /api/ or /metrics; a file that does not exist below /assets/ is the console's, too: 404.
 */
bool sl_console_is_ours(sl_str path);
/** Answer a GET or HEAD for it. Memory in `a`; SL_E_NOMEM when that is too small. */
sl_rc sl_console_answer(sl_str path, const struct sl_headers *request, struct sl_arena *a,
                        struct sl_console_answer *ret) SL_CHECKED;
