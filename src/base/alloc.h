/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h - where memory comes from: passed in, never taken.
 *
 * `struct dcf_alloc` is the one door to the heap.  The program passes dcf_alloc_heap(); tests pass
 * one that fails at the nth call.  An arena hands out small pieces that are freed together.
 * Nothing here is shared between threads: give each thread its own arena. */
#ifndef DCF_BASE_ALLOC_H
#define DCF_BASE_ALLOC_H

#include <deconflict/alloc.h>

#include <stddef.h>
#include <stdint.h>
#include "base/span.h"
#include "base/status.h"

/* The C library's heap. */
struct dcf_alloc dcf_alloc_heap(void);

static inline void *dcf_alloc_new(const struct dcf_alloc *a, size_t n)
{
	return a->resize(a->ctx, NULL, 0, n ? n : 1);
}

static inline void dcf_alloc_free(const struct dcf_alloc *a, void *p, size_t n)
{
	if (p)
		(void)a->resize(a->ctx, p, n ? n : 1, 0);
}

/* Grow `*array` (of `*cap` elements of `elem` bytes) so that it holds at least `need` elements.
 * Doubles.  On failure the array is unchanged. */
DCF_CHECKED enum dcf_status dcf_grow(const struct dcf_alloc *a, void **array, size_t *cap, size_t need, size_t elem);

struct dcf_arena_block;

/* Zero-initialise, set `from`, use.  dcf_arena_free returns it to that state. */
struct dcf_arena {
	const struct dcf_alloc *from;
	struct dcf_arena_block *last;
	size_t used;  /* bytes used in `last` */
	size_t total; /* bytes taken from `from`, for memory figures */
};

/* `n` bytes aligned to 16, or NULL when memory is short.  Not cleared. */
void *dcf_arena_get(struct dcf_arena *arena, size_t n);
/* A copy of `s` that lives as long as the arena, with a NUL after it; p is NULL when memory is short. */
struct dcf_span dcf_arena_copy(struct dcf_arena *arena, struct dcf_span s);
/* Forget what was handed out but keep the open block for what comes next: scratch for the next item. */
void dcf_arena_rewind(struct dcf_arena *arena);
/* Give everything back. */
void dcf_arena_free(struct dcf_arena *arena);

#endif
