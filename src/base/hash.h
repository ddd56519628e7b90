/**
 * hash: XXH3, 64 bits. Fast and well spread; not for secrets or signatures (codec/crypto is). Where
 * a peer chooses the keys of a table, use a random seed, so that it cannot aim at one slot.
 *
 * The unseeded values are stable between versions and machines: they may be stored and compared
 * between nodes.
 */
#pragma once
#include "base/base.h"

uint64_t sl_hash(const void *p, size_t n);
uint64_t sl_hash_seeded(const void *p, size_t n, uint64_t seed);

static inline uint64_t sl_hash_str(sl_str s)
{
    return sl_hash(s.p, s.n);
}
