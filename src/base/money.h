/**
 * money: integers only. An amount is int64 nano-USD (1e-9 dollar, up to 9.2 billion dollars); a
 * price is int64 micro-USD per million tokens, so that 2.5 dollars per million tokens is 2500000.
 *
 * One token at price 1 costs one pico-USD (1e-12): products are exact in pico-USD, summed in 128
 * bits over all classes of tokens of a request, and rounded once. Pure; any thread.
 */
#pragma once
#include "base/strbuf.h"

/** "0.25", "-3", up to 9 decimals, no currency sign. False when it is something else. */
bool sl_money_parse(sl_str s, int64_t *ret_nusd) SL_CHECKED;
/** The shortest exact decimal: "0.25", "3", "-0.000000001". */
void sl_money_add(struct sl_strbuf *b, int64_t nusd);

/** What several classes of tokens cost together. Zero-initialise. */
struct sl_money_sum {
    __int128 pico_usd;
    bool is_invalid; /* a negative operand or an overflow happened; sticks */
};

/** Add `tokens` at `price_musd` (micro-USD per million tokens); both >= 0, else the sum is invalid. */
void sl_money_sum_add(struct sl_money_sum *sum, int64_t tokens, int64_t price_musd);
/** Add an amount that is known already (a fee per request); >= 0, else the sum is invalid. */
void sl_money_sum_add_nusd(struct sl_money_sum *sum, int64_t nusd);
/** The sum in nano-USD, a half rounded up. False when it is invalid or does not fit. */
bool sl_money_sum_nusd(const struct sl_money_sum *sum, int64_t *ret_nusd) SL_CHECKED;

/** The cost of one class alone; false as sl_money_sum_nusd. */
bool sl_money_cost(int64_t tokens, int64_t price_musd_per_mtok, int64_t *ret_nusd) SL_CHECKED;
