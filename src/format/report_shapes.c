/* SPDX-License-Identifier: Apache-2.0 */
/* The outlines of operations in the map. */
#include "core/num.h"
#include "format/markup.h"
#include "format/report_plot.h"

/* Beside the way from a to b at distance `rad`, on its left as seen on the screen (y down). */
struct spot {
	double x, y;
};

static struct spot beside(struct spot at, struct spot a, struct spot b, double rad)
{
	double dx = b.x - a.x, dy = b.y - a.y, d = dcf_sqrt(dx * dx + dy * dy);

	return (struct spot){ at.x + dy / d * rad, at.y - dx / d * rad };
}

/* Round a bend on the left side: an arc where the way turns right, otherwise the point where both
 * sides meet, as long as the legs reach that far. */
static void put_bend(struct dcf_pen *pen, struct spot a, struct spot b, struct spot c, double rad)
{
	double ux = b.x - a.x, uy = b.y - a.y, vx = c.x - b.x, vy = c.y - b.y;
	double lu = dcf_sqrt(ux * ux + uy * uy), lv = dcf_sqrt(vx * vx + vy * vy);
	double cross = (ux * vy - uy * vx) / (lu * lv), dot = (ux * vx + uy * vy) / (lu * lv);
	struct spot in = beside(b, a, b, rad), out = beside(b, b, c, rad);
	double reach = rad * dcf_fabs(cross) / (1 + dot > 1e-6 ? 1 + dot : 1e-6);

	if (cross >= 0) {
		dcf_pen_line(pen, in.x, in.y, true);
		dcf_pen_arc(pen, rad, true, out.x, out.y);
	} else if (reach < lu && reach < lv) {
		dcf_pen_line(pen, in.x - ux / lu * reach, in.y - uy / lu * reach, true);
	} else {
		dcf_pen_line(pen, in.x, in.y, true);
		dcf_pen_line(pen, out.x, out.y, true);
	}
}

static void put_band_side(struct dcf_pen *pen, const struct spot *p, size_t n, double rad)
{
	struct spot s = beside(p[0], p[0], p[1], rad);

	if (pen->down)
		dcf_pen_arc(pen, rad, true, s.x, s.y);
	else
		dcf_pen_move(pen, s.x, s.y);
	for (size_t i = 1; i + 1 < n; i++)
		put_bend(pen, p[i - 1], p[i], p[i + 1], rad);
	s = beside(p[n - 1], p[n - 2], p[n - 1], rad);
	dcf_pen_line(pen, s.x, s.y, true);
}

/* Is everything between `from` and `to` within half a pixel of the line that joins them? */
static bool is_straight(const struct spot *p, size_t from, size_t to)
{
	double dx = p[to].x - p[from].x, dy = p[to].y - p[from].y, d = dcf_sqrt(dx * dx + dy * dy);

	for (size_t i = from + 1; i < to; i++) {
		double ex = p[i].x - p[from].x, ey = p[i].y - p[from].y;
		double along = ex * dx + ey * dy, off = dcf_fabs(ex * dy - ey * dx);

		/* Behind an end counts as off the line: a way that turns back keeps its turn. */
		if (off > 5 * d || along < 0 || along > d * d)
			return false;
	}
	return true;
}

/* Drop what a straight line says as well; returns how many points are left. */
static size_t straighten(struct spot *p, size_t n)
{
	size_t left = n ? 1 : 0;

	for (size_t from = 0; from + 1 < n;) {
		size_t to = from + 1;

		while (to + 1 < n && to - from < 64 && is_straight(p, from, to + 1))
			to++;
		p[left++] = p[to]; /* left never passes to, so what lies behind is still in place */
		from = to;
	}
	return left;
}

/* The way of a corridor, orbit or trajectory in the picture, without points that would fall together.
 * The caller frees `*spots` (of *cap). */
static enum dcf_status find_way(struct dcf_plot *m, const struct dcf_feature *f, struct spot **spots, size_t *count,
				size_t *cap)
{
	const struct dcf_alloc *from = m->r->out->from;
	enum dcf_status s = DCF_OK;
	struct dcf_vec inner[16];

	*count = 0;
	for (uint32_t i = 0; s == DCF_OK && i < f->point_count; i++) {
		uint32_t pieces = 1;
		void *p = *spots;

		if (i + 1 < f->point_count &&
		    dcf_edge_pieces(f->points[i], f->points[i + 1], DCF_EDGES_GEODESIC, 150000, &pieces) != DCF_OK)
			pieces = 1;
		pieces = pieces > 16 ? 16 : pieces;
		if (i + 1 < f->point_count)
			dcf_edge_points(f->points[i], f->points[i + 1], DCF_EDGES_GEODESIC, pieces, inner);
		s = dcf_grow(from, &p, cap, *count + pieces, sizeof **spots);
		*spots = p;
		for (uint32_t k = 0; s == DCF_OK && k < pieces; k++) {
			struct spot at;

			if (!dcf_plot_project(m, k ? inner[k - 1] : dcf_vec_of(f->points[i]), &at.x, &at.y))
				continue;
			if (*count) {
				double dx = at.x - (*spots)[*count - 1].x, dy = at.y - (*spots)[*count - 1].y;

				if (dx * dx + dy * dy < 64)
					continue;
			}
			(*spots)[(*count)++] = at;
		}
	}
	*count = straighten(*spots, *count);
	return s;
}

static void reverse(struct spot *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct spot swap = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = swap;
	}
}

static void begin_shape(struct dcf_plot *m, const struct dcf_feature *f, const char *element, const char *more)
{
	struct dcf_buf *out = m->r->out;

	dcf_buf_char(out, '<');
	dcf_buf_z(out, element);
	if (m->number != DCF_NONE) {
		dcf_buf_z(out, " id=f");
		dcf_buf_i64(out, m->number);
		m->is_drawn[m->number] = 1;
	}
	dcf_buf_z(out, " class=\"s ");
	dcf_report_party_class(m->r, f->party);
	dcf_buf_z(out, more);
	if (m->number == DCF_NONE)
		dcf_buf_z(out, " after");
	else if (m->crowded && m->r->operations[f->operation].standing != DCF_IN_CONFLICT)
		dcf_buf_z(out, " q");
	dcf_buf_z(out, "\" data-o=");
	dcf_buf_i64(out, f->operation);
}

static void end_shape(struct dcf_plot *m, const struct dcf_feature *f, const char *element)
{
	struct dcf_buf *out = m->r->out;

	dcf_buf_z(out, m->number == DCF_NONE ? "><title>After the change: " : "><title>");
	dcf_put_markup_short(out, m->r->plan->parties[f->party].id, 40);
	dcf_buf_char(out, ' ');
	dcf_put_markup_short(out, f->id, 80);
	dcf_buf_z(out, ", ");
	dcf_report_altitudes(m->r, f, f->start_us, f->end_us);
	dcf_buf_z(out, "</title></");
	dcf_buf_z(out, element);
	dcf_buf_z(out, ">\n");
}

static void put_disc(struct dcf_plot *m, const struct dcf_feature *f, struct spot at, double rad)
{
	struct dcf_buf *out = m->r->out;

	begin_shape(m, f, "circle", "");
	dcf_buf_z(out, " cx=");
	dcf_buf_i64(out, dcf_plot_whole(at.x));
	dcf_buf_z(out, " cy=");
	dcf_buf_i64(out, dcf_plot_whole(at.y));
	dcf_buf_z(out, " r=");
	dcf_buf_i64(out, dcf_plot_whole(rad < 20 ? 20 : rad));
	end_shape(m, f, "circle");
}

/* A way with its width; thin ones are a line. */
static enum dcf_status put_way(struct dcf_plot *m, const struct dcf_feature *f)
{
	double rad = f->radius_m * dcf_plot_units(m, dcf_vec_of(f->points[0]));
	struct spot *p = NULL;
	size_t n = 0, cap = 0;
	struct dcf_pen pen = { .out = m->r->out, .least = 6 };
	enum dcf_status s = find_way(m, f, &p, &n, &cap);

	if (s == DCF_OK && n == 1) {
		put_disc(m, f, p[0], rad);
	} else if (s == DCF_OK && n > 1) {
		bool thin = rad < 15;

		begin_shape(m, f, "path", thin ? " thin" : f->shape == DCF_TRAJECTORY ? " way" : "");
		dcf_buf_z(pen.out, " d=\"");
		if (thin) {
			for (size_t i = 0; i < n; i++)
				dcf_pen_line(&pen, p[i].x, p[i].y, i + 1 == n);
		} else {
			put_band_side(&pen, p, n, rad);
			reverse(p, n);
			put_band_side(&pen, p, n, rad);
			reverse(p, n);
			dcf_pen_arc(&pen, rad, true, beside(p[0], p[0], p[1], rad).x, beside(p[0], p[0], p[1], rad).y);
			dcf_buf_char(pen.out, 'z');
		}
		dcf_buf_char(pen.out, '"');
		end_shape(m, f, "path");
	}
	dcf_alloc_free(m->r->out->from, p, cap * sizeof *p);
	return s;
}

/* The rings of the outline as closed parts of a path. */
static void put_outline(const struct dcf_plot *m, struct dcf_pen *pen)
{
	for (size_t k = 0; k < m->outline.ring_count; k++) {
		const struct dcf_outline_ring *ring = &m->outline.rings[k];
		double x, y;

		pen->down = false;
		for (size_t i = 0; i < ring->count; i++)
			if (dcf_plot_project(m, m->outline.points[ring->first + i], &x, &y))
				dcf_pen_line(pen, x, y, false);
		if (pen->down)
			dcf_buf_z(pen->out, "l3 0z"); /* the closing line stays visible where all fell together */
	}
}

/* Polygons, and circles too large to stay circles of the picture's scale. */
static enum dcf_status put_area(struct dcf_plot *m, const struct dcf_feature *f)
{
	struct dcf_outline_want want = { DCF_OUTLINE_PICTURE, m->metres * 5 > 2 ? m->metres * 5 : 2 };
	struct dcf_pen pen = { .out = m->r->out, .least = 7 };
	enum dcf_status s;

	dcf_outline_clear(&m->outline);
	s = dcf_outline_feature(&m->outline, f, &want);
	if (s == DCF_E_REFUSED)
		return DCF_OK; /* dcf_check refused it too and says so among the refusals */
	if (s != DCF_OK || !m->outline.ring_count)
		return s;
	begin_shape(m, f, "path", "");
	dcf_buf_z(pen.out, " d=\"");
	put_outline(m, &pen);
	dcf_buf_char(pen.out, '"');
	end_shape(m, f, "path");
	return s;
}

static enum dcf_status put_feature(struct dcf_plot *m, const struct dcf_feature *f)
{
	struct dcf_vec v = dcf_vec_of(f->points[0]);
	struct spot at;

	if (f->shape == DCF_POLYGON || (f->shape == DCF_CIRCLE && f->radius_m > 300000))
		return put_area(m, f);
	if (f->shape != DCF_CIRCLE)
		return put_way(m, f);
	if (dcf_plot_project(m, v, &at.x, &at.y))
		put_disc(m, f, at, f->radius_m * dcf_plot_units(m, v));
	return DCF_OK;
}

enum dcf_status dcf_plot_feature(struct dcf_plot *m, uint32_t feature)
{
	m->number = feature;
	return put_feature(m, &m->r->plan->features[feature]);
}

enum dcf_status dcf_plot_after(struct dcf_plot *m, const struct dcf_feature *f)
{
	m->number = DCF_NONE;
	return put_feature(m, f);
}

/* ---- the agreement ---- */

static void put_rule_title(struct dcf_buf *out, const char *what, struct dcf_span id)
{
	dcf_buf_z(out, "\"><title>");
	dcf_buf_z(out, what);
	dcf_put_markup_short(out, id, 80);
	dcf_buf_z(out, "</title></path>\n");
}

static enum dcf_status put_line(struct dcf_plot *m, const struct dcf_line_rule *line)
{
	struct dcf_pen pen = { .out = m->r->out, .least = 8 };
	size_t size = line->point_count * sizeof(struct dcf_vec);
	struct dcf_vec *v = dcf_alloc_new(m->r->out->from, size);

	if (!v)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < line->point_count; i++)
		v[i] = dcf_vec_of(line->points[i]);
	dcf_buf_z(pen.out, "<path class=line d=\"M0 0");
	dcf_pen_ground(m, &pen, v, line->point_count);
	put_rule_title(pen.out, "Line ", line->id);
	dcf_alloc_free(m->r->out->from, v, size);
	return DCF_OK;
}

static enum dcf_status put_rule_area(struct dcf_plot *m, const struct dcf_area_rule *area)
{
	static const char *const words[] = {
		[DCF_AREA_NO_ENTRY] = "No entry: ",
		[DCF_AREA_ASK_FIRST] = "Ask first: ",
		[DCF_AREA_CONTACT] = "Report before entering: ",
	};
	struct dcf_outline_want want = { DCF_OUTLINE_PICTURE, m->metres * 5 > 2 ? m->metres * 5 : 2 };
	struct dcf_pen pen = { .out = m->r->out, .least = 7 };
	enum dcf_status s;

	dcf_outline_clear(&m->outline);
	s = dcf_outline_feature(&m->outline, area->volume, &want);
	if (s != DCF_OK)
		return s == DCF_E_REFUSED ? DCF_OK : s;
	dcf_buf_z(pen.out, "<path class=area d=\"M0 0");
	put_outline(m, &pen);
	put_rule_title(pen.out, words[area->kind], area->id);
	return DCF_OK;
}

enum dcf_status dcf_plot_agreement(struct dcf_plot *m)
{
	const struct dcf_agreement *a = &m->r->plan->agreement;
	size_t limit = m->r->out->len + DCF_REPORT_LIST;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; s == DCF_OK && i < a->area_count && m->r->out->len < limit; i++)
		s = put_rule_area(m, &a->areas[i]);
	for (size_t i = 0; s == DCF_OK && i < a->line_count && m->r->out->len < limit; i++)
		s = put_line(m, &a->lines[i]);
	return s;
}
