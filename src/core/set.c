/* SPDX-License-Identifier: Apache-2.0 */
#include "core/set.h"

void dcf_set_free(struct dcf_set *s)
{
	if (s->from)
		dcf_alloc_free(s->from, s->at, s->cap * sizeof *s->at);
	*s = (struct dcf_set){ .from = s->from };
}

void dcf_set_add(struct dcf_set *s, double low, double high)
{
	void *at = s->at;

	if (!(low <= high) || s->failed)
		return;
	if (s->count == s->cap) {
		s->failed = dcf_grow(s->from, &at, &s->cap, s->count + 1, sizeof *s->at) != DCF_OK;
		s->at = at;
		if (s->failed)
			return;
	}
	s->at[s->count++] = (struct dcf_range){ low, high };
}

/* Heap sort by low end: no recursion, no worst case, nothing called. */
static void sift(struct dcf_range *at, size_t root, size_t n)
{
	for (;;) {
		size_t child = 2 * root + 1;
		struct dcf_range t;

		if (child >= n)
			return;
		if (child + 1 < n && at[child].low < at[child + 1].low)
			child++;
		if (at[root].low >= at[child].low)
			return;
		t = at[root];
		at[root] = at[child];
		at[child] = t;
		root = child;
	}
}

static void sort_ranges(struct dcf_range *at, size_t n)
{
	bool sorted = true;

	for (size_t i = 1; i < n && sorted; i++)
		sorted = at[i - 1].low <= at[i].low;
	if (sorted)
		return;
	for (size_t i = n / 2; i-- > 0;)
		sift(at, i, n);
	for (size_t i = n; i-- > 1;) {
		struct dcf_range t = at[0];

		at[0] = at[i];
		at[i] = t;
		sift(at, 0, i);
	}
}

void dcf_set_normalise(struct dcf_set *s)
{
	size_t n = 0;

	sort_ranges(s->at, s->count);
	for (size_t i = 0; i < s->count; i++) {
		if (n > 0 && s->at[i].low <= s->at[n - 1].high) {
			if (s->at[i].high > s->at[n - 1].high)
				s->at[n - 1].high = s->at[i].high;
		} else {
			s->at[n++] = s->at[i];
		}
	}
	s->count = n;
}

void dcf_set_intersect(struct dcf_set *out, const struct dcf_set *a, const struct dcf_set *b)
{
	size_t i = 0, j = 0;

	dcf_set_clear(out);
	out->failed |= a->failed || b->failed;
	while (i < a->count && j < b->count) {
		double low = a->at[i].low > b->at[j].low ? a->at[i].low : b->at[j].low;
		double high = a->at[i].high < b->at[j].high ? a->at[i].high : b->at[j].high;

		dcf_set_add(out, low, high);
		if (a->at[i].high < b->at[j].high)
			i++;
		else
			j++;
	}
}

void dcf_set_union(struct dcf_set *out, const struct dcf_set *a, const struct dcf_set *b)
{
	dcf_set_clear(out);
	out->failed |= a->failed || b->failed;
	for (size_t i = 0; i < a->count; i++)
		dcf_set_add(out, a->at[i].low, a->at[i].high);
	for (size_t i = 0; i < b->count; i++)
		dcf_set_add(out, b->at[i].low, b->at[i].high);
	dcf_set_normalise(out);
}

void dcf_set_complement(struct dcf_set *out, const struct dcf_set *a, double low, double high)
{
	dcf_set_clear(out);
	out->failed |= a->failed;
	for (size_t i = 0; i < a->count && low <= high; i++) {
		if (a->at[i].low > low)
			dcf_set_add(out, low, a->at[i].low < high ? a->at[i].low : high);
		if (a->at[i].high > low)
			low = a->at[i].high;
	}
	if (low < high)
		dcf_set_add(out, low, high);
}

void dcf_set_drop_instants(struct dcf_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].high > s->at[i].low)
			s->at[n++] = s->at[i];
	s->count = n;
}

double dcf_set_length(const struct dcf_set *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->count; i++)
		sum += s->at[i].high - s->at[i].low;
	return sum;
}
