/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_mirror.c - operations of ours that are released to the exchange, as intents there, or as constraints.
 *
 * An intent is right when it was written after the version of the operation that stands and after the airspace (whose
 * atmosphere its heights follow from), and in the state that the operation's is there.  So nothing beside the two need be
 * remembered.  A constraint has no state: it stands while the operation does.  One that becomes the other ends, and the other
 * is made: each kind has ids of its own. */
#include "domain/state_int.h"
#include "crypto/random.h"
#include "crypto/text.h"

enum { NOTED_MOST = 65536, DRAWN_MOST = 16 };

static enum dcf_status keep(const struct dcf_alloc *a, struct dcf_span *to, struct dcf_span text)
{
	char *p = dcf_alloc_new(a, text.len);

	if (!p)
		return DCF_E_NOMEM;
	if (text.len)
		memcpy(p, text.p, text.len);
	dcf_alloc_free(a, (void *)to->p, to->len);
	*to = (struct dcf_span){ p, text.len };
	return DCF_OK;
}

void dcf_exchange_own_look(struct dcf_exchange *x)
{
	x->own_look = true;
	x->own_operation = x->own_intent = 0;
}

enum dcf_status dcf_state_exchange_own(struct dcf_state *st, const struct dcf_exchange_own *own)
{
	struct dcf_exchange *x = st->exchange;
	enum dcf_status s = keep(x->from, &x->own_party, own->party);

	s = s == DCF_OK ? keep(x->from, &x->own_manager, own->party.len ? own->manager : own->party) : s;
	s = s == DCF_OK ? keep(x->from, &x->own_url, own->url) : s;
	x->own_time_indexed = own->time_indexed;
	dcf_exchange_own_look(x);
	return s;
}

/* An id that nobody has, or had reason to know. */
static bool draw_id(const struct dcf_exchange *x, const struct dcf_random *random, uint8_t kind, struct dcf_uuid *id)
{
	for (int tries = 0; tries < DRAWN_MOST; tries++) {
		dcf_random_fill(random, id->b, sizeof id->b);
		*id = dcf_uuid_of_random(id->b);
		if (!dcf_exchange_slot(x, kind, id))
			return true;
	}
	return false;
}

const struct dcf_entity *dcf_exchange_find_own(struct dcf_exchange *x, struct dcf_span party, struct dcf_span operation)
{
	const struct dcf_entity *e;

	pthread_mutex_lock(&x->lock);
	e = dcf_exchange_mine(x, false, party, operation);
	if (e)
		dcf_entity_hold(e);
	pthread_mutex_unlock(&x->lock);
	return e;
}

static bool is_ours(const struct dcf_exchange *x, const struct dcf_state *st, uint32_t party)
{
	return x->own_party.len && dcf_span_eq(st->frame_next->plan.parties[party].id, x->own_party);
}

void dcf_exchange_own_note(struct dcf_exchange *x, const struct dcf_state *st, const struct dcf_slot *slot)
{
	void *array = x->own;

	/* What the look at all of them comes to yet need not be noted. */
	if (!is_ours(x, st, slot->party) || (x->own_look && slot->serial >= x->own_operation))
		return;
	if (x->own_count == NOTED_MOST || dcf_grow(x->from, &array, &x->own_cap, x->own_count + 1, sizeof *x->own) != DCF_OK) {
		x->own_count = 0;
		dcf_exchange_own_look(x);
		return;
	}
	x->own = array;
	x->own[x->own_count++] = slot->serial;
}

/* --- what is to follow ------------------------------------------------------------------------------------ */

/* The state that it has there; DCF_UTM_STATE_COUNT: none. */
static enum dcf_utm_state state_there(const struct dcf_op *op)
{
	if (!op || !dcf_op_names(op, DCF_SPAN(DCF_EXCHANGE_NAME)))
		return DCF_UTM_STATE_COUNT;
	switch ((enum dcf_op_state)op->pending_state) {
	case DCF_OP_DECLARED:
		return DCF_UTM_ACCEPTED;
	case DCF_OP_ACTIVE:
		return DCF_UTM_ACTIVATED;
	case DCF_OP_NONCONFORMING:
		return DCF_UTM_NONCONFORMING;
	case DCF_OP_CONTINGENT:
		return DCF_UTM_CONTINGENT;
	default:
		return DCF_UTM_STATE_COUNT;
	}
}

/* All its features say so, or it is none: what they disagree about is taken for a flight, which asks more of others. */
static uint8_t kind_there(const struct dcf_op *op)
{
	for (uint32_t i = 0; i < op->live.feature_count; i++)
		if (!op->live.features[i].is_constraint)
			return DCF_ENTITY_INTENT;
	return op->live.feature_count ? DCF_ENTITY_CONSTRAINT : DCF_ENTITY_INTENT;
}

static bool is_right(const struct dcf_exchange *x, const struct dcf_state *st, const struct dcf_op *op,
		     const struct dcf_entity *e)
{
	return (e->kind == DCF_ENTITY_CONSTRAINT || e->state == state_there(op)) && e->position > op->position &&
	       (st->frame_next->airspace.text.len == 0 || e->position > st->frame_next->airspace.position) &&
	       dcf_span_eq(e->url, x->own_url) && dcf_span_eq(e->manager->name, x->own_manager);
}

static void draw_command(struct dcf_exchange *x, uint8_t verb, uint8_t kind, const struct dcf_uuid *id, struct dcf_span party,
			 struct dcf_span operation)
{
	struct exchange_own *own = &x->own_next;

	*own = (struct exchange_own){ .party = dcf_arena_copy(&x->own_arena, party),
				      .operation = dcf_arena_copy(&x->own_arena, operation) };
	own->c = (struct dcf_exchange_command){ .verb = verb,
						.kind = kind,
						.id = *id,
						.manager = x->own_manager,
						.time_indexed = x->own_time_indexed,
						.form = kind == DCF_ENTITY_CONSTRAINT ? DCF_UTM_CONSTRAINT_PUT
										      : DCF_UTM_INTENT_PUT };
}

/* Every entity of ours has its manager's name still when it goes. */
static void draw_end(struct dcf_exchange *x, const struct dcf_entity *e)
{
	draw_command(x, DCF_EXCHANGE_DELETE, e->kind, &e->id, e->ours->party, e->ours->operation);
	x->own_next.c.manager = e->manager->name;
}

/* DCF_E_LIMIT, DCF_E_REFUSED: it cannot be carried there. */
static enum dcf_status draw_put(struct dcf_exchange *x, struct dcf_state *st, const struct dcf_op *op, uint8_t kind,
				const struct dcf_uuid *id)
{
	struct exchange_own *own = &x->own_next;
	uint32_t *of;
	enum dcf_status s;

	draw_command(x, DCF_EXCHANGE_PUT, kind, id, x->own_party, op->id);
	s = dcf_utm_of_features(op->live.features, op->live.feature_count, &st->frame_next->plan.atmosphere, &x->own_arena,
				&own->ask.extents, &of);
	own->ask.url = x->own_url;
	if (kind == DCF_ENTITY_INTENT)
		own->ask.state = (uint8_t)state_there(op);
	return s;
}

/* Is there anything to follow from this operation?  Then it is drawn up.  *again: and something else behind that. */
static enum dcf_status look_at(struct dcf_exchange *x, struct dcf_state *st, const struct dcf_random *random,
			       const struct dcf_slot *slot, bool *due, bool *again)
{
	const struct dcf_op *op = dcf_slot_now(slot);
	const struct dcf_entity *e = dcf_exchange_mine(x, true, x->own_party, slot->id);
	bool wanted = state_there(op) != DCF_UTM_STATE_COUNT;
	uint8_t kind = wanted ? kind_there(op) : DCF_ENTITY_INTENT;
	bool changes = e && wanted && e->kind != kind;
	struct dcf_uuid id;
	enum dcf_status s;

	*due = *again = false;
	if ((!e && !wanted) || (e && wanted && !changes && is_right(x, st, op, e)))
		return DCF_OK;
	if (e)
		id = e->id;
	else if (!draw_id(x, random, kind, &id))
		return DCF_E_LIMIT;
	dcf_arena_rewind(&x->own_arena);
	*again = changes;
	s = wanted && !changes ? draw_put(x, st, op, kind, &id) : DCF_E_LIMIT;
	*due = s == DCF_OK;
	if (s == DCF_E_LIMIT || s == DCF_E_REFUSED) {
		*due = e != NULL;
		if (e)
			draw_end(x, e);
		s = DCF_OK;
	}
	return s;
}

/* All operations of ours, then all intents of ours that no operation stands for. */
static enum dcf_status look_on(struct dcf_exchange *x, struct dcf_state *st, const struct dcf_random *random, bool *due)
{
	const struct dcf_slot *slot;
	enum dcf_status s = DCF_OK;
	bool again = false;

	for (; x->own_party.len && s == DCF_OK && !*due && (slot = dcf_table_next(&st->table, &x->own_operation));
	     x->own_operation += !again)
		if (is_ours(x, st, slot->party))
			s = look_at(x, st, random, slot, due, &again);
	for (size_t k = dcf_exchange_order_from(x, x->own_intent); s == DCF_OK && !*due && k < x->order_count; k++) {
		const struct exchange_slot *there = x->order[k].slot;
		const struct dcf_entity *e = there ? there->now : NULL;
		uint32_t party;
		const struct dcf_slot *of;

		x->own_intent = x->order[k].serial + 1;
		if (!e || !e->native || e->serial != x->order[k].serial)
			continue;
		of = dcf_state_slot(st, e->ours->party, e->ours->operation, &party);
		*due = !of || !is_ours(x, st, party) || state_there(dcf_slot_now(of)) == DCF_UTM_STATE_COUNT;
		if (*due) {
			dcf_arena_rewind(&x->own_arena);
			draw_end(x, e);
		}
	}
	x->own_looked |= *due;
	x->own_look = s != DCF_OK || *due;
	return s;
}

enum dcf_status dcf_state_exchange_own_due(struct dcf_state *st, const struct dcf_random *random, bool *due, bool *ended)
{
	enum { RANDOM = 24 };
	struct dcf_exchange *x = st->exchange;
	uint8_t bytes[RANDOM];
	bool again;
	char *tag;
	enum dcf_status s = DCF_OK;

	*due = *ended = false;
	while (s == DCF_OK && !*due && x->own_count) {
		const struct dcf_slot *slot = dcf_table_at(&st->table, x->own[--x->own_count]);

		x->own_looked = true;
		again = false;
		if (slot)
			s = look_at(x, st, random, slot, due, &again);
		x->own_count += again; /* there it is still */
	}
	if (s == DCF_OK && !*due && x->own_look)
		s = look_on(x, st, random, due);
	/* What failed is looked at again. */
	if (s != DCF_OK)
		dcf_exchange_own_look(x);
	if (s != DCF_OK || !*due)
		return s;
	tag = dcf_arena_get(&x->own_arena, dcf_text_length(DCF_TEXT_BASE64_URL, RANDOM));
	if (!tag || !x->own_next.operation.p || !x->own_next.party.p) {
		dcf_exchange_own_look(x);
		return DCF_E_NOMEM;
	}
	dcf_random_fill(random, bytes, sizeof bytes);
	x->own_next.c.new_tag = (struct dcf_span){ tag, dcf_text_write(DCF_TEXT_BASE64_URL, tag, bytes, sizeof bytes) };
	*ended = x->own_next.c.verb == DCF_EXCHANGE_DELETE;
	return DCF_OK;
}
