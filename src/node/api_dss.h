/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss.h - ASTM F3548-21's DSS interface, /dss/v1.
 *
 *     api_dss_intent.c        operational intents
 *     api_dss_constraint.c    constraints
 *     api_dss_subscription.c  subscriptions
 *     api_dss_other.c         availability of providers, reports of errors
 *     api_dss_put.c           references and subscriptions as JSON, as the caller may see them
 *     api_dss_meet.c          more than the standard asks for: which volumes meet, when, and by how much
 *     api_dss_routes.c        the table */
#ifndef DCF_NODE_API_DSS_H
#define DCF_NODE_API_DSS_H

#include "node/api_exchange.h"

extern const struct dcf_http_route dcf_dss_routes[];
extern const size_t dcf_dss_route_count;

DCF_API_HANDLER(dcf_dss_intent_query);
DCF_API_HANDLER(dcf_dss_intent_get);
DCF_API_HANDLER(dcf_dss_intent_create);
DCF_API_HANDLER(dcf_dss_intent_update);
DCF_API_HANDLER(dcf_dss_intent_delete);
DCF_API_HANDLER(dcf_dss_constraint_query);
DCF_API_HANDLER(dcf_dss_constraint_get);
DCF_API_HANDLER(dcf_dss_constraint_create);
DCF_API_HANDLER(dcf_dss_constraint_update);
DCF_API_HANDLER(dcf_dss_constraint_delete);
DCF_API_HANDLER(dcf_dss_subscription_query);
DCF_API_HANDLER(dcf_dss_subscription_get);
DCF_API_HANDLER(dcf_dss_subscription_create);
DCF_API_HANDLER(dcf_dss_subscription_update);
DCF_API_HANDLER(dcf_dss_subscription_delete);
DCF_API_HANDLER(dcf_dss_availability_get);
DCF_API_HANDLER(dcf_dss_availability_put);
DCF_API_HANDLER(dcf_dss_report);
/* Not the standard's: ways out of conflicts, see api_exchange_options.c. */
DCF_API_HANDLER(dcf_exchange_options);

/* --- what they share -------------------------------------------------------------------------------------- */

/* What an OVN is to whoever does not manage the entity. */
#define DCF_DSS_NO_OVN "Available from USS"

/* Of dcf_exchange_put_entity: `ctx` is a struct dcf_dss_eye. */
struct dcf_dss_eye {
	struct dcf_api *api;
	struct dcf_span caller;
};
void dcf_dss_put_intent(struct dcf_json *j, const struct dcf_entity *e, void *ctx);
void dcf_dss_put_constraint(struct dcf_json *j, const struct dcf_entity *e, void *ctx);
void dcf_dss_put_subscription(struct dcf_json *j, const struct dcf_entity *e, void *ctx);
struct dcf_dss_eye dcf_dss_eye_of(struct dcf_api *api, const struct dcf_http_request *rq);

/* A kind as its interface has it. */
struct dcf_dss_kind {
	enum dcf_entity_kind kind;
	enum dcf_utm_form put, query;
	const char *param;      /* the id's in the path */
	const char *tag;        /* the OVN's or version's in the path */
	const char *one, *many; /* member names of replies */
	const char *what;       /* in texts */
	dcf_exchange_put_entity write;
};
extern const struct dcf_dss_kind dcf_dss_intent, dcf_dss_constraint, dcf_dss_subscription;

/* What is the same of all kinds.  GET of one: the caller must be its manager with `own`. */
enum dcf_http_next dcf_dss_get(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       const struct dcf_dss_kind *kind, bool own);
/* {"area_of_interest": ...} -> what stands there; `own`: the caller's alone, and what is not over. */
enum dcf_http_next dcf_dss_query(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				 const struct dcf_dss_kind *kind, bool own);
/* Beginning of PUT and DELETE: ids, the body, random things.  NULL after a refusal. */
struct dcf_exchange_change *dcf_dss_change(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					   const struct dcf_dss_kind *kind, enum dcf_exchange_verb verb, bool update);
/* What a change that was made wrote or deleted, as a member of an open object. */
void dcf_dss_put_change(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_dss_kind *kind);
/* The reply to a change of an intent or constraint that was made. */
enum dcf_http_next dcf_dss_reply_change(struct dcf_exchange_change *c, struct dcf_http_reply *reply);

/* --- more than the standard asks for
 * ------------------------------------------------------------------------------------------- */

/* "deconflict": {...} as a member of an open object: what the extents of the change really meet among `list`.  Nothing where
 * the node is strict. */
void dcf_dss_put_meetings(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_entity *const *list, size_t count,
			  bool refused);
/* The same among everything relevant that stands now. */
void dcf_dss_put_neighbours(struct dcf_json *j, struct dcf_exchange_change *c);

#endif
