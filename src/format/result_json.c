/* SPDX-License-Identifier: Apache-2.0 */
#include "format/result_json.h"
#include "core/num.h"
#include "core/time.h"

/* ---- names and lists ---- */

enum dcf_list dcf_list_of(const struct dcf_conflict *c)
{
	static const uint8_t list[] = {
		[DCF_CLASS_OVERLAP] = DCF_LIST_CONFLICTS,
		[DCF_CLASS_SEPARATION] = DCF_LIST_CONFLICTS,
		[DCF_CLASS_BRIEF] = DCF_LIST_BRIEF,
		[DCF_CLASS_ADVISORY] = DCF_LIST_ADVISORIES,
	};

	return c->internal ? DCF_LIST_INTERNAL : (enum dcf_list)list[c->class];
}

const char *dcf_list_name(enum dcf_list list)
{
	static const char *const name[] = {
		[DCF_LIST_CONFLICTS] = "conflicts",
		[DCF_LIST_BRIEF] = "brief",
		[DCF_LIST_ADVISORIES] = "advisories",
		[DCF_LIST_INTERNAL] = "internal",
	};
	_Static_assert(sizeof name / sizeof *name == DCF_LIST_COUNT, "every list needs a name");
	return name[list];
}

const char *dcf_class_name(uint8_t cls)
{
	static const char *const name[] = {
		[DCF_CLASS_OVERLAP] = "overlap",
		[DCF_CLASS_SEPARATION] = "separation",
		[DCF_CLASS_BRIEF] = "brief",
		[DCF_CLASS_ADVISORY] = "advisory",
	};

	return name[cls];
}

static const struct {
	const char *name;
	bool counts;
} breach_rules[] = {
	[DCF_BREACH_NOTICE] = { "notice_min", true }, [DCF_BREACH_CROSSING_NOTICE] = { "crossing_notice_min", true },
	[DCF_BREACH_NO_ENTRY] = { "no_entry", true }, [DCF_BREACH_ASK_FIRST] = { "ask_first", false },
	[DCF_BREACH_CONTACT] = { "contact", false },
};

const char *dcf_breach_name(uint8_t rule)
{
	return breach_rules[rule].name;
}

bool dcf_breach_counts(uint8_t rule)
{
	return breach_rules[rule].counts;
}

/* ---- counts ---- */

static bool same_subject(const struct dcf_remark *x, const struct dcf_remark *y)
{
	return dcf_span_eq(x->party, y->party) && dcf_span_eq(x->operation, y->operation) && dcf_span_eq(x->where, y->where);
}

bool dcf_refusal_next(const struct dcf_result *result, size_t *at, struct dcf_refusal *refusal)
{
	const struct dcf_remark *r = result->remarks;
	size_t i = *at, end;

	while (i < result->remark_count && !r[i].refused)
		i++;
	for (end = i; end < result->remark_count && same_subject(&r[i], &r[end]); end++)
		;
	*refusal = (struct dcf_refusal){ i, end };
	*at = end;
	return i < result->remark_count;
}

struct dcf_counts dcf_result_count(const struct dcf_plan *plan, const struct dcf_result *result)
{
	struct dcf_counts n = { .features = plan->feature_count - result->refused_features };
	struct dcf_refusal r;
	size_t at = 0;

	for (size_t i = 0; i < plan->operation_count; i++)
		n.operations += plan->operations[i].feature_count > 0;
	n.operations -= result->refused_operations;
	for (size_t i = 0; i < result->conflict_count; i++)
		n.lists[dcf_list_of(&result->conflicts[i])]++;
	for (size_t i = 0; i < result->breach_count; i++)
		*(dcf_breach_counts(result->breaches[i].rule) ? &n.breaches : &n.asked) += 1;
	for (size_t i = 0; i < result->remark_count; i++)
		n.warnings += !result->remarks[i].refused;
	while (dcf_refusal_next(result, &at, &r))
		n.refused += 1 + (size_t)result->remarks[r.first].more;
	return n;
}

/* ---- what was assumed ---- */

/* The interval in steps of 1 / `per`: outward, but not for what a double's last bits add. */
static void outward(const double v[2], double per, int64_t to[2])
{
	double fine = per * 1000;

	to[0] = (int64_t)dcf_floor(dcf_floor(v[0] * fine + 0.5) / 1000);
	to[1] = (int64_t)dcf_ceil(dcf_floor(v[1] * fine + 0.5) / 1000);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* 0.1 mm to 0.1 ft, outward. */
static void outward_feet(const int64_t e4[2], int64_t to[2])
{
	to[0] = floor_div(e4[0] * 10, DCF_FT_E4);
	to[1] = -floor_div(-e4[1] * 10, DCF_FT_E4);
}

static void put_range(struct dcf_buf *out, const char *what, const int64_t v[2], int decimals, const char *unit, bool given)
{
	dcf_buf_z(out, what);
	dcf_buf_char(out, ' ');
	dcf_buf_fixed(out, v[0], decimals);
	if (v[0] != v[1]) {
		dcf_buf_z(out, " to ");
		dcf_buf_fixed(out, v[1], decimals);
	}
	dcf_buf_z(out, unit);
	dcf_buf_z(out, given ? " (given)" : " (not given: widest)");
}

void dcf_put_assumed_qnh(const struct dcf_atmosphere *a, struct dcf_buf *out)
{
	int64_t v[2];

	outward(a->qnh_hpa, 100, v);
	put_range(out, "QNH", v, 2, " hPa", a->qnh_given);
}

void dcf_put_assumed_geoid(const struct dcf_atmosphere *a, struct dcf_buf *out)
{
	int64_t v[2];

	outward(a->geoid_m, 10, v);
	put_range(out, "geoid", v, 1, " m above the ellipsoid", a->geoid_given);
}

void dcf_put_assumed_terrain(const struct dcf_atmosphere *a, struct dcf_buf *out)
{
	int64_t v[2];

	outward_feet(a->terrain_e4, v);
	put_range(out, "ground", v, 1, " ft above sea level", a->terrain_given);
}

void dcf_put_notice(const struct dcf_plan *plan, const struct dcf_counts *counts, struct dcf_buf *out)
{
	dcf_buf_z(out, "No conflict found is not clearance. ");
	if (counts->operations == 0)
		dcf_buf_z(out, "No operation was checked. ");
	if (counts->refused) {
		dcf_buf_i64(out, (int64_t)counts->refused);
		dcf_buf_z(out, counts->refused == 1 ? " declaration was" : " declarations were");
		dcf_buf_z(out, " refused and not checked. Assumed: ");
	} else {
		dcf_buf_z(out, "Nothing was refused. Assumed: ");
	}
	dcf_put_assumed_qnh(&plan->atmosphere, out);
	dcf_buf_z(out, ", ");
	dcf_put_assumed_geoid(&plan->atmosphere, out);
	dcf_buf_z(out, ", ");
	dcf_put_assumed_terrain(&plan->atmosphere, out);
	dcf_buf_char(out, '.');
}

/* ---- the object ---- */

struct writer {
	struct dcf_json j;
	const struct dcf_plan *plan;
	const struct dcf_result *result;
};

static void member(struct writer *w, const char *name, struct dcf_span value)
{
	if (value.len == 0)
		return;
	dcf_json_key(&w->j, name);
	dcf_json_string(&w->j, value);
}

/* Of an exercise, and nothing of the real world. */
static void mark(struct writer *w)
{
	if (!w->plan->exercise)
		return;
	dcf_json_key(&w->j, "exercise");
	dcf_json_bool(&w->j, true);
}

static void time_member(struct writer *w, const char *name, int64_t time_us, enum dcf_time_precision precision)
{
	dcf_json_key(&w->j, name);
	dcf_json_raw(&w->j, DCF_SPAN("\""));
	dcf_time_put(w->j.out, time_us, precision);
	dcf_buf_char(w->j.out, '"');
}

static void window(struct writer *w, int64_t start_us, int64_t end_us)
{
	time_member(w, "start", start_us, DCF_TIME_MS_DOWN);
	time_member(w, "end", end_us, DCF_TIME_MS_UP);
}

static void side(struct writer *w, const char *name, uint32_t operation, uint32_t feature)
{
	const struct dcf_operation *op = &w->plan->operations[operation];

	dcf_json_key(&w->j, name);
	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "party");
	dcf_json_string(&w->j, w->plan->parties[op->party].id);
	dcf_json_key(&w->j, "operation");
	dcf_json_string(&w->j, op->id);
	dcf_json_key(&w->j, "feature");
	dcf_json_string(&w->j, w->plan->features[feature].id);
	dcf_json_end(&w->j, '}');
}

static void closest(struct writer *w, const struct dcf_conflict *c)
{
	dcf_json_key(&w->j, "closest");
	dcf_json_begin_inline(&w->j, '{');
	time_member(w, "time", c->closest_time_us, DCF_TIME_MS_DOWN);
	dcf_json_key(&w->j, "lon");
	dcf_json_fixed(&w->j, c->closest.lon_e7, 7);
	dcf_json_key(&w->j, "lat");
	dcf_json_fixed(&w->j, c->closest.lat_e7, 7);
	dcf_json_end(&w->j, '}');
}

static void intervals(struct writer *w, const struct dcf_conflict *c)
{
	if (c->interval_count < 2)
		return;
	dcf_json_key(&w->j, "intervals");
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < c->interval_count; i++) {
		const struct dcf_interval *v = &w->result->intervals[c->first_interval + i];

		dcf_json_begin_inline(&w->j, '{');
		window(w, v->start_us, v->end_us);
		dcf_json_key(&w->j, "class");
		dcf_json_z(&w->j, dcf_class_name(v->class));
		dcf_json_key(&w->j, "a_feature");
		dcf_json_string(&w->j, w->plan->features[v->a_feature].id);
		dcf_json_key(&w->j, "b_feature");
		dcf_json_string(&w->j, w->plan->features[v->b_feature].id);
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static void gaps(struct writer *w, const struct dcf_conflict *c)
{
	/* To the nearest millisecond: a length, not a bound. */
	dcf_json_key(&w->j, "dwell_s");
	dcf_json_fixed(&w->j, (c->dwell_us + 500) / 1000, 3);
	dcf_json_key(&w->j, "lateral_gap_m");
	dcf_json_fixed(&w->j, c->lateral_gap_dm, 1);
	dcf_json_key(&w->j, "vertical_gap_ft");
	dcf_json_begin_inline(&w->j, '[');
	dcf_json_fixed(&w->j, c->vertical_gap_dft[0], 1);
	dcf_json_fixed(&w->j, c->vertical_gap_dft[1], 1);
	dcf_json_end(&w->j, ']');
}

static void conflict(struct writer *w, const struct dcf_conflict *c)
{
	dcf_json_begin(&w->j, '{');
	side(w, "a", c->a, c->a_feature);
	side(w, "b", c->b, c->b_feature);
	dcf_json_key(&w->j, "class");
	dcf_json_z(&w->j, dcf_class_name(c->class));
	window(w, c->start_us, c->end_us);
	if (c->has_overlap) {
		time_member(w, "overlap_start", c->overlap_start_us, DCF_TIME_MS_DOWN);
		time_member(w, "overlap_end", c->overlap_end_us, DCF_TIME_MS_UP);
	}
	gaps(w, c);
	closest(w, c);
	if (c->touch) {
		dcf_json_key(&w->j, "touch");
		dcf_json_bool(&w->j, true);
	}
	member(w, "article", c->article);
	intervals(w, c);
	mark(w);
	dcf_json_end(&w->j, '}');
}

static void pairs(struct writer *w, enum dcf_list list)
{
	dcf_json_key(&w->j, dcf_list_name(list));
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < w->result->conflict_count; i++) {
		if (dcf_list_of(&w->result->conflicts[i]) == list)
			conflict(w, &w->result->conflicts[i]);
	}
	dcf_json_end(&w->j, ']');
}

/* Minutes to 0.001: notice given rounds down and notice needed up, so late never looks punctual. */
static void minutes(struct writer *w, const struct dcf_breach *b)
{
	if (!b->has_minutes)
		return;
	dcf_json_key(&w->j, "have_min");
	dcf_json_fixed(&w->j, floor_div(b->have_us, 60000), 3);
	dcf_json_key(&w->j, "need_min");
	dcf_json_fixed(&w->j, -floor_div(-b->need_us, 60000), 3);
}

static void breach(struct writer *w, const struct dcf_breach *b)
{
	const struct dcf_operation *op = &w->plan->operations[b->operation];

	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "party");
	dcf_json_string(&w->j, w->plan->parties[op->party].id);
	dcf_json_key(&w->j, "operation");
	dcf_json_string(&w->j, op->id);
	dcf_json_key(&w->j, "rule");
	dcf_json_z(&w->j, dcf_breach_name(b->rule));
	member(w, "article", b->article);
	member(w, "line", b->line);
	member(w, "area", b->area);
	minutes(w, b);
	if (b->start_us != DCF_TIME_NONE)
		time_member(w, "start", b->start_us, DCF_TIME_MS_DOWN);
	if (b->end_us != DCF_TIME_NONE)
		time_member(w, "end", b->end_us, DCF_TIME_MS_UP);
	if (!dcf_breach_counts(b->rule)) {
		dcf_json_key(&w->j, "advisory");
		dcf_json_bool(&w->j, true);
	}
	mark(w);
	dcf_json_end(&w->j, '}');
}

static void breaches(struct writer *w)
{
	dcf_json_key(&w->j, "breaches");
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < w->result->breach_count; i++)
		breach(w, &w->result->breaches[i]);
	dcf_json_end(&w->j, ']');
}

static void subject(struct writer *w, const struct dcf_remark *r)
{
	member(w, "party", r->party);
	member(w, "operation", r->operation);
	member(w, "where", r->where);
}

static void refused(struct writer *w, const struct dcf_result *result)
{
	struct dcf_refusal r;
	size_t at = 0;

	dcf_json_key(&w->j, "refused");
	dcf_json_begin(&w->j, '[');
	while (dcf_refusal_next(result, &at, &r)) {
		dcf_json_begin_inline(&w->j, '{');
		subject(w, &result->remarks[r.first]);
		dcf_json_key(&w->j, "reasons");
		dcf_json_begin_inline(&w->j, '[');
		for (size_t i = r.first; i < r.end; i++) {
			if (result->remarks[i].refused)
				dcf_json_string(&w->j, result->remarks[i].text);
		}
		dcf_json_end(&w->j, ']');
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static void warnings(struct writer *w)
{
	dcf_json_key(&w->j, "warnings");
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < w->result->remark_count; i++) {
		const struct dcf_remark *r = &w->result->remarks[i];

		if (r->refused)
			continue;
		dcf_json_begin_inline(&w->j, '{');
		subject(w, r);
		member(w, "field", r->field);
		member(w, "text", r->text);
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static void range(struct writer *w, const char *name, const int64_t v[2], int decimals)
{
	dcf_json_key(&w->j, name);
	dcf_json_begin_inline(&w->j, '[');
	dcf_json_fixed(&w->j, v[0], decimals);
	dcf_json_fixed(&w->j, v[1], decimals);
	dcf_json_end(&w->j, ']');
}

static void assumed(struct writer *w)
{
	const struct dcf_atmosphere *a = &w->plan->atmosphere;
	int64_t v[2];

	dcf_json_key(&w->j, "assumed");
	dcf_json_begin_inline(&w->j, '{');
	outward(a->qnh_hpa, 100, v);
	range(w, "qnh_hpa", v, 2);
	outward(a->geoid_m, 10, v);
	range(w, "geoid_height_m", v, 1);
	outward_feet(a->terrain_e4, v);
	range(w, "terrain_ft", v, 1);
	dcf_json_end(&w->j, '}');
}

static void summary(struct writer *w, const struct dcf_counts *n)
{
	const struct {
		const char *name;
		size_t count;
	} rows[] = {
		{ "operations", n->operations },
		{ "features", n->features },
		{ "conflicts", n->lists[DCF_LIST_CONFLICTS] },
		{ "brief", n->lists[DCF_LIST_BRIEF] },
		{ "advisories", n->lists[DCF_LIST_ADVISORIES] },
		{ "internal", n->lists[DCF_LIST_INTERNAL] },
		{ "breaches", n->breaches },
		{ "asked", n->asked },
		{ "refused", n->refused },
		{ "warnings", n->warnings },
	};

	dcf_json_key(&w->j, "summary");
	dcf_json_begin_inline(&w->j, '{');
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		dcf_json_key(&w->j, rows[i].name);
		dcf_json_i64(&w->j, (int64_t)rows[i].count);
	}
	dcf_json_end(&w->j, '}');
}

static void notice(struct writer *w, const struct dcf_counts *n)
{
	struct dcf_buf text = { .from = w->j.out->from };

	dcf_put_notice(w->plan, n, &text);
	dcf_json_key(&w->j, "notice");
	dcf_json_string(&w->j, dcf_buf_as_span(&text));
	w->j.out->failed |= text.failed;
	dcf_buf_free(&text);
}

/* ---- since ---- */

/* A writer on the same output that takes names from the other plan: levels and commas stay in step. */
static void old_conflict(struct writer *w, const struct dcf_since *since, const struct dcf_conflict *c)
{
	const struct dcf_plan *plan = w->plan;
	const struct dcf_result *result = w->result;

	w->plan = since->old_plan;
	w->result = since->old_result;
	conflict(w, c);
	w->plan = plan;
	w->result = result;
}

static void change(struct writer *w, const struct dcf_since *since, const struct dcf_since_change *c)
{
	switch (c->kind) {
	case DCF_SINCE_NEW:
		conflict(w, c->after);
		break;
	case DCF_SINCE_GONE:
		old_conflict(w, since, c->before);
		break;
	default:
		dcf_json_begin(&w->j, '{');
		dcf_json_key(&w->j, "before");
		old_conflict(w, since, c->before);
		dcf_json_key(&w->j, "after");
		conflict(w, c->after);
		dcf_json_end(&w->j, '}');
	}
}

static void since_member(struct writer *w, const struct dcf_since *since)
{
	static const char *const name[] = {
		[DCF_SINCE_NEW] = "new",
		[DCF_SINCE_GONE] = "gone",
		[DCF_SINCE_CHANGED] = "changed",
	};

	if (!since)
		return;
	dcf_json_key(&w->j, "since");
	dcf_json_begin(&w->j, '{');
	for (int kind = 0; kind < DCF_SINCE_COUNT; kind++) {
		dcf_json_key(&w->j, name[kind]);
		dcf_json_begin(&w->j, '[');
		for (size_t i = 0; i < since->count; i++) {
			if (since->changes[i].kind == kind)
				change(w, since, &since->changes[i]);
		}
		dcf_json_end(&w->j, ']');
	}
	refused(w, since->old_result);
	dcf_json_end(&w->j, '}');
}

void dcf_result_json(const struct dcf_plan *plan, const struct dcf_result *result, const struct dcf_since *since,
		     const char *version, struct dcf_buf *out)
{
	struct writer w = { .j = { .out = out, .indent = 1 }, .plan = plan, .result = result };
	struct dcf_counts n = dcf_result_count(plan, result);

	dcf_json_begin(&w.j, '{');
	dcf_json_key(&w.j, "deconflict");
	dcf_json_i64(&w.j, 1);
	dcf_json_key(&w.j, "version");
	dcf_json_z(&w.j, version);
	mark(&w);
	for (int list = 0; list < DCF_LIST_COUNT; list++)
		pairs(&w, (enum dcf_list)list);
	breaches(&w);
	refused(&w, result);
	warnings(&w);
	assumed(&w);
	summary(&w, &n);
	since_member(&w, since);
	notice(&w, &n);
	dcf_json_end(&w.j, '}');
	dcf_buf_char(out, '\n');
}
