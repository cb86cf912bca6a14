/* SPDX-License-Identifier: Apache-2.0 */
/* notice_object.c - volumes into their canonical text, and its check-words. */
#include "base/json_writer.h"
#include "core/geodesy.h"
#include "crypto/check_words.h"
#include "domain/notice_object_int.h"

_Static_assert((int)DCF_CHECK_WORDS_MAX == (int)DCF_CHECK_WORDS_SIZE, "one room for check-words");

const char *const dcf_notice_shape_name[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = "polygon", [DCF_CIRCLE] = "circle",         [DCF_CORRIDOR] = "corridor",
	[DCF_ORBIT] = "orbit",     [DCF_TRAJECTORY] = "trajectory",
};
const char *const dcf_notice_ref_name[DCF_REF_COUNT] = {
	[DCF_REF_MSL] = "MSL", [DCF_REF_STD] = "STD", [DCF_REF_AGL] = "AGL", [DCF_REF_SFC] = "SFC", [DCF_REF_W84] = "W84",
};
const char *const dcf_notice_edges_name[2] = { [DCF_EDGES_GEODESIC] = "geodesic", [DCF_EDGES_LONLAT] = "lonlat" };

/* --- may it be a notice? ---------------------------------------------------------------------------------- */

static bool altitude_ok(int64_t e4)
{
	return e4 >= -DCF_NOTICE_ALTITUDE_MAX_E4 && e4 <= DCF_NOTICE_ALTITUDE_MAX_E4;
}

static const char *band_wrong(const struct dcf_feature *f)
{
	if (f->lower.unlimited || f->lower.ref >= DCF_REF_COUNT || !altitude_ok(f->lower.e4))
		return "no altitude band";
	if (!f->upper.unlimited && (f->upper.ref >= DCF_REF_COUNT || !altitude_ok(f->upper.e4)))
		return "no altitude band";
	return NULL;
}

static const char *movement_wrong(const struct dcf_feature *f)
{
	if (!f->waypoints || f->point_count < 2 || f->containment_e4 < 0 || !altitude_ok(f->containment_e4))
		return "no geometry";
	for (uint32_t i = 0; i < f->point_count; i++) {
		const struct dcf_waypoint *w = &f->waypoints[i];

		if (w->time_us < 0 || w->time_us > DCF_NOTICE_INTEGER_MAX)
			return "no window";
		if (w->altitude.unlimited || w->altitude.ref >= DCF_REF_COUNT || !altitude_ok(w->altitude.e4))
			return "no altitude band";
	}
	return NULL;
}

static const char *wrong(const struct dcf_feature *f)
{
	if (f->point_count > DCF_NOTICE_POINTS_MAX)
		return "more than 2000 points";
	if (f->shape >= DCF_SHAPE_COUNT || !f->points || f->point_count < 1)
		return "no geometry";
	if (f->shape == DCF_POLYGON && (!f->rings || f->ring_count < 1 || !f->rings[0].outer))
		return "no geometry";
	if (!(f->radius_m >= 0 && f->radius_m <= DCF_NOTICE_LENGTH_MAX_M) ||
	    (f->radius_m == 0 && f->shape != DCF_POLYGON && f->shape != DCF_TRAJECTORY))
		return "no geometry";
	if (f->shape == DCF_TRAJECTORY)
		return movement_wrong(f);
	if (f->start_us < 0 || f->end_us > DCF_NOTICE_INTEGER_MAX || f->start_us >= f->end_us)
		return "no window";
	return band_wrong(f);
}

static uint32_t pieces_of(const struct dcf_feature *f, uint32_t first, uint32_t count, bool closed)
{
	uint32_t sum = 0, n;

	for (uint32_t i = 0; i + !closed < count && sum <= DCF_NOTICE_PIECES_MAX; i++) {
		struct dcf_latlon a = f->points[first + i], b = f->points[first + (i + 1) % count];

		/* What cannot be drawn is refused by the core. */
		if (dcf_edge_pieces(a, b, (enum dcf_edges)f->edges, DCF_PIECE_M, &n) != DCF_OK)
			n = 1;
		sum = n > DCF_NOTICE_PIECES_MAX - (sum < DCF_NOTICE_PIECES_MAX ? sum : DCF_NOTICE_PIECES_MAX)
			      ? (uint32_t)DCF_NOTICE_PIECES_MAX + 1
			      : sum + n;
	}
	return sum;
}

uint32_t dcf_notice_pieces(const struct dcf_feature *f)
{
	uint32_t sum = 0;

	if (f->shape != DCF_POLYGON)
		return pieces_of(f, 0, f->point_count, false);
	for (uint32_t i = 0; i < f->ring_count && sum <= DCF_NOTICE_PIECES_MAX; i++)
		sum += pieces_of(f, f->rings[i].first, f->rings[i].count, true);
	return sum <= DCF_NOTICE_PIECES_MAX ? sum : (uint32_t)DCF_NOTICE_PIECES_MAX + 1;
}

/* --- writing ---------------------------------------------------------------------------------------------- */

/* The smallest whole number of millimetres that is not less when it is read back. */
static int64_t millimetres(double metres)
{
	int64_t mm = (int64_t)(metres * 1000);

	while (mm > 0 && (double)(mm - 1) / 1000 >= metres)
		mm--;
	while ((double)mm / 1000 < metres)
		mm++;
	return mm;
}

static void put_altitude(struct dcf_json *j, const char *key, struct dcf_altitude a)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	if (!a.unlimited) {
		dcf_json_key(j, "e4");
		dcf_json_i64(j, a.e4);
	}
	dcf_json_key(j, "ref");
	dcf_json_z(j, a.unlimited ? "UNL" : dcf_notice_ref_name[a.ref]);
	dcf_json_end(j, '}');
}

static void put_point(struct dcf_json *j, struct dcf_latlon p, const struct dcf_waypoint *w)
{
	dcf_json_begin(j, '[');
	dcf_json_i64(j, p.lat_e7);
	dcf_json_i64(j, p.lon_e7);
	if (w) {
		dcf_json_i64(j, w->time_us);
		dcf_json_i64(j, w->altitude.e4);
	}
	dcf_json_end(j, ']');
}

static void put_points(struct dcf_json *j, const struct dcf_feature *f, uint32_t first, uint32_t count)
{
	dcf_json_begin(j, '[');
	for (uint32_t i = first; i < first + count; i++)
		put_point(j, f->points[i], f->shape == DCF_TRAJECTORY ? &f->waypoints[i] : NULL);
	dcf_json_end(j, ']');
}

static void put_text(struct dcf_json *j, const char *key, const char *value)
{
	dcf_json_key(j, key);
	dcf_json_z(j, value);
}

static void put_number(struct dcf_json *j, const char *key, int64_t value)
{
	dcf_json_key(j, key);
	dcf_json_i64(j, value);
}

/* One reference for all, or one for each where they differ. */
static void put_refs(struct dcf_json *j, const struct dcf_feature *f)
{
	uint32_t i = 1;

	while (i < f->point_count && f->waypoints[i].altitude.ref == f->waypoints[0].altitude.ref)
		i++;
	if (i == f->point_count) {
		put_text(j, "ref", dcf_notice_ref_name[f->waypoints[0].altitude.ref]);
		return;
	}
	dcf_json_key(j, "refs");
	dcf_json_begin(j, '[');
	for (i = 0; i < f->point_count; i++)
		dcf_json_z(j, dcf_notice_ref_name[f->waypoints[i].altitude.ref]);
	dcf_json_end(j, ']');
}

static void put_trajectory(struct dcf_json *j, const struct dcf_feature *f)
{
	dcf_json_begin(j, '{');
	put_number(j, "containment_e4", f->containment_e4);
	put_text(j, "edges", dcf_notice_edges_name[f->edges != 0]);
	put_number(j, "radius_mm", millimetres(f->radius_m));
	put_refs(j, f);
	put_text(j, "shape", dcf_notice_shape_name[f->shape]);
	dcf_json_key(j, "waypoints");
	put_points(j, f, 0, f->point_count);
	dcf_json_end(j, '}');
}

/* A polygon with its holes: rings[first..end). */
static void put_rings(struct dcf_json *j, const struct dcf_feature *f, uint32_t first, uint32_t end)
{
	dcf_json_begin(j, '[');
	for (uint32_t i = first; i < end; i++)
		put_points(j, f, f->rings[i].first, f->rings[i].count);
	dcf_json_end(j, ']');
}

static void put_volume(struct dcf_json *j, const struct dcf_feature *f, uint32_t first_ring, uint32_t end_ring)
{
	bool lines = f->shape != DCF_CIRCLE; /* a circle has no edges */

	dcf_json_begin(j, '{');
	put_text(j, "edges", dcf_notice_edges_name[lines && f->edges != 0]);
	put_number(j, "end", f->end_us);
	put_altitude(j, "lower", f->lower);
	if (f->shape != DCF_POLYGON) {
		dcf_json_key(j, "points");
		put_points(j, f, 0, f->point_count);
		put_number(j, "radius_mm", millimetres(f->radius_m));
	} else {
		dcf_json_key(j, "rings");
		put_rings(j, f, first_ring, end_ring);
	}
	put_text(j, "shape", dcf_notice_shape_name[f->shape]);
	put_number(j, "start", f->start_us);
	put_altitude(j, "upper", f->upper);
	dcf_json_end(j, '}');
}

/* Returns how many volumes it made. */
static size_t put_feature(struct dcf_json *j, const struct dcf_feature *f)
{
	size_t volumes = 1;

	if (f->shape == DCF_TRAJECTORY) {
		put_trajectory(j, f);
	} else if (f->shape != DCF_POLYGON) {
		put_volume(j, f, 0, 0);
	} else {
		volumes = 0;
		for (uint32_t i = 0, end; i < f->ring_count; i = end, volumes++) {
			for (end = i + 1; end < f->ring_count && !f->rings[end].outer;)
				end++;
			put_volume(j, f, i, end);
		}
	}
	return volumes;
}

static void say(struct dcf_buf *why, size_t i, const char *text)
{
	if (!why)
		return;
	dcf_buf_z(why, "feature ");
	dcf_buf_i64(why, (int64_t)i);
	dcf_buf_z(why, ": ");
	dcf_buf_z(why, text);
	dcf_buf_char(why, '\n');
}

enum dcf_status dcf_notice_object_put(const struct dcf_feature *const *features, size_t count, struct dcf_buf *out,
				      struct dcf_buf *why)
{
	struct dcf_json j = { .out = out };
	size_t volumes = 0, start = out->len, pieces = 0;
	bool fine = true;

	for (size_t i = 0; i < count; i++) {
		const char *text = wrong(features[i]);

		if (!text && (pieces += dcf_notice_pieces(features[i])) > DCF_NOTICE_PIECES_MAX)
			text = "edges too long in all";
		if (text)
			say(why, i + 1, text);
		fine = fine && !text;
	}
	if (count == 0 && why)
		dcf_buf_z(why, "no volumes\n");
	if (count == 0 || !fine)
		return DCF_E_RANGE;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "volumes");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < count; i++)
		volumes += put_feature(&j, features[i]);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	if (volumes > DCF_NOTICE_VOLUMES_MAX) {
		out->len = start;
		if (why)
			dcf_buf_z(why, "more than 200 volumes\n");
		return DCF_E_RANGE;
	}
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* --- check-words ------------------------------------------------------------------------------------------ */

void dcf_check_words_of(struct dcf_span object, char out[DCF_CHECK_WORDS_MAX])
{
	static const char name[] = "deconflict-object-v1\n";
	struct dcf_sha256 hash;

	dcf_sha256_begin(&hash);
	dcf_sha256_put(&hash, name, sizeof name - 1);
	dcf_sha256_put(&hash, object.p, object.len);
	dcf_check_words_of_hash(dcf_sha256_end(&hash), out);
}

bool dcf_check_words_equal(const char words[DCF_CHECK_WORDS_MAX], struct dcf_span typed)
{
	return dcf_check_words_same(typed, words);
}
