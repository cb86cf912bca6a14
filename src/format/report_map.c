/* SPDX-License-Identifier: Apache-2.0 */
/* The map: what is shown and where, names and marks. */
#include "core/num.h"
#include "format/markup.h"
#include "format/report_plot.h"

enum { MARKS = 300, HATCHED = 80, CROWD = 120, CROWD_NAMES = 60 };

/* ---- what is shown, and where its middle is ---- */

static const struct dcf_feature *feature_at(const struct dcf_report *r, size_t i)
{
	return &r->plan->features[r->feature_order[i]];
}

static void add_points(struct dcf_vec *sum, const struct dcf_feature *f)
{
	for (uint32_t i = 0; i < f->point_count; i++)
		*sum = dcf_vec_add(*sum, dcf_vec_of(f->points[i]));
}

static void find_middle(struct dcf_plot *m)
{
	const struct dcf_report *r = m->r;
	struct dcf_vec sum = { 0, 0, 0 }, up = { 0, 0, 1 }, aside = { 0, 1, 0 };

	for (size_t k = 0; k < m->drawn_operations; k++) {
		size_t first = r->operations[r->order[k]].first_feature, n = r->plan->operations[r->order[k]].feature_count;

		for (size_t i = 0; i < n; i++)
			add_points(&sum, feature_at(r, first + i));
	}
	m->middle = dcf_vec_length(sum) > 1e-6 ? dcf_vec_unit(sum) : (struct dcf_vec){ 1, 0, 0 };
	m->east = dcf_vec_cross(up, m->middle);
	m->east = dcf_vec_length(m->east) > 1e-9 ? dcf_vec_unit(m->east) : aside;
	m->north = dcf_vec_cross(m->middle, m->east);
}

static void grow(struct dcf_plot_box *b, double x, double y, double by)
{
	b->x0 = x - by < b->x0 ? x - by : b->x0;
	b->y0 = y - by < b->y0 ? y - by : b->y0;
	b->x1 = x + by > b->x1 ? x + by : b->x1;
	b->y1 = y + by > b->y1 ? y + by : b->y1;
}

static void grow_feature(const struct dcf_plot *m, struct dcf_plot_box *b, const struct dcf_feature *f)
{
	for (uint32_t i = 0; i < f->point_count; i++) {
		struct dcf_vec v = dcf_vec_of(f->points[i]);
		double x, y;

		if (dcf_plot_project(m, v, &x, &y))
			grow(b, x, y, f->shape == DCF_POLYGON ? 0 : f->radius_m * dcf_plot_units(m, v));
	}
}

static void grow_after(const struct dcf_plot *m, struct dcf_plot_box *b, const struct dcf_moved *after)
{
	for (uint32_t i = 0; after && i < after->feature_count; i++)
		grow_feature(m, b, &after->features[i]);
}

/* Scale and frame: all that is shown with a margin, at least 4 km, not taller than wide. */
static void find_frame(struct dcf_plot *m)
{
	const struct dcf_report *r = m->r;
	struct dcf_plot_box b = { 1e9, 1e9, -1e9, -1e9 };
	double w, h, least = 4000 / dcf_rho(m->middle.z);

	m->scale = 1;
	m->left = m->top = 0;
	for (size_t k = 0; k < m->drawn_operations; k++) {
		size_t first = r->operations[r->order[k]].first_feature, n = r->plan->operations[r->order[k]].feature_count;

		for (size_t i = 0; i < n; i++)
			grow_feature(m, &b, feature_at(r, first + i));
		grow_after(m, &b, r->operations[r->order[k]].after);
	}
	if (b.x0 > b.x1)
		b = (struct dcf_plot_box){ 0, 0, 0, 0 };
	w = (b.x1 - b.x0) * 1.16 + least;
	h = (b.y1 - b.y0) * 1.16 + least;
	w = w > 9 ? 9 : w;
	h = h > 9 ? 9 : h;
	w = h > w ? h : w;
	h = h < 0.5 * w ? 0.5 * w : h;
	m->scale = DCF_PLOT_WIDE / w;
	m->high = dcf_floor(h * m->scale);
	m->left = ((b.x0 + b.x1) / 2 - w / 2) * m->scale;
	m->top = ((b.y0 + b.y1) / 2 - h / 2) * m->scale;
	m->metres = dcf_rho(m->middle.z) / m->scale;
}

/* ---- names ---- */

static bool overlaps(const struct dcf_plot *m, struct dcf_plot_box b)
{
	for (size_t i = 0; i < m->label_count; i++) {
		struct dcf_plot_box o = m->labels[i];

		if (b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1)
			return true;
	}
	return b.x0 < 0 || b.y0 < 0 || b.x1 > DCF_PLOT_WIDE || b.y1 > m->high;
}

/* Room for a text of `width` by `height` near (x, y): at it, or in one of the `lines` - 1 places above and
 * below (7: up to three each way). */
static bool find_room(struct dcf_plot *m, double x, double y, double width, double height, size_t lines, struct dcf_plot_box *b)
{
	static const double dy[] = { 0, 1.1, -1.1, 2.2, -2.2, 3.3, -3.3 }, dx[] = { 0, 0.6, -0.6 };

	if (m->label_count == DCF_PLOT_LABELS)
		return false;
	for (size_t i = 0; i < lines; i++)
		for (size_t k = 0; k < 3; k++) {
			double cx = x + dx[k] * width, cy = y + dy[i] * height;

			*b = (struct dcf_plot_box){ cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2 };
			if (!overlaps(m, *b)) {
				m->labels[m->label_count++] = *b;
				return true;
			}
		}
	return false;
}

static void put_name(struct dcf_plot *m, double x, double y, struct dcf_span text, const char *class, uint32_t operation)
{
	struct dcf_buf *out = m->r->out;
	size_t letters = text.len < 24 ? text.len : 24;
	struct dcf_plot_box b;

	if (!find_room(m, x, y, (double)letters * 125 + 60, 230, m->crowded ? 3 : 7, &b))
		return;
	dcf_buf_z(out, "<text class=\"");
	dcf_buf_z(out, class);
	dcf_buf_z(out, "\" x=");
	dcf_buf_i64(out, dcf_plot_whole((b.x0 + b.x1) / 2));
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, dcf_plot_whole(b.y1 - 55));
	if (operation != DCF_NONE) {
		dcf_buf_z(out, " data-o=");
		dcf_buf_i64(out, operation);
	}
	dcf_buf_char(out, '>');
	dcf_put_markup_short(out, text, 24);
	dcf_buf_z(out, "</text>\n");
}

/* Where an operation's name stands: the middle of its first feature's longest part. */
static bool name_spot(const struct dcf_plot *m, const struct dcf_feature *f, double *x, double *y)
{
	struct dcf_vec sum = { 0, 0, 0 };

	if (f->shape == DCF_CORRIDOR || f->shape == DCF_TRAJECTORY) {
		uint32_t i = (f->point_count - 1) / 2;

		sum = dcf_vec_add(dcf_vec_of(f->points[i]), dcf_vec_of(f->points[i + 1]));
	} else {
		add_points(&sum, f);
	}
	return dcf_vec_length(sum) > 1e-9 && dcf_plot_project(m, dcf_vec_unit(sum), x, y);
}

static void put_operation_name(struct dcf_plot *m, uint32_t operation)
{
	const struct dcf_report *r = m->r;
	const struct dcf_operation *o = &r->plan->operations[operation];
	char class[] = "name p0";
	double x, y;

	class[6] = (char)('0' + o->party % DCF_REPORT_PATTERNS);
	if (o->feature_count && name_spot(m, feature_at(r, r->operations[operation].first_feature), &x, &y))
		put_name(m, x, y, o->id, class, operation);
}

/* Is it elsewhere on the ground after the change? */
static bool is_elsewhere(const struct dcf_plot *m, uint32_t operation)
{
	const struct dcf_report *r = m->r;
	const struct dcf_moved *after = r->operations[operation].after;
	const struct dcf_feature *f = after && after->feature_count ? &after->features[0] : NULL, *g;

	if (!f || !r->plan->operations[operation].feature_count)
		return false;
	g = feature_at(r, r->operations[operation].first_feature);
	return f->radius_m != g->radius_m || f->point_count != g->point_count ||
	       memcmp(f->points, g->points, f->point_count * sizeof *f->points) != 0;
}

/* "after US-B1-01" beside what was changed. */
static void put_after_names(struct dcf_plot *m)
{
	struct dcf_buf text = { .from = m->r->out->from };
	double x, y;

	for (size_t k = 0; k < m->drawn_operations && k < CROWD_NAMES; k++) {
		uint32_t o = m->r->order[k];

		if (!is_elsewhere(m, o) || !name_spot(m, &m->r->operations[o].after->features[0], &x, &y))
			continue;
		text.len = 0;
		dcf_buf_z(&text, "after: ");
		dcf_buf_span(&text, m->r->plan->operations[o].id);
		put_name(m, x, y, dcf_buf_as_span(&text), "name then", o);
	}
	m->r->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void put_rule_names(struct dcf_plot *m)
{
	const struct dcf_agreement *a = &m->r->plan->agreement;
	double x, y;

	for (size_t i = 0; i < a->line_count && i < 20; i++)
		if (dcf_plot_project(m, dcf_vec_of(a->lines[i].points[a->lines[i].point_count / 2]), &x, &y))
			put_name(m, x, y, a->lines[i].id, "name rule", DCF_NONE);
	for (size_t i = 0; i < a->area_count && i < 20; i++)
		if (name_spot(m, a->areas[i].volume, &x, &y))
			put_name(m, x, y, a->areas[i].id, "name rule", DCF_NONE);
}

static void put_names(struct dcf_plot *m)
{
	size_t n = m->drawn_operations;

	if (m->crowded && n > CROWD_NAMES)
		n = CROWD_NAMES;
	put_rule_names(m);
	for (size_t k = 0; k < n; k++)
		put_operation_name(m, m->r->order[k]);
	put_after_names(m);
}

static void put_places(struct dcf_plot *m)
{
	const struct dcf_plan *plan = m->r->plan;
	struct dcf_buf *out = m->r->out;

	for (size_t i = 0, put = 0; i < plan->place_count && put < 60; i++) {
		double x, y;

		if (!dcf_plot_project(m, dcf_vec_of(plan->places[i].at), &x, &y) || dcf_plot_outside(m, x, y))
			continue;
		put++;
		dcf_buf_z(out, "<path class=place d=\"");
		dcf_pen_pair(out, 'M', dcf_plot_whole(x) - 60, dcf_plot_whole(y));
		dcf_buf_z(out, "h120m-60-60v120\"/>");
		put_name(m, x, y + 190, plan->places[i].icao.len ? plan->places[i].icao : plan->places[i].name, "place",
			 DCF_NONE);
	}
}

/* ---- conflicts ---- */

/* Where two features lie over each other in plan: one cut to the other, hatched. */
static void put_hatch(struct dcf_plot *m, size_t number, const struct dcf_conflict *c)
{
	struct dcf_buf *out = m->r->out;

	if (!m->is_drawn[c->a_feature] || !m->is_drawn[c->b_feature])
		return;
	dcf_buf_z(out, "<clipPath id=k");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "><use href=\"#f");
	dcf_buf_i64(out, c->a_feature);
	dcf_buf_z(out, "\"/></clipPath><g class=hatch data-c=");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, " clip-path=\"url(#k");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, ")\"><use href=\"#f");
	dcf_buf_i64(out, c->b_feature);
	dcf_buf_z(out, "\"/></g>\n");
}

/* The mark's outline by class: a diamond, a disc, a triangle, a square. */
static void put_mark_shape(struct dcf_buf *out, uint8_t class, long x, long y)
{
	static const char *const shapes[] = {
		[DCF_CLASS_OVERLAP] = "m0-210l210 210l-210 210l-210-210z",
		[DCF_CLASS_SEPARATION] = "m-165 0a165 165 0 1 0 330 0a165 165 0 1 0-330 0z",
		[DCF_CLASS_BRIEF] = "m0-220l230 380h-460z",
		[DCF_CLASS_ADVISORY] = "m-150-150h300v300h-300z",
	};

	dcf_pen_pair(out, 'M', x, y);
	dcf_buf_z(out, shapes[class]);
}

/* A mark without a number, where there is no room for one. */
static void put_dot(struct dcf_plot *m, size_t number, double x, double y)
{
	struct dcf_buf *out = m->r->out;

	dcf_buf_z(out, "<g class=\"m dot\" data-c=");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "><path d=\"");
	dcf_pen_pair(out, 'M', dcf_plot_whole(x), dcf_plot_whole(y));
	dcf_buf_z(out, "m0-90l90 90l-90 90l-90-90z\"><title>Conflict ");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</title></path></g>\n");
}

static void put_mark(struct dcf_plot *m, size_t number, const struct dcf_conflict *c, double x, double y, struct dcf_plot_box b)
{
	struct dcf_buf *out = m->r->out;
	long mx = dcf_plot_whole((b.x0 + b.x1) / 2), my = dcf_plot_whole((b.y0 + b.y1) / 2);

	dcf_buf_z(out, "<a href=\"#c");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "\"><g class=\"m ");
	dcf_buf_z(out, dcf_class_name(c->class));
	dcf_buf_z(out, "\" data-c=");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "><title>Conflict ");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</title><path d=\"");
	dcf_pen_pair(out, 'M', dcf_plot_whole(x), dcf_plot_whole(y));
	dcf_pen_pair(out, 'L', mx, my);
	dcf_buf_z(out, "\"/><path d=\"");
	put_mark_shape(out, c->class, mx, my);
	dcf_buf_z(out, "\"/><text x=");
	dcf_buf_i64(out, mx);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, my + 65);
	dcf_buf_char(out, '>');
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</text></g></a>\n");
}

static size_t mark_count(const struct dcf_report *r)
{
	return r->shown_count < MARKS ? r->shown_count : MARKS;
}

/* Numbers claim their room in order; what finds none is a dot, drawn below all numbers. */
static void put_marks(struct dcf_plot *m)
{
	struct {
		double x, y;
		struct dcf_plot_box box;
		bool shown, numbered;
	} at[MARKS];
	size_t n = mark_count(m->r);

	for (size_t k = 0; k < n; k++) {
		at[k].shown = dcf_plot_project(m, dcf_vec_of(m->r->shown[k].conflict->closest), &at[k].x, &at[k].y) &&
			      !dcf_plot_outside(m, at[k].x, at[k].y);
		at[k].numbered = at[k].shown && find_room(m, at[k].x, at[k].y, 420, 420, m->crowded ? 3 : 7, &at[k].box);
		if (at[k].shown && !at[k].numbered)
			put_dot(m, m->r->shown[k].number, at[k].x, at[k].y);
	}
	for (size_t k = 0; k < n; k++)
		if (at[k].numbered)
			put_mark(m, m->r->shown[k].number, m->r->shown[k].conflict, at[k].x, at[k].y, at[k].box);
}

static void put_hatches(struct dcf_plot *m)
{
	for (size_t k = 0; k < m->r->shown_count && k < HATCHED; k++)
		put_hatch(m, m->r->shown[k].number, m->r->shown[k].conflict);
}

/* ---- the whole ---- */

static bool has_operations(const struct dcf_report *r, uint32_t party)
{
	for (size_t k = 0; k < r->operation_count; k++)
		if (r->plan->operations[r->order[k]].party == party)
			return true;
	return false;
}

static void put_legend(const struct dcf_plot *m)
{
	struct dcf_buf *out = m->r->out;
	const struct dcf_plan *plan = m->r->plan;

	dcf_buf_z(out, "<ul class=legend>");
	for (uint32_t i = 0, put = 0; i < plan->party_count && put < 24; i++) {
		if (!has_operations(m->r, i))
			continue;
		put++;
		dcf_buf_z(out, "<li><svg class=key viewBox=\"0 0 30 8\" aria-hidden=true><path class=");
		dcf_report_party_class(m->r, i);
		dcf_buf_z(out, " d=\"M1 4h28\"/></svg> ");
		dcf_put_markup_short(out, plan->parties[i].id, 40);
		dcf_buf_z(out, "</li>");
	}
	if (m->r->shown_count)
		dcf_buf_z(out,
			  "<li><span class=\"mark overlap\">n</span> overlap</li><li><span class=\"mark separation\">n</span> "
			  "too close</li><li><svg class=key viewBox=\"0 0 30 10\" aria-hidden=true><rect width=30 height=10 "
			  "fill=\"url(#g)\" /></svg> where the two lie over each other in plan</li>");
	if (m->r->options && m->r->options->ways_out)
		dcf_buf_z(out,
			  "<li><svg class=key viewBox=\"0 0 30 10\" aria-hidden=true><path class=then d=\"M1 5h28\"/></svg> "
			  "after the change</li>");
	dcf_buf_z(out, "</ul>\n");
}

static void put_operations_left_out(const struct dcf_plot *m)
{
	struct dcf_buf *out = m->r->out;
	size_t all = m->r->operation_count;

	if (m->drawn_operations == all)
		return;
	dcf_buf_z(out, "<p class=left>The map shows ");
	dcf_report_count(out, m->drawn_operations);
	dcf_buf_z(out, " of ");
	dcf_report_count(out, all);
	dcf_buf_z(out, " operations, those in conflict first.</p>\n");
}

static enum dcf_status put_shapes(struct dcf_plot *m)
{
	const struct dcf_report *r = m->r;
	size_t limit = r->out->len + DCF_REPORT_MAP_SHAPES;
	enum dcf_status s = DCF_OK;

	for (size_t k = 0; s == DCF_OK && k < m->drawn_operations; k++) {
		size_t first = r->operations[r->order[k]].first_feature, n = r->plan->operations[r->order[k]].feature_count;

		for (size_t i = 0; s == DCF_OK && i < n; i++) {
			s = dcf_plot_feature(m, r->feature_order[first + i]);
			if (r->out->len > limit) {
				m->drawn_operations = k + 1;
				break;
			}
		}
	}
	return s;
}

/* Only what is elsewhere: the same outline twice says nothing. */
static enum dcf_status put_after_shapes(struct dcf_plot *m)
{
	const struct dcf_report *r = m->r;
	size_t limit = r->out->len + DCF_REPORT_AFTER;
	enum dcf_status s = DCF_OK;

	for (size_t k = 0; k < m->drawn_operations && r->out->len < limit && s == DCF_OK; k++) {
		const struct dcf_moved *after = r->operations[r->order[k]].after;

		for (uint32_t i = 0; s == DCF_OK && is_elsewhere(m, r->order[k]) && i < after->feature_count; i++)
			s = dcf_plot_after(m, &after->features[i]);
	}
	return s;
}

static enum dcf_status put_picture(struct dcf_plot *m)
{
	struct dcf_buf *out = m->r->out;
	enum dcf_status s;

	dcf_buf_z(out, "<div class=scroll tabindex=0 role=group aria-label=\"Map\"><svg class=\"map");
	dcf_buf_z(out, m->crowded ? " crowd\" viewBox=\"0 0 10000 " : "\" viewBox=\"0 0 10000 ");
	dcf_buf_i64(out, dcf_plot_whole(m->high));
	dcf_buf_z(out, "\" role=img aria-labelledby=mapt><title id=mapt>Map of the declared operations");
	if (m->r->shown_count)
		dcf_buf_z(out, " and of where they conflict");
	dcf_buf_z(out, "</title>\n");
	dcf_plot_ground(m);
	s = dcf_plot_agreement(m);
	if (s == DCF_OK)
		s = put_shapes(m);
	put_hatches(m);
	if (s == DCF_OK)
		s = put_after_shapes(m);
	put_marks(m);
	put_names(m);
	put_places(m);
	dcf_plot_scale(m);
	dcf_buf_z(out, "</svg></div>\n");
	return s;
}

enum dcf_status dcf_report_map(struct dcf_report *r)
{
	struct dcf_plot m = { .r = r, .outline = { .from = r->out->from } };
	enum dcf_status s;

	m.is_drawn = dcf_alloc_new(r->out->from, r->plan->feature_count);
	if (!m.is_drawn)
		return DCF_E_NOMEM;
	memset(m.is_drawn, 0, r->plan->feature_count);
	/* No more than could be drawn at 150 bytes each. */
	m.drawn_operations = r->operation_count;
	if (m.drawn_operations > DCF_REPORT_MAP_SHAPES / 150)
		m.drawn_operations = DCF_REPORT_MAP_SHAPES / 150;
	m.crowded = m.drawn_operations > CROWD;
	find_middle(&m);
	find_frame(&m);
	dcf_buf_z(r->out, "<section id=map><h2>Map</h2>\n");
	put_legend(&m);
	s = put_picture(&m);
	dcf_buf_z(r->out, "<p class=source>Coasts and borders: Natural Earth, simplified; not for navigation.</p>\n");
	put_operations_left_out(&m);
	dcf_buf_z(r->out, "</section>\n");
	dcf_outline_free(&m.outline);
	dcf_alloc_free(r->out->from, m.is_drawn, r->plan->feature_count);
	return s;
}
