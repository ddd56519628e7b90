/**
 * crc32: the CRC-32 of Ethernet, zlib and AWS event streams (polynomial 0x04C11DB7, reflected). Finds
 * torn and flipped bytes; no protection against anybody who means harm. Pure; any thread.
 */
#pragma once
#include "base/base.h"

/** Of `bytes`; "123456789" gives 0xCBF43926. */
uint32_t sl_crc32(sl_str bytes) SL_CHECKED;
