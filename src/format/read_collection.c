/* SPDX-License-Identifier: Apache-2.0 */
/* read_collection.c - what an operations file says beside its features.
 *
 * Parties, places, title and atmosphere only describe: an entry that cannot be read is refused alone (an atmosphere's value
 * then stands at its widest, which can only add conflicts).  The version, the edges and the agreement decide about
 * everything: one that cannot be read refuses the input. */
#include "core/altitude.h"
#include "format/json_members.h"
#include "format/read_limits.h"

static enum dcf_scope in_scope(struct dcf_reader *r, enum dcf_scope scope)
{
	enum dcf_scope before = r->scope;

	r->scope = scope;
	return before;
}

static void read_version(struct dcf_reader *r, struct dcf_jval v)
{
	double version;

	if (dcf_jnone(v))
		return;
	r->version_seen = true;
	if (!dcf_jdouble(v, &version) || version != 1)
		dcf_refuse_found(r, DCF_AT(NULL, "deconflict"), v, "1, the version of the format that this program reads");
}

uint8_t dcf_get_edges(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	static const char *const names[] = { [DCF_EDGES_GEODESIC] = "geodesic", [DCF_EDGES_LONLAT] = "lonlat" };
	unsigned edges = DCF_EDGES_GEODESIC;

	if (!dcf_jnone(v))
		(void)dcf_get_word(r, at, v, names, 2, "geodesic or lonlat", &edges);
	return (uint8_t)edges;
}

static void read_title(struct dcf_reader *r, struct dcf_jval v)
{
	struct dcf_span title;

	if (!dcf_jnone(v) && dcf_get_string(r, DCF_AT(NULL, "title"), v, &title) && !r->plan->title.len)
		r->plan->title = dcf_reader_keep(r, title);
}

/* An array member of the collection: whether there is something to walk. */
static bool is_list(struct dcf_reader *r, const char *name, struct dcf_jval v)
{
	if (dcf_jnone(v))
		return false;
	if (dcf_jkind(v) != DCF_J_ARRAY)
		dcf_refuse_found(r, DCF_AT(NULL, name), v, "an array");
	return dcf_jkind(v) == DCF_J_ARRAY;
}

/* --- parties -------------------------------------------------------------------------------------- */

/* habitual_units.altitude: "m", "m/FL" ... begins with metres; anything else leaves feet. */
static bool habit_is_metres(struct dcf_jval party)
{
	struct dcf_jval altitude = dcf_jget(dcf_jget(party, "habitual_units"), "altitude");
	struct dcf_span s;

	if (dcf_jkind(altitude) != DCF_J_STRING)
		return false;
	s = dcf_jstring(altitude);
	return s.len && s.p[0] == 'm';
}

/* The narrower of levels that are measured alike; of others the first given. */
static void join_level(struct dcf_altitude *to, bool *has, struct dcf_altitude a, bool given, bool is_lowest)
{
	if (!given)
		return;
	if (!*has || (to->ref == a.ref && (is_lowest ? a.e4 > to->e4 : a.e4 < to->e4)))
		*to = a;
	*has = true;
}

static void read_party_limits(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, uint32_t party)
{
	struct dcf_party *p = &r->plan->parties[party];
	struct dcf_level_limits levels;
	struct dcf_limits limits;

	(void)dcf_get_limits(r, at, v, &limits, &levels);
	p->limits = dcf_limits_join(p->limits, limits);
	join_level(&p->levels.lowest, &p->levels.has_lowest, levels.lowest, levels.has_lowest, true);
	join_level(&p->levels.highest, &p->levels.has_highest, levels.highest, levels.has_highest, false);
}

typedef void read_element_fn(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v);

/* The elements of the collection's list `name`, each with r->raw at how it is written. */
static void read_list(struct dcf_reader *r, struct dcf_jval collection, struct dcf_span raw, const char *name,
		      read_element_fn *read_element)
{
	struct dcf_jval list = dcf_jget(collection, name), one;
	struct dcf_json_members m = dcf_json_elements_of(dcf_raw_member(collection, raw, name));
	struct dcf_jwalk it = dcf_jwalk(list);

	if (!is_list(r, name, list))
		return;
	for (size_t i = 0; dcf_jnext(&it, &one); i++) {
		r->raw = DCF_SPAN("");
		(void)dcf_json_elements_next(&m, &r->raw);
		read_element(r, DCF_AT_INDEX(DCF_AT(NULL, name), i), one);
	}
}

static void read_party(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	static const struct dcf_span known[] = { DCF_NAME("id"), DCF_NAME("name"), DCF_NAME("limits") };
	struct dcf_span id, name = DCF_SPAN("");
	struct dcf_jval named = dcf_jget(v, "name"), limits = dcf_jget(v, "limits");
	struct dcf_party *p;
	uint32_t i;

	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "a party such as {\"id\": \"CO\"}");
		return;
	}
	if (!dcf_get_string(r, DCF_AT(at, "id"), dcf_jget(v, "id"), &id))
		return;
	if (!id.len) {
		dcf_refuse(r, DCF_AT(at, "id"), "found an empty name, expected a party's");
		return;
	}
	if (!dcf_jnone(named) && !dcf_get_string(r, DCF_AT(at, "name"), named, &name))
		return;
	if (!dcf_reader_ok(r, dcf_plan_party(r->plan, id, &i)) || !dcf_undo_party(r, i))
		return;
	p = &r->plan->parties[i];
	if (!p->name.len && name.len)
		p->name = dcf_reader_keep(r, name);
	if (habit_is_metres(v))
		p->in_feet = false;
	p->declared = true;
	if (!dcf_jnone(limits))
		read_party_limits(r, DCF_AT(at, "limits"), limits, i);
	dcf_join_others(r, &r->plan->parties[i].others, dcf_get_others(r, v, r->raw, known, sizeof known / sizeof *known));
}

/* --- places --------------------------------------------------------------------------------------- */

static enum dcf_status add_place(struct dcf_plan *plan, const struct dcf_place *place)
{
	void *array = plan->places;
	enum dcf_status s = dcf_grow(plan->arena.from, &array, &plan->place_cap, plan->place_count + 1, sizeof *plan->places);

	plan->places = array;
	if (s == DCF_OK)
		plan->places[plan->place_count++] = *place;
	return s;
}

static void read_place(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	struct dcf_jval icao = dcf_jget(v, "icao"), name = dcf_jget(v, "name");
	static const struct dcf_span known[] = { DCF_NAME("icao"), DCF_NAME("name"), DCF_NAME("at") };
	struct dcf_place place = { .icao = DCF_SPAN(""), .name = DCF_SPAN("") };

	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "a place such as {\"icao\": \"OSLK\", \"at\": [35.95, 35.4]}");
		return;
	}
	if (!dcf_jnone(icao) && !dcf_get_string(r, DCF_AT(at, "icao"), icao, &place.icao))
		return;
	if (!dcf_jnone(name) && !dcf_get_string(r, DCF_AT(at, "name"), name, &place.name))
		return;
	if (!dcf_get_position(r, DCF_AT(at, "at"), dcf_jget(v, "at"), &place.at))
		return;
	place.icao = dcf_reader_keep(r, place.icao);
	place.name = dcf_reader_keep(r, place.name);
	place.others = dcf_get_others(r, v, r->raw, known, sizeof known / sizeof *known);
	(void)dcf_reader_ok(r, add_place(r->plan, &place));
}

/* --- atmosphere ----------------------------------------------------------------------------------- */

/* A number, or [low, high]. */
static bool get_interval(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, double low, double high,
			 const char *expected, double out[2])
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;

	if (dcf_jkind(v) != DCF_J_ARRAY) {
		bool ok = dcf_get_number(r, at, v, low, high, expected, &out[0]);

		out[1] = out[0];
		return ok;
	}
	if (dcf_jcount(v) != 2) {
		dcf_refuse_found(r, at, v, "a number, or [low, high]");
		return false;
	}
	for (size_t i = 0; dcf_jnext(&it, &one); i++)
		if (!dcf_get_number(r, DCF_AT_INDEX(at, i), one, low, high, expected, &out[i]))
			return false;
	if (!(out[0] <= out[1]))
		dcf_refuse(r, at, "found the higher number first, expected [low, high]");
	return out[0] <= out[1];
}

/* Each refuses what no place on earth has; refused counts as given at its widest. */
static void read_intervals(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_atmosphere *a)
{
	struct dcf_jval qnh = dcf_jget(v, "qnh_hpa"), geoid = dcf_jget(v, "geoid_height_m"),
			terrain = dcf_jget(v, "terrain_ft");
	double feet[2], two[2];

	a->qnh_given = !dcf_jnone(qnh);
	a->geoid_given = !dcf_jnone(geoid);
	a->terrain_given = !dcf_jnone(terrain);
	if (a->qnh_given && get_interval(r, DCF_AT(at, "qnh_hpa"), qnh, 850, 1100, "850 to 1100 hPa", two))
		memcpy(a->qnh_hpa, two, sizeof two);
	if (a->geoid_given && get_interval(r, DCF_AT(at, "geoid_height_m"), geoid, -107, 86, "-107 to 86 m", two))
		memcpy(a->geoid_m, two, sizeof two);
	if (a->terrain_given && get_interval(r, DCF_AT(at, "terrain_ft"), terrain, -1400, 29100, "-1400 to 29100 ft", feet)) {
		a->terrain_e4[0] = dcf_round_e4(feet[0], DCF_FT_E4, DCF_ROUND_DOWN);
		a->terrain_e4[1] = dcf_round_e4(feet[1], DCF_FT_E4, DCF_ROUND_UP);
	}
}

static void read_transition(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_atmosphere *a)
{
	struct dcf_jval altitude = dcf_jget(v, "transition_altitude_ft"), level = dcf_jget(v, "transition_level");
	double n;

	if (!dcf_jnone(altitude) &&
	    dcf_get_number(r, DCF_AT(at, "transition_altitude_ft"), altitude, 0, 60000, "0 to 60000 ft", &n))
		a->transition_altitude_e4 = dcf_round_e4(n, DCF_FT_E4, DCF_ROUND_NEAREST);
	if (!dcf_jnone(level) &&
	    dcf_get_number(r, DCF_AT(at, "transition_level"), level, 0, 600, "a flight level from 0 to 600", &n))
		a->transition_level = (int32_t)(n + 0.5);
}

static void read_atmosphere(struct dcf_reader *r, struct dcf_jval v, struct dcf_span raw)
{
	static const struct dcf_span known[] = { DCF_NAME("qnh_hpa"), DCF_NAME("geoid_height_m"), DCF_NAME("terrain_ft"),
						 DCF_NAME("transition_altitude_ft"), DCF_NAME("transition_level") };
	struct dcf_atmosphere a = dcf_atmosphere_widest();
	const struct dcf_step *at = DCF_AT(NULL, "atmosphere");

	if (dcf_jnone(v))
		return;
	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "an object");
		return;
	}
	read_intervals(r, at, v, &a);
	read_transition(r, at, v, &a);
	dcf_atmosphere_join(&r->plan->atmosphere, &a);
	r->plan->atmosphere_seen = true;
	dcf_join_others(r, &r->plan->atmosphere_others, dcf_get_others(r, v, raw, known, sizeof known / sizeof *known));
}

void dcf_read_collection(struct dcf_reader *r, struct dcf_jval collection)
{
	/* A bounding box of one file says nothing of several together. */
	static const struct dcf_span known[] = { DCF_NAME("type"),       DCF_NAME("bbox"),   DCF_NAME("deconflict"),
						 DCF_NAME("edges"),      DCF_NAME("title"),  DCF_NAME("parties"),
						 DCF_NAME("atmosphere"), DCF_NAME("places"), DCF_NAME("agreement"),
						 DCF_NAME("features") };
	enum dcf_scope before = in_scope(r, DCF_SCOPE_INPUT);
	struct dcf_span raw = r->raw;

	read_version(r, dcf_jget(collection, "deconflict"));
	r->edges = dcf_get_edges(r, DCF_AT(NULL, "edges"), dcf_jget(collection, "edges"));
	if (r->status == DCF_OK)
		dcf_read_agreement(r, DCF_AT(NULL, "agreement"), dcf_jget(collection, "agreement"),
				   dcf_raw_member(collection, raw, "agreement"));
	(void)in_scope(r, DCF_SCOPE_ENTRY);
	if (r->status == DCF_OK) {
		read_title(r, dcf_jget(collection, "title"));
		read_list(r, collection, raw, "parties", read_party);
		read_list(r, collection, raw, "places", read_place);
		read_atmosphere(r, dcf_jget(collection, "atmosphere"), dcf_raw_member(collection, raw, "atmosphere"));
		dcf_join_others(r, &r->plan->others, dcf_get_others(r, collection, raw, known, sizeof known / sizeof *known));
	}
	(void)in_scope(r, before);
}
