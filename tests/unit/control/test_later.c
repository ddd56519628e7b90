#include "control/later.h"
#include "tests/test.h"

#include <semaphore.h>
#include <stdatomic.h>

struct work {
    atomic_int runs;
    sem_t began, may_end;
};

static void count(void *arg)
{
    struct work *w = arg;
    atomic_fetch_add(&w->runs, 1);
}

static void count_slowly(void *arg)
{
    struct work *w = arg;
    sem_post(&w->began);
    sem_wait(&w->may_end);
    count(w);
}

TEST(later, what_was_asked_for_is_done_before_the_end_however_long_the_pause)
{
    struct work w = {0};
    struct sl_later *l;
    EXPECT_EQ(SL_OK, sl_later_start(count, &w, 1000000, &l));
    sl_later_ask(l);
    sl_later_ask(l);
    sl_later_stop(l);
    EXPECT(atomic_load(&w.runs) == 1 || atomic_load(&w.runs) == 2);
}

TEST(later, what_nobody_asked_for_is_not_done)
{
    struct work w = {0};
    struct sl_later *l;
    EXPECT_EQ(SL_OK, sl_later_start(count, &w, 0, &l));
    sl_later_stop(l);
    EXPECT_EQ(0, atomic_load(&w.runs));
    sl_later_ask(NULL);
    sl_later_stop(NULL);
}

TEST(later, all_who_ask_while_it_is_done_get_it_once_more)
{
    struct work w = {0};
    struct sl_later *l;
    sem_init(&w.began, 0, 0);
    sem_init(&w.may_end, 0, 0);
    EXPECT_EQ(SL_OK, sl_later_start(count_slowly, &w, 0, &l));
    sl_later_ask(l);
    sem_wait(&w.began);
    for (int i = 0; i < 5; i++)
        sl_later_ask(l);
    sem_post(&w.may_end);
    sem_post(&w.may_end);
    sem_wait(&w.began);
    sl_later_stop(l);
    EXPECT_EQ(2, atomic_load(&w.runs));
    sem_destroy(&w.began);
    sem_destroy(&w.may_end);
}
