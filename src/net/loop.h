/**
 * loop: one thread's events. Nothing here calls anybody back: readiness, timers and messages *mark*
 * tasks, then the loop runs the marked tasks one at a time, each to completion, until none is left;
 * then it runs the end-of-tick hooks, frees what was buried, and waits for the next events.
 *
 * So a task never runs inside another one, and an object that is buried stays valid until the end of
 * the tick. A task that wakes itself or others runs them in the same tick, in order of waking; after
 * SL_LOOP_ROUNDS_MAX rounds of that the loop looks for new events (without waiting) before it goes on,
 * so that a task that wakes itself for ever starves nobody.
 *
 * All functions but sl_loop_post and sl_loop_stop belong to the loop's own thread. The clock is read
 * once per tick. Linux: epoll, edge-triggered; each descriptor is registered once.
 */
#pragma once
#include "base/err.h"
#include "base/list.h"

struct sl_loop;
struct sl_task;

enum {
    SL_LOOP_ROUNDS_MAX = 64,  /* rounds of woken tasks in one tick */
    SL_LOOP_EVENTS_MAX = 256, /* descriptors that one tick hears of */
};

/** Why a task was woken: a closed set of bits, all that came since its last run. */
enum sl_why {
    SL_WHY_READ = 1 << 0,     /* descriptor: readable, or at its end */
    SL_WHY_WRITE = 1 << 1,    /* descriptor: writable */
    SL_WHY_HANGUP = 1 << 2,   /* descriptor: error or both directions closed */
    SL_WHY_TIMER = 1 << 3,    /* a timer started with this bit is due */
    SL_WHY_TIMER2 = 1 << 4,   /* a second timer of the same task */
    SL_WHY_POST = 1 << 5,     /* another thread posted */
    SL_WHY_PIPE_IN = 1 << 6,  /* a pipe this task reads has more bytes, ended or broke */
    SL_WHY_PIPE_OUT = 1 << 7, /* a pipe this task writes has room again, or its reader is gone */
    SL_WHY_START = 1 << 8,    /* first run */
    SL_WHY_HEAD = 1 << 9,     /* outbound: a response head (or an informational one) is there */
    SL_WHY_DONE = 1 << 10,    /* outbound: complete or failed; inbound: response sent */
    SL_WHY_GONE = 1 << 11,    /* inbound: the client went away */
    SL_WHY_RESOLVED = 1 << 12,
    SL_WHY_AWAIT = 1 << 13, /* the one thing that a policy waits for is there */
    SL_WHY_DRAIN = 1 << 14, /* the program is stopping */
};

struct sl_task {
    struct sl_link ready; /* in the loop's queue of marked tasks */
    void (*run)(struct sl_task *t, uint32_t why);
    uint32_t why;
    _Atomic uint32_t posted; /* written by any thread (release), taken by the loop (acquire) */
    struct sl_task *_Atomic next_posted;
};

struct sl_timer {
    struct sl_link slot;
    struct sl_task *task;
    uint32_t why;
    sl_usec due_us;
};

/** A descriptor in the loop. Embedded in its owner. A zeroed one watches nothing. */
struct sl_watch {
    int fd;
    struct sl_task *task; /* NULL: not watched */
    bool is_readable;     /* set by the loop with SL_WHY_READ; cleared by who read all there was */
    bool is_at_end;       /* the peer has closed its direction, or an error: read until told so */
    bool is_reset;        /* both directions are over: by a reset, or an error */
};

/** NULL with errno when the kernel gives no more descriptors. */
struct sl_loop *sl_loop_new(void) SL_CHECKED;
/** Accepts NULL. Runs the graveyard; everything must have been closed. */
void sl_loop_free(struct sl_loop *l);
/** Run until sl_loop_stop. */
void sl_loop_run(struct sl_loop *l);
/** One tick: wait at most `max_wait_us` (negative: until something happens). For tests. */
void sl_loop_tick(struct sl_loop *l, sl_usec max_wait_us);
/** Any thread, also a signal handler's thread: return from sl_loop_run after this tick. */
void sl_loop_stop(struct sl_loop *l);

/** The monotonic clock at the start of this tick. */
sl_usec sl_loop_now(const struct sl_loop *l);
/** The wall clock at the start of this tick, microseconds since 1970. */
int64_t sl_loop_wall_us(const struct sl_loop *l);
/** Number of the tick; for "once per tick" decisions. */
uint64_t sl_loop_tick_number(const struct sl_loop *l);

/** Mark `t`; idempotent; never runs it here. */
void sl_task_wake(struct sl_loop *l, struct sl_task *t, uint32_t why);
/** Unmark: it will not run. Call before burying its owner. */
void sl_task_cancel(struct sl_task *t);
/** Any thread: mark `t` in its loop and wake the loop. `t` must live until the loop has taken it. */
void sl_loop_post(struct sl_loop *l, struct sl_task *t, uint32_t why);

/** Due at `due_us` (sl_loop_now's clock); restarts when running. Resolution: 1 ms, never early. */
void sl_timer_start(struct sl_loop *l, struct sl_timer *timer, struct sl_task *task, uint32_t why,
                    sl_usec due_us);
/** Accepts a zeroed or stopped timer. O(1), as is starting. */
void sl_timer_stop(struct sl_timer *timer);
static inline bool sl_timer_is_running(const struct sl_timer *t)
{
    return sl_list_is_linked(&t->slot);
}

/** Register for reading and writing, edge-triggered. SL_E_IO when the kernel refuses. */
sl_rc sl_loop_watch(struct sl_loop *l, struct sl_watch *w, int fd, struct sl_task *task) SL_CHECKED;
/**
 * Forget the descriptor, then close it; events that are still on their way for it are dropped (a task
 * that was marked stays marked). Accepts a zeroed watch. The watch may be freed at once.
 */
void sl_loop_unwatch(struct sl_loop *l, struct sl_watch *w);

/** fn(arg) at the end of this tick, in order, when no task can refer to it any more. */
void sl_loop_bury(struct sl_loop *l, void (*fn)(void *), void *arg);

/**
 * Called at the end of every tick, before waiting: flush journals and logs. Tasks that it wakes run before
 * the tick is over. `hook` lives as long as the loop.
 */
struct sl_tick_hook {
    struct sl_tick_hook *next;
    void (*run)(struct sl_tick_hook *hook);
};
void sl_loop_at_tick_end(struct sl_loop *l, struct sl_tick_hook *hook);
