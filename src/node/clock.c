/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t); /* cannot fail for these two */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t system_wall(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_MONOTONIC);
}

struct dcf_clock dcf_clock_system(void)
{
	return (struct dcf_clock){ .wall_us = system_wall, .mono_us = system_mono, .ctx = NULL };
}

static int64_t manual_wall(void *ctx)
{
	return atomic_load(&((struct dcf_clock_manual *)ctx)->wall_us);
}

static int64_t manual_mono(void *ctx)
{
	return atomic_load(&((struct dcf_clock_manual *)ctx)->mono_us);
}

struct dcf_clock dcf_clock_manual_of(struct dcf_clock_manual *m)
{
	return (struct dcf_clock){ .wall_us = manual_wall, .mono_us = manual_mono, .ctx = m };
}

void dcf_clock_manual_pass(struct dcf_clock_manual *m, int64_t us)
{
	atomic_fetch_add(&m->wall_us, us);
	atomic_fetch_add(&m->mono_us, us);
}

void dcf_entry_clock_init(struct dcf_entry_clock *e, struct dcf_clock clock, int64_t last_us)
{
	e->clock = clock;
	atomic_init(&e->last_us, last_us);
}

int64_t dcf_entry_clock_now_us(struct dcf_entry_clock *e)
{
	int64_t now = dcf_clock_wall_us(&e->clock), last = atomic_load(&e->last_us);

	/* A failed exchange reloads `last`. */
	while (now > last)
		if (atomic_compare_exchange_weak(&e->last_us, &last, now))
			return now;
	return last;
}

int64_t dcf_entry_clock_behind_us(struct dcf_entry_clock *e)
{
	int64_t now = dcf_clock_wall_us(&e->clock), last = atomic_load(&e->last_us);

	/* INT64_MIN stands for no entry: nothing is behind it. */
	return now < last ? last - now : 0;
}
