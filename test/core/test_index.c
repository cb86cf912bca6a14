/* SPDX-License-Identifier: Apache-2.0 */
/* test_index.c - the index against the loop over all pairs: random boxes of all sizes, every variant, shares, groups. */
#include "core/index.h"
#include "oracle/random.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

struct found {
	struct dcf_pair_ids *at;
	size_t n, cap;
};

static void collect(void *ctx, const struct dcf_pair_ids *pairs, size_t n)
{
	struct found *f = ctx;

	while (f->n + n > f->cap) {
		f->cap = f->cap ? 2 * f->cap : 1024;
		f->at = realloc(f->at, f->cap * sizeof *f->at);
	}
	memcpy(f->at + f->n, pairs, n * sizeof *pairs);
	f->n += n;
}

static int by_ids(const void *x, const void *y)
{
	const struct dcf_pair_ids *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

/* Closed in three axes, half open in time: the contract, written again. */
static bool meet(const struct dcf_box4 *a, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++) {
		bool apart = k == DCF_AXIS_TIME ? a->high[k] <= b->low[k] || b->high[k] <= a->low[k]
						: a->high[k] < b->low[k] || b->high[k] < a->low[k];

		if (apart)
			return false;
	}
	return true;
}

static struct found all_pairs(const struct dcf_index_item *items, size_t n, uint32_t also)
{
	struct found f = { 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			struct dcf_pair_ids p = { items[i].id, items[k].id };

			if ((items[i].group != items[k].group || items[i].group == also) && meet(&items[i].box, &items[k].box))
				collect(&f, &p, 1);
		}
	for (size_t i = 0; i < f.n; i++)
		if (f.at[i].a > f.at[i].b)
			f.at[i] = (struct dcf_pair_ids){ f.at[i].b, f.at[i].a };
	if (f.n > 0)
		qsort(f.at, f.n, sizeof *f.at, by_ids);
	return f;
}

enum { TIGHT, LOOSE, GRID, SAME, EXTREME, SPREADS };

/* Boxes of one kind: many that only touch, many equal, ends of the range, all sizes mixed. */
static void draw(struct dcf_ora_random *r, struct dcf_index_item *items, size_t n, int spread)
{
	for (size_t i = 0; i < n; i++) {
		items[i].id = (uint32_t)i;
		items[i].group = dcf_ora_below(r, 4);
		for (int k = 0; k < DCF_AXES; k++) {
			int64_t size = (int64_t)1 << dcf_ora_below(r, spread == TIGHT ? 20 : 29), low;

			low = (int64_t)dcf_ora_below(r, 2000000000) - 1000000000;
			if (spread == GRID) {
				low = ((int64_t)dcf_ora_below(r, 12) - 6) * 1000;
				size = (int64_t)dcf_ora_below(r, 4) * 1000;
			} else if (spread == SAME) {
				low = 7;
				size = 100;
			} else if (spread == EXTREME && dcf_ora_below(r, 3) == 0) {
				low = INT32_MIN;
				size = dcf_ora_below(r, 2) ? UINT32_MAX : 1;
			}
			if (k == DCF_AXIS_TIME && size == 0)
				size = 1;
			items[i].box.low[k] = (int32_t)low;
			items[i].box.high[k] = (int32_t)(low + size > INT32_MAX ? INT32_MAX : low + size);
		}
	}
}

static void compare(const struct dcf_index_item *items, size_t n, enum dcf_simd simd, unsigned jobs, uint32_t also,
		    const struct found *want)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_index ix;
	struct found got = { 0 };

	CHECK(dcf_index_build(&heap, items, n, simd, NULL, &ix) == DCF_OK);
	for (unsigned k = 0; k < jobs; k++)
		dcf_index_join(&ix, also, k, jobs, collect, &got, NULL);
	if (got.n > 0)
		qsort(got.at, got.n, sizeof *got.at, by_ids);
	CHECK_MSG(got.n == want->n && (got.n == 0 || memcmp(got.at, want->at, got.n * sizeof *got.at) == 0),
		  "variant %d, %zu boxes, %u shares: %zu pairs, not %zu", (int)simd, n, jobs, got.n, want->n);
	free(got.at);
	dcf_index_free(&ix);
}

static void every_variant_names_every_pair(void)
{
	static struct dcf_index_item items[1500];
	struct dcf_ora_random r = { 20150930 };
	size_t pairs = 0;

	for (int world = 0; world < 150; world++) {
		size_t n = world < 40 ? (size_t)world : dcf_ora_below(&r, 1500);
		uint32_t also = dcf_ora_below(&r, 3) ? UINT32_MAX : dcf_ora_below(&r, 4);
		struct found want;

		draw(&r, items, n, world % SPREADS);
		want = all_pairs(items, n, also);
		pairs += want.n;
		for (int s = DCF_SIMD_BEST; s < DCF_SIMD_COUNT; s++)
			if (dcf_simd_available((enum dcf_simd)s))
				compare(items, n, (enum dcf_simd)s, 1 + (unsigned)world % 5, also, &want);
		free(want.at);
	}
	CHECK_MSG(pairs > 1000000, "only %zu pairs met: too few to mean something", pairs);
}

static void a_stop_ends_it(void)
{
	static struct dcf_index_item items[1000];
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_ora_random r = { 1 };
	struct found got = { 0 };
	struct dcf_index ix;
	bool stop = true;

	draw(&r, items, 1000, SAME);
	CHECK(dcf_index_build(&heap, items, 1000, DCF_SIMD_BEST, NULL, &ix) == DCF_OK);
	dcf_index_join(&ix, UINT32_MAX, 0, 1, collect, &got, &stop);
	CHECK(got.n == 0);
	free(got.at);
	dcf_index_free(&ix);
}

static void it_stays_small(void)
{
	enum { N = 100000 };
	struct dcf_index_item *items = malloc(N * sizeof *items);
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_ora_random r = { 2 };
	struct dcf_index ix;

	draw(&r, items, N, TIGHT);
	CHECK(dcf_index_build(&heap, items, N, DCF_SIMD_BEST, NULL, &ix) == DCF_OK);
	CHECK_MSG(ix.bytes <= (size_t)48 * N, "%zu bytes for %d boxes", ix.bytes, (int)N);
	dcf_index_free(&ix);
	free(items);
}

/* The last job first, as threads might take them. */
static void backwards(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg)
{
	(void)ctx;
	while (jobs-- > 0)
		job(arg, jobs);
}

static bool same_trees(const struct dcf_index *a, const struct dcf_index *b)
{
	bool same = a->bytes == b->bytes;

	for (int c = 0; c < DCF_INDEX_CLASSES && same; c++) {
		const struct dcf_index_tree *x = &a->tree[c], *y = &b->tree[c];

		same = x->leaf_count == y->leaf_count && x->levels == y->levels &&
		       (x->leaf_count == 0 || memcmp(x->leaves, y->leaves, x->leaf_count * sizeof *x->leaves) == 0);
		for (int k = 0; k < x->levels && same; k++)
			same = memcmp(x->level[k], y->level[k], x->node_count[k] * sizeof *x->level[k]) == 0 &&
			       memcmp(x->only[k], y->only[k], x->node_count[k] * DCF_NODE * sizeof *x->only[k]) == 0;
	}
	return same;
}

static void shares_build_the_same_index(void)
{
	static struct dcf_index_item items[20000];
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_ora_random r = { 3 };

	for (int world = 0; world < 60; world++) {
		struct dcf_parallel parallel = { backwards, NULL, 2 + (unsigned)world % 9 };
		size_t n = world % 10 == 9 ? 20000 : dcf_ora_below(&r, 2000);
		struct dcf_index one, many;

		draw(&r, items, n, world % SPREADS);
		for (size_t i = 0; i < n; i += 7)
			items[i].id = UINT32_MAX; /* no item */
		CHECK(dcf_index_build(&heap, items, n, DCF_SIMD_BEST, NULL, &one) == DCF_OK);
		CHECK(dcf_index_build(&heap, items, n, DCF_SIMD_BEST, &parallel, &many) == DCF_OK);
		CHECK_MSG(same_trees(&one, &many), "%zu boxes in %u shares", n, parallel.threads);
		dcf_index_free(&one);
		dcf_index_free(&many);
	}
}

/* Tests of a box against 16 that a join of `n` boxes takes which all lie in one place and are of group 1, but for
 * every other-th (0: none), which is of group 2; the pairs found go to *pairs. */
static uint64_t tests_in_one_place(size_t n, size_t other, enum dcf_simd simd, uint32_t also, size_t *pairs)
{
	struct dcf_index_item *items = malloc(n * sizeof *items);
	struct dcf_alloc heap = dcf_alloc_heap();
	struct found got = { 0 };
	struct dcf_index ix;
	uint64_t tests;

	for (size_t i = 0; i < n; i++)
		items[i] = (struct dcf_index_item){ .box = { { 7, 7, 7, 7 }, { 9, 9, 9, 9 } },
						    .id = (uint32_t)i,
						    .group = other && i % other == 0 ? 2 : 1 };
	CHECK(dcf_index_build(&heap, items, n, simd, NULL, &ix) == DCF_OK);
	tests = dcf_index_join(&ix, also, 0, 1, collect, &got, NULL);
	*pairs = got.n;
	dcf_index_free(&ix);
	free(got.at);
	free(items);
	return tests;
}

/* No pair of them is asked for, so the work may not grow with the square of their number. */
static void one_group_in_one_place_costs_little(void)
{
	for (int s = DCF_SIMD_BEST; s < DCF_SIMD_COUNT; s++)
		for (size_t n = 10; dcf_simd_available((enum dcf_simd)s) && n <= 400000; n = n < 1000 ? n + 111 : 20 * n) {
			size_t pairs;
			uint64_t tests = tests_in_one_place(n, 0, (enum dcf_simd)s, UINT32_MAX, &pairs);

			CHECK_MSG(tests <= n / 16 + 20 && pairs == 0, "variant %d, %zu boxes: %llu tests, %zu pairs", s, n,
				  (unsigned long long)tests, pairs);
		}
}

/* Few of another group among them: the leaves that hold one are compared with all, the others not. */
static void few_of_another_group_cost_what_they_meet(void)
{
	enum { N = 60000, OTHER = 6000 };
	size_t pairs;
	uint64_t tests = tests_in_one_place(N, OTHER, DCF_SIMD_BEST, UINT32_MAX, &pairs);

	CHECK(pairs == (size_t)(N / OTHER) * (N - N / OTHER));
	CHECK_MSG(tests <= 20 * (uint64_t)N, "%llu tests for %zu pairs", (unsigned long long)tests, pairs);
}

/* Pairs of the group that is asked for are wanted after all. */
static void the_group_asked_for_is_not_left_out(void)
{
	size_t pairs;

	tests_in_one_place(1000, 0, DCF_SIMD_BEST, 1, &pairs);
	CHECK(pairs == 1000 * 999 / 2);
	tests_in_one_place(1000, 0, DCF_SIMD_BEST, 2, &pairs);
	CHECK(pairs == 0);
}

int main(void)
{
	return TAP_RUN(TAP(every_variant_names_every_pair), TAP(a_stop_ends_it), TAP(it_stays_small),
		       TAP(shares_build_the_same_index), TAP(one_group_in_one_place_costs_little),
		       TAP(few_of_another_group_cost_what_they_meet), TAP(the_group_asked_for_is_not_left_out));
}
