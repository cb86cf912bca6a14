/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_aux.h"
#include "node/api_declare.h"

/* Everything that a token's scopes allow. */
static struct dcf_caller *caller_new(struct dcf_http_request *rq, const struct dcf_claims *claims)
{
	struct dcf_caller *c = dcf_arena_get(rq->arena, sizeof *c);

	if (!c)
		return NULL;
	*c = (struct dcf_caller){ .claims = claims,
				  .cell = dcf_claims_scope(claims, DCF_SCOPE_CELL),
				  .admin = dcf_claims_scope(claims, DCF_SCOPE_ADMIN),
				  .declares = dcf_claims_scope(claims, DCF_SCOPE_DECLARE),
				  .line = dcf_claims_scope(claims, DCF_SCOPE_LINE) };
	c->reads = c->cell || c->admin || c->declares || c->line || dcf_claims_scope(claims, DCF_SCOPE_READ);
	return c;
}

static bool allowed(const struct dcf_caller *c, const char *scope)
{
	if (strcmp(scope, DCF_SCOPE_READ) == 0)
		return c->reads;
	if (strcmp(scope, DCF_SCOPE_DECLARE) == 0)
		return c->declares || c->admin;
	if (strcmp(scope, DCF_SCOPE_LINE) == 0)
		return c->line;
	return strcmp(scope, DCF_SCOPE_ADMIN) == 0 && c->admin;
}

static enum dcf_http_next unauthorized(struct dcf_http_reply *reply, enum dcf_jwt_fault why)
{
	dcf_http_reply_header(reply, "WWW-Authenticate",
			      why == DCF_JWT_NO_TOKEN ? DCF_SPAN("Bearer realm=\"deconflict\"")
						      : DCF_SPAN("Bearer realm=\"deconflict\", error=\"invalid_token\""));
	return dcf_http_problem(reply, 401, "unauthorized", dcf_span_of(dcf_jwt_fault_text(why)));
}

/* Loading, or the end has begun: only what tells so is answered. */
static enum dcf_http_next not_ready(struct dcf_api *api, struct dcf_http_reply *reply)
{
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	return dcf_http_problem(reply, 503, "not-ready",
				atomic_load(&api->ending) ? DCF_SPAN("this node is ending")
							  : DCF_SPAN("this node is still loading its state"));
}

/* May the caller act for the member and in the roles that its token names?  Asked of the party, where it has any. */
static bool is_one_of_them(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_caller *c)
{
	const struct dcf_claims *claims = c->claims;
	const struct dcf_people *people;
	const char *stranger = claims->member.len && !claims->party.len ? "member" : NULL;
	struct dcf_view view;
	uint32_t party;

	if (!claims->member.len && !claims->role_count)
		return true;
	if (!dcf_api_enter(api, reply, &view))
		return false;
	party = dcf_caller_party(c, &view);
	people = party == DCF_NONE ? NULL : &view.frame->people[party];
	if (people && claims->member.len && people->member_count && !dcf_people_member(people, claims->member))
		stranger = "member";
	for (size_t i = 0; people && people->role_count && i < claims->role_count && !stranger; i++)
		if (!dcf_people_role(people, claims->role[i]))
			stranger = "role";
	dcf_state_leave(&view);
	if (!stranger)
		return true;
	/* Two calls, so that the kinds of problems can be found by their words. */
	if (*stranger == 'm')
		(void)dcf_http_problem(reply, 403, "member", DCF_SPAN("the token's member is none of its party"));
	else
		(void)dcf_http_problem(reply, 403, "role", DCF_SPAN("the token's role is none of its party"));
	return false;
}

enum dcf_http_next dcf_api_gate(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_api *api = ctx;
	const char *scope = rq->route ? rq->route->scope : NULL;
	const struct dcf_claims *claims = NULL;
	enum dcf_jwt_fault why = DCF_JWT_NO_TOKEN;
	struct dcf_caller *caller;
	enum dcf_status s;

	if (dcf_exchange_is_route(rq->route))
		return dcf_exchange_gate(api, rq, reply);
	if (!rq->route || (scope && strcmp(scope, "") == 0))
		return DCF_HTTP_PASS;
	if (!dcf_auth_pinned(api->auth, rq->peer_der))
		return dcf_http_problem(reply, 403, "certificate",
					DCF_SPAN("this client's certificate is not one of those expected"));
	s = dcf_auth_check(api->auth, dcf_http_header(rq, "Authorization"), &claims, &why);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"))
					: unauthorized(reply, why);
	caller = caller_new(rq, claims);
	if (!caller) {
		dcf_claims_free(claims);
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	}
	rq->user = caller;
	if (scope && !allowed(caller, scope)) {
		dcf_http_reply_header(reply, "WWW-Authenticate",
				      DCF_SPAN("Bearer realm=\"deconflict\", error=\"insufficient_scope\""));
		return dcf_http_problem(reply, 403, "scope", DCF_SPAN("the token has no scope that allows this"));
	}
	if (!atomic_load(&api->ready) || atomic_load(&api->ending))
		return not_ready(api, reply);
	return is_one_of_them(api, reply, caller) ? DCF_HTTP_PASS : DCF_HTTP_DONE;
}

static void count(struct dcf_api *api, const struct dcf_http_done *done)
{
	if (api->endpoints)
		dcf_endpoints_take(api->endpoints, done);
	dcf_counter_one(api->requests[done->status < 600 ? done->status / 100 : 0]);
	dcf_histogram_take(api->took_us, done->took_us);
}

void dcf_api_done(void *ctx, const struct dcf_http_done *done)
{
	struct dcf_api *api = ctx;
	const struct dcf_caller *caller = dcf_caller_of(done->request);

	if (!done->late)
		count(api, done);
	if (dcf_logger_wants(api->logger, DCF_LOG_INFO))
		dcf_logger_event(api->logger, done->status >= 500 ? DCF_LOG_WARN : DCF_LOG_INFO, done->request->id,
				 done->late ? "request finished behind its time" : "request",
				 DCF_LOG_SPAN("target", done->request->target), DCF_LOG_I("status", (int64_t)done->status),
				 DCF_LOG_I("us", done->took_us), DCF_LOG_SPAN("peer", done->request->peer),
				 DCF_LOG_SPAN("by", caller ? caller->claims->sub : done->request->peer));
	if (!caller)
		return;
	if (caller->change)
		dcf_api_change_free(caller->change);
	if (caller->exchange)
		dcf_exchange_change_free(caller->exchange);
	if (caller->drop)
		caller->drop(caller->more);
	dcf_claims_free(caller->claims);
}

uint32_t dcf_caller_party(const struct dcf_caller *caller, const struct dcf_view *view)
{
	return caller->claims->party.len ? dcf_plan_find_party(&view->frame->plan, caller->claims->party) : DCF_NONE;
}

struct dcf_span dcf_caller_member(const struct dcf_caller *caller, const struct dcf_view *view)
{
	uint32_t party = caller->claims->member.len ? dcf_caller_party(caller, view) : DCF_NONE;

	/* What no party lists is nobody's member, whatever a token says. */
	return party != DCF_NONE && dcf_people_member(&view->frame->people[party], caller->claims->member)
		       ? caller->claims->member
		       : DCF_SPAN("");
}

bool dcf_caller_may_know(const struct dcf_caller *caller, const struct dcf_view *view, const struct dcf_op *op)
{
	uint32_t party;
	struct dcf_span member;

	if (caller->cell)
		return true;
	party = dcf_caller_party(caller, view);
	if (party == DCF_NONE || dcf_op_may_know(op, party))
		return party != DCF_NONE;
	if (!op->released_name_count)
		return false;
	/* A name that was a member's when it was written may be a party's now. */
	member = dcf_caller_member(caller, view);
	return dcf_op_names(op, caller->claims->party) || (member.len && dcf_op_names(op, member));
}

bool dcf_caller_may_declare(const struct dcf_caller *caller, struct dcf_span party)
{
	/* A cell without a party writes down what came by other ways. */
	if (!caller->claims->party.len)
		return caller->declares && caller->cell;
	return caller->declares && dcf_span_eq(caller->claims->party, party);
}

bool dcf_api_enter(struct dcf_api *api, struct dcf_http_reply *reply, struct dcf_view *view)
{
	if (dcf_state_enter(api->state, view) == DCF_OK)
		return true;
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	(void)dcf_http_problem(reply, 503, "busy", DCF_SPAN("too many questions at once"));
	return false;
}

struct dcf_json dcf_api_json(struct dcf_http_reply *reply)
{
	return (struct dcf_json){ .out = &reply->body };
}
