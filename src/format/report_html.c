/* SPDX-License-Identifier: Apache-2.0 */
#include "format/report_html.h"
#include "format/markup.h"
#include "format/report_int.h"

#include <stdlib.h>

enum { SHOWN_MAX = 1200 };

/* ---- what is shown first ---- */

static void stand(struct dcf_report *r, uint32_t operation, enum dcf_report_standing standing)
{
	if (r->operations[operation].standing > standing)
		r->operations[operation].standing = (uint8_t)standing;
}

static void find_standing(struct dcf_report *r)
{
	for (size_t i = 0; i < r->result->conflict_count; i++) {
		const struct dcf_conflict *c = &r->result->conflicts[i];
		enum dcf_report_standing s = dcf_list_of(c) == DCF_LIST_CONFLICTS ? DCF_IN_CONFLICT : DCF_IN_OTHER_PAIR;

		stand(r, c->a, s);
		stand(r, c->b, s);
	}
	for (size_t i = 0; i < r->result->breach_count; i++)
		stand(r, r->result->breaches[i].operation, DCF_IN_BREACH);
}

static void find_windows(struct dcf_report *r)
{
	size_t at = 0;

	for (size_t i = 0; i < r->plan->operation_count; i++) {
		r->operations[i] = (struct dcf_report_operation){ INT64_MAX, INT64_MIN, at, DCF_IN_NOTHING, NULL };
		at += r->plan->operations[i].feature_count;
		r->operation_count += r->plan->operations[i].feature_count > 0;
	}
	for (size_t i = 0; i < r->plan->feature_count; i++) {
		const struct dcf_feature *f = &r->plan->features[i];
		struct dcf_report_operation *o = &r->operations[f->operation];

		o->start_us = f->start_us < o->start_us ? f->start_us : o->start_us;
		o->end_us = f->end_us > o->end_us ? f->end_us : o->end_us;
		r->feature_order[o->first_feature++] = (uint32_t)i;
	}
	for (size_t i = 0; i < r->plan->operation_count; i++)
		r->operations[i].first_feature -= r->plan->operations[i].feature_count;
}

/* One key a shown operation, so that qsort needs no context: the order is total, equal on every machine. */
struct key {
	const struct dcf_plan *plan;
	int64_t start_us;
	uint32_t operation, party;
	uint8_t standing, empty;
};

static int compare_keys(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->empty != b->empty)
		return a->empty < b->empty ? -1 : 1;
	if (a->standing != b->standing)
		return a->standing < b->standing ? -1 : 1;
	if (a->party != b->party)
		return dcf_span_cmp(a->plan->parties[a->party].id, b->plan->parties[b->party].id);
	if (a->start_us != b->start_us)
		return a->start_us < b->start_us ? -1 : 1;
	return dcf_span_cmp(a->plan->operations[a->operation].id, b->plan->operations[b->operation].id);
}

static enum dcf_status find_order(struct dcf_report *r)
{
	size_t n = r->plan->operation_count, size = n * sizeof(struct key);
	struct key *keys = dcf_alloc_new(r->out->from, size);

	if (!keys)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		keys[i] = (struct key){ r->plan,
					r->operations[i].start_us,
					i,
					r->plan->operations[i].party,
					r->operations[i].standing,
					r->plan->operations[i].feature_count == 0 };
	if (n)
		qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 0; i < n; i++)
		r->order[i] = keys[i].operation;
	dcf_alloc_free(r->out->from, keys, size);
	return DCF_OK;
}

/* ---- the top of the page ---- */

static struct dcf_span title_of(const struct dcf_report *r)
{
	if (r->options && r->options->title.len)
		return r->options->title;
	return r->plan->title.len ? r->plan->title : DCF_SPAN("Declared operations");
}

static void put_counted(struct dcf_buf *out, size_t n, const char *one, const char *many)
{
	dcf_report_count(out, n);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, n == 1 ? one : many);
}

static void put_notice(struct dcf_report *r)
{
	struct dcf_buf text = { .from = r->out->from };

	dcf_buf_z(r->out, "<p class=notice>");
	if (r->result) {
		dcf_put_notice(r->plan, &r->counts, &text);
		if (text.failed)
			r->out->failed = true;
		dcf_put_markup(r->out, dcf_buf_as_span(&text));
		dcf_buf_free(&text);
	} else {
		dcf_buf_z(r->out, "Nothing was checked: this page shows what was declared. It is not clearance.");
	}
	dcf_buf_z(r->out, "</p>\n");
}

static void put_verdict(struct dcf_report *r)
{
	struct dcf_buf *out = r->out;
	size_t conflicts = r->counts.lists[DCF_LIST_CONFLICTS];
	bool bad = conflicts || r->counts.breaches;

	if (!r->result)
		return;
	dcf_buf_z(out, bad ? "<p class=\"verdict bad\">" : "<p class=\"verdict none\">");
	if (!bad)
		dcf_buf_z(out, "No conflict and no breach found among ");
	if (conflicts)
		put_counted(out, conflicts, "conflict", "conflicts");
	if (conflicts && r->counts.breaches)
		dcf_buf_z(out, " and ");
	if (r->counts.breaches)
		put_counted(out, r->counts.breaches, "breach of the agreement", "breaches of the agreement");
	if (bad)
		dcf_buf_z(out, " among ");
	put_counted(out, r->counts.operations, "operation", "operations");
	dcf_buf_z(out, r->counts.refused ? "; " : "");
	if (r->counts.refused)
		put_counted(out, r->counts.refused, "declaration refused and not checked",
			    "declarations refused and not checked");
	dcf_buf_z(out, "</p>\n");
}

static void put_count(struct dcf_buf *out, size_t n, const char *what)
{
	dcf_buf_z(out, "<li><b>");
	dcf_report_count(out, n);
	dcf_buf_z(out, "</b>");
	dcf_buf_z(out, what);
	dcf_buf_z(out, "</li>");
}

static void put_counts(struct dcf_report *r)
{
	const struct dcf_counts *n = &r->counts;
	struct dcf_buf *out = r->out;

	dcf_buf_z(out, "<ul class=counts>");
	if (r->result) {
		put_count(out, n->lists[DCF_LIST_CONFLICTS], "conflicts");
		put_count(out, n->breaches, "breaches");
		put_count(out, n->refused, "refused");
		put_count(out, n->lists[DCF_LIST_BRIEF], "brief");
		put_count(out, n->lists[DCF_LIST_ADVISORIES], "advisories");
		if (n->lists[DCF_LIST_INTERNAL])
			put_count(out, n->lists[DCF_LIST_INTERNAL], "inside one party");
		put_count(out, n->warnings, "warnings");
		put_count(out, n->operations, "operations checked");
	} else {
		put_count(out, r->operation_count, "operations declared");
		put_count(out, r->plan->feature_count, "volumes and trajectories");
		put_count(out, r->plan->party_count, "parties");
	}
	dcf_buf_z(out, "</ul>\n");
}

static void put_head(struct dcf_report *r)
{
	struct dcf_buf *out = r->out;

	dcf_buf_z(
		out,
		"<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
		"<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
		"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
		"'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>");
	dcf_put_markup_short(out, title_of(r), 200);
	dcf_buf_z(out, "</title>\n<style>");
	for (size_t i = 0; dcf_report_style[i]; i++)
		dcf_buf_z(out, dcf_report_style[i]);
	dcf_buf_z(
		out,
		"</style></head>\n<body>\n"
		"<svg width=0 height=0 style=\"position:absolute\" aria-hidden=true><defs><pattern id=h width=110 height=110 "
		"patternUnits=userSpaceOnUse patternTransform=\"rotate(45)\"><path d=\"M55 0v110\" stroke-width=26 "
		"/></pattern><pattern id=t width=150 height=150 "
		"patternUnits=userSpaceOnUse><path d=\"M70 75h14\" stroke-width=14 /></pattern><pattern id=g width=7 height=7 patternUnits=userSpaceOnUse patternTransform=\"rotate(45)\"><path "
		"d=\"M3 0v7\" stroke-width=1.6 /></pattern></defs></svg>\n<header><h1>");
	dcf_put_markup_short(out, title_of(r), 400);
	dcf_buf_z(out, "</h1>\n");
	put_verdict(r);
	put_notice(r);
	put_counts(r);
	dcf_buf_z(out, "<nav aria-label=Parts>");
	if (r->result)
		dcf_buf_z(out, "<a href=\"#conflicts\">Conflicts</a> ");
	if (r->options && r->options->ways_out)
		dcf_buf_z(out, "<a href=\"#ways\">Ways out</a> ");
	dcf_buf_z(out, "<a href=\"#map\">Map</a> <a href=\"#time\">Timeline</a> <a href=\"#height\">Vertical profile</a> <a "
		       "href=\"#assumed\">Assumed</a></nav>\n</header>\n<main>\n");
}

static void put_conflicts(struct dcf_report *r)
{
	if (!r->result)
		return;
	dcf_buf_z(r->out, "<section id=conflicts><h2>Conflicts</h2>\n");
	if (!r->counts.lists[DCF_LIST_CONFLICTS]) {
		dcf_buf_z(r->out, "<p>No conflict was found.</p>");
		put_notice(r);
	}
	if (r->result->conflict_count)
		dcf_buf_z(r->out, "<p id=filter><label>Show only pairs with <input id=q type=search></label></p>\n");
	dcf_report_conflicts(r);
	dcf_buf_z(r->out, "</section>\n");
}

static void put_foot(struct dcf_report *r)
{
	struct dcf_buf *out = r->out;

	dcf_buf_z(out, "</main>\n<footer><p>Times are UTC. Gaps are the smallest while in conflict, rounded down. ");
	dcf_buf_z(out, r->result ? "No conflict found is not clearance." : "This page is not clearance.");
	if (r->options && r->options->version) {
		dcf_buf_z(out, " Made by deconflict ");
		dcf_put_markup(out, dcf_span_of(r->options->version));
		dcf_buf_char(out, '.');
	}
	dcf_buf_z(out, "</p></footer>\n<script>");
	dcf_buf_z(out, dcf_report_script);
	dcf_buf_z(out, "</script>\n</body></html>\n");
}

static enum dcf_status put_page(struct dcf_report *r)
{
	enum dcf_status s;

	put_head(r);
	put_conflicts(r);
	dcf_report_ways(r);
	s = dcf_report_map(r);
	if (s != DCF_OK)
		return s;
	dcf_report_timeline(r);
	dcf_report_profile(r);
	dcf_report_lists(r);
	put_foot(r);
	return r->out->failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_report_html(const struct dcf_plan *plan, const struct dcf_result *result,
				const struct dcf_report_options *options, struct dcf_buf *out)
{
	struct dcf_report r = { .plan = plan, .result = result, .options = options, .out = out };
	size_t n = plan->operation_count;
	enum dcf_status s = DCF_E_NOMEM;

	r.offsets = dcf_offsets_of(&plan->atmosphere);
	r.operations = dcf_alloc_new(out->from, n * sizeof *r.operations);
	r.order = dcf_alloc_new(out->from, n * sizeof *r.order);
	r.feature_order = dcf_alloc_new(out->from, plan->feature_count * sizeof *r.feature_order);
	r.shown = dcf_alloc_new(out->from, SHOWN_MAX * sizeof *r.shown);
	if (!r.operations || !r.order || !r.feature_order || !r.shown)
		goto done;
	find_windows(&r);
	if (result) {
		r.counts = dcf_result_count(plan, result);
		find_standing(&r);
	}
	dcf_report_choose_after(&r);
	s = find_order(&r);
	if (s == DCF_OK)
		s = put_page(&r);
done:
	dcf_alloc_free(out->from, r.operations, n * sizeof *r.operations);
	dcf_alloc_free(out->from, r.order, n * sizeof *r.order);
	dcf_alloc_free(out->from, r.feature_order, plan->feature_count * sizeof *r.feature_order);
	dcf_alloc_free(out->from, r.shown, SHOWN_MAX * sizeof *r.shown);
	return s;
}
