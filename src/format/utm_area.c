/* SPDX-License-Identifier: Apache-2.0 */
/* The `area` of F3411's searches: "lat,lng,lat,lng,lat,lng". */
#include "format/utm_int.h"

struct cursor {
	const char *p, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

/* Digits into *m, of which *scale more stand behind the point; those beyond 18 are dropped, which is far below 1e-7 degree. */
static int read_digits(struct cursor *c, bool fraction, int64_t *m, int *scale)
{
	int n = 0;

	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, n++) {
		if (*m >= INT64_C(100000000000000000)) {
			*scale -= !fraction;
			continue;
		}
		*m = *m * 10 + (*c->p - '0');
		*scale += fraction;
	}
	return n;
}

static bool read_sign(struct cursor *c)
{
	bool minus = c->p < c->end && *c->p == '-';

	if (c->p < c->end && (*c->p == '-' || *c->p == '+'))
		c->p++;
	return minus;
}

static bool read_exponent(struct cursor *c, int *scale)
{
	bool minus;
	int64_t e = 0;
	int unused = 0;

	if (c->p == c->end || (*c->p != 'e' && *c->p != 'E'))
		return true;
	c->p++;
	minus = read_sign(c);
	if (read_digits(c, false, &e, &unused) == 0)
		return false;
	e = e > 1000 ? 1000 : e;
	*scale += (int)(minus ? e : -e);
	return true;
}

/* A decimal number with blanks around it: exactly rounded where it has at most 15 digits. */
static bool read_number(struct cursor *c, double *out)
{
	bool minus;
	int64_t m = 0;
	int scale = 0, digits;
	double v;

	skip_blanks(c);
	minus = read_sign(c);
	digits = read_digits(c, false, &m, &scale);
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		digits += read_digits(c, true, &m, &scale);
	}
	if (digits == 0 || !read_exponent(c, &scale))
		return false;
	skip_blanks(c);
	v = (double)m;
	for (; scale < 0 && v > 0 && v < 1e30; scale++)
		v *= 10;
	if (scale > 0 && scale <= 22) {
		static const double tens[] = { 1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
					       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

		v /= tens[scale];
	} else if (scale > 22) {
		v = 0; /* below 1e-4 of the last digit that counts */
	}
	*out = minus ? -v : v;
	return true;
}

static bool refuse_coordinate(struct dcf_utm_reader *r, size_t index)
{
	char found[32];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	dcf_utm_say(&s, "coordinate ");
	dcf_utm_say_number(&s, (int64_t)index);
	return dcf_utm_refuse(r, 400, r->prefix, "Coordinates did not create a well-formed area", DCF_UTM_AT(NULL, "area"),
			      found, "a number");
}

static bool read_pairs(struct dcf_utm_reader *r, struct dcf_span area, struct dcf_utm_vertex *vertex, size_t n)
{
	struct cursor c = { area.p, area.p + area.len };

	for (size_t i = 0; i < 2 * n; i++) {
		bool last = i + 1 == 2 * n;

		if (!read_number(&c, i % 2 ? &vertex[i / 2].lon : &vertex[i / 2].lat) ||
		    (last ? c.p != c.end : c.p == c.end || *c.p++ != ','))
			return refuse_coordinate(r, i);
	}
	return true;
}

static bool read_area(struct dcf_utm_reader *r, struct dcf_span area, struct dcf_utm_extents *e)
{
	const struct dcf_utm_at *at = DCF_UTM_AT(NULL, "area");
	struct dcf_utm_vertex *vertex;
	size_t numbers = 1;

	if (area.len == 0)
		return dcf_utm_refuse(r, 400, "", "Missing area", NULL, "nothing", "lat,lng,lat,lng,lat,lng,...");
	for (size_t i = 0; i < area.len; i++)
		numbers += area.p[i] == ',';
	if (numbers % 2)
		return dcf_utm_refuse(r, 400, r->prefix, "Odd number of coordinates in area string", at, NULL,
				      "lat,lng,lat,lng,lat,lng,...");
	if (numbers / 2 > DCF_UTM_VERTICES_MAX)
		return dcf_utm_refuse(r, 400, r->prefix, "Too many vertices", at, NULL, "at most 10,000");
	vertex = dcf_arena_get(r->arena, numbers / 2 * sizeof *vertex);
	e->volume = dcf_arena_get(r->arena, sizeof *e->volume);
	if (!vertex || !e->volume)
		return dcf_utm_no_memory(r);
	*e->volume = (struct dcf_utm_volume){ .start_us = DCF_UTM_SINCE_EVER,
					      .end_us = DCF_UTM_FOR_EVER,
					      .lower_e4 = DCF_UTM_NO_LOWER,
					      .upper_e4 = DCF_UTM_NO_UPPER };
	e->count = 1;
	return read_pairs(r, area, vertex, numbers / 2) && dcf_utm_outline(r, at, vertex, numbers / 2, e->volume);
}

enum dcf_status dcf_utm_area_read(struct dcf_span area, struct dcf_arena *arena, struct dcf_utm_extents *extents,
				  struct dcf_utm_fault *fault)
{
	struct dcf_arena scratch = { .from = arena->from };
	struct dcf_utm_reader r = { .dialect = DCF_UTM_F3411_22A,
				    .prefix = "Invalid area: ",
				    .too_large = 413,
				    .arena = arena,
				    .scratch = &scratch,
				    .fault = fault };

	*extents = (struct dcf_utm_extents){ .count = 0 };
	*fault = (struct dcf_utm_fault){ .status = 0 };
	if (read_area(&r, area, extents))
		dcf_utm_hull(extents);
	dcf_arena_free(&scratch);
	return r.status;
}
