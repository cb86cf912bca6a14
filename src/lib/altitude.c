/* SPDX-License-Identifier: Apache-2.0 */
#include "core/altitude.h"
#include "core/num.h"
#include "lib/lib_int.h"

#include <deconflict/altitude.h>

#define HIGHEST_E4 ((int64_t)1000000 * DCF_M_E4)

/* The public names are the core's values, so a cast is all it takes. */
_Static_assert((int)DCF_ABOVE_MSL == (int)DCF_REF_MSL && (int)DCF_ABOVE_STD == (int)DCF_REF_STD &&
		       (int)DCF_ABOVE_AGL == (int)DCF_REF_AGL && (int)DCF_ABOVE_SFC == (int)DCF_REF_SFC &&
		       (int)DCF_ABOVE_W84 == (int)DCF_REF_W84 && (int)DCF_REFERENCE_END == (int)DCF_REF_COUNT,
	       "references are numbered as in the core");

struct dcf_air dcf_air_widest(void)
{
	struct dcf_atmosphere a = dcf_atmosphere_widest();

	return (struct dcf_air){
		.qnh_hpa = { a.qnh_hpa[0], a.qnh_hpa[1] },
		.geoid_m = { a.geoid_m[0], a.geoid_m[1] },
		.terrain_e4 = { a.terrain_e4[0], a.terrain_e4[1] },
	};
}

static bool known(enum dcf_reference r)
{
	return (int)r >= 0 && r < DCF_REFERENCE_END;
}

static bool interval_within(const double v[2], double low, double high)
{
	return v[0] >= low && v[1] >= v[0] && high >= v[1];
}

static bool offsets(const struct dcf_air *air, struct dcf_offsets *out)
{
	struct dcf_atmosphere a = dcf_atmosphere_widest();

	if (!interval_within(air->qnh_hpa, 850, 1100) || !interval_within(air->geoid_m, -200, 200) ||
	    air->terrain_e4[0] < -1000 * DCF_M_E4 || air->terrain_e4[1] < air->terrain_e4[0] ||
	    air->terrain_e4[1] > 10000 * DCF_M_E4)
		return false;
	memcpy(a.qnh_hpa, air->qnh_hpa, sizeof a.qnh_hpa);
	memcpy(a.geoid_m, air->geoid_m, sizeof a.geoid_m);
	memcpy(a.terrain_e4, air->terrain_e4, sizeof a.terrain_e4);
	*out = dcf_offsets_of(&a);
	return true;
}

static bool altitude(struct dcf_level level, struct dcf_altitude *out)
{
	*out = (struct dcf_altitude){ .e4 = level.e4, .ref = (uint8_t)level.reference };
	return known(level.reference) && level.e4 >= -HIGHEST_E4 && level.e4 <= HIGHEST_E4;
}

enum dcf_status dcf_level_of(double value, enum dcf_unit unit, enum dcf_reference reference, struct dcf_level *out)
{
	static const double unit_e4[] = {
		[DCF_IN_FEET] = DCF_FT_E4, [DCF_IN_METRES] = DCF_M_E4, [DCF_IN_FLIGHT_LEVELS] = DCF_FL_E4
	};
	double e4;

	if ((int)unit < 0 || unit >= DCF_UNIT_END || !known(reference) ||
	    (unit == DCF_IN_FLIGHT_LEVELS && reference != DCF_ABOVE_STD))
		return DCF_E_RANGE;
	e4 = value * unit_e4[unit];
	if (!(e4 >= -(double)HIGHEST_E4 && e4 <= (double)HIGHEST_E4))
		return DCF_E_RANGE;
	*out = (struct dcf_level){ (int64_t)dcf_floor(e4 + 0.5), reference };
	return DCF_OK;
}

enum dcf_status dcf_level_above_sea(const struct dcf_air *air, struct dcf_level level, int64_t low_high_e4[2])
{
	struct dcf_offsets o;
	struct dcf_altitude x;

	if (!altitude(level, &x) || !offsets(air, &o))
		return DCF_E_RANGE;
	dcf_altitude_msl(&o, x, false, &low_high_e4[0], &low_high_e4[1]);
	return DCF_OK;
}

enum dcf_status dcf_level_difference(const struct dcf_air *air, struct dcf_level x, struct dcf_level y, bool same_ground,
				     int64_t low_high_e4[2])
{
	struct dcf_offsets o;
	struct dcf_altitude p, q;

	if (!altitude(x, &p) || !altitude(y, &q) || !offsets(air, &o))
		return DCF_E_RANGE;
	dcf_altitude_difference(&o, p, q, same_ground, &low_high_e4[0], &low_high_e4[1]);
	return DCF_OK;
}
