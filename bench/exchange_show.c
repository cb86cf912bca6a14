/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/exchange.h"
#include "bench/key_json.h"

#include <stdio.h>

static void times_json(struct dcf_json *j, const struct dcf_load_times *t)
{
	key_fixed(j, "p50_us", dcf_load_times_us(t, 50), 1);
	key_fixed(j, "p99_us", dcf_load_times_us(t, 99), 1);
	key_fixed(j, "most_us", (double)t->max_ns / 1000, 1);
}

static void requests_json(struct dcf_json *j, const char *key, const struct dcf_load_result *r, double server_cpu_us)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	key_count(j, "requests", r->right);
	key_count(j, "unsent", r->unsent);
	key_fixed(j, "per_s", r->per_second, 1);
	times_json(j, &r->times);
	key_fixed(j, "client_cpu_us", r->sent ? r->cpu_s * 1e6 / (double)r->sent : 0, 1);
	if (server_cpu_us > 0)
		key_fixed(j, "server_cpu_us", server_cpu_us, 1);
	dcf_json_end(j, '}');
}

static void load_json(struct dcf_json *j, const char *key, const struct dcf_exchange_load *l)
{
	requests_json(j, key, &l->client, l->server_cpu_us);
}

static void flights_json(struct dcf_json *j, const char *key, const struct dcf_exchange_flights *f)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	key_count(j, "planners", f->planners);
	key_count(j, "flights", f->flights);
	key_fixed(j, "per_s", f->per_second, 1);
	key_count(j, "conflicts", f->conflicts);
	key_count(j, "waits", f->waits);
	times_json(j, &f->time);
	if (f->server_cpu_us > 0)
		key_fixed(j, "server_cpu_us", f->server_cpu_us, 1);
	requests_json(j, "request", &f->requests, 0);
	dcf_json_end(j, '}');
}

static const char *const flood_key[DCF_FLOOD_COUNT] = {
	[DCF_FLOOD_QUERY] = "flood", [DCF_FLOOD_REFUSED] = "flood_refused", [DCF_FLOOD_TOLD] = "flood_told"
};

static void flood_json(const struct dcf_exchange_report *r, enum dcf_exchange_flooding which, struct dcf_json *j)
{
	const struct dcf_exchange_flood *f = &r->flood[which];

	dcf_json_key(j, flood_key[which]);
	dcf_json_begin(j, '{');
	key_count(j, "hits", f->hits);
	key_count(j, "reply_bytes", f->bytes);
	times_json(j, &f->asked.times);
	key_fixed(j, "others_per_s", r->others_rate, 0);
	if (which == DCF_FLOOD_QUERY)
		requests_json(j, "others_alone", &r->alone, 0);
	requests_json(j, "others_beside", &f->beside, 0);
	if (r->own_server) {
		key_count(j, "resident_before_bytes", f->before_bytes);
		key_count(j, "resident_most_bytes", f->most_bytes);
	}
	dcf_json_end(j, '}');
}

void dcf_exchange_json(const struct dcf_exchange_report *r, struct dcf_json *j)
{
	key_count(j, "connections", r->connections);
	key_fixed(j, "sync_p50_us", r->sync_p50_us, 1);
	key_fixed(j, "sync_p99_us", r->sync_p99_us, 1);
	if (r->did[DCF_PART_BUSY])
		flights_json(j, "busy", &r->busy);
	if (r->did[DCF_PART_SUBSCRIBED])
		flights_json(j, "subscribed", &r->subscribed);
	if (r->did[DCF_PART_SPREAD])
		flights_json(j, "spread", &r->spread);
	if (r->did[DCF_PART_ISA])
		load_json(j, "isa", &r->isa);
	if (r->did[DCF_PART_QUERIES]) {
		key_count(j, "standing", r->standing);
		load_json(j, "fill", &r->fill);
		load_json(j, "queries", &r->queries);
		key_fixed(j, "hits", r->hits, 2);
	}
	if (r->did[DCF_PART_QUERIES] && r->own_server) {
		key_count(j, "empty_bytes", r->empty_bytes);
		key_count(j, "standing_bytes", r->standing_bytes);
	}
	for (unsigned i = 0; r->did[DCF_PART_FLOOD] && i < DCF_FLOOD_COUNT; i++)
		flood_json(r, (enum dcf_exchange_flooding)i, j);
	if (!r->own_server)
		return;
	key_count(j, "file_bytes", r->file_bytes);
	key_fixed(j, "healthy_s", r->healthy_s, 3);
	key_fixed(j, "ready_s", r->ready_s, 3);
}

static void flights_text(struct dcf_buf *out, const char *what, const struct dcf_exchange_flights *f)
{
	char text[400];

	snprintf(
		text, sizeof text,
		"%-34s %8.0f flights a second   p50 %7.2f ms   p99 %7.2f ms   %u planners, %.2f conflicts and %.2f waits a flight\n"
		"%-34s %8.0f a second           p50 %7.2f ms   p99 %7.2f ms   CPU %6.1f us a flight (server)\n",
		what, f->per_second, dcf_load_times_us(&f->time, 50) / 1000, dcf_load_times_us(&f->time, 99) / 1000,
		f->planners, f->flights ? (double)f->conflicts / (double)f->flights : 0,
		f->flights ? (double)f->waits / (double)f->flights : 0, "  its requests", f->requests.per_second,
		dcf_load_times_us(&f->requests.times, 50) / 1000, dcf_load_times_us(&f->requests.times, 99) / 1000,
		f->server_cpu_us);
	dcf_buf_z(out, text);
}

static void load_text(struct dcf_buf *out, const char *what, const struct dcf_load_result *r, double cpu_us)
{
	char text[300];
	int n = snprintf(text, sizeof text, "%-34s %8.0f a second           p50 %7.2f ms   p99 %7.2f ms   most %7.2f ms", what,
			 r->per_second, dcf_load_times_us(&r->times, 50) / 1000, dcf_load_times_us(&r->times, 99) / 1000,
			 (double)r->times.max_ns / 1e6);

	if (cpu_us > 0 && n > 0)
		snprintf(text + n, sizeof text - (size_t)n, "   CPU %6.1f us (server) %6.1f us (client)", cpu_us,
			 r->sent ? r->cpu_s * 1e6 / (double)r->sent : 0);
	dcf_buf_z(out, text);
	dcf_buf_char(out, '\n');
}

static void flood_text(const struct dcf_exchange_report *r, enum dcf_exchange_flooding which, struct dcf_buf *out)
{
	static const char *const what[DCF_FLOOD_COUNT][2] = { { "a question with", "hits" },
							      { "an intent whose key lacks", "OVNs" },
							      { "an intent with", "subscriptions to tell" } };
	const struct dcf_exchange_flood *f = &r->flood[which];
	char text[300];

	snprintf(text, sizeof text, "%s %llu %s: %.1f MB in p50 %.0f ms, most %.0f ms, asked %llu times without a pause\n",
		 what[which][0], (unsigned long long)f->hits, what[which][1], (double)f->bytes / 1e6,
		 dcf_load_times_us(&f->asked.times, 50) / 1000, (double)f->asked.times.max_ns / 1e6,
		 (unsigned long long)f->asked.right);
	dcf_buf_z(out, text);
	load_text(out, "  others meanwhile", &f->beside, 0);
	if (which == DCF_FLOOD_QUERY)
		load_text(out, "  others without it", &r->alone, 0);
	if (r->own_server) {
		snprintf(text, sizeof text, "  resident %.1f MB before, at most %.1f MB\n", (double)f->before_bytes / 1e6,
			 (double)f->most_bytes / 1e6);
		dcf_buf_z(out, text);
	}
}

static void standing_text(const struct dcf_exchange_report *r, struct dcf_buf *out)
{
	char text[300];

	load_text(out, "create an intent, none meets it", &r->fill.client, r->fill.server_cpu_us);
	snprintf(text, sizeof text, "%llu intents standing; a question finds %.1f of them\n", (unsigned long long)r->standing,
		 r->hits);
	dcf_buf_z(out, text);
	load_text(out, "query, those standing", &r->queries.client, r->queries.server_cpu_us);
	if (r->own_server) {
		snprintf(text, sizeof text, "resident %.1f MB with them, %.1f MB before: %.0f bytes each\n",
			 (double)r->standing_bytes / 1e6, (double)r->empty_bytes / 1e6,
			 r->standing ? ((double)r->standing_bytes - (double)r->empty_bytes) / (double)r->standing : 0);
		dcf_buf_z(out, text);
	}
}

void dcf_exchange_text(const struct dcf_exchange_report *r, struct dcf_buf *out)
{
	char text[300];

	snprintf(text, sizeof text, "%u connections, client on this machine; one sync of 4 KiB: p50 %.2f ms, p99 %.2f ms\n",
		 r->connections, r->sync_p50_us / 1000, r->sync_p99_us / 1000);
	dcf_buf_z(out, text);
	if (r->did[DCF_PART_BUSY])
		flights_text(out, "all in one cell", &r->busy);
	if (r->did[DCF_PART_SUBSCRIBED])
		flights_text(out, "all in one cell, with subscriptions", &r->subscribed);
	if (r->did[DCF_PART_SPREAD])
		flights_text(out, "all over the world", &r->spread);
	if (r->did[DCF_PART_ISA])
		load_text(out, "identification service areas, put", &r->isa.client, r->isa.server_cpu_us);
	if (r->did[DCF_PART_QUERIES])
		standing_text(r, out);
	for (unsigned i = 0; r->did[DCF_PART_FLOOD] && i < DCF_FLOOD_COUNT; i++)
		flood_text(r, (enum dcf_exchange_flooding)i, out);
	if (!r->own_server)
		return;
	snprintf(text, sizeof text, "record %.1f MB; after a start with all that: healthy in %.3f s, ready in %.3f s\n",
		 (double)r->file_bytes / 1e6, r->healthy_s, r->ready_s);
	dcf_buf_z(out, text);
}
