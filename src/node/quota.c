/* SPDX-License-Identifier: Apache-2.0 */
#include "node/quota.h"

#include <pthread.h>
#include <string.h>

enum { SLOTS = 61 }; /* this minute and the sixty before it */
#define MINUTE_US (INT64_C(60) * 1000000)

/* One party's: slot[m % SLOTS] of minute m, as far as m is within SLOTS of `minute`, the last one that was looked at. */
struct asker {
	int64_t minute;
	uint64_t total;
	uint64_t slot[SLOTS];
};

struct dcf_quota {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	uint64_t per_hour;
	size_t count, bytes;
	struct asker *asker[]; /* made when it asks first */
};

enum dcf_status dcf_quota_new(const struct dcf_alloc *a, size_t parties, uint64_t per_hour, struct dcf_quota **out)
{
	size_t bytes = sizeof(struct dcf_quota) + parties * sizeof(struct asker *);
	struct dcf_quota *q = dcf_alloc_new(a, bytes);

	if (!q)
		return DCF_E_NOMEM;
	memset(q, 0, bytes);
	q->from = *a;
	q->bytes = bytes;
	q->count = parties;
	q->per_hour = per_hour;
	if (pthread_mutex_init(&q->lock, NULL) != 0) {
		dcf_alloc_free(a, q, bytes);
		return DCF_E_NOMEM;
	}
	*out = q;
	return DCF_OK;
}

void dcf_quota_free(struct dcf_quota *q)
{
	struct dcf_alloc from;

	if (!q)
		return;
	from = q->from;
	for (size_t i = 0; i < q->count; i++)
		dcf_alloc_free(&from, q->asker[i], sizeof *q->asker[i]);
	(void)pthread_mutex_destroy(&q->lock);
	dcf_alloc_free(&from, q, q->bytes);
}

/* Time goes on to `minute`: what is older than an hour is forgotten. */
static void advance(struct asker *k, int64_t minute)
{
	if (minute - k->minute >= SLOTS) {
		*k = (struct asker){ .minute = minute };
		return;
	}
	while (k->minute < minute) {
		k->minute++;
		k->total -= k->slot[k->minute % SLOTS];
		k->slot[k->minute % SLOTS] = 0;
	}
}

/* Until `n` more would pass: as long as it takes for enough of the oldest minutes to be forgotten. */
static int64_t wait_for(const struct asker *k, uint64_t n, uint64_t per_hour, int64_t now_us)
{
	uint64_t left = k->total;

	for (int64_t m = k->minute - SLOTS + 1; m <= k->minute; m++) {
		if (m >= 0)
			left -= k->slot[m % SLOTS];
		if (left + n <= per_hour)
			return (m + SLOTS) * MINUTE_US - now_us;
	}
	return INT64_MAX;
}

static struct asker *asker_of(struct dcf_quota *q, size_t party)
{
	struct asker *k = q->asker[party];

	if (k)
		return k;
	k = q->asker[party] = dcf_alloc_new(&q->from, sizeof *k);
	if (k)
		*k = (struct asker){ 0 };
	return k;
}

enum dcf_status dcf_quota_take(struct dcf_quota *q, size_t party, uint64_t n, bool free_of_bound, int64_t now_us,
			       int64_t *wait_us)
{
	enum dcf_status s = DCF_OK;
	struct asker *k;

	if (party >= q->count)
		return DCF_E_RANGE;
	*wait_us = 0;
	pthread_mutex_lock(&q->lock);
	k = asker_of(q, party);
	if (!k) {
		s = DCF_E_NOMEM;
	} else {
		advance(k, now_us / MINUTE_US);
		if (q->per_hour && !free_of_bound && (n > q->per_hour || k->total > q->per_hour - n)) {
			*wait_us = wait_for(k, n, q->per_hour, now_us);
			s = DCF_E_LIMIT;
		} else {
			k->slot[k->minute % SLOTS] += n;
			k->total += n;
		}
	}
	pthread_mutex_unlock(&q->lock);
	return s;
}

uint64_t dcf_quota_asked(struct dcf_quota *q, size_t party, int64_t now_us)
{
	uint64_t n = 0;

	if (party >= q->count)
		return 0;
	pthread_mutex_lock(&q->lock);
	if (q->asker[party]) {
		advance(q->asker[party], now_us / MINUTE_US);
		n = q->asker[party]->total;
	}
	pthread_mutex_unlock(&q->lock);
	return n;
}

uint64_t dcf_quota_per_hour(const struct dcf_quota *q)
{
	return q->per_hour;
}
