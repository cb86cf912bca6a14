/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_telemetry.h"
#include "core/time.h"
#include "domain/table.h"
#include "format/geojson_parts.h"
#include "node/api_uss.h"
#include "node/uss_telemetry.h"

#define AHEAD_MOST_US  (INT64_C(10) * 1000000)        /* a sender's clock before ours */
#define BEHIND_MOST_US (INT64_C(24) * 3600 * 1000000) /* what is older is history */

static bool stands(const struct dcf_op *op)
{
	return op && !dcf_op_final((enum dcf_op_state)atomic_load(&op->state));
}

bool dcf_api_position_of(struct dcf_api *api, const struct dcf_op *op, struct dcf_last_seen *out)
{
	return stands(op) && dcf_whereabouts_get(api->whereabouts, op->slot->serial, op->life, out);
}

static bool is_over(void *ctx, uint64_t serial, uint32_t life)
{
	const struct dcf_op *op = dcf_view_at(ctx, serial);

	return !stands(op) || op->life != life;
}

void dcf_api_tend_positions(struct dcf_api *api)
{
	struct dcf_view view;

	if (dcf_whereabouts_count(api->whereabouts) == 0 || dcf_state_enter(api->state, &view) != DCF_OK)
		return;
	dcf_whereabouts_tend(api->whereabouts, is_over, &view);
	dcf_state_leave(&view);
}

/* --- metrics ------------------------------------------------------------------------------------------ */

static int64_t ask_held(void *ctx)
{
	return (int64_t)dcf_whereabouts_count(((struct dcf_api *)ctx)->whereabouts);
}

void dcf_api_position_metrics(struct dcf_api *api)
{
	static const char name[] = "deconflict_telemetry_total",
			  help[] = "Positions of aircraft that came from their operators, and those told to the exchange.";

	api->telemetry[DCF_TELEMETRY_TAKEN] = dcf_metrics_counter(api->metrics, name, help, "result=\"taken\"");
	api->telemetry[DCF_TELEMETRY_OLDER] = dcf_metrics_counter(api->metrics, name, help, "result=\"older\"");
	api->telemetry[DCF_TELEMETRY_REFUSED] = dcf_metrics_counter(api->metrics, name, help, "result=\"refused\"");
	api->telemetry[DCF_TELEMETRY_TOLD] = dcf_metrics_counter(api->metrics, name, help, "result=\"told\"");
	(void)dcf_metrics_ask(api->metrics, "deconflict_telemetry_held", "Operations whose last position is held.", "",
			      ask_held, api, 1);
}

/* --- the reply ---------------------------------------------------------------------------------------- */

static void put_time(struct dcf_json *j, const char *key, int64_t us)
{
	dcf_json_key(j, key);
	dcf_json_time(j, us);
}

static void put_double(struct dcf_json *j, const char *key, double v)
{
	dcf_json_key(j, key);
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_double(j->out, v);
}

/* As it was said, numbers in metres and seconds; what was not said is not there. */
static void put_said(struct dcf_json *j, const struct dcf_telemetry *t)
{
	put_time(j, "time", t->time_us);
	dcf_json_key(j, "at");
	dcf_json_begin(j, '[');
	dcf_json_fixed(j, t->at.lon_e7, 7);
	dcf_json_fixed(j, t->at.lat_e7, 7);
	dcf_json_end(j, ']');
	if (t->has_altitude) {
		dcf_json_key(j, "altitude");
		dcf_json_altitude(j, t->altitude, DCF_LEAN_NEAREST);
	}
	if (t->accuracy_h_m > 0)
		put_double(j, "accuracy_h_m", t->accuracy_h_m);
	if (t->accuracy_v_m > 0)
		put_double(j, "accuracy_v_m", t->accuracy_v_m);
	if (t->speed_mps >= 0) {
		dcf_json_key(j, "speed");
		dcf_json_begin(j, '{');
		dcf_json_key(j, "value");
		dcf_json_fixed(j, (int64_t)(t->speed_mps * 1000 + 0.5), 3);
		dcf_json_key(j, "unit");
		dcf_json_z(j, "m/s");
		dcf_json_end(j, '}');
	}
	if (t->track_deg >= 0)
		put_double(j, "track_deg", t->track_deg);
	dcf_json_key(j, "extrapolated");
	dcf_json_bool(j, t->extrapolated);
	if (t->next_us != DCF_TIME_NONE)
		put_time(j, "next", t->next_us);
}

/* What others would see of it, and do they now? */
static void put_exchange(struct dcf_json *j, const struct dcf_view *view, const struct dcf_op *op,
			 const struct dcf_telemetry *t)
{
	const struct dcf_offsets o = dcf_offsets_of(&view->frame->plan.atmosphere);
	unsigned state = atomic_load(&op->state);

	dcf_json_key(j, "exchange");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "told");
	dcf_json_bool(j, state == DCF_OP_NONCONFORMING || state == DCF_OP_CONTINGENT);
	dcf_json_key(j, "telemetry");
	dcf_uss_put_vehicle(j, t, &o);
	dcf_json_end(j, '}');
}

static enum dcf_http_next show(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_view *view,
			       const struct dcf_op *op, const struct dcf_last_seen *seen)
{
	struct dcf_json j = dcf_api_json(reply);

	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "party");
	dcf_json_string(&j, view->frame->plan.parties[op->live.party].id);
	dcf_json_key(&j, "operation");
	dcf_json_string(&j, op->id);
	dcf_json_key(&j, "state");
	dcf_json_z(&j, dcf_op_state_name((enum dcf_op_state)atomic_load(&op->state)));
	put_said(&j, &seen->said);
	put_time(&j, "received", seen->received_us);
	dcf_api_put_exercise(&j, view);
	if (dcf_uss_is_released(api, view, op))
		put_exchange(&j, view, op, &seen->said);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

/* --- taking one ------------------------------------------------------------------------------------- */

static const struct dcf_op *find(const struct dcf_http_request *rq, const struct dcf_view *view)
{
	uint32_t party = dcf_plan_find_party(&view->frame->plan, dcf_http_param(rq, "party"));

	return party == DCF_NONE ? NULL : dcf_view_find(view, party, dcf_http_param(rq, "operation"));
}

static enum dcf_http_next refuse(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_plan *remarks)
{
	dcf_counter_one(api->telemetry[DCF_TELEMETRY_REFUSED]);
	return dcf_api_refused(reply, remarks);
}

/* A time from the future would keep out what is measured until then; false after a problem. */
static bool time_is_fine(struct dcf_api *api, struct dcf_http_reply *reply, int64_t time_us)
{
	int64_t now_us = dcf_clock_wall_us(&api->clock);
	struct dcf_http_fault fault = { DCF_SPAN("/time"), DCF_SPAN("") };

	if (time_us > now_us + AHEAD_MOST_US)
		fault.detail = DCF_SPAN(
			"found a time more than 10 seconds ahead of this node's clock, expected when the position was measured");
	else if (time_us < now_us - BEHIND_MOST_US)
		fault.detail = DCF_SPAN("found a time more than 24 hours ago, expected one of this flight");
	else
		return true;
	dcf_counter_one(api->telemetry[DCF_TELEMETRY_REFUSED]);
	(void)dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("nothing was taken: a time cannot be"), &fault, 1);
	return false;
}

static enum dcf_http_next too_old(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_last_seen *held)
{
	struct dcf_buf text = { .from = &api->heap };

	dcf_counter_one(api->telemetry[DCF_TELEMETRY_OLDER]);
	dcf_buf_z(&text, "nothing was taken: what is held was measured later, at ");
	dcf_time_put(&text, held->said.time_us, DCF_TIME_US);
	(void)dcf_http_problem(reply, 409, "older", dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next busy(struct dcf_http_reply *reply, enum dcf_status s)
{
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	if (s == DCF_E_LIMIT)
		return dcf_http_problem(reply, 503, "busy", DCF_SPAN("too many operations have a position here"));
	return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
}

static enum dcf_http_next take(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       struct dcf_view *view, const struct dcf_telemetry *said)
{
	const struct dcf_op *op = find(rq, view);
	struct dcf_last_seen seen = { .said = *said, .received_us = dcf_clock_wall_us(&api->clock) }, held;
	enum dcf_status s;

	if (!op)
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such operation"));
	seen.serial = op->slot->serial;
	seen.life = op->life;
	s = stands(op) ? dcf_whereabouts_put(api->whereabouts, &seen, &held) : DCF_OK;
	/* It may have ended meanwhile, and nobody tends positions before the next publication. */
	if (is_over(view, seen.serial, seen.life)) {
		dcf_whereabouts_tend(api->whereabouts, is_over, view);
		return dcf_http_problem(reply, 409, "state", DCF_SPAN("the operation is over: it has no position any more"));
	}
	if (s == DCF_E_REFUSED)
		return too_old(api, reply, &held);
	if (s != DCF_OK)
		return busy(reply, s);
	dcf_counter_one(api->telemetry[DCF_TELEMETRY_TAKEN]);
	return show(api, reply, view, op, &seen);
}

DCF_API_HANDLER(dcf_api_telemetry_put)
{
	static const char *const none[] = { NULL };
	struct dcf_api *api = ctx;
	struct dcf_view view;
	struct dcf_plan remarks;
	struct dcf_telemetry said;
	enum dcf_status s;

	if (!dcf_http_query_known(rq, reply, none))
		return DCF_HTTP_DONE;
	if (!dcf_caller_may_declare(dcf_caller_of(rq), dcf_http_param(rq, "party")))
		return dcf_http_problem(reply, 403, "party", DCF_SPAN("the token does not allow declaring for that party"));
	dcf_plan_init(&remarks, &api->heap);
	s = dcf_telemetry_read(rq->body, &remarks, &said);
	if (s == DCF_E_REFUSED)
		(void)refuse(api, reply, &remarks);
	else if (s != DCF_OK)
		(void)busy(reply, s);
	else if (time_is_fine(api, reply, said.time_us) && dcf_api_enter(api, reply, &view)) {
		if (dcf_api_exercise_agrees(rq, reply, &view))
			(void)take(api, rq, reply, &view, &said);
		dcf_state_leave(&view);
	}
	dcf_plan_free(&remarks);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_telemetry_get)
{
	static const char *const none[] = { NULL };
	struct dcf_api *api = ctx;
	const struct dcf_caller *caller = dcf_caller_of(rq);
	struct dcf_span party = dcf_http_param(rq, "party");
	const struct dcf_op *op;
	struct dcf_last_seen seen;
	struct dcf_view view;

	if (!dcf_http_query_known(rq, reply, none))
		return DCF_HTTP_DONE;
	if (!dcf_span_eq(caller->claims->party, party) && !dcf_caller_may_declare(caller, party))
		return dcf_http_problem(reply, 403, "party",
					DCF_SPAN("positions are shown to the operation's own party alone"));
	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	op = find(rq, &view);
	if (!op)
		(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such operation"));
	else if (!dcf_api_position_of(api, op, &seen))
		(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no position of this operation is held"));
	else
		(void)show(api, reply, &view, op, &seen);
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}
