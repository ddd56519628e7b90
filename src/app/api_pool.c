#include "app/api_pool.h"
#include "base/clock.h"
#include "base/thread.h"
#include "control/backing.h"
#include "control/refusals.h"
#include "control/settings.h"
#include "control/trail.h"
#include "control/turn.h"

#include <pthread.h>

struct sl_api_pool {
    struct sl_control *control;
    pthread_t threads[SL_API_THREADS];
    size_t thread_count;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t has_work;
    struct sl_link queue;
    size_t queued;
    struct sl_turn tick; /* to look for what is due */
    bool must_stop;
};

/* An idle thread looks. True when it is this one's turn; the lock is held. */
static bool wait_for_work(struct sl_api_pool *p)
{
    int64_t now_us = sl_clock_wall_us();
    if (p->control == NULL) {
        pthread_cond_wait(&p->has_work, &p->lock);
        return false;
    }
    if (sl_turn_take(&p->tick, now_us))
        return true;
    int64_t until_us = sl_turn_next_us(&p->tick, now_us);
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&p->has_work, &p->lock, &until); /* late or not: it looks again */
    return false;
}

static void look(struct sl_control *c)
{
    sl_control_tick(c, sl_clock_wall_us());
    sl_settings_tick(c, sl_clock_wall_us());
    sl_backing_tick(c, sl_clock_wall_us());
    sl_refusals_flush(c, sl_clock_wall_us());
    sl_trail_tick(c, sl_clock_wall_us());
}

static struct sl_api_job *next_job(struct sl_api_pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (sl_list_is_empty(&p->queue) && !p->must_stop) {
        if (!wait_for_work(p))
            continue;
        pthread_mutex_unlock(&p->lock);
        look(p->control);
        pthread_mutex_lock(&p->lock);
        sl_turn_end(&p->tick, sl_clock_wall_us());
    }
    struct sl_link *link = sl_list_pop_front(&p->queue);
    p->queued -= link != NULL;
    pthread_mutex_unlock(&p->lock);
    return link != NULL ? SL_CONTAINER(link, struct sl_api_job, link) : NULL;
}

static void *run(void *arg)
{
    struct sl_api_pool *p = arg;
    struct sl_api_job *job;
    while ((job = next_job(p)) != NULL) {
        sl_api_handle(p->control, &job->request, job->arena, &job->answer);
        sl_loop_post(job->loop, job->task, SL_WHY_AWAIT);
    }
    return NULL;
}

static void start_threads(struct sl_api_pool *p)
{
    while (p->thread_count < SL_API_THREADS &&
           sl_thread_start(&p->threads[p->thread_count], run, p))
        p->thread_count++;
}

struct sl_api_pool *sl_api_pool_new(struct sl_control *control)
{
    struct sl_api_pool *p = sl_new(struct sl_api_pool);
    p->control = control;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->has_work, NULL);
    sl_list_init(&p->queue);
    start_threads(p);
    return p;
}

bool sl_api_pool_submit(struct sl_api_pool *p, struct sl_api_job *job)
{
    pthread_mutex_lock(&p->lock);
    bool is_taken = p->queued < SL_API_QUEUE_MAX && p->thread_count != 0;
    if (is_taken) {
        sl_list_push_back(&p->queue, &job->link);
        p->queued++;
        pthread_cond_signal(&p->has_work);
    }
    pthread_mutex_unlock(&p->lock);
    return is_taken;
}

void sl_api_pool_free(struct sl_api_pool *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->must_stop = true;
    pthread_cond_broadcast(&p->has_work);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->has_work);
    pthread_mutex_destroy(&p->lock);
    sl_free(p);
}
