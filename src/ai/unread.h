/**
 * unread: the members inside of a request's objects that no decoder reads (ai/unread.def), for the receipt: what
 * is deep in a request and lost is told by its path, "tools.defer_loading". Pure.
 */
#pragma once
#include "ai/request_int.h"

/**
 * Find them: ret->unread and ret->unread_kept, names with commas between them in the reader's arena, a KiB each at most.
 * What says nothing (null, false, empty) is not among them. Of very many such members the last are not looked at.
 */
void sl_ai_read_unread(struct sl_ai_reader *r, const struct sl_json *body,
                       struct sl_ai_request *ret);
/** sl_ai_drop() of each that the writer's vendor does not get. */
sl_rc sl_ai_drop_unread(struct sl_ai_writer *w) SL_CHECKED;
