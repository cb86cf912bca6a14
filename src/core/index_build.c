/* SPDX-License-Identifier: Apache-2.0 */
/* Building the trees, in shares that any threads may take.
 *
 * Items are counted and then listed by class; keys are made and split by their highest digit into
 * buckets; buckets are sorted one by one; leaves are filled.  Every step writes the same arrays
 * whatever the number of shares. */
#include "core/index.h"
#include "core/index_kernel.h"

#include <string.h>

struct key {
	uint64_t morton;
	uint32_t item;
};

enum { MAX_SHARES = 64, BUCKET_BITS = 8, BUCKETS = 1 << BUCKET_BITS, DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };

struct frame {
	int64_t low[DCF_AXES];
	uint64_t scale[DCF_AXES]; /* centre to cell: (c - low) * scale >> 32 */
};

struct building {
	const struct dcf_index_item *items;
	size_t n;
	unsigned shares;
	size_t count[MAX_SHARES][DCF_INDEX_CLASSES]; /* then: where each share's next goes */
	struct dcf_box4 hull[MAX_SHARES][DCF_INDEX_CLASSES];
	uint32_t *which; /* items by class */
	/* the class at work: */
	size_t first, end;
	struct frame frame;
	struct key *keys, *split; /* as made; by bucket */
	unsigned bucket_shift;
	size_t bucket[MAX_SHARES][BUCKETS];
	size_t bucket_first[BUCKETS + 1];
	struct dcf_index_tree *tree;
};

static const struct dcf_box4 nothing = { { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
					 { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN } };

static size_t share_of(size_t n, unsigned k, unsigned shares)
{
	return n * k / shares;
}

static int32_t centre(const struct dcf_box4 *b, int k)
{
	return (int32_t)(((int64_t)b->low[k] + b->high[k]) >> 1);
}

/* Size class by extent over the ground: 3 km and 30 km in units of latitude (1e-7 degree is 1.1 cm). */
static int class_of(const struct dcf_box4 *b)
{
	int64_t lat = (int64_t)b->high[DCF_AXIS_LAT] - b->low[DCF_AXIS_LAT];
	int64_t lon = (int64_t)b->high[DCF_AXIS_LON] - b->low[DCF_AXIS_LON], size = lat > lon ? lat : lon;

	return size < 300000 ? 0 : size < 3000000 ? 1 : 2;
}

static void join_box(struct dcf_box4 *to, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++) {
		to->low[k] = b->low[k] < to->low[k] ? b->low[k] : to->low[k];
		to->high[k] = b->high[k] > to->high[k] ? b->high[k] : to->high[k];
	}
}

static void count_share(void *arg, unsigned s)
{
	struct building *b = arg;

	for (int c = 0; c < DCF_INDEX_CLASSES; c++) {
		b->count[s][c] = 0;
		b->hull[s][c] = nothing;
	}
	for (size_t i = share_of(b->n, s, b->shares); i < share_of(b->n, s + 1, b->shares); i++) {
		struct dcf_box4 middle;
		int c;

		if (b->items[i].id == UINT32_MAX)
			continue;
		c = class_of(&b->items[i].box);
		b->count[s][c]++;
		for (int k = 0; k < DCF_AXES; k++)
			middle.low[k] = middle.high[k] = centre(&b->items[i].box, k);
		join_box(&b->hull[s][c], &middle);
	}
}

static void list_share(void *arg, unsigned s)
{
	struct building *b = arg;

	for (size_t i = share_of(b->n, s, b->shares); i < share_of(b->n, s + 1, b->shares); i++)
		if (b->items[i].id != UINT32_MAX)
			b->which[b->count[s][class_of(&b->items[i].box)]++] = (uint32_t)i;
}

/* ---- keys ---- */

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

/* Cells of the typical extent, or as small as 16 bits allow, over the hull of the centres. */
static struct frame frame_of(const struct dcf_index_item *items, const uint32_t *which, size_t n, const struct dcf_box4 *hull)
{
	struct frame f;
	uint64_t cell[DCF_AXES];

	typical(items, which, n, cell);
	for (int k = 0; k < DCF_AXES; k++) {
		uint64_t span = (uint64_t)((int64_t)hull->high[k] - hull->low[k]);

		cell[k] = cell[k] > span / 65535 + 1 ? cell[k] : span / 65535 + 1;
		f.low[k] = hull->low[k];
		f.scale[k] = ((uint64_t)1 << 32) / cell[k];
	}
	return f;
}

static uint64_t spread4(uint64_t x) /* 16 bits to every fourth */
{
	x = (x | x << 24) & 0x000000ff000000ff;
	x = (x | x << 12) & 0x000f000f000f000f;
	x = (x | x << 6) & 0x0303030303030303;
	return (x | x << 3) & 0x1111111111111111;
}

static uint64_t morton(const struct dcf_box4 *b, const struct frame *f)
{
	uint64_t m = 0;

	for (int k = 0; k < DCF_AXES; k++) {
		uint64_t c = (uint64_t)(centre(b, k) - f->low[k]) * f->scale[k] >> 32;

		m |= spread4(c & 0xffff) << k;
	}
	return m;
}

/* Where the highest digit of the largest possible key begins. */
static unsigned top_shift(const struct frame *f, const struct dcf_box4 *hull)
{
	uint64_t m = 0;
	unsigned bits = 0;

	for (int k = 0; k < DCF_AXES; k++) {
		uint64_t most = (uint64_t)((int64_t)hull->high[k] - hull->low[k]) * f->scale[k] >> 32;

		for (unsigned s = 1; s < 32; s *= 2) /* any bit below its highest may be set as well */
			most |= most >> s;
		m |= spread4(most & 0xffff) << k;
	}
	while (bits < 64 && m >> bits)
		bits++;
	return bits > BUCKET_BITS ? bits - BUCKET_BITS : 0;
}

static void key_share(void *arg, unsigned s)
{
	struct building *b = arg;
	size_t n = b->end - b->first;

	memset(b->bucket[s], 0, sizeof b->bucket[s]);
	for (size_t i = share_of(n, s, b->shares); i < share_of(n, s + 1, b->shares); i++) {
		uint32_t item = b->which[b->first + i];

		b->keys[i] = (struct key){ morton(&b->items[item].box, &b->frame), item };
		b->bucket[s][b->keys[i].morton >> b->bucket_shift]++;
	}
}

/* Where each share's keys of each bucket go: buckets in order, in each the shares in order. */
static void place_buckets(struct building *b)
{
	size_t sum = 0;

	for (unsigned d = 0; d < BUCKETS; d++) {
		b->bucket_first[d] = sum;
		for (unsigned s = 0; s < b->shares; s++) {
			size_t c = b->bucket[s][d];

			b->bucket[s][d] = sum;
			sum += c;
		}
	}
	b->bucket_first[BUCKETS] = sum;
}

static void split_share(void *arg, unsigned s)
{
	struct building *b = arg;
	size_t n = b->end - b->first;

	for (size_t i = share_of(n, s, b->shares); i < share_of(n, s + 1, b->shares); i++)
		b->split[b->bucket[s][b->keys[i].morton >> b->bucket_shift]++] = b->keys[i];
}

/* Least significant digit radix sort, stable; passes on which all agree are left out.  Returns the array
 * that holds the result. */
static struct key *radix_sort(struct key *from, struct key *to, size_t n)
{
	uint64_t any = 0, first = n ? from[0].morton : 0;

	for (size_t i = 0; i < n; i++)
		any |= from[i].morton ^ first;
	for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
		size_t count[DIGITS] = { 0 }, sum = 0;
		struct key *t;

		if (!(any >> shift & (DIGITS - 1)))
			continue;
		for (size_t i = 0; i < n; i++)
			count[from[i].morton >> shift & (DIGITS - 1)]++;
		for (size_t d = 0; d < DIGITS; d++) {
			size_t c = count[d];

			count[d] = sum;
			sum += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[from[i].morton >> shift & (DIGITS - 1)]++] = from[i];
		t = from;
		from = to;
		to = t;
	}
	return from;
}

static void sort_bucket(void *arg, unsigned d)
{
	struct building *b = arg;
	size_t first = b->bucket_first[d], n = b->bucket_first[d + 1] - first;
	struct key *sorted = radix_sort(b->split + first, b->keys + first, n);

	if (sorted != b->split + first)
		memcpy(b->split + first, sorted, n * sizeof *sorted);
}

/* ---- nodes ---- */

static void set_lane(struct dcf_index_boxes *n, unsigned i, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++) {
		n->low[k][i] = b->low[k];
		n->high[k][i] = b->high[k];
	}
}

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

static void leaf_share(void *arg, unsigned s)
{
	enum { AHEAD = 24 };
	struct building *b = arg;
	struct dcf_index_tree *t = b->tree;

	for (size_t l = share_of(t->leaf_count, s, b->shares); l < share_of(t->leaf_count, s + 1, b->shares); l++)
		for (unsigned i = 0; i < DCF_NODE; i++) {
			size_t at = l * DCF_NODE + i;
			const struct dcf_index_item *item = at < t->item_count ? &b->items[b->split[at].item] : NULL;

			if (at + AHEAD < t->item_count)
				__builtin_prefetch(&b->items[b->split[at + AHEAD].item]);
			set_lane(&t->leaves[l].boxes, i, item ? &item->box : &nothing);
			t->leaves[l].id[i] = item ? item->id : UINT32_MAX;
			t->leaves[l].group[i] = item ? item->group : UINT32_MAX;
		}
}

/* What `count` marks or groups (at least one, at most 16 count) have in common. */
static uint32_t common(const uint32_t *marks, size_t count)
{
	for (size_t i = 1; i < count && i < DCF_NODE; i++)
		if (marks[i] != marks[0])
			return DCF_MANY_GROUPS;
	return marks[0];
}

/* Nodes of the first level over the leaves: most of the work of all levels. */
static void node_share(void *arg, unsigned s)
{
	struct building *b = arg;
	struct dcf_index_tree *t = b->tree;
	uint32_t count = t->node_count[0], end = (uint32_t)share_of(count, s + 1, b->shares);

	for (uint32_t n = (uint32_t)share_of(count, s, b->shares); n < end; n++)
		for (uint32_t i = n * DCF_NODE; i < (n + 1) * DCF_NODE; i++) {
			struct dcf_box4 box = i < t->leaf_count ? union_of(&t->leaves[i].boxes) : nothing;

			set_lane(&t->level[0][n], i % DCF_NODE, &box);
			t->only[0][i] = i < t->leaf_count ? common(t->leaves[i].group, t->item_count - (size_t)i * DCF_NODE)
							  : DCF_MANY_GROUPS;
		}
}

static enum dcf_status build_levels(const struct dcf_alloc *a, struct building *b, const struct dcf_parallel *parallel,
				    struct dcf_index_tree *t)
{
	uint32_t below = t->leaf_count, children = 0;

	for (t->levels = 0; t->levels == 0 || below > 1; t->levels++) {
		uint32_t count = (below + DCF_NODE - 1) / DCF_NODE;
		struct dcf_index_boxes *n = t->level[t->levels] = dcf_alloc_new(a, count * sizeof *n);
		uint32_t *only = t->only[t->levels] = dcf_alloc_new(a, count * DCF_NODE * sizeof *only);

		t->node_count[t->levels] = count;
		if (!n || !only)
			return DCF_E_NOMEM;
		if (t->levels == 0)
			dcf_parallel_run(parallel, b->shares, node_share, b);
		for (uint32_t i = 0; t->levels > 0 && i < count * DCF_NODE; i++) {
			struct dcf_box4 box = i < below ? union_of(&t->level[t->levels - 1][i]) : nothing;

			set_lane(&n[i / DCF_NODE], i % DCF_NODE, &box);
			only[i] = i < below ? common(t->only[t->levels - 1] + (size_t)i * DCF_NODE,
						     children - (size_t)i * DCF_NODE)
					    : DCF_MANY_GROUPS;
		}
		children = below;
		below = count;
	}
	return DCF_OK;
}

static enum dcf_status build_tree(const struct dcf_alloc *a, struct building *b, const struct dcf_parallel *parallel,
				  const struct dcf_box4 *hull, struct dcf_index_tree *t)
{
	size_t n = b->end - b->first;
	enum dcf_status s = DCF_E_NOMEM;

	*t = (struct dcf_index_tree){ .item_count = n };
	if (n == 0)
		return DCF_OK;
	t->leaf_count = (uint32_t)((n + DCF_NODE - 1) / DCF_NODE);
	b->keys = dcf_alloc_new(a, 2 * n * sizeof *b->keys);
	t->leaves = dcf_alloc_new(a, t->leaf_count * sizeof *t->leaves);
	if (b->keys && t->leaves) {
		b->split = b->keys + n;
		b->tree = t;
		b->frame = frame_of(b->items, b->which + b->first, n, hull);
		b->bucket_shift = top_shift(&b->frame, hull);
		dcf_parallel_run(parallel, b->shares, key_share, b);
		place_buckets(b);
		dcf_parallel_run(parallel, b->shares, split_share, b);
		dcf_parallel_run(parallel, BUCKETS, sort_bucket, b);
		dcf_parallel_run(parallel, b->shares, leaf_share, b);
		s = DCF_OK;
	}
	dcf_alloc_free(a, b->keys, 2 * n * sizeof *b->keys);
	return s == DCF_OK ? build_levels(a, b, parallel, t) : s;
}

static size_t tree_bytes(const struct dcf_index_tree *t)
{
	size_t sum = t->leaf_count * sizeof *t->leaves;

	for (int k = 0; k < t->levels; k++)
		sum += t->node_count[k] * (sizeof *t->level[k] + DCF_NODE * sizeof *t->only[k]);
	return sum;
}

static void place_classes(struct building *b, size_t first[DCF_INDEX_CLASSES + 1])
{
	size_t sum = 0;

	for (int c = 0; c < DCF_INDEX_CLASSES; c++) {
		first[c] = sum;
		for (unsigned k = 0; k < b->shares; k++) {
			size_t count = b->count[k][c];

			b->count[k][c] = sum;
			sum += count;
		}
	}
	first[DCF_INDEX_CLASSES] = sum;
}

enum dcf_status dcf_index_build(const struct dcf_alloc *a, const struct dcf_index_item *items, size_t n, enum dcf_simd simd,
				const struct dcf_parallel *parallel, struct dcf_index *ix)
{
	struct building *b;
	size_t first[DCF_INDEX_CLASSES + 1];
	enum dcf_status s = DCF_E_NOMEM;

	*ix = (struct dcf_index){ .from = a, .simd = dcf_simd_pick(simd) };
	if (!dcf_simd_available(simd))
		return DCF_E_RANGE;
	if (n > UINT32_MAX / 2)
		return DCF_E_LIMIT;
	b = dcf_alloc_new(a, sizeof *b);
	if (!b)
		return DCF_E_NOMEM;
	b->items = items;
	b->n = n;
	b->shares = dcf_parallel_threads(parallel) < MAX_SHARES ? dcf_parallel_threads(parallel) : MAX_SHARES;
	b->which = dcf_alloc_new(a, n * sizeof *b->which);
	if (!b->which)
		goto done;
	dcf_parallel_run(parallel, b->shares, count_share, b);
	place_classes(b, first);
	dcf_parallel_run(parallel, b->shares, list_share, b);
	s = DCF_OK;
	for (int c = 0; c < DCF_INDEX_CLASSES && s == DCF_OK; c++) {
		struct dcf_box4 hull = nothing;

		for (unsigned k = 0; k < b->shares; k++)
			join_box(&hull, &b->hull[k][c]);
		b->first = first[c];
		b->end = first[c + 1];
		s = build_tree(a, b, parallel, &hull, &ix->tree[c]);
		ix->bytes += tree_bytes(&ix->tree[c]);
	}
done:
	dcf_alloc_free(a, b->which, n * sizeof *b->which);
	dcf_alloc_free(a, b, sizeof *b);
	if (s != DCF_OK)
		dcf_index_free(ix);
	return s;
}

void dcf_index_free(struct dcf_index *ix)
{
	for (int c = 0; ix->from && c < DCF_INDEX_CLASSES; c++) {
		struct dcf_index_tree *t = &ix->tree[c];

		dcf_alloc_free(ix->from, t->leaves, t->leaf_count * sizeof *t->leaves);
		for (int k = 0; k < DCF_INDEX_LEVELS; k++) {
			dcf_alloc_free(ix->from, t->level[k], t->node_count[k] * sizeof *t->level[k]);
			dcf_alloc_free(ix->from, t->only[k], t->node_count[k] * DCF_NODE * sizeof *t->only[k]);
		}
	}
	*ix = (struct dcf_index){ .from = ix->from };
}
