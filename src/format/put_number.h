/* SPDX-License-Identifier: Apache-2.0 */
/* put_number.h - numbers as the shortest decimal text that reads back to the same value. */
#ifndef DCF_FORMAT_PUT_NUMBER_H
#define DCF_FORMAT_PUT_NUMBER_H

#include "base/buf.h"

/* A finite double, in at most 17 significant digits, without a locale.  NaN and infinities, which JSON
 * has no word for, become 0 and the largest double. */
void dcf_put_double(struct dcf_buf *out, double v);

enum dcf_lean { DCF_LEAN_NEAREST, DCF_LEAN_ABOVE, DCF_LEAN_BELOW };

/* num / den as a decimal: exact where that terminates within 9 places, otherwise the 9-place decimal
 * next to it: nearest, or on the side of `lean` (so that a reader that rounds a lower limit down and an
 * upper limit up comes back to the same `num`).  den 1..1e9. */
void dcf_put_ratio(struct dcf_buf *out, int64_t num, int64_t den, enum dcf_lean lean);

/* Metres on the ground as `"value": V, "unit": "U"` in the one of m, km, NM, ft that says it in the
 * fewest decimals (`nautical`: NM wins a draw), such that V times the unit is `metres` to the bit. */
void dcf_put_length(struct dcf_buf *out, double metres, bool nautical);

#endif
