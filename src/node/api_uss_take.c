/* SPDX-License-Identifier: Apache-2.0 */
/* api_uss_take.c - what other providers tell this one: changes of their intents and constraints, and errors that they met. */
#include "domain/text_source.h"
#include "format/read.h"
#include "node/api_dss.h"
#include "node/api_uss.h"
#include "node/strict_json.h"

#include <stdio.h>

enum { DEPTH_MOST = 32, NAME_MOST = 256, OVN_LEAST = 16, OVN_MOST = 128 };

/* A message that is being read. */
struct taking {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_http_reply *reply;
	struct dcf_strict_json json;
	struct dcf_uss_word word;
	bool stands; /* the exchange has it */
};

static bool refuse(struct taking *t, const char *text)
{
	(void)dcf_exchange_error(t->reply, 400, "%s", text);
	return false;
}

static bool read_body(struct taking *t)
{
	enum dcf_status s = dcf_strict_json(&t->json, t->rq->body, DCF_EXCHANGE_BODY_MAX, DEPTH_MOST);

	if (s == DCF_E_NOMEM)
		(void)dcf_exchange_busy(t->reply, "Out of memory");
	else if (s != DCF_OK)
		(void)dcf_exchange_error(t->reply, 400, "The body cannot be read: %s",
					 t->json.fault ? t->json.fault : "expected a JSON object");
	return s == DCF_OK;
}

/* --- members -------------------------------------------------------------------------------------------------- */

static bool get_id(struct dcf_jval v, struct dcf_uuid *id)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_uuid_read(dcf_jstring(v), 4, id);
}

static bool get_count(struct dcf_jval v, int64_t *out)
{
	double d;

	if (dcf_jkind(v) != DCF_J_I64 || !dcf_jdouble(v, &d) || d < 0 || d > INT32_MAX)
		return false;
	*out = (int64_t)d;
	return true;
}

static bool is_text(struct dcf_jval v, size_t least, size_t most)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_jstring(v).len >= least && dcf_jstring(v).len <= most;
}

static bool is_state(struct dcf_jval v)
{
	for (int s = 0; s < DCF_UTM_STATE_COUNT; s++)
		if (dcf_jis(v, dcf_utm_state_name((enum dcf_utm_state)s)))
			return true;
	return false;
}

static bool subscriptions_fine(struct taking *t, struct dcf_jval list)
{
	struct dcf_jwalk it = dcf_jwalk(list);
	struct dcf_jval one;
	struct dcf_uuid id;
	int64_t index;

	if (dcf_jkind(list) != DCF_J_ARRAY || dcf_jcount(list) == 0)
		return refuse(t, "/subscriptions: expected at least one subscription that prompts this message");
	while (dcf_jnext(&it, &one))
		if (!get_id(dcf_jget(one, "subscription_id"), &id) || !get_count(dcf_jget(one, "notification_index"), &index))
			return refuse(
				t,
				"/subscriptions: expected objects with subscription_id (a UUID of version 4) and notification_index");
	return true;
}

/* What both kinds of references have. */
static bool reference_fine(struct taking *t, struct dcf_jval reference, bool intent)
{
	struct dcf_uuid id;

	if (dcf_jkind(reference) != DCF_J_OBJECT)
		return refuse(t, "reference: expected an object");
	if (!get_id(dcf_jget(reference, "id"), &id) || !dcf_uuid_eq(&id, &t->word.id))
		return refuse(t, "reference/id: expected the id that the message is about");
	if (!is_text(dcf_jget(reference, "manager"), 1, NAME_MOST))
		return refuse(t, "reference/manager: expected the manager's name");
	if (!get_count(dcf_jget(reference, "version"), &t->word.version))
		return refuse(t, "reference/version: expected a whole number");
	if (!is_text(dcf_jget(reference, "ovn"), OVN_LEAST, OVN_MOST))
		return refuse(t, "reference/ovn: expected the present OVN, of 16 to 128 characters");
	if (!is_text(dcf_jget(reference, "uss_base_url"), 1, DCF_USS_URL_MAX))
		return refuse(t, "reference/uss_base_url: expected a URL");
	if (intent && !is_state(dcf_jget(reference, "state")))
		return refuse(t, "reference/state: expected Accepted, Activated, Nonconforming or Contingent");
	return true;
}

/* Volumes as the reader of F3548 documents has them: what it refuses is told with its place. */
static bool volumes_fine(struct taking *t)
{
	struct dcf_plan plan = { .operation_count = 0 };
	enum dcf_status s;
	bool fine = true;

	dcf_plan_init(&plan, &t->api->heap);
	s = dcf_read_text_into(&plan, DCF_SPAN("body"), t->rq->body);
	for (size_t i = 0; fine && i < plan.remark_count; i++) {
		const struct dcf_remark *r = &plan.remarks[i];

		if (!r->refused)
			continue;
		fine = false;
		(void)dcf_exchange_error(t->reply, 400, "%.*s: %.*s %.*s", (int)r->where.len, r->where.len ? r->where.p : "",
					 (int)r->field.len, r->field.len ? r->field.p : "", (int)r->text.len,
					 r->text.len ? r->text.p : "");
	}
	if (fine && s != DCF_OK) {
		fine = false;
		(void)(s == DCF_E_NOMEM ? dcf_exchange_busy(t->reply, "Out of memory")
					: dcf_exchange_error(t->reply, 400, "details: expected volumes"));
	}
	dcf_plan_free(&plan);
	return fine;
}

/* --- who says it ------------------------------------------------------------------------------------------------- */

static bool manager_fine(struct taking *t, struct dcf_jval reference)
{
	struct dcf_span caller = dcf_exchange_caller(t->rq);
	const struct dcf_entity *e =
		dcf_exchange_find(dcf_state_exchange(t->api->state), (enum dcf_entity_kind)t->word.kind, &t->word.id);
	bool fine = !e || dcf_span_eq(e->manager->name, caller);

	t->stands = e != NULL;
	if (e)
		dcf_entity_drop(e);
	if (fine && dcf_jkind(reference) == DCF_J_OBJECT)
		fine = dcf_span_eq(dcf_jstring(dcf_jget(reference, "manager")), caller);
	if (!fine)
		(void)dcf_exchange_error(t->reply, 403, "The access token's subject is not the manager of that entity");
	return fine;
}

/* What does not stand in the exchange is of no use here, and nobody could say whose it is: it is taken, and not kept. */
static void keep(struct taking *t)
{
	enum dcf_status s = t->stands || !t->word.text.p ? dcf_uss_peers_take(t->api->uss->peers, &t->word) : DCF_OK;

	if (s == DCF_OK)
		t->reply->status = 204;
	else if (s == DCF_E_CONFLICT)
		(void)dcf_exchange_error(
			t->reply, 409, "A later version of the entity was received before, or another entity of this version");
	else if (s == DCF_E_REFUSED)
		(void)dcf_exchange_error(t->reply, 403, "Another party told of this entity before");
	else
		(void)dcf_exchange_busy(t->reply, "Out of memory");
}

/* --- notifications ---------------------------------------------------------------------------------------- */

/* Kinds, numbers and strings in their order: what is written otherwise but says the same is the same. */
static void hash_value(struct dcf_sha256 *h, struct dcf_jval v)
{
	size_t end = v.doc ? dcf_jafter(v) : 0;

	while (v.doc && v.at < end) {
		int kind = dcf_jkind(v);

		dcf_sha256_put(h, &kind, sizeof kind);
		if (kind == DCF_J_STRING) {
			struct dcf_span s = dcf_jstring(v);

			dcf_sha256_put(h, &s.len, sizeof s.len);
			dcf_sha256_put(h, s.p, s.len);
		} else if (dcf_jis_number(v.doc->tape[v.at])) {
			dcf_sha256_put(h, &v.doc->tape[v.at + 1], sizeof v.doc->tape[0]);
		}
		v.at += dcf_jis_number(v.doc->tape[v.at]) ? 2 : 1;
	}
}

/* Without who is told and by which indices, and without what the exchange says of the manager: these change while the version
 * stays. */
static struct dcf_hash digest_of(struct dcf_jval entity)
{
	struct dcf_jval reference = dcf_jget(entity, "reference");
	struct dcf_sha256 h;

	dcf_sha256_begin(&h);
	hash_value(&h, dcf_jget(reference, "ovn"));
	hash_value(&h, dcf_jget(reference, "state"));
	hash_value(&h, dcf_jget(entity, "details"));
	return dcf_sha256_end(&h);
}

static bool entity_fine(struct taking *t, struct dcf_jval entity, bool intent)
{
	struct dcf_jval details = dcf_jget(entity, "details");

	if (dcf_jkind(entity) != DCF_J_OBJECT || dcf_jkind(details) != DCF_J_OBJECT)
		return refuse(t, intent ? "/operational_intent: expected an object with reference and details"
					: "/constraint: expected an object with reference and details");
	if (!reference_fine(t, dcf_jget(entity, "reference"), intent))
		return false;
	t->word.text = t->rq->body;
	t->word.digest = digest_of(entity);
	if (intent)
		return volumes_fine(t);
	return dcf_jkind(dcf_jget(details, "volumes")) == DCF_J_ARRAY && dcf_jcount(dcf_jget(details, "volumes"))
		       ? true
		       : refuse(t, "/constraint/details/volumes: expected at least one volume");
}

static enum dcf_http_next take(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			       enum dcf_entity_kind kind)
{
	bool intent = kind == DCF_ENTITY_INTENT;
	struct taking t = { .api = api, .rq = rq, .reply = reply, .json.from = &api->heap, .word.kind = (uint8_t)kind };
	struct dcf_jval root, entity;

	t.word.peer = dcf_exchange_caller(rq);
	t.word.at_us = dcf_clock_wall_us(&api->clock);
	if (!read_body(&t))
		goto done;
	root = dcf_jroot(&t.json.doc);
	entity = dcf_jget(root, intent ? "operational_intent" : "constraint");
	if (!get_id(dcf_jget(root, intent ? "operational_intent_id" : "constraint_id"), &t.word.id))
		(void)refuse(&t, intent ? "/operational_intent_id: expected a UUID of version 4"
					: "/constraint_id: expected a UUID of version 4");
	else if (subscriptions_fine(&t, dcf_jget(root, "subscriptions")) &&
		 (dcf_jnone(entity) || entity_fine(&t, entity, intent)) && manager_fine(&t, dcf_jget(entity, "reference")))
		keep(&t);
	dcf_uss_note(api, rq, reply, "POST", intent ? &t.word.id : NULL);
done:
	dcf_strict_json_free(&t.json);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_uss_intent_post)
{
	return take(ctx, rq, reply, DCF_ENTITY_INTENT);
}

DCF_API_HANDLER(dcf_api_uss_constraint_post)
{
	return take(ctx, rq, reply, DCF_ENTITY_CONSTRAINT);
}

/* --- reports ---------------------------------------------------------------------------------------------- */

DCF_API_HANDLER(dcf_api_uss_report_post)
{
	enum dcf_http_next next = dcf_dss_report(ctx, rq, reply);

	dcf_uss_note(ctx, rq, reply, "POST", NULL);
	return next;
}
