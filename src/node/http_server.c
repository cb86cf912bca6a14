/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a server, draining and freeing it. */
#define _GNU_SOURCE
#include "node/http_int.h"

#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 16, RATE_KEYS = 16384 };

static void default_u(unsigned *v, unsigned otherwise)
{
	if (*v == 0)
		*v = otherwise;
}

static void default_z(size_t *v, size_t otherwise)
{
	if (*v == 0)
		*v = otherwise;
}

static enum dcf_status complete_options(struct dcf_http_options *o, struct dcf_node_error *err)
{
	struct dcf_http_limits *l = &o->limits;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	default_z(&l->body_max, 4 << 20);
	default_z(&l->header_max, 16 << 10);
	default_z(&l->bodies_max, 256 << 20);
	default_u(&l->connections, 10000);
	default_u(&l->per_address, 1000);
	default_u(&l->idle_ms, 60000);
	default_u(&l->request_ms, 20000);
	default_u(&l->handler_ms, 10000);
	default_u(&l->bytes_per_s, 4096);
	default_u(&l->stall_ms, 20000);
	default_u(&l->heartbeat_ms, 15000);
	default_u(&l->streams, 2000);
	default_u(&l->burst, l->rate_per_s > 500000 ? 1000000 : 2 * l->rate_per_s);
	default_u(&o->threads, processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors);
	if (l->header_max < 1024 || l->header_max > 65536)
		return dcf_node_fail(err, DCF_E_USAGE, "the limit of a header section is %zu bytes: expected 1,024 to 65,536",
				     l->header_max);
	if (l->body_max > 1 << 30 || l->connections > 1000000 || l->rate_per_s > 1000000 || o->threads > THREADS_MAX)
		return dcf_node_fail(err, DCF_E_USAGE, "a limit of the HTTP server is beyond what it can keep");
	if (o->tls.client != DCF_HTTP_CERT_NONE && !o->tls.certificate_pem.p)
		return dcf_node_fail(err, DCF_E_USAGE, "client certificates need TLS, and there is no certificate of our own");
	return DCF_OK;
}

static enum dcf_status init_lock(struct dcf_http *h, struct dcf_node_error *err)
{
	pthread_condattr_t attr;
	bool ok = pthread_condattr_init(&attr) == 0;

	ok = ok && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&h->turn, &attr) == 0 &&
	     pthread_mutex_init(&h->lock, NULL) == 0;
	(void)pthread_condattr_destroy(&attr);
	return ok ? DCF_OK : dcf_node_fail(err, DCF_E_NOMEM, "no lock can be made");
}

/* Signals are for the program's own threads. */
static enum dcf_status start_threads(struct dcf_http *h, struct dcf_node_error *err)
{
	sigset_t all, before;
	enum dcf_status s;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if ((s = dcf_http_watch_start(h, err)) == DCF_OK && (s = dcf_http_mhd_start(h, err)) == DCF_OK)
		s = dcf_http_accept_start(h, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return s;
}

static enum dcf_status start(struct dcf_http *h, struct dcf_node_error *err)
{
	struct dcf_http_options *o = &h->options;
	bool with_tls = o->tls.certificate_pem.p != NULL;
	enum dcf_status s;

	if ((s = dcf_routes_check(o->routes, o->route_count, err)) != DCF_OK)
		return s;
	if (with_tls &&
	    (s = dcf_http_tls_new(&h->from, &o->tls, (struct dcf_http_tls_admit){ o->admit, o->ctx }, &h->tls, err)) != DCF_OK)
		return s;
	/* Borrowed for this call only. */
	memset(&o->tls, 0, sizeof o->tls);
	if (o->limits.rate_per_s &&
	    (s = dcf_rate_new(&h->from, o->limits.rate_per_s, o->limits.burst, RATE_KEYS, &h->rate)) != DCF_OK)
		return dcf_node_fail(err, s, "the limit of requests a second cannot be kept: %s", dcf_status_text(s));
	if ((s = dcf_http_listen(o->listen, o->allow_plain || with_tls, &h->listen_fd, &h->port, err)) != DCF_OK)
		return s;
	return start_threads(h, err);
}

enum dcf_status dcf_http_start(const struct dcf_alloc *from, const struct dcf_http_options *options, struct dcf_http **out,
			       struct dcf_node_error *err)
{
	struct dcf_http *h = dcf_alloc_new(from, sizeof *h);
	enum dcf_status s;

	if (!h)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(h, 0, sizeof *h);
	h->from = *from;
	h->options = *options;
	h->listen_fd = h->stop_fd = -1;
	if (getrandom(&h->id_seed, sizeof h->id_seed, 0) != (ssize_t)sizeof h->id_seed)
		h->id_seed = (uint64_t)dcf_http_now_us(); /* names requests, no secret */
	if ((s = complete_options(&h->options, err)) != DCF_OK || (s = init_lock(h, err)) != DCF_OK) {
		dcf_alloc_free(from, h, sizeof *h);
		return s;
	}
	if ((s = start(h, err)) != DCF_OK) {
		dcf_http_free(h);
		return s;
	}
	*out = h;
	return DCF_OK;
}

uint16_t dcf_http_port(const struct dcf_http *server)
{
	return server->port;
}

enum dcf_status dcf_http_new_tls(struct dcf_http *server, const struct dcf_http_tls *tls, struct dcf_node_error *err)
{
	if (!server->tls)
		return dcf_node_fail(err, DCF_E_USAGE, "the server was started without TLS");
	return dcf_http_tls_renew(server->tls, tls, err);
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

size_t dcf_http_drain(struct dcf_http *server, unsigned wait_ms)
{
	int64_t until = dcf_http_now_us() + (int64_t)wait_ms * 1000;

	if (!atomic_load(&server->draining)) {
		atomic_store(&server->drained_us, dcf_http_now_us());
		atomic_store(&server->draining, true);
		dcf_http_accept_stop(server);
	}
	(void)pthread_mutex_lock(&server->lock);
	(void)pthread_cond_signal(&server->turn);
	(void)pthread_mutex_unlock(&server->lock);
	while ((atomic_load(&server->in_hand) || atomic_load(&server->connections)) && dcf_http_now_us() < until)
		sleep_ms(5);
	return atomic_load(&server->in_hand);
}

void dcf_http_free(struct dcf_http *server)
{
	struct dcf_alloc from;

	if (!server)
		return;
	from = server->from;
	if (server->daemon) {
		(void)dcf_http_drain(server, 0);
		atomic_store(&server->ending, true);
		/* The library must not be stopped while a connection is put aside: every LATER is waited for. */
		while (dcf_http_wake_all(server) != 0 || atomic_load(&server->waking) != 0 || atomic_load(&server->left) != 0)
			sleep_ms(2);
	}
	dcf_http_mhd_free(server);
	dcf_http_watch_stop(server);
	dcf_http_accept_stop(server);
	dcf_http_works_free(server);
	dcf_http_tls_free(server->tls);
	dcf_rate_free(server->rate);
	(void)pthread_cond_destroy(&server->turn);
	(void)pthread_mutex_destroy(&server->lock);
	dcf_alloc_free(&from, server, sizeof *server);
}

struct dcf_http_stats dcf_http_stats(struct dcf_http *server)
{
	return (struct dcf_http_stats){
		.connections = atomic_load(&server->connections),
		.streams = atomic_load(&server->streams),
		.requests_in_hand = atomic_load(&server->in_hand),
		.accepted = atomic_load(&server->accepted),
		.refused_connections = atomic_load(&server->refused),
		.requests = atomic_load(&server->requests),
		.rate_limited = atomic_load(&server->limited),
		.cut_slow = atomic_load(&server->cut),
		.bad_requests = atomic_load(&server->bad),
	};
}
