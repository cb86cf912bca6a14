/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/node.h"
#include "bench/random.h"
#include "bench/report.h"
#include "bench/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECTIONS = 100, BULK = 500, BODY = 4096, BULK_BODY = BULK * 600, PATH = 128 };

static const double warmup_seconds = 1;

/* What the requests of one load are made from. */
struct maker {
	const struct dcf_server *server;
	uint64_t next;     /* number of the next operation to declare */
	uint64_t standing; /* operations 0..standing-1 may be asked for */
	uint64_t bulk;     /* operations in one request */
	const char *tail;  /* behind an operation's path */
	double seconds;    /* of each load */
	struct dcf_random random;
	int64_t start_s;
	char *body;
	char path[PATH];
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Circles of 3 km on a grid of places, levels and hours, so that hardly any two of different parties meet: 7 degrees of
 * latitude by 12 of longitude hold some 8,000, each of 40 levels and 400 hours. */
static size_t put_operation(const struct maker *m, uint64_t k, char *out, size_t room)
{
	uint64_t place = k % 8000, level = k / 8000 % 40, hour = k / 320000 % 400;
	double lat = 30 + (double)(place / 100) * 0.09, lon = 30 + (double)(place % 100) * 0.12;
	time_t from = (time_t)(m->start_s + (int64_t)hour * 3600), to = from + 3000;
	struct tm a, b;
	char start[32], end[32];

	gmtime_r(&from, &a);
	gmtime_r(&to, &b);
	strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%SZ", &a);
	strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &b);
	return (size_t)snprintf(
		out, room,
		"{\"type\":\"Feature\",\"id\":\"b%llu\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.4f,%.4f]},\"properties\":"
		"{\"party\":\"%s\",\"shape\":\"circle\",\"radius\":{\"value\":3,\"unit\":\"km\"},\"lower\":{\"value\":%llu,"
		"\"unit\":\"FL\"},\"upper\":{\"value\":%llu,\"unit\":\"FL\"},\"start\":\"%s\",\"end\":\"%s\",\"note\":"
		"\"made for a benchmark\",\"label\":{\"releasable_to\":[\"CO\",\"RU\"]}}}",
		(unsigned long long)k, lon, lat, k % 2 ? "RU" : "CO", (unsigned long long)(50 + level * 10),
		(unsigned long long)(58 + level * 10), start, end);
}

static void make_declare(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	/* Even numbers are one party's, odd ones the other's: a connection speaks for one. */
	uint64_t first = m->next + k;
	size_t n = 0;

	(void)connection;
	if (m->bulk == 1) {
		n = put_operation(m, first, m->body, BODY);
	} else {
		uint64_t group = m->next / (2 * m->bulk) + k / 2, odd = k % 2;

		n = (size_t)snprintf(m->body, BULK_BODY, "{\"type\":\"FeatureCollection\",\"deconflict\":1,\"features\":[");
		for (uint64_t i = 0; i < m->bulk; i++) {
			if (i)
				m->body[n++] = ',';
			n += put_operation(m, (group * m->bulk + i) * 2 + odd, m->body + n, BODY);
		}
		n += (size_t)snprintf(m->body + n, 4, "]}");
		first = odd;
	}
	*rq = (struct dcf_load_request){ .method = "POST",
					 .path = DCF_SPAN("/v1/operations?options=none"),
					 .headers = dcf_span_of(m->server->header[first % 2]),
					 .body = { m->body, n } };
}

static void make_get(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	uint64_t which = dcf_random_next(&m->random) % m->standing;
	int n = snprintf(m->path, sizeof m->path, "/v1/operations/%s/b%llu%s", which % 2 ? "RU" : "CO",
			 (unsigned long long)which, m->tail);

	(void)connection;
	(void)k;
	*rq = (struct dcf_load_request){ .method = "GET",
					 .path = { m->path, (size_t)n },
					 .headers = dcf_span_of(m->server->header[which % 2]) };
}

static enum dcf_status load(struct maker *m, struct dcf_node_load *out, uint64_t requests, double seconds,
			    void (*make)(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq),
			    const struct dcf_alloc *a)
{
	struct dcf_load_options o = { .url = m->server->url,
				      .connections = CONNECTIONS,
				      .requests = requests,
				      .seconds = seconds,
				      .warmup_s = requests ? 0 : warmup_seconds,
				      .make = make,
				      .ctx = m };
	double before = dcf_server_cpu_s(m->server);
	enum dcf_status s = dcf_load_run(a, &o, &out->client);
	uint64_t all = out->client.sent;

	if (s == DCF_OK && (out->client.wrong || out->client.failed)) {
		fprintf(stderr, "deconflict: bench: node: %llu wrong and %llu missing replies: %s\n",
			(unsigned long long)out->client.wrong, (unsigned long long)out->client.failed, out->client.error);
		s = DCF_E_IO;
	}
	if (all)
		out->server_cpu_us = (dcf_server_cpu_s(m->server) - before) * 1e6 / (double)all;
	return s;
}

/* Declarations one by one, for some seconds; what they leave stands. */
static enum dcf_status declare(struct maker *m, struct dcf_node_load *out, const struct dcf_alloc *a)
{
	m->bulk = 1;
	return load(m, out, 0, m->seconds, make_declare, a);
}

/* Operations 0..n-1, many in a request. */
static enum dcf_status fill(struct maker *m, uint64_t n, struct dcf_node_report *r, const struct dcf_alloc *a)
{
	struct dcf_node_load done;
	double began = now_s();
	enum dcf_status s = DCF_OK;

	m->bulk = BULK;
	m->next = 0;
	r->standing = n / (2 * BULK) * 2 * BULK;
	if (r->standing)
		s = load(m, &done, r->standing / BULK, 0, make_declare, a);
	r->fill_s = now_s() - began;
	return s;
}

static enum dcf_status queries(struct maker *m, struct dcf_node_report *r, const struct dcf_alloc *a)
{
	enum dcf_status s = DCF_OK;

	m->standing = r->standing;
	if (m->standing == 0)
		return DCF_OK;
	m->tail = "";
	s = load(m, &r->get, 0, m->seconds, make_get, a);
	m->tail = "/conflicts";
	return s == DCF_OK ? load(m, &r->conflicts, 0, m->seconds, make_get, a) : s;
}

static enum dcf_status measure(struct dcf_server *server, const struct dcf_bench_options *options, struct dcf_node_report *r,
			       const struct dcf_alloc *a)
{
	struct maker m = { .server = server,
			   .seconds = options->seconds ? options->seconds : 8,
			   .start_s = (int64_t)time(NULL) / 3600 * 3600 + 7200,
			   .body = malloc(BULK_BODY + BODY) };
	uint64_t entries, appends;
	enum dcf_status s = m.body ? DCF_OK : DCF_E_NOMEM;

	m.random = dcf_random_of(options->seed, 7, 0);
	m.next = UINT64_C(100000000);
	s = s == DCF_OK ? declare(&m, &r->declare_empty, a) : s;
	s = s == DCF_OK ? fill(&m, options->n, r, a) : s;
	m.next = UINT64_C(200000000);
	dcf_server_appends(server, &entries, &appends);
	s = s == DCF_OK ? declare(&m, &r->declare, a) : s;
	if (s == DCF_OK) {
		uint64_t e, b;

		dcf_server_appends(server, &e, &b);
		r->entries_per_append = b > appends ? (double)(e - entries) / (double)(b - appends) : 0;
		s = queries(&m, r, a);
	}
	free(m.body);
	return s;
}

enum dcf_status dcf_bench_node(const struct dcf_bench_options *options, struct dcf_bench_report *report)
{
	static struct dcf_node_report r;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_server server = { .own = false };
	enum dcf_status s = DCF_OK;

	/* A long life in short: what has ended leaves the state at once. */
	if (options->entries)
		s = setenv("DECONFLICT_RECORD_RETENTION", "1s", 1) == 0 ? DCF_OK : DCF_E_NOMEM;
	s = s == DCF_OK ? dcf_server_start(&server, options->url, options->token) : s;
	if (s != DCF_OK)
		return s;
	r = (struct dcf_node_report){ .own_server = server.own, .connections = CONNECTIONS };
	s = dcf_server_sync_times(&server, &r.sync_p50_us, &r.sync_p99_us);
	if (s == DCF_OK)
		s = options->entries ? dcf_bench_node_long(&server, options, &r) : measure(&server, options, &r, &heap);
	if (s == DCF_OK && server.own) {
		r.resident_bytes = dcf_server_resident(&server);
		r.file_bytes = dcf_server_file_bytes(&server);
		s = dcf_server_restart(&server, &r.healthy_s, &r.ready_s);
	}
	dcf_server_stop(&server);
	report->node = &r;
	report->what = "a node, asked over HTTP by 100 connections";
	report->volumes = r.standing;
	return s;
}
