/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - the tables.
 *
 * Where the definition of a machine names whose doing an event is ("originator", "recipient role", "either machine", "clock")
 * that stands here.  Where it names nobody it follows from what the event means: clarification  A asks: accept, re_ask and
 * withdraw are A's, the answer is B's cease          A asks to stop: receipt, execute, decline and stopped are B's call A put
 * it on the diary; either side rings, answers, holds, gives up and ends; each reads out its own part incident       A reported
 * it: evidence_a is A's, evidence_b B's; classes are compared by both machines; either side records review and closing
 *   deadlines      each side's own clock
 * "From any open state" is written out: every state that is not final, so a draft too. */
#include "domain/machine.h"

#define A            DCF_WHO_A
#define B            DCF_WHO_B
#define BOTH         DCF_WHO_BOTH
#define CLOCK        DCF_WHO_CLOCK
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- notification ----------------------------------------------------------------------------------------- */

static const char *const note_state[DCF_NOTE_STATES] = {
	[DCF_NOTE_DRAFT] = "DRAFT",
	[DCF_NOTE_SENT] = "SENT",
	[DCF_NOTE_RECEIVED] = "RECEIVED",
	[DCF_NOTE_UNDELIVERED] = "UNDELIVERED",
	[DCF_NOTE_REFUSED] = "REFUSED",
	[DCF_NOTE_READ_BACK_OK] = "READ_BACK_OK",
	[DCF_NOTE_CHALLENGED] = "CHALLENGED",
	[DCF_NOTE_CLARIFIED] = "CLARIFIED",
	[DCF_NOTE_ACKNOWLEDGED] = "ACKNOWLEDGED",
	[DCF_NOTE_DISSEMINATED] = "DISSEMINATED",
	[DCF_NOTE_CLOSED] = "CLOSED",
	[DCF_NOTE_SUPERSEDED] = "SUPERSEDED",
	[DCF_NOTE_WITHDRAWN] = "WITHDRAWN",
	[DCF_NOTE_EXPIRED] = "EXPIRED",
};

static const char *const note_event[DCF_NOTE_EVENTS] = {
	[DCF_NOTE_SEND] = "send",
	[DCF_NOTE_DELIVERY_RECEIPT] = "delivery_receipt",
	[DCF_NOTE_NO_PATH] = "no_path",
	[DCF_NOTE_LINE_SUSPENDED] = "line_suspended",
	[DCF_NOTE_DEADLINE] = "deadline",
	[DCF_NOTE_RESEND] = "resend",
	[DCF_NOTE_READBACK_EQUAL] = "readback_equal",
	[DCF_NOTE_READBACK_DIFFERS] = "readback_differs",
	[DCF_NOTE_CHALLENGE] = "challenge",
	[DCF_NOTE_ACKNOWLEDGE] = "acknowledge",
	[DCF_NOTE_CLARIFY] = "clarify",
	[DCF_NOTE_DISSEMINATE] = "disseminate",
	[DCF_NOTE_WINDOW_OVER] = "window_over",
	[DCF_NOTE_DISSEMINATION_DEADLINE] = "dissemination_deadline",
	[DCF_NOTE_NEW_VERSION] = "new_version",
	[DCF_NOTE_WITHDRAW] = "withdraw",
};

/* What the originator may do as long as the notification is open. */
/* clang-format off */
#define NOTE_OPEN(state) \
	{ state, DCF_NOTE_NEW_VERSION, DCF_NOTE_SUPERSEDED, A }, { state, DCF_NOTE_WITHDRAW, DCF_NOTE_WITHDRAWN, A }
/* clang-format on */
/* Nobody acknowledged: a deadline makes it overdue, the end of the window expires it, which is an incident. */
/* clang-format off */
#define NOTE_LATE(state) \
	{ state, DCF_NOTE_DEADLINE, state, CLOCK }, { state, DCF_NOTE_WINDOW_OVER, DCF_NOTE_EXPIRED, CLOCK }
/* clang-format on */

static const struct dcf_transition note_transition[] = {
	{ DCF_NOTE_DRAFT, DCF_NOTE_SEND, DCF_NOTE_SENT, A },
	NOTE_OPEN(DCF_NOTE_DRAFT),

	{ DCF_NOTE_SENT, DCF_NOTE_DELIVERY_RECEIPT, DCF_NOTE_RECEIVED, B },
	{ DCF_NOTE_SENT, DCF_NOTE_NO_PATH, DCF_NOTE_UNDELIVERED, A },
	{ DCF_NOTE_SENT, DCF_NOTE_LINE_SUSPENDED, DCF_NOTE_REFUSED, B },
	NOTE_LATE(DCF_NOTE_SENT),
	NOTE_OPEN(DCF_NOTE_SENT),

	{ DCF_NOTE_UNDELIVERED, DCF_NOTE_RESEND, DCF_NOTE_SENT, A },
	NOTE_LATE(DCF_NOTE_UNDELIVERED),
	NOTE_OPEN(DCF_NOTE_UNDELIVERED),

	/* No deadline: the recipient said why it does not answer. */
	{ DCF_NOTE_REFUSED, DCF_NOTE_RESEND, DCF_NOTE_SENT, A },
	{ DCF_NOTE_REFUSED, DCF_NOTE_WINDOW_OVER, DCF_NOTE_EXPIRED, CLOCK },
	NOTE_OPEN(DCF_NOTE_REFUSED),

	{ DCF_NOTE_RECEIVED, DCF_NOTE_READBACK_EQUAL, DCF_NOTE_READ_BACK_OK, BOTH },
	{ DCF_NOTE_RECEIVED, DCF_NOTE_READBACK_DIFFERS, DCF_NOTE_CHALLENGED, BOTH },
	{ DCF_NOTE_RECEIVED, DCF_NOTE_CHALLENGE, DCF_NOTE_CHALLENGED, B },
	NOTE_LATE(DCF_NOTE_RECEIVED),
	NOTE_OPEN(DCF_NOTE_RECEIVED),

	{ DCF_NOTE_READ_BACK_OK, DCF_NOTE_ACKNOWLEDGE, DCF_NOTE_ACKNOWLEDGED, B },
	{ DCF_NOTE_READ_BACK_OK, DCF_NOTE_CHALLENGE, DCF_NOTE_CHALLENGED, B },
	{ DCF_NOTE_READ_BACK_OK, DCF_NOTE_READBACK_DIFFERS, DCF_NOTE_CHALLENGED, BOTH },
	NOTE_LATE(DCF_NOTE_READ_BACK_OK),
	NOTE_OPEN(DCF_NOTE_READ_BACK_OK),

	{ DCF_NOTE_CHALLENGED, DCF_NOTE_CLARIFY, DCF_NOTE_CLARIFIED, A },
	NOTE_LATE(DCF_NOTE_CHALLENGED),
	NOTE_OPEN(DCF_NOTE_CHALLENGED),

	{ DCF_NOTE_CLARIFIED, DCF_NOTE_READBACK_EQUAL, DCF_NOTE_READ_BACK_OK, BOTH },
	{ DCF_NOTE_CLARIFIED, DCF_NOTE_READBACK_DIFFERS, DCF_NOTE_CHALLENGED, BOTH },
	{ DCF_NOTE_CLARIFIED, DCF_NOTE_CHALLENGE, DCF_NOTE_CHALLENGED, B },
	NOTE_LATE(DCF_NOTE_CLARIFIED),
	NOTE_OPEN(DCF_NOTE_CLARIFIED),

	{ DCF_NOTE_ACKNOWLEDGED, DCF_NOTE_DISSEMINATE, DCF_NOTE_DISSEMINATED, B },
	{ DCF_NOTE_ACKNOWLEDGED, DCF_NOTE_CHALLENGE, DCF_NOTE_CHALLENGED, B },
	{ DCF_NOTE_ACKNOWLEDGED, DCF_NOTE_DISSEMINATION_DEADLINE, DCF_NOTE_ACKNOWLEDGED, CLOCK },
	{ DCF_NOTE_ACKNOWLEDGED, DCF_NOTE_WINDOW_OVER, DCF_NOTE_CLOSED, CLOCK },
	NOTE_OPEN(DCF_NOTE_ACKNOWLEDGED),

	{ DCF_NOTE_DISSEMINATED, DCF_NOTE_CHALLENGE, DCF_NOTE_CHALLENGED, B },
	{ DCF_NOTE_DISSEMINATED, DCF_NOTE_WINDOW_OVER, DCF_NOTE_CLOSED, CLOCK },
	NOTE_OPEN(DCF_NOTE_DISSEMINATED),
};

/* --- clarification request -------------------------------------------------------------------------------- */

static const char *const ask_state[DCF_ASK_STATES] = {
	[DCF_ASK_OPEN] = "OPEN",
	[DCF_ASK_ANSWERED] = "ANSWERED",
	[DCF_ASK_OVERDUE] = "OVERDUE",
	[DCF_ASK_CLOSED] = "CLOSED",
};

static const char *const ask_event[DCF_ASK_EVENTS] = {
	[DCF_ASK_ANSWER] = "answer", [DCF_ASK_DEADLINE] = "deadline", [DCF_ASK_ACCEPT] = "accept",
	[DCF_ASK_RE_ASK] = "re_ask", [DCF_ASK_WITHDRAW] = "withdraw",
};

static const struct dcf_transition ask_transition[] = {
	{ DCF_ASK_OPEN, DCF_ASK_ANSWER, DCF_ASK_ANSWERED, B },    { DCF_ASK_OPEN, DCF_ASK_DEADLINE, DCF_ASK_OVERDUE, CLOCK },
	{ DCF_ASK_OPEN, DCF_ASK_WITHDRAW, DCF_ASK_CLOSED, A },    { DCF_ASK_OVERDUE, DCF_ASK_ANSWER, DCF_ASK_ANSWERED, B },
	{ DCF_ASK_OVERDUE, DCF_ASK_WITHDRAW, DCF_ASK_CLOSED, A }, { DCF_ASK_ANSWERED, DCF_ASK_ACCEPT, DCF_ASK_CLOSED, A },
	{ DCF_ASK_ANSWERED, DCF_ASK_RE_ASK, DCF_ASK_OPEN, A },
};

/* --- cease request ---------------------------------------------------------------------------------------- */

static const char *const cease_state[DCF_CEASE_STATES] = {
	[DCF_CEASE_ISSUED] = "ISSUED",   [DCF_CEASE_RECEIVED] = "RECEIVED", [DCF_CEASE_EXECUTING] = "EXECUTING",
	[DCF_CEASE_STOPPED] = "STOPPED", [DCF_CEASE_DECLINED] = "DECLINED",
};

static const char *const cease_event[DCF_CEASE_EVENTS] = {
	[DCF_CEASE_RECEIPT] = "receipt", [DCF_CEASE_DEADLINE] = "deadline", [DCF_CEASE_EXECUTE] = "execute",
	[DCF_CEASE_DECLINE] = "decline", [DCF_CEASE_STOP] = "stopped",
};

static const struct dcf_transition cease_transition[] = {
	{ DCF_CEASE_ISSUED, DCF_CEASE_RECEIPT, DCF_CEASE_RECEIVED, B },
	{ DCF_CEASE_ISSUED, DCF_CEASE_DEADLINE, DCF_CEASE_ISSUED, CLOCK },
	{ DCF_CEASE_RECEIVED, DCF_CEASE_EXECUTE, DCF_CEASE_EXECUTING, B },
	{ DCF_CEASE_RECEIVED, DCF_CEASE_DECLINE, DCF_CEASE_DECLINED, B },
	{ DCF_CEASE_RECEIVED, DCF_CEASE_DEADLINE, DCF_CEASE_RECEIVED, CLOCK },
	{ DCF_CEASE_EXECUTING, DCF_CEASE_STOP, DCF_CEASE_STOPPED, B },
	{ DCF_CEASE_EXECUTING, DCF_CEASE_DECLINE, DCF_CEASE_DECLINED, B },
};

/* --- call ------------------------------------------------------------------------------------------------- */

static const char *const call_state[DCF_CALL_STATES] = {
	[DCF_CALL_SCHEDULED] = "SCHEDULED",   [DCF_CALL_RINGING] = "RINGING",       [DCF_CALL_CONNECTED] = "CONNECTED",
	[DCF_CALL_ON_HOLD] = "ON_HOLD",       [DCF_CALL_MISSED] = "MISSED",         [DCF_CALL_ENDED] = "ENDED",
	[DCF_CALL_READ_OUT_A] = "READ_OUT_A", [DCF_CALL_READ_OUT_B] = "READ_OUT_B", [DCF_CALL_COMPARED] = "COMPARED",
};

static const char *const call_event[DCF_CALL_EVENTS] = {
	[DCF_CALL_RING] = "ring",         [DCF_CALL_ANSWER] = "answer",       [DCF_CALL_HOLD] = "hold",
	[DCF_CALL_DEADLINE] = "deadline", [DCF_CALL_GIVE_UP] = "give_up",     [DCF_CALL_RESUME] = "resume",
	[DCF_CALL_END] = "end",           [DCF_CALL_READOUT_A] = "readout_a", [DCF_CALL_READOUT_B] = "readout_b",
};

static const struct dcf_transition call_transition[] = {
	{ DCF_CALL_SCHEDULED, DCF_CALL_RING, DCF_CALL_RINGING, BOTH },
	{ DCF_CALL_RINGING, DCF_CALL_ANSWER, DCF_CALL_CONNECTED, BOTH },
	{ DCF_CALL_RINGING, DCF_CALL_HOLD, DCF_CALL_ON_HOLD, BOTH },
	{ DCF_CALL_RINGING, DCF_CALL_DEADLINE, DCF_CALL_RINGING, CLOCK },
	{ DCF_CALL_RINGING, DCF_CALL_GIVE_UP, DCF_CALL_MISSED, BOTH },
	{ DCF_CALL_CONNECTED, DCF_CALL_HOLD, DCF_CALL_ON_HOLD, BOTH },
	{ DCF_CALL_CONNECTED, DCF_CALL_END, DCF_CALL_ENDED, BOTH },
	{ DCF_CALL_ON_HOLD, DCF_CALL_RESUME, DCF_CALL_CONNECTED, BOTH },
	{ DCF_CALL_ON_HOLD, DCF_CALL_DEADLINE, DCF_CALL_ON_HOLD, CLOCK },
	{ DCF_CALL_ON_HOLD, DCF_CALL_GIVE_UP, DCF_CALL_MISSED, BOTH },
	{ DCF_CALL_ENDED, DCF_CALL_READOUT_A, DCF_CALL_READ_OUT_A, A },
	{ DCF_CALL_ENDED, DCF_CALL_READOUT_B, DCF_CALL_READ_OUT_B, B },
	{ DCF_CALL_READ_OUT_A, DCF_CALL_READOUT_B, DCF_CALL_COMPARED, B },
	{ DCF_CALL_READ_OUT_B, DCF_CALL_READOUT_A, DCF_CALL_COMPARED, A },
};

/* --- incident --------------------------------------------------------------------------------------------- */

static const char *const incident_state[DCF_INCIDENT_STATES] = {
	[DCF_INCIDENT_REPORTED] = "REPORTED",         [DCF_INCIDENT_EVIDENCE] = "EVIDENCE",
	[DCF_INCIDENT_AGREED_CLASS] = "AGREED_CLASS", [DCF_INCIDENT_DISPUTED] = "DISPUTED",
	[DCF_INCIDENT_REVIEWED] = "REVIEWED",         [DCF_INCIDENT_CLOSED] = "CLOSED",
};

static const char *const incident_event[DCF_INCIDENT_EVENTS] = {
	[DCF_INCIDENT_EVIDENCE_A] = "evidence_a",
	[DCF_INCIDENT_EVIDENCE_B] = "evidence_b",
	[DCF_INCIDENT_CLASSIFY_SAME] = "classify_same",
	[DCF_INCIDENT_CLASSIFY_DIFFER] = "classify_differ",
	[DCF_INCIDENT_REVIEW] = "review",
	[DCF_INCIDENT_CLOSE] = "close",
};

static const struct dcf_transition incident_transition[] = {
	{ DCF_INCIDENT_REPORTED, DCF_INCIDENT_EVIDENCE_A, DCF_INCIDENT_EVIDENCE, A },
	{ DCF_INCIDENT_REPORTED, DCF_INCIDENT_EVIDENCE_B, DCF_INCIDENT_EVIDENCE, B },
	{ DCF_INCIDENT_EVIDENCE, DCF_INCIDENT_EVIDENCE_A, DCF_INCIDENT_EVIDENCE, A },
	{ DCF_INCIDENT_EVIDENCE, DCF_INCIDENT_EVIDENCE_B, DCF_INCIDENT_EVIDENCE, B },
	{ DCF_INCIDENT_EVIDENCE, DCF_INCIDENT_CLASSIFY_SAME, DCF_INCIDENT_AGREED_CLASS, BOTH },
	{ DCF_INCIDENT_EVIDENCE, DCF_INCIDENT_CLASSIFY_DIFFER, DCF_INCIDENT_DISPUTED, BOTH },
	{ DCF_INCIDENT_AGREED_CLASS, DCF_INCIDENT_REVIEW, DCF_INCIDENT_REVIEWED, BOTH },
	{ DCF_INCIDENT_DISPUTED, DCF_INCIDENT_REVIEW, DCF_INCIDENT_REVIEWED, BOTH },
	{ DCF_INCIDENT_REVIEWED, DCF_INCIDENT_CLOSE, DCF_INCIDENT_CLOSED, BOTH },
};

/* --- all of them ------------------------------------------------------------------------------------------ */

#define BIT(state) ((uint32_t)1 << (state))
#define TABLES(prefix)                                                                                                         \
	.state = prefix##_state, .event = prefix##_event, .state_count = COUNT(prefix##_state),                                \
	.event_count = COUNT(prefix##_event), .transition = prefix##_transition,                                               \
	.transition_count = COUNT(prefix##_transition)

static const struct dcf_machine machine[DCF_MACHINE_COUNT] = {
	[DCF_MACHINE_NOTIFICATION] = { .name = "notification",
				       .start = DCF_NOTE_DRAFT,
				       .finals = BIT(DCF_NOTE_CLOSED) | BIT(DCF_NOTE_SUPERSEDED) | BIT(DCF_NOTE_WITHDRAWN) |
						 BIT(DCF_NOTE_EXPIRED),
				       TABLES(note) },
	[DCF_MACHINE_CLARIFICATION] = { .name = "clarification",
					.start = DCF_ASK_OPEN,
					.finals = BIT(DCF_ASK_CLOSED),
					TABLES(ask) },
	[DCF_MACHINE_CEASE] = { .name = "cease",
				.start = DCF_CEASE_ISSUED,
				.finals = BIT(DCF_CEASE_STOPPED) | BIT(DCF_CEASE_DECLINED),
				TABLES(cease) },
	[DCF_MACHINE_CALL] = { .name = "call",
			       .start = DCF_CALL_SCHEDULED,
			       .finals = BIT(DCF_CALL_MISSED) | BIT(DCF_CALL_COMPARED),
			       TABLES(call) },
	[DCF_MACHINE_INCIDENT] = { .name = "incident",
				   .start = DCF_INCIDENT_REPORTED,
				   .finals = BIT(DCF_INCIDENT_CLOSED),
				   TABLES(incident) },
};

const struct dcf_machine *dcf_machine_of(enum dcf_machine_kind kind)
{
	return &machine[kind];
}

/* At most 50 rows: looking at each is as quick as a table of all pairs, and one form less. */
uint8_t dcf_machine_next(enum dcf_machine_kind kind, uint8_t state, uint8_t event, uint8_t *who)
{
	if ((unsigned)kind >= DCF_MACHINE_COUNT)
		return DCF_NO_STATE;
	for (size_t i = 0; i < machine[kind].transition_count; i++) {
		const struct dcf_transition *t = &machine[kind].transition[i];

		if (t->from != state || t->event != event)
			continue;
		if (who)
			*who = t->who;
		return t->to;
	}
	return DCF_NO_STATE;
}

bool dcf_machine_final(enum dcf_machine_kind kind, uint8_t state)
{
	return (unsigned)kind < DCF_MACHINE_COUNT && state < machine[kind].state_count && machine[kind].finals >> state & 1;
}

const char *dcf_machine_name(enum dcf_machine_kind kind)
{
	return (unsigned)kind < DCF_MACHINE_COUNT ? machine[kind].name : kind == DCF_MACHINE_LINE ? "line" : "";
}

const char *dcf_machine_state_name(enum dcf_machine_kind kind, uint8_t state)
{
	return (unsigned)kind < DCF_MACHINE_COUNT && state < machine[kind].state_count ? machine[kind].state[state] : "";
}

const char *dcf_machine_event_name(enum dcf_machine_kind kind, uint8_t event)
{
	return (unsigned)kind < DCF_MACHINE_COUNT && event < machine[kind].event_count ? machine[kind].event[event] : "";
}

enum dcf_machine_kind dcf_machine_named(struct dcf_span name)
{
	unsigned i = 0;

	while (i < DCF_MACHINE_NAMES && !dcf_span_eq(dcf_span_of(dcf_machine_name((enum dcf_machine_kind)i)), name))
		i++;
	return (enum dcf_machine_kind)i;
}

static uint8_t find(const char *const *names, unsigned count, struct dcf_span name)
{
	for (unsigned i = 0; i < count; i++)
		if (dcf_span_eq(dcf_span_of(names[i]), name))
			return (uint8_t)i;
	return DCF_NO_STATE;
}

uint8_t dcf_machine_state_named(enum dcf_machine_kind kind, struct dcf_span name)
{
	if ((unsigned)kind >= DCF_MACHINE_COUNT)
		return DCF_NO_STATE;
	return find(machine[kind].state, machine[kind].state_count, name);
}

uint8_t dcf_machine_event_named(enum dcf_machine_kind kind, struct dcf_span name)
{
	if ((unsigned)kind >= DCF_MACHINE_COUNT)
		return DCF_NO_STATE;
	return find(machine[kind].event, machine[kind].event_count, name);
}
