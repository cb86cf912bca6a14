/* SPDX-License-Identifier: Apache-2.0 */
/* boost_join.h - the C face of the one C++ file that knows Boost.Geometry. */
#ifndef DCF_BENCH_BOOST_JOIN_H
#define DCF_BENCH_BOOST_JOIN_H

#include "bench/planar_volume.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dcf_boost; /* polygons as Boost has them, and 4D boxes */

/* NULL when memory is short.  `volumes` is borrowed until dcf_boost_close. */
struct dcf_boost *dcf_boost_open(const struct dcf_planar_volume *volumes, size_t count);
/* Packs the tree and calls emit(ctx, a, b) for every pair that meets, until it returns false.
 * False when it did, when memory is short or Boost threw. */
bool dcf_boost_join(struct dcf_boost *state, bool (*emit)(void *ctx, uint32_t a, uint32_t b), void *ctx, uint64_t *candidates,
		    size_t *index_bytes);
void dcf_boost_close(struct dcf_boost *state);
/* "1.74.0" */
const char *dcf_boost_version(void);

#ifdef __cplusplus
}
#endif

#endif
