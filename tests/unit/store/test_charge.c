#include "store/charge.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/usage.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

struct fixture {
    struct scratch s;
    struct sl_db *db;
    struct sl_charges *charges;
};

static void setup(struct fixture *t)
{
    scratch_init(&t->s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&t->s, "usage.db"), &t->db, &t->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(t->db, &sl_schema_usage, &t->s.diag));
    t->charges = sl_charges_new();
}

static void teardown(struct fixture *t)
{
    sl_charges_free(t->charges);
    sl_db_close(t->db);
    scratch_fini(&t->s);
}

struct sum {
    struct sl_record_charge all;
    size_t rows;
};

static void sum_up(const struct sl_record_charge *spent, void *arg)
{
    struct sum *sum = arg;
    sum->all.cost_nusd += spent->cost_nusd;
    sum->all.tokens += spent->tokens;
    sum->all.window_start_s = spent->window_start_s;
    sum->rows++;
}

static struct sum spent_since(struct fixture *t, int64_t since_s)
{
    struct sum sum = {0};
    EXPECT_EQ(SL_OK, sl_usage_budgets_each(t->db, since_s, sum_up, &sum));
    return sum;
}

TEST(charge, those_of_a_batch_are_one_row_of_their_budget)
{
    struct fixture t;
    setup(&t);
    struct sl_record r = scratch_record(&t.s, 40), other = scratch_record(&t.s, 2);
    sl_charges_add(t.charges, &r);
    sl_charges_add(t.charges, &other);
    EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    struct sum sum = spent_since(&t, 1767225600);
    EXPECT_EQ(1, sum.rows);
    EXPECT_EQ(42, sum.all.cost_nusd);
    EXPECT_EQ(20, sum.all.tokens);
    EXPECT_EQ(1767225600, sum.all.window_start_s);
    EXPECT_EQ(0, spent_since(&t, 1767225601).rows);
    teardown(&t);
}

TEST(charge, is_added_to_what_was_spent_before_and_written_once)
{
    struct fixture t;
    setup(&t);
    struct sl_record r = scratch_record(&t.s, 5);
    for (int i = 0; i < 2; i++) {
        sl_charges_add(t.charges, &r);
        EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
        EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    }
    EXPECT_EQ(10, spent_since(&t, 0).all.cost_nusd);
    teardown(&t);
}

TEST(charge, of_an_undone_batch_is_forgotten)
{
    struct fixture t;
    setup(&t);
    struct sl_record r = scratch_record(&t.s, 5);
    sl_charges_add(t.charges, &r);
    sl_charges_clear(t.charges);
    EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    EXPECT_EQ(0, spent_since(&t, 0).rows);
    teardown(&t);
}

TEST(charge, of_names_that_only_together_are_the_same_go_to_two_rows)
{
    struct fixture t;
    setup(&t);
    struct sl_record r = scratch_record(&t.s, 5), other = scratch_record(&t.s, 7);
    r.charges[0].budget = SL_STR("ab");
    r.charges[0].subject = SL_STR("c");
    other.charges[0].budget = SL_STR("a");
    other.charges[0].subject = SL_STR("bc");
    sl_charges_add(t.charges, &r);
    sl_charges_add(t.charges, &other);
    EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    EXPECT_EQ(2, spent_since(&t, 0).rows);
    teardown(&t);
}

TEST(charge, stops_at_the_end_of_the_integers)
{
    struct fixture t;
    setup(&t);
    struct sl_record r = scratch_record(&t.s, 1), more = scratch_record(&t.s, 2);
    r.charges[0].tokens = more.charges[0].tokens = INT64_MAX;
    sl_charges_add(t.charges, &r);
    sl_charges_add(t.charges, &more);
    EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    sl_charges_add(t.charges, &more);
    EXPECT_EQ(SL_OK, sl_charges_write(t.charges, t.db));
    EXPECT_EQ(INT64_MAX, spent_since(&t, 0).all.tokens);
    teardown(&t);
}
