/* SPDX-License-Identifier: Apache-2.0 */
/* An ask in the record: one member "ask", an object of what is not zero, sorted.  Whole numbers from 2^53 on are texts, since
 * canonical JSON has no such numbers; lengths are whole 0.1 mm (areas 1 cm2), or the bits of the number where they are not. */
#include "base/json_writer.h"
#include "format/utm_int.h"

#define EXACT (INT64_C(1) << 53)

/* --- to text ---------------------------------------------------------------------------------------------- */

static void put_i64(struct dcf_json *j, const char *name, int64_t v)
{
	char text[24];
	struct dcf_utm_sentence s = { text, 0, sizeof text };

	dcf_json_key(j, name);
	if (v > -EXACT && v < EXACT) {
		dcf_json_i64(j, v);
		return;
	}
	dcf_utm_say_number(&s, v);
	dcf_json_z(j, text);
}

static void put_double(struct dcf_json *j, const char *name, double v)
{
	static const char digits[] = "0123456789abcdef";
	double scaled = v * 1e4;
	uint64_t bits;
	char text[17];

	if (scaled > -9e15 && scaled < 9e15) {
		int64_t whole = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);

		if ((double)whole / 1e4 == v && (whole || !(1 / v < 0))) {
			put_i64(j, name, whole);
			return;
		}
	}
	memcpy(&bits, &v, sizeof bits);
	for (int i = 0; i < 16; i++)
		text[i] = digits[bits >> (60 - 4 * i) & 15];
	text[16] = '\0';
	dcf_json_key(j, name);
	dcf_json_z(j, text);
}

static void put_true(struct dcf_json *j, const char *name, bool v)
{
	if (!v)
		return;
	dcf_json_key(j, name);
	dcf_json_bool(j, true);
}

static void put_text(struct dcf_json *j, const char *name, struct dcf_span s)
{
	if (!s.p)
		return;
	dcf_json_key(j, name);
	dcf_json_string(j, s);
}

static void put_uuid(struct dcf_json *j, const char *name, const struct dcf_uuid *id)
{
	char text[DCF_UUID_TEXT];

	if (dcf_uuid_is_zero(id))
		return;
	dcf_uuid_write(id, text);
	put_text(j, name, (struct dcf_span){ text, sizeof text });
}

static const char *const shapes[] = { [DCF_POLYGON] = "polygon", [DCF_CIRCLE] = "circle", [DCF_CORRIDOR] = "line" };

/* Members sorted: area, end, lower, part, parts, points, radius, shape, start, upper, whole. */
static void put_volume(struct dcf_json *j, const struct dcf_utm_volume *v)
{
	const struct dcf_feature *f = &v->footprint;

	dcf_json_begin(j, '{');
	if (v->area_m2 != 0)
		put_double(j, "area", v->area_m2);
	if (v->end_us != DCF_UTM_FOR_EVER)
		put_i64(j, "end", v->end_us);
	if (v->lower_e4 != DCF_UTM_NO_LOWER)
		put_i64(j, "lower", v->lower_e4);
	if (v->parts) {
		put_i64(j, "part", v->part);
		put_i64(j, "parts", v->parts);
	}
	if (f->shape != DCF_SHAPE_COUNT) {
		dcf_json_key(j, "points");
		dcf_json_begin(j, '[');
		for (uint32_t i = 0; i < f->point_count; i++) {
			dcf_json_i64(j, f->points[i].lat_e7);
			dcf_json_i64(j, f->points[i].lon_e7);
		}
		dcf_json_end(j, ']');
		if (f->shape != DCF_POLYGON)
			put_double(j, "radius", f->radius_m);
		dcf_json_key(j, "shape");
		dcf_json_z(j, shapes[f->shape]);
	}
	if (v->start_us != DCF_UTM_SINCE_EVER)
		put_i64(j, "start", v->start_us);
	if (v->upper_e4 != DCF_UTM_NO_UPPER)
		put_i64(j, "upper", v->upper_e4);
	if (v->parts)
		put_i64(j, "whole", v->whole);
	dcf_json_end(j, '}');
}

static void put_extents(struct dcf_json *j, const struct dcf_utm_extents *e)
{
	if (!e->count)
		return;
	dcf_json_key(j, "extents");
	dcf_json_begin(j, '[');
	for (uint32_t i = 0; i < e->count; i++)
		put_volume(j, &e->volume[i]);
	dcf_json_end(j, ']');
}

void dcf_utm_ask_put(struct dcf_json *j, enum dcf_utm_form form, const struct dcf_utm_ask *ask)
{
	dcf_json_key(j, "ask");
	dcf_json_begin(j, '{');
	if (form == DCF_UTM_AVAILABILITY_PUT) {
		dcf_json_key(j, "availability");
		dcf_json_z(j, dcf_utm_availability_name(ask->availability));
	}
	put_extents(j, &ask->extents);
	put_true(j, "for_constraints", ask->for_constraints);
	put_true(j, "for_intents", ask->for_intents);
	put_true(j, "keep_end", ask->keep_end);
	put_true(j, "keep_start", ask->keep_start);
	put_true(j, "new", ask->has_new_subscription);
	put_true(j, "new_for_constraints", ask->new_for_constraints);
	put_text(j, "new_url", ask->new_url);
	put_text(j, "old_version", ask->old_version);
	if (form == DCF_UTM_INTENT_PUT) {
		dcf_json_key(j, "state");
		dcf_json_z(j, dcf_utm_state_name(ask->state));
	}
	put_uuid(j, "subscription", &ask->subscription);
	put_uuid(j, "suffix", &ask->suffix);
	put_text(j, "url", ask->url);
	dcf_json_end(j, '}');
}

/* --- and back --------------------------------------------------------------------------------------------- */

struct back {
	struct dcf_arena *arena;
	const char *why;
	enum dcf_status status;
};

static bool wrong(struct back *b, const char *why)
{
	b->status = DCF_E_SYNTAX;
	b->why = why;
	return false;
}

static void *get(struct back *b, size_t n)
{
	void *p = dcf_arena_get(b->arena, n ? n : 1);

	if (!p)
		b->status = DCF_E_NOMEM;
	return p;
}

static bool integer(struct dcf_jval v, int64_t *out)
{
	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(out, &v.doc->tape[v.at + 1], sizeof *out);
	return true;
}

/* Digits, perhaps behind a minus. */
static bool integer_of_text(struct dcf_span s, int64_t *out)
{
	bool minus = s.len && *s.p == '-';
	int64_t n = 0;

	if (s.len <= minus)
		return false;
	for (size_t i = minus; i < s.len; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9 || n > (INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = minus ? -n : n;
	return true;
}

/* A number, or a text of one; `*out` stays as it is where there is none. */
static bool get_i64(struct back *b, struct dcf_jval v, int64_t *out)
{
	if (dcf_jnone(v) || integer(v, out))
		return true;
	return dcf_jkind(v) == DCF_J_STRING && integer_of_text(dcf_jstring(v), out) ? true
										    : wrong(b, "ask: a number that is none");
}

static bool get_double(struct back *b, struct dcf_jval v, double *out)
{
	struct dcf_span s;
	uint64_t bits = 0;
	int64_t whole;

	if (integer(v, &whole)) {
		*out = (double)whole / 1e4;
		return (whole >= 0 && whole < INT64_C(9000000000000000)) || wrong(b, "ask: a length that is none");
	}
	if (dcf_jkind(v) != DCF_J_STRING || dcf_jstring(v).len != 16)
		return wrong(b, "ask: a length that is none");
	s = dcf_jstring(v);
	for (size_t i = 0; i < 16; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return wrong(b, "ask: a length that is none");
		bits = bits << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	memcpy(out, &bits, sizeof bits);
	return *out >= 0 && *out < 1e15 ? true : wrong(b, "ask: a length that is none");
}

static bool get_true(struct back *b, struct dcf_jval v, bool *out)
{
	*out = dcf_jkind(v) == DCF_J_TRUE;
	return *out || dcf_jnone(v) ? true : wrong(b, "ask: neither true nor absent");
}

static bool get_text(struct back *b, struct dcf_jval v, struct dcf_span *out)
{
	if (dcf_jnone(v))
		return true;
	if (dcf_jkind(v) != DCF_J_STRING)
		return wrong(b, "ask: no text");
	*out = dcf_arena_copy(b->arena, dcf_jstring(v));
	if (!out->p)
		b->status = DCF_E_NOMEM;
	return out->p != NULL;
}

static bool get_uuid(struct back *b, struct dcf_jval v, int version, struct dcf_uuid *out)
{
	if (dcf_jnone(v))
		return true;
	return dcf_jkind(v) == DCF_J_STRING && dcf_uuid_read(dcf_jstring(v), version, out) ? true : wrong(b, "ask: no UUID");
}

static bool get_word(struct back *b, struct dcf_jval v, const char *(*name_of)(unsigned i), unsigned count, uint8_t *out)
{
	for (unsigned i = 0; i < count; i++) {
		if (name_of(i) && dcf_jis(v, name_of(i))) {
			*out = (uint8_t)i;
			return true;
		}
	}
	return wrong(b, "ask: a word that is not known");
}

static const char *state_name(unsigned i)
{
	return dcf_utm_state_name((enum dcf_utm_state)i);
}

static const char *availability_name(unsigned i)
{
	return dcf_utm_availability_name((enum dcf_utm_availability)i);
}

static const char *shape_name(unsigned i)
{
	return i < sizeof shapes / sizeof *shapes ? shapes[i] : NULL;
}

static bool get_points(struct back *b, struct dcf_jval v, struct dcf_feature *f)
{
	static const int64_t most[] = { 900000000, 1800000000 };
	struct dcf_jwalk it = dcf_jwalk(v);
	size_t n = dcf_jcount(v);
	struct dcf_jval one;

	if (dcf_jkind(v) != DCF_J_ARRAY || n % 2 || n < 2 || n / 2 > UINT32_MAX)
		return wrong(b, "ask: points that are none");
	f->points = get(b, n / 2 * sizeof *f->points);
	if (!f->points)
		return false;
	for (size_t i = 0; dcf_jnext(&it, &one); i++) {
		int64_t e7;

		if (!integer(one, &e7) || e7 < -most[i % 2] || e7 > most[i % 2])
			return wrong(b, "ask: a position out of range");
		if (i % 2)
			f->points[i / 2].lon_e7 = (int32_t)e7;
		else
			f->points[i / 2].lat_e7 = (int32_t)e7;
	}
	f->point_count = (uint32_t)(n / 2);
	return true;
}

static bool get_shape(struct back *b, struct dcf_jval points, struct dcf_jval radius, struct dcf_jval shape,
		      struct dcf_feature *f)
{
	*f = (struct dcf_feature){ .shape = DCF_SHAPE_COUNT };
	if (dcf_jnone(shape))
		return true;
	*f = (struct dcf_feature){ .edges = DCF_EDGES_GEODESIC };
	if (!get_word(b, shape, shape_name, DCF_SHAPE_COUNT, &f->shape) || !get_points(b, points, f))
		return false;
	if (f->shape != DCF_POLYGON) {
		if (f->shape == DCF_CIRCLE && f->point_count != 1)
			return wrong(b, "ask: a circle with more than one centre");
		return get_double(b, radius, &f->radius_m) &&
		       (f->radius_m <= DCF_UTM_RADIUS_MAX_M || wrong(b, "ask: a length that is none"));
	}
	if (f->point_count < 3)
		return wrong(b, "ask: a polygon of fewer than three points");
	f->ring_count = 1;
	f->rings = get(b, sizeof *f->rings);
	if (!f->rings)
		return false;
	*f->rings = (struct dcf_ring){ .first = 0, .count = f->point_count, .outer = true };
	return true;
}

/* Which part of which whole: all three numbers, or none. */
static bool get_part(struct back *b, struct dcf_jval whole, struct dcf_jval part, struct dcf_jval parts,
		     struct dcf_utm_volume *out)
{
	int64_t n[3] = { 0, 0, 0 };

	if (!get_i64(b, whole, &n[0]) || !get_i64(b, part, &n[1]) || !get_i64(b, parts, &n[2]))
		return false;
	if ((n[0] || n[1] || n[2]) &&
	    (n[0] < 1 || n[0] > DCF_UTM_VOLUMES_MAX || n[1] < 1 || n[1] > n[2] || n[2] > DCF_UTM_VOLUMES_MAX))
		return wrong(b, "ask: a part that is none");
	out->whole = (uint32_t)n[0];
	out->part = (uint32_t)n[1];
	out->parts = (uint32_t)n[2];
	return true;
}

static bool get_volume(struct back *b, struct dcf_jval v, struct dcf_utm_volume *out)
{
	enum { AREA, END, LOWER, PART, PARTS, POINTS, RADIUS, SHAPE, START, UPPER, WHOLE, COUNT };
	static const struct dcf_span names[COUNT] = { DCF_NAME("area"),   DCF_NAME("end"),   DCF_NAME("lower"),
						      DCF_NAME("part"),   DCF_NAME("parts"), DCF_NAME("points"),
						      DCF_NAME("radius"), DCF_NAME("shape"), DCF_NAME("start"),
						      DCF_NAME("upper"),  DCF_NAME("whole") };
	struct dcf_jval m[COUNT];

	if (dcf_jkind(v) != DCF_J_OBJECT)
		return wrong(b, "ask: a volume that is no object");
	dcf_jpick(v, names, COUNT, m);
	*out = (struct dcf_utm_volume){ .start_us = DCF_UTM_SINCE_EVER,
					.end_us = DCF_UTM_FOR_EVER,
					.lower_e4 = DCF_UTM_NO_LOWER,
					.upper_e4 = DCF_UTM_NO_UPPER };
	return (dcf_jnone(m[AREA]) || get_double(b, m[AREA], &out->area_m2)) && get_i64(b, m[END], &out->end_us) &&
	       get_i64(b, m[LOWER], &out->lower_e4) && get_i64(b, m[START], &out->start_us) &&
	       get_i64(b, m[UPPER], &out->upper_e4) && get_part(b, m[WHOLE], m[PART], m[PARTS], out) &&
	       get_shape(b, m[POINTS], m[RADIUS], m[SHAPE], &out->footprint);
}

static bool get_extents(struct back *b, struct dcf_jval v, struct dcf_utm_extents *e)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;

	if (dcf_jnone(v)) {
		dcf_utm_hull(e);
		return true;
	}
	if (dcf_jkind(v) != DCF_J_ARRAY)
		return wrong(b, "ask: extents that are no array");
	e->volume = get(b, dcf_jcount(v) * sizeof *e->volume);
	if (!e->volume)
		return false;
	for (; dcf_jnext(&it, &one); e->count++)
		if (!get_volume(b, one, &e->volume[e->count]))
			return false;
	dcf_utm_hull(e);
	return true;
}

static bool get_ask(struct back *b, struct dcf_jval v, enum dcf_utm_form form, struct dcf_utm_ask *ask)
{
	if (dcf_jkind(v) != DCF_J_OBJECT)
		return wrong(b, "ask: not there");
	return (form != DCF_UTM_AVAILABILITY_PUT ||
		get_word(b, dcf_jget(v, "availability"), availability_name, DCF_UTM_AVAILABILITY_COUNT, &ask->availability)) &&
	       (form != DCF_UTM_INTENT_PUT ||
		get_word(b, dcf_jget(v, "state"), state_name, DCF_UTM_STATE_COUNT, &ask->state)) &&
	       get_extents(b, dcf_jget(v, "extents"), &ask->extents) &&
	       get_true(b, dcf_jget(v, "for_constraints"), &ask->for_constraints) &&
	       get_true(b, dcf_jget(v, "for_intents"), &ask->for_intents) &&
	       get_true(b, dcf_jget(v, "keep_end"), &ask->keep_end) &&
	       get_true(b, dcf_jget(v, "keep_start"), &ask->keep_start) &&
	       get_true(b, dcf_jget(v, "new"), &ask->has_new_subscription) &&
	       get_true(b, dcf_jget(v, "new_for_constraints"), &ask->new_for_constraints) &&
	       get_text(b, dcf_jget(v, "new_url"), &ask->new_url) &&
	       get_text(b, dcf_jget(v, "old_version"), &ask->old_version) &&
	       get_uuid(b, dcf_jget(v, "subscription"), 4, &ask->subscription) &&
	       get_uuid(b, dcf_jget(v, "suffix"), 7, &ask->suffix) && get_text(b, dcf_jget(v, "url"), &ask->url);
}

enum dcf_status dcf_utm_ask_read_back(struct dcf_jval object, enum dcf_utm_form form, struct dcf_arena *arena,
				      struct dcf_utm_ask *ask, const char **why)
{
	struct back b = { .arena = arena, .why = "" };

	*ask = (struct dcf_utm_ask){ .has_new_subscription = false };
	(void)get_ask(&b, dcf_jget(object, "ask"), form, ask);
	*why = b.why;
	return b.status;
}
