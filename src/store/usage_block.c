/*
 * The filter is a Bloom filter: a power of two of bits, of which each value sets PROBES, found by steps of
 * the upper half of its hash from the lower half. Sized for about one value of its own per request (its id)
 * and some that they share.
 */
#include "store/usage_block.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "store/usage.h"

enum { PROBES = 4, BITS_PER_REQUEST = 16, BITS_MIN = 512 };

#define X(number, column, value) FILTER_##column,
enum filter_column {
#include "store/usage_filter.def"
    FILTER_COUNT
};
#undef X

struct sl_usage_blocks {
    bool is_known;  /* which block came last; below is about it */
    bool is_stored; /* the database has it already, with fewer requests or as it is */
    bool is_changed;
    int64_t first_row, requests, first_us, last_us;
    struct sl_strbuf data, filter;
    uint64_t *hashes; /* of the values in it */
    size_t hash_count, hash_capacity;
    uint64_t
        previous[FILTER_COUNT]; /* of the request before, whose values need not be there twice */
};

struct sl_usage_blocks *sl_usage_blocks_new(void)
{
    return sl_new(struct sl_usage_blocks);
}

void sl_usage_blocks_free(struct sl_usage_blocks *b)
{
    if (b == NULL)
        return;
    sl_strbuf_fini(&b->data);
    sl_strbuf_fini(&b->filter);
    sl_free(b->hashes);
    sl_free(b);
}

/* ------------------------------------------------------------------ filters */

uint64_t sl_usage_filter_hash(unsigned number, sl_str value)
{
    return sl_hash_seeded(value.p, value.n, number);
}

static size_t bits_for(int64_t requests)
{
    size_t bits = BITS_MIN;
    while (bits < BITS_MIN + (size_t)requests * BITS_PER_REQUEST)
        bits *= 2;
    return bits;
}

/* Which bit the i-th probe is about, of `bits`, a power of two. */
static size_t probe(uint64_t hash, size_t i, size_t bits)
{
    return (size_t)(hash + i * (hash >> 32 | 1)) & (bits - 1);
}

bool sl_usage_filter_may_have(sl_str filter, uint64_t hash)
{
    size_t bits = filter.n * 8;
    if (bits == 0 || (bits & (bits - 1)) != 0)
        return true;
    for (size_t i = 0; i < PROBES; i++) {
        size_t bit = probe(hash, i, bits);
        if (((unsigned char)filter.p[bit / 8] >> bit % 8 & 1) == 0)
            return false;
    }
    return true;
}

static void make_filter(struct sl_usage_blocks *b)
{
    size_t bits = bits_for(b->requests);
    sl_strbuf_clear(&b->filter);
    unsigned char *at = (unsigned char *)sl_strbuf_room(&b->filter, bits / 8);
    memset(at, 0, bits / 8);
    b->filter.n = bits / 8;
    for (size_t i = 0; i < b->hash_count; i++) {
        for (size_t k = 0; k < PROBES; k++) {
            size_t bit = probe(b->hashes[i], k, bits);
            at[bit / 8] |= (unsigned char)(1u << bit % 8);
        }
    }
}

static void add_value(struct sl_usage_blocks *b, enum filter_column column, unsigned number,
                      sl_str value)
{
    uint64_t hash = sl_usage_filter_hash(number, value);
    if (value.n == 0 || b->previous[column] == hash)
        return;
    b->previous[column] = hash;
    if (b->hash_count == b->hash_capacity) {
        b->hash_capacity = SL_MAX(b->hash_capacity * 2, (size_t)256);
        b->hashes = sl_realloc(b->hashes, b->hash_capacity * sizeof(*b->hashes));
    }
    b->hashes[b->hash_count++] = hash;
}

/* ------------------------------------------------------------------ the block at hand */

static void begin_block(struct sl_usage_blocks *b, int64_t first_row)
{
    b->is_known = true;
    b->is_stored = b->is_changed = false;
    b->first_row = first_row;
    b->requests = 0;
    b->first_us = INT64_MAX;
    b->last_us = INT64_MIN;
    b->hash_count = 0;
    memset(b->previous, 0, sizeof(b->previous));
    sl_strbuf_clear(&b->data);
}

static void take(struct sl_usage_blocks *b, const struct sl_record *r, sl_str frame)
{
#define X(number, column, value) add_value(b, FILTER_##column, number, value);
#include "store/usage_filter.def"
#undef X
    sl_strbuf_add(&b->data, frame);
    b->first_us = SL_MIN(b->first_us, r->wall_us);
    b->last_us = SL_MAX(b->last_us, r->wall_us);
    b->requests++;
    b->is_changed = true;
}

/* As it stands in the database. False: something in it is no record, and nothing goes to it any more. */
static bool take_stored(struct sl_usage_blocks *b, sl_str data)
{
    struct sl_record_room room;
    struct sl_record r;
    for (size_t n; data.n != 0; data = sl_str_from(data, n)) {
        if (sl_record_decode(data, &room, &r, &n) != SL_OK)
            return false;
        take(b, &r, sl_str_head(data, n));
    }
    b->is_stored = true;
    b->is_changed = false;
    return true;
}

/* What came last, if there is room in it; else begin behind it. */
static sl_rc look(struct sl_usage_blocks *b, struct sl_db *db)
{
    struct sl_query *q = sl_db_query(db, "SELECT first_row, requests, form, data FROM usage_block "
                                         "ORDER BY first_row DESC LIMIT 1");
    int64_t next_row =
        b->first_row + b->requests; /* no number twice, though all blocks were taken out */
    next_row = SL_MAX(next_row, 1);
    begin_block(b, next_row);
    if (sl_query_row(q)) {
        int64_t first_row = sl_query_i64_at(q, 0), requests = sl_query_i64_at(q, 1);
        sl_str data = sl_query_text_at(q, 3);
        begin_block(b, first_row);
        if (sl_query_i64_at(q, 2) != SL_USAGE_FRAMES || data.n >= SL_USAGE_REWRITE_BYTES ||
            !take_stored(b, data) || b->requests != requests)
            begin_block(b, SL_MAX(next_row, first_row + requests));
    }
    sl_rc rc = sl_query_end(q);
    b->is_known = rc == SL_OK;
    return rc;
}

static bool has_room(const struct sl_usage_blocks *b, const struct sl_record *r)
{
    size_t most = b->is_stored ? SL_USAGE_REWRITE_BYTES : SL_USAGE_BLOCK_BYTES;
    return b->requests == 0 || (b->data.n < most && r->wall_us - b->first_us <
                                                        (int64_t)SL_SECONDS(SL_USAGE_BLOCK_SPAN_S));
}

sl_rc sl_usage_blocks_add(struct sl_usage_blocks *b, struct sl_db *db, const struct sl_record *r,
                          sl_str frame)
{
    sl_rc rc = b->is_known ? SL_OK : look(b, db);
    if (rc == SL_OK && !has_room(b, r)) {
        rc = sl_usage_blocks_write(b, db);
        if (rc == SL_OK)
            begin_block(b, b->first_row + b->requests);
    }
    if (rc == SL_OK)
        take(b, r, frame);
    return rc;
}

sl_rc sl_usage_blocks_write(struct sl_usage_blocks *b, struct sl_db *db)
{
    if (!b->is_known || !b->is_changed)
        return SL_OK;
    make_filter(b);
    struct sl_query *q = sl_db_query(
        db, "INSERT INTO usage_block (first_row, requests, first_us, last_us, form, filter, data) "
            "VALUES (?, ?, ?, ?, ?, CAST(? AS BLOB), CAST(? AS BLOB)) "
            "ON CONFLICT (first_row) DO UPDATE SET requests = excluded.requests, "
            "first_us = excluded.first_us, last_us = excluded.last_us, filter = excluded.filter, "
            "data = excluded.data");
    sl_query_i64(q, 1, b->first_row);
    sl_query_i64(q, 2, b->requests);
    sl_query_i64(q, 3, b->first_us);
    sl_query_i64(q, 4, b->last_us);
    sl_query_i64(q, 5, SL_USAGE_FRAMES);
    sl_query_text(q, 6, sl_strbuf_str(&b->filter));
    sl_query_text(q, 7, sl_strbuf_str(&b->data));
    sl_rc rc = sl_query_run(q);
    if (rc != SL_OK)
        return rc;
    b->is_stored = true;
    b->is_changed = false;
    return SL_OK;
}

void sl_usage_blocks_forget(struct sl_usage_blocks *b)
{
    b->is_known = false;
}
