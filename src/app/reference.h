/**
 * reference: the pages of docs/reference that the program writes from its own tables.
 */
#pragma once
#include "base/strbuf.h"

/** docs/reference/vendors.md. */
void sl_reference_vendors(struct sl_strbuf *out);
/** docs/reference/support-matrix.md. */
void sl_reference_support(struct sl_strbuf *out);
