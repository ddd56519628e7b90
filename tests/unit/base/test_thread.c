#include "base/thread.h"
#include "tests/test.h"

#include <signal.h>

static void *look(void *arg)
{
    pthread_sigmask(SIG_BLOCK, NULL, arg);
    return arg;
}

static bool blocks(const sigset_t *set, int signal)
{
    return sigismember(set, signal) == 1;
}

TEST(thread, runs_with_signals_blocked_and_leaves_the_callers_as_they_are)
{
    sigset_t before, after, inside;
    pthread_t thread;
    void *returned;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    EXPECT(sl_thread_start(&thread, look, &inside));
    EXPECT_EQ(0, pthread_join(thread, &returned));
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    EXPECT(returned == &inside);
    EXPECT(blocks(&inside, SIGTERM) && blocks(&inside, SIGHUP) && blocks(&inside, SIGUSR1));
    EXPECT(!blocks(&before, SIGTERM) && !blocks(&after, SIGTERM) && !blocks(&after, SIGUSR1));
}

TEST(thread, reports_its_own_faults)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t inside;
    pthread_t thread;
    EXPECT(sl_thread_start(&thread, look, &inside));
    EXPECT_EQ(0, pthread_join(thread, NULL));
    for (size_t i = 0; i < SL_LEN(faults); i++)
        EXPECT(!blocks(&inside, faults[i]));
}
