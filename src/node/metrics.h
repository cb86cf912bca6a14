/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - counters, gauges and histograms, and the page on which Prometheus reads them (text format 0.0.4).
 *
 * Series are made once, at start, and live as long as the registry: making the same one again gives the same one.  Counting is
 * one relaxed atomic addition (a histogram: two) on a cache line of its own, from any thread, without a lock.  Functions take a
 * NULL series as "do not count", so that a failed registration or a test without metrics needs no branches at the caller.
 *
 * Label values must come from our own tables (method, route, status, result), never from a request: at most DCF_METRICS_SERIES
 * series exist. */
#ifndef DCF_NODE_METRICS_H
#define DCF_NODE_METRICS_H

#include "base/buf.h"

enum {
	DCF_METRICS_SERIES = 2048,
	DCF_METRICS_BUCKETS = 24 /* of one histogram, without +Inf */
};

struct dcf_metrics;
struct dcf_counter;   /* only grows */
struct dcf_gauge;     /* goes both ways */
struct dcf_histogram; /* of non-negative whole numbers in a small unit, shown in a larger one */

/* DCF_E_NOMEM.  `a` is copied, its ctx borrowed; it is used while registering only. */
DCF_CHECKED enum dcf_status dcf_metrics_new(const struct dcf_alloc *a, struct dcf_metrics **out);
void dcf_metrics_free(struct dcf_metrics *m);

/* `name` and `help` are literals (borrowed); `labels` is copied: "" or `method="GET",route="/v1/operations"`, escaped already
 * (dcf_metrics_label).  One name has one kind and one help.  NULL when memory is short, the table is full, the name is no
 * metric name, or it exists as another kind. */
struct dcf_counter *dcf_metrics_counter(struct dcf_metrics *m, const char *name, const char *help, const char *labels);
struct dcf_gauge *dcf_metrics_gauge(struct dcf_metrics *m, const char *name, const char *help, const char *labels);
/* A gauge (or, with a name ending in "_total", a counter) whose value is asked for when the page is written: divided by `unit`
 * (1, or 1000000 for microseconds shown in seconds).  Called from the thread that writes the page; false for a NULL `m` or as
 * above. */
bool dcf_metrics_ask(struct dcf_metrics *m, const char *name, const char *help, const char *labels, int64_t (*ask)(void *ctx),
		     void *ctx, int64_t unit);

/* Upper bounds (inclusive), ascending, at most DCF_METRICS_BUCKETS, in the small unit; `unit` of them make one shown: a power
 * of ten up to 10^6. */
struct dcf_buckets {
	size_t count;
	int64_t unit;
	int64_t bound[DCF_METRICS_BUCKETS];
};
extern const struct dcf_buckets dcf_buckets_time; /* microseconds, shown in seconds: 50 us .. 10 s */
extern const struct dcf_buckets dcf_buckets_size; /* 1, 2, 4 .. 4096 and on to 16 Mi: items or bytes */
struct dcf_histogram *dcf_metrics_histogram(struct dcf_metrics *m, const char *name, const char *help, const char *labels,
					    const struct dcf_buckets *buckets);

void dcf_counter_add(struct dcf_counter *c, uint64_t n);
static inline void dcf_counter_one(struct dcf_counter *c)
{
	dcf_counter_add(c, 1);
}
uint64_t dcf_counter_value(const struct dcf_counter *c);
void dcf_gauge_set(struct dcf_gauge *g, int64_t v);
void dcf_gauge_add(struct dcf_gauge *g, int64_t v);
int64_t dcf_gauge_value(const struct dcf_gauge *g);
/* Negative values count as 0. */
void dcf_histogram_take(struct dcf_histogram *h, int64_t v);
/* The upper bound of the bucket that holds the share `q` (0..1) of what was taken; 0 when nothing was, INT64_MAX beyond the
 * last bound.  For our own reports and tests. */
int64_t dcf_histogram_quantile(const struct dcf_histogram *h, double q);

/* Put `key="value"` to `out`, with a comma before it when `out` is not empty; escapes \, " and line ends. */
void dcf_metrics_label(struct dcf_buf *out, const char *key, struct dcf_span value);

/* process_resident_memory_bytes, process_open_fds, process_cpu_seconds_total, process_start_time_seconds (`start_us`, wall
 * clock) as Prometheus' own clients name them, read from /proc when the page is written. */
void dcf_metrics_process(struct dcf_metrics *m, int64_t start_us);

/* The whole page: families sorted by name, one HELP and TYPE each.  Serve as "text/plain; version=0.0.4; charset=utf-8". */
void dcf_metrics_write(struct dcf_metrics *m, struct dcf_buf *out);

#endif
