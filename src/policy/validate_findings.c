/*
 * What the policy `validate` found, as the list that the caller gets, and the media types that it compares.
 */
#include "base/str.h"
#include "policy/validate_int.h"

enum { LIST_BYTES_MAX = 16 << 10, NAME_BYTES_MAX = 128 };

void sl_findings_begin(struct sl_findings *f, struct sl_exchange *x)
{
    *f = (struct sl_findings){.x = x};
    sl_strbuf_init(&f->out, x->arena, LIST_BYTES_MAX);
    sl_jsonw_init(&f->w, &f->out);
    sl_jsonw_array(&f->w);
}

void sl_findings_add(struct sl_findings *f, sl_str place, sl_str name, sl_str pointer,
                     sl_str detail)
{
    if (f->n++ >= SL_SCHEMA_FAULTS_MAX)
        return;
    sl_jsonw_object(&f->w);
    sl_jsonw_key_str(&f->w, SL_STR("in"), place);
    if (name.n != 0)
        sl_jsonw_key_str(&f->w, SL_STR("name"), sl_str_head(name, NAME_BYTES_MAX));
    sl_jsonw_key_str(&f->w, SL_STR("pointer"), pointer.p != NULL ? pointer : SL_STR(""));
    sl_jsonw_key_str(&f->w, SL_STR("detail"), detail);
    sl_jsonw_end(&f->w);
}

/* The id of a request is as good as random to those who send them. */
static uint64_t seed_of(const struct sl_exchange *x)
{
    uint64_t seed;
    _Static_assert(sizeof(x->id) >= sizeof(seed), "an id is larger than a seed");
    memcpy(&seed, (const uint8_t *)&x->id + sizeof(x->id) - sizeof(seed), sizeof(seed));
    return seed;
}

sl_rc sl_findings_check(struct sl_findings *f, const struct sl_schema *schema, sl_str json,
                        sl_str place, sl_str name, struct sl_arena *a)
{
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    struct sl_schema_report report = {.arena = a, .seed = seed_of(f->x)};
    if (schema == NULL)
        return SL_OK;
    sl_rc rc = sl_json_parse(json, a, &v, &info);
    if (rc != SL_OK) {
        sl_findings_add(f, place, name, SL_STR(""),
                        sl_fmt(f->x->arena, "is not good JSON: %s (at byte %zu)",
                               info.reason != NULL ? info.reason : "?", info.error_at));
        return rc;
    }
    (void)sl_schema_check(schema, v, &report); /* its faults say it */
    for (size_t i = 0; i < report.n; i++)
        sl_findings_add(f, place, name, report.faults[i].pointer, report.faults[i].message);
    return SL_OK;
}

sl_str sl_findings_end(struct sl_findings *f)
{
    sl_jsonw_end(&f->w);
    return f->out.is_full ? (sl_str){0} : sl_strbuf_str(&f->out);
}

void sl_validate_tell(struct sl_exchange *x, sl_str text)
{
    sl_str name = SL_STR("x-sluice-validation");
    const struct sl_header *told = sl_headers_find(&x->add_headers, name);
    if (told != NULL)
        text = sl_fmt(x->arena, "%.*s, %.*s", SL_STRF(told->value), SL_STRF(text));
    sl_answer_header(x, name, text);
}

/* ------------------------------------------------------------------ media types */

sl_str sl_media_essence(struct sl_exchange *x, sl_str type)
{
    sl_str s = sl_arena_dup(x->arena, sl_str_trim(sl_str_head(type, sl_str_find(type, ';', 0))));
    for (size_t i = 0; i < s.n; i++)
        ((char *)s.p)[i] = sl_lower(s.p[i]);
    return s;
}

const struct sl_body *sl_media_find(const struct sl_bodies *all, sl_str type)
{
    const struct sl_body *range = NULL;
    for (size_t i = 0; i < all->n; i++) {
        sl_str media = all->v[i].media_type;
        if (sl_str_eq(media, type))
            return &all->v[i];
        bool is_range = sl_str_ends(media, SL_STR("/*"));
        sl_str head = sl_str_head(media, media.n - is_range);
        if (sl_str_eq(media, SL_STR("*/*")) || (is_range && sl_str_starts(type, head)))
            range = &all->v[i];
    }
    return range;
}

bool sl_media_is_json(sl_str type)
{
    return sl_str_eq(type, SL_STR("application/json")) || sl_str_ends(type, SL_STR("+json"));
}

bool sl_media_is_plain(const struct sl_headers *h)
{
    sl_str coding = sl_headers_get_id(h, SL_H_CONTENT_ENCODING);
    return coding.n == 0 || sl_str_ieq(coding, SL_STR("identity"));
}
