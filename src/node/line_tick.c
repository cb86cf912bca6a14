/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_agent_int.h"

static const struct dcf_span no_request;

#define HOUR_US (INT64_C(3600) * 1000000)

/* --- what was found ------------------------------------------------------------------------------------ */

/* The place of `serial` among those found, or where it belongs; under the lock. */
static size_t place_of(const struct dcf_line_agent *a, uint64_t serial)
{
	size_t low = 0, high = a->met_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (a->met[mid].serial < serial)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool dcf_agent_met(struct dcf_line_agent *a, uint64_t serial, struct dcf_line_meeting *out)
{
	size_t i;
	bool found;

	pthread_mutex_lock(&a->lock);
	i = place_of(a, serial);
	found = i < a->met_count && a->met[i].serial == serial;
	if (found)
		*out = a->met[i].meeting;
	pthread_mutex_unlock(&a->lock);
	return found;
}

void dcf_agent_meets(struct dcf_line_agent *a, uint64_t serial, const struct dcf_line_meeting *met)
{
	void *array;
	size_t i;

	pthread_mutex_lock(&a->lock);
	array = a->met;
	i = place_of(a, serial);
	if (a->met_count < DCF_MET_MOST &&
	    dcf_grow(a->o.from, &array, &a->met_cap, a->met_count + 1, sizeof *a->met) == DCF_OK) {
		a->met = array;
		memmove(a->met + i + 1, a->met + i, (a->met_count - i) * sizeof *a->met);
		a->met[i] = (struct dcf_met){ serial, *met };
		a->met_count++;
	}
	pthread_mutex_unlock(&a->lock);
}

void dcf_agent_met_drop(struct dcf_line_agent *a, uint64_t serial)
{
	size_t i;

	pthread_mutex_lock(&a->lock);
	i = place_of(a, serial);
	if (i < a->met_count && a->met[i].serial == serial) {
		a->met_count--;
		memmove(a->met + i, a->met + i + 1, (a->met_count - i) * sizeof *a->met);
	}
	pthread_mutex_unlock(&a->lock);
}

/* --- what is told -------------------------------------------------------------------------------------- */

int64_t dcf_agent_reply_at(const struct dcf_line_agent *a, int64_t begun_us)
{
	int64_t tick = a->o.tick_us, whole = begun_us / tick * tick;

	return (whole < begun_us ? whole + tick : whole) + tick;
}

int64_t dcf_agent_reply_next_us(struct dcf_line_agent *a)
{
	struct dcf_line_object o;
	uint64_t serial = 0;
	int64_t next = INT64_MAX;

	for (; dcf_line_duty_next(a->line, DCF_DUTY_DISCLOSE, &serial, &o); serial++) {
		int64_t at = dcf_agent_reply_at(a, o.begun_us);
		struct dcf_line_peer p;

		/* Who was unpinned is told nothing, and nobody waits for that. */
		if (at >= next || !dcf_line_peer_at(a->line, o.peer, &p) || p.removed)
			continue;
		if (dcf_job_failures(a, o.serial, DCF_DUTY_DISCLOSE, o.last) < DCF_JOB_TRIES)
			next = at;
	}
	return next;
}

static bool level_in_force(struct dcf_line_agent *a, enum dcf_disclosure *level)
{
	struct dcf_view view;

	if (dcf_state_enter(a->o.state, &view) != DCF_OK)
		return false;
	*level = view.frame->disclosure;
	dcf_state_leave(&view);
	return true;
}

/* One answer with a content of this hour's; false when there is none left. */
static bool within_quota(struct dcf_line_agent *a, uint32_t peer, int64_t now_us)
{
	int64_t hour = now_us / HOUR_US;

	if (a->quota_hour[peer] != hour) {
		a->quota_hour[peer] = hour;
		a->quota_used[peer] = 0;
	}
	return a->quota_used[peer] < a->o.disclose_per_h && (++a->quota_used[peer], true);
}

static const char *level_name(enum dcf_disclosure level)
{
	return level == DCF_DISCLOSE_EXISTS ? "exists" : level == DCF_DISCLOSE_STEP ? "step" : "none";
}

/* Anything but an agreed content within the quota, found in time, over an open line, is nothing. */
static void reply(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o, enum dcf_disclosure level,
		  int64_t now_us)
{
	struct dcf_line_meeting met = { 0 };
	struct dcf_message *m = dcf_job_message(j, DCF_VERB_DISCLOSE, o);
	struct dcf_line_peer p;
	const char *why = "agreement";

	if (level != DCF_DISCLOSE_NOTHING) {
		if (!dcf_line_peer_at(a->line, o->peer, &p) || dcf_line_political(&p) != DCF_LINE_OPEN)
			why = "suspended", level = DCF_DISCLOSE_NOTHING;
		else if (!dcf_agent_met(a, o->serial, &met))
			why = "not found in time", level = DCF_DISCLOSE_NOTHING;
		else if (o->peer >= DCF_PEERS_MAX || !within_quota(a, o->peer, now_us))
			why = "quota", level = DCF_DISCLOSE_NOTHING;
	}
	dcf_line_disclosure_put(level, &met, &j->body);
	m->precedence = DCF_ROUTINE;
	m->body = dcf_buf_as_span(&j->body);
	dcf_logger_event(a->o.logger, DCF_LOG_INFO, no_request, "a disclosure reply leaves", DCF_LOG_Z("peer", j->name.party),
			 DCF_LOG_Z("object", o->id), DCF_LOG_I("version", o->version), DCF_LOG_Z("level", level_name(level)),
			 DCF_LOG_Z("by", why));
	dcf_batch_put(&a->replies, j);
	dcf_agent_met_drop(a, o->serial);
}

void dcf_agent_reply(struct dcf_line_agent *a)
{
	int64_t now_us = dcf_agent_now_us(a);
	enum dcf_disclosure level = DCF_DISCLOSE_NOTHING;
	struct dcf_line_object o;
	uint64_t serial = 0;
	bool known = false;

	for (; dcf_line_duty_next(a->line, DCF_DUTY_DISCLOSE, &serial, &o); serial++) {
		struct dcf_job *j;

		if (dcf_agent_reply_at(a, o.begun_us) > now_us)
			continue;
		if (!known && !level_in_force(a, &level))
			return;
		known = true;
		j = dcf_batch_job(&a->replies, o.peer, &o, DCF_DUTY_DISCLOSE);
		if (j)
			reply(a, j, &o, level, now_us);
	}
	dcf_batch_flush(&a->replies);
}
