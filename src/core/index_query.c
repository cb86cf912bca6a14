/* SPDX-License-Identifier: Apache-2.0 */
#include "core/index.h"
#include "core/index_kernel.h"

void dcf_index_query_tree(const struct dcf_index_tree *tree, enum dcf_simd simd, const struct dcf_box4 *box, uint32_t left_out,
			  dcf_index_take *take, void *ctx)
{
	struct dcf_query_share s = { tree, box, left_out, take, ctx };

	switch (simd) {
#if defined(__x86_64__)
	case DCF_SIMD_AVX512:
		dcf_query_avx512(&s);
		return;
	case DCF_SIMD_AVX2:
		dcf_query_avx2(&s);
		return;
#endif
	default:
		dcf_query_plain(&s);
	}
}

void dcf_index_query(const struct dcf_index *ix, const struct dcf_box4 *box, dcf_index_take *take, void *ctx)
{
	for (int c = 0; c < DCF_INDEX_CLASSES; c++)
		dcf_index_query_tree(&ix->tree[c], ix->simd, box, DCF_MANY_GROUPS, take, ctx);
}
