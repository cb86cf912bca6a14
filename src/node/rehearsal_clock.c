/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "store/log.h"

#include <stdio.h>
#include <time.h>

enum { PATIENCE_MS = 60000, LOOK_US = 500 };

/* Lengths of time are real: networks, time limits of requests, the index.  Only the time of day is ours. */
static int64_t stage_wall(void *ctx)
{
	return atomic_load(&((struct dcf_stage *)ctx)->wall_us);
}

static int64_t real_mono(void *ctx)
{
	struct dcf_clock c = dcf_clock_system();

	(void)ctx;
	return dcf_clock_mono_us(&c);
}

struct dcf_clock dcf_stage_clock(struct dcf_stage *st)
{
	return (struct dcf_clock){ .wall_us = stage_wall, .mono_us = real_mono, .ctx = st };
}

/* --- quiet ------------------------------------------------------------------------------------------------ */

static uint64_t entries(struct dcf_stage *st)
{
	uint64_t sum = 0, size;

	for (int i = 0; i < 2; i++)
		if (dcf_log_head(st->actor[i].api->log, &size, NULL, NULL) == DCF_OK)
			sum += size;
	return sum;
}

static bool nothing_left(struct dcf_stage *st)
{
	struct dcf_line_peer p[2];

	for (int i = 0; i < 2; i++) {
		struct dcf_actor *a = &st->actor[i];

		dcf_sequencer_poke(a->api->sequencer);
		if (dcf_actor_peer(a, &p[i]) == DCF_NONE || !dcf_line_agent_quiet(a->agent) ||
		    !dcf_line_link_quiet(a->api->line_link))
			return false;
	}
	if (st->cut)
		return p[0].technical == DCF_LINE_DOWN && p[1].technical == DCF_LINE_DOWN;
	if (p[0].technical != DCF_LINE_UP || p[1].technical != DCF_LINE_UP)
		return false;
	return p[0].out.count == p[1].in.count && p[1].out.count == p[0].in.count;
}

/* Who is not quiet, and which part of it. */
static enum dcf_status not_quiet(struct dcf_stage *st, int64_t most_us)
{
	char text[240] = "";
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		struct dcf_actor *a = &st->actor[i];
		struct dcf_line_peer p = { .removed = true };
		struct dcf_line_live live = { .heard = false };
		uint32_t peer = dcf_actor_peer(a, &p);

		(void)dcf_line_link_live(a->api->line_link, peer, &live);
		n += (size_t)snprintf(
			text + n, sizeof text - n, "; %s: %s%s%s, sent %llu, known there %llu, offset %lld us%s%s", a->party,
			dcf_line_technical_name((enum dcf_line_technical)p.technical),
			dcf_line_agent_quiet(a->agent) ? "" : ", duties",
			dcf_line_link_quiet(a->api->line_link) ? "" : ", exchanges", (unsigned long long)p.out.count,
			(unsigned long long)live.acked, (long long)live.offset_us, live.trouble[0] ? ", " : "", live.trouble);
		n = n < sizeof text ? n : sizeof text - 1;
	}
	return dcf_node_fail(st->err, DCF_E_BUSY, "%s: the nodes did not become quiet within %lld s%s", st->o->name,
			     (long long)(most_us / 1000000), text);
}

/* Twice in a row and nothing written between: what one part hands to the next was then not on its way. */
enum dcf_status dcf_stage_settle(struct dcf_stage *st)
{
	int64_t began = real_mono(NULL), most = (st->o->patience_ms ? st->o->patience_ms : PATIENCE_MS) * INT64_C(1000);

	for (int i = 0; i < 2; i++)
		dcf_line_agent_poke(st->actor[i].agent);
	for (;;) {
		uint64_t before = entries(st);

		if (nothing_left(st) && nothing_left(st) && entries(st) == before)
			return DCF_OK;
		if (real_mono(NULL) - began > most)
			return not_quiet(st, most);
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_US * 1000 }, NULL);
	}
}

/* --- on --------------------------------------------------------------------------------------------------- */

static int64_t next_of(struct dcf_stage *st, int64_t now_us, int64_t most_us)
{
	for (int i = 0; i < 2; i++) {
		int64_t due[] = { dcf_line_next_due_us(st->actor[i].line), dcf_line_agent_next_us(st->actor[i].agent) };

		for (int k = 0; k < 2; k++)
			if (due[k] > now_us && due[k] < most_us)
				most_us = due[k];
	}
	return most_us;
}

enum dcf_status dcf_stage_turn_to(struct dcf_stage *st, int64_t at_us)
{
	for (;;) {
		int64_t now_us = atomic_load(&st->wall_us);
		enum dcf_status s = dcf_stage_settle(st);

		s = s == DCF_OK ? dcf_stage_tell(st) : s;
		if (s != DCF_OK || now_us >= at_us)
			return s;
		atomic_store(&st->wall_us, next_of(st, now_us, at_us));
	}
}
