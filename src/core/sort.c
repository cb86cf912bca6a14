/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sort.h"

#include <stdbool.h>
#include <string.h>

static bool is_sorted(const char *p, size_t n, size_t size, dcf_compare_fn *compare, const void *ctx)
{
	for (size_t i = 1; i < n; i++)
		if (compare(ctx, p + (i - 1) * size, p + i * size) > 0)
			return false;
	return true;
}

static void merge(const char *from, char *to, size_t low, size_t mid, size_t high, size_t size, dcf_compare_fn *compare,
		  const void *ctx)
{
	size_t i = low, k = mid, out = low;

	while (i < mid || k < high) {
		bool left = k >= high || (i < mid && compare(ctx, from + i * size, from + k * size) <= 0);

		memcpy(to + out++ * size, from + (left ? i++ : k++) * size, size);
	}
}

enum dcf_status dcf_sort(const struct dcf_alloc *a, void *base, size_t n, size_t size, dcf_compare_fn *compare, const void *ctx)
{
	char *p = base, *from = base, *to, *other;

	if (n < 2 || is_sorted(p, n, size, compare, ctx))
		return DCF_OK;
	other = dcf_alloc_new(a, n * size);
	if (!other)
		return DCF_E_NOMEM;
	to = other;
	for (size_t width = 1; width < n; width *= 2) {
		char *t;

		for (size_t low = 0; low < n; low += 2 * width) {
			size_t mid = low + width < n ? low + width : n, high = mid + width < n ? mid + width : n;

			merge(from, to, low, mid, high, size, compare, ctx);
		}
		t = from;
		from = to;
		to = t;
	}
	if (from != p)
		memcpy(p, from, n * size);
	dcf_alloc_free(a, other, n * size);
	return DCF_OK;
}
