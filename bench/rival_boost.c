/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival.h"

#include "bench/boost_join.h"
#include <stdio.h>

static enum dcf_status boost_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				  void **state, struct dcf_rival_facts *facts)
{
	(void)threads;
	(void)a; /* C++ containers inside */
	*state = dcf_boost_open(world->volumes, world->volume_count);
	snprintf(facts->note, sizeof facts->note,
		 "Boost %s: packed R-tree of 4D float boxes, Boost.Geometry intersects, 1 thread", dcf_boost_version());
	return *state ? DCF_OK : DCF_E_NOMEM;
}

static bool add(void *ctx, uint32_t a, uint32_t b)
{
	return dcf_pairs_add(ctx, a, b) == DCF_OK;
}

static enum dcf_status boost_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	return dcf_boost_join(state, add, out, &facts->candidates, &facts->index_bytes) ? DCF_OK : DCF_E_NOMEM;
}

static void boost_close(void *state)
{
	dcf_boost_close(state);
}

const struct dcf_rival dcf_rival_boost = { "boost", UINT32_MAX, boost_open, boost_join, boost_close };
