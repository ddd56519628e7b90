/*
 * portal: how the portal looks and whom it lets in. There is one, `default`; while it is not there the
 * portal looks as the console does.
 */
#include "base/str.h"
#include "control/change.h"
#include "control/look.h"

struct portal_link {
    sl_str text, url;
};

struct portal_translation {
    sl_str language, title, welcome, footer;
    struct sl_list_of links;
};

struct portal_config {
    sl_str name, title, welcome, footer, logo, accent, accent_dark;
    struct sl_list_of links;        /* struct portal_link */
    struct sl_list_of translations; /* struct portal_translation */
    bool members_only, self_registration, try_disabled;
    int64_t try_per_minute;
};

static const struct sl_field link_fields[] = {
    SL_FIELD_STR(struct portal_link, text, .required = true, .min = "1", .max = "64",
                 .help = "What is read.", .example = "Imprint"),
    SL_FIELD_STR(struct portal_link, url, .required = true, .min = "1", .max = "2048",
                 .help = "Where it leads: `https://`, `http://` or `mailto:`.",
                 .example = "https://example.com/imprint"),
    SL_FIELD_END,
};

static const struct sl_field translation_fields[] = {
    SL_FIELD_STR(struct portal_translation, language, .required = true, .min = "2", .max = "35",
                 .help = "Whose visitors see it: a tag such as `de` or `zh-CN` (BCP 47). `de` is "
                         "for `de-AT`, too.",
                 .example = "zh-CN"),
    SL_FIELD_STR(struct portal_translation, title, .max = "64", .help = "As above."),
    SL_FIELD_STR(struct portal_translation, welcome, .max = "8192", .help = "As above."),
    SL_FIELD_STR(struct portal_translation, footer, .max = "512", .help = "As above."),
    SL_FIELD_LIST(struct portal_translation, links, .fields = link_fields, .max = "10",
                  .item_size = sizeof(struct portal_link), .help = "As above."),
    SL_FIELD_END,
};

static const struct sl_field portal_fields[] = {
    SL_FIELD_STR(struct portal_config, name, .required = true, .min = "1", .max = "64",
                 .help = "`default`: there is one.", .example = "default"),
    SL_FIELD_STR(struct portal_config, title, .max = "64",
                 .help = "What stands at the head of each page, and on the sign-in.",
                 .example = "Acme developers"),
    SL_FIELD_STR(struct portal_config, logo, .max = "90000",
                 .help = "A picture of at most 64 KiB, as `data:image/png;base64,...`: PNG, JPEG, "
                         "WebP or SVG. It is shown 22 pixels high."),
    SL_FIELD_STR(struct portal_config, accent, .max = "7",
                 .help = "Colour of links and buttons on light ground. Must have a contrast of at "
                         "least 4.5 to it.",
                 .example = "#7a2ea0"),
    SL_FIELD_STR(struct portal_config, accent_dark, .max = "7",
                 .help = "The same on dark ground. Left out: `accent`, as much lighter as it has "
                         "to be.",
                 .example = "#d8a4f5"),
    SL_FIELD_STR(struct portal_config, welcome, .max = "8192",
                 .help = "What stands above the catalogue, in Markdown."),
    SL_FIELD_STR(struct portal_config, footer, .max = "512",
                 .help = "What stands at the foot of each page.", .example = "Acme Inc."),
    SL_FIELD_LIST(struct portal_config, links, .fields = link_fields, .max = "10",
                  .item_size = sizeof(struct portal_link), .help = "Links at the foot."),
    SL_FIELD_LIST(struct portal_config, translations, .fields = translation_fields, .max = "50",
                  .item_size = sizeof(struct portal_translation),
                  .help = "The texts in other languages, by that of the visitor. What one leaves "
                          "out is as above."),
    SL_FIELD_BOOL(struct portal_config, members_only,
                  .help = "Guests see nothing, whatever a workspace's `portal_is_public` says."),
    SL_FIELD_BOOL(struct portal_config, self_registration,
                  .help = "People may ask for a user of their own; it may log in once somebody has "
                          "approved it (`users:approve`)."),
    SL_FIELD_BOOL(
        struct portal_config, try_disabled,
        .help = "Nothing can be tried from the portal. What is tried comes, to policies and logs, "
                "from the person's address as the admin port sees it."),
    SL_FIELD_INT(struct portal_config, try_per_minute, .dflt = "30", .min = "1", .max = "6000",
                 .help = "So many requests a person may try per minute, on each node."),
    SL_FIELD_END,
};

static const struct sl_noun portal_noun = {
    .name = "portals",
    .summary = "How the developer portal looks and whom it lets in.",
    .fields = portal_fields,
    .size = sizeof(struct portal_config),
    .is_list = true,
};

/* ------------------------------------------------------------------ checks */

static sl_rc check_colour(struct sl_change *c, const char *path, sl_str text, enum sl_theme theme)
{
    struct sl_colour colour;
    if (text.n == 0)
        return SL_OK;
    if (!sl_colour_read(text, &colour))
        return sl_change_fail(c, path, "must be a colour such as #7a2ea0");
    double contrast = sl_look_contrast(colour, theme);
    if (contrast >= SL_LOOK_CONTRAST)
        return SL_OK;
    sl_str near = sl_colour_write(sl_look_readable(colour, theme), c->work->a);
    return sl_change_fail(c, path,
                          "must have a contrast of at least 4.5 to its ground, and has %.1f; %.*s "
                          "has it",
                          contrast, SL_STRF(near));
}

static sl_rc check_logo(struct sl_change *c, sl_str logo)
{
    const char *type;
    sl_str bytes;
    const char *why = logo.n != 0 ? sl_logo_read(logo, c->work->a, &type, &bytes) : NULL;
    return why == NULL ? SL_OK : sl_change_fail(c, "logo", "must %s", why);
}

static sl_rc check_links(struct sl_change *c, const struct sl_list_of *links, const char *path)
{
    const struct portal_link *v = links->v;
    for (size_t i = 0; i < links->n; i++) {
        sl_str url = v[i].url;
        if (!sl_str_starts(url, SL_STR("https://")) && !sl_str_starts(url, SL_STR("http://")) &&
            !sl_str_starts(url, SL_STR("mailto:")))
            return sl_change_fail(c, sl_fmt(c->work->a, "%slinks[%zu].url", path, i).p,
                                  "must begin with https://, http:// or mailto:");
    }
    return SL_OK;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_language(sl_str tag)
{
    for (size_t i = 0; i < tag.n; i++)
        if (!is_alphanumeric(tag.p[i]) && (tag.p[i] != '-' || i == 0 || i == tag.n - 1))
            return false;
    return true;
}

static sl_rc check_translations(struct sl_change *c, const struct sl_list_of *translations)
{
    const struct portal_translation *v = translations->v;
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < translations->n && rc == SL_OK; i++) {
        const char *path = sl_fmt(c->work->a, "translations[%zu].", i).p;
        const char *at = sl_fmt(c->work->a, "%slanguage", path).p;
        if (!is_language(v[i].language))
            return sl_change_fail(c, at, "must be a language, such as de or zh-CN");
        for (size_t k = 0; k < i; k++)
            if (sl_str_ieq(v[k].language, v[i].language))
                return sl_change_fail(c, at, "is given twice; once is enough");
        rc = check_links(c, &v[i].links, path);
    }
    return rc;
}

static sl_rc portal_check(struct sl_change *c)
{
    const struct portal_config *p = c->config;
    if (c->is_delete)
        return SL_OK;
    sl_rc rc = SL_OK;
    if (!sl_str_eq(p->name, SL_STR("default")))
        rc = sl_change_fail(c, "name", "must be 'default': there is one portal");
    if (rc == SL_OK)
        rc = check_colour(c, "accent", p->accent, SL_THEME_LIGHT);
    if (rc == SL_OK)
        rc = check_colour(c, "accent_dark", p->accent_dark, SL_THEME_DARK);
    if (rc == SL_OK)
        rc = check_logo(c, p->logo);
    if (rc == SL_OK)
        rc = check_links(c, &p->links, "");
    return rc == SL_OK ? check_translations(c, &p->translations) : rc;
}

const struct sl_resource_type sl_resource_portal = {
    .kind = "portal",
    .noun = &portal_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .large = "logo",
    .check = portal_check,
};
