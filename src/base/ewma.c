#include "base/ewma.h"

static double decay(sl_usec elapsed_us, sl_usec tau_us)
{
    SL_ASSERT(tau_us > 0);
    double x = elapsed_us > 0 ? (double)elapsed_us / (double)tau_us : 0;
    return 1 / (1 + x + x * x / 2);
}

static void set(struct sl_ewma *e, double value, sl_usec now_us)
{
    *e = (struct sl_ewma){.value = value, .at_us = now_us, .has_sample = true};
}

void sl_ewma_add(struct sl_ewma *e, double sample, sl_usec now_us, sl_usec tau_us)
{
    double old_weight = e->has_sample ? decay(now_us - e->at_us, tau_us) : 0;
    set(e, e->value * old_weight + sample * (1 - old_weight), SL_MAX(now_us, e->at_us));
}

void sl_ewma_add_peak(struct sl_ewma *e, double sample, sl_usec now_us, sl_usec tau_us)
{
    if (sample > e->value)
        set(e, sample, SL_MAX(now_us, e->at_us));
    else
        sl_ewma_add(e, sample, now_us, tau_us);
}
