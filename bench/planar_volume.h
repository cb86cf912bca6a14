/* SPDX-License-Identifier: Apache-2.0 */
/* planar_volume.h - one volume on the plane, for C and for C++ (the rivals' side of planar.h). */
#ifndef DCF_BENCH_PLANAR_VOLUME_H
#define DCF_BENCH_PLANAR_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

struct dcf_planar_volume {
	const double *xy; /* count vertices, x then y, metres; no vertex repeated, simple, either winding */
	uint32_t count;
	uint32_t party, operation;
	int32_t lower_e4, upper_e4; /* 0.1 mm */
	int32_t start_ms, end_ms;
};

/* Different parties, bands and windows that meet: all that is asked beside the polygons. */
static inline bool dcf_planar_may_meet(const struct dcf_planar_volume *a, const struct dcf_planar_volume *b)
{
	return a->party != b->party && a->lower_e4 <= b->upper_e4 && b->lower_e4 <= a->upper_e4 && a->start_ms < b->end_ms &&
	       b->start_ms < a->end_ms;
}

#endif
