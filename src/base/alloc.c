/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <string.h>

enum dcf_status dcf_grow(const struct dcf_alloc *a, void **array, size_t *cap, size_t need, size_t elem)
{
	size_t n = *cap ? *cap : 8;
	void *p;

	if (need <= *cap)
		return DCF_OK;
	while (n < need) {
		if (n > SIZE_MAX / 2)
			return DCF_E_NOMEM;
		n *= 2;
	}
	if (n > SIZE_MAX / elem)
		return DCF_E_NOMEM;
	p = a->resize(a->ctx, *array, *cap * elem, n * elem);
	if (!p)
		return DCF_E_NOMEM;
	*array = p;
	*cap = n;
	return DCF_OK;
}

struct dcf_arena_block {
	struct dcf_arena_block *before;
	size_t size; /* with this header */
};

enum { ARENA_ALIGN = 16, ARENA_BLOCK = 64 * 1024, ARENA_BLOCK_MAX = 8 << 20 };

_Static_assert(sizeof(struct dcf_arena_block) <= ARENA_ALIGN, "the header takes one unit");

void *dcf_arena_get(struct dcf_arena *arena, size_t n)
{
	size_t size, block;
	struct dcf_arena_block *b;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (arena->last && arena->last->size - arena->used >= n) {
		void *p = (char *)arena->last + arena->used;

		arena->used += n;
		return p;
	}
	/* Blocks grow with what is held: few calls, and large pages where the system has them. */
	block = arena->total / 8 / ARENA_BLOCK * ARENA_BLOCK;
	block = block < ARENA_BLOCK ? ARENA_BLOCK : block > ARENA_BLOCK_MAX ? ARENA_BLOCK_MAX : block;
	size = n + ARENA_ALIGN > block ? n + ARENA_ALIGN : block;
	b = dcf_alloc_new(arena->from, size);
	if (!b)
		return NULL;
	b->size = size;
	arena->total += size;
	if (arena->last && size != block) {
		/* A big piece goes behind the open block, so that the open block's rest is not lost. */
		b->before = arena->last->before;
		arena->last->before = b;
	} else {
		b->before = arena->last;
		arena->last = b;
		arena->used = ARENA_ALIGN + n;
	}
	return (char *)b + ARENA_ALIGN;
}

struct dcf_span dcf_arena_copy(struct dcf_arena *arena, struct dcf_span s)
{
	char *p = dcf_arena_get(arena, s.len + 1);

	if (!p)
		return (struct dcf_span){ NULL, 0 };
	if (s.len)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return (struct dcf_span){ p, s.len };
}

void dcf_arena_rewind(struct dcf_arena *arena)
{
	struct dcf_arena_block *b = arena->last ? arena->last->before : NULL;

	while (b) {
		struct dcf_arena_block *before = b->before;

		arena->total -= b->size;
		dcf_alloc_free(arena->from, b, b->size);
		b = before;
	}
	if (!arena->last)
		return;
	arena->last->before = NULL;
	arena->used = ARENA_ALIGN;
}

void dcf_arena_free(struct dcf_arena *arena)
{
	struct dcf_arena_block *b = arena->last;

	while (b) {
		struct dcf_arena_block *before = b->before;

		dcf_alloc_free(arena->from, b, b->size);
		b = before;
	}
	arena->last = NULL;
	arena->used = 0;
	arena->total = 0;
}
