/* SPDX-License-Identifier: Apache-2.0 */
/* message_page_volumes.c - what a notice is about, for people: where, from what landmarks, how high, when. */
#include "core/geodesy.h"
#include "core/time.h"
#include "domain/message_page_int.h"
#include "domain/notice_object.h"
#include "format/compass.h"
#include "format/notation.h"

#define NM_M 1852.0

enum { CORNERS_MAX = 12 /* shown of one volume */ };

/* --- times ------------------------------------------------------------------------------------------------ */

static int64_t precision_of(int64_t us)
{
	return us % 60000000 == 0 ? 60000000 : us % 1000000 == 0 ? 1000000 : 1;
}

void dcf_page_time(struct dcf_page_rows *r, int64_t us)
{
	struct dcf_when when = { .us = us, .precision_us = precision_of(us) };

	if (!dcf_when_put(&r->text, &when, DCF_WHEN_DTG))
		dcf_time_put(&r->text, us, DCF_TIME_S);
}

static void put_two(struct dcf_buf *out, int v)
{
	dcf_buf_char(out, (char)('0' + v / 10 % 10));
	dcf_buf_char(out, (char)('0' + v % 10));
}

/* The letter of a zone of whole hours: A is one hour east ... M twelve, without J; N is one hour west ... Y twelve. */
static void put_zone(struct dcf_buf *out, int east_min)
{
	static const char east[] = "ZABCDEFGHIKLM", west[] = "ZNOPQRSTUVWXY";
	int away = east_min < 0 ? -east_min : east_min;

	if (away % 60 == 0 && away <= 12 * 60) {
		dcf_buf_char(out, east_min < 0 ? west[away / 60] : east[away / 60]);
		return;
	}
	dcf_buf_char(out, east_min < 0 ? '-' : '+');
	put_two(out, away / 60);
	put_two(out, away % 60);
}

void dcf_page_local(struct dcf_page_rows *r, int64_t us)
{
	for (size_t i = 0; i < r->zone_count; i++) {
		const struct dcf_page_zone *zone = &r->zone[i];
		struct dcf_civil c = dcf_civil_of(us + (int64_t)zone->east_min * 60000000);

		dcf_buf_z(&r->text, i ? ", " : "");
		dcf_page_plain(&r->text, zone->party);
		dcf_buf_char(&r->text, ' ');
		put_two(&r->text, c.day);
		put_two(&r->text, c.hour);
		put_two(&r->text, c.minute);
		put_zone(&r->text, zone->east_min);
	}
}

/* --- lengths and places ----------------------------------------------------------------------------------- */

static void put_km(struct dcf_buf *out, double m)
{
	if (m < 1000) {
		dcf_buf_fixed(out, (int64_t)(m * 10 + 0.5), 1);
		dcf_buf_z(out, " m");
	} else {
		dcf_buf_fixed(out, (int64_t)(m / 10 + 0.5), 2);
		dcf_buf_z(out, " km");
	}
}

static void put_length(struct dcf_page_rows *r, double m)
{
	if (r->page->metric)
		put_km(&r->text, m);
	else
		dcf_buf_fixed(&r->text, (int64_t)(m / NM_M * 100 + 0.5), 2);
	dcf_buf_z(&r->text, r->page->metric ? " (" : " NM (");
	if (r->page->metric)
		dcf_buf_fixed(&r->text, (int64_t)(m / NM_M * 100 + 0.5), 2);
	else
		put_km(&r->text, m);
	dcf_buf_z(&r->text, r->page->metric ? " NM)" : ")");
}

struct landmark {
	const struct dcf_place *place;
	double distance_m, azimuth_deg;
};

/* The two nearest, the nearest first; returns how many there are. */
static size_t nearest(const struct dcf_plan *places, struct dcf_latlon at, struct landmark best[2])
{
	struct dcf_vec v = dcf_vec_of(at);
	size_t n = 0;

	for (size_t i = 0; places && i < places->place_count; i++) {
		struct landmark one = { &places->places[i], dcf_distance_m(dcf_vec_of(places->places[i].at), v), 0 };

		if (n == 2 && one.distance_m >= best[1].distance_m)
			continue;
		if (n < 2)
			n++;
		best[n - 1] = one;
		if (n == 2 && best[1].distance_m < best[0].distance_m) {
			best[1] = best[0];
			best[0] = one;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (dcf_inverse(best[i].place->at, at, &best[i].distance_m, &best[i].azimuth_deg) != DCF_OK)
			return 0;
	return n;
}

/* "4.5 km SW (225 T) of OSLK Hmeimim". */
static void put_landmark(struct dcf_page_rows *r, const struct landmark *l)
{
	int degrees = (int)(l->azimuth_deg + 0.5) % 360;

	if (l->distance_m < 0.5) {
		dcf_buf_z(&r->text, "at ");
	} else {
		put_km(&r->text, l->distance_m);
		dcf_buf_char(&r->text, ' ');
		dcf_buf_z(&r->text, dcf_compass_point(l->azimuth_deg));
		dcf_buf_z(&r->text, " (");
		dcf_buf_char(&r->text, (char)('0' + degrees / 100));
		put_two(&r->text, degrees % 100);
		dcf_buf_z(&r->text, " T) of ");
	}
	dcf_page_plain(&r->text, l->place->icao);
	if (l->place->icao.len && l->place->name.len)
		dcf_buf_char(&r->text, ' ');
	dcf_page_plain(&r->text, l->place->name);
}

/* --- one volume ------------------------------------------------------------------------------------------- */

static const char *const shape_name[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = "polygon", [DCF_CIRCLE] = "circle",         [DCF_CORRIDOR] = "corridor",
	[DCF_ORBIT] = "orbit",     [DCF_TRAJECTORY] = "trajectory",
};

/* The circle's centre; of others the middle of the points of its outer ring or line. */
static struct dcf_latlon middle(const struct dcf_feature *f)
{
	struct dcf_vec sum = { 0, 0, 0 };
	uint32_t n = f->ring_count ? f->rings[0].count : f->point_count;

	for (uint32_t i = 0; i < n; i++)
		sum = dcf_vec_add(sum, dcf_vec_of(f->points[i]));
	return n == 1 || !(dcf_vec_length(sum) > 1e-9) ? f->points[0] : dcf_latlon_of(dcf_vec_unit(sum));
}

static void put_shape(struct dcf_page_rows *r, const struct dcf_feature *f)
{
	dcf_buf_z(&r->text, shape_name[f->shape]);
	if (f->point_count > 1) {
		dcf_buf_z(&r->text, " of ");
		dcf_buf_i64(&r->text, f->point_count);
		dcf_buf_z(&r->text, " points");
	}
	if (f->shape == DCF_POLYGON)
		return;
	dcf_buf_z(&r->text, f->shape == DCF_CORRIDOR     ? ", half width "
			    : f->shape == DCF_TRAJECTORY ? ", within "
							 : ", radius ");
	put_length(r, f->radius_m);
}

static void put_altitude(struct dcf_page_rows *r, struct dcf_altitude a)
{
	struct dcf_height h = { .lower = a, .upper = a };

	dcf_altitude_put(&r->text, &h);
}

static void put_band(struct dcf_page_rows *r, const struct dcf_feature *f)
{
	bool moving = f->shape == DCF_TRAJECTORY;

	put_altitude(r, moving ? f->waypoints[0].altitude : f->lower);
	dcf_buf_z(&r->text, moving ? " at the start, " : " to ");
	put_altitude(r, moving ? f->waypoints[f->point_count - 1].altitude : f->upper);
	dcf_buf_z(&r->text, moving ? " at the end" : "");
}

static void position_row(struct dcf_page_rows *r, const char *key, const struct dcf_position *p, enum dcf_notation as,
			 enum dcf_notation also)
{
	(void)dcf_position_put(&r->text, p, as);
	if (also != DCF_NOTATION_COUNT) {
		dcf_buf_z(&r->text, "   ");
		if (!dcf_position_put(&r->text, p, also))
			(void)dcf_position_put(&r->text, p, DCF_NOTATION_UPS);
	}
	(void)dcf_page_row(r, DCF_ROW_PAIR, key, DCF_ENGLISH, 2);
}

static void corner_row(struct dcf_page_rows *r, const struct dcf_feature *f)
{
	uint32_t n = f->point_count < CORNERS_MAX ? f->point_count : CORNERS_MAX;

	for (uint32_t i = 0; i < n; i++) {
		struct dcf_position p = dcf_position_of(f->points[i]);

		dcf_buf_z(&r->text, i ? " " : "");
		(void)dcf_position_put(&r->text, &p, DCF_NOTATION_TYPED);
	}
	if (n < f->point_count) {
		dcf_buf_z(&r->text, " and ");
		dcf_buf_i64(&r->text, f->point_count - n);
		dcf_buf_z(&r->text, " more");
	}
	(void)dcf_page_row(r, DCF_ROW_PAIR, "  points", DCF_ENGLISH, CORNERS_MAX);
}

static void where_rows(struct dcf_page_rows *r, const struct dcf_feature *f)
{
	struct dcf_latlon at = middle(f);
	struct dcf_position p = dcf_position_of(at);
	struct landmark near[2];
	size_t n = nearest(r->page->places, at, near);

	position_row(r, f->shape == DCF_CIRCLE ? "  centre" : "  middle", &p, DCF_NOTATION_DD, DCF_NOTATION_MGRS);
	position_row(r, "", &p, DCF_NOTATION_DMS, DCF_NOTATION_COUNT);
	position_row(r, "  to type", &p, DCF_NOTATION_TYPED, DCF_NOTATION_COUNT);
	for (size_t i = 0; i < n; i++) {
		put_landmark(r, &near[i]);
		(void)dcf_page_row(r, DCF_ROW_PAIR, i ? "" : "  which is", DCF_ENGLISH, 2);
	}
}

static const char *number_key(size_t i, char room[DCF_PAGE_KEY + 1])
{
	size_t n = 0;
	char digits[4];

	memcpy(room, "VOLUME ", 8);
	do {
		digits[n++] = (char)('0' + i % 10);
		i /= 10;
	} while (i && n < sizeof digits);
	for (size_t k = 0; k < n; k++)
		room[7 + k] = digits[n - 1 - k];
	room[7 + n] = '\0';
	return room;
}

/* False, and nothing of it stays, when it does not fit whole; its corners alone may be missing. */
static bool volume_rows(struct dcf_page_rows *r, const struct dcf_feature *f, size_t number)
{
	size_t count = r->count, lines = r->lines, dropped = r->dropped;
	char *key = dcf_arena_get(&r->arena, DCF_PAGE_KEY + 1);

	if (!key) {
		r->status = DCF_E_NOMEM;
		return false;
	}
	put_shape(r, f);
	(void)dcf_page_row(r, DCF_ROW_PAIR, number_key(number, key), DCF_ENGLISH, 2);
	where_rows(r, f);
	put_band(r, f);
	(void)dcf_page_row(r, DCF_ROW_PAIR, "  band", DCF_ENGLISH, 2);
	dcf_page_time(r, f->start_us);
	dcf_buf_z(&r->text, " to ");
	dcf_page_time(r, f->end_us);
	(void)dcf_page_row(r, DCF_ROW_PAIR, "  window", DCF_ENGLISH, 2);
	if (r->zone_count) {
		dcf_page_local(r, f->start_us);
		dcf_buf_z(&r->text, " to ");
		dcf_page_local(r, f->end_us);
		(void)dcf_page_row(r, DCF_ROW_PAIR, "  local", DCF_ENGLISH, 3);
	}
	if (r->dropped != dropped) {
		r->count = count;
		r->lines = lines;
		r->dropped = dropped;
		return false;
	}
	if (f->point_count > 1)
		corner_row(r, f);
	return true;
}

static void no_notice_rows(struct dcf_page_rows *r, struct dcf_span why)
{
	while (why.len) {
		const char *nl = memchr(why.p, '\n', why.len);
		size_t n = nl ? (size_t)(nl - why.p) : why.len;

		dcf_page_plain(&r->text, (struct dcf_span){ why.p, n });
		if (!dcf_page_row(r, DCF_ROW_PAIR, "NO NOTICE", DCF_ENGLISH, 2))
			return;
		why = (struct dcf_span){ why.p + n + (nl ? 1 : 0), why.len - n - (nl ? 1 : 0) };
	}
}

void dcf_page_volumes(struct dcf_page_rows *r, struct dcf_jval object)
{
	struct dcf_buf why = { .from = r->arena.from };
	struct dcf_plan plan;
	size_t shown = 0;
	enum dcf_status s;

	dcf_plan_init(&plan, r->arena.from);
	s = dcf_notice_object_read(object, &plan, DCF_SPAN("-"), DCF_SPAN("-"), &why);
	r->kept++; /* to say how many are not here */
	if (s == DCF_E_REFUSED && !why.failed)
		no_notice_rows(r, dcf_buf_as_span(&why));
	else if (s != DCF_OK)
		r->status = DCF_E_NOMEM;
	while (s == DCF_OK && shown < plan.feature_count && volume_rows(r, &plan.features[shown], shown + 1))
		shown++;
	r->kept--;
	if (s == DCF_OK && shown < plan.feature_count) {
		dcf_buf_z(&r->text, "Volumes that are not on this page: ");
		dcf_buf_i64(&r->text, (int64_t)(plan.feature_count - shown));
		dcf_buf_z(&r->text, ".  The digits cover all of them.");
		(void)dcf_page_row(r, DCF_ROW_NOTE, "", DCF_ENGLISH, 1);
	}
	dcf_plan_free(&plan);
	dcf_buf_free(&why);
}
