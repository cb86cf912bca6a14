/* SPDX-License-Identifier: Apache-2.0 */
#include "format/since.h"

#include <stdlib.h>

/* One pair of either result, by its names. */
struct entry {
	struct dcf_span name[4]; /* party and operation of a, then of b */
	const struct dcf_conflict *conflict;
	bool old;
};

static struct entry entry_of(const struct dcf_plan *plan, const struct dcf_conflict *c, bool old)
{
	const struct dcf_operation *a = &plan->operations[c->a], *b = &plan->operations[c->b];

	return (struct entry){
		.name = { plan->parties[a->party].id, a->id, plan->parties[b->party].id, b->id },
		.conflict = c,
		.old = old,
	};
}

static int compare_names(const struct entry *x, const struct entry *y)
{
	int c = 0;

	for (int i = 0; i < 4 && c == 0; i++)
		c = dcf_span_cmp(x->name[i], y->name[i]);
	return c;
}

/* The old one of a pair stands before the new one. */
static int compare_entries(const void *xp, const void *yp)
{
	const struct entry *x = xp, *y = yp;
	int c = compare_names(x, y);

	return c ? c : (int)y->old - (int)x->old;
}

static bool same_answer(const struct dcf_conflict *x, const struct dcf_conflict *y)
{
	return x->class == y->class && x->start_us == y->start_us && x->end_us == y->end_us &&
	       x->has_overlap == y->has_overlap &&
	       (!x->has_overlap || (x->overlap_start_us == y->overlap_start_us && x->overlap_end_us == y->overlap_end_us)) &&
	       x->dwell_us == y->dwell_us && x->lateral_gap_dm == y->lateral_gap_dm &&
	       x->vertical_gap_dft[0] == y->vertical_gap_dft[0] && x->vertical_gap_dft[1] == y->vertical_gap_dft[1];
}

static void note(struct dcf_since *since, enum dcf_since_kind kind, const struct dcf_conflict *before,
		 const struct dcf_conflict *after)
{
	since->changes[since->count++] = (struct dcf_since_change){ .kind = (uint8_t)kind, .before = before, .after = after };
	since->counts[kind]++;
}

static void note_differences(struct dcf_since *since, const struct entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool pair = i + 1 < n && e[i].old && !e[i + 1].old && compare_names(&e[i], &e[i + 1]) == 0;

		if (pair) {
			if (!same_answer(e[i].conflict, e[i + 1].conflict))
				note(since, DCF_SINCE_CHANGED, e[i].conflict, e[i + 1].conflict);
			i++;
		} else if (e[i].old) {
			note(since, DCF_SINCE_GONE, e[i].conflict, NULL);
		} else {
			note(since, DCF_SINCE_NEW, NULL, e[i].conflict);
		}
	}
}

/* Results are arrays in output order, so a pointer's place is its rank. */
static int compare_changes(const void *xp, const void *yp)
{
	const struct dcf_since_change *x = xp, *y = yp;
	const struct dcf_conflict *p = x->after ? x->after : x->before, *q = y->after ? y->after : y->before;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return p < q ? -1 : p > q;
}

enum dcf_status dcf_since_compare(const struct dcf_plan *plan, const struct dcf_result *result, const struct dcf_alloc *a,
				  struct dcf_since *since)
{
	size_t n = result->conflict_count + since->old_result->conflict_count, k = 0;
	struct entry *entries = dcf_alloc_new(a, n * sizeof *entries);
	void *array = NULL;
	enum dcf_status s = entries ? DCF_OK : DCF_E_NOMEM;

	since->from = a;
	if (s == DCF_OK && n)
		s = dcf_grow(a, &array, &since->cap, n, sizeof *since->changes);
	since->changes = array;
	if (s != DCF_OK)
		goto done;
	for (size_t i = 0; i < since->old_result->conflict_count; i++)
		entries[k++] = entry_of(since->old_plan, &since->old_result->conflicts[i], true);
	for (size_t i = 0; i < result->conflict_count; i++)
		entries[k++] = entry_of(plan, &result->conflicts[i], false);
	if (n)
		qsort(entries, n, sizeof *entries, compare_entries);
	note_differences(since, entries, n);
	if (since->count)
		qsort(since->changes, since->count, sizeof *since->changes, compare_changes);
done:
	dcf_alloc_free(a, entries, n * sizeof *entries);
	return s;
}

void dcf_since_free(struct dcf_since *since)
{
	if (since->from)
		dcf_alloc_free(since->from, since->changes, since->cap * sizeof *since->changes);
	since->changes = NULL;
	since->count = since->cap = 0;
}
