/**
 * markdown: texts that people write (GitHub's Markdown: tables, task lists, strikethrough, links that are
 * found) as HTML that may be put into a page: raw HTML is left out, and so are links to anything but
 * http, https, mailto and places of the page itself; headings begin at the second level, below the page's own title. By cmark-gfm; codec/markdown.c is the only file that includes it.
 *
 * Any thread. Costs time in the order of the text's length.
 */
#pragma once
#include "base/arena.h"

enum { SL_MARKDOWN_BYTES_MAX = 256 << 10 };

/** Once, before any other thread may call. May be called again. */
void sl_markdown_init(void);
/** *ret is in `a`. SL_E_LIMIT: the text is longer than SL_MARKDOWN_BYTES_MAX, or the arena is full. */
sl_rc sl_markdown_html(sl_str text, struct sl_arena *a, sl_str *ret) SL_CHECKED;
