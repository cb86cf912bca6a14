/* SPDX-License-Identifier: Apache-2.0 */
/* The atmosphere and the agreement of an operations file. */
#include "format/geojson_parts.h"
#include "format/put_number.h"

static void put_number_or_pair(struct dcf_json *j, const char *key, double low, double high)
{
	dcf_json_key(j, key);
	if (low == high) {
		dcf_json_raw(j, DCF_SPAN(""));
		dcf_put_double(j->out, low);
		return;
	}
	dcf_json_raw(j, DCF_SPAN("["));
	dcf_put_double(j->out, low);
	dcf_buf_z(j->out, ", ");
	dcf_put_double(j->out, high);
	dcf_buf_char(j->out, ']');
}

static void put_terrain(struct dcf_json *j, const int64_t e4[2])
{
	dcf_json_key(j, "terrain_ft");
	dcf_json_raw(j, DCF_SPAN(""));
	if (e4[0] != e4[1])
		dcf_buf_char(j->out, '[');
	dcf_put_ratio(j->out, e4[0], DCF_FT_E4, DCF_LEAN_ABOVE);
	if (e4[0] != e4[1]) {
		dcf_buf_z(j->out, ", ");
		dcf_put_ratio(j->out, e4[1], DCF_FT_E4, DCF_LEAN_BELOW);
		dcf_buf_char(j->out, ']');
	}
}

void dcf_json_atmosphere(struct dcf_json *j, const struct dcf_plan *plan)
{
	const struct dcf_atmosphere *a = &plan->atmosphere;

	if (!a->qnh_given && !a->geoid_given && !a->terrain_given && a->transition_altitude_e4 < 0 && a->transition_level < 0 &&
	    !plan->atmosphere_others.len)
		return;
	dcf_json_key(j, "atmosphere");
	dcf_json_begin_inline(j, '{');
	if (a->qnh_given)
		put_number_or_pair(j, "qnh_hpa", a->qnh_hpa[0], a->qnh_hpa[1]);
	if (a->transition_altitude_e4 >= 0) {
		dcf_json_key(j, "transition_altitude_ft");
		dcf_json_raw(j, DCF_SPAN(""));
		dcf_put_ratio(j->out, a->transition_altitude_e4, DCF_FT_E4, DCF_LEAN_NEAREST);
	}
	if (a->transition_level >= 0) {
		dcf_json_key(j, "transition_level");
		dcf_json_i64(j, a->transition_level);
	}
	if (a->geoid_given)
		put_number_or_pair(j, "geoid_height_m", a->geoid_m[0], a->geoid_m[1]);
	if (a->terrain_given)
		put_terrain(j, a->terrain_e4);
	dcf_json_others(j, plan->atmosphere_others);
	dcf_json_end(j, '}');
}

static void put_string_member(struct dcf_json *j, const char *key, struct dcf_span s)
{
	if (!s.len)
		return;
	dcf_json_key(j, key);
	dcf_json_string(j, s);
}

static void put_party_list(struct dcf_json *j, const struct dcf_plan *plan, const uint32_t *parties, uint32_t count)
{
	if (!count)
		return;
	dcf_json_key(j, "parties");
	dcf_json_begin_inline(j, '[');
	for (uint32_t i = 0; i < count; i++)
		if (parties[i] != DCF_NONE)
			dcf_json_string(j, plan->parties[parties[i]].id);
	dcf_json_end(j, ']');
}

static void put_ratio_member(struct dcf_json *j, const char *key, int64_t num, int64_t den)
{
	dcf_json_key(j, key);
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_ratio(j->out, num, den, DCF_LEAN_NEAREST);
}

static void put_separation(struct dcf_json *j, const struct dcf_plan *plan)
{
	const struct dcf_agreement *a = &plan->agreement;

	if (!a->separation_count)
		return;
	dcf_json_key(j, "separation");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < a->separation_count; i++) {
		const struct dcf_separation_rule *r = &a->separation[i];

		dcf_json_begin_inline(j, '{');
		put_party_list(j, plan, r->parties, r->party_count);
		dcf_json_length(j, "lateral", r->lateral_m, true);
		dcf_json_height(j, "vertical", r->vertical_e4);
		if (r->max_dwell_us != DCF_NO_LIMIT)
			put_ratio_member(j, "max_dwell_s", r->max_dwell_us, 1000000);
		put_string_member(j, "article", r->article);
		dcf_json_others(j, r->others);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static const int64_t minute_us = 60000000;

static bool is_rest(struct dcf_span acm)
{
	return acm.len == 0 || dcf_span_eq(acm, DCF_SPAN("*"));
}

static void put_minutes(struct dcf_json *j, int64_t us)
{
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_ratio(j->out, us, minute_us, DCF_LEAN_NEAREST);
}

static bool same_acm(const struct dcf_notice_rule *a, const struct dcf_notice_rule *b)
{
	return (is_rest(a->acm) && is_rest(b->acm)) || dcf_span_eq(a->acm, b->acm);
}

/* The article of all rules, "" when they differ: one object has room for one. */
static struct dcf_span common_article(const struct dcf_agreement *a)
{
	for (size_t i = 1; i < a->notice_count; i++)
		if (!dcf_span_eq(a->notice[i].article, a->notice[0].article))
			return DCF_SPAN("");
	return a->notice[0].article;
}

/* Of several files' rules for the same kind the one that asks for most: an object has each name once. */
static void put_notice_of(struct dcf_json *j, const struct dcf_agreement *a, size_t i)
{
	int64_t need = a->notice[i].need_us;

	for (size_t k = 0; k < a->notice_count; k++) {
		if (!same_acm(&a->notice[k], &a->notice[i]))
			continue;
		if (k < i)
			return;
		need = a->notice[k].need_us > need ? a->notice[k].need_us : need;
	}
	dcf_json_key_span(j, is_rest(a->notice[i].acm) ? DCF_SPAN("*") : a->notice[i].acm);
	put_minutes(j, need);
}

static void put_notice(struct dcf_json *j, const struct dcf_agreement *a)
{
	struct dcf_span article;

	if (!a->notice_count)
		return;
	article = common_article(a);
	dcf_json_key(j, "notice_min");
	if (a->notice_count == 1 && is_rest(a->notice[0].acm) && !article.len) {
		put_minutes(j, a->notice[0].need_us);
		return;
	}
	dcf_json_begin_inline(j, '{');
	put_string_member(j, "article", article);
	for (size_t i = 0; i < a->notice_count; i++)
		put_notice_of(j, a, i);
	dcf_json_end(j, '}');
}

static void put_side(struct dcf_json *j, const struct dcf_plan *plan, const char *key, uint32_t party)
{
	if (party != DCF_NONE)
		put_string_member(j, key, plan->parties[party].id);
}

static void put_lines(struct dcf_json *j, const struct dcf_plan *plan)
{
	const struct dcf_agreement *a = &plan->agreement;

	if (!a->line_count)
		return;
	dcf_json_key(j, "lines");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < a->line_count; i++) {
		const struct dcf_line_rule *r = &a->lines[i];

		/* A line between parties that are none of the plan's binds nobody, and would not be read. */
		if (r->left == DCF_NONE && r->right == DCF_NONE)
			continue;
		dcf_json_begin_inline(j, '{');
		put_string_member(j, "id", r->id);
		dcf_json_key(j, "coordinates");
		dcf_json_raw(j, DCF_SPAN(""));
		dcf_put_positions(j->out, r->points, r->point_count, false);
		put_side(j, plan, "left", r->left);
		put_side(j, plan, "right", r->right);
		dcf_json_length(j, "buffer", r->buffer_m, true);
		if (r->crossing_notice_us >= 0)
			put_ratio_member(j, "crossing_notice_min", r->crossing_notice_us, minute_us);
		put_string_member(j, "article", r->article);
		dcf_json_others(j, r->others);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_areas(struct dcf_json *j, const struct dcf_plan *plan)
{
	static const char *const rules[] = {
		[DCF_AREA_NO_ENTRY] = "no_entry",
		[DCF_AREA_ASK_FIRST] = "ask_first",
		[DCF_AREA_CONTACT] = "contact",
	};
	const struct dcf_agreement *a = &plan->agreement;

	if (!a->area_count)
		return;
	dcf_json_key(j, "areas");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < a->area_count; i++) {
		const struct dcf_area_rule *r = &a->areas[i];

		dcf_json_begin_inline(j, '{');
		dcf_json_key(j, "type");
		dcf_json_z(j, "Feature");
		put_string_member(j, "id", r->id);
		dcf_json_key(j, "geometry");
		dcf_json_geometry(j, r->volume);
		dcf_json_key(j, "properties");
		dcf_json_begin_inline(j, '{');
		dcf_json_key(j, "rule");
		dcf_json_z(j, rules[r->kind]);
		put_party_list(j, plan, r->parties, r->party_count);
		dcf_json_extent(j, r->volume, true, true);
		put_string_member(j, "article", r->article);
		dcf_json_others(j, r->volume->properties_json);
		dcf_json_end(j, '}');
		dcf_json_others(j, r->volume->others);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_costs(struct dcf_json *j, const struct dcf_costs *c)
{
	const struct {
		const char *name;
		double cost;
	} rows[] = { { "delay_s", c->delay_s }, { "altitude_ft", c->altitude_ft }, { "extra_m", c->extra_m } };

	if (!c->given)
		return;
	dcf_json_key(j, "costs");
	dcf_json_begin_inline(j, '{');
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		dcf_json_key(j, rows[i].name);
		dcf_json_raw(j, DCF_SPAN(""));
		dcf_put_double(j->out, rows[i].cost);
	}
	dcf_json_end(j, '}');
}

void dcf_json_agreement(struct dcf_json *j, const struct dcf_plan *plan)
{
	const struct dcf_agreement *a = &plan->agreement;

	if (!a->id.len && !a->status.len && !a->separation_count && !a->notice_count && !a->line_count && !a->area_count &&
	    !a->costs.given && !a->others.len)
		return;
	dcf_json_key(j, "agreement");
	dcf_json_begin(j, '{');
	put_string_member(j, "id", a->id);
	put_string_member(j, "status", a->status);
	put_separation(j, plan);
	put_notice(j, a);
	put_lines(j, plan);
	put_areas(j, plan);
	put_costs(j, &a->costs);
	dcf_json_others(j, a->others);
	dcf_json_end(j, '}');
}
