/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - a tree that grows: one carry of a binary counter for each leaf.
 *
 *     size 6 = 110b        node[2]   node[1]
 *                         / |  | \    /   \
 *                        0  1  2  3  4     5
 *
 * A seventh leaf becomes node[0].  An eighth is joined with node[0], then with node[1], then with node[2], and becomes node[3].
 *
 * A hash that is made at a height divisible by 8 on the way is a hash of a tile. */
#include "record/merkle.h"

struct dcf_hash dcf_merkle_empty(void)
{
	return dcf_sha256((struct dcf_span){ NULL, 0 });
}

struct dcf_hash dcf_merkle_node(const struct dcf_hash *left, const struct dcf_hash *right)
{
	char bytes[1 + 2 * DCF_HASH_BYTES] = { 0x01 };

	memcpy(bytes + 1, left->b, DCF_HASH_BYTES);
	memcpy(bytes + 1 + DCF_HASH_BYTES, right->b, DCF_HASH_BYTES);
	return dcf_sha256((struct dcf_span){ bytes, sizeof bytes });
}

/* --- growing -----------------------------------------------------------------------------------------------------------------
 */

/* Put hash `h` of `level` where it belongs; true when its tile is complete with it. */
static bool put_in_tile(struct dcf_tree *t, uint32_t level, const struct dcf_hash *h)
{
	uint32_t place = dcf_tile_open(t->size, level);

	t->open[level][place] = *h;
	return place == DCF_TILE_WIDTH - 1;
}

static void take_tile(const struct dcf_tree *t, uint32_t level, struct dcf_tile *out)
{
	out->level = level;
	out->index = dcf_tile_count(t->size, level);
	memcpy(out->hash, t->open[level], sizeof out->hash);
}

/* Returns how many tiles became complete. */
static size_t append_one(struct dcf_tree *t, struct dcf_hash h, struct dcf_tile *done)
{
	size_t n = 0;
	uint32_t height = 0;

	for (;; height++) {
		uint32_t level = height / DCF_TILE_HEIGHT;

		if (height % DCF_TILE_HEIGHT == 0 && put_in_tile(t, level, &h))
			take_tile(t, level, &done[n++]);
		if ((t->size >> height & 1) == 0)
			break;
		h = dcf_merkle_node(&t->node[height], &h);
	}
	t->node[height] = h;
	t->size++;
	return n;
}

size_t dcf_tree_append(struct dcf_tree *t, const struct dcf_hash *leaves, size_t count, struct dcf_tile *done)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += append_one(t, leaves[i], done ? done + n : NULL);
	return n;
}

struct dcf_hash dcf_tree_root(const struct dcf_tree *t)
{
	struct dcf_hash root = { 0 };
	bool any = false;

	for (uint32_t height = 0; height < DCF_TREE_HEIGHT; height++) {
		if ((t->size >> height & 1) == 0)
			continue;
		root = any ? dcf_merkle_node(&t->node[height], &root) : t->node[height];
		any = true;
	}
	return any ? root : dcf_merkle_empty();
}

/* --- from hashes that are kept -----------------------------------------------------------------------------------------------
 */

struct dcf_hash dcf_merkle_root(const struct dcf_hash *leaves, size_t count)
{
	struct dcf_hash left, right;
	size_t k = 1;

	if (count == 0)
		return dcf_merkle_empty();
	if (count == 1)
		return leaves[0];
	while (k < count - k)
		k *= 2;
	left = dcf_merkle_root(leaves, k);
	right = dcf_merkle_root(leaves + k, count - k);
	return dcf_merkle_node(&left, &right);
}

struct dcf_hash dcf_tile_hash(const struct dcf_hash hashes[DCF_TILE_WIDTH])
{
	return dcf_merkle_root(hashes, DCF_TILE_WIDTH);
}

/* The nodes of the eight heights of a level: each bit of the tile's width is a run of that many hashes, the highest first. */
static void load_nodes(struct dcf_tree *t, uint32_t level, uint32_t width)
{
	const struct dcf_hash *run = t->open[level];

	for (uint32_t bit = DCF_TILE_HEIGHT; bit-- > 0;) {
		if ((width >> bit & 1) == 0)
			continue;
		t->node[level * DCF_TILE_HEIGHT + bit] = dcf_merkle_root(run, (size_t)1 << bit);
		run += (size_t)1 << bit;
	}
}

enum dcf_status dcf_tree_load(struct dcf_tree *t, const struct dcf_tile_source *from, uint64_t size)
{
	enum dcf_status s = DCF_OK;

	memset(t, 0, sizeof *t);
	if (size > DCF_TREE_MAX)
		return DCF_E_RANGE;
	for (uint32_t level = 0; level < DCF_TILE_LEVELS && s == DCF_OK; level++) {
		struct dcf_tile_id tile = { level, dcf_tile_open(size, level), dcf_tile_count(size, level) };

		if (tile.width == 0)
			continue;
		s = from->read(from->ctx, tile, t->open[level]);
		if (s == DCF_OK)
			load_nodes(t, level, tile.width);
	}
	if (s == DCF_OK)
		t->size = size;
	else
		memset(t, 0, sizeof *t);
	return s;
}
