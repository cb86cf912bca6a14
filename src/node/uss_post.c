/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"
#include "node/uss_diary.h"
#include "node/uss_notify_int.h"
#include "node/uss_text.h"

#include <stdio.h>
#include <string.h>

enum { REPLY_MOST = 64 * 1024 };

static const struct dcf_span no_request;

/* Where and as whom subscribers are told, by the kind of what changed. */
static const char *path_of(const struct uss_job *job)
{
	return job->entity->kind == DCF_ENTITY_CONSTRAINT ? "/uss/v1/constraints" : "/uss/v1/operational_intents";
}

static const char *scope_of(const struct uss_job *job)
{
	return job->entity->kind == DCF_ENTITY_CONSTRAINT ? "utm.constraint_management" : "utm.strategic_coordination";
}

/* --- what became of it ---------------------------------------------------------------------------------- */

static void say_given_up(struct dcf_uss_notify *n, const struct uss_job *job, const char *why)
{
	char id[DCF_UUID_TEXT];
	const struct dcf_span intent = { id, sizeof id };

	dcf_uuid_write(&job->entity->id, id);
	dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "a notification was given up", DCF_LOG_Z("why", why),
			 DCF_LOG_Z("url", job->to->place.url), DCF_LOG_SPAN("intent", intent),
			 DCF_LOG_I("version", (int64_t)job->entity->version), DCF_LOG_I("tries", (int64_t)job->tries));
}

void dcf_uss_post_give_up(struct dcf_uss_notify *n, struct uss_job *job, const char *why)
{
	dcf_counter_one(n->given_up);
	say_given_up(n, job, why);
	dcf_uss_queue_remove(n, job);
}

static void note(struct dcf_uss_notify *n, struct uss_job *job)
{
	struct dcf_uss_exchange x = { .peer = job->notice[0].subscription->manager->name,
				      .intent = job->entity->id,
				      .has_intent = true,
				      .client = true,
				      .method = "POST",
				      .url = dcf_span_of(job->to->place.url),
				      .path = path_of(job),
				      .request_us = job->began_us,
				      .response_us = dcf_clock_wall_us(&n->o.clock),
				      .request = dcf_buf_as_span(&job->body),
				      .response = dcf_buf_as_span(&job->call.reply),
				      .status = job->call.status,
				      .problem = job->call.status ? "" : job->why };

	dcf_uss_diary_put(n->o.diary, &x);
}

/* Worth another try? */
static bool may_pass(unsigned status)
{
	return status == 0 || status == 408 || status == 429 || status >= 500;
}

static void failed(struct dcf_uss_notify *n, struct uss_job *job)
{
	unsigned status = job->call.status;

	if (status)
		(void)snprintf(job->why, sizeof job->why, "status %u%s", status,
			       status >= 300 && status < 400 ? " (redirects are not followed)" : "");
	if (status == 401 && !job->fresh_token) {
		/* The keys of the other side, or the service's, may have changed: once with another token, at once. */
		dcf_uss_token_forget(n->o.tokens, dcf_buf_as_span(&job->token));
		job->fresh_token = true;
		if (job->tries < n->o.attempts)
			return;
	}
	if (!may_pass(status)) {
		dcf_counter_one(n->refused);
		say_given_up(n, job, job->why);
		job->to->failures = 0;
		dcf_uss_queue_remove(n, job);
		return;
	}
	dcf_uss_queue_again(n, job, job->call.retry_after_s, status == 0);
}

void dcf_uss_post_ended(struct dcf_uss_notify *n, struct uss_job *job, CURLcode result)
{
	bool forbidden;

	(void)curl_multi_remove_handle(n->multi, job->call.easy);
	job->state = USS_JOB_WAITING;
	dcf_uss_call_ended(&job->call, result);
	forbidden = job->call.forbidden;
	dcf_uss_call_close(&job->call);
	job->to->going--;
	n->going--;
	if (!job->call.status)
		(void)snprintf(job->why, sizeof job->why, "%s", *job->call.error ? job->call.error : "no answer");
	note(n, job);
	if (job->call.status >= 200 && job->call.status < 300) {
		dcf_counter_one(n->sent);
		job->to->failures = 0;
		dcf_uss_queue_remove(n, job);
	} else if (forbidden) {
		dcf_counter_one(n->forbidden);
		say_given_up(n, job, job->why);
		dcf_uss_queue_remove(n, job);
	} else {
		failed(n, job);
	}
}

/* --- sending ---------------------------------------------------------------------------------------------- */

/* It did not even go: a try all the same.  `all`: nothing else could go there either. */
static void could_not(struct dcf_uss_notify *n, struct uss_job *job, const char *why, bool all)
{
	if (why != job->why)
		(void)snprintf(job->why, sizeof job->why, "%s", why);
	job->to->going--;
	n->going--;
	dcf_uss_queue_again(n, job, 0, all);
}

static void send_it(struct dcf_uss_notify *n, struct uss_job *job)
{
	struct dcf_json j = { .out = &job->body };

	if (!job->body.len)
		dcf_uss_put_notification(&j, job->entity, job->ended, n->o.strict, job->notice, job->count);
	job->call = (struct dcf_uss_call){ .place = &job->to->place,
					   .path = path_of(job),
					   .body = dcf_buf_as_span(&job->body),
					   .type = "application/json",
					   .bearer = dcf_buf_as_span(&job->token),
					   .reply_max = REPLY_MOST,
					   .reply = job->call.reply };
	job->began_us = dcf_clock_wall_us(&n->o.clock);
	if (job->body.failed || dcf_uss_call_open(&job->call, n->o.wire) != DCF_OK) {
		job->body.len = 0;
		job->body.failed = false;
		could_not(n, job, "no memory", false);
		return;
	}
	(void)curl_easy_setopt(job->call.easy, CURLOPT_PRIVATE, (void *)job);
	if (curl_multi_add_handle(n->multi, job->call.easy) != CURLM_OK) {
		dcf_uss_call_close(&job->call);
		could_not(n, job, "no memory", false);
		return;
	}
	dcf_counter_one(n->tried);
	job->state = USS_JOB_GOING;
}

/* --- tokens that have to be waited for --------------------------------------------------------------------- */

/* On a thread of the pool. */
static void fetch_token(void *ctx)
{
	struct uss_job *job = ctx;
	struct dcf_uss_notify *n = job->n;
	struct dcf_node_error err = { .code = DCF_OK };

	job->no_token = dcf_uss_token(n->o.tokens, job->to->place.host, scope_of(job), &job->token, &err) != DCF_OK;
	if (job->no_token)
		(void)snprintf(job->why, sizeof job->why, "no token: %.200s", err.text);
	pthread_mutex_lock(&n->lock);
	job->next_tokened = n->tokened;
	n->tokened = job;
	pthread_mutex_unlock(&n->lock);
	(void)curl_multi_wakeup(n->multi);
}

void dcf_uss_post_tokened(struct dcf_uss_notify *n, struct uss_job *job)
{
	if (job->no_token)
		could_not(n, job, job->why, true);
	else
		send_it(n, job);
}

void dcf_uss_post_begin(struct dcf_uss_notify *n, struct uss_job *job)
{
	job->tries++;
	job->to->going++;
	n->going++;
	job->token.len = 0;
	if (dcf_uss_token_now(n->o.tokens, job->to->place.host, scope_of(job), &job->token)) {
		send_it(n, job);
		return;
	}
	job->state = USS_JOB_TOKEN;
	if (!dcf_pool_put(n->pool, fetch_token, job))
		could_not(n, job, "too many wait for tokens", false);
}
