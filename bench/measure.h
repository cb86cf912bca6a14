/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - clocks, memory and threads of the benchmark.
 *
 * The only part of the project that reads a clock to judge itself.  Linux only where it asks for
 * memory; elsewhere those figures are 0 and left out. */
#ifndef DCF_BENCH_MEASURE_H
#define DCF_BENCH_MEASURE_H

#include "base/alloc.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Seconds since some fixed instant: passed, and spent computing by all threads of this process. */
struct dcf_clock {
	double wall_s, cpu_s;
};
struct dcf_clock dcf_clock_now(void);
/* What passed since `from`. */
struct dcf_clock dcf_clock_since(struct dcf_clock from);

/* The median of count >= 1 values (the mean of the middle two when even); reorders them. */
double dcf_median(double *values, size_t count);
/* The value that `per_cent` (0..100) of them do not exceed, by nearest rank; reorders them. */
double dcf_percentile(double *values, size_t count, double per_cent);

/* Memory bandwidth in GB/s: best of five STREAM triads a[i] = b[i] + 3 c[i] over three arrays of 128 MiB
 * each, counted as 24 bytes an element, on `threads` threads.  0 when memory is short. */
double dcf_triad_gb_s(unsigned threads);

/* Bytes of the C heap in use, and the most memory this process ever held; 0 where not known. */
size_t dcf_heap_bytes(void);
size_t dcf_peak_bytes(void);

/* An allocator that counts what passes through it; any number of threads.  Set `from`. */
struct dcf_counter {
	struct dcf_alloc from;
	atomic_size_t live, peak;
};
struct dcf_alloc dcf_counter_alloc(struct dcf_counter *counter);

/* The `parallel` of struct dcf_check_options: jobs on as many threads as *(unsigned *)ctx says. */
void dcf_bench_parallel(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg);

#endif
