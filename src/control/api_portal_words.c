/*
 * What the catalogue is searched for. Guests search, too, and each word is looked for in each operation that
 * there is: there are few words, and each text is made small once for all of them.
 */
#include "base/str.h"
#include "control/api_portal_int.h"

static sl_str small(sl_str text, struct sl_arena *a)
{
    char *copy = sl_arena_array(a, char, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        copy[i] = sl_lower(text.p[i]);
    return sl_str_of(copy, text.n);
}

static bool is_new(const struct sl_portal_words *w, sl_str word)
{
    size_t i = 0;
    while (i < w->n && !sl_str_eq(w->v[i], word))
        i++;
    return word.n != 0 && i == w->n;
}

bool sl_portal_words_init(struct sl_portal_words *w, sl_str q, struct sl_arena *a)
{
    *w = (struct sl_portal_words){0};
    SL_ASSERT(q.n <= SL_PORTAL_Q_BYTES_MAX);
    sl_str rest = small(q, a), word;
    while (rest.n != 0 && sl_str_split(&rest, ' ', &word)) {
        if (!is_new(w, word))
            continue;
        if (w->n == SL_PORTAL_WORDS_MAX)
            return false;
        w->v[w->n++] = word;
    }
    return true;
}

void sl_portal_words_fini(struct sl_portal_words *w)
{
    sl_strbuf_fini(&w->text);
}

static void add(struct sl_portal_words *w, sl_str text)
{
    char *room = sl_strbuf_room(&w->text, text.n);
    for (size_t i = 0; room != NULL && i < text.n; i++)
        room[i] = sl_lower(text.p[i]);
    w->text.n += room != NULL ? text.n : 0;
}

/* No word goes from one text into the next. */
static void end_text(struct sl_portal_words *w)
{
    sl_strbuf_add_char(&w->text, ' ');
}

static void gather(struct sl_portal_words *w, const struct sl_node *of, sl_str prefix, sl_str path)
{
    static const char *const members[] = {"name",   "title",   "domain",      "id",
                                          "method", "summary", "description", NULL};
    w->text.n = 0;
    for (const char *const *m = members; *m != NULL; m++) {
        add(w, sl_tree_text(of, *m));
        end_text(w);
    }
    add(w, prefix);
    add(w, path);
    const struct sl_node *tags = sl_node_get(of, SL_STR("tags"));
    for (const struct sl_node *n = tags != NULL ? tags->children : NULL; n != NULL; n = n->next) {
        end_text(w);
        add(w, n->text);
    }
}

bool sl_portal_words_are_in(struct sl_portal_words *w, const struct sl_node *of, sl_str prefix,
                            sl_str path)
{
    size_t i = 0;
    gather(w, of, prefix, path);
    while (i < w->n && memmem(w->text.p, w->text.n, w->v[i].p, w->v[i].n) != NULL)
        i++;
    return i == w->n;
}
