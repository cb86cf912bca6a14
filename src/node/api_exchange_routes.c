/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_aux.h"
#include "node/api_dss.h"
#include "node/api_rid.h"
#include "node/api_uss.h"

#include <pthread.h>

/* One of the interfaces. */
static const struct {
	const struct dcf_http_route *routes;
	const size_t *count;
} interfaces[] = {
	{ dcf_api_routes, &dcf_api_route_count },         { dcf_dss_routes, &dcf_dss_route_count },
	{ dcf_api_rid_routes, &dcf_api_rid_route_count }, { dcf_api_aux_routes, &dcf_api_aux_route_count },
	{ dcf_uss_routes, &dcf_uss_route_count },
};

enum { ROUTES_MAX = 256 };
static struct dcf_http_route all[ROUTES_MAX];
static size_t all_count;

static void join(void)
{
	for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++) {
		for (size_t k = 0; k < *interfaces[i].count && all_count < ROUTES_MAX; k++)
			all[all_count++] = interfaces[i].routes[k];
	}
}

const struct dcf_http_route *dcf_exchange_all_routes(size_t *count)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, join);
	*count = all_count;
	return all;
}

static const char *const prefixes[] = { "/dss", "/v1/dss", "/exchange", "/rid", "/uss", "/aux", "/versions", NULL };
/* Native, and asked as other servers are. */
static const char *const probes[] = { "/healthy", NULL };
/* What is asked for beside these was not meant for the native API. */
static const char *const native[] = { "/v1", "/openapi.json", "/metrics", "/ready", NULL };

bool dcf_exchange_is_path(struct dcf_span target)
{
	return dcf_http_is_below(target, prefixes);
}

static void plain(struct dcf_http_reply *reply, unsigned status, const char *text)
{
	reply->status = status;
	reply->type = "text/plain; charset=utf-8";
	reply->still_body.p = NULL;
	reply->body.len = 0;
	dcf_buf_z(&reply->body, text);
}

static void refuse(void *ctx, struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail)
{
	struct dcf_api *api = ctx;

	if (api->aux && !dcf_span_eq(reply->request->path, dcf_span_of(probes[0])))
		dcf_aux_mark(api->aux, reply);
	if (status == 404)
		plain(reply, status, "404 page not found\n");
	else if (strcmp(kind, "time-out") == 0)
		plain(reply, status, "request timeout");
	else if (status == 413)
		plain(reply, status, "Request body too large\n");
	else
		(void)dcf_exchange_error(reply, status, "%.*s", (int)detail.len, detail.len ? detail.p : "");
}

const struct dcf_http_manners dcf_exchange_manners = { prefixes, probes, native, refuse };
