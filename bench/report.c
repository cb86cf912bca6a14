/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/report.h"
#include "bench/key_json.h"

#include "base/json_writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The figures that the rivals have to match. */
static const struct dcf_figures *ours(const struct dcf_bench_report *r)
{
	return r->rival_is_exact ? &r->exact : &r->planar;
}

double dcf_report_ratio(const struct dcf_bench_report *r, size_t rival, const char **why)
{
	const struct dcf_figures *f = &r->rival[rival], *us = ours(r);

	*why = NULL;
	if (!f->done)
		*why = f->note;
	else if (!us->done)
		*why = "there is no answer of ours to compare with";
	else if (f->checksum != us->checksum || f->pairs != us->pairs)
		*why = "its pairs differ from ours";
	else if (!(us->cpu_s > 0))
		*why = "ours took no measurable time";
	return *why ? 0 : f->cpu_s / us->cpu_s;
}

static void hex(char text[17], uint64_t v)
{
	for (int i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
	text[16] = '\0';
}

static void key_checksum(struct dcf_json *j, uint64_t v)
{
	char text[17];

	hex(text, v);
	dcf_json_key(j, "checksum");
	dcf_json_z(j, text);
}

static void figures_json(struct dcf_json *j, const struct dcf_figures *f)
{
	key_count(j, "pairs", f->pairs);
	key_checksum(j, f->checksum);
	if (f->volume_pairs)
		key_count(j, "volume_pairs", f->volume_pairs);
	if (f->candidates)
		key_count(j, "candidates", f->candidates);
	key_fixed(j, "cpu_s", f->cpu_s, 6);
	key_fixed(j, "wall_s", f->wall_s, 6);
	key_count(j, "runs", f->runs);
}

static void bytes_json(struct dcf_json *j, const struct dcf_bench_report *r)
{
	double volumes = (double)r->volumes;
	size_t index = r->exact.index_bytes ? r->exact.index_bytes : r->planar.index_bytes;

	if (index)
		key_fixed(j, "index_bytes_per_volume", (double)index / volumes, 1);
	if (r->exact.work_bytes)
		key_fixed(j, "bytes_per_volume", (double)r->exact.work_bytes / volumes, 1);
	if (r->plan_bytes)
		key_fixed(j, "plan_bytes_per_volume", (double)r->plan_bytes / volumes, 1);
}

static void rival_json(struct dcf_json *j, const struct dcf_bench_report *r, size_t i)
{
	const struct dcf_figures *f = &r->rival[i];
	const char *why;
	double ratio = dcf_report_ratio(r, i, &why);

	dcf_json_begin(j, '{');
	dcf_json_key(j, "name");
	dcf_json_z(j, dcf_rivals[i].name);
	if (f->done) {
		figures_json(j, f);
		key_fixed(j, "load_s", f->load_s, 6);
		if (f->index_bytes)
			key_fixed(j, "index_bytes_per_volume", (double)f->index_bytes / (double)r->volumes, 1);
	}
	if (why) {
		dcf_json_key(j, "ratio_cpu");
		dcf_json_null(j);
		dcf_json_key(j, "why");
		dcf_json_z(j, why);
	} else {
		key_fixed(j, "ratio_cpu", ratio, 2);
		key_fixed(j, "ratio_wall", f->wall_s / ours(r)->wall_s, 2);
	}
	if (f->done) {
		dcf_json_key(j, "note");
		dcf_json_z(j, f->note);
	}
	dcf_json_end(j, '}');
}

/* The same pairs with everything that `check` says of them. */
static void answer_json(struct dcf_json *j, const struct dcf_bench_report *r)
{
	dcf_json_key(j, "answer");
	dcf_json_begin(j, '{');
	figures_json(j, &r->answer);
	dcf_json_end(j, '}');
}

static void planar_json(struct dcf_json *j, const struct dcf_bench_report *r)
{
	dcf_json_key(j, "planar");
	dcf_json_begin(j, '{');
	if (r->planar.done)
		figures_json(j, &r->planar);
	if (r->planar.done && r->exact.done && r->planar.cpu_s > 0)
		key_fixed(j, "exact_over_planar_cpu", r->exact.cpu_s / r->planar.cpu_s, 2);
	dcf_json_key(j, "note");
	dcf_json_z(j, r->planar.note);
	dcf_json_end(j, '}');
}

static void read_json(struct dcf_json *j, const struct dcf_bench_report *r)
{
	key_fixed(j, "cpu_s", r->reading.cpu_s, 6);
	key_fixed(j, "wall_s", r->reading.wall_s, 6);
	key_count(j, "runs", r->reading.runs);
	key_fixed(j, "mb_s", r->mb_s, 1);
	key_count(j, "file_bytes", r->file_bytes);
	key_count(j, "peak_bytes", r->peak_bytes);
	key_fixed(j, "peak_over_file", (double)r->peak_bytes / (double)r->file_bytes, 2);
}

void dcf_report_json(const struct dcf_bench_report *r, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out, .indent = 2 };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "bench");
	dcf_json_z(&j, r->options->name);
	key_count(&j, "n", r->options->n);
	key_count(&j, "seed", r->options->seed);
	key_count(&j, "threads", r->options->threads);
	key_count(&j, "volumes", r->volumes);
	if (r->line) {
		dcf_line_json(r->line, &j);
		dcf_json_end(&j, '}');
		dcf_buf_char(out, '\n');
		return;
	}
	if (r->exchange) {
		dcf_exchange_json(r->exchange, &j);
		dcf_json_end(&j, '}');
		dcf_buf_char(out, '\n');
		return;
	}
	if (r->node) {
		dcf_node_json(r->node, &j);
		dcf_json_end(&j, '}');
		dcf_buf_char(out, '\n');
		return;
	}
	if (r->ways) {
		dcf_options_json(r->ways, r->options->options_rival, &j);
		dcf_json_end(&j, '}');
		dcf_buf_char(out, '\n');
		return;
	}
	if (r->live) {
		dcf_live_json(r->live, &j);
		dcf_json_end(&j, '}');
		dcf_buf_char(out, '\n');
		return;
	}
	if (r->exact.done)
		figures_json(&j, &r->exact);
	if (r->file_bytes)
		read_json(&j, r);
	bytes_json(&j, r);
	if (r->triad_gb_s > 0)
		key_fixed(&j, "triad_gb_s", r->triad_gb_s, 2);
	if (r->exponent > 0)
		key_fixed(&j, "exponent", r->exponent, 3);
	if (r->answer.done)
		answer_json(&j, r);
	if (r->planar.note[0] || r->planar.done)
		planar_json(&j, r);
	dcf_json_key(&j, "rivals");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		if (r->options->rival[i])
			rival_json(&j, r, i);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

static void put_fixed(struct dcf_buf *out, double value, int decimals, size_t width)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%.*f", decimals, value);

	if (n >= 0 && (size_t)n < width)
		dcf_buf_fill(out, ' ', width - (size_t)n);
	dcf_buf_z(out, text);
}

static void line(struct dcf_buf *out, const char *name, const struct dcf_figures *f)
{
	char sum[17];

	dcf_buf_z(out, "  ");
	dcf_buf_z(out, name);
	dcf_buf_fill(out, ' ', 9 - strlen(name));
	if (!f->done) {
		dcf_buf_z(out, "not run: ");
		dcf_buf_z(out, f->note);
		return;
	}
	hex(sum, f->checksum);
	put_fixed(out, (double)f->pairs, 0, 8);
	dcf_buf_z(out, " pairs  ");
	dcf_buf_z(out, sum);
	put_fixed(out, f->cpu_s, 4, 11);
	dcf_buf_z(out, " s CPU");
	put_fixed(out, f->wall_s, 4, 11);
	dcf_buf_z(out, " s wall, median of ");
	dcf_buf_i64(out, f->runs);
}

static void rival_line(struct dcf_buf *out, const struct dcf_bench_report *r, size_t i)
{
	const char *why;
	double ratio = dcf_report_ratio(r, i, &why);

	line(out, dcf_rivals[i].name, &r->rival[i]);
	if (!why) {
		dcf_buf_z(out, ", CPU x ");
		put_fixed(out, ratio, 1, 0);
	} else if (r->rival[i].done) {
		dcf_buf_z(out, ", NO RATIO: ");
		dcf_buf_z(out, why);
	}
	if (r->rival[i].done) {
		dcf_buf_z(out, "\n           ");
		dcf_buf_z(out, r->rival[i].note);
	}
	dcf_buf_char(out, '\n');
}

/* One figure with its sentence; nothing when it does not apply. */
static void fact(struct dcf_buf *out, double value, int decimals, const char *what)
{
	if (!(value > 0))
		return;
	put_fixed(out, value, decimals, 12);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, what);
	dcf_buf_char(out, '\n');
}

static void facts(struct dcf_buf *out, const struct dcf_bench_report *r)
{
	double volumes = (double)(r->volumes ? r->volumes : 1);
	size_t index = r->exact.index_bytes ? r->exact.index_bytes : r->planar.index_bytes;

	fact(out, (double)index / volumes, 1, "bytes of index a volume");
	fact(out, (double)r->exact.work_bytes / volumes, 1, "bytes a volume at most while checking");
	fact(out, (double)r->plan_bytes / volumes, 1, "bytes a volume for the operations themselves");
	fact(out, r->exact.pairs ? (double)r->exact.candidates / (double)r->exact.pairs : 0, 2,
	     "candidates a conflict (exact)");
	fact(out, r->planar.volume_pairs ? (double)r->planar.candidates / (double)r->planar.volume_pairs : 0, 2,
	     "candidates a pair of volumes (planar)");
	fact(out, r->planar.cpu_s > 0 ? r->exact.cpu_s / r->planar.cpu_s : 0, 2,
	     "times the planar CPU time for the exact answer");
	fact(out, r->exponent, 3, "scaling exponent, from a tenth of n to n");
	fact(out, r->triad_gb_s, 2, "GB/s memory bandwidth (triad)");
	fact(out, r->mb_s, 1, "MB/s read");
	fact(out, (double)r->file_bytes / 1e6, 1, "MB of file");
	fact(out, r->file_bytes ? (double)r->peak_bytes / (double)r->file_bytes : 0, 2,
	     "times the file's size in memory at most");
}

void dcf_report_text(const struct dcf_bench_report *r, struct dcf_buf *out)
{
	dcf_buf_z(out, "Benchmark ");
	dcf_buf_z(out, r->options->name);
	dcf_buf_z(out, ": ");
	dcf_buf_z(out, r->what);
	dcf_buf_z(out, "\n  operations ");
	dcf_buf_i64(out, r->options->n);
	dcf_buf_z(out, ", volumes ");
	dcf_buf_i64(out, (int64_t)r->volumes);
	dcf_buf_z(out, ", seed ");
	dcf_buf_i64(out, (int64_t)r->options->seed);
	dcf_buf_z(out, ", threads ");
	dcf_buf_i64(out, r->options->threads);
	dcf_buf_z(out, "\n\n");
	if (r->line) {
		dcf_line_text(r->line, out);
		return;
	}
	if (r->exchange) {
		dcf_exchange_text(r->exchange, out);
		return;
	}
	if (r->node) {
		dcf_node_text(r->node, out);
		return;
	}
	if (r->ways) {
		dcf_options_text(r->ways, r->options->options_rival, out);
		return;
	}
	if (r->live) {
		dcf_live_text(r->live, out);
		return;
	}
	if (r->exact.done) {
		line(out, "exact", &r->exact);
		dcf_buf_char(out, '\n');
	}
	if (r->answer.done) {
		line(out, "answer", &r->answer);
		dcf_buf_char(out, '\n');
	}
	if (r->planar.done || r->planar.note[0]) {
		line(out, "planar", &r->planar);
		dcf_buf_char(out, '\n');
	}
	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		if (r->options->rival[i])
			rival_line(out, r, i);
	dcf_buf_char(out, '\n');
	facts(out, r);
}
