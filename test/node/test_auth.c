/* SPDX-License-Identifier: Apache-2.0 */
/* test_auth.c - authentication as the server sees it: one door, keys that change behind it, figures of what came of it. */
#include "crypto/init.h"
#include "node/auth.h"
#include "node/keys.h"
#include "node/token.h"
#include "scratch.h"
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct dcf_alloc heap;
static char dir[80], pem[128];
static struct dcf_clock_manual hands = { .wall_us = INT64_C(1000000000), .mono_us = 1 };

/* RFC 8410, section 10.1. */
static const char public_pem[] =
	"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
static const uint8_t rfc_seed[32] = { 0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8,
				      0xf1, 0xf7, 0x69, 0xf8, 0xad, 0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1,
				      0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f, 0x44, 0x75, 0x58, 0x42 };

static void write_pem(const char *text)
{
	int fd = open(pem, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

struct bench {
	struct dcf_config config;
	struct dcf_metrics *metrics;
	struct dcf_auth *auth;
	struct dcf_signing_key own, theirs;
};

static void begin(struct bench *b)
{
	struct dcf_node_error err = { 0 };

	scratch_folder(dir, sizeof dir);
	(void)snprintf(pem, sizeof pem, "%s/theirs.pem", dir);
	write_pem(public_pem);
	memset(b, 0, sizeof *b);
	dcf_signing_key_from_seed(&b->theirs, rfc_seed);
	dcf_config_init(&b->config, &heap);
	b->config.server.data = dir;
	b->config.auth.jwt_key = (struct dcf_config_list){ 1, { pem } };
	b->config.auth.jwt_audience = (struct dcf_config_list){ 1, { "here" } };
	CHECK(dcf_metrics_new(&heap, &b->metrics) == DCF_OK &&
	      dcf_keys_load(dir, DCF_KEY_TOKEN, true, &b->own, NULL, &err) == DCF_OK);
	CHECK_MSG(dcf_auth_open(&heap, &b->config, dcf_clock_manual_of(&hands), NULL, b->metrics, &b->auth, &err) == DCF_OK,
		  "%s", err.text);
}

static void end(struct bench *b)
{
	dcf_auth_close(b->auth);
	dcf_metrics_free(b->metrics);
	dcf_config_free(&b->config);
}

/* "Bearer ..." of a key, NUL-terminated. */
static struct dcf_buf header(const struct dcf_signing_key *key, const char *audience)
{
	static const struct dcf_span scope[] = { { "deconflict.read", 15 } };
	struct dcf_token_request r = { .audience = dcf_span_of(audience),
				       .scopes = scope,
				       .scope_count = 1,
				       .random = dcf_random_system(),
				       .now_s = 1000,
				       .ttl_s = 100 };
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_error err = { 0 };

	dcf_buf_z(&out, "Bearer ");
	CHECK_MSG(dcf_token_mint(key, &r, &out, &err) == DCF_OK, "%s", err.text);
	return out;
}

static enum dcf_jwt_fault check(struct dcf_auth *auth, struct dcf_span value)
{
	const struct dcf_claims *c;
	enum dcf_jwt_fault why;
	enum dcf_status s = dcf_auth_check(auth, value, &c, &why);

	CHECK((s == DCF_OK) == (why == DCF_JWT_FINE) && (s == DCF_OK) == (c != NULL));
	dcf_claims_free(c);
	return why;
}

static enum dcf_jwt_fault check_key(struct dcf_auth *auth, const struct dcf_signing_key *key, const char *audience)
{
	struct dcf_buf value = header(key, audience);
	enum dcf_jwt_fault why = check(auth, dcf_buf_as_span(&value));

	dcf_buf_free(&value);
	return why;
}

static bool page_has(struct bench *b, const char *line)
{
	struct dcf_buf page = { .from = &heap };
	bool has;

	dcf_metrics_write(b->metrics, &page);
	dcf_buf_char(&page, '\0');
	has = strstr(page.p, line) != NULL;
	dcf_buf_free(&page);
	return has;
}

static void tokens_of_both_origins(void)
{
	struct bench b;

	begin(&b);
	CHECK(check_key(b.auth, &b.own, dcf_auth_audience(b.auth)) == DCF_JWT_FINE);
	CHECK(check_key(b.auth, &b.own, "here") == DCF_JWT_AUDIENCE);
	CHECK(check_key(b.auth, &b.theirs, "here") == DCF_JWT_FINE);
	CHECK(check_key(b.auth, &b.theirs, dcf_auth_audience(b.auth)) == DCF_JWT_AUDIENCE);
	CHECK(check(b.auth, (struct dcf_span){ 0 }) == DCF_JWT_NO_TOKEN && check(b.auth, DCF_SPAN("Bearer x")) == DCF_JWT_FORM);
	CHECK(page_has(&b, "\ndeconflict_auth_total{result=\"ok\"} 2\n") && page_has(&b, "{result=\"audience\"} 2\n") &&
	      page_has(&b, "{result=\"no_token\"} 1\n") && page_has(&b, "{result=\"form\"} 1\n") &&
	      page_has(&b, "{result=\"expired\"} 0\n"));
	dcf_clock_manual_pass(&hands, INT64_C(160000000));
	CHECK(check_key(b.auth, &b.own, "deconflict") == DCF_JWT_EXPIRED);
	dcf_clock_manual_pass(&hands, -INT64_C(160000000));
	CHECK(dcf_auth_pinned(b.auth, (struct dcf_span){ 0 }));
	end(&b);
}

static void a_bad_file_changes_nothing(void)
{
	struct bench b;
	struct dcf_node_error err = { 0 };
	struct dcf_signing_key next;

	begin(&b);
	write_pem("nonsense");
	/* The own key changes too: neither is taken. */
	CHECK(dcf_keys_prepare(dir, DCF_KEY_TOKEN, &next, &err) == DCF_OK &&
	      dcf_keys_adopt(dir, DCF_KEY_TOKEN, true, &err) == DCF_OK);
	CHECK(dcf_auth_reload(b.auth, &err) != DCF_OK && strstr(err.text, "theirs.pem"));
	CHECK(check_key(b.auth, &b.theirs, "here") == DCF_JWT_FINE && check_key(b.auth, &b.own, "deconflict") == DCF_JWT_FINE);
	CHECK(check_key(b.auth, &next, "deconflict") == DCF_JWT_UNKNOWN_KEY ||
	      check_key(b.auth, &next, "deconflict") == DCF_JWT_SIGNATURE);
	write_pem(public_pem);
	CHECK_MSG(dcf_auth_reload(b.auth, &err) == DCF_OK, "%s", err.text);
	CHECK(check_key(b.auth, &next, "deconflict") == DCF_JWT_FINE &&
	      check_key(b.auth, &b.own, "deconflict") != DCF_JWT_FINE);
	unlink(pem);
	CHECK(dcf_auth_reload(b.auth, &err) == DCF_E_IO && check_key(b.auth, &b.theirs, "here") == DCF_JWT_FINE);
	end(&b);
}

static void what_cannot_be_opened_says_why(void)
{
	struct bench b;
	struct dcf_node_error err = { 0 };
	struct dcf_auth *auth = NULL;

	begin(&b);
	b.config.auth.jwt_jwks = (struct dcf_config_list){ 1, { "http://192.0.2.1/" } };
	CHECK(dcf_auth_open(&heap, &b.config, dcf_clock_system(), NULL, NULL, &auth, &err) == DCF_E_USAGE &&
	      strstr(err.text, "http://192.0.2.1/"));
	b.config.auth.jwt_jwks.count = 11;
	CHECK(dcf_auth_open(&heap, &b.config, dcf_clock_system(), NULL, NULL, &auth, &err) == DCF_E_LIMIT);
	b.config.auth.jwt_jwks.count = 0;
	b.config.server.data = "/tmp/deconflict-no-such-folder";
	CHECK(dcf_auth_open(&heap, &b.config, dcf_clock_system(), NULL, NULL, &auth, &err) == DCF_E_NOT_FOUND && !auth);
	b.config.server.data = dir;
	end(&b);
}

struct crowd {
	struct bench b;
	struct dcf_buf value;
	_Atomic int asked;
	_Atomic bool stop;
};

static void *keep_asking(void *ctx)
{
	struct crowd *c = ctx;

	while (!atomic_load(&c->stop)) {
		CHECK(check(c->b.auth, dcf_buf_as_span(&c->value)) == DCF_JWT_FINE);
		CHECK(dcf_auth_pinned(c->b.auth, (struct dcf_span){ 0 }));
		atomic_fetch_add(&c->asked, 1);
	}
	return NULL;
}

static void reloading_under_load(void)
{
	struct crowd c = { .asked = 0 };
	struct dcf_node_error err;
	pthread_t t[3];

	begin(&c.b);
	c.value = header(&c.b.theirs, "here");
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, keep_asking, &c) == 0);
	for (int i = 0; i < 50 || atomic_load(&c.asked) < 1000; i++)
		CHECK(dcf_auth_reload(c.b.auth, &err) == DCF_OK);
	atomic_store(&c.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	dcf_buf_free(&c.value);
	end(&c.b);
}

int main(void)
{
	heap = dcf_alloc_heap();
	if (dcf_crypto_init() != DCF_OK)
		return 3;
	return TAP_RUN(TAP(tokens_of_both_origins), TAP(a_bad_file_changes_nothing), TAP(what_cannot_be_opened_says_why),
		       TAP(reloading_under_load));
}
