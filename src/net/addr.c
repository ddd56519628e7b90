#include "net/addr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static struct sockaddr_in *v4_of(struct sl_addr *addr)
{
    return (struct sockaddr_in *)&addr->ss;
}

static struct sockaddr_in6 *v6_of(struct sl_addr *addr)
{
    return (struct sockaddr_in6 *)&addr->ss;
}

static const struct sockaddr_in *v4(const struct sl_addr *addr)
{
    return (const struct sockaddr_in *)&addr->ss;
}

static const struct sockaddr_in6 *v6(const struct sl_addr *addr)
{
    return (const struct sockaddr_in6 *)&addr->ss;
}

static const char *path_of(const struct sl_addr *addr)
{
    return ((const struct sockaddr_un *)&addr->ss)->sun_path;
}

/* A NUL-terminated copy for inet_pton. */
static bool to_cstr(sl_str s, char *buf, size_t cap)
{
    if (s.n >= cap || (s.n != 0 && memchr(s.p, '\0', s.n) != NULL))
        return false;
    if (s.n != 0)
        memcpy(buf, s.p, s.n);
    buf[s.n] = '\0';
    return true;
}

sl_rc sl_addr_from_ip(sl_str ip, uint16_t port, struct sl_addr *ret)
{
    char text[INET6_ADDRSTRLEN];
    struct sl_addr a = {0};

    if (!to_cstr(ip, text, sizeof(text)))
        return SL_E_SYNTAX;
    if (inet_pton(AF_INET, text, &v4_of(&a)->sin_addr) == 1) {
        a.ss.ss_family = AF_INET;
        a.len = sizeof(struct sockaddr_in);
    } else if (inet_pton(AF_INET6, text, &v6_of(&a)->sin6_addr) == 1) {
        a.ss.ss_family = AF_INET6;
        a.len = sizeof(struct sockaddr_in6);
    } else {
        return SL_E_SYNTAX;
    }
    sl_addr_set_port(&a, port);
    *ret = a;
    return SL_OK;
}

static sl_rc parse_unix(sl_str path, struct sl_addr *ret)
{
    struct sl_addr a = {.len = sizeof(struct sockaddr_un)};
    struct sockaddr_un *un = (struct sockaddr_un *)&a.ss;

    if (path.n == 0 || !to_cstr(path, un->sun_path, sizeof(un->sun_path)))
        return SL_E_SYNTAX;
    un->sun_family = AF_UNIX;
    *ret = a;
    return SL_OK;
}

static bool is_bracketed(sl_str s)
{
    return s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
}

sl_rc sl_addr_parse(sl_str text, struct sl_addr *ret)
{
    uint64_t port;

    if (sl_str_starts(text, SL_STR("unix:")))
        return parse_unix(sl_str_from(text, 5), ret);
    size_t colon = sl_str_rfind(text, ':');
    if (colon == SIZE_MAX || !sl_num_u64(sl_str_from(text, colon + 1), UINT16_MAX, &port))
        return SL_E_SYNTAX;
    sl_str host = sl_str_head(text, colon);
    if (host.n == 0)
        host = SL_STR("::");
    else if (is_bracketed(host))
        host = sl_str_of(host.p + 1, host.n - 2);
    else if (sl_str_find(host, ':', 0) != SIZE_MAX)
        return SL_E_SYNTAX; /* IPv6 needs its brackets */
    return sl_addr_from_ip(host, (uint16_t)port, ret);
}

static bool is_mapped_v4(const struct sl_addr *addr)
{
    return addr->ss.ss_family == AF_INET6 &&
           memcmp(&v6(addr)->sin6_addr, v4_prefix, sizeof(v4_prefix)) == 0;
}

/* As inet_ntop, which uses sprintf, and is asked for every request. */
static void write_v4(const void *bytes, char text[INET_ADDRSTRLEN])
{
    const uint8_t *from = bytes;
    char *to = text;
    for (int i = 0; i < 4; i++) {
        if (from[i] >= 100)
            *to++ = (char)('0' + from[i] / 100);
        if (from[i] >= 10)
            *to++ = (char)('0' + from[i] / 10 % 10);
        *to++ = (char)('0' + from[i] % 10);
        *to++ = '.';
    }
    to[-1] = '\0';
}

sl_str sl_addr_ip(const struct sl_addr *addr, struct sl_arena *a)
{
    char text[INET6_ADDRSTRLEN] = "";
    switch (addr->ss.ss_family) {
    case AF_INET:
        write_v4(&v4(addr)->sin_addr, text);
        break;
    case AF_INET6:
        if (is_mapped_v4(addr))
            write_v4(&v6(addr)->sin6_addr.s6_addr[12], text);
        else
            inet_ntop(AF_INET6, &v6(addr)->sin6_addr, text, sizeof(text));
        break;
    case AF_UNIX:
        return addr->len != 0 ? SL_STR("unix") : SL_STR("");
    default:
        break;
    }
    return sl_arena_dup(a, sl_cstr(text));
}

uint16_t sl_addr_port(const struct sl_addr *addr)
{
    if (addr->ss.ss_family == AF_INET)
        return ntohs(v4(addr)->sin_port);
    return addr->ss.ss_family == AF_INET6 ? ntohs(v6(addr)->sin6_port) : 0;
}

void sl_addr_set_port(struct sl_addr *addr, uint16_t port)
{
    if (addr->ss.ss_family == AF_INET)
        v4_of(addr)->sin_port = htons(port);
    else if (addr->ss.ss_family == AF_INET6)
        v6_of(addr)->sin6_port = htons(port);
}

void sl_addr_bytes(const struct sl_addr *addr, uint8_t ret[16])
{
    memset(ret, 0, 16);
    if (addr->ss.ss_family == AF_INET6) {
        memcpy(ret, &v6(addr)->sin6_addr, 16);
    } else if (addr->ss.ss_family == AF_INET) {
        memcpy(ret, v4_prefix, sizeof(v4_prefix));
        memcpy(ret + 12, &v4(addr)->sin_addr, 4);
    }
}

static bool is_ip(const struct sl_addr *addr)
{
    return addr->ss.ss_family == AF_INET || addr->ss.ss_family == AF_INET6;
}

bool sl_addr_eq(const struct sl_addr *a, const struct sl_addr *b)
{
    uint8_t a_bytes[16], b_bytes[16];
    if (!is_ip(a) || !is_ip(b))
        return a->ss.ss_family == b->ss.ss_family && strcmp(path_of(a), path_of(b)) == 0;
    sl_addr_bytes(a, a_bytes);
    sl_addr_bytes(b, b_bytes);
    return sl_addr_port(a) == sl_addr_port(b) && memcmp(a_bytes, b_bytes, 16) == 0;
}

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Accepted sockets inherit TCP_NODELAY from the listening one. */
static bool prepare_listener(int fd, int family)
{
    if (family == AF_UNIX)
        return true;
    return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
           set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
           set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
           (family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

/* Is there a socket file that nobody listens on, left behind by a program that was killed? */
static bool is_abandoned(const struct sl_addr *addr)
{
    struct stat st;
    if (lstat(path_of(addr), &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return false;
    bool is_refused =
        connect(fd, (const struct sockaddr *)&addr->ss, addr->len) != 0 && errno == ECONNREFUSED;
    close(fd);
    return is_refused;
}

static bool bind_to(int fd, const struct sl_addr *addr)
{
    const struct sockaddr *sa = (const struct sockaddr *)&addr->ss;
    if (bind(fd, sa, addr->len) == 0)
        return true;
    if (errno != EADDRINUSE || addr->ss.ss_family != AF_UNIX)
        return false;
    if (!is_abandoned(addr) || unlink(path_of(addr)) != 0) {
        errno = EADDRINUSE;
        return false;
    }
    return bind(fd, sa, addr->len) == 0;
}

static void close_keeping_errno(int fd)
{
    int why = errno;
    close(fd);
    errno = why;
}

/* "::" on a machine without IPv6 means all there is: 0.0.0.0. */
static bool falls_back_to_v4(const struct sl_addr *addr)
{
    return errno == EAFNOSUPPORT && addr->ss.ss_family == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&v6(addr)->sin6_addr);
}

sl_rc sl_sock_listen(const struct sl_addr *addr, int backlog, int *ret_fd)
{
    struct sl_addr any_v4;
    int fd = open_socket(addr->ss.ss_family);
    if (fd < 0 && falls_back_to_v4(addr) &&
        sl_addr_from_ip(SL_STR("0.0.0.0"), sl_addr_port(addr), &any_v4) == SL_OK)
        return sl_sock_listen(&any_v4, backlog, ret_fd);
    if (fd < 0)
        return SL_E_IO;
    if (!prepare_listener(fd, addr->ss.ss_family) || !bind_to(fd, addr) ||
        listen(fd, backlog) != 0) {
        close_keeping_errno(fd);
        return SL_E_IO;
    }
    *ret_fd = fd;
    return SL_OK;
}

bool sl_sock_is_taken(const struct sl_addr *addr)
{
    if (addr->ss.ss_family == AF_UNIX || sl_addr_port(addr) == 0)
        return false;
    int fd = open_socket(addr->ss.ss_family);
    if (fd < 0)
        return false;
    bool is_taken = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
                    bind(fd, (const struct sockaddr *)&addr->ss, addr->len) != 0 &&
                    errno == EADDRINUSE;
    close(fd);
    return is_taken;
}

/* Errors of a connection that was gone before we took it (accept(2)); the next one may be fine. */
static bool is_lost_connection(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
           error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
           error == EOPNOTSUPP || error == ENETUNREACH;
}

sl_rc sl_sock_accept(int fd, struct sl_addr *ret_remote, int *ret_fd)
{
    struct sl_addr remote;
    int accepted;
    do {
        remote = (struct sl_addr){.len = sizeof(remote.ss)};
        accepted =
            accept4(fd, (struct sockaddr *)&remote.ss, &remote.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (accepted < 0 && is_lost_connection(errno));
    if (accepted < 0)
        return errno == EAGAIN ? SL_E_AGAIN : SL_E_IO;
    *ret_remote = remote;
    *ret_fd = accepted;
    return SL_OK;
}

sl_rc sl_sock_connect(const struct sl_addr *addr, int *ret_fd)
{
    int fd = open_socket(addr->ss.ss_family);
    if (fd < 0)
        return SL_E_IO;
    bool is_ready = addr->ss.ss_family == AF_UNIX || set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (!is_ready ||
        (connect(fd, (const struct sockaddr *)&addr->ss, addr->len) != 0 && errno != EINPROGRESS)) {
        close_keeping_errno(fd);
        return SL_E_IO;
    }
    *ret_fd = fd;
    return SL_OK;
}

int sl_sock_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

sl_rc sl_sock_local(int fd, struct sl_addr *ret)
{
    struct sl_addr local = {.len = sizeof(local.ss)};
    if (getsockname(fd, (struct sockaddr *)&local.ss, &local.len) != 0)
        return SL_E_IO;
    *ret = local;
    return SL_OK;
}
