/* SPDX-License-Identifier: Apache-2.0 */
/* The server's inside: memory that runs out, replies and streams woken by many threads at any moment, and its end at any
 * moment. */
#define _GNU_SOURCE
#include "bench/load.h"
#include "node/http.h"
#include "node/http_problem.h"
#include "tap.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- an allocator that counts, and fails when told ---- */

struct faulty {
	struct dcf_alloc heap;
	atomic_long calls, live;
	atomic_long fail_at;    /* the call that fails; -1: none */
	atomic_long fail_every; /* every so many calls fail; 0: none */
};

static void *faulty_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct faulty *f = ctx;
	long call, every;
	void *q;

	if (new_size == 0) {
		atomic_fetch_sub(&f->live, 1);
		return f->heap.resize(f->heap.ctx, p, old_size, 0);
	}
	call = atomic_fetch_add(&f->calls, 1);
	every = atomic_load(&f->fail_every);
	if (call == atomic_load(&f->fail_at) || (every && call % every == 0))
		return NULL;
	q = f->heap.resize(f->heap.ctx, p, old_size, new_size);
	if (q && !p)
		atomic_fetch_add(&f->live, 1);
	return q;
}

static struct faulty faulty;
static struct dcf_alloc from = { faulty_resize, &faulty };

static void reset_faulty(void)
{
	faulty.heap = dcf_alloc_heap();
	atomic_store(&faulty.calls, 0);
	atomic_store(&faulty.live, 0);
	atomic_store(&faulty.fail_at, -1);
	atomic_store(&faulty.fail_every, 0);
}

static void rest(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- threads that finish, as a sequencer would ---- */

enum { FINISHERS = 3, WAITING = 4096 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct dcf_http_request *waiting[WAITING];
	size_t count;
	bool stop, held;
	pthread_t threads[FINISHERS];
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	(void)arg;
	(void)pthread_mutex_lock(&queue.lock);
	queue.waiting[queue.count++] = rq;
	(void)pthread_cond_signal(&queue.more);
	(void)pthread_mutex_unlock(&queue.lock);
}

/* Finished within hand_over(): the earliest it can be. */
static void hand_over_at_once(void *arg, struct dcf_http_request *rq)
{
	(void)arg;
	*(int *)rq->user += 1;
	dcf_http_finish(rq);
}

static void *finisher(void *arg)
{
	struct dcf_http_request *batch[64];

	(void)pthread_mutex_lock(&queue.lock);
	while (!queue.stop || queue.count) {
		size_t n = 0;

		if (queue.count == 0 || (queue.held && !queue.stop)) {
			(void)pthread_cond_wait(&queue.more, &queue.lock);
			continue;
		}
		while (n < 64 && queue.count)
			batch[n++] = queue.waiting[--queue.count];
		(void)pthread_mutex_unlock(&queue.lock);
		for (size_t i = 0; i < n; i++)
			*(int *)batch[i]->user += 1;
		dcf_http_finish_all(batch, n);
		(void)pthread_mutex_lock(&queue.lock);
	}
	(void)pthread_mutex_unlock(&queue.lock);
	return arg;
}

static void start_finishers(bool held)
{
	queue.stop = false;
	queue.held = held;
	for (int i = 0; i < FINISHERS; i++)
		if (pthread_create(&queue.threads[i], NULL, finisher, NULL) != 0)
			abort();
}

static void stop_finishers(void)
{
	(void)pthread_mutex_lock(&queue.lock);
	queue.stop = true;
	(void)pthread_cond_broadcast(&queue.more);
	(void)pthread_mutex_unlock(&queue.lock);
	for (int i = 0; i < FINISHERS; i++)
		(void)pthread_join(queue.threads[i], NULL);
}

/* ---- handlers ---- */

static enum dcf_http_next second(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	/* Three turns, each through another thread or none. */
	if (*(int *)rq->user < 3)
		return dcf_http_later(rq, second, *(int *)rq->user == 1 ? hand_over_at_once : hand_over, NULL);
	reply->status = 200;
	dcf_buf_span(&reply->body, rq->body);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next late(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	int *turns = dcf_arena_get(rq->arena, sizeof *turns);

	(void)ctx;
	if (!turns)
		return dcf_http_problem(reply, 503, "out-of-memory", DCF_SPAN("no memory"));
	*turns = 0;
	rq->user = turns;
	return dcf_http_later(rq, second, hand_over, NULL);
}

static enum dcf_http_next small(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	reply->status = 200;
	dcf_http_reply_header(reply, "X-Peer", rq->peer);
	dcf_buf_z(&reply->body, "{}");
	return DCF_HTTP_DONE;
}

/* A counter that everybody may watch. */
struct watcher {
	struct watcher *next;
	struct dcf_http_stream *stream;
	uint64_t seen;
};
static struct {
	pthread_mutex_t lock;
	struct watcher *first;
	atomic_ullong count;
	atomic_uint open, closed;
} hub = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum dcf_http_more next_count(void *ctx, char *out, size_t cap, size_t *len)
{
	struct watcher *w = ctx;
	uint64_t now = atomic_load(&hub.count);

	if (now == w->seen)
		return DCF_HTTP_WAIT;
	w->seen = now;
	*len = (size_t)snprintf(out, cap, "%llu\n", (unsigned long long)now);
	return DCF_HTTP_BYTES;
}

static void forget(void *ctx)
{
	struct watcher *w = ctx, **at;

	(void)pthread_mutex_lock(&hub.lock);
	for (at = &hub.first; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	(void)pthread_mutex_unlock(&hub.lock);
	atomic_fetch_add(&hub.closed, 1);
	free(w);
}

static enum dcf_http_next stream(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct watcher *w = calloc(1, sizeof *w);
	struct dcf_http_source source = { next_count, forget, w };

	(void)ctx, (void)rq;
	(void)pthread_mutex_lock(&hub.lock);
	w->stream = dcf_http_stream_start(reply, "text/event-stream", &source);
	if (w->stream) {
		w->next = hub.first;
		hub.first = w;
		atomic_fetch_add(&hub.open, 1);
	}
	(void)pthread_mutex_unlock(&hub.lock);
	if (!w->stream)
		free(w);
	return DCF_HTTP_DONE;
}

static const struct dcf_http_route routes[] = {
	{ DCF_HTTP_GET, "/small", NULL, small, 0, NULL },
	{ DCF_HTTP_POST, "/late", NULL, late, 0, NULL },
	{ DCF_HTTP_GET, "/stream", NULL, stream, 0, NULL },
};

static atomic_uint told;

static void done(void *ctx, const struct dcf_http_done *d)
{
	(void)ctx, (void)d;
	atomic_fetch_add(&told, 1);
}

static const struct dcf_http_options base_options = {
	.listen = "127.0.0.1:0",
	.routes = routes,
	.route_count = 3,
	.threads = 2,
	.done = done,
	.limits = { .stall_ms = 2000, .heartbeat_ms = 200, .idle_ms = 5000, .rate_per_s = 1000000 },
};

static struct dcf_http *start(char url[64])
{
	struct dcf_http *h = NULL;
	struct dcf_node_error err = { 0 };

	if (dcf_http_start(&from, &base_options, &h, &err) != DCF_OK) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	(void)snprintf(url, 64, "http://127.0.0.1:%u", dcf_http_port(h));
	return h;
}

/* ---- clients ---- */

static void make(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	static const char body[3000] = "x";

	(void)ctx, (void)connection;
	if (k % 3 == 0) {
		rq->path = DCF_SPAN("/small?a=%20b");
		return;
	}
	rq->method = "POST";
	rq->path = DCF_SPAN("/late");
	rq->body = (struct dcf_span){ body, k % 3 == 1 ? 10 : sizeof body };
}

static bool any_reply(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	(void)ctx, (void)connection, (void)k;
	return reply->status == 200 || reply->status == 500 || reply->status == 503;
}

static struct dcf_load_result result;

static enum dcf_status load(const char *url, uint64_t requests, double seconds, bool faults)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_load_options o = { .url = url,
				      .connections = 40,
				      .requests = requests,
				      .seconds = seconds,
				      .timeout_s = 20,
				      .make = make,
				      .check = faults ? any_reply : NULL };

	return dcf_load_run(&heap, &o, &result);
}

static int open_stream(const struct dcf_http *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(dcf_http_port(h)) };
	static const char text[] = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 || send(fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0)
		abort();
	return fd;
}

/* ---- tests ---- */

static void a_start_without_memory_leaves_nothing(void)
{
	bool started = false;

	for (long n = 0; !started; n++) {
		struct dcf_http *h = NULL;
		struct dcf_node_error err = { 0 };
		enum dcf_status s;

		reset_faulty();
		atomic_store(&faulty.fail_at, n);
		s = dcf_http_start(&from, &base_options, &h, &err);
		started = s == DCF_OK;
		CHECK_MSG(started || (s == DCF_E_NOMEM && !h && err.text[0]), "call %ld: %d %s", n, (int)s, err.text);
		dcf_http_free(h);
		CHECK_MSG(atomic_load(&faulty.live) == 0, "call %ld: %ld blocks left", n, atomic_load(&faulty.live));
		CHECK(!started || n > 1);
	}
}

static void requests_without_memory_hurt_nobody_else(void)
{
	static const long every[] = { 2, 3, 5, 7, 11, 50 };

	start_finishers(false);
	for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
		struct dcf_http *h;
		char url[64];

		reset_faulty();
		h = start(url);
		atomic_store(&faulty.fail_every, every[i]);
		(void)!load(url, 0, 0.25, true);
		CHECK_MSG(result.wrong == 0, "every %ld: %s", every[i], result.error);
		atomic_store(&faulty.fail_every, 0);
		CHECK(load(url, 500, 0, false) == DCF_OK && result.right == 500 && result.failed == 0);
		CHECK(dcf_http_drain(h, 3000) == 0 && dcf_http_stats(h).connections == 0);
		dcf_http_free(h);
		CHECK_MSG(atomic_load(&faulty.live) == 0, "every %ld: %ld blocks left", every[i], atomic_load(&faulty.live));
	}
	stop_finishers();
}

static void three_turns_through_other_threads(void)
{
	struct dcf_http *h;
	char url[64];

	reset_faulty();
	start_finishers(false);
	h = start(url);
	atomic_store(&told, 0);
	CHECK(load(url, 20000, 0, false) == DCF_OK);
	CHECK_MSG(result.right == 20000 && result.failed == 0 && result.wrong == 0, "%llu right: %s",
		  (unsigned long long)result.right, result.error);
	CHECK(dcf_http_drain(h, 3000) == 0);
	CHECK(atomic_load(&told) == 20000 && dcf_http_stats(h).requests == 20000);
	dcf_http_free(h);
	stop_finishers();
	CHECK(atomic_load(&faulty.live) == 0);
}

/* Streams that are woken while they are opened, read and closed, beside requests that come late. */
static void streams_are_woken_at_any_moment(void)
{
	enum { STREAMS = 60 };
	int fds[STREAMS];
	struct dcf_http *h;
	char url[64], buf[4096];

	reset_faulty();
	start_finishers(false);
	h = start(url);
	for (int i = 0; i < STREAMS; i++)
		fds[i] = open_stream(h);
	for (int turn = 0; turn < 3000; turn++) {
		int i = turn % STREAMS;

		atomic_fetch_add(&hub.count, 1);
		(void)pthread_mutex_lock(&hub.lock);
		for (struct watcher *w = hub.first; w; w = w->next)
			dcf_http_wake(w->stream);
		(void)pthread_mutex_unlock(&hub.lock);
		if (recv(fds[i], buf, sizeof buf, MSG_DONTWAIT) == 0)
			CHECK(false);
		if (turn % 7 == 0) {
			(void)close(fds[i]);
			fds[i] = open_stream(h);
		}
		if (turn % 1000 == 0)
			CHECK(load(url, 300, 0, false) == DCF_OK && result.right == 300);
	}
	/* The last count reaches every stream that is still read. */
	for (int i = 0; i < STREAMS; i++) {
		char last[32];
		bool found = false;
		struct timeval patience = { .tv_sec = 20 };
		ssize_t n;

		(void)snprintf(last, sizeof last, "\n%llu\n", (unsigned long long)atomic_load(&hub.count));
		(void)setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		while (!found && (n = recv(fds[i], buf, sizeof buf - 1, 0)) > 0) {
			buf[n] = 0;
			found = strstr(buf, last + 1) != NULL;
		}
		CHECK_MSG(found, "stream %d never heard the last", i);
		(void)close(fds[i]);
	}
	CHECK(dcf_http_drain(h, 5000) == 0);
	CHECK(atomic_load(&hub.open) == atomic_load(&hub.closed) && dcf_http_stats(h).streams == 0 && !hub.first);
	dcf_http_free(h);
	stop_finishers();
	CHECK(atomic_load(&faulty.live) == 0);
}

struct client {
	char url[64];
	struct dcf_load_result result;
};

static void *be_client(void *arg)
{
	struct client *c = arg;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_load_options o = {
		.url = c->url, .connections = 20, .seconds = 5, .timeout_s = 5, .make = make, .check = any_reply
	};

	(void)!dcf_load_run(&heap, &o, &c->result);
	return NULL;
}

/* Freed under load, with streams open, without draining: every LATER is waited for, nothing is left. */
static void the_end_may_come_at_any_moment(void)
{
	for (int turn = 0; turn < 12; turn++) {
		static struct client c;
		struct dcf_http *h;
		pthread_t client;
		int fds[5];

		reset_faulty();
		start_finishers(false);
		h = start(c.url);
		for (int i = 0; i < 5; i++)
			fds[i] = open_stream(h);
		if (pthread_create(&client, NULL, be_client, &c) != 0)
			abort();
		rest(20 + turn * 13);
		if (turn % 3 == 0)
			(void)dcf_http_drain(h, 50);
		dcf_http_free(h);
		CHECK_MSG(atomic_load(&faulty.live) == 0, "turn %d: %ld blocks left", turn, atomic_load(&faulty.live));
		CHECK(atomic_load(&hub.open) == atomic_load(&hub.closed));
		(void)pthread_join(client, NULL);
		CHECK_MSG(c.result.wrong == 0, "turn %d: %s", turn, c.result.error);
		for (int i = 0; i < 5; i++)
			(void)close(fds[i]);
		stop_finishers();
	}
}

static void *let_go(void *arg)
{
	rest(400);
	(void)pthread_mutex_lock(&queue.lock);
	queue.held = false;
	(void)pthread_cond_broadcast(&queue.more);
	(void)pthread_mutex_unlock(&queue.lock);
	return arg;
}

/* Requests that nobody finishes for a while: draining says how many, freeing waits for them. */
static void freeing_waits_for_late_replies(void)
{
	static struct client c;
	struct dcf_http *h;
	pthread_t client, releaser;
	size_t left;

	reset_faulty();
	start_finishers(true);
	h = start(c.url);
	if (pthread_create(&client, NULL, be_client, &c) != 0)
		abort();
	rest(300);
	left = dcf_http_drain(h, 100);
	CHECK_MSG(left > 0 && left <= 20, "%zu left", left);
	CHECK(dcf_http_drain(h, 0) == left);
	if (pthread_create(&releaser, NULL, let_go, NULL) != 0)
		abort();
	dcf_http_free(h);
	CHECK(atomic_load(&faulty.live) == 0);
	(void)pthread_join(releaser, NULL);
	(void)pthread_join(client, NULL);
	stop_finishers();
}

int main(void)
{
	return TAP_RUN(TAP(a_start_without_memory_leaves_nothing), TAP(requests_without_memory_hurt_nobody_else),
		       TAP(three_turns_through_other_threads), TAP(streams_are_woken_at_any_moment),
		       TAP(the_end_may_come_at_any_moment), TAP(freeing_waits_for_late_replies));
}
