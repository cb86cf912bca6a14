/* SPDX-License-Identifier: Apache-2.0 */
/* api_rid.c - what identification service areas and their subscriptions share. */
#include "node/api_rid.h"

#define AREAS "/identification_service_areas"
#define SUBS  "/subscriptions"

#define RID_R  DCF_SCOPE_RID_R
#define RID_W  DCF_SCOPE_RID_W
#define RID_DP DCF_SCOPE_RID_DP
#define RID_SP DCF_SCOPE_RID_SP

/* The ten requests of one version: who may look, see one, write areas, see a subscription, write subscriptions. */
#define ROUTES(base, look, see, write)                                                                                         \
	DCF_EXCHANGE_ROUTE(GET, base AREAS, dcf_api_rid_areas_get, look),                                                      \
		DCF_EXCHANGE_ROUTE(GET, base AREAS "/{id}", dcf_api_rid_area_get, see),                                        \
		DCF_EXCHANGE_ROUTE(PUT, base AREAS "/{id}", dcf_api_rid_area_put, write),                                      \
		DCF_EXCHANGE_ROUTE(PUT, base AREAS "/{id}/{version}", dcf_api_rid_area_put, write),                            \
		DCF_EXCHANGE_ROUTE(DELETE, base AREAS "/{id}/{version}", dcf_api_rid_area_delete, write),                      \
		DCF_EXCHANGE_ROUTE(GET, base SUBS, dcf_api_rid_subscriptions_get, look),                                       \
		DCF_EXCHANGE_ROUTE(GET, base SUBS "/{id}", dcf_api_rid_subscription_get, look, write),                         \
		DCF_EXCHANGE_ROUTE(PUT, base SUBS "/{id}", dcf_api_rid_subscription_put, look),                                \
		DCF_EXCHANGE_ROUTE(PUT, base SUBS "/{id}/{version}", dcf_api_rid_subscription_put, look),                      \
		DCF_EXCHANGE_ROUTE(DELETE, base SUBS "/{id}/{version}", dcf_api_rid_subscription_delete, look)

#define EITHER(a, b) a, b

const struct dcf_http_route dcf_api_rid_routes[] = {
	ROUTES("/v1/dss", RID_R, RID_R, RID_W),
	ROUTES("/rid/v2/dss", RID_DP, EITHER(RID_DP, RID_SP), RID_SP),
};
const size_t dcf_api_rid_route_count = sizeof dcf_api_rid_routes / sizeof *dcf_api_rid_routes;

bool dcf_rid_is_v1(const struct dcf_http_request *rq)
{
	return strncmp(rq->route->pattern, "/v1/", 4) == 0;
}

const char *dcf_rid_word(enum dcf_entity_kind kind)
{
	return kind == DCF_ENTITY_ISA ? "ISA" : "Subscription";
}

static enum dcf_utm_form form_of(enum dcf_entity_kind kind, bool v1)
{
	if (kind == DCF_ENTITY_ISA)
		return v1 ? DCF_UTM_ISA_PUT_V1 : DCF_UTM_ISA_PUT_V2;
	return v1 ? DCF_UTM_RID_SUBSCRIPTION_PUT_V1 : DCF_UTM_RID_SUBSCRIPTION_PUT_V2;
}

/* --- forms of replies ----------------------------------------------------------------------------------- */

static void put_id(struct dcf_json *j, const char *name, const struct dcf_uuid *id)
{
	dcf_json_key(j, name);
	dcf_utm_put_id(j, id);
}

static void put_span(struct dcf_json *j, const char *name, struct dcf_span s)
{
	dcf_json_key(j, name);
	dcf_json_string(j, s);
}

/* An end that nobody gave is not told. */
static void put_window(struct dcf_json *j, const struct dcf_entity *e, bool v1)
{
	if (e->extents.start_us != DCF_UTM_SINCE_EVER) {
		dcf_json_key(j, "time_start");
		dcf_utm_put_time(j, e->extents.start_us, v1);
	}
	if (e->extents.end_us != DCF_UTM_FOR_EVER) {
		dcf_json_key(j, "time_end");
		dcf_utm_put_time(j, e->extents.end_us, v1);
	}
}

/* F3411-19 has `url` among a subscription's required members and does not say what it is: the callback. */
static void put_url(struct dcf_json *j, const struct dcf_entity *e, bool v1)
{
	if (!v1) {
		put_span(j, "uss_base_url", e->url);
	} else if (e->kind == DCF_ENTITY_ISA) {
		put_span(j, "flights_url", e->url);
	} else {
		put_span(j, "url", e->url);
		dcf_json_key(j, "callbacks");
		dcf_json_begin(j, '{');
		put_span(j, "identification_service_area_url", e->url);
		dcf_json_end(j, '}');
	}
}

void dcf_rid_put_entity(struct dcf_json *j, const struct dcf_entity *e, void *ctx)
{
	const bool v1 = dcf_rid_is_v1(ctx);
	char version[DCF_RID_VERSION_TEXT];

	dcf_json_begin(j, '{');
	put_id(j, "id", &e->id);
	put_span(j, "owner", e->manager->name);
	put_url(j, e, v1);
	if (e->kind == DCF_ENTITY_RID_SUBSCRIPTION) {
		dcf_json_key(j, "notification_index");
		dcf_json_i64(j, (int64_t)atomic_load(&e->index));
	}
	put_window(j, e, v1);
	put_span(j, "version", (struct dcf_span){ version, dcf_rid_version_write(e->tag_ns, version) });
	dcf_json_end(j, '}');
}

/* --- one, by its id ------------------------------------------------------------------------------------- */

enum dcf_http_next dcf_rid_get(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       enum dcf_entity_kind kind)
{
	const struct dcf_entity *e;
	char text[DCF_UUID_TEXT];
	struct dcf_uuid id;
	struct dcf_json j;

	if (!dcf_exchange_read_id(rq, reply, "id", &id))
		return DCF_HTTP_DONE;
	e = dcf_exchange_find(dcf_state_exchange(api->state), kind, &id);
	if (!e) {
		dcf_uuid_write(&id, text);
		return dcf_exchange_error(reply, 404, "%s %.*s not found", dcf_rid_word(kind), (int)sizeof text, text);
	}
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, kind == DCF_ENTITY_ISA ? "service_area" : "subscription");
	dcf_rid_put_entity(&j, e, rq);
	dcf_json_end(&j, '}');
	dcf_entity_drop(e);
	return DCF_HTTP_DONE;
}

/* --- changes -------------------------------------------------------------------------------------------- */

/* The path's version into the command, where the path has one: base 32, and not empty. */
static bool read_version(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_exchange_command *ask)
{
	struct dcf_span version = dcf_http_param(rq, "version");

	if (!version.p)
		return true;
	if (version.len && dcf_rid_version_read(version, &ask->tag_ns)) {
		ask->tag = version;
		return true;
	}
	(void)dcf_exchange_error(reply, 400,
				 "Invalid version: expected the base 32 number (0-9, a-v) that the entity's version is");
	return false;
}

static enum dcf_rid_act act_of(const struct dcf_exchange_command *ask)
{
	return ask->verb == DCF_EXCHANGE_DELETE ? DCF_RID_DELETE : ask->tag.p ? DCF_RID_UPDATE : DCF_RID_CREATE;
}

static struct dcf_exchange_change *begin(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					 enum dcf_entity_kind kind, enum dcf_exchange_verb verb)
{
	struct dcf_exchange_change *c = dcf_exchange_change_new(api, rq, reply);

	if (!c)
		return NULL;
	c->ask.verb = (uint8_t)verb;
	c->ask.kind = (uint8_t)kind;
	c->ask.v1 = dcf_rid_is_v1(rq);
	c->ask.form = (uint8_t)form_of(kind, c->ask.v1);
	return read_version(rq, reply, &c->ask) ? c : NULL;
}

enum dcf_http_next dcf_rid_put(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       enum dcf_entity_kind kind, dcf_http_handler second)
{
	struct dcf_exchange_change *c = begin(api, rq, reply, kind, DCF_EXCHANGE_PUT);

	if (!c || !dcf_exchange_read_ask(api, rq, reply, (enum dcf_utm_form)c->ask.form, c->ask.tag.p, &c->said) ||
	    !dcf_exchange_read_id(rq, reply, "id", &c->ask.id))
		return DCF_HTTP_DONE;
	return dcf_exchange_submit(c, reply, second);
}

enum dcf_http_next dcf_rid_delete(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  enum dcf_entity_kind kind, dcf_http_handler second)
{
	struct dcf_exchange_change *c = begin(api, rq, reply, kind, DCF_EXCHANGE_DELETE);

	if (!c || !dcf_exchange_read_id(rq, reply, "id", &c->ask.id))
		return DCF_HTTP_DONE;
	return dcf_exchange_submit(c, reply, second);
}

/* What the clock and what stands have against its window. */
static const char *time_fault(const struct dcf_exchange_change *c)
{
	const struct dcf_utm_extents *x = &c->said.extents;
	const bool area = c->ask.kind == DCF_ENTITY_ISA;

	if (x->start_us != DCF_UTM_SINCE_EVER && x->end_us < x->start_us)
		return area ? "IdentificationServiceArea time_end must be after time_start"
			    : "Subscription time_end must be after time_start";
	if (x->start_us != DCF_UTM_SINCE_EVER && x->start_us < dcf_clock_wall_us(&c->api->clock))
		return area ? "IdentificationServiceArea time_start must not be in the past"
			    : "Subscription time_start must not be in the past";
	return area ? "IdentificationServiceArea time_end must be after time_start"
		    : "Subscription window exceeds 24 hours, or ends before it begins";
}

static enum dcf_http_next refuse(const struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	const enum dcf_rid_act act = act_of(&c->ask);
	const char *word = dcf_rid_word((enum dcf_entity_kind)c->ask.kind);
	char id[DCF_UUID_TEXT];

	dcf_uuid_write(&c->ask.id, id);
	switch (c->ask.answer.objection) {
	case DCF_EXCHANGE_NOT_THERE:
		return dcf_exchange_error(reply, act == DCF_RID_DELETE ? 404 : 400, "%s %.*s not found", word, (int)sizeof id,
					  id);
	case DCF_EXCHANGE_THERE:
		return dcf_exchange_error(reply, 409, "%s %.*s already exists", word, (int)sizeof id, id);
	case DCF_EXCHANGE_NOT_YOURS:
		return dcf_exchange_error(reply, 403, "%s is owned by different client", word);
	case DCF_EXCHANGE_CHANGED:
		return dcf_exchange_error(reply, 409, "%s version %.*s is not current", word, (int)c->ask.tag.len,
					  c->ask.tag.p);
	case DCF_EXCHANGE_TOO_MANY:
		return dcf_exchange_error(reply, 429,
					  "Too many existing subscriptions in this area already: one owner may have 10");
	case DCF_EXCHANGE_SHAPE:
		return dcf_exchange_error(reply, 400, "Invalid extents: an outline that cannot be");
	case DCF_EXCHANGE_TIME:
		return dcf_exchange_error(reply, 400, "%s", time_fault(c));
	default:
		return dcf_exchange_error(reply, 500, "the request was not taken");
	}
}

bool dcf_rid_done(struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);

	if (!dcf_exchange_decided(c, reply))
		return false;
	if (c->ticket.answer == DCF_TICKET_TAKEN)
		return true;
	(void)refuse(c, reply);
	return false;
}

/* --- searches ------------------------------------------------------------------------------------------- */

bool dcf_rid_read_area(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_utm_extents *extents)
{
	struct dcf_span area = dcf_http_query(rq, "area");
	struct dcf_utm_fault fault = { .status = 400 };
	enum dcf_status s;

	if (!area.p) {
		(void)dcf_exchange_error(reply, 400, "Missing area");
		return false;
	}
	s = dcf_utm_area_read(area, rq->arena, extents, &fault);
	if (s == DCF_OK)
		return true;
	if (s == DCF_E_REFUSED)
		(void)dcf_exchange_error(reply, fault.status, "%s", fault.text);
	else
		(void)dcf_exchange_busy(reply, "out of memory");
	return false;
}

enum dcf_http_next dcf_rid_search(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  enum dcf_entity_kind kind, struct dcf_utm_extents extents, int64_t from_us, int64_t till_us,
				  struct dcf_span owner, struct dcf_span head)
{
	const struct dcf_exchange_search search = { .kind = kind,
						    .extents = { .volume = extents.volume,
								 .count = extents.count,
								 .start_us = from_us,
								 .end_us = till_us,
								 .lower_e4 = DCF_UTM_NO_LOWER,
								 .upper_e4 = DCF_UTM_NO_UPPER },
						    .owner = owner,
						    .not_over_us = from_us,
						    .head = head,
						    .member = kind == DCF_ENTITY_ISA ? "service_areas" : "subscriptions",
						    .put = dcf_rid_put_entity,
						    .ctx = rq };

	return dcf_exchange_reply_search(api, rq, reply, &search);
}
