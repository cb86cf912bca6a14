/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_dss.h"

const struct dcf_dss_kind dcf_dss_constraint = {
	.kind = DCF_ENTITY_CONSTRAINT,
	.put = DCF_UTM_CONSTRAINT_PUT,
	.query = DCF_UTM_CONSTRAINT_QUERY,
	.param = "entityid",
	.tag = "ovn",
	.one = "constraint_reference",
	.many = "constraint_references",
	.what = "Constraint",
	.write = dcf_dss_put_constraint,
};

static const struct dcf_exchange_refusal put_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 409,
				     "Constraint {id} does not exist: an OVN in the path names a version of one that does" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "Constraint {id} is managed by another USS" },
	[DCF_EXCHANGE_THERE] = { 409, "Constraint {id} exists already: an update has its OVN in the path" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of Constraint {id} has another OVN than the one in the path" },
	[DCF_EXCHANGE_SHAPE] = { 400, "An outline cannot be worked with: its edges are too close to each other, or reach too "
				      "far around the earth" },
	[DCF_EXCHANGE_TIME] = { 400, "The Constraint's time does not fit what stands" },
};
static const struct dcf_exchange_refusal delete_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_NOT_THERE] = { 404, "Constraint {id} not found" },
	[DCF_EXCHANGE_NOT_YOURS] = { 403, "Constraint {id} is managed by another USS" },
	[DCF_EXCHANGE_CHANGED] = { 409, "Current version of Constraint {id} has another OVN than the one in the path" },
};

DCF_API_HANDLER(dcf_dss_constraint_query)
{
	return dcf_dss_query(ctx, rq, reply, &dcf_dss_constraint, false);
}

DCF_API_HANDLER(dcf_dss_constraint_get)
{
	return dcf_dss_get(ctx, rq, reply, &dcf_dss_constraint, false);
}

static enum dcf_http_next tell(struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       const struct dcf_exchange_refusal *refusals)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);

	return dcf_exchange_taken(c, reply, refusals) ? dcf_dss_reply_change(c, reply) : DCF_HTTP_DONE;
}

static DCF_API_HANDLER(written)
{
	(void)ctx;
	return tell(rq, reply, put_refusals);
}

static DCF_API_HANDLER(deleted)
{
	(void)ctx;
	return tell(rq, reply, delete_refusals);
}

static enum dcf_http_next change(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				 enum dcf_exchange_verb verb, bool update)
{
	struct dcf_exchange_change *c = dcf_dss_change(api, rq, reply, &dcf_dss_constraint, verb, update);

	return c ? dcf_exchange_submit(c, reply, verb == DCF_EXCHANGE_PUT ? written : deleted) : DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_dss_constraint_create)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_PUT, false);
}

DCF_API_HANDLER(dcf_dss_constraint_update)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_PUT, true);
}

DCF_API_HANDLER(dcf_dss_constraint_delete)
{
	return change(ctx, rq, reply, DCF_EXCHANGE_DELETE, true);
}
