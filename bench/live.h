/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - measuring the live index: a million standing volumes, one operation after the other. */
#ifndef DCF_BENCH_LIVE_H
#define DCF_BENCH_LIVE_H

#include "bench/measure.h"
#include "base/buf.h"
#include "base/json_writer.h"

/* Times of one thread's work on one operation. */
struct dcf_live_times {
	size_t count;
	double p50_us, p99_us, p999_us, most_us;
};

struct dcf_live_figures {
	size_t standing_ops, standing_volumes;
	double load_s;           /* from operations in memory to the first version that shows them */
	double bytes_per_volume; /* of the index, right after loading */
	size_t pairs;            /* at the end, found by asking for every operation and by a check of all at once */
	uint64_t checksum;
	struct dcf_live_times work;        /* ask, insert, remove, publish, while another thread merges */
	struct dcf_live_times work_cpu;    /* in time of the processor: what it costs where others do not take that away */
	struct dcf_live_times ask, change; /* its parts: the question; the rest */
	struct dcf_live_times beside;      /* the same work while a third thread asks */
	struct dcf_live_times reader;      /* that thread's questions */
	double conflicts;                  /* a question, on average */
	uint64_t merges, merged;           /* during the work, and boxes in them */
	double most_bytes_per_volume;      /* of the index with its waste, the most seen during the work */
};

void dcf_live_json(const struct dcf_live_figures *f, struct dcf_json *j);
void dcf_live_text(const struct dcf_live_figures *f, struct dcf_buf *out);

#endif
