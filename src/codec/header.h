/**
 * header: HTTP message heads as values (RFC 9110), the same for HTTP/1 and HTTP/2.
 *
 * A head borrows its bytes: from the arena it was parsed into, or from memory that outlives it.
 * One thread (the exchange's) owns a head. Field names keep the spelling of the peer and compare
 * without case; names in codec/header.def have an id, so that looking one up costs an integer compare.
 */
#pragma once
#include "base/arena.h"

enum sl_header_id {
    SL_H_OTHER = 0,
#define X(id, name, flags) SL_H_##id,
#include "codec/header.def"
#undef X
    SL_H_COUNT
};

enum { SL_HF_HOP = 1, SL_HF_FRAMING = 2, SL_HF_GUARDED = 4, SL_HF_SECRET = 8, SL_HF_CONTROL = 16 };

enum sl_method {
    SL_METHOD_OTHER = 0,
    SL_METHOD_GET,
    SL_METHOD_HEAD,
    SL_METHOD_POST,
    SL_METHOD_PUT,
    SL_METHOD_DELETE,
    SL_METHOD_PATCH,
    SL_METHOD_OPTIONS,
    SL_METHOD_CONNECT,
    SL_METHOD_TRACE,
};

struct sl_strbuf;

struct sl_header {
    sl_str name, value; /* value without surrounding white space */
    uint16_t id;        /* enum sl_header_id */
};

/** Ids as a set: one bit each. */
struct sl_header_set {
    uint64_t bits[SL_H_COUNT / 64 + 1];
};

/**
 * Fields in order. Removal leaves no holes. `arena` holds the array. Read v and n, change them with
 * the functions below: they keep `ids`, without which a look-up that finds nothing would cost most.
 */
struct sl_headers {
    struct sl_header *v;
    uint32_t n, cap;
    struct sl_arena *arena;
    struct sl_header_set ids; /* no field has an id that is not in here */
};

/** How the body of a message is delimited (RFC 9112, 6.3). */
enum sl_body_kind { SL_BODY_NONE, SL_BODY_LENGTH, SL_BODY_CHUNKED, SL_BODY_CLOSE };

struct sl_head {
    /* requests */
    sl_str method;
    enum sl_method method_id;
    sl_str target;    /* as received: "/a?b", absolute form reduced to this; "*" */
    sl_str authority; /* of the Host field or the absolute form: "host[:port]" */
    sl_str path;      /* target up to '?', raw */
    sl_str query;     /* behind '?', raw, without it */
    bool has_query;   /* "/a?" has an empty query, "/a" has none */
    /* responses */
    uint16_t status;
    sl_str reason;
    /* both */
    uint8_t version; /* 10, 11, 20 */
    struct sl_headers headers;
    enum sl_body_kind body_kind;
    uint64_t body_bytes; /* SL_BODY_LENGTH */
    bool keep_alive;     /* the peer will keep the connection (HTTP/1) */
    bool expects_continue;
    bool wants_upgrade; /* Connection names upgrade and Upgrade is there */
};

/** The id of a field name, in any case; SL_H_OTHER when it is not in the table. */
enum sl_header_id sl_header_id(sl_str name);
/** Lower-case canonical name of an id. */
sl_str sl_header_name(enum sl_header_id id);
uint32_t sl_header_flags(enum sl_header_id id);
enum sl_method sl_method_of(sl_str method);
/** Appends "GET, POST" for bits 1 << enum sl_method, as Allow has them. */
void sl_methods_add(uint32_t methods, struct sl_strbuf *out);
/** RFC 9110, 9.2.2. */
bool sl_method_is_idempotent(enum sl_method m);
bool sl_method_is_safe(enum sl_method m);
/** "Not Found"; empty for statuses without a registered phrase. */
sl_str sl_status_reason(uint16_t status);

static inline bool sl_header_set_has(const struct sl_header_set *s, enum sl_header_id id)
{
    return (s->bits[id / 64] >> id % 64 & 1) != 0;
}
static inline void sl_header_set_add(struct sl_header_set *s, enum sl_header_id id)
{
    s->bits[id / 64] |= 1ULL << id % 64;
}
static inline void sl_header_set_remove(struct sl_header_set *s, enum sl_header_id id)
{
    s->bits[id / 64] &= ~(1ULL << id % 64);
}

void sl_headers_init(struct sl_headers *h, struct sl_arena *a);
/**
 * Make *to an array of its own with the fields of `from` and room for `spare` more. Names and values
 * stay borrowed. `to` may be `from`. Panics at the arena's limit.
 */
void sl_headers_copy(struct sl_headers *to, const struct sl_headers *from, uint32_t spare,
                     struct sl_arena *a);
/** The parsers': room for at least one more, for as many as most requests have at once. False at the arena's limit. */
bool sl_headers_reserve(struct sl_headers *h);
/** Room for `more` fields at once, so that the array need not grow for them. At the arena's limit: nothing. */
void sl_headers_expect(struct sl_headers *h, uint32_t more);
/** Give back room for further fields, if nothing was taken from the arena since. */
void sl_headers_trim(struct sl_headers *h);
/** Add at the end. Name and value are borrowed. False at the arena's limit. */
bool sl_headers_add(struct sl_headers *h, sl_str name, sl_str value);
bool sl_headers_add_id(struct sl_headers *h, enum sl_header_id id, sl_str value);
/**
 * The parsers' way to add: write a field with its id into the place behind the last one (NULL at the
 * arena's limit), then take it in, or not.
 */
static inline struct sl_header *sl_headers_next(struct sl_headers *h)
{
    return SL_LIKELY(h->n < h->cap) || sl_headers_reserve(h) ? &h->v[h->n] : NULL;
}
static inline void sl_headers_take_next(struct sl_headers *h)
{
    sl_header_set_add(&h->ids, (enum sl_header_id)h->v[h->n++].id);
}
/** Replace all fields of this name by one, in the place of the first. */
bool sl_headers_set(struct sl_headers *h, sl_str name, sl_str value);
bool sl_headers_set_id(struct sl_headers *h, enum sl_header_id id, sl_str value);
/** Returns how many were removed. */
uint32_t sl_headers_remove(struct sl_headers *h, sl_str name);
uint32_t sl_headers_remove_id(struct sl_headers *h, enum sl_header_id id);
/** The first field of this name; NULL when there is none. */
const struct sl_header *sl_headers_find(const struct sl_headers *h, sl_str name);
const struct sl_header *sl_headers_find_id(const struct sl_headers *h, enum sl_header_id id);
/** The value of the first field; {NULL,0} when there is none. */
sl_str sl_headers_get_id(const struct sl_headers *h, enum sl_header_id id);
/** Does a comma list in any field of this id hold `token` (without case)? */
bool sl_headers_has_token(const struct sl_headers *h, enum sl_header_id id, sl_str token);
/** Does If-None-Match name this entity tag (with its quotes; weak ones count), or any? */
bool sl_headers_know_tag(const struct sl_headers *h, sl_str etag);
/** Does Accept-Encoding name this coding, and not with a weight of zero? */
bool sl_headers_accept_coding(const struct sl_headers *h, sl_str coding);
/** Take the next non-empty element off the front of a comma list, trimmed. False when none is left. */
bool sl_header_next_token(sl_str *rest, sl_str *ret_token);
/**
 * Is `name` a token and `value` free of control characters but tab (RFC 9110, 5)? For names and
 * values of configuration; the parsers check the peers'.
 */
bool sl_header_is_valid(sl_str name, sl_str value);

/**
 * Drop what concerns only one connection: the HOP fields, and those that Connection names unless
 * they are GUARDED or FRAMING. `keep_upgrade` keeps Upgrade for a tunnel, and "Connection: upgrade" alone.
 */
void sl_headers_drop_hop_by_hop(struct sl_headers *h, bool keep_upgrade);
