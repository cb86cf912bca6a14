/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss_put.c - entities as F3548's references; what is the same of all kinds.  What is not the caller's has no OVN: that is
 * its manager's to give. */
#include "node/api_dss.h"

struct dcf_dss_eye dcf_dss_eye_of(struct dcf_api *api, const struct dcf_http_request *rq)
{
	return (struct dcf_dss_eye){ api, dcf_exchange_caller(rq) };
}

static void put_id(struct dcf_json *j, const char *name, const struct dcf_uuid *id)
{
	dcf_json_key(j, name);
	dcf_utm_put_id(j, id);
}

static void put_text(struct dcf_json *j, const char *name, struct dcf_span text)
{
	dcf_json_key(j, name);
	dcf_json_string(j, text);
}

static void put_time(struct dcf_json *j, const char *name, int64_t time_us)
{
	if (time_us == DCF_UTM_SINCE_EVER || time_us == DCF_UTM_FOR_EVER)
		return;
	dcf_json_key(j, name);
	dcf_utm_put_time(j, time_us, false);
}

/* What references to intents and constraints have in common. */
static void put_reference(struct dcf_json *j, const struct dcf_entity *e, const struct dcf_dss_eye *eye)
{
	put_id(j, "id", &e->id);
	put_text(j, "manager", e->manager->name);
	put_text(j, "uss_availability", dcf_span_of(dcf_utm_availability_name(atomic_load(&e->manager->availability))));
	dcf_json_key(j, "version");
	dcf_json_i64(j, e->version);
	put_text(j, "ovn", dcf_span_eq(e->manager->name, eye->caller) ? e->tag : DCF_SPAN(DCF_DSS_NO_OVN));
	put_time(j, "time_start", e->extents.start_us);
	put_time(j, "time_end", e->extents.end_us);
	put_text(j, "uss_base_url", e->url);
}

void dcf_dss_put_intent(struct dcf_json *j, const struct dcf_entity *e, void *ctx)
{
	dcf_json_begin(j, '{');
	put_reference(j, e, ctx);
	put_text(j, "state", dcf_span_of(dcf_utm_state_name(e->state)));
	put_id(j, "subscription_id", dcf_uuid_is_zero(&e->subscription) ? &dcf_utm_null_subscription : &e->subscription);
	dcf_json_end(j, '}');
}

void dcf_dss_put_constraint(struct dcf_json *j, const struct dcf_entity *e, void *ctx)
{
	dcf_json_begin(j, '{');
	put_reference(j, e, ctx);
	dcf_json_end(j, '}');
}

void dcf_dss_put_subscription(struct dcf_json *j, const struct dcf_entity *e, void *ctx)
{
	const struct dcf_dss_eye *eye = ctx;
	struct dcf_entity_list list = { .from = &eye->api->heap };

	dcf_json_begin(j, '{');
	put_id(j, "id", &e->id);
	put_text(j, "version", e->tag);
	dcf_json_key(j, "notification_index");
	dcf_json_i64(j, (int64_t)atomic_load(&e->index));
	put_time(j, "time_start", e->extents.start_us);
	put_time(j, "time_end", e->extents.end_us);
	put_text(j, "uss_base_url", e->url);
	dcf_json_key(j, "notify_for_operational_intents");
	dcf_json_bool(j, e->for_intents);
	dcf_json_key(j, "notify_for_constraints");
	dcf_json_bool(j, e->for_constraints);
	dcf_json_key(j, "implicit_subscription");
	dcf_json_bool(j, e->implicit);
	dcf_json_key(j, "dependent_operational_intents");
	dcf_json_begin(j, '[');
	if (dcf_exchange_dependents(dcf_state_exchange(eye->api->state), &e->id, &list) != DCF_OK)
		j->out->failed = true;
	for (size_t i = 0; i < list.count; i++)
		dcf_utm_put_id(j, &list.at[i]->id);
	dcf_entity_list_free(&list);
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}

/* --- reading -------------------------------------------------------------------------------------------------- */

enum dcf_http_next dcf_dss_get(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       const struct dcf_dss_kind *kind, bool own)
{
	struct dcf_dss_eye eye = dcf_dss_eye_of(api, rq);
	const struct dcf_entity *e;
	struct dcf_uuid id;
	struct dcf_json j;

	if (!dcf_exchange_read_id(rq, reply, kind->param, &id))
		return DCF_HTTP_DONE;
	e = dcf_exchange_find(dcf_state_exchange(api->state), kind->kind, &id);
	if (!e)
		return dcf_exchange_error(reply, 404, "%s not found", kind->what);
	if (own && !dcf_exchange_is_callers(rq, e)) {
		dcf_entity_drop(e);
		return dcf_exchange_error(reply, 403, "%s is owned by another manager", kind->what);
	}
	j = dcf_exchange_json(reply, 200);
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, kind->one);
	kind->write(&j, e, &eye);
	dcf_json_end(&j, '}');
	dcf_entity_drop(e);
	return DCF_HTTP_DONE;
}

enum dcf_http_next dcf_dss_query(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				 const struct dcf_dss_kind *kind, bool own)
{
	struct dcf_dss_eye *eye = dcf_arena_get(rq->arena, sizeof *eye);
	struct dcf_exchange_search search = {
		.kind = kind->kind, .not_over_us = DCF_UTM_SINCE_EVER, .member = kind->many, .put = kind->write, .ctx = eye
	};
	struct dcf_utm_ask ask = { 0 };

	if (!eye)
		return dcf_exchange_busy(reply, "Out of memory");
	if (!dcf_exchange_read_ask(api, rq, reply, kind->query, false, &ask))
		return DCF_HTTP_DONE;
	*eye = dcf_dss_eye_of(api, rq);
	search.extents = ask.extents;
	if (own) {
		search.owner = eye->caller;
		search.not_over_us = dcf_clock_wall_us(&api->clock);
	}
	return dcf_exchange_reply_search(api, rq, reply, &search);
}

/* --- changing ---------------------------------------------------------------------------------------------------- */

struct dcf_exchange_change *dcf_dss_change(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					   const struct dcf_dss_kind *kind, enum dcf_exchange_verb verb, bool update)
{
	struct dcf_exchange_change *c;
	struct dcf_span tag = { NULL, 0 };
	struct dcf_uuid id;

	if (!dcf_exchange_read_id(rq, reply, kind->param, &id))
		return NULL;
	if (update) {
		tag = dcf_http_param(rq, kind->tag);
		if (!tag.len) {
			(void)dcf_exchange_error(reply, 400, "Missing %s in the path", kind->tag);
			return NULL;
		}
	}
	c = dcf_exchange_change_new(api, rq, reply);
	if (!c)
		return NULL;
	c->ask.verb = (uint8_t)verb;
	c->ask.kind = (uint8_t)kind->kind;
	c->ask.form = (uint8_t)kind->put;
	c->ask.id = id;
	c->ask.tag = tag;
	if (verb == DCF_EXCHANGE_PUT && !dcf_exchange_read_ask(api, rq, reply, kind->put, update, &c->said))
		return NULL;
	return c;
}

void dcf_dss_put_change(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_dss_kind *kind)
{
	struct dcf_dss_eye eye = dcf_dss_eye_of(c->api, c->rq);

	dcf_json_key(j, kind->one);
	kind->write(j, c->ask.answer.entity, &eye);
}

static void put_change_of_kind(struct dcf_json *j, struct dcf_exchange_change *c)
{
	dcf_dss_put_change(j, c, c->ask.kind == DCF_ENTITY_CONSTRAINT ? &dcf_dss_constraint : &dcf_dss_intent);
	if (c->ask.verb == DCF_EXCHANGE_PUT)
		dcf_dss_put_neighbours(j, c);
}

enum dcf_http_next dcf_dss_reply_change(struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	static const struct dcf_exchange_subscriber_names names = { .list = "subscribers", .url = "uss_base_url" };

	return dcf_exchange_reply_told(c, reply, c->ask.verb == DCF_EXCHANGE_PUT && !c->ask.tag.p ? 201 : 200, &names,
				       put_change_of_kind);
}
