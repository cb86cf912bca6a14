/* SPDX-License-Identifier: Apache-2.0 */
/* notice_object_read.c - the canonical text back into features, or what keeps it from being a notice.
 *
 * What comes from the other side is judged as strictly as a file: members that are not known would be bound by the check-words
 * without being understood, so they are refused; rings must be simple, edges drawable, as the core asks of every shape. */
#include "core/shape.h"
#include "domain/notice_object_int.h"

#define RADIUS_MAX_MM   ((int64_t)(DCF_NOTICE_LENGTH_MAX_M * 1000))
#define ALTITUDE_MAX_E4 DCF_NOTICE_ALTITUDE_MAX_E4

enum member { CONTAINMENT, EDGES, END, LOWER, POINTS, RADIUS, REF, REFS, RINGS, SHAPE, START, UPPER, WAYPOINTS, MEMBERS };
static const struct dcf_span member_name[MEMBERS] = {
	DCF_NAME("containment_e4"), DCF_NAME("edges"), DCF_NAME("end"),       DCF_NAME("lower"), DCF_NAME("points"),
	DCF_NAME("radius_mm"),      DCF_NAME("ref"),   DCF_NAME("refs"),      DCF_NAME("rings"), DCF_NAME("shape"),
	DCF_NAME("start"),          DCF_NAME("upper"), DCF_NAME("waypoints"),
};

#define BIT(m)         (1u << (m))
#define TIMES_AND_BAND (BIT(START) | BIT(END) | BIT(LOWER) | BIT(UPPER))
#define AROUND         (BIT(EDGES) | BIT(POINTS) | BIT(RADIUS) | BIT(SHAPE) | TIMES_AND_BAND)
/* What each shape has, all of it and nothing else; of a trajectory REF or REFS. */
static const unsigned has[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = BIT(EDGES) | BIT(RINGS) | BIT(SHAPE) | TIMES_AND_BAND,
	[DCF_CIRCLE] = AROUND,
	[DCF_CORRIDOR] = AROUND,
	[DCF_ORBIT] = AROUND,
	[DCF_TRAJECTORY] = BIT(CONTAINMENT) | BIT(EDGES) | BIT(RADIUS) | BIT(REF) | BIT(REFS) | BIT(SHAPE) | BIT(WAYPOINTS),
};

struct reading {
	struct dcf_plan *plan;
	struct dcf_arena scratch; /* for what the core makes of a shape */
	struct dcf_buf *why;
	size_t volume; /* from 1 */
	size_t pieces; /* of all edges so far */
	unsigned reasons;
	bool no_memory;
	struct dcf_jval m[MEMBERS];
	struct dcf_feature f;
};

/* --- saying what is wrong --------------------------------------------------------------------------------- */

/* "volume 1: no window" or "volume 1, window: start not before end". */
static void say(struct reading *r, const char *what, const char *text)
{
	r->reasons++;
	if (!r->why)
		return;
	dcf_buf_z(r->why, "volume ");
	dcf_buf_i64(r->why, (int64_t)r->volume);
	if (what) {
		dcf_buf_z(r->why, ", ");
		dcf_buf_z(r->why, what);
	}
	dcf_buf_z(r->why, ": ");
	dcf_buf_z(r->why, text);
	dcf_buf_char(r->why, '\n');
}

static void say_geometry(struct reading *r, const char *text)
{
	say(r, "geometry", text);
}

static void *get(struct reading *r, size_t n)
{
	void *p = dcf_arena_get(&r->plan->arena, n ? n : 1);

	r->no_memory |= !p;
	return p;
}

/* --- values ----------------------------------------------------------------------------------------------- */

unsigned dcf_notice_named(struct dcf_jval v, const char *const *names, unsigned count)
{
	unsigned i = 0;

	while (i < count && !dcf_jis(v, names[i]))
		i++;
	return i;
}

bool dcf_notice_integer(struct dcf_jval v, int64_t low, int64_t high, int64_t *out)
{
	int64_t n;

	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(&n, &v.doc->tape[v.at + 1], sizeof n);
	*out = n;
	return n >= low && n <= high;
}

bool dcf_notice_point(struct dcf_jval v, struct dcf_latlon *out)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval lat, lon;
	int64_t a, b;

	if (dcf_jkind(v) != DCF_J_ARRAY || !dcf_jnext(&it, &lat) || !dcf_jnext(&it, &lon) ||
	    !dcf_notice_integer(lat, -900000000, 900000000, &a) || !dcf_notice_integer(lon, -1799999999, 1800000000, &b))
		return false;
	*out = (struct dcf_latlon){ (int32_t)a, (int32_t)b };
	return true;
}

/* How it would be declared: levels and feet where they come out even, else metres. */
static uint8_t unit_of(const struct dcf_altitude *a)
{
	if (a->ref == DCF_REF_STD && a->e4 % DCF_FL_E4 == 0)
		return DCF_UNIT_FL;
	return a->e4 % DCF_FT_E4 != 0 && a->e4 % DCF_M_E4 == 0 ? DCF_UNIT_M : DCF_UNIT_FT;
}

static bool get_altitude(struct dcf_jval v, bool upper, struct dcf_altitude *out)
{
	unsigned ref = dcf_notice_named(dcf_jget(v, "ref"), dcf_notice_ref_name, DCF_REF_COUNT);

	*out = (struct dcf_altitude){ .ref = DCF_REF_MSL, .unit = DCF_UNIT_FT };
	if (dcf_jkind(v) != DCF_J_OBJECT)
		return false;
	if (upper && dcf_jis(dcf_jget(v, "ref"), "UNL")) {
		out->unlimited = true;
		return dcf_jcount(v) == 1;
	}
	if (ref == DCF_REF_COUNT || dcf_jcount(v) != 2 ||
	    !dcf_notice_integer(dcf_jget(v, "e4"), -ALTITUDE_MAX_E4, ALTITUDE_MAX_E4, &out->e4))
		return false;
	out->ref = (uint8_t)ref;
	out->unit = unit_of(out);
	return true;
}

/* --- band and window -------------------------------------------------------------------------------------- */

/* Measured alike; SFC is AGL. */
static bool comparable(struct dcf_altitude a, struct dcf_altitude b)
{
	uint8_t ra = a.ref == DCF_REF_SFC ? DCF_REF_AGL : a.ref, rb = b.ref == DCF_REF_SFC ? DCF_REF_AGL : b.ref;

	return ra == rb && !a.unlimited && !b.unlimited;
}

static void get_band(struct reading *r)
{
	if (dcf_jnone(r->m[LOWER]) || dcf_jnone(r->m[UPPER]))
		say(r, NULL, "no altitude band");
	else if (!get_altitude(r->m[LOWER], false, &r->f.lower) || !get_altitude(r->m[UPPER], true, &r->f.upper))
		say(r, "altitude band", "each limit has its reference and tenths of a millimetre");
	else if (comparable(r->f.lower, r->f.upper) && r->f.lower.e4 > r->f.upper.e4)
		say(r, "altitude band", "lower above upper");
}

static void get_window(struct reading *r)
{
	if (dcf_jnone(r->m[START]) || dcf_jnone(r->m[END]))
		say(r, NULL, "no window");
	else if (!dcf_notice_integer(r->m[START], 0, DCF_NOTICE_INTEGER_MAX, &r->f.start_us) ||
		 !dcf_notice_integer(r->m[END], 0, DCF_NOTICE_INTEGER_MAX, &r->f.end_us))
		say(r, "window", "start and end are microseconds since 1970");
	else if (r->f.start_us >= r->f.end_us)
		say(r, "window", "start not before end");
}

/* --- geometry --------------------------------------------------------------------------------------------- */

static bool same(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

/* The points of array `v` behind those that the feature has; `repeats`: two equal ones may follow each other. */
static bool get_points(struct reading *r, struct dcf_jval v, size_t numbers, bool repeats)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_latlon *p = r->f.points;
	uint32_t first = r->f.point_count;
	struct dcf_jval one;

	for (; dcf_jnext(&it, &one); r->f.point_count++) {
		if (dcf_jcount(one) != numbers || !dcf_notice_point(one, &p[r->f.point_count])) {
			say_geometry(r, "a position is latitude and longitude in 1e-7 degree");
			return false;
		}
		if (!repeats && r->f.point_count > first && same(p[r->f.point_count], p[r->f.point_count - 1])) {
			say_geometry(r, "a position follows itself");
			return false;
		}
	}
	return true;
}

static void get_radius(struct reading *r, bool zero)
{
	int64_t mm = 0;

	if (!dcf_notice_integer(r->m[RADIUS], zero ? 0 : 1, RADIUS_MAX_MM, &mm))
		say_geometry(r, "radius_mm is from 1 (of a trajectory 0) to 3000000000");
	r->f.radius_m = (double)mm / 1000;
}

/* Circle, corridor and orbit. */
static void get_line(struct reading *r)
{
	size_t n = dcf_jcount(r->m[POINTS]), low = r->f.shape == DCF_CIRCLE ? 1 : 2;
	size_t high = r->f.shape == DCF_CORRIDOR ? DCF_NOTICE_POINTS_MAX : low;

	if (dcf_jkind(r->m[POINTS]) != DCF_J_ARRAY || n < low || n > high) {
		say_geometry(r, "a circle has one point, an orbit two, a corridor 2 to 2000");
		return;
	}
	r->f.points = get(r, n * sizeof *r->f.points);
	if (r->f.points && get_points(r, r->m[POINTS], 2, false))
		get_radius(r, false);
}

static bool get_ring(struct reading *r, struct dcf_jval v, bool outer)
{
	struct dcf_ring *ring = &r->f.rings[r->f.ring_count];

	*ring = (struct dcf_ring){ .first = r->f.point_count, .count = (uint32_t)dcf_jcount(v), .outer = outer };
	if (dcf_jkind(v) != DCF_J_ARRAY || ring->count < 3) {
		say_geometry(r, "a ring has three points or more");
		return false;
	}
	if (!get_points(r, v, 2, false))
		return false;
	if (same(r->f.points[ring->first], r->f.points[r->f.point_count - 1])) {
		say_geometry(r, "a ring does not repeat its first point");
		return false;
	}
	r->f.ring_count++;
	return true;
}

static void get_rings(struct reading *r)
{
	struct dcf_jwalk it = dcf_jwalk(r->m[RINGS]), count = it;
	struct dcf_jval ring;
	size_t points = 0;

	if (dcf_jkind(r->m[RINGS]) != DCF_J_ARRAY || dcf_jcount(r->m[RINGS]) == 0) {
		say_geometry(r, "a polygon has a ring or more");
		return;
	}
	while (dcf_jnext(&count, &ring))
		points += dcf_jcount(ring);
	if (points > DCF_NOTICE_POINTS_MAX) {
		say_geometry(r, "more than 2000 points");
		return;
	}
	r->f.points = get(r, points * sizeof *r->f.points);
	r->f.rings = get(r, dcf_jcount(r->m[RINGS]) * sizeof *r->f.rings);
	if (!r->f.points || !r->f.rings)
		return;
	while (dcf_jnext(&it, &ring))
		if (!get_ring(r, ring, r->f.ring_count == 0))
			return;
}

/* The reference of waypoint i: `ref`, or of `refs` the next. */
static bool next_ref(struct reading *r, struct dcf_jwalk *refs, uint8_t *ref)
{
	struct dcf_jval v = r->m[REF];
	unsigned found;

	if (dcf_jnone(v) && !dcf_jnext(refs, &v))
		return false;
	found = dcf_notice_named(v, dcf_notice_ref_name, DCF_REF_COUNT);
	*ref = (uint8_t)found;
	return found < DCF_REF_COUNT;
}

/* `refs` says something that `ref` could not. */
static bool refs_differ(const struct dcf_feature *f)
{
	for (uint32_t i = 1; i < f->point_count; i++)
		if (f->waypoints[i].altitude.ref != f->waypoints[0].altitude.ref)
			return true;
	return false;
}

static void get_waypoints(struct reading *r)
{
	struct dcf_jwalk it = dcf_jwalk(r->m[WAYPOINTS]), refs = dcf_jwalk(r->m[REFS]);
	struct dcf_jval one;

	for (uint32_t i = 0; dcf_jnext(&it, &one); i++) {
		struct dcf_waypoint *w = &r->f.waypoints[i];
		struct dcf_jwalk numbers = dcf_jwalk(one);
		struct dcf_jval v = { NULL, 0 };

		for (int skip = 0; skip < 3; skip++)
			(void)dcf_jnext(&numbers, &v);
		if (!dcf_notice_integer(v, 0, DCF_NOTICE_INTEGER_MAX, &w->time_us) || (i > 0 && w->time_us <= w[-1].time_us)) {
			say(r, "window", "each waypoint has a time after the one before it");
			return;
		}
		w->altitude = (struct dcf_altitude){ 0 };
		if (!dcf_jnext(&numbers, &v) || !dcf_notice_integer(v, -ALTITUDE_MAX_E4, ALTITUDE_MAX_E4, &w->altitude.e4) ||
		    !next_ref(r, &refs, &w->altitude.ref)) {
			say(r, "altitude band", "each waypoint has tenths of a millimetre and a reference");
			return;
		}
		w->altitude.unit = unit_of(&w->altitude);
	}
	if (!dcf_jnone(r->m[REFS]) && (dcf_jcount(r->m[REFS]) != r->f.point_count || !refs_differ(&r->f)))
		say(r, "altitude band", "refs: one a waypoint, where they differ");
}

static void get_trajectory(struct reading *r)
{
	size_t n = dcf_jcount(r->m[WAYPOINTS]);

	if (dcf_jkind(r->m[WAYPOINTS]) != DCF_J_ARRAY || n < 2 || n > DCF_NOTICE_POINTS_MAX) {
		say_geometry(r, "a trajectory has 2 to 2000 waypoints");
		return;
	}
	if (dcf_jnone(r->m[REF]) == dcf_jnone(r->m[REFS])) {
		say(r, NULL, "no altitude band");
		return;
	}
	if (!dcf_notice_integer(r->m[CONTAINMENT], 0, ALTITUDE_MAX_E4, &r->f.containment_e4))
		say(r, "altitude band", "containment_e4 is tenths of a millimetre");
	get_radius(r, true);
	r->f.points = get(r, n * sizeof *r->f.points);
	r->f.waypoints = get(r, n * sizeof *r->f.waypoints);
	if (!r->f.points || !r->f.waypoints || !get_points(r, r->m[WAYPOINTS], 4, true))
		return;
	get_waypoints(r);
	r->f.start_us = r->f.waypoints[0].time_us;
	r->f.end_us = r->f.waypoints[n - 1].time_us;
}

/* What the core says of the shape: rings that cross, edges that cannot be drawn. */
static enum dcf_status judge(struct reading *r)
{
	const char *text = "cannot be drawn";
	struct dcf_base base;
	struct dcf_track track;
	enum dcf_status s;

	r->pieces += dcf_notice_pieces(&r->f);
	if (r->pieces > DCF_NOTICE_PIECES_MAX) {
		say_geometry(r, "edges too long in all");
		return DCF_OK;
	}
	dcf_arena_rewind(&r->scratch);
	if (r->f.shape == DCF_TRAJECTORY)
		s = dcf_track_build(&r->f, &r->scratch, &track, &text);
	else
		s = dcf_base_build(&r->f, 0, &r->scratch, &base, &text);
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK)
		say_geometry(r, text);
	return DCF_OK;
}

/* --- volumes ---------------------------------------------------------------------------------------------- */

/* Is every member that stands one of the shape's, and stands once? */
static void check_members(struct reading *r, struct dcf_jval volume, unsigned shape)
{
	struct dcf_jwalk it = dcf_jwalk(volume);
	size_t known = 0;
	struct dcf_span name;
	struct dcf_jval v;

	while (dcf_jmember(&it, &name, &v))
		for (unsigned m = 0; m < MEMBERS; m++)
			known += dcf_span_eq(name, member_name[m]) && (has[shape] & BIT(m));
	if (known != dcf_jcount(volume))
		say(r, NULL, "a member that this shape does not have");
	for (unsigned m = 0; m < MEMBERS; m++)
		known -= dcf_jkind(r->m[m]) != DCF_J_ABSENT && (has[shape] & BIT(m));
	if (known != 0)
		say(r, NULL, "a member twice");
}

static enum dcf_status read_volume(struct reading *r, struct dcf_jval volume)
{
	unsigned before = r->reasons, edges, shape;

	r->f = (struct dcf_feature){
		.party = DCF_NONE, .operation = DCF_NONE, .sent_us = DCF_TIME_NONE, .received_us = DCF_TIME_NONE
	};
	dcf_jpick(volume, member_name, MEMBERS, r->m);
	shape = dcf_notice_named(r->m[SHAPE], dcf_notice_shape_name, DCF_SHAPE_COUNT);
	edges = dcf_notice_named(r->m[EDGES], dcf_notice_edges_name, 2);
	if (shape == DCF_SHAPE_COUNT) {
		say(r, NULL, "no geometry");
		shape = DCF_CIRCLE; /* so that band and window are looked at too: the sender hears of all that is missing */
		get_window(r);
		get_band(r);
		return DCF_OK;
	}
	check_members(r, volume, shape);
	r->f.shape = (uint8_t)shape;
	r->f.edges = (uint8_t)(edges % 2);
	if (dcf_jnone(r->m[shape == DCF_POLYGON ? RINGS : shape == DCF_TRAJECTORY ? WAYPOINTS : POINTS]))
		say(r, NULL, "no geometry");
	else if (edges == 2 || (shape == DCF_CIRCLE && edges != DCF_EDGES_GEODESIC))
		say_geometry(r, "edges are geodesic or lonlat, of a circle geodesic");
	else if (shape == DCF_POLYGON)
		get_rings(r);
	else if (shape != DCF_TRAJECTORY)
		get_line(r);
	if (shape == DCF_TRAJECTORY) {
		if (!dcf_jnone(r->m[WAYPOINTS]))
			get_trajectory(r);
	} else {
		get_window(r);
		get_band(r);
	}
	if (r->no_memory)
		return DCF_E_NOMEM;
	return r->reasons == before ? judge(r) : DCF_OK;
}

/* Every volume, into `made` (room for all). */
static enum dcf_status read_volumes(struct reading *r, struct dcf_jval volumes, struct dcf_feature *made)
{
	struct dcf_jwalk it = dcf_jwalk(volumes);
	struct dcf_jval one;

	while (dcf_jnext(&it, &one)) {
		enum dcf_status s = DCF_OK;

		r->volume++;
		if (dcf_jkind(one) != DCF_J_OBJECT)
			say(r, NULL, "no geometry");
		else
			s = read_volume(r, one);
		if (s != DCF_OK)
			return s;
		made[r->volume - 1] = r->f;
	}
	return DCF_OK;
}

static enum dcf_status add_all(struct dcf_plan *plan, struct dcf_span party, struct dcf_span id, struct dcf_feature *made,
			       size_t n)
{
	uint32_t p, o;
	enum dcf_status s = dcf_plan_party(plan, party, &p);

	if (s == DCF_OK)
		s = dcf_plan_operation(plan, p, id, &o);
	for (size_t i = 0; s == DCF_OK && i < n; i++) {
		made[i].party = p;
		made[i].operation = o;
		made[i].id = plan->operations[o].id;
		s = dcf_plan_add_feature(plan, &made[i]);
	}
	return s;
}

enum dcf_status dcf_notice_object_read(struct dcf_jval object, struct dcf_plan *plan, struct dcf_span party, struct dcf_span id,
				       struct dcf_buf *why)
{
	struct reading r = { .plan = plan, .why = why, .scratch = { .from = plan->arena.from } };
	struct dcf_jval volumes = dcf_jget(object, "volumes");
	size_t n = dcf_jcount(volumes);
	struct dcf_feature *made;
	enum dcf_status s;

	if (dcf_jkind(object) != DCF_J_OBJECT || dcf_jkind(volumes) != DCF_J_ARRAY || n == 0) {
		if (why)
			dcf_buf_z(why, "no geometry\nno altitude band\nno window\n");
		return DCF_E_REFUSED;
	}
	if (dcf_jcount(object) != 1 || n > DCF_NOTICE_VOLUMES_MAX) {
		if (why)
			dcf_buf_z(why, n > DCF_NOTICE_VOLUMES_MAX ? "more than 200 volumes\n" : "a member beside volumes\n");
		return DCF_E_REFUSED;
	}
	made = get(&r, n * sizeof *made);
	s = made ? read_volumes(&r, volumes, made) : DCF_E_NOMEM;
	if (s == DCF_OK && r.reasons)
		s = DCF_E_REFUSED;
	if (s == DCF_OK)
		s = add_all(plan, party, id, made, n);
	dcf_arena_free(&r.scratch);
	return s;
}
