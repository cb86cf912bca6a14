/* SPDX-License-Identifier: Apache-2.0 */
/* Zones moved as a whole: the least displacement that clears, in any direction. */
#include "core/num.h"
#include "options/kind_int.h"

enum { ROUNDS = 8, DIRECTIONS = 36 };

/* Does moving `own` by d in direction w leave the hull h?  Along each normal n they are apart when
 * d (n . w) >= h(n) + own(-n).  Inside for d in (*in, *out), never when *in >= *out. */
static void forbidden(const struct dcf_hull *own, const struct dcf_hull *h, struct dcf_spot w, double *in, double *out)
{
	*in = -1e300;
	*out = 1e300;
	for (int k = 0; k < DCF_HULL_SIDES; k++) {
		double deep = h->reach[k] + own->reach[(k + DCF_HULL_SIDES / 2) % DCF_HULL_SIDES];
		double speed = h->normal[k].x * w.x + h->normal[k].y * w.y;

		if (speed > 1e-9)
			*out = deep / speed < *out ? deep / speed : *out;
		else if (speed < -1e-9)
			*in = deep / speed > *in ? deep / speed : *in;
		else if (deep <= 0)
			*in = 1e300;
	}
}

double dcf_way_out_m(const struct dcf_hull *own, const struct dcf_hull *hulls, uint32_t count, double course)
{
	struct dcf_spot w;
	double at = 0;
	bool moved = true;

	dcf_sincos(course, &w.y, &w.x);
	/* each hull is left at most once, since the way only grows */
	for (uint32_t round = 0; round <= count && moved; round++) {
		moved = false;
		for (uint32_t i = 0; i < count; i++) {
			double in, out;

			forbidden(own, &hulls[i], w, &in, &out);
			if (in < out && at > in && at < out) {
				at = out;
				moved = true;
			}
		}
	}
	return at;
}

struct moving {
	struct dcf_desk *desk;
	const struct dcf_case *c;
	struct dcf_blocks blocks;
	struct dcf_plane plane;
	struct dcf_hull own;
	struct dcf_hull *hulls;
	bool done[DIRECTIONS]; /* directions that failed for another reason than what is in the way */
	double taken;          /* the course of the one accepted, once there is one */
	bool any;
	bool fresh; /* hulls are those of the blocks */
};

static enum dcf_status close_hulls(struct moving *m)
{
	enum dcf_status s = DCF_OK;

	if (m->fresh)
		return DCF_OK;
	m->own = (struct dcf_hull){ .at = NULL };
	for (uint32_t i = 0; i < m->c->features.count && s == DCF_OK; i++)
		s = dcf_hull_add_own(m->desk, &m->c->features.at[i], &m->plane, &m->own);
	m->hulls = dcf_arena_get(dcf_desk_arena(m->desk), DCF_BLOCKS_MAX * sizeof *m->hulls);
	if (!m->hulls)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < m->blocks.count && s == DCF_OK; i++) {
		m->hulls[i] = (struct dcf_hull){ .at = NULL };
		/* widths of the own features are in `own` */
		s = dcf_hull_add(m->desk, &m->c->features, &m->blocks, i, false, &m->plane, &m->hulls[i]);
		dcf_hull_close(&m->hulls[i]);
	}
	dcf_hull_close(&m->own);
	m->fresh = true;
	return s == DCF_OK && m->own.count == 0 ? DCF_E_RANGE : s;
}

/* The best of a few courses about `course`, within `width` radians. */
static double polish(const struct moving *m, double course, double width, double *metres)
{
	double low = course - width, high = course + width;

	for (int i = 0; i < 30; i++) {
		double a = low + (high - low) / 3, b = high - (high - low) / 3;

		if (dcf_way_out_m(&m->own, m->hulls, m->blocks.count, a) <=
		    dcf_way_out_m(&m->own, m->hulls, m->blocks.count, b))
			high = b;
		else
			low = a;
	}
	*metres = dcf_way_out_m(&m->own, m->hulls, m->blocks.count, (low + high) / 2);
	return (low + high) / 2;
}

static double apart(double a, double b)
{
	double d = dcf_fabs(a - b);

	while (d > 2 * DCF_PI)
		d -= 2 * DCF_PI;
	return d < DCF_PI ? d : 2 * DCF_PI - d;
}

/* The direction of the least displacement; false when none is left within the limits. */
static bool best_course(const struct moving *m, double *course, double *metres, int *direction)
{
	double least = 1e300;

	*direction = -1;
	for (int k = 0; k < DIRECTIONS; k++) {
		double w = k * (2 * DCF_PI / DIRECTIONS), d;

		if (m->done[k] || (m->any && apart(w, m->taken) < DCF_PI / 2))
			continue;
		d = dcf_way_out_m(&m->own, m->hulls, m->blocks.count, w);
		if (d > 0 && d < least) {
			least = d;
			*direction = k;
		}
	}
	if (*direction < 0)
		return false;
	*course = polish(m, *direction * (2 * DCF_PI / DIRECTIONS), 2 * DCF_PI / DIRECTIONS, metres);
	if (*metres > least) {
		*course = *direction * (2 * DCF_PI / DIRECTIONS);
		*metres = least;
	}
	return true;
}

/* A bearing in whole tenths of a degree, and what it takes that way. */
static struct dcf_change change_to(const struct moving *m, double course, double metres)
{
	double bearing = 90 - course / DCF_RAD_PER_DEG, way;

	bearing -= 360 * dcf_floor(bearing / 360);
	bearing = dcf_floor(bearing * 10 + 0.5) / 10;
	bearing = bearing >= 360 ? 0 : bearing;
	way = dcf_way_out_m(&m->own, m->hulls, m->blocks.count, (90 - bearing) * DCF_RAD_PER_DEG);
	return (struct dcf_change){ .how = DCF_CHANGE_MOVE,
				    .bearing_deg = bearing,
				    .distance_m = dcf_round_up_m(m->desk, m->c->operation, way > metres ? way : metres) };
}

static enum dcf_status take_one(struct moving *m, bool *more)
{
	int64_t when = m->c->clash[0].start_us / 2 + m->c->clash[0].end_us / 2;
	enum dcf_verdict verdict;
	double course, metres;
	struct dcf_change c;
	uint32_t blocker;
	enum dcf_status s;
	int direction;

	*more = false;
	if ((s = close_hulls(m)) != DCF_OK || !best_course(m, &course, &metres, &direction))
		return s == DCF_E_RANGE ? DCF_OK : s;
	c = change_to(m, course, metres);
	if (c.distance_m > m->c->limits.max_detour_m)
		return DCF_OK;
	s = dcf_offer_one(m->desk, m->c, DCF_OPTION_REROUTE, &c, &verdict, &blocker);
	*more = verdict != DCF_VERDICT_STOPPED;
	if (s != DCF_OK || verdict == DCF_VERDICT_STOPPED)
		return s;
	if (dcf_settled(verdict)) {
		*more = !m->any;
		m->any = true;
		m->taken = course;
	} else if (verdict != DCF_VERDICT_CONFLICT) {
		m->done[direction] = true;
	} else {
		m->fresh = false;
		*more = dcf_blocks_learn(&m->blocks, &m->c->features, blocker, when);
	}
	return DCF_OK;
}

enum dcf_status dcf_propose_move(struct dcf_desk *desk, const struct dcf_case *c, const struct dcf_blocks *blocks,
				 struct dcf_plane plane)
{
	struct moving m = { .desk = desk, .c = c, .blocks = *blocks, .plane = plane };
	enum dcf_status s = DCF_OK;
	bool more = true;

	for (uint32_t i = 0; i < c->features.count; i++)
		if (c->features.at[i].shape == DCF_TRAJECTORY || c->features.at[i].shape == DCF_CORRIDOR)
			return DCF_OK;
	for (int i = 0; i < ROUNDS && more && s == DCF_OK; i++)
		s = take_one(&m, &more);
	return s;
}
