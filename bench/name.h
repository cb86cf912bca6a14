/* SPDX-License-Identifier: Apache-2.0 */
/* name.h - the ids that workloads give: a letter and eight digits, so they sort as their numbers do. */
#ifndef DCF_BENCH_NAME_H
#define DCF_BENCH_NAME_H

#include "base/span.h"
#include <stdint.h>

enum { DCF_BENCH_NAME = 9 };

/* Writes `letter` and the last eight decimal digits of `number` to `text`; the span borrows `text`. */
static inline struct dcf_span dcf_bench_name(char text[DCF_BENCH_NAME], char letter, uint32_t number)
{
	text[0] = letter;
	for (int i = DCF_BENCH_NAME - 1; i > 0; i--, number /= 10)
		text[i] = (char)('0' + number % 10);
	return (struct dcf_span){ text, DCF_BENCH_NAME };
}

#endif
