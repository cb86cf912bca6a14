/* SPDX-License-Identifier: Apache-2.0 */
/* two_threads.h - jobs on two threads, this one and another: for what must be the same on any number of them. */
#ifndef DCF_TEST_TWO_THREADS_H
#define DCF_TEST_TWO_THREADS_H

#include "core/parallel.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct two_threads {
	unsigned jobs;
	dcf_job_fn *job;
	void *arg;
};

static inline void *two_threads_odd(void *p)
{
	struct two_threads *w = p;

	for (unsigned k = 1; k < w->jobs; k += 2)
		w->job(w->arg, k);
	return NULL;
}

/* The `run` of a struct dcf_parallel: even jobs here, odd ones on the other thread; here too where none starts. */
static inline void two_threads_run(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg)
{
	struct two_threads w = { jobs, job, arg };
	pthread_t other;
	bool started = pthread_create(&other, NULL, two_threads_odd, &w) == 0;

	(void)ctx;
	for (unsigned k = 0; k < jobs; k += 2)
		job(arg, k);
	if (started)
		pthread_join(other, NULL);
	else
		two_threads_odd(&w);
}

#define TWO_THREADS ((struct dcf_parallel){ two_threads_run, NULL, 2 })

#endif
