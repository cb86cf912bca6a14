/* SPDX-License-Identifier: Apache-2.0 */
/* api_rid_subscription.c - subscriptions: who wants to be told of identification service areas. */
#include "node/api_rid.h"

/* The caller's own that are not over. */
DCF_API_HANDLER(dcf_api_rid_subscriptions_get)
{
	struct dcf_api *api = ctx;
	struct dcf_utm_extents extents;

	if (!dcf_rid_read_area(rq, reply, &extents))
		return DCF_HTTP_DONE;
	return dcf_rid_search(api, rq, reply, DCF_ENTITY_RID_SUBSCRIPTION, extents, dcf_clock_wall_us(&api->clock),
			      DCF_UTM_FOR_EVER, dcf_exchange_caller(rq), (struct dcf_span){ NULL, 0 });
}

DCF_API_HANDLER(dcf_api_rid_subscription_get)
{
	return dcf_rid_get(ctx, rq, reply, DCF_ENTITY_RID_SUBSCRIPTION);
}

/* "subscription": {...}, */
static struct dcf_span written(struct dcf_api *api, struct dcf_http_request *rq, const struct dcf_entity *e)
{
	struct dcf_buf text = { .from = &api->heap };
	struct dcf_json j = { .out = &text };
	struct dcf_span kept = { NULL, 0 };

	dcf_buf_z(&text, "\"subscription\":");
	dcf_rid_put_entity(&j, e, rq);
	dcf_buf_char(&text, ',');
	if (!text.failed)
		kept = dcf_arena_copy(rq->arena, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return kept;
}

/* With the areas where it is that are not over, whatever its window.  It is the change's until the request is over, and its
 * volumes with it. */
static DCF_API_HANDLER(subscription_put)
{
	struct dcf_api *api = ctx;
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	struct dcf_span head;

	if (!dcf_rid_done(rq, reply))
		return DCF_HTTP_DONE;
	head = written(api, rq, c->ask.answer.entity);
	if (!head.p)
		return dcf_exchange_busy(reply, "It is done, but there is no memory to tell of it: ask for it");
	return dcf_rid_search(api, rq, reply, DCF_ENTITY_ISA, c->ask.answer.entity->extents, dcf_clock_wall_us(&api->clock),
			      DCF_UTM_FOR_EVER, (struct dcf_span){ NULL, 0 }, head);
}

static DCF_API_HANDLER(subscription_deleted)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	struct dcf_json j;

	(void)ctx;
	if (!dcf_rid_done(rq, reply))
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "subscription");
	dcf_rid_put_entity(&j, c->ask.answer.entity, rq);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_rid_subscription_put)
{
	return dcf_rid_put(ctx, rq, reply, DCF_ENTITY_RID_SUBSCRIPTION, subscription_put);
}

DCF_API_HANDLER(dcf_api_rid_subscription_delete)
{
	return dcf_rid_delete(ctx, rq, reply, DCF_ENTITY_RID_SUBSCRIPTION, subscription_deleted);
}
