#include "ai/gemini_grounding.h"

#include "base/str.h"

enum { SEGMENT_TEXT_BYTES = 4096 }; /* longer stretches are told by their positions only */

/* Zero is left out in Google's JSON. */
static size_t number(const struct sl_json *v, const char *name)
{
    int64_t n = 0;

    return sl_json_i64(sl_json_of(v, name), &n) && n > 0 ? (size_t)n : 0;
}

void sl_ai_grounding_init(struct sl_ai_grounding *g, struct sl_arena *a)
{
    sl_strbuf_init(&g->text, a, SL_AI_GROUNDING_TEXT_BYTES);
    sl_strbuf_init(&g->supports, a, SL_AI_KEPT_BYTES);
}

/* ------------------------------------------------------------------ sources */

static struct sl_ai_grounding_source *new_source(struct sl_ai_grounding *g, struct sl_arena *a)
{
    if (g->sources == NULL)
        g->sources = sl_arena_try_alloc(a, SL_AI_GROUNDING_SOURCES_MAX * sizeof(*g->sources));
    if (g->sources == NULL || g->source_count == SL_AI_GROUNDING_SOURCES_MAX)
        return NULL;
    return &g->sources[g->source_count++];
}

/* A page, a document of one's own, or a place on a map. */
static void read_source(struct sl_ai_decoder *d, struct sl_ai_grounding *g,
                        const struct sl_json *chunk)
{
    static const char *const kinds[] = {"web", "retrievedContext", "maps"};
    struct sl_ai_grounding_source *s = new_source(g, d->a);
    const struct sl_json *own = sl_json_of(chunk, "retrievedContext"), *in = NULL;

    for (size_t i = 0; i < SL_LEN(kinds) && in == NULL; i++)
        in = sl_json_of(chunk, kinds[i]);
    if (s == NULL || in == NULL)
        return;
    *s = (struct sl_ai_grounding_source){
        .url = sl_ai_decoder_keep(d, sl_json_text_of(in, "uri")),
        .title = sl_ai_decoder_keep(d, sl_json_text_of(in, "title")),
        .quote = sl_ai_decoder_keep(d, in == own ? sl_json_text_of(in, "text") : (sl_str){0}),
    };
}

/* ------------------------------------------------------------------ reading */

/* The character that begins at a byte of the text, or in it. */
static int64_t char_at(const struct sl_ai_grounding *g, size_t byte)
{
    return sl_ai_citation_chars(sl_str_head(sl_strbuf_str(&g->text), byte));
}

/* Where the part begins that a segment counts from. */
static size_t part_at(const struct sl_json *candidate, size_t part, size_t chunk_at)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(sl_json_of(candidate, "content"), "parts"));
    const struct sl_json *v;

    if (part == 0) /* in a stream: the whole text, whichever chunk it came in */
        return 0;
    while (part-- > 0 && (v = sl_json_next(&c, NULL)) != NULL)
        if (!sl_json_is_true(sl_json_of(v, "thought")))
            chunk_at += sl_json_text_of(v, "text").n;
    return chunk_at;
}

static void emit(struct sl_ai_decoder *d, struct sl_ai_grounding *g, const struct sl_ai_track *t,
                 struct sl_ai_citation c, const struct sl_json *segment, size_t base)
{
    size_t from = number(segment, "startIndex"), to = number(segment, "endIndex");
    size_t room = g->text.n - SL_MIN(base, g->text.n);
    bool is_inside = from <= to && to <= room && to != 0;

    if ((c.url.n == 0 && c.title.n == 0) || g->cited_count == SL_AI_GROUNDING_CITED_MAX)
        return;
    if (g->text.n == 0) /* of what? */
        return;
    g->cited_count++;
    c.from = is_inside ? char_at(g, base + from) : -1;
    c.to = is_inside ? char_at(g, base + to) : -1;
    sl_ai_emit_citation(d, t, &c);
}

static void read_support(struct sl_ai_decoder *d, struct sl_ai_grounding *g,
                         const struct sl_ai_track *t, const struct sl_json *support, size_t base)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(support, "groundingChunkIndices"));
    const struct sl_json *v;

    while ((v = sl_json_next(&c, NULL)) != NULL) {
        int64_t i = -1;
        if (!sl_json_i64(v, &i) || i < 0 || (size_t)i >= g->source_count)
            continue;
        struct sl_ai_citation made = {
            .url = g->sources[i].url, .title = g->sources[i].title, .quote = g->sources[i].quote};
        emit(d, g, t, made, sl_json_of(support, "segment"), base);
    }
}

/* What it quotes: citationSources, which Vertex AI calls citations. */
static void read_quotes(struct sl_ai_decoder *d, struct sl_ai_grounding *g,
                        const struct sl_ai_track *t, const struct sl_json *metadata)
{
    static const char *const names[] = {"citationSources", "citations"};

    for (size_t i = 0; i < SL_LEN(names); i++) {
        struct sl_json_cursor c = sl_json_each(sl_json_of(metadata, names[i]));
        const struct sl_json *v;
        while ((v = sl_json_next(&c, NULL)) != NULL) {
            struct sl_ai_citation made = {.url = sl_json_text_of(v, "uri"),
                                          .title = sl_json_text_of(v, "title")};
            emit(d, g, t, made, v, 0);
        }
    }
}

void sl_ai_grounding_read(struct sl_ai_decoder *d, struct sl_ai_grounding *g,
                          const struct sl_ai_track *t, const struct sl_json *candidate,
                          size_t chunk_at)
{
    const struct sl_json *metadata = sl_json_of(candidate, "groundingMetadata");
    struct sl_json_cursor c = sl_json_each(sl_json_of(metadata, "groundingChunks"));
    const struct sl_json *v;

    while ((v = sl_json_next(&c, NULL)) != NULL)
        read_source(d, g, v);
    c = sl_json_each(sl_json_of(metadata, "groundingSupports"));
    while ((v = sl_json_next(&c, NULL)) != NULL)
        read_support(d, g, t, v,
                     part_at(candidate, number(sl_json_of(v, "segment"), "partIndex"), chunk_at));
    read_quotes(d, g, t, sl_json_of(candidate, "citationMetadata"));
}

/* ------------------------------------------------------------------ writing */

/* The source's number; there is a new one if it is not known yet. -1: too many. */
static int64_t source_of(struct sl_ai_grounding *g, const struct sl_ai_citation *c,
                         struct sl_arena *a)
{
    struct sl_ai_grounding_source *s;

    for (size_t i = 0; i < g->source_count; i++)
        if (sl_str_eq(g->sources[i].url, c->url) && sl_str_eq(g->sources[i].title, c->title) &&
            sl_str_eq(g->sources[i].quote, c->quote))
            return (int64_t)i;
    s = new_source(g, a);
    if (s == NULL)
        return -1;
    s->url = sl_arena_try_dup(a, c->url);
    s->title = sl_arena_try_dup(a, c->title);
    s->quote = sl_arena_try_dup(a, c->quote);
    return (int64_t)g->source_count - 1;
}

/* The byte at which a character of the text begins. */
static size_t byte_at(sl_str text, int64_t chars)
{
    size_t i = 0;

    for (; i < text.n; i++)
        if (((unsigned char)text.p[i] & 0xc0) != 0x80 && chars-- == 0)
            break;
    return i;
}

static void write_segment(struct sl_jsonw *w, sl_str text, struct sl_ai_grounding_place place,
                          size_t from, size_t to)
{
    sl_jsonw_key(w, SL_STR("segment"));
    sl_jsonw_object(w);
    if (place.part != 0)
        sl_jsonw_key_i64(w, SL_STR("partIndex"), place.part);
    sl_jsonw_key_i64(w, SL_STR("startIndex"), (int64_t)(from - place.base));
    sl_jsonw_key_i64(w, SL_STR("endIndex"), (int64_t)(to - place.base));
    if (to - from <= SEGMENT_TEXT_BYTES)
        sl_jsonw_key_str(w, SL_STR("text"), sl_str_head(sl_str_from(text, from), to - from));
    sl_jsonw_end(w);
}

bool sl_ai_grounding_add(struct sl_ai_grounding *g, const struct sl_ai_citation *c,
                         struct sl_ai_grounding_place place, struct sl_arena *a)
{
    sl_str text = sl_strbuf_str(&g->text);
    bool is_whole = c->from < 0 || c->to < c->from;
    size_t from = is_whole ? place.at : SL_MAX(byte_at(text, c->from), place.at);
    size_t to = is_whole ? text.n : SL_MAX(byte_at(text, c->to), from);
    struct sl_jsonw w;
    int64_t source;

    if (g->cited_count == SL_AI_GROUNDING_CITED_MAX)
        return true;
    source = source_of(g, c, a);
    if (source < 0)
        return g->sources != NULL;
    g->cited_count++;
    if (g->supports.n != 0)
        sl_strbuf_add(&g->supports, SL_STR(","));
    sl_jsonw_init(&w, &g->supports);
    sl_jsonw_object(&w);
    write_segment(&w, text, place, from, to);
    sl_jsonw_key(&w, SL_STR("groundingChunkIndices"));
    sl_jsonw_array(&w);
    sl_jsonw_i64(&w, source);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    return !g->supports.is_full;
}

static void write_source(struct sl_jsonw *w, const struct sl_ai_grounding_source *s)
{
    bool is_page = s->url.n != 0 && s->quote.n == 0; /* of which no text is told */

    sl_jsonw_object(w);
    sl_jsonw_key(w, is_page ? SL_STR("web") : SL_STR("retrievedContext"));
    sl_jsonw_object(w);
    if (s->url.n != 0)
        sl_jsonw_key_str(w, SL_STR("uri"), s->url);
    sl_jsonw_key_str(w, SL_STR("title"), s->title);
    if (s->quote.n != 0)
        sl_jsonw_key_str(w, SL_STR("text"), s->quote);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

void sl_ai_grounding_write(struct sl_jsonw *w, const struct sl_ai_grounding *g)
{
    if (g->supports.n == 0)
        return;
    sl_jsonw_key(w, SL_STR("groundingMetadata"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("groundingChunks"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < g->source_count; i++)
        write_source(w, &g->sources[i]);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("groundingSupports"));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(&g->supports));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}
