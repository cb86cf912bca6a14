/* SPDX-License-Identifier: Apache-2.0 */
#include "core/index.h"
#include "core/index_kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* ---- what this machine has ---- */

#if defined(__x86_64__)
/* Register state that the operating system saves (XCR0), or 0. */
static uint64_t saved_state(void)
{
	uint32_t a, b, c, d, low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27)))
		return 0;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}
#endif

bool dcf_simd_available(enum dcf_simd simd)
{
#if defined(__x86_64__)
	uint32_t a, b = 0, c, d;
	uint64_t state = saved_state();

	if (simd == DCF_SIMD_AVX2 || simd == DCF_SIMD_AVX512) {
		if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
			return false;
		return simd == DCF_SIMD_AVX2 ? (b & (1u << 5)) && (state & 6) == 6 : (b & (1u << 16)) && (state & 0xe6) == 0xe6;
	}
#endif
	return simd == DCF_SIMD_BEST || simd == DCF_SIMD_PLAIN;
}

enum dcf_simd dcf_simd_pick(enum dcf_simd simd)
{
	if (simd != DCF_SIMD_BEST)
		return simd;
	return dcf_simd_available(DCF_SIMD_AVX512) ? DCF_SIMD_AVX512
	       : dcf_simd_available(DCF_SIMD_AVX2) ? DCF_SIMD_AVX2
						   : DCF_SIMD_PLAIN;
}

uint64_t dcf_index_join(const struct dcf_index *ix, uint32_t also_group, unsigned job, unsigned jobs, dcf_index_sink *sink,
			void *ctx, const bool *stop)
{
	struct dcf_join_share s = { ix, also_group, job, jobs, sink, ctx, stop };

	switch (ix->simd) {
#if defined(__x86_64__)
	case DCF_SIMD_AVX512:
		return dcf_join_avx512(&s);
	case DCF_SIMD_AVX2:
		return dcf_join_avx2(&s);
#endif
	default:
		return dcf_join_plain(&s);
	}
}
