#include "codec/url.h"

#include <arpa/inet.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/bytescan.h"
#include "codec/httpchar_int.h"

enum { HOST_BYTES_MAX = 255, PORT_DIGITS_MAX = 5 };

static bool parse_port(sl_str digits, uint16_t *ret)
{
    uint32_t port = 0;
    if (digits.n == 0 || digits.n > PORT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(digits.p[i] - '0');
    }
    *ret = (uint16_t)port;
    return port >= 1 && port <= UINT16_MAX;
}

static bool is_ipv6(sl_str s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET6, text, &addr) == 1;
}

/** Behind the host of `authority` with its brackets, or 0 when it has none that is valid. */
static size_t host_bytes(sl_str authority)
{
    if (authority.n != 0 && authority.p[0] == '[') {
        size_t close = sl_str_find(authority, ']', 1);
        bool is_valid = close != SIZE_MAX && is_ipv6(sl_str_of(authority.p + 1, close - 1));
        return is_valid ? close + 1 : 0;
    }
    const char *end = authority.p + authority.n;
    return (size_t)(sl_httpchar_skip(authority.p, end, CHAR_HOST) - authority.p);
}

bool sl_authority_split(sl_str authority, sl_str *ret_host, uint16_t *ret_port)
{
    size_t n = host_bytes(authority);
    uint16_t port = 0;
    if (n == 0 || n > HOST_BYTES_MAX)
        return false;
    if (n < authority.n &&
        (authority.p[n] != ':' || !parse_port(sl_str_from(authority, n + 1), &port)))
        return false;
    bool is_bracketed = authority.p[0] == '[';
    *ret_host = is_bracketed ? sl_str_of(authority.p + 1, n - 2) : sl_str_head(authority, n);
    *ret_port = port;
    return true;
}
