/** server: the one loop that accepts, reads requests and plays replies. */
#pragma once
#include <stdbool.h>

/** Listen on 127.0.0.1:`port` (0: any free one). Returns the port, or -1 with errno set. */
int server_listen(int port);
/** Serve until server_stop(). */
void server_run(void);
/** Make server_run() return soon. Safe in a signal handler. */
void server_stop(void);
