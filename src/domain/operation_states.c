/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/operation_states.h"

/* next[state][event]; 0 (DRAFT, which nothing becomes) is "no event of this state". */
static const uint8_t next[DCF_OP_STATE_COUNT][DCF_OP_EVENT_COUNT] = {
	[DCF_OP_DRAFT] = { [DCF_OP_DECLARE] = DCF_OP_DECLARED },
	[DCF_OP_DECLARED] = { [DCF_OP_ACTIVATE] = DCF_OP_ACTIVE,
			      [DCF_OP_CANCEL] = DCF_OP_CANCELLED,
			      [DCF_OP_WINDOW_OVER] = DCF_OP_ENDED,
			      [DCF_OP_NEW_VERSION] = DCF_OP_SUPERSEDED },
	[DCF_OP_ACTIVE] = { [DCF_OP_LEAVE_VOLUME] = DCF_OP_NONCONFORMING,
			    [DCF_OP_EMERGENCY] = DCF_OP_CONTINGENT,
			    [DCF_OP_END] = DCF_OP_ENDED,
			    [DCF_OP_NEW_VERSION] = DCF_OP_SUPERSEDED },
	[DCF_OP_NONCONFORMING] = { [DCF_OP_REGAIN] = DCF_OP_ACTIVE,
				   [DCF_OP_GIVE_UP] = DCF_OP_CONTINGENT,
				   [DCF_OP_END] = DCF_OP_ENDED,
				   [DCF_OP_NEW_VERSION] = DCF_OP_SUPERSEDED },
	[DCF_OP_CONTINGENT] = { [DCF_OP_END] = DCF_OP_ENDED, [DCF_OP_NEW_VERSION] = DCF_OP_SUPERSEDED },
};

static const char *const state_name[DCF_OP_STATE_COUNT] = {
	[DCF_OP_DRAFT] = "DRAFT",           [DCF_OP_DECLARED] = "DECLARED",
	[DCF_OP_ACTIVE] = "ACTIVE",         [DCF_OP_NONCONFORMING] = "NONCONFORMING",
	[DCF_OP_CONTINGENT] = "CONTINGENT", [DCF_OP_ENDED] = "ENDED",
	[DCF_OP_CANCELLED] = "CANCELLED",   [DCF_OP_SUPERSEDED] = "SUPERSEDED",
};

static const char *const event_name[DCF_OP_EVENT_COUNT] = {
	[DCF_OP_DECLARE] = "declare",
	[DCF_OP_ACTIVATE] = "activate",
	[DCF_OP_LEAVE_VOLUME] = "leave_volume",
	[DCF_OP_REGAIN] = "regain",
	[DCF_OP_GIVE_UP] = "give_up",
	[DCF_OP_EMERGENCY] = "emergency",
	[DCF_OP_END] = "end",
	[DCF_OP_CANCEL] = "cancel",
	[DCF_OP_WINDOW_OVER] = "window_over",
	[DCF_OP_NEW_VERSION] = "new_version",
};

enum dcf_op_state dcf_op_next(enum dcf_op_state state, enum dcf_op_event event)
{
	if ((unsigned)state >= DCF_OP_STATE_COUNT || (unsigned)event >= DCF_OP_EVENT_COUNT || next[state][event] == 0)
		return DCF_OP_STATE_COUNT;
	return (enum dcf_op_state)next[state][event];
}

bool dcf_op_final(enum dcf_op_state state)
{
	return state == DCF_OP_ENDED || state == DCF_OP_CANCELLED || state == DCF_OP_SUPERSEDED;
}

const char *dcf_op_state_name(enum dcf_op_state state)
{
	return (unsigned)state < DCF_OP_STATE_COUNT ? state_name[state] : "";
}

const char *dcf_op_event_name(enum dcf_op_event event)
{
	return (unsigned)event < DCF_OP_EVENT_COUNT ? event_name[event] : "";
}

static unsigned find(const char *const *names, unsigned count, struct dcf_span name)
{
	unsigned i = 0;

	while (i < count && !dcf_span_eq(dcf_span_of(names[i]), name))
		i++;
	return i;
}

enum dcf_op_event dcf_op_event_of(struct dcf_span name)
{
	return (enum dcf_op_event)find(event_name, DCF_OP_EVENT_COUNT, name);
}

enum dcf_op_state dcf_op_state_of(struct dcf_span name)
{
	return (enum dcf_op_state)find(state_name, DCF_OP_STATE_COUNT, name);
}
