/* SPDX-License-Identifier: Apache-2.0 */
/* Which levels are usual?  A planner asks for FL240, not for FL237. */
#include "core/altitude.h"
#include "options/change.h"

/* Up to `below` (0.1 mm) levels lie `step` apart, counted from the row before. */
struct rung {
	int64_t below_e4, step_e4;
};

enum { RUNGS = 3 };

#define FEET(n)   ((int64_t)(n)*DCF_FT_E4)
#define METRES(n) ((int64_t)(n)*DCF_M_E4)
#define NO_END    DCF_ALT_MAX

/* Standard pressure in metres: the metric levels flown in the Commonwealth of Independent States without reduced
 * separation: every 300 m to 8,100, 8,600 and on by 500 m to 12,100, then by 1,000 m (Mongolia and Central Asia fly
 * them; Russia did until 17 November 2011).  They lie no closer than the tables for metres of ICAO Annex 2,
 * appendix 3, which go on from 8,100 m with 8,400 and 8,900 (reduced separation) and are kept 300 m apart to 12,500. */
static const struct rung metric[RUNGS] = { { METRES(8100), METRES(300) },
					   { METRES(12100), METRES(500) },
					   { NO_END, METRES(1000) } };
/* Standard pressure in feet: ICAO Annex 2, appendix 3, both directions of flight together. */
static const struct rung flight_levels[RUNGS] = { { NO_END, FEET(1000) } };
static const struct rung altitude_ft[RUNGS] = { { NO_END, FEET(500) } };
static const struct rung altitude_m[RUNGS] = { { NO_END, METRES(150) } };
static const struct rung height_ft[RUNGS] = { { FEET(2000), FEET(100) }, { NO_END, FEET(500) } };
static const struct rung height_m[RUNGS] = { { METRES(600), METRES(30) }, { NO_END, METRES(150) } };

static const struct rung *usual(struct dcf_altitude like)
{
	bool metres = like.unit == DCF_UNIT_M;

	if (like.ref == DCF_REF_STD)
		return metres ? metric : flight_levels;
	if (like.ref == DCF_REF_AGL || like.ref == DCF_REF_SFC)
		return metres ? height_m : height_ft;
	return metres ? altitude_m : altitude_ft;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The next multiple of `step` beyond e4, counted from `base`. */
static int64_t beyond(int64_t base, int64_t step, int64_t e4, bool up)
{
	return up ? base + (floor_div(e4 - base, step) + 1) * step : base + (floor_div(e4 - base - 1, step)) * step;
}

int64_t dcf_level_next(struct dcf_altitude like, int64_t step_e4, int64_t e4, bool up)
{
	const struct rung *r = usual(like);
	int64_t base = 0;

	if (e4 >= DCF_ALT_MAX || e4 <= DCF_ALT_MIN)
		return e4; /* above or below everything */
	if (step_e4 > 0)
		return beyond(0, step_e4, e4, up);
	/* A level on the border of two rows is left upward by the upper step and downward by the lower. */
	while (up ? e4 >= r->below_e4 : e4 > r->below_e4) {
		base = r->below_e4;
		r++;
	}
	return beyond(base, r->step_e4, e4, up);
}
