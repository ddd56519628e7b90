/**
 * api_pool: the few threads that answer the admin API. They may block (store, password hashes); the loop
 * that takes the requests never does: it hands over a whole request and is posted when the answer is there.
 *
 * The queue is bounded: beyond SL_API_QUEUE_MAX a job is refused, and the client told to come back.
 */
#pragma once
#include "control/api.h"
#include "net/loop.h"

enum { SL_API_THREADS = 4, SL_API_QUEUE_MAX = 256 };

struct sl_api_pool;

/** One request; filled by the loop's thread, which must not touch it between submit and the post. */
struct sl_api_job {
    struct sl_link link;
    struct sl_api_request request;
    struct sl_arena *arena; /* of the answer; the job's owner frees it */
    struct sl_api_answer answer;
    struct sl_loop *loop;
    struct sl_task *task; /* posted SL_WHY_AWAIT when it is done */
};

/** `control` NULL: every request is refused with SL_E_STORE. */
struct sl_api_pool *sl_api_pool_new(struct sl_control *control) SL_CHECKED;
/** False when the queue is full. */
bool sl_api_pool_submit(struct sl_api_pool *p, struct sl_api_job *job) SL_CHECKED;
/** Answers what is queued, then ends the threads. Accepts NULL. */
void sl_api_pool_free(struct sl_api_pool *p);
