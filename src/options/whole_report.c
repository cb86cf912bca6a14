/* SPDX-License-Identifier: Apache-2.0 */
/* The outcome as it is handed over: who moves how, what it costs whom, and why some conflicts stay. */
#include "base/buf.h"
#include "options/whole_int.h"

enum { NAMED = 3, LOOKED = 16 };

static enum dcf_status apply(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
			     struct dcf_features *to)
{
	struct dcf_features f;
	enum dcf_status s = dcf_change_apply(from, c, arena, &f);

	if (s == DCF_OK)
		*to = f;
	return s;
}

static enum dcf_status write_move(const struct dcf_whole *w, uint32_t i, struct dcf_whole_result *out)
{
	const struct dcf_node *n = w->part[i].node;
	const struct dcf_spot *spot = &w->spot[i];
	struct dcf_moved *m = &out->moved[out->moved_count];
	struct dcf_features f = n->declared;
	struct dcf_cost cost = { 0 };
	enum dcf_status s = DCF_OK;

	*m = (struct dcf_moved){ .operation = i };
	if (spot->shift_s)
		m->change[m->change_count++] =
			(struct dcf_change){ .how = DCF_CHANGE_SHIFT, .shift_us = (int64_t)spot->shift_s * 1000000 };
	if (spot->rung)
		m->change[m->change_count++] =
			(struct dcf_change){ .how = DCF_CHANGE_LIFT, .lift_e4 = n->rung[spot->rung].lift_e4 };
	m->kind = spot->shift_s > 0 ? DCF_OPTION_DELAY : spot->shift_s < 0 ? DCF_OPTION_ADVANCE : DCF_OPTION_ALTITUDE;
	for (uint32_t k = 0; k < m->change_count && s == DCF_OK; k++) {
		s = apply(&f, &m->change[k], &out->arena, &f);
		cost = dcf_cost_sum(cost, dcf_change_cost(&m->change[k], &w->ask->ask.costs));
	}
	m->features = f.at;
	m->feature_count = f.count;
	out->cost[out->moved_count++] = cost;
	return s;
}

static enum dcf_status room_for_moves(const struct dcf_whole *w, struct dcf_whole_result *out)
{
	void *moved = out->moved;
	size_t cap = out->moved_cap, count = 0;
	enum dcf_status s;

	for (size_t i = 0; i < w->count; i++)
		count += !dcf_spot_home(&w->spot[i]);
	out->moved_count = 0;
	dcf_arena_free(&out->arena);
	s = dcf_grow(w->from, &moved, &cap, count, sizeof *out->moved);
	out->moved = moved;
	if (s != DCF_OK || cap == out->moved_cap)
		return s;
	dcf_alloc_free(w->from, out->cost, out->moved_cap * sizeof *out->cost);
	out->moved_cap = cap;
	out->cost = dcf_alloc_new(w->from, cap * sizeof *out->cost);
	return out->cost ? DCF_OK : DCF_E_NOMEM;
}

enum dcf_status dcf_whole_write_moves(struct dcf_whole *w, struct dcf_whole_result *out)
{
	uint32_t *by_rank = dcf_alloc_new(w->from, w->count * sizeof *by_rank);
	enum dcf_status s = by_rank ? room_for_moves(w, out) : DCF_E_NOMEM;

	for (uint32_t i = 0; i < w->count && s == DCF_OK; i++)
		by_rank[w->standing.rank[i]] = i;
	for (size_t r = 0; r < w->count && s == DCF_OK; r++)
		if (!dcf_spot_home(&w->spot[by_rank[r]]))
			s = write_move(w, by_rank[r], out);
	dcf_alloc_free(w->from, by_rank, w->count * sizeof *by_rank);
	return s;
}

static enum dcf_status write_burdens(const struct dcf_whole *w, struct dcf_whole_result *out)
{
	size_t n = w->plan->party_count;

	out->burden = dcf_arena_get(&out->arena, n * sizeof *out->burden);
	if (!out->burden)
		return DCF_E_NOMEM;
	memset(out->burden, 0, n * sizeof *out->burden);
	out->total = (struct dcf_cost){ 0 };
	for (size_t k = 0; k < out->moved_count; k++) {
		struct dcf_burden *b = &out->burden[w->plan->operations[out->moved[k].operation].party];

		b->cost += out->cost[k].total;
		b->moved++;
		out->total = dcf_cost_sum(out->total, out->cost[k]);
	}
	out->share_kept = true;
	for (size_t p = 0; p < n; p++) {
		out->burden[p].share = out->total.total > 0 ? out->burden[p].cost / out->total.total : 0;
		out->share_kept = out->share_kept && !(out->burden[p].share > w->ask->max_share);
	}
	return DCF_OK;
}

/* ---- why a conflict stays ---- */

static void put_name(const struct dcf_whole *w, uint32_t i, struct dcf_buf *out)
{
	dcf_buf_span(out, w->plan->operations[i].id);
}

static void put_minutes(int32_t s, struct dcf_buf *out)
{
	dcf_buf_i64(out, s / 60);
	dcf_buf_z(out, " min");
	if (s % 60) {
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, s % 60);
		dcf_buf_z(out, " s");
	}
}

/* What else is in the way of `i` where it stands or could go at its own level, but for `other` and what the reader
 * may not know of. */
static void put_blockers(struct dcf_whole *w, uint32_t i, uint32_t other, struct dcf_buf *out)
{
	uint32_t in_way[LOOKED], named[NAMED], count = 0;
	const struct dcf_part *p = &w->part[i];
	int32_t places[] = { 0, p->most_s, p->least_s, p->most_s / 2, p->least_s / 2 };

	for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
		uint32_t n = dcf_whole_blockers(w, i, places[k], 0, in_way, LOOKED);

		for (uint32_t j = 0; j < n && j < LOOKED && count < NAMED; j++) {
			bool known = in_way[j] == other || w->part[in_way[j]].hidden;

			for (uint32_t c = 0; c < count; c++)
				known = known || named[c] == in_way[j];
			if (!known)
				named[count++] = in_way[j];
		}
	}
	for (uint32_t c = 0; c < count; c++) {
		dcf_buf_z(out, c ? ", " : "; also in its way: ");
		put_name(w, named[c], out);
	}
}

static void put_side(struct dcf_whole *w, uint32_t i, uint32_t other, struct dcf_buf *out)
{
	const struct dcf_part *p = &w->part[i];

	put_name(w, i, out);
	if (p->fixed) {
		dcf_buf_z(out, " may not be moved");
		return;
	}
	if (w->stopped) {
		dcf_buf_z(out, ": time was up before a way was found");
		return;
	}
	dcf_buf_z(out, ": no time from ");
	put_minutes(-p->least_s, out);
	dcf_buf_z(out, " earlier to ");
	put_minutes(p->most_s, out);
	dcf_buf_z(out, " later is free at ");
	dcf_buf_i64(out, p->node ? p->node->rung_count : 1);
	dcf_buf_z(out, p->node && p->node->rung_count > 1 ? " levels" : " level");
	if (p->node)
		put_blockers(w, i, other, out);
}

static enum dcf_status write_left(struct dcf_whole *w, const struct dcf_conflict *c, struct dcf_whole_result *out)
{
	struct dcf_buf text = { .from = w->from };
	void *at = out->unresolved;
	enum dcf_status s = dcf_grow(w->from, &at, &out->unresolved_cap, out->unresolved_count + 1, sizeof *out->unresolved);
	struct dcf_unresolved *u;

	out->unresolved = at;
	if (s != DCF_OK)
		return s;
	put_side(w, c->a, c->b, &text);
	dcf_buf_z(&text, ". ");
	put_side(w, c->b, c->a, &text);
	dcf_buf_char(&text, '.');
	u = &out->unresolved[out->unresolved_count++];
	*u = (struct dcf_unresolved){ c->a, c->b, dcf_arena_copy(&out->arena, dcf_buf_as_span(&text)) };
	s = text.failed || !u->why.p ? DCF_E_NOMEM : w->hand.status;
	dcf_buf_free(&text);
	return s;
}

enum dcf_status dcf_whole_write_rest(struct dcf_whole *w, const struct dcf_result *left, struct dcf_whole_result *out)
{
	enum dcf_status s = write_burdens(w, out);

	out->unresolved_count = 0;
	out->conflicts_before = out->conflicts_after = 0;
	for (size_t k = 0; k < w->check->conflict_count; k++)
		out->conflicts_before += dcf_whole_counts(w, &w->check->conflicts[k]);
	for (size_t k = 0; k < left->conflict_count && s == DCF_OK; k++) {
		if (!dcf_whole_counts(w, &left->conflicts[k]))
			continue;
		out->conflicts_after++;
		s = write_left(w, &left->conflicts[k], out);
	}
	return s;
}
