/* SPDX-License-Identifier: Apache-2.0 */
/* Two windows in place of one: stand aside while the other is there. */
#include "options/kind_int.h"

enum { SECOND_US = 1000000, TRIES = 3 };

enum dcf_status dcf_propose_split(struct dcf_desk *desk, const struct dcf_case *c)
{
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;
	int64_t from, to;

	if (!dcf_clash_hull(c, &from, &to))
		return DCF_OK;
	for (int i = 0; i < TRIES && s == DCF_OK && verdict == DCF_VERDICT_CONFLICT; i++) {
		struct dcf_change change = { .how = DCF_CHANGE_SPLIT,
					     .from_us = from - (int64_t)i * SECOND_US,
					     .to_us = to + (int64_t)i * SECOND_US };

		s = dcf_offer_one(desk, c, DCF_OPTION_SPLIT, &change, &verdict, NULL);
	}
	return s;
}
