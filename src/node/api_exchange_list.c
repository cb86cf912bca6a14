/* SPDX-License-Identifier: Apache-2.0 */
/* api_exchange_list.c - long answers.  Nothing is left out of one however long it is: a long one is written piece by piece as
 * the client takes it, and what was written is let go. */
#include "node/api_exchange.h"

enum { AT_ONCE = 100, PIECE = 16 << 10, LITTLE = 500, SHARE = 4 };

/* --- step by step ----------------------------------------------------------------------------------------- */

struct long_reply {
	struct dcf_exchange_steps steps;
	struct dcf_json json; /* into `text` */
	struct dcf_buf text;
	atomic_uint *of_client;
	size_t sent; /* bytes of `text` that the client has */
	bool last;   /* nothing comes behind what is in `text` */
};

static enum dcf_http_more next(void *ctx, char *out, size_t cap, size_t *len)
{
	struct long_reply *r = ctx;

	if (r->sent == r->text.len && !r->last) {
		r->text.len = r->sent = 0;
		while (!r->last && r->text.len < PIECE && !r->text.failed)
			r->last = !r->steps.step(r->steps.ctx, &r->json);
	}
	/* Short of memory: the client must not take what is cut for the whole. */
	if (r->text.failed || r->sent == r->text.len)
		return DCF_HTTP_END;
	*len = r->text.len - r->sent < cap ? r->text.len - r->sent : cap;
	memcpy(out, r->text.p + r->sent, *len);
	r->sent += *len;
	return DCF_HTTP_BYTES;
}

static void steps_over(const struct dcf_exchange_steps *steps)
{
	if (steps->over)
		steps->over(steps->ctx);
}

/* Streams are few, and events need them too: one client that takes its answers slowly must not have all of them. */
static atomic_uint *shelf_of(struct dcf_api *api, struct dcf_span client)
{
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < client.len; i++)
		h = (h ^ (unsigned char)client.p[i]) * 0x01000193u;
	return &api->long_of[(h ^ h >> 16) % DCF_LONG_SHELVES];
}

static bool takes_too_many(const struct dcf_api *api, atomic_uint *of_client)
{
	if (atomic_fetch_add(of_client, 1) < (api->config->limit.streams + SHARE - 1) / SHARE)
		return false;
	atomic_fetch_sub(of_client, 1);
	return true;
}

static void over(void *ctx)
{
	struct long_reply *r = ctx;

	atomic_fetch_sub(r->of_client, 1);
	steps_over(&r->steps);
	dcf_buf_free(&r->text);
}

static enum dcf_http_next at_once(struct dcf_http_reply *reply, unsigned status, const struct dcf_exchange_steps *steps)
{
	struct dcf_json j = dcf_exchange_json(reply, status);

	while (steps->step(steps->ctx, &j) && !reply->body.failed)
		;
	steps_over(steps);
	return DCF_HTTP_DONE;
}

static bool start(struct dcf_api *api, struct dcf_http_reply *reply, unsigned status, const struct dcf_exchange_steps *steps)
{
	struct long_reply *r = dcf_arena_get(reply->request->arena, sizeof *r);
	const struct dcf_http_source source = { next, over, r };
	size_t headers = reply->header_count;

	if (!r)
		return false;
	*r = (struct long_reply){ .steps = *steps,
				  .of_client = shelf_of(api, dcf_exchange_caller(reply->request)),
				  .text = { .from = &api->heap } };
	if (takes_too_many(api, r->of_client))
		return false;
	r->json.out = &r->text;
	reply->status = status;
	if (dcf_http_stream_start(reply, DCF_EXCHANGE_JSON, &source))
		return true;
	atomic_fetch_sub(r->of_client, 1);
	reply->header_count = headers;
	return false;
}

enum dcf_http_next dcf_exchange_reply_steps(struct dcf_api *api, struct dcf_http_reply *reply, unsigned status,
					    const struct dcf_exchange_steps *steps, size_t elements)
{
	if (elements <= AT_ONCE)
		return at_once(reply, status, steps);
	if (start(api, reply, status, steps))
		return DCF_HTTP_DONE;
	/* What was done must not look as if it were not. */
	if (steps->done)
		return at_once(reply, status, steps);
	steps_over(steps);
	return dcf_exchange_busy(reply, "As many long answers as this node gives at once, or a client, are on their way");
}

/* --- lists ------------------------------------------------------------------------------------------------ */

struct list_reply {
	struct dcf_entity_list list;
	size_t next; /* to be written */
	bool begun;
	struct dcf_span head;
	const char *member;
	dcf_exchange_put_entity put;
	void *ctx;
};

void dcf_entity_list_free(struct dcf_entity_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i])
			dcf_entity_drop(list->at[i]);
	if (list->at)
		dcf_alloc_free(list->from, list->at, list->cap * sizeof *list->at);
	list->at = NULL;
	list->count = list->cap = 0;
}

static bool put_one(void *ctx, struct dcf_json *j)
{
	struct list_reply *r = ctx;

	if (!r->begun) {
		dcf_json_begin(j, '{');
		dcf_buf_span(j->out, r->head);
		dcf_json_key(j, r->member);
		dcf_json_begin(j, '[');
		r->begun = true;
	}
	if (r->next < r->list.count) {
		r->put(j, r->list.at[r->next], r->ctx);
		dcf_entity_drop(r->list.at[r->next]);
		r->list.at[r->next++] = NULL;
	}
	if (r->next < r->list.count)
		return true;
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
	return false;
}

static void list_over(void *ctx)
{
	dcf_entity_list_free(&((struct list_reply *)ctx)->list);
}

/* `head` stands before the list only where something was done. */
static enum dcf_http_next reply_list(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				     struct dcf_span head, const char *member, struct dcf_entity_list *list,
				     dcf_exchange_put_entity put, void *ctx)
{
	struct list_reply *r = dcf_arena_get(rq->arena, sizeof *r);
	size_t count = list->count;

	if (!r) {
		dcf_entity_list_free(list);
		return dcf_exchange_busy(reply, "Out of memory");
	}
	*r = (struct list_reply){ .list = *list, .head = head, .member = member, .put = put, .ctx = ctx };
	list->at = NULL;
	list->count = list->cap = 0;
	return dcf_exchange_reply_steps(api, reply, 200, &(struct dcf_exchange_steps){ put_one, list_over, r, head.p != NULL },
					count);
}

enum dcf_http_next dcf_exchange_reply_list(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					   const char *member, struct dcf_entity_list *list, dcf_exchange_put_entity put,
					   void *ctx)
{
	return reply_list(api, rq, reply, (struct dcf_span){ NULL, 0 }, member, list, put, ctx);
}

/* --- searches --------------------------------------------------------------------------------------------- */

/* Between the stages; in the request's arena. */
struct search_job {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_exchange_search search;
	struct dcf_entity_list list;
	enum dcf_status status;
};

static enum dcf_status look(struct search_job *job)
{
	const struct dcf_exchange_search *s = &job->search;
	size_t n = 0;

	job->status = dcf_exchange_search(dcf_state_exchange(job->api->state), s->kind, &s->extents, s->owner, &job->list);
	if (job->status != DCF_OK || s->not_over_us == DCF_UTM_SINCE_EVER)
		return job->status;
	for (size_t i = 0; i < job->list.count; i++) {
		if (job->list.at[i]->extents.end_us < s->not_over_us)
			dcf_entity_drop(job->list.at[i]);
		else
			job->list.at[n++] = job->list.at[i];
	}
	job->list.count = n;
	return DCF_OK;
}

static enum dcf_http_next found(struct search_job *job, struct dcf_http_reply *reply)
{
	const struct dcf_exchange_search *s = &job->search;

	if (job->status == DCF_OK)
		return reply_list(job->api, job->rq, reply, s->head, s->member, &job->list, s->put, s->ctx);
	dcf_entity_list_free(&job->list);
	return dcf_exchange_busy(reply, "Not enough memory, or too many questions at once");
}

static void look_on_pool(void *ctx)
{
	struct search_job *job = ctx;

	(void)look(job);
	dcf_http_finish(job->rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct search_job *job = arg;

	if (dcf_pool_put(job->api->pool, look_on_pool, job))
		return;
	job->status = DCF_E_BUSY;
	dcf_http_finish(rq);
}

static void drop(void *more)
{
	dcf_entity_list_free(&((struct search_job *)more)->list);
}

static DCF_API_HANDLER(found_on_pool)
{
	(void)ctx;
	return found(dcf_caller_of(rq)->more, reply);
}

enum dcf_http_next dcf_exchange_reply_search(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					     const struct dcf_exchange_search *search)
{
	struct search_job *job = dcf_arena_get(rq->arena, sizeof *job);

	if (!job)
		return dcf_exchange_busy(reply, "Out of memory");
	*job = (struct search_job){ .api = api, .rq = rq, .search = *search, .list = { .from = &api->heap, .most = LITTLE } };
	if (look(job) != DCF_E_RANGE)
		return found(job, reply);
	job->list.most = 0;
	((struct dcf_caller *)rq->user)->more = job;
	((struct dcf_caller *)rq->user)->drop = drop;
	return dcf_http_later(rq, found_on_pool, hand_to_pool, job);
}
