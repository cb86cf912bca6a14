/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"
#include "core/time.h"

static void release_from_index(void *ctx, struct dcf_live_op *op)
{
	(void)ctx;
	dcf_op_drop(op->owner);
}

static void drop_op(void *ctx, void *p)
{
	(void)ctx;
	dcf_op_drop(p);
}

static void free_frame(void *ctx, void *p)
{
	(void)ctx;
	dcf_frame_free(p);
}

static void free_facts(void *ctx, void *p)
{
	struct dcf_facts *f = p;

	dcf_arena_free(&f->arena);
	dcf_alloc_free(ctx, f, sizeof *f);
}

enum dcf_status dcf_state_new(const struct dcf_alloc *a, struct dcf_state **out)
{
	struct dcf_state *st = dcf_alloc_new(a, sizeof *st);
	struct dcf_frame *frame = NULL;
	enum dcf_status s;

	*out = NULL;
	if (!st)
		return DCF_E_NOMEM;
	memset(st, 0, sizeof *st);
	st->from = a;
	st->scratch.from = st->erase.from = a;
	st->question =
		(struct dcf_check_options){ .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	dcf_epoch_init(&st->epoch, a);
	s = dcf_line_new(a, &st->line);
	s = s == DCF_OK ? dcf_exchange_new(a, &st->exchange) : s;
	s = s == DCF_OK ? dcf_table_init(&st->table, a, &st->epoch) : s;
	s = s == DCF_OK ? dcf_frame_make(NULL, 0, (struct dcf_frame_text){ .text = DCF_SPAN("") }, a, &frame, NULL) : s;
	atomic_init(&st->frame, frame);
	st->frame_next = frame;
	s = s == DCF_OK ? dcf_live_new(a, &frame->plan, &st->question, release_from_index, NULL, &st->live) : s;
	if (s != DCF_OK) {
		dcf_state_free(st);
		return s;
	}
	*out = st;
	return DCF_OK;
}

static void drop_all(struct dcf_state *st)
{
	uint64_t serial = 0;

	for (struct dcf_slot *slot; (slot = dcf_table_next(&st->table, &serial)); serial++) {
		struct dcf_op *op = atomic_load(&slot->current);

		if (op)
			dcf_op_drop(op);
	}
}

void dcf_state_free(struct dcf_state *st)
{
	const struct dcf_alloc *a;
	struct dcf_facts *facts;

	if (!st)
		return;
	a = st->from;
	if (st->change_count)
		dcf_state_undo(st);
	if (st->table.chunk)
		drop_all(st);
	dcf_line_free(st->line);
	dcf_exchange_free(st->exchange);
	dcf_live_free(st->live);
	dcf_epoch_free(&st->epoch);
	dcf_table_free(&st->table);
	dcf_frame_free(atomic_load(&st->frame));
	facts = atomic_load(&st->facts);
	if (facts)
		free_facts((void *)a, facts);
	dcf_due_free(&st->due, a);
	dcf_requests_free(&st->requests, a);
	dcf_buf_free(&st->erase);
	dcf_alloc_free(a, st->change, st->change_cap * sizeof *st->change);
	dcf_jfree(&st->doc);
	dcf_arena_free(&st->scratch);
	dcf_alloc_free(a, st, sizeof *st);
}

struct dcf_slot *dcf_state_slot(const struct dcf_state *st, struct dcf_span party, struct dcf_span id, uint32_t *index)
{
	*index = dcf_plan_find_party(&st->frame_next->plan, party);
	return *index == DCF_NONE ? NULL : dcf_table_find(&st->table, *index, id);
}

enum dcf_status dcf_state_reserve(struct dcf_state *st, size_t n)
{
	void *array = st->change;
	enum dcf_status s = dcf_grow(st->from, &array, &st->change_cap, st->change_count + n, sizeof *st->change);

	st->change = array;
	/* A change retires at most an operation, a slot, its chunk and the table's old cells. */
	return s == DCF_OK ? dcf_epoch_reserve(&st->epoch, 4 * (st->change_count + n)) : s;
}

void dcf_state_pend(struct dcf_state *st, struct dcf_pending change)
{
	st->change[st->change_count++] = change;
}

/* --- publish --------------------------------------------------------------------------------------- */

static void publish_op(struct dcf_state *st, const struct dcf_pending *c)
{
	if (c->op)
		atomic_store(&c->op->state, c->op->pending_state);
	atomic_store(&c->slot->current, c->op);
	c->slot->touched = false;
	if (c->before)
		dcf_epoch_retire(&st->epoch, drop_op, NULL, c->before);
}

static void publish_one(struct dcf_state *st, const struct dcf_pending *c)
{
	switch (c->kind) {
	case DCF_PENDING_SLOT:
		break;
	case DCF_PENDING_OP:
		publish_op(st, c);
		break;
	case DCF_PENDING_STATE:
		atomic_store(&c->op->state, c->op->pending_state);
		atomic_store(&c->op->event_position, c->op->pending_event);
		break;
	case DCF_PENDING_GONE:
		atomic_store(&c->slot->current, NULL);
		dcf_epoch_retire(&st->epoch, drop_op, NULL, c->before);
		dcf_table_remove(&st->table, c->slot);
		break;
	case DCF_PENDING_FRAME:
		atomic_store(&st->frame, c->fresh);
		dcf_epoch_retire(&st->epoch, free_frame, NULL, c->old);
		break;
	case DCF_PENDING_FACTS:
		atomic_store(&st->facts, c->fresh);
		if (c->old)
			dcf_epoch_retire(&st->epoch, free_facts, (void *)st->from, c->old);
		break;
	}
}

void dcf_state_publish(struct dcf_state *st)
{
	for (size_t i = 0; i < st->change_count; i++)
		publish_one(st, &st->change[i]);
	st->change_count = 0;
	(void)dcf_live_publish(st->live);
	dcf_line_publish(st->line);
	dcf_exchange_publish(st->exchange);
	atomic_store(&st->operations, st->table.count);
	atomic_store(&st->at_us, st->at_next_us);
	atomic_store(&st->position, st->position_next);
	st->request_mark = st->requests.numbered;
	st->erase_mark = st->erase.len;
	dcf_requests_expire(&st->requests, st->at_next_us);
	dcf_epoch_turn(&st->epoch);
}

/* --- undo ------------------------------------------------------------------------------------------ */

/* The operation of a slot goes back among what the clock asks for; it had its place before, so there is room. */
static void due_again(struct dcf_state *st, struct dcf_op *op)
{
	enum dcf_status s = dcf_state_due_put(st, op, op->end_us);

	(void)s;
}

static void undo_op(struct dcf_state *st, const struct dcf_pending *c)
{
	if (c->op) {
		dcf_due_drop(&st->due, &c->op->due);
		dcf_op_drop(c->op);
	}
	if (c->before) {
		c->before->pending_state = c->state;
		c->before->in_index |= c->left_index;
		due_again(st, c->before);
	}
	c->slot->next = NULL;
	c->slot->touched = false;
	if (c->slot->history_count && c->kind == DCF_PENDING_OP)
		c->slot->history_count--;
}

static void undo_one(struct dcf_state *st, const struct dcf_pending *c)
{
	switch (c->kind) {
	case DCF_PENDING_SLOT:
		atomic_store(&st->table.serial_end, c->serial_end);
		dcf_table_remove(&st->table, c->slot);
		break;
	case DCF_PENDING_OP:
	case DCF_PENDING_GONE:
		undo_op(st, c);
		break;
	case DCF_PENDING_STATE:
		c->op->pending_state = c->state;
		c->op->pending_event = c->event_position;
		c->op->last_at_us = c->last_at_us;
		c->op->in_index |= c->left_index;
		if (c->noted)
			c->slot->history_count--;
		due_again(st, c->op);
		break;
	case DCF_PENDING_FRAME:
		dcf_frame_free(c->fresh);
		st->frame_next = c->old;
		break;
	case DCF_PENDING_FACTS:
		free_facts((void *)st->from, c->fresh);
		st->facts_next = c->old;
		break;
	}
}

void dcf_state_undo(struct dcf_state *st)
{
	while (st->change_count)
		undo_one(st, &st->change[--st->change_count]);
	dcf_live_undo(st->live);
	dcf_line_undo(st->line);
	dcf_exchange_undo(st->exchange);
	dcf_requests_undo(&st->requests, st->request_mark);
	st->erase.len = st->erase_mark;
	st->erase.failed = false;
	st->position_next = atomic_load(&st->position);
	st->at_next_us = atomic_load(&st->at_us);
	dcf_epoch_turn(&st->epoch);
}

struct dcf_span dcf_state_to_erase(const struct dcf_state *st)
{
	return (struct dcf_span){ st->erase.p, st->erase_mark };
}

void dcf_state_erased(struct dcf_state *st)
{
	dcf_buf_free(&st->erase);
	st->erase.from = st->from;
	st->erase_mark = 0;
}

struct dcf_exchange *dcf_state_exchange(struct dcf_state *st)
{
	return st->exchange;
}

struct dcf_line *dcf_state_line(struct dcf_state *st)
{
	return st->line;
}

enum dcf_status dcf_state_line_party(struct dcf_state *st, struct dcf_span party)
{
	if (party.len >= sizeof st->line->party)
		return DCF_E_LIMIT;
	memset(st->line->party, 0, sizeof st->line->party);
	if (party.len)
		memcpy(st->line->party, party.p, party.len);
	return DCF_OK;
}

struct line_at dcf_state_line_at(const struct dcf_state *st, int64_t at_us)
{
	return (struct line_at){ .frame = st->frame_next,
				 .exercise = st->facts_next && st->facts_next->exercise,
				 .position = st->position_next,
				 .at_us = at_us };
}

void dcf_state_skip(struct dcf_state *st)
{
	st->position_next++;
}

uint64_t dcf_state_position(const struct dcf_state *st)
{
	return st->position_next;
}

const struct dcf_request *dcf_state_request(const struct dcf_state *st, const struct dcf_hash *key)
{
	return dcf_requests_find(&st->requests, key);
}

bool dcf_state_tend(struct dcf_state *st)
{
	bool more = dcf_exchange_tend(st->exchange);

	return dcf_live_tend(st->live) != DCF_LIVE_IDLE || more;
}

bool dcf_state_wants_tending(const struct dcf_state *st)
{
	return dcf_live_wants_tending(st->live) || dcf_exchange_wants_tending(st->exchange);
}

/* --- readers --------------------------------------------------------------------------------------- */

enum dcf_status dcf_state_enter(struct dcf_state *st, struct dcf_view *view)
{
	enum dcf_status s;

	view->state = st;
	view->epoch = dcf_epoch_enter(&st->epoch);
	view->frame = atomic_load(&st->frame);
	s = dcf_live_enter(st->live, &view->live);
	if (s != DCF_OK)
		dcf_epoch_leave(&st->epoch, view->epoch);
	return s;
}

void dcf_state_leave(struct dcf_view *view)
{
	dcf_live_leave(view->state->live, &view->live);
	dcf_epoch_leave(&view->state->epoch, view->epoch);
}

const struct dcf_op *dcf_view_find(const struct dcf_view *view, uint32_t party, struct dcf_span id)
{
	const struct dcf_slot *slot = dcf_table_find(&view->state->table, party, id);

	return slot ? atomic_load(&slot->current) : NULL;
}

const struct dcf_op *dcf_view_next(const struct dcf_view *view, uint64_t *serial)
{
	for (const struct dcf_slot *slot; (slot = dcf_table_next(&view->state->table, serial)); (*serial)++) {
		const struct dcf_op *op = atomic_load(&slot->current);

		if (op)
			return op;
	}
	return NULL;
}

const struct dcf_op *dcf_view_at(const struct dcf_view *view, uint64_t serial)
{
	const struct dcf_slot *slot = dcf_table_at(&view->state->table, serial);

	return slot ? atomic_load(&slot->current) : NULL;
}

const struct dcf_live *dcf_view_live(const struct dcf_view *view)
{
	return view->state->live;
}

struct dcf_state_facts dcf_view_facts(const struct dcf_view *view)
{
	const struct dcf_state *st = view->state;
	const struct dcf_facts *f = atomic_load(&st->facts);
	struct dcf_state_facts out = { .founded = f != NULL,
				       .position = atomic_load(&st->position),
				       .at_us = atomic_load(&st->at_us),
				       .operations = atomic_load(&st->operations) };

	if (f) {
		out.origin = f->origin;
		out.vkey = f->vkey;
		out.exercise = f->exercise;
	}
	return out;
}
