/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/exchange.h"
#include "bench/bench.h"
#include "bench/random.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 100, BUSY = 30, BODY = 3000, PATH = 200, FLOOD_SIDE = 100, FLOOD_LEVELS = 5, FLOOD_ASKERS = 20 };
enum { FLOOD_COUNT = FLOOD_SIDE * FLOOD_SIDE * FLOOD_LEVELS };
#define REFERENCES    "/dss/v1/operational_intent_references"
#define SUBSCRIPTIONS "/dss/v1/subscriptions"
#define AREAS         "/rid/v2/dss/identification_service_areas"

/* Standing intents: circles of 1 km, 0.03 degrees apart, so that none meets another. */
static const double standing_lat = -15, standing_lng = 20, standing_step = 0.03;
/* The flood: circles of 150 m, 0.004 degrees apart on five levels: 44 km on a side, 50,000 in all. */
static const double flood_lat = 30, flood_lng = -100, flood_step = 0.004;
/* Its subscriptions: circles about one place 100 km off, where intents stand one above the other. */
static const double flood_told_lat = 31;
static const double others_rate = 1000;

const char *const dcf_exchange_part_name[DCF_PART_COUNT] = {
	[DCF_PART_BUSY] = "busy", [DCF_PART_SUBSCRIBED] = "subscribed", [DCF_PART_SPREAD] = "spread",
	[DCF_PART_ISA] = "isa",   [DCF_PART_QUERIES] = "queries",       [DCF_PART_FLOOD] = "flood",
};

struct maker {
	const struct dcf_server *server;
	const struct dcf_exchange_tokens *tokens;
	struct dcf_random random;
	uint64_t standing, hits, answers;
	char path[PATH], body[BODY];
};

bool dcf_exchange_parts(const char *list, bool part[static DCF_PART_COUNT])
{
	struct dcf_span rest = dcf_span_of(list);
	bool all = strcmp(list, "all") == 0;

	for (unsigned i = 0; i < DCF_PART_COUNT; i++)
		part[i] = all;
	while (!all) {
		const char *comma = memchr(rest.p, ',', rest.len);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.len;
		unsigned i = 0;

		while (i < DCF_PART_COUNT &&
		       !(strlen(dcf_exchange_part_name[i]) == n && memcmp(dcf_exchange_part_name[i], rest.p, n) == 0))
			i++;
		if (i == DCF_PART_COUNT)
			return false;
		part[i] = true;
		if (!comma)
			break;
		rest = (struct dcf_span){ comma + 1, rest.len - n - 1 };
	}
	return true;
}

/* --- requests ---------------------------------------------------------------------------------------------- */

static void request(struct maker *m, const char *method, enum dcf_exchange_right right, uint64_t k, size_t body,
		    struct dcf_load_request *rq)
{
	*rq = (struct dcf_load_request){ .method = method,
					 .path = dcf_span_of(m->path),
					 .headers = dcf_span_of(m->tokens->header[k % DCF_EXCHANGE_MANAGERS][right]),
					 .body = { m->body, body } };
}

static size_t put_intent(struct maker *m, uint64_t k, double lat, double lng, double radius_m, int lower_m, int upper_m)
{
	char id[DCF_ID_TEXT + 1];
	size_t n;

	dcf_exchange_id(dcf_random_next(&m->random), dcf_random_next(&m->random), 0xffff, id);
	(void)snprintf(m->path, sizeof m->path, REFERENCES "/%s", id);
	n = (size_t)snprintf(m->body, sizeof m->body, "{\"extents\":[");
	n += dcf_exchange_volume(m->body + n, sizeof m->body - n, lat, lng, radius_m, lower_m, upper_m);
	n += (size_t)snprintf(m->body + n, sizeof m->body - n,
			      "],\"key\":[],\"state\":\"Accepted\",\"uss_base_url\":\"https://bench%u.uss.test\"}",
			      (unsigned)(k % DCF_EXCHANGE_MANAGERS));
	return n;
}

/* A thousand to a row, rows upward. */
static void make_standing(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	double lat = standing_lat + (double)(k / 1000) * standing_step, lng = standing_lng + (double)(k % 1000) * standing_step;

	(void)connection;
	request(m, "PUT", DCF_RIGHT_INTENTS, k, put_intent(m, k, lat, lng, 1000, 50, 150), rq);
}

static void make_flood(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	uint64_t place = k / FLOOD_LEVELS;
	double lat = flood_lat + (double)(place / FLOOD_SIDE) * flood_step,
	       lng = flood_lng + (double)(place % FLOOD_SIDE) * flood_step;
	int level = (int)(k % FLOOD_LEVELS);

	(void)connection;
	request(m, "PUT", DCF_RIGHT_INTENTS, k, put_intent(m, k, lat, lng, 150, 100 + 200 * level, 200 + 200 * level), rq);
}

static void make_area(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	char id[DCF_ID_TEXT + 1];
	size_t n;

	(void)connection;
	dcf_exchange_id(dcf_random_next(&m->random), dcf_random_next(&m->random), 0xffff, id);
	(void)snprintf(m->path, sizeof m->path, AREAS "/%s", id);
	n = (size_t)snprintf(m->body, sizeof m->body, "{\"extents\":");
	n += dcf_exchange_area(m->body + n, sizeof m->body - n, dcf_random_in(&m->random, -60, 60),
			       dcf_random_in(&m->random, -170, 170), 0.02);
	n += (size_t)snprintf(m->body + n, sizeof m->body - n, ",\"uss_base_url\":\"https://bench%u.uss.test\"}",
			      (unsigned)(k % DCF_EXCHANGE_MANAGERS));
	request(m, "PUT", DCF_RIGHT_AREAS, k, n, rq);
}

static size_t put_question(struct maker *m, double lat, double lng, double side)
{
	size_t n = (size_t)snprintf(m->body, sizeof m->body, "{\"area_of_interest\":");

	(void)snprintf(m->path, sizeof m->path, REFERENCES "/query");
	n += dcf_exchange_area(m->body + n, sizeof m->body - n, lat, lng, side);
	return n + (size_t)snprintf(m->body + n, sizeof m->body - n, "}");
}

/* A square of 0.05 degrees around a standing intent. */
static void make_query(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	uint64_t which = dcf_random_next(&m->random) % (m->standing ? m->standing : 1);
	double lat = standing_lat + (double)(which / 1000) * standing_step - 0.025,
	       lng = standing_lng + (double)(which % 1000) * standing_step - 0.025;

	(void)connection;
	request(m, "POST", DCF_RIGHT_INTENTS, k, put_question(m, lat, lng, 0.05), rq);
}

static bool check_query(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	struct maker *m = ctx;
	size_t at = 0;
	struct dcf_span id;
	uint64_t hits = 0;

	(void)connection;
	(void)k;
	while (dcf_exchange_next(reply->body, &at, "id", &id))
		hits++;
	m->hits += hits;
	m->answers++;
	return reply->status == 200 && (hits > 0 || !m->standing);
}

static void make_flood_query(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	double half = flood_step / 2;

	(void)connection;
	request(m, "POST", DCF_RIGHT_INTENTS, k, put_question(m, flood_lat - half, flood_lng - half, flood_step * FLOOD_SIDE),
		rq);
}

/* An intent over all of it, at all levels, whose key is empty. */
static void make_flood_intent(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	char id[DCF_ID_TEXT + 1];
	double half = flood_step / 2;
	size_t n = (size_t)snprintf(m->body, sizeof m->body, "{\"extents\":[");

	(void)connection;
	dcf_exchange_id(dcf_random_next(&m->random), dcf_random_next(&m->random), 0xffff, id);
	(void)snprintf(m->path, sizeof m->path, REFERENCES "/%s", id);
	n += dcf_exchange_area(m->body + n, sizeof m->body - n, flood_lat - half, flood_lng - half, flood_step * FLOOD_SIDE);
	n += (size_t)snprintf(m->body + n, sizeof m->body - n,
			      "],\"key\":[],\"state\":\"Accepted\",\"uss_base_url\":\"https://bench.uss.test\"}");
	request(m, "PUT", DCF_RIGHT_INTENTS, k, n, rq);
}

static void make_flood_subscription(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;
	char id[DCF_ID_TEXT + 1];
	size_t n = (size_t)snprintf(m->body, sizeof m->body, "{\"extents\":");

	(void)connection;
	dcf_exchange_id(dcf_random_next(&m->random), dcf_random_next(&m->random), 0xffff, id);
	(void)snprintf(m->path, sizeof m->path, SUBSCRIPTIONS "/%s", id);
	n += dcf_exchange_volume(m->body + n, sizeof m->body - n, flood_told_lat, flood_lng, 100 + (double)(k % 100), 0, 100);
	n += (size_t)snprintf(
		m->body + n, sizeof m->body - n,
		",\"notify_for_operational_intents\":true,\"notify_for_constraints\":false,\"uss_base_url\":\"https://bench%u.uss.test\"}",
		(unsigned)(k % DCF_EXCHANGE_MANAGERS));
	request(m, "PUT", DCF_RIGHT_INTENTS, k, n, rq);
}

/* Subscriptions match whatever the height, intents do not: none needs a key. */
static void make_flood_told(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct maker *m = ctx;

	(void)connection;
	request(m, "PUT", DCF_RIGHT_INTENTS, k, put_intent(m, k, flood_told_lat, flood_lng, 100, 20 * (int)k, 20 * (int)k + 10),
		rq);
}

/* --- loads --------------------------------------------------------------------------------------------------- */

static enum dcf_status judge(const char *what, enum dcf_status s, const struct dcf_load_result *r)
{
	if (s == DCF_OK && (r->wrong || r->failed || r->right == 0)) {
		fprintf(stderr, "deconflict: bench: exchange: %s: %llu wrong and %llu missing replies: %s\n", what,
			(unsigned long long)r->wrong, (unsigned long long)r->failed, r->error);
		s = DCF_E_IO;
	}
	return s;
}

static enum dcf_status load(struct maker *m, const char *what, uint64_t requests, double seconds,
			    void (*make)(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq),
			    bool (*check)(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply),
			    struct dcf_exchange_load *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_load_options o = { .url = m->server->url,
				      .connections = CONNECTIONS,
				      .requests = requests,
				      .seconds = seconds,
				      .warmup_s = requests ? 0 : 1,
				      .make = make,
				      .check = check,
				      .ctx = m };
	double before = dcf_server_cpu_s(m->server);
	enum dcf_status s = judge(what, dcf_load_run(&heap, &o, &out->client), &out->client);

	if (out->client.right)
		out->server_cpu_us = (dcf_server_cpu_s(m->server) - before) * 1e6 /
				     (out->client.per_second * (out->client.seconds + o.warmup_s));
	return s;
}

/* --- the flood -------------------------------------------------------------------------------------------------- */

struct flood {
	struct maker maker;
	struct dcf_load_options options;
	struct dcf_load_result result;
	enum dcf_exchange_flooding which;
	uint64_t most_bytes, hits, bytes;
	enum dcf_status status;
};

/* `each`: a member, a text, that stands once in each element of the reply's list, and `besides` times outside of it. */
static const struct {
	const char *what;
	unsigned status;
	const char *each;
	unsigned besides;
	void (*make)(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq);
} floodings[DCF_FLOOD_COUNT] = {
	[DCF_FLOOD_QUERY] = { "the flood", 200, "ovn", 0, make_flood_query },
	[DCF_FLOOD_REFUSED] = { "the flood as what a key lacks", 409, "ovn", 0, make_flood_intent },
	[DCF_FLOOD_TOLD] = { "a flood of subscriptions to tell", 201, "subscription_id", 1, make_flood_told },
};

static bool check_flood(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	struct flood *f = (struct flood *)((char *)ctx - offsetof(struct flood, maker));
	uint64_t bytes = dcf_server_resident(f->maker.server);
	struct dcf_span value;
	size_t at = 0;

	(void)connection;
	(void)k;
	f->most_bytes = bytes > f->most_bytes ? bytes : f->most_bytes;
	f->hits = 0;
	while (dcf_exchange_next(reply->body, &at, floodings[f->which].each, &value))
		f->hits++;
	f->hits -= f->hits < floodings[f->which].besides ? f->hits : floodings[f->which].besides;
	f->bytes = reply->body.len;
	return reply->status == floodings[f->which].status && f->hits >= FLOOD_COUNT;
}

static void *ask_for_all(void *arg)
{
	struct flood *f = arg;
	struct dcf_alloc heap = dcf_alloc_heap();

	f->status = dcf_load_run(&heap, &f->options, &f->result);
	return NULL;
}

/* Others ask for a few at a steady rate: alone, and while one asks for all, again and again. */
static enum dcf_status others(struct maker *m, double seconds, struct dcf_load_result *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_load_options o = { .url = m->server->url,
				      .connections = CONNECTIONS - FLOOD_ASKERS,
				      .seconds = seconds,
				      .warmup_s = 0.5,
				      .rate = others_rate,
				      .make = make_query,
				      .check = check_query,
				      .ctx = m };

	return judge("beside the flood", dcf_load_run(&heap, &o, out), out);
}

static enum dcf_status flood_with(struct maker *m, enum dcf_exchange_flooding which, double seconds,
				  struct dcf_exchange_flood *out)
{
	static struct flood f;
	pthread_t thread;
	enum dcf_status s;

	f = (struct flood){ .maker = *m, .which = which };
	f.options = (struct dcf_load_options){ .url = m->server->url,
					       .connections = 1,
					       .seconds = seconds + 1,
					       .timeout_s = 120,
					       .reply_max = (size_t)256 << 20,
					       .make = floodings[which].make,
					       .check = check_flood,
					       .ctx = &f.maker };
	out->before_bytes = dcf_server_resident(m->server);
	if (pthread_create(&thread, NULL, ask_for_all, &f) != 0)
		return DCF_E_NOMEM;
	s = others(m, seconds, &out->beside);
	(void)pthread_join(thread, NULL);
	s = s == DCF_OK ? judge(floodings[which].what, f.status, &f.result) : s;
	out->asked = f.result;
	out->hits = f.hits;
	out->bytes = f.bytes;
	out->most_bytes = f.most_bytes;
	return s;
}

static enum dcf_status flood(struct maker *m, double seconds, struct dcf_exchange_report *r)
{
	struct dcf_exchange_load fill;
	enum dcf_status s = load(m, "the flood's intents", FLOOD_COUNT, 0, make_flood, NULL, &fill);

	r->others_rate = others_rate;
	s = s == DCF_OK ? others(m, seconds, &r->alone) : s;
	for (unsigned i = 0; s == DCF_OK && i < DCF_FLOOD_COUNT; i++) {
		if (i == DCF_FLOOD_TOLD)
			s = load(m, "the flood's subscriptions", FLOOD_COUNT, 0, make_flood_subscription, NULL, &fill);
		s = s == DCF_OK ? flood_with(m, (enum dcf_exchange_flooding)i, seconds, &r->flood[i]) : s;
	}
	return s;
}

/* --- the whole -------------------------------------------------------------------------------------------- */

static enum dcf_status queries(struct maker *m, uint64_t n, double seconds, struct dcf_exchange_report *r)
{
	enum dcf_status s;

	r->empty_bytes = dcf_server_resident(m->server);
	s = load(m, "standing intents", n, 0, make_standing, NULL, &r->fill);
	m->standing = s == DCF_OK ? n : 0;
	r->standing = m->standing;
	r->standing_bytes = dcf_server_resident(m->server);
	m->hits = m->answers = 0;
	s = s == DCF_OK ? load(m, "queries", 0, seconds, make_query, check_query, &r->queries) : s;
	r->hits = m->answers ? (double)m->hits / (double)m->answers : 0;
	return s;
}

static enum dcf_status fly(const struct maker *m, unsigned planners, enum dcf_exchange_where where, bool subscribed,
			   double seconds, struct dcf_exchange_flights *out)
{
	return dcf_exchange_fly(m->server, m->tokens, planners, where, subscribed, seconds, m->random.state, out);
}

static enum dcf_status measure(struct maker *m, const struct dcf_bench_options *o, struct dcf_exchange_report *r)
{
	double seconds = o->seconds ? o->seconds : 8;
	enum dcf_status s = DCF_OK;

	if (r->did[DCF_PART_BUSY])
		s = fly(m, BUSY, DCF_IN_ONE_CELL, false, seconds, &r->busy);
	if (s == DCF_OK && r->did[DCF_PART_SUBSCRIBED])
		s = fly(m, BUSY, DCF_IN_ONE_CELL, true, seconds, &r->subscribed);
	if (s == DCF_OK && r->did[DCF_PART_SPREAD])
		s = fly(m, CONNECTIONS, DCF_ALL_OVER, false, seconds, &r->spread);
	if (s == DCF_OK && r->did[DCF_PART_ISA])
		s = load(m, "identification service areas", 0, seconds, make_area, NULL, &r->isa);
	if (s == DCF_OK && r->did[DCF_PART_QUERIES])
		s = queries(m, o->n, seconds, r);
	if (s == DCF_OK && r->did[DCF_PART_FLOOD])
		s = flood(m, seconds, r);
	return s;
}

/* Our own server trusts a key that is made here; its public half lies in the temporary folder until the end. */
static enum dcf_status start(struct dcf_server *server, const struct dcf_bench_options *o, struct dcf_exchange_signer **signer,
			     char *file, size_t room)
{
	const char *temporary = getenv("TMPDIR");
	enum dcf_status s = o->token ? DCF_OK : dcf_exchange_signer_new(o->token_key, signer);

	if (s != DCF_OK)
		return s;
	if (o->url) {
		*server = (struct dcf_server){ .own = false };
		(void)snprintf(server->url, sizeof server->url, "%s", o->url);
		if (o->token || o->token_key)
			return DCF_OK;
		fprintf(stderr, "deconflict: bench: exchange: --url needs --token FILE or --token-key FILE\n");
		return DCF_E_USAGE;
	}
	if (o->token) {
		fprintf(stderr, "deconflict: bench: exchange: --token is for --url\n");
		return DCF_E_USAGE;
	}
	(void)snprintf(file, room, "%s/deconflict-bench-%ld.pem", temporary ? temporary : "/tmp", (long)getpid());
	s = dcf_exchange_signer_public(*signer, file);
	if (s == DCF_OK &&
	    (setenv("DECONFLICT_AUTH_JWT_KEY", file, 1) != 0 || setenv("DECONFLICT_AUTH_JWT_AUDIENCE", o->audience, 1) != 0))
		s = DCF_E_NOMEM;
	return s == DCF_OK ? dcf_server_start(server, NULL, NULL) : s;
}

enum dcf_status dcf_bench_exchange(const struct dcf_bench_options *options, struct dcf_bench_report *report)
{
	static struct dcf_exchange_report r;
	static struct dcf_exchange_tokens tokens;
	static struct maker m;
	struct dcf_exchange_signer *signer = NULL;
	struct dcf_server server = { .own = false };
	char file[400] = "";
	enum dcf_status s = start(&server, options, &signer, file, sizeof file);

	r = (struct dcf_exchange_report){ .own_server = server.own, .connections = CONNECTIONS };
	memcpy(r.did, options->part, sizeof r.did);
	m = (struct maker){ .server = &server,
			    .tokens = &tokens,
			    .random = dcf_random_of(options->seed, 8, (uint64_t)time(NULL)) };
	s = s == DCF_OK ? dcf_exchange_tokens(signer, options->audience, options->token, &tokens) : s;
	s = s == DCF_OK ? dcf_server_sync_times(&server, &r.sync_p50_us, &r.sync_p99_us) : s;
	s = s == DCF_OK ? measure(&m, options, &r) : s;
	if (s == DCF_OK && server.own) {
		r.file_bytes = dcf_server_file_bytes(&server);
		s = dcf_server_restart(&server, &r.healthy_s, &r.ready_s);
	}
	dcf_server_stop(&server);
	if (file[0])
		(void)unlink(file);
	dcf_exchange_signer_free(signer);
	report->exchange = &r;
	report->what = "an exchange (F3548-21, F3411-22a), asked over HTTP";
	report->volumes = r.standing;
	return s;
}
