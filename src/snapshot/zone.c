#include "snapshot/zone.h"
#include "base/err.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <fcntl.h>
#include <unistd.h>

enum { NAME_BYTES_MAX = 64 };

static bool is_zone_name(sl_str name)
{
    if (name.n == 0 || name.n > NAME_BYTES_MAX || name.p[0] == '/' ||
        sl_str_find_str(name, SL_STR("..")) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_letter = sl_lower(c) >= 'a' && sl_lower(c) <= 'z';
        if (!is_letter && !(c >= '0' && c <= '9') && strchr("/_+-", c) == NULL)
            return false;
    }
    return true;
}

static sl_rc read_file(sl_str name, struct sl_arena *a, struct sl_zone *ret)
{
    int fd = open(sl_fmt(a, "/usr/share/zoneinfo/%.*s", SL_STRF(name)).p, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return SL_E_NOTFOUND;
    char *bytes = sl_new_array(char, SL_TZIF_BYTES_MAX + 1); /* of which little is kept */
    ssize_t n = read(fd, bytes, SL_TZIF_BYTES_MAX + 1);
    close(fd);
    sl_rc rc = n < 0 ? SL_E_IO : sl_tzif_read((sl_str){bytes, (size_t)n}, a, ret);
    sl_free(bytes);
    return rc == SL_OK ? SL_OK : SL_E_NOTFOUND;
}

sl_rc sl_zone_load(sl_str name, struct sl_arena *a, struct sl_zone *ret)
{
    *ret = (struct sl_zone){0};
    if (name.n == 0 || sl_zone_fixed(name, ret))
        return SL_OK;
    return is_zone_name(name) ? read_file(name, a, ret) : SL_E_NOTFOUND;
}
