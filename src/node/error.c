/* SPDX-License-Identifier: Apache-2.0 */
#include "node/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

/* What a terminal or a log may show: one '?' a byte of what steers or is no character; a character cut at the end goes. */
static void clean(char *text)
{
	size_t n = strlen(text), to = 0;

	for (size_t at = 0; at < n;) {
		size_t w = dcf_utf8_length(text + at, n - at);

		if (w == 0 || dcf_utf8_steers(text + at, w)) {
			text[to++] = '?';
		} else {
			memmove(text + to, text + at, w);
			to += w;
		}
		at += w ? w : 1;
	}
	text[to] = '\0';
}

enum dcf_status dcf_node_fail(struct dcf_node_error *err, enum dcf_status code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	clean(err->text);
	return code;
}
