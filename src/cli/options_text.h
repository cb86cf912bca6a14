/* SPDX-License-Identifier: Apache-2.0 */
/* options_text.h - options for people: one line each, the cheapest first, below the conflict that they end. */
#ifndef DCF_CLI_OPTIONS_TEXT_H
#define DCF_CLI_OPTIONS_TEXT_H

#include "base/buf.h"
#include "format/options_answer.h"

struct dcf_options_text {
	bool colour;
	uint32_t move;   /* the operation that was asked for, DCF_NONE: all */
	uint32_t reader; /* the party that the answer is made for, DCF_NONE: whoever holds the files */
	uint32_t shown;  /* at most so many options for each conflict; the others are counted */
};

/* Put the whole answer.  The same arguments give the same bytes. */
void dcf_text_options(const struct dcf_options_answer *answer, const struct dcf_options_text *how, struct dcf_buf *out);

#endif
