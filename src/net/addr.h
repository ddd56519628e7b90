/**
 * addr: socket addresses and small socket helpers. The numeric forms only: names are net/resolve's.
 */
#pragma once
#include "base/arena.h"

#include <sys/socket.h>

struct sl_addr {
    struct sockaddr_storage ss;
    socklen_t len; /* 0: none */
};

/** "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "unix:/path". SL_E_SYNTAX. */
sl_rc sl_addr_parse(sl_str text, struct sl_addr *ret) SL_CHECKED;
/** A numeric IPv4 or IPv6 host with a port; SL_E_SYNTAX for names. */
sl_rc sl_addr_from_ip(sl_str ip, uint16_t port, struct sl_addr *ret) SL_CHECKED;
/** The IP in its usual text form without port ("unix" for sockets of files). */
sl_str sl_addr_ip(const struct sl_addr *addr, struct sl_arena *a);
uint16_t sl_addr_port(const struct sl_addr *addr);
void sl_addr_set_port(struct sl_addr *addr, uint16_t port);
/** 16 bytes, IPv4 as ::ffff:a.b.c.d; zeroes for others. For base/cidr and hashing. */
void sl_addr_bytes(const struct sl_addr *addr, uint8_t ret[16]);
bool sl_addr_eq(const struct sl_addr *a, const struct sl_addr *b);

/**
 * Bound, listening, non-blocking, close-on-exec socket with SO_REUSEPORT (one per worker) and
 * IPV6_V6ONLY off for "::". SL_E_IO with errno kept for the caller's message.
 */
sl_rc sl_sock_listen(const struct sl_addr *addr, int backlog, int *ret_fd) SL_CHECKED;
/**
 * Does somebody listen there already? With SO_REUSEPORT that is no error: the system shares the connections
 * out among all of a user's processes, which is rarely meant. False for unix sockets and port 0.
 */
bool sl_sock_is_taken(const struct sl_addr *addr);
/** The next connection of a listening socket, non-blocking, close-on-exec. SL_E_AGAIN when there is none, SL_E_IO. */
sl_rc sl_sock_accept(int fd, struct sl_addr *ret_remote, int *ret_fd) SL_CHECKED;
/** Start connecting, non-blocking, TCP_NODELAY. */
sl_rc sl_sock_connect(const struct sl_addr *addr, int *ret_fd) SL_CHECKED;
/** The pending error of a socket as errno, 0 for none: how connecting went, once it is writable. */
int sl_sock_error(int fd);
/** The address that a socket is bound to (to learn a port chosen by the kernel). */
sl_rc sl_sock_local(int fd, struct sl_addr *ret) SL_CHECKED;
