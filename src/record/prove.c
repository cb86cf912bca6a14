/* SPDX-License-Identifier: Apache-2.0 */
/* prove.c - proofs and roots out of tiles (RFC 9162, sections 2.1.3.1 and 2.1.4.1).
 *
 * Both kinds of proof go down from the root: at each step the tree of n leaves falls into its first k, k the largest power of
 * two below n, and the rest; one of the two is gone into, the root of the other is a hash of the proof.  Only the first "rest"
 * on the way that is left aside can be an imperfect tree; everything else is one run of hashes in one tile. */
#include "record/merkle.h"

/* Tiles of a tree of `size`, the last one read kept: the steps of one level need the same one. */
struct reader {
	const struct dcf_tile_source *from;
	uint64_t size;
	enum dcf_status status; /* of the first read that failed; nothing is read after it */
	struct dcf_tile_id at;
	struct dcf_hash hash[DCF_TILE_WIDTH];
};

static void read_tile(struct reader *r, uint32_t level, uint64_t index)
{
	struct dcf_tile_id tile = { level, dcf_tile_width(r->size, level, index), index };

	if (r->status != DCF_OK || (r->at.width != 0 && r->at.level == level && r->at.index == index))
		return;
	r->status = r->from->read(r->from->ctx, tile, r->hash);
	r->at = tile;
}

/* The root of the perfect subtree of 2^height leaves that begins at leaf `start`, a multiple of 2^height. */
static struct dcf_hash perfect(struct reader *r, uint32_t height, uint64_t start)
{
	uint32_t level = height / DCF_TILE_HEIGHT;
	uint64_t first = start >> (level * DCF_TILE_HEIGHT);

	read_tile(r, level, first / DCF_TILE_WIDTH);
	if (r->status != DCF_OK)
		return (struct dcf_hash){ 0 };
	return dcf_merkle_root(r->hash + first % DCF_TILE_WIDTH, (size_t)1 << height % DCF_TILE_HEIGHT);
}

/* The root of the leaves start..end-1, where `start` is a multiple of a power of two that is not below their number: perfect
 * subtrees, one for each bit of that number, joined from the right. */
static struct dcf_hash range(struct reader *r, uint64_t start, uint64_t end)
{
	uint64_t n = end - start;
	struct dcf_hash root = { 0 };
	bool any = false;

	for (uint32_t height = 0; height < DCF_TREE_HEIGHT && n >> height != 0; height++) {
		struct dcf_hash left;

		if ((n >> height & 1) == 0)
			continue;
		end -= (uint64_t)1 << height;
		left = perfect(r, height, end);
		root = any ? dcf_merkle_node(&left, &root) : left;
		any = true;
	}
	return any ? root : dcf_merkle_empty();
}

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

enum dcf_status dcf_tree_root_at(const struct dcf_tile_source *from, uint64_t size, struct dcf_hash *root)
{
	struct reader r = { .from = from, .size = size };
	struct dcf_hash h;

	if (size > DCF_TREE_MAX)
		return DCF_E_RANGE;
	h = range(&r, 0, size);
	if (r.status == DCF_OK)
		*root = h;
	return r.status;
}

/* Hashes were collected from the root down; proofs have them from the leaf up. */
static enum dcf_status finish(const struct reader *r, struct dcf_proof *proof)
{
	for (size_t i = 0, j = proof->count; r->status == DCF_OK && i + 1 < j; i++) {
		struct dcf_hash h = proof->hash[i];

		proof->hash[i] = proof->hash[--j];
		proof->hash[j] = h;
	}
	if (r->status != DCF_OK)
		proof->count = 0;
	return r->status;
}

enum dcf_status dcf_prove_inclusion(const struct dcf_tile_source *from, uint64_t index, uint64_t size, struct dcf_proof *proof)
{
	struct reader r = { .from = from, .size = size };
	uint64_t start = 0, end = size;

	proof->count = 0;
	if (index >= size || size > DCF_TREE_MAX)
		return DCF_E_RANGE;
	while (end - start > 1) {
		uint64_t middle = start + split(end - start);
		bool left = index < middle;

		proof->hash[proof->count++] = left ? range(&r, middle, end) : range(&r, start, middle);
		*(left ? &end : &start) = middle;
	}
	return finish(&r, proof);
}

enum dcf_status dcf_prove_consistency(const struct dcf_tile_source *from, uint64_t old, uint64_t to, struct dcf_proof *proof)
{
	struct reader r = { .from = from, .size = to };
	uint64_t start = 0, end = to;

	proof->count = 0;
	if (old > to || to > DCF_TREE_MAX)
		return DCF_E_RANGE;
	if (old == 0 || old == to)
		return DCF_OK;
	/* Down to the subtree that ends where the old tree ends. */
	while (end != old) {
		uint64_t middle = start + split(end - start);
		bool left = old <= middle;

		proof->hash[proof->count++] = left ? range(&r, middle, end) : range(&r, start, middle);
		*(left ? &end : &start) = middle;
	}
	/* When that is the whole old tree, the verifier has its root. */
	if (start != 0)
		proof->hash[proof->count++] = range(&r, start, end);
	return finish(&r, proof);
}
