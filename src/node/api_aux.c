/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux.c - handlers of /aux/v1 and /versions. */
#include "node/api_aux.h"

#include "core/time.h"

const struct dcf_http_route dcf_api_aux_routes[] = {
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/version", dcf_api_aux_version, 0),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/validate_oauth", dcf_api_aux_validate_oauth, DCF_SCOPE_RID_R, DCF_SCOPE_RID_W),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/pool", dcf_api_aux_pool, DCF_SCOPE_POOL),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/pool/dss_instances", dcf_api_aux_instances, DCF_SCOPE_POOL),
	DCF_EXCHANGE_ROUTE(PUT, "/aux/v1/pool/dss_instances/heartbeat", dcf_api_aux_heartbeat, DCF_SCOPE_POOL_HEARTBEAT),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/configuration/accepted_ca_certs", dcf_api_aux_accepted_ca_certs, 0),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/configuration/ca_certs", dcf_api_aux_ca_certs, 0),
	DCF_EXCHANGE_ROUTE(GET, "/aux/v1/configuration/global_options", dcf_api_aux_global_options, DCF_SCOPE_POOL),
	DCF_EXCHANGE_ROUTE(GET, "/versions/{system_identity}", dcf_api_versions, DCF_SCOPE_VERSIONS),
};
const size_t dcf_api_aux_route_count = sizeof dcf_api_aux_routes / sizeof *dcf_api_aux_routes;

/* v1.2.3, as semantic versions are usually written. */
static void put_version(const struct dcf_api *api, struct dcf_http_request *rq, struct dcf_json *j)
{
	struct dcf_buf text = { .from = rq->arena->from };

	dcf_buf_char(&text, 'v');
	dcf_buf_z(&text, api->version);
	dcf_json_string(j, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

DCF_API_HANDLER(dcf_api_aux_version)
{
	struct dcf_json j = dcf_exchange_json(reply, 200);

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "version");
	put_version(ctx, rq, &j);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

/* The token is good, or this is not reached.  Whose it is can be asked too. */
DCF_API_HANDLER(dcf_api_aux_validate_oauth)
{
	struct dcf_span owner = dcf_http_query(rq, "owner"), sub = dcf_exchange_caller(rq);
	struct dcf_json j;

	(void)ctx;
	if (owner.p && !dcf_span_eq(owner, sub))
		return dcf_exchange_error(reply, 403, "Owner mismatch, required: %.*s, but oauth token has %.*s",
					  (int)owner.len, owner.p, (int)sub.len, sub.p);
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_aux_pool)
{
	struct dcf_api *api = ctx;
	struct dcf_json j = dcf_exchange_json(reply, 200);

	(void)rq;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "dar_id");
	dcf_aux_put_name(api->aux, &j);
	if (!api->config->exchange.strict) {
		dcf_json_key(&j, "deconflict");
		dcf_json_begin(&j, '{');
		dcf_aux_put_pool(api->aux, &j);
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

/* --- who is in the pool --------------------------------------------------------------------------------- */

static void put_time(struct dcf_json *j, const char *name, int64_t time_us)
{
	dcf_json_key(j, name);
	dcf_utm_put_time(j, time_us, true);
}

static void put_beat(struct dcf_json *j, const struct dcf_heartbeat *b)
{
	dcf_json_begin(j, '{');
	put_time(j, "timestamp", b->at_us);
	if (b->reporter_length) {
		dcf_json_key(j, "reporter");
		dcf_json_string(j, (struct dcf_span){ b->reporter, b->reporter_length });
	}
	dcf_json_key(j, "source");
	dcf_json_string(j, (struct dcf_span){ b->source, b->source_length });
	dcf_json_key(j, "index");
	dcf_json_i64(j, (int64_t)b->index);
	if (b->next_us != DCF_AUX_NO_TIME)
		put_time(j, "next_heartbeat_expected_before", b->next_us);
	dcf_json_end(j, '}');
}

/* This instance is the pool: the latest sign of its life, and, beside the standard, all that are kept. */
static enum dcf_http_next put_instances(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					unsigned status)
{
	struct dcf_heartbeat *beat = dcf_arena_get(rq->arena, DCF_AUX_HEARTBEATS * sizeof *beat);
	struct dcf_json j;
	size_t n;

	if (!beat)
		return dcf_exchange_busy(reply, "out of memory");
	n = dcf_aux_beats(api->aux, beat);
	j = dcf_exchange_json(reply, status);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "dss_instances");
	dcf_json_begin(&j, '[');
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "id");
	dcf_aux_put_locality(api->aux, &j);
	if (*api->config->exchange.public_endpoint) {
		dcf_json_key(&j, "public_endpoint");
		dcf_json_z(&j, api->config->exchange.public_endpoint);
	}
	if (n) {
		dcf_json_key(&j, "most_recent_heartbeat");
		put_beat(&j, &beat[0]);
	}
	if (!api->config->exchange.strict) {
		dcf_json_key(&j, "deconflict");
		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "heartbeats");
		dcf_json_begin(&j, '[');
		for (size_t i = 0; i < n; i++)
			put_beat(&j, &beat[i]);
		dcf_json_end(&j, ']');
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, '}');
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_aux_instances)
{
	return put_instances(ctx, rq, reply, 200);
}

static bool read_time(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, int64_t *time_us)
{
	struct dcf_span text = dcf_http_query(rq, name);
	const char *why = text.p ? dcf_time_parse(text, false, time_us) : NULL;

	if (!why)
		return true;
	(void)dcf_exchange_error(reply, 400, "%s: expected a time of RFC 3339: %s", name, why);
	return false;
}

DCF_API_HANDLER(dcf_api_aux_heartbeat)
{
	struct dcf_api *api = ctx;
	struct dcf_span source = dcf_http_query(rq, "source");
	int64_t at_us = dcf_clock_wall_us(&api->clock), next_us = DCF_AUX_NO_TIME;

	if (!source.len || source.len > DCF_AUX_NAME)
		return dcf_exchange_error(reply, 400, "source: expected 1 to %d bytes that say where the heartbeat comes from",
					  DCF_AUX_NAME);
	if (!read_time(rq, reply, "timestamp", &at_us) || !read_time(rq, reply, "next_heartbeat_expected_before", &next_us))
		return DCF_HTTP_DONE;
	dcf_aux_beat(api->aux, dcf_exchange_caller(rq), source, at_us, next_us);
	return put_instances(api, rq, reply, 201);
}

/* --- configuration -------------------------------------------------------------------------------------- */

static enum dcf_http_next put_certs(struct dcf_api *api, struct dcf_http_reply *reply, enum dcf_aux_certs which,
				    const char *key)
{
	struct dcf_json j = dcf_exchange_json(reply, 200);

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "CAs");
	dcf_json_begin(&j, '[');
	if (!dcf_aux_put_certs(api->aux, which, &j))
		return dcf_exchange_error(reply, 501, "this instance names no certificates: %s is not set", key);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_aux_ca_certs)
{
	(void)rq;
	return put_certs(ctx, reply, DCF_AUX_OWN_CAS, "exchange.ca_certs");
}

DCF_API_HANDLER(dcf_api_aux_accepted_ca_certs)
{
	(void)rq;
	return put_certs(ctx, reply, DCF_AUX_ACCEPTED_CAS, "exchange.accepted_ca_certs");
}

/* One writer decides in order, so that there is no lock to agree on: both are off. */
DCF_API_HANDLER(dcf_api_aux_global_options)
{
	const struct dcf_api *api = ctx;
	struct dcf_json j = dcf_exchange_json(reply, 200);

	(void)rq;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "scd_global_lock");
	dcf_json_bool(&j, false);
	dcf_json_key(&j, "scd_hash_lock");
	dcf_json_bool(&j, false);
	dcf_json_key(&j, "time_based_notification_index");
	dcf_json_bool(&j, api->config->uss.time_based_notification_index);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

/* One program is every part of the system, so that each has its version. */
DCF_API_HANDLER(dcf_api_versions)
{
	struct dcf_span identity = dcf_http_param(rq, "system_identity");
	struct dcf_json j;

	if (!identity.len)
		return dcf_exchange_error(reply, 404, "expected the identity of a system");
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "system_identity");
	dcf_json_string(&j, identity);
	dcf_json_key(&j, "system_version");
	put_version(ctx, rq, &j);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}
