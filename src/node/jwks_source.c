/* SPDX-License-Identifier: Apache-2.0 */
/* jwks_source.c - a thread that keeps one slot of a verifier like one URL says.
 *
 * The thread sleeps until `due` (monotonic), or until somebody pokes it because a key is missing; between two looks lie `least`
 * at least, whatever happens, so that strangers with made-up key ids cannot make us a nuisance to the URL's owner. */
#include "node/jwks.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include "node/jwks_get.h"

enum { SECOND = 1000000 };

struct dcf_jwks_source {
	struct dcf_alloc from;
	struct dcf_verifier *verifier;
	struct dcf_clock clock;
	struct dcf_logger *logger;
	struct dcf_jwks_get *get;
	char *url;
	size_t url_size;
	int64_t least_us, most_us, keep_us;
	unsigned slot;
	pthread_t thread;
	/* The thread's own. */
	struct dcf_buf body;
	char etag[DCF_ETAG_MAX];
	unsigned failed_in_a_row;
	bool has_keys;
	/* Under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, poked;
	int64_t good_us; /* monotonic time of the last good answer, -1 for none */
	uint64_t fetches, failures;
};

static int64_t now_us(const struct dcf_jwks_source *s)
{
	return dcf_clock_mono_us(&s->clock);
}

/* --- one look ---------------------------------------------------------------------------------------------------- */

static enum dcf_status publish(struct dcf_jwks_source *s, struct dcf_node_error *err)
{
	struct dcf_keyset *set = NULL;
	struct dcf_node_error note = { 0 };
	size_t skipped = 0, count = 0;
	enum dcf_status st;

	if ((st = dcf_keyset_new(&s->from, &set)) != DCF_OK)
		return dcf_node_fail(err, st, "%s: no memory", s->url);
	st = dcf_jwks_parse(set, dcf_buf_as_span(&s->body), s->url, &skipped, &note);
	if (st == DCF_OK) {
		count = dcf_keyset_count(set);
		if ((st = dcf_verifier_publish(s->verifier, s->slot, set)) != DCF_OK)
			(void)dcf_node_fail(&note, st, "%s: no memory", s->url);
	}
	dcf_keyset_free(set);
	if (st != DCF_OK) {
		if (err)
			*err = note;
		return st;
	}
	s->has_keys = true;
	dcf_logger_event(s->logger, DCF_LOG_INFO, (struct dcf_span){ 0 }, "key set fetched", DCF_LOG_Z("url", s->url),
			 DCF_LOG_I("keys", (int64_t)count), DCF_LOG_I("left_out", (int64_t)skipped),
			 DCF_LOG_Z("first_left_out", note.text));
	return DCF_OK;
}

/* After keep_us without a good answer the keys are too old to be trusted. */
static void drop_old(struct dcf_jwks_source *s)
{
	int64_t good;

	pthread_mutex_lock(&s->lock);
	good = s->good_us;
	pthread_mutex_unlock(&s->lock);
	if (!s->has_keys || now_us(s) - good < s->keep_us || dcf_verifier_publish(s->verifier, s->slot, NULL) != DCF_OK)
		return;
	s->has_keys = false;
	s->etag[0] = '\0';
	dcf_logger_event(s->logger, DCF_LOG_ERROR, (struct dcf_span){ 0 }, "key set dropped: no good answer for too long",
			 DCF_LOG_Z("url", s->url));
}

static int64_t after_failure(struct dcf_jwks_source *s)
{
	int64_t wait = s->least_us;

	for (unsigned i = 1; i < s->failed_in_a_row && wait < s->most_us; i++)
		wait *= 2;
	return wait < s->most_us ? wait : s->most_us;
}

static void count_look(struct dcf_jwks_source *s, bool good)
{
	pthread_mutex_lock(&s->lock);
	s->fetches++;
	if (good)
		s->good_us = now_us(s);
	else
		s->failures++;
	pthread_mutex_unlock(&s->lock);
}

/* Look once; how long until the next look is due. */
static int64_t look(struct dcf_jwks_source *s)
{
	struct dcf_node_error err = { 0 };
	struct dcf_jwks_answer answer;
	enum dcf_status st = dcf_jwks_get(s->get, s->has_keys ? s->etag : "", &s->body, &answer, &err);

	if (st == DCF_OK && !answer.unchanged)
		st = publish(s, &err);
	count_look(s, st == DCF_OK);
	if (st != DCF_OK) {
		s->failed_in_a_row++;
		dcf_logger_event(s->logger, DCF_LOG_WARN, (struct dcf_span){ 0 }, "key set not fetched",
				 DCF_LOG_Z("why", err.text), DCF_LOG_I("in_a_row", s->failed_in_a_row));
		drop_old(s);
		return after_failure(s);
	}
	s->failed_in_a_row = 0;
	if (!answer.unchanged)
		memcpy(s->etag, answer.etag, sizeof s->etag);
	if (answer.max_age_us < 0 || answer.max_age_us > s->most_us)
		return s->most_us;
	return answer.max_age_us < s->least_us ? s->least_us : answer.max_age_us;
}

/* --- the thread ------------------------------------------------------------------------------------------- */

/* Sleep until `until_us`, or until poked when that is after `earliest_us`.  False when it is over. */
static bool sleep_until(struct dcf_jwks_source *s, int64_t earliest_us, int64_t until_us)
{
	bool go_on;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		int64_t now = now_us(s), due = s->poked && earliest_us < until_us ? earliest_us : until_us, real;
		struct timespec t;

		if (now >= due)
			break;
		/* In real time, whatever clock we were given. */
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
		real = (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000 + (due - now);
		t.tv_sec = (time_t)(real / SECOND);
		t.tv_nsec = (long)(real % SECOND) * 1000;
		(void)pthread_cond_timedwait(&s->wake, &s->lock, &t);
	}
	s->poked = false;
	go_on = !s->stop;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static void *keep_up(void *ctx)
{
	struct dcf_jwks_source *s = ctx;
	int64_t began, wait;

	do {
		began = now_us(s);
		wait = look(s);
	} while (sleep_until(s, began + s->least_us, began + wait));
	return NULL;
}

/* --- making ----------------------------------------------------------------------------------------------- */

static int make_wake(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	int e;

	if ((e = pthread_condattr_init(&attr)) != 0)
		return e;
	e = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!e)
		e = pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
	return e;
}

/* Signals are for the main thread: this one takes none. */
static int start_thread(struct dcf_jwks_source *s)
{
	sigset_t all, old;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&s->thread, NULL, keep_up, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e;
}

static void free_all(struct dcf_jwks_source *s)
{
	struct dcf_alloc from = s->from;

	dcf_jwks_get_free(s->get);
	dcf_buf_free(&s->body);
	dcf_alloc_free(&from, s->url, s->url_size);
	dcf_alloc_free(&from, s, sizeof *s);
}

enum dcf_status dcf_jwks_start(const struct dcf_alloc *a, const struct dcf_jwks_options *o, struct dcf_verifier *verifier,
			       struct dcf_clock clock, struct dcf_logger *logger, struct dcf_jwks_source **out,
			       struct dcf_node_error *err)
{
	struct dcf_jwks_source *s = dcf_alloc_new(a, sizeof *s);
	enum dcf_status st;

	if (!s)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", o->url);
	*s = (struct dcf_jwks_source){
		.from = *a, .verifier = verifier, .clock = clock, .logger = logger, .slot = o->slot, .good_us = -1
	};
	s->body.from = &s->from;
	s->least_us = o->least_us ? o->least_us : 30 * SECOND;
	s->most_us = o->most_us ? o->most_us : 900 * (int64_t)SECOND;
	s->keep_us = o->keep_us ? o->keep_us : 86400 * (int64_t)SECOND;
	s->url_size = strlen(o->url) + 1;
	s->url = dcf_alloc_new(a, s->url_size);
	st = s->url ? dcf_jwks_get_new(a, o->url, o->ca_file, o->allow_http, o->timeout_us ? o->timeout_us : 10 * SECOND,
				       &s->get, err)
		    : dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", o->url);
	if (st != DCF_OK) {
		free_all(s);
		return st;
	}
	memcpy(s->url, o->url, s->url_size);
	(void)pthread_mutex_init(&s->lock, NULL);
	if (make_wake(&s->wake) || start_thread(s)) {
		pthread_mutex_destroy(&s->lock);
		free_all(s);
		return dcf_node_fail(err, DCF_E_IO, "%s: no thread to fetch it", o->url);
	}
	*out = s;
	return DCF_OK;
}

void dcf_jwks_poke(struct dcf_jwks_source *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->poked) {
		s->poked = true;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
}

int64_t dcf_jwks_age_us(struct dcf_jwks_source *s)
{
	int64_t good;

	pthread_mutex_lock(&s->lock);
	good = s->good_us;
	pthread_mutex_unlock(&s->lock);
	return good < 0 ? -1 : now_us(s) - good;
}

bool dcf_jwks_ready(struct dcf_jwks_source *s)
{
	int64_t age = dcf_jwks_age_us(s);

	return age >= 0 && age < s->keep_us;
}

uint64_t dcf_jwks_fetches(struct dcf_jwks_source *s)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = s->fetches;
	pthread_mutex_unlock(&s->lock);
	return n;
}

uint64_t dcf_jwks_failures(struct dcf_jwks_source *s)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = s->failures;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void dcf_jwks_stop(struct dcf_jwks_source *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	dcf_jwks_get_break(s->get);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free_all(s);
}
