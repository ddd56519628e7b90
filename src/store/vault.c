#include "store/vault.h"
#include "base/enc.h"
#include "base/rand.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    FINGERPRINT_BYTES = 8,
    HANDLE_BYTES = 7 + 2 * FINGERPRINT_BYTES, /* "sealed:" and hexadecimal digits */
    FILE_BYTES_MAX = 4096,
};

static const sl_str prefix = SL_STR_INIT("sealed:");

struct key {
    char id[SL_VAULT_ID_MAX + 1];
    uint8_t bytes[SL_VAULT_KEY_BYTES];
};

struct sl_vault {
    struct key keys[SL_VAULT_KEYS_MAX];
    size_t count;
};

/* ------------------------------------------------------------------ keys */

static bool is_id(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = sl_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return s.n != 0 && s.n <= SL_VAULT_ID_MAX;
}

static const struct key *find_key(const struct sl_vault *v, sl_str id)
{
    for (size_t i = 0; i < v->count; i++) {
        if (sl_str_eq(sl_cstr(v->keys[i].id), id))
            return &v->keys[i];
    }
    return NULL;
}

static bool read_key(sl_str line, struct key *k)
{
    size_t space = sl_str_find(line, ' ', 0);
    struct sl_strbuf bytes = {0};
    if (space == SIZE_MAX || !is_id(sl_str_head(line, space)))
        return false;
    bool is_good =
        sl_dec_base64(&bytes, sl_str_trim(sl_str_from(line, space))) && bytes.n == sizeof(k->bytes);
    if (is_good) {
        memcpy(k->id, line.p, space);
        memcpy(k->bytes, bytes.p, bytes.n);
    }
    if (bytes.p != NULL)
        sodium_memzero(bytes.p, bytes.cap);
    sl_strbuf_fini(&bytes);
    return is_good;
}

static sl_rc add_key(struct sl_vault *v, sl_str line, struct sl_diag *d)
{
    struct key *k = &v->keys[v->count];
    if (v->count == SL_VAULT_KEYS_MAX)
        return sl_diag_fail(d, SL_E_CONFIG, "master key", "has more than %d keys",
                            SL_VAULT_KEYS_MAX);
    if (!read_key(line, k))
        return sl_diag_fail(d, SL_E_CONFIG, "master key",
                            "line %zu must be an id (letters, digits, '-', '_'), a space and the "
                            "base64 of 32 bytes",
                            v->count + 1);
    if (find_key(v, sl_cstr(k->id)) != NULL)
        return sl_diag_fail(d, SL_E_CONFIG, "master key", "has the id '%s' twice", k->id);
    v->count++;
    return SL_OK;
}

sl_rc sl_vault_new(sl_str keys, struct sl_vault **ret, struct sl_diag *d)
{
    struct sl_vault *v = sl_new(struct sl_vault);
    sl_rc rc = sodium_init() >= 0 ? SL_OK : SL_E_INTERNAL;
    for (sl_str line; rc == SL_OK && sl_str_split(&keys, '\n', &line);) {
        line = sl_str_trim_all(line);
        if (line.n != 0 && line.p[0] != '#')
            rc = add_key(v, line, d);
    }
    if (rc == SL_OK && v->count == 0)
        rc = sl_diag_fail(d, SL_E_CONFIG, "master key", "has no key");
    if (rc != SL_OK) {
        sl_vault_free(v);
        return rc;
    }
    *ret = v;
    return SL_OK;
}

void sl_vault_free(struct sl_vault *v)
{
    if (v == NULL)
        return;
    sodium_memzero(v, sizeof(*v));
    sl_free(v);
}

/* ------------------------------------------------------------------ the file */

static sl_rc fail_file(const char *path, struct sl_diag *d)
{
    return sl_diag_fail_at(d, SL_E_IO, sl_cstr(path), 0, 0, SL_STR("master key"), "%s",
                           strerror(errno));
}

/* Whole or not at all: a half-written key would be worse than none. */
static sl_rc write_file(const char *path, sl_str text, struct sl_diag *d)
{
    struct sl_strbuf temporary = {0};
    sl_strbuf_addf(&temporary, "%s.%d%c", path, (int)getpid(), '\0');
    int fd = open(temporary.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_whole = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* fsync has told */
    /* link() and not rename(): another process may have made one meanwhile, and theirs stays. */
    bool is_there = is_whole && (link(temporary.p, path) == 0 || errno == EEXIST);
    sl_rc rc = is_there ? SL_OK : fail_file(path, d);
    if (fd >= 0)
        (void)unlink(temporary.p); /* what stays is a copy that nobody looks at */
    sl_strbuf_fini(&temporary);
    return rc;
}

static sl_rc make_file(const char *path, struct sl_diag *d)
{
    uint8_t bytes[SL_VAULT_KEY_BYTES];
    struct sl_strbuf text = {0};
    sl_rand_os(bytes, sizeof(bytes));
    sl_strbuf_add(
        &text, SL_STR("# The master key that seals secrets in the store. Keep a copy elsewhere.\n"
                      "k1 "));
    sl_enc_base64(&text, sl_str_of((const char *)bytes, sizeof(bytes)));
    sl_strbuf_add_char(&text, '\n');
    sl_rc rc = write_file(path, sl_strbuf_str(&text), d);
    sodium_memzero(bytes, sizeof(bytes));
    sodium_memzero(text.p, text.cap);
    sl_strbuf_fini(&text);
    return rc;
}

static sl_rc read_file(int fd, const char *path, struct sl_vault **ret, struct sl_diag *d)
{
    char text[FILE_BYTES_MAX];
    ssize_t n = read(fd, text, sizeof(text));
    (void)close(fd); /* only read from */
    if (n < 0)
        return fail_file(path, d);
    if (n == sizeof(text))
        return sl_diag_fail_at(d, SL_E_CONFIG, sl_cstr(path), 0, 0, SL_STR("master key"),
                               "is too long to be a key file");
    sl_rc rc = sl_vault_new(sl_str_of(text, (size_t)n), ret, d);
    sodium_memzero(text, sizeof(text));
    return rc;
}

sl_rc sl_vault_open(const char *path, struct sl_vault **ret, struct sl_diag *d)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        sl_rc rc = make_file(path, d);
        if (rc != SL_OK)
            return rc;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return fd < 0 ? fail_file(path, d) : read_file(fd, path, ret, d);
}

/* ------------------------------------------------------------------ sealing */

static void add_fingerprint(const struct key *k, sl_str secret, struct sl_strbuf *out)
{
    uint8_t digest[crypto_generichash_BYTES];
    (void)crypto_generichash(digest, sizeof(digest), (const uint8_t *)secret.p, secret.n, k->bytes,
                             sizeof(k->bytes)); /* fails for impossible lengths only */
    sl_enc_hex(out, sl_str_of((const char *)digest, FINGERPRINT_BYTES));
}

void sl_vault_seal(const struct sl_vault *v, sl_str secret, sl_str context, struct sl_strbuf *out)
{
    const struct key *k = &v->keys[0];
    struct sl_strbuf box = {0};
    unsigned long long n = 0;
    char *p = sl_strbuf_room(&box, NONCE_BYTES + secret.n + TAG_BYTES);
    SL_ASSERT(p != NULL); /* a buffer without limit */
    sl_rand_os(p, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        (uint8_t *)p + NONCE_BYTES, &n, (const uint8_t *)secret.p, secret.n,
        (const uint8_t *)context.p, context.n, NULL, (const uint8_t *)p,
        k->bytes); /* cannot fail */
    box.n = NONCE_BYTES + (size_t)n;
    sl_strbuf_add(out, prefix);
    add_fingerprint(k, secret, out);
    sl_strbuf_addf(out, ":%s:", k->id);
    sl_enc_base64url(out, sl_strbuf_str(&box));
    sl_strbuf_fini(&box);
}

struct parts {
    sl_str handle, id, box;
};

static bool split(sl_str text, struct parts *ret)
{
    ret->handle = sl_sealed_handle(text);
    if (ret->handle.p == NULL || text.n <= HANDLE_BYTES)
        return false;
    sl_str rest = sl_str_from(text, HANDLE_BYTES + 1);
    size_t colon = sl_str_find(rest, ':', 0);
    if (colon == SIZE_MAX)
        return false;
    ret->id = sl_str_head(rest, colon);
    ret->box = sl_str_from(rest, colon + 1);
    return true;
}

static sl_rc open_box(const struct key *k, sl_str box, sl_str context, struct sl_strbuf *out)
{
    unsigned long long n = 0;
    if (box.n < NONCE_BYTES + TAG_BYTES)
        return SL_E_SYNTAX;
    char *room = sl_strbuf_room(out, box.n);
    if (room == NULL)
        return SL_E_LIMIT;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            (uint8_t *)room, &n, NULL, (const uint8_t *)box.p + NONCE_BYTES, box.n - NONCE_BYTES,
            (const uint8_t *)context.p, context.n, (const uint8_t *)box.p, k->bytes) != 0)
        return SL_E_DENIED;
    out->n += (size_t)n;
    return SL_OK;
}

sl_rc sl_vault_unseal(const struct sl_vault *v, sl_str sealed, sl_str context,
                      struct sl_strbuf *out)
{
    struct parts parts;
    struct sl_strbuf box = {0};
    if (!split(sealed, &parts))
        return SL_E_SYNTAX;
    const struct key *k = find_key(v, parts.id);
    if (k == NULL)
        return SL_E_NOTFOUND;
    sl_rc rc = sl_dec_base64url(&box, parts.box) ? open_box(k, sl_strbuf_str(&box), context, out)
                                                 : SL_E_SYNTAX;
    sl_strbuf_fini(&box);
    return rc;
}

bool sl_vault_is_current(const struct sl_vault *v, sl_str sealed)
{
    struct parts parts;
    return split(sealed, &parts) && sl_str_eq(parts.id, sl_cstr(v->keys[0].id));
}

bool sl_sealed_is(sl_str text)
{
    return sl_sealed_handle(text).p != NULL;
}

sl_str sl_sealed_handle(sl_str text)
{
    if (!sl_str_starts(text, prefix) || text.n < HANDLE_BYTES ||
        (text.n > HANDLE_BYTES && text.p[HANDLE_BYTES] != ':'))
        return (sl_str){NULL, 0};
    for (size_t i = prefix.n; i < HANDLE_BYTES; i++) {
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
            return (sl_str){NULL, 0};
    }
    return sl_str_head(text, HANDLE_BYTES);
}

/* ------------------------------------------------------------------ passwords */

static const struct {
    unsigned long long operations;
    size_t memory;
} password_costs[] = {
    [SL_PASSWORD_COST_USUAL] = {crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                crypto_pwhash_MEMLIMIT_INTERACTIVE},
    [SL_PASSWORD_COST_LEAST] = {crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN},
};

sl_rc sl_password_hash(sl_str password, enum sl_password_cost cost, struct sl_strbuf *out)
{
    char hash[crypto_pwhash_STRBYTES];
    if (sodium_init() < 0 ||
        crypto_pwhash_str(hash, password.p != NULL ? password.p : "", password.n,
                          password_costs[cost].operations, password_costs[cost].memory) != 0)
        return SL_E_NOMEM;
    sl_strbuf_add(out, sl_cstr(hash));
    return SL_OK;
}

bool sl_password_verify(sl_str password, sl_str hash)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    if (hash.n >= sizeof(text) || sodium_init() < 0)
        return false;
    memcpy(text, hash.p, hash.n);
    return crypto_pwhash_str_verify(text, password.p != NULL ? password.p : "", password.n) == 0;
}
