/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"
#include "core/minima.h"

enum { MINIMA_MOST = UINT16_MAX };

static size_t pairs_of(const struct dcf_live_frame *f)
{
	return (size_t)f->parties * f->parties;
}

void dcf_live_frame_free(struct dcf_live *live, struct dcf_live_frame *f)
{
	if (!f)
		return;
	dcf_alloc_free(live->from, f->minima, f->minima_cap * sizeof *f->minima);
	dcf_live_put(live, f->which, pairs_of(f) * sizeof *f->which);
	dcf_live_put(live, f->reach, (f->parties + (size_t)1) * sizeof *f->reach);
	dcf_live_put(live, f, sizeof *f);
}

static bool same(const struct dcf_minima *a, const struct dcf_minima *b)
{
	return a->lateral_m <= b->lateral_m && a->lateral_m >= b->lateral_m && a->vertical_e4 == b->vertical_e4 &&
	       a->max_dwell_us == b->max_dwell_us;
}

static void reach_to(struct dcf_live_reach *r, const struct dcf_minima *m)
{
	r->lateral_m = m->lateral_m > r->lateral_m ? m->lateral_m : r->lateral_m;
	r->vertical_e4 = m->vertical_e4 > r->vertical_e4 ? m->vertical_e4 : r->vertical_e4;
}

/* Minima of parties i and k; the articles they come from are the plan's and not kept. */
static enum dcf_status add_pair(struct dcf_live_frame *f, const struct dcf_alloc *a, struct dcf_minima m, uint32_t i,
				uint32_t k)
{
	size_t at = f->minima_count;
	void *p = f->minima;

	m.article = DCF_SPAN("");
	while (at > 0 && !same(&f->minima[at - 1], &m))
		at--;
	if (at == 0) {
		if (f->minima_count == MINIMA_MOST)
			return DCF_E_LIMIT;
		if (dcf_grow(a, &p, &f->minima_cap, f->minima_count + 1, sizeof *f->minima) != DCF_OK)
			return DCF_E_NOMEM;
		f->minima = p;
		f->minima[f->minima_count++] = m;
		at = f->minima_count;
	}
	f->which[(size_t)i * f->parties + k] = (uint16_t)(at - 1);
	reach_to(&f->reach[i], &m);
	reach_to(&f->reach[f->parties], &m);
	return DCF_OK;
}

enum dcf_status dcf_live_frame_new(struct dcf_live *live, const struct dcf_plan *plan, const struct dcf_check_options *question,
				   struct dcf_live_frame **out)
{
	struct dcf_live_frame *f;
	enum dcf_status s = DCF_OK;

	if (plan->party_count > DCF_LIVE_PARTIES)
		return DCF_E_LIMIT;
	f = dcf_live_get(live, sizeof *f);
	if (!f)
		return DCF_E_NOMEM;
	*f = (struct dcf_live_frame){ .waste = { NULL, LIVE_WASTE_FRAME },
				      .parties = (uint32_t)plan->party_count,
				      .offsets = dcf_offsets_of(&plan->atmosphere) };
	f->which = dcf_live_get(live, pairs_of(f) * sizeof *f->which);
	f->reach = dcf_live_get(live, (f->parties + (size_t)1) * sizeof *f->reach);
	if (!f->which || !f->reach)
		s = DCF_E_NOMEM;
	for (uint32_t i = 0; s == DCF_OK && i <= f->parties; i++)
		f->reach[i] = (struct dcf_live_reach){ 0, 0 };
	for (uint32_t i = 0; s == DCF_OK && i < f->parties; i++)
		for (uint32_t k = 0; s == DCF_OK && k < f->parties; k++)
			s = add_pair(f, live->from, dcf_minima_of(plan, question, i, k), i, k);
	if (s == DCF_OK)
		*out = f;
	else
		dcf_live_frame_free(live, f);
	return s;
}
