/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_tls.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { CHAIN_MAX = 8, PINS_MAX = 4096 };

struct dcf_http_tls_set {
	struct dcf_alloc from;
	atomic_uint users;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_len;
	gnutls_privkey_t key;
	enum dcf_http_client_cert client;
	uint8_t (*pins)[32];
	size_t pin_count;
	struct dcf_http_tls_admit admit;
};

struct dcf_http_keeper {
	struct dcf_alloc from;
	struct dcf_http_tls_admit admit;
	pthread_mutex_t lock; /* of `now` */
	struct dcf_http_tls_set *now;
};

static gnutls_datum_t datum_of(struct dcf_span s)
{
	/* GnuTLS reads PEM only; its struct has no const. */
	union {
		const char *from;
		unsigned char *to;
	} p = { .from = s.p };

	return (gnutls_datum_t){ p.to, (unsigned)s.len };
}

static void set_free(struct dcf_http_tls_set *set)
{
	struct dcf_alloc from = set->from;

	for (unsigned i = 0; i < set->chain_len; i++)
		gnutls_pcert_deinit(&set->chain[i]);
	if (set->key)
		gnutls_privkey_deinit(set->key);
	dcf_alloc_free(&from, set->pins, set->pin_count * sizeof set->pins[0]);
	dcf_alloc_free(&from, set, sizeof *set);
}

void dcf_http_tls_give(struct dcf_http_tls_set *set)
{
	if (set && atomic_fetch_sub(&set->users, 1) == 1)
		set_free(set);
}

/* Do key and certificate belong together?  Credentials are made once for this check, which GnuTLS does itself. */
static int check_pair(gnutls_datum_t certificate, gnutls_datum_t key)
{
	gnutls_certificate_credentials_t credentials;
	int e = gnutls_certificate_allocate_credentials(&credentials);

	if (e < 0)
		return e;
	e = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(credentials);
	return e;
}

static enum dcf_status load_pair(struct dcf_http_tls_set *set, const struct dcf_http_tls *material, struct dcf_node_error *err)
{
	gnutls_datum_t certificate = datum_of(material->certificate_pem), key = datum_of(material->key_pem);
	unsigned count = CHAIN_MAX;
	int e;

	if (material->certificate_pem.len > 1 << 20 || material->key_pem.len > 1 << 20)
		return dcf_node_fail(err, DCF_E_LIMIT, "certificate or key is longer than 1 MiB");
	if ((e = check_pair(certificate, key)) < 0)
		return dcf_node_fail(err, DCF_E_SYNTAX, "the TLS certificate and key cannot be used: %s", gnutls_strerror(e));
	if ((e = gnutls_pcert_list_import_x509_raw(set->chain, &count, &certificate, GNUTLS_X509_FMT_PEM, 0)) < 0)
		return dcf_node_fail(err, DCF_E_SYNTAX, "the TLS certificate chain cannot be read: %s", gnutls_strerror(e));
	set->chain_len = count;
	if ((e = gnutls_privkey_init(&set->key)) < 0 ||
	    (e = gnutls_privkey_import_x509_raw(set->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0)) < 0)
		return dcf_node_fail(err, DCF_E_SYNTAX, "the TLS key cannot be read: %s", gnutls_strerror(e));
	return DCF_OK;
}

static enum dcf_status load_pins(struct dcf_http_tls_set *set, const struct dcf_http_tls *material, struct dcf_node_error *err)
{
	set->client = material->client;
	if (material->pin_count > PINS_MAX)
		return dcf_node_fail(err, DCF_E_LIMIT, "more than %d pinned certificates", PINS_MAX);
	if (material->pin_count == 0)
		return DCF_OK;
	if (material->client == DCF_HTTP_CERT_NONE)
		return dcf_node_fail(err, DCF_E_USAGE, "certificates are pinned but clients are not asked for one");
	set->pins = dcf_alloc_new(&set->from, material->pin_count * sizeof set->pins[0]);
	if (!set->pins)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	set->pin_count = material->pin_count;
	memcpy(set->pins, material->pins, material->pin_count * sizeof set->pins[0]);
	return DCF_OK;
}

static enum dcf_status set_new(const struct dcf_alloc *from, const struct dcf_http_tls *material,
			       struct dcf_http_tls_admit admit, struct dcf_http_tls_set **out, struct dcf_node_error *err)
{
	struct dcf_http_tls_set *set = dcf_alloc_new(from, sizeof *set);
	enum dcf_status s;

	if (!set)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(set, 0, sizeof *set);
	set->from = *from;
	set->admit = admit;
	atomic_init(&set->users, 1);
	if ((s = load_pair(set, material, err)) != DCF_OK || (s = load_pins(set, material, err)) != DCF_OK) {
		set_free(set);
		return s;
	}
	*out = set;
	return DCF_OK;
}

enum dcf_status dcf_http_tls_new(const struct dcf_alloc *from, const struct dcf_http_tls *material,
				 struct dcf_http_tls_admit admit, struct dcf_http_keeper **out, struct dcf_node_error *err)
{
	struct dcf_http_keeper *tls = dcf_alloc_new(from, sizeof *tls);
	enum dcf_status s;

	if (!tls)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	tls->from = *from;
	tls->admit = admit;
	if ((s = set_new(from, material, admit, &tls->now, err)) != DCF_OK) {
		dcf_alloc_free(from, tls, sizeof *tls);
		return s;
	}
	if (pthread_mutex_init(&tls->lock, NULL) != 0) {
		dcf_http_tls_give(tls->now);
		dcf_alloc_free(from, tls, sizeof *tls);
		return dcf_node_fail(err, DCF_E_NOMEM, "no lock can be made");
	}
	*out = tls;
	return DCF_OK;
}

enum dcf_status dcf_http_tls_renew(struct dcf_http_keeper *tls, const struct dcf_http_tls *material, struct dcf_node_error *err)
{
	struct dcf_http_tls_set *set, *old;
	enum dcf_status s = set_new(&tls->from, material, tls->admit, &set, err);

	if (s != DCF_OK)
		return s;
	(void)pthread_mutex_lock(&tls->lock);
	old = tls->now;
	tls->now = set;
	(void)pthread_mutex_unlock(&tls->lock);
	dcf_http_tls_give(old);
	return DCF_OK;
}

void dcf_http_tls_free(struct dcf_http_keeper *tls)
{
	struct dcf_alloc from;

	if (!tls)
		return;
	from = tls->from;
	dcf_http_tls_give(tls->now);
	(void)pthread_mutex_destroy(&tls->lock);
	dcf_alloc_free(&from, tls, sizeof *tls);
}

struct dcf_http_tls_set *dcf_http_tls_take(struct dcf_http_keeper *tls)
{
	struct dcf_http_tls_set *set;

	(void)pthread_mutex_lock(&tls->lock);
	set = tls->now;
	atomic_fetch_add(&set->users, 1);
	(void)pthread_mutex_unlock(&tls->lock);
	return set;
}

static bool pinned(const struct dcf_http_tls_set *set, const uint8_t fingerprint[static 32])
{
	for (size_t i = 0; i < set->pin_count; i++)
		if (memcmp(set->pins[i], fingerprint, 32) == 0)
			return true;
	return set->pin_count == 0;
}

/* Within its dates, by the clock of this machine? */
static bool within_dates(struct dcf_span der)
{
	gnutls_datum_t d = datum_of(der);
	gnutls_x509_crt_t certificate;
	time_t now = time(NULL);
	bool ok = false;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return false;
	if (gnutls_x509_crt_import(certificate, &d, GNUTLS_X509_FMT_DER) >= 0) {
		time_t from = gnutls_x509_crt_get_activation_time(certificate),
		       to = gnutls_x509_crt_get_expiration_time(certificate);

		ok = from != (time_t)-1 && from <= now && (to == (time_t)-1 || now <= to);
	}
	gnutls_x509_crt_deinit(certificate);
	return ok;
}

static bool admits(const struct dcf_http_tls_set *set, struct dcf_span der, const uint8_t fingerprint[static 32])
{
	if (set->client == DCF_HTTP_CERT_NONE)
		return true;
	if (der.p ? !pinned(set, fingerprint) : set->client == DCF_HTTP_CERT_REQUIRED)
		return false;
	return !set->admit.ask || set->admit.ask(set->admit.ctx, der, fingerprint);
}

bool dcf_http_tls_admits(struct dcf_http_keeper *tls, struct dcf_span der, const uint8_t fingerprint[static 32])
{
	struct dcf_http_tls_set *set = dcf_http_tls_take(tls);
	bool ok = admits(set, der, fingerprint);

	dcf_http_tls_give(set);
	return ok;
}

bool dcf_http_tls_peer(void *session, struct dcf_span *der, uint8_t fingerprint[static 32])
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	memset(fingerprint, 0, 32);
	*der = (struct dcf_span){ NULL, 0 };
	if (!chain || count == 0 || gnutls_hash_fast(GNUTLS_DIG_SHA256, chain[0].data, chain[0].size, fingerprint) < 0)
		return false;
	*der = (struct dcf_span){ (const char *)chain[0].data, chain[0].size };
	return true;
}

/* During the handshake, once the client's certificate is there.  That it holds the key was or will be shown by its signature.
 */
static int verify(gnutls_session_t session)
{
	struct dcf_http_tls_set **holder = gnutls_session_get_ptr(session);
	uint8_t fingerprint[32];
	struct dcf_span der;

	if (dcf_http_tls_peer(session, &der, fingerprint) && !within_dates(der))
		return GNUTLS_E_CERTIFICATE_ERROR;
	return admits(*holder, der, fingerprint) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
		    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned *chain_len,
		    gnutls_privkey_t *key)
{
	struct dcf_http_tls_set **holder = gnutls_session_get_ptr(session);

	(void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
	*chain = (*holder)->chain;
	*chain_len = (*holder)->chain_len;
	*key = (*holder)->key;
	return 0;
}

void dcf_http_tls_begin(void *session, struct dcf_http_tls_set **holder)
{
	gnutls_session_set_ptr(session, holder);
	if ((*holder)->client == DCF_HTTP_CERT_NONE)
		return;
	gnutls_certificate_server_set_request(session, (*holder)->client == DCF_HTTP_CERT_REQUIRED ? GNUTLS_CERT_REQUIRE
												   : GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(session, verify);
}

void *dcf_http_tls_retrieve_function(void)
{
	union {
		gnutls_certificate_retrieve_function2 *f;
		void *p;
	} u = { .f = retrieve };

	return u.p;
}
