/* SPDX-License-Identifier: Apache-2.0 */
/* index_kernel.h - the innermost tests of the index, three times: plain C, AVX2, AVX-512.
 *
 * index_kernel.c is compiled once for each with other compiler flags; every variant is integer
 * comparison only and so gives the same bits. */
#ifndef DCF_CORE_INDEX_KERNEL_H
#define DCF_CORE_INDEX_KERNEL_H

#include "core/index.h"

struct dcf_join_share {
	const struct dcf_index *ix;
	uint32_t also_group;
	unsigned job, jobs;
	dcf_index_sink *sink;
	void *ctx;
	const bool *stop;
};

/* The variant that DCF_SIMD_BEST stands for on this machine; others stand for themselves. */
enum dcf_simd dcf_simd_pick(enum dcf_simd simd);

/* As dcf_index_join. */
uint64_t dcf_join_plain(const struct dcf_join_share *s);
uint64_t dcf_join_avx2(const struct dcf_join_share *s);
uint64_t dcf_join_avx512(const struct dcf_join_share *s);

struct dcf_query_share {
	const struct dcf_index_tree *tree;
	const struct dcf_box4 *box;
	uint32_t left_out; /* group, or DCF_MANY_GROUPS: none */
	dcf_index_take *take;
	void *ctx;
};

/* As dcf_index_query_tree. */
void dcf_query_plain(const struct dcf_query_share *s);
void dcf_query_avx2(const struct dcf_query_share *s);
void dcf_query_avx512(const struct dcf_query_share *s);

#endif
