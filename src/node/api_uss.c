/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_uss.h"
#include "base/decimal.h"
#include "node/api_telemetry.h"
#include "node/uss_telemetry.h"
#include "node/uss_text.h"

#define SC DCF_SCOPE_SC
#define CM DCF_SCOPE_CM
#define CP DCF_SCOPE_CP
#define SA DCF_SCOPE_SA
#define AA DCF_SCOPE_AA

const struct dcf_http_route dcf_uss_routes[] = {
	DCF_EXCHANGE_ROUTE(POST, "/uss/v1/operational_intents", dcf_api_uss_intent_post, SC),
	DCF_EXCHANGE_ROUTE(GET, "/uss/v1/operational_intents/{entityid}", dcf_api_uss_intent_get, SC),
	DCF_EXCHANGE_ROUTE(GET, "/uss/v1/operational_intents/{entityid}/telemetry", dcf_api_uss_telemetry_get, SA),
	DCF_EXCHANGE_ROUTE(POST, "/uss/v1/constraints", dcf_api_uss_constraint_post, CM),
	DCF_EXCHANGE_ROUTE(GET, "/uss/v1/constraints/{entityid}", dcf_api_uss_constraint_get, CP),
	DCF_EXCHANGE_ROUTE(POST, "/uss/v1/reports", dcf_api_uss_report_post, SC, CP, CM, SA, AA),
	DCF_EXCHANGE_ROUTE(GET, "/uss/v1/log_sets/{log_set_id}", dcf_api_uss_log_set_get, SC, CP, CM, SA, AA),
};
const size_t dcf_uss_route_count = sizeof dcf_uss_routes / sizeof *dcf_uss_routes;

static void note(struct dcf_api *api, const struct dcf_http_request *rq, const struct dcf_http_reply *reply, const char *method,
		 const struct dcf_uuid *intent, const char *left_out)
{
	const struct dcf_span target = dcf_arena_copy(rq->arena, rq->target);
	int64_t now_us = dcf_clock_wall_us(&api->clock);
	struct dcf_uss_exchange x = { .peer = dcf_exchange_caller(rq),
				      .has_intent = intent != NULL,
				      .method = method,
				      .url = dcf_span_of(api->config->uss.url),
				      .path = target.p ? target.p : "",
				      .request_us = now_us - (dcf_clock_mono_us(&api->clock) - rq->began_us),
				      .response_us = now_us,
				      .request = rq->body,
				      .response = left_out ? DCF_SPAN("") : dcf_buf_as_span(&reply->body),
				      .status = reply->status,
				      .problem = left_out ? left_out : "" };

	if (intent)
		x.intent = *intent;
	dcf_uss_diary_put(api->uss->diary, &x);
}

void dcf_uss_note(struct dcf_api *api, const struct dcf_http_request *rq, const struct dcf_http_reply *reply,
		  const char *method, const struct dcf_uuid *intent)
{
	note(api, rq, reply, method, intent, NULL);
}

/* --- intents of ours ------------------------------------------------------------------------------------------- */

bool dcf_uss_is_released(const struct dcf_api *api, const struct dcf_view *view, const struct dcf_op *op)
{
	const char *party = api->config->uss.party;

	return *party && dcf_op_names(op, DCF_SPAN(DCF_EXCHANGE_NAME)) &&
	       dcf_span_eq(view->frame->plan.parties[op->live.party].id, dcf_span_of(party));
}

/* Its operation may have been taken back from the exchange this instant. */
static bool is_released_still(struct dcf_api *api, const struct dcf_entity *e)
{
	struct dcf_view view;
	const struct dcf_op *op;
	uint32_t party;
	bool released;

	if (dcf_state_enter(api->state, &view) != DCF_OK)
		return false;
	party = dcf_plan_find_party(&view.frame->plan, e->ours->party);
	op = party == DCF_NONE ? NULL : dcf_view_find(&view, party, e->ours->operation);
	released = op && dcf_uss_is_released(api, &view, op);
	dcf_state_leave(&view);
	return released;
}

/* The intent or constraint of ours that the path names, held; NULL after a refusal. */
static const struct dcf_entity *find_of(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					enum dcf_entity_kind kind, struct dcf_uuid *id)
{
	const struct dcf_entity *e;

	if (!dcf_exchange_read_id(rq, reply, "entityid", id))
		return NULL;
	e = dcf_exchange_find(dcf_state_exchange(api->state), kind, id);
	if (e && e->native && is_released_still(api, e))
		return e;
	if (e)
		dcf_entity_drop(e);
	(void)dcf_exchange_error(reply, 404, "No %s of that id is managed here",
				 kind == DCF_ENTITY_CONSTRAINT ? "constraint" : "operational intent");
	return NULL;
}

static const struct dcf_entity *find_own(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					 struct dcf_uuid *id)
{
	return find_of(api, rq, reply, DCF_ENTITY_INTENT, id);
}

/* `version`: what InterUSS's dialect adds.  There is one version at a time: an entry publishes the next and ends the last. */
static bool version_fits(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_entity *e)
{
	struct dcf_span text = dcf_http_query(rq, "version");
	uint64_t version;

	if (!text.p || !text.len)
		return true;
	if (!dcf_decimal_read(text, &version) || version > INT32_MAX) {
		(void)dcf_exchange_error(reply, 400, "Invalid version; expected a whole number");
		return false;
	}
	if (version == e->version)
		return true;
	(void)dcf_exchange_error(reply, 404, "That version of the operational intent is not available; the present one is %u",
				 (unsigned)e->version);
	return false;
}

DCF_API_HANDLER(dcf_api_uss_intent_get)
{
	struct dcf_api *api = ctx;
	struct dcf_uuid id;
	const struct dcf_entity *e = find_own(api, rq, reply, &id);

	if (!e)
		return DCF_HTTP_DONE;
	if (version_fits(rq, reply, e)) {
		struct dcf_json j = dcf_exchange_json(reply, 200);

		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "operational_intent");
		dcf_uss_put_intent(&j, e, api->config->exchange.strict);
		dcf_json_end(&j, '}');
	}
	dcf_uss_note(api, rq, reply, "GET", &id);
	dcf_entity_drop(e);
	return DCF_HTTP_DONE;
}

/* --- telemetry -------------------------------------------------------------------------------------------- */

static bool is_off_nominal(const struct dcf_op *op)
{
	unsigned state = op ? atomic_load(&op->state) : DCF_OP_ENDED;

	return state == DCF_OP_NONCONFORMING || state == DCF_OP_CONTINGENT;
}

/* The operation of an intent of ours, as long as it is released; NULL: it is not there for the exchange (any more). */
static const struct dcf_op *op_of(const struct dcf_api *api, const struct dcf_view *view, const struct dcf_entity *e)
{
	uint32_t party = dcf_plan_find_party(&view->frame->plan, e->ours->party);
	const struct dcf_op *op = party == DCF_NONE ? NULL : dcf_view_find(view, party, e->ours->operation);

	return op && !dcf_op_final((enum dcf_op_state)atomic_load(&op->state)) && dcf_uss_is_released(api, view, op) ? op
														     : NULL;
}

/* Intent and operation are asked at one instant: what has regained its volume is told no more.  How old a position may be F3548
 * does not say: of an aircraft that is lost the last one is the one that matters, and the reply says when it was measured. */
static void answer_telemetry(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_view *view,
			     const struct dcf_entity *e)
{
	const struct dcf_op *op = op_of(api, view, e);
	bool off_nominal = e->state == DCF_UTM_NONCONFORMING || e->state == DCF_UTM_CONTINGENT;
	struct dcf_last_seen seen;

	if (!op) {
		(void)dcf_exchange_error(reply, 404, "No operational intent of that id is managed here");
	} else if (!off_nominal || !is_off_nominal(op)) {
		(void)dcf_exchange_error(reply, 409, "The operational intent is %s, a state that provides no telemetry",
					 off_nominal ? "in another state by now"
						     : dcf_utm_state_name((enum dcf_utm_state)e->state));
	} else if (!dcf_api_position_of(api, op, &seen)) {
		(void)dcf_exchange_error(reply, 412,
					 "No telemetry data is available: its operator has told this node no position of it");
	} else {
		const struct dcf_offsets o = dcf_offsets_of(&view->frame->plan.atmosphere);
		struct dcf_json j = dcf_exchange_json(reply, 200);

		dcf_uss_put_telemetry(&j, &e->id, &seen.said, &o, api->config->exchange.strict);
		dcf_counter_one(api->telemetry[DCF_TELEMETRY_TOLD]);
	}
}

DCF_API_HANDLER(dcf_api_uss_telemetry_get)
{
	struct dcf_api *api = ctx;
	struct dcf_view view;
	struct dcf_uuid id;
	const struct dcf_entity *e = find_own(api, rq, reply, &id);

	if (!e)
		return DCF_HTTP_DONE;
	if (dcf_state_enter(api->state, &view) == DCF_OK) {
		answer_telemetry(api, reply, &view, e);
		dcf_state_leave(&view);
		note(api, rq, reply, "GET", &id, reply->status == 200 ? "the position that was told is not kept" : NULL);
	} else {
		(void)dcf_exchange_busy(reply, "Too many questions at once");
	}
	dcf_entity_drop(e);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_uss_constraint_get)
{
	struct dcf_api *api = ctx;
	struct dcf_uuid id;
	const struct dcf_entity *e = find_of(api, rq, reply, DCF_ENTITY_CONSTRAINT, &id);
	struct dcf_json j;

	if (!e)
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "constraint");
	dcf_uss_put_constraint(&j, e, api->config->exchange.strict);
	dcf_json_end(&j, '}');
	dcf_uss_note(api, rq, reply, "GET", &id);
	dcf_entity_drop(e);
	return DCF_HTTP_DONE;
}

/* --- log sets --------------------------------------------------------------------------------------------- */

/* "exchanges": the last exchanges with the caller; an intent's id: those about it.  Nobody sees what passed with others. */
DCF_API_HANDLER(dcf_api_uss_log_set_get)
{
	struct dcf_api *api = ctx;
	struct dcf_span name = dcf_http_param(rq, "log_set_id");
	struct dcf_uuid id;
	bool of_one = dcf_uuid_read(name, 4, &id), all = dcf_span_eq(name, DCF_SPAN("exchanges"));
	struct dcf_json j = dcf_exchange_json(reply, 200);
	size_t count;

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "messages");
	dcf_json_begin(&j, '[');
	count = of_one || all ? dcf_uss_diary_write(api->uss->diary, dcf_exchange_caller(rq),
						    dcf_exchange_own_name(api->config), of_one ? &id : NULL, &j)
			      : 0;
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	if (!all && !count)
		return dcf_exchange_error(
			reply, 404,
			"No such log set; \"exchanges\", or an operational intent's id, names what passed with you");
	return DCF_HTTP_DONE;
}
