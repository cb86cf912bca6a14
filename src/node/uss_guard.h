/* SPDX-License-Identifier: Apache-2.0 */
/* uss_guard.h - which URLs of others this node may call.
 *
 * Base URLs in the exchange are what strangers wrote.  A node that called any of them could be sent to its own loopback, its
 * neighbours or a cloud's metadata (request forgery).  So the operator names who may be called (uss.destination), and a URL is
 * taken apart and compared by scheme, host, port and whole segments of the path, as curl understands them: what is compared is
 * what is called.  A name may resolve to anything, so the address is looked at too, at the moment of connecting. */
#ifndef DCF_NODE_USS_GUARD_H
#define DCF_NODE_USS_GUARD_H

#include "base/alloc.h"
#include "node/config.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { DCF_USS_URL_MAX = 2048, DCF_USS_HOST_MAX = 256 };

/* How far into the machine and its network a destination reaches. */
enum dcf_uss_reach {
	DCF_USS_OUTSIDE,  /* addresses of the internet alone */
	DCF_USS_LOOPBACK, /* "localhost": this machine alone */
	DCF_USS_NAMED     /* the configuration names an address, or plain http: to a name: any but link-local ones */
};

/* A URL that may be called. */
struct dcf_uss_place {
	char url[DCF_USS_URL_MAX + 1];      /* in its normal form, without a '/' at its end */
	char host[DCF_USS_HOST_MAX + 1];    /* lower case, IPv6 without brackets: the audience of tokens */
	char origin[DCF_USS_HOST_MAX + 32]; /* scheme, host and port: for metrics, logs, fairness */
	enum dcf_uss_reach reach;
};

struct dcf_uss_guard;

/* Of the prefixes in the configuration.  DCF_E_USAGE with the reason: one that is no URL, http: without `allow_http`;
 * DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_uss_guard_new(const struct dcf_alloc *a, const struct dcf_config_list *prefix, bool allow_http,
					      struct dcf_uss_guard **out, struct dcf_node_error *err);
void dcf_uss_guard_free(struct dcf_uss_guard *g);
/* May it be called?  NULL and *place; else a sentence (static).  Any thread. */
const char *dcf_uss_guard_judge(const struct dcf_uss_guard *g, struct dcf_span url, struct dcf_uss_place *place);
/* The same for a URL of the operator's own (a token service): any place, but no user, password, fragment; http: with
 * `allow_http`. */
const char *dcf_uss_guard_own(struct dcf_span url, bool allow_http, struct dcf_uss_place *place);
/* May a connection of that reach go to this address? */
bool dcf_uss_reaches(enum dcf_uss_reach reach, const struct sockaddr *address);

#endif
