/*
 * credential: what proves a consumer: an API key that the program makes, or the password of a user name. Its
 * text is shown once; the store has its hash. After a rotation the key before works on for as long as was said.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "control/compose.h"

enum { KEY_RANDOM_BYTES = 32, PREFIX_BYTES = 9 };

struct credential_config {
    sl_str name, consumer, username;
    int64_t expires;
    bool disabled;
    struct sl_strs services, models, networks;
};

static const struct sl_field credential_fields[] = {
    SL_FIELD_STR(struct credential_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique; shown in logs behind the consumer's name.",
                 .example = "web-shop-1"),
    SL_FIELD_STR(struct credential_config, consumer, .required = true, .min = "1", .max = "64",
                 .help = "Whom it proves."),
    SL_FIELD_STR(struct credential_config, username, .max = "128",
                 .help = "Makes it a password of this user name, for basic_auth. Without a colon; "
                         "it stays as it is.",
                 .example = "alice"),
    SL_FIELD_TIME(struct credential_config, expires, .help = "From then on it is refused."),
    SL_FIELD_BOOL(struct credential_config, disabled, .help = "Refuse it."),
    SL_FIELD_STRS(struct credential_config, services, .max = "256",
                  .help = "It is good for these services only. Left out: for all.",
                  .example = "[orders]"),
    SL_FIELD_STRS(struct credential_config, models, .max = "256",
                  .help = "And for these models only, as the policy model_allow has them.",
                  .example = "[fast, \"openai/*\"]"),
    SL_FIELD_STRS(struct credential_config, networks, .max = "256",
                  .help = "And from these networks and addresses only.", .example = "[10.0.0.0/8]"),
    SL_FIELD_END,
};

static const struct sl_field credential_state[] = {
    {.kind = SL_FIELD_KIND_STR, .name = "prefix", .help = "The first characters of the key."},
    {.kind = SL_FIELD_KIND_STR, .name = "key_sha256", .help = "Its hash."},
    {.kind = SL_FIELD_KIND_STR, .name = "former_sha256", .help = "The hash of the key before."},
    {.kind = SL_FIELD_KIND_TIME, .name = "former_until", .help = "How long that one works still."},
    SL_FIELD_END,
};

static const struct sl_noun credential_noun = {
    .name = "credentials",
    .summary =
        "API keys of consumers, and passwords for Basic. The key is in the answer to its creation or rotation, once.",
    .fields = credential_fields,
    .size = sizeof(struct credential_config),
    .is_list = true,
};

static void make_key(struct sl_change *c)
{
    struct sl_arena *a = c->work->a;
    uint8_t random[KEY_RANDOM_BYTES], digest[SL_SHA256_BYTES];
    struct sl_strbuf key, hex;
    sl_rand_os(random, sizeof(random));
    sl_strbuf_init(&key, a, 0);
    sl_strbuf_init(&hex, a, 0);
    sl_strbuf_add(&key, SL_STR("sl-"));
    sl_enc_base64url(&key, sl_str_of((const char *)random, sizeof(random)));
    sl_str username = sl_tree_text(c->spec, "username");
    const sl_str parts[] = {username, SL_STR(":"), sl_strbuf_str(&key)};
    size_t first = username.n != 0 ? 0 : 2;
    sl_sha256_parts(parts + first, SL_LEN(parts) - first, digest);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    sl_tree_put_str(a, c->status, "prefix", sl_str_head(sl_strbuf_str(&key), PREFIX_BYTES));
    sl_tree_put_str(a, c->status, "key_sha256", sl_strbuf_str(&hex));
    c->reveal = sl_tree_map(a);
    sl_tree_put_str(a, c->reveal, "secret", sl_strbuf_str(&key));
}

static sl_rc credential_check(struct sl_change *c)
{
    sl_str username = sl_tree_text(c->spec, "username");
    if (c->is_delete)
        return SL_OK;
    if (c->before != NULL && !sl_str_eq(username, sl_tree_text(c->before_spec, "username")))
        return sl_change_fail(c, "username", "cannot be changed; make another credential");
    if (c->before == NULL)
        make_key(c);
    return SL_OK;
}

/* ------------------------------------------------------------------ rotate */

struct rotate_args {
    sl_usec overlap_us;
};

static const struct sl_field rotate_fields[] = {
    SL_FIELD_SPAN(struct rotate_args, overlap_us, "overlap", .dflt = "1d", .min = "0s",
                  .max = "90d", .help = "How long the key before works still."),
    SL_FIELD_END,
};

static sl_rc rotate(struct sl_change *c, const void *args)
{
    const struct rotate_args *r = args;
    struct sl_arena *a = c->work->a;
    sl_str former = sl_tree_text(c->before_status, "key_sha256");
    sl_tree_put_str(a, c->status, "former_sha256", former);
    sl_tree_put(c->status, SL_STR("former_until"),
                sl_tree_time(a, c->work->now_us + r->overlap_us));
    make_key(c);
    return sl_change_save(c);
}

static const struct sl_action credential_actions[] = {
    {.name = "rotate",
     .summary = "Make a new key; the one before works for a while still.",
     .fields = rotate_fields,
     .size = sizeof(struct rotate_args),
     .run = rotate},
    {0},
};

/* ------------------------------------------------------------------ compose */

static void put_limits(struct sl_composer *c, const struct sl_node *spec, struct sl_node *item)
{
    static const char *const members[] = {"services", "models", "networks"};
    for (size_t i = 0; i < SL_LEN(members); i++) {
        const struct sl_node *list = sl_node_get(spec, sl_cstr(members[i]));
        if (list != NULL && list->kind == SL_NODE_LIST)
            sl_tree_put(item, sl_cstr(members[i]), sl_tree_copy(c->a, list));
    }
}

static struct sl_node *key_item(struct sl_composer *c, const struct sl_row *row,
                                const struct sl_node *spec, sl_str name, sl_str hash)
{
    struct sl_node *item = sl_tree_map(c->a), *disabled;
    item->file = spec->file;
    sl_tree_put_str(c->a, item, "name", name);
    sl_tree_put_str(c->a, item, "key_sha256", hash);
    disabled = sl_tree_bool(c->a, sl_tree_is_true(spec, "disabled"));
    sl_tree_put(item, SL_STR("disabled"), disabled);
    if (sl_tree_text(spec, "username").n != 0)
        sl_tree_put_str(c->a, item, "username", sl_tree_text(spec, "username"));
    put_limits(c, spec, item);
    (void)row;
    return item;
}

static void put_expiry(struct sl_composer *c, struct sl_node *item, sl_str time)
{
    if (time.n != 0)
        sl_tree_put_str(c->a, item, "expires", time);
}

static sl_rc credential_compose(struct sl_composer *c, const struct sl_row *row,
                                struct sl_node *spec)
{
    const struct sl_node *status = sl_compose_parse(c, row, row->status);
    struct sl_node *consumer = sl_compose_consumer(c, sl_tree_text(spec, "consumer"));
    if (status == NULL || consumer == NULL)
        return c->rc;
    struct sl_node *keys = sl_tree_take(consumer, SL_STR("keys"));
    if (keys == NULL)
        keys = sl_tree_list(c->a);
    sl_str name = sl_tree_text(spec, "name"), former = sl_tree_text(status, "former_sha256");
    struct sl_node *item = key_item(c, row, spec, name, sl_tree_text(status, "key_sha256"));
    put_expiry(c, item, sl_tree_text(spec, "expires"));
    sl_tree_push(keys, item);
    if (former.n != 0) {
        item = key_item(c, row, spec, sl_fmt(c->a, "%.*s-former", SL_STRF(name)), former);
        put_expiry(c, item, sl_tree_text(status, "former_until"));
        sl_tree_push(keys, item);
    }
    sl_tree_put(consumer, SL_STR("keys"), keys);
    return SL_OK;
}

static const struct sl_reference credential_references[] = {{"consumer", "consumer"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_credential = {
    .kind = "credential",
    .noun = &credential_noun,
    .state = credential_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = credential_references,
    .actions = credential_actions,
    .check = credential_check,
    .compose = credential_compose,
};
