/*
 * What the node that is asked knows of an account's keys: the very marks that requests choose by.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/follow.h"
#include "snapshot/snapshot.h"
#include "store/nodes.h"

const char sl_api_keys_schema[] =
    "{\"type\":\"object\",\"required\":[\"account\",\"is_served\",\"other_nodes\",\"keys\"],\"properties\":{"
    "\"account\":{\"type\":\"string\"},"
    "\"is_served\":{\"type\":\"boolean\"},"
    "\"node\":{\"type\":\"string\",\"description\":\"The one that was asked.\"},"
    "\"other_nodes\":{\"type\":\"integer\",\"description\":\"How many others there are: each has learned for "
    "itself.\"},"
    "\"keys\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"index\",\"key\",\"order\",\"weight\",\"state\",\"requests\",\"failures\"],"
    "\"properties\":{"
    "\"index\":{\"type\":\"integer\",\"description\":\"Its place in the account's `keys`, from 0.\"},"
    "\"key\":{\"type\":\"string\",\"description\":\"Its label, or its last four characters.\"},"
    "\"order\":{\"type\":\"integer\"},\"weight\":{\"type\":\"integer\"},"
    "\"state\":{\"enum\":[\"ready\",\"cooling\",\"refused\",\"no_credit\",\"no_token\",\"expired\","
    "\"disabled\"]},"
    "\"until\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"expires\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"requests\":{\"type\":\"integer\"},\"failures\":{\"type\":\"integer\"},"
    "\"last_failure\":{\"type\":\"object\",\"required\":[\"at\",\"code\",\"text\"],\"properties\":{"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},\"code\":{\"type\":\"string\"},"
    "\"status\":{\"type\":\"integer\"},\"text\":{\"type\":\"string\"}}}}}}}}";

struct look {
    struct sl_arena *a;
    sl_usec now_us; /* monotonic */
    int64_t wall_us;
};

/* ------------------------------------------------------------------ one key */

static void put_i64(const struct look *l, struct sl_node *n, const char *name, int64_t v)
{
    sl_tree_put(n, sl_cstr(name), sl_tree_i64(l->a, v));
}

static void put_time(const struct look *l, struct sl_node *n, const char *name, int64_t at_us)
{
    if (at_us != 0)
        sl_tree_put(n, sl_cstr(name), sl_tree_time(l->a, at_us));
}

static void put_failure(const struct look *l, struct sl_node *n, const struct sl_key_state *state)
{
    struct sl_key_failure f = sl_key_failure_of(state);
    struct sl_node *failure = sl_tree_map(l->a);
    if (f.at_s == 0)
        return;
    put_time(l, failure, "at", f.at_s * 1000000);
    sl_tree_put_str(l->a, failure, "code", sl_cstr(sl_err_info(f.rc)->label));
    if (f.status != 0)
        put_i64(l, failure, "status", f.status);
    sl_tree_put_str(l->a, failure, "text", sl_cstr(sl_err_info(f.rc)->text));
    sl_tree_put(n, SL_STR("last_failure"), failure);
}

/* The configuration's texts are gone when the snapshot is. */
static struct sl_node *describe(const struct look *l, const struct sl_account_key *k)
{
    struct sl_node *n = sl_tree_map(l->a);
    int64_t until_us;
    enum sl_key_standing standing =
        sl_account_key_standing(k, l->now_us, l->wall_us / 1000000, &until_us);
    int64_t errors = (int64_t)atomic_load_explicit(&k->state->errors, memory_order_relaxed);
    int64_t good = (int64_t)atomic_load_explicit(&k->state->requests, memory_order_relaxed);
    put_i64(l, n, "index", k->index);
    sl_tree_put_str(l->a, n, "key", sl_arena_dup(l->a, k->label));
    put_i64(l, n, "order", k->order);
    put_i64(l, n, "weight", k->weight);
    sl_tree_put_str(l->a, n, "state", sl_cstr(sl_key_standings[standing]));
    put_time(l, n, "until", until_us != 0 ? l->wall_us + (until_us - l->now_us) : 0);
    put_time(l, n, "expires", k->expires_at * 1000000);
    put_i64(l, n, "requests", good + errors);
    put_i64(l, n, "failures", errors);
    put_failure(l, n, k->state);
    return n;
}

/* ------------------------------------------------------------------ the account */

static const struct sl_account *find(const struct sl_snapshot *s, sl_str name)
{
    for (size_t i = 0; i < s->account_count; i++) {
        if (sl_str_eq(s->accounts[i]->name, name))
            return s->accounts[i];
    }
    return NULL;
}

static void put_keys(struct sl_call *c, struct sl_node *body, sl_str name)
{
    struct look l = {.a = c->a, .now_us = sl_clock_mono_us(), .wall_us = sl_clock_wall_us()};
    struct sl_tree_tail keys = sl_tree_tail(c->a);
    struct sl_snapshot *s = sl_control_snapshot(c->control);
    const struct sl_account *account = s != NULL ? find(s, name) : NULL;
    for (size_t i = 0; account != NULL && i < account->key_count; i++)
        sl_tree_add(&keys, describe(&l, &account->keys[i]));
    sl_tree_put(body, SL_STR("is_served"), sl_tree_bool(c->a, account != NULL));
    sl_tree_put(body, SL_STR("keys"), keys.list);
    sl_snapshot_unref(s);
}

struct others {
    const char *own;
    int64_t since_us, n;
};

static void count_other(const struct sl_node_state *s, void *arg)
{
    struct others *o = arg;
    bool is_own = o->own != NULL && sl_str_eq(s->id, sl_cstr(o->own));
    o->n += !is_own && s->seen_us >= o->since_us;
}

sl_rc sl_call_put_nodes(struct sl_call *c, struct sl_work *w, struct sl_node *body)
{
    struct others o = {.own = c->control->config.node_id,
                       .since_us = sl_clock_wall_us() - SL_FOLLOW_SILENT_MS * INT64_C(1000)};
    sl_rc rc = sl_node_states_each(w->tx, count_other, &o);
    if (o.own != NULL)
        sl_tree_put_str(c->a, body, "node", sl_cstr(o.own));
    sl_tree_put(body, SL_STR("other_nodes"), sl_tree_i64(c->a, o.n));
    return rc;
}

void sl_api_keys(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *body = sl_tree_map(c->a);
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_call_find(c, &w, "account", c->key, &row);
    if (rc == SL_OK) {
        sl_tree_put_str(c->a, body, "account", row.name);
        rc = sl_call_put_nodes(c, &w, body);
    }
    sl_tx_rollback(w.tx);
    if (rc == SL_OK) {
        put_keys(c, body, row.name);
        sl_call_tree(c, 200, body);
    } else {
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such account" : NULL);
    }
}
