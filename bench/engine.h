/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - our own search and polygon kernel on the planar world, behind the rivals' face.
 *
 * The index and the polygon test are those of src/core; engine.c only turns planar volumes into what
 * they take.  Like a rival it puts pairs of volume numbers; unlike them it uses `threads`. */
#ifndef DCF_BENCH_ENGINE_H
#define DCF_BENCH_ENGINE_H

#include "bench/rival.h"

extern const struct dcf_rival dcf_bench_engine;

#endif
