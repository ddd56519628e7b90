#include "base/id.h"

enum { TIME_DIGITS = 10, RANDOM_DIGITS = 16 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no I, L, O, U */

static void put_digits(char *to, size_t count, unsigned __int128 v)
{
    for (size_t i = count; i-- != 0; v >>= 5)
        to[i] = alphabet[v & 31];
}

struct sl_id sl_id_make(int64_t unix_ms, struct sl_rand *r)
{
    SL_ASSERT(unix_ms >= 0 && unix_ms >> 48 == 0);
    struct sl_id id;
    unsigned __int128 random = (unsigned __int128)sl_rand_u64(r) << 16 | (sl_rand_u64(r) >> 48);
    put_digits(id.text, TIME_DIGITS, (unsigned __int128)unix_ms);
    put_digits(id.text + TIME_DIGITS, RANDOM_DIGITS, random);
    return id;
}

bool sl_id_parse(sl_str s, struct sl_id *ret)
{
    struct sl_id id;
    if (s.n != SL_ID_BYTES || s.p[0] < '0' || s.p[0] > '7') /* 128 bits in 26 * 5 */
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i];
        if (c == '\0' || strchr(alphabet, c) == NULL)
            return false;
        id.text[i] = c;
    }
    *ret = id;
    return true;
}

int64_t sl_id_time_ms(const struct sl_id *id)
{
    int64_t ms = 0;
    for (size_t i = 0; i < TIME_DIGITS; i++)
        ms = ms << 5 | (int64_t)(strchr(alphabet, id->text[i]) - alphabet);
    return ms;
}
