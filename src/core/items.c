/* SPDX-License-Identifier: Apache-2.0 */
#include "core/items.h"

/* What one job found beyond the first box of each volume. */
struct more {
	const struct dcf_alloc *from;
	struct dcf_stretch *stretch;
	size_t count, cap;
	struct dcf_index_item *box; /* .id: number of the job's stretch, or SECOND_BOX and a feature */
	size_t box_count, box_cap;
	enum dcf_status status;
};

#define SECOND_BOX 0x80000000u

static void add_box(struct more *m, const struct dcf_box4 *box, uint32_t id, uint32_t group)
{
	void *p = m->box;

	if (m->status == DCF_OK)
		m->status = dcf_grow(m->from, &p, &m->box_cap, m->box_count + 1, sizeof *m->box);
	m->box = p;
	if (m->status == DCF_OK)
		m->box[m->box_count++] = (struct dcf_index_item){ .box = *box, .id = id, .group = group };
}

static void add_stretch(struct more *m, uint32_t group, struct dcf_stretch stretch, const struct dcf_extent *e)
{
	void *p = m->stretch;

	if (m->status == DCF_OK)
		m->status = dcf_grow(m->from, &p, &m->cap, m->count + 1, sizeof stretch);
	m->stretch = p;
	for (int i = 0; i < e->count; i++)
		add_box(m, &e->box[i], (uint32_t)m->count, group);
	if (m->status == DCF_OK)
		m->stretch[m->count++] = stretch;
}

/* Pieces in one box: fewer make boxes tighter, more make fewer of them. */
enum { STRETCH = 8 };

struct dcf_track dcf_stretch_view(const struct dcf_track *t, uint32_t first, uint32_t end)
{
	return (struct dcf_track){ t->feature, t->v + first, t->t_us + first, t->leg + first, end - first + 1 };
}

uint32_t dcf_stretch_end(const struct dcf_track *track, uint32_t first, bool *whole_legs)
{
	uint32_t end = first, pieces = track->n - 1;

	*whole_legs = first == 0 || track->leg[first] != track->leg[first - 1];
	while (end < pieces && (end - first < STRETCH || track->leg[end] == track->leg[end - 1]))
		end++;
	if (end - first > 3 * STRETCH) {
		end = first + STRETCH;
		*whole_legs = false;
	}
	return end;
}

struct dcf_extent dcf_stretch_extent(const struct dcf_axes *axes, const struct dcf_track *track, uint32_t first, uint32_t end,
				     bool whole_legs)
{
	return whole_legs ? dcf_extent_of_legs(axes, track->feature, track->leg[first], track->leg[end - 1])
			  : dcf_extent_of_track(axes, track, first, end - 1);
}

static void add_track(struct more *m, const struct dcf_axes *axes, const struct dcf_track *track, uint32_t feature)
{
	uint32_t first = 0;

	while (first < track->n - 1 && m->status == DCF_OK) {
		bool whole_legs;
		uint32_t end = dcf_stretch_end(track, first, &whole_legs);
		struct dcf_extent e = dcf_stretch_extent(axes, track, first, end, whole_legs);

		add_stretch(m, track->feature->party,
			    (struct dcf_stretch){ feature, first, end - 1, dcf_stretch_view(track, first, end) }, &e);
		first = end;
	}
}

struct filling {
	const struct dcf_bodies *bodies;
	const struct dcf_axes *axes;
	struct dcf_items *items;
	struct more *more;
	unsigned jobs;
};

static void fill_share(void *arg, unsigned job)
{
	const struct filling *f = arg;
	struct more *m = &f->more[job];
	size_t n = f->bodies->count, end = n * (job + 1) / f->jobs;

	for (size_t i = n * job / f->jobs; i < end; i++) {
		const struct dcf_feature *feature = dcf_bodies_feature(f->bodies, i);
		struct dcf_index_item *box = &f->items->box[i];
		struct dcf_extent e;

		box->id = UINT32_MAX; /* no item */
		if (!feature)
			continue;
		if (feature->shape == DCF_TRAJECTORY) {
			add_track(m, f->axes, &f->bodies->kept[i].body.track, (uint32_t)i);
			continue;
		}
		e = dcf_extent_of_feature(f->axes, feature);
		*box = (struct dcf_index_item){ .box = e.box[0], .id = (uint32_t)i, .group = feature->party };
		if (e.count > 1)
			add_box(m, &e.box[1], SECOND_BOX | (uint32_t)i, feature->party);
	}
}

/* Put what the jobs found behind the volumes' boxes. */
static enum dcf_status join_more(struct dcf_items *t, const struct more *more, unsigned jobs)
{
	size_t stretches = 0, extra = 0;
	void *p = t->box, *q = NULL;

	for (unsigned k = 0; k < jobs; k++) {
		if (more[k].status != DCF_OK)
			return more[k].status;
		stretches += more[k].count;
		extra += more[k].box_count;
	}
	if (extra == 0)
		return DCF_OK;
	if (dcf_grow(t->from, &p, &t->box_cap, t->box_count + extra, sizeof *t->box) != DCF_OK)
		return DCF_E_NOMEM;
	t->box = p;
	if (dcf_grow(t->from, &q, &t->stretch_cap, stretches, sizeof *t->stretch) != DCF_OK)
		return DCF_E_NOMEM;
	t->stretch = q;
	for (unsigned k = 0; k < jobs; k++) {
		for (size_t i = 0; i < more[k].box_count; i++) {
			struct dcf_index_item b = more[k].box[i];

			b.id = b.id & SECOND_BOX ? b.id & ~SECOND_BOX : (uint32_t)(t->features + t->stretch_count) + b.id;
			t->box[t->box_count++] = b;
		}
		for (size_t i = 0; i < more[k].count; i++)
			t->stretch[t->stretch_count++] = more[k].stretch[i];
	}
	return DCF_OK;
}

enum dcf_status dcf_items_fill(struct dcf_items *t, const struct dcf_axes *axes, const struct dcf_bodies *bodies,
			       const struct dcf_parallel *parallel)
{
	unsigned jobs = dcf_parallel_threads(parallel) > 1 ? dcf_parallel_threads(parallel) * 8 : 1;
	struct more *more = dcf_alloc_new(t->from, jobs * sizeof *more);
	struct filling f = { bodies, axes, t, more, jobs };
	enum dcf_status s = DCF_E_NOMEM;

	/* room for the few second boxes, so that the many first ones need not be moved for them */
	t->box_cap = bodies->count + bodies->count / 32 + 64;
	t->box = dcf_alloc_new(t->from, t->box_cap * sizeof *t->box);
	if (!t->box)
		t->box_cap = 0;
	if (!t->box || !more)
		goto done;
	t->features = t->box_count = bodies->count;
	for (unsigned k = 0; k < jobs; k++)
		more[k] = (struct more){ .from = t->from };
	dcf_parallel_run(parallel, jobs, fill_share, &f);
	s = join_more(t, more, jobs);
	for (unsigned k = 0; k < jobs; k++) {
		dcf_alloc_free(t->from, more[k].stretch, more[k].cap * sizeof *more[k].stretch);
		dcf_alloc_free(t->from, more[k].box, more[k].box_cap * sizeof *more[k].box);
	}
done:
	dcf_alloc_free(t->from, more, jobs * sizeof *more);
	return s;
}

void dcf_items_free_boxes(struct dcf_items *t)
{
	dcf_alloc_free(t->from, t->box, t->box_cap * sizeof *t->box);
	t->box = NULL;
	t->box_count = t->box_cap = 0;
}

void dcf_items_free(struct dcf_items *t)
{
	dcf_items_free_boxes(t);
	dcf_alloc_free(t->from, t->stretch, t->stretch_cap * sizeof *t->stretch);
	*t = (struct dcf_items){ .from = t->from };
}
