/* SPDX-License-Identifier: Apache-2.0 */
/* jwks.c - key sets as JSON (RFC 7517, RFC 7518 section 6, RFC 8037): each key becomes an EVP_PKEY from its numbers and then
 * passes the same checks as one from a file. */
#include "node/jwks.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>
#include "crypto/text.h"
#include "node/keyset.h"
#include "node/read_file.h"
#include "node/strict_json.h"

enum {
	JWKS_DEPTH = 8,
	MODULUS_MOST = 1024 + 1, /* bytes: 8192 bits, and a zero before them that some put there */
	EXPONENT_MOST = 8,
	KEYS_MOST = 1024 /* members of "keys", usable or not */
};

/* A member that must be base64url of at most `cap` bytes; false when it is not. */
static bool take_bytes(struct dcf_jval key, const char *name, uint8_t *out, size_t cap, size_t *n)
{
	struct dcf_jval v = dcf_jget(key, name);

	return dcf_jkind(v) == DCF_J_STRING && dcf_text_read(DCF_TEXT_BASE64_URL, dcf_jstring(v), out, cap, n) == DCF_OK &&
	       *n > 0;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

static EVP_PKEY *rsa_of(struct dcf_jval key)
{
	uint8_t n[MODULUS_MOST], e[EXPONENT_MOST];
	size_t n_len, e_len;
	BIGNUM *bn = NULL, *be = NULL;
	OSSL_PARAM_BLD *build = NULL;
	EVP_PKEY *pkey = NULL;

	if (!take_bytes(key, "n", n, sizeof n, &n_len) || !take_bytes(key, "e", e, sizeof e, &e_len))
		return NULL;
	bn = BN_bin2bn(n, (int)n_len, NULL);
	be = BN_bin2bn(e, (int)e_len, NULL);
	build = OSSL_PARAM_BLD_new();
	if (bn && be && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be) == 1)
		pkey = from_params("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn);
	BN_free(be);
	return pkey;
}

static EVP_PKEY *ec_of(struct dcf_jval key)
{
	uint8_t point[1 + 64] = { 4 }; /* uncompressed */
	size_t x, y;
	OSSL_PARAM_BLD *build;
	EVP_PKEY *pkey = NULL;

	/* Always whole coordinates (RFC 7518, 6.2.1.2). */
	if (!dcf_jis(dcf_jget(key, "crv"), "P-256") || !take_bytes(key, "x", point + 1, 32, &x) || x != 32 ||
	    !take_bytes(key, "y", point + 33, 32, &y) || y != 32)
		return NULL;
	build = OSSL_PARAM_BLD_new();
	if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
		pkey = from_params("EC", build);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

static EVP_PKEY *okp_of(struct dcf_jval key)
{
	uint8_t x[32];
	size_t n;

	if (!dcf_jis(dcf_jget(key, "crv"), "Ed25519") || !take_bytes(key, "x", x, sizeof x, &n) || n != sizeof x)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof x);
}

static const struct {
	const char *kty, *alg, *crv;
	EVP_PKEY *(*read)(struct dcf_jval key);
} types[] = {
	{ "RSA", "RS256", NULL, rsa_of },
	{ "EC", "ES256", "P-256", ec_of },
	{ "OKP", "EdDSA", "Ed25519", okp_of },
};

/* Does an array of texts hold `wanted`? */
static bool array_has(struct dcf_jval array, const char *wanted)
{
	struct dcf_jwalk it = dcf_jwalk(array);
	struct dcf_jval v;

	while (dcf_jnext(&it, &v))
		if (dcf_jis(v, wanted))
			return true;
	return false;
}

/* Is it an algorithm of that type of key that the exchange's rules alone take: RS384, RS512, PS256 ...? */
static bool is_exchange_alone(struct dcf_jval alg, size_t type)
{
	const struct dcf_jwt_scheme *own = dcf_jwt_schemes, *s;

	while (own->name && strcmp(own->name, types[type].alg) != 0)
		own++;
	for (s = dcf_jwt_schemes; s->name; s++)
		if (s->exchange_alone && s->of == own->of && dcf_jis(alg, s->name))
			return true;
	return false;
}

/* Why a key is not one of ours to use; NULL when it may be.  `type` is then its row. */
static const char *use_fault(struct dcf_jval key, size_t *type, bool *exchange_alone)
{
	static const char *const secret[] = { "d", "p", "q", "k", "dp", "dq", "qi", "oth" };
	struct dcf_jval alg = dcf_jget(key, "alg"), use = dcf_jget(key, "use"), ops = dcf_jget(key, "key_ops");

	if (dcf_jkind(key) != DCF_J_OBJECT)
		return "a key that is no object";
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		if (dcf_jkind(dcf_jget(key, secret[i])) != DCF_J_ABSENT)
			return "a key with a private or symmetric part";
	for (*type = 0; *type < sizeof types / sizeof *types; ++*type)
		if (dcf_jis(dcf_jget(key, "kty"), types[*type].kty))
			break;
	if (*type == sizeof types / sizeof *types)
		return "a key type other than RSA, EC and OKP";
	if (types[*type].crv && !dcf_jis(dcf_jget(key, "crv"), types[*type].crv))
		return "a curve other than P-256 and Ed25519";
	*exchange_alone = is_exchange_alone(alg, *type);
	if (!dcf_jnone(alg) && !dcf_jis(alg, types[*type].alg) && !*exchange_alone)
		return "a key for another algorithm than RS256, ES256 and EdDSA, and those of RSA that the exchange takes";
	if (!dcf_jnone(use) && !dcf_jis(use, "sig"))
		return "a key that is not for signatures";
	if (!dcf_jnone(ops) && !array_has(ops, "verify"))
		return "a key that is not for verifying";
	return NULL;
}

struct reading {
	struct dcf_keyset *set;
	const char *where;
	size_t skipped;
	struct dcf_node_error first; /* why the first one was left out */
};

static void skip(struct reading *r, const struct dcf_node_error *why)
{
	if (r->skipped++ == 0)
		r->first = *why;
}

/* DCF_OK also when the key is left out; what concerns the whole set is an error. */
static enum dcf_status take_key(struct reading *r, struct dcf_jval key, struct dcf_node_error *err)
{
	struct dcf_node_error why = { 0 };
	struct dcf_span kid = { 0 };
	struct dcf_jval v;
	const char *fault;
	EVP_PKEY *pkey;
	size_t type;
	bool exchange_alone = false;
	enum dcf_status s;

	fault = use_fault(key, &type, &exchange_alone);
	v = dcf_jget(key, "kid");
	if (!fault && !dcf_jnone(v) && (dcf_jkind(v) != DCF_J_STRING || !dcf_jwt_kid_possible(kid = dcf_jstring(v))))
		fault = "a key id that is no word of 1 to 128 printable characters";
	pkey = fault ? NULL : types[type].read(key);
	if (!fault && !pkey)
		fault = "a key whose numbers are missing, of the wrong length or not base64url";
	ERR_clear_error();
	if (fault) {
		(void)dcf_node_fail(&why, DCF_E_REFUSED, "%s: left out %s", r->where, fault);
		skip(r, &why);
		return DCF_OK;
	}
	/* Some sets have one key for several algorithms under one id.  The exchange asks for no id. */
	if (exchange_alone)
		kid.len = 0;
	for (size_t i = 0; kid.len && i < r->set->count; i++)
		if (dcf_span_eq(dcf_keyset_kid(r->set, i), kid)) {
			EVP_PKEY_free(pkey);
			return dcf_node_fail(err, DCF_E_REFUSED, "%s: the key id '%.*s' twice", r->where, (int)kid.len, kid.p);
		}
	s = dcf_keyset_add(r->set, pkey, kid, r->where, &why);
	if (s == DCF_E_REFUSED) {
		skip(r, &why);
		return DCF_OK;
	}
	if (s == DCF_OK)
		r->set->key[r->set->count - 1].exchange_alone = exchange_alone;
	if (s != DCF_OK && err)
		*err = why;
	return s;
}

static enum dcf_status take_keys(struct reading *r, struct dcf_jval root, struct dcf_node_error *err)
{
	struct dcf_jval keys = dcf_jget(root, "keys"), key;
	struct dcf_jwalk it = dcf_jwalk(keys);
	enum dcf_status s = DCF_OK;

	if (dcf_jkind(keys) == DCF_J_ABSENT && dcf_jkind(dcf_jget(root, "kty")) != DCF_J_ABSENT)
		return take_key(r, root, err);
	if (dcf_jkind(keys) != DCF_J_ARRAY)
		return dcf_node_fail(err, DCF_E_SYNTAX, "%s: expected a key set: an object whose member \"keys\" is an array",
				     r->where);
	if (dcf_jcount(keys) > KEYS_MOST)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d keys", r->where, KEYS_MOST);
	while (s == DCF_OK && dcf_jnext(&it, &key))
		s = take_key(r, key, err);
	return s;
}

static enum dcf_status parse(struct reading *r, struct dcf_span text, struct dcf_strict_json *j, struct dcf_node_error *err)
{
	size_t before = r->set->count;
	enum dcf_status s = dcf_strict_json(j, text, DCF_JWKS_MAX, JWKS_DEPTH);

	if (s != DCF_OK)
		return dcf_node_fail(err, s, "%s: %s", r->where, s == DCF_E_NOMEM ? "no memory" : j->fault);
	if ((s = take_keys(r, dcf_jroot(&j->doc), err)) != DCF_OK)
		return s;
	if (r->set->count == before)
		return dcf_node_fail(err, DCF_E_REFUSED, "%s: no key that can be used%s%s", r->where, r->skipped ? "; " : "",
				     r->skipped ? r->first.text : "");
	return DCF_OK;
}

enum dcf_status dcf_jwks_parse(struct dcf_keyset *set, struct dcf_span text, const char *where, size_t *skipped,
			       struct dcf_node_error *err)
{
	struct reading r = { .set = set, .where = where };
	struct dcf_strict_json j = { .from = &set->from };
	size_t before = set->count;
	enum dcf_status s = parse(&r, text, &j, err);

	if (s != DCF_OK)
		dcf_keyset_cut(set, before);
	else if (err && r.skipped)
		*err = r.first;
	if (skipped)
		*skipped = r.skipped;
	dcf_strict_json_free(&j);
	return s;
}

enum dcf_status dcf_jwks_file(struct dcf_keyset *set, const char *path, size_t *skipped, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = &set->from };
	enum dcf_status s = dcf_node_read_file(path, DCF_JWKS_MAX, &text, err);

	if (s == DCF_OK)
		s = dcf_jwks_parse(set, dcf_buf_as_span(&text), path, skipped, err);
	dcf_buf_free(&text);
	return s;
}
