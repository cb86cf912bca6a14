/* SPDX-License-Identifier: Apache-2.0 */
#include "node/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <stddef.h>

bool dcf_notify(const char *socket_name, const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = socket_name ? strlen(socket_name) : 0;
	ssize_t sent;
	int fd;

	if (n == 0)
		return true;
	/* Other families (vsock) are for managers outside of a machine. */
	if ((socket_name[0] != '/' && socket_name[0] != '@') || n >= sizeof to.sun_path)
		return false;
	memcpy(to.sun_path, socket_name, n);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0'; /* Linux's abstract names begin with a NUL */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	do
		sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	while (sent < 0 && errno == EINTR);
	close(fd);
	return sent == (ssize_t)strlen(state);
}

bool dcf_notify_reloading(const char *socket_name)
{
	struct timespec t = { 0 };
	char text[80];

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	return dcf_notify(socket_name, text);
}

/* The whole text as a number; -1 for anything else. */
static int64_t number_of(const char *text)
{
	char *end;
	long long v;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoll(text, &end, 10);
	return errno || *end ? -1 : v;
}

int64_t dcf_notify_watchdog_us(const char *usec, const char *pid)
{
	int64_t us = number_of(usec);

	if (us <= 0 || (pid && number_of(pid) != (int64_t)getpid()))
		return 0;
	return us / 2 ? us / 2 : 1;
}
