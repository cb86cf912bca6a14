/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_token.h"
#include "base/json_writer.h"
#include "crypto/random.h"
#include "crypto/text.h"
#include "node/read_file.h"
#include "node/strict_json.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)

enum {
	KEPT_MOST = 256, /* tokens */
	SCOPE_MOST = 64,
	TOKEN_MOST = 16 * 1024, /* bytes */
	REPLY_MOST = 64 * 1024,
	SECRET_MOST = 4096,
	OWN_LIFE_S = 1800,
	UNKNOWN_LIFE_S = 60,
	REST_LEAST_MS = 500, /* after a failure, doubled up to ... */
	REST_MOST_MS = 30000
};

struct kept {
	char audience[DCF_USS_HOST_MAX + 1], scope[SCOPE_MOST];
	struct dcf_buf token;
	int64_t until_us, used_us; /* mono */
};

struct dcf_uss_tokens {
	struct dcf_uss_tokens_options o;
	struct dcf_alloc from;
	struct dcf_uss_place service;
	EVP_PKEY *key;
	pthread_mutex_t lock;   /* of what is kept */
	pthread_mutex_t asking; /* one question to the service at a time */
	struct kept *kept[KEPT_MOST];
	bool in_body;                   /* the service wants the secret there; under `asking` */
	int64_t rest_ms, rest_until_us; /* under `asking` */
};

static int64_t mono(const struct dcf_uss_tokens *t)
{
	return dcf_clock_mono_us(&t->o.clock);
}

/* --- what is kept ----------------------------------------------------------------------------------------- */

static void wipe(struct dcf_buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	dcf_buf_free(b);
}

static void drop(struct dcf_uss_tokens *t, size_t i)
{
	wipe(&t->kept[i]->token);
	dcf_alloc_free(&t->from, t->kept[i], sizeof *t->kept[i]);
	t->kept[i] = NULL;
}

/* Under the lock.  The place of (audience, scope), else a free one, else that which was used longest ago. */
static size_t place_of(const struct dcf_uss_tokens *t, const char *audience, const char *scope)
{
	size_t best = 0;

	for (size_t i = 0; i < KEPT_MOST; i++) {
		const struct kept *k = t->kept[i];

		if (k && strcmp(k->audience, audience) == 0 && strcmp(k->scope, scope) == 0)
			return i;
		if (t->kept[best] && (!k || k->used_us < t->kept[best]->used_us))
			best = i;
	}
	return best;
}

static bool take_kept(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out)
{
	struct kept *k;
	bool good;

	pthread_mutex_lock(&t->lock);
	k = t->kept[place_of(t, audience, scope)];
	good = k && strcmp(k->audience, audience) == 0 && strcmp(k->scope, scope) == 0 && mono(t) < k->until_us;
	if (good) {
		k->used_us = mono(t);
		dcf_buf_span(out, dcf_buf_as_span(&k->token));
		good = !out->failed;
	}
	pthread_mutex_unlock(&t->lock);
	return good;
}

/* Not to its very end: it has to be good when it arrives. */
static void keep(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_span token, int64_t life_s)
{
	struct kept *k = dcf_alloc_new(&t->from, sizeof *k);
	int64_t margin_s = life_s / 5 < 60 ? life_s / 5 : 60;
	size_t i;

	if (!k)
		return;
	*k = (struct kept){ .token.from = &t->from, .used_us = mono(t), .until_us = mono(t) + (life_s - margin_s) * SECOND };
	(void)snprintf(k->audience, sizeof k->audience, "%s", audience);
	(void)snprintf(k->scope, sizeof k->scope, "%s", scope);
	dcf_buf_span(&k->token, token);
	pthread_mutex_lock(&t->lock);
	i = place_of(t, audience, scope);
	if (t->kept[i])
		drop(t, i);
	t->kept[i] = k;
	if (k->token.failed)
		drop(t, i);
	pthread_mutex_unlock(&t->lock);
}

void dcf_uss_token_forget(struct dcf_uss_tokens *t, struct dcf_span token)
{
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < KEPT_MOST; i++)
		if (t->kept[i] && dcf_span_eq(dcf_buf_as_span(&t->kept[i]->token), token))
			drop(t, i);
	pthread_mutex_unlock(&t->lock);
}

/* --- signed here ------------------------------------------------------------------------------------------------ */

static void put_part(struct dcf_buf *out, struct dcf_buf *json)
{
	dcf_text_put(out, DCF_TEXT_BASE64_URL, json->p, json->len);
	json->len = 0;
}

static void put_claims(const struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out)
{
	const struct dcf_random random = dcf_random_system();
	int64_t now_s = dcf_clock_wall_us(&t->o.clock) / SECOND;
	struct dcf_json j = { .out = out };
	uint8_t id[16];
	char hex[33];

	dcf_random_fill(&random, id, sizeof id);
	hex[dcf_text_write(DCF_TEXT_HEX, hex, id, sizeof id)] = '\0';
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "iss");
	dcf_json_z(&j, t->o.issuer);
	dcf_json_key(&j, "sub");
	dcf_json_z(&j, t->o.manager);
	dcf_json_key(&j, "aud");
	dcf_json_z(&j, audience);
	dcf_json_key(&j, "scope");
	dcf_json_z(&j, scope);
	dcf_json_key(&j, "iat");
	dcf_json_i64(&j, now_s);
	dcf_json_key(&j, "exp");
	dcf_json_i64(&j, now_s + OWN_LIFE_S);
	dcf_json_key(&j, "jti");
	dcf_json_z(&j, hex);
	dcf_json_end(&j, '}');
}

static bool sign_put(EVP_PKEY *key, struct dcf_buf *out, size_t from)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[1024]; /* RSA of 8192 bits */
	size_t len = sizeof signature;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(ctx, signature, &len, (const unsigned char *)out->p + from, out->len - from) == 1;

	EVP_MD_CTX_free(ctx);
	if (ok) {
		dcf_buf_char(out, '.');
		dcf_text_put(out, DCF_TEXT_BASE64_URL, signature, len);
	}
	return ok;
}

static enum dcf_status make_own(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out)
{
	struct dcf_buf json = { .from = &t->from };
	size_t from = out->len;
	bool ok;

	dcf_buf_z(&json, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
	put_part(out, &json);
	dcf_buf_char(out, '.');
	put_claims(t, audience, scope, &json);
	put_part(out, &json);
	ok = !json.failed && !out->failed && sign_put(t->key, out, from) && !out->failed;
	dcf_buf_free(&json);
	if (!ok)
		return DCF_E_NOMEM;
	keep(t, audience, scope, (struct dcf_span){ out->p + from, out->len - from }, OWN_LIFE_S);
	return DCF_OK;
}

/* --- asked for ---------------------------------------------------------------------------------------------------- */

/* application/x-www-form-urlencoded, everything but unreserved characters encoded. */
static void put_form(struct dcf_buf *out, const char *name, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";

	if (out->len)
		dcf_buf_char(out, '&');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '=');
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c)) {
			dcf_buf_char(out, (char)c);
		} else {
			dcf_buf_char(out, '%');
			dcf_buf_char(out, hex[c >> 4]);
			dcf_buf_char(out, hex[c & 15]);
		}
	}
}

/* When a token says itself that it ends (a JSON Web Token's `exp`); 0: it does not. */
static int64_t life_in(struct dcf_uss_tokens *t, struct dcf_span token)
{
	const char *dot = memchr(token.p, '.', token.len);
	struct dcf_span body = { dot ? dot + 1 : token.p, dot ? token.len - (size_t)(dot + 1 - token.p) : 0 };
	const char *end = body.len ? memchr(body.p, '.', body.len) : NULL;
	struct dcf_strict_json json = { .from = &t->from };
	size_t n = 0, room;
	double exp = 0;
	char *text;

	if (!end)
		return 0;
	body.len = (size_t)(end - body.p);
	room = dcf_text_room(DCF_TEXT_BASE64_URL, body.len);
	text = dcf_alloc_new(&t->from, room);
	if (text && dcf_text_read(DCF_TEXT_BASE64_URL, body, text, room, &n) == DCF_OK &&
	    dcf_strict_json(&json, (struct dcf_span){ text, n }, TOKEN_MOST, 8) == DCF_OK &&
	    !dcf_jdouble(dcf_jget(dcf_jroot(&json.doc), "exp"), &exp))
		exp = 0;
	dcf_strict_json_free(&json);
	dcf_alloc_free(&t->from, text, room);
	exp -= (double)(dcf_clock_wall_us(&t->o.clock) / SECOND);
	return exp > 0 && exp < 1e6 ? (int64_t)exp : 0;
}

static bool is_token(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] > '~')
			return false;
	return s.len > 0 && s.len <= TOKEN_MOST;
}

/* {"access_token": ..., "expires_in": ...} */
static enum dcf_status take_answer(struct dcf_uss_tokens *t, struct dcf_span text, const char *audience, const char *scope,
				   struct dcf_buf *out, struct dcf_node_error *err)
{
	struct dcf_strict_json json = { .from = &t->from };
	enum dcf_status s = dcf_strict_json(&json, text, REPLY_MOST, 8);
	struct dcf_jval token = s == DCF_OK ? dcf_jget(dcf_jroot(&json.doc), "access_token") : (struct dcf_jval){ NULL, 0 };
	double life = 0;

	if (s == DCF_E_NOMEM)
		goto done;
	if (dcf_jkind(token) != DCF_J_STRING || !is_token(dcf_jstring(token))) {
		s = dcf_node_fail(err, DCF_E_REFUSED, "%s: the answer has no access_token", t->service.origin);
		goto done;
	}
	dcf_buf_span(out, dcf_jstring(token));
	if (!dcf_jdouble(dcf_jget(dcf_jroot(&json.doc), "expires_in"), &life) || !(life > 0) || life > 1e6)
		life = (double)life_in(t, dcf_jstring(token));
	keep(t, audience, scope, dcf_jstring(token), life >= 1 ? (int64_t)life : UNKNOWN_LIFE_S);
	s = out->failed ? DCF_E_NOMEM : DCF_OK;
done:
	dcf_strict_json_free(&json);
	return s;
}

static enum dcf_status read_secret(struct dcf_uss_tokens *t, struct dcf_buf *secret, struct dcf_node_error *err)
{
	enum dcf_status s = dcf_node_read_file(t->o.secret_file, SECRET_MOST, secret, err);

	while (s == DCF_OK && secret->len && strchr("\r\n", secret->p[secret->len - 1]))
		secret->len--;
	dcf_buf_char(secret, '\0');
	return s == DCF_OK && secret->failed ? DCF_E_NOMEM : s;
}

/* What is asked, as a form; in the body, or (without a secret) behind the URL. */
static void put_question(struct dcf_uss_tokens *t, const char *audience, const char *scope, const char *secret,
			 struct dcf_buf *form)
{
	put_form(form, "grant_type", "client_credentials");
	put_form(form, "scope", scope);
	put_form(form, secret ? "audience" : "intended_audience", audience);
	if (!secret) {
		put_form(form, "issuer", t->o.issuer);
		put_form(form, "sub", *t->o.client ? t->o.client : t->o.manager);
	} else if (t->in_body) {
		put_form(form, "client_id", t->o.client);
		put_form(form, "client_secret", secret);
	}
}

static enum dcf_status ask_once(struct dcf_uss_tokens *t, const char *audience, const char *scope, const char *secret,
				struct dcf_uss_call *call)
{
	struct dcf_buf form = { .from = &t->from }, path = { .from = &t->from };
	enum dcf_status s;

	put_question(t, audience, scope, secret, &form);
	dcf_buf_char(&form, '\0');
	*call = (struct dcf_uss_call){ .place = &t->service, .path = "", .reply_max = REPLY_MOST, .reply = call->reply };
	if (secret) {
		call->body = (struct dcf_span){ form.p, form.len - 1 };
		call->type = "application/x-www-form-urlencoded";
		if (!t->in_body) {
			call->user = t->o.client;
			call->secret = secret;
		}
	} else if (!form.failed) {
		dcf_buf_char(&path, strchr(t->service.url, '?') ? '&' : '?');
		dcf_buf_z(&path, form.p);
		dcf_buf_char(&path, '\0');
		call->path = path.p;
	}
	s = form.failed || path.failed ? DCF_E_NOMEM : dcf_uss_call_run(call, t->o.wire);
	wipe(&form);
	dcf_buf_free(&path);
	return s;
}

static enum dcf_status ask(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out,
			   struct dcf_node_error *err)
{
	struct dcf_buf secret = { .from = &t->from };
	struct dcf_uss_call call = { .reply.from = &t->from };
	bool has_secret = *t->o.secret_file;
	enum dcf_status s = has_secret ? read_secret(t, &secret, err) : DCF_OK;

	if (s == DCF_OK)
		s = ask_once(t, audience, scope, has_secret ? secret.p : NULL, &call);
	/* Not every service takes HTTP Basic, though RFC 6749 (2.3.1) asks for it. */
	if (s == DCF_OK && has_secret && (call.status == 400 || call.status == 401)) {
		t->in_body = !t->in_body;
		s = ask_once(t, audience, scope, secret.p, &call);
	}
	if (s == DCF_E_IO)
		(void)dcf_node_fail(err, s, "%s: %s", t->service.origin, call.error);
	else if (s == DCF_OK && call.status != 200)
		s = dcf_node_fail(err, DCF_E_REFUSED, "%s: status %u, expected 200", t->service.origin, call.status);
	else if (s == DCF_OK)
		s = take_answer(t, dcf_buf_as_span(&call.reply), audience, scope, out, err);
	wipe(&secret);
	wipe(&call.reply);
	return s;
}

/* A service that fails is left alone for a while, longer each time. */
static enum dcf_status ask_gently(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out,
				  struct dcf_node_error *err)
{
	enum dcf_status s;

	if (mono(t) < t->rest_until_us)
		return dcf_node_fail(err, DCF_E_IO, "%s: failed a moment ago", t->service.origin);
	s = ask(t, audience, scope, out, err);
	t->rest_ms = s == DCF_OK ? 0 : t->rest_ms ? t->rest_ms * 2 : REST_LEAST_MS;
	t->rest_ms = t->rest_ms < REST_MOST_MS ? t->rest_ms : REST_MOST_MS;
	t->rest_until_us = mono(t) + t->rest_ms * 1000;
	return s;
}

bool dcf_uss_token_now(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out)
{
	size_t before = out->len;

	if (strlen(audience) > DCF_USS_HOST_MAX || strlen(scope) >= SCOPE_MOST)
		return false;
	if (take_kept(t, audience, scope, out) || (t->key && make_own(t, audience, scope, out) == DCF_OK))
		return true;
	out->len = before;
	return false;
}

enum dcf_status dcf_uss_token(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out,
			      struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;

	if (dcf_uss_token_now(t, audience, scope, out))
		return DCF_OK;
	if (t->key)
		return dcf_node_fail(err, DCF_E_NOMEM, "no token could be signed");
	pthread_mutex_lock(&t->asking);
	if (!take_kept(t, audience, scope, out))
		s = ask_gently(t, audience, scope, out, err);
	pthread_mutex_unlock(&t->asking);
	return s;
}

/* --- life ------------------------------------------------------------------------------------------------- */

static enum dcf_status load_key(struct dcf_uss_tokens *t, struct dcf_node_error *err)
{
	struct dcf_buf pem = { .from = &t->from };
	enum dcf_status s = dcf_node_read_file(t->o.key_file, REPLY_MOST, &pem, err);
	BIO *bio = s == DCF_OK ? BIO_new_mem_buf(pem.p, (int)pem.len) : NULL;

	if (bio)
		t->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	BIO_free(bio);
	wipe(&pem);
	if (s != DCF_OK)
		return s;
	if (!t->key || EVP_PKEY_get_base_id(t->key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(t->key) < 2048 ||
	    EVP_PKEY_get_bits(t->key) > 8192)
		return dcf_node_fail(err, DCF_E_USAGE, "uss.token_key: %s: expected a private RSA key of 2048 to 8192 bits",
				     t->o.key_file);
	return DCF_OK;
}

enum dcf_status dcf_uss_tokens_new(const struct dcf_uss_tokens_options *options, struct dcf_uss_tokens **out,
				   struct dcf_node_error *err)
{
	struct dcf_uss_tokens *t = dcf_alloc_new(options->from, sizeof *t);
	const char *fault = NULL;
	enum dcf_status s = DCF_OK;

	if (!t)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(t, 0, sizeof *t);
	t->o = *options;
	t->from = *options->from;
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->asking, NULL);
	if (*t->o.key_file)
		s = load_key(t, err);
	else
		fault = dcf_uss_guard_own(dcf_span_of(t->o.url), t->o.allow_http, &t->service);
	if (fault)
		s = dcf_node_fail(err, DCF_E_USAGE, "uss.token_url: %s", fault);
	if (s == DCF_OK)
		*out = t;
	else
		dcf_uss_tokens_free(t);
	return s;
}

void dcf_uss_tokens_free(struct dcf_uss_tokens *t)
{
	struct dcf_alloc from;

	if (!t)
		return;
	from = t->from;
	for (size_t i = 0; i < KEPT_MOST; i++)
		if (t->kept[i])
			drop(t, i);
	EVP_PKEY_free(t->key);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->asking);
	dcf_alloc_free(&from, t, sizeof *t);
}
