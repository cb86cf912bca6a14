/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/exchange.h"
#include "crypto/text.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BITS = 2048, LIFE_S = 3500, SIGNATURE = 1024 };

struct dcf_exchange_signer {
	EVP_PKEY *key;
};

static const char *const scope_of[DCF_RIGHT_COUNT] = {
	[DCF_RIGHT_INTENTS] = "utm.strategic_coordination",
	[DCF_RIGHT_AREAS] = "rid.service_provider rid.display_provider",
};

static enum dcf_status complain(const char *what, const char *file)
{
	fprintf(stderr, "deconflict: bench: exchange: %s: %s\n", file ? file : "a new key", what);
	return DCF_E_IO;
}

enum dcf_status dcf_exchange_signer_new(const char *file, struct dcf_exchange_signer **out)
{
	struct dcf_exchange_signer *s = calloc(1, sizeof *s);
	FILE *f = file ? fopen(file, "re") : NULL;
	enum dcf_status st = DCF_OK;

	if (!s)
		st = DCF_E_NOMEM;
	else if (file && !f)
		st = complain("cannot be opened", file);
	else if (file && !(s->key = PEM_read_PrivateKey(f, NULL, NULL, NULL)))
		st = complain("no private key without a password", file);
	else if (!file && !(s->key = EVP_RSA_gen(BITS)))
		st = DCF_E_NOMEM;
	else if (EVP_PKEY_get_base_id(s->key) != EVP_PKEY_RSA)
		st = complain("no RSA key", file);
	if (f)
		(void)fclose(f);
	if (st != DCF_OK) {
		dcf_exchange_signer_free(s);
		s = NULL;
	}
	*out = s;
	return st;
}

void dcf_exchange_signer_free(struct dcf_exchange_signer *s)
{
	if (s)
		EVP_PKEY_free(s->key);
	free(s);
}

enum dcf_status dcf_exchange_signer_public(const struct dcf_exchange_signer *s, const char *file)
{
	FILE *f = fopen(file, "we");
	bool ok = f && PEM_write_PUBKEY(f, s->key) == 1;

	if (f && fclose(f) != 0)
		ok = false;
	return ok ? DCF_OK : complain("cannot be written", file);
}

/* Behind what is in `b`: its RS256 signature. */
static bool sign(const struct dcf_exchange_signer *s, struct dcf_buf *b)
{
	uint8_t signature[SIGNATURE];
	size_t n = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->key) == 1 &&
		  EVP_DigestSign(ctx, signature, &n, (const uint8_t *)b->p, b->len) == 1;

	EVP_MD_CTX_free(ctx);
	if (ok) {
		dcf_buf_char(b, '.');
		dcf_text_put(b, DCF_TEXT_BASE64_URL, signature, n);
	}
	return ok;
}

static enum dcf_status make(const struct dcf_exchange_signer *s, const char *audience, unsigned manager,
			    enum dcf_exchange_right right, char *out, size_t room)
{
	static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf b = { .from = &heap };
	long long now = (long long)time(NULL);
	char claims[600];
	int n = snprintf(claims, sizeof claims,
			 "{\"sub\":\"bench%u\",\"iss\":\"bench\",\"aud\":\"%s\",\"scope\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
			 manager, audience, scope_of[right], now - 1, now + LIFE_S);
	bool ok;

	dcf_text_put(&b, DCF_TEXT_BASE64_URL, head, sizeof head - 1);
	dcf_buf_char(&b, '.');
	dcf_text_put(&b, DCF_TEXT_BASE64_URL, claims, (size_t)n);
	ok = (size_t)n < sizeof claims && !b.failed && sign(s, &b) && !b.failed;
	if (ok)
		ok = (size_t)snprintf(out, room, "Authorization: Bearer %.*s\r\nContent-Type: application/json\r\n", (int)b.len,
				      b.p) < room;
	dcf_buf_free(&b);
	return ok ? DCF_OK : DCF_E_IO;
}

static enum dcf_status read_token(const char *file, char *out, size_t room)
{
	char text[8300];
	FILE *f = fopen(file, "re");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f)
		(void)fclose(f);
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	if (!text[0])
		return complain("no token in it", file);
	(void)snprintf(out, room, "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", text);
	return DCF_OK;
}

enum dcf_status dcf_exchange_tokens(const struct dcf_exchange_signer *s, const char *audience, const char *token,
				    struct dcf_exchange_tokens *out)
{
	enum dcf_status st = DCF_OK;

	for (unsigned m = 0; st == DCF_OK && m < DCF_EXCHANGE_MANAGERS; m++)
		for (unsigned r = 0; st == DCF_OK && r < DCF_RIGHT_COUNT; r++)
			st = token ? read_token(token, out->header[m][r], sizeof out->header[m][r])
				   : make(s, audience, m, (enum dcf_exchange_right)r, out->header[m][r],
					  sizeof out->header[m][r]);
	return st;
}
