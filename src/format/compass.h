/* SPDX-License-Identifier: Apache-2.0 */
/* compass.h - directions by name, the same in every output. */
#ifndef DCF_FORMAT_COMPASS_H
#define DCF_FORMAT_COMPASS_H

/* The nearest of the sixteen points of the compass, "N", "NNE" ... "NNW"; halfway between two it is the later one.
 * `azimuth_deg` is clockwise from north, 0 to 360.  A constant text; any thread. */
const char *dcf_compass_point(double azimuth_deg);

#endif
