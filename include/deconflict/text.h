/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - text that is borrowed, and where text is written to. */
#ifndef DECONFLICT_TEXT_H
#define DECONFLICT_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A run of UTF-8 that belongs to the object it was asked from and lives as long.  Not terminated: print it
 * with "%.*s", (int)t.len, t.p.  len 0 is "absent"; p may then be NULL. */
struct dcf_text {
	const char *p;
	size_t len;
};

/* Where a text goes: takes `n` bytes in order, in one call or several; 0 goes on, anything else stops (the
 * function that was writing then returns DCF_E_IO).  Must not call back into the object being written. */
typedef int dcf_sink(void *ctx, const void *bytes, size_t n);

#ifdef __cplusplus
}
#endif

#endif
