#include "control/lastgood.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const sl_str context = SL_STR_INIT("last-good");

static bool write_all(int fd, sl_str text)
{
    while (text.n != 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = sl_str_from(text, (size_t)n);
    }
    return true;
}

static sl_rc replace_file(const char *path, const char *temporary, sl_str text)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return SL_E_IO;
    bool is_whole = write_all(fd, text) && fdatasync(fd) == 0;
    is_whole = close(fd) == 0 && is_whole;
    return is_whole && rename(temporary, path) == 0 ? SL_OK : SL_E_IO;
}

sl_rc sl_last_good_save(struct sl_control *c, const struct sl_composed *composed)
{
    struct sl_arena *a = sl_arena_new("last good", SL_MIB(1024));
    struct sl_strbuf clear = {0}, sealed = {0};
    struct sl_jsonw w;
    sl_jsonw_init(&w, &clear);
    sl_tree_write(composed->document, &w);
    sl_vault_seal(c->vault, sl_strbuf_str(&clear), context, &sealed);
    explicit_bzero(clear.p, clear.n);
    sl_rc rc = replace_file(sl_fmt(a, "%s/last-good", c->config.dir).p,
                            sl_fmt(a, "%s/last-good.new", c->config.dir).p, sl_strbuf_str(&sealed));
    sl_strbuf_fini(&clear);
    sl_strbuf_fini(&sealed);
    sl_arena_free(a);
    return rc;
}

/* ------------------------------------------------------------------ loading */

static sl_rc read_file(const char *path, struct sl_strbuf *text)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? SL_E_NOTFOUND : SL_E_IO;
    char *room = fstat(fd, &st) == 0 ? sl_strbuf_room(text, (size_t)st.st_size + 1) : NULL;
    ssize_t n = room != NULL ? read(fd, room, (size_t)st.st_size) : -1;
    (void)close(fd); /* only read from */
    if (n < 0 || n != st.st_size)
        return SL_E_IO;
    text->n = (size_t)n;
    return SL_OK;
}

static sl_rc parse(struct sl_composed *ret, sl_str clear, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("last good resources", SL_MIB(2048));
    sl_rc rc = sl_json_to_node(sl_arena_dup(a, clear), SL_STR("last-good"), a, d, &ret->document);
    if (rc == SL_OK)
        ret->arena = a;
    else
        sl_arena_free(a);
    return rc;
}

sl_rc sl_last_good_load(const struct sl_control_config *config, struct sl_composed *ret,
                        struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("last good", SL_KIB(64));
    struct sl_vault *vault = NULL;
    struct sl_strbuf sealed = {0}, clear = {0};
    const char *key = config->master_key_path != NULL ? config->master_key_path
                                                      : sl_fmt(a, "%s/master.key", config->dir).p;
    sl_rc rc = read_file(sl_fmt(a, "%s/last-good", config->dir).p, &sealed);
    if (rc == SL_OK)
        rc = sl_vault_open(key, &vault, d);
    if (rc == SL_OK)
        rc = sl_vault_unseal(vault, sl_strbuf_str(&sealed), context, &clear);
    if (rc == SL_OK)
        rc = parse(ret, sl_strbuf_str(&clear), d);
    sl_vault_free(vault);
    sl_strbuf_fini(&sealed);
    if (clear.p != NULL)
        explicit_bzero(clear.p, clear.n);
    sl_strbuf_fini(&clear);
    sl_arena_free(a);
    return rc;
}
