/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - telling the service manager how we are (sd_notify(3): datagrams to $NOTIFY_SOCKET).
 *
 * Without $NOTIFY_SOCKET nothing happens.  Never waits: a manager that does not read misses a message. */
#ifndef DCF_NODE_NOTIFY_H
#define DCF_NODE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Send `state` ("READY=1", "STOPPING=1", "STATUS=loading", several with line ends between).  False when there is a socket and
 * sending failed.  `socket_name`: the value of $NOTIFY_SOCKET, a path or "@abstract"; NULL for none. */
bool dcf_notify(const char *socket_name, const char *state);

/* "RELOADING=1" with the monotonic time that the manager wants beside it; follow with READY=1. */
bool dcf_notify_reloading(const char *socket_name);

/* Microseconds between two "WATCHDOG=1" that the manager wants of us (half of $WATCHDOG_USEC); 0 for none.  `usec` and `pid`
 * are the values of $WATCHDOG_USEC and $WATCHDOG_PID, either NULL. */
int64_t dcf_notify_watchdog_us(const char *usec, const char *pid);

#endif
