/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides of an exchange do: say what we have and what the other lacks, and make something of what it says. */
#include "node/line_link_int.h"
#include "node/line_notes.h"

#include <stdio.h>

/* --- saying ------------------------------------------------------------------------------------------------------- */

struct gather {
	struct dcf_buf *out;
	size_t room, count;
	uint64_t last;
	struct dcf_span text; /* of the last */
	struct dcf_hash hash;
};

static enum dcf_status gather_note(void *ctx, uint64_t n, struct dcf_span note)
{
	struct gather *g = ctx;

	if (g->count && (g->out->len + note.len + 8 > g->room || g->count == DCF_LINE_NOTES_MAX))
		return DCF_E_LIMIT;
	dcf_line_frame_put_note(note, g->out);
	g->hash = dcf_message_hash(dcf_line_note_text(note));
	g->count++;
	g->last = n;
	return g->out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Both sides load the same agreement, and nothing else stands between them. */
static bool may_send(const struct line_peer *p)
{
	return p->live.heard && !p->live.agreement_differs && !p->live.exercise_differs && !p->live.history_differs &&
	       !p->removed;
}

enum dcf_status dcf_line_say(struct line_peer *p, bool notes, size_t room, struct dcf_buf *out, uint64_t *have,
			     uint64_t *sent_to)
{
	struct dcf_line_link *l = p->link;
	struct dcf_line_frame f = { .party = dcf_span_of(l->party), .exercise = l->o.exercise };
	struct dcf_buf body = { .from = &l->from };
	struct gather g = { .out = &body, .room = room < DCF_LINE_FRAME_MAX - 2048 ? room : DCF_LINE_FRAME_MAX - 2048 };
	struct dcf_line *line = dcf_state_line(l->o.state);
	struct dcf_line_peer now;
	enum dcf_status s = DCF_OK;

	if (!dcf_line_peer_at(line, p->index, &now))
		return DCF_E_NOT_FOUND;
	f.have = *have = now.in.count;
	f.have_hash = now.in.last;
	pthread_mutex_lock(&l->lock);
	f.agreement = l->agreement;
	g.last = p->live.acked;
	notes = notes && may_send(p) && now.out.count > g.last;
	pthread_mutex_unlock(&l->lock);
	if (notes)
		s = dcf_line_notes(line, l->o.store, p->index, false, g.last + 1, now.out.count, gather_note, &g);
	if (s == DCF_E_LIMIT || s == DCF_OK) {
		s = DCF_OK;
		f.count = g.count;
		f.at_us = dcf_clock_wall_us(&l->o.clock);
		dcf_line_frame_put_head(&f, out);
		dcf_buf_span(out, dcf_buf_as_span(&body));
		*sent_to = g.last;
		s = out->failed ? DCF_E_NOMEM : DCF_OK;
	}
	if (s == DCF_OK && g.count) {
		pthread_mutex_lock(&l->lock);
		p->mark = g.last;
		p->mark_hash = g.hash;
		pthread_mutex_unlock(&l->lock);
		dcf_counter_add(l->sent, g.count);
	}
	dcf_buf_free(&body);
	return s;
}

/* --- hearing ------------------------------------------------------------------------------------------------------ */

static enum dcf_line_fault blame(struct line_peer *p, enum dcf_line_fault fault, struct dcf_span bytes, const char *why)
{
	dcf_line_refuse(p, fault, dcf_sha256(bytes), why);
	return fault;
}

/* Has it got what we sent, and nothing else?  Of a record that was restored from an old copy, or of a liar, this is not so. */
static bool same_history(struct line_peer *p, const struct dcf_line_frame *f)
{
	struct dcf_line_link *l = p->link;
	struct dcf_line *line = dcf_state_line(l->o.state);
	struct dcf_line_peer now;
	struct dcf_hash hash;
	bool known;

	if (!dcf_line_peer_at(line, p->index, &now) || f->have > now.out.count)
		return false;
	if (f->have == now.out.count)
		return dcf_hash_eq(&f->have_hash, &now.out.last);
	pthread_mutex_lock(&l->lock);
	known = p->mark == f->have && f->have;
	hash = p->mark_hash;
	pthread_mutex_unlock(&l->lock);
	if (!known && dcf_line_hash_of(line, l->o.store, p->index, f->have, &hash) != DCF_OK)
		return false;
	return dcf_hash_eq(&f->have_hash, &hash);
}

/* What it said stands, whatever becomes of its notes. */
static void remember(struct line_peer *p, const struct dcf_line_frame *f, const struct line_hearing *h, bool same, bool *take)
{
	struct dcf_line_link *l = p->link;

	pthread_mutex_lock(&l->lock);
	p->live.heard = true;
	p->live.heard_at_us = dcf_clock_wall_us(&l->o.clock);
	p->live.agreement = f->agreement;
	p->live.agreement_differs = !dcf_hash_eq(&f->agreement, &l->agreement);
	p->live.exercise_differs = f->exercise != l->o.exercise;
	p->live.history_differs = !same;
	/* Less than before, in its newest words: its record was restored from an older copy, and what it lost is sent again. */
	if (same && (f->have > p->live.acked || f->at_us >= p->said_at_us))
		p->live.acked = f->have;
	if (f->at_us > p->said_at_us)
		p->said_at_us = f->at_us;
	p->ok_us[h->way] = line_mono(l);
	*take = !p->live.agreement_differs && !p->live.exercise_differs && same;
	if (*take)
		p->blame.every_us = DCF_LINE_REFUSED_EVERY_US;
	if (*take && f->count == 0 && !p->blame.waiting)
		p->live.trouble[0] = '\0';
	else if (p->live.agreement_differs)
		snprintf(p->live.trouble, sizeof p->live.trouble,
			 "it has another agreement than we: nothing goes either way until both load the same");
	else if (p->live.exercise_differs)
		snprintf(p->live.trouble, sizeof p->live.trouble, "an exercise and the real thing are never mixed");
	pthread_mutex_unlock(&l->lock);
}

enum dcf_line_fault dcf_line_hear(struct line_peer *p, const struct dcf_line_frame *f, const struct line_hearing *h, bool *take)
{
	bool same;

	*take = false;
	if (!dcf_span_eq(f->party, dcf_span_of(p->party)))
		return blame(p, DCF_LINE_MISDIRECTED, h->bytes, "the key is pinned for another party than the one that speaks");
	if (!dcf_line_clock_take(p, f->at_us, h))
		return blame(p, DCF_LINE_CLOCK, h->bytes, "its clock jumped by more than ten seconds between two exchanges");
	same = same_history(p, f);
	remember(p, f, h, same, take);
	if (!same)
		return blame(p, DCF_LINE_HISTORY, h->bytes,
			     "it claims to have messages of ours that are not those of our record: was a record restored?");
	return DCF_LINE_NO_FAULT;
}

void dcf_line_heard(struct line_peer *p, const struct dcf_line_taken *taken)
{
	struct dcf_line_link *l = p->link;

	dcf_counter_add(l->received, taken->taken);
	dcf_counter_add(l->repeated, taken->repeated);
	if (taken->fault != DCF_LINE_NO_FAULT) {
		dcf_line_refuse(p, taken->fault, taken->digest, taken->why);
	} else if (taken->notes && !taken->unavailable) {
		pthread_mutex_lock(&l->lock);
		p->live.trouble[0] = '\0';
		pthread_mutex_unlock(&l->lock);
	}
}
