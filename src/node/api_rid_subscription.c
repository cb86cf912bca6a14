/* SPDX-License-Identifier: Apache-2.0 */
/* api_rid_subscription.c - subscriptions: who wants to be told of identification service areas. */
#include "node/api_rid.h"

/* The caller's own that are not over. */
DCF_API_HANDLER(dcf_api_rid_subscriptions_get)
{
	struct dcf_api *api = ctx;
	struct dcf_utm_extents extents;
	struct dcf_entity_list list;

	if (!dcf_rid_read_area(rq, reply, &extents))
		return DCF_HTTP_DONE;
	dcf_rid_from_till(&extents, dcf_clock_wall_us(&api->clock), DCF_UTM_FOR_EVER);
	if (!dcf_rid_search(api, reply, DCF_ENTITY_RID_SUBSCRIPTION, &extents, dcf_exchange_caller(rq), &list))
		return DCF_HTTP_DONE;
	return dcf_exchange_reply_list(api, rq, reply, "subscriptions", &list, dcf_rid_put_entity, rq);
}

DCF_API_HANDLER(dcf_api_rid_subscription_get)
{
	return dcf_rid_get(ctx, rq, reply, DCF_ENTITY_RID_SUBSCRIPTION);
}

/* Areas where the subscription is, whatever its heights and its window: those that are not over.  The copy is for their time. */
static bool find_areas(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_entity *e,
		       struct dcf_entity_list *list)
{
	struct dcf_utm_extents extents = e->extents;

	extents.volume = dcf_arena_get(rq->arena, extents.count * sizeof *extents.volume);
	if (!extents.volume) {
		(void)dcf_exchange_busy(reply, "out of memory");
		return false;
	}
	memcpy(extents.volume, e->extents.volume, extents.count * sizeof *extents.volume);
	dcf_rid_from_till(&extents, dcf_clock_wall_us(&api->clock), DCF_UTM_FOR_EVER);
	extents.lower_e4 = DCF_UTM_NO_LOWER;
	extents.upper_e4 = DCF_UTM_NO_UPPER;
	return dcf_rid_search(api, reply, DCF_ENTITY_ISA, &extents, (struct dcf_span){ NULL, 0 }, list);
}

static DCF_API_HANDLER(subscription_put)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);
	struct dcf_entity_list list;
	struct dcf_json j;

	if (!dcf_rid_done(rq, reply) || !find_areas(ctx, rq, reply, c->ask.answer.entity, &list))
		return DCF_HTTP_DONE;
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "subscription");
	dcf_rid_put_entity(&j, c->ask.answer.entity, rq);
	dcf_json_key(&j, "service_areas");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < list.count; i++)
		dcf_rid_put_entity(&j, list.at[i], rq);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_entity_list_free(&list);
	return DCF_HTTP_DONE;
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
