/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"
#include "bench/line.h"
#include "bench/key_json.h"

#include <stdio.h>

void dcf_line_json(const struct dcf_line_report *r, struct dcf_json *j)
{
	key_count(j, "rate_per_s", r->rate);
	key_count(j, "sent", r->sent);
	key_count(j, "received", r->received);
	key_fixed(j, "took_s", r->took_s, 3);
	key_fixed(j, "sync_p50_us", r->sync_p50_us, 1);
	key_fixed(j, "sync_p99_us", r->sync_p99_us, 1);
	key_fixed(j, "own_record_p50_us", r->own_p50_us, 0);
	key_fixed(j, "own_record_p99_us", r->own_p99_us, 0);
	key_fixed(j, "one_way_p50_us", r->way_p50_us, 0);
	key_fixed(j, "one_way_p99_us", r->way_p99_us, 0);
	key_fixed(j, "one_way_most_us", r->way_most_us, 0);
	key_fixed(j, "cpu_us", r->cpu_us, 1);
	if (r->links) {
		key_count(j, "links", r->links);
		key_count(j, "alone_bytes", r->alone_bytes);
		key_count(j, "linked_bytes", r->linked_bytes);
	}
}

void dcf_line_text(const struct dcf_line_report *r, struct dcf_buf *out)
{
	char text[900];

	snprintf(text, sizeof text,
		 "%llu notices at %u a second, all there after %.2f s (%.0f a second); %.0f us of CPU for one, both sides "
		 "together\n"
		 "one way, durable on both sides   p50 %.2f ms   p99 %.2f ms   most %.2f ms\n"
		 "  of it in the sender's record   p50 %.2f ms   p99 %.2f ms\n"
		 "one sync of 4 KiB on this disk   p50 %.2f ms   p99 %.2f ms\n",
		 (unsigned long long)r->received, r->rate, r->took_s, (double)r->received / r->took_s, r->cpu_us,
		 r->way_p50_us / 1000, r->way_p99_us / 1000, r->way_most_us / 1000, r->own_p50_us / 1000, r->own_p99_us / 1000,
		 r->sync_p50_us / 1000, r->sync_p99_us / 1000);
	dcf_buf_z(out, text);
	if (r->links) {
		snprintf(text, sizeof text, "%u links on one node             %.1f MB, without a peer %.1f MB\n", r->links,
			 (double)r->linked_bytes / 1e6, (double)r->alone_bytes / 1e6);
		dcf_buf_z(out, text);
	}
}

enum dcf_status dcf_bench_line(const struct dcf_bench_options *options, struct dcf_bench_report *report)
{
	static struct dcf_line_report r;
	enum dcf_status s;

	/* The many links first: memory is that of a node that has just begun. */
	r = (struct dcf_line_report){ .rate = options->n, .seconds = options->seconds ? options->seconds : 10, .links = 100 };
	s = dcf_line_many(&r);
	s = s == DCF_OK ? dcf_line_two(&r) : s;
	report->what = "messages between two nodes over loopback TLS, durable on both sides";
	report->line = &r;
	return s;
}
