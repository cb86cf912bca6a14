/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"

/* Pins of readers come after the writer's. */
enum { FIRST_VIEW = 1, PINS = FIRST_VIEW + DCF_LIVE_VIEWS };

void dcf_live_pin_writer(struct dcf_live *live)
{
	atomic_store(&live->pin[0].epoch, atomic_load(&live->epoch));
}

void dcf_live_unpin_writer(struct dcf_live *live)
{
	atomic_store(&live->pin[0].epoch, 0);
}

uint64_t dcf_live_oldest(const struct dcf_live *live)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; live->pin && i < PINS; i++) {
		uint64_t e = atomic_load(&live->pin[i].epoch);

		if (e != 0 && e < oldest)
			oldest = e;
	}
	return oldest;
}

/* A free pin, taken.  Each stack begins its search elsewhere, so that threads seldom meet. */
static bool take_pin(struct dcf_live *live, const struct dcf_live_view *view, unsigned *pin)
{
	uint64_t start = (uint64_t)(uintptr_t)view * 0x9e3779b97f4a7c15u >> 40;

	for (unsigned i = 0; i < DCF_LIVE_VIEWS; i++) {
		unsigned k = FIRST_VIEW + (unsigned)((start + i) % DCF_LIVE_VIEWS);
		uint64_t free = 0;

		if (atomic_load_explicit(&live->pin[k].epoch, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&live->pin[k].epoch, &free, atomic_load(&live->epoch))) {
			*pin = k;
			return true;
		}
	}
	return false;
}

/* The version first: what is looked at after it holds all of it. */
static void look(struct dcf_live *live, struct dcf_live_view *view, uint64_t version)
{
	const struct dcf_live_frame *f = atomic_load(&live->frame);

	while (f->from > version)
		f = f->prev;
	view->version = version;
	view->frame = f;
	view->set = atomic_load(&live->set);
}

enum dcf_status dcf_live_enter(struct dcf_live *live, struct dcf_live_view *view)
{
	if (!take_pin(live, view, &view->slot))
		return DCF_E_LIMIT;
	look(live, view, atomic_load(&live->published));
	return DCF_OK;
}

enum dcf_status dcf_live_enter_writer(struct dcf_live *live, struct dcf_live_view *view)
{
	if (!take_pin(live, view, &view->slot))
		return DCF_E_LIMIT;
	look(live, view, atomic_load(&live->published) + 1);
	return DCF_OK;
}

void dcf_live_leave(struct dcf_live *live, struct dcf_live_view *view)
{
	atomic_store(&live->pin[view->slot].epoch, 0);
	view->set = NULL;
	view->frame = NULL;
}
