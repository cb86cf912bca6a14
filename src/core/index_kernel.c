/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once a variant: DCF_JOIN and DCF_QUERY name the entries. */
#include "core/index_kernel.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

enum {
	BATCH = 256, /* pairs handed over at once */
	STACK = 16 * DCF_INDEX_LEVELS + 16,
	LEAF_PAIRS = 512, /* room for two pairs of nodes */
	TASKS = 2048,
};

#define OF_B 0x80000000u /* beside the number of a leaf, of which there are at most 2^27 */

/* The join goes down in three steps, each of which lists what the next has to look at.  So the tests of
 * a step do not wait for the branches that hang on the one before. */
struct join {
	const struct dcf_join_share *s;
	const struct dcf_index_tree *ta, *tb;
	bool same;      /* ta is tb, and each pair is wanted once */
	uint64_t tests; /* of one box against 16 */
	/* leaves whose boxes meet */
	uint32_t leaf_a[LEAF_PAIRS], leaf_b[LEAF_PAIRS];
	unsigned leaf_pairs;
	/* one box, 16 times its leaf and the lane, against a leaf; OF_B: the box is of tb and the leaf of ta */
	uint32_t box[TASKS + DCF_NODE], leaf[TASKS + DCF_NODE];
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
/* Two comparisons an axis in a row, the axes beside each other: a mask that passed through all eight would be
 * ready only after the latencies of all. */
static inline __mmask16 meeting_on(const struct dcf_index_boxes *n, const struct dcf_box4 *q, int k)
{
	__mmask16 m = _mm512_cmple_epi32_mask(_mm512_loadu_si512(n->low[k]), _mm512_set1_epi32(q->high[k]));

	return _mm512_mask_cmpge_epi32_mask(m, _mm512_loadu_si512(n->high[k]), _mm512_set1_epi32(q->low[k]));
}

static inline uint32_t meeting(const struct dcf_index_boxes *n, const struct dcf_box4 *q)
{
	__mmask16 t =
		_mm512_cmplt_epi32_mask(_mm512_loadu_si512(n->low[DCF_AXIS_TIME]), _mm512_set1_epi32(q->high[DCF_AXIS_TIME]));

	t = _mm512_mask_cmpgt_epi32_mask(t, _mm512_loadu_si512(n->high[DCF_AXIS_TIME]),
					 _mm512_set1_epi32(q->low[DCF_AXIS_TIME]));
	return _mm512_kand(_mm512_kand(meeting_on(n, q, DCF_AXIS_LAT), meeting_on(n, q, DCF_AXIS_LON)),
			   _mm512_kand(meeting_on(n, q, DCF_AXIS_ALT), t));
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

/* The numbers first + i of the bits i of `m`, in order, to `to`, which has room for 16; returns how many. */
static inline unsigned numbers_of(uint32_t m, uint32_t first, uint32_t *to)
{
#if defined(__AVX512F__)
	__m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

	lanes = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)first));
	_mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)m, lanes));
	return (unsigned)__builtin_popcount(m);
#else
	unsigned n = 0;

	for (; m; m &= m - 1)
		to[n++] = first + (uint32_t)__builtin_ctz(m);
	return n;
#endif
}

/* x at to[0] .. to[15], of which the caller takes what it needs. */
static inline void repeat(uint32_t x, uint32_t *to)
{
	for (unsigned i = 0; i < DCF_NODE; i++)
		to[i] = x;
}

static inline void emit(struct join *j, uint32_t a, uint32_t b)
{
	if (j->batched == BATCH)
		flush(j);
	j->batch[j->batched++] = a < b ? (struct dcf_pair_ids){ a, b } : (struct dcf_pair_ids){ b, a };
}

/* Each listed box against its leaf. */
static void join_boxes(struct join *j, unsigned n)
{
	const struct dcf_index_leaf *leaves[2] = { j->ta->leaves, j->tb->leaves };
	uint32_t also = j->s->also_group;

	for (unsigned k = 0; k < n; k++) {
		unsigned side = j->leaf[k] >= OF_B, i = j->box[k] % DCF_NODE;
		const struct dcf_index_leaf *a = &leaves[side][j->box[k] / DCF_NODE];
		const struct dcf_index_leaf *b = &leaves[!side][j->leaf[k] & ~OF_B];
		struct dcf_box4 q = lane(&a->boxes, i);
		uint32_t hits = meeting(&b->boxes, &q), own = equal_lanes(b->group, a->group[i]);

		hits &= a->group[i] == also ? 0xffff : ~own;
		hits &= a == b ? 0xfffeu << i : 0xffff; /* within one leaf each pair once */
		for (; hits; hits &= hits - 1)
			emit(j, a->id[i], b->id[__builtin_ctz(hits)]);
	}
	j->tests += n;
}

static inline struct dcf_box4 box_of_leaf(const struct dcf_index_tree *t, uint32_t leaf)
{
	return lane(&t->level[0][leaf / DCF_NODE], leaf % DCF_NODE);
}

/* Of every pair of leaves the boxes of one that meet the other's: of the two sides the one with fewer. */
static void join_leaves(struct join *j)
{
	unsigned n = 0;

	for (unsigned k = 0; k < j->leaf_pairs; k++) {
		uint32_t a = j->leaf_a[k], b = j->leaf_b[k];
		struct dcf_box4 box_a = box_of_leaf(j->ta, a), box_b = box_of_leaf(j->tb, b);
		uint32_t of_a = meeting(&j->ta->leaves[a].boxes, &box_b), of_b = meeting(&j->tb->leaves[b].boxes, &box_a);
		bool fewer_b = __builtin_popcount(of_b) < __builtin_popcount(of_a);

		repeat(fewer_b ? a | OF_B : b, j->leaf + n);
		n += numbers_of(fewer_b ? of_b : of_a, (fewer_b ? b : a) * DCF_NODE, j->box + n);
		if (n > TASKS) {
			join_boxes(j, n);
			n = 0;
		}
	}
	join_boxes(j, n);
	j->tests += 2 * (uint64_t)j->leaf_pairs;
	j->leaf_pairs = 0;
}

/* Which of 16 marks say that all is of group `mark`, and no pair of it is wanted? */
static inline uint32_t of_group(const struct join *j, const uint32_t *marks, uint32_t mark)
{
	return mark == DCF_MANY_GROUPS || mark == j->s->also_group ? 0 : equal_lanes(marks, mark);
}

/* Leaves below node `x` of the lowest level of `ta` against those below `y` of `tb`, the box of which is `box_y`. */
static void join_nodes(struct join *j, uint32_t x, uint32_t y, const struct dcf_box4 *box_y)
{
	const struct dcf_index_boxes *nx = &j->ta->level[0][x], *ny = &j->tb->level[0][y];
	const uint32_t *mark_x = j->ta->only[0] + x * DCF_NODE, *mark_y = j->tb->only[0] + y * DCF_NODE;
	bool self = j->same && x == y;

	for (uint32_t m = meeting(nx, box_y); m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);
		struct dcf_box4 q = lane(nx, i);
		uint32_t hits = meeting(ny, &q) & ~of_group(j, mark_y, mark_x[i]) & (self ? 0xffffu << i : 0xffff);

		if (j->leaf_pairs > LEAF_PAIRS - DCF_NODE)
			join_leaves(j);
		repeat(x * DCF_NODE + i, j->leaf_a + j->leaf_pairs);
		j->leaf_pairs += numbers_of(hits, y * DCF_NODE, j->leaf_b + j->leaf_pairs);
		j->tests++;
	}
	j->tests++;
}

/* The box of node `n` of the lowest level, and its mark. */
static struct dcf_box4 box_of_node(const struct dcf_index_tree *t, uint32_t n, uint32_t *mark)
{
	const struct dcf_index_boxes *boxes = &t->level[0][n];
	struct dcf_box4 b = lane(boxes, 0);

	if (t->levels > 1) {
		*mark = t->only[1][n];
		return lane(&t->level[1][n / DCF_NODE], n % DCF_NODE);
	}
	*mark = t->only[0][0];
	for (unsigned i = 1; i < DCF_NODE && i < t->leaf_count; i++) {
		struct dcf_box4 c = lane(boxes, i);

		for (int k = 0; k < DCF_AXES; k++) {
			b.low[k] = c.low[k] < b.low[k] ? c.low[k] : b.low[k];
			b.high[k] = c.high[k] > b.high[k] ? c.high[k] : b.high[k];
		}
		*mark = t->only[0][i] == *mark ? *mark : DCF_MANY_GROUPS;
	}
	return b;
}

/* Node `x` of the lowest level of `ta` against the tree `tb`; of the same tree only nodes from its own on. */
static void join_node(struct join *j, uint32_t x)
{
	struct {
		uint32_t node;
		int level;
	} stack[STACK];
	const struct dcf_index_tree *tb = j->tb;
	uint32_t mark;
	struct dcf_box4 q = box_of_node(j->ta, x, &mark);
	int top = 0;

	stack[top].node = 0;
	stack[top++].level = tb->levels - 1;
	while (top > 0 && !(j->s->stop && *j->s->stop)) {
		uint32_t node = stack[--top].node, m;
		int level = stack[top].level;

		if (level == 0) {
			uint32_t unused;
			struct dcf_box4 box = box_of_node(tb, node, &unused);

			join_nodes(j, x, node, &box);
			continue;
		}
		m = meeting(&tb->level[level][node], &q) & ~of_group(j, tb->only[level] + node * DCF_NODE, mark);
		for (; m; m &= m - 1) {
			uint32_t child = node * DCF_NODE + (uint32_t)__builtin_ctz(m);
			/* behind the last node of the lowest level below this child */
			uint64_t end = ((uint64_t)child + 1) << (4 * (level - 1));

			if (j->same && end <= x)
				continue;
			stack[top].node = child;
			stack[top++].level = level - 1;
		}
		j->tests++;
	}
	if (!(j->s->stop && *j->s->stop))
		join_leaves(j);
}

uint64_t DCF_JOIN(const struct dcf_join_share *s)
{
	struct join j = { .s = s };

	for (int ca = 0; ca < DCF_INDEX_CLASSES; ca++)
		for (int cb = ca; cb < DCF_INDEX_CLASSES; cb++) {
			const struct dcf_index_tree *ta = &s->ix->tree[ca], *tb = &s->ix->tree[cb];
			uint32_t first = (uint32_t)((uint64_t)ta->node_count[0] * s->job / s->jobs);
			uint32_t end = (uint32_t)((uint64_t)ta->node_count[0] * (s->job + 1) / s->jobs);

			j.ta = ta;
			j.tb = tb;
			j.same = ca == cb;
			for (uint32_t x = first; tb->leaf_count && x < end && !(s->stop && *s->stop); x++)
				join_node(&j, x);
		}
	flush(&j);
	return j.tests;
}

/* ---- one box against a tree ---- */

struct query {
	const struct dcf_query_share *s;
	uint32_t batch[BATCH];
	size_t batched;
};

static void hand_over(struct query *q)
{
	if (q->batched)
		q->s->take(q->s->ctx, q->batch, q->batched);
	q->batched = 0;
}

static inline void query_leaf(struct query *q, const struct dcf_index_leaf *leaf)
{
	uint32_t m = meeting(&leaf->boxes, q->s->box);

	if (m && q->s->left_out != DCF_MANY_GROUPS)
		m &= ~equal_lanes(leaf->group, q->s->left_out);
	for (; m; m &= m - 1) {
		if (q->batched == BATCH)
			hand_over(q);
		q->batch[q->batched++] = leaf->id[__builtin_ctz(m)];
	}
}

static inline void prefetch_boxes(const struct dcf_index_boxes *b)
{
	for (size_t k = 0; k < sizeof *b; k += 64)
		__builtin_prefetch((const char *)b + k);
}

/* What of the node must be gone into: the boxes that meet, but for those with nothing but the group left out below. */
static inline uint32_t query_node(const struct query *q, const struct dcf_index_tree *t, int level, uint32_t node)
{
	uint32_t m = meeting(&t->level[level][node], q->s->box);

	if (m && q->s->left_out != DCF_MANY_GROUPS)
		m &= ~equal_lanes(t->only[level] + (size_t)node * DCF_NODE, q->s->left_out);
	return m;
}

static void query_below(struct query *q, const struct dcf_index_tree *t, int level, uint32_t node)
{
	uint32_t found = query_node(q, t, level, node);

	/* Memory is touched at random: ask for all that will be needed before looking at the first. */
	for (uint32_t m = found; m; m &= m - 1) {
		uint32_t child = node * DCF_NODE + (uint32_t)__builtin_ctz(m);

		prefetch_boxes(level > 0 ? &t->level[level - 1][child] : &t->leaves[child].boxes);
	}
	for (uint32_t m = found; m; m &= m - 1) {
		uint32_t child = node * DCF_NODE + (uint32_t)__builtin_ctz(m);

		if (level > 0)
			query_below(q, t, level - 1, child);
		else
			query_leaf(q, &t->leaves[child]);
	}
}

void DCF_QUERY(const struct dcf_query_share *s)
{
	struct query q;

	q.s = s;
	q.batched = 0;
	if (s->tree->leaf_count)
		query_below(&q, s->tree, s->tree->levels - 1, 0);
	hand_over(&q);
}
