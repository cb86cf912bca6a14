/* SPDX-License-Identifier: Apache-2.0 */
/* num.h - our own elementary functions.
 *
 * The C library picks variants of its functions by CPU; both parties must get the same bytes.  These
 * use only + - * / and sqrt (which IEEE 754 rounds correctly), in one fixed order; the build forbids
 * contraction.  Errors are below 4 ulp on the stated ranges (dcf_exp: 5); NaN gives NaN. */
#ifndef DCF_CORE_NUM_H
#define DCF_CORE_NUM_H

#include <stdint.h>

#define DCF_PI          3.14159265358979323846
#define DCF_RAD_PER_DEG (DCF_PI / 180)

void dcf_sincos(double x, double *s, double *c); /* |x| <= 1e5 rad */
double dcf_atan2(double y, double x);            /* (-pi, pi]; 0 for (0, 0) */
double dcf_asin(double x);                       /* x clamped to [-1, 1] */
double dcf_acos(double x);                       /* x clamped to [-1, 1] */
double dcf_exp(double x);                        /* |x| <= 700 */
double dcf_log(double x);                        /* x > 0 */

/* Square root of x >= 0: an instruction, correctly rounded everywhere. */
static inline double dcf_sqrt(double x)
{
	return __builtin_sqrt(x);
}

static inline double dcf_fabs(double x)
{
	return x < 0 ? -x : x;
}

/* Sine and cosine of an angle and so many quarter turns, from the angle's own: exact. */
static inline void dcf_turn_quarters(int64_t quarters, double sine, double cosine, double *s, double *c)
{
	switch (quarters & 3) {
	case 0:
		*s = sine, *c = cosine;
		break;
	case 1:
		*s = cosine, *c = -sine;
		break;
	case 2:
		*s = -sine, *c = -cosine;
		break;
	default:
		*s = -cosine, *c = sine;
		break;
	}
}

static inline double dcf_floor(double x)
{
	double t;

	if (!(dcf_fabs(x) < 4503599627370496.0))
		return x; /* already whole, or not a number */
	t = (double)(int64_t)x;
	return t > x ? t - 1 : t;
}

static inline double dcf_ceil(double x)
{
	return -dcf_floor(-x);
}

#endif
