/*
 * sluice check, sluice reference, sluice version, sluice key: verbs that need no running gateway.
 */
#include "app/cli.h"
#include "app/reference.h"
#include "base/enc.h"
#include "base/rand.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "control/api.h"
#include "snapshot/registry.h"
#include "snapshot/resource.h"

#include <stdio.h>

#ifndef SLUICE_VERSION
#error "the build defines SLUICE_VERSION"
#endif

int sl_cmd_version(struct sl_cli *cli)
{
    (void)cli;
    return sl_cli_print(SL_STR("sluice " SLUICE_VERSION "\n"));
}

static void reference_settings(struct sl_strbuf *out)
{
    sl_resource_reference(out, sl_policy_types);
}

static void reference_admin(struct sl_strbuf *out)
{
    struct sl_arena *a = sl_arena_new("reference", SL_MIB(16));
    sl_api_reference(out, a);
    sl_arena_free(a);
}

static const struct {
    const char *name;
    void (*write)(struct sl_strbuf *out);
} pages[] = {
    {"configuration", reference_settings},
    {"vendors", sl_reference_vendors},
    {"support-matrix", sl_reference_support},
    {"admin-api-operations", reference_admin},
};

int sl_cmd_reference(struct sl_cli *cli)
{
    const char *name = cli->argc > 0 ? cli->argv[0] : pages[0].name;
    struct sl_strbuf b;
    sl_strbuf_init(&b, cli->arena, 0);
    for (size_t i = 0; i < SL_LEN(pages); i++) {
        if (strcmp(name, pages[i].name) == 0) {
            pages[i].write(&b);
            return sl_cli_print(sl_strbuf_str(&b));
        }
    }
    fprintf(stderr, "sluice: there is no reference '%s', only:", name);
    for (size_t i = 0; i < SL_LEN(pages); i++)
        fprintf(stderr, " %s", pages[i].name);
    fputc('\n', stderr);
    return 2;
}

enum { KEY_RANDOM_BYTES = 32 };

static void print_key(struct sl_cli *cli, const char *name)
{
    uint8_t random[KEY_RANDOM_BYTES], digest[32];
    struct sl_strbuf key, hash;
    sl_rand_os(random, sizeof(random));
    sl_strbuf_init(&key, cli->arena, 0);
    sl_strbuf_init(&hash, cli->arena, 0);
    sl_strbuf_add(&key, SL_STR("sl-"));
    sl_enc_base64url(&key, (sl_str){(const char *)random, sizeof(random)});
    sl_sha256(sl_strbuf_str(&key), digest);
    sl_enc_hex(&hash, (sl_str){(const char *)digest, sizeof(digest)});
    printf("The key, shown this once: give it to the application.\n\n  %.*s\n\n"
           "For the configuration (only its hash is kept):\n\n"
           "consumers:\n"
           "  - name: %s\n"
           "    keys:\n"
           "      - name: first\n"
           "        key_sha256: %.*s\n",
           SL_STRF(sl_strbuf_str(&key)), name, SL_STRF(sl_strbuf_str(&hash)));
}

static bool is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n != 0 && n <= 64 && name[n] == '\0';
}

int sl_cmd_key(struct sl_cli *cli)
{
    if (cli->argc != 2 || strcmp(cli->argv[0], "create") != 0 || !is_name(cli->argv[1])) {
        fprintf(stderr,
                "usage: sluice key create NAME   (letters, digits, '.', '_', '-', at most 64)\n");
        return 2;
    }
    print_key(cli, cli->argv[1]);
    return 0;
}
