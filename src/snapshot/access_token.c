#include "snapshot/access_token.h"

#include <string.h>

#define REFRESH_US SL_SECONDS(300) /* before its end another one is asked for */
#define MARGIN_US SL_SECONDS(20)   /* for the way to the vendor, and for clocks */

#define LOAD(at) atomic_load_explicit(at, memory_order_relaxed)
#define STORE(at, value) atomic_store_explicit(at, value, memory_order_relaxed)

/* Words are stored with release, so that who sees one of them sees the turn that came before it, too. */
void sl_access_token_put(struct sl_access_token *s, sl_str token, int64_t now_us, int64_t life_us)
{
    uint64_t turn = LOAD(&s->turn) + 1;
    struct sl_token_place *p = &s->places[turn % 2];
    SL_ASSERT(token.n <= SL_AI_OAUTH_TOKEN_BYTES_MAX);
    for (size_t at = 0, i = 0; at < token.n; at += sizeof(uint64_t), i++) {
        uint64_t word = 0;
        memcpy(&word, token.p + at, SL_MIN(sizeof(word), token.n - at));
        atomic_store_explicit(&p->words[i], word, memory_order_release);
    }
    atomic_store_explicit(&p->bytes, (uint32_t)token.n, memory_order_release);
    atomic_store_explicit(&s->turn, turn,
                          memory_order_release); /* pairs with sl_access_token_get */
    STORE(&s->trouble, SL_TOKEN_AWAITED);
    STORE(&s->refresh_us, now_us + life_us - SL_MIN(REFRESH_US, life_us / 4));
    STORE(&s->expires_us, now_us + life_us - SL_MIN(MARGIN_US, life_us / 10));
}

static sl_str copy(const struct sl_token_place *p, struct sl_arena *a)
{
    size_t n = atomic_load_explicit(&p->bytes, memory_order_acquire);
    size_t words = (n + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    uint64_t *text = sl_arena_array(a, uint64_t, words);
    for (size_t i = 0; i < words; i++)
        text[i] = atomic_load_explicit(&p->words[i], memory_order_acquire);
    return (sl_str){(const char *)text, n};
}

bool sl_access_token_get(const struct sl_access_token *s, int64_t now_us, struct sl_arena *a,
                         sl_str *ret, uint64_t *ret_turn)
{
    uint64_t turn;
    sl_str token;
    if (!sl_access_token_holds(s, now_us))
        return false;
    do { /* tokens come minutes apart: hardly ever twice */
        turn = atomic_load_explicit(&s->turn, memory_order_acquire);
        token = copy(&s->places[turn % 2], a);
    } while (LOAD(&s->turn) != turn);
    *ret = token;
    *ret_turn = turn;
    return token.n != 0;
}

bool sl_access_token_holds(const struct sl_access_token *s, int64_t now_us)
{
    return LOAD(&s->expires_us) > now_us;
}
