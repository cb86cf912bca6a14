/* SPDX-License-Identifier: Apache-2.0 */
#include "core/altitude.h"
#include "core/num.h"

struct dcf_atmosphere dcf_atmosphere_widest(void)
{
	return (struct dcf_atmosphere){
		.qnh_hpa = { 950, 1050 },
		.geoid_m = { -107, 86 },
		.terrain_e4 = { -1400 * (int64_t)DCF_FT_E4, 29100 * (int64_t)DCF_FT_E4 },
		.transition_altitude_e4 = -1,
		.transition_level = -1,
	};
}

static void join(double a[2], const double b[2], bool *a_given, bool b_given)
{
	if (!b_given)
		return;
	if (!*a_given || b[0] < a[0])
		a[0] = b[0];
	if (!*a_given || b[1] > a[1])
		a[1] = b[1];
	*a_given = true;
}

static void join_terrain(struct dcf_atmosphere *a, const struct dcf_atmosphere *b)
{
	if (!b->terrain_given)
		return;
	if (!a->terrain_given || b->terrain_e4[0] < a->terrain_e4[0])
		a->terrain_e4[0] = b->terrain_e4[0];
	if (!a->terrain_given || b->terrain_e4[1] > a->terrain_e4[1])
		a->terrain_e4[1] = b->terrain_e4[1];
	a->terrain_given = true;
}

void dcf_atmosphere_join(struct dcf_atmosphere *a, const struct dcf_atmosphere *b)
{
	join(a->qnh_hpa, b->qnh_hpa, &a->qnh_given, b->qnh_given);
	join(a->geoid_m, b->geoid_m, &a->geoid_given, b->geoid_given);
	join_terrain(a, b);
	/* Of two transition altitudes the higher is kept and of two levels the higher: they only warn. */
	if (b->transition_altitude_e4 > a->transition_altitude_e4)
		a->transition_altitude_e4 = b->transition_altitude_e4;
	if (b->transition_level > a->transition_level)
		a->transition_level = b->transition_level;
}

/* How far standard pressure altitude stands above MSL altitude at this QNH, in 0.1 mm:
 * 145366.45 ft * (1 - (QNH/1013.25)^0.190284).  Negative above 1013.25 hPa, 0 at it. */
static double std_above_msl_e4(double qnh_hpa)
{
	if (qnh_hpa == 1013.25)
		return 0;
	return 145366.45 * DCF_FT_E4 * (1 - dcf_exp(0.190284 * dcf_log(qnh_hpa / 1013.25)));
}

struct dcf_offsets dcf_offsets_of(const struct dcf_atmosphere *atmosphere)
{
	struct dcf_offsets o = { { 0 }, { 0 } };

	/* MSL = STD - std_above_msl: a low QNH stands lowest. */
	o.low_e4[DCF_REF_STD] = (int64_t)dcf_floor(-std_above_msl_e4(atmosphere->qnh_hpa[0]));
	o.high_e4[DCF_REF_STD] = (int64_t)dcf_ceil(-std_above_msl_e4(atmosphere->qnh_hpa[1]));
	o.low_e4[DCF_REF_AGL] = o.low_e4[DCF_REF_SFC] = atmosphere->terrain_e4[0];
	o.high_e4[DCF_REF_AGL] = o.high_e4[DCF_REF_SFC] = atmosphere->terrain_e4[1];
	o.low_e4[DCF_REF_W84] = (int64_t)dcf_floor(-atmosphere->geoid_m[1] * DCF_M_E4);
	o.high_e4[DCF_REF_W84] = (int64_t)dcf_ceil(-atmosphere->geoid_m[0] * DCF_M_E4);
	return o;
}

bool dcf_altitude_is_ground(struct dcf_altitude alt)
{
	return !alt.unlimited && alt.ref == DCF_REF_SFC && alt.e4 == 0;
}

void dcf_altitude_msl(const struct dcf_offsets *o, struct dcf_altitude alt, bool is_lower, int64_t *low_e4, int64_t *high_e4)
{
	if (alt.unlimited) {
		*low_e4 = *high_e4 = DCF_ALT_MAX;
	} else if (is_lower && dcf_altitude_is_ground(alt)) {
		*low_e4 = *high_e4 = DCF_ALT_MIN;
	} else {
		*low_e4 = alt.e4 + o->low_e4[alt.ref];
		*high_e4 = alt.e4 + o->high_e4[alt.ref];
	}
}

static bool over_ground(struct dcf_altitude a)
{
	return a.ref == DCF_REF_AGL || a.ref == DCF_REF_SFC;
}

void dcf_altitude_difference(const struct dcf_offsets *o, struct dcf_altitude x, struct dcf_altitude y, bool same_ground,
			     int64_t *low_e4, int64_t *high_e4)
{
	bool ground = over_ground(x) && over_ground(y);

	if (!x.unlimited && !y.unlimited && (ground ? same_ground : x.ref == y.ref)) {
		*low_e4 = *high_e4 = x.e4 - y.e4;
	} else if (x.unlimited || y.unlimited) {
		*low_e4 = *high_e4 = x.unlimited && y.unlimited ? 0 : x.unlimited ? DCF_ALT_MAX : -DCF_ALT_MAX;
	} else {
		*low_e4 = x.e4 + o->low_e4[x.ref] - y.e4 - o->high_e4[y.ref];
		*high_e4 = x.e4 + o->high_e4[x.ref] - y.e4 - o->low_e4[y.ref];
	}
}
