/* SPDX-License-Identifier: Apache-2.0 */
/* api_exchange_options.c - POST /exchange/v1/options: ways out for an operational intent that meets others.
 *
 * The body is that of a PUT of the intent, `entityid` in the query names its own earlier version.  What it is compared with are
 * intents and constraints by their volumes, without any minima; a way out is one that meets none of them.  Its OVNs may be
 * needed all the same: relevance by F3548 goes by the bounds of whole intents.  The answer is the object of `deconflict options
 * --format json`; nothing is written. */
#include "core/geodesy.h"
#include "format/options_json.h"
#include "node/api_dss.h"
#include "options/options.h"

#define SHIFT_MOST_US (INT64_C(2) * 3600 * 1000000)
#define DETOUR_MOST_M 5000.0
enum { AROUND_MOST = 10000 /* of each kind */, OPTIONS_MOST = 6, SEARCH_MS = 1500 };
/* Volumes of the intent times volumes around it: the first comparison is of all of them, and is not stopped half way. */
#define PAIRS_MOST UINT64_C(1000000)

/* Between the stages; in the request's arena. */
struct way_out {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_utm_ask ask;
	struct dcf_uuid except; /* zero: none */
	int64_t until_us;
	enum dcf_status status;
	struct dcf_span text; /* the answer */
};

static bool time_is_up(void *ctx)
{
	const struct way_out *w = ctx;

	return atomic_load(&w->api->hurry) || dcf_clock_mono_us(&w->api->clock) > w->until_us;
}

/* --- what is around ---------------------------------------------------------------------------------------- */

/* How far from the point the footprint reaches. */
static double reach_of(const struct dcf_feature *f, struct dcf_vec from)
{
	double most = 0;

	for (uint32_t i = 0; i < f->point_count; i++) {
		double d = dcf_distance_m(from, dcf_vec_of(f->points[i]));

		most = d > most ? d : most;
	}
	return most + f->radius_m;
}

/* A circle around everything that the intent could be moved to, at all levels. */
static bool circle_around(const struct dcf_utm_extents *e, struct dcf_utm_volume *v, struct dcf_latlon *centre)
{
	double most = 0;

	if (!e->count || !e->volume[0].footprint.point_count)
		return false;
	*centre = e->volume[0].footprint.points[0];
	for (uint32_t i = 0; i < e->count; i++) {
		double d = reach_of(&e->volume[i].footprint, dcf_vec_of(*centre));

		most = d > most ? d : most;
	}
	*v = (struct dcf_utm_volume){ .start_us = e->start_us - SHIFT_MOST_US,
				      .end_us = e->end_us + SHIFT_MOST_US,
				      .lower_e4 = DCF_UTM_NO_LOWER,
				      .upper_e4 = DCF_UTM_NO_UPPER };
	v->footprint = (struct dcf_feature){ .shape = DCF_CIRCLE,
					     .edges = DCF_EDGES_GEODESIC,
					     .points = centre,
					     .point_count = 1,
					     .radius_m = most + 2 * DETOUR_MOST_M };
	return v->footprint.radius_m <= DCF_UTM_RADIUS_MAX_M;
}

static bool too_many_pairs(const struct way_out *w, const struct dcf_entity_list list[2])
{
	uint64_t volumes = 0;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < list[k].count; i++)
			volumes += list[k].at[i]->extents.count;
	/* No overflow: at most 10,000 of 20,000 entities, and as many of the intent. */
	return volumes * w->ask.extents.count > PAIRS_MOST;
}

static enum dcf_status gather(const struct way_out *w, struct dcf_entity_list list[2])
{
	static const enum dcf_entity_kind kinds[2] = { DCF_ENTITY_INTENT, DCF_ENTITY_CONSTRAINT };
	struct dcf_latlon centre;
	struct dcf_utm_volume v;
	struct dcf_utm_extents around;
	enum dcf_status s = DCF_OK;

	if (!circle_around(&w->ask.extents, &v, &centre))
		return DCF_E_LIMIT;
	around = (struct dcf_utm_extents){ &v, 1, v.start_us, v.end_us, v.lower_e4, v.upper_e4 };
	for (int i = 0; i < 2 && s == DCF_OK; i++)
		s = dcf_exchange_search(dcf_state_exchange(w->api->state), kinds[i], &around, (struct dcf_span){ NULL, 0 },
					&list[i]);
	return s == DCF_E_RANGE || (s == DCF_OK && too_many_pairs(w, list)) ? DCF_E_LIMIT : s;
}

/* --- as a plan ------------------------------------------------------------------------------------------------ */

static struct dcf_altitude level(int64_t e4, bool unlimited)
{
	return (struct dcf_altitude){
		.e4 = unlimited ? 0 : e4, .ref = DCF_REF_W84, .unit = DCF_UNIT_M, .unlimited = unlimited
	};
}

/* Both bounds of a volume belong to it, of a feature only the first. */
static enum dcf_status add(struct dcf_plan *plan, uint32_t party, struct dcf_span name, const struct dcf_utm_extents *e)
{
	/* Where no lower bound is given: below every place on the ground and in the sea. */
	static const int64_t bottom_e4 = -INT64_C(12000) * DCF_M_E4;
	uint32_t operation;
	enum dcf_status s = dcf_plan_operation(plan, party, name, &operation);

	for (uint32_t i = 0; s == DCF_OK && i < e->count; i++) {
		const struct dcf_utm_volume *v = &e->volume[i];
		struct dcf_feature f = v->footprint;

		if (f.shape == DCF_SHAPE_COUNT)
			continue;
		f.party = party;
		f.operation = operation;
		f.start_us = v->start_us == DCF_UTM_SINCE_EVER ? e->start_us : v->start_us;
		f.end_us = (v->end_us == DCF_UTM_FOR_EVER ? e->end_us : v->end_us) + 1;
		f.lower = level(v->lower_e4 == DCF_UTM_NO_LOWER ? bottom_e4 : v->lower_e4, false);
		f.upper = level(v->upper_e4, v->upper_e4 == DCF_UTM_NO_UPPER);
		f.id = name;
		f.sent_us = f.received_us = DCF_TIME_NONE;
		s = dcf_plan_add_feature(plan, &f);
	}
	return s;
}

static struct dcf_span joined(struct dcf_plan *plan, struct dcf_span a, const char *b)
{
	struct dcf_buf text = { .from = plan->arena.from };
	struct dcf_span kept = { NULL, 0 };

	dcf_buf_span(&text, a);
	dcf_buf_z(&text, b);
	if (!text.failed)
		kept = dcf_arena_copy(&plan->arena, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return kept;
}

/* Whoever asks is a party of its own: its other intents stand against this one like everybody's. */
static enum dcf_status add_other(const struct way_out *w, struct dcf_plan *plan, const struct dcf_entity *e)
{
	struct dcf_span caller = dcf_exchange_caller(w->rq), name = e->manager->name, id;
	char text[DCF_UUID_TEXT];
	uint32_t party;
	enum dcf_status s;

	if (dcf_span_eq(name, caller))
		name = joined(plan, name, " (other intents)");
	dcf_uuid_write(&e->id, text);
	id = dcf_arena_copy(&plan->arena, (struct dcf_span){ text, sizeof text });
	if (!name.p || !id.p)
		return DCF_E_NOMEM;
	s = dcf_plan_party(plan, name, &party);
	return s == DCF_OK ? add(plan, party, id, &e->extents) : s;
}

static enum dcf_status fill(const struct way_out *w, struct dcf_plan *plan, const struct dcf_entity_list list[2])
{
	char text[DCF_UUID_TEXT];
	struct dcf_span id = DCF_SPAN("this intent");
	uint32_t party;
	enum dcf_status s = dcf_plan_party(plan, dcf_exchange_caller(w->rq), &party);

	if (!dcf_uuid_is_zero(&w->except)) {
		dcf_uuid_write(&w->except, text);
		id = dcf_arena_copy(&plan->arena, (struct dcf_span){ text, sizeof text });
		if (!id.p)
			return DCF_E_NOMEM;
	}
	s = s == DCF_OK ? add(plan, party, id, &w->ask.extents) : s;
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; s == DCF_OK && i < list[k].count; i++)
			if (dcf_uuid_is_zero(&w->except) || !dcf_uuid_eq(&list[k].at[i]->id, &w->except))
				s = add_other(w, plan, list[k].at[i]);
	return s;
}

/* --- the answer ------------------------------------------------------------------------------------------------- */

static enum dcf_status search(struct way_out *w, const struct dcf_plan *plan, struct dcf_buf *out)
{
	const struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = 0 };
	struct dcf_ask ask = dcf_ask_usual(plan);
	struct dcf_result check = { 0 };
	struct dcf_options_result found = { 0 };
	struct dcf_options_answer answer;
	enum dcf_status s = dcf_check(plan, &question, &w->api->heap, &check);

	ask.limits.max_delay_us = ask.limits.max_advance_us = SHIFT_MOST_US;
	ask.limits.max_detour_m = DETOUR_MOST_M;
	ask.max_options = OPTIONS_MOST;
	ask.reader = DCF_NONE;
	ask.stop = time_is_up;
	ask.stop_ctx = w;
	s = s == DCF_OK ? dcf_options_find(plan, &question, &check, &ask, 0, &w->api->heap, &found) : s;
	if (s == DCF_OK) {
		answer = dcf_answer_of_options(plan, &check, &found);
		dcf_options_json(&answer, w->api->version, out);
		s = out->failed ? DCF_E_NOMEM : DCF_OK;
	}
	dcf_options_free(&found);
	dcf_result_free(&check);
	return s;
}

/* On the pool. */
static void find(void *ctx)
{
	struct way_out *w = ctx;
	struct dcf_entity_list list[2] = { { .from = &w->api->heap, .most = AROUND_MOST },
					   { .from = &w->api->heap, .most = AROUND_MOST } };
	struct dcf_plan plan = { 0 };
	struct dcf_buf out = { .from = &w->api->heap };

	w->until_us = dcf_clock_mono_us(&w->api->clock) + SEARCH_MS * 1000;
	dcf_plan_init(&plan, &w->api->heap);
	w->status = gather(w, list);
	w->status = w->status == DCF_OK ? fill(w, &plan, list) : w->status;
	w->status = w->status == DCF_OK ? search(w, &plan, &out) : w->status;
	if (w->status == DCF_OK) {
		w->text = dcf_arena_copy(w->rq->arena, dcf_buf_as_span(&out));
		w->status = w->text.p ? DCF_OK : DCF_E_NOMEM;
	}
	dcf_plan_free(&plan);
	dcf_buf_free(&out);
	for (int i = 0; i < 2; i++)
		dcf_entity_list_free(&list[i]);
	dcf_http_finish(w->rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct way_out *w = arg;

	if (dcf_pool_put(w->api->pool, find, w))
		return;
	w->status = DCF_E_BUSY;
	dcf_http_finish(rq);
}

static DCF_API_HANDLER(told)
{
	const struct way_out *w = ((struct dcf_caller *)rq->user)->more;

	(void)ctx;
	if (w->status == DCF_E_LIMIT)
		return dcf_exchange_error(reply, 413,
					  "Too much stands around this intent to look for ways out: ask about a smaller one");
	if (w->status != DCF_OK)
		return dcf_exchange_busy(reply, w->status == DCF_E_BUSY ? "Too many are looking for ways out: ask again"
									: "Ways out could not be looked for");
	(void)dcf_exchange_json(reply, 200);
	dcf_buf_span(&reply->body, w->text);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_exchange_options)
{
	static const char *const names[] = { "entityid", NULL };
	struct dcf_span id = dcf_http_query(rq, "entityid");
	struct way_out *w = dcf_arena_get(rq->arena, sizeof *w);

	if (!w)
		return dcf_exchange_busy(reply, "Out of memory");
	*w = (struct way_out){ .api = ctx, .rq = rq, .status = DCF_E_BUSY };
	if (!dcf_http_query_known(rq, reply, names))
		return dcf_exchange_error(reply, 400, "Of the query only entityid is known, once");
	if (id.p && !dcf_uuid_read(id, 4, &w->except))
		return dcf_exchange_error(reply, 400, "entityid: expected a UUID of version 4");
	/* As of an update: whatever state the intent is in. */
	if (!dcf_exchange_read_ask(ctx, rq, reply, DCF_UTM_INTENT_PUT, true, &w->ask))
		return DCF_HTTP_DONE;
	((struct dcf_caller *)rq->user)->more = w;
	return dcf_http_later(rq, told, hand_to_pool, w);
}
