/* SPDX-License-Identifier: Apache-2.0 */
/* whereabouts.h - where aircraft were last: the last position of each operation, in memory alone.
 *
 * Nothing of it is in the record, in a snapshot or on disk: a start begins without.  An operation is named by the position of
 * its first declaration
 * (`serial`) and the version that it began with (`life`): one that was ended and declared again is another flight, and has no
 * position of the one before.  Whoever reads asks whether the operation still stands; that a position is gone from memory too
 * is for dcf_whereabouts_tend. Any thread; one short lock. */
#ifndef DCF_NODE_WHEREABOUTS_H
#define DCF_NODE_WHEREABOUTS_H

#include "base/alloc.h"
#include "format/telemetry.h"

enum {
	DCF_WHEREABOUTS_MAX = 65536, /* operations that have one */
	DCF_WHEREABOUTS_SLICE = 256  /* looked at in one call of dcf_whereabouts_tend */
};

struct dcf_last_seen {
	uint64_t serial;
	uint32_t life;
	struct dcf_telemetry said;
	int64_t received_us; /* wall clock */
};

struct dcf_whereabouts;

/* DCF_E_NOMEM.  `a` is copied and used under the lock. */
DCF_CHECKED enum dcf_status dcf_whereabouts_new(const struct dcf_alloc *a, struct dcf_whereabouts **out);
void dcf_whereabouts_free(struct dcf_whereabouts *t);

/* Keep it in the place of what is held of that operation.  DCF_E_REFUSED: what is held is newer, and stays, and is *held (else
 * untouched); DCF_E_LIMIT: DCF_WHEREABOUTS_MAX operations have one; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_whereabouts_put(struct dcf_whereabouts *t, const struct dcf_last_seen *seen,
						struct dcf_last_seen *held);
/* The one of that flight into *out; false: there is none. */
bool dcf_whereabouts_get(struct dcf_whereabouts *t, uint64_t serial, uint32_t life, struct dcf_last_seen *out);
/* Forget those of which `over` says so: at most DCF_WHEREABOUTS_SLICE are asked about, the next ones in turn.  `over` is called
 * under the lock: it must neither wait nor come back here. */
void dcf_whereabouts_tend(struct dcf_whereabouts *t, bool (*over)(void *ctx, uint64_t serial, uint32_t life), void *ctx);
/* How many are held. */
size_t dcf_whereabouts_count(const struct dcf_whereabouts *t);

#endif
