/*
 * credential: what proves a consumer: an API key that the program makes, or the password of a user name. Its
 * text is shown once; the store has its hash. After a rotation the key before works on for as long as was said.
 * Those that sign have an id, and a public key or a secret, which is sealed: given, or made and shown once.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "control/compose.h"
#include "store/vault.h"

enum { KEY_RANDOM_BYTES = 32, PREFIX_BYTES = 9 };

struct credential_config {
    sl_str name, consumer, username, signing_secret, former_secret;
    int type; /* as in struct sl_consumer_key_config, like those that follow */
    sl_str key_id;
    int algorithm;
    sl_str public_key, key_set, issuer, audience;
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
    SL_CREDENTIAL_ROWS(struct credential_config),
    SL_FIELD_SECRET(
        struct credential_config, signing_secret, .max = "512",
        .help =
            "Of an `hmac`, or a `jwt` without a public key or key set: what is signed with. Left "
            "out: one is made, and shown this once. Stored sealed."),
    SL_FIELD_SECRET(struct credential_config, former_secret, .max = "512",
                    .help = "The one before, which `rotate` puts here; it counts until "
                            "`former_until` of the status. Sealed."),
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
    {.kind = SL_FIELD_KIND_STR, .name = "former_public_key", .help = "Of a `jwt`: the key before."},
    {.kind = SL_FIELD_KIND_TIME, .name = "former_until", .help = "How long that one works still."},
    SL_FIELD_END,
};

static const struct sl_noun credential_noun = {
    .name = "credentials",
    .summary =
        "API keys of consumers, passwords for Basic, keys and secrets that check signed tokens. What the program "
        "makes is in the answer to its creation or rotation, once.",
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

static struct sl_consumer_key_config key_config(const struct credential_config *c)
{
    return (struct sl_consumer_key_config){
        .username = c->username,
        .key = c->signing_secret,
        .type = c->type,
        .key_id = c->key_id,
        .algorithm = c->algorithm,
        .public_key = c->public_key,
        .key_set = c->key_set,
        .issuer = c->issuer,
        .audience = c->audience,
    };
}

/* Secrets are random text: 43 characters for 32 bytes. */
static sl_str new_secret(struct sl_change *c)
{
    uint8_t random[KEY_RANDOM_BYTES];
    struct sl_strbuf text;
    sl_rand_os(random, sizeof(random));
    sl_strbuf_init(&text, c->work->a, 0);
    sl_enc_base64url(&text, sl_str_of((const char *)random, sizeof(random)));
    return sl_strbuf_str(&text);
}

/* Those that were made before there were several have none. */
static sl_str type_of(const struct sl_node *spec)
{
    sl_str type = sl_tree_text(spec, "type");
    return type.n != 0 ? type : sl_cstr(sl_credential_kinds[SL_CREDENTIAL_API_KEY]);
}

static bool is_signing(const struct sl_node *spec)
{
    sl_str type = type_of(spec);
    for (int i = 0; i < SL_CREDENTIAL_KIND_COUNT; i++)
        if (sl_str_eq(type, sl_cstr(sl_credential_kinds[i])))
            return sl_credential_is_found_by_id((enum sl_credential_kind)i);
    return false;
}

/* Before secrets are sealed: one that is made here is sealed like one that was sent. */
static sl_rc credential_hash(struct sl_change *c)
{
    struct sl_arena *a = c->work->a;
    sl_str given = sl_tree_text(c->spec, "signing_secret");
    if (given.n != 0 && given.n < SL_JWK_SECRET_BYTES_MIN && sl_sealed_handle(given).p == NULL)
        return sl_change_fail(c, "signing_secret", "must have at least 32 bytes (RFC 7518, 3.2)");
    bool had_former = c->before != NULL && sl_tree_text(c->before_spec, "former_secret").n != 0;
    if (sl_tree_text(c->spec, "former_secret").n != 0 && !had_former)
        return sl_change_fail(c, "former_secret", "comes from a rotation; leave it out");
    if (c->before != NULL || !is_signing(c->spec) ||
        sl_tree_text(c->spec, "signing_secret").n != 0 ||
        sl_tree_text(c->spec, "public_key").n != 0 || sl_tree_text(c->spec, "key_set").n != 0)
        return SL_OK;
    sl_str secret = new_secret(c);
    sl_tree_put_str(a, c->spec, "signing_secret", secret);
    c->reveal = sl_tree_map(a);
    sl_tree_put_str(a, c->reveal, "secret", secret);
    return SL_OK;
}

/* Everything but a secret, which may be a handle here: a text that is long enough stands for it. */
static sl_rc check_signing(struct sl_change *c)
{
    struct sl_consumer_key_config key = key_config(c->config);
    struct sl_credential_proof proof;
    const char *member = NULL;
    if (sl_tree_text(c->spec, "signing_secret").n != 0)
        key.key = SL_STR("as good as 32 bytes, which it has");
    const char *why = sl_credential_proof_read(&key, c->work->a, &proof, &member);
    if (why == NULL)
        return SL_OK;
    return sl_change_fail(c, strcmp(member, "key") == 0 ? "signing_secret" : member, "%s", why);
}

static sl_rc check_hashed(struct sl_change *c)
{
    const struct credential_config *config = c->config;
    if (config->type == SL_CREDENTIAL_BASIC && config->username.n == 0)
        return sl_change_fail(c, "username", "is needed for HTTP Basic");
    if (sl_str_find(config->username, ':', 0) != SIZE_MAX)
        return sl_change_fail(c, "username", "must not have a colon, for it ends the name");
    if (config->signing_secret.n != 0)
        return sl_change_fail(c, "signing_secret", "is made for keys and passwords; leave it out");
    if (c->before == NULL)
        make_key(c);
    return SL_OK;
}

static sl_rc credential_check(struct sl_change *c)
{
    sl_str username = sl_tree_text(c->spec, "username");
    if (c->is_delete)
        return SL_OK;
    if (c->before != NULL && !sl_str_eq(username, sl_tree_text(c->before_spec, "username")))
        return sl_change_fail(c, "username", "cannot be changed; make another credential");
    if (c->before != NULL && !sl_str_eq(type_of(c->spec), type_of(c->before_spec)))
        return sl_change_fail(c, "type", "cannot be changed; make another credential");
    return is_signing(c->spec) ? check_signing(c) : check_hashed(c);
}

/* ------------------------------------------------------------------ rotate */

struct rotate_args {
    sl_usec overlap_us;
    sl_str public_key;
};

static const struct sl_field rotate_fields[] = {
    SL_FIELD_SPAN(struct rotate_args, overlap_us, "overlap", .dflt = "1d", .min = "0s",
                  .max = "90d", .help = "How long the key before works still."),
    SL_FIELD_STR(struct rotate_args, public_key, .max = "16384",
                 .help = "Of a `jwt` with a public key: the new one."),
    SL_FIELD_END,
};

static sl_rc rotate_hashed(struct sl_change *c)
{
    sl_str former = sl_tree_text(c->before_status, "key_sha256");
    sl_tree_put_str(c->work->a, c->status, "former_sha256", former);
    make_key(c);
    return SL_OK;
}

/* The sealed text of the one before moves; only the new one is shown. */
static sl_rc rotate_secret(struct sl_change *c)
{
    struct sl_arena *a = c->work->a;
    struct sl_strbuf sealed;
    sl_str secret = new_secret(c);
    sl_strbuf_init(&sealed, a, 0);
    sl_vault_seal(c->work->control->vault, secret, c->row.id, &sealed);
    sl_tree_put_str(a, c->spec, "former_secret", sl_tree_text(c->spec, "signing_secret"));
    sl_tree_put_str(a, c->spec, "signing_secret", sl_strbuf_str(&sealed));
    c->reveal = sl_tree_map(a);
    sl_tree_put_str(a, c->reveal, "secret", secret);
    return SL_OK;
}

static sl_rc rotate_public_key(struct sl_change *c, sl_str key)
{
    struct sl_arena *a = c->work->a;
    struct credential_config spec = {0};
    struct sl_credential_proof proof;
    const char *member = NULL;
    if (key.n == 0)
        return sl_change_fail(c, "public_key", "is needed: the new one");
    sl_rc rc = sl_field_read(credential_fields, &spec, c->spec, SL_STR(""), a, c->work->d);
    if (rc != SL_OK)
        return rc;
    struct sl_consumer_key_config config = key_config(&spec);
    config.public_key = key;
    const char *why = sl_credential_proof_read(&config, a, &proof, &member);
    if (why != NULL)
        return sl_change_fail(c, member, "%s", why);
    sl_tree_put_str(a, c->status, "former_public_key", sl_tree_text(c->spec, "public_key"));
    sl_tree_put_str(a, c->spec, "public_key", key);
    return SL_OK;
}

static sl_rc rotate_signing(struct sl_change *c, const struct rotate_args *r)
{
    if (sl_tree_text(c->spec, "key_set").n != 0)
        return sl_change_conflict(c, "the keys of a key set are changed by who publishes them");
    return sl_tree_text(c->spec, "public_key").n != 0 ? rotate_public_key(c, r->public_key)
                                                      : rotate_secret(c);
}

static sl_rc rotate(struct sl_change *c, const void *args)
{
    const struct rotate_args *r = args;
    sl_rc rc = is_signing(c->spec) ? rotate_signing(c, r) : rotate_hashed(c);
    if (rc != SL_OK)
        return rc;
    sl_tree_put(c->status, SL_STR("former_until"),
                sl_tree_time(c->work->a, c->work->now_us + r->overlap_us));
    return sl_change_save(c);
}

static const struct sl_action credential_actions[] = {
    {.name = "rotate",
     .summary =
         "Make a new key or secret, or take a new public key; the one before works for a while still.",
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

static void put_texts(struct sl_composer *c, const struct sl_node *spec, struct sl_node *item)
{
    static const char *const members[] = {"username",   "type",    "key_id", "algorithm",
                                          "public_key", "key_set", "issuer", "audience"};
    for (size_t i = 0; i < SL_LEN(members); i++)
        if (sl_tree_text(spec, members[i]).n != 0)
            sl_tree_put_str(c->a, item, members[i], sl_tree_text(spec, members[i]));
    if (sl_tree_text(spec, "signing_secret").n != 0)
        sl_tree_put_str(c->a, item, "key", sl_tree_text(spec, "signing_secret"));
}

static struct sl_node *key_item(struct sl_composer *c, const struct sl_node *spec, sl_str name)
{
    struct sl_node *item = sl_tree_map(c->a), *disabled;
    item->file = spec->file;
    sl_tree_put_str(c->a, item, "name", name);
    disabled = sl_tree_bool(c->a, sl_tree_is_true(spec, "disabled"));
    sl_tree_put(item, SL_STR("disabled"), disabled);
    put_texts(c, spec, item);
    put_limits(c, spec, item);
    return item;
}

static void put_expiry(struct sl_composer *c, struct sl_node *item, sl_str time)
{
    if (time.n != 0)
        sl_tree_put_str(c->a, item, "expires", time);
}

static void put_former(struct sl_composer *c, const struct sl_node *spec,
                       const struct sl_node *status, struct sl_node *item)
{
    sl_str secret = sl_tree_text(spec, "former_secret"),
           key = sl_tree_text(status, "former_public_key"),
           until = sl_tree_text(status, "former_until");
    if (until.n == 0)
        return;
    sl_tree_put_str(c->a, item, "former_until", until);
    if (secret.n != 0)
        sl_tree_put_str(c->a, item, "former_key", secret);
    else if (key.n != 0)
        sl_tree_put_str(c->a, item, "former_public_key", key);
}

static sl_rc credential_compose(struct sl_composer *c, const struct sl_row *row,
                                struct sl_node *spec)
{
    const struct sl_node *status = sl_compose_parse(c, row, row->status);
    struct sl_node *keys = sl_tree_list(c->a);
    if (status == NULL)
        return c->rc;
    sl_str name = sl_tree_text(spec, "name"), former = sl_tree_text(status, "former_sha256");
    struct sl_node *item = key_item(c, spec, name);
    if (is_signing(spec))
        put_former(c, spec, status, item);
    else
        sl_tree_put_str(c->a, item, "key_sha256", sl_tree_text(status, "key_sha256"));
    put_expiry(c, item, sl_tree_text(spec, "expires"));
    sl_tree_push(keys, item);
    if (former.n != 0) {
        item = key_item(c, spec, sl_fmt(c->a, "%.*s-former", SL_STRF(name)));
        sl_tree_put_str(c->a, item, "key_sha256", former);
        put_expiry(c, item, sl_tree_text(status, "former_until"));
        sl_tree_push(keys, item);
    }
    sl_compose_add_keys(c, sl_tree_text(spec, "consumer"), keys);
    return SL_OK;
}

static const struct sl_reference credential_references[] = {
    {"consumer", "consumer"}, {"key_set", "key-set"}, {NULL, NULL}};

static const char *const indexed_members[] = {"type", "disabled", NULL};

const struct sl_resource_type sl_resource_credential = {
    .kind = "credential",
    .indexed = indexed_members,
    .noun = &credential_noun,
    .state = credential_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = credential_references,
    .actions = credential_actions,
    .hash = credential_hash,
    .check = credential_check,
    .compose = credential_compose,
};
