/* SPDX-License-Identifier: Apache-2.0 */
/* node_long.c - does a node stay as fast while its record grows?
 *
 * Windows are short and begin at once, so operations come, are amended, end and leave the state while the record keeps all of
 * it: two of three requests declare a new operation, the third amends one of some hundred declarations before.  How long the
 * windows are follows from the rate, so that about `n` operations are in the state at any time. */
#include "bench/node.h"
#include "bench/random.h"
#include "bench/report.h"
#include "bench/server.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MANY UINT64_C(1000000000000)

enum {
	CONNECTIONS = 100,
	BODY = 4096,
	PATH = 128,
	AGO = 500,
	LEAST_WINDOW_S = 2,
	MOST_WINDOW_S = 3600,
	FIRST_WINDOW_S = 10,
	QUERIES = 20000
};

struct crowd {
	const struct dcf_server *server;
	struct dcf_random random;
	uint64_t first, declared; /* number of the first operation of this load; how many declared before it */
	int64_t window_s;
	char body[BODY], path[PATH];
};

static void put_time(int64_t at_s, char out[32])
{
	time_t t = (time_t)at_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Operation k, a circle of 3 km at one of 320,000 places (8,000 of them over each other on 40 levels). */
static size_t put_operation(struct crowd *c, uint64_t k)
{
	uint64_t place = k % 8000, level = k / 8000 % 40;
	int64_t now = (int64_t)time(NULL);
	char start[32], end[32];

	put_time(now, start);
	put_time(now + c->window_s, end);
	return (size_t)snprintf(
		c->body, BODY,
		"{\"type\":\"Feature\",\"id\":\"l%llu\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.4f,%.4f]},\"properties\":"
		"{\"party\":\"%s\",\"shape\":\"circle\",\"radius\":{\"value\":3,\"unit\":\"km\"},\"lower\":{\"value\":%llu,"
		"\"unit\":\"FL\"},\"upper\":{\"value\":%llu,\"unit\":\"FL\"},\"start\":\"%s\",\"end\":\"%s\",\"note\":"
		"\"made for a benchmark\",\"label\":{\"releasable_to\":[\"CO\",\"RU\"]}}}",
		(unsigned long long)k, 30 + (double)(place % 100) * 0.12, 30 + (double)(place / 100) * 0.09,
		k % 2 ? "RU" : "CO", (unsigned long long)(50 + level * 10), (unsigned long long)(58 + level * 10), start, end);
}

static struct dcf_span path_of(struct crowd *c, uint64_t k, const char *tail)
{
	int n = snprintf(c->path, sizeof c->path, "/v1/operations/%s/l%llu%s", k % 2 ? "RU" : "CO", (unsigned long long)k,
			 tail);

	return (struct dcf_span){ c->path, (size_t)n };
}

static void make_change(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct crowd *c = ctx;
	uint64_t op = c->first + k / 3 * 2 + k % 3 % 2;

	(void)connection;
	/* At first there is none to amend: some more are declared. */
	if (k % 3 == 2)
		op = op >= AGO ? op - AGO : op + MANY;
	/* By its path, which makes or changes it: a request may be overtaken by the one that amends. */
	*rq = (struct dcf_load_request){ .method = "PUT", .headers = dcf_span_of(c->server->header[op % 2]) };
	rq->body = (struct dcf_span){ c->body, put_operation(c, op) };
	rq->path = path_of(c, op, "?options=none");
}

static void make_get(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct crowd *c = ctx;
	uint64_t op = c->declared - 4 - dcf_random_next(&c->random) % AGO; /* the last three may not have come to it */

	(void)connection;
	(void)k;
	*rq = (struct dcf_load_request){ .method = "GET",
					 .path = path_of(c, op, ""),
					 .headers = dcf_span_of(c->server->header[op % 2]) };
}

/* On a slow machine an operation may have left the state before it is asked for: that is an answer too. */
static bool good(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	(void)ctx;
	(void)connection;
	(void)k;
	return reply->status / 100 == 2 || reply->status == 404;
}

static enum dcf_status run(struct crowd *c, struct dcf_load_result *out, uint64_t requests,
			   void (*make)(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq))
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_load_options o = {
		.url = c->server->url, .connections = CONNECTIONS, .requests = requests, .make = make, .ctx = c
	};
	enum dcf_status s;

	o.check = make == make_get ? good : NULL;
	s = dcf_load_run(&heap, &o, out);

	if (s == DCF_OK && (out->wrong || out->failed)) {
		fprintf(stderr, "deconflict: bench: node: %llu wrong and %llu missing replies: %s\n",
			(unsigned long long)out->wrong, (unsigned long long)out->failed, out->error);
		s = DCF_E_IO;
	}
	return s;
}

/* As many requests as there are entries still to come, and the queries behind them. */
static enum dcf_status stretch(struct crowd *c, struct dcf_node_stretch *out, uint64_t requests)
{
	double cpu = dcf_server_cpu_s(c->server);
	enum dcf_status s;

	c->first = c->declared;
	s = run(c, &out->declare, requests, make_change);
	if (s != DCF_OK)
		return s;
	c->declared = c->first + (requests + 2) / 3 * 2;
	out->server_cpu_us = (dcf_server_cpu_s(c->server) - cpu) * 1e6 / (double)requests;
	s = run(c, &out->get, requests < QUERIES ? requests : QUERIES, make_get);
	out->resident_bytes = dcf_server_resident(c->server);
	out->file_bytes = dcf_server_file_bytes(c->server);
	dcf_server_state(c->server, &out->entries, &out->operations);
	return s;
}

/* So long that `n` operations are in the state at the rate of the stretch before. */
static int64_t window_for(uint32_t n, double per_second)
{
	double s = n / (per_second * 2 / 3 + 1);

	return s < LEAST_WINDOW_S ? LEAST_WINDOW_S : s > MOST_WINDOW_S ? MOST_WINDOW_S : (int64_t)s;
}

enum dcf_status dcf_bench_node_long(const struct dcf_server *server, const struct dcf_bench_options *o,
				    struct dcf_node_report *r)
{
	static struct crowd c;
	struct dcf_node_stretch first = { 0 };
	uint64_t each = o->entries / DCF_NODE_STRETCHES;
	enum dcf_status s;

	c = (struct crowd){ .server = server, .random = dcf_random_of(o->seed, 8, 0), .window_s = FIRST_WINDOW_S };
	s = stretch(&c, &first, each / 10 + 2 * AGO);
	for (r->stretch_count = 0; s == DCF_OK && r->stretch_count < DCF_NODE_STRETCHES; r->stretch_count++) {
		struct dcf_node_stretch *at = &r->stretch[r->stretch_count];
		const struct dcf_node_stretch *before = r->stretch_count ? at - 1 : &first;
		uint64_t end = each * (r->stretch_count + 1);

		c.window_s = window_for(o->n, before->declare.per_second);
		s = stretch(&c, at, end > before->entries ? end - before->entries : AGO);
		if (s == DCF_OK && !o->json) {
			struct dcf_alloc heap = dcf_alloc_heap();
			struct dcf_buf line = { .from = &heap };

			/* It may take an hour: each line when it is there. */
			dcf_node_stretch_text(at, &line);
			if (!line.failed)
				(void)fwrite(line.p, 1, line.len, stderr);
			dcf_buf_free(&line);
		}
	}
	return s;
}
