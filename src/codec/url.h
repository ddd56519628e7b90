/**
 * url: targets and URLs (RFC 3986), and the one path normaliser that router, policies, cache key
 * and forwarder share, so that what was matched is what is sent.
 */
#pragma once
#include "base/strbuf.h"

struct sl_url {
    sl_str scheme; /* lower case */
    sl_str host;   /* without brackets of IPv6 */
    uint16_t port; /* 0: the scheme's default was not overridden */
    sl_str path;   /* "/..." or empty */
    sl_str query;
    bool has_query;
    bool is_ipv6;
};

/** Parse an absolute http(s) URL of a configuration. No userinfo, no fragment. SL_E_SYNTAX with *ret_why. The parts borrow `text`. */
sl_rc sl_url_parse(sl_str text, struct sl_url *ret, const char **ret_why) SL_CHECKED;
/** 80, 443, or the port given. */
uint16_t sl_url_port(const struct sl_url *u);

/**
 * Is `authority` ("host", "host:port", "[v6]:port") well-formed? Hosts are letters, digits and "-._~"
 * (so no userinfo, commas, escapes) of at most 255 bytes; ports 1 to 65535. Splits it, the host
 * without brackets and not lower-cased; *ret_port 0 when absent.
 */
bool sl_authority_split(sl_str authority, sl_str *ret_host, uint16_t *ret_port);

/** How a service wants paths treated; NORMALISE is the default. */
enum sl_path_mode { SL_PATH_NORMALISE, SL_PATH_REJECT, SL_PATH_PRESERVE };

/**
 * Normalise a raw request path: percent-decode unreserved characters, upper-case the hex digits that
 * stay, resolve "." and ".." segments (also spelled %2e and with ";params" such as "..;"), merge
 * "//". Refused in every mode with SL_E_BAD_REQUEST and *ret_why: NUL or control characters (also
 * encoded), broken escapes (%zz), backslash (also encoded), overlong or invalid UTF-8 in escapes, and
 * what is no path (no leading slash, '?', '#', space, bytes from 0x80 on); "*" is returned as it is.
 * An encoded slash (%2F) stays encoded (and is never a separator), but not beside dots ("..%2F" is
 * refused). Climbing above the root is refused. A segment of nothing but ";params" goes like an empty one.
 * REJECT refuses whatever NORMALISE would change; PRESERVE checks and returns the path as it is when
 * it is free of dot segments, else refuses. Normalising twice changes nothing. No allocation when
 * nothing changes: then *ret is `path` itself.
 */
sl_rc sl_path_normalise(sl_str path, enum sl_path_mode mode, struct sl_arena *a, sl_str *ret,
                        const char **ret_why) SL_CHECKED;

/**
 * Of a path that PRESERVE took: the length of the head whose normal form is the first `normal_bytes`
 * bytes of the path's normal form. What a route's prefix took of the normal form is cut off by it.
 */
size_t sl_path_preserved_head(sl_str path, size_t normal_bytes);

/** Value of the first query parameter spelled `name`, raw (neither is decoded); false when absent. */
bool sl_query_get(sl_str query, sl_str name, sl_str *ret_value);
