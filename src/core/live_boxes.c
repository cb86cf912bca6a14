/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"
#include "core/flat.h"

/* The middle of the time axis, 2040-01-01T00:00:00Z, and its unit of 2^20 us: 2^31 units are 71 years. */
#define MIDDLE_US (INT64_C(2208988800) * 1000000)
enum { UNIT_SHIFT = 20 };

/* Times beyond this are far outside the axis, and sums with it do not overflow. */
#define FAR_US ((int64_t)1 << 60)

struct dcf_axes dcf_live_axes(void)
{
	return (struct dcf_axes){ .ref = DCF_REF_MSL, .time_origin_us = MIDDLE_US, .time_shift = UNIT_SHIFT };
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int64_t floor_div(int64_t v, int64_t by)
{
	return v >= 0 ? v / by : -((-v + by - 1) / by);
}

/* ---- levels ---- */

static const uint8_t place_of_ref[DCF_REF_COUNT] = { [DCF_REF_MSL] = LIVE_MSL,
						     [DCF_REF_STD] = LIVE_STD,
						     [DCF_REF_AGL] = LIVE_GROUND,
						     [DCF_REF_SFC] = LIVE_GROUND,
						     [DCF_REF_W84] = LIVE_W84 };

uint8_t dcf_live_place_ref(int place)
{
	static const uint8_t ref[LIVE_PLACES] = { DCF_REF_MSL, DCF_REF_STD, DCF_REF_W84, DCF_REF_AGL };

	return ref[place];
}

void dcf_live_box_finish(struct dcf_box4 *box, int place, int64_t low_e4, int64_t high_e4)
{
	int64_t middle = (int64_t)(2 * place - LIVE_PLACES + 1) * (LIVE_PLACE_STEP / 2);
	int64_t low = clamp(floor_div(low_e4, 16), -LIVE_PLACE_HALF, LIVE_PLACE_HALF);
	int64_t high = clamp(-floor_div(-high_e4, 16), -LIVE_PLACE_HALF, LIVE_PLACE_HALF);

	box->low[DCF_AXIS_ALT] = (int32_t)(middle + low);
	box->high[DCF_AXIS_ALT] = (int32_t)(middle + high);
	/* A window that was outside the axis lies at its end, where all others that were do. */
	if (box->high[DCF_AXIS_TIME] > box->low[DCF_AXIS_TIME])
		return;
	if (box->low[DCF_AXIS_TIME] > INT32_MIN + 1)
		box->low[DCF_AXIS_TIME] = box->high[DCF_AXIS_TIME] - 1;
	else
		box->high[DCF_AXIS_TIME] = box->low[DCF_AXIS_TIME] + 1;
}

void dcf_live_box_window(const struct dcf_axes *axes, int64_t start_us, int64_t end_us, struct dcf_box4 *box)
{
	int64_t unit = (int64_t)1 << axes->time_shift;
	int64_t low = floor_div(clamp(start_us, -FAR_US, FAR_US) - axes->time_origin_us, unit);
	int64_t high = -floor_div(axes->time_origin_us - clamp(end_us, -FAR_US, FAR_US), unit);

	/* one short of the ends, which mark empty lanes */
	box->low[DCF_AXIS_TIME] = (int32_t)clamp(low, INT32_MIN + 1, INT32_MAX - 1);
	box->high[DCF_AXIS_TIME] = (int32_t)clamp(high, INT32_MIN + 1, INT32_MAX - 1);
}

struct levels {
	int place;
	int64_t low_e4, high_e4;
};

/* Both limits in one reference where they are; of two references the upper limit's, and all below it. */
static struct levels levels_of_volume(const struct dcf_feature *f)
{
	bool has_low = !f->lower.unlimited && !dcf_altitude_is_ground(f->lower), has_high = !f->upper.unlimited;
	struct levels l = { LIVE_MSL, DCF_ALT_MIN, DCF_ALT_MAX };

	if (has_low)
		l.place = place_of_ref[f->lower.ref];
	if (has_low && has_high && l.place != place_of_ref[f->upper.ref])
		has_low = false;
	if (has_high)
		l.place = place_of_ref[f->upper.ref];
	if (has_low)
		l.low_e4 = f->lower.e4;
	if (has_high)
		l.high_e4 = f->upper.e4;
	return l;
}

/* Waypoints first..last. */
static struct levels levels_of_legs(const struct dcf_feature *f, uint32_t first, uint32_t last)
{
	struct levels l = { place_of_ref[f->waypoints[first].altitude.ref], INT64_MAX, INT64_MIN };

	for (uint32_t i = first; i <= last; i++) {
		struct dcf_altitude a = f->waypoints[i].altitude;

		if (a.unlimited || place_of_ref[a.ref] != l.place)
			return (struct levels){ LIVE_MSL, DCF_ALT_MIN, DCF_ALT_MAX };
		l.low_e4 = a.e4 < l.low_e4 ? a.e4 : l.low_e4;
		l.high_e4 = a.e4 > l.high_e4 ? a.e4 : l.high_e4;
	}
	l.low_e4 -= f->containment_e4;
	l.high_e4 += f->containment_e4;
	return l;
}

/* ---- bodies worth keeping ---- */

/* Bases with more arcs are not made anew for every question. */
enum { KEPT_ARCS = 64, KEPT_SPAN_E7 = 30000000 };

static struct dcf_live_made *made_of(const struct dcf_alloc *a, struct dcf_live_op *op)
{
	if (!op->mark.made) {
		op->mark.made = dcf_alloc_new(a, sizeof(struct dcf_live_made));
		if (op->mark.made)
			*(struct dcf_live_made *)op->mark.made = (struct dcf_live_made){ 0 };
	}
	return op->mark.made;
}

/* A block of `bytes` that lives as long as the operation, with `body` to be laid in it. */
static struct dcf_live_kept *keep(const struct dcf_alloc *a, struct dcf_live_op *op, uint32_t feature, size_t bytes)
{
	struct dcf_live_made *m = made_of(a, op);
	struct dcf_live_kept *k;
	void *p;

	if (!m)
		return NULL;
	p = m->kept;
	if (dcf_grow(a, &p, &m->kept_cap, m->kept_count + 1, sizeof *m->kept) != DCF_OK)
		return NULL;
	m->kept = p;
	k = &m->kept[m->kept_count];
	*k = (struct dcf_live_kept){ .block = dcf_alloc_new(a, bytes), .bytes = bytes, .feature = feature };
	if (!k->block)
		return NULL;
	m->kept_count++;
	return k;
}

void dcf_live_made_free(const struct dcf_alloc *a, struct dcf_live_op *op)
{
	struct dcf_live_made *m = op->mark.made;

	if (!m)
		return;
	for (size_t i = 0; i < m->kept_count; i++)
		dcf_alloc_free(a, m->kept[i].block, m->kept[i].bytes);
	dcf_alloc_free(a, m->kept, m->kept_cap * sizeof *m->kept);
	dcf_alloc_free(a, m->stretch, m->stretch_cap * sizeof *m->stretch);
	dcf_alloc_free(a, m, sizeof *m);
	op->mark.made = NULL;
}

/* The next `bytes` of a block, aligned for any of what is laid there; with NULL only counted. */
static void *lay(char **at, size_t *used, const void *from, size_t bytes)
{
	void *to = *at ? *at + *used : NULL;

	if (to && bytes)
		memcpy(to, from, bytes);
	*used += (bytes + 15) / 16 * 16;
	return to;
}

static void lay_base(const struct dcf_base *from, struct dcf_base *to, char **at, size_t *used)
{
	struct dcf_base b = *from;

	b.arcs = lay(at, used, from->arcs, from->arc_count * sizeof *from->arcs);
	for (int k = 0; k < from->levels; k++)
		b.boxes[k] = lay(at, used, from->boxes[k], from->box_count[k] * sizeof *from->boxes[k]);
	if (from->area) {
		b.xy = lay(at, used, from->xy, 2 * (size_t)from->arc_count * sizeof *from->xy);
		b.ring_end = lay(at, used, from->ring_end, from->ring_count * sizeof *from->ring_end);
	}
	if (to)
		*to = b;
}

static size_t lay_bases(const struct dcf_body *from, struct dcf_base *to, char *at)
{
	size_t used = (from->base_count * sizeof *to + 15) / 16 * 16;

	for (uint32_t i = 0; i < from->base_count; i++)
		lay_base(&from->bases[i], to ? &to[i] : NULL, &at, &used);
	return used;
}

static enum dcf_status keep_volume(struct dcf_live_boxes *b, struct dcf_live_op *op, uint32_t feature)
{
	struct dcf_live_kept *k;
	struct dcf_body body;
	const char *why;
	uint32_t arcs = 0;
	enum dcf_status s;

	dcf_arena_rewind(&b->arena);
	s = dcf_body_build(&op->features[feature], &b->arena, &body, &why);
	for (uint32_t i = 0; i < body.base_count && s == DCF_OK; i++)
		arcs += body.bases[i].arc_count;
	if (s != DCF_OK || arcs <= KEPT_ARCS)
		return s;
	k = keep(b->from, op, feature, lay_bases(&body, NULL, NULL));
	if (!k)
		return DCF_E_NOMEM;
	k->body = body;
	k->body.bases = k->block;
	lay_bases(&body, k->block, k->block);
	return DCF_OK;
}

static enum dcf_status keep_track(struct dcf_live_boxes *b, struct dcf_live_op *op, uint32_t feature, struct dcf_track *out)
{
	struct dcf_live_kept *k;
	struct dcf_track t;
	const char *why;
	size_t used = 0;
	char *at;
	enum dcf_status s;

	dcf_arena_rewind(&b->arena);
	s = dcf_track_build(&op->features[feature], &b->arena, &t, &why);
	if (s != DCF_OK)
		return s;
	k = keep(b->from, op, feature, t.n * (sizeof *t.v + sizeof *t.t_us + sizeof *t.leg) + 48);
	if (!k)
		return DCF_E_NOMEM;
	at = k->block;
	*out = (struct dcf_track){ .feature = t.feature, .n = t.n };
	out->v = lay(&at, &used, t.v, t.n * sizeof *t.v);
	out->t_us = lay(&at, &used, t.t_us, t.n * sizeof *t.t_us);
	out->leg = lay(&at, &used, t.leg, (t.n - 1) * sizeof *t.leg);
	k->body = (struct dcf_body){ .feature = t.feature, .track = *out };
	return DCF_OK;
}

/* ---- boxes ---- */

static enum dcf_status add_extent(struct dcf_live_boxes *b, const struct dcf_extent *e, const struct levels *l, uint32_t piece)
{
	void *p = b->at;

	if (dcf_grow(b->from, &p, &b->cap, b->count + 2, sizeof *b->at) != DCF_OK)
		return DCF_E_NOMEM;
	b->at = p;
	b->places |= 1u << l->place;
	for (int i = 0; i < e->count; i++) {
		struct dcf_live_piece *to = &b->at[b->count++];

		*to = (struct dcf_live_piece){ .box = e->box[i], .piece = piece, .slot = LIVE_NO_SLOT };
		dcf_live_box_finish(&to->box, l->place, l->low_e4, l->high_e4);
	}
	return DCF_OK;
}

static bool worth_a_look(const struct dcf_feature *f, const struct dcf_extent *e)
{
	const struct dcf_box4 *box = &e->box[0];

	return !dcf_flat_suits(f) || f->point_count > KEPT_ARCS || e->count > 1 ||
	       (int64_t)box->high[DCF_AXIS_LAT] - box->low[DCF_AXIS_LAT] > KEPT_SPAN_E7 ||
	       (int64_t)box->high[DCF_AXIS_LON] - box->low[DCF_AXIS_LON] > KEPT_SPAN_E7;
}

static enum dcf_status add_volume(struct dcf_live_boxes *b, const struct dcf_axes *axes, struct dcf_live_op *op,
				  uint32_t feature)
{
	const struct dcf_feature *f = &op->features[feature];
	struct dcf_extent e = dcf_extent_of_feature(axes, f);
	struct levels l = levels_of_volume(f);
	enum dcf_status s = worth_a_look(f, &e) ? keep_volume(b, op, feature) : DCF_OK;

	return s == DCF_OK ? add_extent(b, &e, &l, feature) : s;
}

static enum dcf_status add_track(struct dcf_live_boxes *b, const struct dcf_axes *axes, struct dcf_live_op *op,
				 uint32_t feature)
{
	struct dcf_track t;
	enum dcf_status s = keep_track(b, op, feature, &t);
	struct dcf_live_made *m = op->mark.made;

	for (uint32_t first = 0, end; s == DCF_OK && first + 1 < t.n; first = end) {
		void *p = m->stretch;
		bool whole_legs;
		struct dcf_extent e;
		struct levels l;

		end = dcf_stretch_end(&t, first, &whole_legs);
		e = dcf_stretch_extent(axes, &t, first, end, whole_legs);
		l = levels_of_legs(t.feature, t.leg[first], t.leg[end - 1] + 1);
		s = dcf_grow(b->from, &p, &m->stretch_cap, m->stretch_count + 1, sizeof *m->stretch);
		m->stretch = p;
		if (s == DCF_OK)
			s = add_extent(b, &e, &l, LIVE_STRETCH | (uint32_t)m->stretch_count);
		if (s == DCF_OK)
			m->stretch[m->stretch_count++] = dcf_stretch_view(&t, first, end);
	}
	return s;
}

enum dcf_status dcf_live_boxes_add(struct dcf_live_boxes *b, const struct dcf_axes *axes, struct dcf_live_op *op)
{
	size_t before = b->count;
	enum dcf_status s = op->feature_count <= DCF_LIVE_FEATURES ? DCF_OK : DCF_E_LIMIT;

	op->mark.made = NULL;
	b->arena.from = b->from;
	for (uint32_t i = 0; i < op->feature_count && s == DCF_OK; i++)
		s = op->features[i].shape == DCF_TRAJECTORY ? add_track(b, axes, op, i) : add_volume(b, axes, op, i);
	if (s == DCF_OK)
		return s;
	b->count = before;
	dcf_live_made_free(b->from, op);
	return s;
}

void dcf_live_boxes_free(struct dcf_live_boxes *b)
{
	dcf_arena_free(&b->arena);
	dcf_alloc_free(b->from, b->at, b->cap * sizeof *b->at);
	*b = (struct dcf_live_boxes){ .from = b->from };
}
