/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - the benchmarks themselves: each fills a report. */
#ifndef DCF_BENCH_BENCH_H
#define DCF_BENCH_BENCH_H

#include "bench/report.h"

/* Workload A: the exact answer, its planar variant, and the rivals that are asked for. */
DCF_CHECKED enum dcf_status dcf_bench_volumes(const struct dcf_bench_options *options, struct dcf_bench_report *report);
/* Workload B at 5 NM and 1,000 ft; the one rival is the exact kernel on every pair. */
DCF_CHECKED enum dcf_status dcf_bench_trajectories(const struct dcf_bench_options *options, struct dcf_bench_report *report);
/* Workload A as an operations file in the temporary folder: reading it.  Rivals do not apply.
 * DCF_E_IO when the file cannot be written. */
DCF_CHECKED enum dcf_status dcf_bench_read(const struct dcf_bench_options *options, struct dcf_bench_report *report);
/* Workload B cleared for everyone, and options for one operation among volumes of workload A. */
DCF_CHECKED enum dcf_status dcf_bench_options_run(const struct dcf_bench_options *options, struct dcf_bench_report *report);

/* Workload A standing in a live index, operations that come and go. */
DCF_CHECKED enum dcf_status dcf_bench_live(const struct dcf_bench_options *options, struct dcf_bench_report *report);

/* An exchange over HTTP: flights in one place and all over, service areas, options->n standing intents, large questions. */
DCF_CHECKED enum dcf_status dcf_bench_exchange(const struct dcf_bench_options *options, struct dcf_bench_report *report);

/* Two nodes and what goes between them: options->n messages a second. */
DCF_CHECKED enum dcf_status dcf_bench_line(const struct dcf_bench_options *options, struct dcf_bench_report *report);

#endif
