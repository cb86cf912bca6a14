/* SPDX-License-Identifier: Apache-2.0 */
/* The map: a stereographic projection about the middle of what is shown, which keeps angles and circles
 * and knows neither poles nor antimeridian.  One unit of the picture is a tenth of a pixel of a picture
 * 1,000 pixels wide. */
#include "core/num.h"
#include "format/markup.h"
#include "format/put_number.h"
#include "format/report_int.h"

static const int16_t basemap[] = {
#include "format/basemap_data.h"
};

enum { WIDE = 10000, LABELS = 400, MARKS = 300, HATCHED = 80 };

struct box {
	double x0, y0, x1, y1;
};

struct map {
	struct dcf_report *r;
	struct dcf_vec middle, east, north;
	double scale;            /* picture units for a unit of the projection's plane */
	double left, top;        /* of the picture, in the plane times scale */
	double high;             /* picture units */
	double metres;           /* a picture unit at the middle */
	struct dcf_outline outline;
	size_t drawn_operations;
	uint8_t *is_drawn;       /* a feature each */
	struct box labels[LABELS];
	size_t label_count;
};

/* Beyond about 140 degrees from the middle there is no place in any picture. */
static bool project(const struct map *m, struct dcf_vec v, double *x, double *y)
{
	double c = 1 + dcf_vec_dot(m->middle, v);

	if (c < 0.25)
		return false;
	*x = 2 * dcf_vec_dot(m->east, v) / c * m->scale - m->left;
	*y = -2 * dcf_vec_dot(m->north, v) / c * m->scale - m->top;
	return true;
}

/* Picture units a metre at `v`. */
static double units_per_metre(const struct map *m, struct dcf_vec v)
{
	double c = 1 + dcf_vec_dot(m->middle, v);

	return 2 / (c < 0.25 ? 0.25 : c) * m->scale / dcf_rho(v.z);
}

/* ---- paths ---- */

struct pen {
	struct dcf_buf *out;
	long x, y;
	bool down;
	long least; /* steps shorter than this are put together */
};

static long whole(double v)
{
	v = v < -1e6 ? -1e6 : v > 1e6 ? 1e6 : v;
	return (long)dcf_floor(v + 0.5);
}

static void put_pair(struct dcf_buf *out, char command, long x, long y)
{
	dcf_buf_char(out, command);
	dcf_buf_i64(out, x);
	if (y >= 0)
		dcf_buf_char(out, ' ');
	dcf_buf_i64(out, y);
}

static void pen_move(struct pen *p, double x, double y)
{
	p->x = whole(x);
	p->y = whole(y);
	p->down = true;
	put_pair(p->out, 'M', p->x, p->y);
}

static void pen_line(struct pen *p, double x, double y, bool must)
{
	long ix = whole(x), iy = whole(y), dx = ix - p->x, dy = iy - p->y;

	if (!p->down) {
		pen_move(p, x, y);
		return;
	}
	if ((!dx && !dy) || (!must && dx * dx + dy * dy < p->least * p->least))
		return;
	put_pair(p->out, 'l', dx, dy);
	p->x = ix;
	p->y = iy;
}

/* An arc of radius `rad` to (x, y), clockwise on the screen or not. */
static void pen_arc(struct pen *p, double rad, bool clockwise, double x, double y)
{
	dcf_buf_char(p->out, 'A');
	dcf_buf_i64(p->out, whole(rad));
	dcf_buf_char(p->out, ' ');
	dcf_buf_i64(p->out, whole(rad));
	dcf_buf_z(p->out, clockwise ? " 0 0 1" : " 0 0 0");
	p->x = whole(x);
	p->y = whole(y);
	put_pair(p->out, ' ', p->x, p->y);
}

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

static void find_middle(struct map *m)
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

static void grow(struct box *b, double x, double y, double by)
{
	b->x0 = x - by < b->x0 ? x - by : b->x0;
	b->y0 = y - by < b->y0 ? y - by : b->y0;
	b->x1 = x + by > b->x1 ? x + by : b->x1;
	b->y1 = y + by > b->y1 ? y + by : b->y1;
}

static void grow_feature(const struct map *m, struct box *b, const struct dcf_feature *f)
{
	for (uint32_t i = 0; i < f->point_count; i++) {
		struct dcf_vec v = dcf_vec_of(f->points[i]);
		double x, y;

		if (project(m, v, &x, &y))
			grow(b, x, y, f->shape == DCF_POLYGON ? 0 : f->radius_m * units_per_metre(m, v));
	}
}

/* Scale and frame: all that is shown with a margin, at least 4 km, not taller than wide. */
static void find_frame(struct map *m)
{
	const struct dcf_report *r = m->r;
	struct box b = { 1e9, 1e9, -1e9, -1e9 };
	double w, h, least = 4000 / dcf_rho(m->middle.z);

	m->scale = 1;
	m->left = m->top = 0;
	for (size_t k = 0; k < m->drawn_operations; k++) {
		size_t first = r->operations[r->order[k]].first_feature, n = r->plan->operations[r->order[k]].feature_count;

		for (size_t i = 0; i < n; i++)
			grow_feature(m, &b, feature_at(r, first + i));
	}
	if (b.x0 > b.x1)
		b = (struct box){ 0, 0, 0, 0 };
	w = (b.x1 - b.x0) * 1.16 + least;
	h = (b.y1 - b.y0) * 1.16 + least;
	w = w > 9 ? 9 : w;
	h = h > 9 ? 9 : h;
	w = h > w ? h : w;
	h = h < 0.5 * w ? 0.5 * w : h;
	m->scale = WIDE / w;
	m->high = dcf_floor(h * m->scale);
	m->left = ((b.x0 + b.x1) / 2 - w / 2) * m->scale;
	m->top = ((b.y0 + b.y1) / 2 - h / 2) * m->scale;
	m->metres = dcf_rho(m->middle.z) / m->scale;
}

/* ---- lines under the operations ---- */

static bool outside(const struct map *m, double x, double y)
{
	return x < -100 || y < -100 || x > WIDE + 100 || y > m->high + 100;
}

/* Do both ends lie beyond the same edge?  Others are drawn whole: the picture clips them. */
static bool misses(const struct map *m, double ax, double ay, double bx, double by)
{
	return (ax < 0 && bx < 0) || (ay < 0 && by < 0) || (ax > WIDE && bx > WIDE) || (ay > m->high && by > m->high);
}

/* A line of points on the ground, whatever of it is in the picture. */
static void put_ground_line(const struct map *m, struct pen *pen, const struct dcf_vec *v, size_t n)
{
	double ax = 0, ay = 0, bx = 0, by = 0;
	bool have = false;

	pen->down = false;
	for (size_t i = 0; i < n; i++, ax = bx, ay = by) {
		bool ok = project(m, v[i], &bx, &by);

		if (!ok || !have || misses(m, ax, ay, bx, by)) {
			have = ok;
			pen->down = false;
			continue;
		}
		if (!pen->down)
			pen_move(pen, ax, ay);
		pen_line(pen, bx, by, i + 1 == n || outside(m, bx, by));
	}
}

static void put_basemap(const struct map *m, bool borders)
{
	struct dcf_buf *out = m->r->out;
	struct pen pen = { .out = out, .least = 8 };
	size_t limit = out->len + (borders ? DCF_REPORT_BASEMAP / 3u : DCF_REPORT_BASEMAP);
	struct dcf_vec run[64];

	dcf_buf_z(out, borders ? "<path class=border d=\"M0 0" : "<path class=coast d=\"M0 0");
	for (size_t i = 0; i < sizeof basemap / sizeof *basemap && out->len < limit;) {
		int n = basemap[i] >> 1, lon = 0, lat = 0;
		bool skip = (basemap[i] & 1) != borders;
		size_t in_run = 0;

		i++;
		for (int k = 0; k < n; k++, i += 2) {
			lon += basemap[i];
			lat += basemap[i + 1];
			if (skip)
				continue;
			run[in_run++] = dcf_vec_of((struct dcf_latlon){ lat * 100000, lon * 100000 });
			if (in_run == 64 || k + 1 == n) {
				put_ground_line(m, &pen, run, in_run);
				run[0] = run[in_run - 1];
				in_run = 1;
			}
		}
	}
	dcf_buf_z(out, "\"/>\n");
}

/* Degrees between lines of the grid, so that about five cross the picture. */
static double grid_step(const struct map *m)
{
	static const double steps[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30 };
	double wide = WIDE * m->metres / 111000;
	size_t i = 0;

	while (i + 1 < sizeof steps / sizeof *steps && steps[i] * 6 < wide)
		i++;
	return steps[i];
}

static struct dcf_latlon unproject(const struct map *m, double x, double y)
{
	double px = (x + m->left) / m->scale / 2, py = -(y + m->top) / m->scale / 2, q = px * px + py * py;
	struct dcf_vec v = dcf_vec_scale(m->middle, (1 - q) / (1 + q));

	v = dcf_vec_add(v, dcf_vec_scale(m->east, 2 * px / (1 + q)));
	v = dcf_vec_add(v, dcf_vec_scale(m->north, 2 * py / (1 + q)));
	return dcf_latlon_of(dcf_vec_unit(v));
}

static void put_grid_label(const struct map *m, double x, double y, int32_t e7, bool lat)
{
	struct dcf_buf *out = m->r->out;

	dcf_buf_z(out, "<text class=grid x=");
	dcf_buf_i64(out, whole(x));
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, whole(y));
	dcf_buf_char(out, '>');
	dcf_buf_fixed(out, (e7 < 0 ? -(int64_t)e7 : e7) / 100000, 2);
	dcf_buf_z(out, lat ? (e7 < 0 ? "\xc2\xb0S" : "\xc2\xb0N") : (e7 < 0 ? "\xc2\xb0W" : "\xc2\xb0""E"));
	dcf_buf_z(out, "</text>\n");
}

/* One line of the grid: `fixed` degrees (in steps) of latitude or longitude, over the whole picture. */
static void put_grid_line(const struct map *m, struct pen *pen, bool lat, double fixed, double from, double to)
{
	struct dcf_vec v[41];

	for (int i = 0; i <= 40; i++) {
		double at = from + (to - from) * i / 40;
		double la = lat ? fixed : at, lo = lat ? at : fixed;

		while (lo > 180)
			lo -= 360;
		while (lo < -180)
			lo += 360;
		la = la > 90 ? 90 : la < -90 ? -90 : la;
		v[i] = dcf_vec_of((struct dcf_latlon){ (int32_t)(la * 1e7), (int32_t)(lo * 1e7) });
	}
	put_ground_line(m, pen, v, 41);
}

/* The range of latitudes and longitudes along the picture's edge; longitudes counted from the middle's. */
static void grid_range(const struct map *m, double lat[2], double lon[2], double *middle_lon)
{
	struct dcf_latlon c = unproject(m, WIDE / 2.0, m->high / 2);

	lat[0] = lat[1] = c.lat_e7 / 1e7;
	lon[0] = lon[1] = 0;
	*middle_lon = c.lon_e7 / 1e7;
	for (int i = 0; i < 44; i++) {
		double t = i % 11 / 10.0, x = i < 11 ? t : i < 22 ? 1 : i < 33 ? t : 0, y = i < 11 ? 0 : i < 22 ? t : i < 33 ? 1 : t;
		struct dcf_latlon p = unproject(m, x * WIDE, y * m->high);
		double dlon = p.lon_e7 / 1e7 - *middle_lon;

		dlon = dlon > 180 ? dlon - 360 : dlon < -180 ? dlon + 360 : dlon;
		lat[0] = p.lat_e7 / 1e7 < lat[0] ? p.lat_e7 / 1e7 : lat[0];
		lat[1] = p.lat_e7 / 1e7 > lat[1] ? p.lat_e7 / 1e7 : lat[1];
		lon[0] = dlon < lon[0] ? dlon : lon[0];
		lon[1] = dlon > lon[1] ? dlon : lon[1];
	}
}

static void put_grid(const struct map *m)
{
	struct dcf_buf *out = m->r->out;
	struct pen pen = { .out = out, .least = 20 };
	double step = grid_step(m), lat[2], lon[2], middle;

	grid_range(m, lat, lon, &middle);
	dcf_buf_z(out, "<path class=grid d=\"M0 0");
	for (double a = dcf_ceil(lat[0] / step) * step; a <= lat[1]; a += step)
		put_grid_line(m, &pen, true, a, middle + lon[0] - step, middle + lon[1] + step);
	for (double o = dcf_ceil((middle + lon[0]) / step) * step; o <= middle + lon[1]; o += step)
		put_grid_line(m, &pen, false, o, lat[0] - step, lat[1] + step);
	dcf_buf_z(out, "\"/>\n");
	/* Labels where lines leave the left and the lower edge. */
	for (double a = dcf_ceil(lat[0] / step) * step; a <= lat[1]; a += step)
		for (double y = 200; y < m->high - 500; y += 10) {
			int32_t here = unproject(m, 0, y).lat_e7, e7 = (int32_t)dcf_floor(a * 1e7 + 0.5);

			if (here >= e7 && unproject(m, 0, y + 10).lat_e7 < e7) {
				put_grid_label(m, 40, y - 30, e7, true);
				break;
			}
		}
	for (double o = dcf_ceil((middle + lon[0]) / step) * step; o <= middle + lon[1]; o += step)
		for (double x = 900; x < WIDE - 2700; x += 10) {
			double turn = o > 180 ? o - 360 : o < -180 ? o + 360 : o;
			int32_t here = unproject(m, x, m->high).lon_e7, e7 = (int32_t)dcf_floor(turn * 1e7 + 0.5);

			if (here <= e7 && unproject(m, x + 10, m->high).lon_e7 > e7) {
				put_grid_label(m, x + 30, m->high - 50, e7, false);
				break;
			}
		}
}

/* ---- operations ---- */

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
static void put_bend(struct pen *pen, struct spot a, struct spot b, struct spot c, double rad)
{
	double ux = b.x - a.x, uy = b.y - a.y, vx = c.x - b.x, vy = c.y - b.y;
	double lu = dcf_sqrt(ux * ux + uy * uy), lv = dcf_sqrt(vx * vx + vy * vy);
	double cross = (ux * vy - uy * vx) / (lu * lv), dot = (ux * vx + uy * vy) / (lu * lv);
	struct spot in = beside(b, a, b, rad), out = beside(b, b, c, rad);
	double reach = rad * dcf_fabs(cross) / (1 + dot > 1e-6 ? 1 + dot : 1e-6);

	if (cross >= 0) {
		pen_line(pen, in.x, in.y, true);
		pen_arc(pen, rad, true, out.x, out.y);
	} else if (reach < lu && reach < lv) {
		pen_line(pen, in.x - ux / lu * reach, in.y - uy / lu * reach, true);
	} else {
		pen_line(pen, in.x, in.y, true);
		pen_line(pen, out.x, out.y, true);
	}
}

static void put_band_side(struct pen *pen, const struct spot *p, size_t n, double rad)
{
	struct spot s = beside(p[0], p[0], p[1], rad);

	if (pen->down)
		pen_arc(pen, rad, true, s.x, s.y);
	else
		pen_move(pen, s.x, s.y);
	for (size_t i = 1; i + 1 < n; i++)
		put_bend(pen, p[i - 1], p[i], p[i + 1], rad);
	s = beside(p[n - 1], p[n - 2], p[n - 1], rad);
	pen_line(pen, s.x, s.y, true);
}

/* The way of a corridor, orbit or trajectory in the picture, without points that would fall together.
 * The caller frees `*spots` (of *cap). */
static enum dcf_status find_way(struct map *m, const struct dcf_feature *f, struct spot **spots, size_t *count, size_t *cap)
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

			if (!project(m, k ? inner[k - 1] : dcf_vec_of(f->points[i]), &at.x, &at.y))
				continue;
			if (*count) {
				double dx = at.x - (*spots)[*count - 1].x, dy = at.y - (*spots)[*count - 1].y;

				if (dx * dx + dy * dy < 64)
					continue;
			}
			(*spots)[(*count)++] = at;
		}
	}
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

static void begin_shape(struct map *m, uint32_t feature, const char *element, const char *more)
{
	struct dcf_buf *out = m->r->out;
	const struct dcf_feature *f = &m->r->plan->features[feature];

	dcf_buf_char(out, '<');
	dcf_buf_z(out, element);
	dcf_buf_z(out, " id=f");
	dcf_buf_i64(out, feature);
	dcf_buf_z(out, " class=\"s ");
	dcf_report_party_class(m->r, f->party);
	dcf_buf_z(out, more);
	dcf_buf_z(out, "\" data-o=");
	dcf_buf_i64(out, f->operation);
	m->is_drawn[feature] = 1;
}

static void end_shape(struct map *m, uint32_t feature, const char *element)
{
	struct dcf_buf *out = m->r->out;
	const struct dcf_feature *f = &m->r->plan->features[feature];

	dcf_buf_z(out, "><title>");
	dcf_put_markup_short(out, m->r->plan->parties[f->party].id, 40);
	dcf_buf_char(out, ' ');
	dcf_put_markup_short(out, f->id, 80);
	dcf_buf_z(out, ", ");
	dcf_report_altitudes(m->r, f, f->start_us, f->end_us);
	dcf_buf_z(out, "</title></");
	dcf_buf_z(out, element);
	dcf_buf_z(out, ">\n");
}

static void put_disc(struct map *m, uint32_t feature, struct spot at, double rad)
{
	struct dcf_buf *out = m->r->out;

	begin_shape(m, feature, "circle", "");
	dcf_buf_z(out, " cx=");
	dcf_buf_i64(out, whole(at.x));
	dcf_buf_z(out, " cy=");
	dcf_buf_i64(out, whole(at.y));
	dcf_buf_z(out, " r=");
	dcf_buf_i64(out, whole(rad < 20 ? 20 : rad));
	end_shape(m, feature, "circle");
}

/* A way with its width; thin ones are a line. */
static enum dcf_status put_way(struct map *m, uint32_t feature)
{
	const struct dcf_feature *f = &m->r->plan->features[feature];
	double rad = f->radius_m * units_per_metre(m, dcf_vec_of(f->points[0]));
	struct spot *p = NULL;
	size_t n = 0, cap = 0;
	struct pen pen = { .out = m->r->out, .least = 6 };
	enum dcf_status s = find_way(m, f, &p, &n, &cap);

	if (s == DCF_OK && n == 1) {
		put_disc(m, feature, p[0], rad);
	} else if (s == DCF_OK && n > 1) {
		bool thin = rad < 15;

		begin_shape(m, feature, "path", thin ? " thin" : f->shape == DCF_TRAJECTORY ? " way" : "");
		dcf_buf_z(pen.out, " d=\"");
		if (thin) {
			for (size_t i = 0; i < n; i++)
				pen_line(&pen, p[i].x, p[i].y, i + 1 == n);
		} else {
			put_band_side(&pen, p, n, rad);
			reverse(p, n);
			put_band_side(&pen, p, n, rad);
			reverse(p, n);
			pen_arc(&pen, rad, true, beside(p[0], p[0], p[1], rad).x, beside(p[0], p[0], p[1], rad).y);
			dcf_buf_char(pen.out, 'z');
		}
		dcf_buf_char(pen.out, '"');
		end_shape(m, feature, "path");
	}
	dcf_alloc_free(m->r->out->from, p, cap * sizeof *p);
	return s;
}

/* Polygons, and circles too large to stay circles of the picture's scale. */
static enum dcf_status put_area(struct map *m, uint32_t feature)
{
	const struct dcf_feature *f = &m->r->plan->features[feature];
	struct dcf_outline_want want = { DCF_OUTLINE_PICTURE, m->metres * 5 > 2 ? m->metres * 5 : 2 };
	struct pen pen = { .out = m->r->out, .least = 7 };
	enum dcf_status s;

	dcf_outline_clear(&m->outline);
	s = dcf_outline_feature(&m->outline, f, &want);
	if (s == DCF_E_REFUSED)
		return DCF_OK; /* dcf_check refused it too and says so among the refusals */
	if (s != DCF_OK || !m->outline.ring_count)
		return s;
	begin_shape(m, feature, "path", "");
	dcf_buf_z(pen.out, " d=\"");
	for (size_t k = 0; k < m->outline.ring_count; k++) {
		const struct dcf_outline_ring *ring = &m->outline.rings[k];
		double x, y;

		pen.down = false;
		for (size_t i = 0; i < ring->count; i++)
			if (project(m, m->outline.points[ring->first + i], &x, &y))
				pen_line(&pen, x, y, false);
		if (pen.down)
			dcf_buf_z(pen.out, "l3 0z"); /* the closing line stays visible where all fell together */
	}
	dcf_buf_char(pen.out, '"');
	end_shape(m, feature, "path");
	return s;
}

static enum dcf_status put_feature(struct map *m, uint32_t feature)
{
	const struct dcf_feature *f = &m->r->plan->features[feature];
	struct dcf_vec v = dcf_vec_of(f->points[0]);
	struct spot at;

	if (f->shape == DCF_POLYGON || (f->shape == DCF_CIRCLE && f->radius_m > 300000))
		return put_area(m, feature);
	if (f->shape != DCF_CIRCLE)
		return put_way(m, feature);
	if (project(m, v, &at.x, &at.y))
		put_disc(m, feature, at, f->radius_m * units_per_metre(m, v));
	return DCF_OK;
}

/* ---- names ---- */

static bool overlaps(const struct map *m, struct box b)
{
	for (size_t i = 0; i < m->label_count; i++) {
		struct box o = m->labels[i];

		if (b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1)
			return true;
	}
	return b.x0 < 0 || b.y0 < 0 || b.x1 > WIDE || b.y1 > m->high;
}

/* Room for a text of `width` by `height` near (x, y): at it, or up to three lines above or below. */
static bool find_room(struct map *m, double x, double y, double width, double height, struct box *b)
{
	static const double dy[] = { 0, 1.1, -1.1, 2.2, -2.2, 3.3, -3.3 }, dx[] = { 0, 0.6, -0.6 };

	if (m->label_count == LABELS)
		return false;
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 3; k++) {
			double cx = x + dx[k] * width, cy = y + dy[i] * height;

			*b = (struct box){ cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2 };
			if (!overlaps(m, *b)) {
				m->labels[m->label_count++] = *b;
				return true;
			}
		}
	return false;
}

static void put_name(struct map *m, double x, double y, struct dcf_span text, const char *class, uint32_t operation)
{
	struct dcf_buf *out = m->r->out;
	size_t letters = text.len < 24 ? text.len : 24;
	struct box b;

	if (!find_room(m, x, y, (double)letters * 125 + 60, 230, &b))
		return;
	dcf_buf_z(out, "<text class=\"");
	dcf_buf_z(out, class);
	dcf_buf_z(out, "\" x=");
	dcf_buf_i64(out, whole((b.x0 + b.x1) / 2));
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, whole(b.y1 - 55));
	if (operation != DCF_NONE) {
		dcf_buf_z(out, " data-o=");
		dcf_buf_i64(out, operation);
	}
	dcf_buf_char(out, '>');
	dcf_put_markup_short(out, text, 24);
	dcf_buf_z(out, "</text>\n");
}

/* Where an operation's name stands: the middle of its first feature's longest part. */
static bool name_spot(const struct map *m, const struct dcf_feature *f, double *x, double *y)
{
	struct dcf_vec sum = { 0, 0, 0 };

	if (f->shape == DCF_CORRIDOR || f->shape == DCF_TRAJECTORY) {
		uint32_t i = (f->point_count - 1) / 2;

		sum = dcf_vec_add(dcf_vec_of(f->points[i]), dcf_vec_of(f->points[i + 1]));
	} else {
		add_points(&sum, f);
	}
	return dcf_vec_length(sum) > 1e-9 && project(m, dcf_vec_unit(sum), x, y);
}

static void put_names(struct map *m)
{
	const struct dcf_report *r = m->r;

	for (size_t k = 0; k < m->drawn_operations; k++) {
		const struct dcf_operation *o = &r->plan->operations[r->order[k]];
		const struct dcf_feature *f;
		char class[] = "name p0";
		double x, y;

		if (!o->feature_count)
			continue;
		f = feature_at(r, r->operations[r->order[k]].first_feature);
		class[6] = (char)('0' + o->party % DCF_REPORT_PATTERNS);
		if (name_spot(m, f, &x, &y))
			put_name(m, x, y, o->id, class, r->order[k]);
	}
}

static void put_places(struct map *m)
{
	const struct dcf_plan *plan = m->r->plan;
	struct dcf_buf *out = m->r->out;

	for (size_t i = 0, put = 0; i < plan->place_count && put < 60; i++) {
		double x, y;

		if (!project(m, dcf_vec_of(plan->places[i].at), &x, &y) || outside(m, x, y))
			continue;
		put++;
		dcf_buf_z(out, "<path class=place d=\"");
		put_pair(out, 'M', whole(x) - 60, whole(y));
		dcf_buf_z(out, "h120m-60-60v120\"/>");
		put_name(m, x, y + 190, plan->places[i].icao.len ? plan->places[i].icao : plan->places[i].name, "place", DCF_NONE);
	}
}

/* ---- conflicts ---- */

/* Where two features lie over each other in plan: one cut to the other, hatched. */
static void put_hatch(struct map *m, size_t number, const struct dcf_conflict *c)
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

	put_pair(out, 'M', x, y);
	dcf_buf_z(out, shapes[class]);
}

static void put_mark(struct map *m, size_t number, const struct dcf_conflict *c)
{
	struct dcf_buf *out = m->r->out;
	double x, y;
	struct box b;
	long mx, my;

	if (!project(m, dcf_vec_of(c->closest), &x, &y) || outside(m, x, y) || !find_room(m, x, y, 420, 420, &b))
		return;
	mx = whole((b.x0 + b.x1) / 2);
	my = whole((b.y0 + b.y1) / 2);
	dcf_buf_z(out, "<a href=\"#c");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "\"><g class=\"m ");
	dcf_buf_z(out, dcf_class_name(c->class));
	dcf_buf_z(out, "\" data-c=");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "><title>Conflict ");
	dcf_buf_i64(out, (int64_t)number);
	dcf_buf_z(out, "</title><path d=\"");
	put_pair(out, 'M', whole(x), whole(y));
	put_pair(out, 'L', mx, my);
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

static void put_hatches(struct map *m)
{
	for (size_t k = 0; k < m->r->shown_count && k < HATCHED; k++)
		put_hatch(m, m->r->shown[k].number, m->r->shown[k].conflict);
}

/* ---- the whole ---- */

static void put_bar(struct dcf_buf *out, long x, long y, long length, double n, const char *unit)
{
	dcf_buf_z(out, "<path class=scale d=\"");
	put_pair(out, 'M', x, y - 60);
	dcf_buf_z(out, "v60h");
	dcf_buf_i64(out, length);
	dcf_buf_z(out, "v-60\"/><text class=scale x=");
	dcf_buf_i64(out, x + length + 60);
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, y + 20);
	dcf_buf_char(out, '>');
	dcf_put_double(out, n);
	dcf_buf_z(out, unit);
	dcf_buf_z(out, "</text>");
}

/* Bars of a round length in both units, true at the middle. */
static void put_scale(const struct map *m)
{
	static const double round[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000 };
	static const struct {
		double metres;
		const char *unit;
	} units[] = { { 1852, " NM" }, { 1000, " km" } };

	for (int u = 0; u < 2; u++) {
		size_t i = 0;

		while (i + 1 < sizeof round / sizeof *round && round[i + 1] * units[u].metres / m->metres < 1500)
			i++;
		put_bar(m->r->out, 7700, whole(m->high) - 420 + 260 * u, whole(round[i] * units[u].metres / m->metres), round[i],
			units[u].unit);
	}
	dcf_buf_char(m->r->out, '\n');
}

static void put_legend(const struct map *m)
{
	struct dcf_buf *out = m->r->out;
	const struct dcf_plan *plan = m->r->plan;

	dcf_buf_z(out, "<ul class=legend>");
	for (uint32_t i = 0; i < plan->party_count && i < 24; i++) {
		dcf_buf_z(out, "<li><svg class=key viewBox=\"0 0 30 8\" aria-hidden=true><path class=");
		dcf_report_party_class(m->r, i);
		dcf_buf_z(out, " d=\"M1 4h28\"/></svg> ");
		dcf_put_markup_short(out, plan->parties[i].id, 40);
		dcf_buf_z(out, "</li>");
	}
	if (m->r->shown_count)
		dcf_buf_z(out, "<li><span class=\"mark overlap\">n</span> overlap</li><li><span class=\"mark separation\">n</span> "
			       "too close</li><li><svg class=key viewBox=\"0 0 30 10\" aria-hidden=true><rect width=30 height=10 "
			       "fill=\"url(#g)\" /></svg> where the two lie over each other in plan</li>");
	dcf_buf_z(out, "</ul>\n");
}

static void put_operations_left_out(const struct map *m)
{
	struct dcf_buf *out = m->r->out;
	size_t all = m->r->plan->operation_count;

	if (m->drawn_operations == all)
		return;
	dcf_buf_z(out, "<p class=left>The map shows ");
	dcf_report_count(out, m->drawn_operations);
	dcf_buf_z(out, " of ");
	dcf_report_count(out, all);
	dcf_buf_z(out, " operations, those in conflict first.</p>\n");
}

static enum dcf_status put_shapes(struct map *m)
{
	const struct dcf_report *r = m->r;
	size_t limit = r->out->len + DCF_REPORT_MAP_SHAPES;
	enum dcf_status s = DCF_OK;

	for (size_t k = 0; s == DCF_OK && k < m->drawn_operations; k++) {
		size_t first = r->operations[r->order[k]].first_feature, n = r->plan->operations[r->order[k]].feature_count;

		for (size_t i = 0; s == DCF_OK && i < n; i++) {
			s = put_feature(m, r->feature_order[first + i]);
			if (r->out->len > limit) {
				m->drawn_operations = k + 1;
				break;
			}
		}
	}
	return s;
}

static enum dcf_status put_picture(struct map *m)
{
	struct dcf_buf *out = m->r->out;
	enum dcf_status s;

	dcf_buf_z(out, "<div class=scroll tabindex=0 role=group aria-label=\"Map\"><svg class=map viewBox=\"0 0 10000 ");
	dcf_buf_i64(out, whole(m->high));
	dcf_buf_z(out, "\" role=img aria-labelledby=mapt><title id=mapt>Map of the declared operations");
	if (m->r->shown_count)
		dcf_buf_z(out, " and of where they conflict");
	dcf_buf_z(out, "</title>\n");
	put_basemap(m, false);
	put_basemap(m, true);
	put_grid(m);
	s = put_shapes(m);
	put_hatches(m);
	/* Marks first claim their room, though they are drawn in the same layer as names. */
	for (size_t k = 0; k < mark_count(m->r); k++)
		put_mark(m, m->r->shown[k].number, m->r->shown[k].conflict);
	put_names(m);
	put_places(m);
	put_scale(m);
	dcf_buf_z(out, "</svg></div>\n");
	return s;
}

enum dcf_status dcf_report_map(struct dcf_report *r)
{
	struct map m = { .r = r, .outline = { .from = r->out->from } };
	enum dcf_status s;

	m.is_drawn = dcf_alloc_new(r->out->from, r->plan->feature_count);
	if (!m.is_drawn)
		return DCF_E_NOMEM;
	memset(m.is_drawn, 0, r->plan->feature_count);
	/* No more than could be drawn at 150 bytes each. */
	m.drawn_operations = r->plan->operation_count;
	if (m.drawn_operations > DCF_REPORT_MAP_SHAPES / 150)
		m.drawn_operations = DCF_REPORT_MAP_SHAPES / 150;
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
