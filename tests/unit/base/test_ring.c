#include "base/ring.h"
#include "tests/test.h"

#include <pthread.h>

enum { RECORDS = 300000 };

struct record {
    uint64_t number, twice, thrice;
};

TEST(ring, gives_records_back_in_order_and_refuses_when_full)
{
    struct sl_ring *r = sl_ring_new(4, sizeof(int));
    int v = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            EXPECT(sl_ring_push(r, &i));
        EXPECT(!sl_ring_push(r, &v));
        EXPECT_EQ(4, sl_ring_count(r));
        for (int i = 0; i < 4; i++) {
            EXPECT(sl_ring_pop(r, &v));
            EXPECT_EQ(i, v);
        }
        EXPECT(!sl_ring_pop(r, &v));
        EXPECT_EQ(0, sl_ring_count(r));
    }
    sl_ring_free(r);
}

TEST(ring, a_ring_of_one_slot_works)
{
    struct sl_ring *r = sl_ring_new(1, 1);
    char c = 'x', got = 0;
    EXPECT(sl_ring_push(r, &c));
    EXPECT(!sl_ring_push(r, &c));
    EXPECT(sl_ring_pop(r, &got));
    EXPECT_EQ('x', got);
    sl_ring_free(r);
}

static void *produce(void *arg)
{
    for (uint64_t i = 0; i < RECORDS;) {
        struct record rec = {i, 2 * i, 3 * i};
        if (sl_ring_push(arg, &rec))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

TEST(ring, two_threads_pass_every_record_whole_and_in_order)
{
    struct sl_ring *r = sl_ring_new(64, sizeof(struct record));
    pthread_t producer;
    EXPECT_EQ(0, pthread_create(&producer, NULL, produce, r));
    for (uint64_t i = 0; i < RECORDS;) {
        struct record rec;
        if (!sl_ring_pop(r, &rec)) {
            sched_yield();
            continue;
        }
        EXPECT(rec.number == i && rec.twice == 2 * i && rec.thrice == 3 * i);
        i++;
    }
    EXPECT_EQ(0, pthread_join(producer, NULL));
    sl_ring_free(r);
}
