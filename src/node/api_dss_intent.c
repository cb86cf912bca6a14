/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_dss.h"

const struct dcf_dss_kind dcf_dss_intent = {
	.kind = DCF_ENTITY_INTENT,
	.put = DCF_UTM_INTENT_PUT,
	.query = DCF_UTM_INTENT_QUERY,
	.param = "entityid",
	.tag = "ovn",
	.one = "operational_intent_reference",
	.many = "operational_intent_references",
	.what = "OperationalIntent",
	.subscribers = true,
	.write = dcf_dss_put_intent,
};

DCF_API_HANDLER(dcf_dss_intent_query)
{
	return dcf_dss_query(ctx, rq, reply, &dcf_dss_intent, false);
}

DCF_API_HANDLER(dcf_dss_intent_get)
{
	return dcf_dss_get(ctx, rq, reply, &dcf_dss_intent, false);
}

/* --- writing --------------------------------------------------------------------------------------------------- */

static const struct dcf_exchange_refusal put_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 400, "OperationalIntent {id} does not exist: an OVN in the path names a version of one "
					  "that does" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "OperationalIntent {id} is managed by another USS" },
	[DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE] = { 400, "The Subscription that subscription_id names does not exist" },
	[DCF_EXCHANGE_SUBSCRIPTION_NOT_YOURS] = { 403, "The Subscription that subscription_id names is owned by another USS" },
	[DCF_EXCHANGE_NOT_COVERED] = { 400, "The Subscription that subscription_id names does not cover the OperationalIntent "
					    "in time and area" },
	[DCF_EXCHANGE_SHAPE] = { 400, "An outline cannot be worked with: its edges are too close to each other, or reach too "
				      "far around the earth" },
	[DCF_EXCHANGE_SUFFIX] = { 400, "Invalid requested OVN suffix: it makes an OVN that stands already, or did of late; each version needs "
				       "one of its own" },
	[DCF_EXCHANGE_TIME] = { 400, "The OperationalIntent's time does not fit what stands" },
};
static const struct dcf_exchange_refusal delete_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 404, "OperationalIntent {id} not found" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "OperationalIntent {id} is managed by another USS" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of OperationalIntent {id} has another OVN than the one in the path" },
};

static void put_missing(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_dss_kind *kind, const char *name)
{
	const struct dcf_exchange_answer *a = &c->ask.answer;
	struct dcf_dss_eye eye = dcf_dss_eye_of(c->api, c->rq);
	bool any = false;

	for (size_t i = 0; i < a->missing_count; i++) {
		if (a->missing[i]->kind != kind->kind)
			continue;
		if (!any) {
			dcf_json_key(j, name);
			dcf_json_begin(j, '[');
		}
		any = true;
		kind->write(j, a->missing[i], &eye);
	}
	if (any)
		dcf_json_end(j, ']');
}

/* "The key lacks the OVNs of 2 operational intents and 1 constraint that are relevant to this one" */
static struct dcf_span key_text(const struct dcf_exchange_answer *a, struct dcf_buf *out)
{
	size_t constraints = 0, intents;

	for (size_t i = 0; i < a->missing_count; i++)
		constraints += a->missing[i]->kind == DCF_ENTITY_CONSTRAINT;
	intents = a->missing_count - constraints;
	dcf_buf_z(out, "The key lacks the OVNs of ");
	if (intents) {
		dcf_buf_i64(out, (int64_t)intents);
		dcf_buf_z(out, intents == 1 ? " OperationalIntent" : " OperationalIntents");
	}
	dcf_buf_z(out, intents && constraints ? " and " : "");
	if (constraints) {
		dcf_buf_i64(out, (int64_t)constraints);
		dcf_buf_z(out, constraints == 1 ? " Constraint" : " Constraints");
	}
	dcf_buf_z(out, " relevant to this OperationalIntent");
	return dcf_buf_as_span(out);
}

/* Every 409 of a PUT is an AirspaceConflictResponse. */
static enum dcf_http_next conflict(struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	static const char *const texts[DCF_EXCHANGE_OBJECTION_COUNT] = {
		[DCF_EXCHANGE_THERE] = "OperationalIntent exists already: an update has its OVN in the path",
		[DCF_EXCHANGE_CHANGED] = "Current version of the OperationalIntent has another OVN than the one in the path",
		[DCF_EXCHANGE_KEY] = "",
	};
	struct dcf_buf text = { .from = &c->api->heap };
	struct dcf_json j = dcf_exchange_json(reply, 409);

	dcf_json_begin(&j, '{');
	dcf_exchange_put_message(&j, reply,
				 c->ask.answer.objection == DCF_EXCHANGE_KEY ? key_text(&c->ask.answer, &text)
									     : dcf_span_of(texts[c->ask.answer.objection]));
	dcf_buf_free(&text);
	if (c->ask.answer.objection == DCF_EXCHANGE_KEY) {
		put_missing(&j, c, &dcf_dss_intent, "missing_operational_intents");
		put_missing(&j, c, &dcf_dss_constraint, "missing_constraints");
		dcf_dss_put_meetings(&j, c, c->ask.answer.missing, c->ask.answer.missing_count, true);
	}
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

static DCF_API_HANDLER(written)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	enum dcf_exchange_objection o = c->ask.answer.objection;
	struct dcf_json j;

	(void)ctx;
	if (c->ticket.answer == DCF_TICKET_OBJECTED && c->ticket.objection == DCF_OBJECT_EXCHANGE &&
	    (o == DCF_EXCHANGE_THERE || o == DCF_EXCHANGE_CHANGED || o == DCF_EXCHANGE_KEY))
		return conflict(c, reply);
	if (!dcf_exchange_taken(c, reply, put_refusals))
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, c->ask.tag.p ? 200 : 201);
	if (!dcf_dss_put_change(c, &j, &dcf_dss_intent))
		return dcf_exchange_error(reply, 500, "The OperationalIntent was written, but memory is short to say so");
	dcf_dss_put_neighbours(&j, c);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

/* "{id}_{suffix}", as whoever asked for it makes it too. */
static bool take_suffix(struct dcf_exchange_change *c)
{
	char *text;

	if (dcf_uuid_is_zero(&c->said.suffix))
		return true;
	text = dcf_arena_get(c->rq->arena, 2 * DCF_UUID_TEXT + 1);
	if (!text)
		return false;
	dcf_uuid_write(&c->ask.id, text);
	text[DCF_UUID_TEXT] = '_';
	dcf_uuid_write(&c->said.suffix, text + DCF_UUID_TEXT + 1);
	c->ask.new_tag = (struct dcf_span){ text, 2 * DCF_UUID_TEXT + 1 };
	return true;
}

static enum dcf_http_next write_intent(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				       bool update)
{
	struct dcf_exchange_change *c = dcf_dss_change(api, rq, reply, &dcf_dss_intent, DCF_EXCHANGE_PUT, update);

	if (!c)
		return DCF_HTTP_DONE;
	if ((c->said.state == DCF_UTM_NONCONFORMING || c->said.state == DCF_UTM_CONTINGENT) &&
	    !dcf_exchange_has(rq, DCF_SCOPE_SA))
		return dcf_exchange_error(reply, 403, "The state %s needs the scope utm.conformance_monitoring_sa",
					  dcf_utm_state_name(c->said.state));
	if (!take_suffix(c))
		return dcf_exchange_busy(reply, "Out of memory");
	return dcf_exchange_submit(c, reply, written);
}

DCF_API_HANDLER(dcf_dss_intent_create)
{
	return write_intent(ctx, rq, reply, false);
}

DCF_API_HANDLER(dcf_dss_intent_update)
{
	return write_intent(ctx, rq, reply, true);
}

static DCF_API_HANDLER(deleted)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	struct dcf_json j;

	(void)ctx;
	if (!dcf_exchange_taken(c, reply, delete_refusals))
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, 200);
	if (!dcf_dss_put_change(c, &j, &dcf_dss_intent))
		return dcf_exchange_error(reply, 500, "The OperationalIntent was deleted, but memory is short to say so");
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_dss_intent_delete)
{
	struct dcf_exchange_change *c = dcf_dss_change(ctx, rq, reply, &dcf_dss_intent, DCF_EXCHANGE_DELETE, true);

	return c ? dcf_exchange_submit(c, reply, deleted) : DCF_HTTP_DONE;
}
