#include "app/nodeid.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool read_id(const char *path, char ret[SL_NODE_ID_BYTES])
{
    char text[SL_ID_BYTES];
    struct sl_id id;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text));
    (void)close(fd); /* only read from */
    if (n != SL_ID_BYTES || !sl_id_parse(sl_str_of(text, SL_ID_BYTES), &id))
        return false;
    memcpy(ret, id.text, SL_ID_BYTES);
    ret[SL_ID_BYTES] = '\0';
    return true;
}

static bool write_id(const char *path, const struct sl_id *id)
{
    static const char newline = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool is_whole = write(fd, id->text, SL_ID_BYTES) == SL_ID_BYTES && write(fd, &newline, 1) == 1;
    return close(fd) == 0 && is_whole;
}

sl_rc sl_node_id_load(const char *path, char ret[SL_NODE_ID_BYTES], struct sl_diag *d)
{
    struct sl_rand rand;
    if (read_id(path, ret))
        return SL_OK;
    sl_rand_seed_os(&rand);
    struct sl_id id = sl_id_make(sl_clock_wall_us() / 1000, &rand);
    if (!write_id(path, &id))
        return sl_diag_fail(d, SL_E_IO, "gateway.data_dir", "cannot write '%s': %s", path,
                            strerror(errno));
    memcpy(ret, id.text, SL_ID_BYTES);
    ret[SL_ID_BYTES] = '\0';
    return SL_OK;
}
