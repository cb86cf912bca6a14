/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - what time is it?  The one door to the clocks of the machine, which tests replace.
 *
 * WALL   microseconds since 1970-01-01T00:00:00Z.  May jump either way when somebody sets it.
 * MONO   microseconds since some moment before the start.  Never goes back; for lengths of time only.  Goes on while the
 *        machine sleeps.
 *
 * Times that enter the record come from a `dcf_entry_clock`, which follows the wall clock but never goes back. */
#ifndef DCF_NODE_CLOCK_H
#define DCF_NODE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A value: copy it freely.  Both functions may be called from any thread. */
struct dcf_clock {
	int64_t (*wall_us)(void *ctx);
	int64_t (*mono_us)(void *ctx);
	void *ctx; /* borrowed */
};

/* CLOCK_REALTIME and CLOCK_BOOTTIME of the machine. */
struct dcf_clock dcf_clock_system(void);

static inline int64_t dcf_clock_wall_us(const struct dcf_clock *c)
{
	return c->wall_us(c->ctx);
}

static inline int64_t dcf_clock_mono_us(const struct dcf_clock *c)
{
	return c->mono_us(c->ctx);
}

/* A clock whose hands are turned by the caller: for tests and replays.  Set the members with atomic stores from any thread. */
struct dcf_clock_manual {
	_Atomic int64_t wall_us, mono_us;
};
/* Borrows `m`. */
struct dcf_clock dcf_clock_manual_of(struct dcf_clock_manual *m);
/* Both hands forward by `us`. */
void dcf_clock_manual_pass(struct dcf_clock_manual *m, int64_t us);

/* Time for entries: the wall clock, but never before what was given out last.  While the wall clock stands behind (somebody
 * set it back), the same instant is given out again until it has caught up.  Any thread may ask; each sees no time before one
 * that it, or a thread it heard from, saw. */
struct dcf_entry_clock {
	struct dcf_clock clock;
	_Atomic int64_t last_us;
};

/* `last_us`: the time of the last entry of the record; INT64_MIN when there is none. */
void dcf_entry_clock_init(struct dcf_entry_clock *e, struct dcf_clock clock, int64_t last_us);
int64_t dcf_entry_clock_now_us(struct dcf_entry_clock *e);
/* How far the wall clock stands behind the last time given out, in microseconds; 0 when it does not.  For a gauge and a
 * warning: more than a few seconds means that a clock was set back, or that it ran ahead before. */
int64_t dcf_entry_clock_behind_us(struct dcf_entry_clock *e);

/* Has somebody set the wall clock forward?  What is ended or purged because its time is over cannot be taken back, so whoever
 * does that looks here first: a wall clock that went further than the time that passed by more than `jump_us` is not believed
 * until it has stood so for `grace_us` of that time, or until somebody says that it is right.  What a clock shows at the start,
 * and steps back, are believed: they end nothing. */
enum dcf_clock_news {
	DCF_CLOCK_NO_NEWS,
	DCF_CLOCK_JUMPED,    /* not believed from here on, or anew: it jumped further */
	DCF_CLOCK_BACK,      /* it was set right again */
	DCF_CLOCK_CONFIRMED, /* believed: its time is up, or somebody said so */
};

struct dcf_clock_watch {
	struct dcf_clock clock;
	int64_t jump_us, grace_us; /* jump_us 0: everything is believed */
	int64_t offset_us;         /* wall - mono, as believed */
	int64_t jumped_us;         /* and as it is since the jump */
	int64_t since_us;          /* mono of the jump */
	_Atomic int64_t ahead_us;  /* how far it jumped; 0: believed */
	_Atomic bool trusted;      /* somebody said so */
};

void dcf_clock_watch_init(struct dcf_clock_watch *w, struct dcf_clock clock, int64_t jump_us, int64_t grace_us);
/* Look now, and often: every second or so.  One thread.  `*wall_us` is the time it looked at; it is to be believed when
 * dcf_clock_watch_ahead_us says 0 afterwards. */
enum dcf_clock_news dcf_clock_watch_look(struct dcf_clock_watch *w, int64_t *wall_us);
/* Any thread. */
static inline int64_t dcf_clock_watch_ahead_us(struct dcf_clock_watch *w)
{
	return atomic_load(&w->ahead_us);
}
/* Any thread: the clock is right as it stands.  Means nothing while there is no jump. */
void dcf_clock_watch_trust(struct dcf_clock_watch *w);

#endif
