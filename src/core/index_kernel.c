/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once a variant: DCF_JOIN names the entry. */
#include "core/index_kernel.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

enum { BATCH = 256, STACK = 16 * DCF_INDEX_LEVELS + 16 };

struct join {
	const struct dcf_join_share *s;
	struct dcf_pair_ids batch[BATCH];
	size_t batched;
};

static void flush(struct join *j)
{
	if (j->batched)
		j->s->sink(j->s->ctx, j->batch, j->batched);
	j->batched = 0;
}

/* One box of a node of 16, taken out of its lanes. */
static inline struct dcf_box4 lane(const struct dcf_index_boxes *b, unsigned i)
{
	struct dcf_box4 r;

	for (int k = 0; k < DCF_AXES; k++) {
		r.low[k] = b->low[k][i];
		r.high[k] = b->high[k][i];
	}
	return r;
}

/* Bit i: does box i of the node meet `q`?  Empty lanes never do. */
#if defined(__AVX512F__)
static inline uint32_t meeting(const struct dcf_index_boxes *n, const struct dcf_box4 *q)
{
	__mmask16 m = 0xffff;

	for (int k = 0; k < DCF_AXIS_TIME; k++) {
		m = _mm512_mask_cmple_epi32_mask(m, _mm512_loadu_si512(n->low[k]), _mm512_set1_epi32(q->high[k]));
		m = _mm512_mask_cmpge_epi32_mask(m, _mm512_loadu_si512(n->high[k]), _mm512_set1_epi32(q->low[k]));
	}
	m = _mm512_mask_cmplt_epi32_mask(m, _mm512_loadu_si512(n->low[DCF_AXIS_TIME]),
					 _mm512_set1_epi32(q->high[DCF_AXIS_TIME]));
	m = _mm512_mask_cmpgt_epi32_mask(m, _mm512_loadu_si512(n->high[DCF_AXIS_TIME]),
					 _mm512_set1_epi32(q->low[DCF_AXIS_TIME]));
	return m;
}

static inline uint32_t equal_lanes(const uint32_t *v, uint32_t x)
{
	return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(v), _mm512_set1_epi32((int)x));
}
#elif defined(__AVX2__)
static inline uint32_t meeting8(const struct dcf_index_boxes *n, const struct dcf_box4 *q, int first)
{
	__m256i bad = _mm256_setzero_si256();

	for (int k = 0; k < DCF_AXIS_TIME; k++) {
		__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)(n->low[k] + first));
		__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(n->high[k] + first));

		bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(low, _mm256_set1_epi32(q->high[k])));
		bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(_mm256_set1_epi32(q->low[k]), high));
	}
	{
		__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)(n->low[DCF_AXIS_TIME] + first));
		__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(n->high[DCF_AXIS_TIME] + first));
		__m256i good = _mm256_and_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(q->high[DCF_AXIS_TIME]), low),
						_mm256_cmpgt_epi32(high, _mm256_set1_epi32(q->low[DCF_AXIS_TIME])));

		good = _mm256_andnot_si256(bad, good);
		return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(good));
	}
}

static inline uint32_t meeting(const struct dcf_index_boxes *n, const struct dcf_box4 *q)
{
	return meeting8(n, q, 0) | meeting8(n, q, 8) << 8;
}

static inline uint32_t equal_lanes(const uint32_t *v, uint32_t x)
{
	uint32_t m = 0;

	for (int h = 0; h < 2; h++) {
		__m256i e = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(v + 8 * h)),
					       _mm256_set1_epi32((int)x));

		m |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(e)) << 8 * h;
	}
	return m;
}
#else
static inline uint32_t meeting(const struct dcf_index_boxes *n, const struct dcf_box4 *q)
{
	uint32_t m = 0;

	for (unsigned i = 0; i < DCF_NODE; i++) {
		bool ok =
			n->low[DCF_AXIS_TIME][i] < q->high[DCF_AXIS_TIME] && n->high[DCF_AXIS_TIME][i] > q->low[DCF_AXIS_TIME];

		for (int k = 0; k < DCF_AXIS_TIME; k++)
			ok = ok && n->low[k][i] <= q->high[k] && n->high[k][i] >= q->low[k];
		m |= (uint32_t)ok << i;
	}
	return m;
}

static inline uint32_t equal_lanes(const uint32_t *v, uint32_t x)
{
	uint32_t m = 0;

	for (unsigned i = 0; i < DCF_NODE; i++)
		m |= (uint32_t)(v[i] == x) << i;
	return m;
}
#endif

static inline void emit(struct join *j, uint32_t a, uint32_t b)
{
	if (j->batched == BATCH)
		flush(j);
	j->batch[j->batched++] = a < b ? (struct dcf_pair_ids){ a, b } : (struct dcf_pair_ids){ b, a };
}

/* All pairs between two leaves; `same`: they are one leaf, and each pair is wanted once. */
static void join_leaves(struct join *j, const struct dcf_index_leaf *a, const struct dcf_index_leaf *b,
			const struct dcf_box4 *box_b, bool same)
{
	uint32_t some = meeting(&a->boxes, box_b);

	for (; some; some &= some - 1) {
		unsigned i = (unsigned)__builtin_ctz(some);
		struct dcf_box4 q = lane(&a->boxes, i);
		uint32_t hits = meeting(&b->boxes, &q);

		if (a->group[i] != j->s->also_group)
			hits &= ~equal_lanes(b->group, a->group[i]);
		if (same)
			hits &= ~(((uint32_t)2 << i) - 1);
		for (; hits; hits &= hits - 1)
			emit(j, a->id[i], b->id[__builtin_ctz(hits)]);
	}
}

/* One leaf of `ta` against the tree `tb`; of the same tree only leaves from its own on. */
static void join_leaf(struct join *j, const struct dcf_index_tree *ta, uint32_t leaf, const struct dcf_index_tree *tb,
		      bool same)
{
	struct {
		uint32_t node;
		int level;
	} stack[STACK];
	struct dcf_box4 q = lane(&ta->level[0][leaf / DCF_NODE], leaf % DCF_NODE);
	int top = 0;

	stack[top].node = 0;
	stack[top++].level = tb->levels - 1;
	while (top > 0) {
		uint32_t node = stack[--top].node, m;
		int level = stack[top].level;
		const struct dcf_index_boxes *boxes = &tb->level[level][node];

		for (m = meeting(boxes, &q); m; m &= m - 1) {
			unsigned i = (unsigned)__builtin_ctz(m);
			uint32_t child = node * DCF_NODE + i;

			if (level > 0) {
				/* the last leaf below this child */
				uint64_t end = ((uint64_t)child + 1) << (4 * level);

				if (same && end <= leaf)
					continue;
				stack[top].node = child;
				stack[top++].level = level - 1;
			} else if (!same || child >= leaf) {
				struct dcf_box4 box = lane(boxes, i);

				join_leaves(j, &ta->leaves[leaf], &tb->leaves[child], &box, same && child == leaf);
			}
		}
	}
}

void DCF_JOIN(const struct dcf_join_share *s)
{
	struct join j = { .s = s };

	for (int ca = 0; ca < DCF_INDEX_CLASSES; ca++) {
		const struct dcf_index_tree *ta = &s->ix->tree[ca];
		uint32_t first = (uint32_t)((uint64_t)ta->leaf_count * s->job / s->jobs);
		uint32_t end = (uint32_t)((uint64_t)ta->leaf_count * (s->job + 1) / s->jobs);

		for (int cb = ca; cb < DCF_INDEX_CLASSES; cb++) {
			const struct dcf_index_tree *tb = &s->ix->tree[cb];

			for (uint32_t l = first; tb->leaf_count && l < end && !(s->stop && *s->stop); l++)
				join_leaf(&j, ta, l, tb, ca == cb);
		}
	}
	flush(&j);
}
