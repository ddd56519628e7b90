#include "base/thread.h"

#include <errno.h>
#include <signal.h>

bool sl_thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(ret, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure != 0 ? failure : errno;
    return failure == 0;
}
