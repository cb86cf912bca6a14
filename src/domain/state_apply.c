/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"
#include "crypto/text.h"
#include "domain/declare.h"

static enum dcf_status corrupt(struct dcf_buf *why, const char *text)
{
	if (why)
		dcf_buf_z(why, text);
	return DCF_E_CORRUPT;
}

/* --- operations ------------------------------------------------------------------------------------ */

/* The operation that a body declares. */
static enum dcf_status make_op(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_op **op, struct dcf_buf *why)
{
	struct dcf_plan plan;
	enum dcf_status s = dcf_declare_read_again(st->frame_next, DCF_SPAN("entry"), head->body, st->from, &plan);

	*op = NULL;
	if (s == DCF_OK && plan.operation_count != 1)
		s = DCF_E_REFUSED;
	s = s == DCF_OK ? dcf_ops_make(&plan, st->from, op) : s;
	dcf_plan_free(&plan);
	return s == DCF_OK || s == DCF_E_NOMEM ? s : corrupt(why, "an operation whose features cannot be read");
}

/* When notice of this version was received: the node's own time. */
static void stamp(struct dcf_op *op, int64_t at_us)
{
	struct dcf_feature *f = (struct dcf_feature *)op->live.features;

	for (uint32_t i = 0; i < op->live.feature_count; i++)
		f[i].received_us = at_us;
}

static void leave_index(struct dcf_state *st, struct dcf_op *op)
{
	if (op->in_index)
		dcf_live_remove(st->live, &op->live);
	op->in_index = false;
}

/* The slot for the name, made when it is new. */
static enum dcf_status slot_for(struct dcf_state *st, const struct dcf_op *op, uint64_t first, struct dcf_slot **slot)
{
	uint64_t end = atomic_load(&st->table.serial_end);
	enum dcf_status s;

	*slot = dcf_table_find(&st->table, op->live.party, op->id);
	if (*slot)
		/* Purged and not yet published: see dcf_state_apply. */
		return (*slot)->touched && !(*slot)->next ? DCF_E_CONFLICT : DCF_OK;
	s = dcf_table_add(&st->table, op->live.party, op->id, first ? first : st->position_next, slot);
	if (s == DCF_OK)
		dcf_state_pend(st, (struct dcf_pending){ .kind = DCF_PENDING_SLOT, .slot = *slot, .serial_end = end });
	return s;
}

/* Does the operation know this entry already?  It does where it comes from a snapshot that was written in steps. */
static bool knows(const struct dcf_state *st, const struct dcf_op *op)
{
	return op->position >= st->position_next || op->pending_event >= st->position_next;
}

static bool known_operation(const struct dcf_state *st, const struct dcf_entry_head *head)
{
	uint32_t party;
	const struct dcf_slot *slot = dcf_state_slot(st, head->party, head->operation, &party);
	const struct dcf_op *now = slot ? dcf_slot_now(slot) : NULL;

	return now && knows(st, now);
}

static enum dcf_status apply_operation(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_op *op,
				       struct dcf_buf *why)
{
	struct dcf_pending c = { .kind = DCF_PENDING_OP };
	enum dcf_status s = DCF_OK;

	if (known_operation(st, head)) {
		if (op)
			dcf_op_drop(op);
		return DCF_OK;
	}
	s = op ? DCF_OK : make_op(st, head, &op, why);
	if (s != DCF_OK)
		return s;
	if (dcf_plan_find_party(&st->frame_next->plan, head->party) != op->live.party || !dcf_span_eq(op->id, head->operation))
		s = corrupt(why, "an operation whose features are another's");
	s = s == DCF_OK ? slot_for(st, op, head->first, &c.slot) : s;
	s = s == DCF_OK ? dcf_slot_note(st->from, c.slot, st->position_next) : s;
	if (s != DCF_OK) {
		dcf_op_drop(op);
		return s;
	}
	c.op = op;
	c.before = dcf_slot_now(c.slot);
	if (c.before) {
		c.state = c.before->pending_state;
		c.left_index = c.before->in_index;
		leave_index(st, c.before);
		dcf_due_drop(&st->due, &c.before->due);
		if (!dcf_op_final((enum dcf_op_state)c.state))
			c.before->pending_state = DCF_OP_SUPERSEDED;
	}
	op->slot = c.slot;
	op->position = st->position_next;
	op->version = head->version;
	op->life = c.before && !dcf_op_final((enum dcf_op_state)c.state) ? c.before->life : head->version;
	op->pending_state = DCF_OP_DECLARED;
	op->last_at_us = head->at_us;
	stamp(op, head->at_us);
	c.slot->next = op;
	c.slot->touched = true;
	/* From here on undoing gives the operation's hold back. */
	dcf_state_pend(st, c);
	s = dcf_live_insert(st->live, &op->live);
	if (s == DCF_OK) {
		op->in_index = true;
		atomic_fetch_add(&op->holders, 1);
		s = dcf_state_due_put(st, op, op->end_us);
	}
	dcf_exchange_own_note(st->exchange, st, op->slot);
	return s == DCF_E_REFUSED ? corrupt(why, "an operation whose shape is refused") : s;
}

/* The event of one operation; an event of a version that is not there (any more) means nothing. */
static enum dcf_status move(struct dcf_state *st, struct dcf_slot *slot, uint32_t version, enum dcf_op_event event,
			    int64_t at_us, bool noted)
{
	struct dcf_op *op = dcf_slot_now(slot);
	struct dcf_pending c = { .kind = DCF_PENDING_STATE, .slot = slot, .op = op };
	enum dcf_op_state next;

	if (!op || (version && op->version != version) || knows(st, op))
		return DCF_OK;
	next = dcf_op_next((enum dcf_op_state)op->pending_state, event);
	if (next == DCF_OP_STATE_COUNT)
		return DCF_OK;
	/* The clock's entries are about many: they belong to none, and are never erased with one. */
	c.noted = noted;
	if (c.noted && dcf_slot_note(st->from, slot, st->position_next) != DCF_OK)
		return DCF_E_NOMEM;
	c.state = op->pending_state;
	c.event_position = op->pending_event;
	c.last_at_us = op->last_at_us;
	op->last_at_us = at_us;
	op->pending_state = (uint8_t)next;
	op->pending_event = st->position_next;
	if (dcf_op_final(next)) {
		c.left_index = op->in_index;
		leave_index(st, op);
	}
	dcf_state_pend(st, c);
	dcf_exchange_own_note(st->exchange, st, slot);
	return dcf_state_due_put(st, op, op->end_us);
}

static enum dcf_status apply_event(struct dcf_state *st, const struct dcf_entry_head *head)
{
	uint32_t party;
	struct dcf_slot *slot = dcf_state_slot(st, head->party, head->operation, &party);

	return slot ? move(st, slot, head->version, (enum dcf_op_event)head->event, head->at_us, true) : DCF_OK;
}

/* --- the clock's ----------------------------------------------------------------------------------- */

static enum dcf_status over(struct dcf_state *st, struct dcf_op *op, int64_t at_us)
{
	return move(st, op->slot, op->version, op->pending_state == DCF_OP_DECLARED ? DCF_OP_WINDOW_OVER : DCF_OP_END, at_us,
		    false);
}

static enum dcf_status purge(struct dcf_state *st, struct dcf_op *op, int64_t at_us)
{
	struct dcf_pending c = { .kind = DCF_PENDING_GONE, .slot = op->slot, .before = op, .state = op->pending_state };

	(void)at_us;
	c.left_index = op->in_index;
	leave_index(st, op);
	dcf_due_drop(&st->due, &op->due);
	op->slot->next = NULL;
	op->slot->touched = true;
	dcf_state_pend(st, c);
	return DCF_OK;
}

/* The operation that was first declared at `position`, if it still stands: bodies of the clock's entries name them so. */
static struct dcf_op *op_at(const struct dcf_state *st, uint64_t position)
{
	struct dcf_slot *slot = dcf_table_at(&st->table, position);

	return slot ? dcf_slot_now(slot) : NULL;
}

static enum dcf_status apply_each(struct dcf_state *st, const struct dcf_entry_head *head,
				  enum dcf_status (*one)(struct dcf_state *st, struct dcf_op *op, int64_t at_us),
				  struct dcf_buf *why)
{
	struct dcf_span body = head->body;
	enum dcf_status s = DCF_OK;
	uint64_t position;
	bool bad = false;

	while (s == DCF_OK && dcf_positions_next(&body, &position, &bad)) {
		struct dcf_op *op = op_at(st, position);

		s = dcf_state_reserve(st, 1);
		if (s == DCF_OK && op)
			s = one(st, op, head->at_us);
	}
	return bad ? corrupt(why, "a list of positions that cannot be read") : s;
}

/* Contents to be deleted: they stand before the entry that says so. */
static enum dcf_status apply_erased(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct dcf_span body = head->body;
	uint64_t position;
	bool bad = false;

	while (dcf_positions_next(&body, &position, &bad)) {
		if (position >= st->position_next)
			return corrupt(why, "a deletion of an entry that comes later");
		dcf_positions_put(&st->erase, position);
	}
	return bad ? corrupt(why, "a list of positions that cannot be read") : st->erase.failed ? DCF_E_NOMEM : DCF_OK;
}

/* --- the frame, keys, founding --------------------------------------------------------------------- */

static enum dcf_status apply_frame(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct dcf_frame_text text = { .text = head->body, .position = st->position_next };
	struct dcf_frame *old = st->frame_next, *next;
	enum dcf_status s = head->kind == DCF_ENTRY_PARTY ? dcf_frame_with_party(old, text, st->from, &next, why)
							  : dcf_frame_with_airspace(old, text, st->from, &next, why);

	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : DCF_E_CORRUPT;
	s = dcf_live_frame(st->live, &next->plan, &st->question);
	if (s != DCF_OK) {
		dcf_frame_free(next);
		return s;
	}
	st->frame_next = next;
	/* Heights in the exchange follow from the atmosphere. */
	if (head->kind == DCF_ENTRY_AIRSPACE)
		dcf_exchange_own_look(st->exchange);
	dcf_state_pend(st, (struct dcf_pending){ .kind = DCF_PENDING_FRAME, .fresh = next, .old = old });
	return DCF_OK;
}

static enum dcf_status apply_facts(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct dcf_facts *old = st->facts_next, *f;

	if ((head->kind == DCF_ENTRY_FOUNDED) != (old == NULL))
		return corrupt(why, old ? "a record that is founded twice" : "a record that was never founded");
	f = dcf_alloc_new(st->from, sizeof *f);
	if (!f)
		return DCF_E_NOMEM;
	*f = (struct dcf_facts){ .arena = { .from = st->from } };
	f->origin = dcf_arena_copy(&f->arena, old ? old->origin : head->origin);
	f->vkey = dcf_arena_copy(&f->arena, head->vkey);
	f->exercise = old ? old->exercise : head->exercise;
	if (!f->origin.p || !f->vkey.p) {
		dcf_arena_free(&f->arena);
		dcf_alloc_free(st->from, f, sizeof *f);
		return DCF_E_NOMEM;
	}
	st->facts_next = f;
	dcf_state_pend(st, (struct dcf_pending){ .kind = DCF_PENDING_FACTS, .fresh = f, .old = old });
	return DCF_OK;
}

static enum dcf_status note_request(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct dcf_request r = { .first = st->position_next, .count = head->request_count, .at_us = head->at_us };
	const struct dcf_request *known;

	if (!head->request.len)
		return DCF_OK;
	if (dcf_text_read_exactly(DCF_TEXT_HEX, head->request, r.key.b, sizeof r.key.b) != DCF_OK ||
	    dcf_text_read_exactly(DCF_TEXT_HEX, head->digest, r.digest.b, sizeof r.digest.b) != DCF_OK)
		return corrupt(why, "a request's key that is no hash");
	/* Known from a snapshot that was written in steps.  Another one with this key is a day old and will be forgotten. */
	known = dcf_requests_find(&st->requests, &r.key);
	return known && known->first == r.first ? DCF_OK : dcf_requests_put(&st->requests, st->from, &r);
}

/* What the line itself declared is what was owed for a notice; an operation of that name by anybody else is not. */
static void note_declared(struct dcf_state *st, const struct dcf_entry_head *head)
{
	if (head->by.len > 5 && memcmp(head->by.p, "line:", 5) == 0)
		dcf_line_declared(st->line, head->party, head->operation);
}

static enum dcf_status apply_line(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct line_at at = dcf_state_line_at(st, head->at_us);

	return dcf_line_apply(st->line, &at, head, why);
}

enum dcf_status dcf_state_apply(struct dcf_state *st, const struct dcf_entry_head *head, struct dcf_op *op, struct dcf_buf *why)
{
	enum dcf_status s = dcf_state_reserve(st, 4);

	if (s == DCF_OK && head->at_us < st->at_next_us)
		s = corrupt(why, "a time before that of the entry before it");
	if (op && (s != DCF_OK || head->kind != DCF_ENTRY_OPERATION)) {
		dcf_op_drop(op);
		op = NULL;
	}
	s = s == DCF_OK ? note_request(st, head, why) : s;
	if (s != DCF_OK) {
		if (op)
			dcf_op_drop(op);
		return s;
	}
	switch ((enum dcf_entry_kind)head->kind) {
	case DCF_ENTRY_OPERATION:
		s = apply_operation(st, head, op, why);
		note_declared(st, head);
		break;
	case DCF_ENTRY_EVENT:
		s = apply_event(st, head);
		note_declared(st, head);
		break;
	case DCF_ENTRY_OVER:
		s = apply_each(st, head, over, why);
		break;
	case DCF_ENTRY_PURGE:
		s = apply_each(st, head, purge, why);
		break;
	case DCF_ENTRY_PARTY:
	case DCF_ENTRY_AIRSPACE:
		s = apply_frame(st, head, why);
		break;
	case DCF_ENTRY_FOUNDED:
	case DCF_ENTRY_KEY:
		s = apply_facts(st, head, why);
		break;
	case DCF_ENTRY_ERASED:
		s = apply_erased(st, head, why);
		break;
	case DCF_ENTRY_PEER:
	case DCF_ENTRY_LINE_OUT:
	case DCF_ENTRY_LINE_IN:
	case DCF_ENTRY_LINE_CLOCK:
	case DCF_ENTRY_LINE_STATUS:
	case DCF_ENTRY_LINE_REFUSED:
		s = apply_line(st, head, why);
		break;
	case DCF_ENTRY_EXCHANGE:
	case DCF_ENTRY_EXCHANGE_OVER:
	case DCF_ENTRY_EXCHANGE_OWN:
		s = dcf_exchange_apply(st->exchange, &(struct exchange_at){ st->position_next, head->at_us }, head, why);
		break;
	case DCF_ENTRY_KIND_COUNT:
		break;
	}
	if (s == DCF_OK) {
		st->at_next_us = head->at_us;
		st->position_next++;
	}
	return s;
}

enum dcf_status dcf_state_entries_of(const struct dcf_state *st, struct dcf_span purge_body, struct dcf_buf *out)
{
	uint64_t position;
	bool bad = false;

	while (dcf_positions_next(&purge_body, &position, &bad)) {
		const struct dcf_slot *slot = dcf_table_at(&st->table, position);

		for (uint32_t i = 0; slot && i < slot->history_count; i++)
			dcf_positions_put(out, slot->history[i]);
	}
	return bad ? DCF_E_SYNTAX : out->failed ? DCF_E_NOMEM : DCF_OK;
}
