#include "base/enc.h"
#include "codec/crypto.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_hmac_auth;
extern const struct sl_policy_type sl_policy_key_auth;

static const sl_str secret = SL_STR_INIT("0123456789abcdef0123456789abcdef");
static struct fake_exchange f;
static struct sl_credential_proof proof;
static struct sl_chunk_pool *pool;

/* The fake's clock stands at 1767225600: Thu, 01 Jan 2026 00:00:00 GMT. */
#define NOW "Thu, 01 Jan 2026 00:00:00 GMT"
#define BODY "{\"hello\": \"world\"}"
#define DIGEST "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="

static void setup(void)
{
    fake_exchange_init(&f);
    struct sl_credential *c = fake_credential(&f, "shop", "alice");
    proof = (struct sl_credential_proof){
        .key = {.kind = SL_KEY_SECRET, .alg = SL_JWS_HS256, .secret = secret}};
    c->kind = SL_CREDENTIAL_HMAC;
    c->proof = &proof;
    sl_credential_id_hash(SL_CREDENTIAL_HMAC, SL_STR("shop"), c->key_hash);
    fake_credential(&f, "sl-key", "bob");
}

static void sign_as(const char *parameters, const char *base, sl_str key)
{
    struct sl_strbuf b;
    uint8_t mac[SL_SHA256_BYTES];
    sl_hmac_sha256(key, sl_cstr(base), mac);
    sl_strbuf_init(&b, f.arena, 0);
    sl_strbuf_addf(&b, "Signature %s,signature=\"", parameters);
    sl_enc_base64(&b, sl_digest_str(mac, sizeof(mac)));
    sl_strbuf_add(&b, SL_STR("\"\0"));
    fake_header(&f, "authorization", sl_arena_dup(f.arena, sl_strbuf_str(&b)).p);
}

/* A request of `target` at `date`, signed with both. */
static void ask(const char *target, const char *date)
{
    fake_exchange_again(&f);
    fake_target(&f, "GET", target);
    fake_header(&f, "date", date);
    sign_as("keyId=\"shop\",algorithm=\"hmac-sha256\",headers=\"(request-target) date\"",
            sl_fmt(f.arena, "(request-target): get %s\ndate: %s", target, date).p, secret);
}

static const void *configure(const char *yaml)
{
    return fake_configure(&f, &sl_policy_hmac_auth, yaml);
}

/* What is signed is the request as it was received. */
static void receive(void)
{
    f.in.req = f.x.req;
    sl_headers_init(&f.in.req.headers, f.arena);
    for (uint32_t i = 0; i < f.x.req.headers.n; i++)
        EXPECT(sl_headers_add(&f.in.req.headers, f.x.req.headers.v[i].name,
                              f.x.req.headers.v[i].value));
}

static enum sl_verdict call(const char *yaml)
{
    receive();
    return fake_request(&f, &sl_policy_hmac_auth, configure(yaml));
}

static void expect_refused(const char *yaml)
{
    EXPECT_EQ(SL_FAIL, call(yaml));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    EXPECT(sl_str_starts(fake_answer(&f, "www-authenticate"), SL_STR("Signature realm=")));
    EXPECT(f.x.consumer == NULL);
}

TEST(hmac_auth, a_signed_request_is_known_and_its_signature_never_goes_upstream_i1)
{
    setup();
    ask("/orders?a=1&b=%20", NOW);
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT_STR("alice", f.x.consumer->name);
    EXPECT_STR("", fake_upstream(&f, "authorization"));
    EXPECT_STR(NOW, fake_upstream(&f, "date"));
    fake_exchange_fini(&f);
}

TEST(hmac_auth, the_secret_before_counts_until_its_time_is_over)
{
    setup();
    proof.former = proof.key;
    proof.key.secret = SL_STR("another secret of more than 32 bytes");
    ask("/orders", NOW);
    expect_refused("");
    proof.former_until = 1767225601;
    ask("/orders", NOW);
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT_STR("alice", f.x.consumer->name);
    proof.former_until = 1767225600;
    ask("/orders", NOW);
    expect_refused("");
    fake_exchange_fini(&f);
}

TEST(hmac_auth, another_target_method_or_secret_is_refused)
{
    setup();
    ask("/orders?a=1", NOW);
    fake_target(&f, "GET", "/orders?a=2");
    expect_refused("");
    ask("/orders", NOW);
    fake_target(&f, "DELETE", "/orders");
    expect_refused("");
    fake_exchange_again(&f);
    fake_target(&f, "GET", "/");
    fake_header(&f, "date", NOW);
    sign_as("keyId=\"shop\",headers=\"(request-target) date\"",
            "(request-target): get /\ndate: " NOW, SL_STR("another secret of more than 32 bytes"));
    expect_refused("");
    fake_exchange_fini(&f);
}

TEST(hmac_auth, a_request_of_another_time_is_refused)
{
    static const struct {
        const char *date;
        bool is_good;
    } rows[] = {
        {"Thu, 01 Jan 2026 00:05:00 GMT", true},  {"Thu, 01 Jan 2026 00:05:01 GMT", false},
        {"Wed, 31 Dec 2025 23:55:00 GMT", true},  {"Wed, 31 Dec 2025 23:54:59 GMT", false},
        {"2026-01-01T00:00:00Z", false},          {"", false},
        {"Fri, 31 Dec 9999 23:59:59 GMT", false},
    };
    setup();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        ask("/", rows[i].date);
        EXPECT_EQ(rows[i].is_good ? SL_PASS : SL_FAIL, call(""));
    }
    ask("/", "Thu, 01 Jan 2026 00:00:31 GMT");
    expect_refused("clock_skew: 30s\n");
    fake_exchange_fini(&f);
}

TEST(hmac_auth, a_time_that_is_not_signed_is_none)
{
    setup();
    fake_header(&f, "date", NOW);
    sign_as("keyId=\"shop\",headers=\"(request-target)\"", "(request-target): get /", secret);
    expect_refused("");
    fake_exchange_again(&f); /* the one that counts is x-date, though date would do */
    fake_header(&f, "date", NOW);
    fake_header(&f, "x-date", "Thu, 01 Jan 2026 01:00:00 GMT");
    sign_as("keyId=\"shop\",headers=\"(request-target) date x-date\"",
            "(request-target): get /\ndate: " NOW "\nx-date: Thu, 01 Jan 2026 01:00:00 GMT",
            secret);
    expect_refused("");
    fake_exchange_fini(&f);
}

TEST(hmac_auth, times_may_stand_in_the_signature)
{
    static const struct {
        const char *created, *expires;
        bool is_good;
    } rows[] = {
        {"1767225600", "1767225601", true},
        {"1767225600", "1767225600", false},
        {"1767225299", "1767225601", false},
        {"x", "1767225601", false},
        {"99999999999999999999", "1767225601", false},
    };
    setup();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        fake_exchange_again(&f);
        sign_as(sl_fmt(f.arena,
                       "keyId=\"shop\",created=%s,expires=%s,headers=\"(request-target) (created) "
                       "(expires)\"",
                       rows[i].created, rows[i].expires)
                    .p,
                sl_fmt(f.arena, "(request-target): get /\n(created): %s\n(expires): %s",
                       rows[i].created, rows[i].expires)
                    .p,
                secret);
        EXPECT_EQ(rows[i].is_good ? SL_PASS : SL_FAIL, call(""));
    }
    fake_exchange_fini(&f);
}

TEST(hmac_auth, a_signature_covers_what_the_policy_wants)
{
    setup();
    fake_header(&f, "date", NOW);
    sign_as("keyId=\"shop\"", "date: " NOW, secret);
    expect_refused("");
    fake_exchange_again(&f);
    fake_header(&f, "date", NOW);
    sign_as("keyId=\"shop\"", "date: " NOW, secret);
    EXPECT_EQ(SL_PASS, call("signed: []\n"));
    ask("/", NOW);
    expect_refused("signed: [(request-target), host]\n");
    fake_exchange_again(&f);
    fake_header(&f, "date", NOW);
    sign_as("keyId=\"shop\",headers=\"date request-line\"", "date: " NOW "\nGET / HTTP/1.1",
            secret);
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT(fake_refusal(&f, &sl_policy_hmac_auth, "signed: ['a b']\n").n != 0);
    fake_exchange_fini(&f);
}

static void drop_body(void)
{
    sl_chain_fini(&f.x.body);
    sl_chunk_pool_free(pool);
}

static void ask_with_body(const char *digest, const char *body)
{
    sl_chain_fini(&f.x.body);
    fake_exchange_again(&f);
    fake_target(&f, "POST", "/");
    fake_header(&f, "date", NOW);
    fake_header(&f, "digest", digest);
    sign_as("keyId=\"shop\",headers=\"(request-target) date digest\"",
            sl_fmt(f.arena, "(request-target): post /\ndate: " NOW "\ndigest: %s", digest).p,
            secret);
    f.x.req.body_kind = SL_BODY_LENGTH;
    sl_chain_init(&f.x.body, pool);
    sl_chain_add_static(&f.x.body, sl_cstr(body));
}

TEST(hmac_auth, a_digest_that_is_signed_is_that_of_the_body)
{
    setup();
    pool = sl_chunk_pool_new();
    ask_with_body(DIGEST, BODY);
    EXPECT_EQ(SL_PASS, call("requires_digest: true\n"));
    ask_with_body(DIGEST, "{\"hello\": \"moon\"}");
    expect_refused("");
    ask_with_body(DIGEST, "");
    expect_refused("");
    ask_with_body("MD5=AAAA", BODY);
    expect_refused("");
    drop_body();
    fake_exchange_fini(&f);
}

static bool wants_body(const char *yaml)
{
    receive();
    return sl_policy_hmac_auth.wants_body(&f.x, configure(yaml));
}

TEST(hmac_auth, a_body_is_taken_in_only_when_its_digest_is_signed_and_the_signature_good)
{
    setup();
    pool = sl_chunk_pool_new();
    ask_with_body(DIGEST, BODY);
    EXPECT(wants_body(""));
    f.x.req.body_kind = SL_BODY_NONE;
    EXPECT(!wants_body(""));
    ask_with_body(DIGEST, BODY);
    EXPECT(!wants_body("signed: [host]\n"));
    sl_chain_fini(&f.x.body);
    ask("/", NOW);
    f.x.req.body_kind = SL_BODY_LENGTH;
    EXPECT(!wants_body(""));
    EXPECT_EQ(SL_PASS, call("requires_digest: true\n")); /* some send the length of nothing */
    ask("/", NOW);
    f.x.req.body_kind = SL_BODY_LENGTH;
    f.x.req.body_bytes = 1;
    expect_refused("requires_digest: true\n");
    drop_body();
    fake_exchange_fini(&f);
}

TEST(hmac_auth, what_is_wrong_is_401_with_a_challenge)
{
    static const char *const values[] = {
        "",
        "Bearer sl-key",
        "Signature ",
        "Signature keyId=\"shop\"",
        "Signature keyId=\"shop\",signature=\"AAAA\"",
        "Signature keyId=\"nobody\",headers=\"(request-target) date\",signature=\"AAAA\"",
        "Signature keyId=\"sl-key\",headers=\"(request-target) date\",signature=\"AAAA\"",
        "Signature keyId=\"shop\",headers=\"(request-target) date\",signature=\"AAAA\"",
        "Signature keyId=\"shop\",headers=\"(request-target) date x\",signature=\"AAAA\"",
    };
    setup();
    for (size_t i = 0; i < SL_LEN(values); i++) {
        fake_exchange_again(&f);
        fake_header(&f, "date", NOW);
        if (values[i][0] != '\0')
            fake_header(&f, "authorization", values[i]);
        expect_refused("");
    }
    EXPECT_STR("Signature realm=\"sluice\",headers=\"(request-target) date\"",
               fake_answer(&f, "www-authenticate"));
    fake_exchange_fini(&f);
}

TEST(hmac_auth, the_algorithm_is_the_credentials)
{
    setup();
    proof.key.alg = SL_JWS_HS512;
    ask("/", NOW); /* hmac-sha256 */
    expect_refused("");
    fake_exchange_fini(&f);
}

TEST(hmac_auth, e11_a_credential_that_may_not_be_used_any_more_is_403)
{
    setup();
    f.credentials[0].is_disabled = true;
    ask("/", NOW);
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    fake_exchange_fini(&f);
}

TEST(hmac_auth, optional_leaves_other_credentials_to_the_policy_behind_it)
{
    setup();
    fake_header(&f, "authorization", "Bearer sl-key");
    EXPECT_EQ(SL_PASS, call("optional: true\n"));
    EXPECT_EQ(SL_PASS,
              fake_request(&f, &sl_policy_key_auth, fake_configure(&f, &sl_policy_key_auth, "")));
    EXPECT_STR("bob", f.x.consumer->name);
    fake_exchange_again(&f);
    fake_header(&f, "authorization", "Signature keyId=\"shop\",signature=\"AAAA\"");
    expect_refused("optional: true\n");
    fake_exchange_fini(&f);
}

static void post(const char *date)
{
    fake_exchange_again(&f);
    fake_target(&f, "POST", "/pay");
    f.x.req.method_id = SL_METHOD_POST;
    fake_header(&f, "date", date);
    sign_as("keyId=\"shop\",headers=\"(request-target) date\"",
            sl_fmt(f.arena, "(request-target): post /pay\ndate: %s", date).p, secret);
}

/* Several requests meet the policy as it was compiled once. */
static enum sl_verdict meet(const void *config)
{
    receive();
    return fake_request(&f, &sl_policy_hmac_auth, config);
}

TEST(hmac_auth, a_signature_that_was_sent_before_is_refused_where_it_may_change_something)
{
    setup();
    const void *config = configure("");
    post(NOW);
    EXPECT_EQ(SL_PASS, meet(config));
    post(NOW);
    EXPECT_EQ(SL_FAIL, meet(config));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    EXPECT_STR("the signature was sent before", sl_cstr(f.x.reason));
    post("Thu, 01 Jan 2026 00:00:01 GMT"); /* signed anew */
    EXPECT_EQ(SL_PASS, meet(config));
    for (int i = 0; i < 2; i++) {
        ask("/", NOW);
        EXPECT_EQ(SL_PASS, meet(config));
    }
    fake_exchange_fini(&f);
}

TEST(hmac_auth, replays_of_all_requests_are_refused_or_of_none)
{
    setup();
    const void *all = configure("refuse_replays: all\n"),
               *none = configure("refuse_replays: none\n");
    ask("/", NOW);
    EXPECT_EQ(SL_PASS, meet(all));
    ask("/", NOW);
    EXPECT_EQ(SL_FAIL, meet(all));
    for (int i = 0; i < 2; i++) {
        post(NOW);
        EXPECT_EQ(SL_PASS, meet(none));
    }
    fake_exchange_fini(&f);
}

TEST(hmac_auth, what_was_refused_for_another_reason_is_not_remembered)
{
    setup();
    const void *strict = configure("requires_digest: true\n"), *config = configure("");
    post(NOW);
    f.x.req.body_kind = SL_BODY_LENGTH;
    f.x.req.body_bytes = 5;
    EXPECT_EQ(SL_FAIL, meet(strict));
    post(NOW);
    EXPECT_EQ(SL_PASS, meet(config));
    fake_exchange_fini(&f);
}

/* Dated as late as they may be, lest they are forgotten before that which somebody else could send again. */
TEST(hmac_auth, a_signature_that_cannot_be_remembered_is_refused_and_none_is_forgotten)
{
    setup();
    const void *config = configure("remember: 1024\nclock_skew: 1h\n");
    unsigned full = 0;
    post(NOW);
    EXPECT_EQ(SL_PASS, meet(config));
    for (int i = 0; i < 3000; i++) {
        post(sl_fmt(f.arena, "Thu, 01 Jan 2026 00:%02d:%02d GMT", i / 60, i % 60).p);
        if (i != 0 && meet(config) == SL_FAIL) {
            EXPECT_EQ(SL_E_OVERLOADED, f.x.failed);
            full++;
        }
    }
    EXPECT(full > 900);
    post(NOW);
    EXPECT_EQ(SL_FAIL, meet(config));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    ask("/", NOW); /* changes nothing: is not to be remembered */
    EXPECT_EQ(SL_PASS, meet(config));
    fake_exchange_fini(&f);
}
