#include "codec/header.h"

#include "base/str.h"
#include "codec/httpchar_int.h"

enum { NAME_BYTES_MAX = 32, FIRST_FIELDS = 24 };

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

/* The last row of each length: of initialisers for the same element the last one counts. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint8_t last_of_length[NAME_BYTES_MAX + 1] = {
#define X(id, name, flags) [sizeof(name) - 1] = SL_H_##id,
#include "codec/header.def"
#undef X
};
#pragma GCC diagnostic pop

_Static_assert(SL_H_COUNT <= UINT8_MAX, "ids fit last_of_length");

/** Eight bytes in lower case at once: bit 7 of each byte of `upper` is set where it is A to Z. */
static inline uint64_t lower8(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ULL;
    uint64_t low7 = w & (ones * 0x7f);
    uint64_t from_a = low7 + ones * (0x80 - 'A'), beyond_z = low7 + ones * (0x7f - 'Z');
    uint64_t upper = (from_a ^ beyond_z) & ~w & (ones * 0x80);
    return w | upper >> 2;
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

static enum sl_header_id short_id(sl_str name, uint32_t id)
{
    uint64_t w = lower8(load_short(name.p, name.n));
    while (known[id].n == name.n && load_short(known[id].text, name.n) != w)
        id--;
    return known[id].n == name.n ? (enum sl_header_id)id : SL_H_OTHER;
}

/** From eight bytes on: the last word overlaps its neighbour. */
static bool is_long(const char *text, sl_str name)
{
    for (size_t i = 8; i < name.n; i += 8) {
        size_t at = SL_MIN(i, name.n - 8);
        if (lower8(load8(name.p + at)) != load8(text + at))
            return false;
    }
    return true;
}

enum sl_header_id sl_header_id(sl_str name)
{
    if (name.n > NAME_BYTES_MAX || last_of_length[name.n] == SL_H_OTHER)
        return SL_H_OTHER;
    uint32_t id = last_of_length[name.n];
    if (name.n < 8)
        return short_id(name, id);
    for (uint64_t w = lower8(load8(name.p)); known[id].n == name.n; id--) {
        if (load8(known[id].text) == w && is_long(known[id].text, name))
            return (enum sl_header_id)id;
    }
    return SL_H_OTHER;
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

bool sl_headers_reserve(struct sl_headers *h)
{
    if (h->n < h->cap)
        return true;
    uint32_t cap = h->cap == 0 ? FIRST_FIELDS : h->cap * 2;
    struct sl_header *grown = sl_arena_try_raw(h->arena, cap * sizeof(*grown));
    if (grown == NULL)
        return false;
    if (h->n != 0)
        memcpy(grown, h->v, h->n * sizeof(*grown));
    h->v = grown;
    h->cap = cap;
    return true;
}

static bool add(struct sl_headers *h, enum sl_header_id id, sl_str name, sl_str value)
{
    struct sl_header f = {.name = name, .value = value, .id = (uint16_t)id};
    return sl_headers_push(h, &f);
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

static uint32_t find_from(const struct sl_headers *h, uint32_t from, enum sl_header_id id,
                          sl_str name)
{
    while (from < h->n && !is_field(&h->v[from], id, name))
        from++;
    return from;
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

static bool set(struct sl_headers *h, enum sl_header_id id, sl_str name, sl_str value)
{
    uint32_t at = find_from(h, 0, id, name);
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
    return remove_from(h, 0, sl_header_id(name), name);
}

uint32_t sl_headers_remove_id(struct sl_headers *h, enum sl_header_id id)
{
    SL_ASSERT(id != SL_H_OTHER);
    return remove_from(h, 0, id, sl_header_name(id));
}

const struct sl_header *sl_headers_find(const struct sl_headers *h, sl_str name)
{
    uint32_t at = find_from(h, 0, sl_header_id(name), name);
    return at < h->n ? &h->v[at] : NULL;
}

const struct sl_header *sl_headers_find_id(const struct sl_headers *h, enum sl_header_id id)
{
    SL_ASSERT(id != SL_H_OTHER);
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->v[i].id == id)
            return &h->v[i];
    }
    return NULL;
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
    SL_ASSERT(id != SL_H_OTHER);
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
    h->n = kept;
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
    h->n = kept;
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
