/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/text_source.h"

static int64_t read_span(void *ctx, void *to, size_t n)
{
	struct dcf_span *rest = ctx;

	n = n < rest->len ? n : rest->len;
	if (n) {
		memcpy(to, rest->p, n);
		*rest = (struct dcf_span){ rest->p + n, rest->len - n };
	}
	return (int64_t)n;
}

enum dcf_status dcf_read_text_into(struct dcf_plan *plan, struct dcf_span name, struct dcf_span text)
{
	struct dcf_source source = { read_span, &text };
	struct dcf_read_options options = { .name = name };

	return dcf_read_plan(plan, &options, &source);
}
