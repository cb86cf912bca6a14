/* SPDX-License-Identifier: Apache-2.0 */
/* api_uss_meet.c - what an operation of ours meets in the exchange.
 *
 * A native declaration is notice and is never refused for a conflict; F3548's clients must hold the OVN of everything relevant
 * instead.  So the node, which has the exchange, looks for its own party: after the declaration is in the record and its intent
 * stands, everything relevant to it at that position or later is looked at, volume by volume. */
#include "node/api_uss.h"

enum {
	LISTED_MOST = 1000,    /* entities in one reply */
	LISTED_OF_ONE = 100,   /* of one operation */
	PAIRS_SHOWN = 10,      /* of one entity */
	RELEVANT_MOST = 2000,  /* entities around one operation; where more are, none is looked at */
	GATHERED_MOST = 50000, /* in one reply */
};
#define VOLUMES_MOST ((uint64_t)20000) /* pairs of volumes that one reply compares */

/* One reply. */
struct looking {
	struct dcf_api *api;
	struct dcf_json *j;
	uint64_t volumes_left;
	size_t listed_left, gather_left;
};

/* One entity that may be met. */
struct meeting {
	struct dcf_json *j;
	const struct dcf_entity *e;
	size_t pairs;
};

void dcf_uss_put_moment(struct dcf_json *j, const char *key, int64_t us)
{
	dcf_json_key(j, key);
	if (us == DCF_UTM_SINCE_EVER || us == DCF_UTM_FOR_EVER)
		dcf_json_null(j);
	else
		dcf_utm_put_time(j, us, true);
}

static void put_level(struct dcf_json *j, const char *key, int64_t e4)
{
	dcf_json_key(j, key);
	if (e4 == DCF_UTM_NO_LOWER || e4 == DCF_UTM_NO_UPPER)
		dcf_json_null(j);
	else
		dcf_json_fixed(j, e4, 4);
}

void dcf_uss_put_pair(struct dcf_json *j, const struct dcf_entity_meeting *m)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "volume");
	dcf_json_i64(j, m->volume[0]);
	dcf_json_key(j, "their_volume");
	dcf_json_i64(j, m->volume[1]);
	dcf_uss_put_moment(j, "start", m->start_us);
	dcf_uss_put_moment(j, "end", m->end_us);
	put_level(j, "lower_w84_m", m->lower_e4);
	put_level(j, "upper_w84_m", m->upper_e4);
	dcf_json_key(j, "overlap_m");
	dcf_json_fixed(j, (int64_t)(m->overlap_m * 10 + 0.5), 1);
	dcf_json_end(j, '}');
}

void dcf_uss_put_entity(struct dcf_json *j, const struct dcf_entity *e)
{
	dcf_json_key(j, "id");
	dcf_utm_put_id(j, &e->id);
	dcf_json_key(j, "kind");
	dcf_json_z(j, e->kind == DCF_ENTITY_CONSTRAINT ? "constraint" : "operational_intent");
	dcf_json_key(j, "manager");
	dcf_json_string(j, e->manager->name);
	dcf_json_key(j, "uss_base_url");
	dcf_json_string(j, e->url);
	dcf_json_key(j, "version");
	dcf_json_i64(j, e->version);
	if (e->kind == DCF_ENTITY_INTENT) {
		dcf_json_key(j, "state");
		dcf_json_z(j, dcf_utm_state_name((enum dcf_utm_state)e->state));
	}
	dcf_json_key(j, "availability");
	dcf_json_z(j, dcf_utm_availability_name((enum dcf_utm_availability)atomic_load(&e->manager->availability)));
	dcf_uss_put_moment(j, "start", e->extents.start_us);
	dcf_uss_put_moment(j, "end", e->extents.end_us);
}

static enum dcf_status take_pair(void *ctx, const struct dcf_entity_meeting *pair)
{
	struct meeting *m = ctx;

	if (m->pairs++ == 0) {
		dcf_json_begin(m->j, '{');
		dcf_uss_put_entity(m->j, m->e);
		dcf_json_key(m->j, "pairs");
		dcf_json_begin(m->j, '[');
	}
	if (m->pairs <= PAIRS_SHOWN)
		dcf_uss_put_pair(m->j, pair);
	return m->j->out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Ids are of one kind: a constraint may have the id of an intent. */
static bool is_itself(const struct dcf_entity *own, const struct dcf_entity *e)
{
	return e->kind == own->kind && dcf_uuid_eq(&e->id, &own->id);
}

/* What of the list really meets; returns how many were not looked at, or not listed. */
static enum dcf_status put_met(struct looking *l, const struct dcf_entity *own, const struct dcf_entity_list *list,
			       size_t *left_out)
{
	size_t listed = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct dcf_entity *e = list->at[i];
		uint64_t volumes = (uint64_t)own->extents.count * e->extents.count;
		struct meeting m = { l->j, e, 0 };
		enum dcf_status s;

		if (is_itself(own, e))
			continue;
		if (listed >= LISTED_OF_ONE || l->listed_left == 0 || volumes > l->volumes_left) {
			++*left_out;
			continue;
		}
		l->volumes_left -= volumes;
		s = dcf_entities_meet(&own->extents, &e->extents, &l->api->heap, take_pair, &m);
		if (s != DCF_OK)
			return s;
		if (!m.pairs)
			continue;
		dcf_json_end(l->j, ']');
		dcf_json_key(l->j, "pair_count");
		dcf_json_i64(l->j, (int64_t)m.pairs);
		dcf_json_end(l->j, '}');
		listed++;
		l->listed_left--;
	}
	return DCF_OK;
}

/* Everything of one kind that is relevant.  DCF_E_RANGE: that is too much. */
static enum dcf_status put_kind(struct looking *l, const struct dcf_entity *own, enum dcf_entity_kind kind, size_t *relevant,
				size_t *left_out)
{
	struct dcf_entity_list list = { .from = &l->api->heap,
					.most = l->gather_left < RELEVANT_MOST ? l->gather_left + 1 : RELEVANT_MOST };
	enum dcf_status s = dcf_exchange_search(dcf_state_exchange(l->api->state), kind, &own->extents,
						(struct dcf_span){ NULL, 0 }, &list);

	if (s == DCF_OK && list.count > l->gather_left)
		s = DCF_E_RANGE;
	if (s == DCF_OK) {
		l->gather_left -= list.count;
		for (size_t k = 0; k < list.count; k++)
			*relevant += !is_itself(own, list.at[k]);
		s = put_met(l, own, &list, left_out);
	}
	dcf_entity_list_free(&list);
	return s;
}

static void put_count(struct dcf_json *j, const char *key, bool known, size_t count)
{
	dcf_json_key(j, key);
	if (known)
		dcf_json_i64(j, (int64_t)count);
	else
		dcf_json_null(j);
}

static enum dcf_status put_all(struct looking *l, const struct dcf_entity *own)
{
	static const enum dcf_entity_kind kinds[] = { DCF_ENTITY_INTENT, DCF_ENTITY_CONSTRAINT };
	size_t relevant = 0, left_out = 0;
	enum dcf_status s = DCF_OK;
	bool known = true;

	dcf_json_key(l->j, "meets");
	dcf_json_begin(l->j, '[');
	for (size_t i = 0; s == DCF_OK && i < sizeof kinds / sizeof *kinds; i++) {
		s = put_kind(l, own, kinds[i], &relevant, &left_out);
		known = known && s != DCF_E_RANGE;
		s = s == DCF_E_RANGE ? DCF_OK : s;
	}
	dcf_json_end(l->j, ']');
	put_count(l->j, "relevant", known, relevant);
	put_count(l->j, "left_out", known, left_out);
	return s;
}

static enum dcf_status put_one(struct looking *l, const struct dcf_view *view, const struct dcf_op *op, bool *first)
{
	struct dcf_span party = view->frame->plan.parties[op->live.party].id;
	const struct dcf_entity *own = dcf_exchange_find_own(dcf_state_exchange(l->api->state), party, op->id);
	enum dcf_status s;

	if (!own)
		return DCF_OK;
	if (*first) {
		dcf_json_key(l->j, "exchange");
		dcf_json_begin(l->j, '[');
		*first = false;
	}
	dcf_json_begin(l->j, '{');
	dcf_json_key(l->j, "party");
	dcf_json_string(l->j, party);
	dcf_json_key(l->j, "operation");
	dcf_json_string(l->j, op->id);
	dcf_json_key(l->j, own->kind == DCF_ENTITY_CONSTRAINT ? "constraint" : "intent");
	dcf_json_begin(l->j, '{');
	dcf_uss_put_entity(l->j, own);
	dcf_json_end(l->j, '}');
	s = put_all(l, own);
	dcf_json_end(l->j, '}');
	dcf_entity_drop(own);
	return s;
}

enum dcf_status dcf_uss_put_meetings(struct dcf_api *api, struct dcf_json *j, const struct dcf_view *view,
				     const struct dcf_op *const *ops, size_t count)
{
	struct looking l = { api, j, VOLUMES_MOST, LISTED_MOST, GATHERED_MOST };
	enum dcf_status s = DCF_OK;
	bool first = true;

	for (size_t i = 0; s == DCF_OK && i < count; i++)
		if (dcf_uss_is_released(api, view, ops[i]))
			s = put_one(&l, view, ops[i], &first);
	if (!first)
		dcf_json_end(j, ']');
	return s != DCF_OK ? s : j->out->failed ? DCF_E_NOMEM : DCF_OK;
}
