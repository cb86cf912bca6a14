/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"
#include "core/altitude.h"
#include "core/sort.h"

void dcf_plan_init(struct dcf_plan *plan, const struct dcf_alloc *a)
{
	*plan = (struct dcf_plan){ .arena = { .from = a } };
	plan->atmosphere = dcf_atmosphere_widest();
	plan->agreement.costs = (struct dcf_costs){ 1, 0.1, 0.01, false };
}

void dcf_plan_free(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;

	if (!a)
		return;
	dcf_alloc_free(a, plan->parties, plan->party_cap * sizeof *plan->parties);
	dcf_alloc_free(a, plan->operations, plan->operation_cap * sizeof *plan->operations);
	dcf_alloc_free(a, plan->features, plan->feature_cap * sizeof *plan->features);
	dcf_alloc_free(a, plan->places, plan->place_cap * sizeof *plan->places);
	dcf_alloc_free(a, plan->remarks, plan->remark_cap * sizeof *plan->remarks);
	dcf_alloc_free(a, plan->agreement.separation, plan->agreement.separation_cap * sizeof *plan->agreement.separation);
	dcf_alloc_free(a, plan->agreement.notice, plan->agreement.notice_cap * sizeof *plan->agreement.notice);
	dcf_alloc_free(a, plan->agreement.lines, plan->agreement.line_cap * sizeof *plan->agreement.lines);
	dcf_alloc_free(a, plan->agreement.areas, plan->agreement.area_cap * sizeof *plan->agreement.areas);
	dcf_alloc_free(a, plan->operation_slots, plan->operation_slot_count * sizeof *plan->operation_slots);
	dcf_alloc_free(a, plan->party_slots, plan->party_slot_count * sizeof *plan->party_slots);
	dcf_arena_free(&plan->arena);
	*plan = (struct dcf_plan){ .arena = { .from = a } };
}

/* FNV-1a, 64 bit: names are short and the tables are private, so nothing stronger is needed but a
 * seed-free, machine-independent spread.  Order of output never depends on it. */
static uint64_t hash_name(uint32_t party, struct dcf_span id)
{
	uint64_t h = 0xcbf29ce484222325u ^ party;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static bool party_is(const struct dcf_plan *plan, uint32_t i, uint32_t party, struct dcf_span id)
{
	(void)party;
	return dcf_span_eq(plan->parties[i].id, id);
}

static bool operation_is(const struct dcf_plan *plan, uint32_t i, uint32_t party, struct dcf_span id)
{
	return plan->operations[i].party == party && dcf_span_eq(plan->operations[i].id, id);
}

typedef bool same_fn(const struct dcf_plan *plan, uint32_t i, uint32_t party, struct dcf_span id);

/* The slot that holds (party, id), or the empty one where it belongs. */
static size_t find_slot(const struct dcf_plan *plan, const uint32_t *slots, size_t count, same_fn *same, uint32_t party,
			struct dcf_span id)
{
	size_t k = (size_t)hash_name(party, id) & (count - 1);

	while (slots[k] && !same(plan, slots[k] - 1, party, id))
		k = (k + 1) & (count - 1);
	return k;
}

static struct dcf_span name_of(const struct dcf_plan *plan, bool is_party, uint32_t i, uint32_t *party)
{
	*party = is_party ? 0 : plan->operations[i].party;
	return is_party ? plan->parties[i].id : plan->operations[i].id;
}

/* Keep the table at most half full; on failure it is unchanged. */
static enum dcf_status grow_slots(struct dcf_plan *plan, bool is_party, uint32_t **slots, size_t *count, size_t used)
{
	size_t n = *count ? *count * 2 : 64;
	uint32_t *s;

	if (*count && used * 2 < *count)
		return DCF_OK;
	s = dcf_alloc_new(plan->arena.from, n * sizeof *s);
	if (!s)
		return DCF_E_NOMEM;
	memset(s, 0, n * sizeof *s);
	for (size_t i = 0; i < used; i++) {
		uint32_t party;
		struct dcf_span id = name_of(plan, is_party, (uint32_t)i, &party);
		size_t k = (size_t)hash_name(party, id) & (n - 1);

		while (s[k])
			k = (k + 1) & (n - 1);
		s[k] = (uint32_t)i + 1;
	}
	dcf_alloc_free(plan->arena.from, *slots, *count * sizeof **slots);
	*slots = s;
	*count = n;
	return DCF_OK;
}

enum dcf_status dcf_plan_party(struct dcf_plan *plan, struct dcf_span id, uint32_t *index)
{
	enum dcf_status s = grow_slots(plan, true, &plan->party_slots, &plan->party_slot_count, plan->party_count);
	void *array = plan->parties;
	size_t k;
	struct dcf_span copy;

	if (s != DCF_OK)
		return s;
	k = find_slot(plan, plan->party_slots, plan->party_slot_count, party_is, 0, id);
	if (plan->party_slots[k]) {
		*index = plan->party_slots[k] - 1;
		return DCF_OK;
	}
	s = dcf_grow(plan->arena.from, &array, &plan->party_cap, plan->party_count + 1, sizeof *plan->parties);
	plan->parties = array;
	copy = dcf_arena_copy(&plan->arena, id);
	if (s != DCF_OK || !copy.p)
		return DCF_E_NOMEM;
	*index = (uint32_t)plan->party_count;
	plan->parties[plan->party_count++] =
		(struct dcf_party){ .id = copy, .name = DCF_SPAN(""), .in_feet = true, .limits = dcf_limits_none() };
	plan->party_slots[k] = *index + 1;
	return DCF_OK;
}

enum dcf_status dcf_plan_operation(struct dcf_plan *plan, uint32_t party, struct dcf_span id, uint32_t *index)
{
	enum dcf_status s = grow_slots(plan, false, &plan->operation_slots, &plan->operation_slot_count, plan->operation_count);
	void *array = plan->operations;
	size_t k;
	struct dcf_span copy;

	if (s != DCF_OK)
		return s;
	k = find_slot(plan, plan->operation_slots, plan->operation_slot_count, operation_is, party, id);
	if (plan->operation_slots[k]) {
		*index = plan->operation_slots[k] - 1;
		return DCF_OK;
	}
	s = dcf_grow(plan->arena.from, &array, &plan->operation_cap, plan->operation_count + 1, sizeof *plan->operations);
	plan->operations = array;
	copy = dcf_arena_copy(&plan->arena, id);
	if (s != DCF_OK || !copy.p)
		return DCF_E_NOMEM;
	*index = (uint32_t)plan->operation_count;
	plan->operations[plan->operation_count++] =
		(struct dcf_operation){ .party = party, .id = copy, .replaces = DCF_SPAN(""), .limits = dcf_limits_none() };
	plan->operation_slots[k] = *index + 1;
	return DCF_OK;
}

static int64_t least_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

struct dcf_limits dcf_limits_join(struct dcf_limits a, struct dcf_limits b)
{
	a.fixed |= b.fixed;
	a.max_delay_us = least_i64(a.max_delay_us, b.max_delay_us);
	a.max_advance_us = least_i64(a.max_advance_us, b.max_advance_us);
	a.lowest_e4 = a.lowest_e4 > b.lowest_e4 ? a.lowest_e4 : b.lowest_e4;
	a.highest_e4 = least_i64(a.highest_e4, b.highest_e4);
	a.max_detour_m = least(a.max_detour_m, b.max_detour_m);
	a.min_speed_mps = a.min_speed_mps > b.min_speed_mps ? a.min_speed_mps : b.min_speed_mps;
	a.max_speed_mps = least(a.max_speed_mps, b.max_speed_mps);
	return a;
}

bool dcf_plan_any_refused(const struct dcf_plan *plan)
{
	for (size_t i = 0; i < plan->remark_count; i++)
		if (plan->remarks[i].refused)
			return true;
	return false;
}

bool dcf_plan_may_know(const struct dcf_plan *plan, uint32_t party, uint32_t o)
{
	const struct dcf_operation *op = &plan->operations[o];
	bool knows = op->party == party || !op->disclosed_to;

	for (uint32_t i = 0; i < op->disclosed_count && !knows; i++)
		knows = op->disclosed_to[i] == party;
	return knows;
}

uint32_t dcf_plan_find_party(const struct dcf_plan *plan, struct dcf_span id)
{
	if (!plan->party_slot_count)
		return DCF_NONE;
	/* An empty slot holds 0, and 0 - 1 is DCF_NONE. */
	return plan->party_slots[find_slot(plan, plan->party_slots, plan->party_slot_count, party_is, 0, id)] - 1;
}

uint32_t dcf_plan_find_operation(const struct dcf_plan *plan, uint32_t party, struct dcf_span id)
{
	if (!plan->operation_slot_count)
		return DCF_NONE;
	return plan->operation_slots[find_slot(plan, plan->operation_slots, plan->operation_slot_count, operation_is, party,
					       id)] -
	       1;
}

int dcf_plan_compare_operations(const struct dcf_plan *plan, uint32_t a, uint32_t b)
{
	const struct dcf_operation *x = &plan->operations[a], *y = &plan->operations[b];
	int c = dcf_span_cmp(plan->parties[x->party].id, plan->parties[y->party].id);

	return c ? c : dcf_span_cmp(x->id, y->id);
}

static int compare_ranked(const void *ctx, const void *x, const void *y)
{
	return dcf_plan_compare_operations(ctx, *(const uint32_t *)x, *(const uint32_t *)y);
}

enum dcf_status dcf_plan_rank_operations(const struct dcf_plan *plan, const struct dcf_alloc *a, uint32_t *by_rank,
					 uint32_t *rank)
{
	enum dcf_status s;

	for (size_t i = 0; i < plan->operation_count; i++)
		by_rank[i] = (uint32_t)i;
	s = dcf_sort(a, by_rank, plan->operation_count, sizeof *by_rank, compare_ranked, plan);
	for (size_t i = 0; i < plan->operation_count && s == DCF_OK; i++)
		rank[by_rank[i]] = (uint32_t)i;
	return s;
}

enum dcf_status dcf_plan_add_feature(struct dcf_plan *plan, const struct dcf_feature *f)
{
	void *array = plan->features;
	enum dcf_status s =
		dcf_grow(plan->arena.from, &array, &plan->feature_cap, plan->feature_count + 1, sizeof *plan->features);

	plan->features = array;
	if (s != DCF_OK)
		return s;
	plan->features[plan->feature_count++] = *f;
	plan->trajectory_count += f->shape == DCF_TRAJECTORY;
	plan->operations[f->operation].feature_count++;
	return DCF_OK;
}

enum dcf_status dcf_plan_remark(struct dcf_plan *plan, const struct dcf_remark *r)
{
	void *array = plan->remarks;
	enum dcf_status s = dcf_grow(plan->arena.from, &array, &plan->remark_cap, plan->remark_count + 1, sizeof *r);
	struct dcf_remark copy = *r;
	struct dcf_span *text[] = { &copy.party, &copy.operation, &copy.where, &copy.field, &copy.text };

	plan->remarks = array;
	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		*text[i] = dcf_arena_copy(&plan->arena, *text[i]);
		if (!text[i]->p)
			return DCF_E_NOMEM;
	}
	plan->remarks[plan->remark_count++] = copy;
	return DCF_OK;
}

static enum dcf_status resolve_id(const struct dcf_plan *plan, struct dcf_span id, uint32_t *operation)
{
	size_t found = 0;

	for (uint32_t p = 0; p < plan->party_count; p++) {
		uint32_t o = dcf_plan_find_operation(plan, p, id);

		if (o != DCF_NONE) {
			*operation = o;
			found++;
		}
	}
	return found == 1 ? DCF_OK : found ? DCF_E_AMBIGUOUS : DCF_E_NOT_FOUND;
}

enum dcf_status dcf_plan_resolve(const struct dcf_plan *plan, struct dcf_span name, uint32_t *operation)
{
	enum dcf_status s = resolve_id(plan, name, operation);

	for (size_t i = 0; s == DCF_E_NOT_FOUND && i < name.len; i++) {
		uint32_t party;

		if (name.p[i] != '/')
			continue;
		party = dcf_plan_find_party(plan, (struct dcf_span){ name.p, i });
		if (party == DCF_NONE)
			continue;
		*operation = dcf_plan_find_operation(plan, party, (struct dcf_span){ name.p + i + 1, name.len - i - 1 });
		if (*operation != DCF_NONE)
			s = DCF_OK;
	}
	return s;
}
