/* SPDX-License-Identifier: Apache-2.0 */
/* What is in conflict, exactly: the order of search.c, one operation at a time. */
#include "core/live_int.h"
#include "core/filter.h"

struct meeting {
	const struct dcf_live_view *view;
	const struct dcf_live_probe *probe;
	struct dcf_live_scratch *scratch;
};

/* ---- bodies ---- */

static enum dcf_status body_of_part(struct dcf_live_scratch *s, struct dcf_live_part *p)
{
	const char *why;
	enum dcf_status st;

	if (p->built)
		return DCF_OK;
	st = dcf_body_build(p->body.feature, &s->probe, &p->body, &why);
	p->built = st == DCF_OK;
	return st;
}

/* The kept body of a feature, or NULL. */
static const struct dcf_body *kept_body(const struct dcf_live_made *m, uint32_t feature)
{
	size_t low = 0, high = m ? m->kept_count : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->kept[mid].feature < feature)
			low = mid + 1;
		else
			high = mid;
	}
	return m && low < m->kept_count && m->kept[low].feature == feature ? &m->kept[low].body : NULL;
}

static enum dcf_status body_of_item(struct dcf_live_scratch *s, const struct dcf_live_find *f, struct dcf_body *out)
{
	const struct dcf_live_made *made = f->op->mark.made;
	const struct dcf_body *kept;
	const char *why;

	if (f->piece & LIVE_STRETCH) {
		const struct dcf_track *view = &made->stretch[f->piece & ~LIVE_STRETCH];

		*out = (struct dcf_body){ .feature = view->feature, .track = *view };
		return DCF_OK;
	}
	kept = kept_body(made, f->piece);
	if (kept) {
		*out = *kept;
		return DCF_OK;
	}
	dcf_arena_rewind(&s->made);
	return dcf_body_build(&f->op->features[f->piece], &s->made, out, &why);
}

/* ---- one find ---- */

static void clip_to(const struct dcf_body *b, int64_t *from, int64_t *to)
{
	int64_t first, last;

	if (b->feature->shape != DCF_TRAJECTORY)
		return;
	/* a microsecond around, since pieces may end between whole ones */
	first = b->feature->start_us + (int64_t)b->track.t_us[0] - 1;
	last = b->feature->start_us + (int64_t)b->track.t_us[b->track.n - 1] + 1;
	*from = first > *from ? first : *from;
	*to = last < *to ? last : *to;
}

static enum dcf_status in_conflict(struct meeting *m, const struct dcf_live_find *f, const struct dcf_minima *minima, bool *yes)
{
	const struct dcf_offsets *offsets = &m->view->frame->offsets;
	struct dcf_live_part *part = &m->scratch->part[f->part];
	const struct dcf_feature *fa = part->body.feature, *fb = &f->op->features[dcf_live_feature_of(f->op, f->piece)];
	struct dcf_pair_times times;
	struct dcf_body b;
	int64_t from, to;
	enum dcf_filter filter = DCF_FILTER_UNSURE;
	enum dcf_status s;

	*yes = false;
	if (!dcf_pair_window(fa, fb, &from, &to))
		return DCF_OK;
	if (fa->shape != DCF_TRAJECTORY && fb->shape != DCF_TRAJECTORY)
		filter = dcf_filter_volumes(fa, fb, offsets, minima);
	*yes = filter == DCF_FILTER_CONFLICT;
	if (filter != DCF_FILTER_UNSURE)
		return DCF_OK;
	s = body_of_part(m->scratch, part);
	s = s == DCF_OK ? body_of_item(m->scratch, f, &b) : s;
	if (s != DCF_OK)
		return s;
	clip_to(&part->body, &from, &to);
	clip_to(&b, &from, &to);
	if (from >= to)
		return DCF_OK;
	s = dcf_pair_when(&part->body, &b, offsets, minima, from, to, &m->scratch->pair, &times);
	*yes = s == DCF_OK && times.conflict->count > 0;
	return s;
}

/* ---- one operation ---- */

/* Finds first .. end are of one operation.  A pair without advisory features settles it; an advisory one is kept until then. */
static enum dcf_status test_op(struct meeting *m, size_t first, size_t end, struct dcf_live_hit *hit, bool *found)
{
	const struct dcf_live_op *op = m->scratch->find[first].op;
	const struct dcf_minima *minima = dcf_live_minima(m->view->frame, m->probe->party, op->party);
	enum dcf_status s = DCF_OK;

	*found = false;
	*hit = (struct dcf_live_hit){ .op = op, .internal = op->party == m->probe->party };
	for (size_t i = first; i < end && s == DCF_OK && !(*found && !hit->advisory); i++) {
		const struct dcf_live_find *f = &m->scratch->find[i];
		uint32_t feature = dcf_live_feature_of(op, f->piece), own = m->scratch->part[f->part].feature;
		bool advisory = op->features[feature].advisory || m->probe->features[own].advisory, yes;

		if (*found && advisory)
			continue;
		s = in_conflict(m, f, minima, &yes);
		if (s != DCF_OK || !yes)
			continue;
		*found = true;
		hit->probe_feature = own;
		hit->feature = feature;
		hit->advisory = advisory;
	}
	return s;
}

/* What the test of a find some way ahead will touch. */
static void prefetch_find(const struct dcf_live_scratch *s, size_t i, bool points)
{
	const struct dcf_live_find *f = &s->find[i];
	const char *p;

	if (i >= s->find_count || f->piece & LIVE_STRETCH)
		return;
	p = (const char *)&f->op->features[f->piece];
	if (points)
		p = (const char *)f->op->features[f->piece].points;
	__builtin_prefetch(p);
	__builtin_prefetch(p + 64);
}

/* ---- all of them, a part of the probe at a time ----
 *
 * Each volume of a large operation may find each of another: were all pairs gathered before the first was looked at, one
 * question of some thousand volumes in one place would take gigabytes, and most of its time for pairs of operations that are
 * met already. */

static enum dcf_status grow_met(struct dcf_live_scratch *s)
{
	struct dcf_live_met *m = &s->met, old = *m;
	size_t room = old.room ? 2 * old.room : 64;
	const struct dcf_live_op **op = dcf_alloc_new(s->from, room * sizeof *op);

	if (!op)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < room; i++)
		op[i] = NULL;
	m->op = op;
	m->room = room;
	for (size_t i = 0; i < old.room; i++)
		if (old.op[i])
			op[dcf_live_met_place(m, old.op[i])] = old.op[i];
	dcf_alloc_free(s->from, old.op, old.room * sizeof *old.op);
	return DCF_OK;
}

enum dcf_status dcf_live_be_met(struct dcf_live_scratch *s, const struct dcf_live_op *op)
{
	struct dcf_live_met *m = &s->met;

	if (2 * (m->count + 1) > m->room && grow_met(s) != DCF_OK)
		return DCF_E_NOMEM;
	m->op[dcf_live_met_place(m, op)] = op;
	m->count++;
	return DCF_OK;
}

/* An advisory pair alone: another part of the probe may settle it. */
static enum dcf_status be_unsure(struct dcf_live_scratch *s, const struct dcf_live_hit *hit)
{
	struct dcf_live_met *m = &s->met;
	void *p = m->unsure;
	enum dcf_status status = dcf_grow(s->from, &p, &m->unsure_cap, m->unsure_count + 1, sizeof *m->unsure);

	m->unsure = p;
	if (status == DCF_OK)
		m->unsure[m->unsure_count++] = *hit;
	return status;
}

/* `some`: what was found is not of the whole probe. */
static enum dcf_status test_finds(struct meeting *m, bool some, dcf_live_take *take, void *ctx)
{
	enum { FAR = 16, NEAR = 8 };
	struct dcf_live_scratch *scratch = m->scratch;
	enum dcf_status s = DCF_OK;
	size_t end;

	for (size_t i = 0; i < scratch->find_count && i < FAR; i++)
		prefetch_find(scratch, i, false);
	for (size_t i = 0; i < scratch->find_count && i < NEAR; i++)
		prefetch_find(scratch, i, true);
	for (size_t i = 0; s == DCF_OK && i < scratch->find_count; i = end) {
		struct dcf_live_hit hit;
		bool found;

		for (end = i; end < scratch->find_count && scratch->find[end].op == scratch->find[i].op; end++) {
			prefetch_find(scratch, end + FAR, false);
			prefetch_find(scratch, end + NEAR, true);
		}
		s = test_op(m, i, end, &hit, &found);
		if (s != DCF_OK || !found)
			continue;
		if (some && hit.advisory) {
			s = be_unsure(scratch, &hit);
			continue;
		}
		s = some ? dcf_live_be_met(scratch, hit.op) : DCF_OK;
		s = s == DCF_OK ? take(ctx, &hit) : s;
	}
	return s;
}

static enum dcf_status take_unsure(struct dcf_live_scratch *scratch, dcf_live_take *take, void *ctx)
{
	struct dcf_live_met *m = &scratch->met;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; s == DCF_OK && i < m->unsure_count; i++) {
		if (dcf_live_is_met(m, m->unsure[i].op))
			continue;
		s = dcf_live_be_met(scratch, m->unsure[i].op);
		s = s == DCF_OK ? take(ctx, &m->unsure[i]) : s;
	}
	return s;
}

void dcf_live_meet_none(struct dcf_live_met *m)
{
	for (size_t i = 0; m->count && i < m->room; i++)
		m->op[i] = NULL;
	m->count = m->unsure_count = 0;
}

enum dcf_status dcf_live_meet(const struct dcf_live *live, const struct dcf_live_view *view, const struct dcf_live_probe *probe,
			      struct dcf_live_scratch *scratch, dcf_live_take *take, void *ctx)
{
	struct meeting m = { view, probe, scratch };
	enum dcf_status s = probe->party == DCF_NONE ? DCF_E_RANGE : DCF_OK;
	uint32_t next = 0;
	bool some = false;

	do {
		s = s == DCF_OK ? dcf_live_search_some(live, view, probe, NULL, scratch, &next) : s;
		some = some || next < probe->feature_count;
		s = s == DCF_OK ? test_finds(&m, some, take, ctx) : s;
	} while (s == DCF_OK && next < probe->feature_count);
	s = s == DCF_OK ? take_unsure(scratch, take, ctx) : s;
	dcf_live_meet_none(&scratch->met);
	return s;
}
