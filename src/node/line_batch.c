/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_agent_int.h"

#include <stdio.h>

static const struct dcf_span no_request;

enum dcf_status dcf_batch_open(struct dcf_batch_of_jobs *b, struct dcf_line_agent *agent)
{
	const struct dcf_alloc *a = agent->o.from;

	b->agent = agent;
	b->job = dcf_alloc_new(a, DCF_JOBS_AT_ONCE * sizeof *b->job);
	if (!b->job)
		return DCF_E_NOMEM;
	memset(b->job, 0, DCF_JOBS_AT_ONCE * sizeof *b->job);
	for (size_t i = 0; i < DCF_JOBS_AT_ONCE; i++) {
		struct dcf_job *j = &b->job[i];

		j->batch = b;
		j->note.from = j->body.from = j->ticket.why.from = a;
	}
	return DCF_OK;
}

void dcf_batch_close(struct dcf_batch_of_jobs *b)
{
	if (!b->job)
		return;
	for (size_t i = 0; i < DCF_JOBS_AT_ONCE; i++) {
		dcf_buf_free(&b->job[i].note);
		dcf_buf_free(&b->job[i].body);
		dcf_buf_free(&b->job[i].ticket.why);
	}
	dcf_alloc_free(b->agent->o.from, b->job, DCF_JOBS_AT_ONCE * sizeof *b->job);
	b->job = NULL;
}

/* --- what failed ------------------------------------------------------------------------------------- */

static struct dcf_failed *failed_of(struct dcf_line_agent *a, uint64_t serial, uint8_t duty)
{
	size_t count = a->failed_next < DCF_FAILED_MOST ? a->failed_next : DCF_FAILED_MOST;

	for (size_t i = 0; i < count; i++)
		if (a->failed[i].tries && a->failed[i].serial == serial && a->failed[i].duty == duty)
			return &a->failed[i];
	return NULL;
}

unsigned dcf_job_failures(struct dcf_line_agent *a, uint64_t serial, uint8_t duty, uint64_t last)
{
	const struct dcf_failed *f;
	unsigned n;

	pthread_mutex_lock(&a->lock);
	f = failed_of(a, serial, duty);
	n = f && f->last == last && dcf_agent_now_us(a) - f->at_us < DCF_JOB_AGAIN_US ? f->tries : 0;
	pthread_mutex_unlock(&a->lock);
	return n;
}

static void remember_failure(struct dcf_line_agent *a, const struct dcf_job *j, unsigned tries)
{
	struct dcf_failed *f;

	pthread_mutex_lock(&a->lock);
	f = failed_of(a, j->serial, j->duty);
	if (!f)
		f = &a->failed[a->failed_next++ % DCF_FAILED_MOST];
	else if (f->last == j->last && dcf_agent_now_us(a) - f->at_us < DCF_JOB_AGAIN_US)
		tries += f->tries;
	*f = (struct dcf_failed){ .serial = j->serial,
				  .last = j->last,
				  .at_us = dcf_agent_now_us(a),
				  .duty = j->duty,
				  .tries = (uint8_t)(tries < 250 ? tries : 250) };
	pthread_mutex_unlock(&a->lock);
}

/* --- one job ----------------------------------------------------------------------------------------- */

static void clear(struct dcf_job *j)
{
	j->note.len = j->body.len = j->ticket.why.len = 0;
	j->note.failed = j->body.failed = false;
	j->command = (struct dcf_command){ .if_position = DCF_ANY_POSITION };
	j->line = (struct dcf_line_command){ .objection = DCF_LINE_FINE };
	j->op = NULL;
}

struct dcf_job *dcf_batch_job(struct dcf_batch_of_jobs *b, uint32_t peer, const struct dcf_line_object *object, uint8_t duty)
{
	struct dcf_job *j = &b->job[b->count];
	struct dcf_line_peer p;

	if (!dcf_line_peer_at(b->agent->line, peer, &p) || p.removed)
		return NULL;
	if (object && dcf_job_failures(b->agent, object->serial, duty, object->last) >= DCF_JOB_TRIES)
		return NULL;
	clear(j);
	j->duty = duty;
	j->serial = object ? object->serial : UINT64_MAX;
	j->last = object ? object->last : 0;
	snprintf(j->name.party, sizeof j->name.party, "%s", p.party);
	snprintf(j->object, sizeof j->object, "%s", object ? object->id : "");
	snprintf(j->name.id, sizeof j->name.id, "%s", j->object);
	snprintf(j->name.by, sizeof j->name.by, "line:%s", p.party);
	return j;
}

struct dcf_message *dcf_job_message(struct dcf_job *j, enum dcf_verb verb, const struct dcf_line_object *object)
{
	struct dcf_message *m = &j->line.message;

	j->command.head.kind = DCF_ENTRY_LINE_OUT;
	j->command.head.party = dcf_span_of(j->name.party);
	j->command.line = &j->line;
	j->line.signer = &j->batch->agent->o.signer;
	j->line.note = &j->note;
	*m = (struct dcf_message){ .verb = (uint8_t)verb, .precedence = DCF_ROUTINE };
	if (object) {
		m->object = dcf_span_of(j->object);
		m->version = object->version;
		m->precedence = object->precedence;
	}
	return m;
}

struct dcf_entry_head *dcf_job_operation(struct dcf_job *j, enum dcf_entry_kind kind)
{
	struct dcf_entry_head *head = &j->command.head;

	head->kind = (uint8_t)kind;
	head->by = dcf_span_of(j->name.by);
	head->party = dcf_span_of(j->name.party);
	head->operation = dcf_span_of(j->name.id);
	return head;
}

static const char *duty_name(uint8_t duty)
{
	switch ((enum dcf_line_duty)duty) {
	case DCF_DUTY_RECEIPT:
		return "receipt";
	case DCF_DUTY_CLARIFY:
		return "clarify";
	case DCF_DUTY_DISCLOSE:
		return "disclose";
	case DCF_DUTY_DECLARE:
		return "declare";
	case DCF_DUTY_INCIDENT:
		return "incident";
	case DCF_DUTY_ECHO:
		return "echo";
	}
	return "";
}

/* --- together ---------------------------------------------------------------------------------------- */

static void ticket_done(struct dcf_ticket *t)
{
	struct dcf_job *j = t->ctx;
	struct dcf_line_agent *a = j->batch->agent;

	pthread_mutex_lock(&a->lock);
	if (--j->batch->waiting == 0)
		pthread_cond_broadcast(&a->answered);
	pthread_mutex_unlock(&a->lock);
}

static void say_failed(struct dcf_line_agent *a, const struct dcf_job *j, const char *why)
{
	dcf_logger_event(a->o.logger, DCF_LOG_WARN, no_request, "something owed on the line could not be done",
			 DCF_LOG_Z("what", duty_name(j->duty)), DCF_LOG_Z("peer", j->name.party),
			 DCF_LOG_Z("object", j->object), DCF_LOG_Z("why", why));
}

static void look_at(struct dcf_batch_of_jobs *b, struct dcf_job *j)
{
	char why[200] = "not taken";
	size_t n = j->ticket.why.len;

	if (j->ticket.answer == DCF_TICKET_TAKEN) {
		b->taken++;
	} else if (j->ticket.answer == DCF_TICKET_UNAVAILABLE) {
		b->unavailable = true;
	} else {
		if (n)
			snprintf(why, sizeof why, "%.*s", (int)(n < sizeof why ? n : sizeof why - 1), j->ticket.why.p);
		remember_failure(b->agent, j, 1);
		if (dcf_job_failures(b->agent, j->serial, j->duty, j->last) >= DCF_JOB_TRIES)
			say_failed(b->agent, j, why);
	}
}

void dcf_batch_flush(struct dcf_batch_of_jobs *b)
{
	struct dcf_line_agent *a = b->agent;

	if (b->count == 0)
		return;
	b->waiting = b->count;
	for (size_t i = 0; i < b->count; i++)
		dcf_sequencer_put(a->o.sequencer, &b->job[i].ticket);
	pthread_mutex_lock(&a->lock);
	while (b->waiting)
		pthread_cond_wait(&a->answered, &a->lock);
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < b->count; i++)
		look_at(b, &b->job[i]);
	b->count = 0;
}

void dcf_batch_put(struct dcf_batch_of_jobs *b, struct dcf_job *j)
{
	j->ticket.command = &j->command;
	j->ticket.op = &j->op;
	j->ticket.count = 1;
	j->ticket.done = ticket_done;
	j->ticket.ctx = j;
	if (j->body.failed) {
		dcf_batch_drop(b, j, "out of memory");
		return;
	}
	if (++b->count == DCF_JOBS_AT_ONCE)
		dcf_batch_flush(b);
}

void dcf_batch_drop(struct dcf_batch_of_jobs *b, struct dcf_job *j, const char *why)
{
	if (j->op)
		dcf_op_drop(j->op);
	j->op = NULL;
	remember_failure(b->agent, j, DCF_JOB_TRIES);
	say_failed(b->agent, j, why);
}
