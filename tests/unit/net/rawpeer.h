/**
 * rawpeer: the other side of a connection, scripted byte by byte, on the loop's own thread: whatever
 * waits for something ticks the loop meanwhile (RAW_PATIENCE_MS at most, then it says false).
 */
#pragma once
#include "base/str.h"
#include "net/loop.h"

enum { RAW_PATIENCE_MS = 3000 };

struct rawpeer {
    struct sl_loop *loop;
    int fd;
    char *got; /* all that was received and not forgotten, NUL-terminated */
    size_t got_bytes, cap;
    bool is_at_end; /* the other side has closed */
    bool is_reset;
};

/** Listening on 127.0.0.1, a port of the kernel's choice. */
int raw_listen(uint16_t *ret_port);
/** A connection to a port of 127.0.0.1; `p` is zeroed. */
void raw_connect(struct rawpeer *p, struct sl_loop *l, uint16_t port);
/** The next connection of `listen_fd`, ticking until it is there. */
bool raw_accept(struct rawpeer *p, struct sl_loop *l, int listen_fd);
/** Send all of `bytes`, ticking (and receiving) when the kernel takes no more. */
bool raw_send(struct rawpeer *p, sl_str bytes);
bool raw_say(struct rawpeer *p, const char *text);
/** Half-close. */
void raw_shut(struct rawpeer *p);
void raw_reset(struct rawpeer *p);
/** Accepts a closed or zeroed peer; frees what it got. */
void raw_close(struct rawpeer *p);
/** Take what is there now. */
void raw_receive(struct rawpeer *p);
/** Until what it got holds `text`. */
bool raw_await(struct rawpeer *p, const char *text);
bool raw_await_bytes(struct rawpeer *p, size_t n);
bool raw_await_end(struct rawpeer *p);
/** So many milliseconds of ticks. */
void raw_pass(struct sl_loop *l, int ms);
/** How often `text` occurs in what it got. */
size_t raw_count(const struct rawpeer *p, const char *text);
void raw_forget(struct rawpeer *p);
/** Ticks until *flag. */
bool raw_await_flag(struct sl_loop *l, const bool *flag);
