#include "base/rand.h"

#include <errno.h>
#include <sys/random.h>

/* SplitMix64: spreads one word over the state, and never gives four zeros in a row. */
static uint64_t split_mix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void sl_rand_seed(struct sl_rand *r, uint64_t seed)
{
    for (size_t i = 0; i < SL_LEN(r->s); i++)
        r->s[i] = split_mix(&seed);
}

void sl_rand_seed_os(struct sl_rand *r)
{
    do
        sl_rand_os(r->s, sizeof(r->s));
    while ((r->s[0] | r->s[1] | r->s[2] | r->s[3]) == 0);
}

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t sl_rand_u64(struct sl_rand *r)
{
    uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Lemire: the high word of a product is uniform once its low word is not among the surplus ones. */
uint64_t sl_rand_below(struct sl_rand *r, uint64_t n)
{
    SL_ASSERT(n > 0);
    uint64_t surplus = (0 - n) % n;
    for (;;) {
        unsigned __int128 product = (unsigned __int128)sl_rand_u64(r) * n;
        if ((uint64_t)product >= surplus)
            return (uint64_t)(product >> 64);
    }
}

void sl_rand_bytes(struct sl_rand *r, void *p, size_t n)
{
    unsigned char *at = p;
    while (n != 0) {
        uint64_t word = sl_rand_u64(r);
        size_t take = SL_MIN(n, sizeof(word));
        memcpy(at, &word, take);
        at += take;
        n -= take;
    }
}

void sl_rand_os(void *p, size_t n)
{
    unsigned char *at = p;
    while (n != 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            sl_panic(__FILE__, __LINE__, "the system gives no random bytes");
        at += got;
        n -= (size_t)got;
    }
}
