/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/live.h"
#include "bench/key_json.h"

#include <stdio.h>

static void times_json(struct dcf_json *j, const char *key, const struct dcf_live_times *t)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	key_count(j, "count", t->count);
	key_fixed(j, "p50_us", t->p50_us, 2);
	key_fixed(j, "p99_us", t->p99_us, 2);
	key_fixed(j, "p999_us", t->p999_us, 2);
	key_fixed(j, "most_us", t->most_us, 1);
	dcf_json_end(j, '}');
}

void dcf_live_json(const struct dcf_live_figures *f, struct dcf_json *j)
{
	char text[17];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)f->checksum);
	key_count(j, "pairs", f->pairs);
	dcf_json_key(j, "checksum");
	dcf_json_z(j, text);
	key_count(j, "standing_operations", f->standing_ops);
	key_count(j, "standing_volumes", f->standing_volumes);
	key_fixed(j, "load_s", f->load_s, 3);
	key_fixed(j, "bytes_per_volume", f->bytes_per_volume, 1);
	key_fixed(j, "most_bytes_per_volume", f->most_bytes_per_volume, 1);
	key_fixed(j, "p50_us", f->work.p50_us, 2);
	key_fixed(j, "p99_us", f->work.p99_us, 2);
	times_json(j, "work", &f->work);
	times_json(j, "work_cpu", &f->work_cpu);
	times_json(j, "ask", &f->ask);
	times_json(j, "change", &f->change);
	times_json(j, "work_beside_reader", &f->beside);
	times_json(j, "reader", &f->reader);
	key_fixed(j, "conflicts_per_question", f->conflicts, 2);
	key_count(j, "merges", f->merges);
	key_count(j, "merged_boxes", f->merged);
}

static void line(struct dcf_buf *out, const char *what, const struct dcf_live_times *t)
{
	char text[160];

	snprintf(text, sizeof text, "  %-52s %8.2f %8.2f %8.2f %9.1f %9zu\n", what, t->p50_us, t->p99_us, t->p999_us,
		 t->most_us, t->count);
	dcf_buf_z(out, text);
}

void dcf_live_text(const struct dcf_live_figures *f, struct dcf_buf *out)
{
	char text[200];

	snprintf(text, sizeof text, "  %-52s %8s %8s %8s %9s %9s\n", "microseconds", "p50", "p99", "p99.9", "most", "of");
	dcf_buf_z(out, text);
	line(out, "ask, insert, remove, publish while others merge", &f->work);
	line(out, "  in time of the processor", &f->work_cpu);
	line(out, "  of these: ask who is in conflict", &f->ask);
	line(out, "  of these: insert, remove, publish", &f->change);
	line(out, "the same while a third thread asks as well", &f->beside);
	line(out, "that thread: ask who is in conflict", &f->reader);
	snprintf(text, sizeof text, "\n%12zu standing volumes of %zu operations\n%12.2f s to load them\n", f->standing_volumes,
		 f->standing_ops, f->load_s);
	dcf_buf_z(out, text);
	snprintf(text, sizeof text, "%12.1f bytes of index a volume, %.1f at most while at work\n", f->bytes_per_volume,
		 f->most_bytes_per_volume);
	dcf_buf_z(out, text);
	snprintf(text, sizeof text,
		 "%12.2f conflicts a question; at the end %zu pairs, checksum %016llx, as a check finds them\n", f->conflicts,
		 f->pairs, (unsigned long long)f->checksum);
	dcf_buf_z(out, text);
	snprintf(text, sizeof text, "%12llu merges of %.1f million boxes meanwhile\n", (unsigned long long)f->merges,
		 (double)f->merged / 1e6);
	dcf_buf_z(out, text);
}
