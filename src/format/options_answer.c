/* SPDX-License-Identifier: Apache-2.0 */
#include "format/options_answer.h"
#include "format/result_json.h"

struct dcf_options_answer dcf_answer_of_options(const struct dcf_plan *plan, const struct dcf_result *check,
						const struct dcf_options_result *found)
{
	return (struct dcf_options_answer){
		.plan = plan,
		.check = check,
		.options = found->options,
		.option_count = found->option_count,
		.conflicts = found->conflicts,
		.conflict_count = found->conflict_count,
		.order = found->order,
		.unresolved = found->unresolved,
		.unresolved_count = found->unresolved_count,
		.stopped = found->stopped,
	};
}

/* --- a whole plan --------------------------------------------------------------------------------- */

/* Conflicts of operation i: conflict[first[i] .. first[i + 1]), in the order of the check. */
struct of_operation {
	size_t *first;
	uint32_t *conflict;
	bool *resolved; /* by conflict */
};

static enum dcf_status make_room(const struct dcf_plan *plan, const struct dcf_result *check, struct dcf_arena *arena,
				 struct of_operation *of)
{
	size_t n = plan->operation_count + 2, m = check->conflict_count + 1;

	of->first = dcf_arena_get(arena, n * sizeof *of->first);
	of->conflict = dcf_arena_get(arena, m * 2 * sizeof *of->conflict);
	of->resolved = dcf_arena_get(arena, m * sizeof *of->resolved);
	if (!of->first || !of->conflict || !of->resolved)
		return DCF_E_NOMEM;
	memset(of->first, 0, n * sizeof *of->first);
	return DCF_OK;
}

static void index_conflicts(const struct dcf_plan *plan, const struct dcf_result *check, struct of_operation *of)
{
	for (size_t i = 0; i < check->conflict_count; i++) {
		of->first[check->conflicts[i].a + 2]++;
		of->first[check->conflicts[i].b + 2]++;
		of->resolved[i] = dcf_list_of(&check->conflicts[i]) == DCF_LIST_CONFLICTS;
	}
	for (size_t i = 2; i < plan->operation_count + 2; i++)
		of->first[i] += of->first[i - 1];
	for (size_t i = 0; i < check->conflict_count; i++) {
		of->conflict[of->first[check->conflicts[i].a + 1]++] = (uint32_t)i;
		of->conflict[of->first[check->conflicts[i].b + 1]++] = (uint32_t)i;
	}
}

static void note_unresolved(const struct dcf_result *check, const struct dcf_whole_result *whole, struct of_operation *of)
{
	for (size_t i = 0; i < whole->unresolved_count; i++) {
		const struct dcf_unresolved *u = &whole->unresolved[i];

		for (size_t k = of->first[u->a]; k < of->first[u->a + 1]; k++)
			if (check->conflicts[of->conflict[k]].b == u->b)
				of->resolved[of->conflict[k]] = false;
	}
}

static int compare_pairs(const struct dcf_plan *plan, const struct dcf_pair_of_operations *x,
			 const struct dcf_pair_of_operations *y)
{
	int c = dcf_plan_compare_operations(plan, x->a, y->a);

	return c ? c : dcf_plan_compare_operations(plan, x->b, y->b);
}

/* Few: as many as one operation has conflicts. */
static void sort_pairs(const struct dcf_plan *plan, struct dcf_pair_of_operations *pairs, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct dcf_pair_of_operations p = pairs[i];
		uint32_t k = i;

		for (; k && compare_pairs(plan, &p, &pairs[k - 1]) < 0; k--)
			pairs[k] = pairs[k - 1];
		pairs[k] = p;
	}
}

static enum dcf_status resolve(const struct dcf_options_answer *answer, const struct of_operation *of, struct dcf_arena *arena,
			       struct dcf_option *o)
{
	uint32_t operation = o->moved[0].operation;
	size_t first = of->first[operation], end = of->first[operation + 1];

	o->resolves = dcf_arena_get(arena, (end - first + 1) * sizeof *o->resolves);
	if (!o->resolves)
		return DCF_E_NOMEM;
	for (size_t i = first; i < end; i++) {
		const struct dcf_conflict *c = &answer->check->conflicts[of->conflict[i]];

		if (of->resolved[of->conflict[i]])
			o->resolves[o->resolve_count++] = (struct dcf_pair_of_operations){ c->a, c->b };
	}
	sort_pairs(answer->plan, o->resolves, o->resolve_count);
	return DCF_OK;
}

static bool is_protected(const struct dcf_moved *m)
{
	for (uint32_t i = 0; i < m->feature_count; i++)
		if (m->features[i].is_protected)
			return true;
	return false;
}

static struct dcf_option option_of(const struct dcf_moved *m, const struct dcf_cost *cost, const struct dcf_margin *margin)
{
	return (struct dcf_option){
		.kind = m->change_count > 1 ? DCF_OPTION_COMBINED
			: m->change_count   ? dcf_change_kind(&m->change[0])
					    : m->kind,
		.moved = { *m },
		.moved_count = 1,
		.is_protected = is_protected(m),
		.cost = *cost,
		.margin = margin ? *margin : (struct dcf_margin){ DCF_MARGIN_NONE, DCF_MARGIN_NONE, DCF_MARGIN_NONE },
		.order_cost = cost->total,
	};
}

enum dcf_status dcf_answer_of_whole(const struct dcf_plan *plan, const struct dcf_result *check,
				    const struct dcf_whole_result *whole, uint64_t seed, struct dcf_arena *arena,
				    struct dcf_options_answer *out)
{
	struct dcf_option *options = dcf_arena_get(arena, (whole->moved_count + 1) * sizeof *options);
	struct of_operation of;
	enum dcf_status s = options ? make_room(plan, check, arena, &of) : DCF_E_NOMEM;

	*out = (struct dcf_options_answer){
		.plan = plan,
		.check = check,
		.options = options,
		.option_count = whole->moved_count,
		.unresolved = whole->unresolved,
		.unresolved_count = whole->unresolved_count,
		.stopped = whole->stopped,
		.whole = whole,
		.seed = seed,
	};
	if (s != DCF_OK)
		return s;
	index_conflicts(plan, check, &of);
	note_unresolved(check, whole, &of);
	for (size_t i = 0; i < whole->moved_count && s == DCF_OK; i++) {
		options[i] = option_of(&whole->moved[i], &whole->cost[i], whole->margin ? &whole->margin[i] : NULL);
		s = resolve(out, &of, arena, &options[i]);
	}
	return s;
}

/* --- notice --------------------------------------------------------------------------------------- */

void dcf_put_options_promise(const struct dcf_options_answer *answer, struct dcf_buf *out)
{
	dcf_buf_z(out, answer->whole ? "The plan was checked as a whole"
				     : "Each option was checked against every other operation that was read");
	dcf_buf_z(out, ". It is a proposal: not clearance, and not the consent of those who would move.");
	if (answer->stopped)
		dcf_buf_z(out, " Time was up: this is the best that was found so far.");
}

void dcf_put_options_notice(const struct dcf_options_answer *answer, struct dcf_buf *out)
{
	struct dcf_counts n = dcf_result_count(answer->plan, answer->check);

	dcf_put_options_promise(answer, out);
	dcf_buf_char(out, ' ');
	dcf_put_notice(answer->plan, &n, out);
}

uint32_t dcf_next_party(const struct dcf_plan *plan, uint32_t last)
{
	uint32_t best = DCF_NONE;

	for (uint32_t i = 0; i < plan->party_count; i++) {
		struct dcf_span id = plan->parties[i].id;

		if ((last == DCF_NONE || dcf_span_cmp(id, plan->parties[last].id) > 0) &&
		    (best == DCF_NONE || dcf_span_cmp(id, plan->parties[best].id) < 0))
			best = i;
	}
	return best;
}
