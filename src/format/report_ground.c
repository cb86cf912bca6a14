/* SPDX-License-Identifier: Apache-2.0 */
/* Coasts, borders, the grid of latitude and longitude, the scale. */
#include "core/num.h"
#include "format/put_number.h"
#include "format/report_plot.h"

static const int16_t basemap[] = {
#include "format/basemap_data.h"
};

static void put_basemap(const struct dcf_plot *m, bool borders)
{
	struct dcf_buf *out = m->r->out;
	struct dcf_pen pen = { .out = out, .least = 8 };
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
				dcf_pen_ground(m, &pen, run, in_run);
				run[0] = run[in_run - 1];
				in_run = 1;
			}
		}
	}
	dcf_buf_z(out, "\"/>\n");
}

/* Degrees between lines of the grid, so that about five cross the picture. */
static double grid_step(const struct dcf_plot *m)
{
	static const double steps[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30 };
	double wide = DCF_PLOT_WIDE * m->metres / 111000;
	size_t i = 0;

	while (i + 1 < sizeof steps / sizeof *steps && steps[i] * 6 < wide)
		i++;
	return steps[i];
}

static void put_grid_label(const struct dcf_plot *m, double x, double y, int32_t e7, bool lat)
{
	struct dcf_buf *out = m->r->out;

	dcf_buf_z(out, "<text class=grid x=");
	dcf_buf_i64(out, dcf_plot_whole(x));
	dcf_buf_z(out, " y=");
	dcf_buf_i64(out, dcf_plot_whole(y));
	dcf_buf_char(out, '>');
	dcf_buf_fixed(out, (e7 < 0 ? -(int64_t)e7 : e7) / 100000, 2);
	dcf_buf_z(out, lat ? (e7 < 0 ? "\xc2\xb0S" : "\xc2\xb0N")
			   : (e7 < 0 ? "\xc2\xb0W"
				     : "\xc2\xb0"
				       "E"));
	dcf_buf_z(out, "</text>\n");
}

/* One line of the grid: `fixed` degrees (in steps) of latitude or longitude, over the whole picture. */
static void put_grid_line(const struct dcf_plot *m, struct dcf_pen *pen, bool lat, double fixed, double from, double to)
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
	dcf_pen_ground(m, pen, v, 41);
}

/* The range of latitudes and longitudes along the picture's edge; longitudes counted from the middle's. */
static void grid_range(const struct dcf_plot *m, double lat[2], double lon[2], double *middle_lon)
{
	struct dcf_latlon c = dcf_plot_unproject(m, DCF_PLOT_WIDE / 2.0, m->high / 2);

	lat[0] = lat[1] = c.lat_e7 / 1e7;
	lon[0] = lon[1] = 0;
	*middle_lon = c.lon_e7 / 1e7;
	for (int i = 0; i < 44; i++) {
		double t = i % 11 / 10.0,
		       x = i < 11   ? t
			   : i < 22 ? 1
			   : i < 33 ? t
				    : 0,
		       y = i < 11   ? 0
			   : i < 22 ? t
			   : i < 33 ? 1
				    : t;
		struct dcf_latlon p = dcf_plot_unproject(m, x * DCF_PLOT_WIDE, y * m->high);
		double dlon = p.lon_e7 / 1e7 - *middle_lon;

		dlon = dlon > 180 ? dlon - 360 : dlon < -180 ? dlon + 360 : dlon;
		lat[0] = p.lat_e7 / 1e7 < lat[0] ? p.lat_e7 / 1e7 : lat[0];
		lat[1] = p.lat_e7 / 1e7 > lat[1] ? p.lat_e7 / 1e7 : lat[1];
		lon[0] = dlon < lon[0] ? dlon : lon[0];
		lon[1] = dlon > lon[1] ? dlon : lon[1];
	}
}

static void put_grid(const struct dcf_plot *m)
{
	struct dcf_buf *out = m->r->out;
	struct dcf_pen pen = { .out = out, .least = 20 };
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
			int32_t here = dcf_plot_unproject(m, 0, y).lat_e7, e7 = (int32_t)dcf_floor(a * 1e7 + 0.5);

			if (here >= e7 && dcf_plot_unproject(m, 0, y + 10).lat_e7 < e7) {
				put_grid_label(m, 40, y - 30, e7, true);
				break;
			}
		}
	for (double o = dcf_ceil((middle + lon[0]) / step) * step; o <= middle + lon[1]; o += step)
		for (double x = 900; x < DCF_PLOT_WIDE - 2700; x += 10) {
			double turn = o > 180 ? o - 360 : o < -180 ? o + 360 : o;
			int32_t here = dcf_plot_unproject(m, x, m->high).lon_e7, e7 = (int32_t)dcf_floor(turn * 1e7 + 0.5);

			if (here <= e7 && dcf_plot_unproject(m, x + 10, m->high).lon_e7 > e7) {
				put_grid_label(m, x + 30, m->high - 50, e7, false);
				break;
			}
		}
}

static void put_bar(struct dcf_buf *out, long x, long y, long length, double n, const char *unit)
{
	dcf_buf_z(out, "<path class=scale d=\"");
	dcf_pen_pair(out, 'M', x, y - 60);
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
void dcf_plot_scale(const struct dcf_plot *m)
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
		put_bar(m->r->out, 7700, dcf_plot_whole(m->high) - 420 + 260 * u,
			dcf_plot_whole(round[i] * units[u].metres / m->metres), round[i], units[u].unit);
	}
	dcf_buf_char(m->r->out, '\n');
}

void dcf_plot_ground(const struct dcf_plot *m)
{
	put_basemap(m, false);
	put_basemap(m, true);
	put_grid(m);
}
