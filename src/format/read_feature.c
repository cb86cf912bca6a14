/* SPDX-License-Identifier: Apache-2.0 */
/* read_feature.c - one feature of an operations file into a dcf_feature, or all the reasons why not.
 *
 * Reading goes on after a reason, so that whoever mends the file sees all of them at once. */
#include "format/read_limits.h"

#define TIME_ALWAYS_FROM (INT64_MIN / 4) /* an area without a window: room for sums on both sides */
#define TIME_ALWAYS_TO   (INT64_MAX / 4)

/* By the length of their names, so that a name is compared with few. */
enum member {
	ACM,
	END,
	KIND,
	NOTE,
	SENT,
	PARTY,
	SHAPE,
	EDGES,
	LOWER,
	UPPER,
	START,
	TIMES,
	RADIUS,
	LIMITS,
	ADVISORY,
	RECEIVED,
	REPLACES,
	OPERATION,
	ALTITUDES,
	PROTECTED,
	HALF_WIDTH,
	CONSTRAINT,
	PLACE_TEXT,
	CONTAINMENT,
	DISCLOSED_TO,
	MEMBERS
};

static const char *const member_names[MEMBERS] = {
	[ACM] = "acm",
	[END] = "end",
	[KIND] = "kind",
	[NOTE] = "note",
	[SENT] = "sent",
	[PARTY] = "party",
	[SHAPE] = "shape",
	[EDGES] = "edges",
	[LOWER] = "lower",
	[UPPER] = "upper",
	[START] = "start",
	[TIMES] = "times",
	[RADIUS] = "radius",
	[LIMITS] = "limits",
	[ADVISORY] = "advisory",
	[RECEIVED] = "received",
	[REPLACES] = "replaces",
	[OPERATION] = "operation",
	[ALTITUDES] = "altitudes",
	[PROTECTED] = "protected",
	[HALF_WIDTH] = "half_width",
	[CONSTRAINT] = "constraint",
	[PLACE_TEXT] = "place_text",
	[CONTAINMENT] = "containment",
	[DISCLOSED_TO] = "disclosed_to",
};

enum { LONGEST = 12 };

/* The first member whose name has this length or more. */
static const uint8_t first_of_length[LONGEST + 2] = { ACM,        ACM,         ACM,          ACM,      KIND,
						      PARTY,      RADIUS,      ADVISORY,     ADVISORY, OPERATION,
						      HALF_WIDTH, CONTAINMENT, DISCLOSED_TO, MEMBERS };

static const char *const shape_names[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = "polygon", [DCF_CIRCLE] = "circle",         [DCF_CORRIDOR] = "corridor",
	[DCF_ORBIT] = "orbit",     [DCF_TRAJECTORY] = "trajectory",
};

enum outer { TYPE, ID, GEOMETRY, PROPERTIES, OUTER_EDGES, OUTER };

static const struct dcf_span outer_names[OUTER] = { DCF_NAME("type"), DCF_NAME("id"), DCF_NAME("geometry"),
						    DCF_NAME("properties"), DCF_NAME("edges") };

/* A feature while it is read: its known properties, and the pointers to them. */
struct reading {
	struct dcf_reader *r;
	const struct dcf_step *at, *properties;
	struct dcf_jval feature, outer[OUTER], m[MEMBERS]; /* the feature's own members, and its properties */
	struct dcf_feature f;
	bool own; /* no `operation` member */
	bool shape_known;
	bool optional; /* window and band may be missing: an area of an agreement */
};

#define AT_MEMBER(g, which) DCF_AT((g)->properties, member_names[which])

static bool given(const struct reading *g, enum member which)
{
	return !dcf_jnone(g->m[which]);
}

static void collect(struct reading *g)
{
	struct dcf_jval properties = g->outer[PROPERTIES], value;
	struct dcf_jwalk it = dcf_jwalk(properties);
	struct dcf_span name;

	for (size_t i = 0; i < MEMBERS; i++)
		g->m[i] = (struct dcf_jval){ NULL, 0 };
	if (!dcf_jnone(properties) && dcf_jkind(properties) != DCF_J_OBJECT) {
		dcf_refuse_found(g->r, g->properties, properties, "an object");
		return;
	}
	while (dcf_jmember(&it, &name, &value)) {
		unsigned i = name.len <= LONGEST ? first_of_length[name.len] : MEMBERS;
		unsigned end = name.len <= LONGEST ? first_of_length[name.len + 1] : MEMBERS;

		while (i < end && (*member_names[i] != *name.p || memcmp(name.p, member_names[i], name.len) != 0))
			i++;
		if (i < end)
			g->m[i] = value;
	}
}

/* --- who it is ------------------------------------------------------------------------------------ */

/* A name: a string that is not empty. */
static bool get_name(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span *out)
{
	if (!dcf_get_string(r, at, v, out))
		return false;
	if (out->len == 0)
		dcf_refuse_found(r, at, v, "a name");
	return out->len > 0;
}

/* RFC 7946 allows a number as an id; a whole number is its digits. */
static void get_id(struct reading *g)
{
	struct dcf_jval id = g->outer[ID];
	int k = dcf_jkind(id);

	g->f.id = DCF_SPAN("");
	if (k == DCF_J_I64) {
		struct dcf_buf digits = { .from = g->r->plan->arena.from };
		int64_t v;

		memcpy(&v, &id.doc->tape[id.at + 1], sizeof v);
		dcf_buf_i64(&digits, v);
		if (digits.failed)
			g->r->status = DCF_E_NOMEM;
		else
			g->f.id = dcf_reader_keep(g->r, dcf_buf_as_span(&digits));
		dcf_buf_free(&digits);
	} else if (k == DCF_J_STRING) {
		(void)get_name(g->r, DCF_AT(g->at, "id"), id, &g->f.id);
	} else if (!dcf_jnone(id)) {
		dcf_refuse_found(g->r, DCF_AT(g->at, "id"), id, "a string or a whole number");
	}
}

static void get_identity(struct reading *g)
{
	struct dcf_reader *r = g->r;
	bool has_operation = given(g, OPERATION) && get_name(r, AT_MEMBER(g, OPERATION), g->m[OPERATION], &r->operation);

	g->own = !given(g, OPERATION);
	get_id(g);
	if (!has_operation)
		r->operation = g->f.id;
	if (has_operation && g->f.id.len == 0)
		g->f.id = r->operation;
	if (given(g, PARTY))
		(void)get_name(r, AT_MEMBER(g, PARTY), g->m[PARTY], &r->party);
	else
		dcf_refuse(r, NULL, "no party");
	if (g->own && dcf_jnone(g->outer[ID]))
		dcf_refuse(r, NULL, "no id");
}

/* --- where it is ---------------------------------------------------------------------------------- */

static void get_shape(struct reading *g)
{
	unsigned shape = DCF_POLYGON;

	g->shape_known = true;
	if (given(g, SHAPE)) {
		g->shape_known = dcf_get_word(g->r, AT_MEMBER(g, SHAPE), g->m[SHAPE], shape_names, DCF_SHAPE_COUNT,
					      "polygon, circle, corridor, orbit or trajectory", &shape);
	} else {
		struct dcf_jval type = dcf_jget(g->outer[GEOMETRY], "type");

		if (dcf_jis(type, "Point") || dcf_jis(type, "LineString")) {
			dcf_refuse(g->r, g->at, "no shape");
			g->shape_known = false;
		}
	}
	g->f.shape = (uint8_t)shape;
}

static void get_feature_edges(struct reading *g)
{
	struct dcf_jval outside = g->outer[OUTER_EDGES];

	if (given(g, EDGES) && !dcf_jnone(outside))
		dcf_refuse(g->r, AT_MEMBER(g, EDGES), "found it in the feature too, expected it once");
	else if (given(g, EDGES))
		g->f.edges = dcf_get_edges(g->r, AT_MEMBER(g, EDGES), g->m[EDGES]);
	else if (!dcf_jnone(outside))
		g->f.edges = dcf_get_edges(g->r, DCF_AT(g->at, "edges"), outside);
	else
		g->f.edges = DCF_EDGES_OF_COLLECTION;
}

static void get_width(struct reading *g, enum member which, const char *missing)
{
	if (given(g, which))
		(void)dcf_get_length(g->r, AT_MEMBER(g, which), g->m[which], true, &g->f.radius_m);
	else
		dcf_refuse(g->r, g->at, missing);
}

static void get_where(struct reading *g)
{
	uint8_t shape = g->f.shape;
	bool round = shape == DCF_CIRCLE || shape == DCF_ORBIT;

	if (dcf_jnone(g->outer[GEOMETRY]))
		dcf_refuse(g->r, g->at, "no geometry");
	else if (g->shape_known)
		(void)dcf_get_geometry(g->r, DCF_AT(g->at, "geometry"), g->outer[GEOMETRY], &g->f);
	if (!g->shape_known)
		return;
	if (round)
		get_width(g, RADIUS, "no radius");
	else if (given(g, RADIUS))
		dcf_warn(g->r, "radius", "not used by this shape");
	if (shape == DCF_CORRIDOR)
		get_width(g, HALF_WIDTH, "no half_width");
	else if (given(g, HALF_WIDTH))
		dcf_warn(g->r, "half_width", "not used by this shape");
}

/* --- how high and when: volumes ------------------------------------------------------------------- */

/* Measured alike, so that they can be compared here: SFC is AGL. */
static bool comparable(struct dcf_altitude a, struct dcf_altitude b)
{
	uint8_t ra = a.ref == DCF_REF_SFC ? DCF_REF_AGL : a.ref, rb = b.ref == DCF_REF_SFC ? DCF_REF_AGL : b.ref;

	return ra == rb && !a.unlimited && !b.unlimited;
}

static void get_band(struct reading *g)
{
	struct dcf_reader *r = g->r;
	bool low = given(g, LOWER), high = given(g, UPPER);

	g->f.lower = (struct dcf_altitude){ .ref = DCF_REF_SFC, .unit = DCF_UNIT_FT };
	g->f.upper = (struct dcf_altitude){ .ref = DCF_REF_MSL, .unit = DCF_UNIT_FT, .unlimited = true };
	if (!g->optional && !low && !high)
		dcf_refuse(r, g->at, "no altitude band");
	else if (!g->optional && !(low && high))
		dcf_refuse(r, g->at, low ? "no altitude band: no upper" : "no altitude band: no lower");
	if (low)
		low = dcf_get_altitude(r, AT_MEMBER(g, LOWER), g->m[LOWER], DCF_ROUND_DOWN, &g->f.lower);
	if (high)
		high = dcf_get_altitude(r, AT_MEMBER(g, UPPER), g->m[UPPER], DCF_ROUND_UP, &g->f.upper);
	if (low && g->f.lower.unlimited)
		dcf_refuse_found(r, AT_MEMBER(g, LOWER), dcf_jget(g->m[LOWER], "value"),
				 "a number: only an upper limit can be UNL");
	else if (low && high && comparable(g->f.lower, g->f.upper) && g->f.lower.e4 > g->f.upper.e4)
		dcf_refuse(r, g->at, "lower above upper");
}

static void get_window(struct reading *g)
{
	struct dcf_reader *r = g->r;
	bool from = given(g, START), to = given(g, END);

	g->f.start_us = TIME_ALWAYS_FROM;
	g->f.end_us = TIME_ALWAYS_TO;
	if (!from && !g->optional)
		dcf_refuse(r, g->at, "no start");
	if (!to && !g->optional)
		dcf_refuse(r, g->at, "no end");
	if (from)
		from = dcf_get_time(r, AT_MEMBER(g, START), g->m[START], false, &g->f.start_us);
	if (to)
		to = dcf_get_time(r, AT_MEMBER(g, END), g->m[END], true, &g->f.end_us);
	if (from && to && g->f.start_us >= g->f.end_us)
		dcf_refuse(r, g->at, "start not before end");
}

/* --- how high and when: trajectories -------------------------------------------------------------- */

/* `times` or `altitudes`: an array with as many values as the line has positions. */
static bool is_vertex_array(struct reading *g, enum member which, const char *missing)
{
	size_t n = g->f.point_count;

	if (!given(g, which)) {
		dcf_refuse(g->r, NULL, missing);
		return false;
	}
	if (dcf_jkind(g->m[which]) != DCF_J_ARRAY) {
		dcf_refuse_found(g->r, AT_MEMBER(g, which), g->m[which], "an array with one value for each vertex");
		return false;
	}
	if (n && dcf_jcount(g->m[which]) != n) {
		dcf_refuse(g->r, AT_MEMBER(g, which),
			   "found more or fewer values than positions, expected one for each vertex");
		return false;
	}
	return n > 0;
}

static void get_times(struct reading *g)
{
	struct dcf_jwalk it = dcf_jwalk(g->m[TIMES]);
	struct dcf_waypoint *w = g->f.waypoints;
	struct dcf_jval one;
	uint32_t n = g->f.point_count;

	for (uint32_t i = 0; dcf_jnext(&it, &one); i++) {
		const struct dcf_step *at = DCF_AT_INDEX(AT_MEMBER(g, TIMES), i);

		/* The window rounds outward: the last time up. */
		if (!dcf_get_time(g->r, at, one, i == n - 1, &w[i].time_us))
			return;
		if (i && w[i].time_us <= w[i - 1].time_us) {
			dcf_refuse_found(g->r, at, one, "a time after the one before it");
			return;
		}
	}
	g->f.start_us = w[0].time_us;
	g->f.end_us = w[n - 1].time_us;
}

static void get_altitudes(struct reading *g)
{
	struct dcf_jwalk it = dcf_jwalk(g->m[ALTITUDES]);
	struct dcf_jval one;

	for (uint32_t i = 0; dcf_jnext(&it, &one); i++) {
		const struct dcf_step *at = DCF_AT_INDEX(AT_MEMBER(g, ALTITUDES), i);
		struct dcf_altitude *a = &g->f.waypoints[i].altitude;

		if (!dcf_get_altitude(g->r, at, one, DCF_ROUND_NEAREST, a))
			return;
		if (a->unlimited) {
			dcf_refuse_found(g->r, at, dcf_jget(one, "value"), "a number: only an upper limit can be UNL");
			return;
		}
	}
}

static void get_containment(struct reading *g)
{
	const struct dcf_step *at = AT_MEMBER(g, CONTAINMENT);
	struct dcf_jval c = g->m[CONTAINMENT], lateral = dcf_jget(c, "lateral"), vertical = dcf_jget(c, "vertical");

	if (!given(g, CONTAINMENT))
		return;
	if (dcf_jkind(c) != DCF_J_OBJECT)
		dcf_refuse_found(g->r, at, c, "an object with lateral and vertical");
	if (!dcf_jnone(lateral))
		(void)dcf_get_length(g->r, DCF_AT(at, "lateral"), lateral, false, &g->f.radius_m);
	if (!dcf_jnone(vertical))
		(void)dcf_get_height(g->r, DCF_AT(at, "vertical"), vertical, &g->f.containment_e4);
}

static void warn_unused(struct reading *g)
{
	static const enum member unused[] = { LOWER, UPPER, START, END };

	for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
		int64_t t = 0, own = unused[i] == START ? g->f.start_us : g->f.end_us;
		bool is_time = unused[i] == START || unused[i] == END;

		if (!given(g, unused[i]))
			continue;
		if (is_time &&
		    (!dcf_get_time(g->r, AT_MEMBER(g, unused[i]), g->m[unused[i]], unused[i] == END, &t) || t == own))
			continue;
		dcf_warn(g->r, member_names[unused[i]], "not used: a trajectory's own times and altitudes hold");
	}
}

static void get_movement(struct reading *g)
{
	bool times = is_vertex_array(g, TIMES, "no times"), altitudes = is_vertex_array(g, ALTITUDES, "no altitudes");

	g->f.waypoints = dcf_reader_get(g->r, (g->f.point_count ? g->f.point_count : 1) * sizeof *g->f.waypoints);
	if (!g->f.waypoints)
		return;
	if (times)
		get_times(g);
	if (altitudes)
		get_altitudes(g);
	get_containment(g);
	warn_unused(g);
}

/* --- the rest ------------------------------------------------------------------------------------- */

static void get_flag(struct reading *g, enum member which, bool *out)
{
	if (given(g, which))
		(void)dcf_get_bool(g->r, AT_MEMBER(g, which), g->m[which], out);
}

static void get_notice(struct reading *g, enum member which, int64_t *out)
{
	*out = DCF_TIME_NONE;
	/* Rounded up: never more notice than there was. */
	if (given(g, which))
		(void)dcf_get_time(g->r, AT_MEMBER(g, which), g->m[which], true, out);
}

static void free_text(struct reading *g, enum member which)
{
	int k = dcf_jkind(g->m[which]);

	if (given(g, which) && k != DCF_J_STRING && k != DCF_J_OBJECT)
		dcf_refuse_found(g->r, AT_MEMBER(g, which), g->m[which], "a string, or an object by language");
}

static void get_words(struct reading *g, struct dcf_span *replaces)
{
	struct dcf_span kind;

	g->f.acm = DCF_SPAN("");
	*replaces = DCF_SPAN("");
	if (given(g, ACM))
		(void)dcf_get_string(g->r, AT_MEMBER(g, ACM), g->m[ACM], &g->f.acm);
	if (given(g, KIND))
		(void)dcf_get_string(g->r, AT_MEMBER(g, KIND), g->m[KIND], &kind);
	if (given(g, REPLACES))
		(void)get_name(g->r, AT_MEMBER(g, REPLACES), g->m[REPLACES], replaces);
	free_text(g, NOTE);
	free_text(g, PLACE_TEXT);
}

static void get_bearing(struct reading *g, struct dcf_bearing *b)
{
	*b = (struct dcf_bearing){ .has_limits = given(g, LIMITS), .disclosed_to = g->m[DISCLOSED_TO] };
	if (b->has_limits)
		(void)dcf_get_limits(g->r, AT_MEMBER(g, LIMITS), g->m[LIMITS], &b->limits, &b->levels);
	if (given(g, DISCLOSED_TO))
		dcf_check_disclosed(g->r, AT_MEMBER(g, DISCLOSED_TO), g->m[DISCLOSED_TO]);
}

/* Everything but who it is. */
static void get_volume(struct reading *g)
{
	bool moving;

	get_shape(g);
	get_feature_edges(g);
	get_where(g);
	moving = g->shape_known ? g->f.shape == DCF_TRAJECTORY : given(g, TIMES);
	if (moving && g->shape_known) {
		get_movement(g);
	} else if (!moving) {
		get_band(g);
		get_window(g);
	}
}

static void keep(struct reading *g, struct dcf_span properties)
{
	struct dcf_reader *r = g->r;

	g->f.id = dcf_reader_keep(r, g->f.id);
	if (g->f.acm.len)
		g->f.acm = dcf_reader_keep(r, g->f.acm);
	g->f.where = r->where;
	g->f.properties_json = dcf_reader_keep(r, properties);
}

void dcf_begin_feature(struct dcf_reader *r, struct dcf_span where)
{
	r->scope = DCF_SCOPE_FEATURE;
	r->where = where;
	r->party = r->operation = DCF_SPAN("");
	r->reasons = 0;
}

static void replace(struct dcf_reader *r, uint32_t operation, struct dcf_span replaces)
{
	struct dcf_operation *o = &r->plan->operations[operation];

	if (replaces.len == 0 || dcf_span_eq(o->replaces, replaces))
		return;
	if (o->replaces.len) {
		dcf_warn(r, "replaces", "another feature of the operation names another one: that one is kept");
		return;
	}
	if (dcf_undo_operation(r, operation))
		o->replaces = dcf_reader_keep(r, replaces);
}

void dcf_add_feature(struct dcf_reader *r, struct dcf_feature *f)
{
	if (r->status == DCF_OK && dcf_reader_ok(r, dcf_plan_party(r->plan, r->party, &f->party)) &&
	    dcf_reader_ok(r, dcf_plan_operation(r->plan, f->party, r->operation, &f->operation)))
		(void)dcf_reader_ok(r, dcf_plan_add_feature(r->plan, f));
}

/* Identity is (party, id): a second feature takes nothing from the first, and is said to be there.  Features that all name
 * one `operation` are meant to be together. */
static void warn_second(struct reading *g)
{
	struct dcf_reader *r = g->r;
	struct dcf_operation *o = &r->plan->operations[g->f.operation];

	if (o->feature_count > 1 && (g->own || o->by_id))
		dcf_warn(r, "id", "a second feature with the same party and id: both are checked");
	if (g->own && !o->by_id && dcf_undo_operation(r, g->f.operation))
		o->by_id = true;
}

/* Members beside those of RFC 7946; its bounding box says nothing that the geometry does not. */
static void get_others(struct reading *g)
{
	static const struct dcf_span known[] = { DCF_NAME("type"),       DCF_NAME("id"),    DCF_NAME("geometry"),
						 DCF_NAME("properties"), DCF_NAME("edges"), DCF_NAME("bbox") };

	g->f.others = dcf_get_others(g->r, g->feature, g->r->raw, known, sizeof known / sizeof *known);
}

void dcf_read_feature(struct dcf_reader *r, struct dcf_jval feature, struct dcf_span properties, struct dcf_span where)
{
	struct reading g = { .r = r, .feature = feature };
	struct dcf_span replaces, twice;
	struct dcf_bearing bearing;
	enum dcf_status s;

	g.properties = DCF_AT(NULL, "properties");
	dcf_begin_feature(r, where);
	if (dcf_jkind(feature) != DCF_J_OBJECT) {
		dcf_refuse_found(r, NULL, feature, "an object with \"type\": \"Feature\"");
		dcf_count_refused(r);
		return;
	}
	s = dcf_jduplicate(feature.doc, &r->scratch, &twice);
	if (s == DCF_E_REFUSED)
		dcf_refuse_twice(r, twice);
	else if (!dcf_reader_ok(r, s))
		return;
	dcf_jpick(feature, outer_names, OUTER, g.outer);
	if (!dcf_jis(g.outer[TYPE], "Feature")) {
		dcf_refuse_found(r, DCF_AT(NULL, "type"), g.outer[TYPE], "\"Feature\"");
		dcf_count_refused(r);
		return;
	}
	collect(&g);
	get_identity(&g);
	get_volume(&g);
	get_words(&g, &replaces);
	get_flag(&g, ADVISORY, &g.f.advisory);
	get_flag(&g, PROTECTED, &g.f.is_protected);
	get_flag(&g, CONSTRAINT, &g.f.is_constraint);
	get_notice(&g, SENT, &g.f.sent_us);
	get_notice(&g, RECEIVED, &g.f.received_us);
	get_bearing(&g, &bearing);
	if (r->reasons) {
		dcf_count_refused(r);
		return;
	}
	keep(&g, properties);
	get_others(&g);
	dcf_add_feature(r, &g.f);
	if (r->status == DCF_OK)
		warn_second(&g);
	if (r->status == DCF_OK)
		replace(r, g.f.operation, replaces);
	if (r->status == DCF_OK)
		dcf_bear(r, &g.f, &bearing);
}

bool dcf_read_volume(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval feature, struct dcf_feature *out)
{
	struct reading g = { .r = r, .at = at, .feature = feature, .optional = true };
	unsigned before = r->reasons;

	g.properties = DCF_AT(at, "properties");
	dcf_jpick(feature, outer_names, OUTER, g.outer);
	if (!dcf_jis(g.outer[TYPE], "Feature")) {
		dcf_refuse_found(r, DCF_AT(at, "type"), g.outer[TYPE], "\"Feature\"");
		return false;
	}
	collect(&g);
	get_id(&g);
	get_volume(&g);
	if (g.shape_known && g.f.shape == DCF_TRAJECTORY)
		dcf_refuse(r, AT_MEMBER(&g, SHAPE), "found a trajectory, expected an area");
	if (g.f.edges == DCF_EDGES_OF_COLLECTION)
		g.f.edges = r->edges;
	g.f.party = g.f.operation = DCF_NONE;
	g.f.acm = DCF_SPAN("");
	g.f.sent_us = g.f.received_us = DCF_TIME_NONE;
	g.f.id = dcf_reader_keep(r, g.f.id);
	g.f.properties_json = DCF_SPAN("");
	g.f.where = DCF_SPAN("");
	*out = g.f;
	return r->reasons == before && r->status == DCF_OK;
}
