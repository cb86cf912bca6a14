/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.h - whole numbers as people and headers write them. */
#ifndef DCF_BASE_DECIMAL_H
#define DCF_BASE_DECIMAL_H

#include "base/span.h"
#include <stdint.h>

/* All of `s` as a number: 1 to 18 digits and nothing else, no sign, no blank; leading zeros are taken.  False otherwise. */
static inline bool dcf_decimal_read(struct dcf_span s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return true;
}

#endif
