/* SPDX-License-Identifier: Apache-2.0 */
/* people.h - who stands behind a party: its members, and the duty roles that messages go to.
 *
 * `members` of a party's text: a list of ids, or of {"id", "name"} ("USA", "GBR").  `roles`: the same with `escalation`, a
 * whole number from 1: who does not answer is followed by the next higher number, and roles of one number are rung together.
 * Either every role has one, and the list is in that order, or none has, and the order of the list is meant.  Persons are never
 * named: roles are.
 *
 * Members of all parties and the parties themselves share their names, so that a label's `releasable_to` means one of them. */
#ifndef DCF_DOMAIN_PEOPLE_H
#define DCF_DOMAIN_PEOPLE_H

#include "base/buf.h"

#include <stdbool.h>

enum {
	DCF_MEMBERS_MAX = 256,     /* of one party */
	DCF_ROLES_MAX = 64,        /* of one party */
	DCF_PEOPLE_ID_MAX = 64,    /* bytes of a member's or role's id */
	DCF_PEOPLE_NAME_MAX = 256, /* bytes of a name */
	DCF_ESCALATION_MAX = 64
};

struct dcf_member {
	struct dcf_span id, name; /* name "" when not given */
};

struct dcf_role {
	struct dcf_span id, name;
	uint32_t escalation; /* from 1, never less than that of the role before it */
};

struct dcf_people {
	struct dcf_member *members;
	size_t member_count;
	struct dcf_role *roles; /* in the order of escalation */
	size_t role_count;
};

/* Read `members` and `roles` of a party's text (a JSON object) into `out`, whose memory is of `arena`.  What is not understood
 * is left out: a list or an item of it.  `faults` (may be NULL) counts those, and a line on each goes to `why` (may be NULL):
 * "party#/members/0/id: found ..., expected ...".  A text that is no JSON object has no people and no fault here.  DCF_E_NOMEM.
 */
DCF_CHECKED enum dcf_status dcf_people_read(struct dcf_span party_text, const struct dcf_alloc *a, struct dcf_arena *arena,
					    struct dcf_people *out, size_t *faults, struct dcf_buf *why);

/* Is there a member, a role of that id? */
bool dcf_people_member(const struct dcf_people *people, struct dcf_span id);
bool dcf_people_role(const struct dcf_people *people, struct dcf_span id);

#endif
