/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "bench/measure.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST_THREADS = 256, TRIAD_ELEMENTS = 16 * 1024 * 1024, TRIAD_TIMES = 5 };

static double seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct dcf_clock dcf_clock_now(void)
{
	return (struct dcf_clock){ seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID) };
}

struct dcf_clock dcf_clock_since(struct dcf_clock from)
{
	struct dcf_clock now = dcf_clock_now();

	return (struct dcf_clock){ now.wall_s - from.wall_s, now.cpu_s - from.cpu_s };
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double dcf_median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, by_value);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

double dcf_percentile(double *values, size_t count, double per_cent)
{
	size_t rank = (size_t)(per_cent / 100 * (double)count + 0.999999);

	qsort(values, count, sizeof *values, by_value);
	return values[rank < 1 ? 0 : rank > count ? count - 1 : rank - 1];
}

struct triad {
	double *a, *b, *c;
	unsigned jobs;
	bool fill;
};

static void triad_job(void *arg, unsigned k)
{
	struct triad *t = arg;
	size_t first = (size_t)TRIAD_ELEMENTS * k / t->jobs, last = (size_t)TRIAD_ELEMENTS * (k + 1) / t->jobs;
	double *restrict a = t->a;
	const double *restrict b = t->b, *restrict c = t->c;

	if (t->fill) {
		for (size_t i = first; i < last; i++) {
			t->a[i] = 0;
			t->b[i] = (double)i;
			t->c[i] = 1;
		}
		return;
	}
	for (size_t i = first; i < last; i++)
		a[i] = b[i] + 3 * c[i];
}

double dcf_triad_gb_s(unsigned threads)
{
	size_t bytes = TRIAD_ELEMENTS * sizeof(double);
	struct triad t = { malloc(bytes), malloc(bytes), malloc(bytes), threads ? threads : 1, true };
	double best = 0;

	if (!t.a || !t.b || !t.c)
		goto done;
	dcf_bench_parallel(&threads, t.jobs, triad_job, &t);
	t.fill = false;
	for (int i = 0; i < TRIAD_TIMES; i++) {
		struct dcf_clock from = dcf_clock_now(), took;
		double rate;

		dcf_bench_parallel(&threads, t.jobs, triad_job, &t);
		took = dcf_clock_since(from);
		rate = 3e-9 * (double)bytes / took.wall_s;
		/* Asking for a result keeps the compiler from leaving the loop out. */
		if (t.a[TRIAD_ELEMENTS / 2] == TRIAD_ELEMENTS / 2 + 3.0 && rate > best)
			best = rate;
	}
done:
	free(t.a);
	free(t.b);
	free(t.c);
	return best;
}

size_t dcf_heap_bytes(void)
{
#if defined(__GLIBC__)
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
#else
	return 0;
#endif
}

size_t dcf_peak_bytes(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? (size_t)u.ru_maxrss * 1024 : 0;
}

static void *counted_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct dcf_counter *c = ctx;
	void *q = c->from.resize(c->from.ctx, p, old_size, new_size);
	size_t live, peak;

	if (!q && new_size)
		return NULL;
	live = atomic_fetch_add(&c->live, new_size - old_size) + new_size - old_size;
	peak = atomic_load(&c->peak);
	/* Unsigned wrap-around makes the sum right; a shrinking block cannot raise the peak. */
	while (new_size > old_size && live > peak && !atomic_compare_exchange_weak(&c->peak, &peak, live))
		;
	return q;
}

struct dcf_alloc dcf_counter_alloc(struct dcf_counter *counter)
{
	return (struct dcf_alloc){ counted_resize, counter };
}

struct crew {
	void (*job)(void *arg, unsigned k);
	void *arg;
	unsigned jobs;
	atomic_uint next;
};

static void *work(void *p)
{
	struct crew *crew = p;
	unsigned k;

	while ((k = atomic_fetch_add(&crew->next, 1)) < crew->jobs)
		crew->job(crew->arg, k);
	return NULL;
}

void dcf_bench_parallel(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg)
{
	unsigned want = *(const unsigned *)ctx, started = 0;
	struct crew crew = { .job = job, .arg = arg, .jobs = jobs };
	pthread_t thread[MOST_THREADS];

	if (want > MOST_THREADS)
		want = MOST_THREADS;
	/* A thread that cannot be started is no error: those that run do its jobs. */
	while (started + 1 < want && started + 1 < jobs && pthread_create(&thread[started], NULL, work, &crew) == 0)
		started++;
	work(&crew);
	while (started)
		pthread_join(thread[--started], NULL);
}
