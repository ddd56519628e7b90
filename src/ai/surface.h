/**
 * surface: which of a vendor's API surfaces an attempt uses.
 *
 * A request is best sent in the dialect that its client speaks: then it passes unparsed, nothing is
 * dropped, and what the next version of an API brings works at once. So the vendor's surface in that
 * dialect comes first, and its main one (the first row) where it has none.
 *
 * Pure; memory in the arena given; any thread.
 */
#pragma once
#include "ai/call.h"

/** A surface as one account reaches it. */
struct sl_ai_surface {
    const struct sl_ai_vendor *row; /* with the dialect, paths and quirks that hold there */
    sl_str base_path;               /* as sl_ai_target.base_url_path */
};

struct sl_ai_surfaces {
    const struct sl_ai_surface *v; /* the main one first; never none */
    size_t n;
};

/**
 * The surfaces of `vendor` at an account's base URL, whose path is `base_path`. `main_path` is the path
 * of the vendor's own base URL: where an operator puts the vendor behind an address of his own, a
 * surface with a root of its own is found only if `base_path` still ends in it.
 */
struct sl_ai_surfaces sl_ai_surfaces_make(const struct sl_ai_vendor *vendor, sl_str main_path,
                                          sl_str base_path, struct sl_arena *a);
/**
 * The one for this call to the vendor's model `name`; `model` NULL: not in the catalogue. Never NULL. A
 * surface that has models for itself (Vertex AI: those of a publisher) is theirs, whatever the client speaks.
 */
const struct sl_ai_surface *sl_ai_surface_for(const struct sl_ai_surfaces *s,
                                              const struct sl_ai_call *call, sl_str name,
                                              const struct sl_ai_model *model);
