/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - where does this JSON value end?
 *
 * Finds the closing bracket of an object or array that arrives in pieces, looking only at quotes,
 * backslashes and brackets, 64 bytes at a time.  Whether the text between is JSON is for the parser that
 * gets it: a valid value is always cut out whole, and an invalid one is invalid however it is cut.
 * Nesting is bounded here, before anything is stored. */
#ifndef DCF_FORMAT_JSON_SCAN_H
#define DCF_FORMAT_JSON_SCAN_H

#include "base/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dcf_scan_state {
	DCF_SCAN_MORE, /* all bytes taken, the value goes on */
	DCF_SCAN_DONE, /* the value ends after the bytes taken */
	DCF_SCAN_DEEP  /* nested deeper than allowed, somewhere in the bytes taken */
};

enum { DCF_SCAN_CHILDREN = 8 };

/* Begin with dcf_scan_begin, or zero-initialise and set max_depth (at least 1). */
struct dcf_scan {
	uint32_t depth, max_depth;
	bool in_string, escaped;
	size_t taken; /* bytes of the value so far */
	/* The first objects and arrays directly inside it: bytes from..to of the value. */
	uint32_t children;
	struct {
		size_t from, to;
	} child[DCF_SCAN_CHILDREN];
};

/* Ready for a value; the children are left as they are, and their number says that there are none. */
static inline void dcf_scan_begin(struct dcf_scan *s, uint32_t max_depth)
{
	s->depth = 0;
	s->max_depth = max_depth;
	s->in_string = s->escaped = false;
	s->taken = 0;
	s->children = 0;
}

/* Take up to `n` bytes of a value whose first byte is '{' or '['.  Returns how many were taken: all of
 * them unless DONE. */
size_t dcf_scan_container(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state);

/* The same, one byte at a time: what the above is compared with in the tests. */
size_t dcf_scan_container_plain(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state);

/* The same for a string, whose first byte is '"'.  Never DEEP.  Start with a zeroed `s`. */
size_t dcf_scan_string(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state);

/* The text of member `name` of an object that has been parsed before: how it was written is kept.  Nothing when there is
 * none, or its name is written with escapes. */
struct dcf_span dcf_scan_member(struct dcf_span object, const char *name);

/* The same when it is an object or array, by what the scan of `object` saw; without reading it all again. */
struct dcf_span dcf_scan_child(const struct dcf_scan *scan, struct dcf_span object, const char *name);

#endif
