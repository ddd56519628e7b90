#include "store/charge.h"
#include "base/map.h"
#include "base/strbuf.h"

/* Keys and sums die together, with their batch. */
struct sl_charges {
    struct sl_arena *arena;
    struct sl_map by_key;
    struct sl_strbuf key; /* of the one that is looked for */
};

static void begin(struct sl_charges *c)
{
    sl_map_init(&c->by_key, c->arena, 0);
}

struct sl_charges *sl_charges_new(void)
{
    struct sl_charges *c = sl_new(struct sl_charges);
    c->arena = sl_arena_new("charges", SIZE_MAX); /* a batch's: its records bound it */
    begin(c);
    return c;
}

void sl_charges_free(struct sl_charges *c)
{
    if (c == NULL)
        return;
    sl_strbuf_fini(&c->key);
    sl_arena_free(c->arena);
    sl_free(c);
}

void sl_charges_clear(struct sl_charges *c)
{
    sl_arena_reset(c->arena);
    begin(c);
}

/* No two charges of different rows have the same: numbers have a fixed size, the budget's length is there. */
static sl_str key_of(struct sl_charges *c, const struct sl_record_charge *charge)
{
    uint64_t numbers[] = {(uint64_t)charge->window_start_s, charge->budget.n};
    sl_strbuf_clear(&c->key);
    sl_strbuf_add(&c->key, (sl_str){(const char *)numbers, sizeof(numbers)});
    sl_strbuf_add(&c->key, charge->budget);
    sl_strbuf_add(&c->key, charge->subject);
    return sl_strbuf_str(&c->key);
}

static struct sl_record_charge *sum_of(struct sl_charges *c, const struct sl_record_charge *charge)
{
    sl_str key = key_of(c, charge);
    struct sl_record_charge *sum = sl_map_get(&c->by_key, key);
    if (sum != NULL)
        return sum;
    sum = sl_arena_new_of(c->arena, struct sl_record_charge);
    *sum = (struct sl_record_charge){.budget = sl_arena_dup(c->arena, charge->budget),
                                     .subject = sl_arena_dup(c->arena, charge->subject),
                                     .window_start_s = charge->window_start_s};
    (void)sl_map_put(&c->by_key, sl_arena_dup(c->arena, key), sum); /* there was none */
    return sum;
}

static void add_to(struct sl_record_charge *sum, int64_t cost_nusd, int64_t tokens)
{
    sum->cost_nusd = sl_add_sat_i64(sum->cost_nusd, cost_nusd);
    sum->tokens = sl_add_sat_i64(sum->tokens, tokens);
}

void sl_charges_add(struct sl_charges *c, const struct sl_record *r)
{
    for (size_t i = 0; i < r->charge_count; i++) {
        const struct sl_record_charge *charge = &r->charges[i];
        add_to(sum_of(c, charge), charge->cost_nusd, charge->tokens);
    }
}

/* Added here, not by SQL, whose sum would become a floating point number at the end of the integers. */
static sl_rc add_spent(struct sl_db *db, struct sl_record_charge *sum)
{
    struct sl_query *q = sl_db_query(db, "SELECT cost_nusd, tokens FROM budget_spent "
                                         "WHERE budget = ? AND subject = ? AND window_start_s = ?");
    sl_query_text(q, 1, sum->budget);
    sl_query_text(q, 2, sum->subject);
    sl_query_i64(q, 3, sum->window_start_s);
    if (sl_query_row(q))
        add_to(sum, sl_query_i64_at(q, 0), sl_query_i64_at(q, 1));
    return sl_query_end(q);
}

static sl_rc write_sum(struct sl_db *db, struct sl_record_charge sum)
{
    sl_rc rc = add_spent(db, &sum);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q = sl_db_query(db, "INSERT OR REPLACE INTO budget_spent "
                                         "(budget, subject, window_start_s, cost_nusd, tokens) "
                                         "VALUES (?, ?, ?, ?, ?)");
    sl_query_text(q, 1, sum.budget);
    sl_query_text(q, 2, sum.subject);
    sl_query_i64(q, 3, sum.window_start_s);
    sl_query_i64(q, 4, sum.cost_nusd);
    sl_query_i64(q, 5, sum.tokens);
    return sl_query_run(q);
}

sl_rc sl_charges_write(struct sl_charges *c, struct sl_db *db)
{
    size_t at = 0;
    sl_str key;
    void *sum;
    sl_rc rc = SL_OK;
    while (rc == SL_OK && sl_map_next(&c->by_key, &at, &key, &sum))
        rc = write_sum(db, *(const struct sl_record_charge *)sum);
    if (rc == SL_OK)
        sl_charges_clear(c);
    return rc;
}
