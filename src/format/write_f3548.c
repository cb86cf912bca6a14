/* SPDX-License-Identifier: Apache-2.0 */
#include "format/write_f3548.h"
#include "base/json_writer.h"
#include "core/altitude.h"
#include "core/num.h"
#include "core/time.h"
#include "format/outline.h"
#include "format/put_number.h"

#define LOWEST_E4    ((int64_t)-8000 * DCF_M_E4)  /* the standard's range of altitudes */
#define HIGHEST_E4   ((int64_t)100000 * DCF_M_E4)
#define PIECE_US     60000000.0
#define PIECE_MOVE_M 1000.0
#define PIECE_UP_E4  (300.0 * DCF_M_E4)
#define CAPSULE_MAX_M (DCF_OUTLINE_REACH_M / 3)

static const struct dcf_outline_want want = { DCF_OUTLINE_GEODESIC, 10 };

struct writer {
	struct dcf_json j;
	const struct dcf_plan *plan;
	struct dcf_offsets offsets;
	struct dcf_outline outline;
	int64_t lowest_e4, highest_e4; /* what `0 SFC` and "UNL" become */
	const struct dcf_feature *feature;
};

/* What one volume says beside its outline. */
struct extent {
	int64_t lower_e4, upper_e4; /* W84 */
	int64_t start_us, end_us;
};

/* splitmix64's finisher: spreads every bit over all. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t hash(uint64_t h, struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return mix(h ^ s.len);
}

void dcf_f3548_uuid(struct dcf_span party, struct dcf_span id, char uuid[37])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t half[2];
	char *p = uuid;

	for (int i = 0; i < 2; i++)
		half[i] = hash(hash(i ? 0x6c62272e07bb0142u : 0xcbf29ce484222325u, party), id);
	half[0] = (half[0] & ~(uint64_t)0xf000) | 0x4000;         /* version 4 */
	half[1] = (half[1] & ~((uint64_t)3 << 62)) | (uint64_t)1 << 63; /* variant 10 */
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*p++ = '-';
		*p++ = hex[half[i / 16] >> (60 - 4 * (i % 16)) & 15];
	}
	*p = 0;
}

/* The W84 heights that a limit may stand for. */
static void w84_of(const struct writer *w, struct dcf_altitude a, bool is_lower, int64_t *low, int64_t *high)
{
	static const struct dcf_altitude ellipsoid = { .ref = DCF_REF_W84, .unit = DCF_UNIT_M };

	if (a.unlimited)
		*low = *high = w->highest_e4;
	else if (is_lower && dcf_altitude_is_ground(a))
		*low = *high = w->lowest_e4;
	else
		dcf_altitude_difference(&w->offsets, a, ellipsoid, false, low, high);
}

/* The same through mean sea level, as a leg between different references is interpolated. */
static void w84_through_msl(const struct writer *w, struct dcf_altitude a, int64_t *low, int64_t *high)
{
	dcf_altitude_msl(&w->offsets, a, false, low, high);
	*low -= w->offsets.high_e4[DCF_REF_W84];
	*high -= w->offsets.low_e4[DCF_REF_W84];
}

static int64_t lower_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t higher_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* "UNL" must stand above, and `0 SFC` below, everything else that is written. */
static void find_range(struct writer *w)
{
	w->lowest_e4 = LOWEST_E4;
	w->highest_e4 = HIGHEST_E4;
	for (size_t i = 0; i < w->plan->feature_count; i++) {
		const struct dcf_feature *f = &w->plan->features[i];
		int64_t low, high;

		if (f->shape == DCF_TRAJECTORY)
			continue;
		w84_of(w, f->lower, true, &low, &high);
		w->lowest_e4 = lower_of(w->lowest_e4, low);
		w84_of(w, f->upper, false, &low, &high);
		w->highest_e4 = higher_of(w->highest_e4, high);
	}
}

static void put_altitude(struct writer *w, const char *key, int64_t e4)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_fixed(j, e4, 4);
	dcf_json_key(j, "reference");
	dcf_json_z(j, "W84");
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
}

static void put_time(struct writer *w, const char *key, int64_t us, bool up)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN("\""));
	dcf_time_put(j->out, us, us % 1000000 == 0 ? DCF_TIME_S : up ? DCF_TIME_MS_UP : DCF_TIME_MS_DOWN);
	dcf_buf_char(j->out, '"');
	dcf_json_key(j, "format");
	dcf_json_z(j, "RFC3339");
	dcf_json_end(j, '}');
}

static void put_point(struct dcf_json *j, struct dcf_latlon p)
{
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "lng");
	dcf_json_fixed(j, p.lon_e7, 7);
	dcf_json_key(j, "lat");
	dcf_json_fixed(j, p.lat_e7, 7);
	dcf_json_end(j, '}');
}

static void put_circle(struct writer *w, struct dcf_latlon at, double radius_m)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, "outline_circle");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "center");
	put_point(j, at);
	dcf_json_key(j, "radius");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_double(j->out, radius_m > 0.01 ? radius_m : 0.01); /* the standard wants it above 0 */
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
}

static bool same_place(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

static void put_polygon(struct writer *w, const struct dcf_outline_ring *ring)
{
	struct dcf_json *j = &w->j;
	const struct dcf_vec *v = w->outline.points + ring->first;
	struct dcf_latlon first = dcf_latlon_of(v[0]), last = first;

	dcf_json_key(j, "outline_polygon");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "vertices");
	dcf_json_begin_inline(j, '[');
	put_point(j, first);
	for (size_t i = 1; i < ring->count; i++) {
		struct dcf_latlon p = dcf_latlon_of(v[i]);

		if (!same_place(p, last) && !same_place(p, first))
			put_point(j, p);
		last = p;
	}
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}

static void begin_volume(struct writer *w)
{
	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "volume");
	dcf_json_begin_inline(&w->j, '{');
}

/* What the standard has no place for, so that nothing of it is lost. */
static void put_extras(struct writer *w)
{
	struct dcf_json *j = &w->j;
	const struct dcf_feature *f = w->feature;

	dcf_json_key(j, "deconflict");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "feature");
	dcf_json_string(j, f->id);
	if (f->acm.len) {
		dcf_json_key(j, "acm");
		dcf_json_string(j, f->acm);
	}
	if (f->advisory) {
		dcf_json_key(j, "advisory");
		dcf_json_bool(j, true);
	}
	if (f->is_protected) {
		dcf_json_key(j, "protected");
		dcf_json_bool(j, true);
	}
	dcf_json_end(j, '}');
}

static void end_volume(struct writer *w, const struct extent *e)
{
	put_altitude(w, "altitude_lower", e->lower_e4);
	/* The standard wants the lower limit below the upper one. */
	put_altitude(w, "altitude_upper", higher_of(e->upper_e4, e->lower_e4 + 1));
	dcf_json_end(&w->j, '}');
	put_time(w, "time_start", e->start_us, false);
	put_time(w, "time_end", e->end_us, true);
	put_extras(w);
	dcf_json_end(&w->j, '}');
}

static void put_rings(struct writer *w, const struct extent *e)
{
	for (size_t i = 0; i < w->outline.ring_count; i++) {
		if (!w->outline.rings[i].outer)
			continue;
		begin_volume(w);
		put_polygon(w, &w->outline.rings[i]);
		end_volume(w, e);
	}
}

/* Everything within the radius of a-b. */
static enum dcf_status put_capsule(struct writer *w, struct dcf_latlon a, struct dcf_latlon b, const struct extent *e)
{
	double r = w->feature->radius_m, d, azimuth;
	enum dcf_status s;

	if (r > CAPSULE_MAX_M) {
		s = dcf_inverse(a, b, &d, &azimuth);
		if (s != DCF_OK)
			return s;
		begin_volume(w);
		put_circle(w, dcf_latlon_of(dcf_direct(a, azimuth, d / 2)), r + d / 2 + 1);
		end_volume(w, e);
		return DCF_OK;
	}
	dcf_outline_clear(&w->outline);
	s = dcf_outline_capsule(&w->outline, a, b, r, &want);
	if (s == DCF_OK)
		put_rings(w, e);
	return s;
}

/* Number of pieces of a leg. */
static uint32_t pieces_of(double d, double dt_us, double climb_e4)
{
	double by_length = dcf_ceil(d / DCF_PIECE_M), by_time = dcf_ceil(dt_us / PIECE_US);
	double moved = dcf_ceil(d / PIECE_MOVE_M), climbed = dcf_ceil(climb_e4 / PIECE_UP_E4);
	double useful = moved > climbed ? moved : climbed;
	double n = by_time < useful ? by_time : useful;

	n = n > by_length ? n : by_length;
	return n < 1 ? 1 : n > 1e6 ? 1000000u : (uint32_t)n;
}

/* Heights at both ends of a leg: [end][low, high]. */
static void leg_band(const struct writer *w, const struct dcf_waypoint *p, int64_t band[2][2])
{
	bool mixed = p[0].altitude.ref != p[1].altitude.ref;

	for (int i = 0; i < 2; i++)
		if (mixed && !p[i].altitude.unlimited)
			w84_through_msl(w, p[i].altitude, &band[i][0], &band[i][1]);
		else
			w84_of(w, p[i].altitude, false, &band[i][0], &band[i][1]);
}

static int64_t part_way(int64_t a, int64_t b, double t, bool up)
{
	double v = (double)a + (double)(b - a) * t;

	return (int64_t)(up ? dcf_ceil(v) + 1 : dcf_floor(v) - 1);
}

/* The extent of the piece between the fractions t0 and t1 of a leg. */
static struct extent piece_extent(const struct dcf_feature *f, const struct dcf_waypoint *p, int64_t band[2][2], double t0,
				  double t1)
{
	double dt = (double)(p[1].time_us - p[0].time_us);
	struct extent e;

	e.start_us = t0 <= 0 ? p[0].time_us : p[0].time_us + (int64_t)dcf_floor(dt * t0) - 1;
	e.end_us = t1 >= 1 ? p[1].time_us : p[0].time_us + (int64_t)dcf_ceil(dt * t1) + 1;
	e.lower_e4 = lower_of(part_way(band[0][0], band[1][0], t0, false), part_way(band[0][0], band[1][0], t1, false));
	e.upper_e4 = higher_of(part_way(band[0][1], band[1][1], t0, true), part_way(band[0][1], band[1][1], t1, true));
	e.lower_e4 -= f->containment_e4;
	e.upper_e4 += f->containment_e4;
	return e;
}

static enum dcf_status put_leg(struct writer *w, const struct dcf_feature *f, uint32_t i)
{
	const struct dcf_waypoint *p = f->waypoints + i;
	struct dcf_latlon a = f->points[i], b = f->points[i + 1], from = a;
	int64_t band[2][2];
	double d, azimuth, climb;
	uint32_t n;
	enum dcf_status s = dcf_inverse(a, b, &d, &azimuth);

	if (s != DCF_OK)
		return s;
	leg_band(w, p, band);
	climb = dcf_fabs((double)(band[1][0] - band[0][0]));
	n = pieces_of(d, (double)(p[1].time_us - p[0].time_us), climb);
	for (uint32_t k = 1; s == DCF_OK && k <= n; k++) {
		struct dcf_latlon to = k == n ? b : dcf_latlon_of(dcf_direct(a, azimuth, d * k / n));
		struct extent e = piece_extent(f, p, band, (k - 1.0) / n, (double)k / n);

		s = put_capsule(w, from, to, &e);
		from = to;
	}
	return s;
}

static enum dcf_status put_feature(struct writer *w, const struct dcf_feature *f)
{
	struct extent e = { .start_us = f->start_us, .end_us = f->end_us };
	enum dcf_status s = DCF_OK;
	int64_t ignored;

	w->feature = f;
	if (f->shape == DCF_TRAJECTORY) {
		for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
			s = put_leg(w, f, i);
		return s;
	}
	w84_of(w, f->lower, true, &e.lower_e4, &ignored);
	w84_of(w, f->upper, false, &ignored, &e.upper_e4);
	if (f->shape == DCF_CIRCLE) {
		begin_volume(w);
		put_circle(w, f->points[0], f->radius_m);
		end_volume(w, &e);
		return DCF_OK;
	}
	if (f->shape != DCF_POLYGON) {
		for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
			s = put_capsule(w, f->points[i], f->points[i + 1], &e);
		return s;
	}
	dcf_outline_clear(&w->outline);
	s = dcf_outline_feature(&w->outline, f, &want);
	if (s == DCF_OK)
		put_rings(w, &e);
	return s;
}

static void put_reference(struct writer *w, uint32_t operation, int64_t start_us, int64_t end_us)
{
	struct dcf_json *j = &w->j;
	const struct dcf_operation *o = &w->plan->operations[operation];
	struct dcf_span party = w->plan->parties[o->party].id;
	char uuid[37];

	dcf_f3548_uuid(party, o->id, uuid);
	dcf_json_key(j, "reference");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "id");
	dcf_json_z(j, uuid);
	dcf_json_key(j, "manager");
	dcf_json_string(j, party);
	dcf_json_key(j, "uss_availability");
	dcf_json_z(j, "Unknown");
	dcf_json_key(j, "version");
	dcf_json_i64(j, 1);
	dcf_json_key(j, "state");
	dcf_json_z(j, "Accepted");
	put_time(w, "time_start", start_us, false);
	put_time(w, "time_end", end_us, true);
	dcf_json_key(j, "uss_base_url");
	dcf_json_z(j, "https://uss.invalid");
	dcf_json_key(j, "subscription_id");
	dcf_json_z(j, "00000000-0000-4000-8000-000000000000");
	dcf_json_end(j, '}');
	dcf_json_key(j, "deconflict");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "operation");
	dcf_json_string(j, o->id);
	if (o->replaces.len) {
		dcf_json_key(j, "replaces");
		dcf_json_string(j, o->replaces);
	}
	dcf_json_end(j, '}');
}

/* `features`: the indices of the operation's features. */
static enum dcf_status put_operation(struct writer *w, uint32_t operation, const uint32_t *features, size_t count)
{
	struct dcf_json *j = &w->j;
	int64_t start = INT64_MAX, end = INT64_MIN;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < count; i++) {
		start = lower_of(start, w->plan->features[features[i]].start_us);
		end = higher_of(end, w->plan->features[features[i]].end_us);
	}
	dcf_json_begin(j, '{');
	put_reference(w, operation, start, end);
	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "volumes");
	dcf_json_begin(j, '[');
	for (size_t i = 0; s == DCF_OK && i < count; i++)
		s = put_feature(w, &w->plan->features[features[i]]);
	dcf_json_end(j, ']');
	dcf_json_key(j, "off_nominal_volumes");
	dcf_json_begin_inline(j, '[');
	dcf_json_end(j, ']');
	dcf_json_key(j, "priority");
	dcf_json_i64(j, 0);
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
	return s;
}

/* Indices of all features, an operation's together and in the plan's order; begin[o] .. begin[o + 1]. */
static void group_features(const struct dcf_plan *plan, size_t *begin, uint32_t *order)
{
	size_t at = 0;

	for (size_t o = 0; o < plan->operation_count; o++) {
		begin[o] = at;
		at += plan->operations[o].feature_count;
	}
	for (size_t i = 0; i < plan->feature_count; i++)
		order[begin[plan->features[i].operation]++] = (uint32_t)i;
	for (size_t o = plan->operation_count; o > 0; o--)
		begin[o] = begin[o - 1];
	begin[0] = 0;
}

enum dcf_status dcf_write_f3548(const struct dcf_plan *plan, struct dcf_buf *out)
{
	struct writer w = { .j = { .out = out, .indent = 1 },
			    .plan = plan,
			    .offsets = dcf_offsets_of(&plan->atmosphere),
			    .outline = { .from = out->from } };
	size_t begin_size = (plan->operation_count + 1) * sizeof(size_t), order_size = plan->feature_count * sizeof(uint32_t);
	size_t *begin = dcf_alloc_new(out->from, begin_size);
	uint32_t *order = dcf_alloc_new(out->from, order_size);
	enum dcf_status s = DCF_E_NOMEM;

	if (!begin || !order)
		goto done;
	group_features(plan, begin, order);
	find_range(&w);
	s = DCF_OK;
	dcf_json_begin(&w.j, '[');
	for (uint32_t o = 0; s == DCF_OK && o < plan->operation_count; o++)
		if (begin[o + 1] > begin[o])
			s = put_operation(&w, o, order + begin[o], begin[o + 1] - begin[o]);
	dcf_json_end(&w.j, ']');
	dcf_buf_char(out, '\n');
	if (s == DCF_OK && out->failed)
		s = DCF_E_NOMEM;
done:
	dcf_outline_free(&w.outline);
	dcf_alloc_free(out->from, begin, begin_size);
	dcf_alloc_free(out->from, order, order_size);
	return s;
}
