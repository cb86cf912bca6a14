/* SPDX-License-Identifier: Apache-2.0 */
#include "core/num.h"
#include "core/planar.h"
#include "lib/lib_int.h"

#include <deconflict/encounter.h>
#include <float.h>

static bool finite(double x)
{
	return x >= -DBL_MAX && x <= DBL_MAX;
}

static bool all_finite(const struct dcf_relative *m)
{
	for (int i = 0; i < 3; i++)
		if (!finite(m->s_m[i]) || !finite(m->v_mps[i]))
			return false;
	return true;
}

enum dcf_status dcf_encounter_cylinder(const struct dcf_relative *motion, double distance_m, double height_m, double from_s,
				       double to_s, bool *meets, double *in_s, double *out_s)
{
	double in = 0, out = 0;

	if (!all_finite(motion) || !(distance_m >= 0 && distance_m <= DBL_MAX) || !(height_m >= 0 && height_m <= DBL_MAX) ||
	    !finite(from_s) || !finite(to_s) || !(from_s <= to_s))
		return DCF_E_RANGE;
	*meets = dcf_cylinder_interval(motion->s_m, motion->v_mps, distance_m, height_m, from_s, to_s, &in, &out);
	*in_s = *meets ? in : 0;
	*out_s = *meets ? out : 0;
	return DCF_OK;
}

enum dcf_status dcf_encounter_nearest(const struct dcf_relative *motion, double from_s, double to_s, double *when_s,
				      double *distance_m)
{
	const double *s = motion->s_m, *v = motion->v_mps;
	double speed2, t, x, y;

	if (!all_finite(motion) || !finite(from_s) || !finite(to_s) || !(from_s <= to_s))
		return DCF_E_RANGE;
	speed2 = v[0] * v[0] + v[1] * v[1];
	t = speed2 > 0 ? -(s[0] * v[0] + s[1] * v[1]) / speed2 : from_s;
	t = t >= from_s ? t : from_s;
	t = t <= to_s ? t : to_s;
	x = s[0] + v[0] * t;
	y = s[1] + v[1] * t;
	*when_s = t;
	*distance_m = dcf_sqrt(x * x + y * y);
	return DCF_OK;
}
