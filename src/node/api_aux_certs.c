/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux_certs.c - certificates of authorities, from the files that the operator names. */
#include "node/api_aux_int.h"

#include "node/read_file.h"

#include <openssl/err.h>
#include <openssl/pem.h>

enum { FILE_MOST = 1024 * 1024, CERTS_MOST = 1000 };

/* One block of a PEM text as a string of JSON, written anew: one form for every file. */
static enum dcf_status put_block(const char *name, const unsigned char *der, long n, const char *where, struct dcf_json *j,
				 struct dcf_node_error *err)
{
	const unsigned char *p = der;
	enum dcf_status s = DCF_OK;
	BIO *bio;
	X509 *x;
	char *text = NULL;
	long length;

	if (strcmp(name, "CERTIFICATE") != 0)
		return dcf_node_fail(err, strstr(name, "PRIVATE") ? DCF_E_REFUSED : DCF_E_SYNTAX,
				     "%s: found the block %s; expected certificates alone, since everybody may read them", where, name);
	x = d2i_X509(NULL, &p, n);
	bio = x && p == der + n ? BIO_new(BIO_s_mem()) : NULL;
	if (!bio || PEM_write_bio_X509(bio, x) != 1) {
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: the block %s does not hold one", where, name);
	} else {
		length = BIO_get_mem_data(bio, &text);
		dcf_json_string(j, (struct dcf_span){ text, (size_t)length });
	}
	BIO_free(bio);
	X509_free(x);
	return s;
}

/* The next block; DCF_E_NOT_FOUND behind the last. */
static enum dcf_status next_block(BIO *in, const char *where, struct dcf_json *j, struct dcf_node_error *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	enum dcf_status s;
	long n = 0;

	ERR_clear_error();
	if (PEM_read_bio(in, &name, &header, &der, &n)) {
		s = put_block(name, der, n, where, j, err);
		OPENSSL_cleanse(der, (size_t)n);
	} else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		s = DCF_E_NOT_FOUND;
	} else {
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: a PEM block that is cut or not base64", where);
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return s;
}

enum dcf_status dcf_aux_read_certs(struct dcf_span pem, const char *where, struct dcf_buf *out, struct dcf_node_error *err)
{
	/* The brackets are the caller's: the writer has to think that one is open. */
	struct dcf_json j = { .out = out, .depth = 1 };
	size_t count = 0;
	enum dcf_status s;
	BIO *in;

	if (pem.len > FILE_MOST)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d bytes", where, FILE_MOST);
	in = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.len);
	if (!in)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", where);
	while ((s = next_block(in, where, &j, err)) == DCF_OK)
		if (++count > CERTS_MOST)
			break;
	BIO_free(in);
	if (s == DCF_OK)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d certificates", where, CERTS_MOST);
	if (s != DCF_E_NOT_FOUND)
		return s;
	if (count == 0)
		return dcf_node_fail(err, DCF_E_SYNTAX, "%s: no certificate", where);
	return out->failed ? dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", where) : DCF_OK;
}

static enum dcf_status read_one(struct dcf_aux *aux, const char *path, struct dcf_buf *out, struct dcf_node_error *err)
{
	struct dcf_buf pem = { .from = &aux->heap };
	enum dcf_status s = dcf_node_read_file(path, FILE_MOST, &pem, err);

	if (s == DCF_OK)
		s = dcf_aux_read_certs(dcf_buf_as_span(&pem), path, out, err);
	dcf_buf_free(&pem);
	return s;
}

enum dcf_status dcf_aux_reload(struct dcf_aux *aux, struct dcf_node_error *err)
{
	const char *const path[DCF_AUX_CERTS_COUNT] = { aux->config->exchange.ca_certs, aux->config->exchange.accepted_ca_certs };
	struct dcf_buf fresh[DCF_AUX_CERTS_COUNT];
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < DCF_AUX_CERTS_COUNT; i++)
		fresh[i] = (struct dcf_buf){ .from = &aux->heap };
	for (size_t i = 0; i < DCF_AUX_CERTS_COUNT && s == DCF_OK; i++)
		if (*path[i])
			s = read_one(aux, path[i], &fresh[i], err);
	(void)pthread_mutex_lock(&aux->lock);
	for (size_t i = 0; i < DCF_AUX_CERTS_COUNT && s == DCF_OK; i++) {
		struct dcf_buf old = aux->certs[i];

		aux->certs[i] = fresh[i];
		aux->has_certs[i] = *path[i] != 0;
		fresh[i] = old;
	}
	(void)pthread_mutex_unlock(&aux->lock);
	for (size_t i = 0; i < DCF_AUX_CERTS_COUNT; i++)
		dcf_buf_free(&fresh[i]);
	return s;
}

bool dcf_aux_put_certs(struct dcf_aux *aux, enum dcf_aux_certs which, struct dcf_json *j)
{
	bool has;

	(void)pthread_mutex_lock(&aux->lock);
	has = aux->has_certs[which];
	if (has)
		dcf_json_raw(j, dcf_buf_as_span(&aux->certs[which]));
	(void)pthread_mutex_unlock(&aux->lock);
	return has;
}
