/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - what answers for people are written with: lines of at most 100 columns, headings, names. */
#ifndef DCF_CLI_PAGE_H
#define DCF_CLI_PAGE_H

#include "base/buf.h"
#include "core/check.h"

enum { DCF_PAGE_WIDTH = 100 };

/* Colours of a terminal, for dcf_page_paint. */
#define DCF_PAGE_BAD       "\033[1;31m"
#define DCF_PAGE_ATTENTION "\033[1;33m"
#define DCF_PAGE_PLAIN     "\033[1m"
#define DCF_PAGE_NORMAL    "\033[0m"

/* Lines are put together in `line` and broken between words when they are done. */
struct dcf_page {
	struct dcf_buf *out;
	struct dcf_buf line;
	const struct dcf_plan *plan;
	const struct dcf_result *result;
	bool colour;
};

/* Is standard output a terminal that shows colours, and has nobody asked for none (NO_COLOR, TERM=dumb)? */
bool dcf_page_wants_colour(void);

/* Put the line with `hang` spaces before what goes over to the next; a word wider than the page keeps
 * its line to itself. */
void dcf_page_end_line(struct dcf_page *p, size_t hang);
/* The escape sequence, where colours are wanted. */
void dcf_page_paint(struct dcf_page *p, const char *escape);
/* "\nCONFLICTS (4)\n" */
void dcf_page_heading(struct dcf_page *p, const char *name, size_t count, const char *escape);
/* The first line of a pair: its number, class, window and length. */
void dcf_page_pair_line(struct dcf_page *p, size_t number, const struct dcf_conflict *c);

/* "1 conflict", "2 conflicts": the texts bring their own space. */
void dcf_put_number_of(struct dcf_buf *out, size_t n, const char *one, const char *many);
/* "CO/US-B1-01" */
void dcf_put_operation(struct dcf_buf *out, const struct dcf_plan *plan, uint32_t operation);
/* ", parties CO, RU": the first twelve, in the order of their names. */
void dcf_put_parties(struct dcf_buf *out, const struct dcf_plan *plan);

#endif
