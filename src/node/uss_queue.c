/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_notify_int.h"

#include <stdlib.h>
#include <string.h>

enum {
	GOING_MOST = 64,       /* calls at once */
	GOING_MOST_OF_ONE = 8, /* to one destination */
	LOOK_AT_MOST = 64,     /* jobs of one destination that are looked at for one that may go */
	WAIT_LEAST_MS = 500,
	WAIT_MOST_MS = 60000,
	LOOK_MS = 1000
};

static const struct dcf_span no_request;

/* --- destinations ---------------------------------------------------------------------------------------- */

static struct uss_destination *find(struct dcf_uss_notify *n, const struct dcf_uss_place *place)
{
	for (struct uss_destination *d = n->destinations; d; d = d->next)
		if (strcmp(d->place.url, place->url) == 0)
			return d;
	return NULL;
}

/* One that nothing waits for and that did not fail of late may go. */
static void forget_idle(struct dcf_uss_notify *n)
{
	struct uss_destination **at = &n->destinations;

	while (*at) {
		struct uss_destination *d = *at;

		if (d->first || uss_mono(n) < d->next_us) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		n->destination_count--;
		dcf_alloc_free(&n->from, d, sizeof *d);
	}
}

static struct uss_destination *destination_of(struct dcf_uss_notify *n, const struct dcf_uss_place *place)
{
	struct uss_destination *d = find(n, place);

	if (d)
		return d;
	if (n->destination_count == DCF_USS_DESTINATIONS)
		forget_idle(n);
	if (n->destination_count == DCF_USS_DESTINATIONS || !(d = dcf_alloc_new(&n->from, sizeof *d)))
		return NULL;
	memset(d, 0, sizeof *d);
	d->place = *place;
	d->end = &d->first;
	d->next = n->destinations;
	n->destinations = d;
	n->destination_count++;
	return d;
}

/* --- jobs -------------------------------------------------------------------------------------------------- */

static void free_job(struct dcf_uss_notify *n, struct uss_job *job)
{
	dcf_entity_drop(job->entity);
	for (size_t i = 0; i < job->count; i++)
		dcf_entity_drop(job->notice[i].subscription);
	dcf_alloc_free(&n->from, job->notice, job->count * sizeof *job->notice);
	if (job->state == USS_JOB_GOING)
		(void)curl_multi_remove_handle(n->multi, job->call.easy);
	dcf_uss_call_close(&job->call);
	dcf_buf_free(&job->call.reply);
	dcf_buf_free(&job->token);
	dcf_buf_free(&job->body);
	dcf_alloc_free(&n->from, job, sizeof *job);
}

static struct uss_job *make_job(struct dcf_uss_notify *n, const struct dcf_notice_to *notice, size_t count)
{
	struct uss_job *job = n->job_count < DCF_USS_JOBS ? dcf_alloc_new(&n->from, sizeof *job) : NULL;

	if (!job)
		return NULL;
	memset(job, 0, sizeof *job);
	job->n = n;
	job->notice = dcf_alloc_new(&n->from, count * sizeof *notice);
	if (!job->notice) {
		dcf_alloc_free(&n->from, job, sizeof *job);
		return NULL;
	}
	memcpy(job->notice, notice, count * sizeof *notice);
	job->count = count;
	for (size_t i = 0; i < count; i++)
		dcf_entity_hold(notice[i].subscription);
	job->token.from = job->body.from = job->call.reply.from = &n->from;
	return job;
}

static void say_not_told(struct dcf_uss_notify *n, struct dcf_counter *counter, const char *why,
			 const struct dcf_entity *entity, struct dcf_span url)
{
	char id[DCF_UUID_TEXT];
	const struct dcf_span intent = { id, sizeof id };

	dcf_uuid_write(&entity->id, id);
	dcf_counter_one(counter);
	dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "a subscriber is not told", DCF_LOG_Z("why", why),
			 DCF_LOG_SPAN("intent", intent), DCF_LOG_SPAN("url", url));
}

static void add_one(struct dcf_uss_notify *n, uint64_t position, const struct dcf_entity *entity, bool ended,
		    const struct dcf_notice_to *notice, size_t count)
{
	struct dcf_span url = notice->subscription->url;
	struct dcf_uss_place *place = dcf_alloc_new(&n->from, sizeof *place);
	const char *fault = place ? dcf_uss_guard_judge(n->o.guard, url, place) : "no memory";
	struct uss_destination *to = fault ? NULL : destination_of(n, place);
	struct uss_job *job = to ? make_job(n, notice, count) : NULL;

	dcf_alloc_free(&n->from, place, sizeof *place);
	if (fault) {
		say_not_told(n, n->forbidden, fault, entity, url);
		return;
	}
	if (!job) {
		say_not_told(n, n->dropped, "too many wait", entity, url);
		return;
	}
	job->to = to;
	job->position = position;
	job->entity = entity;
	dcf_entity_hold(entity);
	job->ended = ended;
	*to->end = job;
	to->end = &job->next;
	to->waiting++;
	n->job_count++;
}

static int by_url(const void *a, const void *b)
{
	const struct dcf_notice_to *x = a, *y = b;
	int c = dcf_span_cmp(x->subscription->url, y->subscription->url);

	return c ? c : memcmp(x->subscription->id.b, y->subscription->id.b, sizeof x->subscription->id.b);
}

void dcf_uss_queue_add(struct dcf_uss_notify *n, uint64_t position, const struct dcf_entity *entity, bool ended,
		       struct dcf_notice_to *notice, size_t count)
{
	size_t end;

	if (count)
		qsort(notice, count, sizeof *notice, by_url);
	for (size_t i = 0; i < count; i = end) {
		struct dcf_span url = notice[i].subscription->url;

		for (end = i + 1; end < count && dcf_span_eq(notice[end].subscription->url, url);)
			end++;
		if (!*n->o.own_url || !dcf_span_eq(url, dcf_span_of(n->o.own_url)))
			add_one(n, position, entity, ended, notice + i, end - i);
	}
}

void dcf_uss_queue_remove(struct dcf_uss_notify *n, struct uss_job *job)
{
	struct uss_destination *d = job->to;
	struct uss_job **at = &d->first;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	if (d->end == &job->next)
		d->end = at;
	d->waiting--;
	n->job_count--;
	free_job(n, job);
}

/* --- who may go ---------------------------------------------------------------------------------------------- */

/* Does an earlier job of the destination tell of the same intent? */
static bool has_elder(const struct uss_destination *d, const struct uss_job *job)
{
	for (const struct uss_job *j = d->first; j != job; j = j->next)
		if (dcf_uuid_eq(&j->entity->id, &job->entity->id))
			return true;
	return false;
}

static struct uss_job *next_of(const struct uss_destination *d)
{
	size_t looked = 0;

	for (struct uss_job *j = d->first; j && looked < LOOK_AT_MOST; j = j->next, looked++)
		if (j->state == USS_JOB_WAITING && !has_elder(d, j))
			return j;
	return NULL;
}

int64_t dcf_uss_queue_go(struct dcf_uss_notify *n)
{
	int64_t now_us = uss_mono(n), next_us = now_us + LOOK_MS * 1000;

	for (struct uss_destination *d = n->destinations; d; d = d->next) {
		size_t most = d->failures ? 1 : GOING_MOST_OF_ONE;
		struct uss_job *job;

		if (d->next_us > now_us) {
			next_us = d->first && d->next_us < next_us ? d->next_us : next_us;
			continue;
		}
		/* Where a call fails at once the destination rests, and its other jobs with it. */
		while (d->next_us <= now_us && d->going < most && n->going < GOING_MOST && (job = next_of(d)) != NULL)
			dcf_uss_post_begin(n, job);
	}
	return next_us;
}

/* A pause of some length: twice the last one, less up to a half. */
static int64_t pause_us(struct dcf_uss_notify *n, unsigned failures)
{
	int64_t ms = failures > 7 ? WAIT_MOST_MS : (int64_t)WAIT_LEAST_MS << (failures - 1);

	ms = ms < WAIT_MOST_MS ? ms : WAIT_MOST_MS;
	n->jitter = n->jitter * 6364136223846793005u + 1442695040888963407u;
	return ms * 1000 - ms * 500 * (int64_t)(n->jitter >> 33) / ((int64_t)1 << 31);
}

/* Whom nobody answers, nobody answers: all that waits for it has been tried. */
static void count_for_all(struct dcf_uss_notify *n, struct uss_destination *d, const struct uss_job *but, const char *why)
{
	struct uss_job *next;

	for (struct uss_job *j = d->first; j; j = next) {
		next = j->next;
		if (j != but && j->state == USS_JOB_WAITING && ++j->tries >= n->o.attempts)
			dcf_uss_post_give_up(n, j, why);
	}
}

void dcf_uss_queue_again(struct dcf_uss_notify *n, struct uss_job *job, int64_t after_s, bool all)
{
	struct uss_destination *d = job->to;
	char why[CURL_ERROR_SIZE];
	int64_t pause, after_us = after_s < WAIT_MOST_MS / 1000 ? after_s * 1000000 : (int64_t)WAIT_MOST_MS * 1000;

	memcpy(why, job->why, sizeof why);
	d->failures++;
	pause = pause_us(n, d->failures);
	d->next_us = uss_mono(n) + (pause > after_us ? pause : after_us);
	job->state = USS_JOB_WAITING;
	if (all)
		count_for_all(n, d, job, why);
	if (job->tries >= n->o.attempts)
		dcf_uss_post_give_up(n, job, why);
}

uint64_t dcf_uss_queue_told(const struct dcf_uss_notify *n)
{
	uint64_t told = n->seen;

	for (const struct uss_destination *d = n->destinations; d; d = d->next)
		for (const struct uss_job *j = d->first; j; j = j->next)
			told = j->position < told ? j->position : told;
	return told;
}

void dcf_uss_queue_free(struct dcf_uss_notify *n)
{
	while (n->destinations) {
		struct uss_destination *d = n->destinations;

		while (d->first)
			dcf_uss_queue_remove(n, d->first);
		n->destinations = d->next;
		dcf_alloc_free(&n->from, d, sizeof *d);
	}
}
