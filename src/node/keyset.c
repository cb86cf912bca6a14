/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.c - public keys: which are taken, and whether a signature holds.
 *
 * A key that gets in here is strong enough and of one algorithm for ever, so that nothing a token says can make it be used in
 * another way.  RSA and P-256 are OpenSSL's; Ed25519 is libsodium's, which also refuses points of small order and signatures
 * that could be written in two ways. */
#include "node/keyset.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <string.h>

const struct dcf_jwt_scheme dcf_jwt_schemes[] = {
	{ "RS256", DCF_ALG_RS256, EVP_sha256, false, false },
	{ "ES256", DCF_ALG_ES256, EVP_sha256, false, false },
	{ "EdDSA", DCF_ALG_EDDSA, NULL, false, false },
	{ "RS384", DCF_ALG_RS256, EVP_sha384, false, true },
	{ "RS512", DCF_ALG_RS256, EVP_sha512, false, true },
	{ "PS256", DCF_ALG_RS256, EVP_sha256, true, true },
	{ "PS384", DCF_ALG_RS256, EVP_sha384, true, true },
	{ "PS512", DCF_ALG_RS256, EVP_sha512, true, true },
	{ NULL, DCF_ALG_END, NULL, false, false },
};

enum {
	RSA_BITS_LEAST = 2048,
	RSA_BITS_MOST = 8192, /* checking a signature takes a millisecond there: more would be a way to keep us busy */
	RSA_EXPONENT_LEAST = 65537,
	RSA_EXPONENT_BITS = 32,
	P256_COORDINATE = 32
};

enum dcf_status dcf_keyset_new(const struct dcf_alloc *a, struct dcf_keyset **out)
{
	struct dcf_keyset *set = dcf_alloc_new(a, sizeof *set);

	if (!set)
		return DCF_E_NOMEM;
	memset(set, 0, sizeof *set);
	atomic_init(&set->refs, 1);
	set->from = *a;
	*out = set;
	return DCF_OK;
}

struct dcf_keyset *dcf_keyset_ref(struct dcf_keyset *set)
{
	if (set)
		atomic_fetch_add(&set->refs, 1);
	return set;
}

void dcf_keyset_cut(struct dcf_keyset *set, size_t n)
{
	while (set->count > n)
		EVP_PKEY_free(set->key[--set->count].pkey);
}

void dcf_keyset_free(struct dcf_keyset *set)
{
	struct dcf_alloc from;

	if (!set || atomic_fetch_sub(&set->refs, 1) != 1)
		return;
	dcf_keyset_cut(set, 0);
	from = set->from;
	dcf_alloc_free(&from, set, sizeof *set);
}

size_t dcf_keyset_count(const struct dcf_keyset *set)
{
	return set->count;
}

struct dcf_span dcf_keyset_kid(const struct dcf_keyset *set, size_t n)
{
	return (struct dcf_span){ set->key[n].kid, set->key[n].kid_len };
}

enum dcf_jwt_alg dcf_keyset_alg(const struct dcf_keyset *set, size_t n)
{
	return set->key[n].alg;
}

/* --- key ids ------------------------------------------------------------------------------------------- */

bool dcf_jwt_kid_possible(struct dcf_span kid)
{
	for (size_t i = 0; i < kid.len; i++)
		if (!(kid.p[i] > ' ' && kid.p[i] <= '~') || strchr("\"'\\`", kid.p[i]))
			return false;
	return kid.len >= 1 && kid.len <= DCF_JWT_KID_MAX;
}

static bool holds(struct dcf_span s, struct dcf_span part)
{
	for (size_t i = 0; i + part.len <= s.len; i++)
		if (memcmp(s.p + i, part.p, part.len) == 0)
			return true;
	return false;
}

bool dcf_jwt_kid_plain(struct dcf_span kid)
{
	for (size_t i = 0; i < kid.len; i++) {
		char c = kid.p[i];

		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("-._~=+@:", c))))
			return false;
	}
	return dcf_jwt_kid_possible(kid) && !holds(kid, DCF_SPAN(".."));
}

/* --- which keys are taken --------------------------------------------------------------------------------- */

static const char *rsa_fault(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);
	const char *fault = NULL;
	BIGNUM *e = NULL;

	if (bits < RSA_BITS_LEAST)
		return "an RSA key of less than 2048 bits";
	if (bits > RSA_BITS_MOST)
		return "an RSA key of more than 8192 bits";
	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e))
		return "an RSA key without an exponent";
	if (BN_num_bits(e) > RSA_EXPONENT_BITS || !BN_is_odd(e) || BN_get_word(e) < RSA_EXPONENT_LEAST)
		fault = "an RSA key whose exponent is not an odd number from 65537 to 4294967295";
	BN_free(e);
	return fault;
}

static const char *ec_fault(const EVP_PKEY *pkey)
{
	char group[32];
	size_t n;

	if (!EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) || strcmp(group, "prime256v1") != 0)
		return "an elliptic curve key that is not on P-256";
	return NULL;
}

/* The point must be of the large group: with one of small order anybody could make signatures. */
static const char *ed25519_fault(const EVP_PKEY *pkey, struct dcf_public_key *raw)
{
	size_t n = sizeof raw->b;

	if (!EVP_PKEY_get_raw_public_key(pkey, raw->b, &n) || n != sizeof raw->b)
		return "an Ed25519 key without its point";
	return crypto_core_ed25519_is_valid_point(raw->b) == 1 ? NULL : "an Ed25519 key that is not a point of the large group";
}

/* Why the key is not taken; NULL when it is: then its algorithm is set. */
static const char *key_fault(EVP_PKEY *pkey, struct dcf_jwt_key *key)
{
	EVP_PKEY_CTX *ctx;
	const char *fault;

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		key->alg = DCF_ALG_RS256;
		fault = rsa_fault(pkey);
		break;
	case EVP_PKEY_EC:
		key->alg = DCF_ALG_ES256;
		fault = ec_fault(pkey);
		break;
	case EVP_PKEY_ED25519:
		key->alg = DCF_ALG_EDDSA;
		return ed25519_fault(pkey, &key->raw);
	default:
		return "a key that is neither RSA nor P-256 nor Ed25519";
	}
	if (fault)
		return fault;
	/* On its curve; an RSA modulus that is no prime and has no small factor. */
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	if (!ctx || EVP_PKEY_public_check(ctx) != 1)
		fault = "a key whose numbers do not make a public key";
	EVP_PKEY_CTX_free(ctx);
	return fault;
}

static bool has_kid(const struct dcf_keyset *set, struct dcf_span kid)
{
	for (size_t i = 0; i < set->count; i++)
		if (dcf_span_eq(dcf_keyset_kid(set, i), kid))
			return true;
	return false;
}

enum dcf_status dcf_keyset_add(struct dcf_keyset *set, EVP_PKEY *pkey, struct dcf_span kid, const char *where,
			       struct dcf_node_error *err)
{
	struct dcf_jwt_key *key = &set->key[set->count];
	enum dcf_status s = DCF_E_REFUSED;
	const char *fault;

	if (set->count == DCF_KEYSET_MAX) {
		s = dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d keys", where, DCF_KEYSET_MAX);
		goto done;
	}
	if (kid.len && !dcf_jwt_kid_possible(kid)) {
		(void)dcf_node_fail(err, s, "%s: a key id that is no word of 1 to %d printable characters", where,
				    DCF_JWT_KID_MAX);
		goto done;
	}
	if (kid.len && has_kid(set, kid)) {
		(void)dcf_node_fail(err, s, "%s: the key id '%.*s' twice", where, (int)kid.len, kid.p);
		goto done;
	}
	memset(key, 0, sizeof *key);
	if ((fault = key_fault(pkey, key)) != NULL) {
		(void)dcf_node_fail(err, s, "%s: found %s; expected RSA of 2048 bits or more, P-256 or Ed25519", where, fault);
		goto done;
	}
	if (kid.len)
		memcpy(key->kid, kid.p, kid.len);
	key->kid_len = kid.len;
	key->pkey = pkey;
	pkey = NULL;
	set->count++;
	s = DCF_OK;
done:
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return s;
}

enum dcf_status dcf_keyset_add_ed25519(struct dcf_keyset *set, const struct dcf_public_key *key, struct dcf_node_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->b, sizeof key->b);
	char kid[44];

	if (!pkey)
		return dcf_node_fail(err, DCF_E_NOMEM, "no memory for a key");
	dcf_jwt_thumbprint(key, kid);
	return dcf_keyset_add(set, pkey, dcf_span_of(kid), "Ed25519 key", err);
}

/* --- does a signature hold? ------------------------------------------------------------------------------- */

/* OpenSSL wants ECDSA signatures as DER; JWS has the two numbers side by side, 32 bytes each (RFC 7518, 3.4). */
static int ecdsa_der(struct dcf_span signature, unsigned char **der)
{
	const unsigned char *p = (const unsigned char *)signature.p;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int n = -1;

	if (signature.len != 2 * P256_COORDINATE || !(sig = ECDSA_SIG_new()))
		return -1;
	r = BN_bin2bn(p, P256_COORDINATE, NULL);
	s = BN_bin2bn(p + P256_COORDINATE, P256_COORDINATE, NULL);
	if (r && s && ECDSA_SIG_set0(sig, r, s)) {
		n = i2d_ECDSA_SIG(sig, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n;
}

static bool pad_as(EVP_PKEY_CTX *of_key, const struct dcf_jwt_scheme *scheme)
{
	if (scheme->of != DCF_ALG_RS256)
		return true;
	/* A salt of any length: whatever software signed, the digest is what counts. */
	return EVP_PKEY_CTX_set_rsa_padding(of_key, scheme->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
	       (!scheme->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_AUTO) == 1);
}

static bool evp_holds(EVP_PKEY *pkey, const struct dcf_jwt_scheme *scheme, struct dcf_span message,
		      const unsigned char *signature, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *of_key; /* ctx's own */
	bool ok;

	ok = ctx && EVP_DigestVerifyInit(ctx, &of_key, scheme->digest(), NULL, pkey) == 1 && pad_as(of_key, scheme) &&
	     EVP_DigestVerify(ctx, signature, n, (const unsigned char *)message.p, message.len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static bool ed25519_holds(const struct dcf_jwt_key *key, struct dcf_span message, struct dcf_span signature)
{
	struct dcf_signature s;

	if (signature.len != sizeof s.b)
		return false;
	memcpy(s.b, signature.p, sizeof s.b);
	return dcf_signature_holds(&key->raw, message, &s);
}

bool dcf_jwt_key_holds(const struct dcf_jwt_key *key, const struct dcf_jwt_scheme *scheme, struct dcf_span signed_part,
		       struct dcf_span signature)
{
	unsigned char *der = NULL;
	bool ok;
	int n;

	if (key->alg == DCF_ALG_EDDSA)
		return ed25519_holds(key, signed_part, signature);
	if (key->alg == DCF_ALG_RS256) /* as long as the modulus, no leading zero away (RFC 8017, 8.2.2) */
		return signature.len == (size_t)EVP_PKEY_get_size(key->pkey) &&
		       evp_holds(key->pkey, scheme, signed_part, (const unsigned char *)signature.p, signature.len);
	n = ecdsa_der(signature, &der);
	ok = n > 0 && evp_holds(key->pkey, scheme, signed_part, der, (size_t)n);
	OPENSSL_free(der);
	return ok;
}
