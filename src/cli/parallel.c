/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { MAX_THREADS = 1024 };

struct crew {
	atomic_uint next;
	unsigned jobs;
	void (*job)(void *arg, unsigned k);
	void *arg;
};

unsigned dcf_parallel_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

/* Jobs are handed out one by one, so a long one holds up nobody else. */
static void *work(void *p)
{
	struct crew *crew = p;
	unsigned k;

	while ((k = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed)) < crew->jobs)
		crew->job(crew->arg, k);
	return NULL;
}

void dcf_parallel(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg)
{
	unsigned wanted = *(const unsigned *)ctx, started = 0;
	struct crew crew = { .jobs = jobs, .job = job, .arg = arg };
	pthread_t thread[MAX_THREADS];

	if (wanted > MAX_THREADS)
		wanted = MAX_THREADS;
	while (started + 1 < wanted && started + 1 < jobs && pthread_create(&thread[started], NULL, work, &crew) == 0)
		started++;
	work(&crew);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}
