/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.h - the answer as one self-contained page: no network, no fonts, no images, whole without
 * its script, readable on a phone and on paper.
 *
 * The size is bounded: each part has a budget of bytes, takes what is in conflict first, and says how
 * much it left out.  A thousand operations stay below 1 MB, any number below 1.5 MB. */
#ifndef DCF_FORMAT_REPORT_HTML_H
#define DCF_FORMAT_REPORT_HTML_H

#include "base/buf.h"
#include "core/check.h"

struct dcf_options_answer;

struct dcf_report_options {
	const char *version; /* the program's, for the foot of the page; NULL for none */
	/* what `options` found, of the same plan, to be drawn beside what was declared; NULL for none */
	const struct dcf_options_answer *ways_out;
	struct dcf_span title; /* "" takes the plan's title, or a general one */
};

/* Append the page to `out`.  `result` may be NULL: the plan alone is shown and the page says that
 * nothing was checked.  All text of the plan is escaped.  DCF_E_NOMEM when memory is short.
 * Borrows everything; safe from any thread with its own `out`. */
DCF_CHECKED enum dcf_status dcf_report_html(const struct dcf_plan *plan, const struct dcf_result *result,
					    const struct dcf_report_options *options, struct dcf_buf *out);

#endif
