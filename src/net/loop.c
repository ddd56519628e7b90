#include "net/loop.h"
#include "base/clock.h"
#include "net/wheel.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { US_PER_MS = 1000, DESCRIPTORS_FIRST = 64, GRAVES_FIRST = 64 };

/* What the kernel hands back with an event: descriptor and generation. An event whose generation is
 * not the descriptor's belongs to an earlier use of the number (a forked child can keep the kernel's
 * registration alive after our close) and is dropped. */
struct descriptor {
    struct sl_watch *watch;
    uint32_t generation;
};

struct grave {
    void (*fn)(void *);
    void *arg;
};

struct sl_loop {
    int epoll_fd, bell_fd; /* the bell: an eventfd that other threads ring */
    sl_usec now_us;
    int64_t wall_us;
    uint64_t tick_number;
    struct sl_link ready;
    struct sl_wheel wheel;
    struct descriptor *descriptors; /* by number */
    size_t descriptor_cap;
    struct grave *graves;
    size_t grave_count, grave_cap;
    struct sl_tick_hook *hooks;
    /* Tasks posted, newest first. Pushed with release by any thread, taken with acquire by the loop:
     * what a thread wrote before sl_loop_post is visible to the task it woke. */
    struct sl_task *_Atomic mailbox;
    _Atomic bool is_stopping; /* set by sl_loop_stop (release), read after each tick (acquire) */
    struct epoll_event events[SL_LOOP_EVENTS_MAX];
};

static const uint64_t BELL = UINT64_MAX;

static void read_clocks(struct sl_loop *l)
{
    l->now_us = sl_clock_mono_us();
    l->wall_us = sl_clock_wall_us();
}

static bool open_descriptors(struct sl_loop *l)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = BELL};
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return l->epoll_fd >= 0 && l->bell_fd >= 0 &&
           epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->bell_fd, &e) == 0;
}

static void close_descriptors(struct sl_loop *l)
{
    if (l->bell_fd >= 0)
        close(l->bell_fd);
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
}

struct sl_loop *sl_loop_new(void)
{
    struct sl_loop *l = sl_new(struct sl_loop);
    if (!open_descriptors(l)) {
        int why = errno;
        close_descriptors(l);
        sl_free(l);
        errno = why;
        return NULL;
    }
    sl_list_init(&l->ready);
    read_clocks(l);
    sl_wheel_init(&l->wheel, l->now_us);
    return l;
}

static void dig_graves(struct sl_loop *l)
{
    for (size_t i = 0; i < l->grave_count; i++) { /* one may bury another */
        struct grave g = l->graves[i];
        g.fn(g.arg);
    }
    l->grave_count = 0;
}

void sl_loop_free(struct sl_loop *l)
{
    if (l == NULL)
        return;
    dig_graves(l);
    close_descriptors(l);
    sl_free(l->descriptors);
    sl_free(l->graves);
    sl_free(l);
}

sl_usec sl_loop_now(const struct sl_loop *l)
{
    return l->now_us;
}

int64_t sl_loop_wall_us(const struct sl_loop *l)
{
    return l->wall_us;
}

uint64_t sl_loop_tick_number(const struct sl_loop *l)
{
    return l->tick_number;
}

void sl_task_wake(struct sl_loop *l, struct sl_task *t, uint32_t why)
{
    t->why |= why;
    if (!sl_list_is_linked(&t->ready))
        sl_list_push_back(&l->ready, &t->ready);
}

void sl_task_cancel(struct sl_task *t)
{
    t->why = 0;
    sl_list_remove(&t->ready);
}

static void ring(struct sl_loop *l)
{
    uint64_t one = 1;
    ssize_t n = write(l->bell_fd, &one, sizeof(one));
    (void)n; /* EAGAIN: the counter is at its maximum, so the bell is ringing */
}

/* Returns whether the mailbox was empty. */
static bool push_posted(struct sl_loop *l, struct sl_task *t)
{
    struct sl_task *head = atomic_load_explicit(&l->mailbox, memory_order_relaxed);
    do {
        atomic_store_explicit(&t->next_posted, head, memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(&l->mailbox, &head, t, memory_order_release,
                                                    memory_order_relaxed));
    return head == NULL;
}

void sl_loop_post(struct sl_loop *l, struct sl_task *t, uint32_t why)
{
    SL_ASSERT(why != 0);
    /* Who finds it 0 owns the push. Release pairs with the exchange in take_posted: a second poster,
     * who only adds bits, has its writes seen too. */
    if (atomic_fetch_or_explicit(&t->posted, why, memory_order_acq_rel) != 0)
        return;
    /* One ring per burst: whoever finds the mailbox filled knows that the bell was or is being rung
     * for it, as the loop empties all of it only after having silenced the bell. */
    if (push_posted(l, t))
        ring(l);
}

static void silence(struct sl_loop *l)
{
    uint64_t rings;
    ssize_t n = read(l->bell_fd, &rings, sizeof(rings));
    (void)n; /* EAGAIN: rung, heard and silenced already */
}

static struct sl_task *oldest_first(struct sl_task *t)
{
    struct sl_task *oldest = NULL;
    while (t != NULL) {
        struct sl_task *next = atomic_load_explicit(&t->next_posted, memory_order_relaxed);
        atomic_store_explicit(&t->next_posted, oldest, memory_order_relaxed);
        oldest = t;
        t = next;
    }
    return oldest;
}

/* The bell is silenced first: a post that comes after the mailbox was emptied rings again. */
static void take_posted(struct sl_loop *l)
{
    silence(l);
    struct sl_task *t =
        oldest_first(atomic_exchange_explicit(&l->mailbox, NULL, memory_order_acquire));
    while (t != NULL) {
        /* once `posted` is 0, `t` may be pushed again by another thread */
        struct sl_task *next = atomic_load_explicit(&t->next_posted, memory_order_relaxed);
        uint32_t why = atomic_exchange_explicit(&t->posted, 0, memory_order_acq_rel);
        sl_task_wake(l, t, why);
        t = next;
    }
}

void sl_loop_stop(struct sl_loop *l)
{
    atomic_store_explicit(&l->is_stopping, true, memory_order_release);
    ring(l);
}

void sl_timer_start(struct sl_loop *l, struct sl_timer *timer, struct sl_task *task, uint32_t why,
                    sl_usec due_us)
{
    sl_list_remove(&timer->slot);
    timer->task = task;
    timer->why = why;
    timer->due_us = due_us;
    sl_wheel_add(&l->wheel, timer);
}

void sl_timer_stop(struct sl_timer *timer)
{
    sl_list_remove(&timer->slot);
}

static void mark_due(struct sl_loop *l)
{
    struct sl_link due, *link;
    sl_list_init(&due);
    sl_wheel_advance(&l->wheel, l->now_us, &due);
    while ((link = sl_list_pop_front(&due)) != NULL) {
        struct sl_timer *t = SL_CONTAINER(link, struct sl_timer, slot);
        sl_task_wake(l, t->task, t->why);
    }
}

static struct descriptor *descriptor_of(struct sl_loop *l, int fd)
{
    size_t i = (size_t)fd, cap = l->descriptor_cap;
    if (i < cap)
        return &l->descriptors[i];
    size_t grown = SL_MAX(SL_MAX(cap * 2, i + 1), (size_t)DESCRIPTORS_FIRST);
    l->descriptors = sl_realloc(l->descriptors, grown * sizeof(*l->descriptors));
    memset(l->descriptors + cap, 0, (grown - cap) * sizeof(*l->descriptors));
    l->descriptor_cap = grown;
    return &l->descriptors[i];
}

/* A descriptor that was unwatched but not closed is still registered: then it is renewed. */
static bool add_to_epoll(struct sl_loop *l, int fd, uint32_t generation)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                            .data.u64 = (uint64_t)generation << 32 | (uint32_t)fd};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0)
        return true;
    return errno == EEXIST && epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, fd, &e) == 0;
}

sl_rc sl_loop_watch(struct sl_loop *l, struct sl_watch *w, int fd, struct sl_task *task)
{
    SL_ASSERT(fd >= 0);
    SL_ASSERT(task != NULL);
    struct descriptor *d = descriptor_of(l, fd);
    SL_ASSERT(d->watch == NULL);
    if (!add_to_epoll(l, fd, d->generation))
        return SL_E_IO;
    d->watch = w;
    *w = (struct sl_watch){.fd = fd, .task = task};
    return SL_OK;
}

void sl_loop_unwatch(struct sl_loop *l, struct sl_watch *w)
{
    if (w->task == NULL)
        return;
    struct descriptor *d = descriptor_of(l, w->fd);
    SL_ASSERT(d->watch == w);
    d->watch = NULL;
    d->generation++;
    *w = (struct sl_watch){.fd = -1};
}

static uint32_t why_of(uint32_t events)
{
    uint32_t why = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0)
        why |= SL_WHY_READ;
    if ((events & EPOLLOUT) != 0)
        why |= SL_WHY_WRITE;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        why |= SL_WHY_READ | SL_WHY_WRITE | SL_WHY_HANGUP;
    return why;
}

static void mark_watch(struct sl_loop *l, const struct epoll_event *e)
{
    size_t fd = (uint32_t)e->data.u64;
    const struct descriptor *d = &l->descriptors[fd];
    struct sl_watch *w = d->watch;
    if (w == NULL || d->generation != (uint32_t)(e->data.u64 >> 32))
        return;
    uint32_t why = why_of(e->events);
    w->is_readable |= (why & SL_WHY_READ) != 0;
    w->is_at_end |= (e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    w->is_reset |= (why & SL_WHY_HANGUP) != 0;
    sl_task_wake(l, w->task, why);
}

static void mark_events(struct sl_loop *l, int count)
{
    for (int i = 0; i < count; i++) {
        if (l->events[i].data.u64 == BELL)
            take_posted(l);
        else
            mark_watch(l, &l->events[i]);
    }
}

/* Milliseconds for epoll_wait: rounded up, so that a timer is due when the wait is over. */
static int wait_ms(struct sl_loop *l, sl_usec max_wait_us)
{
    if (!sl_list_is_empty(&l->ready) || max_wait_us == 0)
        return 0;
    sl_usec next_us = sl_wheel_next_us(&l->wheel);
    sl_usec wait_us = max_wait_us < 0 ? INT64_MAX : max_wait_us;
    if (next_us != INT64_MAX)
        wait_us = SL_MIN(wait_us, next_us - sl_clock_mono_us());
    if (wait_us == INT64_MAX)
        return -1;
    if (wait_us <= 0)
        return 0;
    return (int)SL_MIN((wait_us - 1) / US_PER_MS + 1, INT_MAX);
}

/* The tasks that are marked now; what they wake comes after the sentinel. */
static void run_round(struct sl_loop *l)
{
    struct sl_link sentinel, *link;
    sl_list_push_back(&l->ready, &sentinel);
    while ((link = sl_list_pop_front(&l->ready)) != &sentinel) {
        struct sl_task *t = SL_CONTAINER(link, struct sl_task, ready);
        uint32_t why = t->why;
        t->why = 0;
        t->run(t, why);
    }
}

/* At most `rounds`, so that a task which always wakes itself cannot keep the loop from its descriptors. */
static int run_tasks(struct sl_loop *l, int rounds)
{
    for (; rounds > 0 && !sl_list_is_empty(&l->ready); rounds--)
        run_round(l);
    return rounds;
}

static void run_hooks(struct sl_loop *l)
{
    for (struct sl_tick_hook *h = l->hooks; h != NULL; h = h->next)
        h->run(h);
}

void sl_loop_tick(struct sl_loop *l, sl_usec max_wait_us)
{
    int count = epoll_wait(l->epoll_fd, l->events, SL_LOOP_EVENTS_MAX, wait_ms(l, max_wait_us));
    SL_ASSERT(count >= 0 || errno == EINTR);
    l->tick_number++;
    read_clocks(l);
    mark_events(l, count);
    mark_due(l);
    int rounds_left = SL_LOOP_ROUNDS_MAX;
    do { /* the hooks come last: what they wake may leave them more to do */
        rounds_left = run_tasks(l, rounds_left);
        run_hooks(l);
    } while (rounds_left > 0 && !sl_list_is_empty(&l->ready));
    dig_graves(l);
}

void sl_loop_run(struct sl_loop *l)
{
    while (!atomic_load_explicit(&l->is_stopping, memory_order_acquire))
        sl_loop_tick(l, -1);
    atomic_store_explicit(&l->is_stopping, false, memory_order_relaxed);
}

void sl_loop_bury(struct sl_loop *l, void (*fn)(void *), void *arg)
{
    if (l->grave_count == l->grave_cap) {
        l->grave_cap = SL_MAX(l->grave_cap * 2, (size_t)GRAVES_FIRST);
        l->graves = sl_realloc(l->graves, l->grave_cap * sizeof(*l->graves));
    }
    l->graves[l->grave_count++] = (struct grave){fn, arg};
}

void sl_loop_at_tick_end(struct sl_loop *l, struct sl_tick_hook *hook)
{
    hook->next = l->hooks;
    l->hooks = hook;
}
