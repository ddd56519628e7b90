#include "control/look.h"
#include "base/enc.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <math.h>

/* ------------------------------------------------------------------ colours */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (sl_lower(c) >= 'a' && sl_lower(c) <= 'f');
}

static uint8_t hex_pair(const char *p)
{
    uint8_t v = 0;
    for (size_t i = 0; i < 2; i++)
        v = (uint8_t)(v << 4 | (p[i] <= '9' ? p[i] - '0' : sl_lower(p[i]) - 'a' + 10));
    return v;
}

bool sl_colour_read(sl_str text, struct sl_colour *ret)
{
    bool is_good = text.n == 7 && text.p[0] == '#';
    for (size_t i = 1; is_good && i < text.n; i++)
        is_good = is_hex(text.p[i]);
    if (is_good)
        *ret = (struct sl_colour){hex_pair(text.p + 1), hex_pair(text.p + 3), hex_pair(text.p + 5)};
    return is_good;
}

sl_str sl_colour_write(struct sl_colour c, struct sl_arena *a)
{
    return sl_fmt(a, "#%02x%02x%02x", c.red, c.green, c.blue);
}

/* WCAG 2.2, "relative luminance" */
static double linear(uint8_t channel)
{
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(struct sl_colour c)
{
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

double sl_colour_contrast(struct sl_colour a, struct sl_colour b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

static uint8_t mix_channel(uint8_t a, uint8_t b, int percent_of_a)
{
    return (uint8_t)((a * percent_of_a + b * (100 - percent_of_a) + 50) / 100);
}

static struct sl_colour mix(struct sl_colour a, struct sl_colour b, int percent_of_a)
{
    return (struct sl_colour){mix_channel(a.red, b.red, percent_of_a),
                              mix_channel(a.green, b.green, percent_of_a),
                              mix_channel(a.blue, b.blue, percent_of_a)};
}

/* ------------------------------------------------------------------ what the accent stands on */

enum { GROUNDS = 3, SOFT_PERCENT = 10 };

/* --ground, --surface, --raised; --accent-text is what is written on it. --accent-soft is SOFT_PERCENT of it on --surface. */
static const struct theme {
    struct sl_colour grounds[GROUNDS], surface, text;
    struct sl_colour towards; /* what makes it more readable there */
} themes[] = {
    [SL_THEME_LIGHT] = {.grounds = {{0xf7, 0xf8, 0xf8}, {0xff, 0xff, 0xff}, {0xff, 0xff, 0xff}},
                        .surface = {0xff, 0xff, 0xff},
                        .text = {0xff, 0xff, 0xff},
                        .towards = {0, 0, 0}},
    [SL_THEME_DARK] = {.grounds = {{0x10, 0x14, 0x13}, {0x18, 0x1d, 0x1c}, {0x1f, 0x25, 0x24}},
                       .surface = {0x18, 0x1d, 0x1c},
                       .text = {0x06, 0x20, 0x1c},
                       .towards = {0xff, 0xff, 0xff}},
};

double sl_look_contrast(struct sl_colour accent, enum sl_theme theme)
{
    const struct theme *t = &themes[theme];
    double least = sl_colour_contrast(accent, t->text);
    double on_soft = sl_colour_contrast(accent, mix(accent, t->surface, SOFT_PERCENT));
    if (on_soft < least)
        least = on_soft;
    for (size_t i = 0; i < GROUNDS; i++) {
        double c = sl_colour_contrast(accent, t->grounds[i]);
        if (c < least)
            least = c;
    }
    return least;
}

struct sl_colour sl_look_readable(struct sl_colour accent, enum sl_theme theme)
{
    struct sl_colour c = accent;
    for (int percent = 100; percent > 0 && sl_look_contrast(c, theme) < SL_LOOK_CONTRAST; percent--)
        c = mix(accent, themes[theme].towards, percent - 1);
    return c;
}

/* ------------------------------------------------------------------ pictures */

static bool is_png(sl_str b)
{
    return sl_str_starts(b, SL_STR("\x89PNG\r\n\x1a\n"));
}

static bool is_jpeg(sl_str b)
{
    return sl_str_starts(b, SL_STR("\xff\xd8\xff"));
}

static bool is_webp(sl_str b)
{
    return b.n > 12 && sl_str_starts(b, SL_STR("RIFF")) &&
           sl_str_starts(sl_str_from(b, 8), SL_STR("WEBP"));
}

/* It is shown as a picture, in which nothing runs; this is only to find mistakes. */
static bool is_svg(sl_str b)
{
    sl_str text = sl_str_trim(b);
    return sl_utf8_is_valid(text) && text.n != 0 && text.p[0] == '<' &&
           sl_str_find_str(text, SL_STR("<svg")) != SIZE_MAX;
}

static const struct picture {
    const char *type;
    bool (*is_it)(sl_str bytes);
} pictures[] = {
    {"image/png", is_png},
    {"image/jpeg", is_jpeg},
    {"image/webp", is_webp},
    {"image/svg+xml", is_svg},
};

static const struct picture *find_picture(sl_str type)
{
    for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
        if (sl_str_eq(type, sl_cstr(pictures[i].type)))
            return &pictures[i];
    }
    return NULL;
}

const char *sl_logo_read(sl_str text, struct sl_arena *a, const char **ret_type, sl_str *ret_bytes)
{
    sl_str head = SL_STR("data:"), middle = SL_STR(";base64,");
    size_t end = sl_str_find_str(text, middle);
    struct sl_strbuf b;
    if (!sl_str_starts(text, head) || end == SIZE_MAX)
        return "be 'data:image/png;base64,...'";
    const struct picture *p = find_picture(sl_str_from(sl_str_head(text, end), head.n));
    if (p == NULL)
        return "be of type image/png, image/jpeg, image/webp or image/svg+xml";
    sl_str encoded = sl_str_from(text, end + middle.n);
    if (encoded.n > (size_t)SL_LOGO_BYTES_MAX / 3 * 4 + 4)
        return "be at most 64 KiB";
    sl_strbuf_init(&b, a, 0);
    bool is_good = sl_dec_base64(&b, encoded);
    if (!is_good || !p->is_it(sl_strbuf_str(&b)))
        return "be the picture in base64 that its type says";
    *ret_type = p->type;
    *ret_bytes = sl_strbuf_str(&b);
    return NULL;
}
