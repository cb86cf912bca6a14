/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_jwt.c - tokens, Authorization headers and key sets as strangers write them.
 *
 * The first byte says which: a token as it is; a header and a payload (apart by the first 0x00) that are encoded and signed
 * here, so that claims are reached; a payload alone under a good header; a key set.  Beside not crashing: a token is taken only
 * when a key of ours signed it, it names our audience and its time has come; what is taken once is taken again from the cache
 * with the same claims. */
#include "crypto/init.h"
#include "crypto/text.h"
#include "node/claims.h"
#include "node/jwks.h"
#include "node/jwt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dcf_alloc heap;
static struct dcf_signing_key key;
static struct dcf_verifier *verifier;

enum { NOW = 1000000 };

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void set_up(void)
{
	static const uint8_t seed[DCF_SEED_BYTES] = { 1 };
	static const struct dcf_span audience = { "here", 4 };
	struct dcf_verifier_options o = { .audiences = &audience, .audience_count = 1 };
	struct dcf_keyset *set = NULL;

	heap = dcf_alloc_heap();
	must(dcf_crypto_init() == DCF_OK);
	dcf_signing_key_from_seed(&key, seed);
	must(dcf_verifier_new(&heap, &o, &verifier) == DCF_OK && dcf_keyset_new(&heap, &set) == DCF_OK);
	must(dcf_keyset_add_ed25519(set, &key.public_key, NULL) == DCF_OK);
	must(dcf_verifier_publish(verifier, DCF_SLOT_FILES, set) == DCF_OK);
	dcf_keyset_free(set);
}

static void check_claims(const struct dcf_claims *c)
{
	bool here = false;

	must(c->exp_s + DCF_JWT_LEEWAY_S > NOW && c->slot == DCF_SLOT_FILES && c->kid.len == 43);
	for (size_t i = 0; i < c->aud_count; i++)
		here = here || dcf_span_eq(c->aud[i], DCF_SPAN("here"));
	must(here && c->scope_count <= DCF_JWT_SCOPES && c->role_count <= DCF_JWT_ROLES);
	for (size_t i = 0; i < c->scope_count; i++)
		must(dcf_claims_is_scope(c->scope[i]));
	must(c->party.len == 0 || dcf_claims_is_name(c->party));
}

/* Ed25519 gives one signature for one message: a token that is taken ends in the one that we would make. */
static void check_signature(struct dcf_span token)
{
	struct dcf_signature s;
	char text[86];

	must(token.len > 87 && token.p[token.len - 87] == '.');
	s = dcf_sign(&key, (struct dcf_span){ token.p, token.len - 87 });
	must(dcf_text_write(DCF_TEXT_BASE64_URL, text, s.b, sizeof s.b) == 86 &&
	     memcmp(text, token.p + token.len - 86, 86) == 0);
}

/* The exchange's rules: what they take was signed too, says who it is and who says so, and its time has come and ends within
 * the hour; and nothing that they find good or bad changes what the native rules say. */
static void take_by_exchange(struct dcf_span token)
{
	const struct dcf_claims *c;
	enum dcf_jwt_fault why;
	enum dcf_status s = dcf_jwt_verify_by(verifier, DCF_JWT_EXCHANGE, token, NOW, &c, &why);

	must(s == DCF_OK || s == DCF_E_REFUSED);
	must((s == DCF_OK) == (why == DCF_JWT_FINE) && (s == DCF_OK) == (c != NULL));
	if (s == DCF_OK) {
		check_signature(token);
		must(c->sub.len && c->iss.len && !c->scope_is_list && c->exp_s > NOW && c->exp_s <= NOW + DCF_JWT_EXCHANGE_S);
		must((c->nbf_s == INT64_MIN || c->nbf_s <= NOW) && (c->iat_s == INT64_MIN || c->iat_s <= NOW));
	}
	dcf_claims_free(c);
}

static bool take(struct dcf_span token)
{
	const struct dcf_claims *c, *again;
	enum dcf_jwt_fault why, why_again;
	enum dcf_status s = dcf_jwt_verify(verifier, token, NOW, &c, &why);

	must(s == DCF_OK || s == DCF_E_REFUSED);
	must((s == DCF_OK) == (why == DCF_JWT_FINE) && (s == DCF_OK) == (c != NULL));
	take_by_exchange(token);
	must(dcf_jwt_verify(verifier, token, NOW, &again, &why_again) == s && why == why_again);
	if (s == DCF_OK) {
		must(c == again);
		check_signature(token);
		check_claims(c);
	}
	dcf_claims_free(c);
	dcf_claims_free(again);
	return s == DCF_OK;
}

/* A token of these two parts, signed. */
static void take_signed(struct dcf_span header, struct dcf_span payload)
{
	struct dcf_buf token = { .from = &heap };
	struct dcf_signature s;

	dcf_text_put(&token, DCF_TEXT_BASE64_URL, header.p, header.len);
	dcf_buf_char(&token, '.');
	dcf_text_put(&token, DCF_TEXT_BASE64_URL, payload.p, payload.len);
	s = dcf_sign(&key, dcf_buf_as_span(&token));
	dcf_buf_char(&token, '.');
	dcf_text_put(&token, DCF_TEXT_BASE64_URL, s.b, sizeof s.b);
	must(!token.failed);
	(void)take(dcf_buf_as_span(&token));
	dcf_buf_free(&token);
}

static void take_parts(struct dcf_span both)
{
	const char *zero = both.len ? memchr(both.p, 0, both.len) : NULL;
	size_t n = zero ? (size_t)(zero - both.p) : both.len;

	take_signed((struct dcf_span){ both.p, n },
		    (struct dcf_span){ both.p + n + (zero != NULL), both.len - n - (zero != NULL) });
}

static void take_key_set(struct dcf_span text)
{
	struct dcf_keyset *set = NULL;
	struct dcf_node_error err = { 0 };
	size_t skipped = 0;
	enum dcf_status s;

	must(dcf_keyset_new(&heap, &set) == DCF_OK && dcf_keyset_add_ed25519(set, &key.public_key, NULL) == DCF_OK);
	s = dcf_jwks_parse(set, text, "key set", &skipped, &err);
	must(s == DCF_OK ? dcf_keyset_count(set) > 1 : dcf_keyset_count(set) == 1 && err.text[0]);
	must(skipped == 0 || err.text[0]);
	dcf_keyset_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_span rest;

	if (!verifier)
		set_up();
	if (size == 0 || size > 64 * 1024)
		return 0;
	rest = (struct dcf_span){ (const char *)data + 1, size - 1 };
	switch (data[0]) {
	case 't':
		(void)take(rest);
		break;
	case 'h':
		(void)take(dcf_jwt_bearer(rest));
		break;
	case 'b':
		take_parts(rest);
		break;
	case 'p':
		take_signed(DCF_SPAN("{\"alg\":\"EdDSA\"}"), rest);
		break;
	default:
		take_key_set(rest);
	}
	return 0;
}
