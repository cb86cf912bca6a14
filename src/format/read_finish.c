/* SPDX-License-Identifier: Apache-2.0 */
/* read_finish.c - doubts that only show when every input is in.
 *
 * SWAPPED.  A position [lat, lon] written where [lon, lat] belongs lies far from everything else, and swapping it back brings
 * it near. The rule, on the angles of the sphere: let C be the middle (the median of the latitudes and of the longitudes) of
 * the other features' first positions and of all places, and S their median distance from it.  A position P of a feature is
 * doubtful when angle(P, C) > 20 degrees, > 5 S, and angle(P swapped, C) < max(3 degrees, 2 S). With many features the middle
 * of all, or of a sample, stands for that of the others.  Two features that disagree are both named.
 *
 * LEVELS.  Where a transition level is published, altitudes over standard pressure below it, and altitudes over mean sea level
 * between the transition altitude and the level, are ones that nobody is cleared to fly.
 *
 * NAMES.  A party that only an agreement or a disclosure speaks of is perhaps a party written in another way. */
#include "core/altitude.h"
#include "core/geodesy.h"
#include "core/num.h"
#include "format/read_limits.h"

#include <string.h>

enum {
	FEW = 64,           /* up to here every feature is compared with exactly the others */
	MANY = 4096,        /* as many positions, evenly taken, are enough for a middle */
	FAR_E7 = 200000000, /* 20 degrees */
	HALF_TURN_E7 = 1800000000
};

#define FAR_RAD  (20 * DCF_RAD_PER_DEG)
#define NEAR_RAD (3 * DCF_RAD_PER_DEG)

static enum dcf_status warn(struct dcf_plan *plan, const struct dcf_feature *f, const char *field, const char *text)
{
	struct dcf_remark m = { .where = f->where, .field = dcf_span_of(field), .text = dcf_span_of(text) };

	if (f->operation != DCF_NONE) {
		m.party = plan->parties[f->party].id;
		m.operation = plan->operations[f->operation].id;
	}
	return dcf_plan_remark(plan, &m);
}

/* --- swapped -------------------------------------------------------------------------------------- */

struct middle {
	struct dcf_latlon at;
	struct dcf_vec v;
	double spread_rad;
};

static void sink(int64_t *a, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		int64_t t = a[i];

		if (child + 1 < n && a[child] < a[child + 1])
			child++;
		if (t >= a[child])
			return;
		a[i] = a[child];
		a[child] = t;
	}
}

/* The middle of n values (the lower of two), which are put in order. */
static int64_t median(int64_t *a, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(a, i, n);
	for (size_t i = n; i-- > 1;) {
		int64_t t = a[0];

		a[0] = a[i];
		a[i] = t;
		sink(a, 0, i);
	}
	return a[(n - 1) / 2];
}

static double angle(struct dcf_vec a, struct dcf_vec b)
{
	return dcf_atan2(dcf_vec_length(dcf_vec_cross(a, b)), dcf_vec_dot(a, b));
}

/* Longitudes are counted from that of the first position, so that the antimeridian is an ordinary place. */
static int64_t turned(int64_t lon, int64_t from)
{
	int64_t d = lon - from;

	return d > HALF_TURN_E7 ? d - 2 * (int64_t)HALF_TURN_E7 : d <= -HALF_TURN_E7 ? d + 2 * (int64_t)HALF_TURN_E7 : d;
}

/* The middle of p[0..n) but p[without]; `work` has room for n. */
static bool middle_of(const struct dcf_latlon *p, size_t n, size_t without, int64_t *work, struct middle *m)
{
	size_t k = 0, from = without == 0 ? 1 : 0;

	if (n - (without < n) < 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i != without)
			work[k++] = p[i].lat_e7;
	m->at.lat_e7 = (int32_t)median(work, k);
	k = 0;
	for (size_t i = 0; i < n; i++)
		if (i != without)
			work[k++] = turned(p[i].lon_e7, p[from].lon_e7);
	m->at.lon_e7 = (int32_t)turned(median(work, k) + p[from].lon_e7, 0);
	m->v = dcf_vec_of(m->at);
	k = 0;
	for (size_t i = 0; i < n; i++)
		if (i != without)
			work[k++] = (int64_t)(angle(dcf_vec_of(p[i]), m->v) * 1e12);
	m->spread_rad = (double)median(work, k) / 1e12;
	return true;
}

static bool looks_swapped(struct dcf_latlon p, const struct middle *m)
{
	int64_t lat = (int64_t)p.lat_e7 - m->at.lat_e7, lon = turned(p.lon_e7, m->at.lon_e7);
	double given;

	/* Most are near: the sum of the differences is never less than the angle. */
	if ((lat < 0 ? -lat : lat) + (lon < 0 ? -lon : lon) <= FAR_E7)
		return false;
	if (p.lon_e7 < -900000000 || p.lon_e7 > 900000000)
		return false;
	given = angle(dcf_vec_of(p), m->v);
	if (!(given > FAR_RAD && given > 5 * m->spread_rad))
		return false;
	given = angle(dcf_vec_of((struct dcf_latlon){ p.lon_e7, p.lat_e7 }), m->v);
	return given < NEAR_RAD || given < 2 * m->spread_rad;
}

static enum dcf_status warn_swapped(struct dcf_plan *plan, const struct dcf_feature *f, const struct middle *m)
{
	for (uint32_t i = 0; i < f->point_count; i++)
		if (looks_swapped(f->points[i], m))
			return warn(plan, f, "geometry",
				    "a position looks as if latitude and longitude were swapped: far from all others as given, "
				    "near them "
				    "the other way round; [longitude, latitude] is expected");
	return DCF_OK;
}

static enum dcf_status check_swapped(struct dcf_plan *plan, struct dcf_latlon *p, int64_t *work)
{
	size_t total = plan->feature_count + plan->place_count, step = total / MANY + 1, n = 0;
	struct middle m = { { 0, 0 }, { 0, 0, 0 }, 0 };
	bool few = total <= FEW;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < total; i += step, n++)
		p[n] = i < plan->feature_count ? plan->features[i].points[0] : plan->places[i - plan->feature_count].at;
	if (!few && !middle_of(p, n, n, work, &m))
		return DCF_OK;
	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++)
		if (!few || middle_of(p, n, i, work, &m))
			s = warn_swapped(plan, &plan->features[i], &m);
	if (few && !middle_of(p, n, n, work, &m))
		return s;
	for (size_t i = 0; i < plan->agreement.area_count && s == DCF_OK; i++)
		s = warn_swapped(plan, plan->agreement.areas[i].volume, &m);
	return s;
}

static enum dcf_status find_swapped(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	size_t n = plan->feature_count + plan->place_count < MANY ? plan->feature_count + plan->place_count : MANY;
	struct dcf_latlon *p;
	int64_t *work;
	enum dcf_status s = DCF_E_NOMEM;

	if (plan->feature_count == 0)
		return DCF_OK;
	p = dcf_alloc_new(a, n * sizeof *p);
	work = dcf_alloc_new(a, n * sizeof *work);
	if (p && work)
		s = check_swapped(plan, p, work);
	dcf_alloc_free(a, p, n * sizeof *p);
	dcf_alloc_free(a, work, n * sizeof *work);
	return s;
}

/* --- levels --------------------------------------------------------------------------------------- */

static const char *level_doubt(const struct dcf_atmosphere *a, struct dcf_altitude alt)
{
	int64_t level = (int64_t)a->transition_level * DCF_FL_E4;

	if (a->transition_level < 0 || alt.unlimited)
		return NULL;
	if (alt.ref == DCF_REF_STD && alt.e4 < level)
		return a->transition_altitude_e4 >= 0 && alt.e4 > a->transition_altitude_e4
			       ? "a level inside the transition layer"
			       : "a flight level below the transition level";
	if (alt.ref == DCF_REF_MSL && a->transition_altitude_e4 >= 0 && alt.e4 > a->transition_altitude_e4 && alt.e4 < level)
		return "an altitude inside the transition layer";
	return NULL;
}

static enum dcf_status warn_levels(struct dcf_plan *plan, const struct dcf_feature *f)
{
	const char *lower = NULL, *upper = NULL;
	enum dcf_status s = DCF_OK;

	if (f->shape != DCF_TRAJECTORY) {
		lower = level_doubt(&plan->atmosphere, f->lower);
		upper = level_doubt(&plan->atmosphere, f->upper);
	}
	if (lower)
		s = warn(plan, f, "lower", lower);
	if (upper && s == DCF_OK)
		s = warn(plan, f, "upper", upper);
	for (uint32_t i = 0; f->shape == DCF_TRAJECTORY && i < f->point_count; i++) {
		const char *text = level_doubt(&plan->atmosphere, f->waypoints[i].altitude);

		if (text)
			return warn(plan, f, "altitudes", text);
	}
	return s;
}

static enum dcf_status find_low_levels(struct dcf_plan *plan)
{
	enum dcf_status s = DCF_OK;

	if (plan->atmosphere.transition_level < 0)
		return s;
	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++)
		s = warn_levels(plan, &plan->features[i]);
	return s;
}

/* --- bands ---------------------------------------------------------------------------------------- */

/* A band of two references is judged with the atmosphere of all files. */
static enum dcf_status find_empty_bands(struct dcf_plan *plan)
{
	struct dcf_offsets offsets = dcf_offsets_of(&plan->atmosphere);
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &plan->features[i];
		int64_t low, high;

		if (f->shape == DCF_TRAJECTORY || f->upper.unlimited || dcf_altitude_is_ground(f->lower))
			continue;
		dcf_altitude_difference(&offsets, f->lower, f->upper, true, &low, &high);
		if (low > 0)
			s = warn(plan, f, "lower",
				 "above the upper limit, whatever QNH, geoid and ground are as given or assumed: a band "
				 "without heights");
	}
	return s;
}

/* --- names ---------------------------------------------------------------------------------------- */

/* An operation is a constraint, or it is a flight: of each that its features disagree about, the first that does. */
static enum dcf_status find_mixed(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	enum { FLIGHT = 1, CONSTRAINT = 2, BOTH = 3 };
	uint8_t *seen;
	bool any = false;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < plan->feature_count && !any; i++)
		any = plan->features[i].is_constraint;
	if (!any)
		return DCF_OK;
	seen = dcf_alloc_new(a, plan->operation_count);
	if (!seen)
		return DCF_E_NOMEM;
	memset(seen, 0, plan->operation_count);
	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &plan->features[i];
		uint8_t before = seen[f->operation];

		seen[f->operation] |= f->is_constraint ? CONSTRAINT : FLIGHT;
		if (before && before != BOTH && seen[f->operation] == BOTH)
			s = warn(plan, f, "constraint", "features of one operation disagree: as a whole it is no constraint");
	}
	dcf_alloc_free(a, seen, plan->operation_count);
	return s;
}

static enum dcf_status find_strangers(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	bool *known;
	enum dcf_status s = DCF_OK;

	if (plan->party_count == 0)
		return DCF_OK;
	known = dcf_alloc_new(a, plan->party_count * sizeof *known);
	if (!known)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < plan->party_count; i++)
		known[i] = plan->parties[i].declared;
	for (size_t i = 0; i < plan->operation_count; i++)
		known[plan->operations[i].party] = true;
	for (size_t i = 0; i < plan->party_count && s == DCF_OK; i++) {
		struct dcf_remark m = {
			.party = plan->parties[i].id,
			.field = DCF_SPAN("agreement"),
			.text = DCF_SPAN(
				"the agreement or a disclosed_to names this party, no operation and no list of parties does")
		};

		if (!known[i])
			s = dcf_plan_remark(plan, &m);
	}
	dcf_alloc_free(a, known, plan->party_count * sizeof *known);
	return s;
}

enum dcf_status dcf_read_finish(struct dcf_plan *plan)
{
	enum dcf_status s = find_swapped(plan);

	if (s == DCF_OK)
		s = find_low_levels(plan);
	if (s == DCF_OK)
		s = find_empty_bands(plan);
	if (s == DCF_OK)
		s = find_mixed(plan);
	if (s == DCF_OK)
		s = dcf_join_levels(plan);
	return s == DCF_OK ? find_strangers(plan) : s;
}
