/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - what may happen to the things that two parties talk about, as tables: notification, clarification request, cease
 * request, call, incident.  (The operation's own machine is operation_states.h; the line's two fields are line_status.h.)
 *
 * Both sides keep a copy of each object and move it by the same table, so the same messages in the same order give the same
 * state. No state means "approved": an acknowledgement says received and understood.  An event that a state does not have
 * changes nothing; that it came is in the record all the same.  Pure; any thread. */
#ifndef DCF_DOMAIN_MACHINE_H
#define DCF_DOMAIN_MACHINE_H

#include "base/span.h"
#include <stddef.h>
#include <stdint.h>

/* Numbers are written in snapshots: append only. */
enum dcf_machine_kind {
	DCF_MACHINE_NOTIFICATION, /* one object, one recipient */
	DCF_MACHINE_CLARIFICATION,
	DCF_MACHINE_CEASE,
	DCF_MACHINE_CALL,
	DCF_MACHINE_INCIDENT,
	DCF_MACHINE_COUNT,
	DCF_MACHINE_LINE = DCF_MACHINE_COUNT, /* messages about the line itself; it has no object */
	DCF_MACHINE_NAMES
};

/* States and events of each machine, in the order of its names. */
/* clang-format off */
enum dcf_notification_state {
	DCF_NOTE_DRAFT, DCF_NOTE_SENT, DCF_NOTE_RECEIVED, DCF_NOTE_UNDELIVERED, DCF_NOTE_REFUSED, DCF_NOTE_READ_BACK_OK,
	DCF_NOTE_CHALLENGED, DCF_NOTE_CLARIFIED, DCF_NOTE_ACKNOWLEDGED, DCF_NOTE_DISSEMINATED, DCF_NOTE_CLOSED,
	DCF_NOTE_SUPERSEDED, DCF_NOTE_WITHDRAWN, DCF_NOTE_EXPIRED, DCF_NOTE_STATES
};
enum dcf_notification_event {
	DCF_NOTE_SEND, DCF_NOTE_DELIVERY_RECEIPT, DCF_NOTE_NO_PATH, DCF_NOTE_LINE_SUSPENDED, DCF_NOTE_DEADLINE, DCF_NOTE_RESEND,
	DCF_NOTE_READBACK_EQUAL, DCF_NOTE_READBACK_DIFFERS, DCF_NOTE_CHALLENGE, DCF_NOTE_ACKNOWLEDGE, DCF_NOTE_CLARIFY,
	DCF_NOTE_DISSEMINATE, DCF_NOTE_WINDOW_OVER, DCF_NOTE_DISSEMINATION_DEADLINE, DCF_NOTE_NEW_VERSION, DCF_NOTE_WITHDRAW,
	DCF_NOTE_EVENTS
};
enum dcf_clarification_state { DCF_ASK_OPEN, DCF_ASK_ANSWERED, DCF_ASK_OVERDUE, DCF_ASK_CLOSED, DCF_ASK_STATES };
enum dcf_clarification_event {
	DCF_ASK_ANSWER, DCF_ASK_DEADLINE, DCF_ASK_ACCEPT, DCF_ASK_RE_ASK, DCF_ASK_WITHDRAW, DCF_ASK_EVENTS
};
enum dcf_cease_state {
	DCF_CEASE_ISSUED, DCF_CEASE_RECEIVED, DCF_CEASE_EXECUTING, DCF_CEASE_STOPPED, DCF_CEASE_DECLINED, DCF_CEASE_STATES
};
enum dcf_cease_event {
	DCF_CEASE_RECEIPT, DCF_CEASE_DEADLINE, DCF_CEASE_EXECUTE, DCF_CEASE_DECLINE, DCF_CEASE_STOP, DCF_CEASE_EVENTS
};
enum dcf_call_state {
	DCF_CALL_SCHEDULED, DCF_CALL_RINGING, DCF_CALL_CONNECTED, DCF_CALL_ON_HOLD, DCF_CALL_MISSED, DCF_CALL_ENDED,
	DCF_CALL_READ_OUT_A, DCF_CALL_READ_OUT_B, DCF_CALL_COMPARED, DCF_CALL_STATES
};
enum dcf_call_event {
	DCF_CALL_RING, DCF_CALL_ANSWER, DCF_CALL_HOLD, DCF_CALL_DEADLINE, DCF_CALL_GIVE_UP, DCF_CALL_RESUME, DCF_CALL_END,
	DCF_CALL_READOUT_A, DCF_CALL_READOUT_B, DCF_CALL_EVENTS
};
enum dcf_incident_state {
	DCF_INCIDENT_REPORTED, DCF_INCIDENT_EVIDENCE, DCF_INCIDENT_AGREED_CLASS, DCF_INCIDENT_DISPUTED, DCF_INCIDENT_REVIEWED,
	DCF_INCIDENT_CLOSED, DCF_INCIDENT_STATES
};
enum dcf_incident_event {
	DCF_INCIDENT_EVIDENCE_A, DCF_INCIDENT_EVIDENCE_B, DCF_INCIDENT_CLASSIFY_SAME, DCF_INCIDENT_CLASSIFY_DIFFER,
	DCF_INCIDENT_REVIEW, DCF_INCIDENT_CLOSE, DCF_INCIDENT_EVENTS
};
/* clang-format on */

/* Whose doing an event is.  A is whoever began the object, B the other side. */
enum dcf_who {
	DCF_WHO_A = 1,    /* originator: its role or its machine */
	DCF_WHO_B = 2,    /* recipient */
	DCF_WHO_BOTH = 3, /* either may, or each machine finds it by itself */
	DCF_WHO_CLOCK = 4 /* each side's own clock: never a message */
};

struct dcf_transition {
	uint8_t from, event, to;
	uint8_t who; /* enum dcf_who */
};

struct dcf_machine {
	const char *name; /* "notification" */
	const char *const *state, *const *event;
	uint8_t state_count, event_count, start;
	uint32_t finals; /* bit i: nothing follows state i */
	const struct dcf_transition *transition;
	size_t transition_count;
};

enum { DCF_NO_STATE = 255 };

/* The table of a machine, kind < DCF_MACHINE_COUNT. */
const struct dcf_machine *dcf_machine_of(enum dcf_machine_kind kind);
/* The state after `event`, or DCF_NO_STATE when it is no event of that state (also for numbers out of range).  `who` (may be
 * NULL) gets whose doing it is. */
uint8_t dcf_machine_next(enum dcf_machine_kind kind, uint8_t state, uint8_t event, uint8_t *who);
bool dcf_machine_final(enum dcf_machine_kind kind, uint8_t state);
/* "notification" ... "incident", "line"; "" beyond. */
const char *dcf_machine_name(enum dcf_machine_kind kind);
const char *dcf_machine_state_name(enum dcf_machine_kind kind, uint8_t state);
const char *dcf_machine_event_name(enum dcf_machine_kind kind, uint8_t event);
/* The kind of that name, DCF_MACHINE_NAMES when there is none; states and events DCF_NO_STATE. */
enum dcf_machine_kind dcf_machine_named(struct dcf_span name);
uint8_t dcf_machine_state_named(enum dcf_machine_kind kind, struct dcf_span name);
uint8_t dcf_machine_event_named(enum dcf_machine_kind kind, struct dcf_span name);

#endif
