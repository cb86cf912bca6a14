/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: what is listened on, and who is there. */
#define _GNU_SOURCE
#include "node/http_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_port(const char *text, uint16_t *port)
{
	unsigned v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || v > 65535)
			return false;
		v = v * 10 + (unsigned)(*text - '0');
	}
	*port = (uint16_t)v;
	return v <= 65535;
}

/* "127.0.0.1:80", "[::1]:80", "localhost:80"; numbers only, so that a start never waits for a name server. */
static bool parse_address(const char *text, union address *out, socklen_t *len)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	uint16_t port;
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || n == 0 || n >= sizeof host || !parse_port(colon + 1, &port))
		return false;
	memcpy(host, text, n);
	host[n] = 0;
	memset(out, 0, sizeof *out);
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = 0;
		out->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		*len = sizeof out->v6;
		return inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1;
	}
	out->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	*len = sizeof out->v4;
	return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &out->v4.sin_addr) == 1;
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static enum dcf_status open_socket(const char *text, const union address *a, socklen_t len, int *out,
				   struct dcf_node_error *err)
{
	int on = 1, off = 0, fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int e;

	if (fd < 0)
		return dcf_node_fail(err, DCF_E_IO, "no socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* "[::]" takes IPv4 too, whatever the system's default. */
	if (a->any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, &a->any, len) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return DCF_OK;
	}
	e = errno;
	(void)close(fd);
	return dcf_node_fail(err, e == EADDRINUSE ? DCF_E_BUSY : DCF_E_IO, "cannot listen on %s: %s", text, strerror(e));
}

enum dcf_status dcf_http_listen(const char *text, bool plain_anywhere, int *fd, uint16_t *port, struct dcf_node_error *err)
{
	union address a;
	socklen_t len;
	enum dcf_status s;

	if (!text || !parse_address(text, &a, &len))
		return dcf_node_fail(err, DCF_E_USAGE,
				     "cannot listen on \"%s\": expected ADDRESS:PORT, [IPV6]:PORT or localhost:PORT",
				     text ? text : "");
	if (!plain_anywhere && !is_loopback(&a))
		return dcf_node_fail(err, DCF_E_REFUSED,
				     "%s is not a loopback address: plain HTTP there has to be asked for, or TLS set up", text);
	if ((s = open_socket(text, &a, len, fd, err)) != DCF_OK)
		return s;
	len = sizeof a;
	if (getsockname(*fd, &a.any, &len) != 0) {
		(void)close(*fd);
		return dcf_node_fail(err, DCF_E_IO, "cannot listen on %s: %s", text, strerror(errno));
	}
	*port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
	return DCF_OK;
}

void dcf_http_address(const struct sockaddr *address, char text[static INET6_ADDRSTRLEN], uint16_t *port,
		      uint8_t key[static 16])
{
	union address a;

	memset(key, 0, 16);
	text[0] = 0;
	*port = 0;
	if (address->sa_family == AF_INET) {
		memcpy(&a.v4, address, sizeof a.v4);
		(void)inet_ntop(AF_INET, &a.v4.sin_addr, text, INET6_ADDRSTRLEN);
		*port = ntohs(a.v4.sin_port);
		key[10] = key[11] = 0xff;
		memcpy(key + 12, &a.v4.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&a.v6, address, sizeof a.v6);
		*port = ntohs(a.v6.sin6_port);
		memcpy(key, &a.v6.sin6_addr, 16);
		if (IN6_IS_ADDR_V4MAPPED(&a.v6.sin6_addr)) {
			(void)inet_ntop(AF_INET, key + 12, text, INET6_ADDRSTRLEN);
			return;
		}
		(void)inet_ntop(AF_INET6, &a.v6.sin6_addr, text, INET6_ADDRSTRLEN);
		/* Who has one address of a /64 usually has them all. */
		memset(key + 8, 0, 8);
	}
}
