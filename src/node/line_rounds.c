/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_agent_int.h"
#include "base/json_writer.h"
#include "crypto/random.h"
#include "store/log.h"

#include <stdio.h>

#define HOUR_US (INT64_C(3600) * 1000000)

/* Roles and deadlines of the agreement in force; read again when there is another. */
static void read_terms(struct dcf_line_agent *a)
{
	struct dcf_line_terms terms;
	struct dcf_view view;
	enum dcf_status s;

	if (dcf_state_enter(a->o.state, &view) != DCF_OK)
		return;
	if (!a->terms_read || a->terms_of != view.frame->airspace.position) {
		s = dcf_line_terms_read(view.frame->airspace.text, a->o.from, &terms, NULL);
		if (s == DCF_OK || s == DCF_E_REFUSED) {
			a->terms = terms;
			a->terms_of = view.frame->airspace.position;
			a->terms_read = true;
		}
	}
	dcf_state_leave(&view);
}

/* {"head":"the signed head of our record","number":n} */
static bool put_head(struct dcf_line_agent *a, uint64_t number, struct dcf_buf *out)
{
	struct dcf_buf note = { .from = a->o.from };
	struct dcf_json j = { .out = out };
	uint64_t size;
	enum dcf_status s = dcf_log_head(a->o.log, &size, NULL, &note);

	dcf_json_begin_inline(&j, '{');
	dcf_json_key(&j, "head");
	dcf_json_string(&j, dcf_buf_as_span(&note));
	dcf_json_key(&j, "number");
	dcf_json_i64(&j, (int64_t)number);
	dcf_json_end(&j, '}');
	dcf_buf_free(&note);
	return s == DCF_OK;
}

/* About the line itself: no object, and what failed is remembered by the peer. */
static void send_head(struct dcf_line_agent *a, uint32_t peer, enum dcf_verb verb, uint64_t number)
{
	struct dcf_job *j = dcf_batch_job(&a->duties, peer, NULL, DCF_DUTY_ECHO);
	struct dcf_message *m;

	if (!j)
		return;
	j->serial = UINT64_MAX - peer;
	j->last = number;
	if (dcf_job_failures(a, j->serial, j->duty, j->last) >= DCF_JOB_TRIES || !put_head(a, number, &j->body))
		return;
	m = dcf_job_message(j, verb, NULL);
	m->precedence = DCF_IMMEDIATE;
	m->body = dcf_buf_as_span(&j->body);
	dcf_batch_put(&a->duties, j);
}

static void do_echoes(struct dcf_line_agent *a)
{
	uint32_t n = dcf_line_peer_count(a->line);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t number = dcf_line_echo_due(a->line, i);

		if (number)
			send_head(a, i, DCF_VERB_ECHO, number);
	}
	dcf_batch_flush(&a->duties);
}

/* Rounds are at whole multiples of the agreed time, so when they are tells nothing.  One that the peer does not have yet is
 * enough: a line that is down for days does not fill with them. */
static void do_checks(struct dcf_line_agent *a)
{
	int64_t now_us = dcf_agent_now_us(a), round = now_us / a->terms.check_every_us;
	uint32_t n = dcf_line_peer_count(a->line);
	struct dcf_line_peer p;

	for (uint32_t i = 0; i < n && i < DCF_PEERS_MAX; i++) {
		bool known = a->peer_seen[i];

		if (!dcf_line_peer_at(a->line, i, &p))
			continue;
		if (!known) {
			a->peer_seen[i] = true;
			a->reported[i] = p.refused;
			a->reported_us[i] = INT64_MIN;
		}
		if (known && round > a->checked[i] && !p.removed && dcf_line_political(&p) != DCF_LINE_CLOSED &&
		    p.acked >= a->check_n[i]) {
			a->check_n[i] = p.out.count + 1;
			send_head(a, i, DCF_VERB_CHECK, a->check_n[i]);
		}
		if (!known || round > a->checked[i])
			a->checked[i] = round;
	}
	dcf_batch_flush(&a->duties);
	atomic_store(&a->check_next_us, n ? (round + 1) * a->terms.check_every_us : INT64_MAX);
}

/* What a peer sent and was not taken is in the record entry by entry; the peer is told once an hour at most, and how much it
 * was. */
static void report_refusals(struct dcf_line_agent *a, uint32_t i, const struct dcf_line_peer *p, int64_t now_us)
{
	struct dcf_job *j = dcf_batch_job(&a->duties, i, NULL, DCF_DUTY_INCIDENT);
	const struct dcf_random random = dcf_random_system();
	struct dcf_message *m;
	uint32_t salt;
	uint64_t count = p->refused - a->reported[i];

	if (!j)
		return;
	j->serial = UINT64_MAX - i;
	j->last = p->refused;
	a->reported[i] = p->refused;
	a->reported_us[i] = now_us;
	dcf_random_fill(&random, &salt, sizeof salt);
	snprintf(j->object, sizeof j->object, "refused.%08x", (unsigned)salt);
	dcf_buf_z(&j->body, "{\"text\":\"messages not taken: ");
	dcf_buf_i64(&j->body, (int64_t)(count < INT64_MAX ? count : 0));
	dcf_buf_z(&j->body, "\",\"type\":\"line_failure\"}");
	m = dcf_job_message(j, DCF_VERB_REPORT, NULL);
	m->object = dcf_span_of(j->object);
	m->version = 1;
	m->precedence = DCF_PRIORITY;
	m->body = dcf_buf_as_span(&j->body);
	dcf_batch_put(&a->duties, j);
}

static void do_refusals(struct dcf_line_agent *a)
{
	int64_t now_us = dcf_agent_now_us(a);
	uint32_t n = dcf_line_peer_count(a->line);
	struct dcf_line_peer p;

	for (uint32_t i = 0; i < n && i < DCF_PEERS_MAX; i++)
		if (dcf_line_peer_at(a->line, i, &p) && a->peer_seen[i] && p.refused > a->reported[i] &&
		    (a->reported_us[i] == INT64_MIN || now_us - a->reported_us[i] >= HOUR_US))
			report_refusals(a, i, &p, now_us);
	dcf_batch_flush(&a->duties);
}

void dcf_agent_rounds(struct dcf_line_agent *a)
{
	read_terms(a);
	do_echoes(a);
	if (!a->terms_read)
		return;
	do_checks(a);
	do_refusals(a);
}
