/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/node_client.h"
#include "cli/cli.h"
#include "crypto/init.h"
#include "format/feed.h"
#include "node/auth.h"
#include "node/keys.h"
#include "node/read_file.h"
#include "node/token.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { TOKEN_MOST = 16384, URL_MOST = 1024, REPLY_MOST = 64 << 20, TIMEOUT_S = 120, MINTED_S = 300 };

struct dcf_node_client {
	struct dcf_alloc heap;
	const char *who;
	CURL *easy;
	char url[URL_MOST];
	char *bearer; /* "Authorization: Bearer ..." */
	size_t bearer_size;
	const char *ca;
	char error[CURL_ERROR_SIZE];
	struct dcf_node_reply *reply; /* that is being filled */
};

/* --- small things ------------------------------------------------------------------------------------- */

void dcf_put_escaped(struct dcf_buf *out, struct dcf_span s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~') {
			dcf_buf_char(out, (char)c);
			continue;
		}
		dcf_buf_char(out, '%');
		dcf_buf_char(out, hex[c >> 4]);
		dcf_buf_char(out, hex[c & 15]);
	}
}

struct dcf_span dcf_reply_text(struct dcf_jval object, const char *name)
{
	struct dcf_jval v = dcf_jkind(object) == DCF_J_OBJECT ? dcf_jget(object, name) : (struct dcf_jval){ NULL, 0 };

	return dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : (struct dcf_span){ "", 0 };
}

int64_t dcf_reply_number(struct dcf_jval object, const char *name, int64_t other)
{
	struct dcf_jval v = dcf_jkind(object) == DCF_J_OBJECT ? dcf_jget(object, name) : (struct dcf_jval){ NULL, 0 };
	double d;

	return dcf_jdouble(v, &d) ? (int64_t)d : other;
}

bool dcf_reply_true(struct dcf_jval object, const char *name)
{
	return dcf_jkind(object) == DCF_J_OBJECT && dcf_jkind(dcf_jget(object, name)) == DCF_J_TRUE;
}

void dcf_node_reply_free(struct dcf_node_reply *r)
{
	dcf_buf_free(&r->body);
	dcf_jfree(&r->doc);
	*r = (struct dcf_node_reply){ 0 };
}

/* The first line of a small file. */
static enum dcf_status first_line(const char *path, struct dcf_buf *out, struct dcf_node_error *err)
{
	enum dcf_status s = dcf_node_read_file(path, TOKEN_MOST, out, err);

	for (size_t i = 0; s == DCF_OK && i < out->len; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->len = i;
	return s;
}

/* --- where the node is, and by what right -------------------------------------------------------------- */

static int find_url(struct dcf_node_client *c, const struct dcf_node_where *w)
{
	const char *given = w->node ? w->node : getenv("DECONFLICT_NODE");
	struct dcf_buf file = { .from = &c->heap };
	struct dcf_node_error err;
	char path[4096];
	size_t n;

	if ((!given || !*given) && w->data && (size_t)snprintf(path, sizeof path, "%s/url", w->data) < sizeof path &&
	    first_line(path, &file, &err) == DCF_OK && file.len) {
		dcf_buf_char(&file, '\0');
		given = file.failed ? NULL : file.p;
	}
	if (!given || !*given)
		given = "http://127.0.0.1:8080";
	n = strlen(given);
	while (n && given[n - 1] == '/')
		n--;
	if (n >= sizeof c->url || (strncasecmp(given, "http://", 7) != 0 && strncasecmp(given, "https://", 8) != 0)) {
		dcf_complain("%s: the node's address: found '%s', expected http://HOST:PORT or https://HOST:PORT", c->who,
			     given);
		dcf_buf_free(&file);
		return DCF_EXIT_BAD;
	}
	memcpy(c->url, given, n);
	c->url[n] = '\0';
	dcf_buf_free(&file);
	return DCF_EXIT_OK;
}

static int keep_bearer(struct dcf_node_client *c, struct dcf_span token)
{
	static const char before[] = "Authorization: Bearer ";

	for (size_t i = 0; i < token.len; i++)
		if (token.p[i] <= ' ' || token.p[i] > '~') {
			dcf_complain("%s: the token's file holds no token", c->who);
			return DCF_EXIT_BAD;
		}
	dcf_alloc_free(&c->heap, c->bearer, c->bearer_size);
	c->bearer_size = sizeof before + token.len;
	c->bearer = dcf_alloc_new(&c->heap, c->bearer_size);
	if (!c->bearer || !token.len) {
		dcf_complain("%s: %s", c->who, token.len ? "out of memory" : "the token's file is empty");
		return token.len ? DCF_EXIT_FAILED : DCF_EXIT_BAD;
	}
	memcpy(c->bearer, before, sizeof before - 1);
	memcpy(c->bearer + sizeof before - 1, token.p, token.len);
	c->bearer[c->bearer_size - 1] = '\0';
	return DCF_EXIT_OK;
}

/* A token of a few minutes by the node's own key: whoever may read the key may mint. */
static int mint(struct dcf_node_client *c, const struct dcf_node_where *w, struct dcf_span party)
{
	static const struct dcf_span scopes[] = { { DCF_SCOPE_ADMIN, sizeof DCF_SCOPE_ADMIN - 1 },
						  { DCF_SCOPE_LINE, sizeof DCF_SCOPE_LINE - 1 },
						  { DCF_SCOPE_READ, sizeof DCF_SCOPE_READ - 1 } };
	struct dcf_span role = dcf_span_of(w->role);
	struct dcf_token_request r = { .sub = DCF_SPAN("operator"),
				       .party = party,
				       .audience = dcf_span_of(DCF_AUTH_AUDIENCE),
				       .scopes = scopes,
				       .scope_count = sizeof scopes / sizeof *scopes,
				       .roles = &role,
				       .role_count = w->role != NULL,
				       .random = dcf_random_system(),
				       .now_s = time(NULL),
				       .ttl_s = MINTED_S };
	struct dcf_signing_key key;
	struct dcf_buf token = { .from = &c->heap };
	struct dcf_node_error err;
	enum dcf_status s = dcf_crypto_init();
	int status;

	s = s == DCF_OK ? dcf_keys_load(w->data, DCF_KEY_TOKEN, false, &key, NULL, &err)
			: dcf_node_fail(&err, s, "the system gives no random numbers");
	s = s == DCF_OK ? dcf_token_mint(&key, &r, &token, &err) : s;
	dcf_signing_key_wipe(&key);
	if (s != DCF_OK)
		dcf_complain("%s: %s", c->who, err.text);
	status = s == DCF_OK                         ? keep_bearer(c, dcf_buf_as_span(&token))
		 : s == DCF_E_IO || s == DCF_E_NOMEM ? DCF_EXIT_FAILED
						     : DCF_EXIT_BAD;
	dcf_buf_free(&token);
	return status;
}

static int find_token(struct dcf_node_client *c, const struct dcf_node_where *w)
{
	const char *path = w->token ? w->token : getenv("DECONFLICT_TOKEN");
	struct dcf_buf token = { .from = &c->heap };
	struct dcf_node_error err;
	int status = DCF_EXIT_BAD;

	if (path && *path) {
		if (first_line(path, &token, &err) == DCF_OK)
			status = keep_bearer(c, dcf_buf_as_span(&token));
		else
			dcf_complain("%s: %s", c->who, err.text);
	} else if (w->data) {
		status = mint(c, w, (struct dcf_span){ NULL, 0 });
	} else {
		dcf_complain("%s: no token: expected --token FILE, or --data DIR on the node's own machine; "
			     "DECONFLICT_TOKEN can name the file too",
			     c->who);
	}
	dcf_buf_free(&token);
	return status;
}

/* A minted token is of no party until the node has said for which one it speaks. */
static int learn_party(struct dcf_node_client *c, const struct dcf_node_where *w)
{
	struct dcf_node_reply reply = { 0 };
	int status = dcf_node_ask(c, "GET", "/v1/line", (struct dcf_span){ NULL, 0 }, NULL, &reply);

	if (status == DCF_EXIT_OK)
		status = mint(c, w, dcf_reply_text(reply.root, "party"));
	dcf_node_reply_free(&reply);
	return status;
}

int dcf_node_client_open(const struct dcf_node_where *where, const char *who, struct dcf_node_client **out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_node_client *c = dcf_alloc_new(&heap, sizeof *c);
	bool minted = !where->token && !(getenv("DECONFLICT_TOKEN") && *getenv("DECONFLICT_TOKEN"));
	int status;

	*out = c;
	if (!c) {
		dcf_complain("%s: out of memory", who);
		return DCF_EXIT_FAILED;
	}
	*c = (struct dcf_node_client){ .heap = heap, .who = who, .ca = where->ca };
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	c->easy = curl_easy_init();
	status = c->easy ? find_url(c, where) : DCF_EXIT_FAILED;
	status = status == DCF_EXIT_OK ? find_token(c, where) : status;
	return status == DCF_EXIT_OK && minted ? learn_party(c, where) : status;
}

void dcf_node_client_close(struct dcf_node_client *c)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	if (c->bearer)
		dcf_wipe(c->bearer, c->bearer_size);
	dcf_alloc_free(&heap, c->bearer, c->bearer_size);
	dcf_alloc_free(&heap, c, sizeof *c);
}

/* --- asking ------------------------------------------------------------------------------------------- */

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct dcf_node_client *c = ctx;

	if (c->reply->body.len + size * n > REPLY_MOST)
		return 0;
	dcf_buf_put(&c->reply->body, p, size * n);
	return c->reply->body.failed ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
	static const char name[] = "deconflict-next:";
	struct dcf_node_client *c = ctx;
	size_t len = size * n, at = sizeof name - 1, k = 0;

	if (len <= at || strncasecmp(p, name, at) != 0)
		return len;
	for (; at < len && k + 1 < sizeof c->reply->next; at++)
		if (p[at] >= '0' && p[at] <= '9')
			c->reply->next[k++] = p[at];
	c->reply->next[k] = '\0';
	return len;
}

static bool set_up(struct dcf_node_client *c, const char *method, const char *url, struct dcf_span body,
		   struct curl_slist *headers)
{
	CURL *e = c->easy;
	bool ok = curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK;

	ok = ok && curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_TIMEOUT, (long)TIMEOUT_S) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_USERAGENT, "deconflict/" DCF_VERSION) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEDATA, c) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_HEADERDATA, c) == CURLE_OK;
	ok = ok && (!c->ca || curl_easy_setopt(e, CURLOPT_CAINFO, c->ca) == CURLE_OK);
	if (body.p) {
		ok = ok && curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) == CURLE_OK;
		ok = ok && curl_easy_setopt(e, CURLOPT_POSTFIELDS, body.p) == CURLE_OK;
	}
	return ok;
}

/* The body as JSON, where it is. */
static void parse(struct dcf_node_client *c, struct dcf_node_reply *r)
{
	size_t len = r->body.len;
	const char *why;

	(void)c;
	dcf_buf_fill(&r->body, ' ', DCF_FEED_SLACK);
	if (!r->body.failed && len && dcf_jparse(&r->doc, r->body.p, len, &why) == DCF_OK)
		r->root = dcf_jroot(&r->doc);
	r->body.len = len;
}

/* What can be done about it. */
static const char *advice(unsigned status, struct dcf_span kind)
{
	static const struct {
		const char *kind, *text;
	} by_kind[] = {
		{ "/problems/scope", "the token must allow it: mint one with --scope deconflict.line for the party (pin and "
				     "unpin: deconflict.admin)" },
		{ "/problems/role", "say who acts with --role NAME, or use a token of that role" },
		{ "/problems/label", "change the operation's label (releasable_to), and notify again" },
		{ "/problems/free-text", "say it otherwise; --override sends it all the same, and the record shows it" },
		{ "/problems/state", "'deconflict line show ID' shows the state and what was said" },
		{ "/problems/not-ready", "the node is still loading: try again" },
		{ "/problems/record", "the node cannot write its record now: try again, and tell whoever runs it" },
	};

	for (size_t i = 0; i < sizeof by_kind / sizeof *by_kind; i++)
		if (dcf_span_eq(kind, dcf_span_of(by_kind[i].kind)))
			return by_kind[i].text;
	return status == 401 ? "mint a token with 'deconflict token', or point --token at a fresh one" : NULL;
}

static int refused(struct dcf_node_client *c, const struct dcf_node_reply *r)
{
	struct dcf_span detail = dcf_reply_text(r->root, "detail"), kind = dcf_reply_text(r->root, "type");
	struct dcf_jwalk it = dcf_jwalk(dcf_jkind(r->root) == DCF_J_OBJECT ? dcf_jget(r->root, "errors") : r->root);
	const char *what = advice(r->status, kind);
	struct dcf_jval fault;

	if (!detail.len)
		dcf_complain("%s: the node answers %u", c->who, r->status);
	else
		dcf_complain("%s: %.*s", c->who, (int)(detail.len < 1500 ? detail.len : 1500), detail.p);
	while (detail.len && dcf_jnext(&it, &fault)) {
		struct dcf_span text = dcf_reply_text(fault, "detail");

		if (text.len && !dcf_span_eq(text, detail))
			dcf_complain("%s: %.*s", c->who, (int)(text.len < 1500 ? text.len : 1500), text.p);
	}
	if (what)
		dcf_complain("%s: %s", c->who, what);
	return r->status >= 500 || r->status == 429 ? DCF_EXIT_FAILED : DCF_EXIT_BAD;
}

static int unreachable(struct dcf_node_client *c, CURLcode code)
{
	dcf_complain("%s: the node at %s cannot be reached: %s", c->who, c->url,
		     *c->error ? c->error : curl_easy_strerror(code));
	dcf_complain("%s: is it running ('deconflict serve'), and is --node right?  While it is not, use voice and paper",
		     c->who);
	return DCF_EXIT_FAILED;
}

int dcf_node_ask(struct dcf_node_client *c, const char *method, const char *path, struct dcf_span body, const char *type,
		 struct dcf_node_reply *reply)
{
	struct dcf_buf url = { .from = &c->heap }, media = { .from = &c->heap };
	struct curl_slist *headers = curl_slist_append(NULL, c->bearer);
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;

	dcf_node_reply_free(reply);
	reply->body.from = &c->heap;
	c->reply = reply;
	*c->error = '\0';
	dcf_buf_z(&url, c->url);
	dcf_buf_z(&url, path);
	dcf_buf_char(&url, '\0');
	dcf_buf_z(&media, "Content-Type: ");
	dcf_buf_z(&media, type ? type : "application/json");
	dcf_buf_char(&media, '\0');
	if (headers && body.p && !media.failed)
		headers = curl_slist_append(headers, media.p);
	curl_easy_reset(c->easy);
	if (headers && !url.failed && set_up(c, method, url.p, body, headers))
		code = curl_easy_perform(c->easy);
	curl_slist_free_all(headers);
	dcf_buf_free(&url);
	dcf_buf_free(&media);
	if (code != CURLE_OK)
		return unreachable(c, code);
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	reply->status = (unsigned)status;
	parse(c, reply);
	return reply->status >= 200 && reply->status < 300 ? DCF_EXIT_OK : refused(c, reply);
}
