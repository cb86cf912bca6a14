/* SPDX-License-Identifier: Apache-2.0 */
/* keyset_pem.c - public keys out of PEM files. */
#include "node/keyset.h"
#include "node/pem.h"
#include "node/read_file.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

enum { PEM_MAX = 256 * 1024 };

static EVP_PKEY *from_public(const unsigned char **der, long n)
{
	return d2i_PUBKEY(NULL, der, n);
}

static EVP_PKEY *from_rsa(const unsigned char **der, long n)
{
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, der, n);
}

static EVP_PKEY *from_certificate(const unsigned char **der, long n)
{
	X509 *x = d2i_X509(NULL, der, n);
	EVP_PKEY *pkey = x ? X509_get_pubkey(x) : NULL;

	X509_free(x);
	return pkey;
}

static const struct {
	const char *name;
	EVP_PKEY *(*read)(const unsigned char **der, long n);
} blocks[] = {
	{ "PUBLIC KEY", from_public },
	{ "RSA PUBLIC KEY", from_rsa },
	{ "CERTIFICATE", from_certificate },
};

struct into {
	struct dcf_keyset *set;
	struct dcf_span kid;
	const char *where;
};

static enum dcf_status add_block(void *ctx, const char *name, const unsigned char *der, long n, struct dcf_node_error *err)
{
	const struct into *to = ctx;
	const unsigned char *p = der;
	EVP_PKEY *pkey;

	if (strstr(name, "PRIVATE KEY"))
		return dcf_node_fail(err, DCF_E_REFUSED,
				     "%s: found a private key; expected public keys alone: keep the private one with "
				     "who signs the tokens",
				     to->where);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		if (strcmp(name, blocks[i].name) != 0)
			continue;
		pkey = blocks[i].read(&p, n);
		if (pkey && p == der + n)
			return dcf_keyset_add(to->set, pkey, to->kid, to->where, err);
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return dcf_node_fail(err, DCF_E_SYNTAX, "%s: the block %s does not hold one", to->where, name);
	}
	return dcf_node_fail(err, DCF_E_SYNTAX, "%s: found the block %s; expected PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE",
			     to->where, name);
}

enum dcf_status dcf_keyset_add_pem(struct dcf_keyset *set, struct dcf_span pem, struct dcf_span kid, const char *where,
				   struct dcf_node_error *err)
{
	struct into to = { set, kid, where };
	size_t before = set->count;
	enum dcf_status s = dcf_pem_blocks(pem, PEM_MAX, where, add_block, &to, err);

	if (s == DCF_OK && set->count == before)
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: no PEM block with a public key", where);
	if (s != DCF_OK)
		dcf_keyset_cut(set, before);
	return s;
}

enum dcf_status dcf_keyset_add_pem_file(struct dcf_keyset *set, const char *path, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = &set->from };
	enum dcf_status s = dcf_node_read_file(path, PEM_MAX, &text, err);

	if (s == DCF_OK)
		s = dcf_keyset_add_pem(set, dcf_buf_as_span(&text), (struct dcf_span){ 0 }, path, err);
	dcf_buf_free(&text);
	return s;
}
