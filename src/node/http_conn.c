/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: who may come, who is put aside and woken, who is cut.
 *
 * One thread, the watcher, looks at every connection a few times a second and shuts the socket of those that are past their
 * deadline; the library then finds the end of the connection and closes it.  It is the only place that knows slow clients: a
 * thread of the library never waits for one. */
#define _GNU_SOURCE
#include "node/http_int.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

enum { DRAIN_GRACE_US = 200000, LEFT_US = 1000000 };

int64_t dcf_http_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void dcf_http_say(struct dcf_http *h, const char *text)
{
	int64_t now = dcf_http_now_us(), from = atomic_load(&h->say_from_us);

	if (!h->options.say)
		return;
	if (now - from > 1000000 && atomic_compare_exchange_strong(&h->say_from_us, &from, now))
		atomic_store(&h->said, 0);
	if (atomic_fetch_add(&h->said, 1) < 20)
		h->options.say(h->options.ctx, text);
}

static struct dcf_http_conn **shelf_of(struct dcf_http *h, const uint8_t key[static 16])
{
	uint64_t a, b;

	memcpy(&a, key, 8);
	memcpy(&b, key + 8, 8);
	a = (a ^ h->id_seed) * 0xd6e8feb86659fd93u ^ b * 0x9e3779b97f4a7c15u;
	return &h->conns[(a ^ a >> 32) % HTTP_SHELVES];
}

bool dcf_http_conn_admit(struct dcf_http *h, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t key[16];
	uint16_t port;
	unsigned same = 0;
	bool ok;

	dcf_http_address(address, text, &port, key);
	ok = !atomic_load(&h->draining) &&
	     atomic_load(&h->connections) + atomic_load(&h->pending) < h->options.limits.connections;
	if (ok) {
		(void)pthread_mutex_lock(&h->lock);
		for (struct dcf_http_conn *c = *shelf_of(h, key); c; c = c->next)
			same += memcmp(c->key, key, 16) == 0;
		(void)pthread_mutex_unlock(&h->lock);
		ok = same < h->options.limits.per_address;
	}
	atomic_fetch_add(ok ? &h->accepted : &h->refused, 1);
	return ok;
}

struct dcf_http_conn *dcf_http_conn_new(struct dcf_http *h, void *handle, int fd, const struct sockaddr *address)
{
	struct dcf_http_conn *c = dcf_alloc_new(&h->from, sizeof *c), **shelf;
	unsigned pending = atomic_load(&h->pending);

	while (pending && !atomic_compare_exchange_weak(&h->pending, &pending, pending - 1))
		;
	if (!c)
		return NULL;
	memset(c, 0, sizeof *c);
	c->server = h;
	c->handle = handle;
	c->fd = fd;
	dcf_http_address(address, c->peer, &c->port, c->key);
	dcf_http_phase_set(c, HTTP_IDLE, (int64_t)h->options.limits.idle_ms * 1000);
	atomic_fetch_add(&h->connections, 1);
	shelf = shelf_of(h, c->key);
	(void)pthread_mutex_lock(&h->lock);
	c->next = *shelf;
	c->link = shelf;
	if (c->next)
		c->next->link = &c->next;
	*shelf = c;
	(void)pthread_mutex_unlock(&h->lock);
	return c;
}

void dcf_http_conn_end(struct dcf_http_conn *c)
{
	struct dcf_http *h = c->server;

	(void)pthread_mutex_lock(&h->lock);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	(void)pthread_mutex_unlock(&h->lock);
	dcf_http_tls_give(c->tls);
	dcf_alloc_free(&h->from, c, sizeof *c);
	atomic_fetch_sub(&h->connections, 1);
}

void dcf_http_phase_set(struct dcf_http_conn *c, enum dcf_http_phase phase, int64_t within_us)
{
	atomic_store(&c->phase, (int)phase);
	atomic_store(&c->left, false);
	atomic_store(&c->deadline_us, within_us ? dcf_http_now_us() + within_us : 0);
}

bool dcf_http_parked(struct dcf_http_conn *c)
{
	int running = HTTP_RUNNING;

	return atomic_compare_exchange_strong(&c->park, &running, HTTP_PARKED);
}

void dcf_http_running(struct dcf_http_conn *c)
{
	atomic_store(&c->park, HTTP_RUNNING);
}

void dcf_http_conn_wake(struct dcf_http_conn *c)
{
	/* From the exchange on the connection may be gone before this returns; the server waits for us (dcf_http_free). */
	struct dcf_http *h = c->server;
	void *handle = c->handle;

	atomic_fetch_add(&h->waking, 1);
	if (atomic_exchange(&c->park, HTTP_WOKEN) == HTTP_PARKED)
		dcf_http_mhd_resume(handle);
	atomic_fetch_sub(&h->waking, 1);
}

/* ---- the watcher ---- */

static void cut(struct dcf_http_conn *c, bool slow)
{
	atomic_store(&c->deadline_us, 0);
	atomic_store(&c->gone, true);
	(void)shutdown(c->fd, SHUT_RDWR);
	if (slow)
		atomic_fetch_add(&c->server->cut, 1);
}

/* Did the other side close, be it only its sending half?  The library does not watch a socket that was put aside. */
static bool hung_up(const struct dcf_http_conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static int64_t idle_since(const struct dcf_http_conn *c, int64_t deadline, int64_t now)
{
	return now - (deadline - (int64_t)c->server->options.limits.idle_ms * 1000);
}

/* Nothing more comes and nothing that came is unread, at two looks in a row: in between the library has worked on all of it. */
static bool left_halfway(struct dcf_http_conn *c)
{
	int unread = 0;
	bool over = hung_up(c) && ioctl(c->fd, FIONREAD, &unread) == 0 && unread == 0;

	return atomic_exchange(&c->left, over) && over;
}

/* Its reply does not come: it goes on without this request.  Unless too many were left so already: clients that ask again and
 * again would else heap up what waits, and nothing bounded it. */
static void time_is_up(struct dcf_http *h, struct dcf_http_conn *c)
{
	struct dcf_http_work *w = atomic_load(&c->work);
	int waits = HTTP_LATE_WAITS;

	if (!w || atomic_load(&h->left) >= h->options.limits.connections)
		return;
	atomic_fetch_add(&h->left, 1);
	if (atomic_compare_exchange_strong(&w->late, &waits, HTTP_LATE_OVER))
		dcf_http_conn_wake(c);
	else
		atomic_fetch_sub(&h->left, 1);
}

static void watch_one(struct dcf_http *h, struct dcf_http_conn *c, int64_t now)
{
	int64_t deadline = atomic_load(&c->deadline_us);
	int phase = atomic_load(&c->phase);
	bool late = deadline && now >= deadline, draining = atomic_load(&h->draining);
	/* A request may be on its way when draining begins. */
	bool leave = draining && phase == HTTP_IDLE && deadline && now - atomic_load(&h->drained_us) > DRAIN_GRACE_US;

	if (late && phase == HTTP_HANDLING) {
		time_is_up(h, c);
		return;
	}
	if (late || leave) {
		cut(c, late && phase != HTTP_IDLE);
		return;
	}
	/* The library does not see an end that came together with the last bytes before it. */
	if (phase == HTTP_IDLE && h->turns % 8 == 0 && idle_since(c, deadline, now) > LEFT_US && hung_up(c))
		cut(c, false);
	if (phase == HTTP_READING && h->turns % 8 == 0 && left_halfway(c))
		cut(c, false);
	if (phase != HTTP_WAITING)
		return;
	if (hung_up(c)) {
		cut(c, false);
		dcf_http_conn_wake(c);
	} else if (draining || now >= atomic_load(&c->beat_us)) {
		dcf_http_conn_wake(c);
	}
}

static void watch_all(struct dcf_http *h)
{
	int64_t now = dcf_http_now_us();

	for (size_t i = 0; i < HTTP_SHELVES; i++)
		for (struct dcf_http_conn *c = h->conns[i]; c; c = c->next)
			watch_one(h, c, now);
}

static unsigned smallest(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* An eighth of the shortest time that is watched, 20 to 250 ms. */
static unsigned turn_ms(const struct dcf_http_limits *l)
{
	unsigned ms =
		smallest(smallest(smallest(l->idle_ms, l->request_ms), l->handler_ms), smallest(l->stall_ms, l->heartbeat_ms)) /
		8;

	return ms < 20 ? 20 : ms > 250 ? 250 : ms;
}

static void *watch(void *arg)
{
	struct dcf_http *h = arg;
	int64_t ns = (int64_t)turn_ms(&h->options.limits) * 1000000;

	(void)pthread_mutex_lock(&h->lock);
	while (!h->stop_watching) {
		struct timespec until;

		watch_all(h);
		h->turns++;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		ns = atomic_load(&h->draining) ? 20000000 : ns;
		until.tv_sec += (until.tv_nsec + ns) / 1000000000;
		until.tv_nsec = (until.tv_nsec + ns) % 1000000000;
		(void)pthread_cond_timedwait(&h->turn, &h->lock, &until);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

enum dcf_status dcf_http_watch_start(struct dcf_http *h, struct dcf_node_error *err)
{
	if (pthread_create(&h->watcher, NULL, watch, h) != 0)
		return dcf_node_fail(err, DCF_E_NOMEM, "no thread can be made");
	h->watching = true;
	return DCF_OK;
}

void dcf_http_watch_stop(struct dcf_http *h)
{
	if (!h->watching)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->stop_watching = true;
	(void)pthread_cond_signal(&h->turn);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->watcher, NULL);
	h->watching = false;
}

size_t dcf_http_wake_all(struct dcf_http *h)
{
	size_t parked = 0;

	(void)pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < HTTP_SHELVES; i++) {
		for (struct dcf_http_conn *c = h->conns[i]; c; c = c->next) {
			if (atomic_load(&c->phase) == HTTP_WAITING)
				dcf_http_conn_wake(c);
			parked += atomic_load(&c->park) == HTTP_PARKED;
		}
	}
	(void)pthread_mutex_unlock(&h->lock);
	return parked;
}
