/*
 * Which of two releases of a service takes a request: the one that is live, or a newer one that is tried with a
 * part of the traffic. A client stays with its release: the choice is made by its address.
 */
#include "base/hash.h"
#include "gate/gate_int.h"

static bool is_of_share(const struct sl_exchange *x, const struct sl_canary *c)
{
    enum { HUNDRED = 100 };
    uint8_t address[16];
    sl_addr_bytes(&x->client, address);
    uint64_t hash = sl_hash_seeded(address, sizeof(address), c->seed);
    return hash % HUNDRED < c->percent;
}

void sl_canary_choose(struct sl_exchange *x)
{
    const struct sl_canary *c = x->route->service->canary;
    struct sl_match_result found;
    if (c == NULL || !(sl_canary_is_asked_for(c, &x->in->req.headers) || is_of_share(x, c)))
        return;
    sl_match_find(c->match, &x->in->req, x->host, x->path, &found);
    if (found.target == NULL)
        return; /* the newer one does not serve that: the live one goes on to */
    x->match = found;
    x->route = found.target;
    sl_answer_header(x, SL_STR("x-sluice-release"), SL_STR("canary"));
}
