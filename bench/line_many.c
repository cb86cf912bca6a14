/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/line.h"
#include "bench/line_side.h"
#include "bench/server.h"
#include "crypto/text.h"
#include "format/feed.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HEARTBEAT_US = 1000000, PATIENCE_S = 180, NOTICES = 10, REPLY = 1 << 20 };

/* --- asking the node ---------------------------------------------------------------------------------------------- */

struct asking {
	struct dcf_server *server;
	CURL *easy;
	char admin[9000];
	char *reply;
	size_t len;
};

static size_t take(char *p, size_t one, size_t n, void *ctx)
{
	struct asking *k = ctx;

	n *= one;
	if (n > REPLY - k->len - DCF_FEED_SLACK)
		return 0;
	memcpy(k->reply + k->len, p, n);
	k->len += n;
	return n;
}

/* The status, or 0.  `body` NULL: GET as the party CO; else PUT as the administrator. */
static long ask(struct asking *k, const char *path, const char *body)
{
	char url[400];
	struct curl_slist *headers = NULL;
	long status = 0;
	const char *line = body ? k->admin : k->server->header[0];
	char one[9000];

	/* The first header line is the authorisation. */
	snprintf(one, sizeof one, "%.*s", (int)strcspn(line, "\r\n"), line);
	snprintf(url, sizeof url, "http://127.0.0.1:%u%s", k->server->port, path);
	k->len = 0;
	headers = curl_slist_append(NULL, one);
	curl_easy_reset(k->easy);
	if (!headers || curl_easy_setopt(k->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    curl_easy_setopt(k->easy, CURLOPT_WRITEFUNCTION, take) != CURLE_OK ||
	    curl_easy_setopt(k->easy, CURLOPT_WRITEDATA, k) != CURLE_OK ||
	    curl_easy_setopt(k->easy, CURLOPT_NOSIGNAL, 1L) != CURLE_OK)
		goto done;
	if (body && (curl_easy_setopt(k->easy, CURLOPT_CUSTOMREQUEST, "PUT") != CURLE_OK ||
		     curl_easy_setopt(k->easy, CURLOPT_POSTFIELDS, body) != CURLE_OK))
		goto done;
	if (curl_easy_perform(k->easy) == CURLE_OK)
		(void)curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &status);
done:
	curl_slist_free_all(headers);
	return status;
}

static enum dcf_status put(struct asking *k, const char *path, const char *body)
{
	long status = ask(k, path, body);

	if (status == 200 || status == 201)
		return DCF_OK;
	fprintf(stderr, "deconflict: bench: line: PUT %s: status %ld: %.*s\n", path, status, (int)(k->len < 300 ? k->len : 300),
		k->reply);
	return DCF_E_IO;
}

static enum dcf_status read_admin(struct asking *k)
{
	char path[400], token[8000] = { 0 };
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "%s/admin.token", k->server->folder);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		return DCF_E_IO;
	}
	n = fread(token, 1, sizeof token - 1, f);
	fclose(f);
	while (n && token[n - 1] == '\n')
		token[--n] = '\0';
	snprintf(k->admin, sizeof k->admin, "Authorization: Bearer %s", token);
	return n ? DCF_OK : DCF_E_IO;
}

/* Key and port of the node's line, as it says. */
static enum dcf_status look_at_line(struct asking *k, struct dcf_public_key *key, unsigned *port)
{
	struct dcf_jdoc doc = { 0 };
	struct dcf_jval hex, v;
	const char *why = "";
	enum dcf_status s = DCF_E_IO;
	double number = 0;

	if (ask(k, "/v1/line", NULL) == 200 && dcf_jparse(&doc, k->reply, k->len, &why) == DCF_OK) {
		hex = dcf_jget(dcf_jget(dcf_jroot(&doc), "fingerprint"), "hex");
		v = dcf_jget(dcf_jroot(&doc), "port");
		if (dcf_jkind(hex) == DCF_J_STRING && dcf_jdouble(v, &number) && number > 0)
			s = dcf_text_read_exactly(DCF_TEXT_HEX, dcf_jstring(hex), key->b, sizeof key->b);
		*port = (unsigned)number;
	}
	if (s != DCF_OK)
		fprintf(stderr, "deconflict: bench: line: the node says nothing of its line: %.*s\n",
			(int)(k->len < 300 ? k->len : 300), k->reply);
	dcf_jfree(&doc);
	return s;
}

/* --- the links ---------------------------------------------------------------------------------------------------- */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum dcf_status pin(struct asking *k, struct dcf_line_side *side)
{
	char path[200], body[300], hex[2 * DCF_PUBLIC_KEY_BYTES + 1] = { 0 };
	enum dcf_status s;

	dcf_text_write(DCF_TEXT_HEX, hex, side->line_key.public_key.b, sizeof side->line_key.public_key.b);
	snprintf(path, sizeof path, "/v1/parties/%s", side->party);
	snprintf(body, sizeof body, "{\"id\":\"%s\"}", side->party);
	s = put(k, path, body);
	snprintf(path, sizeof path, "/v1/line/peers/%s", side->party);
	snprintf(body, sizeof body, "{\"fingerprint\":\"%s\",\"url\":\"https://127.0.0.1:%u\"}", hex,
		 dcf_line_link_port(side->link));
	return s == DCF_OK ? put(k, path, body) : s;
}

static void taken(void *ctx, uint64_t number, bool good)
{
	(void)number;
	if (!good)
		*(volatile bool *)ctx = true;
}

/* All notices are in the node's record by its own words, and the link is up. */
static bool settled(struct dcf_line_side *side)
{
	struct dcf_line_live live;

	return dcf_line_link_live(side->link, 0, &live) && live.heard && live.technical == DCF_LINE_UP && live.acked >= NOTICES;
}

static enum dcf_status run(struct asking *k, struct dcf_line_side *side, unsigned *started, struct dcf_line_report *r)
{
	struct dcf_public_key key;
	static volatile bool failed;
	unsigned port = 0;
	double give_up_s = now_s() + PATIENCE_S;
	enum dcf_status s = read_admin(k);

	s = s == DCF_OK ? look_at_line(k, &key, &port) : s;
	r->alone_bytes = dcf_server_resident(k->server);
	for (unsigned i = 0; s == DCF_OK && i < r->links; i++) {
		char party[16];

		snprintf(party, sizeof party, "P%u", i);
		s = dcf_line_side_start(&side[i], party, NULL, true, HEARTBEAT_US);
		if (s != DCF_OK)
			break;
		*started = i + 1;
		s = pin(k, &side[i]);
		s = s == DCF_OK ? dcf_line_side_pin(&side[i], "CO", &key, port) : s;
		for (uint64_t n = 1; s == DCF_OK && n <= NOTICES; n++)
			s = dcf_line_side_notify(&side[i], "CO", n, taken, (void *)&failed);
	}
	for (unsigned i = 0; s == DCF_OK && i < r->links;) {
		if (settled(&side[i]))
			i++;
		else if (failed || now_s() > give_up_s)
			s = DCF_E_IO;
		else
			usleep(5000);
	}
	/* Heartbeats go both ways a few times more. */
	if (s == DCF_OK)
		usleep(3 * HEARTBEAT_US);
	r->linked_bytes = dcf_server_resident(k->server);
	return s;
}

enum dcf_status dcf_line_many(struct dcf_line_report *r)
{
	struct dcf_server server = { .own = false };
	struct asking k = { .server = &server, .easy = curl_easy_init(), .reply = malloc(REPLY) };
	struct dcf_line_side *side = calloc(r->links, sizeof *side);
	unsigned started = 0;
	enum dcf_status s = side && k.easy && k.reply ? DCF_OK : DCF_E_NOMEM;

	if (s == DCF_OK && (setenv("DECONFLICT_LINE_PARTY", "CO", 1) || setenv("DECONFLICT_LINE_LISTEN", "127.0.0.1:0", 1) ||
			    setenv("DECONFLICT_LINE_HEARTBEAT", "1s", 1)))
		s = DCF_E_NOMEM;
	s = s == DCF_OK ? dcf_server_start(&server, NULL, NULL) : s;
	if (s == DCF_OK) {
		s = run(&k, side, &started, r);
		for (unsigned i = 0; i < started; i++)
			dcf_line_side_stop(&side[i]);
		dcf_server_stop(&server);
	}
	free(side);
	free(k.reply);
	curl_easy_cleanup(k.easy);
	return s;
}
