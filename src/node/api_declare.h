/* SPDX-License-Identifier: Apache-2.0 */
/* api_declare.h - requests that change something, between their stages. */
#ifndef DCF_NODE_API_DECLARE_H
#define DCF_NODE_API_DECLARE_H

#include "node/api.h"

struct dcf_operation_name {
	struct dcf_span party, operation;
};

/* One such request; in its arena, found through dcf_caller_of(rq)->change between stages. */
struct dcf_change_request {
	struct dcf_api *api;
	struct dcf_ticket ticket;
	struct dcf_operation_name *name; /* of each command's operation */
	struct dcf_remark *warning;      /* of reading */
	size_t warning_count;
	bool options; /* ways out are wanted where there are conflicts */
	int64_t options_until_us;
	struct dcf_buf ways_out;
	struct dcf_buf *asking_out; /* of a question: its answer, in the same arena */
};

/* A change of `count` commands, whose heads' `by` is the caller; NULL when memory is short. */
struct dcf_change_request *dcf_api_change(struct dcf_api *api, struct dcf_http_request *rq, size_t count);
/* Give back what its arena does not hold: when the request is over, however it ended. */
void dcf_api_change_free(struct dcf_change_request *c);
/* Take Idempotency-Key and put the ticket into the queue; `second` finds the change in the caller. */
enum dcf_http_next dcf_api_submit(struct dcf_change_request *c, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  dcf_http_handler second);
/* Was it taken?  If not the reply says why. */
bool dcf_api_ticket_fine(struct dcf_http_reply *reply, const struct dcf_ticket *t);
/* Conditions of the request into the command; false after a problem. */
bool dcf_api_read_match(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_command *command);

/* Can every operation of a plan that was read stand in a path?  False after a problem. */
bool dcf_api_names_fit(struct dcf_http_reply *reply, const struct dcf_plan *plan);
/* ?options=some|none into `options`; other parameters are refused: false after a problem. */
bool dcf_api_read_options(struct dcf_http_request *rq, struct dcf_http_reply *reply, bool *options);
/* The problem for feature `which` of operation `operation` of a plan that was read, whose shape cannot be. */
enum dcf_http_next dcf_api_shape_refused(struct dcf_http_reply *reply, const struct dcf_plan *plan, size_t operation,
					 uint32_t which, const char *why);

/* Second stages. */
DCF_API_HANDLER(dcf_api_declared);
DCF_API_HANDLER(dcf_api_changed);

#endif
