/* SPDX-License-Identifier: Apache-2.0 */
/* test_quota.c - questions of an hour against a plain list of them: never more than the bound in any sixty minutes, the wait
 * that is told is long enough and not a minute too long, and nothing is forgotten early nor kept for more than a minute after
 * the hour. */
#include "node/quota.h"
#include "tap.h"

#include <pthread.h>

#define MINUTE (INT64_C(60) * 1000000)
#define HOUR   (60 * MINUTE)

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

enum { ASKED_MOST = 20000, BOUND = 100 };
static struct {
	int64_t at_us;
	uint64_t n;
} asked[ASKED_MOST];
static size_t count;

/* How many came after `since`. */
static uint64_t since(int64_t since_us)
{
	uint64_t n = 0;

	for (size_t i = count; i > 0 && asked[i - 1].at_us > since_us; i--)
		n += asked[i - 1].n;
	return n;
}

static void any_hour_keeps_the_bound(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_quota *q;
	int64_t now = (int64_t)draw(1000 * (uint64_t)HOUR), wait;
	unsigned refused = 0;

	CHECK(dcf_quota_new(&heap, 2, BOUND, &q) == DCF_OK);
	while (count < ASKED_MOST) {
		uint64_t n = 1 + draw(20);
		enum dcf_status s;

		now += (int64_t)draw(draw(50) == 0   ? (uint64_t)(2 * HOUR)
				     : draw(10) == 0 ? (uint64_t)(10 * MINUTE)
						     : (uint64_t)(2 * MINUTE));
		s = dcf_quota_take(q, 1, n, false, now, &wait);
		if (s == DCF_OK) {
			asked[count].at_us = now;
			asked[count++].n = n;
			CHECK(since(now - HOUR) <= BOUND);
		} else {
			CHECK(s == DCF_E_LIMIT && since(now - HOUR - MINUTE) + n > BOUND);
			CHECK(wait > 0 && wait <= HOUR + MINUTE && since(now + wait - HOUR) + n <= BOUND);
			now += wait - 1;
			CHECK(dcf_quota_take(q, 1, n, false, now, &wait) == DCF_E_LIMIT && wait == 1);
			refused++;
		}
		CHECK(dcf_quota_asked(q, 1, now) >= since(now - HOUR) &&
		      dcf_quota_asked(q, 1, now) <= since(now - HOUR - MINUTE));
		if (tap_failed_checks)
			break;
	}
	CHECK(refused > 100 && dcf_quota_asked(q, 0, now) == 0);
	CHECK(dcf_quota_take(q, 0, BOUND + 1, false, now, &wait) == DCF_E_LIMIT && wait == INT64_MAX);
	CHECK(dcf_quota_take(q, 0, BOUND + 1, true, now, &wait) == DCF_OK && dcf_quota_asked(q, 0, now) == BOUND + 1);
	CHECK(dcf_quota_take(q, 2, 1, false, now, &wait) == DCF_E_RANGE && dcf_quota_asked(q, 2, now) == 0);
	dcf_quota_free(q);
	CHECK(dcf_quota_new(&heap, 1, 0, &q) == DCF_OK && dcf_quota_per_hour(q) == 0);
	CHECK(dcf_quota_take(q, 0, UINT64_C(1) << 40, false, now, &wait) == DCF_OK);
	dcf_quota_free(q);
}

static void *ask(void *ctx)
{
	uintptr_t taken = 0;
	int64_t wait;

	for (int i = 0; i < 2000; i++)
		taken += dcf_quota_take(ctx, (size_t)(i % 3), 1, false, HOUR, &wait) == DCF_OK;
	return (void *)taken;
}

static void many_threads_keep_it_together(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_quota *q;
	pthread_t thread[4];
	uintptr_t sum = 0;
	void *taken;

	CHECK(dcf_quota_new(&heap, 3, 1000, &q) == DCF_OK);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&thread[i], NULL, ask, q) == 0);
	for (int i = 0; i < 4; i++) {
		CHECK(pthread_join(thread[i], &taken) == 0);
		sum += (uintptr_t)taken;
	}
	CHECK(sum == 3000);
	dcf_quota_free(q);
}

int main(void)
{
	return TAP_RUN(TAP(any_hour_keeps_the_bound), TAP(many_threads_keep_it_together));
}
