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
	[DCF_EXCHANGE_SUFFIX] = { 400,
				  "Invalid requested OVN suffix: it makes an OVN that stands already, or did of late; each version needs "
				  "one of its own" },
	[DCF_EXCHANGE_TIME] = { 400, "The OperationalIntent's time does not fit what stands" },
};
static const struct dcf_exchange_refusal delete_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 404, "OperationalIntent {id} not found" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "OperationalIntent {id} is managed by another USS" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of OperationalIntent {id} has another OVN than the one in the path" },
};

/* --- what is refused ------------------------------------------------------------------------------------------- */

/* The reply to a key that lacks OVNs; in the request's arena. */
struct lacking {
	struct dcf_exchange_change *c;
	const struct dcf_http_reply *reply;
	struct dcf_dss_eye eye;
	size_t left[2]; /* of each kind, not put yet */
	size_t next;    /* to be looked at */
	bool begun, open;
};
static const struct {
	const struct dcf_dss_kind *kind;
	const char *member, *one, *many;
} lacked[2] = {
	{ &dcf_dss_intent, "missing_operational_intents", " OperationalIntent", " OperationalIntents" },
	{ &dcf_dss_constraint, "missing_constraints", " Constraint", " Constraints" },
};

/* "The key lacks the OVNs of 2 OperationalIntents and 1 Constraint relevant to this OperationalIntent" */
static void put_lacking_text(const struct lacking *l, struct dcf_json *j)
{
	struct dcf_buf text = { .from = &l->c->api->heap };

	dcf_buf_z(&text, "The key lacks the OVNs of ");
	for (size_t k = 0; k < 2; k++) {
		if (!l->left[k])
			continue;
		dcf_buf_z(&text, k && l->left[0] ? " and " : "");
		dcf_buf_i64(&text, (int64_t)l->left[k]);
		dcf_buf_z(&text, l->left[k] == 1 ? lacked[k].one : lacked[k].many);
	}
	dcf_buf_z(&text, " relevant to this OperationalIntent");
	j->out->failed |= text.failed;
	dcf_exchange_put_message(j, l->reply, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

/* The next of a kind of which some are left. */
static void put_lacked(struct lacking *l, struct dcf_json *j, size_t k)
{
	const struct dcf_exchange_answer *a = &l->c->ask.answer;

	while (a->missing[l->next]->kind != lacked[k].kind->kind)
		l->next++;
	if (!l->open) {
		dcf_json_key(j, lacked[k].member);
		dcf_json_begin(j, '[');
		l->open = true;
	}
	lacked[k].kind->write(j, a->missing[l->next++], &l->eye);
	if (--l->left[k])
		return;
	dcf_json_end(j, ']');
	l->open = false;
	l->next = 0;
}

static bool put_lacking(void *ctx, struct dcf_json *j)
{
	struct lacking *l = ctx;
	const struct dcf_exchange_answer *a = &l->c->ask.answer;

	if (!l->begun) {
		dcf_json_begin(j, '{');
		put_lacking_text(l, j);
		dcf_dss_put_meetings(j, l->c, a->missing, a->missing_count, true);
		l->begun = true;
	}
	if (l->left[0] || l->left[1])
		put_lacked(l, j, l->left[0] ? 0 : 1);
	if (l->left[0] || l->left[1])
		return true;
	dcf_json_end(j, '}');
	return false;
}

static enum dcf_http_next lacks(struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	const struct dcf_exchange_answer *a = &c->ask.answer;
	struct lacking *l = dcf_arena_get(c->rq->arena, sizeof *l);

	if (!l)
		return dcf_exchange_busy(reply, "Out of memory");
	*l = (struct lacking){ .c = c, .reply = reply, .eye = dcf_dss_eye_of(c->api, c->rq) };
	for (size_t i = 0; i < a->missing_count; i++)
		l->left[a->missing[i]->kind == DCF_ENTITY_CONSTRAINT]++;
	return dcf_exchange_reply_steps(c->api, reply, 409, &(struct dcf_exchange_steps){ put_lacking, NULL, l, false },
					a->missing_count);
}

/* Every 409 of a PUT is an AirspaceConflictResponse. */
static enum dcf_http_next conflict(struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	switch (c->ask.answer.objection) {
	case DCF_EXCHANGE_KEY:
		return lacks(c, reply);
	case DCF_EXCHANGE_THERE:
		return dcf_exchange_error(reply, 409, "OperationalIntent exists already: an update has its OVN in the path");
	default:
		return dcf_exchange_error(reply, 409,
					  "Current version of the OperationalIntent has another OVN than the one in the path");
	}
}

static DCF_API_HANDLER(written)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	enum dcf_exchange_objection o = c->ask.answer.objection;

	(void)ctx;
	if (c->ticket.answer == DCF_TICKET_OBJECTED && c->ticket.objection == DCF_OBJECT_EXCHANGE &&
	    (o == DCF_EXCHANGE_THERE || o == DCF_EXCHANGE_CHANGED || o == DCF_EXCHANGE_KEY))
		return conflict(c, reply);
	return dcf_exchange_taken(c, reply, put_refusals) ? dcf_dss_reply_change(c, reply) : DCF_HTTP_DONE;
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
	memcpy(text + DCF_UUID_TEXT + 1, c->said.suffix_text.p, DCF_UUID_TEXT);
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

	(void)ctx;
	return dcf_exchange_taken(c, reply, delete_refusals) ? dcf_dss_reply_change(c, reply) : DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_dss_intent_delete)
{
	struct dcf_exchange_change *c = dcf_dss_change(ctx, rq, reply, &dcf_dss_intent, DCF_EXCHANGE_DELETE, true);

	return c ? dcf_exchange_submit(c, reply, deleted) : DCF_HTTP_DONE;
}
