/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"
#include "cli/cli.h"
#include "cli/page.h"
#include "cli/quantity.h"
#include "base/utf8.h"
#include "format/result_json.h"

#include <stdlib.h>

enum { WINDOWS_SHOWN = 8 };

/* ---- one pair ---- */

/* "CO/US-B1-01" or, of several features, "CO/US-B1-01 leg-2". */
static void put_side(struct dcf_buf *out, const struct dcf_plan *plan, uint32_t operation, uint32_t feature)
{
	dcf_put_operation(out, plan, operation);
	if (!dcf_span_eq(plan->operations[operation].id, plan->features[feature].id)) {
		dcf_buf_char(out, ' ');
		dcf_put_shown(out, plan->features[feature].id);
	}
}

static size_t side_width(struct dcf_page *p, uint32_t operation, uint32_t feature)
{
	struct dcf_buf name = { .from = p->out->from };
	size_t width;

	put_side(&name, p->plan, operation, feature);
	width = dcf_utf8_count(dcf_buf_as_span(&name));
	p->out->failed |= name.failed;
	dcf_buf_free(&name);
	return width;
}

static void side_line(struct dcf_page *p, const struct dcf_conflict *c, uint32_t operation, uint32_t feature, size_t column)
{
	size_t width = side_width(p, operation, feature);

	dcf_buf_z(&p->line, "    ");
	put_side(&p->line, p->plan, operation, feature);
	dcf_buf_fill(&p->line, ' ', column > width ? column - width : 0);
	dcf_buf_z(&p->line, "  ");
	dcf_put_band(&p->line, &p->plan->features[feature], c->start_us, c->end_us);
	dcf_page_end_line(p, 6);
}

static void sides(struct dcf_page *p, const struct dcf_conflict *c)
{
	size_t a = side_width(p, c->a, c->a_feature), b = side_width(p, c->b, c->b_feature);
	size_t column = a > b ? a : b;

	/* Very long names are not worth a column. */
	if (column > 50)
		column = a < b ? a : b;
	side_line(p, c, c->a, c->a_feature, column);
	side_line(p, c, c->b, c->b_feature, column);
}

static void gap_line(struct dcf_page *p, const struct dcf_conflict *c)
{
	const struct dcf_plan *plan = p->plan;
	bool metric =
		!plan->parties[plan->operations[c->a].party].in_feet && !plan->parties[plan->operations[c->b].party].in_feet;

	dcf_buf_z(&p->line, "    gap     lateral ");
	dcf_put_lateral_gap(&p->line, c->lateral_gap_dm, metric);
	dcf_buf_z(&p->line, ", vertical ");
	dcf_put_vertical_gap(&p->line, c->vertical_gap_dft, metric);
	/* each is the least of the whole time: nothing of both at once is no overlap */
	if (!c->has_overlap && c->lateral_gap_dm <= 0 && c->vertical_gap_dft[0] <= 0)
		dcf_buf_z(&p->line, " (at another time)");
	dcf_buf_z(&p->line, c->touch ? ", they only touch; " : "; ");
	dcf_put_minima(&p->line, c->minimum_lateral_m, c->minimum_vertical_e4);
	if (c->article.len) {
		dcf_buf_z(&p->line, " (article ");
		dcf_put_shown(&p->line, c->article);
		dcf_buf_char(&p->line, ')');
	}
	dcf_page_end_line(p, 12);
}

static void overlap_line(struct dcf_page *p, const struct dcf_conflict *c)
{
	if (!c->has_overlap || (c->overlap_start_us == c->start_us && c->overlap_end_us == c->end_us))
		return;
	dcf_buf_z(&p->line, "    overlap ");
	dcf_put_window(&p->line, c->overlap_start_us, c->overlap_end_us);
	dcf_page_end_line(p, 12);
}

static void windows(struct dcf_page *p, const struct dcf_conflict *c)
{
	size_t shown = c->interval_count > WINDOWS_SHOWN ? WINDOWS_SHOWN : c->interval_count;

	if (c->interval_count < 2)
		return;
	for (size_t i = 0; i < shown; i++) {
		const struct dcf_interval *v = &p->result->intervals[c->first_interval + i];

		dcf_buf_z(&p->line, i ? "            " : "    times   ");
		dcf_put_window(&p->line, v->start_us, v->end_us);
		dcf_buf_char(&p->line, ' ');
		dcf_buf_z(&p->line, dcf_class_name(v->class));
		dcf_buf_z(&p->line, "  ");
		dcf_put_shown(&p->line, p->plan->features[v->a_feature].id);
		dcf_buf_z(&p->line, " - ");
		dcf_put_shown(&p->line, p->plan->features[v->b_feature].id);
		dcf_page_end_line(p, 14);
	}
	if (shown < c->interval_count) {
		dcf_buf_z(&p->line, "            and ");
		dcf_buf_i64(&p->line, (int64_t)(c->interval_count - shown));
		dcf_buf_z(&p->line, " more; --format json lists all");
		dcf_page_end_line(p, 14);
	}
}

static void pair_block(struct dcf_page *p, size_t number, const struct dcf_conflict *c)
{
	dcf_buf_char(p->out, '\n');
	dcf_page_pair_line(p, number, c);
	sides(p, c);
	gap_line(p, c);
	overlap_line(p, c);
	dcf_buf_z(&p->line, "    where   ");
	dcf_put_position(&p->line, p->plan, c->closest);
	dcf_page_end_line(p, 12);
	windows(p, c);
}

static void pairs(struct dcf_page *p, enum dcf_list list, const char *name, size_t count, const char *escape, const char *note)
{
	size_t number = 0;

	if (count == 0)
		return;
	dcf_page_heading(p, name, count, escape);
	if (note) {
		dcf_buf_z(&p->line, note);
		dcf_page_end_line(p, 0);
	}
	for (size_t i = 0; i < p->result->conflict_count; i++) {
		if (dcf_list_of(&p->result->conflicts[i]) == list)
			pair_block(p, ++number, &p->result->conflicts[i]);
	}
}

/* ---- breaches ---- */

static void put_minutes(struct dcf_buf *out, int64_t us, bool up)
{
	int64_t tenth = 6000000, v = us / tenth - (us % tenth < 0);

	dcf_buf_fixed(out, v + (up && us % tenth > 0), 1);
	dcf_buf_z(out, " min");
}

static void put_notice_given(struct dcf_buf *out, const struct dcf_breach *b)
{
	if (!b->has_minutes)
		return;
	dcf_buf_z(out, ", ");
	put_minutes(out, b->have_us, false);
	dcf_buf_z(out, " given, ");
	put_minutes(out, b->need_us, true);
	dcf_buf_z(out, " needed");
}

static void breach_line(struct dcf_page *p, const struct dcf_breach *b)
{
	static const char *const said[] = {
		[DCF_BREACH_NOTICE] = "too little notice",
		[DCF_BREACH_CROSSING_NOTICE] = "crosses with too little notice",
		[DCF_BREACH_NO_ENTRY] = "enters where none may",
		[DCF_BREACH_ASK_FIRST] = "must ask first",
		[DCF_BREACH_CONTACT] = "must report before entering",
	};
	struct dcf_span of = b->line.len ? b->line : b->area;

	dcf_buf_z(&p->line, "  ");
	dcf_put_operation(&p->line, p->plan, b->operation);
	dcf_buf_z(&p->line, "  ");
	dcf_buf_z(&p->line, said[b->rule]);
	put_notice_given(&p->line, b);
	if (of.len) {
		dcf_buf_z(&p->line, b->line.len ? ", line " : ", area ");
		dcf_put_shown(&p->line, of);
	}
	if (b->start_us != DCF_TIME_NONE) {
		dcf_buf_z(&p->line, ", ");
		dcf_put_window(&p->line, b->start_us, b->end_us == DCF_TIME_NONE ? b->start_us : b->end_us);
	}
	dcf_buf_z(&p->line, " (");
	dcf_buf_z(&p->line, dcf_breach_name(b->rule));
	if (b->article.len) {
		dcf_buf_z(&p->line, ", article ");
		dcf_put_shown(&p->line, b->article);
	}
	dcf_buf_char(&p->line, ')');
	dcf_page_end_line(p, 6);
}

static void breaches(struct dcf_page *p, bool counting, const char *name, size_t count, const char *escape)
{
	if (count == 0)
		return;
	dcf_page_heading(p, name, count, escape);
	for (size_t i = 0; i < p->result->breach_count; i++) {
		if (dcf_breach_counts(p->result->breaches[i].rule) == counting)
			breach_line(p, &p->result->breaches[i]);
	}
}

/* ---- refusals and warnings ---- */

static void put_subject(struct dcf_buf *out, const struct dcf_remark *r)
{
	dcf_put_shown(out, r->party);
	if (r->party.len && r->operation.len)
		dcf_buf_char(out, '/');
	dcf_put_shown(out, r->operation);
	if (r->party.len || r->operation.len)
		dcf_buf_z(out, "  ");
	dcf_put_shown(out, r->where);
}

static void refusals(struct dcf_page *p, const struct dcf_result *result, const char *name, size_t count)
{
	struct dcf_refusal r;
	size_t at = 0;

	if (count == 0)
		return;
	dcf_page_heading(p, name, count, DCF_PAGE_BAD);
	while (dcf_refusal_next(result, &at, &r)) {
		const char *between = ": ";

		dcf_buf_z(&p->line, "  ");
		put_subject(&p->line, &result->remarks[r.first]);
		for (size_t i = r.first; i < r.end; i++) {
			if (!result->remarks[i].refused)
				continue;
			dcf_buf_z(&p->line, between);
			dcf_put_shown(&p->line, result->remarks[i].text);
			between = "; ";
		}
		dcf_page_end_line(p, 6);
	}
}

static int compare_warnings(const void *xp, const void *yp)
{
	const struct dcf_remark *const *x = xp, *const *y = yp;
	int c = dcf_span_cmp((*x)->text, (*y)->text);

	if (c == 0)
		c = dcf_span_cmp((*x)->field, (*y)->field);
	/* Remarks of a result are sorted: the pointer is the rank. */
	return c ? c : *x < *y ? -1 : *x > *y;
}

static void warning_line(struct dcf_page *p, const struct dcf_remark *first, size_t times)
{
	dcf_buf_z(&p->line, "  ");
	if (times > 1) {
		dcf_buf_i64(&p->line, (int64_t)times);
		dcf_buf_z(&p->line, " times, first ");
	}
	put_subject(&p->line, first);
	dcf_buf_z(&p->line, ": ");
	if (first->field.len) {
		dcf_put_shown(&p->line, first->field);
		dcf_buf_z(&p->line, ": ");
	}
	dcf_put_shown(&p->line, first->text);
	dcf_page_end_line(p, 6);
}

/* Equal ones once, with their number. */
static void warnings(struct dcf_page *p, size_t count)
{
	const struct dcf_remark **sorted;
	size_t n = 0;

	if (count == 0)
		return;
	dcf_page_heading(p, "WARNINGS", count, DCF_PAGE_ATTENTION);
	sorted = dcf_alloc_new(p->out->from, count * sizeof *sorted);
	if (!sorted) {
		p->out->failed = true;
		return;
	}
	for (size_t i = 0; i < p->result->remark_count; i++) {
		if (!p->result->remarks[i].refused)
			sorted[n++] = &p->result->remarks[i];
	}
	qsort(sorted, n, sizeof *sorted, compare_warnings);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1;
		     k < n && dcf_span_eq(sorted[i]->text, sorted[k]->text) && dcf_span_eq(sorted[i]->field, sorted[k]->field);
		     k++)
			;
		warning_line(p, sorted[i], k - i);
	}
	dcf_alloc_free(p->out->from, sorted, count * sizeof *sorted);
}

/* ---- since ---- */

static void put_answer(struct dcf_buf *out, const struct dcf_conflict *c)
{
	dcf_buf_z(out, dcf_class_name(c->class));
	dcf_buf_char(out, ' ');
	dcf_put_window(out, c->start_us, c->end_us);
	dcf_buf_z(out, ", lateral ");
	dcf_put_lateral_gap(out, c->lateral_gap_dm, false);
	dcf_buf_z(out, ", vertical ");
	dcf_put_vertical_gap(out, c->vertical_gap_dft, false);
}

static void change_line(struct dcf_page *p, const struct dcf_since *since, const struct dcf_since_change *c)
{
	static const char *const said[] = { "  new      ", "  gone     ", "  changed  " };
	const struct dcf_conflict *named = c->after ? c->after : c->before;
	const struct dcf_plan *plan = c->after ? p->plan : since->old_plan;

	dcf_buf_z(&p->line, said[c->kind]);
	dcf_put_operation(&p->line, plan, named->a);
	dcf_buf_z(&p->line, " against ");
	dcf_put_operation(&p->line, plan, named->b);
	dcf_buf_z(&p->line, ": ");
	put_answer(&p->line, named);
	if (c->kind == DCF_SINCE_CHANGED) {
		dcf_buf_z(&p->line, "; before: ");
		put_answer(&p->line, c->before);
	}
	dcf_page_end_line(p, 11);
}

static void since_section(struct dcf_page *p, const struct dcf_since *since)
{
	if (!since)
		return;
	dcf_buf_z(p->out, "\n");
	dcf_page_paint(p, DCF_PAGE_PLAIN);
	dcf_buf_z(p->out, "SINCE ");
	dcf_put_shown(p->out, since->name);
	dcf_page_paint(p, "\033[0m");
	dcf_buf_z(p->out, ": ");
	dcf_buf_i64(p->out, (int64_t)since->counts[DCF_SINCE_NEW]);
	dcf_buf_z(p->out, " new, ");
	dcf_buf_i64(p->out, (int64_t)since->counts[DCF_SINCE_GONE]);
	dcf_buf_z(p->out, " gone, ");
	dcf_buf_i64(p->out, (int64_t)since->counts[DCF_SINCE_CHANGED]);
	dcf_buf_z(p->out, " changed\n");
	for (size_t i = 0; i < since->count; i++)
		change_line(p, since, &since->changes[i]);
}

/* ---- the whole ---- */

/* The first lines answer: how many, of how much, and what was left out. */
static void top(struct dcf_page *p, const struct dcf_counts *n, uint32_t only_operation)
{
	const struct dcf_agreement *agreement = &p->plan->agreement;
	bool failures = n->lists[DCF_LIST_CONFLICTS] || n->breaches || n->refused;

	if (p->plan->title.len) {
		dcf_put_shown(&p->line, p->plan->title);
		dcf_page_end_line(p, 0);
	}
	dcf_page_paint(p, failures ? DCF_PAGE_BAD : DCF_PAGE_PLAIN);
	dcf_put_number_of(p->out, n->lists[DCF_LIST_CONFLICTS], " conflict, ", " conflicts, ");
	dcf_put_number_of(p->out, n->breaches, " breach, ", " breaches, ");
	dcf_buf_i64(p->out, (int64_t)n->refused);
	dcf_buf_z(p->out, n->refused ? " refused and NOT checked" : " refused");
	dcf_page_paint(p, "\033[0m");
	dcf_buf_char(p->out, '\n');
	dcf_put_number_of(&p->line, n->operations, " operation (", " operations (");
	dcf_put_number_of(&p->line, n->features, " feature) checked", " features) checked");
	dcf_put_parties(&p->line, p->plan);
	dcf_page_end_line(p, 2);
	if (only_operation != DCF_NONE) {
		dcf_buf_z(&p->line, "only pairs with ");
		dcf_put_operation(&p->line, p->plan, only_operation);
		dcf_buf_z(&p->line, ": conflicts between others are not listed");
		dcf_page_end_line(p, 2);
	}
	if (agreement->id.len) {
		dcf_buf_z(&p->line, "agreement ");
		dcf_put_shown(&p->line, agreement->id);
		dcf_buf_z(&p->line, agreement->status.len ? ", status: " : "");
		dcf_put_shown(&p->line, agreement->status);
		dcf_page_end_line(p, 2);
	}
}

void dcf_text_check(const struct dcf_plan *plan, const struct dcf_result *result, const struct dcf_text_options *options,
		    struct dcf_buf *out)
{
	struct dcf_page p = {
		.out = out, .line = { .from = out->from }, .plan = plan, .result = result, .colour = options->colour
	};
	struct dcf_counts n = dcf_result_count(plan, result);

	top(&p, &n, options->only_operation);
	since_section(&p, options->since);
	pairs(&p, DCF_LIST_CONFLICTS, "CONFLICTS", n.lists[DCF_LIST_CONFLICTS], DCF_PAGE_BAD, NULL);
	breaches(&p, true, "BREACHES OF THE AGREEMENT", n.breaches, DCF_PAGE_BAD);
	refusals(&p, result, "REFUSED, NOT CHECKED", n.refused);
	if (options->since)
		refusals(&p, options->since->old_result, "REFUSED IN THE EARLIER FILE: what is new may be old",
			 dcf_result_count(options->since->old_plan, options->since->old_result).refused);
	pairs(&p, DCF_LIST_BRIEF, "BRIEF", n.lists[DCF_LIST_BRIEF], DCF_PAGE_ATTENTION,
	      "Inside the minima, but no longer than is allowed, and never overlapping: not counted as conflicts.");
	pairs(&p, DCF_LIST_ADVISORIES, "ADVISORIES", n.lists[DCF_LIST_ADVISORIES], DCF_PAGE_ATTENTION, NULL);
	breaches(&p, false, "ASKED BY THE AGREEMENT", n.asked, DCF_PAGE_ATTENTION);
	pairs(&p, DCF_LIST_INTERNAL, "INTERNAL", n.lists[DCF_LIST_INTERNAL], DCF_PAGE_ATTENTION,
	      "Inside one party: its own business, not for the others.");
	warnings(&p, n.warnings);
	dcf_buf_char(out, '\n');
	dcf_put_notice(plan, &n, &p.line);
	dcf_page_end_line(&p, 0);
	out->failed |= p.line.failed;
	dcf_buf_free(&p.line);
}
