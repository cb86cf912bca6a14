/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - why something of the node could not be done: a code, and a sentence that says where and what. */
#ifndef DCF_NODE_ERROR_H
#define DCF_NODE_ERROR_H

#include "base/status.h"

enum { DCF_NODE_ERROR_TEXT = 400 };

/* Made by the caller, filled by the callee on failure only; may be NULL wherever one is asked for. */
struct dcf_node_error {
	enum dcf_status code;
	char text[DCF_NODE_ERROR_TEXT]; /* one line of UTF-8, control characters shown as '?', cut at its end when too long */
};

/* Fill `err` (unless NULL) in the style of printf and return `code`. */
enum dcf_status dcf_node_fail(struct dcf_node_error *err, enum dcf_status code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
