#include "control/sealedfile.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

sl_rc sl_sealed_file_save(const struct sl_vault *vault, const char *dir, const char *name,
                          sl_str clear)
{
    struct sl_arena *a = sl_arena_new("sealed file", SL_KIB(64));
    struct sl_strbuf sealed = {0};
    sl_vault_seal(vault, clear, sl_cstr(name), &sealed);
    sl_rc rc = replace_file(sl_fmt(a, "%s/%s", dir, name).p, sl_fmt(a, "%s/%s.new", dir, name).p,
                            sl_strbuf_str(&sealed));
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

sl_rc sl_sealed_file_load(const struct sl_vault *vault, const char *dir, const char *name,
                          struct sl_strbuf *ret)
{
    struct sl_arena *a = sl_arena_new("sealed file", SL_KIB(64));
    struct sl_strbuf sealed = {0};
    sl_rc rc = read_file(sl_fmt(a, "%s/%s", dir, name).p, &sealed);
    if (rc == SL_OK)
        rc = sl_vault_unseal(vault, sl_strbuf_str(&sealed), sl_cstr(name), ret);
    sl_strbuf_fini(&sealed);
    sl_arena_free(a);
    return rc;
}
