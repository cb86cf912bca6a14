/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_rate.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

enum { WAYS = 4, KEYS_MIN = 64, KEYS_MAX = 1 << 20 };

/* Tokens are counted in microseconds of waiting: one costs 1e6 / per_s of them, and as much comes back as time passes. */
struct bucket {
	uint8_t key[16];
	int64_t full_at_us; /* when it will be full again if nothing is taken */
	int64_t used_us;    /* 0: never used */
};

struct dcf_rate {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	int64_t token_us, burst_us;
	uint64_t seed; /* so that nobody outside can aim at one set */
	size_t sets, bytes;
	struct bucket buckets[];
};

enum dcf_status dcf_rate_new(const struct dcf_alloc *from, unsigned per_s, unsigned burst, size_t keys, struct dcf_rate **out)
{
	size_t count = KEYS_MIN, bytes;
	struct dcf_rate *r;

	if (per_s == 0 || per_s > 1000000 || burst == 0 || keys > KEYS_MAX)
		return DCF_E_RANGE;
	while (count < keys)
		count *= 2;
	bytes = sizeof *r + count * sizeof r->buckets[0];
	r = dcf_alloc_new(from, bytes);
	if (!r)
		return DCF_E_NOMEM;
	memset(r, 0, bytes);
	r->from = *from;
	r->bytes = bytes;
	r->token_us = 1000000 / (int64_t)per_s;
	r->burst_us = r->token_us * (int64_t)burst;
	r->sets = count / WAYS;
	if (getrandom(&r->seed, sizeof r->seed, 0) != (ssize_t)sizeof r->seed)
		r->seed = (uint64_t)(uintptr_t)r; /* no secret, only harder to aim at */
	if (pthread_mutex_init(&r->lock, NULL) != 0) {
		dcf_alloc_free(from, r, bytes);
		return DCF_E_NOMEM;
	}
	*out = r;
	return DCF_OK;
}

void dcf_rate_free(struct dcf_rate *rate)
{
	struct dcf_alloc from;

	if (!rate)
		return;
	from = rate->from;
	(void)pthread_mutex_destroy(&rate->lock);
	dcf_alloc_free(&from, rate, rate->bytes);
}

static uint64_t mixed(uint64_t h)
{
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* The key's bucket, or the one of its set that was used longest ago, made its own. */
static struct bucket *bucket_of(struct dcf_rate *r, const uint8_t key[static 16], int64_t now_us)
{
	uint64_t a, b;
	struct bucket *set, *oldest;

	memcpy(&a, key, 8);
	memcpy(&b, key + 8, 8);
	set = &r->buckets[mixed(mixed(a ^ r->seed) ^ b) % r->sets * WAYS];
	oldest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].used_us && memcmp(set[i].key, key, 16) == 0)
			return &set[i];
		if (set[i].used_us < oldest->used_us)
			oldest = &set[i];
	}
	memcpy(oldest->key, key, 16);
	oldest->full_at_us = now_us;
	return oldest;
}

bool dcf_rate_take(struct dcf_rate *rate, struct dcf_span key, int64_t now_us, int64_t *wait_ms)
{
	uint8_t bytes[16] = { 0 };
	struct bucket *b;
	int64_t full_at;
	bool ok;

	if (key.len)
		memcpy(bytes, key.p, key.len < 16 ? key.len : 16);
	(void)pthread_mutex_lock(&rate->lock);
	b = bucket_of(rate, bytes, now_us);
	b->used_us = now_us > 0 ? now_us : 1;
	full_at = b->full_at_us > now_us ? b->full_at_us : now_us;
	ok = full_at + rate->token_us - now_us <= rate->burst_us;
	if (ok)
		b->full_at_us = full_at + rate->token_us;
	else
		*wait_ms = (full_at + rate->token_us - now_us - rate->burst_us + 999) / 1000;
	(void)pthread_mutex_unlock(&rate->lock);
	return ok;
}
