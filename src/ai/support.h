/**
 * support: what becomes of a request's members in another dialect, found out by translating them. The
 * rows are in ai/support.def; the matrix of docs/reference is written from here, and the tests hold each
 * cell (X10).
 *
 * Pure; memory in the arena given; any thread.
 */
#pragma once
#include "ai/call.h"

enum sl_ai_support {
    SL_AI_SUPPORT_MAPPED,
    SL_AI_SUPPORT_CLAMPED, /* brought into range; the receipt says so */
    SL_AI_SUPPORT_DROPPED, /* the receipt says so; refused where strict */
    SL_AI_SUPPORT_REFUSED, /* always: it would change the meaning */
    SL_AI_SUPPORT_SILENT,  /* without a trace: a mistake, or nothing to say */
    SL_AI_SUPPORT_COUNT
};

struct sl_ai_probe {
    enum sl_ai_dialect client;
    sl_str name, members, text;
};

/** The `i`th row; NULL past the last. */
const struct sl_ai_probe *sl_ai_probe_at(size_t i);
/** The whole body that a client would send, in `a`. */
sl_str sl_ai_probe_body(const struct sl_ai_probe *p, struct sl_arena *a);
/** The row that stands for a dialect: its maker's, if there is one. NULL: nobody speaks it. */
const struct sl_ai_vendor *sl_ai_support_row(enum sl_ai_dialect vendor);
enum sl_ai_support sl_ai_support_of(const struct sl_ai_probe *p, const struct sl_ai_vendor *row,
                                    struct sl_arena *a);
