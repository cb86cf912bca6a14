/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter.h"
#include "core/flat.h"
#include "core/num.h"

/* Is the low end of the vertical gap 0 or under the minimum, exactly? */
static bool levels_near(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum)
{
	int64_t above = DCF_ALT_MIN, below = DCF_ALT_MIN, high;

	if (!dcf_altitude_is_ground(b->lower))
		dcf_altitude_difference(o, b->lower, a->upper, same_ground, &above, &high);
	if (!dcf_altitude_is_ground(a->lower))
		dcf_altitude_difference(o, a->lower, b->upper, same_ground, &below, &high);
	above = above > below ? above : below;
	return above <= 0 || above < minimum;
}

static int32_t middle_lon(const struct dcf_feature *a)
{
	return a->points[0].lon_e7;
}

static enum dcf_filter over_the_ground(const struct dcf_feature *a, const struct dcf_feature *b, double minimum_m)
{
	struct dcf_flat fa, fb;
	double widths = (a->shape == DCF_POLYGON ? 0 : a->radius_m) + (b->shape == DCF_POLYGON ? 0 : b->radius_m);
	double limit = minimum_m + widths, most, other, error, d2, near_m, far_m;
	struct dcf_flat_map m;

	limit += dcf_doubt_m(limit);
	if (!dcf_flat_suits(a) || !dcf_flat_suits(b))
		return DCF_FILTER_UNSURE;
	/* the shape with fewer points is usually the one the other passes by */
	m = dcf_flat_map_at(a->points[0].lat_e7 / 2 + b->points[0].lat_e7 / 2,
			    middle_lon(a->point_count <= b->point_count ? b : a));
	if (m.sec2 > DCF_FLAT_SEC2_MAX) /* above 70 degrees */
		return DCF_FILTER_UNSURE;
	fa.area = a->shape == DCF_POLYGON;
	fb.area = b->shape == DCF_POLYGON;
	most = dcf_flat_lay(&m, a->points, a->point_count, &fa);
	other = dcf_flat_lay(&m, b->points, b->point_count, &fb);
	most = dcf_sqrt(most > other ? most : other) + limit;
	if (most > 600000)
		return DCF_FILTER_UNSURE;
	error = dcf_flat_error_m(&m, most);
	near_m = limit - error;
	far_m = limit + error;
	d2 = dcf_flat_distance2(&fa, &fb, near_m > 0 ? near_m * near_m : -1, far_m * far_m);
	if (d2 > far_m * far_m)
		return DCF_FILTER_APART;
	return near_m > 0 && d2 < near_m * near_m ? DCF_FILTER_CONFLICT : DCF_FILTER_UNSURE;
}

enum dcf_filter dcf_filter_volumes(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o,
				   const struct dcf_minima *minima)
{
	enum dcf_filter f;
	int64_t from, to;

	if (!dcf_pair_window(a, b, &from, &to) || !levels_near(a, b, o, false, minima->vertical_e4))
		return DCF_FILTER_APART;
	f = over_the_ground(a, b, minima->lateral_m);
	/* heights over the ground may compare otherwise where both stand on the same ground */
	return f == DCF_FILTER_CONFLICT && !levels_near(a, b, o, true, minima->vertical_e4) ? DCF_FILTER_UNSURE : f;
}
