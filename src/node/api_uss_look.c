/* SPDX-License-Identifier: Apache-2.0 */
/* api_uss_look.c - the native API's look at the exchange, for its own party and for cells: what stands there, and one intent
 * with its details as its manager tells them, and what of ours it meets. */
#include "domain/text_source.h"
#include "format/write_geojson.h"
#include "node/api_declare.h"
#include "node/api_uss.h"
#include "node/strict_json.h"
#include "node/uss_fetch.h"
#include "node/uss_text.h"

enum { PAGE_USUAL = 100, PAGE_MOST = 1000, DEPTH_MOST = 32, MEETS_MOST = 1000 };

/* One intent that is looked at; in the request's arena. */
struct look {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	const struct dcf_entity *e; /* held while it is looked at */
	bool exercise, busy;
	struct dcf_buf out; /* freed with the request */
	enum dcf_status status;
};

static bool may_look(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	if (dcf_uss_may_look(api, dcf_caller_of(rq)))
		return true;
	(void)dcf_http_problem(reply, 403, "party",
			       DCF_SPAN("the exchange is shown to the party that this node speaks for there, and to cells"));
	return false;
}

static bool get_exercise(struct dcf_api *api, struct dcf_http_reply *reply, bool *exercise)
{
	struct dcf_view view;

	if (!dcf_api_enter(api, reply, &view))
		return false;
	*exercise = dcf_view_facts(&view).exercise;
	dcf_state_leave(&view);
	return true;
}

static void put_beginning(struct dcf_json *j, bool exercise)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "deconflict");
	dcf_json_i64(j, 1);
	if (exercise) {
		dcf_json_key(j, "exercise");
		dcf_json_bool(j, true);
	}
}

/* --- all ---------------------------------------------------------------------------------------------------- */

DCF_API_HANDLER(dcf_api_exchange_intents)
{
	static const char *const names[] = { "limit", "after", NULL };
	struct dcf_api *api = ctx;
	struct dcf_entity_list list = { .from = &api->heap };
	struct dcf_json j = dcf_api_json(reply);
	uint64_t limit, after;
	bool exercise;

	if (!may_look(api, rq, reply) || !dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, "limit", 1, PAGE_MOST, PAGE_USUAL, &limit) ||
	    !dcf_http_query_number(rq, reply, "after", 0, UINT64_MAX >> 1, 0, &after) || !get_exercise(api, reply, &exercise))
		return DCF_HTTP_DONE;
	if (dcf_exchange_walk(dcf_state_exchange(api->state), DCF_ENTITY_INTENT, &after, limit, &list) != DCF_OK) {
		dcf_entity_list_free(&list);
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	}
	reply->status = 200;
	put_beginning(&j, exercise);
	dcf_json_key(&j, "intents");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < list.count; i++) {
		dcf_json_begin(&j, '{');
		dcf_uss_put_entity(&j, list.at[i]);
		dcf_json_key(&j, "own");
		dcf_json_bool(&j, list.at[i]->native);
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, ']');
	dcf_json_key(&j, "next");
	if (after)
		dcf_json_i64(&j, (int64_t)after);
	else
		dcf_json_null(&j);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_entity_list_free(&list);
	return DCF_HTTP_DONE;
}

/* --- what of ours it meets ------------------------------------------------------------------------------------- */

static enum dcf_status put_meets(struct look *k, struct dcf_json *j, const struct dcf_plan *plan,
				 const struct dcf_utm_extents *theirs)
{
	struct dcf_view view;
	struct dcf_uss_near near = { .api = k->api,
				     .caller = dcf_caller_of(k->rq),
				     .view = &view,
				     .e = k->e,
				     .theirs = theirs,
				     .features = plan->features,
				     .feature_count = (uint32_t)plan->feature_count,
				     .most = MEETS_MOST,
				     .volumes_most = UINT64_MAX };
	enum dcf_status s = dcf_state_enter(k->api->state, &view);

	if (s != DCF_OK)
		return s;
	s = dcf_uss_put_near(&near, j);
	dcf_state_leave(&view);
	return s;
}

/* --- details ------------------------------------------------------------------------------------------------------ */

/* What the details say is about this intent and by its manager: NULL when so, else why not. */
static const char *reference_fault(const struct look *k, struct dcf_jval reference)
{
	struct dcf_jval id = dcf_jget(reference, "id"), manager = dcf_jget(reference, "manager");
	struct dcf_uuid said;

	if (dcf_jkind(id) != DCF_J_STRING || !dcf_uuid_read(dcf_jstring(id), 4, &said) || !dcf_uuid_eq(&said, &k->e->id))
		return "the details are of another intent";
	if (dcf_jkind(manager) != DCF_J_STRING || !dcf_span_eq(dcf_jstring(manager), k->e->manager->name))
		return "the details name another manager";
	return NULL;
}

static void put_number(struct dcf_json *j, const char *key, struct dcf_jval v)
{
	double d;

	if (dcf_jkind(v) != DCF_J_I64 || !dcf_jdouble(v, &d) || d < -9e15 || d > 9e15)
		return;
	dcf_json_key(j, key);
	dcf_json_i64(j, (int64_t)d);
}

static void put_origin(struct dcf_json *j, const struct dcf_uss_details *d)
{
	dcf_json_key(j, "origin");
	dcf_json_z(j, dcf_uss_origin_name(d->origin));
	if (d->origin != DCF_USS_NOWHERE)
		dcf_uss_put_moment(j, "at", d->at_us);
}

static void put_nothing(struct dcf_json *j, struct dcf_span why)
{
	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "origin");
	dcf_json_z(j, dcf_uss_origin_name(DCF_USS_NOWHERE));
	dcf_json_key(j, "why");
	dcf_json_string(j, why);
	dcf_json_end(j, '}');
}

static struct dcf_span first_refusal(const struct dcf_plan *plan)
{
	for (size_t i = 0; i < plan->remark_count; i++)
		if (plan->remarks[i].refused)
			return plan->remarks[i].text;
	return plan->feature_count ? (struct dcf_span){ NULL, 0 } : DCF_SPAN("the details have no volumes");
}

/* Shapes that cannot be, which reading lets pass. */
static enum dcf_status validate(struct look *k, const struct dcf_plan *plan, struct dcf_span *why)
{
	uint32_t which;
	const char *text = "more volumes than can be looked at";
	enum dcf_status s = dcf_live_validate(&k->api->heap, plan->features, (uint32_t)plan->feature_count, &which, &text);

	if (s == DCF_E_REFUSED || s == DCF_E_LIMIT)
		*why = dcf_span_of(text);
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

static enum dcf_status put_read(struct look *k, struct dcf_json *j, const struct dcf_uss_details *d, struct dcf_jval intent,
				const struct dcf_plan *plan)
{
	struct dcf_jval reference = dcf_jget(intent, "reference");
	struct dcf_arena arena = { .from = &k->api->heap };
	struct dcf_utm_extents theirs;
	uint32_t *of;
	enum dcf_status s;

	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	put_origin(j, d);
	put_number(j, "version", dcf_jget(reference, "version"));
	put_number(j, "priority", dcf_jget(dcf_jget(intent, "details"), "priority"));
	dcf_json_key(j, "features");
	dcf_json_raw(j, DCF_SPAN(""));
	s = dcf_write_geojson(plan, j->out);
	dcf_json_end(j, '}');
	s = s == DCF_OK ? dcf_utm_of_features(plan->features, (uint32_t)plan->feature_count, &plan->atmosphere, &arena, &theirs,
					      &of)
			: s;
	s = s == DCF_OK ? put_meets(k, j, plan, &theirs) : s;
	dcf_arena_free(&arena);
	return s;
}

static enum dcf_status put_details(struct look *k, struct dcf_json *j, const struct dcf_uss_details *d)
{
	struct dcf_strict_json json = { .from = &k->api->heap };
	struct dcf_plan plan = { .operation_count = 0 };
	struct dcf_jval intent;
	struct dcf_span why = { NULL, 0 };
	const char *fault;
	enum dcf_status s = dcf_strict_json(&json, dcf_buf_as_span(&d->text), DCF_USS_DETAILS_MAX, DEPTH_MOST);

	dcf_plan_init(&plan, &k->api->heap);
	intent = s == DCF_OK ? dcf_jget(dcf_jroot(&json.doc), "operational_intent") : (struct dcf_jval){ NULL, 0 };
	if (s == DCF_E_NOMEM)
		goto done;
	fault = s != DCF_OK ? "the details are no JSON object" : reference_fault(k, dcf_jget(intent, "reference"));
	s = fault ? DCF_OK : dcf_read_text_into(&plan, DCF_SPAN("details"), dcf_buf_as_span(&d->text));
	if (s == DCF_E_NOMEM)
		goto done;
	why = fault ? dcf_span_of(fault) : first_refusal(&plan);
	s = why.p ? DCF_OK : validate(k, &plan, &why);
	if (s == DCF_OK && why.p)
		put_nothing(j, why);
	else if (s == DCF_OK)
		s = put_read(k, j, d, intent, &plan);
done:
	dcf_plan_free(&plan);
	dcf_strict_json_free(&json);
	return s;
}

static enum dcf_status get_own(struct look *k, struct dcf_uss_details *d)
{
	struct dcf_json j = { .out = &d->text };

	d->origin = DCF_USS_OWN;
	d->at_us = k->e->ours->at_us;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "operational_intent");
	dcf_uss_put_intent(&j, k->e, false);
	dcf_json_end(&j, '}');
	return d->text.failed ? DCF_E_NOMEM : DCF_OK;
}

/* On a thread that may wait for others. */
static void run(void *ctx)
{
	struct look *k = ctx;
	struct dcf_uss_details d = { .text.from = &k->api->heap };
	struct dcf_json j = { .out = &k->out };

	k->status = k->e->native ? get_own(k, &d) : dcf_uss_fetch(k->api->uss, k->e, &d);
	put_beginning(&j, k->exercise);
	dcf_json_key(&j, "intent");
	dcf_json_begin(&j, '{');
	dcf_uss_put_entity(&j, k->e);
	dcf_json_end(&j, '}');
	if (k->status == DCF_OK && d.origin == DCF_USS_NOWHERE)
		put_nothing(&j, dcf_span_of(d.why));
	else if (k->status == DCF_OK)
		k->status = put_details(k, &j, &d);
	dcf_json_end(&j, '}');
	dcf_buf_char(&k->out, '\n');
	dcf_buf_free(&d.text);
	dcf_entity_drop(k->e);
	dcf_http_finish(k->rq);
}

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	struct look *k = arg;
	struct dcf_pool *pool = k->api->uss->pool ? k->api->uss->pool : k->api->pool;

	if (dcf_pool_put(pool, run, k))
		return;
	k->busy = true;
	dcf_entity_drop(k->e);
	dcf_http_finish(rq);
}

static DCF_API_HANDLER(answered)
{
	struct look *k = dcf_caller_of(rq)->change->ticket.ctx;

	(void)ctx;
	if (k->busy || k->status != DCF_OK || k->out.failed) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(reply, 503, "busy",
					k->busy ? DCF_SPAN("too many ask others at once")
						: DCF_SPAN("this could not be worked out"));
	}
	reply->status = 200;
	dcf_buf_span(&reply->body, dcf_buf_as_span(&k->out));
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_exchange_intent)
{
	struct dcf_api *api = ctx;
	struct dcf_change_request *c;
	struct dcf_uuid id;
	struct look *k;

	if (!may_look(api, rq, reply))
		return DCF_HTTP_DONE;
	if (!dcf_uuid_read(dcf_http_param(rq, "id"), 4, &id))
		return dcf_http_problem(reply, 404, "not-found",
					DCF_SPAN("expected the id of an operational intent, a UUID of version 4"));
	k = dcf_arena_get(rq->arena, sizeof *k);
	c = dcf_api_change(api, rq, 0);
	if (!k || !c)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	*k = (struct look){ .api = api, .rq = rq, .out.from = &api->heap };
	if (!get_exercise(api, reply, &k->exercise))
		return DCF_HTTP_DONE;
	k->e = dcf_exchange_find(dcf_state_exchange(api->state), DCF_ENTITY_INTENT, &id);
	if (!k->e)
		return dcf_http_problem(reply, 404, "not-found",
					DCF_SPAN("no operational intent of that id stands in the exchange"));
	c->ticket.ctx = k;
	c->asking_out = &k->out;
	((struct dcf_caller *)rq->user)->change = c;
	return dcf_http_later(rq, answered, hand_over, k);
}
