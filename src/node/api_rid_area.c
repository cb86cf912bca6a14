/* SPDX-License-Identifier: Apache-2.0 */
/* api_rid_area.c - identification service areas: where somebody flies and can be asked about it. */
#include "node/api_rid.h"

#include "core/time.h"

/* One of the query's times; false after a 400.  Rounded outward: nothing is left out for a fraction of a microsecond. */
static bool read_time(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, bool up, int64_t *time_us)
{
	struct dcf_span text = dcf_http_query(rq, name);
	const char *why;

	if (!text.p)
		return true;
	why = dcf_time_parse(text, up, time_us);
	if (!why)
		return true;
	(void)dcf_exchange_error(reply, 400, "%s: expected a time of RFC 3339: %s", name, why);
	return false;
}

DCF_API_HANDLER(dcf_api_rid_areas_get)
{
	struct dcf_api *api = ctx;
	int64_t now_us = dcf_clock_wall_us(&api->clock), earliest_us = now_us, latest_us = DCF_UTM_FOR_EVER;
	struct dcf_utm_extents extents;

	if (!dcf_rid_read_area(rq, reply, &extents) || !read_time(rq, reply, "earliest_time", false, &earliest_us) ||
	    !read_time(rq, reply, "latest_time", true, &latest_us))
		return DCF_HTTP_DONE;
	return dcf_rid_search(api, rq, reply, DCF_ENTITY_ISA, extents, earliest_us > now_us ? earliest_us : now_us, latest_us,
			      (struct dcf_span){ NULL, 0 }, (struct dcf_span){ NULL, 0 });
}

DCF_API_HANDLER(dcf_api_rid_area_get)
{
	return dcf_rid_get(ctx, rq, reply, DCF_ENTITY_ISA);
}

static void put_area(struct dcf_json *j, struct dcf_exchange_change *c)
{
	dcf_json_key(j, "service_area");
	dcf_rid_put_entity(j, c->ask.answer.entity, c->rq);
}

/* The area as it is now, or was, and whom its owner has to tell.  F3411-19 has `subscription` among a state's required members,
 * and `subscription_id` among those that it describes: both are the id. */
static DCF_API_HANDLER(area_written)
{
	const struct dcf_exchange_subscriber_names names = { .list = "subscribers",
							     .url = "url",
							     .id = dcf_rid_is_v1(rq) ? "subscription" : NULL };

	(void)ctx;
	if (!dcf_rid_done(rq, reply))
		return DCF_HTTP_DONE;
	return dcf_exchange_reply_told(dcf_exchange_change_of(rq), reply, 200, &names, put_area);
}

DCF_API_HANDLER(dcf_api_rid_area_put)
{
	return dcf_rid_put(ctx, rq, reply, DCF_ENTITY_ISA, area_written);
}

DCF_API_HANDLER(dcf_api_rid_area_delete)
{
	return dcf_rid_delete(ctx, rq, reply, DCF_ENTITY_ISA, area_written);
}
