/* SPDX-License-Identifier: Apache-2.0 */
#include "format/write_geojson.h"
#include "base/json_writer.h"
#include "core/altitude.h"
#include "core/time.h"
#include "format/geojson_parts.h"
#include "format/json_members.h"
#include "format/put_number.h"

/* 0001-01-01T00:00:00Z and the last microsecond of 9999: what can be written.  DCF_TIME_NONE is outside. */
#define FIRST_TIME_US INT64_C(-62135596800000000)
#define LAST_TIME_US  INT64_C(253402300799999999)

static const char *const shape_names[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = "polygon", [DCF_CIRCLE] = "circle",         [DCF_CORRIDOR] = "corridor",
	[DCF_ORBIT] = "orbit",     [DCF_TRAJECTORY] = "trajectory",
};

/* Members of `properties` that the feature itself answers for; all others are written as they were read. */
static const char *const own_members[] = {
	"party",     "operation", "shape", "edges",    "radius",   "half_width", "containment",
	"times",     "altitudes", "lower", "upper",    "start",    "end",        "advisory",
	"protected", "acm",       "sent",  "received", "replaces", "constraint",
};

static bool is_own_member(struct dcf_span name)
{
	for (size_t i = 0; i < sizeof own_members / sizeof *own_members; i++)
		if (dcf_span_eq(name, dcf_span_of(own_members[i])))
			return true;
	return false;
}

static void put_position(struct dcf_buf *out, struct dcf_latlon p)
{
	dcf_buf_char(out, '[');
	dcf_buf_fixed(out, p.lon_e7, 7);
	dcf_buf_z(out, ", ");
	dcf_buf_fixed(out, p.lat_e7, 7);
	dcf_buf_char(out, ']');
}

void dcf_put_positions(struct dcf_buf *out, const struct dcf_latlon *p, size_t count, bool close)
{
	dcf_buf_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			dcf_buf_z(out, ", ");
		put_position(out, p[i]);
	}
	if (close && count) {
		dcf_buf_z(out, ", ");
		put_position(out, p[0]);
	}
	dcf_buf_char(out, ']');
}

static size_t outer_ring_count(const struct dcf_feature *f)
{
	size_t n = 0;

	for (uint32_t i = 0; i < f->ring_count; i++)
		n += f->rings[i].outer;
	return n;
}

static void put_rings(struct dcf_buf *out, const struct dcf_feature *f)
{
	bool multi = outer_ring_count(f) > 1;

	dcf_buf_z(out, multi ? "[[" : "[");
	for (uint32_t i = 0; i < f->ring_count; i++) {
		if (i)
			dcf_buf_z(out, multi && f->rings[i].outer ? "], [" : ", ");
		dcf_put_positions(out, f->points + f->rings[i].first, f->rings[i].count, true);
	}
	dcf_buf_z(out, multi ? "]]" : "]");
}

void dcf_json_geometry(struct dcf_json *j, const struct dcf_feature *f)
{
	struct dcf_buf *out = j->out;

	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "type");
	dcf_json_z(j, f->shape == DCF_CIRCLE    ? "Point"
		      : f->shape != DCF_POLYGON ? "LineString"
		      : outer_ring_count(f) > 1 ? "MultiPolygon"
						: "Polygon");
	dcf_json_key(j, "coordinates");
	dcf_json_raw(j, DCF_SPAN(""));
	if (f->shape == DCF_CIRCLE)
		put_position(out, f->points[0]);
	else if (f->shape == DCF_POLYGON)
		put_rings(out, f);
	else
		dcf_put_positions(out, f->points, f->point_count, false);
	dcf_json_end(j, '}');
}

void dcf_json_time(struct dcf_json *j, int64_t time_us)
{
	struct dcf_buf *out = j->out;

	dcf_json_raw(j, DCF_SPAN("\""));
	dcf_time_put(out, time_us, time_us % 1000000 == 0 ? DCF_TIME_S : time_us % 1000 == 0 ? DCF_TIME_MS_DOWN : DCF_TIME_US);
	dcf_buf_char(out, '"');
}

static void put_time(struct dcf_json *j, const char *key, int64_t time_us)
{
	/* An area without a window holds from before the year 1 until after 9999. */
	if (time_us < FIRST_TIME_US || time_us > LAST_TIME_US)
		return;
	dcf_json_key(j, key);
	dcf_json_time(j, time_us);
}

void dcf_json_length(struct dcf_json *j, const char *key, double metres, bool nautical)
{
	dcf_json_key(j, key);
	dcf_json_raw(j, DCF_SPAN("{"));
	dcf_put_length(j->out, metres, nautical);
	dcf_buf_char(j->out, '}');
}

void dcf_json_height(struct dcf_json *j, const char *key, int64_t e4)
{
	bool feet = e4 % DCF_FT_E4 == 0;

	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_ratio(j->out, e4, feet ? DCF_FT_E4 : DCF_M_E4, DCF_LEAN_NEAREST);
	dcf_json_key(j, "unit");
	dcf_json_z(j, feet ? "ft" : "m");
	dcf_json_end(j, '}');
}

void dcf_json_altitude(struct dcf_json *j, struct dcf_altitude a, enum dcf_lean lean)
{
	static const char *const refs[DCF_REF_COUNT] = {
		[DCF_REF_MSL] = "MSL", [DCF_REF_STD] = "STD", [DCF_REF_AGL] = "AGL",
		[DCF_REF_SFC] = "SFC", [DCF_REF_W84] = "W84",
	};
	static const struct {
		const char *name;
		int64_t e4;
	} units[] = {
		[DCF_UNIT_FT] = { "ft", DCF_FT_E4 }, [DCF_UNIT_M] = { "m", DCF_M_E4 }, [DCF_UNIT_FL] = { "FL", DCF_FL_E4 }
	};

	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	if (a.unlimited)
		dcf_buf_z(j->out, "\"UNL\"");
	else
		dcf_put_ratio(j->out, a.e4, units[a.unit].e4, lean);
	dcf_json_key(j, "unit");
	dcf_json_z(j, units[a.unit].name);
	dcf_json_key(j, "ref");
	dcf_json_z(j, refs[a.ref]);
	dcf_json_end(j, '}');
}

static void put_trajectory(struct dcf_json *j, const struct dcf_feature *f, bool nautical)
{
	dcf_json_key(j, "times");
	dcf_json_begin_inline(j, '[');
	for (uint32_t i = 0; i < f->point_count; i++)
		dcf_json_time(j, f->waypoints[i].time_us);
	dcf_json_end(j, ']');
	dcf_json_key(j, "altitudes");
	dcf_json_begin_inline(j, '[');
	for (uint32_t i = 0; i < f->point_count; i++)
		dcf_json_altitude(j, f->waypoints[i].altitude, DCF_LEAN_NEAREST);
	dcf_json_end(j, ']');
	if (!(f->radius_m > 0) && f->containment_e4 == 0)
		return;
	dcf_json_key(j, "containment");
	dcf_json_begin_inline(j, '{');
	dcf_json_length(j, "lateral", f->radius_m, nautical);
	dcf_json_height(j, "vertical", f->containment_e4);
	dcf_json_end(j, '}');
}

static bool is_everything(const struct dcf_feature *f)
{
	return dcf_altitude_is_ground(f->lower) && f->upper.unlimited;
}

static void put_volume(struct dcf_json *j, const struct dcf_feature *f, bool nautical, bool optional)
{
	if (f->shape != DCF_POLYGON)
		dcf_json_length(j, f->shape == DCF_CORRIDOR ? "half_width" : "radius", f->radius_m, nautical);
	if (!optional || !is_everything(f)) {
		/* A reader that rounds limits outward must come back to the same 0.1 mm. */
		dcf_json_key(j, "lower");
		dcf_json_altitude(j, f->lower, DCF_LEAN_ABOVE);
		dcf_json_key(j, "upper");
		dcf_json_altitude(j, f->upper, DCF_LEAN_BELOW);
	}
	put_time(j, "start", f->start_us);
	put_time(j, "end", f->end_us);
}

void dcf_json_extent(struct dcf_json *j, const struct dcf_feature *f, bool nautical, bool optional)
{
	dcf_json_key(j, "shape");
	dcf_json_z(j, shape_names[f->shape]);
	if (f->edges == DCF_EDGES_LONLAT) {
		dcf_json_key(j, "edges");
		dcf_json_z(j, "lonlat");
	}
	if (f->shape == DCF_TRAJECTORY)
		put_trajectory(j, f, nautical);
	else
		put_volume(j, f, nautical, optional);
}

/* The name is JSON text already: its escapes stay. */
static void put_member(struct dcf_json *j, struct dcf_span name, struct dcf_span value)
{
	dcf_json_raw(j, DCF_SPAN("\""));
	dcf_buf_span(j->out, name);
	dcf_buf_z(j->out, "\": ");
	dcf_put_json_compact(j->out, value);
}

static void put_members(struct dcf_json *j, struct dcf_span object, bool but_own)
{
	struct dcf_json_members m = dcf_json_members_of(object);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (!but_own || !is_own_member(name))
			put_member(j, name, value);
}

void dcf_json_others(struct dcf_json *j, struct dcf_span object)
{
	put_members(j, object, false);
}

static bool names_operation(struct dcf_span properties)
{
	struct dcf_json_members m = dcf_json_members_of(properties);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("operation")))
			return true;
	return false;
}

/* A feature without an id of its own takes its operation's name.  Several volumes of one operation
 * would all claim the same id if it were written on each, so it is then left to `operation`. */
static bool writes_own_id(const struct dcf_feature *f, const struct dcf_operation *o)
{
	if (!dcf_span_eq(f->id, o->id) || o->feature_count == 1)
		return true;
	return o->by_id && !names_operation(f->properties_json);
}

void dcf_json_feature(struct dcf_json *j, const struct dcf_plan *plan, const struct dcf_feature *f)
{
	const struct dcf_operation *o = &plan->operations[f->operation];
	const struct dcf_party *party = &plan->parties[f->party];
	bool own_id = writes_own_id(f, o);

	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "type");
	dcf_json_z(j, "Feature");
	if (own_id) {
		dcf_json_key(j, "id");
		dcf_json_string(j, f->id);
	}
	dcf_json_key(j, "geometry");
	dcf_json_geometry(j, f);
	dcf_json_key(j, "properties");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "party");
	dcf_json_string(j, party->id);
	if (!own_id || !dcf_span_eq(f->id, o->id)) {
		dcf_json_key(j, "operation");
		dcf_json_string(j, o->id);
	}
	if (f->acm.len) {
		dcf_json_key(j, "acm");
		dcf_json_string(j, f->acm);
	}
	dcf_json_extent(j, f, party->in_feet, false);
	if (f->advisory) {
		dcf_json_key(j, "advisory");
		dcf_json_bool(j, true);
	}
	if (f->is_protected) {
		dcf_json_key(j, "protected");
		dcf_json_bool(j, true);
	}
	if (f->is_constraint) {
		dcf_json_key(j, "constraint");
		dcf_json_bool(j, true);
	}
	put_time(j, "sent", f->sent_us);
	put_time(j, "received", f->received_us);
	if (o->replaces.len) {
		dcf_json_key(j, "replaces");
		dcf_json_string(j, o->replaces);
	}
	/* Everything that was read and is not this program's business, in the order it was read. */
	put_members(j, f->properties_json, true);
	dcf_json_end(j, '}');
	dcf_json_others(j, f->others);
	dcf_json_end(j, '}');
}

static struct dcf_span member_of(struct dcf_span object, const char *wanted)
{
	struct dcf_json_members m = dcf_json_members_of(object);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (dcf_span_eq(name, dcf_span_of(wanted)))
			return value;
	return DCF_SPAN("");
}

/* The other members of a party, and its habit: as it was written where that says the same as what was made of it. */
static void put_habit(struct dcf_json *j, const struct dcf_party *p)
{
	struct dcf_json_members m = dcf_json_members_of(p->others);
	struct dcf_span altitude = member_of(member_of(p->others, "habitual_units"), "altitude"), name, value;
	bool agrees = (altitude.len > 1 && altitude.p[1] == 'm') == !p->in_feet;

	if (!p->in_feet && !agrees) {
		dcf_json_key(j, "habitual_units");
		dcf_json_raw(j, DCF_SPAN("{\"altitude\":\"m\",\"distance\":\"km\"}"));
	}
	while (dcf_json_members_next(&m, &name, &value))
		if (agrees || !dcf_span_eq(name, DCF_SPAN("habitual_units")))
			put_member(j, name, value);
}

static void put_parties(struct dcf_json *j, const struct dcf_plan *plan)
{
	bool any_declared = false;

	for (size_t i = 0; i < plan->party_count; i++)
		any_declared |= plan->parties[i].declared;
	dcf_json_key(j, "parties");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < plan->party_count; i++) {
		/* A party that a file's list left out stays so, and is warned of again. */
		if (any_declared && !plan->parties[i].declared)
			continue;
		dcf_json_begin_inline(j, '{');
		dcf_json_key(j, "id");
		dcf_json_string(j, plan->parties[i].id);
		if (plan->parties[i].name.len) {
			dcf_json_key(j, "name");
			dcf_json_string(j, plan->parties[i].name);
		}
		put_habit(j, &plan->parties[i]);
		dcf_json_party_limits(j, &plan->parties[i]);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_places(struct dcf_json *j, const struct dcf_plan *plan)
{
	dcf_json_key(j, "places");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < plan->place_count; i++) {
		dcf_json_begin_inline(j, '{');
		if (plan->places[i].icao.len) {
			dcf_json_key(j, "icao");
			dcf_json_string(j, plan->places[i].icao);
		}
		if (plan->places[i].name.len) {
			dcf_json_key(j, "name");
			dcf_json_string(j, plan->places[i].name);
		}
		dcf_json_key(j, "at");
		dcf_json_raw(j, DCF_SPAN(""));
		put_position(j->out, plan->places[i].at);
		dcf_json_others(j, plan->places[i].others);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

enum dcf_status dcf_write_geojson(const struct dcf_plan *plan, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out, .indent = 1 };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "type");
	dcf_json_z(&j, "FeatureCollection");
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	if (plan->title.len) {
		dcf_json_key(&j, "title");
		dcf_json_string(&j, plan->title);
	}
	if (plan->party_count)
		put_parties(&j, plan);
	dcf_json_atmosphere(&j, plan);
	dcf_json_agreement(&j, plan);
	if (plan->place_count)
		put_places(&j, plan);
	dcf_json_others(&j, plan->others);
	dcf_json_key(&j, "features");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < plan->feature_count; i++)
		dcf_json_feature(&j, plan, &plan->features[i]);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}
