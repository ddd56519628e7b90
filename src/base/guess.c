#include "base/guess.h"

void sl_guess_init(struct sl_guess *g, sl_str typed)
{
    *g = (struct sl_guess){.typed = typed, .edits = SL_MAX(typed.n / 3, (size_t)1) + 1};
}

/* Optimal string alignment, three rows at a time; both texts <= SL_GUESS_BYTES_MAX. */
static size_t edit_distance(sl_str a, sl_str b)
{
    size_t rows[3][SL_GUESS_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t replaced = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            now[j] = SL_MIN(replaced, SL_MIN(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = SL_MIN(now[j], above2[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

void sl_guess_consider(struct sl_guess *g, sl_str name)
{
    if (name.n > SL_GUESS_BYTES_MAX || g->typed.n > SL_GUESS_BYTES_MAX)
        return;
    size_t edits = edit_distance(g->typed, name);
    if (edits < g->edits) {
        g->edits = edits;
        g->best = name;
    }
}
