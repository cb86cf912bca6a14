/* SPDX-License-Identifier: Apache-2.0 */
/* One Volume4D as F3548-21, F3411-19 and F3411-22a write it. */
#include "core/time.h"
#include "format/read_int.h"
#include "format/utm_int.h"

#define ALTITUDE_MAX_M 1e7

/* How the standards call the parts. */
static const struct volume_names {
	const char *space, *polygon, *circle, *lower, *upper;
} names_of[] = {
	[DCF_UTM_F3548] = { "volume", "outline_polygon", "outline_circle", "altitude_lower", "altitude_upper" },
	[DCF_UTM_F3411_19] = { "spatial_volume", "footprint", NULL, "altitude_lo", "altitude_hi" },
	[DCF_UTM_F3411_22A] = { "volume", "outline_polygon", "outline_circle", "altitude_lower", "altitude_upper" },
};

/* Nothing, or an object. */
static bool object_or_nothing(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v)
{
	return dcf_jnone(v) || dcf_jkind(v) == DCF_J_OBJECT ||
	       dcf_utm_refuse_value(r, r->prefix, "Not an object", at, v, "an object");
}

/* --- outlines ----------------------------------------------------------------------------------------------------- */

static bool read_vertex(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_vertex *out)
{
	static const struct dcf_span names[] = { DCF_NAME("lat"), DCF_NAME("lng") };
	struct dcf_jval m[2];

	dcf_jpick(v, names, 2, m);
	return (dcf_jdouble(m[0], &out->lat) && dcf_jdouble(m[1], &out->lon)) ||
	       dcf_utm_refuse_value(r, r->prefix, "No position", at, v, "an object with the numbers lat and lng");
}

static bool read_polygon(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_volume *out)
{
	struct dcf_jval vertices = dcf_jget(v, "vertices"), one;
	struct dcf_jwalk it = dcf_jwalk(vertices);
	size_t n = dcf_jcount(vertices), i = 0;
	struct dcf_utm_vertex *vertex;

	at = DCF_UTM_AT(at, "vertices");
	if (!dcf_jnone(vertices) && dcf_jkind(vertices) != DCF_J_ARRAY)
		return dcf_utm_refuse_value(r, r->prefix, "Not an array", at, vertices, "an array of vertices");
	r->vertices += n;
	if (n > DCF_UTM_VERTICES_MAX || r->vertices > DCF_UTM_ALL_VERTICES_MAX)
		return dcf_utm_refuse(r, 400, r->prefix, "Too many vertices", at, NULL,
				      "at most 10,000, and 100,000 in all volumes");
	vertex = dcf_arena_get(r->arena, (n ? n : 1) * sizeof *vertex);
	if (!vertex)
		return dcf_utm_no_memory(r);
	for (; dcf_jnext(&it, &one); i++)
		if (!read_vertex(r, DCF_UTM_INDEX(at, i), one, &vertex[i]))
			return false;
	return dcf_utm_outline(r, at, vertex, n, out);
}

/* Up to 0.1 mm. */
static double radius_of(double m)
{
	return (double)dcf_round_e4(m, DCF_M_E4, DCF_ROUND_UP) / DCF_M_E4;
}

static bool read_radius(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, double *out)
{
	struct dcf_jval value = dcf_jget(v, "value"), units = dcf_jget(v, "units");
	double m;

	/* F3548's units are not looked at, as other servers do not: a client may leave them out */
	if (r->dialect == DCF_UTM_F3411_22A && !dcf_jis(units, "M"))
		return dcf_utm_refuse_value(r, r->prefix, "Only circle radius units of 'M' are acceptable",
					    DCF_UTM_AT(at, "units"), units, "M");
	if (!dcf_jnone(units) && dcf_jkind(units) != DCF_J_STRING)
		return dcf_utm_refuse_value(r, r->prefix, "Invalid units", DCF_UTM_AT(at, "units"), units, "M");
	if (!dcf_jdouble(value, &m))
		return dcf_utm_refuse_value(r, r->prefix, "Missing radius", DCF_UTM_AT(at, "value"), value, "metres, above 0");
	if (!(m > 0))
		return dcf_utm_refuse_value(r, r->prefix, "Radius must be larger than 0", DCF_UTM_AT(at, "value"), value,
					    "metres, above 0");
	if (m > DCF_UTM_RADIUS_MAX_M && r->dialect != DCF_UTM_F3548)
		return dcf_utm_refuse_value(r, r->prefix, "Radius too large", DCF_UTM_AT(at, "value"), value,
					    "metres, at most 3,000,000");
	*out = m > DCF_UTM_RADIUS_MAX_M ? m : radius_of(m); /* to be spread */
	if (!(*out > 0))
		*out = 1.0 / DCF_M_E4;
	return true;
}

static bool read_circle(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_volume *out)
{
	struct dcf_feature *f = &out->footprint;
	struct dcf_utm_vertex centre;

	*f = (struct dcf_feature){ .shape = DCF_CIRCLE, .edges = DCF_EDGES_GEODESIC, .point_count = 1 };
	f->points = dcf_arena_get(r->arena, sizeof *f->points);
	if (!f->points)
		return dcf_utm_no_memory(r);
	return read_vertex(r, DCF_UTM_AT(at, "center"), dcf_jget(v, "center"), &centre) &&
	       dcf_utm_position(r, DCF_UTM_AT(at, "center"), centre, f->points) &&
	       read_radius(r, DCF_UTM_AT(at, "radius"), dcf_jget(v, "radius"), &f->radius_m);
}

static bool no_outline(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_utm_volume *out)
{
	out->footprint = (struct dcf_feature){ .shape = DCF_SHAPE_COUNT };
	switch (r->dialect) {
	case DCF_UTM_F3411_22A:
		return dcf_utm_refuse(r, 400, r->prefix, "Neither outline_polygon nor outline_circle were specified in volume",
				      at, NULL, "one of them");
	case DCF_UTM_F3411_19:
		return dcf_utm_refuse(r, 400, r->prefix, "spatial_volume missing required footprint", at, NULL,
				      "footprint with vertices");
	case DCF_UTM_F3548:
		break;
	}
	return r->form == DCF_UTM_SUBSCRIPTION_PUT ||
	       dcf_utm_refuse(r, 400, r->prefix, "Missing footprint", at, NULL, "outline_circle or outline_polygon");
}

static bool read_outline(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval space,
			 struct dcf_utm_volume *out)
{
	const struct volume_names *names = &names_of[r->dialect];
	struct dcf_jval polygon = dcf_jget(space, names->polygon), circle = { NULL, 0 };

	if (names->circle)
		circle = dcf_jget(space, names->circle);
	if (dcf_jnone(polygon) && dcf_jnone(circle))
		return no_outline(r, at, out);
	if (!dcf_jnone(polygon) && !dcf_jnone(circle))
		return dcf_utm_refuse(r, 400, r->prefix, "Both circle and polygon specified in outline geometry", at,
				      "outline_circle and outline_polygon", "one of them");
	if (!object_or_nothing(r, DCF_UTM_AT(at, names->polygon), polygon) ||
	    !object_or_nothing(r, DCF_UTM_AT(at, names->circle), circle))
		return false;
	return dcf_jnone(circle) ? read_polygon(r, DCF_UTM_AT(at, names->polygon), polygon, out)
				 : read_circle(r, DCF_UTM_AT(at, names->circle), circle, out);
}

/* --- bands -------------------------------------------------------------------------------------------------------- */

static bool read_altitude(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, enum dcf_rounding rounding,
			  int64_t *out)
{
	static const struct dcf_span names[] = { DCF_NAME("value"), DCF_NAME("reference"), DCF_NAME("units") };
	const struct dcf_utm_at at_value = { at, "value", 0 };
	struct dcf_jval m[3];
	double metres;

	if (dcf_jnone(v))
		return true;
	m[0] = v;
	if (r->dialect != DCF_UTM_F3411_19) {
		dcf_jpick(v, names, 3, m);
		if (!dcf_jis(m[2], "M"))
			return dcf_utm_refuse_value(r, r->prefix, "Invalid altitude units", DCF_UTM_AT(at, "units"), m[2], "M");
		if (!dcf_jis(m[1], "W84"))
			return dcf_utm_refuse_value(r, r->prefix, "Invalid altitude reference", DCF_UTM_AT(at, "reference"),
						    m[1], "W84");
		at = &at_value;
	}
	if (!dcf_jdouble(m[0], &metres) || !(metres >= -ALTITUDE_MAX_M && metres <= ALTITUDE_MAX_M))
		return dcf_utm_refuse_value(r, r->prefix, "Invalid altitude", at, m[0],
					    "metres from -10,000,000 to 10,000,000");
	*out = dcf_round_e4(metres, DCF_M_E4, rounding);
	return true;
}

static bool read_band(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval space, struct dcf_utm_volume *out)
{
	const struct volume_names *names = &names_of[r->dialect];
	struct dcf_jval lower = dcf_jget(space, names->lower), upper = dcf_jget(space, names->upper);

	out->lower_e4 = DCF_UTM_NO_LOWER;
	out->upper_e4 = DCF_UTM_NO_UPPER;
	if (!read_altitude(r, DCF_UTM_AT(at, names->lower), lower, DCF_ROUND_DOWN, &out->lower_e4) ||
	    !read_altitude(r, DCF_UTM_AT(at, names->upper), upper, DCF_ROUND_UP, &out->upper_e4))
		return false;
	return out->lower_e4 <= out->upper_e4 ||
	       dcf_utm_refuse(r, 400, r->prefix, "Lower altitude cannot be greater than upper altitude", at, NULL, NULL);
}

/* --- windows ------------------------------------------------------------------------------------------------------ */

static bool read_time(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, bool up, int64_t *out)
{
	static const struct dcf_span names[] = { DCF_NAME("value"), DCF_NAME("format") };
	const struct dcf_utm_at at_value = { at, "value", 0 };
	struct dcf_jval m[2] = { v, v };
	const char *why;

	if (dcf_jnone(v))
		return true;
	if (r->dialect != DCF_UTM_F3411_19) {
		dcf_jpick(v, names, 2, m);
		/* F3548's format is not looked at, as other servers do not */
		if (r->dialect == DCF_UTM_F3411_22A ? !dcf_jis(m[1], "RFC3339")
						    : !dcf_jnone(m[1]) && dcf_jkind(m[1]) != DCF_J_STRING)
			return dcf_utm_refuse_value(r, r->prefix, "Invalid time format", DCF_UTM_AT(at, "format"), m[1],
						    "RFC3339");
		at = &at_value;
	}
	if (dcf_jkind(m[0]) != DCF_J_STRING)
		return dcf_utm_refuse_value(r, r->prefix, "Error converting time", at, m[0],
					    "a time such as 2026-01-01T06:00:00Z");
	why = dcf_time_parse(dcf_jstring(m[0]), up, out);
	if (why && strncmp(why, "expected ", 9) == 0)
		why += 9;
	return !why || dcf_utm_refuse_value(r, r->prefix, "Error converting time", at, m[0], why);
}

static bool read_window(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_volume *out)
{
	out->start_us = DCF_UTM_SINCE_EVER;
	out->end_us = DCF_UTM_FOR_EVER;
	if (!read_time(r, DCF_UTM_AT(at, "time_start"), dcf_jget(v, "time_start"), false, &out->start_us) ||
	    !read_time(r, DCF_UTM_AT(at, "time_end"), dcf_jget(v, "time_end"), true, &out->end_us))
		return false;
	/* windows of F3411, and of subscriptions, have sentences of their own */
	return r->dialect != DCF_UTM_F3548 || out->start_us <= out->end_us ||
	       dcf_utm_refuse(r, 400, r->prefix, "Start time cannot be after end time", at, NULL,
			      "time_start at or before time_end");
}

bool dcf_utm_volume(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_volume *volume)
{
	const struct volume_names *names = &names_of[r->dialect];
	const struct dcf_utm_at *at_space = DCF_UTM_AT(at, names->space);
	struct dcf_jval space;

	*volume = (struct dcf_utm_volume){ .footprint = { .shape = DCF_SHAPE_COUNT } };
	if (dcf_jkind(v) != DCF_J_OBJECT)
		return dcf_utm_refuse_value(r, r->prefix, "Not a Volume4D", at, v, "an object");
	space = dcf_jget(v, names->space);
	return object_or_nothing(r, at_space, space) && read_band(r, at_space, space, volume) &&
	       read_outline(r, at_space, space, volume) && read_window(r, at, v, volume);
}

void dcf_utm_hull(struct dcf_utm_extents *e)
{
	e->start_us = e->count ? DCF_UTM_FOR_EVER : DCF_UTM_SINCE_EVER;
	e->end_us = e->count ? DCF_UTM_SINCE_EVER : DCF_UTM_FOR_EVER;
	e->lower_e4 = e->count ? DCF_UTM_NO_UPPER : DCF_UTM_NO_LOWER;
	e->upper_e4 = e->count ? DCF_UTM_NO_LOWER : DCF_UTM_NO_UPPER;
	for (uint32_t i = 0; i < e->count; i++) {
		const struct dcf_utm_volume *v = &e->volume[i];

		e->start_us = v->start_us < e->start_us ? v->start_us : e->start_us;
		e->end_us = v->end_us > e->end_us ? v->end_us : e->end_us;
		e->lower_e4 = v->lower_e4 < e->lower_e4 ? v->lower_e4 : e->lower_e4;
		e->upper_e4 = v->upper_e4 > e->upper_e4 ? v->upper_e4 : e->upper_e4;
	}
}
