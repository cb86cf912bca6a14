/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.h - heights, lengths, times and positions as people read them.
 *
 * Each stands in the unit in which it was declared first, then in the other one.  Bounds round outward,
 * gaps round down: a rounded number never looks safer than the exact one. */
#ifndef DCF_CLI_QUANTITY_H
#define DCF_CLI_QUANTITY_H

#include "base/buf.h"
#include "core/plan.h"

/* The altitude band of a feature, "FL280-FL300 (8534-9144 m STD)" or "8600-10600 m STD (FL282-FL348)"; of a
 * trajectory the band that its vertices span between the two times, and its containment. */
void dcf_put_band(struct dcf_buf *out, const struct dcf_feature *f, int64_t start_us, int64_t end_us);

/* A gap on the ground: "0.4 NM (0.8 km)", or "0.8 km (0.4 NM)" when `metric`.  0.1 m. */
void dcf_put_lateral_gap(struct dcf_buf *out, int64_t gap_dm, bool metric);
/* A vertical gap, an interval in 0.1 ft: "100-236 ft (30-71 m)". */
void dcf_put_vertical_gap(struct dcf_buf *out, const int64_t gap_dft[2], bool metric);
/* The minima that held: "minima 3 NM and 3000 ft", or "no minima: they must not meet". */
void dcf_put_minima(struct dcf_buf *out, double lateral_m, int64_t vertical_e4);

/* "2015-09-20 06:00:00Z to 09:00:00Z", outward to the second; both dates when they differ. */
void dcf_put_window(struct dcf_buf *out, int64_t start_us, int64_t end_us);
/* "5 min 46 s", "3 h", "0.4 s"; rounded up. */
void dcf_put_length_of_time(struct dcf_buf *out, int64_t us);

/* "36.2500N 040.6000E, 70 NM (130 km) NE of Deir ez-Zor (OSDZ)": the nearest of the plan's places. */
void dcf_put_position(struct dcf_buf *out, const struct dcf_plan *plan, struct dcf_latlon at);

#endif
