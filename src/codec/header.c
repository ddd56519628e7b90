#include "codec/header.h"

#include "base/str.h"
#include "base/strbuf.h"
#include "codec/httpchar_int.h"

enum { NAME_BYTES_MIN = 2, NAME_BYTES_MAX = 32, PARSED_FIELDS = 24, OWN_FIELDS = 6 };

#define HOP SL_HF_HOP
#define FRAMING SL_HF_FRAMING
#define GUARDED SL_HF_GUARDED
#define SECRET SL_HF_SECRET
#define CONTROL SL_HF_CONTROL
static const struct {
    char text[NAME_BYTES_MAX];
    uint8_t n, flags;
} known[SL_H_COUNT] = {
#define X(id, name, flags) [SL_H_##id] = {name, sizeof(name) - 1, flags},
#include "codec/header.def"
#undef X
};

#define S(slot, id) [slot] = SL_H_##id,
static const uint8_t slots[256] = {
#include "codec/header_slots.def"
};
#undef S

_Static_assert(SL_H_COUNT <= UINT8_MAX, "ids fit slots");

/** First, middle and last byte without their case, and the length: unlike for unlike rows. */
static inline uint32_t slot_of(sl_str name)
{
    uint32_t first = (uint8_t)name.p[0], middle = (uint8_t)name.p[name.n / 2],
             last = (uint8_t)name.p[name.n - 1];
    uint32_t key = first | middle << 8 | last << 16 | 0x202020 | (uint32_t)name.n << 24;
    return key * HASH_FACTOR >> 24;
}

static inline uint64_t load8(const char *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

/** Two to seven bytes as one word, unlike for unlike texts of one length. */
static inline uint64_t load_short(const char *p, size_t n)
{
    uint32_t head = 0, tail = 0;
    if (n < 4)
        return (uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[1] << 8 |
               (uint64_t)(uint8_t)p[n - 1] << 16;
    memcpy(&head, p, 4);
    memcpy(&tail, p + n - 4, 4);
    return head | (uint64_t)tail << 32;
}

/** Zero when `w` is `row` in any case. Bit 6 tells the letters of a row from its dashes. */
static inline uint64_t unlike(uint64_t w, uint64_t row)
{
    return (w ^ row) & ~(row >> 1 & 0x2020202020202020ULL);
}

static inline uint64_t unlike_at(sl_str name, const char *row, size_t at)
{
    return unlike(load8(name.p + at), load8(row + at));
}

/** Is `name` the row of the same length? Words overlap where the length is no multiple of theirs. */
static inline bool is_row(sl_str name, const char *row)
{
    if (name.n < 8)
        return unlike(load_short(name.p, name.n), load_short(row, name.n)) == 0;
    uint64_t differs = unlike_at(name, row, 0) | unlike_at(name, row, name.n - 8);
    if (name.n > 16)
        differs |= unlike_at(name, row, 8) | unlike_at(name, row, name.n - 16);
    return differs == 0;
}

enum sl_header_id sl_header_id(sl_str name)
{
    if (name.n < NAME_BYTES_MIN || name.n > NAME_BYTES_MAX)
        return SL_H_OTHER;
    uint32_t id = slots[slot_of(name)];
    return known[id].n == name.n && is_row(name, known[id].text) ? (enum sl_header_id)id
                                                                 : SL_H_OTHER;
}

sl_str sl_header_name(enum sl_header_id id)
{
    SL_ASSERT(id < SL_H_COUNT);
    return sl_str_of(known[id].text, known[id].n);
}

uint32_t sl_header_flags(enum sl_header_id id)
{
    SL_ASSERT(id < SL_H_COUNT);
    return known[id].flags;
}

void sl_methods_add(uint32_t methods, struct sl_strbuf *out)
{
    static const sl_str names[] = {
        [SL_METHOD_GET] = SL_STR_INIT("GET"),         [SL_METHOD_HEAD] = SL_STR_INIT("HEAD"),
        [SL_METHOD_POST] = SL_STR_INIT("POST"),       [SL_METHOD_PUT] = SL_STR_INIT("PUT"),
        [SL_METHOD_DELETE] = SL_STR_INIT("DELETE"),   [SL_METHOD_PATCH] = SL_STR_INIT("PATCH"),
        [SL_METHOD_OPTIONS] = SL_STR_INIT("OPTIONS"),
    };
    sl_str separator = SL_STR("");
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if (names[i].n == 0 || (methods & (1u << i)) == 0)
            continue;
        sl_strbuf_add(out, separator);
        sl_strbuf_add(out, names[i]);
        separator = SL_STR(", ");
    }
}

enum sl_method sl_method_of(sl_str method)
{
#define IS(name) (memcmp(method.p, name, sizeof(name) - 1) == 0)
    switch (method.n) {
    case 3:
        return IS("GET") ? SL_METHOD_GET : IS("PUT") ? SL_METHOD_PUT : SL_METHOD_OTHER;
    case 4:
        return IS("POST") ? SL_METHOD_POST : IS("HEAD") ? SL_METHOD_HEAD : SL_METHOD_OTHER;
    case 5:
        return IS("PATCH") ? SL_METHOD_PATCH : IS("TRACE") ? SL_METHOD_TRACE : SL_METHOD_OTHER;
    case 6:
        return IS("DELETE") ? SL_METHOD_DELETE : SL_METHOD_OTHER;
    case 7:
        return IS("OPTIONS")   ? SL_METHOD_OPTIONS
               : IS("CONNECT") ? SL_METHOD_CONNECT
                               : SL_METHOD_OTHER;
    default:
        return SL_METHOD_OTHER;
    }
#undef IS
}

bool sl_method_is_safe(enum sl_method m)
{
    return m == SL_METHOD_GET || m == SL_METHOD_HEAD || m == SL_METHOD_OPTIONS ||
           m == SL_METHOD_TRACE;
}

bool sl_method_is_idempotent(enum sl_method m)
{
    return sl_method_is_safe(m) || m == SL_METHOD_PUT || m == SL_METHOD_DELETE;
}

sl_str sl_status_reason(uint16_t status)
{
    switch (status) {
#define X(code, phrase) \
    case code:          \
        return SL_STR(phrase);
#include "codec/status.def"
#undef X
    default:
        return (sl_str){NULL, 0};
    }
}

void sl_headers_init(struct sl_headers *h, struct sl_arena *a)
{
    *h = (struct sl_headers){.arena = a};
}

void sl_headers_copy(struct sl_headers *to, const struct sl_headers *from, uint32_t spare,
                     struct sl_arena *a)
{
    struct sl_headers copy = *from;
    copy.arena = a;
    copy.cap = from->n + spare;
    copy.v = sl_arena_array(a, struct sl_header, copy.cap);
    if (from->n != 0)
        memcpy(copy.v, from->v, from->n * sizeof(*copy.v));
    *to = copy;
}

static bool grow(struct sl_headers *h, uint32_t cap)
{
    struct sl_header *grown = h->v;
    if (!sl_arena_try_extend(h->arena, h->v, h->cap * sizeof(*grown), cap * sizeof(*grown))) {
        grown = sl_arena_try_raw(h->arena, cap * sizeof(*grown));
        if (grown == NULL)
            return false;
        if (h->n != 0)
            memcpy(grown, h->v, h->n * sizeof(*grown));
    }
    h->v = grown;
    h->cap = cap;
    return true;
}

static bool reserve(struct sl_headers *h, uint32_t first)
{
    uint32_t more = h->cap == 0 ? first : SL_MAX(h->cap / 2, (uint32_t)OWN_FIELDS);
    return h->n < h->cap || grow(h, h->cap + more);
}

void sl_headers_expect(struct sl_headers *h, uint32_t more)
{
    if (h->cap - h->n < more)
        (void)grow(h, h->n + more);
}

void sl_headers_trim(struct sl_headers *h)
{
    sl_arena_trim(h->arena, h->v, h->cap * sizeof(*h->v), h->n * sizeof(*h->v));
    h->cap = h->n;
}

bool sl_headers_reserve(struct sl_headers *h)
{
    return reserve(h, PARSED_FIELDS);
}

/* What we make ourselves is short, and there are several of it for as long as a request goes on. */
static bool add(struct sl_headers *h, enum sl_header_id id, sl_str name, sl_str value)
{
    if (!reserve(h, OWN_FIELDS))
        return false;
    h->v[h->n] = (struct sl_header){.name = name, .value = value, .id = (uint16_t)id};
    sl_headers_take_next(h);
    return true;
}

bool sl_headers_add(struct sl_headers *h, sl_str name, sl_str value)
{
    return add(h, sl_header_id(name), name, value);
}

bool sl_headers_add_id(struct sl_headers *h, enum sl_header_id id, sl_str value)
{
    return add(h, id, sl_header_name(id), value);
}

static inline bool is_field(const struct sl_header *f, enum sl_header_id id, sl_str name)
{
    return f->id == id && (id != SL_H_OTHER || sl_str_ieq(f->name, name));
}

/** The place of the first field of this name, or h->n. */
static uint32_t find(const struct sl_headers *h, enum sl_header_id id, sl_str name)
{
    if (!sl_header_set_has(&h->ids, id))
        return h->n;
    uint32_t at = 0;
    while (at < h->n && !is_field(&h->v[at], id, name))
        at++;
    return at;
}

static uint32_t remove_from(struct sl_headers *h, uint32_t from, enum sl_header_id id, sl_str name)
{
    uint32_t kept = from;
    for (uint32_t i = from; i < h->n; i++) {
        if (!is_field(&h->v[i], id, name))
            h->v[kept++] = h->v[i];
    }
    uint32_t removed = h->n - kept;
    h->n = kept;
    return removed;
}

static uint32_t remove_all(struct sl_headers *h, enum sl_header_id id, sl_str name)
{
    uint32_t first = find(h, id, name);
    if (id != SL_H_OTHER)
        sl_header_set_remove(&h->ids, id);
    return remove_from(h, first, id, name);
}

static bool set(struct sl_headers *h, enum sl_header_id id, sl_str name, sl_str value)
{
    uint32_t at = find(h, id, name);
    if (at == h->n)
        return add(h, id, name, value);
    h->v[at].name = name;
    h->v[at].value = value;
    remove_from(h, at + 1, id, name);
    return true;
}

bool sl_headers_set(struct sl_headers *h, sl_str name, sl_str value)
{
    return set(h, sl_header_id(name), name, value);
}

bool sl_headers_set_id(struct sl_headers *h, enum sl_header_id id, sl_str value)
{
    return set(h, id, sl_header_name(id), value);
}

uint32_t sl_headers_remove(struct sl_headers *h, sl_str name)
{
    return remove_all(h, sl_header_id(name), name);
}

uint32_t sl_headers_remove_id(struct sl_headers *h, enum sl_header_id id)
{
    SL_ASSERT(id != SL_H_OTHER);
    return remove_all(h, id, sl_header_name(id));
}

const struct sl_header *sl_headers_find(const struct sl_headers *h, sl_str name)
{
    uint32_t at = find(h, sl_header_id(name), name);
    return at < h->n ? &h->v[at] : NULL;
}

const struct sl_header *sl_headers_find_id(const struct sl_headers *h, enum sl_header_id id)
{
    SL_ASSERT(id != SL_H_OTHER && id < SL_H_COUNT);
    if (!sl_header_set_has(&h->ids, id))
        return NULL;
    const struct sl_header *f = h->v, *end = h->v + h->n;
    while (f < end && f->id != id)
        f++;
    return f < end ? f : NULL;
}

sl_str sl_headers_get_id(const struct sl_headers *h, enum sl_header_id id)
{
    const struct sl_header *f = sl_headers_find_id(h, id);
    return f != NULL ? f->value : (sl_str){NULL, 0};
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool sl_header_next_token(sl_str *rest, sl_str *ret_token)
{
    const char *p = rest->p, *end = rest->p + rest->n;
    while (p < end && (*p == ',' || is_blank(*p)))
        p++;
    const char *token = p;
    while (p < end && *p != ',')
        p++;
    *rest = (sl_str){p, (size_t)(end - p)};
    while (p > token && is_blank(p[-1]))
        p--;
    *ret_token = (sl_str){token, (size_t)(p - token)};
    return p > token;
}

bool sl_headers_know_tag(const struct sl_headers *h, sl_str etag)
{
    sl_str tags = sl_headers_get_id(h, SL_H_IF_NONE_MATCH), tag;
    while (sl_header_next_token(&tags, &tag)) {
        if (sl_str_starts(tag, SL_STR("W/")))
            tag = sl_str_from(tag, 2);
        if (sl_str_eq(tag, etag) || sl_str_eq(tag, SL_STR("*")))
            return true;
    }
    return false;
}

/* ";q=0", ";q=0.000" (RFC 9110, section 12.4.2) */
static bool is_weight_zero(sl_str parameters)
{
    size_t at = sl_str_find_str(parameters, SL_STR("q="));
    if (at == SIZE_MAX)
        return false;
    for (size_t i = at + 2; i < parameters.n; i++) {
        if (parameters.p[i] != '0' && parameters.p[i] != '.')
            return false;
    }
    return true;
}

bool sl_headers_accept_coding(const struct sl_headers *h, sl_str coding)
{
    sl_str codings = sl_headers_get_id(h, SL_H_ACCEPT_ENCODING), one;
    while (sl_header_next_token(&codings, &one)) {
        sl_str name = sl_str_trim(sl_str_head(one, sl_str_find(one, ';', 0)));
        if (sl_str_ieq(name, coding))
            return !is_weight_zero(sl_str_trim(sl_str_from(one, name.n)));
    }
    return false;
}

static bool list_has(sl_str list, sl_str token)
{
    sl_str item;
    while (sl_header_next_token(&list, &item)) {
        if (sl_str_ieq(item, token))
            return true;
    }
    return false;
}

bool sl_headers_has_token(const struct sl_headers *h, enum sl_header_id id, sl_str token)
{
    SL_ASSERT(id != SL_H_OTHER && id < SL_H_COUNT);
    if (!sl_header_set_has(&h->ids, id))
        return false;
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->v[i].id == id && list_has(h->v[i].value, token))
            return true;
    }
    return false;
}

bool sl_header_is_valid(sl_str name, sl_str value)
{
    return name.n != 0 && sl_httpchar_all(name, CHAR_TOKEN) && sl_httpchar_all(value, CHAR_VALUE);
}

/** Does Connection name anything but the options that are no fields, or fields that go anyway? */
static bool names_fields(const struct sl_headers *h)
{
    if (!sl_header_set_has(&h->ids, SL_H_CONNECTION))
        return false;
    for (uint32_t i = 0; i < h->n; i++) {
        sl_str rest = h->v[i].value, option;
        while (h->v[i].id == SL_H_CONNECTION && sl_header_next_token(&rest, &option)) {
            if (!sl_str_ieq(option, SL_STR("close")) && !sl_str_ieq(option, SL_STR("keep-alive")) &&
                !sl_str_ieq(option, SL_STR("upgrade")))
                return true;
        }
    }
    return false;
}

/** The first `n` fields stay, and only their ids. */
static void cut(struct sl_headers *h, uint32_t n)
{
    h->n = n;
    h->ids = (struct sl_header_set){0};
    for (uint32_t i = 0; i < n; i++)
        sl_header_set_add(&h->ids, (enum sl_header_id)h->v[i].id);
}

static void drop_named(struct sl_headers *h)
{
    uint32_t kept = 0;
    /* Connection fields stay where they are read; a kept field only moves to the front. */
    for (uint32_t i = 0; i < h->n; i++) {
        struct sl_header *f = &h->v[i];
        bool is_safe = (known[f->id].flags & (GUARDED | FRAMING | HOP)) != 0;
        if (is_safe || !sl_headers_has_token(h, SL_H_CONNECTION, f->name))
            h->v[kept++] = *f;
    }
    cut(h, kept);
}

static void drop_hop(struct sl_headers *h, bool keep_upgrade)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->n; i++) {
        struct sl_header *f = &h->v[i];
        bool is_upgrade = f->id == SL_H_UPGRADE || f->id == SL_H_CONNECTION;
        if ((known[f->id].flags & HOP) == 0 || (keep_upgrade && is_upgrade))
            h->v[kept++] = *f;
    }
    cut(h, kept);
}

void sl_headers_drop_hop_by_hop(struct sl_headers *h, bool keep_upgrade)
{
    if (names_fields(h))
        drop_named(h);
    bool is_tunnel = keep_upgrade && sl_headers_find_id(h, SL_H_UPGRADE) != NULL &&
                     sl_headers_has_token(h, SL_H_CONNECTION, SL_STR("upgrade"));
    drop_hop(h, is_tunnel);
    if (is_tunnel)
        (void)sl_headers_set_id(h, SL_H_CONNECTION, SL_STR("upgrade")); /* replaces: cannot fail */
}
