/* SPDX-License-Identifier: Apache-2.0 */
/* Each connection of the load client is a planner, who has one flight at a time.  The last digits of an intent's id say whose
 * it is, so "asking its USS" is looking into that planner: it knows the OVN once it has the reply to its creation, as a USS
 * does. */
#define _DEFAULT_SOURCE
#include "bench/exchange.h"
#include "bench/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OVN = 132, VOLUME = 800, PATH = 300, BODY_LEAST = 4096, MOST_PLANNERS = 10000 };

#define REFERENCES "/dss/v1/operational_intent_references"

enum step { ASK, CREATE, END };

struct planner {
	enum step step;
	char id[DCF_ID_TEXT + 1], ovn[OVN], volume[VOLUME];
	struct dcf_buf key, body; /* key: texts with commas */
	bool lacking;             /* an OVN that its USS did not know yet */
	int64_t began_ns;
	char path[PATH];
};

struct air {
	const struct dcf_exchange_tokens *tokens;
	struct dcf_exchange_flights *out;
	struct planner *planner;
	enum dcf_exchange_where where;
	bool subscribed;
	struct dcf_random random;
	int64_t count_from_ns, last_ns;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void begin_flight(struct air *a, unsigned which)
{
	struct planner *p = &a->planner[which];
	double lat = 47, lng = 8;

	if (a->where == DCF_ALL_OVER) {
		lat = dcf_random_in(&a->random, -60, -20);
		lng = dcf_random_in(&a->random, -170, 170);
	}
	dcf_exchange_id(dcf_random_next(&a->random), dcf_random_next(&a->random), which, p->id);
	(void)dcf_exchange_volume(p->volume, sizeof p->volume, lat, lng, 500, 50, 150);
	p->ovn[0] = '\0';
	p->key.len = 0;
	p->step = ASK;
	p->began_ns = now_ns();
}

static void put_creation(const struct air *a, struct planner *p, unsigned manager)
{
	char url[64];

	(void)snprintf(url, sizeof url, "https://bench%u.uss.test", manager);
	dcf_buf_z(&p->body, "{\"extents\":[");
	dcf_buf_z(&p->body, p->volume);
	dcf_buf_z(&p->body, "],\"key\":[");
	dcf_buf_span(&p->body, (struct dcf_span){ p->key.p, p->key.len });
	dcf_buf_z(&p->body, "],\"state\":\"Accepted\",\"uss_base_url\":\"");
	dcf_buf_z(&p->body, url);
	if (a->subscribed) {
		dcf_buf_z(&p->body, "\",\"new_subscription\":{\"uss_base_url\":\"");
		dcf_buf_z(&p->body, url);
		dcf_buf_z(&p->body, "\"}}");
	} else {
		dcf_buf_z(&p->body, "\"}");
	}
}

static void make(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct air *a = ctx;
	struct planner *p = &a->planner[connection];
	unsigned manager = connection % DCF_EXCHANGE_MANAGERS;

	(void)k;
	p->body.len = 0;
	if (p->step == ASK) {
		dcf_buf_z(&p->body, "{\"area_of_interest\":");
		dcf_buf_z(&p->body, p->volume);
		dcf_buf_char(&p->body, '}');
		(void)snprintf(p->path, sizeof p->path, REFERENCES "/query");
	} else if (p->step == CREATE) {
		put_creation(a, p, manager);
		(void)snprintf(p->path, sizeof p->path, REFERENCES "/%s", p->id);
	} else {
		(void)snprintf(p->path, sizeof p->path, REFERENCES "/%s/%s", p->id, p->ovn);
	}
	*rq = (struct dcf_load_request){ .method = p->step == ASK      ? "POST"
						   : p->step == CREATE ? "PUT"
								       : "DELETE",
					 .path = dcf_span_of(p->path),
					 .headers = dcf_span_of(a->tokens->header[manager][DCF_RIGHT_INTENTS]),
					 .body = { p->body.p, p->body.len } };
	if (p->step == END)
		rq->body = (struct dcf_span){ NULL, 0 };
}

/* The planner whose intent that is, or NULL. */
static const struct planner *owner(const struct air *a, struct dcf_span id)
{
	char tail[5] = "";
	unsigned long which;

	if (id.len != DCF_ID_TEXT)
		return NULL;
	memcpy(tail, id.p + DCF_ID_TEXT - 4, 4);
	which = strtoul(tail, NULL, 16);
	return which < a->out->planners ? &a->planner[which] : NULL;
}

/* OVNs of the intents that a reply names, each from its USS. */
static void get_keys(struct air *a, struct planner *p, struct dcf_span reply)
{
	size_t at = 0;
	struct dcf_span id;

	p->lacking = false;
	while (dcf_exchange_next(reply, &at, "id", &id)) {
		const struct planner *other = owner(a, id);

		if (!other || memcmp(other->id, id.p, DCF_ID_TEXT) != 0 || other == p)
			continue; /* it has ended, or never was ours */
		if (!other->ovn[0]) {
			p->lacking = true;
			continue;
		}
		if (p->key.len)
			dcf_buf_char(&p->key, ',');
		dcf_buf_char(&p->key, '"');
		dcf_buf_z(&p->key, other->ovn);
		dcf_buf_char(&p->key, '"');
	}
}

static void count(struct air *a, unsigned which)
{
	int64_t now = now_ns();

	if (now >= a->count_from_ns) {
		a->out->flights++;
		dcf_load_times_put(&a->out->time, (uint64_t)(now - a->planner[which].began_ns));
		a->last_ns = now;
	}
	begin_flight(a, which);
}

/* Is the warm-up over? */
static bool counted(const struct air *a)
{
	return now_ns() >= a->count_from_ns;
}

static bool asked(struct air *a, struct planner *p, const struct dcf_load_reply *reply)
{
	if (reply->status != 200)
		return false;
	p->key.len = 0;
	get_keys(a, p, reply->body);
	a->out->waits += p->lacking && counted(a);
	p->step = p->lacking ? ASK : CREATE;
	return true;
}

static bool created(struct air *a, struct planner *p, const struct dcf_load_reply *reply)
{
	struct dcf_span ovn;
	size_t at = 0;

	if (reply->status == 409) {
		a->out->conflicts += counted(a);
		get_keys(a, p, reply->body);
		a->out->waits += p->lacking && counted(a);
		p->step = p->lacking ? ASK : CREATE;
		return true;
	}
	if (reply->status != 201 || !dcf_exchange_next(reply->body, &at, "ovn", &ovn) || ovn.len >= sizeof p->ovn)
		return false;
	memcpy(p->ovn, ovn.p, ovn.len);
	p->ovn[ovn.len] = '\0';
	p->step = END;
	return true;
}

static bool check(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	struct air *a = ctx;
	struct planner *p = &a->planner[connection];
	bool right = true;

	(void)k;
	if (p->step == ASK)
		right = asked(a, p, reply);
	else if (p->step == CREATE)
		right = created(a, p, reply);
	else if ((right = reply->status == 200))
		count(a, connection);
	if (!right)
		begin_flight(a, connection);
	return right;
}

/* Whatever still stands is ended, so that the next part finds the place empty. */
struct sweep {
	const struct air *a;
	unsigned *left;
	char path[PATH];
};

static void make_end(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	struct sweep *s = ctx;
	unsigned which = s->left[k];
	const struct planner *p = &s->a->planner[which];

	(void)connection;
	(void)snprintf(s->path, sizeof s->path, REFERENCES "/%s/%s", p->id, p->ovn);
	*rq = (struct dcf_load_request){ .method = "DELETE",
					 .path = dcf_span_of(s->path),
					 .headers = dcf_span_of(
						 s->a->tokens->header[which % DCF_EXCHANGE_MANAGERS][DCF_RIGHT_INTENTS]) };
}

static enum dcf_status sweep(const struct air *a, const char *url, const struct dcf_alloc *heap)
{
	struct sweep s = { .a = a, .left = calloc(a->out->planners, sizeof *s.left) };
	struct dcf_load_options o = { .url = url, .connections = 1, .make = make_end, .ctx = &s };
	struct dcf_load_result r;
	enum dcf_status st = s.left ? DCF_OK : DCF_E_NOMEM;

	for (unsigned i = 0; s.left && i < a->out->planners; i++)
		if (a->planner[i].step == END)
			s.left[o.requests++] = i;
	if (st == DCF_OK && o.requests)
		st = dcf_load_run(heap, &o, &r);
	free(s.left);
	return st;
}

enum dcf_status dcf_exchange_fly(const struct dcf_server *server, const struct dcf_exchange_tokens *tokens, unsigned planners,
				 enum dcf_exchange_where where, bool subscribed, double seconds, uint64_t seed,
				 struct dcf_exchange_flights *out)
{
	static const double warmup_s = 1;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct air a = { .tokens = tokens,
			 .out = out,
			 .where = where,
			 .subscribed = subscribed,
			 .random = dcf_random_of(seed, 9, (uint64_t)now_ns()) };
	struct dcf_load_options o = { .url = server->url,
				      .connections = planners,
				      .seconds = seconds,
				      .warmup_s = warmup_s,
				      .make = make,
				      .check = check,
				      .ctx = &a };
	double cpu = dcf_server_cpu_s(server);
	enum dcf_status s;

	*out = (struct dcf_exchange_flights){ .planners = planners };
	a.planner = calloc(planners, sizeof *a.planner);
	if (!a.planner)
		return DCF_E_NOMEM;
	for (unsigned i = 0; i < planners; i++) {
		a.planner[i].key.from = a.planner[i].body.from = &heap;
		begin_flight(&a, i);
	}
	a.count_from_ns = now_ns() + (int64_t)(warmup_s * 1e9);
	s = dcf_load_run(&heap, &o, &out->requests);
	if (a.last_ns > a.count_from_ns)
		out->per_second = (double)out->flights * 1e9 / (double)(a.last_ns - a.count_from_ns);
	if (out->flights)
		out->server_cpu_us = (dcf_server_cpu_s(server) - cpu) * 1e6 / (out->per_second * (seconds + warmup_s));
	s = s == DCF_OK ? sweep(&a, server->url, &heap) : s;
	for (unsigned i = 0; i < planners; i++) {
		dcf_buf_free(&a.planner[i].key);
		dcf_buf_free(&a.planner[i].body);
	}
	free(a.planner);
	if (s == DCF_OK && (out->requests.wrong || out->requests.failed)) {
		fprintf(stderr, "deconflict: bench: exchange: %llu wrong and %llu missing replies: %s\n",
			(unsigned long long)out->requests.wrong, (unsigned long long)out->requests.failed, out->requests.error);
		s = DCF_E_IO;
	}
	return s;
}
