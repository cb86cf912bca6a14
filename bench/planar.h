/* SPDX-License-Identifier: Apache-2.0 */
/* planar.h - workload A on a plane: what the rivals get, and our own kernel too.
 *
 * Every theatre and city lies at its own place of one plane, so that no two of them meet.  Discs and
 * capsules are circumscribed polygons.  Every coordinate is a multiple of 1/64 m below 2^25 m: differences
 * inside one neighbourhood and their products are exact in doubles, so engines that differ in their
 * arithmetic still have to agree on every pair.
 *
 * Two volumes conflict when their parties differ, their polygons share a point (touching counts), their
 * bands share a level (closed) and their windows share an instant of positive length (half-open). */
#ifndef DCF_BENCH_PLANAR_H
#define DCF_BENCH_PLANAR_H

#include "bench/planar_volume.h"
#include "bench/workload.h"

#define DCF_PLANAR_UNITS_A_M 64.0

struct dcf_planar_world {
	const struct dcf_alloc *from;
	struct dcf_planar_volume *volumes;
	size_t volume_count, volume_cap;
	double *xy;                      /* the vertices of all volumes, in their order */
	size_t number_count, number_cap; /* doubles in xy */
	uint32_t operation_count;
};

/* Make workload A on the plane.  `world` zeroed; on failure it is left freed. */
DCF_CHECKED enum dcf_status dcf_planar_make(const struct dcf_bench_spec *spec, const struct dcf_alloc *a,
					    struct dcf_planar_world *world);
void dcf_planar_free(struct dcf_planar_world *world);

/* xmin, ymin, xmax, ymax of a volume's polygon. */
void dcf_planar_bounds(const struct dcf_planar_volume *v, double bounds[4]);

/* The yardstick of the polygon test: every edge against every edge and one vertex of each in the other,
 * in 64-bit integers of 1/64 m.  Exact for polygons whose joint extent is below 2^24 m. */
bool dcf_planar_polygons_meet(const struct dcf_planar_volume *a, const struct dcf_planar_volume *b);

#endif
