/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"

/* Position of the last entry of an operation: what an ETag names. */
static uint64_t last_position(const struct dcf_op *op)
{
	return op->pending_event > op->position ? op->pending_event : op->position;
}

static enum dcf_objection judge_operation(const struct dcf_state *st, const struct dcf_command *c, struct dcf_entry_head *head)
{
	uint32_t party;
	const struct dcf_slot *slot = dcf_state_slot(st, c->head.party, c->head.operation, &party);
	const struct dcf_op *now = slot ? dcf_slot_now(slot) : NULL;
	bool stands = now && !dcf_op_final((enum dcf_op_state)now->pending_state);

	if (party == DCF_NONE)
		return DCF_OBJECT_PARTY;
	if (c->must_be_new && stands)
		return DCF_OBJECT_THERE;
	if (c->must_be_there && !stands)
		return DCF_OBJECT_NOT_THERE;
	if (c->if_position != DCF_ANY_POSITION && (!now || c->if_position != last_position(now)))
		return now ? DCF_OBJECT_CHANGED : DCF_OBJECT_NOT_THERE;
	head->version = now ? now->version + 1 : 1;
	head->first = now ? slot->serial : 0;
	return DCF_OBJECT_NOTHING;
}

static enum dcf_objection judge_event(const struct dcf_state *st, const struct dcf_command *c, struct dcf_entry_head *head)
{
	uint32_t party;
	const struct dcf_slot *slot = dcf_state_slot(st, c->head.party, c->head.operation, &party);
	const struct dcf_op *now = slot ? dcf_slot_now(slot) : NULL;

	if (!now)
		return DCF_OBJECT_NOT_THERE;
	if (c->if_position != DCF_ANY_POSITION && c->if_position != last_position(now))
		return DCF_OBJECT_CHANGED;
	/* A new version comes with its own kind of entry. */
	if (c->head.event == DCF_OP_NEW_VERSION || c->head.event == DCF_OP_DECLARE ||
	    dcf_op_next((enum dcf_op_state)now->pending_state, (enum dcf_op_event)c->head.event) == DCF_OP_STATE_COUNT)
		return DCF_OBJECT_STATE;
	head->version = now->version;
	return DCF_OBJECT_NOTHING;
}

/* Texts of the frame are understood by making the frame that would follow. */
static enum dcf_status judge_frame(const struct dcf_state *st, const struct dcf_command *c, enum dcf_objection *objection,
				   struct dcf_buf *why)
{
	struct dcf_frame_text text = { .text = c->head.body, .position = st->position_next };
	struct dcf_frame *next = NULL;
	bool party = c->head.kind == DCF_ENTRY_PARTY, exercise = st->facts_next && st->facts_next->exercise;
	enum dcf_status s = party ? dcf_frame_judge_party(st->frame_next, text.text, exercise, st->from, why)
				  : dcf_frame_judge_airspace(text.text, exercise, st->from, why);

	if (s == DCF_OK)
		s = party ? dcf_frame_with_party(st->frame_next, text, st->from, &next, why)
			  : dcf_frame_with_airspace(st->frame_next, text, st->from, &next, why);
	if (s == DCF_OK && c->head.kind == DCF_ENTRY_PARTY && dcf_plan_find_party(&next->plan, c->head.party) == DCF_NONE)
		s = DCF_E_REFUSED;
	dcf_frame_free(next);
	if (s == DCF_OK && c->head.kind == DCF_ENTRY_AIRSPACE) {
		struct dcf_line_terms terms;

		s = dcf_line_terms_read(c->head.body, st->from, &terms, why);
	}
	if (s == DCF_E_REFUSED || s == DCF_E_LIMIT) {
		*objection = DCF_OBJECT_FRAME;
		if (s == DCF_E_LIMIT && why)
			dcf_buf_z(why, "party: found more parties than a node can have\n");
		s = DCF_OK;
	}
	return s;
}

static bool of_line(uint8_t kind)
{
	return kind >= DCF_ENTRY_PEER && kind <= DCF_ENTRY_LINE_REFUSED;
}

static enum dcf_status judge_line(struct dcf_state *st, const struct dcf_command *c, struct dcf_entry_head *head,
				  enum dcf_objection *objection, struct dcf_buf *why)
{
	struct dcf_line_command none = { .objection = DCF_LINE_FINE }, *line = c->line ? c->line : &none;
	struct line_at at = dcf_state_line_at(st, head->at_us);
	enum dcf_status s;

	line->objection = DCF_LINE_FINE;
	s = dcf_line_decide(st->line, &at, line, head, why);
	if (s == DCF_OK && line->objection != DCF_LINE_FINE)
		*objection = DCF_OBJECT_LINE;
	return s;
}

static enum dcf_status judge_exchange(struct dcf_state *st, const struct dcf_command *c, struct dcf_entry_head *head,
				      enum dcf_objection *objection)
{
	struct exchange_at at = { st->position_next, head->at_us };
	enum dcf_status s;

	if (!c->exchange)
		return DCF_E_USAGE;
	if (c->head.kind == DCF_ENTRY_EXCHANGE_OWN) {
		/* An outline that the index does not take: the operation goes without an intent. */
		s = dcf_exchange_decide_own(st->exchange, &at, c->exchange, head);
		*objection = s == DCF_E_REFUSED ? DCF_OBJECT_EXCHANGE : DCF_OBJECT_NOTHING;
		return s == DCF_E_REFUSED ? DCF_OK : s;
	}
	s = dcf_exchange_decide(st->exchange, &at, c->exchange, head);
	if (s == DCF_OK && c->exchange->answer.objection != DCF_EXCHANGE_FINE)
		*objection = DCF_OBJECT_EXCHANGE;
	return s;
}

enum dcf_status dcf_state_decide(struct dcf_state *st, const struct dcf_command *c, int64_t now_us, struct dcf_entry_head *head,
				 enum dcf_objection *objection, struct dcf_buf *why)
{
	*head = c->head;
	head->at_us = now_us > st->at_next_us ? now_us : st->at_next_us;
	*objection = DCF_OBJECT_NOTHING;
	if ((c->head.kind == DCF_ENTRY_FOUNDED) == (st->position_next != 0))
		*objection = DCF_OBJECT_FOUNDED;
	else if (c->head.kind == DCF_ENTRY_OPERATION)
		*objection = judge_operation(st, c, head);
	else if (c->head.kind == DCF_ENTRY_EVENT)
		*objection = judge_event(st, c, head);
	else if (of_line(c->head.kind))
		return judge_line(st, c, head, objection, why);
	else if (c->head.kind == DCF_ENTRY_EXCHANGE || c->head.kind == DCF_ENTRY_EXCHANGE_OWN)
		return judge_exchange(st, c, head, objection);
	else if (c->head.kind == DCF_ENTRY_PARTY || c->head.kind == DCF_ENTRY_AIRSPACE)
		return judge_frame(st, c, objection, why);
	return DCF_OK;
}
