/* SPDX-License-Identifier: Apache-2.0 */
#include "node/whereabouts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { FIRST_ROOM = 64, CELLS_MOST = 16 * DCF_WHEREABOUTS_SLICE /* looked into in one go */ };

/* Open addressing; a cell is taken where `used` says so, and at most half of them are. */
struct cell {
	bool used;
	struct dcf_last_seen seen;
};

struct dcf_whereabouts {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	struct cell *cell;
	size_t room; /* a power of two; 0 at first */
	size_t turn; /* where tending goes on */
	_Atomic size_t count;
};

enum dcf_status dcf_whereabouts_new(const struct dcf_alloc *a, struct dcf_whereabouts **out)
{
	struct dcf_whereabouts *t = dcf_alloc_new(a, sizeof *t);

	if (!t)
		return DCF_E_NOMEM;
	memset(t, 0, sizeof *t);
	t->from = *a;
	if (pthread_mutex_init(&t->lock, NULL) != 0) {
		dcf_alloc_free(a, t, sizeof *t);
		return DCF_E_NOMEM;
	}
	*out = t;
	return DCF_OK;
}

void dcf_whereabouts_free(struct dcf_whereabouts *t)
{
	struct dcf_alloc from;

	if (!t)
		return;
	from = t->from;
	dcf_alloc_free(&from, t->cell, t->room * sizeof *t->cell);
	(void)pthread_mutex_destroy(&t->lock);
	dcf_alloc_free(&from, t, sizeof *t);
}

/* Serials follow each other: spread them. */
static size_t home(const struct dcf_whereabouts *t, uint64_t serial)
{
	return (size_t)((serial * 0x9e3779b97f4a7c15u) >> 32) & (t->room - 1);
}

/* The cell that has the serial, or the empty one where it belongs; there is room. */
static struct cell *find(const struct dcf_whereabouts *t, uint64_t serial)
{
	size_t i = home(t, serial);

	while (t->cell[i].used && t->cell[i].seen.serial != serial)
		i = (i + 1) & (t->room - 1);
	return &t->cell[i];
}

static enum dcf_status grow(struct dcf_whereabouts *t)
{
	const struct dcf_whereabouts old = { .cell = t->cell, .room = t->room };
	size_t room = old.room ? 2 * old.room : FIRST_ROOM;
	struct cell *cell = dcf_alloc_new(&t->from, room * sizeof *cell);

	if (!cell)
		return DCF_E_NOMEM;
	memset(cell, 0, room * sizeof *cell);
	t->cell = cell;
	t->room = room;
	for (size_t i = 0; i < old.room; i++)
		if (old.cell[i].used)
			*find(t, old.cell[i].seen.serial) = old.cell[i];
	dcf_alloc_free(&t->from, old.cell, old.room * sizeof *old.cell);
	return DCF_OK;
}

static enum dcf_status put(struct dcf_whereabouts *t, const struct dcf_last_seen *seen, struct dcf_last_seen *held)
{
	struct cell *c = t->room ? find(t, seen->serial) : NULL;

	if (c && c->used) {
		/* Of an earlier flight nothing holds.  One that asks late for a flight that is over comes too late. */
		if (c->seen.life > seen->life || (c->seen.life == seen->life && c->seen.said.time_us > seen->said.time_us)) {
			*held = c->seen;
			return DCF_E_REFUSED;
		}
		c->seen = *seen;
		return DCF_OK;
	}
	if (t->count >= DCF_WHEREABOUTS_MAX)
		return DCF_E_LIMIT;
	if (2 * (t->count + 1) > t->room && grow(t) != DCF_OK)
		return DCF_E_NOMEM;
	*find(t, seen->serial) = (struct cell){ true, *seen };
	t->count++;
	return DCF_OK;
}

enum dcf_status dcf_whereabouts_put(struct dcf_whereabouts *t, const struct dcf_last_seen *seen, struct dcf_last_seen *held)
{
	enum dcf_status s;

	pthread_mutex_lock(&t->lock);
	s = put(t, seen, held);
	pthread_mutex_unlock(&t->lock);
	return s;
}

bool dcf_whereabouts_get(struct dcf_whereabouts *t, uint64_t serial, uint32_t life, struct dcf_last_seen *out)
{
	const struct cell *c;
	bool found;

	pthread_mutex_lock(&t->lock);
	c = t->room ? find(t, serial) : NULL;
	found = c && c->used && c->seen.life == life;
	if (found)
		*out = c->seen;
	pthread_mutex_unlock(&t->lock);
	return found;
}

/* Empty the cell, and move up what stands behind it for want of room before it. */
static void forget(struct dcf_whereabouts *t, size_t hole)
{
	size_t mask = t->room - 1;

	for (size_t i = (hole + 1) & mask; t->cell[i].used; i = (i + 1) & mask) {
		size_t from_home = (i - home(t, t->cell[i].seen.serial)) & mask;

		if (from_home >= ((i - hole) & mask)) {
			t->cell[hole] = t->cell[i];
			hole = i;
		}
	}
	/* A position that is gone is not left lying about. */
	t->cell[hole] = (struct cell){ .used = false };
	t->count--;
}

void dcf_whereabouts_tend(struct dcf_whereabouts *t, bool (*over)(void *ctx, uint64_t serial, uint32_t life), void *ctx)
{
	size_t asked = 0;

	if (t->count == 0)
		return;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->room && i < CELLS_MOST && asked < DCF_WHEREABOUTS_SLICE && t->count > 0; i++) {
		const struct cell *c = &t->cell[t->turn & (t->room - 1)];

		/* What moves up into a cell that was emptied is asked about next. */
		asked += c->used;
		if (c->used && over(ctx, c->seen.serial, c->seen.life))
			forget(t, t->turn & (t->room - 1));
		else
			t->turn = (t->turn + 1) & (t->room - 1);
	}
	pthread_mutex_unlock(&t->lock);
}

size_t dcf_whereabouts_count(const struct dcf_whereabouts *t)
{
	return t->count;
}
