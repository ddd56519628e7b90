#include "base/money.h"
#include "base/num.h"

enum { DECIMALS = 9, NANO = 1000000000, PICO_PER_NANO = 1000 };

bool sl_money_parse(sl_str s, int64_t *ret_nusd)
{
    return sl_num_decimal(s, DECIMALS, ret_nusd);
}

void sl_money_add(struct sl_strbuf *b, int64_t nusd)
{
    uint64_t magnitude = nusd < 0 ? 0 - (uint64_t)nusd : (uint64_t)nusd;
    uint64_t fraction = magnitude % NANO;
    char digits[DECIMALS];
    size_t n = 0;

    for (size_t left = DECIMALS; left > 0; left--, fraction /= 10) {
        digits[left - 1] = (char)('0' + fraction % 10);
        if (n == 0 && digits[left - 1] != '0')
            n = left;
    }
    if (nusd < 0)
        sl_strbuf_add_char(b, '-');
    sl_strbuf_add_u64(b, magnitude / NANO);
    if (n != 0)
        sl_strbuf_add_char(b, '.');
    sl_strbuf_add(b, (sl_str){digits, n});
}

static void add_pico(struct sl_money_sum *sum, __int128 pico_usd)
{
    if (pico_usd < 0 || __builtin_add_overflow(sum->pico_usd, pico_usd, &sum->pico_usd))
        sum->is_invalid = true;
}

void sl_money_sum_add(struct sl_money_sum *sum, int64_t tokens, int64_t price_musd)
{
    if (tokens < 0 || price_musd < 0)
        sum->is_invalid = true;
    else
        add_pico(sum, (__int128)tokens * price_musd);
}

void sl_money_sum_add_nusd(struct sl_money_sum *sum, int64_t nusd)
{
    add_pico(sum, (__int128)nusd * PICO_PER_NANO);
}

bool sl_money_sum_nusd(const struct sl_money_sum *sum, int64_t *ret_nusd)
{
    __int128 whole = sum->pico_usd / PICO_PER_NANO;
    bool rounds_up = sum->pico_usd % PICO_PER_NANO >= PICO_PER_NANO / 2;
    if (sum->is_invalid || whole > INT64_MAX - rounds_up)
        return false;
    *ret_nusd = (int64_t)whole + rounds_up;
    return true;
}

bool sl_money_cost(int64_t tokens, int64_t price_musd_per_mtok, int64_t *ret_nusd)
{
    struct sl_money_sum sum = {0};
    sl_money_sum_add(&sum, tokens, price_musd_per_mtok);
    return sl_money_sum_nusd(&sum, ret_nusd);
}
