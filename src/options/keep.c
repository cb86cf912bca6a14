/* SPDX-License-Identifier: Apache-2.0 */
#include "options/desk_int.h"

/* `n` bytes of `from` in the arena; NULL stays NULL.  False when memory is short. */
static bool keep(struct dcf_arena *arena, const void *from, size_t n, void **to)
{
	*to = NULL;
	if (!from || n == 0)
		return true;
	*to = dcf_arena_get(arena, n);
	if (*to)
		memcpy(*to, from, n);
	return *to != NULL;
}

enum dcf_status dcf_features_keep(const struct dcf_feature *from, uint32_t count, struct dcf_arena *arena,
				  struct dcf_feature **out)
{
	struct dcf_feature *f = dcf_arena_get(arena, (count + 1) * sizeof *f);
	bool ok = f != NULL;

	for (uint32_t i = 0; i < count && ok; i++) {
		void *points, *rings, *waypoints = NULL, *id = NULL;

		f[i] = from[i];
		ok = keep(arena, from[i].points, from[i].point_count * sizeof *from[i].points, &points);
		ok = ok && keep(arena, from[i].rings, from[i].ring_count * sizeof *from[i].rings, &rings);
		if (ok && from[i].shape == DCF_TRAJECTORY)
			ok = keep(arena, from[i].waypoints, from[i].point_count * sizeof *from[i].waypoints, &waypoints);
		/* A part of a split operation has a name of its own. */
		ok = ok && keep(arena, from[i].id.p, from[i].id.len, &id);
		if (!ok)
			break;
		f[i].id.p = id;
		f[i].points = points;
		f[i].rings = rings;
		f[i].waypoints = waypoints;
	}
	*out = f;
	return ok ? DCF_OK : DCF_E_NOMEM;
}
