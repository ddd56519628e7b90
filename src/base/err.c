#include "base/err.h"

static const struct sl_err_info ok = {.status = 200, .label = "ok", .text = "ok"};

static const struct sl_err_info rows[] = {
#define X(name, fault_, status_, retryable_, label_, text_) \
    {.fault = SL_FAULT_##fault_,                            \
     .status = status_,                                     \
     .is_retryable = retryable_,                            \
     .label = label_,                                       \
     .text = text_},
#include "base/err.def"
#undef X
};

const struct sl_err_info *sl_err_info(sl_rc rc)
{
    if (rc == SL_OK)
        return &ok;
    SL_ASSERT(rc < 0 && -rc <= SL_ERR_COUNT);
    return &rows[-rc - 1];
}
