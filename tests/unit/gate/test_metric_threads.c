#include "gate/metric.h"
#include "base/str.h"
#include "tests/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct writing {
    struct sl_metrics *metrics;
    _Atomic bool is_done; /* released by the writer, acquired by the reader */
};

static void *write_records(void *arg)
{
    struct writing *w = arg;
    for (int i = 0; i < 20000; i++) {
        char name[16];
        int n = snprintf(name, sizeof(name), "s%d", i % 300);
        struct sl_record r = {.service = {name, (size_t)n}, .took_us = i, .status = 200};
        sl_metrics_record(w->metrics, &r);
    }
    atomic_store_explicit(&w->is_done, true, memory_order_release);
    return NULL;
}

TEST(metrics, are_read_while_they_are_written)
{
    struct writing w = {.metrics = sl_metrics_new()};
    pthread_t thread;
    struct sl_strbuf b = {0};
    EXPECT_EQ(0, pthread_create(&thread, NULL, write_records, &w));
    do {
        sl_strbuf_clear(&b);
        sl_metrics_write(&w.metrics, 1, NULL, 0, &b);
        EXPECT(!b.is_full);
    } while (!atomic_load_explicit(&w.is_done, memory_order_acquire));
    EXPECT_EQ(0, pthread_join(thread, NULL));
    sl_strbuf_clear(&b);
    sl_metrics_write(&w.metrics, 1, NULL, 0, &b);
    EXPECT(sl_str_find_str(sl_strbuf_str(&b),
                           SL_STR("duration_seconds_count{service=\"s299\"} 66\n")) != SIZE_MAX);
    sl_strbuf_fini(&b);
    sl_metrics_free(w.metrics);
}
