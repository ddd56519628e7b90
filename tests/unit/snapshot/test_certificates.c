#include "base/enc.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/snapshot/build_text.h"

static struct certs *certs;
static struct sl_strbuf yaml;

static void begin(void)
{
    certs = certs_new();
    sl_strbuf_init(&yaml, NULL, SL_MIB(1));
    sl_strbuf_add(&yaml, SL_STR("certificates:\n"));
}

static void end(void)
{
    sl_strbuf_fini(&yaml);
    certs_free(certs);
}

static void add(const char *name, struct cert_files f)
{
    sl_strbuf_addf(&yaml, "  - name: %s\n    certificate: ", name);
    sl_enc_json(&yaml, certs_text(certs, f.cert_path));
    sl_strbuf_add(&yaml, SL_STR("\n    private_key: "));
    sl_enc_json(&yaml, certs_text(certs, f.key_path));
    sl_strbuf_add(&yaml, SL_STR("\n"));
}

static const char *text(void)
{
    sl_strbuf_add_char(&yaml, '\0');
    return yaml.p;
}

TEST(certificates, are_found_by_the_name_of_the_resource_and_by_server_name)
{
    begin();
    add("a", certs_issue(certs, "DNS:a.example", 30));
    add("b", certs_issue(certs, "DNS:b.example,DNS:*.b.example", 30));
    struct built t = build_text(text());
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_EQ(2, t.s->named_certificate_count);
    struct sl_certificate *b = sl_snapshot_certificate(t.s, SL_STR("b"));
    EXPECT(sl_snapshot_certificate(t.s, SL_STR("c")) == NULL);
    EXPECT(sl_map_get(&t.s->certificates->exact, SL_STR("b.example")) == b);
    EXPECT(sl_map_get(&t.s->certificates->parents, SL_STR(".b.example")) == b);
    built_free(&t);
    end();
}

static void free_next(struct built *t)
{
    sl_snapshot_unref(t->s);
    sl_arena_free(t->a); /* the states are those of the first */
}

TEST(certificates, that_did_not_change_are_the_same_in_the_next_snapshot)
{
    begin();
    add("a", certs_issue(certs, "DNS:a.example", 30));
    struct built t = build_text(text());
    struct built same = build_text_again(&t, yaml.p);
    sl_strbuf_clear(&yaml);
    sl_strbuf_add(&yaml, SL_STR("certificates:\n"));
    add("a", certs_issue(certs, "DNS:a.example", 30));
    struct built other = build_text_again(&t, text());
    struct sl_certificate *a = sl_snapshot_certificate(t.s, SL_STR("a"));
    EXPECT(a == sl_snapshot_certificate(same.s, SL_STR("a")));
    EXPECT(a != sl_snapshot_certificate(other.s, SL_STR("a")));
    free_next(&other);
    free_next(&same);
    built_free(&t);
    end();
}

TEST(certificates, that_cannot_be_served_are_told_with_their_place)
{
    begin();
    struct cert_files a = certs_issue(certs, "DNS:a.example", 30),
                      b = certs_issue(certs, "DNS:b.example", 30);
    add("a", a);
    add("a", b);
    add("mixed", (struct cert_files){a.cert_path, b.key_path});
    struct built t = build_text(text());
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "certificates[1].name", "is defined already"));
    EXPECT(has_problem(&t, 10, 18, "certificates[2].private_key", "is not the key"));
    built_free(&t);
    end();
}

TEST(certificates, are_none_where_none_are_configured)
{
    struct built t = build_text("services: []\n");
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_EQ(0, t.s->named_certificate_count);
    EXPECT(sl_map_get(&t.s->certificates->exact, SL_STR("a.example")) == NULL);
    built_free(&t);
}
