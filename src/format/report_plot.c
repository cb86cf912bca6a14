/* SPDX-License-Identifier: Apache-2.0 */
#include "format/report_plot.h"
#include "core/num.h"

/* Beyond about 140 degrees from the middle there is no place in any picture. */
bool dcf_plot_project(const struct dcf_plot *m, struct dcf_vec v, double *x, double *y)
{
	double c = 1 + dcf_vec_dot(m->middle, v);

	if (c < 0.25)
		return false;
	*x = 2 * dcf_vec_dot(m->east, v) / c * m->scale - m->left;
	*y = -2 * dcf_vec_dot(m->north, v) / c * m->scale - m->top;
	return true;
}

/* Picture units a metre at `v`. */
double dcf_plot_units(const struct dcf_plot *m, struct dcf_vec v)
{
	double c = 1 + dcf_vec_dot(m->middle, v);

	return 2 / (c < 0.25 ? 0.25 : c) * m->scale / dcf_rho(v.z);
}

struct dcf_latlon dcf_plot_unproject(const struct dcf_plot *m, double x, double y)
{
	double px = (x + m->left) / m->scale / 2, py = -(y + m->top) / m->scale / 2, q = px * px + py * py;
	struct dcf_vec v = dcf_vec_scale(m->middle, (1 - q) / (1 + q));

	v = dcf_vec_add(v, dcf_vec_scale(m->east, 2 * px / (1 + q)));
	v = dcf_vec_add(v, dcf_vec_scale(m->north, 2 * py / (1 + q)));
	return dcf_latlon_of(dcf_vec_unit(v));
}

long dcf_plot_whole(double v)
{
	v = v < -1e6 ? -1e6 : v > 1e6 ? 1e6 : v;
	return (long)dcf_floor(v + 0.5);
}

void dcf_pen_pair(struct dcf_buf *out, char command, long x, long y)
{
	dcf_buf_char(out, command);
	dcf_buf_i64(out, x);
	if (y >= 0)
		dcf_buf_char(out, ' ');
	dcf_buf_i64(out, y);
}

void dcf_pen_move(struct dcf_pen *p, double x, double y)
{
	p->x = dcf_plot_whole(x);
	p->y = dcf_plot_whole(y);
	p->down = true;
	dcf_pen_pair(p->out, 'M', p->x, p->y);
}

void dcf_pen_line(struct dcf_pen *p, double x, double y, bool must)
{
	long ix = dcf_plot_whole(x), iy = dcf_plot_whole(y), dx = ix - p->x, dy = iy - p->y;

	if (!p->down) {
		dcf_pen_move(p, x, y);
		return;
	}
	if ((!dx && !dy) || (!must && dx * dx + dy * dy < p->least * p->least))
		return;
	dcf_pen_pair(p->out, 'l', dx, dy);
	p->x = ix;
	p->y = iy;
}

/* An arc of radius `rad` to (x, y), clockwise on the screen or not. */
void dcf_pen_arc(struct dcf_pen *p, double rad, bool clockwise, double x, double y)
{
	dcf_buf_char(p->out, 'A');
	dcf_buf_i64(p->out, dcf_plot_whole(rad));
	dcf_buf_char(p->out, ' ');
	dcf_buf_i64(p->out, dcf_plot_whole(rad));
	dcf_buf_z(p->out, clockwise ? " 0 0 1" : " 0 0 0");
	p->x = dcf_plot_whole(x);
	p->y = dcf_plot_whole(y);
	dcf_pen_pair(p->out, ' ', p->x, p->y);
}

bool dcf_plot_outside(const struct dcf_plot *m, double x, double y)
{
	return x < -100 || y < -100 || x > DCF_PLOT_WIDE + 100 || y > m->high + 100;
}

/* Do both ends lie beyond the same edge?  Others are drawn whole: the picture clips them. */
static bool misses(const struct dcf_plot *m, double ax, double ay, double bx, double by)
{
	return (ax < 0 && bx < 0) || (ay < 0 && by < 0) || (ax > DCF_PLOT_WIDE && bx > DCF_PLOT_WIDE) ||
	       (ay > m->high && by > m->high);
}

/* A line of points on the ground, whatever of it is in the picture. */
void dcf_pen_ground(const struct dcf_plot *m, struct dcf_pen *pen, const struct dcf_vec *v, size_t n)
{
	double ax = 0, ay = 0, bx = 0, by = 0;
	bool have = false;

	pen->down = false;
	for (size_t i = 0; i < n; i++, ax = bx, ay = by) {
		bool ok = dcf_plot_project(m, v[i], &bx, &by);

		if (!ok || !have || misses(m, ax, ay, bx, by)) {
			have = ok;
			pen->down = false;
			continue;
		}
		if (!pen->down)
			dcf_pen_move(pen, ax, ay);
		dcf_pen_line(pen, bx, by, i + 1 == n || dcf_plot_outside(m, bx, by));
	}
}
