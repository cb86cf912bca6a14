/* SPDX-License-Identifier: Apache-2.0 */
/* api_rid.h - the exchange for remote identification: F3411-19 under /v1/dss and F3411-22a under /rid/v2/dss, over one store.
 *
 *     api_rid.c                 routes; what both kinds of entities share: ids, versions, searches, refusals, forms of replies
 *     api_rid_area.c            identification service areas
 *     api_rid_subscription.c    subscriptions
 *
 * What was written through one version is seen through the other, its URL as it was written: flights_url and uss_base_url are
 * one member, and so are callbacks.identification_service_area_url and uss_base_url.  The versions differ in names, in the form
 * of times, and in outlines. */
#ifndef DCF_NODE_API_RID_H
#define DCF_NODE_API_RID_H

#include "node/api_exchange.h"

/* What is done to an entity; one table of refusals for each. */
enum dcf_rid_act { DCF_RID_CREATE, DCF_RID_UPDATE, DCF_RID_DELETE, DCF_RID_ACT_COUNT };

/* Was it F3411-19 that was spoken? */
bool dcf_rid_is_v1(const struct dcf_http_request *rq);
/* "ISA" or "Subscription", as texts of replies have it. */
const char *dcf_rid_word(enum dcf_entity_kind kind);

/* GET of one by its id: {MEMBER: {...}}; 400, 404. */
enum dcf_http_next dcf_rid_get(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       enum dcf_entity_kind kind);

/* PUT and DELETE up to the queue: the path's version (400), the body (`form`; absent for a DELETE), the id. */
enum dcf_http_next dcf_rid_put(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       enum dcf_entity_kind kind, dcf_http_handler second);
enum dcf_http_next dcf_rid_delete(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  enum dcf_entity_kind kind, dcf_http_handler second);
/* Behind the queue: was it done?  False after a refusal. */
bool dcf_rid_done(struct dcf_http_request *rq, struct dcf_http_reply *reply);

/* The query's `area`; false after a 400 or 413. */
bool dcf_rid_read_area(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_utm_extents *extents);
/* Reply with what is there, whatever its heights, at some time of the window, its ends included; `owner` absent: of all; `head`
 * as in struct dcf_exchange_search.  The extents' volumes are the request's. */
enum dcf_http_next dcf_rid_search(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  enum dcf_entity_kind kind, struct dcf_utm_extents extents, int64_t from_us, int64_t till_us,
				  struct dcf_span owner, struct dcf_span head);

/* An entity as an object.  `ctx`: the request. */
void dcf_rid_put_entity(struct dcf_json *j, const struct dcf_entity *e, void *ctx);

/* Handlers. */
DCF_API_HANDLER(dcf_api_rid_areas_get);
DCF_API_HANDLER(dcf_api_rid_area_get);
DCF_API_HANDLER(dcf_api_rid_area_put);
DCF_API_HANDLER(dcf_api_rid_area_delete);
DCF_API_HANDLER(dcf_api_rid_subscriptions_get);
DCF_API_HANDLER(dcf_api_rid_subscription_get);
DCF_API_HANDLER(dcf_api_rid_subscription_put);
DCF_API_HANDLER(dcf_api_rid_subscription_delete);

extern const struct dcf_http_route dcf_api_rid_routes[];
extern const size_t dcf_api_rid_route_count;

#endif
