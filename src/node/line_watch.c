/* SPDX-License-Identifier: Apache-2.0 */
/* Is the line up, how far is the other clock off, who sends too much, what was refused: and the entries that say so. */
#include "node/line_link_int.h"
#include "base/json_writer.h"
#include "crypto/text.h"

#include <stdio.h>

static const struct dcf_span no_request;

#define SECOND INT64_C(1000000)
/* More than this between two clocks makes a line DEGRADED (states.json). */
#define OFFSET_MOST (2 * SECOND)
/* A clock that stands so much further ahead than before did not drift there. */
#define JUMP_AHEAD (10 * SECOND)
/* What was said long ago may come late over a bad path, so behind is judged more mildly; no request lives as long as this. */
#define JUMP_BEHIND (600 * SECOND)
/* Samples older than this say nothing of now. */
#define REFUSED_MOST_US (3600 * SECOND)

/* --- entries ------------------------------------------------------------------------------------------------------ */

struct own {
	struct dcf_line_link *link;
	struct dcf_ticket ticket;
	struct dcf_command command;
	struct dcf_line_command line;
	char party[65], reason[240], digest[2 * DCF_HASH_BYTES];
	struct dcf_buf body;
};

static void own_done(struct dcf_ticket *t)
{
	struct own *o = t->ctx;
	struct dcf_line_link *l = o->link;

	dcf_buf_free(&t->why);
	dcf_buf_free(&o->body);
	dcf_alloc_free(&l->from, o, sizeof *o);
	dcf_line_land(l);
}

static struct own *make_own(struct line_peer *p, uint8_t kind)
{
	struct dcf_line_link *l = p->link;
	struct own *o = dcf_alloc_new(&l->from, sizeof *o);

	if (!o)
		return NULL;
	memset(o, 0, sizeof *o);
	o->link = l;
	memcpy(o->party, p->party, sizeof o->party);
	o->body.from = &l->from;
	o->command = (struct dcf_command){ .head = { .kind = kind, .party = dcf_span_of(o->party) },
					   .if_position = DCF_ANY_POSITION,
					   .line = &o->line };
	o->ticket = (struct dcf_ticket){
		.command = &o->command, .count = 1, .done = own_done, .ctx = o, .why = { .from = &l->from }
	};
	return o;
}

static void put_own(struct own *o)
{
	dcf_line_fly(o->link);
	dcf_sequencer_put(o->link->o.sequencer, &o->ticket);
}

static void put_status(struct line_peer *p, const struct dcf_line_live *live)
{
	struct own *o = make_own(p, DCF_ENTRY_LINE_STATUS);
	struct dcf_json j = { .out = o ? &o->body : NULL };

	if (!o)
		return;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "acked");
	dcf_json_i64(&j, (int64_t)live->acked);
	dcf_json_key(&j, "offset_us");
	dcf_json_i64(&j, live->offset_us);
	dcf_json_key(&j, "technical");
	dcf_json_z(&j, dcf_line_technical_name((enum dcf_line_technical)live->technical));
	dcf_json_end(&j, '}');
	o->command.head.body = dcf_buf_as_span(&o->body);
	put_own(o);
}

static void put_refused(struct line_peer *p, const struct line_blame *b)
{
	struct own *o = make_own(p, DCF_ENTRY_LINE_REFUSED);
	int n;

	if (!o)
		return;
	n = snprintf(o->reason, sizeof o->reason, "%s%s%s", dcf_line_fault_name(b->fault), *b->why ? ": " : "", b->why);
	if (b->waiting > 1 && n > 0 && (size_t)n < sizeof o->reason - 40)
		snprintf(o->reason + n, sizeof o->reason - (size_t)n, " (and %u more since the last entry)",
			 (unsigned)b->waiting - 1);
	o->command.head.reason = dcf_span_of(o->reason);
	o->command.head.digest =
		(struct dcf_span){ o->digest, dcf_text_write(DCF_TEXT_HEX, o->digest, b->digest.b, sizeof b->digest.b) };
	put_own(o);
}

/* --- what was refused --------------------------------------------------------------------------------------------- */

static void say_refused(struct line_peer *p, enum dcf_line_fault fault, const char *why)
{
	dcf_logger_event(p->link->o.logger, DCF_LOG_WARN, no_request, "what a peer sent was refused",
			 DCF_LOG_Z("peer", p->party), DCF_LOG_Z("fault", dcf_line_fault_name(fault)), DCF_LOG_Z("why", why));
}

/* The first one of a time has its entry at once, those after it share one: at most one in ten seconds, and where nothing good
 * comes between them, ever more rarely up to one an hour.  None goes uncounted. */
void dcf_line_refuse(struct line_peer *p, enum dcf_line_fault fault, struct dcf_hash digest, const char *why)
{
	struct dcf_line_link *l = p->link;
	struct line_blame *b = &p->blame, now;
	int64_t now_us = line_mono(l);
	bool due;

	dcf_counter_one(l->refused);
	pthread_mutex_lock(&l->lock);
	b->fault = fault;
	b->digest = digest;
	snprintf(b->why, sizeof b->why, "%s", why);
	b->waiting++;
	p->live.refused++;
	snprintf(p->live.trouble, sizeof p->live.trouble, "%s: %.120s", dcf_line_fault_name(fault), why);
	due = !b->any || now_us >= b->entry_us + b->every_us;
	now = *b;
	if (due) {
		b->every_us = !b->any || b->every_us == 0         ? DCF_LINE_REFUSED_EVERY_US
			      : 2 * b->every_us < REFUSED_MOST_US ? 2 * b->every_us
								  : REFUSED_MOST_US;
		b->any = true;
		b->entry_us = now_us;
		b->waiting = 0;
	}
	pthread_mutex_unlock(&l->lock);
	if (due) {
		say_refused(p, fault, why);
		put_refused(p, &now);
	}
}

/* What waits for its entry when the time is over. */
static void tell_waiting(struct line_peer *p, int64_t now_us)
{
	struct line_blame *b = &p->blame, now;
	bool due;

	pthread_mutex_lock(&p->link->lock);
	due = b->waiting && now_us >= b->entry_us + b->every_us;
	now = *b;
	if (due) {
		b->entry_us = now_us;
		b->waiting = 0;
	}
	pthread_mutex_unlock(&p->link->lock);
	if (due)
		put_refused(p, &now);
}

/* --- clock -------------------------------------------------------------------------------------------------------- */

/* Of answers the sample with the shortest round trip is the best; what a call said may only be old, so there the greatest is.
 */
static int64_t best_offset(const struct line_clock *c, bool answer, int64_t *round_us)
{
	unsigned best = 0;

	for (unsigned i = 1; i < c->count; i++)
		if (answer ? c->round_us[i] < c->round_us[best] : c->offset_us[i] > c->offset_us[best])
			best = i;
	*round_us = c->round_us[best];
	return c->offset_us[best];
}

static bool jumped(const struct line_clock *c, bool answer, int64_t offset_us, int64_t round_us)
{
	int64_t before_round, before;

	if (c->count == 0)
		return false;
	before = best_offset(c, answer, &before_round);
	if (answer)
		return offset_us - before > JUMP_AHEAD + round_us / 2 + before_round / 2 ||
		       before - offset_us > JUMP_AHEAD + round_us / 2 + before_round / 2;
	return offset_us - before > JUMP_AHEAD || before - offset_us > JUMP_BEHIND;
}

bool dcf_line_clock_take(struct line_peer *p, int64_t at_us, const struct line_hearing *h)
{
	struct dcf_line_link *l = p->link;
	struct line_clock *c = &p->clock[h->answer ? 0 : 1];
	int64_t now_us = h->answer ? h->middle_us : dcf_clock_wall_us(&l->o.clock), offset_us = at_us - now_us;
	bool jump;

	pthread_mutex_lock(&l->lock);
	jump = jumped(c, h->answer, offset_us, h->round_us);
	if (jump) {
		/* From here on it is believed anew: a clock that was set right is refused once. */
		c->count = c->next = 0;
		p->said_at_us = 0;
	}
	c->offset_us[c->next] = offset_us;
	c->round_us[c->next] = h->round_us;
	c->next = (c->next + 1) % LINE_CLOCK_SAMPLES;
	c->count += c->count < LINE_CLOCK_SAMPLES;
	if (h->answer || p->clock[0].count == 0) {
		int64_t round_us;

		p->live.offset_us = best_offset(c, h->answer, &round_us);
		p->live.round_us = round_us;
	}
	pthread_mutex_unlock(&l->lock);
	return !jump;
}

/* --- how much ----------------------------------------------------------------------------------------------------- */

/* Tokens come at so many a second, at most two seconds' worth; what a frame takes may leave a debt, which is waited for. */
static void fill(struct line_peer *p, int64_t now_us)
{
	const struct dcf_config *c = p->link->o.config;
	int64_t passed = now_us - p->tokens_us, most = 2 * SECOND;

	if (passed > most || p->tokens_us == 0)
		passed = most;
	p->tokens_us = now_us;
	p->tokens += passed * (int64_t)c->line.max_rate;
	p->bytes += passed * (int64_t)(c->line.max_bytes / 1024);
	if (p->tokens > most * (int64_t)c->line.max_rate)
		p->tokens = most * (int64_t)c->line.max_rate;
	if (p->bytes > most * (int64_t)(c->line.max_bytes / 1024))
		p->bytes = most * (int64_t)(c->line.max_bytes / 1024);
}

bool dcf_line_rate_open(struct line_peer *p, unsigned *wait_s, bool *flooding)
{
	struct dcf_line_link *l = p->link;
	bool open;

	pthread_mutex_lock(&l->lock);
	fill(p, line_mono(l));
	open = p->tokens >= 0 && p->bytes >= 0;
	p->pressed = open ? 0 : p->pressed + 1;
	*flooding = p->pressed > LINE_PRESSED;
	*wait_s = 1;
	pthread_mutex_unlock(&l->lock);
	return open;
}

void dcf_line_rate_take(struct line_peer *p, size_t messages, size_t bytes)
{
	struct dcf_line_link *l = p->link;

	pthread_mutex_lock(&l->lock);
	fill(p, line_mono(l));
	p->tokens -= (int64_t)(messages + 1) * SECOND;
	p->bytes -= (int64_t)(bytes / 1024 + 1) * SECOND;
	pthread_mutex_unlock(&l->lock);
}

/* --- up or down --------------------------------------------------------------------------------------------------- */

static bool recent(const struct line_peer *p, enum dcf_line_path way, int64_t since_us)
{
	return p->ok_us[way] >= since_us;
}

static void judge(struct line_peer *p, int64_t now_us, struct dcf_line_live *live)
{
	const struct dcf_config *c = p->link->o.config;
	/* Half a heartbeat more: the third check has until the fourth begins. */
	int64_t since_us = now_us - c->line.heartbeat_us * (int64_t)c->line.miss - c->line.heartbeat_us / 2, last = INT64_MIN;
	bool calls = *p->url[0] != '\0';

	for (int i = 1; i < LINE_WAYS; i++)
		last = p->ok_us[i] > last ? p->ok_us[i] : last;
	live->technical = DCF_LINE_UP;
	if (calls && recent(p, DCF_LINE_PATH_FIRST, since_us)) {
		live->path = DCF_LINE_PATH_FIRST;
	} else if (calls && recent(p, DCF_LINE_PATH_SECOND, since_us)) {
		live->path = DCF_LINE_PATH_SECOND;
		live->technical = DCF_LINE_DEGRADED;
	} else if (recent(p, DCF_LINE_PATH_THEIRS, since_us)) {
		live->path = DCF_LINE_PATH_THEIRS;
		live->technical = calls ? DCF_LINE_DEGRADED : DCF_LINE_UP;
	} else {
		live->path = DCF_LINE_PATH_NONE;
		live->technical = DCF_LINE_DOWN;
	}
	if (live->technical == DCF_LINE_UP && (live->offset_us > OFFSET_MOST || live->offset_us < -OFFSET_MOST))
		live->technical = DCF_LINE_DEGRADED;
	if (live->technical == DCF_LINE_DOWN && p->since_us > since_us)
		/* Nobody knows yet: as the record says. */
		live->technical = p->recorded;
	if (atomic_load(&p->link->cut)) {
		live->path = DCF_LINE_PATH_NONE;
		live->technical = DCF_LINE_DOWN;
	}
	last = last > p->since_us ? last : p->since_us;
	live->missed = (uint32_t)((now_us - last) / c->line.heartbeat_us);
}

void dcf_line_watch(struct line_peer *p, int64_t now_us)
{
	struct dcf_line_link *l = p->link;
	struct dcf_line_live live;
	bool changed;

	tell_waiting(p, now_us);
	pthread_mutex_lock(&l->lock);
	judge(p, now_us, &p->live);
	live = p->live;
	changed = live.technical != p->recorded && !p->removed;
	pthread_mutex_unlock(&l->lock);
	if (!changed)
		return;
	p->recorded = live.technical;
	dcf_logger_event(l->o.logger, live.technical == DCF_LINE_UP ? DCF_LOG_INFO : DCF_LOG_WARN, no_request,
			 "the line to a peer changed", DCF_LOG_Z("peer", p->party),
			 DCF_LOG_Z("technical", dcf_line_technical_name((enum dcf_line_technical)live.technical)),
			 DCF_LOG_Z("path", dcf_line_path_name((enum dcf_line_path)live.path)),
			 DCF_LOG_I("offset_us", live.offset_us), DCF_LOG_I("acked", (int64_t)live.acked),
			 DCF_LOG_Z("trouble", live.trouble));
	put_status(p, &live);
}
