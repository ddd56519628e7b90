#include "store/vault.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <sys/stat.h>

#define KEY_A "a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define KEY_B "b AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

static struct sl_vault *vault_of(struct scratch *s, const char *keys)
{
    struct sl_vault *v = NULL;
    EXPECT_EQ(SL_OK, sl_vault_new(sl_cstr(keys), &v, &s->diag));
    return v;
}

static sl_rc unseal(const struct sl_vault *v, sl_str sealed, const char *context,
                    struct sl_strbuf *out)
{
    sl_strbuf_clear(out);
    return sl_vault_unseal(v, sealed, sl_cstr(context), out);
}

TEST(vault, opens_what_it_sealed_and_only_in_its_context)
{
    struct scratch s;
    struct sl_strbuf sealed = {0}, out = {0};
    scratch_init(&s);
    struct sl_vault *v = vault_of(&s, KEY_A);
    sl_vault_seal(v, SL_STR("sk-secret"), SL_STR("account-1"), &sealed);
    EXPECT_EQ(SL_OK, unseal(v, sl_strbuf_str(&sealed), "account-1", &out));
    EXPECT_STR("sk-secret", sl_strbuf_str(&out));
    EXPECT_EQ(SL_E_DENIED, unseal(v, sl_strbuf_str(&sealed), "account-2", &out));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(sl_strbuf_str(&sealed), SL_STR("sk-secret")));
    sl_vault_free(v);
    sl_strbuf_fini(&sealed);
    sl_strbuf_fini(&out);
    scratch_fini(&s);
}

TEST(vault, seals_differently_each_time_but_names_the_same_secret_alike)
{
    struct scratch s;
    struct sl_strbuf one = {0}, two = {0};
    scratch_init(&s);
    struct sl_vault *v = vault_of(&s, KEY_A);
    sl_vault_seal(v, SL_STR("x"), SL_STR("c"), &one);
    sl_vault_seal(v, SL_STR("x"), SL_STR("c"), &two);
    EXPECT(!sl_str_eq(sl_strbuf_str(&one), sl_strbuf_str(&two)));
    EXPECT_STRS(sl_sealed_handle(sl_strbuf_str(&one)), sl_sealed_handle(sl_strbuf_str(&two)));
    EXPECT_EQ(23, sl_sealed_handle(sl_strbuf_str(&one)).n);
    sl_vault_free(v);
    sl_strbuf_fini(&one);
    sl_strbuf_fini(&two);
    scratch_fini(&s);
}

TEST(vault, changed_at_any_byte_a_sealed_text_opens_no_more)
{
    struct scratch s;
    struct sl_strbuf sealed = {0}, out = {0};
    scratch_init(&s);
    struct sl_vault *v = vault_of(&s, KEY_A);
    sl_vault_seal(v, SL_STR("sk-secret"), SL_STR("c"), &sealed);
    size_t box = sl_str_rfind(sl_strbuf_str(&sealed), ':') + 1;
    for (size_t i = box; i < sealed.n; i++) {
        char was = sealed.p[i];
        sealed.p[i] = was == 'A' ? 'B' : 'A';
        EXPECT(unseal(v, sl_strbuf_str(&sealed), "c", &out) != SL_OK);
        sealed.p[i] = was;
        EXPECT(unseal(v, sl_str_head(sl_strbuf_str(&sealed), i), "c", &out) != SL_OK);
    }
    EXPECT_EQ(0, out.n);
    sl_vault_free(v);
    sl_strbuf_fini(&sealed);
    sl_strbuf_fini(&out);
    scratch_fini(&s);
}

TEST(vault, after_a_change_of_keys_opens_the_old_ones_and_seals_with_the_new)
{
    struct scratch s;
    struct sl_strbuf sealed = {0}, again = {0}, out = {0};
    scratch_init(&s);
    struct sl_vault *before = vault_of(&s, KEY_A), *both = vault_of(&s, KEY_B KEY_A),
                    *after = vault_of(&s, KEY_B);
    sl_vault_seal(before, SL_STR("x"), SL_STR("c"), &sealed);
    sl_vault_seal(both, SL_STR("x"), SL_STR("c"), &again);
    EXPECT_EQ(SL_OK, unseal(both, sl_strbuf_str(&sealed), "c", &out));
    EXPECT(!sl_vault_is_current(both, sl_strbuf_str(&sealed)));
    EXPECT(sl_vault_is_current(both, sl_strbuf_str(&again)));
    EXPECT_EQ(SL_E_NOTFOUND, unseal(after, sl_strbuf_str(&sealed), "c", &out));
    sl_vault_free(before);
    sl_vault_free(both);
    sl_vault_free(after);
    sl_strbuf_fini(&sealed);
    sl_strbuf_fini(&again);
    sl_strbuf_fini(&out);
    scratch_fini(&s);
}

TEST(vault, refuses_key_files_that_are_none_without_repeating_them)
{
    static const char *const bad[] = {
        "",
        "# nothing\n",
        "a\n",
        "a AAAA\n",
        "a b c\n",
        KEY_A KEY_A,
        "key/1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
    };
    struct scratch s;
    struct sl_vault *v = NULL;
    scratch_init(&s);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        EXPECT_EQ(SL_E_CONFIG, sl_vault_new(sl_cstr(bad[i]), &v, &s.diag));
        EXPECT_EQ(i + 1, s.diag.count);
        EXPECT_EQ(SIZE_MAX, sl_str_find_str(s.diag.problems[i].message, SL_STR("AAAA")));
    }
    scratch_fini(&s);
}

TEST(vault, makes_its_file_once_and_for_the_owner_only)
{
    struct scratch s;
    struct sl_vault *v = NULL, *again = NULL;
    struct sl_strbuf sealed = {0}, out = {0};
    struct stat st;
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_vault_open(scratch_path(&s, "master.key"), &v, &s.diag));
    EXPECT_EQ(SL_OK, sl_vault_open(scratch_path(&s, "master.key"), &again, &s.diag));
    EXPECT_EQ(0, stat(scratch_path(&s, "master.key"), &st));
    EXPECT_EQ(0600, st.st_mode & 0777);
    sl_vault_seal(v, SL_STR("x"), SL_STR("c"), &sealed);
    EXPECT_EQ(SL_OK, unseal(again, sl_strbuf_str(&sealed), "c", &out));
    EXPECT_EQ(SL_E_IO, sl_vault_open(scratch_path(&s, "no/master.key"), &v, &s.diag));
    sl_vault_free(v);
    sl_vault_free(again);
    sl_strbuf_fini(&sealed);
    sl_strbuf_fini(&out);
    scratch_fini(&s);
}

TEST(vault, handles_have_one_form)
{
    static const char *const none[] = {"",
                                       "sealed:",
                                       "sealed:0123456789abcde",
                                       "sealed:0123456789abcdeg",
                                       "sealed:0123456789abcdef0",
                                       "SEALED:0123456789abcdef",
                                       "sealed:0123456789ABCDEF"};
    for (size_t i = 0; i < SL_LEN(none); i++)
        EXPECT(!sl_sealed_is(sl_cstr(none[i])));
    EXPECT_STR("sealed:0123456789abcdef", sl_sealed_handle(SL_STR("sealed:0123456789abcdef:k:x")));
    EXPECT(sl_sealed_is(SL_STR("sealed:0123456789abcdef")));
}

TEST(password, verifies_itself_and_nothing_else)
{
    struct sl_strbuf hash = {0};
    EXPECT_EQ(SL_OK, sl_password_hash(SL_STR("correct horse"), SL_PASSWORD_COST_USUAL, &hash));
    EXPECT(sl_str_starts(sl_strbuf_str(&hash), SL_STR("$argon2id$")));
    EXPECT(sl_password_verify(SL_STR("correct horse"), sl_strbuf_str(&hash)));
    EXPECT(!sl_password_verify(SL_STR("correct hors"), sl_strbuf_str(&hash)));
    EXPECT(!sl_password_verify(SL_STR(""), sl_strbuf_str(&hash)));
    EXPECT(!sl_password_verify(SL_STR("correct horse"), SL_STR("")));
    sl_strbuf_fini(&hash);
}
