/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - rows of comma-separated values (RFC 4180; line ends LF or CRLF; empty lines are passed over). */
#ifndef DCF_FORMAT_CSV_H
#define DCF_FORMAT_CSV_H

#include "format/feed.h"

/* Zero-initialise, set `from`; free with dcf_csv_free. */
struct dcf_csv {
	const struct dcf_alloc *from;
	struct dcf_span *fields; /* of the row at hand, unquoted; valid until the next row */
	size_t count, cap;
	size_t width;       /* fields that every row must have; 0: any number */
	uint64_t line;      /* of its first byte, from 1 */
	uint64_t next_line; /* lines taken so far */
	size_t taken;       /* bytes of it, with its line end: so far behind the feed's `at` it begins */
	/* of a broken row: */
	const char *found, *expected; /* `found` NULL: `count` fields */
	size_t fault;                 /* byte of the row */
};

enum dcf_csv_row {
	DCF_CSV_ROW,
	DCF_CSV_END,
	DCF_CSV_BROKEN, /* a row that cannot be used; the next one can */
	DCF_CSV_FAILED  /* the feed says why */
};

/* Take the next row from the feed.  A quoted field may go over several lines, but where the row that this makes is broken
 * only its first line is taken for it: one stray quote costs no other row.  A line of more than 1 MiB is a failure. */
enum dcf_csv_row dcf_csv_next(struct dcf_csv *csv, struct dcf_feed *feed);
void dcf_csv_free(struct dcf_csv *csv);

/* A decimal number times 10^scale, rounded to the nearest (halves away from 0): exact where a double would not be.
 * Digits, an optional sign, point and exponent, spaces around it; false for anything else and beyond 9e18. */
bool dcf_decimal(struct dcf_span s, int scale, int64_t *out);

/* Without spaces at both ends. */
struct dcf_span dcf_trim(struct dcf_span s);

#endif
