/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange against a model of it: random writes of a few managers in one place, near a pole or the antimeridian too, some
 * undone; every answer, who is told and with which index, what is missing, what is found, is compared with lists that are
 * walked.  The model knows circles on a sphere, and abstains where a sphere cannot tell.  Now and then the state is written
 * down in steps, with writes between, and loaded again; and at the end the record alone is asked whether anybody wrote without
 * knowing what stood in his way.  Prints its seed. */
#include "exchange_model.h"

#include "crypto/hash.h"

#include <time.h>

static uint64_t seed = 20150920;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static double draw_between(double low, double high)
{
	return low + (high - low) * (double)draw(1000001) / 1e6;
}

/* --- the world -------------------------------------------------------------------------------------------- */

struct world {
	struct kit *k;
	struct model m, published;
	double lat, lon; /* its middle */
	unsigned taken, objected[DCF_EXCHANGE_OBJECTION_COUNT], undone, loaded, abstained, told, found, over;
	struct dcf_snapshot_walk walk;
	struct dcf_buf text;
	bool walking;
	char tag[4096][40]; /* OVNs that were, for keys */
	unsigned tags;
};

static struct circle draw_circle(const struct world *w, double reach_m, double r_low, double r_high)
{
	/* Some way from the middle, on the sphere. */
	double bearing = draw_between(0, 2 * M_PI), way = draw_between(0, reach_m) / 6371008.8, lat = RADIANS(w->lat),
	       lon = RADIANS(w->lon);
	double to = asin(sin(lat) * cos(way) + cos(lat) * sin(way) * cos(bearing));
	double over = lon + atan2(sin(bearing) * sin(way) * cos(lat), cos(way) - sin(lat) * sin(to));
	struct circle c = { to * 180 / M_PI, over * 180 / M_PI, draw_between(r_low, r_high) };

	c.lon = c.lon > 180 ? c.lon - 360 : c.lon <= -180 ? c.lon + 360 : c.lon;
	return c;
}

static const struct thing *pick(const struct world *w, uint8_t kind)
{
	int n = 0;
	const struct thing *t = NULL;

	for (int i = 0; i < w->m.count; i++)
		if (w->m.thing[i].there && w->m.thing[i].kind == kind && draw((uint64_t)++n) == 0)
			t = &w->m.thing[i];
	return t;
}

static void draw_window(const struct world *w, struct thing *t)
{
	t->start_us = w->k->now_us + (int64_t)draw(9) * HOUR / 4 - HOUR / 2;
	t->end_us = t->start_us + (int64_t)(1 + draw(8)) * HOUR / 4;
	/* What has ended is refused before it comes here. */
	if (t->end_us < w->k->now_us)
		t->end_us = w->k->now_us;
	t->low_e4 = (int64_t)draw(5) * 1000000;
	t->high_e4 = t->low_e4 + (int64_t)draw(3) * 1000000;
}

static void draw_thing(struct world *w, struct request *r)
{
	static const uint8_t kinds[] = { DCF_ENTITY_INTENT,          DCF_ENTITY_INTENT,       DCF_ENTITY_INTENT,
					 DCF_ENTITY_INTENT,          DCF_ENTITY_SUBSCRIPTION, DCF_ENTITY_SUBSCRIPTION,
					 DCF_ENTITY_CONSTRAINT,      DCF_ENTITY_ISA,          DCF_ENTITY_RID_SUBSCRIPTION,
					 DCF_ENTITY_RID_SUBSCRIPTION };
	struct thing *t = &r->t;
	const struct thing *same;

	t->kind = kinds[draw(sizeof kinds)];
	t->manager = (int)draw(MANAGERS);
	/* Not 0, which stands for no subscription. */
	t->id = kit_id(1 + (unsigned)draw(t->kind == DCF_ENTITY_RID_SUBSCRIPTION ? 3 * IDS : IDS));
	same = draw(10) < 7 ? pick(w, t->kind) : NULL;
	if (same) {
		t->id = same->id;
		r->update = draw(10) != 0;
		if (draw(10))
			t->manager = same->manager;
	} else {
		r->update = draw(20) == 0;
	}
	t->circles = t->kind == DCF_ENTITY_INTENT && draw(3) == 0 ? (int)(1 + draw(CIRCLES)) : 1;
	for (int i = 0; i < t->circles; i++)
		t->circle[i] = t->kind == DCF_ENTITY_SUBSCRIPTION       ? draw_circle(w, 8000, 2000, 20000)
			       : t->kind == DCF_ENTITY_RID_SUBSCRIPTION ? draw_circle(w, 8000, 1000, 12000)
									: draw_circle(w, 15000, 100, 2500);
	draw_window(w, t);
	if (t->kind == DCF_ENTITY_SUBSCRIPTION) {
		t->for_intents = draw(4) != 0;
		t->for_constraints = !t->for_intents || draw(2);
		t->start_us = draw(2) ? w->k->now_us - HOUR / 2 : t->start_us;
		t->end_us = w->k->now_us + (int64_t)draw(30) * HOUR;
		if (draw(2)) {
			t->low_e4 = DCF_UTM_NO_LOWER;
			t->high_e4 = DCF_UTM_NO_UPPER;
		}
	}
	if (t->kind != DCF_ENTITY_INTENT && t->kind != DCF_ENTITY_CONSTRAINT && draw(5) == 0)
		t->start_us = DCF_UTM_SINCE_EVER;
	if ((t->kind == DCF_ENTITY_SUBSCRIPTION || t->kind == DCF_ENTITY_RID_SUBSCRIPTION) && draw(5) == 0)
		t->end_us = DCF_UTM_FOR_EVER;
	/* The same again, but for its state. */
	if (same && t->kind == DCF_ENTITY_INTENT && draw(2)) {
		memcpy(t->circle, same->circle, sizeof t->circle);
		t->circles = same->circles;
		t->start_us = same->start_us;
		t->end_us = same->end_us < w->k->now_us ? w->k->now_us : same->end_us;
	}
}

static void draw_subscription(const struct world *w, struct request *r)
{
	const struct thing *sub = pick(w, DCF_ENTITY_SUBSCRIPTION);

	if (r->t.kind != DCF_ENTITY_INTENT)
		return;
	r->t.state = (uint8_t)(draw(3) ? draw(2) : draw(DCF_UTM_STATE_COUNT));
	r->make_subscription = draw(3) == 0;
	r->make_for_constraints = r->make_subscription && draw(2);
	if (r->make_subscription || draw(3) == 0)
		return;
	r->t.has_subscription = sub != NULL || draw(20) == 0;
	r->t.subscription = sub ? sub->id : kit_id(999999);
	if (sub && draw(6))
		r->t.manager = sub->manager;
	/* Mostly within it. */
	if (sub && !sub->implicit && draw(4)) {
		r->t.circles = 1;
		r->t.circle[0] = sub->circle[0];
		r->t.circle[0].r = draw_between(20, sub->circle[0].r * 0.9);
		if (r->t.start_us < sub->start_us)
			r->t.start_us = sub->start_us;
		if (r->t.end_us > sub->end_us && sub->end_us >= w->k->now_us)
			r->t.end_us = sub->end_us;
		if (r->t.start_us > r->t.end_us)
			r->t.start_us = r->t.end_us;
	}
}

static void draw_key(struct world *w, struct request *r)
{
	r->key = dcf_arena_get(&w->k->arena, 4096 * sizeof *r->key);
	for (unsigned i = 0; i < w->tags && draw(40); i++)
		r->key[r->key_count++] = dcf_arena_copy(&w->k->arena, dcf_span_of(w->tag[(w->tags - 1 - i) % 4096]));
	qsort(r->key, r->key_count, sizeof *r->key, kit_compare_keys);
}

static void give_tag(const struct world *w, struct request *r)
{
	struct thing *now = find((struct model *)&w->m, r->t.kind, &r->t.id);

	snprintf(r->tag, sizeof r->tag, "%s", now && draw(12) ? now->tag : "no-such-version-of-it");
	r->tag_ns = now && draw(12) ? now->tag_ns : 12345;
}

static struct dcf_utm_ask ask_of(struct world *w, const struct request *r)
{
	struct dcf_arena *a = &w->k->arena;
	const struct thing *t = &r->t;
	struct dcf_utm_ask ask = { .url = DCF_SPAN("https://uss.example.org"),
				   .state = t->state,
				   .key = r->key,
				   .key_count = r->key_count,
				   .has_new_subscription = r->make_subscription,
				   .new_for_constraints = r->make_for_constraints,
				   .new_url =
					   r->make_subscription ? DCF_SPAN("https://uss.example.org/implicit") : DCF_SPAN(""),
				   .for_intents = t->for_intents,
				   .for_constraints = t->for_constraints };

	ask.extents = (struct dcf_utm_extents){ .count = (uint32_t)t->circles,
						.start_us = t->start_us,
						.end_us = t->end_us,
						.lower_e4 = t->low_e4,
						.upper_e4 = t->high_e4 };
	ask.extents.volume = dcf_arena_get(a, CIRCLES * sizeof *ask.extents.volume);
	for (int i = 0; i < t->circles; i++) {
		struct dcf_utm_volume *v = &ask.extents.volume[i];
		bool first = i == 0, last = i == t->circles - 1;

		/* Each has a part of the whole: what is relevant is judged by the hull. */
		memset(v, 0, sizeof *v);
		v->footprint = (struct dcf_feature){ .shape = DCF_CIRCLE, .point_count = 1, .radius_m = t->circle[i].r };
		v->footprint.points = dcf_arena_get(a, sizeof *v->footprint.points);
		*v->footprint.points =
			(struct dcf_latlon){ (int32_t)lround(t->circle[i].lat * 1e7), (int32_t)lround(t->circle[i].lon * 1e7) };
		v->start_us = first ? t->start_us : t->end_us;
		v->end_us = last ? t->end_us : t->start_us > v->start_us ? t->start_us : v->start_us;
		v->lower_e4 = first ? t->low_e4 : t->high_e4;
		v->upper_e4 = last ? t->high_e4 : v->lower_e4;
	}
	if (t->has_subscription)
		ask.subscription = t->subscription;
	return ask;
}

/* --- comparing -------------------------------------------------------------------------------------------- */

static void compare_answer(struct world *w, const struct request *r, const struct expected *x)
{
	const struct dcf_exchange_answer *got = &w->k->answer;

	CHECK_MSG(got->notice_count == (size_t)x->told_count, "kind %d verb %d: %zu told, expected %d", r->t.kind, r->verb,
		  got->notice_count, x->told_count);
	for (int i = 0; i < x->told_count; i++) {
		bool found = false;

		for (size_t n = 0; n < got->notice_count; n++)
			found |= dcf_uuid_eq(&got->notice[n].subscription->id, &x->told[i]) &&
				 got->notice[n].index == x->index[i];
		CHECK_MSG(found, "one is not told, or with another index than %d", (int)x->index[i]);
	}
	CHECK_MSG(got->missing_count == (size_t)x->missing_count, "%zu missing, expected %d", got->missing_count,
		  x->missing_count);
	for (int i = 0; i < x->missing_count; i++) {
		bool found = false;

		for (size_t n = 0; n < got->missing_count; n++)
			found |= dcf_uuid_eq(&got->missing[n]->id, &x->missing[i]);
		CHECK(found);
	}
	w->told += (unsigned)x->told_count;
}

static void give_request(struct world *w, struct request *r)
{
	struct expected x = { .objection = DCF_EXCHANGE_FINE };
	struct dcf_utm_ask ask = ask_of(w, r);
	struct dcf_exchange_command c = { .verb = (uint8_t)r->verb,
					  .kind = r->t.kind,
					  .id = r->t.id,
					  .manager = dcf_span_of(manager_name[r->t.manager]),
					  .ask = r->verb == DCF_EXCHANGE_PUT ? &ask : NULL,
					  .form = (uint8_t)kit_form((enum dcf_entity_kind)r->t.kind) };
	enum dcf_exchange_objection got;

	r->now_us = w->k->now_us;
	r->filled = r->t;
	r->made = kit_id(1000000 + w->k->tags + 1);
	snprintf(r->new_tag, sizeof r->new_tag, "ovn-of-the-kit-%07u", w->k->tags + 1);
	if (r->update || r->verb == DCF_EXCHANGE_DELETE) {
		c.tag = dcf_span_of(r->tag);
		c.tag_ns = r->tag_ns;
	}
	x.objection = judge(&w->m, r, &x);
	got = kit_ask(w->k, &c);
	w->objected[got]++;
	CHECK_MSG(got == x.objection, "kind %d verb %d update %d: found %d, expected %d", r->t.kind, r->verb, r->update, got,
		  x.objection);
	if (got == DCF_EXCHANGE_FINE && x.objection == got) {
		if (r->verb == DCF_EXCHANGE_PUT) {
			follow_put(&w->m, r, &x, &w->k->answer);
			snprintf(w->tag[w->tags++ % 4096], sizeof w->tag[0], "%s", r->new_tag);
			CHECK(w->k->answer.entity->version == find(&w->m, r->t.kind, &r->t.id)->version);
		} else {
			follow_delete(&w->m, r, &x);
		}
		w->taken++;
	}
	compare_answer(w, r, &x);
}

static void one_write(struct world *w)
{
	struct request r = { .verb = draw(5) ? DCF_EXCHANGE_PUT : DCF_EXCHANGE_DELETE };

	draw_thing(w, &r);
	draw_subscription(w, &r);
	give_tag(w, &r);
	if (w->tags > 4095)
		w->tags = 4095;
	draw_key(w, &r);
	if (r.verb == DCF_EXCHANGE_PUT && in_doubt(&w->m, &r.t)) {
		w->abstained++;
		return;
	}
	give_request(w, &r);
}

static void one_availability(struct world *w)
{
	int about = (int)draw(MANAGERS);
	char text[DCF_RID_VERSION_TEXT];
	bool right = draw(4) != 0;
	uint64_t tag = w->m.availability_tag[about];
	struct dcf_utm_ask ask = {
		.availability = (uint8_t)(draw(2) ? DCF_UTM_DOWN : DCF_UTM_NORMAL),
		.url = DCF_SPAN(""),
		.old_version = right ? (struct dcf_span){ text, tag ? dcf_rid_version_write((int64_t)tag, text) : 0 }
				     : DCF_SPAN("not-this")
	};
	struct dcf_exchange_command c = { .verb = DCF_EXCHANGE_AVAILABILITY,
					  .manager = DCF_SPAN("arbiter"),
					  .about = dcf_span_of(manager_name[about]),
					  .ask = &ask,
					  .form = DCF_UTM_AVAILABILITY_PUT };

	CHECK(kit_ask(w->k, &c) == (right ? DCF_EXCHANGE_FINE : DCF_EXCHANGE_CHANGED));
	if (!right)
		return;
	w->m.down[about] = ask.availability == DCF_UTM_DOWN;
	w->m.availability_tag[about] = w->k->answer.availability_tag;
}

/* The clock: at once what is an hour behind its end. */
static void one_over(struct world *w)
{
	struct dcf_exchange_keeping keep = { HOUR, HOUR / 2 };
	struct dcf_buf body = { .from = &w->k->heap };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE_OVER }, .if_position = DCF_ANY_POSITION };
	bool due = true;

	for (int round = 0; round < 5 && due; round++) {
		body.len = 0;
		CHECK(dcf_exchange_due(dcf_state_exchange(w->k->state), w->k->now_us + round * 61 * SECOND, &keep, 5, &body,
				       &due) == DCF_OK);
		c.head.body = dcf_buf_as_span(&body);
		w->over += due;
		if (due)
			CHECK(kit_give(w->k, &c) == DCF_OBJECT_NOTHING);
	}
	dcf_buf_free(&body);
}

/* What the clock took away is away in the model too: by what stands, since which of many go first is the clock's affair.  Only
 * what is over may go, and no subscription before its intents. */
static void forget_what_is_over(struct world *w)
{
	for (int i = 0; i < w->m.count; i++) {
		struct thing *t = &w->m.thing[i];
		const struct dcf_entity *e;
		bool rid;

		if (!t->there || kit_now_uuid(w->k, (enum dcf_entity_kind)t->kind, &t->id))
			continue;
		rid = t->kind == DCF_ENTITY_ISA || t->kind == DCF_ENTITY_RID_SUBSCRIPTION;
		CHECK(t->end_us + (rid ? HOUR / 2 : HOUR) < w->k->now_us + 400 * SECOND);
		t->there = false;
		for (int n = 0; n < w->m.count; n++)
			if (t->kind == DCF_ENTITY_SUBSCRIPTION && depends_on(&w->m.thing[n], t)) {
				e = kit_now_uuid(w->k, DCF_ENTITY_INTENT, &w->m.thing[n].id);
				CHECK(!e);
			}
	}
	fit_all(&w->m);
	for (int i = 0; i < w->m.count; i++)
		CHECK(!(w->m.thing[i].there && w->m.thing[i].implicit && only_dependent(&w->m, &w->m.thing[i], NULL)));
}

/* --- what is found ---------------------------------------------------------------------------------------- */

static bool matches(struct model *m, const struct thing *t, uint8_t kind, const struct thing *q)
{
	if (!t->there || t->kind != kind)
		return false;
	if (kind == DCF_ENTITY_SUBSCRIPTION && t->manager != q->manager)
		return false;
	if (kind == DCF_ENTITY_INTENT)
		return times_meet(t, q) && heights_meet(t, q) && areas_meet(t, q) == YES;
	if (kind == DCF_ENTITY_RID_SUBSCRIPTION)
		return t->manager == q->manager && t->end_us >= q->start_us && areas_meet(t, q) == YES;
	if (!t->implicit)
		return times_meet(t, q) && areas_meet(t, q) == YES;
	for (int i = 0; i < m->count; i++)
		if (depends_on(&m->thing[i], t) && times_meet(&m->thing[i], q) && areas_meet(&m->thing[i], q) == YES)
			return true;
	return false;
}

static void look(struct world *w)
{
	struct request r = { 0 };
	struct dcf_utm_ask ask;
	struct dcf_entity_list list = { .from = &w->k->heap };
	uint8_t kind = (uint8_t)draw(DCF_ENTITY_KIND_COUNT);
	size_t expected = 0;

	r.t.circles = 1;
	r.t.circle[0] = draw_circle(w, 15000, 100, 8000);
	r.t.manager = (int)draw(MANAGERS);
	draw_window(w, &r.t);
	if (in_doubt(&w->m, &r.t))
		return;
	ask = ask_of(w, &r);
	CHECK(dcf_exchange_search(dcf_state_exchange(w->k->state), (enum dcf_entity_kind)kind, &ask.extents,
				  dcf_span_of(manager_name[r.t.manager]), &list) == DCF_OK);
	for (int i = 0; i < w->m.count; i++) {
		const struct thing *t = &w->m.thing[i];
		bool found = false;

		if (!matches(&w->m, t, kind, &r.t))
			continue;
		expected++;
		for (size_t n = 0; n < list.count; n++)
			found |= dcf_uuid_eq(&list.at[n]->id, &t->id);
		CHECK(found);
	}
	CHECK_MSG(list.count == expected, "kind %d: %zu found, expected %zu", kind, list.count, expected);
	w->found += (unsigned)list.count;
	for (size_t i = 0; i < list.count; i++) {
		CHECK(i == 0 || memcmp(list.at[i - 1]->id.b, list.at[i]->id.b, 16) < 0);
		dcf_entity_drop(list.at[i]);
	}
	dcf_alloc_free(&w->k->heap, list.at, list.cap * sizeof *list.at);
}

static void compare_all(struct world *w)
{
	uint64_t count[DCF_ENTITY_KIND_COUNT] = { 0 };
	struct dcf_exchange_stats stats;

	for (int i = 0; i < w->m.count; i++) {
		const struct thing *t = &w->m.thing[i];
		const struct dcf_entity *e = t->there ? kit_now_uuid(w->k, (enum dcf_entity_kind)t->kind, &t->id) : NULL;

		if (!t->there)
			continue;
		count[t->kind]++;
		CHECK(e && e->version == t->version && e->implicit == t->implicit && e->extents.start_us == t->start_us &&
		      e->extents.end_us == t->end_us && e->extents.lower_e4 == t->low_e4 && e->extents.upper_e4 == t->high_e4 &&
		      e->state == t->state);
		CHECK_MSG(e && e->index == t->index, "index %d, expected %d", e ? (int)e->index : -1, (int)t->index);
	}
	dcf_exchange_stats(dcf_state_exchange(w->k->state), &stats);
	for (int i = 0; i < DCF_ENTITY_KIND_COUNT; i++)
		CHECK_MSG(stats.entities[i] == count[i], "kind %d: %d stand, expected %d", i, (int)stats.entities[i],
			  (int)count[i]);
}

/* --- there and back --------------------------------------------------------------------------------------- */

/* Lines that only one of the two has. */
static void show_difference(struct world *w, struct dcf_state *loaded)
{
	struct dcf_buf text[2] = { { .from = &w->k->heap }, { .from = &w->k->heap } };

	dcf_state_snapshot(w->k->state, &text[0]);
	dcf_state_snapshot(loaded, &text[1]);
	for (int i = 0; i < 2; i++) {
		dcf_buf_char(&text[i], 0);
		for (char *line = text[i].p, *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			if (!strstr(text[!i].p, line))
				printf("# only %s: %s\n", i ? "as loaded" : "as it is", line);
			*end = '\n';
		}
	}
	dcf_buf_free(&text[0]);
	dcf_buf_free(&text[1]);
}

static void same_as_loaded(struct world *w, struct dcf_span text)
{
	struct dcf_state *st = kit_load(w->k, text);
	struct dcf_hash one, two;

	CHECK(dcf_state_hash(w->k->state, &one) == DCF_OK && dcf_state_hash(st, &two) == DCF_OK);
	CHECK_MSG(dcf_hash_eq(&one, &two), "loaded %s", text.len ? "from a snapshot" : "from entry 0");
	if (!dcf_hash_eq(&one, &two))
		show_difference(w, st);
	dcf_state_free(st);
	w->loaded++;
}

/* A step of a snapshot; when it is whole, what is loaded from it and the entries behind is what stands. */
static void step(struct world *w)
{
	if (!w->walking) {
		w->text.len = 0;
		dcf_state_walk_begin(w->k->state, &w->walk);
		w->walking = true;
	} else if (!dcf_state_walk_step(w->k->state, &w->walk, 1 + draw(4), &w->text)) {
		w->walking = false;
		same_as_loaded(w, dcf_buf_as_span(&w->text));
	}
}

/* --- the record alone ------------------------------------------------------------------------------------- */

struct written {
	struct thing t;
	uint64_t position;
};

static struct dcf_jval parse(struct world *w, struct dcf_jdoc *doc, struct dcf_span body)
{
	char *p = dcf_arena_get(&w->k->arena, body.len + 64);
	const char *why;

	memcpy(p, body.p, body.len);
	memset(p + body.len, ' ', 64);
	CHECK(dcf_jparse(doc, p, body.len, &why) == DCF_OK);
	return dcf_jroot(doc);
}

static int manager_of(struct dcf_span name)
{
	for (int i = 0; i < MANAGERS; i++)
		if (dcf_span_eq(name, dcf_span_of(manager_name[i])))
			return i;
	return 0;
}

static void thing_of(const struct dcf_utm_ask *ask, struct thing *t)
{
	t->state = ask->state;
	t->start_us = ask->extents.start_us;
	t->end_us = ask->extents.end_us;
	t->low_e4 = ask->extents.lower_e4;
	t->high_e4 = ask->extents.upper_e4;
	t->circles = (int)ask->extents.count;
	for (int i = 0; i < t->circles && i < CIRCLES; i++) {
		const struct dcf_feature *f = &ask->extents.volume[i].footprint;

		t->circle[i] = (struct circle){ f->points[0].lat_e7 / 1e7, f->points[0].lon_e7 / 1e7, f->radius_m };
	}
}

static bool met_has(struct dcf_jval met, uint64_t position)
{
	struct dcf_jwalk it = dcf_jwalk(met);
	struct dcf_jval v;
	double n;

	while (dcf_jnext(&it, &v))
		if (dcf_jdouble(v, &n) && (uint64_t)n == position)
			return true;
	return false;
}

/* No write to Accepted or Activated without the OVN of everything relevant that stood there. */
static void audit(struct world *w)
{
	static struct written at[ENTITIES];
	int count = 0, down[MANAGERS] = { 0 };
	unsigned audited = 0, needed = 0;
	struct dcf_jdoc head_doc = { 0 }, doc = { 0 };

	for (size_t p = 0; p < w->k->count; p++) {
		struct dcf_entry_head h;
		struct dcf_utm_ask ask;
		struct dcf_uuid id;
		struct dcf_jval root;
		struct written *mine = NULL, now = { .position = p };
		const char *why;
		struct dcf_span body;

		CHECK(dcf_entry_read(dcf_buf_as_span(&w->k->entry[p]), &head_doc, &w->k->arena, &h, &why) == DCF_OK);
		if (h.kind == DCF_ENTRY_EXCHANGE_OVER) {
			uint64_t serial;
			bool bad = false;

			for (body = h.body; dcf_positions_next(&body, &serial, &bad);)
				for (int i = 0; i < count; i++)
					if (serial % 2 == 0 && at[i].t.tag_ns == (int64_t)(serial / 2))
						at[i--] = at[--count];
		}
		if (h.kind != DCF_ENTRY_EXCHANGE)
			continue;
		root = parse(w, &doc, h.body);
		if (dcf_jis(dcf_jget(root, "verb"), "availability")) {
			down[manager_of(dcf_jstring(dcf_jget(root, "about")))] = 0;
			CHECK(dcf_utm_ask_read_back(root, DCF_UTM_AVAILABILITY_PUT, &w->k->arena, &ask, &why) == DCF_OK);
			down[manager_of(dcf_jstring(dcf_jget(root, "about")))] = ask.availability == DCF_UTM_DOWN;
			continue;
		}
		if (!dcf_jis(dcf_jget(root, "kind"), "intent") || !dcf_uuid_read(h.operation, 4, &id))
			continue;
		for (int i = 0; i < count; i++)
			if (dcf_uuid_eq(&at[i].t.id, &id))
				mine = &at[i];
		if (dcf_jis(dcf_jget(root, "verb"), "delete")) {
			CHECK(mine);
			if (mine)
				*mine = at[--count];
			continue;
		}
		CHECK(dcf_utm_ask_read_back(root, DCF_UTM_INTENT_PUT, &w->k->arena, &ask, &why) == DCF_OK);
		thing_of(&ask, &now.t);
		now.t.id = id;
		now.t.manager = manager_of(h.party);
		now.t.tag_ns = (int64_t)(h.first ? h.first : p); /* its first entry, which OVER names */
		for (int i = 0; i < count && now.t.state <= DCF_UTM_ACTIVATED; i++) {
			struct written *o = &at[i];

			if (o == mine || !times_meet(&o->t, &now.t) || !heights_meet(&o->t, &now.t) ||
			    areas_meet(&o->t, &now.t) != YES || (down[o->t.manager] && o->t.state == DCF_UTM_ACCEPTED))
				continue;
			needed++;
			CHECK_MSG(met_has(dcf_jget(root, "met"), o->position), "entry %zu did not know entry %d", p,
				  (int)o->position);
		}
		audited += now.t.state <= DCF_UTM_ACTIVATED;
		CHECK(count < ENTITIES);
		if (mine)
			*mine = now;
		else
			at[count++] = now;
	}
	printf("# the record alone: %u writes looked at, %u needed an OVN\n", audited, needed);
	dcf_jfree(&head_doc);
	dcf_jfree(&doc);
}

/* --- a history -------------------------------------------------------------------------------------------- */

static void batch(struct world *w)
{
	w->published = w->m;
	w->k->hold = true;
	for (uint64_t n = 1 + draw(6); n > 0; n--) {
		if (draw(12) == 0)
			one_availability(w);
		else
			one_write(w);
		w->k->now_us += (int64_t)draw(3) * SECOND;
	}
	w->k->hold = false;
	if (draw(8) == 0) {
		kit_undo(w->k);
		w->m = w->published;
		w->undone++;
	} else {
		kit_publish(w->k);
	}
	(void)dcf_state_tend(w->k->state);
}

static void history(double lat, double lon, unsigned batches)
{
	struct world *w = calloc(1, sizeof *w);

	w->k = kit_new();
	w->lat = lat;
	w->lon = lon;
	w->text.from = &w->k->heap;
	for (unsigned i = 0; i < batches && tap_failed_checks < 10; i++) {
		batch(w);
		if (draw(4) == 0)
			compare_all(w);
		look(w);
		if (draw(3) == 0)
			step(w);
		if (draw(10) == 0) {
			w->k->now_us += (int64_t)draw(3) * HOUR / 2;
			one_over(w);
			forget_what_is_over(w);
		}
		if (draw(60) == 0)
			same_as_loaded(w, DCF_SPAN(""));
		dcf_arena_rewind(&w->k->arena);
	}
	compare_all(w);
	same_as_loaded(w, DCF_SPAN(""));
	audit(w);
	printf("# at %g, %g: %u taken, %u batches undone, %u told, %u found, %u loaded, %u abstained, %u times over;", lat, lon,
	       w->taken, w->undone, w->told, w->found, w->loaded, w->abstained, w->over);
	for (int i = 0; i < DCF_EXCHANGE_OBJECTION_COUNT; i++)
		printf(" %u", w->objected[i]);
	printf("\n");
	dcf_buf_free(&w->text);
	kit_free(w->k);
	free(w);
}

static unsigned batches = 400;

static void in_the_middle(void)
{
	history(47, 8, batches);
}

static void at_the_antimeridian(void)
{
	history(-17, 179.99, batches);
}

static void at_the_pole(void)
{
	history(89.95, 0, batches);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL) * 2654435761u;
	if (argc > 2)
		batches = (unsigned)atoi(argv[2]);
	seed = seed ? seed : 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	return TAP_RUN(TAP(in_the_middle), TAP(at_the_antimeridian), TAP(at_the_pole));
}
