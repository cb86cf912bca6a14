/* SPDX-License-Identifier: Apache-2.0 */
/* notice_object_differ.c - what differs between two objects, in words, and how far a new version moved.
 *
 * What was read back is whatever the other side sent: any JSON is compared, and only what is understood is shown. */
#include "core/geodesy.h"
#include "core/time.h"
#include "domain/notice_object_int.h"

enum { LINES_MAX = 60 /* told; the rest is counted */ };

struct differ {
	struct dcf_buf *out;
	size_t volume; /* from 1 */
	size_t lines, more;
};

/* --- telling values --------------------------------------------------------------------------------------- */

static void put_degrees(struct dcf_buf *out, int32_t e7, int digits, const char *letters, bool fine)
{
	int64_t v = e7 < 0 ? -(int64_t)e7 : e7, unit = fine ? 1 : 1000;
	char whole[4] = { 0 };

	v = (v + unit / 2) / unit;
	unit = fine ? 10000000 : 10000;
	for (int i = digits; i-- > 0;)
		whole[i] = (char)('0' + v / unit / (i == digits - 1 ? 1 : i == digits - 2 ? 10 : 100) % 10);
	dcf_buf_put(out, whole, (size_t)digits);
	dcf_buf_char(out, '.');
	for (int64_t u = unit / 10; u > 0; u /= 10)
		dcf_buf_char(out, (char)('0' + v / u % 10));
	dcf_buf_char(out, letters[e7 < 0]);
}

static void put_position(struct dcf_buf *out, struct dcf_latlon p, bool fine)
{
	put_degrees(out, p.lat_e7, 2, "NS", fine);
	dcf_buf_char(out, ' ');
	put_degrees(out, p.lon_e7, 3, "EW", fine);
}

static void put_altitude(struct dcf_buf *out, int64_t e4, unsigned ref)
{
	if (ref == DCF_REF_STD && e4 % DCF_FL_E4 == 0) {
		dcf_buf_z(out, "FL");
		dcf_buf_i64(out, e4 / DCF_FL_E4);
		return;
	}
	if (e4 % DCF_FT_E4 != 0) {
		dcf_buf_fixed(out, e4, 4);
		dcf_buf_z(out, " m ");
	} else {
		dcf_buf_i64(out, e4 / DCF_FT_E4);
		dcf_buf_z(out, " ft ");
	}
	dcf_buf_z(out, dcf_notice_ref_name[ref]);
}

enum value { NAME, TIME, MILLIMETRES, HEIGHT, ALTITUDE };

static void put_limit(struct dcf_buf *out, struct dcf_jval v)
{
	unsigned ref = dcf_notice_named(dcf_jget(v, "ref"), dcf_notice_ref_name, DCF_REF_COUNT);
	int64_t n;

	if (dcf_jis(dcf_jget(v, "ref"), "UNL"))
		dcf_buf_z(out, "UNL");
	else if (ref < DCF_REF_COUNT &&
		 dcf_notice_integer(dcf_jget(v, "e4"), -DCF_NOTICE_INTEGER_MAX, DCF_NOTICE_INTEGER_MAX, &n))
		put_altitude(out, n, ref);
	else
		dcf_buf_z(out, "something else");
}

static void put_name(struct dcf_buf *out, struct dcf_jval v)
{
	unsigned i = dcf_notice_named(v, dcf_notice_shape_name, DCF_SHAPE_COUNT);
	unsigned k = dcf_notice_named(v, dcf_notice_edges_name, 2), r = dcf_notice_named(v, dcf_notice_ref_name, DCF_REF_COUNT);

	dcf_buf_z(out, i < DCF_SHAPE_COUNT ? dcf_notice_shape_name[i]
		       : k < 2             ? dcf_notice_edges_name[k]
		       : r < DCF_REF_COUNT ? dcf_notice_ref_name[r]
					   : "something else");
}

static void put_value(struct dcf_buf *out, struct dcf_jval v, enum value as)
{
	int64_t n = 0;
	bool number = dcf_notice_integer(v, -DCF_NOTICE_INTEGER_MAX, DCF_NOTICE_INTEGER_MAX, &n);

	if (dcf_jnone(v)) {
		dcf_buf_z(out, "nothing");
	} else if (as == NAME) {
		put_name(out, v);
	} else if (as == ALTITUDE) {
		put_limit(out, v);
	} else if (!number || (as == TIME && n < 0)) {
		dcf_buf_z(out, "something else");
	} else if (as == TIME) {
		dcf_time_put(out, n, n % 1000000 == 0 ? DCF_TIME_S : DCF_TIME_US);
	} else {
		dcf_buf_fixed(out, n, as == MILLIMETRES ? 3 : 4);
		dcf_buf_z(out, " m");
	}
}

/* --- lines ------------------------------------------------------------------------------------------------ */

/* "volume 1, radius": true when there is room for the rest of the line. */
static bool begin(struct differ *d, const char *field, size_t ring, size_t point)
{
	if (d->lines == LINES_MAX) {
		d->more++;
		return false;
	}
	d->lines++;
	dcf_buf_z(d->out, "volume ");
	dcf_buf_i64(d->out, (int64_t)d->volume);
	if (field) {
		dcf_buf_z(d->out, ", ");
		dcf_buf_z(d->out, field);
	}
	if (ring) {
		dcf_buf_z(d->out, " ring ");
		dcf_buf_i64(d->out, (int64_t)ring);
	}
	if (point) {
		dcf_buf_z(d->out, " point ");
		dcf_buf_i64(d->out, (int64_t)point);
	}
	dcf_buf_z(d->out, ": ");
	return true;
}

static void tell(struct differ *d, const char *field, size_t point, struct dcf_jval sent, struct dcf_jval heard, enum value as)
{
	if (!begin(d, field, 0, point))
		return;
	dcf_buf_z(d->out, "sent ");
	put_value(d->out, sent, as);
	dcf_buf_z(d->out, ", read back ");
	put_value(d->out, heard, as);
	dcf_buf_char(d->out, '\n');
}

/* Same JSON, canonical on both sides: compared value by value. */
static bool equal(struct dcf_jval a, struct dcf_jval b)
{
	struct dcf_jwalk x, y;
	struct dcf_jval v, w;
	struct dcf_span m, n;
	int kind = dcf_jkind(a);

	if (dcf_jnone(a) || dcf_jnone(b))
		return dcf_jnone(a) && dcf_jnone(b);
	if (kind != dcf_jkind(b) || dcf_jcount(a) != dcf_jcount(b))
		return false;
	x = dcf_jwalk(a);
	y = dcf_jwalk(b);
	switch (kind) {
	case DCF_J_OBJECT:
		while (dcf_jmember(&x, &m, &v) && dcf_jmember(&y, &n, &w))
			if (!dcf_span_eq(m, n) || !equal(v, w))
				return false;
		return true;
	case DCF_J_ARRAY:
		while (dcf_jnext(&x, &v) && dcf_jnext(&y, &w))
			if (!equal(v, w))
				return false;
		return true;
	case DCF_J_STRING:
		return dcf_span_eq(dcf_jstring(a), dcf_jstring(b));
	case DCF_J_I64:
	case DCF_J_U64:
	case DCF_J_DOUBLE:
		return a.doc->tape[a.at + 1] == b.doc->tape[b.at + 1];
	default:
		return true;
	}
}

static void compare(struct differ *d, const char *field, struct dcf_jval sent, struct dcf_jval heard, enum value as)
{
	if (!equal(sent, heard))
		tell(d, field, 0, sent, heard, as);
}

/* --- positions -------------------------------------------------------------------------------------------- */

static void put_distance(struct dcf_buf *out, double m)
{
	if (m < 1000) {
		dcf_buf_fixed_full(out, (int64_t)(m * 10 + 0.5), 1);
		dcf_buf_z(out, " m");
	} else {
		dcf_buf_fixed_full(out, (int64_t)(m / 100 + 0.5), 1);
		dcf_buf_z(out, " km");
	}
}

static void compare_position(struct differ *d, const char *field, size_t ring, size_t point, struct dcf_jval sent,
			     struct dcf_jval heard)
{
	struct dcf_latlon a, b;
	bool known = dcf_notice_point(sent, &a), heard_known = dcf_notice_point(heard, &b);
	double apart;

	if (known && heard_known && a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7)
		return;
	if (!known && !heard_known && equal(sent, heard))
		return;
	if (!begin(d, field, ring, point))
		return;
	apart = known && heard_known ? dcf_distance_m(dcf_vec_of(a), dcf_vec_of(b)) : 0;
	dcf_buf_z(d->out, "sent ");
	if (known)
		put_position(d->out, a, apart < 50);
	else
		dcf_buf_z(d->out, "no position");
	dcf_buf_z(d->out, ", read back ");
	if (heard_known)
		put_position(d->out, b, apart < 50);
	else
		dcf_buf_z(d->out, "no position");
	if (known && heard_known) {
		dcf_buf_z(d->out, ", ");
		put_distance(d->out, apart);
		dcf_buf_z(d->out, " apart");
	}
	dcf_buf_char(d->out, '\n');
}

/* Element `i` of an array, from 0. */
static struct dcf_jval element(struct dcf_jval v, size_t i)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one = { NULL, 0 };

	for (size_t k = 0; dcf_jnext(&it, &one); k++)
		if (k == i)
			return one;
	return (struct dcf_jval){ NULL, 0 };
}

static void compare_points(struct differ *d, size_t ring, struct dcf_jval sent, struct dcf_jval heard, bool centre)
{
	struct dcf_jwalk x = dcf_jwalk(sent), y = dcf_jwalk(heard);
	struct dcf_jval v, w;

	if (dcf_jcount(sent) != dcf_jcount(heard) && begin(d, "points", ring, 0)) {
		dcf_buf_z(d->out, "sent ");
		dcf_buf_i64(d->out, (int64_t)dcf_jcount(sent));
		dcf_buf_z(d->out, ", read back ");
		dcf_buf_i64(d->out, (int64_t)dcf_jcount(heard));
		dcf_buf_char(d->out, '\n');
	}
	for (size_t i = 1; dcf_jnext(&x, &v) && dcf_jnext(&y, &w); i++)
		compare_position(d, centre ? "centre" : "position", ring, centre ? 0 : i, v, w);
}

static void compare_waypoints(struct differ *d, struct dcf_jval sent, struct dcf_jval heard)
{
	struct dcf_jwalk x = dcf_jwalk(sent), y = dcf_jwalk(heard);
	struct dcf_jval v, w;

	compare_points(d, 0, sent, heard, false);
	for (size_t i = 1; dcf_jnext(&x, &v) && dcf_jnext(&y, &w); i++) {
		if (!equal(element(v, 2), element(w, 2)))
			tell(d, "time of", i, element(v, 2), element(w, 2), TIME);
		if (!equal(element(v, 3), element(w, 3)))
			tell(d, "altitude of", i, element(v, 3), element(w, 3), HEIGHT);
	}
}

static void compare_rings(struct differ *d, struct dcf_jval sent, struct dcf_jval heard)
{
	size_t n = dcf_jcount(sent) > dcf_jcount(heard) ? dcf_jcount(sent) : dcf_jcount(heard);
	struct dcf_jwalk x = dcf_jwalk(sent), y = dcf_jwalk(heard);

	for (size_t i = 0; i < n; i++) {
		struct dcf_jval v = { NULL, 0 }, w = { NULL, 0 };

		(void)dcf_jnext(&x, &v);
		(void)dcf_jnext(&y, &w);
		compare_points(d, i + 1, v, w, false);
	}
}

/* --- volumes ---------------------------------------------------------------------------------------------- */

static const struct {
	const char *member, *field;
	enum value as;
} field_of[] = {
	{ "shape", "shape", NAME },
	{ "edges", "edges", NAME },
	{ "radius_mm", "radius", MILLIMETRES },
	{ "lower", "lower", ALTITUDE },
	{ "upper", "upper", ALTITUDE },
	{ "ref", "reference of the altitudes", NAME },
	{ "refs", "references of the altitudes", NAME },
	{ "containment_e4", "vertical containment", HEIGHT },
	{ "start", "start", TIME },
	{ "end", "end", TIME },
};

static void compare_volume(struct differ *d, struct dcf_jval sent, struct dcf_jval heard)
{
	size_t before = d->lines + d->more;
	struct dcf_jval a = dcf_jget(sent, "points"), b = dcf_jget(heard, "points");

	for (size_t i = 0; i < sizeof field_of / sizeof *field_of; i++)
		compare(d, field_of[i].field, dcf_jget(sent, field_of[i].member), dcf_jget(heard, field_of[i].member),
			field_of[i].as);
	if (!dcf_jnone(a) || !dcf_jnone(b))
		compare_points(d, 0, a, b,
			       dcf_jis(dcf_jget(sent, "shape"), "circle") && dcf_jcount(a) == 1 && dcf_jcount(b) == 1);
	compare_rings(d, dcf_jget(sent, "rings"), dcf_jget(heard, "rings"));
	compare_waypoints(d, dcf_jget(sent, "waypoints"), dcf_jget(heard, "waypoints"));
	/* Members that nobody knows, positions of more than two numbers: never silent. */
	if (before == d->lines + d->more && !equal(sent, heard) && begin(d, NULL, 0, 0))
		dcf_buf_z(d->out, "differs in something that is not shown here\n");
}

enum dcf_status dcf_notice_object_differ(struct dcf_jval sent, struct dcf_jval heard, struct dcf_buf *out)
{
	struct differ d = { .out = out };
	struct dcf_jwalk x = dcf_jwalk(dcf_jget(sent, "volumes")), y = dcf_jwalk(dcf_jget(heard, "volumes"));

	for (;;) {
		struct dcf_jval v = { NULL, 0 }, w = { NULL, 0 };
		bool a = dcf_jnext(&x, &v), b = dcf_jnext(&y, &w);

		if (!a && !b)
			break;
		d.volume++;
		if (a && b)
			compare_volume(&d, v, w);
		else if (begin(&d, NULL, 0, 0))
			dcf_buf_z(out, a ? "sent, not read back\n" : "read back, not sent\n");
	}
	if (d.lines == 0 && !equal(sent, heard))
		dcf_buf_z(out, "differs in something that is not shown here\n");
	if (d.more) {
		dcf_buf_i64(out, (int64_t)d.more);
		dcf_buf_z(out, " more differences\n");
	}
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* --- how far it moved ------------------------------------------------------------------------------------- */

/* Every point of a volume, whatever its shape, to `each`. */
static void walk_points(struct dcf_jval v, void (*each)(void *ctx, struct dcf_vec p), void *ctx)
{
	struct dcf_jval points = dcf_jget(v, "points"), ring;
	struct dcf_jwalk rings, it;
	struct dcf_jval one;
	struct dcf_latlon p;

	if (dcf_jnone(points))
		points = dcf_jget(v, "waypoints");
	rings = dcf_jwalk(dcf_jget(v, "rings"));
	/* The outer ring holds the others. */
	if (dcf_jnone(points) && dcf_jnext(&rings, &ring))
		points = ring;
	for (it = dcf_jwalk(points); dcf_jnext(&it, &one);)
		if (dcf_notice_point(one, &p))
			each(ctx, dcf_vec_of(p));
}

static void add_up(void *ctx, struct dcf_vec p)
{
	struct dcf_vec *sum = ctx;

	*sum = dcf_vec_add(*sum, p);
}

/* The points of one volume; an object has no more of them. */
struct cloud {
	struct dcf_vec at[DCF_NOTICE_POINTS_MAX];
	size_t count;
};

static void keep_point(void *ctx, struct dcf_vec p)
{
	struct cloud *cloud = ctx;

	if (cloud->count < DCF_NOTICE_POINTS_MAX)
		cloud->at[cloud->count++] = p;
}

/* Of all pairs the two that are farthest apart. */
static double diameter_m(struct dcf_jval volume)
{
	struct cloud cloud = { .count = 0 };
	size_t a = 0, b = 0;
	double least = 2;

	walk_points(volume, keep_point, &cloud);
	for (size_t i = 0; i < cloud.count; i++)
		for (size_t k = 0; k < i; k++) {
			double dot = dcf_vec_dot(cloud.at[i], cloud.at[k]);

			if (dot >= least)
				continue;
			least = dot;
			a = i;
			b = k;
		}
	return cloud.count < 2 ? 0 : dcf_distance_m(cloud.at[a], cloud.at[b]);
}

/* The middle of its points: false when it has none, or ones all around the earth. */
static bool centre_of(struct dcf_jval volume, struct dcf_vec *centre)
{
	*centre = (struct dcf_vec){ 0, 0, 0 };
	walk_points(volume, add_up, centre);
	if (!(dcf_vec_length(*centre) > 1e-9))
		return false;
	*centre = dcf_vec_unit(*centre);
	return true;
}

/* Half its diameter. */
static double radius_of(struct dcf_jval volume)
{
	double radius = dcf_jis(dcf_jget(volume, "shape"), "circle") ? 0 : diameter_m(volume) / 2;
	int64_t mm = 0;

	if (dcf_notice_integer(dcf_jget(volume, "radius_mm"), 0, DCF_NOTICE_INTEGER_MAX, &mm))
		radius += (double)mm / 1000;
	return radius;
}

/* The older volume that this one belongs to: the one in its place, or, of one that was added, the nearest. */
static struct dcf_jval counterpart(struct dcf_jval older, size_t place, struct dcf_vec at, struct dcf_vec *centre)
{
	struct dcf_jwalk it = dcf_jwalk(older);
	struct dcf_jval v = element(older, place), best = { NULL, 0 };
	struct dcf_vec c;

	if (place < dcf_jcount(older))
		return centre_of(v, centre) ? v : best;
	while (dcf_jnext(&it, &v)) {
		if (!centre_of(v, &c) || (best.doc && dcf_vec_dot(c, at) <= dcf_vec_dot(*centre, at)))
			continue;
		best = v;
		*centre = c;
	}
	return best;
}

enum dcf_status dcf_notice_object_moved(struct dcf_jval older, struct dcf_jval newer, double *moved_m, double *radius_m)
{
	struct dcf_jval before = dcf_jget(older, "volumes"), after = dcf_jget(newer, "volumes"), v;
	struct dcf_jwalk it = dcf_jwalk(after);
	bool any = false;

	*moved_m = *radius_m = 0;
	if (dcf_jcount(before) > DCF_NOTICE_VOLUMES_MAX || dcf_jcount(after) > DCF_NOTICE_VOLUMES_MAX)
		return DCF_E_RANGE;
	for (size_t i = 0; dcf_jnext(&it, &v); i++) {
		struct dcf_vec now, was;
		struct dcf_jval old;
		double moved, radius;

		if (!centre_of(v, &now) || !(old = counterpart(before, i, now, &was)).doc)
			continue;
		moved = dcf_distance_m(was, now);
		radius = radius_of(old);
		/* The worst against its own size, so that one volume of many is not lost behind a large one. */
		if (any && moved - radius <= *moved_m - *radius_m)
			continue;
		*moved_m = moved;
		*radius_m = radius;
		any = true;
	}
	return any ? DCF_OK : DCF_E_RANGE;
}
