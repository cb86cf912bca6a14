/* SPDX-License-Identifier: Apache-2.0 */
/* Every pair of volumes, no index: the yardstick at small n. */
#include "bench/rival.h"

#include <stdio.h>

static enum dcf_status brute_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				  void **state, struct dcf_rival_facts *facts)
{
	const struct dcf_planar_world **held = dcf_alloc_new(a, sizeof *held);

	(void)threads;
	if (!held)
		return DCF_E_NOMEM;
	*held = world;
	*state = held;
	snprintf(facts->note, sizeof facts->note, "all pairs, exact integer edge test");
	return DCF_OK;
}

static enum dcf_status brute_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	const struct dcf_planar_world *w = *(const struct dcf_planar_world **)state;
	enum dcf_status s = DCF_OK;

	facts->candidates = 0;
	for (size_t i = 0; i < w->volume_count; i++)
		for (size_t k = i + 1; k < w->volume_count && s == DCF_OK; k++) {
			const struct dcf_planar_volume *a = &w->volumes[i], *b = &w->volumes[k];

			if (!dcf_planar_may_meet(a, b))
				continue;
			facts->candidates++;
			if (dcf_planar_polygons_meet(a, b))
				s = dcf_pairs_add(out, (uint32_t)i, (uint32_t)k);
		}
	return s;
}

static void brute_close(void *state)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	dcf_alloc_free(&heap, state, sizeof(const struct dcf_planar_world *));
}

const struct dcf_rival dcf_rival_brute = { "brute", 20000, brute_open, brute_join, brute_close };
