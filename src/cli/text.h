/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - the answer of a check for people: failures first, 100 columns, readable without colour. */
#ifndef DCF_CLI_TEXT_H
#define DCF_CLI_TEXT_H

#include "base/buf.h"
#include "core/check.h"
#include "format/since.h"

struct dcf_text_options {
	bool colour;
	const struct dcf_since *since; /* may be NULL */
	uint32_t only_operation;       /* as in the check's options: the first lines say what was left out */
};

/* Put the whole answer.  The same arguments give the same bytes. */
void dcf_text_check(const struct dcf_plan *plan, const struct dcf_result *result, const struct dcf_text_options *options,
		    struct dcf_buf *out);

#endif
