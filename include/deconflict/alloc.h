/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h - where memory comes from: passed in, never taken.
 *
 * Functions of this library that need memory take a `const struct dcf_alloc *`; NULL there is the C
 * library's heap.  The struct is copied, its `ctx` is borrowed and must outlive what was made with it.
 * What simdjson and zlib take for themselves while reading does not come from here. */
#ifndef DECONFLICT_ALLOC_H
#define DECONFLICT_ALLOC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dcf_alloc {
	/* resize(ctx, NULL, 0, n) allocates, (p, old, n) resizes, (p, old, 0) frees and returns NULL.
	 * Returns NULL when memory is short; `p` is then still valid.  Blocks are aligned for any type.
	 * Called from one thread at a time, unless a question asks for several threads: then from any of
	 * them at once. */
	void *(*resize)(void *ctx, void *p, size_t old_size, size_t new_size);
	void *ctx;
};

#ifdef __cplusplus
}
#endif

#endif
