/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting connections: one thread of ours, which hands them to the threads of the library in turn. */
#define _GNU_SOURCE
#include "node/http_int.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As many may be on their way to the library's threads; it bounds by how much a burst passes the limits. */
enum { PENDING_MAX = 128, QUIET_MS = 1000 };

static void rest_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Waits until the library has seen what it was given, but not long: one that failed in there is never told of. */
static void wait_for_room(struct dcf_http *h)
{
	for (int i = 0; i < 100 && atomic_load(&h->pending) >= PENDING_MAX; i++)
		rest_ms(1);
	if (atomic_load(&h->pending) >= PENDING_MAX)
		atomic_store(&h->pending, 0);
}

static void take(struct dcf_http *h, int fd, const struct sockaddr *address, socklen_t len)
{
	if (!dcf_http_conn_admit(h, address)) {
		(void)close(fd);
		return;
	}
	atomic_fetch_add(&h->pending, 1);
	if (!dcf_http_mhd_add(h, fd, address, len))
		dcf_http_say(h, "a connection could not be taken: out of memory or of descriptors");
}

/* Accepts what waits; false: rest a little, the system has no room for another. */
static bool accept_all(struct dcf_http *h)
{
	for (;;) {
		struct sockaddr_storage address = { 0 };
		socklen_t len = sizeof address;
		int fd = accept4(h->listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			wait_for_room(h);
			take(h, fd, (struct sockaddr *)&address, len);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			dcf_http_say(h, strerror(errno));
			return false;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINVAL || errno == EBADF)
			return true;
	}
}

static void *run(void *arg)
{
	struct dcf_http *h = arg;
	struct pollfd p[2] = { { .fd = h->stop_fd, .events = POLLIN }, { .fd = h->listen_fd, .events = POLLIN } };

	for (;;) {
		int n = poll(p, 2, QUIET_MS);

		if (p[0].revents)
			return NULL;
		if (n == 0)
			atomic_store(&h->pending, 0);
		else if (n > 0 && p[1].revents && !accept_all(h))
			rest_ms(50);
	}
}

enum dcf_status dcf_http_accept_start(struct dcf_http *h, struct dcf_node_error *err)
{
	h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->stop_fd < 0 || pthread_create(&h->accepter, NULL, run, h) != 0)
		return dcf_node_fail(err, DCF_E_NOMEM, "no thread can be made");
	h->accepting = true;
	return DCF_OK;
}

void dcf_http_accept_stop(struct dcf_http *h)
{
	uint64_t one = 1;

	if (h->accepting) {
		(void)!write(h->stop_fd, &one, sizeof one);
		(void)pthread_join(h->accepter, NULL);
		h->accepting = false;
	}
	if (h->listen_fd >= 0)
		(void)close(h->listen_fd);
	if (h->stop_fd >= 0)
		(void)close(h->stop_fd);
	h->listen_fd = h->stop_fd = -1;
}
