/* SPDX-License-Identifier: Apache-2.0 */
/* operation_states.h - what an operation may become: the machine "operation" as a table.
 *
 * There is no state that means "approved".  DRAFT is before anything is declared and never stored; SUPERSEDED is a version
 * that a newer one replaced, so an operation that can be found is never in it. */
#ifndef DCF_DOMAIN_OPERATION_STATES_H
#define DCF_DOMAIN_OPERATION_STATES_H

#include "base/span.h"
#include <stdint.h>

enum dcf_op_state {
	DCF_OP_DRAFT,
	DCF_OP_DECLARED,
	DCF_OP_ACTIVE,
	DCF_OP_NONCONFORMING,
	DCF_OP_CONTINGENT,
	DCF_OP_ENDED,
	DCF_OP_CANCELLED,
	DCF_OP_SUPERSEDED,
	DCF_OP_STATE_COUNT
};

enum dcf_op_event {
	DCF_OP_DECLARE,
	DCF_OP_ACTIVATE,
	DCF_OP_LEAVE_VOLUME,
	DCF_OP_REGAIN,
	DCF_OP_GIVE_UP,
	DCF_OP_EMERGENCY,
	DCF_OP_END,
	DCF_OP_CANCEL,
	DCF_OP_WINDOW_OVER, /* the clock's */
	DCF_OP_NEW_VERSION,
	DCF_OP_EVENT_COUNT
};

/* The state after `event`, or DCF_OP_STATE_COUNT when it is no event of that state. */
enum dcf_op_state dcf_op_next(enum dcf_op_state state, enum dcf_op_event event);
/* Nothing follows: ENDED, CANCELLED, SUPERSEDED. */
bool dcf_op_final(enum dcf_op_state state);
/* "DECLARED" ...; "declare" ...: as the record and the API write them. */
const char *dcf_op_state_name(enum dcf_op_state state);
const char *dcf_op_event_name(enum dcf_op_event event);
/* The event of that name, or DCF_OP_EVENT_COUNT. */
enum dcf_op_event dcf_op_event_of(struct dcf_span name);
/* The state of that name, or DCF_OP_STATE_COUNT. */
enum dcf_op_state dcf_op_state_of(struct dcf_span name);

#endif
