#include "ai/citation.h"

#include "base/str.h"

static int64_t number(const struct sl_json *v, const char *name)
{
    int64_t n = -1;

    return sl_json_i64(sl_json_get(v, sl_cstr(name)), &n) && n >= 0 ? n : -1;
}

void sl_ai_emit_citation(struct sl_ai_decoder *d, const struct sl_ai_track *t,
                         const struct sl_ai_citation *c)
{
    if (t->has_stopped || t->next_index == 0)
        return;
    sl_ai_emit_piece(d, t, SL_AI_EV_CITATION, (sl_str){0})->citation = *c;
}

/* ------------------------------------------------------------------ reading */

bool sl_ai_citation_read_openai(const struct sl_json *v, struct sl_ai_citation *ret)
{
    const struct sl_json *url = sl_json_get(v, SL_STR("url_citation"));
    const struct sl_json *file = sl_json_get(v, SL_STR("file_citation"));
    const struct sl_json *in = url != NULL ? url : file != NULL ? file : v;
    sl_str type = sl_json_text_of(v, "type");

    if (!sl_str_eq(type, SL_STR("url_citation")) && !sl_str_eq(type, SL_STR("file_citation")))
        return false;
    *ret = (struct sl_ai_citation){
        .url = sl_json_text_of(in, "url"),
        .title = sl_json_text_of(in, "title"),
        .quote = sl_json_text_of(in, "quote"),
        .from = number(in, "start_index"),
        .to = number(in, "end_index"),
    };
    if (ret->title.n == 0)
        ret->title = sl_json_text_of(in, "filename");
    return ret->url.n != 0 || ret->title.n != 0;
}

void sl_ai_citation_read_anthropic(const struct sl_json *v, struct sl_ai_citation *ret)
{
    *ret = (struct sl_ai_citation){
        .url = sl_json_text_of(v, "url"),
        .title = sl_json_text_of(v, "title"),
        .quote = sl_json_text_of(v, "cited_text"),
        .from = -1,
        .to = -1,
    };
    if (ret->title.n == 0)
        ret->title = sl_json_text_of(v, "document_title");
    if (ret->url.n == 0) /* of a search result */
        ret->url = sl_json_text_of(v, "source");
}

/* {title, source, sourceContent: [{text}], location: {web: {url}}} */
void sl_ai_citation_read_bedrock(const struct sl_json *v, struct sl_ai_citation *ret)
{
    const struct sl_json *web = sl_json_get(sl_json_get(v, SL_STR("location")), SL_STR("web"));
    sl_str source = sl_json_text_of(v, "source");

    *ret = (struct sl_ai_citation){
        .url = sl_json_text_of(web, "url"),
        .title = sl_json_text_of(v, "title"),
        .quote = sl_json_text_of(sl_json_at(sl_json_get(v, SL_STR("sourceContent")), 0), "text"),
        .from = -1,
        .to = -1,
    };
    if (ret->url.n == 0 && sl_str_istarts(source, SL_STR("http")))
        ret->url = source;
    else if (ret->title.n == 0)
        ret->title = source;
}

bool sl_ai_citation_next_cohere(const struct sl_json *v, size_t *at, struct sl_ai_citation *ret)
{
    const struct sl_json *source = sl_json_at(sl_json_get(v, SL_STR("sources")), *at);
    const struct sl_json *document = sl_json_get(source, SL_STR("document"));

    if (source == NULL)
        return false;
    ++*at;
    *ret = (struct sl_ai_citation){
        .url = sl_json_text_of(document, "url"),
        .title = sl_json_text_of(document, "title"),
        .quote = sl_json_text_of(document, "snippet"),
        .from = number(v, "start"),
        .to = number(v, "end"),
    };
    if (ret->title.n == 0)
        ret->title = sl_json_text_of(source, "id");
    return true;
}

/* ------------------------------------------------------------------ writing */

int64_t sl_ai_citation_chars(sl_str text)
{
    int64_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

int64_t sl_ai_citation_raw_chars(sl_str raw)
{
    int64_t escapes = 0;

    for (size_t i = 0; i < raw.n; i += raw.p[i] == '\\' ? 2 : 1)
        escapes += raw.p[i] == '\\';
    return sl_ai_citation_chars(raw) - escapes;
}

struct sl_ai_citation sl_ai_citation_within(const struct sl_ai_citation *c, int64_t from,
                                            int64_t to)
{
    struct sl_ai_citation made = *c;

    if (made.from < 0 || made.to < made.from) {
        made.from = from;
        made.to = to;
    }
    return made;
}

static void write_place(struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    sl_jsonw_key_i64(w, SL_STR("start_index"), c->from);
    sl_jsonw_key_i64(w, SL_STR("end_index"), c->to);
}

static void write_source(struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    if (c->url.n != 0) {
        write_place(w, c);
        sl_jsonw_key_str(w, SL_STR("url"), c->url);
        sl_jsonw_key_str(w, SL_STR("title"), c->title);
        return;
    }
    sl_jsonw_key_str(w, SL_STR("filename"), c->title);
    write_place(w, c);
    if (c->quote.n != 0)
        sl_jsonw_key_str(w, SL_STR("quote"), c->quote);
}

static sl_str type_of(const struct sl_ai_citation *c)
{
    return c->url.n != 0 ? SL_STR("url_citation") : SL_STR("file_citation");
}

void sl_ai_citation_write_chat(struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), type_of(c));
    sl_jsonw_key(w, type_of(c));
    sl_jsonw_object(w);
    write_source(w, c);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

void sl_ai_citation_write_responses(struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), type_of(c));
    write_source(w, c);
    sl_jsonw_end(w);
}

/* A page's is the only kind with an address; the others are of a document. */
void sl_ai_citation_write_anthropic(struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    bool has_url = c->url.n != 0;

    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"),
                     has_url ? SL_STR("web_search_result_location") : SL_STR("char_location"));
    sl_jsonw_key_str(w, SL_STR("cited_text"), c->quote);
    if (has_url) {
        sl_jsonw_key_str(w, SL_STR("url"), c->url);
        sl_jsonw_key_str(w, SL_STR("title"), c->title);
        sl_jsonw_key_str(w, SL_STR("encrypted_index"), SL_STR(""));
    } else {
        sl_jsonw_key_i64(w, SL_STR("document_index"), 0);
        sl_jsonw_key_str(w, SL_STR("document_title"), c->title);
        sl_jsonw_key_i64(w, SL_STR("start_char_index"), 0);
        sl_jsonw_key_i64(w, SL_STR("end_char_index"), sl_ai_citation_chars(c->quote));
    }
    sl_jsonw_end(w);
}

/* Pages are documents there. One that has no name must not get one: readers take it for the title. */
void sl_ai_citation_write_cohere(struct sl_jsonw *w, const struct sl_ai_citation *c,
                                 uint32_t content)
{
    static const sl_str names[] = {SL_STR_INIT("title"), SL_STR_INIT("url"),
                                   SL_STR_INIT("snippet")};
    const sl_str values[] = {c->title, c->url, c->quote};

    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("start"), c->from);
    sl_jsonw_key_i64(w, SL_STR("end"), c->to);
    sl_jsonw_key(w, SL_STR("sources"));
    sl_jsonw_array(w);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("document"));
    if (c->title.n != 0)
        sl_jsonw_key_str(w, SL_STR("id"), c->title);
    sl_jsonw_key(w, SL_STR("document"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < SL_LEN(names); i++)
        if (values[i].n != 0)
            sl_jsonw_key_str(w, names[i], values[i]);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_key_i64(w, SL_STR("content_index"), content);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("TEXT_CONTENT"));
    sl_jsonw_end(w);
}
