#include "codec/markdown.h"
#include "base/err.h"
#include "base/str.h"

#include <cmark-gfm-core-extensions.h>
#include <stdlib.h>

static const char *const extensions[] = {"table", "strikethrough", "autolink", "tasklist"};

/* Neither raw HTML nor schemes that a browser would run: that is cmark's default, CMARK_OPT_UNSAFE undoes it. */
enum { LEVEL_MAX = 6, OPTIONS = CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_GITHUB_PRE_LANG };

/* cmark lets through every scheme but those that run code; here only those that lead somewhere are wanted. */
static bool is_good_link(sl_str url)
{
    static const sl_str schemes[] = {SL_STR_INIT("http:"), SL_STR_INIT("https:"),
                                     SL_STR_INIT("mailto:")};
    size_t colon = sl_str_find(url, ':', 0);
    size_t slash = SL_MIN(sl_str_find(url, '/', 0), sl_str_find(url, '#', 0));
    if (colon == SIZE_MAX || slash < colon)
        return true; /* relative */
    sl_str scheme = sl_str_head(url, colon + 1);
    for (size_t i = 0; i < SL_LEN(schemes); i++) {
        if (sl_str_ieq(scheme, schemes[i]))
            return true;
    }
    return false;
}

/* A page has its own title: the text's stand below it. */
static void lower(cmark_node *heading)
{
    int level = cmark_node_get_heading_level(heading) + 1;
    (void)cmark_node_set_heading_level(heading, SL_MIN(level, LEVEL_MAX)); /* it is a heading */
}

static void make_fit(cmark_node *document)
{
    cmark_iter *each = cmark_iter_new(document);
    for (cmark_event_type e = cmark_iter_next(each); e != CMARK_EVENT_DONE;
         e = cmark_iter_next(each)) {
        cmark_node *n = cmark_iter_get_node(each);
        cmark_node_type type = cmark_node_get_type(n);
        bool has_url = type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE;
        if (e == CMARK_EVENT_ENTER && has_url && !is_good_link(sl_cstr(cmark_node_get_url(n))))
            (void)cmark_node_set_url(n, ""); /* it is a link */
        if (e == CMARK_EVENT_ENTER && type == CMARK_NODE_HEADING)
            lower(n);
    }
    cmark_iter_free(each);
}

void sl_markdown_init(void)
{
    cmark_gfm_core_extensions_ensure_registered();
}

static char *render(sl_str text)
{
    cmark_parser *parser = cmark_parser_new(OPTIONS);
    for (size_t i = 0; i < SL_LEN(extensions); i++) {
        cmark_syntax_extension *extension = cmark_find_syntax_extension(extensions[i]);
        if (extension != NULL)
            (void)cmark_parser_attach_syntax_extension(parser,
                                                       extension); /* fails for none of these */
    }
    cmark_parser_feed(parser, text.p, text.n);
    cmark_node *document = cmark_parser_finish(parser);
    make_fit(document);
    char *html = cmark_render_html(document, OPTIONS, cmark_parser_get_syntax_extensions(parser));
    cmark_node_free(document);
    cmark_parser_free(parser);
    return html;
}

sl_rc sl_markdown_html(sl_str text, struct sl_arena *a, sl_str *ret)
{
    if (text.n > SL_MARKDOWN_BYTES_MAX)
        return SL_E_LIMIT;
    if (text.n == 0) {
        *ret = SL_STR("");
        return SL_OK;
    }
    char *html = render(text);
    sl_str copy = sl_arena_try_dup(a, sl_cstr(html));
    free(html);
    if (copy.p == NULL)
        return SL_E_LIMIT;
    *ret = copy;
    return SL_OK;
}
