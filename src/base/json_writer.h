/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.h - JSON out: members in the order they are put, no white space that depends on anything.
 *
 * With `indent` 0 the text is one line (and, when the caller puts members sorted and numbers as
 * integers, the canonical form of RFC 8785); otherwise each member has its line.
 * Strings are UTF-8; bytes that are not valid UTF-8 are written as U+FFFD, so output is always JSON. */
#ifndef DCF_BASE_JSON_WRITER_H
#define DCF_BASE_JSON_WRITER_H

#include "base/buf.h"

enum { DCF_JSON_DEPTH = 32 };

struct dcf_json {
	struct dcf_buf *out;
	int indent; /* spaces a level; 0 for one line */
	int depth;
	bool has_member[DCF_JSON_DEPTH];
	bool inline_from[DCF_JSON_DEPTH]; /* this level and what is below it stand on one line */
	bool after_key;
};

void dcf_json_begin(struct dcf_json *j, char open);        /* '{' or '[' */
void dcf_json_begin_inline(struct dcf_json *j, char open); /* the same, kept on one line */
void dcf_json_end(struct dcf_json *j, char close);         /* '}' or ']' */
void dcf_json_key(struct dcf_json *j, const char *name);
void dcf_json_key_span(struct dcf_json *j, struct dcf_span name);
void dcf_json_string(struct dcf_json *j, struct dcf_span s);
void dcf_json_z(struct dcf_json *j, const char *s);
void dcf_json_i64(struct dcf_json *j, int64_t v);
void dcf_json_fixed(struct dcf_json *j, int64_t v, int decimals);
void dcf_json_bool(struct dcf_json *j, bool v);
void dcf_json_null(struct dcf_json *j);
/* Text that is JSON already, taken as it is. */
void dcf_json_raw(struct dcf_json *j, struct dcf_span text);

#endif
