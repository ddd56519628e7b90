/**
 * err: the table of base/err.def as an enum and a look-up.
 */
#pragma once
#include "base/base.h"

enum sl_fault { SL_FAULT_CLIENT, SL_FAULT_UPSTREAM, SL_FAULT_GATEWAY, SL_FAULT_OPERATOR };

enum sl_err_ordinal {
#define X(name, fault, status, retryable, label, text) SL_ERR_ORDINAL_##name,
#include "base/err.def"
#undef X
    SL_ERR_COUNT
};

enum {
#define X(name, fault, status, retryable, label, text) SL_E_##name = -(SL_ERR_ORDINAL_##name + 1),
#include "base/err.def"
#undef X
};

struct sl_err_info {
    enum sl_fault fault;
    uint16_t status;
    bool is_retryable;
    const char *label;
    const char *text;
};

/** The row of `rc`; a row labelled "ok" for SL_OK. Panics for a number that is no row. */
const struct sl_err_info *sl_err_info(sl_rc rc);
