/* SPDX-License-Identifier: Apache-2.0 */
/* key_json.h - figures as members of a JSON object. */
#ifndef DCF_BENCH_KEY_JSON_H
#define DCF_BENCH_KEY_JSON_H

#include "base/json_writer.h"

#include <math.h>

/* Rounded to so many decimals. */
static inline void key_fixed(struct dcf_json *j, const char *key, double value, int decimals)
{
	dcf_json_key(j, key);
	dcf_json_fixed(j, llround(value * pow(10, decimals)), decimals);
}

static inline void key_count(struct dcf_json *j, const char *key, uint64_t value)
{
	dcf_json_key(j, key);
	dcf_json_i64(j, (int64_t)value);
}

#endif
