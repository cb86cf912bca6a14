/* SPDX-License-Identifier: Apache-2.0 */
/* sort.h - sorting without the C library: the core calls nothing, and equal keys must not depend on
 * whose qsort it is. */
#ifndef DCF_CORE_SORT_H
#define DCF_CORE_SORT_H

#include "base/alloc.h"

/* Order of elements i and j: negative, 0, positive. */
typedef int dcf_compare_fn(const void *ctx, const void *i, const void *j);

/* Stable merge sort of `n` elements of `size` bytes.  DCF_E_NOMEM leaves them unsorted but whole. */
DCF_CHECKED enum dcf_status dcf_sort(const struct dcf_alloc *a, void *base, size_t n, size_t size, dcf_compare_fn *compare,
				     const void *ctx);

#endif
