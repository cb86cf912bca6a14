/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of windows: volumes that begin later, end earlier, or stand aside for a while. */
#include "options/change_int.h"

struct window {
	int64_t start_us, end_us;
};

/* From the first beginning to the last end; false where one of them moves along and cannot be cut. */
static bool hull_of(const struct dcf_features *f, struct window *w)
{
	*w = (struct window){ INT64_MAX, INT64_MIN };
	for (uint32_t i = 0; i < f->count; i++) {
		if (f->at[i].shape == DCF_TRAJECTORY)
			return false;
		w->start_us = f->at[i].start_us < w->start_us ? f->at[i].start_us : w->start_us;
		w->end_us = f->at[i].end_us > w->end_us ? f->at[i].end_us : w->end_us;
	}
	return f->count > 0;
}

/* Keep of each feature what lies within the window; those of which nothing is left go. */
static void keep_within(struct dcf_features *f, struct window w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		struct dcf_feature *g = &f->at[i];

		g->start_us = g->start_us > w.start_us ? g->start_us : w.start_us;
		g->end_us = g->end_us < w.end_us ? g->end_us : w.end_us;
		if (g->start_us < g->end_us)
			f->at[n++] = *g;
	}
	f->count = n;
}

static enum dcf_status cut(const struct dcf_features *from, struct dcf_change *c, struct window before, struct window after,
			   struct dcf_arena *arena, struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);

	if (s != DCF_OK)
		return s;
	c->shift_us = (before.end_us - before.start_us) - (after.end_us - after.start_us);
	keep_within(out, after);
	return out->count > 0 && c->shift_us > 0 ? DCF_OK : DCF_E_RANGE;
}

enum dcf_status dcf_apply_begin(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	struct window w;

	if (!hull_of(from, &w) || c->from_us <= w.start_us || c->from_us >= w.end_us)
		return DCF_E_RANGE;
	return cut(from, c, w, (struct window){ c->from_us, w.end_us }, arena, out);
}

enum dcf_status dcf_apply_end(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
			      struct dcf_features *out)
{
	struct window w;

	if (!hull_of(from, &w) || c->to_us >= w.end_us || c->to_us <= w.start_us)
		return DCF_E_RANGE;
	return cut(from, c, w, (struct window){ w.start_us, c->to_us }, arena, out);
}

/* The two parts of one feature need names of their own, or a reader would take one for a second declaration of the other. */
static enum dcf_status name_part(struct dcf_feature *f, char part, struct dcf_arena *arena)
{
	char *p = dcf_arena_get(arena, f->id.len + 2);

	if (!p)
		return DCF_E_NOMEM;
	if (f->id.len)
		memcpy(p, f->id.p, f->id.len);
	p[f->id.len] = '/';
	p[f->id.len + 1] = part;
	f->id = (struct dcf_span){ p, f->id.len + 2 };
	return DCF_OK;
}

static enum dcf_status split_one(const struct dcf_feature *f, const struct dcf_change *c, struct dcf_arena *arena,
				 struct dcf_features *out)
{
	struct dcf_feature first = *f, second = *f;
	enum dcf_status s = DCF_OK;

	first.end_us = c->from_us < f->end_us ? c->from_us : f->end_us;
	second.start_us = c->to_us > f->start_us ? c->to_us : f->start_us;
	if (first.start_us < first.end_us && second.start_us < second.end_us) {
		s = name_part(&first, '1', arena);
		if (s == DCF_OK)
			s = name_part(&second, '2', arena);
	}
	if (first.start_us < first.end_us)
		out->at[out->count++] = first;
	if (second.start_us < second.end_us)
		out->at[out->count++] = second;
	return s;
}

enum dcf_status dcf_apply_split(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	struct window w;
	enum dcf_status s;

	if (!hull_of(from, &w) || c->from_us >= c->to_us || c->from_us <= w.start_us || c->to_us >= w.end_us)
		return DCF_E_RANGE;
	s = dcf_features_copy(from, 2 * from->count, arena, out);
	out->count = 0;
	for (uint32_t i = 0; i < from->count && s == DCF_OK; i++)
		s = split_one(&from->at[i], c, arena, out);
	return s;
}
