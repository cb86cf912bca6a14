/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/node.h"
#include "bench/key_json.h"

#include <stdio.h>

static void load_json(struct dcf_json *j, const char *key, const struct dcf_node_load *l)
{
	if (l->client.right == 0)
		return;
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	key_count(j, "requests", l->client.right);
	key_fixed(j, "per_s", l->client.per_second, 1);
	key_fixed(j, "p50_us", dcf_load_times_us(&l->client.times, 50), 1);
	key_fixed(j, "p99_us", dcf_load_times_us(&l->client.times, 99), 1);
	key_fixed(j, "client_cpu_us", l->client.cpu_s * 1e6 / (double)l->client.sent, 1);
	if (l->server_cpu_us > 0)
		key_fixed(j, "server_cpu_us", l->server_cpu_us, 1);
	dcf_json_end(j, '}');
}

static void times_json(struct dcf_json *j, const char *key, const struct dcf_load_times *times)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	key_fixed(j, "p50_us", dcf_load_times_us(times, 50), 1);
	key_fixed(j, "p99_us", dcf_load_times_us(times, 99), 1);
	key_fixed(j, "most_us", (double)times->max_ns / 1000, 1);
	dcf_json_end(j, '}');
}

static void stretches_json(struct dcf_json *j, const struct dcf_node_report *r)
{
	dcf_json_key(j, "growth");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < r->stretch_count; i++) {
		const struct dcf_node_stretch *s = &r->stretch[i];

		dcf_json_begin(j, '{');
		key_count(j, "entries", s->entries);
		key_count(j, "operations", s->operations);
		key_fixed(j, "per_s", s->declare.per_second, 1);
		times_json(j, "declare", &s->declare.times);
		times_json(j, "get", &s->get.times);
		key_fixed(j, "server_cpu_us", s->server_cpu_us, 1);
		key_count(j, "resident_bytes", s->resident_bytes);
		key_count(j, "file_bytes", s->file_bytes);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

void dcf_node_json(const struct dcf_node_report *r, struct dcf_json *j)
{
	key_count(j, "connections", r->connections);
	key_fixed(j, "sync_p50_us", r->sync_p50_us, 1);
	key_fixed(j, "sync_p99_us", r->sync_p99_us, 1);
	if (r->stretch_count) {
		stretches_json(j, r);
	} else {
		load_json(j, "declare_empty", &r->declare_empty);
		key_count(j, "standing", r->standing);
		key_fixed(j, "fill_s", r->fill_s, 3);
		load_json(j, "declare", &r->declare);
		key_fixed(j, "entries_per_append", r->entries_per_append, 1);
		load_json(j, "get", &r->get);
		load_json(j, "conflicts", &r->conflicts);
	}
	if (!r->own_server)
		return;
	key_count(j, "resident_bytes", r->resident_bytes);
	key_count(j, "file_bytes", r->file_bytes);
	key_fixed(j, "healthy_s", r->healthy_s, 3);
	key_fixed(j, "ready_s", r->ready_s, 3);
}

static void line(struct dcf_buf *out, const char *what, const struct dcf_node_load *l)
{
	char text[200];

	if (l->client.right == 0)
		return;
	snprintf(text, sizeof text,
		 "%-34s %9.0f a second   p50 %7.2f ms   p99 %7.2f ms   CPU %6.1f us (server) %6.1f us (client)\n", what,
		 l->client.per_second, dcf_load_times_us(&l->client.times, 50) / 1000,
		 dcf_load_times_us(&l->client.times, 99) / 1000, l->server_cpu_us,
		 l->client.cpu_s * 1e6 / (double)l->client.sent);
	dcf_buf_z(out, text);
}

void dcf_node_stretch_text(const struct dcf_node_stretch *s, struct dcf_buf *out)
{
	char text[300];

	snprintf(
		text, sizeof text,
		"%9llu entries %7llu operations %6.0f declared a second   p50 %6.2f ms   p99 %6.2f ms   most %5.0f ms   get p50 %5.2f ms   p99 %5.2f ms   "
		"CPU %4.0f us   resident %5.0f MB   record %6.0f MB\n",
		(unsigned long long)s->entries, (unsigned long long)s->operations, s->declare.per_second,
		dcf_load_times_us(&s->declare.times, 50) / 1000, dcf_load_times_us(&s->declare.times, 99) / 1000,
		(double)s->declare.times.max_ns / 1e6, dcf_load_times_us(&s->get.times, 50) / 1000,
		dcf_load_times_us(&s->get.times, 99) / 1000, s->server_cpu_us, (double)s->resident_bytes / 1e6,
		(double)s->file_bytes / 1e6);
	dcf_buf_z(out, text);
}

static void loads_text(const struct dcf_node_report *r, struct dcf_buf *out)
{
	char text[300];

	line(out, "declare, nothing standing", &r->declare_empty);
	snprintf(text, sizeof text, "%llu operations declared in %.1f s, 500 in a request\n", (unsigned long long)r->standing,
		 r->fill_s);
	dcf_buf_z(out, text);
	line(out, "declare, those standing", &r->declare);
	snprintf(text, sizeof text, "%.1f entries in a durable write\n", r->entries_per_append);
	dcf_buf_z(out, text);
	line(out, "get one operation", &r->get);
	line(out, "conflicts of one operation", &r->conflicts);
}

void dcf_node_text(const struct dcf_node_report *r, struct dcf_buf *out)
{
	char text[300];

	snprintf(text, sizeof text, "%u connections, client on this machine; one sync of 4 KiB: p50 %.2f ms, p99 %.2f ms\n",
		 r->connections, r->sync_p50_us / 1000, r->sync_p99_us / 1000);
	dcf_buf_z(out, text);
	for (size_t i = 0; i < r->stretch_count; i++)
		dcf_node_stretch_text(&r->stretch[i], out);
	if (r->stretch_count == 0)
		loads_text(r, out);
	if (!r->own_server)
		return;
	snprintf(text, sizeof text,
		 "resident %.1f MB, record %.1f MB; after a start with all that: healthy in %.3f s, ready in %.3f s\n",
		 (double)r->resident_bytes / 1e6, (double)r->file_bytes / 1e6, r->healthy_s, r->ready_s);
	dcf_buf_z(out, text);
}
