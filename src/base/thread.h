/**
 * thread: how every thread of the program starts: with signals blocked, for they are the main thread's;
 * but not those of its own faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT), whose handlers report where
 * it happened. The caller joins it.
 */
#pragma once
#include "base/base.h"

#include <pthread.h>

/** Run run(arg) on a thread of its own. False with errno when the system gives no more of them. */
bool sl_thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg) SL_CHECKED;
