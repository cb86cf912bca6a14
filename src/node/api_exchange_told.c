/* SPDX-License-Identifier: Apache-2.0 */
/* api_exchange_told.c - replies to changes that were made: what was written, and who is to be told of it. */
#include "node/api_exchange.h"

#include <stdlib.h>

/* Among more the subscriptions are put in order on the pool, so that nobody else waits for it. */
enum { LITTLE = 500 };

/* In the request's arena. */
struct told {
	struct dcf_exchange_change *c;
	unsigned status;
	struct dcf_exchange_subscriber_names names;
	void (*put)(struct dcf_json *j, struct dcf_exchange_change *c);
	size_t next; /* notice to be written */
	bool begun;
};

static int by_url(const void *a, const void *b)
{
	const struct dcf_notice_to *x = a, *y = b;
	struct dcf_span u = x->subscription->url, v = y->subscription->url;
	int d = memcmp(u.p, v.p, u.len < v.len ? u.len : v.len);

	if (d == 0)
		d = (u.len > v.len) - (u.len < v.len);
	return d ? d : memcmp(x->subscription->id.b, y->subscription->id.b, sizeof x->subscription->id.b);
}

static void put_notice(struct dcf_json *j, const struct dcf_notice_to *n, const char *also)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "subscription_id");
	dcf_utm_put_id(j, &n->subscription->id);
	if (also) {
		dcf_json_key(j, also);
		dcf_utm_put_id(j, &n->subscription->id);
	}
	dcf_json_key(j, "notification_index");
	dcf_json_i64(j, (int64_t)n->index);
	dcf_json_end(j, '}');
}

static bool same_url(const struct dcf_notice_to *a, const struct dcf_notice_to *b)
{
	return dcf_span_eq(a->subscription->url, b->subscription->url);
}

/* One subscription; around it its group's beginning and end. */
static void put_subscription(const struct told *t, struct dcf_json *j)
{
	const struct dcf_exchange_answer *a = &t->c->ask.answer;
	const struct dcf_notice_to *n = &a->notice[t->next];

	if (t->next == 0 || !same_url(n - 1, n)) {
		dcf_json_begin(j, '{');
		dcf_json_key(j, t->names.url);
		dcf_json_string(j, n->subscription->url);
		dcf_json_key(j, "subscriptions");
		dcf_json_begin(j, '[');
	}
	put_notice(j, n, t->names.id);
	if (t->next + 1 == a->notice_count || !same_url(n, n + 1)) {
		dcf_json_end(j, ']');
		dcf_json_end(j, '}');
	}
}

static bool step(void *ctx, struct dcf_json *j)
{
	struct told *t = ctx;

	if (!t->begun) {
		dcf_json_begin(j, '{');
		t->put(j, t->c);
		dcf_json_key(j, t->names.list);
		dcf_json_begin(j, '[');
		t->begun = true;
	}
	if (t->next < t->c->ask.answer.notice_count) {
		put_subscription(t, j);
		t->next++;
	}
	if (t->next < t->c->ask.answer.notice_count)
		return true;
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
	return false;
}

static enum dcf_http_next tell(struct told *t, struct dcf_http_reply *reply)
{
	struct dcf_exchange_change *c = t->c;
	enum dcf_http_next next = dcf_exchange_reply_steps(
		c->api, reply, t->status, &(struct dcf_exchange_steps){ step, NULL, t, true }, c->ask.answer.notice_count);

	if (!reply->stream && reply->body.failed)
		return dcf_exchange_error(reply, 500, "It was done, but memory is short to say so");
	return next;
}

static void put_in_order(const struct told *t)
{
	const struct dcf_exchange_answer *a = &t->c->ask.answer;

	if (a->notice_count)
		qsort(a->notice, a->notice_count, sizeof *a->notice, by_url);
}

static void put_in_order_on_pool(void *ctx)
{
	struct told *t = ctx;

	put_in_order(t);
	dcf_http_finish(t->c->rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct told *t = arg;

	if (dcf_pool_put(t->c->api->pool, put_in_order_on_pool, t))
		return;
	put_in_order(t);
	dcf_http_finish(rq);
}

static DCF_API_HANDLER(in_order)
{
	(void)ctx;
	return tell(dcf_caller_of(rq)->more, reply);
}

enum dcf_http_next dcf_exchange_reply_told(struct dcf_exchange_change *c, struct dcf_http_reply *reply, unsigned status,
					   const struct dcf_exchange_subscriber_names *names,
					   void (*put)(struct dcf_json *j, struct dcf_exchange_change *c))
{
	struct told *t = dcf_arena_get(c->rq->arena, sizeof *t);

	if (!t)
		return dcf_exchange_error(reply, 500, "It was done, but memory is short to say so");
	*t = (struct told){ .c = c, .status = status, .names = *names, .put = put };
	if (c->ask.answer.notice_count > LITTLE) {
		((struct dcf_caller *)c->rq->user)->more = t;
		return dcf_http_later(c->rq, in_order, hand_to_pool, t);
	}
	put_in_order(t);
	return tell(t, reply);
}
