#include "base/thread.h"

#include <errno.h>
#include <signal.h>

/* A blocked one of these ends the process without a word to its handler. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

bool sl_thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg)
{
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < SL_LEN(faults); i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failure = pthread_create(ret, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure != 0 ? failure : errno;
    return failure == 0;
}
