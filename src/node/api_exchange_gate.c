/* SPDX-License-Identifier: Apache-2.0 */
/* api_exchange_gate.c - who calls the exchange, and may they?  First the token (401), then its scopes (403), and only then
 * whatever the request says: so it is where its clients come from. */
#include "node/api_aux.h"

static unsigned scopes_of(const struct dcf_claims *claims)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < DCF_SCOPE_EXCHANGE_COUNT; i++)
		if (dcf_claims_scope(claims, dcf_exchange_scope_name(i)))
			bits |= 1u << i;
	return bits;
}

/* Of what the client sends, the texts are those that its libraries look for. */
static enum dcf_http_next unauthorized(struct dcf_http_request *rq, struct dcf_http_reply *reply, enum dcf_jwt_fault why)
{
	struct dcf_span token = dcf_jwt_bearer(dcf_http_header(rq, "Authorization"));
	size_t dots = 0;

	dcf_http_reply_header(reply, "WWW-Authenticate",
			      why == DCF_JWT_NO_TOKEN ? DCF_SPAN("Bearer realm=\"deconflict\"")
						      : DCF_SPAN("Bearer realm=\"deconflict\", error=\"invalid_token\""));
	if (why == DCF_JWT_NO_TOKEN)
		return dcf_exchange_error(reply, 401, "Missing access token");
	for (size_t i = 0; i < token.len; i++)
		dots += token.p[i] == '.';
	if (why == DCF_JWT_FORM && dots != 2)
		return dcf_exchange_error(reply, 401,
					  "Access token validation failed: token contains an invalid number of segments");
	return dcf_exchange_error(reply, 401, "Access token validation failed: %s", dcf_jwt_fault_text(why));
}

static bool suffices(unsigned scopes, const struct dcf_exchange_access *access)
{
	for (size_t i = 0; i < DCF_EXCHANGE_ALTERNATIVES && access->any[i]; i++)
		if ((scopes & access->any[i]) == access->any[i])
			return true;
	return false;
}

/* "utm.strategic_coordination, or utm.constraint_management and utm.constraint_processing" */
static void put_wanted(struct dcf_buf *out, const struct dcf_exchange_access *access)
{
	for (size_t i = 0; i < DCF_EXCHANGE_ALTERNATIVES && access->any[i]; i++) {
		bool first = true;

		dcf_buf_z(out, i ? ", or " : "");
		for (unsigned bit = 0; bit < DCF_SCOPE_EXCHANGE_COUNT; bit++) {
			if (!(access->any[i] & 1u << bit))
				continue;
			dcf_buf_z(out, first ? "" : " and ");
			dcf_buf_z(out, dcf_exchange_scope_name(bit));
			first = false;
		}
	}
}

static enum dcf_http_next forbidden(struct dcf_api *api, struct dcf_http_reply *reply, const struct dcf_exchange_access *access)
{
	struct dcf_buf text = { .from = &api->heap };

	dcf_http_reply_header(reply, "WWW-Authenticate", DCF_SPAN("Bearer realm=\"deconflict\", error=\"insufficient_scope\""));
	put_wanted(&text, access);
	(void)dcf_exchange_error(reply, 403, "Access token has no scope that allows this; expected %.*s", (int)text.len,
				 text.p ? text.p : "");
	dcf_buf_free(&text);
	return DCF_HTTP_DONE;
}

enum dcf_http_next dcf_exchange_gate(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	const struct dcf_exchange_access *access = rq->route->more;
	const struct dcf_claims *claims = NULL;
	enum dcf_jwt_fault why = DCF_JWT_NO_TOKEN;
	struct dcf_caller *caller;
	enum dcf_status s;

	if (api->aux)
		dcf_aux_mark(api->aux, reply);
	if (!access->any[0])
		return DCF_HTTP_PASS;
	if (!dcf_auth_pinned(api->auth, rq->peer_der))
		return dcf_exchange_error(reply, 403, "This client's certificate is not one of those expected");
	s = dcf_auth_check_exchange(api->auth, dcf_http_header(rq, "Authorization"), &claims, &why);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? dcf_exchange_busy(reply, "Out of memory") : unauthorized(rq, reply, why);
	caller = dcf_arena_get(rq->arena, sizeof *caller);
	if (!caller) {
		dcf_claims_free(claims);
		return dcf_exchange_busy(reply, "Out of memory");
	}
	*caller = (struct dcf_caller){ .claims = claims, .scopes = scopes_of(claims) };
	rq->user = caller;
	if (!suffices(caller->scopes, access))
		return forbidden(api, reply, access);
	if (!atomic_load(&api->ready) || atomic_load(&api->ending))
		return dcf_exchange_busy(reply, atomic_load(&api->ending) ? "This node is ending"
									  : "This node is still loading its state");
	return DCF_HTTP_PASS;
}
