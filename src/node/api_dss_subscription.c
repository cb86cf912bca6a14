/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_dss.h"

const struct dcf_dss_kind dcf_dss_subscription = {
	.kind = DCF_ENTITY_SUBSCRIPTION,
	.put = DCF_UTM_SUBSCRIPTION_PUT,
	.query = DCF_UTM_SUBSCRIPTION_QUERY,
	.param = "subscriptionid",
	.tag = "version",
	.one = "subscription",
	.many = "subscriptions",
	.what = "Subscription",
	.write = dcf_dss_put_subscription,
};

static const struct dcf_exchange_refusal put_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 400, "Subscription {id} does not exist: a version in the path is that of one that does" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "Subscription {id} is owned by another USS" },
	[DCF_EXCHANGE_THERE] = { 409, "Subscription {id} exists already: an update has its version in the path" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of Subscription {id} is another than the one in the path" },
	[DCF_EXCHANGE_NOT_COVERED] = { 400, "Subscription {id} would not cover the OperationalIntents that depend on it" },
	[DCF_EXCHANGE_SHAPE] = { 400, "An outline cannot be worked with: its edges are too close to each other, or reach too "
				      "far around the earth" },
	[DCF_EXCHANGE_TIME] = { 400, "Subscription {id}: its time cannot be: it may begin at most 5 minutes ago, last at most "
				     "24 hours, and must not end before it "
				     "begins" },
	[DCF_EXCHANGE_TOO_MANY] = { 429, "Too many Subscriptions" },
};
static const struct dcf_exchange_refusal delete_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 404, "Subscription {id} not found" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "Subscription {id} is owned by another USS" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of Subscription {id} is another than the one in the path" },
	[DCF_EXCHANGE_HAS_INTENTS] = { 400, "Subscription {id} has dependent OperationalIntents" },
};

DCF_API_HANDLER(dcf_dss_subscription_query)
{
	return dcf_dss_query(ctx, rq, reply, &dcf_dss_subscription, true);
}

DCF_API_HANDLER(dcf_dss_subscription_get)
{
	return dcf_dss_get(ctx, rq, reply, &dcf_dss_subscription, true);
}

/* What it is about, as it stands now, as a member of its own; false when that cannot be told. */
static bool put_found(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_dss_kind *kind)
{
	struct dcf_entity_list list = { .from = &c->api->heap };
	struct dcf_dss_eye eye = dcf_dss_eye_of(c->api, c->rq);
	enum dcf_status s = dcf_exchange_search(dcf_state_exchange(c->api->state), kind->kind, &c->ask.answer.entity->extents,
						(struct dcf_span){ NULL, 0 }, &list);

	dcf_json_key(j, kind->many);
	dcf_json_begin(j, '[');
	for (size_t i = 0; s == DCF_OK && i < list.count; i++)
		kind->write(j, list.at[i], &eye);
	dcf_json_end(j, ']');
	dcf_entity_list_free(&list);
	return s == DCF_OK;
}

/* What stands before the list that may be long: the subscription, and of both lists that of constraints, which are few.  Absent
 * when that cannot be told. */
static struct dcf_span head_of(struct dcf_exchange_change *c)
{
	const struct dcf_entity *e = c->ask.answer.entity;
	struct dcf_buf text = { .from = &c->api->heap };
	struct dcf_json j = { .out = &text };
	struct dcf_span kept = { NULL, 0 };
	bool told;

	dcf_json_begin(&j, '{');
	dcf_dss_put_change(&j, c, &dcf_dss_subscription);
	told = !e->for_intents || !e->for_constraints || put_found(&j, c, &dcf_dss_constraint);
	dcf_buf_char(&text, ',');
	/* Without the brace that begins the object. */
	if (told && !text.failed)
		kept = dcf_arena_copy(c->rq->arena, (struct dcf_span){ text.p + 1, text.len - 1 });
	dcf_buf_free(&text);
	return kept;
}

static DCF_API_HANDLER(written)
{
	struct dcf_api *api = ctx;
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	const struct dcf_dss_kind *kind;
	struct dcf_dss_eye *eye;
	struct dcf_span head;

	if (!dcf_exchange_taken(c, reply, put_refusals))
		return DCF_HTTP_DONE;
	kind = c->ask.answer.entity->for_intents ? &dcf_dss_intent : &dcf_dss_constraint;
	eye = dcf_arena_get(rq->arena, sizeof *eye);
	head = head_of(c);
	if (!head.p || !eye)
		return dcf_exchange_error(reply, 500,
					  "The Subscription was written, but what it is about could not be told: ask for it");
	*eye = dcf_dss_eye_of(api, rq);
	/* The entity is the change's until the request is over, and its volumes with it. */
	return dcf_exchange_reply_search(api, rq, reply,
					 &(struct dcf_exchange_search){ .kind = kind->kind,
									.extents = c->ask.answer.entity->extents,
									.not_over_us = DCF_UTM_SINCE_EVER,
									.head = head,
									.member = kind->many,
									.put = kind->write,
									.ctx = eye });
}

static DCF_API_HANDLER(deleted)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	struct dcf_json j;

	(void)ctx;
	if (!dcf_exchange_taken(c, reply, delete_refusals))
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_dss_put_change(&j, c, &dcf_dss_subscription);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

static enum dcf_http_next change(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				 enum dcf_exchange_verb verb, bool update)
{
	struct dcf_exchange_change *c = dcf_dss_change(api, rq, reply, &dcf_dss_subscription, verb, update);

	return c ? dcf_exchange_submit(c, reply, verb == DCF_EXCHANGE_PUT ? written : deleted) : DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_dss_subscription_create)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_PUT, false);
}

DCF_API_HANDLER(dcf_dss_subscription_update)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_PUT, true);
}

DCF_API_HANDLER(dcf_dss_subscription_delete)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_DELETE, true);
}
