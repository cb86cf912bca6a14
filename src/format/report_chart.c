/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline and the vertical profile.  Pictures are 1,000 units wide and scroll on narrow screens. */
#include "core/num.h"
#include "core/time.h"
#include "format/markup.h"
#include "format/report_int.h"

enum { LEFT = 210, RIGHT = 990, ROW = 26, ROWS_MAX = 150, COLUMNS_A_ROW = 8, PAIRS_MAX = 40, SINGLES_MAX = 16 };

static const int64_t hour_us = 3600000000;

/* ---- timeline ---- */

struct timeline {
	struct dcf_report *r;
	int64_t start_us, end_us; /* of the axis */
	size_t rows;
};

static int64_t x_of(const struct timeline *t, int64_t time_us)
{
	double f = ((double)time_us - (double)t->start_us) / ((double)t->end_us - (double)t->start_us);

	f = f < 0 ? 0 : f > 1 ? 1 : f;
	return LEFT + (int64_t)(f * (RIGHT - LEFT) + 0.5);
}

/* The hull of the shown operations; where some are in conflict, of those alone, so that one open-ended
 * operation does not press all others to a point. */
static void find_axis(struct timeline *t)
{
	const struct dcf_report *r = t->r;
	uint8_t worst = t->rows ? r->operations[r->order[0]].standing : DCF_IN_NOTHING;
	int64_t pad, from, to;

	t->start_us = INT64_MAX;
	t->end_us = INT64_MIN;
	for (size_t k = 0; k < t->rows; k++) {
		const struct dcf_report_operation *o = &r->operations[r->order[k]];

		if (o->start_us > o->end_us || (worst == DCF_IN_CONFLICT && o->standing != DCF_IN_CONFLICT))
			continue;
		t->start_us = o->start_us < t->start_us ? o->start_us : t->start_us;
		t->end_us = o->end_us > t->end_us ? o->end_us : t->end_us;
		if (!o->after)
			continue;
		dcf_report_after_window(o->after, &from, &to);
		t->start_us = from < t->start_us ? from : t->start_us;
		t->end_us = to > t->end_us ? to : t->end_us;
	}
	if (t->start_us > t->end_us)
		t->start_us = t->end_us = 0;
	pad = (t->end_us - t->start_us) / 50 + 1000000;
	t->start_us -= pad;
	t->end_us += pad;
}

static int64_t tick_step(const struct timeline *t)
{
	static const int64_t steps_s[] = { 1,     5,      10,     30,      60,      300,      600,
					   900,   1800,   3600,   7200,    10800,   21600,    43200,
					   86400, 172800, 604800, 2592000, 7776000, 31536000, 315360000 };
	size_t i = 0, n = sizeof steps_s / sizeof *steps_s;

	while (i + 1 < n && (t->end_us - t->start_us) / (steps_s[i] * 1000000) > 9)
		i++;
	return steps_s[i] * 1000000;
}

static void put_text(struct dcf_buf *out, int64_t x, int64_t y, const char *class)
{
	dcf_buf_z(out, "<text x=");
	dcf_buf_i64(out, x);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, y);
	if (class) {
		dcf_buf_z(out, " class=");
		dcf_buf_z(out, class);
	}
	dcf_buf_char(out, '>');
}

static void put_axis(const struct timeline *t, int64_t height)
{
	struct dcf_buf *out = t->r->out;
	int64_t step = tick_step(t), first = t->start_us / step * step, day = INT64_MIN;

	for (int64_t us = first < t->start_us ? first + step : first; us <= t->end_us; us += step) {
		int64_t x = x_of(t, us);
		struct dcf_civil c = dcf_civil_of(us);

		dcf_buf_z(out, "<path class=grid d=\"M");
		dcf_buf_i64(out, x);
		dcf_buf_z(out, " 40v");
		dcf_buf_i64(out, height - 44);
		dcf_buf_z(out, "\"/>");
		put_text(out, x, 34, "mid");
		if (step >= 24 * hour_us)
			dcf_report_date(out, us);
		else
			dcf_report_clock(out, us, step < 60000000);
		dcf_buf_z(out, "</text>");
		if (step < 24 * hour_us && day != c.day && x < RIGHT - 60) {
			day = c.day;
			put_text(out, x, 14, "mid");
			dcf_report_date(out, us);
			dcf_buf_z(out, " UTC</text>");
		}
	}
	dcf_buf_char(out, '\n');
}

static void put_span_rect(const struct timeline *t, int64_t from, int64_t to, int64_t y, int64_t height)
{
	int64_t x0 = x_of(t, from), x1 = x_of(t, to);
	struct dcf_buf *out = t->r->out;

	dcf_buf_z(out, " x=");
	dcf_buf_i64(out, x0);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, y);
	dcf_buf_z(out, " width=");
	dcf_buf_i64(out, x1 > x0 + 2 ? x1 - x0 : 2);
	dcf_buf_z(out, " height=");
	dcf_buf_i64(out, height);
}

/* Where the times change: a dashed bar over the declared one for each window after the change. */
static void put_after_bars(const struct timeline *t, const struct dcf_report_operation *w, int64_t y)
{
	struct dcf_buf *out = t->r->out;
	int64_t from, to;

	dcf_report_after_window(w->after, &from, &to);
	if (from == w->start_us && to == w->end_us && w->after->feature_count < 2)
		return;
	for (uint32_t i = 0; i < w->after->feature_count && i < 20; i++) {
		const struct dcf_feature *f = &w->after->features[i];

		dcf_buf_z(out, "<g><title>After the change: ");
		dcf_report_time(out, f->start_us, DCF_TIME_NONE);
		dcf_buf_z(out, " to ");
		dcf_report_end(out, f->end_us, f->start_us);
		dcf_buf_z(out, "</title><rect class=\"bar after\"");
		put_span_rect(t, f->start_us, f->end_us, y + 1, ROW - 2);
		dcf_buf_z(out, " /></g>\n");
	}
}

static void put_row(struct timeline *t, uint32_t operation, int64_t y)
{
	struct dcf_report *r = t->r;
	struct dcf_buf *out = r->out;
	const struct dcf_operation *o = &r->plan->operations[operation];
	const struct dcf_report_operation *w = &r->operations[operation];

	dcf_buf_z(out, "<g data-o=");
	dcf_buf_i64(out, operation);
	dcf_buf_z(out, "><title>");
	dcf_put_markup_short(out, r->plan->parties[o->party].id, 40);
	dcf_buf_char(out, ' ');
	dcf_put_markup_short(out, o->id, 80);
	dcf_buf_z(out, ", ");
	dcf_report_time(out, w->start_us, DCF_TIME_NONE);
	dcf_buf_z(out, " to ");
	dcf_report_end(out, w->end_us, w->start_us);
	dcf_buf_z(out, "</title>");
	put_text(out, LEFT - 10, y + 17, "end");
	dcf_put_markup_short(out, r->plan->parties[o->party].id, 8);
	dcf_buf_char(out, ' ');
	dcf_put_markup_short(out, o->id, 17);
	dcf_buf_z(out, "</text><rect class=\"bar ");
	dcf_report_party_class(r, o->party);
	dcf_buf_char(out, '"');
	put_span_rect(t, w->start_us, w->end_us, y + 4, ROW - 8);
	dcf_buf_z(out, " /></g>\n");
	if (w->after)
		put_after_bars(t, w, y);
}

/* The hatched stretch of conflict `number` on the row at `y`. */
static void put_stretch(struct timeline *t, size_t number, const struct dcf_conflict *c, int64_t y)
{
	struct dcf_buf *out = t->r->out;

	dcf_buf_z(out, "<rect class=hatch data-c=");
	dcf_buf_i64(out, (int64_t)number);
	put_span_rect(t, c->start_us, c->end_us, y + 2, ROW - 4);
	dcf_buf_z(out, "><title>Conflict ");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</title></rect>");
}

static void put_number(struct timeline *t, size_t number, const struct dcf_conflict *c, int64_t y, int64_t *last_x)
{
	struct dcf_buf *out = t->r->out;
	int64_t x = (x_of(t, c->start_us) + x_of(t, c->end_us)) / 2, half = number < 10 ? 7 : number < 100 ? 11 : 15;

	/* Side by side where they would fall together; `*last_x` is the right end of the last one. */
	if (x < *last_x + half)
		x = *last_x + half;
	*last_x = x + half;
	put_text(out, x, y + 18, "num");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</text>");
}

static void put_stretches(struct timeline *t, uint32_t operation, int64_t y)
{
	const struct dcf_report *r = t->r;
	int64_t last_x = -100;

	for (int text = 0; text < 2; text++)
		for (size_t k = 0; k < r->shown_count && k < 400; k++) {
			const struct dcf_conflict *c = r->shown[k].conflict;

			if (c->a != operation && c->b != operation)
				continue;
			if (text)
				put_number(t, r->shown[k].number, c, y, &last_x);
			else
				put_stretch(t, r->shown[k].number, c, y);
		}
	dcf_buf_char(r->out, '\n');
}

static void put_left_out(struct dcf_report *r, const char *what, size_t shown, size_t all, const char *things)
{
	if (shown >= all)
		return;
	dcf_buf_z(r->out, "<p class=left>");
	dcf_buf_z(r->out, what);
	dcf_report_count(r->out, shown);
	dcf_buf_z(r->out, " of ");
	dcf_report_count(r->out, all);
	dcf_buf_z(r->out, things);
	dcf_buf_z(r->out, "</p>\n");
}

void dcf_report_timeline(struct dcf_report *r)
{
	struct timeline t = { .r = r, .rows = r->operation_count < ROWS_MAX ? r->operation_count : ROWS_MAX };
	size_t limit = r->out->len + DCF_REPORT_CHART, k;
	int64_t height = 44 + (int64_t)t.rows * ROW;

	dcf_buf_z(r->out, "<section id=time><h2>Timeline</h2>\n");
	if (t.rows) {
		find_axis(&t);
		dcf_buf_z(r->out,
			  "<div class=scroll tabindex=0 role=group aria-label=Timeline><svg class=chart viewBox=\"0 0 1000 ");
		dcf_buf_i64(r->out, height);
		dcf_buf_z(r->out,
			  "\" role=img aria-labelledby=timet><title id=timet>A bar for each operation from start to end; "
			  "hatched and numbered where in conflict</title>\n");
		put_axis(&t, height);
		for (k = 0; k < t.rows && r->out->len < limit; k++) {
			put_row(&t, r->order[k], 44 + (int64_t)k * ROW);
			put_stretches(&t, r->order[k], 44 + (int64_t)k * ROW);
		}
		t.rows = k;
		dcf_buf_z(r->out, "</svg></div>\n");
	}
	put_left_out(r, "The timeline shows ", t.rows, r->operation_count, " operations, those in conflict first.");
	dcf_buf_z(r->out, "</section>\n");
}

/* ---- vertical profile ---- */

enum { COLUMNS_LEAST = 4, PLOT_TOP = 46, PLOT_HIGH = 330, PLOT_LEFT = 74, PLOT_RIGHT = 926 };

struct profile {
	struct dcf_report *r;
	int64_t low_e4, high_e4; /* of the axis */
};

static int64_t y_of(const struct profile *p, int64_t e4)
{
	double f = ((double)e4 - (double)p->low_e4) / ((double)p->high_e4 - (double)p->low_e4);

	f = f < 0 ? 0 : f > 1 ? 1 : f;
	return PLOT_TOP + PLOT_HIGH - (int64_t)(f * PLOT_HIGH + 0.5);
}

static void widen(struct profile *p, int64_t low, int64_t high)
{
	if (low > DCF_ALT_MIN && low < p->low_e4)
		p->low_e4 = low;
	if (high < DCF_ALT_MAX && high > p->high_e4)
		p->high_e4 = high;
	if (low > DCF_ALT_MIN && low < DCF_ALT_MAX && low > p->high_e4)
		p->high_e4 = low;
}

/* The feature after the change of its operation: the one of the same place among them. */
static const struct dcf_feature *after_of(const struct dcf_report *r, const struct dcf_feature *f)
{
	const struct dcf_report_operation *o = &r->operations[f->operation];
	size_t at = 0, index = (size_t)(f - r->plan->features);

	if (!o->after)
		return NULL;
	while (r->feature_order[o->first_feature + at] != index)
		at++;
	return at < o->after->feature_count ? &o->after->features[at] : NULL;
}

static void widen_after(struct profile *p, const struct dcf_feature *f)
{
	const struct dcf_feature *after = after_of(p->r, f);
	int64_t low, high;

	if (!after)
		return;
	dcf_report_band(p->r, after, after->start_us, after->end_us, &low, &high);
	widen(p, low, high);
}

static int64_t axis_step(int64_t span_e4, int64_t unit_e4)
{
	static const int64_t steps[] = { 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000 };
	size_t i = 0;

	while (i + 1 < sizeof steps / sizeof *steps && span_e4 / (steps[i] * unit_e4) > 8)
		i++;
	return steps[i] * unit_e4;
}

/* Feet on the left with lines across, metres on the right with ticks. */
static void put_height_axis(const struct profile *p, bool metres)
{
	struct dcf_buf *out = p->r->out;
	int64_t unit = metres ? DCF_M_E4 : DCF_FT_E4, step = axis_step(p->high_e4 - p->low_e4, unit);

	for (int64_t v = p->low_e4 / step * step; v <= p->high_e4; v += step) {
		int64_t y = y_of(p, v);

		if (v < p->low_e4)
			continue;
		dcf_buf_z(out, metres ? "<path class=tick d=\"M926 " : "<path class=grid d=\"M74 ");
		dcf_buf_i64(out, y);
		dcf_buf_z(out, metres ? "h8\"/>" : "h852\"/>");
		put_text(out, metres ? PLOT_RIGHT + 12 : PLOT_LEFT - 8, y + 5, metres ? NULL : "end");
		dcf_buf_i64(out, v / unit);
		dcf_buf_z(out, "</text>");
	}
	put_text(out, metres ? PLOT_RIGHT + 12 : PLOT_LEFT - 8, 20, metres ? NULL : "end");
	dcf_buf_z(out, metres ? "m MSL</text>\n" : "ft MSL</text>\n");
}

/* The declared limits above and below a bar, and who it is. */
static void put_bar(struct profile *p, const struct dcf_feature *f, int64_t x, int64_t width, int64_t start_us, int64_t end_us)
{
	struct dcf_report *r = p->r;
	struct dcf_buf *out = r->out;
	int64_t low, high, y0, y1;

	dcf_report_band(r, f, start_us, end_us, &low, &high);
	y0 = y_of(p, high);
	y1 = y_of(p, low);
	dcf_buf_z(out, "<g data-o=");
	dcf_buf_i64(out, f->operation);
	dcf_buf_z(out, "><title>");
	dcf_put_markup_short(out, f->id, 80);
	dcf_buf_z(out, ": ");
	dcf_report_altitudes(r, f, start_us, end_us);
	dcf_buf_z(out, "</title><rect class=\"bar ");
	dcf_report_party_class(r, f->party);
	dcf_buf_z(out, "\" x=");
	dcf_buf_i64(out, x);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, y0);
	dcf_buf_z(out, " width=");
	dcf_buf_i64(out, width);
	dcf_buf_z(out, " height=");
	dcf_buf_i64(out, y1 > y0 + 2 ? y1 - y0 : 2);
	dcf_buf_z(out, " />");
	if (high >= DCF_ALT_MAX) { /* goes on above the picture */
		dcf_buf_z(out, "<path class=tick d=\"M");
		dcf_buf_i64(out, x + width / 2 - 6);
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, PLOT_TOP - 2);
		dcf_buf_z(out, "l6-8 6 8\"/>");
	}
	dcf_buf_z(out, "</g>\n");
}

/* Where the levels change: a dashed bar at the band after it. */
static void put_after_bar(struct profile *p, const struct dcf_feature *f, int64_t x, int64_t width)
{
	struct dcf_report *r = p->r;
	struct dcf_buf *out = r->out;
	const struct dcf_feature *after = after_of(r, f);
	int64_t low, high, low_after, high_after, y0, y1;

	if (!after)
		return;
	dcf_report_band(r, f, f->start_us, f->end_us, &low, &high);
	dcf_report_band(r, after, after->start_us, after->end_us, &low_after, &high_after);
	if (low == low_after && high == high_after)
		return;
	y0 = y_of(p, high_after);
	y1 = y_of(p, low_after);
	dcf_buf_z(out, "<g><title>After the change: ");
	dcf_put_markup_short(out, f->id, 80);
	dcf_buf_z(out, ": ");
	dcf_report_altitudes(r, after, after->start_us, after->end_us);
	dcf_buf_z(out, "</title><rect class=\"bar after\" x=");
	dcf_buf_i64(out, x - 3);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, y0);
	dcf_buf_z(out, " width=");
	dcf_buf_i64(out, width + 6);
	dcf_buf_z(out, " height=");
	dcf_buf_i64(out, y1 > y0 + 3 ? y1 - y0 : 3);
	dcf_buf_z(out, " /></g>\n");
}

static void put_turned_name(struct profile *p, uint32_t operation, int64_t x, int64_t y)
{
	struct dcf_report *r = p->r;
	const struct dcf_operation *o = &r->plan->operations[operation];

	dcf_buf_z(r->out, "<text class=end transform=\"translate(");
	dcf_buf_i64(r->out, x);
	dcf_buf_char(r->out, ' ');
	dcf_buf_i64(r->out, y);
	dcf_buf_z(r->out, ")rotate(-40)\">");
	dcf_put_markup_short(r->out, r->plan->parties[o->party].id, 6);
	dcf_buf_char(r->out, ' ');
	dcf_put_markup_short(r->out, o->id, 15);
	dcf_buf_z(r->out, "</text>");
}

/* Hatch between (or in) the two bands: where they meet, or the gap that is too small. */
static void put_meeting(struct profile *p, const struct dcf_conflict *c, size_t number, int64_t x, int64_t width)
{
	struct dcf_report *r = p->r;
	int64_t al, ah, bl, bh, top, bottom, y0, y1;

	dcf_report_band(r, &r->plan->features[c->a_feature], c->start_us, c->end_us, &al, &ah);
	dcf_report_band(r, &r->plan->features[c->b_feature], c->start_us, c->end_us, &bl, &bh);
	bottom = al > bl ? al : bl;
	top = ah < bh ? ah : bh;
	y0 = y_of(p, top > bottom ? top : bottom);
	y1 = y_of(p, top > bottom ? bottom : top);
	dcf_buf_z(r->out, "<rect class=hatch data-c=");
	dcf_buf_i64(r->out, (int64_t)number);
	dcf_buf_z(r->out, " x=");
	dcf_buf_i64(r->out, x);
	dcf_buf_z(r->out, " y=");
	dcf_buf_i64(r->out, y0);
	dcf_buf_z(r->out, " width=");
	dcf_buf_i64(r->out, width);
	dcf_buf_z(r->out, " height=");
	dcf_buf_i64(r->out, y1 > y0 + 4 ? y1 - y0 : 4);
	dcf_buf_z(r->out, "><title>");
	dcf_buf_z(r->out, top > bottom ? "Bands meet" : "Gap too small");
	dcf_buf_z(r->out, "</title></rect>");
	put_text(r->out, x + width / 2, PLOT_TOP - 12, "num");
	dcf_buf_i64(r->out, (int64_t)number);
	dcf_buf_z(r->out, "</text>\n");
}

static void begin_plot(struct profile *p, const char *label)
{
	int64_t room = (p->high_e4 - p->low_e4) / 20 + DCF_M_E4 * 10;

	p->high_e4 += room;
	dcf_buf_z(p->r->out,
		  "<div class=scroll tabindex=0 role=group aria-label=\"Vertical profile\"><svg class=chart viewBox=\"0 0 "
		  "1000 500\" role=img aria-label=\"");
	dcf_buf_z(p->r->out, label);
	dcf_buf_z(p->r->out, "\">\n");
	put_height_axis(p, false);
	put_height_axis(p, true);
}

/* Up to COLUMNS_A_ROW conflicts side by side: the bands of both, and between them where they meet. */
static void put_pairs(struct dcf_report *r, size_t first, size_t last)
{
	struct profile p = { r, 0, 0 };
	int64_t low, high, columns = (int64_t)(last - first) < COLUMNS_LEAST ? COLUMNS_LEAST : (int64_t)(last - first);
	int64_t step = (PLOT_RIGHT - PLOT_LEFT) / columns, wide = (step - 26) / 2;

	for (size_t k = first; k < last; k++) {
		const struct dcf_conflict *c = r->shown[k].conflict;

		dcf_report_band(r, &r->plan->features[c->a_feature], c->start_us, c->end_us, &low, &high);
		widen(&p, low, high);
		dcf_report_band(r, &r->plan->features[c->b_feature], c->start_us, c->end_us, &low, &high);
		widen(&p, low, high);
		widen_after(&p, &r->plan->features[c->a_feature]);
		widen_after(&p, &r->plan->features[c->b_feature]);
	}
	begin_plot(&p, "Altitude bands of the two operations of each conflict; hatched where they meet or are too close");
	for (size_t k = first; k < last; k++) {
		const struct dcf_conflict *c = r->shown[k].conflict;
		int64_t x = PLOT_LEFT + (int64_t)(k - first) * step + 12;

		put_bar(&p, &r->plan->features[c->a_feature], x, wide - 2, c->start_us, c->end_us);
		put_bar(&p, &r->plan->features[c->b_feature], x + wide + 2, wide - 2, c->start_us, c->end_us);
		put_meeting(&p, c, r->shown[k].number, x - 4, 2 * wide + 8);
		put_after_bar(&p, &r->plan->features[c->a_feature], x, wide - 2);
		put_after_bar(&p, &r->plan->features[c->b_feature], x + wide + 2, wide - 2);
		put_turned_name(&p, c->a, x + wide / 2 + 6, PLOT_TOP + PLOT_HIGH + 18);
		put_turned_name(&p, c->b, x + wide + wide / 2 + 8, PLOT_TOP + PLOT_HIGH + 18);
	}
	dcf_buf_z(r->out, "</svg></div>\n");
}

/* Operations without a conflict: the first feature of each. */
static void put_singles(struct dcf_report *r, size_t first, size_t count)
{
	struct profile p = { r, 0, 0 };
	int64_t low, high, step = (PLOT_RIGHT - PLOT_LEFT) / (count < 8 ? 8 : (int64_t)count);

	for (size_t k = first; k < first + count; k++) {
		const struct dcf_feature *f = &r->plan->features[r->feature_order[r->operations[r->order[k]].first_feature]];

		dcf_report_band(r, f, f->start_us, f->end_us, &low, &high);
		widen(&p, low, high);
	}
	begin_plot(&p, "Altitude bands of operations");
	for (size_t k = first; k < first + count; k++) {
		const struct dcf_feature *f = &r->plan->features[r->feature_order[r->operations[r->order[k]].first_feature]];
		int64_t x = PLOT_LEFT + (int64_t)(k - first) * step + 8;

		put_bar(&p, f, x, step - 16, f->start_us, f->end_us);
		put_turned_name(&p, r->order[k], x + step / 2, PLOT_TOP + PLOT_HIGH + 18);
	}
	dcf_buf_z(r->out, "</svg></div>\n");
}

void dcf_report_profile(struct dcf_report *r)
{
	size_t limit = r->out->len + DCF_REPORT_CHART, all_pairs = r->shown_conflicts ? r->shown_conflicts : r->shown_count;
	size_t pairs = all_pairs < PAIRS_MAX ? all_pairs : PAIRS_MAX, k = 0;
	size_t first = 0, singles, all = r->operation_count;

	dcf_buf_z(r->out,
		  "<section id=height><h2>Vertical profile</h2>\n<p>Above mean sea level, at its widest where references "
		  "differ. Bars carry the party's pattern; what is hatched is where two bands meet, or the gap that is too "
		  "small.");
	dcf_buf_z(r->out,
		  r->options && r->options->ways_out ? " Dashed and empty is a band after the change.</p>\n" : "</p>\n");
	for (; k < pairs && r->out->len < limit; k += COLUMNS_A_ROW)
		put_pairs(r, k, k + COLUMNS_A_ROW < pairs ? k + COLUMNS_A_ROW : pairs);
	put_left_out(r, "Profiles of ", k < pairs ? k : pairs, all_pairs, " pairs of the table are shown.");
	while (first < all && r->operations[r->order[first]].standing == DCF_IN_CONFLICT)
		first++;
	singles = all - first < SINGLES_MAX ? all - first : SINGLES_MAX;
	if (singles) {
		dcf_buf_z(r->out, pairs ? "<h3>Not in conflict</h3>\n" : "");
		put_singles(r, first, singles);
		put_left_out(r, "Shown are ", singles, all - first, " operations that are not in conflict.");
	}
	dcf_buf_z(r->out, "</section>\n");
}
