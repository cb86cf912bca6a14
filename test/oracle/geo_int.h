/* SPDX-License-Identifier: Apache-2.0 */
/* geo_int.h - what geo.c and distance.c share. */
#ifndef DCF_TEST_ORACLE_GEO_INT_H
#define DCF_TEST_ORACLE_GEO_INT_H

#include "oracle/geo.h"

double dcf_ora_chord(const double *a, const double *b);
double dcf_ora_sag(double c);
/* Compute azimuth and length of a piece, once. */
void dcf_ora_ready(struct dcf_ora_piece *e);
double dcf_ora_piece_distance(struct dcf_ora_piece *e, const struct dcf_ora_point *p);
/* Signed distance to the whole geodesic through the piece, positive on its right. */
double dcf_ora_piece_offset(struct dcf_ora_piece *e, const struct dcf_ora_point *p);
struct dcf_ora_ball dcf_ora_ball_join(struct dcf_ora_ball a, struct dcf_ora_ball b);

#endif
