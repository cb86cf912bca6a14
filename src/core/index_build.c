/* SPDX-License-Identifier: Apache-2.0 */
/* Building the trees, in shares that any threads may take.
 *
 * One pass counts the items of each class and finds the frame of their keys, the next makes the keys.
 * Keys are split by their highest digit into buckets; buckets are sorted one by one; leaves are filled.
 * Every step writes the same arrays whatever the number of shares. */
#include "core/index.h"
#include "core/index_kernel.h"

#include <string.h>

/* The highest BUCKET_BITS of a key are its bucket, the others `low`. */
struct key {
	uint32_t low, item;
};

enum { MAX_SHARES = 64, BUCKET_BITS = 8, BUCKETS = 1 << BUCKET_BITS, DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };
enum { LOW_BITS = 32, KEY_BITS = LOW_BITS + BUCKET_BITS, CELL_BITS = 16, BYTES = CELL_BITS / 8 };

struct frame {
	int32_t low[DCF_AXES];
	uint32_t scale[DCF_AXES];              /* centre to cell: (c - low) * scale >> 32 */
	uint64_t spread[DCF_AXES][BYTES][256]; /* where in the key the bits of each byte of a cell's number go */
};

/* What one share finds of one class. */
struct count {
	size_t items;
	struct dcf_box4 hull;      /* of the centres */
	uint64_t extent[DCF_AXES]; /* summed over a sample */
	size_t sampled;
};

struct building {
	const struct dcf_index_item *items;
	size_t n;
	unsigned shares;
	struct count count[MAX_SHARES][DCF_INDEX_CLASSES];
	size_t next[MAX_SHARES][DCF_INDEX_CLASSES];              /* where each share's next key goes */
	uint32_t bucket[MAX_SHARES][DCF_INDEX_CLASSES][BUCKETS]; /* counts, then where its next of that bucket goes */
	uint32_t bucket_first[DCF_INDEX_CLASSES * BUCKETS + 1];
	size_t first[DCF_INDEX_CLASSES + 1];
	struct frame frame[DCF_INDEX_CLASSES];
	struct key *keys, *split;    /* as made, by class; by bucket, then sorted */
	uint8_t *bucket_of;          /* of keys[i] */
	struct dcf_index_tree *tree; /* at work */
	const struct key *sorted;    /* its keys */
};

static const struct dcf_box4 nothing = { { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
					 { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN } };

static size_t share_of(size_t n, unsigned k, unsigned shares)
{
	return n * k / shares;
}

/* The mean rounded down, without a number that needs more than 32 bits. */
static int32_t centre(const struct dcf_box4 *b, int k)
{
	return (b->low[k] & b->high[k]) + ((b->low[k] ^ b->high[k]) >> 1);
}

/* Size class by extent over the ground: 3 km and 30 km in units of latitude (1e-7 degree is 1.1 cm). */
static int class_of(const struct dcf_box4 *b)
{
	uint32_t lat = (uint32_t)b->high[DCF_AXIS_LAT] - (uint32_t)b->low[DCF_AXIS_LAT];
	uint32_t lon = (uint32_t)b->high[DCF_AXIS_LON] - (uint32_t)b->low[DCF_AXIS_LON], size = lat > lon ? lat : lon;

	return (size >= 300000) + (size >= 3000000);
}

static void join_box(struct dcf_box4 *to, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++) {
		to->low[k] = b->low[k] < to->low[k] ? b->low[k] : to->low[k];
		to->high[k] = b->high[k] > to->high[k] ? b->high[k] : to->high[k];
	}
}

static void sample(struct count *c, const struct dcf_box4 *b)
{
	for (int k = 0; k < DCF_AXES; k++)
		c->extent[k] += (uint32_t)b->high[k] - (uint32_t)b->low[k];
	c->sampled++;
}

static void count_share(void *arg, unsigned s)
{
	struct building *b = arg;
	/* the sample: every step-th item, whichever share it is in */
	size_t step = b->n / 16384 + 1, i = share_of(b->n, s, b->shares), next = (i + step - 1) / step * step;

	for (int c = 0; c < DCF_INDEX_CLASSES; c++)
		b->count[s][c] = (struct count){ .hull = nothing };
	for (; i < share_of(b->n, s + 1, b->shares); i++) {
		const struct dcf_box4 *box = &b->items[i].box;
		struct dcf_box4 middle;
		struct count *c;
		bool sampled = i == next;

		next += sampled ? step : 0;
		if (b->items[i].id == UINT32_MAX)
			continue;
		c = &b->count[s][class_of(box)];
		c->items++;
		for (int k = 0; k < DCF_AXES; k++)
			middle.low[k] = middle.high[k] = centre(box, k);
		join_box(&c->hull, &middle);
		if (sampled)
			sample(c, box);
	}
}

/* ---- keys ---- */

/* Cells of the typical extent (the mean of the sample, which decides only the shape of leaves), or as small as
 * CELL_BITS allow, over the hull of the centres; and the number of the last cell on each axis. */
static void lay_frame(struct frame *f, const struct count *c, uint32_t last[DCF_AXES])
{
	for (int k = 0; k < DCF_AXES; k++) {
		uint32_t span = (uint32_t)c->hull.high[k] - (uint32_t)c->hull.low[k];
		uint64_t cell = c->extent[k] / (c->sampled ? c->sampled : 1) + 1, least = span / 65535 + 1, scale;

		cell = cell > least ? cell : least;
		scale = ((uint64_t)1 << 32) / cell;
		f->low[k] = c->hull.low[k];
		f->scale[k] = scale < UINT32_MAX ? (uint32_t)scale : UINT32_MAX;
		last[k] = (uint32_t)((uint64_t)span * f->scale[k] >> 32);
	}
}

/* A Morton key without the bits that are 0 in all cells: bits of the axes in turns, the highest first, until the key
 * is full. */
static void spread_bits(struct frame *f, const uint32_t last[DCF_AXES])
{
	unsigned left = KEY_BITS;

	memset(f->spread, 0, sizeof f->spread);
	for (unsigned bit = CELL_BITS; bit-- > 0;)
		for (int k = DCF_AXES - 1; k >= 0 && left > 0; k--) {
			uint64_t *to = f->spread[k][bit / 8];

			if (!(last[k] >> bit))
				continue;
			left--;
			for (unsigned byte = 0; byte < 256; byte++)
				to[byte] |= (uint64_t)(byte >> bit % 8 & 1) << left;
		}
}

static uint64_t key_of(const struct frame *f, const struct dcf_box4 *b)
{
	uint64_t key = 0;

	for (int k = 0; k < DCF_AXES; k++) {
		uint32_t c = (uint32_t)((uint64_t)((uint32_t)centre(b, k) - (uint32_t)f->low[k]) * f->scale[k] >> 32);

		key |= f->spread[k][0][c & 255] | f->spread[k][1][c >> 8 & 255];
	}
	return key;
}

static void key_share(void *arg, unsigned s)
{
	struct building *b = arg;

	memset(b->bucket[s], 0, sizeof b->bucket[s]);
	for (size_t i = share_of(b->n, s, b->shares); i < share_of(b->n, s + 1, b->shares); i++) {
		const struct dcf_box4 *box = &b->items[i].box;
		uint64_t key;
		size_t at;
		int c;

		if (b->items[i].id == UINT32_MAX)
			continue;
		c = class_of(box);
		key = key_of(&b->frame[c], box);
		at = b->next[s][c]++;
		b->keys[at] = (struct key){ (uint32_t)key, (uint32_t)i };
		b->bucket_of[at] = (uint8_t)(key >> LOW_BITS);
		b->bucket[s][c][key >> LOW_BITS]++;
	}
}

/* Where each share's keys of each class go, and the frames of the classes. */
static void place_classes(struct building *b)
{
	size_t sum = 0;

	for (int c = 0; c < DCF_INDEX_CLASSES; c++) {
		struct count all = { .hull = nothing };
		uint32_t last[DCF_AXES];

		b->first[c] = sum;
		for (unsigned s = 0; s < b->shares; s++) {
			const struct count *one = &b->count[s][c];

			b->next[s][c] = sum;
			sum += one->items;
			all.sampled += one->sampled;
			join_box(&all.hull, &one->hull);
			for (int k = 0; k < DCF_AXES; k++)
				all.extent[k] += one->extent[k];
		}
		if (b->first[c] == sum)
			continue;
		lay_frame(&b->frame[c], &all, last);
		spread_bits(&b->frame[c], last);
	}
	b->first[DCF_INDEX_CLASSES] = sum;
}

/* Where each share's keys of each bucket go: buckets in order, in each the shares in order. */
static void place_buckets(struct building *b)
{
	uint32_t sum = 0;

	for (unsigned d = 0; d < DCF_INDEX_CLASSES * BUCKETS; d++) {
		b->bucket_first[d] = sum;
		for (unsigned s = 0; s < b->shares; s++) {
			uint32_t *at = &b->bucket[s][d / BUCKETS][d % BUCKETS], count = *at;

			*at = sum;
			sum += count;
		}
	}
	b->bucket_first[DCF_INDEX_CLASSES * BUCKETS] = sum;
}

static void split_share(void *arg, unsigned s)
{
	struct building *b = arg;

	for (int c = 0; c < DCF_INDEX_CLASSES; c++) {
		size_t end = b->next[s][c];

		for (size_t i = end - b->count[s][c].items; i < end; i++)
			b->split[b->bucket[s][c][b->bucket_of[i]]++] = b->keys[i];
	}
}

/* Least significant digit radix sort, stable; passes on which all agree are left out.  Returns the array
 * that holds the result. */
static struct key *radix_sort(struct key *from, struct key *to, uint32_t n)
{
	enum { PASSES = LOW_BITS / DIGIT_BITS };
	uint32_t place[PASSES][DIGITS] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		for (unsigned p = 0; p < PASSES; p++)
			place[p][from[i].low >> p * DIGIT_BITS & (DIGITS - 1)]++;
	for (unsigned p = 0; p < PASSES; p++) {
		unsigned shift = p * DIGIT_BITS;
		uint32_t sum = 0;
		struct key *t;

		if (place[p][from[0].low >> shift & (DIGITS - 1)] == n)
			continue;
		for (unsigned d = 0; d < DIGITS; d++) {
			uint32_t c = place[p][d];

			place[p][d] = sum;
			sum += c;
		}
		for (uint32_t i = 0; i < n; i++)
			to[place[p][from[i].low >> shift & (DIGITS - 1)]++] = from[i];
		t = from;
		from = to;
		to = t;
	}
	return from;
}

/* Stable as well, and less work than counting for a few. */
static void insertion_sort(struct key *k, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct key x = k[i];
		uint32_t at = i;

		for (; at > 0 && k[at - 1].low > x.low; at--)
			k[at] = k[at - 1];
		k[at] = x;
	}
}

static void sort_bucket(void *arg, unsigned d)
{
	enum { FEW = 48 };
	struct building *b = arg;
	struct key *keys = b->split + b->bucket_first[d], *sorted;
	uint32_t n = b->bucket_first[d + 1] - b->bucket_first[d];

	if (n <= FEW) {
		insertion_sort(keys, n);
		return;
	}
	sorted = radix_sort(keys, b->keys + b->bucket_first[d], n);
	if (sorted != keys)
		memcpy(keys, sorted, n * sizeof *sorted);
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

/* What `count` marks or groups (at least one, at most 16 count) have in common. */
static uint32_t common(const uint32_t *marks, size_t count)
{
	for (size_t i = 1; i < count && i < DCF_NODE; i++)
		if (marks[i] != marks[0])
			return DCF_MANY_GROUPS;
	return marks[0];
}

static void fill_leaf(const struct building *b, size_t l)
{
	enum { AHEAD = 24 };
	const struct dcf_index_tree *t = b->tree;
	struct dcf_index_leaf *leaf = &t->leaves[l];

	for (unsigned i = 0; i < DCF_NODE; i++) {
		size_t at = l * DCF_NODE + i;
		const struct dcf_index_item *item = at < t->item_count ? &b->items[b->sorted[at].item] : NULL;

		if (at + AHEAD < t->item_count) {
			const struct dcf_index_item *soon = &b->items[b->sorted[at + AHEAD].item];

			__builtin_prefetch(soon);
			__builtin_prefetch(&soon->group);
		}
		set_lane(&leaf->boxes, i, item ? &item->box : &nothing);
		leaf->id[i] = item ? item->id : UINT32_MAX;
		leaf->group[i] = item ? item->group : UINT32_MAX;
	}
}

/* Leaves, and the boxes over them while they are at hand. */
static void leaf_share(void *arg, unsigned s)
{
	struct building *b = arg;
	struct dcf_index_tree *t = b->tree;

	for (size_t l = share_of(t->leaf_count, s, b->shares); l < share_of(t->leaf_count, s + 1, b->shares); l++) {
		struct dcf_box4 box;

		fill_leaf(b, l);
		box = union_of(&t->leaves[l].boxes);
		set_lane(&t->level[0][l / DCF_NODE], l % DCF_NODE, &box);
		t->only[0][l] = common(t->leaves[l].group, t->item_count - l * DCF_NODE);
	}
}

/* One level of nodes over `below` boxes; *count: how many. */
static enum dcf_status add_level(const struct dcf_alloc *a, struct dcf_index_tree *t, uint32_t below, uint32_t *count)
{
	int k = t->levels++;

	*count = (below + DCF_NODE - 1) / DCF_NODE;
	t->node_count[k] = *count;
	t->level[k] = dcf_alloc_new(a, *count * sizeof *t->level[k]);
	t->only[k] = dcf_alloc_new(a, (size_t)*count * DCF_NODE * sizeof *t->only[k]);
	if (!t->level[k] || !t->only[k])
		return DCF_E_NOMEM;
	for (uint32_t i = below; i < *count * DCF_NODE; i++) {
		set_lane(&t->level[k][i / DCF_NODE], i % DCF_NODE, &nothing);
		t->only[k][i] = DCF_MANY_GROUPS;
	}
	return DCF_OK;
}

static enum dcf_status build_tree(const struct dcf_alloc *a, struct building *b, int class, const struct dcf_parallel *parallel,
				  struct dcf_index_tree *t)
{
	uint32_t below, children, count;
	enum dcf_status s;

	t->item_count = b->first[class + 1] - b->first[class];
	if (t->item_count == 0)
		return DCF_OK;
	t->leaf_count = below = (uint32_t)((t->item_count + DCF_NODE - 1) / DCF_NODE);
	t->leaves = dcf_alloc_new(a, t->leaf_count * sizeof *t->leaves);
	s = t->leaves ? add_level(a, t, below, &count) : DCF_E_NOMEM;
	if (s != DCF_OK)
		return s;
	b->tree = t;
	b->sorted = b->split + b->first[class];
	dcf_parallel_run(parallel, b->shares, leaf_share, b);
	for (children = below, below = count; below > 1 && s == DCF_OK; children = below, below = count) {
		int k = t->levels;

		s = add_level(a, t, below, &count);
		for (uint32_t i = 0; i < below && s == DCF_OK; i++) {
			struct dcf_box4 box = union_of(&t->level[k - 1][i]);

			set_lane(&t->level[k][i / DCF_NODE], i % DCF_NODE, &box);
			t->only[k][i] = common(t->only[k - 1] + (size_t)i * DCF_NODE, children - (size_t)i * DCF_NODE);
		}
	}
	return s;
}

static size_t tree_bytes(const struct dcf_index_tree *t)
{
	size_t sum = t->leaf_count * sizeof *t->leaves;

	for (int k = 0; k < t->levels; k++)
		sum += t->node_count[k] * (sizeof *t->level[k] + DCF_NODE * sizeof *t->only[k]);
	return sum;
}

/* The numbers of all items by class and key, in b->split. */
static enum dcf_status sort_items(const struct dcf_alloc *a, struct building *b, const struct dcf_parallel *parallel)
{
	enum dcf_status s = DCF_E_NOMEM;

	b->keys = dcf_alloc_new(a, b->n * sizeof *b->keys);
	b->split = dcf_alloc_new(a, b->n * sizeof *b->split);
	b->bucket_of = dcf_alloc_new(a, b->n);
	if (b->keys && b->split && b->bucket_of) {
		dcf_parallel_run(parallel, b->shares, count_share, b);
		place_classes(b);
		dcf_parallel_run(parallel, b->shares, key_share, b);
		place_buckets(b);
		dcf_parallel_run(parallel, b->shares, split_share, b);
		dcf_parallel_run(parallel, DCF_INDEX_CLASSES * BUCKETS, sort_bucket, b);
		s = DCF_OK;
	}
	dcf_alloc_free(a, b->bucket_of, b->n);
	dcf_alloc_free(a, b->keys, b->n * sizeof *b->keys);
	return s;
}

enum dcf_status dcf_index_build(const struct dcf_alloc *a, const struct dcf_index_item *items, size_t n, enum dcf_simd simd,
				const struct dcf_parallel *parallel, struct dcf_index *ix)
{
	unsigned threads = dcf_parallel_threads(parallel);
	struct building *b;
	enum dcf_status s;

	*ix = (struct dcf_index){ .from = a, .simd = dcf_simd_pick(simd) };
	if (!dcf_simd_available(simd))
		return DCF_E_RANGE;
	if (n > UINT32_MAX / 2)
		return DCF_E_LIMIT;
	if (n == 0)
		return DCF_OK;
	b = dcf_alloc_new(a, sizeof *b);
	if (!b)
		return DCF_E_NOMEM;
	b->items = items;
	b->n = n;
	b->shares = threads < MAX_SHARES ? threads : MAX_SHARES;
	b->split = NULL;
	s = sort_items(a, b, parallel);
	for (int c = 0; c < DCF_INDEX_CLASSES && s == DCF_OK; c++) {
		s = build_tree(a, b, c, parallel, &ix->tree[c]);
		ix->bytes += tree_bytes(&ix->tree[c]);
	}
	dcf_alloc_free(a, b->split, n * sizeof *b->split);
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
