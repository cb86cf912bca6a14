/* SPDX-License-Identifier: Apache-2.0 */
/* op.h - one version of one operation as the state holds it: what CHECK needs, in one block of memory.
 *
 * The text that was declared stays in the record; what is here was read from that text, by the same reader for a
 * declaration, for a replay and for a start from a snapshot, so the same entries give the same operations. */
#ifndef DCF_DOMAIN_OP_H
#define DCF_DOMAIN_OP_H

#include "base/due.h"
#include "core/live.h"
#include "domain/operation_states.h"
#include <stdatomic.h>

struct dcf_slot;

/* Made whole, then unchanged but for the members marked. */
struct dcf_op {
	struct dcf_live_op live; /* party, features; owner is the dcf_op */
	struct dcf_slot *slot;   /* (party, id) that it is a version of; set when it is applied */
	struct dcf_span id;
	uint64_t position; /* of the entry that declared this version; set when it is applied */
	uint32_t version;  /* from 1; set when it is applied */
	uint32_t life; /* the version it began with: one that was declared where none stood; set when it is applied, and of an
			* operation that comes from a snapshot its version */
	int64_t start_us, end_us; /* hull of its windows */
	uint32_t *releasable_to;  /* parties that may know of it beside its own */
	uint32_t releasable_count;
	struct dcf_span *released_names; /* and names of members (or of who was one, or has become a party) */
	uint32_t released_name_count;
	struct dcf_limits limits;
	/* changing: */
	uint8_t pending_state;           /* the writer's: with what is not published yet; enum dcf_op_state */
	_Atomic uint8_t state;           /* as published */
	_Atomic uint64_t event_position; /* of the entry of its last event, as published; 0 without */
	uint64_t pending_event;          /* the writer's: the same with what is not published yet */
	bool in_index;                   /* the writer's */
	struct dcf_due due;              /* the writer's: in the queue of what the clock asks for */
	int64_t last_at_us;              /* the writer's: time of its last entry */
	_Atomic uint32_t holders;        /* the slot and the index: the last one frees */
	const struct dcf_alloc *from;
	size_t bytes;
};

/* May `party` (DCF_NONE: somebody of no party) know of it? */
static inline bool dcf_op_may_know(const struct dcf_op *op, uint32_t party)
{
	if (op->live.party == party)
		return true;
	for (uint32_t i = 0; i < op->releasable_count; i++)
		if (op->releasable_to[i] == party)
			return true;
	return false;
}

/* Is it released to who has this name? */
static inline bool dcf_op_names(const struct dcf_op *op, struct dcf_span name)
{
	for (uint32_t i = 0; i < op->released_name_count; i++)
		if (dcf_span_eq(op->released_names[i], name))
			return true;
	return false;
}

/* A plan with the parties of `frame` in the same order, its atmosphere and nothing else: what a declaration is read into.
 * Strings are borrowed from `frame`. */
DCF_CHECKED enum dcf_status dcf_plan_like(const struct dcf_plan *frame, const struct dcf_alloc *a, struct dcf_plan *plan);

/* Which features belong to which operation: of[first[o] .. first[o + 1]), in `arena`. */
DCF_CHECKED enum dcf_status dcf_plan_group(const struct dcf_plan *plan, struct dcf_arena *arena, uint32_t **first,
					   uint32_t **of);

/* Every operation of `plan` (made by dcf_plan_like) with features, in their order in the plan: ops[i] of operation i, NULL for
 * one without features.  `ops` has room for plan->operation_count.  Each has one holder.  On failure none is left. */
DCF_CHECKED enum dcf_status dcf_ops_make(const struct dcf_plan *plan, const struct dcf_alloc *a, struct dcf_op **ops);

/* Give up one hold; the last one frees. */
void dcf_op_drop(struct dcf_op *op);

/* A plan for questions about a few operations: the frame's parties, atmosphere, agreement and places, and the operations
 * ops[0..n) with their features, whose geometry is borrowed.  disclosed_to is what releasable_to says.  Free with
 * dcf_plan_few_free. */
DCF_CHECKED enum dcf_status dcf_plan_few(const struct dcf_plan *frame, const struct dcf_op *const *ops, size_t n,
					 const struct dcf_alloc *a, struct dcf_plan *plan);
void dcf_plan_few_free(struct dcf_plan *plan);

#endif
