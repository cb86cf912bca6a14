/* SPDX-License-Identifier: Apache-2.0 */
/* auth_tool.c - authentication behind standard input and output, for the tests that make their tokens with other software.
 *
 *     auth_tool [aud:NAME | iss:NAME | pem:FILE | jwks:FILE | url:URL | least:MS | most:MS | keep:MS |
 *                timeout:MS | ca:FILE | own:DIR]...
 *
 * Prints "ready" or "refused: ...", then answers each line:
 *     verify NOW TOKEN    ok slot=1 kid=... sub=... ... | fault NAME
 *     exchange NOW TOKEN  the same by the exchange's rules
 *     header NOW TEXT     the same for the value of an Authorization header
 *     state               fetches=N failures=N ready=0|1
 *     mint DIR NOW TTL PARTY|sub:NAME|- SCOPE[,SCOPE]    a token of DIR's token key
 *     pin HEX             sha256//... of a DER certificate
 *     rotate DIR keep|drop, reload DIR
 *     cert DIR NOW none|ask|require CA|- PIN|- HEX|-    yes | no, as the whole of authentication says of a certificate */
#include "crypto/init.h"
#include "crypto/text.h"
#include "node/auth.h"
#include "node/keys.h"
#include "node/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct dcf_alloc heap;
static struct dcf_verifier *verifier;
static struct dcf_jwks_source *source;
static struct dcf_logger *logger;

static void put(const char *name, struct dcf_span s)
{
	printf(" %s=%.*s", name, (int)s.len, s.p ? s.p : "");
}

static void put_list(const char *name, const struct dcf_span *list, size_t n)
{
	printf(" %s=", name);
	for (size_t i = 0; i < n; i++)
		printf("%s%.*s", i ? "," : "", (int)list[i].len, list[i].p);
}

static void verify(enum dcf_jwt_rules rules, int64_t now, struct dcf_span token)
{
	const struct dcf_claims *c;
	enum dcf_jwt_fault why;
	enum dcf_status s = rules == DCF_JWT_NATIVE ? dcf_jwt_verify(verifier, token, now, &c, &why)
						    : dcf_jwt_verify_by(verifier, rules, token, now, &c, &why);

	if (s == DCF_E_REFUSED)
		printf("fault %s\n", dcf_jwt_fault_name(why));
	else if (s != DCF_OK)
		printf("error %s\n", dcf_status_text(s));
	if (s != DCF_OK)
		return;
	printf("ok slot=%u exp=%lld nbf=%lld iat=%lld", c->slot, (long long)c->exp_s, (long long)c->nbf_s, (long long)c->iat_s);
	put("kid", c->kid);
	put("sub", c->sub);
	put("party", c->party);
	put("iss", c->iss);
	put("jti", c->jti);
	put_list("scope", c->scope, c->scope_count);
	put_list("role", c->role, c->role_count);
	put_list("aud", c->aud, c->aud_count);
	printf("\n");
	dcf_claims_free(c);
}

static void mint(char *words)
{
	struct dcf_signing_key key;
	struct dcf_node_error err;
	struct dcf_buf out = { .from = &heap };
	char *dir = strtok(words, " "), *now = strtok(NULL, " "), *ttl = strtok(NULL, " "), *party = strtok(NULL, " "), *w;
	struct dcf_span scope[DCF_JWT_SCOPES];
	struct dcf_token_request r = { .audience = DCF_SPAN("deconflict"), .scopes = scope, .random = dcf_random_system() };

	r.now_s = atoll(now);
	r.ttl_s = atoll(ttl);
	if (strncmp(party, "sub:", 4) == 0)
		r.sub = dcf_span_of(party + 4);
	else if (strcmp(party, "-") != 0)
		r.party = dcf_span_of(party);
	while ((w = strtok(NULL, " ,")) != NULL && r.scope_count < DCF_JWT_SCOPES)
		scope[r.scope_count++] = dcf_span_of(w);
	if (dcf_keys_load(dir, DCF_KEY_TOKEN, true, &key, NULL, &err) != DCF_OK ||
	    dcf_token_mint(&key, &r, &out, &err) != DCF_OK)
		printf("error %s\n", err.text);
	else
		printf("%.*s\n", (int)out.len, out.p);
	dcf_signing_key_wipe(&key);
	dcf_buf_free(&out);
}

static void pin(const char *hex)
{
	char der[8192], text[53];
	size_t n;

	if (dcf_text_read(DCF_TEXT_HEX, dcf_span_of(hex), der, sizeof der, &n) != DCF_OK ||
	    !dcf_auth_pin_of((struct dcf_span){ der, n }, text))
		printf("none\n");
	else
		printf("%s\n", text);
}

/* All of authentication, set up for one question (asked twice: the second answer comes from memory). */
static void certificate(char *words)
{
	static const char *const modes[] = { "none", "ask", "require" };
	char *dir = strtok(words, " "), *now = strtok(NULL, " "), *mode = strtok(NULL, " "), *ca = strtok(NULL, " "),
	     *pinned = strtok(NULL, " ");
	char *hex = strtok(NULL, " "), der[8192];
	struct dcf_clock_manual hands = { .wall_us = strtoll(now, NULL, 10) * 1000000, .mono_us = 1 };
	struct dcf_config c;
	struct dcf_auth *auth = NULL;
	struct dcf_signing_key key;
	struct dcf_node_error err;
	size_t n = 0;
	bool good;

	dcf_config_init(&c, &heap);
	c.server.data = dir;
	for (unsigned i = 0; i < 3; i++)
		c.tls.client = strcmp(mode, modes[i]) == 0 ? i : c.tls.client;
	if (*ca != '-')
		c.tls.client_ca = ca;
	if (*pinned != '-')
		c.tls.pin.item[c.tls.pin.count++] = pinned;
	if (*hex != '-' && dcf_text_read(DCF_TEXT_HEX, dcf_span_of(hex), der, sizeof der, &n) != DCF_OK)
		printf("bad hex\n");
	else if (dcf_keys_load(dir, DCF_KEY_TOKEN, true, &key, NULL, &err) != DCF_OK ||
		 dcf_auth_open(&heap, &c, dcf_clock_manual_of(&hands), logger, NULL, &auth, &err) != DCF_OK)
		printf("refused: %s\n", err.text);
	else {
		good = dcf_auth_pinned(auth, (struct dcf_span){ der, n });
		printf("%s\n", good != dcf_auth_pinned(auth, (struct dcf_span){ der, n }) ? "not sure" : good ? "yes" : "no");
	}
	dcf_signing_key_wipe(&key);
	dcf_auth_close(auth);
	dcf_config_free(&c);
}

static bool publish_own(const char *dir)
{
	struct dcf_keyset *set = NULL;
	struct dcf_node_error err;

	if (dcf_keys_own_set(&heap, dir, &set, &err) != DCF_OK || dcf_verifier_publish(verifier, DCF_SLOT_OWN, set) != DCF_OK) {
		printf("refused: %s\n", err.text);
		return false;
	}
	dcf_keyset_free(set);
	return true;
}

static void rotate(char *words)
{
	char *dir = strtok(words, " "), *how = strtok(NULL, " ");
	struct dcf_signing_key next;
	struct dcf_node_error err;

	if (dcf_keys_prepare(dir, DCF_KEY_TOKEN, &next, &err) != DCF_OK ||
	    dcf_keys_adopt(dir, DCF_KEY_TOKEN, strcmp(how, "drop") == 0, &err) != DCF_OK)
		printf("error %s\n", err.text);
	else
		printf("done\n");
	dcf_signing_key_wipe(&next);
}

static void answer(char *line)
{
	char *rest = strchr(line, ' '), *more;

	if (rest)
		*rest++ = '\0';
	if (strcmp(line, "verify") == 0 || strcmp(line, "header") == 0 || strcmp(line, "exchange") == 0) {
		int64_t now = strtoll(rest, &more, 10);
		struct dcf_span s = dcf_span_of(more + (*more == ' '));

		verify(strcmp(line, "exchange") == 0 ? DCF_JWT_EXCHANGE : DCF_JWT_NATIVE, now,
		       strcmp(line, "header") == 0 ? dcf_jwt_bearer(s) : s);
	} else if (strcmp(line, "state") == 0 && source) {
		printf("fetches=%llu failures=%llu ready=%d\n", (unsigned long long)dcf_jwks_fetches(source),
		       (unsigned long long)dcf_jwks_failures(source), dcf_jwks_ready(source));
	} else if (strcmp(line, "mint") == 0) {
		mint(rest);
	} else if (strcmp(line, "pin") == 0) {
		pin(rest);
	} else if (strcmp(line, "cert") == 0) {
		certificate(rest);
	} else if (strcmp(line, "rotate") == 0) {
		rotate(rest);
	} else if (strcmp(line, "reload") == 0) {
		if (publish_own(rest))
			printf("done\n");
	} else {
		printf("unknown command\n");
	}
	fflush(stdout);
}

struct setup {
	struct dcf_span aud[DCF_JWT_AUDIENCES], iss[DCF_JWT_AUDIENCES];
	size_t auds, isses;
	struct dcf_jwks_options url;
	const char *own;
	struct dcf_keyset *set;
};

static void unknown_key(void *ctx)
{
	(void)ctx;
	if (source)
		dcf_jwks_poke(source);
}

static bool starts(const char *s, const char *head, const char **rest)
{
	*rest = s + strlen(head);
	return strncmp(s, head, strlen(head)) == 0;
}

static enum dcf_status take(struct setup *o, const char *argument, struct dcf_node_error *err)
{
	const char *rest;
	size_t skipped;

	if (starts(argument, "aud:", &rest))
		o->aud[o->auds++] = dcf_span_of(rest);
	else if (starts(argument, "iss:", &rest))
		o->iss[o->isses++] = dcf_span_of(rest);
	else if (starts(argument, "pem:", &rest))
		return dcf_keyset_add_pem_file(o->set, rest, err);
	else if (starts(argument, "jwks:", &rest))
		return dcf_jwks_file(o->set, rest, &skipped, err);
	else if (starts(argument, "url:", &rest))
		o->url.url = rest;
	else if (starts(argument, "least:", &rest))
		o->url.least_us = atoll(rest) * 1000;
	else if (starts(argument, "most:", &rest))
		o->url.most_us = atoll(rest) * 1000;
	else if (starts(argument, "keep:", &rest))
		o->url.keep_us = atoll(rest) * 1000;
	else if (starts(argument, "timeout:", &rest))
		o->url.timeout_us = atoll(rest) * 1000;
	else if (starts(argument, "ca:", &rest))
		o->url.ca_file = rest;
	else if (starts(argument, "own:", &rest))
		o->own = rest;
	return DCF_OK;
}

static bool set_up(struct setup *o, struct dcf_node_error *err)
{
	struct dcf_verifier_options v = { DCF_SPAN("deconflict"), o->aud, o->auds, o->iss, o->isses, unknown_key, NULL };

	if (dcf_verifier_new(&heap, &v, &verifier) != DCF_OK ||
	    dcf_verifier_publish(verifier, DCF_SLOT_FILES, o->set) != DCF_OK)
		return false;
	if (o->own && !publish_own(o->own))
		return false;
	if (!o->url.url)
		return true;
	o->url.slot = DCF_SLOT_JWKS;
	return dcf_jwks_start(&heap, &o->url, verifier, dcf_clock_system(), logger, &source, err) == DCF_OK;
}

int main(int argc, char **argv)
{
	static char line[20000];
	struct dcf_node_error err = { 0 };
	struct setup o = { 0 };
	bool good;

	heap = dcf_alloc_heap();
	if (dcf_crypto_init() != DCF_OK || dcf_keyset_new(&heap, &o.set) != DCF_OK ||
	    dcf_logger_new(&heap, STDERR_FILENO, DCF_LOG_TEXT, DCF_LOG_INFO, dcf_clock_system(), &logger) != DCF_OK)
		return 3;
	good = true;
	for (int i = 1; i < argc && good; i++)
		good = take(&o, argv[i], &err) == DCF_OK;
	good = good && set_up(&o, &err);
	printf(good ? "ready%s\n" : "refused: %s\n", good ? "" : err.text);
	fflush(stdout);
	while (good && fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
	}
	dcf_jwks_stop(source);
	dcf_verifier_free(verifier);
	dcf_keyset_free(o.set);
	dcf_logger_free(logger);
	return good ? 0 : 1;
}
