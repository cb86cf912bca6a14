/* SPDX-License-Identifier: Apache-2.0 */
#include "base/epoch.h"

void dcf_epoch_init(struct dcf_epoch *e, const struct dcf_alloc *a)
{
	e->from = a;
	atomic_init(&e->now, 1);
	for (size_t i = 0; i < DCF_EPOCH_READERS; i++)
		atomic_init(&e->reader[i].at, 0);
}

static void free_first(struct dcf_epoch *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct dcf_epoch_retired *r = &e->retired[e->retired_first + i];

		r->free(r->ctx, r->p);
	}
	e->retired_first += n;
	e->retired_count -= n;
	if (e->retired_count == 0)
		e->retired_first = 0;
}

void dcf_epoch_free(struct dcf_epoch *e)
{
	free_first(e, e->retired_count);
	dcf_alloc_free(e->from, e->retired, e->retired_cap * sizeof *e->retired);
	e->retired = NULL;
	e->retired_cap = 0;
}

unsigned dcf_epoch_enter(struct dcf_epoch *e)
{
	/* Where to look first: a thread's stack differs from the others', so threads seldom meet at one slot. */
	char here;
	unsigned i = (unsigned)((uintptr_t)&here >> 12) % DCF_EPOCH_READERS;

	for (;; i = (i + 1) % DCF_EPOCH_READERS) {
		uint64_t free_slot = 0;

		if (atomic_load_explicit(&e->reader[i].at, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&e->reader[i].at, &free_slot, atomic_load(&e->now)))
			return i;
	}
}

void dcf_epoch_leave(struct dcf_epoch *e, unsigned slot)
{
	atomic_store(&e->reader[slot].at, 0);
}

enum dcf_status dcf_epoch_reserve(struct dcf_epoch *e, size_t n)
{
	void *array = e->retired;
	enum dcf_status s =
		dcf_grow(e->from, &array, &e->retired_cap, e->retired_first + e->retired_count + n, sizeof *e->retired);

	e->retired = array;
	return s;
}

void dcf_epoch_retire(struct dcf_epoch *e, void (*free)(void *ctx, void *p), void *ctx, void *p)
{
	e->retired[e->retired_first + e->retired_count++] = (struct dcf_epoch_retired){ free, ctx, p, atomic_load(&e->now) };
}

void dcf_epoch_turn(struct dcf_epoch *e)
{
	uint64_t oldest = atomic_fetch_add(&e->now, 1) + 1;
	size_t n = 0;

	if (e->retired_count == 0)
		return;
	for (size_t i = 0; i < DCF_EPOCH_READERS; i++) {
		uint64_t at = atomic_load(&e->reader[i].at);

		if (at != 0 && at < oldest)
			oldest = at;
	}
	/* A reader that announced epoch k may hold what was retired in k or later. */
	while (n < e->retired_count && e->retired[e->retired_first + n].at < oldest)
		n++;
	free_first(e, n);
	if (e->retired_first > 4096 && e->retired_first > e->retired_count) {
		memmove(e->retired, e->retired + e->retired_first, e->retired_count * sizeof *e->retired);
		e->retired_first = 0;
	}
}
