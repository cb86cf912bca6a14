/* SPDX-License-Identifier: Apache-2.0 */
/* Series here are plain Taylor series, long enough that the first term left out is below half an ulp
 * on the reduced range; reductions split their constants so that the products are exact. */
#include "core/num.h"

#include <math.h>
#include <string.h>

/* sin and cos on [-pi/4, pi/4]: to x^19/19! (8e-20) and x^18/18!. */
static double sin_small(double x)
{
	double z = x * x, p = -1.0 / 121645100408832000;

	p = p * z + 1.0 / 355687428096000;
	p = p * z - 1.0 / 1307674368000;
	p = p * z + 1.0 / 6227020800;
	p = p * z - 1.0 / 39916800;
	p = p * z + 1.0 / 362880;
	p = p * z - 1.0 / 5040;
	p = p * z + 1.0 / 120;
	p = p * z - 1.0 / 6;
	return x + x * z * p;
}

static double cos_small(double x)
{
	double z = x * x, p = -1.0 / 6402373705728000;

	p = p * z + 1.0 / 20922789888000;
	p = p * z - 1.0 / 87178291200;
	p = p * z + 1.0 / 479001600;
	p = p * z - 1.0 / 3628800;
	p = p * z + 1.0 / 40320;
	p = p * z - 1.0 / 720;
	p = p * z + 1.0 / 24;
	return 1 - z / 2 + z * z * p;
}

void dcf_sincos(double x, double *s, double *c)
{
	/* pi/2 in three parts of at most 33 bits, so that k times each is exact for k below 2^20. */
	double k = dcf_floor(x * (2 / DCF_PI) + 0.5);
	double r = ((x - k * 0x1.921fb54400000p+0) - k * 0x1.0b4611a600000p-34) - k * 0x1.3198a2e037073p-69;
	double sr = sin_small(r), cr = cos_small(r);

	if (!(dcf_fabs(k) < 1e15)) {
		*s = *c = x - x; /* not a number, or no angle worth the name */
		return;
	}
	dcf_turn_quarters((int64_t)k, sr, cr, s, c);
}

/* arc tangent of t in [0, 1]: nearest eighth from a table, the rest (at most 1/16) by series. */
static double atan_unit(double t)
{
	static const double at[9] = { 0.0,
				      0.124354994546761435031,
				      0.244978663126864154172,
				      0.358770670270572220396,
				      0.463647609000806116214,
				      0.558599315343562435972,
				      0.643501108793284386803,
				      0.718829999621624505417,
				      0.785398163397448309616 };
	int k = (int)(t * 8 + 0.5);
	double c = k / 8.0, u = (t - c) / (1 + t * c), z = u * u, p = 1.0 / 13;

	p = p * z - 1.0 / 11;
	p = p * z + 1.0 / 9;
	p = p * z - 1.0 / 7;
	p = p * z + 1.0 / 5;
	p = p * z - 1.0 / 3;
	return at[k] + (u + u * z * p);
}

double dcf_atan2(double y, double x)
{
	double ay = dcf_fabs(y), ax = dcf_fabs(x), r;

	if (!(ay == ay && ax == ax))
		return x + y;
	if (ax == 0 && ay == 0)
		return 0;
	r = ay <= ax ? atan_unit(ay / ax) : DCF_PI / 2 - atan_unit(ax / ay);
	if (x < 0)
		r = DCF_PI - r;
	return y < 0 ? -r : r;
}

static double clamp_unit(double x)
{
	return x > 1 ? 1 : x < -1 ? -1 : x;
}

double dcf_asin(double x)
{
	x = clamp_unit(x);
	return dcf_atan2(x, dcf_sqrt((1 - x) * (1 + x)));
}

double dcf_acos(double x)
{
	x = clamp_unit(x);
	return dcf_atan2(dcf_sqrt((1 - x) * (1 + x)), x);
}

/* 2^k for -1022 <= k <= 1023. */
static double power_of_two(int64_t k)
{
	uint64_t bits = (uint64_t)(k + 1023) << 52;
	double d;

	memcpy(&d, &bits, sizeof d);
	return d;
}

double dcf_exp(double x)
{
	double k = dcf_floor(x * 1.44269504088896340736 + 0.5);
	/* ln 2 in two parts: k times the first is exact. */
	double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
	double p = 1, term = 1;

	if (!(x == x))
		return x;
	for (int i = 1; i <= 16; i++) {
		term = term * r / i;
		p += term;
	}
	return p * power_of_two((int64_t)k);
}

double dcf_log(double x)
{
	uint64_t bits;
	int64_t k;
	double m, s, z, p = 0;

	if (!(x > 0))
		return x == 0 ? -HUGE_VAL : NAN;
	memcpy(&bits, &x, sizeof bits);
	k = (int64_t)(bits >> 52) - 1023;
	bits = (bits & 0xfffffffffffff) | (uint64_t)1023 << 52;
	memcpy(&m, &bits, sizeof m);
	if (m > 1.41421356237309504880) {
		m /= 2;
		k++;
	}
	s = (m - 1) / (m + 1);
	z = s * s;
	for (int i = 23; i >= 3; i -= 2) /* |s| <= 0.172: the next term is below 1e-19 */
		p = (p + 1.0 / i) * z;
	return (double)k * 0x1.62e42fee00000p-1 + (2 * s + 2 * s * p + (double)k * 0x1.a39ef35793c76p-33);
}
