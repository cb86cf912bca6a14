/* SPDX-License-Identifier: Apache-2.0 */
/* notation_grid.h - the transverse Mercator and polar stereographic grids of UTM and UPS, on WGS 84.
 *
 * Krueger's series to the sixth order in n (C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers",
 * J. Geodesy 85, 2011, equations 35 and 36), over the core's own elementary functions: within 10 nm of the projection inside a
 * zone, and the same bits everywhere.  Pure; any thread. */
#ifndef DCF_FORMAT_NOTATION_GRID_H
#define DCF_FORMAT_NOTATION_GRID_H

#include "core/plan.h"

/* Metres with false easting and northing: of UTM 500,000 and, south of the equator, 10,000,000; of UPS 2,000,000 and
 * 2,000,000. */
struct dcf_grid {
	double x, y;
};

/* The UTM zone of a place, 1..60, with the exceptions of Norway (32V) and Svalbard (31X to 37X); 0 where UPS holds: below 80 S,
 * and from 84 N on. */
int dcf_utm_zone(struct dcf_latlon p);
/* The band letter C..X of a latitude from 80 S up to 84 N; X reaches from 72 N on. */
char dcf_utm_band(int32_t lat_e7);
/* South edge of a band letter in whole degrees, and its north edge; 0 and 0 for what is none. */
void dcf_utm_band_edges(char band, int *south_deg, int *north_deg);

/* `south`: with the southern hemisphere's false northing, whatever side the place is on. */
struct dcf_grid dcf_utm_forward(struct dcf_latlon p, int zone, bool south);
/* 1e-7 degree, not rounded; longitude -180..180.  |x - 500,000| up to 1,000,000 m, and y within 10,000,000 m of the
 * equator. */
void dcf_utm_reverse(struct dcf_grid g, int zone, bool south, double *lat_e7, double *lon_e7);

struct dcf_grid dcf_ups_forward(struct dcf_latlon p, bool south);
void dcf_ups_reverse(struct dcf_grid g, bool south, double *lat_e7, double *lon_e7);

/* Rounded to the nearest, and longitude to (-180, 180]. */
struct dcf_latlon dcf_grid_latlon(double lat_e7, double lon_e7);

#endif
