/* SPDX-License-Identifier: Apache-2.0 */
/* test_jwt.c - published examples, memory that runs out, threads, the cache.  What other software makes is in tokens.py. */
#include "crypto/init.h"
#include "node/claims.h"
#include "node/jwks.h"
#include "node/jwt_parts.h"
#include "node/token.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct dcf_alloc heap;

/* --- published examples ----------------------------------------------------------------------------------------- */

/* RFC 7515, appendix A.2 (the public half), A.3; RFC 8037, appendix A.1. */
static const char rfc_keys[] =
	"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
	"4qPCJrcS2mJPMEzP1Pt0Bm4d4Q"
	"lL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
	"UTo7WTBEMa2R2CapHg665x"
	"smtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\","
	"\"e\":\"AQAB\"},"
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_"
	"tue659LNpXW6pCyStikYjKIWI5"
	"a0\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

#define RFC_PAYLOAD "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
static const char rs256[] =
	"eyJhbGciOiJSUzI1NiJ9." RFC_PAYLOAD
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1"
	"dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDw"
	"usC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77R"
	"w";
static const char es256[] = "eyJhbGciOiJFUzI1NiJ9." RFC_PAYLOAD
			    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/* A.1: HS256; A.5: none; RFC 8037, A.4: EdDSA over a text that is no JSON. */
static const char hs256[] =
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC_PAYLOAD ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char none[] = "eyJhbGciOiJub25lIn0." RFC_PAYLOAD ".";
static const char eddsa[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
			    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

static struct dcf_keyset *keys_of(const struct dcf_alloc *a, const char *jwks)
{
	struct dcf_keyset *set = NULL;
	struct dcf_node_error err = { 0 };

	CHECK(dcf_keyset_new(a, &set) == DCF_OK);
	CHECK_MSG(dcf_jwks_parse(set, dcf_span_of(jwks), "test", NULL, &err) == DCF_OK, "%s", err.text);
	return set;
}

static enum dcf_jwt_fault open_with(struct dcf_keyset *set, const char *token, const struct dcf_claims **claims)
{
	struct dcf_keyring keys = { .slot = { [1] = set } };
	enum dcf_jwt_fault why = DCF_JWT_FAULT_END;
	bool asked;

	*claims = NULL;
	CHECK((dcf_jwt_open(&heap, &keys, DCF_JWT_NATIVE, dcf_span_of(token), claims, &why, &asked) == DCF_OK) ==
	      (why == DCF_JWT_FINE));
	return why;
}

static void published_examples_hold(void)
{
	struct dcf_keyset *set = keys_of(&heap, rfc_keys);
	const char *const good[] = { rs256, es256 };
	const struct dcf_claims *c;
	char other[1000];

	CHECK(dcf_keyset_count(set) == 3);
	for (int i = 0; i < 2; i++) {
		CHECK(open_with(set, good[i], &c) == DCF_JWT_FINE);
		CHECK(c && dcf_span_eq(c->iss, DCF_SPAN("joe")) && c->exp_s == 1300819380 && c->slot == 1 &&
		      c->iat_s == INT64_MIN);
		dcf_claims_free(c);
		/* Every character of the signed part counts. */
		for (size_t at = 0; good[i][at] && strrchr(good[i], '.') > good[i] + at; at++) {
			strcpy(other, good[i]);
			other[at] = other[at] == 'A' ? 'B' : 'A';
			CHECK(open_with(set, other, &c) != DCF_JWT_FINE);
		}
	}
	CHECK(open_with(set, hs256, &c) == DCF_JWT_ALGORITHM);
	CHECK(open_with(set, none, &c) == DCF_JWT_ALGORITHM);
	/* The signature is looked at before the payload: this one holds, that one does not. */
	CHECK(open_with(set, eddsa, &c) == DCF_JWT_FORM);
	strcpy(other, eddsa);
	other[strlen(other) - 10] ^= 3;
	CHECK(open_with(set, other, &c) == DCF_JWT_SIGNATURE);
	dcf_keyset_free(set);
}

static void the_published_thumbprint(void)
{
	/* RFC 8037, appendix A.3. */
	static const uint8_t x[] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
				     0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
				     0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
	struct dcf_public_key key;
	char out[44];

	memcpy(key.b, x, sizeof x);
	dcf_jwt_thumbprint(&key, out);
	CHECK_MSG(strcmp(out, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k") == 0, "%s", out);
}

static void every_fault_has_its_words(void)
{
	for (enum dcf_jwt_fault f = DCF_JWT_FINE; f < DCF_JWT_FAULT_END; f++) {
		CHECK(dcf_jwt_fault_name(f)[0] && dcf_jwt_fault_text(f)[0]);
		for (enum dcf_jwt_fault g = DCF_JWT_FINE; g < f; g++)
			CHECK(strcmp(dcf_jwt_fault_name(f), dcf_jwt_fault_name(g)) != 0);
	}
	CHECK(strcmp(dcf_jwt_fault_name(DCF_JWT_FAULT_END), "unknown") == 0);
}

/* --- our own tokens --------------------------------------------------------------------------------------- */

static void zeros(void *ctx, void *to, size_t n)
{
	memset(to, (*(int *)ctx)++, n);
}

static int salt;
static struct dcf_signing_key key;

static struct dcf_buf minted(const char *party, int64_t now_s, int64_t ttl_s)
{
	static const struct dcf_span scope[] = { { "deconflict.read", 15 }, { "deconflict.declare", 18 } };
	struct dcf_token_request r = { .audience = DCF_SPAN("deconflict"),
				       .party = dcf_span_of(party),
				       .scopes = scope,
				       .scope_count = 2,
				       .random = { zeros, &salt },
				       .now_s = now_s,
				       .ttl_s = ttl_s };
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_error err = { 0 };

	CHECK_MSG(dcf_token_mint(&key, &r, &out, &err) == DCF_OK, "%s", err.text);
	return out;
}

static struct dcf_verifier *own_verifier(const struct dcf_alloc *a)
{
	struct dcf_verifier_options o = { .own_audience = DCF_SPAN("deconflict") };
	struct dcf_keyset *set = NULL;
	struct dcf_verifier *v = NULL;

	CHECK(dcf_verifier_new(a, &o, &v) == DCF_OK && dcf_keyset_new(a, &set) == DCF_OK);
	CHECK(dcf_keyset_add_ed25519(set, &key.public_key, NULL) == DCF_OK &&
	      dcf_verifier_publish(v, DCF_SLOT_OWN, set) == DCF_OK);
	dcf_keyset_free(set);
	return v;
}

static bool is_taken(struct dcf_verifier *v, const struct dcf_buf *token, int64_t now_s)
{
	const struct dcf_claims *c;
	enum dcf_jwt_fault why;
	bool ok = dcf_jwt_verify(v, dcf_buf_as_span(token), now_s, &c, &why) == DCF_OK;

	CHECK(ok == (why == DCF_JWT_FINE) && ok == (c != NULL));
	CHECK(!ok || (dcf_claims_scope(c, DCF_SCOPE_READ) && dcf_claims_scope(c, DCF_SCOPE_DECLARE) &&
		      !dcf_claims_scope(c, DCF_SCOPE_ADMIN) && !dcf_claims_scope(c, "deconflict") &&
		      !dcf_claims_role(c, "deconflict.read")));
	dcf_claims_free(c);
	return ok;
}

static void verified_tokens_are_kept(void)
{
	struct dcf_verifier *v = own_verifier(&heap);
	struct dcf_buf token = minted("CO", 1000, 100);
	struct dcf_verifier_figures f;

	for (int i = 0; i < 5; i++)
		CHECK(is_taken(v, &token, 1000));
	f = dcf_verifier_figures(v);
	CHECK(f.hits == 4 && f.misses == 1);
	/* Past its time: forgotten, and refused again when checked anew. */
	CHECK(!is_taken(v, &token, 1160) && !is_taken(v, &token, 1160));
	f = dcf_verifier_figures(v);
	CHECK(f.hits == 4 && f.misses == 3);
	/* Other keys: nothing that was kept counts. */
	CHECK(is_taken(v, &token, 1000) && is_taken(v, &token, 1000));
	CHECK(dcf_verifier_publish(v, DCF_SLOT_OWN, NULL) == DCF_OK);
	CHECK(!is_taken(v, &token, 1000));
	dcf_buf_free(&token);
	dcf_verifier_free(v);
}

static void more_tokens_than_are_kept(void)
{
	struct dcf_verifier *v = own_verifier(&heap);
	char party[16];

	for (int i = 0; i < DCF_JWT_CACHE + 2000; i++) {
		struct dcf_buf token;

		(void)snprintf(party, sizeof party, "P%d", i);
		token = minted(party, 1000, 100);
		CHECK(is_taken(v, &token, 1000) && is_taken(v, &token, 1001));
		dcf_buf_free(&token);
	}
	CHECK(dcf_verifier_figures(v).hits == DCF_JWT_CACHE + 2000);
	dcf_verifier_free(v);
}

static void what_would_be_refused_is_not_minted(void)
{
	static const struct dcf_span good[] = { { "a", 1 } }, bad[] = { { "a b", 3 } }, many[33] = { { "a", 1 }, { "b", 1 } };
	struct dcf_token_request fine = {
		.audience = DCF_SPAN("x"), .scopes = good, .scope_count = 1, .random = { zeros, &salt }, .now_s = 1, .ttl_s = 1
	};
	struct dcf_token_request r[12];
	struct dcf_node_error err;
	struct dcf_buf out = { .from = &heap };

	CHECK(dcf_token_mint(&key, &fine, &out, &err) == DCF_OK && out.len > 0);
	for (int i = 0; i < 12; i++)
		r[i] = fine;
	r[0].scope_count = 0;
	r[1].scopes = bad;
	r[2].scopes = many;
	r[2].scope_count = 33;
	r[3].audience = (struct dcf_span){ 0 };
	r[4].party = DCF_SPAN("a\nb");
	r[5].sub = DCF_SPAN("a\xff");
	r[6].ttl_s = 0;
	r[7].ttl_s = DCF_TOKEN_TTL_MAX_S + 1;
	r[8].now_s = -1;
	r[9].roles = (const struct dcf_span[]){ { "\x1b", 1 } };
	r[9].role_count = 1;
	r[10].role_count = 17;
	r[11].now_s = INT64_MAX;
	for (int i = 0; i < 12; i++) {
		size_t before = out.len;

		err.text[0] = '\0';
		CHECK_MSG(dcf_token_mint(&key, &r[i], &out, &err) == DCF_E_USAGE && err.text[0] && out.len == before, "%d", i);
	}
	dcf_buf_free(&out);
}

/* --- memory ----------------------------------------------------------------------------------------------- */

struct failing {
	int fail_at;
	bool for_ever;
	int calls, live;
};

static void *failing_resize(void *ctx, void *p, size_t old, size_t n)
{
	struct failing *f = ctx;

	(void)old;
	if (n == 0) {
		f->live--;
		free(p);
		return NULL;
	}
	f->calls++;
	if (f->calls == f->fail_at || (f->for_ever && f->calls > f->fail_at))
		return NULL;
	f->live += p == NULL;
	return realloc(p, n);
}

/* Everything once, from an empty verifier to a verified token; false when memory ran out. */
static bool whole_way(const struct dcf_alloc *a, const struct dcf_buf *token)
{
	struct dcf_span audience = DCF_SPAN("x");
	struct dcf_verifier_options o = { .own_audience = DCF_SPAN("deconflict"), .audiences = &audience, .audience_count = 1 };
	struct dcf_keyset *set = NULL;
	struct dcf_verifier *v = NULL;
	const struct dcf_claims *c = NULL;
	enum dcf_jwt_fault why;
	bool ok;

	ok = dcf_keyset_new(a, &set) == DCF_OK && dcf_keyset_add_ed25519(set, &key.public_key, NULL) == DCF_OK &&
	     dcf_jwks_parse(set, dcf_span_of(rfc_keys), "test", NULL, NULL) == DCF_OK &&
	     dcf_verifier_new(a, &o, &v) == DCF_OK && dcf_verifier_publish(v, DCF_SLOT_OWN, set) == DCF_OK &&
	     dcf_jwt_verify(v, dcf_buf_as_span(token), 1000, &c, &why) == DCF_OK;
	dcf_claims_free(c);
	dcf_verifier_free(v);
	dcf_keyset_free(set);
	return ok;
}

static void memory_that_runs_out(void)
{
	struct dcf_buf token = minted("CO", 1000, 100);

	for (int for_ever = 0; for_ever < 2; for_ever++) {
		bool done = false;

		for (int n = 1; !done; n++) {
			struct failing f = { .fail_at = n, .for_ever = for_ever };
			struct dcf_alloc a = { failing_resize, &f };

			done = whole_way(&a, &token);
			CHECK_MSG(f.live == 0, "%d blocks are left after failure %d", f.live, n);
			CHECK(!done || n > 5);
		}
	}
	dcf_buf_free(&token);
}

/* --- threads -----------------------------------------------------------------------------------------------------------------
 */

struct crowd {
	struct dcf_verifier *v;
	struct dcf_buf token[8];
	_Atomic int taken, refused;
	_Atomic bool stop;
};

static void *keep_asking(void *ctx)
{
	struct crowd *c = ctx;

	for (int i = 0; !atomic_load(&c->stop); i++) {
		if (is_taken(c->v, &c->token[i % 8], 1000))
			atomic_fetch_add(&c->taken, 1);
		else
			atomic_fetch_add(&c->refused, 1);
	}
	return NULL;
}

static void keys_change_while_threads_ask(void)
{
	struct crowd c = { .v = own_verifier(&heap) };
	struct dcf_keyset *set = NULL;
	pthread_t t[3];

	CHECK(dcf_keyset_new(&heap, &set) == DCF_OK && dcf_keyset_add_ed25519(set, &key.public_key, NULL) == DCF_OK);
	for (int i = 0; i < 8; i++)
		c.token[i] = minted(i % 2 ? "CO" : "RU", 1000, 100);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, keep_asking, &c) == 0);
	for (int i = 0; i < 400 || atomic_load(&c.taken) < 100 || atomic_load(&c.refused) < 100; i++)
		CHECK(dcf_verifier_publish(c.v, DCF_SLOT_OWN, i % 2 ? set : NULL) == DCF_OK);
	atomic_store(&c.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 8; i++)
		dcf_buf_free(&c.token[i]);
	dcf_keyset_free(set);
	dcf_verifier_free(c.v);
}

int main(void)
{
	static const uint8_t seed[32] = { 7 };

	heap = dcf_alloc_heap();
	if (dcf_crypto_init() != DCF_OK)
		return 3;
	dcf_signing_key_from_seed(&key, seed);
	return TAP_RUN(TAP(published_examples_hold), TAP(the_published_thumbprint), TAP(every_fault_has_its_words),
		       TAP(verified_tokens_are_kept), TAP(more_tokens_than_are_kept), TAP(what_would_be_refused_is_not_minted),
		       TAP(memory_that_runs_out), TAP(keys_change_while_threads_ask));
}
