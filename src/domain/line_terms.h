/* SPDX-License-Identifier: Apache-2.0 */
/* line_terms.h - what the agreement says about the line: deadlines of acknowledgement, roles in order, line checks.
 *
 * Read from the airspace file in force (`agreement.ack_deadlines_s`, `.escalation`, `.line_check_every_h`); its hash is what
 * both sides compare before the line opens. */
#ifndef DCF_DOMAIN_LINE_TERMS_H
#define DCF_DOMAIN_LINE_TERMS_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "domain/message.h"

enum { DCF_LINE_ROLES_MAX = 16 };

struct dcf_line_terms {
	struct dcf_hash hash; /* SHA-256 of "deconflict-agreement-v1\n" and the file's bytes; zero without a file */
	int64_t ack_us[DCF_PRECEDENCE_COUNT];            /* 1x */
	char role[DCF_LINE_ROLES_MAX][DCF_ROLE_MAX + 1]; /* duty roles, in the order in which they ring */
	size_t role_count;
	int64_t check_every_us; /* of recorded line checks; an hour where nothing is said */
};

/* The terms of an airspace file ("" for none: the defaults).  A deadline that is no number from 1 s to 7 days, a role that is
 * no text and what is beyond the limits is DCF_E_REFUSED with a line in `why` (may be NULL); *out has the defaults there.  Any
 * thread. */
DCF_CHECKED enum dcf_status dcf_line_terms_read(struct dcf_span airspace, const struct dcf_alloc *a, struct dcf_line_terms *out,
						struct dcf_buf *why);

/* Which of the roles ring at an escalation: roles first..first+count-1 (0: the first; 1 and 2: the next ones; 3: all). */
void dcf_line_ringing(const struct dcf_line_terms *terms, unsigned escalation, size_t *first, size_t *count);

#endif
