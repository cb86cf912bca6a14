/* SPDX-License-Identifier: Apache-2.0 */
/* read_limits.c - limits, disclosure and costs.
 *
 * A limit that cannot be understood must not become no limit: nobody would see that an operation is asked for more than
 * it can do.  So a party with one is not asked to move at all, and a feature with one is refused as for any other fault. */
#include "format/read_limits.h"

#define SECONDS_MAX 1e9
#define COST_MAX    1e9

enum limit { MOVABLE, MAX_DELAY, MAX_ADVANCE, LOWEST, HIGHEST, MAX_DETOUR, MIN_SPEED, MAX_SPEED, LIMITS };

static const struct dcf_span limit_names[LIMITS] = {
	[MOVABLE] = DCF_NAME("movable"),     [MAX_DELAY] = DCF_NAME("max_delay_s"), [MAX_ADVANCE] = DCF_NAME("max_advance_s"),
	[LOWEST] = DCF_NAME("lowest"),       [HIGHEST] = DCF_NAME("highest"),       [MAX_DETOUR] = DCF_NAME("max_detour"),
	[MIN_SPEED] = DCF_NAME("min_speed"), [MAX_SPEED] = DCF_NAME("max_speed"),
};

/* --- limits --------------------------------------------------------------------------------------- */

/* Rounded down: the narrower. */
static void get_seconds(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, int64_t *us)
{
	double s;

	if (!dcf_jnone(v) && dcf_get_number(r, at, v, 0, SECONDS_MAX, "seconds from 0 to 1e9", &s))
		*us = dcf_round_e4(s, 1e6, DCF_ROUND_DOWN);
}

/* Are two altitudes measured from the same thing?  SFC is AGL. */
static uint8_t reference(struct dcf_altitude a)
{
	return a.ref == DCF_REF_SFC ? DCF_REF_AGL : a.ref;
}

static void get_levels(struct dcf_reader *r, const struct dcf_step *at, const struct dcf_jval *m, struct dcf_level_limits *l)
{
	if (!dcf_jnone(m[LOWEST]))
		l->has_lowest = dcf_get_altitude(r, DCF_AT(at, "lowest"), m[LOWEST], DCF_ROUND_UP, &l->lowest);
	if (!dcf_jnone(m[HIGHEST]))
		l->has_highest = dcf_get_altitude(r, DCF_AT(at, "highest"), m[HIGHEST], DCF_ROUND_DOWN, &l->highest);
	if (l->has_lowest && l->lowest.unlimited)
		dcf_refuse_found(r, DCF_AT(at, "lowest"), dcf_jget(m[LOWEST], "value"),
				 "a number: only a highest level can be UNL");
	if (l->has_highest && l->highest.unlimited)
		l->has_highest = false;
	if (l->has_lowest && l->has_highest && reference(l->lowest) == reference(l->highest) && l->lowest.e4 > l->highest.e4)
		dcf_refuse(r, at, "lowest above highest");
}

static void warn_of(struct dcf_reader *r, struct dcf_span name)
{
	struct dcf_buf said = { .from = r->plan->arena.from };

	dcf_say_quoted(&said, name);
	dcf_buf_z(&said, " is no limit that is known here: it limits nothing");
	dcf_buf_char(&said, '\0');
	if (said.failed)
		r->status = DCF_E_NOMEM;
	else
		dcf_warn(r, "limits", said.p);
	dcf_buf_free(&said);
}

/* A misspelt limit would bind nobody, and nobody would notice. */
static void warn_unknown(struct dcf_reader *r, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	struct dcf_span name;

	while (dcf_jmember(&it, &name, &one)) {
		size_t i = 0;

		while (i < LIMITS && !dcf_span_eq(name, limit_names[i]))
			i++;
		if (i == LIMITS)
			warn_of(r, name);
	}
}

static void get_values(struct dcf_reader *r, const struct dcf_step *at, const struct dcf_jval *m, struct dcf_limits *limits)
{
	bool movable = true;

	if (!dcf_jnone(m[MOVABLE]) && dcf_get_bool(r, DCF_AT(at, "movable"), m[MOVABLE], &movable))
		limits->fixed = !movable;
	get_seconds(r, DCF_AT(at, "max_delay_s"), m[MAX_DELAY], &limits->max_delay_us);
	get_seconds(r, DCF_AT(at, "max_advance_s"), m[MAX_ADVANCE], &limits->max_advance_us);
	if (!dcf_jnone(m[MAX_DETOUR]))
		(void)dcf_get_length(r, DCF_AT(at, "max_detour"), m[MAX_DETOUR], false, &limits->max_detour_m);
	if (!dcf_jnone(m[MIN_SPEED]))
		(void)dcf_get_speed(r, DCF_AT(at, "min_speed"), m[MIN_SPEED], &limits->min_speed_mps);
	if (!dcf_jnone(m[MAX_SPEED]))
		(void)dcf_get_speed(r, DCF_AT(at, "max_speed"), m[MAX_SPEED], &limits->max_speed_mps);
	if (!(limits->min_speed_mps <= limits->max_speed_mps))
		dcf_refuse(r, at, "min_speed above max_speed");
}

bool dcf_get_limits(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_limits *limits,
		    struct dcf_level_limits *levels)
{
	struct dcf_jval m[LIMITS];
	unsigned before = r->reasons;

	*limits = dcf_limits_none();
	*levels = (struct dcf_level_limits){ 0 };
	if (dcf_jkind(v) == DCF_J_OBJECT) {
		dcf_jpick(v, limit_names, LIMITS, m);
		get_values(r, at, m, limits);
		get_levels(r, at, m, levels);
		warn_unknown(r, v);
	} else {
		dcf_refuse_found(r, at, v, "an object such as {\"max_delay_s\": 3600}");
	}
	if (r->reasons == before)
		return true;
	*limits = dcf_limits_none();
	limits->fixed = true;
	*levels = (struct dcf_level_limits){ 0 };
	return false;
}

/* --- disclosure ----------------------------------------------------------------------------------- */

void dcf_check_disclosed(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	struct dcf_span name;

	if (dcf_jkind(v) != DCF_J_ARRAY) {
		dcf_refuse_found(r, at, v, "an array of parties");
		return;
	}
	for (size_t i = 0; dcf_jnext(&it, &one); i++)
		if (dcf_get_string(r, DCF_AT_INDEX(at, i), one, &name) && name.len == 0)
			dcf_refuse_found(r, DCF_AT_INDEX(at, i), one, "a party's name");
}

/* The parties, made when new.  Not NULL when there is none, which is not the same as all. */
static uint32_t *get_disclosed(struct dcf_reader *r, struct dcf_jval v, uint32_t *count)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	uint32_t *parties = dcf_reader_get(r, (dcf_jcount(v) + 1) * sizeof *parties);
	struct dcf_jval one;

	*count = 0;
	while (parties && dcf_jnext(&it, &one))
		if (dcf_reader_ok(r, dcf_plan_party(r->plan, dcf_jstring(one), &parties[*count])))
			*count += 1;
	return parties;
}

static bool names(const uint32_t *parties, uint32_t count, uint32_t party)
{
	uint32_t i = 0;

	while (i < count && parties[i] != party)
		i++;
	return i < count;
}

/* --- an operation --------------------------------------------------------------------------------- */

enum { NO_REFERENCE = DCF_REF_COUNT, MIXED };

static uint8_t join_reference(uint8_t a, uint8_t b)
{
	return a == b || b == NO_REFERENCE ? a : a == NO_REFERENCE ? b : MIXED;
}

/* What the levels of a feature are measured from. */
static uint8_t reference_of(const struct dcf_feature *f)
{
	uint8_t ref = NO_REFERENCE;

	if (f->shape != DCF_TRAJECTORY) {
		if (!(f->lower.ref == DCF_REF_SFC && f->lower.e4 == 0))
			ref = reference(f->lower);
		return f->upper.unlimited ? ref : join_reference(ref, reference(f->upper));
	}
	for (uint32_t i = 0; i < f->point_count && ref != MIXED; i++)
		ref = join_reference(ref, reference(f->waypoints[i].altitude));
	return ref;
}

static const char not_alike[] = "its levels are in another reference than the operation's own, and cannot be compared: "
				"no change of level is offered";

static void allow_no_level(struct dcf_limits *limits)
{
	limits->lowest_e4 = INT64_MAX;
	limits->highest_e4 = INT64_MIN;
}

/* False when one of them cannot be compared; then no level is allowed. */
static bool narrow_levels(struct dcf_limits *limits, const struct dcf_level_limits *l, uint8_t ref)
{
	bool alike = (!l->has_lowest || reference(l->lowest) == ref) && (!l->has_highest || reference(l->highest) == ref);

	if (!alike)
		allow_no_level(limits);
	else if (l->has_lowest && l->lowest.e4 > limits->lowest_e4)
		limits->lowest_e4 = l->lowest.e4;
	if (alike && l->has_highest && l->highest.e4 < limits->highest_e4)
		limits->highest_e4 = l->highest.e4;
	return alike;
}

/* Whom all features name. */
static void narrow_disclosure(struct dcf_reader *r, uint32_t operation, struct dcf_jval v)
{
	uint32_t count, kept = 0, *parties = get_disclosed(r, v, &count);
	struct dcf_operation *o = &r->plan->operations[operation];

	if (!parties)
		return;
	for (uint32_t i = 0; i < count; i++)
		if (!o->disclosed_to || names(o->disclosed_to, o->disclosed_count, parties[i]))
			parties[kept++] = parties[i];
	o->disclosed_to = parties;
	o->disclosed_count = kept;
}

void dcf_bear(struct dcf_reader *r, const struct dcf_feature *f, const struct dcf_bearing *b)
{
	struct dcf_limits *limits = &r->plan->operations[f->operation].limits;
	bool disclosed = !dcf_jnone(b->disclosed_to);

	if ((!b->has_limits && !disclosed) || !dcf_undo_operation(r, f->operation))
		return;
	if (b->has_limits) {
		*limits = dcf_limits_join(*limits, b->limits);
		if (!narrow_levels(limits, &b->levels, reference_of(f)))
			dcf_warn(r, "limits", not_alike);
	}
	if (disclosed)
		narrow_disclosure(r, f->operation, b->disclosed_to);
}

/* --- costs ---------------------------------------------------------------------------------------- */

void dcf_read_costs(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	struct dcf_costs costs = { 1, 0.1, 0.01, true }, *had = &r->plan->agreement.costs;
	const struct {
		const char *name;
		double *to;
	} rows[] = { { "delay_s", &costs.delay_s }, { "altitude_ft", &costs.altitude_ft }, { "extra_m", &costs.extra_m } };
	unsigned before = r->reasons;

	if (dcf_jnone(v))
		return;
	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "an object such as {\"delay_s\": 1, \"altitude_ft\": 0.1, \"extra_m\": 0.01}");
		return;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_jval member = dcf_jget(v, rows[i].name);

		if (!dcf_jnone(member))
			(void)dcf_get_number(r, DCF_AT(at, rows[i].name), member, 0, COST_MAX, "a cost of 0 to 1e9",
					     rows[i].to);
	}
	if (r->reasons != before || r->status != DCF_OK)
		return;
	if (!had->given)
		*had = costs;
	else if (had->delay_s != costs.delay_s || had->altitude_ft != costs.altitude_ft || had->extra_m != costs.extra_m)
		dcf_warn(r, "agreement", "a second agreement with other costs: those of the first hold");
}

/* --- levels of parties ---------------------------------------------------------------------------- */

static enum dcf_status warn_operation(struct dcf_plan *plan, const struct dcf_feature *f)
{
	const struct dcf_remark m = { .party = plan->parties[f->party].id,
				      .operation = plan->operations[f->operation].id,
				      .where = f->where,
				      .field = DCF_SPAN("limits"),
				      .text = DCF_SPAN(not_alike) };

	return dcf_plan_remark(plan, &m);
}

static bool limits_levels(const struct dcf_plan *plan, uint32_t operation)
{
	const struct dcf_operation *o = &plan->operations[operation];
	const struct dcf_level_limits *l = &plan->parties[o->party].levels;

	return l->has_lowest || l->has_highest || o->limits.lowest_e4 != INT64_MIN || o->limits.highest_e4 != INT64_MAX;
}

/* Of operations whose first feature is `first` and whose features are all measured from `ref`. */
static enum dcf_status join_levels_of(struct dcf_plan *plan, const struct dcf_feature *first, uint8_t ref)
{
	struct dcf_limits *limits = &plan->operations[first->operation].limits;

	if (limits->lowest_e4 == INT64_MAX)
		return DCF_OK;
	if (ref != MIXED && narrow_levels(limits, &plan->parties[first->party].levels, ref))
		return DCF_OK;
	allow_no_level(limits);
	return warn_operation(plan, first);
}

static enum dcf_status join_levels(struct dcf_plan *plan, uint32_t *first, uint8_t *ref)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < plan->operation_count; i++) {
		first[i] = DCF_NONE;
		ref[i] = NO_REFERENCE;
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		uint32_t o = plan->features[i].operation;

		if (first[o] == DCF_NONE)
			first[o] = (uint32_t)i;
		ref[o] = join_reference(ref[o], reference_of(&plan->features[i]));
	}
	for (uint32_t i = 0; i < plan->operation_count && s == DCF_OK; i++)
		if (first[i] != DCF_NONE && limits_levels(plan, i))
			s = join_levels_of(plan, &plan->features[first[i]], ref[i]);
	return s;
}

enum dcf_status dcf_join_levels(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	size_t n = plan->operation_count;
	enum dcf_status s = DCF_E_NOMEM;
	bool any = false;
	uint32_t *first;
	uint8_t *ref;

	for (uint32_t i = 0; i < n && !any; i++)
		any = limits_levels(plan, i);
	if (!any)
		return DCF_OK;
	first = dcf_alloc_new(a, n * sizeof *first);
	ref = dcf_alloc_new(a, n * sizeof *ref);
	if (first && ref)
		s = join_levels(plan, first, ref);
	dcf_alloc_free(a, first, n * sizeof *first);
	dcf_alloc_free(a, ref, n * sizeof *ref);
	return s;
}
