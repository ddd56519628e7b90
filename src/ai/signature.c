#include "ai/signature.h"

#include "base/enc.h"
#include "base/hash.h"
#include "base/str.h"

#define MAGIC SL_STR("SLUICE7SIGNATURE")

enum {
    GROUP_BYTES = 5, /* of base32, and */
    GROUP_CHARS = 8,
    TAG_BYTES = 4,
    HEAD_BYTES = 1 + TAG_BYTES,
    FORM_TEXT = 0,     /* the signature as it is */
    FORM_BASE64 = 1,   /* its bytes: it is base64 */
    FORM_OF_TEXT = 2,  /* a flag: of the text beside, not of the block that it stands in */
    FORM_REDACTED = 4, /* a flag: the block is nothing but this */
    FORM_BITS = 4,     /* of the first byte; the others count the padding */
};

/* ------------------------------------------------------------------ base32 (RFC 4648, without '=') */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static void encode_group(const uint8_t *bytes, char *chars)
{
    uint64_t v = 0;

    for (int i = 0; i < GROUP_BYTES; i++)
        v = v << 8 | bytes[i];
    for (int i = GROUP_CHARS - 1; i >= 0; i--, v >>= 5)
        chars[i] = digits[v & 31];
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool decode_group(const char *chars, uint8_t *bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < GROUP_CHARS; i++) {
        int digit = digit_of(chars[i]);
        if (digit < 0)
            return false;
        v = v << 5 | (uint64_t)digit;
    }
    for (int i = GROUP_BYTES - 1; i >= 0; i--, v >>= 8)
        bytes[i] = (uint8_t)v;
    return true;
}

/* ------------------------------------------------------------------ carriers */

static uint32_t tag_of(const struct sl_ai_target *maker)
{
    uint64_t h = sl_hash_str(maker->vendor->id);

    return (uint32_t)sl_hash_seeded(maker->model.p, maker->model.n, h);
}

/* As few bytes as there are: most signatures are base64. */
static int pack(sl_str signature, struct sl_strbuf *ret)
{
    if (sl_dec_base64(ret, signature) && ret->n != 0)
        return FORM_BASE64;
    sl_strbuf_clear(ret);
    sl_strbuf_add(ret, signature);
    return FORM_TEXT;
}

static uint8_t *fill(const struct sl_ai_target *maker, int form, sl_str packed, struct sl_arena *a,
                     size_t *ret_n)
{
    size_t n = HEAD_BYTES + packed.n;
    size_t padding = (GROUP_BYTES - n % GROUP_BYTES) % GROUP_BYTES;
    uint32_t tag = tag_of(maker);
    uint8_t *bytes = sl_arena_try_alloc(a, n + padding);

    if (bytes == NULL)
        return NULL;
    bytes[0] = (uint8_t)((unsigned)form | (unsigned)padding << FORM_BITS);
    for (int i = 0; i < TAG_BYTES; i++)
        bytes[1 + i] = (uint8_t)(tag >> (8 * i));
    memcpy(bytes + HEAD_BYTES, packed.p, packed.n);
    *ret_n = n + padding;
    return bytes;
}

static sl_str wrap(const struct sl_ai_target *maker, int flags, sl_str signature,
                   struct sl_arena *a)
{
    struct sl_strbuf packed, out;
    uint8_t *bytes;
    size_t n;
    char *room;
    int form;

    if (signature.n == 0 || signature.n > SL_AI_SIGNATURE_BYTES)
        return (sl_str){0};
    sl_strbuf_init(&packed, a, 0);
    sl_strbuf_init(&out, a, 0);
    form = pack(signature, &packed);
    bytes = packed.is_full ? NULL : fill(maker, form | flags, sl_strbuf_str(&packed), a, &n);
    sl_strbuf_add(&out, MAGIC);
    room = bytes != NULL ? sl_strbuf_room(&out, n / GROUP_BYTES * GROUP_CHARS) : NULL;
    if (room == NULL)
        return (sl_str){0};
    for (size_t i = 0; i < n; i += GROUP_BYTES, room += GROUP_CHARS)
        encode_group(bytes + i, room);
    out.n += n / GROUP_BYTES * GROUP_CHARS;
    return sl_strbuf_str(&out);
}

sl_str sl_ai_signature_wrap(const struct sl_ai_target *maker, sl_str signature, struct sl_arena *a)
{
    return wrap(maker, 0, signature, a);
}

sl_str sl_ai_signature_wrap_text(const struct sl_ai_target *maker, sl_str signature,
                                 struct sl_arena *a)
{
    return wrap(maker, FORM_OF_TEXT, signature, a);
}

sl_str sl_ai_signature_wrap_redacted(const struct sl_ai_target *maker, sl_str data,
                                     struct sl_arena *a)
{
    return wrap(maker, FORM_REDACTED, data, a);
}

/* MAGIC has one byte that texts hardly have: the search is for that. */
bool sl_ai_signature_is_in(sl_str text)
{
    enum { RARE_AT = 6 };
    SL_ASSERT(MAGIC.p[RARE_AT] == '7');
    size_t at = RARE_AT;
    while (text.n >= MAGIC.n && at <= text.n - MAGIC.n + RARE_AT) {
        const char *p = memchr(text.p + at, '7', text.n - MAGIC.n + RARE_AT + 1 - at);
        if (p == NULL)
            return false;
        if (memcmp(p - RARE_AT, MAGIC.p, MAGIC.n) == 0)
            return true;
        at = (size_t)(p - text.p) + 1;
    }
    return false;
}

/* The bytes of what stands behind MAGIC; NULL when it is no carrier's. */
static uint8_t *bytes_of(sl_str text, struct sl_arena *a, size_t *ret_n)
{
    uint8_t *bytes;
    size_t groups = text.n / GROUP_CHARS;

    if (text.n % GROUP_CHARS != 0 || groups * GROUP_BYTES < HEAD_BYTES)
        return NULL;
    bytes = sl_arena_try_raw(a, groups * GROUP_BYTES);
    for (size_t i = 0; i < groups && bytes != NULL; i++)
        if (!decode_group(text.p + i * GROUP_CHARS, bytes + i * GROUP_BYTES))
            return NULL;
    *ret_n = groups * GROUP_BYTES;
    return bytes;
}

/* The flags of a carrier; none of what is no carrier. */
static int flags_of(sl_str carrier)
{
    sl_str first = sl_str_head(sl_str_from(carrier, MAGIC.n), GROUP_CHARS);
    uint8_t bytes[GROUP_BYTES];

    return sl_str_starts(carrier, MAGIC) && first.n == GROUP_CHARS && decode_group(first.p, bytes)
               ? bytes[0]
               : 0;
}

static bool is_of_text(sl_str carrier)
{
    return (flags_of(carrier) & FORM_OF_TEXT) != 0;
}

bool sl_ai_signature_is_redacted(sl_str carrier)
{
    return (flags_of(carrier) & (FORM_REDACTED | FORM_OF_TEXT)) != 0;
}

/* Empty for a carrier of another maker's, or a broken one. */
static sl_str unwrap(sl_str carrier, const struct sl_ai_target *t, struct sl_arena *a)
{
    size_t n = 0, padding;
    uint8_t *bytes = bytes_of(sl_str_from(carrier, MAGIC.n), a, &n);
    uint32_t tag = 0;
    struct sl_strbuf b;

    if (bytes == NULL)
        return (sl_str){0};
    padding = bytes[0] >> FORM_BITS;
    for (int i = 0; i < TAG_BYTES; i++)
        tag |= (uint32_t)bytes[1 + i] << (8 * i);
    if (tag != tag_of(t) || padding > n - HEAD_BYTES)
        return (sl_str){0};
    sl_str packed = {(const char *)bytes + HEAD_BYTES, n - HEAD_BYTES - padding};
    if ((bytes[0] & FORM_BASE64) == 0)
        return packed;
    sl_strbuf_init(&b, a, 0);
    sl_enc_base64(&b, packed);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ requests */

/* Whose a signature without a carrier is: the client's dialect knows no other's, but for OpenAI's additions. */
static enum sl_ai_dialect owner_of(const struct sl_ai_request *rq, const struct sl_ai_part *p)
{
    if (rq->dialect != SL_AI_OPENAI_CHAT)
        return rq->dialect;
    return p->kind == SL_AI_TOOL_CALL ? SL_AI_GEMINI : SL_AI_ANTHROPIC;
}

/* Claude's are the same wherever it is served. */
static bool is_own(enum sl_ai_dialect owner, enum sl_ai_dialect vendor)
{
    return owner == vendor || (owner == SL_AI_ANTHROPIC && vendor == SL_AI_BEDROCK);
}

static sl_str restored(const struct sl_ai_request *rq, const struct sl_ai_part *p,
                       const struct sl_ai_target *t, struct sl_arena *a)
{
    if (sl_str_starts(p->signature, MAGIC))
        return unwrap(p->signature, t, a);
    return is_own(owner_of(rq, p), sl_ai_target_dialect(t)) ? p->signature : (sl_str){0};
}

/* "call_1SLUICE7SIGNATURE..." */
static void split_id(struct sl_ai_part *p)
{
    size_t at = sl_str_find_str(p->id, MAGIC);

    if (at == SIZE_MAX)
        return;
    if (p->kind == SL_AI_TOOL_CALL && p->signature.n == 0)
        p->signature = sl_str_from(p->id, at);
    p->id = sl_str_head(p->id, at);
}

static bool is_touched(const struct sl_ai_part *p)
{
    return p->signature.n != 0 || sl_ai_signature_is_in(p->id);
}

static bool has_touched(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        for (const struct sl_ai_part *p = m->parts; p != NULL; p = p->next)
            if (is_touched(p))
                return true;
    return false;
}

/* Puts the signatures of texts back where they were. */
struct mover {
    bool is_model;              /* the message is the assistant's */
    struct sl_ai_part *before;  /* the part before, of the same side */
    struct sl_ai_part *waiting; /* a carrier without a text before it, in this message */
};

static void move(struct mover *m, struct sl_ai_part *p, bool is_of_text)
{
    if (is_of_text && p->signature.n != 0 && m->before != NULL && m->before->kind == SL_AI_TEXT) {
        m->before->signature = p->signature;
        p->signature = (sl_str){0};
    } else if (is_of_text && p->signature.n != 0) {
        m->waiting = p;
    } else if (p->kind == SL_AI_TEXT && p->signature.n == 0 && m->waiting != NULL) {
        p->signature = m->waiting->signature;
        m->waiting->signature = (sl_str){0};
        m->waiting = NULL;
    }
    m->before = m->is_model ? p : NULL;
}

/* No text had it: it was an empty one, which clients leave out. */
static void settle(struct mover *m)
{
    if (m->waiting != NULL) {
        m->waiting->kind = SL_AI_TEXT;
        m->waiting->text = (sl_str){0};
        m->waiting->is_redacted = false;
    }
    m->waiting = NULL;
}

static struct sl_ai_part *copy_parts(const struct sl_ai_request *rq, const struct sl_ai_part *parts,
                                     const struct sl_ai_target *t, struct mover *m,
                                     struct sl_arena *a)
{
    struct sl_ai_part *first = NULL, **next = &first;

    for (; parts != NULL; parts = parts->next) {
        struct sl_ai_part *p = sl_arena_try_alloc(a, sizeof(*p));
        if (p == NULL)
            return NULL;
        *p = *parts;
        split_id(p);
        p->signature = restored(rq, p, t, a);
        p->next = NULL;
        move(m, p, parts->is_redacted && is_of_text(parts->signature));
        *next = p;
        next = &p->next;
    }
    settle(m);
    return first;
}

const struct sl_ai_request *sl_ai_signature_restore(const struct sl_ai_request *rq,
                                                    const struct sl_ai_target *t,
                                                    struct sl_arena *a)
{
    struct mover mover = {0};
    struct sl_ai_request *copy;
    struct sl_ai_message **next;

    if (!has_touched(rq))
        return rq;
    copy = sl_arena_try_alloc(a, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    *copy = *rq;
    next = &copy->messages;
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next) {
        struct sl_ai_message *own = sl_arena_try_alloc(a, sizeof(*own));
        if (own == NULL)
            return NULL;
        *own = *m;
        own->next = NULL;
        mover.is_model = m->role == SL_AI_ROLE_ASSISTANT;
        own->parts = copy_parts(rq, m->parts, t, &mover, a);
        if (own->parts == NULL && m->parts != NULL)
            return NULL;
        *next = own;
        next = &own->next;
    }
    return copy;
}
