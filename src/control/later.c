#include "control/later.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"

#include <pthread.h>
#include <time.h>

struct sl_later {
    void (*run)(void *arg);
    void *arg;
    int pause_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_asked, must_stop; /* under the lock */
};

static struct timespec at(sl_usec mono_us)
{
    return (struct timespec){.tv_sec = mono_us / 1000000, .tv_nsec = mono_us % 1000000 * 1000};
}

/* Until it is asked for and may be done; false: until the end. Under the lock. */
static bool wait_for_work(struct sl_later *l, sl_usec begin_us)
{
    struct timespec begin = at(begin_us);
    while (!l->is_asked && !l->must_stop)
        pthread_cond_wait(&l->changed, &l->lock);
    while (!l->must_stop && sl_clock_mono_us() < begin_us)
        (void)pthread_cond_timedwait(&l->changed, &l->lock, &begin); /* looks at the clock again */
    return l->is_asked;
}

static void *run(void *arg)
{
    struct sl_later *l = arg;
    sl_usec begin_us = 0;
    pthread_mutex_lock(&l->lock);
    while (wait_for_work(l, begin_us)) {
        begin_us = sl_clock_mono_us() + SL_MS(l->pause_ms);
        l->is_asked = false;
        pthread_mutex_unlock(&l->lock);
        l->run(l->arg);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void init(struct sl_later *l)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&l->lock, NULL);
}

static void end(struct sl_later *l)
{
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    sl_free(l);
}

sl_rc sl_later_start(void (*fn)(void *arg), void *arg, int pause_ms, struct sl_later **ret)
{
    struct sl_later *l = sl_new(struct sl_later);
    *l = (struct sl_later){.run = fn, .arg = arg, .pause_ms = pause_ms};
    init(l);
    if (!sl_thread_start(&l->thread, run, l)) {
        end(l);
        return SL_E_IO;
    }
    *ret = l;
    return SL_OK;
}

void sl_later_ask(struct sl_later *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->is_asked = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

void sl_later_stop(struct sl_later *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->must_stop = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    end(l);
}
