/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c - the parts of authentication put together as the configuration says. */
#include "node/auth.h"

#include <pthread.h>
#include <stdio.h>
#include "node/client_cert.h"
#include "node/keys.h"

enum { MOST_SOURCES = DCF_VERIFIER_SLOTS - DCF_SLOT_JWKS };

struct dcf_auth {
	struct dcf_alloc from;
	const struct dcf_config *config;
	struct dcf_clock clock;
	struct dcf_verifier *verifier;
	struct dcf_counter *result[DCF_JWT_FAULT_END];
	pthread_mutex_t reload; /* one at a time */
	pthread_rwlock_t certs_lock;
	struct dcf_client_certs *certs;
	/* Read by the verifier's threads while it is being filled: published by the count. */
	_Atomic unsigned source_count;
	struct dcf_jwks_source *source[MOST_SOURCES];
};

/* --- keys of files ---------------------------------------------------------------------------------------- */

static enum dcf_status files_set(const struct dcf_auth *auth, struct dcf_keyset **out, struct dcf_node_error *err)
{
	const struct dcf_config_list *files = &auth->config->auth.jwt_key;
	struct dcf_keyset *set = NULL;
	enum dcf_status s = dcf_keyset_new(&auth->from, &set);

	if (s != DCF_OK)
		return dcf_node_fail(err, s, "no memory for keys");
	for (size_t i = 0; s == DCF_OK && i < files->count; i++)
		s = dcf_keyset_add_pem_file(set, files->item[i], err);
	if (s == DCF_OK) {
		*out = set;
		set = NULL;
	}
	dcf_keyset_free(set);
	return s;
}

/* Put new authorities in the place of the old ones, which the caller is handed. */
static void swap_certs(struct dcf_auth *auth, struct dcf_client_certs **certs)
{
	struct dcf_client_certs *old;

	pthread_rwlock_wrlock(&auth->certs_lock);
	old = auth->certs;
	auth->certs = *certs;
	pthread_rwlock_unlock(&auth->certs_lock);
	*certs = old;
}

/* Everything is read before anything is used. */
static enum dcf_status load(struct dcf_auth *auth, struct dcf_node_error *err)
{
	struct dcf_keyset *own = NULL, *files = NULL;
	struct dcf_client_certs *certs = NULL;
	enum dcf_status s;

	if ((s = dcf_keys_own_set(&auth->from, auth->config->server.data, &own, err)) != DCF_OK ||
	    (s = files_set(auth, &files, err)) != DCF_OK ||
	    (s = dcf_client_certs_new(&auth->from, auth->config, auth->clock, &certs, err)) != DCF_OK)
		goto done;
	if ((s = dcf_verifier_publish(auth->verifier, DCF_SLOT_OWN, own)) != DCF_OK ||
	    (s = dcf_verifier_publish(auth->verifier, DCF_SLOT_FILES, files)) != DCF_OK)
		s = dcf_node_fail(err, s, "no memory for keys");
	else
		swap_certs(auth, &certs);
done:
	dcf_client_certs_free(certs);
	dcf_keyset_free(own);
	dcf_keyset_free(files);
	return s;
}

enum dcf_status dcf_auth_reload(struct dcf_auth *auth, struct dcf_node_error *err)
{
	enum dcf_status s;

	pthread_mutex_lock(&auth->reload);
	s = load(auth, err);
	pthread_mutex_unlock(&auth->reload);
	for (unsigned i = 0; i < atomic_load(&auth->source_count); i++)
		dcf_jwks_poke(auth->source[i]);
	return s;
}

/* --- opening and closing ---------------------------------------------------------------------------------- */

static void look_again(void *ctx)
{
	struct dcf_auth *auth = ctx;

	for (unsigned i = 0; i < atomic_load(&auth->source_count); i++)
		dcf_jwks_poke(auth->source[i]);
}

static enum dcf_status make_verifier(struct dcf_auth *auth, struct dcf_node_error *err)
{
	const struct dcf_config *c = auth->config;
	struct dcf_span audience[DCF_CONFIG_LIST], issuer[DCF_CONFIG_LIST];
	struct dcf_verifier_options o = { .own_audience = DCF_SPAN(DCF_AUTH_AUDIENCE),
					  .audiences = audience,
					  .audience_count = c->auth.jwt_audience.count,
					  .issuers = issuer,
					  .issuer_count = c->auth.jwt_issuer.count,
					  .unknown_key = look_again,
					  .unknown_key_ctx = auth };
	enum dcf_status s;

	for (size_t i = 0; i < o.audience_count; i++)
		audience[i] = dcf_span_of(c->auth.jwt_audience.item[i]);
	for (size_t i = 0; i < o.issuer_count; i++)
		issuer[i] = dcf_span_of(c->auth.jwt_issuer.item[i]);
	s = dcf_verifier_new(&auth->from, &o, &auth->verifier);
	return s == DCF_OK ? s : dcf_node_fail(err, s, "no memory for authentication");
}

static enum dcf_status start_sources(struct dcf_auth *auth, struct dcf_logger *logger, struct dcf_node_error *err)
{
	const struct dcf_config *c = auth->config;
	enum dcf_status s = DCF_OK;

	if (c->auth.jwt_jwks.count > MOST_SOURCES)
		return dcf_node_fail(err, DCF_E_LIMIT, "auth.jwt_jwks: expected at most %d of them", MOST_SOURCES);
	for (unsigned i = 0; s == DCF_OK && i < c->auth.jwt_jwks.count; i++) {
		struct dcf_jwks_options o = { .url = c->auth.jwt_jwks.item[i],
					      .ca_file = c->auth.jwks_ca,
					      .allow_http = c->auth.jwks_allow_http,
					      .least_us = c->auth.jwks_least_us,
					      .most_us = c->auth.jwks_most_us,
					      .keep_us = c->auth.jwks_keep_us,
					      .timeout_us = c->auth.jwks_timeout_us,
					      .slot = DCF_SLOT_JWKS + i };

		s = dcf_jwks_start(&auth->from, &o, auth->verifier, auth->clock, logger, &auth->source[i], err);
		if (s == DCF_OK)
			atomic_store(&auth->source_count, i + 1);
	}
	return s;
}

static int64_t ask_hits(void *ctx)
{
	return (int64_t)dcf_verifier_figures(ctx).hits;
}

static int64_t ask_age(void *ctx)
{
	return dcf_jwks_age_us(ctx);
}

static int64_t ask_failures(void *ctx)
{
	return (int64_t)dcf_jwks_failures(ctx);
}

static void register_metrics(struct dcf_auth *auth, struct dcf_metrics *metrics)
{
	char labels[64];

	for (unsigned i = 0; i < DCF_JWT_FAULT_END; i++) {
		(void)snprintf(labels, sizeof labels, "result=\"%s\"", dcf_jwt_fault_name((enum dcf_jwt_fault)i));
		auth->result[i] = dcf_metrics_counter(metrics, "deconflict_auth_total",
						      "Requests by what came of checking their token.", labels);
	}
	(void)dcf_metrics_ask(metrics, "deconflict_auth_cache_hits_total", "Tokens that were verified before.", "", ask_hits,
			      auth->verifier, 1);
	for (unsigned i = 0; i < atomic_load(&auth->source_count); i++) {
		(void)snprintf(labels, sizeof labels, "source=\"%u\"", i);
		(void)dcf_metrics_ask(metrics, "deconflict_jwks_age_seconds",
				      "Time since the key set was last fetched well; below 0: never.", labels, ask_age,
				      auth->source[i], 1000000);
		(void)dcf_metrics_ask(metrics, "deconflict_jwks_failures_total", "Looks at the key set that failed.", labels,
				      ask_failures, auth->source[i], 1);
	}
}

enum dcf_status dcf_auth_open(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
			      struct dcf_logger *logger, struct dcf_metrics *metrics, struct dcf_auth **out,
			      struct dcf_node_error *err)
{
	struct dcf_auth *auth = dcf_alloc_new(a, sizeof *auth);
	enum dcf_status s;

	if (!auth)
		return dcf_node_fail(err, DCF_E_NOMEM, "no memory for authentication");
	*auth = (struct dcf_auth){ .from = *a, .config = config, .clock = clock };
	(void)pthread_mutex_init(&auth->reload, NULL);
	(void)pthread_rwlock_init(&auth->certs_lock, NULL);
	if ((s = make_verifier(auth, err)) != DCF_OK || (s = load(auth, err)) != DCF_OK ||
	    (s = start_sources(auth, logger, err)) != DCF_OK)
		goto done;
	if (metrics)
		register_metrics(auth, metrics);
	*out = auth;
	auth = NULL;
done:
	dcf_auth_close(auth);
	return s;
}

void dcf_auth_close(struct dcf_auth *auth)
{
	struct dcf_alloc from;

	if (!auth)
		return;
	from = auth->from;
	for (unsigned i = 0; i < atomic_load(&auth->source_count); i++)
		dcf_jwks_stop(auth->source[i]);
	dcf_verifier_free(auth->verifier);
	dcf_client_certs_free(auth->certs);
	pthread_rwlock_destroy(&auth->certs_lock);
	pthread_mutex_destroy(&auth->reload);
	dcf_alloc_free(&from, auth, sizeof *auth);
}

const char *dcf_auth_audience(const struct dcf_auth *auth)
{
	(void)auth;
	return DCF_AUTH_AUDIENCE;
}

/* --- checking ---------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status check_by(struct dcf_auth *auth, enum dcf_jwt_rules rules, struct dcf_span authorization,
				const struct dcf_claims **claims, enum dcf_jwt_fault *why)
{
	/* Rounded down: a token's last second is its own. */
	enum dcf_status s = dcf_jwt_verify_by(auth->verifier, rules, dcf_jwt_bearer(authorization),
					      dcf_clock_wall_us(&auth->clock) / 1000000, claims, why);

	if (s == DCF_OK || s == DCF_E_REFUSED)
		dcf_counter_one(auth->result[*why]);
	return s;
}

enum dcf_status dcf_auth_check(struct dcf_auth *auth, struct dcf_span authorization, const struct dcf_claims **claims,
			       enum dcf_jwt_fault *why)
{
	return check_by(auth, DCF_JWT_NATIVE, authorization, claims, why);
}

enum dcf_status dcf_auth_check_exchange(struct dcf_auth *auth, struct dcf_span authorization, const struct dcf_claims **claims,
					enum dcf_jwt_fault *why)
{
	return check_by(auth, DCF_JWT_EXCHANGE, authorization, claims, why);
}

bool dcf_auth_pin_of(struct dcf_span certificate_der, char out[53])
{
	return dcf_client_cert_pin(certificate_der, out);
}

bool dcf_auth_pinned(const struct dcf_auth *auth, struct dcf_span certificate_der)
{
	struct dcf_auth *a = (struct dcf_auth *)(uintptr_t)auth; /* the lock is all that changes */
	bool good;

	pthread_rwlock_rdlock(&a->certs_lock);
	good = dcf_client_certs_take(a->certs, certificate_der);
	pthread_rwlock_unlock(&a->certs_lock);
	return good;
}
