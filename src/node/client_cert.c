/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client_cert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include "crypto/hash.h"
#include "crypto/text.h"
#include "node/read_file.h"

enum {
	DER_MAX = 64 * 1024,
	CA_FILE_MAX = 1024 * 1024,
	KEPT = 64,         /* verdicts */
	SECURITY_LEVEL = 2 /* OpenSSL's: RSA from 2048 bits, no SHA-1 */
};
static const int64_t KEPT_US = 60 * INT64_C(1000000);

struct verdict {
	struct dcf_hash hash;
	int64_t until_us; /* monotonic; 0: free */
	bool good;
};

struct dcf_client_certs {
	struct dcf_alloc from;
	const struct dcf_config *config;
	struct dcf_clock clock;
	X509_STORE *authorities; /* NULL: none are asked for */
	pthread_mutex_t lock;
	struct verdict kept[KEPT];
	unsigned next;
};

/* The certificate that these bytes are, all of them; NULL. */
static X509 *certificate_of(struct dcf_span der)
{
	const unsigned char *p = (const unsigned char *)der.p, *begin = p;
	X509 *x;

	if (der.len == 0 || der.len > DER_MAX)
		return NULL;
	x = d2i_X509(NULL, &p, (long)der.len);
	if (x && p != begin + der.len) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

static bool pin_of(X509 *x, char out[53])
{
	static const char head[] = "sha256//";
	unsigned char *spki = NULL, hash[32];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	bool ok = n > 0 && EVP_Digest(spki, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1;

	if (ok) {
		memcpy(out, head, sizeof head - 1);
		(void)dcf_text_write(DCF_TEXT_BASE64, out + sizeof head - 1, hash, sizeof hash);
		out[52] = '\0';
	}
	OPENSSL_free(spki);
	ERR_clear_error();
	return ok;
}

bool dcf_client_cert_pin(struct dcf_span der, char out[53])
{
	X509 *x = certificate_of(der);
	bool ok = x && pin_of(x, out);

	X509_free(x);
	return ok;
}

/* --- authorities ------------------------------------------------------------------------------------------------ */

static enum dcf_status add_authorities(X509_STORE *store, struct dcf_span pem, const char *path, struct dcf_node_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.len);
	enum dcf_status s = DCF_OK;
	unsigned count = 0;
	X509 *x;

	while (bio && s == DCF_OK && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (X509_STORE_add_cert(store, x) != 1)
			s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: a certificate that cannot be used", path);
		X509_free(x);
		count++;
	}
	if (s == DCF_OK && bio && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: a block that is no certificate", path);
	if (s == DCF_OK && count == 0)
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: expected certificates in PEM", path);
	ERR_clear_error();
	BIO_free(bio);
	return s;
}

static enum dcf_status read_authorities(struct dcf_client_certs *c, const char *path, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = &c->from };
	X509_STORE *store = X509_STORE_new();
	enum dcf_status s;

	if (!store)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", path);
	if ((s = dcf_node_read_file(path, CA_FILE_MAX, &text, err)) == DCF_OK &&
	    (s = add_authorities(store, dcf_buf_as_span(&text), path, err)) == DCF_OK) {
		c->authorities = store;
		store = NULL;
	}
	dcf_buf_free(&text);
	X509_STORE_free(store);
	return s;
}

/* Does a chain lead from it to one of the authorities, for a client, today?  What lies between must stand in their file: a
 * handshake hands over the certificate alone. */
static bool chain_holds(struct dcf_client_certs *c, X509 *x)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool ok = false;

	if (ctx && X509_STORE_CTX_init(ctx, c->authorities, x, NULL) == 1 && (param = X509_STORE_CTX_get0_param(ctx)) != NULL) {
		X509_VERIFY_PARAM_set_time(param, (time_t)(dcf_clock_wall_us(&c->clock) / 1000000));
		X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
		/* An authority need not be the root of its own tree. */
		ok = X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) == 1 &&
		     X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 && X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* --- making, asking --------------------------------------------------------------------------------------- */

enum dcf_status dcf_client_certs_new(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
				     struct dcf_client_certs **out, struct dcf_node_error *err)
{
	struct dcf_client_certs *c = dcf_alloc_new(a, sizeof *c);
	enum dcf_status s = DCF_OK;

	if (!c)
		return dcf_node_fail(err, DCF_E_NOMEM, "no memory for client certificates");
	*c = (struct dcf_client_certs){ .from = *a, .config = config, .clock = clock };
	(void)pthread_mutex_init(&c->lock, NULL);
	if (config->tls.client != DCF_CLIENT_NONE && *config->tls.client_ca)
		s = read_authorities(c, config->tls.client_ca, err);
	if (s != DCF_OK) {
		dcf_client_certs_free(c);
		return s;
	}
	*out = c;
	return DCF_OK;
}

void dcf_client_certs_free(struct dcf_client_certs *c)
{
	struct dcf_alloc from;

	if (!c)
		return;
	from = c->from;
	X509_STORE_free(c->authorities);
	pthread_mutex_destroy(&c->lock);
	dcf_alloc_free(&from, c, sizeof *c);
}

static bool is_pinned(const struct dcf_config_list *pins, X509 *x)
{
	char pin[53];

	if (pins->count == 0)
		return true;
	if (!pin_of(x, pin))
		return false;
	for (size_t i = 0; i < pins->count; i++)
		if (strcmp(pins->item[i], pin) == 0)
			return true;
	return false;
}

static bool judge(struct dcf_client_certs *c, struct dcf_span der)
{
	X509 *x = certificate_of(der);
	bool good = x && is_pinned(&c->config->tls.pin, x) && (!c->authorities || chain_holds(c, x));

	X509_free(x);
	return good;
}

/* 1 and 0 for a verdict that is kept, -1 for none. */
static int recall(struct dcf_client_certs *c, const struct dcf_hash *hash, int64_t now_us)
{
	int verdict = -1;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < KEPT; i++)
		if (c->kept[i].until_us > now_us && dcf_hash_eq(&c->kept[i].hash, hash))
			verdict = c->kept[i].good;
	pthread_mutex_unlock(&c->lock);
	return verdict;
}

static void keep(struct dcf_client_certs *c, const struct dcf_hash *hash, int64_t now_us, bool good)
{
	pthread_mutex_lock(&c->lock);
	c->kept[c->next++ % KEPT] = (struct verdict){ .hash = *hash, .until_us = now_us + KEPT_US, .good = good };
	pthread_mutex_unlock(&c->lock);
}

bool dcf_client_certs_take(struct dcf_client_certs *c, struct dcf_span der)
{
	int64_t now_us = dcf_clock_mono_us(&c->clock);
	struct dcf_hash hash;
	int verdict;

	if (c->config->tls.client == DCF_CLIENT_NONE)
		return true;
	if (der.len == 0)
		return c->config->tls.client != DCF_CLIENT_REQUIRE;
	if (der.len > DER_MAX || EVP_Digest(der.p, der.len, hash.b, NULL, EVP_sha256(), NULL) != 1)
		return false;
	verdict = recall(c, &hash, now_us);
	if (verdict < 0) {
		verdict = judge(c, der);
		keep(c, &hash, now_us, verdict);
	}
	return verdict;
}
