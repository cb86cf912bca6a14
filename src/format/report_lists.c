/* SPDX-License-Identifier: Apache-2.0 */
/* Breaches, refusals, warnings, and what was assumed: lists in words. */
#include "format/markup.h"
#include "format/put_number.h"
#include "format/report_int.h"

static void put_operation(struct dcf_report *r, uint32_t operation)
{
	const struct dcf_operation *o = &r->plan->operations[operation];

	dcf_buf_z(r->out, "<b>");
	dcf_put_markup_short(r->out, r->plan->parties[o->party].id, 40);
	dcf_buf_z(r->out, "</b> ");
	dcf_put_markup_short(r->out, o->id, 120);
}

static void put_more(struct dcf_report *r, size_t left)
{
	if (!left)
		return;
	dcf_buf_z(r->out, "<li class=left>and ");
	dcf_report_count(r->out, left);
	dcf_buf_z(r->out, " more, left out of this page; the JSON answer lists all</li>\n");
}

/* ---- breaches ---- */

static const char *const breach_words[] = {
	[DCF_BREACH_NOTICE] = "less notice than the agreement asks",
	[DCF_BREACH_CROSSING_NOTICE] = "crosses the line with less notice than the agreement asks",
	[DCF_BREACH_NO_ENTRY] = "enters an area it must not enter",
	[DCF_BREACH_ASK_FIRST] = "enters an area where it has to ask first",
	[DCF_BREACH_CONTACT] = "enters an area where it has to report before entering",
};

/* Notice given rounds down, as everywhere: late must not look punctual. */
static void put_minutes(struct dcf_buf *out, int64_t us)
{
	int64_t tenths = us / 6000000 - (us % 6000000 < 0);

	dcf_buf_fixed(out, tenths, 1);
	dcf_buf_z(out, " min");
}

static void put_breach(struct dcf_report *r, const struct dcf_breach *b)
{
	struct dcf_buf *out = r->out;

	dcf_buf_z(out, "<li>");
	put_operation(r, b->operation);
	dcf_buf_z(out, ": ");
	dcf_buf_z(out, breach_words[b->rule]);
	if (b->line.len || b->area.len) {
		dcf_buf_z(out, ", ");
		dcf_put_markup_short(out, b->line.len ? b->line : b->area, 80);
	}
	if (b->has_minutes) {
		dcf_buf_z(out, " (");
		put_minutes(out, b->have_us);
		dcf_buf_z(out, " of ");
		put_minutes(out, b->need_us);
		dcf_buf_char(out, ')');
	}
	if (b->start_us != DCF_TIME_NONE) {
		dcf_buf_z(out, ", ");
		dcf_report_time(out, b->start_us, DCF_TIME_NONE);
		if (b->end_us != DCF_TIME_NONE) {
			dcf_buf_z(out, " to ");
			dcf_report_end(out, b->end_us, b->start_us);
		}
	}
	if (b->article.len) {
		dcf_buf_z(out, " <small>article ");
		dcf_put_markup_short(out, b->article, 80);
		dcf_buf_z(out, "</small>");
	}
	dcf_buf_z(out, "</li>\n");
}

static void put_breaches(struct dcf_report *r, bool counted, size_t count, const char *heading)
{
	size_t limit = r->out->len + DCF_REPORT_LIST, put = 0;

	if (!count)
		return;
	dcf_buf_z(r->out, heading);
	for (size_t i = 0; i < r->result->breach_count && r->out->len < limit; i++)
		if (dcf_breach_counts(r->result->breaches[i].rule) == counted) {
			put_breach(r, &r->result->breaches[i]);
			put++;
		}
	put_more(r, count - put);
	dcf_buf_z(r->out, "</ul></section>\n");
}

/* ---- refusals and warnings ---- */

static void put_subject(struct dcf_report *r, const struct dcf_remark *m)
{
	struct dcf_buf *out = r->out;

	if (m->party.len) {
		dcf_buf_z(out, "<b>");
		dcf_put_markup_short(out, m->party, 40);
		dcf_buf_z(out, "</b> ");
	}
	dcf_put_markup_short(out, m->operation, 120);
	if (m->where.len) {
		dcf_buf_z(out, m->party.len || m->operation.len ? " <small>" : "<small>");
		dcf_put_markup_short(out, m->where, 160);
		dcf_buf_z(out, "</small>");
	}
	if (m->party.len || m->operation.len || m->where.len)
		dcf_buf_z(out, ": ");
}

static void put_words(struct dcf_report *r, const struct dcf_remark *m)
{
	if (m->field.len) {
		dcf_buf_z(r->out, "<code>");
		dcf_put_markup_short(r->out, m->field, 60);
		dcf_buf_z(r->out, "</code> ");
	}
	dcf_put_markup_short(r->out, m->text, 400);
}

static bool same_remark_subject(const struct dcf_remark *a, const struct dcf_remark *b)
{
	return dcf_span_eq(a->where, b->where) && dcf_span_eq(a->operation, b->operation) && dcf_span_eq(a->party, b->party);
}

/* Equal subjects in a row make one entry: a refusal with several reasons, a feature with several doubts. */
static void put_remarks(struct dcf_report *r, const struct dcf_remark *m, size_t count, bool refused, const char *heading)
{
	size_t limit = r->out->len + DCF_REPORT_LIST, left = 0;
	const struct dcf_remark *last = NULL;

	for (size_t i = 0; i < count; i++) {
		bool same = last && same_remark_subject(last, &m[i]);

		if (m[i].refused != refused)
			continue;
		if (!last)
			dcf_buf_z(r->out, heading);
		if (last && !same && (left || r->out->len > limit)) {
			left++;
		} else if (!left) {
			dcf_buf_z(r->out, !last ? "<li>" : same ? "; " : "</li>\n<li>");
			if (!same)
				put_subject(r, &m[i]);
			put_words(r, &m[i]);
		}
		last = &m[i];
	}
	if (!last)
		return;
	dcf_buf_z(r->out, "</li>\n");
	put_more(r, left);
	dcf_buf_z(r->out, "</ul></section>\n");
}

/* ---- assumed ---- */

static void put_assumed(struct dcf_report *r)
{
	const struct dcf_agreement *a = &r->plan->agreement;

	dcf_buf_z(r->out, "<section id=assumed><h2>What was assumed</h2><ul>\n<li>");
	dcf_put_assumed_qnh(&r->plan->atmosphere, r->out);
	dcf_buf_z(r->out, "</li>\n<li>");
	dcf_put_assumed_geoid(&r->plan->atmosphere, r->out);
	dcf_buf_z(r->out, "</li>\n<li>");
	dcf_put_assumed_terrain(&r->plan->atmosphere, r->out);
	dcf_buf_z(r->out, "</li>\n");
	if (a->id.len || a->status.len) {
		dcf_buf_z(r->out, "<li>Agreement ");
		dcf_put_markup_short(r->out, a->id, 80);
		if (a->status.len) {
			dcf_buf_z(r->out, ", status: ");
			dcf_put_markup_short(r->out, a->status, 120);
		}
		dcf_buf_z(r->out, ". A status switches nothing off.</li>\n");
	}
	for (size_t i = 0; i < a->separation_count && i < 20; i++) {
		const struct dcf_separation_rule *rule = &a->separation[i];

		dcf_buf_z(r->out, "<li>Minima ");
		dcf_show_length(r->out, rule->lateral_m, true);
		dcf_buf_z(r->out, " (");
		dcf_show_length(r->out, rule->lateral_m, false);
		dcf_buf_z(r->out, ") and ");
		dcf_put_ratio(r->out, rule->vertical_e4, DCF_FT_E4, DCF_LEAN_NEAREST);
		dcf_buf_z(r->out, " ft (");
		dcf_buf_fixed(r->out, rule->vertical_e4 / DCF_M_E4, 0);
		dcf_buf_z(r->out, " m)");
		for (uint32_t k = 0; k < rule->party_count && k < 12; k++) {
			dcf_buf_z(r->out, k ? ", " : " between ");
			if (rule->parties[k] != DCF_NONE)
				dcf_put_markup_short(r->out, r->plan->parties[rule->parties[k]].id, 40);
		}
		if (rule->max_dwell_us != DCF_NO_LIMIT) {
			dcf_buf_z(r->out, "; shorter than ");
			dcf_report_duration(r->out, rule->max_dwell_us);
			dcf_buf_z(r->out, " counts as brief");
		}
		dcf_buf_z(r->out, "</li>\n");
	}
	dcf_buf_z(r->out, "</ul></section>\n");
}

void dcf_report_lists(struct dcf_report *r)
{
	const struct dcf_remark *m = r->result ? r->result->remarks : r->plan->remarks;
	size_t count = r->result ? r->result->remark_count : r->plan->remark_count;

	if (r->result) {
		put_breaches(r, true, r->counts.breaches, "<section id=breaches><h2>Breaches of the agreement</h2><ul>\n");
		put_breaches(r, false, r->counts.asked, "<section id=asked><h2>Asked by the agreement</h2><ul>\n");
	}
	put_remarks(r, m, count, true, "<section id=refused><h2>Refused, and so not checked</h2><ul>\n");
	put_remarks(r, m, count, false, "<section id=warnings><h2>Warnings</h2><ul>\n");
	put_assumed(r);
}
