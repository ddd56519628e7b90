/**
 * look: what the portal's own look is checked against: colours that can be read on every ground they stand on
 * (WCAG 2.2 AA: a contrast of 4.5), and pictures that are what they say. Pure; any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct sl_colour {
    uint8_t red, green, blue;
};

/** In which colours a page is shown; console/src/theme.css has the grounds of both. */
enum sl_theme { SL_THEME_LIGHT, SL_THEME_DARK };

#define SL_LOOK_CONTRAST 4.5

/** "#0f766e", in either case. */
bool sl_colour_read(sl_str text, struct sl_colour *ret) SL_CHECKED;
sl_str sl_colour_write(struct sl_colour c, struct sl_arena *a);
/** 1 (the same) to 21 (black and white). */
double sl_colour_contrast(struct sl_colour a, struct sl_colour b);

/** The least contrast that the colour of links and buttons has to what is around it or written on it. */
double sl_look_contrast(struct sl_colour accent, enum sl_theme theme);
/** The nearest to it that can be read: darker for the light theme, lighter for the dark one; itself if it can. */
struct sl_colour sl_look_readable(struct sl_colour accent, enum sl_theme theme);

enum { SL_LOGO_BYTES_MAX = 64 << 10 };

/**
 * A picture as "data:image/png;base64,..." (PNG, JPEG, WebP, SVG). *ret_type is static. Returns NULL, or what is
 * wrong with it as the end of "must ..."; the bytes are in `a`.
 */
const char *sl_logo_read(sl_str text, struct sl_arena *a, const char **ret_type, sl_str *ret_bytes);
