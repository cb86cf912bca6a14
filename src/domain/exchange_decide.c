/* SPDX-License-Identifier: Apache-2.0 */
/* What may be written: judged with what stands as the writer sees it, entries of the same batch included. */
#include "domain/exchange_int.h"
#include "core/cover.h"

enum { RID_MOST = 10, RID_COMPARED = 256 };

struct deciding {
	struct dcf_exchange *x;
	struct exchange_at at;
	struct dcf_exchange_command *c;
	struct exchange_slot *slot;         /* of the entity, or NULL */
	const struct dcf_entity *now;       /* that stands, or NULL */
	struct exchange_slot *subscription; /* INTENT: that it is to depend on, where that stands already */
	struct dcf_utm_ask ask;             /* with what was left open filled in */
	uint64_t *met;
	size_t met_count, met_cap;
};

static enum dcf_status object(struct deciding *d, enum dcf_exchange_objection o)
{
	d->c->answer.objection = o;
	return DCF_OK;
}

static bool objected(const struct deciding *d)
{
	return d->c->answer.objection != DCF_EXCHANGE_FINE;
}

static bool of_rid(uint8_t kind)
{
	return kind == DCF_ENTITY_ISA || kind == DCF_ENTITY_RID_SUBSCRIPTION;
}

/* --- who, and which version ------------------------------------------------------------------------------- */

static bool is_theirs(const struct deciding *d)
{
	return dcf_span_eq(d->now->manager->name, d->c->manager) && !d->now->native;
}

static bool is_same_version(const struct deciding *d)
{
	return of_rid(d->c->kind) ? d->now->tag_ns == d->c->tag_ns : dcf_span_eq(d->now->tag, d->c->tag);
}

static enum dcf_exchange_objection judge_standing(const struct deciding *d)
{
	/* F3411 asks for the version first, but where an ISA is changed; F3548 where a subscription is. */
	bool version_first = d->c->kind == DCF_ENTITY_RID_SUBSCRIPTION ||
			     (d->c->kind == DCF_ENTITY_ISA && d->c->verb == DCF_EXCHANGE_DELETE) ||
			     (d->c->kind == DCF_ENTITY_SUBSCRIPTION && d->c->verb == DCF_EXCHANGE_PUT);
	bool to_be_made = d->c->verb == DCF_EXCHANGE_PUT && !d->c->tag.p;
	bool one_owner = d->c->kind == DCF_ENTITY_INTENT || d->c->kind == DCF_ENTITY_CONSTRAINT;

	/* The node's own name is its own. */
	if (d->x->own_manager.len && dcf_span_eq(d->c->manager, d->x->own_manager))
		return DCF_EXCHANGE_NOT_YOURS;
	if (!d->now)
		return to_be_made ? DCF_EXCHANGE_FINE : DCF_EXCHANGE_NOT_THERE;
	if (to_be_made)
		return one_owner && !is_theirs(d) ? DCF_EXCHANGE_NOT_YOURS : DCF_EXCHANGE_THERE;
	if (version_first && !is_same_version(d))
		return DCF_EXCHANGE_CHANGED;
	if (!is_theirs(d))
		return DCF_EXCHANGE_NOT_YOURS;
	return is_same_version(d) ? DCF_EXCHANGE_FINE : DCF_EXCHANGE_CHANGED;
}

/* --- windows ---------------------------------------------------------------------------------------------- */

static int64_t later(int64_t t, int64_t by)
{
	return t > INT64_MAX - by ? INT64_MAX : t + by;
}

/* What a window leaves open is filled in: by what stands, or from now on and, of subscriptions, for a day. */
static enum dcf_status fill_window(struct deciding *d)
{
	struct dcf_utm_extents *e = &d->ask.extents;
	bool day = d->c->kind != DCF_ENTITY_ISA;
	int64_t start = e->start_us, end = e->end_us;
	struct dcf_utm_volume *volume;

	if (start == DCF_UTM_SINCE_EVER)
		start = d->now ? d->now->extents.start_us : d->at.at_us;
	if (end == DCF_UTM_FOR_EVER && (day || d->now))
		end = d->now ? d->now->extents.end_us : later(start, EXCHANGE_DAY_US);
	/* F3411-22a, UpdateIdentificationServiceAreaParameters: "unless they are unchanged". */
	if (d->ask.late_start && !(d->now && start == d->now->extents.start_us))
		return object(d, DCF_EXCHANGE_TIME);
	if (end < start || dcf_utm_window_fault((enum dcf_utm_form)d->c->form, start, end))
		return object(d, DCF_EXCHANGE_TIME);
	d->ask.keep_start = d->ask.keep_end = false;
	volume = dcf_arena_get(&d->x->arena, e->count * sizeof *volume);
	if (!volume)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < e->count; i++) {
		volume[i] = e->volume[i];
		if (volume[i].start_us == DCF_UTM_SINCE_EVER)
			volume[i].start_us = start;
		if (volume[i].end_us == DCF_UTM_FOR_EVER)
			volume[i].end_us = end;
	}
	e->volume = volume;
	e->start_us = start;
	e->end_us = end;
	return DCF_OK;
}

/* --- subscriptions and what they cover -------------------------------------------------------------------- */

/* Is the area of the one inside that of the other?  Heights and times are the caller's. */
static enum dcf_status covers(struct dcf_exchange *x, const struct dcf_utm_extents *outer, const struct dcf_utm_extents *inner,
			      bool *yes)
{
	const struct dcf_feature **list = dcf_arena_get(&x->arena, (outer->count + (size_t)inner->count) * sizeof *list);
	uint32_t n = 0, m = 0;

	*yes = false;
	if (!list)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < inner->count; i++)
		if (inner->volume[i].footprint.shape != DCF_SHAPE_COUNT)
			list[n++] = &inner->volume[i].footprint;
	for (uint32_t i = 0; i < outer->count; i++)
		if (outer->volume[i].footprint.shape != DCF_SHAPE_COUNT)
			list[n + m++] = &outer->volume[i].footprint;
	return dcf_cover(list, n, list + n, m, 0, x->from, yes);
}

/* The subscription that an intent names. */
static enum dcf_status judge_subscription(struct deciding *d)
{
	const struct dcf_utm_ask *ask = &d->ask;
	const struct dcf_entity *sub;
	bool yes;
	enum dcf_status s;

	if (ask->has_new_subscription || dcf_uuid_is_zero(&ask->subscription))
		return DCF_OK;
	/* What is shown of intents without one; whoever gives a subscription that id has one that no intent can name. */
	if (dcf_uuid_eq(&ask->subscription, &dcf_utm_null_subscription))
		return object(d, DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE);
	d->subscription = dcf_exchange_slot(d->x, DCF_ENTITY_SUBSCRIPTION, &ask->subscription);
	sub = d->subscription ? d->subscription->now : NULL;
	if (!sub)
		return object(d, DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE);
	if (!dcf_span_eq(sub->manager->name, d->c->manager))
		return object(d, DCF_EXCHANGE_SUBSCRIPTION_NOT_YOURS);
	if (sub->implicit)
		return DCF_OK;
	if (sub->extents.start_us > ask->extents.start_us || sub->extents.end_us < ask->extents.end_us)
		return object(d, DCF_EXCHANGE_NOT_COVERED);
	s = covers(d->x, &sub->extents, &ask->extents, &yes);
	return s != DCF_OK || yes ? s : object(d, DCF_EXCHANGE_NOT_COVERED);
}

/* A subscription must still cover its intents: its start may be a little behind theirs. */
static enum dcf_status judge_dependents(struct deciding *d)
{
	const struct dcf_utm_extents *e = &d->ask.extents;
	enum dcf_status s = DCF_OK;
	bool yes = true;

	for (uint32_t i = 0; d->slot && i < d->slot->dependent_count && s == DCF_OK && yes; i++) {
		const struct dcf_entity *o = d->slot->dependent[i]->now;

		if (!o || !dcf_uuid_eq(&o->subscription, &d->slot->id))
			continue;
		yes = e->start_us <= later(o->extents.start_us, EXCHANGE_SKEW_US) && e->end_us >= o->extents.end_us &&
		      e->lower_e4 <= o->extents.lower_e4 && e->upper_e4 >= o->extents.upper_e4;
		if (yes)
			s = covers(d->x, e, &o->extents, &yes);
	}
	return s != DCF_OK || yes ? s : object(d, DCF_EXCHANGE_NOT_COVERED);
}

/* --- keys ------------------------------------------------------------------------------------------------- */

static bool has_key(const struct dcf_utm_ask *ask, struct dcf_span ovn)
{
	size_t low = 0, high = ask->key_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct dcf_span k = ask->key[mid];
		size_t n = k.len < ovn.len ? k.len : ovn.len;
		int order = n ? memcmp(k.p, ovn.p, n) : 0;

		if (order == 0 && k.len == ovn.len)
			return true;
		if (order < 0 || (order == 0 && k.len < ovn.len))
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static enum dcf_status miss(struct dcf_exchange_answer *a, const struct dcf_entity *e)
{
	void *array = a->missing;
	enum dcf_status s = dcf_grow(a->from, &array, &a->missing_cap, a->missing_count + 1, sizeof *a->missing);

	a->missing = array;
	if (s != DCF_OK)
		return s;
	dcf_entity_hold(e);
	a->missing[a->missing_count++] = e;
	return DCF_OK;
}

static enum dcf_status need(struct deciding *d, const struct dcf_entity *e)
{
	if (!has_key(&d->ask, e->tag))
		return miss(&d->c->answer, e);
	d->met[d->met_count++] = e->position;
	return DCF_OK;
}

/* Nobody answers for it, and it is not flown. */
static bool is_excused(const struct dcf_entity *e)
{
	const struct exchange_manager *m = (const struct exchange_manager *)(const void *)e->manager;

	return e->state == DCF_UTM_ACCEPTED && m->availability_next == DCF_UTM_DOWN;
}

static enum dcf_status need_constraint(void *ctx, const struct dcf_entity *e)
{
	struct deciding *d = ctx;
	size_t cap = d->met_cap;

	if (d->met_count == cap) {
		uint64_t *met = dcf_arena_get(&d->x->arena, 2 * cap * sizeof *met);

		if (!met)
			return DCF_E_NOMEM;
		memcpy(met, d->met, cap * sizeof *met);
		d->met = met;
		d->met_cap = 2 * cap;
	}
	return need(d, e);
}

/* As if the key held every OVN. */
static enum dcf_status meet_all(struct deciding *d)
{
	struct dcf_exchange *x = d->x;

	d->met = dcf_arena_get(&x->arena, (x->hit_count + 1) * sizeof *d->met);
	if (!d->met)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < x->hit_count; i++)
		if (x->hit[i] != d->now && dcf_exchange_heights_meet(&x->hit[i]->extents, &d->ask.extents))
			d->met[d->met_count++] = x->hit[i]->position;
	return DCF_OK;
}

static bool wants_constraints(const struct deciding *d)
{
	if (d->ask.has_new_subscription)
		return d->ask.new_for_constraints;
	return d->subscription && d->subscription->now->for_constraints;
}

/* Every intent, and constraint where the subscription asks for these, that is relevant: x->hit has the intents whatever the
 * height. */
static enum dcf_status judge_key(struct deciding *d)
{
	struct dcf_exchange *x = d->x;
	const struct dcf_utm_extents *e = &d->ask.extents;
	enum dcf_status s = DCF_OK;

	if (d->ask.state != DCF_UTM_ACCEPTED && d->ask.state != DCF_UTM_ACTIVATED)
		return DCF_OK;
	d->met_cap = x->hit_count + 1;
	d->met = dcf_arena_get(&x->arena, d->met_cap * sizeof *d->met);
	if (!d->met)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < x->hit_count && s == DCF_OK; i++)
		if (x->hit[i] != d->now && dcf_exchange_heights_meet(&x->hit[i]->extents, e) && !is_excused(x->hit[i]))
			s = need(d, x->hit[i]);
	if (s == DCF_OK && wants_constraints(d)) {
		struct exchange_bounds b = dcf_exchange_bounds(e, true);

		s = dcf_exchange_ask(x, &x->query, true, DCF_ENTITY_CONSTRAINT, e, &b, need_constraint, d);
	}
	if (s == DCF_OK && d->c->answer.missing_count) {
		atomic_fetch_add_explicit(&x->keys_lacking, 1, memory_order_relaxed);
		return object(d, DCF_EXCHANGE_KEY);
	}
	return s;
}

/* --- F3411's limit ---------------------------------------------------------------------------------------- */

struct counting {
	const struct deciding *d;
	const struct dcf_entity **at; /* the first RID_COMPARED; or NULL */
	size_t count;
};

static enum dcf_status count_own(void *ctx, const struct dcf_entity *e)
{
	struct counting *k = ctx;

	if (e->extents.end_us < k->d->at.at_us || !dcf_span_eq(e->manager->name, k->d->c->manager))
		return DCF_OK;
	if (k->at && k->count < RID_COMPARED)
		k->at[k->count] = e;
	k->count++;
	return DCF_OK;
}

/* The asker's own that are not over and touch it. */
static enum dcf_status count_around(struct deciding *d, const struct dcf_utm_extents *extents, struct counting *k)
{
	struct exchange_bounds b = dcf_exchange_bounds(extents, true);

	b.start_us = d->at.at_us;
	b.end_us = EXCHANGE_FAR_US;
	k->count = 0;
	return dcf_exchange_ask(d->x, &d->x->query, true, DCF_ENTITY_RID_SUBSCRIPTION, extents, &b, count_own, k);
}

/* No place may have more than 10: a large one is not refused for ten small ones that lie apart.  Those over one place touch
 * each other, so that where none of them touches 10, itself included, no place has 10.  The one that is changed counts too, as
 * everywhere where this limit is kept. */
static enum dcf_status judge_number(struct deciding *d)
{
	struct counting k = { d, dcf_arena_get(&d->x->arena, RID_COMPARED * sizeof *k.at), 0 }, around = { d, NULL, 0 };
	enum dcf_status s = k.at ? count_around(d, &d->ask.extents, &k) : DCF_E_NOMEM;
	bool too_many = k.count > RID_COMPARED;

	if (s != DCF_OK || k.count < RID_MOST)
		return s;
	for (size_t i = 0; i < k.count && s == DCF_OK && !too_many; i++) {
		s = count_around(d, &k.at[i]->extents, &around);
		too_many = around.count >= RID_MOST;
	}
	return s == DCF_OK && too_many ? object(d, DCF_EXCHANGE_TOO_MANY) : s;
}

/* --- who is told ------------------------------------------------------------------------------------------ */

static bool same_outlines(const struct dcf_utm_extents *a, const struct dcf_utm_extents *b)
{
	if (a->count != b->count || a->start_us != b->start_us || a->end_us != b->end_us)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct dcf_feature *f = &a->volume[i].footprint, *g = &b->volume[i].footprint;

		if (f->shape != g->shape || f->point_count != g->point_count || f->ring_count > 1 || g->ring_count > 1 ||
		    f->radius_m < g->radius_m || f->radius_m > g->radius_m ||
		    (f->point_count && memcmp(f->points, g->points, f->point_count * sizeof *f->points) != 0))
			return false;
	}
	return true;
}

static bool tells(uint8_t kind)
{
	return kind == DCF_ENTITY_INTENT || kind == DCF_ENTITY_CONSTRAINT || kind == DCF_ENTITY_ISA;
}

/* Its own subscription is told too, although the intent does not stand there yet. */
static enum dcf_status tell_own(struct deciding *d, const struct exchange_act *act)
{
	struct dcf_exchange *x = d->x;
	void *array = x->told;
	enum dcf_status s;

	if (d->subscription)
		return d->subscription->now->for_intents ? dcf_exchange_tell(x, d->subscription) : DCF_OK;
	if (dcf_uuid_is_zero(&act->made))
		return DCF_OK;
	s = dcf_grow(x->from, &array, &x->told_cap, x->told_count + 1, sizeof *x->told);
	x->told = array;
	if (s == DCF_OK)
		x->told[x->told_count++] = 2 * d->at.position + 1;
	return s;
}

/* By old and new bounds; x->hit has the intents at the new ones. */
static enum dcf_status find_told(struct deciding *d, struct exchange_act *act)
{
	struct dcf_exchange *x = d->x;
	bool put = d->c->verb == DCF_EXCHANGE_PUT, intent = d->c->kind == DCF_ENTITY_INTENT;
	enum dcf_status s = DCF_OK;

	dcf_exchange_told_begin(x);
	if (!tells(d->c->kind))
		return DCF_OK;
	/* One that goes in favour of another is not. */
	if (put && act->gone)
		dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, &d->now->subscription)->mark = x->marks;
	if (put)
		s = dcf_exchange_tell_of(x, &d->at, d->c->kind, &d->ask.extents, intent);
	if (s == DCF_OK && d->now && !(put && same_outlines(&d->now->extents, &d->ask.extents)))
		s = dcf_exchange_tell_of(x, &d->at, d->c->kind, &d->now->extents, false);
	return s == DCF_OK && put && intent ? tell_own(d, act) : s;
}

/* --- verbs ------------------------------------------------------------------------------------------------ */

/* The implicit subscription that loses its last intent. */
static uint64_t who_goes(const struct deciding *d)
{
	const struct exchange_slot *sub;

	if (d->c->kind != DCF_ENTITY_INTENT || !d->now || dcf_uuid_is_zero(&d->now->subscription))
		return 0;
	sub = dcf_exchange_slot(d->x, DCF_ENTITY_SUBSCRIPTION, &d->now->subscription);
	if (!sub || !sub->now || !sub->now->implicit || sub == d->subscription || dcf_exchange_is_needed(sub, d->slot))
		return 0;
	return sub->now->serial + 1;
}

static enum dcf_status judge_put(struct deciding *d)
{
	enum dcf_status s = DCF_OK;

	switch ((enum dcf_entity_kind)d->c->kind) {
	case DCF_ENTITY_INTENT:
		s = judge_subscription(d);
		s = s == DCF_OK && !objected(d) ? dcf_exchange_hits(d->x, &d->ask.extents) : s;
		return s == DCF_OK && !objected(d) ? judge_key(d) : s;
	case DCF_ENTITY_SUBSCRIPTION:
		s = fill_window(d);
		return s == DCF_OK && !objected(d) ? judge_dependents(d) : s;
	case DCF_ENTITY_ISA:
		return fill_window(d);
	case DCF_ENTITY_RID_SUBSCRIPTION:
		s = fill_window(d);
		return s == DCF_OK && !objected(d) ? judge_number(d) : s;
	default:
		return DCF_OK;
	}
}

static int64_t next_ns(const struct deciding *d)
{
	/* Those of one batch have one time: their places in the record tell them apart. */
	int64_t ns = d->at.at_us * 1000 + (int64_t)(d->at.position % 1000);

	return d->now && d->now->tag_ns >= ns ? d->now->tag_ns + 1 : ns;
}

static void fill_act(struct deciding *d, struct exchange_act *act)
{
	const struct dcf_exchange_command *c = d->c;

	act->verb = c->verb;
	act->kind = c->kind;
	act->form = c->form;
	act->v1 = c->v1;
	act->timed = c->time_indexed && !of_rid(c->kind);
	act->id = c->id;
	act->version = d->now ? d->now->version + (c->verb == DCF_EXCHANGE_PUT) : 1;
	act->first = d->now ? d->now->serial / 2 : 0;
	act->was_made = d->now && d->now->serial % 2;
	act->about = c->about;
	if (c->verb == DCF_EXCHANGE_DELETE) {
		act->gone = who_goes(d);
		return;
	}
	act->ask = &d->ask;
	act->tag = of_rid(c->kind) && c->verb == DCF_EXCHANGE_PUT ? DCF_SPAN("") : c->new_tag;
	if (c->verb != DCF_EXCHANGE_PUT)
		return;
	if (of_rid(c->kind))
		act->tag_ns = next_ns(d);
	if (c->kind == DCF_ENTITY_INTENT && d->ask.has_new_subscription)
		act->made = c->new_subscription;
	act->gone = who_goes(d);
}

static enum dcf_status judge_entity(struct deciding *d)
{
	d->slot = dcf_exchange_slot(d->x, d->c->kind, &d->c->id);
	d->now = d->slot ? d->slot->now : NULL;
	(void)object(d, judge_standing(d));
	if (objected(d))
		return DCF_OK;
	if (d->c->verb == DCF_EXCHANGE_PUT && d->c->kind == DCF_ENTITY_INTENT && dcf_exchange_past_has(d->x, d->c->new_tag))
		return object(d, DCF_EXCHANGE_SUFFIX);
	if (d->c->verb == DCF_EXCHANGE_PUT)
		return judge_put(d);
	if (d->c->kind == DCF_ENTITY_SUBSCRIPTION && dcf_exchange_is_needed(d->slot, NULL))
		return object(d, DCF_EXCHANGE_HAS_INTENTS);
	return DCF_OK;
}

static enum dcf_status judge_availability(struct deciding *d)
{
	const struct exchange_manager *m = dcf_exchange_manager_now(d->x, d->c->about);
	char text[DCF_RID_VERSION_TEXT];
	struct dcf_span version = { text, m && m->tag_next ? dcf_rid_version_write((int64_t)m->tag_next, text) : 0 };

	return dcf_span_eq(version, d->ask.old_version) ? DCF_OK : object(d, DCF_EXCHANGE_CHANGED);
}

static enum dcf_status write_body(struct deciding *d, struct exchange_act *act)
{
	struct dcf_exchange *x = d->x;

	x->body.len = 0;
	x->body.failed = false;
	dcf_exchange_body_put(x, act, d->met, d->met_count, &x->body);
	return x->body.failed ? DCF_E_NOMEM : DCF_OK;
}

static void fill_head(const struct deciding *d, const struct exchange_act *act, struct dcf_entry_head *head)
{
	char *id = dcf_arena_get(&d->x->arena, DCF_UUID_TEXT);

	head->party = d->c->manager;
	head->body = dcf_buf_as_span(&d->x->body);
	if (act->verb == DCF_EXCHANGE_AVAILABILITY || !id)
		return;
	dcf_uuid_write(&act->id, id);
	head->operation = (struct dcf_span){ id, DCF_UUID_TEXT };
	head->version = act->version;
	head->first = act->first;
}

/* Where the act is fine: its entity, who is told, and its entry. */
static enum dcf_status draw_up(struct deciding *d, struct dcf_entry_head *head)
{
	struct dcf_exchange *x = d->x;
	struct exchange_act *act = &x->act;
	enum dcf_status s = DCF_OK;

	fill_act(d, act);
	if (act->verb != DCF_EXCHANGE_AVAILABILITY)
		s = find_told(d, act);
	else
		x->told_count = 0;
	s = s == DCF_OK ? dcf_exchange_manager_for(x, d->c->manager, &act->manager) : s;
	if (s == DCF_OK && act->verb == DCF_EXCHANGE_PUT)
		s = dcf_exchange_entity_of(x, &d->at, act, &act->entity);
	s = s == DCF_OK ? write_body(d, act) : s;
	if (s != DCF_OK)
		return s;
	fill_head(d, act, head);
	/* An ask of the caller's stays for the entry alone: what is applied has it already. */
	x->decided = true;
	x->decided_at = d->at;
	x->decided_body = head->body;
	x->command = d->c;
	return DCF_OK;
}

static void begin_answer(struct dcf_exchange_answer *a)
{
	const struct dcf_alloc *from = a->from;

	dcf_exchange_answer_free(a);
	a->from = from;
}

enum dcf_status dcf_exchange_decide(struct dcf_exchange *x, const struct exchange_at *at, struct dcf_exchange_command *c,
				    struct dcf_entry_head *head)
{
	struct deciding *d;
	enum dcf_status s;

	dcf_exchange_forget_act(x);
	dcf_arena_rewind(&x->arena);
	begin_answer(&c->answer);
	d = dcf_arena_get(&x->arena, sizeof *d);
	if (!d)
		return DCF_E_NOMEM;
	*d = (struct deciding){ .x = x, .at = *at, .c = c };
	if (c->ask)
		d->ask = *c->ask;
	s = c->verb == DCF_EXCHANGE_AVAILABILITY ? judge_availability(d) : judge_entity(d);
	if (s == DCF_E_REFUSED)
		return object(d, DCF_EXCHANGE_SHAPE);
	if (s != DCF_OK || objected(d))
		return s;
	s = draw_up(d, head);
	if (s == DCF_E_REFUSED)
		return object(d, DCF_EXCHANGE_SHAPE);
	return s;
}

/* Of ours: nobody is asked for a key, but what is relevant is met all the same. */
enum dcf_status dcf_exchange_decide_own(struct dcf_exchange *x, const struct exchange_at *at, struct dcf_exchange_command *c,
					struct dcf_entry_head *head)
{
	struct exchange_own *own = &x->own_next;
	struct deciding d = { .x = x, .at = *at, .c = c, .ask = own->ask };
	struct dcf_exchange_answer answer = c->answer;
	enum dcf_status s = DCF_OK;

	dcf_exchange_forget_act(x);
	dcf_arena_rewind(&x->arena);
	*c = own->c;
	c->answer = answer;
	begin_answer(&c->answer);
	d.slot = dcf_exchange_slot(x, own->c.kind, &own->c.id);
	d.now = d.slot ? d.slot->now : NULL;
	x->act.native = true;
	x->act.party = own->party;
	x->act.operation = own->operation;
	if (own->c.verb == DCF_EXCHANGE_PUT && own->c.kind == DCF_ENTITY_INTENT) {
		s = dcf_exchange_hits(x, &d.ask.extents);
		s = s == DCF_OK ? meet_all(&d) : s;
	}
	s = s == DCF_OK ? draw_up(&d, head) : s;
	head->party = own->party;
	head->operation = own->operation;
	return s;
}

void dcf_exchange_answer_free(struct dcf_exchange_answer *a)
{
	dcf_entity_drop(a->entity);
	dcf_entity_drop(a->subscription);
	for (size_t i = 0; i < a->notice_count; i++)
		dcf_entity_drop(a->notice[i].subscription);
	for (size_t i = 0; i < a->missing_count; i++)
		dcf_entity_drop(a->missing[i]);
	if (a->from) {
		dcf_alloc_free(a->from, a->notice, a->notice_cap * sizeof *a->notice);
		dcf_alloc_free(a->from, a->missing, a->missing_cap * sizeof *a->missing);
		dcf_alloc_free(a->from, a->dependent, a->dependent_cap * sizeof *a->dependent);
	}
	*a = (struct dcf_exchange_answer){ .from = a->from };
}
