/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - the figures of one benchmark, and how they are shown. */
#ifndef DCF_BENCH_REPORT_H
#define DCF_BENCH_REPORT_H

#include "bench/exchange.h"
#include "bench/figures.h"
#include "bench/line.h"
#include "bench/live.h"
#include "bench/node.h"
#include "bench/options.h"
#include "base/buf.h"

struct dcf_bench_options {
	const char *name;
	uint32_t n; /* 0: the benchmark's own */
	uint64_t seed;
	unsigned threads, runs;
	unsigned seconds;   /* of the benchmark of a node: of each load; 0: 8 */
	uint64_t entries;   /* of the benchmark of a node: to which the record grows; 0: only with the loads */
	const char *rivals; /* as given; NULL: none */
	bool rival[DCF_RIVAL_COUNT];
	bool options_rival[DCF_OPTIONS_RIVALS]; /* of the benchmark of ways out */
	const char *url, *token;                /* of the benchmarks of a node and an exchange: NULL for one of our own */
	const char *token_key,
		*audience; /* of the benchmark of an exchange: file of an RSA key that signs tokens; whom they are for */
	bool part[DCF_PART_COUNT]; /* of the same: what is measured */
	bool json;
};

/* Members that do not apply are 0 and are left out. */
struct dcf_bench_report {
	const struct dcf_bench_options *options;
	const char *what; /* a sentence on the workload */
	size_t volumes;
	struct dcf_figures exact;                               /* the pairs alone */
	struct dcf_figures answer; /* the whole of dcf_check */ /* the pairs alone */
	struct dcf_figures planar;                              /* our kernel on the rivals' polygons */
	struct dcf_figures rival[DCF_RIVAL_COUNT];
	bool rival_is_exact; /* rivals answer the exact question, not the planar one */
	double triad_gb_s, exponent;
	size_t plan_bytes;                          /* memory of the operations themselves */
	const struct dcf_options_figures *ways;     /* of ways out; NULL: another benchmark */
	const struct dcf_live_figures *live;        /* of the live index; NULL: another benchmark */
	const struct dcf_node_report *node;         /* of a node; NULL: another benchmark */
	const struct dcf_exchange_report *exchange; /* of an exchange; NULL: another benchmark */
	const struct dcf_line_report *line;         /* of two nodes; NULL: another benchmark */
	/* of reading */
	size_t file_bytes, peak_bytes;
	double mb_s;
	struct dcf_figures reading; /* its times */
};

/* How many times our CPU time the rival took; 0, with the reason in `why`, when its pairs are not ours
 * or it was not run: then there is no ratio. */
double dcf_report_ratio(const struct dcf_bench_report *report, size_t rival, const char **why);

void dcf_report_json(const struct dcf_bench_report *report, struct dcf_buf *out);
void dcf_report_text(const struct dcf_bench_report *report, struct dcf_buf *out);

#endif
