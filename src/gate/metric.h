/**
 * metric: counters and histograms of a worker, all derived from records, written for Prometheus.
 *
 * Names and labels are rows of gate/metric.def. Label values come from closed sets: services, routes,
 * consumers, accounts and models of the configuration, status classes; anything else is "other".
 * At most SL_METRIC_SERIES_MAX series per worker; more are counted under "other".
 * One thread writes (the worker); sl_metrics_write may run on any thread at the same time.
 */
#pragma once
#include "snapshot/telemetry.h"

enum { SL_METRIC_SERIES_MAX = 4096 };

struct sl_metrics;

struct sl_metrics *sl_metrics_new(void) SL_CHECKED;
void sl_metrics_free(struct sl_metrics *m);
/** Count one finished request. */
void sl_metrics_record(struct sl_metrics *m, const struct sl_record *r);

/** Any thread: how many were counted. */
uint64_t sl_metrics_finished(const struct sl_metrics *m);

/** A value that is read when asked: connections, memory, snapshot version. */
struct sl_gauge {
    const char *name, *help;
    const char *labels; /* "worker=\"0\"" or "" */
    double value;
};

/** All workers' series summed, and the gauges, in the Prometheus text format 0.0.4. */
void sl_metrics_write(struct sl_metrics *const *all, size_t n, const struct sl_gauge *gauges,
                      size_t gauge_count, struct sl_strbuf *out);
