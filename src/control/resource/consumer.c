/*
 * consumer: an application that calls. Keys that stand in it are kept as hashes; credentials are
 * resources of their own, added to it when the configuration is composed.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "control/compose.h"

/* {key: "..."} -> {key_sha256: "..."}; with a user name, the hash of both */
static void hash_key(struct sl_arena *a, struct sl_node *entry)
{
    struct sl_node *key = sl_tree_take(entry, SL_STR("key"));
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    if (key == NULL)
        return;
    sl_strbuf_init(&hex, a, 0);
    sl_str username = sl_tree_text(entry, "username");
    const sl_str parts[] = {username, SL_STR(":"), key->text};
    sl_sha256_parts(username.n != 0 ? parts : &key->text, username.n != 0 ? SL_LEN(parts) : 1,
                    digest);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    sl_tree_put_str(a, entry, "key_sha256", sl_strbuf_str(&hex));
}

static sl_rc consumer_seal(struct sl_change *c)
{
    struct sl_node *keys = c->is_delete ? NULL : sl_tree_take(c->spec, SL_STR("keys"));
    if (keys == NULL)
        return SL_OK;
    for (struct sl_node *n = keys->children; n != NULL; n = n->next)
        hash_key(c->work->a, n);
    sl_tree_put(c->spec, SL_STR("keys"), keys);
    return SL_OK;
}

/* By which budgets and policies tell whose it is: it cannot be chosen. */
static void tag_workspace(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    struct sl_node *tags = sl_tree_take(spec, SL_STR("tags"));
    if (tags == NULL || tags->kind != SL_NODE_MAP)
        tags = sl_tree_map(c->a);
    (void)sl_tree_take(tags, SL_STR("workspace")); /* it may be absent */
    sl_tree_put_str(c->a, tags, "workspace", sl_arena_dup(c->a, row->workspace));
    sl_tree_put(spec, SL_STR("tags"), tags);
}

static sl_rc consumer_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    tag_workspace(c, row, spec);
    sl_compose_add(c, SL_NOUN_CONSUMERS, spec);
    return SL_OK;
}

static const struct sl_reference consumer_references[] = {
    {"owner", "user"}, {"team", "team"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_consumer = {
    .kind = "consumer",
    .noun = &sl_nouns[SL_NOUN_CONSUMERS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = consumer_references,
    .hash = consumer_seal,
    .compose = consumer_compose,
};
