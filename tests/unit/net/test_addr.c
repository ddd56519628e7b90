#include "net/addr.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "tests/test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKLOG = 8 };

TEST(addr, texts_are_parsed_to_host_and_port)
{
    static const struct {
        const char *text, *ip;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080}, {"[::1]:8080", "::1", 8080},
        {"[2001:DB8::1]:1", "2001:db8::1", 1}, {":8080", "::", 8080},
        {"0.0.0.0:0", "0.0.0.0", 0},           {"[::ffff:10.0.0.1]:65535", "10.0.0.1", 65535},
        {"unix:/run/x.sock", "unix", 0},
    };
    struct sl_arena *a = sl_arena_new("test", SL_KIB(64));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_addr addr;
        EXPECT_EQ(SL_OK, sl_addr_parse(sl_cstr(rows[i].text), &addr));
        EXPECT_STR(rows[i].ip, sl_addr_ip(&addr, a));
        EXPECT_EQ(rows[i].port, sl_addr_port(&addr));
    }
    sl_arena_free(a);
}

TEST(addr, each_number_of_an_ip_is_written_as_inet_ntop_does)
{
    struct sl_arena *a = sl_arena_new("test", SL_KIB(64));
    for (unsigned i = 0; i < 256; i++) {
        char text[64];
        struct sl_addr addr;
        snprintf(text, sizeof(text), "%u.%u.%u.%u:80", i, 255 - i, i / 10, i);
        EXPECT_EQ(SL_OK, sl_addr_parse(sl_cstr(text), &addr));
        EXPECT_STR(sl_fmt(a, "%u.%u.%u.%u", i, 255 - i, i / 10, i).p, sl_addr_ip(&addr, a));
    }
    sl_arena_free(a);
}

TEST(addr, other_texts_are_refused)
{
    static const char *const texts[] = {
        "",      "127.0.0.1", "127.0.0.1:",    "127.0.0.1:65536", "127.0.0.1:-1", "::1:8080",
        "[::1]", "[::1:8080", "localhost:80",  "[127.0.0.1:80",   "1.2.3:80",     "127.0.0.1:8x",
        "unix:", "[]:80",     "01.2.3.4.5:80", "256.0.0.1:1",
    };
    struct sl_addr addr;
    char long_path[200] = "unix:/";
    memset(long_path + 6, 'a', sizeof(long_path) - 7);
    for (size_t i = 0; i < SL_LEN(texts); i++)
        EXPECT_EQ(SL_E_SYNTAX, sl_addr_parse(sl_cstr(texts[i]), &addr));
    EXPECT_EQ(SL_E_SYNTAX, sl_addr_parse(sl_cstr(long_path), &addr));
    EXPECT_EQ(SL_E_SYNTAX, sl_addr_from_ip(SL_STR("1.2.3.4\0x"), 1, &addr));
}

TEST(addr, ipv4_and_its_mapped_form_are_the_same)
{
    struct sl_addr v4, mapped, other;
    uint8_t bytes[16];
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR("10.1.2.3:80"), &v4));
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR("[::ffff:10.1.2.3]:80"), &mapped));
    EXPECT(sl_addr_eq(&v4, &mapped));
    sl_addr_bytes(&v4, bytes);
    EXPECT_EQ(0, memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16));
    sl_addr_set_port(&mapped, 81);
    EXPECT(!sl_addr_eq(&v4, &mapped));
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR("unix:/x"), &other));
    EXPECT(!sl_addr_eq(&v4, &other));
    EXPECT(sl_addr_eq(&other, &other));
    sl_addr_bytes(&other, bytes);
    EXPECT_EQ(0, bytes[15]);
}

static void expect_connects(const struct sl_addr *addr, int listener)
{
    struct sl_addr remote;
    int client, server;
    EXPECT_EQ(SL_OK, sl_sock_connect(addr, &client));
    struct pollfd p = {.fd = listener, .events = POLLIN};
    EXPECT_EQ(1, poll(&p, 1, 1000));
    EXPECT_EQ(SL_OK, sl_sock_accept(listener, &remote, &server));
    EXPECT_EQ(SL_E_AGAIN, sl_sock_accept(listener, &remote, &server));
    EXPECT_EQ(0, sl_sock_error(client));
    close(client);
    close(server);
}

TEST(addr, several_listeners_share_a_port)
{
    struct sl_addr addr;
    int first, second;
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR("127.0.0.1:0"), &addr));
    EXPECT_EQ(SL_OK, sl_sock_listen(&addr, BACKLOG, &first));
    EXPECT_EQ(SL_OK, sl_sock_local(first, &addr));
    EXPECT(sl_addr_port(&addr) != 0);
    EXPECT(sl_sock_is_taken(&addr));
    EXPECT_EQ(SL_OK, sl_sock_listen(&addr, BACKLOG, &second));
    close(second);
    expect_connects(&addr, first);
    close(first);
    EXPECT(!sl_sock_is_taken(&addr));
}

TEST(addr, listening_on_everything_takes_ipv4_too)
{
    struct sl_addr any, v4;
    int listener;
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR(":0"), &any));
    EXPECT_EQ(SL_OK, sl_sock_listen(&any, BACKLOG, &listener));
    EXPECT_EQ(SL_OK, sl_sock_local(listener, &any));
    EXPECT_EQ(SL_OK, sl_addr_from_ip(SL_STR("127.0.0.1"), sl_addr_port(&any), &v4));
    expect_connects(&v4, listener);
    close(listener);
}

TEST(addr, a_refused_connection_is_an_error_of_the_socket)
{
    struct sl_addr addr;
    int listener, client;
    EXPECT_EQ(SL_OK, sl_addr_parse(SL_STR("127.0.0.1:0"), &addr));
    EXPECT_EQ(SL_OK, sl_sock_listen(&addr, BACKLOG, &listener));
    EXPECT_EQ(SL_OK, sl_sock_local(listener, &addr));
    close(listener);
    EXPECT_EQ(SL_OK, sl_sock_connect(&addr, &client));
    struct pollfd p = {.fd = client, .events = POLLOUT};
    EXPECT_EQ(1, poll(&p, 1, 1000));
    EXPECT_EQ(ECONNREFUSED, sl_sock_error(client));
    close(client);
}

TEST(addr, a_socket_file_left_behind_is_replaced_but_a_live_one_is_not)
{
    char dir[] = "/tmp/sluice-addr-XXXXXX";
    struct sl_arena *a = sl_arena_new("test", SL_KIB(64));
    struct sl_addr addr;
    int first, second;
    EXPECT(mkdtemp(dir) != NULL);
    sl_str text = sl_fmt(a, "unix:%s/s", dir);
    EXPECT_EQ(SL_OK, sl_addr_parse(text, &addr));
    EXPECT_EQ(SL_OK, sl_sock_listen(&addr, BACKLOG, &first));
    expect_connects(&addr, first);
    EXPECT_EQ(SL_E_IO, sl_sock_listen(&addr, BACKLOG, &second));
    EXPECT_EQ(EADDRINUSE, errno);
    close(first);
    EXPECT_EQ(SL_OK, sl_sock_listen(&addr, BACKLOG, &second));
    expect_connects(&addr, second);
    close(second);
    unlink(text.p + 5);
    rmdir(dir);
    sl_arena_free(a);
}
