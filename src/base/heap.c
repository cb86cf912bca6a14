/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's heap, with large pages asked for where a block is large: a search touches its memory at
 * random, and with pages of 4 kB a good part of its time goes to finding them. */
#if defined(__linux__)
#define _DEFAULT_SOURCE
#include <sys/mman.h>
#endif

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { LARGE = 4 << 20, LARGE_PAGE = 2 << 20 };

static void *large_block(size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
	void *p;

	if (size > SIZE_MAX - LARGE_PAGE || posix_memalign(&p, LARGE_PAGE, size) != 0)
		return NULL;
	/* A wish: without large pages the block is as good as any other. */
	(void)madvise(p, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
	return p;
#else
	return malloc(size);
#endif
}

static void *heap_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	void *q;

	(void)ctx;
	if (new_size == 0) {
		free(p);
		return NULL;
	}
	if (new_size < LARGE || old_size >= LARGE)
		return realloc(p, new_size);
	q = large_block(new_size);
	if (q && p) {
		memcpy(q, p, old_size);
		free(p);
	}
	return q;
}

struct dcf_alloc dcf_alloc_heap(void)
{
	return (struct dcf_alloc){ heap_resize, NULL };
}
