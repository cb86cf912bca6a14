/* SPDX-License-Identifier: Apache-2.0 */
#include "node/token.h"

#include <string.h>
#include "base/json_writer.h"
#include "crypto/text.h"
#include "node/claims.h"
#include "node/exchange_scope.h"

enum { JTI_BYTES = 16 };

static enum dcf_status check_names(const struct dcf_token_request *r, struct dcf_node_error *err)
{
	const struct {
		const char *what;
		struct dcf_span name;
		bool needed;
	} one[] = { { "subject", r->sub, false },
		    { "party", r->party, false },
		    { "member", r->member, false },
		    { "audience", r->audience, true } };

	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		if ((one[i].name.len || one[i].needed) && !dcf_claims_is_name(one[i].name))
			return dcf_node_fail(err, DCF_E_USAGE, "the token's %s: expected 1 to %d bytes of text", one[i].what,
					     DCF_JWT_NAME_MAX);
	for (size_t i = 0; i < r->scope_count; i++)
		if (!dcf_claims_is_scope(r->scopes[i]))
			return dcf_node_fail(err, DCF_E_USAGE, "scope '%.*s': expected a word of 1 to %d printable characters",
					     (int)r->scopes[i].len, r->scopes[i].p, DCF_JWT_NAME_MAX);
	for (size_t i = 0; i < r->role_count; i++)
		if (!dcf_claims_is_name(r->roles[i]))
			return dcf_node_fail(err, DCF_E_USAGE, "role '%.*s': expected 1 to %d bytes of text",
					     (int)r->roles[i].len, r->roles[i].p, DCF_JWT_NAME_MAX);
	return DCF_OK;
}

static size_t scopes_of_exchange(const struct dcf_token_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->scope_count; i++)
		n += dcf_exchange_is_scope(r->scopes[i]);
	return n;
}

bool dcf_token_is_of_exchange(const struct dcf_token_request *r)
{
	return r->scope_count && scopes_of_exchange(r) == r->scope_count;
}

static enum dcf_status check_exchange(const struct dcf_token_request *r, struct dcf_node_error *err)
{
	if (!scopes_of_exchange(r))
		return DCF_OK;
	if (!dcf_token_is_of_exchange(r))
		return dcf_node_fail(err, DCF_E_USAGE,
				     "a token of the exchange has no scope of the native API beside it: mint two");
	if (!r->sub.len || r->party.len || r->member.len || r->role_count)
		return dcf_node_fail(err, DCF_E_USAGE,
				     "a token of the exchange: expected a subject, and no party, member or role");
	if (r->ttl_s > DCF_JWT_EXCHANGE_S)
		return dcf_node_fail(err, DCF_E_USAGE, "a token of the exchange lives at most 1 h");
	return DCF_OK;
}

static enum dcf_status check(const struct dcf_token_request *r, struct dcf_node_error *err)
{
	if (r->scope_count < 1 || r->scope_count > DCF_JWT_SCOPES)
		return dcf_node_fail(err, DCF_E_USAGE, "a token has 1 to %d scopes", DCF_JWT_SCOPES);
	if (r->role_count > DCF_JWT_ROLES)
		return dcf_node_fail(err, DCF_E_USAGE, "a token has at most %d roles", DCF_JWT_ROLES);
	if (!(r->ttl_s >= 1 && r->ttl_s <= DCF_TOKEN_TTL_MAX_S))
		return dcf_node_fail(err, DCF_E_USAGE, "a token lives at least 1 s and at most %d days",
				     DCF_TOKEN_TTL_MAX_S / 86400);
	if (!(r->now_s >= 0 && r->now_s <= INT64_C(253402300799)))
		return dcf_node_fail(err, DCF_E_USAGE, "the clock stands outside the years 1970 to 9999");
	if (r->member.len && !r->party.len)
		return dcf_node_fail(err, DCF_E_USAGE, "the token's member: expected a party beside it");
	return check_exchange(r, err) == DCF_OK ? check_names(r, err) : DCF_E_USAGE;
}

static void put_scopes(struct dcf_json *j, const struct dcf_token_request *r, const struct dcf_alloc *from)
{
	struct dcf_buf words = { .from = from };

	for (size_t i = 0; i < r->scope_count; i++) {
		if (i)
			dcf_buf_char(&words, ' ');
		dcf_buf_span(&words, r->scopes[i]);
	}
	dcf_json_key(j, "scope");
	dcf_json_string(j, dcf_buf_as_span(&words));
	j->out->failed = j->out->failed || words.failed;
	dcf_buf_free(&words);
}

static void put_member(struct dcf_json *j, const char *name, struct dcf_span value)
{
	dcf_json_key(j, name);
	dcf_json_string(j, value);
}

/* Members in the order of their names. */
static void put_payload(struct dcf_buf *out, const struct dcf_token_request *r)
{
	struct dcf_json j = { .out = out };
	uint8_t random[JTI_BYTES];
	char jti[2 * JTI_BYTES];

	dcf_random_fill(&r->random, random, sizeof random);
	(void)dcf_text_write(DCF_TEXT_HEX, jti, random, sizeof random);
	dcf_json_begin(&j, '{');
	put_member(&j, "aud", r->audience);
	dcf_json_key(&j, "exp");
	dcf_json_i64(&j, r->now_s + r->ttl_s);
	dcf_json_key(&j, "iat");
	dcf_json_i64(&j, r->now_s);
	if (dcf_token_is_of_exchange(r))
		put_member(&j, "iss", DCF_SPAN(DCF_TOKEN_ISSUER));
	put_member(&j, "jti", (struct dcf_span){ jti, sizeof jti });
	if (r->member.len)
		put_member(&j, "member", r->member);
	if (r->party.len)
		put_member(&j, "party", r->party);
	if (r->role_count == 1)
		put_member(&j, "role", r->roles[0]);
	if (r->role_count > 1) {
		dcf_json_key(&j, "roles");
		dcf_json_begin(&j, '[');
		for (size_t i = 0; i < r->role_count; i++)
			dcf_json_string(&j, r->roles[i]);
		dcf_json_end(&j, ']');
	}
	put_scopes(&j, r, out->from);
	put_member(&j, "sub", r->sub.len ? r->sub : r->party.len ? r->party : DCF_SPAN("admin"));
	dcf_json_end(&j, '}');
}

static void put_header(struct dcf_buf *out, const struct dcf_public_key *key)
{
	struct dcf_json j = { .out = out };
	char kid[44];

	dcf_jwt_thumbprint(key, kid);
	dcf_json_begin(&j, '{');
	put_member(&j, "alg", DCF_SPAN("EdDSA"));
	put_member(&j, "kid", dcf_span_of(kid));
	put_member(&j, "typ", DCF_SPAN("JWT"));
	dcf_json_end(&j, '}');
}

static void put_encoded(struct dcf_buf *token, const struct dcf_buf *part)
{
	dcf_text_put(token, DCF_TEXT_BASE64_URL, part->p, part->len);
	token->failed = token->failed || part->failed;
}

enum dcf_status dcf_token_mint(const struct dcf_signing_key *key, const struct dcf_token_request *request, struct dcf_buf *out,
			       struct dcf_node_error *err)
{
	struct dcf_buf header = { .from = out->from }, payload = { .from = out->from }, token = { .from = out->from };
	enum dcf_status s = check(request, err);
	struct dcf_signature signature;

	if (s != DCF_OK)
		return s;
	put_header(&header, &key->public_key);
	put_payload(&payload, request);
	put_encoded(&token, &header);
	dcf_buf_char(&token, '.');
	put_encoded(&token, &payload);
	signature = dcf_sign(key, dcf_buf_as_span(&token));
	dcf_buf_char(&token, '.');
	dcf_text_put(&token, DCF_TEXT_BASE64_URL, signature.b, sizeof signature.b);
	if (token.failed)
		s = dcf_node_fail(err, DCF_E_NOMEM, "no memory for a token");
	else if (token.len > DCF_JWT_MAX)
		s = dcf_node_fail(err, DCF_E_USAGE, "the token would be %zu bytes long; at most %d are taken", token.len,
				  DCF_JWT_MAX);
	else
		dcf_buf_span(out, dcf_buf_as_span(&token));
	dcf_buf_free(&header);
	dcf_buf_free(&payload);
	dcf_buf_free(&token);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}
