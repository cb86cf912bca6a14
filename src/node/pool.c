/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"

#include <pthread.h>

enum { POOL_THREADS = 16 };

struct job {
	void (*run)(void *ctx);
	void *ctx;
};

/* A ring of jobs under one lock: each takes milliseconds, so the lock is nothing. */
struct dcf_pool {
	const struct dcf_alloc *from;
	pthread_t thread[POOL_THREADS];
	unsigned threads;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct job *job;
	size_t most, first, count;
	bool ending;
};

static void *work(void *ctx)
{
	struct dcf_pool *p = ctx;

	pthread_mutex_lock(&p->lock);
	while (!p->ending || p->count) {
		struct job j;

		if (!p->count) {
			pthread_cond_wait(&p->came, &p->lock);
			continue;
		}
		j = p->job[p->first];
		p->first = (p->first + 1) % p->most;
		p->count--;
		pthread_mutex_unlock(&p->lock);
		j.run(j.ctx);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

enum dcf_status dcf_pool_start(const struct dcf_alloc *a, unsigned threads, size_t most, struct dcf_pool **out)
{
	struct dcf_pool *p = dcf_alloc_new(a, sizeof *p);

	if (!p)
		return DCF_E_NOMEM;
	*p = (struct dcf_pool){ .from = a, .most = most };
	p->job = dcf_alloc_new(a, most * sizeof *p->job);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->came, NULL);
	for (unsigned i = 0; p->job && i < threads && i < POOL_THREADS; i++)
		if (pthread_create(&p->thread[p->threads], NULL, work, p) == 0)
			p->threads++;
	if (p->threads == 0) {
		dcf_pool_stop(p);
		return DCF_E_NOMEM;
	}
	*out = p;
	return DCF_OK;
}

bool dcf_pool_put(struct dcf_pool *p, void (*run)(void *ctx), void *ctx)
{
	bool fits;

	pthread_mutex_lock(&p->lock);
	fits = p->count < p->most && !p->ending;
	if (fits) {
		p->job[(p->first + p->count++) % p->most] = (struct job){ run, ctx };
		pthread_cond_signal(&p->came);
	}
	pthread_mutex_unlock(&p->lock);
	return fits;
}

void dcf_pool_stop(struct dcf_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->came);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	pthread_cond_destroy(&p->came);
	pthread_mutex_destroy(&p->lock);
	dcf_alloc_free(p->from, p->job, p->most * sizeof *p->job);
	dcf_alloc_free(p->from, p, sizeof *p);
}
