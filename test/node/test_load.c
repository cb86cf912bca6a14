/* SPDX-License-Identifier: Apache-2.0 */
/* The load client: its figures against sorted times, its reader of replies byte by byte, and all of it against servers that
 * answer well, wrongly, late, or not at all. */
#define _GNU_SOURCE
#include "bench/load.h"
#include "bench/load_reply.h"
#include "node/http.h"
#include "node/http_problem.h"
#include "tap.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct dcf_alloc heap;

/* ---- times ---- */

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void times_are_those_of_the_sorted_list(void)
{
	enum { N = 20000 };
	static uint64_t ns[N];
	static struct dcf_load_times t, half, whole;
	uint64_t seed = 20150920;

	for (int i = 0; i < N; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ns[i] = (seed >> 20) >> (seed % 40);
		dcf_load_times_put(&t, ns[i]);
		dcf_load_times_put(i % 2 ? &half : &whole, ns[i]);
	}
	dcf_load_times_add(&whole, &half);
	CHECK(memcmp(&whole, &t, sizeof t) == 0);
	qsort(ns, N, sizeof ns[0], ascending);
	CHECK(t.count == N && t.min_ns == ns[0] && t.max_ns == ns[N - 1]);
	for (int k = 1; k <= 1000; k++) {
		double exact = (double)ns[(size_t)N * (size_t)k / 1000 - 1] / 1000.0, got = dcf_load_times_us(&t, k / 10.0);

		CHECK_MSG(got >= exact && got <= exact * (1 + 1 / 64.0) + 0.001, "%.1f %%: %f for %f", k / 10.0, got, exact);
	}
	CHECK(dcf_load_times_us(&t, 100) == (double)ns[N - 1] / 1000.0);
	memset(&t, 0, sizeof t);
	CHECK(dcf_load_times_us(&t, 50) == 0);
	dcf_load_times_put(&t, UINT64_MAX);
	dcf_load_times_put(&t, 0);
	CHECK(t.count == 2 && t.max_ns == UINT64_MAX);
}

/* ---- replies ---- */

static void replies_are_found_byte_by_byte(void)
{
	static const struct {
		const char *text, *body; /* body NULL: bad */
		bool head, closes, at_end;
		unsigned status;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false, false, false, 200 },
		{ "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", "", false, false, false, 204 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length:0\r\n\r\n", "", false, false, false,
		  201 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
		  "abc0123456789", false, false, false, 200 },
		{ "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "x", false, true, false, 503 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "", true, false, false, 200 },
		{ "HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", false, true, true, 200 },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab", false, true, false, 200 },
		{ "HTTX/1.1 200 OK\r\n\r\n", NULL, false, false, false, 0 },
		{ "HTTP/1.1 2x0 OK\r\n\r\n", NULL, false, false, false, 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", NULL, false, false, false, 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", NULL, false, false, false, 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", NULL, false, false, false, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].text), used = 0;
		struct dcf_load_reply reply = { 0 };
		bool closing = false;
		enum dcf_reply_found found = DCF_REPLY_MORE;

		for (size_t k = 1; k <= n && found == DCF_REPLY_MORE; k++) {
			/* A block of its own for each length: reading behind it is seen by a sanitizer. */
			char *p = malloc(k);

			memcpy(p, cases[i].text, k);
			found = dcf_reply_find(p, k, cases[i].head, cases[i].at_end && k == n, &reply, &used, &closing);
			CHECK_MSG(found == DCF_REPLY_MORE || !cases[i].body || k == n, "case %zu: whole after %zu of %zu", i, k,
				  n);
			if (found == DCF_REPLY_WHOLE && cases[i].body)
				CHECK_MSG(reply.status == cases[i].status && used == n && closing == cases[i].closes &&
						  dcf_span_eq(reply.body, dcf_span_of(cases[i].body)),
					  "case %zu: %u %zu %.*s", i, reply.status, used, (int)reply.body.len, reply.body.p);
			free(p);
		}
		CHECK_MSG(found == (cases[i].body ? DCF_REPLY_WHOLE : DCF_REPLY_BAD), "case %zu: %d", i, (int)found);
	}
}

/* ---- a server of ours ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct dcf_http_request *waiting[1024];
	size_t count;
	bool stop;
	pthread_t thread;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	(void)arg;
	(void)pthread_mutex_lock(&queue.lock);
	queue.waiting[queue.count++] = rq;
	(void)pthread_cond_signal(&queue.more);
	(void)pthread_mutex_unlock(&queue.lock);
}

static void *finisher(void *arg)
{
	struct dcf_http_request *batch[1024];

	(void)pthread_mutex_lock(&queue.lock);
	while (!queue.stop) {
		size_t n = queue.count;

		if (n == 0) {
			(void)pthread_cond_wait(&queue.more, &queue.lock);
			continue;
		}
		memcpy(batch, queue.waiting, n * sizeof batch[0]);
		queue.count = 0;
		(void)pthread_mutex_unlock(&queue.lock);
		dcf_http_finish_all(batch, n);
		(void)pthread_mutex_lock(&queue.lock);
	}
	(void)pthread_mutex_unlock(&queue.lock);
	return arg;
}

static enum dcf_http_next small(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	reply->status = 200;
	reply->close = dcf_http_query(rq, "close").p != NULL;
	dcf_buf_z(&reply->body, "{\"ok\":true}");
	return DCF_HTTP_DONE;
}

static enum dcf_http_next second(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	reply->status = 201;
	dcf_buf_z(&reply->body, "{\"bytes\":");
	dcf_buf_i64(&reply->body, (int64_t)rq->body.len);
	dcf_buf_char(&reply->body, '}');
	return DCF_HTTP_DONE;
}

static enum dcf_http_next late(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx, (void)reply;
	return dcf_http_later(rq, second, hand_over, NULL);
}

/* Every 500th request holds its thread up for 200 ms, as a handler must not. */
static enum dcf_http_next stalling(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	static atomic_uint count;
	struct timespec t = { .tv_nsec = 200000000 };

	if (atomic_fetch_add(&count, 1) % 500 == 499)
		(void)nanosleep(&t, NULL);
	return small(ctx, rq, reply);
}

static enum dcf_http_next slow(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct timespec t = { .tv_nsec = 50000000 };

	(void)nanosleep(&t, NULL);
	return small(ctx, rq, reply);
}

static const struct dcf_http_route routes[] = {
	{ DCF_HTTP_GET, "/small", NULL, small, 0, NULL },
	{ DCF_HTTP_POST, "/late", NULL, late, 0, NULL },
	{ DCF_HTTP_GET, "/stalling", NULL, stalling, 0, NULL },
	{ DCF_HTTP_GET, "/slow", NULL, slow, 0, NULL },
};

static struct dcf_http *server;
static char url[64];

static void start_server(void)
{
	struct dcf_http_options o = {
		.listen = "127.0.0.1:0", .routes = routes, .route_count = sizeof routes / sizeof *routes, .threads = 1
	};
	struct dcf_node_error err = { 0 };

	if (dcf_http_start(&heap, &o, &server, &err) != DCF_OK || pthread_create(&queue.thread, NULL, finisher, NULL) != 0) {
		printf("Bail out! no server: %s\n", err.text);
		exit(1);
	}
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", dcf_http_port(server));
}

static void stop_server(void)
{
	CHECK(dcf_http_drain(server, 5000) == 0);
	dcf_http_free(server);
	(void)pthread_mutex_lock(&queue.lock);
	queue.stop = true;
	(void)pthread_cond_signal(&queue.more);
	(void)pthread_mutex_unlock(&queue.lock);
	(void)pthread_join(queue.thread, NULL);
}

/* ---- runs ---- */

struct plan {
	const char *method, *path;
	bool body;
};

static void make(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	static const char body[600] = "{";
	const struct plan *plan = ctx;

	(void)connection, (void)k;
	rq->method = plan->method;
	rq->path = dcf_span_of(plan->path);
	rq->headers = DCF_SPAN("Content-Type: application/json\r\n");
	if (plan->body)
		rq->body = (struct dcf_span){ body, sizeof body };
}

static struct dcf_load_result result;

static enum dcf_status run(struct plan plan, struct dcf_load_options o)
{
	o.url = o.url ? o.url : url;
	o.make = make;
	o.ctx = &plan;
	return dcf_load_run(&heap, &o, &result);
}

static void print_result(const char *what)
{
	printf("# %s: %.0f a second, p50 %.0f us, p99 %.0f us, p99.9 %.0f us, longest %.0f us, client %.2f of %.2f s\n", what,
	       result.per_second, dcf_load_times_us(&result.times, 50), dcf_load_times_us(&result.times, 99),
	       dcf_load_times_us(&result.times, 99.9), (double)result.times.max_ns / 1e3, result.cpu_s, result.seconds);
}

static void a_fixed_number_is_asked(void)
{
	CHECK(run((struct plan){ "GET", "/small", false }, (struct dcf_load_options){ .connections = 20, .requests = 5000 }) ==
	      DCF_OK);
	CHECK(result.sent == 5000 && result.right == 5000 && result.wrong == 0 && result.failed == 0 && result.reconnects == 0);
	CHECK(result.status[2] == 5000 && result.times.count == 5000 && result.error[0] == 0);
	print_result("GET, 20 connections");
	CHECK(run((struct plan){ "HEAD", "/small", false }, (struct dcf_load_options){ .connections = 3, .requests = 100 }) ==
	      DCF_OK);
	CHECK(result.right == 100);
}

static bool six_hundred(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	(void)ctx, (void)connection, (void)k;
	return reply->status == 201 && dcf_span_eq(reply->body, DCF_SPAN("{\"bytes\":600}"));
}

static void late_replies_are_measured(void)
{
	CHECK(run((struct plan){ "POST", "/late", true },
		  (struct dcf_load_options){ .connections = 100, .seconds = 0.7, .warmup_s = 0.2, .check = six_hundred }) ==
	      DCF_OK);
	CHECK(result.right > 0 && result.right == result.sent && result.wrong == 0 && result.failed == 0 && result.unsent == 0);
	CHECK(result.status[2] == result.right && result.times.count == result.right);
	print_result("POST of 600 bytes, later, 100 connections");
}

static void wrong_replies_are_counted(void)
{
	CHECK(run((struct plan){ "GET", "/nowhere", false }, (struct dcf_load_options){ .connections = 4, .requests = 100 }) ==
	      DCF_OK);
	CHECK(result.right == 0 && result.wrong == 100 && result.status[4] == 100 && strstr(result.error, "status 404"));
	CHECK(run((struct plan){ "POST", "/late", false },
		  (struct dcf_load_options){ .connections = 4, .requests = 100, .check = six_hundred }) == DCF_OK);
	CHECK(result.right == 0 && result.wrong == 100 && result.status[2] == 100);
}

static void connections_that_end_are_opened_again(void)
{
	CHECK(run((struct plan){ "GET", "/small?close", false },
		  (struct dcf_load_options){ .connections = 5, .requests = 200 }) == DCF_OK);
	CHECK_MSG(result.right == 200 && result.failed == 0 && result.reconnects >= 195, "%llu %llu %llu %s",
		  (unsigned long long)result.right, (unsigned long long)result.failed, (unsigned long long)result.reconnects,
		  result.error);
}

/* However late the machine is: each request that falls due is sent or counted as not sent, and none is sent before. */
static void a_steady_rate_is_kept(void)
{
	CHECK(run((struct plan){ "GET", "/small", false },
		  (struct dcf_load_options){ .connections = 10, .seconds = 0.5, .rate = 1000 }) == DCF_OK);
	CHECK_MSG(result.right + result.unsent == 500 && result.right > 0, "%llu right, %llu not sent",
		  (unsigned long long)result.right, (unsigned long long)result.unsent);
	print_result("1,000 a second");
	CHECK(run((struct plan){ "GET", "/small", false },
		  (struct dcf_load_options){ .connections = 10, .requests = 500, .rate = 1000 }) == DCF_OK);
	CHECK_MSG(result.right == 500 && result.unsent == 0 && result.seconds > 0.498, "%llu right in %f s",
		  (unsigned long long)result.right, result.seconds);
	/* A connection at which each reply takes 50 ms sends six of the 300 that fall due, or fewer. */
	CHECK(run((struct plan){ "GET", "/slow", false },
		  (struct dcf_load_options){ .connections = 1, .seconds = 0.3, .rate = 1000 }) == DCF_OK);
	CHECK_MSG(result.right >= 1 && result.right <= 6 && result.right + result.unsent == 300, "%llu right, %llu not sent",
		  (unsigned long long)result.right, (unsigned long long)result.unsent);
}

/* 200 ms of every 500 requests at 1,000 a second: two fifths of the requests fall due while the server sleeps. */
static void a_stall_cannot_hide(void)
{
	CHECK(run((struct plan){ "GET", "/stalling", false },
		  (struct dcf_load_options){ .connections = 2, .requests = 1500, .rate = 1000 }) == DCF_OK);
	print_result("1,000 a second with stalls");
	CHECK(result.right == 1500);
	CHECK(dcf_load_times_us(&result.times, 90) > 50000);
}

/* ---- servers that are none ---- */

static int listening(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		abort();
	*port = ntohs(a.sin_port);
	return fd;
}

static void nobody_there_is_an_error(void)
{
	char nobody[64];
	uint16_t port;
	int fd = listening(&port);

	(void)close(fd);
	(void)snprintf(nobody, sizeof nobody, "http://127.0.0.1:%u", port);
	CHECK(run((struct plan){ "GET", "/", false },
		  (struct dcf_load_options){ .url = nobody, .connections = 3, .requests = 10 }) == DCF_E_IO);
	CHECK(result.right == 0 && strstr(result.error, "cannot connect"));
}

static void silence_is_a_failure(void)
{
	char silent[64];
	uint16_t port;
	int fd = listening(&port);

	(void)snprintf(silent, sizeof silent, "http://127.0.0.1:%u/", port);
	CHECK(run((struct plan){ "GET", "/", false },
		  (struct dcf_load_options){ .url = silent, .connections = 3, .requests = 3, .timeout_s = 0.2 }) == DCF_OK);
	CHECK(result.right == 0 && result.failed == 3 && strstr(result.error, "no reply in time"));
	(void)close(fd);
}

struct speaker {
	int fd;
	const char *text;
};

static void *speak(void *arg)
{
	const struct speaker *s = arg;
	char buf[4096];
	int c;

	/* One connection after the other. */
	while ((c = accept(s->fd, NULL, NULL)) >= 0) {
		if (recv(c, buf, sizeof buf, 0) > 0)
			(void)!send(c, s->text, strlen(s->text), MSG_NOSIGNAL);
		(void)close(c);
	}
	return NULL;
}

static void nonsense_is_a_failure(void)
{
	static const struct {
		const char *text;
		uint64_t right;
	} cases[] = {
		{ "SSH-2.0-server\r\n", 0 },
		{ "", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", 0 },
		{ "HTTP/1.1 200", 0 },
		{ "HTTP/1.1 200 OK\r\n\r\nuntil it closes", 5 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t port;
		struct speaker s = { listening(&port), cases[i].text };
		char there[64];
		pthread_t thread;

		(void)snprintf(there, sizeof there, "http://127.0.0.1:%u", port);
		if (pthread_create(&thread, NULL, speak, &s) != 0)
			abort();
		CHECK(run((struct plan){ "GET", "/", false },
			  (struct dcf_load_options){ .url = there, .connections = 1, .requests = 5, .timeout_s = 5 }) ==
		      DCF_OK);
		CHECK_MSG(result.right == cases[i].right && result.right + result.failed == 5,
			  "case %zu: %llu right, %llu failed: %s", i, (unsigned long long)result.right,
			  (unsigned long long)result.failed, result.error);
		(void)shutdown(s.fd, SHUT_RDWR);
		(void)pthread_join(thread, NULL);
		(void)close(s.fd);
	}
}

static void senseless_options_are_refused(void)
{
	static const char *const urls[] = { "https://127.0.0.1",       "127.0.0.1:80", "http://", "http://:80/x",
					    "http://127.0.0.1:123456", "http://a/b" };
	struct plan plan = { "GET", "/", false };

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		CHECK_MSG(run(plan, (struct dcf_load_options){ .url = urls[i], .connections = 1, .requests = 1 }) ==
				  DCF_E_USAGE,
			  "%s", urls[i]);
	CHECK(run(plan, (struct dcf_load_options){ .connections = 0, .requests = 1 }) == DCF_E_USAGE);
	CHECK(run(plan, (struct dcf_load_options){ .connections = 1 }) == DCF_E_USAGE);
	CHECK(run(plan, (struct dcf_load_options){ .connections = 10001, .requests = 1 }) == DCF_E_USAGE);
}

int main(void)
{
	int failed;

	heap = dcf_alloc_heap();
	start_server();
	failed = TAP_RUN(TAP(times_are_those_of_the_sorted_list), TAP(replies_are_found_byte_by_byte),
			 TAP(a_fixed_number_is_asked), TAP(late_replies_are_measured), TAP(wrong_replies_are_counted),
			 TAP(connections_that_end_are_opened_again), TAP(a_steady_rate_is_kept), TAP(a_stall_cannot_hide),
			 TAP(nobody_there_is_an_error), TAP(silence_is_a_failure), TAP(nonsense_is_a_failure),
			 TAP(senseless_options_are_refused), TAP(stop_server));
	return failed;
}
