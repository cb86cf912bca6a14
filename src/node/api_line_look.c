/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_look.c - what was said, out of the record again, and what it is about in the words of operators. */
#include "node/api_line.h"
#include "core/geodesy.h"
#include "domain/text_source.h"
#include "format/compass.h"
#include "format/notation.h"

/* One entry's content. */
struct content {
	struct dcf_arena *arena;
	struct dcf_span text;
	bool erased;
};

static enum dcf_status take(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct content *c = ctx;

	(void)position;
	c->erased = entry->erased;
	c->text = dcf_arena_copy(c->arena, entry->content);
	return c->text.p || entry->content.len == 0 ? DCF_OK : DCF_E_NOMEM;
}

enum dcf_status dcf_line_entry_read(struct dcf_store *store, uint64_t position, struct dcf_jdoc *doc, struct dcf_arena *arena,
				    struct dcf_line_entry *out)
{
	struct content c = { .arena = arena, .erased = true };
	struct dcf_store_error err;
	const char *why;
	enum dcf_status s = dcf_store_read(store, position, 1, DCF_READ_ALL, take, &c, &err);

	*out = (struct dcf_line_entry){ .position = position };
	if (s != DCF_OK || c.erased)
		return s != DCF_OK ? s : DCF_E_NOT_FOUND;
	if (dcf_entry_read(c.text, doc, arena, &out->head, &why) != DCF_OK)
		return DCF_E_CORRUPT;
	if (out->head.kind != DCF_ENTRY_LINE_OUT && out->head.kind != DCF_ENTRY_LINE_IN)
		return DCF_OK;
	out->note = out->head.body;
	s = dcf_message_reopen(out->note, doc, arena, &out->text, &out->message);
	out->has_message = s == DCF_OK;
	return s == DCF_E_NOMEM ? s : s == DCF_OK ? DCF_OK : DCF_E_CORRUPT;
}

enum dcf_status dcf_line_parse(struct dcf_span json, struct dcf_arena *arena, struct dcf_jdoc *doc, struct dcf_jval *out)
{
	char *p = dcf_arena_get(arena, json.len + DCF_JSON_SLACK);
	const char *why;
	enum dcf_status s;

	*out = (struct dcf_jval){ NULL, 0 };
	if (!p)
		return DCF_E_NOMEM;
	memcpy(p, json.p ? json.p : "", json.len);
	memset(p + json.len, ' ', DCF_JSON_SLACK);
	s = dcf_jparse(doc, p, json.len, &why);
	if (s == DCF_OK)
		*out = dcf_jroot(doc);
	return s;
}

/* --- in words ----------------------------------------------------------------------------------------- */

enum { POINTS_SHOWN = 60 };

static void put_place(struct dcf_buf *out, struct dcf_latlon at)
{
	struct dcf_position p = dcf_position_of(at);

	dcf_buf_z(out, "  ");
	(void)dcf_position_put(out, &p, DCF_NOTATION_TYPED);
	dcf_buf_z(out, "  (");
	(void)dcf_position_put(out, &p, DCF_NOTATION_DD);
	dcf_buf_z(out, ")");
}

struct landmark {
	const struct dcf_place *place;
	double distance_m, azimuth_deg;
};

/* The two nearest places, the nearest first; how many there are. */
static size_t nearest(const struct dcf_plan *frame, struct dcf_latlon at, struct landmark best[2])
{
	size_t n = 0;

	for (size_t i = 0; i < frame->place_count; i++) {
		struct landmark one = { .place = &frame->places[i] };

		if (dcf_inverse(one.place->at, at, &one.distance_m, &one.azimuth_deg) != DCF_OK ||
		    (n == 2 && one.distance_m >= best[1].distance_m))
			continue;
		n += n < 2;
		best[n - 1] = one;
		if (n == 2 && best[1].distance_m < best[0].distance_m) {
			best[1] = best[0];
			best[0] = one;
		}
	}
	return n;
}

/* "4.5 km SW of OSLK Latakia": a misread position shows here, where digits do not. */
static void put_landmarks(struct dcf_buf *out, const struct dcf_plan *frame, struct dcf_latlon at)
{
	struct landmark best[2];
	size_t n = nearest(frame, at, best);

	for (size_t i = 0; i < n; i++) {
		const struct dcf_place *p = best[i].place;

		dcf_buf_z(out, i ? ", " : "  the middle is ");
		if (best[i].distance_m >= 50) {
			dcf_buf_fixed(out, (int64_t)(best[i].distance_m / 100 + 0.5), 1);
			dcf_buf_z(out, " km ");
			dcf_buf_z(out, dcf_compass_point(best[i].azimuth_deg));
			dcf_buf_z(out, " of ");
		} else {
			dcf_buf_z(out, "at ");
		}
		dcf_buf_span(out, p->icao);
		if (p->icao.len && p->name.len)
			dcf_buf_char(out, ' ');
		dcf_buf_span(out, p->name);
	}
	if (n)
		dcf_buf_char(out, '\n');
}

/* A circle's centre; of others the middle of their points. */
static struct dcf_latlon middle(const struct dcf_feature *f)
{
	struct dcf_vec sum = { 0, 0, 0 };
	uint32_t n = f->ring_count ? f->rings[0].count : f->point_count;

	for (uint32_t i = 0; i < n; i++)
		sum = dcf_vec_add(sum, dcf_vec_of(f->points[i]));
	return n == 1 || !(dcf_vec_length(sum) > 1e-9) ? f->points[0] : dcf_latlon_of(dcf_vec_unit(sum));
}

static void put_when(struct dcf_buf *out, int64_t us)
{
	struct dcf_when w = { .us = us, .precision_us = us % 1000000 ? 1 : 1000000 };

	(void)dcf_when_put(out, &w, DCF_WHEN_RFC3339);
}

static void put_metres(struct dcf_buf *out, double metres)
{
	dcf_buf_fixed(out, (int64_t)(metres * 1000 + 0.5), 3);
	dcf_buf_z(out, " m");
}

static void put_height(struct dcf_buf *out, struct dcf_altitude lower, struct dcf_altitude upper, bool block)
{
	struct dcf_height h = { .is_block = block, .lower = lower, .upper = upper };

	dcf_altitude_put(out, &h);
}

static void put_shape(struct dcf_buf *out, const struct dcf_feature *f)
{
	static const char *const name[DCF_SHAPE_COUNT] = { [DCF_POLYGON] = "polygon",
							   [DCF_CIRCLE] = "circle",
							   [DCF_CORRIDOR] = "corridor",
							   [DCF_ORBIT] = "orbit",
							   [DCF_TRAJECTORY] = "trajectory" };

	dcf_buf_z(out, f->shape < DCF_SHAPE_COUNT ? name[f->shape] : "shape");
	if (f->shape != DCF_POLYGON) {
		dcf_buf_z(out, f->shape == DCF_CORRIDOR     ? ", half width "
			       : f->shape == DCF_TRAJECTORY ? ", containment "
							    : ", radius ");
		put_metres(out, f->radius_m);
	}
}

static void put_volume(struct dcf_buf *out, const struct dcf_plan *frame, size_t number, const struct dcf_feature *f)
{
	dcf_buf_z(out, "volume ");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, ": ");
	put_shape(out, f);
	if (f->shape != DCF_TRAJECTORY) {
		dcf_buf_z(out, ", ");
		put_height(out, f->lower, f->upper, true);
	}
	dcf_buf_z(out, ", ");
	put_when(out, f->start_us);
	dcf_buf_z(out, " to ");
	put_when(out, f->end_us);
	dcf_buf_char(out, '\n');
	if (f->point_count)
		put_landmarks(out, frame, middle(f));
	for (uint32_t i = 0; i < f->point_count && i < POINTS_SHOWN; i++) {
		put_place(out, f->points[i]);
		if (f->shape == DCF_TRAJECTORY && f->waypoints) {
			dcf_buf_char(out, ' ');
			put_height(out, f->waypoints[i].altitude, f->waypoints[i].altitude, false);
			dcf_buf_char(out, ' ');
			put_when(out, f->waypoints[i].time_us);
		}
		dcf_buf_char(out, '\n');
	}
	if (f->point_count > POINTS_SHOWN) {
		dcf_buf_z(out, "  and ");
		dcf_buf_i64(out, f->point_count - POINTS_SHOWN);
		dcf_buf_z(out, " more points\n");
	}
}

enum dcf_status dcf_line_object_lines(struct dcf_span object, const struct dcf_frame *frame, const struct dcf_alloc *a,
				      struct dcf_buf *out)
{
	struct dcf_arena arena = { .from = a };
	struct dcf_jdoc doc = { 0 };
	struct dcf_plan plan = { .arena = { .from = a } };
	struct dcf_buf why = { .from = a };
	struct dcf_jval value;
	enum dcf_status s = dcf_plan_like(&frame->plan, a, &plan);

	s = s == DCF_OK ? dcf_line_parse(object, &arena, &doc, &value) : s;
	s = s == DCF_OK ? dcf_notice_object_read(value, &plan, DCF_SPAN("-"), DCF_SPAN("-"), &why) : s;
	for (size_t i = 0; s == DCF_OK && i < plan.feature_count; i++)
		put_volume(out, &frame->plan, i + 1, &plan.features[i]);
	if (s == DCF_E_REFUSED) {
		/* What is missing is what there is to be said of it. */
		dcf_buf_span(out, dcf_buf_as_span(&why));
		s = DCF_OK;
	}
	dcf_buf_free(&why);
	dcf_plan_free(&plan);
	dcf_jfree(&doc);
	dcf_arena_free(&arena);
	return out->failed ? DCF_E_NOMEM : s;
}
