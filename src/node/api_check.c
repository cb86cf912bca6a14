/* SPDX-License-Identifier: Apache-2.0 */
/* api_check.c - conflicts and ways out, asked for: of an operation that stands, of all of the caller's, of what might be
 * declared. */
#include "node/api_declare.h"
#include "domain/declare.h"
#include "node/quota.h"

#include <inttypes.h>
#include <stdio.h>

enum { WHAT_IF_MOST = 1000, OPTIONS_FOR_MOST = 10, OPTIONS_MS = 5000, CONFLICTS_PAGE = 100, CONFLICTS_MOST = 1000 };

/* A question that is worked out on the pool. */
struct asking {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	const struct dcf_op **ops, **replaced;
	struct dcf_op **made; /* of a what-if: to be dropped */
	size_t count;
	struct dcf_view view;
	bool in_view, exercise;
	struct dcf_plan plan;
	bool options, check;
	int64_t until_us;
	struct dcf_buf out;
	enum dcf_status status;
};

static bool time_is_up(void *ctx)
{
	const struct asking *k = ctx;

	return dcf_clock_mono_us(&k->api->clock) > k->until_us;
}

static void answer(struct asking *k)
{
	struct dcf_question q = { dcf_caller_of(k->rq),          &k->view, k->ops, k->count, k->replaced, &k->plan,
				  k->made ? NULL : k->api->store };
	size_t conflicts = 0, put = 0;

	if (k->check) {
		dcf_buf_z(&k->out, "\"check\":");
		k->status = dcf_answer_check(&q, k->api->version, &k->api->heap, &k->out, &conflicts);
	}
	if (k->status != DCF_OK || !k->options || (k->check && conflicts == 0))
		return;
	dcf_buf_z(&k->out, k->check ? ",\"options\":[" : "\"options\":[");
	k->until_us = dcf_clock_mono_us(&k->api->clock) + OPTIONS_MS * 1000;
	for (size_t i = 0; i < k->count && i < OPTIONS_FOR_MOST && k->status == DCF_OK; i++) {
		size_t before = k->out.len;

		if (put)
			dcf_buf_char(&k->out, ',');
		k->status = dcf_answer_options(&q, i, k->api->version, time_is_up, k, &k->api->heap, &k->out);
		if (k->status == DCF_OK)
			put++;
		else
			k->out.len = before;
		if (k->status == DCF_E_NOT_FOUND)
			k->status = DCF_OK;
	}
	dcf_buf_char(&k->out, ']');
}

static void close_asking(struct asking *k)
{
	for (size_t i = 0; k->made && i < k->count; i++)
		if (k->made[i])
			dcf_op_drop(k->made[i]);
	if (k->in_view)
		dcf_state_leave(&k->view);
	dcf_plan_free(&k->plan);
	k->in_view = false;
	k->made = NULL;
}

static void run(void *ctx)
{
	struct asking *k = ctx;

	answer(k);
	close_asking(k);
	dcf_http_finish(k->rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct asking *k = arg;

	if (dcf_pool_put(k->api->pool, run, k))
		return;
	close_asking(k);
	k->status = DCF_E_BUSY;
	dcf_http_finish(rq);
}

static DCF_API_HANDLER(answered)
{
	/* What the answer needs more than the request's arena is in a change request, which is freed when all is over. */
	struct asking *k = (struct asking *)dcf_caller_of(rq)->change->ticket.ctx;

	(void)ctx;
	if (k->status != DCF_OK || k->out.failed) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(reply, 503, "busy",
					k->status == DCF_E_BUSY ? DCF_SPAN("too many questions wait")
								: DCF_SPAN("this could not be worked out"));
	}
	reply->status = 200;
	dcf_buf_z(&reply->body, k->exercise ? "{\"deconflict\":1,\"exercise\":true," : "{\"deconflict\":1,");
	dcf_buf_span(&reply->body, dcf_buf_as_span(&k->out));
	dcf_buf_z(&reply->body, "}\n");
	return DCF_HTTP_DONE;
}

/* Zeroed, with a change request that frees its buffer; NULL after a problem. */
static struct asking *ask(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct asking *k = dcf_arena_get(rq->arena, sizeof *k);
	struct dcf_change_request *c = dcf_api_change(api, rq, 0);

	if (!k || !c) {
		(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
		return NULL;
	}
	*k = (struct asking){ .api = api, .rq = rq };
	dcf_plan_init(&k->plan, &api->heap);
	c->ticket.ctx = k;
	c->asking_out = &k->out;
	k->out.from = &api->heap;
	((struct dcf_caller *)rq->user)->change = c;
	k->in_view = dcf_api_enter(api, reply, &k->view);
	k->exercise = k->in_view && dcf_view_facts(&k->view).exercise;
	return k->in_view ? k : NULL;
}

/* --- what if ----------------------------------------------------------------------------------------- */

static bool make_ops(struct asking *k, struct dcf_http_reply *reply)
{
	size_t n = k->plan.operation_count;

	k->ops = dcf_arena_get(k->rq->arena, n * sizeof *k->ops);
	k->replaced = dcf_arena_get(k->rq->arena, n * sizeof *k->replaced);
	k->made = dcf_arena_get(k->rq->arena, n * sizeof *k->made);
	if (!k->ops || !k->replaced || !k->made || dcf_ops_make(&k->plan, &k->api->heap, k->made) != DCF_OK) {
		k->made = NULL;
		(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
		return false;
	}
	k->count = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t which = 0;
		const char *why = "found more features than one operation can have";
		enum dcf_status s;

		if (!k->made[i]) {
			(void)dcf_http_problem(reply, 422, "refused", DCF_SPAN("an operation without features"));
			return false;
		}
		s = dcf_live_validate(&k->api->heap, k->made[i]->live.features, k->made[i]->live.feature_count, &which, &why);
		if (s != DCF_OK) {
			(void)(s == DCF_E_NOMEM ? dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"))
						: dcf_api_shape_refused(reply, &k->plan, i, which, why));
			return false;
		}
		k->made[i]->pending_state = DCF_OP_DECLARED;
		atomic_store(&k->made[i]->state, DCF_OP_DECLARED);
		for (uint32_t f = 0; f < k->made[i]->live.feature_count; f++)
			((struct dcf_feature *)k->made[i]->live.features)[f].received_us = dcf_clock_wall_us(&k->api->clock);
		k->ops[i] = k->made[i];
		k->replaced[i] = dcf_view_find(&k->view, k->made[i]->live.party, k->made[i]->id);
	}
	return true;
}

static bool is_own(const struct asking *k, struct dcf_http_reply *reply)
{
	for (size_t i = 0; i < k->plan.operation_count; i++)
		if (!dcf_caller_may_declare(dcf_caller_of(k->rq), k->plan.parties[k->plan.operations[i].party].id)) {
			(void)dcf_http_problem(reply, 403, "party", DCF_SPAN("the token does not allow asking for that party"));
			return false;
		}
	if (k->plan.operation_count == 0 || k->plan.operation_count > WHAT_IF_MOST) {
		(void)dcf_http_problem(reply, 422, "count", DCF_SPAN("expected 1 to 1,000 operations in one question"));
		return false;
	}
	return true;
}

/* Count it: asking often enough shows where others are.  A cell knows that anyway. */
static bool may_ask(struct asking *k, struct dcf_http_reply *reply)
{
	struct dcf_api *api = k->api;
	const struct dcf_caller *caller = dcf_caller_of(k->rq);
	uint32_t party = dcf_caller_party(caller, &k->view);
	uint64_t n = k->plan.operation_count;
	int64_t wait_us;
	enum dcf_status s = dcf_quota_take(api->quota, party == DCF_NONE ? DCF_PARTIES_MAX : party, n, caller->cell,
					   dcf_clock_mono_us(&api->clock), &wait_us);
	char *seconds = s == DCF_E_LIMIT ? dcf_arena_get(k->rq->arena, 24) : NULL;

	if (s == DCF_OK) {
		dcf_counter_add(api->questions, n);
		return true;
	}
	if (!seconds) {
		(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
		return false;
	}
	dcf_counter_add(api->questions_refused, n);
	if (wait_us == INT64_MAX) {
		(void)dcf_http_problem(reply, 422, "count",
				       DCF_SPAN("one question about more operations than a party may ask about in an hour"));
		return false;
	}
	dcf_http_reply_header(
		reply, "Retry-After",
		(struct dcf_span){ seconds, (size_t)snprintf(seconds, 24, "%" PRId64, (wait_us + 999999) / 1000000) });
	(void)dcf_http_problem(
		reply, 429, "questions",
		DCF_SPAN("this party has asked about as many operations in the last hour as it may: wait, or declare"));
	return false;
}

DCF_API_HANDLER(dcf_api_check)
{
	struct dcf_api *api = ctx;
	struct asking *k;
	enum dcf_status s;
	bool options;

	if (!dcf_api_read_options(rq, reply, &options) || !(k = ask(api, rq, reply)))
		return DCF_HTTP_DONE;
	k->check = true;
	k->options = options;
	if (!dcf_api_exercise_agrees(rq, reply, &k->view)) {
		close_asking(k);
		return DCF_HTTP_DONE;
	}
	dcf_plan_free(&k->plan);
	s = dcf_declare_read(k->view.frame, DCF_SPAN("body"), rq->body, &api->heap, &k->plan);
	if (s == DCF_OK && is_own(k, reply) && dcf_api_names_fit(reply, &k->plan) && may_ask(k, reply) && make_ops(k, reply))
		return dcf_http_later(rq, answered, hand_to_pool, k);
	if (s == DCF_E_REFUSED)
		(void)dcf_api_refused(reply, &k->plan);
	else if (s != DCF_OK)
		(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	close_asking(k);
	return DCF_HTTP_DONE;
}

/* How often it was asked: of the caller's party; of all, for an administrator. */
DCF_API_HANDLER(dcf_api_questions)
{
	struct dcf_api *api = ctx;
	const struct dcf_caller *caller = dcf_caller_of(rq);
	struct dcf_json j = dcf_api_json(reply);
	struct dcf_view view;
	int64_t now_us = dcf_clock_mono_us(&api->clock);
	uint32_t own;

	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	own = dcf_caller_party(caller, &view);
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "per_hour");
	if (dcf_quota_per_hour(api->quota))
		dcf_json_i64(&j, (int64_t)dcf_quota_per_hour(api->quota));
	else
		dcf_json_null(&j);
	dcf_api_put_exercise(&j, &view);
	dcf_json_key(&j, "parties");
	dcf_json_begin(&j, '[');
	for (uint32_t i = 0; i < view.frame->plan.party_count; i++) {
		if (i != own && !caller->admin)
			continue;
		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "party");
		dcf_json_string(&j, view.frame->plan.parties[i].id);
		dcf_json_key(&j, "asked");
		dcf_json_i64(&j, (int64_t)dcf_quota_asked(api->quota, i, now_us));
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

/* --- what stands ------------------------------------------------------------------------------------- */

static enum dcf_http_next about_one(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				    bool options)
{
	struct asking *k = ask(api, rq, reply);
	const struct dcf_caller *caller = dcf_caller_of(rq);
	uint32_t party;

	if (!k)
		return DCF_HTTP_DONE;
	k->ops = dcf_arena_get(rq->arena, sizeof *k->ops);
	party = dcf_plan_find_party(&k->view.frame->plan, dcf_http_param(rq, "party"));
	if (k->ops && party != DCF_NONE)
		k->ops[0] = dcf_view_find(&k->view, party, dcf_http_param(rq, "operation"));
	/* What another's operation meets is another's business, and a cell's. */
	if (k->ops && party != DCF_NONE && k->ops[0] && (caller->cell || dcf_caller_party(caller, &k->view) == party)) {
		k->count = 1;
		k->check = !options;
		k->options = options;
		return dcf_http_later(rq, answered, hand_to_pool, k);
	}
	close_asking(k);
	return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such operation of yours"));
}

DCF_API_HANDLER(dcf_api_operation_conflicts)
{
	return about_one(ctx, rq, reply, false);
}

DCF_API_HANDLER(dcf_api_operation_options)
{
	return about_one(ctx, rq, reply, true);
}

/* Those of the caller's operations (all, for a cell), a page of operations at a time, that meet something. */
DCF_API_HANDLER(dcf_api_conflicts)
{
	static const char *const names[] = { "limit", "after", NULL };
	struct dcf_api *api = ctx;
	struct asking *k;
	uint64_t limit, after;
	struct dcf_page page;
	const struct dcf_op *op;

	if (!dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, "limit", 1, CONFLICTS_MOST, CONFLICTS_PAGE, &limit) ||
	    !dcf_http_query_number(rq, reply, "after", 0, UINT64_MAX >> 1, 0, &after) || !(k = ask(api, rq, reply)))
		return DCF_HTTP_DONE;
	k->check = true;
	k->ops = dcf_arena_get(rq->arena, limit * sizeof *k->ops);
	if (!k->ops) {
		close_asking(k);
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	}
	for (page = dcf_page_at(&k->view, after); (op = dcf_page_next(&page)); page.at++) {
		if ((!dcf_caller_of(rq)->cell && op->live.party != dcf_caller_party(dcf_caller_of(rq), &k->view)) ||
		    dcf_op_final((enum dcf_op_state)atomic_load(&op->state)))
			continue;
		if (k->count == limit)
			break;
		k->ops[k->count++] = op;
	}
	dcf_buf_z(&k->out, "\"next\":");
	if (page.more)
		dcf_buf_i64(&k->out, (int64_t)page.at);
	else
		dcf_buf_z(&k->out, "null");
	dcf_buf_char(&k->out, ',');
	return dcf_http_later(rq, answered, hand_to_pool, k);
}
