/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/op.h"
#include "format/read_limits.h"

enum dcf_status dcf_plan_like(const struct dcf_plan *frame, const struct dcf_alloc *a, struct dcf_plan *plan)
{
	enum dcf_status s = DCF_OK;
	uint32_t at;

	dcf_plan_init(plan, a);
	plan->atmosphere = frame->atmosphere;
	for (size_t i = 0; i < frame->party_count && s == DCF_OK; i++) {
		s = dcf_plan_party(plan, frame->parties[i].id, &at);
		if (s == DCF_OK)
			plan->parties[at] = frame->parties[i];
	}
	return s;
}

/* Pieces of one block, each aligned to 16. */
struct cut {
	char *p;
	size_t used;
};

static void *cut(struct cut *c, size_t n)
{
	void *at = c->p ? c->p + c->used : NULL;

	c->used += (n + 15) / 16 * 16;
	return at;
}

static struct dcf_span cut_text(struct cut *c, struct dcf_span s)
{
	char *to = cut(c, s.len);

	if (to && s.len)
		memcpy(to, s.p, s.len);
	return (struct dcf_span){ to ? to : s.p, s.len };
}

static void *cut_copy(struct cut *c, const void *from, size_t n)
{
	void *to = cut(c, n);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

static void pack_feature(struct cut *c, const struct dcf_feature *f, struct dcf_span operation, struct dcf_feature *to)
{
	struct dcf_feature copy = *f;

	copy.points = cut_copy(c, f->points, f->point_count * sizeof *f->points);
	copy.rings = f->rings ? cut_copy(c, f->rings, f->ring_count * sizeof *f->rings) : NULL;
	copy.waypoints = f->waypoints ? cut_copy(c, f->waypoints, f->point_count * sizeof *f->waypoints) : NULL;
	copy.id = dcf_span_eq(f->id, operation) ? operation : cut_text(c, f->id);
	copy.acm = cut_text(c, f->acm);
	copy.where = operation;
	copy.properties_json = copy.others = DCF_SPAN("");
	if (to)
		*to = copy;
}

/* Lay operation `o`, whose features are plan->features[of[0..n)], out from `c`: twice, first to learn its size. */
static struct dcf_op *lay(struct cut *c, const struct dcf_plan *plan, uint32_t o, const uint32_t *of, uint32_t n)
{
	const struct dcf_operation *from = &plan->operations[o];
	struct dcf_op *op = cut(c, sizeof *op);
	struct dcf_feature *features = cut(c, n * sizeof *features);
	uint32_t *releasable = cut_copy(c, from->disclosed_to, from->disclosed_count * sizeof *from->disclosed_to);
	struct dcf_span *names = cut(c, from->disclosed_name_count * sizeof *names), id;

	for (uint32_t i = 0; i < from->disclosed_name_count; i++) {
		struct dcf_span name = cut_text(c, from->disclosed_names[i]);

		if (names)
			names[i] = name;
	}
	id = cut_text(c, from->id);
	if (op) {
		memset(op, 0, sizeof *op);
		op->live.party = from->party;
		op->live.feature_count = n;
		op->live.features = features;
		op->live.owner = op;
		op->id = id;
		op->releasable_to = releasable;
		op->releasable_count = from->disclosed_count;
		op->released_names = names;
		op->released_name_count = from->disclosed_name_count;
		op->limits = from->limits;
		op->start_us = INT64_MAX;
		op->end_us = INT64_MIN;
		op->pending_state = DCF_OP_DRAFT;
		atomic_init(&op->state, DCF_OP_DRAFT);
		atomic_init(&op->event_position, 0);
		atomic_init(&op->holders, 1);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct dcf_feature *f = &plan->features[of[i]];

		pack_feature(c, f, id, op ? &features[i] : NULL);
		if (op) {
			op->start_us = f->start_us < op->start_us ? f->start_us : op->start_us;
			op->end_us = f->end_us > op->end_us ? f->end_us : op->end_us;
		}
	}
	return op;
}

static struct dcf_op *make_one(const struct dcf_plan *plan, const struct dcf_alloc *a, uint32_t o, const uint32_t *of,
			       uint32_t n)
{
	struct cut size = { NULL, 0 }, c = { NULL, 0 };
	struct dcf_op *op;

	(void)lay(&size, plan, o, of, n);
	c.p = dcf_alloc_new(a, size.used);
	if (!c.p)
		return NULL;
	op = lay(&c, plan, o, of, n);
	op->from = a;
	op->bytes = size.used;
	return op;
}

enum dcf_status dcf_plan_group(const struct dcf_plan *plan, struct dcf_arena *arena, uint32_t **first_out, uint32_t **of_out)
{
	uint32_t *first = dcf_arena_get(arena, (plan->operation_count + 1) * sizeof *first);
	uint32_t *of = dcf_arena_get(arena, plan->feature_count * sizeof *of);

	if (!first || !of)
		return DCF_E_NOMEM;
	for (size_t o = 0; o <= plan->operation_count; o++)
		first[o] = 0;
	for (size_t i = 0; i < plan->feature_count; i++)
		first[plan->features[i].operation + 1]++;
	for (size_t o = 0; o < plan->operation_count; o++)
		first[o + 1] += first[o];
	for (size_t i = 0; i < plan->feature_count; i++)
		of[first[plan->features[i].operation]++] = (uint32_t)i;
	for (size_t o = plan->operation_count; o > 0; o--)
		first[o] = first[o - 1];
	first[0] = 0;
	*first_out = first;
	*of_out = of;
	return DCF_OK;
}

enum dcf_status dcf_ops_make(const struct dcf_plan *plan, const struct dcf_alloc *a, struct dcf_op **ops)
{
	struct dcf_arena arena = { .from = a };
	uint32_t *first = NULL, *of = NULL;
	enum dcf_status s = dcf_plan_group(plan, &arena, &first, &of);

	for (size_t o = 0; o < plan->operation_count; o++)
		ops[o] = NULL;
	for (uint32_t o = 0; o < plan->operation_count && s == DCF_OK; o++) {
		uint32_t n = first[o + 1] - first[o];

		if (n && !(ops[o] = make_one(plan, a, o, of + first[o], n)))
			s = DCF_E_NOMEM;
	}
	for (size_t o = 0; o < plan->operation_count && s != DCF_OK; o++) {
		if (ops[o])
			dcf_op_drop(ops[o]);
		ops[o] = NULL;
	}
	dcf_arena_free(&arena);
	return s;
}

void dcf_op_drop(struct dcf_op *op)
{
	if (atomic_fetch_sub(&op->holders, 1) == 1)
		dcf_alloc_free(op->from, op, op->bytes);
}

static enum dcf_status add(struct dcf_plan *plan, const struct dcf_op *op)
{
	uint32_t o;
	enum dcf_status s = dcf_plan_operation(plan, op->live.party, op->id, &o);

	if (s != DCF_OK)
		return s;
	plan->operations[o].limits = op->limits;
	plan->operations[o].disclosed_to = op->releasable_to;
	plan->operations[o].disclosed_count = op->releasable_count;
	for (uint32_t i = 0; i < op->live.feature_count && s == DCF_OK; i++) {
		struct dcf_feature f = op->live.features[i];

		f.operation = o;
		s = dcf_plan_add_feature(plan, &f);
	}
	return s;
}

enum dcf_status dcf_plan_few(const struct dcf_plan *frame, const struct dcf_op *const *ops, size_t n, const struct dcf_alloc *a,
			     struct dcf_plan *plan)
{
	enum dcf_status s = dcf_plan_like(frame, a, plan);

	plan->atmosphere_seen = frame->atmosphere_seen;
	plan->agreement = frame->agreement;
	plan->places = frame->places;
	plan->place_count = frame->place_count;
	for (size_t i = 0; i < n && s == DCF_OK; i++)
		s = add(plan, ops[i]);
	/* Levels that a party gives among its limits. */
	s = s == DCF_OK ? dcf_join_levels(plan) : s;
	if (s != DCF_OK)
		dcf_plan_few_free(plan);
	return s;
}

void dcf_plan_few_free(struct dcf_plan *plan)
{
	/* What is the frame's is not ours to free. */
	plan->agreement = (struct dcf_agreement){ 0 };
	plan->places = NULL;
	plan->place_count = plan->place_cap = 0;
	dcf_plan_free(plan);
}
