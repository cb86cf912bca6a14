/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - texts on their way out: to a sink, or into the caller's buffer. */
#include "lib/lib_int.h"

static enum dcf_status made(const struct dcf_buf *text, enum dcf_status s)
{
	return s == DCF_OK && text->failed ? DCF_E_NOMEM : s;
}

enum dcf_status dcf_text_send(struct dcf_buf *text, enum dcf_status s, dcf_sink *sink, void *ctx)
{
	s = made(text, s);
	if (s == DCF_OK && text->len > 0 && sink(ctx, text->p, text->len) != 0)
		s = DCF_E_IO;
	dcf_buf_free(text);
	return s;
}

enum dcf_status dcf_text_fill(struct dcf_buf *text, enum dcf_status s, char *to, size_t cap, size_t *need)
{
	s = made(text, s);
	if (s == DCF_OK && need)
		*need = text->len + 1;
	if (s == DCF_OK && text->len >= cap)
		s = DCF_E_LIMIT;
	if (s == DCF_OK) {
		if (text->len > 0)
			memcpy(to, text->p, text->len);
		to[text->len] = 0;
	}
	dcf_buf_free(text);
	return s;
}
