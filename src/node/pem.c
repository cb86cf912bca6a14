/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>

static enum dcf_status next_block(BIO *in, const char *where, dcf_pem_take take, void *ctx, bool *over,
				  struct dcf_node_error *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	enum dcf_status s = DCF_OK;
	long n = 0;

	ERR_clear_error();
	if (PEM_read_bio(in, &name, &header, &der, &n)) {
		s = take(ctx, name, der, n, err);
		OPENSSL_cleanse(der, (size_t)n);
	} else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		*over = true;
	} else {
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: a PEM block that is cut or not base64", where);
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return s;
}

enum dcf_status dcf_pem_blocks(struct dcf_span pem, int most, const char *where, dcf_pem_take take, void *ctx,
			       struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;
	bool over = false;
	BIO *in;

	if (pem.len > (size_t)most)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d bytes", where, most);
	in = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.len);
	if (!in)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", where);
	while (s == DCF_OK && !over)
		s = next_block(in, where, take, ctx, &over, err);
	BIO_free(in);
	return s;
}
