/* SPDX-License-Identifier: Apache-2.0 */
/* epoch.h - when may memory that readers could still hold be given back?
 *
 *   reader                       writer (one thread at a time)
 *   slot = enter                 put the new pointer where the old one stood
 *   use what pointers lead to    retire(old)
 *   leave(slot)                  turn      frees what was retired before the oldest reader came
 *
 * Readers never wait: entering and leaving is one atomic exchange each.  Pointers that readers follow are atomics, loaded
 * and stored sequentially consistent: that order is what makes a reader who came too late to be seen find the new one. */
#ifndef DCF_BASE_EPOCH_H
#define DCF_BASE_EPOCH_H

#include "base/alloc.h"
#include <stdatomic.h>
#include <stdbool.h>

enum { DCF_EPOCH_READERS = 256 }; /* at once; one more waits until a slot is free */

struct dcf_epoch_retired {
	void (*free)(void *ctx, void *p);
	void *ctx, *p;
	uint64_t at;
};

struct dcf_epoch_reader {
	_Alignas(64) _Atomic uint64_t at; /* 0: nobody */
};

/* Zero-initialise, then dcf_epoch_init.  Must not be moved. */
struct dcf_epoch {
	const struct dcf_alloc *from;
	_Atomic uint64_t now;
	struct dcf_epoch_retired *retired; /* by `at`, oldest first, from retired_first on */
	size_t retired_first, retired_count, retired_cap;
	struct dcf_epoch_reader reader[DCF_EPOCH_READERS];
};

void dcf_epoch_init(struct dcf_epoch *e, const struct dcf_alloc *a);
/* Free everything retired: no reader may be in. */
void dcf_epoch_free(struct dcf_epoch *e);

/* Any thread; a thread may be in several times.  The slot is for dcf_epoch_leave. */
unsigned dcf_epoch_enter(struct dcf_epoch *e);
void dcf_epoch_leave(struct dcf_epoch *e, unsigned slot);

/* Writer: room for `n` more retirements, so that they cannot fail.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_epoch_reserve(struct dcf_epoch *e, size_t n);
/* Writer: `free(ctx, p)` is called, by the writer, once no reader that could hold `p` is in.  Room must be reserved. */
void dcf_epoch_retire(struct dcf_epoch *e, void (*free)(void *ctx, void *p), void *ctx, void *p);
/* Writer: begin a new epoch and free what is due. */
void dcf_epoch_turn(struct dcf_epoch *e);

#endif
