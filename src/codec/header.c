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
    sl_str name;
    uint32_t flags;
} known[SL_H_COUNT] = {
#define X(id, name, flags) [SL_H_##id] = {SL_STR_INIT(name), flags},
#include "codec/header.def"
#undef X
};

#define X(id, name, flags) _Static_assert(sizeof(name) - 1 <= NAME_BYTES_MAX, name);
#include "codec/header.def"
#undef X

/** Eight bytes in lower case at once: bit 7 of each byte of `upper` is set where it is A to Z. */
static inline uint64_t lower8(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ULL;
    uint64_t low7 = w & (ones * 0x7f);
    uint64_t from_a = low7 + ones * (0x80 - 'A'), beyond_z = low7 + ones * (0x7f - 'Z');
    uint64_t upper = (from_a ^ beyond_z) & ~w & (ones * 0x80);
    return w | upper >> 2;
}

/**
 * Compare with the known names of `n` bytes. `n` is a constant wherever this is inlined, so that
 * only the rows of that length remain, each a compare or two against immediate numbers.
 */
__attribute__((always_inline)) static inline enum sl_header_id among(const char *p, size_t n)
{
    uint64_t folded[NAME_BYTES_MAX / 8] = {0};
    memcpy(folded, p, n);
    for (size_t i = 0; i < (n + 7) / 8; i++)
        folded[i] = lower8(folded[i]);
#define X(id, name, flags)                                                    \
    if (n == sizeof(name) - 1 && memcmp(folded, name, sizeof(name) - 1) == 0) \
        return SL_H_##id;
#include "codec/header.def"
#undef X
    return SL_H_OTHER;
}

enum sl_header_id sl_header_id(sl_str name)
{
#define OF_LENGTH(n) \
    case n:          \
        return among(name.p, n)
    switch (name.n) {
        OF_LENGTH(2);
        OF_LENGTH(3);
        OF_LENGTH(4);
        OF_LENGTH(5);
        OF_LENGTH(6);
        OF_LENGTH(7);
        OF_LENGTH(8);
        OF_LENGTH(9);
        OF_LENGTH(10);
        OF_LENGTH(11);
        OF_LENGTH(12);
        OF_LENGTH(13);
        OF_LENGTH(14);
        OF_LENGTH(15);
        OF_LENGTH(16);
        OF_LENGTH(17);
        OF_LENGTH(18);
        OF_LENGTH(19);
        OF_LENGTH(20);
        OF_LENGTH(21);
        OF_LENGTH(22);
        OF_LENGTH(23);
        OF_LENGTH(24);
        OF_LENGTH(25);
        OF_LENGTH(26);
        OF_LENGTH(27);
        OF_LENGTH(28);
        OF_LENGTH(29);
        OF_LENGTH(30);
        OF_LENGTH(31);
        OF_LENGTH(32);
    default:
        return SL_H_OTHER;
    }
#undef OF_LENGTH
}

sl_str sl_header_name(enum sl_header_id id)
{
    SL_ASSERT(id < SL_H_COUNT);
    return known[id].name;
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

bool sl_header_next_token(sl_str *rest, sl_str *ret_token)
{
    sl_str part;
    while (sl_str_split(rest, ',', &part)) {
        *ret_token = sl_str_trim(part);
        if (ret_token->n != 0)
            return true;
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
