#include "net/loop.h"
#include "tests/test.h"

#include <sys/socket.h>
#include <unistd.h>

enum { CALLS_MAX = 256 };

/* A task that writes down when and why it ran. */
struct probe {
    struct sl_task task;
    struct sl_loop *loop;
    uint32_t whys[CALLS_MAX];
    uint64_t ticks[CALLS_MAX];
    int count;
    int wakes_left;       /* wake myself so often */
    struct sl_task *next; /* wake this one when run */
};

static void probe_run(struct sl_task *t, uint32_t why)
{
    struct probe *p = SL_CONTAINER(t, struct probe, task);
    if (p->count < CALLS_MAX) {
        p->whys[p->count] = why;
        p->ticks[p->count] = sl_loop_tick_number(p->loop);
    }
    p->count++;
    if (p->wakes_left > 0) {
        p->wakes_left--;
        sl_task_wake(p->loop, t, SL_WHY_START);
    }
    if (p->next != NULL)
        sl_task_wake(p->loop, p->next, SL_WHY_START);
}

static struct probe probe_of(struct sl_loop *l)
{
    return (struct probe){.task.run = probe_run, .loop = l};
}

static void socket_pair(int fds[2])
{
    EXPECT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
}

TEST(loop, waking_twice_runs_once_with_all_reasons)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    sl_task_wake(l, &p.task, SL_WHY_START);
    sl_task_wake(l, &p.task, SL_WHY_PIPE_IN);
    EXPECT_EQ(0, p.count);
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, p.count);
    EXPECT_EQ(SL_WHY_START | SL_WHY_PIPE_IN, p.whys[0]);
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, p.count);
    sl_loop_free(l);
}

TEST(loop, a_task_woken_by_another_runs_in_the_same_tick)
{
    struct sl_loop *l = sl_loop_new();
    struct probe first = probe_of(l), second = probe_of(l);
    first.next = &second.task;
    sl_task_wake(l, &first.task, SL_WHY_START);
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, second.count);
    EXPECT_EQ(first.ticks[0], second.ticks[0]);
    sl_loop_free(l);
}

TEST(loop, a_cancelled_task_does_not_run)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    sl_task_wake(l, &p.task, SL_WHY_START);
    sl_task_cancel(&p.task);
    sl_loop_tick(l, 0);
    EXPECT_EQ(0, p.count);
    sl_loop_free(l);
}

TEST(loop, a_task_that_wakes_itself_for_ever_does_not_starve_descriptors)
{
    struct sl_loop *l = sl_loop_new();
    struct probe greedy = probe_of(l), reader = probe_of(l);
    struct sl_watch w = {0};
    int fds[2];
    socket_pair(fds);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &w, fds[0], &reader.task));
    sl_loop_tick(l, 0);
    int before = reader.count;

    greedy.wakes_left = INT32_MAX;
    sl_task_wake(l, &greedy.task, SL_WHY_START);
    sl_loop_tick(l, 0);
    EXPECT_EQ(SL_LOOP_ROUNDS_MAX, greedy.count);
    EXPECT_EQ(1, write(fds[1], "x", 1));
    sl_loop_tick(l, -1);
    EXPECT_EQ(before + 1, reader.count);
    EXPECT_EQ(2 * SL_LOOP_ROUNDS_MAX, greedy.count);

    sl_task_cancel(&greedy.task);
    sl_loop_unwatch(l, &w);
    close(fds[0]);
    close(fds[1]);
    sl_loop_free(l);
}

TEST(loop, a_readable_descriptor_wakes_its_task_once_per_edge)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_watch w = {0};
    int fds[2];
    socket_pair(fds);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &w, fds[0], &p.task));
    sl_loop_tick(l, 0);
    EXPECT_EQ(SL_WHY_WRITE, p.whys[0]);
    EXPECT_EQ(1, write(fds[1], "x", 1));
    sl_loop_tick(l, 0);
    EXPECT_EQ(2, p.count);
    EXPECT((p.whys[1] & SL_WHY_READ) != 0);
    EXPECT(w.is_readable);
    EXPECT(!w.is_at_end);
    sl_loop_tick(l, 0);
    EXPECT_EQ(2, p.count);
    sl_loop_unwatch(l, &w);
    close(fds[0]);
    close(fds[1]);
    sl_loop_free(l);
}

TEST(loop, a_closed_peer_is_the_end_and_a_hangup)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_watch w = {0};
    int fds[2];
    socket_pair(fds);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &w, fds[0], &p.task));
    close(fds[1]);
    sl_loop_tick(l, 0);
    EXPECT_EQ(SL_WHY_READ | SL_WHY_WRITE | SL_WHY_HANGUP, p.whys[0]);
    EXPECT(w.is_at_end);
    sl_loop_unwatch(l, &w);
    close(fds[0]);
    sl_loop_free(l);
}

/* Unwatches `victim` when it runs. */
struct assassin {
    struct sl_task task;
    struct sl_loop *loop;
    struct sl_watch *victim;
};

static void assassin_run(struct sl_task *t, uint32_t why)
{
    struct assassin *a = SL_CONTAINER(t, struct assassin, task);
    sl_task_cancel(a->victim->task);
    sl_loop_unwatch(a->loop, a->victim);
}

TEST(loop, an_event_of_the_same_tick_does_not_reach_a_descriptor_that_was_unwatched)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_watch mine = {0}, theirs = {0};
    struct assassin a = {.task.run = assassin_run, .loop = l, .victim = &theirs};
    int fds[2];
    socket_pair(fds);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &mine, fds[0], &a.task));
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &theirs, fds[1], &p.task));
    sl_loop_tick(l, 0);
    EXPECT_EQ(0, p.count);
    sl_loop_unwatch(l, &mine);
    close(fds[0]);
    close(fds[1]);
    sl_loop_free(l);
}

TEST(loop, an_event_of_an_earlier_use_of_the_number_is_dropped)
{
    struct sl_loop *l = sl_loop_new();
    struct probe old = probe_of(l), new = probe_of(l);
    struct sl_watch *w = sl_new(struct sl_watch), next = {0};
    int fds[2], others[2];
    socket_pair(fds);
    int copy = dup(fds[0]); /* as a forked child would hold it */
    EXPECT_EQ(SL_OK, sl_loop_watch(l, w, fds[0], &old.task));
    sl_loop_tick(l, 0);
    sl_loop_unwatch(l, w);
    sl_free(w);
    close(fds[0]);
    socket_pair(others);
    EXPECT_EQ(fds[0], others[0]);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &next, others[0], &new.task));
    sl_loop_tick(l, 0);
    int before = new.count;
    EXPECT_EQ(1, write(fds[1], "x", 1));
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, old.count);
    EXPECT_EQ(before, new.count);
    sl_loop_unwatch(l, &next);
    close(copy);
    close(fds[1]);
    close(others[0]);
    close(others[1]);
    sl_loop_free(l);
}

TEST(loop, a_descriptor_that_stayed_open_can_be_watched_again)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_watch w = {0};
    int fds[2];
    socket_pair(fds);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &w, fds[0], &p.task));
    sl_loop_unwatch(l, &w);
    EXPECT_EQ(SL_OK, sl_loop_watch(l, &w, fds[0], &p.task));
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, p.count);
    sl_loop_unwatch(l, &w);
    sl_loop_unwatch(l, &w);
    close(fds[0]);
    close(fds[1]);
    sl_loop_free(l);
}

TEST(loop, refuses_a_descriptor_that_the_kernel_refuses)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_watch w = {0};
    EXPECT_EQ(SL_E_IO, sl_loop_watch(l, &w, 999, &p.task));
    EXPECT(w.task == NULL);
    sl_loop_free(l);
}

TEST(loop, a_timer_is_never_early)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_timer t = {0};
    sl_usec due_us = sl_loop_now(l) + SL_MS(5) + 300;
    sl_timer_start(l, &t, &p.task, SL_WHY_TIMER2, due_us);
    EXPECT(sl_timer_is_running(&t));
    while (p.count == 0)
        sl_loop_tick(l, -1);
    EXPECT(sl_loop_now(l) >= due_us);
    EXPECT_EQ(SL_WHY_TIMER2, p.whys[0]);
    EXPECT(!sl_timer_is_running(&t));
    sl_loop_free(l);
}

TEST(loop, a_timer_that_is_due_already_fires_in_the_next_tick)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_timer t = {0};
    sl_timer_start(l, &t, &p.task, SL_WHY_TIMER, 0);
    EXPECT_EQ(0, p.count);
    sl_loop_tick(l, -1);
    EXPECT_EQ(1, p.count);
    sl_loop_free(l);
}

TEST(loop, starting_a_running_timer_moves_it)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct sl_timer t = {0};
    sl_timer_start(l, &t, &p.task, SL_WHY_TIMER, sl_loop_now(l) + SL_SECONDS(3600));
    sl_timer_start(l, &t, &p.task, SL_WHY_TIMER, sl_loop_now(l) + SL_MS(1));
    sl_loop_tick(l, -1);
    sl_loop_tick(l, SL_MS(2));
    EXPECT_EQ(1, p.count);
    sl_timer_stop(&t);
    sl_timer_stop(&t);
    sl_loop_free(l);
}

TEST(loop, waiting_is_bounded_by_the_argument)
{
    struct sl_loop *l = sl_loop_new();
    sl_usec before_us = sl_loop_now(l);
    sl_loop_tick(l, SL_MS(3));
    EXPECT(sl_loop_now(l) - before_us >= SL_MS(2));
    sl_loop_free(l);
}

struct burial {
    struct sl_loop *loop;
    int count;
};

static void bury_once_more(void *arg)
{
    struct burial *b = arg;
    if (b->count++ == 0)
        sl_loop_bury(b->loop, bury_once_more, b);
}

TEST(loop, what_is_buried_goes_at_the_end_of_the_tick_and_so_does_what_that_buries)
{
    struct sl_loop *l = sl_loop_new();
    struct burial b = {.loop = l};
    sl_loop_bury(l, bury_once_more, &b);
    EXPECT_EQ(0, b.count);
    sl_loop_tick(l, 0);
    EXPECT_EQ(2, b.count);
    sl_loop_free(l);
}

TEST(loop, freeing_the_loop_runs_the_graveyard)
{
    struct sl_loop *l = sl_loop_new();
    struct burial b = {.loop = l};
    sl_loop_bury(l, bury_once_more, &b);
    sl_loop_free(l);
    EXPECT_EQ(2, b.count);
    sl_loop_free(NULL);
}

struct counting_hook {
    struct sl_tick_hook hook;
    struct probe *probe;
    int count, seen;
};

static void count_tick(struct sl_tick_hook *hook)
{
    struct counting_hook *h = SL_CONTAINER(hook, struct counting_hook, hook);
    h->count++;
    h->seen = h->probe->count;
}

TEST(loop, hooks_run_once_a_tick_behind_the_tasks)
{
    struct sl_loop *l = sl_loop_new();
    struct probe p = probe_of(l);
    struct counting_hook h = {.hook.run = count_tick, .probe = &p};
    sl_loop_at_tick_end(l, &h.hook);
    p.wakes_left = 3;
    sl_task_wake(l, &p.task, SL_WHY_START);
    sl_loop_tick(l, 0);
    EXPECT_EQ(1, h.count);
    EXPECT_EQ(4, h.seen);
    sl_loop_free(l);
}

TEST(loop, the_clock_stands_still_within_a_tick)
{
    struct sl_loop *l = sl_loop_new();
    sl_usec now_us = sl_loop_now(l);
    usleep(1500);
    EXPECT_EQ(now_us, sl_loop_now(l));
    sl_loop_tick(l, 0);
    EXPECT(sl_loop_now(l) > now_us);
    EXPECT(sl_loop_wall_us(l) > INT64_C(1700000000000000));
    sl_loop_free(l);
}

TEST(loop, a_stop_before_running_returns_at_once_and_counts_once)
{
    struct sl_loop *l = sl_loop_new();
    sl_loop_stop(l);
    sl_loop_run(l);
    EXPECT_EQ(0, sl_loop_tick_number(l));
    sl_loop_stop(l);
    sl_loop_run(l);
    sl_loop_free(l);
}

TEST(loop, posts_run_in_the_order_of_posting_with_all_reasons)
{
    struct sl_loop *l = sl_loop_new();
    struct probe first = probe_of(l), second = probe_of(l);
    sl_loop_post(l, &first.task, SL_WHY_POST);
    sl_loop_post(l, &second.task, SL_WHY_POST);
    sl_loop_post(l, &first.task, SL_WHY_DRAIN);
    first.next = &second.task;
    sl_loop_tick(l, -1);
    EXPECT_EQ(1, first.count);
    EXPECT_EQ(SL_WHY_POST | SL_WHY_DRAIN, first.whys[0]);
    EXPECT_EQ(1, second.count); /* marked already when `first` woke it */
    EXPECT_EQ(SL_WHY_POST | SL_WHY_START, second.whys[0]);
    sl_loop_free(l);
}
