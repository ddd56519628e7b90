#include "snapshot/key_set.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"

#define MICRO 1000000

static void init(void *block)
{
    struct sl_key_set_state *s = block;
    pthread_mutex_init(&s->lock, NULL);
    sl_strbuf_init(&s->text, NULL, 0);
    atomic_init(&s->is_wanted, false);
}

static void fini(void *block)
{
    struct sl_key_set_state *s = block;
    sl_strbuf_fini(&s->text);
    pthread_mutex_destroy(&s->lock);
}

/*
 * By all that says whose keys they are: with another authorization others may be told. What the portal has fetched
 * is apart: it may reach less, and says nothing about the operators' sets.
 */
struct sl_key_set_state *sl_key_set_state(struct sl_state_registry *r, const struct sl_key_set *set,
                                          struct sl_arena *holder, sl_str *ret_identity)
{
    const sl_str parts[] = {
        set->url,     SL_STR("\0"), set->authorization,
        SL_STR("\0"), set->ca,      set->is_of_portal ? SL_STR("\0portal") : SL_STR("")};
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    sl_sha256_parts(parts, SL_LEN(parts), digest);
    sl_strbuf_init(&hex, holder, 0);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    *ret_identity = sl_strbuf_str(&hex);
    return sl_state_get(r, "key_set", *ret_identity, sizeof(struct sl_key_set_state), init, fini,
                        holder);
}

static bool digest_of(sl_str text, uint8_t ret[SL_SHA256_BYTES])
{
    struct sl_arena *a = sl_arena_new("key set", SL_MIB(16));
    struct sl_jwks keys;
    bool is_set = sl_jwks_parse(text, a, &keys);
    if (is_set)
        sl_jwks_digest(&keys, ret);
    sl_arena_free(a);
    return is_set;
}

/* Issuers write the same keys in another order, or with other white space, each time they are asked. */
static bool has_same_keys(sl_str one, sl_str other)
{
    uint8_t of_one[SL_SHA256_BYTES], of_other[SL_SHA256_BYTES];
    return sl_str_eq(one, other) || (digest_of(one, of_one) && digest_of(other, of_other) &&
                                     memcmp(of_one, of_other, sizeof(of_one)) == 0);
}

bool sl_key_set_put(struct sl_key_set_state *s, sl_str text, int64_t fetched_s, int64_t tried_s)
{
    pthread_mutex_lock(&s->lock);
    bool are_others = !has_same_keys(sl_strbuf_str(&s->text), text);
    if (are_others) {
        sl_strbuf_clear(&s->text);
        sl_strbuf_add(&s->text, text);
    }
    s->why[0] = '\0';
    s->fetched_s = fetched_s;
    s->tried_s = tried_s;
    pthread_mutex_unlock(&s->lock);
    atomic_store_explicit(&s->is_wanted, false, memory_order_relaxed);
    return are_others;
}

bool sl_key_set_fail(struct sl_key_set_state *s, sl_str why, int64_t now_s)
{
    sl_str kept = sl_str_head(why, SL_KEY_SET_WHY_BYTES - 1);
    pthread_mutex_lock(&s->lock);
    bool is_news = !sl_str_eq(sl_cstr(s->why), kept);
    memcpy(s->why, kept.p, kept.n);
    s->why[kept.n] = '\0';
    s->tried_s = now_s;
    pthread_mutex_unlock(&s->lock);
    return is_news;
}

void sl_key_set_look(struct sl_key_set_state *s, struct sl_arena *a, struct sl_key_set_view *ret)
{
    pthread_mutex_lock(&s->lock);
    *ret = (struct sl_key_set_view){.text = sl_arena_dup(a, sl_strbuf_str(&s->text)),
                                    .why = sl_arena_dup(a, sl_cstr(s->why)),
                                    .fetched_s = s->fetched_s,
                                    .tried_s = s->tried_s};
    pthread_mutex_unlock(&s->lock);
}

int64_t sl_key_set_due(const struct sl_key_set *set)
{
    struct sl_key_set_state *s = set->state;
    bool is_wanted = atomic_load_explicit(&s->is_wanted, memory_order_relaxed);
    pthread_mutex_lock(&s->lock);
    int64_t tried_s = s->tried_s;
    bool is_early = is_wanted || s->why[0] != '\0';
    pthread_mutex_unlock(&s->lock);
    sl_usec wait_us = is_early ? SL_MIN(set->pause_us, set->refresh_us) : set->refresh_us;
    return tried_s == 0 ? 0 : tried_s + wait_us / MICRO;
}

static bool is_under_way(const struct sl_key_set *set, const struct sl_key_set *const *busy,
                         size_t n)
{
    size_t i = 0;
    while (i < n && !sl_str_eq(busy[i]->identity, set->identity))
        i++;
    return i < n;
}

static size_t count_of_portal(const struct sl_key_set *const *sets, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += sets[i]->is_of_portal;
    return count;
}

const struct sl_key_set *sl_key_set_next(const struct sl_key_set *const *sets, size_t n,
                                         const struct sl_key_set *const *busy, size_t busy_n,
                                         int64_t now_s)
{
    const struct sl_key_set *next = NULL;
    int64_t next_s = now_s + 1;
    bool has_room = count_of_portal(busy, busy_n) < SL_KEY_SETS_PORTAL_BUSY_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct sl_key_set *set = sets[i];
        int64_t due_s = sl_key_set_due(set);
        if (due_s < next_s && (has_room || !set->is_of_portal) &&
            !is_under_way(set, busy, busy_n)) {
            next = set;
            next_s = due_s;
        }
    }
    return next;
}

void sl_key_set_want(const struct sl_key_set *set)
{
    atomic_store_explicit(&set->state->is_wanted, true, memory_order_relaxed);
}
