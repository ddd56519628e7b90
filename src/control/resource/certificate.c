/*
 * certificate: a certificate with its key, which listeners present by server name. What it says of itself is
 * read when it is written, and kept in its status; of one in a file, the node that is asked knows it.
 */
#include "base/clock.h"
#include "base/fmt.h"
#include "base/str.h"
#include "control/change.h"
#include "control/tree.h"
#include "net/tls_certificate.h"
#include "snapshot/snapshot.h"

enum { MICRO = 1000000, EXPIRES_SOON_S = 30 * 86400 };

static const char *const validities[] = {"valid", "expires_soon", "expired", NULL};

static const struct sl_field certificate_state[] = {
    {.kind = SL_FIELD_KIND_ENUM,
     .name = "validity",
     .values = validities,
     .help = "Whether clients accept it by date: `expires_soon` is within 30 days."},
    {.kind = SL_FIELD_KIND_TIME, .name = "not_before", .help = "Since when it is valid."},
    {.kind = SL_FIELD_KIND_TIME, .name = "not_after", .help = "Until when."},
    {.kind = SL_FIELD_KIND_STR, .name = "subject", .help = "Whose it is."},
    {.kind = SL_FIELD_KIND_STR, .name = "issuer", .help = "Who issued it."},
    {.kind = SL_FIELD_KIND_STR, .name = "serial", .help = "Its number there, hexadecimal."},
    {.kind = SL_FIELD_KIND_STR, .name = "fingerprint", .help = "SHA-256 of it, hexadecimal."},
    {.kind = SL_FIELD_KIND_STR, .name = "key_type", .help = "Kind and size of its key."},
    {.kind = SL_FIELD_KIND_STRS,
     .name = "alt_names",
     .help = "Host names and addresses in it (subjectAltName)."},
    {.kind = SL_FIELD_KIND_STRS, .name = "served_names", .help = "Those it is presented for."},
    {.kind = SL_FIELD_KIND_INT,
     .name = "chain",
     .help = "How many certificates are sent: its own and its issuers'."},
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ what it says of itself */

static void put_strs(struct sl_arena *a, struct sl_node *status, const char *name,
                     const struct sl_strs *strs)
{
    struct sl_tree_tail tail = sl_tree_tail(a);
    for (size_t i = 0; i < strs->n; i++)
        sl_tree_add(&tail, sl_tree_str(a, sl_arena_dup(a, strs->v[i])));
    sl_tree_put(status, sl_cstr(name), tail.list);
}

/* Copied, for a certificate may go before the status. */
static void put_text(struct sl_arena *a, struct sl_node *status, const char *name, sl_str text)
{
    sl_tree_put_str(a, status, name, sl_arena_dup(a, text));
}

static void put_facts(struct sl_arena *a, const struct sl_certificate *c, struct sl_node *status)
{
    const struct sl_certificate_facts *f = sl_certificate_facts(c);
    sl_tree_put(status, SL_STR("not_before"), sl_tree_time(a, f->not_before_s * MICRO));
    sl_tree_put(status, SL_STR("not_after"), sl_tree_time(a, f->not_after_s * MICRO));
    put_text(a, status, "subject", f->subject);
    put_text(a, status, "issuer", f->issuer);
    put_text(a, status, "serial", f->serial);
    put_text(a, status, "fingerprint", f->fingerprint);
    put_text(a, status, "key_type", f->key_type);
    put_strs(a, status, "alt_names", &f->alt_names);
    put_strs(a, status, "served_names", sl_certificate_names(c));
    sl_tree_put(status, SL_STR("chain"), sl_tree_i64(a, (int64_t)f->chain_count));
}

static void put_served_facts(struct sl_work *w, sl_str key, struct sl_node *status)
{
    struct sl_snapshot *s = sl_control_snapshot(w->control);
    const struct sl_certificate *c = s != NULL ? sl_snapshot_certificate(s, key) : NULL;
    if (c != NULL)
        put_facts(w->a, c, status);
    sl_snapshot_unref(s);
}

static const char *validity_of(int64_t not_after_us, int64_t now_us)
{
    if (not_after_us <= now_us)
        return "expired";
    return not_after_us - now_us < (int64_t)EXPIRES_SOON_S * MICRO ? "expires_soon" : "valid";
}

static void certificate_live(struct sl_work *w, sl_str key, struct sl_node *status)
{
    int64_t not_after_us;
    if (sl_node_get(status, SL_STR("not_after")) == NULL)
        put_served_facts(w, key, status);
    if (sl_parse_rfc3339(sl_tree_text(status, "not_after"), &not_after_us))
        sl_tree_put_str(w->a, status, "validity",
                        sl_cstr(validity_of(not_after_us, sl_clock_wall_us())));
}

/* ------------------------------------------------------------------ checks */

/* Its problems are the resource's; what is written must serve traffic at once. */
static sl_rc certificate_check(struct sl_change *c)
{
    const struct sl_certificate_config *config = c->config;
    struct sl_work *w = c->work;
    struct sl_certificate *made;
    if (c->is_delete)
        return SL_OK;
    const struct sl_certificate_source from = {.chain_pem = config->certificate,
                                               .key_pem = config->private_key,
                                               .names = config->server_names};
    sl_rc rc = sl_certificate_new(&from, &made, w->d);
    if (rc != SL_OK)
        return rc;
    if (sl_certificate_facts(made)->not_before_s > w->now_us / MICRO)
        rc = sl_change_fail(c, "certificate", "is not valid yet: clients would refuse it");
    else
        put_facts(w->a, made, c->status);
    sl_certificate_unref(made);
    return rc;
}

const struct sl_resource_type sl_resource_certificate = {
    .kind = "certificate",
    .noun = &sl_nouns[SL_NOUN_CERTIFICATES],
    .state = certificate_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .is_global = true,
    .large = "certificate",
    .check = certificate_check,
    .live = certificate_live,
};
