/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_agent_int.h"

#include <errno.h>
#include <time.h>

enum { CLOCK_EVERY_MS = 500 };

int64_t dcf_agent_now_us(const struct dcf_line_agent *a)
{
	return dcf_clock_wall_us(&a->o.clock);
}

/* --- waiting ------------------------------------------------------------------------------------------- */

static struct timespec in_us(int64_t us)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(us / 1000000);
	t.tv_nsec += (long)(us % 1000000) * 1000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* Until something came, the end, or so long has passed (which a clock that is turned by hand does not ask for); under the lock.
 */
static void wait_us(struct dcf_line_agent *a, const uint64_t *looked, int64_t us)
{
	struct timespec until = in_us(us);

	while (!a->ending && *looked == a->wanted) {
		if (a->o.stepped)
			pthread_cond_wait(&a->came, &a->lock);
		else if (pthread_cond_timedwait(&a->came, &a->lock, &until) == ETIMEDOUT)
			return;
	}
}

/* --- the two threads ------------------------------------------------------------------------------------- */

static void *work(void *ctx)
{
	struct dcf_line_agent *a = ctx;
	uint64_t seen;

	pthread_mutex_lock(&a->lock);
	while (!a->ending) {
		seen = a->wanted;
		pthread_mutex_unlock(&a->lock);
		dcf_agent_duties(a);
		dcf_agent_rounds(a);
		pthread_mutex_lock(&a->lock);
		a->worked = seen;
		wait_us(a, &a->worked, CLOCK_EVERY_MS * 1000);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* How long until the next reply is due, half a second at most: the wall clock may be set meanwhile. */
static int64_t until_reply_us(struct dcf_line_agent *a)
{
	int64_t next = dcf_agent_reply_next_us(a), now = dcf_agent_now_us(a), most = CLOCK_EVERY_MS * 1000;

	/* While the record cannot be written nothing leaves. */
	if (a->replies.unavailable || next == INT64_MAX || next - now > most)
		return most;
	return next > now ? next - now : 1000;
}

static void *tick(void *ctx)
{
	struct dcf_line_agent *a = ctx;
	uint64_t seen;
	int64_t us;

	pthread_mutex_lock(&a->lock);
	while (!a->ending) {
		seen = a->wanted;
		pthread_mutex_unlock(&a->lock);
		a->replies.unavailable = false;
		dcf_agent_reply(a);
		us = until_reply_us(a);
		pthread_mutex_lock(&a->lock);
		a->ticked = seen;
		wait_us(a, &a->ticked, us);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* --- from outside ---------------------------------------------------------------------------------------- */

static void wake(struct dcf_line_agent *a)
{
	pthread_mutex_lock(&a->lock);
	a->wanted++;
	pthread_cond_broadcast(&a->came);
	pthread_mutex_unlock(&a->lock);
}

void dcf_line_agent_published(struct dcf_line_agent *a, uint64_t to)
{
	(void)to;
	if (a)
		wake(a);
}

void dcf_line_agent_poke(struct dcf_line_agent *a)
{
	wake(a);
}

bool dcf_line_agent_quiet(struct dcf_line_agent *a)
{
	bool quiet;

	pthread_mutex_lock(&a->lock);
	quiet = a->worked == a->wanted && a->ticked == a->wanted;
	pthread_mutex_unlock(&a->lock);
	return quiet;
}

int64_t dcf_line_agent_next_us(struct dcf_line_agent *a)
{
	int64_t reply = dcf_agent_reply_next_us(a), check = atomic_load(&a->check_next_us);

	return reply < check ? reply : check;
}

/* --- life -------------------------------------------------------------------------------------------------- */

static void init_waits(struct dcf_line_agent *a)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->came, &monotonic);
	pthread_cond_init(&a->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void free_all(struct dcf_line_agent *a)
{
	const struct dcf_alloc *from = a->o.from;

	dcf_batch_close(&a->duties);
	dcf_batch_close(&a->replies);
	dcf_jfree(&a->doc);
	dcf_alloc_free(from, a->met, a->met_cap * sizeof *a->met);
	pthread_cond_destroy(&a->came);
	pthread_cond_destroy(&a->answered);
	pthread_mutex_destroy(&a->lock);
	dcf_alloc_free(from, a, sizeof *a);
}

static void end_threads(struct dcf_line_agent *a, unsigned threads)
{
	pthread_mutex_lock(&a->lock);
	a->ending = true;
	pthread_cond_broadcast(&a->came);
	pthread_mutex_unlock(&a->lock);
	if (threads > 0)
		pthread_join(a->work, NULL);
	if (threads > 1)
		pthread_join(a->tick, NULL);
}

static enum dcf_status start_threads(struct dcf_line_agent *a)
{
	if (pthread_create(&a->work, NULL, work, a) != 0)
		return DCF_E_IO;
	if (pthread_create(&a->tick, NULL, tick, a) == 0)
		return DCF_OK;
	end_threads(a, 1);
	return DCF_E_IO;
}

enum dcf_status dcf_line_agent_start(const struct dcf_line_agent_options *options, struct dcf_line_agent **out,
				     struct dcf_node_error *err)
{
	struct dcf_span party = dcf_vkey_name(&options->signer.who);
	struct dcf_line_agent *a;
	enum dcf_status s;

	if (party.len >= sizeof a->party || options->tick_us <= 0)
		return dcf_node_fail(err, DCF_E_USAGE, "the line's party or tick cannot be");
	a = dcf_alloc_new(options->from, sizeof *a);
	if (!a)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(a, 0, sizeof *a);
	a->o = *options;
	a->line = dcf_state_line(options->state);
	memcpy(a->party, party.p, party.len);
	atomic_init(&a->check_next_us, INT64_MAX);
	init_waits(a);
	/* What was left undone before the start is looked for at once. */
	a->wanted = 1;
	s = dcf_batch_open(&a->duties, a);
	s = s == DCF_OK ? dcf_batch_open(&a->replies, a) : s;
	s = s == DCF_OK ? start_threads(a) : s;
	if (s != DCF_OK) {
		free_all(a);
		return dcf_node_fail(err, s, "what the node does for its line cannot be started: %s", dcf_status_text(s));
	}
	*out = a;
	return DCF_OK;
}

void dcf_line_agent_stop(struct dcf_line_agent *a)
{
	if (!a)
		return;
	end_threads(a, 2);
	free_all(a);
}
