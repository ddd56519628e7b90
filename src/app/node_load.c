#include "app/node_load.h"
#include "app/memory.h"
#include "base/clock.h"
#include "base/str.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MICRO = 1000000, MILLI_DIGITS = 3, PERCENT = 100 };

void sl_node_load_tick(struct sl_node_load *l)
{
    const struct sl_busy_sample s = sl_busy_look(l->workers, l->worker_count, sl_clock_mono_us());
    sl_busy_note(&l->busy, &s);
}

/* Those that it may run on: a container has often fewer than the machine. */
static int64_t cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
    return n > 0 ? n : 1;
}

static int64_t memory_max(const struct sl_limits_config *limits)
{
    if (limits->memory_bytes != 0)
        return (int64_t)limits->memory_bytes;
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && bytes > 0 ? (int64_t)pages * bytes : 0;
}

static int64_t sum(const struct sl_node_load *l, size_t (*of)(const struct sl_worker *w))
{
    size_t n = 0;
    for (size_t i = 0; i < l->worker_count; i++)
        n += of(l->workers[i]);
    return (int64_t)n;
}

static void write_load(const struct sl_node_load *l, struct sl_jsonw *w)
{
    struct sl_busy_rates r = sl_busy_rates(&l->busy);
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("over_s"), (r.over_us + MICRO / 2) / MICRO);
    sl_jsonw_key(w, SL_STR("cpu_percent"));
    sl_jsonw_decimal(w, r.cpu_permille * PERCENT / cores(), MILLI_DIGITS);
    sl_jsonw_key_i64(w, SL_STR("cores"), cores());
    sl_jsonw_key(w, SL_STR("requests_per_second"));
    sl_jsonw_decimal(w, r.requests_milli, MILLI_DIGITS);
    sl_jsonw_key_i64(w, SL_STR("requests"), sum(l, sl_worker_exchanges));
    sl_jsonw_key_i64(w, SL_STR("connections"), sum(l, sl_worker_connections));
    sl_jsonw_key_i64(w, SL_STR("connections_max"),
                     l->limits->connections * (int64_t)l->worker_count);
    sl_jsonw_key_i64(w, SL_STR("memory_bytes"), (int64_t)sl_memory_resident());
    sl_jsonw_key_i64(w, SL_STR("memory_max_bytes"), memory_max(l->limits));
    sl_jsonw_end(w);
}

static void write_workers(const struct sl_node_load *l, struct sl_jsonw *w)
{
    sl_jsonw_array(w);
    for (size_t i = 0; i < l->worker_count; i++) {
        const struct sl_worker *worker = l->workers[i];
        sl_jsonw_object(w);
        sl_jsonw_key_i64(
            w, SL_STR("version"),
            (int64_t)atomic_load_explicit(&worker->snapshot_version, memory_order_acquire));
        sl_jsonw_key_i64(w, SL_STR("connections"), (int64_t)sl_worker_connections(worker));
        sl_jsonw_key_i64(w, SL_STR("requests"), (int64_t)sl_worker_exchanges(worker));
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

void sl_node_load_write(const struct sl_node_load *l, struct sl_jsonw *w)
{
    sl_jsonw_key_i64(w, SL_STR("uptime_s"), (sl_clock_wall_us() - l->started_us) / MICRO);
    sl_jsonw_key(w, SL_STR("load"));
    write_load(l, w);
    sl_jsonw_key(w, SL_STR("workers"));
    write_workers(l, w);
}
