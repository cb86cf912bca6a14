/* SPDX-License-Identifier: Apache-2.0 */
/* position.h - what `deconflict position` read, and how it is shown. */
#ifndef DCF_CLI_POSITION_H
#define DCF_CLI_POSITION_H

#include "format/notation.h"

enum { DCF_NEAR = 2 }; /* places that are named beside a position */

struct dcf_said {
	bool has_position, has_height, has_when, has_qnh;
	struct dcf_position position;
	struct dcf_height height;
	struct dcf_when when;
	struct dcf_pressure qnh;
	const struct dcf_plan *places; /* NULL when none are given */
};

/* A block of lines for people; one JSON object and a line end (`indent` 0: on one line). */
void dcf_said_text(const struct dcf_said *s, struct dcf_buf *out);
void dcf_said_json(const struct dcf_said *s, int indent, struct dcf_buf *out);

/* Put what a reader must know beside it, a line each; nothing when there is nothing. */
void dcf_said_warnings(const struct dcf_said *s, struct dcf_buf *out);

#endif
