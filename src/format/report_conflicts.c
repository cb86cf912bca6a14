/* SPDX-License-Identifier: Apache-2.0 */
/* The table of conflicts: a row each, turned into a card where the page is narrow. */
#include "core/num.h"
#include "format/compass.h"
#include "format/markup.h"
#include "format/report_int.h"

#define NEAREST_PLACES 2000u /* no more are looked at for a description */

/* "106 NM (196 km) NE of OSLK Latakia" */
static void put_nearest_place(struct dcf_report *r, struct dcf_latlon at, bool nautical)
{
	const struct dcf_plan *plan = r->plan;
	struct dcf_vec v = dcf_vec_of(at);
	size_t n = plan->place_count < NEAREST_PLACES ? plan->place_count : NEAREST_PLACES, best = n;
	double least = 0, d, azimuth;
	struct dcf_buf *out = r->out;

	for (size_t i = 0; i < n; i++) {
		d = dcf_distance_m(v, dcf_vec_of(plan->places[i].at));
		if (best == n || d < least) {
			best = i;
			least = d;
		}
	}
	if (best == n || dcf_inverse(plan->places[best].at, at, &d, &azimuth) != DCF_OK)
		return;
	dcf_buf_z(out, "<br>");
	dcf_show_length(out, d, nautical);
	if (d >= 1000) {
		dcf_buf_z(out, " (");
		dcf_show_length(out, d, !nautical);
		dcf_buf_char(out, ')');
	}
	if (d >= 100) {
		dcf_buf_char(out, ' ');
		dcf_buf_z(out, dcf_compass_point(azimuth));
	}
	dcf_buf_z(out, " of ");
	dcf_put_markup_short(out, plan->places[best].name, 60);
	if (plan->places[best].icao.len) {
		dcf_buf_z(out, " (");
		dcf_put_markup_short(out, plan->places[best].icao, 12);
		dcf_buf_char(out, ')');
	}
}

static void put_side(struct dcf_report *r, uint32_t operation, uint32_t feature)
{
	const struct dcf_operation *o = &r->plan->operations[operation];
	struct dcf_buf *out = r->out;

	dcf_buf_z(out, "<div class=who><svg class=key viewBox=\"0 0 30 8\" aria-hidden=true><path class=");
	dcf_report_party_class(r, o->party);
	dcf_buf_z(out, " d=\"M1 4h28\"/></svg><span><b>");
	dcf_put_markup_short(out, r->plan->parties[o->party].id, 40);
	dcf_buf_z(out, "</b> ");
	dcf_put_markup_short(out, o->id, 120);
	if (!dcf_span_eq(o->id, r->plan->features[feature].id)) {
		dcf_buf_z(out, " <small>");
		dcf_put_markup_short(out, r->plan->features[feature].id, 60);
		dcf_buf_z(out, "</small>");
	}
	dcf_buf_z(out, "</span></div>");
}

/* Feet and metres side by side; an interval where the references differ in doubt. */
static void put_vertical_gap(struct dcf_buf *out, const int64_t dft[2])
{
	for (int unit = 0; unit < 2; unit++) {
		if (unit)
			dcf_buf_z(out, " (");
		for (int i = 0; i < 2; i++) {
			if (i && dft[0] == dft[1])
				continue;
			if (i)
				dcf_buf_z(out, "\xe2\x80\x93");
			if (unit) /* 0.1 ft is 0.3048 dm; down, as gaps are */
				dcf_buf_i64(out, dft[i] * 3048 / 100000);
			else
				dcf_buf_i64(out, dft[i] / 10);
		}
		dcf_buf_z(out, unit ? " m)" : " ft");
	}
}

static void put_gaps(struct dcf_report *r, const struct dcf_conflict *c, bool nautical)
{
	struct dcf_buf *out = r->out;

	dcf_buf_z(out, "lateral: ");
	if (c->lateral_gap_dm <= 0) {
		dcf_buf_z(out, "none");
	} else {
		dcf_show_length(out, (double)c->lateral_gap_dm / 10, nautical);
		if (c->lateral_gap_dm >= 10000) {
			dcf_buf_z(out, " (");
			dcf_show_length(out, (double)c->lateral_gap_dm / 10, !nautical);
			dcf_buf_char(out, ')');
		}
	}
	dcf_buf_z(out, "<br>vertical: ");
	if (c->vertical_gap_dft[1] <= 0)
		dcf_buf_z(out, "none");
	else
		put_vertical_gap(out, c->vertical_gap_dft);
	/* each is the least of the whole time: nothing of both at once is no overlap */
	if (!c->has_overlap && c->lateral_gap_dm <= 0 && c->vertical_gap_dft[0] <= 0)
		dcf_buf_z(out, " (at another time)");
	if (!(c->minimum_lateral_m > 0) && c->minimum_vertical_e4 <= 0)
		return;
	dcf_buf_z(out, "<br><small>asked: ");
	dcf_show_length(out, c->minimum_lateral_m, nautical);
	dcf_buf_z(out, ", ");
	dcf_buf_i64(out, c->minimum_vertical_e4 / DCF_FT_E4);
	dcf_buf_z(out, " ft (");
	dcf_buf_i64(out, c->minimum_vertical_e4 / DCF_M_E4);
	dcf_buf_z(out, " m)");
	if (c->article.len) {
		dcf_buf_z(out, ", article ");
		dcf_put_markup_short(out, c->article, 60);
	}
	dcf_buf_z(out, "</small>");
}

static void put_when(struct dcf_report *r, const struct dcf_conflict *c)
{
	struct dcf_buf *out = r->out;

	dcf_report_time(out, c->start_us, DCF_TIME_NONE);
	dcf_buf_z(out, "<br>to ");
	dcf_report_end(out, c->end_us, c->start_us);
	dcf_buf_z(out, "<br><small>");
	dcf_report_duration(out, c->dwell_us);
	if (c->interval_count > 1) {
		dcf_buf_z(out, " in ");
		dcf_report_count(out, c->interval_count);
		dcf_buf_z(out, " intervals");
	}
	if (c->has_overlap && (c->overlap_start_us != c->start_us || c->overlap_end_us != c->end_us)) {
		dcf_buf_z(out, "<br>one inside the other ");
		dcf_report_time(out, c->overlap_start_us, c->start_us);
		dcf_buf_z(out, " to ");
		dcf_report_end(out, c->overlap_end_us, c->start_us);
	}
	dcf_buf_z(out, "</small>");
}

static const char *class_words(const struct dcf_conflict *c)
{
	static const char *const words[] = {
		[DCF_CLASS_OVERLAP] = "Overlap",
		[DCF_CLASS_SEPARATION] = "Too close",
		[DCF_CLASS_BRIEF] = "Brief",
		[DCF_CLASS_ADVISORY] = "Advisory",
	};

	return c->touch ? "Touch" : words[c->class];
}

static void put_row(struct dcf_report *r, const struct dcf_conflict *c, size_t number)
{
	struct dcf_buf *out = r->out;
	const struct dcf_feature *a = &r->plan->features[c->a_feature], *b = &r->plan->features[c->b_feature];
	bool nautical = r->plan->parties[a->party].in_feet;

	dcf_buf_z(out, "<tr tabindex=0 data-c=");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, " id=c");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "><th scope=row><span class=\"mark ");
	dcf_buf_z(out, dcf_class_name(c->class));
	dcf_buf_z(out, "\">");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</span> ");
	dcf_buf_z(out, class_words(c));
	dcf_buf_z(out, "<td data-l=Who>");
	put_side(r, c->a, c->a_feature);
	put_side(r, c->b, c->b_feature);
	dcf_buf_z(out, "<td data-l=When>");
	put_when(r, c);
	dcf_buf_z(out, "<td data-l=\"Altitudes as declared\">");
	dcf_report_altitudes(r, a, c->start_us, c->end_us);
	dcf_buf_z(out, "<br>");
	dcf_report_altitudes(r, b, c->start_us, c->end_us);
	dcf_buf_z(out, "<td data-l=\"Smallest gaps\">");
	put_gaps(r, c, nautical);
	dcf_buf_z(out, "<td data-l=Where>");
	dcf_report_position(out, c->closest);
	put_nearest_place(r, c->closest, nautical);
	dcf_buf_char(out, '\n');
}

static void begin_table(struct dcf_buf *out, const char *caption)
{
	dcf_buf_z(out, "<table class=pairs><caption>");
	dcf_buf_z(out, caption);
	dcf_buf_z(out, "</caption><thead><tr><th scope=col>No.<th scope=col>Who<th scope=col>When<th scope=col>Altitudes "
		       "as declared<th scope=col>Smallest gaps<th scope=col>Where</thead><tbody>\n");
}

/* Take what fits: when not all do, overlaps before the others; then in the list's own order. */
static void choose(struct dcf_report *r, enum dcf_list list, size_t limit)
{
	size_t overlaps = 0, others, number = 0, all = r->counts.lists[list];

	for (enum dcf_list before = 0; before < list; before++)
		number += r->counts.lists[before];
	for (size_t i = 0; i < r->result->conflict_count; i++)
		overlaps += dcf_list_of(&r->result->conflicts[i]) == list && r->result->conflicts[i].class == DCF_CLASS_OVERLAP;
	overlaps = overlaps < limit ? overlaps : limit;
	others = all - overlaps < limit - overlaps ? all - overlaps : limit - overlaps;
	for (size_t i = 0; i < r->result->conflict_count && overlaps + others; i++) {
		const struct dcf_conflict *c = &r->result->conflicts[i];
		size_t *left = c->class == DCF_CLASS_OVERLAP ? &overlaps : &others;

		if (dcf_list_of(c) != list)
			continue;
		number++;
		if (!*left)
			continue;
		(*left)--;
		r->shown[r->shown_count++] = (struct dcf_report_pair){ c, number };
	}
}

static void put_left_out(struct dcf_report *r, size_t all, size_t shown, const char *what)
{
	if (all == shown)
		return;
	dcf_buf_z(r->out, "<p class=left>");
	dcf_report_count(r->out, all - shown);
	dcf_buf_z(r->out, " more ");
	dcf_buf_z(r->out, what);
	dcf_buf_z(r->out, " are left out of this page; the JSON answer lists all.</p>\n");
}

static void put_list(struct dcf_report *r, enum dcf_list list, const char *caption, const char *what, size_t budget)
{
	size_t before = r->shown_count, limit = r->out->len + budget;

	if (!r->counts.lists[list])
		return;
	choose(r, list, budget / 400);
	begin_table(r->out, caption);
	for (size_t k = before; k < r->shown_count; k++) {
		put_row(r, r->shown[k].conflict, r->shown[k].number);
		if (r->out->len > limit)
			r->shown_count = k + 1;
	}
	dcf_buf_z(r->out, "</tbody></table>\n");
	put_left_out(r, r->counts.lists[list], r->shown_count - before, what);
}

void dcf_report_conflicts(struct dcf_report *r)
{
	put_list(r, DCF_LIST_CONFLICTS, "Conflicts between parties", "conflicts", DCF_REPORT_CONFLICTS);
	r->shown_conflicts = r->shown_count;
	put_list(r, DCF_LIST_BRIEF, "Brief: shorter than the agreement's dwell limit, not counted", "brief ones",
		 DCF_REPORT_LIST);
	put_list(r, DCF_LIST_ADVISORIES, "Advisories: one of the two is advisory, not counted", "advisories", DCF_REPORT_LIST);
	put_list(r, DCF_LIST_INTERNAL, "Inside one party: not for the other party's eyes", "pairs", DCF_REPORT_LIST);
}
