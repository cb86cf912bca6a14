/* SPDX-License-Identifier: Apache-2.0 */
#include "core/index.h"
#include "core/index_kernel.h"

#include <string.h>

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

static enum dcf_simd pick(enum dcf_simd simd)
{
	if (simd != DCF_SIMD_BEST)
		return simd;
	return dcf_simd_available(DCF_SIMD_AVX512) ? DCF_SIMD_AVX512
	       : dcf_simd_available(DCF_SIMD_AVX2) ? DCF_SIMD_AVX2
						   : DCF_SIMD_PLAIN;
}

void dcf_index_join(const struct dcf_index *ix, uint32_t also_group, unsigned job, unsigned jobs, dcf_index_sink *sink, void *ctx,
		    const bool *stop)
{
	struct dcf_join_share s = { ix, also_group, job, jobs, sink, ctx, stop };

	switch (ix->simd) {
#if defined(__x86_64__)
	case DCF_SIMD_AVX512:
		dcf_join_avx512(&s);
		return;
	case DCF_SIMD_AVX2:
		dcf_join_avx2(&s);
		return;
#endif
	default:
		dcf_join_plain(&s);
	}
}

/* ---- building ---- */

struct key {
	uint64_t morton;
	uint32_t item;
};

/* Typical extent on each axis: mean of a sample, which decides only the shape of leaves. */
static void typical(const struct dcf_index_item *items, const uint32_t *which, size_t n, uint64_t cell[DCF_AXES])
{
	size_t step = n / 4096 + 1, count = 0;

	for (int k = 0; k < DCF_AXES; k++)
		cell[k] = 0;
	for (size_t i = 0; i < n; i += step, count++)
		for (int k = 0; k < DCF_AXES; k++)
			cell[k] += (uint64_t)((int64_t)items[which[i]].box.high[k] - items[which[i]].box.low[k]);
	for (int k = 0; k < DCF_AXES; k++)
		cell[k] = cell[k] / (count ? count : 1) + 1;
}

static uint64_t spread4(uint64_t x) /* 16 bits to every fourth */
{
	x = (x | x << 24) & 0x000000ff000000ff;
	x = (x | x << 12) & 0x000f000f000f000f;
	x = (x | x << 6) & 0x0303030303030303;
	return (x | x << 3) & 0x1111111111111111;
}

struct frame {
	int64_t low[DCF_AXES];
	uint64_t scale[DCF_AXES]; /* centre to cell: (c - low) * scale >> 32 */
};

/* Cells of the typical extent, or as small as 16 bits allow. */
static struct frame frame_of(const struct dcf_index_item *items, const uint32_t *which, size_t n)
{
	struct frame f;
	uint64_t cell[DCF_AXES];

	typical(items, which, n, cell);
	for (int k = 0; k < DCF_AXES; k++) {
		int64_t low = INT64_MAX, high = INT64_MIN;
		uint64_t span;

		for (size_t i = 0; i < n; i++) {
			int64_t c = ((int64_t)items[which[i]].box.low[k] + items[which[i]].box.high[k]) >> 1;

			low = c < low ? c : low;
			high = c > high ? c : high;
		}
		span = (uint64_t)(high - low);
		cell[k] = cell[k] > span / 65535 + 1 ? cell[k] : span / 65535 + 1;
		f.low[k] = low;
		f.scale[k] = ((uint64_t)1 << 32) / cell[k];
	}
	return f;
}

static uint64_t morton(const struct dcf_box4 *b, const struct frame *f)
{
	uint64_t m = 0;

	for (int k = 0; k < DCF_AXES; k++) {
		uint64_t c = (uint64_t)((((int64_t)b->low[k] + b->high[k]) >> 1) - f->low[k]) * f->scale[k] >> 32;

		m |= spread4(c & 0xffff) << k;
	}
	return m;
}

/* Least significant digit radix sort, 11 bits a pass; passes on which all agree are left out. */
static struct key *radix_sort(struct key *from, struct key *to, size_t n)
{
	uint64_t any = 0, first = n ? from[0].morton : 0;

	for (size_t i = 0; i < n; i++)
		any |= from[i].morton ^ first;
	for (unsigned shift = 0; shift < 64; shift += 11) {
		size_t count[2048] = { 0 }, sum = 0;
		struct key *t;

		if (!(any >> shift & 2047))
			continue;
		for (size_t i = 0; i < n; i++)
			count[from[i].morton >> shift & 2047]++;
		for (size_t d = 0; d < 2048; d++) {
			size_t c = count[d];

			count[d] = sum;
			sum += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[from[i].morton >> shift & 2047]++] = from[i];
		t = from;
		from = to;
		to = t;
	}
	return from;
}

static void set_lane(struct dcf_index_boxes *n, unsigned i, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++) {
		n->low[k][i] = b->low[k];
		n->high[k][i] = b->high[k];
	}
}

static const struct dcf_box4 nothing = { { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
					 { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN } };

static struct dcf_box4 union_of(const struct dcf_index_boxes *n)
{
	struct dcf_box4 b = nothing;

	for (int k = 0; k < DCF_AXES; k++)
		for (unsigned i = 0; i < DCF_NODE; i++) {
			b.low[k] = n->low[k][i] < b.low[k] ? n->low[k][i] : b.low[k];
			b.high[k] = n->high[k][i] > b.high[k] ? n->high[k][i] : b.high[k];
		}
	return b;
}

static void fill_leaves(struct dcf_index_tree *t, const struct dcf_index_item *items, const struct key *keys)
{
	for (uint32_t l = 0; l < t->leaf_count; l++)
		for (unsigned i = 0; i < DCF_NODE; i++) {
			size_t at = (size_t)l * DCF_NODE + i;
			const struct dcf_index_item *item = at < t->item_count ? &items[keys[at].item] : NULL;

			set_lane(&t->leaves[l].boxes, i, item ? &item->box : &nothing);
			t->leaves[l].id[i] = item ? item->id : UINT32_MAX;
			t->leaves[l].group[i] = item ? item->group : UINT32_MAX;
		}
}

static enum dcf_status build_levels(const struct dcf_alloc *a, struct dcf_index_tree *t)
{
	uint32_t below = t->leaf_count;

	for (t->levels = 0; t->levels == 0 || below > 1; t->levels++) {
		uint32_t count = (below + DCF_NODE - 1) / DCF_NODE;
		struct dcf_index_boxes *n = dcf_alloc_new(a, count * sizeof *n);

		if (!n)
			return DCF_E_NOMEM;
		t->level[t->levels] = n;
		t->node_count[t->levels] = count;
		for (uint32_t i = 0; i < count * DCF_NODE; i++) {
			struct dcf_box4 b = nothing;

			if (i < below)
				b = union_of(t->levels ? &t->level[t->levels - 1][i] : &t->leaves[i].boxes);
			set_lane(&n[i / DCF_NODE], i % DCF_NODE, &b);
		}
		below = count;
	}
	return DCF_OK;
}

static enum dcf_status build_tree(const struct dcf_alloc *a, const struct dcf_index_item *items, const uint32_t *which, size_t n,
				  struct dcf_index_tree *t)
{
	struct key *keys, *sorted;
	struct frame f;
	enum dcf_status s;

	*t = (struct dcf_index_tree){ .item_count = n };
	if (n == 0)
		return DCF_OK;
	t->leaf_count = (uint32_t)((n + DCF_NODE - 1) / DCF_NODE);
	keys = dcf_alloc_new(a, 2 * n * sizeof *keys);
	t->leaves = dcf_alloc_new(a, t->leaf_count * sizeof *t->leaves);
	if (!keys || !t->leaves) {
		dcf_alloc_free(a, keys, 2 * n * sizeof *keys);
		return DCF_E_NOMEM;
	}
	f = frame_of(items, which, n);
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct key){ morton(&items[which[i]].box, &f), which[i] };
	sorted = radix_sort(keys, keys + n, n);
	fill_leaves(t, items, sorted);
	dcf_alloc_free(a, keys, 2 * n * sizeof *keys);
	s = build_levels(a, t);
	return s;
}

/* Size class by extent over the ground: 3 km and 30 km in units of latitude (1e-7 degree is 1.1 cm). */
static int class_of(const struct dcf_box4 *b)
{
	int64_t lat = (int64_t)b->high[DCF_AXIS_LAT] - b->low[DCF_AXIS_LAT];
	int64_t lon = (int64_t)b->high[DCF_AXIS_LON] - b->low[DCF_AXIS_LON], size = lat > lon ? lat : lon;

	return size < 300000 ? 0 : size < 3000000 ? 1 : 2;
}

static size_t tree_bytes(const struct dcf_index_tree *t)
{
	size_t sum = t->leaf_count * sizeof *t->leaves;

	for (int k = 0; k < t->levels; k++)
		sum += t->node_count[k] * sizeof *t->level[k];
	return sum;
}

struct build_job {
	const struct dcf_alloc *a;
	const struct dcf_index_item *items;
	const uint32_t *which;
	size_t first[DCF_INDEX_CLASSES + 1];
	struct dcf_index *ix;
	enum dcf_status status[DCF_INDEX_CLASSES];
};

static void build_class(void *arg, unsigned k)
{
	struct build_job *j = arg;

	j->status[k] = build_tree(j->a, j->items, j->which + j->first[k], j->first[k + 1] - j->first[k], &j->ix->tree[k]);
}

enum dcf_status dcf_index_build(const struct dcf_alloc *a, const struct dcf_index_item *items, size_t n, enum dcf_simd simd,
				const struct dcf_parallel *parallel, struct dcf_index *ix)
{
	size_t count[DCF_INDEX_CLASSES] = { 0 };
	uint32_t *which;
	struct build_job j = { .a = a, .items = items, .ix = ix };
	enum dcf_status s = DCF_OK;

	*ix = (struct dcf_index){ .from = a, .simd = pick(simd) };
	if (!dcf_simd_available(simd))
		return DCF_E_RANGE;
	if (n > UINT32_MAX / 2)
		return DCF_E_LIMIT;
	which = dcf_alloc_new(a, n * sizeof *which);
	if (!which)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		count[class_of(&items[i].box)]++;
	for (int k = 0; k < DCF_INDEX_CLASSES; k++) {
		j.first[k + 1] = j.first[k] + count[k];
		count[k] = j.first[k];
	}
	for (size_t i = 0; i < n; i++)
		which[count[class_of(&items[i].box)]++] = (uint32_t)i;
	j.which = which;
	if (parallel && parallel->run && parallel->threads > 1)
		parallel->run(parallel->ctx, DCF_INDEX_CLASSES, build_class, &j);
	else
		for (unsigned k = 0; k < DCF_INDEX_CLASSES; k++)
			build_class(&j, k);
	dcf_alloc_free(a, which, n * sizeof *which);
	for (int k = 0; k < DCF_INDEX_CLASSES; k++) {
		s = s == DCF_OK ? j.status[k] : s;
		ix->bytes += tree_bytes(&ix->tree[k]);
	}
	if (s != DCF_OK)
		dcf_index_free(ix);
	return s;
}

void dcf_index_free(struct dcf_index *ix)
{
	for (int c = 0; ix->from && c < DCF_INDEX_CLASSES; c++) {
		struct dcf_index_tree *t = &ix->tree[c];

		dcf_alloc_free(ix->from, t->leaves, t->leaf_count * sizeof *t->leaves);
		for (int k = 0; k < DCF_INDEX_LEVELS; k++)
			dcf_alloc_free(ix->from, t->level[k], t->node_count[k] * sizeof *t->level[k]);
	}
	*ix = (struct dcf_index){ .from = ix->from };
}
