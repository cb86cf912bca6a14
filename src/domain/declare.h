/* SPDX-License-Identifier: Apache-2.0 */
/* declare.h - a declaration's text into operations, and back into the text that the record keeps.
 *
 *   request --read--> plan --write--> body of the entry --read--> plan --make--> struct dcf_op
 * The state only ever sees what was read from a body, so a replay sees the same. */
#ifndef DCF_DOMAIN_DECLARE_H
#define DCF_DOMAIN_DECLARE_H

#include "base/buf.h"
#include "domain/frame.h"
#include "domain/op.h"

/* Read `text` (any input of dcf_read_plan, named `name` in remarks) into `plan`, made by this call for `frame`; free it with
 * dcf_plan_free, also after DCF_E_REFUSED, when plan->remarks tell what is wrong.  Refused are, beside what the reader refuses
 * (anything: nothing is taken in part): parties that the frame does not have, labels that are not understood, an agreement,
 * atmosphere or places of its own (a warning only: the node's hold).  Releasability is in disclosed_to of each operation
 * (never NULL) and disclosed_names: `releasable_to` of `label` in the features' properties, which names parties, members of
 * parties and the exchange with other providers (DCF_EXCHANGE_NAME), `disclosed_to`, which names parties, and of both what is
 * in both, name by name; where neither stands, its own party alone. */
DCF_CHECKED enum dcf_status dcf_declare_read(const struct dcf_frame *frame, struct dcf_span name, struct dcf_span text,
					     const struct dcf_alloc *a, struct dcf_plan *plan);
/* The same of what the record has, which was asked all that once: a label may name who is a member no more. */
DCF_CHECKED enum dcf_status dcf_declare_read_again(const struct dcf_frame *frame, struct dcf_span name, struct dcf_span text,
						   const struct dcf_alloc *a, struct dcf_plan *plan);

/* The body of an operation: its features plan->features[of[0..n)], one a line (see dcf_plan_group). */
void dcf_declare_write(const struct dcf_plan *plan, const uint32_t *of, uint32_t n, struct dcf_buf *out);

#endif
