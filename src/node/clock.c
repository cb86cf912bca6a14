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
	return read_clock(CLOCK_BOOTTIME);
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

void dcf_clock_watch_init(struct dcf_clock_watch *w, struct dcf_clock clock, int64_t jump_us, int64_t grace_us)
{
	w->clock = clock;
	w->jump_us = jump_us;
	w->grace_us = grace_us;
	w->offset_us = w->jumped_us = dcf_clock_wall_us(&clock) - dcf_clock_mono_us(&clock);
	w->since_us = 0;
	atomic_init(&w->ahead_us, 0);
	atomic_init(&w->trusted, false);
}

static enum dcf_clock_news believe(struct dcf_clock_watch *w, int64_t offset, enum dcf_clock_news news)
{
	w->offset_us = offset;
	atomic_store(&w->ahead_us, 0);
	atomic_store(&w->trusted, false);
	return news;
}

enum dcf_clock_news dcf_clock_watch_look(struct dcf_clock_watch *w, int64_t *wall_us)
{
	/* Mono first: a pause between the two looks like a jump, and never hides one. */
	int64_t mono = dcf_clock_mono_us(&w->clock), wall = dcf_clock_wall_us(&w->clock), offset = wall - mono;
	bool held = atomic_load(&w->ahead_us) != 0;

	*wall_us = wall;
	if (w->jump_us == 0 || offset - w->offset_us <= w->jump_us)
		return believe(w, offset, held ? DCF_CLOCK_BACK : DCF_CLOCK_NO_NEWS);
	if (!held || offset - w->jumped_us > w->jump_us) {
		/* What was said before was said of another clock. */
		atomic_store(&w->trusted, false);
		w->jumped_us = offset;
		w->since_us = mono;
		atomic_store(&w->ahead_us, offset - w->offset_us);
		return DCF_CLOCK_JUMPED;
	}
	/* It may have been set back in part, or drift. */
	w->jumped_us = offset;
	atomic_store(&w->ahead_us, offset - w->offset_us);
	return atomic_load(&w->trusted) || mono - w->since_us >= w->grace_us ? believe(w, offset, DCF_CLOCK_CONFIRMED)
									     : DCF_CLOCK_NO_NEWS;
}

void dcf_clock_watch_trust(struct dcf_clock_watch *w)
{
	if (atomic_load(&w->ahead_us) != 0)
		atomic_store(&w->trusted, true);
}
