/* SPDX-License-Identifier: Apache-2.0 */
/* time.h - times: microseconds since 1970-01-01T00:00:00Z, without leap seconds, and RFC 3339 text.
 *
 * No clock and no time zone table is read.  Pure functions, any thread. */
#ifndef DECONFLICT_TIME_H
#define DECONFLICT_TIME_H

#include <deconflict/export.h>
#include <deconflict/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "Not given", wherever a time in microseconds may be absent. */
#define DCF_NO_TIME INT64_MIN

/* Room for every text that dcf_time_format writes, with its NUL. */
#define DCF_TIME_TEXT_MAX 32

#ifdef __cplusplus
extern "C" {
#endif

/* Read the `n` bytes at `text`: "2015-09-20T06:00:00Z", with a fraction of any length and a zone (Z or +hh:mm;
 * required).  Years 1 to 9999.  What lies beyond the microsecond is cut off, or rounded up when `up`: the start
 * of a window rounds down, its end up.  23:59:60 is the next minute's first second.
 * DCF_E_SYNTAX: not such a time, or no such date; `*why` (may be NULL) is then a sentence, static storage, and
 * `*time_us` is as before.  `text` may be NULL when n is 0 (an error all the same). */
DCF_API DCF_CHECKED enum dcf_status dcf_time_read(const char *text, size_t n, bool up, int64_t *time_us, const char **why);

/* Write `time_us` as RFC 3339 with `digits` (0, 3 or 6) digits of the second, rounded down, or up with `up`
 * (only where digits is 3), in UTC: "2015-09-20T07:24:43.778Z" and a NUL.  Years below 0 and above 9999 are
 * written as the nearest of them.  DCF_E_RANGE: other `digits`, or `up` without 3. */
DCF_API DCF_CHECKED enum dcf_status dcf_time_format(int64_t time_us, int digits, bool up, char text[DCF_TIME_TEXT_MAX]);

#ifdef __cplusplus
}
#endif

#endif
