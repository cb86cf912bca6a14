/* SPDX-License-Identifier: Apache-2.0 */
/* keyset_pem.c - public keys out of PEM files. */
#include "node/keyset.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include "node/read_file.h"

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

static enum dcf_status add_block(struct dcf_keyset *set, const char *name, const unsigned char *data, long n,
				 struct dcf_span kid, const char *where, struct dcf_node_error *err)
{
	const unsigned char *p = data;
	EVP_PKEY *pkey;

	if (strstr(name, "PRIVATE KEY"))
		return dcf_node_fail(err, DCF_E_REFUSED,
				     "%s: found a private key; expected public keys alone: keep the private one with "
				     "who signs the tokens",
				     where);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		if (strcmp(name, blocks[i].name) != 0)
			continue;
		pkey = blocks[i].read(&p, n);
		if (pkey && p == data + n)
			return dcf_keyset_add(set, pkey, kid, where, err);
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return dcf_node_fail(err, DCF_E_SYNTAX, "%s: the block %s does not hold one", where, name);
	}
	return dcf_node_fail(err, DCF_E_SYNTAX, "%s: found the block %s; expected PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE",
			     where, name);
}

/* The next block, or DCF_E_NOT_FOUND behind the last. */
static enum dcf_status next_block(struct dcf_keyset *set, BIO *bio, struct dcf_span kid, const char *where,
				  struct dcf_node_error *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	enum dcf_status s;
	long n = 0;

	ERR_clear_error();
	if (PEM_read_bio(bio, &name, &header, &data, &n)) {
		s = add_block(set, name, data, n, kid, where, err);
		OPENSSL_cleanse(data, (size_t)n);
	} else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		s = DCF_E_NOT_FOUND;
	} else {
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: a PEM block that is cut or not base64", where);
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	return s;
}

enum dcf_status dcf_keyset_add_pem(struct dcf_keyset *set, struct dcf_span pem, struct dcf_span kid, const char *where,
				   struct dcf_node_error *err)
{
	size_t before = set->count;
	enum dcf_status s;
	BIO *bio;

	if (pem.len > PEM_MAX)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d bytes", where, PEM_MAX);
	bio = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.len);
	if (!bio)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", where);
	while ((s = next_block(set, bio, kid, where, err)) == DCF_OK)
		;
	BIO_free(bio);
	if (s == DCF_E_NOT_FOUND)
		s = set->count > before ? DCF_OK
					: dcf_node_fail(err, DCF_E_SYNTAX, "%s: no PEM block with a public key", where);
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
