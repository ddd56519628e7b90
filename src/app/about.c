#include "app/about.h"
#include "app/memory.h"
#include "base/str.h"
#include "base/units.h"

static void write_fields(const struct sl_field *fields, const void *object, struct sl_jsonw *w);

static void write_unit(void (*add)(struct sl_strbuf *b, const void *value), const void *value,
                       struct sl_jsonw *w)
{
    struct sl_strbuf b = {0};
    add(&b, value);
    sl_jsonw_str(w, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

static void add_span(struct sl_strbuf *b, const void *value)
{
    sl_units_add_span(b, *(const sl_usec *)value);
}

static void add_size(struct sl_strbuf *b, const void *value)
{
    sl_units_add_size(b, *(const uint64_t *)value);
}

static void write_strs(const struct sl_strs *v, struct sl_jsonw *w)
{
    sl_jsonw_array(w);
    for (size_t i = 0; i < v->n; i++)
        sl_jsonw_str(w, v->v[i]);
    sl_jsonw_end(w);
}

/* Secrets are not told, and lists have a place of their own. */
static bool is_told(enum sl_field_kind kind)
{
    switch (kind) {
    case SL_FIELD_KIND_BOOL:
    case SL_FIELD_KIND_INT:
    case SL_FIELD_KIND_STR:
    case SL_FIELD_KIND_SPAN:
    case SL_FIELD_KIND_SIZE:
    case SL_FIELD_KIND_ENUM:
    case SL_FIELD_KIND_STRS:
    case SL_FIELD_KIND_OBJECT:
        return true;
    case SL_FIELD_KIND_END:
    case SL_FIELD_KIND_URL:
    case SL_FIELD_KIND_SECRET:
    case SL_FIELD_KIND_REGEX:
    case SL_FIELD_KIND_TIME:
    case SL_FIELD_KIND_MONEY:
    case SL_FIELD_KIND_MAP:
    case SL_FIELD_KIND_LIST:
    case SL_FIELD_KIND_NODE:
        return false;
    }
    return false;
}

static void write_value(const struct sl_field *f, const void *value, struct sl_jsonw *w)
{
    if (f->kind == SL_FIELD_KIND_BOOL)
        sl_jsonw_bool(w, *(const bool *)value);
    else if (f->kind == SL_FIELD_KIND_INT)
        sl_jsonw_i64(w, *(const int64_t *)value);
    else if (f->kind == SL_FIELD_KIND_STR)
        sl_jsonw_str(w, *(const sl_str *)value);
    else if (f->kind == SL_FIELD_KIND_SPAN)
        write_unit(add_span, value, w);
    else if (f->kind == SL_FIELD_KIND_SIZE)
        write_unit(add_size, value, w);
    else if (f->kind == SL_FIELD_KIND_ENUM)
        sl_jsonw_str(w, sl_cstr(f->values[*(const int *)value]));
    else if (f->kind == SL_FIELD_KIND_STRS)
        write_strs(value, w);
    else
        write_fields(f->fields, value, w);
}

static void write_fields(const struct sl_field *fields, const void *object, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (!is_told(f->kind))
            continue;
        sl_jsonw_key(w, sl_cstr(f->name));
        write_value(f, (const char *)object + f->offset, w);
    }
    sl_jsonw_end(w);
}

void sl_about_write(const struct sl_gateway_config *config, const struct sl_ledger_keep *kept,
                    struct sl_jsonw *w)
{
    sl_jsonw_key_i64(w, SL_STR("memory_bytes"), (int64_t)sl_memory_resident());
    sl_jsonw_key(w, SL_STR("requests_kept"));
    write_unit(add_span, &kept->records_us, w);
    sl_jsonw_key_i64(w, SL_STR("requests_max_bytes"), (int64_t)kept->max_bytes);
    sl_jsonw_key(w, SL_STR("configuration"));
    write_fields(sl_gateway_fields, config, w);
}
