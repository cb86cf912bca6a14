/* SPDX-License-Identifier: Apache-2.0 */
/* report_plot.h - the map's projection and pen.  Internal to report_*.c.
 *
 * A stereographic projection about the middle of what is shown, which keeps angles and circles and knows
 * neither poles nor antimeridian.  One unit of the picture is a tenth of a pixel of a picture 1,000 pixels
 * wide. */
#ifndef DCF_FORMAT_REPORT_PLOT_H
#define DCF_FORMAT_REPORT_PLOT_H

#include "format/report_int.h"

enum { DCF_PLOT_WIDE = 10000, DCF_PLOT_LABELS = 400 };

struct dcf_plot_box {
	double x0, y0, x1, y1;
};

struct dcf_plot {
	struct dcf_report *r;
	struct dcf_vec middle, east, north;
	double scale;     /* picture units for a unit of the projection's plane */
	double left, top; /* of the picture, in the plane times scale */
	double high;      /* picture units */
	double metres;    /* a picture unit at the middle */
	struct dcf_outline outline;
	size_t drawn_operations;
	bool crowded;      /* so many operations that only those in conflict are drawn in full */
	uint8_t *is_drawn; /* a feature each */
	uint32_t number;   /* of the feature being drawn; DCF_NONE: a changed one */
	struct dcf_plot_box labels[DCF_PLOT_LABELS];
	size_t label_count;
};

/* False beyond about 140 degrees from the middle, where there is no place in any picture. */
bool dcf_plot_project(const struct dcf_plot *m, struct dcf_vec v, double *x, double *y);
struct dcf_latlon dcf_plot_unproject(const struct dcf_plot *m, double x, double y);
/* Picture units a metre at `v`. */
double dcf_plot_units(const struct dcf_plot *m, struct dcf_vec v);
/* Well outside the picture? */
bool dcf_plot_outside(const struct dcf_plot *m, double x, double y);

/* Writes the data of an SVG path: relative steps in whole units. */
struct dcf_pen {
	struct dcf_buf *out;
	long x, y;
	bool down;
	long least; /* steps shorter than this are put together */
};

long dcf_plot_whole(double v);
/* "M12 34", "l5-6" */
void dcf_pen_pair(struct dcf_buf *out, char command, long x, long y);
void dcf_pen_move(struct dcf_pen *p, double x, double y);
/* `must`: even where the step is a short one. */
void dcf_pen_line(struct dcf_pen *p, double x, double y, bool must);
/* An arc of radius `rad` to (x, y), clockwise on the screen or not. */
void dcf_pen_arc(struct dcf_pen *p, double rad, bool clockwise, double x, double y);
/* A line of points on the ground, whatever of it is in the picture. */
void dcf_pen_ground(const struct dcf_plot *m, struct dcf_pen *pen, const struct dcf_vec *v, size_t n);

/* report_ground.c: what lies under the operations, and the scale above them. */
void dcf_plot_ground(const struct dcf_plot *m);
void dcf_plot_scale(const struct dcf_plot *m);
/* report_shapes.c: the outline of one feature, and those of the agreement's lines and areas. */
DCF_CHECKED enum dcf_status dcf_plot_feature(struct dcf_plot *m, uint32_t feature);
/* A feature as it is after a change: dashed, beside the declared one. */
DCF_CHECKED enum dcf_status dcf_plot_after(struct dcf_plot *m, const struct dcf_feature *f);
DCF_CHECKED enum dcf_status dcf_plot_agreement(struct dcf_plot *m);

#endif
