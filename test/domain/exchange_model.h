/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_model.h - the exchange as lists that are walked: who may write, what is missing, who is told.  It knows circles on a
 * sphere, and says where a sphere cannot tell; it shares no code with what it is compared with. */
#ifndef DCF_TEST_EXCHANGE_MODEL_H
#define DCF_TEST_EXCHANGE_MODEL_H

#include "exchange_kit.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

/* --- places on a sphere ----------------------------------------------------------------------------------- */

struct circle {
	double lat, lon, r; /* as the request has them */
};

#define RADIANS(degrees) ((degrees) * (M_PI / 180))

static inline double distance_m(const struct circle *a, const struct circle *b)
{
	double s = sin(RADIANS(b->lat - a->lat) / 2), t = sin(RADIANS(b->lon - a->lon) / 2);
	double h = s * s + cos(RADIANS(a->lat)) * cos(RADIANS(b->lat)) * t * t;

	return 2 * 6371008.8 * asin(sqrt(h < 1 ? h : 1));
}

enum answer { NO, YES, UNSURE };

/* -1, 0 (unsure), 1: how much `gap` is above 0, for places `d` metres apart. */
static inline enum answer negative(double gap, double d)
{
	double doubt = 0.008 * d + 5;

	return gap < -doubt ? YES : gap > doubt ? NO : UNSURE;
}

/* --- the model -------------------------------------------------------------------------------------------- */

enum { MANAGERS = 3, ENTITIES = 400, CIRCLES = 3, IDS = 14 };

static const char *const manager_name[MANAGERS] = { "uss0", "uss1", "uss2" };

struct thing {
	bool there;
	uint8_t kind, state;
	struct dcf_uuid id;
	int manager;
	struct circle circle[CIRCLES];
	int circles;
	int64_t start_us, end_us, low_e4, high_e4;
	struct dcf_uuid subscription;
	bool has_subscription, implicit, for_intents, for_constraints;
	uint32_t version;
	char tag[40];
	int64_t tag_ns;
	uint64_t index;
};

struct model {
	struct thing thing[ENTITIES];
	int count;
	int down[MANAGERS];
	uint64_t availability_tag[MANAGERS];
};

static inline struct thing *find(struct model *m, uint8_t kind, const struct dcf_uuid *id)
{
	for (int i = 0; i < m->count; i++)
		if (m->thing[i].there && m->thing[i].kind == kind && dcf_uuid_eq(&m->thing[i].id, id))
			return &m->thing[i];
	return NULL;
}

static inline struct thing *add(struct model *m)
{
	for (int i = 0; i < m->count; i++)
		if (!m->thing[i].there)
			return &m->thing[i];
	CHECK(m->count < ENTITIES);
	return &m->thing[m->count++];
}

static inline enum answer areas_meet(const struct thing *a, const struct thing *b)
{
	enum answer is = NO;

	for (int i = 0; i < a->circles; i++)
		for (int k = 0; k < b->circles; k++) {
			double d = distance_m(&a->circle[i], &b->circle[k]);
			enum answer this = negative(d - a->circle[i].r - b->circle[k].r, d + a->circle[i].r + b->circle[k].r);

			if (this == YES)
				return YES;
			is = this == UNSURE ? UNSURE : is;
		}
	return is;
}

static inline bool times_meet(const struct thing *a, const struct thing *b)
{
	return a->start_us <= b->end_us && b->start_us <= a->end_us;
}

static inline bool heights_meet(const struct thing *a, const struct thing *b)
{
	return a->low_e4 <= b->high_e4 && b->low_e4 <= a->high_e4;
}

static inline enum answer area_inside(const struct thing *inner, const struct thing *outer)
{
	enum answer is = YES;

	/* Outer ones of this test are single circles. */
	for (int i = 0; i < inner->circles; i++) {
		double d = distance_m(&inner->circle[i], &outer->circle[0]);
		enum answer this = negative(d + inner->circle[i].r - outer->circle[0].r, d + inner->circle[i].r);

		if (this == NO)
			return NO;
		is = this == UNSURE ? UNSURE : is;
	}
	return is;
}

/* Is anything about `t` in doubt, whatever it is compared with? */
static inline bool in_doubt(struct model *m, const struct thing *t)
{
	for (int i = 0; i < m->count; i++) {
		struct thing *o = &m->thing[i];

		if (o->there && (areas_meet(t, o) == UNSURE || (o->circles == 1 && area_inside(t, o) == UNSURE) ||
				 (t->circles == 1 && area_inside(o, t) == UNSURE)))
			return true;
	}
	return false;
}

/* --- what is expected ------------------------------------------------------------------------------------- */

struct expected {
	enum dcf_exchange_objection objection;
	struct dcf_uuid told[ENTITIES], missing[ENTITIES];
	uint64_t index[ENTITIES];
	int told_count, missing_count;
};

struct request {
	enum dcf_exchange_verb verb;
	struct thing t;      /* as asked for; times may be open */
	struct thing filled; /* with open times filled in */
	bool update, right_tag;
	char tag[40]; /* that the path names */
	int64_t tag_ns;
	bool make_subscription, make_for_constraints;
	struct dcf_uuid made;
	struct dcf_span *key;
	size_t key_count;
	int64_t now_us;
	char new_tag[40];
};

static inline bool tag_fits(const struct request *r, const struct thing *now)
{
	bool rid = now->kind == DCF_ENTITY_ISA || now->kind == DCF_ENTITY_RID_SUBSCRIPTION;

	return rid ? r->tag_ns == now->tag_ns : strcmp(r->tag, now->tag) == 0;
}

static inline enum dcf_exchange_objection who_may(const struct request *r, const struct thing *now)
{
	bool mine = now && now->manager == r->t.manager;
	bool version_first = r->t.kind == DCF_ENTITY_RID_SUBSCRIPTION ||
			     (r->t.kind == DCF_ENTITY_ISA && r->verb == DCF_EXCHANGE_DELETE) ||
			     (r->t.kind == DCF_ENTITY_SUBSCRIPTION && r->verb == DCF_EXCHANGE_PUT);

	if (r->verb == DCF_EXCHANGE_PUT && !r->update) {
		if (!now)
			return DCF_EXCHANGE_FINE;
		return !mine && (r->t.kind == DCF_ENTITY_INTENT || r->t.kind == DCF_ENTITY_CONSTRAINT) ? DCF_EXCHANGE_NOT_YOURS
												       : DCF_EXCHANGE_THERE;
	}
	if (!now)
		return DCF_EXCHANGE_NOT_THERE;
	if (version_first)
		return !tag_fits(r, now) ? DCF_EXCHANGE_CHANGED : !mine ? DCF_EXCHANGE_NOT_YOURS : DCF_EXCHANGE_FINE;
	return !mine ? DCF_EXCHANGE_NOT_YOURS : !tag_fits(r, now) ? DCF_EXCHANGE_CHANGED : DCF_EXCHANGE_FINE;
}

static inline enum dcf_exchange_objection window_of(struct request *r, const struct thing *now)
{
	struct thing *t = &r->filled;

	if (t->kind != DCF_ENTITY_SUBSCRIPTION && t->kind != DCF_ENTITY_ISA && t->kind != DCF_ENTITY_RID_SUBSCRIPTION)
		return DCF_EXCHANGE_FINE;
	if (t->start_us == DCF_UTM_SINCE_EVER)
		t->start_us = now ? now->start_us : r->now_us;
	if (t->end_us == DCF_UTM_FOR_EVER)
		t->end_us = now ? now->end_us : t->start_us + 24 * HOUR;
	if (t->end_us < t->start_us || (t->kind != DCF_ENTITY_ISA && t->end_us - t->start_us > 24 * HOUR))
		return DCF_EXCHANGE_TIME;
	return DCF_EXCHANGE_FINE;
}

static inline bool depends_on(const struct thing *intent, const struct thing *sub)
{
	return intent->there && intent->kind == DCF_ENTITY_INTENT && intent->has_subscription &&
	       dcf_uuid_eq(&intent->subscription, &sub->id);
}

static inline bool key_has(const struct request *r, const char *tag)
{
	for (size_t i = 0; i < r->key_count; i++)
		if (dcf_span_eq(r->key[i], dcf_span_of(tag)))
			return true;
	return false;
}

static inline void find_missing(struct model *m, const struct request *r, bool constraints, struct expected *x)
{
	for (int i = 0; i < m->count; i++) {
		const struct thing *o = &m->thing[i];

		if (!o->there || !times_meet(o, &r->filled) || areas_meet(o, &r->filled) != YES)
			continue;
		if (o->kind == DCF_ENTITY_INTENT && (dcf_uuid_eq(&o->id, &r->t.id) || !heights_meet(o, &r->filled) ||
						     (m->down[o->manager] && o->state == DCF_UTM_ACCEPTED)))
			continue;
		if (o->kind != DCF_ENTITY_INTENT && !(o->kind == DCF_ENTITY_CONSTRAINT && constraints))
			continue;
		if (!key_has(r, o->tag))
			x->missing[x->missing_count++] = o->id;
	}
}

static inline enum dcf_exchange_objection judge_intent(struct model *m, const struct request *r, struct expected *x)
{
	const struct thing *sub = NULL;
	bool constraints = r->make_subscription && r->make_for_constraints;

	if (!r->make_subscription && r->t.has_subscription) {
		sub = find(m, DCF_ENTITY_SUBSCRIPTION, &r->t.subscription);
		if (!sub)
			return DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE;
		if (sub->manager != r->t.manager)
			return DCF_EXCHANGE_SUBSCRIPTION_NOT_YOURS;
		if (!sub->implicit &&
		    (sub->start_us > r->t.start_us || sub->end_us < r->t.end_us || area_inside(&r->t, sub) != YES))
			return DCF_EXCHANGE_NOT_COVERED;
		constraints = sub->for_constraints;
	}
	if (r->t.state == DCF_UTM_ACCEPTED || r->t.state == DCF_UTM_ACTIVATED)
		find_missing(m, r, constraints, x);
	return x->missing_count ? DCF_EXCHANGE_KEY : DCF_EXCHANGE_FINE;
}

static inline enum dcf_exchange_objection judge_dependents(struct model *m, const struct request *r)
{
	const struct thing *t = &r->filled;

	for (int i = 0; i < m->count; i++) {
		const struct thing *o = &m->thing[i];

		if (depends_on(o, t) && (t->start_us > o->start_us + 300 * SECOND || t->end_us < o->end_us ||
					 t->low_e4 > o->low_e4 || t->high_e4 < o->high_e4 || area_inside(o, t) != YES))
			return DCF_EXCHANGE_NOT_COVERED;
	}
	return DCF_EXCHANGE_FINE;
}

static inline bool is_own_around(const struct thing *o, const struct request *r, const struct thing *t)
{
	return o->there && o->kind == DCF_ENTITY_RID_SUBSCRIPTION && o->manager == r->t.manager && o->end_us >= r->now_us &&
	       areas_meet(o, t) == YES;
}

static inline int own_around(struct model *m, const struct request *r, const struct thing *t)
{
	int n = 0;

	for (int i = 0; i < m->count; i++)
		n += is_own_around(&m->thing[i], r, t);
	return n;
}

static inline enum dcf_exchange_objection judge_number(struct model *m, const struct request *r)
{
	int n = own_around(m, r, &r->filled);

	/* One of those around it must have ten around itself. */
	for (int i = 0; n >= 10 && i < m->count; i++)
		if (is_own_around(&m->thing[i], r, &r->filled) && own_around(m, r, &m->thing[i]) >= 10)
			return DCF_EXCHANGE_TOO_MANY;
	return DCF_EXCHANGE_FINE;
}

static inline enum dcf_exchange_objection judge(struct model *m, struct request *r, struct expected *x)
{
	const struct thing *now = find(m, r->t.kind, &r->t.id);
	enum dcf_exchange_objection o = who_may(r, now);

	if (o != DCF_EXCHANGE_FINE)
		return o;
	if (r->verb == DCF_EXCHANGE_DELETE) {
		for (int i = 0; i < m->count; i++)
			if (r->t.kind == DCF_ENTITY_SUBSCRIPTION && depends_on(&m->thing[i], now))
				return DCF_EXCHANGE_HAS_INTENTS;
		return DCF_EXCHANGE_FINE;
	}
	o = window_of(r, now);
	if (o != DCF_EXCHANGE_FINE)
		return o;
	if (r->t.kind == DCF_ENTITY_INTENT)
		return judge_intent(m, r, x);
	if (r->t.kind == DCF_ENTITY_SUBSCRIPTION)
		return judge_dependents(m, r);
	return r->t.kind == DCF_ENTITY_RID_SUBSCRIPTION ? judge_number(m, r) : DCF_EXCHANGE_FINE;
}

/* --- what follows ----------------------------------------------------------------------------------------- */

static inline bool wants(const struct thing *sub, uint8_t kind, int64_t now_us)
{
	return sub->end_us >= now_us && (kind == DCF_ENTITY_INTENT ? sub->for_intents : sub->for_constraints);
}

/* Is this subscription told of a change of `kind` within the bounds of `t`? */
static inline bool is_told(struct model *m, const struct thing *sub, uint8_t kind, const struct thing *t, int64_t now_us)
{
	if (kind == DCF_ENTITY_ISA)
		return sub->kind == DCF_ENTITY_RID_SUBSCRIPTION && sub->end_us >= now_us && areas_meet(sub, t) == YES;
	if (sub->kind != DCF_ENTITY_SUBSCRIPTION || !wants(sub, kind, now_us))
		return false;
	if (!sub->implicit && times_meet(sub, t) && areas_meet(sub, t) == YES)
		return true;
	for (int i = 0; i < m->count; i++)
		if (depends_on(&m->thing[i], sub) && times_meet(&m->thing[i], t) && areas_meet(&m->thing[i], t) == YES)
			return true;
	return false;
}

static inline bool only_dependent(struct model *m, const struct thing *sub, const struct thing *intent)
{
	for (int i = 0; i < m->count; i++)
		if (&m->thing[i] != intent && depends_on(&m->thing[i], sub))
			return false;
	return true;
}

static inline void fit(struct model *m, struct thing *sub)
{
	bool any = false;

	for (int i = 0; i < m->count && sub->implicit; i++) {
		const struct thing *o = &m->thing[i];

		if (!depends_on(o, sub))
			continue;
		sub->start_us = any && sub->start_us < o->start_us ? sub->start_us : o->start_us;
		sub->end_us = any && sub->end_us > o->end_us ? sub->end_us : o->end_us;
		sub->low_e4 = any && sub->low_e4 < o->low_e4 ? sub->low_e4 : o->low_e4;
		sub->high_e4 = any && sub->high_e4 > o->high_e4 ? sub->high_e4 : o->high_e4;
		any = true;
	}
}

static inline void fit_all(struct model *m)
{
	for (int i = 0; i < m->count; i++)
		if (m->thing[i].there && m->thing[i].kind == DCF_ENTITY_SUBSCRIPTION)
			fit(m, &m->thing[i]);
}

static inline void tell(struct expected *x, struct thing *sub)
{
	for (int i = 0; i < x->told_count; i++)
		if (dcf_uuid_eq(&x->told[i], &sub->id))
			return;
	x->told[x->told_count] = sub->id;
	x->index[x->told_count++] = ++sub->index;
}

static inline void follow_put(struct model *m, const struct request *r, struct expected *x, struct dcf_exchange_answer *got)
{
	struct thing *now = find(m, r->t.kind, &r->t.id), *gone = NULL, before = { 0 };
	bool told[ENTITIES] = { false },
	     tells = r->t.kind == DCF_ENTITY_INTENT || r->t.kind == DCF_ENTITY_CONSTRAINT || r->t.kind == DCF_ENTITY_ISA;

	for (int i = 0; i < m->count && tells; i++)
		told[i] = m->thing[i].there && (is_told(m, &m->thing[i], r->t.kind, &r->filled, r->now_us) ||
						(now && is_told(m, &m->thing[i], r->t.kind, now, r->now_us)));
	if (now) {
		before = *now;
		if (before.has_subscription && r->t.kind == DCF_ENTITY_INTENT) {
			gone = find(m, DCF_ENTITY_SUBSCRIPTION, &before.subscription);
			if (gone &&
			    (!gone->implicit || !only_dependent(m, gone, now) ||
			     (!r->make_subscription && r->t.has_subscription && dcf_uuid_eq(&r->t.subscription, &gone->id))))
				gone = NULL;
		}
	} else {
		now = add(m);
	}
	*now = r->filled;
	now->there = true;
	now->version = before.version + 1;
	now->index = r->t.kind == DCF_ENTITY_SUBSCRIPTION ? before.index : 0;
	snprintf(now->tag, sizeof now->tag, "%s", r->new_tag);
	now->tag_ns = got->entity ? got->entity->tag_ns : 0;
	for (int i = 0; i < m->count && gone; i++)
		if (&m->thing[i] == gone)
			told[i] = gone->there = false;
	if (r->make_subscription && r->t.kind == DCF_ENTITY_INTENT) {
		struct thing *sub = add(m);

		*sub = (struct thing){ .there = true,
				       .kind = DCF_ENTITY_SUBSCRIPTION,
				       .id = r->made,
				       .manager = r->t.manager,
				       .implicit = true,
				       .for_intents = true,
				       .for_constraints = r->make_for_constraints,
				       .version = 1 };
		now->has_subscription = true;
		now->subscription = r->made;
		if (got->subscription)
			snprintf(sub->tag, sizeof sub->tag, "%.*s", (int)got->subscription->tag.len, got->subscription->tag.p);
	}
	for (int i = 0; i < m->count; i++)
		if (told[i] && m->thing[i].there && &m->thing[i] != now)
			tell(x, &m->thing[i]);
	if (r->t.kind == DCF_ENTITY_INTENT && now->has_subscription) {
		struct thing *sub = find(m, DCF_ENTITY_SUBSCRIPTION, &now->subscription);

		if (sub && sub->for_intents)
			tell(x, sub);
	}
	fit_all(m);
}

static inline void follow_delete(struct model *m, const struct request *r, struct expected *x)
{
	struct thing *now = find(m, r->t.kind, &r->t.id), *sub = NULL;

	for (int i = 0; i < m->count; i++)
		if (m->thing[i].there && &m->thing[i] != now && now->kind != DCF_ENTITY_SUBSCRIPTION &&
		    now->kind != DCF_ENTITY_RID_SUBSCRIPTION && is_told(m, &m->thing[i], now->kind, now, r->now_us))
			tell(x, &m->thing[i]);
	if (now->has_subscription)
		sub = find(m, DCF_ENTITY_SUBSCRIPTION, &now->subscription);
	now->there = false;
	if (sub && sub->implicit && only_dependent(m, sub, now))
		sub->there = false;
	fit_all(m);
}

#endif
