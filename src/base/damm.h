/* SPDX-License-Identifier: Apache-2.0 */
/* damm.h - one check digit that catches every wrong digit and every swap of two neighbours.
 *
 * H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004, table of order 10.  Any length. */
#ifndef DCF_BASE_DAMM_H
#define DCF_BASE_DAMM_H

/* Begin with 0 and add digit by digit: what has come out at the end is the check digit, and adding it gives 0.
 * `digit` is 0..9, `state` what the last call returned. */
static inline unsigned dcf_damm_add(unsigned state, unsigned digit)
{
	static const unsigned char table[10][10] = {
		{ 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 }, { 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 }, { 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 },
		{ 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 }, { 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 }, { 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
		{ 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 }, { 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 }, { 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 },
		{ 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
	};

	return table[state][digit];
}

#endif
