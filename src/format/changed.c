/* SPDX-License-Identifier: Apache-2.0 */
#include "format/changed.h"
#include "format/geojson_parts.h"
#include "format/json_members.h"
#include "format/shown.h"
#include "format/write_geojson.h"
#include "options/whole.h"

struct marking {
	const struct dcf_plan *plan;
	struct dcf_plan *changed;
	struct dcf_arena *arena;      /* of the members */
	struct dcf_buf before, after; /* one feature each */
	struct dcf_buf others;
};

static void put_feature(const struct dcf_plan *plan, const struct dcf_feature *f, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	out->len = 0;
	dcf_json_feature(&j, plan, f);
}

/* The other members of the feature, but for an older "before", and the new one. */
static enum dcf_status mark(struct marking *m, struct dcf_feature *f)
{
	struct dcf_json_members members = dcf_json_members_of(f->others);
	struct dcf_json j = { .out = &m->others };
	struct dcf_span name, value;

	m->others.len = 0;
	dcf_json_begin(&j, '{');
	while (dcf_json_members_next(&members, &name, &value)) {
		if (dcf_span_eq(name, DCF_SPAN("before")))
			continue;
		/* the name is written as it was read, escapes and all */
		dcf_json_raw(&j, DCF_SPAN("\""));
		dcf_buf_span(j.out, name);
		dcf_buf_z(j.out, "\":");
		dcf_buf_span(j.out, value);
	}
	dcf_json_key(&j, "before");
	dcf_json_raw(&j, dcf_buf_as_span(&m->before));
	dcf_json_end(&j, '}');
	if (m->others.failed)
		return DCF_E_NOMEM;
	f->others = dcf_arena_copy(m->arena, dcf_buf_as_span(&m->others));
	return f->others.p ? DCF_OK : DCF_E_NOMEM;
}

static bool same_place(const struct dcf_feature *f, const struct dcf_feature *g)
{
	return f->operation == g->operation && f->where.p == g->where.p && f->where.len == g->where.len;
}

/* Declared features stand in both plans in the same order, those of an operation that moved with what became of them:
 * one, or several that name the same place in what was read. */
static enum dcf_status mark_all(struct marking *m, const bool *moves)
{
	enum dcf_status s = DCF_OK;
	size_t from = 0;

	for (size_t i = 0; i < m->changed->feature_count && s == DCF_OK; i++) {
		struct dcf_feature *f = &m->changed->features[i];

		while (from < m->plan->feature_count && !same_place(&m->plan->features[from], f))
			from++;
		if (from == m->plan->feature_count)
			return DCF_E_RANGE;
		if (!moves[f->operation])
			continue;
		put_feature(m->plan, &m->plan->features[from], &m->before);
		put_feature(m->changed, f, &m->after);
		if (m->before.failed || m->after.failed)
			return DCF_E_NOMEM;
		if (!dcf_span_eq(dcf_buf_as_span(&m->before), dcf_buf_as_span(&m->after)))
			s = mark(m, f);
	}
	return s;
}

static enum dcf_status write_for(const struct dcf_plan *changed, uint32_t reader, const struct dcf_alloc *a,
				 struct dcf_buf *out)
{
	struct dcf_plan shown;
	enum dcf_status s;

	if (reader == DCF_NONE)
		return dcf_write_geojson(changed, out);
	s = dcf_shown_plan(changed, reader, a, &shown);
	if (s != DCF_OK)
		return s;
	s = dcf_write_geojson(&shown, out);
	dcf_shown_free(&shown, a);
	return s;
}

enum dcf_status dcf_write_changed(const struct dcf_plan *plan, const struct dcf_moved *moved, size_t count, uint32_t reader,
				  const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct dcf_plan changed;
	struct dcf_arena arena = { .from = a };
	struct marking m = { plan, &changed, &arena, { .from = a }, { .from = a }, { .from = a } };
	bool *moves = dcf_alloc_new(a, plan->operation_count * sizeof *moves);
	enum dcf_status s = moves ? dcf_plan_changed(plan, moved, count, a, &changed) : DCF_E_NOMEM;

	if (s != DCF_OK)
		goto done;
	memset(moves, 0, plan->operation_count * sizeof *moves);
	for (size_t k = 0; k < count; k++)
		moves[moved[k].operation] = true;
	s = mark_all(&m, moves);
	s = s == DCF_OK ? write_for(&changed, reader, a, out) : s;
	dcf_plan_changed_free(&changed, a);
done:
	dcf_alloc_free(a, moves, plan->operation_count * sizeof *moves);
	dcf_buf_free(&m.before);
	dcf_buf_free(&m.after);
	dcf_buf_free(&m.others);
	dcf_arena_free(&arena);
	return s;
}
