/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux_certs.c - certificates of authorities, from the files that the operator names. */
#include "node/api_aux_int.h"

#include "node/pem.h"
#include "node/read_file.h"

#include <openssl/pem.h>

enum { FILE_MOST = 1024 * 1024, CERTS_MOST = 1000 };

struct into {
	struct dcf_json json;
	const char *where;
	size_t count;
};

/* As a string of JSON, written anew: one form for every file. */
static enum dcf_status put_block(void *ctx, const char *name, const unsigned char *der, long n, struct dcf_node_error *err)
{
	struct into *to = ctx;
	const unsigned char *p = der;
	enum dcf_status s = DCF_OK;
	BIO *bio;
	X509 *x;
	char *text = NULL;
	long length;

	if (strcmp(name, "CERTIFICATE") != 0)
		return dcf_node_fail(err, strstr(name, "PRIVATE") ? DCF_E_REFUSED : DCF_E_SYNTAX,
				     "%s: found the block %s; expected certificates alone, since everybody may read them",
				     to->where, name);
	if (++to->count > CERTS_MOST)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d certificates", to->where, CERTS_MOST);
	x = d2i_X509(NULL, &p, n);
	bio = x && p == der + n ? BIO_new(BIO_s_mem()) : NULL;
	if (!bio || PEM_write_bio_X509(bio, x) != 1) {
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: the block %s does not hold one", to->where, name);
	} else {
		length = BIO_get_mem_data(bio, &text);
		dcf_json_string(&to->json, (struct dcf_span){ text, (size_t)length });
	}
	BIO_free(bio);
	X509_free(x);
	return s;
}

enum dcf_status dcf_aux_read_certs(struct dcf_span pem, const char *where, struct dcf_buf *out, struct dcf_node_error *err)
{
	/* The brackets are the caller's: the writer has to think that one is open. */
	struct into to = { .json = { .out = out, .depth = 1 }, .where = where };
	enum dcf_status s = dcf_pem_blocks(pem, FILE_MOST, where, put_block, &to, err);

	if (s != DCF_OK)
		return s;
	if (to.count == 0)
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
	const char *const path[DCF_AUX_CERTS_COUNT] = { aux->config->exchange.ca_certs,
							aux->config->exchange.accepted_ca_certs };
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
