/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"
#include "node/uss_notify_int.h"

#include <string.h>

enum { INBOX_MOST = DCF_USS_JOBS, TOKEN_THREADS = 2, TOKENS_WAITING = 256 };

static const struct dcf_span no_request;

/* --- from the sequencer ------------------------------------------------------------------------------------- */

static bool put_news(struct dcf_uss_notify *n, const struct uss_news *what)
{
	struct uss_news *news = NULL;
	bool fits;

	pthread_mutex_lock(&n->lock);
	fits = n->inbox_count < INBOX_MOST && (news = dcf_alloc_new(&n->from, sizeof *news)) != NULL;
	if (fits) {
		*news = *what;
		*n->inbox_end = news;
		n->inbox_end = &news->next;
		n->inbox_count++;
		n->busy = true;
	}
	pthread_mutex_unlock(&n->lock);
	if (fits)
		(void)curl_multi_wakeup(n->multi);
	return fits;
}

void dcf_uss_notify_changed(struct dcf_uss_notify *n, uint64_t position, const struct dcf_exchange_answer *answer, bool ended)
{
	struct dcf_exchange_answer mine = *answer;

	if (put_news(n, &(struct uss_news){ .position = position, .ended = ended, .answer = mine }))
		return;
	dcf_counter_add(n->dropped, mine.notice_count);
	dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "subscribers are not told: too much waits",
			 DCF_LOG_I("subscriptions", (int64_t)mine.notice_count));
	dcf_exchange_answer_free(&mine);
}

void dcf_uss_notify_found(struct dcf_uss_notify *n, uint64_t from, uint64_t to)
{
	if (!put_news(n, &(struct uss_news){ .position = from, .to = to }))
		dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "subscribers are not told: too much waits",
				 DCF_LOG_I("entries", (int64_t)(to - from)));
}

/* --- the thread ------------------------------------------------------------------------------------------------- */

static void take_news(struct dcf_uss_notify *n, struct uss_news *news)
{
	while (news) {
		struct uss_news *next = news->next;

		/* One intent an entry. */
		uint64_t end = news->to ? news->to : news->position + 1;

		if (end > n->seen)
			n->seen = end;
		if (news->to)
			dcf_uss_told_catch_up(n, news->position, news->to);
		if (news->answer.entity)
			dcf_uss_queue_add(n, news->position, news->answer.entity, news->ended, news->answer.notice,
					  news->answer.notice_count);
		dcf_exchange_answer_free(&news->answer);
		dcf_alloc_free(&n->from, news, sizeof *news);
		news = next;
	}
}

static void take_inbox(struct dcf_uss_notify *n)
{
	struct uss_news *news;

	pthread_mutex_lock(&n->lock);
	news = n->inbox;
	n->inbox = NULL;
	n->inbox_end = &n->inbox;
	n->inbox_count = 0;
	pthread_mutex_unlock(&n->lock);
	take_news(n, news);
}

static void take_tokened(struct dcf_uss_notify *n)
{
	struct uss_job *job;

	pthread_mutex_lock(&n->lock);
	job = n->tokened;
	n->tokened = NULL;
	pthread_mutex_unlock(&n->lock);
	while (job) {
		struct uss_job *next = job->next_tokened;

		dcf_uss_post_tokened(n, job);
		job = next;
	}
}

static void take_answers(struct dcf_uss_notify *n)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(n->multi, &left)) != NULL) {
		struct uss_job *job = NULL;
		CURLcode result = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &job);
		if (job)
			dcf_uss_post_ended(n, job, result);
	}
}

static void look_busy(struct dcf_uss_notify *n)
{
	pthread_mutex_lock(&n->lock);
	n->busy = n->inbox || n->tokened || n->job_count;
	pthread_mutex_unlock(&n->lock);
}

static void *run(void *ctx)
{
	struct dcf_uss_notify *n = ctx;

	dcf_uss_told_catch_up(n, n->told, n->o.position);
	while (!atomic_load(&n->ending)) {
		int64_t next_us, ms;
		size_t before;
		int running;

		take_inbox(n);
		take_tokened(n);
		next_us = dcf_uss_queue_go(n);
		(void)curl_multi_perform(n->multi, &running);
		before = n->going;
		take_answers(n);
		dcf_uss_told_keep(n, false);
		look_busy(n);
		if (n->going != before)
			continue; /* there may be room for the next */
		ms = (next_us - uss_mono(n) + 999) / 1000;
		(void)curl_multi_poll(n->multi, NULL, 0, ms < 0 ? 0 : (int)ms, NULL);
	}
	return NULL;
}

bool dcf_uss_notify_quiet(struct dcf_uss_notify *n)
{
	bool quiet;

	pthread_mutex_lock(&n->lock);
	quiet = !n->busy && !n->inbox && !n->tokened;
	pthread_mutex_unlock(&n->lock);
	return quiet;
}

/* --- life ------------------------------------------------------------------------------------------------- */

static int64_t ask_waiting(void *ctx)
{
	struct dcf_uss_notify *n = ctx;
	int64_t count;

	pthread_mutex_lock(&n->lock);
	count = (int64_t)n->inbox_count;
	pthread_mutex_unlock(&n->lock);
	return count + (int64_t)atomic_load(&n->job_count);
}

static void count_things(struct dcf_uss_notify *n)
{
	static const char name[] = "deconflict_uss_notifications_total",
			  help[] = "Notifications to subscribers of the exchange, by what became of them.";
	struct dcf_metrics *m = n->o.metrics;

	if (!m)
		return;
	n->sent = dcf_metrics_counter(m, name, help, "result=\"sent\"");
	n->refused = dcf_metrics_counter(m, name, help, "result=\"refused\"");
	n->given_up = dcf_metrics_counter(m, name, help, "result=\"given_up\"");
	n->dropped = dcf_metrics_counter(m, name, help, "result=\"dropped\"");
	n->forbidden = dcf_metrics_counter(m, name, help, "result=\"forbidden\"");
	n->tried = dcf_metrics_counter(m, "deconflict_uss_calls_total", "Calls to subscribers, repeated ones too.", "");
	(void)dcf_metrics_ask(m, "deconflict_uss_waiting", "Notifications that wait or are under way.", "", ask_waiting, n, 1);
}

static void free_all(struct dcf_uss_notify *n)
{
	struct dcf_alloc from = n->from;

	dcf_pool_stop(n->pool);
	while (n->inbox) {
		struct uss_news *next = n->inbox->next;

		dcf_exchange_answer_free(&n->inbox->answer);
		dcf_alloc_free(&from, n->inbox, sizeof *n->inbox);
		n->inbox = next;
	}
	dcf_uss_queue_free(n);
	if (n->multi)
		(void)curl_multi_cleanup(n->multi);
	pthread_mutex_destroy(&n->lock);
	dcf_alloc_free(&from, n, sizeof *n);
}

enum dcf_status dcf_uss_notify_start(const struct dcf_uss_notify_options *options, struct dcf_uss_notify **out,
				     struct dcf_node_error *err)
{
	struct dcf_uss_notify *n = dcf_alloc_new(options->from, sizeof *n);
	enum dcf_status s;

	if (!n)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(n, 0, sizeof *n);
	n->o = *options;
	n->from = *options->from;
	n->inbox_end = &n->inbox;
	n->jitter = (uint64_t)uss_mono(n) ^ (uint64_t)dcf_clock_wall_us(&options->clock);
	n->busy = true;
	pthread_mutex_init(&n->lock, NULL);
	n->multi = curl_multi_init();
	s = n->multi ? dcf_pool_start(&n->from, TOKEN_THREADS, TOKENS_WAITING, &n->pool) : DCF_E_NOMEM;
	if (s == DCF_OK) {
		dcf_uss_told_load(n);
		count_things(n);
		n->runs = pthread_create(&n->thread, NULL, run, n) == 0;
		s = n->runs ? DCF_OK : DCF_E_IO;
	}
	if (s != DCF_OK) {
		free_all(n);
		return dcf_node_fail(err, s, "notifications cannot be started: %s", dcf_status_text(s));
	}
	*out = n;
	return DCF_OK;
}

void dcf_uss_notify_stop(struct dcf_uss_notify *n)
{
	if (!n)
		return;
	atomic_store(&n->ending, true);
	(void)curl_multi_wakeup(n->multi);
	pthread_join(n->thread, NULL);
	take_inbox(n);
	dcf_uss_told_keep(n, true);
	free_all(n);
}
