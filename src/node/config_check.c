/* SPDX-License-Identifier: Apache-2.0 */
/* config_check.c - settings that make no sense together. */
#include "node/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool dcf_config_is_loopback(const char *listen)
{
	const char *colon = strrchr(listen, ':');
	struct in6_addr v6;
	struct in_addr v4;
	char host[64];
	size_t n;

	if (!colon)
		return false;
	if (listen[0] == '[' && colon > listen + 1 && colon[-1] == ']') {
		listen++;
		n = (size_t)(colon - listen) - 1;
	} else {
		n = (size_t)(colon - listen);
	}
	if (n >= sizeof host)
		return false;
	memcpy(host, listen, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return strcmp(host, "localhost") == 0;
}

static const char *server_fault(const struct dcf_config *c)
{
	bool tls = *c->tls.certificate != '\0';

	if (!*c->server.data)
		return "server.data: expected a data folder (--data DIR)";
	if (tls != (*c->tls.key != '\0'))
		return "tls.certificate and tls.key: expected both or none";
	if (!tls && c->tls.client != DCF_CLIENT_NONE)
		return "tls.client: client certificates need tls.certificate";
	if (c->tls.client == DCF_CLIENT_NONE && c->tls.pin.count)
		return "tls.pin: pinned client certificates need tls.client = require (or ask)";
	if (c->tls.client != DCF_CLIENT_NONE && !c->tls.pin.count && !*c->tls.client_ca)
		return "tls.client: expected tls.pin or tls.client_ca beside it, else anybody's certificate is one";
	if (!tls && !c->server.allow_plain && !dcf_config_is_loopback(c->server.listen))
		return "server.listen: HTTP without TLS beyond loopback; expected tls.certificate and tls.key (or "
		       "server.allow_plain = yes)";
	return NULL;
}

static const char *pin_fault(const struct dcf_config *c)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < c->tls.pin.count; i++) {
		const char *p = c->tls.pin.item[i];

		if (strlen(p) != 52 || strncmp(p, "sha256//", 8) != 0 || strspn(p + 8, base64) != 43 || p[51] != '=')
			return "tls.pin: expected sha256// and 44 characters of base64";
	}
	return NULL;
}

static const char *auth_fault(const struct dcf_config *c)
{
	if ((c->auth.jwt_key.count || c->auth.jwt_jwks.count) && !c->auth.jwt_audience.count)
		return "auth.jwt_audience: expected one or more beside auth.jwt_key and auth.jwt_jwks (--jwt-audience NAME)";
	if (c->auth.jwks_least_us > c->auth.jwks_most_us)
		return "auth.jwks_least: expected no more than auth.jwks_most";
	if (c->auth.jwks_keep_us < c->auth.jwks_most_us)
		return "auth.jwks_keep: expected no less than auth.jwks_most";
	return NULL;
}

static const char *line_fault(const struct dcf_config *c)
{
	if (!*c->line.party && *c->line.listen)
		return "line.listen: expected line.party beside it, the party that this node speaks for";
	if (strlen(c->line.party) > 64)
		return "line.party: expected the id of a party, at most 64 bytes";
	return NULL;
}

static const char *uss_fault(const struct dcf_config *c)
{
	bool speaks = c->uss.destination.count != 0;

	if (!*c->uss.party && (*c->uss.manager || *c->uss.url))
		return "uss.party: expected beside uss.manager and uss.url, the party that this node is a provider for";
	if (*c->uss.party && !*c->uss.url)
		return "uss.url: expected beside uss.party, the base URL under which others ask for details";
	if (*c->uss.token_url && *c->uss.token_key)
		return "uss.token_url and uss.token_key: expected one of them";
	if (*c->uss.token_url && !*c->uss.token_client)
		return "uss.token_client: expected beside uss.token_url";
	if (speaks && !*c->uss.token_url && !*c->uss.token_key)
		return "uss.destination: expected uss.token_url or uss.token_key beside it, since calls need tokens";
	return NULL;
}

/* ":PORT" and what may stand behind it. */
static bool is_port(const char *p)
{
	size_t n = strspn(p + 1, "0123456789");
	int port = n <= 5 ? atoi(p + 1) : 0;

	return port >= 1 && port <= 65535 && (!p[1 + n] || p[1 + n] == '/');
}

/* "http[s]://HOST[:PORT][/PATH]": what a client can put a path behind. */
static bool is_base_url(const char *url)
{
	static const char in_host[] = LETTERS_AND_DIGITS ".-_", in_path[] = LETTERS_AND_DIGITS ".-_~%!$&'()*+,;=:@/";
	const char *host = strncmp(url, "https://", 8) == 0 ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : "", *end;

	if (host[0] == '[') {
		end = host + 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
		end = end > host + 1 && *end == ']' ? end + 1 : host;
	} else {
		end = host + strspn(host, in_host);
	}
	return end > host && strlen(url) <= 4096 && (!*end || *end == '/' || (*end == ':' && is_port(end))) &&
	       !end[end[0] == ':' ? 1 + strspn(end + 1, in_path) : strspn(end, in_path)];
}

static const char *exchange_fault(const struct dcf_config *c)
{
	if (*c->exchange.public_endpoint && !is_base_url(c->exchange.public_endpoint))
		return "exchange.public_endpoint: expected a URL without query and fragment, http[s]://HOST[:PORT][/PATH]";
	return NULL;
}

static const char *limit_fault(const struct dcf_config *c)
{
	if (c->limit.connections_per_address > c->limit.connections)
		return "limit.connections_per_address: expected no more than limit.connections";
	if (c->limit.streams > c->limit.connections)
		return "limit.streams: expected no more than limit.connections, since each stream is one";
	return NULL;
}

enum dcf_status dcf_config_check(const struct dcf_config *c, struct dcf_node_error *err)
{
	static const char *(*const faults[])(const struct dcf_config *) = { server_fault, pin_fault, auth_fault,
									    line_fault,   uss_fault, exchange_fault,
									    limit_fault };
	const char *fault = NULL;

	for (size_t i = 0; !fault && i < sizeof faults / sizeof *faults; i++)
		fault = faults[i](c);
	return fault ? dcf_node_fail(err, DCF_E_USAGE, "%s", fault) : DCF_OK;
}
