/* SPDX-License-Identifier: Apache-2.0 */
/* jwt.c - from a token's bytes to its claims, when a key of ours says that they were signed.
 *
 * The order matters: form, header, key, signature, and only then the payload: nothing of it is read before the signature holds.
 * The algorithm decides nothing alone: it must be the one of the key that is used. */
#include "node/jwt_parts.h"

#include <string.h>
#include "crypto/text.h"
#include "node/claims.h"
#include "node/strict_json.h"

static const struct {
	const char *name, *text;
} faults[] = {
	[DCF_JWT_FINE] = { "ok", "The token is good." },
	[DCF_JWT_NO_TOKEN] = { "no_token", "There is no bearer token." },
	[DCF_JWT_TOO_LONG] = { "too_long", "The token is longer than 8192 bytes." },
	[DCF_JWT_FORM] = { "form", "The token is not a JWT of three base64url parts that hold JSON objects." },
	[DCF_JWT_TWICE] = { "member_twice", "The token has a member twice." },
	[DCF_JWT_HEADER] = { "header",
			     "The token's header asks for something that is not supported (crit, b64, zip, enc, cty, typ)." },
	[DCF_JWT_ALGORITHM] = { "algorithm", "The token is not signed by RS256, ES256 or EdDSA." },
	[DCF_JWT_KID] = { "kid", "The token's key id is not a plain word." },
	[DCF_JWT_UNKNOWN_KEY] = { "unknown_key", "No known key fits the token." },
	[DCF_JWT_KEY_TYPE] = { "key_type", "The key that the token names is of another type than its algorithm." },
	[DCF_JWT_SIGNATURE] = { "signature", "The token's signature does not hold." },
	[DCF_JWT_CLAIMS] = { "claims", "A claim of the token has the wrong type, is too long, or has too many values." },
	[DCF_JWT_NO_EXPIRY] = { "no_expiry", "The token has no expiry (exp)." },
	[DCF_JWT_EXPIRED] = { "expired", "The token has expired." },
	[DCF_JWT_FUTURE] = { "future", "The token is not valid yet (nbf or iat)." },
	[DCF_JWT_AUDIENCE] = { "audience", "The token is for another audience." },
	[DCF_JWT_ISSUER] = { "issuer", "The token is from an issuer that is not trusted here." },
	[DCF_JWT_NO_SUBJECT] = { "no_subject", "The token does not say of whom it is (sub)." },
	[DCF_JWT_NO_ISSUER] = { "no_issuer", "The token does not say who issued it (iss)." },
	[DCF_JWT_TOO_LATE] = { "too_late", "The token lives longer than an hour from now (exp)." },
};
_Static_assert(sizeof faults / sizeof *faults == DCF_JWT_FAULT_END, "every fault needs a name and a sentence");

const char *dcf_jwt_fault_name(enum dcf_jwt_fault f)
{
	return (unsigned)f < DCF_JWT_FAULT_END ? faults[f].name : "unknown";
}

const char *dcf_jwt_fault_text(enum dcf_jwt_fault f)
{
	return (unsigned)f < DCF_JWT_FAULT_END ? faults[f].text : "unknown";
}

struct dcf_span dcf_jwt_bearer(struct dcf_span header)
{
	static const char scheme[] = "bearer";
	struct dcf_span token = { 0 };
	size_t n = sizeof scheme - 1;

	if (header.len <= n || header.p[n] != ' ')
		return token;
	for (size_t i = 0; i < n; i++)
		if ((header.p[i] | 32) != scheme[i])
			return token;
	while (n < header.len && header.p[n] == ' ')
		n++;
	if (n < header.len)
		token = (struct dcf_span){ header.p + n, header.len - n };
	return token;
}

/* A token while it is being opened. */
struct opening {
	const struct dcf_alloc *from;
	const struct dcf_keyring *keys;
	enum dcf_jwt_rules rules;
	struct dcf_span part[3], signed_part;
	struct dcf_strict_json json;
	uint8_t *bytes; /* decoded header, later payload: room for DCF_JWT_MAX */
	uint8_t signature[DCF_JWT_MAX];
	size_t signature_len;
	const struct dcf_jwt_scheme *scheme;
	size_t kid_len; /* 0: the header names no key */
	char kid[DCF_JWT_KID_MAX];
	const struct dcf_jwt_key *key; /* that signed */
	unsigned slot;
	bool asked;
};

static enum dcf_jwt_fault split(struct opening *o, struct dcf_span token)
{
	size_t dots = 0, from = 0;

	if (token.len > DCF_JWT_MAX)
		return DCF_JWT_TOO_LONG;
	for (size_t i = 0; i < token.len; i++) {
		if (token.p[i] != '.')
			continue;
		if (dots == 2)
			return DCF_JWT_FORM;
		o->part[dots++] = (struct dcf_span){ token.p + from, i - from };
		from = i + 1;
	}
	if (dots != 2 || o->part[0].len == 0)
		return DCF_JWT_FORM;
	o->part[2] = (struct dcf_span){ token.p + from, token.len - from };
	o->signed_part = (struct dcf_span){ token.p, from - 1 };
	return DCF_JWT_FINE;
}

/* Decode a part and parse it as an object.  DCF_E_REFUSED with `*why`. */
static enum dcf_status parse_part(struct opening *o, struct dcf_span part, enum dcf_jwt_fault *why)
{
	enum dcf_status s;
	size_t n;

	*why = DCF_JWT_FORM;
	if (dcf_text_read(DCF_TEXT_BASE64_URL, part, o->bytes, DCF_JWT_MAX, &n) != DCF_OK)
		return DCF_E_REFUSED;
	s = dcf_strict_json(&o->json, (struct dcf_span){ (const char *)o->bytes, n }, DCF_JWT_MAX, DCF_JWT_DEPTH);
	if (s == DCF_E_REFUSED)
		*why = DCF_JWT_TWICE;
	return s == DCF_OK || s == DCF_E_NOMEM ? s : DCF_E_REFUSED;
}

/* --- the header --------------------------------------------------------------------------------------------------- */

/* "JWT" or "at+jwt" (RFC 9068) in any case, also with "application/" before it; none is fine. */
static bool is_typ(struct dcf_jval v)
{
	static const char *const good[] = { "jwt", "at+jwt", "application/jwt", "application/at+jwt" };
	struct dcf_span s;

	if (dcf_jkind(v) == DCF_J_ABSENT)
		return true;
	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	s = dcf_jstring(v);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n = 0;

		while (n < s.len && good[i][n] &&
		       (s.p[n] == good[i][n] || (s.p[n] >= 'A' && s.p[n] <= 'Z' && (s.p[n] | 32) == good[i][n])))
			n++;
		if (n == s.len && !good[i][n])
			return true;
	}
	return false;
}

static enum dcf_jwt_fault read_alg(struct opening *o, struct dcf_jval v)
{
	for (o->scheme = dcf_jwt_schemes; o->scheme->name; o->scheme++)
		if (dcf_jis(v, o->scheme->name) && (o->rules == DCF_JWT_EXCHANGE || !o->scheme->exchange_alone))
			return DCF_JWT_FINE;
	return DCF_JWT_ALGORITHM;
}

static enum dcf_jwt_fault read_kid(struct opening *o, struct dcf_jval v)
{
	struct dcf_span s;

	if (dcf_jkind(v) == DCF_J_ABSENT || o->rules == DCF_JWT_EXCHANGE)
		return DCF_JWT_FINE;
	if (dcf_jkind(v) != DCF_J_STRING || !dcf_jwt_kid_possible(s = dcf_jstring(v)))
		return DCF_JWT_KID;
	memcpy(o->kid, s.p, s.len);
	o->kid_len = s.len;
	return DCF_JWT_FINE;
}

static enum dcf_jwt_fault read_header(struct opening *o)
{
	static const char *const unsupported[] = { "crit", "b64", "zip", "enc", "cty" };
	struct dcf_jval header = dcf_jroot(&o->json.doc);
	enum dcf_jwt_fault f;

	if ((f = read_alg(o, dcf_jget(header, "alg"))) != DCF_JWT_FINE)
		return f;
	for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
		if (dcf_jkind(dcf_jget(header, unsupported[i])) != DCF_J_ABSENT)
			return DCF_JWT_HEADER;
	if (o->rules == DCF_JWT_NATIVE && !is_typ(dcf_jget(header, "typ")))
		return DCF_JWT_HEADER;
	return read_kid(o, dcf_jget(header, "kid"));
}

/* --- the key ---------------------------------------------------------------------------------------------- */

static bool holds(struct opening *o, unsigned slot, const struct dcf_jwt_key *key)
{
	if (!dcf_jwt_key_holds(key, o->scheme, o->signed_part,
			       (struct dcf_span){ (const char *)o->signature, o->signature_len }))
		return false;
	o->key = key;
	o->slot = slot;
	return true;
}

/* Is the key for what the token says it is signed by? */
static bool may_sign(const struct opening *o, const struct dcf_jwt_key *key)
{
	return key->alg == o->scheme->of && (!key->exchange_alone || o->rules == DCF_JWT_EXCHANGE);
}

/* Keys that have the token's id.  Slots are tried in their order: two sources may use one id for two keys. */
static enum dcf_jwt_fault by_kid(struct opening *o)
{
	struct dcf_span kid = { o->kid, o->kid_len };
	enum dcf_jwt_fault f = DCF_JWT_UNKNOWN_KEY;

	for (unsigned slot = 0; slot < DCF_VERIFIER_SLOTS; slot++) {
		const struct dcf_keyset *set = o->keys->slot[slot];

		for (size_t i = 0; set && i < set->count; i++) {
			if (!dcf_span_eq(dcf_keyset_kid(set, i), kid))
				continue;
			if (may_sign(o, &set->key[i]) && holds(o, slot, &set->key[i]))
				return DCF_JWT_FINE;
			if (f != DCF_JWT_SIGNATURE)
				f = may_sign(o, &set->key[i]) ? DCF_JWT_SIGNATURE : DCF_JWT_KEY_TYPE;
		}
	}
	return f;
}

/* Keys without an id of their own; of all keys, when the token names none that counts. */
static enum dcf_jwt_fault by_trying(struct opening *o)
{
	const unsigned most = o->rules == DCF_JWT_EXCHANGE ? DCF_JWT_TRIED_EXCHANGE : DCF_JWT_TRIED;
	unsigned tried = 0;

	for (unsigned slot = 0; slot < DCF_VERIFIER_SLOTS; slot++) {
		const struct dcf_keyset *set = o->keys->slot[slot];

		for (size_t i = 0; set && i < set->count && tried < most; i++) {
			if (!may_sign(o, &set->key[i]) || (o->kid_len && set->key[i].kid_len))
				continue;
			tried++;
			if (holds(o, slot, &set->key[i]))
				return DCF_JWT_FINE;
		}
	}
	return tried ? DCF_JWT_SIGNATURE : DCF_JWT_UNKNOWN_KEY;
}

static enum dcf_jwt_fault check_signature(struct opening *o)
{
	enum dcf_jwt_fault f;

	if (dcf_text_read(DCF_TEXT_BASE64_URL, o->part[2], o->signature, sizeof o->signature, &o->signature_len) != DCF_OK)
		return DCF_JWT_FORM;
	if (o->kid_len == 0) {
		f = by_trying(o);
		/* Its id did not count: it may be of a key that a JWKS has now. */
		o->asked = o->rules == DCF_JWT_EXCHANGE && f != DCF_JWT_FINE;
		return f;
	}
	f = by_kid(o);
	if (f != DCF_JWT_UNKNOWN_KEY)
		return f;
	/* No key is called so.  That may be a new key of a JWKS, or an id that a signer with one PEM file made up. */
	o->asked = true;
	if (!dcf_jwt_kid_plain((struct dcf_span){ o->kid, o->kid_len }))
		return DCF_JWT_KID;
	return by_trying(o);
}

/* --- all of it -------------------------------------------------------------------------------------------- */

static enum dcf_status open_parts(struct opening *o, struct dcf_span token, const struct dcf_claims **out,
				  enum dcf_jwt_fault *why)
{
	enum dcf_status s;

	if ((*why = split(o, token)) != DCF_JWT_FINE)
		return DCF_E_REFUSED;
	if ((s = parse_part(o, o->part[0], why)) != DCF_OK)
		return s;
	if ((*why = read_header(o)) != DCF_JWT_FINE || (*why = check_signature(o)) != DCF_JWT_FINE)
		return DCF_E_REFUSED;
	if ((s = parse_part(o, o->part[1], why)) != DCF_OK)
		return s;
	return dcf_claims_read(o->from, dcf_jroot(&o->json.doc), o->rules, o->slot,
			       (struct dcf_span){ o->key->kid, o->key->kid_len }, out, why);
}

enum dcf_status dcf_jwt_open(const struct dcf_alloc *a, const struct dcf_keyring *keys, enum dcf_jwt_rules rules,
			     struct dcf_span token, const struct dcf_claims **out, enum dcf_jwt_fault *why, bool *asked)
{
	struct opening *o = dcf_alloc_new(a, sizeof *o);
	enum dcf_status s = DCF_E_NOMEM;

	*asked = false;
	if (!o)
		return s;
	*o = (struct opening){ .from = a, .keys = keys, .rules = rules, .json = { .from = a } };
	o->bytes = dcf_alloc_new(a, DCF_JWT_MAX);
	if (!o->bytes)
		goto done;
	s = open_parts(o, token, out, why);
	*asked = o->asked && s == DCF_E_REFUSED;
done:
	dcf_alloc_free(a, o->bytes, DCF_JWT_MAX);
	dcf_strict_json_free(&o->json);
	dcf_alloc_free(a, o, sizeof *o);
	return s;
}
