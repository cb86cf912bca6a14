/* SPDX-License-Identifier: Apache-2.0 */
/* api_uss.h - what a provider (USS) serves to others: /uss/v1 of F3548-21, for the operations of this node's own party; and the
 * native API's look at the exchange.
 *
 *     api_uss.c          routes; details of our intents, telemetry, constraints, log sets
 *     api_uss_take.c     what others tell: notifications, reports
 *     api_uss_look.c     native: what stands in the exchange, and details of others fetched
 *     api_uss_meet.c     native: what an operation of ours meets there
 *     api_uss_near.c     native: what of ours something there meets
 *
 * DISCLOSURE  What is served under /uss/v1 comes from intents as they stand in the exchange, and only operations that are
 * released to it stand there; each answer asks the operation's label once more. */
#ifndef DCF_NODE_API_USS_H
#define DCF_NODE_API_USS_H

#include "node/api_exchange.h"
#include "node/uss.h"

extern const struct dcf_http_route dcf_uss_routes[];
extern const size_t dcf_uss_route_count;

DCF_API_HANDLER(dcf_api_uss_intent_get);
DCF_API_HANDLER(dcf_api_uss_telemetry_get);
DCF_API_HANDLER(dcf_api_uss_constraint_get);
DCF_API_HANDLER(dcf_api_uss_log_set_get);
DCF_API_HANDLER(dcf_api_uss_intent_post);
DCF_API_HANDLER(dcf_api_uss_constraint_post);
DCF_API_HANDLER(dcf_api_uss_report_post);

/* For the diary: what was asked here and answered. */
void dcf_uss_note(struct dcf_api *api, const struct dcf_http_request *rq, const struct dcf_http_reply *reply,
		  const char *method, const struct dcf_uuid *intent);

/* --- native ----------------------------------------------------------------------------------------------- */

/* Is the operation released to the exchange, and its party the one that this node speaks for there? */
bool dcf_uss_is_released(const struct dcf_api *api, const struct dcf_view *view, const struct dcf_op *op);
/* "exchange": [...] as a member of an open object: for each of the operations that is released and stands in the exchange, its
 * intent and what it meets there, at the position of this call or later.  Nothing where there is none.  DCF_E_NOMEM,
 * DCF_E_LIMIT. */
DCF_CHECKED enum dcf_status dcf_uss_put_meetings(struct dcf_api *api, struct dcf_json *j, const struct dcf_view *view,
						 const struct dcf_op *const *ops, size_t count);
/* {"volume", "their_volume", "start", "end", ...}: one pair of volumes that meet, as the native API says it. */
void dcf_uss_put_pair(struct dcf_json *j, const struct dcf_entity_meeting *m);
/* A moment as a string; null where it is unbounded. */
void dcf_uss_put_moment(struct dcf_json *j, const char *key, int64_t us);
/* Members of an intent or constraint of the exchange as the native API says them: id, kind, manager ... */
void dcf_uss_put_entity(struct dcf_json *j, const struct dcf_entity *e);

/* To the party that this node speaks for there, and to cells, the exchange is shown. */
bool dcf_uss_may_look(const struct dcf_api *api, const struct dcf_caller *caller);

/* Which operations of that party, released or not, an entity meets now. */
struct dcf_uss_near {
	struct dcf_api *api;
	const struct dcf_caller *caller;      /* sees what it may know of */
	const struct dcf_view *view;          /* entered */
	const struct dcf_entity *e;           /* one that is an operation of ours does not meet itself */
	const struct dcf_utm_extents *theirs; /* its volumes, and where they are, or are within */
	const struct dcf_feature *features;
	uint32_t feature_count;
	size_t most;           /* operations listed */
	uint64_t volumes_most; /* pairs of volumes compared */
	/* found: operations listed, and those that may meet it and are not */
	size_t listed, left_out;
};
/* "meets": [...], "left_out": n, as members of an open object.  DCF_E_NOMEM.  Any thread. */
DCF_CHECKED enum dcf_status dcf_uss_put_near(struct dcf_uss_near *n, struct dcf_json *j);

DCF_API_HANDLER(dcf_api_exchange_intents);
DCF_API_HANDLER(dcf_api_exchange_intent);

#endif
