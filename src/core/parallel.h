/* SPDX-License-Identifier: Apache-2.0 */
/* parallel.h - work in shares.  The core starts no threads: whoever calls it brings them. */
#ifndef DCF_CORE_PARALLEL_H
#define DCF_CORE_PARALLEL_H

typedef void dcf_job_fn(void *arg, unsigned k);

struct dcf_parallel {
	/* Calls job(arg, k) once for each k in [0, jobs), on any threads, and returns when all are done.
	 * NULL: one after the other. */
	void (*run)(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg);
	void *ctx;
	unsigned threads; /* how many may run at once; 0 and 1: one */
};

static inline unsigned dcf_parallel_threads(const struct dcf_parallel *p)
{
	return p && p->run && p->threads > 1 ? p->threads : 1;
}

static inline void dcf_parallel_run(const struct dcf_parallel *p, unsigned jobs, dcf_job_fn *job, void *arg)
{
	if (jobs > 1 && dcf_parallel_threads(p) > 1) {
		p->run(p->ctx, jobs, job, arg);
		return;
	}
	for (unsigned k = 0; k < jobs; k++)
		job(arg, k);
}

#endif
